// SPDX-License-Identifier: MIT
// An attempt's life here: added by a call, asked about at its pace, and when the
// runner has told its end and every byte is handed up (credit permitting), its last
// event goes up and it is dropped, in this order of steps so that the callback may
// follow the same key anew. An end is held while a question is under way: its
// answer then cannot be taken for another life's.
//
// A callback may call anything of this link, close and hold included: after each
// event the feed looks at `over` and `held` before it goes on. What it leaves is taken
// by a later tick, never from inside session_hold: events do not come from calls.
#include "host/session.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

enum {
    REQUESTS_MAX = 1024 * 1024 * 1024,
    ANSWER_MS = 30 * 1000, // of silence, while a question is open: as long as a login may take
    SLOWEST = 16,          // bytes per ms, of a line that is slow and not stuck
};

void session_init(struct session *session, const struct link_ops *ops,
                  const struct session_carrier *carrier, const struct link_options *options,
                  const char *nonce, uint64_t now_ms, uint64_t hello_ms)
{
    *session = (struct session){
        .link = { ops },
        .carrier = carrier,
        .event = options->event,
        .arg = options->arg,
        .hello_until_ms = now_ms + hello_ms,
        .heard_ms = now_ms,
    };
    wire_init(&session->wire, nonce);
    attempts_init(&session->attempts);
    buf_init(&session->requests, REQUESTS_MAX);
}

void session_release(struct session *session)
{
    attempts_release(&session->attempts);
    buf_release(&session->requests);
}

static void emit(struct session *s, const struct link_event *event)
{
    if (!s->over)
        s->event(s->arg, &s->link, event);
}

void session_down(struct session *session, enum link_end end, const char *text)
{
    struct link_event event = { .type = LINK_DOWN, .end = end, .text = slice_str(text) };

    assert(!session->held || session->over);
    emit(session, &event);
    session_mute(session);
}

void session_mute(struct session *session)
{
    session->over = true;
    session->ready = session->held = false;
    session->rest = (struct slice){ 0 };
}

// --- Requests ------------------------------------------------------------------

int session_send(struct session *session, size_t from, struct err *err)
{
    int failed = buf_failed(&session->requests);

    if (failed) {
        session->requests.failed = 0;
        buf_cut(&session->requests, from);
        return err_set(err, failed, "no memory for a request of the link");
    }
    session->sent += session->requests.len - from;
    forgets_weigh(&session->forgets, session->requests.len - from);
    session->carrier->wake(session);
    return 0;
}

// What is not sent for want of memory is listed by the next link, and forgotten then.
void session_part(struct session *session)
{
    size_t from = session->requests.len;

    if (!session->ready)
        return;
    forgets_take(&session->forgets, &session->requests);
    session_send(session, from, NULL);
}

bool session_is_open(const struct session *session)
{
    return !session->held && session->rest.len == 0;
}

// --- Questions about output -----------------------------------------------------

// A part of n bytes at an offset that is whole blocks, or leads to the next of them.
static uint64_t in_blocks(uint64_t offset, uint64_t n)
{
    uint64_t in_block = offset % WIRE_BLOCK;

    if (n < 2 * WIRE_BLOCK)
        return n;
    return in_block ? WIRE_BLOCK - in_block : n - n % WIRE_BLOCK;
}

// The rest of an ended attempt's output, one stream after the other.
static void ask_rest(struct session *s, struct attempt *a)
{
    enum link_stream stream = attempt_missing(a, LINK_OUT) ? LINK_OUT : LINK_ERR;
    uint64_t offset = a->offset[stream - LINK_OUT], n = attempt_missing(a, stream);
    uint64_t len[2] = { 0, 0 };

    if (n > a->credit)
        n = a->credit;
    if (n > attempts_read_max(&s->attempts))
        n = attempts_read_max(&s->attempts);
    assert(n > 0);
    n = in_blocks(offset, n);
    len[stream - LINK_OUT] = n;
    if (offset % WIRE_BLOCK || n % WIRE_BLOCK)
        wire_take(&s->requests, a->key, stream, offset, n);
    else
        wire_blocks(&s->requests, a->key, stream, offset, n);
    attempt_asked(a, len);
}

