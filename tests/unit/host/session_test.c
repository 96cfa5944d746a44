// SPDX-License-Identifier: MIT
// What a session makes of a runner's lines, and what it asks.
#include "session_bench.h"

static void test_ready(void **state)
{
    struct bench *b = *state;

    assert_int_equal(link_list(&b->session.link, NULL), -ENOTCONN);
    feed(b, "motd\n");
    hello(b);
    assert_true(slice_is(b->last.text, "Linux 6 sh"));
    assert_int_equal(link_list(&b->session.link, NULL), 0);
    assert_requests(b, "list\n");
}

static void test_hello_has_a_deadline(void **state)
{
    struct bench *b = *state;

    feed(b, "Password: ");
    assert_int_equal(session_next_ms(&b->session), 1500);
    b->now_ms = 1500;
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 1);
    assert_non_null(strstr(buf_cstr(&b->text), "Password:"));
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
}

static void test_refusal_and_garbage_end_it_once(void **state)
{
    struct bench *b = *state;

    feed(b, NONCE " refuse no room\nmore\nand more\n");
    assert_int_equal(b->count[LINK_DOWN], 1);
    assert_string_equal(buf_cstr(&b->text), "no room");
    session_down(&b->session, LINK_END_LOST, "again");
    assert_int_equal(b->count[LINK_DOWN], 1);
    assert_int_equal(link_list(&b->session.link, NULL), -ENOTCONN);
}

static void test_garbage_after_ready(void **state)
{
    struct bench *b = *state;

    hello(b);
    feed(b, "started " KEY "\nwhat is this\nstarted " KEY "\n");
    assert_int_equal(b->count[LINK_DOWN], 1);
    assert_non_null(strstr(buf_cstr(&b->text), "what is this"));
}

// 200 ms after the start, then twice as late, up to a second; fast again after bytes.
static void test_pace(void **state)
{
    static const uint64_t paces[] = { 400, 800, 1000, 1000 };
    struct bench *b = *state;

    hello(b);
    attach(b);
    feed(b, "started " KEY "\n");
    assert_int_equal(session_next_ms(&b->session), b->now_ms + 200);
    session_tick(&b->session);
    assert_requests(b, "");
    b->now_ms += 200;
    session_tick(&b->session);
    assert_requests(b, "read " KEY " 1 524288 1 524288 1048576 1\n");
    // One question at a time; only that it is not answered would be noticed.
    assert_in_range(session_next_ms(&b->session), b->now_ms + ANSWER_MS,
                    b->now_ms + ANSWER_MS + LINE_MS);
    for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
        feed(b, "got " KEY "\n");
        assert_int_equal(session_next_ms(&b->session), b->now_ms + paces[i]);
        b->now_ms += paces[i];
        session_tick(&b->session);
        assert_requests(b, "read " KEY " 1 524288 1 524288 1048576 0\n");
    }
    feed(b, "data " KEY " 1 1 3\nabcgot " KEY "\n");
    assert_int_equal(session_next_ms(&b->session), b->now_ms + 200);
    b->now_ms += 200;
    session_tick(&b->session);
    assert_requests(b, "read " KEY " 4 524286 1 524287 1048573 0\n");
}

// Its reader was killed, say: ssh and its connection are well, and nobody answers.
static void test_a_runner_that_falls_silent_is_given_up(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    feed(b, "started " KEY "\n");
    b->now_ms += 200;
    session_tick(&b->session);
    assert_requests(b, "read " KEY " 1 524288 1 524288 1048576 1\n");
    b->now_ms += ANSWER_MS - 1;
    session_tick(&b->session);
    feed(b, "keys\n"); // answers stand in line: ours may be behind this one
    b->now_ms += ANSWER_MS - 1;
    session_tick(&b->session);
    link_hold(&b->session.link, true); // nobody listens, so nobody is silent
    b->now_ms += 10 * ANSWER_MS;
    session_tick(&b->session);
    link_hold(&b->session.link, false);
    b->now_ms += ANSWER_MS - 1;
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 0);
    assert_in_range(session_next_ms(&b->session), b->now_ms + 1, b->now_ms + 1 + LINE_MS);
    b->now_ms = session_next_ms(&b->session);
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 1);
    assert_int_equal(b->last.end, LINK_END_LOST);
    assert_string_equal(buf_cstr(&b->text), "the runner does not answer any more");
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
}

