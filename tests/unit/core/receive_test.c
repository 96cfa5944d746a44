// SPDX-License-Identifier: MIT
// Marks: what has been received never becomes unread again, and a job that removes
// itself does so only when all it wrote has been received.
#include <errno.h>

#include "unit/core/fake_world.h"

#define NINE "for i = 1, 9 do print(i) end "

static void check_mark_stays(struct fake_world *w, uint64_t job)
{
    ask_mark(w, job, 8);
    ask_mark(w, job, 3);
    world_settle(w);
    assert_int_equal(job_mark(w, job), 8);
    ask_mark(w, job, 5);
    world_settle(w);
    assert_int_equal(job_mark(w, job), 8);
    ask_mark(w, job, 9);
    world_settle(w);
    assert_int_equal(job_mark(w, job), 9);
}

static void a_mark_does_not_go_back(void **state)
{
    check_mark_stays(*state, job_start(*state, NINE "localhost:run('x')"));
}

static void the_mark_of_a_parked_job_does_not_go_back(void **state)
{
    check_mark_stays(*state, job_start(*state, NINE "sleep('1h')"));
}

static void the_mark_of_a_finished_job_does_not_go_back(void **state)
{
    check_mark_stays(*state, job_start(*state, NINE));
}

static void a_mark_in_the_air_is_not_taken_back_by_the_next_turn(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, NINE "sleep('1h')");

    ask_mark(w, job, 8);
    world_turn(w);
    assert_non_null(w->committing);
    ask_mark(w, job, 3);
    world_settle(w);
    assert_int_equal(job_mark(w, job), 8);
}

static void marks_of_many_jobs_in_one_turn_are_kept_apart(void **state)
{
    struct fake_world *w = *state;
    uint64_t one = job_start(w, NINE), other = job_start(w, NINE);

    ask_mark(w, one, 7);
    ask_mark(w, other, 2);
    ask_mark(w, one, 4);
    ask_mark(w, other, 5);
    world_settle(w);
    assert_int_equal(job_mark(w, one), 7);
    assert_int_equal(job_mark(w, other), 5);
}

static int see_unread(void *arg, const struct job_view *view)
{
    *(struct unread *)arg = (struct unread){ view->unread, view->bytes };
    return 0;
}

static struct unread unread_of(struct fake_world *w, uint64_t job)
{
    struct port port = engine_port(w->engine);
    struct unread unread = { 0 };
    struct err err;

    assert_int_equal(port.ops->job(port.core, job, see_unread, &unread, &err), 0);
    return unread;
}

struct child_unread {
    struct port port;
    struct unread unread;
};

static int see_child_unread(void *arg, const struct job_view *view)
{
    struct child_unread *seen = arg;

    assert_int_equal(view->head->child_count, 1);
    assert_int_equal(seen->port.ops->unread(seen->port.core, view->head, &seen->unread, NULL), 0);
    return 0;
}

static struct unread unread_of_child(struct fake_world *w, uint64_t job)
{
    struct child_unread seen = { .port = engine_port(w->engine) };
    struct err err;

    assert_int_equal(seen.port.ops->job(seen.port.core, job, see_child_unread, &seen, &err), 0);
    return seen.unread;
}

// Records 1 and 4 are the script's, 2 and 3 its child's.
static uint64_t start_of_two_sources(struct fake_world *w)
{
    uint64_t job = job_start(w, "print('own 1') localhost:run('x') print('own 2') sleep('1h')");

    tell_output(w, 2, 0, "of the child 1\n");
    world_settle(w);
    tell_output(w, 2, 15, "of the child 2\n");
    tell_done(w, 2, 0);
    world_settle(w);
    assert_int_equal(unread_of(w, job).records, 4);
    return job;
}

static void a_child_has_a_mark_of_its_own(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_of_two_sources(w);

    assert_int_equal(unread_of_child(w, job).records, 2);
    ask_mark(w, job + 1, 2);
    world_settle(w);
    assert_int_equal(job_mark(w, job), 0);
    assert_int_equal(job_mark(w, job + 1), 2);
    assert_int_equal(unread_of(w, job).records, 3);
    assert_int_equal(unread_of_child(w, job).records, 1);
    assert_int_equal(unread_of_child(w, job).bytes, 15);
    ask_mark(w, job + 1, 3);
    world_settle(w);
    assert_int_equal(unread_of(w, job).records, 2);
    assert_int_equal(unread_of(w, job).bytes, 12);
    assert_int_equal(unread_of_child(w, job).records, 0);
}

static void the_mark_of_a_job_is_that_of_all_its_children(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_of_two_sources(w);

    ask_mark(w, job, 3);
    world_settle(w);
    assert_int_equal(job_mark(w, job + 1), 3);
    assert_int_equal(unread_of(w, job).records, 1);
    assert_int_equal(unread_of_child(w, job).records, 0);
}

