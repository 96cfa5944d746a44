// SPDX-License-Identifier: MIT
// Which jobs a list is about: the query of GET /v1/jobs, parsed once, asked for
// every job. Texts are borrowed from the request.
#pragma once

#include "control/exchange.h"

enum { FILTER_META_MAX = 16, FILTER_IDS_MAX = 4096 };

struct filter {
    uint64_t *ids;        // owned; ascending; none: all jobs
    size_t id_count, id_cap;
    const char *name;     // glob, or NULL
    const char *command;  // the same, for the Command column
    const char *schedule; // the same, of the one that started it
    int glob_flags;       // of fnmatch: how these three are compared
    unsigned states;      // bit per enum job_state; 0: all
    unsigned child_states; // the same, for children; not 0 implies children
    unsigned types;       // bit per enum job_type; 0: all
    struct slice meta[FILTER_META_MAX]; // "key=value"
    size_t meta_count;
    int has_more;         // 1, 0, or -1: both
    bool children;        // child rows behind their parent's
    unsigned fields;      // bit per enum job_field: the keys of a row
    int64_t newest;       // at most so many, those that ended last; -1: all
    int64_t before_unix_ms, after_unix_ms; // of the end; -1: any
};

int filter_init(struct filter *filter, const struct exchange *x, struct err *err);
void filter_release(struct filter *filter);
bool filter_takes(const struct filter *filter, const struct job_view *view);
bool filter_takes_child(const struct filter *filter, const struct child_head *child);
// Appends an id text to a growing array of ids; the shape of a query_fn's work.
int ids_add(uint64_t **ids, size_t *count, size_t *cap, struct slice text, struct err *err);
// RFC 3339 in UTC ("2026-01-31T12:00:00Z", with or without a fraction), or
// milliseconds since 1970. -EINVAL.
int time_parse(struct slice text, int64_t *ret_unix_ms);
