// SPDX-License-Identifier: MIT
// Distance: insertions, deletions, replacements and swaps of neighbours, each 1
// (optimal string alignment).
#include "base/suggest.h"

#include <stdio.h>

void suggest_begin(struct suggest *suggest, struct slice wanted)
{
    *suggest = (struct suggest){ .wanted = wanted, .distance = wanted.len / 4 + 1 };
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t distance(struct slice a, struct slice b)
{
    // Three rows: before the last, the last, the current one.
    size_t rows[3][SUGGEST_NAME_MAX + 1];

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = a.ptr[i - 1] != b.ptr[j - 1];
            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                older[j - 2] + 1 < row[j])
                row[j] = older[j - 2] + 1;
        }
    }
    return rows[a.len % 3][b.len];
}

// What does not fit as a whole is an ellipsis, and so is all behind it.
static void list_add(struct suggest *suggest, struct slice name)
{
    static const char more[] = ", …";
    size_t len = strlen(suggest->names), room = sizeof(suggest->names) - sizeof(more);

    if (len > room)
        return;
    if (len + 2 + name.len > room)
        memcpy(suggest->names + len, more, sizeof(more));
    else
        snprintf(suggest->names + len, sizeof(suggest->names) - len, "%s%.*s", len ? ", " : "",
                 SLICE_ARG(name));
}

void suggest_add(struct suggest *suggest, struct slice name)
{
    size_t d;

    list_add(suggest, name);
    if (name.len > SUGGEST_NAME_MAX || suggest->wanted.len > SUGGEST_NAME_MAX)
        return;
    d = distance(suggest->wanted, name);
    if (d > suggest->distance || d >= suggest->wanted.len || d >= name.len)
        return;
    if (d == suggest->distance && suggest->best.len &&
        slice_compare(suggest->best, name) <= 0)
        return;
    suggest->best = name;
    suggest->distance = d;
}

const char *suggest_text(const struct suggest *suggest, char text[SUGGEST_NAME_MAX + 32])
{
    text[0] = 0;
    if (suggest->best.len)
        snprintf(text, SUGGEST_NAME_MAX + 32, "; did you mean '%.*s'?", SLICE_ARG(suggest->best));
    return text;
}

const char *suggest_or_list(const struct suggest *suggest, char text[SUGGEST_LIST_MAX])
{
    if (suggest->best.len)
        return suggest_text(suggest, text);
    snprintf(text, SUGGEST_LIST_MAX, "; it takes %s", suggest->names[0] ? suggest->names : "none");
    return text;
}
