// SPDX-License-Identifier: MIT
// An option of ssh, as people give one to its -o: "Keyword=value". What a link cannot do
// without is not theirs to set, and what is no setting (Host, Match, Include) is none here.
// Pure.
#pragma once

#include "base/err.h"
#include "base/slice.h"

enum {
    SSH_OPTION_MAX = 1024,  // bytes of one
    SSH_OPTIONS_MAX = 32,   // of one host
};

// ERR_USAGE says what is wrong with it, without naming it.
int ssh_option_check(struct slice option, struct err *err);
