// SPDX-License-Identifier: MIT
// Hosts of a test program's own, made by tests/support/hosts.sh: real sshds in namespaces,
// with an address, files, processes and a boot id each. They are up from the program's
// first test to its end, however that comes. Needs root.
#pragma once

#include "tests/unit/host/fixture.h"

struct fleet {
    char dir[64];     // PAWL_HOSTS_DIR
    char config[96];  // for ssh -F
};

// One test, on one host to begin with.
struct trial {
    struct fleet *fleet;
    struct fixture *f;
    char name[16]; // of the host
    const char *options[8];
};

// Can there be one here? If not, the test is skipped (77).
bool fleet_is_possible(void);
// Makes host1 to hostN, with disks of so many MiB (0: this machine's). NULL: no.
struct fleet *fleet_up(unsigned count, unsigned disk_mib);
// The group's teardown: ends the fleet that is its state.
int fleet_end(void **state);
// hosts.sh with these words; a failure of it fails the test.
void fleet_do(const struct fleet *fleet, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// For cmocka: the group's state is the fleet. A trial's links go to host1, and its spool
// there is its own.
int trial_setup(void **state);
int trial_teardown(void **state);
// From now on its links go there; ssh's own messages are not held back.
void trial_target(struct trial *trial, const char *destination);
// One more -o; the text is borrowed.
void trial_option(struct trial *trial, const char *option);
// What a shell command prints on that host, its first line, by way of plain ssh.
const char *trial_ask(const struct trial *trial, const char *host, const char *command,
                      char line[256]);
// How the link ended that is expected not to come up; its reason is in f->general.text.
enum link_end trial_refused(struct trial *trial);
// Asserts that the reason of the link's end has the text in it, and is fit to be printed.
void trial_reason(const struct trial *trial, const char *text);
