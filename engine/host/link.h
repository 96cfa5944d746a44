// SPDX-License-Identifier: MIT
// A link: one open session to a host's runner. The core sends requests and gets
// events; both name an attempt by its key. A link never decides policy.
//
// Life: link_open -> LINK_READY or LINK_DOWN ... link_close -> the close callback.
// Requests before LINK_READY or after LINK_DOWN are refused (-ENOTCONN) and leave
// nothing behind. Events come on the loop's thread, never from inside a call.
// Implementations: local (a runner on this machine), ssh, simulated.
#pragma once

#include "base/err.h"
#include "base/id.h"
#include "base/slice.h"

struct link;

// The attempt of a step, for ever: job uuid + event number of its intent.
struct link_key {
    struct uuid job;
    uint64_t intent_no;
};

#define LINK_EVENTS(X)                                                              \
    X(READY, "ready")             /* hello answered: boot_id, text */               \
    X(DOWN, "down")               /* the session is over; text says why. Last event */ \
    X(STARTED, "started")         /* the command runs (or ran): the claim is ours */ \
    X(REFUSED, "refused")         /* it was not and will not be started: text */     \
    X(ABSENT, "absent")           /* attach: no such key in the spool */             \
    X(OUTPUT, "output")           /* bytes of a stream at an offset */               \
    X(DONE, "done")               /* the command ended: code, sizes. All OUTPUT came before */ \
    X(KILLED, "killed")           /* no rc, nobody left, same boot. All OUTPUT came before */ \
    X(INTERRUPTED, "interrupted") /* no rc, another boot. All OUTPUT came before */  \
    X(NEVER, "never")             /* claimed but its `go` was never taken: certainly not run */ \
    X(SIGNALLED, "signalled")     /* a signal was sent: code 0; nobody was left to get it: 1 */ \
    X(FORGOTTEN, "forgotten")     /* the key's directory is gone */                   \
    X(LISTED, "listed")           /* one key of the spool; the last has key nil */ \
    X(LINGERS, "lingers")         /* the command ended, not all it began: text tells; DONE waits */ \
    X(STATUS, "status")           /* what was asked: free_bytes, keys, running, text */

enum link_event_type {
#define X(id, text) LINK_##id,
    LINK_EVENTS(X)
#undef X
    LINK_EVENT_COUNT
};

const char *link_event_name(enum link_event_type type);

// How a link came to its end, for whoever decides what to do about it. Only the first
// tells that there ever was a READY.
#define LINK_ENDS(X)                                                                  \
    X(LOST, "lost")           /* after READY: what was begun there goes on */           \
    X(UNREACHED, "unreached") /* name, network, or nobody there: it may be later */     \
    X(DENIED, "denied")       /* login or host key: the same again until a person acts, \
                                 and a server may lock out who tries on and on */       \
    X(NO_SHELL, "no shell")   /* logged in, and no POSIX sh is what answers */          \
    X(REFUSED, "refused")     /* by the runner: fenced, or the target is not fit */

enum link_end {
#define X(id, text) LINK_END_##id,
    LINK_ENDS(X)
#undef X
};

const char *link_end_name(enum link_end end);

enum { LINK_KEY_TEXT = 58 }; // <uuid>-<decimal> with NUL

// The key as it is written everywhere outside this program; returns text.
const char *link_key_format(struct link_key key, char text[LINK_KEY_TEXT]);
// -EINVAL when the text is not a key.
int link_key_parse(struct slice text, struct link_key *ret);
bool link_key_equal(struct link_key a, struct link_key b);

enum link_stream { LINK_OUT = 1, LINK_ERR = 2 };

struct link_event {
    enum link_event_type type;
    struct link_key key;
    struct slice boot_id;       // READY
    uint64_t free_bytes;        // STATUS: space in the spool's file system; 0 unknown
    uint64_t keys, running;     // STATUS: attempts in the spool, and those that run
    enum link_stream stream;    // OUTPUT
    uint64_t offset;            // OUTPUT: of data's first byte in the stream
    struct slice data;          // OUTPUT, valid during the call
    int32_t code;               // DONE: exit code, or 128+n by convention; see signal
    int32_t signal;             // DONE: the signal that ended it, 0 when it exited
    bool unverified;            // DONE: the rc is from another boot
    bool spool_full;            // DONE: its disk had no room then; output may be lost
    uint64_t out_bytes, err_bytes;   // DONE, KILLED, INTERRUPTED: whole sizes
    int64_t started_unix_ms, ended_unix_ms; // DONE: by this machine's clock and
                                            // the target's uptime; 0 unknown
    enum link_end end;          // DOWN
    struct slice text;          // READY: "Linux 6.1 sh"; DOWN, REFUSED: the reason; LINGERS;
                                // STATUS: "user:uid:shell:Linux 6.1:/path/of/the/spool"
};

