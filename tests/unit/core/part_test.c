// SPDX-License-Identifier: MIT
// A job's part on one host is stopped alone: what runs there ends as at the stop of a job,
// the other hosts go on, and nothing is begun there any more.
#include "storage/keys.h"
#include "unit/core/many_hosts.h"

#include <errno.h>
#include <signal.h>

#define HOSTS "[{\"name\":\"web1\"},{\"name\":\"web2\"},{\"name\":\"web3\"}]"
#define EACH(body) "hosts:each(function(h) " body " end)"
#define JUST_RUN EACH("h:run('x')")

enum { WEB1 = 1, WEB2, WEB3 }; // a part's id is its job's and this

static void all_up(struct fake_world *w)
{
    host_up(w, "web1");
    if (link_to(w, "web2"))
        host_up(w, "web2");
    host_up(w, "web3");
}

static void all_up_but_web2(struct fake_world *w)
{
    host_up(w, "web1");
    host_up(w, "web3");
}

static uint64_t running(struct fake_world *w, const char *script)
{
    uint64_t job = start_on_hosts(w, script, HOSTS);

    all_up(w);
    return job;
}

static void ask_granted(int rc, struct fake_world *w)
{
    if (rc < 0)
        fail_msg("%s", w->refusal.text);
    world_settle(w);
}

static void stop_part(struct fake_world *w, uint64_t part, int64_t grace_ms)
{
    ask_granted(ask_stop(w, part, grace_ms), w);
}

static void drop_part(struct fake_world *w, uint64_t part)
{
    ask_granted(ask_stop_force(w, part), w);
}

static void is_refused(struct fake_world *w, int rc, const char *words)
{
    assert_int_equal(rc, ERR_STATE);
    if (!strstr(w->refusal.text, words))
        fail_msg("\"%s\" is not in: %s", words, w->refusal.text);
}

static size_t starts_on(const struct fake_world *w, const char *host)
{
    size_t count = 0;

    for (size_t i = 0; i < w->call_count; i++)
        count += w->calls[i].kind == CALL_START && strcmp(w->calls[i].host, host) == 0;
    return count;
}

// The command that was started on the host last.
static uint64_t newest_on(struct fake_world *w, const char *host)
{
    uint64_t newest = 0;

    for (size_t i = 0; i < w->call_count; i++)
        if (w->calls[i].kind == CALL_START && strcmp(w->calls[i].host, host) == 0)
            newest = w->calls[i].key.intent_no;
    if (!newest)
        fail_msg("nothing was started on %s", host);
    w->at = host;
    return newest;
}

static void newest_ends(struct fake_world *w, const char *host)
{
    uint64_t no = newest_on(w, host);

    command_ends(w, no, 0);
}

static void newest_is_killed(struct fake_world *w, const char *host)
{
    uint64_t no = newest_on(w, host);

    command_dies(w, no, SIGKILL);
}

static void ends_well_elsewhere(struct fake_world *w)
{
    host_ends(w, "web1", 0);
    host_ends(w, "web3", 0);
}

// ---- what happens

static void its_command_has_its_grace_and_the_others_go_on(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN), no = started_on_host(w, "web2");

    stop_part(w, job + WEB2, 1000);
    shows(w, job, "Running | Running | Stopping | Running");
    w->at = "web2";
    expect_signal(w, no, SIGTERM);
    world_tick(w, 999);
    w->at = NULL;
    expect_none(w, CALL_SIGNAL);
    world_tick(w, 1);
    w->at = "web2";
    expect_signal(w, no, SIGKILL);
    command_dies(w, no, SIGKILL);
    shows(w, job, "Running | Running | Stopped: stopped | Running");
    ends_well_elsewhere(w);
    shows(w, job, "Stopped | Completed | Stopped: stopped | Completed");
    expect_reason(w, job, "1 of 3 hosts was stopped, the first: web2");
}

