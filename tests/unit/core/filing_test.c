// SPDX-License-Identifier: MIT
// Events are in the log first and in the journal later; wherever they are, a killed
// engine's successor finds them, and so does whoever looks. A damaged row of the log
// stops the jobs it may have held events of, and no others.
#include "unit/core/fake_world.h"

#include <errno.h>
#include <string.h>

#define STEPS "for i = 1, 200 do localhost:run('step ' .. i) end"

// Commands of the steps from `first` on, each started and ended in a turn of its own;
// an intent follows the outcome of the one before.
static void do_steps(struct fake_world *w, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i <= last; i++) {
        expect_start(w, 2 * i);
        command_ends(w, 2 * i, 0);
    }
}

struct seen {
    uint64_t rows, low, job, events;
};

static int see_entry(void *arg, const struct log_entry *entry)
{
    struct seen *seen = arg;

    if (seen->low != entry->turn)
        seen->rows++;
    seen->low = entry->turn;
    seen->events += entry->job_id == seen->job ? entry->count : 0;
    return 0;
}

static struct seen see_log(struct fake_world *w, uint64_t job)
{
    struct seen seen = { .job = job };

    assert_int_equal(log_scan(w->store, see_entry, &seen, NULL), 0);
    return seen;
}

static void expect_steps_in_journal(struct fake_world *w, uint64_t job, int settled)
{
    struct buf text;

    buf_init(&text, 0);
    buf_add_str(&text, "started intended");
    for (int i = 0; i < settled; i++)
        buf_add_str(&text, " settled:exit:0 intended");
    expect_journal(w, job, buf_cstr(&text));
    buf_release(&text);
}

static void a_running_job_is_written_to_the_log_and_seen_whole(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, STEPS);

    do_steps(w, 1, 5);
    assert_int_equal(job_journal_rows(w, job), 0);
    assert_int_equal(see_log(w, job).events, 12);
    expect_steps_in_journal(w, job, 5);
}

// Neither what is gathered nor what flies: a person sees what is on disk.
static void what_is_not_on_disk_yet_is_not_seen(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, STEPS);

    do_steps(w, 1, 5);
    expect_start(w, 12);
    tell_done(w, 12, 0);
    expect_steps_in_journal(w, job, 5);
    world_turn(w);
    assert_non_null(w->committing);
    expect_steps_in_journal(w, job, 5);
    world_land(w);
    expect_steps_in_journal(w, job, 6);
}

// It is out of the job's memory, and not in the journal before the commit.
static void what_is_being_filed_is_seen_all_the_time(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('a') sleep('1h')");

    expect_start(w, 2);
    tell_done(w, 2, 0); // it goes to sleep, and is filed
    world_turn(w);
    assert_non_null(w->committing);
    assert_int_equal(job_journal_rows(w, job), 0);
    expect_journal(w, job, "started intended");
    world_settle(w);
    assert_int_equal(job_journal_rows(w, job), 1);
    expect_journal(w, job, "started intended settled:exit:0 intended");
}

static void a_page_of_events_becomes_one_row(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, STEPS);
    struct store_stat stat;
    uint64_t puts;

    do_steps(w, 1, 150);
    assert_in_range(job_journal_rows(w, job), 2, 6);
    assert_in_range(see_log(w, job).rows, 1, 80); // the rest is filed, and cut off
    expect_steps_in_journal(w, job, 150);
    store_stat(w->store, &stat);
    puts = stat.puts;
    do_steps(w, 151, 160);
    store_stat(w->store, &stat);
    assert_in_range(stat.puts - puts, 10, 4 * 10); // clock, log, tail: no row of the job's own
}

static void the_end_of_a_job_files_it_and_empties_the_log(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    assert_int_equal(see_log(w, job).rows, 1);
    command_ends(w, 2, 0);
    assert_int_equal(job_journal_rows(w, job), 1);
    assert_int_equal(see_log(w, job).rows, 0);
    expect_journal(w, job, "started intended settled:exit:0 ended");
}

