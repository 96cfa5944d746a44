// SPDX-License-Identifier: MIT
// The verbs as people call them: this program, given arguments, is `pawl` with a
// fake engine; the tests run it as a shell would and look at what it prints, how
// it exits, and that it starts, survives and stops its engine.
#include <errno.h>
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
#include "unit/cli/fake_engine.h"

struct shell {
    char home[64];
    char program[256];
    struct buf text; // of the last command: both streams, or what 2> left
};

static int shell_open(void **state)
{
    struct shell *shell = calloc(1, sizeof(*shell));
    ssize_t n;

    if (!shell)
        return -1;
    snprintf(shell->home, sizeof(shell->home), "/tmp/pawl-verbs-XXXXXX");
    n = readlink("/proc/self/exe", shell->program, sizeof(shell->program) - 1);
    buf_init(&shell->text, 0);
    setenv("PAWL_PROGRAM", shell->program, 1);
    *state = shell;
    return n > 0 && mkdtemp(shell->home) ? setenv("PAWL_HOME", shell->home, 1) : -1;
}

// Runs a shell line in which `pawl` is this program. Returns its exit code.
static int run(struct shell *shell, const char *line)
{
    struct buf command;
    char piece[4096];
    size_t n;
    FILE *pipe;
    int status;

    buf_init(&command, 0);
    buf_addf(&command, "pawl() { %s \"$@\"; }; { %s; } 2>&1", shell->program, line);
    buf_clear(&shell->text);
    pipe = popen(buf_cstr(&command), "r");
    while ((n = fread(piece, 1, sizeof(piece), pipe)) > 0)
        buf_add(&shell->text, piece, n);
    status = pclose(pipe);
    buf_release(&command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int shell_close(void **state)
{
    struct shell *shell = *state;
    char line[128];
    int exit_code = run(shell, "pawl daemon --stop");

    snprintf(line, sizeof(line), "rm -rf %s", shell->home);
    run(shell, line);
    buf_release(&shell->text);
    free(shell);
    return exit_code;
}

static void check(struct shell *shell, const char *line, int exit_code, const char *expected)
{
    int got = run(shell, line);

    if (got != exit_code || !strstr(buf_cstr(&shell->text), expected))
        fail_msg("%s: exit %d, expected %d with \"%s\":\n%s", line, got, exit_code, expected,
                 buf_cstr(&shell->text));
}

static void check_exact(struct shell *shell, const char *line, int exit_code,
                        const char *expected)
{
    check(shell, line, exit_code, expected);
    if (strcmp(buf_cstr(&shell->text), expected) != 0)
        fail_msg("%s: \"%s\"", line, buf_cstr(&shell->text));
}

static void nothing_but_the_asked_starts_an_engine(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl status", 5, "no engine is running");
    check(shell, "pawl help", 0, "receive");
    check(shell, "pawl help start", 0, "--on-interrupt");
    check(shell, "pawl start --help", 0, "pawl start -- df");
    check(shell, "pawl version", 0, "pawl 0.");
    check(shell, "pawl satrt", 2, "did you mean start?");
    check(shell, "pawl get --sate x", 2, "did you mean --state?");
    check(shell, "pawl status", 5, "no engine is running");
    check(shell, "pawl get -q", 0, "1\n3\n5\n"); // this starts one
    check(shell, "pawl status", 0, "pid");
    check(shell, "pawl status --json", 0, "\"uptime_s\":12");
    check(shell, "pawl daemon", 0, "the engine runs");
    check(shell, "pawl daemon --stop", 0, "");
    check(shell, "pawl status", 5, "no engine is running");
    check(shell, "pawl daemon --stop", 0, "");
}

static void get_shows_what_is_asked(void **state)
{
    struct shell *shell = *state;

    check_exact(shell, "pawl get", 0,
                "Id   Name        Type      State      HasMoreData  Location            Command\n"
                "1    disks       local     Completed  True         localhost           df -h /\n"
                "3    web01       local     Failed     False        localhost           df -h /\n"
                "5    web02       local     Suspended  True         localhost           df -h /\n");
    check_exact(shell, "pawl get -q 'web*' 1 web01 1", 0, "3\n5\n1\n");
    check_exact(shell, "pawl get -q --state Failed", 0, "3\n");
    check_exact(shell, "pawl get -q 1 3 --state Failed", 0, "3\n");
    check_exact(shell, "pawl get -q 99 1 nobody 'no*' 3:localhost 5:web", 3,
                "pawl: job 99: no such job; `pawl get` lists them\n"
                "pawl: job nobody: no such job; `pawl get` lists them\n"
                "pawl: job 5 has no child on host web; `pawl get --children` lists them\n1\n4\n");
    check_exact(shell, "pawl get --json --state Failed,Completed | pawl get -q -", 0, "1\n3\n");
    check_exact(shell, "printf '5\\nweb01\\n' | pawl get -q -", 0, "5\n3\n");
    check_exact(shell, "pawl get -q --newest 0", 0, "");
    check(shell, "pawl get --children 1", 0, "\n2    Job2");
    check(shell, "pawl get --state Bogus", 2, "Bogus");
    check(shell, "pawl get --before tomorrow", 2, "tomorrow");
}

static void receive_delivers_once(void **state)
{
    struct shell *shell = *state;

    check_exact(shell, "pawl receive 1 --keep", 0, "one\n\xff\xfe\n{\"n\":1}\n");
    check_exact(shell, "pawl receive 1 --keep --stream error", 0, "");
    check_exact(shell, "pawl receive 1:localhost --since 2", 0, "{\"n\":1}\n");
    check_exact(shell, "pawl receive 1", 0, "one\n\xff\xfe\n{\"n\":1}\n");
    check_exact(shell, "pawl receive 1", 0, "");
    check_exact(shell, "pawl receive 1 --all --host localhost", 0, "one\n\xff\xfe\n{\"n\":1}\n");
    check(shell, "pawl receive 1 --all --host web01", 3, "job 1 has no part on web01");
    check(shell, "pawl receive 1 --all --json", 0, "\"data_b64\":\"//4=\"");
    check(shell, "pawl receive 1 --all --since 2", 2, "one of them");
    check(shell, "pawl receive 1 --timeout 3", 2, "--wait");
    check(shell, "pawl receive 1 --auto-remove", 2, "--wait");
    check(shell, "pawl receive 1:localhost --wait --auto-remove", 2, "leave out the host");
    check(shell, "pawl receive 1 --wait --auto-remove --no-recurse", 2, "leave them out");
    check(shell, "pawl receive 1 --wait --auto-remove --stream error", 2, "leave them out");
    check(shell, "pawl receive 1 --fields n --fold", 2, "one of them");
    check(shell, "pawl receive 1 --fields n,,m", 2, "a name is empty");
    check(shell, "pawl receive 1 --stream out", 2, "information");
    check(shell, "pawl receive", 2, "which job?");
    check(shell, "pawl receive 99", 3, "99: no such job");
}

// What could not be written has not been received.
static void receive_does_not_mark_what_was_not_written(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl receive 1 > /dev/full", 5, "takes no more");
    check_exact(shell, "pawl receive 1", 0, "one\n\xff\xfe\n{\"n\":1}\n");
}

static void start_passes_on_what_was_asked(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl start --name one -- df -h '/a b'", 0, "7    one         local     Running");
    check(shell, "pawl start --follow --timeout 1.5s --retry 2 --ok-exit 0,3 --on-interrupt fail "
                 "-c 'echo $1' -- x", 0,
          "{\"args\":[\"x\"],\"ok_exit\":[\"0\",\"3\"],\"on_interrupt\":\"fail\",\"retry\":2,"
          "\"shell\":\"echo $1\",\"timeout\":\"1500ms\"}\nend\n");
    check(shell, "printf 'a\\377' | pawl start --follow --stdin - -- cat", 0,
          "{\"argv\":[\"cat\"],\"stdin\":{\"b64\":\"Yf8=\"}}");
    check(shell, "pawl start --follow --name bad -- false", 1,
          "pawl: job 13 Failed: exit 1 on localhost");
    check_exact(shell, "pawl start --json -- true | pawl get -q -", 0, "15\n");
    check(shell, "pawl start", 2, "-c TEXT");
    check(shell, "pawl start -c true -f x", 2, "one of");
    check(shell, "pawl start -f /no/such", 2, "/no/such");
    check(shell, "pawl start --cwd /no/such -- true", 2, "/no/such");
    check(shell, "pawl start --cwd '' -- true", 2, "empty");
    check(shell, "pawl start --meta x -- true", 2, "KEY=VALUE");
    check(shell, "pawl start --ok-exit 300 -- true", 2, "300");
    check(shell, "cd / && pawl start --follow --as web --cwd usr -- true", 0,
          "{\"argv\":[\"true\"],\"as\":\"web\",\"cwd\":\"/usr\"}");
    check(shell, "cd / && pawl start --follow --as web -- true", 0,
          "{\"argv\":[\"true\"],\"as\":\"web\"}");
    check(shell, "pawl start --as -u -- true", 2, "--as -u: a user's name of letters, digits, "
                                                  "'.', '_', '-' and '@' is expected");
}

static void run_takes_parameters(void **state)
{
    struct shell *shell = *state;

    check(shell, "cd $PAWL_HOME && echo 'x' > a.lua && echo '{\"n\":2,\"k\":\"file\"}' > p.json && "
                 "pawl run a.lua k=line --params p.json", 0, "{\"k\":\"line\",\"n\":2}\n");
    check(shell, "pawl run -d $PAWL_HOME/a.lua --name later", 0, "workflow");
    check(shell, "pawl run $PAWL_HOME/a.lua --help", 0, "Usage: pawl run");
    check(shell, "pawl run --help", 0, "key=value wins");
    check(shell, "pawl run", 2, "FILE.lua");
    check(shell, "pawl run /no/such.lua", 2, "/no/such.lua");
    check(shell, "pawl run $PAWL_HOME/a.lua 7", 2, "KEY=VALUE");
    check(shell, "printf 'syntax error' > $PAWL_HOME/b.lua; pawl run $PAWL_HOME/b.lua --help", 2,
          "b.lua:1:");
}

static void invoke_names_its_hosts(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl invoke --hosts 'web[1-2],!web1' --throttle 3 --max-failures 0 -- df -h", 0,
          "{\"argv\":[\"df\",\"-h\"],\"max_failures\":0,");
    check(shell, "pawl get --type remote -q", 0, "7\n");
    check(shell, "pawl invoke -d --hosts web -c 'df | wc'", 0, "remote");
    check(shell, "pawl invoke -- df", 2, "on which hosts?");
    check(shell, "pawl invoke --hosts web", 2, "what shall it run?");
    check(shell, "pawl invoke --hosts 'a;b' -- df", 2, "\"a;b\" is no host");
    check(shell, "pawl invoke --hosts ',' -- df", 3, "no host at all");
    check(shell, "pawl invoke --hosts web --throttle 0 -- df", 2,
          "--throttle 0: a number from 1 to 100000 is expected");
    check(shell, "pawl invoke --hosts web --max-failures x -- df", 2, "--max-failures x");
    check(shell, "pawl invoke --hosts web --max-failures -1 -- df", 2, "--max-failures -1");
    check(shell, "pawl invoke --hosts web --as app --cwd /srv -- df", 0,
          "{\"argv\":[\"df\"],\"as\":\"app\",\"cwd\":\"/srv\"");
}

static void hosts_are_checked(void **state)
{
    struct shell *shell = *state;

    check_exact(shell, "pawl hosts --check web1", 0,
                "Name  User      Kernel                Shell  Free       Attempts  Orders  Boot      Spool\n"
                "web1  root      Linux 6.1             sh     3.0 MiB    2, 1 run  0       b-1       /srv/spool\n");
    check(shell, "pawl hosts --check 'web[1-3]'", 1, "pawl: 2 of 3 hosts cannot be used\n");
    check(shell, "pawl hosts --check 'web[1-3]'", 1, "web3  Permission denied (publickey).\n");
    check_exact(shell, "pawl hosts --check 'web[1-3]' -q 2>/dev/null", 1, "web1\n");
    check(shell, "pawl hosts --check 'web[1-2]' --json", 1,
          "{\"host\":\"web2\",\"dest\":\"web2\",\"reached\":false,\"reason\":\"Permission denied "
          "(publickey).\",");
    check(shell, "pawl hosts --check web1 --timeout x", 2, "--timeout x");
    check(shell, "pawl hosts --check web1 --groups", 2, "give one of both");
}

static void hosts_are_reached_as_was_asked(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl invoke --hosts web1,me@web2:22 --user root "
                 "--ssh-option StrictHostKeyChecking=accept-new --ssh-option=Compression=yes -- df", 0,
          "[{\"dest\":\"root@web1\",\"groups\":[],\"name\":\"web1\",\"ssh\":"
          "[\"StrictHostKeyChecking=accept-new\",\"Compression=yes\"],\"vars\":{}},"
          "{\"dest\":\"me@web2:22\",");
    check(shell, "pawl invoke --hosts localhost --ssh-option A=b -- df", 0,
          "[{\"dest\":\"localhost\",\"groups\":[],\"name\":\"localhost\",\"vars\":{}}]");
    check(shell, "pawl invoke --hosts web1,localhost --user root -- df", 2,
          "localhost is reached without a login: --user root does not hold there; --as USER");
    check(shell, "pawl invoke --hosts web --ssh-option BatchMode=no -- df", 2,
          "--ssh-option BatchMode=no: BatchMode is not to be set: nobody is there to be asked");
    check(shell, "pawl invoke --hosts web --ssh-option -v -- df", 2, "Keyword=value");
    check(shell, "pawl invoke --hosts web --user 'a b' -- df", 2, "--user \"a b\" is no user's name");
    check(shell, "pawl invoke --hosts web --user a@b -- df", 2, "is no user's name");
    check(shell, "pawl invoke --hosts web --connect-retry soon -- df", 2,
          "--connect-retry soon: a duration like 90, 10m or 1h30m, or forever, is expected");
    check(shell, "pawl invoke -d --hosts web --connect-retry forever -- df", 0, "remote");
    check(shell, "pawl hosts web --user root", 2, "--user belongs to --check");
    check(shell, "echo 'x' >$PAWL_HOME/a.lua; pawl run $PAWL_HOME/a.lua --user root", 2,
          "are for the hosts of --hosts SET");
}

