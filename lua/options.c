// SPDX-License-Identifier: MIT
// Options are looked up by their known names; only when the table holds more
// than was found is it searched for the stranger. So messages never depend on
// the order in which Lua keeps a table.
#include "lua/options.h"

#include <math.h>

#include "base/duration.h"
#include "base/suggest.h"
#include "lua/keys.h"
#include "lua/text.h"

enum { RETRY_TIMES_MAX = 1000000 };

static const char *const names[] = {
#define X(id, text) [OPTION_BIT_##id] = text,
    OPTIONS(X)
#undef X
};

_Noreturn void options_raise(lua_State *L, const char *function, const char *option,
                             const char *expected)
{
    vm_raise(L, "%s: option '%s' must be %s, not %s", function, option, expected,
             vm_type_words(L, -1));
}

int64_t options_duration_ms(lua_State *L, const char *function, const char *option, int idx)
{
    struct slice text;
    int64_t ms = 0;
    bool ok = false;

    if (lua_type(L, idx) == LUA_TNUMBER) {
        ok = duration_from_seconds(lua_tonumber(L, idx), &ms);
    } else if (lua_type(L, idx) == LUA_TSTRING) {
        text.ptr = (const uint8_t *)lua_tolstring(L, idx, &text.len);
        ok = duration_from_text(text, &ms);
    } else {
        vm_raise(L, "%s: %s must be %s, not %s", function, option, DURATION_EXPECTED,
                 vm_type_words(L, idx));
    }
    if (!ok)
        vm_raise(L, "%s: %s must be %s, not '%s'", function, option, DURATION_EXPECTED,
                 lua_tostring(L, idx));
    return ms;
}

static int64_t duration_option(lua_State *L, const char *function, const char *option)
{
    char words[64];

    snprintf(words, sizeof(words), "option '%s'", option);
    return options_duration_ms(L, function, words, -1);
}

// ---- retry = 3, or { times = 3, every = "2s", backoff = 2, max = "1m" }

static uint32_t retry_times(lua_State *L, const char *function, const char *option)
{
    lua_Integer times;

    if (!lua_isinteger(L, -1))
        options_raise(L, function, option, "a whole number");
    times = lua_tointeger(L, -1);
    if (times < 0 || times > RETRY_TIMES_MAX)
        vm_raise(L, "%s: option '%s' must be 0 to %d, not %lld", function, option,
                 RETRY_TIMES_MAX, (long long)times);
    return (uint32_t)times;
}

static void check_retry_names(lua_State *L, const char *function)
{
    static const char *const known[] = { "times", "every", "backoff", "max" };
    char text[SUGGEST_LIST_MAX];
    struct suggest suggest;
    struct keys keys;

    if (!keys_collect(L, -1, &keys))
        vm_raise(L, "%s: option 'retry' has a key that is %s", function, vm_type_words(L, -1));
    for (size_t i = 0; i < keys.count; i++) {
        struct key *key = &keys.at[i];
        bool found = false;
        if (key->type != KEY_STRING)
            vm_raise(L, "%s: option 'retry' must be a number, or a table of times, every, "
                        "backoff, max", function);
        suggest_begin(&suggest, key->s);
        for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
            found = found || slice_is(key->s, known[k]);
            suggest_add(&suggest, slice_str(known[k]));
        }
        if (!found)
            vm_raise(L, "%s: unknown option 'retry.%.*s'%s", function, SLICE_ARG(key->s),
                     suggest_or_list(&suggest, text));
    }
    lua_pop(L, 1);
}

static void read_retry(lua_State *L, const char *function, struct script_strand *strand)
{
    struct step_policy *policy = &strand->effect.policy;

    if (lua_type(L, -1) != LUA_TTABLE) {
        policy->retry_times = retry_times(L, function, "retry");
        return;
    }
    check_retry_names(L, function);
    if (lua_getfield(L, -1, "times") == LUA_TNIL)
        vm_raise(L, "%s: option 'retry.times' is required: how often to try again", function);
    policy->retry_times = retry_times(L, function, "retry.times");
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "every") != LUA_TNIL)
        policy->retry_every_ms = duration_option(L, function, "retry.every");
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "max") != LUA_TNIL)
        policy->retry_max_ms = duration_option(L, function, "retry.max");
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "backoff") != LUA_TNIL) {
        policy->retry_backoff = lua_tonumber(L, -1);
        if (lua_type(L, -1) != LUA_TNUMBER || !(policy->retry_backoff >= 1) ||
            isinf(policy->retry_backoff))
            options_raise(L, function, "retry.backoff", "a number of at least 1");
    }
    lua_pop(L, 1);
}

