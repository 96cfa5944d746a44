// SPDX-License-Identifier: MIT
// store_check over a store in memory: a sound one has no fault, and each kind of
// inconsistency is counted and named.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "storage/keys.h"
#include "unit/storage/temp.h"

enum { JOBS = 700 }; // more rows than one slice of the check

struct fixture {
    struct store *store;
    struct batch batch;
};

static void put_events(struct batch *batch, uint64_t job, uint64_t first, int n)
{
    struct event event = { .type = EVENT_RESUMED };
    struct buf bytes;

    buf_init(&bytes, 0);
    for (int i = 0; i < n; i++)
        event_encode(&event, &bytes);
    journal_put(batch, job, first, buf_slice(&bytes));
    buf_release(&bytes);
}

// Job id with a child id + 1, and rows in every table.
static void put_job(struct batch *batch, uint64_t id, bool removing)
{
    struct child_head child = { .id = id + 1, .uuid = uuid_of(0), .host = SLICE("web1") };
    struct job_head head = { .id = id, .name = SLICE("n"), .removing = removing,
                             .child_count = 1, .children = &child };
    struct record record = { .seq = 1, .data = SLICE("hello") };

    memcpy(head.uuid.bytes, &id, sizeof(id));
    memcpy(child.uuid.bytes + 8, &id, sizeof(id));
    jobs_put(batch, &head);
    if (!removing) {
        jobs_index_put(batch, id, head.uuid, id);
        jobs_index_put(batch, id + 1, child.uuid, id);
    }
    put_events(batch, id, 1, 3);
    put_events(batch, id, 4, 1);
    records_put(batch, id, &record);
    marks_put(batch, id, MARK_ALL, 1);
    tails_put(batch, id, 2, (struct tail){ 1, 2, 1 });
    active_put(batch, id);
    timers_put(batch, 1000, id, 2);
}

static const struct schedule schedule = { .uuid = { { 7 } }, .kind = SCHEDULE_BOOT,
                                          .name = { (const uint8_t *)"s", 1 } };

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct content_hash hash = content_hash_of(SLICE("return 1"));
    struct order order = { .id = 1, .kind = ORDER_FORGET };

    assert_int_equal(store_memory_open(&f->store, NULL), 0);
    batch_init(&f->batch);
    for (uint64_t i = 0; i < JOBS; i++)
        put_job(&f->batch, 1 + 2 * i, i == 5);
    scripts_put(&f->batch, &hash, SLICE("return 1"));
    requests_put(&f->batch, uuid_of(1), 5, SLICE("ok"));
    orders_put(&f->batch, SLICE("web1"), &order);
    schedules_put(&f->batch, &schedule);
    schedules_job_put(&f->batch, schedule.uuid, SLICE("\x80"));
    commit(f->store, &f->batch);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    batch_release(&f->batch);
    store_close(f->store);
    test_free(f);
    return 0;
}

static struct store_report check(struct fixture *f)
{
    struct store_report report;
    struct err err = { 0 };

    commit(f->store, &f->batch);
    if (store_check(f->store, &report, &err) < 0)
        fail_msg("%s", err_text(&err));
    return report;
}

static void assert_fault(struct fixture *f, uint64_t damaged, uint64_t orphans, const char *text)
{
    struct store_report report = check(f);

    assert_int_equal(report.damaged, damaged);
    assert_int_equal(report.orphans, orphans);
    if (!strstr(report.first_fault, text))
        fail_msg("\"%s\" does not say \"%s\"", report.first_fault, text);
}

static void test_sound(void **state)
{
    struct store_report report = check(*state);

    assert_string_equal(report.first_fault, "");
    assert_int_equal(report.damaged, 0);
    assert_int_equal(report.orphans, 0);
    assert_int_equal(report.records, JOBS * 12 - 4 + 6);
}

static void test_half_a_schedule(void **state)
{
    struct fixture *f = *state;
    struct key job = key_uuid(KEY_SCHEDULE_JOB, schedule.uuid);

    batch_del(&f->batch, key_slice(&job));
    assert_fault(f, 0, 1, "the schedule job row it belongs with is missing");
    schedules_job_put(&f->batch, schedule.uuid, SLICE("\x80"));
    job = key_uuid(KEY_SCHEDULE, schedule.uuid);
    batch_del(&f->batch, key_slice(&job));
    assert_fault(f, 0, 1, "the schedule row it belongs with is missing");
}

static void test_damaged_schedule(void **state)
{
    struct fixture *f = *state;
    struct key key = key_uuid(KEY_SCHEDULE, schedule.uuid);

    batch_put(&f->batch, key_slice(&key), SLICE("\x91\x01"));
    assert_fault(f, 1, 0, "it does not decode");
}

static void test_missing_head(void **state)
{
    struct fixture *f = *state;

    jobs_del(&f->batch, 21); // two parent rows, active, journal, record, mark, tail
    assert_fault(f, 0, 7, "the head row it belongs with is missing");
}

static void test_missing_index(void **state)
{
    struct fixture *f = *state;
    struct uuid uuid = uuid_of(0);
    uint64_t id = 21;

    memcpy(uuid.bytes, &id, sizeof(id));
    jobs_index_del(&f->batch, 21, uuid);
    assert_fault(f, 0, 2, "the parent row it belongs with is missing");
}

static void test_index_leads_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct uuid uuid = uuid_of(0);
    uint64_t id = 21;

    memcpy(uuid.bytes, &id, sizeof(id));
    jobs_index_put(&f->batch, 23, uuid, 23);
    assert_fault(f, 0, 1, "leads somewhere else");
}

static void test_hole_in_a_journal(void **state)
{
    struct fixture *f = *state;

    put_events(&f->batch, 21, 6, 1);
    assert_fault(f, 1, 0, "events before it are missing");
    put_events(&f->batch, 21, 5, 2);
    assert_fault(f, 1, 0, "twice");
}

static void test_lost_rows_of_the_log(void **state)
{
    struct fixture *f = *state;

    journal_put(&f->batch, 21, 5, SLICE(""));
    assert_fault(f, 1, 0, "events are missing from here on");
    log_put(&f->batch, 7, SLICE("no row of the log"));
    assert_fault(f, 2, 0, "events are missing from here on");
}

static void test_journal_that_does_not_decode(void **state)
{
    struct fixture *f = *state;

    journal_put(&f->batch, 21, 5, SLICE("\xc1 no event"));
    assert_fault(f, 1, 0, "does not decode");
}

static void test_script_under_another_name(void **state)
{
    struct fixture *f = *state;
    struct content_hash hash = content_hash_of(SLICE("return 2"));

    scripts_put(&f->batch, &hash, SLICE("return 3"));
    assert_fault(f, 1, 0, "not the one its name stands for");
}

static void test_unknown_rows(void **state)
{
    struct fixture *f = *state;

    batch_put(&f->batch, SLICE("\x7f?"), SLICE("x"));
    batch_put(&f->batch, SLICE("\x20 short"), SLICE("x"));
    batch_put(&f->batch, SLICE("\xff\xff"), SLICE("x"));
    assert_fault(f, 0, 3, "no table this Pawl knows");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_sound), T(test_half_a_schedule), T(test_damaged_schedule), T(test_missing_head), T(test_missing_index),
        T(test_index_leads_elsewhere), T(test_hole_in_a_journal), T(test_lost_rows_of_the_log),
        T(test_journal_that_does_not_decode), T(test_script_under_another_name),
        T(test_unknown_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
