// SPDX-License-Identifier: MIT
// How: one encoder and one decoder per event type, in two tables by type. Every
// event is a flat MessagePack array; the first three fields are common.
#include "model/event.h"

#include <assert.h>
#include <errno.h>

const char *event_type_name(enum event_type type)
{
    static const char *const names[] = {
#define X(id, text) [EVENT_##id] = text,
        EVENTS(X)
#undef X
    };

    assert((unsigned)type < EVENT_COUNT);
    return names[type];
}

static const char *const job_types[] = { "local", "remote", "cim", "workflow" };

const char *job_type_name(enum job_type type)
{
    assert((unsigned)type < JOB_TYPE_COUNT);
    return job_types[type];
}

int job_type_parse(struct slice name, enum job_type *ret)
{
    for (int i = 0; i < JOB_TYPE_COUNT; i++) {
        if (slice_is(name, job_types[i])) {
            *ret = (enum job_type)i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *job_limit_name(enum job_limit limit)
{
    static const char *const names[] = {
#define X(id, text) [LIMIT_##id] = text,
        JOB_LIMITS(X)
#undef X
    };

    assert((unsigned)limit < LIMIT_COUNT);
    return names[limit];
}

enum { COMMON_FIELDS = 3, STARTED_FIELDS = 17 };

// ---- started
static void put_started(const struct event *e, struct buf *buf)
{
    const struct event_started *s = &e->started;

    value_put_uuid(buf, s->uuid);
    value_put_uint(buf, s->job_id);
    value_put_uint(buf, s->type);
    value_put_bytes(buf, s->name);
    value_put_bytes(buf, s->command);
    value_put_bytes(buf, s->script_name);
    value_put_bytes(buf, s->script_hash);
    value_put_bytes(buf, s->prelude_hash);
    value_put_bytes(buf, s->params);
    value_put_bytes(buf, s->meta);
    value_put_bytes(buf, s->cwd);
    value_put_bytes(buf, s->env);
    value_put_int(buf, s->timeout_ms);
    value_put_bool(buf, s->auto_remove);
    value_put_uint(buf, s->child_id);
    value_put_bytes(buf, s->child_uuids);
    value_put_bytes(buf, s->hosts);
    value_put_int(buf, s->elapsed_timeout_ms);
    value_put_int(buf, s->cleanup_timeout_ms);
    value_put_bytes(buf, s->modules);
    value_put_int(buf, s->reach_ms);
    value_put_bytes(buf, s->schedule);
    if (s->schedule.len)
        value_put_uuid(buf, s->schedule_uuid);
    else
        value_put_nil(buf); // most jobs have none
    value_put_int(buf, s->nominal_unix_ms);
}

// What was added at the end: an older journal has none of it.
static void get_started_more(const value *v, size_t at, struct event *e)
{
    e->started.elapsed_timeout_ms = value_int(value_at(v, at), 0);
    e->started.cleanup_timeout_ms = value_int(value_at(v, at + 1), 0);
    e->started.modules = value_bytes(value_at(v, at + 2));
    e->started.reach_ms = value_int(value_at(v, at + 3), 0);
    e->started.schedule = value_bytes(value_at(v, at + 4));
    e->started.schedule_uuid = value_uuid(value_at(v, at + 5));
    e->started.nominal_unix_ms = value_int(value_at(v, at + 6), 0);
}

static void get_started(const value *f, struct event *e)
{
    e->started = (struct event_started){
        .uuid = value_uuid(&f[0]),
        .job_id = value_uint(&f[1], 0),
        .type = (enum job_type)value_uint(&f[2], 0),
        .name = value_bytes(&f[3]),
        .command = value_bytes(&f[4]),
        .script_name = value_bytes(&f[5]),
        .script_hash = value_bytes(&f[6]),
        .prelude_hash = value_bytes(&f[7]),
        .params = value_bytes(&f[8]),
        .meta = value_bytes(&f[9]),
        .cwd = value_bytes(&f[10]),
        .env = value_bytes(&f[11]),
        .timeout_ms = value_int(&f[12], 0),
        .auto_remove = value_bool(&f[13], false),
        .child_id = value_uint(&f[14], 0),
        .child_uuids = value_bytes(&f[15]),
        .hosts = value_bytes(&f[16]),
    };
}

// ---- child_added
static void put_child_added(const struct event *e, struct buf *buf)
{
    value_put_uint(buf, e->child_added.child_id);
    value_put_uuid(buf, e->child_added.uuid);
    value_put_bytes(buf, e->child_added.host);
}

static void get_child_added(const value *f, struct event *e)
{
    e->child_added.child_id = value_uint(&f[0], 0);
    e->child_added.uuid = value_uuid(&f[1]);
    e->child_added.host = value_bytes(&f[2]);
}

// ---- intended
static void put_intended(const struct event *e, struct buf *buf)
{
    const struct event_intended *i = &e->intended;

    value_put_bytes(buf, i->strand);
    value_put_uint(buf, i->ordinal);
    value_put_uint(buf, i->kind);
    value_put_uint(buf, i->attempt);
    value_put_uint(buf, i->fingerprint);
    value_put_uint(buf, i->child_id);
    value_put_bytes(buf, i->label);
    value_put_bytes(buf, i->name);
    value_put_bytes(buf, i->line);
    value_put_bytes(buf, i->boot_id);
    value_put_bytes(buf, e->ended_waits);
}

static void get_intended(const value *f, struct event *e)
{
    e->intended = (struct event_intended){
        .strand = value_bytes(&f[0]),
        .ordinal = value_uint(&f[1], 0),
        .kind = (enum effect_kind)value_uint(&f[2], EFFECT_COUNT),
        .attempt = (uint32_t)value_uint(&f[3], 0),
        .fingerprint = value_uint(&f[4], 0),
        .child_id = value_uint(&f[5], 0),
        .label = value_bytes(&f[6]),
        .name = value_bytes(&f[7]),
        .line = value_bytes(&f[8]),
        .boot_id = value_bytes(&f[9]),
    };
}

// ---- settled
static void put_settled(const struct event *e, struct buf *buf)
{
    const struct event_settled *s = &e->settled;
    const struct outcome *o = &s->outcome;

    value_put_uint(buf, s->intent_no);
    value_put_uint(buf, o->kind);
    value_put_int(buf, o->code);
    value_put_bool(buf, o->unverified);
    value_put_bytes(buf, o->value);
    value_put_bytes(buf, o->out);
    value_put_bytes(buf, o->err);
    value_put_uint(buf, o->out_bytes);
    value_put_uint(buf, o->err_bytes);
    value_put_int(buf, o->started_unix_ms);
    value_put_int(buf, o->ended_unix_ms);
    value_put_bytes(buf, o->reason);
}

static void get_settled(const value *f, struct event *e)
{
    e->settled.intent_no = value_uint(&f[0], 0);
    e->settled.outcome = (struct outcome){
        .kind = (enum outcome_kind)value_uint(&f[1], OUTCOME_COUNT),
        .code = (int32_t)value_int(&f[2], 0),
        .unverified = value_bool(&f[3], false),
        .value = value_bytes(&f[4]),
        .out = value_bytes(&f[5]),
        .err = value_bytes(&f[6]),
        .out_bytes = value_uint(&f[7], 0),
        .err_bytes = value_uint(&f[8], 0),
        .started_unix_ms = value_int(&f[9], 0),
        .ended_unix_ms = value_int(&f[10], 0),
        .reason = value_bytes(&f[11]),
    };
}

// ---- the small ones
static void put_fired(const struct event *e, struct buf *buf)
{
    value_put_uint(buf, e->fired.intent_no);
}

static void get_fired(const value *f, struct event *e)
{
    e->fired.intent_no = value_uint(&f[0], 0);
}

static void put_signalled(const struct event *e, struct buf *buf)
{
    value_put_bytes(buf, e->signalled.name);
    value_put_bytes(buf, e->signalled.value);
    value_put_bytes(buf, e->ended_waits);
}

static void get_signalled(const value *f, struct event *e)
{
    e->signalled.name = value_bytes(&f[0]);
    e->signalled.value = value_bytes(&f[1]);
}

static void put_stop_asked(const struct event *e, struct buf *buf)
{
    value_put_int(buf, e->stop_asked.grace_ms);
    value_put_bytes(buf, e->ended_waits);
}

static void get_stop_asked(const value *f, struct event *e)
{
    e->stop_asked.grace_ms = value_int(&f[0], 0);
}

static void put_suspend_asked(const struct event *e, struct buf *buf)
{
    value_put_bool(buf, e->suspend_asked.force);
    value_put_bytes(buf, e->suspend_asked.reason);
}

static void get_suspend_asked(const value *f, struct event *e)
{
    e->suspend_asked.force = value_bool(&f[0], false);
    e->suspend_asked.reason = value_bytes(&f[1]);
}

static void put_suspended(const struct event *e, struct buf *buf)
{
    value_put_uint(buf, e->suspended.cause);
    value_put_bytes(buf, e->suspended.reason);
}

static void get_suspended(const value *f, struct event *e)
{
    e->suspended.cause = (enum suspend_cause)value_uint(&f[0], 0);
    e->suspended.reason = value_bytes(&f[1]);
}

static void put_renamed(const struct event *e, struct buf *buf)
{
    value_put_bytes(buf, e->renamed.name);
}

static void get_renamed(const value *f, struct event *e)
{
    e->renamed.name = value_bytes(&f[0]);
}

static void put_child_stop_asked(const struct event *e, struct buf *buf)
{
    value_put_uint(buf, e->child_stop_asked.child_id);
    value_put_int(buf, e->child_stop_asked.grace_ms);
    value_put_bool(buf, e->child_stop_asked.force);
    value_put_bytes(buf, e->child_stop_asked.reason);
    value_put_bytes(buf, e->ended_waits);
}

static void get_child_stop_asked(const value *f, struct event *e)
{
    e->child_stop_asked.child_id = value_uint(&f[0], 0);
    e->child_stop_asked.grace_ms = value_int(&f[1], 0);
    e->child_stop_asked.force = value_bool(&f[2], false);
    e->child_stop_asked.reason = value_bytes(&f[3]);
}

static void put_resumed(const struct event *e, struct buf *buf)
{
    value_put_bytes(buf, e->ended_waits);
}

static void get_resumed(const value *f, struct event *e) { (void)f, (void)e; }

static void put_ended(const struct event *e, struct buf *buf)
{
    value_put_uint(buf, e->ended.state);
    value_put_bytes(buf, e->ended.reason);
    value_put_bytes(buf, e->ended.value);
}

static void get_ended(const value *f, struct event *e)
{
    e->ended.state = (uint32_t)value_uint(&f[0], 0);
    e->ended.reason = value_bytes(&f[1]);
    e->ended.value = value_bytes(&f[2]);
}

static void put_expired(const struct event *e, struct buf *buf)
{
    value_put_uint(buf, e->expired.limit);
    value_put_uint(buf, e->expired.since_no);
    value_put_bytes(buf, e->ended_waits);
}

static void get_expired(const value *f, struct event *e)
{
    e->expired.limit = (enum job_limit)value_uint(&f[0], LIMIT_COUNT);
    e->expired.since_no = value_uint(&f[1], 0);
}

// ---- the waits that an event ended: the last field of those that can

enum { ENDED_WAIT_BYTES = 9 };

void ended_wait_add(struct buf *waits, const struct ended_wait *wait)
{
    buf_add_u64be(waits, wait->intent_no);
    buf_add_byte(waits, (uint8_t)wait->kind);
}

bool ended_wait_next(struct slice waits, size_t *at, struct ended_wait *ret)
{
    const uint8_t *p;

    if (waits.len - *at < ENDED_WAIT_BYTES)
        return false;
    p = waits.ptr + *at;
    *ret = (struct ended_wait){ read_u64be(p), (enum outcome_kind)p[8] };
    *at += ENDED_WAIT_BYTES;
    return true;
}

static bool ended_waits_are_sound(struct slice waits)
{
    struct ended_wait wait;
    size_t at = 0;

    while (ended_wait_next(waits, &at, &wait))
        if (wait.kind >= OUTCOME_COUNT)
            return false;
    return at == waits.len;
}

static void get_ended_waits(const value *v, size_t at, struct event *e)
{
    e->ended_waits = value_bytes(value_at(v, at));
}

static const struct codec {
    size_t fields; // behind the common ones, in every row
    void (*put)(const struct event *event, struct buf *buf);
    void (*get)(const value *fields, struct event *event);
    size_t more;   // fields that older rows do not have, written behind those
    void (*get_more)(const value *event_row, size_t at, struct event *event);
} codecs[EVENT_COUNT] = {
    [EVENT_STARTED] = { .fields = STARTED_FIELDS, .put = put_started, .get = get_started,
                        .more = 7, .get_more = get_started_more },
    [EVENT_CHILD_ADDED] = { .fields = 3, .put = put_child_added, .get = get_child_added },
    [EVENT_INTENDED] = { .fields = 10, .put = put_intended, .get = get_intended,
                         .more = 1, .get_more = get_ended_waits },
    [EVENT_SETTLED] = { .fields = 12, .put = put_settled, .get = get_settled },
    [EVENT_FIRED] = { .fields = 1, .put = put_fired, .get = get_fired },
    [EVENT_SIGNALLED] = { .fields = 2, .put = put_signalled, .get = get_signalled,
                          .more = 1, .get_more = get_ended_waits },
    [EVENT_STOP_ASKED] = { .fields = 1, .put = put_stop_asked, .get = get_stop_asked,
                           .more = 1, .get_more = get_ended_waits },
    [EVENT_SUSPEND_ASKED] = { .fields = 2, .put = put_suspend_asked, .get = get_suspend_asked },
    [EVENT_SUSPENDED] = { .fields = 2, .put = put_suspended, .get = get_suspended },
    [EVENT_RESUMED] = { .fields = 0, .put = put_resumed, .get = get_resumed,
                        .more = 1, .get_more = get_ended_waits },
    [EVENT_ENDED] = { .fields = 3, .put = put_ended, .get = get_ended },
    [EVENT_EXPIRED] = { .fields = 2, .put = put_expired, .get = get_expired,
                        .more = 1, .get_more = get_ended_waits },
    [EVENT_RENAMED] = { .fields = 1, .put = put_renamed, .get = get_renamed },
    [EVENT_CHILD_STOP_ASKED] = { .fields = 4, .put = put_child_stop_asked,
                                 .get = get_child_stop_asked, .more = 1,
                                 .get_more = get_ended_waits },
};

size_t event_encode(const struct event *event, struct buf *buf)
{
    const struct codec *codec = &codecs[event->type];
    size_t at;

    value_put_array(buf, COMMON_FIELDS + codec->fields + codec->more);
    value_put_uint(buf, event->type);
    value_put_int(buf, event->time_unix_ms);
    at = buf->len;
    buf_add_byte(buf, 0xce); // MessagePack uint 32: the one width that can be patched
    buf_add_u32be(buf, event->notes);
    codec->put(event, buf);
    return at;
}

void event_set_notes(struct buf *buf, size_t at, uint32_t notes)
{
    if (buf_failed(buf))
        return;
    assert(at + 5 <= buf->len && buf->ptr[at] == 0xce);
    for (size_t i = 0; i < 4; i++)
        buf->ptr[at + 1 + i] = (uint8_t)(notes >> (24 - 8 * i));
}

// Enumerations index tables everywhere: a value out of range is damage.
static bool is_sound(const struct event *e)
{
    if (!ended_waits_are_sound(e->ended_waits))
        return false;
    if (e->type == EVENT_STARTED)
        return e->started.type < JOB_TYPE_COUNT;
    if (e->type == EVENT_INTENDED)
        return e->intended.kind < EFFECT_COUNT;
    if (e->type == EVENT_SETTLED)
        return e->settled.outcome.kind < OUTCOME_COUNT;
    if (e->type == EVENT_EXPIRED)
        return e->expired.limit < LIMIT_COUNT;
    return true;
}

int event_decode(struct slice bytes, size_t *at, struct value_doc *doc, struct event *ret,
                 struct err *err)
{
    msgpack_object v;
    const value *f;
    size_t begin = *at;
    uint64_t type;
    int rc = value_parse(doc, bytes, at, &v, err);

    if (rc < 0)
        return rc;
    type = value_uint(value_at(&v, 0), EVENT_COUNT);
    if (type >= EVENT_COUNT)
        return err_set(err, ERR_CORRUPT, "an event has the unknown type %llu",
                       (unsigned long long)type);
    if (value_count(&v) < COMMON_FIELDS + codecs[type].fields)
        return err_set(err, ERR_CORRUPT, "an event of type %s is too short",
                       event_type_name((enum event_type)type));
    f = v.via.array.ptr;
    *ret = (struct event){
        .type = (enum event_type)type,
        .time_unix_ms = value_int(&f[1], 0),
        .notes = (uint32_t)value_uint(&f[2], 0),
        .bytes = *at - begin,
    };
    codecs[type].get(f + COMMON_FIELDS, ret);
    if (codecs[type].get_more)
        codecs[type].get_more(&v, COMMON_FIELDS + codecs[type].fields, ret);
    return is_sound(ret) ? 0 : err_set(err, ERR_CORRUPT, "an event of type %s is damaged",
                                       event_type_name(ret->type));
}
