// SPDX-License-Identifier: MIT
// Which jobs a verb is about: ids, uuids, names, globs, ID:HOST, `-` for standard
// input, and the filters --state, --type, --meta.
#pragma once

#include "base/buf.h"
#include "cli/command.h"

enum selector_kind { SELECTOR_ID /* or uuid, or ID:HOST */, SELECTOR_NAME, SELECTOR_GLOB,
                     SELECTOR_INPUT };

enum selector_kind selector_kind_of(const char *text);
// Appends "&state=...&type=...&meta=..." for the filters that are set.
void select_filters(const struct options *options, struct buf *query);
// Appends "&ignore_case=1" when that is asked for: no filter, it chooses nothing by itself.
void select_case(const struct options *options, struct buf *query);

enum select_empty { SELECT_NEEDS_SOME, SELECT_ALL };
// The rows of the jobs that args[first...] and the filters name, each once, in
// their order. What is not found is reported and noted as exit code 3, the rest
// is still served. query: more for lists, "&children=1"; or "".
// An exit code only for what stops the verb: usage, no engine.
int select_jobs(struct cli *cli, size_t first, enum select_empty empty, const char *query,
                json_t **ret);
// The same for a verb that is about some jobs only: what a glob or a filter selects beside
// them is passed over, and so is what has the name of one that it is about. One that is
// named alone is taken whatever it is, for its refusal.
typedef bool (*select_fn)(const json_t *row);
int select_concerned(struct cli *cli, size_t first, select_fn concerns, json_t **ret);
