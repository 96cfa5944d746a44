// SPDX-License-Identifier: MIT
// Tells a service manager how the daemon is, by systemd's protocol (sd_notify(3)): one
// datagram to the socket that NOTIFY_SOCKET names. Without one it does nothing.
#pragma once

// state: "READY=1", once people can ask.
void ready_tell(const char *state);
