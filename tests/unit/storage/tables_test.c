// SPDX-License-Identifier: MIT
// The tables of jobs, over both stores: what is put comes back, in the promised order,
// and only from where it was put.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/storage/tables.h"

static void meta(struct store *store, struct batch *batch)
{
    struct store_meta in = { STORE_FORMAT, uuid_of(1), 7, uuid_of(2), 99, { 0 }, 0 }, out;
    struct store_clock c_in = { uuid_of(3), 12, -5, INT64_MAX }, c_out;
    struct err err = { 0 };

    assert_int_equal(meta_get(store, &out, &err), -ENOENT);
    assert_int_equal(clock_get(store, &c_out, &err), -ENOENT);
    meta_put(batch, &in);
    clock_put(batch, &c_in);
    commit(store, batch);
    assert_int_equal(meta_get(store, &out, &err), 0);
    assert_int_equal(out.format, STORE_FORMAT);
    assert_true(uuid_equal(out.store, in.store));
    assert_true(uuid_equal(out.incarnation, in.incarnation));
    assert_int_equal(out.epoch, 7);
    assert_int_equal(out.next_id, 99);
    assert_int_equal(out.past_count, 0);
    assert_int_equal(clock_get(store, &c_out, &err), 0);
    assert_true(uuid_equal(c_out.boot_id, c_in.boot_id));
    assert_int_equal(c_out.boottime_ms, 12);
    assert_int_equal(c_out.wall_ms, -5);
    assert_int_equal(c_out.timeline_ms, INT64_MAX);
}

// Each start knows how those before it were called, as far back as it is kept.
static void starts(struct store *store, struct batch *batch)
{
    struct store_meta meta = { .format = STORE_FORMAT }, out;
    struct uuid id = { { 0 } };

    for (uint8_t i = 1; i <= META_PAST + 3; i++) {
        id.bytes[0] = 0x10;
        id.bytes[1] = i;
        meta_begin(&meta, id);
        assert_int_equal(meta.epoch, i);
        assert_int_equal(meta.past_count, i - 1 < META_PAST ? i - 1 : META_PAST);
    }
    meta_put(batch, &meta);
    commit(store, batch);
    assert_int_equal(meta_get(store, &out, NULL), 0);
    assert_int_equal(out.past_count, META_PAST);
    assert_int_equal(out.past[0], 0x1000 + META_PAST + 2);
    assert_int_equal(out.past[META_PAST - 1], 0x1003);
}

static int see_job(void *arg, uint64_t id, struct slice head, bool damaged)
{
    assert_false(damaged);
    assert_true(head.len > 0);
    return see(arg, id);
}

static int see_active(void *arg, uint64_t id) { return see(arg, id); }

static void jobs(struct store *store, struct batch *batch)
{
    static const uint64_t ids[] = { 1, 2, 300, UINT64_MAX };
    struct seen up = { 0 }, down = { 0 }, three = { .stop_at = 1 }, active = { 0 };
    struct job_head head = { .name = SLICE("n"), .command = SLICE("c") };
    struct buf bytes;
    uint64_t id = 0;

    buf_init(&bytes, 0);
    assert_int_equal(jobs_get(store, 1, &bytes, NULL), -ENOENT);
    for (size_t i = 0; i < 4; i++) {
        head.id = ids[i];
        jobs_put(batch, &head);
        active_put(batch, ids[i]);
    }
    jobs_index_put(batch, 300, uuid_of(9), 300);
    jobs_index_put(batch, 301, uuid_of(8), 300);
    active_del(batch, 2);
    commit(store, batch);

    assert_int_equal(jobs_get(store, 300, &bytes, NULL), 0);
    assert_true(bytes.len > 0);
    assert_int_equal(jobs_scan(store, 2, false, see_job, &up, NULL), 0);
    assert_int_equal(up.count, 3);
    assert_int_equal(up.n[0], 2);
    assert_int_equal(up.n[2], UINT64_MAX);
    assert_int_equal(jobs_scan(store, UINT64_MAX, true, see_job, &down, NULL), 0);
    assert_int_equal(down.count, 4);
    assert_int_equal(down.n[0], UINT64_MAX);
    assert_int_equal(down.n[3], 1);
    assert_int_equal(jobs_scan(store, 300, true, see_job, &three, NULL), 0);
    assert_int_equal(three.count, 1);
    assert_int_equal(three.n[0], 300);
    assert_int_equal(active_scan(store, see_active, &active, NULL), 0);
    assert_int_equal(active.count, 3);

    assert_int_equal(jobs_parent(store, 301, &id, NULL), 0);
    assert_int_equal(id, 300);
    assert_int_equal(jobs_by_uuid(store, uuid_of(8), &id, NULL), 0);
    assert_int_equal(id, 301);
    jobs_index_del(batch, 301, uuid_of(8));
    jobs_del(batch, 300);
    commit(store, batch);
    assert_int_equal(jobs_parent(store, 301, &id, NULL), -ENOENT);
    assert_int_equal(jobs_by_uuid(store, uuid_of(8), &id, NULL), -ENOENT);
    assert_int_equal(jobs_parent(store, 300, &id, NULL), 0);
    assert_int_equal(jobs_get(store, 300, &bytes, NULL), -ENOENT);
    buf_release(&bytes);
}

