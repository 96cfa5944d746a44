// SPDX-License-Identifier: MIT
// How: engine_turn and engine_committed are called by the test's hand only. A
// settled world is one whose engine wishes no turn and has nothing in the air; one
// that never settles, or whose alarm is always due, fails its test.
#include "unit/core/fake_world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/model/zone_bytes.h"

enum { TURNS_MAX = 100000, ALARMS_AT_ONCE_MAX = 1000 };

struct fake_link {
    struct link base; // first
    struct list link;  // in world.links
    struct fake_world *world;
    link_event_fn event;
    void *arg;
    bool held;
    struct list waiting; // told while it was held, oldest first
    char host[HOST_NAME];
};

struct message {
    struct list link;
    struct link_event event; // what it borrows, the test keeps
};

// ---- the link: it notes

static int note(struct link *link, struct call call)
{
    const struct fake_link *fake = container_of(link, struct fake_link, base);
    struct fake_world *world = fake->world;

    memcpy(call.host, fake->host, sizeof(call.host));
    assert_true(world->call_count < sizeof(world->calls) / sizeof(world->calls[0]));
    world->calls[world->call_count++] = call;
    world->starts += call.kind == CALL_START;
    return 0;
}

static int on_start(struct link *link, const struct link_start *start, struct err *err)
{
    struct fake_world *world = container_of(link, struct fake_link, base)->world;

    (void)err;
    buf_clear(&world->program);
    buf_add_slice(&world->program, start->program);
    return note(link, (struct call){ .kind = CALL_START, .key = start->key,
                                     .number = start->supersedes_intent_no });
}

static int on_attach(struct link *link, struct link_key key, uint64_t out, uint64_t errs,
                     struct err *err)
{
    int rc = container_of(link, struct fake_link, base)->world->attach_rc;

    note(link, (struct call){ .kind = CALL_ATTACH, .key = key, .number = out,
                              .err_offset = errs });
    return rc ? err_set(err, rc, "the key is followed already") : 0;
}

static int on_credit(struct link *link, struct link_key key, uint64_t bytes, struct err *err)
{
    (void)err;
    (void)key;
    container_of(link, struct fake_link, base)->world->credit_bytes += bytes;
    return 0;
}

static int on_signal(struct link *link, struct link_key key, int signum, struct err *err)
{
    (void)err;
    return note(link, (struct call){ .kind = CALL_SIGNAL, .key = key, .number = (uint64_t)signum });
}

static int on_forget(struct link *link, struct link_key key, struct err *err)
{
    (void)err;
    return note(link, (struct call){ .kind = CALL_FORGET, .key = key });
}

static int on_list(struct link *link, struct err *err)
{
    (void)err;
    return note(link, (struct call){ .kind = CALL_LIST });
}

static int on_status(struct link *link, struct err *err)
{
    (void)err;
    return note(link, (struct call){ .kind = CALL_STATUS });
}

static void on_hold(struct link *link, bool held)
{
    struct fake_link *fake = container_of(link, struct fake_link, base);

    assert_true(held != fake->held); // said once
    fake->held = held;
    fake->world->holds += held;
}

static void on_close(struct link *link, void (*closed)(void *arg), void *arg)
{
    struct fake_link *fake = container_of(link, struct fake_link, base);
    struct fake_world *world = fake->world;

    if (world->link == fake)
        world->link = NULL;
    list_each_safe(it, &fake->waiting)
        free(container_of(it, struct message, link));
    list_remove(&fake->link);
    world->links_open--;
    free(fake);
    closed(arg);
}

static const struct link_ops link_ops = {
    .start = on_start, .attach = on_attach, .credit = on_credit, .signal = on_signal,
    .forget = on_forget, .list = on_list, .status = on_status, .hold = on_hold, .close = on_close,
};

// ---- the world: it waits

