// SPDX-License-Identifier: MIT
// The engine's insides, for the files of core only.
//
//   turn.c      the open batch, the commit, what follows it
//   filing.c    where a turn's events are written: the log, then the journals
//   resident.c  a job in memory: taking a fact, running its strands
//   park.c      a job leaving memory
//   journal.c   reading what was written of a job
//   replay.c    waking a job from its journal
//   dispatch.c  attempts: performing intents on links, and their outcomes
//   hosts.c     hosts and their links: opened, up, down
//   reach.c     hosts that are given up
//   away.c      jobs whose hosts are gone are shown as Disconnected
//   reboot.c    steps that reboot their host
//   check.c     how hosts are, for people who ask
//   links.c     what a link tells of attempts
//   orders.c    kills that outlive their job
//   texts.c     what a job runs: script, modules, prelude, pinned by content hash;
//               text_refs.c: by how many jobs
//   alarm.c     due times; sweep.c: jobs that remove themselves
//   ended.c     the finished jobs; retention.c: how long they are kept
//   requests.c  answers to requests, kept for a while
//   notice.c    what people should know though no job tells it
//   change.c, start.c, retry.c   what people ask for (the port's changes)
//   schedules.c, schedule_change.c, schedule_job.c   jobs that are started by the clock
//   view.c      what people see (the port's reads); history.c: a job's steps
//   engine.c    composition, recovery, the end
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "core/engine.h"
#include "lua/script.h"
#include "model/command.h"
#include "model/job.h"
#include "storage/tables.h"

enum {
    TURN_OPS_MAX = 4096,            // operations in one batch, then facts wait
    TURN_BYTES_MAX = 8 * 1024 * 1024, // engine_options.turn_bytes_max, by default
    TURN_BYTES_ASKED_MAX = 64 * 1024 * 1024, // the same for what people ask: they go first
    RUN_BYTES_MAX = 64 * 1024 * 1024, // of records that one fact lets a script write
    TURN_OPS_EARLY = 256,           // an idle committer is given at least so much at once
    TURN_ACTIONS_MAX = 1024,        // actions in one go, then the loop has its turn
    EVENTS_ROW_MAX = 1024 * 1024,   // a journal row is closed beyond this
    RESULT_MAX = 1024 * 1024,       // bytes of a stream in a result, by default
    ONCE_VALUE_MAX = 16 * 1024 * 1024, // bytes of what a once() gives back
    END_VALUE_MAX = 16 * 1024 * 1024,  // the same of a workflow's result
    GRACE_MS = 10 * 1000,           // from TERM to KILL, by default
    PARK_MS = 1000,                 // engine_options.park_ms, by default
    COMMIT_RETRY_MS = 1000,         // between tries on a full disk
};
#define RESIDENT_BYTES_MAX ((size_t)256 * 1024 * 1024)

// ---- acts that wait for a commit
enum action_kind { ACT_START, ACT_ATTACH, ACT_ONCE, ACT_KILL, ACT_FORGET, ACT_CREDIT, ACT_ORDERS,
                   ACT_OPEN, ACT_REPLY };

struct action {
    enum action_kind kind;
    uint64_t job_id;
    uint64_t intent_no;
    uint64_t bytes;         // CREDIT
    struct uuid job_uuid;   // FORGET: the job may be gone by then
    struct host *host;      // FORGET, ORDERS, OPEN
    struct pending *pending; // REPLY
};

struct actions {
    struct action *items;
    size_t count, cap, at;
};

// ---- a change that waits for its commit
struct pending {
    struct list link;
    struct uuid request;
    uint64_t id;
    uint64_t mark_source, mark_seq; // of a MARK; seq 0: another change
    change_fn fn;
    void *arg;
};

struct alarm {
    int64_t due_ms;   // on the engine's timeline
    uint64_t job_id;
    uint64_t event_no;
    bool has_row;     // durable: a row of the timers table, due at row_due_ms
    int64_t row_due_ms;
};

struct alarms {       // a binary heap by due_ms
    struct alarm *items;
    size_t count, cap;
};

