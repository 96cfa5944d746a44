// SPDX-License-Identifier: MIT
// What the core asks of a link. Each call becomes a request for the carrier to send, and is
// done when that is in the buffer: what comes of it are events.
#include "host/session.h"

#include <errno.h>

static struct session *session_of(struct link *link)
{
    return container_of(link, struct session, link);
}

static int require_ready(const struct session *s, struct err *err)
{
    if (s->ready)
        return 0;
    return err_set(err, -ENOTCONN, "the link is %s", s->over ? "down" : "not ready yet");
}

// Follows a key; *fresh tells whether it was not followed before.
static struct attempt *follow(struct session *s, struct link_key key, const uint64_t offset[2],
                              bool *fresh)
{
    struct attempt *a = attempts_find(&s->attempts, key);

    *fresh = !a;
    if (!a)
        a = attempts_add(&s->attempts, key, offset);
    if (a && *fresh)
        a->poll_ms = s->carrier->now_ms(s) + a->pace_ms;
    return a;
}

int session_start(struct link *link, const struct link_start *start, struct err *err)
{
    struct session *s = session_of(link);
    const uint64_t offset[2] = { start->out_offset, start->err_offset };
    size_t from = s->requests.len;
    struct attempt *a;
    bool fresh;

    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    a = follow(s, start->key, offset, &fresh);
    if (!a)
        return err_set(err, -ENOMEM, "no memory to follow an attempt");
    wire_start(&s->requests, start, a->credit);
    if (buf_failed(&s->requests) && fresh)
        attempts_drop(&s->attempts, a);
    return session_send(s, from, err);
}

int session_attach(struct link *link, struct link_key key, uint64_t out_offset,
                   uint64_t err_offset, struct err *err)
{
    struct session *s = session_of(link);
    const uint64_t offset[2] = { out_offset, err_offset };
    size_t from = s->requests.len;
    char text[LINK_KEY_TEXT];
    struct attempt *a;
    bool fresh;

    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    a = follow(s, key, offset, &fresh);
    if (!a)
        return err_set(err, -ENOMEM, "no memory to follow an attempt");
    if (!fresh)
        return err_set(err, -EALREADY, "attempt %s is followed already",
                       link_key_format(key, text));
    wire_attach(&s->requests, key, offset, a->credit);
    if (buf_failed(&s->requests))
        attempts_drop(&s->attempts, a);
    return session_send(s, from, err);
}

int session_signal(struct link *link, struct link_key key, int signum, struct err *err)
{
    struct session *s = session_of(link);
    size_t from = s->requests.len;

    if (signum < 1 || signum > 64)
        return err_set(err, -EINVAL, "signal %d: a number from 1 to 64 is wanted", signum);
    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    wire_signal(&s->requests, key, signum);
    return session_send(s, from, err);
}

// It can wait, and does not cost the host its time while there is work.
int session_forget(struct link *link, struct link_key key, struct err *err)
{
    struct session *s = session_of(link);

    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    if (forgets_add(&s->forgets, key, s->carrier->now_ms(s)))
        session_part(s);
    else
        s->carrier->wake(s);
    return 0;
}

int session_list(struct link *link, struct err *err)
{
    struct session *s = session_of(link);
    size_t from;

    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    session_part(s);
    from = s->requests.len;
    wire_list(&s->requests);
    return session_send(s, from, err);
}

int session_status(struct link *link, struct err *err)
{
    struct session *s = session_of(link);
    size_t from;

    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    session_part(s); // what is as good as forgotten is not counted
    from = s->requests.len;
    wire_status(&s->requests);
    return session_send(s, from, err);
}

int session_credit(struct link *link, struct link_key key, uint64_t bytes, struct err *err)
{
    struct session *s = session_of(link);
    struct attempt *a;

    if (require_ready(s, err) < 0)
        return err ? err->code : -ENOTCONN;
    a = attempts_find(&s->attempts, key);
    if (!a)
        return 0; // it has ended meanwhile: nothing more comes
    a->credit = bytes > UINT64_MAX - a->credit ? UINT64_MAX : a->credit + bytes;
    // Asked from the loop: a link that fails to ask goes down, which is an event.
    if (a->ended || (a->more && a->credit >= ATTEMPT_READ_LEAST))
        a->poll_ms = 0;
    s->carrier->wake(s);
    return 0;
}

// The runner is not slow while nobody listens: it gets the time again.
void session_hold(struct link *link, bool held)
{
    struct session *s = session_of(link);
    uint64_t now = s->carrier->now_ms(s);

    if (s->over || s->held == held)
        return;
    s->held = held;
    if (held)
        s->held_ms = now;
    else
        s->hello_until_ms += now - s->held_ms;
    s->heard_ms = now;
    s->carrier->wake(s);
}
