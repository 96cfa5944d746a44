// SPDX-License-Identifier: MIT
// What doctor says of the home, of ssh and of the boot, on a machine that the test made up:
// a directory in place of /, and programs in place of ssh.
#include "cli/surroundings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct machine {
    char root[32];
    struct home home;
    struct surrounding seen[SURROUNDING_COUNT];
    char user[64];
};

// sh text in the machine's /, with $1.
static void in_root(const struct machine *m, const char *text, const char *arg)
{
    char line[1024];

    assert_true(snprintf(line, sizeof(line), "cd %s && set -- '%s' && { %s; }", m->root, arg, text) <
                (int)sizeof(line));
    assert_int_equal(system(line), 0);
}

static int set_up(void **state)
{
    struct machine *m = calloc(1, sizeof(*m));
    FILE *id = popen("id -un", "r");

    assert_true(m && id);
    assert_int_equal(fscanf(id, "%63s", m->user), 1);
    assert_int_equal(pclose(id), 0);
    strcpy(m->root, "/tmp/pawl-around-XXXXXX");
    assert_non_null(mkdtemp(m->root));
    snprintf(m->home.path, sizeof(m->home.path), "%s/home", m->root);
    assert_int_equal(mkdir(m->home.path, 0700), 0);
    setenv("HOME", "/h", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("PAWL_HOME");
    unsetenv("PAWL_SSH");
    unsetenv("PAWL_SSH_CONFIG");
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    struct machine *m = *state;

    in_root(m, "rm -r \"$PWD\"", "");
    free(m);
    return 0;
}

static void says(struct machine *m, enum surrounding_id id, bool fault, const char *words)
{
    surroundings_look(&m->home, m->root, m->seen);
    if (!strstr(m->seen[id].text, words))
        fail_msg("\"%s\" is not in: %s", words, m->seen[id].text);
    assert_int_equal(m->seen[id].fault, fault);
}

static void ssh_is(const struct machine *m, const char *text)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "%s/ssh", m->root);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    setenv("PAWL_SSH", path, 1);
}

static void the_home_is_its_users_alone(void **state)
{
    struct machine *m = *state;

    says(m, SURROUNDING_HOME, false, " alone");
    assert_int_equal(chmod(m->home.path, 0710), 0);
    says(m, SURROUNDING_HOME, true, "has mode 0710: others can look at jobs");
    assert_int_equal(rmdir(m->home.path), 0);
    says(m, SURROUNDING_HOME, false, "the first job makes it");
}

static void another_users_home_is_told(void **state)
{
    struct machine *m = *state;

    if (getuid() != 0)
        skip();
    assert_int_equal(chown(m->home.path, 65534, 65534), 0);
    says(m, SURROUNDING_HOME, true, "is nobody's, not yours");
}

static void ssh_is_asked(void **state)
{
    struct machine *m = *state;

    ssh_is(m, "echo $* >>${0%/*}/asked; case $1 in -V) echo Ssh_9 >&2 ;; esac");
    says(m, SURROUNDING_SSH, false, "Ssh_9, and its configuration is well");
    setenv("PAWL_SSH_CONFIG", "/my/config", 1);
    says(m, SURROUNDING_SSH, false, "Ssh_9");
    in_root(m, "[ \"$(cat asked)\" = \"$(printf %b \"$1\")\" ]",
            "-V\\n-G localhost\\n-V\\n-G -F /my/config localhost");
    ssh_is(m, "[ $1 = -V ] && exit; echo 'line 3: bad' >&2; echo more >&2; exit 255");
    says(m, SURROUNDING_SSH, true, "its configuration is refused: line 3: bad");
    assert_null(strstr(m->seen[SURROUNDING_SSH].text, "more"));
    setenv("PAWL_SSH", "/nowhere/ssh", 1);
    says(m, SURROUNDING_SSH, true, "/nowhere/ssh: No such file");
}

static void an_ssh_that_hangs_is_left(void **state)
{
    struct machine *m = *state;

    ssh_is(m, "exec sleep 301");
    says(m, SURROUNDING_SSH, true, "has not ended after 5 seconds");
}

static void what_starts_at_boot(void **state)
{
    struct machine *m = *state;

    says(m, SURROUNDING_LINGER, false, "there is no systemd here");
    says(m, SURROUNDING_BOOT, false, "by systemd nothing is started");
    in_root(m, "mkdir -p run/systemd/system var/lib/systemd/linger etc h", "");
    says(m, SURROUNDING_LINGER, false, "loginctl enable-linger");
    says(m, SURROUNDING_BOOT, false, "systemctl enable --now pawl@");
    in_root(m, "cd h && mkdir -p .config/systemd/user/default.target.wants && "
               "ln -s /nowhere .config/systemd/user/default.target.wants/$1", "pawl.service");
    says(m, SURROUNDING_BOOT, false, "for want of linger");
    in_root(m, ">var/lib/systemd/linger/$1", m->user);
    says(m, SURROUNDING_LINGER, false, "stay after the logout");
    says(m, SURROUNDING_BOOT, false, "'s unit pawl");
    in_root(m, "cd etc && mkdir -p systemd/system/multi-user.target.wants && "
               "ln -s /nowhere systemd/system/multi-user.target.wants/pawl@$1.service", m->user);
    setenv("PAWL_HOME", m->home.path, 1);
    says(m, SURROUNDING_BOOT, false, "the system's unit pawl@");
    says(m, SURROUNDING_BOOT, false, ", for the home that the unit names");
}

int main(void)
{
#define ON_MACHINE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_MACHINE(the_home_is_its_users_alone),
        ON_MACHINE(another_users_home_is_told),
        ON_MACHINE(ssh_is_asked),
        ON_MACHINE(an_ssh_that_hangs_is_left),
        ON_MACHINE(what_starts_at_boot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
