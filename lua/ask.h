// SPDX-License-Identifier: MIT
// A command step being asked for: between the call of a host's method and the
// effect. A plain value on the C stack of that method.
//
// Stack of every method: [1] host, [2] its first argument, [3] options or nil,
// [4] the host's name, [5] a second argument; 1 to 4 stay until the answer comes.
#pragma once

#include "lua/internal.h"

enum { ARG = 2, OPTIONS_AT = 3, HOST_NAME = 4, SECOND = 5 };

// User values of a handle: its name, what with{} set (a table or nil), and the host's
// variables (a table or nil).
enum { VALUE_NAME = 1, VALUE_WITH = 2, VALUE_VARS = 3 };

struct ask {
    const char *function;
    struct script_strand *strand;
    struct slice shell;    // text for sh; empty: the words are a command
    bool script;           // the text is a script file's
    struct slice first[3]; // words before those of the list
    size_t first_count;
    int list;              // stack index of a list of words, or 0
    bool has_stdin;
    struct slice stdin_bytes;
};

// Brings the stack into its order and begins to wait. arguments: of the method,
// after the host; the options come last.
struct ask ask_begin(lua_State *L, const char *function, int arguments);
// f{ x, option = ... } is f(x, { option = ... }). Returns how many list elements the options
// may have.
int ask_unpack(lua_State *L, const char *function);
// The same where x must be text; raises when it is none.
int ask_spread(lua_State *L, const char *function, const char *expected);
// The path that is this argument; function names the method in the message.
struct slice ask_path(lua_State *L, const char *function, int idx);
// One more word before those of the list.
void ask_word(struct ask *ask, struct slice word);
// A string option; NULL bytes when it is not given.
struct slice ask_string(lua_State *L, const char *function, const char *name);
// An option that is true or false; absent: false.
bool ask_flag(lua_State *L, const char *function, const char *name);
// Options `args` and `stdin` of the command. What they push stays for ask_put.
void ask_read_args(lua_State *L, struct ask *ask);
void ask_read_stdin(lua_State *L, struct ask *ask);
// Writes the arguments of the effect.
void ask_put(lua_State *L, const struct ask *ask, struct slice interp);
int ask_yield(lua_State *L, const struct ask *ask, lua_KFunction k);
// What most steps go on with: pushes the result, or raises the failure.
int ask_done(lua_State *L, int status, lua_KContext ctx);

// Checks the string on top of the stack, as the name of a user.
void ask_check_user(lua_State *L, const char *function);
// Checks the table of variables on top of the stack.
void ask_check_env(lua_State *L, const char *function);
// Copies the members of one table into another.
void ask_add_members(lua_State *L, int from, int to);
