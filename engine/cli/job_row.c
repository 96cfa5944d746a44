// SPDX-License-Identifier: MIT
// A line is read in one pass and nothing is copied: most texts are in it as they are.
#include "cli/job_row.h"

#include "cli/call.h"

static struct slice text_of(const json_t *json, const char *key)
{
    const json_t *text = json_object_get(json, key);

    return slice_of(json_string_value(text), json_string_length(text));
}

void job_row_of_json(const json_t *json, struct job_row *ret)
{
    *ret = (struct job_row){
        .id = row_int(json, "id"),
        .failed = row_int(json, "failed"),
        .total = row_int(json, "total"),
        .is_child = json_is_integer(json_object_get(json, "parent")),
        .has_more = row_true(json, "has_more"),
        .name = text_of(json, "name"),
        .type = text_of(json, "type"),
        .state = text_of(json, "state"),
        .location = text_of(json, "location"),
        .command = text_of(json, "command"),
        .failure = text_of(json, "failure"),
        .started = text_of(json, "started"),
        .ended = text_of(json, "ended"),
    };
}

// ---- a line

struct reader {
    const uint8_t *at, *end;
};

static bool take_byte(struct reader *reader, uint8_t byte)
{
    if (reader->at == reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

// "text", without escapes.
static bool take_text(struct reader *reader, struct slice *ret)
{
    const uint8_t *begin, *quote;

    if (!take_byte(reader, '"'))
        return false;
    begin = reader->at;
    quote = memchr(begin, '"', (size_t)(reader->end - begin));
    if (!quote)
        return false;
    *ret = slice_of(begin, (size_t)(quote - begin));
    reader->at = quote + 1;
    return memchr(begin, '\\', ret->len) == NULL;
}

// A number, null, true or false: what stands before the next comma or brace.
static bool take_word(struct reader *reader, struct slice *ret)
{
    const uint8_t *begin = reader->at;

    while (reader->at < reader->end && *reader->at != ',' && *reader->at != '}' &&
           *reader->at != '[' && *reader->at != '{')
        reader->at++;
    *ret = slice_of(begin, (size_t)(reader->at - begin));
    return ret->len > 0;
}

static bool number_of(struct slice word, long long *ret)
{
    *ret = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9' || i == 18)
            return false;
        *ret = *ret * 10 + (word.ptr[i] - '0');
    }
    return true;
}

static bool put_text(struct job_row *row, struct slice key, struct slice text)
{
    const struct { const char *key; struct slice *place; } places[] = {
        { "name", &row->name }, { "type", &row->type }, { "state", &row->state },
        { "location", &row->location }, { "command", &row->command }, { "failure", &row->failure },
        { "started", &row->started }, { "ended", &row->ended },
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (slice_is(key, places[i].key)) {
            *places[i].place = text;
            return true;
        }
    return false;
}

static bool put_word(struct job_row *row, struct slice key, struct slice word)
{
    if (slice_is(word, "null"))
        return true;
    if (slice_is(key, "has_more")) {
        row->has_more = slice_is(word, "true");
        return row->has_more || slice_is(word, "false");
    }
    if (slice_is(key, "parent"))
        return row->is_child = true;
    if (slice_is(key, "id"))
        return number_of(word, &row->id);
    if (slice_is(key, "failed"))
        return number_of(word, &row->failed);
    return slice_is(key, "total") && number_of(word, &row->total);
}

static bool take_member(struct reader *reader, struct job_row *row)
{
    struct slice key, found;

    if (!take_text(reader, &key) || !take_byte(reader, ':'))
        return false;
    if (reader->at < reader->end && *reader->at == '"')
        return take_text(reader, &found) && put_text(row, key, found);
    return take_word(reader, &found) && put_word(row, key, found);
}

bool job_row_of_line(struct slice line, struct job_row *ret)
{
    struct reader reader = { line.ptr, line.ptr + line.len };

    *ret = (struct job_row){ 0 };
    if (!take_byte(&reader, '{'))
        return false;
    do
        if (!take_member(&reader, ret))
            return false;
    while (take_byte(&reader, ','));
    return take_byte(&reader, '}') && reader.at == reader.end && ret->id > 0;
}
