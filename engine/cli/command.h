// SPDX-License-Identifier: MIT
// What a verb is, and what every verb is given. Private to this layer.
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/home.h"
#include "cli/options.h"

// Exit codes, for every verb (docs: JOBS). Where several jobs end differently,
// the largest counts.
enum {
    EXIT_DONE = 0,
    EXIT_JOB_FAILED = 1, // a job that was followed, or checked, failed or was stopped
    EXIT_USAGE = 2,
    EXIT_NO_JOB = 3,
    EXIT_REFUSED = 4,    // not possible in this state; a followed job was suspended
    EXIT_ENGINE = 5,     // the engine cannot be reached, or failed inside
    EXIT_TIMEOUT = 124,
    EXIT_INTERRUPT = 130,
};

struct client;
struct cli;

struct command {
    const char *name;
    const char *usage;   // behind "pawl "
    const char *summary; // one line
    const char *more;    // for `pawl help VERB`: paragraphs and examples
    const struct option_spec *options;
    int (*fn)(struct cli *cli);
};

// One run of the program. Owner: cli_main.
struct cli {
    const struct command *command;
    struct options options;
    struct home home;
    struct client *client; // opened by the first call
    const struct cli_engine *engine;
    bool out_tty, err_tty;
    bool colours;          // on standard output: neither NO_COLOR nor a dumb terminal
    bool out_moves, err_moves; // a terminal whose cursor can be moved
    int worst;             // largest exit code so far
    bool hushed;           // errors are noted and not printed
};

extern const struct command commands[]; // ended by a NULL name

// What exit codes and words mean, for the help and the manual. Ended by NULLs.
struct exit_meaning {
    int code;
    const char *about;
};

struct word_meaning {
    const char *word, *about;
};

extern const struct exit_meaning exit_meanings[];
extern const struct word_meaning word_meanings[];

const struct command *command_find(const char *name);
void command_help(const struct command *command, FILE *to);

// Prints "pawl: ..." on standard error, notes the exit code, and returns it.
int cli_error(struct cli *cli, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// The same, of what is no failure.
void cli_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// For verbs that take no more than max arguments: EXIT_USAGE, and said so, when there
// are more of them.
int cli_arguments_check(struct cli *cli, size_t max);
// Columns of the terminal on standard output; 0 when it is none.
unsigned cli_width(const struct cli *cli);
unsigned cli_err_width(const struct cli *cli); // of that on standard error

// ---- one per file verb_NAME.c
int verb_start(struct cli *cli);
int verb_invoke(struct cli *cli);
int verb_run(struct cli *cli);
int verb_get(struct cli *cli);
int verb_receive(struct cli *cli);
int verb_wait(struct cli *cli);
int verb_stop(struct cli *cli);
int verb_rename(struct cli *cli);
int verb_remove(struct cli *cli);
int verb_retention(struct cli *cli);
int verb_suspend(struct cli *cli);
int verb_resume(struct cli *cli);
int verb_signal(struct cli *cli);
int verb_answer(struct cli *cli);
int verb_retry(struct cli *cli);
int verb_history(struct cli *cli);
int verb_schedule(struct cli *cli);
int verb_hosts(struct cli *cli);
int verb_status(struct cli *cli);
int verb_daemon(struct cli *cli);
int verb_doctor(struct cli *cli);
int verb_backup(struct cli *cli);
int verb_completion(struct cli *cli);
int verb_help(struct cli *cli);
int verb_version(struct cli *cli);
