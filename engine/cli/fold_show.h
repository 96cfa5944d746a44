// SPDX-License-Identifier: MIT
// One group of --fold as people, and as programs, read it.
#pragma once

#include "cli/crew.h"
#include "cli/outputs.h"
#include "cli/printer.h"

struct fold_shown {
    uint64_t job;
    const char *const *names;    // of its hosts, in order
    size_t count;                // 0: what the job itself wrote
    const struct outputs *outputs;
    const struct output *output[TARGETS];
    const struct member *member; // one of them, when they ended badly; else NULL
};

// "web[01-03,07] (4):" and its output on standard output; what else there is, with the
// hosts in front again, on standard error.
int fold_show(const struct fold_shown *shown, struct printer *printer, struct err *err);
// An object on a line. One group's output is in memory.
int fold_show_json(const struct fold_shown *shown, struct err *err);
// An output alone, its last line ended.
int fold_show_text(const struct outputs *outputs, const struct output *output,
                   struct printer *printer, enum target target, struct err *err);
