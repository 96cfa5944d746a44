// SPDX-License-Identifier: MIT
// How: things happen one at a time, in an order drawn from the seed among those
// that are possible now: the engine's turn, its commit landing, its alarm, a
// message of the link, a command's end. When nothing is possible the clock jumps
// to the next due time. A kill frees the engine without a word to it.
//
// Commands are words: `ms=50 out=text err=text code=3`; the rest is ignored, so
// that every command may carry a name.
#include "sim.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"

struct command { // one directory of the host's spool
    struct list link;
    struct link_key key;
    char *text;
    int64_t ends_ms;
    uint64_t boot;
    int code;
    bool done, killed, forgotten;
    unsigned starts;
    uint64_t sent[3];             // by stream: bytes its link was told already
    const struct sim_link *told;  // the link that started or attached it
};

struct message { // from the host to the engine
    struct list link;
    struct link_event event;
    char *data;
};

struct sim_link {
    struct link base;
    struct sim *sim;
    link_event_fn fn;
    void *arg;
    struct list messages;
};

enum order_kind { SIM_SIGNAL, SIM_RESUME, SIM_STOP, SIM_REBOOT };

struct order {
    struct list link;
    enum order_kind kind;
    int64_t at_ms;
    uint64_t job;
    char name[32];
    struct uuid request;
    unsigned asked; // of which engine: kills so far + 1; 0: not yet
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

static uint64_t roll(struct sim *sim)
{
    uint64_t z = (sim->rng += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool chance(struct sim *sim, unsigned per_1000) { return roll(sim) % 1000 < per_1000; }

// ---- the host

static struct command *find_command(struct sim *sim, struct link_key key)
{
    list_each(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->key.intent_no == key.intent_no && uuid_equal(c->key.job, key.job))
            return c;
    }
    return NULL;
}

static void tell(struct sim *sim, struct link_event event, const char *data)
{
    struct message *message = calloc(1, sizeof(*message));

    assert(message);
    message->event = event;
    message->data = data ? strdup(data) : NULL;
    list_append(&sim->sim_link->messages, &message->link);
}

// The value of NAME=... in the command's text; "" when it is not there.
static void word_of(const char *text, const char *name, char *ret, size_t room)
{
    const char *at = strstr(text, name);
    size_t n = 0;

    for (at = at ? at + strlen(name) : ""; *at && *at != ' ' && *at != '\n' && n + 1 < room; at++)
        ret[n++] = *at;
    ret[n] = 0;
}

static void tell_stream(struct sim *sim, struct command *c, enum link_stream stream)
{
    struct link_event event = { .type = LINK_OUTPUT, .key = c->key, .stream = stream,
                                .offset = c->sent[stream] };
    char data[256];

    word_of(c->text, stream == LINK_OUT ? "out=" : "err=", data, sizeof(data));
    if (strlen(data) <= c->sent[stream])
        return;
    tell(sim, event, data + c->sent[stream]);
    c->sent[stream] = strlen(data);
}

static void tell_end(struct sim *sim, struct command *c)
{
    struct link_event event = { .type = LINK_DONE, .key = c->key, .code = c->code };

    tell_stream(sim, c, LINK_OUT);
    tell_stream(sim, c, LINK_ERR);
    if (c->killed)
        event = (struct link_event){ .type = LINK_DONE, .key = c->key, .signal = 15 };
    else if (!c->done)
        event.type = LINK_INTERRUPTED;
    tell(sim, event, NULL);
}

static void attach(struct sim *sim, struct command *c, uint64_t out, uint64_t err)
{
    tell(sim, (struct link_event){ .type = LINK_STARTED, .key = c->key }, NULL);
    c->told = sim->sim_link;
    c->sent[LINK_OUT] = out;
    c->sent[LINK_ERR] = err;
    if (c->done || c->killed || c->boot != sim->boot)
        tell_end(sim, c);
    else
        tell_stream(sim, c, LINK_OUT);
}

static void begin_command(struct sim *sim, const struct link_start *start)
{
    struct command *c = calloc(1, sizeof(*c));
    char word[32];

    assert(c);
    c->key = start->key;
    c->text = strndup((const char *)start->program.ptr, start->program.len);
    c->boot = sim->boot;
    word_of(c->text, "code=", word, sizeof(word));
    c->code = atoi(word);
    word_of(c->text, "ms=", word, sizeof(word));
    c->ends_ms = sim->now_ms + atoi(word);
    c->starts = 1;
    sim->counts.starts++;
    list_append(&sim->commands, &c->link);
}

static struct sim *sim_of(struct link *link)
{
    return container_of(link, struct sim_link, base)->sim;
}

static int on_start(struct link *link, const struct link_start *start, struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, start->key), *older;
    struct link_key old = { start->key.job, start->supersedes_intent_no };

    (void)err;
    older = start->has_supersedes ? find_command(sim, old) : NULL;
    if (older && !older->done && older->boot == sim->boot)
        older->killed = true;
    if (!c)
        begin_command(sim, start);
    attach(sim, find_command(sim, start->key), start->out_offset, start->err_offset);
    return 0;
}

static int on_attach(struct link *link, struct link_key key, uint64_t out, uint64_t errs,
                     struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, key);

