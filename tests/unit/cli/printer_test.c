// SPDX-License-Identifier: MIT
// Lines of many hosts are never mixed, however their pieces come; of one host every
// byte goes out at once. What waits is not done with, and is bounded.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/printer.h"

struct sheet {
    struct printer printer;
    char *text[TARGETS];
    size_t len[TARGETS];
    uint64_t seq;
};

static int setup(void **state)
{
    struct sheet *sheet = calloc(1, sizeof(*sheet));
    struct cli cli = { 0 };

    if (!sheet)
        return -1;
    printer_init(&sheet->printer, &cli);
    for (int i = 0; i < TARGETS; i++)
        sheet->printer.places[i].to = open_memstream(&sheet->text[i], &sheet->len[i]);
    *state = sheet;
    return 0;
}

static int teardown(void **state)
{
    struct sheet *sheet = *state;

    for (int i = 0; i < TARGETS; i++) {
        fclose(sheet->printer.places[i].to);
        free(sheet->text[i]);
    }
    printer_release(&sheet->printer);
    free(sheet);
    return 0;
}

static void record_as(struct sheet *sheet, int id, const char *host, const char *stream,
                      const char *key, const char *text)
{
    json_t *json = json_pack("{s:I,s:i,s:s?,s:s,s:s}", "seq", (json_int_t)++sheet->seq, "job",
                             id, "host", host, "stream", stream, key, text);

    assert_non_null(json);
    printer_record(&sheet->printer, json);
    json_decref(json);
}

static void record(struct sheet *sheet, int id, const char *host, const char *stream,
                   const char *text)
{
    record_as(sheet, id, host, stream, "data", text);
}

// What is not UTF-8 comes so.
static void bytes(struct sheet *sheet, const char *stream, const char *base64)
{
    record_as(sheet, 2, "a", stream, "data_b64", base64);
}

static void out(struct sheet *sheet, int id, const char *host, const char *text)
{
    record(sheet, id, host, "output", text);
}

static void expect(struct sheet *sheet, enum target target, const char *text)
{
    for (int i = 0; i < TARGETS; i++)
        fflush(sheet->printer.places[i].to);
    assert_string_equal(sheet->text[target], text);
}

static void of_one_host_all_goes_out_at_once(void **state)
{
    struct sheet *sheet = *state;

    out(sheet, 2, "a", "one ");
    expect(sheet, TO_OUT, "one ");
    record(sheet, 2, "a", "error", "oh");
    expect(sheet, TO_ERR, "oh");
    out(sheet, 2, "a", "line\nrest");
    assert_int_equal(printer_done(&sheet->printer, sheet->seq), sheet->seq);
    assert_int_equal(printer_finish(&sheet->printer), 0);
    expect(sheet, TO_OUT, "one line\nrest");
}

static void lines_of_many_are_whole(void **state)
{
    struct sheet *sheet = *state;

    sheet->printer.many = true;
    out(sheet, 2, "a", "on");
    out(sheet, 3, "b", "two\nth");
    out(sheet, 2, "a", "e\n");
    record(sheet, 2, "a", "error", "oh");
    record(sheet, 3, "b", "warning", "low\n");
    expect(sheet, TO_OUT, "b: two\na: one\n");
    expect(sheet, TO_ERR, "b: warning: low\n");
    assert_int_equal(printer_done(&sheet->printer, sheet->seq), 1); // "th" came with the second
    out(sheet, 3, "b", "ree\n");
    assert_int_equal(printer_done(&sheet->printer, sheet->seq), 3); // "oh" with the fourth
    assert_int_equal(printer_finish(&sheet->printer), 0);
    assert_int_equal(printer_done(&sheet->printer, sheet->seq), sheet->seq);
    expect(sheet, TO_OUT, "b: two\na: one\nb: three\n");
    expect(sheet, TO_ERR, "b: warning: low\na: oh\n");
}

static void a_last_line_without_an_end_is_ended(void **state)
{
    struct sheet *sheet = *state;

    sheet->printer.many = true;
    sheet->printer.names = false;
    out(sheet, 2, "a", "one");
    out(sheet, 3, "b", "two");
    out(sheet, 1, NULL, "three");
    assert_int_equal(printer_finish(&sheet->printer), 0);
    expect(sheet, TO_OUT, "one\ntwo\nthree\n");
}

// Its row may come later than what it wrote.
static void a_second_host_makes_many(void **state)
{
    struct sheet *sheet = *state;

    out(sheet, 1, NULL, "the script\n");
    out(sheet, 2, "a", "alone\nop");
    out(sheet, 3, "b", "no longer\n");
    out(sheet, 2, "a", "en\n");
    expect(sheet, TO_OUT, "the script\nalone\nop\nb: no longer\na: en\n");
}

