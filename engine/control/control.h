// SPDX-License-Identifier: MIT
// The HTTP API (docs/http-api.md) on a Unix socket: libmicrohttpd, driven by the
// caller's loop without a thread of its own. Several controls may live in one
// process. Invariant: control decides nothing about jobs; it turns requests into
// calls of the port, and what the port shows into JSON.
//
// Owner: who called control_open. Thread: the loop's.
#pragma once

#include <uv.h>

#include "base/err.h"
#include "control/port.h"

struct control;

enum { CONTROL_CLIENTS_MAX = 4096 };

// After the socket is gone and every connection is closed.
typedef void (*control_close_fn)(void *arg);

// Makes the socket (mode 0600, its directory 0700); who connects waits until it is served.
// The caller holds the home's lock: a socket file that is already there is a dead engine's
// and is replaced. Only the process's own user and root are answered. port is
// copied; what it points at must outlive the control. clients_max: connections at a time,
// more wait; 0: CONTROL_CLIENTS_MAX. A failure leaves nothing.
int control_open(struct control **ret, uv_loop_t *loop, const char *socket_path,
                 const struct port *port, size_t clients_max, struct err *err);

// From now on requests are answered. Once.
void control_serve(struct control *control);

// Ends every stream with a `shutting_down` line, closes all connections and the
// socket, then calls cb once, later, and the control is gone. The port must still
// answer until this call returns (watches are taken back); changes that are under
// way may call their change_fn afterwards. Legal from the loop and from
// port.shutdown, not from any other port call.
void control_close(struct control *control, control_close_fn cb, void *arg);
