// SPDX-License-Identifier: MIT
// The table of jobs, as text, letter by letter.
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static json_t *row(int id, const char *name, const char *type, const char *state, int failed,
                   int total, int more, const char *location, const char *command)
{
    return json_pack("{s:i,s:s,s:s,s:s,s:i,s:i,s:b,s:s,s:s,s:n}", "id", id, "name", name, "type",
                     type, "state", state, "failed", failed, "total", total, "has_more", more,
                     "location", location, "command", command, "parent");
}

static void check(json_t *rows, unsigned width, const char *expected)
{
    struct buf out;

    buf_init(&out, 0);
    assert_int_equal(render_jobs(rows, width, false, &out), 0);
    assert_string_equal(buf_cstr(&out), expected);
    buf_release(&out);
}

static void the_table_is_as_people_know_it(void **state)
{
    json_t *rows = json_array();

    (void)state;
    json_array_append_new(rows, row(1, "disks", "local", "Running", 0, 1, 1, "localhost",
                                    "df -h"));
    json_array_append_new(rows, row(3, "patch", "workflow", "Failed", 1, 1, 1,
                                    "web01,web02,web03", "patch.lua batch=2"));
    check(rows, 0,
          "Id   Name        Type      State      HasMoreData  Location            Command\n"
          "1    disks       local     Running    True         localhost           df -h\n"
          "3    patch       workflow  Failed     True         web01,web02,web03   patch.lua "
          "batch=2\n");
    check(rows, 80,
          "Id   Name        Type      State      HasMoreData  Location           Command\n"
          "1    disks       local     Running    True         localhost          df -h\n"
          "3    patch       workflow  Failed     True         web01,web02,web03  "
          "patch.lua\xe2\x80\xa6\n");
    json_decref(rows);
}

static void long_texts_give_way(void **state)
{
    json_t *rows = json_array();

    (void)state;
    json_array_append_new(rows, row(12, "a-very-long-name-of-a-job", "workflow", "Running", 2, 40,
                                    0, "web01,web02,web03,web04", "rolling_restart.lua tag=1.2.3"));
    check(rows, 80,
          "Id   Name      Type      State                HasMoreData  Location   Command\n"
          "12   a-very-\xe2\x80\xa6  workflow  Running 2/40 failed  False        "
          "web01,we\xe2\x80\xa6  "
          "rolling_r\xe2\x80\xa6\n");
    json_decref(rows);
}

static void a_childs_failure_is_told_apart(void **state)
{
    static const char *const failures[] = { "failed", "unreachable", "unreached", "stopped" };
    json_t *rows = json_array();

    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        json_t *child = row(6, "x", "", i < 2 ? "Failed" : "Stopped", 1, 1, 0, "web01", "c");
        json_object_set_new(child, "failure", json_string(failures[i]));
        json_array_append_new(rows, child);
    }
    check(rows, 0,
          "Id   Name        Type      State                   HasMoreData  Location            Command\n"
          "6    x                     Failed                  False        web01               c\n"
          "6    x                     Failed, unreachable     False        web01               c\n"
          "6    x                     Stopped, never reached  False        web01               c\n"
          "6    x                     Stopped                 False        web01               c\n");
    json_decref(rows);
}

static void names_cannot_drive_the_terminal(void **state)
{
    json_t *rows = json_array();

    (void)state;
    json_array_append_new(rows, row(5, "\033[2Jx", "local", "Stopped", 0, 1, 0, "localhost",
                                    "printf 'a\nb'"));
    check(rows, 0,
          "Id   Name        Type      State      HasMoreData  Location            Command\n"
          "5    \\x1b[2Jx    local     Stopped    False        localhost           "
          "printf 'a\\nb'\n");
    json_decref(rows);
}

static void colours_come_when_asked(void **state)
{
    json_t *rows = json_array();
    struct buf out;

    (void)state;
    json_array_append_new(rows, row(5, "x", "local", "Failed", 0, 1, 0, "localhost", "c"));
    buf_init(&out, 0);
    render_jobs(rows, 80, true, &out);
    assert_non_null(strstr(buf_cstr(&out), "\033[31mFailed\033[0m"));
    buf_release(&out);
    json_decref(rows);
}