struct host {
    struct engine *engine;
    struct host *same;   // the next whose key has the same hash
    struct link *link;   // NULL: none open
    bool ready;
    bool held;           // the link was asked to wait: the open batch is full
    bool refused;        // it does not let us in: trying again is of no use
    bool has_orders;     // kill orders may be waiting for it
    bool away;           // missed for so long that what waits for it is Disconnected
    bool gives_up;       // some of what waits for it is still to be given up
    uint64_t orders_turn; // the last turn that has an action to carry them out
    bool take_over;      // the next link takes over whatever epoch it finds
    struct list checks;  // people wait to know how it is (check.c)
    int64_t opened_ms;   // timeline; when its newest link was opened
    struct buf boot_id;
    struct list queued;  // in hosts.queue while it waits to be opened
    size_t attempts;     // in flight on it
    int64_t idle_since_ms; // timeline; while it is ready and nothing is in flight
    int64_t ready_at_ms; // timeline; of its last link
    int64_t retry_at_ms; // timeline; when to open the link again; 0: not
    int64_t over_at_ms;  // timeline; when somebody has waited too long for it; INT64_MAX: never
    int64_t down_at_ms;  // timeline; when its last link ended, each later than the one before
    int64_t away_at_ms;  // timeline; when it will be away, if no link comes; 0: nobody misses one
    uint32_t failures;   // in a row
    uint32_t refusals;   // the same, of those that refused us
    struct buf trouble;  // why there is no link, for people; empty: nothing known
    size_t why_at;       // in it: the reason itself
    char *dest;          // for people: "[user@]address[:port]", or "localhost"; behind the key
    char key[];          // what it is known by: dest, and options of ssh (model/target.h)
};

struct hosts {
    struct host **items; // localhost first
    size_t count, cap;
    struct map by_key;   // name_hash of the key -> the newest of that hash
    struct list queue;   // to be opened when others are through
    size_t open, connecting;
    size_t away;         // hosts that are
    bool begun;          // links may be opened
    int64_t due_ms;      // timeline; earliest retry or idle link; INT64_MAX: none
    bool held;           // some links were asked to wait
    bool gives_up;       // some host does
};

struct watch {
    struct list link;
    uint64_t job_id;
    watch_fn fn;
    void *arg;
};

enum { RATE_SLOTS = 64 };

struct rate_slot {
    int64_t second; // of CLOCK_BOOTTIME
    uint64_t commits;
};

struct engine {
    struct world world;
    struct store *store;
    struct engine_options options;
    struct store_meta meta;
    int64_t timeline_base_ms, boottime_base_ms;
    int64_t started_boottime_ms;
    struct map residents; // job id -> struct resident
    struct map by_uuid;   // first 8 bytes of the job's uuid -> struct resident
    struct list lru;      // least recently touched first
    uint64_t parked;
    size_t resident_bytes; // of all scripts in memory, and what is not filed
    // the turn
    struct batch batches[2];
    struct batch *open, *flying; // flying: NULL when no commit is under way
    struct actions acts_open, acts_flying, acts_due;
    struct list touched, flying_jobs;
    uint64_t turn;        // number of the open batch
    size_t events_bytes;  // of its jobs' events, which join it when it is closed
    size_t heads_bytes;   // of its jobs' texts and questions, which their heads repeat then
    int64_t commit_retry_at_ms; // timeline; when to look again for disk space
    char full_text[ERR_TEXT_MAX]; // what the store said when its disk was full
    uint64_t reclaim_turn; // last turn that reclaimed rows
    bool intents_wait;    // some found the batch full
    bool meta_dirty;
    uint64_t commits;
    struct rate_slot rate[RATE_SLOTS]; // commits by second, for the last minute's rate
    // filing
    struct list unfiled;   // residents with unfiled events, those with the oldest first
    struct buf log_row;    // of the open turn
    uint64_t log_low;      // oldest turn that may still have a row in the log
    uint64_t log_bytes;    // ever written to the log
    struct log_index *log_index; // what the last engine's log has of jobs not taken over
    struct alarms alarms;
    struct map alarms_ended; // ids of ended jobs that may have some
    struct hosts hosts;
    struct host *localhost; // one of them
    struct list watches;
    struct list pendings; // changes not committed yet
    struct list *carried; // attempts of a resident that is being rebuilt; NULL: none
    struct list reclaims; // removed jobs whose rows are still there
    struct map reclaiming; // the same by id
    struct list sweeps;   // finished jobs that may remove themselves
    struct list unread_counts; // what is unread of jobs whose marks differ (unread.h)
    struct list schedules;  // struct planned (schedules.h), by name
    struct map instances;   // job id -> struct instance (schedules.h)
    int64_t schedules_wake_ms; // wall clock: when to look at schedules again; INT64_MAX: never
    bool recovering, stopping, stopped;
    bool disk_full;       // no room could be made for new work; results use the floor
    bool room_lost;       // as the newest commit found it
    bool stuck;           // the flying batch could not be written: it waits for space
    struct backup {
        char *path;       // NULL: none is being made
        change_fn fn;
        void *arg;
    } backup;
    struct err failure;   // stopped because of it; told when the committer holds nothing
    struct slice prelude; // of new jobs
    struct content_hash prelude_hash, own_prelude_hash; // own: of this binary's
    bool prelude_pinned;  // the engine itself counts among those that need it
    struct text_refs {
        struct map by_hash; // first 8 bytes of the hash -> struct text_ref
        bool unknown;       // there are jobs whose texts are not known: none is deleted
    } texts;
    struct ended {
        struct ended_job *items; // by their end, oldest first
        size_t first, count, cap; // items before first are gone, and some behind it
        size_t live;              // jobs
        uint64_t bytes;           // that these hold
    } ended;
    struct retention retention;
    uint64_t retention_turn;  // last turn that removed some
    int64_t retention_at_ms;  // timeline; when to look at the oldest again; INT64_MAX: never
    size_t requests_kept;
    uint64_t requests_turn;   // last turn that dropped some
    bool requests_late;       // more of them have had their time
    struct value_doc doc; // scratch for decoding one value at a time
    struct buf scratch;   // for the value of a once()
};

