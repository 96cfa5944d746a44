// SPDX-License-Identifier: MIT
// How: an attempt exists from the intent of a command until its outcome is folded.
// START and ATTACH are actions of a landed batch; what the link tells afterwards
// becomes records and, at the end, a SETTLED event. Output is counted against
// the link's credit only once it is committed, so a flood is held up on the
// target, not here. FORGET is an action of the batch that holds the outcome: the
// spool lets go of a result only when the store has it.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dispatch_link.h"
#include "core/reboot.h"
#include "model/as.h"
#include "host/transfer.h"

struct attempt *attempt_find(struct resident *r, uint64_t intent_no)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->intent_no == intent_no)
            return attempt;
    }
    return NULL;
}

void attempt_free(struct attempt *attempt)
{
    list_remove(&attempt->link);
    hosts_let_go(attempt->host);
    if (attempt->of != attempt->host)
        hosts_let_go(attempt->of);
    buf_release(&attempt->out);
    buf_release(&attempt->err);
    free(attempt);
}

static struct attempt *attempt_new(struct resident *r, const struct strand *strand)
{
    const struct job_child *child = job_child_of_host(&r->job, strand->step.effect.host);
    struct host *host = hosts_that_runs(r, strand), *of = hosts_of_step(r, strand);
    size_t room = strand->path_len + 24;
    struct attempt *attempt = host && of ? calloc(1, sizeof(*attempt) + room) : NULL;
    size_t max = r->engine->options.result_max;

    if (!attempt)
        return NULL;
    attempt->host = host;
    attempt->of = of;
    host->attempts++;
    of->attempts += of != host;
    attempt->intent_no = strand->step.intent_no;
    attempt->number = strand->step.attempt;
    attempt->child_id = child ? child->id : 0;
    attempt->quiet_err = strand->step.effect.policy.quiet;
    attempt->quiet_out = attempt->quiet_err || command_is_transfer(strand->step.effect.label);
    attempt->sensitive = strand->step.effect.policy.sensitive;
    attempt->reboots = strand->step.effect.policy.reboots;
    attempt->reaches = strand->step.effect.policy.reaches;
    buf_init(&attempt->out, max);
    buf_init(&attempt->err, max);
    snprintf(attempt->step, room, "%s/%llu", strand->path,
             (unsigned long long)strand->step.ordinal);
    list_append(&r->attempts, &attempt->link);
    return attempt;
}

// ---- what earlier engines had received already

void dispatch_keep(struct buf *buf, struct slice data)
{
    size_t room = buf->max - buf->len;

    buf_add(buf, data.ptr, data.len < room ? data.len : room);
}

static int reread_record(void *arg, const struct record *record, bool gap)
{
    struct attempt *attempt = arg;

    if (!gap && record->intent_no == attempt->intent_no)
        dispatch_keep(record->stream == STREAM_ERROR ? &attempt->err : &attempt->out, record->data);
    return 0;
}

static void restore_received(struct resident *r, struct attempt *attempt)
{
    struct tail tail = { 0 };

    if (tails_get(r->engine->store, r->id, attempt->intent_no, &tail, NULL) < 0)
        return;
    attempt->out_bytes = attempt->out_saved = tail.out_bytes;
    attempt->err_bytes = attempt->err_saved = tail.err_bytes;
    attempt->started = tail.out_bytes || tail.err_bytes;
    attempt->first_seq = tail.first_seq;
    if (tail.first_seq)
        records_scan(r->engine->store, r->id, tail.first_seq, reread_record, attempt, NULL);
}

// A job that was rebuilt in a running engine keeps what it knew of its commands.
static bool take_carried(struct resident *r, uint64_t intent_no)
{
    if (!r->engine->carried)
        return false;
    list_each_safe(it, r->engine->carried) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->intent_no == intent_no) {
            list_remove(it);
            list_append(&r->attempts, it);
            return true;
        }
    }
    return false;
}

// When the time of an attempt that begins now is over; 0: never. One that is to reach its
// host has waited since it was asked: that its link seemed to be there ends nothing.
static int64_t due_ms(const struct resident *r, const struct step *step)
{
    const struct step_policy *policy = &step->effect.policy;
    int64_t since_ms = engine_now_ms(r->engine);

    if (policy->reaches && step->waits_since_ms)
        since_ms = step->waits_since_ms;
    if (policy->reaches && policy->reach_ms > 0)
        return since_ms + policy->reach_ms;
    return policy->timeout_ms > 0 ? since_ms + policy->timeout_ms : 0;
}

