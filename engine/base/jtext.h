// SPDX-License-Identifier: MIT
// Long texts as JSON strings. What commands print is megabytes inside one string, and a
// JSON library goes through it byte by byte, twice on each side; these copy whole runs. For everything
// else there is jansson. Pure.
#pragma once

#include "base/buf.h"

// Is it well-formed UTF-8 to its end? Only then it is a JSON string, exactly.
bool jtext_is_utf8(struct slice text);
// Length of the well-formed UTF-8 sequence at text[at]; 0: none is there.
size_t jtext_sequence(struct slice text, size_t at);
// Appends the text, which is UTF-8, as a JSON string with its quotes.
void jtext_quote(struct slice text, struct buf *out);
// Takes the string that begins with in's first byte, a quote, and appends what it means. The
// bytes it took, or 0: it has no end, or an escape that jtext_quote never makes.
size_t jtext_unquote(struct slice in, struct buf *out);
