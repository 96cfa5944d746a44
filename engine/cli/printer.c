// SPDX-License-Identifier: MIT
// How: each record's bytes go through the source of its child and stream, which holds
// back what must not go out yet; the rest is made one piece, with names in front of
// lines and escaped for a terminal, and written at once.
#include "cli/printer.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/call.h"
#include "cli/render.h"
#include "cli/text.h"

enum {
    STATUS_MS = 100,       // from one drawing of the status line to the next
    STATUS_WIDTH = 80,     // of a terminal that does not say
    USUAL = 1 << RECORD_OUTPUT | 1 << RECORD_ERROR | 1 << RECORD_WARNING |
            1 << RECORD_INFORMATION, // streams that people see unless others are named
};

void printer_init(struct printer *printer, const struct cli *cli)
{
    *printer = (struct printer){
        .places = { [TO_OUT] = { .to = stdout, .tty = cli->out_tty },
                    [TO_ERR] = { .to = stderr, .tty = cli->err_tty } },
        .json = option_is_set(&cli->options, "json"),
        .moves = cli->err_moves,
        .quiet = option_is_set(&cli->options, "quiet"),
        .names = !option_is_set(&cli->options, "no-host"),
    };
    // It is flushed whenever nothing more is at hand, and before standard error.
    setvbuf(stdout, NULL, _IOFBF, 0);
    sources_init(&printer->sources);
    buf_init(&printer->bytes, 0);
    buf_init(&printer->shown, 0);
    buf_init(&printer->front, 0);
    buf_init(&printer->work, 0);
    buf_init(&printer->status.text, 0);
}

void printer_release(struct printer *printer)
{
    sources_release(&printer->sources);
    buf_release(&printer->bytes);
    buf_release(&printer->shown);
    buf_release(&printer->front);
    buf_release(&printer->work);
    buf_release(&printer->status.text);
}

void printer_reset(struct printer *printer)
{
    sources_release(&printer->sources);
    sources_init(&printer->sources);
    printer->first = NULL;
    printer->many = false;
}

int printer_show(struct printer *printer, const char *name, struct err *err)
{
    int stream = record_stream(name);

    if (stream < 0)
        return err_set(err, ERR_USAGE, "--stream %.40s: output, error, warning, verbose, debug, "
                       "information or progress is expected", name);
    printer->streams |= 1u << stream;
    return 0;
}

// A program gets every record: it knows what is what. Groups are of what people see.
static bool is_shown(const struct printer *printer, int stream)
{
    if (printer->streams)
        return printer->streams >> stream & 1;
    return (printer->json && !printer->folds) || (USUAL >> stream & 1);
}

int printer_target(const struct printer *printer, const json_t *record)
{
    int stream = record_stream_of(record);

    if (row_true(record, "gap"))
        return TO_ERR;
    if (stream < 0 || !is_shown(printer, stream))
        return -ENOENT;
    return stream == RECORD_OUTPUT ? TO_OUT : TO_ERR;
}

// ---- the status line
// A terminal that has become narrower has wrapped it.
void printer_status_clear(struct printer *printer)
{
    struct status *status = &printer->status;
    size_t above = status->width ? (status->columns - 1) / status->width : 0;

    if (!status->text.len)
        return;
    if (above)
        fprintf(printer->places[TO_ERR].to, "\033[%zuA", above);
    fputs("\r\033[J", printer->places[TO_ERR].to);
    buf_clear(&status->text);
}

static bool terminal_is_open(const struct printer *printer)
{
    const struct place *out = &printer->places[TO_OUT], *err = &printer->places[TO_ERR];

    return (out->open && out->tty) || (err->open && err->tty);
}

bool printer_status_due(const struct printer *printer, uint64_t now_ms)
{
    return printer->moves && !printer->json && !printer->quiet &&
           !terminal_is_open(printer) &&
           (!printer->status.drawn_ms || now_ms - printer->status.drawn_ms >= STATUS_MS);
}

void printer_status(struct printer *printer, const char *text, unsigned width, uint64_t now_ms)
{
    struct status *status = &printer->status;
    FILE *to = printer->places[TO_ERR].to;

    if (!width)
        width = STATUS_WIDTH;
    if (slice_is(buf_slice(&status->text), text) && status->width == width)
        return;
    fflush(printer->places[TO_OUT].to);
    status->width = width; // the old line is where the new width has put it
    printer_status_clear(printer);
    buf_add_str(&status->text, text);
    buf_clear(&printer->work);
    text_fit(buf_slice(&status->text), width - 1, &printer->work);
    status->columns = text_width(buf_slice(&printer->work));
    status->drawn_ms = now_ms;
    fwrite(printer->work.ptr, 1, printer->work.len, to);
    fflush(to);
}

// ---- writing
static void place_line_end(struct place *place)
{
    if (place->open)
        putc('\n', place->to);
    place->open = false;
}

// Where many write, a line that another has left open is ended first. Two terminals
// are taken for one.
static void place_turn(struct printer *printer, enum target target, const struct source *by)
{
    struct place *here = &printer->places[target], *there = &printer->places[!target];

    if (here->open && here->by != by)
        place_line_end(here);
    if (there->open && there->by != by && there->tty && here->tty) {
        place_line_end(there);
        fflush(there->to);
    }
}