int attempt_begin(struct resident *r, struct strand *strand, enum action_kind how)
{
    struct attempt *attempt;
    struct action act = { .kind = how, .job_id = r->id, .intent_no = strand->step.intent_no };

    if (take_carried(r, strand->step.intent_no))
        return 0;
    attempt = attempt_new(r, strand);
    if (!attempt)
        return -ENOMEM;
    if (how == ACT_ATTACH) {
        restore_received(r, attempt);
    } else if ((attempt->due_ms = due_ms(r, &strand->step))) {
        alarm_set(r, attempt->due_ms, attempt->intent_no, true);
    }
    if (turn_act(r->engine, &act) < 0)
        return -ENOMEM;
    if (how == ACT_ATTACH && (strand->cancel || strand->step.cut)) {
        int64_t grace_ms = job_stop_grace_ms(&r->job, strand);
        dispatch_kill(r, attempt, grace_ms < 0 ? GRACE_MS : grace_ms);
    }
    return 0;
}

// What of it is in records: the rest is fetched again by the next engine.
static uint64_t out_recorded(const struct attempt *attempt)
{
    return attempt->quiet_out ? 0 : attempt->out_bytes;
}

void dispatch_tails(struct resident *r)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        uint64_t out = out_recorded(attempt);
        if (attempt->quiet_err || attempt->sensitive ||
            (out == attempt->out_saved && attempt->err_bytes == attempt->err_saved))
            continue;
        attempt->out_saved = out;
        attempt->err_saved = attempt->err_bytes;
        tails_put(r->engine->open, r->id, attempt->intent_no,
                  (struct tail){ out, attempt->err_bytes, attempt->first_seq });
    }
}

// ---- settling

static void forget_rows(struct resident *r, const struct attempt *attempt)
{
    struct engine *engine = r->engine;

    if (attempt->out_saved || attempt->err_saved)
        tails_del(turn_batch(engine), r->id, attempt->intent_no);
    if (attempt->due_ms)
        timers_del(turn_batch(engine), attempt->due_ms, r->id, attempt->intent_no);
}

static void forget(struct resident *r, struct host *host, uint64_t intent_no)
{
    turn_act(r->engine, &(struct action){ .kind = ACT_FORGET, .job_id = r->id, .host = host,
                                          .job_uuid = r->job.started.uuid,
                                          .intent_no = intent_no });
}

// Both keys, except one whose result the next attempt may still take over.
static void forget_keys(struct resident *r, struct host *host, uint64_t intent_no,
                        uint64_t superseded_no, enum outcome_kind kind)
{
    bool is_cut = kind == OUTCOME_INTERRUPTED || kind == OUTCOME_NEVER;

    if (!is_cut || !strands_supersede(&r->job.strands, intent_no))
        forget(r, host, intent_no);
    if (superseded_no && !strands_supersede(&r->job.strands, superseded_no))
        forget(r, host, superseded_no);
}

void dispatch_settle(struct resident *r, struct attempt *attempt, struct outcome *outcome)
{
    const struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);
    uint64_t superseded_no = strand ? strand->step.superseded_no : 0;
    struct event event = { .type = EVENT_SETTLED };
    struct err err;

    outcome->out = buf_slice(&attempt->out);
    outcome->err = buf_slice(&attempt->err);
    event.settled.intent_no = attempt->intent_no;
    event.settled.outcome = *outcome;
    list_remove(&attempt->link);
    forget_rows(r, attempt);
    // A result that could not be folded stays in the spool, for the next engine.
    if (resident_fact(r, &event, &err) < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)r->id, err_text(&err));
    else
        forget_keys(r, attempt->host, attempt->intent_no, superseded_no, outcome->kind);
    attempt_free(attempt);
}

void dispatch_decide(struct resident *r, struct attempt *attempt, struct outcome outcome)
{
    const struct world *world = &r->engine->world;

    outcome.started_unix_ms = strands_intent(&r->job.strands, attempt->intent_no)->step.since_unix_ms;
    outcome.ended_unix_ms = world->ops->wall_ms(world->self);
    outcome.out_bytes = attempt->out_bytes;
    outcome.err_bytes = attempt->err_bytes;
    dispatch_settle(r, attempt, &outcome);
}

