// SPDX-License-Identifier: MIT
// The one narrow way from control into the engine. Control declares it, core
// implements it, main joins them. Reads answer at once, from committed state
// only; changes answer once, after their commit (what a person saw is on disk).
//
// Thread: the loop's. Slices passed to callbacks are valid during the call.
#pragma once

#include "base/embedded.h"
#include "base/err.h"
#include "base/id.h"
#include "model/head.h"
#include "model/marks.h"
#include "model/record.h"
#include "model/retention.h"
#include "model/schedule.h"

// ---- changes ---------------------------------------------------------------
enum change_kind {
    CHANGE_START,   // a new job
    CHANGE_STOP, CHANGE_SUSPEND, CHANGE_RESUME,
    CHANGE_SIGNAL,
    CHANGE_ANSWER,  // to a question of a Blocked job
    CHANGE_REMOVE,
    CHANGE_MARK,    // records have been received
    CHANGE_RETRY,   // a new job for some hosts of a finished one
    CHANGE_RENAME,  // to `name`, which is not empty
    CHANGE_SCHEDULE_ADD, // a schedule whose jobs are what START would make now
    CHANGE_SCHEDULE_ENABLE, CHANGE_SCHEDULE_DISABLE, CHANGE_SCHEDULE_REMOVE,
    CHANGE_SCHEDULE_RUN, // a new job of one, outside of its plan
    CHANGE_RETENTION, // of no job: how long finished ones are kept
};

struct change {
    enum change_kind kind;
    struct uuid request;      // client-made; nil: none. A repeat gets the first answer
    uint64_t job_id;          // all but START; a child's id acts on its job where that makes sense
    // START
    enum job_type type;       // JOB_LOCAL runs the shipped workflows/local.lua
    struct slice name;        // empty: "Job<id>"
    struct slice command;     // text of the Command column
    struct slice script_name, script_text; // JOB_WORKFLOW
    struct slice modules;     // encoded map: name -> text; empty: none
    struct slice params;      // encoded map, as given: strings are converted to the declared type
    struct slice meta;        // encoded map
    struct slice cwd;         // absolute
    struct slice hosts;       // encoded array (model/target.h); empty: localhost alone
    struct slice env;         // encoded map of strings: the client's environment
    int64_t timeout_ms;
    int64_t reach_ms;         // as in event_started
    bool auto_remove;
    // STOP, SUSPEND, REMOVE
    bool force;
    int64_t grace_ms;         // STOP: < 0 the default (10 s)
    // SIGNAL
    struct slice signal_name, signal_value; // value encoded; empty: nil
    // ANSWER
    uint64_t question_no;     // 0: the only one that is open, of a child's on its host
    struct slice answer;      // as text
    // MARK: of a child when job_id is its own, else of all
    uint64_t seq;             // received up to and including
    bool own;                 // only of what the job itself wrote, not its children
    // RETRY, with name (empty: the old one's)
    unsigned failures;        // which hosts: a bit 1 << f for each enum child_failure f
    // SCHEDULE_*: what was asked for (ADD), or only its name
    const struct schedule *schedule;
    // RETENTION
    struct retention retention;
};

// The answer of a change. id: of the job (START, RETRY, SCHEDULE_RUN: the new one); 0: it
// was about no job. err NULL: done.
typedef void (*change_fn)(void *arg, uint64_t id, const struct err *err);

// ---- reads -------------------------------------------------------------------
// A job for people: its head, plus what is counted when asked.
struct job_view {
    const struct job_head *head;
    uint64_t unread;       // records not received yet
    uint64_t bytes;        // bytes of stream data not received yet
    uint64_t last_seq;     // of its last record; 0: none
    bool damaged;          // its row cannot be read: only id, state and reason are known
    struct slice notice;   // why it stands still at present; empty: nothing known
};
typedef int (*job_view_fn)(void *arg, const struct job_view *view); // 1 stops

struct unread {
    uint64_t records, bytes; // not received yet
};

// A step for `history`: one line per attempt.
struct step_view {
    struct slice strand;
    uint64_t ordinal;
    uint32_t attempt;
    enum effect_kind kind;
    struct slice label, name, line, host;
    bool settled;
    struct outcome outcome;          // when settled
    bool ok;                         // when settled: exit 0 or a value
    int64_t started_unix_ms, ended_unix_ms;
};
typedef int (*step_view_fn)(void *arg, const struct step_view *view);

// A schedule for people.
enum { SCHEDULE_NEXTS = 3 };

struct schedule_view {
    const struct schedule *schedule;
    int64_t next_unix_ms[SCHEDULE_NEXTS]; // nominal times to come, while it is enabled; 0: none
    size_t unfinished;     // instances that are
    struct slice notice;   // why it stands still; empty: it does not
};
typedef int (*schedule_view_fn)(void *arg, const struct schedule_view *view); // 1 stops