int64_t world_wall_ms(const struct fake_world *world)
{
    return 1700000000000 + world->now_ms + world->wall_step_ms;
}

static int64_t wall_ms(void *self) { return world_wall_ms(self); }

static int64_t boottime_ms(void *self) { return ((struct fake_world *)self)->now_ms; }

static struct uuid boot_id(void *self)
{
    const struct fake_world *world = self;

    return (struct uuid){ { (uint8_t)(1 + world->boots) } };
}

static void random_bytes(void *self, void *out, size_t len)
{
    struct fake_world *world = self;

    for (size_t i = 0; i < len; i++)
        ((unsigned char *)out)[i] = world->chance += 37;
}

static void alarm_at(void *self, int64_t at_ms) { ((struct fake_world *)self)->alarm_ms = at_ms; }
static void wake(void *self) { ((struct fake_world *)self)->woken = true; }

static void commit(void *self, const struct batch *batch)
{
    struct fake_world *world = self;

    assert_null(world->committing); // one at a time
    assert_int_equal(batch->bytes.failed, 0);
    world->committing = batch;
    if (batch->bytes.len > world->batch_bytes_max)
        world->batch_bytes_max = batch->bytes.len;
}

static int open_link(void *self, struct slice host, const struct link_options *options,
                     struct link **ret, struct err *err)
{
    struct fake_world *world = self;
    bool is_local = slice_is(host, "localhost");
    struct fake_link *link;

    // A target that saw an epoch which a crash took back would refuse the next engine.
    if (!world->landed)
        fail_msg("a link is opened before the engine's epoch is on disk");
    world->opens += !is_local;
    if (world->link_rc < 0 && !is_local)
        return err_set(err, world->link_rc, "no ssh is installed here");
    link = calloc(1, sizeof(*link));
    assert_non_null(link);
    assert_true(host.len < HOST_NAME);
    *link = (struct fake_link){ .base = { &link_ops }, .world = world, .event = options->event,
                                .arg = options->arg };
    list_init(&link->waiting);
    memcpy(link->host, host.ptr, host.len);
    list_append(&world->links, &link->link);
    world->links_open++;
    world->took_over += options->take_over;
    if (is_local)
        world->link = link;
    *ret = &link->base;
    return 0;
}

static int add_session(void *self, struct slice host, struct buf *words, struct err *err)
{
    (void)self;
    (void)err;
    buf_addf(words, "exec sh-on-%.*s", SLICE_ARG(host));
    return 0;
}

static int read_zone(void *self, const char *name, struct buf *ret, struct err *err)
{
    const struct fake_world *world = self;

    if (world->no_zones || !name || strcmp(name, "Europe/Berlin") != 0)
        return err_set(err, -ENOENT, "there is no such zone");
    zone_bytes(ret, ZONE_BERLIN, 3600);
    return 0;
}

static void write_log(void *self, enum log_level level, const char *line)
{
    (void)self;
    (void)level;
    (void)line;
}

static void on_stopped(void *self, const struct err *err)
{
    struct fake_world *world = self;

    assert_false(world->stopped); // once
    world->stopped = true;
    world->stop_err = err ? *err : (struct err){ 0 };
}

static const struct world_ops world_ops = {
    .wall_ms = wall_ms, .boottime_ms = boottime_ms, .boot_id = boot_id, .random = random_bytes,
    .alarm = alarm_at,  .wake = wake,               .commit = commit,   .link = open_link,
    .session = add_session, .zone = read_zone, .log = write_log,       .stopped = on_stopped,
};

// ---- life

void world_boot(struct fake_world *world)
{
    struct world w = { &world_ops, world };
    struct engine_options options = { 0 };
    struct err err = { 0 };

    world->stopped = world->disk_full = world->landed = false;
    world->alarm_ms = -1;
    if (engine_new(&world->engine, &w, world->store, &options, &err) < 0)
        fail_msg("engine_new: %s", err_text(&err));
    world_settle(world);
}

