// SPDX-License-Identifier: MIT
#include "cli/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cli/text.h"

enum { GAP = 2 };

void table_init(struct table *table, const struct table_column *columns, size_t count)
{
    assert(count > 0 && count <= TABLE_COLUMNS_MAX);
    *table = (struct table){ .columns = columns, .column_count = count };
    buf_init(&table->text, 0);
}

void table_release(struct table *table)
{
    buf_release(&table->text);
    free(table->cells);
}

void table_add(struct table *table, struct slice text, const char *colour)
{
    size_t at = table->text.len;
    struct table_cell *grown = array_room(table->cells, table->cell_count, &table->cell_cap,
                                          sizeof(*grown));

    if (!grown) {
        table->failed = -ENOMEM;
        return;
    }
    table->cells = grown;
    text_escape(text, ESCAPE_ALL, &table->text);
    table->cells[table->cell_count++] = (struct table_cell){ at, table->text.len - at, colour };
}

static struct slice cell_text(const struct table *table, size_t i)
{
    return slice_of(table->text.ptr + table->cells[i].at, table->cells[i].len);
}

// ---- widths
static size_t natural_widths(const struct table *table, size_t widths[])
{
    size_t total = 0;

    assert(table->column_count > 0);
    for (size_t c = 0; c < table->column_count; c++) {
        widths[c] = table->columns[c].width_min;
        if (widths[c] < strlen(table->columns[c].title))
            widths[c] = strlen(table->columns[c].title);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t w = text_width(cell_text(table, i));
        if (widths[i % table->column_count] < w)
            widths[i % table->column_count] = w;
    }
    for (size_t c = 0; c < table->column_count; c++)
        total += widths[c] + (c ? GAP : 0);
    return total;
}

// Takes the excess from one column after another, in their order, down to each
// one's limit. What then is still too wide is left to the terminal to wrap.
static void narrow(const struct table *table, size_t widths[], size_t excess)
{
    for (int order = 1; excess > 0 && order <= TABLE_COLUMNS_MAX; order++)
        for (size_t c = 0; c < table->column_count; c++) {
            const struct table_column *column = &table->columns[c];
            size_t spare, cut;
            if (column->narrow_order != order || widths[c] <= column->narrow_to)
                continue;
            spare = widths[c] - column->narrow_to;
            cut = spare < excess ? spare : excess;
            widths[c] -= cut;
            excess -= cut;
        }
}

// ---- drawing
static void cell_draw(struct slice text, size_t width, bool last, const char *colour,
                      struct buf *out)
{
    size_t begin, used;
    uint8_t *pad;

    if (colour)
        buf_add_str(out, colour);
    begin = out->len;
    text_fit(text, width, out);
    used = text_width(slice_of(out->ptr + begin, out->len - begin));
    if (colour)
        buf_add_str(out, "\033[0m");
    if (last || used >= width + GAP)
        return;
    pad = buf_extend(out, width + GAP - used);
    if (pad)
        memset(pad, ' ', width + GAP - used);
}

// Lines never end in spaces: empty cells at a row's end are not padded.
static void line_end(struct buf *out)
{
    while (out->len && out->ptr[out->len - 1] == ' ')
        buf_cut(out, out->len - 1);
    buf_add_byte(out, '\n');
}

int table_draw(const struct table *table, size_t width, bool colours, struct buf *out)
{
    size_t widths[TABLE_COLUMNS_MAX];
    size_t n = table->column_count, total = natural_widths(table, widths);

    assert(n > 0);
    if (width && total > width)
        narrow(table, widths, total - width);
    for (size_t c = 0; c < n; c++)
        cell_draw(slice_str(table->columns[c].title), widths[c], c + 1 == n, NULL, out);
    line_end(out);
    for (size_t i = 0; i < table->cell_count; i++) {
        cell_draw(cell_text(table, i), widths[i % n], (i + 1) % n == 0,
                  colours ? table->cells[i].colour : NULL, out);
        if ((i + 1) % n == 0)
            line_end(out);
    }
    if (table->failed || buf_failed(&table->text))
        return -ENOMEM;
    return buf_failed(out);
}