static void its_cleanup_runs(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("undo(function() h:run('undo') print('undone', h.name) end) "
                                   "h:run('x')"));
    uint64_t no = started_on_host(w, "web2");

    stop_part(w, job + WEB2, 0);
    w->call_count = 0;
    command_dies(w, no, SIGKILL);
    shows(w, job, "Running | Running | Stopping | Running");
    assert_int_equal(starts_on(w, "web1") + starts_on(w, "web3"), 0);
    host_ends(w, "web2", 0);
    shows(w, job, "Running | Running | Stopped: stopped | Running");
    expect_records(w, job, "output: undone\tweb2|\n");
}

static void by_force_it_ends_now_and_leaves_a_kill_order(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("undo(function() h:run('undo') end) h:run('x')"));
    uint64_t no = started_on_host(w, "web2");

    w->at = "web2";
    link_cut(w);
    stop_part(w, job + WEB2, 0);
    shows(w, job, "Running | Running | Stopping | Running"); // it is told when it is back
    drop_part(w, job + WEB2);
    shows(w, job, "Running | Running | Stopped: stopped by force; no cleanup has run; away: web2: "
                  "what runs there is killed as soon as the host can be reached | Running");
    w->at = "web2";
    assert_int_equal(order_rows(w), 1);
    ends_well_elsewhere(w);
    expect_state(w, job, JOB_STOPPED);
    w->call_count = 0;
    world_tick(w, 60 * 1000); // it is tried again
    host_up(w, "web2");
    expect_signal(w, no, SIGKILL);
    tell(w, LINK_KILLED, no);
    expect_call(w, CALL_FORGET, no);
    tell(w, LINK_FORGOTTEN, no);
    world_settle(w);
    assert_int_equal(order_rows(w), 0);
    assert_int_equal(starts_on(w, "web2"), 0);
}

static void one_that_nobody_reached_is_over_at_once(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, JUST_RUN, HOSTS);

    host_up(w, "web1");
    host_up(w, "web3");
    stop_part(w, job + WEB2, 0);
    shows(w, job, "Running | Running | Stopped: stopped before anything was begun on it | Running");
    ends_well_elsewhere(w);
    expect_state(w, job, JOB_STOPPED);
    assert_int_equal(starts_on(w, "web2"), 0);
}

static void one_whose_turn_has_not_come_never_has_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts:each({ throttle = 1 }, function(h) h:run('x') end)",
                                  HOSTS);

    host_up(w, "web1");
    stop_part(w, job + WEB2, 0);
    host_ends(w, "web1", 0);
    assert_int_equal(starts_on(w, "web2"), 0);
    host_up(w, "web3");
    host_ends(w, "web3", 0);
    shows(w, job, "Stopped | Completed | Stopped: stopped before anything was begun on it | "
                  "Completed");
}

// The wish is on disk, and nothing was done for it yet.
static void the_next_engine_sees_to_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN), no = started_on_host(w, "web2");

    assert_int_equal(ask_stop(w, job + WEB2, 5000), 0);
    world_turn(w);
    world_land(w);
    w->call_count = 0;
    world_next_engine(w);
    all_up(w);
    w->at = "web2";
    expect_attach(w, no, 0, 0);
    expect_signal(w, no, SIGTERM);
    w->call_count = 0; // it may be said twice
    world_tick(w, 5000);
    expect_signal(w, no, SIGKILL);
    command_dies(w, no, SIGKILL);
    shows(w, job, "Running | Running | Stopped: stopped | Running");
    w->at = "web1";
    expect_none(w, CALL_SIGNAL);
}

static void it_does_not_wait_for_its_next_attempt(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("h:run{'x', retry = { times = 5, every = '1h' }}"));

    host_ends(w, "web2", 1);
    stop_part(w, job + WEB2, 0);
    shows(w, job, "Running | Running | Stopped: stopped | Running");
    w->call_count = 0;
    world_tick(w, 2 * 60 * 60 * 1000);
    assert_int_equal(starts_on(w, "web2"), 0);
}

