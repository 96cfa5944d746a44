// SPDX-License-Identifier: MIT
// Endless churn, with an end: jobs that print 1 to 4 KiB and are over, each with a script
// of its own, a limit of 30 days and a request of its own, started over many connections, while
// `count` bounds what is kept. What the store and the engine take has to reach a plateau.
//
//     churn_bench PAWL [DIRECTORY] [JOBS] [COUNT]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench.h"
#include "service.h"

enum { LINES = 64, JOBS = 100000, COUNT = 1000, TOLD = 10 };

static double file_bytes(const struct service *service)
{
    char path[2200];
    struct stat st;

    snprintf(path, sizeof(path), "%s/store/data.mdb", service->home);
    if (stat(path, &st) < 0)
        bench_die(path, NULL);
    return (double)st.st_size;
}

static void print_head(void)
{
    printf("churn       jobs  jobs/s  data file, MiB  in use, MiB  RSS, MiB  its own, MiB  kept\n");
}

static void print_figures(struct service *service, int jobs, double rate)
{
    double used, kept;

    http_close(&service->http); // idle for too long, perhaps
    if (http_open(&service->http, service->socket_path) < 0)
        bench_die(service->socket_path, NULL);
    http_ask(&service->http, "GET", "/v1/status", "");
    used = http_number(&service->http, "store_bytes");
    http_ask(&service->http, "GET", "/v1/retention", "");
    kept = http_number(&service->http, "finished");
    printf("churn     %6d  %6.0f  %14.1f  %11.1f  %8.1f  %12.1f  %4.0f\n", jobs, rate,
           file_bytes(service) / 1048576, used / 1048576,
           service_memory_kib(service, "VmRSS") / 1024,
           service_memory_kib(service, "RssAnon") / 1024, kept);
}

static void send_job(struct http *http, int number)
{
    char body[512], lines[128];

    snprintf(body, sizeof(body),
             "{\"type\":\"workflow\",\"command\":\"churn\",\"script\":{\"name\":\"churn.lua\","
             "\"text\":\"workflow { timeout = '30d' } print(string.rep('x', %d)) -- %d\"}}",
             1024 + number * 37 % 3072, number);
    snprintf(lines, sizeof(lines),
             "Content-Type: application/json\r\nPawl-Request: 00000000-0000-4000-8000-%012d\r\n",
             number);
    http_send_with(http, "POST", "/v1/jobs", lines, body);
}

// Rounds of one request on every line, so that a round shares its commits.
static void churn(struct http *lines, int from, int to)
{
    for (int done = from; done < to; done += LINES) {
        for (int i = 0; i < LINES; i++)
            send_job(&lines[i], done + i);
        for (int i = 0; i < LINES; i++)
            if (http_receive(&lines[i]) < 0 || lines[i].status != 201)
                bench_die("a job was not started", NULL);
    }
}

static void run(struct service *service, struct http *lines, int jobs)
{
    int step = (jobs / TOLD + LINES - 1) / LINES * LINES;

    for (int at = 0; at < jobs; at += step) {
        double begin = bench_now_s();
        churn(lines, at, at + step);
        print_figures(service, at + step, step / (bench_now_s() - begin));
    }
}

static void settle(struct service *service)
{
    const struct timespec nap = { .tv_sec = 5 };

    nanosleep(&nap, NULL);
    printf("churn     five seconds later:\n");
    print_figures(service, 0, 0);
    service_kill(service);
    printf("churn     after kill -9; status answered %.0f ms after the start:\n",
           service_start(service) * 1e3);
    print_figures(service, 0, 0);
}

int main(int argc, char **argv)
{
    const char *parent = argc > 2 ? argv[2] : ".";
    int jobs = argc > 3 ? atoi(argv[3]) : JOBS, count = argc > 4 ? atoi(argv[4]) : COUNT;
    struct http *lines = calloc(LINES, sizeof(*lines));
    struct service service;
    char body[64];

    if (argc < 2 || jobs < TOLD * LINES || !lines) {
        fprintf(stderr, "usage: churn_bench PAWL [DIRECTORY] [JOBS, %d at least] [COUNT]\n",
                TOLD * LINES);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    service_open(&service, argv[1], parent);
    snprintf(body, sizeof(body), "{\"count\":%d}", count);
    http_ask(&service.http, "PUT", "/v1/retention", body);
    for (int i = 0; i < LINES; i++)
        if (http_open(&lines[i], service.socket_path) < 0)
            bench_die(service.socket_path, NULL);
    print_head();
    run(&service, lines, jobs);
    for (int i = 0; i < LINES; i++)
        http_close(&lines[i]);
    settle(&service);
    service_close(&service);
    free(lines);
    return 0;
}
