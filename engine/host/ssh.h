// SPDX-License-Identifier: MIT
// The link to a runner on another host, by the user's own OpenSSH client (7.6 or newer):
// one ssh process that stays, its standard input and output one remote sh. Keys, agents,
// known hosts and ~/.ssh/config are ssh's business, and its own words are the reason
// when it refuses.
#pragma once

#include "host/pool.h"

// Who to reach, and how. Strings are borrowed during link_ssh_open.
struct ssh_target {
    struct slice destination;    // [user@]host[:port], as hostset_is_name says; else refused
    const char *const *options;  // what goes behind -o, "ProxyJump=gate", ended by NULL;
                                 // NULL: none. They win over Pawl's defaults (ssh.c)
    const char *program;         // NULL or "": ssh, by PATH
    const char *config;          // for -F; NULL or "": the user's own
    unsigned connect_s;          // until the login begins, each try; 0: 10
    unsigned keepalive_s;        // between questions whether the host is still there, of
                                 // which three may go unanswered; 0: 7
};

// LINK_READY or LINK_DOWN comes later, from the loop, and the loop must run until the
// link is closed. On failure nothing is left (but what the loop frees when it next runs):
// ERR_USAGE for a destination that is none, -ENOENT when there is no ssh.
//
// LINK_DOWN before READY: UNREACHED, DENIED or NO_SHELL by what ssh or the target said,
// which is the text, in one printable line; REFUSED by the runner, in its words. After it:
// LOST.
int link_ssh_open(struct link **ret, struct link_pool *pool, const struct ssh_target *target,
                  const struct link_options *options, struct err *err);

// Appends sh text that becomes the same ssh, `exec 'ssh' ...`: a session beside the link's,
// whose standard input and output are those of one sh there. ERR_USAGE as above.
int ssh_command(const struct ssh_target *target, struct buf *buf, struct err *err);
// ssh's words for what only a person can mend, ended by NULL. Whatever else it says may pass.
extern const char *const ssh_denials[];
