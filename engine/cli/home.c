// SPDX-License-Identifier: MIT
#include "cli/home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *env_text(const char *name)
{
    const char *text = getenv(name);

    return text && *text ? text : NULL;
}

// below: NULL for the directory itself.
static int path_set(struct home *home, struct err *err, const char *directory, const char *below)
{
    int n = snprintf(home->path, sizeof(home->path), "%s%s%s", directory, below ? "/" : "",
                     below ? below : "");
    size_t len = strlen(home->path);

    if (n < 0 || (size_t)n >= sizeof(home->path))
        return err_set(err, -ENAMETOOLONG, "the home's path is longer than %d bytes",
                       HOME_PATH_MAX - 1);
    while (len > 1 && home->path[len - 1] == '/')
        home->path[--len] = 0;
    return 0;
}

static int path_find(struct home *home, struct err *err)
{
    const char *given = env_text("PAWL_HOME");
    const char *state = env_text("XDG_STATE_HOME");
    const char *user = env_text("HOME");
    char cwd[HOME_PATH_MAX];

    if (given && given[0] == '/')
        return path_set(home, err, given, NULL);
    if (given) {
        if (!getcwd(cwd, sizeof(cwd)))
            return err_set(err, -errno, "PAWL_HOME is relative and the current directory cannot "
                           "be read: %s", strerror(errno));
        return path_set(home, err, cwd, given);
    }
    if (state && state[0] == '/') // the specification says: relative ones are ignored
        return path_set(home, err, state, "pawl");
    if (user)
        return path_set(home, err, user, ".local/state/pawl");
    return err_set(err, ERR_USAGE, "neither PAWL_HOME nor HOME is set; set PAWL_HOME to a "
                   "directory for the engine");
}

int home_find(struct home *home, struct err *err)
{
    int n, rc = path_find(home, err);

    if (rc < 0)
        return rc;
    n = snprintf(home->socket_path, sizeof(home->socket_path), "%s/engine.sock", home->path);
    if (n > HOME_SOCKET_MAX)
        return err_set(err, ERR_USAGE, "the home %.300s is too deep: its socket's path would have "
                       "%d bytes, at most %d work on every system; set PAWL_HOME to a shorter "
                       "directory", home->path, n, HOME_SOCKET_MAX);
    return 0;
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int home_make(const struct home *home, struct err *err)
{
    char path[HOME_PATH_MAX];

    memcpy(path, home->path, sizeof(path));
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return err_set(err, -errno, "cannot make %.300s: %s; set PAWL_HOME to a directory that "
                           "can be written", path, strerror(errno));
        *at = '/';
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_set(err, -errno, "cannot make the home %.300s: %s; set PAWL_HOME to a directory "
                       "that can be written", path, strerror(errno));
    return is_directory(path) ? 0 : err_set(err, -ENOTDIR, "the home %.300s: Not a directory; set "
                                            "PAWL_HOME to one", path);
}

int home_file(const struct home *home, const char *name, char text[HOME_PATH_MAX],
              struct err *err)
{
    int n = snprintf(text, HOME_PATH_MAX, "%s/%s", home->path, name);

    return n < HOME_PATH_MAX
               ? 0 : err_set(err, -ENAMETOOLONG, "the path of %s is too long", name);
}
