// SPDX-License-Identifier: MIT
// The tables, one short section each: what a row means and how it is reached.
// Writers append to a batch; readers go to the store. Key layouts are drawn in
// keys.h. Each table is one .c file of its name.
#pragma once

#include "base/hash.h"
#include "model/head.h"
#include "model/marks.h"
#include "model/record.h"
#include "model/retention.h"
#include "model/schedule.h"
#include "storage/store.h"

// ---- meta: one row, the store's own facts --------------------------------
enum { STORE_FORMAT = 1, META_PAST = 64 };
struct store_meta {
    uint32_t format;          // STORE_FORMAT of whoever wrote it
    struct uuid store;        // names this store on targets
    uint64_t epoch;           // +1 at each start: a fencing token
    struct uuid incarnation;  // random at each start
    uint64_t next_id;         // next job or child id; never goes back
    uint16_t past[META_PAST]; // the first bytes of the incarnations before, newest first
    uint32_t past_count;
};
// -ENOENT: new store. ERR_VERSION: written by a newer Pawl; only format is set.
int meta_get(struct store *store, struct store_meta *ret, struct err *err);
void meta_put(struct batch *batch, const struct store_meta *meta);
// The next start of this store: a higher epoch, and the incarnation that it goes by.
void meta_begin(struct store_meta *meta, struct uuid incarnation);

// The clock anchor, written with every commit: timers count on from it.
struct store_clock {
    struct uuid boot_id;
    int64_t boottime_ms; // CLOCK_BOOTTIME at that commit
    int64_t wall_ms;     // CLOCK_REALTIME at that commit
    int64_t timeline_ms; // Pawl's own timeline, which never goes back
};
int clock_get(struct store *store, struct store_clock *ret, struct err *err);
void clock_put(struct batch *batch, const struct store_clock *clock);

// ---- retention: how long finished jobs are kept --------------------------------
// RETENTION_NONE, and 0, when none was ever set.
int retention_get(struct store *store, struct retention *ret, struct err *err);
void retention_put(struct batch *batch, const struct retention *retention);

// ---- jobs: heads, with the uuid and child-id indexes ----------------------
void jobs_put(struct batch *batch, const struct job_head *head);
// Index rows uuid -> id and child id -> parent id, written once per object.
void jobs_index_put(struct batch *batch, uint64_t id, struct uuid uuid, uint64_t parent_id);
void jobs_index_del(struct batch *batch, uint64_t id, struct uuid uuid);
void jobs_del(struct batch *batch, uint64_t id);
// The encoded head (model/head.h), appended to *ret after a clear. -ENOENT.
int jobs_get(struct store *store, uint64_t id, struct buf *ret, struct err *err);
typedef int (*jobs_fn)(void *arg, uint64_t id, struct slice head, bool damaged);
// In order of id, from `from` up (or down when reverse, from UINT64_MAX).
int jobs_scan(struct store *store, uint64_t from, bool reverse, jobs_fn fn, void *arg,
              struct err *err);
// The parent's id of a job or child id (a job is its own parent). -ENOENT.
int jobs_parent(struct store *store, uint64_t id, uint64_t *ret, struct err *err);
int jobs_by_uuid(struct store *store, struct uuid uuid, uint64_t *ret, struct err *err);

// Active rows: jobs that must be made resident at start, because something is
// or may be in flight. A parked job has none.
void active_put(struct batch *batch, uint64_t job_id);
void active_del(struct batch *batch, uint64_t job_id);
int active_scan(struct store *store, int (*fn)(void *arg, uint64_t job_id), void *arg,
                struct err *err);

// ---- journal: the events of a job ------------------------------------------
// A row no longer than this takes one page of LMDB's and no more: 4096 bytes, less
// LMDB's page header (16) and the row header.
enum { JOURNAL_PIECE = 4096 - 16 - 10 };
// Empty events: a hole. What stood from this event on is lost.
void journal_put(struct batch *batch, uint64_t job_id, uint64_t first_event_no,
                 struct slice events);
typedef int (*journal_fn)(void *arg, uint64_t first_event_no, struct slice events);
// In order, the rows whose first event is >= from_no. A damaged row, or a hole:
// ERR_CORRUPT.
int journal_scan(struct store *store, uint64_t job_id, uint64_t from_no, journal_fn fn,
                 void *arg, struct err *err);

// ---- log: the newest events of all jobs, one row per turn --------------------
// Where events are written first. They are filed into the journals of their jobs
// later, many turns of a job in one row, and then the log's row is deleted. So a
// job's events are its journal, and behind them what the log has of it; an entry
// that begins at or before the journal's last event has been filed already.
struct log_entry {
    uint64_t turn;
    uint64_t job_id;
    uint64_t first_event_no;
    uint32_t count; // of events
    struct slice events;
};
// Appends an entry to the row of a turn, which log_put then puts.
void log_add(struct buf *row, const struct log_entry *entry); // turn is not used
void log_put(struct batch *batch, uint64_t turn, struct slice row);
// The rows of from_turn up to the one before to_turn; a few: room is asked for all.
void log_del(struct batch *batch, uint64_t from_turn, uint64_t to_turn);
// Walks the entries of a row: start with *at = 0; 1: one more, 0: the end,
// ERR_CORRUPT: no row of the log looks like that. turn is not filled.
int log_next(struct slice row, size_t *at, struct log_entry *ret);
// In order of turns. A damaged row comes as an entry with its turn and job_id 0.
typedef int (*log_fn)(void *arg, const struct log_entry *entry);
int log_scan(struct store *store, log_fn fn, void *arg, struct err *err);

