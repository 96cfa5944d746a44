// SPDX-License-Identifier: MIT
// A finished job once more: on the hosts that failed in the ways that are asked for, in
// the old order, made of what the old one was made of; and what is refused.
#include "unit/core/many_hosts.h"

#include <errno.h>
#include <stdio.h>

#include "model/value.h"

#define DEFAULT (1u << CHILD_FAILED | 1u << CHILD_UNREACHABLE | 1u << CHILD_UNREACHED)
#define UNFINISHED (DEFAULT | 1u << CHILD_STOPPED)

#define HEADER "workflow { params = { x = { 'string', default = 'd' } } } "
#define EACH HEADER "hosts:each({ throttle = tonumber(hosts[1].vars.throttle) }, function(h) " \
                    "print(h.name, h.vars.v, params.x) h:run('x') end)"

// web1 has failed, web2 let nobody in, web3 is done.
static uint64_t failed_job(struct fake_world *w)
{
    uint64_t job = start_on_hosts(w, EACH, THREE);

    host_up(w, "web1");
    host_up(w, "web3");
    host_ends(w, "web3", 0);
    host_ends(w, "web1", 3);
    host_refuses(w, "root@10.0.0.2");
    expect_state(w, job, JOB_FAILED);
    w->call_count = 0;
    return job;
}

static int ask_retry(struct fake_world *w, uint64_t job, unsigned failures)
{
    return ask(w, &(struct change){ .kind = CHANGE_RETRY, .job_id = job, .failures = failures });
}

static uint64_t retried(struct fake_world *w, uint64_t job, unsigned failures)
{
    return job_start_change(w, &(struct change){ .kind = CHANGE_RETRY, .job_id = job,
                                                 .failures = failures });
}

static void refused(struct fake_world *w, uint64_t job, unsigned failures, const char *words)
{
    assert_int_equal(ask_retry(w, job, failures), ERR_STATE);
    if (!strstr(w->refusal.text, words))
        fail_msg("\"%s\" is not in: %s", words, w->refusal.text);
}

// "patch patch.lua x=1 workflow k=v | web1 | web2"
static int describe(void *arg, const struct job_view *view)
{
    const struct job_head *head = view->head;
    json_t *meta = value_slice_to_json(head->meta);
    struct buf *buf = arg;

    buf_addf(buf, "%.*s %.*s %s k=%s", SLICE_ARG(head->name), SLICE_ARG(head->command),
             job_type_name(head->type), json_string_value(json_object_get(meta, "k")));
    for (size_t i = 0; i < head->child_count; i++)
        buf_addf(buf, " | %.*s", SLICE_ARG(head->children[i].host));
    json_decref(meta);
    return 0;
}

static void reads(struct fake_world *w, uint64_t job, const char *text)
{
    view_is(w, job, describe, text);
}

// ---- what is run again

static void hosts_that_failed_in_their_old_order(void **state)
{
    struct fake_world *w = *state;
    uint64_t old = failed_job(w), job = retried(w, old, DEFAULT);

    assert_int_equal(job, old + 4);
    reads(w, job, "patch patch.lua x=1 workflow k=v | web1 | web2");
    expect_records(w, job, "output: web1\ta\tgiven|\noutput: web2\tb\tgiven|\n");
    world_tick(w, 2001); // it has just refused us
    assert_non_null(link_to(w, "root@10.0.0.2")); // the destination is the old one
    host_ends(w, "web1", 0);
    host_up(w, "root@10.0.0.2");
    host_ends(w, "root@10.0.0.2", 0);
    expect_state(w, job, JOB_COMPLETED);
    refused(w, job, UNFINISHED, "is Completed: there is nothing to retry");
}

static void only_those_that_are_asked_for(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = failed_job(w);

    refused(w, job, 1u << CHILD_UNREACHED, "no host of it is unreached");
    reads(w, retried(w, job, 1u << CHILD_UNREACHABLE), "patch patch.lua x=1 workflow k=v | web2");
    reads(w, retried(w, job, 1u << CHILD_FAILED), "patch patch.lua x=1 workflow k=v | web1");
}

