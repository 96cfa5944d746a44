// SPDX-License-Identifier: MIT
// How: facts are folded as they come and their writes gather in the open batch.
// Once per loop iteration, if no commit is under way, the batch is closed: each
// touched job adds its events (filing.c says where to), and its head if that
// changed; then the batch flies. When it has landed, the next one is sent off
// first, so that the committer is never idle for want of us, and then the
// actions of the landed batch are performed. Nothing outward happens before that
// point. A failed commit ends the engine: what it acknowledged stands on disk,
// what it did not is not known, and only a restart may say.
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "core/hosts.h"

void turn_init(struct engine *engine)
{
    batch_init(&engine->batches[0]);
    batch_init(&engine->batches[1]);
    engine->open = &engine->batches[0];
    engine->flying = NULL;
    list_init(&engine->touched);
    list_init(&engine->flying_jobs);
    list_init(&engine->pendings);
    engine->turn = 1;
    filing_init(engine);
}

void turn_release(struct engine *engine)
{
    batch_release(&engine->batches[0]);
    batch_release(&engine->batches[1]);
    filing_release(engine);
    free(engine->acts_open.items);
    free(engine->acts_flying.items);
    free(engine->acts_due.items);
    list_each_safe(it, &engine->pendings)
        free(container_of(it, struct pending, link));
    list_init(&engine->pendings);
}

void engine_log(struct engine *engine, enum log_level level, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    engine->world.ops->log(engine->world.self, level, line);
}

void engine_point(struct engine *engine, const char *label)
{
    if (engine->world.ops->point)
        engine->world.ops->point(engine->world.self, label);
}

int64_t engine_now_ms(const struct engine *engine)
{
    int64_t boottime_ms = engine->world.ops->boottime_ms(engine->world.self);

    return engine->timeline_base_ms + (boottime_ms - engine->boottime_base_ms);
}

// A batch that waits for disk space is nobody's but ours.
static bool committer_holds_batch(const struct engine *engine)
{
    return engine->flying && !engine->stuck;
}

// Whoever is told may free the engine, so it is told when the committer is done.
void engine_fail(struct engine *engine, const struct err *err)
{
    if (engine->stopped)
        return;
    engine->stopped = engine->stopping = true;
    engine->failure = *err;
    engine_log(engine, LOG_ERROR, "the engine stops: %s", err_text(err));
    hosts_close(engine);
    if (!committer_holds_batch(engine))
        engine->world.ops->stopped(engine->world.self, &engine->failure);
}

static void fail_memory(struct engine *engine)
{
    struct err err;

    err_set(&err, -ENOMEM, "out of memory");
    engine_fail(engine, &err);
}

struct batch *turn_batch(struct engine *engine)
{
    engine->world.ops->wake(engine->world.self);
    return engine->open;
}

size_t turn_bytes(const struct engine *engine)
{
    return engine->open->bytes.len + engine->events_bytes + engine->heads_bytes;
}

bool turn_is_full(const struct engine *engine)
{
    return engine->open->count >= TURN_OPS_MAX ||
           turn_bytes(engine) >= engine->options.turn_bytes_max;
}

void turn_touch(struct resident *resident)
{
    struct engine *engine = resident->engine;

    resident->turn = engine->turn;
    list_remove(&resident->lru);
    list_append(&engine->lru, &resident->lru);
    if (resident->in_open)
        return;
    resident->in_open = true;
    engine->heads_bytes += resident->job.started.command.len + resident->job.reason.len;
    if (!resident->in_flying) // else it joins the open turn when its flight has landed
        list_append(&engine->touched, &resident->touched);
    engine->world.ops->wake(engine->world.self);
}

// A head that is larger than half a batch by its questions leaves the other half to facts:
// it would go with each of them else.
static size_t question_bytes(const struct resident *resident)
{
    const struct job *job = &resident->job;
    size_t max = resident->engine->options.turn_bytes_max / 2;

    if (job->ended)
        return 0;
    return job->strands.asking_bytes < max ? job->strands.asking_bytes : max;
}

void turn_head(struct resident *resident)
{
    size_t bytes = question_bytes(resident);

    resident->head_dirty = true;
    if (bytes <= resident->questions_bytes)
        return;
    resident->engine->heads_bytes += bytes - resident->questions_bytes;
    resident->questions_bytes = bytes;
}

