// SPDX-License-Identifier: MIT
// Lua patterns, matched in our own code, since stock Lua's matcher can run for
// hours in one call: here every step is charged to the script's budget. Same
// language: classes, sets, * + - ?, captures, %b, %f, back references, anchors.
#pragma once

#include <lua.h>

#include "base/slice.h"

enum { PATTERN_CAPTURES_MAX = 32 };

struct capture {
    const uint8_t *at;
    ptrdiff_t len; // or CAPTURE_OPEN, CAPTURE_POSITION
};

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct pattern {
    lua_State *L;
    struct slice subject;
    const uint8_t *at, *end; // the pattern, without its anchor
    bool anchored;
    int depth;               // of recursion left
    size_t steps;            // not charged yet
    int captures;
    struct capture capture[PATTERN_CAPTURES_MAX];
};

// Both strings must stay on a stack while the pattern is used.
void pattern_init(struct pattern *p, lua_State *L, struct slice subject, struct slice pattern);
// Matches at exactly this place: the end of the match, or NULL.
const uint8_t *pattern_match(struct pattern *p, const uint8_t *at);
// Finds the first match at or after *at; *at becomes its start.
const uint8_t *pattern_find(struct pattern *p, const uint8_t **at);
// Pushes capture i (from 0); with no captures, 0 is the whole match.
void pattern_push_capture(struct pattern *p, int i, const uint8_t *from, const uint8_t *end);
// Pushes all captures, or the whole match when there are none and `whole`.
int pattern_push_captures(struct pattern *p, bool whole, const uint8_t *from, const uint8_t *end);
// Does the pattern use any magic character?
bool pattern_is_plain(struct slice pattern);
