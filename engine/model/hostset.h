// SPDX-License-Identifier: MIT
// An ordered set of host names, and the text people write for one:
//   web[01-12,20],db1,!web03,admin@gate:2222
// Items are joined by commas or white space; a bracket holds numbers and ranges,
// and several in one name give every combination, the leftmost slowest. Numbers that
// begin with a zero keep their width. An item with `!` takes away, wherever it is
// written. Order is kept, a name that comes again stays where it was. Names pass
// one allow-list, so that none can be an option of ssh or a word of a shell.
// Pure; owner: whoever embeds it.
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

enum {
    HOSTSET_MAX = 100 * 1000,       // names in one set, and that one text may expand to
    HOSTSET_NAME_MAX = 320,         // bytes of a name: user, host and port
    HOSTSET_ITEM_MAX = 4 << 20,     // of one item of a text: a set in one bracket fits
    HOSTSET_BRACKETS_MAX = 8,       // in one item
};

struct hostset {
    char **names;
    size_t count, cap;
    struct map by_name;
};

void hostset_init(struct hostset *set);
void hostset_release(struct hostset *set);

// Is it [user@]host[:port], each part of letters, digits, '.', '_' and '-', none with
// a '-' in front, and the port a number?
bool hostset_is_name(struct slice name);
// Adds one name. ERR_USAGE: it is none; -E2BIG: too many. 0 also when it was there.
int hostset_add(struct hostset *set, struct slice name, struct err *err);
// Adds what the text says and takes away what it excludes. After a failure the set
// is as it was.
int hostset_add_text(struct hostset *set, struct slice text, struct err *err);
// Takes the next item off a text: up to a comma or white space outside brackets, never
// empty, as it was written. False: none is left.
bool hostset_next_item(struct slice *text, struct slice *ret);
// Adds all of another set, behind its own.
int hostset_union(struct hostset *set, const struct hostset *other, struct err *err);
void hostset_exclude(struct hostset *set, const struct hostset *other);
bool hostset_has(const struct hostset *set, struct slice name);
// Appends a text that gives this very set, in this order: neighbours that differ in
// one number are folded wherever that does not make it longer.
int hostset_fold(const struct hostset *set, struct buf *ret, struct err *err);
