// SPDX-License-Identifier: MIT
// pawl help: all verbs, or one with its options and examples; --man, for packages: the
// same as a manual page.
#include <string.h>

#include "cli/man.h"
#include "cli/render.h"

enum { LINE_WIDTH = 80 };

static void option_show(const struct option_spec *spec, FILE *to)
{
    const char *value = spec->value ? spec->value : "", *before = *value ? " " : "";
    char left[64], letter[8] = "    ";

    if (!spec->about)
        return; // for the program's own use
    if (*value == '[') { // only attached
        before = "[=";
        value++;
    }
    if (spec->letter)
        snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, spec->name, before, value);
    fprintf(to, "  %-28s %s\n", left, spec->about);
}

void command_help(const struct command *command, FILE *to)
{
    fprintf(to, "Usage: pawl %s\n\n%s.\n", command->usage, command->summary);
    if (command->more)
        fprintf(to, "\n%s\n", command->more);
    fprintf(to, "\nOptions:\n");
    for (const struct option_spec *spec = command->options; spec->name; spec++)
        option_show(spec, to);
}

// Words with blanks between them, in lines of at most 80 columns.
static void words_show(const char *text, size_t indent, FILE *to)
{
    size_t used = indent;

    while (*text) {
        size_t len = strcspn(text, " ");
        if (used > indent && used + 1 + len > LINE_WIDTH) {
            fprintf(to, "\n%*s", (int)indent, "");
            used = indent;
        }
        fprintf(to, "%s%.*s", used > indent ? " " : "", (int)len, text);
        used += len + (used > indent);
        text += len + strspn(text + len, " ");
    }
    putc('\n', to);
}

static void exits_show(FILE *to)
{
    struct buf text;

    buf_init(&text, 0);
    buf_add_str(&text, "Exit codes:");
    for (const struct exit_meaning *exit = exit_meanings; exit->about; exit++)
        buf_addf(&text, "%s %d %s", exit == exit_meanings ? "" : ";", exit->code, exit->about);
    buf_add_byte(&text, '.');
    words_show(buf_cstr(&text), 0, to);
    buf_release(&text);
}

static void all_show(FILE *to)
{
    fprintf(to, "Usage: pawl VERB [OPTIONS] [JOBS]\n\n"
                "Runs commands and Lua workflows as jobs that go on where they stood after a\n"
                "crash, a logout or a reboot. The engine that runs them is started by itself.\n\n");
    for (const struct command *command = commands; command->name; command++)
        fprintf(to, "  %-11s %s\n", command->name, command->summary);
    putc('\n', to);
    for (const struct word_meaning *word = word_meanings; word->word; word++) {
        fprintf(to, "%-6s", word->word);
        words_show(word->about, 6, to);
    }
    fprintf(to, "\nPAWL_HOME is the directory of the engine and all its jobs; without it\n"
                "~/.local/state/pawl. Another directory is another engine.\n\n");
    exits_show(to);
    fprintf(to, "`pawl help VERB` tells more, with examples; so does `man pawl-VERB`.\n");
}

static int man_show(struct cli *cli, const struct command *command)
{
    struct buf page;
    int exit_code;

    buf_init(&page, 0);
    man_page(command, &page);
    exit_code = print_buf(cli, &page);
    buf_release(&page);
    return exit_code;
}

int verb_help(struct cli *cli)
{
    const char *name = cli->options.args[0];
    const struct command *command = name ? command_find(name) : NULL;

    if (cli_arguments_check(cli, 1))
        return EXIT_USAGE;
    if (name && !command)
        return cli_error(cli, EXIT_USAGE, "no such verb: %.60s; `pawl help` lists them", name);
    if (option_is_set(&cli->options, "man"))
        return man_show(cli, command);
    if (command)
        command_help(command, stdout);
    else
        all_show(stdout);
    return 0;
}
