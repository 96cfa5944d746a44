// SPDX-License-Identifier: MIT
// Parameters against their declarations, without Lua: values in, values out.
// Text is converted to the declared type, since it may come from a command line.
// A duration becomes a number of seconds.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "base/suggest.h"
#include "lua/header.h"
#include "lua/lib_text.h"
#include "lua/script.h"

enum { TEXT_SHOWN_MAX = 60, NUMBER_TEXT_MAX = 64, NAMES_SHOWN_MAX = 300 };

static const char *const type_names[] = {
#define X(id, text) [PARAM_##id] = text,
    PARAM_TYPES(X)
#undef X
};

enum param_type param_type_parse(struct slice name)
{
    for (int i = 0; i < PARAM_TYPE_COUNT; i++)
        if (slice_is(name, type_names[i]))
            return (enum param_type)i;
    return PARAM_TYPE_COUNT;
}

// ---- messages

static void show(const value *v, char *text, size_t size)
{
    struct slice s = value_bytes(v);

    if (v->type == MSGPACK_OBJECT_STR)
        snprintf(text, size, "'%.*s'%s", s.len < TEXT_SHOWN_MAX ? (int)s.len : TEXT_SHOWN_MAX,
                 (const char *)s.ptr, s.len > TEXT_SHOWN_MAX ? "..." : "");
    else if (v->type == MSGPACK_OBJECT_BOOLEAN)
        snprintf(text, size, "%s", v->via.boolean ? "true" : "false");
    else if (v->type == MSGPACK_OBJECT_ARRAY || v->type == MSGPACK_OBJECT_MAP)
        snprintf(text, size, "a table");
    else
        snprintf(text, size, "%.15g", value_real(v, NAN));
}

static int refuse(const value *given, struct err *err, const char *expected)
{
    char text[TEXT_SHOWN_MAX + 16];

    show(given, text, sizeof(text));
    return err_set(err, ERR_USAGE, "must be %s, not %s", expected, text);
}

// A secret is never shown, not even a wrong one.
static int refuse_secret(struct err *err)
{
    return err_set(err, ERR_USAGE, "must be text");
}

// ---- numbers

static bool copy_number(struct slice s, char text[NUMBER_TEXT_MAX])
{
    s = text_trim(s);
    if (s.len == 0 || s.len >= NUMBER_TEXT_MAX || memchr(s.ptr, 0, s.len))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = 0;
    return true;
}

static bool read_real(const value *v, double *ret)
{
    char text[NUMBER_TEXT_MAX], *end;

    if (v->type == MSGPACK_OBJECT_STR) {
        if (!copy_number(value_bytes(v), text))
            return false;
        *ret = strtod(text, &end);
        return *end == 0 && isfinite(*ret);
    }
    *ret = value_real(v, NAN);
    return !isnan(*ret);
}

static bool read_int(const value *v, int64_t *ret)
{
    char text[NUMBER_TEXT_MAX], *end;
    double real;

    if (v->type == MSGPACK_OBJECT_STR) {
        if (!copy_number(value_bytes(v), text))
            return false;
        errno = 0;
        *ret = strtoll(text, &end, 10);
        return *end == 0 && errno == 0;
    }
    if (v->type == MSGPACK_OBJECT_FLOAT64 || v->type == MSGPACK_OBJECT_FLOAT32) {
        real = v->via.f64;
        *ret = fabs(real) < 0x1p63 ? (int64_t)real : 0;
        return (double)*ret == real;
    }
    *ret = value_int(v, 0);
    return v->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
           (v->type == MSGPACK_OBJECT_POSITIVE_INTEGER && v->via.u64 <= INT64_MAX);
}

static bool read_seconds(const value *v, double *ret)
{
    int64_t ms;
    bool ok = v->type == MSGPACK_OBJECT_STR ? duration_from_text(text_trim(value_bytes(v)), &ms)
                                            : duration_from_seconds(value_real(v, NAN), &ms);

    *ret = ok ? (double)ms / 1000 : 0;
    return ok;
}

