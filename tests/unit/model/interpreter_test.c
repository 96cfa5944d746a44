// SPDX-License-Identifier: MIT
// Text for another program than sh: what a script's first line names, and programs of each
// kind that are run by every shell that is here, as hosts have them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "model/command.h"
#include "model/interpreter.h"

// ---- names
static void names(const char *text, const char *expected)
{
    struct slice words = interpreter_of_script(slice_str(text));

    if (!slice_is(words, expected))
        fail_msg("%s names '%.*s'", text, SLICE_ARG(words));
}

static void a_first_line_names_the_interpreter(void **state)
{
    (void)state;
    names("#!/usr/bin/env python3\nprint()\n", "/usr/bin/env python3");
    names("#! /bin/bash -eu  \n", "/bin/bash -eu");
    names("#!/usr/bin/perl", "/usr/bin/perl");
    names("#!/bin/sh\necho\n", "");
    names("#!/bin/sh -e\necho\n", "/bin/sh -e");
    names("# !/bin/bash\n", "");
    names("#!\n", "");
    names("#!   ", "");
    names("", "");
    names("\n#!/bin/bash\n", "");
}

static void program_is(const char *words, size_t n, const char *expected)
{
    struct slice program = interpreter_program(slice_str(words), n);

    if (!slice_is(program, expected))
        fail_msg("program %zu of '%s' is '%.*s'", n, words, SLICE_ARG(program));
}

static void env_names_a_second_program(void **state)
{
    (void)state;
    program_is("python3 -u", 0, "python3");
    program_is("python3 -u", 1, "");
    program_is("/usr/bin/env -S A=1 node --x", 0, "/usr/bin/env");
    program_is("/usr/bin/env -S A=1 node --x", 1, "node");
    program_is("/usr/bin/env -S A=1 node --x", 2, "");
    program_is("env", 1, "");
    program_is("  ", 0, "");
}

static void architectures_have_names(void **state)
{
    (void)state;
    assert_true(interpreter_is_arch(SLICE("linux32")));
    assert_true(interpreter_is_arch(SLICE("x86_64")));
    assert_false(interpreter_is_arch(SLICE("")));
    assert_false(interpreter_is_arch(SLICE("-R")));
    assert_false(interpreter_is_arch(SLICE("a b")));
    assert_false(interpreter_is_arch(SLICE("a;b")));
}

// ---- run
static const char *const shells[] = { "dash", "bash", "busybox sh", "mksh" };

struct run {
    char dir[64];
    char out[4096];
    int code;
};

static bool is_here(const char *words)
{
    char line[200];

    snprintf(line, sizeof(line), "command -v %s >/dev/null 2>&1", words);
    return system(line) == 0;
}

static void run(struct run *run, const char *shell, const struct command *command)
{
    struct buf program;
    struct err err = { 0 };
    char line[300];
    FILE *file;
    size_t n;

    buf_init(&program, 0);
    assert_int_equal(command_program(command, (struct slice){ 0 }, &program, &err), 0);
    snprintf(line, sizeof(line), "%s/1.cmd", run->dir);
    file = fopen(line, "w");
    assert_non_null(file);
    fwrite(program.ptr, 1, program.len, file);
    fclose(file);
    buf_release(&program);
    snprintf(line, sizeof(line), "TMPDIR=%s/tmp %s %s/1.cmd 2>&1 </dev/null", run->dir, shell, run->dir);
    file = popen(line, "r");
    n = fread(run->out, 1, sizeof(run->out) - 1, file);
    run->out[n] = 0;
    run->code = WEXITSTATUS(pclose(file));
}

static int dir_open(void **state)
{
    struct run *r = calloc(1, sizeof(*r));
    char line[100];

    strcpy(r->dir, "/tmp/pawl-interpreter-XXXXXX");
    *state = r;
    if (!mkdtemp(r->dir))
        return -1;
    snprintf(line, sizeof(line), "mkdir %s/tmp", r->dir);
    return system(line);
}

static int dir_close(void **state)
{
    struct run *r = *state;
    char line[100];
    int rc;

    snprintf(line, sizeof(line), "rm -rf %s", r->dir);
    rc = system(line);
    free(r);
    return rc;
}

