// SPDX-License-Identifier: MIT
#include "base/size.h"

#include <stdio.h>

static const char units[] = "KMGT";

static bool is_digit(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

// What the letter at the end multiplies by; 0: it is none.
static int64_t unit_of(struct slice text)
{
    int64_t unit = 1;
    char letter = text.len ? (char)(text.ptr[0] & ~0x20) : 0;

    if (text.len == 0)
        return 1;
    for (const char *u = units; *u; u++) {
        unit *= 1024;
        if (*u != letter)
            continue;
        text = slice_of(text.ptr + 1, text.len - 1);
        return text.len == 0 || slice_is(text, "B") || slice_is(text, "b") ||
                       slice_is(text, "iB") || slice_is(text, "ib") ? unit : 0;
    }
    return slice_is(text, "B") || slice_is(text, "b") ? 1 : 0;
}

bool size_from_text(struct slice text, int64_t *bytes)
{
    int64_t whole = 0, part = 0, scale = 1, unit, sum;
    size_t at = 0;

    for (; is_digit(text, at); at++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, text.ptr[at] - '0', &whole))
            return false;
    if (at == 0)
        return false;
    if (at < text.len && text.ptr[at] == '.' && is_digit(text, at + 1))
        for (at++; is_digit(text, at); at++)
            if (scale < 1000000) { // the rest is less than a byte of a MiB
                part = part * 10 + (text.ptr[at] - '0');
                scale *= 10;
            }
    unit = unit_of(slice_of(text.ptr + at, text.len - at));
    if (unit == 0 || (unit == 1 && scale > 1) || __builtin_mul_overflow(whole, unit, &sum) ||
        __builtin_add_overflow(sum, unit / scale * part + unit % scale * part / scale, &sum))
        return false;
    *bytes = sum;
    return true;
}

const char *size_format(uint64_t bytes, char text[SIZE_TEXT])
{
    double size = (double)bytes;
    size_t unit = 0;

    while (size >= 1023.95 && unit < sizeof(units) - 1) {
        size /= 1024;
        unit++;
    }
    if (unit == 0)
        snprintf(text, SIZE_TEXT, "%.0f B", size);
    else
        snprintf(text, SIZE_TEXT, "%.1f %ciB", size, units[unit - 1]);
    return text;
}
