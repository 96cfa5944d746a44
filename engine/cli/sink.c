// SPDX-License-Identifier: MIT
#include "cli/sink.h"

#include <errno.h>

#include "cli/render.h"

int sink_init(struct sink *sink, struct printer *printer, bool fold, const char *fields,
              struct err *err)
{
    *sink = (struct sink){ .printer = printer };
    printer->folds = fold;
    if (fold && fold_new(&sink->fold, err) < 0)
        return err->code;
    return fields ? fields_new(&sink->fields, fields, err) : 0;
}

void sink_release(struct sink *sink)
{
    fold_free(sink->fold);
    fields_free(sink->fields);
}

// The rows that wait go out before whatever comes behind them.
static int table_flush(struct sink *sink)
{
    struct printer *printer = sink->printer;
    struct buf text;
    int rc;

    if (!sink->fields)
        return 0;
    buf_init(&text, 0);
    rc = fields_draw(sink->fields, printer->many && printer->names, &text);
    if (rc == 0)
        printer_text(printer, TO_OUT, buf_slice(&text));
    buf_release(&text);
    return rc;
}

static int table_record(struct sink *sink, const json_t *record, struct err *err)
{
    json_t *some;

    if (!sink->printer->json)
        return fields_add(sink->fields, record) < 0 ? err_set(err, -ENOMEM, "out of memory") : 0;
    some = fields_record(sink->fields, record);
    if (!some)
        return err_set(err, -ENOMEM, "out of memory");
    printer_record(sink->printer, some);
    json_decref(some);
    return 0;
}

int sink_record(struct sink *sink, const json_t *record, struct err *err)
{
    if (sink->fold)
        return fold_record(sink->fold, sink->printer, record, err);
    if (sink->fields && fields_take(record) && printer_target(sink->printer, record) == TO_OUT)
        return table_record(sink, record, err);
    if (printer_target(sink->printer, record) >= 0 && table_flush(sink) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    printer_record(sink->printer, record);
    return 0;
}

int sink_flush(struct sink *sink)
{
    return table_flush(sink) < 0 ? -EIO : printer_flush(sink->printer);
}

uint64_t sink_done(const struct sink *sink, uint64_t last)
{
    if (sink->fold)
        return sink->folded ? last : 0;
    last = printer_done(sink->printer, last);
    return sink->fields ? fields_done(sink->fields, last) : last;
}

int sink_end(struct sink *sink, struct crew *crew, uint64_t job, bool all, struct err *err)
{
    if (table_flush(sink) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    if (!sink->fold)
        return 0;
    printer_status_clear(sink->printer);
    if (fold_print(sink->fold, sink->printer, crew, job, all, err) < 0)
        return err->code;
    sink->folded = true;
    return 0;
}
