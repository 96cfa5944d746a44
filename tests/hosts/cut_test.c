// SPDX-License-Identifier: MIT
// Connections that come to grief: cut cables, bad ones, reboots, ssh processes killed and
// frozen. Whatever happens to a link, the command goes on where it is, and the next link
// brings the rest of its output, each byte once.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet.h"

enum { LINES = 80 };

// Eight seconds of it, a line each tenth.
#define PRINTING "i=0; while [ $i -lt 80 ]; do echo line $i; i=$((i + 1)); sleep 0.1; done"

static void check_printed(struct fixture *f, uint64_t no)
{
    struct buf want;

    assert_true(fixture_wait(f, no, LINK_DONE));
    buf_init(&want, 0);
    for (int i = 0; i < LINES; i++)
        buf_addf(&want, "line %d\n", i);
    assert_string_equal(buf_cstr(&f->seen[no].stream[0]), buf_cstr(&want));
    assert_int_equal(f->seen[no].count[LINK_DONE], 1);
    buf_release(&want);
}

static void wait_down(struct fixture *f)
{
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(f->end, LINK_END_LOST);
}

// Goes on with what was followed, from the byte that is wanted next.
static void reopen(struct fixture *f, uint64_t no)
{
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(link_attach(f->link, fixture_key(f, no), f->seen[no].stream[0].len,
                                 f->seen[no].stream[1].len, NULL), 0);
}

static void a_cut_is_seen_and_healed(void **state)
{
    struct trial *trial = *state;
    struct fixture *f = trial->f;
    uint64_t begun;

    f->target.keepalive_s = 1;
    fixture_open(f);
    fixture_start(f, 1, PRINTING, NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    fleet_do(trial->fleet, "cut host1");
    begun = uv_hrtime();
    wait_down(f);
    print_message("a cut was seen after %.1f s\n", (double)(uv_hrtime() - begun) / 1e9);
    trial_reason(trial, "not responding");
    fleet_do(trial->fleet, "heal host1");
    reopen(f, 1);
    check_printed(f, 1);
}

static void a_bad_cable_is_only_slow(void **state)
{
    struct trial *trial = *state;
    struct fixture *f = trial->f;

    trial_target(trial, "host2");
    fixture_open(f);
    // Of 30 % TCP may be silent for minutes: fleet_loss has that, and more patience.
    fleet_do(trial->fleet, "loss host2 15");
    for (uint64_t no = 1; no <= 5; no++) {
        assert_int_equal(fixture_do(f, no, "head -c 20000 /dev/zero; exit 3")->code, 3);
        assert_int_equal(f->seen[no].stream[0].len, 20000);
    }
    fleet_do(trial->fleet, "loss host2 0");
    assert_int_equal(f->general.count[LINK_DOWN], 0);
}

static void check_interrupted(struct trial *trial, const char *how)
{
    struct fixture *f = trial->f;
    char boot[128];

    trial_target(trial, "host3");
    f->target.keepalive_s = 1;
    fixture_open(f);
    snprintf(boot, sizeof(boot), "%s", buf_cstr(&f->boot_id));
    fixture_start(f, 1, "echo begun; exec sleep 1000", NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    fleet_do(trial->fleet, "reboot host3 0 %s", how);
    wait_down(f);
    reopen(f, 1);
    assert_true(fixture_wait(f, 1, LINK_INTERRUPTED));
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "begun\n");
    assert_string_not_equal(buf_cstr(&f->boot_id), boot);
}

static void a_reboot_interrupts(void **state) { check_interrupted(*state, ""); }
static void a_power_cut_interrupts(void **state) { check_interrupted(*state, "--power"); }

// The newest process that is ours: the link's ssh.
static pid_t newest_child(void)
{
    char path[64];
    long pid = 0, newest = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "r");
    assert_non_null(file);
    while (fscanf(file, "%ld", &pid) == 1)
        newest = pid;
    fclose(file);
    assert_true(newest > 1);
    return (pid_t)newest;
}

