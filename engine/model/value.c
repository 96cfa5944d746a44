// SPDX-License-Identifier: MIT
// How: thin words over msgpack-c. Writing goes through its packer into a buf,
// whose failure is sticky. Reading uses its one-shot parser with a memory zone
// that the doc keeps and clears, so that small values cost no allocation.
#include "model/value.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

static int into_buf(void *data, const char *bytes, size_t len)
{
    struct buf *buf = data;

    buf_add(buf, bytes, len);
    return buf_failed(buf);
}

static msgpack_packer packer(struct buf *buf)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, buf, into_buf);
    return pk;
}

void value_put_nil(struct buf *buf)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_nil(&pk);
}

void value_put_bool(struct buf *buf, bool v)
{
    msgpack_packer pk = packer(buf);
    if (v)
        msgpack_pack_true(&pk);
    else
        msgpack_pack_false(&pk);
}

void value_put_int(struct buf *buf, int64_t v)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_int64(&pk, v);
}

void value_put_uint(struct buf *buf, uint64_t v)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_uint64(&pk, v);
}

void value_put_real(struct buf *buf, double v)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_double(&pk, isnan(v) ? (double)NAN : v);
}

void value_put_bytes(struct buf *buf, struct slice v)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_str(&pk, v.len);
    msgpack_pack_str_body(&pk, v.ptr, v.len);
}

void value_put_str(struct buf *buf, const char *v)
{
    if (v)
        value_put_bytes(buf, slice_str(v));
    else
        value_put_nil(buf);
}

void value_put_array(struct buf *buf, size_t n)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_array(&pk, n);
}

void value_put_map(struct buf *buf, size_t n)
{
    msgpack_packer pk = packer(buf);
    msgpack_pack_map(&pk, n);
}

void value_put(struct buf *buf, const msgpack_object *v)
{
    msgpack_packer pk = packer(buf);

    if (v)
        msgpack_pack_object(&pk, *v);
    else
        msgpack_pack_nil(&pk);
}

void value_put_uuid(struct buf *buf, struct uuid id)
{
    value_put_bytes(buf, slice_of(id.bytes, sizeof(id.bytes)));
}

void value_doc_init(struct value_doc *doc) { doc->ready = false; }

void value_doc_release(struct value_doc *doc)
{
    if (doc->ready)
        msgpack_zone_destroy(&doc->zone);
    doc->ready = false;
}

static int doc_ready(struct value_doc *doc, struct err *err)
{
    if (doc->ready)
        msgpack_zone_clear(&doc->zone);
    else if (!msgpack_zone_init(&doc->zone, 2048))
        return err_set(err, -ENOMEM, "no memory to read a value");
    doc->ready = true;
    return 0;
}

// How one item begins: bytes of its head behind the tag, of its body, and how many
// items follow as its children. 0xc1 is the one tag that is never used.
static bool item_at(const uint8_t *p, size_t left, uint64_t *bytes, uint64_t *children)
{
    // By tag 0xc4 .. 0xdf: width of the length, and what it counts (x: tag-sized body).
    static const uint8_t width[28] = { 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4 };
    static const uint8_t fixed[28] = { 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8, 1, 2,
                                       4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0 };
    uint8_t tag = p[0];
    uint64_t n = 0;

    *bytes = 1;
    *children = 0;
    if (tag < 0x80 || tag >= 0xe0 || (tag >= 0xc0 && tag <= 0xc3)) // numbers, nil, booleans
        return tag != 0xc1;
    if (tag < 0xa0) {
        *children = tag < 0x90 ? 2u * (tag & 15u) : tag & 15u;
        return true;
    }
    if (tag < 0xc0) {
        *bytes += tag & 31u;
        return true;
    }
    tag = (uint8_t)(tag - 0xc4);
    if (left < 1u + width[tag])
        return false;
    for (size_t i = 0; i < width[tag]; i++)
        n = n << 8 | p[1 + i];
    *bytes += width[tag] + fixed[tag];
    if (tag >= 24) // array 16, array 32, map 16, map 32
        *children = tag >= 26 ? 2 * n : n;
    else
        *bytes += n;
    return true;
}

