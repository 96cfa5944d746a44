// SPDX-License-Identifier: MIT
// The programs of transfers, run by the shell under test at both ends, with sessions of
// our own: one that is an sh in another directory, and some that break, lie or refuse.
// Where the shell is busybox its tools are too. tests/hosts has real ssh.
#include "host/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "fixture.h"

struct run {
    const char *what;    // put or get
    const char *from, *to;
    const char *mode;    // NULL: none
    const char *session; // sh text; NULL: an sh in the directory `there`
    const char *attempt; // NULL: the first
    bool is_local;
};

struct place {
    struct fixture *f;
    char here[128], there[128];
    char out[512], err[2048];
};

static int place_setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    void *fixture;
    char command[1024];

    assert_non_null(p);
    if (fixture_setup(&fixture) < 0)
        return -1;
    p->f = fixture;
    snprintf(p->here, sizeof(p->here), "%s/here", p->f->dir);
    snprintf(p->there, sizeof(p->there), "%s/there", p->f->dir);
    snprintf(command, sizeof(command), "mkdir %s %s %s/bin && if [ -n '%s' ]; then "
             "busybox --install -s %s/bin; fi", p->here, p->there, p->f->dir, p->f->busybox,
             p->f->dir);
    assert_int_equal(system(command), 0);
    *state = p;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *p = *state;
    void *fixture = p->f;

    free(p);
    return fixture_teardown(&fixture);
}

static void read_file(const char *dir, const char *name, char *ret, size_t room)
{
    char path[256];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "r");
    if (!file)
        fail_msg("%s is not there", path);
    len = fread(ret, 1, room - 1, file);
    ret[len] = '\0';
    fclose(file);
}

static void write_program(struct place *p, const struct run *run, const char *path)
{
    char session[512];
    struct command command = {
        .host = SLICE("web1"),
        .transfer = slice_str(run->what),
        .from = slice_str(run->from),
        .to = slice_str(run->to),
        .mode = run->mode ? slice_str(run->mode) : (struct slice){ 0 },
    };
    struct transfer transfer = {
        .command = &command,
        .key = { p->f->job, 7 },
        .step = "1.2/3",
        .cwd = slice_str(p->here),
        .is_local = run->is_local,
    };
    struct buf text;
    struct err err;
    FILE *file = fopen(path, "w");

    snprintf(session, sizeof(session), "cd %s && %s", p->there,
             run->session ? run->session : "exec \"$SH\"");
    transfer.session = slice_str(session);
    buf_init(&text, 0);
    assert_int_equal(transfer_program(&transfer, &text, &err), 0);
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    buf_release(&text);
}