static void a_sleeper_is_filed_in_the_turn_it_falls_asleep(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('1d')");

    assert_int_equal(job_journal_rows(w, job), 1);
    assert_int_equal(see_log(w, job).rows, 0);
    assert_false(job_is_resident(w, job));
}

static void a_killed_engine_goes_on_from_the_log(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, STEPS);

    do_steps(w, 1, 7);
    for (uint64_t i = 8; i < 100; i++) { // one step in each engine's life
        expect_start(w, 2 * i);
        world_next_engine(w);
        expect_attach(w, 2 * i, 0, 0);
        command_ends(w, 2 * i, 0);
    }
    assert_int_equal(w->starts, 100);
    expect_steps_in_journal(w, job, 99);
}

static void a_start_writes_no_events(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, STEPS);
    struct seen before;

    do_steps(w, 1, 5);
    before = see_log(w, job);
    world_next_engine(w);
    assert_int_equal(see_log(w, job).rows, before.rows);
    assert_int_equal(job_journal_rows(w, job), 0);
}

static void a_job_that_adds_nothing_does_not_hold_the_log(void **state)
{
    struct fake_world *w = *state;
    uint64_t still = job_start(w, "localhost:run('long')");
    uint64_t busy = job_start(w, "localhost:run('takes signals')");
    char text[3000];
    uint64_t rows_max = 0;

    memset(text, 'x', sizeof(text));
    for (uint64_t i = 0; i < 4000; i++) { // some 12 MB of signals
        struct seen seen;
        ask_signal(w, busy, "more", slice_of(text, sizeof(text)));
        world_settle(w);
        if (i % 100)
            continue;
        seen = see_log(w, still);
        rows_max = seen.rows > rows_max ? seen.rows : rows_max;
        if (job_journal_rows(w, still))
            break;
    }
    assert_int_equal(job_journal_rows(w, still), 1);
    assert_true(rows_max > 100);
    for (uint64_t i = 0; i < 100; i++) { // it is cut a piece a turn
        ask_signal(w, busy, "more", slice_of(text, sizeof(text)));
        world_settle(w);
    }
    assert_in_range(see_log(w, still).rows, 0, 100);
}

// Three jobs; then a row of the log is damaged that may have held events of the
// first two.
struct three {
    uint64_t running, quick, sleeping;
};

static struct three damage(struct fake_world *w, bool last_row)
{
    struct three jobs;
    struct batch batch;
    struct seen seen;

    jobs.running = job_start(w, STEPS);
    do_steps(w, 1, 3);
    jobs.sleeping = job_start(w, "sleep('1d') print('woke')");
    jobs.quick = job_start(w, "print 'done'");
    seen = see_log(w, jobs.running);
    assert_true(seen.rows >= 3);
    world_crash(w);
    batch_init(&batch);
    log_put(&batch, last_row ? seen.low : seen.low - 1, SLICE("damaged"));
    world_write(w, &batch);
    batch_release(&batch);
    w->call_count = 0;
    world_boot(w);
    link_up(w);
    return jobs;
}

static void check_stopped_by_damage(struct fake_world *w, struct three jobs)
{
    expect_state(w, jobs.running, JOB_SUSPENDED);
    expect_none(w, CALL_START);
    expect_none(w, CALL_ATTACH);
    expect_state(w, jobs.quick, JOB_COMPLETED);
    world_tick(w, INT64_C(24) * 60 * 60 * 1000);
    expect_state(w, jobs.sleeping, JOB_COMPLETED);
    expect_records(w, jobs.sleeping, "output: woke|\n");
}

static void a_damaged_row_stops_the_jobs_it_may_be_about(void **state)
{
    struct fake_world *w = *state;
    struct three jobs = damage(w, true);

    expect_reason(w, jobs.running, "may be missing: a row of the store's log is damaged");
    check_stopped_by_damage(w, jobs);
}

