// SPDX-License-Identifier: MIT
// How: a timer of the kernel on the wall clock, far ahead, which is cancelled when the
// clock is set (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET): a read then fails, and the
// timer is set anew. It costs nothing while nobody sets the clock.
#include "core/clock_watch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/list.h"

enum { FAR_AHEAD_S = 365 * 24 * 60 * 60 };

static int arm(int fd)
{
    struct itimerspec at = { 0 };

    clock_gettime(CLOCK_REALTIME, &at.it_value);
    at.it_value.tv_sec += FAR_AHEAD_S;
    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct clock_watch *watch = container_of(handle, struct clock_watch, poll);
    uint64_t times;

    (void)status;
    (void)events;
    if (read(watch->fd, &times, sizeof(times)) < 0 && errno == EAGAIN)
        return;
    if (arm(watch->fd) < 0)
        uv_poll_stop(handle);
    watch->fn(watch->arg);
}

void clock_watch_open(struct clock_watch *watch, uv_loop_t *loop, void (*fn)(void *arg), void *arg)
{
    *watch = (struct clock_watch){ .fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC),
                                   .fn = fn, .arg = arg };
    if (watch->fd < 0 || uv_poll_init(loop, &watch->poll, watch->fd) < 0) {
        if (watch->fd >= 0)
            close(watch->fd);
        watch->fd = -1;
    } else if (arm(watch->fd) == 0) {
        uv_poll_start(&watch->poll, UV_READABLE, on_poll);
    }
}

void clock_watch_close(struct clock_watch *watch, uv_close_cb closed)
{
    if (watch->fd < 0)
        return;
    uv_poll_stop(&watch->poll);
    close(watch->fd);
    uv_close((uv_handle_t *)&watch->poll, closed);
}