static void stopped_hosts_are_asked_for_by_name(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, EACH, "[{\"name\":\"web1\",\"vars\":{\"throttle\":\"1\"}},"
                                     "{\"name\":\"web2\"},{\"name\":\"web3\"}]");

    host_up(w, "web1");
    stop_job(w, job, 1000);
    refused(w, job, DEFAULT, "is Stopping: only a finished job can be retried");
    command_dies(w, started_on_host(w, "web1"), 15);
    expect_state(w, job, JOB_STOPPED);
    reads(w, retried(w, job, DEFAULT), "patch patch.lua x=1 workflow k=v | web2 | web3");
    reads(w, retried(w, job, UNFINISHED), "patch patch.lua x=1 workflow k=v | web1 | web2 | web3");
}

// The old job is known by its journal alone; a newer engine has another prelude perhaps.
static void an_engine_that_never_ran_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t old = failed_job(w), job;

    w->at = NULL;
    world_next_engine(w);
    job = retried(w, old, DEFAULT);
    reads(w, job, "patch patch.lua x=1 workflow k=v | web1 | web2");
    expect_records(w, job, "output: web1\ta\tgiven|\noutput: web2\tb\tgiven|\n");
}

static void a_name_of_its_own(void **state)
{
    struct fake_world *w = *state;
    uint64_t old = failed_job(w);
    struct change change = { .kind = CHANGE_RETRY, .job_id = old, .failures = DEFAULT,
                             .name = SLICE("patch-2") };
    struct change plain = start_of("print('x') fail('no')");
    char expected[64];
    uint64_t first;

    reads(w, job_start_change(w, &change), "patch-2 patch.lua x=1 workflow k=v | web1 | web2");
    // One that has its id for a name has the new one's.
    plain.meta = SLICE("\x81\xa1k\xa1v");
    first = job_start_change(w, &plain);
    first = retried(w, first, DEFAULT);
    snprintf(expected, sizeof(expected), "Job%llu  workflow k=v | localhost",
             (unsigned long long)first);
    reads(w, first, expected);
}

static void the_same_request_is_done_once(void **state)
{
    struct fake_world *w = *state;
    uint64_t old = failed_job(w), first;
    struct change change = { .kind = CHANGE_RETRY, .job_id = old, .failures = DEFAULT,
                             .request = { { 7 } } };

    first = job_start_change(w, &change);
    assert_int_equal(job_start_change(w, &change), first);
    assert_int_equal(retried(w, old, DEFAULT), first + 3);
}

// ---- what is refused

static void a_child_and_a_job_that_is_none(void **state)
{
    struct fake_world *w = *state;
    uint64_t old = failed_job(w);

    refused(w, old + 1, DEFAULT, "is a child of job");
    assert_int_equal(ask_retry(w, 999, DEFAULT), -ENOENT);
}

static void hosts_that_the_script_names_are_its_business(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_hosts(w, HEADER "pcall(function() host('db1'):run('x') end) fail('db1')",
                            "[{\"name\":\"web1\"}]");

    host_refuses(w, "db1");
    expect_state(w, job, JOB_FAILED);
    refused(w, job, 1u << CHILD_UNREACHABLE, "(1) were named by its script");
    reads(w, retried(w, job, 1u << CHILD_UNREACHED), "patch patch.lua x=1 workflow k=v | web1");
}

static void a_full_disk_takes_none(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = failed_job(w);

    w->engine->disk_full = true;
    assert_int_equal(ask_retry(w, job, DEFAULT), -ENOSPC);
    w->engine->disk_full = false;
}

int main(void)
{
#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(hosts_that_failed_in_their_old_order),
        WITH_WORLD(only_those_that_are_asked_for),
        WITH_WORLD(stopped_hosts_are_asked_for_by_name),
        WITH_WORLD(an_engine_that_never_ran_it),
        WITH_WORLD(a_name_of_its_own),
        WITH_WORLD(the_same_request_is_done_once),
        WITH_WORLD(a_child_and_a_job_that_is_none),
        WITH_WORLD(hosts_that_the_script_names_are_its_business),
        WITH_WORLD(a_full_disk_takes_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
