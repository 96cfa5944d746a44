// SPDX-License-Identifier: MIT
// The tables that are the engine's own, over both stores: timers, texts, retention, requests,
// orders, schedules.
#include "unit/storage/tables.h"

static int see_timer(void *arg, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    assert_int_equal(job_id, 3);
    assert_int_equal(event_no, 4);
    return see(arg, (uint64_t)due_ms);
}

static void timers(struct store *store, struct batch *batch)
{
    static const int64_t due[] = { 5, 7, -100, INT64_MIN, INT64_MAX, 0 };
    static const int64_t sorted[] = { INT64_MIN, -100, 0, 7, INT64_MAX };
    struct seen all = { 0 };

    for (size_t i = 0; i < 6; i++)
        timers_put(batch, due[i], 3, 4);
    timers_del(batch, 5, 3, 4);
    commit(store, batch);
    assert_int_equal(timers_scan(store, see_timer, &all, NULL), 0);
    assert_int_equal(all.count, 5);
    assert_memory_equal(all.n, sorted, sizeof(sorted));
}

static void scripts(struct store *store, struct batch *batch)
{
    struct content_hash hash = content_hash_of(SLICE("return 1")), no = { { 0 } };
    struct buf text;

    buf_init(&text, 0);
    scripts_put(batch, &hash, SLICE("return 1"));
    commit(store, batch);
    assert_int_equal(scripts_get(store, &hash, &text, NULL), 0);
    assert_true(slice_is(buf_slice(&text), "return 1"));
    assert_int_equal(scripts_get(store, &no, &text, NULL), -ENOENT);
    buf_release(&text);
}

static int see_hash(void *arg, const struct content_hash *hash)
{
    return see(arg, hash->bytes[0]);
}

static void scripts_go(struct store *store, struct batch *batch)
{
    struct content_hash one = { { 1 } }, two = { { 2 } };
    struct seen all = { 0 }, left = { 0 };

    scripts_put(batch, &two, SLICE("b"));
    scripts_put(batch, &one, SLICE("a"));
    commit(store, batch);
    assert_int_equal(scripts_scan(store, see_hash, &all, NULL), 0);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.n[0], 1);
    scripts_del(batch, &one);
    commit(store, batch);
    assert_int_equal(scripts_scan(store, see_hash, &left, NULL), 0);
    assert_int_equal(left.count, 1);
    assert_int_equal(left.n[0], 2);
}

static void retention(struct store *store, struct batch *batch)
{
    struct retention seen, set = { .age_ms = 5, .count = -1, .bytes = INT64_MAX };

    assert_int_equal(retention_get(store, &seen, NULL), 0);
    assert_true(seen.age_ms == -1 && seen.count == -1 && seen.bytes == -1);
    retention_put(batch, &set);
    commit(store, batch);
    assert_int_equal(retention_get(store, &seen, NULL), 0);
    assert_true(seen.age_ms == 5 && seen.count == -1 && seen.bytes == INT64_MAX);
}

static void requests(struct store *store, struct batch *batch)
{
    struct buf answer;
    size_t count;

    buf_init(&answer, 0);
    for (uint8_t i = 1; i <= 5; i++)
        requests_put(batch, uuid_of(i), 100 * i, SLICE("ok"));
    commit(store, batch);
    assert_int_equal(requests_count(store, &count, NULL), 0);
    assert_int_equal(count, 5);
    assert_int_equal(requests_expire(store, batch, 300, 1, NULL), 1);
    commit(store, batch);
    assert_int_equal(requests_get(store, uuid_of(1), &answer, NULL), -ENOENT);
    assert_int_equal(requests_get(store, uuid_of(2), &answer, NULL), 0);
    assert_int_equal(requests_expire(store, batch, 300, 10, NULL), 1);
    commit(store, batch);
    assert_int_equal(requests_get(store, uuid_of(2), &answer, NULL), -ENOENT);
    assert_int_equal(requests_get(store, uuid_of(3), &answer, NULL), 0);
    assert_true(slice_is(buf_slice(&answer), "ok"));
    assert_int_equal(requests_expire(store, batch, 300, 10, NULL), 0);
    assert_int_equal(batch->count, 0);
    assert_int_equal(requests_count(store, &count, NULL), 0);
    assert_int_equal(count, 3);
    buf_release(&answer);
}

static int see_order(void *arg, const struct order *order)
{
    assert_int_equal(order->kind, ORDER_KILL);
    assert_true(uuid_equal(order->job, uuid_of(6)));
    assert_int_equal(order->intent_no, 12);
    assert_int_equal(order->grace_ms, 5000);
    return see(arg, order->id);
}

static int see_schedule(void *arg, struct uuid uuid, struct slice bytes, bool damaged)
{
    assert_false(damaged);
    assert_true(bytes.len > 0);
    return see(arg, uuid.bytes[0]);
}

static void schedules(struct store *store, struct batch *batch)
{
    struct schedule schedule = { .name = SLICE("s"), .kind = SCHEDULE_BOOT };
    struct seen seen = { 0 };
    struct value_doc doc;
    struct buf row;

    buf_init(&row, 0);
    value_doc_init(&doc);
    for (uint8_t i = 1; i <= 3; i++) {
        schedule.uuid = (struct uuid){ { i } };
        schedule.runs = i;
        schedules_put(batch, &schedule);
        schedules_job_put(batch, schedule.uuid, SLICE("job"));
    }
    schedules_del(batch, (struct uuid){ { 2 } });
    commit(store, batch);
    assert_int_equal(schedules_scan(store, see_schedule, &seen, NULL), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.n[1], 3);
    assert_int_equal(schedules_get(store, schedule.uuid, &row, NULL), 0);
    assert_int_equal(schedule_decode(buf_slice(&row), &doc, &schedule, NULL), 0);
    assert_int_equal(schedule.runs, 3);
    assert_int_equal(schedules_get(store, (struct uuid){ { 2 } }, &row, NULL), -ENOENT);
    assert_int_equal(schedules_job(store, (struct uuid){ { 3 } }, &row, NULL), 0);
    assert_true(slice_is(buf_slice(&row), "job"));
    assert_int_equal(schedules_job(store, (struct uuid){ { 2 } }, &row, NULL), ERR_CORRUPT);
    value_doc_release(&doc);
    buf_release(&row);
}

static void orders(struct store *store, struct batch *batch)
{
    struct order order = { 0, ORDER_KILL, uuid_of(6), 12, 5000 };
    struct seen one = { 0 }, two = { 0 };
    char long_name[254];

    memset(long_name, 'h', sizeof(long_name));
    for (order.id = 1; order.id <= 3; order.id++)
        orders_put(batch, SLICE("web1"), &order);
    orders_put(batch, slice_of(long_name, sizeof(long_name)), &order);
    orders_del(batch, SLICE("web1"), 2);
    commit(store, batch);
    assert_int_equal(orders_scan(store, SLICE("web1"), see_order, &one, NULL), 0);
    assert_int_equal(one.count, 2);
    assert_int_equal(one.n[1], 3);
    assert_int_equal(orders_scan(store, slice_of(long_name, sizeof(long_name)), see_order, &two,
                                 NULL), 0);
    assert_int_equal(two.count, 1);
    assert_int_equal(two.n[0], 4);
}

TABLE(timers)
TABLE(scripts)
TABLE(scripts_go)
TABLE(retention)
TABLE(requests)
TABLE(orders)
TABLE(schedules)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_timers),
        T(test_scripts),
        T(test_scripts_go),
        T(test_retention),
        T(test_requests),
        T(test_orders),
        T(test_schedules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
