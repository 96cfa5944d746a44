// SPDX-License-Identifier: MIT
// pawl receive: results. A plain receive begins behind the mark and moves it once
// the output is written; every other reading leaves the mark alone.
#include "cli/call.h"
#include "cli/follow.h"
#include "cli/render.h"
#include "cli/select.h"

// What the options say, for every job alike.
struct reading {
    struct follow_options follow;
    struct printer printer;
    char since[24];
    bool partial; // only some records are shown: the mark cannot say which
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
    follow->live = option_is_set(options, "wait");
    follow->until_finished = option_is_set(options, "force");
    follow->events = option_is_set(options, "events");
    follow->fold = option_is_set(options, "fold");
    reading->printer.host = option_text(options, "host");
    reading->partial = reading->printer.host || reading->printer.streams;
    return 0;
}

// --host names one that the job has, or may yet have while it goes on.
static int host_check(struct cli *cli, const struct reading *reading, const json_t *job)
{
    const char *host = reading->printer.host;
    json_t *rows = NULL, *row;
    char path[64];
    size_t i;
    bool found = false;

    if (!host || reading->follow.live || row_int(job, "parent"))
        return 0;
    snprintf(path, sizeof(path), "/v1/jobs?children=1&ids=%lld", row_int(job, "id"));
    if (call_lines(cli, path, &rows) != 0)
        return cli->worst;
    json_array_foreach(rows, i, row)
        found = found || strcmp(row_text(row, "host"), host) == 0;
    json_decref(rows);
    return found ? 0 : cli_error(cli, EXIT_NO_JOB, "job %lld has no part on %.80s; `pawl get %lld "
                                 "--children` lists its parts", row_int(job, "id"), host,
                                 row_int(job, "id"));
}

static int receive_one(struct cli *cli, struct reading *reading, const json_t *row)
{
    const struct options *options = &cli->options;
    bool child = row_int(row, "parent") != 0;
    char hint[64];
    int exit_code = host_check(cli, reading, row);

    if (exit_code)
        return exit_code;
    snprintf(hint, sizeof(hint), "pawl receive %lld --wait%s", row_int(row, "id"),
             reading->follow.fold ? " --fold" : "");
    reading->follow.row = row;
    reading->follow.hint = hint;
    reading->follow.mark = !option_is_set(options, "keep") && !option_is_set(options, "all") &&
                           !option_is_set(options, "since") && !reading->partial && !child;
    exit_code = follow_job(cli, &reading->printer, &reading->follow);
    reading->follow.hint = NULL; // it was ours
    return exit_code;
}

static void receive_all(struct cli *cli, struct reading *reading, const json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) {
        printer_reset(&reading->printer);
        if (receive_one(cli, reading, row) == EXIT_INTERRUPT)
            return;
    }
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
        receive_all(cli, &reading, rows);
        json_decref(rows);
    }
    printer_release(&reading.printer);
    return exit_code;
}
