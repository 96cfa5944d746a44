// SPDX-License-Identifier: MIT
// HTTP over the engine's Unix socket: plain calls, and streams of JSON lines. It
// knows no verbs and prints nothing. One thread; one stream or call at a time.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

struct client;

int client_open(struct client **ret, const char *socket_path, struct err *err);
void client_close(struct client *client); // NULL is allowed

struct reply {
    long status;  // of HTTP
    json_t *json; // a new reference; NULL: the body was no JSON
};

// body: an object, or NULL. request_id: the text of a uuid, or NULL. Failures:
// -ECONNREFUSED nobody listens (nothing was sent), -ECONNRESET the connection
// broke before the answer was whole, else as errno. An HTTP error is a reply.
int client_call(struct client *client, const char *method, const char *path, const json_t *body,
                const char *request_id, struct reply *ret, struct err *err);

// ---- streams
enum stream_end {
    STREAM_ENDED,       // the server said all it had to say
    STREAM_BROKEN,      // cut off in the middle: the engine died
    STREAM_STOPPED,     // line_fn said so
    STREAM_INTERRUPTED, // stop_fd became readable
    STREAM_TIMED_OUT,
};

struct stream {
    // Each line, borrowed. Not 0: stop.
    int (*line_fn)(void *arg, json_t *line);
    // The same, as they come; when it is set, line_fn is not called.
    int (*text_fn)(void *arg, struct slice line);
    // Between lines, at least every tick_ms (when not 0). May make calls.
    void (*tick_fn)(void *arg);
    int tick_ms;
    void *arg;
    const json_t *body; // NULL: a GET; else it is posted
    int stop_fd;        // -1: none
    long long timeout_ms; // -1: none
};

// Returns an enum stream_end, or negative as client_call. An HTTP error is
// STREAM_ENDED with its status and body in *ret; else ret->status is 200. Its
// connection stays open until the next stream begins, or it is left.
int client_stream(struct client *client, const char *path, const struct stream *stream,
                  struct reply *ret, struct err *err);
void client_stream_leave(struct client *client); // NULL is allowed
