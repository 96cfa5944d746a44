// SPDX-License-Identifier: MIT
// How: each host's row is printed when it comes, so its table has no end to be measured
// at: the columns have their widths beforehand, and each row is a table of its own whose
// head line is left out.
#include "cli/hosts_check.h"

#include <errno.h>
#include <string.h>

#include "base/size.h"
#include "cli/call.h"
#include "cli/engine_start.h"
#include "cli/reach.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

enum { NAME_WIDTH_MAX = 40 };

struct checking {
    struct cli *cli;
    size_t name_width;
    bool begun;            // the head line is out
    size_t asked, answered, reached;
    struct err err;        // of an error line
    int line_exit;
};

// ---- rows

static void cell(struct table *table, const char *text) { table_add(table, slice_str(text), NULL); }

static void cell_bytes(struct table *table, const json_t *row, const char *key)
{
    char text[SIZE_TEXT];

    cell(table, json_is_null(json_object_get(row, key))
                    ? "?" : size_format((uint64_t)row_int(row, key), text));
}

static void cell_attempts(struct table *table, const json_t *row)
{
    char text[48];
    long long running = row_int(row, "running");

    snprintf(text, sizeof(text), "%lld", row_int(row, "attempts"));
    if (running)
        snprintf(text, sizeof(text), "%lld, %lld run", row_int(row, "attempts"), running);
    cell(table, text);
}

static void reached_cells(struct table *table, const json_t *row)
{
    char orders[24];

    snprintf(orders, sizeof(orders), "%lld", row_int(row, "orders"));
    table_add(table, slice_str(row_text(row, "host")), "\033[32m");
    cell(table, row_text(row, "user"));
    cell(table, row_text(row, "kernel"));
    cell(table, row_text(row, "shell"));
    cell_bytes(table, row, "free_bytes");
    cell_attempts(table, row);
    cell(table, orders);
    cell(table, row_text(row, "boot_id"));
    cell(table, row_text(row, "spool"));
}

// Draws what the table has, with or without its head line.
static void draw(struct checking *checking, const struct table *table, bool head)
{
    struct cli *cli = checking->cli;
    struct buf out;
    const uint8_t *end;

    buf_init(&out, 0);
    table_draw(table, option_is_set(&cli->options, "wide") ? 0 : cli_width(cli), cli->colours,
               &out);
    end = out.len ? memchr(out.ptr, '\n', out.len) : NULL;
    if (!head && end)
        buf_drop(&out, (size_t)(end - out.ptr) + 1);
    print_buf(cli, &out);
    buf_release(&out);
}

static void reached_show(struct checking *checking, const json_t *row)
{
    const struct table_column columns[] = {
        { "Name", checking->name_width, 8, 7 }, { "User", 8, 4, 4 }, { "Kernel", 20, 12, 3 },
        { "Shell", 0, 0, 0 }, { "Free", 9, 0, 0 }, { "Attempts", 0, 0, 0 }, { "Orders", 0, 0, 0 },
        { "Boot", 8, 8, 2 }, { "Spool", 0, 5, 1 },
    };
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    if (row)
        reached_cells(&table, row);
    draw(checking, &table, !row);
    table_release(&table);
}

static void failed_show(struct checking *checking, const json_t *row)
{
    const struct table_column columns[] = {
        { "Name", checking->name_width, 8, 2 }, { "", 0, 20, 1 },
    };
    struct table table;

    table_init(&table, columns, 2);
    cell(&table, row_text(row, "host"));
    table_add(&table, slice_str(row_text(row, "reason")), "\033[31m");
    draw(checking, &table, false);
    table_release(&table);
}

static void show(struct checking *checking, const json_t *row)
{
    const struct options *options = &checking->cli->options;

    if (option_is_set(options, "json")) {
        print_json(row);
    } else if (option_is_set(options, "quiet")) {
        if (row_true(row, "reached"))
            printf("%s\n", row_text(row, "host"));
    } else {
        if (!checking->begun)
            reached_show(checking, NULL); // the head line
        checking->begun = true;
        (row_true(row, "reached") ? reached_show : failed_show)(checking, row);
    }
    fflush(stdout);
}

