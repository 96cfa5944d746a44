// SPDX-License-Identifier: MIT
// Commands that run as another user, under each shell that is here. What only root may
// do is done for real when we are root; sudo and doas are stand-ins in a PATH of our own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/as.h"

static const char *const shells[] = { "dash", "bash", "mksh", "busybox sh" };

struct run {
    char dir[32];           // its bin/ comes first in PATH
    char out[4096], err[1024];
    int code;
};

static void write_file(const struct run *run, const char *name, struct slice bytes)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", run->dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

static void read_file(const struct run *run, const char *name, char *text, size_t room)
{
    char path[64];
    FILE *f;

    memset(text, 0, room);
    snprintf(path, sizeof(path), "%s/%s", run->dir, name);
    f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, room - 1, f)] = 0;
    fclose(f);
}

// A program in bin/, as sh text.
static void stand_in(const struct run *run, const char *name, const char *text)
{
    char path[32], all[512];

    snprintf(path, sizeof(path), "bin/%s", name);
    snprintf(all, sizeof(all), "#!/bin/sh\n%s\n", text);
    write_file(run, path, slice_str(all));
}

static int setup(void **state)
{
    struct run *run = calloc(1, sizeof(*run));
    char bin[48];

    strcpy(run->dir, "/tmp/pawl-as-XXXXXX");
    if (!mkdtemp(run->dir))
        return -1;
    snprintf(bin, sizeof(bin), "%s/bin", run->dir);
    mkdir(bin, 0755);
    chmod(run->dir, 0755);
    *state = run;
    return 0;
}

static int teardown(void **state)
{
    struct run *run = *state;
    char line[64];

    snprintf(line, sizeof(line), "rm -rf %s", run->dir);
    free(run);
    return system(line);
}

// The command's program behind `prefix`, wrapped and run as a target would.
static void run_as(struct run *run, const char *shell, const struct command *command,
                   struct slice prefix)
{
    struct buf program, wrapper, input;
    struct err err;
    char line[512];

    buf_init(&program, 0);
    buf_init(&wrapper, 0);
    buf_init(&input, 0);
    buf_add_slice(&program, prefix);
    assert_int_equal(command_program(command, (struct slice){ 0 }, &program, &err), 0);
    assert_int_equal(as_wrap(command, buf_slice(&program), &wrapper, &input, &err), 0);
    write_file(run, "cmd", buf_slice(&wrapper));
    write_file(run, "in", buf_slice(&input));
    snprintf(line, sizeof(line), "cd %s && PATH=%s/bin:$PATH HOME=/nowhere %s %s/cmd <in >out 2>err",
             run->dir, run->dir, shell, run->dir);
    run->code = WEXITSTATUS(system(line));
    read_file(run, "out", run->out, sizeof(run->out));
    read_file(run, "err", run->err, sizeof(run->err));
    buf_release(&program);
    buf_release(&wrapper);
    buf_release(&input);
}

static bool is_here(const char *shell)
{
    char line[64];

    snprintf(line, sizeof(line), "%s -c : 2>/dev/null", shell);
    return system(line) == 0;
}

#define EACH_SHELL(shell)                                                          \
    for (size_t i_ = 0; i_ < sizeof(shells) / sizeof(*shells); i_++)               \
        for (const char *shell = shells[i_]; shell && is_here(shell); shell = NULL)

static const char *own_name(void)
{
    static char name[64];
    FILE *f = popen("id -un", "r");

    assert_non_null(f);
    assert_non_null(fgets(name, sizeof(name), f));
    pclose(f);
    name[strcspn(name, "\n")] = 0;
    return name;
}

static struct command shell_command(const char *user, const char *text)
{
    return (struct command){ .as = slice_str(user), .shell = slice_str(text) };
}

