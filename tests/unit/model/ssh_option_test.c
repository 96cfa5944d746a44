// SPDX-License-Identifier: MIT
// Options of ssh: what is taken, and what a link keeps for itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/ssh_option.h"

static void settings_are_taken(void **state)
{
    static const char *const good[] = {
        "StrictHostKeyChecking=accept-new", "IdentityFile=~/.ssh/id ed", "ProxyJump=gate",
        "HostName=%h.example.org", "ConnectTimeout=3", "ServerAliveInterval=1", "SetEnv=A=b",
        "ProxyCommand=nc %h %p", "UserKnownHostsFile=/dev/null", "hostkeyalias=x",
    };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (ssh_option_check(slice_str(good[i]), &err) < 0)
            fail_msg("%s: %s", good[i], err.text);
}

static void others_are_refused(void **state)
{
    static const struct { const char *option, *says; } wrong[] = {
        { "", "Keyword=value" }, { "=x", "Keyword=value" }, { "Compression", "Keyword=value" },
        { "Compression=", "Keyword=value" }, { "Compression yes", "Keyword=value" },
        { "-v=1", "Keyword=value" }, { "Compression =yes", "Keyword=value" },
        { "-oProxyCommand=x", "Keyword=value" },
        { "Compression=a\nb", "a control character" }, { "Compression=\x7f", "a control character" },
        { "BatchMode=no", "BatchMode is not to be set: nobody is there to be asked" },
        { "batchmode=no", "BatchMode is not to be set" },
        { "REMOTECOMMAND=x", "RemoteCommand is not to be set" },
        { "ControlMaster=auto", "never becomes one" }, { "RequestTTY=force", "RequestTTY" },
        { "SessionType=none", "SessionType" }, { "LocalForward=1 a:1", "opens no ports" },
        { "User=root", "--user" }, { "Port=22", "host:2222" }, { "Host=*", "no setting" },
        { "Match=exec x", "no setting" }, { "Include=/x", "no setting" },
        { "PermitLocalCommand=yes", "runs nothing here" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct err err = { 0 };
        if (ssh_option_check(slice_str(wrong[i].option), &err) != ERR_USAGE ||
            !strstr(err.text, wrong[i].says))
            fail_msg("%s: %s", wrong[i].option, err.text);
    }
}

static void a_long_one_is_refused(void **state)
{
    char option[SSH_OPTION_MAX + 2];
    struct err err = { 0 };

    (void)state;
    memset(option, 'x', sizeof(option));
    option[1] = '=';
    assert_int_equal(ssh_option_check(slice_of(option, SSH_OPTION_MAX), &err), 0);
    assert_int_equal(ssh_option_check(slice_of(option, SSH_OPTION_MAX + 1), &err), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_taken),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(a_long_one_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
