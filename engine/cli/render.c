// SPDX-License-Identifier: MIT
#include "cli/render.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/real.h"
#include "cli/call.h"
#include "cli/table.h"
#include "cli/text.h"

// The widths are those of the table as people know it; Command gives way first.
static const struct table_column job_columns[] = {
    { "Id", 3, 0, 0 },           { "Name", 10, 8, 3 },  { "Type", 8, 0, 5 },
    { "State", 9, 0, 0 },        { "HasMoreData", 0, 0, 4 },
    { "Location", 18, 9, 2 },    { "Command", 0, 10, 1 },
};

// --wide: these first, Command last.
static const struct table_column wide_columns[] = {
    { "Id", 3, 0, 0 },    { "Name", 10, 0, 0 },       { "Type", 8, 0, 0 },
    { "State", 9, 0, 0 }, { "HasMoreData", 0, 0, 0 }, { "Started", 11, 0, 0 },
    { "Ended", 11, 0, 0 }, { "Location", 18, 0, 0 },  { "Command", 0, 0, 0 },
};

const char *state_colour(const char *state)
{
    static const char *const colours[][2] = {
        { "Completed", "\033[32m" },    { "Failed", "\033[31m" }, { "Stopped", "\033[31m" },
        { "Blocked", "\033[33m" },      { "Suspended", "\033[33m" },
        { "Disconnected", "\033[33m" }, { "Running", "\033[36m" },
    };

    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
        if (strcmp(colours[i][0], state) == 0)
            return colours[i][1];
    return NULL;
}

static void cell(struct table *table, const char *text) { table_add(table, slice_str(text), NULL); }

// What the state alone does not tell of a child that has come to a bad end.
static const char *failure_words(const struct job_row *row)
{
    if (slice_is(row->failure, "unreachable"))
        return ", unreachable";
    return slice_is(row->failure, "unreached") ? ", never reached" : "";
}

// A failed child shows in the parent's state only at the end: say it meanwhile.
static void cell_state(struct table *table, const struct job_row *row)
{
    char state[32], text[80];

    snprintf(state, sizeof(state), "%.*s", row->state.len < 30 ? (int)row->state.len : 30,
             row->state.len ? (const char *)row->state.ptr : "");
    if (row->failed > 0 && row->total > 1)
        snprintf(text, sizeof(text), "%s %lld/%lld failed", state, row->failed, row->total);
    else
        snprintf(text, sizeof(text), "%s%s", state, failure_words(row));
    table_add(table, slice_str(text), state_colour(state));
}

static void cell_time(struct table *table, struct slice rfc3339, const struct render_times *times)
{
    char time[32], text[24];

    snprintf(time, sizeof(time), "%.*s", rfc3339.len < 30 ? (int)rfc3339.len : 30,
             rfc3339.len ? (const char *)rfc3339.ptr : "");
    cell(table, times->now_s ? time_ago(time, times->now_s, text) : time_local(time, text));
}

// A child has no type of its own in the table, as it always was.
void render_row(struct table *table, const struct job_row *row, const struct render_times *times)
{
    const struct slice none = { 0 };
    char id[24];

    snprintf(id, sizeof(id), "%lld", row->id);
    cell(table, id);
    table_add(table, row->name, NULL);
    table_add(table, row->is_child ? none : row->type, NULL);
    cell_state(table, row);
    cell(table, row->has_more ? "True" : "False");
    if (times->shown) {
        cell_time(table, row->started, times);
        cell_time(table, row->ended, times);
    }
    table_add(table, row->location, NULL);
    table_add(table, row->command, NULL);
}

void render_begin(struct table *table, const struct render_times *times)
{
    if (times->shown)
        table_init(table, wide_columns, sizeof(wide_columns) / sizeof(wide_columns[0]));
    else
        table_init(table, job_columns, sizeof(job_columns) / sizeof(job_columns[0]));
}

struct render_times render_times_of(const struct cli *cli)
{
    bool wide = option_is_set(&cli->options, "wide");

    return (struct render_times){ .shown = wide,
                                  .now_s = wide && cli->out_tty ? (int64_t)time(NULL) : 0 };
}

static int render(const json_t *rows, const struct render_times *times, unsigned width,
                  bool colours, struct buf *out)
{
    struct job_row shown;
    struct table table;
    json_t *row;
    size_t i;
    int rc;

    render_begin(&table, times);
    json_array_foreach(rows, i, row) {
        job_row_of_json(row, &shown);
        render_row(&table, &shown, times);
    }
    rc = table_draw(&table, width, colours, out);
    table_release(&table);
    return rc;
}

int render_jobs(const json_t *rows, unsigned width, bool colours, struct buf *out)
{
    const struct render_times none = { 0 };

    return render(rows, &none, width, colours, out);
}

int render_jobs_wide(const json_t *rows, int64_t now_s, bool colours, struct buf *out)
{
    const struct render_times times = { .shown = true, .now_s = now_s };

    return render(rows, &times, 0, colours, out);
}

void render_for(const struct cli *cli, const json_t *rows, struct buf *out)
{
    const struct render_times times = render_times_of(cli);

    render(rows, &times, times.shown ? 0 : cli_width(cli), cli->colours, out);
}