// An attempt in flight of a command.
struct attempt {
    struct list link;    // in resident.attempts
    struct host *host;   // that it runs on
    struct host *of;     // that its step is for: the same, but for a transfer, which runs here.
                         // Its link is wanted as long, and tells whether it is there
    uint64_t intent_no;
    uint64_t child_id;
    struct buf out, err; // up to result_max of each stream
    uint64_t out_bytes, err_bytes; // received so far
    uint64_t out_saved, err_saved; // as last written to the tails table
    uint64_t first_seq;  // of its first record; 0: none yet
    uint64_t credit_held; // bytes not allowed again yet: the disk is full
    uint32_t number;     // attempt number, for its records
    bool armed;          // its intent is committed: the link may be told of it
    bool kill_armed;     // the same for the wish to end it
    bool started, killing, signalled, killed, timed_out, sensitive, reboots, reaches;
    bool quiet_out, quiet_err; // that stream makes no records; the second means both
    int64_t grace_ms;
    int64_t due_ms;      // of its timeout's timer row; 0: none
    // The attempt that it replaced had a result after all, which is fetched in its
    // place: that one's key, and how much of its streams the records have already.
    uint64_t standing_no; // 0: no
    uint64_t out_known, err_known;
    char step[];         // "1.2/3"
};

struct resident {
    struct engine *engine;
    uint64_t id;
    struct job job;
    struct script *script; // NULL: it cannot be run (see wreck)
    struct list lru, touched;
    struct list attempts;
    struct buf events;     // of this turn, encoded
    uint64_t events_first_no;
    struct list filing;    // in engine.unfiled, when unfiled is not empty
    struct buf unfiled;    // events that are in the log and not in the journal
    uint64_t unfiled_first_no;
    uint64_t unfiled_turn; // the oldest of them is in that turn's row
    uint64_t unfiled_at;   // engine.log_bytes at that time
    uint64_t seq, bytes;   // stream: last record's seq, bytes so far
    uint64_t journal_bytes; // of all its events
    uint32_t notes;        // made by the event being folded
    struct buf progress;   // the last of them that tells progress, encoded
    uint64_t recovered_no; // last event that an earlier engine wrote
    uint64_t turn;         // last turn that touched it
    int64_t next_due_ms;   // earliest alarm set for it since it is resident; INT64_MAX
    struct alarms held;    // fired while it was suspended
    bool alarmed;          // some may have been set for it
    bool was_parked;       // others may have fired before it was woken: see their rows
    bool replaying;        // notes are counted, not stored
    size_t bytes_counted;  // of its script, as last added to engine.resident_bytes
    bool in_open, in_flying;
    bool head_dirty, active_row;
    size_t questions_bytes; // of its head, as counted in engine.heads_bytes
    bool removed;          // a tombstone stands in place of its head
    bool dead;             // drop it from memory after the commit
    bool wreck;            // its journal cannot be replayed: only stop, remove, resume
    enum job_state head_state;
    size_t head_child_ends; // as head_state: what the head on disk shows
    uint64_t head_seq, head_journal_bytes; // the same
};

