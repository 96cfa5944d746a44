// SPDX-License-Identifier: MIT
#include "cli/local_params.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/file.h"
#include "cli/interpreter.h"
#include "model/as.h"

enum {
    COMMAND_MAX = 1024,  // of the Command column
    RETRY_MAX = 1000000, // as in scripts
};

static int set_text(json_t *object, const char *key, const char *text, struct err *err)
{
    json_t *json = json_string(text);

    if (!json || json_object_set_new(object, key, json) < 0)
        return err_set(err, ERR_USAGE, "%s: the text is not UTF-8", key);
    return 0;
}

// ---- what every job has
static int cwd_set(const struct options *options, json_t *body, struct err *err)
{
    const char *given = option_text(options, "cwd");
    char path[PATH_MAX];
    struct stat st;

    if (given && !*given)
        return err_set(err, ERR_USAGE, "--cwd is empty");
    if (!(given ? realpath(given, path) : getcwd(path, sizeof(path))))
        return err_set(err, ERR_USAGE, "the directory %.300s cannot be used: %s",
                       given ? given : "we are in", strerror(errno));
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(err, ERR_USAGE, "--cwd %.300s is not a directory", given ? given : path);
    return set_text(body, "cwd", path, err);
}

static int pairs_set(const struct options *options, const char *name, json_t *object,
                     struct err *err)
{
    char what[32] = "--";
    const char *pair;
    size_t at = 0;
    int rc = 0;

    strncat(what, name, sizeof(what) - 3);
    while (rc == 0 && (pair = option_next(options, name, &at)) != NULL)
        rc = json_set_pair(object, pair, what, err);
    return rc;
}

// env is taken over.
// sh cannot set others, and leaves them out.
static int env_check(const struct options *options, struct err *err)
{
    static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    const char *pair;
    size_t at = 0;

    while ((pair = option_next(options, "env", &at)) != NULL)
        if (pair[strspn(pair, known)] != '=' || (*pair >= '0' && *pair <= '9'))
            return err_set(err, ERR_USAGE, "--env %.80s: KEY=VALUE is expected, a KEY of letters, digits "
                           "and _", pair);
    return 0;
}

