// SPDX-License-Identifier: MIT
// Taking a removed job apart. Rows are counted first, so that the caller learns in
// the same call whether this batch is the last one.
#include "storage/keys.h"
#include "storage/tables.h"

static const enum key_tag owned[] = { KEY_JOURNAL, KEY_RECORD, KEY_MARK, KEY_TAIL };

struct count {
    uint32_t rows, limit;
};

static int on_row(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    struct count *count = arg;

    (void)key, (void)bytes, (void)damaged;
    return ++count->rows == count->limit;
}

int job_rows_del(struct store *store, struct batch *batch, uint64_t job_id, uint32_t *limit,
                 bool *ret_done, struct err *err)
{
    uint32_t left = *limit;

    assert(left > 0);
    *ret_done = false;
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        struct key from = key_1(owned[i], job_id);
        struct key to = key_prefix_end(from);
        struct count count = { 0, left + 1 }; // one more tells whether that is all
        int rc = store_scan(store, key_slice(&from), key_slice(&to), false, on_row, &count, err);

        if (rc < 0)
            return rc;
        if (count.rows && left)
            batch_del_range(batch, key_slice(&from), key_slice(&to),
                            count.rows < left ? count.rows : left);
        *limit = left -= count.rows < left ? count.rows : left;
        if (count.rows > count.limit - 1)
            return 0;
    }
    *ret_done = true;
    return 0;
}
