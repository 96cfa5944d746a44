// SPDX-License-Identifier: MIT
#include "cli/printer.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/real.h"
#include "cli/call.h"
#include "cli/text.h"

enum target { TO_OUT, TO_ERR };

struct stream_row {
    const char *name;
    bool usual;            // shown unless --stream says otherwise
    enum target target;
    const char *label;     // in front of a text, on standard error
};

static const struct stream_row stream_rows[] = {
    { "output", true, TO_OUT, "" },           { "error", true, TO_ERR, "" },
    { "warning", true, TO_ERR, "warning: " }, { "information", true, TO_ERR, "" },
    { "verbose", false, TO_ERR, "verbose: " }, { "debug", false, TO_ERR, "debug: " },
    { "progress", false, TO_ERR, "progress: " },
};

enum { STREAM_ROWS = sizeof(stream_rows) / sizeof(stream_rows[0]) };

void printer_init(struct printer *printer, const struct cli *cli)
{
    *printer = (struct printer){ .out = stdout, .err = stderr, .out_tty = cli->out_tty,
                                 .err_tty = cli->err_tty,
                                 .json = option_is_set(&cli->options, "json") };
    buf_init(&printer->last_host, 0);
    buf_init(&printer->carry, 0);
    buf_init(&printer->work, 0);
    buf_init(&printer->status, 0);
}

void printer_release(struct printer *printer)
{
    buf_release(&printer->last_host);
    buf_release(&printer->carry);
    buf_release(&printer->work);
    buf_release(&printer->status);
}

int printer_show(struct printer *printer, const char *stream, struct err *err)
{
    for (size_t i = 0; i < STREAM_ROWS; i++)
        if (strcmp(stream_rows[i].name, stream) == 0) {
            printer->streams |= 1u << i;
            return 0;
        }
    return err_set(err, ERR_USAGE, "--stream %.40s: output, error, warning, verbose, debug, "
                   "information or progress is expected", stream);
}

static const struct stream_row *stream_row_of(const struct printer *printer, const char *name)
{
    for (size_t i = 0; i < STREAM_ROWS; i++)
        if (strcmp(stream_rows[i].name, name) == 0) {
            bool shown = printer->streams ? printer->streams >> i & 1 : stream_rows[i].usual;
            return shown ? &stream_rows[i] : NULL;
        }
    return NULL;
}

// ---- the status line
static void status_clear(struct printer *printer)
{
    if (printer->status.len)
        fputs("\r\033[K", printer->err);
    buf_clear(&printer->status);
}

void printer_status(struct printer *printer, const char *text, unsigned width)
{
    struct slice line = slice_str(text);

    if (!printer->err_tty || printer->out_open || printer->err_open ||
        slice_equal(line, buf_slice(&printer->status)))
        return;
    fflush(printer->out);
    status_clear(printer);
    buf_add_slice(&printer->status, line);
    buf_clear(&printer->work);
    text_fit(line, width > 1 ? width - 1 : 79, &printer->work);
    fwrite(printer->work.ptr, 1, printer->work.len, printer->err);
    fflush(printer->err);
}

// ---- texts
// Lines of several hosts are told apart by a name in front of each; a line that
// another host left open is ended first.
static void lines_write(FILE *to, bool *open, const char *front, struct slice text)
{
    while (text.len > 0) {
        const uint8_t *newline = memchr(text.ptr, '\n', text.len);
        size_t n = newline ? (size_t)(newline - text.ptr) + 1 : text.len;
        if (!*open)
            fputs(front, to);
        fwrite(text.ptr, 1, n, to);
        *open = newline == NULL;
        text = slice_of(text.ptr + n, text.len - n);
    }
}

static void front_make(struct printer *printer, const struct stream_row *row, const char *host,
                       struct buf *front)
{
    buf_clear(front);
    if (printer->hosts && *host) {
        text_escape(slice_str(host), ESCAPE_ALL, front);
        buf_add_str(front, ": ");
    }
    buf_add_str(front, row->label);
}

static void host_change(struct printer *printer, const char *host)
{
    if (slice_is(buf_slice(&printer->last_host), host))
        return;
    if (printer->hosts && printer->out_open) {
        putc('\n', printer->out);
        printer->out_open = false;
    }
    buf_clear(&printer->last_host);
    buf_add_str(&printer->last_host, host);
}

// A record may end inside a UTF-8 sequence; on a terminal its beginning waits for
// the rest, so that it is not shown as stray bytes.
static void terminal_text(struct printer *printer, struct slice bytes, struct buf *out)
{
    size_t rest;

    buf_add_slice(&printer->carry, bytes);
    rest = text_unfinished(buf_slice(&printer->carry));
    text_escape(slice_of(printer->carry.ptr, printer->carry.len - rest), ESCAPE_KEEP_LINES, out);
    buf_drop(&printer->carry, printer->carry.len - rest);
}

