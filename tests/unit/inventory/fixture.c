// SPDX-License-Identifier: MIT
#include "unit/inventory/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_all(const char *path, struct slice text, bool executable)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, executable ? 0755 : 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.len ? text.ptr : (const uint8_t *)"", text.len), text.len);
    close(fd);
}

int fixture_try(const char *name, struct slice text, bool executable, struct inventory **ret,
                struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    char dir[200], path[300];
    int rc;

    snprintf(dir, sizeof(dir), "%.150s/pawl-inventory-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    write_all(path, text, executable);
    rc = inventory_open_within(path, FIXTURE_PROGRAM_MS, ret, err);
    unlink(path);
    rmdir(dir);
    assert_true(rc == 0 ? *ret != NULL : *ret == NULL);
    return rc;
}

static struct inventory *must_open(const char *name, const char *text, bool executable)
{
    struct inventory *inventory;
    struct err err = { 0 };

    if (fixture_try(name, slice_str(text), executable, &inventory, &err) < 0)
        fail_msg("%s is refused: %s", name, err_text(&err));
    return inventory;
}

static void must_refuse(const char *name, const char *text, bool executable, const char *why)
{
    struct inventory *inventory;
    struct err err = { 0 };

    if (fixture_try(name, slice_str(text), executable, &inventory, &err) == 0)
        fail_msg("%s is taken, and '%s' was expected", name, why);
    assert_true(err.code == ERR_USAGE || err.code == -E2BIG);
    if (!strstr(err.text, why))
        fail_msg("'%s' is missing in: %s", why, err.text);
    if (!strstr(err.text, name))
        fail_msg("the file's name is missing in: %s", err.text);
}

struct inventory *fixture_open(const char *name, const char *text)
{
    return must_open(name, text, false);
}

struct inventory *fixture_open_program(const char *text)
{
    return must_open("program", text, true);
}

void fixture_refuses(const char *name, const char *text, const char *why)
{
    must_refuse(name, text, false, why);
}

void fixture_refuses_program(const char *text, const char *why)
{
    must_refuse("program", text, true, why);
}

void fixture_names(const struct inventory *inventory, const char *set, const char *wanted)
{
    struct hostset names;
    struct buf text;
    struct err err = { 0 };

    hostset_init(&names);
    buf_init(&text, 0);
    if (inventory_resolve(inventory, slice_str(set), &names, &err) < 0)
        fail_msg("%s is refused: %s", set, err_text(&err));
    for (size_t i = 0; i < names.count; i++)
        buf_addf(&text, "%s%s", i ? " " : "", names.names[i]);
    assert_string_equal(buf_cstr(&text), wanted);
    buf_release(&text);
    hostset_release(&names);
}

void fixture_refuses_set(const struct inventory *inventory, const char *set, int code,
                         const char *why)
{
    struct hostset names;
    struct err err = { 0 };

    hostset_init(&names);
    assert_int_equal(hostset_add(&names, SLICE("kept"), &err), 0);
    assert_int_equal(inventory_resolve(inventory, slice_str(set), &names, &err), code);
    if (!strstr(err.text, why))
        fail_msg("'%s' is missing in: %s", why, err.text);
    assert_int_equal(names.count, 1); // as it was
    hostset_release(&names);
}

void fixture_host(const struct inventory *inventory, const char *host, const char *member,
                  const char *wanted)
{
    struct err err = { 0 };
    json_t *row = inventory_host_json(inventory, host, &err);
    char *text;

    if (!row)
        fail_msg("%s is refused: %s", host, err_text(&err));
    assert_string_equal(json_string_value(json_object_get(row, "name")), host);
    text = json_dumps(json_object_get(row, member), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(row);
}

void fixture_refuses_host(const struct inventory *inventory, const char *host, const char *why)
{
    struct err err = { 0 };

    assert_null(inventory_host_json(inventory, host, &err));
    assert_int_equal(err.code, ERR_USAGE);
    if (!strstr(err.text, why))
        fail_msg("'%s' is missing in: %s", why, err.text);
}
