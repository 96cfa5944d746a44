// SPDX-License-Identifier: MIT
// How: the engine's world holds still: a commit waits until it is landed, a wake is
// a flag, an alarm a number. A kill frees the engine without a word to it.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "inside.h"

static int64_t w_wall(void *self) { return INT64_C(1700000000000) + ((struct sim *)self)->now_ms; }
static int64_t w_boottime(void *self) { return ((struct sim *)self)->now_ms; }
static struct uuid w_boot_id(void *self) { return (void)self, (struct uuid){ { 1 } }; }

void world_random(void *self, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)sim_roll(self);
}

static void w_alarm(void *self, int64_t at_ms) { ((struct sim *)self)->alarm_ms = at_ms; }
static void w_wake(void *self) { ((struct sim *)self)->wake = true; }

static void w_commit(void *self, const struct batch *batch)
{
    struct sim *sim = self;

    assert(!sim->commit);
    sim->commit = batch;
}

static int w_link(void *self, struct slice host, const struct link_options *options,
                  struct link **ret, struct err *err)
{
    (void)err;
    *ret = &host_link_new(hosts_named(self, host), options)->base;
    return 0;
}

static int w_session(void *self, struct slice host, struct buf *words, struct err *err)
{
    (void)self, (void)host, (void)err;
    buf_add_str(words, "exec sh");
    return 0;
}

static void w_log(void *self, enum log_level level, const char *line)
{
    (void)self;
    if (getenv("PAWL_SIM_LOG") || level == LOG_ERROR)
        fprintf(stderr, "sim: %s\n", line);
}

static void w_stopped(void *self, const struct err *err)
{
    (void)self;
    fprintf(stderr, "sim: the engine stopped: %s\n", err ? err->text : "in order");
    abort();
}

static const struct world_ops world_ops = {
    .wall_ms = w_wall, .boottime_ms = w_boottime, .boot_id = w_boot_id, .random = world_random,
    .alarm = w_alarm,  .wake = w_wake,            .commit = w_commit,   .link = w_link,
    .session = w_session, .log = w_log,       .stopped = w_stopped,
};

static void boot_engine(struct sim *sim)
{
    struct world world = { &world_ops, sim };
    struct engine_options options = { .prelude = sim->options.prelude,
                                      .turn_bytes_max = sim->options.turn_bytes_max };
    struct err err;

    sim->alarm_ms = -1;
    sim->wake = true;
    sim->commit = NULL;
    if (engine_new(&sim->engine, &world, sim->store, &options, &err) < 0) {
        fprintf(stderr, "sim: engine_new: %s\n", err.text);
        abort();
    }
}

struct sim *sim_new(const struct sim_options *options)
{
    struct sim *sim = calloc(1, sizeof(*sim));
    struct err err;

    assert(sim);
    sim->options = *options;
    sim->rng = options->seed;
    list_init(&sim->orders);
    hosts_named(sim, SLICE("localhost"));
    if (store_memory_open(&sim->store, &err) < 0)
        abort();
    boot_engine(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    engine_free(sim->engine);
    store_close(sim->store);
    for (size_t i = 0; i < sim->host_count; i++)
        host_release(&sim->hosts[i]);
    people_free(sim);
    free(sim);
}

void world_land_commit(struct sim *sim)
{
    const struct batch *batch = sim->commit;
    struct err err = { 0 };
    int rc = store_commit(sim->store, batch, &err);

    sim->commit = NULL;
    engine_committed(sim->engine, rc, &err);
}

void world_kill_engine(struct sim *sim)
{
    struct err err;

    sim->counts.crashes++;
    if (sim->commit && sim_chance(sim, 500) && store_commit(sim->store, sim->commit, &err) < 0)
        abort();
    engine_free(sim->engine);
    sim->now_ms += (int64_t)(sim_roll(sim) % 200);
    boot_engine(sim);
}

void sim_upgrade(struct sim *sim, struct slice prelude)
{
    sim->options.prelude = prelude;
    world_kill_engine(sim);
}

struct sim_counts sim_counts(const struct sim *sim) { return sim->counts; }
