// SPDX-License-Identifier: MIT
// The layer's one invariant: equal answers give equal effects and equal notes, in
// another state and in another process (other hash seeds, other addresses, other
// sizes of garbage). A script that uses whatever differs in stock Lua is played to
// its end many times, and everything it did is compared as bytes.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROCESSES = 6 };

static const char script[] =
    "local set = {}\n"
    "for _, w in ipairs { 'kiwi', 'plum', 'fig', 'pear', 'lime', 'date', 'nut' } do set[w] = #w end\n"
    "set[1.5], set[true], set[-2] = 'r', 't', 'i'\n"
    "for k, v in pairs(set) do\n"
    "  localhost:run { 'echo ' .. q(tostring(k)), env = { V = tostring(v), W = '1', A = '2' }, name = tostring(k) }\n"
    "end\n"
    "print({}, print, function() end, math.random(), math.random(100), 1/3, 0/0)\n"
    "local list = {}\n"
    "for i = 1, 300 do list[i] = { key = math.random(5), i = i } end\n"
    "table.sort(list, function(a, b) return a.key < b.key end)\n"
    "local order = {} for i, e in ipairs(list) do order[i] = e.i end\n"
    "emit(order) emit(set)\n"
    "local r = parallel {\n"
    "  zeta = function() undo(function() print 'undo zeta' end) sleep(math.random(10)) return math.random(1000) end,\n"
    "  alpha = function() return localhost:run('a').out .. date() end,\n"
    "  mid = function() local n = 0 for i = 1, 20000 do n = n + #tostring({ i }) end sleep(1) return n end,\n"
    "}\n"
    "for k, v in pairs(r) do print(k, v) end\n"
    "local v = once('pick', function() tostring({}) return { os.time(), math.random(1) } end)\n"
    "print(v[2], {}, now(), next(set))\n"
    "local ok, e = pcall(foreach, { b = 1, a = 2 }, function(x, k) localhost:run { k, on_error = x == 1 and 'raise' or 'continue' } end)\n"
    "print(ok, e, #e.failures, e.failures[1].branch)\n"
    "error({ kind = 'done', message = 'the end', list = set })\n";

static void add_effect(struct drive *d, uint32_t strand, struct buf *log)
{
    const struct effect *e = &d->effect;

    buf_addf(log, "%u %s %.*s %.*s %.*s %lld %u %u %d ", strand, effect_kind_name(e->kind),
             SLICE_ARG(e->label), SLICE_ARG(e->name), SLICE_ARG(e->line),
             (long long)e->duration_ms, e->fork_count, e->fork_throttle, e->failed);
    buf_add_slice(log, e->args);
    buf_add_slice(log, e->value);
    buf_add_slice(log, e->message);
    buf_add(log, &e->policy.timeout_ms, sizeof(e->policy.timeout_ms));
    buf_add_byte(log, '\n');
}

// Runs the strand until it waits for its fork or ends; answers are made from the
// effects alone. Branches are run one after the other, in path order.
static void play(struct drive *d, uint32_t strand, struct buf *log, int depth)
{
    int rc = drive_start(d, strand);

    for (;;) {
        uint32_t count = d->effect.fork_count;
        if (rc < 0)
            fail_msg("%s", d->err.text);
        add_effect(d, strand, log);
        switch (d->effect.kind) {
        case EFFECT_END: return;
        case EFFECT_COMMAND:
            rc = drive_exit(d, strand, depth > 1, "out\n", "e\n"); // fails inside foreach
            break;
        case EFFECT_FORK:
            for (uint32_t i = 0; i < count; i++) {
                uint32_t child;
                char path[16];
                snprintf(path, sizeof(path), "1.%u", i + 1);
                assert_int_equal(script_fork(d->script, strand, i, slice_str(path), &child, &d->err), 0);
                play(d, child, log, depth + (count == 2));
                script_strand_free(d->script, child);
            }
            rc = drive_joined(d, strand);
            break;
        case EFFECT_ONCE:
        case EFFECT_ASK:
        case EFFECT_SLEEP:
        case EFFECT_SIGNAL:
        case EFFECT_SUSPEND:
        case EFFECT_COUNT: rc = drive_value(d, strand, "[1700000000,1]"); break;
        }
    }
}

static void play_all(struct buf *log)
{
    struct drive d;

    drive_open(&d, script);
    play(&d, 0, log, 1);
    buf_add_str(log, drive_notes(&d));
    drive_close(&d);
}

// Plays in a child process and appends what it wrote.
static void play_in_process(struct buf *log)
{
    uint8_t bytes[4096];
    int fds[2], status;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct buf own;
        size_t done = 0;
        buf_init(&own, 0);
        void *other_addresses = malloc((size_t)getpid() % 997 * 64 + 1);
        play_all(&own);
        while (done < own.len && (n = write(fds[1], own.ptr + done, own.len - done)) > 0)
            done += (size_t)n;
        free(other_addresses);
        buf_release(&own);
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], bytes, sizeof(bytes))) > 0)
        buf_add(log, bytes, (size_t)n);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_every_state_does_the_same(void **state)
{
    struct buf first, other;

    (void)state;
    buf_init(&first, 0);
    buf_init(&other, 0);
    play_all(&first);
    assert_non_null(memmem(first.ptr, first.len, "undo zeta\n", 10)); // it got to its end
    assert_non_null(memmem(first.ptr, first.len, "the end", 7));
    for (int i = 0; i < PROCESSES; i++) {
        buf_clear(&other);
        play_all(&other);
        assert_int_equal(first.len, other.len);
        assert_memory_equal(first.ptr, other.ptr, first.len);
        buf_clear(&other);
        play_in_process(&other);
        assert_int_equal(first.len, other.len);
        assert_memory_equal(first.ptr, other.ptr, first.len);
    }
    buf_release(&first);
    buf_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_does_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
