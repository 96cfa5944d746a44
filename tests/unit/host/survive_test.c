// SPDX-License-Identifier: MIT
// What must hold when something dies: the runner is killed in mid-command, links
// come again, boots change, attempts are replaced.
// Provoked for real, on this machine, in a spool of the test's own.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/session.h"
#include "fixture.h"

static void attach(struct fixture *f, uint64_t no)
{
    struct seen *s = &f->seen[no];
    struct err err = { 0 };

    memset(s->count, 0, sizeof(s->count));
    if (link_attach(f->link, fixture_key(f, no), s->stream[0].len, s->stream[1].len, &err) < 0)
        fail_msg("link_attach: %s", err.text);
}

static void write_file(const struct fixture *f, uint64_t no, const char *name, const char *text)
{
    char path[512];
    FILE *file = fopen(fixture_path(f, no, name, path), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool file_exists(const struct fixture *f, uint64_t no, const char *name)
{
    char path[512];

    return access(fixture_path(f, no, name, path), F_OK) == 0;
}

// Has the attempt left its result? Blanks keep the place for it until then.
static bool has_ended(const struct fixture *f, uint64_t no)
{
    char path[512], word[8] = "";
    FILE *file = fopen(fixture_path(f, no, "rc", path), "r");

    if (!file)
        return false;
    if (fscanf(file, "%7s", word) != 1)
        word[0] = 0;
    fclose(file);
    return strcmp(word, "exit") == 0;
}

// Kills the runner as an engine's machine never would, and sees the link go down.
static void kill_runner(struct fixture *f)
{
    long pid = fixture_runner(f, false);

    assert_true(pid > 1);
    f->general.count[LINK_DOWN] = 0;
    kill((pid_t)pid, SIGKILL);
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(f->end, LINK_END_LOST);
    if (!f->over_ssh) // which does not tell what ended the far side
        assert_non_null(strstr(buf_cstr(&f->general.text), "signal 9"));
    fixture_run(f, 50);
    assert_int_equal(f->general.count[LINK_DOWN], 1);
}

static void test_down_link_refuses(void **state)
{
    struct fixture *f = *state;
    struct err err = { 0 };

    fixture_open(f);
    kill_runner(f);
    assert_int_equal(link_list(f->link, &err), -ENOTCONN);
    assert_int_equal(link_attach(f->link, fixture_key(f, 1), 0, 0, NULL), -ENOTCONN);
}

static void test_command_outlives_the_runner(void **state)
{
    struct fixture *f = *state;
    long command;

    fixture_open(f);
    fixture_start(f, 1, "echo 1; " GATE "echo 2; exit 4", NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    kill_runner(f);
    fixture_close(f);
    command = fixture_number(f, 1, "pid");
    assert_true(process_alive(command));
    fixture_open(f);
    attach(f, 1);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 4);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "1\n2\n");
    assert_true(process_gone(command));
}

// Requests that nobody takes fill the FIFO. Whose runner is gone must not wait there for a
// reader of what it writes for ever.
static void test_reader_ends_with_its_runner(void **state)
{
    struct fixture *f = *state;
    long reader;

    fixture_open(f);
    reader = fixture_runner(f, true);
    assert_true(reader > 1);
    kill((pid_t)fixture_runner(f, false), SIGSTOP);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(link_signal(f->link, fixture_key(f, 1), 15, NULL), 0);
    fixture_run(f, 1000);
    kill_runner(f);
    fixture_close(f);
    assert_true(process_gone(reader));
    fixture_open(f);
    fixture_do(f, 2, "true");
}

// From here on the session asks nothing about the attempt: what comes is pushed.
static void ask_no_more(struct fixture *f, uint64_t no)
{
    struct session *session = container_of(f->link, struct session, link);
    struct attempt *attempt = attempts_find(&session->attempts, fixture_key(f, no));

    for (int i = 0; attempt && attempt->reading && i < WAIT_MS / 10; i++)
        fixture_run(f, 10);
    assert_non_null(attempt);
    assert_false(attempt->reading);
    attempt->poll_ms = UINT64_MAX;
}

// An end is pushed, not found by asking, also by the runner after the one that began it.
static void test_completion_reaches_the_new_runner(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t no = 1; no <= 4; no++)
        fixture_start(f, no, GATE "echo over", NULL);
    for (uint64_t no = 1; no <= 4; no++)
        assert_true(fixture_wait(f, no, LINK_STARTED));
    fixture_close(f);
    fixture_reset(f);
    fixture_open(f);
    for (uint64_t no = 1; no <= 4; no++)
        attach(f, no);
    for (uint64_t no = 1; no <= 4; no++)
        assert_true(fixture_wait(f, no, LINK_STARTED));
    for (uint64_t no = 1; no <= 4; no++)
        ask_no_more(f, no);
    fixture_open_gate(f);
    for (uint64_t no = 1; no <= 4; no++) {
        assert_true(fixture_wait(f, no, LINK_DONE));
        assert_string_equal(buf_cstr(&f->seen[no].stream[0]), "over\n");
    }
}

