// SPDX-License-Identifier: MIT
// A world that the test moves by hand: its clock stands still unless the test lets
// time pass, its committer holds a batch until the test lets it land, and its link
// only notes what the engine asks of it. Nothing happens between two calls of the
// test, so that a test can stand at any point between a fact and its commit.
//
// The store outlives the engine: world_crash and world_boot are a killed engine and
// the next one. What the tests ask is what people and targets see: calls of the
// link, jobs, records, journals.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/state.h"

enum call_kind { CALL_START, CALL_ATTACH, CALL_SIGNAL, CALL_FORGET, CALL_LIST, CALL_STATUS };
enum { HOST_NAME = 32 }; // of a host in a test, with NUL

// What the engine asked of the link.
struct call {
    enum call_kind kind;
    struct link_key key;
    uint64_t number;     // START: superseded intent; ATTACH: offset of out; SIGNAL: signal
    uint64_t err_offset; // ATTACH
    char host[HOST_NAME]; // whose link it was
};

struct fake_link;

struct fake_world {
    struct store *store;
    struct engine *engine;
    int64_t now_ms;                // CLOCK_BOOTTIME; the wall clock runs beside it
    int64_t wall_step_ms;          // so far the wall clock was set, in all
    unsigned char boots;           // of the machine, before this one
    bool no_zones;                 // there is none but UTC; else Europe/Berlin, too
    int64_t alarm_ms;              // the engine's last wish; -1: none
    const struct batch *committing; // held by the committer; NULL: none
    size_t batch_bytes_max;        // of the largest batch committed
    bool landed;                   // something of this engine is on disk
    bool woken;                    // the engine wishes a turn
    bool disk_full;                // landing fails, nothing is written
    int room_rc;                   // what a landing says of the room ahead
    bool stopped;                  // world.stopped was called
    struct err stop_err;           // its reason; code 0: in order
    struct fake_link *link;        // localhost's; NULL: none is open
    struct list links;             // all that are open
    unsigned links_open;
    const char *at;                // the host that speaks, and that is asked; NULL: localhost speaks
    unsigned opens;                // of links to others than localhost, also of those refused
    unsigned took_over;            // links that were to take over
    int link_rc;                   // what opening one of these answers
    unsigned holds;                // times the link was asked to wait
    struct call calls[1024];       // not looked at by an expect_ yet
    size_t call_count;
    unsigned starts;               // START calls ever
    struct buf program;            // of the last of them
    uint64_t credit_bytes;         // given ever
    int attach_rc;                 // what the link answers to an attach
    struct uuid uuid;              // of the job that tell() is about: the last one started
    unsigned answers;              // changes answered
    unsigned deferrals;            // answered with: accepted, and done when there is space
    struct err deferral;           // the words of the last of them
    uint64_t answer_id;
    struct err refusal;            // of the last change that was refused
    unsigned char chance;
};

// An engine that has booted, over a new store in memory, its link ready.
struct fake_world *world_new(void);
void world_free(struct fake_world *world);
// The engine is gone, with all that had not landed. world_boot is the next one; its
// link is open and not ready (link_up).
void world_crash(struct fake_world *world);
void world_boot(struct fake_world *world);
void world_next_engine(struct fake_world *world); // all three: killed, begun again, its link up
// For cmocka: *state is the world.
int world_setup(void **state);
int world_teardown(void **state);

// ---- the engine's loop and its committer
void world_turn(struct fake_world *world); // one turn; nothing lands
void world_land(struct fake_world *world); // what the committer holds is on disk, or met a full disk
void world_settle(struct fake_world *world); // turns and landings until nothing moves
// Time passes; every alarm on the way rings at its time, and settles.
void world_tick(struct fake_world *world, int64_t ms);
// Somebody sets the wall clock, and the engine is told.
void world_set_clock(struct fake_world *world, int64_t by_ms);
int64_t world_wall_ms(const struct fake_world *world);
// The machine goes down for so long and boots: the next engine is there, its link up.
void world_reboot(struct fake_world *world, int64_t away_ms);
// A batch of the test's own, as another program's writes (scripts, damaged rows).
void world_write(struct fake_world *world, const struct batch *batch);
// Another text in place of a stored script: what mends a script, or breaks its replay.
void world_swap_script(struct fake_world *world, const char *stored, const char *text);

