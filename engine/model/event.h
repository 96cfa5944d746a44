// SPDX-License-Identifier: MIT
// Events: the facts of one job, numbered 1, 2, 3 ... in its journal. Folding
// them in order rebuilds the job, and with the script's replay its strands.
// Plain values; slices are borrowed from the encoded bytes or from the caller.
//
// A journal record holds all events of one job in one turn, back to back:
//   event   array [ type, time_unix_ms, notes, fields ... ]      (MessagePack)
// Numbers are not stored: the record's key has the first one's. Readers accept
// more fields than they know, so that a field may be added at an end.
#pragma once

#include "model/effect.h"
#include "model/value.h"

#define EVENTS(X)                                                                      \
    X(STARTED, "started")         /* always number 1: everything the job is made of */ \
    X(CHILD_ADDED, "child_added") /* the job touches another host */                   \
    X(INTENDED, "intended")       /* an attempt of a step is about to be performed */  \
    X(SETTLED, "settled")         /* an attempt has ended, or a wait is over */        \
    X(FIRED, "fired")             /* a retry's waiting time is over */                 \
    X(SIGNALLED, "signalled")     /* somebody sent a signal */                         \
    X(STOP_ASKED, "stop_asked")   /* stop was asked */                                 \
    X(SUSPEND_ASKED, "suspend_asked")                                                  \
    X(SUSPENDED, "suspended")     /* the engine suspends: divergence, budget, ... */   \
    X(RESUMED, "resumed")                                                              \
    X(ENDED, "ended")             /* the last one: state and reason */                 \
    X(EXPIRED, "expired")         /* one of the job's own limits is over */            \
    X(RENAMED, "renamed")         /* people call it something else; its script does not see it */ \
    X(CHILD_STOP_ASKED, "child_stop_asked") /* stop of its part on one host was asked */

enum event_type {
#define X(id, text) EVENT_##id,
    EVENTS(X)
#undef X
    EVENT_COUNT
};

const char *event_type_name(enum event_type type);

// In place of a count of notes: the strands this event made ready used up their
// budget or memory. They stay queued, as in a suspended job; RESUMED runs them.
#define EVENT_UNRUN UINT32_MAX

enum job_type { JOB_LOCAL, JOB_REMOTE, JOB_CIM, JOB_WORKFLOW, JOB_TYPE_COUNT };
const char *job_type_name(enum job_type type);
int job_type_parse(struct slice name, enum job_type *ret);

struct event_started {
    struct uuid uuid;
    uint64_t job_id;
    enum job_type type;
    struct slice name;
    struct slice command;      // for the table: "df -h /", "patch.lua batch=2"
    struct slice script_name;  // chunk name for messages: "patch.lua"
    struct slice script_hash;  // 32 bytes: the text in the scripts table
    struct slice prelude_hash; // 32 bytes
    struct slice params;       // encoded map
    struct slice meta;         // encoded map
    struct slice cwd;          // where relative paths of localhost steps start
    struct slice env;          // encoded map: environment of localhost steps, captured at start
    int64_t timeout_ms;        // running time without suspended time; 0: none
    bool auto_remove;
    uint64_t child_id;         // of the first host; the others follow by one
    struct slice child_uuids;  // 16 bytes for each host
    struct slice hosts;        // encoded array, see target.h: one child for each; empty: one
                               // child, localhost
    int64_t elapsed_timeout_ms; // wall time, suspended time too; 0: none
    int64_t cleanup_timeout_ms; // of a strand's cleanup; 0: none is stored, see job_limit.h
    struct slice modules;      // encoded map: name -> hash of its text; empty: none
    int64_t reach_ms;          // how long a host that the job never reached is waited for; -1:
                               // for ever; 0: as long as usual
    struct slice schedule;     // name of the one that started it; empty: none
    struct uuid schedule_uuid;
    int64_t nominal_unix_ms;   // the time that it stands for; 0: outside of the plan
};

struct event_child_added {
    uint64_t child_id;
    struct uuid uuid;
    struct slice host;         // its name, and its destination
};

