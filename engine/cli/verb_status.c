// SPDX-License-Identifier: MIT
// pawl status: the engine, as it is. Asking never starts one.
#include <errno.h>

#include "base/duration.h"
#include "cli/call.h"
#include "cli/render.h"
#include "cli/text.h"

static void states_show(json_t *jobs, struct buf *out)
{
    const char *state;
    json_t *count;
    const char *comma = "";

    buf_add_str(out, "jobs     ");
    json_object_foreach(jobs, state, count) {
        if (json_integer_value(count) == 0)
            continue;
        buf_addf(out, "%s%lld %s", comma, (long long)json_integer_value(count), state);
        comma = ", ";
    }
    buf_add_str(out, *comma ? "\n" : "none\n");
}

static int status_show(struct cli *cli, const json_t *status)
{
    long long uptime_s = row_int(status, "uptime_s");
    char uptime[DURATION_TEXT];
    struct buf out;
    json_t *notice;
    size_t i;
    int exit_code;

    buf_init(&out, 0);
    buf_addf(&out, "engine   pid %lld, version %s, up %s\n", row_int(status, "pid"),
             row_text(status, "version"),
             uptime_s > 0 ? duration_format(uptime_s * 1000, uptime) : "less than 1s");
    buf_addf(&out, "home     %s\n", row_text(status, "home"));
    states_show(json_object_get(status, "jobs"), &out);
    buf_addf(&out, "memory   %lld resident, %lld parked\n", row_int(status, "resident"),
             row_int(status, "parked"));
    buf_addf(&out, "store    %.1f MiB, %lld commits, %.1f per second\n",
             (double)row_int(status, "store_bytes") / 1048576.0, row_int(status, "commits"),
             json_number_value(json_object_get(status, "commits_per_s")));
    buf_addf(&out, "links    %lld\n", row_int(status, "links"));
    if (row_true(status, "disk_full"))
        buf_addf(&out, "The disk is full: new work is refused until there is space again; free "
                 "some on the file system of %s, or remove finished jobs.\n",
                 row_text(status, "home"));
    json_array_foreach(json_object_get(status, "notices"), i, notice) {
        text_escape(slice_str(json_string_value(notice)), ESCAPE_ALL, &out);
        buf_add_byte(&out, '\n');
    }
    exit_code = print_buf(cli, &out);
    buf_release(&out);
    return exit_code;
}

int verb_status(struct cli *cli)
{
    struct err err = { 0 };
    json_t *status;
    int exit_code = 0, rc;

    if (cli_arguments_check(cli, 0))
        return EXIT_USAGE;
    rc = call_status(cli, &status, &err);
    if (rc == -ECONNREFUSED)
        return cli_error(cli, EXIT_ENGINE, "no engine is running for %s; `pawl daemon` starts it",
                         cli->home.path);
    if (rc < 0)
        return cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    if (option_is_set(&cli->options, "json"))
        print_json(status);
    else
        exit_code = status_show(cli, status);
    json_decref(status);
    return exit_code;
}
