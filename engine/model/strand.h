// SPDX-License-Identifier: MIT
// Strands: the coroutines of one job as the model sees them, a tree named by
// paths ("1", "1.3", "1.3.2"), and what each waits for. A strand waits for at most
// one thing: a step (kept inside the strand), its branches, or its turn.
// Invariant: a strand is in the job's ready list, or waits, or has ended.
// Owner: the job. Pure: no Lua, no clock, no I/O.
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "model/event.h"

// Where the step of a waiting strand stands.
#define STEP_STATES(X)                                                      \
    X(NONE, "none")           /* the strand does not wait for a step */     \
    X(ASKED, "asked")         /* the script asked; no intent is journalled */ \
    X(INTENDED, "intended")   /* an attempt is journalled and may be running */ \
    X(BACKOFF, "backoff")     /* an attempt failed; the next waits its time */ \
    X(HELD, "held")           /* waits for a person; resume begins the next attempt */ \
    X(PROBED, "probed")       /* was cut off; a strand below finds out what happened */

enum step_state {
#define X(id, text) STEP_##id,
    STEP_STATES(X)
#undef X
    STEP_STATE_COUNT
};

const char *step_state_name(enum step_state state);

struct step {
    enum step_state state;
    struct effect effect;   // slices borrowed from the script until it is resumed
    uint64_t ordinal;       // place in its strand, from 1
    uint64_t fingerprint;
    uint32_t attempt;       // of the current or next attempt, from 1
    uint32_t failures;      // attempts that failed and count against `retry`
    uint32_t interrupts;    // attempts cut off and rerun by on_interrupt
    uint64_t intent_no;     // event number of what it waits with: the newest attempt's
                            // intent, or in BACKOFF the SETTLED event; 0: none
    uint64_t superseded_no; // intent of the attempt that was cut off before this one; 0: none
    uint64_t superseded_out, superseded_err; // bytes of its streams that were received
    bool cut;               // suspend --force cut this attempt off: its end is no failure
    int64_t waits_since_ms; // the core's: since when it is asked and its host is not there; 0
    int64_t since_unix_ms;  // time of the newest attempt's intent
    uint64_t boot_mark;     // fingerprint of the boot id it was committed under
};

enum strand_wait { STRAND_READY, STRAND_WAITS_STEP, STRAND_WAITS_FORK };

// How a ready strand will be resumed.
// CUT: its cleanup took too long; it is over, and what is left of it will not run.
enum wake_kind { WAKE_START, WAKE_OUTCOME, WAKE_JOINED, WAKE_CANCEL, WAKE_CUT };

struct strand {
    struct list ready;      // in strands.ready while it waits for its turn
    struct list asked;      // in strands.asked while its step waits for an intent
    struct strand *parent;  // NULL: the main strand
    uint32_t branch;        // index in the parent's fork, from 0
    struct slice host;      // that its parent's fork is on, or empty; borrowed as fork_hosts is
    uint32_t handle;        // the script's; 0: it has not begun, or is the main strand
    enum strand_wait wait;
    enum wake_kind wake;    // STRAND_READY: how
    bool wake_ok;           // WAKE_OUTCOME: success by policy
    bool is_probe;          // runs its parent's on_interrupt function
    bool cancel;            // cancelled, and not told yet
    bool cut;               // ... by WAKE_CUT, when it is told
    bool dropped;           // cut off by force
    bool told_cancel;       // it was resumed with WAKE_CANCEL or WAKE_CUT
    enum effect_scope scope; // of its newest effect
    uint64_t cleanup_no;    // event since which its cleanup is bounded; 0: it is not
    struct outcome outcome; // WAKE_OUTCOME: borrowed from the event, or from kept
    bool is_kept;           // outcome points into kept
    struct buf kept;        // a copy of the outcome's bytes when it had to wait
    struct step step;
    uint32_t forks;         // branches ever made: the next path's last number - 1
    struct slice fork_hosts; // of branches to come; borrowed from the script until it is joined
    uint32_t fork_first, fork_count, fork_begun, fork_ended, fork_throttle;
    size_t path_len;
    char path[];            // NUL-terminated
};

struct strands {
    struct strand *main;    // NULL before the start and after its end
    struct map by_path;     // hash of path -> strand
    struct map by_intent;   // intent number -> strand
    struct list ready;      // first in, first out
    struct list asked;      // in the order the script asked
    uint32_t asking;        // steps that wait for a person's answer
    size_t asking_bytes;    // about what their questions take in a head
    struct buf ended_waits; // of the event that is folded, as it will have them
    size_t count;
};

void strands_init(struct strands *strands);
void strands_release(struct strands *strands);

// Makes the main strand, ready to start.
int strands_begin(struct strands *strands, struct err *err);
// The live strand at a path, or NULL.
struct strand *strands_at(const struct strands *strands, struct slice path);
// The strand whose step has this intent, or NULL.
struct strand *strands_intent(const struct strands *strands, uint64_t intent_no);

// The strand's step is intended, and waits for a person's answer.
void strand_await_answer(struct strands *strands, const struct strand *strand);

// Does a step still wait that may take over this attempt's result?
bool strands_supersede(const struct strands *strands, uint64_t intent_no);

// The strand yielded a step: it is asked now, at the next ordinal.
void strand_ask(struct strands *strands, struct strand *strand, const struct effect *effect,
                uint64_t fingerprint);
// Its step asks again (next attempt).
void strand_ask_again(struct strands *strands, struct strand *strand);
// The strand yielded a fork; branches begin up to the throttle.
int strand_fork(struct strands *strands, struct strand *strand, const struct effect *effect,
                struct err *err);
// Will a fork that is under way make one for the host, when its turn has come?
bool strands_await(const struct strands *strands, struct slice host);
// Its attempt was cut off: begins a strand that finds out what happened, and keeps
// the outcome. strand_probed ends the wait with what is kept.
int strand_probe(struct strands *strands, struct strand *strand, const struct outcome *outcome,
                 struct err *err);
void strand_probed(struct strands *strands, struct strand *strand);
// The strand ended: its parent may begin another branch or be joined. Frees it.
int strand_end(struct strands *strands, struct strand *strand, struct err *err);

// Makes a waiting strand ready. Its step is over (WAKE_OUTCOME, WAKE_CANCEL).
void strand_wake(struct strands *strands, struct strand *strand, enum wake_kind wake);
// How it is woken when it is cancelled: with WAKE_CANCEL, or WAKE_CUT.
enum wake_kind strand_cancel_kind(const struct strand *strand);
// The same with that.
void strand_wake_cancelled(struct strands *strands, struct strand *strand);
// The same with an outcome. keep: the outcome's bytes must outlive the event.
int strand_settle(struct strands *strands, struct strand *strand, const struct outcome *outcome,
                  bool ok, bool keep, struct err *err);
// Copies the outcomes of all ready strands: their event is about to go.
int strands_keep(struct strands *strands, struct err *err);
// In BACKOFF the step is known by the event that began the wait.
int strand_back_off(struct strands *strands, struct strand *strand, uint64_t event_no,
                    struct err *err);
// Is an attempt of a command or a once() in flight?
bool strand_in_flight(const struct strand *strand);
// The next ready strand, taken off the list; NULL when none.
struct strand *strands_next(struct strands *strands);
