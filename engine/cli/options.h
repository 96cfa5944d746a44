// SPDX-License-Identifier: MIT
// A verb's arguments, sorted into options and the rest. `--opt=value` and
// `--opt value`, `-o value` and `-ovalue`; options and arguments may be mixed;
// everything behind `--` is an argument. Texts are borrowed from argv.
#pragma once

#include <stddef.h>

#include "base/err.h"

struct option_spec {
    const char *name;  // without dashes; NULL ends a list
    char letter;       // 0: none
    const char *value; // what its value is called in help; NULL: a switch; "[BOOL]": one
                       // that may be given, attached: --has-more=false
    const char *about;
};

// In every list that takes jobs, in every list at all.
#define OPTIONS_COMMON                                                \
    { "json", 0, NULL, "one JSON object per line" },                  \
    { "help", 'h', NULL, "show this help" },                          \
    { NULL, 0, NULL, NULL }
#define OPTIONS_SELECT                                                \
    { "state", 0, "STATE", "only jobs in this state" },               \
    { "type", 0, "TYPE", "only jobs of this type" },                  \
    { "meta", 0, "K=V", "only jobs with this in their meta" },        \
    { "schedule", 0, "NAME", "only jobs that this schedule started" }, \
    { "ignore-case", 'i', NULL, "names and globs in either case" }

struct option_given {
    const struct option_spec *spec;
    const char *value; // NULL for a switch
};

struct options {
    struct option_given *given; // in the order of the command line
    size_t given_count;
    const char **args;          // ended by NULL
    size_t arg_count;
    size_t dashes;              // index in args of the first one behind `--`, or arg_count
    bool has_dashes;
};

// ERR_USAGE with the relevant line. options_release in any case.
int options_parse(struct options *options, const struct option_spec *specs, int argc,
                  char **argv, struct err *err);
void options_release(struct options *options);

// The option of a word like "--state", "--state=Run" or "-qi", when it takes a value; NULL.
// *attached: the value in the word, NULL when it is the next word.
const struct option_spec *option_with_value(const struct option_spec *specs, const char *word,
                                            const char **attached);

bool option_is_set(const struct options *options, const char *name);
// The last value given, or NULL.
const char *option_text(const struct options *options, const char *name);
// Walks the values of an option that may be repeated: start with *at = 0.
const char *option_next(const struct options *options, const char *name, size_t *at);
// A duration option in milliseconds; absent: fallback.
int option_duration(const struct options *options, const char *name, long long fallback,
                    long long *ret_ms, struct err *err);
// A whole number from 0; absent: fallback.
int option_number(const struct options *options, const char *name, long long fallback,
                  long long *ret, struct err *err);
