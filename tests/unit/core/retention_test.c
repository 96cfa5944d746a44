// SPDX-License-Identifier: MIT
// Finished jobs go by age, count and bytes, the oldest first, and nothing else goes; cut
// off in between it goes on. What a job leaves behind when it has gone: nothing.
#include "unit/core/fake_world.h"

#include <errno.h>

#include "storage/keys.h"

enum { SEEN_MS = 2000 }; // every end stays so long
enum { HOUR_MS = 3600 * 1000 };

static void keep(struct fake_world *w, struct retention bounds)
{
    struct change change = { .kind = CHANGE_RETENTION, .retention = bounds };

    assert_int_equal(ask(w, &change), 0);
    world_settle(w);
}

static void keep_count(struct fake_world *w, int64_t count)
{
    keep(w, (struct retention){ .age_ms = -1, .count = count, .bytes = -1 });
}

static struct retention_view view(struct fake_world *w)
{
    struct port port = engine_port(w->engine);
    struct retention_view view;
    struct err err;

    assert_int_equal(port.ops->retention(port.core, NULL, &view, &err), 0);
    return view;
}

static bool is_there(struct fake_world *w, uint64_t job)
{
    struct job_seen seen;

    return job_see(w, job, &seen);
}

// ---- rows by table

struct rows {
    size_t of[256];
};

static int count_row(void *arg, struct slice key, struct slice row, bool damaged)
{
    struct rows *rows = arg;

    (void)row;
    assert_false(damaged);
    rows->of[key.ptr[0]]++;
    return 0;
}

static struct rows rows_of(struct fake_world *w)
{
    struct rows rows = { { 0 } };

    assert_int_equal(store_scan(w->store, (struct slice){ 0 }, (struct slice){ 0 }, false, count_row,
                                &rows, NULL), 0);
    return rows;
}

static void expect_rows(struct fake_world *w, enum key_tag tag, size_t wanted)
{
    assert_int_equal(rows_of(w).of[tag], wanted);
}

// ---- bounds

static void nothing_goes_without_a_bound(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");

    world_tick(w, INT64_C(1000) * 24 * HOUR_MS);
    assert_true(is_there(w, job));
    assert_int_equal(view(w).finished, 1);
    assert_int_equal(view(w).due, 0);
}

static void jobs_go_at_their_age(void **state)
{
    struct fake_world *w = *state;
    uint64_t old, young, open = job_start(w, "wait_signal('x')");

    keep(w, (struct retention){ .age_ms = HOUR_MS, .count = -1, .bytes = -1 });
    old = job_start(w, "print('x')");
    world_tick(w, 60 * 1000);
    young = job_start(w, "print('x')");
    world_tick(w, HOUR_MS - 60 * 1000 - 1);
    assert_true(is_there(w, old));
    world_tick(w, 1);
    assert_false(is_there(w, old));
    assert_true(is_there(w, young));
    world_tick(w, 60 * 1000);
    assert_false(is_there(w, young));
    world_tick(w, 10 * HOUR_MS);
    expect_state(w, open, JOB_RUNNING);
}

static void an_age_that_passes_between_two_engines_counts(void **state)
{
    struct fake_world *w = *state;
    uint64_t job;

    keep(w, (struct retention){ .age_ms = HOUR_MS, .count = -1, .bytes = -1 });
    job = job_start(w, "print('x')");
    world_crash(w);
    w->now_ms += 2 * HOUR_MS;
    world_boot(w);
    world_settle(w);
    world_tick(w, 1);
    assert_false(is_there(w, job));
}

static void the_newest_stay_by_count(void **state)
{
    struct fake_world *w = *state;
    uint64_t jobs[6], open = job_start(w, "wait_signal('x')");

    for (size_t i = 0; i < 6; i++) {
        jobs[i] = job_start(w, "print('x')");
        world_tick(w, 10);
    }
    keep_count(w, 2);
    assert_true(is_there(w, jobs[0])); // somebody may be about to look at its end
    world_tick(w, SEEN_MS);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(is_there(w, jobs[i]), i >= 4);
    expect_state(w, open, JOB_RUNNING);
    assert_int_equal(view(w).finished, 2);
    signal_job(w, open, "x");
    world_tick(w, SEEN_MS);
    assert_false(is_there(w, jobs[4])); // ended before the one that began first
    assert_true(is_there(w, open));
}

