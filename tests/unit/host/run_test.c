// SPDX-License-Identifier: MIT
// Commands over a real local link: how they end, what they read, what they write,
// and what it costs. The shell is PAWL_TEST_SHELL, else sh.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "own_pids.h"
#include "host/wire.h"

static void assert_stream(struct fixture *f, uint64_t no, enum link_stream stream,
                          const char *text)
{
    assert_string_equal(buf_cstr(&f->seen[no].stream[stream - 1]), text);
}

static void test_ends(void **state)
{
    struct fixture *f = *state;
    const struct link_event *e;

    fixture_open(f);
    assert_true(f->boot_id.len > 30);
    e = fixture_do(f, 1, "true");
    assert_int_equal(e->code, 0);
    assert_int_equal(e->signal, 0);
    assert_int_equal(e->out_bytes + e->err_bytes, 0);
    assert_false(e->unverified);
    assert_int_equal(f->seen[1].count[LINK_STARTED], 1);
    assert_int_equal(fixture_do(f, 2, "false")->code, 1);
    assert_int_equal(fixture_do(f, 3, "exit 3")->code, 3);
    assert_int_equal(fixture_do(f, 4, "no-such-command")->code, 127);
    assert_true(f->seen[4].stream[1].len > 0);
    e = fixture_do(f, 5, "kill -9 $$");
    assert_int_equal(e->code, 137);
    assert_int_equal(e->signal, 9);
    e = fixture_do(f, 6, "exit 137");
    assert_int_equal(e->code, 137);
    assert_int_equal(e->signal, 0);
    e = fixture_do(f, 7, "kill -TERM $$");
    assert_int_equal(e->signal, 15);
    assert_int_equal(fixture_do(f, 8, "exit 255")->code, 255);
}

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// No shell is between: the program itself begins the session, with its own variables, and
// a signal that ends it is told as one.
static void test_direct(void **state)
{
    struct fixture *f = *state;
    const struct link_event *end = &f->seen[1].last[LINK_DONE];
    const char *out;
    long pid = 0, session = 0;

    fixture_open(f);
    fixture_start_direct(f, 1, "export p_key=mine p_setsid='a b' p_default=x LC_TEST='  y'\n"
                               "exec \"$@\" sh -c 'ps -o pid= -o sid= -p $$; env; exit 3'\n");
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(end->code, 3);
    out = buf_cstr(&f->seen[1].stream[0]);
    assert_int_equal(sscanf(out, "%ld %ld", &pid, &session), 2);
    assert_int_equal(pid, session);
    assert_non_null(strstr(out, "p_key=mine\n"));
    assert_non_null(strstr(out, "p_setsid=a b\n"));
    assert_non_null(strstr(out, "LC_TEST=  y\n"));
    assert_null(strstr(out, "p_fifo"));
    fixture_start_direct(f, 2, "exec \"$@\" sh -c 'echo oops >&2; kill -9 $$'\n");
    assert_true(fixture_wait(f, 2, LINK_DONE));
    assert_int_equal(f->seen[2].last[LINK_DONE].code, 137);
    assert_int_equal(f->seen[2].last[LINK_DONE].signal, 9);
    assert_stream(f, 2, LINK_ERR, "oops\n");
    fixture_start_direct(f, 3, "cd -- /no/such/place || exit 126\nexec \"$@\" true\n");
    assert_true(fixture_wait(f, 3, LINK_DONE));
    assert_int_equal(f->seen[3].last[LINK_DONE].code, 126);
    assert_true(f->seen[3].stream[1].len > 0);
    fixture_start_direct(f, 5, "export PATH=/no/such/place IFS=xyz\nexec \"$@\" /bin/sh -c 'exit 5'\n");
    assert_true(fixture_wait(f, 5, LINK_DONE));
    assert_int_equal(f->seen[5].last[LINK_DONE].code, 5);
    fixture_start_direct(f, 4, "exec \"$@\" sh -c 'echo up; exec sleep 60'\n");
    assert_true(fixture_wait(f, 4, LINK_OUTPUT)); // STARTED comes while it is a shell of ours
    assert_int_equal(link_signal(f->link, fixture_key(f, 4), 15, NULL), 0);
    assert_true(fixture_wait(f, 4, LINK_DONE));
    assert_int_equal(f->seen[4].last[LINK_DONE].signal, 15);
}

