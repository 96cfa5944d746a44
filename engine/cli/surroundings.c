// SPDX-License-Identifier: MIT
// How: files are looked at, and ssh itself says which one it is (-V) and whether it
// understands its configuration (-G, which connects to nobody).
#include "cli/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SSH_MS = 5000, POLL_MS = 10, WORDS_MAX = 300, NAME_MAX_BYTES = 256 };

extern char **environ;

static void tell(struct surrounding *s, bool fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(struct surrounding *s, bool fault, const char *fmt, ...)
{
    va_list args;

    s->fault = fault;
    va_start(args, fmt);
    vsnprintf(s->text, sizeof(s->text), fmt, args);
    va_end(args);
}

static void user_name(uid_t uid, char name[NAME_MAX_BYTES])
{
    const struct passwd *entry = getpwuid(uid);

    if (entry)
        snprintf(name, NAME_MAX_BYTES, "%s", entry->pw_name);
    else
        snprintf(name, NAME_MAX_BYTES, "%lu", (unsigned long)uid);
}

// ---- the home

static void look_at_home(const struct home *home, struct surrounding *ret)
{
    char owner[NAME_MAX_BYTES];
    struct stat st;

    if (stat(home->path, &st) < 0) {
        tell(ret, errno != ENOENT, "%.200s: %s%s", home->path, strerror(errno),
             errno == ENOENT ? "; the first job makes it" : "");
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        tell(ret, true, "%.200s is no directory; name another PAWL_HOME", home->path);
        return;
    }
    user_name(st.st_uid, owner);
    if (st.st_uid != geteuid())
        tell(ret, true, "%.200s is %.60s's, not yours: nobody's jobs but theirs can be in it; name "
             "another PAWL_HOME", home->path, owner);
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        tell(ret, true, "%.200s has mode %04o: others can look at jobs and their output; chmod 700 "
             "it", home->path, st.st_mode & 07777);
    else
        tell(ret, false, "%.200s, of %.60s alone", home->path, owner);
}

// ---- ssh

// It is killed when its time is over. Its exit code, or a negative errno.
static int await(pid_t pid)
{
    static const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
    int status = 0;

    for (int ms = 0;; ms += POLL_MS) {
        pid_t got = waitpid(pid, &status, ms < SSH_MS ? WNOHANG : 0);
        if (got == pid)
            return ms >= SSH_MS ? -ETIMEDOUT : WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
        if (got < 0 && errno != EINTR)
            return -errno;
        if (ms + POLL_MS >= SSH_MS)
            kill(pid, SIGKILL);
        nanosleep(&pause, NULL);
    }
}

// argv's standard error goes to fd; as await.
static int run_to(const char *const argv[], int fd)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc)
        return -rc;
    rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
    rc = rc ? rc : posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
                                environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc ? -rc : await(pid);
}

// The first line of its standard error.
static int run_for_words(const char *const argv[], char words[WORDS_MAX])
{
    int fd = memfd_create("pawl", MFD_CLOEXEC), rc;
    ssize_t n;

    words[0] = 0;
    if (fd < 0)
        return -errno;
    rc = run_to(argv, fd);
    n = pread(fd, words, WORDS_MAX - 1, 0);
    words[n > 0 ? n : 0] = 0;
    words[strcspn(words, "\r\n")] = 0;
    close(fd);
    return rc;
}