static void what_the_job_wrote_itself_is_marked_alone(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_of_two_sources(w);

    ask(w, &(struct change){ .kind = CHANGE_MARK, .job_id = job, .seq = 4, .own = true });
    world_settle(w);
    assert_int_equal(unread_of(w, job).records, 2);
    assert_int_equal(unread_of_child(w, job).records, 2);
    ask_mark(w, job + 1, 3);
    world_settle(w);
    assert_int_equal(unread_of(w, job).records, 0);
}

// A job that removes itself goes when the last of its sources has been received.
static void a_job_is_removed_by_the_marks_of_its_parts(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("print('own') localhost:run('x')");
    struct job_seen seen;
    uint64_t job;

    change.auto_remove = true;
    job = job_start_change(w, &change);
    tell_output(w, 2, 0, "of the child\n");
    tell_done(w, 2, 0);
    world_settle(w);
    ask_mark(w, job + 1, 2);
    world_settle(w);
    assert_true(job_see(w, job, &seen));
    ask(w, &(struct change){ .kind = CHANGE_MARK, .job_id = job, .seq = 1, .own = true });
    world_settle(w);
    assert_false(job_see(w, job, &seen));
}

// Nor does a mark leave a row behind a tombstone, or run ahead of what was written.
static void a_job_that_is_being_removed_is_not_marked(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, NINE);

    assert_int_equal(ask_remove(w, job, false), 0);
    assert_int_equal(ask_mark(w, job, 3), -ENOENT);
    world_settle(w);
}

static void a_mark_is_not_ahead_of_what_was_written(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, NINE "wait_signal('go') print('ten')");

    ask_mark(w, job, 99);
    world_settle(w);
    assert_int_equal(job_mark(w, job), 9);
    signal_job(w, job, "go");
    assert_int_equal(unread_of(w, job).records, 1);
}

// ---- counts that are kept up

struct recount {
    struct marks marks;
    uint64_t job;
    struct unread all, child;
};

static int recount_record(void *arg, const struct record *record, bool gap)
{
    struct recount *recount = arg;
    uint64_t source = mark_source(recount->job, record->child_id);

    assert_false(gap);
    if (record->seq <= marks_at(&recount->marks, source))
        return 0;
    recount->all.records++;
    recount->all.bytes += record->data.len;
    recount->child.records += source != recount->job;
    return 0;
}

static void check_counts(struct fake_world *w, uint64_t job)
{
    struct port port = engine_port(w->engine);
    struct recount recount = { .job = job };
    struct err err;

    assert_int_equal(port.ops->marks(port.core, job, &recount.marks, &err), 0);
    assert_int_equal(port.ops->records(port.core, job, 1, recount_record, &recount, &err), 0);
    assert_int_equal(unread_of(w, job).records, recount.all.records);
    assert_int_equal(unread_of(w, job).bytes, recount.all.bytes);
    assert_int_equal(unread_of_child(w, job).records, recount.child.records);
    marks_release(&recount.marks);
}

// Marks of parts and of all, in any order, among new records of both: what is kept up is
// what reading everything anew gives, at every look, and over restarts.
static void what_is_kept_up_is_what_there_is(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "parallel { function() localhost:run('x') end, "
                                "function() while true do wait_signal('go') print('own') end end }");
    uint64_t written = 0, seq, offset = 0;
    unsigned chance = 7;

    for (int i = 0; i < 400; i++) {
        chance = chance * 1103515245 + 12345;
        seq = written ? 1 + chance / 65536 % written : 0;
        switch (chance / 4096 % 8) {
        case 0: case 1: signal_job(w, job, "go"); written++; break;
        case 2: case 3:
            tell_output(w, 2, offset, "child\n");
            offset += 6;
            written++;
            break;
        case 4: ask_mark(w, job + 1, seq); break;
        case 5: ask(w, &(struct change){ .kind = CHANGE_MARK, .job_id = job, .seq = seq,
                                         .own = true }); break;
        case 6: if (i % 5 == 0) ask_mark(w, job, seq / 2); break;
        default: break;
        }
        world_settle(w);
        if (i % 3 == 0)
            check_counts(w, job);
    }
    assert_true(written > 50);
}

static void marks_outlive_the_engine(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_of_two_sources(w);

    ask_mark(w, job + 1, 2);
    world_settle(w);
    world_next_engine(w);
    assert_int_equal(job_mark(w, job + 1), 2);
    assert_int_equal(unread_of(w, job).records, 3);
}

