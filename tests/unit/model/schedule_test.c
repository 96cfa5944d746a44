// SPDX-License-Identifier: MIT
// What a schedule decides: what is due, what was missed, what becomes of an occurrence
// while another is unfinished; and that its bytes are what it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/schedule.h"
#include "unit/model/zone_bytes.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };
#define DAY_MS ((int64_t)24 * HOUR)

static int64_t ms(const char *text) { return utc(text) * 1000; }

static struct schedule checked(struct schedule s)
{
    struct err err = { 0 };

    s.name = SLICE("nightly");
    s.uuid = (struct uuid){ { 1, 2, 3 } };
    s.created_unix_ms = s.done_unix_ms = ms("2026-01-01 00:00");
    s.enabled = true;
    if (schedule_check(&s, &err) < 0)
        fail_msg("%s", err_text(&err));
    return s;
}

static struct schedule cron_of(const char *text)
{
    return checked((struct schedule){ .kind = SCHEDULE_CRON, .cron_text = slice_str(text) });
}

static struct schedule every(int64_t every_ms)
{
    return checked((struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = every_ms });
}

static void expect_none(const struct schedule *s, int64_t now_ms, int64_t wake_ms)
{
    struct occurrence o = schedule_look(s, NULL, now_ms);

    assert_int_equal(o.kind, OCCURRENCE_NONE);
    assert_int_equal(o.wake_ms, wake_ms);
}

static void expect_occurrence(const struct schedule *s, int64_t now_ms, enum occurrence_kind kind,
                              int64_t nominal_ms)
{
    struct occurrence o = schedule_look(s, NULL, now_ms);

    assert_int_equal(o.kind, kind);
    assert_int_equal(o.nominal_ms, nominal_ms);
}

// ---- times

static void intervals_are_counted_from_the_beginning(void **state)
{
    struct schedule s = every(7 * MINUTE);
    int64_t next;

    (void)state;
    expect_none(&s, ms("2026-01-01 00:06"), ms("2026-01-01 00:07"));
    expect_occurrence(&s, ms("2026-01-01 00:07"), OCCURRENCE_DUE, ms("2026-01-01 00:07"));
    expect_occurrence(&s, ms("2026-01-01 00:30"), OCCURRENCE_DUE, ms("2026-01-01 00:28"));
    assert_true(schedule_next(&s, NULL, s.created_unix_ms - 10 * DAY_MS, &next));
    assert_int_equal(next, ms("2026-01-01 00:07")); // never before it was made
}

static void nothing_runs_twice_when_the_clock_is_set_back(void **state)
{
    struct schedule s = cron_of("0 * * * *");

    (void)state;
    s.done_unix_ms = ms("2026-01-01 05:00");
    expect_none(&s, ms("2026-01-01 05:00"), ms("2026-01-01 06:00"));
    expect_none(&s, ms("2026-01-01 02:00"), ms("2026-01-01 06:00"));
    expect_none(&s, ms("2025-01-01 02:00"), ms("2026-01-01 06:00"));
    expect_occurrence(&s, ms("2026-01-01 06:00"), OCCURRENCE_DUE, ms("2026-01-01 06:00"));
}

static void missed_ones_become_one_or_none(void **state)
{
    struct schedule s = cron_of("0 2 * * *");

    (void)state;
    expect_occurrence(&s, ms("2026-01-09 12:00"), OCCURRENCE_DUE, ms("2026-01-09 02:00"));
    s.missed = MISSED_SKIP;
    expect_occurrence(&s, ms("2026-01-09 12:00"), OCCURRENCE_MISSED, ms("2026-01-09 02:00"));
    // late, but not missed: a minute is allowed
    expect_occurrence(&s, ms("2026-01-09 02:01"), OCCURRENCE_DUE, ms("2026-01-09 02:00"));
    expect_occurrence(&s, ms("2026-01-09 02:01") + 1, OCCURRENCE_MISSED, ms("2026-01-09 02:00"));
}

// The latest before T is the one behind which there is none until T: for many T, under a
// year of minutes, by its own definition.
static void expect_latest(const struct schedule *s, const struct zone *zone, int64_t until_ms)
{
    int64_t latest = 0, next = 0;

    assert_true(schedule_latest(s, zone, s->done_unix_ms, until_ms, &latest));
    assert_true(latest > s->done_unix_ms && latest <= until_ms);
    assert_true(schedule_next(s, zone, latest - 1, &next));
    assert_int_equal(next, latest);
    assert_true(schedule_next(s, zone, latest, &next));
    assert_true(next > until_ms);
}

