// SPDX-License-Identifier: MIT
// Text for another program than sh: how python3, perl or any other gets it. Pure.
//
// Words are a program and its first arguments with blanks between them ("python3 -u",
// "/usr/bin/env node"); nothing in them is quoted. A program that takes text as an argument
// gets short text so; else the text is a file, beside the command's own in the spool, and
// goes with it. A file of another user's is in a directory of its own, removed at the end.
#pragma once

#include "model/value.h"

struct interpreter {
    struct slice words; // of the program; not empty
    struct slice arch;  // for setarch; empty: as it is
    bool script;        // the text is a script's: always a file
    bool foreign;       // run by another user than the spool's
};

// What a script's first line names behind "#!"; empty: nothing, or sh itself.
struct slice interpreter_of_script(struct slice text);
// The n-th program that must be there for these words: the first one, and the one that env
// is to find. Empty: there are no more.
struct slice interpreter_program(struct slice words, size_t n);
// Appends lines of sh that end with the program in the place of the shell, or, where the file
// must be removed, with its exit code. What is missing on the host is said there in one
// line, with exit code 126 or 127.
void interpreter_put(const struct interpreter *interpreter, struct slice text, const value *args,
                     struct buf *buf);
// Appends the lines that try whether the host has it.
void interpreter_put_arch(struct slice arch, struct buf *buf);
// May it be the name of an architecture: letters, digits, '_', '-' and '.'.
bool interpreter_is_arch(struct slice name);
