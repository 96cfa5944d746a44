// SPDX-License-Identifier: MIT
#include "inventory/ini_words.h"

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

static uint8_t take(struct slice *line)
{
    uint8_t c = line->ptr[0];

    *line = slice_of(line->ptr + 1, line->len - 1);
    return c;
}

// Behind the opening quote. In double quotes a backslash keeps itself, but before a
// quote or another one.
static bool take_quoted(struct slice *line, uint8_t quote, struct buf *word)
{
    while (line->len) {
        uint8_t c = take(line);
        if (c == quote)
            return true;
        if (c == '\\' && quote == '"' && line->len &&
            (line->ptr[0] == '"' || line->ptr[0] == '\\'))
            c = take(line);
        buf_add_byte(word, c);
    }
    return false;
}

int ini_next_word(struct slice *line, struct buf *word, struct err *err)
{
    bool any = false;

    buf_clear(word);
    while (line->len && is_space(line->ptr[0]))
        take(line);
    while (line->len && !is_space(line->ptr[0])) {
        uint8_t c = take(line);
        if (c == '#') {
            *line = slice_of(line->ptr, 0);
            break;
        }
        any = true;
        if (c == '"' || c == '\'') {
            if (!take_quoted(line, c, word))
                return err_set(err, ERR_USAGE, "a quote (%c) is not closed", c);
        } else if (c == '\\' && line->len) {
            buf_add_byte(word, take(line));
        } else {
            buf_add_byte(word, c);
        }
    }
    return any;
}
