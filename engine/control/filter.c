// SPDX-License-Identifier: MIT
#include "control/filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "control/job_json.h"
#include "control/query.h"
#include "model/value.h"

// ---- parsing
int ids_add(uint64_t **ids, size_t *count, size_t *cap, struct slice text, struct err *err)
{
    uint64_t *grown;
    int64_t id;

    if (number_parse(text, &id) < 0)
        return err_set(err, ERR_USAGE, "ids: \"%.*s\" is not a job id",
                       (int)(text.len < 40 ? text.len : 40), (const char *)text.ptr);
    if (*count == FILTER_IDS_MAX)
        return err_set(err, ERR_USAGE, "ids: more than %d at once", FILTER_IDS_MAX);
    grown = array_room(*ids, *count, cap, sizeof(*grown));
    if (!grown)
        return err_set(err, -ENOMEM, "out of memory");
    *ids = grown;
    (*ids)[(*count)++] = (uint64_t)id;
    return 0;
}

static int take_id(void *arg, struct slice text, struct err *err)
{
    struct filter *filter = arg;

    return ids_add(&filter->ids, &filter->id_count, &filter->id_cap, text, err);
}

static int take_state(void *arg, struct slice text, struct err *err)
{
    unsigned *states = arg;
    enum job_state state;

    if (job_state_parse(text, &state) < 0)
        return err_set(err, ERR_USAGE, "state \"%.*s\" is unknown: NotStarted, Running, Blocked, "
                       "Suspending, Suspended, Disconnected, Stopping, Completed, Failed, "
                       "Stopped", (int)(text.len < 40 ? text.len : 40), (const char *)text.ptr);
    *states |= 1u << state;
    return 0;
}

static int take_type(void *arg, struct slice text, struct err *err)
{
    unsigned *types = arg;
    enum job_type type;

    if (job_type_parse(text, &type) < 0)
        return err_set(err, ERR_USAGE, "type \"%.*s\" is unknown: local, remote, cim, workflow",
                       (int)(text.len < 40 ? text.len : 40), (const char *)text.ptr);
    *types |= 1u << type;
    return 0;
}

static int take_field(void *arg, struct slice text, struct err *err)
{
    unsigned *fields = arg;
    enum job_field field;

    if (job_field_parse(text, &field) < 0)
        return err_set(err, ERR_USAGE, "fields: \"%.*s\" is no key of a job; docs/http-api.md has "
                       "them all", (int)(text.len < 40 ? text.len : 40), (const char *)text.ptr);
    *fields |= 1u << field;
    return 0;
}

static int take_meta(void *arg, struct slice text, struct err *err)
{
    struct filter *filter = arg;

    if (!text.len || text.ptr[0] == '=' || !memchr(text.ptr, '=', text.len))
        return err_set(err, ERR_USAGE, "meta=%.*s: key=value is expected",
                       (int)(text.len < 80 ? text.len : 80), (const char *)text.ptr);
    if (filter->meta_count == FILTER_META_MAX)
        return err_set(err, ERR_USAGE, "meta: more than %d at once", FILTER_META_MAX);
    filter->meta[filter->meta_count++] = text;
    return 0;
}

int time_parse(struct slice text, int64_t *ret_unix_ms)
{
    char copy[40];
    struct tm tm = { 0 };
    const char *rest;
    int64_t ms = 0, unit = 100;

    if (number_parse(text, ret_unix_ms) == 0)
        return 0;
    if (text.len >= sizeof(copy))
        return -EINVAL;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest && *rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            ms += (*rest - '0') * unit;
    if (!rest || strcmp(rest, "Z") != 0)
        return -EINVAL;
    *ret_unix_ms = (int64_t)timegm(&tm) * 1000 + ms;
    return 0;
}

static int take_time(const struct exchange *x, const char *name, int64_t *ret, struct err *err)
{
    const char *text = query_text(x, name);

    *ret = -1;
    if (text && time_parse(slice_str(text), ret) < 0)
        return err_set(err, ERR_USAGE, "%s=%.60s: a time like 2026-01-31T12:00:00Z is expected",
                       name, text);
    return 0;
}

int filter_init(struct filter *filter, const struct exchange *x, struct err *err)
{
    *filter = (struct filter){ .name = query_text(x, "name"),
                               .command = query_text(x, "command"),
                               .schedule = query_text(x, "schedule"),
                               .glob_flags = query_flag(x, "ignore_case") ? FNM_CASEFOLD : 0,
                               .children = query_flag(x, "children"),
                               .has_more = -1 };
    if (query_text(x, "has_more"))
        filter->has_more = query_flag(x, "has_more");
    if (query_each(x, "ids", true, take_id, filter, err) < 0 ||
        query_each(x, "state", true, take_state, &filter->states, err) < 0 ||
        query_each(x, "child_state", true, take_state, &filter->child_states, err) < 0 ||
        query_each(x, "type", true, take_type, &filter->types, err) < 0 ||
        query_each(x, "fields", true, take_field, &filter->fields, err) < 0 ||
        query_each(x, "meta", false, take_meta, filter, err) < 0 ||
        query_number(x, "newest", -1, &filter->newest, err) < 0 ||
        take_time(x, "before", &filter->before_unix_ms, err) < 0 ||
        take_time(x, "after", &filter->after_unix_ms, err) < 0)
        return err->code;
    if (filter->child_states)
        filter->children = true;
    if (!filter->fields)
        filter->fields = FIELDS_ALL;
    return 0;
}

