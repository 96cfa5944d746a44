// SPDX-License-Identifier: MIT
// Between change.c (what may be asked of jobs) and start.c (making one).
#pragma once

#include "core/state.h"

int change_start(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