    (void)err;
    if (c && !c->forgotten)
        attach(sim, c, out, errs);
    else
        tell(sim, (struct link_event){ .type = LINK_ABSENT, .key = key }, NULL);
    return 0;
}

static int on_credit(struct link *link, struct link_key key, uint64_t bytes, struct err *err)
{
    (void)link, (void)key, (void)bytes, (void)err;
    return 0;
}

static int on_signal(struct link *link, struct link_key key, int signum, struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, key);
    bool alive = c && !c->done && !c->killed && c->boot == sim->boot;

    (void)signum, (void)err;
    tell(sim, (struct link_event){ .type = LINK_SIGNALLED, .key = key, .code = !alive }, NULL);
    if (alive) {
        c->killed = true;
        tell_end(sim, c);
    }
    return 0;
}

static int on_forget(struct link *link, struct link_key key, struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, key);

    (void)err;
    if (c)
        c->forgotten = true; // kept for the count of starts
    tell(sim, (struct link_event){ .type = LINK_FORGOTTEN, .key = key }, NULL);
    return 0;
}

static int on_list(struct link *link, struct err *err)
{
    struct sim *sim = sim_of(link);

    (void)err;
    list_each(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (!c->forgotten)
            tell(sim, (struct link_event){ .type = LINK_LISTED, .key = c->key }, NULL);
    }
    tell(sim, (struct link_event){ .type = LINK_LISTED }, NULL);
    return 0;
}

static void drop_messages(struct sim_link *link)
{
    list_each_safe(it, &link->messages) {
        struct message *message = container_of(it, struct message, link);
        free(message->data);
        free(message);
    }
    list_init(&link->messages);
}

// Its memory may serve the next link.
static void forget_link(const struct sim_link *link)
{
    list_each(it, &link->sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->told == link)
            c->told = NULL;
    }
}

static void on_close(struct link *link, void (*closed)(void *arg), void *arg)
{
    struct sim_link *sl = container_of(link, struct sim_link, base);

    if (sl->sim->sim_link == sl)
        sl->sim->sim_link = NULL;
    forget_link(sl);
    drop_messages(sl);
    free(sl);
    closed(arg);
}

static const struct link_ops link_ops = { on_start, on_attach, on_credit, on_signal,
                                          on_forget, on_list, on_close };

// ---- the world

static int64_t w_wall(void *self) { return INT64_C(1700000000000) + ((struct sim *)self)->now_ms; }
static int64_t w_boottime(void *self) { return ((struct sim *)self)->now_ms; }
static struct uuid w_boot_id(void *self) { return (void)self, (struct uuid){ { 1 } }; }

static void w_random(void *self, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)roll(self);
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
    struct sim *sim = self;
    struct sim_link *link = calloc(1, sizeof(*link));

    (void)host, (void)err;
    assert(link && !sim->sim_link);
    *link = (struct sim_link){ .base.ops = &link_ops, .sim = sim, .fn = options->event,
                               .arg = options->arg };
    list_init(&link->messages);
    sim->sim_link = link;
    tell(sim, (struct link_event){ .type = LINK_READY,
                                   .boot_id = slice_str(sim->boot_text) }, NULL);
    *ret = &link->base;
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
    .wall_ms = w_wall, .boottime_ms = w_boottime, .boot_id = w_boot_id, .random = w_random,
    .alarm = w_alarm,  .wake = w_wake,            .commit = w_commit,   .link = w_link,
    .log = w_log,      .stopped = w_stopped,
};