static void a_line_without_end_is_let_go_in_pieces(void **state)
{
    enum { PIECES = 100, PIECE = 3840 };
    struct sheet *sheet = *state;
    char piece[PIECE + 1];
    size_t held = 0;

    memset(piece, 'x', PIECE);
    piece[PIECE] = 0;
    sheet->printer.many = true;
    for (int i = 0; i < PIECES; i++) {
        out(sheet, 2, "a", piece);
        for (size_t k = 0; k < sheet->printer.sources.count; k++)
            held = sheet->printer.sources.all[k]->held.cap > held
                       ? sheet->printer.sources.all[k]->held.cap : held;
        if (i == PIECES / 2)
            out(sheet, 3, "b", "whole\n");
    }
    assert_true(held <= 2 * SOURCE_HELD_MAX);
    printer_finish(&sheet->printer);
    fflush(sheet->printer.places[TO_OUT].to);
    assert_non_null(strstr(sheet->text[TO_OUT], "x\nb: whole\na: x"));
    // two names and three ends of lines of "a" beside its bytes, and the line of "b"
    assert_int_equal(sheet->len[TO_OUT], PIECES * PIECE + 2 * 3 + 2 + strlen("b: whole\n"));
}

static void a_value_is_a_line_of_its_own(void **state)
{
    struct sheet *sheet = *state;
    json_t *json = json_pack("{s:i,s:i,s:s,s:s,s:{s:i}}", "seq", 9, "job", 2, "host", "a",
                             "stream", "output", "value", "n", 1);

    sheet->printer.many = true;
    out(sheet, 2, "a", "part");
    printer_record(&sheet->printer, json);
    expect(sheet, TO_OUT, "a: part\na: {\"n\":1}\n");
    json_decref(json);
}

static void a_terminal_is_not_driven(void **state)
{
    struct sheet *sheet = *state;

    sheet->printer.places[TO_OUT].tty = sheet->printer.places[TO_ERR].tty = true;
    sheet->printer.moves = true;
    out(sheet, 2, "a", "\033[2J\xc2\x9b" "1m");
    bytes(sheet, "output", "4oI=");  // the beginning of a euro sign
    bytes(sheet, "output", "rA0K");  // its end, and CR LF
    bytes(sheet, "error", "ZeKC");
    bytes(sheet, "error", "rAo=");
    out(sheet, 3, "b\a", "x\n");
    expect(sheet, TO_OUT, "\\x1b[2J\\u{009b}1m\xe2\x82\xac\\x0d\nb\\x07: x\n");
    expect(sheet, TO_ERR, "e\xe2\x82\xac\n");
}

static void a_status_line_leaves_nothing(void **state)
{
    struct sheet *sheet = *state;

    assert_false(printer_status_due(&sheet->printer, 1000)); // no terminal
    sheet->printer.places[TO_OUT].tty = sheet->printer.places[TO_ERR].tty = true;
    sheet->printer.moves = true;
    assert_true(printer_status_due(&sheet->printer, 1000));
    printer_status(&sheet->printer, "1/4 done", 80, 1000);
    assert_false(printer_status_due(&sheet->printer, 1099)); // ten times a second
    assert_true(printer_status_due(&sheet->printer, 1100));
    printer_status(&sheet->printer, "1/4 done", 80, 1100); // the same
    expect(sheet, TO_ERR, "1/4 done");
    out(sheet, 2, "a", "x");
    expect(sheet, TO_ERR, "1/4 done\r\033[J");
    assert_false(printer_status_due(&sheet->printer, 9000)); // a line is open there
    out(sheet, 2, "a", "\n");
    printer_status(&sheet->printer, "2/4 done, of many", 12, 9000);
    expect(sheet, TO_ERR, "1/4 done\r\033[J" "2/4 done, \xe2\x80\xa6");
    printer_status(&sheet->printer, "2/4 done, of many", 6, 9100); // narrower: it was wrapped
    expect(sheet, TO_ERR, "1/4 done\r\033[J" "2/4 done, \xe2\x80\xa6\033[1A\r\033[J" "2/4 \xe2\x80\xa6");
    printer_finish(&sheet->printer);
    expect(sheet, TO_ERR, "1/4 done\r\033[J" "2/4 done, \xe2\x80\xa6\033[1A\r\033[J" "2/4 \xe2\x80\xa6\r\033[J");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(of_one_host_all_goes_out_at_once),
        TEST(lines_of_many_are_whole),
        TEST(a_last_line_without_an_end_is_ended),
        TEST(a_second_host_makes_many),
        TEST(a_line_without_end_is_let_go_in_pieces),
        TEST(a_value_is_a_line_of_its_own),
        TEST(a_terminal_is_not_driven),
        TEST(a_status_line_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
