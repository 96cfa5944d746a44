// SPDX-License-Identifier: MIT
// A job's children, one for each host it touches: part of the fold (job.h), in a
// file of its own. Pure.
#pragma once

#include "model/job.h"
#include "model/target.h"

// Those that the STARTED event names.
int job_children_begin(struct job *job, struct err *err);
void job_children_release(struct job *job);
// ERR_STATE: the host has one already.
int job_child_add(struct job *job, uint64_t id, struct uuid uuid, const struct target *target,
                  struct err *err);
// A step on its host was intended; one of a cleanup opens no child that has failed.
void job_child_touch(struct job *job, const struct event *intended, struct strand *strand);
// A command on its host has ended so; cleaning: a cleanup's.
void job_child_note(struct job_child *child, const struct outcome *outcome, bool cleaning);
// The branch ends; was it a host's, on which it did something, its child is over.
void job_child_over(struct job *job, const struct strand *strand, const struct effect *end);
// Its stop was asked: what `each` made for its host is cancelled, and the child is over with
// the last of it; by force it is cut off, and the child is over now. What the cleanup of a
// strand above does for the host goes on, unless by force. True: some of what was cancelled
// cleans up, bounded from this event on.
bool job_child_stop(struct job *job, struct job_child *child, const struct event *asked);
// A strand that is about to begin is one for a host whose child is to stop: it ends
// without running.
bool job_child_holds(const struct job *job, const struct strand *strand);
// The job is being stopped, or what the strand does for a host is: nothing of it waits for
// a person any more.
bool job_strand_is_ending(const struct job *job, const struct strand *strand);
// The script is over: a child that failed fails the job, whose reason says how many did.
void job_children_sum_up(struct job *job);
size_t job_children_failed(const struct job *job);
size_t job_children_stopped(const struct job *job);
// head: has what is asked on its host (questions_fill), and nothing else.
void job_child_head_fill(const struct job *job, const struct job_child *child,
                         struct child_head *head);
