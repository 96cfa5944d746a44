// SPDX-License-Identifier: MIT
// The attacks of the reliability notes, each stopped; and the list of everything
// a script can reach, compared with a golden one.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

enum { MEMORY = 8 << 20, BUDGET = 2 * 1000 * 1000, CPU_SECONDS_MAX = 10 };

static int attack(const char *text, uint64_t budget)
{
    struct drive d;
    clock_t from = clock();
    int rc;

    drive_open_limited(&d, text, MEMORY, budget);
    rc = drive_start(&d, 0);
    if (rc < 0) { // final: nothing can follow
        assert_int_equal(drive_start(&d, 0), rc);
    }
    drive_close(&d);
    assert_true(clock() - from < CPU_SECONDS_MAX * CLOCKS_PER_SEC);
    return rc;
}

static void test_budget_cannot_be_escaped(void **state)
{
    static const char *const attacks[] = {
        "while true do end",
        "local function f() return f() end f()",
        "coroutine.wrap(function() while true do end end)()",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "xpcall(error, function() while true do end end)",
        "while true do local co = coroutine.create(function() while true do end end) coroutine.resume(co) end",
        "local mt = { __close = function() while true do end end }\n"
        "while true do pcall(function() local a <close> = setmetatable({}, mt) local b <close> = setmetatable({}, mt) while true do end end) end",
        "while true do pcall(coroutine.wrap(function() local c <close> = setmetatable({}, { __close = function() while true do end end }) error() end)) end",
        "local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end)\n"
        "coroutine.resume(co) while true do pcall(coroutine.close, co) end",
        "for i = 1, 1 << 40 do (''):rep(1 << 40) end",
        "table.move({}, 1, 1 << 40, 2)",
        "local t = {} for i = 1, 1 << 20 do table.insert(t, 1, i) end",
        "while true do table.concat({}, 'x', 1, 0) end",
        "local t = setmetatable({}, { __index = function() return 'x' end, __len = function() return 1 << 40 end }) table.concat(t)",
        "(('a'):rep(40)):find(('a-'):rep(20) .. 'b')",
        "(('a'):rep(100000)):find('.-.-.-b')",
        "(('a'):rep(50000)):gsub('.*b', '')",
        "(('('):rep(100000)):find('%b()') local s = ('('):rep(100000) for i = 1, 1e9 do s:find('%b()') end",
        "local p = '[' .. ('b'):rep(100000) .. ']' ; (('a'):rep(100000)):find(p)",
        "local s = ('x'):rep(1 << 20) while true do local _ = s:lower() end",
        "local s = ('x'):rep(1 << 20) while true do local _ = s .. 'y' end",
        "local s = ('x'):rep(1 << 20) while true do local _ = utf8.len(s) end",
        "local s = ('x'):rep(1 << 20) while true do local _ = s:find('y', 1, true) end",
        "local s = ('x'):rep(1 << 20) while true do string.unpack('z', s .. '\\0') end",
        "local t = {} for i = 1, 100000 do t[i] = i end while true do for _ in pairs(t) do break end end",
        "local t = {} for i = 1, 100000 do t['k' .. i] = i end while true do next(t) end",
        "local t = {} for i = 1, 1000 do t[i] = -i end while true do table.sort(t) end",
        "table.sort({ 3, 2, 1 }, function() while true do end end)",
        "('x'):rep(10):gsub('.', function() while true do end end)",
        "local t = {} for i = 1, 50000 do t[i] = i end while true do table.unpack(t) end",
        "while true do load(('x = 1 '):rep(10000)) end",
        "load(function() return ' ' end)",
        "while true do json.decode('[' .. ('[1],'):rep(1000) .. '1]') end",
        "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) while true do pcall(function() return t[1] end) end",
        "while true do print('x') end",
        "while true do emit { 1, 2, 3 } end",
        "while true do math.random() end",
        "local s = ('x'):rep(200000) while true do q(s) end",
        "while true do setmetatable({}, {}) end",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
        int rc = attack(attacks[i], BUDGET);
        if (rc != ERR_BUDGET)
            fail_msg("attack %zu ended with %d (%s): %s", i, rc, err_name(rc), attacks[i]);
    }
}

static void test_memory_cannot_be_escaped(void **state)
{
    static const char *const attacks[] = {
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(100000) .. #t end) end",
        "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} while true do local ok = pcall(coroutine.wrap(function() while true do t[#t + 1] = { {} } end end)) end",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
        int rc = attack(attacks[i], 0);
        if (rc != ERR_MEMORY)
            fail_msg("attack %zu ended with %d (%s): %s", i, rc, err_name(rc), attacks[i]);
    }
}

// What waits outside the state counts too: arguments of many branches at once.
static void test_arguments_of_waiting_steps_count_as_memory(void **state)
{
    struct drive d;
    int rc = 0;

    (void)state;
    drive_open_limited(&d, "local s = ('x'):rep(1 << 20) local t = {} for i = 1, 32 do t[i] = i end\n"
                           "foreach(t, function() localhost:run { 'cat', stdin = s } end)", MEMORY, 0);
    assert_int_equal(drive_start(&d, 0), 0);
    for (uint32_t i = 0; i < 32 && rc == 0; i++) {
        uint32_t strand;
        assert_int_equal(script_fork(d.script, 0, i, SLICE("1.x"), &strand, &d.err), 0);
        rc = drive_start(&d, strand);
    }
    assert_int_equal(rc, ERR_MEMORY);
    drive_close(&d);
}

