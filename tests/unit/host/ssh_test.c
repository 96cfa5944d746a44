// SPDX-License-Identifier: MIT
// The ssh link with a program of our own in ssh's place: what it is called with, where it
// lives, and what is made of each of its ends. tests/hosts has the real one.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "unit/base/alloc_gate.h"

// ssh is now this shell text; its directory is $d, the remote command $last.
static void be_ssh(struct fixture *f, char path[96], const char *text)
{
    FILE *file;

    snprintf(path, 96, "%s/ssh", f->dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nd=%s; for last; do :; done\n%s\n", f->dir, text);
    assert_int_equal(fclose(file), 0);
    chmod(path, 0700);
    f->over_ssh = true;
    f->target.destination = SLICE("host");
    f->target.program = path;
}

static void check_file(const struct fixture *f, const char *name, const char *want)
{
    char path[128], text[2048];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    file = fopen(path, "r");
    assert_non_null(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    assert_string_equal(text, want);
}

#define NEEDED                                                                       \
    "-o\nBatchMode=yes\n-o\nEscapeChar=none\n-o\nRemoteCommand=none\n"               \
    "-o\nControlMaster=no\n-o\nPermitLocalCommand=no\n-o\nClearAllForwardings=yes\n" \
    "-o\nForwardX11=no\n"

static void the_command_line_is_this(void **state)
{
    static const char *const options[] = { "ProxyJump=gate", "ConnectTimeout=99", NULL };
    struct fixture *f = *state;
    char path[96];

    be_ssh(f, path, "printf '%s\\n' \"$@\" >$d/args; exit 255");
    fixture_open_refused(f);
    fixture_close(f);
    check_file(f, "args", "-T\n" NEEDED "-o\nConnectTimeout=10\n-o\nServerAliveInterval=7\n"
                          "-o\nServerAliveCountMax=3\n--\nhost\nexec /bin/sh -s pawl-runner\n");
    f->target.destination = SLICE("me@web01.example:2222");
    f->target.options = options;
    f->target.config = "/etc/other";
    f->target.connect_s = 3;
    f->target.keepalive_s = 5;
    fixture_open_refused(f);
    check_file(f, "args",
               "-T\n-F\n/etc/other\n" NEEDED "-o\nProxyJump=gate\n-o\nConnectTimeout=99\n"
               "-o\nConnectTimeout=3\n-o\nServerAliveInterval=5\n-o\nServerAliveCountMax=3\n"
               "-p\n2222\n-l\nme\n--\nweb01.example\nexec /bin/sh -s pawl-runner\n");
}

// A session beside the link is the same ssh, as text for sh.
static void a_session_of_its_own_is_called_the_same_way(void **state)
{
    static const char *const options[] = { "ProxyCommand=nc -x 'a b' %h %p", NULL };
    struct fixture *f = *state;
    struct buf text;
    struct err err;
    char path[96];

    be_ssh(f, path, "printf '%s\\n' \"$@\" $SSH_ASKPASS_REQUIRE >$d/args");
    f->target.destination = SLICE("me@web01.example:2222");
    f->target.options = options;
    buf_init(&text, 0);
    assert_int_equal(ssh_command(&f->target, &text, &err), 0);
    assert_int_equal(system(buf_cstr(&text)), 0);
    check_file(f, "args",
               "-T\n" NEEDED "-o\nProxyCommand=nc -x 'a b' %h %p\n-o\nConnectTimeout=10\n"
               "-o\nServerAliveInterval=7\n-o\nServerAliveCountMax=3\n-p\n2222\n-l\nme\n--\n"
               "web01.example\nexec /bin/sh -s pawl-runner\nnever\n");
    f->target.program = f->target.config = ""; // as a variable that is set to nothing
    buf_clear(&text);
    assert_int_equal(ssh_command(&f->target, &text, &err), 0);
    assert_non_null(strstr(buf_cstr(&text), "\nexec 'ssh' '-T' '-o' "));
    buf_clear(&text);
    f->target.destination = SLICE("-oProxyCommand=x");
    assert_int_equal(ssh_command(&f->target, &text, &err), ERR_USAGE);
    buf_release(&text);
}

// Nobody is there to be asked: no terminal, no window.
static void it_is_on_its_own(void **state)
{
    struct fixture *f = *state;
    char path[96];

    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    be_ssh(f, path, "{ echo $SSH_ASKPASS_REQUIRE; (: </dev/tty) 2>/dev/null || echo no terminal; "
                    "read pid name state parent group session rest </proc/$$/stat; "
                    "[ $session = $$ ] && [ $group = $$ ] && echo leader; } >$d/seen; exit 255");
    fixture_open_refused(f);
    unsetenv("SSH_ASKPASS_REQUIRE");
    check_file(f, "seen", "never\nno terminal\nleader\n");
}

struct ending {
    const char *program;
    enum link_end end;
    const char *text;
};

static void its_words_are_the_reason(void **state)
{
    static const struct ending endings[] = {
        { "printf 'ssh: connect to host h port 22: No route to host\\r\\n' >&2; exit 255",
          LINK_END_UNREACHED, "ssh: connect to host h port 22: No route to host" },
        { "printf '\\033[1mroot@h: Permission denied (publickey).\\r\\n' >&2; exit 255",
          LINK_END_DENIED, "[1mroot@h: Permission denied (publickey)." },
        { "printf 'Unable to negotiate with 10.0.0.1 port 22: no matching cipher\\n' >&2; exit 255",
          LINK_END_DENIED, "Unable to negotiate with 10.0.0.1 port 22: no matching cipher" },
        { "echo 'Connection closed by 10.0.0.1 port 22' >&2; exit 255", LINK_END_UNREACHED,
          "Connection closed by 10.0.0.1 port 22" },
        { "exit 255", LINK_END_UNREACHED, "ssh ended without a word" },
        { "kill -9 $$", LINK_END_UNREACHED, "ssh was ended by signal 9" },
        { "echo 'Go away.'; echo really >&2; exit 1", LINK_END_NO_SHELL,
          "no POSIX shell answers there: Go away.; really" },
        { "exit 0", LINK_END_NO_SHELL,
          "no POSIX shell answers there: the login ended with code 0 and said nothing" },
        { "exec >&-; sleep 1000", LINK_END_UNREACHED, "ssh was ended: it closed its output" },
    };
    struct fixture *f = *state;
    char path[96];

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        be_ssh(f, path, endings[i].program);
        assert_string_equal(fixture_open_refused(f), endings[i].text);
        assert_int_equal(f->end, endings[i].end);
        fixture_close(f);
    }
}

static void what_was_said_at_the_login_is_no_reason_later(void **state)
{
    struct fixture *f = *state;
    char path[96];

    be_ssh(f, path, "echo 'Authorized use only' >&2; sh -c \"$last\"; "
                    "echo 'Timeout, server h not responding.' >&2; exit 255");
    fixture_open(f);
    assert_int_equal(fixture_do(f, 1, "exit 8")->code, 8);
    assert_int_equal(kill((pid_t)fixture_runner(f, false), SIGKILL), 0);
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(f->end, LINK_END_LOST);
    assert_non_null(strstr(buf_cstr(&f->general.text), "Timeout, server h not responding."));
    assert_null(strstr(buf_cstr(&f->general.text), "Authorized"));
}

static void a_lost_connection_without_a_word(void **state)
{
    struct fixture *f = *state;
    char path[96];

    be_ssh(f, path, "exec 2>/dev/null; sh -c \"$last\"; exit 255");
    fixture_open(f);
    assert_int_equal(kill((pid_t)fixture_runner(f, false), SIGKILL), 0);
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(f->end, LINK_END_LOST);
    assert_string_equal(buf_cstr(&f->general.text), "ssh ended without a word");
}

// What it started to reach its host (ProxyCommand, ProxyJump) must not stay behind.
static void its_helpers_end_with_it(void **state)
{
    struct fixture *f = *state;
    char path[96];
    long helper = 0;

    be_ssh(f, path, "sleep 1000 & echo $! >$d/helper.new; mv $d/helper.new $d/helper; wait");
    fixture_open_held(f);
    snprintf(path, sizeof(path), "%s/helper", f->dir);
    for (int i = 0; i < WAIT_MS / 20 && helper == 0; i++) {
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%ld", &helper) != 1)
            helper = 0;
        if (file)
            fclose(file);
        fixture_run(f, 20);
    }
    assert_true(helper > 1 && process_alive(helper));
    fixture_close(f);
    assert_true(process_gone(helper));
}

static void without_memory_there_is_no_link(void **state)
{
    struct fixture *f = *state;
    struct link_options options = { .store = f->store };
    struct link_pool *pool = NULL;
    char path[96];
    int over_ssh, local, made;

    be_ssh(f, path, "exit 255");
    alloc_gate_shut();
    over_ssh = link_ssh_open(&f->link, f->pool, &f->target, &options, NULL);
    local = link_local_open(&f->link, f->pool, &options, NULL);
    made = link_pool_new(&pool, &f->loop, NULL);
    alloc_gate_open();
    assert_int_equal(over_ssh, -ENOMEM);
    assert_int_equal(local, -ENOMEM);
    assert_int_equal(made, -ENOMEM);
    assert_null(f->link);
    assert_null(pool);
    assert_non_null(strstr(fixture_open_refused(f), "without a word")); // and now there is
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_command_line_is_this),
        TEST(a_session_of_its_own_is_called_the_same_way),
        TEST(it_is_on_its_own),
        TEST(its_words_are_the_reason),
        TEST(what_was_said_at_the_login_is_no_reason_later),
        TEST(a_lost_connection_without_a_word),
        TEST(its_helpers_end_with_it),
        TEST(without_memory_there_is_no_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