// On any terminal a row is a line: some columns go, then all give way.
static void the_table_fits_any_terminal(void **state)
{
    json_t *rows = json_array();

    (void)state;
    json_array_append_new(rows, row(12, "a-very-long-name-of-a-job", "workflow", "Running", 2, 40,
                                    0, "web01,web02,web03,web04", "rolling_restart.lua tag=1.2.3"));
    json_array_append_new(rows, row(13, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97", "local", "Failed",
                                    0, 1, 0, "e\xcc\x81\xcc\x81", "\xe6\xbc\xa2\xe5\xad\x97"));
    check(rows, 60,
          "Id   Name         State                Location   Command\n"
          "12   a-very-lon\xe2\x80\xa6  Running 2/40 failed  web01,we\xe2\x80\xa6  rolling_r\xe2\x80\xa6\n"
          "13   \xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97     Failed               e\xcc\x81\xcc\x81"
          "          \xe6\xbc\xa2\xe5\xad\x97\n");
    for (unsigned width = 4; width < 160; width++) {
        struct buf out;
        char *line;
        buf_init(&out, 0);
        assert_int_equal(render_jobs(rows, width, false, &out), 0);
        buf_cstr(&out);
        for (line = strtok((char *)out.ptr, "\n"); line; line = strtok(NULL, "\n"))
            if (text_width(slice_str(line)) > width)
                fail_msg("%u columns: %s", width, line);
        buf_release(&out);
    }
    json_decref(rows);
}

static void ago(const char *then, int64_t now_s, const char *expected)
{
    char text[24];

    assert_string_equal(time_ago(then, now_s, text), expected);
}

static void times_are_told_as_people_do(void **state)
{
    static const char then[] = "2026-01-31T12:00:00.250Z";
    const int64_t at = 1769860800;

    (void)state;
    setenv("TZ", "UTC", 1);
    ago(then, at, "just now");
    ago(then, at + 4, "just now");
    ago(then, at + 5, "5 s ago");
    ago(then, at + 89, "89 s ago");
    ago(then, at + 90, "2 min ago");
    ago(then, at + 5399, "90 min ago");
    ago(then, at + 5400, "2 h ago");
    ago(then, at + 36 * 3600 - 1, "36 h ago");
    ago(then, at + 36 * 3600, "2 days ago");
    ago(then, at + 31 * 86400 - 1, "31 days ago");
    ago(then, at + 31 * 86400, "2026-01-31 12:00:00");
    ago(then, at - 10, "2026-01-31 12:00:00"); // another machine's clock
    ago("", at, "");
}

static void wide_shows_times(void **state)
{
    json_t *rows = json_array(), *one = row(5, "x", "local", "Running", 0, 1, 1, "localhost", "c");
    struct buf out;

    (void)state;
    setenv("TZ", "UTC", 1);
    json_object_set_new(one, "started", json_string("2026-01-31T12:00:00.000Z"));
    json_object_set_new(one, "ended", json_null());
    json_array_append_new(rows, one);
    buf_init(&out, 0);
    assert_int_equal(render_jobs_wide(rows, 1769860830, false, &out), 0);
    assert_string_equal(buf_cstr(&out),
        "Id   Name        Type      State      HasMoreData  Started      Ended        Location            Command\n"
        "5    x           local     Running    True         30 s ago                  localhost           c\n");
    buf_clear(&out);
    assert_int_equal(render_jobs_wide(rows, 0, false, &out), 0);
    assert_non_null(strstr(buf_cstr(&out), "True         2026-01-31 12:00:00               localhost"));
    buf_release(&out);
    json_decref(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_as_people_know_it),
        cmocka_unit_test(long_texts_give_way),
        cmocka_unit_test(a_childs_failure_is_told_apart),
        cmocka_unit_test(names_cannot_drive_the_terminal),
        cmocka_unit_test(colours_come_when_asked),
        cmocka_unit_test(the_table_fits_any_terminal),
        cmocka_unit_test(times_are_told_as_people_do),
        cmocka_unit_test(wide_shows_times),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
