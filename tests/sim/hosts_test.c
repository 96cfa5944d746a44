// SPDX-License-Identifier: MIT
// Jobs on several hosts: an engine that is killed at random, hosts that are cut off, go
// away, come back, refuse for a while, and, in a run of their own, reboot. The result must
// be that of a calm run; without reboots no command is started more often than there, and
// never is a key. PAWL_SEED replays one seed, PAWL_SHAPE picks a shape, PAWL_SEEDS sets
// how many seeds each shape gets.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

enum { LIMIT_MS = 24 * 3600 * 1000, TURN_BYTES = 1 };

struct shape {
    const char *name;
    const char *script;
    int stop_at_ms; // 0: never
    unsigned spare; // commands that a reboot of the host's own may make unnecessary
    unsigned part;  // that is stopped, from 1; 0: the whole job is
    bool drops;     // by force
};

// Commands are quiet: one that a reboot cut off writes its output twice, rightly.
// One host's part is stopped, b's; it is left out of what comes behind, too.
#define PART                                                                           \
    "local r = hosts:each(function(h)\n"                                               \
    "  undo(function() print(h.name, h:run{'out=undone', quiet = true}.out) end)\n"    \
    "  h:run{'ms=5', quiet = true}\n"                                                  \
    "  if h.name == 'b' then h:run{'ms=900000000', quiet = true} end\n"                \
    "end)\n"                                                                           \
    "print(#r.failed, r.errors.b.kind)\n"                                              \
    "hosts:each(function(h) print(h.name, h:run{'ms=5 out=again', quiet = true}.out) end)\n"

static const struct shape shapes[] = {
    { "each",
      "local r = hosts:each(function(h)\n"
      "  local a = h:run{'ms=20 out=' .. h.name, quiet = true}\n"
      "  local b = h:run{'ms=5 out=' .. a.out .. '2', quiet = true}\n"
      "  return b.out\n"
      "end)\n"
      "print(r.values.a, r.values.b, r.values.c, r.values.d)\n", 0, 0, 0, false },
    { "throttled",
      "hosts:each({throttle = 2}, function(h)\n"
      "  for i = 1, 3 do print(h.name, h:run{'ms=7 out=x' .. i, quiet = true}.out) end\n"
      "end)\n", 0, 0, 0, false },
    { "rolling",
      "hosts:rolling({batches = {1, 2}, pause = '90s'}, function(h)\n"
      "  print(h.name, h:run{'ms=3000 out=up', quiet = true}.out)\n"
      "end)\n"
      "print(localhost:run{'out=done', quiet = true}.out)\n", 0, 0, 0, false },
    { "added", // hosts that the job was not started for
      "hosts('e,f,g'):each(function(h)\n"
      "  print(h.name, h:run{'ms=40000 out=long', quiet = true}.out)\n"
      "end)\n", 0, 0, 0, false },
    { "put", // the transfer runs on localhost: its words are in its path
      "local r = hosts:each(function(h)\n"
      "  local a = h:put('ms=20 code=0 out=changed ', 'x', {quiet = true})\n"
      "  local b = h:get('ms=40000 code=0 out=changed ', 'y', {quiet = true})\n"
      "  local c = h:run{'ms=5 out=' .. h.name, quiet = true}\n"
      "  print(h.name, a.changed, b.changed, c.out)\n"
      "end)\n", 0, 0, 0, false },
    { "slept",
      "hosts:each(function(h)\n"
      "  h:run{'ms=5 out=one', quiet = true}\n"
      "  sleep('5m')\n"
      "  print(h.name, h:run{'ms=5 out=two', quiet = true}.out)\n"
      "end)\n", 0, 0, 0, false },
    { "fails",
      "hosts:each(function(h)\n"
      "  h:run{'ms=5 code=' .. (h.name == 'b' and 3 or 0), quiet = true}\n"
      "  print(h.name)\n"
      "end)\n", 0, 0, 0, false },
    { "undone",
      "workflow { cleanup_timeout = '12h' }\n"
      "hosts:each(function(h)\n"
      "  undo(function() print(h.name, h:run{'out=undone', quiet = true}.out) end)\n"
      "  h:run{'ms=5', quiet = true}\n"
      "end)\n"
      "fail('on purpose')\n", 0, 0, 0, false },
    { "stopped",
      "workflow { cleanup_timeout = '12h' }\n"
      "hosts:each(function(h)\n"
      "  undo(function() print(h.name, h:run{'out=undone', quiet = true}.out) end)\n"
      "  h:run{'ms=5', quiet = true}\n"
      "  h:run{'ms=900000000', quiet = true}\n"
      "end)\n", 4 * 3600 * 1000, 0, 0, false },
    { "part_stopped", "workflow { cleanup_timeout = '12h' }\n" PART, 4 * 3600 * 1000, 0, 2, false },
    { "part_dropped", PART, 4 * 3600 * 1000, 0, 2, true },
    { "rebooted",
      "hosts:each(function(h)\n"
      "  local a = h:run{'ms=5 out=before', quiet = true}\n"
      "  h:reboot{command = 'ms=400 reboot=1', timeout = '12h'}\n"
      "  print(h.name, a.out, h:run{'ms=5 out=after', quiet = true}.out)\n"
      "end)\n", 0, 4, 0, false },
    { NULL, NULL, 0, 0, 0, false },
};

