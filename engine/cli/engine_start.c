// SPDX-License-Identifier: MIT
// Two clients may start an engine at once: the second engine finds the home
// locked and ends, and both clients go on with the first. So an engine that ended
// is a failure only when nobody answers a moment later either.
#include "cli/engine_start.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum {
    START_MS = 10000,  // for recovery of a large store, too
    POLL_MS = 5,
    LINGER_MS = 1000,  // after our engine ended: is another one coming up?
    EXITS_MAX = 3, EXITS_WINDOW_S = 60,
    LOG_TAIL = 2048, LOG_LINES = 5,
};

bool engine_is_up(const struct home *home)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool up;

    if (fd < 0)
        return false;
    memcpy(address.sun_path, home->socket_path, strlen(home->socket_path));
    up = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return up;
}

// ---- what the home's files tell
static int log_open(const struct home *home, int flags)
{
    char path[HOME_PATH_MAX];

    if (home_file(home, "engine.log", path, NULL) < 0)
        return -1;
    return open(path, flags | O_CLOEXEC, 0600);
}

static off_t log_size(const struct home *home)
{
    struct stat st;
    int fd = log_open(home, O_RDONLY);

    if (fd < 0)
        return 0;
    if (fstat(fd, &st) < 0)
        st.st_size = 0;
    close(fd);
    return st.st_size;
}

// The last lines that were written behind `from`, so many, joined by "; ". "" when none.
static void log_tail(const struct home *home, off_t from, int lines_max, char text[LOG_TAIL])
{
    int fd = log_open(home, O_RDONLY);
    off_t size = log_size(home);
    ssize_t n;
    size_t start;

    text[0] = 0;
    if (fd < 0)
        return;
    if (size - from > LOG_TAIL - 1)
        from = size - (LOG_TAIL - 1);
    n = pread(fd, text, LOG_TAIL - 1, from);
    close(fd);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    start = n > 0 ? (size_t)n : 0;
    text[start] = 0;
    for (int lines = 0; start > 0 && (text[start - 1] != '\n' || ++lines < lines_max);)
        start--;
    memmove(text, text + start, strlen(text + start) + 1);
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = ';';
}

static int recent_exits(const struct home *home)
{
    char path[HOME_PATH_MAX], line[64];
    int64_t now = (int64_t)time(NULL);
    int count = 0;
    FILE *file;

    if (home_file(home, "exits", path, NULL) < 0 || !(file = fopen(path, "re")))
        return 0;
    while (fgets(line, sizeof(line), file)) {
        int64_t at = strtoll(line, NULL, 10);
        count += at > now - EXITS_WINDOW_S && at <= now;
    }
    fclose(file);
    return count;
}

void engine_note_exit(const struct home *home)
{
    char path[HOME_PATH_MAX];
    int fd;

    if (home_file(home, "exits", path, NULL) < 0)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return; // nothing is worse for it: the next start is tried once more
    dprintf(fd, "%" PRId64 "\n", (int64_t)time(NULL));
    close(fd);
}

// ---- the new process
static void child_run(const struct home *home, int log_fd)
{
    char name[] = "pawl", verb[] = "daemon", option[] = "--detached";
    char *const argv[] = { name, verb, option, NULL };
    int null_fd = open("/dev/null", O_RDONLY);
    sigset_t none;

    setsid();
    sigemptyset(&none); // a follower blocks SIGINT
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
        _exit(DAEMON_FAILED);
    close_range(3, ~0u, 0); // whatever the caller's shell had open
    if (setenv("PAWL_HOME", home->path, 1) < 0 || chdir("/") < 0)
        _exit(DAEMON_FAILED);
    execv("/proc/self/exe", argv);
    dprintf(2, "cannot run /proc/self/exe: %s\n", strerror(errno));
    _exit(DAEMON_FAILED);
}

static pid_t child_start(const struct home *home, struct err *err)
{
    int log_fd = log_open(home, O_WRONLY | O_CREAT | O_APPEND);
    pid_t pid;

    if (log_fd < 0)
        return err_set(err, -errno, "cannot write %s/engine.log: %s", home->path,
                       strerror(errno));
    pid = fork();
    if (pid == 0)
        child_run(home, log_fd);
    close(log_fd);
    if (pid < 0)
        return err_set(err, -errno, "cannot start an engine: %s", strerror(errno));
    return pid;
}

static void pause_ms(long ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&time, NULL);
}

// 1: up. 0: not within the time. *ended tells whether our engine is over.
static int wait_up(const struct home *home, pid_t pid, bool *ended)
{
    int status;

    for (int ms = 0, left = START_MS; ms < left; ms += POLL_MS) {
        if (engine_is_up(home))
            return 1;
        if (!*ended && waitpid(pid, &status, WNOHANG) == pid) {
            *ended = true;
            left = ms + LINGER_MS;
            if (WIFSIGNALED(status)) // it had no chance to note it itself
                engine_note_exit(home);
        }
        pause_ms(POLL_MS);
    }
    return engine_is_up(home);
}

int engine_start(const struct home *home, struct err *err)
{
    char tail[LOG_TAIL];
    bool ended = false;
    off_t log_at;
    pid_t pid;

    if (engine_is_up(home))
        return 0;
    if (home_make(home, err) < 0)
        return err->code;
    if (recent_exits(home) >= EXITS_MAX) {
        log_tail(home, 0, 1, tail); // each of them says the same
        return err_set(err, -EIO, "the engine failed %d times within a minute and is not started "
                       "again yet: %.250s (see %.120s/engine.log; try `pawl daemon "
                       "--foreground`)", EXITS_MAX, tail, home->path);
    }
    log_at = log_size(home);
    pid = child_start(home, err);
    if (pid < 0)
        return (int)pid;
    if (wait_up(home, pid, &ended))
        return 0;
    log_tail(home, log_at, LOG_LINES, tail);
    return err_set(err, -EIO, "the engine %s: %.300s (see %.120s/engine.log)",
                   ended ? "ended" : "does not answer after 10 s",
                   *tail ? tail : "it said nothing", home->path);
}
