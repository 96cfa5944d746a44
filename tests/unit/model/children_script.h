// SPDX-License-Identifier: MIT
// A job over the hosts a, b and c, whose children have the ids 2, 3 and 4.
#pragma once

#include "fake_script.h"

// What the script does after each{} over a, b and c.
enum script {
    JUST_EACH,
    EACH_AGAIN,      // a second each of one step
    EACH_IDLE,       // a second each that only looks
    EACH_RAISES,     // a second each that raises at once
    MAIN_STEP,       // a step on b in the main strand
    MAIN_RAISES,
    JUST_ONE,        // each over a alone
    MAIN_CLEANS,     // a step on each in a defer, by each again
    EACH_IN_TURN,    // throttle 1, skipped after a failure
};

// A host in an encoded array of such.
#define NAMED(name) "\x81\xa4name\xa1" name

void begin_on(struct fake *fake, enum script what, struct slice hosts);
void begin(struct fake *fake, enum script what);
// Folds it; it must be taken.
void take(struct fake *fake, struct event event);
// Settles the step that runs on the host; all three with exit codes; or its host is gone.
void settle_as(struct fake *fake, const char *host, enum outcome_kind kind, int code);
void settle(struct fake *fake, const char *host, int code);
void settle_all(struct fake *fake, int a, int b, int c);
void give_up(struct fake *fake, const char *host);
// The job and its children are so, and the journal folded into a fresh job gives the same:
// "Failed | a Failed 3 (exit code 3) | b Running | ...".
void shows(const struct fake *fake, const char *expected);
