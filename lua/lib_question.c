// SPDX-License-Identifier: MIT
// approve and ask: a person answers. The effect is model/question.h's; what the answer may
// be is checked there, before it is one.
#include "lua/convert.h"
#include "lua/keys.h"
#include "lua/options.h"
#include "lua/result.h"
#include "lua/wait.h"

enum { QUESTION = 1, OPTIONS_IDX = 2, QUESTION_MAX = 4096, CHOICES_MAX = 4096 };

// f "text" or f{ "text", option = ... }: leaves text and options at [1] and [2].
static struct slice read_question(lua_State *L, const char *function, unsigned options)
{
    int positional = 0;
    struct slice text;

    if (lua_type(L, QUESTION) == LUA_TTABLE) {
        lua_settop(L, 1);
        lua_rawgeti(L, 1, 1);
        lua_insert(L, QUESTION);
        positional = 1;
    }
    lua_settop(L, 2);
    if (lua_type(L, QUESTION) != LUA_TSTRING || lua_rawlen(L, QUESTION) == 0)
        vm_raise(L, "%s: the question must be a string, not %s", function,
                 lua_type(L, QUESTION) == LUA_TSTRING ? "an empty one"
                                                      : vm_type_words(L, QUESTION));
    options_read(L, function, OPTIONS_IDX, positional, options, script_of(L)->current);
    text.ptr = (const uint8_t *)lua_tolstring(L, QUESTION, &text.len);
    if (text.len > QUESTION_MAX)
        vm_raise(L, "%s: the question has %zu bytes; %d are allowed: print the rest", function,
                 text.len, QUESTION_MAX);
    return text;
}

static int64_t read_within(lua_State *L, const char *function)
{
    int64_t within_ms = -1;

    if (lua_istable(L, OPTIONS_IDX) && lua_getfield(L, OPTIONS_IDX, "within") != LUA_TNIL)
        within_ms = options_duration_ms(L, function, "option 'within'", -1);
    lua_settop(L, OPTIONS_IDX);
    return within_ms;
}

// Pushes the list of choices, or nil.
static size_t read_choices(lua_State *L)
{
    lua_Integer count;
    size_t bytes = 0;

    if (!lua_istable(L, OPTIONS_IDX) || lua_getfield(L, OPTIONS_IDX, "choices") == LUA_TNIL)
        return 0;
    count = lua_type(L, -1) == LUA_TTABLE ? keys_list_length(L, -1) : -1;
    if (count < 1)
        options_raise(L, "ask", "choices", "a list of strings");
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, -1, i) != LUA_TSTRING)
            options_raise(L, "ask", "choices", "a list of strings");
        bytes += lua_rawlen(L, -1) + (i > 1); // as they are shown: "a|b"
        lua_pop(L, 1);
    }
    if (bytes > CHOICES_MAX)
        vm_raise(L, "ask: the choices have %zu bytes; %d are allowed in all", bytes, CHOICES_MAX);
    return (size_t)count;
}

static void put_choices(lua_State *L, struct buf *args, size_t count, struct buf *shown)
{
    struct slice s;

    value_put_str(args, "choices");
    value_put_array(args, count);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        s.ptr = (const uint8_t *)lua_tolstring(L, -1, &s.len);
        value_put_bytes(args, s);
        buf_addf(shown, "%s%.*s", i > 1 ? "|" : "", SLICE_ARG(s));
        lua_pop(L, 1);
    }
}

static void put_rest(struct script_strand *strand, struct slice text, int64_t within_ms)
{
    value_put_str(&strand->args, "question");
    value_put_bytes(&strand->args, text);
    if (within_ms >= 0) {
        value_put_str(&strand->args, "within");
        value_put_int(&strand->args, within_ms);
    }
    strand->effect.duration_ms = within_ms;
}

static void tell(lua_State *L, const char *function, struct slice text, const char *answers)
{
    struct slice line;

    vm_pushf(L, "question: %.*s (pawl answer %llu %s)\n", SLICE_ARG(text),
             (unsigned long long)script_of(L)->job_id, answers);
    line.ptr = (const uint8_t *)lua_tolstring(L, -1, &line.len);
    output_inform(L, function, line);
    lua_pop(L, 1);
}

// The answer; or what is pushed, and "timeout", when nobody answered in time.
static int answered(lua_State *L, void (*push_nobody)(lua_State *L))
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    if (answer->outcome->kind == OUTCOME_TIMEOUT) {
        push_nobody(L);
        lua_pushliteral(L, "timeout");
        return 2;
    }
    convert_decode(L, answer->outcome->value);
    return 1;
}

static void push_false(lua_State *L) { lua_pushboolean(L, 0); }

static int approve_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return answered(L, push_false);
}

// approve(text) or approve{ text, within = duration, name = } -> true or false;
// false, "timeout" when nobody answered in time
static int question_approve(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_ASK, "approve");
    struct slice text = read_question(L, "approve", OPTION_WITHIN | OPTION_NAME);
    int64_t within_ms = read_within(L, "approve");

    value_put_map(&strand->args, 2 + (size_t)(within_ms >= 0));
    value_put_str(&strand->args, "approve");
    value_put_bool(&strand->args, true);
    put_rest(strand, text, within_ms);
    tell(L, "approve", text, "yes|no");
    return wait_yield(L, strand, approve_done);
}

static void push_nil(lua_State *L) { lua_pushnil(L); }

static int ask_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return answered(L, push_nil);
}

// ask(text) or ask{ text, choices = { ... }, within = duration, name = } -> the answer's
// text; nil, "timeout" when nobody answered in time
static int question_ask(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_ASK, "ask");
    struct slice text = read_question(L, "ask", OPTION_WITHIN | OPTION_NAME | OPTION_CHOICES);
    int64_t within_ms = read_within(L, "ask");
    size_t count = read_choices(L);
    struct buf *shown = &strand->message; // not used by the effect

    value_put_map(&strand->args, 1 + (size_t)(within_ms >= 0) + (size_t)(count > 0));
    if (count)
        put_choices(L, &strand->args, count, shown);
    put_rest(strand, text, within_ms);
    tell(L, "ask", text, count ? buf_cstr(shown) : "TEXT");
    buf_clear(shown);
    return wait_yield(L, strand, ask_done);
}

void lib_question_open(lua_State *L)
{
    static const luaL_Reg functions[] = { { "approve", question_approve },
                                          { "ask", question_ask },
                                          { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
}
