// SPDX-License-Identifier: MIT
// A session without a runner: the test is the other end of the wire, and the clock.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/session.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define JOB "11111111-1111-1111-1111-111111111111"
#define KEY_OF(no) JOB "-" no
#define KEY KEY_OF("1")

enum { ANSWER_MS = 30000, LINE_MS = 20 }; // what a line of ours may take to get there

struct bench {
    struct session session; // first
    uint64_t now_ms;
    unsigned count[LINK_EVENT_COUNT];
    struct link_event last;
    struct buf output, text;
    enum link_event_type hold_at; // such an event asks the link to wait
    bool holds;
};

static struct bench *bench_of(struct session *session)
{
    return container_of(session, struct bench, session);
}

static void wake(struct session *session) { (void)session; }
static uint64_t now_ms(struct session *session) { return bench_of(session)->now_ms; }
static int64_t unix_ms(struct session *session)
{
    (void)session;
    return 5000;
}

static void on_event(void *arg, struct link *link, const struct link_event *e)
{
    struct bench *b = arg;

    assert_ptr_equal(link, &b->session.link);
    b->count[e->type]++;
    b->last = *e;
    if (b->holds && e->type == b->hold_at)
        link_hold(link, true);
    if (e->type == LINK_OUTPUT)
        buf_add_slice(&b->output, e->data);
    buf_clear(&b->text);
    buf_add_slice(&b->text, e->text);
}

static const struct link_ops ops = {
    .start = session_start,
    .attach = session_attach,
    .credit = session_credit,
    .signal = session_signal,
    .forget = session_forget,
    .list = session_list,
    .status = session_status,
    .hold = session_hold,
};

static const struct session_carrier carrier = { .wake = wake, .now_ms = now_ms, .unix_ms = unix_ms };

static void feed(struct bench *b, const char *text)
{
    session_feed(&b->session, slice_str(text));
}

static struct link_key key_of(uint64_t intent_no)
{
    struct link_key key = { .intent_no = intent_no };

    memset(key.job.bytes, 0x11, sizeof(key.job.bytes));
    return key;
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct link_options options = { .event = on_event, .arg = b };

    buf_init(&b->output, 0);
    buf_init(&b->text, 0);
    b->now_ms = 1000;
    session_init(&b->session, &ops, &carrier, &options, NONCE, b->now_ms, 500);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    session_release(&b->session);
    buf_release(&b->output);
    buf_release(&b->text);
    free(b);
    return 0;
}

static void hello(struct bench *b)
{
    feed(b, NONCE " ready 100 boot-1 Linux 6 sh\n");
    assert_int_equal(b->count[LINK_READY], 1);
}

static void attach(struct bench *b)
{
    assert_int_equal(link_attach(&b->session.link, key_of(1), 0, 0, NULL), 0);
    buf_clear(&b->session.requests);
}

// The requests since the last look.
static void assert_requests(struct bench *b, const char *want)
{
    assert_string_equal(buf_cstr(&b->session.requests), want);
    buf_clear(&b->session.requests);
}

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

static void forget_some(struct bench *b, uint64_t first, uint64_t count)
{
    for (uint64_t no = first; no < first + count; no++)
        assert_int_equal(link_forget(&b->session.link, key_of(no), NULL), 0);
}

// When for a second none came, or after five.
static void test_forgets_go_together(void **state)
{
    struct bench *b = *state;
    uint64_t begun;

    hello(b);
    forget_some(b, 1, 1);
    b->now_ms += 900;
    forget_some(b, 2, 1);
    forget_some(b, 1, 1); // twice is once
    b->now_ms += 900;
    session_tick(&b->session);
    assert_requests(b, "");
    assert_int_equal(session_next_ms(&b->session), b->now_ms + 100);
    b->now_ms += 100;
    session_tick(&b->session);
    assert_requests(b, "forget " KEY_OF("1") " " KEY_OF("2") "\n");
    begun = b->now_ms;
    for (uint64_t no = 1; no <= 6; no++, b->now_ms += 900)
        forget_some(b, no, 1);
    assert_int_equal(session_next_ms(&b->session), begun + 5000);
    session_part(&b->session);
    buf_clear(&b->session.requests);
    forget_some(b, 1, 1);
    assert_int_equal(link_list(&b->session.link, NULL), 0);
    assert_requests(b, "forget " KEY "\nlist\n");
    forget_some(b, 1, 1);
    assert_int_equal(link_status(&b->session.link, NULL), 0);
    assert_requests(b, "forget " KEY "\nstatus\n");
}

// Or when 48 wait: eight in a line, which no FIFO splits.
static void test_many_forgets_are_one(void **state)
{
    struct bench *b = *state;
    const char *text;
    size_t lines = 0;

    hello(b);
    forget_some(b, 1, 47);
    assert_requests(b, "");
    forget_some(b, 48, 1);
    text = buf_cstr(&b->session.requests);
    for (const char *end; (end = strchr(text, '\n')); text = end + 1, lines++) {
        assert_in_range(end - text, 1, 400);
        assert_memory_equal(text, lines < 5 ? "also " : "forget ", lines < 5 ? 5 : 7);
    }
    assert_int_equal(lines, 6);
    buf_clear(&b->session.requests);
}

// What takes much room on the target's disk goes at once.
static void test_much_is_forgotten_at_once(void **state)
{
    struct bench *b = *state;
    char *bytes = calloc(1, 262145);

    memset(bytes, 'x', 262144);
    hello(b);
    attach(b);
    feed(b, "data " KEY " 1 1 262144\n");
    feed(b, bytes);
    buf_clear(&b->session.requests);
    forget_some(b, 1, 1);
    assert_non_null(strstr(buf_cstr(&b->session.requests), "forget " KEY "\n"));
    buf_clear(&b->session.requests);
    forget_some(b, 1, 1);
    assert_requests(b, "");
    feed(b, "done " KEY " 1 0 1 2 2 262144 0\n"); // the disk was full
    forget_some(b, 2, 1);
    assert_requests(b, "forget " KEY_OF("1") " " KEY_OF("2") "\n");
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
    assert_int_equal(link_credit(&b->session.link, key_of(1), 3, NULL), 0);
    assert_true(session_next_ms(&b->session) <= b->now_ms);
    session_tick(&b->session);
    assert_requests(b, "take " KEY " 1 1048577 3\n");
    feed(b, "data " KEY " 1 1048577 4\nabcd");
    assert_int_equal(b->count[LINK_DOWN], 1);
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

// ---- held

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ready),
        TEST(test_hello_has_a_deadline),
        TEST(test_refusal_and_garbage_end_it_once),
        TEST(test_garbage_after_ready),
        TEST(test_pace),
        TEST(test_a_runner_that_falls_silent_is_given_up),
        TEST(test_forgets_go_together),
        TEST(test_many_forgets_are_one),
        TEST(test_much_is_forgotten_at_once),
        TEST(test_sending_is_no_silence),
        TEST(test_full_answer_asks_at_once),
        TEST(test_end_after_all_output),
        TEST(test_bytes_sent_twice),
        TEST(test_a_hole_or_too_much_is_refused),
        TEST(test_credit),
        TEST(test_following),
        TEST(test_status),
        TEST(test_many_attempts),
        TEST(test_a_held_session_stops_between_two_messages),
        TEST(test_a_session_held_inside_a_frame_goes_on_in_it),
        TEST(test_hello_waits_for_a_held_session),
        TEST(test_a_held_session_asks_nothing_and_keeps_its_credit),
        TEST(test_a_held_session_that_is_closed_drops_the_rest),
        TEST(test_misuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
