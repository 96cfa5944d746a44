// SPDX-License-Identifier: MIT
// Memory that runs out on a test's word. A test that links this with
// -Wl,--wrap=realloc,--wrap=calloc gets NULL from those while the gate is shut.
// One gate per process; a test that shuts it opens it again.
#pragma once

void alloc_gate_shut(void);
void alloc_gate_open(void);
// How many allocations were refused since the gate was last shut.
int alloc_gate_refused(void);