static void refuse(struct resident *r, struct attempt *attempt, const struct err *why)
{
    struct outcome outcome = { .kind = OUTCOME_REFUSED, .reason = slice_str(err_text(why)) };

    dispatch_settle(r, attempt, &outcome);
}

// ---- once

static void settle_once(struct resident *r, uint64_t intent_no, struct outcome outcome)
{
    struct event event = { .type = EVENT_SETTLED };
    struct err err;

    event.settled.intent_no = intent_no;
    event.settled.outcome = outcome;
    if (resident_fact(r, &event, &err) < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)r->id, err_text(&err));
}

// An error for the script, in the words of the engine.
static void once_raises(struct resident *r, uint64_t intent_no, const char *why)
{
    struct buf raised;

    buf_init(&raised, 0);
    value_put_map(&raised, 2);
    value_put_str(&raised, "kind");
    value_put_str(&raised, "error");
    value_put_str(&raised, "message");
    value_put_str(&raised, why);
    settle_once(r, intent_no,
                (struct outcome){ .kind = OUTCOME_ERROR, .value = buf_slice(&raised) });
    buf_release(&raised);
}

static void act_once(struct engine *engine, const struct action *action)
{
    struct resident *r = map_get(&engine->residents, action->job_id);
    struct strand *strand = r ? strands_intent(&r->job.strands, action->intent_no) : NULL;
    struct outcome outcome = { .kind = OUTCOME_VALUE };
    struct err err;
    int rc;

    if (!strand || r->dead || strand->step.state != STEP_INTENDED)
        return;
    engine_point(engine, "once.before");
    buf_clear(&engine->scratch);
    outcome.started_unix_ms = engine->world.ops->wall_ms(engine->world.self);
    rc = script_once(r->script, strand->handle, outcome.started_unix_ms, &engine->scratch, &err);
    engine_point(engine, "once.after");
    if (rc >= 0 && buf_failed(&engine->scratch))
        rc = err_set(&err, -EFBIG, "once: the value is larger than the %d MiB that are kept of one: "
                     "return less, or write it to a file", ONCE_VALUE_MAX >> 20);
    // Without budget or memory: should the script be run again; this state of it is broken.
    if (rc < 0) {
        once_raises(r, action->intent_no, err_text(&err));
        return;
    }
    outcome.ended_unix_ms = engine->world.ops->wall_ms(engine->world.self);
    outcome.kind = rc ? OUTCOME_VALUE : OUTCOME_ERROR;
    outcome.value = buf_slice(&engine->scratch);
    settle_once(r, action->intent_no, outcome);
}

void dispatch_interrupt_once(struct resident *r)
{
    for (;;) {
        struct strand *strand, *cut = NULL;
        size_t at = 0;
        while (!cut && (strand = map_next(&r->job.strands.by_intent, &at)))
            if (strand->step.state == STEP_INTENDED && strand->step.effect.kind == EFFECT_ONCE &&
                strand->step.intent_no <= r->recovered_no)
                cut = strand;
        if (!cut || r->dead)
            return;
        settle_once(r, cut->step.intent_no,
                    r->engine->recovering
                        ? (struct outcome){ .kind = OUTCOME_INTERRUPTED,
                                            .reason = SLICE("the engine ended during once()") }
                        : (struct outcome){ .kind = OUTCOME_NEVER });
    }
}

// ---- acting

static void put_identity(const struct resident *r, const struct attempt *attempt, struct buf *buf)
{
    buf_addf(buf, "export PAWL_JOB=%llu PAWL_STEP=%s PAWL_ATTEMPT=%u; ",
             (unsigned long long)r->id, attempt->step, attempt->number);
}

// *direct: the command still is, with these variables.
static int put_job_env(const struct resident *r, struct buf *buf, bool *direct, struct err *err)
{
    struct value_doc doc;
    msgpack_object env;
    size_t at = 0;
    int rc = 0;

    if (r->job.started.env.len == 0)
        return 0;
    value_doc_init(&doc);
    rc = value_parse(&doc, r->job.started.env, &at, &env, err);
    if (rc == 0)
        command_exports(&env, buf);
    *direct = *direct && rc == 0 && command_env_is_plain(&env);
    value_doc_release(&doc);
    return rc;
}

