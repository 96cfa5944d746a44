// SPDX-License-Identifier: MIT
// pawl answer [JOB [ANSWER]]: what Blocked jobs ask, and answers to it.
#include "cli/call.h"
#include "cli/each.h"
#include "cli/render.h"
#include "cli/select.h"
#include "cli/table.h"

static void add_text(struct table *table, const char *text)
{
    table_add(table, slice_str(text), NULL);
}

static void add_answers(struct table *table, const json_t *choices)
{
    struct buf text;
    const json_t *choice;
    size_t i;

    buf_init(&text, 0);
    json_array_foreach(choices, i, choice)
        buf_addf(&text, "%s%s", i ? " " : "", json_string_value(choice));
    add_text(table, json_array_size(choices) ? buf_cstr(&text) : "any text");
    buf_release(&text);
}

static void add_question(struct table *table, const json_t *job, const json_t *question)
{
    char number[24];

    snprintf(number, sizeof(number), "%lld", row_int(job, "id"));
    add_text(table, number);
    add_text(table, row_text(job, "name"));
    snprintf(number, sizeof(number), "%lld", row_int(question, "id"));
    add_text(table, number);
    add_text(table, row_text(question, "host"));
    add_text(table, row_text(question, "text"));
    add_answers(table, json_object_get(question, "choices"));
}

static int draw(const struct cli *cli, const struct table *table)
{
    struct buf text;
    int rc;

    buf_init(&text, 0);
    rc = table_draw(table, cli_width(cli), cli->colours, &text);
    if (rc == 0)
        fwrite(text.ptr, 1, text.len, stdout);
    buf_release(&text);
    return rc;
}

static void print_one_json(const json_t *job, const json_t *question)
{
    json_t *line = json_copy((json_t *)(uintptr_t)question);

    json_object_set(line, "job", json_object_get(job, "id"));
    print_json(line);
    json_decref(line);
}

// The questions of these jobs, a line each.
static int print_questions(struct cli *cli, const json_t *rows)
{
    static const struct table_column columns[] = {
        { "Job", 3, 0, 0 },   { "Name", 4, 8, 2 },      { "Question", 8, 0, 0 },
        { "Host", 4, 8, 3 },  { "Text", 4, 20, 1 },     { "Answers", 7, 0, 0 },
    };
    bool json = option_is_set(&cli->options, "json");
    const json_t *job, *question;
    struct table table;
    size_t i, k;
    int rc = 0;

    table_init(&table, columns, sizeof(columns) / sizeof(*columns));
    json_array_foreach(rows, i, job)
        json_array_foreach(json_object_get(job, "questions"), k, question)
            if (json)
                print_one_json(job, question);
            else
                add_question(&table, job, question);
    if (!json)
        rc = draw(cli, &table);
    table_release(&table);
    return rc < 0 ? cli_error(cli, EXIT_ENGINE, "out of memory") : 0;
}

static int list_questions(struct cli *cli)
{
    // Of all jobs only those that may ask; one that was named shows what it has.
    static const char may_ask[] = "&state=Blocked,Suspended,Suspending,Stopping";
    json_t *rows;
    int exit_code = select_jobs(cli, 0, SELECT_ALL, cli->options.arg_count ? "" : may_ask, &rows);

    if (exit_code)
        return exit_code;
    exit_code = print_questions(cli, rows);
    json_decref(rows);
    return exit_code;
}

int verb_answer(struct cli *cli)
{
    struct options *options = &cli->options;
    long long number;
    struct err err;
    json_t *body;

    if (options->arg_count > 2)
        return cli_error(cli, EXIT_USAGE, "pawl answer JOB ANSWER: too many arguments; an answer "
                         "of several words needs quotes");
    if (option_number(options, "question", 0, &number, &err) < 0)
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    if (options->arg_count < 2)
        return list_questions(cli);
    body = json_pack("{s:s,s:I}", "answer", options->args[1], "question", (json_int_t)number);
    options->arg_count = 1;
    if (!body)
        return cli_error(cli, EXIT_USAGE, "the answer is not UTF-8");
    return each_job(cli, "answer", body, NULL, each_unfinished);
}
