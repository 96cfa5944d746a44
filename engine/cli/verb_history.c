// SPDX-License-Identifier: MIT
// pawl history: every step of a job, one line per attempt.
#include <stdlib.h>
#include <time.h>

#include "base/duration.h"
#include "cli/call.h"
#include "cli/render.h"
#include "cli/select.h"
#include "cli/table.h"
#include "cli/text.h"

static const struct table_column step_columns[] = {
    { "Step", 4, 0, 0 },    { "Kind", 4, 0, 5 },     { "Name", 4, 6, 1 },
    { "Host", 4, 9, 2 },    { "Attempt", 0, 0, 4 },  { "State", 7, 0, 0 },
    { "Outcome", 0, 0, 0 }, { "Started", 19, 0, 7 }, { "Took", 4, 0, 6 },
    { "Line", 0, 8, 3 },
};

static long long time_ms(const char *text)
{
    struct tm tm = { 0 };
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (!rest)
        return 0;
    return (long long)timegm(&tm) * 1000 + (*rest == '.' ? strtol(rest + 1, NULL, 10) : 0);
}

static void cell(struct table *table, const char *text) { table_add(table, slice_str(text), NULL); }

// "exit 1", "signal 15", "value": how it ended, with its number where it has one.
static void cell_outcome(struct table *table, const json_t *step)
{
    const json_t *code = json_object_get(step, "code");
    char text[64];

    snprintf(text, sizeof(text), "%.40s", row_text(step, "outcome"));
    if (json_is_integer(code))
        snprintf(text, sizeof(text), "%.40s %lld", row_text(step, "outcome"),
                 json_integer_value(code));
    cell(table, text);
}

static void cell_times(struct table *table, const json_t *step)
{
    long long started = time_ms(row_text(step, "started"));
    long long ended = time_ms(row_text(step, "ended"));
    char text[24], took[DURATION_TEXT] = "";

    cell(table, time_local(row_text(step, "started"), text));
    if (started && ended >= started)
        duration_format(ended - started, took);
    cell(table, took);
}

static void step_row(struct table *table, const json_t *step)
{
    const char *state = row_text(step, "state");
    struct buf place;
    char number[24];

    buf_init(&place, 0);
    buf_addf(&place, "%s/%lld", row_text(step, "strand"), row_int(step, "ordinal"));
    table_add(table, buf_slice(&place), NULL);
    buf_release(&place);
    cell(table, row_text(step, "kind"));
    cell(table, row_text(step, "name"));
    cell(table, row_text(step, "host"));
    snprintf(number, sizeof(number), "%lld", row_int(step, "attempt"));
    cell(table, number);
    table_add(table, slice_str(state),
              state_colour(strcmp(state, "done") == 0     ? "Completed"
                           : strcmp(state, "failed") == 0 ? "Failed" : "Running"));
    cell_outcome(table, step);
    cell_times(table, step);
    cell(table, row_text(step, "line"));
}

static int steps_print(struct cli *cli, const json_t *steps)
{
    struct table table;
    struct buf out;
    json_t *step;
    size_t i;
    int exit_code;

    if (option_is_set(&cli->options, "json")) {
        json_array_foreach(steps, i, step)
            print_json(step);
        return 0;
    }
    table_init(&table, step_columns, sizeof(step_columns) / sizeof(step_columns[0]));
    json_array_foreach(steps, i, step)
        step_row(&table, step);
    buf_init(&out, 0);
    table_draw(&table, cli_width(cli), cli->colours, &out);
    exit_code = print_buf(cli, &out);
    buf_release(&out);
    table_release(&table);
    return exit_code;
}

// "job 12 nightly" in front of each table, where there are several.
static void heading_print(const struct cli *cli, const json_t *row)
{
    struct buf line;

    if (option_is_set(&cli->options, "json"))
        return;
    buf_init(&line, 0);
    buf_addf(&line, "job %lld ", row_int(row, "id"));
    text_escape(slice_str(row_text(row, "name")), ESCAPE_ALL, &line);
    printf("%s\n", buf_cstr(&line));
    buf_release(&line);
}

static void history_show(struct cli *cli, const json_t *row, bool several)
{
    char path[64];
    json_t *steps;

    snprintf(path, sizeof(path), "/v1/jobs/%lld/steps", row_int(row, "id"));
    if (call_lines(cli, path, &steps))
        return;
    if (several)
        heading_print(cli, row);
    steps_print(cli, steps);
    json_decref(steps);
}

int verb_history(struct cli *cli)
{
    json_t *rows, *row;
    size_t i;
    int exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);

    if (exit_code)
        return exit_code;
    json_array_foreach(rows, i, row)
        history_show(cli, row, json_array_size(rows) > 1);
    json_decref(rows);
    return 0;
}
