// SPDX-License-Identifier: MIT
// How the limits hold. The count hook fires every HOOK_COUNT instructions on
// whichever thread runs (5.4 threads inherit the hook of the thread that made
// them) and takes as many units. What runs in C past any hook charges by itself:
// our libraries per element or per match step, the allocator per byte, so that
// `s = s .. s` pays for its copying. A few single instructions of the VM can
// still be long (comparing two strings of megabytes, passing a hundred thousand
// varargs): they are bounded by thread CPU time, read in the hook. That limit is
// not deterministic and need not be: passing it never changes what a script
// sees, it ends the run and suspends the job.
//
// A failed state stays failed: the hook is set to every instruction, so that a
// __close handler gets one, and vm_pass rethrows from each protected call.
#include "lua/vm.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HOOK_COUNT = 1000 };
enum { BYTES_PER_UNIT = 64 };        // memory moves this much per instruction's time
enum { BUDGET_FREE = INT32_MAX };    // for set-up code, which is ours
enum { CALLS_MAX = 100 * 1000 };     // nested calls of Lua functions
enum { HEAP_SLACK = 2 };             // what fragments may add to the memory a script is given
enum { RAISE_TEXT_MAX = 1024 };      // longest message vm_raise formats

static bool has_room(const struct vm *vm, size_t more)
{
    size_t held = vm->bytes + vm->outside;

    return held <= vm->bytes_max && more <= vm->bytes_max - held;
}

// Memory freed before a failure is reported: Lua collects and asks again.
static void *vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct vm *vm = ud;
    size_t old = ptr ? osize : 0;
    void *ret;

    if (nsize > old) {
        if (!has_room(vm, nsize - old))
            return NULL;
        vm->budget -= (int64_t)((nsize - old) / BYTES_PER_UNIT);
        if (vm->budget < 0) {
            vm->failed = vm->failed ? vm->failed : ERR_BUDGET;
            return NULL;
        }
    }
    ret = heap_resize(&vm->heap, ptr, old, nsize);
    if (!ret && nsize)
        return NULL;
    vm->bytes = vm->bytes - old + nsize;
    return ret;
}

bool vm_hold(struct vm *vm, size_t old, size_t now)
{
    vm->outside = vm->outside - old + now;
    return has_room(vm, 0);
}

size_t vm_bytes(const struct vm *vm)
{
    return vm->heap.held + vm->outside;
}

static int64_t vm_cpu_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static bool vm_is_out_of_time(struct vm *vm)
{
    int64_t now_ns = vm_cpu_ns();

    if (vm->cpu_end_ns == 0)
        vm->cpu_end_ns = now_ns + (int64_t)VM_CPU_MAX_MS * 1000000;
    return now_ns > vm->cpu_end_ns;
}

static void vm_hook(lua_State *L, lua_Debug *ar)
{
    struct vm *vm = vm_of(L);
    lua_Debug deep;

    (void)ar;
    if (vm->failed)
        vm_stop(L, vm->failed);
    vm->budget -= HOOK_COUNT;
    if (vm->budget < 0 || vm_is_out_of_time(vm))
        vm_stop(L, ERR_BUDGET);
    // An endless recursion is an error of the script, with a line, and should be
    // met before it becomes a lack of memory, which ends the job.
    if (lua_getstack(L, CALLS_MAX, &deep))
        vm_raise(L, "stack overflow: functions call each other %d deep", CALLS_MAX);
}

int vm_open(struct vm *vm, size_t bytes_max, struct err *err)
{
    *vm = (struct vm){ .bytes_max = bytes_max, .budget = BUDGET_FREE };
    vm->heap.held_max = bytes_max <= SIZE_MAX / HEAP_SLACK ? bytes_max * HEAP_SLACK : 0;
    vm->L = lua_newstate(vm_alloc, vm);
    if (!vm->L)
        return err_set(err, ERR_MEMORY, "no memory for a Lua state within %zu bytes", bytes_max);
    *(struct vm **)lua_getextraspace(vm->L) = vm;
    lua_sethook(vm->L, vm_hook, LUA_MASKCOUNT, HOOK_COUNT);
    return 0;
}

void vm_close(struct vm *vm)
{
    vm->budget = BUDGET_FREE;
    if (vm->L && vm->has_files)
        lua_close(vm->L);
    vm->L = NULL;
    heap_drop(&vm->heap);
}

void vm_begin(struct vm *vm, uint64_t budget)
{
    vm->budget = budget > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)budget;
    vm->cpu_end_ns = 0;
}

