// SPDX-License-Identifier: MIT
#include "model/as.h"

#include <errno.h>

#include "base/embedded.h"

enum { USER_MAX = 64 };

bool as_is_user(struct slice name)
{
    bool is_number = true;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (!c || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@", c))
            return false;
        is_number = is_number && c >= '0' && c <= '9';
    }
    return name.len && name.len <= USER_MAX && name.ptr[0] != '-' && !is_number;
}

void as_put_home(struct slice user, struct buf *buf)
{
    // The shell knows where its users live. One without a home begins at the root.
    buf_addf(buf, "HOME=~%.*s; case $HOME in /*) ;; *) HOME=/ ;; esac; ", SLICE_ARG(user));
    buf_addf(buf, "export HOME USER=%.*s LOGNAME=%.*s; ", SLICE_ARG(user), SLICE_ARG(user));
    // These lead to the session of whoever we were.
    buf_add_str(buf, "unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS; ");
    buf_add_str(buf, "cd -- \"$HOME\" 2>/dev/null || cd /; ");
}

int as_wrap(const struct command *command, struct slice program, struct buf *wrapper,
            struct buf *input, struct err *err)
{
    size_t from = input->len;

    if (!as_is_user(command->as))
        return err_set(err, ERR_USAGE, "as: '%.*s' is not " AS_USER_EXPECTED,
                       command->as.len < USER_MAX ? (int)command->as.len : USER_MAX,
                       (const char *)command->as.ptr);
    if (!command->has_stdin)
        buf_add_str(input, "exec </dev/null\n");
    buf_add_slice(input, program);
    buf_addf(wrapper, "p_user=%.*s p_size=%zu\n", SLICE_ARG(command->as), input->len - from);
    buf_add_slice(wrapper, embedded_as[0].text);
    buf_add_slice(input, command->stdin_bytes);
    if (buf_failed(wrapper) || buf_failed(input))
        return err_set(err, -ENOMEM, "no memory for the command's program");
    return 0;
}