static bool read_number(enum param_type type, const value *v, double *ret)
{
    return type == PARAM_DURATION ? read_seconds(v, ret) : read_real(v, ret);
}

static int check_bounds(const value *param, enum param_type type, const value *given, double n,
                        struct err *err)
{
    const value *min = value_get(param, "min"), *max = value_get(param, "max");
    char bound[TEXT_SHOWN_MAX + 16], expected[TEXT_SHOWN_MAX + 48];
    bool low = false, high = false;
    double limit;

    if (min && min != given && read_number(type, min, &limit))
        low = n < limit;
    if (max && max != given && !low && read_number(type, max, &limit))
        high = n > limit;
    if (!low && !high)
        return 0;
    show(low ? min : max, bound, sizeof(bound));
    snprintf(expected, sizeof(expected), "%s %s", low ? "at least" : "at most", bound);
    return refuse(given, err, expected);
}

static void put_whole_or_real(struct buf *ret, double v)
{
    if (fabs(v) < 0x1p53 && (double)(int64_t)v == v)
        value_put_int(ret, (int64_t)v);
    else
        value_put_real(ret, v);
}

static int convert_number(const value *param, enum param_type type, const value *given,
                          struct buf *ret, struct err *err)
{
    int64_t i = 0;
    double n = 0;
    int rc;

    if (type == PARAM_INTEGER && !read_int(given, &i))
        return refuse(given, err, "a whole number");
    if (type == PARAM_NUMBER && !read_real(given, &n))
        return refuse(given, err, "a number");
    if (type == PARAM_DURATION && !read_seconds(given, &n))
        return refuse(given, err, DURATION_EXPECTED);
    rc = check_bounds(param, type, given, type == PARAM_INTEGER ? (double)i : n, err);
    if (rc < 0)
        return rc;
    if (type == PARAM_INTEGER)
        value_put_int(ret, i);
    else if (type == PARAM_DURATION)
        put_whole_or_real(ret, n);
    else if (given->type == MSGPACK_OBJECT_STR && read_int(given, &i))
        value_put_int(ret, i);
    else if (given->type == MSGPACK_OBJECT_STR)
        value_put_real(ret, n);
    else
        read_int(given, &i) && given->type != MSGPACK_OBJECT_FLOAT64 ? value_put_int(ret, i)
                                                                     : value_put_real(ret, n);
    return 0;
}

// ---- texts, lists, choices

static int convert_boolean(const value *given, struct buf *ret, struct err *err)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

    if (given->type == MSGPACK_OBJECT_BOOLEAN) {
        value_put_bool(ret, given->via.boolean);
        return 0;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (given->type == MSGPACK_OBJECT_STR && slice_is(value_bytes(given), words[i])) {
            value_put_bool(ret, i % 2);
            return 0;
        }
    }
    return refuse(given, err, "true or false");
}

static void list_choices(const value *choices, struct buf *buf)
{
    for (size_t i = 0; i < value_count(choices); i++)
        buf_addf(buf, "%s'%.*s'", i ? ", " : "", SLICE_ARG(value_bytes(value_at(choices, i))));
}

static int check_choice(const value *param, struct slice word, struct err *err)
{
    const value *choices = value_get(param, "choices");
    struct buf names;
    int rc;

    if (!choices)
        return 0;
    for (size_t i = 0; i < value_count(choices); i++)
        if (slice_equal(value_bytes(value_at(choices, i)), word))
            return 0;
    buf_init(&names, NAMES_SHOWN_MAX);
    list_choices(choices, &names);
    rc = err_set(err, ERR_USAGE, "must be one of %.*s, not '%.*s'", SLICE_ARG(buf_slice(&names)),
                 word.len < TEXT_SHOWN_MAX ? (int)word.len : TEXT_SHOWN_MAX,
                 (const char *)word.ptr);
    buf_release(&names);
    return rc;
}

