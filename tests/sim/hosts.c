// SPDX-License-Identifier: MIT
// How: a host is there from its first use, and one that is cut off, away, or not
// willing is so for a time drawn from the seed. One on which nothing was begun goes
// away for moments only, and refuses nobody: else the job would rightly give it up.
#include <assert.h>

#include "inside.h"

enum { EARLY_MAX = 3, EARLY_MS = 3000, AWAY_MS = 200 * 1000, REFUSES_MS = 600 * 1000 };

struct sim_host *hosts_named(struct sim *sim, struct slice name)
{
    for (size_t i = 0; i < sim->host_count; i++)
        if (slice_is(name, sim->hosts[i].name))
            return &sim->hosts[i];
    assert(sim->host_count < SIM_HOSTS);
    host_init(&sim->hosts[sim->host_count], sim, name);
    return &sim->hosts[sim->host_count++];
}

bool hosts_have_news(const struct sim *sim)
{
    for (size_t i = 0; i < sim->host_count; i++)
        if (host_has_news(&sim->hosts[i]))
            return true;
    return false;
}

static struct sim_host *any(struct sim *sim)
{
    return &sim->hosts[sim_roll(sim) % sim->host_count];
}

bool hosts_deliver(struct sim *sim)
{
    size_t first = (size_t)(any(sim) - sim->hosts);

    for (size_t i = 0; i < sim->host_count; i++) {
        struct sim_host *host = &sim->hosts[(first + i) % sim->host_count];
        if (!host_has_news(host))
            continue;
        host_deliver(host);
        return true;
    }
    return false;
}

bool hosts_end_one_command(struct sim *sim)
{
    size_t first = (size_t)(any(sim) - sim->hosts);

    for (size_t i = 0; i < sim->host_count; i++)
        if (host_end_one_command(&sim->hosts[(first + i) % sim->host_count]))
            return true;
    return false;
}

int64_t hosts_next_end_ms(const struct sim *sim)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < sim->host_count; i++)
        if (host_next_end_ms(&sim->hosts[i]) < next)
            next = host_next_end_ms(&sim->hosts[i]);
    return next;
}

// ---- what can become of one

static void go_away(struct sim *sim, struct sim_host *host)
{
    bool early = list_is_empty(&host->commands);

    if (host == sim->hosts || (early && host->early++ >= EARLY_MAX))
        return; // localhost is always there
    sim->counts.aways++;
    host->away_until_ms = sim->now_ms + (int64_t)(sim_roll(sim) % (early ? EARLY_MS : AWAY_MS));
    host_cut_link(host);
}

static void refuse(struct sim *sim, struct sim_host *host)
{
    if (host == sim->hosts || list_is_empty(&host->commands))
        return;
    sim->counts.refusals++;
    host->refuses_until_ms = sim->now_ms + (int64_t)(sim_roll(sim) % REFUSES_MS);
    host_cut_link(host);
}

void hosts_maybe_break(struct sim *sim)
{
    const struct sim_options *o = &sim->options;
    struct sim_counts *counts = &sim->counts;

    if (counts->cuts < o->crash_max && sim_chance(sim, o->link_cut_per_1000))
        host_cut_link(any(sim));
    if (counts->reboots < o->crash_max && sim_chance(sim, o->reboot_per_1000))
        host_reboot(any(sim));
    if (counts->aways < o->crash_max && sim_chance(sim, o->away_per_1000))
        go_away(sim, any(sim));
    if (counts->refusals < o->crash_max && sim_chance(sim, o->refuse_per_1000))
        refuse(sim, any(sim));
}

unsigned sim_doubled(const struct sim *sim)
{
    unsigned doubled = 0;

    for (size_t i = 0; i < sim->host_count; i++)
        doubled += host_doubled(&sim->hosts[i]);
    return doubled;
}

unsigned sim_started(const struct sim *sim, const char *word)
{
    unsigned n = 0;

    for (size_t i = 0; i < sim->host_count; i++)
        n += host_started(&sim->hosts[i], word);
    return n;
}
