// SPDX-License-Identifier: MIT
#include "cli/interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/interpreter.h"

extern char **environ;

// ---- is the program there?
static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

// In the job's PATH and directory, which need not be ours.
static bool is_found(const json_t *body, struct slice program)
{
    const char *path = json_string_value(json_object_get(json_object_get(body, "env"), "PATH"));
    const char *cwd = json_string_value(json_object_get(body, "cwd"));
    char file[PATH_MAX];

    if (memchr(program.ptr, '/', program.len)) {
        snprintf(file, sizeof(file), "%s%s%.*s", *program.ptr == '/' || !cwd ? "" : cwd,
                 *program.ptr == '/' || !cwd ? "" : "/", SLICE_ARG(program));
        return is_program(file);
    }
    for (; path && *path; path += strcspn(path, ":"), path += *path == ':') {
        snprintf(file, sizeof(file), "%.*s/%.*s", (int)strcspn(path, ":"), path,
                 SLICE_ARG(program));
        if (is_program(file))
            return true;
    }
    return !path; // the system's own
}

static int missing(const struct options *options, struct slice program, struct err *err)
{
    const char *file = option_text(options, "file");
    int len = program.len < 100 ? (int)program.len : 100;

    if (option_is_set(options, "shell"))
        return err_set(err, ERR_USAGE, "--shell %.100s: there is no program %.*s on this machine; "
                       "install it, or name another one, by its path where it is not in PATH",
                       option_text(options, "shell"), len, (const char *)program.ptr);
    return err_set(err, ERR_USAGE, "%.150s: its first line names the interpreter %.*s, which is "
                   "not on this machine; install it, or give another one with --shell", file, len,
                   (const char *)program.ptr);
}

static int words_check(const struct options *options, const json_t *body, struct slice words,
                       struct err *err)
{
    struct slice program;

    for (size_t i = 0; (program = interpreter_program(words, i)).len; i++)
        if (!is_found(body, program))
            return missing(options, program, err);
    return 0;
}

// ---- --shell
static bool is_local(const json_t *body)
{
    const char *type = json_string_value(json_object_get(body, "type"));

    return type && strcmp(type, "local") == 0;
}

// Whose programs another user finds is for that user to find out.
static bool is_checked(const struct options *options, const json_t *body)
{
    return is_local(body) && !option_is_set(options, "as");
}

static int shell_set(const struct options *options, json_t *params, struct err *err)
{
    const char *shell = option_text(options, "shell");

    if (!shell[strspn(shell, " ")])
        return err_set(err, ERR_USAGE, "--shell is empty; give a program, like bash or "
                       "'python3 -u'");
    if (json_object_get(params, "argv") && !json_object_get(params, "init"))
        return err_set(err, ERR_USAGE, "--shell %.60s is for the text of -c or --file; behind -- "
                       "the program is the first word", shell);
    if (json_object_set_new(params, "interpreter", json_string(shell)) < 0)
        return err_set(err, ERR_USAGE, "--shell: the text is not UTF-8");
    return 0;
}

static struct slice words_of(const struct options *options, const json_t *params)
{
    const json_t *script = json_object_get(params, "script");

    if (option_is_set(options, "shell"))
        return slice_str(option_text(options, "shell"));
    return interpreter_of_script(slice_of(json_string_value(script),
                                          json_string_length(script)));
}

// ---- --arch
// 0, the exit code of the trial, or a negative errno.
static int arch_try(const char *arch)
{
    char program[] = "setarch", name[80], command[] = "true";
    char *argv[] = { program, name, command, NULL };
    posix_spawn_file_actions_t actions;
    int status = 0, rc;
    pid_t pid;

    snprintf(name, sizeof(name), "%s", arch);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    rc = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc)
        return -rc;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int arch_set(const struct options *options, json_t *params, const json_t *body,
                    struct err *err)
{
    const char *arch = option_text(options, "arch");
    int rc;

    if (!interpreter_is_arch(slice_str(arch)))
        return err_set(err, ERR_USAGE, "--arch %.60s: the name of an architecture is expected, "
                       "like linux32 or x86_64", arch);
    rc = is_local(body) ? arch_try(arch) : 0;
    if (rc < 0)
        return err_set(err, ERR_USAGE, "--arch %.60s: setarch, which does it, cannot be run on "
                       "this machine: %s (package util-linux)", arch, strerror(-rc));
    if (rc > 0)
        return err_set(err, ERR_USAGE, "--arch %.60s: this machine has no such architecture; "
                       "`setarch --list` names those it has", arch);
    if (json_object_set_new(params, "arch", json_string(arch)) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    return 0;
}

int interpreter_params(const struct options *options, json_t *params, const json_t *body,
                       struct err *err)
{
    if (option_is_set(options, "shell") && shell_set(options, params, err) < 0)
        return err->code;
    if (is_checked(options, body) &&
        words_check(options, body, words_of(options, params), err) < 0)
        return err->code;
    return option_is_set(options, "arch") ? arch_set(options, params, body, err) : 0;
}