static void boot_engine(struct sim *sim)
{
    struct world world = { &world_ops, sim };
    struct engine_options options = { .prelude = sim->options.prelude };
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
    list_init(&sim->commands);
    list_init(&sim->orders);
    sim->boot = 1;
    snprintf(sim->boot_text, sizeof(sim->boot_text), "boot-1");
    if (store_memory_open(&sim->store, &err) < 0)
        abort();
    boot_engine(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    engine_free(sim->engine);
    store_close(sim->store);
    list_each_safe(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        free(c->text);
        free(c);
    }
    list_each_safe(at, &sim->orders)
        free(container_of(at, struct order, link));
    free(sim);
}

// ---- what can happen

static void land_commit(struct sim *sim)
{
    const struct batch *batch = sim->commit;
    struct err err = { 0 };
    int rc = store_commit(sim->store, batch, &err);

    sim->commit = NULL;
    engine_committed(sim->engine, rc, &err);
}

static void kill_engine(struct sim *sim)
{
    struct err err;

    sim->counts.crashes++;
    if (sim->commit && chance(sim, 500) && store_commit(sim->store, sim->commit, &err) < 0)
        abort();
    engine_free(sim->engine);
    sim->now_ms += (int64_t)(roll(sim) % 200);
    boot_engine(sim);
}

void sim_upgrade(struct sim *sim, struct slice prelude)
{
    sim->options.prelude = prelude;
    kill_engine(sim);
}

static void deliver(struct sim *sim)
{
    struct sim_link *link = sim->sim_link;
    struct list *first = list_first(&link->messages);
    struct message *message = container_of(first, struct message, link);

    list_remove(first);
    message->event.data = slice_str(message->data);
    link->fn(link->arg, &link->base, &message->event);
    free(message->data);
    free(message);
}

static void cut_link(struct sim *sim)
{
    struct sim_link *link = sim->sim_link;
    struct link_event down = { .type = LINK_DOWN, .text = SLICE("cut") };

    sim->counts.cuts++;
    drop_messages(link);
    link->fn(link->arg, &link->base, &down);
}

static void reboot_host(struct sim *sim)
{
    sim->counts.reboots++;
    sim->boot++;
    snprintf(sim->boot_text, sizeof(sim->boot_text), "boot-%llu", (unsigned long long)sim->boot);
    if (sim->sim_link)
        cut_link(sim);
}

static bool end_one_command(struct sim *sim)
{
    list_each(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->done || c->killed || c->boot != sim->boot || c->ends_ms > sim->now_ms)
            continue;
        c->done = true;
        if (sim->sim_link && c->told == sim->sim_link)
            tell_end(sim, c);
        return true;
    }
    return false;
}

static void ordered(void *arg, uint64_t id, const struct err *err)
{
    struct order *order = arg;

    (void)id, (void)err;
    list_remove(&order->link);
    free(order);
}

static int ask_engine(struct sim *sim, struct order *order, struct err *err)
{
    static const enum change_kind kinds[] = { CHANGE_SIGNAL, CHANGE_RESUME, CHANGE_STOP };
    struct port port = engine_port(sim->engine);
    struct change change = { .kind = kinds[order->kind], .job_id = order->job,
                             .request = order->request, .grace_ms = -1,
                             .signal_name = slice_str(order->name) };

    return port.ops->change(port.core, &change, ordered, order, err);
}

