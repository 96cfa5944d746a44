// SPDX-License-Identifier: MIT
// Records on their way to the terminal or the pipe: output to standard output,
// errors, warnings and information to standard error, values as JSON. Of one host
// every byte goes out as it comes. Where there is more than one, whole lines do, with
// the host in front. And the status line at the bottom of a terminal.
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "cli/command.h"
#include "cli/record.h"
#include "cli/sources.h"

enum target { TO_OUT, TO_ERR, TARGETS };

struct place {
    FILE *to;
    bool tty;
    bool open;               // a line was begun and not ended ...
    const struct source *by; // ... by this one; compared, never looked into
};

struct status {
    struct buf text;       // as drawn; empty: nothing is
    size_t columns;        // that it takes
    unsigned width;        // of the terminal when it was drawn
    uint64_t drawn_ms;     // monotonic; 0: never
};

struct printer {
    struct place places[TARGETS];
    bool json;             // records as they came
    bool folds;            // they go into groups, not out
    bool quiet;            // no status line
    bool moves;            // standard error can have one
    bool names;            // hosts are named where there is more than one
    bool many;             // more than one host
    unsigned streams;      // bit per record_stream; 0: what is usual
    struct sources sources;
    const struct source *first; // of a host: a second one makes many
    struct buf bytes, shown, front, work;
    struct status status;
    bool failed;           // no memory for all of it
};

void printer_init(struct printer *printer, const struct cli *cli);
void printer_release(struct printer *printer);
// For the next job: nobody has written yet. What waits is gone: printer_finish first.
void printer_reset(struct printer *printer);
// Adds a stream to those shown. ERR_USAGE for an unknown name.
int printer_show(struct printer *printer, const char *stream, struct err *err);
// Where records of its kind are shown; negative: they are not.
int printer_target(const struct printer *printer, const json_t *record);
void printer_record(struct printer *printer, const json_t *record);
// All of it: lines end where it says so. A terminal is shown it escaped.
void printer_text(struct printer *printer, enum target target, struct slice text);
// Ends a line that printer_text has left open.
void printer_line_end(struct printer *printer, enum target target);
// A sentence of our own between records, on standard error, on a line of its own.
void printer_say(struct printer *printer, const char *text);
// Of records up to last, all of which came: those that are out, and not in part.
uint64_t printer_done(const struct printer *printer, uint64_t last);

// Is it time to draw the line anew? It may be drawn ten times a second, on a terminal,
// while no line of output is open there.
bool printer_status_due(const struct printer *printer, uint64_t now_ms);
// Draws it, when it or the terminal's width has changed. "" removes it.
void printer_status(struct printer *printer, const char *text, unsigned width, uint64_t now_ms);
void printer_status_clear(struct printer *printer);

// Everything is out, what waited, too: an open line ended (on a terminal, or of many),
// the status line gone. 0, or -EIO when standard output did not take it all.
int printer_finish(struct printer *printer);
// What was written so far is out; 0 or -EIO.
int printer_flush(struct printer *printer);
