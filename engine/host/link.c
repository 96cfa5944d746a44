// SPDX-License-Identifier: MIT
#include "host/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const char *link_event_name(enum link_event_type type)
{
    static const char *const names[] = {
#define X(id, text) [LINK_##id] = text,
        LINK_EVENTS(X)
#undef X
    };

    return type < LINK_EVENT_COUNT ? names[type] : "unknown";
}

const char *link_end_name(enum link_end end)
{
    static const char *const names[] = {
#define X(id, text) [LINK_END_##id] = text,
        LINK_ENDS(X)
#undef X
    };

    return end < sizeof(names) / sizeof(names[0]) ? names[end] : "unknown";
}

const char *link_key_format(struct link_key key, char text[LINK_KEY_TEXT])
{
    uuid_format(key.job, text);
    snprintf(text + UUID_TEXT - 1, LINK_KEY_TEXT - (UUID_TEXT - 1), "-%" PRIu64, key.intent_no);
    return text;
}

// One way to write a number: no sign, no leading zero, nothing beyond 64 bits.
static int number_parse(struct slice text, uint64_t *ret)
{
    uint64_t n = 0;

    if (text.len == 0 || (text.ptr[0] == '0' && text.len > 1))
        return -EINVAL;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.ptr[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return -EINVAL;
        n = n * 10 + digit;
    }
    *ret = n;
    return 0;
}

int link_key_parse(struct slice text, struct link_key *ret)
{
    const size_t at = UUID_TEXT - 1;

    if (text.len < at + 2 || text.ptr[at] != '-')
        return -EINVAL;
    if (uuid_parse(slice_of(text.ptr, at), &ret->job) < 0)
        return -EINVAL;
    return number_parse(slice_of(text.ptr + at + 1, text.len - at - 1), &ret->intent_no);
}

bool link_key_equal(struct link_key a, struct link_key b)
{
    return a.intent_no == b.intent_no && uuid_equal(a.job, b.job);
}