// What is a password stays here; who goes on the command line comes before the inventory's.
static void passwords_are_not_sent(void **state)
{
    struct shell *shell = *state;

    check(shell, "printf '%s\n' '[web]' 'web1 ansible_password=a ansible_become_pass=b "
                 "ansible_user=me x=1 pass=2 ansible_ssh_private_key_file=\"/k y\"' "
                 "'web2 ansible_password=c token=\"$ANSIBLE_VAULT;1.1;AES256\"' >$PAWL_HOME/i.ini; "
                 "pawl invoke --hosts @web -i $PAWL_HOME/i.ini -- df", 0,
          "pawl: warning: passwords of the inventory are not given to the job: ansible_password, "
          "ansible_become_pass, token\n");
    check(shell, "pawl invoke --hosts web1 -i $PAWL_HOME/i.ini --ssh-option IdentityFile=/z -- df", 0,
          "\"name\":\"web1\",\"ssh\":[\"IdentityFile=/z\",\"IdentityFile=\\\"/k y\\\"\"],\"vars\":"
          "{\"ansible_ssh_private_key_file\":\"/k y\",\"ansible_user\":\"me\",\"pass\":2,\"x\":1}}");
    check(shell, "printf 'all: {hosts: {w: {a: !vault abc, b: [{__ansible_vault: x}]}}}\n' "
                 ">$PAWL_HOME/i.yaml; pawl invoke --hosts w -i $PAWL_HOME/i.yaml -- df", 0,
          "not given to the job: b\n");
    check(shell, "printf 'w ansible_ssh_private_key_file=k\n' >$PAWL_HOME/j.ini; cd /usr; "
                 "pawl invoke --hosts w -i $PAWL_HOME/j.ini -- df", 0, "IdentityFile=\\\"/usr/k\\\"");
}

