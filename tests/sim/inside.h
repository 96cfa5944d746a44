// SPDX-License-Identifier: MIT
// The simulator's insides, for its own files.
//
//   host.c     the scripted host: its spool, its link
//   world.c    what the engine sees: clock, chance, commits, links; and its kills
//   people.c   what is asked of the engine, until it is answered
//   sim.c      what can happen next, drawn from the seed
//   result.c   what came out
#pragma once

#include "base/list.h"
#include "sim.h"

struct sim_link {
    struct link base;
    struct sim *sim;
    link_event_fn fn;
    void *arg;
    struct list messages;
    bool held; // by the engine: it says nothing
    bool cut;  // and nothing reaches its host any more
};

struct sim {
    struct sim_options options;
    struct sim_counts counts;
    uint64_t rng;
    int64_t now_ms, alarm_ms; // CLOCK_BOOTTIME; alarm -1: none
    bool wake;
    const struct batch *commit;
    struct store *store;
    struct engine *engine;
    struct sim_link *sim_link;
    struct list commands, orders;
    uint64_t boot;
    char boot_text[32];
    uint64_t started_id;
};

uint64_t sim_roll(struct sim *sim);
bool sim_chance(struct sim *sim, unsigned per_1000);

// host.c
struct sim_link *host_link_new(struct sim *sim, const struct link_options *options);
bool host_has_news(const struct sim *sim);
void host_deliver(struct sim *sim); // the oldest message of the link
void host_cut_link(struct sim *sim);
void host_reboot(struct sim *sim);
bool host_end_one_command(struct sim *sim); // false: none is due
int64_t host_next_end_ms(const struct sim *sim); // INT64_MAX: none
void host_free(struct sim *sim);

// world.c
void world_random(void *sim, void *out, size_t len);
void world_land_commit(struct sim *sim);
void world_kill_engine(struct sim *sim);

// people.c
bool people_ask(struct sim *sim); // one of those whose time has come; false: none
int64_t people_next_ms(const struct sim *sim); // INT64_MAX: none
void people_free(struct sim *sim);
