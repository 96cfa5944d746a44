// SPDX-License-Identifier: MIT
// Big-endian integers into place: what base/buf.h does for a growing buffer,
// for keys and row headers that have a fixed place already.
#pragma once

#include <stdint.h>

static inline void write_u16be(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void write_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void write_u64be(uint8_t *p, uint64_t v)
{
    write_u32be(p, (uint32_t)(v >> 32));
    write_u32be(p + 4, (uint32_t)v);
}
