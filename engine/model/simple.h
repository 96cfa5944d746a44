// SPDX-License-Identifier: MIT
// Is a shell text a simple command that a shell would only start: literal words, of which
// the first names a program? Then no shell is needed, as make(1) needs none. Pure.
#pragma once

#include "base/slice.h"

// Words of letters, digits and "_-./:=@%+," with blanks between them, on one line. The first
// is no option, no assignment, no reserved word, and nothing that POSIX sh, bash, mksh or busybox
// have built in. Whether there is such a program only the target knows.
bool is_simple_command(struct slice text);
// Its first word.
struct slice simple_command_program(struct slice text);
