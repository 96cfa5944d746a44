// SPDX-License-Identifier: MIT
// The real program: an engine started as `pawl daemon --foreground` in a home of its
// own, what the kernel says of its process, and the time of a `pawl VERB` from exec
// to exit.
#pragma once

#include <sys/types.h>

#include "http.h"

struct service {
    const char *program;
    char home[2048];
    char socket_path[2100];
    pid_t pid;
    struct http http; // open while the engine runs
};

// Makes a home below parent, and starts the engine there.
void service_open(struct service *service, const char *program, const char *parent);
void service_close(struct service *service); // ends it in order; the home goes
void service_kill(struct service *service);  // kill -9
// Starts it on the home as it is; returns seconds until it answered status.
double service_start(struct service *service);

double service_memory_kib(const struct service *service, const char *field); // "VmRSS", ...
double service_cpu_ms(const struct service *service); // user and system, so far

// Seconds of `pawl ARGS...` (NULL ends them) from exec to exit, its output dropped;
// dies unless it exits with zero.
double service_verb_s(const struct service *service, const char *const *args);
