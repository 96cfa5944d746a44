// SPDX-License-Identifier: MIT
// How: the words before the cursor are parsed with the options of their verb, so that an
// inventory or a workflow that was named is the one that is asked. What the last word is
// follows from the option before it, or from the verb's usage.
#include "cli/complete.h"

#include <string.h>

#include "cli/text.h"
#include "cli/values.h"

static bool is_plain(const char *value)
{
    struct buf shown;
    bool same;

    buf_init(&shown, 0);
    text_escape(slice_str(value), ESCAPE_ALL, &shown);
    same = slice_is(buf_slice(&shown), value);
    buf_release(&shown);
    return same && *value && *value != ':';
}

void complete_add(struct complete *complete, const char *value, const char *about)
{
    const char *typed = complete->word + complete->lead;
    struct buf shown;

    if (strncmp(value, typed, strlen(typed)) != 0 || !is_plain(value))
        return;
    buf_init(&shown, 0);
    text_escape(slice_str(about), ESCAPE_ALL, &shown);
    buf_add(&complete->out, complete->word, complete->lead);
    buf_addf(&complete->out, "%s\t%s\n", value, buf_cstr(&shown));
    buf_release(&shown);
}

const char *complete_argument(const struct complete *complete, size_t n)
{
    const struct options *options = &complete->cli->options;

    return n < options->arg_count ? options->args[n] : NULL;
}

// ---- words of the table
static void verbs_add(struct complete *complete)
{
    for (const struct command *command = commands; command->name; command++)
        complete_add(complete, command->name, command->summary);
}

// A letter is offered to those who ask for one: "-" alone may become both.
static void options_add(struct complete *complete)
{
    char name[64];

    for (const struct option_spec *spec = complete->command->options; spec->name; spec++) {
        if (!spec->about)
            continue;
        snprintf(name, sizeof(name), "--%s", spec->name);
        complete_add(complete, name, spec->about);
        snprintf(name, sizeof(name), "-%c", spec->letter);
        if (spec->letter && !complete->word[1])
            complete_add(complete, name, spec->about);
    }
}

static void words_add(struct complete *complete, const char *words)
{
    char word[64];

    while (words && *words) {
        size_t len = strcspn(words, " ");
        snprintf(word, sizeof(word), "%.*s", (int)len, words);
        complete_add(complete, word, "");
        words += len + strspn(words + len, " ");
    }
}

static void choices_add(struct complete *complete)
{
    struct slice choice;
    char word[64];

    for (size_t i = 0; usage_choice(complete->command->usage, i, &choice); i++) {
        snprintf(word, sizeof(word), "%.*s", SLICE_ARG(choice));
        complete_add(complete, word, "");
    }
}

// ---- kinds of values
// Behind the last comma a new one begins.
static void lead_to_item(struct complete *complete)
{
    const char *comma = strrchr(complete->word + complete->lead, ',');

    if (comma)
        complete->lead = (size_t)(comma + 1 - complete->word);
}

static void shell_asked(struct complete *complete, const char *what)
{
    buf_addf(&complete->out, ":%s\t%.*s\n", what, (int)complete->lead, complete->word);
}

static void value_add(struct complete *complete, const struct value *value)
{
    switch (value->kind) {
    case VALUE_FREE: break;
    case VALUE_LIST: lead_to_item(complete); // fall through
    case VALUE_HINTS:
    case VALUE_WORDS: words_add(complete, value->words); break;
    case VALUE_FILE: shell_asked(complete, "files"); break;
    case VALUE_DIRECTORY: shell_asked(complete, "directories"); break;
    case VALUE_COMMAND: shell_asked(complete, "commands"); break;
    case VALUE_USER: shell_asked(complete, "users"); break;
    case VALUE_VERB: verbs_add(complete); break;
    case VALUE_JOB: complete_jobs(complete); break;
    case VALUE_HOST: complete_hosts(complete, false); break;
    case VALUE_HOSTS: complete_hosts(complete, true); break;
    case VALUE_SCHEDULE: complete_schedules(complete); break;
    case VALUE_WORKFLOW:
        complete_workflows(complete);
        shell_asked(complete, "files");
        break;
    case VALUE_PARAM: complete_params(complete); break;
    case VALUE_ANSWER: complete_answers(complete); break;
    }
}