static void what_it_asks_is_asked_no_longer(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("if h.name == 'web2' then h:run('y') ask('go on?') end "
                                   "h:run('x')"));

    host_ends(w, "web2", 0);
    shows(w, job, "Blocked | Running | Blocked | Running");
    stop_part(w, job + WEB2, 0);
    shows(w, job, "Running | Running | Stopped: stopped | Running");
}

static void asked_twice_it_is_done_once(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN), no = started_on_host(w, "web2");

    stop_part(w, job + WEB2, 60 * 1000);
    w->at = "web2";
    expect_signal(w, no, SIGTERM);
    stop_part(w, job + WEB2, 0); // the first grace stands
    expect_none(w, CALL_SIGNAL);
}

static void the_script_hears_of_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "local r = hosts:each({ throttle = 3, max_failures = 0 }, "
                              "function(h) h:run('x') end) "
                              "print(r.ok, #r.failed, r.errors.web2.kind)");
    uint64_t no = started_on_host(w, "web2");

    stop_part(w, job + WEB2, 0);
    command_dies(w, no, SIGKILL);
    ends_well_elsewhere(w);
    expect_records(w, job, "output: false\t1\tcancelled|\n");
    expect_state(w, job, JOB_STOPPED);
}

// ---- what comes behind, beside and below

static void a_second_each_may_be_stopped_while_it_waits_for_the_host(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN " " JUST_RUN);

    host_ends(w, "web2", 0);
    w->at = "web2";
    link_cut(w);
    world_settle(w);
    ends_well_elsewhere(w);
    shows(w, job, "Running | Running | Completed | Running"); // by the first each
    stop_part(w, job + WEB2, 0);
    newest_ends(w, "web1");
    newest_ends(w, "web3");
    shows(w, job, "Stopped | Completed | Stopped: stopped | Completed");
}

static void what_begins_later_for_it_runs_nothing_not_even_a_cleanup(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN " " EACH("defer(function() h:run('unlock') end) print(h.name) "
                                                "h:run('y')"));

    w->at = "web2";
    link_cut(w);
    drop_part(w, job + WEB2);
    ends_well_elsewhere(w);
    for (int i = 0; i < 2; i++) {
        newest_ends(w, "web1");
        newest_ends(w, "web3");
    }
    expect_state(w, job, JOB_STOPPED);
    expect_records(w, job, "output: web1|\noutput: web3|\n");
}

static void a_body_without_a_step_is_left_out_too(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN " local r = hosts:each(function(h) return h.name end) "
                              "print(#r.succeeded, r.values.web2, r.errors.web2.kind)");

    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web2");
    ends_well_elsewhere(w);
    expect_records(w, job, "output: 2\tnil\tcancelled|\n");
}

static void the_last_of_two_eaches_ends_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "local function all() hosts:each(function(h) h:run('x') end) end "
                              "parallel{ all, all }");
    uint64_t first = started_on_host(w, "web2");

    stop_part(w, job + WEB2, 0);
    w->at = "web2";
    command_dies(w, first, SIGKILL);
    shows(w, job, "Running | Running | Stopping | Running");
    newest_is_killed(w, "web2");
    shows(w, job, "Running | Running | Stopped: stopped | Running");
}

static void what_it_did_on_other_hosts_is_no_failure_of_theirs(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "local lb = hosts('web1'); hosts('web2'):each(function(h) "
                                     "lb:each(function(l) l:run('drain') end) h:run('x') end)",
                                  HOSTS);

    host_up(w, "web1");
    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web1");
    expect_state(w, job, JOB_STOPPED);
    shows(w, job, "Stopped | Stopped: cancelled: a host that it was done for was stopped | Stopped: "
                  "stopped before anything was begun on it | Stopped: never reached: the job ended "
                  "before");
}

