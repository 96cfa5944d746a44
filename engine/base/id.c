// SPDX-License-Identifier: MIT
#include "base/id.h"

#include <errno.h>

struct uuid uuid_from_random(const uint8_t random[16])
{
    struct uuid id;

    memcpy(id.bytes, random, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40); // version 4
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80); // RFC variant
    return id;
}

static bool dash_before(size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

const char *uuid_format(struct uuid id, char text[UUID_TEXT])
{
    static const char digit[] = "0123456789abcdef";
    char *at = text;

    for (size_t i = 0; i < sizeof(id.bytes); i++) {
        if (dash_before(i))
            *at++ = '-';
        *at++ = digit[id.bytes[i] >> 4];
        *at++ = digit[id.bytes[i] & 15];
    }
    *at = 0;
    return text;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int uuid_parse(struct slice text, struct uuid *ret)
{
    struct uuid id;
    size_t at = 0;

    if (text.len != UUID_TEXT - 1)
        return -EINVAL;
    for (size_t i = 0; i < sizeof(id.bytes); i++) {
        int high, low;
        if (dash_before(i) && text.ptr[at++] != '-')
            return -EINVAL;
        high = hex_value(text.ptr[at++]);
        low = hex_value(text.ptr[at++]);
        if (high < 0 || low < 0)
            return -EINVAL;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret = id;
    return 0;
}

bool uuid_equal(struct uuid a, struct uuid b) { return memcmp(&a, &b, sizeof(a)) == 0; }

bool uuid_is_nil(struct uuid id) { return uuid_equal(id, (struct uuid){ 0 }); }
