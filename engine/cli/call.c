// SPDX-License-Identifier: MIT
#include "cli/call.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/id.h"
#include "cli/engine_start.h"

enum { BUSY_PAUSE_MS = 20, BUSY_PAUSE_MAX_MS = 1280 };

void path_add(struct buf *path, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~:,", c))
            buf_add_byte(path, c);
        else
            buf_addf(path, "%%%02X", c);
    }
}

// ---- rows
const char *row_text(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text ? text : "";
}

bool row_is_finished(const json_t *row)
{
    static const char *const finished[] = { "Completed", "Failed", "Stopped" };
    const char *state = row_text(row, "state");

    for (size_t i = 0; i < sizeof(finished) / sizeof(*finished); i++)
        if (strcmp(state, finished[i]) == 0)
            return true;
    return false;
}

long long row_int(const json_t *row, const char *key)
{
    return json_integer_value(json_object_get(row, key));
}

bool row_true(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}

// ---- refusals
struct word_exit {
    const char *word;
    int exit_code;
};

static const struct word_exit word_exits[] = {
    { "no_such_job", EXIT_NO_JOB },  { "wrong_state", EXIT_REFUSED },
    { "disk_full", EXIT_REFUSED },   { "not_allowed", EXIT_REFUSED },
    { "usage", EXIT_USAGE },         { "script", EXIT_USAGE },
    { "too_large", EXIT_USAGE },     { "busy", EXIT_REFUSED },
    { "no_such_schedule", EXIT_NO_JOB },
};

int line_error(const json_t *line, struct err *err)
{
    const json_t *error = json_object_get(line, "error");
    const char *word = row_text(error, "code"), *message = row_text(error, "message");

    if (!json_is_object(error))
        return 0;
    err_set(err, strcmp(word, "shutting_down") == 0 ? -ECANCELED
                 : strcmp(word, "no_such_job") == 0 ? -ENOENT
                 : strcmp(word, "busy") == 0 ? -EAGAIN : -EIO,
            "%s", *message ? message : "the engine refuses without a reason");
    for (size_t i = 0; i < sizeof(word_exits) / sizeof(word_exits[0]); i++)
        if (strcmp(word_exits[i].word, word) == 0)
            return word_exits[i].exit_code;
    return EXIT_ENGINE;
}

int reply_error(const struct reply *reply, struct err *err)
{
    int exit_code;

    if (reply->status >= 200 && reply->status < 300 && reply->json)
        return 0;
    exit_code = line_error(reply->json, err);
    if (exit_code == 0) {
        err_set(err, -EPROTO, "the engine answered with HTTP status %ld and without a reason",
                reply->status);
        exit_code = EXIT_ENGINE;
    }
    return exit_code;
}

// ---- calls
int call_prepare(struct cli *cli, bool start, struct err *err)
{
    if (!cli->client && client_open(&cli->client, cli->home.socket_path, err) < 0)
        return EXIT_ENGINE;
    return start && engine_start(&cli->home, err) < 0 ? EXIT_ENGINE : 0;
}

int call_status(struct cli *cli, json_t **ret, struct err *err)
{
    struct reply reply;
    int rc = call_prepare(cli, false, err);

    if (rc == 0)
        rc = client_call(cli->client, "GET", "/v1/status", NULL, NULL, &reply, err);
    if (rc < 0)
        return rc;
    if (rc == 0 && reply_error(&reply, err) == 0) {
        *ret = reply.json;
        return 0;
    }
    if (rc == 0)
        json_decref(reply.json);
    return -EIO;
}

static const char *request_id_make(const char *method, char text[UUID_TEXT], struct err *err)
{
    uint8_t random[16];

    if (strcmp(method, "GET") == 0)
        return NULL;
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        err_set(err, -errno, "no random bytes for a request id: %s", strerror(errno));
        return NULL;
    }
    return uuid_format(uuid_from_random(random), text);
}

static bool engine_is_gone(int rc) { return rc == -ECONNREFUSED || rc == -ECONNRESET; }

