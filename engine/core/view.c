// SPDX-License-Identifier: MIT
// How: every read answers from the store, that is from committed state only; the
// jobs in memory are asked of nothing but their hosts, which no store knows of (away.c,
// notice.c). Short read transactions, one per row source.
#include <errno.h>
#include <stdlib.h>

#include "core/state.h"

enum { CHILDREN_INLINE = 4 };

// ---- one job

static int show_head(struct engine *engine, struct slice bytes, bool counted, job_view_fn fn,
                     void *arg, struct err *err)
{
    struct child_head inline_children[CHILDREN_INLINE], *many = NULL;
    struct job_head head;
    struct job_view view = { .head = &head };
    int rc = head_decode(bytes, &engine->doc, &head, inline_children, CHILDREN_INLINE, err);

    if (rc == -ENOSPC) {
        many = calloc(head.child_count, sizeof(*many));
        rc = many ? head_decode(bytes, &engine->doc, &head, many, head.child_count, err)
                  : err_set(err, -ENOMEM, "no memory for the children of a job");
    }
    if (rc == 0 && head.removing)
        rc = -ENOENT;
    if (rc == 0) {
        if (counted)
            received_count(engine, &view);
        away_show(engine, &head);
        view.notice = notice_of_job(engine, &head);
        notice_children(engine, &head);
        rc = fn(arg, &view);
    }
    free(many);
    return rc;
}

// A job whose head cannot be read is shown all the same: it must not vanish, and its
// id is what it takes to remove it.
static int show_damaged(uint64_t id, job_view_fn fn, void *arg)
{
    struct job_head head = {
        .id = id,
        .state = JOB_FAILED,
        .reason = SLICE("its row in the store is damaged: nothing is known of it but its number "
                        "and what it wrote; pawl remove --force removes it"),
        .exit_code = EXIT_CODE_NONE,
    };
    struct job_view view = { .head = &head, .damaged = true };

    return fn(arg, &view);
}

static int no_such_job(uint64_t id, struct err *err)
{
    return err_set(err, -ENOENT, "job %llu: no such job", (unsigned long long)id);
}

int view_job(void *core, uint64_t id, job_view_fn fn, void *arg, struct err *err)
{
    struct engine *engine = core;
    struct buf bytes;
    uint64_t parent;
    int rc = jobs_parent(engine->store, id, &parent, err);

    buf_init(&bytes, 0);
    if (rc == 0)
        rc = jobs_get(engine->store, parent, &bytes, err);
    if (rc == 0)
        rc = show_head(engine, buf_slice(&bytes), true, fn, arg, err);
    if (rc == ERR_CORRUPT)
        rc = show_damaged(parent, fn, arg);
    buf_release(&bytes);
    return rc == -ENOENT ? no_such_job(id, err) : rc > 0 ? 0 : rc;
}

// ---- all jobs: heads are collected in slices, because a row function must not
// call the store, and shown when the transaction is over

struct heads {
    struct buf bytes; // u64be id | u32be length (0: damaged) | bytes, back to back
    uint64_t next_id;
    size_t count;
    bool more;
};

enum { HEADS_SLICE = 64 }; // few are copied in vain when fn stops

static int collect_head(void *arg, uint64_t id, struct slice head, bool damaged)
{
    struct heads *heads = arg;

    if (heads->count == HEADS_SLICE) {
        heads->more = true;
        return 1;
    }
    heads->next_id = id + 1;
    heads->count++;
    buf_add_u64be(&heads->bytes, id);
    if (damaged)
        head.len = 0;
    buf_add_u32be(&heads->bytes, (uint32_t)head.len);
    buf_add_slice(&heads->bytes, head);
    return buf_failed(&heads->bytes);
}

static int show_heads(struct engine *engine, const struct heads *heads, bool counted,
                      job_view_fn fn, void *arg, struct err *err)
{
    const uint8_t *p = heads->bytes.ptr, *end = p + heads->bytes.len;
    int rc = 0;

    while (rc == 0 && p < end) {
        uint64_t id = read_u64be(p);
        uint32_t len = read_u32be(p + 8);
        rc = len ? show_head(engine, slice_of(p + 12, len), counted, fn, arg, err) : ERR_CORRUPT;
        if (rc == ERR_CORRUPT)
            rc = show_damaged(id, fn, arg);
        if (rc == -ENOENT)
            rc = 0; // being removed
        p += 12 + len;
    }
    return rc;
}

int view_jobs(void *core, uint64_t from_id, bool counted, job_view_fn fn, void *arg,
              struct err *err)
{
    struct engine *engine = core;
    struct heads heads = { .next_id = from_id, .more = true };
    int rc = 0;

    buf_init(&heads.bytes, 0);
    while (rc == 0 && heads.more) {
        heads.more = false;
        heads.count = 0;
        buf_clear(&heads.bytes);
        rc = jobs_scan(engine->store, heads.next_id, false, collect_head, &heads, err);
        if (rc >= 0)
            rc = show_heads(engine, &heads, counted, fn, arg, err);
    }
    buf_release(&heads.bytes);
    return rc > 0 ? 0 : rc;
}

// ---- records

int view_records(void *core, uint64_t job_id, uint64_t from_seq,
                 int (*fn)(void *arg, const struct record *record, bool gap), void *arg,
                 struct err *err)
{
    struct engine *engine = core;
    uint64_t parent;
    int rc = jobs_parent(engine->store, job_id, &parent, err);

    if (rc < 0)
        return rc == -ENOENT ? no_such_job(job_id, err) : rc;
    rc = records_scan(engine->store, parent, from_seq, fn, arg, err);
    return rc > 0 ? 0 : rc;
}

// ---- the engine itself

static int count_state(void *arg, uint64_t id, struct slice bytes, bool damaged)
{
    struct engine_status *status = arg;
    struct value_doc doc;
    struct job_head head;
    struct child_head one;
    int rc;

    (void)id;
    if (damaged) {
        status->jobs[JOB_FAILED]++;
        return 0;
    }
    value_doc_init(&doc);
    rc = head_decode(bytes, &doc, &head, &one, 1, NULL);
    if ((rc == 0 || rc == -ENOSPC) && !head.removing)
        status->jobs[head.state]++;
    value_doc_release(&doc);
    return 0;
}

static uint64_t rate_1m_milli(const struct engine *engine)
{
    int64_t now = engine->world.ops->boottime_ms(engine->world.self) / 1000;
    uint64_t sum = 0;

    for (size_t i = 0; i < RATE_SLOTS; i++)
        if (engine->rate[i].second > now - 60)
            sum += engine->rate[i].commits;
    return sum * 1000 / 60;
}

int view_status(void *core, struct engine_status *ret, struct err *err)
{
    struct engine *engine = core;
    struct store_stat stat;

    store_stat(engine->store, &stat);
    *ret = (struct engine_status){
        .uptime_ms = engine->world.ops->boottime_ms(engine->world.self) -
                     engine->started_boottime_ms,
        .commits = engine->commits,
        .commit_rate_1m_milli = rate_1m_milli(engine),
        .store_bytes = stat.bytes_used,
        .resident = engine->residents.count,
        .parked = engine->parked,
        .links = engine->hosts.open - engine->hosts.connecting,
        .disk_full = engine->disk_full,
    };
    ret->notice_count = notices(engine, ret->notices);
    return jobs_scan(engine->store, 0, false, count_state, ret, err);
}