static void a_killed_ssh_is_replaced(void **state)
{
    struct trial *trial = *state;
    struct fixture *f = trial->f;

    fixture_open(f);
    fixture_start(f, 1, PRINTING, NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    assert_int_equal(kill(newest_child(), SIGKILL), 0);
    wait_down(f);
    trial_reason(trial, "ssh was ended by signal 9");
    reopen(f, 1);
    check_printed(f, 1);
}

static void a_newer_link_ends_the_older(void **state)
{
    struct trial *older = *state;
    void *other = older->fleet;
    struct trial *newer;

    fixture_open(older->f);
    assert_int_equal(trial_setup(&other), 0);
    newer = other;
    snprintf(newer->f->spool, sizeof(newer->f->spool), "%s", older->f->spool);
    fixture_open(newer->f);
    wait_down(older->f);
    assert_int_equal(fixture_do(newer->f, 1, "exit 4")->code, 4);
    fixture_close(older->f); // whose ssh is a child of this process, too
    trial_teardown(&other);
}

// What an older link was asked, and had not sent, never acts beside a newer one.
static void a_frozen_link_is_too_late(void **state)
{
    struct trial *older = *state;
    struct fixture *f = older->f;
    void *other = older->fleet;
    struct trial *newer;
    pid_t ssh;

    fixture_open(f);
    ssh = newest_child();
    assert_int_equal(kill(ssh, SIGSTOP), 0);
    fixture_start(f, 1, "echo too late >/root/late", NULL);
    fixture_run(f, 50);
    assert_int_equal(trial_setup(&other), 0);
    newer = other;
    snprintf(newer->f->spool, sizeof(newer->f->spool), "%s", f->spool);
    fixture_open(newer->f);
    assert_int_equal(kill(ssh, SIGCONT), 0);
    wait_down(f);
    assert_int_equal(link_attach(newer->f->link, fixture_key(newer->f, 1), 0, 0, NULL), 0);
    assert_true(fixture_wait(newer->f, 1, LINK_ABSENT));
    assert_int_equal(fixture_do(newer->f, 2, "[ ! -e /root/late ]")->code, 0);
    fixture_close(f);
    trial_teardown(&other);
}

// "~/.ssh/config works unchanged": a master of the user's carries links, but none is made
// by a link, which would have to wait for those who came to share it.
static void masters_are_used_and_not_made(void **state)
{
    struct trial *trial = *state;
    struct fixture *f = trial->f;
    char path[96], option[128], command[256];

    snprintf(path, sizeof(path), "%s/master", f->dir);
    snprintf(option, sizeof(option), "ControlPath=%s", path);
    trial_option(trial, option);
    trial_option(trial, "ControlMaster=auto");
    trial_option(trial, "ControlPersist=60");
    fixture_open(f);
    assert_int_equal(fixture_do(f, 1, "exit 3")->code, 3);
    fixture_close(f);
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(command, sizeof(command), "ssh -F %s -MNf -S %s host1 >/dev/null 2>&1",
             trial->fleet->config, path);
    assert_int_equal(system(command), 0);
    fixture_open(f);
    assert_int_equal(fixture_do(f, 2, "exit 4")->code, 4);
    snprintf(command, sizeof(command), "ssh -F %s -S %s -O exit host1 2>/dev/null",
             trial->fleet->config, path);
    assert_int_equal(system(command), 0);
    wait_down(f); // it was the master's connection
}

static int make_hosts(void **state)
{
    *state = fleet_up(3, 0);
    return *state ? 0 : -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, trial_setup, trial_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_cut_is_seen_and_healed),
        TEST(a_bad_cable_is_only_slow),
        TEST(a_reboot_interrupts),
        TEST(a_power_cut_interrupts),
        TEST(a_killed_ssh_is_replaced),
        TEST(a_newer_link_ends_the_older),
        TEST(a_frozen_link_is_too_late),
        TEST(masters_are_used_and_not_made),
    };

    if (!fleet_is_possible())
        return 77;
    return cmocka_run_group_tests(tests, make_hosts, fleet_end);
}
