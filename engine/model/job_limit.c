// SPDX-License-Identifier: MIT
// How: an expired timeout is a stop with another end: the strands are cancelled,
// cleanup runs, and the job has then failed. A job that has already failed and
// only cleans up is left to its cleanup_timeout; one that is being stopped, too.
#include "model/job_limit.h"

#include "model/job_step.h"
#include "model/strand_cancel.h"

bool job_is_ending(const struct job *job) { return job->stop_asked || job->expired; }

static int64_t run_ms(const struct job *job)
{
    int64_t ms = job->time_unix_ms - job->created_unix_ms - job->suspended_ms;

    return job->suspend_asked ? ms - (job->time_unix_ms - job->suspended_unix_ms) : ms;
}

int64_t job_timeout_left_ms(const struct job *job)
{
    int64_t left = job->started.timeout_ms - run_ms(job);

    if (job->started.timeout_ms <= 0)
        return -1;
    return left > 0 ? left : 0;
}

int64_t job_cleanup_ms(const struct job *job)
{
    int64_t ms = job->started.cleanup_timeout_ms;

    return ms > 0 ? ms : JOB_CLEANUP_MS;
}

static int64_t limit_ms(const struct job *job, enum job_limit limit)
{
    switch (limit) {
    case LIMIT_TIMEOUT: return job->started.timeout_ms;
    case LIMIT_ELAPSED: return job->started.elapsed_timeout_ms;
    case LIMIT_CLEANUP: return job_cleanup_ms(job);
    case LIMIT_COUNT: break;
    }
    return 0;
}

// Has it work left that a limit could end?
static bool can_expire(const struct job *job)
{
    return !job->ended && !job_is_ending(job) && job->strands.main &&
           job->strands.main->scope != SCOPE_UNWIND;
}

bool job_expires(const struct job *job, uint64_t alarm_no, struct event *ret)
{
    uint64_t since_no = alarm_no & ~LIMIT_ALARM_CLEANUP;

    *ret = (struct event){ .type = EVENT_EXPIRED };
    if (alarm_no & LIMIT_ALARM_CLEANUP) {
        ret->expired = (struct event_expired){ LIMIT_CLEANUP, since_no };
        return !job->ended && strands_clean_since(&job->strands, since_no);
    }
    ret->expired.limit = alarm_no == LIMIT_ALARM_ELAPSED ? LIMIT_ELAPSED : LIMIT_TIMEOUT;
    if (alarm_no != LIMIT_ALARM_ELAPSED && alarm_no != job->clock_no)
        return false;
    return limit_ms(job, ret->expired.limit) > 0 && can_expire(job);
}

int job_apply_expired(struct job *job, const struct event *event, struct err *err)
{
    const struct event_expired *e = &event->expired;

    if (job->suspend_asked)
        return err_set(err, ERR_STATE, "a limit does not end a job while it is suspended");
    if (e->limit == LIMIT_CLEANUP) {
        if (!strands_cut(&job->strands, e->since_no))
            return err_set(err, ERR_STATE, "event %llu ends a cleanup that is not there",
                           (unsigned long long)event->no);
        job->cleanup_cut = true;
        return 0;
    }
    if (!can_expire(job))
        return err_set(err, ERR_STATE, "a job that is ending cannot run out of time");
    job->expired = true;
    job->expired_limit = e->limit;
    if (strands_cancel(&job->strands, (struct slice){ 0 }, event->no))
        job->bounded_no = event->no;
    return 0;
}

// ---- in words

static void add_duration(struct buf *buf, int64_t ms)
{
    static const struct { int64_t ms; const char *unit; } units[] = {
        { 24 * 60 * 60 * 1000, "d" }, { 60 * 60 * 1000, "h" }, { 60 * 1000, "m" },
        { 1000, "s" }, { 1, "ms" },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (ms >= units[i].ms)
            buf_addf(buf, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
        ms %= units[i].ms;
    }
}

static void add_limit(const struct job *job, enum job_limit limit, struct buf *buf)
{
    buf_addf(buf, "%s of ", job_limit_name(limit));
    add_duration(buf, limit_ms(job, limit));
}

void job_end_reason(struct job *job, const struct effect *effect)
{
    struct buf *reason = &job->reason;

    buf_clear(reason);
    if (effect->failed && job->expired) {
        buf_add_str(reason, "timed out: it did not end within its ");
        add_limit(job, job->expired_limit, reason);
    } else if (effect->failed && job->stop_asked) {
        buf_add_str(reason, "stopped");
    } else if (effect->failed) {
        job_set_reason(job, effect->message);
    }
    if (job->cleanup_cut && job->main_failed) {
        buf_add_str(reason, effect->failed ? "; its cleanup" : "its cleanup");
        buf_add_str(reason, " was cut off after its ");
        add_limit(job, LIMIT_CLEANUP, reason);
    }
}
