// SPDX-License-Identifier: MIT
#include "lua/wait.h"

#include "lua/result.h"

enum { BUF_KEEP = 64 * 1024 }; // larger buffers are not kept for the next step

static void buf_reuse(struct buf *buf)
{
    if (buf->cap > BUF_KEEP)
        buf_release(buf);
    buf_clear(buf);
}

void wait_check_header(lua_State *L)
{
    if (script_of(L)->mode == SCRIPT_HEADER)
        vm_stop(L, VM_STOP_NO_HEADER);
}

static bool is_transparent(const char *name)
{
    return strcmp(name, "pcall") == 0 || strcmp(name, "xpcall") == 0;
}

// The nearest C function that called back into Lua is the one that cannot yield.
_Noreturn static void raise_blocked(lua_State *L, const char *label)
{
    lua_Debug ar;

    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sn", &ar);
        if (*ar.what == 'C' && ar.name && !is_transparent(ar.name))
            vm_raise(L, "%s: a step cannot wait inside a callback of '%s'", label, ar.name);
    }
    vm_raise(L, "%s: a step cannot wait here: it is inside a callback of a library function",
             label);
}

struct script_strand *wait_begin(lua_State *L, enum effect_kind kind, const char *label)
{
    struct script *script = script_of(L);
    struct script_strand *strand = script->current;

    wait_check_header(L);
    if (script->mode == SCRIPT_ONCE)
        vm_raise(L, "%s: no step can run inside once()", label);
    if (strand->cancelled && (!strand->cleaning || strand->cut))
        error_raise_cancelled(L);
    if (script->blocked || !lua_isyieldable(L))
        raise_blocked(L, label);
    strand->effect = (struct effect){ .kind = kind, .label = slice_str(label),
                                      .scope = !strand->cleaning ? SCOPE_BODY
                                               : strand->failed  ? SCOPE_UNWIND
                                                                 : SCOPE_DEFER };
    step_policy_init(&strand->effect.policy);
    buf_reuse(&strand->name);
    buf_reuse(&strand->args);
    buf_reuse(&strand->message);
    return strand;
}

// A strand that runs nothing of the author's (hosts:run) is at the line it was forked at.
static void set_line(lua_State *L, struct script_strand *strand)
{
    char text[LUA_IDSIZE + 16];
    struct script *script = script_of(L);
    size_t len = vm_line(L, text, sizeof(text));

    buf_clear(&strand->line);
    buf_add(&strand->line, text, len);
    if (len == 0 && strand->parent != strand->handle)
        buf_add_slice(&strand->line, buf_slice(&script->strands[strand->parent]->line));
    strand->effect.line = buf_slice(&strand->line);
}

static void hold_buffers(lua_State *L, struct script_strand *strand)
{
    size_t now = strand->name.cap + strand->args.cap + strand->message.cap;
    size_t old = strand->held;

    strand->held = now;
    if (!vm_hold(vm_of(L), old, now))
        vm_stop(L, ERR_MEMORY);
}

int wait_yield(lua_State *L, struct script_strand *strand, lua_KFunction k)
{
    set_line(L, strand);
    if (buf_failed(&strand->name) || buf_failed(&strand->args) || buf_failed(&strand->line) ||
        buf_failed(&strand->message))
        vm_stop(L, ERR_MEMORY);
    hold_buffers(L, strand);
    strand->effect.name = buf_slice(&strand->name);
    strand->effect.args = buf_slice(&strand->args);
    strand->effect.message = buf_slice(&strand->message);
    strand->waiting = true;
    return lua_yieldk(L, 0, 0, k);
}

const struct answer *wait_answer(lua_State *L, struct script_strand **ret)
{
    struct script *script = script_of(L);

    *ret = script->current;
    script->current->waiting = false;
    if (script->answer->kind == ANSWER_CANCEL || script->answer->kind == ANSWER_CUT ||
        script->answer->kind == ANSWER_DROP)
        error_raise_cancelled(L);
    return script->answer;
}
