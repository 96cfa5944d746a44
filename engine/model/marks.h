// SPDX-License-Identifier: MIT
// How far a job's records have been received. Each source of records (a child, or the
// job itself for what its script wrote) has a mark of its own, and one mark stands for
// all of them: a record is received when it is at or before either. Marks never go back.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARK_ALL = 0 }; // the source that stands for all of them

struct mark_of {
    uint64_t source; // a child's id, or the job's own
    uint64_t seq;    // received up to and including
};

struct marks {          // all zero: nothing was received
    uint64_t all;
    struct mark_of *of; // owned; ascending by source; those above `all` alone count
    size_t count, cap;
};

void marks_release(struct marks *marks);
// -ENOMEM: as before.
int marks_raise(struct marks *marks, uint64_t source, uint64_t seq);
// Of a source: received up to and including.
uint64_t marks_at(const struct marks *marks, uint64_t source);
// Has some source been received further than all of them?
bool marks_differ(const struct marks *marks);
// The source of a record of that job: child_id is 0 for what the job itself wrote.
static inline uint64_t mark_source(uint64_t job_id, uint64_t child_id)
{
    return child_id ? child_id : job_id;
}
