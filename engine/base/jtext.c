// SPDX-License-Identifier: MIT
#include "base/jtext.h"

#include <string.h>

// The first continuation byte of some leads has a narrower range: that excludes
// overlong forms, surrogates, and what lies beyond U+10FFFF.
static bool second_is_valid(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return second >= 0x80 && second <= 0xbf;
    }
}

size_t jtext_sequence(struct slice s, size_t at)
{
    uint8_t lead = s.ptr[at];
    size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3
               : lead < 0xf5 ? 4 : 0;

    if (n > s.len - at || (n > 1 && !second_is_valid(lead, s.ptr[at + 1])))
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s.ptr[at + i] & 0xc0) != 0x80)
            return 0;
    return n;
}

// Eight bytes at once: a word's highest bits tell which of its bytes are meant.
static const uint64_t each = 0x0101010101010101, highest = 0x8080808080808080;

static bool word_at(struct slice s, size_t at, uint64_t *word)
{
    if (s.len - at < sizeof(*word))
        return false;
    memcpy(word, s.ptr + at, sizeof(*word));
    return true;
}

static bool is_ascii_word(struct slice s, size_t at)
{
    uint64_t word;

    return word_at(s, at, &word) && (word & highest) == 0;
}

bool jtext_is_utf8(struct slice text)
{
    for (size_t at = 0, n; at < text.len; at += n) {
        n = is_ascii_word(text, at) ? sizeof(uint64_t) : jtext_sequence(text, at);
        if (n == 0)
            return false;
    }
    return true;
}

static const char letters[] = "\"\"\\\\b\bf\fn\nr\rt\t"; // what follows a backslash, and its meaning

static bool is_plain(uint8_t byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; }

// Not 0 when a byte of the word is below n (n <= 128).
static uint64_t has_less(uint64_t word, uint8_t n) { return (word - each * n) & ~word & highest; }

static bool is_plain_word(uint64_t word)
{
    return (has_less(word, 0x20) | has_less(word ^ each * '"', 1) |
            has_less(word ^ each * '\\', 1)) == 0;
}

static size_t run_of(struct slice text, size_t at)
{
    size_t end = at;
    uint64_t word;

    while (word_at(text, end, &word) && is_plain_word(word))
        end += sizeof(word);
    while (end < text.len && is_plain(text.ptr[end]))
        end++;
    return end - at;
}

static void escape(uint8_t byte, struct buf *out)
{
    for (const char *l = letters; *l; l += 2)
        if ((uint8_t)l[1] == byte) {
            buf_add(out, (const char[]){ '\\', l[0] }, 2);
            return;
        }
    buf_addf(out, "\\u%04x", byte);
}

void jtext_quote(struct slice text, struct buf *out)
{
    buf_add_byte(out, '"');
    for (size_t at = 0, n; at < text.len; at += n + 1) {
        n = run_of(text, at);
        buf_add(out, text.ptr + at, n);
        if (at + n < text.len)
            escape(text.ptr[at + n], out);
    }
    buf_add_byte(out, '"');
}

static int hex_digit(uint8_t byte)
{
    const char *digits = "0123456789abcdef", *at = byte ? strchr(digits, byte) : NULL;

    return at ? (int)(at - digits) : -1;
}

// What stands behind a backslash; the bytes it takes, 0: not one of ours.
static size_t unescape(struct slice in, struct buf *out)
{
    if (in.len == 0)
        return 0;
    for (const char *l = letters; *l; l += 2)
        if ((uint8_t)l[0] == in.ptr[0]) {
            buf_add_byte(out, (uint8_t)l[1]);
            return 1;
        }
    if (in.len < 5 || memcmp(in.ptr, "u00", 3) != 0)
        return 0;
    int high = hex_digit(in.ptr[3]), low = hex_digit(in.ptr[4]);
    if (high < 0 || high > 1 || low < 0)
        return 0;
    buf_add_byte(out, (uint8_t)(16 * high + low));
    return 5;
}

size_t jtext_unquote(struct slice in, struct buf *out)
{
    size_t at = 1, n;

    while (at < in.len) {
        n = run_of(in, at);
        buf_add(out, in.ptr + at, n);
        at += n;
        if (at == in.len || in.ptr[at] < 0x20)
            return 0;
        if (in.ptr[at] == '"')
            return at + 1;
        at++;
        n = unescape(slice_of(in.ptr + at, in.len - at), out);
        if (n == 0)
            return 0;
        at += n;
    }
    return 0;
}
