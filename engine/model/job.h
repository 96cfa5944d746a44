// SPDX-License-Identifier: MIT
// A job as the fold of its events. job_apply is the only writer of its state:
// the same events in the same order, with the same effects from the script in
// between, give the same job. That is replay. Pure: no clock, no I/O, no Lua.
//
// How the core drives it, live and on replay alike:
//   job_apply(job, event)                 a fact
//   while (job_next(job))                 strands that it made ready, one by one:
//       resume the strand                   the script runs to its next effect
//       job_effect(job, strand, effect)     the effect becomes a step, a fork, an end
//   job_asked(job), job_intent_fill(...)  live only: steps that want an intent;
//                                         each becomes an INTENDED event, applied too
//
// Owner: the core's resident job. Thread: the loop.
#pragma once

#include "base/hash.h"
#include "model/head.h"
#include "model/strand.h"


// How: a child begins with the first step on its host, and is over when the strand
// that `each` made for the host is, or the job; a later step on it opens it again, unless
// its stop was asked: then nothing that `each` makes for the host goes on, or begins.
struct job_child {
    uint64_t id;
    struct uuid uuid;
    struct buf host;           // its name
    struct buf key;            // where it is, and the options of ssh that lead there (target.h)
    bool touched;              // a step of it was intended
    bool reached;              // ... while its link was ready
    bool given_up;             // its last command, cleanup left out, did not reach the host
    bool over, failed;         // its strand has ended; by an error
    bool stop_asked, stopped;  // alone; and it is over by that
    bool dropped;              // by force
    bool used_since;           // ... the script has begun something on its host
    int64_t stop_grace_ms;
    struct buf reason;         // why it failed, or what its stop is called
    int32_t exit_code;         // of its last command; EXIT_CODE_NONE
    int64_t started_unix_ms, ended_unix_ms;
    uint64_t ended_no;         // the event that was folded when it was over last
};

struct job {
    struct buf spec;               // the STARTED event's bytes; started points into it
    struct value_doc spec_doc;
    struct event_started started;
    struct buf name;               // as it was renamed; empty: as it was started
    uint64_t last_no;              // number of the newest event
    int64_t time_unix_ms;          // its time
    int64_t created_unix_ms, ended_unix_ms;
    int64_t began_unix_ms;         // time of its first step's intent; 0: none yet
    struct strands strands;
    struct list signals;           // sent, not taken
    struct job_child *children;    // in the order of their ids
    size_t child_count, child_cap;
    size_t child_ends;             // times that one was over: what shows them is old
    struct map child_by_host;      // name_hash of the host -> index + 1
    size_t in_flight;              // attempts of commands and once() not settled
    bool stop_asked;
    int64_t stop_grace_ms;
    bool suspend_asked, suspend_force; // by anyone; lifted by RESUMED or a stop
    enum suspend_cause suspend_cause;
    int64_t suspended_unix_ms;     // since when, while it is
    int64_t suspended_ms;          // of suspensions that are over
    uint64_t clock_no;             // event since which its timeout runs: STARTED or RESUMED
    uint64_t bounded_no;           // newest event since which cleanups are bounded; 0: none
    bool expired;                  // timeout or elapsed_timeout is over: it is being ended
    enum job_limit expired_limit;
    bool cleanup_cut;              // a cleanup took longer than it may
    bool main_ended, main_failed;  // the script is over; by an error, or a child failed
    bool main_raised;              // by an error of its own
    bool ended;                    // the ENDED event is folded
    enum job_state end_state;
    struct buf reason;             // why it is suspended, failed, stopped
    struct buf value;              // what the script returned or raised, encoded
    int64_t progress_done, progress_total;
    struct buf progress_text;
    struct hash_key fingerprint_key;
};

void job_init(struct job *job);
void job_release(struct job *job);

// Folds the event with number last_no + 1. ERR_DIVERGED: an INTENDED event names a
// step that the script did not ask for; the text is the diff. ERR_STATE: an event
// that is not legal now (err says which); the job is unchanged.
int job_apply(struct job *job, const struct event *event, struct err *err);
// Of an INTENDED event of a job that is not folded: it has begun, by then at the latest.
void job_begin(struct job *job, const struct event *intended);

// The next strand to resume, or NULL: none is ready, or the job is suspended.
struct strand *job_next(struct job *job);
// What the strand yielded.
int job_effect(struct job *job, struct strand *strand, const struct effect *effect,
               struct err *err);
// The asked step after `after` (NULL: the first) in the order the script asked;
// NULL: no more, or the job is suspended or over.
struct strand *job_asked(struct job *job, struct strand *after);
// Fills the INTENDED event for an asked step; text is borrowed from the step.
void job_intent_fill(const struct job *job, const struct strand *strand, struct event *ret);

// What `get` shows.
enum job_state job_state(const struct job *job);
// True when nothing can happen but timers, signals and people: it may be parked.
bool job_is_idle(const struct job *job);
// The script is over and no attempt is in flight: the core must write ENDED.
// Fills the event's state, reason and value.
bool job_wants_end(const struct job *job, struct event_ended *ret);
// A progress note of the script.
void job_progress(struct job *job, struct slice note_value);
// What a step remembers of the boot it was intended under (step.boot_mark).
uint64_t job_boot_mark(const struct job *job, struct slice boot_id);
struct job_child *job_child_of_host(const struct job *job, struct slice host); // or NULL
struct job_child *job_child_of_id(const struct job *job, uint64_t id);         // or NULL
// From TERM to KILL for what a cancelled strand has begun; -1: it was not stopped.
int64_t job_stop_grace_ms(const struct job *job, const struct strand *strand);

// Fills the head; children: room for job->child_count; questions: empty, filled with what
// is asked, and failed for want of memory. Slices borrow from the job.
void job_head_fill(const struct job *job, struct job_head *head, struct child_head *children,
                   struct buf *questions);
