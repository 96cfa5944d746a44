// SPDX-License-Identifier: MIT
// A simulated world for a real engine: virtual clock, a store in memory, scripted
// hosts whose spools survive the engine. Between any two things that
// happen the engine can be killed; the commit under way is then applied or lost,
// as the dice say. Everything follows from one seed.
#pragma once

#include "core/engine.h"

struct sim;

struct sim_options {
    uint64_t seed;
    unsigned crash_per_1000; // chance of a kill before each happening
    unsigned crash_max;      // kills in all; the rest of the run is calm
    unsigned link_cut_per_1000;
    unsigned reboot_per_1000; // of a host: running commands are cut off
    unsigned away_per_1000;   // of a host but localhost: nobody is there for a while
    unsigned refuse_per_1000; // the same: it lets nobody in
    size_t turn_bytes_max;    // of the engine; few: its link waits at every turn
    struct slice prelude;     // of the engine; empty: its own
};

struct sim_counts {
    unsigned crashes, cuts, reboots, aways, refusals, starts, holds, happenings;
};

struct sim *sim_new(const struct sim_options *options);
void sim_free(struct sim *sim);

// Starts a job from a script's text; returns its id.
uint64_t sim_start(struct sim *sim, const char *script);
// The same for hosts (model/target.h).
uint64_t sim_start_on(struct sim *sim, const char *script, struct slice hosts);
// Sends a signal at a virtual time from now.
void sim_signal_at(struct sim *sim, int64_t in_ms, uint64_t job, const char *name);
void sim_resume_at(struct sim *sim, int64_t in_ms, uint64_t job);
void sim_stop_at(struct sim *sim, int64_t in_ms, uint64_t job);
void sim_drop_at(struct sim *sim, int64_t in_ms, uint64_t job); // by force
// localhost reboots: what runs there is cut off.
void sim_reboot_at(struct sim *sim, int64_t in_ms);
// Kills the engine; the next one has this prelude.
void sim_upgrade(struct sim *sim, struct slice prelude);
// Runs until every job has settled and nothing is due, or the virtual time is
// over (false: something is stuck).
bool sim_run(struct sim *sim, int64_t limit_ms);

// The job's end and everything it wrote, one line each, sorted; the caller frees.
char *sim_result(struct sim *sim, uint64_t job);
struct sim_counts sim_counts(const struct sim *sim);
// Keys that were started more than once by the host: must be 0.
unsigned sim_doubled(const struct sim *sim);
// How often a command whose text contains `word` was started.
unsigned sim_started(const struct sim *sim, const char *word);
