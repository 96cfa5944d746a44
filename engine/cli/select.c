// SPDX-License-Identifier: MIT
#include "cli/select.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "cli/call.h"

enum selector_kind selector_kind_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    struct uuid uuid;

    if (strcmp(text, "-") == 0)
        return SELECTOR_INPUT;
    if (digits > 0 && (text[digits] == 0 || (text[digits] == ':' && text[digits + 1])))
        return SELECTOR_ID;
    if (uuid_parse(slice_str(text), &uuid) == 0)
        return SELECTOR_ID;
    return strpbrk(text, "*?[") ? SELECTOR_GLOB : SELECTOR_NAME;
}

// state: what the API's query calls what --state is about.
static void filters_add(const struct options *options, const char *state, struct buf *query)
{
    static const char *const names[] = { "state", "type", "meta", "schedule" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text;
        size_t at = 0;
        while ((text = option_next(options, names[i], &at)) != NULL) {
            buf_addf(query, "&%s=", i == 0 ? state : names[i]);
            path_add(query, text);
        }
    }
}

void select_filters(const struct options *options, struct buf *query)
{
    filters_add(options, "state", query);
}

void select_case(const struct options *options, struct buf *query)
{
    if (option_is_set(options, "ignore-case"))
        buf_add_str(query, "&ignore_case=1");
}

struct select {
    struct cli *cli;
    struct buf query;  // filters and what the verb adds
    json_t *rows;
    json_t *seen;      // ids as keys
    select_fn concerns; // or NULL: all
    int exit_code;     // not 0: stop
};

static void rows_add(struct select *select, json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) {
        char id[24];
        snprintf(id, sizeof(id), "%lld", row_int(row, "id"));
        if (json_object_get(select->seen, id))
            continue;
        json_object_set_new(select->seen, id, json_true());
        json_array_append(select->rows, row);
    }
}

static bool any_concerns(const struct select *select, const json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
        if (select->concerns(row))
            return true;
    return false;
}

// Takes those away that the verb is not about. by_name: unless all are such.
static void rows_pass(const struct select *select, bool by_name, json_t *rows)
{
    if (!select->concerns || (by_name && !any_concerns(select, rows)))
        return;
    for (size_t i = json_array_size(rows); i-- > 0;)
        if (!select->concerns(json_array_get(rows, i)))
            json_array_remove(rows, i);
}

// A list with the filters and one more condition. Returns how many rows it had.
static size_t list_add(struct select *select, const char *name, const char *text)
{
    struct buf path;
    json_t *rows = NULL;
    size_t count;

    buf_init(&path, 0);
    buf_add_str(&path, "/v1/jobs?");
    if (name) {
        buf_addf(&path, "%s=", name);
        path_add(&path, text);
    }
    buf_add_slice(&path, buf_slice(&select->query));
    select_case(&select->cli->options, &path);
    select->exit_code = call_lines(select->cli, buf_cstr(&path), &rows);
    count = json_array_size(rows);
    if (!name || strcmp(name, "ids") != 0)
        rows_pass(select, name && selector_kind_of(text) != SELECTOR_GLOB, rows);
    rows_add(select, rows);
    json_decref(rows);
    buf_release(&path);
    return count;
}

// The filters of a child that was named are about its own state, and its job's others.
static bool child_fits(struct select *select, const json_t *child)
{
    struct buf path;
    json_t *rows = NULL, *row;
    size_t i;
    bool fits = false;

    buf_init(&path, 0);
    buf_addf(&path, "/v1/jobs?children=1&ids=%lld", row_int(child, "parent"));
    filters_add(&select->cli->options, "child_state", &path);
    select->exit_code = call_lines(select->cli, buf_cstr(&path), &rows);
    json_array_foreach(rows, i, row)
        fits = fits || row_int(row, "id") == row_int(child, "id");
    json_decref(rows);
    buf_release(&path);
    return fits;
}

static void row_add(struct select *select, json_t *row)
{
    json_t *rows = json_pack("[O]", row);

    rows_add(select, rows);
    json_decref(rows);
}

// By id a job is asked for alone, so that a missing one is told from one that the
// filters leave out.
static void id_add(struct select *select, const char *text)
{
    struct err err = { 0 };
    struct buf path;
    json_t *row = NULL;
    int exit_code;

    buf_init(&path, 0);
    buf_add_str(&path, "/v1/jobs/");
    path_add(&path, text);
    exit_code = call_try(select->cli, "GET", buf_cstr(&path), NULL, &row, &err);
    buf_release(&path);
    if (exit_code == EXIT_NO_JOB) {
        cli_error(select->cli, EXIT_NO_JOB, "%s; `pawl get%s` lists them", err_text(&err),
                  strchr(text, ':') ? " --children" : "");
    } else if (exit_code) {
        select->exit_code = cli_error(select->cli, exit_code, "%s", err_text(&err));
    } else if (select->query.len && !row_int(row, "parent")) {
        char id[24];
        snprintf(id, sizeof(id), "%lld", row_int(row, "id"));
        list_add(select, "ids", id);
    } else if (!select->query.len || child_fits(select, row)) {
        row_add(select, row);
    }
    json_decref(row);
}

