// SPDX-License-Identifier: MIT
// The standard library as a script sees it: where it is ours it must agree with
// stock Lua, but for what is different on purpose: order, numbers, names.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_pairs_walks_in_canonical_order(void **state)
{
    (void)state;
    drive_check_prints("local t = { zebra = 1, apple = 2, [3] = 'c', [1] = 'a', [2.5] = 'r', "
                       "[-7] = 'n', [true] = 't', [false] = 'f' }\n"
                       "for k, v in pairs(t) do print(k, v) end",
                       "-7\tn\n1\ta\n2.5\tr\n3\tc\napple\t2\nzebra\t1\nfalse\tf\ntrue\tt\n");
}

static void test_pairs_over_a_list_and_while_it_changes(void **state)
{
    (void)state;
    drive_check_prints("local t = { 'a', 'b', 'c' }\n"
                       "for i, v in pairs(t) do t[i + 1] = nil; print(i, v) end\n"
                       "print(next({}), next({ 5 }))",
                       "1\ta\n3\tc\nnil\t1\t5\n");
}

static void test_next_finds_each_key_once(void **state)
{
    (void)state;
    drive_check_prints("local t, k, s = { b = 1, a = 2, [10] = 3 }, nil, ''\n"
                       "repeat k = next(t, k); s = s .. tostring(k) .. ' ' until k == nil\n"
                       "print(s)",
                       "10 a b nil \n");
}

static void test_pairs_refuses_keys_without_an_order(void **state)
{
    (void)state;
    drive_check_fails("for k in pairs({ [{}] = 1 }) do end",
                      "test.lua:1: pairs: the table has a key that is a table; such keys have no "
                      "order that a replay could repeat");
    drive_check_fails("next({ [print] = 1 })",
                      "test.lua:1: next: the table has a key that is a function; such keys have "
                      "no order that a replay could repeat");
}

static void test_pairs_metamethod(void **state)
{
    (void)state;
    drive_check_prints("local t = setmetatable({}, { __pairs = function(t) return function(_, k) "
                       "if not k then return 1, 'x' end end, t, nil end })\n"
                       "for k, v in pairs(t) do print(k, v) end",
                       "1\tx\n");
}

static void test_tostring_has_no_addresses_and_all_digits(void **state)
{
    (void)state;
    drive_check_prints("local a, b = {}, {}\n"
                       "print(b, a, b, print)\n"
                       "print(0.1, 1/3, 2^53, 1e100, 100.0, -0.0, 0/0, -(0/0), 1/0, -1/0, 3, 1e15)\n"
                       "print(tostring(nil), tostring(true), string.format('%s', a))",
                       "table: #1\ttable: #2\ttable: #1\tfunction: #3\n"
                       "0.1\t0.3333333333333333\t9007199254740992.0\t1e+100\t100.0\t-0.0\tnan\tnan\t"
                       "inf\t-inf\t3\t1e+15\n"
                       "nil\ttrue\ttable: #2\n");
}

static void test_string_functions(void **state)
{
    (void)state;
    drive_check_prints("print(('hello'):sub(2, -2), ('hello'):sub(-3), ('x'):sub(5), ('hello'):sub(0, 99))\n"
                       "print(('abc'):byte(1, -1)) print(string.char(72, 105), ('aBc'):upper(), ('aBc'):lower())\n"
                       "print(('ab'):rep(3, '-'), ('ab'):rep(0), (''):rep(1 << 40), ('abc'):reverse(), #'abc')\n"
                       "print(string.unpack('<i4', string.pack('<i4', 77)))",
                       "ell\tllo\t\thello\n97\t98\t99\nHi\tABC\tabc\nab-ab-ab\t\t\tcba\t3\n77\t5\n");
}

