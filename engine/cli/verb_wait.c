// SPDX-License-Identifier: MIT
// pawl wait: until jobs are settled, finished, or in a named state.
#include <time.h>

#include "cli/call.h"
#include "cli/render.h"
#include "cli/select.h"
#include "cli/text.h"

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// Made anew for each asking: the time that is left shrinks.
static void path_make(const struct options *options, const json_t *rows, long long left_ms,
                      struct buf *path)
{
    const char *state = option_text(options, "for");
    json_t *row;
    size_t i;

    buf_clear(path);
    buf_add_str(path, "/v1/wait?for=");
    path_add(path, state ? state : option_is_set(options, "force") ? "finished" : "settled");
    if (option_is_set(options, "any"))
        buf_add_str(path, "&any=1");
    if (left_ms >= 0)
        buf_addf(path, "&timeout_ms=%lld", left_ms);
    buf_add_str(path, "&ids=");
    json_array_foreach(rows, i, row)
        buf_addf(path, "%s%lld", i ? "," : "", row_int(row, "id"));
}

// The engine may end meanwhile: call_try starts it and asks once more; beyond that
// it is asked again here, as long as there is time.
static int wait_ask(struct cli *cli, const json_t *rows, long long timeout_ms, json_t **ret)
{
    long long end = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;
    struct err err = { 0 };
    struct buf path;
    int exit_code = EXIT_ENGINE;

    buf_init(&path, 0);
    for (int tries = 0; exit_code == EXIT_ENGINE && tries < 3; tries++) {
        long long left = end - now_ms();
        path_make(&cli->options, rows, timeout_ms < 0 ? -1 : left > 0 ? left : 0, &path);
        exit_code = call_try(cli, "GET", buf_cstr(&path), NULL, ret, &err);
    }
    buf_release(&path);
    return exit_code ? cli_error(cli, exit_code, "%s", err_text(&err)) : 0;
}

// Why it is hopeless: a job blocked on an answer, or finished in another state.
static void pending_explain(struct cli *cli, long long id)
{
    struct err err = { 0 };
    char path[64];
    json_t *row;
    const char *state;

    snprintf(path, sizeof(path), "/v1/jobs/%lld", id);
    if (call_try(cli, "GET", path, NULL, &row, &err)) {
        cli_error(cli, EXIT_REFUSED, "%s", err_text(&err));
        return;
    }
    state = row_text(row, "state");
    if (strcmp(state, "Blocked") == 0)
        cli_error(cli, EXIT_REFUSED, "job %lld is Blocked on an answer to: %s (pawl answer %lld)",
                  id, row_text(row, "question"), id);
    else if (row_is_finished(row))
        cli_error(cli, EXIT_REFUSED, "job %lld is %s already", id, state);
    json_decref(row);
}

static void notice_explain(struct cli *cli, long long id)
{
    struct err err = { 0 };
    struct buf text;
    char path[64];
    json_t *row;

    snprintf(path, sizeof(path), "/v1/jobs/%lld", id);
    if (call_try(cli, "GET", path, NULL, &row, &err))
        return; // that the time is over was said
    buf_init(&text, 0);
    text_escape(slice_str(row_text(row, "notice")), ESCAPE_ALL, &text);
    if (text.len)
        fprintf(stderr, "pawl: job %lld stands still: %s\n", id, buf_cstr(&text));
    buf_release(&text);
    json_decref(row);
}

static void done_check(struct cli *cli, const json_t *done)
{
    json_t *row;
    size_t i;

    json_array_foreach(done, i, row) {
        const char *state = row_text(row, "state"), *reason = row_text(row, "reason");
        if (strcmp(state, "Failed") == 0 || strcmp(state, "Stopped") == 0)
            cli_error(cli, EXIT_JOB_FAILED, "job %lld %s%s%.300s", row_int(row, "id"), state,
                      *reason ? ": " : "", reason);
    }
}

static void wait_tell(struct cli *cli, const json_t *answer)
{
    size_t pending = json_array_size(json_object_get(answer, "pending"));
    json_t *id;
    size_t i;

    print_jobs(cli, json_object_get(answer, "done"));
    if (option_is_set(&cli->options, "check"))
        done_check(cli, json_object_get(answer, "done"));
    if (row_true(answer, "timed_out"))
        cli_error(cli, EXIT_TIMEOUT, "the time is over; %zu of %zu jobs %s not there yet", pending,
                  pending + json_array_size(json_object_get(answer, "done")),
                  pending == 1 ? "is" : "are");
    if (row_true(answer, "timed_out"))
        json_array_foreach(json_object_get(answer, "pending"), i, id)
            notice_explain(cli, json_integer_value(id));
    else if (!row_true(answer, "reached"))
        json_array_foreach(json_object_get(answer, "pending"), i, id)
            pending_explain(cli, json_integer_value(id));
}

int verb_wait(struct cli *cli)
{
    struct err err = { 0 };
    json_t *rows, *answer;
    long long timeout_ms;
    int exit_code;

    if (option_is_set(&cli->options, "for") && option_is_set(&cli->options, "force"))
        return cli_error(cli, EXIT_USAGE, "--for and --force: give one of them");
    if (option_duration(&cli->options, "timeout", -1, &timeout_ms, &err) < 0)
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);
    if (exit_code)
        return exit_code;
    if (json_array_size(rows) > 0) {
        exit_code = wait_ask(cli, rows, timeout_ms, &answer);
        if (exit_code == 0) {
            wait_tell(cli, answer);
            json_decref(answer);
        }
    }
    json_decref(rows);
    return exit_code;
}
