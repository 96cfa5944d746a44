// SPDX-License-Identifier: MIT
// How a failure travels: a negative code and one sentence for a person. The
// struct is the caller's, of fixed size; reporting never allocates. Functions
// that can fail return 0 (or a count) or a negative code, and take the struct
// as their last argument; NULL is allowed everywhere. Any thread.
//
// Codes are negative errno values, and a few of ours far below them for what
// errno has no word for. LMDB's and Lua's codes never leave their layer.
#pragma once

#include <stdbool.h>

enum {
    ERR_CORRUPT = -20001,  // stored bytes fail their checksum or their format
    ERR_DIVERGED = -20002, // a script asked for something else than its journal says
    ERR_BUDGET = -20003,   // a script ran longer without waiting than it may
    ERR_MEMORY = -20004,   // a script needs more memory than it may have
    ERR_SCRIPT = -20005,   // a script is wrong: syntax, header, uncaught error
    ERR_USAGE = -20006,    // a request is wrong: unknown name, wrong type or value
    ERR_STATE = -20007,    // refused in the job's present state
    ERR_VERSION = -20008,  // made by a newer Pawl
};

enum { ERR_TEXT_MAX = 512 }; // bytes with NUL; longer texts are cut, never refused

struct err {
    int code; // 0: nothing has failed
    char text[ERR_TEXT_MAX];
};

// Fills err (when not NULL) and returns code, so that a failure is one statement:
//     return err_set(err, -ENOENT, "job %s: no such job", sel);
int err_set(struct err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "context: " in front of the text, or of the code's name where there is no text;
// keeps and returns the code (a code is negative: without err, -EINVAL).
int err_wrap(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

// The text, or a name for the code when no text was set.
const char *err_text(const struct err *err);

// The words for a code of ours or of errno: "no such file or directory".
const char *err_name(int code);
