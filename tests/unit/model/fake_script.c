// SPDX-License-Identifier: MIT
#include "fake_script.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

uint64_t fake_mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b + UINT64_C(0x9E3779B97F4A7C15) + (a << 6) + (a >> 2))) *
                 UINT64_C(0xff51afd7ed558ccd);

    return h ^ (h >> 33);
}

void fake_init(struct fake *fake, fake_fn next, uint64_t seed)
{
    *fake = (struct fake){ .next = next, .seed = seed };
    job_init(&fake->job);
    buf_init(&fake->journal, 0);
    buf_init(&fake->trace, 0);
    map_init(&fake->resumes);
}

void fake_release(struct fake *fake)
{
    job_release(&fake->job);
    buf_release(&fake->journal);
    buf_release(&fake->trace);
    map_release(&fake->resumes);
}

static uint64_t path_key(const struct strand *strand)
{
    static const struct hash_key key;

    return fingerprint_of(slice_of(strand->path, strand->path_len), &key) | 1;
}

static uint32_t count_resume(struct fake *fake, const struct strand *strand)
{
    uint64_t key = path_key(strand);
    uintptr_t n = (uintptr_t)map_get(&fake->resumes, key);

    assert_int_equal(map_put(&fake->resumes, key, (void *)(n + 1)), 0);
    return (uint32_t)n;
}

static int run(struct fake *fake, struct err *err)
{
    struct strand *strand;
    struct effect effect;
    int rc = 0;

    while (rc == 0 && (strand = job_next(&fake->job))) {
        enum wake_kind wake = strand->wake;
        bool ok = strand->wake_ok;
        uint64_t code = wake == WAKE_OUTCOME ? (uint64_t)strand->outcome.code : 0;
        effect = (struct effect){ 0 };
        step_policy_init(&effect.policy);
        fake->next(fake, strand, count_resume(fake, strand), &effect);
        buf_addf(&fake->trace, "%s w%d ok%d c%llu -> %s %.*s\n", strand->path, wake, ok,
                 (unsigned long long)code, effect_kind_name(effect.kind), SLICE_ARG(effect.name));
        rc = job_effect(&fake->job, strand, &effect, err);
    }
    return rc;
}

static int take_one(struct fake *fake, struct event *event, struct err *err)
{
    int rc;

    event->no = fake->job.last_no + 1;
    event->time_unix_ms = fake->job.time_unix_ms + 10;
    rc = job_apply(&fake->job, event, err);
    if (rc == 0)
        event_encode(event, &fake->journal);
    return rc < 0 ? rc : run(fake, err);
}

// As the core does: the child of a host that has none comes first.
static int intend(struct fake *fake, const struct strand *asked, struct event *event,
                  struct err *err)
{
    struct slice host = asked->step.effect.host;
    int rc = 0;

    if (host.len && !job_child_of_host(&fake->job, host)) {
        *event = (struct event){ .type = EVENT_CHILD_ADDED };
        event->child_added.child_id = 2 + fake->job.child_count;
        event->child_added.host = host;
        rc = take_one(fake, event, err);
    }
    job_intent_fill(&fake->job, asked, event);
    if (host.len)
        event->intended.child_id = job_child_of_host(&fake->job, host)->id;
    return rc < 0 ? rc : take_one(fake, event, err);
}

int fake_take(struct fake *fake, struct event *event, struct err *err)
{
    struct event_ended ended;
    struct strand *asked;
    int rc = take_one(fake, event, err);

    while (rc == 0 && (asked = job_asked(&fake->job, NULL)))
        rc = intend(fake, asked, event, err);
    if (rc == 0 && job_wants_end(&fake->job, &ended)) {
        *event = (struct event){ .type = EVENT_ENDED, .ended = ended };
        rc = take_one(fake, event, err);
    }
    return rc;
}

void fake_start(struct fake *fake) { fake_start_on(fake, (struct slice){ 0 }); }

void fake_start_on(struct fake *fake, struct slice hosts)
{
    struct event event = { .type = EVENT_STARTED };
    struct err err;

    event.started = (struct event_started){
        .uuid = { { 1, 2, 3 } }, .job_id = 1, .type = JOB_WORKFLOW, .name = SLICE("fake"),
        .child_id = 2, .hosts = hosts,
    };
    assert_int_equal(fake_take(fake, &event, &err), 0);
}

int fake_replay(struct fake *fake, const struct event *event, struct err *err)
{
    int rc = job_apply(&fake->job, event, err);

    return rc < 0 ? rc : run(fake, err);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void describe_children(const struct job *job, struct buf *ret)
{
    struct child_head *children = calloc(job->child_count + 1, sizeof(*children));
    struct job_head head;
    struct buf questions;

    assert_non_null(children);
    buf_init(&questions, 0);
    job_head_fill(job, &head, children, &questions);
    buf_release(&questions);
    for (size_t i = 0; i < job->child_count; i++) {
        const struct child_head *c = &children[i];
        buf_addf(ret, "child %llu %.*s %s exit %d from %lld to %lld: %.*s\n",
                 (unsigned long long)c->id, SLICE_ARG(c->host), job_state_name(c->state),
                 c->exit_code, (long long)c->started_unix_ms, (long long)c->ended_unix_ms,
                 SLICE_ARG(c->reason));
    }
    free(children);
}

void fake_describe(const struct fake *fake, struct buf *ret)
{
    char *lines[256];
    struct strand *strand;
    size_t at = 0, n = 0;

    while ((strand = map_next(&fake->job.strands.by_path, &at)) && n < 256) {
        struct buf line;
        buf_init(&line, 0);
        buf_addf(&line, "%s wait%d %s/%llu a%u f%u i%u no%llu fork%u/%u/%u c%d\n", strand->path,
                 strand->wait, step_state_name(strand->step.state),
                 (unsigned long long)strand->step.ordinal, strand->step.attempt,
                 strand->step.failures, strand->step.interrupts,
                 (unsigned long long)strand->step.intent_no, strand->fork_count,
                 strand->fork_begun, strand->fork_ended, strand->cancel);
        lines[n++] = strdup(buf_cstr(&line));
        buf_release(&line);
    }
    qsort(lines, n, sizeof(lines[0]), by_text);
    for (size_t i = 0; i < n; i++) {
        buf_add_str(ret, lines[i]);
        free(lines[i]);
    }
    buf_addf(ret, "state %s flight %zu no %llu reason %.*s\n", job_state_name(job_state(&fake->job)),
             fake->job.in_flight, (unsigned long long)fake->job.last_no,
             SLICE_ARG(buf_slice(&fake->job.reason)));
    describe_children(&fake->job, ret);
}
