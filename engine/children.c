// SPDX-License-Identifier: MIT
// How: both are the process's, and so is what gives children the old ones back: a handler
// that fork() calls in the child, before the program begins. No moment remains in which a
// program could see the others, or hand them on. Both are one system call: a child of a
// process with threads may make them.
#include "children.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

// Written once, read between fork and exec.
static struct rlimit files;
static mode_t mask;

static void give_back(void)
{
    setrlimit(RLIMIT_NOFILE, &files);
    umask(mask);
}

bool children_keep(mode_t own_umask)
{
    mask = umask(own_umask);
    return getrlimit(RLIMIT_NOFILE, &files) == 0 && pthread_atfork(NULL, NULL, give_back) == 0;
}
