// SPDX-License-Identifier: MIT
// The programs under target/ are kept apart for the reader and joined here: sh has
// no way to include, and a file on the target is what the runner never is.
#include "host/runner.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/embedded.h"

static void text_add(struct buf *buf, const char *name)
{
    const struct embedded_file *file = embedded_runner;

    while (file->name && strcmp(file->name, name) != 0)
        file++;
    assert(file->name);
    buf_add_slice(buf, file->text);
}

static void texts_fill(struct runner *r)
{
    static const char *const main_parts[] = {
        "proc.sh", "hello.sh", "reader.sh", "attempt.sh", "answer.sh", "runner.sh",
    };

    for (size_t i = 0; i < sizeof(main_parts) / sizeof(main_parts[0]); i++)
        text_add(&r->main_text, main_parts[i]);
    text_add(&r->step_text, "proc.sh");
    text_add(&r->step_text, "step.sh");
}

static void nonce_fill(struct runner *r, const uint8_t random[16])
{
    for (size_t i = 0; i < 16; i++)
        snprintf(r->nonce + 2 * i, 3, "%02x", random[i]);
}

// execve takes no const; nobody writes to them.
static char *argument(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void argv_fill(struct runner *r, const struct link_options *options)
{
    const char *shell = options->shell ? options->shell : "sh";
    const char *args[RUNNER_ARGS] = {
        shell, "-c", buf_cstr(&r->main_text), "pawl-runner",
        r->nonce, r->store, r->epoch, r->incarnation,
        options->spool_dir ? options->spool_dir : "", shell,
        buf_cstr(&r->step_text), options->take_over ? "1" : "0",
    };

    for (size_t i = 0; i < RUNNER_ARGS; i++)
        r->argv[i] = argument(args[i]);
    r->argv[RUNNER_ARGS] = NULL;
}

int runner_init(struct runner *runner, const struct link_options *options,
                const uint8_t random[16], struct err *err)
{
    *runner = (struct runner){ 0 };
    buf_init(&runner->main_text, 0);
    buf_init(&runner->step_text, 0);
    nonce_fill(runner, random);
    uuid_format(options->store, runner->store);
    uuid_format(options->incarnation, runner->incarnation);
    snprintf(runner->epoch, sizeof(runner->epoch), "%" PRIu64, options->epoch);
    texts_fill(runner);
    argv_fill(runner, options);
    if (buf_failed(&runner->main_text) || buf_failed(&runner->step_text)) {
        runner_release(runner);
        return err_set(err, -ENOMEM, "no memory for the runner's text");
    }
    return 0;
}

void runner_release(struct runner *runner)
{
    buf_release(&runner->main_text);
    buf_release(&runner->step_text);
}