static void ask_more(struct session *s, struct attempt *a)
{
    // What the runner may push at the end by itself: enough, and few digits.
    uint64_t allow = a->credit < LINK_CREDIT ? a->credit : LINK_CREDIT;
    uint64_t len[2];

    attempt_shares(a, attempts_read_max(&s->attempts), len);
    wire_read(&s->requests, a->key, a->offset, len, allow, a->more);
    attempt_asked(a, len);
}

static void ask(struct session *s, struct attempt *a)
{
    size_t from = s->requests.len;
    struct err err = { 0 };

    if (!attempt_can_ask(a))
        return;
    if (a->ended)
        ask_rest(s, a);
    else
        ask_more(s, a);
    if (s->requests.len == from && !buf_failed(&s->requests))
        return;
    a->asked_ms = s->carrier->now_ms(s);
    a->asked_at = s->sent + s->requests.len - from;
    if (session_send(s, from, &err) < 0)
        session_down(s, LINK_END_LOST, err.text);
}

// When it is certain that the open question of an attempt gets no answer: who carries
// it there, or back, is gone or stuck, and ssh does not tell. Whatever is heard counts,
// for answers stand in line. Questions do, too: what was sent before takes its time, of
// which nothing is seen here, for ssh has room for much of it.
static uint64_t deaf_ms(const struct session *s, const struct attempt *a)
{
    uint64_t since = a->asked_ms > s->heard_ms ? a->asked_ms : s->heard_ms;

    return a->reading ? since + ANSWER_MS + (a->asked_at - s->taken) / SLOWEST : UINT64_MAX;
}

static uint64_t attempt_next_ms(const struct session *s, const struct attempt *a)
{
    return attempt_can_ask(a) ? a->poll_ms : deaf_ms(s, a);
}

uint64_t session_next_ms(const struct session *session)
{
    uint64_t next = UINT64_MAX;

    if (session->over || session->held)
        return next;
    if (session->rest.len)
        return 0;
    if (!session->ready)
        return session->hello_until_ms;
    next = forgets_due_ms(&session->forgets);
    list_each(it, &session->attempts.all) {
        const struct attempt *a = container_of(it, struct attempt, in_all);
        if (attempt_next_ms(session, a) < next)
            next = attempt_next_ms(session, a);
    }
    return next;
}

static void check_hello(struct session *s, uint64_t now)
{
    char noise[WORDS_TEXT];
    char text[WORDS_TEXT + 64];

    if (s->ready || s->over || now < s->hello_until_ms)
        return;
    if (*wire_noise(&s->wire, noise))
        snprintf(text, sizeof(text), "the runner did not answer in time; it said: \"%s\"", noise);
    else
        snprintf(text, sizeof(text), "nothing answered in time behind the login: /bin/sh there is "
                 "no POSIX shell, or what a login runs does not end");
    session_down(s, LINK_END_UNREACHED, text);
}

static void take(struct session *s);

void session_tick(struct session *session)
{
    uint64_t now = session->carrier->now_ms(session);

    if (session->rest.len)
        take(session);
    if (session->held)
        return;
    check_hello(session, now);
    if (forgets_due_ms(&session->forgets) <= now)
        session_part(session);
    list_each(it, &session->attempts.all) {
        struct attempt *a = container_of(it, struct attempt, in_all);
        if (session->over)
            return;
        if (attempt_can_ask(a) && a->poll_ms <= now)
            ask(session, a);
        else if (deaf_ms(session, a) <= now)
            session_down(session, LINK_END_LOST, "the runner does not answer any more");
    }
}

// --- Replies --------------------------------------------------------------------

// Hands up the end of an attempt when nothing is missing before it.
static void settle(struct session *s, struct attempt *a)
{
    struct link_event end = a->end;

    if (!a->ended || a->reading)
        return;
    if (attempt_missing(a, LINK_OUT) || attempt_missing(a, LINK_ERR)) {
        ask(s, a);
        return;
    }
    attempts_drop(&s->attempts, a);
    emit(s, &end);
}

