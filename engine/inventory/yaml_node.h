// SPDX-License-Identifier: MIT
// A YAML document as a tree of nodes that know their lines. An alias is the node it
// names, so that a node may have several parents; none is below itself, since an
// anchor can be named only behind its node. Owner: struct yaml_tree. Private to the
// layer.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

enum yaml_kind { YAML_KIND_SCALAR, YAML_KIND_LIST, YAML_KIND_MAP };

struct yaml_entry {
    struct yaml_node *key; // NULL in a list
    struct yaml_node *value;
    struct yaml_entry *next;
};

struct yaml_node {
    enum yaml_kind kind;
    unsigned line;         // from 1
    bool plain;            // a scalar without quotes: it may be a number, a boolean, null
    struct slice text;     // of a scalar; a NUL stands behind it
    struct yaml_entry *first, *last;
    char *anchor;          // NULL: none
    struct yaml_node *older; // all of a tree, for its end
};

struct yaml_tree {
    const char *path;      // for messages; borrowed
    struct yaml_node *nodes; // the newest
    struct yaml_node *root;  // NULL: an empty document
    size_t values;         // gone over so far, aliases followed
};

// Reads one document. ERR_USAGE names file and line. yaml_tree_release in any case.
int yaml_tree_read(struct yaml_tree *tree, const char *path, struct slice text, struct err *err);
void yaml_tree_release(struct yaml_tree *tree);

// Puts "path:line: " before the sentence.
int yaml_refuse(const struct yaml_tree *tree, const struct yaml_node *node, struct err *err,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
// Counts one value that is gone over. ERR_USAGE: that are too many.
int yaml_count(struct yaml_tree *tree, const struct yaml_node *node, struct err *err);
bool yaml_is_null(const struct yaml_node *node);
// The node as a new value, `<<` merged. NULL: err says why.
json_t *yaml_json(struct yaml_tree *tree, const struct yaml_node *node, struct err *err);
