// SPDX-License-Identifier: MIT
#include "cli/fold_show.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "cli/render.h"
#include "cli/text.h"

// ---- for people
// Pieces of an output end anywhere: on a terminal half a UTF-8 sequence waits.
struct piecewise {
    struct printer *printer;
    enum target target;
    struct buf waiting;
};

static void piece_take(void *arg, struct slice bytes)
{
    struct piecewise *to = arg;
    bool tty = to->printer->places[to->target].tty;
    size_t n;

    buf_add_slice(&to->waiting, bytes);
    n = to->waiting.len - (tty ? text_unfinished(buf_slice(&to->waiting)) : 0);
    printer_text(to->printer, to->target, slice_of(to->waiting.ptr, n));
    buf_drop(&to->waiting, n);
}

int fold_show_text(const struct outputs *outputs, const struct output *output,
                   struct printer *printer, enum target target, struct err *err)
{
    struct piecewise to = { .printer = printer, .target = target };
    int rc;

    buf_init(&to.waiting, 0);
    rc = output_read(outputs, output, piece_take, &to, err);
    printer_text(printer, target, buf_slice(&to.waiting));
    printer_line_end(printer, target);
    if (rc == 0 && buf_failed(&to.waiting))
        rc = err_set(err, -ENOMEM, "out of memory");
    buf_release(&to.waiting);
    return rc;
}

static void line_print(struct printer *printer, enum target target, const struct buf *front,
                       const char *rest)
{
    printer_text(printer, target, buf_slice(front));
    printer_text(printer, target, slice_str(rest));
}

// "failed: exit code 7"; a reason that says so itself is not told so twice.
static void end_print(const struct fold_shown *shown, struct printer *printer,
                      const struct buf *front)
{
    const char *word = member_place_name(shown->member->place), *reason = shown->member->reason;
    struct buf text;

    buf_init(&text, 0);
    buf_add_str(&text, ": ");
    if (strncmp(reason, word, strlen(word)) != 0)
        buf_addf(&text, "%s%s", word, *reason ? ": " : "");
    text_escape(slice_str(reason), ESCAPE_ALL, &text);
    buf_add_byte(&text, '\n');
    line_print(printer, TO_ERR, front, buf_cstr(&text));
    buf_release(&text);
}

static int target_show(const struct fold_shown *shown, struct printer *printer,
                       enum target target, const struct buf *front, struct err *err)
{
    const struct output *output = shown->output[target];

    if (output_is_empty(output))
        return 0;
    if (printer->names)
        line_print(printer, target, front, target == TO_OUT ? ":\n" : ", standard error:\n");
    return fold_show_text(shown->outputs, output, printer, target, err);
}

int fold_show(const struct fold_shown *shown, struct printer *printer, struct err *err)
{
    struct buf front;
    int rc;

    buf_init(&front, 0);
    hosts_fold(shown->names, shown->count, &front);
    buf_addf(&front, " (%zu)", shown->count);
    rc = target_show(shown, printer, TO_OUT, &front, err);
    if (rc == 0)
        rc = target_show(shown, printer, TO_ERR, &front, err);
    if (rc == 0 && shown->member)
        end_print(shown, printer, &front);
    else if (printer->names && output_is_empty(shown->output[TO_OUT]) &&
             output_is_empty(shown->output[TO_ERR]))
        line_print(printer, TO_OUT, &front, ": no output\n");
    if (rc == 0 && buf_failed(&front))
        rc = err_set(err, -ENOMEM, "out of memory");
    buf_release(&front);
    return rc;
}

// ---- for programs
static void gather(void *arg, struct slice bytes) { buf_add_slice(arg, bytes); }

static json_t *base64_json(const struct buf *bytes)
{
    size_t room = sodium_base64_ENCODED_LEN(bytes->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    json_t *json = NULL;

    if (text) {
        sodium_bin2base64(text, room, bytes->ptr, bytes->len, sodium_base64_VARIANT_ORIGINAL);
        json = json_string(text);
    }
    free(text);
    return json;
}

// "output", or "output_b64" where it is not UTF-8.
static int output_set(json_t *json, const char *key, const struct fold_shown *shown,
                      enum target target, struct err *err)
{
    char key_b64[16];
    struct buf bytes;
    json_t *text;
    int rc;

    buf_init(&bytes, 0);
    rc = output_read(shown->outputs, shown->output[target], gather, &bytes, err);
    text = rc == 0 ? json_stringn(bytes.len ? (const char *)bytes.ptr : "", bytes.len) : NULL;
    if (rc == 0 && !text) {
        snprintf(key_b64, sizeof(key_b64), "%s_b64", key);
        key = key_b64;
        text = base64_json(&bytes);
    }
    if (rc == 0 && (buf_failed(&bytes) || json_object_set_new(json, key, text) < 0))
        rc = err_set(err, -ENOMEM, "out of memory for an output of %llu bytes",
                     (unsigned long long)output_bytes(shown->output[target]));
    buf_release(&bytes);
    return rc;
}

static json_t *names_json(const struct fold_shown *shown)
{
    json_t *names = json_array();

    for (size_t i = 0; i < shown->count; i++)
        json_array_append_new(names, json_string(shown->names[i]));
    return names;
}

int fold_show_json(const struct fold_shown *shown, struct err *err)
{
    const struct member *member = shown->member;
    json_t *json = json_pack("{s:I,s:o,s:I,s:s?,s:s?}", "job", (json_int_t)shown->job, "hosts",
                             names_json(shown), "count", (json_int_t)shown->count, "failure",
                             member ? member_place_word(member->place) : NULL, "reason",
                             member ? member->reason : NULL);
    int rc = json ? output_set(json, "output", shown, TO_OUT, err)
                  : err_set(err, -ENOMEM, "out of memory");

    if (rc == 0)
        rc = output_set(json, "error", shown, TO_ERR, err);
    if (rc == 0)
        print_json(json);
    json_decref(json);
    return rc;
}
