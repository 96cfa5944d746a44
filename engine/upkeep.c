// SPDX-License-Identifier: MIT
#include "upkeep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "storage/tables.h"

static int open_home(struct store **ret, const char *home, struct err *err)
{
    struct store_lmdb_options options = { .read_only = true };
    char dir[4096];
    int n = snprintf(dir, sizeof(dir), "%s/store", home);

    if (n < 0 || (size_t)n >= sizeof(dir))
        return err_set(err, -ENAMETOOLONG, "PAWL_HOME %.200s is too long a path", home);
    options.force_filesystem = getenv("PAWL_FORCE_FILESYSTEM") != NULL;
    return store_lmdb_open(ret, dir, &options, err);
}

// A meta row that is damaged is one of those that are counted.
static void read_meta(struct store *store, struct store_facts *facts)
{
    struct store_meta meta = { 0 };

    if (meta_get(store, &meta, NULL) == 0)
        uuid_format(meta.store, facts->store);
    facts->format = meta.format;
}

static int count_job(void *arg, uint64_t id, struct slice head, bool damaged)
{
    (void)id, (void)head, (void)damaged;
    ++*(uint64_t *)arg;
    return 0;
}

int upkeep_check(const char *home, struct store_facts *ret, struct err *err)
{
    struct store_report report;
    struct store_stat stat;
    struct store *store = NULL;
    int rc = open_home(&store, home, err);

    *ret = (struct store_facts){ 0 };
    files_warning(ret->limits);
    if (rc < 0)
        return rc;
    read_meta(store, ret);
    rc = jobs_scan(store, 0, false, count_job, &ret->jobs, err);
    if (rc >= 0)
        rc = store_check(store, &report, err);
    store_stat(store, &stat);
    store_close(store);
    if (rc < 0)
        return rc;
    ret->bytes = stat.bytes_used;
    ret->records = report.records;
    ret->damaged = report.damaged;
    ret->orphans = report.orphans;
    snprintf(ret->first_fault, sizeof(ret->first_fault), "%s", report.first_fault);
    return 0;
}

int upkeep_backup(const char *home, const char *path, struct err *err)
{
    struct store *store = NULL;
    int rc = open_home(&store, home, err);

    if (rc < 0)
        return rc;
    rc = store_backup(store, path, err);
    store_close(store);
    return rc;
}