static void verbs_change_jobs(void **state)
{
    struct shell *shell = *state;

    check_exact(shell, "pawl start --json --name slow -- x > /dev/null; pawl suspend slow --wait; "
                       "pawl get slow --json | grep -o '\"state\":\"[A-Za-z]*\"'", 0,
                "\"state\":\"Suspended\"\n");
    check_exact(shell, "pawl resume slow && pawl signal slow go '[1]' && pawl stop slow --wait "
                       "--grace 1s && pawl get -q --state Stopped", 0, "7\n");
    check(shell, "pawl receive slow", 0, "[1]\n");
    check_exact(shell, "pawl remove 5", 4,
                "pawl: job 5 is Suspended; stop it first, or use --force\n");
    check_exact(shell, "pawl remove 2 7 99; echo $?; pawl get -q", 0,
                "pawl: job 99: no such job; `pawl get` lists them\n"
                "pawl: job 2 is a child; remove its parent, job 1\n4\n1\n3\n5\n");
    check(shell, "pawl signal 5", 2, "name of the signal");
    check(shell, "pawl signal 5 go nonsense", 2, "not JSON");
}

static void retention_is_shown_and_set(void **state)
{
    struct shell *shell = *state;

    check_exact(shell, "pawl retention", 0,
                "No bound is set: finished jobs stay until somebody removes them.\n"
                "kept     7 finished jobs, 700 B\n");
    check_exact(shell, "pawl retention --age 30d --count 5 --bytes 1.5G --dry-run", 0,
                "kept     7 finished jobs, 700 B\n"
                "would be removed: 2 finished jobs, 200 B\n");
    check(shell, "pawl retention", 0, "No bound is set");
    check_exact(shell, "pawl retention --age 30d --count 6", 0,
                "age      jobs are removed 30d00h after their end\n"
                "count    the newest 6 are kept\n"
                "kept     7 finished jobs, 700 B\n"
                "removing 1 finished job, 100 B\n");
    check(shell, "pawl retention --bytes 2G --age none --json", 0,
          "{\"age_ms\":null,\"count\":6,\"bytes\":2147483648,\"finished\":7,");
    check(shell, "pawl retention --none", 0, "No bound is set");
    check(shell, "pawl retention --age tomorrow", 2, "--age tomorrow: none, or a duration");
    check(shell, "pawl retention --bytes 2X", 2, "--bytes 2X: none, or a size");
    check(shell, "pawl retention --count -1", 2, "--count -1: none, or a whole number");
    check(shell, "pawl retention --none --count 3", 2, "give it alone");
    check(shell, "pawl retention --dry-run", 2, "--dry-run needs");
    check(shell, "pawl retention 3d", 2, "what is 3d?");
}