static void test_times(void **state)
{
    struct fixture *f = *state;
    const struct link_event *e;
    int64_t before = wall_ms();

    fixture_open(f);
    e = fixture_do(f, 1, "sleep 0.3");
    assert_true(e->ended_unix_ms - e->started_unix_ms >= 280);
    // The target's clock is read in its own way, and rounded.
    assert_true(e->started_unix_ms >= before - 2000);
    assert_true(e->ended_unix_ms <= wall_ms() + 2000);
}

static void test_environment(void **state)
{
    struct fixture *f = *state;
    mode_t old = umask(027);
    char want[512];

    // Names that the runner could have used; nothing open but 0, 1, 2 (and, from 10
    // on, what the shell itself opened); the command leads its group and session.
    setenv("key", "of the user", 1);
    setenv("line", "too", 1);
    fixture_open(f);
    umask(old);
    fixture_do(f, 1, "u=$(umask); echo \"$key $line ${u##*0} $HOME $PWD\"; "
                     "set | grep '^p_' || echo clean; "
                     "awk '{print $5 == $1, $6 == $1}' /proc/$$/stat; "
                     "for fd in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done");
    snprintf(want, sizeof(want), "of the user too 27 %s %s\nclean\n1 1\n", getenv("HOME"),
             getenv("HOME"));
    assert_stream(f, 1, LINK_OUT, want);
    assert_stream(f, 1, LINK_ERR, "");
    unsetenv("key");
    unsetenv("line");
}

static void test_interrupt_is_not_ignored(void **state)
{
    struct fixture *f = *state;
    const struct link_event *e;
    char probe[256];

    snprintf(probe, sizeof(probe), "%s -c 'env --default-signal=INT true' 2>/dev/null", f->shell);
    if (system(probe) != 0)
        skip(); // this target's env cannot, and then INT stays ignored
    fixture_open(f);
    e = fixture_do(f, 1, "kill -INT $$; sleep 5");
    assert_int_equal(e->code, 130);
    assert_int_equal(e->signal, 2);
    // Nor where another command has the lane.
    fixture_start(f, 2, GATE "exit 2", NULL);
    assert_true(fixture_wait(f, 2, LINK_STARTED));
    e = fixture_do(f, 3, "kill -INT $$; sleep 5");
    assert_int_equal(e->code, 130);
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 2, LINK_DONE));
}

// What a shell reads by itself: text. The rest goes another way, and comes the same.
static void test_small_output_is_exact(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *program, *want;
        size_t len;
    } cases[] = {
        { "printf '\\n'", "\n", 1 },
        { "printf '  a\\\\b  '", "  a\\b  ", 7 },
        { "printf 'a\\n\\n  b\\n'", "a\n\n  b\n", 7 },
        { "printf 'a\\0b'", "a\0b", 3 },
        { "printf '\\0'", "\0", 1 },
        { "printf '\\201\\210\\303\\201\\n'", "\201\210\303\201\n", 5 },
        { "printf abc >/dev/stdout; printf d", "abcd", 4 }, // opened anew
    };

    fixture_open(f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct link_event *e = fixture_do(f, i + 1, cases[i].program);
        const struct buf *out = &f->seen[i + 1].stream[0];
        assert_int_equal(e->code, 0);
        assert_int_equal(out->len, cases[i].len);
        assert_memory_equal(out->ptr, cases[i].want, cases[i].len);
    }
}

static void test_streams(void **state)
{
    struct fixture *f = *state;
    const struct link_event *e;

    fixture_open(f);
    e = fixture_do(f, 1, "printf out; printf error >&2; printf ' more'");
    assert_stream(f, 1, LINK_OUT, "out more");
    assert_stream(f, 1, LINK_ERR, "error");
    assert_int_equal(e->out_bytes, 8);
    assert_int_equal(e->err_bytes, 5);
    fixture_do(f, 2, "echo only >&2");
    assert_stream(f, 2, LINK_ERR, "only\n");
    // A line that looks like the protocol is output like any other.
    fixture_do(f, 3, "echo 'done x 0 0'; echo keys");
    assert_stream(f, 3, LINK_OUT, "done x 0 0\nkeys\n");
}

