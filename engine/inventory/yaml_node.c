// SPDX-License-Identifier: MIT
// How: libyaml's events, one node after another, into a tree. Its own document API
// does not tell a quoted text from a plain one with a tag, nor where a tag was written.
#include "inventory/yaml_node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "inventory/inventory.h"

struct reader {
    struct yaml_tree *tree;
    yaml_parser_t *parser;
    struct err *err;
};

static int no_memory(struct err *err) { return err_set(err, -ENOMEM, "out of memory"); }

int yaml_refuse(const struct yaml_tree *tree, const struct yaml_node *node, struct err *err,
                const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(err, ERR_USAGE, "%.160s:%u: %.330s", tree->path, node->line, text);
}

int yaml_count(struct yaml_tree *tree, const struct yaml_node *node, struct err *err)
{
    if (++tree->values <= INVENTORY_VALUES_MAX)
        return 0;
    return yaml_refuse(tree, node, err, "more than %d values, aliases counted; divide the "
                       "inventory", INVENTORY_VALUES_MAX);
}

// ---- events

static int parser_failed(struct reader *r)
{
    const yaml_parser_t *parser = r->parser;

    if (parser->error == YAML_MEMORY_ERROR)
        return no_memory(r->err);
    return err_set(r->err, ERR_USAGE, "%.200s:%zu: %s%s%s", r->tree->path,
                   parser->problem_mark.line + 1, parser->context ? parser->context : "",
                   parser->context ? ": " : "", parser->problem ? parser->problem : "no YAML");
}

static int next_event(struct reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(r->parser, event) ? 0 : parser_failed(r);
}

// ---- nodes

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind,
                                  const yaml_event_t *event, const yaml_char_t *anchor)
{
    struct yaml_node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    *node = (struct yaml_node){ .kind = kind, .line = (unsigned)event->start_mark.line + 1,
                                .older = r->tree->nodes };
    r->tree->nodes = node;
    if (!anchor)
        return node;
    node->anchor = strdup((const char *)anchor);
    return node->anchor ? node : NULL;
}

// Tags that say what would be read anyhow, and Ansible's own for "no template" and for what
// is encrypted, which stays the text that it is.
static int check_tag(struct reader *r, struct yaml_node *node, const yaml_char_t *tag)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *text = (const char *)tag;

    if (!tag || strcmp(text, "!") == 0)
        return 0;
    if (strcmp(text, "!unsafe") == 0 || strcmp(text, "!vault") == 0 ||
        strcmp(text, "tag:yaml.org,2002:str") == 0) {
        node->plain = false;
        return 0;
    }
    text = strncmp(text, core, sizeof(core) - 1) == 0 ? text + sizeof(core) - 1 : "";
    if (strcmp(text, "map") == 0 || strcmp(text, "seq") == 0 || strcmp(text, "int") == 0 ||
        strcmp(text, "float") == 0 || strcmp(text, "bool") == 0 || strcmp(text, "null") == 0)
        return 0;
    return yaml_refuse(r->tree, node, r->err, "the tag %.80s means nothing here; leave it out",
                       (const char *)tag);
}

static int scalar_fill(struct reader *r, struct yaml_node *node, const yaml_event_t *event)
{
    size_t len = event->data.scalar.length;
    char *copy = malloc(len + 1);

    if (!copy)
        return no_memory(r->err);
    memcpy(copy, event->data.scalar.value, len);
    copy[len] = 0;
    node->text = slice_of(copy, len);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return check_tag(r, node, event->data.scalar.tag);
}

static int find_alias(struct reader *r, const yaml_event_t *event, struct yaml_node **ret)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct yaml_node at = { .line = (unsigned)event->start_mark.line + 1 };

    // The newest of that name counts; one that is still being read has no end yet.
    for (*ret = r->tree->nodes; *ret; *ret = (*ret)->older)
        if ((*ret)->anchor && strcmp((*ret)->anchor, name) == 0)
            return 0;
    return yaml_refuse(r->tree, &at, r->err, "*%.80s: no &%.80s stands before it", name, name);
}

// ---- the tree

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct yaml_node **ret);

static int add_entry(struct reader *r, struct yaml_node *parent, struct yaml_node *key,
                     struct yaml_node *value)
{
    struct yaml_entry *entry = malloc(sizeof(*entry));

    if (!entry)
        return no_memory(r->err);
    *entry = (struct yaml_entry){ key, value, NULL };
    if (parent->last)
        parent->last->next = entry;
    else
        parent->first = entry;
    parent->last = entry;
    return 0;
}

