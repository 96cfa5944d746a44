// SPDX-License-Identifier: MIT
// Reading one job's records, to the end of what is there or along with the job:
// over engine restarts, with the reading mark moved only behind what was written.
#pragma once

#include "cli/command.h"
#include "cli/printer.h"

// For verbs that follow.
#define OPTIONS_FOLLOW                                                       \
    { "fold", 0, NULL, "equal outputs of hosts together, at the end" },      \
    { "no-host", 0, NULL, "no hosts in front of lines" },                    \
    { "quiet", 'q', NULL, "no status line, no summary; with -d: ids only" }

struct follow_options {
    const json_t *row;      // of the job or child
    const char *since;      // "mark", or a seq as text
    bool live;              // until it is settled; else: what is there now
    bool until_finished;    // live: a suspended job is waited for
    bool mark;              // what was written has been received; takes turns with others
    bool own;               // only what the job itself wrote
    bool foreground;        // the user stands by: say how it ended, and exit by it
    bool events;            // show each change of state
    bool fold;              // gather, and show what is equal once, at the end
    const char *fields;     // structured records as a table of these; NULL: none
    bool with_job;          // its row first
    bool auto_remove;       // remove it when it is finished and all is out
    long long timeout_ms;   // -1: none
    const char *hint;       // the command that takes this up again, after Ctrl-C
};

// An exit code; failures are printed.
int follow_job(struct cli *cli, struct printer *printer, const struct follow_options *options);
// A job that was just started, in the foreground: all of it, to its end.
int follow_started(struct cli *cli, const json_t *row);
