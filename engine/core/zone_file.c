// SPDX-License-Identifier: MIT
#include "core/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/zone.h"

#define ZONE_DIR "/usr/share/zoneinfo"

static int read_all(int fd, const char *path, struct buf *ret, struct err *err)
{
    char block[4096];
    ssize_t n;

    while ((n = read(fd, block, sizeof(block))) > 0)
        buf_add(ret, block, (size_t)n);
    if (n < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    return buf_failed(ret) ? err_set(err, ERR_CORRUPT, "%s is too large for a time zone", path) : 0;
}

static int read_path(const char *path, struct buf *ret, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int rc;

    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        rc = err_set(err, -ENOENT, "%s is no file", path);
    else
        rc = read_all(fd, path, ret, err);
    close(fd);
    return rc;
}

static int read_name(const char *name, struct buf *ret, struct err *err)
{
    const char *dir = getenv("TZDIR");
    char path[512];
    int n = snprintf(path, sizeof(path), "%s/%s", dir && *dir ? dir : ZONE_DIR, name);

    if (n < 0 || (size_t)n >= sizeof(path) || !zone_name_is_sound(slice_str(name)))
        return err_set(err, -ENOENT, "%.80s is no name of a time zone", name);
    return read_path(path, ret, err);
}

int zone_file_read(const char *name, struct buf *ret, struct err *err)
{
    const char *tz = getenv("TZ");

    if (name)
        return read_name(name, ret, err);
    if (!tz)
        return read_path("/etc/localtime", ret, err);
    tz += *tz == ':';
    return *tz == '/' ? read_path(tz, ret, err) : read_name(tz, ret, err);
}