static void expect(struct run *r, const struct command *command, int code, const char *out)
{
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (!is_here(shells[i]))
            continue;
        run(r, shells[i], command);
        if (r->code != code || strcmp(r->out, out) != 0)
            fail_msg("%s: exit code %d, wanted %d; it said '%s', wanted '%s'", shells[i], r->code,
                     code, r->out, out);
    }
}

static void text_goes_to_the_program(void **state)
{
    struct command perl = { .interp = SLICE("perl -w"),
                            .shell = SLICE("print \"it's $ARGV[0]\\n\"; exit 3") };
    struct command bash = { .interp = SLICE("bash"), .shell = SLICE("[[ $0 == bash ]] && echo '\\'") };
    struct command awk = { .interp = SLICE("awk -f"), .shell = SLICE("BEGIN { print \"PAWL-END-0\" }") };

    if (is_here("perl"))
        expect(*state, &perl, 3, "Use of uninitialized value $ARGV[0] in concatenation (.) or string "
                                 "at -e line 1.\nit's \n");
    if (is_here("bash"))
        expect(*state, &bash, 0, "\\\n");
    expect(*state, &awk, 0, "PAWL-END-0\n");
}

static void a_script_is_a_file(void **state)
{
    struct command command = { .script = SLICE("#!/usr/bin/env perl\nPAWL_END:\n"
                                               "print((-f $0) ? 'file' : 'none');") };
    struct command foreign = command;

    // The user is not changed here: what is seen is that its file is gone afterwards.
    foreign.as = SLICE("nobody");
    if (!is_here("perl"))
        skip();
    expect(*state, &command, 0, "file");
    expect(*state, &foreign, 0, "file");
    assert_int_equal(rmdir(strcat(strcpy(((struct run *)*state)->out, ((struct run *)*state)->dir),
                                  "/tmp")), 0);
}

// What is not the text's own line ends no here-document.
static void the_mark_is_no_line_of_the_text(void **state)
{
    struct command command = { .interp = SLICE("awk -f"),
                               .shell = SLICE("BEGIN { print 1\n}\n#\nPAWL-END-0\nPAWL-END-1") };

    run(*state, "sh", &command);
    assert_null(strstr(((struct run *)*state)->out, "not found"));
}

static void long_text_is_no_argument(void **state)
{
    struct command command = { .interp = SLICE("bash") };
    struct buf text;

    if (!is_here("bash"))
        skip();
    buf_init(&text, 0);
    for (int i = 0; i < 40000; i++)
        buf_add_str(&text, ": 67890\n");
    buf_add_str(&text, "[[ 1 ]] && echo end");
    command.shell = buf_slice(&text);
    expect(*state, &command, 0, "end\n");
    buf_release(&text);
}

static void what_is_missing_is_said(void **state)
{
    struct command name = { .interp = SLICE("no-such-program -x"), .shell = SLICE("1") };
    struct command path = { .script = SLICE("#!/no/such/it's\n") };
    struct command env = { .interp = SLICE("env no-such-program"), .shell = SLICE("1") };
    struct command arch = { .arch = SLICE("no-such-arch"), .shell = SLICE("echo no") };

    expect(*state, &name, 127, "there is no interpreter no-such-program on this host\n");
    expect(*state, &path, 127, "there is no interpreter /no/such/it's on this host\n");
    expect(*state, &env, 127, "there is no interpreter no-such-program on this host\n");
    if (is_here("setarch"))
        expect(*state, &arch, 126, "this host has no architecture no-such-arch; setarch --list there "
                                   "names those it has\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_line_names_the_interpreter),
        cmocka_unit_test(env_names_a_second_program),
        cmocka_unit_test(architectures_have_names),
        cmocka_unit_test_setup_teardown(text_goes_to_the_program, dir_open, dir_close),
        cmocka_unit_test_setup_teardown(a_script_is_a_file, dir_open, dir_close),
        cmocka_unit_test_setup_teardown(the_mark_is_no_line_of_the_text, dir_open, dir_close),
        cmocka_unit_test_setup_teardown(long_text_is_no_argument, dir_open, dir_close),
        cmocka_unit_test_setup_teardown(what_is_missing_is_said, dir_open, dir_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