// What the command says, for whoever runs it.
static int put_program(const struct resident *r, const struct attempt *attempt,
                       const struct command *command, struct buf *program, bool *direct,
                       struct err *err)
{
    struct slice cwd = { 0 }; // elsewhere: the home of whom we log in as
    bool is_remote = r->job.started.type == JOB_REMOTE;
    int rc = 0;

    *direct = command_is_direct(command);
    // They are of the machine where the job was started, but for what `invoke` was given.
    if (attempt->host == r->engine->localhost || is_remote) {
        rc = put_job_env(r, program, direct, err);
        // Another user begins at home, not where `start` was called.
        cwd = is_remote || !command->as.len ? r->job.started.cwd : cwd;
    }
    put_identity(r, attempt, program);
    return rc < 0 ? rc : command_program(command, cwd, program, err);
}

// A command here that opens a session to the host. Its ssh has the engine's environment,
// as those of links have.
static int put_transfer(struct resident *r, struct attempt *attempt, const struct strand *strand,
                        const struct command *command, struct buf *program, struct err *err)
{
    const struct world *world = &r->engine->world;
    struct host *host = hosts_of_step(r, strand);
    struct transfer transfer = {
        .command = command,
        .key = { r->job.started.uuid, attempt->intent_no },
        .step = attempt->step,
        .cwd = r->job.started.cwd,
        .is_local = host == r->engine->localhost,
    };
    struct buf session;
    int rc;

    if (!host)
        return err_set(err, -ENOMEM, "no memory for a host");
    buf_init(&session, 0);
    rc = world->ops->session(world->self, slice_str(host->key), &session, err);
    transfer.session = buf_slice(&session);
    put_identity(r, attempt, program);
    if (rc == 0)
        rc = transfer_program(&transfer, program, err);
    buf_release(&session);
    return rc;
}

static int send_start(struct resident *r, struct attempt *attempt, const struct strand *strand,
                      struct err *err)
{
    struct command command;
    struct link_start start;
    struct buf program, wrapper, input;
    bool direct = false;
    int rc = command_decode(strand->step.effect.args, &r->engine->doc, &command, err);

    if (rc < 0)
        return rc;
    buf_init(&program, 0);
    buf_init(&wrapper, 0);
    buf_init(&input, 0);
    rc = command.transfer.len ? put_transfer(r, attempt, strand, &command, &program, err)
                              : put_program(r, attempt, &command, &program, &direct, err);
    if (rc == 0 && command.as.len)
        rc = as_wrap(&command, buf_slice(&program), &wrapper, &input, err);
    start = (struct link_start){
        .key = { r->job.started.uuid, attempt->intent_no },
        .program = buf_slice(command.as.len ? &wrapper : &program),
        .stdin_bytes = command.as.len ? buf_slice(&input) : command.stdin_bytes,
        .has_stdin = command.as.len || command.has_stdin,
        .direct = direct,
        .has_supersedes = strand->step.superseded_no != 0,
        .supersedes_intent_no = strand->step.superseded_no,
        .out_offset = attempt->out_bytes,
        .err_offset = attempt->err_bytes,
    };
    if (rc == 0)
        rc = link_start(attempt->host->link, &start, err);
    buf_release(&program);
    buf_release(&wrapper);
    buf_release(&input);
    return rc;
}

struct link_key dispatch_key(const struct resident *r, const struct attempt *attempt)
{
    return (struct link_key){ r->job.started.uuid,
                              attempt->standing_no ? attempt->standing_no : attempt->intent_no };
}

void dispatch_start(struct resident *r, struct attempt *attempt)
{
    struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);
    struct err err;
    int rc;

    if (!strand || !attempt->host->ready)
        return; // it is sent again when the link is ready
    if (reboot_is_over(r, attempt)) {
        reboot_settle(r, attempt);
        return;
    }
    engine_point(r->engine, "start.before");
    rc = send_start(r, attempt, strand, &err);
    engine_point(r->engine, "start.after");
    if (rc < 0 && rc != -ENOTCONN)
        refuse(r, attempt, &err);
}

