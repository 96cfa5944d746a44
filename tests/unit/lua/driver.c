// SPDX-License-Identifier: MIT
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FIRST_UNIX_MS = 1700000000 };

static void keep_note(void *arg, struct slice strand, const struct note *note)
{
    struct drive *d = arg;

    buf_addf(&d->notes, "%.*s %s: ", SLICE_ARG(strand), stream_name(note->stream));
    if (note->is_value)
        buf_addf(&d->notes, "%s\n", drive_json(d, note->data));
    else
        buf_add_slice(&d->notes, note->data);
}

// From options that hold a text, limits, modules, hosts and a prelude.
static void open_job(struct drive *d, const struct script_options *given)
{
    struct script_options options = {
        .name = SLICE("test.lua"),
        .text = given->text,
        .modules = given->modules,
        .hosts = given->hosts,
        .prelude = given->prelude,
        .job_id = 7,
        .job_uuid = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
        .job_name = SLICE("night"),
        .job_started_unix_ms = 1700000000500,
        .memory_max = given->memory_max,
        .budget_max = given->budget_max,
        .note = keep_note,
        .note_arg = d,
    };
    struct buf params, meta;

    *d = (struct drive){ .now_unix_ms = INT64_C(1000) * FIRST_UNIX_MS };
    buf_init(&d->notes, 0);
    buf_init(&d->text, 0);
    buf_init(&params, 0);
    buf_init(&meta, 0);
    value_put_map(&params, 1);
    value_put_str(&params, "batch");
    value_put_int(&params, 2);
    value_put_map(&meta, 1);
    value_put_str(&meta, "owner");
    value_put_str(&meta, "ops");
    options.params = buf_slice(&params);
    options.meta = buf_slice(&meta);
    if (script_new(&d->script, &options, &d->err) < 0)
        fail_msg("script_new: %s", d->err.text);
    buf_release(&params);
    buf_release(&meta);
}

void drive_open_limited(struct drive *d, const char *text, size_t memory_max, uint64_t budget_max)
{
    open_job(d, &(struct script_options){ .text = slice_str(text), .memory_max = memory_max,
                                          .budget_max = budget_max });
}

void drive_open_modules(struct drive *d, const char *text, struct slice modules)
{
    open_job(d, &(struct script_options){ .text = slice_str(text), .modules = modules });
}

void drive_open_prelude(struct drive *d, const char *text, const char *prelude)
{
    open_job(d, &(struct script_options){ .text = slice_str(text), .prelude = slice_str(prelude) });
}

void drive_open_hosts(struct drive *d, const char *text, const char *hosts)
{
    json_t *parsed = json_loads(hosts, 0, NULL);
    struct buf bytes;

    assert_non_null(parsed);
    buf_init(&bytes, 0);
    assert_int_equal(value_from_json(parsed, &bytes, NULL), 0);
    open_job(d, &(struct script_options){ .text = slice_str(text), .hosts = buf_slice(&bytes) });
    json_decref(parsed);
    buf_release(&bytes);
}

void drive_open(struct drive *d, const char *text) { drive_open_limited(d, text, 0, 0); }

void drive_close(struct drive *d)
{
    script_free(d->script);
    buf_release(&d->notes);
    buf_release(&d->text);
}

static int resume(struct drive *d, uint32_t strand, struct answer answer)
{
    answer.now_unix_ms = d->now_unix_ms;
    d->now_unix_ms += 1000;
    return script_resume(d->script, strand, &answer, &d->effect, &d->err);
}

int drive_start(struct drive *d, uint32_t strand)
{
    return resume(d, strand, (struct answer){ .kind = ANSWER_START });
}

int drive_outcome(struct drive *d, uint32_t strand, const struct outcome *outcome)
{
    return resume(d, strand, (struct answer){ .kind = ANSWER_OUTCOME, .outcome = outcome,
                                              .attempt = 1,
                                              .ok = outcome_is_ok(outcome, &d->effect.policy) });
}

