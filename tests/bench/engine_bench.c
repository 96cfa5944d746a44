// SPDX-License-Identifier: MIT
// Figures of the engine itself, in this process, on LMDB:
//
//   flight    durable once() steps per second with 1,000 workflows in flight, from
//             the moment when all are running until the last has ended
//   sequence  one workflow alone: milliseconds and commits per step
//   replay    waking a parked workflow that has so many finished steps
//
//     engine_bench [DIRECTORY] [flight|sequence|replay]
//
// The directory must be on the disk that is meant: a tmpfs flushes nothing.
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "rig.h"

enum { RUNS = 3, JOBS = 1000, SEQUENCE_STEPS = 200 };

struct cost { // of one run
    double seconds, commits, puts, bytes;
};

static struct cost cost_now(struct rig *rig)
{
    struct store_stat stat = rig_store_stat(rig);

    return (struct cost){ bench_now_s(), (double)stat.commits, (double)stat.puts,
                          (double)bench_written_bytes() };
}

static struct cost cost_since(struct rig *rig, struct cost from)
{
    struct cost now = cost_now(rig);

    return (struct cost){ now.seconds - from.seconds, now.commits - from.commits,
                          now.puts - from.puts, now.bytes - from.bytes };
}

// A wait shorter than a parking is worth (rig.h) keeps the jobs resident: woken by
// the signal they go on from memory, and what is measured is steps, not replays.
static void flight_script(char *text, size_t room, int steps)
{
    snprintf(text, room, "wait_signal('go', { within = '1h' })\n"
                         "for _ = 1, %d do once('step', function() return 1 end) end\n", steps);
}

static struct cost fly(const char *parent, int steps, double *start_s)
{
    char dir[2048], script[512];
    struct cost cost;
    struct rig *rig;

    bench_directory(parent, dir, sizeof(dir));
    rig = rig_open(dir);
    flight_script(script, sizeof(script), steps);
    *start_s = bench_now_s();
    rig_start(rig, script, JOBS);
    *start_s = bench_now_s() - *start_s;
    rig_settle(rig);
    cost = cost_now(rig);
    rig_go(rig);
    rig_wait(rig);
    cost = cost_since(rig, cost);
    rig_close(rig);
    bench_remove_directory(dir);
    return cost;
}

static void flight(const char *parent, int steps)
{
    double rate[RUNS], start[RUNS], all = (double)JOBS * steps;
    struct cost cost = { 0 };

    for (int i = 0; i < RUNS; i++) {
        cost = fly(parent, steps, &start[i]);
        rate[i] = all / cost.seconds;
    }
    printf("flight    %d workflows, %3d steps each: %8.0f steps/s; %.2f puts and %.0f bytes "
           "written per step, %.0f commits/s; start-up %.0f jobs/s\n", JOBS, steps,
           bench_median(rate, RUNS), cost.puts / all, cost.bytes / all,
           cost.commits / cost.seconds, JOBS / bench_median(start, RUNS));
}

static void sequence(const char *parent, const char *name, const char *step)
{
    double ms[RUNS];
    char dir[2048], script[512];
    struct cost cost = { 0 };

    snprintf(script, sizeof(script), "for i = 1, %d do %s end\n", SEQUENCE_STEPS, step);
    for (int i = 0; i < RUNS; i++) {
        struct rig *rig;
        bench_directory(parent, dir, sizeof(dir));
        rig = rig_open(dir);
        cost = cost_now(rig);
        rig_start(rig, script, 1);
        rig_wait(rig);
        cost = cost_since(rig, cost);
        ms[i] = cost.seconds * 1e3 / SEQUENCE_STEPS;
        rig_close(rig);
        bench_remove_directory(dir);
    }
    printf("sequence  one workflow, %d steps of %s: %.3f ms and %.2f commits per step, "
           "%.0f bytes written\n", SEQUENCE_STEPS, name, bench_median(ms, RUNS),
           cost.commits / SEQUENCE_STEPS, cost.bytes / SEQUENCE_STEPS);
}

// A signal is folded before its change returns, and so is the replay it takes. The
// job then waits again, and is parked again.
static void replay(const char *parent, int steps)
{
    double ms[RUNS];
    char dir[2048], script[512];
    struct rig *rig;

    bench_directory(parent, dir, sizeof(dir));
    rig = rig_open(dir);
    snprintf(script, sizeof(script), "for i = 1, %d do once('step', function() return 1 end) end\n"
                                     "for i = 1, %d do wait_signal 'go' end\n", steps, RUNS);
    rig_start(rig, script, 1);
    for (int i = 0; i < RUNS; i++) {
        do
            rig_settle(rig);
        while (rig_status(rig).parked != 1);
        ms[i] = bench_now_s();
        rig_go(rig);
        ms[i] = (bench_now_s() - ms[i]) * 1e3;
    }
    rig_wait(rig);
    printf("replay    %5d finished steps: %.2f ms\n", steps, bench_median(ms, RUNS));
    rig_close(rig);
    bench_remove_directory(dir);
}

static bool wanted(int argc, char **argv, const char *name)
{
    return argc < 3 || strcmp(argv[2], name) == 0;
}

int main(int argc, char **argv)
{
    const char *parent = argc > 1 ? argv[1] : ".";

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("flush     one page and fdatasync: %.3f ms\n", bench_flush_ms(parent));
    if (wanted(argc, argv, "flight")) {
        flight(parent, 10);
        flight(parent, 100);
    }
    if (wanted(argc, argv, "sequence")) {
        sequence(parent, "once()", "once('step', function() return 1 end)");
        sequence(parent, "localhost:run 'true'", "localhost:run 'true'");
    }
    if (wanted(argc, argv, "replay")) {
        replay(parent, 1000);
        replay(parent, 10000);
    }
    return 0;
}
