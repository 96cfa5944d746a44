// SPDX-License-Identifier: MIT
#include "cli/call.h"
#include "cli/render.h"
#include "cli/schedules.h"
#include "cli/table.h"
#include "cli/text.h"

static const struct table_column columns[] = {
    { "Name", 10, 8, 3 },   { "When", 0, 10, 2 },  { "Next", 19, 0, 7 }, { "Last", 19, 0, 4 },
    { "Overlap", 0, 0, 5 }, { "State", 0, 0, 0 },  { "Runs", 0, 0, 6 },  { "Command", 0, 10, 1 },
};

// ---- texts of one
static void add_time(struct buf *out, const json_t *time)
{
    char text[24];

    buf_add_str(out, json_is_string(time) ? time_local(json_string_value(time), text) : "");
}

// Exact, as one would write it: "1h30m".
static void add_duration(struct buf *out, long long ms)
{
    static const struct { const char *unit; long long ms; } units[] = {
        { "d", 24 * 60 * 60 * 1000 }, { "h", 60 * 60 * 1000 }, { "m", 60 * 1000 }, { "s", 1000 },
        { "ms", 1 },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ms >= units[i].ms)
            buf_addf(out, "%lld%s", ms / units[i].ms, units[i].unit);
        ms %= units[i].ms;
    }
}

static void add_when(struct buf *out, const json_t *row)
{
    if (row_true(row, "at_boot"))
        buf_add_str(out, "at boot");
    else if (!row_int(row, "every_ms"))
        buf_add_str(out, row_text(row, "cron"));
    else {
        buf_add_str(out, "every ");
        add_duration(out, row_int(row, "every_ms"));
    }
    if (*row_text(row, "timezone"))
        buf_addf(out, " %s", row_text(row, "timezone"));
}

static void add_next(struct buf *out, const json_t *row, bool all)
{
    const json_t *time;
    size_t i;

    if (row_true(row, "at_boot") && row_true(row, "enabled"))
        buf_add_str(out, "at boot");
    json_array_foreach(json_object_get(row, "next"), i, time) {
        if (i && !all)
            break;
        buf_add_str(out, i ? ", " : "");
        add_time(out, time);
    }
}

static void add_skipped(struct buf *out, const json_t *row)
{
    const json_t *skipped = json_object_get(row, "skipped");

    buf_addf(out, "skipped %lld, last at ", row_int(skipped, "count"));
    add_time(out, json_object_get(skipped, "last"));
    if (row_int(skipped, "job"))
        buf_addf(out, ", because job %lld was %s", row_int(skipped, "job"),
                 row_text(skipped, "state"));
}

// ---- the table
static void cell(struct table *table, struct buf *text)
{
    table_add(table, buf_slice(text), NULL);
    buf_clear(text);
}

static void row_cells(struct table *table, const json_t *row, bool wide, struct buf *text)
{
    table_add(table, slice_str(row_text(row, "name")), NULL);
    add_when(text, row);
    cell(table, text);
    add_next(text, row, wide);
    cell(table, text);
    add_time(text, json_object_get(row, "last"));
    cell(table, text);
    table_add(table, slice_str(row_text(row, "overlap")), NULL);
    table_add(table, slice_str(row_true(row, "enabled") ? "enabled" : "disabled"), NULL);
    buf_addf(text, "%lld", row_int(row, "runs"));
    cell(table, text);
    table_add(table, slice_str(row_text(row, "command")), NULL);
}

// RFC 3339 in UTC sorts as text.
static bool is_later(const json_t *row, const char *key, const char *than)
{
    const char *last = row_text(json_object_get(row, key), "last");

    return *last && strcmp(last, row_text(row, than)) > 0;
}

static void add_line(struct buf *out, const json_t *row, const struct buf *text)
{
    buf_addf(out, "%s: ", row_text(row, "name"));
    text_escape(buf_slice(text), ESCAPE_ALL, out);
    buf_add_byte(out, '\n');
}

// What people should know of it, below the table: what is newer than its last job.
static void add_remarks(struct buf *out, const json_t *row)
{
    struct buf text;

    buf_init(&text, 0);
    if (*row_text(row, "notice")) {
        buf_add_str(&text, row_text(row, "notice"));
        add_line(out, row, &text);
        buf_clear(&text);
    }
    if (is_later(row, "skipped", "last")) {
        add_skipped(&text, row);
        add_line(out, row, &text);
        buf_clear(&text);
    }
    if (is_later(row, "failure", "last")) {
        buf_addf(&text, "its job could not be started: %s",
                 row_text(json_object_get(row, "failure"), "reason"));
        add_line(out, row, &text);
    }
    buf_release(&text);
}

