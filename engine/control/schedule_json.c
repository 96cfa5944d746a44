// SPDX-License-Identifier: MIT
#include "control/schedule_json.h"

#include "control/json.h"

static json_t *number_or_null(uint64_t n) { return n ? json_integer((json_int_t)n) : json_null(); }

static json_t *nexts_json(const struct schedule_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < SCHEDULE_NEXTS && view->next_unix_ms[i]; i++)
        json_array_append_new(list, json_time(view->next_unix_ms[i]));
    return list;
}

static json_t *queue_json(const struct schedule *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < schedule_queued(s); i++)
        json_array_append_new(list, json_time(schedule_queue_at(s, i)));
    return list;
}

static json_t *skipped_json(const struct schedule *s)
{
    if (s->skips == 0)
        return json_null();
    return json_pack("{s:I,s:o,s:o,s:o}", "count", (json_int_t)s->skips, "last",
                     json_time(s->skip_unix_ms), "job", number_or_null(s->skip_job), "state",
                     s->skip_job ? json_string(job_state_name(s->skip_state)) : json_null());
}

static json_t *failure_json(const struct schedule *s)
{
    if (s->failed_unix_ms == 0)
        return json_null();
    return json_pack("{s:o,s:o}", "last", json_time(s->failed_unix_ms), "reason",
                     json_text(s->failure));
}

json_t *schedule_json(const struct schedule_view *view)
{
    const struct schedule *s = view->schedule;
    char uuid[UUID_TEXT];

    return json_pack(
        "{s:s,s:o,s:o,s:o,s:o,s:b,s:s,s:s,s:I,s:o,s:b,s:s,s:o,s:o,s:o,s:o,s:I,s:I,s:o,s:o,s:o,s:o,s:o,"
        "s:o}",
        "uuid", uuid_format(s->uuid, uuid), "name", json_text(s->name), "cron",
        json_text_or_null(s->cron_text), "timezone", json_text_or_null(s->timezone), "every_ms",
        number_or_null((uint64_t)s->every_ms), "at_boot", (int)(s->kind == SCHEDULE_BOOT), "overlap",
        schedule_overlap_name(s->overlap), "missed", schedule_missed_name(s->missed), "jitter_ms",
        (json_int_t)s->jitter_ms, "keep", number_or_null(s->keep), "enabled", (int)s->enabled, "type",
        job_type_name(s->type), "command", json_text(s->command), "created",
        json_time(s->created_unix_ms), "next", nexts_json(view), "last", json_time(s->last_unix_ms),
        "runs", (json_int_t)s->runs, "unfinished", (json_int_t)view->unfinished, "last_job",
        number_or_null(s->last_job), "queue", queue_json(s), "skipped", skipped_json(s),
        "missed_last", json_time(s->missed_unix_ms), "failure", failure_json(s), "notice",
        json_text_or_null(view->notice));
}