static void a_year_of_downtime_is_no_loop_over_its_minutes(void **state)
{
    struct zone *berlin = zone_of(ZONE_BERLIN);
    struct schedule s = cron_of("* * * * *"), seldom = cron_of("30 2 1 * *"), second = every(1000);
    clock_t begun = clock();

    (void)state;
    for (int i = 0; i < 2000; i++) {
        int64_t until = ms("2027-01-01 00:00") + (int64_t)i * 7 * HOUR + 12345;
        expect_latest(&s, berlin, until);
        expect_latest(&seldom, berlin, until);
        expect_latest(&second, NULL, until);
    }
    assert_true((clock() - begun) / CLOCKS_PER_SEC < 20); // by minutes: hours
    zone_free(berlin);
}

// ---- jitter

static void jitter_is_the_same_each_time_and_keeps_the_order(void **state)
{
    struct schedule s = every(MINUTE), wide = every(MINUTE);
    int64_t nominal = s.created_unix_ms, last_due = 0, moved = 0;

    (void)state;
    s.jitter_ms = 20 * 1000;
    wide.jitter_ms = HOUR; // longer than the interval: bounded by the next occurrence
    for (int i = 0; i < 1000; i++) {
        int64_t due, due_wide;
        nominal += MINUTE;
        due = schedule_due_ms(&s, NULL, nominal);
        due_wide = schedule_due_ms(&wide, NULL, nominal);
        assert_int_equal(due, schedule_due_ms(&s, NULL, nominal));
        assert_true(due >= nominal && due < nominal + 20 * 1000);
        assert_true(due_wide >= nominal && due_wide < nominal + MINUTE);
        assert_true(due_wide > last_due);
        last_due = due_wide;
        moved += due != nominal;
    }
    assert_true(moved > 900);
}

static void other_schedules_have_other_jitter(void **state)
{
    struct schedule s = every(HOUR), other = every(HOUR);
    int same = 0;

    (void)state;
    s.jitter_ms = other.jitter_ms = HOUR;
    other.uuid.bytes[15] = 1;
    for (int i = 1; i <= 100; i++)
        same += schedule_due_ms(&s, NULL, s.created_unix_ms + (int64_t)i * HOUR) ==
                schedule_due_ms(&other, NULL, s.created_unix_ms + (int64_t)i * HOUR);
    assert_true(same < 3);
}

static void what_is_not_due_for_its_jitter_waits(void **state)
{
    struct schedule s = every(HOUR);
    int64_t first = s.created_unix_ms + HOUR, due;

    (void)state;
    s.jitter_ms = HOUR;
    due = schedule_due_ms(&s, NULL, first);
    assert_true(due > first);
    expect_none(&s, due - 1, due);
    expect_occurrence(&s, due, OCCURRENCE_DUE, first);
    // The second one's nominal time is here, it is not due: the first one is.
    due = schedule_due_ms(&s, NULL, first + HOUR);
    expect_occurrence(&s, due - 1, OCCURRENCE_DUE, first);
    expect_occurrence(&s, due, OCCURRENCE_DUE, first + HOUR);
}

// ---- overlap

static void expect_meets(enum schedule_overlap overlap, size_t unfinished, size_t queued,
                         enum schedule_act act)
{
    static uint8_t queue[SCHEDULE_QUEUE_MAX * 8];
    struct schedule s = every(MINUTE);

    s.overlap = overlap;
    s.queue = slice_of(queue, queued * 8);
    assert_int_equal(schedule_meets(&s, unfinished), act);
}

static void each_overlap_does_what_it_says(void **state)
{
    (void)state;
    for (int i = 0; i < OVERLAP_COUNT; i++)
        expect_meets((enum schedule_overlap)i, 0, 0, SCHEDULE_START);
    expect_meets(OVERLAP_SKIP, 1, 0, SCHEDULE_LEAVE_OUT);
    expect_meets(OVERLAP_PARALLEL, 5, 0, SCHEDULE_START);
    expect_meets(OVERLAP_QUEUE, 1, 0, SCHEDULE_WAIT);
    expect_meets(OVERLAP_QUEUE, 0, 1, SCHEDULE_WAIT); // those before it go first
    expect_meets(OVERLAP_QUEUE, 1, SCHEDULE_QUEUE_MAX - 1, SCHEDULE_WAIT);
    expect_meets(OVERLAP_QUEUE, 1, SCHEDULE_QUEUE_MAX, SCHEDULE_LEAVE_OUT);
    expect_meets(OVERLAP_REPLACE, 1, 0, SCHEDULE_REPLACE);
    expect_meets(OVERLAP_REPLACE, 1, 1, SCHEDULE_REPLACE);
}

// ---- what is refused

