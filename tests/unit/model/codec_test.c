// SPDX-License-Identifier: MIT
// What is written is what is read; what is cut or changed is refused or read as
// something well-formed, and never crashes.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/command.h"
#include "model/head.h"
#include "model/record.h"

static void fill_event(struct event *e, enum event_type type)
{
    *e = (struct event){ .type = type, .time_unix_ms = INT64_C(1700000000123), .notes = 7,
                         .ended_waits = SLICE("\0\0\0\0\0\0\1\2\1") };
    switch (type) {
    case EVENT_STARTED:
        e->started = (struct event_started){
            .uuid = { { 9 } }, .job_id = 12, .type = JOB_WORKFLOW, .name = SLICE("Job12"),
            .command = SLICE("x.lua a=1"), .script_name = SLICE("x.lua"), .script_hash = SLICE("h"),
            .prelude_hash = SLICE("p"), .params = SLICE("\x80"), .meta = SLICE("\x80"),
            .cwd = SLICE("/tmp"), .env = SLICE("\x80"), .timeout_ms = 5, .auto_remove = true,
            .child_id = 13, .child_uuids = SLICE("0123456789abcdef"), .hosts = SLICE("\x90"),
            .elapsed_timeout_ms = 6, .cleanup_timeout_ms = 7, .modules = SLICE("\x80"),
            .reach_ms = -1, .schedule = SLICE("nightly"), .schedule_uuid = { { 8 } },
            .nominal_unix_ms = 9 };
        break;
    case EVENT_INTENDED:
        e->intended = (struct event_intended){
            .strand = SLICE("1.2"), .ordinal = 3, .kind = EFFECT_COMMAND, .attempt = 2,
            .fingerprint = UINT64_MAX, .child_id = 13, .label = SLICE("run"), .name = SLICE("n"),
            .line = SLICE("x.lua:4"), .boot_id = SLICE("b") };
        break;
    case EVENT_SETTLED:
        e->settled.intent_no = 5;
        e->settled.outcome = (struct outcome){
            .kind = OUTCOME_EXIT, .code = 3, .unverified = true, .value = SLICE("\xc0"),
            .out = SLICE("a\0b"), .err = SLICE("\xff"), .out_bytes = 3, .err_bytes = 1,
            .started_unix_ms = 1, .ended_unix_ms = 2, .reason = SLICE("why") };
        break;
    case EVENT_FIRED: e->fired.intent_no = 77; break;
    case EVENT_SIGNALLED:
        e->signalled.name = SLICE("go");
        e->signalled.value = SLICE("\x01");
        break;
    case EVENT_CHILD_ADDED:
        e->child_added = (struct event_child_added){ 14, { { 7 } }, SLICE("web01") };
        break;
    case EVENT_STOP_ASKED: e->stop_asked = (struct event_stop_asked){ 100 }; break;
    case EVENT_SUSPEND_ASKED:
        e->suspend_asked = (struct event_suspend_asked){ true, SLICE("r") };
        break;
    case EVENT_SUSPENDED:
        e->suspended = (struct event_suspended){ SUSPEND_BUDGET, SLICE("r") };
        break;
    case EVENT_ENDED: e->ended = (struct event_ended){ JOB_FAILED, SLICE("r"), SLICE("\xc0") }; break;
    case EVENT_EXPIRED: e->expired = (struct event_expired){ LIMIT_CLEANUP, 9 }; break;
    case EVENT_RENAMED: e->renamed = (struct event_renamed){ SLICE("other") }; break;
    case EVENT_CHILD_STOP_ASKED:
        e->child_stop_asked = (struct event_child_stop_asked){ 13, 100, true, SLICE("r") };
        break;
    case EVENT_RESUMED:
    case EVENT_COUNT: break;
    }
}

