// SPDX-License-Identifier: MIT
// Logging in to real sshds: whatever shells a host has and whatever it prints, a link
// comes up; where none can, the reason is ssh's own words, and its kind is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet.h"

// A command comes back with its code and both streams.
static void check_works(struct trial *trial)
{
    struct fixture *f = trial->f;
    const struct link_event *e;
    char host[64];

    fixture_reset(f);
    fixture_open(f);
    e = fixture_do(f, 1, "hostname; printf 'a\\0\\033b' >&2; exit 6");
    assert_int_equal(e->code, 6);
    snprintf(host, sizeof(host), "%s\n", trial->name);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), host);
    assert_int_equal(f->seen[1].stream[1].len, 4);
    assert_memory_equal(f->seen[1].stream[1].ptr, "a\0\033b", 4);
    fixture_close(f);
}

static void shells_of_all_kinds_will_do(void **state)
{
    static const char *const logins[] = { "fish", "tcsh", "zsh", "mksh", "dash" };
    static const char *const shells[] = { "dash", "bash", "busybox", "mksh", "dash" };
    struct trial *trial = *state;

    for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        char command[128], name[16];
        snprintf(command, sizeof(command), "test -x /usr/bin/%s && test -x /usr/bin/%s",
                 logins[i], shells[i]);
        if (system(command) != 0) {
            print_message("no %s or no %s here\n", logins[i], shells[i]);
            continue;
        }
        snprintf(name, sizeof(name), "host%u", (unsigned)i + 1);
        fleet_do(trial->fleet, "shell %s /usr/bin/%s", name, logins[i]);
        fleet_do(trial->fleet, "sh %s /usr/bin/%s", name, shells[i]);
        trial_target(trial, name);
        check_works(trial);
        fleet_do(trial->fleet, "shell %s /bin/bash", name);
        fleet_do(trial->fleet, "sh %s /usr/bin/dash", name);
    }
}

static void put_file(const struct trial *trial, const char *name, const char *text)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/h/%s/fs/root/%s", trial->fleet->dir, trial->name, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

// bash reads .bashrc when sshd starts it, the others have theirs.
static void whatever_a_login_prints_is_not_the_runners(void **state)
{
    static const char noise[] = "printf 'Welcome\\n\\033[2J\\000\\377 ready 1 2 3\\n'; "
                                "echo 'last login: never' >&2; printf 'no end of line'\n";
    struct trial *trial = *state;

    put_file(trial, ".bashrc", noise);
    put_file(trial, ".profile", noise);
    fleet_do(trial->fleet, "sshd host1 'Banner /etc/passwd'");
    check_works(trial);
    fleet_do(trial->fleet, "sshd host1 ''");
    put_file(trial, ".bashrc", "");
    check_works(trial);
}

static void a_login_that_hangs_is_given_up(void **state)
{
    struct trial *trial = *state;
    uint64_t begun;

    put_file(trial, ".bashrc", "sleep 1000\n");
    fixture_open_held(trial->f);
    fixture_run(trial->f, 500);
    begun = uv_hrtime();
    fixture_close(trial->f);
    assert_true(uv_hrtime() - begun < UINT64_C(20000000000));
    put_file(trial, ".bashrc", "");
}

static void a_key_that_is_not_known_there_is_denied(void **state)
{
    struct trial *trial = *state;

    fleet_do(trial->fleet, "sshd host1 'AuthorizedKeysFile none'");
    assert_int_equal(trial_refused(trial), LINK_END_DENIED);
    trial_reason(trial, "Permission denied (publickey)");
    fleet_do(trial->fleet, "sshd host1 ''");
    check_works(trial);
}

static void a_changed_host_key_is_denied(void **state)
{
    struct trial *trial = *state;

    trial_target(trial, "host2");
    fleet_do(trial->fleet, "rekey host2");
    assert_int_equal(trial_refused(trial), LINK_END_DENIED);
    trial_reason(trial, "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!");
    trial_reason(trial, "Host key verification failed.");
    fleet_do(trial->fleet, "trust host2");
    check_works(trial);
}

static void an_unknown_host_is_denied_and_not_learned(void **state)
{
    struct trial *trial = *state;
    char option[128];

    snprintf(option, sizeof(option), "UserKnownHostsFile=%s/none", trial->f->dir);
    trial_option(trial, option);
    assert_int_equal(trial_refused(trial), LINK_END_DENIED);
    trial_reason(trial, "Host key verification failed.");
    assert_int_not_equal(access(option + sizeof("UserKnownHostsFile=") - 1, F_OK), 0);
}

