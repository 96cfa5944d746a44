// SPDX-License-Identifier: MIT
// A raw HTTP client on a Unix socket in the same thread as the server's loop, and
// the world of one test: directory, loop, fake port, control. Raw, because the
// tests need clients that stall, vanish, or send nonsense.
#pragma once

#include <jansson.h>
#include <uv.h>

#include "base/buf.h"
#include "control/control.h"
#include "unit/control/fake_port.h"

struct world {
    char dir[64];
    char socket_path[96];
    uv_loop_t loop;
    struct fake_port *fake;
    struct control *control;
    int closed;
};

// cmocka's setup and teardown: *state is the world.
int world_open(void **state);
int world_close(void **state);
void world_close_control(struct world *world);
// Turns the loop a few times, whatever the time. Sockets of one machine have no delay:
// what can happen at once has happened then.
void world_turn(struct world *world);
// Turns it until *count is what the test waits for, and fails if it never is.
void world_until(struct world *world, const size_t *count, size_t wanted);
// The same until no request is open.
void world_until_idle(struct world *world);

// One connection; what came in is decoded from chunks by client_body.
struct client {
    int fd;
    struct buf raw;
    bool eof;
};

void client_open(struct client *client, struct world *world);
void client_close(struct client *client);
void client_send(struct client *client, struct world *world, const char *bytes, size_t len);
// Opens the client and sends a request that closes the connection at its end. body
// NULL: none.
void client_request(struct client *client, struct world *world, const char *method,
                    const char *path, const char *body);
// Reads while turning the loop until the answer holds a text, or NULL: to its end.
void client_read(struct client *client, struct world *world, const char *until);
// Reads what comes at once.
void client_look(struct client *client, struct world *world);
int client_status(struct client *client);
// The decoded body as text, in the caller's buffer.
const char *client_body(struct client *client, struct buf *body);

// A whole exchange. Returns the status; *ret (when not NULL) is a new reference to
// the body's JSON, or to an array of its lines for NDJSON.
int http(struct world *world, const char *method, const char *path, const char *body,
         json_t **ret);

// How often a word is in a text.
size_t text_count(const char *text, const char *word);
