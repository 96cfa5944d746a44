// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "inetd.h"

static bool wants_ssh(void)
{
    const char *carrier = getenv("PAWL_TEST_CARRIER");

    return carrier && strcmp(carrier, "ssh") == 0;
}

const char *fixture_shell(void)
{
    const char *shell = getenv("PAWL_TEST_SHELL");
    const char *path = getenv("PAWL_TEST_PATH"); // a target with other utilities
    char command[512];

    if (wants_ssh() && !inetd_is_here())
        return NULL;
    if (path)
        setenv("PATH", path, 1);
    if (!shell)
        return "sh";
    snprintf(command, sizeof(command), "command -v '%s' >/dev/null 2>&1", shell);
    return system(command) == 0 ? shell : NULL;
}

static void seen_clear(struct seen *s)
{
    buf_release(&s->stream[0]);
    buf_release(&s->stream[1]);
    buf_release(&s->text);
    *s = (struct seen){ 0 };
    buf_init(&s->stream[0], 0);
    buf_init(&s->stream[1], 0);
    buf_init(&s->text, 0);
}

void fixture_reset(struct fixture *f)
{
    for (size_t i = 0; i < ATTEMPTS_MAX; i++)
        seen_clear(&f->seen[i]);
    seen_clear(&f->general);
}

static struct seen *seen_of(struct fixture *f, const struct link_event *e)
{
    if (!uuid_equal(e->key.job, f->job))
        return &f->general;
    assert_true(e->key.intent_no < ATTEMPTS_MAX);
    return &f->seen[e->key.intent_no];
}

void fixture_hold(struct fixture *f, bool held)
{
    unsigned events = f->events;

    f->held = held;
    link_hold(f->link, held);
    assert_int_equal(f->events, events); // never from inside the call
}

static void on_event(void *arg, struct link *link, const struct link_event *e)
{
    struct fixture *f = arg;
    struct seen *s = seen_of(f, e);

    assert_false(f->held);
    f->events++;
    if (f->hold_at_event)
        fixture_hold(f, true);
    s->count[e->type]++;
    s->last[e->type] = *e;
    if (e->text.len > 0) {
        buf_clear(&s->text);
        buf_add_slice(&s->text, e->text);
    }
    if (e->type == LINK_DOWN)
        f->end = e->end;
    if (e->type == LINK_READY) {
        buf_clear(&f->boot_id);
        buf_add_slice(&f->boot_id, e->boot_id);
    }
    if (e->type != LINK_OUTPUT)
        return;
    // Bytes come in order, each once.
    assert_int_equal(s->stream[e->stream - 1].len, e->offset);
    buf_add_slice(&s->stream[e->stream - 1], e->data);
    if (!f->hold_credit)
        assert_int_equal(link_credit(link, e->key, e->data.len, NULL), 0);
}

static void on_deadline(uv_timer_t *timer)
{
    struct fixture *f = timer->data;

    f->timeout = true;
}

// It is a file that is there while the gate is closed: the end of a test opens it, too.
static const char *gate_path(const struct fixture *f, char path[128])
{
    snprintf(path, 128, "%s/gate", f->dir);
    return path;
}

static void make_gate(const struct fixture *f)
{
    char path[128];
    FILE *file = fopen(gate_path(f, path), "w");

    assert_non_null(file);
    fclose(file);
    setenv("PAWL_TEST_GATE", path, 1);
}

