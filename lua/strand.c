// SPDX-License-Identifier: MIT
// How a strand runs. Its coroutine's one function is strand_main: it calls the
// body protected, and when that is over one way or the other goes down the stack
// of undos and defers, each called protected too, from continuations, so that
// all of it may wait. What a coroutine of Lua's own ends with is then never an
// error, unless the whole state failed.
//
// Stack of strand_main after the body: [1] its result or error.
#include "lua/convert.h"
#include "lua/result.h"
#include "lua/text.h"

#include <errno.h>
#include <stdlib.h>

// ---- the table of strands

static int grow(struct script *script, struct err *err)
{
    size_t cap = script->strand_cap ? 2 * script->strand_cap : 1;
    struct script_strand **strands = realloc(script->strands, cap * sizeof(struct script_strand *));

    if (!strands)
        return err_set(err, -ENOMEM, "no memory for %zu strands", cap);
    for (size_t i = script->strand_cap; i < cap; i++)
        strands[i] = NULL;
    script->strands = strands;
    script->strand_cap = cap;
    return 0;
}

static int free_handle(struct script *script, uint32_t *ret, struct err *err)
{
    for (size_t i = 0; i < script->strand_cap; i++) {
        if (!script->strands[i]) {
            *ret = (uint32_t)i;
            return 0;
        }
    }
    *ret = (uint32_t)script->strand_cap;
    return grow(script, err);
}

static void release_bufs(struct script_strand *strand)
{
    buf_release(&strand->path);
    buf_release(&strand->name);
    buf_release(&strand->line);
    buf_release(&strand->args);
    buf_release(&strand->value);
    buf_release(&strand->message);
}

// Protected, on the main thread: arg is the strand.
static int open_protected(lua_State *L)
{
    struct script_strand *strand = lua_touserdata(L, 1);

    vm_get(L, VM_STRANDS);
    strand->co = lua_newthread(L);
    vm_get(L, VM_BUSY);
    lua_pushvalue(L, -2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lua_rawseti(L, -2, (lua_Integer)strand->handle + 1);
    return 0;
}

int strand_open(struct script *script, uint32_t *ret, struct err *err)
{
    lua_State *L = script->vm.L;
    struct script_strand *strand;
    int rc = free_handle(script, ret, err);

    if (rc < 0)
        return rc;
    strand = calloc(1, sizeof(*strand));
    if (!strand)
        return err_set(err, -ENOMEM, "no memory for a strand");
    strand->handle = *ret;
    lua_pushcfunction(L, open_protected);
    lua_pushlightuserdata(L, strand);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        lua_settop(L, 0);
        free(strand);
        script->vm.failed = script->vm.failed ? script->vm.failed : ERR_MEMORY;
        return vm_failure(&script->vm, err);
    }
    buf_init(&strand->path, 0);
    buf_init(&strand->name, 0);
    buf_init(&strand->line, 0);
    buf_init(&strand->args, 0);
    buf_init(&strand->value, 0);
    buf_init(&strand->message, 0);
    script->strands[*ret] = strand;
    return 0;
}

static void forget(lua_State *L, enum vm_slot slot, uint32_t handle)
{
    vm_get(L, slot);
    lua_pushboolean(L, 0); // keeps the array an array; needs no memory
    lua_rawseti(L, -2, (lua_Integer)handle + 1);
    lua_pop(L, 1);
}

static bool was_set(lua_State *L, enum vm_slot slot, uint32_t handle)
{
    bool ret;

    vm_get(L, slot);
    ret = lua_rawgeti(L, -1, (lua_Integer)handle + 1) > LUA_TBOOLEAN;
    lua_pop(L, 2);
    return ret;
}

void strand_close(struct script *script, struct script_strand *strand)
{
    static const enum vm_slot slots[] = { VM_STRANDS, VM_PENDING, VM_PROBES, VM_CLEANUP };

    if (!strand)
        return;
    for (size_t i = 0; script->vm.L && i < sizeof(slots) / sizeof(*slots); i++)
        if (was_set(script->vm.L, slots[i], strand->handle))
            forget(script->vm.L, slots[i], strand->handle);
    script->strands[strand->handle] = NULL;
    vm_hold(&script->vm, strand->held, 0);
    release_bufs(strand);
    free(strand);
}

// ---- cleanup entries: an array of pairs, function then kind