// As they were when the first jobs were written that still wait at a suspend().
static void intents_of_older_journals_are_what_they_were(void **state)
{
    static const char *const kinds[] = { "command", "once", "sleep", "signal", "suspend" };
    struct event event, back;
    struct value_doc doc;
    struct buf row;
    struct err err;

    (void)state;
    value_doc_init(&doc);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        size_t at = 0;
        fill_event(&event, EVENT_INTENDED);
        event.intended.kind = (enum effect_kind)i;
        buf_init(&row, 0);
        event_encode(&event, &row);
        assert_int_equal(event_decode(buf_slice(&row), &at, &doc, &back, &err), 0);
        assert_string_equal(effect_kind_name(back.intended.kind), kinds[i]);
        buf_release(&row);
    }
    value_doc_release(&doc);
}

static void every_event_comes_back(void **state)
{
    struct buf once, twice;
    struct value_doc doc;
    struct event event, back;
    struct err err;

    (void)state;
    buf_init(&once, 0);
    buf_init(&twice, 0);
    value_doc_init(&doc);
    for (int type = 0; type < EVENT_COUNT; type++) {
        size_t at = 0;
        fill_event(&event, (enum event_type)type);
        buf_clear(&once);
        buf_clear(&twice);
        event_set_notes(&once, event_encode(&event, &once), 9);
        assert_int_equal(event_decode(buf_slice(&once), &at, &doc, &back, &err), 0);
        assert_int_equal(at, once.len);
        assert_int_equal(back.notes, 9);
        assert_int_equal(back.time_unix_ms, event.time_unix_ms);
        event_encode(&back, &twice);
        assert_true(slice_equal(buf_slice(&once), buf_slice(&twice)));
    }
    buf_release(&once);
    buf_release(&twice);
    value_doc_release(&doc);
}

static void the_waits_that_an_event_ended_come_back(void **state)
{
    const struct ended_wait gone = { 3, OUTCOME_CANCELLED };
    const struct ended_wait far = { UINT64_MAX, OUTCOME_VALUE };
    struct event event = { .type = EVENT_STOP_ASKED }, back;
    struct ended_wait wait;
    struct value_doc doc;
    struct buf waits, bytes;
    size_t at = 0;

    (void)state;
    buf_init(&waits, 0);
    buf_init(&bytes, 0);
    value_doc_init(&doc);
    ended_wait_add(&waits, &gone);
    ended_wait_add(&waits, &far);
    event.ended_waits = buf_slice(&waits);
    event_encode(&event, &bytes);
    assert_int_equal(event_decode(buf_slice(&bytes), &at, &doc, &back, NULL), 0);
    at = 0;
    assert_true(ended_wait_next(back.ended_waits, &at, &wait));
    assert_true(wait.intent_no == gone.intent_no && wait.kind == gone.kind);
    assert_true(ended_wait_next(back.ended_waits, &at, &wait));
    assert_true(wait.intent_no == far.intent_no && wait.kind == far.kind);
    assert_false(ended_wait_next(back.ended_waits, &at, &wait));
    buf_release(&waits);
    buf_release(&bytes);
    value_doc_release(&doc);
}

static void check_waits_refused(struct slice waits)
{
    struct event event = { .type = EVENT_EXPIRED, .ended_waits = waits };
    struct value_doc doc;
    struct buf bytes;
    size_t at = 0;

    buf_init(&bytes, 0);
    value_doc_init(&doc);
    event_encode(&event, &bytes);
    assert_int_equal(event_decode(buf_slice(&bytes), &at, &doc, &event, NULL), ERR_CORRUPT);
    value_doc_release(&doc);
    buf_release(&bytes);
}

static void waits_that_are_no_waits_are_refused(void **state)
{
    (void)state;
    check_waits_refused(SLICE("\0\0\0\0\0\0\0\2\377")); // no such outcome
    check_waits_refused(SLICE("\0\0\0\0\0\0\0\2"));     // cut
}

