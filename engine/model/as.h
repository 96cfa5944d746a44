// SPDX-License-Identifier: MIT
// Running a command as another user of its host: option `as`. Whether and how that is
// possible only the host knows, so it is as.sh that finds out there. Pure.
#pragma once

#include "model/command.h"

// May this be the name of a user: letters, digits, '.', '_', '-' and '@', one of them no
// digit, and no '-' in front. Such a name needs no quotes in sh and is no option.
bool as_is_user(struct slice name);
#define AS_USER_EXPECTED "a user's name of letters, digits, '.', '_', '-' and '@'"

// Appends the lines of sh that make the environment the user's: HOME, USER, LOGNAME, and
// its home as the directory. Run as that user.
void as_put_home(struct slice user, struct buf *buf);
// program does what the command says, when that user runs it. Appends to `wrapper` what
// is to be run instead, and to `input` what that needs on standard input.
int as_wrap(const struct command *command, struct slice program, struct buf *wrapper,
            struct buf *input, struct err *err);