static void argument_add(struct complete *complete, size_t n)
{
    struct slice word;
    const struct value *value;

    if (!usage_argument(complete->command->usage, n, &word)) {
        if (n > 0 && complete->command->fn == verb_schedule &&
            strcmp(complete_argument(complete, 0), "add") != 0)
            complete_schedules(complete);
        return;
    }
    if (word.ptr[0] >= 'a' && word.ptr[0] <= 'z') {
        choices_add(complete);
        return;
    }
    value = value_find(word);
    if (value)
        value_add(complete, value);
}

// ---- where the cursor is
struct place {
    const struct option_spec *awaited; // whose value the word is; NULL: none
    bool dashes;                       // `--` stands before it
    size_t words;                      // whole words before it and before `awaited`
};

static struct place place_of(const struct option_spec *specs, const char *const *words,
                             size_t count)
{
    struct place place = { 0 };

    for (size_t i = 0; i < count && !place.dashes; i++) {
        const char *attached;
        const struct option_spec *spec = option_with_value(specs, words[i], &attached);
        place.dashes = strcmp(words[i], "--") == 0;
        if (!spec || attached || spec->value[0] == '[')
            continue;
        if (i + 1 == count) {
            place.awaited = spec;
            place.words = i;
            return place;
        }
        i++;
    }
    place.words = count;
    return place;
}

static void word_complete(struct complete *complete, const struct place *place)
{
    const struct option_spec *spec = place->awaited;
    const char *attached = NULL;

    if (!spec && !place->dashes && complete->word[0] == '-') {
        spec = option_with_value(complete->command->options, complete->word, &attached);
        if (!spec || !attached) {
            options_add(complete);
            return;
        }
        complete->lead = (size_t)(attached - complete->word);
    }
    if (!spec)
        argument_add(complete, complete->cli->options.arg_count);
    else if (value_of_option(spec))
        value_add(complete, value_of_option(spec));
}

// Words that do not parse are completed as far as they were understood.
static void words_parse(struct cli *cli, const struct option_spec *specs,
                        const char *const *words, size_t count)
{
    char *argv[256];
    struct err err;

    if (count >= sizeof(argv) / sizeof(argv[0]))
        count = sizeof(argv) / sizeof(argv[0]) - 1;
    for (size_t i = 0; i < count; i++)
        memcpy(&argv[i], &words[i], sizeof(argv[i])); // options_parse changes no word
    argv[count] = NULL;
    options_release(&cli->options); // words may be its arguments
    options_parse(&cli->options, specs, (int)count, argv, &err);
}

static void verb_complete(struct complete *complete, const char *const *words, size_t count);

// "schedule add NAME ... -- VERB...": a command line of its own stands behind `--`.
static bool inner_complete(struct complete *complete, const char *const *words, size_t count)
{
    size_t i = 0;

    if (complete->command->fn != verb_schedule)
        return false;
    while (i < count && strcmp(words[i], "--") != 0)
        i++;
    if (i == count)
        return false;
    verb_complete(complete, words + i + 1, count - i - 1);
    return true;
}

static void verb_complete(struct complete *complete, const char *const *words, size_t count)
{
    struct place place;

    if (count == 0) {
        verbs_add(complete);
        return;
    }
    complete->command = command_find(words[0]);
    if (!complete->command || inner_complete(complete, words + 1, count - 1))
        return;
    place = place_of(complete->command->options, words + 1, count - 1);
    words_parse(complete->cli, complete->command->options, words + 1, place.words);
    word_complete(complete, &place);
}

void complete_words(struct cli *cli, const char *const *words, size_t count)
{
    struct complete complete = { .cli = cli, .word = count ? words[count - 1] : "" };

    buf_init(&complete.out, 0);
    verb_complete(&complete, words, count ? count - 1 : 0);
    if (!buf_failed(&complete.out) && complete.out.len)
        fwrite(complete.out.ptr, 1, complete.out.len, stdout);
    buf_release(&complete.out);
}
