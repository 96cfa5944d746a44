// SPDX-License-Identifier: MIT
// How: every job that is not removed needs its texts, and its head names them. Counted in
// memory, a text is stored with the first job that needs it and deleted with the last one,
// in the batch of its tombstone. The count is that of the open batch: a job that begins in the
// batch in which the text is deleted stores it again, behind that.
//
// A head that an older Pawl wrote, or a damaged one, does not tell: as long as one is there,
// nothing is deleted, and the first start without one sweeps what was left.
#include <errno.h>
#include <stdlib.h>

#include "core/state.h"

struct text_ref {
    struct content_hash hash;
    uint64_t jobs;
    struct text_ref *same; // the next whose first eight bytes are the same
};

static uint64_t key_of(const struct content_hash *hash) { return read_u64be(hash->bytes); }

static struct text_ref *ref_of(const struct engine *engine, const struct content_hash *hash)
{
    struct text_ref *ref = map_get(&engine->texts.by_hash, key_of(hash));

    while (ref && memcmp(ref->hash.bytes, hash->bytes, sizeof(hash->bytes)) != 0)
        ref = ref->same;
    return ref;
}

static struct text_ref *ref_new(struct engine *engine, const struct content_hash *hash)
{
    struct text_ref *ref = calloc(1, sizeof(*ref));

    if (!ref)
        return NULL;
    ref->hash = *hash;
    ref->same = map_get(&engine->texts.by_hash, key_of(hash));
    if (map_put(&engine->texts.by_hash, key_of(hash), ref) == 0)
        return ref;
    free(ref);
    return NULL;
}

static bool hash_of(struct slice bytes, struct content_hash *ret)
{
    if (bytes.len == sizeof(ret->bytes))
        memcpy(ret->bytes, bytes.ptr, sizeof(ret->bytes));
    return bytes.len == sizeof(ret->bytes);
}

int text_refs_take(struct engine *engine, struct slice bytes)
{
    struct content_hash hash;
    struct text_ref *ref;

    if (!hash_of(bytes, &hash))
        return 0;
    ref = ref_of(engine, &hash);
    if (!ref)
        ref = ref_new(engine, &hash);
    return ref ? ref->jobs++ == 0 : -ENOMEM;
}

static void ref_free(struct engine *engine, struct text_ref *ref)
{
    struct text_ref *first = map_take(&engine->texts.by_hash, key_of(&ref->hash));
    struct text_ref **at = &first;

    while (*at != ref)
        at = &(*at)->same;
    *at = ref->same;
    if (first) // there was room for it a moment ago
        map_put(&engine->texts.by_hash, key_of(&ref->hash), first);
    free(ref);
}

void text_refs_drop(struct engine *engine, struct slice bytes)
{
    struct content_hash hash;
    struct text_ref *ref = hash_of(bytes, &hash) ? ref_of(engine, &hash) : NULL;

    if (!ref || --ref->jobs > 0)
        return;
    ref_free(engine, ref);
    if (!engine->texts.unknown)
        scripts_del(turn_batch(engine), &hash);
}

static struct slice nth_text(const struct job_head *head, size_t i)
{
    struct content_hash hash;

    if (i == 0)
        return head->script_hash;
    return slice_of(head->texts.ptr + (i - 1) * sizeof(hash.bytes), sizeof(hash.bytes));
}

static size_t text_count(const struct job_head *head)
{
    return 1 + head->texts.len / sizeof(struct content_hash);
}

int text_refs_take_head(struct engine *engine, const struct job_head *head)
{
    int rc = 0;

    if (!head->counted)
        engine->texts.unknown = true;
    for (size_t i = 0; rc >= 0 && i < text_count(head); i++)
        rc = text_refs_take(engine, nth_text(head, i));
    return rc < 0 ? rc : 0;
}

void text_refs_drop_head(struct engine *engine, const struct job_head *head)
{
    for (size_t i = 0; i < text_count(head); i++)
        text_refs_drop(engine, nth_text(head, i));
}

static int sweep_text(void *arg, const struct content_hash *hash)
{
    struct engine *engine = arg;

    if (!ref_of(engine, hash))
        scripts_del(turn_batch(engine), hash);
    return turn_is_full(engine); // the rest is for the next start
}

int text_refs_sweep(struct engine *engine, struct err *err)
{
    return engine->texts.unknown ? 0 : scripts_scan(engine->store, sweep_text, engine, err);
}

void text_refs_release(struct engine *engine)
{
    struct text_ref *ref, *same;
    size_t at = 0;

    while ((ref = map_next(&engine->texts.by_hash, &at)))
        for (; ref; ref = same) {
            same = ref->same;
            free(ref);
        }
    map_release(&engine->texts.by_hash);
}