#define NAMED(name) "\x81\xa4name\xa1" name
static const char on_four[] = "\x94" NAMED("a") NAMED("b") NAMED("c") NAMED("d");

static char *run_shape(const struct shape *shape, const struct sim_options *options,
                       struct sim_counts *counts)
{
    struct sim *sim = sim_new(options);
    uint64_t job = sim_start_on(sim, shape->script, slice_str(on_four));

    if (shape->stop_at_ms)
        (shape->drops ? sim_drop_at : sim_stop_at)(sim, shape->stop_at_ms, job + shape->part);
    return play_shape(sim, job, LIMIT_MS, shape->name, options->seed, counts);
}

struct totals {
    unsigned runs, crashes, cuts, reboots, aways, refusals, holds;
};

static void add(struct totals *totals, const struct sim_counts *counts)
{
    totals->runs++;
    totals->crashes += counts->crashes;
    totals->cuts += counts->cuts;
    totals->reboots += counts->reboots;
    totals->aways += counts->aways;
    totals->refusals += counts->refusals;
    totals->holds += counts->holds;
}

static struct sim_options rough_options(uint64_t seed, bool reboots)
{
    return (struct sim_options){
        .seed = seed,
        .crash_per_1000 = 5 + (unsigned)(seed % 40),
        .crash_max = 8,
        .link_cut_per_1000 = (unsigned)(seed % 3) * 10,
        .away_per_1000 = (unsigned)(seed % 5) * 4,
        .refuse_per_1000 = (unsigned)(seed % 4) * 3,
        .reboot_per_1000 = reboots ? 5 : 0,
        .turn_bytes_max = seed % 4 == 0 ? TURN_BYTES : 0,
    };
}

static void break_shape(const struct shape *shape, bool reboots, uint64_t first, uint64_t last,
                        struct totals *totals)
{
    struct sim_counts calm, rough;
    char *expected = run_shape(shape, &(struct sim_options){ .seed = 1 }, &calm);

    for (uint64_t seed = first; seed <= last; seed++) {
        struct sim_options options = rough_options(seed, reboots);
        char *result = run_shape(shape, &options, &rough);
        if (strcmp(result, expected) != 0)
            fail_msg("shape %s seed %llu: expected\n%s\ngot\n%s", shape->name,
                     (unsigned long long)seed, expected, result);
        if (reboots ? rough.starts + shape->spare < calm.starts : rough.starts != calm.starts)
            fail_msg("shape %s seed %llu: %u commands started, %u expected", shape->name,
                     (unsigned long long)seed, rough.starts, calm.starts);
        free(result);
        add(totals, &rough);
    }
    free(expected);
}

static void break_all(bool reboots)
{
    const char *seed = getenv("PAWL_SEED"), *only = getenv("PAWL_SHAPE");
    const char *seeds = getenv("PAWL_SEEDS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
    uint64_t last = seed ? first : seeds ? strtoull(seeds, NULL, 10) : 60;
    struct totals t = { 0 };

    for (const struct shape *shape = shapes; shape->name; shape++)
        if (!only || strcmp(only, shape->name) == 0)
            break_shape(shape, reboots, first, last, &t);
    print_message("runs %u, kills %u, link cuts %u, reboots %u, away %u, refused %u, holds %u, "
                  "lost 0, doubled 0\n", t.runs, t.crashes, t.cuts, t.reboots, t.aways,
                  t.refusals, t.holds);
    assert_true(t.runs > 0);
    assert_true(seed || (t.crashes && t.cuts && t.aways && t.refusals && t.holds));
    assert_true(seed || !reboots || t.reboots);
}

static void hosts_that_come_and_go_change_nothing(void **state)
{
    (void)state;
    break_all(false);
}

static void hosts_that_reboot_change_no_result(void **state)
{
    (void)state;
    break_all(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_that_come_and_go_change_nothing),
        cmocka_unit_test(hosts_that_reboot_change_no_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