static void events_behind_a_damaged_row_do_not_fill_the_hole(void **state)
{
    struct fake_world *w = *state;
    struct three jobs = damage(w, false);

    expect_reason(w, jobs.running, "are missing");
    check_stopped_by_damage(w, jobs);
}

static void the_hole_outlives_the_log(void **state)
{
    struct fake_world *w = *state;
    struct three jobs = damage(w, true);

    for (int i = 0; i < 3; i++) {
        job_start(w, "print 'more turns'");
        world_next_engine(w);
        assert_int_equal(ask_resume(w, jobs.running), ERR_STATE);
        world_settle(w);
        check_stopped_by_damage(w, jobs);
    }
    assert_int_equal(see_log(w, 0).rows, 0);
}

// One more row of about 3 KB in the log.
static void add_to_log(struct fake_world *w, uint64_t busy)
{
    char text[3000];

    memset(text, 'x', sizeof(text));
    ask_signal(w, busy, "more", slice_of(text, sizeof(text)));
    world_turn(w);
}

static void a_job_is_not_parked_while_its_filing_is_in_the_air(void **state)
{
    struct fake_world *w = *state;
    uint64_t busy = job_start(w, "localhost:run('takes signals')");
    struct resident *r;
    uint64_t job;

    w->call_count = 0;
    job = job_start(w, "for i = 1, 60 do localhost:run('step ' .. i) end "
                       "wait_signal('a', { within = '900ms' }) wait_signal('b') "
                       "localhost:run('last')");
    r = map_get(&w->engine->residents, job);
    do_steps(w, 1, 60);
    assert_int_equal(ask_signal(w, job, "a", (struct slice){ 0 }), 0);
    world_settle(w);
    assert_true(job_is_resident(w, job)); // its last alarm may still ring
    for (int i = 0; r->unfiled.len && i < 6000; i++) {
        if (w->committing)
            world_land(w);
        add_to_log(w, busy);
    }
    assert_non_null(w->committing); // with the filing in it
    w->now_ms += 2000;
    assert_int_equal(ask_resume(w, job), ERR_STATE);
    assert_int_equal(ask_signal(w, job, "b", (struct slice){ 0 }), 0);
    world_settle(w);
    expect_none(w, CALL_ATTACH);
    expect_call(w, CALL_START, 126);
    command_ends(w, 126, 0);
    expect_state(w, job, JOB_COMPLETED);
    assert_int_equal(w->starts, 62);
}

static void a_sleeper_leaves_memory_though_an_old_alarm_was_ahead(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('a', { within = '900ms' }) sleep('30d')");

    assert_int_equal(ask_signal(w, job, "a", (struct slice){ 0 }), 0);
    world_settle(w);
    world_tick(w, 2000);
    assert_false(job_is_resident(w, job));
    assert_int_equal(see_log(w, job).rows, 0);
}

static void a_sleeper_taken_over_leaves_memory(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('a', { within = '900ms' }) sleep('30d')");

    assert_int_equal(ask_signal(w, job, "a", (struct slice){ 0 }), 0);
    world_settle(w);
    world_crash(w);
    w->now_ms += 2000;
    world_boot(w);
    world_settle(w);
    assert_false(job_is_resident(w, job));
    assert_int_equal(see_log(w, job).rows, 0);
}

// ---- a store that fails to read for a while

static struct {
    const struct store_ops *real;
    struct store_ops ops;
    bool failing;
} reads;

static int scan_or_fail(struct store *store, struct slice from, struct slice to, bool reverse,
                        store_row_fn fn, void *arg, struct err *err)
{
    enum { TAG_RECORD = 0x21 };

    if (reads.failing && from.len && from.ptr[0] == TAG_RECORD)
        return err_set(err, -ENOMEM, "no memory for a read");
    return reads.real->scan(store, from, to, reverse, fn, arg, err);
}

