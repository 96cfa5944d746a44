// SPDX-License-Identifier: MIT
// Real numbers as text: the shortest that reads back as the same number, wherever
// people or programs see one.
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"

enum { REAL_TEXT = 48 }; // any of them, with NUL

// Always with a point or an exponent, "nan" for every NaN. Writes NUL too and
// returns the length.
size_t real_format(double v, char text[REAL_TEXT]);
// Appends the value as compact JSON. NULL, or no memory, fails the buffer.
void json_compact(const json_t *json, struct buf *out);