static void the_newest_stay_by_bytes(void **state)
{
    struct fake_world *w = *state;
    uint64_t first = job_start(w, "print(string.rep('x', 10000))"), second;
    uint64_t one = view(w).finished_bytes;

    assert_true(one > 10000 && one < 13000);
    world_tick(w, SEEN_MS);
    second = job_start(w, "print(string.rep('x', 10000))");
    assert_int_equal(view(w).finished_bytes, 2 * one);
    keep(w, (struct retention){ .age_ms = -1, .count = -1, .bytes = (int64_t)(2 * one) });
    world_tick(w, SEEN_MS);
    assert_true(is_there(w, first));
    keep(w, (struct retention){ .age_ms = -1, .count = -1, .bytes = (int64_t)(2 * one - 1) });
    world_tick(w, SEEN_MS);
    assert_false(is_there(w, first));
    assert_true(is_there(w, second));
    assert_int_equal(view(w).finished_bytes, one);
}

static void what_a_job_holds_is_known_again_after_a_restart(void **state)
{
    struct fake_world *w = *state;
    struct retention_view before;

    job_start(w, "print('x') once('s', function() return 1 end) wait_signal('x', '1s')");
    world_tick(w, 2000);
    signal_job(w, job_start(w, "wait_signal('x') sleep('1d') print(string.rep('y', 9000))"), "x");
    world_next_engine(w);
    world_tick(w, 24 * HOUR_MS + 1000); // the second went on in that engine
    before = view(w);
    assert_int_equal(before.finished, 2);
    assert_true(before.finished_bytes > 9000 + 2 * 1024);
    world_next_engine(w);
    assert_int_equal(view(w).finished, 2);
    assert_int_equal(view(w).finished_bytes, before.finished_bytes);
}

static void a_bound_is_there_after_a_crash_with_what_it_removed_or_not_at_all(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");
    struct change change = { .kind = CHANGE_RETENTION, .retention = { -1, 0, -1 } };

    world_tick(w, SEEN_MS);
    assert_int_equal(ask(w, &change), 0);
    world_crash(w);
    world_boot(w);
    assert_int_equal(view(w).bounds.count, -1);
    assert_true(is_there(w, job));
    keep_count(w, 0);
    world_next_engine(w);
    assert_int_equal(view(w).bounds.count, 0);
    world_tick(w, 1);
    assert_false(is_there(w, job));
}

static void an_age_of_more_than_a_hundred_years_is_refused(void **state)
{
    struct fake_world *w = *state;
    struct change change = { .kind = CHANGE_RETENTION, .retention = { INT64_MAX, -1, -1 } };

    assert_int_equal(ask(w, &change), ERR_USAGE);
    assert_int_equal(view(w).bounds.age_ms, -1);
}

// ---- what stays in the meantime

static void look(void *arg) { (void)arg; }

static void a_followed_job_waits(void **state)
{
    struct fake_world *w = *state;
    uint64_t jobs[3];
    struct port port;
    struct watch *watch;

    for (size_t i = 0; i < 3; i++) {
        jobs[i] = job_start(w, "print('x')");
        world_tick(w, 10);
    }
    port = engine_port(w->engine);
    watch = port.ops->watch(port.core, jobs[0], look, NULL);
    keep_count(w, 1);
    world_tick(w, SEEN_MS);
    assert_true(is_there(w, jobs[0]));
    assert_false(is_there(w, jobs[1]));
    assert_true(is_there(w, jobs[2]));
    port.ops->unwatch(port.core, watch);
    world_tick(w, SEEN_MS);
    assert_false(is_there(w, jobs[0]));
    assert_true(is_there(w, jobs[2]));
}

static void a_clock_that_was_set_back_keeps_no_more_than_the_count(void **state)
{
    struct fake_world *w = *state;
    uint64_t first, second;

    world_tick(w, 2 * HOUR_MS);
    first = job_start(w, "print('x')");
    keep_count(w, 1);
    world_crash(w);
    w->now_ms -= HOUR_MS; // of the wall clock, too; the engine's timeline stands still
    world_boot(w);
    link_up(w);
    second = job_start(w, "print('x')"); // ended before the first, by that clock
    world_tick(w, SEEN_MS);
    assert_int_equal(view(w).finished, 1);
    assert_int_equal(is_there(w, first) + is_there(w, second), 1);
}

// ---- on the way

static void cut_off_between_tombstone_and_rows_it_goes_on(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");

    keep_count(w, 0);
    assert_true(w->alarm_ms > w->now_ms);
    w->now_ms = w->alarm_ms;
    engine_alarm(w->engine);
    world_turn(w);
    world_land(w); // the tombstone; its rows go with the next one
    assert_false(is_there(w, job));
    assert_int_not_equal(job_journal_rows(w, job), 0);
    world_crash(w);
    world_boot(w);
    world_settle(w);
    assert_false(is_there(w, job));
    assert_int_equal(job_journal_rows(w, job), 0);
    expect_rows(w, KEY_HEAD, 0);
    assert_int_equal(view(w).finished, 0);
}

