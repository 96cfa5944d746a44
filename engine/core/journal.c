// SPDX-License-Identifier: MIT
// How: what is written of a job is its journal, and behind that what the log has
// of it. The log is looked at first: an entry that is filed between the two looks
// is then met twice, and skipped, and none is missed. The journal is read in
// slices of whole rows, so that no read transaction lasts. A job in memory keeps what
// the log has of it; the log itself is read only while a commit of the job is under way.
//
// At a start the log is read once and sorted by job, because every job that it
// names is about to be woken. A job that cannot be woken, for want of memory perhaps,
// keeps its pile, and the log is not cut until it has been taken over.
#include <errno.h>
#include <stdlib.h>

#include "core/state.h"

enum { WALK_SLICE = 256 * 1024 }; // bytes of rows read in one transaction

// What the log has of one job: its entries, as a row of the log holds them.
struct log_pile {
    struct buf row;
    uint64_t last_turn;
    uint64_t unfiled_no; // the event behind its journal's last; 0: not walked, or damaged
    bool lacks;          // its last events may have been in a damaged row
    bool kept;           // it could not be woken
};

struct log_index {
    struct map piles;      // job id -> struct log_pile
    uint64_t low, high;    // oldest and newest turn; 0: none
    uint64_t damaged_turn; // newest damaged one; 0: none
    struct buf damaged;    // all of them, as u64
    uint64_t bytes;
};

// ---- the log by job

static struct log_pile *pile_of(const struct engine *engine, uint64_t job_id)
{
    return engine->log_index ? map_get(&engine->log_index->piles, job_id) : NULL;
}

static struct log_pile *pile_for(struct log_index *index, uint64_t job_id)
{
    struct log_pile *pile = map_get(&index->piles, job_id);

    if (pile)
        return pile;
    pile = calloc(1, sizeof(*pile));
    if (!pile)
        return NULL;
    buf_init(&pile->row, 0);
    if (map_put(&index->piles, job_id, pile) == 0)
        return pile;
    free(pile);
    return NULL;
}

static int index_entry(void *arg, const struct log_entry *entry)
{
    struct log_index *index = arg;
    struct log_pile *pile;

    if (index->low == 0)
        index->low = entry->turn;
    if (entry->turn > index->high)
        index->high = entry->turn;
    index->bytes += entry->events.len;
    if (entry->job_id == 0) {
        index->damaged_turn = index->high ? index->high : 1;
        buf_add(&index->damaged, &entry->turn, sizeof(entry->turn));
        return buf_failed(&index->damaged);
    }
    pile = pile_for(index, entry->job_id);
    if (!pile)
        return -ENOMEM;
    log_add(&pile->row, entry);
    pile->last_turn = entry->turn;
    return buf_failed(&pile->row);
}

static void pile_free(struct log_pile *pile)
{
    if (!pile)
        return;
    buf_release(&pile->row);
    free(pile);
}

static void log_index_free(struct log_index *index)
{
    struct log_pile *pile;
    size_t at = 0;

    while ((pile = map_next(&index->piles, &at)))
        pile_free(pile);
    map_release(&index->piles);
    buf_release(&index->damaged);
    free(index);
}

// Nothing newer of the job stands behind the damage: what stood there may have been its.
static void judge_piles(struct log_index *index)
{
    struct log_pile *pile;
    size_t at = 0;

    while ((pile = map_next(&index->piles, &at)))
        pile->lacks = pile->last_turn <= index->damaged_turn;
}

int log_index_load(struct engine *engine, struct err *err)
{
    struct log_index *index = calloc(1, sizeof(*index));
    int rc;

    if (!index)
        return err_set(err, -ENOMEM, "no memory to read the store's log");
    map_init(&index->piles);
    buf_init(&index->damaged, 0);
    rc = log_scan(engine->store, index_entry, index, err);
    if (rc == -ENOMEM)
        err_set(err, rc, "no memory to read the store's log");
    if (rc < 0) {
        log_index_free(index);
        return rc;
    }
    judge_piles(index);
    engine->log_index = index;
    engine->log_low = index->low ? index->low : 1;
    engine->turn = index->high + 1;
    engine->log_bytes = index->bytes;
    return 0;
}