static int on_data(struct session *s, struct attempt *a, const struct wire_reply *reply,
                   struct err *err)
{
    struct link_event event = {
        .type = LINK_OUTPUT,
        .key = reply->key,
        .stream = (enum link_stream)reply->numbers[0],
        .offset = reply->numbers[1] - 1,
        .data = reply->text,
    };

    // Of an attempt that is no longer followed: an answer that came too late.
    if (!a)
        return 0;
    if (attempt_take(a, event.stream, &event.offset, &event.data, err) < 0)
        return err->code;
    if (event.data.len > 0)
        emit(s, &event);
    return 0;
}

static void on_got(struct session *s, struct attempt *a)
{
    if (!a)
        return;
    if (a->asked_at > s->taken)
        s->taken = a->asked_at;
    attempt_answered(a, s->carrier->now_ms(s));
    if (a->ended)
        settle(s, a);
    else if (a->more && a->pace_ms == 0)
        ask(s, a);
}

// target time of an uptime in 1/100 s; 0 is unknown.
static int64_t unix_ms_of(const struct session *s, uint64_t uptime)
{
    return uptime ? s->clock_unix_ms + (int64_t)uptime * 10 : 0;
}

static struct link_event done_event(const struct session *s, const struct wire_reply *reply)
{
    const uint64_t *n = reply->numbers;

    return (struct link_event){
        .type = LINK_DONE,
        .key = reply->key,
        .code = n[0] > INT32_MAX ? INT32_MAX : (int32_t)n[0],
        .signal = n[1] > INT32_MAX ? INT32_MAX : (int32_t)n[1],
        .started_unix_ms = unix_ms_of(s, n[2]),
        .ended_unix_ms = unix_ms_of(s, n[3]),
        .unverified = n[4] & 1,
        .spool_full = n[4] & 2,
        .out_bytes = n[5],
        .err_bytes = n[6],
    };
}

// The last event of an attempt is known.
static void on_end(struct session *s, struct attempt *a, const struct link_event *end)
{
    if (end->spool_full)
        forgets_hurry(&s->forgets);
    if (!a) {
        emit(s, end); // a superseded attempt's result, not followed here
        return;
    }
    a->ended = true;
    a->end = *end;
    a->poll_ms = 0;
    settle(s, a);
}

static void on_refused(struct session *s, struct attempt *a, const struct wire_reply *reply)
{
    struct link_event event = { .type = LINK_REFUSED, .key = reply->key, .text = reply->text };

    // A start of another command on a key that runs, or a forget too early: the
    // attempt itself goes on. Otherwise the runner follows it no longer.
    if (a && a->started)
        a = NULL;
    if (a)
        attempts_drop(&s->attempts, a);
    emit(s, &event);
}

static int on_ready(struct session *s, const struct wire_reply *reply, struct err *err)
{
    const uint8_t *blank = reply->text.len ? memchr(reply->text.ptr, ' ', reply->text.len) : NULL;
    struct link_event event = { .type = LINK_READY };
    size_t len;

    if (s->ready || !blank)
        return err_set(err, -EPROTO, "the runner said hello %s",
                       blank ? "twice" : "without a boot id");
    len = (size_t)(blank - reply->text.ptr);
    event.boot_id = slice_of(reply->text.ptr, len);
    event.text = slice_of(blank + 1, reply->text.len - len - 1);
    s->clock_unix_ms = s->carrier->unix_ms(s) - (int64_t)reply->numbers[0] * 10;
    s->ready = true;
    emit(s, &event);
    return 0;
}

static void on_started(struct session *s, struct attempt *a, const struct wire_reply *reply)
{
    struct link_event event = { .type = LINK_STARTED, .key = reply->key };

    if (!a)
        return;
    a->started = true;
    a->pace_ms = ATTEMPT_PACE_MIN_MS;
    a->poll_ms = s->carrier->now_ms(s) + a->pace_ms;
    emit(s, &event);
}