// ---- records: stream output, (job, seq) ------------------------------------
void records_put(struct batch *batch, uint64_t job_id, const struct record *record);
// A damaged record comes as record->seq set, everything else zero, gap true; records
// that are missing altogether come so once, with the number of the last of them.
typedef int (*records_fn)(void *arg, const struct record *record, bool gap);
int records_scan(struct store *store, uint64_t job_id, uint64_t from_seq, records_fn fn,
                 void *arg, struct err *err);
// The last record's seq and the stream bytes up to its end; 0, 0 when none. Bytes
// of damaged records at the end are not counted.
int records_end(struct store *store, uint64_t job_id, uint64_t *seq, uint64_t *bytes,
                struct err *err);
// The same for the place just before `seq`: what had been written before it.
int records_before(struct store *store, uint64_t job_id, uint64_t seq, uint64_t *bytes,
                   struct err *err);

// ---- marks: how far each source of a job's records has been received -------
// source: a child, the job itself for what its script wrote, or MARK_ALL.
void marks_put(struct batch *batch, uint64_t job_id, uint64_t source, uint64_t seq);
// All of a job's, raised in *ret, which the caller has made and releases.
int marks_load(struct store *store, uint64_t job_id, struct marks *ret, struct err *err);

// ---- tails: how much of a running attempt's output is durable here ----------
struct tail {
    uint64_t out_bytes, err_bytes;
    uint64_t first_seq; // of its first record; 0: none
};
void tails_put(struct batch *batch, uint64_t job_id, uint64_t intent_no, struct tail tail);
void tails_del(struct batch *batch, uint64_t job_id, uint64_t intent_no);
int tails_get(struct store *store, uint64_t job_id, uint64_t intent_no, struct tail *ret,
              struct err *err); // none: zero, and 0

// ---- timers, ordered by due time on the store's timeline ---------------------
void timers_put(struct batch *batch, int64_t due_ms, uint64_t job_id, uint64_t event_no);
void timers_del(struct batch *batch, int64_t due_ms, uint64_t job_id, uint64_t event_no);
typedef int (*timers_fn)(void *arg, int64_t due_ms, uint64_t job_id, uint64_t event_no);
int timers_scan(struct store *store, timers_fn fn, void *arg, struct err *err);

// ---- scripts: texts by content hash ------------------------------------------
void scripts_put(struct batch *batch, const struct content_hash *hash, struct slice text);
int scripts_get(struct store *store, const struct content_hash *hash, struct buf *ret,
                struct err *err);
void scripts_del(struct batch *batch, const struct content_hash *hash);
typedef int (*scripts_fn)(void *arg, const struct content_hash *hash);
int scripts_scan(struct store *store, scripts_fn fn, void *arg, struct err *err);

// ---- requests: first answers by request uuid, kept 24 h -----------------------
void requests_put(struct batch *batch, struct uuid request, int64_t at_wall_ms,
                  struct slice answer);
int requests_get(struct store *store, struct uuid request, struct buf *ret, struct err *err);
// Deletes up to limit answers older than before_wall_ms, the oldest first. How many.
int requests_expire(struct store *store, struct batch *batch, int64_t before_wall_ms,
                    size_t limit, struct err *err);
int requests_count(struct store *store, size_t *ret, struct err *err);

// ---- orders: kills and forgets a host must still be told ------------------------
enum order_kind { ORDER_KILL = 1, ORDER_FORGET = 2 };
struct order {
    uint64_t id;
    enum order_kind kind;
    struct uuid job;
    uint64_t intent_no;
    int64_t grace_ms;
};
void orders_put(struct batch *batch, struct slice host, const struct order *order);
void orders_del(struct batch *batch, struct slice host, uint64_t order_id);
typedef int (*orders_fn)(void *arg, const struct order *order);
// Each host that has orders, with its name; a host with several may come several times.
typedef int (*orders_host_fn)(void *arg, struct slice host);
int orders_hosts(struct store *store, orders_host_fn fn, void *arg, struct err *err);
int orders_scan(struct store *store, struct slice host, orders_fn fn, void *arg, struct err *err);

// ---- schedules ---------------------------------------------------------------
void schedules_put(struct batch *batch, const struct schedule *schedule);
// What its jobs are made of, encoded by the caller; written once.
void schedules_job_put(struct batch *batch, struct uuid uuid, struct slice job);
void schedules_del(struct batch *batch, struct uuid uuid); // both
typedef int (*schedules_fn)(void *arg, struct uuid uuid, struct slice schedule, bool damaged);
int schedules_scan(struct store *store, schedules_fn fn, void *arg, struct err *err);
int schedules_get(struct store *store, struct uuid uuid, struct buf *ret, struct err *err); // -ENOENT
int schedules_job(struct store *store, struct uuid uuid, struct buf *ret, struct err *err);

// ---- the whole job -------------------------------------------------------------
// Reclaims up to *limit rows (1 at least) of a removed job, and takes them off it:
// journal, records, marks, tails; not its head, indexes and timers. Once per commit and
// job: it looks at committed rows. *ret_done: after this batch nothing is left.
int job_rows_del(struct store *store, struct batch *batch, uint64_t job_id, uint32_t *limit,
                 bool *ret_done, struct err *err);
