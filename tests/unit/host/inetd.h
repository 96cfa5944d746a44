// SPDX-License-Identifier: MIT
// An sshd for each link, on this machine: ssh starts it as its ProxyCommand (sshd -i), so
// that there is no port, no daemon and nothing to end. The far side has our files, our
// processes and our root; what it does not have is our process tree.
#pragma once

#include <stdbool.h>

// Can sshd be run here?
bool inetd_is_here(void);
// Makes keys and both configurations in dir; returns the path of the client's in config.
// Every destination is then this machine.
void inetd_make(const char *dir, char config[128]);
