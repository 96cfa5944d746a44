// SPDX-License-Identifier: MIT
// The hosts a job is started for: what is taken, and every refusal in its words.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/hostset.h"
#include "model/target.h"

static int check(const char *json, struct err *err)
{
    json_t *parsed = json_loads(json, JSON_DECODE_ANY, NULL);
    struct value_doc doc;
    struct buf bytes;
    int rc;

    assert_non_null(parsed);
    buf_init(&bytes, 0);
    value_doc_init(&doc);
    assert_int_equal(value_from_json(parsed, &bytes, NULL), 0);
    rc = targets_check(buf_slice(&bytes), &doc, err);
    value_doc_release(&doc);
    buf_release(&bytes);
    json_decref(parsed);
    return rc;
}

static void hosts_are_taken(void **state)
{
    static const char *const good[] = {
        "[{\"name\":\"web\"}]",
        "[{\"name\":\"web\",\"dest\":\"root@10.0.0.7:22\",\"vars\":{\"a\":[1,{\"b\":null}]}}]",
        "[{\"name\":\"a\",\"dest\":null,\"vars\":null},{\"name\":\"A\",\"dest\":\"a\",\"vars\":{}}]",
        "[{\"name\":\"localhost\",\"dest\":\"localhost\"}]",
        "[{\"name\":\"web\",\"ssh\":[\"Compression=yes\",\"IdentityFile=/k\"]}]",
        "[{\"name\":\"web\",\"ssh\":[]},{\"name\":\"b\",\"ssh\":null}]",
    };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        if (check(good[i], &err) < 0)
            fail_msg("%s: %s", good[i], err.text);
}

static void others_are_refused(void **state)
{
    static const struct { const char *json, *says; } wrong[] = {
        { "[]", "the hosts must be an array of at least one host" },
        { "{\"name\":\"web\"}", "the hosts must be an array of at least one host" },
        { "null", "the hosts must be an array of at least one host" },
        { "[\"web\"]", "host 1 is not an object with a \"name\"" },
        { "[{\"name\":\"web\"},5]", "host 2 is not an object with a \"name\"" },
        { "[{\"dest\":\"web\"}]", "host 1 is not an object with a \"name\"" },
        { "[{\"name\":7}]", "host 1 is not an object with a \"name\"" },
        { "[{\"name\":\"\"}]", "host 1 is not an object with a \"name\"" },
        { "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]", "host a is named twice" },
        { "[{\"name\":\"-x\",\"dest\":\"web\"}]", "\"-x\" is no host: [user@]host[:port] of "
          "letters, digits, '.', '_' and '-' is expected" },
        { "[{\"name\":\"a b\",\"dest\":\"web\"}]", "\"a b\" is no host: [user@]host[:port] of "
          "letters, digits, '.', '_' and '-' is expected" },
        { "[{\"name\":\"web\",\"dest\":\"-oProxyCommand=x\"}]", "host web: its destination "
          "'-oProxyCommand=x' is not of the form [user@]address[:port]" },
        { "[{\"name\":\"web\",\"dest\":\"a;b\"}]", "host web: its destination 'a;b' is not of the "
          "form [user@]address[:port]" },
        { "[{\"name\":\"web\",\"dest\":5}]", "host web: its destination must be a string" },
        { "[{\"name\":\"web\",\"vars\":[1]}]", "host web: its variables must be an object" },
        { "[{\"name\":\"web\",\"vars\":\"x\"}]", "host web: its variables must be an object" },
        { "[{\"name\":\"web\",\"ssh\":\"A=b\"}]", "host web: \"ssh\" must be an array of strings" },
        { "[{\"name\":\"web\",\"ssh\":[\"A=b\",\"BatchMode=no\"]}]", "host web: \"BatchMode=no\": "
          "BatchMode is not to be set: nobody is there to be asked" },
        { "[{\"name\":\"web\",\"ssh\":[5]}]", "host web: \"\": an option of ssh is Keyword=value, as "
          "behind its -o" },
        { "[{\"name\":\"web\",\"ssh\":[\"A=b\\nRemoteCommand=x\"]}]", "host web: \"A=b\nRemoteCommand=x\": "
          "its value has a control character" },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        err = (struct err){ 0 };
        if (check(wrong[i].json, &err) != ERR_USAGE)
            fail_msg("%s: %d %s", wrong[i].json, err.code, err.text);
        assert_string_equal(err.text, wrong[i].says);
    }
}