static void retry_starts_what_failed(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl retry 3 --name again", 0, "retrying 1 host\n");
    check(shell, "pawl retry -d web01", 0, "Running");
    check(shell, "pawl retry", 2, "which job?");
    check(shell, "pawl retry 1 3", 2, "what is 3?");
    check(shell, "pawl retry 'web*'", 2, "that names 2 jobs; one is retried at a time");
    check(shell, "pawl retry 99", 3, "no such job");
    check(shell, "pawl retry 3 --stopped", 2, "--stopped");
}

static void wait_tells_how_it_went(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl wait 1 5", 0, "web02");
    check(shell, "pawl wait 3 --check -q", 1, "job 3 Failed");
    check(shell, "pawl start --name slow -- x", 0, "slow");
    check(shell, "pawl wait slow 1 --timeout 0 -q", 124, "1\n");
    check(shell, "pawl wait slow --timeout 50ms", 124, "time is over");
    check_exact(shell, "pawl wait slow 1 --any -q", 0, "1\n");
    check(shell, "pawl wait 1 --for Suspended", 4, "job 1 is Completed already");
    check(shell, "pawl start --name quick -- x && pawl wait quick -q --force", 0, "9\n");
}

static void history_lists_attempts(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl history 1", 0, "1.2/3  run");
    check(shell, "pawl history 1", 0, "exit 0");
    check(shell, "pawl history 1 --json", 0, "\"ordinal\":4");
}

