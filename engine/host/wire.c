// SPDX-License-Identifier: MIT
// The replies' half of wire.h: three states, told apart by `ready` and `data_left`:
// noise until the nonce, then lines, and inside a data frame its bytes. Nothing a
// target sends is trusted: numbers are bounded, frames are capped, and a line that
// no runner writes ends the link.
#include "host/wire.h"

#include <errno.h>

struct word_form {
    const char *word;
    unsigned has_key, numbers, has_text;
};

static const struct word_form *word_form(enum wire_word word)
{
    static const struct word_form forms[] = {
#define X(id, word, key, numbers, text) [WIRE_##id] = { word, key, numbers, text },
        WIRE_REPLIES(X)
#undef X
    };

    return &forms[word];
}

void wire_init(struct wire *wire, const char *nonce)
{
    *wire = (struct wire){ .nonce = nonce };
}

static void noise_keep(struct wire *w, const char *text, size_t len)
{
    words_add(&w->noise, slice_of(text, len));
}

const char *wire_noise(const struct wire *wire, char text[WORDS_TEXT])
{
    struct words all = wire->noise;

    // An unended line counts too: it may be a question that nobody answers.
    if (!wire->ready)
        words_add(&all, slice_of(wire->line, wire->len));
    return words_line(&all, text);
}

// The next word off *rest; empty at the end.
static struct slice word_take(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, ' ', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
    struct slice word = slice_of(rest->ptr, len);
    size_t used = end ? len + 1 : len;

    *rest = slice_of(rest->ptr + used, rest->len - used);
    return word;
}

static bool number_take(struct slice *rest, uint64_t *ret)
{
    struct slice word = word_take(rest);
    uint64_t n = 0;

    // 18 digits fit into 63 bits, so that sums of two never wrap.
    if (word.len == 0 || word.len > 18)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        unsigned digit = (unsigned)word.ptr[i] - '0';
        if (digit > 9)
            return false;
        n = n * 10 + digit;
    }
    *ret = n;
    return true;
}

static bool word_find(struct slice word, enum wire_word *ret)
{
    for (unsigned i = 0; i < WIRE_WORD_COUNT; i++) {
        *ret = (enum wire_word)i;
        if (slice_is(word, word_form(*ret)->word))
            return true;
    }
    return false;
}

static bool reply_parse(struct slice line, struct wire_reply *ret)
{
    const struct word_form *form;

    *ret = (struct wire_reply){ 0 };
    if (!word_find(word_take(&line), &ret->word))
        return false;
    form = word_form(ret->word);
    if (form->has_key && link_key_parse(word_take(&line), &ret->key) < 0)
        return false;
    for (unsigned i = 0; i < form->numbers; i++)
        if (!number_take(&line, &ret->numbers[i]))
            return false;
    ret->text = line;
    return form->has_text || line.len == 0;
}

static bool data_is_sound(const struct wire_reply *data)
{
    return (data->numbers[0] == LINK_OUT || data->numbers[0] == LINK_ERR) &&
           data->numbers[1] >= 1 && data->numbers[2] >= 1 && data->numbers[2] <= WIRE_DATA_MAX;
}

// A line is whole. 1: a reply; 0: nothing to tell; or -EPROTO.
static int line_end(struct wire *w, struct wire_reply *ret, struct err *err)
{
    struct slice line = slice_of(w->line, w->len);
    size_t nonce = strlen(w->nonce);

    w->len = 0;
    if (!w->ready) {
        if (line.len <= nonce || memcmp(line.ptr, w->nonce, nonce) != 0 ||
            line.ptr[nonce] != ' ') {
            noise_keep(w, (const char *)line.ptr, line.len);
            noise_keep(w, "\n", 1);
            return 0;
        }
        line = slice_of(line.ptr + nonce + 1, line.len - nonce - 1);
        w->ready = true;
    } else if (line.len == 0) {
        return 0;
    }
    if (!reply_parse(line, ret) || (ret->word == WIRE_DATA && !data_is_sound(ret)))
        return err_set(err, -EPROTO, "the runner sent what none sends: \"%.*s\"",
                       line.len > 80 ? 80 : (int)line.len, (const char *)line.ptr);
    if (ret->word != WIRE_DATA)
        return 1;
    w->data = *ret;
    w->data_left = ret->numbers[2];
    return 0;
}

// Takes bytes up to and with the next LF. 1: the line is whole.
static int line_take(struct wire *w, struct slice *bytes, struct err *err)
{
    const uint8_t *end = memchr(bytes->ptr, '\n', bytes->len);
    size_t len = end ? (size_t)(end - bytes->ptr) : bytes->len;
    size_t used = end ? len + 1 : len;

    if (len > sizeof(w->line) - w->len) {
        if (w->ready)
            return err_set(err, -EPROTO, "the runner sent a line of over %d bytes", WIRE_LINE);
        noise_keep(w, w->line, w->len);
        w->len = 0;
        if (len > sizeof(w->line)) {
            noise_keep(w, (const char *)bytes->ptr, len);
            len = 0;
        }
    }
    memcpy(w->line + w->len, bytes->ptr, len);
    w->len += len;
    *bytes = slice_of(bytes->ptr + used, bytes->len - used);
    return end ? 1 : 0;
}

static void data_take(struct wire *w, struct slice *bytes, struct wire_reply *ret)
{
    size_t n = bytes->len < w->data_left ? bytes->len : (size_t)w->data_left;

    *ret = w->data;
    ret->text = slice_of(bytes->ptr, n);
    *bytes = slice_of(bytes->ptr + n, bytes->len - n);
    w->data_left -= n;
    w->data.numbers[1] += n;
}

int wire_next(struct wire *wire, struct slice *bytes, struct wire_reply *ret, struct err *err)
{
    while (bytes->len > 0) {
        int rc;

        if (wire->data_left > 0) {
            data_take(wire, bytes, ret);
            return 1;
        }
        rc = line_take(wire, bytes, err);
        if (rc == 1)
            rc = line_end(wire, ret, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}
