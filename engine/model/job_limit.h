// SPDX-License-Identifier: MIT
// The limits of a whole job: `timeout` (running time, without the time it was
// suspended), `elapsed_timeout` (time since its start), `cleanup_timeout` (of one
// strand's undos and defers after a failure or a cancel). The fold knows what has
// expired; when that is due is told by the core's alarms, which name a number:
//   LIMIT_ALARM_ELAPSED          the job's elapsed_timeout
//   an event's number            its timeout, counted since that STARTED or RESUMED
//   LIMIT_ALARM_CLEANUP | number the cleanups bounded since that event
// An alarm whose number means nothing any more is nobody's. Owner: the job.
#pragma once

#include "model/job.h"

#define LIMIT_ALARM_ELAPSED UINT64_C(0)
#define LIMIT_ALARM_CLEANUP (UINT64_C(1) << 63)

enum { JOB_CLEANUP_MS = 10 * 60 * 1000 }; // without a cleanup_timeout

// Is it being ended, by a person or by a limit? It then waits for nobody.
bool job_is_ending(const struct job *job);
// What is left of its timeout at the time of its newest event; -1: it has none.
int64_t job_timeout_left_ms(const struct job *job);
int64_t job_cleanup_ms(const struct job *job);
// Does the alarm of that number end something now? Fills the EXPIRED event.
bool job_expires(const struct job *job, uint64_t alarm_no, struct event *ret);

// For the fold alone.
int job_apply_expired(struct job *job, const struct event *event, struct err *err);
// The main strand has ended: why the job will have.
void job_end_reason(struct job *job, const struct effect *effect);