static int see_events(void *arg, uint64_t first, struct slice events)
{
    assert_int_equal(events.len, 1);
    assert_int_equal(events.ptr[0], first & 0xff);
    return see(arg, first);
}

static int refuse(void *arg, uint64_t first, struct slice events)
{
    (void)arg, (void)first, (void)events;
    return -ECANCELED;
}

static void journal(struct store *store, struct batch *batch)
{
    static const uint64_t firsts[] = { 1, 2, 255, 256, 70000 };
    struct seen all = { 0 }, late = { 0 }, other = { 0 };

    for (size_t i = 0; i < 5; i++) {
        uint8_t byte = (uint8_t)firsts[i];
        journal_put(batch, 5, firsts[i], slice_of(&byte, 1));
    }
    journal_put(batch, 6, 3, SLICE("\x03"));
    commit(store, batch);
    assert_int_equal(journal_scan(store, 5, 0, see_events, &all, NULL), 0);
    assert_int_equal(all.count, 5);
    assert_memory_equal(all.n, firsts, sizeof(firsts));
    assert_int_equal(journal_scan(store, 5, 3, see_events, &late, NULL), 0);
    assert_int_equal(late.count, 3);
    assert_int_equal(journal_scan(store, 4, 0, see_events, &other, NULL), 0);
    assert_int_equal(other.count, 0);
    assert_int_equal(journal_scan(store, 5, 0, refuse, NULL, NULL), -ECANCELED);
}

static void hole(struct store *store, struct batch *batch)
{
    struct seen seen = { 0 };
    struct err err;

    journal_put(batch, 7, 1, SLICE("\x01"));
    journal_put(batch, 7, 2, SLICE(""));
    journal_put(batch, 7, 3, SLICE("\x03"));
    commit(store, batch);
    assert_int_equal(journal_scan(store, 7, 0, see_events, &seen, &err), ERR_CORRUPT);
    assert_int_equal(seen.count, 1);
    assert_non_null(strstr(err_text(&err), "may lack events from 2 on"));
}

// What the log has, one line for each entry.
static int see_entry(void *arg, const struct log_entry *entry)
{
    buf_addf(arg, "%llu: job %llu from %llu, %u: %.*s\n", (unsigned long long)entry->turn,
             (unsigned long long)entry->job_id, (unsigned long long)entry->first_event_no,
             entry->count, SLICE_ARG(entry->events));
    return 0;
}

static void put_turn(struct batch *batch, uint64_t turn)
{
    struct log_entry entries[] = {
        { .job_id = 5, .first_event_no = turn * 2, .count = 2, .events = SLICE("two") },
        { .job_id = 6, .first_event_no = turn, .count = 1, .events = SLICE("") },
    };
    struct buf row;

    buf_init(&row, 0);
    log_add(&row, &entries[0]);
    log_add(&row, &entries[1]);
    log_put(batch, turn, buf_slice(&row));
    buf_release(&row);
}