static int body_fill(const struct options *options, json_t *body, json_t *env, struct err *err)
{
    const char *name = option_text(options, "name");
    json_t *meta = json_object();

    if (json_object_set_new(body, "env", env) < 0 || json_object_set_new(body, "meta", meta) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    if (name && set_text(body, "name", name, err) < 0)
        return err->code;
    if (option_is_set(options, "auto-remove"))
        json_object_set_new(body, "auto_remove", json_true());
    if (env_check(options, err) < 0 || pairs_set(options, "env", env, err) < 0)
        return err->code;
    return pairs_set(options, "meta", meta, err);
}

int job_body(const struct options *options, json_t *body, struct err *err)
{
    int rc = body_fill(options, body, json_environment(), err);

    return rc < 0 ? rc : cwd_set(options, body, err);
}

int job_body_bare(const struct options *options, json_t *body, struct err *err)
{
    const char *cwd = option_text(options, "cwd");
    int rc = body_fill(options, body, json_object(), err);

    if (rc == 0 && cwd && *cwd != '/')
        return err_set(err, ERR_USAGE, "--cwd %.300s: on a host it must be an absolute path", cwd);
    return rc < 0 || !cwd ? rc : set_text(body, "cwd", cwd, err);
}

// ---- what a local job runs
static int words_set(json_t *params, const char *key, const char *const *words, struct err *err)
{
    json_t *list = json_array();

    for (; *words; words++)
        if (json_array_append_new(list, json_string(*words)) < 0) {
            json_decref(list);
            return err_set(err, ERR_USAGE, "the argument %.80s is not UTF-8; put it into a "
                           "script given with --file", *words);
        }
    return json_object_set_new(params, key, list) < 0 ? err_set(err, -ENOMEM, "out of memory")
                                                      : 0;
}

// Only for people: a word that a shell would not read as one is quoted.
static void word_show(const char *word, struct buf *out)
{
    bool plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789%+,-./:=@_") == strlen(word);

    if (out->len)
        buf_add_byte(out, ' ');
    if (plain) {
        buf_add_str(out, word);
        return;
    }
    buf_add_byte(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_add_str(out, "'\\''");
        else
            buf_add_byte(out, (uint8_t)*word);
    }
    buf_add_byte(out, '\'');
}

// The first `front` texts as they are, the words behind them quoted.
static int command_set(json_t *body, const char *front, const char *const *words,
                       struct err *err)
{
    struct buf text;
    size_t len;
    json_t *json;

    buf_init(&text, 0);
    if (front)
        buf_add_str(&text, front);
    for (; *words && text.len < COMMAND_MAX; words++)
        word_show(*words, &text);
    len = text.len < COMMAND_MAX ? text.len : COMMAND_MAX;
    while (len > 0 && len < text.len && (text.ptr[len] & 0xc0) == 0x80)
        len--; // not inside a character
    json = json_stringn((const char *)text.ptr, len);
    buf_release(&text);
    if (!json || json_object_set_new(body, "command", json) < 0)
        return err_set(err, ERR_USAGE, "the command is not UTF-8; put it into a script given "
                       "with --file");
    return 0;
}

static int script_check(struct slice text, const char *path, struct err *err)
{
    if (!text.len)
        return err_set(err, ERR_USAGE, "the script %.300s is empty: there is nothing to run", path);
    if (memchr(text.ptr, 0, text.len))
        return err_set(err, ERR_USAGE, "%.300s has NUL bytes, so it is no script; a program is "
                       "run by its path: -- /path/to/it", path);
    return 0;
}

static int script_set(json_t *params, const char *path, struct err *err)
{
    struct buf text;
    int rc = file_read(path, &text, err);

    if (rc == 0)
        rc = script_check(buf_slice(&text), path, err);
    if (rc == 0)
        rc = json_set_bytes(params, "script", buf_slice(&text), err);
    buf_release(&text);
    return rc;
}

static int command_read(const struct options *options, json_t *params, json_t *body,
                        struct err *err)
{
    const char *shell = option_text(options, "command"), *file = option_text(options, "file");
    const char *const *words = options->args;

    if ((shell != NULL) + (file != NULL) + (!shell && !file && *words) != 1)
        return err_set(err, ERR_USAGE, "what shall it run? give one of -c TEXT, --file FILE, or "
                       "-- COMMAND ARGUMENTS...");
    if (!shell && !file && !**words)
        return err_set(err, ERR_USAGE, "the command is empty; give a program, or -c TEXT");
    if (!shell && !file)
        return words_set(params, "argv", words, err) < 0 ? err->code
                                                         : command_set(body, NULL, words, err);
    if (*words && words_set(params, "args", words, err) < 0)
        return err->code;
    if ((shell ? set_text(params, "shell", shell, err) : script_set(params, file, err)) < 0)
        return err->code;
    return command_set(body, shell ? shell : file, words, err);
}

// ---- how it runs it
static int stdin_set(const struct options *options, json_t *params, struct err *err)
{
    const char *path = option_text(options, "stdin");
    struct buf bytes;
    int rc;

    if (!path)
        return 0;
    rc = file_read(path, &bytes, err);
    if (rc == 0)
        rc = json_set_bytes(params, "stdin", buf_slice(&bytes), err);
    buf_release(&bytes);
    return rc;
}

static int timeout_set(const struct options *options, json_t *params, struct err *err)
{
    char text[32];
    long long ms;

    if (option_duration(options, "timeout", -1, &ms, err) < 0)
        return err->code;
    if (ms < 0)
        return 0;
    snprintf(text, sizeof(text), "%lldms", ms);
    return set_text(params, "timeout", text, err);
}

static int retry_set(const struct options *options, json_t *params, struct err *err)
{
    long long times;

    if (option_number(options, "retry", -1, &times, err) < 0)
        return err->code;
    if (times > RETRY_MAX)
        return err_set(err, ERR_USAGE, "--retry %lld: at most %d are possible", times, RETRY_MAX);
    if (times >= 0)
        json_object_set_new(params, "retry", json_integer(times));
    return 0;
}

static int interrupt_set(const struct options *options, json_t *params, struct err *err)
{
    const char *text = option_text(options, "on-interrupt"); // one of its words: values.c

    return text ? set_text(params, "on_interrupt", text, err) : 0;
}

// "0,3" and repeated options: one list of exit codes, as text, like every list parameter.
static int ok_exit_set(const struct options *options, json_t *params, struct err *err)
{
    const char *text;
    json_t *list;
    size_t at = 0;

    if (!option_is_set(options, "ok-exit"))
        return 0;
    list = json_array();
    json_object_set_new(params, "ok_exit", list);
    while ((text = option_next(options, "ok-exit", &at)) != NULL)
        do {
            char *end;
            long code = strtol(text, &end, 10);
            if (end == text || (*end && *end != ',') || code < 0 || code > 255)
                return err_set(err, ERR_USAGE, "--ok-exit %.40s: exit codes from 0 to 255, with "
                               "commas between them, are expected", text);
            json_array_append_new(list, json_stringn(text, (size_t)(end - text)));
            text = end;
        } while (*text++ == ',');
    return 0;
}

// Another user begins at home, unless a directory is given: then it is a parameter, not
// only the place where the job was started.
static int user_set(const struct options *options, json_t *params, const json_t *body,
                    struct err *err)
{
    const char *user = option_text(options, "as");
    json_t *cwd = json_object_get(body, "cwd");

    if (!user)
        return 0;
    if (!as_is_user(slice_str(user)))
        return err_set(err, ERR_USAGE, "--as %.64s: " AS_USER_EXPECTED " is expected", user);
    if (option_is_set(options, "cwd") && cwd && json_object_set(params, "cwd", cwd) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    return set_text(params, "as", user, err);
}

int local_params(const struct options *options, json_t *params, json_t *body, struct err *err)
{
    const char *init = option_text(options, "init");

    if (command_read(options, params, body, err) < 0 || stdin_set(options, params, err) < 0 ||
        timeout_set(options, params, err) < 0 || retry_set(options, params, err) < 0 ||
        user_set(options, params, body, err) < 0 || interrupt_set(options, params, err) < 0 ||
        ok_exit_set(options, params, err) < 0)
        return err->code;
    if (init && set_text(params, "init", init, err) < 0)
        return err->code;
    return interpreter_params(options, params, body, err);
}