static int on_line(void *arg, json_t *line)
{
    struct checking *checking = arg;

    checking->line_exit = line_error(line, &checking->err);
    if (checking->line_exit)
        return 1;
    checking->answered++;
    checking->reached += row_true(line, "reached");
    show(checking, line);
    return ferror(stdout);
}

// ---- the request

static size_t name_width(const json_t *hosts)
{
    size_t widest = 0, i;
    json_t *host;

    json_array_foreach(hosts, i, host) {
        size_t width = strlen(row_text(host, "name"));
        widest = width > widest ? width : widest;
    }
    return widest < NAME_WIDTH_MAX ? widest : NAME_WIDTH_MAX;
}

// What the engine needs of the hosts; their variables are none of its business.
static json_t *hosts_bare(struct checking *checking, const json_t *hosts)
{
    json_t *list = json_array(), *host;
    size_t i;

    json_array_foreach(hosts, i, host)
        json_array_append_new(list, json_pack("{s:s,s:s,s:O?}", "name", row_text(host, "name"),
                                              "dest", row_text(host, "dest"), "ssh",
                                              json_object_get(host, "ssh")));
    checking->name_width = name_width(hosts);
    checking->asked = json_array_size(list);
    return list;
}

static int body_make(struct checking *checking, const json_t *hosts, json_t **ret)
{
    struct err err = { 0 };
    long long timeout;

    if (option_duration(&checking->cli->options, "timeout", 60000, &timeout, &err) < 0)
        return cli_error(checking->cli, EXIT_USAGE, "%s", err_text(&err));
    *ret = json_pack("{s:o,s:I}", "hosts", hosts_bare(checking, hosts), "timeout_ms",
                     (json_int_t)timeout);
    if (*ret && reach_retry(&checking->cli->options, *ret, &err) < 0)
        return cli_error(checking->cli, EXIT_USAGE, "%s", err_text(&err));
    return *ret ? 0 : cli_error(checking->cli, EXIT_ENGINE, "out of memory");
}

static int stream_once(struct checking *checking, const json_t *body)
{
    struct stream stream = { .line_fn = on_line, .arg = checking, .stop_fd = -1,
                             .timeout_ms = -1, .body = body };
    struct reply reply;
    int rc = client_stream(checking->cli->client, "/v1/hosts/check", &stream, &reply,
                           &checking->err);

    if (rc == STREAM_ENDED && reply.status != 200)
        checking->line_exit = reply_error(&reply, &checking->err);
    json_decref(reply.json);
    return rc;
}

static int tell_end(struct checking *checking, int rc)
{
    struct cli *cli = checking->cli;

    if (rc < 0 || checking->line_exit)
        return cli_error(cli, checking->line_exit ? checking->line_exit : EXIT_ENGINE, "%s",
                         err_text(&checking->err));
    if (checking->answered < checking->asked)
        return cli_error(cli, EXIT_ENGINE, "the engine ended when %zu of %zu hosts had answered; "
                         "ask again", checking->answered, checking->asked);
    if (checking->reached < checking->asked)
        return cli_error(cli, EXIT_JOB_FAILED, "%zu of %zu hosts cannot be used",
                         checking->asked - checking->reached, checking->asked);
    return 0;
}

int hosts_check(struct cli *cli, const json_t *hosts)
{
    struct checking checking = { .cli = cli };
    json_t *body = NULL;
    int exit_code = body_make(&checking, hosts, &body), rc;

    if (exit_code) {
        json_decref(body);
        return exit_code;
    }
    rc = call_prepare(cli, false, &checking.err) ? -EIO : stream_once(&checking, body);
    if (rc == -ECONNREFUSED) {
        rc = engine_start(&cli->home, &checking.err);
        if (rc == 0)
            rc = stream_once(&checking, body);
    }
    json_decref(body);
    return tell_end(&checking, rc);
}
