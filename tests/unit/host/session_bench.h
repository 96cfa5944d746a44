// SPDX-License-Identifier: MIT
// A session without a runner: the test is the other end of the wire, and the clock.
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/session.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define JOB "11111111-1111-1111-1111-111111111111"
#define KEY_OF(no) JOB "-" no
#define KEY KEY_OF("1")

enum { ANSWER_MS = 30000, LINE_MS = 20 }; // what a line of ours may take to get there

struct bench {
    struct session session; // first
    uint64_t now_ms;
    unsigned count[LINK_EVENT_COUNT];
    struct link_event last;
    struct buf output, text;
    enum link_event_type hold_at; // such an event asks the link to wait
    bool holds;
};

int bench_setup(void **state);
int bench_teardown(void **state);
// What the runner says.
void feed(struct bench *b, const char *text);
struct link_key key_of(uint64_t intent_no);
// READY.
void hello(struct bench *b);
// Follows key_of(1).
void attach(struct bench *b);
// The requests since the last look.
void assert_requests(struct bench *b, const char *want);

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