// ---- the others

// The index of the string on top among `words`.
static int one_of(lua_State *L, const char *function, const char *option, const char *expected,
                  const char *const words[], int count)
{
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

    for (int i = 0; s && i < count; i++)
        if (strcmp(s, words[i]) == 0)
            return i;
    if (s)
        vm_raise(L, "%s: option '%s' must be %s, not '%s'", function, option, expected, s);
    options_raise(L, function, option, expected);
}

static void read_name(lua_State *L, const char *function, struct script_strand *strand)
{
    struct slice s;

    if (lua_type(L, -1) != LUA_TSTRING)
        options_raise(L, function, "name", "a string");
    s.ptr = (const uint8_t *)lua_tolstring(L, -1, &s.len);
    buf_add_slice(&strand->name, s);
}

static void read_timeout(lua_State *L, const char *function, struct script_strand *strand)
{
    strand->effect.policy.timeout_ms = duration_option(L, function, "timeout");
}

static void read_reach(lua_State *L, const char *function, struct script_strand *strand)
{
    int64_t *reach_ms = &strand->effect.policy.reach_ms;
    struct slice text;

    if (lua_type(L, -1) == LUA_TSTRING) {
        text.ptr = (const uint8_t *)lua_tolstring(L, -1, &text.len);
        if (slice_is(text, "forever"))
            *reach_ms = REACH_FOREVER;
        else if (!duration_from_text(text, reach_ms))
            vm_raise(L, "%s: option 'reach' must be " DURATION_EXPECTED ", or \"forever\", not '%s'",
                     function, lua_tostring(L, -1));
    } else {
        *reach_ms = duration_option(L, function, "reach");
    }
    if (*reach_ms == 0)
        vm_raise(L, "%s: option 'reach' must be longer than 0, or \"forever\"", function);
}

static void read_on_interrupt(lua_State *L, const char *function, struct script_strand *strand)
{
    static const char *const words[] = { [ON_INTERRUPT_RERUN] = "rerun",
                                         [ON_INTERRUPT_FAIL] = "fail",
                                         [ON_INTERRUPT_SUSPEND] = "suspend" };

    if (lua_type(L, -1) == LUA_TFUNCTION) {
        probe_keep(L, strand);
        return;
    }
    strand->effect.policy.on_interrupt = (enum on_interrupt)one_of(
        L, function, "on_interrupt", "'rerun', 'fail', 'suspend' or a function", words, 3);
}

static void read_on_error(lua_State *L, const char *function, struct script_strand *strand)
{
    static const char *const words[] = { [ON_ERROR_RAISE] = "raise",
                                         [ON_ERROR_CONTINUE] = "continue",
                                         [ON_ERROR_SUSPEND] = "suspend" };

    strand->effect.policy.on_error = (enum on_error)one_of(
        L, function, "on_error", "'raise', 'continue' or 'suspend'", words, 3);
}

static void allow_code(lua_State *L, const char *function, struct step_policy *policy)
{
    lua_Integer code = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;

    if (code < 0 || code > 255)
        options_raise(L, function, "ok_codes", "exit codes from 0 to 255");
    step_policy_allow(policy, (int32_t)code);
}

