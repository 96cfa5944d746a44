// SPDX-License-Identifier: MIT
// What may stand where the cursor is, for the completions of shells: made of the table of
// verbs, and of what the engine, the inventory and the workflows say at present.
//
// One line for each: "VALUE\tABOUT". The value is the whole word, its beginning included.
// A line that begins with ':' asks the shell for something of its own:
//   :files\tLEAD  :directories\tLEAD  :users\tLEAD   names; LEAD stands before them
//   :commands                                        programs
//   :nospace                                         the word goes on behind a value
#pragma once

#include "base/buf.h"
#include "cli/command.h"

struct complete {
    struct cli *cli;
    const struct command *command; // NULL: the verb is what is asked for
    const char *word;              // as far as it was typed
    size_t lead;                   // bytes of it that are no part of the value
    struct buf out;
};

// words: behind "pawl", the last one may be unfinished or empty. Writes to cli's standard
// output. Never starts an engine, says nothing of failures.
void complete_words(struct cli *cli, const char *const *words, size_t count);

// Adds a value, when the word begins like it. What would drive a terminal, or be taken
// for something else, is left out.
void complete_add(struct complete *complete, const char *value, const char *about);
// The n-th argument that was given before the word, or NULL.
const char *complete_argument(const struct complete *complete, size_t n);

// ---- complete_live.c: what is asked for now; no answer in a moment is none
void complete_jobs(struct complete *complete);
void complete_answers(struct complete *complete);
void complete_hosts(struct complete *complete, bool groups);
void complete_schedules(struct complete *complete);
void complete_workflows(struct complete *complete);
void complete_params(struct complete *complete);
