// SPDX-License-Identifier: MIT
#include "session_bench.h"

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

void feed(struct bench *b, const char *text)
{
    session_feed(&b->session, slice_str(text));
}

struct link_key key_of(uint64_t intent_no)
{
    struct link_key key = { .intent_no = intent_no };

    memset(key.job.bytes, 0x11, sizeof(key.job.bytes));
    return key;
}

int bench_setup(void **state)
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

int bench_teardown(void **state)
{
    struct bench *b = *state;

    session_release(&b->session);
    buf_release(&b->output);
    buf_release(&b->text);
    free(b);
    return 0;
}

void hello(struct bench *b)
{
    feed(b, NONCE " ready 100 boot-1 Linux 6 sh\n");
    assert_int_equal(b->count[LINK_READY], 1);
}

void attach(struct bench *b)
{
    assert_int_equal(link_attach(&b->session.link, key_of(1), 0, 0, NULL), 0);
    buf_clear(&b->session.requests);
}

void assert_requests(struct bench *b, const char *want)
{
    assert_string_equal(buf_cstr(&b->session.requests), want);
    buf_clear(&b->session.requests);
}
