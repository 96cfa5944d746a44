// SPDX-License-Identifier: MIT
// A thousand followers over the socket: of one job, and each of a job of its own. How long
// from the answer of the change that wrote a record, which comes after its commit, until the last
// follower has it; the engine's CPU, and its memory for each follower, also of those
// that never read.
//
//     follow_bench PAWL [DIRECTORY] [FOLLOWERS]
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "service.h"

enum { FOLLOWERS = 1000, ROUNDS = 20, WAIT_MS = 20000 };

#define SCRIPT "while true do print(wait_signal('x')) end"
static const char start[] = "{\"type\":\"workflow\",\"command\":\"f\",\"script\":{\"name\":\"f.lua\","
                            "\"text\":\"" SCRIPT "\"}}";

struct follower {
    int fd;
    int lines; // records so far; -1: the head of the answer is not there yet
    int job;
};

struct crowd {
    struct service *service;
    struct follower *followers;
    int count, epoll;
    int *jobs, job_count;
};

// A record is a line, and "seq" stands in nothing else; pieces never cut it in two here, because
// each record is one chunk.
static void take(struct follower *f)
{
    char piece[65536];
    ssize_t n = read(f->fd, piece, sizeof(piece) - 1);
    const char *at = piece;

    if (n <= 0)
        bench_die("a follower was left alone", NULL);
    piece[n] = 0;
    if (f->lines < 0 && strstr(piece, "\r\n\r\n"))
        f->lines = 0;
    while ((at = strstr(at, "{\"seq\":"))) {
        f->lines++;
        at++;
    }
}

static int behind(const struct crowd *crowd, int job, int lines)
{
    int n = 0;

    for (int i = 0; i < crowd->count; i++)
        n += crowd->followers[i].lines < lines && (job < 0 || crowd->followers[i].job == job);
    return n;
}

static void pump(struct crowd *crowd, int job, int lines)
{
    struct epoll_event events[256];
    double begin = bench_now_s();

    while (behind(crowd, job, lines)) {
        int n = epoll_wait(crowd->epoll, events, 256, 1000);
        for (int i = 0; i < n; i++)
            take(&crowd->followers[events[i].data.u32]);
        if (bench_now_s() - begin > WAIT_MS / 1e3)
            bench_die("followers wait for what does not come", NULL);
    }
}

static void follow(struct crowd *crowd, int i, int job)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
    struct http http;
    char path[64];

    if (http_open(&http, crowd->service->socket_path) < 0)
        bench_die(crowd->service->socket_path, NULL);
    snprintf(path, sizeof(path), "/v1/jobs/%d/records?follow=1", job);
    http_send(&http, "GET", path, "");
    crowd->followers[i] = (struct follower){ http.fd, -1, job };
    epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, http.fd, &event);
}

static void say(struct crowd *crowd, int job, int bytes)
{
    char path[64], body[4200];

    snprintf(path, sizeof(path), "/v1/jobs/%d/signal", job);
    snprintf(body, sizeof(body), "{\"name\":\"x\",\"value\":\"%0*d\"}", bytes, 1);
    http_ask(&crowd->service->http, "POST", path, body);
}

static double own_kib(const struct crowd *crowd)
{
    return service_memory_kib(crowd->service, "RssAnon");
}

static void crowd_open(struct crowd *crowd, struct service *service, int count, int jobs)
{
    *crowd = (struct crowd){ .service = service, .count = count, .job_count = jobs };
    crowd->followers = calloc((size_t)count, sizeof(*crowd->followers));
    crowd->jobs = calloc((size_t)jobs, sizeof(*crowd->jobs));
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!crowd->followers || !crowd->jobs || crowd->epoll < 0)
        bench_die("followers", NULL);
    for (int i = 0; i < jobs; i++) {
        http_ask(&service->http, "POST", "/v1/jobs", start);
        crowd->jobs[i] = (int)http_number(&service->http, "id");
    }
}

static void crowd_close(struct crowd *crowd)
{
    for (int i = 0; i < crowd->count; i++)
        close(crowd->followers[i].fd);
    close(crowd->epoll);
    free(crowd->followers);
    free(crowd->jobs);
}

