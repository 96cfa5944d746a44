// SPDX-License-Identifier: MIT
// How: the tree is taken in the order of its paths, since what is called off is woken in
// that order, and a replay must wake it in the same one. A strand in flight or on a fork
// only has it noted; it is told when what it waits for is over.
#include "model/strand_cancel.h"

#include <assert.h>
#include <stdlib.h>

// Did `each` make it for that host?
static bool is_made_for(const struct strand *strand, struct slice host)
{
    return host.len > 0 && slice_equal(strand->host, host);
}

bool strand_is_for(const struct strand *strand, struct slice host)
{
    while (strand && !is_made_for(strand, host))
        strand = strand->parent;
    return strand != NULL;
}

bool strands_are_for(const struct strands *strands, struct slice host,
                     const struct strand *except)
{
    const struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&strands->by_path, &at)))
        if (strand != except && is_made_for(strand, host))
            return true;
    return false;
}

bool strands_use(const struct strands *strands, struct slice host)
{
    const struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&strands->by_path, &at)))
        if (strand->wait == STRAND_WAITS_STEP && strand->step.effect.kind == EFFECT_COMMAND &&
            slice_equal(strand->step.effect.host, host) && !strand_is_for(strand, host))
            return true;
    return false;
}

static void call_off(struct strands *strands, struct strand *strand, bool cut)
{
    strand->cut |= cut;
    if (strand->wait == STRAND_READY) {
        // What it waited for is over, but it has not run: it learns of the cancel instead,
        // except before its start, when the script has no place yet to raise at.
        if (strand->wake == WAKE_START)
            strand->cancel = true;
        else
            strand->wake = strand_cancel_kind(strand);
    } else if (strand->wait == STRAND_WAITS_FORK || strand_in_flight(strand) ||
               strand->step.state == STEP_PROBED) {
        strand->cancel = true;
        if (strand->wait == STRAND_WAITS_FORK)
            strand->fork_count = strand->fork_begun;
    } else {
        strand_wake_cancelled(strands, strand);
    }
}

static int by_path_order(const void *a, const void *b)
{
    const struct strand *x = *(struct strand *const *)a, *y = *(struct strand *const *)b;
    const char *p = x->path, *q = y->path;

    // Component by component, as numbers: "1.2" before "1.10".
    for (;;) {
        char *pe, *qe;
        unsigned long m = strtoul(p, &pe, 10), n = strtoul(q, &qe, 10);
        if (m != n)
            return m < n ? -1 : 1;
        if (!*pe || !*qe)
            return (*pe != 0) - (*qe != 0);
        p = pe + 1;
        q = qe + 1;
    }
}

// All strands in path order, or those for a host, of which the map knows nothing: a
// replay must treat them in the same one. The caller frees.
static struct strand **in_path_order(const struct strands *strands, struct slice host,
                                     size_t *count)
{
    struct strand **all = calloc(strands->count ? strands->count : 1, sizeof(struct strand *));
    struct strand *strand;
    size_t at = 0;

    assert(all); // a few bytes per strand; a job of ours without them cannot go on
    *count = 0;
    while ((strand = map_next(&strands->by_path, &at)))
        if (!host.len || strand_is_for(strand, host))
            all[(*count)++] = strand;
    qsort(all, *count, sizeof(struct strand *), by_path_order);
    return all;
}

struct strand *strand_cleanup(struct strand *strand)
{
    struct strand *top = NULL;

    for (; strand; strand = strand->parent)
        if (strand->scope != SCOPE_BODY)
            top = strand;
    return top;
}

bool strand_is_cleanup(const struct strand *strand)
{
    while (strand && strand->scope == SCOPE_BODY)
        strand = strand->parent;
    return strand != NULL;
}

bool strands_cancel(struct strands *strands, struct slice host, uint64_t event_no)
{
    size_t n;
    struct strand **all = in_path_order(strands, host, &n);
    bool cleaning = false;

    for (size_t i = 0; i < n; i++) {
        struct strand *cleanup = strand_cleanup(all[i]);
        if (cleanup && host.len && !strand_is_for(cleanup, host))
            continue; // it is the cleanup of somebody above
        if (!cleanup) {
            call_off(strands, all[i], false);
        } else if (!cleanup->cleanup_no) {
            cleanup->cleanup_no = event_no;
            cleaning = true;
        }
    }
    free(all);
    return cleaning;
}

void strands_drop(struct strands *strands, struct slice host)
{
    size_t n;
    struct strand **all = in_path_order(strands, host, &n);

    for (size_t i = 0; i < n; i++) {
        if (all[i]->cut)
            continue;
        all[i]->dropped = true;
        call_off(strands, all[i], true);
    }
    free(all);
}

bool strands_rebound(struct strands *strands, uint64_t event_no)
{
    struct strand *strand;
    size_t at = 0;
    bool any = false;

    while ((strand = map_next(&strands->by_path, &at))) {
        if (strand->cleanup_no) {
            strand->cleanup_no = event_no;
            any = true;
        }
    }
    return any;
}

bool strands_clean_since(const struct strands *strands, uint64_t since_no)
{
    const struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&strands->by_path, &at)))
        if (strand->cleanup_no == since_no && !strand->cut)
            return true;
    return false;
}

bool strands_cut(struct strands *strands, uint64_t since_no)
{
    size_t n;
    struct strand **all = in_path_order(strands, (struct slice){ 0 }, &n);
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        struct strand *cleanup = strand_cleanup(all[i]);
        if (cleanup && cleanup->cleanup_no == since_no && !all[i]->cut) {
            call_off(strands, all[i], true);
            any = true;
        }
    }
    free(all);
    return any;
}