void dispatch_attach(struct resident *r, struct attempt *attempt)
{
    struct link_key key = dispatch_key(r, attempt);
    struct err err;

    if (!attempt->of->ready) // a transfer goes on without it, but who looks is to know
        hosts_want(attempt->of, false);
    if (!attempt->host->ready) {
        hosts_want(attempt->host, false);
        return;
    }
    if (reboot_is_over(r, attempt)) {
        reboot_settle(r, attempt);
        return;
    }
    engine_point(r->engine, "attach.before");
    if (link_attach(attempt->host->link, key, attempt->out_bytes, attempt->err_bytes, &err) < 0)
        engine_log(r->engine, LOG_WARNING, "job=%llu attach: %s", (unsigned long long)r->id,
                   err_text(&err));
}

static void send_signal(struct resident *r, struct attempt *attempt, int signum)
{
    struct link_key key = dispatch_key(r, attempt);
    struct err err;

    if (attempt->host->ready &&
        link_signal(attempt->host->link, key, signum, &err) < 0)
        engine_log(r->engine, LOG_WARNING, "job=%llu signal: %s", (unsigned long long)r->id,
                   err_text(&err));
}

void dispatch_kill(struct resident *r, struct attempt *attempt, int64_t grace_ms)
{
    struct action kill = { .kind = ACT_KILL, .job_id = r->id, .intent_no = attempt->intent_no };

    if (attempt->killing)
        return;
    attempt->killing = true;
    attempt->grace_ms = grace_ms;
    turn_act(r->engine, &kill);
}

void dispatch_kill_cancelled(struct resident *r, int64_t grace_ms)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);
        if (strand && strand->cancel)
            dispatch_kill(r, attempt, grace_ms);
    }
}

void dispatch_signal(struct resident *r, struct attempt *attempt)
{
    if (attempt->grace_ms > 0 && !attempt->killed) {
        send_signal(r, attempt, SIGTERM);
        alarm_set(r, engine_now_ms(r->engine) + attempt->grace_ms, attempt->intent_no, false);
    } else {
        attempt->killed = true;
        send_signal(r, attempt, SIGKILL);
    }
}

void dispatch_grace_over(struct resident *r, struct attempt *attempt)
{
    attempt->killed = true;
    send_signal(r, attempt, SIGKILL);
}

static void act_forget(struct engine *engine, const struct action *action)
{
    struct link_key key = { action->job_uuid, action->intent_no };

    engine_point(engine, "forget.before");
    // Without a link the key stays; the listing of the next link finds it.
    if (action->host->ready)
        link_forget(action->host->link, key, NULL);
    engine_point(engine, "forget.after");
}

// On a full disk output stays on its target, because credit for it stays here.
static void act_credit(struct resident *r, struct attempt *attempt, uint64_t bytes)
{
    struct engine *engine = r->engine;

    if (engine->disk_full)
        attempt->credit_held += bytes;
    else if (attempt->host->ready)
        link_credit(attempt->host->link, dispatch_key(r, attempt), bytes, NULL);
}

static void credit_held(struct resident *r)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        uint64_t bytes = attempt->credit_held;
        attempt->credit_held = 0;
        if (bytes)
            act_credit(r, attempt, bytes);
    }
}

void dispatch_credit_all(struct engine *engine)
{
    list_each(it, &engine->lru)
        credit_held(container_of(it, struct resident, lru));
}

void dispatch_act(struct engine *engine, const struct action *action)
{
    struct resident *r = map_get(&engine->residents, action->job_id);
    struct attempt *attempt = r ? attempt_find(r, action->intent_no) : NULL;

    if (action->kind == ACT_FORGET)
        act_forget(engine, action);
    else if (action->kind == ACT_ONCE)
        act_once(engine, action);
    else if (action->kind == ACT_ORDERS)
        dispatch_orders(action->host);
    else if (action->kind == ACT_OPEN)
        hosts_begin(action->host);
    else if (!attempt)
        return;
    else if (action->kind == ACT_START) {
        attempt->armed = true;
        dispatch_start(r, attempt);
    } else if (action->kind == ACT_ATTACH) {
        attempt->armed = true;
        dispatch_attach(r, attempt);
    } else if (action->kind == ACT_KILL) {
        attempt->kill_armed = true;
        dispatch_signal(r, attempt);
    } else if (action->kind == ACT_CREDIT) {
        act_credit(r, attempt, action->bytes);
    }
}