// Of this shell; an engine that runs already has what its first caller had.
static const char *given(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static void look_at_ssh(struct surrounding *ret)
{
    const char *program = given("PAWL_SSH"), *config = given("PAWL_SSH_CONFIG");
    const char *ssh = program ? program : "ssh";
    const char *const ask_version[] = { ssh, "-V", NULL };
    const char *const read_config[] = { ssh, "-G", config ? "-F" : "localhost",
                                        config, "localhost", NULL };
    char version[WORDS_MAX], words[WORDS_MAX];
    int rc = run_for_words(ask_version, version);

    if (rc == -ETIMEDOUT) {
        tell(ret, true, "%.200s -V has not ended after %d seconds", ssh, SSH_MS / 1000);
        return;
    }
    if (rc < 0) {
        tell(ret, program != NULL, "%.200s: %s; jobs on other hosts need it (package "
             "openssh-client)", ssh, strerror(-rc));
        return;
    }
    if (rc > 0) {
        tell(ret, true, "%.200s -V failed with exit code %d: is it an ssh?", ssh, rc);
        return;
    }
    rc = run_for_words(read_config, words);
    if (rc == 0)
        tell(ret, false, "%.200s, and its configuration is well", version);
    else
        tell(ret, true, "%.100s; its configuration is refused: %.200s", version,
             rc < 0 ? strerror(-rc) : words);
}

// ---- being there

static bool is_there(const char *root, const char *dir, const char *name, const char *suffix)
{
    char path[HOME_PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof(path), "%s%s%s%s", root, dir, name, suffix);

    return n > 0 && n < (int)sizeof(path) && lstat(path, &st) == 0;
}

// As `systemctl enable` leaves it.
static bool user_unit_is_enabled(const char *root)
{
    static const char unit[] = "/systemd/user/default.target.wants/pawl.service";
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (is_there(root, "/etc", unit, ""))
        return true;
    return config && *config ? is_there(root, config, unit, "")
                             : home && is_there(root, home, "/.config", unit);
}

static bool has_systemd(const char *root)
{
    return is_there(root, "/run/systemd/system", "", "");
}

static bool system_unit_is_enabled(const char *root, const char *user)
{
    return is_there(root, "/etc/systemd/system/multi-user.target.wants/pawl@", user, ".service");
}

static void look_at_linger(const char *root, const char *user, bool lingers,
                           struct surrounding *ret)
{
    if (!has_systemd(root))
        tell(ret, false, "there is no systemd here: nothing ends an engine when its user logs out");
    else if (system_unit_is_enabled(root, user))
        tell(ret, false, "not needed: the system's unit runs the engine");
    else if (lingers)
        tell(ret, false, "%.60s's processes stay after the logout", user);
    else
        tell(ret, false, "off: after %.60s's logout systemd may end the engine (KillUserProcesses), "
             "and starts no unit of %.60s's at boot; loginctl enable-linger", user, user);
}

static void look_at_boot(const char *root, const char *user, bool lingers, struct surrounding *ret)
{
    const char *which = getenv("PAWL_HOME") ? ", for the home that the unit names" : "";

    if (system_unit_is_enabled(root, user))
        tell(ret, false, "started by the system's unit pawl@%.60s%s", user, which);
    else if (!has_systemd(root))
        tell(ret, false, "by systemd nothing is started; unfinished jobs go on with the next pawl "
             "command, or when something runs `pawl daemon`");
    else if (!user_unit_is_enabled(root))
        tell(ret, false, "not started: unfinished jobs go on with the next pawl command; "
             "systemctl enable --now pawl@%.60s", user);
    else if (lingers)
        tell(ret, false, "started by %.60s's unit pawl%s", user, which);
    else
        tell(ret, false, "not started before %.60s logs in, for want of linger", user);
}

void surroundings_look(const struct home *home, const char *root,
                       struct surrounding ret[SURROUNDING_COUNT])
{
    static const char *const names[] = {
#define X(id, text) text,
        SURROUNDINGS(X)
#undef X
    };
    char user[NAME_MAX_BYTES];
    bool lingers;

    for (int i = 0; i < SURROUNDING_COUNT; i++)
        ret[i] = (struct surrounding){ .name = names[i] };
    user_name(geteuid(), user);
    lingers = is_there(root, "/var/lib/systemd/linger/", user, "");
    look_at_home(home, &ret[SURROUNDING_HOME]);
    look_at_ssh(&ret[SURROUNDING_SSH]);
    look_at_linger(root, user, lingers, &ret[SURROUNDING_LINGER]);
    look_at_boot(root, user, lingers, &ret[SURROUNDING_BOOT]);
}
