// SPDX-License-Identifier: MIT
// Figures of the real program, over its command line and its socket:
//
//   latency   a one-step workflow from start to finish: `pawl run`, and HTTP
//   verbs     `pawl VERB` from exec to exit, in a home with a few jobs
//   idle      CPU and memory of an engine that has nothing to do
//   sleepers  10,000 workflows put to sleep: starting them, what they hold in memory
//             and on disk, `pawl get` of them, and kill -9 until status is answered
//   list      `pawl get` of 10,000 finished jobs that have written a line, in its three forms
//
//     service_bench PAWL [DIRECTORY] [latency|verbs|idle|sleepers|list]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "service.h"

enum { RUNS = 3, ASKED = 200, VERB_RUNS = 21, IDLE_SECONDS = 10, SLEEPERS = 10000, LINES = 250 };

#define START(script) "{\"type\":\"workflow\",\"script\":{\"name\":\"bench.lua\",\"text\":\"" \
                      script "\"}}"
static const char one_step[] = START("once('step', function() return 1 end)");
static const char sleeper[] = START("sleep '1d'");
static const char printer[] = START("print('a line of output, as most jobs have one')");

static void print_latency(const char *name, double *sample)
{
    double p50 = bench_share(sample, ASKED, 0.5), p99 = bench_share(sample, ASKED, 0.99);

    printf("latency   one-step workflow, %s: p50 %.2f ms, p99 %.2f ms (of %d)\n", name, p50 * 1e3,
           p99 * 1e3, ASKED);
}

static void write_script(const struct service *service, char *path, size_t room)
{
    FILE *file;

    snprintf(path, room, "%s/one.lua", service->home);
    file = fopen(path, "we");
    if (!file || fputs("once('step', function() return 1 end)\n", file) < 0 || fclose(file) != 0)
        bench_die(path, NULL);
}

static void latency_cli(const struct service *service)
{
    double sample[ASKED];
    char path[2100];
    const char *args[] = { "run", path, NULL };

    write_script(service, path, sizeof(path));
    for (int i = 0; i < ASKED; i++)
        sample[i] = service_verb_s(service, args);
    print_latency("pawl run", sample);
}

static void latency_http(struct service *service)
{
    double sample[ASKED];
    char path[64];

    for (int i = 0; i < ASKED; i++) {
        double begin = bench_now_s();
        http_ask(&service->http, "POST", "/v1/jobs", one_step);
        snprintf(path, sizeof(path), "/v1/jobs/%.0f/wait", http_number(&service->http, "id"));
        http_ask(&service->http, "GET", path, "");
        sample[i] = bench_now_s() - begin;
    }
    print_latency("HTTP    ", sample);
}

static void latency(const char *program, const char *parent)
{
    struct service service;

    service_open(&service, program, parent);
    latency_cli(&service);
    latency_http(&service);
    service_close(&service);
}

static double verb_ms(const struct service *service, const char *const *args)
{
    double sample[VERB_RUNS];

    for (int i = 0; i < VERB_RUNS; i++)
        sample[i] = service_verb_s(service, args) * 1e3;
    return bench_median(sample, VERB_RUNS);
}

static void verbs(const char *program, const char *parent)
{
    static const char *const calls[][4] = {
        { "status" }, { "get" }, { "get", "1" }, { "receive", "1" }, { "history", "1" },
        { "version" }, // talks to nobody: what starting the program costs
    };
    struct service service;

    service_open(&service, program, parent);
    for (int i = 0; i < 5; i++)
        http_ask(&service.http, "POST", "/v1/jobs", one_step);
    http_ask(&service.http, "GET", "/v1/jobs/1/wait", "");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        printf("verbs     pawl %s %s: %.1f ms\n", calls[i][0], calls[i][1] ? calls[i][1] : "",
               verb_ms(&service, calls[i]));
    service_close(&service);
}

// CPU over ten seconds, without the engine's own start.
static void print_idle(const struct service *service, const char *what)
{
    const struct timespec settle = { .tv_sec = 1 }, nap = { .tv_sec = IDLE_SECONDS };
    double cpu_ms;

    nanosleep(&settle, NULL);
    cpu_ms = service_cpu_ms(service);
    nanosleep(&nap, NULL);
    cpu_ms = service_cpu_ms(service) - cpu_ms;
    printf("idle      %s: %.2f %% CPU over %d s, %.1f MiB RSS (%.1f of its own, %.1f of files)\n",
           what, cpu_ms / 10 / IDLE_SECONDS, IDLE_SECONDS,
           service_memory_kib(service, "VmRSS") / 1024,
           service_memory_kib(service, "RssAnon") / 1024,
           service_memory_kib(service, "RssFile") / 1024);
}

