// SPDX-License-Identifier: MIT
// The real world for an engine: libuv's loop and thread pool, the kernel's clocks,
// the local link, lines on standard error. One per engine; several may share a
// process, each on a loop of its own.
#pragma once

#include <uv.h>

#include "core/engine.h"

struct loop_world;

// Called once, on the loop, when the engine is over (world.h's stopped).
typedef void (*loop_stopped_fn)(void *arg, const struct err *err);

struct loop_options {
    enum log_level log_level;
    const char *ssh_program; // NULL: ssh, by PATH
    const char *ssh_config;  // for its -F; NULL: the user's own
    const char *crash_point; // "label:n": SIGKILL ourselves at the n-th pass; NULL: never
    const char *boot_id;     // a uuid, for tests; NULL: the kernel's
    loop_stopped_fn stopped;
    void *arg;
};

int loop_world_new(struct loop_world **ret, uv_loop_t *loop, struct store *store,
                   const struct loop_options *options, struct err *err);
struct world loop_world_of(struct loop_world *world);
// From here on the world drives this engine.
void loop_world_attach(struct loop_world *world, struct engine *engine);
// Closes the handles; the memory goes when the loop has run their callbacks.
void loop_world_close(struct loop_world *world);
