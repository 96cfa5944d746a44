// SPDX-License-Identifier: MIT
// How: the script, every module it may require and the prelude under it are rows of
// the scripts table, keyed by content hash, and the STARTED event holds the hashes.
// Editing a file changes nothing that runs, nor does a newer Pawl whose prelude is
// another one: the job goes on with the texts it was started with.
#include <errno.h>
#include <string.h>

#include "base/require.h"
#include "core/change.h"

void texts_init(struct texts *texts)
{
    *texts = (struct texts){ 0 };
    for (size_t i = 0; i < sizeof(texts->held) / sizeof(texts->held[0]); i++)
        buf_init(&texts->held[i], 0);
}

void texts_release(struct texts *texts)
{
    for (size_t i = 0; i < sizeof(texts->held) / sizeof(texts->held[0]); i++)
        buf_release(&texts->held[i]);
    texts_init(texts);
}

// ---- are they all there

static int module_missing(struct slice file, const struct require *require, struct err *err)
{
    char path[MODULE_NAME_MAX + 8];

    if (!require_is_name(require->name))
        return err_set(err, ERR_USAGE, "%.*s:%u: require \"%.*s\": a module's name is words of "
                       "letters, digits, _ and -, joined by dots", SLICE_ARG(file), require->line,
                       require->name.len < 60 ? (int)require->name.len : 60,
                       (const char *)require->name.ptr);
    require_path(require->name, path);
    return err_set(err, ERR_USAGE, "%.*s:%u: module '%.*s' was not sent with the script; it is "
                   "looked for in %s, beside the script", SLICE_ARG(file), require->line,
                   SLICE_ARG(require->name), path);
}

static bool has_module(const value *modules, struct slice name)
{
    for (size_t i = 0; i < value_count(modules); i++)
        if (slice_equal(value_bytes(&modules->via.map.ptr[i].key), name))
            return true;
    return false;
}

static int check_text(struct slice file, struct slice text, const value *modules, struct err *err)
{
    struct require require = { 0 };

    while (require_next(text, &require))
        if (!has_module(modules, require.name))
            return module_missing(file, &require, err);
    return 0;
}

static int check_module(const msgpack_object_kv *pair, const value *modules, struct err *err)
{
    struct require self = { .name = value_bytes(&pair->key) };
    char path[MODULE_NAME_MAX + 8];
    int rc;

    if (!require_is_name(self.name))
        return err_set(err, ERR_USAGE, "module \"%.*s\": a module's name is words of letters, "
                       "digits, _ and -, joined by dots", self.name.len < 60 ? (int)self.name.len
                       : 60, (const char *)self.name.ptr);
    require_path(self.name, path);
    rc = script_compile(slice_str(path), value_bytes(&pair->val), err);
    return rc < 0 ? rc : check_text(slice_str(path), value_bytes(&pair->val), modules, err);
}

int modules_check(struct value_doc *doc, struct slice script_name, const struct texts *texts,
                  struct err *err)
{
    msgpack_object modules = { .type = MSGPACK_OBJECT_NIL };
    size_t at = 0;
    int rc = 0;

    if (texts->modules.len)
        rc = value_parse(doc, texts->modules, &at, &modules, err);
    if (rc == 0 && texts->modules.len && modules.type != MSGPACK_OBJECT_MAP)
        rc = err_set(err, ERR_USAGE, "the modules are no map");
    if (rc == 0 && value_count(&modules) > MODULES_MAX)
        rc = err_set(err, ERR_USAGE, "%zu modules; %d are allowed", value_count(&modules),
                     MODULES_MAX);
    if (rc == 0)
        rc = check_text(script_name, texts->script, &modules, err);
    for (size_t i = 0; rc == 0 && i < value_count(&modules); i++)
        rc = check_module(&modules.via.map.ptr[i], &modules, err);
    return rc;
}

// ---- pinning

static struct slice hash_slice(const struct content_hash *hash)
{
    return slice_of(hash->bytes, sizeof(hash->bytes));
}

static int pin_hashed(struct engine *engine, const struct content_hash *hash, struct slice text)
{
    int rc = text_refs_take(engine, hash_slice(hash));

    if (rc == 1)
        scripts_put(turn_batch(engine), hash, text);
    return rc < 0 ? rc : 0;
}

static int pin(struct engine *engine, struct slice text, struct content_hash *ret)
{
    *ret = content_hash_of(text);
    return pin_hashed(engine, ret, text);
}

// Of a job that is run again it is the old one's, of others the engine's, which the
// engine keeps for the next.
static int pin_prelude(struct engine *engine, const struct texts *texts,
                       struct event_started *started)
{
    struct slice own = hash_slice(&engine->prelude_hash);
    struct slice text = texts->prelude.len ? texts->prelude : script_prelude();
    struct content_hash hash;
    int rc = 0;

    if (started->prelude_hash.len == 0)
        started->prelude_hash = own;
    if (slice_equal(started->prelude_hash, own))
        text = engine->prelude;
    if (slice_equal(started->prelude_hash, own) && !engine->prelude_pinned) {
        rc = pin_hashed(engine, &engine->prelude_hash, text);
        engine->prelude_pinned = rc == 0;
    }
    memcpy(hash.bytes, started->prelude_hash.ptr, sizeof(hash.bytes));
    return rc < 0 ? rc : pin_hashed(engine, &hash, text);
}

