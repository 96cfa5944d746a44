// SPDX-License-Identifier: MIT
// What goes over a link, byte by byte: golden requests, replies in every possible
// split, and what a hostile target might send.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/wire.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define JOB "11111111-1111-1111-1111-111111111111"

static struct link_key key_of(uint64_t intent_no)
{
    struct link_key key = { .intent_no = intent_no };

    memset(key.job.bytes, 0x11, sizeof(key.job.bytes));
    return key;
}

static void assert_bytes(struct buf *buf, const char *want)
{
    assert_int_equal(buf_failed(buf), 0);
    assert_string_equal(buf_cstr(buf), want);
    buf_clear(buf);
}

static void test_requests(void **state)
{
    const uint64_t offset[2] = { 7, 0 }, len[2] = { 100, 50 };
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    wire_attach(&buf, key_of(3), offset, 1000);
    assert_bytes(&buf, "attach " JOB "-3 8 1 1000\n");
    wire_read(&buf, key_of(3), offset, len, 1000, true);
    assert_bytes(&buf, "read " JOB "-3 8 100 1 50 1000 1\n");
    wire_take(&buf, key_of(3), LINK_ERR, 9, 11);
    assert_bytes(&buf, "take " JOB "-3 2 10 11\n");
    wire_blocks(&buf, key_of(3), LINK_OUT, UINT64_C(4294967296), 196608);
    assert_bytes(&buf, "blocks " JOB "-3 1 4294967297 196608 65536 3\n");
    wire_signal(&buf, key_of(UINT64_MAX), 15);
    assert_bytes(&buf, "signal " JOB "-18446744073709551615 15\n");
    wire_forget(&buf, (struct link_key[]){ key_of(0), key_of(7) }, 2);
    assert_bytes(&buf, "forget " JOB "-0 " JOB "-7\n");
    wire_list(&buf);
    assert_bytes(&buf, "list\n");
    wire_status(&buf);
    assert_bytes(&buf, "status\n");
    buf_release(&buf);
}

// The request without its digest.
static void assert_start(const struct link_start *start, const char *rest)
{
    const char *head = "start " JOB "-5 ";
    struct buf buf;

    buf_init(&buf, 0);
    wire_start(&buf, start, 1000);
    assert_memory_equal(buf_cstr(&buf), head, strlen(head));
    assert_string_equal(buf_cstr(&buf) + strlen(head) + 64, rest);
    buf_release(&buf);
}

static void test_start(void **state)
{
    struct link_start start = { .key = key_of(5), .program = SLICE("true") };

    (void)state;
    assert_start(&start, " - 1 1 1000 l 1 - 0\ntrue\n.\n");
    start.program = SLICE("a\nb\n");
    start.has_stdin = true;
    assert_start(&start, " - 1 1 1000 l 2 l 0\na\nb\n.\n");
    start.stdin_bytes = SLICE("x\ny");
    start.has_supersedes = true;
    start.supersedes_intent_no = 4;
    start.out_offset = 2;
    assert_start(&start, " " JOB "-4 3 1 1000 l 2 L 2\na\nb\nx\ny\n.\n");
}

static void test_start_with_bytes(void **state)
{
    static const uint8_t large[WIRE_LINES_MAX + 1] = { 'x' };
    struct link_start start = { .key = key_of(5), .program = SLICE(":"), .has_stdin = true };
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    start.stdin_bytes = SLICE("a\0b");
    wire_start(&buf, &start, 1);
    assert_memory_equal(buf.ptr + buf.len - 11, "b 3\n:\na\0b.\n", 11);
    buf_clear(&buf);
    start.stdin_bytes = slice_of(large, sizeof(large));
    wire_start(&buf, &start, 1);
    assert_non_null(strstr(buf_cstr(&buf), " l 1 b 4097\n:\nx"));
    buf_release(&buf);
}

static void digest_of(const struct link_start *start, char text[65])
{
    struct buf buf;

    buf_init(&buf, 0);
    wire_start(&buf, start, 1);
    memcpy(text, buf.ptr + strlen("start " JOB "-5 "), 64);
    text[64] = '\0';
    buf_release(&buf);
}

static void test_digest_tells_commands_apart(void **state)
{
    struct link_start a = { .key = key_of(5), .program = SLICE("ab"), .has_stdin = true };
    struct link_start b = a;
    char one[65], two[65];

    (void)state;
    a.stdin_bytes = SLICE("c");
    b.program = SLICE("a");
    b.stdin_bytes = SLICE("bc");
    digest_of(&a, one);
    digest_of(&b, two);
    assert_string_not_equal(one, two);
    b = a;
    b.out_offset = 5;
    digest_of(&b, two);
    assert_string_equal(one, two);
    b.has_stdin = false;
    a.stdin_bytes = SLICE("");
    digest_of(&a, one);
    digest_of(&b, two);
    assert_string_not_equal(one, two);
}

// --- Replies -------------------------------------------------------------------

static const char talk[] =
    "Welcome!\nready 1 2 3 no nonce\n" NONCE " ready 250 boot Linux 6.1 sh\n"
    "started " JOB "-7\ndata " JOB "-7 1 1 12\ndone x\nabc\n\ndata " JOB "-7 2 5 1\n\n"
    "got " JOB "-7\nrefused " JOB "-8 no: because of it\n\n"
    "done " JOB "-7 3 0 10 20 1 11 1\nkeys\n";

static int feed(struct wire *w, const char *bytes, size_t len, struct err *err)
{
    struct slice s = slice_of(bytes, len);
    struct wire_reply reply;
    int rc;

    do {
        rc = wire_next(w, &s, &reply, err);
    } while (rc == 1);
    return rc;
}

