// SPDX-License-Identifier: MIT
// pawl retry: a new job for those hosts of a finished one that did not complete. What it
// takes is said, told apart by how they failed, before it is followed.
#include <string.h>

#include "cli/call.h"
#include "cli/follow.h"
#include "cli/render.h"
#include "cli/select.h"

// How a host can fail, in the API's words and the order in which they are told.
static const char *const failures[] = { "failed", "unreachable", "unreached", "stopped" };
enum { FAILURE_COUNT = sizeof(failures) / sizeof(failures[0]) };

// ---- what is asked

// --failed, --unreachable, --unreached in any mixture; --unfinished is all of them.
static json_t *failures_json(const struct options *options)
{
    bool all = option_is_set(options, "unfinished");
    json_t *list = json_array();

    for (size_t i = 0; i < FAILURE_COUNT; i++)
        if (all || (i + 1 < FAILURE_COUNT && option_is_set(options, failures[i])))
            json_array_append_new(list, json_string(failures[i]));
    return list;
}

static json_t *retry_body(const struct options *options)
{
    json_t *body = json_object(), *list = failures_json(options);
    const char *name = option_text(options, "name");

    if (name)
        json_object_set_new(body, "name", json_string(name));
    if (json_array_size(list))
        json_object_set(body, "failures", list);
    json_decref(list);
    return body;
}

// ---- what is said

static int children_of(struct cli *cli, long long id, json_t **ret)
{
    char path[64];

    snprintf(path, sizeof(path), "/v1/jobs?ids=%lld&children=1", id);
    return call_lines(cli, path, ret);
}

// An object: host -> failure; a job's own row has no host.
static json_t *failures_by_host(const json_t *rows)
{
    json_t *by_host = json_object(), *row;
    size_t i;

    json_array_foreach(rows, i, row)
        if (*row_text(row, "host"))
            json_object_set(by_host, row_text(row, "host"), json_object_get(row, "failure"));
    return by_host;
}

// How many of the hosts of the new job failed in which way in the old one.
static size_t count(const json_t *old_rows, const json_t *new_rows, size_t counts[FAILURE_COUNT])
{
    json_t *by_host = failures_by_host(old_rows), *row;
    size_t hosts = 0, i;

    json_array_foreach(new_rows, i, row) {
        const char *host = row_text(row, "host"), *failure = row_text(by_host, host);
        hosts += *host != 0;
        for (size_t f = 0; f < FAILURE_COUNT; f++)
            counts[f] += strcmp(failures[f], failure) == 0;
    }
    json_decref(by_host);
    return hosts;
}

// "retrying 3 hosts: 1 failed, 2 unreachable"
static void say(const json_t *old_rows, const json_t *new_rows)
{
    size_t counts[FAILURE_COUNT] = { 0 };
    size_t hosts = count(old_rows, new_rows, counts);
    const char *apart = ": ";

    fprintf(stderr, "retrying %zu host%s", hosts, hosts == 1 ? "" : "s");
    for (size_t f = 0; f < FAILURE_COUNT; f++)
        if (counts[f]) {
            fprintf(stderr, "%s%zu %s", apart, counts[f], failures[f]);
            apart = ", ";
        }
    putc('\n', stderr);
}

static void tell(struct cli *cli, long long old_id, long long new_id)
{
    json_t *old_rows = NULL, *new_rows = NULL;

    if (children_of(cli, old_id, &old_rows) == 0 && children_of(cli, new_id, &new_rows) == 0)
        say(old_rows, new_rows);
    json_decref(old_rows);
    json_decref(new_rows);
}

// ---- the verb

static int retry(struct cli *cli, const json_t *old)
{
    json_t *body = retry_body(&cli->options), *row;
    char path[64];
    int exit_code;

    snprintf(path, sizeof(path), "/v1/jobs/%lld/retry", row_int(old, "id"));
    exit_code = call(cli, "POST", path, body, &row);
    json_decref(body);
    if (exit_code)
        return exit_code;
    if (!option_is_set(&cli->options, "quiet"))
        tell(cli, row_int(old, "id"), row_int(row, "id"));
    exit_code = option_is_set(&cli->options, "detach") ? print_job(cli, row)
                                                       : follow_started(cli, row);
    json_decref(row);
    return exit_code;
}

int verb_retry(struct cli *cli)
{
    json_t *rows = NULL;
    int exit_code = cli_arguments_check(cli, 1);

    if (exit_code == 0)
        exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);
    if (exit_code == 0 && json_array_size(rows) > 1)
        exit_code = cli_error(cli, EXIT_USAGE, "that names %zu jobs; one is retried at a time",
                              json_array_size(rows));
    if (exit_code == 0 && json_array_size(rows) == 1)
        exit_code = retry(cli, json_array_get(rows, 0));
    json_decref(rows);
    return exit_code;
}