void turn_fly_along(struct resident *resident)
{
    if (resident->in_flying)
        return;
    resident->in_flying = true;
    list_remove(&resident->touched);
    list_append(&resident->engine->flying_jobs, &resident->touched);
}

static int actions_push(struct actions *actions, const struct action *action)
{
    struct action *items = array_room(actions->items, actions->count, &actions->cap,
                                      sizeof(*items));

    if (!items)
        return -ENOMEM;
    actions->items = items;
    actions->items[actions->count++] = *action;
    return 0;
}

int turn_act(struct engine *engine, const struct action *action)
{
    int rc = actions_push(&engine->acts_open, action);

    if (rc < 0)
        fail_memory(engine);
    engine->world.ops->wake(engine->world.self);
    return rc;
}

static void answer_encode(uint64_t id, struct buf *buf)
{
    value_put_array(buf, 1);
    value_put_uint(buf, id);
}

void turn_reply(struct engine *engine, const struct change *change, uint64_t id, change_fn fn,
                void *arg)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    struct buf answer;

    if (!pending) {
        fail_memory(engine);
        return;
    }
    *pending = (struct pending){ .request = change->request, .id = id, .fn = fn, .arg = arg };
    if (change->kind == CHANGE_MARK) {
        pending->mark_source = change_mark_source(change, id);
        pending->mark_seq = change->seq;
    }
    list_append(&engine->pendings, &pending->link);
    if (!uuid_is_nil(change->request)) {
        buf_init(&answer, 0);
        answer_encode(id, &answer);
        requests_keep(engine, change->request, buf_slice(&answer));
        buf_release(&answer);
    }
    turn_act(engine, &(struct action){ .kind = ACT_REPLY, .pending = pending });
}

// ---- closing

static void put_head(struct resident *resident)
{
    struct engine *engine = resident->engine;
    const struct job *job = &resident->job;
    struct child_head *children = calloc(job->child_count, sizeof(*children));
    struct job_head head;
    struct buf questions, texts;

    if (!children) {
        fail_memory(engine);
        return;
    }
    buf_init(&questions, 0);
    buf_init(&texts, 0);
    job_head_fill(job, &head, children, &questions);
    texts_list(engine, &job->started, &texts);
    head.counted = true;
    head.last_seq = resident->head_seq = resident->seq;
    head.output_bytes = resident->bytes;
    head.journal_bytes = resident->head_journal_bytes = resident->journal_bytes;
    head.texts = buf_slice(&texts);
    if (buf_failed(&questions) || buf_failed(&texts))
        fail_memory(engine);
    else
        jobs_put(engine->open, &head);
    buf_release(&texts);
    buf_release(&questions);
    free(children);
    resident->head_dirty = false;
    resident->head_state = head.state;
    resident->head_child_ends = job->child_ends;
}

static bool head_is_old(const struct resident *resident)
{
    const struct job *job = &resident->job;

    return resident->head_dirty || resident->head_state != job_state(job) ||
           resident->head_child_ends != job->child_ends ||
           (job->ended && (resident->head_seq != resident->seq ||
                           resident->head_journal_bytes != resident->journal_bytes));
}

static void close_job(struct resident *resident)
{
    struct engine *engine = resident->engine;

    filing_close_job(resident);
    dispatch_tails(resident);
    if (!resident->removed && head_is_old(resident))
        put_head(resident);
    if (resident->active_row == resident->job.ended) {
        resident->active_row = !resident->job.ended;
        if (resident->active_row)
            active_put(engine->open, resident->id);
        else
            active_del(engine->open, resident->id);
    }
    resident->questions_bytes = 0;
    resident->in_open = false;
    resident->in_flying = true;
    list_remove(&resident->touched);
    list_append(&engine->flying_jobs, &resident->touched);
}

static void put_anchor(struct engine *engine)
{
    struct world *w = &engine->world;
    struct store_clock clock = {
        .boot_id = w->ops->boot_id(w->self),
        .boottime_ms = w->ops->boottime_ms(w->self),
        .wall_ms = w->ops->wall_ms(w->self),
        .timeline_ms = engine_now_ms(engine),
    };

    clock_put(engine->open, &clock);
    if (engine->meta_dirty)
        meta_put(engine->open, &engine->meta);
    engine->meta_dirty = false;
}

static void swap_actions(struct engine *engine)
{
    struct actions empty = engine->acts_flying;

    assert(empty.count == 0);
    engine->acts_flying = engine->acts_open;
    engine->acts_open = empty;
}

