// SPDX-License-Identifier: MIT
// Random programs with random facts. After every single event the job is folded
// again from its journal by a fresh model with a fresh script, and must stand in
// the same place having yielded the same effects in the same order. A failing
// seed is printed and replays exactly.
#include "fake_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void program(const struct fake *fake, const struct strand *strand, uint32_t n,
                    struct effect *ret)
{
    static const char *const names[] = { "a", "b", "c" };
    uint64_t h = fake->seed;
    uint64_t pick;

    for (const char *p = strand->path; *p; p++)
        h = fake_mix(h, (uint64_t)*p);
    h = fake_mix(h, n);
    pick = h % 16;
    ret->name = slice_str(names[(h >> 8) % 3]);
    ret->label = SLICE("step");
    ret->line = SLICE("fake.lua:1");
    ret->args = ret->name;
    ret->policy.retry_times = (uint32_t)(h >> 16) % 3;
    ret->policy.on_error = (enum on_error)((h >> 20) % 3);
    ret->policy.on_interrupt = (enum on_interrupt)((h >> 24) % 3);
    ret->duration_ms = (h >> 28) % 2 ? 100 : -1;
    if (n > 6 || strand->wake == WAKE_CANCEL) {
        ret->kind = EFFECT_END;
        ret->failed = strand->wake == WAKE_CANCEL || h % 5 == 0;
        ret->message = SLICE("failed on purpose");
    } else if (pick < 3 && strand->path_len < 6) {
        ret->kind = EFFECT_FORK;
        ret->fork_count = (uint32_t)(h >> 32) % 4;
        ret->fork_throttle = (uint32_t)(h >> 36) % 3;
        if ((h >> 40) % 2)
            ret->fork_hosts = SLICE("\xa1" "a\xa1" "b\xa1" "c"); // of three at most
    } else if (pick < 7) {
        ret->kind = EFFECT_COMMAND;
        ret->host = ret->name;
    } else if (pick < 10) {
        ret->kind = EFFECT_ONCE;
    } else if (pick < 12) {
        ret->kind = EFFECT_SLEEP;
    } else if (pick < 14) {
        ret->kind = EFFECT_SIGNAL;
    } else {
        ret->kind = pick == 14 ? EFFECT_SUSPEND : EFFECT_ONCE;
    }
}

static struct strand *pick_open(struct fake *fake, uint64_t r)
{
    struct strand *strand, *open[256];
    size_t at = 0, n = 0;

    while ((strand = map_next(&fake->job.strands.by_intent, &at)) && n < 256)
        open[n++] = strand;
    return n ? open[r % n] : NULL;
}

static bool settle_event(struct fake *fake, uint64_t r, struct event *event)
{
    struct strand *strand = pick_open(fake, r);

    if (!strand)
        return false;
    *event = (struct event){ .type = EVENT_SETTLED };
    event->settled.intent_no = strand->step.intent_no;
    if (strand->step.state == STEP_BACKOFF) {
        event->type = EVENT_FIRED;
        event->fired.intent_no = strand->step.intent_no;
    } else if (strand->step.effect.kind == EFFECT_COMMAND) {
        event->settled.outcome.kind = (r >> 8) % 6 == 0 ? OUTCOME_INTERRUPTED : OUTCOME_EXIT;
        event->settled.outcome.code = (int32_t)((r >> 16) % 2);
        event->settled.outcome.out = SLICE("some output");
    } else if (strand->step.effect.kind == EFFECT_ONCE) {
        event->settled.outcome.kind = (r >> 8) % 4 == 0 ? OUTCOME_ERROR : OUTCOME_VALUE;
    } else if (strand->step.effect.kind == EFFECT_SUSPEND) {
        return false;
    } else {
        event->settled.outcome.kind =
            strand->step.effect.kind == EFFECT_SIGNAL ? OUTCOME_TIMEOUT : OUTCOME_VALUE;
    }
    return true;
}

static bool random_event(struct fake *fake, uint64_t r, struct event *event)
{
    uint64_t kind = r % 32;

    *event = (struct event){ 0 };
    if (kind < 20)
        return settle_event(fake, r >> 8, event);
    if (kind < 24) {
        event->type = EVENT_SIGNALLED;
        event->signalled.name = (r >> 8) % 2 ? SLICE("a") : SLICE("b");
        return true;
    }
    if (kind < 26)
        event->type = EVENT_SUSPEND_ASKED;
    else if (kind < 31)
        event->type = EVENT_RESUMED;
    else
        event->type = EVENT_STOP_ASKED;
    event->suspend_asked.force = event->type == EVENT_SUSPEND_ASKED && (r >> 9) % 2;
    return true;
}

static void same_after_replay(const struct fake *live)
{
    struct fake again;
    struct value_doc doc;
    struct event event;
    struct buf here, there;
    struct err err;
    size_t at = 0;

    fake_init(&again, live->next, live->seed);
    value_doc_init(&doc);
    buf_init(&here, 0);
    buf_init(&there, 0);
    while (at < live->journal.len) {
        assert_int_equal(event_decode(buf_slice(&live->journal), &at, &doc, &event, &err), 0);
        event.no = again.job.last_no + 1;
        if (fake_replay(&again, &event, &err) < 0)
            fail_msg("seed %llu event %llu: %s", (unsigned long long)live->seed,
                     (unsigned long long)event.no, err.text);
    }
    fake_describe(live, &here);
    fake_describe(&again, &there);
    if (!slice_equal(buf_slice(&here), buf_slice(&there)))
        fail_msg("seed %llu:\nlive\n%s\nreplayed\n%s", (unsigned long long)live->seed,
                 buf_cstr(&here), buf_cstr(&there));
    assert_string_equal(buf_cstr((struct buf *)&live->trace), buf_cstr(&again.trace));
    buf_release(&here);
    buf_release(&there);
    value_doc_release(&doc);
    fake_release(&again);
}

// Returns how many events the job had.
static uint64_t walk(uint64_t seed)
{
    struct fake fake;
    struct event event;
    struct err err;
    uint64_t r = seed, no;

    fake_init(&fake, program, seed);
    fake_start(&fake);
    same_after_replay(&fake);
    for (int i = 0; i < 60 && !fake.job.ended; i++) {
        r = fake_mix(r, (uint64_t)i);
        if (!random_event(&fake, r, &event))
            continue;
        int rc = fake_take(&fake, &event, &err);
        assert_true(rc == 0 || rc == ERR_STATE);
        same_after_replay(&fake);
    }
    no = fake.job.last_no;
    fake_release(&fake);
    return no;
}

static void random_jobs_replay_to_the_same_place(void **state)
{
    const char *one = getenv("PAWL_SEED");
    uint64_t events = 0, seeds = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 400 && !one; seed++, seeds++)
        events += walk(seed);
    if (one)
        events += walk(strtoull(one, NULL, 10));
    print_message("%llu random jobs, %llu events, each prefix replayed\n",
                  (unsigned long long)seeds, (unsigned long long)events);
    assert_true(events > seeds * 3 || one);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_jobs_replay_to_the_same_place) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