static int pin_modules(struct engine *engine, struct slice modules, struct buf *hashes,
                       struct err *err)
{
    struct content_hash hash;
    msgpack_object map;
    size_t at = 0;
    int rc = value_parse(&engine->doc, modules, &at, &map, err);

    value_put_map(hashes, rc == 0 ? value_count(&map) : 0);
    for (size_t i = 0; rc == 0 && i < value_count(&map); i++) {
        rc = pin(engine, value_bytes(&map.via.map.ptr[i].val), &hash);
        value_put_bytes(hashes, value_bytes(&map.via.map.ptr[i].key));
        value_put_bytes(hashes, hash_slice(&hash));
    }
    return rc;
}

int texts_pin(struct engine *engine, const struct texts *texts, struct event_started *started,
              struct buf *hashes, struct err *err)
{
    struct content_hash hash;
    int rc;

    buf_clear(hashes);
    rc = pin(engine, texts->script, &hash);
    buf_add_slice(hashes, hash_slice(&hash)); // in front, where the event finds it
    if (rc == 0 && texts->modules.len)
        rc = pin_modules(engine, texts->modules, hashes, err);
    if (rc == 0)
        rc = pin_prelude(engine, texts, started);
    if (rc == -ENOMEM || buf_failed(hashes))
        return err_set(err, -ENOMEM, "no memory for the modules of a job");
    started->script_hash = slice_of(hashes->ptr, sizeof(hash.bytes));
    started->modules = slice_of(hashes->ptr + sizeof(hash.bytes),
                                hashes->len - sizeof(hash.bytes));
    return rc;
}

void texts_list(struct engine *engine, const struct event_started *started, struct buf *ret)
{
    msgpack_object map;
    size_t at = 0;

    buf_add_slice(ret, started->prelude_hash);
    if (!started->modules.len || value_parse(&engine->doc, started->modules, &at, &map, NULL) < 0)
        return;
    for (size_t i = 0; i < value_count(&map); i++)
        buf_add_slice(ret, value_bytes(&map.via.map.ptr[i].val));
}

void texts_unpin(struct engine *engine, const struct event_started *started)
{
    struct job_head head = { .script_hash = started->script_hash };
    struct buf list;

    buf_init(&list, 0);
    texts_list(engine, started, &list);
    head.texts = buf_slice(&list);
    text_refs_drop_head(engine, &head);
    buf_release(&list);
}

// ---- loading

static int load(struct engine *engine, struct slice hash, struct slice name, struct buf *ret,
                struct err *err)
{
    struct content_hash key;
    int rc;

    if (hash.len != sizeof(key.bytes))
        return err_set(err, ERR_CORRUPT, "the journal does not say which text %.*s has",
                       SLICE_ARG(name));
    memcpy(key.bytes, hash.ptr, sizeof(key.bytes));
    rc = scripts_get(engine->store, &key, ret, err);
    return rc == -ENOENT ? err_set(err, ERR_CORRUPT, "the text of %.*s is missing from the store",
                                   SLICE_ARG(name))
                         : rc;
}

static int load_modules(struct engine *engine, struct slice hashes, struct buf *ret,
                        struct err *err)
{
    msgpack_object map;
    struct buf text;
    size_t at = 0;
    int rc;

    if (hashes.len == 0)
        return 0;
    rc = value_parse(&engine->doc, hashes, &at, &map, err);
    if (rc < 0 || map.type != MSGPACK_OBJECT_MAP)
        return rc < 0 ? rc : err_set(err, ERR_CORRUPT, "the journal's modules are no map");
    buf_init(&text, 0);
    value_put_map(ret, value_count(&map));
    for (size_t i = 0; rc == 0 && i < value_count(&map); i++) {
        struct slice name = value_bytes(&map.via.map.ptr[i].key);
        buf_clear(&text);
        rc = load(engine, value_bytes(&map.via.map.ptr[i].val), name, &text, err);
        value_put_bytes(ret, name);
        value_put_bytes(ret, buf_slice(&text));
    }
    buf_release(&text);
    return rc < 0 || !buf_failed(ret) ? rc : err_set(err, -ENOMEM, "no memory for modules");
}

int texts_load(struct engine *engine, const struct event_started *started, struct texts *ret,
               struct err *err)
{
    int rc;

    texts_init(ret);
    rc = load(engine, started->script_hash, started->script_name, &ret->held[0], err);
    if (rc == 0)
        rc = load_modules(engine, started->modules, &ret->held[1], err);
    if (rc == 0 && !slice_equal(started->prelude_hash, hash_slice(&engine->own_prelude_hash)))
        rc = load(engine, started->prelude_hash, SLICE("the prelude it was started with"),
                  &ret->held[2], err);
    ret->script = buf_slice(&ret->held[0]);
    ret->modules = buf_slice(&ret->held[1]);
    ret->prelude = buf_slice(&ret->held[2]);
    return rc;
}
