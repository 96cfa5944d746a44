// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/fixed.h"
#include "storage/tables.h"

void marks_put(struct batch *batch, uint64_t job_id, uint64_t child_id, struct mark mark)
{
    struct key key = key_2(KEY_MARK, job_id, child_id);

    fixed_put(batch, &key, &mark.seq, 1);
}

int marks_get(struct store *store, uint64_t job_id, uint64_t child_id, struct mark *ret,
              struct err *err)
{
    struct key key = key_2(KEY_MARK, job_id, child_id);
    int rc;

    *ret = (struct mark){ 0 };
    rc = fixed_get(store, &key, &ret->seq, 1, err);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        err_wrap(err, "job %llu: its reading mark", (unsigned long long)job_id);
    return rc;
}
