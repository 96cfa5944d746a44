// SPDX-License-Identifier: MIT
// How: everything is asked of one function, the next occurrence after a time. The latest
// one before now is found by halving the time in between, so that a year of downtime
// costs some forty questions, whatever the schedule.
//   schedule  array [ uuid, name, kind, cron_text, timezone, every, overlap, missed, jitter, keep,
//                     type, command, created, enabled, done, boot_id, runs, last, last_job, skips,
//                     skip, skip_job, skip_state, missed_at, failed, failure, queue ]
#include "model/schedule.h"

#include <assert.h>
#include <errno.h>

#include "base/duration.h"
#include "base/hash.h"

enum { SCHEDULE_FIELDS = 27 };

// ---- words
static const char *const overlap_names[] = {
#define X(id, text) [OVERLAP_##id] = text,
    SCHEDULE_OVERLAPS(X)
#undef X
};

static const char *const missed_names[] = {
#define X(id, text) [MISSED_##id] = text,
    SCHEDULE_MISSES(X)
#undef X
};

const char *schedule_overlap_name(enum schedule_overlap overlap)
{
    assert((unsigned)overlap < OVERLAP_COUNT);
    return overlap_names[overlap];
}

const char *schedule_missed_name(enum schedule_missed missed)
{
    assert((unsigned)missed < MISSED_COUNT);
    return missed_names[missed];
}

// The index in names, or -1.
static int word_index(struct slice text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (slice_is(text, names[i]))
            return i;
    return -1;
}

int schedule_overlap_parse(struct slice text, enum schedule_overlap *ret, struct err *err)
{
    int i = word_index(text, overlap_names, OVERLAP_COUNT);

    if (i < 0)
        return err_set(err, ERR_USAGE, "overlap \"%.*s\": skip, queue, parallel or replace is expected",
                       SLICE_ARG(slice_cut(text, 40)));
    *ret = (enum schedule_overlap)i;
    return 0;
}

int schedule_missed_parse(struct slice text, enum schedule_missed *ret, struct err *err)
{
    int i = word_index(text, missed_names, MISSED_COUNT);

    if (i < 0)
        return err_set(err, ERR_USAGE, "missed \"%.*s\": run-once or skip is expected",
                       SLICE_ARG(slice_cut(text, 40)));
    *ret = (enum schedule_missed)i;
    return 0;
}

// ---- what is asked for
bool schedule_name_is_sound(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(c >= '0' && c <= '9') && (i == 0 || (c != '-' && c != '.')))
            return false;
    }
    return name.len > 0 && name.len <= SCHEDULE_NAME_MAX;
}

static int check_every(const struct schedule *s, struct err *err)
{
    if (s->every_ms >= SCHEDULE_EVERY_MIN_MS && s->every_ms <= DURATION_MS_MAX)
        return 0;
    return err_set(err, ERR_USAGE, "every %lld ms: from one second to a hundred years is allowed",
                   (long long)s->every_ms);
}

static int check_zone(const struct schedule *s, struct err *err)
{
    if (s->timezone.len && s->kind != SCHEDULE_CRON)
        return err_set(err, ERR_USAGE, "a time zone belongs to a cron text: intervals and boots have "
                       "none");
    if (s->timezone.len && !zone_name_is_sound(s->timezone))
        return err_set(err, ERR_USAGE, "\"%.*s\" is no name of a time zone: one like Europe/Berlin is "
                       "expected", SLICE_ARG(slice_cut(s->timezone, 80)));
    return 0;
}

int schedule_check(struct schedule *s, struct err *err)
{
    int rc = 0;

    if (!schedule_name_is_sound(s->name))
        return err_set(err, ERR_USAGE, "\"%.*s\" cannot be a schedule's name: up to %d letters, digits, "
                       "and _ - . are allowed, beginning with a letter, a digit or _",
                       SLICE_ARG(slice_cut(s->name, 120)), SCHEDULE_NAME_MAX);
    if (s->jitter_ms < 0 || s->jitter_ms > DURATION_MS_MAX)
        return err_set(err, ERR_USAGE, "a jitter of %lld ms: up to a hundred years is allowed",
                       (long long)s->jitter_ms);
    if (s->keep > SCHEDULE_KEEP_MAX)
        return err_set(err, ERR_USAGE, "keep %llu: from 1 to %d results can be kept; without it all are",
                       (unsigned long long)s->keep, SCHEDULE_KEEP_MAX);
    if (s->kind == SCHEDULE_BOOT && s->jitter_ms)
        return err_set(err, ERR_USAGE, "a jitter does not go with at boot");
    if (s->kind == SCHEDULE_CRON)
        rc = cron_parse(s->cron_text, &s->cron, err);
    else if (s->kind == SCHEDULE_EVERY)
        rc = check_every(s, err);
    return rc < 0 ? rc : check_zone(s, err);
}

