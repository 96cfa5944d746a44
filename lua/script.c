// SPDX-License-Identifier: MIT
// The public face: making a state, resuming strands in it. Set-up code that may
// raise runs protected on the main thread; script code only ever runs on strand
// threads (or once()'s own), started by lua_resume from here.
//
// Copying the prelude into every state costs its compilation, so it is compiled
// at first use (prelude_get): most scripts never need it. A cache of bytecode
// handed in through script_options would be read there and nowhere else.
#include "lua/script.h"

#include <assert.h>
#include <stdlib.h>

#include "base/embedded.h"
#include "lua/convert.h"
#include "lua/lib_flow.h"
#include "lua/result.h"

enum { SCRATCH_KEEP = 64 * 1024 }; // a larger scratch buffer is not kept between resumes

// ---- prelude

struct slice script_prelude(void)
{
    assert(embedded_prelude[0].name && !embedded_prelude[1].name);
    return embedded_prelude[0].text;
}

// Its argument is the table of primitives, see lib_flow.c.
static void load_prelude(lua_State *L, struct slice text)
{
    if (luaL_loadbufferx(L, (const char *)text.ptr, text.len, VM_PRELUDE_NAME, "t") != LUA_OK)
        lua_error(L);
    lib_primitives_push(L);
    lua_call(L, 1, 1);
    lua_pushvalue(L, -1);
    vm_set(L, VM_PRELUDE);
}

void prelude_get(lua_State *L, const char *name)
{
    vm_get(L, VM_PRELUDE);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        load_prelude(L, script_prelude());
    }
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

static int prelude_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return lua_gettop(L);
}

int prelude_call(lua_State *L, const char *name)
{
    prelude_get(L, name);
    if (!lua_isfunction(L, -1)) // the prelude is as old as its job
        vm_raise(L, "%s: a job that an older Pawl has started cannot do that; start it anew", name);
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, prelude_done);
    return prelude_done(L, LUA_OK, 0);
}

// ---- making and freeing

static void make_weak_table(lua_State *L, enum vm_slot slot)
{
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    vm_set(L, slot);
}

static void make_slots(lua_State *L)
{
    for (int slot = VM_SLOT_FIRST; slot <= VM_SLOT_LAST; slot++) {
        lua_pushboolean(L, 0);
        vm_set(L, (enum vm_slot)slot);
    }
    for (int slot = VM_STRANDS; slot <= VM_CLEANUP; slot++) {
        lua_createtable(L, 1, 0);
        vm_set(L, (enum vm_slot)slot);
    }
    make_weak_table(L, VM_NAMES);
    make_weak_table(L, VM_ONCE_NAMES);
    make_weak_table(L, VM_BUSY);
    make_weak_table(L, VM_METATABLES);
}

// Argument: where the options are. Leaves the compiled chunk in its slot.
static int open_protected(lua_State *L)
{
    const struct script_options *const *given = lua_touserdata(L, 1);
    const struct script_options *options = *given;
    struct slice text = options->text;

    make_slots(L);
    result_open(L);
    sandbox_open(L);
    sandbox_set_job(L, options);
    if (options->prelude.len) { // not this binary's: its text is only lent
        load_prelude(L, options->prelude);
        lua_pop(L, 1);
    }
    modules_load(L, options->modules);
    lua_pushfstring(L, "@%s", lua_pushlstring(L, (const char *)options->name.ptr,
                                              options->name.len));
    if (luaL_loadbufferx(L, (const char *)text.ptr, text.len, lua_tostring(L, -1), "t") != LUA_OK)
        lua_error(L);
    vm_set(L, VM_CHUNK);
    return 0;
}

static int failure_of_opening(struct script *script, int status, struct err *err)
{
    lua_State *L = script->vm.L;

    if (status == LUA_ERRMEM || script->vm.failed) {
        script->vm.failed = script->vm.failed ? script->vm.failed : ERR_MEMORY;
        return vm_failure(&script->vm, err);
    }
    return err_set(err, ERR_SCRIPT, "%s", lua_tostring(L, -1) ? lua_tostring(L, -1) : "?");
}

