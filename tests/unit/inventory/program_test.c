// SPDX-License-Identifier: MIT
// Programs that print Ansible's JSON, and programs that do not.
#include <time.h>

#include "unit/inventory/fixture.h"

static void a_list_has_groups_and_meta(void **state)
{
    struct inventory *inv = fixture_open_program(
        "#!/bin/sh\n"
        "[ \"$*\" = --list ] || exit 9\n"
        "echo 'to be ignored' >&2\n"
        "cat <<'E'\n"
        "{\"_meta\": {\"hostvars\": {\"w1\": {\"ansible_host\": \"10.0.0.1\"}, \"lonely\": {}}},\n"
        " \"all\": {\"children\": [\"ungrouped\", \"prod\"], \"vars\": {\"x\": 1}},\n"
        " \"prod\": {\"children\": [\"web\", \"db\"], \"hosts\": []},\n"
        " \"web\": {\"hosts\": [\"w1\", \"w2\"], \"vars\": {\"x\": 2}, \"more\": 1},\n"
        " \"db\": [\"d1\"], \"none\": {}, \"ungrouped\": {\"hosts\": [\"free\"]}}\n"
        "E\n");

    (void)state;
    fixture_names(inv, "@all", "w1 w2 d1 free lonely");
    fixture_names(inv, "@prod", "w1 w2 d1");
    fixture_names(inv, "@ungrouped", "free lonely");
    fixture_host(inv, "w1", "dest", "\"10.0.0.1\"");
    fixture_host(inv, "w2", "vars", "{\"x\":2}");
    fixture_host(inv, "free", "vars", "{\"x\":1}");
    inventory_free(inv);
}

static void without_meta_each_host_is_asked(void **state)
{
    struct inventory *inv = fixture_open_program(
        "#!/bin/sh\n"
        "case $1 in\n"
        "--list) echo '{\"web\": [\"w1\", \"w2\"]}' ;;\n"
        "--host) echo \"{\\\"me\\\": \\\"$2\\\"}\" ;;\n"
        "esac\n");

    (void)state;
    fixture_host(inv, "w1", "vars", "{\"me\":\"w1\"}");
    fixture_host(inv, "w2", "vars", "{\"me\":\"w2\"}");
    inventory_free(inv);
    fixture_refuses_program("#!/bin/sh\n[ $1 = --list ] && echo '{\"web\": [\"w1\"]}' || exit 4\n",
                            "failed with exit code 4");
}

static void what_it_says_is_the_reason(void **state)
{
    static const char *const bad[][2] = {
        { "#!/bin/sh\necho 'no token:' >&2; echo 'log in first' >&2; exit 3\n",
          "failed with exit code 3: no token: log in first" },
        { "#!/bin/sh\nprintf 'a\\033[31mb\\n' >&2; exit 1\n", "a [31mb" },
        { "#!/bin/sh\nseq 1 100000 >&2; exit 1\n", " 99999 100000" },
        { "#!/bin/sh\nkill -9 $$\n", "was killed by signal 9" },
        { "#!/bin/sh\necho '{\"a\": '\n", "what it printed is no JSON: line 2" },
        { "#!/bin/sh\necho '[]'\n", "JSON that is no object" },
        { "#!/bin/sh\n", "what it printed is no JSON" },
        { "#!/bin/sh\necho '{\"web\": 5}'\n", "group web: its hosts are no list" },
        { "#!/bin/sh\necho '{\"web\": {\"hosts\": {}}}'\n", "group web: its hosts are no list" },
        { "#!/bin/sh\necho '{\"web\": {\"children\": \"x\"}}'\n", "its children are no list" },
        { "#!/bin/sh\necho '{\"web\": {\"children\": [1]}}'\n", "is no name of a group" },
        { "#!/bin/sh\necho '{\"web\": {\"vars\": []}}'\n", "its variables are no object" },
        { "#!/bin/sh\necho '{\"web\": [\"-oProxyCommand=x\"]}'\n", "is no name of a host" },
        { "#!/bin/sh\necho '{\"web\": [null]}'\n", "is no name of a host" },
        { "#!/bin/sh\necho '{\"_meta\": {\"hostvars\": {\"a b\": {}}}}'\n", "is no name of a host" },
        { "#!/bin/sh\necho '{\"a\":{\"children\":[\"b\"]},\"b\":{\"children\":[\"a\"]},"
          "\"_meta\":{}}'\n", "is in itself" },
        { "#!/nonexistent/sh\n", "cannot run the inventory" },
        { "web1\n", "is executable, so it is run, and it is no program" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        fixture_refuses_program(bad[i][0], bad[i][1]);
}

static double seconds_of(const char *text, const char *why)
{
    struct timespec from, to;

    clock_gettime(CLOCK_MONOTONIC, &from);
    fixture_refuses_program(text, why);
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

// Whoever hangs, with or without open pipes, and whoever does not heed TERM.
static void its_time_is_bounded(void **state)
{
    (void)state;
    assert_true(seconds_of("#!/bin/sh\necho waiting >&2\nexec sleep 100\n",
                           "has not ended after 2000 ms: waiting") < 20);
    assert_true(seconds_of("#!/bin/sh\nexec >&- 2>&-\nexec sleep 100\n",
                           "has not ended after 2000 ms") < 20);
    assert_true(seconds_of("#!/bin/sh\ntrap '' TERM\nexec sleep 100\n",
                           "has not ended after 2000 ms") < 20);
}

static void its_output_is_bounded(void **state)
{
    (void)state;
    fixture_refuses_program("#!/bin/sh\nexec cat /dev/zero\n", "printed more than 8388608 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_groups_and_meta),
        cmocka_unit_test(without_meta_each_host_is_asked),
        cmocka_unit_test(what_it_says_is_the_reason),
        cmocka_unit_test(its_time_is_bounded),
        cmocka_unit_test(its_output_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