static void many_go_in_parts_of_batches(void **state)
{
    enum { MANY = 500 };
    struct fake_world *w = *state;
    struct change change = start_of("print('x')");

    for (int i = 0; i < MANY; i++)
        assert_int_equal(ask(w, &change), 0);
    world_settle(w);
    world_tick(w, SEEN_MS);
    w->batch_bytes_max = 0;
    keep_count(w, 3);
    world_tick(w, 1000);
    assert_int_equal(view(w).finished, 3);
    assert_true(w->batch_bytes_max < 64 * 1024);
    expect_rows(w, KEY_HEAD, 3);
    expect_rows(w, KEY_RECORD, 3);
}

static void ids_never_come_back(void **state)
{
    struct fake_world *w = *state;
    uint64_t last = job_start(w, "print('x')");

    keep_count(w, 0);
    world_tick(w, SEEN_MS);
    world_next_engine(w);
    assert_true(job_start(w, "print('x')") > last + 1); // its child had an id, too
}

static void a_removed_job_does_not_count(void **state)
{
    struct fake_world *w = *state;
    uint64_t first = job_start(w, "print('x')"), second = job_start(w, "print('x')");

    world_tick(w, SEEN_MS);
    assert_int_equal(ask_remove(w, second, false), 0);
    assert_int_equal(ask_remove(w, second, false), 0); // twice in one batch
    world_settle(w);
    assert_int_equal(view(w).finished, 1);
    keep_count(w, 1);
    world_tick(w, SEEN_MS);
    assert_true(is_there(w, first));
}

// ---- what is left behind

static void texts_go_with_the_last_job_that_needs_them(void **state)
{
    struct fake_world *w = *state;
    uint64_t one = job_start(w, "print('x')"), two = job_start(w, "print('x')");

    expect_rows(w, KEY_SCRIPT, 2); // and the prelude
    assert_int_equal(ask_remove(w, one, false), 0);
    assert_int_equal(ask_remove(w, one, false), 0);
    world_settle(w);
    expect_rows(w, KEY_SCRIPT, 2);
    world_next_engine(w);
    expect_rows(w, KEY_SCRIPT, 2);
    assert_int_equal(ask_remove(w, two, false), 0);
    world_settle(w);
    expect_rows(w, KEY_SCRIPT, 0); // also the prelude, of which this engine has started no job
}

static void a_text_that_goes_comes_back_in_the_same_batch(void **state)
{
    struct fake_world *w = *state;
    uint64_t one = job_start(w, "wait_signal('x')"), two;
    struct change change = start_of("wait_signal('x')");

    assert_int_equal(ask_remove(w, one, true), 0);
    assert_int_equal(ask(w, &change), 0);
    world_settle(w);
    two = w->answer_id;
    expect_rows(w, KEY_SCRIPT, 2);
    world_next_engine(w);
    signal_job(w, two, "x");
    expect_state(w, two, JOB_COMPLETED);
}

static void a_text_that_nobody_needs_is_swept_at_a_start(void **state)
{
    struct fake_world *w = *state;
    struct content_hash hash = content_hash_of(SLICE("left over"));
    uint64_t job = job_start(w, "wait_signal('x')");
    struct batch batch;

    batch_init(&batch);
    scripts_put(&batch, &hash, SLICE("left over"));
    world_write(w, &batch);
    batch_release(&batch);
    expect_rows(w, KEY_SCRIPT, 3);
    world_next_engine(w);
    expect_rows(w, KEY_SCRIPT, 2);
    signal_job(w, job, "x");
    expect_state(w, job, JOB_COMPLETED);
}

static void timers_of_ended_jobs_go_before_they_are_due(void **state)
{
    enum { MANY = 600 };
    struct fake_world *w = *state;
    struct change change = start_of("workflow { timeout = '30d' } print('x')");
    uint64_t asleep = job_start(w, "workflow { timeout = '30d' } sleep('10d') print('y')");

    for (int i = 0; i < MANY; i++)
        assert_int_equal(ask(w, &change), 0);
    world_settle(w);
    assert_true(rows_of(w).of[KEY_TIMER] < 300);
    world_next_engine(w);
    expect_rows(w, KEY_TIMER, 2); // the sleeper's
    world_tick(w, INT64_C(10) * 24 * HOUR_MS);
    expect_state(w, asleep, JOB_COMPLETED);
}

