// SPDX-License-Identifier: MIT
// What schedules need of the real world: word of a clock that was set, and files of zones.
// Nobody's clock is set here: the kernel's timer is made to end instead, which is heard the
// same way.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/clock_watch.h"
#include "core/zone_file.h"

// ---- the clock

struct heard {
    struct clock_watch watch;
    int times, closed;
};

static void on_set(void *arg)
{
    struct heard *heard = arg;

    heard->times++;
    uv_stop(heard->watch.poll.loop);
}

static void on_closed(uv_handle_t *handle) { (*(int *)handle->data)++; }

static void a_clock_that_is_set_is_heard_each_time(void **state)
{
    struct itimerspec soon = { .it_value = { 0, 1000000 } }, left;
    struct heard heard = { .times = 0 };
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    clock_watch_open(&heard.watch, &loop, on_set, &heard);
    assert_true(heard.watch.fd >= 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(heard.times, 0);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(timerfd_settime(heard.watch.fd, 0, &soon, NULL), 0);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(heard.times, i);
        timerfd_gettime(heard.watch.fd, &left);
        assert_true(left.it_value.tv_sec > 300 * 24 * 60 * 60); // it listens on
    }
    heard.watch.poll.data = &heard.closed;
    clock_watch_close(&heard.watch, on_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(heard.closed, 1);
    assert_int_equal(uv_loop_close(&loop), 0); // nothing is left in it
}

// ---- zones

static int dir_make(void **state)
{
    char *dir = strdup("/tmp/pawl-zones-XXXXXX"), path[100];
    FILE *file;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/Here", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/Here/There", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("bytes", file);
    fclose(file);
    setenv("TZDIR", dir, 1);
    unsetenv("TZ");
    *state = dir;
    return 0;
}

static int dir_drop(void **state)
{
    char path[100];

    snprintf(path, sizeof(path), "%s/Here/There", (char *)*state);
    unlink(path);
    snprintf(path, sizeof(path), "%s/Here", (char *)*state);
    rmdir(path);
    rmdir(*state);
    free(*state);
    unsetenv("TZDIR");
    unsetenv("TZ");
    return 0;
}

static void expect_read(const char *name, int code)
{
    struct err err = { 0 };
    struct buf buf;

    buf_init(&buf, 100);
    assert_int_equal(zone_file_read(name, &buf, &err), code);
    if (code == 0)
        assert_true(slice_is(buf_slice(&buf), "bytes"));
    else
        assert_true(err.text[0] != 0);
    buf_release(&buf);
}

static void zones_are_files_by_their_names(void **state)
{
    (void)state;
    expect_read("Here/There", 0);
    expect_read("Here/Nowhere", -ENOENT);
    expect_read("Here", -ENOENT); // a directory
    expect_read("../etc/passwd", -ENOENT);
    expect_read("/etc/passwd", -ENOENT);
}

static void the_machines_own_is_what_tz_says(void **state)
{
    char path[100];

    setenv("TZ", "Here/There", 1);
    expect_read(NULL, 0);
    setenv("TZ", ":Here/There", 1);
    expect_read(NULL, 0);
    snprintf(path, sizeof(path), ":%s/Here/There", (char *)*state);
    setenv("TZ", path, 1);
    expect_read(NULL, 0);
    setenv("TZ", "CET-1CEST", 1); // no file: UTC, as with libc
    expect_read(NULL, -ENOENT);
}

static void what_is_too_large_is_no_zone(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 4);
    assert_int_equal(zone_file_read("Here/There", &buf, NULL), ERR_CORRUPT);
    buf_release(&buf);
}

int main(void)
{
#define ZONE(name) cmocka_unit_test_setup_teardown(name, dir_make, dir_drop)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_is_heard_each_time),
        ZONE(zones_are_files_by_their_names),
        ZONE(the_machines_own_is_what_tz_says),
        ZONE(what_is_too_large_is_no_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
