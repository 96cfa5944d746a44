// SPDX-License-Identifier: MIT
// The listening Unix socket, and who is at the other end of one that was accepted.
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum { SOCKET_PATH_MAX = 107 }; // bytes: sockaddr_un without its NUL

// A listening, non-blocking socket at path, mode 0600. Makes the last directory
// of the path when it is missing and gives it mode 0700. A socket file in the way
// is removed, any other file is not. Returns the descriptor, which the caller owns.
int socket_listen(const char *path, struct err *err);

// Is the peer's user, as of its connect, this process's own or root?
bool socket_peer_is_allowed(int fd);
