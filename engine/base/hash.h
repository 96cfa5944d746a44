// SPDX-License-Identifier: MIT
// The digests Pawl uses. Content hash: BLAKE2b-256 (libsodium), names
// script texts. Fingerprint: SipHash-2-4 (libsodium), 64 bits, compares what a
// step asked on replay, and digests what must not be stored. Checksum: CRC-32
// (libdeflate, the polynomial of ISO 3309), guards every stored record.
#pragma once

#include "base/slice.h"

struct content_hash {
    uint8_t bytes[32];
};

struct hash_key {
    uint8_t bytes[16];
};

enum { CONTENT_HASH_TEXT = 65 }; // hex with NUL

struct content_hash content_hash_of(struct slice bytes);
const char *content_hash_format(const struct content_hash *hash, char text[CONTENT_HASH_TEXT]);
// FNV-1a, 64 bits: the key of a name in a struct map. Names that others choose may
// collide; who looks one up compares the name.
uint64_t name_hash(struct slice name);
uint64_t fingerprint_of(struct slice bytes, const struct hash_key *key);
uint32_t checksum_of(struct slice bytes);
// Goes on from an earlier checksum: checksum of the two runs joined.
uint32_t checksum_add(uint32_t sum, struct slice bytes);