// The question stands behind a long request, and so gets its answer later. What was
// answered behind it counts no more.
static void test_sending_is_no_silence(void **state)
{
    struct bench *b = *state;
    char *bytes = calloc(1, 320000);
    struct link_start start = { .key = key_of(1), .program = SLICE("cat"), .has_stdin = true,
                                .stdin_bytes = slice_of(bytes, 320000) };

    hello(b);
    assert_int_equal(link_start(&b->session.link, &start, NULL), 0);
    buf_clear(&b->session.requests);
    b->now_ms += 1000;
    session_tick(&b->session);
    b->now_ms += ANSWER_MS + 20000; // 16 bytes in a millisecond
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 0);
    feed(b, "got " KEY "\n");
    b->now_ms += 1000;
    session_tick(&b->session);
    assert_in_range(session_next_ms(&b->session), b->now_ms + ANSWER_MS,
                    b->now_ms + ANSWER_MS + LINE_MS);
    b->now_ms += ANSWER_MS + LINE_MS;
    session_tick(&b->session);
    assert_int_equal(b->count[LINK_DOWN], 1);
    free(bytes);
}

// Who had more to say than it was asked for gets most of the next question; where others
// wait, a question is for half as much.
static void test_full_answer_asks_at_once(void **state)
{
    struct bench *b = *state;
    char *bytes = calloc(1, 524289);

    memset(bytes, 'x', 524288);
    hello(b);
    attach(b);
    feed(b, "started " KEY "\n");
    b->now_ms += 200;
    session_tick(&b->session);
    buf_clear(&b->session.requests);
    feed(b, "data " KEY " 2 1 524288\n");
    feed(b, bytes);
    feed(b, "got " KEY "\n");
    assert_requests(b, "read " KEY " 1 65536 524289 458752 524288 1\n");
    assert_int_equal(link_credit(&b->session.link, key_of(1), 1048576, NULL), 0);
    bytes[458752] = 0;
    feed(b, "data " KEY " 2 524289 458752\n");
    feed(b, bytes);
    assert_int_equal(link_attach(&b->session.link, key_of(2), 0, 0, NULL), 0);
    buf_clear(&b->session.requests);
    feed(b, "got " KEY "\n");
    assert_requests(b, "read " KEY " 1 65536 983041 458752 1048576 1\n");
    free(bytes);
}

// The end waits for what is missing before it, and that for credit.
static void test_end_after_all_output(void **state)
{
    struct bench *b = *state;

    hello(b);
    assert_int_equal(link_attach(&b->session.link, key_of(1), 10, 0, NULL), 0);
    assert_requests(b, "attach " KEY " 11 1 1048576\n");
    feed(b, "done " KEY " 3 0 200 450 1 15 2\n");
    assert_int_equal(b->count[LINK_DONE], 0);
    assert_requests(b, "take " KEY " 1 11 5\n");
    feed(b, "data " KEY " 1 11 5\nabcde");
    assert_int_equal(b->count[LINK_DONE], 0);
    feed(b, "got " KEY "\n");
    assert_requests(b, "take " KEY " 2 1 2\n");
    feed(b, "data " KEY " 2 1 2\nfggot " KEY "\n");
    assert_int_equal(b->count[LINK_DONE], 1);
    assert_int_equal(b->last.code, 3);
    assert_int_equal(b->last.out_bytes, 15);
    assert_true(b->last.unverified);
    assert_int_equal(b->last.started_unix_ms, 5000 - 1000 + 2000);
    assert_int_equal(b->last.ended_unix_ms, 5000 - 1000 + 4500);
    assert_string_equal(buf_cstr(&b->output), "abcdefg");
    // It is followed no longer: a late answer is nobody's, a new attach is welcome.
    feed(b, "data " KEY " 1 11 5\nabcdegot " KEY "\n");
    assert_int_equal(b->output.len, 7);
    assert_int_equal(link_attach(&b->session.link, key_of(1), 0, 0, NULL), 0);
}

