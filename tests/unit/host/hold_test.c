// SPDX-License-Identifier: MIT
// A real local link that is asked to wait: it tells nothing then, and loses nothing by
// it, whatever happens to its runner meanwhile.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

enum { COMMANDS = 12, PRINTED = 200 * 1000, PAUSE_MS = 400 };

// Each prints as many bytes as no pipe holds, and says who it was.
static void start_printing(struct fixture *f)
{
    char program[128];

    for (uint64_t no = 1; no <= COMMANDS; no++) {
        snprintf(program, sizeof(program), "head -c %d /dev/zero | tr '\\0' x; printf 'end %u'",
                 PRINTED, (unsigned)no);
        fixture_start(f, no, program, NULL);
    }
}

static void check_printed(struct fixture *f, uint64_t no)
{
    struct buf *out = &f->seen[no].stream[0];
    char end[16];

    snprintf(end, sizeof(end), "xend %u", (unsigned)no);
    assert_int_equal(out->len, PRINTED + strlen(end) - 1);
    assert_string_equal(buf_cstr(out) + PRINTED - 1, end);
}

static void check_all_printed(struct fixture *f)
{
    for (uint64_t no = 1; no <= COMMANDS; no++) {
        if (!fixture_wait(f, no, LINK_DONE))
            fail_msg("no DONE of %u", (unsigned)no);
        assert_int_equal(f->seen[no].count[LINK_DONE], 1);
        check_printed(f, no);
    }
}

// By what is on the target, its command has begun (go) or ended (rc).
static void wait_for_end_mark(struct fixture *f, uint64_t no, const char *name)
{
    char path[512], line[80] = "";
    FILE *file;

    for (int ms = 0; ms < WAIT_MS && !strstr(line, " END"); ms += 50) {
        fixture_run(f, 50);
        file = fopen(fixture_path(f, no, name, path), "re");
        if (file && !fgets(line, sizeof(line), file))
            line[0] = '\0';
        if (file)
            fclose(file);
    }
    assert_non_null(strstr(line, " END"));
}

// What a process has written so far, by the kernel's count.
static long long written_by(long pid)
{
    char path[64], line[80];
    long long bytes = -1;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%ld/io", pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "wchar: %lld", &bytes) == 1)
            break;
    if (file)
        fclose(file);
    return bytes;
}

// It has written since, and then nothing for a while: it waits for what is asked next.
static void wait_for_silence(struct fixture *f, long pid, long long since)
{
    long long bytes = since, before;
    int quiet_ms = 0;

    for (int ms = 0; ms < WAIT_MS && quiet_ms < PAUSE_MS; ms += 50) {
        before = bytes;
        fixture_run(f, 50);
        bytes = written_by(pid);
        quiet_ms = bytes > since && bytes == before ? quiet_ms + 50 : 0;
    }
    assert_int_equal(quiet_ms, PAUSE_MS);
}

static void a_held_link_tells_nothing_and_loses_nothing(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    start_printing(f);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    fixture_hold(f, true);
    fixture_run(f, PAUSE_MS); // an event in it fails the test
    fixture_hold(f, true);    // asked twice is asked once
    fixture_run(f, PAUSE_MS);
    fixture_hold(f, false);
    check_all_printed(f);
}

static void on_pause(uv_timer_t *timer)
{
    struct fixture *f = timer->data;

    if (f->held)
        fixture_hold(f, false);
}

// Held inside every event, so that it always stops between two messages of one read.
static void a_link_that_is_held_by_each_event_tells_them_one_by_one(void **state)
{
    struct fixture *f = *state;
    uv_timer_t pause = { .data = f };

    uv_timer_init(&f->loop, &pause);
    fixture_open(f);
    f->hold_at_event = true;
    uv_timer_start(&pause, on_pause, 1, 1);
    start_printing(f);
    check_all_printed(f);
    uv_close((uv_handle_t *)&pause, NULL);
    uv_run(&f->loop, UV_RUN_NOWAIT);
}

static void a_held_link_sends_what_it_is_asked(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_hold(f, true);
    fixture_start(f, 1, "echo done", NULL);
    wait_for_end_mark(f, 1, "rc");
    fixture_hold(f, false);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "done\n");
}

