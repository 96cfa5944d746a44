// SPDX-License-Identifier: MIT
// "did you mean": the nearest of some known names to a mistyped one, when one is
// near: one edit, and one more for each four bytes that were typed, may lie between.
// The result does not depend on the order in which names are offered.
#pragma once

#include "base/slice.h"

enum { SUGGEST_NAME_MAX = 40 }; // longer names are never suggested

struct suggest {
    struct slice wanted; // borrowed, as is best
    struct slice best;   // empty: none is near
    size_t distance;     // of the best, or the most that is near
};

void suggest_begin(struct suggest *suggest, struct slice wanted);
void suggest_add(struct suggest *suggest, struct slice name);
// Writes "; did you mean 'NAME'?" or "" into text and returns it.
const char *suggest_text(const struct suggest *suggest, char text[SUGGEST_NAME_MAX + 32]);