typedef void (*link_event_fn)(void *arg, struct link *link, const struct link_event *event);

// What to start. program is sh text (model/command.h's command_program).
struct link_start {
    struct link_key key;
    struct slice program;
    struct slice stdin_bytes;
    bool has_stdin;
    bool direct;                   // program ends with what it runs behind "$@": see command.h
    bool has_supersedes;           // this attempt replaces an older one ...
    uint64_t supersedes_intent_no; // ... of the same job
    uint64_t out_offset, err_offset; // what the engine already has (0 for a new attempt)
};

struct link_ops {
    int (*start)(struct link *link, const struct link_start *start, struct err *err);
    int (*attach)(struct link *link, struct link_key key, uint64_t out_offset,
                  uint64_t err_offset, struct err *err);
    int (*credit)(struct link *link, struct link_key key, uint64_t bytes, struct err *err);
    int (*signal)(struct link *link, struct link_key key, int signum, struct err *err);
    int (*forget)(struct link *link, struct link_key key, struct err *err);
    int (*list)(struct link *link, struct err *err);
    int (*status)(struct link *link, struct err *err);
    void (*hold)(struct link *link, bool held);
    void (*close)(struct link *link, void (*closed)(void *arg), void *arg);
};

struct link {
    const struct link_ops *ops; // first member of every implementation
};

// Idempotent start; answers STARTED or REFUSED, then OUTPUT..., then one of
// DONE, KILLED, INTERRUPTED, NEVER. A start on an existing key attaches.
// A REFUSED whose text begins "not forgotten:" answers a forget instead.
//
// When the superseded attempt has a result of its own, that stands: DONE comes for
// its key and NEVER for this one. If the superseded key was not followed on this
// link, its DONE comes without output: attach it for that.
static inline int link_start(struct link *l, const struct link_start *s, struct err *err)
{
    return l->ops->start(l, s, err);
}
// Asks for an attempt's state and its output from the offsets on. Answers ABSENT,
// or what start answers. -EALREADY when the key is followed already: it is from a
// start or an attach until its last event.
static inline int link_attach(struct link *l, struct link_key key, uint64_t out, uint64_t errs,
                              struct err *err)
{
    return l->ops->attach(l, key, out, errs, err);
}
// Allows so many more bytes of OUTPUT for the key. A key begins with LINK_CREDIT. With less than
// half of that, no more is asked for than the last of an ended command's output.
static inline int link_credit(struct link *l, struct link_key key, uint64_t bytes, struct err *err)
{
    return l->ops->credit(l, key, bytes, err);
}
// Sends a signal to the whole process group; verified. Answers SIGNALLED.
static inline int link_signal(struct link *l, struct link_key key, int signum, struct err *err)
{
    return l->ops->signal(l, key, signum, err);
}
// Removes the key's files, soon: what is to be forgotten waits for more of its kind. Only after its result is committed. Answers FORGOTTEN.
static inline int link_forget(struct link *l, struct link_key key, struct err *err)
{
    return l->ops->forget(l, key, err);
}
// Answers one LISTED per key, and a last one with a nil job uuid.
static inline int link_list(struct link *l, struct err *err) { return l->ops->list(l, err); }
// Asks how it looks there. Answers STATUS: the runner is there, at this moment.
static inline int link_status(struct link *l, struct err *err) { return l->ops->status(l, err); }
// Held, a link tells nothing, LINK_DOWN included, and takes nothing more in than it
// has: what its runner says waits in the pipe, and then the runner waits. Requests
// are sent all the same. Let go, it goes on where it was, later, on the loop; nothing
// is lost by it. May be called from inside an event: that one was the last.
static inline void link_hold(struct link *l, bool held) { l->ops->hold(l, held); }
// Ends the session, not the commands. closed is called once, then the link is freed.
static inline void link_close(struct link *l, void (*closed)(void *arg), void *arg)
{
    l->ops->close(l, closed, arg);
}

enum { LINK_CREDIT = 1024 * 1024 }; // bytes of output a key may send unasked

// What every real link needs to know about its engine.
struct link_options {
    struct uuid store;        // spool/<store uuid>
    uint64_t epoch;           // fencing: an older engine is refused
    struct uuid incarnation;
    const uint16_t *past;     // first bytes of the incarnations before, newest first: a target
    size_t past_count;        // that saw another at their epoch follows a copy of this store
    const char *spool_dir;    // on the target; NULL: ~/.local/state/pawl/spool
    const char *shell;        // on the target; NULL: sh
    const char *way;          // a word of letters and digits: links to one host by different
                              // ways leave each other alone there; NULL: "0"
    bool take_over;           // act there whatever epoch is found (`pawl doctor`)
    link_event_fn event;
    void *arg;
};