void world_crash(struct fake_world *world)
{
    world->committing = NULL; // it never landed
    engine_free(world->engine);
    world->engine = NULL;
    world->call_count = 0;
}

struct fake_world *world_new(void)
{
    struct fake_world *world = calloc(1, sizeof(*world));
    struct err err;

    assert_non_null(world);
    world->now_ms = 1000;
    list_init(&world->links);
    buf_init(&world->program, 0);
    assert_int_equal(store_memory_open(&world->store, &err), 0);
    world_boot(world);
    link_up(world);
    return world;
}

void world_free(struct fake_world *world)
{
    world_crash(world);
    store_close(world->store);
    buf_release(&world->program);
    free(world);
}

int world_setup(void **state)
{
    *state = world_new();
    return 0;
}

int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}

// ---- turns, landings, time

bool link_is_held(const struct fake_world *world) { return world->link && world->link->held; }

// A link that may speak, and has something to say.
static struct fake_link *speaker(const struct fake_world *world)
{
    list_each(it, &world->links) {
        struct fake_link *link = container_of(it, struct fake_link, link);
        if (!link->held && !list_is_empty(&link->waiting))
            return link;
    }
    return NULL;
}

// Its oldest message. It may be closed by it.
static bool deliver_one(struct fake_world *world)
{
    struct fake_link *link = speaker(world);
    struct message *message;

    if (!link)
        return false;
    message = container_of(list_first(&link->waiting), struct message, link);
    list_remove(&message->link);
    link->event(link->arg, &link->base, &message->event);
    free(message);
    return true;
}

void world_turn(struct fake_world *world)
{
    while (deliver_one(world))
        ;
    world->woken = false;
    engine_turn(world->engine);
}

void world_land(struct fake_world *world)
{
    const struct batch *batch = world->committing;
    struct err err = { 0 };
    int rc;

    if (!batch)
        return;
    world->committing = NULL;
    rc = world->disk_full ? err_set(&err, -ENOSPC, "the disk is full")
                          : store_commit(world->store, batch, &err);
    world->landed |= rc == 0;
    if (!world->disk_full) {
        struct err room = { 0 };
        assert_int_equal(rc, 0);
        if (world->room_rc < 0)
            err_set(&room, world->room_rc, "no room ahead");
        engine_room(world->engine, world->room_rc, &room);
    }
    engine_committed(world->engine, rc, &err);
}

void world_settle(struct fake_world *world)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        world_turn(world);
        world_land(world);
        if (!world->woken && !world->committing && !speaker(world))
            return;
    }
    fail_msg("the engine goes on for ever");
}

void world_tick(struct fake_world *world, int64_t ms)
{
    int64_t end_ms = world->now_ms + ms;
    int at_once = 0;

    while (world->alarm_ms >= 0 && world->alarm_ms <= end_ms) {
        at_once = world->alarm_ms > world->now_ms ? 0 : at_once + 1;
        if (at_once > ALARMS_AT_ONCE_MAX)
            fail_msg("an alarm is always due: the engine spins");
        if (world->alarm_ms > world->now_ms)
            world->now_ms = world->alarm_ms;
        world->alarm_ms = -1;
        engine_alarm(world->engine);
        world_settle(world);
    }
    world->now_ms = end_ms;
}

void world_write(struct fake_world *world, const struct batch *batch)
{
    struct err err;

    assert_int_equal(store_commit(world->store, batch, &err), 0);
}

void world_set_clock(struct fake_world *world, int64_t by_ms)
{
    world->wall_step_ms += by_ms;
    engine_alarm(world->engine);
    world_settle(world);
}

void world_reboot(struct fake_world *world, int64_t away_ms)
{
    int64_t booted_ms = 1000; // CLOCK_BOOTTIME when the engine begins

    world_crash(world);
    world->wall_step_ms += world->now_ms + away_ms - booted_ms;
    world->now_ms = booted_ms;
    world->boots++;
    world_boot(world);
    link_up(world);
}

