// SPDX-License-Identifier: MIT
#include "control/reading.h"

#include <errno.h>
#include <string.h>

#include "control/query.h"
#include "control/server.h"

static int marks_read(struct reading *reading, struct err *err)
{
    marks_release(&reading->marks);
    return reading->port->ops->marks(reading->port->core, reading->job_id, &reading->marks, err);
}

static void skip_received(struct reading *reading)
{
    uint64_t seq = marks_at(&reading->marks, reading->source);

    if (reading->next_seq <= seq)
        reading->next_seq = seq + 1;
}

static int source_read(struct exchange *x, struct reading *reading, const struct lookup *job,
                       struct err *err)
{
    bool own = query_flag(x, "own");

    reading->job_id = job->job_id;
    reading->source = job->id != job->job_id ? job->id : own ? job->job_id : (uint64_t)MARK_ALL;
    if (own && job->id != job->job_id)
        return err_set(err, ERR_USAGE, "own=1: %llu is a child, all that it wrote is its own",
                       (unsigned long long)job->id);
    return 0;
}

static int since_read(struct exchange *x, struct reading *reading, struct err *err)
{
    const char *text = query_text(x, "since");
    int64_t since = 0;

    reading->unread_only = query_flag(x, "lease");
    if (text && strcmp(text, "mark") == 0)
        reading->unread_only = true;
    else if (query_number(x, "since", 0, &since, err) < 0)
        return err->code;
    reading->next_seq = (uint64_t)since + 1;
    if (!reading->unread_only)
        return 0;
    if (marks_read(reading, err) < 0)
        return err->code;
    skip_received(reading);
    return 0;
}

int reading_begin(struct reading *reading, struct exchange *x, const struct lookup *job,
                  struct err *err)
{
    reading->port = exchange_port(x);
    reading->control = exchange_control(x);
    if (source_read(x, reading, job, err) < 0 || since_read(x, reading, err) < 0)
        return err->code;
    if (!query_flag(x, "lease"))
        return 0;
    reading->lease = lease_new(control_leases(reading->control), reading->job_id,
                               reading->source, x);
    return reading->lease ? 0 : err_set(err, -ENOMEM, "out of memory");
}

void reading_end(struct reading *reading)
{
    if (reading->lease)
        lease_leave(reading->lease, &reading->marks);
    marks_release(&reading->marks);
}

int reading_turn(struct reading *reading, struct exchange *x, enum reading_turn *ret,
                 struct err *err)
{
    uint64_t now = control_now(reading->control);

    exchange_clear_deadline(x);
    *ret = TURN_OURS;
    if (!reading->lease)
        return 0;
    if (marks_read(reading, err) < 0)
        return err->code;
    if (!lease_take(reading->lease, &reading->marks, now)) {
        *ret = TURN_OTHERS;
        exchange_set_deadline(x, lease_lapse_ms(reading->lease));
        return 0;
    }
    skip_received(reading);
    if (!lease_may_go_on(reading->lease, &reading->marks, now)) {
        *ret = TURN_PAUSED;
        exchange_set_deadline(x, lease_pause_ends_ms(reading->lease, now));
    }
    return 0;
}

bool reading_takes(struct reading *reading, const struct record *record, bool gap)
{
    uint64_t source = mark_source(reading->job_id, gap ? 0 : record->child_id);
    bool asked = reading->source == MARK_ALL || reading->source == source;

    reading->next_seq = record->seq + 1;
    if (!asked || (reading->unread_only && record->seq <= marks_at(&reading->marks, source)))
        return false;
    if (reading->lease)
        lease_gave(reading->lease, record->seq);
    return true;
}