static void test_patterns(void **state)
{
    (void)state;
    drive_check_prints(
        "print(('hello world'):find('o w')) print(('hello'):find('l+')) print(('a.b'):find('.', 1, true))\n"
        "print(('key = value'):match('^(%w+)%s*=%s*(%w+)$')) print(('x'):match('()x()'))\n"
        "print(('THE (quick) fox'):find('%((%a+)%)')) print(('f(a(b)c)d'):match('%b()'))\n"
        "print(('THE quick'):gsub('%f[%a]%a+', '<%0>')) print(('abab'):match('(ab)%1'))\n"
        "print(('  trim '):match('^%s*(.-)%s*$') .. '|') print(('a-b'):gsub('[%-x]', '+'))\n"
        "print(('[x]y'):match('[]]')) print(('a]'):match('[^]]')) print(('x^y'):find('^', 1, true))\n"
        "print(('abc'):gsub('', '-')) print(('abc'):gsub('%w', '%0%0', 2)) print(('aa'):match('a-b'))\n"
        "print(('k1=v1, k2=v2'):gsub('(%w+)=(%w+)', '%2=%1'))",
        "5\t7\n3\t4\n2\t2\nkey\tvalue\n1\t2\n5\t11\tquick\n(a(b)c)\n<THE> <quick>\t2\nab\n"
        "trim|\na+b\t1\n]\na\n2\t2\n-a-b-c-\t4\naabbc\t2\nnil\nv1=k1, v2=k2\t2\n");
}

static void test_gmatch_and_gsub_callbacks(void **state)
{
    (void)state;
    drive_check_prints(
        "for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do print(k, v) end\n"
        "for w in ('one two'):gmatch('%a*') do print('[' .. w .. ']') end\n"
        "print(('$name is $age'):gsub('%$(%w+)', { name = 'Ann', age = 3 }))\n"
        "print(('hello'):gsub('l', function(c) return nil end))\n"
        "print(('abc'):gsub('%w', function(c) return c:byte() end, 2))\n"
        "print(('abc'):gsub('^a', function() return 'x' end), (('aaa'):gsub('^a', { a = 'b' })))\n"
        "print(('abc'):gsub('', function() return '-' end)) print(('x y'):gsub('()', { 'a' }))",
        "a\t1\nb\t2\n[one]\n[two]\nAnn is 3\t2\nhello\t2\n9798c\t2\nxbc\tbaa\n-a-b-c-\t4\nax y\t4\n");
}

static void test_wrong_patterns_name_what_is_wrong(void **state)
{
    (void)state;
    drive_check_fails("('a'):find('[a')", "test.lua:1: malformed pattern: missing ']'");
    drive_check_fails("('a'):find('%')", "test.lua:1: malformed pattern: it ends with '%'");
    drive_check_fails("('a'):match('(a')", "test.lua:1: malformed pattern: missing ')'");
    drive_check_fails("('a'):match('a)')", "test.lua:1: malformed pattern: ')' without '('");
    drive_check_fails("('a'):gsub('a', '%2')", "test.lua:1: '%2' names no capture of the pattern");
    drive_check_fails("('x'):rep(300):match(('x?'):rep(300) .. ('x'):rep(300))",
                      "test.lua:1: pattern too complex");
}

static void test_format(void **state)
{
    (void)state;
    drive_check_prints("print(fmt('%5d|%-5s|%05.1f|%x|%c|%%|%q', 42, 'ab', 3.14159, 255, 65, 'a\\n\"b\\0c'))\n"
                       "print(fmt('%s %s %s', nil, true, { 1 }), fmt('%.3s', 'abcdef'), fmt('%i', 3.0))\n"
                       "print(fmt('%q %q', 1/3, 255), fmt('%g', 1e20), fmt('%f', 0/0))",
                       "   42|ab   |003.1|ff|A|%|\"a\\\n\\\"b\\0c\"\nnil true table: #1\tabc\t3\n"
                       "0x1.5555555555555p-2 255\t1e+20\tnan\n");
    drive_check_fails("fmt('%p', {})", "test.lua:1: string.format: '%p' is not available: "
                                       "addresses differ on a replay");
    drive_check_fails("fmt('%d', 'x')",
                      "test.lua:1: string.format: argument 2 must be a whole number, not a string");
    drive_check_fails("fmt('%d')", "test.lua:1: string.format: argument 2 is missing");
}

