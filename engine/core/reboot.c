// SPDX-License-Identifier: MIT
// How: a step that reboots its host is a command whose own end is not the end of the
// step. The boot it was intended under is in its intent; a link that is ready under any
// other one is the proof, whatever became of the command, its key or its spool. Until
// then a link that ends is what was asked for. An exit code other than 0 says that there
// will be no reboot; the step's timeout ends it in any case, also when nobody answers.
#include <signal.h>
#include <stdio.h>

#include "core/dispatch_link.h"
#include "core/reboot.h"

bool reboot_is_over(const struct resident *r, const struct attempt *attempt)
{
    const struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);

    return attempt->reboots && attempt->host->ready && strand &&
           strand->step.boot_mark != job_boot_mark(&r->job, buf_slice(&attempt->host->boot_id));
}

void reboot_settle(struct resident *r, struct attempt *attempt)
{
    dispatch_decide(r, attempt, (struct outcome){ .kind = OUTCOME_EXIT });
}

bool reboot_goes_on(const struct attempt *attempt, const struct link_event *event)
{
    if (!attempt->reboots || attempt->killing)
        return false;
    if (event->type == LINK_DONE)
        return event->signal || event->code == 0;
    return event->type == LINK_KILLED || // by the shutdown
           (event->type == LINK_ABSENT && attempt->started);
}

// The command may be there yet, waiting for something of the shutdown.
void reboot_expire(struct resident *r, struct attempt *attempt)
{
    const struct host *host = attempt->host;
    struct outcome outcome = { .kind = OUTCOME_TIMEOUT };
    char text[ERR_TEXT_MAX];

    if (dispatch_order_kill(r, attempt) < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: no memory for the kill of its reboot of %s",
                   (unsigned long long)r->id, host->dest);
    if (host->ready)
        snprintf(text, sizeof(text), "%.200s has not rebooted: its link still stands", host->dest);
    else
        snprintf(text, sizeof(text), "%.200s did not come back: %.*s", host->dest,
                 SLICE_ARG(reach_why(host)));
    outcome.reason = slice_str(text);
    dispatch_decide(r, attempt, outcome);
}

static bool reboots_in(const struct resident *r, const struct host *host)
{
    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->host == host && attempt->reboots)
            return true;
    }
    return false;
}

bool reboot_is_under_way(const struct host *host)
{
    if (host->attempts)
        list_each(it, &host->engine->lru)
            if (reboots_in(container_of(it, struct resident, lru), host))
                return true;
    return false;
}