// The push at the end crosses our question: every byte is handed up once.
static void test_bytes_sent_twice(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    feed(b, "started " KEY "\n");
    b->now_ms += 200;
    session_tick(&b->session);
    feed(b, "data " KEY " 1 1 3\nabcdata " KEY " 1 1 5\nabcdedone " KEY " 0 0 1 1 0 5 0\n");
    assert_int_equal(b->count[LINK_DONE], 0);
    feed(b, "data " KEY " 1 2 4\nbcdegot " KEY "\n");
    assert_int_equal(b->count[LINK_DONE], 1);
    assert_string_equal(buf_cstr(&b->output), "abcde");
}

static void test_a_hole_or_too_much_is_refused(void **state)
{
    struct bench *b = *state;

    hello(b);
    attach(b);
    feed(b, "data " KEY " 1 2 1\nx");
    assert_int_equal(b->count[LINK_OUTPUT], 0);
    assert_int_equal(b->count[LINK_DOWN], 1);
}

static void test_credit(void **state)
{
    struct bench *b = *state;
    char line[128];
    char *bytes = calloc(1, LINK_CREDIT + 1);

    memset(bytes, 'x', LINK_CREDIT);
    hello(b);
    attach(b);
    snprintf(line, sizeof(line), "data " KEY " 1 1 %d\n", LINK_CREDIT);
    feed(b, line);
    feed(b, bytes);
    feed(b, "done " KEY " 0 0 1 1 0 1048580 0\n");
    assert_requests(b, "");
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
    assert_int_equal(link_credit(&b->session.link, key_of(1), 4, NULL), 0);
    assert_true(session_next_ms(&b->session) <= b->now_ms);
    session_tick(&b->session);
    assert_requests(b, "take " KEY " 1 1048577 4\n");
    feed(b, "data " KEY " 1 1048577 5\nabcde");
    assert_int_equal(b->count[LINK_DOWN], 1);
    free(bytes);
}

// A question is for whole blocks, as soon as it can be; the last is for what is left.
static void test_the_rest_comes_in_blocks(void **state)
{
    struct bench *b = *state;
    char *bytes = calloc(1, LINK_CREDIT + 1);

    memset(bytes, 'x', LINK_CREDIT);
    hello(b);
    assert_int_equal(link_attach(&b->session.link, key_of(1), 65535, 0, NULL), 0);
    buf_clear(&b->session.requests);
    feed(b, "done " KEY " 0 0 1 1 0 262147 0\n");
    assert_requests(b, "take " KEY " 1 65536 1\n");
    feed(b, "data " KEY " 1 65536 1\nx");
    feed(b, "got " KEY "\n");
    assert_requests(b, "blocks " KEY " 1 65537 196608 1 3\n");
    bytes[196608] = 0;
    feed(b, "data " KEY " 1 65537 196608\n");
    feed(b, bytes);
    feed(b, "got " KEY "\n");
    assert_requests(b, "take " KEY " 1 262145 3\n");
    feed(b, "data " KEY " 1 262145 3\nabc");
    feed(b, "got " KEY "\n");
    assert_int_equal(b->count[LINK_DONE], 1);
    free(bytes);
}

// Credit comes back in small pieces; a question for each would cost the host its processes.
static void test_little_credit_waits_for_more(void **state)
{
    struct bench *b = *state;
    char *bytes = calloc(1, LINK_CREDIT + 1);

    memset(bytes, 'x', LINK_CREDIT);
    hello(b);
    attach(b);
    feed(b, "data " KEY " 1 1 1048576\n");
    feed(b, bytes);
    feed(b, "done " KEY " 0 0 1 1 0 3000000 0\n");
    assert_int_equal(link_credit(&b->session.link, key_of(1), LINK_CREDIT / 2 - 1, NULL), 0);
    session_tick(&b->session);
    assert_requests(b, "");
    assert_int_equal(session_next_ms(&b->session), UINT64_MAX);
    assert_int_equal(link_credit(&b->session.link, key_of(1), 1, NULL), 0);
    session_tick(&b->session);
    assert_requests(b, "blocks " KEY " 1 1048577 524288 16 8\n");
    free(bytes);
}

