// SPDX-License-Identifier: MIT
// How: just enough of Lua's lexer to tell code from strings and comments. A word
// `require` that is no field of something, followed by a string, is a find.
#include "base/require.h"

#include <assert.h>
#include <string.h>

struct scan {
    const uint8_t *at, *end;
    unsigned line;
};

static int peek(const struct scan *s, size_t n)
{
    return (size_t)(s->end - s->at) > n ? s->at[n] : -1;
}

static void skip(struct scan *s)
{
    s->line += *s->at == '\n';
    s->at++;
}

static bool is_word(int c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// At "[", "[=", ...: how many '=' a long bracket that opens here has; -1: it is none.
static int long_level(const struct scan *s)
{
    size_t n = 1;

    while (peek(s, n) == '=')
        n++;
    return peek(s, n) == '[' ? (int)n - 1 : -1;
}

static bool closes(const struct scan *s, int level)
{
    for (int i = 0; i < level; i++)
        if (peek(s, (size_t)i + 1) != '=')
            return false;
    return peek(s, 0) == ']' && peek(s, (size_t)level + 1) == ']';
}

// Takes a long string and gives what is in it.
static struct slice take_long(struct scan *s, int level)
{
    const uint8_t *from = s->at + level + 2, *to;

    s->at = from;
    while (s->at < s->end && !closes(s, level))
        skip(s);
    to = s->at;
    if (s->at < s->end)
        s->at += level + 2;
    return slice_of(from, (size_t)(to - from));
}

static struct slice take_quoted(struct scan *s)
{
    int quote = *s->at++;
    const uint8_t *from = s->at, *to;

    while (s->at < s->end && *s->at != quote && *s->at != '\n') {
        if (*s->at == '\\' && s->end - s->at > 1)
            skip(s);
        skip(s);
    }
    to = s->at;
    if (peek(s, 0) == quote)
        s->at++;
    return slice_of(from, (size_t)(to - from));
}

static void skip_comment(struct scan *s)
{
    int level;

    s->at += 2;
    level = peek(s, 0) == '[' ? long_level(s) : -1;
    if (level >= 0) {
        take_long(s, level);
        return;
    }
    while (s->at < s->end && *s->at != '\n')
        s->at++;
}

static bool is_comment(const struct scan *s) { return peek(s, 0) == '-' && peek(s, 1) == '-'; }

static void skip_blank(struct scan *s)
{
    for (;;) {
        if (is_comment(s))
            skip_comment(s);
        else if (is_space(peek(s, 0)))
            skip(s);
        else
            return;
    }
}

static bool take_string(struct scan *s, struct slice *ret)
{
    int c = peek(s, 0);
    int level = c == '[' ? long_level(s) : -1;

    if (level >= 0)
        *ret = take_long(s, level);
    else if (c == '"' || c == '\'')
        *ret = take_quoted(s);
    else
        return false;
    return true;
}

static struct slice take_word(struct scan *s)
{
    const uint8_t *from = s->at;

    while (is_word(peek(s, 0)))
        s->at++;
    return slice_of(from, (size_t)(s->at - from));
}

// Behind the word: its string, in parentheses or not.
static bool take_name(struct scan *s, struct slice *ret)
{
    skip_blank(s);
    if (peek(s, 0) == '(') {
        s->at++;
        skip_blank(s);
    }
    return take_string(s, ret);
}

// Punctuation. True when what follows is a field's name: behind one dot or colon.
static bool take_mark(struct scan *s)
{
    int c = peek(s, 0);
    size_t run = 1;

    if (c != '.' && c != ':') {
        s->at++;
        return false;
    }
    while (peek(s, run) == c)
        run++;
    s->at += run;
    return run == 1;
}

bool require_next(struct slice text, struct require *ret)
{
    struct scan s = { text.ptr + ret->next, text.ptr + text.len, ret->next_line };
    bool found = false, field = false;

    while (!found && (skip_blank(&s), s.at < s.end)) {
        struct slice ignored;
        ret->line = s.line + 1;
        if (is_word(peek(&s, 0))) {
            found = slice_is(take_word(&s), "require") && !field && take_name(&s, &ret->name);
            field = false;
        } else if (!take_string(&s, &ignored)) {
            field = take_mark(&s);
        }
    }
    ret->next = (size_t)(s.at - text.ptr);
    ret->next_line = s.line;
    return found;
}

bool require_is_name(struct slice name)
{
    bool begun = false; // a word of it

    for (size_t i = 0; i < name.len; i++) {
        bool dot = name.ptr[i] == '.';
        if (dot ? !begun : !is_word(name.ptr[i]) && name.ptr[i] != '-')
            return false;
        begun = !dot;
    }
    return begun && name.len <= MODULE_NAME_MAX;
}

void require_path(struct slice name, char path[MODULE_NAME_MAX + 8])
{
    assert(name.len <= MODULE_NAME_MAX);
    for (size_t i = 0; i < name.len; i++)
        path[i] = name.ptr[i] == '.' ? '/' : (char)name.ptr[i];
    memcpy(path + name.len, ".lua", 5);
}