static void test_table_functions(void **state)
{
    (void)state;
    drive_check_prints(
        "local t = { 1, 2, 3 } table.insert(t, 4) table.insert(t, 1, 0)\n"
        "print(table.concat(t, ','), table.remove(t), table.remove(t, 1), table.concat(t, '-', 2, 3))\n"
        "print(table.unpack({ 1, nil, 3 }, 1, 3)) print(table.pack(1, nil).n)\n"
        "print(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ','), table.concat({}), table.remove({}))\n"
        "print(table.concat({ 1, 2.5, 'x' }, ' '), select('#', table.unpack({}, 1, 3)))",
        "0,1,2,3,4\t4\t0\t2-3\n1\tnil\t3\n2\n1,1,2,3\t\tnil\n1 2.5 x\t3\n");
    drive_check_fails("table.insert({}, 5, 1)",
                      "test.lua:1: table.insert: position 5 is outside the list (1 to 1)");
    drive_check_fails("table.concat({ {} })", "test.lua:1: table.concat: element 1 is a table; "
                                              "only strings and numbers can be joined");
}

static void test_sort_is_stable(void **state)
{
    (void)state;
    drive_check_prints(
        "local t = { 3, 1.5, 2, -1, 2.0, 1 << 62 } table.sort(t) print(table.concat(t, ' '))\n"
        "local s = { 'b', 'a', 'ab', '' } table.sort(s) print(table.concat(s, ','))\n"
        "local r = {} for i = 1, 50 do r[i] = { i % 3, i } end\n"
        "table.sort(r, function(a, b) return a[1] < b[1] end)\n"
        "local ok = true for i = 2, 50 do local a, b = r[i - 1], r[i]\n"
        "  ok = ok and (a[1] < b[1] or a[1] == b[1] and a[2] < b[2]) end print(ok)\n"
        "table.sort(t, function(a, b) return a > b end) print(table.concat(t, ' '))",
        "-1 1.5 2 2.0 3 4611686018427387904\n,a,ab,b\ntrue\n4611686018427387904 3 2 2.0 1.5 -1\n");
    drive_check_fails("table.sort({ 1, 'x' })",
                      "test.lua:1: table.sort: a string and a number cannot be compared");
}

static void test_a_broken_order_function_cannot_break_sort(void **state)
{
    (void)state;
    drive_check_prints("local t = {} for i = 1, 100 do t[i] = i end\n"
                       "table.sort(t, function() return true end) print(#t)",
                       "100\n");
}

static void test_coroutines(void **state)
{
    (void)state;
    drive_check_prints(
        "local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2 end)\n"
        "print(coroutine.resume(co, 1, 2)) print(coroutine.status(co)) print(coroutine.resume(co, 5))\n"
        "print(coroutine.status(co), coroutine.resume(co))\n"
        "local gen = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(i) end end)\n"
        "print(gen(), gen()) print(select(2, coroutine.running()), coroutine.isyieldable())\n"
        "print(coroutine.close(coroutine.create(print)))\n"
        "print(pcall(coroutine.wrap(function() error('boom', 0) end)))\n"
        "print(coroutine.resume(coroutine.running()))",
        "true\t3\nsuspended\ntrue\t10\ndead\tfalse\tcannot resume dead coroutine\n1\t2\n"
        "true\tfalse\ntrue\nfalse\tboom\nfalse\tcannot resume non-suspended coroutine\n");
    drive_check_fails("coroutine.yield(1)",
                      "test.lua:1: attempt to yield from outside a coroutine");
}