int drive_exit(struct drive *d, uint32_t strand, int code, const char *out, const char *err)
{
    struct outcome outcome = { .kind = OUTCOME_EXIT, .code = code, .out = slice_str(out),
                               .err = slice_str(err), .started_unix_ms = d->now_unix_ms,
                               .ended_unix_ms = d->now_unix_ms + 250 };

    outcome.out_bytes = outcome.out.len;
    outcome.err_bytes = outcome.err.len;
    return drive_outcome(d, strand, &outcome);
}

int drive_value(struct drive *d, uint32_t strand, const char *json)
{
    struct outcome outcome = { .kind = OUTCOME_VALUE };
    json_t *parsed = json_loads(json, JSON_DECODE_ANY, NULL);
    struct buf bytes;
    int rc;

    assert_non_null(parsed);
    buf_init(&bytes, 0);
    assert_int_equal(value_from_json(parsed, &bytes, NULL), 0);
    json_decref(parsed);
    outcome.value = buf_slice(&bytes);
    rc = drive_outcome(d, strand, &outcome);
    buf_release(&bytes);
    return rc;
}

int drive_joined(struct drive *d, uint32_t strand)
{
    return resume(d, strand, (struct answer){ .kind = ANSWER_JOINED });
}

int drive_cancel(struct drive *d, uint32_t strand)
{
    return resume(d, strand, (struct answer){ .kind = ANSWER_CANCEL });
}

int drive_once(struct drive *d, uint32_t strand)
{
    struct outcome outcome = { .kind = OUTCOME_VALUE };
    struct buf bytes;
    int rc;

    buf_init(&bytes, 0);
    rc = script_once(d->script, strand, d->now_unix_ms, &bytes, &d->err);
    outcome.value = buf_slice(&bytes);
    if (rc == 0)
        outcome.kind = OUTCOME_ERROR;
    if (rc >= 0)
        rc = drive_outcome(d, strand, &outcome);
    buf_release(&bytes);
    return rc;
}

const char *drive_json(struct drive *d, struct slice bytes)
{
    json_t *json = value_slice_to_json(bytes);
    char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;

    buf_clear(&d->text);
    if (text)
        buf_add_str(&d->text, text);
    free(text);
    json_decref(json);
    return buf_cstr(&d->text);
}

const char *drive_args(struct drive *d) { return drive_json(d, d->effect.args); }
const char *drive_end(struct drive *d) { return drive_json(d, d->effect.value); }

const char *drive_notes(struct drive *d)
{
    buf_clear(&d->text);
    buf_add_slice(&d->text, buf_slice(&d->notes));
    buf_clear(&d->notes);
    return buf_cstr(&d->text);
}

const char *drive_run(struct drive *d, const char *text)
{
    drive_open(d, text);
    if (drive_start(d, 0) < 0)
        return d->err.text;
    assert_int_equal(d->effect.kind, EFFECT_END);
    buf_clear(&d->text);
    buf_add_slice(&d->text, d->effect.message);
    return buf_cstr(&d->text);
}

void drive_check_prints(const char *text, const char *expected)
{
    struct drive d;
    struct buf lines;

    assert_string_equal(drive_run(&d, text), "");
    buf_init(&lines, 0);
    for (struct slice s = buf_slice(&d.notes); s.len;) {
        const uint8_t *end = memchr(s.ptr, '\n', s.len);
        const char front[] = "1 output: ";
        size_t len = (size_t)(end - s.ptr) + 1;
        size_t skip = memcmp(s.ptr, front, sizeof(front) - 1) == 0 ? sizeof(front) - 1 : 0;
        buf_add(&lines, s.ptr + skip, len - skip);
        s = slice_of(s.ptr + len, s.len - len);
    }
    assert_string_equal(buf_cstr(&lines), expected);
    buf_release(&lines);
    drive_close(&d);
}

void drive_check_fails(const char *text, const char *expected)
{
    struct drive d;

    assert_string_equal(drive_run(&d, text), expected);
    drive_close(&d);
}
