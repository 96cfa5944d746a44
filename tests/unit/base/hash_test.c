// SPDX-License-Identifier: MIT
// The three digests against published values: they name scripts, guard rows and
// compare steps on disk, so that another library, or another Pawl, must find the same.
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// BLAKE2b with a digest of 32 bytes (RFC 7693; these are what `b2sum -l 256` prints).
static void content_hashes_are_blake2b_256(void **state)
{
    static const struct {
        struct slice bytes;
        const char *hex;
    } known[] = {
        { { NULL, 0 }, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
        { { (const uint8_t *)"abc", 3 },
          "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" },
    };
    char text[CONTENT_HASH_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        struct content_hash hash = content_hash_of(known[i].bytes);
        assert_ptr_equal(content_hash_format(&hash, text), text);
        assert_string_equal(text, known[i].hex);
    }
}

// CRC-32/ISO-HDLC of the RevEng catalogue: the check value over "123456789".
static void checksums_are_crc_32(void **state)
{
    (void)state;
    assert_true(checksum_of(SLICE("123456789")) == 0xcbf43926);
    assert_true(checksum_of(SLICE("")) == 0);
    assert_true(checksum_of(slice_of(NULL, 0)) == 0);
}

static void a_checksum_goes_on(void **state)
{
    const struct slice all = SLICE("123456789");

    (void)state;
    for (size_t cut = 0; cut <= all.len; cut++) {
        uint32_t sum = checksum_of(slice_of(all.ptr, cut));
        assert_true(checksum_add(sum, slice_of(all.ptr + cut, all.len - cut)) == 0xcbf43926);
    }
    assert_true(checksum_add(7, slice_of(NULL, 0)) == 7);
}

// SipHash-2-4, Aumasson and Bernstein 2012, appendix A: key 00..0f over 00..0e gives
// a129ca6149be45e5, whose bytes in the digest's order are e5 45 be 49 61 ca 29 a1.
static void fingerprints_are_siphash_2_4(void **state)
{
    struct hash_key key;
    uint8_t bytes[15];

    (void)state;
    for (size_t i = 0; i < sizeof(key.bytes); i++)
        key.bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    assert_true(fingerprint_of(slice_of(bytes, sizeof(bytes)), &key) ==
                UINT64_C(0xe545be4961ca29a1));
    key.bytes[0] ^= 1; // another key, another fingerprint
    assert_true(fingerprint_of(slice_of(bytes, sizeof(bytes)), &key) !=
                UINT64_C(0xe545be4961ca29a1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_hashes_are_blake2b_256),
        cmocka_unit_test(checksums_are_crc_32),
        cmocka_unit_test(a_checksum_goes_on),
        cmocka_unit_test(fingerprints_are_siphash_2_4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
