// SPDX-License-Identifier: MIT
// The simulator's insides, for its own files.
//
//   host.c     a scripted host: its spool, its link
//   hosts.c    all of them: who speaks next, who goes away and comes back
//   world.c    what the engine sees: clock, chance, commits, links; and its kills
//   people.c   what is asked of the engine, until it is answered
//   sim.c      what can happen next, drawn from the seed
//   result.c   what came out
#pragma once

#include "base/list.h"
#include "sim.h"

struct sim_link {
    struct link base;
    struct sim_host *host;
    link_event_fn fn;
    void *arg;
    struct list messages;
    bool held; // by the engine: it says nothing
    bool cut;  // and nothing reaches its host any more
};

enum { SIM_HOSTS = 8 };

struct sim_host {
    struct sim *sim;
    char name[16];
    struct sim_link *link;  // NULL: none is open
    struct list commands;   // its spool
    uint64_t boot;
    char boot_text[48];
    int64_t away_until_ms;  // nobody is there
    int64_t refuses_until_ms; // it lets nobody in
    unsigned early;         // times that it went away before anything was begun on it
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
    struct sim_host hosts[SIM_HOSTS]; // localhost first
    size_t host_count;
    struct list orders;
    uint64_t started_id;
};

uint64_t sim_roll(struct sim *sim);
bool sim_chance(struct sim *sim, unsigned per_1000);

// host.c
void host_init(struct sim_host *host, struct sim *sim, struct slice name);
void host_release(struct sim_host *host);
struct sim_link *host_link_new(struct sim_host *host, const struct link_options *options);
bool host_has_news(const struct sim_host *host);
void host_deliver(struct sim_host *host); // the oldest message of the link
void host_cut_link(struct sim_host *host); // if it has one
void host_reboot(struct sim_host *host);
bool host_end_one_command(struct sim_host *host); // false: none is due
int64_t host_next_end_ms(const struct sim_host *host); // INT64_MAX: none
unsigned host_started(const struct sim_host *host, const char *word);
unsigned host_doubled(const struct sim_host *host);

// hosts.c
struct sim_host *hosts_named(struct sim *sim, struct slice name); // made at its first use
bool hosts_have_news(const struct sim *sim);
bool hosts_deliver(struct sim *sim); // false: none has news
bool hosts_end_one_command(struct sim *sim);
int64_t hosts_next_end_ms(const struct sim *sim);
void hosts_maybe_break(struct sim *sim); // as the dice say

// world.c
void world_random(void *sim, void *out, size_t len);
void world_land_commit(struct sim *sim);
void world_kill_engine(struct sim *sim);

// people.c
bool people_ask(struct sim *sim); // one of those whose time has come; false: none
int64_t people_next_ms(const struct sim *sim); // INT64_MAX: none
void people_free(struct sim *sim);
