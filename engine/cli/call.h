// SPDX-License-Identifier: MIT
// What verbs use to talk to the engine: starts one when none runs, asks again when
// one died under a request (with the same request id, so that nothing is done
// twice), and turns refusals into messages and exit codes.
#pragma once

#include "base/buf.h"
#include "cli/client.h"
#include "cli/command.h"

// Appends text to a path or query, percent-encoded.
void path_add(struct buf *path, const char *text);

// 0 with a new reference in *ret, or an exit code with err filled, nothing printed. An engine
// that is busy is asked again, for some two seconds.
int call_try(struct cli *cli, const char *method, const char *path, const json_t *body,
             json_t **ret, struct err *err);
// The same, and a failure is printed.
int call(struct cli *cli, const char *method, const char *path, const json_t *body,
         json_t **ret);
// Gives the lines of a stream that ends by itself, as they come: begin_fn, then text_fn for each.
// Both once more when the engine died in the middle. An exit code.
struct call_texts {
    void (*begin_fn)(void *arg);
    int (*text_fn)(void *arg, struct slice line); // negative: -ENOMEM, or -EPROTO: it is no JSON
    void *arg;
};
int call_texts(struct cli *cli, const char *path, const struct call_texts *texts);
// All lines of such a stream, as an array.
int call_lines(struct cli *cli, const char *path, json_t **ret);

// The engine, without starting one: 0, or -ECONNREFUSED.
int call_status(struct cli *cli, json_t **ret, struct err *err);
// Makes sure that there is a client, and an engine when `start`. An exit code.
int call_prepare(struct cli *cli, bool start, struct err *err);

// Is this line {"error":...}? Then the exit code, and err is filled; else 0.
int line_error(const json_t *line, struct err *err);
// Exit code for a reply that is an error; fills err.
int reply_error(const struct reply *reply, struct err *err);

// ---- members of rows
const char *row_text(const json_t *row, const char *key); // "" when null or absent
long long row_int(const json_t *row, const char *key);    // 0 when null or absent
bool row_true(const json_t *row, const char *key);
bool row_is_finished(const json_t *row); // of a job: Completed, Failed or Stopped
