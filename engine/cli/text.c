// SPDX-License-Identifier: MIT
// Widths come from the C library (wcwidth under C.UTF-8, set once in cli_main);
// where it knows none, a character counts as one column.
#include "cli/text.h"

#include <wchar.h>

static size_t sequence_length(uint8_t lead)
{
    return lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3
           : lead < 0xf5 ? 4 : 0;
}

// Overlong forms, surrogates and what lies beyond U+10FFFF are no sequences.
static bool code_is_valid(uint32_t code, size_t n)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };

    return code >= lowest[n] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t text_sequence(struct slice text, size_t at, uint32_t *ret_code)
{
    static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    size_t n = sequence_length(text.ptr[at]);
    uint32_t code;

    if (n == 0 || n > text.len - at)
        return 0;
    code = text.ptr[at] & mask[n];
    for (size_t i = 1; i < n; i++) {
        if ((text.ptr[at + i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text.ptr[at + i] & 0x3f);
    }
    *ret_code = code;
    return code_is_valid(code, n) ? n : 0;
}

size_t text_unfinished(struct slice text)
{
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        uint8_t byte = text.ptr[text.len - back];
        if ((byte & 0xc0) == 0x80)
            continue;
        return sequence_length(byte) > back ? back : 0;
    }
    return 0;
}

static bool code_is_bidi(uint32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static bool code_drives(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code_is_bidi(code) ||
           code == 0x2028 || code == 0x2029;
}

// Outside its texts JSON has no controls but white space, which stays.
static void escape_json(uint32_t code, struct slice raw, struct buf *out)
{
    if (code >= 0x20 && code_drives(code))
        buf_addf(out, "\\u%04x", (unsigned)code);
    else
        buf_add_slice(out, raw);
}

static void escape_code(uint32_t code, struct slice raw, enum escape escape, struct buf *out)
{
    if (escape == ESCAPE_JSON)
        escape_json(code, raw, out);
    else if (escape == ESCAPE_INDENT && code == '\n')
        buf_add_str(out, "\n    ");
    else if (escape == ESCAPE_INDENT && code == '\t')
        buf_add_slice(out, raw);
    else if (escape == ESCAPE_KEEP_LINES && (code == '\n' || code == '\t'))
        buf_add_slice(out, raw);
    else if (code == '\n')
        buf_add_str(out, "\\n");
    else if (code == '\t')
        buf_add_str(out, "\\t");
    else if (code < 0x20 || code == 0x7f)
        buf_addf(out, "\\x%02x", (unsigned)code);
    else if (code_drives(code))
        buf_addf(out, "\\u{%04x}", (unsigned)code);
    else
        buf_add_slice(out, raw);
}

// Most of most texts: bytes that are themselves, taken together.
static size_t plain_length(struct slice text, size_t at)
{
    size_t n = at;

    while (n < text.len && text.ptr[n] >= 0x20 && text.ptr[n] < 0x7f)
        n++;
    return n - at;
}

void text_escape(struct slice text, enum escape escape, struct buf *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t plain = plain_length(text, at), n;
        uint32_t code;
        buf_add(out, text.ptr + at, plain);
        at += plain;
        if (at == text.len)
            break;
        n = text_sequence(text, at, &code);
        if (n)
            escape_code(code, slice_of(text.ptr + at, n), escape, out);
        else
            buf_addf(out, "\\x%02x", text.ptr[at]);
        at += n ? n : 1;
    }
}

static size_t code_width(uint32_t code)
{
    int width = wcwidth((wchar_t)code);

    return width < 0 ? 1 : (size_t)width;
}

size_t text_width(struct slice text)
{
    size_t width = 0;

    for (size_t at = 0; at < text.len;) {
        size_t plain = plain_length(text, at), n;
        uint32_t code = 0;
        width += plain;
        at += plain;
        if (at == text.len)
            break;
        n = text_sequence(text, at, &code);
        width += n ? code_width(code) : 1;
        at += n ? n : 1;
    }
    return width;
}

void text_fit(struct slice text, size_t width, struct buf *out)
{
    size_t used = 0, at = 0;

    if (text_width(text) <= width) {
        buf_add_slice(out, text);
        return;
    }
    while (at < text.len) {
        uint32_t code = 0;
        size_t n = text_sequence(text, at, &code);
        size_t w = n ? code_width(code) : 1;
        if (used + w + 1 > width)
            break;
        used += w;
        at += n ? n : 1;
    }
    buf_add(out, text.ptr, at);
    if (width > 0)
        buf_add_str(out, "\xe2\x80\xa6");
}
