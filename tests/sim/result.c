// SPDX-License-Identifier: MIT
// What came out of a job, as text that two runs can be compared by.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "inside.h"

struct lines {
    char *items[4096];
    size_t count;
};

static void add_line(struct lines *lines, const char *text)
{
    if (lines->count < 4096)
        lines->items[lines->count++] = strdup(text);
}

static int add_record(void *arg, const struct record *record, bool gap)
{
    char line[512];

    snprintf(line, sizeof(line), "%.*s %s %s%.*s", SLICE_ARG(record->step),
             stream_name(record->stream), gap ? "GAP " : "",
             record->is_value ? 0 : (int)record->data.len, (const char *)record->data.ptr);
    add_line(arg, line);
    return 0;
}

static int add_head(void *arg, const struct job_view *view)
{
    char line[512];

    snprintf(line, sizeof(line), "= %s %.*s", job_state_name(view->head->state),
             SLICE_ARG(view->head->reason));
    add_line(arg, line);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *sim_result(struct sim *sim, uint64_t job)
{
    struct port port = engine_port(sim->engine);
    struct lines *lines = calloc(1, sizeof(*lines));
    struct buf text;

    assert(lines);
    port.ops->job(port.core, job, add_head, lines, NULL);
    port.ops->records(port.core, job, 1, add_record, lines, NULL);
    qsort(lines->items, lines->count, sizeof(lines->items[0]), by_text);
    buf_init(&text, 0);
    for (size_t i = 0; i < lines->count; i++) {
        buf_addf(&text, "%s\n", lines->items[i]);
        free(lines->items[i]);
    }
    free(lines);
    buf_add_byte(&text, 0);
    return (char *)text.ptr;
}
