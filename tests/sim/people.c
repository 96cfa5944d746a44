// SPDX-License-Identifier: MIT
// How: what people ask has a time and a request uuid. It is asked again of every new
// engine until it is answered.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "inside.h"

enum order_kind { SIM_SIGNAL, SIM_RESUME, SIM_STOP, SIM_DROP, SIM_REBOOT };

struct order {
    struct list link;
    enum order_kind kind;
    int64_t at_ms;
    uint64_t job;
    char name[32];
    struct uuid request;
    unsigned asked; // of which engine: kills so far + 1; 0: not yet
};

static void ordered(void *arg, uint64_t id, const struct err *err)
{
    struct order *order = arg;

    (void)id, (void)err;
    list_remove(&order->link);
    free(order);
}

static int ask_engine(struct sim *sim, struct order *order, struct err *err)
{
    static const enum change_kind kinds[] = { CHANGE_SIGNAL, CHANGE_RESUME, CHANGE_STOP,
                                              CHANGE_STOP };
    struct port port = engine_port(sim->engine);
    struct change change = { .kind = kinds[order->kind], .job_id = order->job,
                             .request = order->request, .grace_ms = -1,
                             .signal_name = slice_str(order->name),
                             .force = order->kind == SIM_DROP };

    return port.ops->change(port.core, &change, ordered, order, err);
}

static void give_order(struct sim *sim, struct order *order)
{
    struct err err;

    if (order->kind == SIM_REBOOT) {
        host_reboot(&sim->hosts[0]);
        ordered(order, 0, NULL);
        return;
    }
    order->asked = sim->counts.crashes + 1;
    if (ask_engine(sim, order, &err) == 0)
        return;
    order->asked = 0;
    order->at_ms = sim->now_ms + 50; // refused, as a resume before the suspension: later
    if (err.code == ERR_STATE && order->kind != SIM_RESUME)
        ordered(order, 0, NULL);
}

// Asked again of the next engine, with the same request uuid, until it is answered.
bool people_ask(struct sim *sim)
{
    list_each(it, &sim->orders) {
        struct order *order = container_of(it, struct order, link);
        if (order->at_ms > sim->now_ms || order->asked == sim->counts.crashes + 1)
            continue;
        give_order(sim, order);
        return true;
    }
    return false;
}

static void started(void *arg, uint64_t id, const struct err *err)
{
    (void)err;
    ((struct sim *)arg)->started_id = id;
}

uint64_t sim_start(struct sim *sim, const char *script)
{
    return sim_start_on(sim, script, (struct slice){ 0 });
}

uint64_t sim_start_on(struct sim *sim, const char *script, struct slice hosts)
{
    struct port port = engine_port(sim->engine);
    struct change change = { .kind = CHANGE_START, .type = JOB_WORKFLOW,
                             .script_name = SLICE("sim.lua"), .script_text = slice_str(script),
                             .params = SLICE("\x80"), .meta = SLICE("\x80"), .cwd = SLICE("/"),
                             .hosts = hosts };
    struct err err;

    sim->started_id = 0;
    if (port.ops->change(port.core, &change, started, sim, &err) < 0) {
        fprintf(stderr, "sim: start: %s\n", err.text);
        abort();
    }
    while (!sim->started_id) { // calmly: a job that is not acknowledged is no job yet
        if (sim->commit)
            world_land_commit(sim);
        engine_turn(sim->engine);
    }
    return sim->started_id;
}

static void order_at(struct sim *sim, enum order_kind kind, int64_t in_ms, uint64_t job,
                     const char *name)
{
    struct order *order = calloc(1, sizeof(*order));

    assert(order);
    order->kind = kind;
    order->at_ms = sim->now_ms + in_ms;
    order->job = job;
    snprintf(order->name, sizeof(order->name), "%s", name);
    world_random(sim, order->request.bytes, sizeof(order->request.bytes));
    list_append(&sim->orders, &order->link);
}

void sim_signal_at(struct sim *sim, int64_t in_ms, uint64_t job, const char *name)
{
    order_at(sim, SIM_SIGNAL, in_ms, job, name);
}

void sim_resume_at(struct sim *sim, int64_t in_ms, uint64_t job)
{
    order_at(sim, SIM_RESUME, in_ms, job, "");
}

void sim_stop_at(struct sim *sim, int64_t in_ms, uint64_t job)
{
    order_at(sim, SIM_STOP, in_ms, job, "");
}

void sim_drop_at(struct sim *sim, int64_t in_ms, uint64_t job)
{
    order_at(sim, SIM_DROP, in_ms, job, "");
}

void sim_reboot_at(struct sim *sim, int64_t in_ms) { order_at(sim, SIM_REBOOT, in_ms, 0, ""); }

int64_t people_next_ms(const struct sim *sim)
{
    int64_t next = INT64_MAX;

    list_each(it, &sim->orders) {
        const struct order *order = container_of(it, struct order, link);
        if (order->asked != sim->counts.crashes + 1 && order->at_ms < next)
            next = order->at_ms;
    }
    return next;
}

void people_free(struct sim *sim)
{
    list_each_safe(it, &sim->orders)
        free(container_of(it, struct order, link));
}
