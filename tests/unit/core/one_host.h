// SPDX-License-Identifier: MIT
// web1, the one host of tests about hosts that come and go.
#pragma once

#include "unit/core/fake_world.h"

#define ON_WEB1 "host('web1'):run('x')"

enum { MINUTE_MS = 60 * 1000 };

// Its link ends, or comes up, always under the same boot.
void web1_goes(struct fake_world *world, enum link_end end);
void web1_comes(struct fake_world *world);
// So long nobody is there, each time it is tried.
void web1_is_away(struct fake_world *world, int64_t ms);
