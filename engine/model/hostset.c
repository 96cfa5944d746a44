// SPDX-License-Identifier: MIT
// How: names are strings in order, found through a map by their hash; names with one
// hash take the next free key. A text is read into two sets of its own first, what
// it adds and what it takes away, so that a mistake in it changes nothing.
#include "model/hostset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void hostset_init(struct hostset *set)
{
    *set = (struct hostset){ 0 };
    map_init(&set->by_name);
}

void hostset_release(struct hostset *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->names[i]);
    free(set->names);
    map_release(&set->by_name);
    hostset_init(set);
}

// ---- names

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static bool is_word(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i], low = c | 0x20;
        if (!(low >= 'a' && low <= 'z') && !is_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return s.len > 0 && s.ptr[0] != '-';
}

static bool is_port(struct slice s)
{
    unsigned port = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]) || i >= 5)
            return false;
        port = port * 10 + (unsigned)(s.ptr[i] - '0');
    }
    return port > 0 && port <= 65535;
}

bool hostset_is_name(struct slice name)
{
    const uint8_t *at = name.len ? memchr(name.ptr, '@', name.len) : NULL;
    const uint8_t *colon;

    if (name.len == 0 || name.len > HOSTSET_NAME_MAX)
        return false;
    if (at) {
        if (!is_word(slice_of(name.ptr, (size_t)(at - name.ptr))))
            return false;
        name = slice_of(at + 1, name.len - (size_t)(at - name.ptr) - 1);
    }
    colon = name.len ? memchr(name.ptr, ':', name.len) : NULL;
    if (colon) {
        size_t front = (size_t)(colon - name.ptr);
        if (!is_port(slice_of(colon + 1, name.len - front - 1)))
            return false;
        name.len = front;
    }
    return is_word(name) && name.ptr[0] != '.';
}

// ---- the set

// The key the name is at, or the free one where it would be.
static uint64_t key_of(const struct hostset *set, struct slice name, const char **found)
{
    static const struct hash_key no_key;
    uint64_t key = fingerprint_of(name, &no_key);

    while ((*found = map_get(&set->by_name, key)) && !slice_is(name, *found))
        key++;
    return key;
}

bool hostset_has(const struct hostset *set, struct slice name)
{
    const char *found;

    key_of(set, name, &found);
    return found;
}

static int grow(struct hostset *set)
{
    size_t cap = set->cap ? 2 * set->cap : 16;
    char **names = realloc(set->names, cap * sizeof(*names));

    if (!names)
        return -ENOMEM;
    set->names = names;
    set->cap = cap;
    return 0;
}

// A name that was checked.
static int insert(struct hostset *set, struct slice name, struct err *err)
{
    const char *found;
    uint64_t key = key_of(set, name, &found);
    char *copy;

    if (found)
        return 0;
    if (set->count == HOSTSET_MAX)
        return err_set(err, -E2BIG, "more than %d hosts; name fewer, or split the job",
                       HOSTSET_MAX);
    copy = strndup((const char *)name.ptr, name.len);
    if (!copy || (set->count == set->cap && grow(set) < 0) ||
        map_put(&set->by_name, key, copy) < 0) {
        free(copy);
        return err_set(err, -ENOMEM, "no memory for %zu hosts", set->count + 1);
    }
    set->names[set->count++] = copy;
    return 0;
}

int hostset_add(struct hostset *set, struct slice name, struct err *err)
{
    if (!hostset_is_name(name))
        return err_set(err, ERR_USAGE, "\"%.*s\" is no host: [user@]host[:port] of letters, "
                       "digits, '.', '_' and '-' is expected",
                       name.len < 80 ? (int)name.len : 80, (const char *)name.ptr);
    return insert(set, name, err);
}

int hostset_union(struct hostset *set, const struct hostset *other, struct err *err)
{
    size_t before = set->count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < other->count; i++)
        rc = insert(set, slice_str(other->names[i]), err);
    while (rc < 0 && set->count > before) {
        const char *found;
        map_take(&set->by_name, key_of(set, slice_str(set->names[set->count - 1]), &found));
        free(set->names[--set->count]);
    }
    return rc;
}

void hostset_exclude(struct hostset *set, const struct hostset *other)
{
    size_t kept = 0;
    const char *found;

    // All keys go first: a name may have moved on from a key that another one had.
    for (size_t i = set->count; i > 0; i--)
        map_take(&set->by_name, key_of(set, slice_str(set->names[i - 1]), &found));
    for (size_t i = 0; i < set->count; i++) {
        if (hostset_has(other, slice_str(set->names[i])))
            free(set->names[i]);
        else
            set->names[kept++] = set->names[i];
    }
    set->count = kept;
    for (size_t i = 0; i < kept; i++) // into a map that held them all: needs no memory
        map_put(&set->by_name, key_of(set, slice_str(set->names[i]), &found), set->names[i]);
}
