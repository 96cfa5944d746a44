// SPDX-License-Identifier: MIT
// Hosts that a person asks about: each answers for itself, once; a link that was up
// proves nothing, one that does not come up is the answer.
#include "core/hosts.h"
#include "unit/core/many_hosts.h"

#include <errno.h>
#include <stdio.h>

enum { SECOND_MS = 1000, TIMEOUT_MS = 60 * SECOND_MS, LINKS_AT_A_TIME = 32 };

// What was told, line by line: "0 root 0 sh Linux 6.1 /spool 4096 2/1 0", "1 reason".
struct told {
    struct check *check;
    struct buf text;
    unsigned count;
};

static void note(void *arg, const struct host_check *seen)
{
    struct told *told = arg;

    told->count++;
    if (!seen->reached)
        buf_addf(&told->text, "%zu %.*s\n", seen->index, SLICE_ARG(seen->reason));
    else
        buf_addf(&told->text, "%zu %.*s %.*s %.*s %.*s %.*s %.*s %llu %llu/%llu %llu\n", seen->index,
                 SLICE_ARG(seen->boot_id), SLICE_ARG(seen->user), SLICE_ARG(seen->uid),
                 SLICE_ARG(seen->shell), SLICE_ARG(seen->kernel), SLICE_ARG(seen->spool),
                 (unsigned long long)seen->free_bytes, (unsigned long long)seen->attempts,
                 (unsigned long long)seen->running, (unsigned long long)seen->orders);
}

static int try_ask(struct fake_world *w, const char *hosts, int64_t retry_ms, struct told *told)
{
    struct port port = engine_port(w->engine);
    struct buf encoded = hosts_of(hosts);
    struct check_request request = { .hosts = buf_slice(&encoded), .timeout_ms = TIMEOUT_MS,
                                     .retry_ms = retry_ms };
    int rc;

    *told = (struct told){ 0 };
    buf_init(&told->text, 0);
    rc = port.ops->check(port.core, &request, note, told, &told->check, &w->refusal);
    buf_release(&encoded);
    assert_int_equal(told->count, 0); // never from inside the call
    return rc;
}

static void ask_about(struct fake_world *w, const char *hosts, int64_t retry_ms, struct told *told)
{
    if (try_ask(w, hosts, retry_ms, told) < 0)
        fail_msg("%s", err_text(&w->refusal));
    world_tick(w, 10);
}

static void drop(struct fake_world *w, struct told *told)
{
    struct port port = engine_port(w->engine);

    port.ops->uncheck(port.core, told->check);
    told->check = NULL;
    buf_release(&told->text);
}

static void is_told(struct told *told, const char *lines)
{
    assert_string_equal(buf_cstr(&told->text), lines);
    buf_clear(&told->text);
}

static void up(struct fake_world *w, const char *host)
{
    w->at = host;
    link_up_again(w, "boot-w");
}

static void down(struct fake_world *w, const char *host, enum link_end end)
{
    w->at = host;
    link_ends(w, end);
    world_settle(w);
}

static void says_how_it_is(struct fake_world *w, const char *host)
{
    w->at = host;
    expect_call(w, CALL_STATUS, 0);
    tell_status(w);
    world_settle(w);
}

#define HOW_IT_IS "boot-w root 0 sh Linux 6.1 /a:b 4096 2/1"
#define WEB(n) "{\"name\":\"web" n "\"}"

// ---- tests

static void each_answers_for_itself(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "," WEB("2") ",{\"name\":\"db\",\"dest\":\"root@web3:22\"}]", 0, &told);
    assert_int_equal(w->opens, 3);
    down(w, "web2", LINK_END_DENIED);
    is_told(&told, "1 cut\n");
    up(w, "root@web3:22");
    is_told(&told, "");
    says_how_it_is(w, "root@web3:22");
    is_told(&told, "2 " HOW_IT_IS " 0\n");
    up(w, "web1");
    says_how_it_is(w, "web1");
    is_told(&told, "0 " HOW_IT_IS " 0\n");
    assert_int_equal(told.count, 3);
    drop(w, &told);
}

static void a_link_that_is_up_is_asked(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[{\"name\":\"here\",\"dest\":\"localhost\"}]", 0, &told);
    w->at = NULL;
    expect_call(w, CALL_STATUS, 0);
    is_told(&told, "");
    tell_status(w);
    assert_int_equal(told.count, 1);
    tell_status(w); // nobody asks any more
    assert_int_equal(told.count, 1);
    drop(w, &told);
}

static void orders_are_counted(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "host('web1'):run('x')");
    struct told told;

    up(w, "web1");
    expect_start(w, 3);
    down(w, "web1", LINK_END_LOST);
    assert_int_equal(ask_stop_force(w, job), 0);
    world_settle(w);
    ask_about(w, "[" WEB("1") "]", 0, &told);
    up(w, "web1");
    says_how_it_is(w, "web1");
    is_told(&told, "0 " HOW_IT_IS " 1\n");
    drop(w, &told);
}

// It was up a moment ago: whether it can be reached now, the next link says.
static void one_that_was_lost_is_tried_once_more(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "]", 0, &told);
    up(w, "web1");
    down(w, "web1", LINK_END_LOST);
    is_told(&told, "");
    world_tick(w, SECOND_MS);
    assert_non_null(link_to(w, "web1"));
    up(w, "web1");
    down(w, "web1", LINK_END_LOST);
    is_told(&told, "0 cut\n");
    drop(w, &told);
    w->opens = 0;
    world_tick(w, TIMEOUT_MS);
    assert_int_equal(w->opens, 0);
}

