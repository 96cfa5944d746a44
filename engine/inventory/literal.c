// SPDX-License-Identifier: MIT
// How: a reader that gives up at the first byte that fits no literal; the whole text
// is a string then.
#include "inventory/literal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

enum { DEPTH_MAX = 32, NUMBER_MAX = 40 };

struct reader {
    struct slice rest;
    unsigned depth;
};

static json_t *read_value(struct reader *r);

static void skip_spaces(struct reader *r)
{
    while (r->rest.len && (r->rest.ptr[0] == ' ' || r->rest.ptr[0] == '\t'))
        r->rest = slice_of(r->rest.ptr + 1, r->rest.len - 1);
}

// The next byte behind spaces; 0: none.
static uint8_t peek(struct reader *r)
{
    skip_spaces(r);
    return r->rest.len ? r->rest.ptr[0] : 0;
}

static bool take(struct reader *r, uint8_t c)
{
    if (peek(r) != c || !r->rest.len)
        return false;
    r->rest = slice_of(r->rest.ptr + 1, r->rest.len - 1);
    return true;
}

// ---- text and words

static bool take_escaped(struct reader *r, struct buf *text)
{
    static const char from[] = "\\'\"nrt", to[] = "\\'\"\n\r\t";
    const char *at;

    if (!r->rest.len || !r->rest.ptr[0] || !(at = strchr(from, r->rest.ptr[0])))
        return false;
    buf_add_byte(text, (uint8_t)to[at - from]);
    r->rest = slice_of(r->rest.ptr + 1, r->rest.len - 1);
    return true;
}

static json_t *read_text(struct reader *r, uint8_t quote)
{
    json_t *ret = NULL;
    bool going = true;
    struct buf text;

    buf_init(&text, 0);
    while (going && r->rest.len) {
        uint8_t c = r->rest.ptr[0];
        r->rest = slice_of(r->rest.ptr + 1, r->rest.len - 1);
        if (c == quote) {
            ret = json_stringn(buf_cstr(&text), text.len);
            going = false;
        } else if (c == '\\') {
            going = take_escaped(r, &text);
        } else {
            buf_add_byte(&text, c);
        }
    }
    if (buf_failed(&text)) {
        json_decref(ret);
        ret = NULL;
    }
    buf_release(&text);
    return ret;
}

static bool is_word_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' ||
           c == '+' || c == '-' || c == '_';
}

// Python's whole numbers have no zero in front: 0644 is text, and stays what it is.
static json_t *number_json(const char *word)
{
    const char *digits = word + (word[0] == '-' || word[0] == '+');
    char *end;
    double real;

    if (strspn(digits, "0123456789") == strlen(digits)) {
        long long whole;
        if (!*digits || (digits[0] == '0' && digits[1]))
            return NULL;
        errno = 0;
        whole = strtoll(word, &end, 10);
        return errno ? NULL : json_integer(whole);
    }
    if (strspn(digits, "0123456789.eE+-") != strlen(digits) || strchr("eE", digits[0]))
        return NULL;
    real = strtod(word, &end);
    return *end || !isfinite(real) ? NULL : json_real(real);
}

static json_t *read_word(struct reader *r)
{
    char word[NUMBER_MAX + 1];
    size_t n = 0;

    while (n < r->rest.len && is_word_byte(r->rest.ptr[n]))
        n++;
    if (n == 0 || n > NUMBER_MAX)
        return NULL;
    memcpy(word, r->rest.ptr, n);
    word[n] = 0;
    r->rest = slice_of(r->rest.ptr + n, r->rest.len - n);
    if (strcmp(word, "True") == 0 || strcmp(word, "False") == 0)
        return json_boolean(word[0] == 'T');
    return strcmp(word, "None") == 0 ? json_null() : number_json(word);
}

// ---- lists, tuples, dicts

static bool add_item(struct reader *r, json_t *list)
{
    json_t *item = read_value(r);

    return item && json_array_append_new(list, item) == 0;
}

static bool add_member(struct reader *r, json_t *object)
{
    json_t *key = read_value(r), *value = NULL;
    int rc = -1;

    if (json_is_string(key) && take(r, ':'))
        value = read_value(r);
    if (value)
        rc = json_object_set_new(object, json_string_value(key), value);
    json_decref(key);
    return rc == 0;
}

static json_t *read_many(struct reader *r, json_t *many, uint8_t close)
{
    bool fine = many != NULL;

    while (fine && !take(r, close)) {
        fine = json_is_array(many) ? add_item(r, many) : add_member(r, many);
        if (fine && !take(r, ','))
            fine = peek(r) == close;
    }
    if (fine)
        return many;
    json_decref(many);
    return NULL;
}

static json_t *read_value(struct reader *r)
{
    json_t *ret;

    if (r->depth == DEPTH_MAX)
        return NULL;
    r->depth++;
    if (take(r, '['))
        ret = read_many(r, json_array(), ']');
    else if (take(r, '('))
        ret = read_many(r, json_array(), ')');
    else if (take(r, '{'))
        ret = read_many(r, json_object(), '}');
    else if (take(r, '"'))
        ret = read_text(r, '"');
    else
        ret = take(r, '\'') ? read_text(r, '\'') : read_word(r);
    r->depth--;
    return ret;
}

json_t *literal_json(struct slice text)
{
    struct reader r = { text, 0 };
    json_t *ret = read_value(&r);

    if (ret && peek(&r) == 0 && r.rest.len == 0)
        return ret;
    json_decref(ret);
    return json_stringn(text.len ? (const char *)text.ptr : "", text.len);
}
