// SPDX-License-Identifier: MIT
#include "model/marks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

void marks_release(struct marks *marks)
{
    free(marks->of);
    *marks = (struct marks){ 0 };
}

static size_t place_of(const struct marks *marks, uint64_t source)
{
    return array_place(marks->of, marks->count, sizeof(*marks->of), source);
}

static bool is_at(const struct marks *marks, size_t at, uint64_t source)
{
    return at < marks->count && marks->of[at].source == source;
}

int marks_raise(struct marks *marks, uint64_t source, uint64_t seq)
{
    size_t at = place_of(marks, source);
    struct mark_of *grown;

    if (source == MARK_ALL) {
        if (marks->all < seq)
            marks->all = seq;
        return 0;
    }
    if (!is_at(marks, at, source)) {
        grown = array_insert(marks->of, marks->count, &marks->cap, sizeof(*grown), at);
        if (!grown)
            return -ENOMEM;
        marks->of = grown;
        grown[at] = (struct mark_of){ source, 0 };
        marks->count++;
    }
    if (marks->of[at].seq < seq)
        marks->of[at].seq = seq;
    return 0;
}

uint64_t marks_at(const struct marks *marks, uint64_t source)
{
    size_t at = place_of(marks, source);

    return is_at(marks, at, source) && marks->of[at].seq > marks->all ? marks->of[at].seq
                                                                      : marks->all;
}

bool marks_differ(const struct marks *marks)
{
    for (size_t i = 0; i < marks->count; i++)
        if (marks->of[i].seq > marks->all)
            return true;
    return false;
}
