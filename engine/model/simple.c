// SPDX-License-Identifier: MIT
#include "model/simple.h"

#include <string.h>

// POSIX.1-2017 2.4 and 2.14, and 2.9.1.1's utilities that a shell may have built in; bash(1),
// SHELL BUILTIN COMMANDS; mksh(1), Command execution; busybox ash.
static const char *const words_of_shells[] = {
    "alias",   "autoload",  "bg",      "bind",     "break",    "builtin",  "caller",  "case",
    "cat",     "cd",        "chdir",   "command",  "compgen",  "complete", "compopt", "continue",
    "coproc",  "declare",   "dirs",    "disown",   "do",       "done",     "echo",    "elif",
    "else",    "enable",    "esac",    "eval",     "exec",     "exit",     "export",  "false",
    "fc",      "fg",        "fi",      "for",      "function", "functions", "getopts", "global",
    "hash",    "help",      "history", "if",       "in",       "integer",  "jobs",    "kill",
    "let",     "local",     "login",   "logout",   "mapfile",  "mknod",    "nameref", "newgrp",
    "popd",    "print",     "printf",  "pushd",    "pwd",      "r",        "read",    "readarray",
    "readonly", "realpath", "rename",  "return",   "select",   "set",      "shift",   "shopt",
    "sleep",   "source",    "stop",    "suspend",  "test",     "then",     "time",    "times",
    "trap",    "true",      "type",    "typeset",  "ulimit",   "umask",    "unalias", "unset",
    "until",   "wait",      "whence",  "while",    ".",        ":",
};

static bool is_of_shells(struct slice word)
{
    for (size_t i = 0; i < sizeof(words_of_shells) / sizeof(words_of_shells[0]); i++)
        if (slice_is(word, words_of_shells[i]))
            return true;
    return false;
}

static bool is_plain(struct slice text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./:=@%+, ";

    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(plain, text.ptr[i]))
            return false;
    return true;
}

struct slice simple_command_program(struct slice text)
{
    size_t from = 0, to;

    while (from < text.len && text.ptr[from] == ' ')
        from++;
    for (to = from; to < text.len && text.ptr[to] != ' ';)
        to++;
    return slice_of(text.ptr + from, to - from);
}

bool is_simple_command(struct slice text)
{
    struct slice program = simple_command_program(text);

    return program.len > 0 && is_plain(text) && *program.ptr != '-' &&
           !memchr(program.ptr, '=', program.len) && !is_of_shells(program);
}