static void read_ok_codes(lua_State *L, const char *function, struct script_strand *strand)
{
    struct step_policy *policy = &strand->effect.policy;

    memset(policy->ok_codes, 0, sizeof(policy->ok_codes));
    if (lua_type(L, -1) == LUA_TNUMBER) {
        allow_code(L, function, policy);
        return;
    }
    if (lua_type(L, -1) != LUA_TTABLE || keys_list_length(L, -1) < 1)
        options_raise(L, function, "ok_codes", "a list of exit codes");
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        allow_code(L, function, policy);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static bool read_flag(lua_State *L, const char *function, const char *option)
{
    if (lua_type(L, -1) != LUA_TBOOLEAN)
        options_raise(L, function, option, "true or false");
    return lua_toboolean(L, -1);
}

static void read_sensitive(lua_State *L, const char *function, struct script_strand *strand)
{
    strand->effect.policy.sensitive = read_flag(L, function, "sensitive");
}

static void read_quiet(lua_State *L, const char *function, struct script_strand *strand)
{
    strand->effect.policy.quiet = read_flag(L, function, "quiet");
}

typedef void (*option_reader)(lua_State *L, const char *function, struct script_strand *strand);

// Options without a reader stay in the table for the function that takes them.
static const option_reader readers[OPTION_BIT_COUNT] = {
    [OPTION_BIT_NAME] = read_name,
    [OPTION_BIT_TIMEOUT] = read_timeout,
    [OPTION_BIT_RETRY] = read_retry,
    [OPTION_BIT_ON_INTERRUPT] = read_on_interrupt,
    [OPTION_BIT_ON_ERROR] = read_on_error,
    [OPTION_BIT_OK_CODES] = read_ok_codes,
    [OPTION_BIT_SENSITIVE] = read_sensitive,
    [OPTION_BIT_QUIET] = read_quiet,
    [OPTION_BIT_REACH] = read_reach,
};

// ---- names

static bool is_known(struct slice name, unsigned set)
{
    for (int i = 0; i < OPTION_BIT_COUNT; i++)
        if ((set >> i & 1) && slice_is(name, names[i]))
            return true;
    return false;
}

_Noreturn static void raise_unknown(lua_State *L, const char *function, struct slice name,
                                    unsigned set)
{
    char text[SUGGEST_LIST_MAX];
    struct suggest suggest;

    suggest_begin(&suggest, name);
    for (int i = 0; i < OPTION_BIT_COUNT; i++)
        if (set >> i & 1)
            suggest_add(&suggest, slice_str(names[i]));
    vm_raise(L, "%s: unknown option '%.*s'%s", function, SLICE_ARG(name),
             suggest_or_list(&suggest, text));
}

// Called when the table holds more than the options found: raises about the
// first stranger, or returns when all others are list elements that are allowed.
static void find_stranger(lua_State *L, const char *function, int idx, int positional,
                          unsigned set)
{
    struct keys keys;

    if (!keys_collect(L, idx, &keys))
        vm_raise(L, "%s: the option table has a key that is %s", function, vm_type_words(L, -1));
    for (size_t i = 0; i < keys.count; i++) {
        struct key *key = &keys.at[i];
        if (key->type == KEY_INT && key->i >= 1 &&
            (positional == OPTIONS_ANY_POSITIONAL || key->i <= positional))
            continue;
        if (key->type == KEY_STRING && is_known(key->s, set))
            continue;
        if (key->type == KEY_STRING)
            raise_unknown(L, function, key->s, set);
        key_push(L, key);
        text_push(L, -1);
        vm_raise(L, "%s: unexpected element [%s] in the table", function, lua_tostring(L, -1));
    }
    lua_pop(L, 1);
}

void options_read(lua_State *L, const char *function, int idx, int positional, unsigned set,
                  struct script_strand *strand)
{
    size_t found = 0;

    if (lua_isnoneornil(L, idx))
        return;
    if (lua_type(L, idx) != LUA_TTABLE)
        vm_raise(L, "%s: the options must be a table, not %s", function, vm_type_words(L, idx));
    idx = lua_absindex(L, idx);
    for (int i = 0; i < OPTION_BIT_COUNT; i++) {
        if (!(set >> i & 1))
            continue;
        lua_pushstring(L, names[i]);
        if (lua_rawget(L, idx) != LUA_TNIL) {
            found++;
            if (strand && readers[i])
                readers[i](L, function, strand);
        }
        lua_pop(L, 1);
    }
    if (keys_count(L, idx) > found)
        find_stranger(L, function, idx, positional, set);
}