// "Job13", when no job is called so: the name of a child, which it has from its id.
static bool child_add(struct select *select, const char *name)
{
    struct err err = { 0 };
    char path[64];
    json_t *row = NULL;
    bool found = false;

    if (strncmp(name, "Job", 3) != 0 || selector_kind_of(name + 3) != SELECTOR_ID ||
        strlen(name) > 24 || strchr(name, ':'))
        return false;
    snprintf(path, sizeof(path), "/v1/jobs/%s", name + 3);
    if (call_try(select->cli, "GET", path, NULL, &row, &err) == 0 && row_int(row, "parent")) {
        if (!select->query.len || child_fits(select, row))
            row_add(select, row);
        found = true;
    }
    json_decref(row);
    return found;
}

// Is there one, which the filters have left out?
static bool is_filtered(struct select *select, const char *name)
{
    struct buf path;
    json_t *rows = NULL;
    bool some;

    if (select->query.len == 0)
        return false;
    buf_init(&path, 0);
    buf_add_str(&path, "/v1/jobs?name=");
    path_add(&path, name);
    select_case(&select->cli->options, &path);
    select->exit_code = call_lines(select->cli, buf_cstr(&path), &rows);
    some = json_array_size(rows) > 0;
    json_decref(rows);
    buf_release(&path);
    return some;
}

static void name_add(struct select *select, const char *name)
{
    if (list_add(select, "name", name) || select->exit_code || child_add(select, name) ||
        is_filtered(select, name) || select->exit_code)
        return;
    cli_error(select->cli, EXIT_NO_JOB, "job %s: no such job; `pawl get%s` lists them%s", name,
              strchr(name, ':') ? " --children" : "",
              strchr(name, ':') ? ", and a part goes by its job's id and its host, as 12:web01" : "");
}

static void text_add(struct select *select, const char *text)
{
    if (!*text) {
        cli_error(select->cli, EXIT_NO_JOB, "no job has an empty name; give an id, a name or a glob");
        return;
    }
    switch (selector_kind_of(text)) {
    case SELECTOR_ID: id_add(select, text); break;
    case SELECTOR_GLOB: list_add(select, "name", text); break;
    case SELECTOR_NAME:
    case SELECTOR_INPUT: name_add(select, text); break;
    }
}

// A line of --json output, or a selector as on the command line. What is not a job itself
// (a record, a step, a question) has the job's id as "job".
static void line_add(struct select *select, char *line)
{
    size_t len = strcspn(line, "\r\n");
    long long job;
    json_t *row;
    char id[24];

    line[len] = 0;
    if (line[0] != '{') {
        if (len > 0)
            text_add(select, line);
        return;
    }
    row = json_loads(line, JSON_ALLOW_NUL, NULL);
    job = row_int(row, "job") > 0 ? row_int(row, "job") : row_int(row, "id");
    snprintf(id, sizeof(id), "%lld", job);
    if (job > 0)
        text_add(select, id);
    else
        cli_error(select->cli, EXIT_NO_JOB, "standard input: no \"id\" and no \"job\" in %.60s", line);
    json_decref(row);
}

static void input_add(struct select *select)
{
    char *line = NULL;
    size_t cap = 0;

    while (!select->exit_code && getline(&line, &cap, stdin) > 0)
        line_add(select, line);
    free(line);
}

static void args_add(struct select *select, size_t first)
{
    const struct options *options = &select->cli->options;

    for (size_t i = first; i < options->arg_count && !select->exit_code; i++) {
        if (selector_kind_of(options->args[i]) == SELECTOR_INPUT)
            input_add(select);
        else
            text_add(select, options->args[i]);
    }
}

static int jobs_select(struct cli *cli, size_t first, enum select_empty empty, const char *query,
                       select_fn concerns, json_t **ret)
{
    struct select select = { .cli = cli, .rows = json_array(), .seen = json_object(),
                             .concerns = concerns };
    bool none = cli->options.arg_count <= first;

    buf_init(&select.query, 0);
    select_filters(&cli->options, &select.query);
    if (none && empty == SELECT_NEEDS_SOME && select.query.len == 0)
        select.exit_code = cli_error(cli, EXIT_USAGE, "which job? give an id, a uuid, a name, a "
                                     "glob, ID:HOST, - or --state, --type, --meta, --schedule");
    buf_add_str(&select.query, query);
    if (!select.exit_code && none)
        list_add(&select, NULL, "");
    else if (!select.exit_code)
        args_add(&select, first);
    json_decref(select.seen);
    buf_release(&select.query);
    if (select.exit_code) {
        json_decref(select.rows);
        return select.exit_code;
    }
    *ret = select.rows;
    return 0;
}

int select_jobs(struct cli *cli, size_t first, enum select_empty empty, const char *query,
                json_t **ret)
{
    return jobs_select(cli, first, empty, query, NULL, ret);
}

int select_concerned(struct cli *cli, size_t first, select_fn concerns, json_t **ret)
{
    return jobs_select(cli, first, SELECT_NEEDS_SOME, "", concerns, ret);
}
