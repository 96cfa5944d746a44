// SPDX-License-Identifier: MIT
// Every key in the store, and every value that is not an encoding of the model,
// byte by byte. One ordered map holds all tables: a key begins with the tag of
// its table, then come big-endian integers, so that the order of memcmp is the
// order of the numbers. This file is the on-disk format: a change that an older
// Pawl would misread raises STORE_FORMAT (tables.h).
//
//   key            bytes                                    value
//   meta           01                                       see below
//   clock          02                                       see below
//   retention      03                                       see below
//   head           10 | u64 job                             head_encode
//   parent         11 | u64 job or child                    u64 id of the job
//   uuid           12 | 16 uuid of a job or child           u64 its id
//   active         13 | u64 job                             (empty)
//   journal        20 | u64 job | u64 first event           event_encode, event_encode ...
//   log            24 | u64 turn                            entries, see below
//   record         21 | u64 job | u64 seq                   record_encode
//   mark           22 | u64 job | u64 source (0: all)       u64 seq
//   tail           23 | u64 job | u64 intent                u64 out bytes | u64 err bytes | u64 first seq
//   timer          30 | i64 due_ms | u64 job | u64 event    (empty)
//   script         40 | 32 content hash                     the text
//   request        41 | 16 uuid of the request              the answer
//   request age    42 | i64 at_wall_ms | 16 uuid            (empty)
//   order          50 | 16 host digest | u64 order          see below
//   schedule       60 | 16 uuid of the schedule             schedule_encode
//   schedule job   61 | 16 uuid of the schedule             what its jobs are made of, see below
//
//   i64            stored with its sign bit turned over: negative numbers first
//   host digest    the first 16 bytes of the BLAKE2b-256 of the host's name, which
//                  has no bound; the name itself is in the value, and compared
//
//   log entry      u64 job | u64 first event | u32 events | u32 length | event_encode ...
//   meta value     u32 format | 16 store | u64 epoch | 16 incarnation | u64 next id | u16 ... of the
//                  incarnations before it, newest first (64 at most; absent in older stores)
//   clock value    16 boot id | i64 boottime_ms | i64 wall_ms | i64 timeline_ms (plain)
//   retention value i64 age_ms | i64 count | i64 bytes (plain; -1: no bound)
//   order value    u8 kind | 16 job | u64 intent | i64 grace_ms (plain) | host name
//   schedule job   array [ type, name, command, script_name, script_text, modules, params, meta, cwd,
//                  hosts, env, timeout_ms, reach_ms, auto_remove ]   (MessagePack)
//
// A tag is never used for anything else again, also after its table is gone.
// Retired tags: none yet.
//
// Every value is wrapped in a row header by the store (row.h):
//
//   offset   0        1       2 . . 5     6 . . 9     10 . .
//            u8       u8      u32be       u32be       `length` bytes
//            format   flags   length      CRC-32      the value
//
//   format 1, flags 0. The CRC-32 runs over the key, then bytes 0 to 5 of the
//   header, then the value: a row that landed under another key is damaged.
#pragma once

#include <assert.h>

#include "base/id.h"
#include "storage/bytes.h"
#include "storage/store.h"

// id, tag byte, length of its keys, name
#define KEY_TABLES(X)                        \
    X(META, 0x01, 1, "meta")                 \
    X(CLOCK, 0x02, 1, "clock")               \
    X(RETENTION, 0x03, 1, "retention")       \
    X(HEAD, 0x10, 9, "head")                 \
    X(PARENT, 0x11, 9, "parent")             \
    X(UUID, 0x12, 17, "uuid")                \
    X(ACTIVE, 0x13, 9, "active")             \
    X(JOURNAL, 0x20, 17, "journal")          \
    X(RECORD, 0x21, 17, "record")            \
    X(MARK, 0x22, 17, "mark")                \
    X(TAIL, 0x23, 17, "tail")                \
    X(LOG, 0x24, 9, "log")                   \
    X(TIMER, 0x30, 25, "timer")              \
    X(SCRIPT, 0x40, 33, "script")            \
    X(REQUEST, 0x41, 17, "request")          \
    X(REQUEST_AGE, 0x42, 25, "request age")  \
    X(ORDER, 0x50, 25, "order")              \
    X(SCHEDULE, 0x60, 17, "schedule")        \
    X(SCHEDULE_JOB, 0x61, 17, "schedule job")

enum key_tag {
#define X(id, tag, len, name) KEY_##id = tag,
    KEY_TABLES(X)
#undef X
};

enum { HOST_DIGEST_BYTES = 16 };

// A key being built. One byte more than a key may have: the place of key_after.
struct key {
    uint8_t bytes[STORE_KEY_MAX + 1];
    size_t len;
};

static inline struct slice key_slice(const struct key *key)
{
    return slice_of(key->bytes, key->len);
}

static inline struct key key_tag(enum key_tag tag)
{
    return (struct key){ .bytes = { (uint8_t)tag }, .len = 1 };
}

static inline void key_add(struct key *key, const uint8_t *bytes, size_t len)
{
    assert(len <= sizeof(key->bytes) - key->len);
    memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
}

static inline void key_add_u64(struct key *key, uint64_t v)
{
    assert(sizeof(v) <= sizeof(key->bytes) - key->len);
    write_u64be(key->bytes + key->len, v);
    key->len += sizeof(v);
}

static inline uint64_t key_sign(int64_t v) { return (uint64_t)v ^ (uint64_t)1 << 63; }
static inline int64_t key_unsign(uint64_t v) { return (int64_t)(v ^ (uint64_t)1 << 63); }

static inline struct key key_1(enum key_tag tag, uint64_t a)
{
    struct key key = key_tag(tag);

    key_add_u64(&key, a);
    return key;
}

static inline struct key key_2(enum key_tag tag, uint64_t a, uint64_t b)
{
    struct key key = key_1(tag, a);

    key_add_u64(&key, b);
    return key;
}

static inline struct key key_uuid(enum key_tag tag, struct uuid uuid)
{
    struct key key = key_tag(tag);

    key_add(&key, uuid.bytes, sizeof(uuid.bytes));
    return key;
}

// The smallest key above this one: the end of a range that includes it.
static inline struct key key_after(struct key key)
{
    key_add(&key, (const uint8_t[]){ 0 }, 1);
    return key;
}

// The end of the range of all keys that begin with this one. A tag is never 0xff,
// so there is one.
static inline struct key key_prefix_end(struct key key)
{
    while (key.bytes[key.len - 1] == 0xff)
        key.len--;
    key.bytes[key.len - 1]++;
    return key;
}

// Length of the keys of a table; 0: there is no such table.
static inline size_t key_length(uint8_t tag)
{
    switch (tag) {
#define X(id, byte, len, name) case byte: return len;
        KEY_TABLES(X)
#undef X
    default: return 0;
    }
}

// Is this a key as its table has them? Every reader of rows asks first: a damaged
// page may show keys that nobody wrote.
static inline bool key_is_sound(struct slice key)
{
    return key.len > 0 && key.len == key_length(key.ptr[0]);
}

// Number i (from 0) of a key that is sound.
static inline uint64_t key_u64(struct slice key, size_t i)
{
    assert(key.len >= 1 + 8 * (i + 1));
    return read_u64be(key.ptr + 1 + 8 * i);
}
