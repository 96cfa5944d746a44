// SPDX-License-Identifier: MIT
// Outputs that are equal are one, whatever the pieces they came in; and what is kept of
// many equal ones is one.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/fold.h"
#include "cli/outputs.h"

enum { JOB = 12 };

// A printer into memory.
struct sheet {
    struct printer printer;
    struct crew crew;
    struct fold *fold;
    char *text[TARGETS];
    size_t len[TARGETS];
    uint64_t seq;
};

static int setup(void **state)
{
    struct sheet *sheet = calloc(1, sizeof(*sheet));
    struct cli cli = { 0 };

    if (!sheet || fold_new(&sheet->fold, NULL) < 0)
        return -1;
    printer_init(&sheet->printer, &cli);
    for (int i = 0; i < TARGETS; i++)
        sheet->printer.places[i].to = open_memstream(&sheet->text[i], &sheet->len[i]);
    crew_init(&sheet->crew);
    *state = sheet;
    return 0;
}

static int teardown(void **state)
{
    struct sheet *sheet = *state;

    fold_free(sheet->fold);
    crew_release(&sheet->crew);
    for (int i = 0; i < TARGETS; i++) {
        fclose(sheet->printer.places[i].to);
        free(sheet->text[i]);
    }
    printer_release(&sheet->printer);
    free(sheet);
    return 0;
}

static void child(struct sheet *sheet, int id, const char *host, const char *state,
                  const char *reason)
{
    json_t *row = json_pack("{s:i,s:s,s:s,s:s?}", "id", id, "host", host, "state", state,
                            "reason", reason);

    assert_int_equal(crew_take(&sheet->crew, row), 0);
    json_decref(row);
}

static void wrote(struct sheet *sheet, int id, const char *host, const char *stream,
                  const char *text)
{
    json_t *record = json_pack("{s:I,s:i,s:s?,s:s,s:s}", "seq", (json_int_t)++sheet->seq, "job",
                               id, "host", host, "stream", stream, "data", text);

    assert_int_equal(fold_record(sheet->fold, &sheet->printer, record, NULL), 0);
    json_decref(record);
}

static void expect(struct sheet *sheet, bool all, const char *out, const char *err)
{
    assert_int_equal(fold_print(sheet->fold, &sheet->printer, &sheet->crew, JOB, all, NULL), 0);
    for (int i = 0; i < TARGETS; i++)
        fflush(sheet->printer.places[i].to);
    assert_string_equal(sheet->text[TO_OUT], out);
    assert_string_equal(sheet->text[TO_ERR], err);
}

static void equal_outputs_are_shown_once(void **state)
{
    struct sheet *sheet = *state;

    wrote(sheet, 15, "web03", "output", "other\n");
    wrote(sheet, 16, "web04", "output", "sa");
    wrote(sheet, 13, "web01", "output", "same\n");
    wrote(sheet, 16, "web04", "output", "me\n");
    wrote(sheet, 14, "web02", "output", "same\n");
    expect(sheet, true, "web[01-02,04] (3):\nsame\nweb03 (1):\nother\n", "");
}

static void of_equal_groups_the_first_host_comes_first(void **state)
{
    struct sheet *sheet = *state;

    for (int i = 25; i > 12; i--) {
        char host[8], text[8];
        snprintf(host, sizeof(host), "h%d", i);
        snprintf(text, sizeof(text), "%d\n", i % 3);
        wrote(sheet, i, host, "output", text);
    }
    expect(sheet, true, "h[13,16,19,22,25] (5):\n1\nh[14,17,20,23] (4):\n2\n"
                        "h[15,18,21,24] (4):\n0\n", "");
}

static void both_streams_and_the_end_must_be_equal(void **state)
{
    static const char *const hosts[] = { "a", "b", "c", "d" };
    struct sheet *sheet = *state;

    for (int i = 0; i < 4; i++) {
        wrote(sheet, 13 + i, hosts[i], "output", "x\n");
        child(sheet, 13 + i, hosts[i], i == 2 ? "Failed" : "Completed",
              i == 2 ? "exit code 3" : NULL);
    }
    wrote(sheet, 14, "b", "error", "oh\n");
    expect(sheet, true, "a,d (2):\nx\nb (1):\nx\nc (1):\nx\n",
           "b (1), standard error:\noh\nc (1): failed: exit code 3\n");
}