static bool turn_is_empty(const struct engine *engine)
{
    return engine->open->count == 0 && list_is_empty(&engine->touched) &&
           engine->acts_open.count == 0;
}

// There is room again for what found the batch full.
static void go_on(struct engine *engine)
{
    if (engine->intents_wait) {
        engine->intents_wait = false;
        dispatch_intend_all(engine);
    }
    reach_go_on(engine);
    hosts_hold(engine);
}

static void turn_close(struct engine *engine)
{
    list_each_safe(it, &engine->touched)
        close_job(container_of(it, struct resident, touched));
    engine->events_bytes = 0; // they are in the batch, or in its row of the log
    engine->heads_bytes = 0;
    filing_close_turn(engine);
    put_anchor(engine);
    if (engine->stopped)
        return;
    swap_actions(engine);
    engine->flying = engine->open;
    engine->open = engine->flying == &engine->batches[0] ? &engine->batches[1]
                                                         : &engine->batches[0];
    batch_clear(engine->open);
    engine->turn++;
    engine_point(engine, "commit.before");
    engine->world.ops->commit(engine->world.self, engine->flying);
    go_on(engine);
}

static void close_if_possible(struct engine *engine)
{
    if (!engine->flying && !engine->stopped && !turn_is_empty(engine))
        turn_close(engine);
}

// ---- after the commit

static void tell_watches(struct engine *engine, uint64_t turn)
{
    list_each_safe(it, &engine->watches) {
        struct watch *watch = container_of(it, struct watch, link);
        const struct resident *r = map_get(&engine->residents, watch->job_id);
        if (watch->job_id == 0 || (r && (r->in_flying || r->turn >= turn)))
            watch->fn(watch->arg);
    }
}

static void landed_jobs(struct engine *engine)
{
    struct list landed;

    list_init(&landed);
    list_each_safe(it, &engine->flying_jobs) {
        list_remove(it);
        list_append(&landed, it);
    }
    list_each_safe(at, &landed) {
        struct resident *r = container_of(at, struct resident, touched);
        list_remove(at);
        r->in_flying = false;
        if (r->in_open) // touched again meanwhile
            list_append(&engine->touched, at);
        else
            resident_park_if_idle(r);
    }
    resident_keep_bound(engine);
}

static void act_reply(struct engine *engine, struct pending *pending)
{
    list_remove(&pending->link);
    if (pending->fn)
        pending->fn(pending->arg, pending->id, NULL);
    if (pending->mark_seq) // whoever reads the job too has waited for it
        notice_job(engine, pending->id);
    free(pending);
}

static void perform(struct engine *engine, const struct action *action)
{
    if (action->kind == ACT_REPLY) {
        engine_point(engine, "reply.before");
        act_reply(engine, action->pending);
    } else {
        dispatch_act(engine, action);
    }
}

// What an idle committer waits for: half of what is due, so that the other half is
// worked on meanwhile. How a thousand jobs are split lasts, because the actions of a
// batch make the next one; two uneven halves would wait for each other every time.
static size_t worth_a_commit(const struct actions *due)
{
    size_t half = (due->count - due->at) / 2;

    return half > TURN_OPS_EARLY ? half : TURN_OPS_EARLY;
}

static void perform_due(struct engine *engine)
{
    struct actions *due = &engine->acts_due;
    size_t early = worth_a_commit(due);
    size_t done = 0;

    while (due->at < due->count && done++ < TURN_ACTIONS_MAX && !engine->stopped) {
        if (turn_is_full(engine))
            break;
        struct action action = due->items[due->at++]; // the array may move meanwhile
        perform(engine, &action);
        if (!engine->flying && engine->open->count + engine->acts_open.count >= early)
            turn_close(engine);
    }
    if (due->at == due->count)
        due->at = due->count = 0;
    else if (!engine->flying || !turn_is_full(engine))
        engine->world.ops->wake(engine->world.self); // else the landing goes on with them
}

static void queue_landed_actions(struct engine *engine)
{
    struct actions *from = &engine->acts_flying;

    for (size_t i = 0; i < from->count; i++)
        if (actions_push(&engine->acts_due, &from->items[i]) < 0)
            fail_memory(engine);
    from->count = 0;
}

