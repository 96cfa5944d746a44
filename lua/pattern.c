// SPDX-License-Identifier: MIT
// How: backtracking by recursion, as Lua's patterns ask for. An item is one
// single-byte test (a byte, '.', %a, a set) with an optional repetition; what
// follows it in the pattern is matched by a recursive call only when the item
// leaves a choice, else by the loop in `match`.
#include "lua/pattern.h"

#include <ctype.h>

#include "lua/vm.h"

enum { DEPTH_MAX = 200, STEPS_PER_CHARGE = 256, SET_BYTES_PER_STEP = 16 };

static void step(struct pattern *p, size_t cost)
{
    p->steps += cost;
    if (p->steps >= STEPS_PER_CHARGE) {
        vm_charge(p->L, p->steps);
        p->steps = 0;
    }
}

static const uint8_t *subject_end(const struct pattern *p)
{
    return p->subject.ptr + p->subject.len;
}

void pattern_init(struct pattern *p, lua_State *L, struct slice subject, struct slice pattern)
{
    *p = (struct pattern){ .L = L, .subject = subject, .depth = DEPTH_MAX,
                           .at = pattern.ptr, .end = pattern.ptr + pattern.len };
    if (pattern.len && pattern.ptr[0] == '^') {
        p->anchored = true;
        p->at++;
    }
}

bool pattern_is_plain(struct slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.ptr[i] && strchr("^$*+?.([%-", pattern.ptr[i]))
            return false;
    return true;
}

// ---- one byte against one item

static bool in_class(uint8_t c, uint8_t class)
{
    bool ret;

    switch (tolower(class)) {
    case 'a': ret = isalpha(c); break;
    case 'c': ret = iscntrl(c); break;
    case 'd': ret = isdigit(c); break;
    case 'g': ret = isgraph(c); break;
    case 'l': ret = islower(c); break;
    case 'p': ret = ispunct(c); break;
    case 's': ret = isspace(c); break;
    case 'u': ret = isupper(c); break;
    case 'w': ret = isalnum(c); break;
    case 'x': ret = isxdigit(c); break;
    default: return class == c; // an escaped byte
    }
    return isupper(class) ? !ret : ret;
}

// Behind the item that begins at `item`.
static const uint8_t *item_end(const struct pattern *p, const uint8_t *item)
{
    uint8_t c = *item++;

    if (c == '%') {
        if (item == p->end)
            vm_raise(p->L, "malformed pattern: it ends with '%%'");
        return item + 1;
    }
    if (c != '[')
        return item;
    if (item < p->end && *item == '^')
        item++;
    do { // a ']' in the first place is a byte of the set
        if (item == p->end)
            vm_raise(p->L, "malformed pattern: missing ']'");
        c = *item++;
        if (c == '%') {
            if (item == p->end)
                vm_raise(p->L, "malformed pattern: missing ']'");
            item++;
        }
    } while (item == p->end || *item != ']');
    return item + 1;
}

// set: behind '['; end: at its ']'.
static bool in_set(uint8_t c, const uint8_t *set, const uint8_t *end)
{
    bool found = true;

    if (*set == '^') {
        found = false;
        set++;
    }
    while (set < end) {
        if (*set == '%') {
            if (in_class(c, set[1]))
                return found;
            set += 2;
        } else if (end - set > 2 && set[1] == '-') {
            if (set[0] <= c && c <= set[2])
                return found;
            set += 3;
        } else if (*set++ == c) {
            return found;
        }
    }
    return !found;
}

static bool test(struct pattern *p, const uint8_t *at, const uint8_t *item, const uint8_t *end)
{
    step(p, 1 + (size_t)(end - item) / SET_BYTES_PER_STEP);
    if (at >= subject_end(p))
        return false;
    switch (*item) {
    case '.': return true;
    case '%': return in_class(*at, item[1]);
    case '[': return in_set(*at, item + 1, end - 1);
    default: return *item == *at;
    }
}

// ---- the pieces that take more than one byte

static const uint8_t *match(struct pattern *p, const uint8_t *at, const uint8_t *item);

