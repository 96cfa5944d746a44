// SPDX-License-Identifier: MIT
// A table of texts with a head line, two spaces between columns, fitted to a
// width: columns that may be narrowed are, then some are left out, and at last all
// give way. Cells are copied.
#pragma once

#include <stdio.h>

#include "base/buf.h"

enum { TABLE_COLUMNS_MAX = 12 };

struct table_column {
    const char *title;
    size_t width_min;   // it is never drawn narrower because its cells are short
    size_t narrow_to;   // it may be cut down to this; 0: only left out as a whole
    int narrow_order;   // which columns give way first: 1, 2, ...; 0: it does not
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct buf text;    // all cells, escaped
    struct table_cell *cells; // row by row
    size_t cell_count, cell_cap;
    int failed;
};

struct table_cell {
    size_t at, len;      // in text
    const char *colour;  // an SGR sequence, or NULL
};

void table_init(struct table *table, const struct table_column *columns, size_t count);
void table_release(struct table *table);
// Cells are added row by row, left to right; control characters are escaped.
void table_add(struct table *table, struct slice text, const char *colour);
// width 0: as wide as it needs. 0 or -ENOMEM.
int table_draw(const struct table *table, size_t width, bool colours, struct buf *out);
