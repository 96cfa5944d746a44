// SPDX-License-Identifier: MIT
// --fold: what hosts wrote, gathered until the end; equal outputs are shown once, with
// their hosts in front. Standard output and error are kept apart, and both must be
// equal, and how it ended. The largest group comes first, of equal ones the one with
// the first host. What the job itself wrote is no host's: output before, errors behind.
#pragma once

#include "cli/crew.h"
#include "cli/printer.h"

struct fold;

int fold_new(struct fold **ret, struct err *err);
void fold_free(struct fold *fold); // NULL is allowed
// Takes a record that the printer would show. After a failure it is of no further use.
int fold_record(struct fold *fold, struct printer *printer, const json_t *record,
                struct err *err);
// Shows all of it. job: its id. all: it was read from the start, so that hosts without
// a record are members of a group, too.
int fold_print(struct fold *fold, struct printer *printer, struct crew *crew, uint64_t job,
               bool all, struct err *err);
