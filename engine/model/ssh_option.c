// SPDX-License-Identifier: MIT
#include "model/ssh_option.h"

#include <ctype.h>
#include <strings.h>

// Why a keyword is refused; ssh takes the first value it finds, which is the link's, so
// that the user's would be ignored without a word.
static const struct {
    const char *keyword, *why;
} refused[] = {
    { "BatchMode", "nobody is there to be asked" },
    { "ClearAllForwardings", "a link opens no ports" },
    { "ControlMaster", "a link uses a master of yours, and never becomes one" },
    { "DynamicForward", "a link opens no ports" },
    { "EscapeChar", "a link's bytes must come through as they are" },
    { "ForkAfterAuthentication", "a link stays in front" },
    { "ForwardX11", "a link opens no windows" },
    { "Host", "it is no setting; write it into ~/.ssh/config" },
    { "Include", "it is no setting; write it into ~/.ssh/config" },
    { "LocalCommand", "a link runs nothing here" },
    { "LocalForward", "a link opens no ports" },
    { "Match", "it is no setting; write it into ~/.ssh/config" },
    { "PermitLocalCommand", "a link runs nothing here" },
    { "Port", "write the port behind the host: host:2222" },
    { "RemoteCommand", "a link has a command of its own" },
    { "RemoteForward", "a link opens no ports" },
    { "RequestTTY", "a link's bytes must come through as they are" },
    { "SessionType", "a link has a command of its own" },
    { "StdinNull", "a link needs its standard input" },
    { "User", "write the user before the host, user@host, or give --user" },
};

static bool is_keyword(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum(text.ptr[i]))
            return false;
    return text.len > 0;
}

static int check_keyword(struct slice keyword, struct err *err)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (strlen(refused[i].keyword) == keyword.len &&
            strncasecmp(refused[i].keyword, (const char *)keyword.ptr, keyword.len) == 0)
            return err_set(err, ERR_USAGE, "%s is not to be set: %s", refused[i].keyword,
                           refused[i].why);
    return 0;
}

int ssh_option_check(struct slice option, struct err *err)
{
    const uint8_t *equals = option.len ? memchr(option.ptr, '=', option.len) : NULL;
    size_t len = equals ? (size_t)(equals - option.ptr) : 0;

    if (!is_keyword(slice_of(option.ptr, len)) || len + 1 == option.len)
        return err_set(err, ERR_USAGE, "an option of ssh is Keyword=value, as behind its -o");
    if (option.len > SSH_OPTION_MAX)
        return err_set(err, ERR_USAGE, "it has %zu bytes, at most %d are allowed", option.len,
                       SSH_OPTION_MAX);
    for (size_t i = len; i < option.len; i++)
        if (iscntrl(option.ptr[i]))
            return err_set(err, ERR_USAGE, "its value has a control character");
    return check_keyword(slice_of(option.ptr, len), err);
}
