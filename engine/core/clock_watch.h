// SPDX-License-Identifier: MIT
// Tells when somebody sets the wall clock. Owner: whoever opened it; the loop's thread.
#pragma once

#include <uv.h>

struct clock_watch {
    uv_poll_t poll;
    int fd; // -1: the kernel does not tell
    void (*fn)(void *arg);
    void *arg;
};

// Always gives a watch that clock_watch_close may be called on; one that the kernel tells
// nothing keeps quiet.
void clock_watch_open(struct clock_watch *watch, uv_loop_t *loop, void (*fn)(void *arg), void *arg);
// closed is called when the loop has let go of it.
void clock_watch_close(struct clock_watch *watch, uv_close_cb closed);