static void too_many_and_damaged(void **state)
{
    struct value_doc doc;
    struct buf bytes;
    struct err err;

    (void)state;
    buf_init(&bytes, 0);
    value_doc_init(&doc);
    value_put_array(&bytes, HOSTSET_MAX + 1);
    for (int i = 0; i <= HOSTSET_MAX; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        value_put_map(&bytes, 1);
        value_put_str(&bytes, "name");
        value_put_str(&bytes, name);
    }
    assert_int_equal(targets_check(buf_slice(&bytes), &doc, &err), -E2BIG);
    assert_string_equal(err.text, "more than 100000 hosts; name fewer, or split the job");
    assert_int_equal(targets_check(slice_of(bytes.ptr, bytes.len - 1), &doc, &err), ERR_CORRUPT);
    assert_int_equal(targets_check((struct slice){ 0 }, &doc, &err), ERR_CORRUPT);
    value_doc_release(&doc);
    buf_release(&bytes);
}

static void a_target_without_a_destination_is_its_name(void **state)
{
    static const char bytes[] = "\x92\x81\xa4name\xa1" "a\x82\xa4name\xa1" "b\xa4" "dest\xa1" "c";
    struct slice all = slice_of(bytes, sizeof(bytes) - 1);
    struct value_doc doc;
    struct target target;
    msgpack_object v;
    size_t at = 0;

    (void)state;
    value_doc_init(&doc);
    assert_int_equal(value_parse(&doc, all, &at, &v, NULL), 0);
    target = target_of(value_at(&v, 0));
    assert_true(slice_is(target.name, "a") && slice_is(target.dest, "a"));
    assert_null(target.vars);
    target = target_of(value_at(&v, 1));
    assert_true(slice_is(target.name, "b") && slice_is(target.dest, "c"));
    value_doc_release(&doc);
}

static void a_key_is_a_destination_with_its_options(void **state)
{
    static const struct { const char *json, *key; } keys[] = {
        { "[{\"name\":\"web\"}]", "web" },
        { "[{\"name\":\"web\",\"dest\":\"me@h:22\",\"ssh\":[\"A=b c\",\"D=e\"]}]", "me@h:22\nA=b c\nD=e" },
        { "[{\"name\":\"here\",\"dest\":\"localhost\",\"ssh\":[\"A=b\"]}]", "localhost" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *json = json_loads(keys[i].json, 0, NULL);
        struct buf bytes, key;
        struct value_doc doc;
        struct target target;
        msgpack_object v;
        size_t at = 0;

        buf_init(&bytes, 0);
        buf_init(&key, 0);
        value_doc_init(&doc);
        assert_int_equal(value_from_json(json, &bytes, NULL), 0);
        assert_int_equal(value_parse(&doc, buf_slice(&bytes), &at, &v, NULL), 0);
        target = target_of(value_at(&v, 0));
        target_key(&target, &key);
        assert_string_equal(buf_cstr(&key), keys[i].key);
        assert_true(slice_equal(target_key_dest(buf_slice(&key)), target.dest));
        value_doc_release(&doc);
        buf_release(&bytes);
        buf_release(&key);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_taken),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(too_many_and_damaged),
        cmocka_unit_test(a_target_without_a_destination_is_its_name),
        cmocka_unit_test(a_key_is_a_destination_with_its_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
