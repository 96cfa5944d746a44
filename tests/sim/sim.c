// SPDX-License-Identifier: MIT
// How: things happen one at a time, in an order drawn from the seed among those
// that are possible now: the engine's turn, its commit landing, its alarm, a
// message of the link, a command's end, a wish of a person. When nothing is possible
// the clock jumps to the next due time.
#include <stdlib.h>

#include "inside.h"

uint64_t sim_roll(struct sim *sim)
{
    uint64_t z = (sim->rng += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

bool sim_chance(struct sim *sim, unsigned per_1000) { return sim_roll(sim) % 1000 < per_1000; }

static bool happen(struct sim *sim)
{
    for (unsigned tries = 0; tries < 12; tries++) {
        switch (sim_roll(sim) % 6) {
        case 0:
            if (!sim->commit)
                break;
            world_land_commit(sim);
            return true;
        case 1:
            if (!sim->wake)
                break;
            sim->wake = false;
            engine_turn(sim->engine);
            return true;
        case 2:
            if (sim->alarm_ms < 0 || sim->alarm_ms > sim->now_ms)
                break;
            sim->alarm_ms = -1;
            engine_alarm(sim->engine);
            return true;
        case 3:
            if (hosts_deliver(sim))
                return true;
            break;
        case 4:
            if (hosts_end_one_command(sim))
                return true;
            break;
        default:
            if (people_ask(sim))
                return true;
        }
    }
    return false;
}

static bool is_possible(const struct sim *sim)
{
    return sim->commit || sim->wake || (sim->alarm_ms >= 0 && sim->alarm_ms <= sim->now_ms) ||
           hosts_have_news(sim);
}

// To the next due time; false when nothing is due any more.
static bool jump(struct sim *sim)
{
    int64_t next = sim->alarm_ms >= 0 ? sim->alarm_ms : INT64_MAX;

    if (hosts_next_end_ms(sim) < next)
        next = hosts_next_end_ms(sim);
    if (people_next_ms(sim) < next)
        next = people_next_ms(sim);
    if (next == INT64_MAX)
        return false;
    if (next > sim->now_ms)
        sim->now_ms = next;
    return true;
}

static void maybe_break(struct sim *sim)
{
    if (sim->counts.crashes < sim->options.crash_max && sim_chance(sim, sim->options.crash_per_1000))
        world_kill_engine(sim);
    hosts_maybe_break(sim);
}

static int count_open(void *arg, const struct job_view *view)
{
    *(unsigned *)arg += !job_state_is_finished(view->head->state);
    return 0;
}

static unsigned open_jobs(struct sim *sim)
{
    struct port port = engine_port(sim->engine);
    unsigned open = 0;

    port.ops->jobs(port.core, 0, false, count_open, &open, NULL);
    return open;
}

struct mend {
    struct sim *sim;
    uint64_t ids[64];
    size_t count;
};

static int find_cut_off(void *arg, const struct job_view *view)
{
    struct mend *mend = arg;
    struct slice reason = view->head->reason;

    if (view->head->state == JOB_SUSPENDED && mend->count < 64 &&
        memmem(reason.ptr, reason.len, "interrupted", 11))
        mend->ids[mend->count++] = view->head->id;
    return 0;
}

// A step that was cut off three times waits for a person: here he is.
static bool mend(struct sim *sim)
{
    struct port port = engine_port(sim->engine);
    struct mend mend = { .sim = sim };

    port.ops->jobs(port.core, 0, false, find_cut_off, &mend, NULL);
    for (size_t i = 0; i < mend.count; i++)
        sim_resume_at(sim, 0, mend.ids[i]);
    return mend.count > 0;
}

bool sim_run(struct sim *sim, int64_t limit_ms)
{
    int64_t limit = sim->now_ms + limit_ms;

    while (sim->now_ms < limit && sim->counts.happenings < 2000000) {
        maybe_break(sim);
        sim->counts.happenings++;
        if (happen(sim) || is_possible(sim))
            continue;
        if (open_jobs(sim) == 0 && list_is_empty(&sim->orders))
            return true;
        if (!jump(sim) && !mend(sim))
            return open_jobs(sim) == 0;
    }
    return false;
}
