// SPDX-License-Identifier: MIT
// From what a request calls a job to the job: an id, a uuid, or ID:HOST.
#pragma once

#include "control/port.h"

// What a selector means: a job (id == job_id), or one of its children.
struct lookup {
    uint64_t id;
    uint64_t job_id;
};

int lookup_job(const struct port *port, const char *selector, struct lookup *ret,
               struct err *err);
// Appends the row of a job or child, as it is now: an object.
int lookup_row(const struct port *port, uint64_t id, struct buf *out, struct err *err);
