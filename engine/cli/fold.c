// SPDX-License-Identifier: MIT
// How: a part for each child, by its id. At the end each part gets a key, the digest of
// all that must be equal; sorting by key makes runs, the groups, and these are sorted by
// size.
#include "cli/fold.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "cli/call.h"
#include "cli/fold_show.h"
#include "cli/outputs.h"

struct part {
    uint64_t child;
    char *host;                     // "" for the job's own
    struct output outputs[TARGETS];
    bool open[TARGETS];             // a line was begun and not ended
    const struct member *member;    // NULL: nothing is known of it
    struct content_hash key;
};

struct fold {
    struct outputs outputs;
    struct map by_child;
    struct part **parts;
    size_t count, cap;
    struct part *own;               // the job's: no host's, and in no group
    uint64_t first_seq;             // of the records; 0: none came
};

static int no_memory(struct err *err) { return err_set(err, -ENOMEM, "out of memory"); }

int fold_new(struct fold **ret, struct err *err)
{
    struct fold *fold = calloc(1, sizeof(*fold));

    if (!fold)
        return no_memory(err);
    outputs_init(&fold->outputs);
    map_init(&fold->by_child);
    *ret = fold;
    return 0;
}

static void part_free(struct part *part)
{
    if (!part)
        return;
    for (int target = 0; target < TARGETS; target++)
        output_release(&part->outputs[target]);
    free(part->host);
    free(part);
}

void fold_free(struct fold *fold)
{
    if (!fold)
        return;
    for (size_t i = 0; i < fold->count; i++)
        part_free(fold->parts[i]);
    part_free(fold->own);
    free(fold->parts);
    map_release(&fold->by_child);
    outputs_release(&fold->outputs);
    free(fold);
}

// ---- gathering
static struct part *part_new(uint64_t child, const char *host)
{
    struct part *part = calloc(1, sizeof(*part));

    if (!part)
        return NULL;
    part->child = child;
    part->host = strdup(host);
    for (int target = 0; target < TARGETS; target++)
        output_init(&part->outputs[target]);
    if (part->host)
        return part;
    part_free(part);
    return NULL;
}

static int part_put(struct fold *fold, struct part *part)
{
    struct part **parts = array_room(fold->parts, fold->count, &fold->cap, sizeof(struct part *));

    if (!parts)
        return -ENOMEM;
    fold->parts = parts;
    if (map_put(&fold->by_child, part->child, part) < 0)
        return -ENOMEM;
    parts[fold->count++] = part;
    return 0;
}

// The part of a child, or of the job, new when it is. NULL: no memory.
static struct part *part_get(struct fold *fold, uint64_t child, const char *host)
{
    struct part *part = *host ? map_get(&fold->by_child, child) : fold->own;

    if (part)
        return part;
    part = part_new(child, host);
    if (!*host) {
        fold->own = part;
    } else if (part && part_put(fold, part) < 0) {
        part_free(part);
        return NULL;
    }
    return part;
}

// The text of a record as people read it, behind what the part has already.
static void text_make(const json_t *record, bool *open, struct buf *out)
{
    struct slice label = slice_str(record_label((enum record_stream)record_stream_of(record)));
    struct buf bytes;

    buf_init(&bytes, 0);
    if (record_is_value(record) && *open) {
        buf_add_byte(out, '\n');
        *open = false;
    }
    record_bytes(record, &bytes);
    lines_add(out, open, label, buf_slice(&bytes));
    if (buf_failed(&bytes))
        out->failed = -ENOMEM;
    buf_release(&bytes);
}

static int part_add(struct fold *fold, struct part *part, enum target target,
                    const json_t *record, struct err *err)
{
    struct buf text;
    int rc;

    buf_init(&text, 0);
    text_make(record, &part->open[target], &text);
    rc = buf_failed(&text) ? no_memory(err)
                           : output_add(&fold->outputs, &part->outputs[target],
                                        buf_slice(&text), err);
    buf_release(&text);
    return rc;
}

// Why its host failed: no step wrote it, and the head of its group says it.
static bool is_reason(const json_t *record)
{
    return json_is_string(json_object_get(record, "host")) &&
           json_is_null(json_object_get(record, "step")) &&
           strcmp(row_text(record, "stream"), "error") == 0;
}

int fold_record(struct fold *fold, struct printer *printer, const json_t *record,
                struct err *err)
{
    int target = printer_target(printer, record);
    struct part *part;

    if (!fold->first_seq)
        fold->first_seq = (uint64_t)row_int(record, "seq");
    if (target < 0 || is_reason(record))
        return 0;
    if (row_true(record, "gap")) {
        printer_record(printer, record);
        return 0;
    }
    part = part_get(fold, (uint64_t)row_int(record, "job"), row_text(record, "host"));
    return part ? part_add(fold, part, (enum target)target, record, err) : no_memory(err);
}

// ---- groups
static bool has_ended_badly(const struct member *member)
{
    return member && member->reason;
}

