// SPDX-License-Identifier: MIT
// The way from argv to a verb, and what verbs use.
#include "cli/cli.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/call.h"
#include "cli/text.h"
#include "cli/values.h"

// ---- what verbs use
// Names and reasons come from elsewhere: on a terminal they drive nothing.
static void __attribute__((format(printf, 2, 0))) say(const struct cli *cli, const char *fmt,
                                                      va_list ap)
{
    struct buf text;
    char *said = NULL;
    int len;

    if (cli->hushed)
        return;
    fflush(stdout);
    buf_init(&text, 0);
    len = vasprintf(&said, fmt, ap);
    if (len >= 0 && cli->err_tty)
        text_escape(slice_of(said, (size_t)len), ESCAPE_INDENT, &text);
    else if (len >= 0)
        buf_add(&text, said, (size_t)len);
    fprintf(stderr, "pawl: %s\n", buf_cstr(&text));
    if (len >= 0)
        free(said);
    buf_release(&text);
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(cli, fmt, ap);
    va_end(ap);
}

int cli_error(struct cli *cli, int exit_code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(cli, fmt, ap);
    va_end(ap);
    if (exit_code > cli->worst)
        cli->worst = exit_code;
    return exit_code;
}

int cli_arguments_check(struct cli *cli, size_t max)
{
    if (cli->options.arg_count <= max)
        return 0;
    return cli_error(cli, EXIT_USAGE, "what is %.60s? the usage is: pawl %s",
                     cli->options.args[max], cli->command->usage);
}

static unsigned width_of(int fd, bool tty)
{
    struct winsize size;

    return tty && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

unsigned cli_width(const struct cli *cli) { return width_of(STDOUT_FILENO, cli->out_tty); }
unsigned cli_err_width(const struct cli *cli) { return width_of(STDERR_FILENO, cli->err_tty); }

// ---- running one
static const struct command *verb_of(struct cli *cli, const char *name)
{
    const struct command *command;
    struct suggest suggest;

    if (!name || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    command = command_find(name);
    if (command)
        return command;
    if (!*name || *name == '-') {
        cli_error(cli, EXIT_USAGE, "a verb comes first, not \"%.60s\": pawl VERB [OPTIONS]; `pawl help` "
                  "lists them", name);
        return NULL;
    }
    suggest_begin(&suggest, slice_str(name));
    for (command = commands; command->name; command++)
        suggest_add(&suggest, slice_str(command->name));
    if (suggest.best.len)
        cli_error(cli, EXIT_USAGE, "no such verb: %.60s; did you mean %.*s?", name,
                  SLICE_ARG(suggest.best));
    else
        cli_error(cli, EXIT_USAGE, "no such verb: %.60s; `pawl help` lists them", name);
    return NULL;
}

// `run` answers --help itself, with the workflow's parameters.
static int verb_run_it(struct cli *cli)
{
    struct err err = { 0 };

    if (option_is_set(&cli->options, "help") && cli->command->fn != verb_run) {
        command_help(cli->command, stdout);
        return 0;
    }
    // What needs no engine works without a home, too.
    if (cli->command->fn != verb_help && cli->command->fn != verb_version &&
        cli->command->fn != verb_completion && home_find(&cli->home, &err) < 0)
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    return cli->command->fn(cli);
}

// https://no-color.org: whatever it is set to, when it is not empty.
static void terminals_find(struct cli *cli)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool dumb = !term || !*term || strcmp(term, "dumb") == 0;

    cli->out_tty = isatty(STDOUT_FILENO);
    cli->err_tty = isatty(STDERR_FILENO);
    cli->colours = cli->out_tty && !dumb && !(no_color && *no_color);
    cli->out_moves = cli->out_tty && !dumb;
    cli->err_moves = cli->err_tty && !dumb;
}

static void usage_error(struct cli *cli, const char *text)
{
    size_t len = strlen(text);

    cli_error(cli, EXIT_USAGE, "%s%s see `pawl help %s`", text,
              len && text[len - 1] == '?' ? "" : ";", cli->command->name);
}

// glibc heeds a size only with the memory for it: the caller's, to be freed behind
// output_close. NULL: it is as it was.
static char *output_widen(const struct cli *cli)
{
    enum { OUT_BUFFER = 64 * 1024 };
    char *buffer = cli->out_tty ? NULL : malloc(OUT_BUFFER);

    if (buffer)
        setvbuf(stdout, buffer, _IOFBF, OUT_BUFFER);
    return buffer;
}

static void output_close(struct cli *cli)
{
    int failed = ferror(stdout);

    if (fclose(stdout) != 0 || failed)
        cli_error(cli, EXIT_ENGINE, "standard output takes no more");
}

int cli_main(int argc, char **argv, const struct cli_engine *engine)
{
    struct cli cli = { .engine = engine };
    struct err err = { 0 };
    char *buffer;

    terminals_find(&cli);
    setlocale(LC_CTYPE, "C.UTF-8"); // widths of characters, wherever we run
    cli.command = verb_of(&cli, argc > 1 ? argv[1] : NULL);
    if (!cli.command)
        return cli.worst;
    buffer = output_widen(&cli);
    if (options_parse(&cli.options, cli.command->options, argc > 2 ? argc - 2 : 0,
                      argc > 2 ? argv + 2 : argv + argc, &err) < 0 ||
        values_check(&cli.options, &err) < 0)
        usage_error(&cli, err_text(&err));
    else
        verb_run_it(&cli);
    options_release(&cli.options);
    client_close(cli.client);
    output_close(&cli);
    free(buffer);
    return cli.worst;
}