// item{n,} then the rest, as many as possible first.
static const uint8_t *match_most(struct pattern *p, const uint8_t *at, const uint8_t *item,
                                 const uint8_t *end, ptrdiff_t least)
{
    ptrdiff_t count = 0;

    while (test(p, at + count, item, end))
        count++;
    for (; count >= least; count--) {
        const uint8_t *ret = match(p, at + count, end + 1);
        if (ret)
            return ret;
    }
    return NULL;
}

// The same with as few as possible first.
static const uint8_t *match_least(struct pattern *p, const uint8_t *at, const uint8_t *item,
                                  const uint8_t *end)
{
    for (;; at++) {
        const uint8_t *ret = match(p, at, end + 1);
        if (ret)
            return ret;
        if (!test(p, at, item, end))
            return NULL;
    }
}

static const uint8_t *open_capture(struct pattern *p, const uint8_t *at, const uint8_t *item,
                                   ptrdiff_t len)
{
    const uint8_t *ret;

    if (p->captures == PATTERN_CAPTURES_MAX)
        vm_raise(p->L, "malformed pattern: more than %d captures", PATTERN_CAPTURES_MAX);
    p->capture[p->captures++] = (struct capture){ at, len };
    ret = match(p, at, item);
    if (!ret)
        p->captures--;
    return ret;
}

static const uint8_t *close_capture(struct pattern *p, const uint8_t *at, const uint8_t *item)
{
    const uint8_t *ret;
    int i = p->captures - 1;

    while (i >= 0 && p->capture[i].len != CAPTURE_OPEN)
        i--;
    if (i < 0)
        vm_raise(p->L, "malformed pattern: ')' without '('");
    p->capture[i].len = at - p->capture[i].at;
    ret = match(p, at, item);
    if (!ret)
        p->capture[i].len = CAPTURE_OPEN;
    return ret;
}

// %1: the same bytes again. Returns behind them, or NULL.
static const uint8_t *match_again(struct pattern *p, const uint8_t *at, uint8_t digit)
{
    int i = digit - '1';
    size_t len;

    if (i < 0 || i >= p->captures || p->capture[i].len == CAPTURE_OPEN)
        vm_raise(p->L, "malformed pattern: '%%%c' names no finished capture", digit);
    len = p->capture[i].len < 0 ? 0 : (size_t)p->capture[i].len;
    vm_charge_bytes(p->L, len);
    if ((size_t)(subject_end(p) - at) < len || memcmp(p->capture[i].at, at, len) != 0)
        return NULL;
    return at + len;
}

// %bxy: from an x to its y. Returns behind it, or NULL.
static const uint8_t *match_balanced(struct pattern *p, const uint8_t *at, const uint8_t *pair)
{
    int open = 1;

    if (p->end - pair < 2)
        vm_raise(p->L, "malformed pattern: '%%b' needs two bytes");
    if (at >= subject_end(p) || *at != pair[0])
        return NULL;
    while (++at < subject_end(p)) {
        step(p, 1);
        if (*at == pair[1]) {
            if (--open == 0)
                return at + 1;
        } else if (*at == pair[0]) {
            open++;
        }
    }
    return NULL;
}

// %f[set]: between a byte outside the set and one inside; the ends count as NUL.
static bool is_frontier(struct pattern *p, const uint8_t *at, const uint8_t *set,
                        const uint8_t *set_end)
{
    uint8_t before = at == p->subject.ptr ? 0 : at[-1];
    uint8_t after = at == subject_end(p) ? 0 : *at;

    step(p, 1 + (size_t)(set_end - set) / SET_BYTES_PER_STEP);
    return !in_set(before, set + 1, set_end - 1) && in_set(after, set + 1, set_end - 1);
}

// ---- the whole

