// SPDX-License-Identifier: MIT
// How: cells are kept escaped, row by row, the host's in front of each; a column is as
// wide as its widest cell so far. A value that is no text is shown as its JSON.
#include "cli/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/real.h"
#include "cli/call.h"
#include "cli/record.h"
#include "cli/text.h"

enum { FIELDS_MAX = 32, GAP = 2 };

struct cell {
    size_t at, len; // in text
};

struct fields {
    char *names[FIELDS_MAX];        // [0] is the host's column
    size_t widths[FIELDS_MAX];
    size_t count;
    char *list;                     // where the names are
    struct buf text;
    struct cell *cells;             // count for each row
    size_t cell_count, cell_cap;
    uint64_t first_seq;             // of the first row that waits
    bool headed;                    // the head line is out
};

static int names_split(struct fields *fields, const char *text, struct err *err)
{
    static char host[] = "Host";
    char *at = fields->list, *name;

    fields->names[fields->count++] = host;
    while ((name = strsep(&at, ",")) != NULL) {
        if (!*name)
            return err_set(err, ERR_USAGE, "--fields %.80s: a name is empty; names of fields with "
                           "commas between are expected, as in name,size", text);
        if (fields->count == FIELDS_MAX)
            return err_set(err, ERR_USAGE, "--fields %.80s: at most %d fields are shown", text,
                           FIELDS_MAX - 1);
        fields->names[fields->count++] = name;
    }
    for (size_t i = 0; i < fields->count; i++)
        fields->widths[i] = text_width(slice_str(fields->names[i]));
    return 0;
}

int fields_new(struct fields **ret, const char *text, struct err *err)
{
    struct fields *fields = calloc(1, sizeof(*fields));

    *ret = fields;
    if (!fields)
        return err_set(err, -ENOMEM, "out of memory");
    buf_init(&fields->text, 0);
    fields->list = strdup(text);
    if (!fields->list)
        return err_set(err, -ENOMEM, "out of memory");
    return names_split(fields, text, err);
}

void fields_free(struct fields *fields)
{
    if (!fields)
        return;
    buf_release(&fields->text);
    free(fields->cells);
    free(fields->list);
    free(fields);
}

bool fields_take(const json_t *record)
{
    return json_is_object(json_object_get(record, "value"));
}

// "disk.free": the field itself when it has such a name, else one step after the other.
static const json_t *field_get(const json_t *object, const char *path)
{
    const json_t *whole = json_object_get(object, path);
    char name[256];
    size_t len;

    while (!whole && *path) {
        len = strcspn(path, ".");
        if (len >= sizeof(name))
            return NULL;
        memcpy(name, path, len);
        name[len] = 0;
        object = json_object_get(object, name);
        if (!path[len])
            return object;
        path += len + 1;
        whole = json_object_get(object, path);
    }
    return whole;
}

// ---- rows
static int cell_add(struct fields *fields, size_t column, struct slice text)
{
    struct cell *grown = array_room(fields->cells, fields->cell_count, &fields->cell_cap,
                                    sizeof(*grown));
    size_t at = fields->text.len, width;

    if (!grown)
        return -ENOMEM;
    fields->cells = grown;
    text_escape(text, ESCAPE_ALL, &fields->text);
    if (buf_failed(&fields->text))
        return -ENOMEM;
    grown[fields->cell_count++] = (struct cell){ at, fields->text.len - at };
    width = text_width(slice_of(fields->text.ptr + at, fields->text.len - at));
    if (fields->widths[column] < width)
        fields->widths[column] = width;
    return 0;
}

static int value_add(struct fields *fields, size_t column, const json_t *value)
{
    struct buf text;
    int rc;

    if (json_is_string(value))
        return cell_add(fields, column,
                        slice_of(json_string_value(value), json_string_length(value)));
    if (!value || json_is_null(value))
        return cell_add(fields, column, (struct slice){ 0 });
    buf_init(&text, 0);
    json_compact(value, &text);
    rc = buf_failed(&text) ? -ENOMEM : cell_add(fields, column, buf_slice(&text));
    buf_release(&text);
    return rc;
}

int fields_add(struct fields *fields, const json_t *record)
{
    const json_t *value = json_object_get(record, "value");
    size_t before = fields->cell_count;
    int rc = value_add(fields, 0, json_object_get(record, "host"));

    if (before == 0)
        fields->first_seq = (uint64_t)row_int(record, "seq");
    for (size_t i = 1; rc == 0 && i < fields->count; i++)
        rc = value_add(fields, i, field_get(value, fields->names[i]));
    return rc;
}

uint64_t fields_done(const struct fields *fields, uint64_t last)
{
    return fields->cell_count && fields->first_seq <= last ? fields->first_seq - 1 : last;
}

// ---- drawing
static void cell_draw(const struct fields *fields, size_t column, struct slice text,
                      struct buf *out)
{
    size_t used = text_width(text);

    buf_add_slice(out, text);
    if (column + 1 < fields->count)
        for (; used < fields->widths[column] + GAP; used++)
            buf_add_byte(out, ' ');
}

// Lines never end in spaces.
static void line_end(struct buf *out, size_t begun)
{
    while (out->len > begun && out->ptr[out->len - 1] == ' ')
        buf_cut(out, out->len - 1);
    buf_add_byte(out, '\n');
}

static void head_draw(const struct fields *fields, size_t first, struct buf *out)
{
    size_t begun = out->len;
    struct buf name;

    for (size_t i = first; i < fields->count; i++) {
        buf_init(&name, 0);
        text_escape(slice_str(fields->names[i]), ESCAPE_ALL, &name);
        cell_draw(fields, i, buf_slice(&name), out);
        buf_release(&name);
    }
    line_end(out, begun);
}

int fields_draw(struct fields *fields, bool hosts, struct buf *out)
{
    size_t first = hosts ? 0 : 1;

    if (fields->cell_count == 0)
        return 0;
    if (!fields->headed)
        head_draw(fields, first, out);
    fields->headed = true;
    for (size_t row = 0; row < fields->cell_count; row += fields->count) {
        size_t begun = out->len;
        for (size_t i = first; i < fields->count; i++) {
            const struct cell *cell = &fields->cells[row + i];
            cell_draw(fields, i, slice_of(fields->text.ptr + cell->at, cell->len), out);
        }
        line_end(out, begun);
    }
    fields->cell_count = 0;
    buf_clear(&fields->text);
    return buf_failed(out) ? -ENOMEM : 0;
}

json_t *fields_record(const struct fields *fields, const json_t *record)
{
    const json_t *value = json_object_get(record, "value");
    json_t *copy = json_copy((json_t *)(uintptr_t)record), *some = json_object();

    for (size_t i = 1; i < fields->count; i++) {
        json_t *field = (json_t *)(uintptr_t)field_get(value, fields->names[i]);
        json_object_set(some, fields->names[i], field ? field : json_null());
    }
    if (json_object_set_new(copy, "value", some) < 0) {
        json_decref(copy);
        return NULL;
    }
    return copy;
}
