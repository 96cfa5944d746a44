// SPDX-License-Identifier: MIT
// YAML values as JSON, by the rules of YAML 1.1 that Ansible follows: yes and off are
// booleans, 0644 is octal. What JSON has no word for (dates, 12:30 as a number of
// seconds, infinity) stays the text that was written.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "inventory/inventory.h"
#include "inventory/yaml_node.h"

enum { NUMBER_MAX = 60 };

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

    return node->kind == YAML_KIND_SCALAR && node->plain &&
           is_one_of((const char *)node->text.ptr, words);
}

// Leaves out what YAML lets stand between digits.
static bool copy_number(struct slice text, char number[NUMBER_MAX + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_' && n > 0)
            continue;
        if (n == NUMBER_MAX)
            return false;
        number[n++] = (char)text.ptr[i];
    }
    number[n] = 0;
    return n > 0;
}

static json_t *whole_json(const char *text, int base, const char *allowed)
{
    bool negative = text[0] == '-';
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    long long value;

    if (base != 10 && base != 8)
        digits += 2; // 0x, 0b
    if (!*digits || strspn(digits, allowed) != strlen(digits))
        return NULL;
    errno = 0;
    value = strtoll(digits, NULL, base);
    return errno ? NULL : json_integer(negative ? -value : value);
}

static json_t *real_json(const char *text)
{
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    double real;
    char *end;

    if (!strchr(digits, '.') || strspn(digits, "0123456789.eE+-") != strlen(digits) ||
        strpbrk(digits, "0123456789") == NULL || strchr("eE+-", digits[0]))
        return NULL;
    real = strtod(text, &end);
    return *end || !isfinite(real) ? NULL : json_real(real);
}

static json_t *number_json(struct slice text)
{
    char number[NUMBER_MAX + 1];
    const char *digits;

    if (!copy_number(text, number))
        return NULL;
    digits = number + (number[0] == '-' || number[0] == '+');
    if (digits[0] == '0' && digits[1] == 'x')
        return whole_json(number, 16, "0123456789abcdefABCDEF");
    if (digits[0] == '0' && digits[1] == 'b')
        return whole_json(number, 2, "01");
    if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9')
        return whole_json(number, 8, "01234567");
    if (strspn(digits, "0123456789") == strlen(digits))
        return whole_json(number, 10, "0123456789");
    return real_json(number);
}

static json_t *scalar_json(const struct yaml_node *node)
{
    static const char *const yes[] = { "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On",
                                       "ON", NULL };
    static const char *const no[] = { "no", "No", "NO", "false", "False", "FALSE", "off", "Off",
                                      "OFF", NULL };
    const char *text = (const char *)node->text.ptr;
    json_t *number;

    if (!node->plain)
        return json_stringn(text, node->text.len);
    if (yaml_is_null(node))
        return json_null();
    if (is_one_of(text, yes) || is_one_of(text, no))
        return json_boolean(is_one_of(text, yes));
    number = number_json(node->text);
    return number ? number : json_stringn(text, node->text.len);
}

// ---- lists and maps

struct conversion {
    struct yaml_tree *tree;
    struct err *err;
    unsigned depth;
};

static json_t *convert(struct conversion *c, const struct yaml_node *node);

static int no_memory(struct conversion *c) { return err_set(c->err, -ENOMEM, "out of memory"); }

static bool is_merge(const struct yaml_entry *entry)
{
    return entry->key->plain && slice_is(entry->key->text, "<<");
}

static int merge_one(struct conversion *c, json_t *object, const struct yaml_node *node)
{
    json_t *other;
    int rc;

    if (node->kind != YAML_KIND_MAP)
        return yaml_refuse(c->tree, node, c->err, "<< takes a map, or a list of maps");
    other = convert(c, node);
    if (!other)
        return -EINVAL;
    rc = json_object_update_missing(object, other) < 0 ? no_memory(c) : 0;
    json_decref(other);
    return rc;
}

// Merged members never win over those that are there: of a list the first one counts.
static int merge(struct conversion *c, json_t *object, const struct yaml_node *node)
{
    int rc = 0;

    if (node->kind != YAML_KIND_LIST)
        return merge_one(c, object, node);
    for (const struct yaml_entry *entry = node->first; rc == 0 && entry; entry = entry->next)
        rc = merge_one(c, object, entry->value);
    return rc;
}

static int add_member(struct conversion *c, json_t *object, const struct yaml_entry *entry)
{
    json_t *value;

    if (memchr(entry->key->text.ptr, 0, entry->key->text.len))
        return yaml_refuse(c->tree, entry->key, c->err, "a key has a NUL byte in it");
    value = convert(c, entry->value);
    if (!value)
        return -EINVAL;
    return json_object_set_new(object, (const char *)entry->key->text.ptr, value) < 0
               ? no_memory(c) : 0;
}

static json_t *map_json(struct conversion *c, const struct yaml_node *node)
{
    json_t *object = json_object();
    int rc = object ? 0 : no_memory(c);

    for (const struct yaml_entry *entry = node->first; rc == 0 && entry; entry = entry->next)
        if (!is_merge(entry))
            rc = add_member(c, object, entry);
    for (const struct yaml_entry *entry = node->first; rc == 0 && entry; entry = entry->next)
        if (is_merge(entry))
            rc = merge(c, object, entry->value);
    if (rc == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *list_json(struct conversion *c, const struct yaml_node *node)
{
    json_t *list = json_array();

    if (!list)
        no_memory(c);
    for (const struct yaml_entry *entry = node->first; list && entry; entry = entry->next) {
        json_t *value = convert(c, entry->value);
        if (value && json_array_append_new(list, value) == 0)
            continue;
        if (value)
            no_memory(c);
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *convert(struct conversion *c, const struct yaml_node *node)
{
    json_t *ret;

    if (yaml_count(c->tree, node, c->err) < 0)
        return NULL;
    if (node->kind == YAML_KIND_SCALAR) {
        ret = scalar_json(node);
        if (!ret)
            no_memory(c);
        return ret;
    }
    if (c->depth == INVENTORY_DEPTH_MAX) {
        yaml_refuse(c->tree, node, c->err, "nested more than %d deep, aliases followed",
                    INVENTORY_DEPTH_MAX);
        return NULL;
    }
    c->depth++;
    ret = node->kind == YAML_KIND_MAP ? map_json(c, node) : list_json(c, node);
    c->depth--;
    return ret;
}

json_t *yaml_json(struct yaml_tree *tree, const struct yaml_node *node, struct err *err)
{
    struct conversion c = { tree, err, 0 };

    return convert(&c, node);
}