static void text_write(struct printer *printer, const struct stream_row *row, const char *host,
                       struct slice bytes)
{
    bool to_out = row->target == TO_OUT;
    bool tty = to_out ? printer->out_tty : printer->err_tty;
    struct buf front;

    buf_init(&front, 0);
    if (to_out)
        host_change(printer, host);
    front_make(printer, row, host, &front);
    buf_clear(&printer->work);
    if (!to_out) // both may be the same place: what came first must be there first
        fflush(printer->out);
    if (tty && to_out)
        terminal_text(printer, bytes, &printer->work);
    else if (tty)
        text_escape(bytes, ESCAPE_KEEP_LINES, &printer->work);
    lines_write(to_out ? printer->out : printer->err,
                to_out ? &printer->out_open : &printer->err_open, buf_cstr(&front),
                tty ? buf_slice(&printer->work) : bytes);
    buf_release(&front);
}

// ---- records
static void base64_write(struct printer *printer, const struct stream_row *row, const char *host,
                         const json_t *json)
{
    const char *text = json_string_value(json);
    size_t len = json_string_length(json), n = 0;
    uint8_t *bytes = malloc(len ? len : 1);

    if (bytes && sodium_base642bin(bytes, len, text, len, NULL, &n, NULL,
                                   sodium_base64_VARIANT_ORIGINAL) == 0)
        text_write(printer, row, host, slice_of(bytes, n));
    free(bytes);
}

// A value is a line of JSON of its own; jansson escapes its control characters.
static void value_write(struct printer *printer, const struct stream_row *row, const char *host,
                        const json_t *json)
{
    bool *open = row->target == TO_OUT ? &printer->out_open : &printer->err_open;
    struct buf text;

    buf_init(&text, 0);
    if (*open)
        buf_add_byte(&text, '\n');
    json_compact(json, &text);
    buf_add_byte(&text, '\n');
    text_write(printer, row, host, buf_slice(&text));
    buf_release(&text);
}

static void gap_write(struct printer *printer, const json_t *record)
{
    fflush(printer->out);
    fprintf(printer->err, "pawl: record %lld is damaged on disk and left out\n",
            row_int(record, "seq"));
}

static void record_write(struct printer *printer, const json_t *record)
{
    buf_clear(&printer->work);
    json_compact(record, &printer->work);
    buf_add_byte(&printer->work, '\n');
    fwrite(printer->work.ptr, 1, printer->work.len, printer->out);
}

void printer_record(struct printer *printer, const json_t *record)
{
    const struct stream_row *row = stream_row_of(printer, row_text(record, "stream"));
    const char *host = row_text(record, "host");
    const json_t *data = json_object_get(record, "data");
    const json_t *base64 = json_object_get(record, "data_b64");
    bool gap = row_true(record, "gap");

    if ((!row && !gap) || (printer->host && strcmp(printer->host, host) != 0))
        return;
    status_clear(printer);
    if (printer->json) {
        record_write(printer, record);
    } else if (gap) {
        gap_write(printer, record);
    } else if (json_is_string(data)) {
        text_write(printer, row, host, slice_of(json_string_value(data),
                                                json_string_length(data)));
    } else if (json_is_string(base64)) {
        base64_write(printer, row, host, base64);
    } else {
        value_write(printer, row, host, json_object_get(record, "value"));
    }
}

void printer_note(struct printer *printer, const char *text)
{
    status_clear(printer);
    fflush(printer->out);
    if (printer->err_open)
        putc('\n', printer->err);
    printer->err_open = false;
    fprintf(printer->err, "pawl: %s\n", text);
    fflush(printer->err);
}

int printer_flush(struct printer *printer)
{
    fflush(printer->err);
    return fflush(printer->out) == 0 && !ferror(printer->out) ? 0 : -EIO;
}

int printer_finish(struct printer *printer)
{
    status_clear(printer);
    if (printer->carry.len && printer->out_tty) {
        buf_clear(&printer->work);
        text_escape(buf_slice(&printer->carry), ESCAPE_ALL, &printer->work);
        fwrite(printer->work.ptr, 1, printer->work.len, printer->out);
    }
    buf_clear(&printer->carry);
    if (printer->out_open && printer->out_tty)
        putc('\n', printer->out);
    if (printer->err_open && printer->err_tty)
        putc('\n', printer->err);
    printer->out_open = printer->err_open = false;
    return printer_flush(printer);
}
