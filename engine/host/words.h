// SPDX-License-Identifier: MIT
// The last of what somebody said, to be told as a reason: ssh before it gave up, a
// runner on its standard error, a login that printed a greeting. A plain value that
// never allocates. Owner: whoever embeds it.
#pragma once

#include "base/slice.h"

enum {
    WORDS_MAX = 1024,                   // bytes kept: the newest
    WORDS_TEXT = WORDS_MAX / 2 * 3 + 1, // of words_line: an end of line may become two
};

struct words {
    size_t len;
    bool cut;             // there was more, and the first line kept is a part of one
    char tail[WORDS_MAX];
};

void words_add(struct words *words, struct slice said);
void words_clear(struct words *words);
// All of it in one printable line: lines apart by "; ", no control characters, blanks
// folded, and none of the frames that some draw around a warning. Returns text.
const char *words_line(const struct words *words, char text[WORDS_TEXT]);