void vm_charge(lua_State *L, uint64_t units)
{
    struct vm *vm = vm_of(L);

    if (vm->budget >= 0 && units <= (uint64_t)vm->budget)
        vm->budget -= (int64_t)units;
    else
        vm_stop(L, ERR_BUDGET);
}

void vm_charge_bytes(lua_State *L, size_t bytes)
{
    vm_charge(L, bytes / BYTES_PER_UNIT);
}

void vm_stop(lua_State *L, int reason)
{
    struct vm *vm = vm_of(L);

    if (!vm->failed)
        vm->failed = reason;
    vm->budget = BUDGET_FREE; // unwinding allocates; the hook below bounds it
    lua_sethook(L, vm_hook, LUA_MASKCOUNT, 1);
    lua_pushliteral(L, "stopped");
    lua_error(L);
    abort(); // lua_error does not return
}

void vm_pass(lua_State *L, int status)
{
    struct vm *vm = vm_of(L);

    if (status == LUA_ERRMEM && !vm->failed)
        vm->failed = ERR_MEMORY;
    if (vm->failed)
        vm_stop(L, vm->failed);
}

int vm_failure(const struct vm *vm, struct err *err)
{
    if (vm->failed == ERR_MEMORY)
        return err_set(err, ERR_MEMORY,
                       "the script needs more than the %zu bytes of memory it may have",
                       vm->bytes_max);
    if (vm->failed == ERR_CORRUPT)
        return err_set(err, ERR_CORRUPT, "the journal holds bytes that are no value");
    return err_set(err, ERR_BUDGET,
                   "the script ran too long without waiting: is there an endless loop? "
                   "Heavy work belongs into a step");
}

// ---- places and messages

size_t vm_line(lua_State *L, char *text, size_t size)
{
    lua_Debug ar;
    int n = 0;

    text[0] = 0;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0 || strcmp(ar.source, VM_PRELUDE_NAME) == 0)
            continue;
        n = snprintf(text, size, "%s:%d", ar.short_src, ar.currentline);
        break;
    }
    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

void vm_pushf(lua_State *L, const char *fmt, ...)
{
    char text[RAISE_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    lua_pushstring(L, text);
}

void vm_raise(lua_State *L, const char *fmt, ...)
{
    char text[RAISE_TEXT_MAX];
    char line[LUA_IDSIZE + 16];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (vm_line(L, line, sizeof(line)))
        lua_pushfstring(L, "%s: %s", line, text);
    else
        lua_pushstring(L, text);
    lua_error(L);
    abort(); // lua_error does not return
}

const char *vm_type_words(lua_State *L, int idx)
{
    switch (lua_type(L, idx)) {
    case LUA_TNONE:
    case LUA_TNIL: return "nil";
    case LUA_TBOOLEAN: return "a boolean";
    case LUA_TNUMBER: return "a number";
    case LUA_TSTRING: return "a string";
    case LUA_TTABLE: return "a table";
    case LUA_TFUNCTION: return "a function";
    case LUA_TTHREAD: return "a coroutine";
    default: return "an object";
    }
}

void vm_raise_argument(lua_State *L, const char *function, int arg, const char *expected)
{
    vm_raise(L, "%s: argument %d must be %s, not %s", function, arg, expected,
             vm_type_words(L, arg));
}

struct slice vm_check_string(lua_State *L, const char *function, int arg)
{
    struct slice ret;

    if (lua_type(L, arg) != LUA_TSTRING)
        vm_raise_argument(L, function, arg, "a string");
    ret.ptr = (const uint8_t *)lua_tolstring(L, arg, &ret.len);
    return ret;
}

lua_Integer vm_check_int(lua_State *L, const char *function, int arg)
{
    int ok;
    lua_Integer i = lua_tointegerx(L, arg, &ok);

    if (!ok)
        vm_raise_argument(L, function, arg, "a whole number");
    return i;
}

lua_Integer vm_opt_int(lua_State *L, const char *function, int arg, lua_Integer fallback)
{
    return lua_isnoneornil(L, arg) ? fallback : vm_check_int(L, function, arg);
}

bool vm_has_meta(lua_State *L, int idx, int type, enum vm_slot meta)
{
    bool ret = false;

    if (lua_type(L, idx) == type && lua_getmetatable(L, idx)) {
        vm_get(L, meta);
        ret = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    return ret;
}

void vm_check_function(lua_State *L, const char *function, int arg)
{
    if (lua_type(L, arg) != LUA_TFUNCTION)
        vm_raise_argument(L, function, arg, "a function");
}