static int open_state(struct script *script, const struct script_options *options, struct err *err)
{
    size_t memory_max = options->memory_max ? options->memory_max : SCRIPT_MEMORY_MAX;
    uint32_t main_strand;
    int status;
    int rc = vm_open(&script->vm, memory_max, err);

    if (rc < 0)
        return rc;
    lua_pushcfunction(script->vm.L, open_protected);
    lua_pushlightuserdata(script->vm.L, &options);
    status = lua_pcall(script->vm.L, 1, 0, 0);
    if (status != LUA_OK)
        return failure_of_opening(script, status, err);
    rc = strand_open(script, &main_strand, err);
    if (rc < 0)
        return rc;
    assert(main_strand == 0);
    buf_add_byte(&script->strands[0]->path, '1');
    return 0;
}

int script_make(struct script **ret, const struct script_options *options, enum script_mode mode,
                struct err *err)
{
    struct script *script;
    int rc;

    *ret = NULL;
    if (options->text.len > SCRIPT_TEXT_MAX)
        return err_set(err, ERR_SCRIPT, "%.*s: %zu bytes of script; %d are allowed",
                       SLICE_ARG(options->name), options->text.len, SCRIPT_TEXT_MAX);
    if (options->text.len && options->text.ptr[0] == LUA_SIGNATURE[0])
        return err_set(err, ERR_SCRIPT, "%.*s: compiled Lua; only its text can be run",
                       SLICE_ARG(options->name));
    script = calloc(1, sizeof(*script));
    if (!script)
        return err_set(err, ERR_MEMORY, "no memory for a script");
    script->mode = mode;
    script->budget_max = options->budget_max ? options->budget_max : SCRIPT_BUDGET_MAX;
    script->uuid = options->job_uuid;
    script->job_id = options->job_id;
    script->note = options->note;
    script->note_arg = options->note_arg;
    buf_init(&script->scratch, 0);
    value_doc_init(&script->doc);
    rc = open_state(script, options, err);
    if (rc < 0) {
        script_free(script);
        return rc;
    }
    *ret = script;
    return 0;
}

int script_new(struct script **ret, const struct script_options *options, struct err *err)
{
    return script_make(ret, options, SCRIPT_RUN, err);
}

int script_compile(struct slice name, struct slice text, struct err *err)
{
    struct script_options options = { .name = name, .text = text };
    struct script *script;
    int rc = script_make(&script, &options, SCRIPT_HEADER, err);

    script_free(script);
    return rc;
}

void script_free(struct script *script)
{
    if (!script)
        return;
    vm_close(&script->vm);
    for (size_t i = 0; i < script->strand_cap; i++)
        strand_close(script, script->strands[i]);
    free(script->strands);
    buf_release(&script->scratch);
    value_doc_release(&script->doc);
    free(script);
}

size_t script_bytes(const struct script *script) { return vm_bytes(&script->vm); }

// ---- strands

static struct script_strand *strand_at(const struct script *script, uint32_t handle)
{
    assert(handle < script->strand_cap && script->strands[handle]);
    return script->strands[handle];
}

// Pushes what a new strand runs, for a branch: fn(item, key) of its fork's record.
static int push_branch(lua_State *L)
{
    const struct script_strand *strand = lua_touserdata(L, 1);

    if (strand->branch == SCRIPT_PROBE)
        return probe_push(L, strand);
    vm_get(L, VM_PENDING);
    lua_rawgeti(L, -1, (lua_Integer)strand->parent + 1);
    fork_push_branch(L, (lua_Integer)strand->branch + 1);
    return 3;
}

static int raise_cancelled(lua_State *L)
{
    error_raise_cancelled(L);
}

