// SPDX-License-Identifier: MIT
#include "cli/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cli/text.h"

enum {
    GAP = 2,
    SQUEEZE_TO = 4, // nothing can be read in less
};

static const size_t LEFT_OUT = SIZE_MAX; // as a width

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
static size_t total_width(const struct table *table, const size_t widths[])
{
    size_t total = 0;

    for (size_t c = 0; c < table->column_count; c++)
        if (widths[c] != LEFT_OUT)
            total += widths[c] + (total ? GAP : 0);
    return total;
}

static void natural_widths(const struct table *table, size_t widths[])
{
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
}

// Takes the excess from one column after another, in their order, down to each one's
// limit.
static void narrow(const struct table *table, size_t widths[], size_t width)
{
    for (int order = 1; order <= TABLE_COLUMNS_MAX; order++)
        for (size_t c = 0; c < table->column_count; c++) {
            const struct table_column *column = &table->columns[c];
            size_t total = total_width(table, widths), spare;
            if (total <= width)
                return;
            if (column->narrow_order != order || !column->narrow_to || widths[c] == LEFT_OUT ||
                widths[c] <= column->narrow_to)
                continue;
            spare = widths[c] - column->narrow_to;
            widths[c] -= spare < total - width ? spare : total - width;
        }
}

// The first one, in their order, of those that go as a whole. False: all have gone.
static bool leave_out(const struct table *table, size_t widths[])
{
    for (int order = 1; order <= TABLE_COLUMNS_MAX; order++)
        for (size_t c = 0; c < table->column_count; c++)
            if (table->columns[c].narrow_order == order && !table->columns[c].narrow_to &&
                widths[c] != LEFT_OUT) {
                widths[c] = LEFT_OUT;
                return true;
            }
    return false;
}

// What is still too wide would be wrapped by the terminal, and be no table any more: the
// widest gives way, again and again; where all are small the last ones go.
static void squeeze(const struct table *table, size_t widths[], size_t width)
{
    while (total_width(table, widths) > width) {
        size_t widest = 0, last = 0;
        for (size_t c = 0; c < table->column_count; c++) {
            if (widths[c] == LEFT_OUT)
                continue;
            last = c;
            if (widths[widest] == LEFT_OUT || widths[c] > widths[widest])
                widest = c;
        }
        if (widths[widest] > SQUEEZE_TO)
            widths[widest]--;
        else if (last > 0)
            widths[last] = LEFT_OUT;
        else
            return;
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

// Where a column is left out the others have its room.
static void fit(const struct table *table, size_t widths[], size_t width)
{
    size_t natural[TABLE_COLUMNS_MAX];

    natural_widths(table, natural);
    do {
        memcpy(widths, natural, table->column_count * sizeof(*widths));
        narrow(table, widths, width);
    } while (total_width(table, widths) > width && leave_out(table, natural));
    squeeze(table, widths, width);
}

static size_t last_shown(const struct table *table, const size_t widths[])
{
    size_t last = table->column_count - 1;

    while (last > 0 && widths[last] == LEFT_OUT)
        last--;
    return last;
}

int table_draw(const struct table *table, size_t width, bool colours, struct buf *out)
{
    size_t widths[TABLE_COLUMNS_MAX];
    size_t n = table->column_count, last;

    assert(n > 0);
    if (width)
        fit(table, widths, width);
    else
        natural_widths(table, widths);
    last = last_shown(table, widths);
    for (size_t c = 0; c < n; c++)
        if (widths[c] != LEFT_OUT)
            cell_draw(slice_str(table->columns[c].title), widths[c], c == last, NULL, out);
    line_end(out);
    for (size_t i = 0; i < table->cell_count; i++) {
        if (widths[i % n] != LEFT_OUT)
            cell_draw(cell_text(table, i), widths[i % n], i % n == last,
                      colours ? table->cells[i].colour : NULL, out);
        if ((i + 1) % n == 0)
            line_end(out);
    }
    if (table->failed || buf_failed(&table->text))
        return -ENOMEM;
    return buf_failed(out);
}