static void a_follower_outlives_its_engine(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl start --follow --name crash -- x", 0, "after\nend\n");
}

// A follower in the background, which listens for SIGINT by now: however long it took.
#define FOLLOW(to)                                                                     \
    "env --default-signal=INT $PAWL_PROGRAM receive slow --wait " to " & "              \
    "for try in $(seq 1000); do"                                                        \
    " grep -q '^SigBlk:.*[2367abef]$' /proc/$!/status && break; sleep 0.01; done; sleep 0.2;"

static void following_ends_with_ctrl_c_and_the_job_does_not(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl start --name slow -- x", 0, "slow");
    check(shell, FOLLOW("2>&1") " kill -INT $!; wait $!", 130,
          "goes on; follow it again with: pawl receive 7 --wait");
    check(shell, "pawl get -q --state Running", 0, "7\n");
    // One press may come twice: to the process, and to its group.
    check(shell,
          "for n in 1 2 3 4 5 6 7 8 9 10; do " FOLLOW("2>&1 >/dev/null")
          " kill -INT $!; sleep 0.001; kill -INT $!; wait $!; done | grep -c 'goes on'", 0, "10");
}

static void a_busy_engine_is_asked_again(void **state)
{
    struct shell *shell = *state;

    check(shell, "pawl rename web01 other", 0, "web01");
}