static int print_table(struct cli *cli, const json_t *rows)
{
    bool wide = option_is_set(&cli->options, "wide");
    struct table table;
    struct buf out, text;
    json_t *row;
    size_t i;
    int exit_code;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    buf_init(&out, 0);
    buf_init(&text, 0);
    json_array_foreach(rows, i, row)
        row_cells(&table, row, wide, &text);
    if (table_draw(&table, wide ? 0 : cli_width(cli), cli->colours, &out) < 0)
        exit_code = cli_error(cli, EXIT_ENGINE, "out of memory");
    else {
        json_array_foreach(rows, i, row)
            add_remarks(&out, row);
        exit_code = print_buf(cli, &out);
    }
    table_release(&table);
    buf_release(&text);
    buf_release(&out);
    return exit_code;
}

int schedules_print(struct cli *cli, const json_t *rows)
{
    json_t *row;
    size_t i;

    if (!option_is_set(&cli->options, "json") && !option_is_set(&cli->options, "quiet"))
        return json_array_size(rows) ? print_table(cli, rows) : 0;
    json_array_foreach(rows, i, row) {
        if (option_is_set(&cli->options, "quiet"))
            printf("%s\n", row_text(row, "name")); // plain letters and digits
        else
            print_json(row);
    }
    return 0;
}

// ---- all of one
static void fact(struct buf *out, const char *name, struct buf *text)
{
    if (text->len) {
        buf_addf(out, "%-9s", name);
        text_escape(buf_slice(text), ESCAPE_ALL, out);
        buf_add_byte(out, '\n');
    }
    buf_clear(text);
}

static void fact_text(struct buf *out, const char *name, const char *value, struct buf *text)
{
    buf_add_str(text, value);
    fact(out, name, text);
}

static void facts_runs(struct buf *out, const json_t *row, struct buf *text)
{
    add_time(text, json_object_get(row, "last"));
    if (row_int(row, "last_job"))
        buf_addf(text, ", job %lld", row_int(row, "last_job"));
    fact(out, "Last", text);
    buf_addf(text, "%lld, %lld unfinished", row_int(row, "runs"), row_int(row, "unfinished"));
    if (json_array_size(json_object_get(row, "queue")))
        buf_addf(text, ", %zu wait", json_array_size(json_object_get(row, "queue")));
    fact(out, "Runs", text);
    if (json_is_object(json_object_get(row, "skipped")))
        add_skipped(text, row);
    fact(out, "Skipped", text);
    add_time(text, json_object_get(row, "missed_last"));
    fact(out, "Missed", text);
    if (json_is_object(json_object_get(row, "failure")))
        add_time(text, json_object_get(json_object_get(row, "failure"), "last"));
    if (text->len)
        buf_addf(text, ": %s", row_text(json_object_get(row, "failure"), "reason"));
    fact(out, "Failure", text);
}

static void facts_plan(struct buf *out, const json_t *row, struct buf *text)
{
    fact_text(out, "Name", row_text(row, "name"), text);
    add_when(text, row);
    if (row_int(row, "jitter_ms")) {
        buf_add_str(text, ", later by up to ");
        add_duration(text, row_int(row, "jitter_ms"));
    }
    fact(out, "When", text);
    add_next(text, row, true);
    fact(out, "Next", text);
    fact_text(out, "State", row_true(row, "enabled") ? "enabled" : "disabled", text);
    buf_addf(text, "overlap %s, missed %s, keep ", row_text(row, "overlap"), row_text(row, "missed"));
    if (row_int(row, "keep"))
        buf_addf(text, "%lld", row_int(row, "keep"));
    else
        buf_add_str(text, "all");
    fact(out, "Rules", text);
    buf_addf(text, "%s: %s", row_text(row, "type"), row_text(row, "command"));
    fact(out, "Command", text);
}

int schedule_print(struct cli *cli, const json_t *row)
{
    struct buf out, text;
    int exit_code = 0;

    if (option_is_set(&cli->options, "json")) {
        print_json(row);
        return 0;
    }
    buf_init(&out, 0);
    buf_init(&text, 0);
    facts_plan(&out, row, &text);
    facts_runs(&out, row, &text);
    fact_text(&out, "Notice", row_text(row, "notice"), &text);
    exit_code = print_buf(cli, &out);
    buf_release(&text);
    buf_release(&out);
    return exit_code;
}