static void names_of_users(void **state)
{
    static const char *const good[] = { "postgres", "www-data", "_apt", "j.doe", "a1", "1a",
                                        "jane@example.com" };
    static const char *const bad[] = { "", "-u", "1000", "a b", "a'b", "$(id)", "a;b", "a\nb", "~",
                                       "a/b", "a:b", "\xc3\xa4" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_true(as_is_user(slice_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(as_is_user(slice_str(bad[i])));
    assert_false(as_is_user(SLICE("a\0b")));
}

static void one_that_is_no_user_is_refused(void **state)
{
    struct command command = shell_command("$(touch /tmp/x)", "true");
    struct buf wrapper, input;
    struct err err;

    (void)state;
    buf_init(&wrapper, 0);
    buf_init(&input, 0);
    assert_int_equal(as_wrap(&command, SLICE("true\n"), &wrapper, &input, &err), ERR_USAGE);
    assert_string_equal(err_text(&err), "as: '$(touch /tmp/x)' is not a user's name of letters, "
                                        "digits, '.', '_', '-' and '@'");
    assert_int_equal(wrapper.len + input.len, 0);
}

static void who_we_are_already(void **state)
{
    struct run *run = *state;

    EACH_SHELL(shell)
    {
        struct command command = shell_command(own_name(), "cat; echo \"$A|$USER|$LOGNAME|$PWD|$HOME\" >&2; exit 3");
        char expected[256];

        command.has_stdin = true;
        command.stdin_bytes = SLICE("line\n\0end");
        run_as(run, shell, &command, SLICE("export A='a b' USER=nobody-else\n"));
        assert_int_equal(run->code, 3);
        assert_memory_equal(run->out, "line\n\0end", 10);
        snprintf(expected, sizeof(expected), "a b|%s|%s|", own_name(), own_name());
        assert_memory_equal(run->err, expected, strlen(expected));
        assert_null(strstr(run->err, "/nowhere"));
    }
}

// What a command has for standard input when it was given none is nothing, and cwd and env
// are the command's.
static void without_input(void **state)
{
    struct run *run = *state;

    EACH_SHELL(shell)
    {
        struct command command = shell_command(own_name(), "cat; pwd");
        command.cwd = SLICE("/usr");
        run_as(run, shell, &command, SLICE(""));
        assert_string_equal(run->out, "/usr\n");
        assert_string_equal(run->err, "");
        assert_int_equal(run->code, 0);
    }
}

static void any_bytes_pass(void **state)
{
    struct run *run = *state;
    char bytes[255];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i + 1);
    EACH_SHELL(shell)
    {
        struct command command = shell_command(own_name(), "printf '%s' \"$A\"");
        struct buf prefix;

        buf_init(&prefix, 0);
        buf_add_str(&prefix, "export A=");
        quote_sh(slice_of((const uint8_t *)bytes, sizeof(bytes)), &prefix);
        buf_add_str(&prefix, "\n");
        run_as(run, shell, &command, buf_slice(&prefix));
        assert_memory_equal(run->out, bytes, sizeof(bytes));
        buf_release(&prefix);
    }
}

// A program that no argument could carry.
static void a_large_program(void **state)
{
    struct run *run = *state;
    struct buf text;

    buf_init(&text, 0);
    for (int i = 0; i < 20000; i++)
        buf_add_str(&text, ": a line of it\n");
    buf_add_str(&text, "echo end");
    EACH_SHELL(shell)
    {
        struct command command = { .as = slice_str(own_name()), .shell = buf_slice(&text) };
        run_as(run, shell, &command, SLICE(""));
        assert_string_equal(run->out, "end\n");
    }
    buf_release(&text);
}

static void a_user_that_is_not_there(void **state)
{
    struct run *run = *state;

    EACH_SHELL(shell)
    {
        struct command command = shell_command("no-such-user", "echo ran");
        run_as(run, shell, &command, SLICE(""));
        assert_int_equal(run->code, 126);
        assert_string_equal(run->out, "");
        assert_string_equal(run->err, "as no-such-user: there is no such user here\n");
    }
}

// ---- from root, for real

static void need_root(void)
{
    if (getuid() != 0)
        skip();
}

static void as_nobody(struct run *run, const char *shell)
{
    struct command command = shell_command("nobody", "cat; id -un; id -G; echo $HOME; pwd");

    command.has_stdin = true;
    command.stdin_bytes = SLICE("in\n");
    run_as(run, shell, &command, SLICE(""));
    assert_string_equal(run->err, "");
    assert_string_equal(run->out, "in\nnobody\n65534\n/nonexistent\n/\n");
    assert_int_equal(run->code, 0);
}

// Also one whose shell is no shell, by each way that there is.
static void root_becomes_anybody(void **state)
{
    static const char *const ways[] = { "setpriv", "runuser" };
    struct run *run = *state;

    need_root();
    EACH_SHELL(shell)
        as_nobody(run, shell);
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        stand_in(run, ways[i], "echo 'it may not' >&2; exit 1");
        EACH_SHELL(shell)
            as_nobody(run, shell);
    }
}

// busybox's su knows no --session-command.
static void root_becomes_anybody_by_a_plain_su(void **state)
{
    struct run *run = *state;

    need_root();
    stand_in(run, "setpriv", "exit 1");
    stand_in(run, "runuser", "exit 1");
    stand_in(run, "su", "[ \"$3\" = -c ] || { echo 'unrecognized option' >&2; exit 1; }; "
                        "echo plain >&2; exec /bin/su \"$@\"");
    EACH_SHELL(shell)
    {
        struct command command = shell_command("nobody", "id -un");
        run_as(run, shell, &command, SLICE(""));
        assert_string_equal(run->out, "nobody\n");
    }
}

static void root_without_a_way_says_why(void **state)
{
    struct run *run = *state;
    struct command command = shell_command("nobody", "echo ran");

    need_root();
    stand_in(run, "setpriv", "echo 'setpriv: setresuid failed: Operation not permitted' >&2; exit 1");
    stand_in(run, "runuser", "exit 1");
    stand_in(run, "su", "exit 1");
    stand_in(run, "sudo", "exit 1");
    stand_in(run, "doas", "exit 1");
    EACH_SHELL(shell)
    {
        run_as(run, shell, &command, SLICE(""));
        assert_int_equal(run->code, 126);
        assert_string_equal(run->out, "");
        assert_string_equal(run->err,
                            "as nobody: setpriv: setresuid failed: Operation not permitted\n");
    }
}

// ---- from somebody else, by stand-ins

static const char another_id[] = "case \"$*\" in -u) echo 4242 ;; -un) echo bob ;; "
                                 "'-u deploy') echo 4343 ;; *) exit 1 ;; esac";

static void by_sudo(void **state)
{
    struct run *run = *state;
    char as[64], log[4096];

    stand_in(run, "id", another_id);
    stand_in(run, "sudo", "printf '%s ' \"$@\" >>\"${0%/bin/*}/log\"; shift 3; exec \"$@\"");
    EACH_SHELL(shell)
    {
        struct command command = shell_command("deploy", "cat; echo SECRET-$USER");
        command.has_stdin = true;
        command.stdin_bytes = SLICE("in\n");
        run_as(run, shell, &command, SLICE(""));
        assert_string_equal(run->err, "");
        assert_string_equal(run->out, "in\nSECRET-deploy\n");
        read_file(run, "log", log, sizeof(log));
        assert_non_null(strstr(log, "-n -u deploy sh -c "));
        assert_null(strstr(log, "SECRET")); // it is nobody's business what runs
        read_file(run, "as", as, sizeof(as)); // what the runner signals with
        assert_string_equal(as, "sudo -n -u deploy END\n");
    }
}

// sudo that keeps what goes in puts a pipe between, and a pipe gives a program in pieces:
// the command is all of it, the input what follows, whatever the bytes are counted as.
static void through_a_pipe(struct run *run, const char *sudo, int code, const char *out,
                           const char *err)
{
    struct command command = { .as = SLICE("deploy"), .has_stdin = true, .stdin_bytes = SLICE("in\n") };
    struct buf text;

    buf_init(&text, 0);
    for (int i = 0; i < 20000; i++)
        buf_add_str(&text, ": a line of \xc3\xa4, \xff\n");
    buf_add_str(&text, "cat; echo end\n\n");
    command.shell = buf_slice(&text);
    stand_in(run, "id", another_id);
    stand_in(run, "sudo", sudo);
    setenv("LC_ALL", "C.UTF-8", 1);
    EACH_SHELL(shell)
    {
        char sh[64];
        snprintf(sh, sizeof(sh), "exec %s \"$@\"", shell);
        stand_in(run, "sh", sh); // what reads the program there
        run_as(run, shell, &command, SLICE(""));
        assert_string_equal(run->err, err);
        assert_string_equal(run->out, out);
        assert_int_equal(run->code, code);
    }
    unsetenv("LC_ALL");
    buf_release(&text);
}

static void sudo_that_keeps_what_goes_in(void **state)
{
    struct run *run = *state;

    through_a_pipe(run, "shift 3; cat | \"$@\"", 0, "in\nend\n", "");
    stand_in(run, "dd", "case $* in *fullblock*) exit 1 ;; esac; exec /bin/dd \"$@\"");
    through_a_pipe(run, "shift 3; cat | \"$@\"", 0, "in\nend\n", "");
}

// Nothing runs of a program that does not come to its end.
static void a_program_that_is_cut_off(void **state)
{
    struct run *run = *state;

    through_a_pipe(run, "shift 3; head -c 300000 | \"$@\"", 126, "",
                   "as deploy: the command did not come there whole, or there is no dd\n");
}

static void sudo_that_asks(void **state)
{
    struct run *run = *state;
    struct command command = shell_command("deploy", "echo ran");

    stand_in(run, "id", another_id);
    stand_in(run, "sudo", "echo 'some lecture' >&2; echo 'sudo: a password is required' >&2; exit 1");
    stand_in(run, "doas", "echo 'doas: Operation not permitted' >&2; exit 1");
    EACH_SHELL(shell)
    {
        run_as(run, shell, &command, SLICE(""));
        assert_int_equal(run->code, 126);
        assert_string_equal(run->out, "");
        assert_string_equal(run->err, "as deploy: sudo asks for a password; allow it without one "
                                      "(NOPASSWD) for this user\n");
    }
}

static void doas_where_sudo_does_not_help(void **state)
{
    struct run *run = *state;
    struct command command = shell_command("deploy", "echo ran");
    char as[64];

    stand_in(run, "id", another_id);
    stand_in(run, "sudo", "exit 1");
    stand_in(run, "doas", "shift 3; exec \"$@\"");
    EACH_SHELL(shell)
    {
        run_as(run, shell, &command, SLICE(""));
        assert_string_equal(run->out, "ran\n");
        read_file(run, "as", as, sizeof(as));
        assert_string_equal(as, "doas -n -u deploy END\n");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_users),
        cmocka_unit_test(one_that_is_no_user_is_refused),
        TEST(who_we_are_already),
        TEST(without_input),
        TEST(any_bytes_pass),
        TEST(a_large_program),
        TEST(a_user_that_is_not_there),
        TEST(root_becomes_anybody),
        TEST(root_becomes_anybody_by_a_plain_su),
        TEST(root_without_a_way_says_why),
        TEST(by_sudo),
        TEST(sudo_that_keeps_what_goes_in),
        TEST(a_program_that_is_cut_off),
        TEST(sudo_that_asks),
        TEST(doas_where_sudo_does_not_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