// Runs it as a step would, in a directory of its own; its exit code.
static int transfer(struct place *p, const struct run *run)
{
    char dir[128], path[160], command[1024];
    int status;

    snprintf(dir, sizeof(dir), "%s/attempt", p->f->dir);
    snprintf(path, sizeof(path), "%s/cmd", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    write_program(p, run, path);
    snprintf(command, sizeof(command), "PATH=%s/bin:$PATH SH=$(command -v %s) PAWL_ATTEMPT=%s %s %s "
             "</dev/null >%s/out 2>%s/err; exit $?", p->f->dir, p->f->shell,
             run->attempt ? run->attempt : "1", p->f->shell, path, dir, dir);
    status = system(command);
    read_file(dir, "out", p->out, sizeof(p->out));
    read_file(dir, "err", p->err, sizeof(p->err));
    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(struct place *p, const struct run *run, int code, const char *out,
                   const char *err)
{
    int got = transfer(p, run);

    if (got != code || strcmp(p->out, out) != 0 || !strstr(p->err, err))
        fail_msg("code %d, out '%s', err '%s'; wanted %d, '%s', '%s'", got, p->out, p->err, code,
                 out, err);
    if (!*err)
        assert_string_equal(p->err, "");
}

// Shell text in the test's directory, which must succeed.
static void check(struct place *p, const char *text)
{
    char command[1024];

    snprintf(command, sizeof(command), "cd %s && { %s\n}", p->f->dir, text);
    if (system(command) != 0)
        fail_msg("not so: %s", text);
}

#define NO_PARTS "[ -z \"$(find . -name '.pawl-*')\" ]"

static void exact_bytes_go_and_come(void **state)
{
    struct place *p = *state;

    check(p, "head -c 3000001 /dev/urandom >here/big; : >here/empty; printf 'a\\0\\n\\0' >here/nul");
    expect(p, &(struct run){ .what = "put", .from = "big", .to = "big" }, 0, "changed 3000001\n", "");
    expect(p, &(struct run){ .what = "put", .from = "empty", .to = "empty" }, 0, "changed 0\n", "");
    expect(p, &(struct run){ .what = "put", .from = "nul", .to = "nul" }, 0, "changed 4\n", "");
    check(p, "cmp here/big there/big && cmp here/empty there/empty && cmp here/nul there/nul");
    expect(p, &(struct run){ .what = "get", .from = "big", .to = "back/deep/" }, 0, "changed 3000001\n", "");
    expect(p, &(struct run){ .what = "get", .from = "empty", .to = "back/deep" }, 0, "changed 0\n", "");
    expect(p, &(struct run){ .what = "get", .from = "nul", .to = "back/other" }, 0, "changed 4\n", "");
    check(p, "cmp here/big here/back/deep/big && cmp here/nul here/back/other && "
             "[ -f here/back/deep/empty ] && " NO_PARTS);
}

static void what_is_there_is_not_sent_again(void **state)
{
    struct place *p = *state;

    check(p, "echo x >here/a; chmod 640 here/a");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a" }, 0, "changed 2\n", "");
    check(p, "ls -i there/a >inode; [ \"$(stat -c %a there/a)\" = 640 ]");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a" }, 0, "same 2\n", "");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .mode = "0640" }, 0, "same 2\n", "");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .attempt = "2" }, 0, "changed 2\n", "");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .mode = "4711" }, 0, "changed 2\n", "");
    expect(p, &(struct run){ .what = "get", .from = "a", .to = "a", .mode = "0600" }, 0, "changed 2\n", "");
    expect(p, &(struct run){ .what = "get", .from = "a", .to = "a" }, 0, "same 2\n", "");
    check(p, "ls -i there/a | cmp - inode && [ \"$(stat -c %a there/a here/a)\" = \"4711\n600\" ]");
    check(p, "echo y >here/a");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a" }, 0, "changed 2\n", "");
    check(p, "! ls -i there/a | cmp -s - inode && [ \"$(cat there/a)\" = y ] && "
             "[ \"$(stat -c %a there/a)\" = 4711 ]");
}

static void any_name_is_a_name(void **state)
{
    static const char *const names[] = {
        "a b", "-n", "--", "'", "\"$(touch pwned)`touch pwned`\"", "a\nb\n", "*", "\\", "\xff\x01",
        "$HOME", "~", " ", "#", ";",
    };
    struct place *p = *state;
    char path[300];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        FILE *file;
        snprintf(path, sizeof(path), "%s/%s", p->here, names[i]);
        file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "%zu", i);
        fclose(file);
        expect(p, &(struct run){ .what = "put", .from = names[i], .to = "./" }, 0, i < 10 ? "changed 1\n" : "changed 2\n", "");
        snprintf(path, sizeof(path), "back/%s", names[i]);
        expect(p, &(struct run){ .what = "get", .from = names[i], .to = path }, 0, i < 10 ? "changed 1\n" : "changed 2\n", "");
    }
    check(p, "[ ! -e here/pwned ] && [ ! -e there/pwned ] && rm -r here/back && "
             "[ \"$(ls -A here | wc -l)\" = \"$(ls -A there | wc -l)\" ] && diff -r here there");
}

static void what_cannot_be_is_told(void **state)
{
    struct place *p = *state;

    check(p, "mkdir here/dir there/dir there/dir/a; echo x >here/a; mkfifo there/pipe; ln -s dir there/link");
    expect(p, &(struct run){ .what = "put", .from = "dir", .to = "x" }, 1, "", "./dir is a directory, and put takes a file");
    expect(p, &(struct run){ .what = "put", .from = "none", .to = "x" }, 1, "", "none");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "no/x" }, 1, "", "there is no directory ./no/");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "no/" }, 1, "", "there is no directory ./no/");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "pipe" }, 1, "", "./pipe is not a regular file");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "dir" }, 1, "", "./dir/a is a directory");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "link" }, 1, "", "./link/a is a directory");
    expect(p, &(struct run){ .what = "get", .from = "dir", .to = "x" }, 1, "", "./dir is a directory, and get takes a file");
    expect(p, &(struct run){ .what = "get", .from = "no\nne", .to = "x" }, 1, "", "ne");
    expect(p, &(struct run){ .what = "get", .from = "/proc/uptime", .to = "x" }, 1, "", "/proc/uptime does not tell its size");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "/dev/full" }, 1, "", "/dev/full is not a regular file");
    check(p, "[ \"$(ls -A there)\" = \"dir\nlink\npipe\" ] && [ \"$(ls -A here)\" = \"a\ndir\" ]");
}

