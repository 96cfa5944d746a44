// SPDX-License-Identifier: MIT
// Ctrl-C, Ctrl-Z and SIGTERM as a readable descriptor, so that they are taken between
// two lines and never in the midst of one.
#pragma once

#include <signal.h>

struct interrupts {
    int fd; // -1: there is none, and they do what they always do
    sigset_t before;
};

void interrupts_hold(struct interrupts *interrupts);
// One that came; 0: none.
int interrupts_next(struct interrupts *interrupts);
// What the terminal asked for: stops here, and returns when the shell lets it go on.
void interrupts_stop_here(void);
// One press may come twice, to the process and to its group: timeout(1) and npm send it
// so. The second has come within some 50 ms, and is taken here.
void interrupts_settle(struct interrupts *interrupts);
// From here on they end the process again; those that came and were not taken are gone.
void interrupts_release(struct interrupts *interrupts);
