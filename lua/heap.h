// SPDX-License-Identifier: MIT
// The memory of one Lua state: small blocks cut from chunks and kept in free
// lists by size, large ones from malloc. A state dies whole, so that its heap is
// dropped chunk by chunk where lua_close would visit each object; and what a
// script uses together lies together.
//
// A block has no header: who frees or resizes it says its size, as Lua does.
// Owner: the struct vm that embeds it. Thread: the engine's loop.
#pragma once

#include <stddef.h>

enum { HEAP_GRAIN = 16 };       // small blocks are multiples of it, and aligned to it
enum { HEAP_SMALL_MAX = 1024 }; // larger blocks are malloc's
enum { HEAP_CLASSES = HEAP_SMALL_MAX / HEAP_GRAIN };

struct heap_free;
struct heap_part;

// Zeroed: an empty heap.
struct heap {
    size_t held;                             // bytes asked of malloc, free ones included
    size_t held_max;                         // heap_resize fails beyond; 0: no bound
    char *fresh, *fresh_end;                 // what is left of the newest chunk
    size_t chunk_size;                       // of the newest chunk
    struct heap_part *parts;                 // chunks and large blocks, newest first
    struct heap_free *free[HEAP_CLASSES];    // by size, [0] is HEAP_GRAIN bytes
};

// realloc with the old size told: ptr NULL and size_old 0 make a block, size_new 0
// frees one and returns NULL. NULL when there is no memory; the block is as it was
// then. Making a block smaller never fails.
void *heap_resize(struct heap *heap, void *ptr, size_t size_old, size_t size_new);
// Gives back everything; the heap is empty then.
void heap_drop(struct heap *heap);
