// SPDX-License-Identifier: MIT
// A job played without an engine: the real fold and the real Lua host, driven as the
// core does, against a scripted host whose answers follow from the step alone. What
// the script does is written down, and so is the journal, from which it can be
// played again.
#pragma once

#include "lua/script.h"
#include "model/job.h"

struct workflow {
    char *name, *text;
    bool stop;            // is stopped while it runs
    bool on_hosts;        // on the hosts a to d
    bool stop_part;       // what it does for b is stopped while it runs
    bool force;           // ... by force
    bool canned_once;     // a once() is answered, not called: it looks at the world
};

struct player {
    const struct workflow *workflow;
    struct job job;
    struct script *script;
    struct buf journal;   // encoded events, back to back
    struct buf trace;     // every effect and every note, with all that is in it
    struct buf by_strand; // the effects alone, one line each, with the strand in front
    size_t *marks;        // length of the trace after each event
    size_t event_count, mark_cap;
    uint32_t notes;       // of the event being folded
    bool stopped;         // stop was asked, of it or of a part
};

// Plays the workflow to its end, so many facts at a time.
void player_record(struct player *player, const struct workflow *workflow, unsigned group);
// Makes a job and its script again and folds the first `events` of a recorded journal,
// decoding `row` events at a time; then the rest. The trace is the new one's.
void player_replay(struct player *player, const struct player *recorded, size_t events,
                   size_t row);
void player_free(struct player *player);
