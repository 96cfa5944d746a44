// SPDX-License-Identifier: MIT
// A real link over a spool of its own: the loop, what came of each attempt, and waiting
// with a deadline. One per test; removes all that it made. The link is a local one, or
// goes over ssh to this machine (PAWL_TEST_CARRIER=ssh), or to the target that a test names.
#pragma once

#include <uv.h>

#include "base/buf.h"
#include "host/local.h"
#include "host/ssh.h"

// WAIT_MS is patience, for a busy machine: nothing takes as long.
enum { ATTEMPTS_MAX = 64, WAIT_MS = 60000 };

// Shell text that waits for fixture_open_gate, in a program under test.
#define GATE "while [ -e \"$PAWL_TEST_GATE\" ]; do sleep 0.05; done; "

struct seen {
    unsigned count[LINK_EVENT_COUNT];
    struct link_event last[LINK_EVENT_COUNT]; // no slices
    struct buf stream[2];                     // output, in order
    struct buf text;                          // of the last event that has one
};

struct fixture {
    char dir[64];       // of the test
    char spool[96];
    const char *shell;
    char busybox[96];   // ash, by a name that busybox answers to
    const char *way; // of the link's options
    bool take_over;
    bool over_ssh;      // to target
    struct ssh_target target;
    char ssh_config[128];
    enum link_end end;  // how the last link ended
    uv_loop_t loop;
    struct link_pool *pool;
    struct link *link;
    struct uuid store, job, incarnation;
    uint64_t epoch;
    uint16_t past[4];
    size_t past_count;
    bool hold_credit;   // do not answer OUTPUT with credit
    bool hold_at_event; // the next event asks the link to wait
    bool held;          // it was: an event now fails the test
    unsigned events;    // ever
    bool closed, timeout;
    uv_timer_t timer;
    struct seen seen[ATTEMPTS_MAX]; // by intent number
    struct seen general;            // READY, DOWN, LISTED
    struct buf boot_id;
};

// The shell under test, or NULL when this machine lacks it, or what its link needs.
const char *fixture_shell(void);
int fixture_setup(void **state);
int fixture_teardown(void **state);

// Opens a link and waits for READY; fails the test otherwise.
void fixture_open(struct fixture *f);
// Opens one that is held before it can say a word.
void fixture_open_held(struct fixture *f);
// Opens one that is expected to be refused: waits for DOWN and returns its text.
const char *fixture_open_refused(struct fixture *f);
void fixture_close(struct fixture *f);
// Asks the link to wait, or lets it go on.
void fixture_hold(struct fixture *f, bool held);
// Forgets what was seen.
void fixture_reset(struct fixture *f);

struct link_key fixture_key(const struct fixture *f, uint64_t intent_no);
// Starts a program as the attempt of that number; stdin_bytes may be NULL.
void fixture_start(struct fixture *f, uint64_t intent_no, const char *program,
                   const struct slice *stdin_bytes);
// One that ends with what it runs behind "$@".
void fixture_start_direct(struct fixture *f, uint64_t intent_no, const char *program);
// Waits until an event of the type came for the attempt; false after WAIT_MS.
bool fixture_wait(struct fixture *f, uint64_t intent_no, enum link_event_type type);
bool fixture_wait_general(struct fixture *f, enum link_event_type type);
void fixture_open_gate(struct fixture *f);
// Lets the loop run for so long.
void fixture_run(struct fixture *f, uint64_t ms);
// A program from start to DONE; the event.
const struct link_event *fixture_do(struct fixture *f, uint64_t intent_no, const char *program);

// The directory of an attempt, or a file in the spool, by its name.
const char *fixture_path(const struct fixture *f, uint64_t intent_no, const char *name,
                         char path[512]);
// A file's first word as a number; 0 when there is none.
long fixture_number(const struct fixture *f, uint64_t intent_no, const char *name);
// Is the process alive (and no zombie)?
// The process that watches over an attempt's command.
long fixture_step(const struct fixture *f, uint64_t intent_no);
// The process of the newest runner in the spool, or of its reader; 0: there is none.
long fixture_runner(const struct fixture *f, bool reader);
bool process_alive(long pid);
// Waits until it is not.
bool process_gone(long pid);
