// SPDX-License-Identifier: MIT
// What the engine needs of the outside: time, chance, a worker that commits,
// links, a log. The daemon gives it the real thing (loop.c), the simulator a
// scripted one. All calls come on the loop's thread and return at once.
#pragma once

#include "base/err.h"
#include "base/id.h"
#include "host/link.h"
#include "storage/batch.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct world_ops {
    int64_t (*wall_ms)(void *self);     // CLOCK_REALTIME
    int64_t (*boottime_ms)(void *self); // CLOCK_BOOTTIME
    struct uuid (*boot_id)(void *self);
    void (*random)(void *self, void *out, size_t len);
    // Asks for one call of engine_alarm at that CLOCK_BOOTTIME; replaces the last wish.
    void (*alarm)(void *self, int64_t boottime_ms);
    // Asks for one call of engine_turn soon.
    void (*wake)(void *self);
    // Commits the batch on another thread, and makes room for the next (store_reserve);
    // then calls engine_room, if that can fail, and engine_committed on the loop's.
    // One at a time; the batch stays untouched until then.
    void (*commit)(void *self, const struct batch *batch);
    // Copies the store on another thread (store_backup), while commits go on, then
    // calls engine_backed_up on the loop's. One at a time; path stays until then.
    void (*backup)(void *self, const char *path);
    // To a destination, with options of ssh: host is its key (model/target.h).
    int (*link)(void *self, struct slice host, const struct link_options *options,
                struct link **ret, struct err *err);
    // Appends sh text that becomes an sh on the host, beside its link: `exec ssh ...`. The
    // same text each time.
    int (*session)(void *self, struct slice host, struct buf *words, struct err *err);
    // Appends the TZif file of a time zone; name NULL: of this machine. -ENOENT: there is
    // none of that name. NULL: there is no zone but UTC.
    int (*zone)(void *self, const char *name, struct buf *ret, struct err *err);
    void (*log)(void *self, enum log_level level, const char *line);
    // A named place where a crash would matter; the crash driver ends the process here.
    void (*point)(void *self, const char *label);
    // The engine is over: in order (err NULL), or because it cannot go on. No commit is
    // under way; no other call follows; it may be freed, though not inside this one.
    void (*stopped)(void *self, const struct err *err);
};

struct world {
    const struct world_ops *ops;
    void *self;
};