static void damaged_events_are_refused(void **state)
{
    struct buf bytes;
    struct value_doc doc;
    struct event event;
    unsigned refused = 0, cut = 0;

    (void)state;
    srand(1);
    value_doc_init(&doc);
    for (int round = 0; round < 20000; round++) {
        size_t at = 0;
        buf_init(&bytes, 0);
        fill_event(&event, (enum event_type)(round % EVENT_COUNT));
        event_encode(&event, &bytes);
        if (round % 2) {
            buf_cut(&bytes, (size_t)rand() % bytes.len);
            cut++;
            assert_int_equal(event_decode(buf_slice(&bytes), &at, &doc, &event, NULL), ERR_CORRUPT);
        } else {
            bytes.ptr[(size_t)rand() % bytes.len] ^= (uint8_t)(1 + rand() % 255);
            refused += event_decode(buf_slice(&bytes), &at, &doc, &event, NULL) < 0;
        }
        buf_release(&bytes);
    }
    value_doc_release(&doc);
    assert_true(cut == 10000 && refused > 100);
}

static void records_and_heads(void **state)
{
    struct record record = { .child_id = 2, .intent_no = 4, .bytes_before = 10, .time_unix_ms = 5,
                             .stream = STREAM_WARNING, .attempt = 1, .step = SLICE("1/2"),
                             .data = SLICE("x\0y") };
    struct child_head child = { .id = 2, .host = SLICE("h"), .state = JOB_FAILED, .exit_code = 3,
                                .reason = SLICE("exit code 3"),
                                .failure = CHILD_UNREACHABLE, .asking = 2, .asked_no = 300 };
    struct job_head head = { .id = 1, .type = JOB_LOCAL, .state = JOB_FAILED, .name = SLICE("n"),
                             .meta = SLICE("\x80"), .exit_code = 3, .child_count = 1,
                             .children = &child, .progress_done = 1, .progress_total = 2,
                             .schedule = SLICE("nightly"), .schedule_uuid = { { 8 } },
                             .nominal_unix_ms = 9,
                             .counted = true, .last_seq = 70000, .output_bytes = 1, .journal_bytes = 9,
                             .texts = SLICE("hash") };
    struct child_head children[1];
    struct record record_back;
    struct job_head head_back;
    struct value_doc doc;
    struct buf bytes;
    struct err err;

    (void)state;
    buf_init(&bytes, 0);
    value_doc_init(&doc);
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(buf_slice(&bytes), &record_back, &err), 0);
    assert_true(slice_equal(record_back.data, record.data));
    assert_int_equal(record_back.stream, STREAM_WARNING);
    assert_int_equal(record_back.bytes_before, 10);
    buf_clear(&bytes);
    head_encode(&head, &bytes);
    assert_int_equal(head_decode(buf_slice(&bytes), &doc, &head_back, children, 0, &err), -ENOSPC);
    assert_int_equal(head_back.child_count, 1);
    assert_int_equal(head_decode(buf_slice(&bytes), &doc, &head_back, children, 1, &err), 0);
    assert_int_equal(children[0].exit_code, 3);
    assert_true(slice_is(children[0].reason, "exit code 3"));
    assert_int_equal(children[0].failure, CHILD_UNREACHABLE);
    assert_int_equal(children[0].asking, 2);
    assert_int_equal(children[0].asked_no, 300);
    assert_int_equal(head_back.progress_total, 2);
    assert_true(slice_is(head_back.schedule, "nightly"));
    assert_true(uuid_equal(head_back.schedule_uuid, head.schedule_uuid));
    assert_int_equal(head_back.nominal_unix_ms, 9);
    assert_true(head_back.counted);
    assert_int_equal(head_back.last_seq, 70000);
    assert_int_equal(head_back.output_bytes, 1);
    assert_int_equal(head_back.journal_bytes, 9);
    assert_true(slice_is(head_back.texts, "hash"));
    assert_int_equal(job_head_held_bytes(&head_back), 1024 + 9 + 1 + 64 * 70000);
    // One whose counts an older Pawl did not know does not know them when written again.
    head.counted = false;
    buf_clear(&bytes);
    head_encode(&head, &bytes);
    assert_int_equal(head_decode(buf_slice(&bytes), &doc, &head_back, children, 1, NULL), 0);
    assert_false(head_back.counted);
    assert_true(slice_is(head_back.schedule, "nightly"));
    buf_release(&bytes);
    value_doc_release(&doc);
}