static void count_commit(struct engine *engine)
{
    int64_t second = engine->world.ops->boottime_ms(engine->world.self) / 1000;
    struct rate_slot *slot = &engine->rate[second % RATE_SLOTS];

    if (slot->second != second)
        *slot = (struct rate_slot){ .second = second };
    slot->commits++;
}

// ---- a full disk, in two stages: first no room can be made ahead, so that no new
// job and no intent is taken, and output is left on the targets, while results,
// wishes to stop and removals are written into the floor that the store keeps for
// them. When that is used up, too, the batch waits in the air, and nothing that
// would change anything is taken. What is committed is served all the time.

static void look_again_later(struct engine *engine)
{
    engine->commit_retry_at_ms = engine_now_ms(engine) + COMMIT_RETRY_MS;
    alarm_rearm(engine);
}

static void disk_is_full(struct engine *engine, const struct err *err)
{
    if (!engine->disk_full)
        engine_log(engine, LOG_ERROR, "%s; waiting for space", err_text(err));
    engine->disk_full = true;
    snprintf(engine->full_text, sizeof(engine->full_text), "%s", err_text(err));
    notice_wake(engine);
    look_again_later(engine);
}

// What was accepted stays accepted, and is done later; but nobody is left waiting
// without a word.
static void answer_stuck(struct engine *engine)
{
    struct err err;

    err_set(&err, -ENOSPC, "this was accepted, but cannot be written yet; it is done as soon as "
            "it can be, unless the engine is stopped before: %.300s", engine->full_text);
    list_each_safe(it, &engine->pendings) {
        struct pending *pending = container_of(it, struct pending, link);
        if (pending->fn)
            pending->fn(pending->arg, pending->id, &err);
        pending->fn = NULL;
    }
}

static void wait_for_space(struct engine *engine, const struct err *err)
{
    disk_is_full(engine, err);
    engine->stuck = true;
    answer_stuck(engine);
}

// With nothing to write, the clock's row is: the commit tells whether there is room.
void turn_retry(struct engine *engine)
{
    engine->commit_retry_at_ms = 0;
    if (engine->stopped)
        return;
    if (engine->stuck) {
        engine->stuck = false;
        engine->world.ops->commit(engine->world.self, engine->flying);
    } else if (!engine->flying && !engine->stopping) {
        turn_batch(engine);
        put_anchor(engine);
    }
}

static void space_is_back(struct engine *engine)
{
    engine->disk_full = false;
    engine_log(engine, LOG_WARNING, "there is space again: going on");
    notice_wake(engine);
    dispatch_credit_all(engine);
    dispatch_intend_all(engine);
    reach_go_on(engine);
}

// Another failure than -ENOSPC says nothing of the room there is.
void engine_room(struct engine *engine, int rc, const struct err *err)
{
    if (rc == 0 || rc == -ENOSPC)
        engine->room_lost = rc < 0;
    if (engine->stopped || !engine->room_lost)
        return;
    if (rc == -ENOSPC)
        disk_is_full(engine, err);
    else
        look_again_later(engine);
}

void engine_committed(struct engine *engine, int rc, const struct err *err)
{
    uint64_t turn = engine->turn - 1;

    if (engine->stopped) { // it failed meanwhile: what landed is for the next engine
        engine->flying = NULL;
        engine->world.ops->stopped(engine->world.self, &engine->failure);
        return;
    }
    if (rc == -ENOSPC && !engine->stopping) {
        wait_for_space(engine, err);
        return;
    }
    engine->flying = NULL;
    if (rc < 0) {
        engine_fail(engine, err);
        return;
    }
    engine_point(engine, "commit.after");
    engine->commits++;
    count_commit(engine);
    requests_drop(engine);
    alarm_sweep(engine);
    queue_landed_actions(engine);
    tell_watches(engine, turn);
    landed_jobs(engine);
    reclaim_slice(engine);
    if (engine->disk_full && !engine->room_lost)
        space_is_back(engine);
    close_if_possible(engine);
    alarm_rearm(engine); // those that found the batch full
    engine_turn(engine);
}

void engine_turn(struct engine *engine)
{
    if (engine->stopped)
        return;
    perform_due(engine);
    reclaim_slice(engine);
    close_if_possible(engine);
    if (engine->stopping && !engine->flying && turn_is_empty(engine) &&
        engine->acts_due.count == 0 && !engine->stopped) {
        engine->stopped = true;
        engine->world.ops->stopped(engine->world.self, NULL);
    }
}