static void on_plain(struct session *s, enum link_event_type type, const struct wire_reply *reply)
{
    struct link_event event = { .type = type, .key = reply->key, .text = reply->text };

    if (type == LINK_SIGNALLED)
        event.code = reply->numbers[0] != 0;
    emit(s, &event);
}

static void on_status(struct session *s, const struct wire_reply *reply)
{
    struct link_event event = {
        .type = LINK_STATUS,
        .free_bytes = reply->numbers[0] * 1024,
        .keys = reply->numbers[1],
        .running = reply->numbers[2],
        .text = reply->text,
    };

    emit(s, &event);
}

static struct link_event end_event(enum link_event_type type, const struct wire_reply *reply)
{
    return (struct link_event){
        .type = type,
        .key = reply->key,
        .out_bytes = reply->numbers[0],
        .err_bytes = reply->numbers[1],
    };
}

static void on_refuse(struct session *s, const struct wire_reply *reply)
{
    char text[WIRE_LINE + 1];

    snprintf(text, sizeof(text), "%.*s", SLICE_ARG(reply->text));
    session_down(s, LINK_END_REFUSED, text);
}

static int on_reply(struct session *s, const struct wire_reply *reply, struct err *err)
{
    struct attempt *a = attempts_find(&s->attempts, reply->key);
    struct link_event end;

    if (!s->ready && reply->word != WIRE_READY && reply->word != WIRE_REFUSE)
        return err_set(err, -EPROTO, "the runner spoke before its hello");
    switch (reply->word) {
    case WIRE_READY: return on_ready(s, reply, err);
    case WIRE_REFUSE: on_refuse(s, reply); return 0;
    case WIRE_STARTED: on_started(s, a, reply); return 0;
    case WIRE_REFUSED: on_refused(s, a, reply); return 0;
    case WIRE_DATA: return on_data(s, a, reply, err);
    case WIRE_GOT: on_got(s, a); return 0;
    case WIRE_SIGNALLED: on_plain(s, LINK_SIGNALLED, reply); return 0;
    case WIRE_FORGOTTEN: on_plain(s, LINK_FORGOTTEN, reply); return 0;
    case WIRE_LINGERS: on_plain(s, LINK_LINGERS, reply); return 0;
    case WIRE_KEY:
    case WIRE_KEYS: on_plain(s, LINK_LISTED, reply); return 0;
    case WIRE_STATUS: on_status(s, reply); return 0;
    case WIRE_DONE: end = done_event(s, reply); break;
    case WIRE_KILLED: end = end_event(LINK_KILLED, reply); break;
    case WIRE_INTERRUPTED: end = end_event(LINK_INTERRUPTED, reply); break;
    case WIRE_ABSENT: end = end_event(LINK_ABSENT, reply); break;
    case WIRE_NEVER: end = end_event(LINK_NEVER, reply); break;
    case WIRE_WORD_COUNT:
    default: assert(false && "a reply that wire_next does not make"); return -EPROTO;
    }
    on_end(s, a, &end);
    return 0;
}

// Replies of the rest, until it is used up or a callback wants no more.
static void take(struct session *s)
{
    struct wire_reply reply;
    struct err err = { 0 };
    int rc = 1;

    while (rc > 0 && !s->over && !s->held) {
        rc = wire_next(&s->wire, &s->rest, &reply, &err);
        if (rc == 1 && on_reply(s, &reply, &err) < 0)
            rc = -1;
    }
    if (rc < 0 && !s->over)
        session_down(s, s->ready ? LINK_END_LOST : LINK_END_UNREACHED, err.text);
}

void session_feed(struct session *session, struct slice bytes)
{
    assert(session_is_open(session));
    if (session->over)
        return;
    session->heard_ms = session->carrier->now_ms(session);
    forgets_weigh(&session->forgets, bytes.len);
    session->rest = bytes;
    take(session);
    if (!session->over)
        session->carrier->wake(session);
}
