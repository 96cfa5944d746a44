// SPDX-License-Identifier: MIT
// A lua_State that cannot take more than it was given: memory is capped by its
// allocator, work by a budget that the count hook, the allocator and our library
// functions charge. Invariant: once `failed` is set the state is dead; every
// protected call of ours rethrows, so that no script can catch it.
//
// Owner: whoever embeds it (struct script). Thread: the engine's loop.
#pragma once

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"
#include "base/slice.h"
#include "lua/heap.h"

struct vm {
    lua_State *L;       // the main thread; runs set-up code only, never the script
    struct heap heap;
    size_t bytes;       // what Lua has asked for and not freed
    size_t outside;     // what vm_hold counts
    size_t bytes_max;   // of both together
    int64_t budget;     // units left in this run; a unit is about one instruction
    int64_t cpu_end_ns; // thread CPU time at which this run is stopped; 0: not read yet
    bool has_files;     // files may be open in the state; only their finalizers close them
    int failed;         // 0, ERR_BUDGET, ERR_MEMORY, ERR_CORRUPT, or a VM_STOP_* reason; sticky
};

// Reasons to unwind a whole script that are no failure: script_header is done.
enum { VM_STOP_HEADER = 1, VM_STOP_NO_HEADER = 2 };

enum { VM_CPU_MAX_MS = 4000 }; // the second line of defence, see vm.c

// Registry slots of the values the engine itself keeps in the state. luaL_ref
// is never used beside them.
enum vm_slot {
    VM_SLOT_FIRST = LUA_RIDX_LAST + 1,
    VM_STRANDS = VM_SLOT_FIRST, // handle + 1 -> thread
    VM_PENDING,                 // handle + 1 -> function of a once, record of a fork
    VM_PROBES,                  // handle + 1 -> { on_interrupt function, host }
    VM_CLEANUP,                 // handle + 1 -> undo and defer entries
    VM_CHUNK,                   // the author's main function
    VM_MODULES,                 // name -> compiled chunk of a module
    VM_LOADED,                  // name -> what the module gave; false: it is being loaded
    VM_PRELUDE,                 // table of the prelude's functions, once loaded
    VM_RESULT_META,
    VM_ERROR_META,
    VM_HOST_META,
    VM_HOSTS_META,
    VM_HOSTS,       // name -> handle of the hosts that the job was started for
    VM_NAMES,       // weak: object -> serial number, for tostring
    VM_BUSY,        // weak: thread -> true: strands, and coroutines that wait in one
    VM_METATABLES,  // weak: every table a script made a metatable
    VM_AMBIENT,     // what only once() sees: os, io; made at need
    VM_ONCE_ENV,    // the environment of a once
    VM_ONCE_NAMES,  // as VM_NAMES, for what is named inside a once
    VM_ONCE_COPIES, // original -> copy, while a once runs
    VM_ONCE_SWAPS,  // list of function, upvalue, original, while a once runs
    VM_SLOT_LAST = VM_ONCE_SWAPS
};

// Makes the state. ERR_MEMORY when the cap is too small or memory is short.
int vm_open(struct vm *vm, size_t bytes_max, struct err *err);
void vm_close(struct vm *vm);

static inline struct vm *vm_of(lua_State *L)
{
    return *(struct vm **)lua_getextraspace(L);
}

// Starts a run with so many units.
void vm_begin(struct vm *vm, uint64_t budget);
// Uses up units; raises (for good) when there are none left.
void vm_charge(lua_State *L, uint64_t units);
// For a run of bytes that C code walks or copies.
void vm_charge_bytes(lua_State *L, size_t bytes);
// Kills the state: sets `failed` and raises.
_Noreturn void vm_stop(lua_State *L, int reason);
// To be called after every protected call: passes a failure of the state on.
void vm_pass(lua_State *L, int status);
// The sentence for a failed state.
int vm_failure(const struct vm *vm, struct err *err);

// What the script keeps outside the state (a strand's buffers) counts as its memory:
// `old` bytes became `now`. False: more than the cap allows; counted all the same.
bool vm_hold(struct vm *vm, size_t old, size_t now);
// What the state takes in this process, free blocks of its heap included.
size_t vm_bytes(const struct vm *vm);

static inline void vm_get(lua_State *L, enum vm_slot slot)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
}
// Pops the value.
static inline void vm_set(lua_State *L, enum vm_slot slot)
{
    lua_rawseti(L, LUA_REGISTRYINDEX, slot);
}

// Is the value at idx of this type, with the metatable of this slot.
bool vm_has_meta(lua_State *L, int idx, int type, enum vm_slot meta);

// The author's place: the innermost Lua function that is not the prelude's.
// Writes "patch.lua:14" (cut to size), or "" when there is none, and returns its length.
size_t vm_line(lua_State *L, char *text, size_t size);
// Raises "patch.lua:14: ..." with the author's line.
_Noreturn void vm_raise(lua_State *L, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// As lua_pushfstring, with all of printf's conversions.
void vm_pushf(lua_State *L, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// The type's name with its article, for "must be a string, not a table".
const char *vm_type_words(lua_State *L, int idx);
// "run: argument 2 must be a string, not a table"
_Noreturn void vm_raise_argument(lua_State *L, const char *function, int arg, const char *expected);
struct slice vm_check_string(lua_State *L, const char *function, int arg);
lua_Integer vm_check_int(lua_State *L, const char *function, int arg);
// The argument, or the fallback where it is nil or was not given.
lua_Integer vm_opt_int(lua_State *L, const char *function, int arg, lua_Integer fallback);
void vm_check_function(lua_State *L, const char *function, int arg);

// How prelude chunks are named, so that they can be told from the author's.
#define VM_PRELUDE_NAME "=prelude"