// A child in the form that it had before its failure was told: without its last bytes. And
// its head before it had questions, a schedule and counts: without the empty ones behind the children.
enum { HEAD_MORE = 4, CHILD_MORE = 3 };

static void an_older_child_fails_by_its_state(void **state)
{
    static const struct { enum job_state state; enum child_failure failure; } rows[] = {
        { JOB_COMPLETED, CHILD_NONE }, { JOB_FAILED, CHILD_FAILED },
        { JOB_STOPPED, CHILD_STOPPED }, { JOB_RUNNING, CHILD_NONE },
    };
    struct child_head child = { .id = 2, .host = SLICE("h") };
    struct job_head head = { .id = 1 }, back;
    struct value_doc doc;
    struct buf bytes;
    size_t at;

    (void)state;
    buf_init(&bytes, 0);
    value_doc_init(&doc);
    head_encode(&head, &bytes);
    at = bytes.len - HEAD_MORE; // where a child begins
    head.child_count = 1;
    head.children = &child;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct child_head got;
        child.state = rows[i].state;
        buf_clear(&bytes);
        head_encode(&head, &bytes);
        assert_int_equal(bytes.ptr[at], 0x98 + CHILD_MORE); // a short array
        bytes.ptr[at] = 0x98;
        bytes.ptr[2] = 20; // of an array with a long head
        buf_cut(&bytes, bytes.len - CHILD_MORE - HEAD_MORE); // nor had a head any of these
        assert_int_equal(head_decode(buf_slice(&bytes), &doc, &back, &got, 1, NULL), 0);
        assert_int_equal(got.failure, rows[i].failure);
        assert_false(back.counted);
    }
    buf_release(&bytes);
    value_doc_release(&doc);
}

static void failures_have_names(void **state)
{
    enum child_failure failure;

    (void)state;
    assert_null(child_failure_name(CHILD_NONE));
    for (int i = CHILD_FAILED; i < CHILD_FAILURE_COUNT; i++) {
        const char *name = child_failure_name((enum child_failure)i);
        assert_int_equal(child_failure_parse(slice_str(name), &failure), 0);
        assert_int_equal(failure, i);
    }
    assert_int_equal(child_failure_parse(SLICE("gone"), &failure), -EINVAL);
    assert_int_equal(child_failure_parse(SLICE(""), &failure), -EINVAL);
}

