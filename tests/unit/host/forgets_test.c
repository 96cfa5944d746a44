// SPDX-License-Identifier: MIT
// When what is to be forgotten goes out, and in which lines.
#include "session_bench.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_forgets_go_together),
        TEST(test_many_forgets_are_one),
        TEST(test_much_is_forgotten_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
