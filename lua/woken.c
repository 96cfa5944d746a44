// SPDX-License-Identifier: MIT
#include "lua/woken.h"

static enum answer_kind kind_of(const struct strand *strand)
{
    static const enum answer_kind kinds[] = {
        [WAKE_START] = ANSWER_START, [WAKE_OUTCOME] = ANSWER_OUTCOME,
        [WAKE_JOINED] = ANSWER_JOINED, [WAKE_CANCEL] = ANSWER_CANCEL,
        [WAKE_CUT] = ANSWER_CUT,
    };

    if (strand->wake == WAKE_CUT && strand->dropped)
        return ANSWER_DROP;
    return kinds[strand->wake];
}

int script_woken(struct script *script, struct strand *strand, int64_t now_unix_ms,
                 struct answer *ret, struct err *err)
{
    *ret = (struct answer){
        .kind = kind_of(strand),
        .outcome = strand->wake == WAKE_OUTCOME ? &strand->outcome : NULL,
        .ok = strand->wake_ok,
        .attempt = strand->step.attempt,
        .now_unix_ms = now_unix_ms,
    };
    if (!strand->parent || strand->handle) // it has begun
        return 0;
    if (strand->is_probe) { // it is told what became of the attempt
        ret->outcome = &strand->parent->outcome;
        ret->attempt = strand->parent->step.attempt;
    }
    return script_fork(script, strand->parent->handle,
                       strand->is_probe ? SCRIPT_PROBE : strand->branch,
                       slice_of(strand->path, strand->path_len), &strand->handle, err);
}