static void test_protected_calls(void **state)
{
    (void)state;
    drive_check_prints(
        "print(pcall(error, { 1 })) print(pcall(function(...) return select('#', ...) end, 1, nil))\n"
        "print(xpcall(function() error('x', 0) end, function(m) return m .. '!' end))\n"
        "print(xpcall(function(a) return a end, print, 9))\n"
        "print(xpcall(function() error('a', 0) end, function() error('b', 0) end))\n"
        "do local c <close> = setmetatable({}, { __close = function() print('closed') end }) end",
        "false\ttable: #1\ntrue\t2\nfalse\tx!\ntrue\t9\nfalse\tb\nclosed\n");
}

static void test_load_takes_text_only(void **state)
{
    (void)state;
    drive_check_prints("print(load('return 1 + 1')()) print(load('return x', 'c', 't', { x = 5 })())\n"
                       "print(load('return +')) x = 3 print(load('return x')())\n"
                       "local parts = { 'return ', '7' } local i = 0\n"
                       "print(load(function() i = i + 1 return parts[i] end)())\n"
                       "print(load('\\27Lua'))",
                       "2\n5\nnil\t[string \"return +\"]:1: unexpected symbol near '+'\n3\n7\n"
                       "nil\tattempt to load a binary chunk (mode is 't')\n");
    drive_check_fails("load('x', 'n', 'b')",
                      "test.lua:1: load: only text can be loaded, not mode 'b'");
}

static void test_helpers(void **state)
{
    (void)state;
    drive_check_prints("print(q('it\\'s', 'b c')) for i, l in ipairs(lines('a\\r\\nb\\n\\nc')) do print(i, l) end\n"
                       "print(#lines(''), json.encode({ b = { 1, 2 }, a = 'x', c = 0.1 }), json.decode('{\"k\":[1,null,2.5]}').k[1])\n"
                       "print(utf8.len('h\xc3\xa9'), math.type(1), math.max(1, 5), math.floor(2.7))",
                       "'it'\\''s' 'b c'\n1\ta\n2\tb\n3\t\n4\tc\n"
                       "0\t{\"a\":\"x\",\"b\":[1,2],\"c\":0.1}\t1\n2\tinteger\t5\t2\n");
    drive_check_fails("json.decode('{')",
                      "test.lua:1: json.decode: line 1, column 1: string or '}' expected near end of file");
}

static void test_random_depends_on_job_and_strand_only(void **state)
{
    struct drive a, b;

    (void)state;
    assert_string_equal(drive_run(&a, "return { math.random(1000), math.random(5, 6), math.random() }"), "");
    assert_string_equal(drive_run(&b, "return { math.random(1000), math.random(5, 6), math.random() }"), "");
    assert_memory_equal(a.effect.value.ptr, b.effect.value.ptr, a.effect.value.len);
    drive_close(&a);
    drive_close(&b);
    drive_check_prints("for i = 1, 1000 do local n = math.random(3) assert(n >= 1 and n <= 3) end\n"
                       "math.randomseed(5) local a = math.random(0) math.randomseed(5)\n"
                       "print(a == math.random(0), math.type(a))",
                       "true\tinteger\n");
    drive_check_fails("math.random(2, 1)", "test.lua:1: math.random: there is no number from 2 to 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_walks_in_canonical_order),
        cmocka_unit_test(test_pairs_over_a_list_and_while_it_changes),
        cmocka_unit_test(test_next_finds_each_key_once),
        cmocka_unit_test(test_pairs_refuses_keys_without_an_order),
        cmocka_unit_test(test_pairs_metamethod),
        cmocka_unit_test(test_tostring_has_no_addresses_and_all_digits),
        cmocka_unit_test(test_string_functions),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_gmatch_and_gsub_callbacks),
        cmocka_unit_test(test_wrong_patterns_name_what_is_wrong),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_table_functions),
        cmocka_unit_test(test_sort_is_stable),
        cmocka_unit_test(test_a_broken_order_function_cannot_break_sort),
        cmocka_unit_test(test_coroutines),
        cmocka_unit_test(test_protected_calls),
        cmocka_unit_test(test_load_takes_text_only),
        cmocka_unit_test(test_helpers),
        cmocka_unit_test(test_random_depends_on_job_and_strand_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
