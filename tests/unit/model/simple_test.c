// SPDX-License-Identifier: MIT
// Texts that need no shell: which they are, and that they do what a shell makes of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/command.h"
#include "model/simple.h"

static void only_literal_words_are_simple(void **state)
{
    static const char *const simple[] = {
        "hostname", "  df  -h / ", "/usr/bin/env", "./run.sh a=b", "systemctl restart nginx.service",
        "rsync -a me@host:/x/ /y/", "dd if=/dev/zero of=x", "date +%s", "x,y", "true1", "echoes",
    };
    static const char *const not_simple[] = {
        "", "  ", "a;b", "a|b", "a&", "a>b", "a<b", "$a", "`a`", "a*", "a?", "[a]", "~/a", "'a'",
        "\"a\"", "a\\b", "#a", "a #b", "a\nb", "a\tb", "(a)", "{a}", "!a", "a=b", "a=b env", "-x",
        "echo a", "exit 3", "cd /", "if", "exec ls", ". x", ": x", "kill 1", "test -e x", "time ls",
        "printf a", "true", "sleep 1", "\xc3\xa4", "a^b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
        if (!is_simple_command(slice_str(simple[i])))
            fail_msg("\"%s\" is simple", simple[i]);
    for (size_t i = 0; i < sizeof(not_simple) / sizeof(not_simple[0]); i++)
        if (is_simple_command(slice_str(not_simple[i])))
            fail_msg("\"%s\" is not simple", not_simple[i]);
    assert_false(is_simple_command(slice_of("a\0b", 3)));
}

// Nothing that a shell here has built in, or takes for its own word, counts as a program.
static void what_shells_have_built_in_is_not_simple(void **state)
{
    char word[64];
    FILE *f = popen("{ bash -c 'compgen -b; compgen -k';"
                    " mksh -c 'builtin' | tr ' ' '\\n';"
                    " busybox ash -c 'help' | tail -n +2 | tr ' \\t' '\\n\\n'; } 2>/dev/null", "r");
    int seen = 0;

    (void)state;
    assert_non_null(f);
    while (fscanf(f, "%63s", word) == 1) {
        seen++;
        if (is_simple_command(slice_str(word)))
            fail_msg("\"%s\" is built in somewhere", word);
    }
    pclose(f);
    assert_true(seen > 70); // of bash alone
}

static int run(struct slice program, const char *how, char *out, size_t room)
{
    char path[] = "/tmp/pawl-simple-XXXXXX";
    int fd = mkstemp(path), status;
    FILE *f;
    size_t n;

    assert_true(fd >= 0 && write(fd, program.ptr, program.len) == (ssize_t)program.len);
    setenv("PROGRAM", path, 1);
    f = popen(how, "r");
    unsetenv("PROGRAM");
    assert_non_null(f);
    n = fread(out, 1, room - 1, f);
    out[n] = 0;
    status = pclose(f);
    close(fd);
    unlink(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void program_of(const char *text, struct buf *program, bool *direct)
{
    struct command command = { .shell = slice_str(text) };
    struct err err;

    assert_int_equal(command_program(&command, SLICE("/"), program, &err), 0);
    *direct = command_is_direct(&command);
}

// Read by a shell that has words to run it by, or by one that has none: the same.
static void a_direct_program_does_what_a_shell_does(void **state)
{
    static const char *const texts[] = {
        "env", "ls -d / /no/such", "basename a/b", "no-such-program a b", "./no-such", "/etc/passwd",
        "pawl-is-not-there", "id -u", "/etc", "cat/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char by_words[65536], plain[65536];
        struct buf program;
        bool direct;
        int code;

        buf_init(&program, 0);
        program_of(texts[i], &program, &direct);
        assert_true(direct);
        run(buf_slice(&program), "sh -c 'set -- nice -n 0; . $PROGRAM' 2>&1 | grep -v -e ^_= -e ^PROGRAM= -e ^OLDPWD= | sort",
            by_words, sizeof(by_words));
        run(slice_str(texts[i]), "cd /; sh -c \"$(cat $PROGRAM)\" 2>&1 | grep -v -e ^_= -e ^PROGRAM= -e ^OLDPWD= | sort",
            plain, sizeof(plain));
        assert_string_equal(by_words, plain);
        code = run(buf_slice(&program), "sh -c 'set -- nice -n 0; . $PROGRAM' >/dev/null 2>&1", by_words,
                   sizeof(by_words));
        assert_int_equal(run(slice_str(texts[i]), "cd /; sh -c \"$(cat $PROGRAM)\" >/dev/null 2>&1", plain,
                             sizeof(plain)), code);
        assert_int_equal(run(buf_slice(&program), "sh $PROGRAM >/dev/null 2>&1", plain, sizeof(plain)), code);
        buf_release(&program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_literal_words_are_simple),
        cmocka_unit_test(what_shells_have_built_in_is_not_simple),
        cmocka_unit_test(a_direct_program_does_what_a_shell_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
