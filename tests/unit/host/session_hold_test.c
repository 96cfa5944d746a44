// SPDX-License-Identifier: MIT
// A session that is asked to wait.
#include "session_bench.h"

static void let_go(struct bench *b)
{
    b->holds = false;
    link_hold(&b->session.link, false);
}

// What stands behind the event stays where it is, and comes with the next tick.
static void test_a_held_session_stops_between_two_messages(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    b->holds = true;
    b->hold_at = LINK_STARTED;
    feed(b, "started " KEY "\ndata " KEY " 1 1 3\nabcdone " KEY " 3 0 1 1 0 3 0\nkeys\nkey");
    assert_int_equal(b->count[LINK_STARTED], 1);
    assert_int_equal(b->count[LINK_OUTPUT], 0);
    assert_false(session_is_open(&b->session));
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
    b->now_ms += 100000;
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_OUTPUT], 0);
    let_go(b);
    assert_int_equal(b->count[LINK_OUTPUT], 0); // not from inside the call
    assert_false(session_is_open(&b->session));
    assert_true(session_next_ms(&b->session) <= b->now_ms);
    session_tick(&b->session);
    assert_true(session_is_open(&b->session));
    assert_string_equal(buf_cstr(&b->output), "abc");
    assert_int_equal(b->count[LINK_DONE], 1);
    assert_int_equal(b->count[LINK_LISTED], 1);
    feed(b, "s\n"); // the line that was cut goes on
    assert_int_equal(b->count[LINK_LISTED], 2);
}

static void test_a_session_held_inside_a_frame_goes_on_in_it(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    b->holds = true;
    b->hold_at = LINK_OUTPUT;
    feed(b, "data " KEY " 1 1 6\nabc");
    assert_string_equal(buf_cstr(&b->output), "abc");
    let_go(b);
    assert_true(session_is_open(&b->session)); // nothing was left
    b->holds = true;
    feed(b, "defdata " KEY " 2 1 1\ng");
    assert_string_equal(buf_cstr(&b->output), "abcdef");
    link_hold(&b->session.link, false);
    session_tick(&b->session); // held again by what it takes
    assert_string_equal(buf_cstr(&b->output), "abcdefg");
    assert_false(session_is_open(&b->session));
    let_go(b);
    assert_true(session_is_open(&b->session));
    assert_int_equal(b->count[LINK_DOWN], 0);
}

// It is not the runner that is slow.
static void test_hello_waits_for_a_held_session(void **state)
{
    struct bench *b = *state;

    b->now_ms += 400;
    link_hold(&b->session.link, true);
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
    b->now_ms += 5000;
    session_tick(&b->session);
    link_hold(&b->session.link, false);
    assert_int_equal(session_next_ms(&b->session), b->now_ms + 100);
    b->now_ms += 99;
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 0);
    b->now_ms += 1;
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 1);
}

static void test_a_held_session_asks_nothing_and_keeps_its_credit(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    feed(b, "started " KEY "\n");
    link_hold(&b->session.link, true);
    b->now_ms += 1000;
    session_tick(&b->session);
    assert_int_equal(link_credit(&b->session.link, key_of(1), 8, NULL), 0);
    assert_requests(b, "");
    assert_int_equal(link_list(&b->session.link, NULL), 0); // what is asked of it goes out
    assert_requests(b, "list\n");
    let_go(b);
    session_tick(&b->session);
    assert_requests(b, "read " KEY " 1 524288 1 524288 1048576 1\n");
    // An end that waits for its output waits on, and the credit counts.
    b->holds = true;
    b->hold_at = LINK_OUTPUT;
    feed(b, "data " KEY " 1 1 2\nabgot " KEY "\ndone " KEY " 0 0 1 1 0 5 0\n");
    assert_int_equal(b->count[LINK_DONE], 0);
    let_go(b);
    session_tick(&b->session);
    assert_requests(b, "take " KEY " 1 3 3\n");
    feed(b, "data " KEY " 1 3 3\ncdegot " KEY "\n");
    assert_int_equal(b->count[LINK_DONE], 1);
    assert_string_equal(buf_cstr(&b->output), "abcde");
}

static void test_a_held_session_that_is_closed_drops_the_rest(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    b->holds = true;
    b->hold_at = LINK_STARTED;
    feed(b, "started " KEY "\nabsent " KEY "\n");
    session_mute(&b->session);
    assert_true(session_is_open(&b->session)); // for last words, which are dropped
    feed(b, "whatever");
    link_hold(&b->session.link, false);
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_ABSENT], 0);
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_held_session_stops_between_two_messages),
        TEST(test_a_session_held_inside_a_frame_goes_on_in_it),
        TEST(test_hello_waits_for_a_held_session),
        TEST(test_a_held_session_asks_nothing_and_keeps_its_credit),
        TEST(test_a_held_session_that_is_closed_drops_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