static void boot_with_failing_reads(struct fake_world *w)
{
    reads.real = w->store->ops;
    reads.ops = *reads.real;
    reads.ops.scan = scan_or_fail;
    reads.failing = true;
    w->store->ops = &reads.ops;
    world_boot(w);
    world_settle(w);
    reads.failing = false;
    link_up(w);
}

static void a_job_that_could_not_be_woken_keeps_its_part_of_the_log(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, STEPS);
    struct uuid uuid = w->uuid;

    do_steps(w, 1, 60);
    w->call_count = 0;
    world_crash(w);
    boot_with_failing_reads(w);
    for (int i = 0; i < 5; i++)
        job_start(w, "print 'turns that would cut the log'");
    w->uuid = uuid;
    signal_job(w, job, "wake");
    expect_attach(w, 122, 0, 0);
    command_ends(w, 122, 0);
    expect_start(w, 125); // the signal was 123
    assert_int_equal(w->starts, 62);
    world_next_engine(w);
    expect_attach(w, 125, 0, 0);
    w->store->ops = reads.real;
}

// A start with so much environment that its first event goes straight to the journal.
static uint64_t start_large(struct fake_world *w)
{
    char env[5000];
    struct change change = start_of("localhost:run('healthy')");
    struct buf bytes;
    uint64_t job;

    buf_init(&bytes, 0);
    memset(env, 'e', sizeof(env));
    value_put_map(&bytes, 1);
    value_put_str(&bytes, "BIG");
    value_put_bytes(&bytes, slice_of(env, sizeof(env)));
    change.env = buf_slice(&bytes);
    job = job_start_change(w, &change);
    buf_release(&bytes);
    return job;
}

static void damage_is_judged_once(void **state)
{
    struct fake_world *w = *state;
    struct three jobs = damage(w, true);
    uint64_t healthy = start_large(w);

    assert_int_equal(job_journal_rows(w, healthy), 1);
    for (int i = 0; i < 3; i++) {
        world_next_engine(w);
        expect_state(w, healthy, JOB_RUNNING);
        expect_state(w, jobs.running, JOB_SUSPENDED);
    }
}

static void a_large_result_leaves_no_large_buffer(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('big') localhost:run('next')");
    const struct resident *r = map_get(&w->engine->residents, job);
    char *text = test_calloc(1, 500 * 1000 + 1);

    memset(text, 'x', 500 * 1000);
    expect_start(w, 2);
    tell_output(w, 2, 0, text);
    command_ends(w, 2, 0);
    expect_start(w, 4);
    assert_in_range(r->events.cap + r->unfiled.cap, 0, 16 * 1024);
    test_free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_running_job_is_written_to_the_log_and_seen_whole),
        TEST(what_is_not_on_disk_yet_is_not_seen),
        TEST(what_is_being_filed_is_seen_all_the_time),
        TEST(a_page_of_events_becomes_one_row),
        TEST(the_end_of_a_job_files_it_and_empties_the_log),
        TEST(a_sleeper_is_filed_in_the_turn_it_falls_asleep),
        TEST(a_killed_engine_goes_on_from_the_log),
        TEST(a_start_writes_no_events),
        TEST(a_job_that_adds_nothing_does_not_hold_the_log),
        TEST(a_damaged_row_stops_the_jobs_it_may_be_about),
        TEST(events_behind_a_damaged_row_do_not_fill_the_hole),
        TEST(the_hole_outlives_the_log),
        TEST(damage_is_judged_once),
        TEST(a_job_is_not_parked_while_its_filing_is_in_the_air),
        TEST(a_sleeper_leaves_memory_though_an_old_alarm_was_ahead),
        TEST(a_sleeper_taken_over_leaves_memory),
        TEST(a_job_that_could_not_be_woken_keeps_its_part_of_the_log),
        TEST(a_large_result_leaves_no_large_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