// turn.c
void turn_init(struct engine *engine);
void turn_release(struct engine *engine);
void turn_touch(struct resident *resident);
struct batch *turn_batch(struct engine *engine); // the open batch, and asks for a turn
// The head of a job that is in the open batch will be in it, with all that is asked.
void turn_head(struct resident *resident);
// While a turn is closed: this job has rows in it, too, and stays until they are on disk.
void turn_fly_along(struct resident *resident);
int turn_act(struct engine *engine, const struct action *action);
// Looks again for disk space.
void turn_retry(struct engine *engine);
size_t turn_bytes(const struct engine *engine); // what the open batch will take
bool turn_is_full(const struct engine *engine);
void turn_reply(struct engine *engine, const struct change *change, uint64_t id, change_fn fn,
                void *arg);
void engine_fail(struct engine *engine, const struct err *err);
void engine_log(struct engine *engine, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void engine_point(struct engine *engine, const char *label);
int64_t engine_now_ms(const struct engine *engine); // the timeline

// texts.c
struct texts {
    struct slice script;
    struct slice modules; // encoded map: name -> text; empty: none
    struct slice prelude; // empty: the one in this binary
    struct buf held[3];   // behind them, when they come from the store
};
void texts_init(struct texts *texts);
void texts_release(struct texts *texts);
// Puts the texts of a new job into the open batch, and what names them into the
// event; the hashes are written to `hashes`, which must outlive it.
int texts_pin(struct engine *engine, const struct texts *texts, struct event_started *started,
              struct buf *hashes, struct err *err);
// What was pinned for a job that did not come about is not needed.
void texts_unpin(struct engine *engine, const struct event_started *started);
// Appends the hashes that a head has beside the script's.
void texts_list(struct engine *engine, const struct event_started *started, struct buf *ret);
// Those of an older job. ERR_CORRUPT: one is missing from the store.
int texts_load(struct engine *engine, const struct event_started *started, struct texts *ret,
               struct err *err);

// text_refs.c: how many jobs need a text. Memory only: made anew from the heads at a start.
// 1: it is new, and must be stored; 0; -ENOMEM.
int text_refs_take(struct engine *engine, struct slice hash);
// Deletes it with the open batch when nobody needs it any more.
void text_refs_drop(struct engine *engine, struct slice hash);
// All of a job, as its head names them.
int text_refs_take_head(struct engine *engine, const struct job_head *head);
void text_refs_drop_head(struct engine *engine, const struct job_head *head);
// At a start: deletes those that no job needs.
int text_refs_sweep(struct engine *engine, struct err *err);
void text_refs_release(struct engine *engine);

// resident.c
// Takes a fact: folds it, runs what it made ready, journals it, makes intents.
// Fills no, and time. ERR_STATE: refused, nothing changed.
int resident_fact(struct resident *resident, struct event *event, struct err *err);
// The first fact of a new job: folds STARTED, makes its script, then all as above.
int resident_begin(struct resident *resident, struct event *started, const struct texts *texts,
                   struct err *err);
int resident_run(struct resident *resident, struct err *err);
// Folds an event, journals it and runs what it made ready; no intents.
int resident_take(struct resident *resident, struct event *event, struct err *err);
// Its host cannot be reached: the asked step is intended and settled in one turn.
void resident_unreachable(struct resident *resident, struct strand *strand, struct slice why);
int resident_intend(struct resident *resident, struct err *err);
void resident_record(struct resident *resident, struct record *record, struct slice data);
struct resident *resident_new(struct engine *engine, uint64_t id);
enum suspend_cause resident_cause_of(int rc);
int resident_index(struct resident *resident, struct err *err);
void resident_free(struct resident *resident);
void resident_note(void *arg, struct slice strand, const struct note *note);
int resident_script(struct resident *resident, const struct texts *texts, struct err *err);

// park.c
// May it leave memory; and if so, does it.
void resident_park_if_idle(struct resident *resident);
// Nothing goes on in it, and nothing will for a while: out of memory with it.
bool resident_is_asleep(struct resident *resident);
// Parks what is idle, least recently used first, until scripts fit their bound.
void resident_keep_bound(struct engine *engine);

// filing.c
void filing_init(struct engine *engine);
void filing_release(struct engine *engine);
// Puts a job's events of this turn into the turn's row of the log, or its journal.
void filing_close_job(struct resident *resident);
void filing_close_turn(struct engine *engine);
// The same for a job whose events of this turn have become too many for one row.
void filing_spill(struct resident *resident);
// All that the log has of a job goes to its journal with the open batch.
void filing_file(struct resident *resident);
// A woken job's unfiled events, as the log that was left by the last engine has them.
void filing_take_over(struct resident *resident);

// journal.c
// All committed events of a job in order, decoded, in slices of short read transactions.
typedef int (*journal_event_fn)(void *arg, const struct event *event, struct err *err);
int journal_walk(struct engine *engine, uint64_t job_id, journal_event_fn fn, void *arg,
                 struct err *err);
// Reads the log that the last engine left: journal_walk looks there until a job's part
// of it was taken over.
int log_index_load(struct engine *engine, struct err *err);
void log_index_drop(struct engine *engine);
void log_index_took(struct engine *engine, uint64_t job_id);
// The job could not be woken: its part is kept, and with it the log, for a later time.
void log_index_keep(struct engine *engine, uint64_t job_id);
// All jobs have been woken, or kept: the rest is dropped.
void log_index_settle(struct engine *engine);
// What the log has of a job, as one row; entries before *ret_unfiled_no are in its
// journal too. 0: its journal was not walked yet, or is damaged.
struct slice log_index_row(const struct engine *engine, uint64_t job_id, uint64_t *ret_unfiled_no);
// A damaged row of the log may have held this job's last events.
bool log_index_lacks(const struct engine *engine, uint64_t job_id);

// replay.c
// The resident job, woken from its journal when it is parked. -ENOENT. A job whose
// journal cannot be replayed comes back as a wreck, suspended with the reason.
int resident_get(struct engine *engine, uint64_t job_id, struct resident **ret, struct err *err);
// The end of a job whose journal is damaged: only its head will tell of it.
int resident_end_unwritten(struct resident *resident, struct event *ended, struct err *err);

// dispatch.c
int attempt_begin(struct resident *resident, struct strand *strand, enum action_kind how);
struct attempt *attempt_find(struct resident *resident, uint64_t intent_no);
void attempt_free(struct attempt *attempt);
void dispatch_act(struct engine *engine, const struct action *action);
void dispatch_kill(struct resident *resident, struct attempt *attempt, int64_t grace_ms);
// All whose strand was cancelled; what cleans up is not among them.
void dispatch_kill_cancelled(struct resident *resident, int64_t grace_ms);
void dispatch_tails(struct resident *resident);
void dispatch_grace_over(struct resident *resident, struct attempt *attempt);
void dispatch_interrupt_once(struct resident *resident);
// Allows the output that was held up while the disk was full.
void dispatch_credit_all(struct engine *engine);

// links.c
void dispatch_event(struct host *host, const struct link_event *event);
void dispatch_intend_all(struct engine *engine);

// orders.c
// Orders the kill of all that the job has begun: it ends in this batch.
int dispatch_order_kills(struct resident *resident, struct err *err);
// Orders the kill of one attempt, which is settled in this batch. -ENOMEM.
int dispatch_order_kill(struct resident *resident, const struct attempt *attempt);
void dispatch_orders(struct host *host);
// Are any left for it, by what is committed?
bool dispatch_has_orders(struct host *host);
// At the start: wants the hosts that have orders.
int dispatch_orders_left(struct engine *engine, struct err *err);
void dispatch_order_done(struct host *host, struct link_key key); // the key is gone

// Does anybody follow this very job?
bool watch_is_on(const struct engine *engine, uint64_t job_id);

// notice.c
void notice_wake(struct engine *engine); // tells all watches
void notice_job(struct engine *engine, uint64_t job_id); // tells those of a job
void notice_host(struct host *host, struct slice why); // empty: it can be used
// Why an unfinished job stands still at present; empty: nothing known.
struct slice notice_of_job(const struct engine *engine, const struct job_head *head);
// Says so of each child that waits for a host in trouble. Valid until the next turn.
void notice_children(const struct engine *engine, struct job_head *head);
size_t notices(const struct engine *engine, struct slice ret[ENGINE_NOTICES]);

// away.c
// Puts over a head what the store does not know: which children are Disconnected.
void away_show(const struct engine *engine, struct job_head *head);

// alarm.c
void alarm_set(struct resident *resident, int64_t due_ms, uint64_t event_no, bool has_row);
// At a start: those of jobs that have not finished, which are the keys of the map.
int alarm_load(struct engine *engine, const struct map *unfinished, struct err *err);
// The job has ended: what it still waits for is of no use.
void alarm_forget(struct resident *resident);
// Deletes the alarms of ended jobs when they are worth it.
void alarm_sweep(struct engine *engine);
void alarm_rearm(struct engine *engine);
// Takes up the durable alarms of a job that was suspended, or could not be woken.
void alarm_resume(struct resident *resident);

// start.c
uint64_t engine_take_id(struct engine *engine); // of a job or child: never given again
struct uuid engine_new_uuid(struct engine *engine);

// change.c, view.c
int change_take(void *core, const struct change *change, change_fn fn, void *arg, struct err *err);
int view_job(void *core, uint64_t id, job_view_fn fn, void *arg, struct err *err);
int view_jobs(void *core, uint64_t from_id, bool counted, job_view_fn fn, void *arg,
              struct err *err);
int view_records(void *core, uint64_t job_id, uint64_t from_seq,
                 int (*fn)(void *arg, const struct record *record, bool gap), void *arg,
                 struct err *err);
int view_steps(void *core, uint64_t job_id, step_view_fn fn, void *arg, struct err *err);
int view_status(void *core, struct engine_status *ret, struct err *err);

// received.c
// Fills last_seq, unread and bytes of a view.
void received_count(struct engine *engine, struct job_view *view);
int received_marks(void *core, uint64_t job_id, struct marks *ret, struct err *err);
int received_unread(void *core, const struct job_head *head, struct unread *ret, struct err *err);
int change_mark(struct engine *engine, const struct change *change, uint64_t *id,
                struct err *err);
// Whose mark is meant: MARK_ALL, a child's id, or the job's own.
uint64_t change_mark_source(const struct change *change, uint64_t job_id);
// Removes a finished job with --auto-remove, if all of it was received. False: that
// cannot be said yet, because its end or a mark is still on its way to disk.
bool received_sweep(struct engine *engine, uint64_t job_id);

// sweep.c
void sweep_add(struct engine *engine, uint64_t job_id);
void sweep_due(struct engine *engine);
int64_t sweep_due_ms(struct engine *engine); // INT64_MAX: nothing is due
void sweep_drop_all(struct engine *engine);

// schedules.c
int schedules_load(struct engine *engine, struct err *err);
void schedules_release(struct engine *engine);
// At the start, for each job: an instance of a schedule?
int schedules_note(struct engine *engine, const struct job_head *head);
int64_t schedules_due_ms(const struct engine *engine); // timeline; INT64_MAX: nothing is due
void schedules_due(struct engine *engine);
void schedules_ended(struct engine *engine, uint64_t job_id);   // is finished, in this batch
void schedules_removed(struct engine *engine, uint64_t job_id); // the same
int view_schedules(void *core, schedule_view_fn fn, void *arg, struct err *err);
// ended.c
struct ended_job {
    int64_t ended_unix_ms;
    uint64_t id;    // 0: gone
    uint64_t bytes; // that it holds in the store
};
int ended_add(struct engine *engine, const struct job_head *head); // -ENOMEM
void ended_remove(struct engine *engine, uint64_t id, int64_t ended_unix_ms); // absent is fine
// At a start they come in the order of ids: without an order, and put into it at the end.
int ended_load(struct engine *engine, const struct job_head *head);
void ended_sort(struct engine *engine);
// Walks from the oldest on: start with *at = 0; NULL at the end.
const struct ended_job *ended_next(const struct engine *engine, size_t *at);
void ended_release(struct engine *engine);

// retention.c
int retention_load(struct engine *engine, struct err *err);
// Finished jobs, or what bounds them, have changed: when to look again.
void retention_rearm(struct engine *engine);
// Removes what is over the bounds, a part of a batch at a time.
void retention_due(struct engine *engine);
int64_t retention_due_ms(const struct engine *engine); // INT64_MAX: nothing is due
// The end of that job is on disk: it counts from here on.
void retention_ended(const struct resident *resident);
int change_retention(struct engine *engine, const struct change *change, uint64_t *id,
                     struct err *err);
int view_retention(void *core, const struct retention *bounds, struct retention_view *ret,
                   struct err *err);

// requests.c
int requests_load(struct engine *engine, struct err *err);
void requests_keep(struct engine *engine, struct uuid request, struct slice answer);
// Drops the oldest, once per landed commit.
void requests_drop(struct engine *engine);

// reclaim.c
void reclaim_add(struct engine *engine, uint64_t job_id);
bool reclaim_has(const struct engine *engine, uint64_t job_id);
void reclaim_slice(struct engine *engine);
void reclaim_drop_all(struct engine *engine);
