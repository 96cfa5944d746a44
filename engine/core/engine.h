// SPDX-License-Identifier: MIT
// The engine: everything that waits. It owns all jobs in memory, the open batch
// and the links; it acts only after the commit that justifies the act. Several
// engines may live in one process, each with its own world and store.
// Thread: the loop's, for every call.
#pragma once

#include "control/port.h"
#include "core/world.h"
#include "storage/store.h"

struct engine;

enum { ENGINE_LINKS_MAX = 1024 };

struct engine_options {
    struct slice prelude;       // of new jobs; empty: the one in this binary
    const char *spool_dir;      // of localhost; NULL: ~/.local/state/pawl/spool
    const char *remote_spool_dir; // of every other host; NULL: the same there
    uint64_t resident_bytes_max; // 0: 256 MiB
    size_t result_max;          // bytes of each stream kept in a result; 0: 1 MiB
    size_t turn_bytes_max;      // gathered for one commit, then links wait; 0: 8 MiB
    size_t links_max;           // open at a time; 0: ENGINE_LINKS_MAX
    int64_t park_ms;            // a wait at least this long is worth parking for; 0: 1 s
    const char *notice;         // for `status`: what is strange about the home; NULL: nothing
};

// Recovers what the store holds: unfinished jobs go on. The store stays the
// caller's and must outlive the engine.
int engine_new(struct engine **ret, const struct world *world, struct store *store,
               const struct engine_options *options, struct err *err);
// After world.stopped was called, or instead of running at all.
void engine_free(struct engine *engine);

// The world's calls (world.h).
void engine_turn(struct engine *engine);
void engine_alarm(struct engine *engine);
void engine_committed(struct engine *engine, int rc, const struct err *err);
// Before each engine_committed of a batch that landed: is there room for what is coming? -ENOSPC: only the
// store's floor is left, for results and removals; other codes say nothing.
void engine_room(struct engine *engine, int rc, const struct err *err);

void engine_backed_up(struct engine *engine, int rc, const struct err *err);

// Is this machine's own link up? From then on what runs here begins at once.
bool engine_is_ready(const struct engine *engine);

// What control talks to; valid as long as the engine.
struct port engine_port(struct engine *engine);
// Begins an orderly end: commits what is open, closes links (commands go on),
// then world.stopped.
void engine_shutdown(struct engine *engine);
