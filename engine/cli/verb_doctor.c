// SPDX-License-Identifier: MIT
// pawl doctor: looks at every row of a store that no engine uses, and at what an engine
// needs besides; --take-over asks the running engine to make its hosts follow it.
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "cli/call.h"
#include "cli/render.h"
#include "cli/surroundings.h"
#include "cli/text.h"

enum { TAKE_OVER_MS = 10000, POLL_MS = 50 };

// ---- what is checked

// With rc what became of the store's check, and err its reason.
struct findings {
    struct store_facts facts;
    int rc;
    struct err err;
    struct surrounding around[SURROUNDING_COUNT];
};

static json_t *around_json(const struct findings *found)
{
    json_t *all = json_object();

    for (int i = 0; i < SURROUNDING_COUNT; i++) {
        const struct surrounding *s = &found->around[i];
        json_object_set_new(all, s->name, json_pack("{s:b,s:s}", "fault", (int)s->fault, "text",
                                                    s->text));
    }
    return all;
}

// Null where the store was not read.
static json_t *number(const struct findings *found, uint64_t number)
{
    return found->rc < 0 ? json_null() : json_integer((json_int_t)number);
}

static json_t *findings_json(const struct cli *cli, const struct findings *found)
{
    const struct store_facts *facts = &found->facts;

    return json_pack("{s:s,s:s?,s:o,s:o,s:o,s:o,s:o,s:o,s:s?,s:s?,s:s?,s:o}", "home",
                     cli->home.path, "store", *facts->store ? facts->store : NULL, "format",
                     number(found, facts->format), "bytes", number(found, facts->bytes), "jobs",
                     number(found, facts->jobs), "rows", number(found, facts->records), "damaged",
                     number(found, facts->damaged), "orphans", number(found, facts->orphans),
                     "first_fault", *facts->first_fault ? facts->first_fault : NULL, "limits",
                     *facts->limits ? facts->limits : NULL, "unread",
                     found->rc < 0 ? err_text(&found->err) : NULL, "around", around_json(found));
}

static void facts_show(const struct cli *cli, const struct store_facts *facts)
{
    printf("store    %s/store, format %" PRIu32 ", %s\n", cli->home.path, facts->format,
           *facts->store ? facts->store : "never used");
    printf("size     %.1f MiB, %" PRIu64 " jobs, %" PRIu64 " rows\n",
           (double)facts->bytes / 1048576.0, facts->jobs, facts->records);
    printf("damaged  %" PRIu64 "\norphans  %" PRIu64 "\n", facts->damaged, facts->orphans);
}

static void surrounding_show(const struct cli *cli, const struct surrounding *s)
{
    struct buf text;

    buf_init(&text, 0);
    if (cli->out_tty)
        text_escape(slice_str(s->text), ESCAPE_ALL, &text);
    else
        buf_add_str(&text, s->text);
    printf("%-8s %s\n", s->name, buf_cstr(&text));
    buf_release(&text);
}

static void findings_show(const struct cli *cli, const struct findings *found)
{
    json_t *json;

    if (option_is_set(&cli->options, "json")) {
        json = findings_json(cli, found);
        print_json(json);
        json_decref(json);
        return;
    }
    if (found->rc == 0)
        facts_show(cli, &found->facts);
    for (int i = 0; i < SURROUNDING_COUNT; i++)
        surrounding_show(cli, &found->around[i]);
}

static int judge_store(struct cli *cli, const struct findings *found)
{
    const struct store_facts *facts = &found->facts;

    if (found->rc == -EBUSY)
        return cli_error(cli, EXIT_REFUSED, "%s: pawl daemon --stop", err_text(&found->err));
    if (found->rc < 0)
        return cli_error(cli, EXIT_ENGINE, "%s", err_text(&found->err));
    if (facts->damaged)
        return cli_error(cli, EXIT_JOB_FAILED, "the store is damaged: %.300s; restore a backup, or "
                         "remove the jobs that are shown as damaged", facts->first_fault);
    if (facts->orphans) // they cost space, and mislead nobody
        cli_say(cli, "%.300s", facts->first_fault);
    return 0;
}

// What is wrong, on standard error.
static int judge(struct cli *cli, const struct findings *found)
{
    int exit_code = judge_store(cli, found);

    if (*found->facts.limits)
        cli_say(cli, "%s", found->facts.limits);
    for (int i = 0; i < SURROUNDING_COUNT; i++)
        if (found->around[i].fault)
            exit_code = cli_error(cli, EXIT_JOB_FAILED, "%s: %s", found->around[i].name,
                                  found->around[i].text);
    return exit_code;
}

static int check(struct cli *cli)
{
    struct findings found = { 0 };

    surroundings_look(&cli->home, "", found.around);
    found.rc = cli->engine->check(cli->home.path, &found.facts, &found.err);
    findings_show(cli, &found);
    return judge(cli, &found);
}

// ---- taking over
static bool follows(struct cli *cli, struct err *err)
{
    json_t *status;
    bool yes;

    if (call_status(cli, &status, err) < 0)
        return false;
    yes = row_int(status, "links") > 0;
    err_set(err, -EAGAIN, "%s", json_string_value(
                json_array_get(json_object_get(status, "notices"), 0)) ?: "no host answers");
    json_decref(status);
    return yes;
}

static int take_over(struct cli *cli)
{
    static const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
    struct err err = { 0 };
    json_t *answer;
    int exit_code = call(cli, "POST", "/v1/take-over", NULL, &answer);

    if (exit_code)
        return exit_code;
    json_decref(answer);
    for (int ms = 0; ms < TAKE_OVER_MS; ms += POLL_MS) {
        if (follows(cli, &err)) {
            printf("localhost follows this engine\n");
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    return cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
}

int verb_doctor(struct cli *cli)
{
    if (cli->options.arg_count > 0)
        return cli_error(cli, EXIT_USAGE, "doctor takes no %.60s; see `pawl help doctor`",
                         cli->options.args[0]);
    return option_is_set(&cli->options, "take-over") ? take_over(cli) : check(cli);
}