// Its cleanup works on another host, and fails there: that is a failure as any other.
static void what_fails_on_other_hosts_below_it_has_failed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "local lb = hosts('web1'); hosts('web2'):each(function(h) "
                                     "defer(function() lb:each(function(l) l:run('enable') end) end) "
                                     "h:run('x') end)", HOSTS);

    host_up(w, "web2");
    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web2");
    host_up(w, "web1");
    host_ends(w, "web1", 1);
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "1 of 3 hosts failed, the first: web1: ");
}

static void what_is_begun_there_all_the_same_is_said(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts[1]:run('a') hosts[2]:run('b')", HOSTS);

    host_up(w, "web1");
    stop_part(w, job + WEB2, 0);
    host_ends(w, "web1", 0);
    host_up(w, "web2");
    shows(w, job, "Running | Running | Stopped: stopped; its workflow has used this host since | "
                  "NotStarted");
}

static void max_failures_asks_the_strand_and_not_the_error(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts:each({ throttle = 1, max_failures = 0 }, function(h) "
                                     "local ok, e = pcall(h.run, h, 'x') "
                                     "if not ok then error('deploy: ' .. tostring(e)) end end)", HOSTS);

    host_up(w, "web1");
    stop_part(w, job + WEB1, 0);
    newest_is_killed(w, "web1");
    host_up(w, "web2");
    assert_int_equal(starts_on(w, "web2"), 1);
}

static void what_somebody_raises_as_cancelled_is_a_failure(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "local lb = hosts('web1') local rest = hosts - lb "
                                     "rest:each({ throttle = 1, max_failures = 0 }, function(h) "
                                     "local r = lb:each(function(l) l:run('x') end) "
                                     "if not r.ok then error(r.errors.web1) end end)", HOSTS);

    host_up(w, "web1");
    stop_part(w, job + WEB1, 0);
    newest_is_killed(w, "web1");
    shows(w, job, "Failed | Stopped: stopped | Failed: cancelled | Stopped: never reached: the job "
                  "ended before");
}

static void by_force_it_leaves_the_jobs_own_cleanup_too(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "defer(function() hosts:each(function(h) h:run('unlock') end) end) "
                              JUST_RUN);

    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web2");
    ends_well_elsewhere(w);
    newest_ends(w, "web1");
    newest_ends(w, "web3");
    expect_state(w, job, JOB_RUNNING); // unlock hangs on web2
    drop_part(w, job + WEB2);
    expect_state(w, job, JOB_STOPPED);
}

static void its_cleanup_suspends_no_other(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("undo(function() h:run{'rollback', on_error = 'suspend'} end) "
                                   "h:run('x')"));

    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web2");
    command_ends(w, newest_on(w, "web2"), 1);
    shows(w, job, "Running | Running | Stopped: stopped | Running");
}

static void hosts_of_the_main_course_stay_what_they_are(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts[1]:run('backup') local rest = hosts - hosts('web1') "
                                     "rest:each(function(h) h:run('x') end)", HOSTS);

    host_up(w, "web1");
    host_ends(w, "web1", 0);
    host_up(w, "web2");
    host_up(w, "web3");
    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web2");
    host_ends(w, "web3", 0);
    shows(w, job, "Stopped | Completed | Stopped: stopped | Completed");
}

static void max_failures_does_not_count_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts:each({ throttle = 1, max_failures = 0 }, function(h) "
                                     "h:run('x') end)", HOSTS);

    host_up(w, "web1");
    stop_part(w, job + WEB1, 0);
    newest_is_killed(w, "web1");
    host_up(w, "web2");
    host_ends(w, "web2", 0);
    host_up(w, "web3");
    host_ends(w, "web3", 0);
    shows(w, job, "Stopped | Stopped: stopped | Completed | Completed");
}