// Latency of a record of a job that all follow, or one of them alone.
static void rounds(struct crowd *crowd, int bytes, const char *what)
{
    double sample[ROUNDS], cpu_ms = service_cpu_ms(crowd->service);
    int before = crowd->followers[0].lines;

    for (int i = 0; i < ROUNDS; i++) {
        double begin;
        say(crowd, crowd->jobs[0], bytes);
        begin = bench_now_s();
        pump(crowd, crowd->jobs[0], before + i + 1);
        sample[i] = (bench_now_s() - begin) * 1e3;
    }
    cpu_ms = service_cpu_ms(crowd->service) - cpu_ms;
    printf("follow    %s: last follower p50 %.1f ms, max %.1f ms after the answer; %.1f ms of CPU "
           "for each record\n", what, bench_share(sample, ROUNDS, 0.5),
           bench_share(sample, ROUNDS, 1.0), cpu_ms / ROUNDS);
}

static void idle(struct crowd *crowd)
{
    const struct timespec nap = { .tv_sec = 5 };
    double cpu_ms = service_cpu_ms(crowd->service);

    nanosleep(&nap, NULL);
    printf("follow    all wait: %.2f %% CPU over 5 s\n",
           (service_cpu_ms(crowd->service) - cpu_ms) / 50);
}

static void one_job(struct service *service, int count)
{
    struct crowd crowd;
    double kib, begin;

    crowd_open(&crowd, service, count, 1);
    kib = own_kib(&crowd);
    begin = bench_now_s();
    for (int i = 0; i < count; i++)
        follow(&crowd, i, crowd.jobs[0]);
    pump(&crowd, -1, 0);
    printf("follow    %d of one job: %.2f s until all follow, %.1f KiB of the engine for each\n",
           count, bench_now_s() - begin, (own_kib(&crowd) - kib) / count);
    rounds(&crowd, 100, "100 bytes");
    rounds(&crowd, 3000, "3,000 bytes");
    printf("follow    then: %.1f KiB for each\n", (own_kib(&crowd) - kib) / count);
    idle(&crowd);
    crowd_close(&crowd);
}

static void many_jobs(struct service *service, int count)
{
    struct crowd crowd;
    double kib;

    crowd_open(&crowd, service, count, count);
    kib = own_kib(&crowd);
    for (int i = 0; i < count; i++)
        follow(&crowd, i, crowd.jobs[i]);
    pump(&crowd, -1, 0);
    printf("follow    %d jobs, a follower each: %.1f KiB for each\n", count,
           (own_kib(&crowd) - kib) / count);
    rounds(&crowd, 100, "one of them writes 100 bytes");
    crowd_close(&crowd);
}

// They ask and never read, while the job writes 20 MB; one reads.
static void never_read(struct service *service, int count)
{
    enum { RECORDS = 5000 };
    struct crowd crowd;
    double kib, cpu_ms, begin;

    crowd_open(&crowd, service, 1, 1);
    for (int i = 0; i < RECORDS; i++)
        say(&crowd, crowd.jobs[0], 4000);
    kib = own_kib(&crowd);
    for (int i = 0; i < count; i++) {
        struct http http;
        char path[64];
        if (http_open(&http, service->socket_path) < 0)
            bench_die(service->socket_path, NULL);
        snprintf(path, sizeof(path), "/v1/jobs/%d/records?follow=1", crowd.jobs[0]);
        http_send(&http, "GET", path, "");
    }
    begin = bench_now_s();
    cpu_ms = service_cpu_ms(service);
    follow(&crowd, 0, crowd.jobs[0]);
    pump(&crowd, -1, RECORDS);
    printf("follow    %d that never read 20 MB: %.1f KiB for each; one that reads has all in %.2f s, "
           "%.0f ms of CPU\n", count, (own_kib(&crowd) - kib) / (count + 1), bench_now_s() - begin,
           service_cpu_ms(service) - cpu_ms);
    crowd_close(&crowd);
}

int main(int argc, char **argv)
{
    const char *parent = argc > 2 ? argv[2] : ".";
    int count = argc > 3 ? atoi(argv[3]) : FOLLOWERS;
    struct rlimit files = { 8192, 8192 };
    struct service service;

    if (argc < 2 || count < 1) {
        fprintf(stderr, "usage: follow_bench PAWL [DIRECTORY] [FOLLOWERS]\n");
        return 2;
    }
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        bench_die("files", NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    service_open(&service, argv[1], parent);
    one_job(&service, count);
    service_close(&service);
    service_open(&service, argv[1], parent);
    many_jobs(&service, count);
    service_close(&service);
    service_open(&service, argv[1], parent);
    never_read(&service, count);
    service_close(&service);
    return 0;
}
