// SPDX-License-Identifier: MIT
// A command step's arguments, as the Lua host encodes them and the dispatcher
// reads them: a map with the keys below, absent where not given. Exactly one of
// shell, argv, script and transfer is present.
//
//   host   str           "localhost", or the host's name
//   shell  str           text for `sh -c`
//   argv   array of str  executed without a shell
//   script str           text of a script file: of what its `#!` names, or of sh
//   args   array of str  arguments for shell ($1...) or script
//   arch   str           what the host is to look like to it, a name of setarch's
//   as     str           the user to run it as; absent: whom we log in as
//   cwd    str           working directory; absent: the job's, or the home of `as`
//   env    map str->str  added to the environment
//   stdin  str           bytes for standard input; absent: /dev/null
//   interp str           interpreter instead of sh (option `shell`), see interpreter.h
//   transfer str         "put" or "get": a file from or to the host, which a command on
//                        this machine does. With it only host, cwd (there), and:
//   from, to str         the paths
//   mode   str           four octal digits; absent: see host/transfer/file.sh
#pragma once

#include "model/value.h"

struct command {
    struct slice host;
    struct slice shell;
    struct slice script;
    struct slice as;
    struct slice cwd;
    struct slice stdin_bytes;
    struct slice interp;
    struct slice arch;
    struct slice transfer, from, to, mode;
    bool has_stdin;
    const value *argv; // array or NULL
    const value *args; // array or NULL
    const value *env;  // map or NULL
};

// Slices and values point into args and doc.
int command_decode(struct slice args, struct value_doc *doc, struct command *ret, struct err *err);
// Is what a step is labelled one that this machine does for the host?
bool command_is_transfer(struct slice label);
// One line for people: the shell text, or the quoted argv, cut to max bytes.
void command_text(const struct command *command, struct buf *buf, size_t max);
// The POSIX sh program that does what the command says, apart from its standard
// input: cd, exports, then the command. Quoting by quote_sh. NUL bytes anywhere
// are refused (-EINVAL): no argument can carry them. With `as` it is for that user to
// run, see model/as.h.
// Relative directories in cwd are relative to default_cwd.
int command_program(const struct command *command, struct slice default_cwd,
                    struct buf *buf, struct err *err);
// Is it argv that another program can start as well as a shell? Then command_program's text
// ends with it behind "$@", the words of who does, and no shell of its own needs to read it
// (link.h's `direct`).
bool command_is_direct(const struct command *command);
// Has the map no variable by which a program's loader is told what to do?
bool command_env_is_plain(const value *env);
// Appends `export` lines for a map of strings; names that sh cannot set are left
// out, and those that describe a shell itself (PWD, OLDPWD, SHLVL, _).
void command_exports(const value *env, struct buf *buf);
// Appends text as one single-quoted sh word.
void quote_sh(struct slice text, struct buf *buf);
