// SPDX-License-Identifier: MIT
// Chunks double from CHUNK_MIN to CHUNK_MAX, so that a small script costs little
// and a large one few calls. Blocks never go back from a free list to a chunk, and
// chunks never to malloc before the end: `held_max` bounds what a script can
// gather that way by freeing blocks of one size and asking for another.
#include "lua/heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 8 * 1024, CHUNK_MAX = 64 * 1024 };

struct heap_free {
    struct heap_free *next;
};

// What malloc gave: a header, then a chunk or a large block.
struct heap_part {
    struct heap_part *prev, *next;
};

_Static_assert(sizeof(struct heap_part) % HEAP_GRAIN == 0, "blocks behind a header are aligned");

static bool is_large(size_t size)
{
    return size > HEAP_SMALL_MAX;
}

static size_t class_of(size_t size)
{
    return (size - 1) / HEAP_GRAIN;
}

static size_t class_size(size_t class)
{
    return (class + 1) * HEAP_GRAIN;
}

// ---- parts

static bool has_room(const struct heap *heap, size_t more)
{
    return !heap->held_max || (heap->held <= heap->held_max && more <= heap->held_max - heap->held);
}

static void part_link(struct heap *heap, struct heap_part *part)
{
    part->prev = NULL;
    part->next = heap->parts;
    if (part->next)
        part->next->prev = part;
    heap->parts = part;
}

static void part_unlink(struct heap *heap, struct heap_part *part)
{
    if (part->prev)
        part->prev->next = part->next;
    else
        heap->parts = part->next;
    if (part->next)
        part->next->prev = part->prev;
}

static void *part_new(struct heap *heap, size_t size)
{
    struct heap_part *part;

    if (size > SIZE_MAX - sizeof(*part) || !has_room(heap, size))
        return NULL;
    part = malloc(sizeof(*part) + size);
    if (!part)
        return NULL;
    part_link(heap, part);
    heap->held += size;
    return part + 1;
}

// ---- large blocks

static void large_free(struct heap *heap, void *ptr, size_t size)
{
    struct heap_part *part = (struct heap_part *)ptr - 1;

    part_unlink(heap, part);
    heap->held -= size;
    free(part);
}

static void *large_resize(struct heap *heap, void *ptr, size_t size_old, size_t size_new)
{
    struct heap_part *part = (struct heap_part *)ptr - 1;
    struct heap_part *grown;

    if (size_new > SIZE_MAX - sizeof(*part))
        return NULL;
    if (size_new > size_old && !has_room(heap, size_new - size_old))
        return NULL;
    part_unlink(heap, part);
    grown = realloc(part, sizeof(*part) + size_new);
    if (grown)
        part = grown;
    part_link(heap, part);
    if (!grown && size_new > size_old)
        return NULL;
    heap->held = heap->held - size_old + size_new;
    return part + 1;
}

// ---- small blocks

static void small_free(struct heap *heap, void *ptr, size_t class)
{
    struct heap_free *block = ptr;

    block->next = heap->free[class];
    heap->free[class] = block;
}

// What the newest chunk has left is cut into blocks before it is forgotten.
static bool chunk_new(struct heap *heap)
{
    size_t left = (size_t)(heap->fresh_end - heap->fresh);
    size_t size = heap->chunk_size ? heap->chunk_size * 2 : CHUNK_MIN;
    char *chunk;

    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    chunk = part_new(heap, size);
    if (!chunk)
        return false;
    if (left)
        small_free(heap, heap->fresh, class_of(left));
    heap->chunk_size = size;
    heap->fresh = chunk;
    heap->fresh_end = chunk + size;
    return true;
}

static void *small_new(struct heap *heap, size_t class)
{
    struct heap_free *block = heap->free[class];
    size_t size = class_size(class);

    if (block) {
        heap->free[class] = block->next;
        return block;
    }
    if ((size_t)(heap->fresh_end - heap->fresh) < size && !chunk_new(heap))
        return NULL;
    heap->fresh += size;
    return heap->fresh - size;
}

// The front stays where it is and the rest becomes a block of its own.
static void *small_cut(struct heap *heap, void *ptr, size_t class_old, size_t class_new)
{
    if (class_old > class_new)
        small_free(heap, (char *)ptr + class_size(class_new), class_old - class_new - 1);
    return ptr;
}

// ---- any block

static void *block_new(struct heap *heap, size_t size)
{
    return is_large(size) ? part_new(heap, size) : small_new(heap, class_of(size));
}

static void block_free(struct heap *heap, void *ptr, size_t size)
{
    if (is_large(size))
        large_free(heap, ptr, size);
    else
        small_free(heap, ptr, class_of(size));
}

static void *block_move(struct heap *heap, void *ptr, size_t size_old, size_t size_new)
{
    void *ret = block_new(heap, size_new);

    if (!ret)
        // A large block may stay what it is: its part is freed with the heap, and it
        // is told apart by the size that its owner says.
        return size_new < size_old ? ptr : NULL;
    memcpy(ret, ptr, size_old < size_new ? size_old : size_new);
    block_free(heap, ptr, size_old);
    return ret;
}

void *heap_resize(struct heap *heap, void *ptr, size_t size_old, size_t size_new)
{
    if (size_new == 0) {
        if (size_old)
            block_free(heap, ptr, size_old);
        return NULL;
    }
    if (size_old == 0)
        return block_new(heap, size_new);
    if (is_large(size_old) && is_large(size_new))
        return large_resize(heap, ptr, size_old, size_new);
    if (is_large(size_old) || class_of(size_new) > class_of(size_old))
        return block_move(heap, ptr, size_old, size_new);
    return small_cut(heap, ptr, class_of(size_old), class_of(size_new));
}

void heap_drop(struct heap *heap)
{
    struct heap_part *next;

    for (struct heap_part *part = heap->parts; part; part = next) {
        next = part->next;
        free(part);
    }
    *heap = (struct heap){ .held_max = heap->held_max };
}
