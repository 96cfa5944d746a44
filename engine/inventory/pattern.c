// SPDX-License-Identifier: MIT
// How: the pieces of a pattern are written into one buffer, range by range, the
// leftmost slowest; at its end the buffer holds a name. What is made is counted.
#include "inventory/pattern.h"

#include <errno.h>
#include <stdio.h>

enum { NUMBER_DIGITS_MAX = 9, RANGES_MAX = 8 };

struct expansion {
    struct hostset *names;
    struct slice pattern;          // for messages
    char name[HOSTSET_NAME_MAX + 1];
    size_t len, made;
};

static int refuse(const struct expansion *x, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "host \"%.*s\": %s",
                   x->pattern.len < 80 ? (int)x->pattern.len : 80, (const char *)x->pattern.ptr,
                   why);
}

struct range {
    unsigned long first, last, step;
    int width;
    bool letters;
};

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

// ---- expanding

static int expand(struct expansion *x, struct slice rest, struct err *err);

static int expand_range(struct expansion *x, const struct range *range, struct slice rest,
                        struct err *err)
{
    size_t front = x->len;
    int rc = 0;

    for (unsigned long n = range->first; rc == 0 && n <= range->last; n += range->step) {
        int added = snprintf(x->name + front, sizeof(x->name) - front,
                             range->letters ? "%c" : "%0*d", range->letters ? (int)n : range->width,
                             (int)n);
        if ((size_t)added >= sizeof(x->name) - front)
            return refuse(x, "a name of it is too long", err);
        x->len = front + (size_t)added;
        rc = expand(x, rest, err);
    }
    x->len = front;
    return rc;
}

static int expand_bracket(struct expansion *x, struct slice rest, struct err *err)
{
    const uint8_t *close = rest.len ? memchr(rest.ptr, ']', rest.len) : NULL;
    struct range range;
    size_t inside;
    int rc;

    if (!close)
        return refuse(x, "a bracket is not closed", err);
    inside = (size_t)(close - rest.ptr);
    rc = range_parse(x, slice_of(rest.ptr, inside), &range, err);
    return rc < 0 ? rc : expand_range(x, &range, slice_of(close + 1, rest.len - inside - 1), err);
}

static int expand(struct expansion *x, struct slice rest, struct err *err)
{
    const uint8_t *open = rest.len ? memchr(rest.ptr, '[', rest.len) : NULL;
    size_t plain = open ? (size_t)(open - rest.ptr) : rest.len, front = x->len;
    int rc;

    if (plain > HOSTSET_NAME_MAX - front)
        return refuse(x, "a name of it is too long", err);
    if (plain)
        memcpy(x->name + front, rest.ptr, plain);
    x->len += plain;
    if (open)
        rc = expand_bracket(x, slice_of(open + 1, rest.len - plain - 1), err);
    else if (++x->made > HOSTSET_MAX)
        rc = err_set(err, -E2BIG, "host \"%.*s\": more than %d names",
                     x->pattern.len < 80 ? (int)x->pattern.len : 80,
                     (const char *)x->pattern.ptr, HOSTSET_MAX);
    else
        rc = hostset_add(x->names, slice_of(x->name, x->len), err);
    x->len = front;
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
    struct expansion x = { .names = &names, .pattern = pattern };
    struct slice port = cut_port(&pattern);
    unsigned long number;
    int rc = check(&x, pattern, port, &number, err);

    hostset_init(&names);
    if (rc == 0)
        rc = expand(&x, pattern, err);
    for (size_t i = 0; rc == 0 && i < names.count; i++)
        rc = make_host(inventory, names.names[i], group, number, vars, line, err);
    hostset_release(&names);
    return rc;
}