static void test_output_comes_while_it_runs(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_start(f, 1, "echo one; " GATE "echo two", NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    assert_int_equal(f->seen[1].count[LINK_DONE], 0);
    assert_stream(f, 1, LINK_OUT, "one\n");
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_stream(f, 1, LINK_OUT, "one\ntwo\n");
    assert_true(f->seen[1].count[LINK_OUTPUT] >= 2);
}

// Every byte, NUL included, 5 MB of them, on both streams at once.
static void test_output_is_exact(void **state)
{
    struct fixture *f = *state;
    struct buf want;
    const struct link_event *e;
    char program[512], path[128];
    FILE *file;

    buf_init(&want, 0);
    for (uint32_t i = 0; i < 5000000; i++)
        buf_add_byte(&want, (uint8_t)(i * 2654435761u >> 11));
    snprintf(path, sizeof(path), "%s/bytes", f->dir);
    file = fopen(path, "w");
    assert_int_equal(fwrite(want.ptr, 1, want.len, file), want.len);
    fclose(file);
    fixture_open(f);
    snprintf(program, sizeof(program), "cat %s; head -c 1000003 %s >&2", path, path);
    e = fixture_do(f, 1, program);
    assert_int_equal(e->out_bytes, want.len);
    assert_int_equal(f->seen[1].stream[0].len, want.len);
    assert_memory_equal(f->seen[1].stream[0].ptr, want.ptr, want.len);
    assert_int_equal(f->seen[1].stream[1].len, 1000003);
    assert_memory_equal(f->seen[1].stream[1].ptr, want.ptr, 1000003);
    buf_release(&want);
}

static void test_credit_holds_output(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    f->hold_credit = true;
    fixture_start(f, 1, "head -c 3000000 /dev/zero", NULL);
    fixture_run(f, 1500);
    assert_int_equal(f->seen[1].stream[0].len, LINK_CREDIT);
    assert_int_equal(f->seen[1].count[LINK_DONE], 0);
    // Another command is not held up by it.
    assert_int_equal(fixture_do(f, 2, "exit 5")->code, 5);
    // Little is not worth a question.
    assert_int_equal(link_credit(f->link, fixture_key(f, 1), 1, NULL), 0);
    fixture_run(f, 300);
    assert_int_equal(f->seen[1].stream[0].len, LINK_CREDIT);
    assert_int_equal(link_credit(f->link, fixture_key(f, 1), LINK_CREDIT / 2, NULL), 0);
    fixture_run(f, 300);
    assert_in_range(f->seen[1].stream[0].len, LINK_CREDIT + LINK_CREDIT / 2, LINK_CREDIT + LINK_CREDIT / 2 + 1);
    assert_int_equal(link_credit(f->link, fixture_key(f, 1), 10000000, NULL), 0);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].stream[0].len, 3000000);
}

// Its length was told: zeros stand for what somebody cut off its file since, or all of it.
static void test_what_was_cut_off_is_zeros(void **state)
{
    enum { ALL = 2000000, LEFT = LINK_CREDIT + WIRE_BLOCK + 1000 };
    struct fixture *f = *state;
    char path[512];

    fixture_open(f);
    f->hold_credit = true;
    for (uint64_t no = 1; no <= 2; no++) {
        const struct buf *out = &f->seen[no].stream[0];
        size_t left = no == 1 ? LEFT : LINK_CREDIT;
        fixture_start(f, no, "head -c 2000000 /dev/zero | tr '\\0' x", NULL);
        for (int i = 0; i < WAIT_MS / 50 && out->len < LINK_CREDIT; i++)
            fixture_run(f, 50);
        fixture_run(f, 300); // the end is told
        assert_int_equal(out->len, LINK_CREDIT);
        fixture_path(f, no, "out", path);
        assert_int_equal(no == 1 ? truncate(path, LEFT) : unlink(path), 0);
        assert_int_equal(link_credit(f->link, fixture_key(f, no), ALL, NULL), 0);
        assert_true(fixture_wait(f, no, LINK_DONE));
        assert_int_equal(out->len, ALL);
        for (size_t at = 0; at < ALL; at++)
            if (out->ptr[at] != (at < left ? 'x' : 0))
                fail_msg("attempt %d, byte %zu: %d", (int)no, at, out->ptr[at]);
    }
}

