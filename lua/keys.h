// SPDX-License-Identifier: MIT
// The canonical order of a table's keys: numbers by value, then strings by their
// bytes, then false, then true. Stock Lua's order changes from run to run. Keys
// of other types have no order that survives a replay; they are refused.
#pragma once

#include <lua.h>

#include "base/slice.h"

enum key_type { KEY_INT, KEY_REAL, KEY_STRING, KEY_BOOLEAN, KEY_OTHER };

struct key {
    enum key_type type;
    union {
        lua_Integer i;
        lua_Number r;
        struct slice s; // valid while the table holds the key
        bool b;
    };
};

struct keys {
    size_t count;
    struct key *at;
};

// Reads the key at idx; KEY_OTHER when it has no place in the order.
struct key key_read(lua_State *L, int idx);
void key_push(lua_State *L, const struct key *key);
// Less than, equal, greater than 0.
int key_compare(const struct key *a, const struct key *b);
// Is the table at idx a list: keys exactly 1 .. n, met in this order or not.
// Returns n, or -1. The empty table is a list.
lua_Integer keys_list_length(lua_State *L, int idx);
// How many keys the table at idx, an absolute index, has.
size_t keys_count(lua_State *L, int idx);
// Collects and sorts the keys of the table at idx into memory that the state
// collects: pushes its anchor. False: a key has no order; it is pushed instead.
bool keys_collect(lua_State *L, int idx, struct keys *ret);