static void expect_refused(struct schedule s, const char *words)
{
    struct err err = { 0 };

    assert_int_equal(schedule_check(&s, &err), ERR_USAGE);
    if (!strstr(err_text(&err), words))
        fail_msg("%s", err_text(&err));
}

static void wrong_ones_are_refused_in_words(void **state)
{
    struct schedule good = every(MINUTE), s;
    static const char *const names[] = { "", "a b", "-x", ".x", "a/b", "a*", "\xc3\xa4" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        s = good;
        s.name = slice_str(names[i]);
        expect_refused(s, "cannot be a schedule's name");
    }
    s = good;
    s.every_ms = 999;
    expect_refused(s, "from one second");
    s = good;
    s.timezone = SLICE("Europe/Berlin");
    expect_refused(s, "belongs to a cron text");
    s = cron_of("@daily");
    s.timezone = SLICE("../x");
    expect_refused(s, "no name of a time zone");
    s.timezone = (struct slice){ 0 };
    s.cron_text = SLICE("@dayly");
    expect_refused(s, "@daily");
    s = good;
    s.keep = SCHEDULE_KEEP_MAX + 1;
    expect_refused(s, "keep");
    s = checked((struct schedule){ .kind = SCHEDULE_BOOT });
    s.jitter_ms = 1;
    expect_refused(s, "at boot");
}

static void words_are_parsed_or_told(void **state)
{
    enum schedule_overlap overlap = OVERLAP_SKIP;
    enum schedule_missed missed = MISSED_RUN_ONCE;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(schedule_overlap_parse(SLICE("replace"), &overlap, &err), 0);
    assert_int_equal(overlap, OVERLAP_REPLACE);
    assert_int_equal(schedule_missed_parse(SLICE("skip"), &missed, &err), 0);
    assert_int_equal(missed, MISSED_SKIP);
    assert_int_equal(schedule_overlap_parse(SLICE("both"), &overlap, &err), ERR_USAGE);
    assert_non_null(strstr(err_text(&err), "skip, queue, parallel or replace"));
    assert_int_equal(schedule_missed_parse(SLICE("all"), &missed, &err), ERR_USAGE);
}

// ---- bytes

static void bytes_are_what_it_was(void **state)
{
    static const uint8_t queue[16] = { 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9 };
    struct schedule s = cron_of("30 2 * * mon-fri"), got;
    struct value_doc doc;
    struct buf buf, again;

    (void)state;
    s.timezone = SLICE("Europe/Berlin");
    s.overlap = OVERLAP_QUEUE;
    s.missed = MISSED_SKIP;
    s.jitter_ms = 5;
    s.keep = 6;
    s.type = JOB_WORKFLOW;
    s.command = SLICE("backup.lua");
    s.boot_id = (struct uuid){ { 9 } };
    s.runs = 11;
    s.last_unix_ms = 12;
    s.last_job = 13;
    s.skips = 14;
    s.skip_unix_ms = 15;
    s.skip_job = 16;
    s.skip_state = JOB_SUSPENDED;
    s.missed_unix_ms = 17;
    s.failed_unix_ms = 18;
    s.failure = SLICE("why");
    s.queue = slice_of(queue, sizeof(queue));
    buf_init(&buf, 0);
    buf_init(&again, 0);
    value_doc_init(&doc);
    schedule_encode(&s, &buf);
    assert_int_equal(schedule_decode(buf_slice(&buf), &doc, &got, NULL), 0);
    schedule_encode(&got, &again);
    assert_true(slice_equal(buf_slice(&buf), buf_slice(&again)));
    assert_int_equal(got.cron.hours, 1u << 2);
    assert_int_equal(schedule_queued(&got), 2);
    assert_int_equal(schedule_queue_at(&got, 1), 9);
    for (size_t len = 0; len < buf.len; len++)
        assert_int_equal(schedule_decode(slice_of(buf.ptr, len), &doc, &got, NULL), ERR_CORRUPT);
    value_doc_release(&doc);
    buf_release(&buf);
    buf_release(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_are_counted_from_the_beginning),
        cmocka_unit_test(nothing_runs_twice_when_the_clock_is_set_back),
        cmocka_unit_test(missed_ones_become_one_or_none),
        cmocka_unit_test(a_year_of_downtime_is_no_loop_over_its_minutes),
        cmocka_unit_test(jitter_is_the_same_each_time_and_keeps_the_order),
        cmocka_unit_test(other_schedules_have_other_jitter),
        cmocka_unit_test(what_is_not_due_for_its_jitter_waits),
        cmocka_unit_test(each_overlap_does_what_it_says),
        cmocka_unit_test(wrong_ones_are_refused_in_words),
        cmocka_unit_test(words_are_parsed_or_told),
        cmocka_unit_test(bytes_are_what_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