static void the_jobs_own_cleanup_does_not_leave_it_out(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "defer(function() hosts:each(function(h) h:run('unlock') end) end) "
                              JUST_RUN);

    stop_part(w, job + WEB2, 0);
    newest_is_killed(w, "web2");
    ends_well_elsewhere(w);
    assert_int_equal(starts_on(w, "web2"), 2);
    for (int host = 0; host < 3; host++)
        newest_ends(w, (const char *const[]){ "web1", "web2", "web3" }[host]);
    expect_state(w, job, JOB_STOPPED);
}

static void by_force_it_is_over_in_a_suspended_job_too(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, EACH("if h.name == 'web2' then suspend('look') end h:run('x')"),
                                  HOSTS);

    stop_part(w, job + WEB2, 0); // takes effect when it is resumed
    shows(w, job, "Suspended | NotStarted: look | Stopping: look | NotStarted: look");
    drop_part(w, job + WEB2);
    shows(w, job, "Suspended | NotStarted: look | Stopped: stopped by force before anything was begun "
                  "on it | NotStarted: look");
    resume_job(w, job);
    all_up_but_web2(w);
    ends_well_elsewhere(w);
    expect_state(w, job, JOB_STOPPED);
}

static void by_force_it_is_killed_whatever_the_script_does_then(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("parallel{ function() h:run('x') end, function() if h.name == 'web2' "
                                   "then pcall(sleep, '1h') while true do end end end }"));

    drop_part(w, job + WEB2);
    expect_reason(w, job, "the script ran too long without waiting: is there an endless loop? Heavy "
                          "work belongs into a step");
    w->at = "web2";
    assert_int_equal(order_rows(w), 1);
}

static void a_cleanup_that_is_cut_off_by_force_says_so(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, EACH("undo(function() h:run('undo') end) h:run('x')"));

    drop_part(w, job + WEB2);
    expect_records(w, job, "error: cleanup was cut off (stopped by force); 1 more of its functions did "
                           "not run|\n");
}

// ---- what is refused

static void a_part_that_is_finished_stays_what_it_is(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN);

    host_ends(w, "web2", 0);
    is_refused(w, ask_stop(w, job + WEB2, 0), ":web2 is finished");
    is_refused(w, ask_stop_force(w, job + WEB2), ":web2 is finished");
    shows(w, job, "Running | Running | Completed | Running");
}

static void what_the_main_course_does_cannot_be_cut_out(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts[2]:run('x') hosts:each(function(h) h:run('y') end)",
                                  HOSTS);

    host_up(w, "web2");
    is_refused(w, ask_stop(w, job + WEB2, 0), "is not done by each() or rolling() for it");
    stop_part(w, job + WEB3, 0); // of which nothing was asked yet
    host_ends(w, "web2", 0);
    assert_int_equal(starts_on(w, "web3"), 0);
    shows(w, job, "Running | NotStarted | Running | Stopped: stopped before anything was begun on "
                  "it");
}

static void nor_what_it_waits_for_there(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, "hosts[2]:run('x')", HOSTS);

    is_refused(w, ask_stop(w, job + WEB2, 0), "is not done by each() or rolling() for it");
    host_up(w, "web2");
    assert_int_equal(starts_on(w, "web2"), 1);
}

// What its script names is not known when it cannot be replayed, and not taken for all of it.
static void a_part_of_a_job_whose_script_is_broken(void **state)
{
    struct fake_world *w = *state;
    static const char script[] = "hosts('db1,db2'):each(function(h) h:run('x') end)";
    uint64_t job = start_on_hosts(w, script, HOSTS);

    host_up(w, "db1");
    host_up(w, "db2");
    world_crash(w);
    world_swap_script(w, script, "hosts[1]:run('other')");
    world_boot(w);
    world_settle(w);
    is_refused(w, ask_stop(w, job + WEB3 + 1, 0), "whose script cannot be run");
    is_refused(w, ask_suspend(w, job + WEB3 + 1, false), "but not suspended");
    expect_state(w, job, JOB_SUSPENDED);
}