static void assert_log(struct store *store, const char *wanted)
{
    struct buf text;

    buf_init(&text, 0);
    assert_int_equal(log_scan(store, see_entry, &text, NULL), 0);
    assert_string_equal(buf_cstr(&text), wanted);
    buf_release(&text);
}

static int refuse_entry(void *arg, const struct log_entry *entry)
{
    (void)arg, (void)entry;
    return -ECANCELED;
}

static void turns_log(struct store *store, struct batch *batch)
{
    for (uint64_t turn = 254; turn <= 257; turn++)
        put_turn(batch, turn);
    log_del(batch, 254, 256);
    commit(store, batch);
    assert_log(store, "256: job 5 from 512, 2: two\n256: job 6 from 256, 1: \n"
                      "257: job 5 from 514, 2: two\n257: job 6 from 257, 1: \n");
    assert_int_equal(log_scan(store, refuse_entry, NULL, NULL), -ECANCELED);
    log_put(batch, 256, SLICE("no row of the log"));
    commit(store, batch);
    assert_log(store, "256: job 0 from 0, 0: \n"
                      "257: job 5 from 514, 2: two\n257: job 6 from 257, 1: \n");
}

static int see_record(void *arg, const struct record *record, bool gap)
{
    assert_false(gap);
    assert_int_equal(record->data.len, record->seq);
    assert_int_equal(record->stream, STREAM_ERROR);
    return see(arg, record->seq);
}

static int see_gap(void *arg, const struct record *record, bool gap)
{
    return see(arg, record->seq * 10 + gap);
}

// Numbers 3 and 4, and 1 of another scan, are not there: a page dropped them.
static void missing_records(struct store *store, struct batch *batch)
{
    struct record record = { .stream = STREAM_OUTPUT, .data = SLICE("x") };
    struct seen all = { 0 }, rest = { 0 };

    for (record.seq = 2; record.seq <= 6; record.seq++)
        if (record.seq != 3 && record.seq != 4)
            records_put(batch, 77, &record);
    commit(store, batch);
    assert_int_equal(records_scan(store, 77, 1, see_gap, &all, NULL), 0);
    assert_int_equal(all.count, 5);
    assert_int_equal(all.n[0], 11);
    assert_int_equal(all.n[1], 20);
    assert_int_equal(all.n[2], 41);
    assert_int_equal(all.n[3], 50);
    assert_int_equal(records_scan(store, 77, 5, see_gap, &rest, NULL), 0);
    assert_int_equal(rest.count, 2);
    assert_int_equal(rest.n[0], 50);
}