struct event_intended {
    struct slice strand;       // path, "1.3.2"
    uint64_t ordinal;          // of the step in its strand, from 1
    enum effect_kind kind;
    uint32_t attempt;          // from 1
    uint64_t fingerprint;
    uint64_t child_id;         // 0: no host
    struct slice label, name, line;
    struct slice boot_id;      // of the link it was committed under; commands only
};

struct event_settled {
    uint64_t intent_no;        // the attempt's
    struct outcome outcome;
};

struct event_fired {
    uint64_t intent_no;        // the failed attempt whose retry is now due
};

struct event_signalled {
    struct slice name;
    struct slice value;        // encoded; empty: nil
};

struct event_stop_asked {
    int64_t grace_ms;          // from TERM to KILL
};

struct event_suspend_asked {
    bool force;                // also interrupt running steps
    struct slice reason;
};

// Why the engine itself suspended a job.
enum suspend_cause { SUSPEND_PERSON, SUSPEND_SCRIPT, SUSPEND_STEP, SUSPEND_DIVERGED,
                     SUSPEND_BUDGET, SUSPEND_MEMORY, SUSPEND_DAMAGED };

struct event_suspended {
    enum suspend_cause cause;
    struct slice reason;
};

struct event_ended {
    uint32_t state;            // enum job_state: Completed, Failed or Stopped
    struct slice reason;
    struct slice value;        // what the main strand returned; empty: nil
};

// The limits of a whole job, in the words of a workflow's header.
#define JOB_LIMITS(X)                                                      \
    X(TIMEOUT, "timeout")                 /* running time, suspended time left out */ \
    X(ELAPSED, "elapsed_timeout")         /* time since its start */       \
    X(CLEANUP, "cleanup_timeout")         /* of one strand's undos and defers */

enum job_limit {
#define X(id, text) LIMIT_##id,
    JOB_LIMITS(X)
#undef X
    LIMIT_COUNT
};

const char *job_limit_name(enum job_limit limit);

struct event_expired {
    enum job_limit limit;
    uint64_t since_no;         // CLEANUP: of the cleanups that began with this event
};

struct event_renamed {
    struct slice name;         // not empty
};

struct event_child_stop_asked {
    uint64_t child_id;
    int64_t grace_ms;          // from TERM to KILL
    bool force;                // its part ends now, without a cleanup
    struct slice reason;       // what the child will show
};

struct event {
    enum event_type type;
    uint64_t no;               // set by the reader of a record
    int64_t time_unix_ms;      // never smaller than the previous event's
    uint32_t notes;            // notes the script made while this event was folded,
                               // or EVENT_UNRUN: no strand ran, a SUSPENDED follows
    struct slice ended_waits;  // that this event ended without a SETTLED of their own
    size_t bytes;              // that its encoding took, when it was read
    union {
        struct event_started started;
        struct event_child_added child_added;
        struct event_intended intended;
        struct event_settled settled;
        struct event_fired fired;
        struct event_signalled signalled;
        struct event_stop_asked stop_asked;
        struct event_suspend_asked suspend_asked;
        struct event_suspended suspended;
        struct event_ended ended;
        struct event_expired expired;
        struct event_renamed renamed;
        struct event_child_stop_asked child_stop_asked;
    };
};

// A sleep, signal or suspend() that a stop, a limit, a signal, a resume, or its own
// intent has ended. Only the fold knows which: it tells them here, for whoever reads
// a journal without the script. A replay finds them out again.
//   ended_waits   [ u64be intent number | u8 outcome kind ] ...
struct ended_wait {
    uint64_t intent_no;
    enum outcome_kind kind;
};

void ended_wait_add(struct buf *waits, const struct ended_wait *wait);
// The one at *at; moves *at behind it. False: there are no more.
bool ended_wait_next(struct slice waits, size_t *at, struct ended_wait *ret);

// `notes` is stored with a fixed width, so that it can be set once the strands have
// run; returns where in buf it stands.
size_t event_encode(const struct event *event, struct buf *buf);
void event_set_notes(struct buf *buf, size_t at, uint32_t notes);
// Decodes the event at *at and moves *at behind it; slices point into bytes.
int event_decode(struct slice bytes, size_t *at, struct value_doc *doc, struct event *ret,
                 struct err *err);