static int begin(struct script *script, struct script_strand *strand)
{
    lua_State *L = script->vm.L;
    int count = 1;

    strand->started = true;
    if (strand->cancelled) { // before it began: it ends without running
        lua_pushcfunction(L, raise_cancelled);
    } else if (strand->handle == 0) {
        vm_get(L, VM_CHUNK);
    } else {
        lua_pushcfunction(L, push_branch);
        lua_pushlightuserdata(L, strand);
        if (lua_pcall(L, 1, 3, 0) != LUA_OK)
            return LUA_ERRMEM;
        count = 3;
    }
    if (!lua_checkstack(strand->co, 8))
        return LUA_ERRMEM;
    lua_pushcfunction(strand->co, strand_main);
    lua_xmove(L, strand->co, count);
    return lua_resume(strand->co, NULL, count, &count);
}

static int go_on(struct script_strand *strand)
{
    int count;

    return lua_resume(strand->co, NULL, 0, &count);
}

static int check_protected(lua_State *L)
{
    sandbox_check_metatables(L);
    return 0;
}

// Once per garbage collection: no weak table may have come up in the meantime.
static int check_collected(struct script *script, struct err *err)
{
    lua_State *L = script->vm.L;

    if (!script->collected)
        return 0;
    script->collected = false;
    lua_pushcfunction(L, check_protected);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK)
        return 0;
    if (!script->vm.failed)
        err_set(err, ERR_SCRIPT, "%s", lua_tostring(L, -1));
    lua_settop(L, 0);
    return script->vm.failed ? vm_failure(&script->vm, err) : ERR_SCRIPT;
}

int script_resume(struct script *script, uint32_t handle, const struct answer *answer,
                  struct effect *ret, struct err *err)
{
    struct script_strand *strand = strand_at(script, handle);
    int status;

    if (script->vm.failed)
        return vm_failure(&script->vm, err);
    assert(!strand->ended && strand->waiting == strand->started);
    if (answer->now_unix_ms > script->now_unix_ms)
        script->now_unix_ms = answer->now_unix_ms;
    strand->dropped |= answer->kind == ANSWER_DROP;
    strand->cut |= strand->dropped || answer->kind == ANSWER_CUT;
    strand->cancelled |= strand->cut || answer->kind == ANSWER_CANCEL;
    script->current = strand;
    script->answer = answer;
    script->blocked = false;
    vm_begin(&script->vm, script->budget_max);
    status = strand->started ? go_on(strand) : begin(script, strand);
    script->current = NULL;
    script->answer = NULL;
    if (script->scratch.cap > SCRATCH_KEEP)
        buf_release(&script->scratch);
    if (status == LUA_ERRMEM && !script->vm.failed)
        script->vm.failed = ERR_MEMORY;
    if (script->vm.failed)
        return vm_failure(&script->vm, err);
    assert(status == LUA_YIELD ? strand->waiting : strand->ended);
    *ret = strand->effect;
    return check_collected(script, err);
}

int script_fork(struct script *script, uint32_t parent, uint32_t index, struct slice path,
                uint32_t *ret, struct err *err)
{
    struct script_strand *forking = strand_at(script, parent);
    struct script_strand *strand;
    int rc;

    assert(forking->waiting);
    assert(index == SCRIPT_PROBE ? forking->effect.policy.on_interrupt == ON_INTERRUPT_ASK
                                 : index < forking->effect.fork_count);
    if (script->vm.failed)
        return vm_failure(&script->vm, err);
    vm_begin(&script->vm, script->budget_max); // what the parent left is not ours to use
    rc = strand_open(script, ret, err);
    if (rc < 0)
        return rc;
    strand = script->strands[*ret];
    strand->parent = parent;
    strand->branch = index;
    buf_add_slice(&strand->path, path);
    if (buf_failed(&strand->path)) {
        strand_close(script, strand);
        return err_set(err, ERR_MEMORY, "no memory for a strand's path");
    }
    return 0;
}

void script_strand_free(struct script *script, uint32_t strand)
{
    strand_close(script, strand_at(script, strand));
}