// Pushes the strand's entries, made at need.
static void push_entries(lua_State *L, const struct script_strand *strand)
{
    lua_Integer at = (lua_Integer)strand->handle + 1;

    vm_get(L, VM_CLEANUP);
    if (lua_rawgeti(L, -1, at) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 2, 0);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, at);
    }
    lua_remove(L, -2);
}

void strand_push_cleanup(lua_State *L, struct script_strand *strand, int kind)
{
    lua_Integer n;

    push_entries(L, strand);
    n = (lua_Integer)lua_rawlen(L, -1);
    lua_insert(L, -2);
    lua_rawseti(L, -2, n + 1);
    lua_pushinteger(L, kind);
    lua_rawseti(L, -2, n + 2);
    lua_pop(L, 1);
}

static int kind_at(lua_State *L, int entries, lua_Integer n)
{
    int kind;

    lua_rawgeti(L, entries, n);
    kind = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return kind;
}

// Removes the pair whose kind is at n, and moves the later ones down.
static void remove_entry(lua_State *L, int entries, lua_Integer n)
{
    lua_Integer last = (lua_Integer)lua_rawlen(L, entries);

    for (lua_Integer i = n + 1; i <= last; i++) {
        lua_rawgeti(L, entries, i);
        lua_rawseti(L, entries, i - 2);
    }
    for (lua_Integer i = last; i > last - 2; i--) {
        lua_pushnil(L);
        lua_rawseti(L, entries, i);
    }
}

// Pushes the newest entry that is due and removes it; false: none is. A strand
// that succeeded runs its defers only.
static bool take_entry(lua_State *L, struct script_strand *strand, int *kind)
{
    int entries;

    if (!was_set(L, VM_CLEANUP, strand->handle))
        return false;
    push_entries(L, strand);
    entries = lua_gettop(L);
    for (lua_Integer n = (lua_Integer)lua_rawlen(L, entries); n > 0; n -= 2) {
        *kind = kind_at(L, entries, n);
        if (*kind == CLEANUP_UNDO && !strand->failed)
            continue;
        lua_rawgeti(L, entries, n - 1);
        remove_entry(L, entries, n);
        lua_remove(L, entries);
        return true;
    }
    lua_pop(L, 1);
    return false;
}

// The undos of a branch that succeeded go to its parent, in their order.
static void pass_undos(lua_State *L, struct script *script, struct script_strand *strand)
{
    struct script_strand *parent = script->strands[strand->parent];
    lua_Integer n;

    if (strand->handle == 0 || !was_set(L, VM_CLEANUP, strand->handle))
        return;
    push_entries(L, strand);
    n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i < n; i += 2) {
        lua_rawgeti(L, -1, i);
        strand_push_cleanup(L, parent, CLEANUP_UNDO);
    }
    lua_pop(L, 1);
}

static void log_cleanup_error(lua_State *L, struct script_strand *strand, int kind)
{
    struct script *script = script_of(L);
    struct buf *buf = &script->scratch;
    struct note note = { .stream = STREAM_ERROR };

    error_normalise(L);
    lua_getfield(L, -1, "message");
    buf_clear(buf);
    buf_addf(buf, "%s failed: ", kind == CLEANUP_UNDO ? "undo" : "defer");
    if (lua_type(L, -1) == LUA_TSTRING)
        buf_add_str(buf, lua_tostring(L, -1));
    buf_add_byte(buf, '\n');
    lua_pop(L, 2);
    note.data = buf_slice(buf);
    if (script->note)
        script->note(script->note_arg, buf_slice(&strand->path), &note);
}

// ---- the end