static void give_order(struct sim *sim, struct order *order)
{
    struct err err;

    if (order->kind == SIM_REBOOT) {
        reboot_host(sim);
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
static bool give_one_order(struct sim *sim)
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

static bool happen(struct sim *sim)
{
    for (unsigned tries = 0; tries < 12; tries++) {
        switch (roll(sim) % 6) {
        case 0:
            if (!sim->commit)
                break;
            land_commit(sim);
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
            if (!sim->sim_link || list_is_empty(&sim->sim_link->messages))
                break;
            deliver(sim);
            return true;
        case 4:
            if (end_one_command(sim))
                return true;
            break;
        default:
            if (give_one_order(sim))
                return true;
        }
    }
    return false;
}

static bool is_possible(const struct sim *sim)
{
    return sim->commit || sim->wake || (sim->alarm_ms >= 0 && sim->alarm_ms <= sim->now_ms) ||
           (sim->sim_link && !list_is_empty(&sim->sim_link->messages));
}

// To the next due time; false when nothing is due any more.
static bool jump(struct sim *sim)
{
    int64_t next = sim->alarm_ms >= 0 ? sim->alarm_ms : INT64_MAX;

    list_each(it, &sim->commands) {
        const struct command *c = container_of(it, struct command, link);
        if (!c->done && !c->killed && c->boot == sim->boot && c->ends_ms < next)
            next = c->ends_ms;
    }
    list_each(at, &sim->orders) {
        const struct order *order = container_of(at, struct order, link);
        if (order->asked != sim->counts.crashes + 1 && order->at_ms < next)
            next = order->at_ms;
    }
    if (next == INT64_MAX)
        return false;
    if (next > sim->now_ms)
        sim->now_ms = next;
    return true;
}

static void maybe_break(struct sim *sim)
{
    if (sim->counts.crashes < sim->options.crash_max && chance(sim, sim->options.crash_per_1000))
        kill_engine(sim);
    if (sim->sim_link && sim->counts.cuts < sim->options.crash_max &&
        chance(sim, sim->options.link_cut_per_1000))
        cut_link(sim);
    if (sim->counts.reboots < sim->options.crash_max && chance(sim, sim->options.reboot_per_1000))
        reboot_host(sim);
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

    port.ops->jobs(port.core, count_open, &open, NULL);
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

    port.ops->jobs(port.core, find_cut_off, &mend, NULL);
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

static void started(void *arg, uint64_t id, const struct err *err)
{
    (void)err;
    ((struct sim *)arg)->started_id = id;
}

uint64_t sim_start(struct sim *sim, const char *script)
{
    struct port port = engine_port(sim->engine);
    struct change change = { .kind = CHANGE_START, .type = JOB_WORKFLOW,
                             .script_name = SLICE("sim.lua"), .script_text = slice_str(script),
                             .params = SLICE("\x80"), .meta = SLICE("\x80"), .cwd = SLICE("/") };
    struct err err;

    sim->started_id = 0;
    if (port.ops->change(port.core, &change, started, sim, &err) < 0) {
        fprintf(stderr, "sim: start: %s\n", err.text);
        abort();
    }
    while (!sim->started_id) { // calmly: a job that is not acknowledged is no job yet
        if (sim->commit)
            land_commit(sim);
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
    w_random(sim, order->request.bytes, sizeof(order->request.bytes));
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

void sim_reboot_at(struct sim *sim, int64_t in_ms) { order_at(sim, SIM_REBOOT, in_ms, 0, ""); }

// ---- what came out

struct lines {
    char *items[4096];
    size_t count;
};

static void add_line(struct lines *lines, const char *text)
{
    if (lines->count < 4096)
        lines->items[lines->count++] = strdup(text);
}

static int add_record(void *arg, const struct record *record, bool gap)
{
    char line[512];

    snprintf(line, sizeof(line), "%.*s %s %s%.*s", SLICE_ARG(record->step),
             stream_name(record->stream), gap ? "GAP " : "",
             record->is_value ? 0 : (int)record->data.len, (const char *)record->data.ptr);
    add_line(arg, line);
    return 0;
}

static int add_head(void *arg, const struct job_view *view)
{
    char line[512];

    snprintf(line, sizeof(line), "= %s %.*s", job_state_name(view->head->state),
             SLICE_ARG(view->head->reason));
    add_line(arg, line);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *sim_result(struct sim *sim, uint64_t job)
{
    struct port port = engine_port(sim->engine);
    struct lines *lines = calloc(1, sizeof(*lines));
    struct buf text;

    assert(lines);
    port.ops->job(port.core, job, add_head, lines, NULL);
    port.ops->records(port.core, job, 1, add_record, lines, NULL);
    qsort(lines->items, lines->count, sizeof(lines->items[0]), by_text);
    buf_init(&text, 0);
    for (size_t i = 0; i < lines->count; i++) {
        buf_addf(&text, "%s\n", lines->items[i]);
        free(lines->items[i]);
    }
    free(lines);
    buf_add_byte(&text, 0);
    return (char *)text.ptr;
}

struct sim_counts sim_counts(const struct sim *sim) { return sim->counts; }

unsigned sim_doubled(const struct sim *sim)
{
    unsigned doubled = 0;

    list_each(it, &sim->commands)
        doubled += container_of(it, const struct command, link)->starts > 1;
    return doubled;
}

unsigned sim_started(const struct sim *sim, const char *word)
{
    unsigned n = 0;

    list_each(it, &sim->commands)
        n += strstr(container_of(it, const struct command, link)->text, word) != NULL;
    return n;
}
