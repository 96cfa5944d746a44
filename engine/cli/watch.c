// SPDX-License-Identifier: MIT
// How: the rows are asked for once a second, which costs an engine of ten thousand jobs
// less than keeping a row for each of them current would. On a terminal the cursor goes
// up to the table's first line, and what is below is erased.
#include "cli/watch.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/interrupts.h"
#include "cli/render.h"
#include "cli/select.h"
#include "cli/text.h"

enum { WATCH_MS = 1000, ROWS_OF_NO_TERMINAL = 24, PREAMBLE = 2 /* head line, and the one below */ };

struct watch {
    struct cli *cli;
    const char *query;
    json_t *seen;     // id -> the row as it was printed last
    struct buf drawn; // the table that is on the terminal
    size_t lines;     // that it takes
};

static size_t terminal_rows(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > PREAMBLE
               ? size.ws_row : ROWS_OF_NO_TERMINAL;
}

// ---- on a terminal
// What fits stays; how much does not is said.
static size_t cut_to(struct buf *table, size_t rows_max)
{
    size_t lines = 0, at = 0, rest = 0;

    while (at < table->len && lines < rows_max - PREAMBLE) {
        const uint8_t *end = memchr(table->ptr + at, '\n', table->len - at);
        at = end ? (size_t)(end - table->ptr) + 1 : table->len;
        lines++;
    }
    for (size_t i = at; i < table->len; i++)
        rest += table->ptr[i] == '\n';
    buf_cut(table, at);
    if (rest)
        buf_addf(table, "... and %zu more\n", rest);
    return lines + (rest ? 1 : 0);
}

static void table_show(struct watch *watch, const json_t *rows)
{
    struct cli *cli = watch->cli;
    struct buf table;
    size_t lines;

    buf_init(&table, 0);
    render_for(cli, rows, &table);
    lines = cut_to(&table, terminal_rows());
    if (buf_failed(&table) || slice_equal(buf_slice(&table), buf_slice(&watch->drawn))) {
        buf_release(&table);
        return;
    }
    if (watch->lines)
        printf("\033[%zuA", watch->lines);
    fputs("\r\033[J", stdout);
    fwrite(table.ptr, 1, table.len, stdout);
    buf_release(&watch->drawn);
    watch->drawn = table;
    watch->lines = lines;
}

// ---- elsewhere
static void changes_print(struct watch *watch, json_t *rows)
{
    json_t *changed = json_array(), *row;
    char id[24];
    size_t i;

    json_array_foreach(rows, i, row) {
        snprintf(id, sizeof(id), "%lld", row_int(row, "id"));
        if (json_equal(json_object_get(watch->seen, id), row))
            continue;
        json_object_set(watch->seen, id, row);
        json_array_append(changed, row);
    }
    print_jobs(watch->cli, changed);
    json_decref(changed);
}

static bool is_table(const struct cli *cli)
{
    return cli->out_moves && !option_is_set(&cli->options, "json") &&
           !option_is_set(&cli->options, "quiet");
}

static int look(struct watch *watch)
{
    json_t *rows;
    int exit_code = select_jobs(watch->cli, 0, SELECT_ALL, watch->query, &rows);

    if (exit_code)
        return exit_code;
    if (is_table(watch->cli))
        table_show(watch, rows);
    else
        changes_print(watch, rows);
    json_decref(rows);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : EXIT_ENGINE;
}

// 0: a second has passed; else the signal that came.
static int pause_or_signal(struct interrupts *interrupts)
{
    struct pollfd fd = { .fd = interrupts->fd, .events = POLLIN };
    int signal;

    if (poll(&fd, 1, WATCH_MS) <= 0)
        return 0;
    signal = interrupts_next(interrupts);
    if (signal != SIGTSTP)
        return signal;
    interrupts_stop_here();
    return 0;
}

int watch_jobs(struct cli *cli, const char *query)
{
    struct watch watch = { .cli = cli, .query = query, .seen = json_object() };
    struct interrupts interrupts;
    int exit_code = 0, signal = 0;

    buf_init(&watch.drawn, 0);
    interrupts_hold(&interrupts);
    while (!exit_code && !signal) {
        exit_code = look(&watch);
        cli->hushed = true; // what is not found was said the first time
        if (!exit_code)
            signal = pause_or_signal(&interrupts);
    }
    interrupts_release(&interrupts);
    cli->hushed = false;
    if (signal && cli->out_moves)
        fputs("\r\033[K", stdout); // in place of the ^C
    if (signal && signal != SIGINT)
        exit_code = 128 + signal;
    json_decref(watch.seen);
    buf_release(&watch.drawn);
    return exit_code;
}