static void a_job_is_not_removed_by_the_receipt_of_less_than_it_wrote(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("localhost:run('x')");
    struct job_seen seen;
    uint64_t job;

    change.auto_remove = true;
    job = job_start_change(w, &change);
    tell_output(w, 2, 0, "line 1\n");
    world_settle(w);
    tell_output(w, 2, 7, "the important result\n");
    tell_done(w, 2, 3);
    world_turn(w);       // folded, and in the air
    ask_mark(w, job, 1); // all that the client has seen
    world_settle(w);
    assert_true(job_see(w, job, &seen));
    assert_int_equal(seen.last_seq, 3);
    ask_mark(w, job, 3);
    world_settle(w);
    assert_false(job_see(w, job, &seen));
}

// ---- jobs that remove themselves

static uint64_t start_auto_remove(struct fake_world *w, const char *script)
{
    struct change change = start_of(script);

    change.auto_remove = true;
    return job_start_change(w, &change);
}

static void check_goes_by_itself(struct fake_world *w, uint64_t job)
{
    struct job_seen seen;

    assert_true(job_see(w, job, &seen));
    assert_true(job_state_is_finished(seen.state));
    world_tick(w, 10 * 1000);
    assert_false(job_see(w, job, &seen));
}

static void a_job_all_of_which_was_received_before_its_end_is_removed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_auto_remove(w, "print('x') wait_signal('go')");

    ask_mark(w, job, 1);
    world_settle(w);
    signal_job(w, job, "go");
    check_goes_by_itself(w, job);
}

static void a_job_stopped_by_force_that_wrote_nothing_is_removed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_auto_remove(w, "localhost:run('x')");

    ask_stop_force(w, job);
    world_settle(w);
    check_goes_by_itself(w, job);
}

static int add_unread(void *arg, const struct job_view *view)
{
    *(uint64_t *)arg += view->unread;
    return 0;
}

static uint64_t unread_of_all(struct fake_world *w, bool counted)
{
    struct port port = engine_port(w->engine);
    uint64_t unread = 0;
    struct err err;

    assert_int_equal(port.ops->jobs(port.core, 0, counted, add_unread, &unread, &err), 0);
    return unread;
}

static void a_list_counts_what_is_unread_only_when_asked(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print(1) print(2) print(3)");

    job_start(w, "print(4)");
    ask_mark(w, job, 2);
    world_settle(w);
    assert_int_equal(unread_of_all(w, true), 2);
    assert_int_equal(unread_of_all(w, false), 0);
}

static void a_job_of_which_something_is_unread_is_not_removed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_auto_remove(w, "print('x')");
    struct job_seen seen;

    world_tick(w, 60 * 1000);
    assert_true(job_see(w, job, &seen));
    ask_mark(w, job, 1);
    world_settle(w);
    assert_false(job_see(w, job, &seen));
}

static void a_removal_that_came_due_in_a_full_disk_is_made_up_for(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_auto_remove(w, "wait_signal('go')");
    uint64_t other = job_start(w, "wait_signal('go')");

    signal_job(w, job, "go");
    world_tick(w, 500); // so that it comes due between two tries
    w->disk_full = true;
    signal_job(w, other, "go");
    assert_true(w->engine->stuck);
    world_tick(w, 5000);
    w->disk_full = false;
    check_goes_by_itself(w, job);
}

// Its end is in a batch that does not land for longer than the removal waits.
static void a_removal_that_came_due_before_the_end_is_on_disk_is_made_up_for(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_auto_remove(w, "wait_signal('go')");

    ask_signal(w, job, "go", (struct slice){ 0 });
    world_turn(w);
    assert_non_null(w->committing);
    w->now_ms += 5000;
    engine_alarm(w->engine);
    world_settle(w);
    check_goes_by_itself(w, job);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_mark_does_not_go_back),
        TEST(the_mark_of_a_parked_job_does_not_go_back),
        TEST(the_mark_of_a_finished_job_does_not_go_back),
        TEST(a_mark_in_the_air_is_not_taken_back_by_the_next_turn),
        TEST(marks_of_many_jobs_in_one_turn_are_kept_apart),
        TEST(a_child_has_a_mark_of_its_own),
        TEST(the_mark_of_a_job_is_that_of_all_its_children),
        TEST(what_the_job_wrote_itself_is_marked_alone),
        TEST(a_job_is_removed_by_the_marks_of_its_parts),
        TEST(what_is_kept_up_is_what_there_is),
        TEST(marks_outlive_the_engine),
        TEST(a_job_that_is_being_removed_is_not_marked),
        TEST(a_mark_is_not_ahead_of_what_was_written),
        TEST(a_job_is_not_removed_by_the_receipt_of_less_than_it_wrote),
        TEST(a_job_all_of_which_was_received_before_its_end_is_removed),
        TEST(a_job_stopped_by_force_that_wrote_nothing_is_removed),
        TEST(a_list_counts_what_is_unread_only_when_asked),
        TEST(a_job_of_which_something_is_unread_is_not_removed),
        TEST(a_removal_that_came_due_in_a_full_disk_is_made_up_for),
        TEST(a_removal_that_came_due_before_the_end_is_on_disk_is_made_up_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
