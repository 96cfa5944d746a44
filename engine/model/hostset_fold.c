// SPDX-License-Identifier: MIT
// How: passes over a list of items, at first the names. In each, a run of neighbours
// that differ in one number only becomes one item with a bracket there; the number
// must stand left of all brackets, because the leftmost varies slowest. Of the
// numbers of an item the one with the longest run wins. Passes end when one folds
// nothing. It is greedy: the text is short, not always the shortest there is.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/hostset.h"

enum { NUMBER_DIGITS_MAX = 9 };

struct items {
    char **at;
    size_t count;
};

struct field { // of an item: a whole run of digits
    size_t from, len;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits_at(const char *s)
{
    size_t n = 0;

    while (is_digit(s[n]))
        n++;
    return n;
}

// The next number at or behind field->from, left of all brackets.
static bool field_next(const char *item, struct field *field)
{
    size_t i = field->from;

    for (; item[i] && item[i] != '['; i++) {
        if (!is_digit(item[i]))
            continue;
        *field = (struct field){ i, digits_at(item + i) };
        if (field->len <= NUMBER_DIGITS_MAX)
            return true;
        i += field->len - 1;
    }
    return false;
}

// Is b the same item as a, but for the number in that field? Gives b's.
static bool differs_in(const char *a, struct field field, const char *b, struct field *ret)
{
    *ret = (struct field){ field.from, 0 };
    if (strncmp(a, b, field.from) != 0)
        return false;
    ret->len = digits_at(b + field.from);
    return ret->len > 0 && ret->len <= NUMBER_DIGITS_MAX &&
           strcmp(a + field.from + field.len, b + field.from + ret->len) == 0;
}

static size_t run_of(const struct items *items, size_t i, struct field field)
{
    struct field other;
    size_t n = 1;

    while (i + n < items->count && differs_in(items->at[i], field, items->at[i + n], &other))
        n++;
    return n;
}

// ---- the inside of a bracket

struct number {
    const char *text;
    size_t len;
};

static struct number number_of(const char *item, size_t from)
{
    return (struct number){ item + from, digits_at(item + from) };
}

static unsigned long value_of(struct number n) { return strtoul(n.text, NULL, 10); }

// May b follow a in a range that began with `first`, whose width rules?
static bool follows(struct number first, struct number a, struct number b)
{
    bool padded = first.len > 1 && first.text[0] == '0';

    if (value_of(b) != value_of(a) + 1)
        return false;
    return padded ? b.len == first.len : b.text[0] != '0';
}

static void add_ranges(const struct items *items, size_t i, size_t count, size_t from,
                       struct buf *buf)
{
    for (size_t k = 0; k < count;) {
        struct number first = number_of(items->at[i + k], from), last = first;
        size_t n = 1;
        for (; k + n < count; n++) {
            struct number next = number_of(items->at[i + k + n], from);
            if (!follows(first, last, next))
                break;
            last = next;
        }
        if (k)
            buf_add_byte(buf, ',');
        buf_add(buf, first.text, first.len);
        if (n > 1) {
            buf_add_byte(buf, '-');
            buf_add(buf, last.text, last.len);
        }
        k += n;
    }
}

static void compose(const struct items *items, size_t i, size_t count, struct field field,
                    struct buf *buf)
{
    const char *item = items->at[i];

    buf_clear(buf);
    buf_add(buf, item, field.from);
    buf_add_byte(buf, '[');
    add_ranges(items, i, count, field.from, buf);
    buf_add_byte(buf, ']');
    buf_add_str(buf, item + field.from + field.len);
}

// ---- passes

static size_t length_of(const struct items *items, size_t i, size_t count)
{
    size_t len = count - 1; // commas

    for (size_t k = 0; k < count; k++)
        len += strlen(items->at[i + k]);
    return len;
}

// The longest run that begins at i; *folded: its text, in buf, is not longer.
static size_t best_run(const struct items *items, size_t i, struct buf *buf, bool *folded)
{
    struct field field = { 0, 0 }, best = { 0, 0 };
    size_t run = 1;

    while (field_next(items->at[i], &field)) {
        size_t n = run_of(items, i, field);
        if (n >= run) { // of equal ones the rightmost: it varies fastest
            run = n;
            best = field;
        }
        field.from += field.len;
    }
    if (run > 1)
        compose(items, i, run, best, buf);
    *folded = run > 1 && !buf_failed(buf) && buf->len <= length_of(items, i, run);
    return run;
}

static void items_release(struct items *items)
{
    for (size_t i = 0; i < items->count; i++)
        free(items->at[i]);
    free(items->at);
}

// Moves a run of items down to `to`.
static size_t keep(struct items *items, size_t i, size_t run, size_t to)
{
    for (size_t k = 0; k < run; k++)
        items->at[to++] = items->at[i + k];
    return to;
}

// Puts the text in place of a run.
static int replace(struct items *items, size_t i, size_t run, const char *text, size_t to)
{
    char *copy = strdup(text);

    if (!copy)
        return -ENOMEM;
    for (size_t k = 0; k < run; k++)
        free(items->at[i + k]);
    items->at[to] = copy;
    return 0;
}

// Folds the items in place; 1: something was, 0: nothing, negative: no memory.
static int pass(struct items *items, struct buf *buf)
{
    size_t to = 0, i = 0;
    int rc = 0, any = 0;

    while (rc == 0 && i < items->count) {
        bool folded;
        size_t run = best_run(items, i, buf, &folded);
        rc = buf_failed(buf);
        if (rc == 0 && folded)
            rc = replace(items, i, run, buf_cstr(buf), to);
        if (rc < 0)
            break;
        to = folded ? to + 1 : keep(items, i, run, to);
        any |= folded;
        i += run;
    }
    items->count = keep(items, i, items->count - i, to);
    return rc < 0 ? rc : any;
}

static int items_copy(const struct hostset *set, struct items *ret)
{
    *ret = (struct items){ .at = calloc(set->count ? set->count : 1, sizeof(char *)) };
    if (!ret->at)
        return -ENOMEM;
    while (ret->count < set->count) {
        ret->at[ret->count] = strdup(set->names[ret->count]);
        if (!ret->at[ret->count])
            return -ENOMEM;
        ret->count++;
    }
    return 0;
}

int hostset_fold(const struct hostset *set, struct buf *ret, struct err *err)
{
    struct items items;
    struct buf buf;
    int rc = items_copy(set, &items), more = 1;

    buf_init(&buf, 0);
    for (int i = 0; rc == 0 && more && i < HOSTSET_BRACKETS_MAX; i++) {
        more = pass(&items, &buf);
        rc = more < 0 ? more : 0;
    }
    for (size_t i = 0; rc == 0 && i < items.count; i++) {
        if (i)
            buf_add_byte(ret, ',');
        buf_add_str(ret, items.at[i]);
    }
    buf_release(&buf);
    items_release(&items);
    return rc < 0 || buf_failed(ret) ? err_set(err, -ENOMEM, "no memory to fold %zu hosts",
                                               set->count) : 0;
}