static void a_part_is_not_suspended_alone(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN);

    is_refused(w, ask_suspend(w, job + WEB2, false), "but not suspended: pawl suspend ");
    suspend_job(w, job, false);
    is_refused(w, ask_resume(w, job + WEB2), "but not resumed: pawl resume ");
}

static void a_job_that_is_stopped_stops_its_parts(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN);

    stop_job(w, job, 60 * 1000);
    stop_part(w, job + WEB2, 0); // is on its way
    is_refused(w, ask_stop_force(w, job + WEB2), "its job is being stopped");
    shows(w, job, "Stopping | Stopping | Stopping | Stopping");
}

// How many parts a job has is in its head: nobody knows when that cannot be read.
static void behind_a_damaged_head_a_part_is_a_part(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, JUST_RUN);
    struct key head = key_1(KEY_HEAD, job);
    struct batch batch;

    batch_init(&batch);
    batch_put(&batch, key_slice(&head), SLICE("\xc1 damaged"));
    world_write(w, &batch);
    batch_release(&batch);
    stop_part(w, job + WEB2, 0);
    shows(w, job, "Running | Running | Stopping | Running");
}

static void a_lone_part_is_the_job(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    stop_part(w, job + 1, 0);
    expect_state(w, job, JOB_STOPPING);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(its_command_has_its_grace_and_the_others_go_on),
        WITH_WORLD(its_cleanup_runs),
        WITH_WORLD(by_force_it_ends_now_and_leaves_a_kill_order),
        WITH_WORLD(one_that_nobody_reached_is_over_at_once),
        WITH_WORLD(one_whose_turn_has_not_come_never_has_it),
        WITH_WORLD(the_next_engine_sees_to_it),
        WITH_WORLD(it_does_not_wait_for_its_next_attempt),
        WITH_WORLD(what_it_asks_is_asked_no_longer),
        WITH_WORLD(asked_twice_it_is_done_once),
        WITH_WORLD(the_script_hears_of_it),
        WITH_WORLD(a_second_each_may_be_stopped_while_it_waits_for_the_host),
        WITH_WORLD(what_begins_later_for_it_runs_nothing_not_even_a_cleanup),
        WITH_WORLD(a_body_without_a_step_is_left_out_too),
        WITH_WORLD(the_last_of_two_eaches_ends_it),
        WITH_WORLD(what_it_did_on_other_hosts_is_no_failure_of_theirs),
        WITH_WORLD(what_fails_on_other_hosts_below_it_has_failed),
        WITH_WORLD(what_is_begun_there_all_the_same_is_said),
        WITH_WORLD(max_failures_asks_the_strand_and_not_the_error),
        WITH_WORLD(what_somebody_raises_as_cancelled_is_a_failure),
        WITH_WORLD(by_force_it_leaves_the_jobs_own_cleanup_too),
        WITH_WORLD(its_cleanup_suspends_no_other),
        WITH_WORLD(hosts_of_the_main_course_stay_what_they_are),
        WITH_WORLD(max_failures_does_not_count_it),
        WITH_WORLD(the_jobs_own_cleanup_does_not_leave_it_out),
        WITH_WORLD(by_force_it_is_over_in_a_suspended_job_too),
        WITH_WORLD(by_force_it_is_killed_whatever_the_script_does_then),
        WITH_WORLD(a_cleanup_that_is_cut_off_by_force_says_so),
        WITH_WORLD(a_part_that_is_finished_stays_what_it_is),
        WITH_WORLD(what_the_main_course_does_cannot_be_cut_out),
        WITH_WORLD(nor_what_it_waits_for_there),
        WITH_WORLD(a_part_of_a_job_whose_script_is_broken),
        WITH_WORLD(a_part_is_not_suspended_alone),
        WITH_WORLD(a_job_that_is_stopped_stops_its_parts),
        WITH_WORLD(behind_a_damaged_head_a_part_is_a_part),
        WITH_WORLD(a_lone_part_is_the_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
