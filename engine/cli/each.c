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
    if (option_is_set(&cli->options, "json"))
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

// --dry-run: who is meant, and nothing else.
static bool is_tried(struct cli *cli, const json_t *rows)
{
    bool dry = option_is_set(&cli->options, "dry-run");

    if (dry)
        print_jobs(cli, rows);
    return dry;
}

int each_row(struct cli *cli, void (*fn)(struct cli *cli, const json_t *row))
{
    json_t *rows, *row;
    size_t i;
    int exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);

    if (exit_code)
        return exit_code;
    if (!is_tried(cli, rows))
        json_array_foreach(rows, i, row)
            fn(cli, row);
    json_decref(rows);
    return 0;
}

int each_job(struct cli *cli, size_t first, const char *verb, json_t *body, const char *goal)
{
    json_t *rows = NULL, *row, *changed = json_array();
    size_t i;
    int exit_code = body ? select_jobs(cli, first, SELECT_NEEDS_SOME, "", &rows) : EXIT_ENGINE;

    if (exit_code == 0 && !is_tried(cli, rows))
        json_array_foreach(rows, i, row)
            one_job(cli, row, verb, body, changed);
    if (goal && option_is_set(&cli->options, "wait"))
        json_array_foreach(changed, i, row)
            wait_for(cli, row, goal);
    json_decref(changed);
    json_decref(rows);
    json_decref(body);
    return exit_code;
}