void log_index_drop(struct engine *engine)
{
    if (engine->log_index)
        log_index_free(engine->log_index);
    engine->log_index = NULL;
}

void log_index_keep(struct engine *engine, uint64_t job_id)
{
    struct log_pile *pile = pile_of(engine, job_id);

    if (!pile && !engine->log_index->damaged_turn)
        return;
    pile = pile_for(engine->log_index, job_id);
    if (!pile) {
        struct err err;
        err_set(&err, -ENOMEM, "no memory to keep what the log has of job %llu",
                (unsigned long long)job_id);
        engine_fail(engine, &err);
        return;
    }
    pile->kept = true;
    pile->lacks |= engine->log_index->damaged_turn && pile->row.len == 0;
}

void log_index_took(struct engine *engine, uint64_t job_id)
{
    struct log_pile *pile = pile_of(engine, job_id);

    if (!pile)
        return;
    buf_release(&pile->row);
    pile->lacks = false;
    if (engine->recovering)
        return;
    pile_free(map_take(&engine->log_index->piles, job_id));
    if (engine->log_index->piles.count == 0)
        log_index_drop(engine);
}

static struct map kept_piles(struct log_index *index)
{
    struct map kept;
    struct log_pile *pile;
    size_t at = 0;

    map_init(&kept);
    while ((pile = map_next(&index->piles, &at))) {
        uint64_t job_id = index->piles.slots[at - 1].key;
        if (!pile->kept || map_put(&kept, job_id, pile) < 0)
            pile_free(pile);
    }
    return kept;
}

// A damaged row has been judged: an empty one in its place says so to the next start.
static void clear_damage(struct engine *engine)
{
    const struct buf *damaged = &engine->log_index->damaged;

    for (size_t at = 0; at < damaged->len; at += sizeof(uint64_t)) {
        uint64_t turn;
        memcpy(&turn, damaged->ptr + at, sizeof(turn));
        log_put(turn_batch(engine), turn, (struct slice){ 0 });
    }
}

void log_index_settle(struct engine *engine)
{
    struct map kept;

    if (!engine->log_index)
        return;
    kept = kept_piles(engine->log_index);
    map_release(&engine->log_index->piles);
    engine->log_index->piles = kept;
    if (kept.count)
        return;
    clear_damage(engine);
    log_index_drop(engine);
}

struct slice log_index_row(const struct engine *engine, uint64_t job_id, uint64_t *ret_unfiled_no)
{
    const struct log_pile *pile = pile_of(engine, job_id);

    *ret_unfiled_no = pile ? pile->unfiled_no : 0;
    return pile ? buf_slice(&pile->row) : (struct slice){ 0 };
}

bool log_index_lacks(const struct engine *engine, uint64_t job_id)
{
    const struct log_pile *pile = pile_of(engine, job_id);

    if (pile)
        return pile->lacks;
    return engine->recovering && engine->log_index && engine->log_index->damaged_turn;
}

// ---- walking

struct walk {
    struct engine *engine;
    uint64_t job_id;
    journal_event_fn fn;
    void *arg;
    struct value_doc doc;
    uint64_t next_no; // of the next event
    struct buf log;   // what the log has of the job
    struct buf rows;  // a slice of the journal, as a row of the log would hold it
    uint64_t from_no; // where the next slice begins
    bool more;
};

static int walk_entry(struct walk *walk, const struct log_entry *entry, struct err *err)
{
    struct event event;
    size_t at = 0;
    int rc = 0;

    if (entry->first_event_no != walk->next_no)
        return err_set(err, ERR_CORRUPT, "job %llu: of its journal the events from %llu on are "
                       "missing", (unsigned long long)walk->job_id,
                       (unsigned long long)walk->next_no);
    while (rc == 0 && at < entry->events.len) {
        rc = event_decode(entry->events, &at, &walk->doc, &event, err);
        if (rc < 0)
            return rc;
        event.no = walk->next_no++;
        rc = walk->fn(walk->arg, &event, err);
    }
    return rc;
}

