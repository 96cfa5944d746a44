// SPDX-License-Identifier: MIT
// What the words mean that stand for values in the table of verbs: "STATE" behind an
// option, "JOB..." in a usage. Constant.
#pragma once

#include "base/slice.h"
#include "cli/options.h"

enum value_kind {
    VALUE_FREE,     // whatever a person thinks of
    VALUE_WORDS,    // one of a few words
    VALUE_LIST,     // some of a few words, with commas between them
    VALUE_HINTS,    // any word; these are often meant
    VALUE_FILE,
    VALUE_DIRECTORY,
    VALUE_COMMAND,  // a program of this machine
    VALUE_USER,     // of this machine
    VALUE_VERB,
    VALUE_JOB,
    VALUE_HOST,
    VALUE_HOSTS,    // a set of hosts
    VALUE_SCHEDULE,
    VALUE_WORKFLOW, // a file, or a workflow that is shipped
    VALUE_PARAM,    // KEY=VALUE of a workflow
    VALUE_ANSWER,   // to a job's question
};

struct value {
    const char *word;  // in the table; or "--option", whose values have no word of their own
    enum value_kind kind;
    const char *words; // with blanks between them; NULL: none
};

// NULL: the word says nothing (values_test sees to it that there is none).
const struct value *value_find(struct slice word);
// Of an option that takes one.
const struct value *value_of_option(const struct option_spec *spec);

// A value that may be left out is written "[BOOL]" in the table, and only given attached.
// Are the values that must be one of a few words such? ERR_USAGE names those.
int values_check(const struct options *options, struct err *err);

// The n-th argument of a usage, as a word of the table: "JOB" of "wait [OPTIONS] JOB...",
// the last one again and again where it may be repeated. Where the first one is a word in
// small letters, usage_choice gives all that may stand there. False: there is none.
bool usage_argument(const char *usage, size_t n, struct slice *ret);
// The n-th of "add", "list", "remove" in "schedule [add NAME... | list | remove NAME]".
bool usage_choice(const char *usage, size_t n, struct slice *ret);