static void front_make(struct printer *printer, const struct source *source)
{
    buf_clear(&printer->front);
    if (printer->many && printer->names && source->host.len) {
        text_escape(buf_slice(&source->host), ESCAPE_ALL, &printer->front);
        buf_add_str(&printer->front, ": ");
    }
    buf_add_str(&printer->front, record_label((enum record_stream)source->stream));
}

static struct slice for_place(struct printer *printer, const struct place *place,
                              struct slice text)
{
    if (!place->tty)
        return text;
    buf_clear(&printer->shown);
    text_escape(text, ESCAPE_KEEP_LINES, &printer->shown);
    return buf_slice(&printer->shown);
}

static void place_write(struct printer *printer, enum target target, struct slice front,
                        struct slice text)
{
    struct place *place = &printer->places[target];

    printer_status_clear(printer);
    if (target == TO_ERR) // both may be the same place: what came first must be there first
        fflush(printer->places[TO_OUT].to);
    buf_clear(&printer->work);
    lines_add(&printer->work, &place->open, front, for_place(printer, place, text));
    printer->failed |= buf_failed(&printer->work) || buf_failed(&printer->shown);
    fwrite(printer->work.ptr, 1, printer->work.len, place->to);
}

static void source_write(struct printer *printer, struct source *source, enum target target,
                         size_t n)
{
    if (n == 0)
        return;
    if (printer->many)
        place_turn(printer, target, source);
    front_make(printer, source);
    place_write(printer, target, buf_slice(&printer->front), slice_of(source->held.ptr, n));
    printer->places[target].by = source;
    source_drop(source, n);
}

void printer_text(struct printer *printer, enum target target, struct slice text)
{
    if (!text.len)
        return;
    place_turn(printer, target, NULL);
    place_write(printer, target, (struct slice){ 0 }, text);
    printer->places[target].by = NULL;
}

void printer_line_end(struct printer *printer, enum target target)
{
    place_line_end(&printer->places[target]);
}

// ---- sentences of our own
void printer_say(struct printer *printer, const char *text)
{
    struct place *out = &printer->places[TO_OUT], *err = &printer->places[TO_ERR];

    printer_status_clear(printer);
    place_line_end(err);
    if (out->tty && err->tty)
        place_line_end(out);
    fflush(out->to);
    fprintf(err->to, "%s\n", text);
}

static void gap_write(struct printer *printer, const json_t *record)
{
    char text[80];

    snprintf(text, sizeof(text), "pawl: record %lld is damaged on disk and left out",
             row_int(record, "seq"));
    printer_say(printer, text);
}

// ---- records
static enum hold hold_of(const struct printer *printer, enum target target)
{
    if (printer->many)
        return HOLD_LINE;
    return printer->places[target].tty ? HOLD_SEQUENCE : HOLD_NOTHING;
}

// Records may show it before a row does.
static void second_host_note(struct printer *printer, const struct source *source)
{
    if (!source->host.len)
        return;
    if (!printer->first)
        printer->first = source;
    else if (source->child != printer->first->child)
        printer->many = true;
}

// A value is a line of its own: what stands before it on the line is ended.
static void value_begin(struct printer *printer, const struct source *source, enum target target)
{
    const struct place *place = &printer->places[target];
    bool in_line = place->open && (place->by == source || !printer->many);

    if (source->held.len || in_line)
        buf_add_byte(&printer->bytes, '\n');
}

static void bytes_write(struct printer *printer, const json_t *record, enum target target)
{
    struct source *source = sources_get(&printer->sources, (uint64_t)row_int(record, "job"),
                                        (unsigned)record_stream_of(record),
                                        row_text(record, "host"));
    size_t n;

    if (!source) {
        printer->failed = true;
        return;
    }
    second_host_note(printer, source);
    buf_clear(&printer->bytes);
    if (record_is_value(record))
        value_begin(printer, source, target);
    record_bytes(record, &printer->bytes);
    n = source_add(source, buf_slice(&printer->bytes), (uint64_t)row_int(record, "seq"),
                   hold_of(printer, target));
    printer->failed |= buf_failed(&printer->bytes) || buf_failed(&source->held);
    source_write(printer, source, target, n);
}

void printer_record(struct printer *printer, const json_t *record)
{
    int target = printer_target(printer, record);

    if (target < 0)
        return;
    if (printer->json) {
        printer_status_clear(printer);
        print_json(record);
    } else if (row_true(record, "gap")) {
        gap_write(printer, record);
    } else {
        bytes_write(printer, record, (enum target)target);
    }
}

uint64_t printer_done(const struct printer *printer, uint64_t last)
{
    return sources_done(&printer->sources, last);
}

// ---- the end
int printer_flush(struct printer *printer)
{
    bool well = !printer->failed;

    for (int target = TARGETS; target-- > 0;) { // standard error first, as it was written
        FILE *to = printer->places[target].to;
        well = fflush(to) == 0 && !ferror(to) && well;
    }
    return well ? 0 : -EIO;
}

int printer_finish(struct printer *printer)
{
    struct sources *sources = &printer->sources;

    printer_status_clear(printer);
    for (size_t i = 0; i < sources->count; i++) {
        struct source *source = sources->all[i];
        source_write(printer, source, source->stream == RECORD_OUTPUT ? TO_OUT : TO_ERR,
                     source->held.len);
        if (printer->many)
            for (int target = 0; target < TARGETS; target++)
                place_line_end(&printer->places[target]);
    }
    for (int target = 0; target < TARGETS; target++)
        if (printer->places[target].tty || printer->many)
            place_line_end(&printer->places[target]);
    return printer_flush(printer);
}
