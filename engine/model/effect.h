// SPDX-License-Identifier: MIT
// What a strand asks for when it yields. Made by the Lua host, folded by the
// model, performed by the core. All slices are borrowed from the script and
// stay valid until that strand is resumed again.
#pragma once

#include "model/step.h"

// In the order of their numbers, which journals have: a new kind takes the next one.
#define EFFECTS(X)                                                              \
    X(COMMAND, 0, "command") /* run a command on a host: args (model/command.h) */ \
    X(ONCE, 1, "once")       /* call the strand's pending Lua function once */  \
    X(SLEEP, 2, "sleep")     /* wait for duration_ms */                         \
    X(SIGNAL, 3, "signal")   /* wait for a signal called `name`, at most duration_ms */ \
    X(SUSPEND, 4, "suspend") /* suspend the job until a person resumes it */    \
    X(FORK, 5, "fork")       /* run fork_count child strands, wait for them all */ \
    X(END, 6, "end")         /* the strand is over: failed, or value */         \
    X(ASK, 7, "ask")         /* wait for a person's answer (model/question.h), at most duration_ms */

enum effect_kind {
#define X(id, number, text) EFFECT_##id = number,
    EFFECTS(X)
#undef X
    EFFECT_COUNT
};

const char *effect_kind_name(enum effect_kind kind);

// Where in its strand an effect was asked for. What cleans up is not cancelled, and
// after a failure or a cancel it is bounded by the job's cleanup_timeout.
enum effect_scope {
    SCOPE_BODY,
    SCOPE_DEFER,  // a defer of a strand that succeeded
    SCOPE_UNWIND, // an undo or defer of one that failed or was cancelled
};

struct effect {
    enum effect_kind kind;
    enum effect_scope scope;
    struct slice label;      // the word the author used: "run", "exec", "read", "once", ...
    struct slice name;       // option `name`, or for once/signal the required name; may be empty
    struct slice line;       // "file.lua:14", for messages and history; never compared
    struct slice host;       // COMMAND: the host's name, as in args
    struct slice args;       // an encoded map, canonical: what the step is; fingerprinted
    struct step_policy policy;
    int64_t duration_ms;     // SLEEP: how long. SIGNAL, ASK: within, or -1 for ever
    uint32_t fork_count;     // FORK: strands to run, paths PARENT.k in order
    struct slice fork_hosts; // FORK: encoded names, one behind the other, of each branch's host; or empty
    uint32_t fork_throttle;  // FORK: at most so many at a time; 0: all
    bool failed;             // END: by an error
    struct slice value;      // END: the encoded result, or the encoded error table
    struct slice message;    // END failed, SUSPEND: one sentence for a person
};

// SLEEP, SIGNAL, ASK and SUSPEND only wait: a job all of whose open steps wait can be parked.
bool effect_kind_waits(enum effect_kind kind);
