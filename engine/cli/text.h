// SPDX-License-Identifier: MIT
// Texts from elsewhere, made safe and measurable for a terminal.
#pragma once

#include "base/buf.h"

// What escaping lets through beside printable characters, and how the rest is written.
enum escape {
    ESCAPE_ALL,        // a cell of a table
    ESCAPE_KEEP_LINES, // \n and \t stay
    ESCAPE_INDENT,     // so do they, and further lines are set in: they are no line of ours
    ESCAPE_JSON,       // the text is JSON, and stays the same JSON: \uHHHH
};

// Appends the text with C0, DEL, C1, bidirectional controls and bytes that are not
// UTF-8 written as \xHH or \u{HHHH}.
void text_escape(struct slice text, enum escape escape, struct buf *out);
// Length of the UTF-8 sequence at text[at], with its code point; 0: none is there.
size_t text_sequence(struct slice text, size_t at, uint32_t *ret_code);
// Bytes at the text's end that begin a UTF-8 sequence and do not finish it: 0 .. 3.
size_t text_unfinished(struct slice text);
// Columns that escaped text takes.
size_t text_width(struct slice text);
// Appends as much of escaped text as fits in `width` columns; cut text ends with "…".
void text_fit(struct slice text, size_t width, struct buf *out);
