// SPDX-License-Identifier: MIT
// A job's head: what `get` shows, one row per job with its children inside. A
// summary of the journal, written when it changes, never the source of truth.
#pragma once

#include "model/event.h"

#define JOB_STATES(X)               \
    X(NOT_STARTED, "NotStarted")    \
    X(RUNNING, "Running")           \
    X(BLOCKED, "Blocked")           \
    X(SUSPENDING, "Suspending")     \
    X(SUSPENDED, "Suspended")       \
    X(DISCONNECTED, "Disconnected") \
    X(STOPPING, "Stopping")         \
    X(COMPLETED, "Completed")       \
    X(FAILED, "Failed")             \
    X(STOPPED, "Stopped")

enum job_state {
#define X(id, text) JOB_##id,
    JOB_STATES(X)
#undef X
    JOB_STATE_COUNT
};

const char *job_state_name(enum job_state state);
int job_state_parse(struct slice name, enum job_state *ret); // letter case is ignored
bool job_state_is_finished(enum job_state state);
bool job_state_is_settled(enum job_state state); // finished or Suspended

// How a child came to a bad end; null in JSON when it did not.
#define CHILD_FAILURES(X)                                                               \
    X(NONE, NULL)                                                                       \
    X(FAILED, "failed")           /* by its command, or the script */                   \
    X(UNREACHABLE, "unreachable") /* its host could not be reached, and was given up */ \
    X(UNREACHED, "unreached")     /* nothing was begun on it: the job ended before */   \
    X(STOPPED, "stopped")         /* with its job, in the midst of it, or alone */

enum child_failure {
#define X(id, text) CHILD_##id,
    CHILD_FAILURES(X)
#undef X
    CHILD_FAILURE_COUNT
};

const char *child_failure_name(enum child_failure failure); // NULL: none
int child_failure_parse(struct slice name, enum child_failure *ret); // never NONE

enum { EXIT_CODE_NONE = -1 };

struct child_head {
    uint64_t id;
    struct uuid uuid;
    struct slice host;
    enum job_state state;
    struct slice reason;
    int32_t exit_code; // of its last command; EXIT_CODE_NONE
    int64_t started_unix_ms, ended_unix_ms; // 0: not yet
    enum child_failure failure;
    uint32_t asking;   // questions that are open on its host
    uint64_t asked_no; // number of the newest of them; 0: none
    struct slice notice; // not stored: why it stands still at present; empty: nothing known
};

struct job_head {
    uint64_t id;
    struct uuid uuid;
    enum job_type type;
    enum job_state state;
    struct slice name, command, reason;
    struct slice meta;             // encoded map
    struct slice script_name;
    struct slice script_hash;
    int64_t created_unix_ms, started_unix_ms, ended_unix_ms;
    int32_t exit_code;
    bool auto_remove;
    bool removing;                 // a tombstone: rows are being reclaimed
    int64_t progress_done, progress_total; // total 0: none was reported
    struct slice progress_text;
    struct slice questions;        // that are open, see question.h; empty: none
    struct slice schedule;         // name of the one that started it; empty: none
    struct uuid schedule_uuid;
    int64_t nominal_unix_ms;       // the time that it stands for; 0: outside of the plan
    size_t child_count;
    struct child_head *children;   // child_count of them; owner: see head_decode
    // What the job holds in the store. Counted when the head is written: exact in that of
    // a job that has finished, whose records and events are all there.
    bool counted;                  // false: an older Pawl wrote it, and these are unknown
    uint64_t last_seq;             // of its last record
    uint64_t output_bytes;         // of stream data
    uint64_t journal_bytes;
    struct slice texts;            // hashes beside script_hash: of its prelude, then its modules'
};

// Bytes that a finished job holds in the store, but for what LMDB's pages add.
uint64_t job_head_held_bytes(const struct job_head *head);

void head_encode(const struct job_head *head, struct buf *buf);
// children is the caller's array of `max` places (more children: -ENOSPC, with
// ret->child_count set to what is needed). Slices point into bytes.
int head_decode(struct slice bytes, struct value_doc *doc, struct job_head *ret,
                struct child_head *children, size_t max, struct err *err);
