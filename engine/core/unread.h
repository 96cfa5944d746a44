// SPDX-License-Identifier: MIT
// What is unread of a job, source by source, where its marks differ: counted by reading
// what lies behind them, once, and kept up from there by what is new and by what marks
// have passed. A few jobs are remembered, those that were asked for last.
#pragma once

#include "core/state.h"

struct unread_count;

// Counts the records of a job up to last_seq, or counts on. *ret is valid until the next
// call; its owner is the engine.
int unread_count_get(struct engine *engine, uint64_t job_id, const struct marks *marks,
                     uint64_t last_seq, const struct unread_count **ret, struct err *err);
struct unread unread_count_sum(const struct unread_count *count);
// Of a source: a child, or the job itself.
struct unread unread_count_of(const struct unread_count *count, uint64_t source);
void unread_counts_drop(struct engine *engine);