static void test_what_only_raises(void **state)
{
    (void)state;
    drive_check_fails("('x'):rep(1 << 60)", "test.lua:1: string.rep: the result would be too large");
    drive_check_prints("local function f() return 1 + f() end local ok, e = pcall(f) print(ok, e:match('stack overflow'))\n"
                       "print(load(string.rep('(', 1000) .. '1'))",
                       "false\tstack overflow\nnil\tC stack overflow\n");
    drive_check_prints("print(os, io, debug, package, dofile, loadfile, collectgarbage, string.dump, warn)",
                       "nil\tnil\tnil\tnil\tnil\tnil\tnil\tnil\tnil\n");
    drive_check_prints("print(getmetatable(''), pcall(setmetatable, '', {}))",
                       "string\tfalse\ttest.lua:1: setmetatable: argument 1 must be a table, not a string\n");
    drive_check_fails("setmetatable(setmetatable({}, { __metatable = 1 }), {})",
                      "test.lua:1: setmetatable: the metatable is protected");
}

// __mode written after setmetatable looked: found when the collector has run.
static void test_weak_tables_are_found_late_too(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local mt = {} t = setmetatable({}, mt) mt.__mode = 'k'\n"
                   "for i = 1, 200000 do local _ = { i } end sleep(1)");
    assert_int_equal(drive_start(&d, 0), ERR_SCRIPT);
    assert_string_equal(d.err.text, "setmetatable: '__mode' is not available: when entries vanish "
                                    "would differ on a replay");
    drive_close(&d);
}

// Walks everything reachable from the globals and prints one line per function and
// table path. Upvalues and registry are not reachable without a debug library.
static const char walk[] =
    "local seen = {}\n"
    "local function walk(path, v)\n"
    "  if type(v) ~= 'table' then print(path .. ' ' .. type(v)) return end\n"
    "  if seen[v] then print(path .. ' -> ' .. seen[v]) return end\n"
    "  seen[v] = path\n"
    "  for k, m in pairs(v) do walk(path == '' and k or path .. '.' .. tostring(k), m) end\n"
    "end\n"
    "walk('', _G)\n"
    "for _, v in ipairs { '', localhost, print, true, 1, (coroutine.running()) } do print(type(v), getmetatable(v)) end";

static const char golden[] =
    "_G -> \n_VERSION string\napprove function\nask function\nassert function\n"
    "coroutine.close function\ncoroutine.create function\ncoroutine.isyieldable function\n"
    "coroutine.resume function\ncoroutine.running function\ncoroutine.status function\n"
    "coroutine.wrap function\ncoroutine.yield function\n"
    "date function\ndefer function\nemit function\nerror function\nfail function\nfmt function\n"
    "foreach function\ngetmetatable function\nhost function\nipairs function\n"
    "job.id number\njob.meta.owner string\njob.name string\njob.started number\njob.uuid string\n"
    "json.decode function\njson.encode function\nlines function\nload function\nlocalhost userdata\n"
    "log.debug function\nlog.error function\nlog.info function\nlog.verbose function\nlog.warn function\n"
    "math.abs function\nmath.acos function\nmath.asin function\nmath.atan function\nmath.ceil function\n"
    "math.cos function\nmath.deg function\nmath.exp function\nmath.floor function\nmath.fmod function\n"
    "math.huge number\nmath.log function\nmath.max function\nmath.maxinteger number\nmath.min function\n"
    "math.mininteger number\nmath.modf function\nmath.pi number\nmath.rad function\nmath.random function\n"
    "math.randomseed function\nmath.sin function\nmath.sqrt function\nmath.tan function\n"
    "math.tointeger function\nmath.type function\nmath.ult function\n"
    "next function\nnow function\nonce function\npairs function\nparallel function\nparams.batch number\n"
    "pcall function\nprint function\nprogress function\nq function\nrawequal function\nrawget function\n"
    "rawlen function\nrawset function\nrequire function\nselect function\nsetmetatable function\nsleep function\n"
    "string.byte function\nstring.char function\nstring.find function\nstring.format function\n"
    "string.gmatch function\nstring.gsub function\nstring.len function\nstring.lower function\n"
    "string.match function\nstring.pack function\nstring.packsize function\nstring.rep function\n"
    "string.reverse function\nstring.sub function\nstring.unpack function\nstring.upper function\n"
    "suspend function\n"
    "table.concat function\ntable.insert function\ntable.move function\ntable.pack function\n"
    "table.remove function\ntable.sort function\ntable.unpack function\n"
    "tonumber function\ntostring function\ntype function\nundo function\n"
    "utf8.char function\nutf8.charpattern string\nutf8.codepoint function\nutf8.codes function\n"
    "utf8.len function\nutf8.offset function\n"
    "wait_signal function\nworkflow function\nxpcall function\n"
    "string\tstring\nuserdata\thost\nfunction\tnil\nboolean\tnil\nnumber\tnil\nthread\tnil\n";

static void test_reachable_is_what_the_list_says(void **state)
{
    (void)state;
    drive_check_prints(walk, golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget_cannot_be_escaped),
        cmocka_unit_test(test_memory_cannot_be_escaped),
        cmocka_unit_test(test_arguments_of_waiting_steps_count_as_memory),
        cmocka_unit_test(test_what_only_raises),
        cmocka_unit_test(test_weak_tables_are_found_late_too),
        cmocka_unit_test(test_reachable_is_what_the_list_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
