// SPDX-License-Identifier: MIT
#include "unit/base/alloc_gate.h"

#include <stdbool.h>
#include <stddef.h>

static struct {
    bool shut;
    int refused;
} gate;

void *__real_realloc(void *ptr, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void alloc_gate_shut(void)
{
    gate.shut = true;
    gate.refused = 0;
}

void alloc_gate_open(void) { gate.shut = false; }

int alloc_gate_refused(void) { return gate.refused; }

static bool refuse(void)
{
    gate.refused += gate.shut;
    return gate.shut;
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return refuse() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : __real_calloc(count, size);
}
