// SPDX-License-Identifier: MIT
#include "model/effect.h"

#include <assert.h>

// Every number has a kind: what is below EFFECT_COUNT has a name.
#define X(id, number, text) +1
_Static_assert(0 EFFECTS(X) == EFFECT_COUNT, "the numbers of effects have a gap");
#undef X
_Static_assert(EFFECT_COMMAND == 0 && EFFECT_ONCE == 1 && EFFECT_SLEEP == 2 && EFFECT_SIGNAL == 3 &&
                   EFFECT_SUSPEND == 4 && EFFECT_FORK == 5 && EFFECT_END == 6 && EFFECT_ASK == 7,
               "journals have these numbers: with others, jobs that wait could not be replayed");

const char *effect_kind_name(enum effect_kind kind)
{
    static const char *const names[] = {
#define X(id, number, text) [EFFECT_##id] = text,
        EFFECTS(X)
#undef X
    };

    assert((unsigned)kind < EFFECT_COUNT);
    return names[kind];
}

bool effect_kind_waits(enum effect_kind kind)
{
    return kind == EFFECT_SLEEP || kind == EFFECT_SIGNAL || kind == EFFECT_ASK ||
           kind == EFFECT_SUSPEND;
}
