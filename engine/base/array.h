// SPDX-License-Identifier: MIT
// An array that grows: a pointer, a count and a capacity, which are its owner's and
// typed there. Invariant: count <= cap, and items is NULL while cap is 0. The owner
// frees items.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Room for the item behind the last one. Returns items, moved perhaps, to be kept in
// its place; NULL: no memory, and nothing has changed.
void *array_room(void *items, size_t count, size_t *cap, size_t item_size);
// Of items that begin with a u64 and ascend by it: the first that is not below key; count
// when all are.
size_t array_place(const void *items, size_t count, size_t item_size, uint64_t key);
// Makes room for one at a place of those, which is then the caller's to fill. NULL: as above.
void *array_insert(void *items, size_t count, size_t *cap, size_t item_size, size_t at);
