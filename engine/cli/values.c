// SPDX-License-Identifier: MIT
#include "cli/values.h"

#include <ctype.h>
#include <strings.h>

#include "base/buf.h"
#include "base/suggest.h"

#define STATES                                                                               \
    "NotStarted Running Blocked Suspending Suspended Disconnected Stopping Completed Failed " \
    "Stopped"

static const struct value values[] = {
    { "--for", VALUE_WORDS, "settled finished " STATES },
    { "--missed", VALUE_WORDS, "run-once skip" },
    { "--on-interrupt", VALUE_WORDS, "rerun fail suspend" },
    { "--overlap", VALUE_WORDS, "skip queue parallel replace" },
    { "--schedule", VALUE_SCHEDULE, NULL },
    { "--stream", VALUE_WORDS, "output error warning verbose debug information progress" },
    { "A,B", VALUE_FREE, NULL },
    { "ANSWER", VALUE_ANSWER, NULL },
    { "ARCH", VALUE_HINTS, "linux32 linux64 i386 i686 x86_64" },
    { "ARGUMENT", VALUE_FILE, NULL },
    { "BOOL", VALUE_WORDS, "true false" },
    { "COMMAND", VALUE_COMMAND, NULL },
    { "DIR", VALUE_DIRECTORY, NULL },
    { "DIRECTORY", VALUE_DIRECTORY, NULL },
    { "FILE", VALUE_FILE, NULL },
    { "FILE.lua", VALUE_WORKFLOW, NULL },
    { "GLOB", VALUE_FREE, NULL },
    { "HOST", VALUE_HOST, NULL },
    { "JOB", VALUE_JOB, NULL },
    { "JSON", VALUE_FREE, NULL },
    { "K=V", VALUE_FREE, NULL },
    { "KEY=VALUE", VALUE_PARAM, NULL },
    { "N", VALUE_FREE, NULL },
    { "N,...", VALUE_FREE, NULL },
    { "NAME", VALUE_FREE, NULL },
    { "PROG", VALUE_COMMAND, NULL },
    { "SEQ", VALUE_FREE, NULL },
    { "SET", VALUE_HOSTS, NULL },
    { "SIZE", VALUE_FREE, NULL },
    { "STATE", VALUE_LIST, STATES },
    { "TEXT", VALUE_FREE, NULL },
    { "TIME", VALUE_FREE, NULL },
    { "TYPE", VALUE_LIST, "local remote workflow cim" },
    { "TZ", VALUE_FREE, NULL },
    { "USER", VALUE_USER, NULL },
    { "VERB", VALUE_VERB, NULL },
    { "WHAT", VALUE_FREE, NULL },
    { "WHEN", VALUE_FREE, NULL },
    { "[BOOL]", VALUE_WORDS, "true false" },
};

const struct value *value_find(struct slice word)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (slice_is(word, values[i].word))
            return &values[i];
    return NULL;
}

const struct value *value_of_option(const struct option_spec *spec)
{
    for (size_t i = 0; values[i].word[0] == '-'; i++)
        if (strcmp(values[i].word + 2, spec->name) == 0)
            return &values[i];
    if (spec->value[0] == '[')
        return value_find(slice_of(spec->value + 1, strlen(spec->value) - 2));
    return value_find(slice_str(spec->value));
}

// ---- checking
// Takes the next word off a text of them.
static struct slice word_next(const char **words)
{
    struct slice word = slice_of(*words, strcspn(*words, " "));

    *words += word.len;
    *words += strspn(*words, " ");
    return word;
}

static bool word_is_one(const char *words, struct slice wanted)
{
    while (*words) {
        struct slice word = word_next(&words);
        if (word.len == wanted.len &&
            strncasecmp((const char *)word.ptr, (const char *)wanted.ptr, word.len) == 0)
            return true;
    }
    return false;
}

