// SPDX-License-Identifier: MIT
// The hosts that a job was started for, as bytes: an encoded array of maps, in the
// order of the children.
//
//   name   str   what people and scripts call it; unique in the array
//   dest   str   "[user@]address[:port]" for ssh, or "localhost"; absent: the name
//   vars   map   its variables; absent: none
//
// Names and destinations pass the allow-list of hostset.h. Pure.
#pragma once

#include "model/value.h"

struct target {
    struct slice name;
    struct slice dest; // never empty
    const value *vars; // a map, or NULL
};

// A target of the parsed array; its slices point into the array's bytes.
struct target target_of(const value *v);
// Is it such an array, of one host at least and HOSTSET_MAX at most? ERR_USAGE names
// the entry.
int targets_check(struct slice bytes, struct value_doc *doc, struct err *err);
