// SPDX-License-Identifier: MIT
// The words of a line, as a POSIX shell would take them apart, without expanding
// anything: quotes join and go away, a backslash takes the next byte as it is, `#`
// outside quotes ends the line. Private to the layer.
#pragma once

#include "base/buf.h"
#include "base/err.h"

// Takes the next word off *line into `word`, which is cleared first. 1: there was one,
// 0: none is left, ERR_USAGE: a quote is not closed. Memory: buf_failed.
int ini_next_word(struct slice *line, struct buf *word, struct err *err);