// jansson leaves DEL, C1 and such as they are: on a terminal they are escaped, too.
void print_json(const json_t *json)
{
    struct buf text, shown;
    const struct buf *out = &text;

    buf_init(&text, 0);
    buf_init(&shown, 0);
    json_compact(json, &text);
    buf_add_byte(&text, '\n');
    if (isatty(STDOUT_FILENO)) {
        text_escape(buf_slice(&text), ESCAPE_JSON, &shown);
        out = &shown;
    }
    fwrite(out->ptr, 1, out->len, stdout);
    buf_release(&text);
    buf_release(&shown);
}

int print_buf(struct cli *cli, const struct buf *out)
{
    if (buf_failed(out))
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    if (out->len)
        fwrite(out->ptr, 1, out->len, stdout);
    return 0;
}

int print_jobs(struct cli *cli, const json_t *rows)
{
    const struct options *options = &cli->options;
    struct buf out;
    json_t *row;
    size_t i;
    int exit_code;

    if (option_is_set(options, "json") || option_is_set(options, "quiet")) {
        json_array_foreach(rows, i, row) {
            if (option_is_set(options, "quiet"))
                printf("%lld\n", row_int(row, "id"));
            else
                print_json(row);
        }
        return 0;
    }
    if (json_array_size(rows) == 0)
        return 0;
    buf_init(&out, 0);
    render_for(cli, rows, &out);
    exit_code = print_buf(cli, &out);
    buf_release(&out);
    return exit_code;
}

static void explain(const json_t *row, const char *key, const char *label, bool tty,
                    struct buf *out)
{
    const json_t *text = json_object_get(row, key);

    if (json_string_length(text) == 0)
        return;
    buf_add_str(out, label);
    text_escape(slice_of(json_string_value(text), json_string_length(text)),
                tty ? ESCAPE_INDENT : ESCAPE_KEEP_LINES, out);
    buf_add_byte(out, '\n');
}

static void add_escaped(const char *text, struct buf *out)
{
    text_escape(slice_str(text), ESCAPE_ALL, out);
}

// "web01 asks: Ship it?" and the command that answers it.
static void explain_question(const json_t *row, const json_t *question, bool several,
                             struct buf *out)
{
    const char *host = row_text(question, "host");
    json_t *choice;
    size_t i;

    add_escaped(*host ? host : "it", out);
    buf_add_str(out, " asks: ");
    add_escaped(row_text(question, "text"), out);
    buf_addf(out, "\n  answer it with: pawl answer %lld ", row_int(row, "id"));
    if (several)
        buf_addf(out, "--question %lld ", row_int(question, "id"));
    json_array_foreach(json_object_get(question, "choices"), i, choice) {
        if (i)
            buf_add_byte(out, '|');
        add_escaped(json_string_value(choice), out);
    }
    buf_add_str(out, json_array_size(json_object_get(question, "choices")) ? "\n" : "TEXT\n");
}

static void explain_questions(const json_t *row, struct buf *out)
{
    const json_t *questions = json_object_get(row, "questions"), *question;
    size_t i;

    json_array_foreach(questions, i, question)
        explain_question(row, question, json_array_size(questions) > 1, out);
}

int print_explained(struct cli *cli, const json_t *rows)
{
    const json_t *row = json_array_get(rows, 0);
    struct buf out;
    int exit_code;

    if (json_array_size(rows) != 1 || option_is_set(&cli->options, "json") ||
        option_is_set(&cli->options, "quiet"))
        return 0;
    buf_init(&out, 0);
    explain(row, "reason", "reason: ", cli->out_tty, &out);
    explain(row, "notice", "it stands still: ", cli->out_tty, &out);
    explain_questions(row, &out);
    exit_code = print_buf(cli, &out);
    buf_release(&out);
    return exit_code;
}

static bool time_read(const char *rfc3339, time_t *ret)
{
    struct tm tm = { 0 };

    if (!strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm))
        return false;
    *ret = timegm(&tm);
    return true;
}

const char *time_local(const char *rfc3339, char text[24])
{
    struct tm tm;
    time_t seconds;

    text[0] = 0;
    if (time_read(rfc3339, &seconds) && localtime_r(&seconds, &tm))
        strftime(text, 24, "%Y-%m-%d %H:%M:%S", &tm);
    return text;
}

const char *time_ago(const char *rfc3339, int64_t now_s, char text[24])
{
    static const struct {
        int64_t below, unit;
        const char *words;
    } steps[] = {
        { 90, 1, "s" }, { 90 * 60, 60, "min" }, { 36 * 3600, 3600, "h" }, { 31 * 86400, 86400, "days" },
    };
    time_t seconds;
    int64_t ago;

    if (!time_read(rfc3339, &seconds) || (ago = now_s - (int64_t)seconds) < 0)
        return time_local(rfc3339, text);
    snprintf(text, 24, "just now");
    if (ago < 5)
        return text;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (ago < steps[i].below) {
            snprintf(text, 24, "%lld %s ago", (long long)((ago + steps[i].unit / 2) / steps[i].unit),
                     steps[i].words);
            return text;
        }
    return time_local(rfc3339, text);
}

int print_job(struct cli *cli, const json_t *row)
{
    json_t *rows = json_pack("[O]", row);
    int exit_code = print_jobs(cli, rows);

    json_decref(rows);
    return exit_code;
}