static void test_ended_while_nobody_looked(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_start(f, 1, GATE "printf 'a\\0b'; exit 6", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    fixture_close(f);
    fixture_open_gate(f);
    for (int i = 0; i < WAIT_MS / 10 && !has_ended(f, 1); i++)
        usleep(10000);
    fixture_open(f);
    attach(f, 1);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 6);
    assert_int_equal(f->seen[1].stream[0].len, 3);
    assert_memory_equal(f->seen[1].stream[0].ptr, "a\0b", 3);
    assert_int_equal(f->seen[1].count[LINK_STARTED], 0);
    // And again, from the end: nothing doubles.
    attach(f, 1);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].stream[0].len, 3);
}

static void test_start_is_idempotent(void **state)
{
    struct fixture *f = *state;
    char program[256];

    fixture_open(f);
    snprintf(program, sizeof(program), "echo ran >>%s/ran; sleep 0.4; exit 2", f->dir);
    fixture_start(f, 1, program, NULL);
    fixture_start(f, 1, program, NULL);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    memset(f->seen[1].count, 0, sizeof(f->seen[1].count));
    fixture_start(f, 1, program, NULL);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 2);
    fixture_close(f);
    fixture_open(f);
    memset(f->seen[1].count, 0, sizeof(f->seen[1].count));
    fixture_start(f, 1, program, NULL);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    snprintf(program, sizeof(program), "cat %s/ran", f->dir);
    fixture_do(f, 2, program);
    assert_string_equal(buf_cstr(&f->seen[2].stream[0]), "ran\n");
}

static void test_another_command_is_refused(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_do(f, 1, "exit 1");
    fixture_start(f, 1, "exit 2", NULL);
    assert_true(fixture_wait(f, 1, LINK_REFUSED));
    assert_non_null(strstr(buf_cstr(&f->seen[1].text), "another command"));
    // One that runs is not disturbed by it.
    fixture_start(f, 2, "sleep 0.5; exit 3", NULL);
    assert_true(fixture_wait(f, 2, LINK_STARTED));
    fixture_start(f, 2, "exit 4", NULL);
    assert_true(fixture_wait(f, 2, LINK_REFUSED));
    assert_true(fixture_wait(f, 2, LINK_DONE));
    assert_int_equal(f->seen[2].last[LINK_DONE].code, 3);
}

static void test_list_and_forget(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t no = 1; no <= 3; no++)
        fixture_do(f, no, "echo x");
    assert_int_equal(link_list(f->link, NULL), 0);
    assert_true(fixture_wait_general(f, LINK_LISTED));
    assert_true(uuid_is_nil(f->general.last[LINK_LISTED].key.job));
    for (uint64_t no = 1; no <= 3; no++)
        assert_int_equal(f->seen[no].count[LINK_LISTED], 1);
    assert_int_equal(link_forget(f->link, fixture_key(f, 2), NULL), 0);
    assert_true(fixture_wait(f, 2, LINK_FORGOTTEN));
    assert_false(file_exists(f, 2, "spec"));
    assert_false(file_exists(f, 2, "rc"));
    assert_true(file_exists(f, 1, "rc"));
    attach(f, 2);
    assert_true(fixture_wait(f, 2, LINK_ABSENT));
    fixture_start(f, 4, "sleep 20", NULL);
    assert_true(fixture_wait(f, 4, LINK_STARTED));
    assert_int_equal(link_forget(f->link, fixture_key(f, 4), NULL), 0);
    assert_true(fixture_wait(f, 4, LINK_REFUSED));
    assert_int_equal(link_signal(f->link, fixture_key(f, 4), SIGKILL, NULL), 0);
    assert_true(fixture_wait(f, 4, LINK_DONE));
    // One that waits for others to go with it goes before the link.
    assert_int_equal(link_forget(f->link, fixture_key(f, 1), NULL), 0);
    fixture_close(f);
    for (int i = 0; i < 500 && file_exists(f, 1, "spec"); i++)
        usleep(10000);
    assert_false(file_exists(f, 1, "spec"));
}

