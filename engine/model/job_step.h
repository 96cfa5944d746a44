// SPDX-License-Identifier: MIT
// What becomes of a step whose attempt did not succeed: another attempt, a wait, a
// person, a probe that finds out, or its end. For the fold alone (job.c).
#pragma once

#include "model/job.h"

// Suspends the job, or gives its suspension a newer reason.
void job_suspend(struct job *job, enum suspend_cause cause, struct slice reason);
// 1: the step goes on (in BACKOFF the caller names the event that began it);
// 0: this outcome is its last.
int job_step_goes_on(struct job *job, struct strand *strand, const struct outcome *outcome,
                     struct err *err);
// A probe has ended: its parent's step takes the verdict.
int job_probe_end(struct job *job, struct strand *probe, const struct effect *effect,
                  struct err *err);
