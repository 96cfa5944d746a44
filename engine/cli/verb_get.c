// SPDX-License-Identifier: MIT
// pawl get: the table of jobs.
#include <ctype.h>
#include <strings.h>
#include <time.h>

#include "base/duration.h"
#include "cli/call.h"
#include "cli/listing.h"
#include "cli/render.h"
#include "cli/select.h"
#include "cli/watch.h"

// "90m", "2d": so long ago. A number alone is none: it may be meant as a year.
static bool when_ago(const char *text, time_t *ret)
{
    size_t len = strlen(text);
    int64_t ms;

    if (!len || isdigit((unsigned char)text[len - 1]) || !duration_from_text(slice_str(text), &ms))
        return false;
    *ret = time(NULL) - ms / 1000;
    *ret = *ret < 0 ? 0 : *ret;
    return true;
}

// "2026-01-31", "2026-01-31 12:00:05", with a T between or not: in this machine's zone,
// or in the one it names (+01:00).
static bool when_dated(const char *text, time_t *ret)
{
    static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
                                         "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
                                         "%Y-%m-%d %H:%M%z", "%Y-%m-%d %H:%M:%S%z",
                                         "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z" };

    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct tm tm = { .tm_isdst = -1 };
        const char *end = strptime(text, forms[i], &tm);
        if (end && !*end) {
            long east_s = tm.tm_gmtoff; // timegm sets it
            int day = tm.tm_mday;
            *ret = strchr(forms[i], 'z') ? timegm(&tm) - east_s : mktime(&tm);
            return *ret >= 0 && tm.tm_mday == day; // no 31st of February
        }
    }
    return false;
}

// They become what the API takes; what is RFC 3339 already is passed on.
static int time_add(struct buf *query, const char *name, const char *text, struct err *err)
{
    size_t len = strlen(text);
    time_t time;

    if (len > 10 && text[10] == 'T' && text[len - 1] == 'Z') {
        buf_addf(query, "&%s=", name);
        path_add(query, text);
        return 0;
    }
    if (!when_ago(text, &time) && !when_dated(text, &time))
        return err_set(err, ERR_USAGE, "--%s %.40s: a time like \"2026-01-31 12:00\" is expected, "
                       "or how long ago, like 90m or 2d", name, text);
    buf_addf(query, "&%s=%lld000", name, (long long)time);
    return 0;
}

// --has-more, --has-more=true; what else there is was refused before.
static void has_more_add(const struct options *options, struct buf *query)
{
    const char *text = option_text(options, "has-more");

    if (option_is_set(options, "has-more"))
        buf_addf(query, "&has_more=%d", !text || strcasecmp(text, "true") == 0);
}

static int query_make(const struct options *options, struct buf *query, struct err *err)
{
    const char *child_state = option_text(options, "child-state");
    const char *command = option_text(options, "command");
    const char *before = option_text(options, "before"), *after = option_text(options, "after");
    long long newest;

    if (option_is_set(options, "children"))
        buf_add_str(query, "&children=1");
    if (child_state) {
        buf_add_str(query, "&child_state=");
        path_add(query, child_state);
    }
    has_more_add(options, query);
    if (command) {
        buf_add_str(query, "&command=");
        path_add(query, command);
    }
    if (option_number(options, "newest", -1, &newest, err) < 0)
        return err->code;
    if (newest >= 0)
        buf_addf(query, "&newest=%lld", newest);
    if (before && time_add(query, "before", before, err) < 0)
        return err->code;
    return after ? time_add(query, "after", after, err) : 0;
}

static int get_named(struct cli *cli, const char *query)
{
    json_t *rows;
    int exit_code = select_jobs(cli, 0, SELECT_ALL, query, &rows);

    if (exit_code)
        return exit_code;
    exit_code = print_jobs(cli, rows);
    if (exit_code == 0)
        exit_code = print_explained(cli, rows);
    json_decref(rows);
    return exit_code;
}

static int get_all(struct cli *cli, struct buf *query)
{
    select_filters(&cli->options, query);
    select_case(&cli->options, query);
    return listing_print(cli, buf_cstr(query));
}

int verb_get(struct cli *cli)
{
    struct err err = { 0 };
    struct buf query;
    int exit_code;

    buf_init(&query, 0);
    if (query_make(&cli->options, &query, &err) < 0)
        exit_code = cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    else if (option_is_set(&cli->options, "watch"))
        exit_code = watch_jobs(cli, buf_cstr(&query));
    else
        exit_code = cli->options.arg_count > 0 ? get_named(cli, buf_cstr(&query))
                                               : get_all(cli, &query);
    buf_release(&query);
    return exit_code;
}
