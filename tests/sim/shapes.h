// SPDX-License-Identifier: MIT
// Workflow shapes that every crash test runs: one script each, with what must be
// sent to it and how often each of its commands may be started without a reboot.
#pragma once

struct shape {
    const char *name;
    const char *script;
    const char *signal;   // sent once, early; NULL: none
    int resumes;          // how often it must be resumed
    int stop_at_ms;       // 0: never
};

extern const struct shape shapes[]; // ended by a NULL name
