// SPDX-License-Identifier: MIT
// script_header and script_params: what is found, what is refused and how.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static char *json_of(struct slice bytes)
{
    json_t *json = value_slice_to_json(bytes);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

    json_decref(json);
    return text;
}

static void check_header(const char *text, const char *expected)
{
    struct buf header;
    struct err err;
    char *json;

    buf_init(&header, 0);
    if (script_header(SLICE("h.lua"), slice_str(text), &header, &err) < 0)
        fail_msg("%s", err.text);
    json = json_of(buf_slice(&header));
    assert_string_equal(json, expected);
    free(json);
    buf_release(&header);
}

static void check_wrong(const char *text, const char *expected)
{
    struct buf header;
    struct err err;

    buf_init(&header, 0);
    assert_int_equal(script_header(SLICE("h.lua"), slice_str(text), &header, &err), ERR_SCRIPT);
    assert_string_equal(err.text, expected);
    assert_int_equal(header.len, 0);
    buf_release(&header);
}

static const char batch[] =
    "workflow { about = 'Restart', params = { tag = { 'string', required = true, about = 'release' },\n"
    "batch = { 'integer', default = 2, min = 1, max = 9 }, pause = { 'duration', default = '1m30s', max = '1h' },\n"
    "mode = { 'choice', choices = { 'fast', 'slow' }, default = 'slow' }, only = 'list', dry = { 'boolean' },\n"
    "ratio = 'number', key = 'secret', on = 'hosts' } }";

static void test_headers(void **state)
{
    (void)state;
    check_header("workflow { about = 'x', timeout = '2h', elapsed_timeout = 90, meta = { team = 'ops' }, on_error = 'suspend', hosts = 'web[1-3]' }",
                 "{\"about\":\"x\",\"elapsed_timeout\":90000,\"hosts\":\"web[1-3]\",\"meta\":{\"team\":\"ops\"},"
                 "\"on_error\":\"suspend\",\"params\":[],\"timeout\":7200000}");
    check_header("local n = 2 local function twice(x) return x * n end\nworkflow { params = { p = { 'integer', default = twice(3) } } }",
                 "{\"params\":[{\"default\":6,\"name\":\"p\",\"type\":\"integer\"}]}");
    check_header("workflow { cleanup_timeout = '90s' }", "{\"cleanup_timeout\":90000,\"params\":[]}");
    check_header("workflow {}", "{\"params\":[]}");
    check_header("pcall(workflow, { about = 'caught?' }) print 'x'", "{\"about\":\"caught?\",\"params\":[]}");
}

