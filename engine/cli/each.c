// SPDX-License-Identifier: MIT
#include "cli/each.h"

#include <string.h>

#include "cli/call.h"
#include "cli/render.h"
#include "cli/select.h"
#include "cli/text.h"

// What stands in the way of what was asked, or how it was ended by force.
static void tell(const struct cli *cli, const json_t *row)
{
    bool ended = strcmp(row_text(row, "state"), "Stopped") == 0;
    const char *text = row_text(row, ended ? "reason" : "notice");
    struct buf line;

    if (!*text || option_is_set(&cli->options, "json"))
        return;
    buf_init(&line, 0);
    buf_addf(&line, "pawl: job %lld %s: ", row_int(row, "id"), ended ? "Stopped" : "stands still");
    text_escape(slice_str(text), ESCAPE_ALL, &line);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_release(&line);
}

static void one_job(struct cli *cli, const json_t *row, const char *verb, const json_t *body,
                    json_t *changed)
{
    char path[96];
    json_t *after;

    snprintf(path, sizeof(path), "/v1/jobs/%lld/%s", row_int(row, "id"), verb);
    if (call(cli, "POST", path, body, &after))
        return;
    if (option_is_set(&cli->options, "json") && !option_is_set(&cli->options, "wait"))
        print_json(after);
    tell(cli, after);
    json_array_append_new(changed, after);
}

// --wait: for each verb the states in which what was asked has come about.
static int wait_for(struct cli *cli, const json_t *row, const char *goal)
{
    char path[128];
    json_t *answer;
    int exit_code;

    snprintf(path, sizeof(path), "/v1/jobs/%lld/wait?for=%s", row_int(row, "id"), goal);
    exit_code = call(cli, "GET", path, NULL, &answer);
    if (exit_code == 0) {
        if (!row_true(answer, "reached"))
            cli_error(cli, EXIT_REFUSED, "job %lld did not become %s", row_int(row, "id"), goal);
        json_decref(answer);
    }
    return exit_code;
}

// --wait --json: the row as it is in the end.
static void print_again(struct cli *cli, const json_t *row)
{
    struct err err;
    char path[64];
    json_t *now = NULL;

    snprintf(path, sizeof(path), "/v1/jobs/%lld", row_int(row, "id"));
    // One that removes itself may be gone.
    print_json(call_try(cli, "GET", path, NULL, &now, &err) == 0 ? now : row);
    json_decref(now);
}

// --dry-run: who is meant, and nothing is done. Those that the verb is not about were
// named, and would be refused.
static bool is_tried(struct cli *cli, const json_t *rows, select_fn concerns)
{
    json_t *meant, *row;
    size_t i;

    if (!option_is_set(&cli->options, "dry-run"))
        return false;
    meant = json_array();
    json_array_foreach(rows, i, row) {
        if (concerns(row))
            json_array_append(meant, row);
        else
            cli_error(cli, EXIT_REFUSED, "job %lld is %s%s: it would be refused", row_int(row, "id"),
                      row_int(row, "parent") ? "a child, and " : "", row_text(row, "state"));
    }
    print_jobs(cli, meant);
    json_decref(meant);
    return true;
}

bool each_unfinished(const json_t *row) { return !row_is_finished(row); }

int each_row(struct cli *cli, void (*fn)(struct cli *cli, const json_t *row), select_fn concerns)
{
    json_t *rows, *row;
    size_t i;
    int exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);

    if (exit_code)
        return exit_code;
    if (!is_tried(cli, rows, concerns))
        json_array_foreach(rows, i, row)
            fn(cli, row);
    json_decref(rows);
    return 0;
}

int each_job(struct cli *cli, const char *verb, json_t *body, const char *goal,
             select_fn concerns)
{
    json_t *rows = NULL, *row, *changed = json_array();
    size_t i;
    int exit_code = body ? select_concerned(cli, 0, concerns, &rows) : EXIT_ENGINE;

    if (exit_code == 0 && !is_tried(cli, rows, concerns))
        json_array_foreach(rows, i, row)
            one_job(cli, row, verb, body, changed);
    if (goal && option_is_set(&cli->options, "wait"))
        json_array_foreach(changed, i, row)
            if (wait_for(cli, row, goal) == 0 && option_is_set(&cli->options, "json"))
                print_again(cli, row);
    json_decref(changed);
    json_decref(rows);
    json_decref(body);
    return exit_code;
}
