// SPDX-License-Identifier: MIT
#include "control/query.h"

#include <errno.h>
#include <strings.h>

static const int64_t NUMBER_MAX = INT64_C(1) << 53; // what every JSON reader keeps exact

const char *query_text(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(exchange_connection(x), MHD_GET_ARGUMENT_KIND, name);
}

// A parameter without "=" has no value at all, which the lookup above cannot tell
// from an absent one.
bool query_flag(const struct exchange *x, const char *name)
{
    const char *text = NULL;

    if (MHD_lookup_connection_value_n(exchange_connection(x), MHD_GET_ARGUMENT_KIND, name,
                                      strlen(name), &text, NULL) != MHD_YES)
        return false;
    return !text || !*text || strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0 ||
           strcasecmp(text, "yes") == 0;
}

int number_parse(struct slice text, int64_t *ret)
{
    int64_t n = 0;

    if (text.len == 0)
        return -EINVAL;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -EINVAL;
        n = n * 10 + (text.ptr[i] - '0');
        if (n > NUMBER_MAX)
            return -EINVAL;
    }
    *ret = n;
    return 0;
}

int query_number(const struct exchange *x, const char *name, int64_t fallback, int64_t *ret,
                 struct err *err)
{
    const char *text = query_text(x, name);

    *ret = fallback;
    if (!text)
        return 0;
    if (number_parse(slice_str(text), ret) < 0)
        return err_set(err, ERR_USAGE, "%s=%.80s: a whole number from 0 to 2^53 is expected",
                       name, text);
    return 0;
}

// ---- every value of one parameter
struct each {
    const char *name;
    bool split;
    query_fn fn;
    void *arg;
    struct err *err;
    int rc;
};

static int each_split(struct each *each, const char *text)
{
    size_t n;
    int rc;

    do {
        n = each->split ? strcspn(text, ",") : strlen(text);
        rc = each->fn(each->arg, slice_of(text, n), each->err);
        text += n;
    } while (rc >= 0 && *text++ == ',');
    return rc;
}

static enum MHD_Result each_value(void *arg, enum MHD_ValueKind kind, const char *name,
                                  const char *text)
{
    struct each *each = arg;

    (void)kind;
    if (strcmp(name, each->name) == 0)
        each->rc = each_split(each, text ? text : "");
    return each->rc < 0 ? MHD_NO : MHD_YES;
}

int query_each(const struct exchange *x, const char *name, bool split, query_fn fn, void *arg,
               struct err *err)
{
    struct each each = { .name = name, .split = split, .fn = fn, .arg = arg, .err = err };

    MHD_get_connection_values(exchange_connection(x), MHD_GET_ARGUMENT_KIND, each_value, &each);
    return each.rc;
}