// ---- bytes
void schedule_encode(const struct schedule *s, struct buf *buf)
{
    value_put_array(buf, SCHEDULE_FIELDS);
    value_put_uuid(buf, s->uuid);
    value_put_bytes(buf, s->name);
    value_put_uint(buf, s->kind);
    value_put_bytes(buf, s->cron_text);
    value_put_bytes(buf, s->timezone);
    value_put_int(buf, s->every_ms);
    value_put_uint(buf, s->overlap);
    value_put_uint(buf, s->missed);
    value_put_int(buf, s->jitter_ms);
    value_put_uint(buf, s->keep);
    value_put_uint(buf, s->type);
    value_put_bytes(buf, s->command);
    value_put_int(buf, s->created_unix_ms);
    value_put_bool(buf, s->enabled);
    value_put_int(buf, s->done_unix_ms);
    value_put_uuid(buf, s->boot_id);
    value_put_uint(buf, s->runs);
    value_put_int(buf, s->last_unix_ms);
    value_put_uint(buf, s->last_job);
    value_put_uint(buf, s->skips);
    value_put_int(buf, s->skip_unix_ms);
    value_put_uint(buf, s->skip_job);
    value_put_uint(buf, s->skip_state);
    value_put_int(buf, s->missed_unix_ms);
    value_put_int(buf, s->failed_unix_ms);
    value_put_bytes(buf, s->failure);
    value_put_bytes(buf, s->queue);
}

static void read_asked(const value *v, struct schedule *s)
{
    *s = (struct schedule){
        .uuid = value_uuid(value_at(v, 0)),
        .name = value_bytes(value_at(v, 1)),
        .kind = (enum schedule_kind)value_uint(value_at(v, 2), SCHEDULE_KIND_COUNT),
        .cron_text = value_bytes(value_at(v, 3)),
        .timezone = value_bytes(value_at(v, 4)),
        .every_ms = value_int(value_at(v, 5), 0),
        .overlap = (enum schedule_overlap)value_uint(value_at(v, 6), OVERLAP_COUNT),
        .missed = (enum schedule_missed)value_uint(value_at(v, 7), MISSED_COUNT),
        .jitter_ms = value_int(value_at(v, 8), 0),
        .keep = value_uint(value_at(v, 9), 0),
        .type = (enum job_type)value_uint(value_at(v, 10), JOB_TYPE_COUNT),
        .command = value_bytes(value_at(v, 11)),
        .created_unix_ms = value_int(value_at(v, 12), 0),
    };
}

static void read_became(const value *v, struct schedule *s)
{
    s->enabled = value_bool(value_at(v, 13), false);
    s->done_unix_ms = value_int(value_at(v, 14), 0);
    s->boot_id = value_uuid(value_at(v, 15));
    s->runs = value_uint(value_at(v, 16), 0);
    s->last_unix_ms = value_int(value_at(v, 17), 0);
    s->last_job = value_uint(value_at(v, 18), 0);
    s->skips = value_uint(value_at(v, 19), 0);
    s->skip_unix_ms = value_int(value_at(v, 20), 0);
    s->skip_job = value_uint(value_at(v, 21), 0);
    s->skip_state = (enum job_state)value_uint(value_at(v, 22), JOB_STATE_COUNT);
    s->missed_unix_ms = value_int(value_at(v, 23), 0);
    s->failed_unix_ms = value_int(value_at(v, 24), 0);
    s->failure = value_bytes(value_at(v, 25));
    s->queue = value_bytes(value_at(v, 26));
}

static bool is_sound(const struct schedule *s)
{
    return s->kind < SCHEDULE_KIND_COUNT && s->overlap < OVERLAP_COUNT && s->missed < MISSED_COUNT &&
           s->type < JOB_TYPE_COUNT && s->skip_state < JOB_STATE_COUNT && s->queue.len % 8 == 0;
}

int schedule_decode(struct slice bytes, struct value_doc *doc, struct schedule *ret,
                    struct err *err)
{
    msgpack_object v;
    size_t at = 0;
    int rc = value_parse(doc, bytes, &at, &v, err);

    if (rc < 0)
        return rc;
    read_asked(&v, ret);
    read_became(&v, ret);
    if (value_count(&v) < SCHEDULE_FIELDS || !is_sound(ret) || schedule_check(ret, NULL) < 0)
        return err_set(err, ERR_CORRUPT, "a schedule has a wrong form");
    return 0;
}