static void who_wrote_nothing_is_named_when_all_was_read(void **state)
{
    struct sheet *sheet = *state;

    child(sheet, 13, "web1", "Completed", NULL);
    child(sheet, 14, "web2", "Failed", "unreachable: no route");
    child(sheet, 15, "web3", "Completed", NULL);
    sheet->seq = 4; // somebody else has received the beginning
    wrote(sheet, 13, "web1", "output", "x");
    expect(sheet, false, "web1 (1):\nx\n", "");
    expect(sheet, true, "web1 (1):\nx\nweb1 (1):\nx\nweb3 (1): no output\n",
           "web2 (1): unreachable: no route\n");
}

static void what_the_job_wrote_is_no_hosts(void **state)
{
    struct sheet *sheet = *state;

    wrote(sheet, 13, "a", "output", "x\n");
    wrote(sheet, JOB, NULL, "output", "batch 1\n");
    wrote(sheet, JOB, NULL, "warning", "slow\n");
    wrote(sheet, JOB, NULL, "debug", "not shown\n");
    expect(sheet, true, "batch 1\na (1):\nx\n", "warning: slow\n");
}

// ---- what is kept
static void add(struct outputs *outputs, struct output *output, const char *text, size_t len,
                size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        assert_int_equal(output_add(outputs, output, slice_of(text + at, n), NULL), 0);
    }
}

struct compared {
    const char *text;
    size_t at;
};

static void compare(void *arg, struct slice bytes)
{
    struct compared *to = arg;

    assert_memory_equal(to->text + to->at, bytes.ptr, bytes.len);
    to->at += bytes.len;
}

static void equal_outputs_are_kept_once(void **state)
{
    static const size_t pieces[] = { 1000, 3840, 16384, 50000, 7 };
    enum { LEN = 5 * OUTPUT_BLOCK + 333, COUNT = 5 };
    struct content_hash first, digest;
    struct outputs outputs;
    struct output output[COUNT];
    char *text = malloc(LEN);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < LEN; i++)
        text[i] = (char)(i * 2654435761u >> 16);
    outputs_init(&outputs);
    for (int i = 0; i < COUNT; i++) {
        struct compared to = { text, 0 };
        output_init(&output[i]);
        add(&outputs, &output[i], text, LEN, pieces[i]);
        assert_int_equal(output_digest(&outputs, &output[i], &digest, NULL), 0);
        if (i == 0)
            first = digest;
        assert_memory_equal(&first, &digest, sizeof(digest));
        assert_int_equal(output_bytes(&output[i]), LEN);
        assert_int_equal(output_read(&outputs, &output[i], compare, &to, NULL), 0);
        assert_int_equal(to.at, LEN);
    }
    assert_int_equal(outputs.count, 5); // blocks, of all five
    text[LEN - 1] ^= 1;
    add(&outputs, &output[0], text + LEN - 1, 1, 1);
    assert_int_equal(output_digest(&outputs, &output[0], &digest, NULL), 0);
    assert_memory_not_equal(&first, &digest, sizeof(digest));
    for (int i = 0; i < COUNT; i++)
        output_release(&output[i]);
    outputs_release(&outputs);
    free(text);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    struct outputs outputs;
    struct output output;
    char *text = calloc(1, OUTPUT_BLOCK);
    struct err err = { 0 };

    (void)state;
    setenv("TMPDIR", "/nonexistent/here", 1);
    outputs_init(&outputs);
    output_init(&output);
    assert_int_equal(output_add(&outputs, &output, slice_of(text, OUTPUT_BLOCK - 1), &err), 0);
    assert_int_equal(output_add(&outputs, &output, slice_of(text, 1), &err), -EIO);
    assert_non_null(strstr(err_text(&err), "/nonexistent/here: No such file"));
    assert_non_null(strstr(err_text(&err), "TMPDIR"));
    unsetenv("TMPDIR");
    output_release(&output);
    outputs_release(&outputs);
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(equal_outputs_are_shown_once),
        TEST(of_equal_groups_the_first_host_comes_first),
        TEST(both_streams_and_the_end_must_be_equal),
        TEST(who_wrote_nothing_is_named_when_all_was_read),
        TEST(what_the_job_wrote_is_no_hosts),
        TEST(equal_outputs_are_kept_once),
        TEST(a_directory_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