static void answers_go_after_a_day_as_fast_as_they_came(void **state)
{
    enum { MANY = 3000 };
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('x')");
    struct change change = { .kind = CHANGE_MARK, .job_id = job };

    for (uint32_t i = 1; i <= MANY; i++) {
        memcpy(change.request.bytes, &i, sizeof(i));
        assert_int_equal(ask(w, &change), 0);
    }
    world_settle(w);
    expect_rows(w, KEY_REQUEST, MANY);
    world_tick(w, 24 * HOUR_MS + 1);
    for (int i = 0; i < 64 + 3; i++) {
        assert_int_equal(ask_mark(w, job, 0), 0);
        world_settle(w);
    }
    expect_rows(w, KEY_REQUEST, 0);
    expect_rows(w, KEY_REQUEST_AGE, 0);
}

static void no_more_answers_are_kept_than_the_newest(void **state)
{
    enum { KEPT = 50 * 1000, MORE = 1500 };
    struct fake_world *w = *state;
    struct uuid first = { .bytes = { 1 } }, last = { { 0 } };
    struct batch batch;
    struct buf answer;

    buf_init(&answer, 0);
    batch_init(&batch);
    for (uint32_t i = 1; i <= KEPT + MORE; i++) {
        memcpy(last.bytes, &i, sizeof(i));
        requests_put(&batch, last, (int64_t)1700000000000 + i, SLICE("\x91\x01"));
    }
    world_write(w, &batch);
    batch_release(&batch);
    world_next_engine(w);
    job_start(w, "print('x')");
    job_start(w, "print('x')");
    expect_rows(w, KEY_REQUEST, KEPT);
    expect_rows(w, KEY_REQUEST_AGE, KEPT);
    assert_int_equal(requests_get(w->store, first, &answer, NULL), -ENOENT);
    assert_int_equal(requests_get(w->store, last, &answer, NULL), 0);
    buf_release(&answer);
}

// All kinds of endings, and then everything is removed.
static void jobs_of_all_kinds(struct fake_world *w)
{
    uint64_t job, no = 0;

    job_start(w, "print('x') emit({ a = 1 }) progress { done = 1 }");
    job_start(w, "wait_signal('x', { within = '100ms' }) error('broken')");
    job_start(w, "once('s', function() return 1 end) wait_signal('x', { within = '1s' })");
    world_tick(w, 2000);
    job = job_start(w, "workflow { timeout = '2d', elapsed_timeout = '3d' } wait_signal('x')");
    stop_job(w, job, 0);
    job = job_start(w, "sleep('5d')");
    suspend_job(w, job, true);
    world_tick(w, INT64_C(6) * 24 * HOUR_MS); // it is due meanwhile
    assert_int_equal(ask_stop_force(w, job), 0);
    world_settle(w);
    job = job_start(w, "localhost:run{ 'x', timeout = '20d' } print('y')");
    no = 2;
    expect_start(w, no);
    tell_output(w, no, 0, "hello\n");
    command_ends(w, no, 0);
    assert_int_equal(ask_mark(w, job, 1), 0);
    world_settle(w);
}

static void jobs_leave_nothing_behind(void **state)
{
    struct fake_world *w = *state;
    struct rows left;

    keep_count(w, 0);
    jobs_of_all_kinds(w);
    world_tick(w, 2 * SEEN_MS);
    assert_int_equal(view(w).finished, 0);
    world_next_engine(w); // what is swept only now and then
    left = rows_of(w);
    for (size_t tag = 0; tag < 256; tag++) {
        size_t wanted = tag == KEY_META || tag == KEY_CLOCK || tag == KEY_RETENTION;
        if (tag != KEY_LOG && left.of[tag] != wanted)
            fail_msg("%zu rows of table %02zx, wanted %zu", left.of[tag], tag, wanted);
    }
    assert_true(left.of[KEY_LOG] <= 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_without_a_bound),
        TEST(jobs_go_at_their_age),
        TEST(an_age_that_passes_between_two_engines_counts),
        TEST(the_newest_stay_by_count),
        TEST(the_newest_stay_by_bytes),
        TEST(what_a_job_holds_is_known_again_after_a_restart),
        TEST(a_bound_is_there_after_a_crash_with_what_it_removed_or_not_at_all),
        TEST(an_age_of_more_than_a_hundred_years_is_refused),
        TEST(a_followed_job_waits),
        TEST(a_clock_that_was_set_back_keeps_no_more_than_the_count),
        TEST(cut_off_between_tombstone_and_rows_it_goes_on),
        TEST(many_go_in_parts_of_batches),
        TEST(ids_never_come_back),
        TEST(a_removed_job_does_not_count),
        TEST(texts_go_with_the_last_job_that_needs_them),
        TEST(a_text_that_goes_comes_back_in_the_same_batch),
        TEST(a_text_that_nobody_needs_is_swept_at_a_start),
        TEST(timers_of_ended_jobs_go_before_they_are_due),
        TEST(answers_go_after_a_day_as_fast_as_they_came),
        TEST(no_more_answers_are_kept_than_the_newest),
        TEST(jobs_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