// Reads the next node, or gives NULL at the end of the list or map.
static int read_item(struct reader *r, unsigned depth, struct yaml_node **ret)
{
    yaml_event_t event;
    int rc = next_event(r, &event);

    *ret = NULL;
    if (rc < 0)
        return rc;
    if (event.type != YAML_SEQUENCE_END_EVENT && event.type != YAML_MAPPING_END_EVENT)
        rc = read_node(r, &event, depth, ret);
    yaml_event_delete(&event);
    return rc;
}

static int read_entries(struct reader *r, struct yaml_node *parent, unsigned depth)
{
    for (;;) {
        struct yaml_node *key = NULL, *value;
        int rc = read_item(r, depth, &value);
        if (rc < 0 || !value)
            return rc;
        if (parent->kind == YAML_KIND_MAP) {
            key = value;
            if (key->kind != YAML_KIND_SCALAR)
                return yaml_refuse(r->tree, key, r->err, "a key is a text, not a list or a map");
            rc = read_item(r, depth, &value);
        }
        if (rc == 0)
            rc = add_entry(r, parent, key, value);
        if (rc < 0)
            return rc;
    }
}

// An anchor is hidden while its node is read: nothing can be inside itself.
static int read_many(struct reader *r, struct yaml_node *node, const yaml_char_t *tag,
                     unsigned depth)
{
    char *anchor = node->anchor;
    int rc = check_tag(r, node, tag);

    if (rc < 0)
        return rc;
    if (depth > INVENTORY_DEPTH_MAX)
        return yaml_refuse(r->tree, node, r->err, "nested more than %d deep",
                           INVENTORY_DEPTH_MAX);
    node->anchor = NULL;
    rc = read_entries(r, node, depth + 1);
    node->anchor = anchor;
    return rc;
}

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct yaml_node **ret)
{
    int rc;

    if (event->type == YAML_ALIAS_EVENT)
        return find_alias(r, event, ret);
    if (event->type == YAML_SCALAR_EVENT) {
        *ret = node_new(r, YAML_KIND_SCALAR, event, event->data.scalar.anchor);
        rc = *ret ? scalar_fill(r, *ret, event) : no_memory(r->err);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        *ret = node_new(r, YAML_KIND_LIST, event, event->data.sequence_start.anchor);
        rc = *ret ? read_many(r, *ret, event->data.sequence_start.tag, depth) : no_memory(r->err);
    } else {
        *ret = node_new(r, YAML_KIND_MAP, event, event->data.mapping_start.anchor);
        rc = *ret ? read_many(r, *ret, event->data.mapping_start.tag, depth) : no_memory(r->err);
    }
    return rc;
}

// ---- the document

// Goes on to the next event that is not the begin or end of something around nodes.
static int next_root(struct reader *r, yaml_event_t *event)
{
    int rc;

    while ((rc = next_event(r, event)) == 0) {
        if (event->type != YAML_STREAM_START_EVENT && event->type != YAML_DOCUMENT_START_EVENT &&
            event->type != YAML_DOCUMENT_END_EVENT)
            return 0;
        yaml_event_delete(event);
    }
    return rc;
}

static int read_root(struct reader *r)
{
    yaml_event_t event;
    int rc = next_root(r, &event);

    if (rc < 0)
        return rc;
    if (event.type != YAML_STREAM_END_EVENT)
        rc = read_node(r, &event, 0, &r->tree->root);
    yaml_event_delete(&event);
    if (rc < 0 || !r->tree->root)
        return rc;
    rc = next_root(r, &event);
    if (rc < 0)
        return rc;
    if (event.type != YAML_STREAM_END_EVENT)
        rc = yaml_refuse(r->tree, &(struct yaml_node){ .line = (unsigned)event.start_mark.line + 1 },
                         r->err, "a second document begins; an inventory is one");
    yaml_event_delete(&event);
    return rc;
}

int yaml_tree_read(struct yaml_tree *tree, const char *path, struct slice text, struct err *err)
{
    yaml_parser_t parser;
    struct reader r = { tree, &parser, err };
    int rc;

    *tree = (struct yaml_tree){ .path = path };
    if (!yaml_parser_initialize(&parser))
        return no_memory(err);
    yaml_parser_set_input_string(&parser, text.len ? text.ptr : (const uint8_t *)"", text.len);
    rc = read_root(&r);
    yaml_parser_delete(&parser);
    return rc;
}

void yaml_tree_release(struct yaml_tree *tree)
{
    struct yaml_node *older;

    for (struct yaml_node *node = tree->nodes; node; node = older) {
        struct yaml_entry *next;
        older = node->older;
        for (struct yaml_entry *entry = node->first; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
        free((void *)(uintptr_t)node->text.ptr);
        free(node->anchor);
        free(node);
    }
    *tree = (struct yaml_tree){ 0 };
}
