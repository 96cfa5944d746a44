// SPDX-License-Identifier: MIT
// "did you mean": the nearest of some known names to a mistyped one, when one is
// near: one edit, and one more for each four bytes that were typed, may lie between.
// The result does not depend on the order in which names are offered.
#pragma once

#include "base/slice.h"

enum {
    SUGGEST_NAME_MAX = 40, // longer names are never suggested
    SUGGEST_LIST_MAX = 400,
};

struct suggest {
    struct slice wanted; // borrowed, as is best
    struct slice best;   // empty: none is near
    size_t distance;     // of the best, or the most that is near
    char names[SUGGEST_LIST_MAX - 64]; // all that were offered, as far as there is room
};

void suggest_begin(struct suggest *suggest, struct slice wanted);
void suggest_add(struct suggest *suggest, struct slice name);
// Writes "; did you mean 'NAME'?" or "" into text and returns it.
const char *suggest_text(const struct suggest *suggest, char text[SUGGEST_NAME_MAX + 32]);
// The same, but with all names where none is near: "; it takes A, B, C", or "; it takes none".
const char *suggest_or_list(const struct suggest *suggest, char text[SUGGEST_LIST_MAX]);
