// SPDX-License-Identifier: MIT
#include "base/hash.h"

#include <libdeflate.h>
#include <sodium.h>

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(struct hash_key), "SipHash key size");

struct content_hash content_hash_of(struct slice bytes)
{
    struct content_hash hash;

    crypto_generichash(hash.bytes, sizeof(hash.bytes), bytes.ptr, bytes.len, NULL, 0);
    return hash;
}

const char *content_hash_format(const struct content_hash *hash, char text[CONTENT_HASH_TEXT])
{
    return sodium_bin2hex(text, CONTENT_HASH_TEXT, hash->bytes, sizeof(hash->bytes));
}

uint64_t fingerprint_of(struct slice bytes, const struct hash_key *key)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t v = 0;

    crypto_shorthash(out, bytes.ptr, bytes.len, key->bytes);
    for (size_t i = 0; i < sizeof(out); i++)
        v = v << 8 | out[i];
    return v;
}

uint32_t checksum_of(struct slice bytes) { return checksum_add(0, bytes); }

uint32_t checksum_add(uint32_t sum, struct slice bytes)
{
    return bytes.len ? libdeflate_crc32(sum, bytes.ptr, bytes.len) : sum;
}

uint64_t name_hash(struct slice name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ name.ptr[i]) * UINT64_C(0x100000001b3);
    return h;
}