static void idle(const char *program, const char *parent)
{
    struct service service;

    service_open(&service, program, parent);
    print_idle(&service, "no jobs");
    service_close(&service);
}

// Rounds of one request on every line, so that a round shares its commits.
static double start_many(const struct service *service, const char *body)
{
    struct http *lines = calloc(LINES, sizeof(*lines));
    double begin = bench_now_s();

    if (!lines)
        bench_die("connections", NULL);
    for (int i = 0; i < LINES; i++)
        if (http_open(&lines[i], service->socket_path) < 0)
            bench_die(service->socket_path, NULL);
    for (int done = 0; done < SLEEPERS; done += LINES) {
        for (int i = 0; i < LINES; i++)
            http_send(&lines[i], "POST", "/v1/jobs", body);
        for (int i = 0; i < LINES; i++)
            if (http_receive(&lines[i]) < 0 || lines[i].status != 201)
                bench_die("a job was not started", NULL);
    }
    begin = bench_now_s() - begin;
    for (int i = 0; i < LINES; i++)
        http_close(&lines[i]);
    free(lines);
    return begin;
}

struct size {
    double store_bytes, rss_kib, anon_kib;
};

static struct size size_now(struct service *service)
{
    http_ask(&service->http, "GET", "/v1/status", "");
    return (struct size){ http_number(&service->http, "store_bytes"),
                          service_memory_kib(service, "VmRSS"),
                          service_memory_kib(service, "RssAnon") };
}

static void print_sleepers(const char *what, struct size from, struct size to)
{
    printf("sleepers  %s: %.1f MiB RSS, %.1f of its own, that is %.0f bytes for each; "
           "%.0f bytes on disk for each\n", what, to.rss_kib / 1024, to.anon_kib / 1024,
           (to.anon_kib - from.anon_kib) * 1024 / SLEEPERS,
           (to.store_bytes - from.store_bytes) / SLEEPERS);
}

static void sleepers(const char *program, const char *parent)
{
    static const char *const get[] = { "get", NULL };
    struct service service;
    const struct timespec settle = { .tv_sec = 2 };
    struct size empty;
    double ready[RUNS];

    service_open(&service, program, parent);
    empty = size_now(&service);
    printf("sleepers  %d started in %.2f s\n", SLEEPERS, start_many(&service, sleeper));
    print_sleepers("at once", empty, size_now(&service));
    nanosleep(&settle, NULL);
    print_sleepers("asleep", empty, size_now(&service));
    printf("verbs     pawl get of %d jobs: %.0f ms\n", SLEEPERS, verb_ms(&service, get));
    for (int i = 0; i < RUNS; i++) {
        service_kill(&service);
        ready[i] = service_start(&service);
    }
    printf("sleepers  status answered %.0f ms after kill -9 and start\n",
           bench_median(ready, RUNS) * 1e3);
    print_sleepers("after the restart", empty, size_now(&service));
    print_idle(&service, "10,000 sleepers");
    service_close(&service);
}

static void list(const char *program, const char *parent)
{
    static const char *const forms[][3] = { { "get" }, { "get", "-q" }, { "get", "--json" } };
    struct service service;

    service_open(&service, program, parent);
    start_many(&service, printer);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        printf("list      pawl %s %s of %d finished jobs: %.0f ms\n", forms[i][0],
               forms[i][1] ? forms[i][1] : "", SLEEPERS, verb_ms(&service, forms[i]));
    service_close(&service);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const char *program, const char *parent);
    } parts[] = {
        { "latency", latency }, { "verbs", verbs }, { "idle", idle }, { "sleepers", sleepers },
        { "list", list },
    };
    const char *parent = argc > 2 ? argv[2] : ".";

    if (argc < 2) {
        fprintf(stderr, "usage: service_bench PAWL [DIRECTORY] [PART]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("flush     one page and fdatasync: %.3f ms\n", bench_flush_ms(parent));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (argc < 4 || strcmp(argv[3], parts[i].name) == 0)
            parts[i].run(argv[1], parent);
    return 0;
}
