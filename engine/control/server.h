// SPDX-License-Identifier: MIT
// What exchanges may know of the control that owns them. Private to this layer.
#pragma once

#include "control/control.h"

struct list;

const struct port *control_port(const struct control *control);
uint64_t control_now(const struct control *control); // the loop's clock, ms
bool control_is_closing(const struct control *control);
const char *control_socket_path(const struct control *control);
// Calls port.shutdown once the present run is over.
void control_ask_shutdown(struct control *control);
// A connection was resumed: there is something to do without a readable socket.
void control_want_run(struct control *control);
// All exchanges, in order of arrival.
struct list *control_exchanges(struct control *control);
// The turns of those that receive jobs (lease.h).
struct list *control_leases(struct control *control);
