// SPDX-License-Identifier: MIT
// How: a pattern is taken apart into pieces, each plain text with a range behind it;
// how many names they make is known then, and refused before any is made. The n-th
// name writes n in the mixed base of the ranges, the rightmost the fastest.
#include "inventory/pattern.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

enum { NUMBER_DIGITS_MAX = 9, RANGES_MAX = 8 };

struct range {
    unsigned long first, last, step;
    int width;
    bool letters;
};

struct piece {
    struct slice plain;
    struct range range;
    unsigned long count; // of names the range makes; 1: there is none
};

struct expansion {
    struct slice pattern; // for messages
    struct piece pieces[RANGES_MAX + 1];
    size_t piece_count;
    unsigned long total;
};

static int refuse(const struct expansion *x, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "host \"%.*s\": %s",
                   x->pattern.len < 80 ? (int)x->pattern.len : 80, (const char *)x->pattern.ptr,
                   why);
}

// ---- the inside of a bracket

static bool number_of(struct slice text, unsigned long *ret)
{
    *ret = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i >= NUMBER_DIGITS_MAX)
            return false;
        *ret = *ret * 10 + (unsigned long)(text.ptr[i] - '0');
    }
    return text.len > 0;
}

static bool is_letter(struct slice text)
{
    return text.len == 1 && ((text.ptr[0] >= 'a' && text.ptr[0] <= 'z') ||
                             (text.ptr[0] >= 'A' && text.ptr[0] <= 'Z'));
}

static struct slice take_part(struct slice *text)
{
    const uint8_t *colon = text->len ? memchr(text->ptr, ':', text->len) : NULL;
    struct slice part = slice_of(text->ptr, colon ? (size_t)(colon - text->ptr) : text->len);

    *text = colon ? slice_of(colon + 1, text->len - part.len - 1) : slice_of(NULL, 0);
    return part;
}

static int letters_parse(const struct expansion *x, struct slice first, struct slice last,
                         struct range *ret, struct err *err)
{
    *ret = (struct range){ first.ptr[0], last.ptr[0], ret->step, 0, true };
    if (((ret->first ^ ret->last) & 0x20) || ret->last < ret->first)
        return refuse(x, "a range of letters goes upwards, in one case, as in [a:f]", err);
    return 0;
}

static int range_parse(const struct expansion *x, struct slice text, struct range *ret,
                       struct err *err)
{
    struct slice first = take_part(&text), last = take_part(&text);
    bool stepped = text.ptr;

    *ret = (struct range){ .step = 1, .width = 1 };
    if (stepped && (!number_of(text, &ret->step) || ret->step == 0))
        return refuse(x, "the step of a range is a number from 1, as in [1:9:2]", err);
    if (is_letter(first) && is_letter(last))
        return letters_parse(x, first, last, ret, err);
    if (first.len == 0 && first.ptr)
        first = SLICE("0");
    if (!number_of(first, &ret->first) || !number_of(last, &ret->last))
        return refuse(x, "a bracket holds a range, as in web[01:12] or db-[a:f]", err);
    if (ret->last < ret->first)
        return refuse(x, "a range goes upwards", err);
    if (first.len > 1 && first.ptr[0] == '0') {
        if (first.len != last.len)
            return refuse(x, "both ends of a range that begins with 0 have the same width", err);
        ret->width = (int)first.len;
    }
    return 0;
}

// ---- pieces

// rest is behind the "[", and is then behind the "]".
static int read_range(struct expansion *x, struct slice *rest, struct piece *piece,
                      struct err *err)
{
    const uint8_t *close = rest->len ? memchr(rest->ptr, ']', rest->len) : NULL;
    size_t inside = close ? (size_t)(close - rest->ptr) : 0;
    int rc;

    if (!close)
        return refuse(x, "a bracket is not closed", err);
    rc = range_parse(x, slice_of(rest->ptr, inside), &piece->range, err);
    if (rc < 0)
        return rc;
    assert(piece->range.step > 0);
    *rest = slice_of(close + 1, rest->len - inside - 1);
    piece->count = (piece->range.last - piece->range.first) / piece->range.step + 1;
    if (piece->count > HOSTSET_MAX || x->total * piece->count > HOSTSET_MAX)
        return err_set(err, -E2BIG, "host \"%.*s\": more than %d names",
                       x->pattern.len < 80 ? (int)x->pattern.len : 80,
                       (const char *)x->pattern.ptr, HOSTSET_MAX);
    x->total *= piece->count;
    return 0;
}

