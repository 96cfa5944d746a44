// SPDX-License-Identifier: MIT
#include "storage/row.h"

#include "base/buf.h"
#include "base/hash.h"
#include "storage/bytes.h"

enum { ROW_FORMAT = 1, LENGTH_AT = 2, SUM_AT = 6 };

static uint32_t row_sum(struct slice key, const uint8_t *header, struct slice value)
{
    uint32_t sum = checksum_of(key);

    sum = checksum_add(sum, slice_of(header, SUM_AT));
    return checksum_add(sum, value);
}

void row_write(uint8_t *at, struct slice key, struct slice value)
{
    at[0] = ROW_FORMAT;
    at[1] = 0;
    write_u32be(at + LENGTH_AT, (uint32_t)value.len);
    write_u32be(at + SUM_AT, row_sum(key, at, value));
    if (value.len)
        memcpy(at + ROW_HEADER, value.ptr, value.len);
}

bool row_read(struct slice key, struct slice row, struct slice *ret)
{
    struct slice value;

    *ret = slice_of(NULL, 0);
    if (row.len < ROW_HEADER || row.ptr[0] != ROW_FORMAT || row.ptr[1] != 0)
        return false;
    value = slice_of(row.ptr + ROW_HEADER, row.len - ROW_HEADER);
    if (read_u32be(row.ptr + LENGTH_AT) != value.len ||
        read_u32be(row.ptr + SUM_AT) != row_sum(key, row.ptr, value))
        return false;
    *ret = value;
    return true;
}
