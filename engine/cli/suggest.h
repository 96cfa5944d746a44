// SPDX-License-Identifier: MIT
// The known word that is nearest to a mistyped one, when one is near enough.
#pragma once

#include <stddef.h>

enum { SUGGEST_MAX = 32 }; // longer words get no suggestion

struct suggest {
    const char *word; // borrowed
    size_t len;
    const char *best; // NULL: nothing is near
    size_t distance;  // of best
};

void suggest_init(struct suggest *suggest, const char *word, size_t len);
void suggest_offer(struct suggest *suggest, const char *known);
// Insertions, deletions, replacements and swaps of neighbours between two words of
// at most SUGGEST_MAX bytes.
size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len);
