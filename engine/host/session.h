// SPDX-License-Identifier: MIT
// One link's talk with its runner, whatever carries it: turns calls into requests
// and replies into events. Knows no loop and no file descriptor; the carrier (local,
// ssh) embeds it, moves bytes both ways and tells it the time. Everything that
// starts with session_ is called on the loop's thread; events come only out of
// session_feed, session_tick and session_down, which carriers call only from the loop.
//
// A session that is held (link_hold) takes no byte more: what it was fed and has not
// taken stays with the carrier, in its place, and is taken up again by session_tick.
// While session_is_open says no, the carrier reads nothing, and does not say that it
// is gone.
#pragma once

#include "host/attempt.h"
#include "host/forgets.h"
#include "host/wire.h"

struct session;

struct session_carrier {
    // There are requests to send, or session_next_ms has changed.
    void (*wake)(struct session *session);
    // The loop's clock, ms; never decreases.
    uint64_t (*now_ms)(struct session *session);
    // This machine's clock, ms since 1970.
    int64_t (*unix_ms)(struct session *session);
};

struct session {
    struct link link; // first: a link is its session
    const struct session_carrier *carrier;
    link_event_fn event;
    void *arg;
    struct wire wire;
    struct attempts attempts;
    struct slice rest;         // fed and not taken yet: the carrier's
    struct buf requests;       // not sent yet; the carrier takes them
    uint64_t hello_until_ms;   // READY comes before, or never
    int64_t clock_unix_ms;     // when the target booted, by our clock
    uint64_t sent, taken;      // bytes of requests, and how many have certainly been read there
    struct forgets forgets;
    uint64_t held_ms;          // since when it is held
    uint64_t heard_ms;         // when something came last, or was let in again
    bool ready, over, held;
};

// nonce is borrowed. hello_ms: how long READY may take.
void session_init(struct session *session, const struct link_ops *ops,
                  const struct session_carrier *carrier, const struct link_options *options,
                  const char *nonce, uint64_t now_ms, uint64_t hello_ms);
// Frees what it holds. No event comes.
void session_release(struct session *session);

// Bytes from the runner, when session_is_open. They stay valid and unchanged until it
// is so again.
void session_feed(struct session *session, struct slice bytes);
// It is not held, and has taken all that it was fed.
bool session_is_open(const struct session *session);
// Takes what was left while it was held, and asks what it is time to ask.
void session_tick(struct session *session);
// Hands what was added to the requests since `from` to the carrier: all, or nothing.
int session_send(struct session *session, size_t from, struct err *err);
// What waits to be sent with more of its kind goes out now, as before a link is closed.
void session_part(struct session *session);
// When session_tick has something to do next; UINT64_MAX: not by itself.
uint64_t session_next_ms(const struct session *session);
// The carrier is gone: LINK_DOWN, once; nothing after it. Never while it is held.
void session_down(struct session *session, enum link_end end, const char *text);
// From now on no event comes, and what is fed is dropped: the link is being closed.
void session_mute(struct session *session);

// link_ops, all but close.
int session_start(struct link *link, const struct link_start *start, struct err *err);
int session_attach(struct link *link, struct link_key key, uint64_t out_offset,
                   uint64_t err_offset, struct err *err);
int session_credit(struct link *link, struct link_key key, uint64_t bytes, struct err *err);
int session_signal(struct link *link, struct link_key key, int signum, struct err *err);
int session_forget(struct link *link, struct link_key key, struct err *err);
int session_list(struct link *link, struct err *err);
int session_status(struct link *link, struct err *err);
void session_hold(struct link *link, bool held);