static void the_end_of_a_runner_is_told_behind_what_it_had_said(void **state)
{
    struct fixture *f = *state;
    long long said;
    long runner;

    fixture_open(f);
    runner = fixture_runner(f, false);
    assert_true(runner > 1);
    fixture_start(f, 1, "sleep 0.3; echo first", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    fixture_hold(f, true);
    said = written_by(runner);
    wait_for_end_mark(f, 1, "rc");
    wait_for_silence(f, runner, said); // its result is in the pipe
    assert_int_equal(kill((pid_t)runner, SIGKILL), 0);
    assert_true(process_gone(runner));
    fixture_run(f, PAUSE_MS);
    fixture_hold(f, false);
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(f->end, LINK_END_LOST);
    if (!f->over_ssh) // which does not tell what ended the far side
        assert_non_null(strstr(buf_cstr(&f->general.text), "signal 9"));
    assert_int_equal(f->seen[1].count[LINK_DONE], 1);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "first\n");
    fixture_run(f, 50);
    assert_int_equal(f->general.count[LINK_DOWN], 1);
}

struct other {
    struct link *link;
    bool ready, done, closed;
    uint64_t bytes;
};

static void on_other(void *arg, struct link *link, const struct link_event *e)
{
    struct other *other = arg;

    other->ready |= e->type == LINK_READY;
    other->done |= e->type == LINK_DONE;
    if (e->type != LINK_OUTPUT)
        return;
    other->bytes += e->data.len;
    assert_int_equal(link_credit(link, e->key, e->data.len, NULL), 0);
}

static void on_other_closed(void *arg) { ((struct other *)arg)->closed = true; }

static void run_until(struct fixture *f, const bool *flag)
{
    while (!*flag)
        uv_run(&f->loop, UV_RUN_ONCE);
}

// Links share the buffer that they read into: another floods while this one has bytes in it.
static void what_a_held_link_has_not_taken_stays(void **state)
{
    struct fixture *f = *state;
    struct other other = { 0 };
    struct link_options options = {
        .store = f->store, .epoch = 1, .incarnation = f->incarnation, .spool_dir = f->spool,
        .event = on_other, .arg = &other,
    };
    struct link_start start = {
        .key = fixture_key(f, 1), .program = SLICE("head -c 3000000 /dev/zero | tr '\\0' y"),
    };

    options.store.bytes[0] ^= 1; // a spool of its own
    assert_int_equal(link_local_open(&other.link, f->pool, &options, NULL), 0);
    run_until(f, &other.ready);
    fixture_open(f);
    start_printing(f);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    f->hold_at_event = true;
    while (!f->held)
        uv_run(&f->loop, UV_RUN_ONCE);
    f->hold_at_event = false;
    assert_int_equal(link_start(other.link, &start, NULL), 0);
    run_until(f, &other.done);
    assert_int_equal(other.bytes, 3000000);
    fixture_hold(f, false);
    check_all_printed(f);
    link_close(other.link, on_other_closed, &other);
    run_until(f, &other.closed);
}

static void a_held_link_is_closed_without_a_word(void **state)
{
    struct fixture *f = *state;
    unsigned events;

    fixture_open(f);
    start_printing(f);
    for (uint64_t no = 1; no <= COMMANDS; no++) // what has not begun by then never does
        wait_for_end_mark(f, no, "go");
    fixture_hold(f, true);
    fixture_run(f, PAUSE_MS);
    events = f->events;
    fixture_close(f);
    assert_int_equal(f->events, events);
    // Nothing was lost: the next link is told of all of it.
    fixture_reset(f);
    fixture_open(f);
    for (uint64_t no = 1; no <= COMMANDS; no++)
        assert_int_equal(link_attach(f->link, fixture_key(f, no), 0, 0, NULL), 0);
    check_all_printed(f);
}

static void a_link_that_is_held_from_its_first_moment_says_hello_later(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_close(f);
    fixture_open_held(f);
    fixture_run(f, PAUSE_MS);
    fixture_hold(f, false);
    assert_true(fixture_wait_general(f, LINK_READY));
    assert_int_equal(fixture_do(f, 1, "exit 7")->code, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_held_link_tells_nothing_and_loses_nothing),
        TEST(a_link_that_is_held_by_each_event_tells_them_one_by_one),
        TEST(a_held_link_sends_what_it_is_asked),
        TEST(the_end_of_a_runner_is_told_behind_what_it_had_said),
        TEST(what_a_held_link_has_not_taken_stays),
        TEST(a_held_link_is_closed_without_a_word),
        TEST(a_link_that_is_held_from_its_first_moment_says_hello_later),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
