// SPDX-License-Identifier: MIT
// The file is bound under umask 0177, so that it never exists with wider rights,
// not even between bind and chmod. The directory's rights are the second fence.
#include "control/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int directory_prepare(const char *path, struct err *err)
{
    char dir[SOCKET_PATH_MAX + 1];
    struct stat st;
    char *slash;

    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return err_set(err, -EINVAL,
                       "socket %s: give an absolute path in a directory of its own", path);
    *slash = 0;
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return err_set(err, -errno, "cannot make the directory %s: %s", dir, strerror(errno));
    if (stat(dir, &st) < 0)
        return err_set(err, -errno, "cannot read the directory %s: %s", dir, strerror(errno));
    if (st.st_uid != geteuid())
        return err_set(err, -EACCES, "the directory %s belongs to user %u, not to user %u; "
                       "set PAWL_HOME to a directory of your own", dir, (unsigned)st.st_uid,
                       (unsigned)geteuid());
    if ((st.st_mode & 07777) != 0700 && chmod(dir, 0700) < 0)
        return err_set(err, -errno, "cannot give %s the mode 0700: %s", dir, strerror(errno));
    return 0;
}

static int stale_remove(const char *path, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT
                   ? 0 : err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, -EEXIST, "%s is in the way and is no socket; move it aside", path);
    if (unlink(path) < 0 && errno != ENOENT)
        return err_set(err, -errno, "cannot remove the old socket %s: %s", path,
                       strerror(errno));
    return 0;
}

static int bind_private(int fd, const char *path, struct err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    mode_t mask;
    int rc;

    memcpy(address.sun_path, path, strlen(path));
    mask = umask(0177);
    rc = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    umask(mask);
    if (rc < 0)
        return err_set(err, rc, "cannot make the socket %s: %s", path, strerror(-rc));
    if (listen(fd, BACKLOG) < 0) {
        rc = err_set(err, -errno, "cannot listen on %s: %s", path, strerror(errno));
        unlink(path);
    }
    return rc;
}

int socket_listen(const char *path, struct err *err)
{
    size_t len = strlen(path);
    int fd, rc;

    if (len > SOCKET_PATH_MAX)
        return err_set(err, -ENAMETOOLONG, "socket path %s has %zu bytes, the system allows "
                       "%d; set PAWL_HOME to a shorter directory", path, len, SOCKET_PATH_MAX);
    rc = directory_prepare(path, err);
    if (rc == 0)
        rc = stale_remove(path, err);
    if (rc < 0)
        return rc;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
    rc = bind_private(fd, path, err);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return fd;
}

bool socket_peer_is_allowed(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}
