// SPDX-License-Identifier: MIT
// A job played by hand: a script in a state, fake answers, and what it did as
// text. The test owns the driver; drive_open asserts that the script compiles.
#pragma once

#include "lua/script.h"
#include "model/command.h"
#include "model/value.h"

struct drive {
    struct script *script;
    struct effect effect;   // of the last resume
    struct err err;
    struct buf notes;       // "1 output: text\n" for each note, values as JSON
    struct buf text;        // of drive_args and others
    int64_t now_unix_ms;    // goes up by a second with every answer
};

// limits: 0 for the defaults.
void drive_open_limited(struct drive *d, const char *text, size_t memory_max,
                        uint64_t budget_max);
void drive_open_modules(struct drive *d, const char *text, struct slice modules);
// prelude: of a job that another Pawl has started.
void drive_open_prelude(struct drive *d, const char *text, const char *prelude);
// hosts: the job's targets (model/target.h) as JSON.
void drive_open_hosts(struct drive *d, const char *text, const char *hosts);
void drive_open(struct drive *d, const char *text);
void drive_close(struct drive *d);

// Each resumes a strand and returns what script_resume does.
int drive_start(struct drive *d, uint32_t strand);
int drive_exit(struct drive *d, uint32_t strand, int code, const char *out, const char *err);
int drive_value(struct drive *d, uint32_t strand, const char *json);
int drive_outcome(struct drive *d, uint32_t strand, const struct outcome *outcome);
int drive_joined(struct drive *d, uint32_t strand);
int drive_cancel(struct drive *d, uint32_t strand);
// Plays a once: calls it and hands its value back, as the engine would. Returns
// what script_once did when negative, else what the resume did.
int drive_once(struct drive *d, uint32_t strand);

// The effect's arguments, or its value, as JSON; valid until the next call.
const char *drive_args(struct drive *d);
const char *drive_end(struct drive *d);
const char *drive_json(struct drive *d, struct slice bytes);
// The notes so far, which are then forgotten.
const char *drive_notes(struct drive *d);

// Runs the text to its end without steps and returns the message it failed with,
// or "" and the value in drive_end.
const char *drive_run(struct drive *d, const char *text);
// Runs `text` in a new script and asserts that it prints `expected`.
void drive_check_prints(const char *text, const char *expected);
// ... that it fails with a message equal to `expected`.
void drive_check_fails(const char *text, const char *expected);
