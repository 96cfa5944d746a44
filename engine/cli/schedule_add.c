// SPDX-License-Identifier: MIT
// How: what stands behind -- is parsed with the options of its own verb, which then makes
// the body of its job as it would to start it now.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bodies.h"
#include "cli/schedules.h"
#include "cli/values.h"

struct starter {
    const char *verb;
    int (*body)(struct cli *cli, json_t **ret);
};

static const struct starter starters[] = {
    { "start", start_body }, { "invoke", invoke_body }, { "run", run_body },
};

static const struct starter *starter_find(const char *verb)
{
    for (size_t i = 0; i < sizeof(starters) / sizeof(starters[0]); i++)
        if (strcmp(starters[i].verb, verb) == 0)
            return &starters[i];
    return NULL;
}

// Nobody stands by when its jobs start.
static int refuse_following(struct cli *cli, const char *verb)
{
    static const char *const following[] = { "follow", "detach", "fold", "no-host", "quiet", "json",
                                             "help" };

    for (size_t i = 0; i < sizeof(following) / sizeof(following[0]); i++)
        if (option_is_set(&cli->options, following[i]))
            return cli_error(cli, EXIT_USAGE, "--%s behind -- %s is for somebody who stands by; a "
                             "schedule's jobs start on their own, and `pawl receive` shows what they "
                             "wrote", following[i], verb);
    return 0;
}

// cli->options are the inner verb's meanwhile.
static int inner_body(struct cli *cli, const struct starter *starter, int argc, char **argv,
                      json_t **ret)
{
    const struct command *outer_command = cli->command;
    struct options outer = cli->options;
    struct err err = { 0 };
    int exit_code;

    cli->command = command_find(starter->verb);
    if (options_parse(&cli->options, cli->command->options, argc, argv, &err) < 0 ||
        values_check(&cli->options, &err) < 0)
        exit_code = cli_error(cli, EXIT_USAGE, "%s; see `pawl help %s`", err_text(&err),
                              starter->verb);
    else
        exit_code = refuse_following(cli, starter->verb);
    if (exit_code == 0)
        exit_code = starter->body(cli, ret);
    options_release(&cli->options);
    cli->options = outer;
    cli->command = outer_command;
    return exit_code;
}

static int job_of(struct cli *cli, json_t **ret)
{
    const struct options *options = &cli->options;
    size_t first = options->dashes + 1, count = options->arg_count - options->dashes;
    const struct starter *starter = count ? starter_find(options->args[options->dashes]) : NULL;
    char **argv;
    int exit_code;

    if (!options->has_dashes || count == 0)
        return cli_error(cli, EXIT_USAGE, "what is to be started? Behind -- stands a command line of "
                         "start, invoke or run: pawl schedule add NAME --every 1h -- start -- df -h");
    if (!starter)
        return cli_error(cli, EXIT_USAGE, "behind -- stands start, invoke or run, not %.60s",
                         options->args[options->dashes]);
    argv = calloc(count, sizeof(*argv)); // ended by NULL
    if (!argv)
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    memcpy(argv, options->args + first, (count - 1) * sizeof(*argv));
    exit_code = inner_body(cli, starter, (int)count - 1, argv, ret);
    free(argv);
    return exit_code;
}

// ---- its own options
static int duration_set(const struct options *options, const char *name, const char *key,
                        json_t *body, struct err *err)
{
    long long ms;

    if (!option_text(options, name))
        return 0;
    if (option_duration(options, name, 0, &ms, err) < 0)
        return err->code;
    return json_object_set_new(body, key, json_integer(ms)) < 0
               ? err_set(err, -ENOMEM, "out of memory") : 0;
}

static int texts_set(const struct options *options, json_t *body, struct err *err)
{
    static const char *const names[] = { "cron", "timezone", "overlap", "missed" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = option_text(options, names[i]);
        if (text && json_object_set_new(body, names[i], json_string(text)) < 0)
            return err_set(err, ERR_USAGE, "--%s: the text is not UTF-8", names[i]);
    }
    return 0;
}

static int keep_set(const struct options *options, json_t *body, struct err *err)
{
    long long keep;

    if (option_number(options, "keep", 0, &keep, err) < 0)
        return err->code;
    if (option_text(options, "keep") && keep == 0)
        return err_set(err, ERR_USAGE, "--keep 0: a number from 1 is expected; the job's own "
                       "--auto-remove keeps nothing that was received");
    return keep && json_object_set_new(body, "keep", json_integer(keep)) < 0
               ? err_set(err, -ENOMEM, "out of memory") : 0;
}

static int options_set(const struct options *options, json_t *body, struct err *err)
{
    int given = (option_text(options, "cron") != NULL) + (option_text(options, "every") != NULL) +
                option_is_set(options, "at-boot");

    if (given != 1)
        return err_set(err, ERR_USAGE, "when is it due? One of --cron TEXT, --every TIME and --at-boot "
                       "is expected");
    if (option_is_set(options, "at-boot"))
        json_object_set_new(body, "at_boot", json_true());
    if (option_is_set(options, "disabled"))
        json_object_set_new(body, "enabled", json_false());
    if (texts_set(options, body, err) < 0 || keep_set(options, body, err) < 0 ||
        duration_set(options, "every", "every_ms", body, err) < 0)
        return err->code;
    return duration_set(options, "jitter", "jitter_ms", body, err);
}

int schedule_body(struct cli *cli, json_t **ret)
{
    const struct options *options = &cli->options;
    struct err err = { 0 };
    json_t *body, *job = NULL;
    int exit_code;

    if (options->arg_count < 2 || options->dashes < 2)
        return cli_error(cli, EXIT_USAGE, "what is it called? pawl schedule add NAME WHEN -- "
                         "start|invoke|run ...");
    if (options->dashes > 2)
        return cli_error(cli, EXIT_USAGE, "what is %.60s? what is to be started stands behind --",
                         options->args[2]);
    body = json_pack("{s:s}", "name", options->args[1]);
    if (!body)
        return cli_error(cli, EXIT_USAGE, "the name is not UTF-8");
    exit_code = options_set(options, body, &err) < 0 ? cli_error(cli, EXIT_USAGE, "%s", err_text(&err))
                                                     : job_of(cli, &job);
    if (exit_code == 0 && json_object_set_new(body, "job", job) < 0)
        exit_code = cli_error(cli, EXIT_ENGINE, "out of memory");
    if (exit_code)
        json_decref(body);
    else
        *ret = body;
    return exit_code;
}