// What `match` takes from the pattern in one go: sets *item behind it and returns
// the new place, or NULL. *taken: it was one of these at all.
static const uint8_t *match_escape(struct pattern *p, const uint8_t *at, const uint8_t **item,
                                   bool *taken)
{
    const uint8_t *next = *item + 1;

    *taken = true;
    if (next < p->end && *next == 'b') {
        *item = next + 3;
        return match_balanced(p, at, next + 1);
    }
    if (next < p->end && *next == 'f') {
        const uint8_t *end;
        if (next + 1 >= p->end || next[1] != '[')
            vm_raise(p->L, "malformed pattern: missing '[' after '%%f'");
        end = item_end(p, next + 1);
        *item = end;
        return is_frontier(p, at, next + 1, end) ? at : NULL;
    }
    if (next < p->end && isdigit(*next)) {
        *item = next + 1;
        return match_again(p, at, *next);
    }
    *taken = false;
    return at;
}

// A single-byte item and its repetition. *done: the rest was matched as well.
static const uint8_t *match_item(struct pattern *p, const uint8_t *at, const uint8_t **item,
                                 bool *done)
{
    const uint8_t *end = item_end(p, *item);
    const uint8_t *ret;
    uint8_t repeat = end < p->end ? *end : 0;

    *done = true;
    switch (repeat) {
    case '*': return match_most(p, at, *item, end, 0);
    case '+': return match_most(p, at, *item, end, 1);
    case '-': return match_least(p, at, *item, end);
    case '?':
        if (test(p, at, *item, end) && (ret = match(p, at + 1, end + 1)))
            return ret;
        *done = false;
        *item = end + 1;
        return at;
    default:
        *done = false;
        if (!test(p, at, *item, end))
            return NULL;
        *item = end;
        return at + 1;
    }
}

static const uint8_t *match_from(struct pattern *p, const uint8_t *at, const uint8_t *item)
{
    while (at && item < p->end) {
        bool done = false;
        step(p, 1);
        if (*item == '(') {
            bool position = item + 1 < p->end && item[1] == ')';
            return open_capture(p, at, item + (position ? 2 : 1),
                                position ? CAPTURE_POSITION : CAPTURE_OPEN);
        }
        if (*item == ')')
            return close_capture(p, at, item + 1);
        if (*item == '$' && item + 1 == p->end)
            return at == subject_end(p) ? at : NULL;
        if (*item == '%') {
            at = match_escape(p, at, &item, &done);
            if (done)
                continue;
        }
        at = match_item(p, at, &item, &done);
        if (done)
            return at;
    }
    return at;
}

static const uint8_t *match(struct pattern *p, const uint8_t *at, const uint8_t *item)
{
    const uint8_t *ret;

    if (p->depth-- == 0)
        vm_raise(p->L, "pattern too complex");
    ret = match_from(p, at, item);
    p->depth++;
    return ret;
}

const uint8_t *pattern_match(struct pattern *p, const uint8_t *at)
{
    p->captures = 0;
    p->depth = DEPTH_MAX;
    return match(p, at, p->at);
}

const uint8_t *pattern_find(struct pattern *p, const uint8_t **at)
{
    const uint8_t *from = *at;

    for (; from <= subject_end(p); from++) {
        const uint8_t *end = pattern_match(p, from);
        if (end) {
            *at = from;
            return end;
        }
        if (p->anchored)
            break;
    }
    return NULL;
}

void pattern_push_capture(struct pattern *p, int i, const uint8_t *from, const uint8_t *end)
{
    const struct capture *capture = &p->capture[i];

    if (i >= p->captures) {
        if (i != 0)
            vm_raise(p->L, "'%%%d' names no capture of the pattern", i + 1);
        lua_pushlstring(p->L, (const char *)from, (size_t)(end - from));
    } else if (capture->len == CAPTURE_POSITION) {
        lua_pushinteger(p->L, capture->at - p->subject.ptr + 1);
    } else if (capture->len == CAPTURE_OPEN) {
        vm_raise(p->L, "malformed pattern: missing ')'");
    } else {
        lua_pushlstring(p->L, (const char *)capture->at, (size_t)capture->len);
    }
}

int pattern_push_captures(struct pattern *p, bool whole, const uint8_t *from, const uint8_t *end)
{
    int count = p->captures == 0 && whole ? 1 : p->captures;

    luaL_checkstack(p->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        pattern_push_capture(p, i, from, end);
    return count;
}
