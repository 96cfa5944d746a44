// SPDX-License-Identifier: MIT
// Everything around the environment that must hold before LMDB sees the files.
// The data file is born under another name and renamed when its pages are on
// disk: an empty or short data.mdb is therefore always damage, never a beginning.
#include "storage/lmdb_home.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "storage/lmdb_store.h"

#define NEW_DATA "data.mdb.new"

struct filesystem {
    uint32_t type; // f_type of statfs
    const char *name;
};

// Locks, mmap coherence or fsync of these are not what LMDB relies on.
static const struct filesystem unfit[] = {
    { 0x00006969, "NFS" },  { 0x0000517b, "SMB" },  { 0xff534d42, "CIFS" },
    { 0xfe534d42, "SMB2" }, { 0x65735546, "FUSE" }, { 0x01021997, "9p" },
    { 0x5346414f, "AFS" },  { 0x00c36400, "Ceph" }, { 0x73757245, "Coda" },
};

int lmdb_home_check_filesystem(uint64_t type, const char *dir, struct err *err)
{
    for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++)
        if ((uint32_t)type == unfit[i].type)
            return err_set(err, -EOPNOTSUPP,
                           "store %s: on a %s file system a crash may lose what was stored; "
                           "use a local disk, or force it", dir, unfit[i].name);
    return 0;
}

// The words for a system call that failed on something in the home.
static int home_error(const struct lmdb_home *home, const char *what, struct err *err)
{
    int code = -errno;

    if (code == -EACCES || code == -EPERM)
        return err_set(err, code, "store %s: %s: permission denied; the directory must belong to "
                       "the user that runs Pawl", home->path, what);
    if (code == -EROFS)
        return err_set(err, code, "store %s: %s: the file system is read-only; mount it "
                       "read-write, or choose another directory", home->path, what);
    if (code == -ENOSPC || code == -EDQUOT)
        return err_set(err, -ENOSPC, "store %s: %s: the disk is full; free some space and start "
                       "again", home->path, what);
    return err_set(err, code, "store %s: %s: %s", home->path, what, err_name(code));
}

static int sync_parent(const struct lmdb_home *home, struct err *err)
{
    int fd = openat(home->dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (fd < 0 || fsync(fd) < 0)
        rc = home_error(home, "cannot sync its parent directory", err);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int open_directory(struct lmdb_home *home, bool create, struct err *err)
{
    bool created = create && mkdir(home->path, 0700) == 0;

    if (create && !created && errno != EEXIST)
        return home_error(home, "cannot make the directory", err);
    home->dir_fd = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home->dir_fd < 0)
        return home_error(home, "cannot open the directory", err);
    return created ? sync_parent(home, err) : 0;
}

static int check_place(const struct lmdb_home *home, struct err *err)
{
    struct statfs fs;

    if (fstatfs(home->dir_fd, &fs) < 0)
        return home_error(home, "cannot tell its file system", err);
    return lmdb_home_check_filesystem((uint64_t)fs.f_type, home->path, err);
}

static int lock_busy(const struct lmdb_home *home, struct err *err)
{
    char text[24] = "";
    ssize_t n = pread(home->lock_fd, text, sizeof(text) - 1, 0);
    long pid = n > 0 ? strtol(text, NULL, 10) : 0;

    if (pid <= 0)
        return err_set(err, -EBUSY, "store %s: in use by another process; only one may use it",
                       home->path);
    return err_set(err, -EBUSY, "store %s: in use by process %ld; only one may use it, so talk "
                   "to that one or end it", home->path, pid);
}

static int write_pid(const struct lmdb_home *home, struct err *err)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    // On a full disk the lock still holds; only its owner's name is missing then.
    if (ftruncate(home->lock_fd, 0) < 0 ||
        (pwrite(home->lock_fd, text, (size_t)len, 0) != len && errno != ENOSPC))
        return home_error(home, "cannot write lock", err);
    return 0;
}

static int take_lock(struct lmdb_home *home, bool read_only, struct err *err)
{
    int flags = read_only ? O_RDONLY : O_RDWR | O_CREAT;

    home->lock_fd = openat(home->dir_fd, "lock", flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (home->lock_fd < 0 && read_only && errno == ENOENT)
        return 0; // a copy, never opened by an engine
    if (home->lock_fd < 0)
        return home_error(home, "cannot open lock", err);
    if (flock(home->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? lock_busy(home, err)
                                    : home_error(home, "cannot take lock", err);
    return read_only ? 0 : write_pid(home, err);
}

int lmdb_home_open(struct lmdb_home *home, const char *dir,
                   const struct store_lmdb_options *options, struct err *err)
{
    int rc;

    *home = (struct lmdb_home){ .path = strdup(dir), .dir_fd = -1, .lock_fd = -1 };
    if (!home->path)
        return err_set(err, -ENOMEM, "store %s: no memory to open it", dir);
    rc = open_directory(home, options->create && !options->read_only, err);
    if (rc == 0 && !options->force_filesystem)
        rc = check_place(home, err);
    if (rc == 0)
        rc = take_lock(home, options->read_only, err);
    if (rc < 0)
        lmdb_home_close(home);
    return rc;
}

void lmdb_home_close(struct lmdb_home *home)
{
    if (home->lock_fd >= 0)
        close(home->lock_fd); // and gives up the lock
    if (home->dir_fd >= 0)
        close(home->dir_fd);
    free(home->path);
    *home = (struct lmdb_home){ .dir_fd = -1, .lock_fd = -1 };
}

// LMDB itself writes the two meta pages; no lock file is needed for that.
static int write_new_data(const struct lmdb_home *home, const char *path, struct err *err)
{
    MDB_env *env = NULL;
    int fd = -1;
    int rc = mdb_env_create(&env);

    if (rc == 0)
        rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600);
    if (rc == 0)
        rc = mdb_env_get_fd(env, &fd);
    if (rc == 0 && fsync(fd) < 0)
        rc = errno;
    if (env)
        mdb_env_close(env);
    return rc ? lmdb_error(rc, home->path, "cannot make " HOME_DATA, err) : 0;
}

int lmdb_home_create_data(struct lmdb_home *home, struct err *err)
{
    struct buf path;
    int rc;

    buf_init(&path, 0);
    buf_addf(&path, "%s/" NEW_DATA, home->path);
    if (*buf_cstr(&path) == '\0')
        rc = err_set(err, -ENOMEM, "store %s: no memory to make it", home->path);
    else if (unlinkat(home->dir_fd, NEW_DATA, 0) < 0 && errno != ENOENT)
        rc = home_error(home, "cannot remove an unfinished " NEW_DATA, err);
    else
        rc = write_new_data(home, buf_cstr(&path), err);
    if (rc == 0 && (renameat(home->dir_fd, NEW_DATA, home->dir_fd, HOME_DATA) < 0 ||
                    fsync(home->dir_fd) < 0))
        rc = home_error(home, "cannot put " HOME_DATA " in place", err);
    buf_release(&path);
    return rc;
}
