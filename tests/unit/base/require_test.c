// SPDX-License-Identifier: MIT
// What a Lua text requires: literal names in code, and nothing in comments, strings
// or fields.
#include "base/require.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// "name:line name:line "
static void finds(const char *text, const char *expected)
{
    struct require require = { 0 };
    char found[512] = "";
    size_t n = 0;

    while (require_next(slice_str(text), &require))
        n += (size_t)snprintf(found + n, sizeof(found) - n, "%.*s:%u ", SLICE_ARG(require.name),
                              require.line);
    assert_string_equal(found, expected);
}

static void literal_names_are_found(void **state)
{
    (void)state;
    finds("", "");
    finds("require 'a'", "a:1 ");
    finds("local x = require(\"lib.web\").run\nlocal y = require [[b]] require[==[c]]d]==]",
          "lib.web:1 b:2 c]]d:2 ");
    finds("return 'x' .. require 'a' .. 1", "a:1 ");
    finds("f(require\n  -- why\n  (\n 'deep'))\nrequire 'next'", "deep:1 next:5 ");
    finds("::l:: require 'a' goto l", "a:1 ");
    finds("x = 1//2 require 'a' --[=[ require 'b' ]] ]=] require 'c'", "a:1 c:1 ");
    finds("s = [[\n\n]] t = 'a\\\nb' require 'line'", "line:4 ");
}

static void nothing_else_is(void **state)
{
    (void)state;
    finds("-- require 'a'", "");
    finds("--[[ require 'a'\n require 'b' ]]", "");
    finds("x = \"require 'a'\" y = 'require \"b\"' z = [=[ require 'c' ]=]", "");
    finds("x = 'it\\'s require \"a\"'", "");
    finds("x.require 'a' x:require 'b' required 'c' prerequire 'd' _require 'e'", "");
    finds("require(name) require(('a'):upper()) local require = require", "");
    finds("require", "");
    finds("require(", "");
    finds("require 'unfinished", "unfinished:1 ");
    finds("require [[unfinished", "unfinished:1 ");
    finds("--[==[ never closed require 'a'", "");
    finds("'", "");
    finds("\\", "");
}

// Whatever the bytes are, the search ends inside the text.
static void any_bytes_are_survived(void **state)
{
    static const char alphabet[] = "require'\"[=]-\\ \n.:(a";
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)(i % 40);
        char *text = malloc(len ? len : 1); // exact size, for the sanitizer
        struct require require = { 0 };
        unsigned found = 0;
        for (size_t k = 0; k < len; k++) {
            seed = seed * 1103515245 + 12345;
            text[k] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
        }
        while (require_next(slice_of(text, len), &require) && found <= len)
            found++;
        assert_true(found <= len && require.next == len);
        free(text);
    }
}

static void names_cannot_lead_out(void **state)
{
    static const char *const good[] = { "a", "lib.web", "a-b_c.D9", "x.y.z" };
    static const char *const bad[] = { "", ".", "..", "a.", ".a", "a..b", "../x", "/etc/passwd",
                                       "a/b", "a\\b", "a b", "\xc3\xa4", "a\n" };
    char path[MODULE_NAME_MAX + 8], longest[MODULE_NAME_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_true(require_is_name(slice_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(require_is_name(slice_str(bad[i])));
    assert_false(require_is_name(SLICE("a\0b")));
    memset(longest, 'a', sizeof(longest));
    assert_true(require_is_name(slice_of(longest, MODULE_NAME_MAX)));
    assert_false(require_is_name(slice_of(longest, MODULE_NAME_MAX + 1)));
    require_path(slice_of(longest, MODULE_NAME_MAX), path);
    assert_int_equal(strlen(path), MODULE_NAME_MAX + 4);
    require_path(SLICE("lib.web"), path);
    assert_string_equal(path, "lib/web.lua");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literal_names_are_found),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(names_cannot_lead_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
