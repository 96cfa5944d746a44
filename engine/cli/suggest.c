// SPDX-License-Identifier: MIT
#include "cli/suggest.h"

#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// The usual table, three rows of it: row i holds the distances of a's first i bytes.
size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][SUGGEST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

void suggest_init(struct suggest *suggest, const char *word, size_t len)
{
    *suggest = (struct suggest){ .word = word, .len = len };
}

// Near enough: a third of the word may differ, one letter always.
void suggest_offer(struct suggest *suggest, const char *known)
{
    size_t len = strlen(known);
    size_t distance;

    if (suggest->len > SUGGEST_MAX || len > SUGGEST_MAX || suggest->len == 0)
        return;
    distance = edit_distance(suggest->word, suggest->len, known, len);
    if (distance > 1 + suggest->len / 4 || distance >= len ||
        (suggest->best && distance >= suggest->distance))
        return;
    suggest->best = known;
    suggest->distance = distance;
}