// A limit on the size of files stands for a full disk. The old file stays.
static void a_full_disk_leaves_the_old_file(void **state)
{
    struct place *p = *state;

    check(p, "head -c 100000 /dev/zero >here/a; echo old >there/a; head -c 100000 /dev/zero >there/b; echo old >here/b");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = "trap '' XFSZ; ulimit -f 20; exec \"$SH\"" }, 1,
           "", "cannot write ./a: ");
    check(p, "[ \"$(cat there/a)\" = old ] && " NO_PARTS);
}

// ---- sessions that break

// The session gets broken words as often as there are lines in the file `breaks`.
#define BREAKS(how)                                                                       \
    "if [ -s ../breaks ]; then sed -i 1d ../breaks; " how "; fi; echo login noise; exec \"$SH\""

static void what_passes_is_waited_for(void **state)
{
    struct place *p = *state;

    check(p, "echo x >here/a; printf '1\\n2\\n' >breaks");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = BREAKS("echo 'No route to host' >&2; exit 255") },
           0, "changed 2\n", "web1: No route to host; trying again\n");
    assert_null(strstr(p->err + 5, "web1:")); // said once
    check(p, "cmp here/a there/a");
}

// GNU's sed, line by line; what comes in, up to a word of the near end.
#define SED "PATH=/usr/bin:/bin sed -u "
#define UNTIL(word) SED "'/^" word " [-0-9]/q'"

// All but the word that puts it into its place comes through, or even that, and then the
// line is cut: what the next try finds is ours all the same.
static void a_cut_in_the_middle_is_made_good(void **state)
{
    struct place *p = *state;

    check(p, "head -c 200000 /dev/urandom >here/a; echo 1 >breaks");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = BREAKS("dd bs=1 count=60000 2>/dev/null | \"$SH\"; exit 255") },
           0, "changed 200000\n", "trying again");
    check(p, "cmp here/a there/a && " NO_PARTS);
    check(p, "echo other >here/a; echo 1 >breaks");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = BREAKS(UNTIL("place") " | \"$SH\" | " SED "'/ done$/d'; exit 255") },
           0, "changed 6\n", "trying again");
    check(p, "cmp here/a there/a && " NO_PARTS);
    check(p, "head -c 200000 /dev/urandom >there/b; echo 1 >breaks");
    expect(p, &(struct run){ .what = "get", .from = "b", .to = "b", .session = BREAKS(UNTIL("give") " | \"$SH\" | dd bs=1 count=60000 2>/dev/null; exit 255") },
           0, "changed 200000\n", "trying again");
    check(p, "cmp here/b there/b && " NO_PARTS);
}

// What an old session still holds can no longer be put into its place. Another step's stays.
static void parts_of_earlier_tries_go(void **state)
{
    struct place *p = *state;
    char text[512], uuid[UUID_TEXT];

    uuid_format(p->f->job, uuid);
    snprintf(text, sizeof(text), "echo x >here/a; for i in 1 1.1 2.10 10.9; do touch there/.pawl-%s-%016llx.$i; done; "
             "touch there/.pawl-%s-0.1.1", uuid, (unsigned long long)name_hash(SLICE("1.2/3")), uuid);
    check(p, text);
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .attempt = "10" }, 0, "changed 2\n", "");
    check(p, "[ -e there/.pawl-*-0.1.1 ] && [ -e there/.pawl-*.10.9 ] && [ \"$(ls -A there | wc -l)\" -eq 3 ]");
    check(p, "rm there/a");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .attempt = "11" }, 0, "changed 2\n", "");
    check(p, "[ -e there/.pawl-*-0.1.1 ] && [ \"$(ls -A there | wc -l)\" -eq 2 ]");
}

// The first attempt dies when it has said a word, which reaches its far end when the
// second one's file is half there: it may neither end up in its place nor go away.
static void what_a_dead_attempt_said_comes_late(void **state)
{
    static const char *const words[] = { "place", "take" };
    struct place *p = *state;
    char first[512], text[64];

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        check(p, "{ head -c 199999 /dev/urandom; echo; } >here/a; rm -f there/a; mkfifo late");
        snprintf(first, sizeof(first), "{ \"$SH\" <../late & } && { sleep 20 >../late & echo $! >../holder; } && "
                 SED "-e '/^%s [-0-9]/{w ../held' -e 'Q;}' >../late; kill -KILL $$; exit 255", words[i]);
        assert_int_equal(transfer(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = first }), 137);
        snprintf(text, sizeof(text), "grep -q '^%s ' held", words[i]);
        check(p, text);
        expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .attempt = "2", .session =
                   "{ " UNTIL("take") "; /usr/bin/head -c 60000; cat ../held >../late; sleep 0.5; "
                   "[ ! -e a ] || : >../early; timeout 9 cat; } | \"$SH\"" },
               0, "changed 200000\n", "");
        check(p, "[ ! -e early ] && cmp here/a there/a && kill $(cat holder) && "
                 "for i in 1 2 3 4 5 6 7 8 9; do " NO_PARTS " && exit; sleep 0.3; done; exit 1");
        check(p, "rm late held holder");
    }
}

