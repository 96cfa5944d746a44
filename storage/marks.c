// SPDX-License-Identifier: MIT
#include "storage/keys.h"
#include "storage/fixed.h"
#include "storage/tables.h"

void marks_put(struct batch *batch, uint64_t job_id, uint64_t source, uint64_t seq)
{
    struct key key = key_2(KEY_MARK, job_id, source);

    fixed_put(batch, &key, &seq, 1);
}

// A damaged row is as if it were not there: what it stood for is received once more.
static int on_mark(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    if (damaged || !key_is_sound(key) || bytes.len != sizeof(uint64_t))
        return 0;
    return marks_raise(arg, key_u64(key, 1), read_u64be(bytes.ptr));
}

int marks_load(struct store *store, uint64_t job_id, struct marks *ret, struct err *err)
{
    struct key from = key_1(KEY_MARK, job_id), to = key_prefix_end(from);
    int rc = store_scan(store, key_slice(&from), key_slice(&to), false, on_mark, ret, err);

    return rc < 0 ? err_wrap(err, "job %llu: its reading marks", (unsigned long long)job_id) : 0;
}