// ---- times
static int64_t seconds_of(int64_t ms) { return ms / 1000 - (ms % 1000 < 0); }

static bool next_interval(const struct schedule *s, int64_t after_ms, int64_t *ret_ms)
{
    int64_t passed_ms = after_ms - s->created_unix_ms;
    int64_t n = passed_ms < 0 ? 1 : passed_ms / s->every_ms + 1;

    *ret_ms = s->created_unix_ms + n * s->every_ms;
    return true;
}

bool schedule_next(const struct schedule *s, const struct zone *zone, int64_t after_ms,
                   int64_t *ret_ms)
{
    if (s->kind == SCHEDULE_EVERY)
        return next_interval(s, after_ms, ret_ms);
    if (s->kind != SCHEDULE_CRON || !cron_next(&s->cron, zone, seconds_of(after_ms), ret_ms))
        return false;
    *ret_ms *= 1000;
    return true;
}

bool schedule_latest(const struct schedule *s, const struct zone *zone, int64_t after_ms,
                     int64_t until_ms, int64_t *ret_ms)
{
    int64_t low_ms = after_ms, high_ms = until_ms, next_ms;

    if (after_ms >= until_ms || !schedule_next(s, zone, after_ms, ret_ms) || *ret_ms > until_ms)
        return false;
    if (!schedule_next(s, zone, *ret_ms, &next_ms) || next_ms > until_ms)
        return true; // the usual: there is one
    while (high_ms - low_ms > 1) { // behind low there is one until then, behind high none
        int64_t middle_ms = low_ms + (high_ms - low_ms) / 2;
        bool one = schedule_next(s, zone, middle_ms, &next_ms) && next_ms <= until_ms;
        if (one)
            *ret_ms = next_ms;
        *(one ? &low_ms : &high_ms) = middle_ms;
    }
    return true;
}

int64_t schedule_due_ms(const struct schedule *s, const struct zone *zone, int64_t nominal_ms)
{
    int64_t room_ms = s->jitter_ms, next_ms;
    struct hash_key key;
    uint8_t bytes[8];

    if (s->jitter_ms <= 0)
        return nominal_ms;
    if (schedule_next(s, zone, nominal_ms, &next_ms) && next_ms - nominal_ms < room_ms)
        room_ms = next_ms - nominal_ms;
    memcpy(key.bytes, s->uuid.bytes, sizeof(key.bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)((uint64_t)nominal_ms >> (56 - 8 * i));
    return nominal_ms +
           (int64_t)(fingerprint_of(slice_of(bytes, sizeof(bytes)), &key) % (uint64_t)room_ms);
}

struct occurrence schedule_look(const struct schedule *s, const struct zone *zone, int64_t now_ms)
{
    struct occurrence none = { .wake_ms = INT64_MAX }, found = { .kind = OCCURRENCE_DUE };
    int64_t first_ms, due_ms;

    if (!schedule_next(s, zone, s->done_unix_ms, &first_ms))
        return none;
    none.wake_ms = schedule_due_ms(s, zone, first_ms);
    if (none.wake_ms > now_ms || !schedule_latest(s, zone, s->done_unix_ms, now_ms, &found.nominal_ms))
        return none;
    due_ms = schedule_due_ms(s, zone, found.nominal_ms);
    if (due_ms > now_ms) { // the one before is due at least
        schedule_latest(s, zone, s->done_unix_ms, found.nominal_ms - 1, &found.nominal_ms);
        due_ms = schedule_due_ms(s, zone, found.nominal_ms);
    }
    if (s->missed == MISSED_SKIP && now_ms - due_ms > SCHEDULE_GRACE_MS)
        found.kind = OCCURRENCE_MISSED;
    return found;
}

// ---- overlap
enum schedule_act schedule_meets(const struct schedule *s, size_t unfinished)
{
    size_t queued = schedule_queued(s);

    if ((unfinished == 0 && queued == 0) || s->overlap == OVERLAP_PARALLEL)
        return SCHEDULE_START;
    if (s->overlap == OVERLAP_REPLACE)
        return SCHEDULE_REPLACE;
    return s->overlap == OVERLAP_QUEUE && queued < SCHEDULE_QUEUE_MAX ? SCHEDULE_WAIT
                                                                      : SCHEDULE_LEAVE_OUT;
}

size_t schedule_queued(const struct schedule *s) { return s->queue.len / sizeof(int64_t); }

int64_t schedule_queue_at(const struct schedule *s, size_t i)
{
    assert(i < schedule_queued(s));
    return (int64_t)read_u64be(s->queue.ptr + i * sizeof(int64_t));
}