// A host is not asked to make programs here that run as us, by a mode or by what is no mode.
static void what_a_host_says_of_a_file_is_checked(void **state)
{
    static const char *const lies[] = {
        "2 x4755", "2 04755", "2 755", "2 u+s", "2 0855", "2 *", "2", "-1 0644", "2x 0644", "'' 0644",
    };
    struct place *p = *state;
    char session[256];

    check(p, "echo x >there/a; chmod 6754 there/a");
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        snprintf(session, sizeof(session), "\"$SH\" | " SED "\"s/ file 2 6754/ file %s/\"", lies[i]);
        expect(p, &(struct run){ .what = "get", .from = "a", .to = "a", .session = session }, 1, "",
               "web1 does not tell size and mode of a\n");
        expect(p, &(struct run){ .what = "get", .from = "a", .to = "a", .mode = "0600", .session = session }, 1, "",
               "web1 does not tell size and mode of a\n");
    }
    check(p, "[ -z \"$(ls -A here)\" ]");
    expect(p, &(struct run){ .what = "get", .from = "a", .to = "a" }, 0, "changed 2\n", "");
    check(p, "[ \"$(stat -c %a here/a)\" = 754 ]");
}

static void what_only_a_person_can_mend_ends_it(void **state)
{
    struct place *p = *state;

    check(p, "echo x >here/a");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session =
               "echo Banner >&2; echo 'root@web1: Permission denied (publickey).' >&2; exit 255" },
           1, "", "root@web1: Permission denied (publickey).\n");
    expect(p, &(struct run){ .what = "get", .from = "a", .to = "a", .session = "echo 'This account is not available'; exit 1" },
           1, "", "no POSIX shell answers there");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .is_local = true, .session = "exit 255" }, 1, "",
           "the sh at the other end of the transfer ended with code 255");
    check(p, "[ -z \"$(ls -A there)\" ]");
}

// Somebody writes to it all the time: a program for sums that never says the same.
static void a_file_that_changes_meanwhile_is_told(void **state)
{
    struct place *p = *state;

    check(p, "echo x >here/a; echo y >there/b; rm -f bin/sha256sum; "
             "printf '#!/bin/sh\\necho x >>../sums; wc -l <../sums\\n' >bin/sha256sum; chmod +x bin/sha256sum");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a" }, 1, "",
           "three times what came was not what is in a: is somebody writing to it?");
    expect(p, &(struct run){ .what = "get", .from = "b", .to = "b" }, 1, "",
           "three times what came was not what is in b: is somebody writing to it?");
    check(p, NO_PARTS " && [ ! -e there/a ] && [ ! -e here/b ]");
}

// Where one end has no program for SHA-256, and where one has none at all.
static void both_ends_must_agree_on_a_sum(void **state)
{
    struct place *p = *state;

    check(p, "echo x >here/a; mkdir few none; for t in sh cat chmod chown chgrp head ls mv printf rm tr cksum; do "
             "ln -s \"$(command -v $t)\" few/$t; [ $t = cksum ] || ln -s \"$(command -v $t)\" none/$t; done");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = "PATH=$(cd ../few; pwd); exec \"$SH\"" },
           0, "changed 2\n", "");
    expect(p, &(struct run){ .what = "put", .from = "a", .to = "a", .session = "PATH=$(cd ../few; pwd); exec \"$SH\"" },
           0, "same 2\n", "");
    expect(p, &(struct run){ .what = "get", .from = "a", .to = "b", .session = "PATH=$(cd ../none; pwd); exec \"$SH\"" },
           1, "", "no program for sums (sha256sum, shasum, openssl, cksum) is both here and on web1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(exact_bytes_go_and_come),
        TEST(what_is_there_is_not_sent_again),
        TEST(any_name_is_a_name),
        TEST(what_cannot_be_is_told),
        TEST(a_full_disk_leaves_the_old_file),
        TEST(what_passes_is_waited_for),
        TEST(a_cut_in_the_middle_is_made_good),
        TEST(parts_of_earlier_tries_go),
        TEST(what_a_dead_attempt_said_comes_late),
        TEST(what_a_host_says_of_a_file_is_checked),
        TEST(what_only_a_person_can_mend_ends_it),
        TEST(a_file_that_changes_meanwhile_is_told),
        TEST(both_ends_must_agree_on_a_sum),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