// ---- the link
void link_says_ready(struct fake_world *world, const char *boot);
void link_up(struct fake_world *world); // READY under the first boot, and all that follows
void link_up_again(struct fake_world *world, const char *boot); // the same under another one
void link_cut(struct fake_world *world); // DOWN
// NULL: none is open.
struct fake_link *link_to(const struct fake_world *world, const char *host);
void link_ends(struct fake_world *world, enum link_end end); // DOWN, with its kind
bool link_is_held(const struct fake_world *world);
// What is told while the link is held comes later: text must stay until then.
struct link_key key_of(const struct fake_world *world, uint64_t intent_no);
void link_tells(struct fake_world *world, const struct link_event *event);
void tell(struct fake_world *world, enum link_event_type type, uint64_t intent_no);
void tell_output(struct fake_world *world, uint64_t intent_no, uint64_t offset, const char *text);
void tell_done(struct fake_world *world, uint64_t intent_no, int code);
void tell_died(struct fake_world *world, uint64_t intent_no, int signum);
void tell_signalled(struct fake_world *world, uint64_t intent_no);
void tell_status(struct fake_world *world); // of root, 4096 bytes free, one of two keys runs
// DONE, with an exit code or by a signal, and everything that comes of it.
void command_ends(struct fake_world *world, uint64_t intent_no, int code);
void command_dies(struct fake_world *world, uint64_t intent_no, int signum);

// ---- people. Each asks and returns what port.change did; nothing is committed yet.
int ask(struct fake_world *world, const struct change *change);
int ask_stop(struct fake_world *world, uint64_t job, int64_t grace_ms);
int ask_stop_force(struct fake_world *world, uint64_t job);
int ask_suspend(struct fake_world *world, uint64_t job, bool force);
int ask_resume(struct fake_world *world, uint64_t job);
int ask_signal(struct fake_world *world, uint64_t job, const char *name, struct slice sent);
int ask_mark(struct fake_world *world, uint64_t job, uint64_t seq);
int ask_remove(struct fake_world *world, uint64_t job, bool force);
// The same, granted, and everything that comes of it.
void stop_job(struct fake_world *world, uint64_t job, int64_t grace_ms);
void suspend_job(struct fake_world *world, uint64_t job, bool force);
void resume_job(struct fake_world *world, uint64_t job);
void signal_job(struct fake_world *world, uint64_t job, const char *name);
struct change start_of(const char *script);
// Starts a workflow, settles, and returns its id.
uint64_t job_start(struct fake_world *world, const char *script);
uint64_t job_start_change(struct fake_world *world, const struct change *change);

// ---- what can be seen
struct job_seen {
    enum job_state state;
    int32_t exit_code;
    uint64_t last_seq;
    int64_t progress_done;
    char reason[ERR_TEXT_MAX];
};
// False: no such job.
bool job_see(struct fake_world *world, uint64_t job, struct job_seen *ret);
// What fn appends to its argument, a struct buf, is the text.
void view_is(struct fake_world *world, uint64_t job, job_view_fn fn, const char *text);
bool job_is_resident(struct fake_world *world, uint64_t job);
uint64_t job_mark(struct fake_world *world, uint64_t job_or_child);
size_t job_journal_rows(struct fake_world *world, uint64_t job);
size_t timer_rows(struct fake_world *world, uint64_t event_no, int64_t *ret_due_ms);
size_t order_rows(struct fake_world *world); // of world.at, or of localhost

// Takes the oldest call of that kind (of the host world.at, when it is set), which must be
// about this intent, and returns it.
struct call expect_call(struct fake_world *world, enum call_kind kind, uint64_t intent_no);
void expect_start(struct fake_world *world, uint64_t intent_no);
void expect_signal(struct fake_world *world, uint64_t intent_no, int signum);
void expect_attach(struct fake_world *world, uint64_t intent_no, uint64_t out, uint64_t err);
void expect_none(struct fake_world *world, enum call_kind kind);
void expect_state(struct fake_world *world, uint64_t job, enum job_state state);
void expect_reason(struct fake_world *world, uint64_t job, const char *words);
// All records, one line each: "output: text" ("|" for a newline in it).
void expect_records(struct fake_world *world, uint64_t job, const char *lines);
// The journal's events: "started intended settled:exit:0 ended"; a settled event has
// its outcome and code, one whose strands did not run ends with "!".
void expect_journal(struct fake_world *world, uint64_t job, const char *events);
// All attempts in the order of their intents: "1/1 run:exit 1.2/1 sleep"; one that has
// ended has its outcome.
void expect_history(struct fake_world *world, uint64_t job, const char *steps);
void expect_outcome_out(struct fake_world *world, uint64_t job, uint64_t event_no,
                        const char *text);
