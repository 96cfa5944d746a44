// SPDX-License-Identifier: MIT
// What the table of jobs shows of a row. Slices are borrowed from what it was read from.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/slice.h"

// The keys that it is made of, as a query asks for them.
#define JOB_ROW_QUERY \
    "fields=id,name,type,state,has_more,location,command,parent,failed,total,failure,started,ended"

struct job_row {
    long long id, failed, total;
    bool is_child, has_more;
    struct slice name, type, state, location, command, failure, started, ended; // empty: null
};

void job_row_of_json(const json_t *json, struct job_row *ret);
// From the line of a list that was asked for these fields. False: there is more in it than
// this reads (a text with an escape, a key with a list); jansson reads it all.
bool job_row_of_line(struct slice line, struct job_row *ret);
