// SPDX-License-Identifier: MIT
// The hosts that a job was started for, as bytes: an encoded array of maps, in the
// order of the children.
//
//   name   str   what people and scripts call it; unique in the array
//   dest   str   "[user@]address[:port]" for ssh, or "localhost"; absent: the name
//   vars   map   its variables; absent: none
//   ssh    array of str, options of ssh (ssh_option.h); absent: none
//
// Names and destinations pass the allow-list of hostset.h. Pure.
//
// A link is known by its key, a text: the destination, and behind it the options in their
// order, each with a line feed in front, which none of them holds.
#pragma once

#include "model/ssh_option.h"
#include "model/value.h"

struct target {
    struct slice name;
    struct slice dest; // never empty
    const value *vars; // a map, or NULL
    const value *ssh;  // an array, or NULL
};

// A target of the parsed array; its slices point into the array's bytes.
struct target target_of(const value *v);
// Appends its key. This machine is reached without ssh: it has no options.
void target_key(const struct target *target, struct buf *ret);
// The destination of a key.
struct slice target_key_dest(struct slice key);
// Is it such an array, of one host at least and HOSTSET_MAX at most? ERR_USAGE names
// the entry.
int targets_check(struct slice bytes, struct value_doc *doc, struct err *err);