static void json_goes_both_ways(void **state)
{
    static const char text[] =
        "{\"a\":[1,-2,2.5,true,false,null,\"x\"],\"b\":{\"c\":{}},\"big\":9007199254740993}";
    json_t *json = json_loads(text, 0, NULL), *back;
    struct buf bytes;
    struct err err;
    char *again;

    (void)state;
    buf_init(&bytes, 0);
    assert_non_null(json);
    assert_int_equal(value_from_json(json, &bytes, &err), 0);
    back = value_slice_to_json(buf_slice(&bytes));
    again = json_dumps(back, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(again, text);
    free(again);
    json_decref(back);
    json_decref(json);
    buf_clear(&bytes);
    value_put_bytes(&bytes, SLICE("\xff\xfe"));
    back = value_slice_to_json(buf_slice(&bytes));
    assert_string_equal(json_string_value(json_object_get(back, "b64")), "//4=");
    json_decref(back);
    buf_release(&bytes);
}

static void run_program(struct buf *program, char *out, size_t room)
{
    char path[] = "/tmp/pawl-command-XXXXXX", line[64];
    int fd = mkstemp(path);
    FILE *f;
    size_t n;

    assert_true(fd >= 0 && write(fd, program->ptr, program->len) == (ssize_t)program->len);
    snprintf(line, sizeof(line), "sh %s", path);
    f = popen(line, "r");
    assert_non_null(f);
    n = fread(out, 1, room - 1, f);
    out[n] = 0;
    pclose(f);
    close(fd);
    unlink(path);
}

// Any bytes but NUL pass through sh unchanged, as arguments and as variables.
static void quoting_holds_for_any_bytes(void **state)
{
    char out[1024];

    (void)state;
    srand(2);
    for (int round = 0; round < 60; round++) {
        struct buf args, program;
        struct value_doc doc;
        struct command command;
        struct err err;
        uint8_t word[100];
        size_t len = 1 + (size_t)rand() % sizeof(word);
        for (size_t i = 0; i < len; i++)
            word[i] = (uint8_t)(1 + rand() % 255);
        buf_init(&args, 0);
        buf_init(&program, 0);
        value_doc_init(&doc);
        value_put_map(&args, 2);
        value_put_str(&args, "env");
        value_put_map(&args, 1);
        value_put_str(&args, "V");
        value_put_bytes(&args, slice_of(word, len));
        value_put_str(&args, round % 2 ? "argv" : "shell");
        if (round % 2) {
            value_put_array(&args, 3);
            value_put_str(&args, "printf");
            value_put_str(&args, "%s.");
            value_put_bytes(&args, slice_of(word, len));
        } else {
            value_put_str(&args, "printf %s. \"$V\"");
        }
        assert_int_equal(command_decode(buf_slice(&args), &doc, &command, &err), 0);
        assert_int_equal(command_program(&command, SLICE("/"), &program, &err), 0);
        run_program(&program, out, sizeof(out));
        assert_memory_equal(out, word, len);
        assert_int_equal(out[len], '.');
        value_doc_release(&doc);
        buf_release(&args);
        buf_release(&program);
    }
}

// {"argv": [program, "a b"], "env": {name: "x"}}, or {"shell": program, ...}
static bool is_direct(const char *kind, const char *program, const char *name, const char *more)
{
    struct buf args;
    struct value_doc doc;
    struct command command;
    struct err err;
    bool direct;

    buf_init(&args, 0);
    value_doc_init(&doc);
    value_put_map(&args, more ? 3 : 2);
    value_put_str(&args, kind);
    if (strcmp(kind, "argv") == 0)
        value_put_array(&args, 2);
    value_put_str(&args, program);
    if (strcmp(kind, "argv") == 0)
        value_put_str(&args, "a b");
    value_put_str(&args, "env");
    value_put_map(&args, 1);
    value_put_str(&args, name);
    value_put_str(&args, "x");
    if (more) {
        value_put_str(&args, more);
        value_put_str(&args, "me");
    }
    assert_int_equal(command_decode(buf_slice(&args), &doc, &command, &err), 0);
    direct = command_is_direct(&command);
    value_doc_release(&doc);
    buf_release(&args);
    return direct;
}

// A shell is spared only where nobody can tell.
static void argv_needs_no_shell(void **state)
{
    (void)state;
    assert_true(is_direct("argv", "df", "A", NULL));
    assert_true(is_direct("argv", "/bin/df", "PATH", NULL));
    assert_true(is_direct("argv", "df", "LD", NULL));
    assert_false(is_direct("shell", "df", "A", NULL));
    assert_false(is_direct("argv", "-x", "A", NULL));
    assert_false(is_direct("argv", "", "A", NULL));
    assert_false(is_direct("argv", "df", "LD_PRELOAD", NULL));
    assert_false(is_direct("argv", "df", "GLIBC_TUNABLES", NULL));
    assert_false(is_direct("argv", "df", "A", "as"));
    assert_false(is_direct("argv", "df", "A", "arch"));
}

// What a direct program's text does behind words, and without any: as `exec` of a shell.
static void a_direct_text_does_what_exec_does(void **state)
{
    static const char *const programs[] = { "basename", "no-such-program", "./no-such", "/etc/passwd",
                                            "/etc", "a'b", "cat/" };

    (void)state;
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        for (int words = 0; words < 2; words++) {
            struct buf args, program, behind;
            struct value_doc doc;
            struct command command;
            struct err err;
            char out[1024], want[1024];
            buf_init(&args, 0);
            buf_init(&program, 0);
            buf_init(&behind, 0);
            value_doc_init(&doc);
            value_put_map(&args, 1);
            value_put_str(&args, "argv");
            value_put_array(&args, 2);
            value_put_str(&args, programs[i]);
            value_put_str(&args, "x/y z");
            assert_int_equal(command_decode(buf_slice(&args), &doc, &command, &err), 0);
            buf_addf(&behind, "exec 2>&1\n%s\n(\n", words ? "set -- env A=1" : "set --");
            assert_int_equal(command_program(&command, SLICE("/"), &behind, &err), 0);
            buf_add_str(&behind, ")\necho $?\n");
            run_program(&behind, out, sizeof(out));
            buf_addf(&program, "exec 2>&1\nsh -c 'exec \"$@\"' sh ");
            quote_sh(slice_str(programs[i]), &program);
            buf_add_str(&program, " 'x/y z'\necho $?\n");
            run_program(&program, want, sizeof(want));
            if (strcmp(programs[i], "basename") == 0)
                assert_string_equal(out, "y z\n0\n");
            assert_string_equal(out, want);
            value_doc_release(&doc);
            buf_release(&args);
            buf_release(&program);
            buf_release(&behind);
        }
    }
}