static void a_failing_engine_is_explained(void **state)
{
    struct shell *shell = *state;

    check(shell, "touch $PAWL_HOME/fatal; pawl get", 5, "the store is damaged");
    check(shell, "pawl get; pawl get", 5, "the store is damaged");
    check(shell, "pawl get", 5, "failed 3 times within a minute");
    check(shell, "pawl daemon --foreground", 5, "the store is damaged");
    check(shell, "rm $PAWL_HOME/fatal $PAWL_HOME/exits; pawl get -q", 0, "1\n");
}

static void a_home_that_is_too_deep_is_explained(void **state)
{
    struct shell *shell = *state;

    check(shell, "PAWL_HOME=/tmp/$(printf '%0100d' 1) pawl get", 2, "shorter directory");
}

#define WITH_SHELL(fn) cmocka_unit_test_setup_teardown(fn, shell_open, shell_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SHELL(nothing_but_the_asked_starts_an_engine),
        WITH_SHELL(get_shows_what_is_asked),
        WITH_SHELL(receive_delivers_once),
        WITH_SHELL(receive_does_not_mark_what_was_not_written),
        WITH_SHELL(start_passes_on_what_was_asked),
        WITH_SHELL(run_takes_parameters),
        WITH_SHELL(invoke_names_its_hosts),
        WITH_SHELL(hosts_are_checked),
        WITH_SHELL(hosts_are_reached_as_was_asked),
        WITH_SHELL(passwords_are_not_sent),
        WITH_SHELL(verbs_change_jobs),
        WITH_SHELL(retention_is_shown_and_set),
        WITH_SHELL(retry_starts_what_failed),
        WITH_SHELL(wait_tells_how_it_went),
        WITH_SHELL(history_lists_attempts),
        WITH_SHELL(a_follower_outlives_its_engine),
        WITH_SHELL(following_ends_with_ctrl_c_and_the_job_does_not),
        WITH_SHELL(a_busy_engine_is_asked_again),
        WITH_SHELL(a_failing_engine_is_explained),
        WITH_SHELL(a_home_that_is_too_deep_is_explained),
    };

    if (argc > 1)
        return cli_main(argc, argv, &(struct cli_engine){ .run = fake_engine_main });
    return cmocka_run_group_tests(tests, NULL, NULL);
}
