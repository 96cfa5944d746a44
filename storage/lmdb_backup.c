// SPDX-License-Identifier: MIT
// A backup is made in a temporary directory beside its place, PATH.XXXXXX: LMDB
// writes a compacted copy, it is flushed, opened as a store of its own, checked
// row by row, and only then renamed. A crash leaves the temporary directory, never
// a PATH that is not a whole and verified copy.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/lmdb_store.h"

struct backup {
    struct lmdb_store *lmdb;
    const char *path; // where it is to appear
    struct buf temp;  // the temporary directory, a C string
    struct buf data;  // its data file
    struct err *err;
    bool keep;        // leave the temporary directory behind for a person to look at
};

static int backup_error(const struct backup *backup, const char *what)
{
    int code = -errno;

    return err_set(backup->err, code, "backup to %s: %s: %s", backup->path, what,
                   err_name(code));
}

static int make_directory(struct backup *backup)
{
    size_t len = strlen(backup->path);
    struct stat st;

    while (len > 1 && backup->path[len - 1] == '/')
        len--;
    if (lstat(backup->path, &st) == 0)
        return err_set(backup->err, -EEXIST, "backup to %s: it exists already; name a new "
                       "directory", backup->path);
    buf_addf(&backup->temp, "%.*s.XXXXXX", (int)len, backup->path);
    if (*buf_cstr(&backup->temp) == '\0')
        return err_set(backup->err, -ENOMEM, "backup to %s: no memory", backup->path);
    if (!mkdtemp((char *)backup->temp.ptr)) {
        int rc = backup_error(backup, "cannot make a directory beside it");
        buf_clear(&backup->temp); // there is nothing to take away again
        return rc;
    }
    buf_addf(&backup->data, "%s/" HOME_DATA, buf_cstr(&backup->temp));
    if (*buf_cstr(&backup->data) == '\0')
        return err_set(backup->err, -ENOMEM, "backup to %s: no memory", backup->path);
    return 0;
}

static int write_copy(struct backup *backup, int fd)
{
    struct lmdb_store *lmdb = backup->lmdb;
    int rc;

    pthread_rwlock_rdlock(&lmdb->map_lock); // LMDB begins its own read transaction
    rc = lmdb->map_lost ? EIO : mdb_env_copyfd2(lmdb->env, fd, MDB_CP_COMPACT);
    pthread_rwlock_unlock(&lmdb->map_lock);
    if (rc)
        return lmdb_error(rc, backup->path, "cannot write the backup", backup->err);
    return fsync(fd) < 0 ? backup_error(backup, "cannot sync it") : 0;
}

static int make_copy(struct backup *backup)
{
    int fd = open(buf_cstr(&backup->data), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc;

    if (fd < 0)
        return backup_error(backup, "cannot make its data file");
    rc = write_copy(backup, fd);
    if (close(fd) < 0 && rc == 0)
        rc = backup_error(backup, "cannot finish its data file");
    return rc;
}

static int verify_copy(struct backup *backup)
{
    // A backup may well lie on a network disk: reading it there is safe.
    struct store_lmdb_options options = { .read_only = true, .force_filesystem = true };
    struct store_report report;
    struct store *copy;
    int rc = store_lmdb_open(&copy, buf_cstr(&backup->temp), &options, backup->err);

    if (rc < 0)
        return rc;
    rc = store_check(copy, &report, backup->err);
    store_close(copy);
    if (rc < 0 || report.damaged == 0)
        return rc;
    backup->keep = true;
    return err_set(backup->err, ERR_CORRUPT, "backup to %s: %llu of %llu records are damaged "
                   "(%.200s); the copy is kept as %.100s", backup->path,
                   (unsigned long long)report.damaged, (unsigned long long)report.records,
                   report.first_fault, buf_cstr(&backup->temp));
}

static int sync_directory(const struct backup *backup, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? backup_error(backup, "cannot sync its directory") : 0;

    if (fd >= 0)
        close(fd);
    return rc;
}

static int put_in_place(struct backup *backup)
{
    struct buf parent;
    int rc = sync_directory(backup, buf_cstr(&backup->temp));

    if (rc < 0)
        return rc;
    if (rename(buf_cstr(&backup->temp), backup->path) < 0)
        return backup_error(backup, "cannot rename the copy");
    buf_clear(&backup->temp);
    buf_init(&parent, 0);
    buf_addf(&parent, "%s/..", backup->path);
    rc = sync_directory(backup, buf_cstr(&parent));
    buf_release(&parent);
    return rc;
}

static void remove_copy(struct backup *backup)
{
    if (backup->data.len)
        unlink(buf_cstr(&backup->data));
    if (backup->temp.len)
        rmdir(buf_cstr(&backup->temp));
}

int lmdb_backup(struct store *store, const char *path, struct err *err)
{
    struct backup backup = { .lmdb = lmdb_of(store), .path = path, .err = err };
    int rc;

    buf_init(&backup.temp, 0);
    buf_init(&backup.data, 0);
    rc = make_directory(&backup);
    if (rc == 0)
        rc = make_copy(&backup);
    if (rc == 0)
        rc = verify_copy(&backup);
    if (rc == 0)
        rc = put_in_place(&backup);
    if (rc < 0 && !backup.keep)
        remove_copy(&backup);
    buf_release(&backup.data);
    buf_release(&backup.temp);
    return rc;
}