static int take_apart(struct expansion *x, struct slice rest, struct err *err)
{
    const uint8_t *open;
    int rc = 0;

    do {
        struct piece *piece = &x->pieces[x->piece_count++];
        open = rest.len ? memchr(rest.ptr, '[', rest.len) : NULL;
        *piece = (struct piece){ .plain = rest, .count = 1 };
        if (!open)
            break;
        piece->plain.len = (size_t)(open - rest.ptr);
        rest = slice_of(open + 1, rest.len - piece->plain.len - 1);
        rc = read_range(x, &rest, piece, err);
    } while (rc == 0);
    return rc;
}

static void write_nth(const struct range *range, unsigned long n, struct buf *name)
{
    unsigned long value = range->first + n * range->step;

    if (range->letters)
        buf_add_byte(name, (uint8_t)value);
    else
        buf_addf(name, "%0*lu", range->width, value);
}

// A name that is too long fails the buffer.
static void write_name(const struct expansion *x, unsigned long n, struct buf *name)
{
    unsigned long left = x->total;

    buf_clear(name);
    for (size_t i = 0; i < x->piece_count; i++) {
        const struct piece *piece = &x->pieces[i];
        buf_add_slice(name, piece->plain);
        if (i + 1 == x->piece_count)
            return; // the last one is plain
        left /= piece->count;
        write_nth(&piece->range, n / left, name);
        n %= left;
    }
}

static int expand(const struct expansion *x, struct hostset *names, struct err *err)
{
    struct buf name;
    int rc = 0;

    buf_init(&name, HOSTSET_NAME_MAX);
    for (unsigned long n = 0; rc == 0 && n < x->total; n++) {
        write_name(x, n, &name);
        if (buf_failed(&name) == -EFBIG)
            rc = refuse(x, "a name of it is too long", err);
        else if (buf_failed(&name))
            rc = err_set(err, -ENOMEM, "out of memory");
        else
            rc = hostset_add(names, buf_slice(&name), err);
    }
    buf_release(&name);
    return rc;
}

// ---- hosts

// Cuts ":2222" off the pattern; a colon inside a bracket is a range's.
static struct slice cut_port(struct slice *pattern)
{
    for (size_t i = pattern->len; i-- > 0 && pattern->ptr[i] != ']';)
        if (pattern->ptr[i] == ':') {
            struct slice port = slice_of(pattern->ptr + i + 1, pattern->len - i - 1);
            pattern->len = i;
            return port;
        }
    return slice_of(NULL, 0);
}

// name: the pattern without its port.
static int check(const struct expansion *x, struct slice name, struct slice port,
                 unsigned long *number, struct err *err)
{
    size_t brackets = 0, colons = 0;
    bool inside = false;

    for (size_t i = 0; i < name.len; i++) {
        brackets += name.ptr[i] == '[';
        if (name.ptr[i] == '[' || name.ptr[i] == ']')
            inside = name.ptr[i] == '[';
        colons += name.ptr[i] == ':' && !inside;
    }
    *number = 0;
    if (brackets > RANGES_MAX)
        return refuse(x, "it has too many brackets", err);
    if (colons)
        return refuse(x, "an IPv6 address goes into ~/.ssh/config, under a name", err);
    if (port.ptr && (!number_of(port, number) || *number == 0 || *number > 65535))
        return refuse(x, "a port is a number from 1 to 65535", err);
    return 0;
}

static int make_host(struct inventory *inventory, const char *name, struct node *group,
                     unsigned long port, const json_t *vars, unsigned line, struct err *err)
{
    struct node *host;
    int rc = tree_host(inventory, slice_str(name), line, &host, err);

    if (rc == 0 && group)
        rc = tree_add(inventory, group, host, err);
    if (rc == 0 && port)
        rc = tree_set(host, "ansible_port", json_integer((json_int_t)port), err);
    return rc < 0 ? rc : tree_set_all(host, vars, err);
}

int pattern_hosts(struct inventory *inventory, struct slice pattern, struct node *group,
                  const json_t *vars, unsigned line, struct err *err)
{
    struct hostset names;
    struct expansion x = { .pattern = pattern, .total = 1 };
    struct slice port = cut_port(&pattern);
    unsigned long number;
    int rc = check(&x, pattern, port, &number, err);

    hostset_init(&names);
    if (rc == 0)
        rc = take_apart(&x, pattern, err);
    if (rc == 0)
        rc = expand(&x, &names, err);
    for (size_t i = 0; rc == 0 && i < names.count; i++)
        rc = make_host(inventory, names.names[i], group, number, vars, line, err);
    hostset_release(&names);
    return rc;
}