void filter_release(struct filter *filter) { free(filter->ids); }

// ---- asking
static bool takes_id(const struct filter *filter, uint64_t id)
{
    for (size_t i = 0; i < filter->id_count; i++)
        if (filter->ids[i] == id)
            return true;
    return filter->id_count == 0;
}

// Spaces around a command count for nothing, as a person would write it down.
static struct slice trimmed(struct slice text)
{
    while (text.len && strchr(" \t\n", text.ptr[text.len - 1]))
        text.len--;
    while (text.len && strchr(" \t\n", *text.ptr))
        text = slice_of(text.ptr + 1, text.len - 1);
    return text;
}

static bool takes_text(const struct filter *filter, const char *glob, struct slice text)
{
    struct buf copy;
    bool takes;

    if (!glob)
        return true;
    buf_init(&copy, 0);
    buf_add_slice(&copy, text);
    takes = fnmatch(glob, buf_cstr(&copy), filter->glob_flags) == 0;
    buf_release(&copy);
    return takes;
}

static bool takes_schedule(const struct filter *filter, struct slice schedule)
{
    return !filter->schedule || (schedule.len && takes_text(filter, filter->schedule, schedule));
}

// Texts are compared as they are, other values by their JSON: "n=3", "on=true".
static bool value_is_text(const json_t *json, struct slice text)
{
    char plain[64];
    size_t n;

    if (json_is_string(json))
        return slice_equal(slice_of(json_string_value(json), json_string_length(json)), text);
    n = json ? json_dumpb(json, plain, sizeof(plain), JSON_ENCODE_ANY | JSON_COMPACT) : 0;
    return n > 0 && n <= sizeof(plain) && slice_equal(slice_of(plain, n), text);
}

static const json_t *member(json_t *object, struct slice key)
{
    const char *name;
    json_t *json;

    json_object_foreach(object, name, json)
        if (slice_is(key, name))
            return json;
    return NULL;
}

static bool takes_meta(const struct filter *filter, struct slice meta)
{
    json_t *json;
    bool takes = true;

    if (filter->meta_count == 0)
        return true;
    json = meta.len ? value_slice_to_json(meta) : NULL;
    for (size_t i = 0; i < filter->meta_count && takes; i++) {
        struct slice pair = filter->meta[i];
        size_t key = (size_t)((const uint8_t *)memchr(pair.ptr, '=', pair.len) - pair.ptr);
        takes = value_is_text(member(json, slice_of(pair.ptr, key)),
                              slice_of(pair.ptr + key + 1, pair.len - key - 1));
    }
    json_decref(json);
    return takes;
}

static bool takes_end(const struct filter *filter, int64_t ended_unix_ms)
{
    if (filter->newest < 0 && filter->before_unix_ms < 0 && filter->after_unix_ms < 0)
        return true;
    return ended_unix_ms > 0 &&
           (filter->before_unix_ms < 0 || ended_unix_ms < filter->before_unix_ms) &&
           (filter->after_unix_ms < 0 || ended_unix_ms > filter->after_unix_ms);
}

static bool takes_some_child(const struct filter *filter, const struct job_head *head)
{
    for (size_t i = 0; i < head->child_count; i++)
        if (filter_takes_child(filter, &head->children[i]))
            return true;
    return filter->child_states == 0;
}

bool filter_takes_child(const struct filter *filter, const struct child_head *child)
{
    return filter->children &&
           (!filter->child_states || filter->child_states & 1u << child->state);
}

bool filter_takes(const struct filter *filter, const struct job_view *view)
{
    const struct job_head *head = view->head;

    return !head->removing && takes_id(filter, head->id) &&
           (!filter->states || filter->states & 1u << head->state) &&
           (!filter->types || filter->types & 1u << head->type) &&
           (filter->has_more < 0 || filter->has_more == job_has_more(view)) &&
           takes_end(filter, head->ended_unix_ms) && takes_text(filter, filter->name, head->name) &&
           takes_text(filter, filter->command, trimmed(head->command)) &&
           takes_schedule(filter, head->schedule) &&
           takes_some_child(filter, head) && takes_meta(filter, head->meta);
}
