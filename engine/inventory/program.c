// SPDX-License-Identifier: MIT
// How: two pipes, read as they fill until both have ended or the time is over. The
// program stays in our process group, as with any shell: Ctrl-C reaches it, and it can
// ask for a password on the terminal.
#include "inventory/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 500, TAIL_MAX = 300, POLL_MS = 20 };

extern char **environ;

struct program {
    const char *path;
    pid_t pid;
    int out, err;       // our ends of the pipes; -1: ended
    int64_t end_ms;     // monotonic
    struct buf *output;
    char tail[TAIL_MAX]; // the end of its standard error
    size_t tail_len;
};

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

// ---- starting

static int spawn_with(struct program *p, const char *const argv[],
                      posix_spawn_file_actions_t *actions, const int out[2], const int err[2])
{
    char path[4096];
    int rc;

    // A path without a slash would be looked for in PATH by nobody but ourselves.
    if (snprintf(path, sizeof(path), "%s%s", strchr(argv[0], '/') ? "" : "./", argv[0]) >=
        (int)sizeof(path))
        return ENAMETOOLONG;
    rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(actions, out[1], 1);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(actions, err[1], 2);
    return rc ? rc : posix_spawn(&p->pid, path, actions, NULL, (char *const *)(uintptr_t)argv,
                                 environ);
}

static int spawn(struct program *p, const char *const argv[], const int out[2], const int err[2])
{
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc)
        return rc;
    rc = spawn_with(p, argv, &actions, out, err);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int start_failed(const char *path, int code, struct err *err)
{
    if (code == ENOEXEC)
        return err_set(err, ERR_USAGE, "the inventory %.200s is executable, so it is run, and it "
                       "is no program: begin it with #!, or take the permission away (chmod -x)",
                       path);
    return err_set(err, ERR_USAGE, "cannot run the inventory %.200s: %s", path, strerror(code));
}

static int start(struct program *p, const char *const argv[], struct err *err)
{
    int out[2], errors[2], rc;

    if (pipe2(out, O_CLOEXEC) < 0)
        return start_failed(p->path, errno, err);
    if (pipe2(errors, O_CLOEXEC) < 0) {
        rc = errno;
        close(out[0]);
        close(out[1]);
        return start_failed(p->path, rc, err);
    }
    rc = spawn(p, argv, out, errors);
    close(out[1]);
    close(errors[1]);
    p->out = out[0];
    p->err = errors[0];
    return rc ? start_failed(p->path, rc, err) : 0;
}

// ---- reading

static void keep_tail(struct program *p, const char *piece, size_t len)
{
    size_t keep = p->tail_len;

    if (len > TAIL_MAX) {
        piece += len - TAIL_MAX;
        len = TAIL_MAX;
    }
    if (keep > TAIL_MAX - len) {
        memmove(p->tail, p->tail + keep - (TAIL_MAX - len), TAIL_MAX - len);
        keep = TAIL_MAX - len;
    }
    memcpy(p->tail + keep, piece, len);
    p->tail_len = keep + len;
}

static void read_some(struct program *p, int *fd)
{
    char piece[16384];
    ssize_t n = read(*fd, piece, sizeof(piece));

    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
    } else if (fd == &p->out) {
        buf_add(p->output, piece, (size_t)n);
    } else {
        keep_tail(p, piece, (size_t)n);
    }
}

// 0: both have ended; -ETIMEDOUT, or the buffer's failure.
static int read_both(struct program *p)
{
    while (p->out >= 0 || p->err >= 0) {
        struct pollfd fds[2] = { { p->out, POLLIN, 0 }, { p->err, POLLIN, 0 } };
        int64_t left = p->end_ms - now_ms();
        if (left <= 0)
            return -ETIMEDOUT;
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
            return -errno;
        if (fds[0].revents)
            read_some(p, &p->out);
        if (fds[1].revents)
            read_some(p, &p->err);
        if (buf_failed(p->output))
            return buf_failed(p->output);
    }
    return 0;
}

// ---- the end

// Waits until end_ms; false: it is still running.
static bool wait_until(struct program *p, int64_t end_ms, int *status)
{
    static const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };

    for (;;) {
        pid_t got = waitpid(p->pid, status, WNOHANG);
        if (got == p->pid)
            return true;
        if (now_ms() >= end_ms)
            return false;
        nanosleep(&pause, NULL);
    }
}

static void end(struct program *p)
{
    pid_t got;
    int status;

    kill(p->pid, SIGTERM);
    if (wait_until(p, now_ms() + GRACE_MS, &status))
        return;
    kill(p->pid, SIGKILL);
    do {
        got = waitpid(p->pid, &status, 0);
    } while (got < 0 && errno == EINTR);
}

// What it said last, as one line, for a message.
static struct slice words_of(struct program *p)
{
    size_t from = 0;

    while (p->tail_len && (p->tail[p->tail_len - 1] == '\n' || p->tail[p->tail_len - 1] == ' '))
        p->tail_len--;
    while (from < p->tail_len && ((uint8_t)p->tail[from] & 0xc0) == 0x80) // a cut character
        from++;
    for (size_t i = from; i < p->tail_len; i++)
        if ((uint8_t)p->tail[i] < ' ' || p->tail[i] == 0x7f)
            p->tail[i] = ' ';
    return slice_of(p->tail + from, p->tail_len - from);
}

static int ended_badly(struct program *p, int status, struct err *err)
{
    struct slice words = words_of(p);
    char how[40];

    if (WIFSIGNALED(status))
        snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof(how), "failed with exit code %d", WEXITSTATUS(status));
    return err_set(err, ERR_USAGE, "the inventory %.120s %s%s%.*s", p->path, how,
                   words.len ? ": " : "", SLICE_ARG(words));
}

static int stopped(struct program *p, int rc, int limit_ms, struct err *err)
{
    struct slice words = words_of(p);

    end(p);
    if (rc == -ETIMEDOUT)
        return err_set(err, ERR_USAGE, "the inventory %.120s has not ended after %d ms%s%.*s",
                       p->path, limit_ms, words.len ? ": " : "", SLICE_ARG(words));
    if (rc == -EFBIG)
        return err_set(err, ERR_USAGE, "the inventory %.120s printed more than %zu bytes", p->path,
                       p->output->max);
    return err_set(err, rc, "the inventory %.120s: %s", p->path, err_name(rc));
}

int program_run(const char *const argv[], int limit_ms, struct buf *ret, struct err *err)
{
    struct program p = { .path = argv[0], .out = -1, .err = -1, .output = ret,
                         .end_ms = now_ms() + limit_ms };
    int rc = start(&p, argv, err), status = 0;

    if (rc == 0) {
        rc = read_both(&p);
        if (rc == 0 && !wait_until(&p, p.end_ms, &status))
            rc = -ETIMEDOUT;
        if (rc < 0)
            rc = stopped(&p, rc, limit_ms, err);
        else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            rc = ended_badly(&p, status, err);
    }
    if (p.out >= 0)
        close(p.out);
    if (p.err >= 0)
        close(p.err);
    return rc;
}