static void test_following(void **state)
{
    struct bench *b = *state;
    struct link_start start = { .key = key_of(1), .program = SLICE("true") };

    hello(b);
    attach(b);
    assert_int_equal(link_attach(&b->session.link, key_of(1), 0, 0, NULL), -EALREADY);
    feed(b, "started " KEY "\n");
    // A start on what runs is answered, and changes nothing.
    assert_int_equal(link_start(&b->session.link, &start, NULL), 0);
    feed(b, "refused " KEY " another command\n");
    assert_int_equal(b->count[LINK_REFUSED], 1);
    assert_int_equal(link_attach(&b->session.link, key_of(1), 0, 0, NULL), -EALREADY);
    feed(b, "never " KEY "\n");
    assert_int_equal(b->count[LINK_NEVER], 1);
    assert_int_equal(link_attach(&b->session.link, key_of(1), 0, 0, NULL), 0);
    // The result of a superseded attempt that was not followed here.
    feed(b, "done " JOB "-9 5 0 0 0 0 7 0\n");
    assert_int_equal(b->count[LINK_DONE], 1);
    assert_int_equal(b->last.started_unix_ms, 0);
}

static void test_status(void **state)
{
    struct bench *b = *state;

    assert_int_equal(link_status(&b->session.link, NULL), -ENOTCONN);
    hello(b);
    assert_int_equal(link_status(&b->session.link, NULL), 0);
    assert_requests(b, "status\n");
    feed(b, "status 12 3 1 root:0:sh:Linux 6.1:/a b:c\n");
    assert_int_equal(b->count[LINK_STATUS], 1);
    assert_int_equal(b->last.free_bytes, 12 * 1024);
    assert_int_equal(b->last.keys, 3);
    assert_int_equal(b->last.running, 1);
    assert_string_equal(buf_cstr(&b->text), "root:0:sh:Linux 6.1:/a b:c");
}

static void test_many_attempts(void **state)
{
    struct bench *b = *state;
    char line[128];

    hello(b);
    for (uint64_t no = 0; no < 500; no++)
        assert_int_equal(link_attach(&b->session.link, key_of(no), 0, 0, NULL), 0);
    for (int no = 499; no >= 0; no -= 2) {
        snprintf(line, sizeof(line), "absent " JOB "-%d\n", no);
        feed(b, line);
    }
    assert_int_equal(b->count[LINK_ABSENT], 250);
    for (uint64_t no = 0; no < 500; no++)
        assert_int_equal(link_attach(&b->session.link, key_of(no), 0, 0, NULL),
                         no % 2 ? 0 : -EALREADY);
}

static void test_misuse(void **state)
{
    struct bench *b = *state;
    struct err err = { 0 };

    hello(b);
    assert_int_equal(link_signal(&b->session.link, key_of(1), 0, &err), -EINVAL);
    assert_int_equal(link_credit(&b->session.link, key_of(7), 5, NULL), 0);
    session_mute(&b->session);
    feed(b, "started " KEY "\n");
    assert_int_equal(b->count[LINK_STARTED], 0);
    assert_int_equal(link_forget(&b->session.link, key_of(1), &err), -ENOTCONN);
    assert_string_equal(err.text, "the link is down");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ready),
        TEST(test_hello_has_a_deadline),
        TEST(test_refusal_and_garbage_end_it_once),
        TEST(test_garbage_after_ready),
        TEST(test_pace),
        TEST(test_a_runner_that_falls_silent_is_given_up),
        TEST(test_sending_is_no_silence),
        TEST(test_full_answer_asks_at_once),
        TEST(test_end_after_all_output),
        TEST(test_bytes_sent_twice),
        TEST(test_a_hole_or_too_much_is_refused),
        TEST(test_credit),
        TEST(test_the_rest_comes_in_blocks),
        TEST(test_little_credit_waits_for_more),
        TEST(test_following),
        TEST(test_status),
        TEST(test_many_attempts),
        TEST(test_misuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
