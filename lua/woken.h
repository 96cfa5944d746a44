// SPDX-License-Identifier: MIT
// Between the model's strands and the script's coroutines: the one place that says what
// a strand that was woken is told. Live and on replay it is the same.
#pragma once

#include "lua/script.h"
#include "model/strand.h"

// What the strand that job_next gave is resumed with, for script_resume; borrowed from
// it, or from its parent, until then. A branch, or a probe, that has not begun gets its
// coroutine: strand->handle is set. Negative: as script_fork.
int script_woken(struct script *script, struct strand *strand, int64_t now_unix_ms,
                 struct answer *ret, struct err *err);
