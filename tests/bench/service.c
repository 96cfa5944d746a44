// SPDX-License-Identifier: MIT
#include "service.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { ARGS_MAX = 16, POLL_US = 200, START_SECONDS_MAX = 60 };

// Standard output dropped; standard error is the bench's own.
static pid_t spawn(const char *program, const char *const *args)
{
    char *argv[ARGS_MAX + 2] = { (char *)program };
    posix_spawn_file_actions_t files;
    pid_t pid;

    for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
        argv[i + 1] = (char *)args[i]; // posix_spawn changes none of them
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, program, &files, NULL, argv, environ) != 0)
        bench_die(program, NULL);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

static bool answers(struct service *service)
{
    if (http_open(&service->http, service->socket_path) < 0)
        return false;
    http_send(&service->http, "GET", "/v1/status", "");
    if (http_receive(&service->http) == 0)
        return true;
    http_close(&service->http);
    return false;
}

double service_start(struct service *service)
{
    static const char *const args[] = { "daemon", "--foreground", NULL };
    const struct timespec nap = { .tv_nsec = POLL_US * 1000 };
    double begin = bench_now_s();

    service->pid = spawn(service->program, args);
    while (!answers(service)) {
        if (bench_now_s() - begin > START_SECONDS_MAX)
            bench_die("the engine does not answer", NULL);
        nanosleep(&nap, NULL);
    }
    return bench_now_s() - begin;
}

void service_open(struct service *service, const char *program, const char *parent)
{
    *service = (struct service){ .program = program };
    bench_directory(parent, service->home, sizeof(service->home));
    snprintf(service->socket_path, sizeof(service->socket_path), "%s/engine.sock", service->home);
    setenv("PAWL_HOME", service->home, 1);
    service_start(service);
}

static void end(struct service *service, int signum)
{
    http_close(&service->http);
    kill(service->pid, signum);
    waitpid(service->pid, NULL, 0);
}

void service_close(struct service *service)
{
    end(service, SIGTERM);
    bench_remove_directory(service->home);
}

void service_kill(struct service *service) { end(service, SIGKILL); }

double service_memory_kib(const struct service *service, const char *field)
{
    char path[64], line[256];
    size_t len = strlen(field);
    double kib = 0;
    FILE *status;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)service->pid);
    status = fopen(path, "re");
    if (!status)
        bench_die(path, NULL);
    while (fgets(line, sizeof(line), status))
        if (strncmp(line, field, len) == 0 && line[len] == ':')
            kib = strtod(line + len + 1, NULL);
    fclose(status);
    return kib;
}

double service_cpu_ms(const struct service *service)
{
    unsigned long user = 0, system = 0;
    char path[64];
    FILE *stat;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)service->pid);
    stat = fopen(path, "re");
    if (!stat || fscanf(stat, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                        &user, &system) != 2)
        bench_die(path, NULL);
    fclose(stat);
    return (double)(user + system) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

double service_verb_s(const struct service *service, const char *const *args)
{
    double begin = bench_now_s();
    pid_t pid = spawn(service->program, args);
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "bench: pawl %s ended with status %d\n", args[0], status);
        exit(1);
    }
    return bench_now_s() - begin;
}
