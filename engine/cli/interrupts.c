// SPDX-License-Identifier: MIT
#include "cli/interrupts.h"

#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { TWIN_MS = 50 };

void interrupts_hold(struct interrupts *interrupts)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_BLOCK, &set, &interrupts->before);
    interrupts->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (interrupts->fd < 0)
        sigprocmask(SIG_SETMASK, &interrupts->before, NULL);
}

int interrupts_next(struct interrupts *interrupts)
{
    struct signalfd_siginfo info;

    if (interrupts->fd < 0 || read(interrupts->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

void interrupts_stop_here(void)
{
    sigset_t set, before;

    raise(SIGTSTP); // blocked: it waits for the next line
    // cppcheck-suppress unreachableCode ; which takes raise() for a function that never returns
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void interrupts_settle(struct interrupts *interrupts)
{
    struct pollfd fd = { .fd = interrupts->fd, .events = POLLIN };

    if (poll(&fd, 1, TWIN_MS) > 0)
        interrupts_next(interrupts);
}

void interrupts_release(struct interrupts *interrupts)
{
    if (interrupts->fd < 0)
        return;
    while (interrupts_next(interrupts) > 0) {
    }
    close(interrupts->fd);
    sigprocmask(SIG_SETMASK, &interrupts->before, NULL);
}