static void one_that_says_nothing_has_its_time(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "," WEB("2") "]", 0, &told);
    up(w, "web2");
    world_tick(w, TIMEOUT_MS - SECOND_MS);
    is_told(&told, "");
    world_tick(w, 2 * SECOND_MS);
    is_told(&told, "0 the login did not end within 1m00s\n"
                   "1 connected, but it did not answer within 1m00s\n");
    drop(w, &told);
}

// Who waits for others to be connected has not begun.
static void time_runs_from_the_turn_on(void **state)
{
    struct fake_world *w = *state;
    struct told told;
    struct buf hosts;
    char name[HOST_NAME];

    buf_init(&hosts, 0);
    for (int i = 0; i <= LINKS_AT_A_TIME; i++)
        buf_addf(&hosts, "%s{\"name\":\"n%d\"}", i ? "," : "[", i);
    buf_add_str(&hosts, "]");
    ask_about(w, buf_cstr(&hosts), 0, &told);
    assert_int_equal(w->opens, LINKS_AT_A_TIME);
    world_tick(w, TIMEOUT_MS + SECOND_MS);
    assert_int_equal(told.count, LINKS_AT_A_TIME);
    buf_clear(&told.text);
    down(w, "n0", LINK_END_UNREACHED);
    snprintf(name, sizeof(name), "n%d", LINKS_AT_A_TIME);
    assert_non_null(link_to(w, name));
    world_tick(w, TIMEOUT_MS - SECOND_MS);
    is_told(&told, "");
    world_tick(w, 2 * SECOND_MS);
    is_told(&told, "32 the login did not end within 1m00s\n");
    drop(w, &told);
    buf_release(&hosts);
}

static void one_that_is_not_there_may_be_waited_for(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "]", 30 * SECOND_MS, &told);
    for (int64_t end = w->now_ms + 25 * SECOND_MS; w->now_ms < end; world_tick(w, SECOND_MS))
        if (link_to(w, "web1"))
            down(w, "web1", LINK_END_UNREACHED);
    is_told(&told, "");
    world_tick(w, 10 * SECOND_MS);
    down(w, "web1", LINK_END_UNREACHED);
    is_told(&told, "0 cut\n");
    drop(w, &told);
    ask_about(w, "[" WEB("1") "]", -1, &told);
    world_tick(w, 10 * SECOND_MS);
    down(w, "web1", LINK_END_UNREACHED);
    is_told(&told, "");
    world_tick(w, 10 * SECOND_MS);
    down(w, "web1", LINK_END_DENIED); // that is no matter of time
    is_told(&told, "0 cut\n");
    drop(w, &told);
}

// A person may ask again at once, where a step would wait.
static void one_that_refused_is_asked_at_once(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "]", 0, &told);
    down(w, "web1", LINK_END_DENIED);
    drop(w, &told);
    ask_about(w, "[" WEB("1") "]", 0, &told);
    assert_non_null(link_to(w, "web1"));
    drop(w, &told); // and may go away
    down(w, "web1", LINK_END_UNREACHED);
    w->opens = 0;
    world_tick(w, TIMEOUT_MS);
    assert_int_equal(w->opens, 0);
}

static void without_an_ssh_that_is_the_answer(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    w->link_rc = -ENOENT;
    ask_about(w, "[" WEB("1") "]", 0, &told);
    is_told(&told, "0 no ssh is installed here\n");
    drop(w, &told);
}

static void a_link_that_was_asked_is_closed_like_others(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "]", 0, &told);
    up(w, "web1");
    world_tick(w, TIMEOUT_MS / 2);
    says_how_it_is(w, "web1");
    drop(w, &told);
    world_tick(w, TIMEOUT_MS - SECOND_MS);
    assert_non_null(link_to(w, "web1"));
    world_tick(w, 2 * SECOND_MS);
    assert_null(link_to(w, "web1"));
}

static void an_engine_that_ends_says_so(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    ask_about(w, "[" WEB("1") "]", 0, &told);
    engine_shutdown(w->engine);
    world_settle(w);
    is_told(&told, "0 the engine is ending\n");
    drop(w, &told);
    assert_int_equal(try_ask(w, "[" WEB("1") "]", 0, &told), -ECANCELED);
    drop(w, &told);
}

static void wrong_hosts_are_refused(void **state)
{
    struct fake_world *w = *state;
    struct told told;

    assert_int_equal(try_ask(w, "[{\"name\":\"-oProxyCommand=x\"}]", 0, &told), ERR_USAGE);
    drop(w, &told);
    assert_int_equal(try_ask(w, "[]", 0, &told), ERR_USAGE);
    drop(w, &told);
    assert_int_equal(try_ask(w, "[" WEB("1") "]", INT64_MAX, &told), ERR_USAGE);
    drop(w, &told);
    assert_int_equal(w->opens, 0);
}

int main(void)
{
#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(each_answers_for_itself),
        WITH_WORLD(a_link_that_is_up_is_asked),
        WITH_WORLD(orders_are_counted),
        WITH_WORLD(one_that_was_lost_is_tried_once_more),
        WITH_WORLD(one_that_says_nothing_has_its_time),
        WITH_WORLD(time_runs_from_the_turn_on),
        WITH_WORLD(one_that_is_not_there_may_be_waited_for),
        WITH_WORLD(one_that_refused_is_asked_at_once),
        WITH_WORLD(without_an_ssh_that_is_the_answer),
        WITH_WORLD(a_link_that_was_asked_is_closed_like_others),
        WITH_WORLD(an_engine_that_ends_says_so),
        WITH_WORLD(wrong_hosts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
