// SPDX-License-Identifier: MIT
// How: the events of one turn go into one row of the log for all jobs together, so
// that a turn of a thousand jobs writes a few pages and not a thousand. A job keeps
// in memory what the log has of it; when that has grown to a page, or when the job
// ends or goes to sleep, it is filed: written into the job's journal, as one row.
//
// A row of the log may go when all of it is filed. Residents with unfiled events
// stand in a queue by the turn of the oldest of them, so the first one says from
// where on the log is needed. One that adds little for long would keep the log from
// being cut: when too much is kept for its sake, it is filed early.
#include <assert.h>
#include <errno.h>

#include "core/state.h"

enum {
    LOG_BYTES_MAX = 8 * 1024 * 1024, // of rows kept: read at a start, some 10 ms
    LOG_ROW_COST = 64,               // what a row costs beside its entries
    FILE_EARLY_MAX = 64,             // jobs in one turn
    CUT_TURNS_MAX = 64,              // rows of the log deleted in one turn
};

void filing_init(struct engine *engine)
{
    list_init(&engine->unfiled);
    buf_init(&engine->log_row, 0);
    engine->log_low = engine->turn;
}

void filing_release(struct engine *engine)
{
    buf_release(&engine->log_row);
    log_index_drop(engine);
}

void filing_file(struct resident *r)
{
    if (r->unfiled.len == 0)
        return;
    // Parked before this is on disk, it would wake to a journal without it.
    assert(r->in_open || r->in_flying);
    journal_put(r->engine->open, r->id, r->unfiled_first_no, buf_slice(&r->unfiled));
    list_remove(&r->filing);
    buf_clear(&r->unfiled);
}

static void add_unfiled(struct resident *r, uint64_t first_no, struct slice events, uint64_t turn)
{
    if (r->unfiled.len == 0) {
        r->unfiled_first_no = first_no;
        r->unfiled_turn = turn;
        r->unfiled_at = r->engine->log_bytes;
        list_append(&r->engine->unfiled, &r->filing);
    }
    buf_add_slice(&r->unfiled, events);
}

static void check_memory(struct resident *r)
{
    struct err err;

    if (buf_failed(&r->events) == 0 && buf_failed(&r->unfiled) == 0)
        return;
    err_set(&err, -ENOMEM, "out of memory");
    engine_fail(r->engine, &err);
}

// The events of this turn straight into the journal: with what was unfiled if that
// makes one page. A large result leaves no large buffer behind.
static void file_events(struct resident *r)
{
    if (r->unfiled.len && r->unfiled.len + r->events.len <= JOURNAL_PIECE) {
        buf_add_slice(&r->unfiled, buf_slice(&r->events));
        check_memory(r);
        filing_file(r);
    } else {
        check_memory(r);
        filing_file(r);
        journal_put(r->engine->open, r->id, r->events_first_no, buf_slice(&r->events));
    }
    if (r->events.cap > JOURNAL_PIECE)
        buf_release(&r->events);
    buf_clear(&r->events);
}

static void log_events(struct resident *r)
{
    struct log_entry entry = {
        .job_id = r->id,
        .first_event_no = r->events_first_no,
        .count = (uint32_t)(r->job.last_no - r->events_first_no + 1),
        .events = buf_slice(&r->events),
    };

    if (r->unfiled.len + r->events.len > JOURNAL_PIECE)
        filing_file(r);
    add_unfiled(r, entry.first_event_no, entry.events, r->engine->turn);
    check_memory(r);
    log_add(&r->engine->log_row, &entry);
    buf_clear(&r->events);
}

// More of it will come soon: worth the way over the log.
static bool goes_on(struct resident *r)
{
    return !r->job.ended && !r->dead && !r->wreck && !r->removed && !resident_is_asleep(r);
}

void filing_spill(struct resident *r)
{
    r->engine->events_bytes -= r->events.len; // they are in the batch now
    if (r->events.len)
        file_events(r);
}

void filing_close_job(struct resident *r)
{
    bool stays = goes_on(r);

    if (r->events.len && stays && r->events.len <= JOURNAL_PIECE)
        log_events(r);
    else if (r->events.len)
        file_events(r);
    if (!stays)
        filing_file(r);
}

static struct resident *oldest(struct engine *engine)
{
    struct list *first = list_first(&engine->unfiled);

    return first ? container_of(first, struct resident, filing) : NULL;
}

static void file_early(struct engine *engine)
{
    struct resident *r;

    for (int n = 0; n < FILE_EARLY_MAX && (r = oldest(engine)); n++) {
        if (engine->log_bytes - r->unfiled_at <= LOG_BYTES_MAX)
            return;
        turn_fly_along(r);
        filing_file(r);
    }
}

static void cut_log(struct engine *engine)
{
    const struct resident *r = oldest(engine);
    uint64_t low = r ? r->unfiled_turn : engine->turn + 1;

    if (low <= engine->log_low || engine->log_index) // a job has not been taken over
        return;
    if (low - engine->log_low > CUT_TURNS_MAX)
        low = engine->log_low + CUT_TURNS_MAX;
    log_del(engine->open, engine->log_low, low);
    engine->log_low = low;
}

void filing_close_turn(struct engine *engine)
{
    struct err err;

    if (engine->log_row.len) {
        log_put(engine->open, engine->turn, buf_slice(&engine->log_row));
        engine->log_bytes += engine->log_row.len + LOG_ROW_COST;
    }
    if (buf_failed(&engine->log_row)) {
        err_set(&err, -ENOMEM, "out of memory");
        engine_fail(engine, &err);
    }
    buf_clear(&engine->log_row);
    file_early(engine);
    cut_log(engine);
}

// ---- at a start

// Runs of events that follow each other; one run is the rule. A second one stands
// behind a damaged row of the log, and is kept as far as it goes. Nothing is added
// to a journal that is damaged itself.
void filing_take_over(struct resident *r)
{
    struct engine *engine = r->engine;
    uint64_t next_no, at_no;
    struct slice row = log_index_row(engine, r->id, &next_no);
    struct log_entry entry;
    size_t at = 0;

    if (!row.len && !log_index_lacks(engine, r->id))
        return;
    turn_touch(r);
    at_no = next_no;
    while (next_no && log_next(row, &at, &entry) == 1) {
        if (entry.first_event_no < next_no)
            continue;
        if (entry.first_event_no != at_no)
            filing_file(r);
        add_unfiled(r, entry.first_event_no, entry.events, engine->log_low);
        at_no = entry.first_event_no + entry.count;
    }
    check_memory(r);
    if (log_index_lacks(engine, r->id) && next_no) {
        filing_file(r);
        journal_put(turn_batch(engine), r->id, r->job.last_no + 1, (struct slice){ 0 });
    }
    log_index_took(engine, r->id);
}