static void test_scripts_without_a_header(void **state)
{
    static const char *const texts[] = {
        "", "print 'x' workflow {}", "localhost:run 'x' workflow {}", "local x = params.a workflow {}",
        "local x = job.id .. 'x'", "pcall(print) workflow {}", "sleep(1)", "for k in pairs(params) do end workflow {}",
        "undo(print) workflow {}", "local n = now() workflow {}", "parallel { print } workflow {}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        check_header(texts[i], "{}");
}

static void test_wrong_headers_name_what_is_wrong(void **state)
{
    static const char *const cases[][2] = {
        { "x = = 1", "h.lua:1: unexpected symbol near '='" },
        { "\nworkflow { abuot = 'x' }", "h.lua:2: workflow: unknown field 'abuot'; did you mean 'about'?" },
        { "workflow 'x'", "h.lua:1: workflow: argument 1 must be a table, not a string" },
        { "workflow { about = 1 }", "h.lua:1: workflow: 'about' must be a string, not a number" },
        { "workflow { timeout = 'soon' }", "h.lua:1: workflow: timeout must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", not 'soon'" },
        { "workflow { cleanup_timeout = 0 }", "h.lua:1: workflow: 'cleanup_timeout' must be longer than 0; leave it out for none" },
        { "workflow { params = { a = { 'int' } } }", "h.lua:1: workflow: parameter 'a': 'int' is no type; types are string, integer, number, boolean, duration, list, choice, hosts, secret" },
        { "workflow { params = { a = {} } }", "h.lua:1: workflow: parameter 'a': the first element must be the type, like { \"integer\", default = 1 }" },
        { "workflow { params = { a = { 'integer', defualt = 1 } } }", "h.lua:1: workflow: parameter 'a': unknown field 'defualt'; did you mean 'default'?" },
        { "workflow { params = { a = { type = 'integer' } } }", "h.lua:1: workflow: parameter 'a': unknown field 'type'; it takes about, choices, default, max, min, required, behind the type, which has no name: { \"integer\", default = 1 }" },
        { "workflow { on_failure = 'x' }", "h.lua:1: workflow: unknown field 'on_failure'; it takes about, cleanup_timeout, elapsed_timeout, hosts, meta, on_error, params, timeout" },
        { "workflow { params = { a = { 'integer', default = 'x' } } }", "h.lua:1: workflow: parameter 'a': 'default' must be a whole number, not 'x'" },
        { "workflow { params = { a = { 'integer', default = 0, min = 1 } } }", "h.lua:1: workflow: parameter 'a': 'default' must be at least 1, not 0" },
        { "workflow { params = { a = { 'choice' } } }", "h.lua:1: workflow: parameter 'a': a choice needs 'choices', a list of strings" },
        { "workflow { params = { a = { 'choice', choices = { 'x' }, default = 'y' } } }", "h.lua:1: workflow: parameter 'a': 'default' must be one of 'x', not 'y'" },
        { "workflow { params = { 'a' } }", "h.lua:1: workflow: names of parameters are letters, digits, '_' and '-'" },
        { "workflow { meta = { f = print } }", "h.lua:1: workflow: 'meta': .f: a function cannot be stored" },
        { "while true do end", "h.lua: it runs for long before its first step or its header; put workflow{...} first" },
        { "local t = nil; t.x = 1", "h.lua:1: attempt to index a nil value (local 't')" },
        { "workfow {}", "h.lua:1: unknown function 'workfow'; did you mean 'workflow'?" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_wrong(cases[i][0], cases[i][1]);
}

// ---- parameters

static int convert(const char *header_text, const char *given_json, struct buf *ret, struct err *err)
{
    json_t *json = json_loads(given_json, 0, NULL);
    struct buf header, given;
    int rc;

    assert_non_null(json);
    buf_init(&header, 0);
    buf_init(&given, 0);
    assert_int_equal(value_from_json(json, &given, NULL), 0);
    assert_int_equal(script_header(SLICE("h.lua"), slice_str(header_text), &header, err), 0);
    rc = script_params(buf_slice(&header), buf_slice(&given), ret, err);
    json_decref(json);
    buf_release(&header);
    buf_release(&given);
    return rc;
}

static void check_params(const char *header, const char *given, const char *expected)
{
    struct buf ret;
    struct err err;
    char *json;

    buf_init(&ret, 0);
    if (convert(header, given, &ret, &err) < 0)
        fail_msg("%s", err.text);
    json = json_of(buf_slice(&ret));
    assert_string_equal(json, expected);
    free(json);
    buf_release(&ret);
}

static void check_refused(const char *header, const char *given, const char *expected)
{
    struct buf ret;
    struct err err;

    buf_init(&ret, 0);
    assert_int_equal(convert(header, given, &ret, &err), ERR_USAGE);
    assert_string_equal(err.text, expected);
    assert_int_equal(ret.len, 0);
    buf_release(&ret);
}

static void test_params_are_typed_and_completed(void **state)
{
    (void)state;
    check_params(batch, "{\"tag\":\"v1\"}", "{\"batch\":2,\"mode\":\"slow\",\"pause\":90,\"tag\":\"v1\"}");
    check_params(batch, "{\"tag\":\"v1\",\"batch\":\"7\",\"pause\":\"250ms\",\"mode\":\"fast\",\"only\":\"a, b\",\"dry\":\"yes\",\"ratio\":\"2\",\"key\":\"k\",\"on\":\"web1\"}",
                 "{\"batch\":7,\"dry\":true,\"key\":\"k\",\"mode\":\"fast\",\"on\":\"web1\",\"only\":[\"a\",\"b\"],\"pause\":0.25,\"ratio\":2,\"tag\":\"v1\"}");
    check_params(batch, "{\"tag\":\"\",\"batch\":3,\"only\":[\"x\"],\"dry\":false,\"ratio\":1.5,\"pause\":10}",
                 "{\"batch\":3,\"dry\":false,\"mode\":\"slow\",\"only\":[\"x\"],\"pause\":10,\"ratio\":1.5,\"tag\":\"\"}");
    check_params(batch, "{\"tag\":\"\",\"only\":[0,-3,\"x\"]}",
                 "{\"batch\":2,\"mode\":\"slow\",\"only\":[\"0\",\"-3\",\"x\"],\"pause\":90,\"tag\":\"\"}");
    check_params("print 'no header'", "{\"a\":\"1\",\"b\":[2]}", "{\"a\":\"1\",\"b\":[2]}");
    check_params("workflow {}", "{}", "{}");
}

static void test_wrong_params_name_the_way_out(void **state)
{
    static const char *const cases[][2] = {
        { "{}", "parameter 'tag' is required: release" },
        { "{\"tag\":\"x\",\"btach\":1}", "unknown parameter 'btach'; did you mean 'batch'?" },
        { "{\"tag\":\"x\",\"zzzz\":1}", "unknown parameter 'zzzz': this workflow takes batch, dry, key, mode, on, only, pause, ratio, tag" },
        { "{\"tag\":\"x\",\"batch\":\"two\"}", "parameter 'batch': must be a whole number, not 'two'" },
        { "{\"tag\":\"x\",\"batch\":\"0\"}", "parameter 'batch': must be at least 1, not '0'" },
        { "{\"tag\":\"x\",\"batch\":10}", "parameter 'batch': must be at most 9, not 10" },
        { "{\"tag\":\"x\",\"batch\":2.5}", "parameter 'batch': must be a whole number, not 2.5" },
        { "{\"tag\":\"x\",\"pause\":\"2h\"}", "parameter 'pause': must be at most '1h', not '2h'" },
        { "{\"tag\":\"x\",\"pause\":\"long\"}", "parameter 'pause': must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", not 'long'" },
        { "{\"tag\":\"x\",\"mode\":\"best\"}", "parameter 'mode': must be one of 'fast', 'slow', not 'best'" },
        { "{\"tag\":\"x\",\"dry\":\"maybe\"}", "parameter 'dry': must be true or false, not 'maybe'" },
        { "{\"tag\":\"x\",\"ratio\":\"1.2.3\"}", "parameter 'ratio': must be a number, not '1.2.3'" },
        { "{\"tag\":5}", "parameter 'tag': must be text, not 5" },
        { "{\"tag\":\"x\",\"key\":12345}", "parameter 'key': must be text" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_refused(batch, cases[i][0], cases[i][1]);
    check_refused("workflow {}", "{\"a\":1}", "unknown parameter 'a': this workflow takes none");
}

static void test_in_a_running_script_it_does_nothing(void **state)
{
    (void)state;
    drive_check_prints("workflow { about = 'x' } print(params.batch, workflow())", "2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_scripts_without_a_header),
        cmocka_unit_test(test_wrong_headers_name_what_is_wrong),
        cmocka_unit_test(test_params_are_typed_and_completed),
        cmocka_unit_test(test_wrong_params_name_the_way_out),
        cmocka_unit_test(test_in_a_running_script_it_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