static int walk_rows(struct walk *walk, struct err *err)
{
    struct log_entry entry;
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && log_next(buf_slice(&walk->rows), &at, &entry) == 1)
        rc = walk_entry(walk, &entry, err);
    return rc;
}

static int collect_row(void *arg, uint64_t first_no, struct slice events)
{
    struct walk *walk = arg;

    if (walk->rows.len && walk->rows.len + events.len > WALK_SLICE) {
        walk->more = true;
        return 1;
    }
    log_add(&walk->rows, &(struct log_entry){ .first_event_no = first_no, .events = events });
    walk->from_no = first_no + 1;
    return buf_failed(&walk->rows);
}

// The rows before a damaged one are walked all the same: they say what the job is.
static int walk_slice(struct walk *walk, struct err *err)
{
    int rc, walked;

    walk->more = false;
    buf_clear(&walk->rows);
    rc = journal_scan(walk->engine->store, walk->job_id, walk->from_no, collect_row, walk, err);
    if (rc < 0 && rc != ERR_CORRUPT)
        return rc;
    walked = walk_rows(walk, rc == 0 ? err : NULL);
    return rc == 0 ? walked : rc;
}

static int collect_entry(void *arg, const struct log_entry *entry)
{
    struct walk *walk = arg;

    if (entry->job_id == walk->job_id)
        log_add(&walk->log, entry);
    return buf_failed(&walk->log);
}

// With nothing of the job on its way to disk, what it keeps is what the log has.
static void copy_unfiled(struct walk *walk, const struct resident *r)
{
    struct log_entry entry = { .first_event_no = r->unfiled_first_no,
                               .events = buf_slice(&r->unfiled) };

    if (r->unfiled.len)
        log_add(&walk->log, &entry);
}

// A job that is not in memory has nothing unfiled, unless it has a pile.
static int read_log(struct walk *walk, struct err *err)
{
    struct engine *engine = walk->engine;
    const struct log_pile *pile = pile_of(engine, walk->job_id);
    const struct resident *r = map_get(&engine->residents, walk->job_id);
    int rc = 0;

    if (pile)
        buf_add_slice(&walk->log, buf_slice(&pile->row));
    else if (r && !r->in_open && !r->in_flying)
        copy_unfiled(walk, r);
    else if (r && !engine->recovering)
        rc = log_scan(engine->store, collect_entry, walk, err);
    return rc < 0 ? rc : buf_failed(&walk->log);
}

static int walk_log(struct walk *walk, struct err *err)
{
    struct log_pile *pile = pile_of(walk->engine, walk->job_id);
    struct log_entry entry;
    size_t at = 0;
    int rc = 0;

    if (pile)
        pile->unfiled_no = walk->next_no;
    while (rc == 0 && log_next(buf_slice(&walk->log), &at, &entry) == 1)
        if (entry.first_event_no >= walk->next_no) // else it has been filed
            rc = walk_entry(walk, &entry, err);
    if (rc == 0 && log_index_lacks(walk->engine, walk->job_id))
        rc = err_set(err, ERR_CORRUPT, "job %llu: events from %llu on may be missing: a row of "
                     "the store's log is damaged", (unsigned long long)walk->job_id,
                     (unsigned long long)walk->next_no);
    return rc;
}

int journal_walk(struct engine *engine, uint64_t job_id, journal_event_fn fn, void *arg,
                 struct err *err)
{
    struct walk walk = { .engine = engine, .job_id = job_id, .fn = fn, .arg = arg,
                         .next_no = 1, .from_no = 1, .more = true };
    int rc;

    buf_init(&walk.log, 0);
    buf_init(&walk.rows, 0);
    value_doc_init(&walk.doc);
    rc = read_log(&walk, err);
    while (rc == 0 && walk.more)
        rc = walk_slice(&walk, err);
    if (rc == 0)
        rc = walk_log(&walk, err);
    value_doc_release(&walk.doc);
    buf_release(&walk.rows);
    buf_release(&walk.log);
    return rc;
}
