// SPDX-License-Identifier: MIT
// Nothing here is trusted: bytes that could drive a terminal, those of UTF-8 among them
// (0x9b begins a control sequence), are blanks in the line.
#include "host/words.h"

void words_add(struct words *words, struct slice said)
{
    size_t old = words->len, len = said.len;

    if (len == 0)
        return;
    words->cut |= len > WORDS_MAX - old;
    if (len > WORDS_MAX) {
        said.ptr += len - WORDS_MAX;
        len = WORDS_MAX;
    }
    if (old > WORDS_MAX - len)
        old = WORDS_MAX - len;
    memmove(words->tail, words->tail + words->len - old, old);
    memcpy(words->tail + old, said.ptr, len);
    words->len = old + len;
}

void words_clear(struct words *words)
{
    words->len = 0;
    words->cut = false;
}

static bool is_blank(char c) { return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f; }

// An @ is a letter only within a word: user@host.
static bool is_frame(const struct words *words, size_t i)
{
    const char *tail = words->tail;

    if (tail[i] != '@')
        return false;
    return i == 0 || i + 1 == words->len || is_blank(tail[i - 1]) || is_blank(tail[i + 1]) ||
           tail[i - 1] == '@' || tail[i + 1] == '@';
}

// What stands between two words: nothing, a blank, or an end of line.
static size_t gap_add(char *text, size_t n, bool line_ends)
{
    if (n == 0)
        return 0;
    if (line_ends && !strchr(".,:;!?", text[n - 1]))
        text[n++] = ';';
    text[n++] = ' ';
    return n;
}

static size_t whole_from(const struct words *words)
{
    const char *end = words->cut ? memchr(words->tail, '\n', words->len) : NULL;

    return end ? (size_t)(end - words->tail) + 1 : 0;
}

const char *words_line(const struct words *words, char text[WORDS_TEXT])
{
    bool gap = false, line_ends = false;
    size_t n = 0;

    for (size_t i = whole_from(words); i < words->len; i++) {
        char c = words->tail[i];
        if (is_blank(c) || is_frame(words, i)) {
            gap = true;
            line_ends |= c == '\n';
            continue;
        }
        if (gap)
            n = gap_add(text, n, line_ends);
        text[n++] = c;
        gap = line_ends = false;
    }
    text[n] = '\0';
    return text;
}