static int call_once(struct cli *cli, const char *method, const char *path, const json_t *body,
                     json_t **ret, struct err *err)
{
    char id_text[UUID_TEXT];
    const char *id = request_id_make(method, id_text, err);
    struct reply reply = { 0 };
    int rc, exit_code;

    if (call_prepare(cli, false, err) != 0)
        return EXIT_ENGINE;
    rc = client_call(cli->client, method, path, body, id, &reply, err);
    if (engine_is_gone(rc)) {
        if (engine_start(&cli->home, err) < 0)
            return EXIT_ENGINE;
        rc = client_call(cli->client, method, path, body, id, &reply, err);
    }
    if (rc < 0)
        return EXIT_ENGINE;
    exit_code = reply_error(&reply, err);
    if (exit_code == 0)
        *ret = reply.json;
    else
        json_decref(reply.json);
    return exit_code;
}

// Busy passes: a job is just ending or being suspended, or there is much to write. What was
// refused so was not done, and may be asked for again, ever more seldom: it may be large.
int call_try(struct cli *cli, const char *method, const char *path, const json_t *body,
             json_t **ret, struct err *err)
{
    int exit_code = call_once(cli, method, path, body, ret, err);

    for (int ms = BUSY_PAUSE_MS; exit_code && err->code == -EAGAIN && ms <= BUSY_PAUSE_MAX_MS;
         ms *= 2) {
        nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
        exit_code = call_once(cli, method, path, body, ret, err);
    }
    return exit_code;
}

int call(struct cli *cli, const char *method, const char *path, const json_t *body,
         json_t **ret)
{
    struct err err = { 0 };
    int exit_code = call_try(cli, method, path, body, ret, &err);

    return exit_code ? cli_error(cli, exit_code, "%s", err_text(&err)) : 0;
}

// ---- lines
struct gather {
    const struct call_texts *texts;
    struct err err;
    int exit_code;
};

static int refused_line(struct gather *gather, struct slice line)
{
    json_t *json = json_loadb((const char *)line.ptr, line.len, JSON_ALLOW_NUL, NULL);

    gather->exit_code = line_error(json, &gather->err);
    json_decref(json);
    return gather->exit_code;
}

static int gather_line(void *arg, struct slice line)
{
    static const char error[] = "{\"error\":";
    struct gather *gather = arg;
    int rc;

    if (line.len >= sizeof(error) - 1 && memcmp(line.ptr, error, sizeof(error) - 1) == 0)
        return refused_line(gather, line);
    rc = gather->texts->text_fn(gather->texts->arg, line);
    if (rc < 0) {
        err_set(&gather->err, rc, "%s", rc == -EPROTO ? "the engine sent a line that is no JSON"
                                                      : "out of memory");
        gather->exit_code = EXIT_ENGINE;
    }
    return gather->exit_code;
}

static int gather_once(struct cli *cli, const char *path, struct gather *gather)
{
    struct stream stream = { .text_fn = gather_line, .arg = gather, .stop_fd = -1,
                             .timeout_ms = -1 };
    struct reply reply;
    int rc;

    gather->texts->begin_fn(gather->texts->arg);
    rc = client_stream(cli->client, path, &stream, &reply, &gather->err);
    if (rc == STREAM_ENDED && reply.status != 200)
        gather->exit_code = reply_error(&reply, &gather->err);
    json_decref(reply.json);
    return rc == STREAM_BROKEN ? -ECONNRESET : rc < 0 ? rc : 0;
}

int call_texts(struct cli *cli, const char *path, const struct call_texts *texts)
{
    struct gather gather = { .texts = texts };
    int rc = call_prepare(cli, false, &gather.err) ? -EIO : 0;

    if (rc == 0)
        rc = gather_once(cli, path, &gather);
    if (engine_is_gone(rc)) {
        rc = engine_start(&cli->home, &gather.err);
        if (rc == 0)
            rc = gather_once(cli, path, &gather);
    }
    if (rc < 0 && gather.exit_code == 0)
        gather.exit_code = EXIT_ENGINE;
    return gather.exit_code ? cli_error(cli, gather.exit_code, "%s", err_text(&gather.err)) : 0;
}

static void lines_begin(void *arg) { json_array_clear(arg); }

static int lines_add(void *arg, struct slice line)
{
    json_t *json = json_loadb((const char *)line.ptr, line.len, JSON_ALLOW_NUL, NULL);

    if (!json)
        return -EPROTO;
    return json_array_append_new(arg, json) < 0 ? -ENOMEM : 0;
}

int call_lines(struct cli *cli, const char *path, json_t **ret)
{
    json_t *lines = json_array();
    const struct call_texts texts = { lines_begin, lines_add, lines };
    int exit_code = call_texts(cli, path, &texts);

    if (exit_code)
        json_decref(lines);
    else
        *ret = lines;
    return exit_code;
}
