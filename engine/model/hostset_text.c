// SPDX-License-Identifier: MIT
// How a text becomes names: items are split outside brackets, and each is expanded
// by writing its pieces into one buffer, bracket by bracket; at its end the buffer
// holds a name, which is checked like any other. What may be expanded is counted, so
// that a short text cannot ask for more than HOSTSET_MAX names, said twice or not.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/hostset.h"

enum { NUMBER_DIGITS_MAX = 9 };

struct expansion {
    struct hostset *set;
    struct slice item;   // for messages
    char name[HOSTSET_NAME_MAX + 1];
    size_t len;
    size_t *made;        // names written so far, of the whole text
};

static int refuse(const struct expansion *x, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "hosts \"%.*s\": %s",
                   x->item.len < 80 ? (int)x->item.len : 80, (const char *)x->item.ptr, why);
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

// Takes a number off *s; its width counts.
static bool take_number(struct slice *s, uint32_t *value, size_t *width)
{
    size_t n = 0;

    *value = 0;
    while (n < s->len && n < NUMBER_DIGITS_MAX && is_digit(s->ptr[n]))
        *value = *value * 10 + (uint32_t)(s->ptr[n++] - '0');
    *width = n;
    *s = slice_of(s->ptr + n, s->len - n);
    return n > 0;
}

struct range {
    uint32_t first, last;
    int width; // at least; 1: as it comes
};

static int range_parse(const struct expansion *x, struct slice text, struct range *ret,
                       struct err *err)
{
    struct slice first = text, last;
    size_t width, last_width;
    bool padded;

    if (!take_number(&text, &ret->first, &width))
        return refuse(x, "a bracket holds numbers and ranges, as in web[01-12,20]", err);
    padded = width > 1 && first.ptr[0] == '0';
    ret->last = ret->first;
    ret->width = padded ? (int)width : 1;
    if (text.len == 0)
        return 0;
    if (text.ptr[0] != '-')
        return refuse(x, "a bracket holds numbers of at most 9 digits, and ranges", err);
    last = text = slice_of(text.ptr + 1, text.len - 1);
    if (!take_number(&text, &ret->last, &last_width) || text.len)
        return refuse(x, "a range is two numbers of at most 9 digits, as in 01-12", err);
    if (ret->last < ret->first)
        return refuse(x, "a range goes upwards", err);
    if (padded ? last_width != width : last_width > 1 && last.ptr[0] == '0')
        return refuse(x, "both ends of a range that begins with 0 have the same width", err);
    return 0;
}

static int expand(struct expansion *x, struct slice rest, struct err *err);

static int expand_range(struct expansion *x, const struct range *range, struct slice rest,
                        struct err *err)
{
    size_t front = x->len;
    int rc = 0;

    for (uint32_t n = range->first; rc == 0 && n <= range->last; n++) {
        int digits = snprintf(x->name + front, sizeof(x->name) - front, "%0*u", range->width, n);
        if ((size_t)digits >= sizeof(x->name) - front)
            return refuse(x, "a name of it is too long", err);
        x->len = front + (size_t)digits;
        rc = expand(x, rest, err);
    }
    x->len = front;
    return rc;
}

// rest is behind the "[".
static int expand_bracket(struct expansion *x, struct slice rest, struct err *err)
{
    const uint8_t *close = rest.len ? memchr(rest.ptr, ']', rest.len) : NULL;
    struct slice inside, behind;
    int rc = 0;

    if (!close)
        return refuse(x, "a bracket is not closed", err);
    inside = slice_of(rest.ptr, (size_t)(close - rest.ptr));
    behind = slice_of(close + 1, rest.len - inside.len - 1);
    for (bool more = true; rc == 0 && more;) {
        const uint8_t *comma = inside.len ? memchr(inside.ptr, ',', inside.len) : NULL;
        struct slice text = inside;
        struct range range = { 0 };
        more = comma;
        if (comma) {
            text.len = (size_t)(comma - inside.ptr);
            inside = slice_of(comma + 1, inside.len - text.len - 1);
        }
        rc = range_parse(x, text, &range, err);
        if (rc == 0)
            rc = expand_range(x, &range, behind, err);
    }
    return rc;
}

static int emit(struct expansion *x, struct err *err)
{
    if (++*x->made > HOSTSET_MAX)
        return err_set(err, -E2BIG, "hosts \"%.*s\": more than %d names",
                       x->item.len < 80 ? (int)x->item.len : 80, (const char *)x->item.ptr,
                       HOSTSET_MAX);
    return hostset_add(x->set, slice_of(x->name, x->len), err);
}

static int expand(struct expansion *x, struct slice rest, struct err *err)
{
    const uint8_t *open = rest.len ? memchr(rest.ptr, '[', rest.len) : NULL;
    size_t plain = open ? (size_t)(open - rest.ptr) : rest.len, front = x->len;
    int rc;

    if (plain > HOSTSET_NAME_MAX - front)
        return refuse(x, "a name of it is too long", err);
    memcpy(x->name + front, rest.len ? rest.ptr : (const uint8_t *)"", plain);
    x->len += plain;
    rc = open ? expand_bracket(x, slice_of(open + 1, rest.len - plain - 1), err) : emit(x, err);
    x->len = front;
    return rc;
}

static int check_item(const struct expansion *x, struct err *err)
{
    size_t brackets = 0;

    for (size_t i = 0; i < x->item.len; i++)
        brackets += x->item.ptr[i] == '[';
    if (x->item.len > HOSTSET_ITEM_MAX)
        return refuse(x, "it is too long", err);
    if (brackets > HOSTSET_BRACKETS_MAX)
        return refuse(x, "it has too many brackets", err);
    if (x->item.len && x->item.ptr[0] == '@')
        return refuse(x, "a group needs an inventory", err);
    return 0;
}

// ---- items

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Takes the next item, which may be empty, off *text.
static struct slice take_item(struct slice *text)
{
    size_t n = 0;
    bool inside = false;
    struct slice item;

    while (n < text->len && (inside || (text->ptr[n] != ',' && !is_space(text->ptr[n])))) {
        if (text->ptr[n] == '[' || text->ptr[n] == ']')
            inside = text->ptr[n] == '[';
        n++;
    }
    item = slice_of(text->ptr, n);
    n += n < text->len;
    *text = slice_of(text->ptr + n, text->len - n);
    return item;
}

bool hostset_next_item(struct slice *text, struct slice *ret)
{
    do {
        if (text->len == 0)
            return false;
        *ret = take_item(text);
    } while (ret->len == 0);
    return true;
}

static int read_items(struct slice text, struct hostset *adds, struct hostset *takes,
                      struct err *err)
{
    size_t made = 0;
    struct slice item;
    int rc = 0;

    while (rc == 0 && hostset_next_item(&text, &item)) {
        struct expansion x = { .set = adds, .item = item, .made = &made };
        if (item.ptr[0] == '!') {
            x.set = takes;
            item = slice_of(item.ptr + 1, item.len - 1);
        }
        rc = check_item(&(struct expansion){ .item = item }, err);
        if (rc == 0)
            rc = expand(&x, item, err);
    }
    return rc;
}

int hostset_add_text(struct hostset *set, struct slice text, struct err *err)
{
    struct hostset adds, takes;
    int rc;

    hostset_init(&adds);
    hostset_init(&takes);
    rc = read_items(text, &adds, &takes, err);
    if (rc == 0)
        rc = hostset_union(set, &adds, err);
    if (rc == 0)
        hostset_exclude(set, &takes);
    hostset_release(&adds);
    hostset_release(&takes);
    return rc;
}
