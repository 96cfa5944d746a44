// SPDX-License-Identifier: MIT
// pawl receive: results. A plain receive begins behind the mark of what is read (a job
// with all its hosts, one host's part, or what the job itself wrote) and moves it once the
// output is written; every other reading leaves the marks alone.
#include <string.h>

#include "cli/call.h"
#include "cli/follow.h"
#include "cli/render.h"
#include "cli/select.h"

// What the options say, for every job alike.
struct reading {
    struct follow_options follow;
    struct printer printer;
    char since[24];
    bool partial;     // only some records are shown: no mark can say which
    const char *host; // NULL: all of them
    size_t found;     // jobs that have such a host
};

static int since_read(const struct options *options, struct reading *reading, struct err *err)
{
    long long since;

    snprintf(reading->since, sizeof(reading->since), "mark");
    if (option_is_set(options, "all") && option_is_set(options, "since"))
        return err_set(err, ERR_USAGE, "--all and --since: give one of them");
    if (option_is_set(options, "all"))
        snprintf(reading->since, sizeof(reading->since), "0");
    if (option_number(options, "since", -1, &since, err) < 0)
        return err->code;
    if (since >= 0)
        snprintf(reading->since, sizeof(reading->since), "%lld", since);
    reading->follow.since = reading->since;
    return 0;
}

static int streams_read(const struct options *options, struct reading *reading, struct err *err)
{
    const char *stream;
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && (stream = option_next(options, "stream", &at)) != NULL)
        rc = printer_show(&reading->printer, stream, err);
    return rc;
}

static int reading_read(const struct options *options, struct reading *reading, struct err *err)
{
    struct follow_options *follow = &reading->follow;

    if (since_read(options, reading, err) < 0 || streams_read(options, reading, err) < 0 ||
        option_duration(options, "timeout", -1, &follow->timeout_ms, err) < 0)
        return err->code;
    if ((option_is_set(options, "force") || follow->timeout_ms >= 0) &&
        !option_is_set(options, "wait"))
        return err_set(err, ERR_USAGE, "--force and --timeout belong to --wait");
    if (option_is_set(options, "auto-remove") && !option_is_set(options, "wait"))
        return err_set(err, ERR_USAGE, "--auto-remove belongs to --wait: a job is removed when "
                       "it has finished and all it wrote is out");
    if (option_is_set(options, "fields") && option_is_set(options, "fold"))
        return err_set(err, ERR_USAGE, "--fields and --fold: give one of them");
    if (option_is_set(options, "no-recurse") && option_is_set(options, "host"))
        return err_set(err, ERR_USAGE, "--no-recurse leaves out what hosts wrote, --host is what "
                       "one of them wrote: give one of them");
    follow->live = option_is_set(options, "wait");
    follow->until_finished = option_is_set(options, "force");
    follow->events = option_is_set(options, "events");
    follow->fold = option_is_set(options, "fold");
    follow->own = option_is_set(options, "no-recurse");
    follow->with_job = option_is_set(options, "with-job");
    follow->auto_remove = option_is_set(options, "auto-remove");
    follow->fields = option_text(options, "fields");
    reading->host = option_text(options, "host");
    reading->partial = reading->printer.streams;
    return 0;
}

static int receive_one(struct cli *cli, struct reading *reading, const json_t *row)
{
    const struct options *options = &cli->options;
    char hint[64];
    int exit_code;

    snprintf(hint, sizeof(hint), "pawl receive %lld --wait%s", row_int(row, "id"),
             reading->follow.fold ? " --fold" : "");
    reading->follow.row = row;
    reading->follow.hint = hint;
    reading->follow.mark = !option_is_set(options, "keep") && !option_is_set(options, "all") &&
                           !option_is_set(options, "since") && !reading->partial;
    exit_code = follow_job(cli, &reading->printer, &reading->follow);
    reading->follow.hint = NULL; // it was ours
    return exit_code;
}

// The job's part on the host that was asked for, as a new reference. NULL: it has none,
// or that could not be found out, which is said.
static json_t *part_find(struct cli *cli, const char *host, const json_t *row)
{
    struct err err = { 0 };
    json_t *part = NULL;
    struct buf path;
    int exit_code;

    buf_init(&path, 0);
    buf_addf(&path, "/v1/jobs/%lld:", row_int(row, "id"));
    path_add(&path, host);
    exit_code = call_try(cli, "GET", buf_cstr(&path), NULL, &part, &err);
    if (exit_code && exit_code != EXIT_NO_JOB)
        cli_error(cli, exit_code, "%s", err_text(&err));
    buf_release(&path);
    return part;
}

static int receive_part(struct cli *cli, struct reading *reading, json_t *row)
{
    json_t *part = NULL;
    int exit_code = 0;

    if (!reading->host || strcmp(row_text(row, "host"), reading->host) == 0)
        part = json_incref(row);
    else if (!row_int(row, "parent"))
        part = part_find(cli, reading->host, row);
    if (part) {
        reading->found++;
        exit_code = receive_one(cli, reading, part);
    }
    json_decref(part);
    return exit_code;
}

static void host_missing(struct cli *cli, const char *host, const json_t *rows)
{
    long long id = row_int(json_array_get(rows, 0), "id");

    if (json_array_size(rows) == 1)
        cli_error(cli, EXIT_NO_JOB, "job %lld has no part on %.80s; `pawl get %lld --children` "
                  "lists its parts", id, host, id);
    else
        cli_error(cli, EXIT_NO_JOB, "no part of these jobs is on %.80s; `pawl get --children` "
                  "lists their parts", host);
}

static void receive_all(struct cli *cli, struct reading *reading, const json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) {
        printer_reset(&reading->printer);
        if (receive_part(cli, reading, row) == EXIT_INTERRUPT)
            return;
    }
    if (reading->host && !reading->found && json_array_size(rows) && !cli->worst)
        host_missing(cli, reading->host, rows);
}

// A part alone is never removed.
static int removal_check(struct cli *cli, const struct reading *reading, const json_t *rows)
{
    const json_t *row;
    size_t i;

    if (!reading->follow.auto_remove)
        return 0;
    if (reading->follow.own || reading->partial || option_is_set(&cli->options, "since"))
        return cli_error(cli, EXIT_USAGE, "--auto-remove removes whole jobs, and --no-recurse, "
                         "--stream and --since show only a part of what they wrote: leave them out");
    json_array_foreach(rows, i, row)
        if (reading->host || row_int(row, "parent"))
            return cli_error(cli, EXIT_USAGE, "--auto-remove removes whole jobs, and only part of "
                             "job %lld is received: leave out the host",
                             row_int(row, "parent") ? row_int(row, "parent") : row_int(row, "id"));
    return 0;
}

int verb_receive(struct cli *cli)
{
    struct reading reading = { 0 };
    struct err err = { 0 };
    json_t *rows;
    int exit_code = 0;

    printer_init(&reading.printer, cli);
    if (reading_read(&cli->options, &reading, &err) < 0)
        exit_code = cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    if (exit_code == 0)
        exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);
    if (exit_code == 0) {
        exit_code = removal_check(cli, &reading, rows);
        if (exit_code == 0)
            receive_all(cli, &reading, rows);
        json_decref(rows);
    }
    printer_release(&reading.printer);
    return exit_code;
}
