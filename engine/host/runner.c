// SPDX-License-Identifier: MIT
// The programs under target/ are kept apart for the reader and joined here: sh has
// no way to include, and a file on the target is what the runner never is.
#include "host/runner.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

#include "base/embedded.h"
#include "model/command.h"

enum { ARGS_OF_SH = 4 }; // sh -c TEXT NAME

// Every login has to read it all: comments and indentation stay here. No text of several
// lines in the programs has one that begins with a # or a blank.
static void lines_add(struct buf *buf, struct slice text)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) + 1 : text.len;
        size_t blank = 0;

        while (blank < len && (text.ptr[blank] == ' ' || text.ptr[blank] == '\n'))
            blank++;
        if (blank < len && text.ptr[blank] != '#')
            buf_add_slice(buf, slice_of(text.ptr + blank, len - blank));
        text = slice_of(text.ptr + len, text.len - len);
    }
}

static void text_add(struct buf *buf, const char *name)
{
    const struct embedded_file *file = embedded_runner;

    while (file->name && strcmp(file->name, name) != 0)
        file++;
    assert(file->name);
    lines_add(buf, file->text);
}

int runner_text_init(struct runner_text *text, struct err *err)
{
    static const char *const parts[] = {
        "proc.sh", "hello.sh", "reader.sh", "attempt.sh", "answer.sh", "step.sh", "runner.sh",
    };

    buf_init(&text->sh, 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        text_add(&text->sh, parts[i]);
    buf_add_byte(&text->sh, 0);
    if (!buf_failed(&text->sh))
        return 0;
    runner_text_release(text);
    return err_set(err, -ENOMEM, "no memory for the runner's text");
}

void runner_text_release(struct runner_text *text)
{
    buf_release(&text->sh);
}

static int nonce_fill(struct runner *r, struct err *err)
{
    uint8_t random[16];
    int rc = uv_random(NULL, NULL, random, sizeof(random), 0, NULL);

    if (rc < 0)
        return err_set(err, rc, "no random numbers for a link: %s", uv_strerror(rc));
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(r->nonce + 2 * i, 3, "%02x", random[i]);
    return 0;
}

// execve takes no const; nobody writes to them.
static char *argument(const void *text)
{
    return (char *)(uintptr_t)text;
}

static void argv_fill(struct runner *r, const struct runner_text *text,
                      const struct link_options *options)
{
    const char *shell = options->shell ? options->shell : "sh";
    const void *args[RUNNER_ARGS] = {
        shell, "-c", text->sh.ptr, "pawl-runner",
        r->nonce, r->store, r->epoch, r->incarnation,
        options->spool_dir ? options->spool_dir : "", shell,
        options->take_over ? "1" : "0", r->past,
        options->way ? options->way : "0",
    };

    for (size_t i = 0; i < RUNNER_ARGS; i++)
        r->argv[i] = argument(args[i]);
    r->argv[RUNNER_ARGS] = NULL;
}

static void past_fill(struct runner *r, const struct link_options *options)
{
    for (size_t i = 0; i < options->past_count && i < RUNNER_PAST; i++)
        snprintf(r->past + 5 * i, 6, "%04x ", options->past[i]);
}

int runner_init(struct runner *runner, const struct runner_text *text,
                const struct link_options *options, struct err *err)
{
    *runner = (struct runner){ 0 };
    uuid_format(options->store, runner->store);
    uuid_format(options->incarnation, runner->incarnation);
    snprintf(runner->epoch, sizeof(runner->epoch), "%" PRIu64, options->epoch);
    past_fill(runner, options);
    argv_fill(runner, text, options);
    runner->is_sh = !options->shell;
    return nonce_fill(runner, err);
}

static void words_add_quoted(struct buf *buf, const char *verb, char *const *words)
{
    buf_add_str(buf, verb);
    for (; *words; words++) {
        buf_add_byte(buf, ' ');
        quote_sh(slice_str(*words), buf);
    }
    buf_add_byte(buf, '\n');
}

void runner_command(const struct runner *runner, struct buf *buf)
{
    if (!runner->is_sh) {
        words_add_quoted(buf, "exec", runner->argv);
        return;
    }
    words_add_quoted(buf, "set --", runner->argv + ARGS_OF_SH);
    buf_add_str(buf, runner->argv[ARGS_OF_SH - 2]);
}
