// SPDX-License-Identifier: MIT
#include "model/effect.h"

#include <assert.h>

const char *effect_kind_name(enum effect_kind kind)
{
    static const char *const names[] = {
#define X(id, text) [EFFECT_##id] = text,
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
