// SPDX-License-Identifier: MIT
// Where records go that are followed: straight to the printer, gathered until the end
// (--fold), or as rows of a table (--fields). It knows which of them are out, and so may
// be marked as received. Owner: whoever embeds it.
#pragma once

#include "cli/crew.h"
#include "cli/fields.h"
#include "cli/fold.h"
#include "cli/printer.h"

struct sink {
    struct printer *printer;
    struct fold *fold;      // NULL: not gathered
    bool folded;            // ... and what it gathered is out
    struct fields *fields;  // NULL: no table
};

// fields: the names of --fields, or NULL. Released in any case.
int sink_init(struct sink *sink, struct printer *printer, bool fold, const char *fields,
              struct err *err);
void sink_release(struct sink *sink);
int sink_record(struct sink *sink, const json_t *record, struct err *err);
// What came is out as far as it may be: 0, or -EIO when standard output does not take it.
int sink_flush(struct sink *sink);
// Of records up to last, all of which came: those that are out.
uint64_t sink_done(const struct sink *sink, uint64_t last);
// Nothing more comes: shows what was gathered. job and all are fold_print's.
int sink_end(struct sink *sink, struct crew *crew, uint64_t job, bool all, struct err *err);
