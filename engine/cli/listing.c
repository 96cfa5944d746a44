// SPDX-License-Identifier: MIT
// Ten thousand rows are read one at a time: a line goes to the output as it is (--json), is a number
// (-q), or becomes the cells of a row. Printed is when the list is whole, because an
// engine may die in the middle of it, and the next one begins anew.
#include "cli/listing.h"

#include <errno.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/render.h"
#include "cli/text.h"

enum listing_form { FORM_TABLE, FORM_JSON, FORM_IDS };

struct listing {
    enum listing_form form;
    struct render_times times;
    struct table table;
    size_t rows;
    struct buf out;
};

static void begin(void *arg)
{
    struct listing *listing = arg;

    table_release(&listing->table);
    render_begin(&listing->table, &listing->times);
    buf_clear(&listing->out);
    listing->rows = 0;
}

// {"id":12}: what is behind the colon, up to the brace.
static void id_add(struct listing *listing, struct slice line)
{
    const uint8_t *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
    const uint8_t *end = line.ptr + line.len;

    for (const uint8_t *at = colon ? colon + 1 : end; at < end && *at >= '0' && *at <= '9'; at++)
        buf_add_byte(&listing->out, *at);
    buf_add_byte(&listing->out, '\n');
}

static int row_add(struct listing *listing, struct slice line)
{
    struct job_row row;
    json_t *json = NULL;

    if (!job_row_of_line(line, &row)) {
        json = json_loadb((const char *)line.ptr, line.len, JSON_ALLOW_NUL, NULL);
        if (!json)
            return -EPROTO;
        job_row_of_json(json, &row);
    }
    render_row(&listing->table, &row, &listing->times);
    json_decref(json);
    return 0;
}

static int line_add(void *arg, struct slice line)
{
    struct listing *listing = arg;

    listing->rows++;
    if (listing->form == FORM_TABLE)
        return row_add(listing, line);
    if (listing->form == FORM_IDS) {
        id_add(listing, line);
    } else {
        buf_add_slice(&listing->out, line);
        buf_add_byte(&listing->out, '\n');
    }
    return buf_failed(&listing->out);
}

static int print(struct cli *cli, struct listing *listing)
{
    const struct options *options = &cli->options;
    struct buf shown;
    int exit_code;

    if (listing->form == FORM_TABLE && listing->rows)
        table_draw(&listing->table, option_is_set(options, "wide") ? 0 : cli_width(cli),
                   cli->colours, &listing->out);
    if (listing->form != FORM_JSON || !cli->out_tty)
        return print_buf(cli, &listing->out);
    buf_init(&shown, 0);
    text_escape(buf_slice(&listing->out), ESCAPE_JSON, &shown);
    exit_code = print_buf(cli, &shown);
    buf_release(&shown);
    return exit_code;
}

int listing_print(struct cli *cli, const char *query)
{
    static const char *const fields[] = { [FORM_TABLE] = JOB_ROW_QUERY, [FORM_JSON] = "",
                                          [FORM_IDS] = "fields=id" };
    struct listing listing = { .times = render_times_of(cli),
                               .form = option_is_set(&cli->options, "quiet") ? FORM_IDS
                                       : option_is_set(&cli->options, "json") ? FORM_JSON
                                                                              : FORM_TABLE };
    const struct call_texts texts = { begin, line_add, &listing };
    struct buf path;
    int exit_code;

    buf_init(&path, 0);
    buf_init(&listing.out, 0);
    render_begin(&listing.table, &listing.times);
    buf_addf(&path, "/v1/jobs?%s%s", fields[listing.form], query);
    exit_code = call_texts(cli, buf_cstr(&path), &texts);
    if (exit_code == 0)
        exit_code = print(cli, &listing);
    table_release(&listing.table);
    buf_release(&listing.out);
    buf_release(&path);
    return exit_code;
}