static void test_flood(void **state)
{
    struct fixture *f = *state;
    uint64_t begun, slowest = 0;

    fixture_open(f);
    begun = uv_hrtime();
    fixture_start(f, 1, "head -c 100000000 /dev/zero", NULL);
    for (uint64_t no = 2; no < 12; no++) {
        uint64_t at = uv_hrtime();
        assert_int_equal(fixture_do(f, no, "exit 7")->code, 7);
        if (uv_hrtime() - at > slowest)
            slowest = uv_hrtime() - at;
    }
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].stream[0].len, 100000000);
    printf("100 MB in %.2f s; the slowest of 10 steps beside it %.0f ms\n",
           (double)(uv_hrtime() - begun) / 1e9, (double)slowest / 1e6);
    assert_true(slowest < UINT64_C(2000000000));
}

static void check_stdin(struct fixture *f, uint64_t no, struct slice bytes)
{
    fixture_start(f, no, "cat", &bytes);
    assert_true(fixture_wait(f, no, LINK_DONE));
    assert_int_equal(f->seen[no].stream[0].len, bytes.len);
    if (bytes.len)
        assert_memory_equal(f->seen[no].stream[0].ptr, bytes.ptr, bytes.len);
}

static void test_stdin_is_exact(void **state)
{
    struct fixture *f = *state;
    struct buf big;
    uint64_t begun;

    fixture_open(f);
    fixture_do(f, 1, "wc -c");
    assert_int_equal(strtol(buf_cstr(&f->seen[1].stream[0]), NULL, 10), 0);
    check_stdin(f, 2, SLICE(""));
    check_stdin(f, 3, SLICE("no end"));
    check_stdin(f, 4, SLICE("lines\n  and blanks  \n\\n \\ and\t\x01\x7f\x81\x88\xff\r\n\n\n"));
    check_stdin(f, 5, SLICE("a\0b\0"));
    check_stdin(f, 6, SLICE("."));
    check_stdin(f, 7, SLICE("\n"));
    buf_init(&big, 0);
    for (uint32_t i = 0; i < 3000001; i++)
        buf_add_byte(&big, (uint8_t)(i * 2654435761u >> 9));
    begun = uv_hrtime();
    check_stdin(f, 8, slice_of(big.ptr, 1024 * 1024));
    printf("1 MiB of standard input, there and back: %.0f ms\n",
           (double)(uv_hrtime() - begun) / 1e6);
    check_stdin(f, 9, buf_slice(&big));
    check_stdin(f, 10, slice_of(big.ptr, WIRE_LINES_MAX));
    check_stdin(f, 11, slice_of(big.ptr, WIRE_LINES_MAX + 1));
    // The link is still in step.
    assert_int_equal(fixture_do(f, 12, "exit 9")->code, 9);
    buf_release(&big);
}

static void test_large_program(void **state)
{
    struct fixture *f = *state;
    struct buf program;

    buf_init(&program, 0);
    buf_add_str(&program, "x=0\n");
    for (int i = 0; i < 60000; i++)
        buf_add_str(&program, "x=$((x + 1)) # \xc3\xa9\n");
    buf_add_str(&program, "echo $x");
    fixture_open(f);
    fixture_do(f, 1, buf_cstr(&program));
    assert_stream(f, 1, LINK_OUT, "60000\n");
    fixture_do(f, 2, "cat <<'END'\n  $x `y` \\z \xc3\xa9\nEND\n");
    assert_stream(f, 2, LINK_OUT, "  $x `y` \\z \xc3\xa9\n");
    buf_release(&program);
}

