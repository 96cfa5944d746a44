// SPDX-License-Identifier: MIT
// A probe: a strand that runs the on_interrupt function of its parent's step and
// finds out what became of an attempt that was cut off. Its function and host wait
// in the parent's slot; what it returns is the value of its END (model/step.h).
#include "lua/convert.h"
#include "lua/result.h"

enum { PROBE_FUNCTION = 1, PROBE_HOST };

void probe_keep(lua_State *L, struct script_strand *strand)
{
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, PROBE_FUNCTION);
    if (lua_type(L, 1) == LUA_TUSERDATA) { // once() has no host
        lua_pushvalue(L, 1);
        lua_rawseti(L, -2, PROBE_HOST);
    }
    vm_get(L, VM_PROBES);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)strand->handle + 1);
    lua_pop(L, 1);
    strand->effect.policy.on_interrupt = ON_INTERRUPT_ASK;
}

int probe_push(lua_State *L, const struct script_strand *strand)
{
    struct script *script = script_of(L);

    vm_get(L, VM_PROBES);
    lua_rawgeti(L, -1, (lua_Integer)strand->parent + 1);
    lua_rawgeti(L, -1, PROBE_FUNCTION);
    lua_rawgeti(L, -2, PROBE_HOST);
    result_push_facts(L, script->strands[strand->parent], script->answer, lua_gettop(L));
    return 3;
}

static enum verdict verdict_of(lua_State *L)
{
    enum verdict verdict = VERDICT_COUNT;
    struct slice word;

    if (lua_isnil(L, 1) || lua_isboolean(L, 1))
        return lua_toboolean(L, 1) ? VERDICT_DONE : VERDICT_RERUN;
    if (lua_type(L, 1) == LUA_TSTRING) {
        word.ptr = (const uint8_t *)lua_tolstring(L, 1, &word.len);
        verdict = verdict_parse(word);
    }
    return verdict;
}

static void fail(lua_State *L, struct script_strand *strand, const struct err *err)
{
    lua_settop(L, 0);
    lua_pushstring(L, err_text(err));
    error_push(L, "error");
    strand->failed = true;
}

void probe_encode(lua_State *L, struct script_strand *strand)
{
    enum verdict verdict = verdict_of(L);
    struct buf *given = &script_of(L)->scratch;
    struct err err;

    buf_clear(given);
    if (verdict == VERDICT_COUNT) {
        err_set(&err, ERR_SCRIPT, "on_interrupt: the function must return true or false, or 'done', "
                "'rerun', 'fail' or 'suspend', not %s", vm_type_words(L, 1));
        fail(L, strand, &err);
        return;
    }
    if (verdict == VERDICT_DONE && !lua_isnil(L, 2) &&
        convert_encode(L, 2, "on_interrupt: the value", given, &err) < 0) {
        fail(L, strand, &err);
        return;
    }
    value_put_array(&strand->value, 2);
    value_put_str(&strand->value, verdict_name(verdict));
    value_put_bytes(&strand->value, buf_slice(given));
}