static int convert_text(const value *param, const value *given, struct buf *ret, struct err *err)
{
    int rc;

    if (given->type != MSGPACK_OBJECT_STR)
        return refuse(given, err, "text");
    rc = check_choice(param, value_bytes(given), err);
    if (rc == 0)
        value_put_bytes(ret, value_bytes(given));
    return rc;
}

// "a, b,c" -> a list of three; the empty text is the empty list.
static int convert_list_text(const value *param, struct slice text, struct buf *ret,
                             struct err *err)
{
    size_t count = text_trim(text).len > 0;
    int rc = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ',';
    value_put_array(ret, count);
    for (size_t n = 0; n < count && rc == 0; n++) {
        const uint8_t *comma = memchr(text.ptr, ',', text.len);
        size_t len = comma ? (size_t)(comma - text.ptr) : text.len;
        struct slice word = text_trim(slice_of(text.ptr, len));
        rc = check_choice(param, word, err);
        value_put_bytes(ret, word);
        if (comma)
            text = slice_of(comma + 1, text.len - len - 1);
    }
    return rc;
}

// Items are text; a whole number, as JSON has them, is taken by its digits.
static int convert_item(const value *param, const value *given, struct buf *ret, struct err *err)
{
    char digits[24];
    int rc;

    if (given->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        snprintf(digits, sizeof(digits), "%" PRIu64, given->via.u64);
    else if (given->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        snprintf(digits, sizeof(digits), "%" PRId64, given->via.i64);
    else
        return convert_text(param, given, ret, err);
    rc = check_choice(param, slice_str(digits), err);
    if (rc == 0)
        value_put_str(ret, digits);
    return rc;
}

static int convert_list(const value *param, const value *given, struct buf *ret, struct err *err)
{
    size_t count = value_count(given);
    int rc = 0;

    if (given->type == MSGPACK_OBJECT_STR)
        return convert_list_text(param, value_bytes(given), ret, err);
    if (given->type != MSGPACK_OBJECT_ARRAY)
        return refuse(given, err, "a list, or text with commas");
    value_put_array(ret, count);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = convert_item(param, value_at(given, i), ret, err);
    return rc;
}

int param_convert(const value *param, const value *given, struct buf *ret, struct err *err)
{
    enum param_type type = param_type_parse(value_bytes(value_get(param, "type")));

    switch (type) {
    case PARAM_INTEGER:
    case PARAM_NUMBER:
    case PARAM_DURATION: return convert_number(param, type, given, ret, err);
    case PARAM_BOOLEAN: return convert_boolean(given, ret, err);
    case PARAM_LIST: return convert_list(param, given, ret, err);
    case PARAM_SECRET:
        return given->type == MSGPACK_OBJECT_STR ? convert_text(param, given, ret, err)
                                                 : refuse_secret(err);
    case PARAM_STRING:
    case PARAM_CHOICE:
    case PARAM_HOSTS:
    case PARAM_TYPE_COUNT: break;
    }
    return convert_text(param, given, ret, err);
}

// ---- all of them

static struct slice param_name(const value *param) { return value_bytes(value_get(param, "name")); }

static const value *find_param(const value *params, struct slice name)
{
    for (size_t i = 0; i < value_count(params); i++)
        if (slice_equal(param_name(value_at(params, i)), name))
            return value_at(params, i);
    return NULL;
}

static const value *find_given(const value *given, struct slice name)
{
    for (size_t i = 0; given->type == MSGPACK_OBJECT_MAP && i < given->via.map.size; i++)
        if (slice_equal(value_bytes(&given->via.map.ptr[i].key), name))
            return &given->via.map.ptr[i].val;
    return NULL;
}

static int refuse_unknown(const value *params, struct slice name, struct err *err)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;
    struct buf names;
    int rc;

    if (value_count(params) == 0)
        return err_set(err, ERR_USAGE, "unknown parameter '%.*s': this workflow takes none",
                       SLICE_ARG(name));
    suggest_begin(&suggest, name);
    buf_init(&names, NAMES_SHOWN_MAX);
    for (size_t i = 0; i < value_count(params); i++) {
        struct slice known = param_name(value_at(params, i));
        suggest_add(&suggest, known);
        buf_addf(&names, "%s%.*s", i ? ", " : "", SLICE_ARG(known));
    }
    if (suggest.best.len)
        rc = err_set(err, ERR_USAGE, "unknown parameter '%.*s'%s", SLICE_ARG(name),
                     suggest_text(&suggest, text));
    else
        rc = err_set(err, ERR_USAGE, "unknown parameter '%.*s': this workflow takes %.*s",
                     SLICE_ARG(name), SLICE_ARG(buf_slice(&names)));
    buf_release(&names);
    return rc;
}

static int check_names(const value *params, const value *given, struct err *err)
{
    for (size_t i = 0; i < given->via.map.size; i++) {
        struct slice name = value_bytes(&given->via.map.ptr[i].key);
        if (!find_param(params, name))
            return refuse_unknown(params, name, err);
    }
    return 0;
}

// The value a parameter has: what was given, else its default, else NULL.
static const value *value_of(const value *param, const value *given)
{
    const value *v = find_given(given, param_name(param));

    return value_is_nil(v) ? value_get(param, "default") : v;
}

static int put_param(const value *param, const value *v, struct buf *ret, struct err *err)
{
    struct slice name = param_name(param);
    struct slice about = value_bytes(value_get(param, "about"));

    if (!v && value_bool(value_get(param, "required"), false))
        return err_set(err, ERR_USAGE, "parameter '%.*s' is required%s%.*s", SLICE_ARG(name),
                       about.len ? ": " : "", SLICE_ARG(about));
    if (!v)
        return 0;
    value_put_bytes(ret, name);
    return param_convert(param, v, ret, err) < 0
               ? err_wrap(err, "parameter '%.*s'", SLICE_ARG(name))
               : 0;
}

static int complete(const value *params, const value *given, struct buf *ret, struct err *err)
{
    size_t count = 0;
    int rc = check_names(params, given, err);

    for (size_t i = 0; i < value_count(params); i++)
        count += value_of(value_at(params, i), given) != NULL;
    value_put_map(ret, count);
    for (size_t i = 0; i < value_count(params) && rc == 0; i++) {
        const value *param = value_at(params, i);
        rc = put_param(param, value_of(param, given), ret, err);
    }
    return rc;
}

static int convert_all(const value *header, struct slice given_bytes, struct value_doc *doc,
                       struct buf *ret, struct err *err)
{
    const value *params = value_get(header, "params");
    msgpack_object given = { .type = MSGPACK_OBJECT_MAP };
    size_t at = 0, from = ret->len;
    int rc = 0;

    if (given_bytes.len)
        rc = value_parse(doc, given_bytes, &at, &given, err);
    if (rc < 0)
        return rc;
    if (given.type != MSGPACK_OBJECT_MAP)
        return err_set(err, ERR_USAGE, "parameters must be names and values");
    if (params) {
        rc = complete(params, &given, ret, err);
    } else if (given_bytes.len) {
        buf_add_slice(ret, given_bytes); // a script without a header takes anything
    } else {
        value_put_map(ret, 0);
    }
    if (rc < 0)
        buf_cut(ret, from);
    else if (buf_failed(ret))
        rc = err_set(err, buf_failed(ret), "no memory for parameters");
    return rc;
}

int script_params(struct slice header_bytes, struct slice given, struct buf *ret, struct err *err)
{
    struct value_doc header_doc, given_doc;
    msgpack_object header = { .type = MSGPACK_OBJECT_NIL };
    size_t at = 0;
    int rc = 0;

    value_doc_init(&header_doc);
    value_doc_init(&given_doc);
    if (header_bytes.len)
        rc = value_parse(&header_doc, header_bytes, &at, &header, err);
    if (rc == 0)
        rc = convert_all(&header, given, &given_doc, ret, err);
    value_doc_release(&given_doc);
    value_doc_release(&header_doc);
    return rc;
}
