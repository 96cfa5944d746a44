// SPDX-License-Identifier: MIT
// How: process 1 of the new space is an init that does nothing but wait: whatever the
// test leaves without a parent becomes its child, and all end with it. The test is
// executed, not only forked: a sanitizer must not remember the PIDs of outside.
#include "own_pids.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define INSIDE "PAWL_TEST_OWN_PIDS"

static int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 1; }

static int init(void)
{
    static char name[] = "host_run";
    static char *const argv[] = { name, NULL };
    int status = 0;
    pid_t test, ended;

    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", 0, NULL) < 0 || setenv(INSIDE, "1", 1) < 0)
        return 1;
    test = fork();
    if (test == 0) {
        execv("/proc/self/exe", argv);
        _exit(1);
    }
    while ((ended = wait(&status)) >= 0)
        if (ended == test)
            return code_of(status);
    return 1;
}

bool pids_are_own(void) { return getenv(INSIDE) != NULL; }

int in_own_pids(int (*fn)(void))
{
    int status = 0;
    pid_t first;

    if (pids_are_own() || unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
        return fn();
    fflush(NULL);
    first = fork();
    if (first == 0)
        _exit(init());
    if (first < 0 || waitpid(first, &status, 0) < 0)
        return 1;
    _exit(code_of(status)); // the leak checker cannot clone here any more; nothing is ours
}