static void test_many_at_once(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t no = 1; no < 40; no++) {
        char program[64];
        snprintf(program, sizeof(program), "echo %d; exit %d", (int)no, (int)no);
        fixture_start(f, no, program, NULL);
    }
    for (uint64_t no = 1; no < 40; no++) {
        assert_true(fixture_wait(f, no, LINK_DONE));
        assert_int_equal(f->seen[no].last[LINK_DONE].code, no);
        assert_int_equal(strtol(buf_cstr(&f->seen[no].stream[0]), NULL, 10), no);
    }
}

static long last_pid(void)
{
    long pid = 0;
    FILE *file = fopen("/proc/loadavg", "r");

    if (file) {
        if (fscanf(file, "%*s %*s %*s %*s %ld", &pid) != 1)
            pid = 0;
        fclose(file);
    }
    return pid;
}

// The least that a number of runs cost: an earlier one may still be tidied up after.
static long processes_of(struct fixture *f, uint64_t first, const char *program)
{
    long least = 1000;

    for (uint64_t no = first; no < first + 16; no++) {
        long before = last_pid();
        fixture_do(f, no, program);
        fixture_run(f, 20);
        if (last_pid() - before < least)
            least = last_pid() - before;
    }
    return least;
}

static void test_cost_of_a_step(void **state)
{
    struct fixture *f = *state;
    uint64_t times[20], least = UINT64_MAX, all = 0;
    long silent, talking;

    if (!pids_are_own())
        skip(); // needs root: other people's processes would be counted
    fixture_open(f);
    for (int i = 0; i < 20; i++) {
        times[i] = uv_hrtime();
        fixture_do(f, (uint64_t)i + 1, "true");
        times[i] = uv_hrtime() - times[i];
        all += times[i];
        if (times[i] < least)
            least = times[i];
    }
    silent = processes_of(f, 21, "exit 0");
    talking = processes_of(f, 41, "echo hello");
    printf("`true`: %.1f ms at best, %.1f ms on average; %ld processes, with output %ld\n",
           (double)least / 1e6, (double)all / 20e6, silent, talking);
    assert_true(silent <= 3);
    assert_true(talking <= 5);
}

// Processes started within a second: the least of some.
static long processes_a_second(struct fixture *f)
{
    long least = 1000;

    for (int i = 0; i < 4; i++) {
        long before = last_pid();
        fixture_run(f, 1100);
        if (last_pid() - before < least)
            least = last_pid() - before;
    }
    return least;
}

// While commands are silent nothing is started for them, however often they are
// asked about.
static void test_silence_costs_nothing(void **state)
{
    struct fixture *f = *state;
    long without, with = 1000;

    if (!pids_are_own())
        skip();
    fixture_open(f);
    without = processes_a_second(f);
    for (uint64_t no = 1; no <= 4; no++) {
        fixture_start(f, no, "echo first; exec sleep 30", NULL);
        assert_true(fixture_wait(f, no, LINK_OUTPUT));
    }
    fixture_run(f, 2000);
    for (int look = 0; look < 5 && with >= without + 4; look++)
        with = processes_a_second(f);
    assert_true(with < without + 4);
    for (uint64_t no = 1; no <= 4; no++) {
        assert_int_equal(link_signal(f->link, fixture_key(f, no), 9, NULL), 0);
        assert_true(fixture_wait(f, no, LINK_DONE));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static int run(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ends),
        TEST(test_direct),
        TEST(test_times),
        TEST(test_environment),
        TEST(test_interrupt_is_not_ignored),
        TEST(test_small_output_is_exact),
        TEST(test_streams),
        TEST(test_output_comes_while_it_runs),
        TEST(test_output_is_exact),
        TEST(test_credit_holds_output),
        TEST(test_what_was_cut_off_is_zeros),
        TEST(test_flood),
        TEST(test_stdin_is_exact),
        TEST(test_large_program),
        TEST(test_many_at_once),
        TEST(test_cost_of_a_step),
        TEST(test_silence_costs_nothing),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void) { return in_own_pids(run); }