enum { ENGINE_NOTICES = 2 };

struct engine_status {
    int64_t uptime_ms;
    uint64_t jobs[JOB_STATE_COUNT];
    uint64_t commits, commit_rate_1m_milli; // commits per 1000 s over the last minute
    uint64_t store_bytes;
    uint64_t resident, parked, links;
    bool disk_full;          // new work is refused until space returns
    struct slice notices[ENGINE_NOTICES]; // sentences; valid until the next call
    size_t notice_count;
};

// What is kept of finished jobs, and what is over the bounds.
struct retention_view {
    struct retention bounds; // as they are set
    uint64_t finished, finished_bytes;
    uint64_t due, due_bytes;
};

// ---- watching -----------------------------------------------------------------
// Told after each commit that touched a watched job: look again. Never from
// inside a port call. job_id 0 watches all jobs.
struct watch;
typedef void (*watch_fn)(void *arg);

// ---- hosts, looked at ---------------------------------------------------------
struct check_request {
    struct slice hosts;    // encoded array (model/target.h)
    int64_t timeout_ms;    // of each host, from its turn to be connected on
    int64_t retry_ms;      // so long one that is not there is tried again; -1: for ever
};

// What is known of one host.
struct host_check {
    size_t index;          // in the array
    bool reached;
    struct slice reason;   // why it was not, in ssh's words or its own
    struct slice boot_id, user, uid, shell, kernel, spool;
    uint64_t free_bytes;   // in the spool's file system; 0: unknown
    uint64_t attempts, running; // of ours, in its spool
    uint64_t orders;       // that wait for it: kills of what jobs that are over had begun
};
struct check;
// Called once for each host, as they answer; never from inside a port call, and must
// make none.
typedef void (*check_fn)(void *arg, const struct host_check *seen);

struct port_ops {
    // Calls fn once, later. Negative: refused at once, fn is never called.
    int (*change)(void *core, const struct change *change, change_fn fn, void *arg,
                  struct err *err);
    // One job, by job or child id. -ENOENT. fn may read more of it.
    int (*job)(void *core, uint64_t id, job_view_fn fn, void *arg, struct err *err);
    // All jobs from that id on, ascending. What is counted (unread, bytes, last_seq) costs reads
    // of its own for each job: it is 0 unless it is asked for.
    int (*jobs)(void *core, uint64_t from_id, bool counted, job_view_fn fn, void *arg,
                struct err *err);
    // Records with seq >= from_seq, in order, until fn returns 1. gap: damaged.
    int (*records)(void *core, uint64_t job_id, uint64_t from_seq,
                   int (*fn)(void *arg, const struct record *record, bool gap), void *arg,
                   struct err *err);
    // How far a job, or the job of a child, has been received: raised in *ret, which the
    // caller has made and releases.
    int (*marks)(void *core, uint64_t job_id, struct marks *ret, struct err *err);
    // What is unread of each child of a job, in their order. Reads all that is unread of
    // the job when its marks do not say it.
    int (*unread)(void *core, const struct job_head *head, struct unread *ret, struct err *err);
    int (*steps)(void *core, uint64_t job_id, step_view_fn fn, void *arg, struct err *err);
    // Encoded header of a script text (lua/script.h's script_header).
    int (*header)(void *core, struct slice name, struct slice text, struct buf *ret,
                  struct err *err);
    // The workflows that are shipped to be run by name: ended by a NULL name.
    const struct embedded_file *(*shipped)(void *core);
    int (*status)(void *core, struct engine_status *ret, struct err *err);
    // All schedules, in the order of their names.
    int (*schedules)(void *core, schedule_view_fn fn, void *arg, struct err *err);
    // bounds: what would be over these; NULL: over those that are set.
    int (*retention)(void *core, const struct retention *bounds, struct retention_view *ret,
                     struct err *err);
    struct watch *(*watch)(void *core, uint64_t job_id, watch_fn fn, void *arg);
    void (*unwatch)(void *core, struct watch *watch);
    // Connects to hosts and asks how they are. *ret is ended by uncheck, at any time.
    int (*check)(void *core, const struct check_request *request, check_fn fn, void *arg,
                 struct check **ret, struct err *err);
    void (*uncheck)(void *core, struct check *check);
    // Opens the hosts' links again, whatever engine they followed last.
    int (*take_over)(void *core, struct err *err);
    // A verified copy of the store at path (absolute). Calls fn once, later, with id 0.
    // -EBUSY: one is being made.
    int (*backup)(void *core, const char *path, change_fn fn, void *arg, struct err *err);
    // Ends the engine in order: parks, never cancels; commands go on.
    void (*shutdown)(void *core);
};

struct port {
    const struct port_ops *ops;
    void *core;
};