static int unknown_word(const struct option_spec *spec, const char *words, struct slice wanted,
                        struct err *err)
{
    char meant[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;
    struct buf all;
    int rc;

    buf_init(&all, 0);
    suggest_begin(&suggest, wanted);
    while (*words) {
        struct slice word = word_next(&words);
        suggest_add(&suggest, word);
        buf_addf(&all, "%s%.*s", all.len ? *words ? ", " : " or " : "", SLICE_ARG(word));
    }
    rc = err_set(err, ERR_USAGE, "--%s %.*s: %s is expected%s", spec->name,
                 wanted.len < 40 ? (int)wanted.len : 40, (const char *)wanted.ptr, buf_cstr(&all),
                 suggest_text(&suggest, meant));
    buf_release(&all);
    return rc;
}

static int value_check(const struct option_given *given, struct err *err)
{
    const struct value *value = value_of_option(given->spec);
    const char *at = given->value;

    if (!value || (value->kind != VALUE_WORDS && value->kind != VALUE_LIST))
        return 0;
    for (;;) {
        struct slice word = slice_of(at, value->kind == VALUE_LIST ? strcspn(at, ",") : strlen(at));
        if (!word_is_one(value->words, word))
            return unknown_word(given->spec, value->words, word, err);
        at += word.len;
        if (!*at++)
            return 0;
    }
}

int values_check(const struct options *options, struct err *err)
{
    for (size_t i = 0; i < options->given_count; i++)
        if (options->given[i].value && value_check(&options->given[i], err) < 0)
            return err->code;
    return 0;
}

// ---- usages
// A word of a usage without what says whether it may be left out, or repeated.
struct usage_word {
    struct slice text;
    bool repeated;
};

static bool next_word(const char **at, struct usage_word *ret)
{
    size_t from, to;

    *at += strspn(*at, " ");
    to = strcspn(*at, " ");
    if (to == 0)
        return false;
    from = strspn(*at, "[");
    ret->text = slice_of(*at + from, to > from ? to - from : 0);
    *at += to;
    while (ret->text.len && strchr("].", ret->text.ptr[ret->text.len - 1]))
        ret->text.len--;
    ret->repeated = memmem(*at - to, to, "...", 3) != NULL;
    return true;
}

static bool is_small(struct slice text) { return text.len && islower(text.ptr[0]); }
static bool is_big(struct slice text) { return text.len && isupper(text.ptr[0]); }

// An option in a usage stands with its value, which is no argument.
static void skip_value(const char **at)
{
    const char *before = *at;
    struct usage_word word;

    if (next_word(at, &word) && !is_big(word.text))
        *at = before;
}

// The next argument; false at the end.
static bool next_argument(const char **at, struct usage_word *ret)
{
    while (next_word(at, ret)) {
        if (slice_is(ret->text, "OPTIONS") || slice_is(ret->text, "--"))
            continue;
        if (ret->text.len && ret->text.ptr[0] == '-')
            skip_value(at);
        else if (is_big(ret->text) || is_small(ret->text))
            return true;
    }
    return false;
}

bool usage_argument(const char *usage, size_t n, struct slice *ret)
{
    const char *at = usage + strcspn(usage, " ");
    struct usage_word word, last = { 0 };
    size_t seen = 0;

    while (next_argument(&at, &word)) {
        if (is_small(word.text) && seen > 0)
            continue; // another form of the same usage
        if (seen++ == n) {
            *ret = word.text;
            return true;
        }
        last = word;
    }
    *ret = last.text;
    return last.repeated && last.text.len;
}

bool usage_choice(const char *usage, size_t n, struct slice *ret)
{
    const char *at = usage + strcspn(usage, " ");
    struct usage_word word;

    while (next_argument(&at, &word)) {
        const char *part = (const char *)word.text.ptr, *end = part + word.text.len;
        while (is_small(word.text) && part < end) {
            size_t len = strcspn(part, "|] ,.");
            *ret = slice_of(part, len);
            if (n-- == 0)
                return true;
            part += len + 1;
        }
    }
    return false;
}