void fixture_open_gate(struct fixture *f)
{
    char path[128];

    assert_int_equal(unlink(gate_path(f, path)), 0);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    signal(SIGPIPE, SIG_IGN); // as the engine does
    snprintf(f->dir, sizeof(f->dir), "/tmp/pawl-host-test.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->spool, sizeof(f->spool), "%s/spool", f->dir);
    make_gate(f);
    f->shell = fixture_shell();
    if (strcmp(f->shell, "busybox") == 0) {
        char command[256];
        snprintf(f->busybox, sizeof(f->busybox), "%s/ash", f->dir);
        snprintf(command, sizeof(command), "ln -s \"$(command -v busybox)\" %s", f->busybox);
        assert_int_equal(system(command), 0);
        f->shell = f->busybox;
    }
    f->over_ssh = wants_ssh();
    if (f->over_ssh) {
        inetd_make(f->dir, f->ssh_config);
        f->target = (struct ssh_target){ .destination = SLICE("test"), .config = f->ssh_config };
    }
    memset(f->store.bytes, 0x11, sizeof(f->store.bytes));
    memset(f->job.bytes, 0x22, sizeof(f->job.bytes));
    memset(f->incarnation.bytes, 0x33, sizeof(f->incarnation.bytes));
    f->epoch = 1;
    buf_init(&f->boot_id, 0);
    fixture_reset(f);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_int_equal(link_pool_new(&f->pool, &f->loop, NULL), 0);
    uv_timer_init(&f->loop, &f->timer);
    f->timer.data = f;
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    siginfo_t info = { 0 };
    char command[128];

    fixture_close(f);
    link_pool_free(f->pool);
    uv_close((uv_handle_t *)&f->timer, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    // No zombie is left.
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        assert_int_equal(info.si_pid, 0);
    snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < ATTEMPTS_MAX; i++)
        seen_clear(&f->seen[i]);
    fixture_reset(f);
    buf_release(&f->boot_id);
    free(f);
    return 0;
}

static void open_link(struct fixture *f)
{
    struct link_options options = {
        .store = f->store,
        .epoch = f->epoch,
        .incarnation = f->incarnation,
        .past = f->past,
        .past_count = f->past_count,
        .spool_dir = f->spool[0] ? f->spool : NULL,
        .shell = f->shell,
        .way = f->way,
        .take_over = f->take_over,
        .event = on_event,
        .arg = f,
    };
    struct err err = { 0 };

    f->closed = f->held = false;
    if (f->over_ssh)
        link_ssh_open(&f->link, f->pool, &f->target, &options, &err);
    else
        link_local_open(&f->link, f->pool, &options, &err);
    if (err.code < 0)
        fail_msg("no link: %s", err.text);
    // Never from inside the call.
    assert_int_equal(f->general.count[LINK_READY] + f->general.count[LINK_DOWN], 0);
}

void fixture_open(struct fixture *f)
{
    f->general.count[LINK_READY] = f->general.count[LINK_DOWN] = 0;
    open_link(f);
    if (!fixture_wait_general(f, LINK_READY))
        fail_msg("no READY: %s (%s)", buf_cstr(&f->general.text), link_end_name(f->end));
}

void fixture_open_held(struct fixture *f)
{
    f->general.count[LINK_READY] = f->general.count[LINK_DOWN] = 0;
    open_link(f);
    fixture_hold(f, true);
}

const char *fixture_open_refused(struct fixture *f)
{
    f->general.count[LINK_READY] = f->general.count[LINK_DOWN] = 0;
    open_link(f);
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(f->general.count[LINK_READY], 0);
    return buf_cstr(&f->general.text);
}

static void on_closed(void *arg)
{
    struct fixture *f = arg;

    f->closed = true;
}

void fixture_close(struct fixture *f)
{
    if (!f->link)
        return;
    link_close(f->link, on_closed, f);
    assert_false(f->closed);
    while (!f->closed)
        uv_run(&f->loop, UV_RUN_ONCE);
    f->link = NULL;
}

static bool wait_for(struct fixture *f, const unsigned *count)
{
    f->timeout = false;
    uv_update_time(&f->loop);
    uv_timer_start(&f->timer, on_deadline, WAIT_MS, 0);
    while (!*count && !f->timeout)
        uv_run(&f->loop, UV_RUN_ONCE);
    uv_timer_stop(&f->timer);
    return *count > 0;
}

bool fixture_wait(struct fixture *f, uint64_t intent_no, enum link_event_type type)
{
    return wait_for(f, &f->seen[intent_no].count[type]);
}

bool fixture_wait_general(struct fixture *f, enum link_event_type type)
{
    return wait_for(f, &f->general.count[type]);
}

void fixture_run(struct fixture *f, uint64_t ms)
{
    f->timeout = false;
    uv_update_time(&f->loop);
    uv_timer_start(&f->timer, on_deadline, ms, 0);
    while (!f->timeout)
        uv_run(&f->loop, UV_RUN_ONCE);
}

struct link_key fixture_key(const struct fixture *f, uint64_t intent_no)
{
    return (struct link_key){ f->job, intent_no };
}

static void start(struct fixture *f, uint64_t intent_no, const char *program,
                  const struct slice *stdin_bytes, bool direct)
{
    struct link_start start = {
        .key = fixture_key(f, intent_no),
        .program = slice_str(program),
        .stdin_bytes = stdin_bytes ? *stdin_bytes : SLICE(""),
        .has_stdin = stdin_bytes != NULL,
        .direct = direct,
    };
    struct err err = { 0 };

    if (link_start(f->link, &start, &err) < 0)
        fail_msg("link_start: %s", err.text);
}

void fixture_start(struct fixture *f, uint64_t intent_no, const char *program,
                   const struct slice *stdin_bytes)
{
    start(f, intent_no, program, stdin_bytes, false);
}

void fixture_start_direct(struct fixture *f, uint64_t intent_no, const char *program)
{
    start(f, intent_no, program, NULL, true);
}

const struct link_event *fixture_do(struct fixture *f, uint64_t intent_no, const char *program)
{
    fixture_start(f, intent_no, program, NULL);
    if (!fixture_wait(f, intent_no, LINK_DONE))
        fail_msg("no DONE of: %s (%s)", program, buf_cstr(&f->seen[intent_no].text));
    return &f->seen[intent_no].last[LINK_DONE];
}

const char *fixture_path(const struct fixture *f, uint64_t intent_no, const char *name,
                         char path[512])
{
    char store[UUID_TEXT], key[LINK_KEY_TEXT], base[256], machine[128] = "";
    DIR *dir;

    snprintf(base, sizeof(base), "%s/%s", f->spool, uuid_format(f->store, store));
    dir = opendir(base);
    if (dir) {
        for (struct dirent *e = readdir(dir); e; e = readdir(dir))
            if (e->d_name[0] != '.')
                snprintf(machine, sizeof(machine), "%.127s", e->d_name);
        closedir(dir);
    }
    link_key_format(fixture_key(f, intent_no), key);
    snprintf(path, 512, "%s/%s/%s%s%s", base, machine, intent_no ? key : "",
             intent_no ? "." : "", name);
    return path;
}

long fixture_number(const struct fixture *f, uint64_t intent_no, const char *name)
{
    char path[512];
    FILE *file = fopen(fixture_path(f, intent_no, name, path), "r");
    long n = 0;

    if (file) {
        if (fscanf(file, "%ld", &n) != 1)
            n = 0;
        fclose(file);
    }
    return n;
}

long fixture_step(const struct fixture *f, uint64_t no)
{
    char line[128] = "", path[512];
    long step = 0;
    FILE *file = fopen(fixture_path(f, no, "pid", path), "r");

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_int_equal(sscanf(line, "%*s %*s %ld", &step), 1);
    return step;
}

long fixture_runner(const struct fixture *f, bool reader)
{
    char base[512];
    long runner = 0, its_reader = 0;
    time_t newest = 0;
    DIR *dir = opendir(fixture_path(f, 0, "", base));

    if (!dir)
        return 0;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        struct stat st;
        long pids[2];
        if (sscanf(e->d_name, "runner.%*[^.].%ld.%*[^.].%ld", &pids[0], &pids[1]) != 2 ||
            fstatat(dirfd(dir), e->d_name, &st, 0) < 0 || st.st_mtime < newest)
            continue;
        newest = st.st_mtime;
        runner = pids[0];
        its_reader = pids[1];
    }
    closedir(dir);
    return reader ? its_reader : runner;
}

bool process_alive(long pid)
{
    char path[64], state = 'X';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'X';
    fclose(file);
    return state != 'Z' && state != 'X';
}

bool process_gone(long pid)
{
    for (int i = 0; i < WAIT_MS / 10; i++) {
        if (!process_alive(pid))
            return true;
        usleep(10000);
    }
    return false;
}
