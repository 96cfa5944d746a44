// SPDX-License-Identifier: MIT
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CONTEXT_MAX = 200 }; // bytes: a context that is longer leaves the cause its room

int err_set(struct err *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        err->code = code;
        va_start(ap, fmt);
        vsnprintf(err->text, sizeof(err->text), fmt, ap);
        va_end(ap);
    }
    return code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;
    size_t used, room;

    if (!err)
        return -EINVAL;
    va_start(ap, fmt);
    vsnprintf(text, CONTEXT_MAX + 1, fmt, ap);
    va_end(ap);
    used = strlen(text);
    room = sizeof(text) - used;
    if (snprintf(text + used, room, ": %s", err_text(err)) >= (int)room)
        text[sizeof(text) - 1] = 0; // cut: its end matters least
    memcpy(err->text, text, sizeof(text));
    return err->code;
}

const char *err_text(const struct err *err)
{
    return err->text[0] ? err->text : err_name(err->code);
}

const char *err_name(int code)
{
    switch (code) {
    case 0: return "no error";
    case ERR_CORRUPT: return "damaged data";
    case ERR_DIVERGED: return "the script no longer matches its journal";
    case ERR_BUDGET: return "instruction budget used up";
    case ERR_MEMORY: return "memory limit reached";
    case ERR_SCRIPT: return "script error";
    case ERR_USAGE: return "wrong request";
    case ERR_STATE: return "not possible in this state";
    case ERR_VERSION: return "made by a newer version of Pawl";
    default: return code < 0 && code > -4096 ? strerror(-code) : "unknown error";
    }
}