static void what_cannot_be_reached_may_be_later(void **state)
{
    struct trial *trial = *state;

    trial_target(trial, "host1:2");
    assert_int_equal(trial_refused(trial), LINK_END_UNREACHED);
    trial_reason(trial, "ssh: connect to host ");
    trial_reason(trial, "port 2: Connection refused");
    trial_target(trial, "no-such-host.invalid");
    assert_int_equal(trial_refused(trial), LINK_END_UNREACHED);
    trial_reason(trial, "Could not resolve hostname no-such-host.invalid");
    trial_target(trial, "host3");
    trial->f->target.connect_s = 1;
    fleet_do(trial->fleet, "cut host3");
    assert_int_equal(trial_refused(trial), LINK_END_UNREACHED);
    trial_reason(trial, "timed out");
    fleet_do(trial->fleet, "heal host3");
    check_works(trial);
}

static void a_wrong_option_needs_a_person(void **state)
{
    struct trial *trial = *state;

    trial_option(trial, "NoSuchOption=1");
    assert_int_equal(trial_refused(trial), LINK_END_DENIED);
    trial_reason(trial, "Bad configuration option: nosuchoption");
}

static void what_is_no_shell_says_so(void **state)
{
    static const char *const commands[] = {
        "ForceCommand echo only backups here", "ForceCommand /usr/sbin/nologin",
        "ForceCommand exit 0", "ForceCommand internal-sftp",
    };
    static const char *const reasons[] = {
        "no POSIX shell answers there: only backups here",
        "This account is currently not available.",
        "ended with code 0 and said nothing", "no POSIX shell",
    };
    struct trial *trial = *state;

    trial_target(trial, "host4");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fleet_do(trial->fleet, "sshd host4 '%s'", commands[i]);
        assert_int_equal(trial_refused(trial), LINK_END_NO_SHELL);
        trial_reason(trial, reasons[i]);
    }
    fleet_do(trial->fleet, "sshd host4 ''");
    fleet_do(trial->fleet, "shell host4 /usr/sbin/nologin");
    assert_int_equal(trial_refused(trial), LINK_END_NO_SHELL);
    trial_reason(trial, "This account is currently not available.");
    fleet_do(trial->fleet, "shell host4 /bin/bash");
    trial->f->shell = "no-such-shell";
    assert_int_equal(trial_refused(trial), LINK_END_NO_SHELL);
    trial_reason(trial, "no-such-shell");
}

static void a_full_disk_is_the_runners_reason(void **state)
{
    struct trial *trial = *state;

    trial_target(trial, "host5");
    fleet_do(trial->fleet, "fill-disk host5");
    assert_int_equal(trial_refused(trial), LINK_END_REFUSED);
    trial_reason(trial, "(0 KiB free)");
    fleet_do(trial->fleet, "free-disk host5");
    check_works(trial);
}

static void a_hostile_name_reaches_nobody(void **state)
{
    static const char *const names[] = {
        "-oProxyCommand=touch /tmp/pawl-x", "-oProxyCommand=id", "a b", "a;id", "$(id)", "`id`",
        "a\nb", "'host1'", "host1:22:22", "host1:-1", "host1:70000", "user@-x", "-l", "@host1",
        "host1:", "a@b@c", "", "ssh://host1", "[::1]", "host1\\", "h\xc3\xb6st",
    };
    struct trial *trial = *state;
    struct fixture *f = trial->f;
    struct link_options options = { .store = f->store };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct err err = { 0 };
        f->target.destination = slice_str(names[i]);
        assert_int_equal(link_ssh_open(&f->link, f->pool, &f->target, &options, &err), ERR_USAGE);
        assert_non_null(strstr(err.text, "is no name of a host"));
        assert_null(f->link);
    }
    f->target.destination = SLICE("host1");
    f->target.program = "/no/such/ssh";
    assert_int_equal(link_ssh_open(&f->link, f->pool, &f->target, &options, NULL), -ENOENT);
    f->link = NULL;
}

static int make_hosts(void **state)
{
    *state = fleet_up(5, 16);
    return *state ? 0 : -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, trial_setup, trial_teardown)
    const struct CMUnitTest tests[] = {
        TEST(shells_of_all_kinds_will_do),
        TEST(whatever_a_login_prints_is_not_the_runners),
        TEST(a_login_that_hangs_is_given_up),
        TEST(a_key_that_is_not_known_there_is_denied),
        TEST(a_changed_host_key_is_denied),
        TEST(an_unknown_host_is_denied_and_not_learned),
        TEST(what_cannot_be_reached_may_be_later),
        TEST(a_wrong_option_needs_a_person),
        TEST(what_is_no_shell_says_so),
        TEST(a_full_disk_is_the_runners_reason),
        TEST(a_hostile_name_reaches_nobody),
    };

    if (!fleet_is_possible())
        return 77;
    return cmocka_run_group_tests(tests, make_hosts, fleet_end);
}
