// SPDX-License-Identifier: MIT
// A record as the JSON object of docs/http-api.md.
#pragma once

#include "base/buf.h"
#include "model/record.h"

// job_id and host: of the child that wrote it, or the parent's and no host.
// A gap (damaged on disk) has "gap":true where its data would be.
// Appends it with its newline; without memory the buffer fails.
void record_line(const struct record *record, uint64_t job_id, struct slice host, bool gap,
                 struct buf *out);