// msgpack-c allocates by the lengths it reads before it has seen the elements: a
// few damaged bytes would ask for terabytes. Every child takes a byte at least.
static bool lengths_are_sound(struct slice bytes)
{
    uint64_t items = 1, size, children;
    size_t left = bytes.len;
    const uint8_t *p = bytes.ptr;

    for (; items; items += children - 1) {
        if (left == 0 || !item_at(p, left, &size, &children) || size > left ||
            children > left - size)
            return false;
        p += size;
        left -= (size_t)size;
    }
    return true;
}

int value_parse(struct value_doc *doc, struct slice bytes, size_t *at, msgpack_object *ret,
                struct err *err)
{
    msgpack_unpack_return rc;

    if (*at >= bytes.len)
        return err_set(err, ERR_CORRUPT, "a value ends before it begins");
    if (!lengths_are_sound(slice_of(bytes.ptr + *at, bytes.len - *at)))
        return err_set(err, ERR_CORRUPT, "bytes at offset %zu of %zu are no whole value", *at,
                       bytes.len);
    if (doc_ready(doc, err) < 0)
        return -ENOMEM;
    rc = msgpack_unpack((const char *)bytes.ptr, bytes.len, at, &doc->zone, ret);
    if (rc == MSGPACK_UNPACK_SUCCESS || rc == MSGPACK_UNPACK_EXTRA_BYTES)
        return 0;
    return err_set(err, ERR_CORRUPT, "bytes at offset %zu of %zu are no value", *at, bytes.len);
}

static bool is_text(const value *v) { return v->type == MSGPACK_OBJECT_STR; }

const value *value_get(const value *v, const char *key)
{
    if (!v || v->type != MSGPACK_OBJECT_MAP)
        return NULL;
    for (uint32_t i = 0; i < v->via.map.size; i++) {
        const msgpack_object_kv *kv = &v->via.map.ptr[i];
        if (is_text(&kv->key) && slice_is(value_bytes(&kv->key), key))
            return &kv->val;
    }
    return NULL;
}

const value *value_at(const value *v, size_t i)
{
    if (!v || v->type != MSGPACK_OBJECT_ARRAY || i >= v->via.array.size)
        return NULL;
    return &v->via.array.ptr[i];
}

size_t value_count(const value *v)
{
    if (v && v->type == MSGPACK_OBJECT_ARRAY)
        return v->via.array.size;
    return v && v->type == MSGPACK_OBJECT_MAP ? v->via.map.size : 0;
}

int64_t value_int(const value *v, int64_t fallback)
{
    if (v && v->type == MSGPACK_OBJECT_POSITIVE_INTEGER && v->via.u64 <= INT64_MAX)
        return (int64_t)v->via.u64;
    return v && v->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ? v->via.i64 : fallback;
}

uint64_t value_uint(const value *v, uint64_t fallback)
{
    return v && v->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? v->via.u64 : fallback;
}

double value_real(const value *v, double fallback)
{
    if (v && (v->type == MSGPACK_OBJECT_FLOAT64 || v->type == MSGPACK_OBJECT_FLOAT32))
        return v->via.f64;
    if (v && v->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        return (double)v->via.u64;
    return v && v->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ? (double)v->via.i64 : fallback;
}

bool value_bool(const value *v, bool fallback)
{
    return v && v->type == MSGPACK_OBJECT_BOOLEAN ? v->via.boolean : fallback;
}

struct slice value_bytes(const value *v)
{
    if (!v || !is_text(v))
        return (struct slice){ 0 };
    return slice_of(v->via.str.ptr, v->via.str.size);
}

struct uuid value_uuid(const value *v)
{
    struct slice bytes = value_bytes(v);
    struct uuid id = { 0 };

    if (bytes.len == sizeof(id.bytes))
        memcpy(id.bytes, bytes.ptr, sizeof(id.bytes));
    return id;
}

bool value_is_nil(const value *v) { return !v || v->type == MSGPACK_OBJECT_NIL; }