static void commands_that_cannot_be(void **state)
{
    struct buf args, program;
    struct value_doc doc;
    struct command command;
    struct err err;

    (void)state;
    buf_init(&args, 0);
    buf_init(&program, 0);
    value_doc_init(&doc);
    value_put_map(&args, 0);
    assert_int_equal(command_decode(buf_slice(&args), &doc, &command, &err), ERR_USAGE);
    buf_clear(&args);
    value_put_map(&args, 1);
    value_put_str(&args, "shell");
    value_put_bytes(&args, SLICE("a\0b"));
    assert_int_equal(command_decode(buf_slice(&args), &doc, &command, &err), 0);
    assert_int_equal(command_program(&command, SLICE(""), &program, &err), -EINVAL);
    buf_clear(&args);
    buf_clear(&program);
    value_put_map(&args, 2);
    value_put_str(&args, "shell");
    value_put_str(&args, "true");
    value_put_str(&args, "env");
    value_put_map(&args, 1);
    value_put_str(&args, "A;rm");
    value_put_str(&args, "x");
    assert_int_equal(command_decode(buf_slice(&args), &doc, &command, &err), 0);
    assert_int_equal(command_program(&command, SLICE(""), &program, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "A;rm"));
    value_doc_release(&doc);
    buf_release(&args);
    buf_release(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intents_of_older_journals_are_what_they_were),
        cmocka_unit_test(every_event_comes_back),
        cmocka_unit_test(the_waits_that_an_event_ended_come_back),
        cmocka_unit_test(waits_that_are_no_waits_are_refused),
        cmocka_unit_test(damaged_events_are_refused),
        cmocka_unit_test(records_and_heads),
        cmocka_unit_test(an_older_child_fails_by_its_state),
        cmocka_unit_test(failures_have_names),
        cmocka_unit_test(json_goes_both_ways),
        cmocka_unit_test(quoting_holds_for_any_bytes),
        cmocka_unit_test(argv_needs_no_shell),
        cmocka_unit_test(a_direct_text_does_what_exec_does),
        cmocka_unit_test(commands_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