static void test_talk(void **state)
{
    struct wire w;
    struct wire_reply r;
    struct slice s = slice_of(talk, sizeof(talk) - 1);
    char noise[WORDS_TEXT];

    (void)state;
    wire_init(&w, NONCE);
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_READY);
    assert_int_equal(r.numbers[0], 250);
    assert_true(slice_is(r.text, "boot Linux 6.1 sh"));
    assert_string_equal(wire_noise(&w, noise), "Welcome! ready 1 2 3 no nonce");
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_STARTED);
    assert_true(link_key_equal(r.key, key_of(7)));
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_DATA);
    assert_true(slice_is(r.text, "done x\nabc\n\n"));
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.numbers[0], LINK_ERR);
    assert_int_equal(r.numbers[1], 5);
    assert_true(slice_is(r.text, "\n"));
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_GOT);
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_REFUSED);
    assert_true(slice_is(r.text, "no: because of it"));
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_DONE);
    assert_int_equal(r.numbers[5], 11);
    assert_int_equal(wire_next(&w, &s, &r, NULL), 1);
    assert_int_equal(r.word, WIRE_KEYS);
    assert_int_equal(wire_next(&w, &s, &r, NULL), 0);
}

// Whatever the pieces, the same is said, and every byte of data has its number.
static void test_random_splits(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct wire w;
        size_t at = 0, words = 0, bytes = 0;
        uint64_t next = 1;

        wire_init(&w, NONCE);
        while (at < sizeof(talk) - 1) {
            size_t n = 1 + (size_t)rand_r(&seed) % (size_t)(round % 40 + 1);
            struct slice s;
            struct wire_reply r;
            int rc;
            if (n > sizeof(talk) - 1 - at)
                n = sizeof(talk) - 1 - at;
            s = slice_of(talk + at, n);
            while ((rc = wire_next(&w, &s, &r, NULL)) == 1) {
                words += r.word != WIRE_DATA;
                if (r.word != WIRE_DATA || r.numbers[0] != LINK_OUT)
                    continue;
                assert_int_equal(r.numbers[1], next);
                assert_memory_equal(r.text.ptr, &"done x\nabc\n\n"[next - 1], r.text.len);
                next += r.text.len;
                bytes += r.text.len;
            }
            assert_int_equal(rc, 0);
            at += n;
        }
        assert_int_equal(words, 6);
        assert_int_equal(bytes, 12);
    }
}

static void test_hostile(void **state)
{
    static const char *const lines[] = {
        "hello\n", "started\n", "started " JOB "\n", "started " JOB "-\n", "started " JOB "-01\n",
        "started " JOB "-18446744073709551616\n", "started " JOB "-7 more\n",
        "started ../../etc/passwd-1\n", "data " JOB "-7 3 1 5\n", "data " JOB "-7 1 0 5\n",
        "data " JOB "-7 1 1 0\n", "data " JOB "-7 1 1 16777217\n",
        "data " JOB "-7 1 1 99999999999999999999\n", "data " JOB "-7 1 1 -5\n",
        "data " JOB "-7 1 1\n", "done " JOB "-7 1 2 3 4 5 6\n", "done " JOB "-7 x 0 0 0 0 0 0\n",
        "done " JOB "-7  1 0 0 0 0 0 0\n", "signalled " JOB "-7 \n", "keys more\n", " keys\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct wire w;
        struct err err = { 0 };
        const char hello[] = NONCE " ready 2 b k s\n";
        wire_init(&w, NONCE);
        assert_int_equal(feed(&w, hello, strlen(hello), &err), 0);
        if (feed(&w, lines[i], strlen(lines[i]), &err) != -EPROTO)
            fail_msg("taken: %s", lines[i]);
        assert_true(strlen(err.text) > 0);
    }
}

static void test_long_lines(void **state)
{
    const char hello[] = NONCE " ready 2 b k s\n";
    struct wire w;
    struct err err = { 0 };
    char noise[WORDS_TEXT];

    (void)state;
    // Before READY anything goes, and nothing grows.
    wire_init(&w, NONCE);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(feed(&w, "0123456789", 10, &err), 0);
    assert_true(strlen(wire_noise(&w, noise)) < WORDS_TEXT);
    assert_int_equal(feed(&w, "\n", 1, &err), 0);
    assert_int_equal(feed(&w, hello, strlen(hello), &err), 0);
    assert_true(w.ready);
    for (int i = 0; i < 102; i++)
        assert_int_equal(feed(&w, "0123456789", 10, &err), 0);
    assert_int_equal(feed(&w, "0123456789", 10, &err), -EPROTO);
}

static void test_noise_is_printable(void **state)
{
    const char bytes[] = "\x1b[31mred\x07\r\n\n\nlogin:";
    struct wire w;
    char noise[WORDS_TEXT];

    (void)state;
    wire_init(&w, NONCE);
    assert_int_equal(feed(&w, bytes, sizeof(bytes) - 1, NULL), 0);
    assert_string_equal(wire_noise(&w, noise), "[31mred; login:");
}

static void test_keys(void **state)
{
    struct link_key key;
    char text[LINK_KEY_TEXT];

    (void)state;
    assert_string_equal(link_key_format(key_of(42), text), JOB "-42");
    assert_int_equal(link_key_parse(slice_str(text), &key), 0);
    assert_true(link_key_equal(key, key_of(42)));
    assert_false(link_key_equal(key, key_of(43)));
    assert_string_equal(link_event_name(LINK_DONE), "done");
    assert_string_equal(link_event_name(LINK_LINGERS), "lingers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_start_with_bytes),
        cmocka_unit_test(test_digest_tells_commands_apart),
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_random_splits),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_noise_is_printable),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
