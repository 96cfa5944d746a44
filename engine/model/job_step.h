// SPDX-License-Identifier: MIT
// What becomes of a step whose attempt did not succeed: another attempt, a wait, a
// person, a probe that finds out, or its end. For the fold alone (job.c).
#pragma once

#include "model/job.h"

// Why the job is suspended or has failed, in words. It is part of the head, which is
// written and shown often: what is longer than JOB_REASON_MAX is cut, and says so.
enum { JOB_REASON_MAX = 64 * 1024 };
void job_set_reason(struct job *job, struct slice reason);
// Suspends the job, or gives its suspension a newer reason.
void job_suspend(struct job *job, enum suspend_cause cause, struct slice reason);
// 1: the step goes on (in BACKOFF the caller names the event that began it);
// 0: this outcome is its last.
int job_step_goes_on(struct job *job, struct strand *strand, const struct outcome *outcome,
                     struct err *err);
// A probe has ended: its parent's step takes the verdict.
int job_probe_end(struct job *job, struct strand *probe, const struct effect *effect,
                  struct err *err);
