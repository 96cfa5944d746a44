// SPDX-License-Identifier: MIT
// --fields: structured records as a table, a column for each field that was named. Rows
// are gathered until somebody asks for them; the head line comes with the first, and
// columns only grow from there, so that a table can be shown while it is made.
// Owner: whoever made it.
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct fields;

// text: "name,size,disk.free": a dot goes into an object. ERR_USAGE for no such list.
int fields_new(struct fields **ret, const char *text, struct err *err);
void fields_free(struct fields *fields); // NULL is allowed
// Is it a record with named fields, to be shown in a table?
bool fields_take(const json_t *record);
// A row, after the ones before. -ENOMEM.
int fields_add(struct fields *fields, const json_t *record);
// Of records up to last: those before the first row that waits.
uint64_t fields_done(const struct fields *fields, uint64_t last);
// Appends the rows that wait, and lets them go. hosts: with a column for them.
int fields_draw(struct fields *fields, bool hosts, struct buf *out);
// The record with those fields alone in its value; a new reference, NULL: no memory.
json_t *fields_record(const struct fields *fields, const json_t *record);