// Keeps a branch's outcome in its fork's record: [1] results, [2] errors.
static void tell_parent(lua_State *L, struct script_strand *strand)
{
    if (strand->handle == 0 || strand->branch == SCRIPT_PROBE)
        return;
    vm_get(L, VM_PENDING);
    if (lua_rawgeti(L, -1, (lua_Integer)strand->parent + 1) == LUA_TTABLE) {
        lua_rawgeti(L, -1, strand->failed ? 2 : 1);
        lua_pushvalue(L, 1);
        lua_rawseti(L, -2, (lua_Integer)strand->branch + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

static void encode_error(lua_State *L, struct script_strand *strand)
{
    struct slice message;

    lua_getfield(L, 1, "message");
    message.ptr = (const uint8_t *)lua_tolstring(L, -1, &message.len);
    buf_add_slice(&strand->message, message);
    if (convert_encode(L, 1, "error", &strand->value, NULL) < 0) {
        // The author's own error table holds what cannot be stored.
        value_put_map(&strand->value, 2);
        value_put_str(&strand->value, "kind");
        value_put_str(&strand->value, "error");
        value_put_str(&strand->value, "message");
        value_put_bytes(&strand->value, message);
    }
    lua_pop(L, 1);
}

static int finish(lua_State *L, struct script_strand *strand)
{
    struct effect *effect = &strand->effect;

    strand->ended = true;
    tell_parent(L, strand);
    *effect = (struct effect){ .kind = EFFECT_END, .label = SLICE("end"),
                               .failed = strand->failed };
    buf_clear(&strand->message);
    if (strand->failed) {
        buf_clear(&strand->value);
        encode_error(L, strand);
    } else {
        pass_undos(L, script_of(L), strand);
    }
    if (buf_failed(&strand->value) || buf_failed(&strand->message))
        vm_stop(L, ERR_MEMORY);
    effect->value = buf_slice(&strand->value);
    effect->message = buf_slice(&strand->message);
    return 0;
}

// What a cleanup that was cut off leaves undone is said, not run.
static void log_cut(lua_State *L, struct script_strand *strand)
{
    struct script *script = script_of(L);
    struct note note = { .stream = STREAM_ERROR };
    int kind, left = 0;

    while (take_entry(L, strand, &kind)) {
        lua_pop(L, 1);
        left++;
    }
    if (left == 0)
        return;
    buf_clear(&script->scratch);
    buf_addf(&script->scratch, "cleanup was cut off (%s); %d more of its functions did not run\n",
             strand->dropped ? "stopped by force" : "cleanup_timeout", left);
    note.data = buf_slice(&script->scratch);
    if (script->note)
        script->note(script->note_arg, buf_slice(&strand->path), &note);
}

static int clean_next(lua_State *L, int status, lua_KContext kind);

static int clean(lua_State *L, struct script_strand *strand)
{
    int kind;

    strand->cleaning = true;
    while (lua_settop(L, 1), !strand->cut && take_entry(L, strand, &kind)) {
        int status = lua_pcallk(L, 0, 0, 0, kind, clean_next);
        vm_pass(L, status);
        if (status != LUA_OK)
            log_cleanup_error(L, strand, kind);
    }
    if (strand->cut)
        log_cut(L, strand);
    return finish(L, strand);
}

static int clean_next(lua_State *L, int status, lua_KContext kind)
{
    struct script_strand *strand = script_of(L)->current;

    vm_pass(L, status);
    if (status != LUA_YIELD)
        log_cleanup_error(L, strand, (int)kind);
    return clean(L, strand);
}

// A strand that was cancelled ends as cancelled, whatever it made of it.
static void set_cancelled(lua_State *L, struct script_strand *strand)
{
    const char *kind = "";

    if (strand->failed && lua_getfield(L, 1, "kind") == LUA_TSTRING)
        kind = lua_tostring(L, -1);
    if (strcmp(kind, "cancelled") != 0) {
        lua_settop(L, 0);
        lua_pushliteral(L, "cancelled");
        error_push(L, "cancelled");
    }
    strand->failed = true;
    lua_settop(L, 1);
}

// The main strand's result leaves the script: it must be a value. Branches hand
// theirs to the parent as they are.
static void encode_result(lua_State *L, struct script_strand *strand)
{
    struct err err;

    buf_clear(&strand->value);
    if (strand->branch == SCRIPT_PROBE)
        probe_encode(L, strand);
    if (strand->handle != 0)
        return;
    if (convert_encode(L, 1, "the workflow's result", &strand->value, &err) == 0)
        return;
    lua_settop(L, 0);
    lua_pushstring(L, err.text);
    strand->failed = true;
    error_normalise(L);
}

static int body_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand = script_of(L)->current;

    (void)ctx;
    vm_pass(L, status);
    strand->failed = status != LUA_OK && status != LUA_YIELD;
    if (strand->failed)
        error_normalise(L);
    else
        encode_result(L, strand);
    if (strand->cancelled)
        set_cancelled(L, strand);
    return clean(L, strand);
}

int strand_main(lua_State *L)
{
    int results = script_of(L)->current->branch == SCRIPT_PROBE ? 2 : 1;

    return body_done(L, lua_pcallk(L, lua_gettop(L) - 1, results, 0, 0, body_done), 0);
}
