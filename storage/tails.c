// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/fixed.h"
#include "storage/tables.h"

void tails_put(struct batch *batch, uint64_t job_id, uint64_t intent_no, struct tail tail)
{
    struct key key = key_2(KEY_TAIL, job_id, intent_no);
    uint64_t values[3] = { tail.out_bytes, tail.err_bytes, tail.first_seq };

    fixed_put(batch, &key, values, 3);
}

void tails_del(struct batch *batch, uint64_t job_id, uint64_t intent_no)
{
    struct key key = key_2(KEY_TAIL, job_id, intent_no);

    batch_del(batch, key_slice(&key));
}

int tails_get(struct store *store, uint64_t job_id, uint64_t intent_no, struct tail *ret,
              struct err *err)
{
    struct key key = key_2(KEY_TAIL, job_id, intent_no);
    uint64_t values[3] = { 0 };
    int rc = fixed_get(store, &key, values, 3, err);

    *ret = (struct tail){ values[0], values[1], values[2] };
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        err_wrap(err, "job %llu: the tail of attempt %llu", (unsigned long long)job_id,
                 (unsigned long long)intent_no);
    return rc;
}
