// SPDX-License-Identifier: MIT
// How: the script, every module it may require and the prelude under it are rows of
// the scripts table, keyed by content hash, and the STARTED event holds the hashes.
// Editing a file changes nothing that runs, nor does a newer Pawl whose prelude is
// another one: the job goes on with the texts it was started with.
#include <errno.h>

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

static struct content_hash pin(struct engine *engine, struct slice text)
{
    struct content_hash hash = content_hash_of(text);
    struct buf have;

    buf_init(&have, 0);
    if (scripts_get(engine->store, &hash, &have, NULL) < 0)
        scripts_put(turn_batch(engine), &hash, text);
    buf_release(&have);
    return hash;
}

static struct slice hash_slice(const struct content_hash *hash)
{
    return slice_of(hash->bytes, sizeof(hash->bytes));
}

// Looked up once in an engine's life: every job has it.
static void pin_prelude(struct engine *engine, struct event_started *started)
{
    if (!engine->prelude_pinned)
        pin(engine, engine->prelude);
    engine->prelude_pinned = true;
    started->prelude_hash = hash_slice(&engine->prelude_hash);
}

int texts_pin(struct engine *engine, const struct texts *texts, struct event_started *started,
              struct buf *hashes, struct err *err)
{
    struct content_hash hash;
    msgpack_object map;
    size_t at = 0;
    int rc = 0;

    buf_clear(hashes);
    hash = pin(engine, texts->script);
    buf_add_slice(hashes, hash_slice(&hash)); // in front, where the event finds it
    if (texts->modules.len) {
        rc = value_parse(&engine->doc, texts->modules, &at, &map, err);
        value_put_map(hashes, rc == 0 ? value_count(&map) : 0);
    }
    for (size_t i = 0; rc == 0 && texts->modules.len && i < value_count(&map); i++) {
        hash = pin(engine, value_bytes(&map.via.map.ptr[i].val));
        value_put_bytes(hashes, value_bytes(&map.via.map.ptr[i].key));
        value_put_bytes(hashes, hash_slice(&hash));
    }
    if (rc < 0 || buf_failed(hashes))
        return rc < 0 ? rc : err_set(err, -ENOMEM, "no memory for the modules of a job");
    started->script_hash = slice_of(hashes->ptr, sizeof(hash.bytes));
    started->modules = slice_of(hashes->ptr + sizeof(hash.bytes),
                                hashes->len - sizeof(hash.bytes));
    pin_prelude(engine, started);
    return 0;
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
