// SPDX-License-Identifier: MIT
// Records on their way to the terminal or the pipe: output to standard output,
// errors, warnings and information to standard error, values as JSON, hosts in
// front of lines where there is more than one; and the status line at the bottom
// of a terminal.
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "cli/command.h"

struct printer {
    FILE *out, *err;
    bool json;           // records as they came
    bool out_tty, err_tty;
    bool hosts;          // more than one: name them
    const char *host;    // only this host's records; NULL: all
    unsigned streams;    // bit per entry of the stream table; 0: what is usual
    struct buf last_host; // whose line is open on standard output
    bool out_open, err_open; // a line was begun and not ended
    struct buf carry;    // the beginning of a UTF-8 sequence, on a terminal
    struct buf work;
    struct buf status;   // the status line as drawn
};

void printer_init(struct printer *printer, const struct cli *cli);
void printer_release(struct printer *printer);
// Adds a stream to those shown. ERR_USAGE for an unknown name.
int printer_show(struct printer *printer, const char *stream, struct err *err);
void printer_record(struct printer *printer, const json_t *record);
// Draws the line when it is a new one and no output line is open. "" removes it.
void printer_status(struct printer *printer, const char *text, unsigned width);
// A sentence of our own between records, on standard error.
void printer_note(struct printer *printer, const char *text);
// Everything is out: an open line ended (on a terminal), the status line gone.
// 0, or -EIO when standard output did not take it all.
int printer_finish(struct printer *printer);
int printer_flush(struct printer *printer);
