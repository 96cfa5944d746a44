// SPDX-License-Identifier: MIT
// The programs that write and template send, run under each shell that is here in a
// directory of its own, as nobody where we are root: for root no mode says no. `$t` of
// such a program is FILE.pawl.PID, and PID is of the shell that the test's line becomes.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

static const char *const shells[] = { "dash", "bash", "mksh", "busybox sh" };

#define EACH_SHELL(shell)                                                          \
    for (size_t i_ = 0; i_ < sizeof(shells) / sizeof(*shells); i_++)               \
        for (const char *shell = shells[i_]; shell && is_here(shell); shell = NULL)

static bool is_here(const char *shell)
{
    char line[64];

    snprintf(line, sizeof(line), "%s -c : 2>/dev/null", shell);
    return system(line) == 0;
}

static void make_place(char *dir)
{
    char name[] = "/tmp/pawl-write-XXXXXX";

    assert_non_null(mkdtemp(name));
    if (getuid() == 0)
        assert_int_equal(chown(name, NOBODY, NOBODY), 0);
    strcpy(dir, name);
}

static void drop_place(const char *dir)
{
    char line[64];

    snprintf(line, sizeof(line), "rm -r %s", dir);
    assert_int_equal(system(line), 0);
}

static void become_nobody(void)
{
    if (getuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        _exit(99);
}

// sh text in dir; its exit code.
static int sh(const char *dir, bool as_nobody, const char *text)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (as_nobody)
            become_nobody();
        if (chdir(dir) == 0)
            execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void check(const char *dir, const char *text)
{
    if (sh(dir, true, text) != 0)
        fail_msg("not so: %s", text);
}

static void put_file(const char *dir, const char *name, struct slice bytes)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

// What the script's command on web1 runs, as the files p.cmd and p.in.
static void put_program(const char *dir, const char *script)
{
    struct drive d;
    struct value_doc doc;
    struct command command;
    struct buf program;
    struct err err;

    drive_open(&d, script);
    assert_int_equal(drive_start(&d, 0), 0);
    if (slice_is(d.effect.host, "localhost")) // it reads the template first
        drive_exit(&d, 0, 0, "{{ text }}", "");
    value_doc_init(&doc);
    buf_init(&program, 0);
    assert_int_equal(command_decode(d.effect.args, &doc, &command, &err), 0);
    assert_int_equal(command_program(&command, (struct slice){ 0 }, &program, &err), 0);
    put_file(dir, "p.cmd", buf_slice(&program));
    put_file(dir, "p.in", command.stdin_bytes);
    buf_release(&program);
    value_doc_release(&doc);
    drive_close(&d);
}

// Runs it as what `before`, sh text, becomes; `out` is what it says.
static void run(const char *dir, const char *shell, bool as_nobody, const char *before,
                const char *script)
{
    char line[512];

    put_program(dir, script);
    snprintf(line, sizeof(line), "umask 022; rm -f out; %s exec %s ./p.cmd <p.in >out", before, shell);
    if (sh(dir, as_nobody, line) != 0)
        fail_msg("%s: it failed: %s", shell, script);
}

#define NOTHING_BESIDE "[ \"$(echo *)\" = \"f out p.cmd p.in\" ]"
#define WRITE(text, mode) "host('web1'):write('f', '" text "'" mode ")"
#define TEMPLATE(text, mode) "host('web1'):template('t', 'f', { text = '" text "' }" mode ")"

static void test_modes_that_stay(void **state)
{
    char dir[32];

    (void)state;
    EACH_SHELL(shell)
    {
        make_place(dir);
        run(dir, shell, true, "", WRITE("a", ""));
        check(dir, "[ \"$(cat f) $(stat -c %a f)\" = 'a 644' ] && " NOTHING_BESIDE);
        run(dir, shell, true, "chmod 7751 f;", WRITE("b", ""));
        check(dir, "[ \"$(cat f) $(stat -c %a f)\" = 'b 7751' ] && " NOTHING_BESIDE);
        run(dir, shell, true, "chmod 6600 f;", WRITE("c", ""));
        check(dir, "[ \"$(cat f) $(stat -c %a f)\" = 'c 6600' ] && " NOTHING_BESIDE);
        run(dir, shell, true, "", WRITE("", ", { mode = '0604' }"));
        check(dir, "[ ! -s f ] && [ \"$(stat -c %a f)\" = 604 ] && " NOTHING_BESIDE);
        drop_place(dir);
    }
}

static void test_a_file_without_a_write_bit(void **state)
{
    char dir[32];

    (void)state;
    EACH_SHELL(shell)
    {
        make_place(dir);
        run(dir, shell, true, "", TEMPLATE("a", ", { mode = '0440' }"));
        check(dir, "[ \"$(cat out f) $(stat -c %a f)\" = \"changed\na 440\" ]");
        run(dir, shell, true, "", TEMPLATE("a", ", { mode = '0440' }"));
        check(dir, "[ \"$(cat out f) $(stat -c %a f)\" = \"same\na 440\" ]");
        run(dir, shell, true, "", TEMPLATE("b", ""));
        check(dir, "[ \"$(cat out f) $(stat -c %a f)\" = \"changed\nb 440\" ]");
        run(dir, shell, true, "", WRITE("c", ""));
        check(dir, "[ \"$(cat f) $(stat -c %a f)\" = 'c 440' ] && " NOTHING_BESIDE);
        run(dir, shell, true, "chmod 200 f;", WRITE("d", ", { mode = '0644' }"));
        check(dir, "[ \"$(cat f) $(stat -c %a f)\" = 'd 644' ] && " NOTHING_BESIDE);
        drop_place(dir);
    }
}

// Nobody else may read it before it has its mode, and no other file's bytes are written to.
static void test_what_is_there_under_the_temporary_name(void **state)
{
    // `seen` appears with its line in it: the writer goes on as soon as it is there.
    static const char watch[] = "{ until [ -s f.pawl.$$ ]; do :; done;"
                                " stat -c %a f.pawl.$$ >look; mv look seen; }";
    char dir[32], line[256];

    (void)state;
    EACH_SHELL(shell)
    {
        make_place(dir);
        check(dir, "echo mine >mine");
        run(dir, shell, true, "ln -s mine f.pawl.$$;", WRITE("a", ""));
        check(dir, "[ \"$(cat mine f)\" = \"mine\na\" ] && [ ! -h f ]");
        run(dir, shell, true, "ln mine f.pawl.$$;", WRITE("b", ""));
        check(dir, "[ \"$(cat mine f)\" = \"mine\nb\" ] && rm mine");
        put_program(dir, WRITE("c", ", { mode = '0640' }"));
        snprintf(line, sizeof(line), "mkfifo in && { { echo c; until [ -e seen ]; do :; done; } >in & "
                 "%s & exec %s ./p.cmd <in; }", watch, shell);
        check(dir, line);
        check(dir, "[ \"$(cat seen f) $(stat -c %a f)\" = \"600\nc 640\" ]");
        drop_place(dir);
    }
}

// The owner stays where we may give a file away. Where we may not, what it ran as goes.
static void test_owners(void **state)
{
    char dir[32];

    (void)state;
    if (getuid() != 0)
        skip();
    EACH_SHELL(shell)
    {
        make_place(dir);
        run(dir, shell, false, "echo >f; chown 1234:4321 f; chmod 4710 f;", WRITE("a", ""));
        check(dir, "[ \"$(stat -c '%u:%g %a' f)\" = '1234:4321 4710' ] && " NOTHING_BESIDE);
        run(dir, shell, false, "", TEMPLATE("b", ", { mode = '0600' }"));
        check(dir, "[ \"$(stat -c '%u:%g %a' f)\" = '1234:4321 600' ] && " NOTHING_BESIDE);
        assert_int_equal(sh(dir, false, "rm out; chown 1234:65534 f; chmod 6754 f"), 0);
        run(dir, shell, true, "", WRITE("c", ""));
        check(dir, "[ \"$(stat -c '%u:%g %a' f)\" = '65534:65534 754' ] && " NOTHING_BESIDE);
        drop_place(dir);
    }
}

// Their steps are in journals already, with a fingerprint of what they ask for.
static void test_a_job_with_an_older_library_is_told(void **state)
{
    struct drive d;

    (void)state;
    drive_open_prelude(&d, WRITE("a", ""), "return {}");
    assert_int_equal(drive_start(&d, 0), 0);
    assert_non_null(strstr(drive_end(&d), "has no write_text: it is an older Pawl's"));
    drive_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_that_stay),
        cmocka_unit_test(test_a_file_without_a_write_bit),
        cmocka_unit_test(test_what_is_there_under_the_temporary_name),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_a_job_with_an_older_library_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
