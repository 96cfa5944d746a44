// SPDX-License-Identifier: MIT
// A marker is written only for a store that has been committed to: the name of one
// that was never written would be missed at the next start. Until then the spool,
// which has a directory for each store, is the sign of an earlier one. A marker that
// differs stays: the text is told until a person removes it or puts the store back.
#include "marker.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/tables.h"

enum { MARKER_PATH = 4096 };

static bool marker_path(const char *home, char path[MARKER_PATH])
{
    int n = snprintf(path, MARKER_PATH, "%s/store.id", home);

    return n > 0 && n < MARKER_PATH;
}

static bool marker_read(const char *path, struct uuid *ret)
{
    char text[UUID_TEXT] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, UUID_TEXT - 1) : -1;

    if (fd >= 0)
        close(fd);
    return n == UUID_TEXT - 1 && uuid_parse(slice_str(text), ret) == 0;
}

// Without it, on a full disk say, nothing is worse than before there were markers.
static void marker_write(const char *path, struct uuid store)
{
    char text[UUID_TEXT];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        return;
    dprintf(fd, "%s\n", uuid_format(store, text));
    fsync(fd);
    close(fd);
}

static bool spool_had_store(const char *spool, struct uuid *ret)
{
    DIR *dir = spool ? opendir(spool) : NULL;
    const struct dirent *entry;
    bool found = false;

    if (!dir)
        return false;
    while (!found && (entry = readdir(dir)))
        found = uuid_parse(slice_str(entry->d_name), ret) == 0;
    closedir(dir);
    return found;
}

void marker_check(const char *home, const char *spool, struct store *store,
                  char text[MARKER_TEXT])
{
    struct store_meta meta;
    struct uuid earlier;
    char path[MARKER_PATH], id[UUID_TEXT];
    bool known = meta_get(store, &meta, NULL) == 0;
    bool had;

    text[0] = 0;
    if (!marker_path(home, path))
        return;
    had = marker_read(path, &earlier);
    if (!had && !known)
        had = spool_had_store(spool, &earlier);
    if (!had && known)
        marker_write(path, meta.store);
    if (had && (!known || !uuid_equal(earlier, meta.store)))
        snprintf(text, MARKER_TEXT, "this home had a store %s, which is not there any more: jobs "
                 "began anew with an empty one, and commands of the earlier may still run; restore "
                 "a backup of it (pawl help backup), or accept the new one: rm %.200s",
                 uuid_format(earlier, id), path);
}