static void records(struct store *store, struct batch *batch)
{
    struct record record = { .stream = STREAM_ERROR, .child_id = 4 };
    struct seen all = { 0 };
    uint64_t seq = 9, bytes = 9;
    char text[8] = "abcdefg";

    missing_records(store, batch);
    assert_int_equal(records_end(store, 2, &seq, &bytes, NULL), 0);
    assert_int_equal(seq, 0);
    assert_int_equal(bytes, 0);
    for (record.seq = 1; record.seq <= 5; record.seq++) {
        record.data = slice_of(text, record.seq);
        records_put(batch, 2, &record);
        record.bytes_before += record.data.len;
    }
    commit(store, batch);
    assert_int_equal(records_scan(store, 2, 3, see_record, &all, NULL), 0);
    assert_int_equal(all.count, 3);
    assert_int_equal(all.n[0], 3);
    assert_int_equal(records_end(store, 2, &seq, &bytes, NULL), 0);
    assert_int_equal(seq, 5);
    assert_int_equal(bytes, 1 + 2 + 3 + 4 + 5);
    assert_int_equal(records_before(store, 2, 4, &bytes, NULL), 0);
    assert_int_equal(bytes, 1 + 2 + 3);
    assert_int_equal(records_before(store, 2, 1, &bytes, NULL), 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(records_before(store, 3, 4, &bytes, NULL), 0);
    assert_int_equal(bytes, 0);
}

static void marks_and_tails(struct store *store, struct batch *batch)
{
    struct marks marks = { 0 };
    struct tail tail = { 5, 5, 5 };

    assert_int_equal(marks_load(store, 1, &marks, NULL), 0);
    assert_int_equal(marks_at(&marks, 2), 0);
    assert_int_equal(tails_get(store, 1, 2, &tail, NULL), 0);
    assert_int_equal(tail.out_bytes + tail.err_bytes + tail.first_seq, 0);
    marks_put(batch, 1, 2, 77);
    marks_put(batch, 1, MARK_ALL, 5);
    marks_put(batch, 2, 2, 99); // another job's
    tails_put(batch, 1, 2, (struct tail){ 10, 20, 7 });
    tails_put(batch, 1, 3, (struct tail){ 30, 40, 8 });
    tails_del(batch, 1, 3);
    commit(store, batch);
    assert_int_equal(marks_load(store, 1, &marks, NULL), 0);
    assert_int_equal(marks_at(&marks, 2), 77);
    assert_int_equal(marks_at(&marks, 3), 5);
    marks_release(&marks);
    assert_int_equal(tails_get(store, 1, 2, &tail, NULL), 0);
    assert_int_equal(tail.out_bytes, 10);
    assert_int_equal(tail.err_bytes, 20);
    assert_int_equal(tail.first_seq, 7);
    assert_int_equal(tails_get(store, 1, 3, &tail, NULL), 0);
    assert_int_equal(tail.out_bytes, 0);
}

static void job_rows(struct store *store, struct batch *batch)
{
    struct record record = { .data = SLICE("x") };
    struct seen left = { 0 }, other = { 0 };
    int slices = 0;
    bool done = false;
    uint64_t seq, bytes;
    uint32_t limit;

    for (uint64_t job = 40; job <= 41; job++) {
        for (uint64_t i = 1; i <= 7; i++) {
            uint8_t byte = (uint8_t)i;
            journal_put(batch, job, i, slice_of(&byte, 1));
            record.seq = i;
            records_put(batch, job, &record);
        }
        marks_put(batch, job, 1, 1);
        tails_put(batch, job, 1, (struct tail){ 1, 1, 1 });
    }
    commit(store, batch);
    while (!done) { // 16 rows of job 40, four at a time
        limit = 4;
        assert_int_equal(job_rows_del(store, batch, 40, &limit, &done, NULL), 0);
        assert_int_equal(limit, 0);
        commit(store, batch);
        slices++;
    }
    assert_int_equal(slices, 4);
    assert_int_equal(journal_scan(store, 40, 0, see_events, &left, NULL), 0);
    assert_int_equal(left.count, 0);
    assert_int_equal(records_end(store, 40, &seq, &bytes, NULL), 0);
    assert_int_equal(seq, 0);
    assert_int_equal(journal_scan(store, 41, 0, see_events, &other, NULL), 0);
    assert_int_equal(other.count, 7);
    limit = 4;
    assert_int_equal(job_rows_del(store, batch, 40, &limit, &done, NULL), 0);
    assert_true(done);
    assert_int_equal(limit, 4);
    assert_int_equal(batch->count, 0);

    // Only its last table left, and more rows in it than the limit.
    tails_put(batch, 42, 1, (struct tail){ 1, 1, 1 });
    tails_put(batch, 42, 2, (struct tail){ 1, 1, 1 });
    tails_put(batch, 42, 3, (struct tail){ 1, 1, 1 });
    commit(store, batch);
    limit = 2;
    assert_int_equal(job_rows_del(store, batch, 42, &limit, &done, NULL), 0);
    assert_false(done);
    commit(store, batch);
    limit = 1;
    assert_int_equal(job_rows_del(store, batch, 42, &limit, &done, NULL), 0);
    assert_true(done);
}

TABLE(meta)
TABLE(starts)
TABLE(jobs)
TABLE(journal)
TABLE(hole)
TABLE(turns_log)
TABLE(records)
TABLE(marks_and_tails)
TABLE(job_rows)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_meta), T(test_starts), T(test_jobs), T(test_journal), T(test_hole), T(test_turns_log),
        T(test_records), T(test_marks_and_tails), T(test_job_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