static int part_key(const struct fold *fold, struct part *part, struct err *err)
{
    struct content_hash digest;
    struct buf text;
    int rc = 0;

    buf_init(&text, 0);
    for (int target = 0; target < TARGETS && rc == 0; target++) {
        rc = output_digest(&fold->outputs, &part->outputs[target], &digest, err);
        buf_add(&text, &digest, sizeof(digest));
    }
    if (has_ended_badly(part->member)) {
        buf_add_byte(&text, (uint8_t)part->member->place);
        buf_add_str(&text, part->member->reason);
    }
    if (rc == 0 && buf_failed(&text))
        rc = no_memory(err);
    if (rc == 0)
        part->key = content_hash_of(buf_slice(&text));
    buf_release(&text);
    return rc;
}

// By key; in a group by child, which is the order of the hosts.
static int part_compare(const void *a, const void *b)
{
    const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;
    int rc = memcmp(&x->key, &y->key, sizeof(x->key));

    return rc ? rc : (x->child > y->child) - (x->child < y->child);
}

struct group {
    struct part **parts;
    size_t count;
};

static int group_compare(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    uint64_t p = x->parts[0]->child, q = y->parts[0]->child;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (p > q) - (p < q);
}

// Runs of one key in sorted parts. groups has room.
static size_t groups_find(struct part **parts, size_t count, struct group *groups)
{
    size_t n = 0;

    assert(groups);
    for (size_t i = 0; i < count; i++) {
        struct group *last = n ? &groups[n - 1] : NULL;
        if (last && memcmp(&last->parts[0]->key, &parts[i]->key, sizeof(parts[i]->key)) == 0)
            last->count++;
        else
            groups[n++] = (struct group){ parts + i, 1 };
    }
    qsort(groups, n, sizeof(*groups), group_compare);
    return n;
}

// ---- showing
static struct fold_shown shown_make(const struct fold *fold, const struct group *group,
                                    uint64_t job, const char **names)
{
    const struct part *first = group->parts[0];

    for (size_t i = 0; i < group->count; i++)
        names[i] = group->parts[i]->host;
    return (struct fold_shown){
        .job = job, .names = names, .count = group->count, .outputs = &fold->outputs,
        .output = { &first->outputs[TO_OUT], &first->outputs[TO_ERR] },
        .member = has_ended_badly(first->member) ? first->member : NULL,
    };
}

static int groups_show(const struct fold *fold, struct printer *printer, uint64_t job,
                       const struct group *groups, size_t count, const char **names,
                       struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++) {
        struct fold_shown shown = shown_make(fold, &groups[i], job, names);
        rc = printer->json ? fold_show_json(&shown, err) : fold_show(&shown, printer, err);
    }
    return rc;
}

static int own_show(const struct fold *fold, struct printer *printer, enum target target,
                    struct err *err)
{
    if (!fold->own || printer->json)
        return 0;
    return fold_show_text(&fold->outputs, &fold->own->outputs[target], printer, target, err);
}

static int own_show_json(const struct fold *fold, uint64_t job, struct err *err)
{
    struct fold_shown shown = { .job = job, .outputs = &fold->outputs };

    if (!fold->own)
        return 0;
    shown.output[TO_OUT] = &fold->own->outputs[TO_OUT];
    shown.output[TO_ERR] = &fold->own->outputs[TO_ERR];
    return fold_show_json(&shown, err);
}

static int silent_add(struct fold *fold, struct crew *crew)
{
    struct member *const *members = crew_members(crew);

    for (size_t i = 0; i < crew->count; i++)
        if (!part_get(fold, members[i]->id, members[i]->host))
            return -ENOMEM;
    return 0;
}

static int parts_sort(struct fold *fold, const struct crew *crew, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < fold->count && rc == 0; i++) {
        fold->parts[i]->member = crew_find(crew, fold->parts[i]->child);
        rc = part_key(fold, fold->parts[i], err);
    }
    if (rc == 0 && fold->count)
        qsort(fold->parts, fold->count, sizeof(struct part *), part_compare);
    return rc;
}

static int parts_show(const struct fold *fold, struct printer *printer, uint64_t job,
                      struct err *err)
{
    size_t room = fold->count ? fold->count : 1;
    struct group *groups = calloc(room, sizeof(*groups));
    const char **names = calloc(room, sizeof(*names));
    int rc = groups && names ? 0 : no_memory(err);

    if (rc == 0)
        rc = groups_show(fold, printer, job, groups,
                         groups_find(fold->parts, fold->count, groups), names, err);
    free(groups);
    free(names);
    return rc;
}

int fold_print(struct fold *fold, struct printer *printer, struct crew *crew, uint64_t job,
               bool all, struct err *err)
{
    int rc = 0;

    if ((all || fold->first_seq == 1) && silent_add(fold, crew) < 0)
        return no_memory(err);
    rc = parts_sort(fold, crew, err);
    if (rc == 0)
        rc = own_show(fold, printer, TO_OUT, err);
    if (rc == 0)
        rc = parts_show(fold, printer, job, err);
    if (rc == 0)
        rc = own_show(fold, printer, TO_ERR, err);
    if (rc == 0 && printer->json)
        rc = own_show_json(fold, job, err);
    return rc;
}
