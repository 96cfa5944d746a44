// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/suggest.h"

// ---- parsing
struct parser {
    struct options *options;
    const struct option_spec *specs;
    char **at; // the next argument; NULL-ended
    struct err *err;
};

static const struct option_spec *spec_long(const struct option_spec *specs, const char *name,
                                           size_t len)
{
    for (const struct option_spec *spec = specs; spec->name; spec++)
        if (strlen(spec->name) == len && memcmp(spec->name, name, len) == 0)
            return spec;
    return NULL;
}

static const struct option_spec *spec_letter(const struct option_spec *specs, char letter)
{
    for (const struct option_spec *spec = specs; spec->name; spec++)
        if (spec->letter == letter)
            return spec;
    return NULL;
}

static int unknown_long(const struct parser *parser, const char *name, size_t len)
{
    struct suggest suggest;

    suggest_begin(&suggest, slice_of(name, len));
    for (const struct option_spec *spec = parser->specs; spec->name; spec++)
        suggest_add(&suggest, slice_str(spec->name));
    if (suggest.best.len)
        return err_set(parser->err, ERR_USAGE, "unknown option --%.*s; did you mean --%.*s?",
                       (int)(len < 80 ? len : 80), name, SLICE_ARG(suggest.best));
    return err_set(parser->err, ERR_USAGE, "unknown option --%.*s", (int)(len < 80 ? len : 80),
                   name);
}

static void give(struct parser *parser, const struct option_spec *spec, const char *text)
{
    parser->options->given[parser->options->given_count++] = (struct option_given){ spec, text };
}

// text: the value that came attached, or NULL. A value of its own is the next argument.
static int take_value(struct parser *parser, const struct option_spec *spec, const char *text)
{
    if (!spec->value && text)
        return err_set(parser->err, ERR_USAGE, "option --%s takes no value", spec->name);
    if (spec->value && spec->value[0] == '[') {
        give(parser, spec, text);
        return 0;
    }
    if (spec->value && !text)
        text = *parser->at ? *parser->at++ : NULL;
    if (spec->value && !text)
        return err_set(parser->err, ERR_USAGE, "option --%s needs a value: %s", spec->name,
                       spec->value);
    if (text && !*text)
        return err_set(parser->err, ERR_USAGE, "option --%s is empty; it needs a value: %s",
                       spec->name, spec->value);
    give(parser, spec, text);
    return 0;
}

static int take_long(struct parser *parser, const char *word)
{
    size_t len = strcspn(word, "=");
    const struct option_spec *spec = spec_long(parser->specs, word, len);

    if (!spec)
        return unknown_long(parser, word, len);
    return take_value(parser, spec, word[len] ? word + len + 1 : NULL);
}

// "-qw" is "-q -w"; the first letter that takes a value takes the rest of the word.
static int take_letters(struct parser *parser, const char *word)
{
    for (const char *at = word; *at; at++) {
        const struct option_spec *spec = spec_letter(parser->specs, *at);
        if (!spec)
            return err_set(parser->err, ERR_USAGE,
                           "unknown option -%c; put -- before arguments that begin with -",
                           *at);
        if (spec->value)
            return take_value(parser, spec, at[1] ? at + 1 : NULL);
        give(parser, spec, NULL);
    }
    return 0;
}

static int take_word(struct parser *parser, const char *word)
{
    if (word[0] != '-' || word[1] == 0) {
        parser->options->args[parser->options->arg_count++] = word;
        return 0;
    }
    if (word[1] != '-')
        return take_letters(parser, word + 1);
    return take_long(parser, word + 2);
}

// Letters of switches can be written together: a word gives at most its length.
static size_t given_max(int argc, char **argv)
{
    size_t n = 1;

    for (int i = 0; i < argc; i++)
        n += strlen(argv[i]) + 1;
    return n;
}

int options_parse(struct options *options, const struct option_spec *specs, int argc,
                  char **argv, struct err *err)
{
    struct parser parser = { options, specs, argv, err };

    *options = (struct options){ 0 };
    options->given = calloc(given_max(argc, argv), sizeof(*options->given));
    options->args = calloc((size_t)argc + 1, sizeof(*options->args));
    if (!options->given || !options->args)
        return err_set(err, -ENOMEM, "out of memory");
    while (*parser.at && !options->has_dashes) {
        const char *word = *parser.at++;
        if (strcmp(word, "--") == 0)
            options->has_dashes = true;
        else if (take_word(&parser, word) < 0)
            return ERR_USAGE;
    }
    options->dashes = options->arg_count;
    while (*parser.at)
        options->args[options->arg_count++] = *parser.at++;
    return 0;
}

void options_release(struct options *options)
{
    free(options->given);
    free(options->args);
    *options = (struct options){ 0 };
}

const struct option_spec *option_with_value(const struct option_spec *specs, const char *word,
                                            const char **attached)
{
    const struct option_spec *spec = NULL;
    const char *rest = "";

    if (word[0] == '-' && word[1] == '-') {
        size_t len = strcspn(word + 2, "=");
        spec = spec_long(specs, word + 2, len);
        rest = word[len + 2] ? word + len + 3 : NULL;
    } else if (word[0] == '-') {
        for (const char *at = word + 1; *at && (!spec || !spec->value); at++) {
            spec = spec_letter(specs, *at);
            rest = at[1] ? at + 1 : NULL;
        }
    }
    *attached = rest;
    return spec && spec->value ? spec : NULL;
}

// ---- asking
static const struct option_given *given_last(const struct options *options, const char *name)
{
    for (size_t i = options->given_count; i-- > 0;)
        if (strcmp(options->given[i].spec->name, name) == 0)
            return &options->given[i];
    return NULL;
}

bool option_is_set(const struct options *options, const char *name)
{
    return given_last(options, name) != NULL;
}

const char *option_text(const struct options *options, const char *name)
{
    const struct option_given *given = given_last(options, name);

    return given ? given->value : NULL;
}

const char *option_next(const struct options *options, const char *name, size_t *at)
{
    while (*at < options->given_count) {
        const struct option_given *given = &options->given[(*at)++];
        if (strcmp(given->spec->name, name) == 0)
            return given->value;
    }
    return NULL;
}

int option_duration(const struct options *options, const char *name, long long fallback,
                    long long *ret_ms, struct err *err)
{
    const char *text = option_text(options, name);
    int64_t ms = fallback;

    if (text && !duration_from_text(slice_str(text), &ms))
        return err_set(err, ERR_USAGE, "--%s %.60s: a duration like 90, 1.5s, 10m or 1h30m is "
                       "expected, %dd at most", name, text, DURATION_DAYS_MAX);
    *ret_ms = ms;
    return 0;
}

int option_number(const struct options *options, const char *name, long long fallback,
                  long long *ret, struct err *err)
{
    const char *text = option_text(options, name);
    char *end;

    *ret = fallback;
    if (!text)
        return 0;
    errno = 0;
    *ret = strtoll(text, &end, 10);
    if (end != text && !*end && errno == ERANGE)
        return err_set(err, ERR_USAGE, "--%s %.60s: that is too large a number", name, text);
    if (end == text || *end || *ret < 0)
        return err_set(err, ERR_USAGE, "--%s %.60s: a whole number from 0 is expected", name,
                       text);
    return 0;
}