void world_swap_script(struct fake_world *world, const char *stored, const char *text)
{
    struct content_hash hash = content_hash_of(slice_str(stored));
    struct batch batch;

    batch_init(&batch);
    scripts_put(&batch, &hash, slice_str(text));
    world_write(world, &batch);
    batch_release(&batch);
}

// ---- what the link tells

struct fake_link *link_to(const struct fake_world *world, const char *host)
{
    list_each(it, &world->links) {
        struct fake_link *link = container_of(it, struct fake_link, link);
        if (strcmp(link->host, host) == 0)
            return link;
    }
    return NULL;
}

// At once, unless the link is held: then in its order, once it may speak.
static void emit(struct fake_world *world, const struct link_event *event)
{
    struct fake_link *link = world->at ? link_to(world, world->at) : world->link;
    struct message *message;

    assert_non_null(link);
    if (!link->held && list_is_empty(&link->waiting)) {
        link->event(link->arg, &link->base, event);
        return;
    }
    message = calloc(1, sizeof(*message));
    assert_non_null(message);
    message->event = *event;
    list_append(&link->waiting, &message->link);
}

void link_says_ready(struct fake_world *world, const char *boot)
{
    emit(world, &(struct link_event){ .type = LINK_READY, .boot_id = slice_str(boot) });
}

void link_up_again(struct fake_world *world, const char *boot)
{
    link_says_ready(world, boot);
    world_settle(world);
}

void link_up(struct fake_world *world) { link_up_again(world, "boot-1"); }

void link_ends(struct fake_world *world, enum link_end end)
{
    emit(world, &(struct link_event){ .type = LINK_DOWN, .end = end, .text = SLICE("cut") });
}

void link_cut(struct fake_world *world)
{
    link_ends(world, LINK_END_LOST);
}

void world_next_engine(struct fake_world *world)
{
    world_crash(world);
    world_boot(world);
    link_up(world);
}

struct link_key key_of(const struct fake_world *world, uint64_t intent_no)
{
    return (struct link_key){ world->uuid, intent_no };
}

void link_tells(struct fake_world *world, const struct link_event *event) { emit(world, event); }

void tell(struct fake_world *world, enum link_event_type type, uint64_t intent_no)
{
    emit(world, &(struct link_event){ .type = type, .key = key_of(world, intent_no) });
}

void tell_output(struct fake_world *world, uint64_t intent_no, uint64_t offset, const char *text)
{
    emit(world, &(struct link_event){ .type = LINK_OUTPUT, .key = key_of(world, intent_no),
                                      .stream = LINK_OUT, .offset = offset,
                                      .data = slice_str(text) });
}

void tell_done(struct fake_world *world, uint64_t intent_no, int code)
{
    emit(world, &(struct link_event){ .type = LINK_DONE, .key = key_of(world, intent_no),
                                      .code = code });
}

void tell_died(struct fake_world *world, uint64_t intent_no, int signum)
{
    emit(world, &(struct link_event){ .type = LINK_DONE, .key = key_of(world, intent_no),
                                      .signal = signum });
}

void tell_status(struct fake_world *world)
{
    emit(world, &(struct link_event){ .type = LINK_STATUS, .free_bytes = 4096, .keys = 2,
                                      .running = 1, .text = SLICE("root:0:sh:Linux 6.1:/a:b") });
}

void tell_signalled(struct fake_world *world, uint64_t intent_no)
{
    tell(world, LINK_SIGNALLED, intent_no);
}

void command_ends(struct fake_world *world, uint64_t intent_no, int code)
{
    tell_done(world, intent_no, code);
    world_settle(world);
}

void command_dies(struct fake_world *world, uint64_t intent_no, int signum)
{
    tell_died(world, intent_no, signum);
    world_settle(world);
}