// The step is killed with all of its command: nobody is left to tell the end.
static void test_killed_from_outside(void **state)
{
    struct fixture *f = *state;
    char line[128], path[512];
    long command, step;
    FILE *file;

    fixture_open(f);
    fixture_start(f, 1, "echo so far; exec sleep 60", NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    file = fopen(fixture_path(f, 1, "pid", path), "r");
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_int_equal(sscanf(line, "%ld %*s %ld", &command, &step), 2);
    kill((pid_t)step, SIGKILL);
    fixture_run(f, 1500);
    // The command is still there, and so is the attempt.
    assert_int_equal(f->seen[1].count[LINK_KILLED], 0);
    kill((pid_t)command, SIGKILL);
    assert_true(fixture_wait(f, 1, LINK_KILLED));
    assert_int_equal(f->seen[1].last[LINK_KILLED].out_bytes, 7);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "so far\n");
}

static void write_program(const struct fixture *f, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fchmod(fileno(file), 0755), 0);
    assert_int_equal(fclose(file), 0);
}

// A service manager ends everybody when the machine goes down. Such an end is no result:
// after the boot it is an interruption, and only when the machine stays up after all it is told.
static void test_ended_by_a_shutdown(void **state)
{
    struct fixture *f = *state;
    char *path = strdup(getenv("PATH")), ours[8192];

    if (f->over_ssh) { // whose logins have a PATH of their own
        free(path);
        return;
    }
    snprintf(ours, sizeof(ours), "%s:%s", f->dir, path);
    setenv("PATH", ours, 1);
    write_program(f, "systemctl", "#!/bin/sh\necho asked >>\"${0%/*}/asked\"\necho stopping\nexit 1\n");
    fixture_open(f);
    setenv("PATH", path, 1);
    free(path);
    fixture_start(f, 1, "exec sleep 60", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    kill((pid_t)fixture_number(f, 1, "pid"), SIGTERM);
    snprintf(ours, sizeof(ours), "%s/asked", f->dir);
    for (int ms = 0; ms < WAIT_MS && access(ours, F_OK) < 0; ms += 50)
        fixture_run(f, 50);
    assert_int_equal(access(ours, F_OK), 0);
    assert_true(process_gone(fixture_step(f, 1))); // it does not hold the shutdown up
    fixture_run(f, 1500);                     // time for a question or two
    assert_int_equal(f->seen[1].count[LINK_DONE] + f->seen[1].count[LINK_KILLED], 0);
    write_program(f, "systemctl", "#!/bin/sh\necho running\n");
    assert_true(fixture_wait(f, 1, LINK_KILLED));
}

// A pid that another process has by now is never taken for the command.
static void test_strangers_are_not_touched(void **state)
{
    struct fixture *f = *state;
    char text[128];
    pid_t stranger = fork();

    if (stranger == 0) {
        setsid();
        pause();
        _exit(0);
    }
    fixture_open(f);
    fixture_do(f, 1, "true");
    write_file(f, 1, "rc", "");
    snprintf(text, sizeof(text), "%ld 1 %ld 1 %s END\n", (long)stranger, (long)stranger,
             buf_cstr(&f->boot_id));
    write_file(f, 1, "pid", text);
    assert_int_equal(link_signal(f->link, fixture_key(f, 1), SIGKILL, NULL), 0);
    assert_true(fixture_wait(f, 1, LINK_SIGNALLED));
    assert_int_equal(f->seen[1].last[LINK_SIGNALLED].code, 1);
    attach(f, 1);
    assert_true(fixture_wait(f, 1, LINK_KILLED));
    assert_true(process_alive(stranger));
    kill(stranger, SIGKILL);
    assert_int_equal(waitpid(stranger, NULL, 0), stranger);
}

static void test_another_boot(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_do(f, 1, "echo kept");
    fixture_do(f, 2, "echo kept");
    write_file(f, 1, "pid", "1 1 1 1 another-boot END\n");
    write_file(f, 2, "pid", "1 1 1 1 another-boot END\n");
    write_file(f, 2, "rc", "exit 0 0");
    fixture_do(f, 3, "echo kept");
    write_file(f, 3, "pid", "1 1 1 1 another-boot END\n");
    write_file(f, 3, "rc", "exit 143 15 1 1 END\n");
    fixture_do(f, 4, "echo kept");
    write_file(f, 4, "pid", "1 1 1 1 another-boot END\n");
    write_file(f, 4, "rc", "exit 143 0 1 1 END\n");
    // An rc stands under any boot; its output is not vouched for.
    attach(f, 1);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_true(f->seen[1].last[LINK_DONE].unverified);
    // One that was never written to its end is none.
    buf_clear(&f->seen[2].stream[0]);
    attach(f, 2);
    assert_true(fixture_wait(f, 2, LINK_INTERRUPTED));
    assert_string_equal(buf_cstr(&f->seen[2].stream[0]), "kept\n");
    assert_int_equal(f->seen[2].last[LINK_INTERRUPTED].out_bytes, 5);
    // One that was ended from outside was ended by the end of that boot.
    attach(f, 3);
    assert_true(fixture_wait(f, 3, LINK_INTERRUPTED));
    // One that chose such a code itself has it for its result.
    attach(f, 4);
    assert_true(fixture_wait(f, 4, LINK_DONE));
    assert_int_equal(f->seen[4].last[LINK_DONE].code, 143);
}

static void make_claim(struct fixture *f, uint64_t no, const char *boot)
{
    char text[256];

    snprintf(text, sizeof(text), "digest - %s END\n", boot);
    write_file(f, no, "spec", text);
}

static void test_claim_that_never_began(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    make_claim(f, 1, buf_cstr(&f->boot_id));
    attach(f, 1);
    assert_true(fixture_wait(f, 1, LINK_NEVER));
    assert_true(file_exists(f, 1, "go"));
    // After a power cut a claim proves nothing: its `go` may be what was lost.
    make_claim(f, 2, "another-boot");
    attach(f, 2);
    assert_true(fixture_wait(f, 2, LINK_INTERRUPTED));
    write_file(f, 3, "spec", "");
    attach(f, 3);
    assert_true(fixture_wait(f, 3, LINK_INTERRUPTED));
    attach(f, 4);
    assert_true(fixture_wait(f, 4, LINK_ABSENT));
}

static void start_instead(struct fixture *f, uint64_t no, uint64_t old, const char *program)
{
    struct link_start start = {
        .key = fixture_key(f, no),
        .program = slice_str(program),
        .has_supersedes = true,
        .supersedes_intent_no = old,
    };

    assert_int_equal(link_start(f->link, &start, NULL), 0);
}

static void test_replacing_a_running_attempt(void **state)
{
    struct fixture *f = *state;
    long old;

    fixture_open(f);
    fixture_start(f, 1, "trap '' TERM; echo up; sleep 60; sleep 60", NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    old = fixture_number(f, 1, "pid");
    fixture_close(f);
    fixture_open(f);
    start_instead(f, 2, 1, "exit 8");
    assert_true(fixture_wait(f, 2, LINK_STARTED));
    assert_false(process_alive(old));
    assert_true(fixture_wait(f, 2, LINK_DONE));
    assert_int_equal(f->seen[2].last[LINK_DONE].code, 8);
    assert_int_equal(f->seen[1].count[LINK_DONE], 0);
}

static void test_a_result_stands(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_start(f, 1, "echo result; exit 5", NULL);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    fixture_close(f);
    fixture_open(f);
    memset(f->seen[1].count, 0, sizeof(f->seen[1].count));
    start_instead(f, 2, 1, "echo no >&2");
    assert_true(fixture_wait(f, 2, LINK_NEVER));
    assert_int_equal(f->seen[1].count[LINK_DONE], 1);
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 5);
    assert_int_equal(f->seen[1].last[LINK_DONE].out_bytes, 7);
    assert_false(file_exists(f, 2, "out"));
}

// n+1 was claimed, but its runner died before n was ended: n+2 must end n as well.
static void test_replacing_a_chain(void **state)
{
    struct fixture *f = *state;
    char text[256], key[LINK_KEY_TEXT];
    long old;

    fixture_open(f);
    fixture_start(f, 1, "sleep 60", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    old = fixture_number(f, 1, "pid");
    fixture_close(f);
    fixture_open(f);
    make_claim(f, 2, buf_cstr(&f->boot_id));
    snprintf(text, sizeof(text), "digest %s %s END\n", link_key_format(fixture_key(f, 1), key),
             buf_cstr(&f->boot_id));
    write_file(f, 2, "spec", text);
    start_instead(f, 3, 2, "exit 1");
    assert_true(fixture_wait(f, 3, LINK_DONE));
    assert_true(process_gone(old));
    attach(f, 2);
    assert_true(fixture_wait(f, 2, LINK_NEVER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_down_link_refuses),
        TEST(test_command_outlives_the_runner),
        TEST(test_reader_ends_with_its_runner),
        TEST(test_completion_reaches_the_new_runner),
        TEST(test_ended_while_nobody_looked),
        TEST(test_start_is_idempotent),
        TEST(test_another_command_is_refused),
        TEST(test_list_and_forget),
        TEST(test_killed_from_outside),
        TEST(test_ended_by_a_shutdown),
        TEST(test_strangers_are_not_touched),
        TEST(test_another_boot),
        TEST(test_claim_that_never_began),
        TEST(test_replacing_a_running_attempt),
        TEST(test_a_result_stands),
        TEST(test_replacing_a_chain),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
