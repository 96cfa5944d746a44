// SPDX-License-Identifier: MIT
#include "unit/core/one_host.h"

void web1_goes(struct fake_world *world, enum link_end end)
{
    world->at = "web1";
    link_ends(world, end);
    world_settle(world);
}

void web1_comes(struct fake_world *world)
{
    world->at = "web1";
    link_up_again(world, "boot-w");
}

void web1_is_away(struct fake_world *world, int64_t ms)
{
    for (int64_t end_ms = world->now_ms + ms; world->now_ms < end_ms; world_tick(world, 1000))
        if (link_to(world, "web1"))
            web1_goes(world, LINK_END_UNREACHED);
}
