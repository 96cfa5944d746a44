// SPDX-License-Identifier: MIT
// How: macros of man(7) that groff and mandoc both know, and nothing else. The table's
// longer texts are paragraphs; what is indented in them stays as it is, and what is a
// command line of pawl goes under EXAMPLES.
#include "cli/man.h"

#include <ctype.h>
#include <string.h>

#include "cli/values.h"

// ---- roff
// Text that no macro and no escape is in: '-' is the character that people type.
static void roff(struct buf *out, struct slice text)
{
    bool bold = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.ptr[i];
        if ((i == 0 || text.ptr[i - 1] == '\n') && (c == '.' || c == '\''))
            buf_add_str(out, "\\&");
        if (c == '`') {
            bold = !bold;
            buf_add_str(out, bold ? "\\fB" : "\\fR");
        } else if (c == '\\') {
            buf_add_str(out, "\\e");
        } else if (strchr("-'^~", c)) { // as they are, not as typography has them
            buf_add_str(out, c == '-' ? "\\-" : c == '\'' ? "\\(aq" : c == '^' ? "\\(ha"
                                                                               : "\\(ti");
        } else {
            buf_add_byte(out, (uint8_t)c);
        }
    }
}

static void roff_str(struct buf *out, const char *text) { roff(out, slice_str(text)); }

static void font(struct buf *out, char letter, struct slice text)
{
    buf_addf(out, "\\f%c", letter);
    roff(out, text);
    buf_add_str(out, "\\fR");
}

static void section(struct buf *out, const char *title) { buf_addf(out, ".SH %s\n", title); }

// A term, in bold, and what it means.
static void item(struct buf *out, const char *term, const char *about)
{
    buf_add_str(out, ".TP\n");
    font(out, 'B', slice_str(term));
    buf_add_byte(out, '\n');
    roff_str(out, about);
    buf_add_byte(out, '\n');
}

static void head(struct buf *out, const char *page, const char *about)
{
    buf_add_str(out, ".TH ");
    for (const char *at = page; *at; at++) {
        if (*at == '-')
            buf_add_byte(out, '\\');
        buf_add_byte(out, (uint8_t)toupper((unsigned char)*at));
    }
    buf_addf(out, " 1 \"\" \"pawl %s\" \"Pawl\"\n", PAWL_VERSION);
    section(out, "NAME");
    roff_str(out, page);
    buf_add_str(out, " \\- ");
    roff_str(out, about);
    buf_add_byte(out, '\n');
}

// ---- a verb
// What is typed as it stands is bold, what stands for something else italic.
static void usage(struct buf *out, const char *text)
{
    buf_add_str(out, "\\fBpawl\\fR ");
    while (*text) {
        size_t len = strcspn(text, " []|");
        if (len && isupper((unsigned char)*text))
            font(out, 'I', slice_of(text, len));
        else if (len && (islower((unsigned char)*text) || *text == '-'))
            font(out, 'B', slice_of(text, len));
        else
            roff(out, slice_of(text, len));
        text += len;
        if (*text)
            buf_add_byte(out, (uint8_t)*text++);
    }
    buf_add_byte(out, '\n');
}

static bool is_example(struct slice block)
{
    return block.len > 6 && memcmp(block.ptr, "  pawl", 6) == 0;
}

static void literal(struct buf *out, struct slice block)
{
    buf_add_str(out, ".nf\n");
    roff(out, block);
    buf_add_str(out, "\n.fi\n");
}

// Takes the next block off a text: up to an empty line.
static bool next_block(const char **text, struct slice *ret)
{
    const char *end;

    if (!*text || !**text)
        return false;
    end = strstr(*text, "\n\n");
    *ret = end ? slice_of(*text, (size_t)(end - *text)) : slice_str(*text);
    *text = end ? end + 2 : *text + ret->len;
    return true;
}

static void description(struct buf *out, const struct command *command)
{
    const char *more = command->more;
    struct slice block;

    section(out, "DESCRIPTION");
    roff_str(out, command->summary);
    buf_add_str(out, ".\n");
    while (next_block(&more, &block)) {
        if (is_example(block))
            continue;
        buf_add_str(out, ".PP\n");
        if (block.ptr[0] == ' ') {
            literal(out, block);
            continue;
        }
        roff(out, block);
        buf_add_byte(out, '\n');
    }
}

static void examples(struct buf *out, const struct command *command)
{
    const char *more = command->more;
    struct slice block;
    bool any = false;

    while (next_block(&more, &block)) {
        if (!is_example(block))
            continue;
        if (!any)
            section(out, "EXAMPLES");
        else
            buf_add_str(out, ".PP\n");
        any = true;
        literal(out, block);
    }
}

static void option(struct buf *out, const struct option_spec *spec)
{
    const struct value *value = spec->value ? value_of_option(spec) : NULL;

    if (!spec->about)
        return; // for the program's own use
    buf_add_str(out, ".TP\n");
    if (spec->letter)
        buf_addf(out, "\\fB\\-%c\\fR, ", spec->letter);
    buf_add_str(out, "\\fB\\-\\-");
    roff_str(out, spec->name);
    buf_add_str(out, "\\fR");
    if (spec->value && spec->value[0] == '[') { // only attached
        buf_add_str(out, "[=");
        font(out, 'I', slice_of(spec->value + 1, strlen(spec->value) - 2));
        buf_add_byte(out, ']');
    } else if (spec->value) {
        buf_add_byte(out, ' ');
        font(out, 'I', slice_str(spec->value));
    }
    buf_add_byte(out, '\n');
    roff_str(out, spec->about);
    if (value && value->words) {
        buf_addf(out, ".\n%s: ", value->kind == VALUE_HINTS ? "For example" : "One of");
        roff_str(out, value->words);
        buf_add_str(out, ".");
    }
    buf_add_byte(out, '\n');
}

// ---- what all have
static void exits(struct buf *out)
{
    char code[16];

    section(out, "EXIT STATUS");
    for (const struct exit_meaning *exit = exit_meanings; exit->about; exit++) {
        snprintf(code, sizeof(code), "%d", exit->code);
        item(out, code, exit->about);
    }
}

static void see_also(struct buf *out, const struct command *but)
{
    section(out, "SEE ALSO");
    if (but)
        buf_add_str(out, "\\fBpawl\\fR(1)");
    for (const struct command *command = commands; command->name; command++)
        if (command != but)
            buf_addf(out, "%s\\fBpawl\\-%s\\fR(1)", but || command != commands ? ",\n" : "",
                     command->name);
    buf_add_byte(out, '\n');
}

static void verb_page(const struct command *command, struct buf *out)
{
    char page[64];

    snprintf(page, sizeof(page), "pawl-%s", command->name);
    head(out, page, command->summary);
    section(out, "SYNOPSIS");
    usage(out, command->usage);
    description(out, command);
    section(out, "OPTIONS");
    for (const struct option_spec *spec = command->options; spec->name; spec++)
        option(out, spec);
    examples(out, command);
    exits(out);
    see_also(out, command);
}

// ---- the program
static void environment(struct buf *out)
{
    section(out, "ENVIRONMENT");
    item(out, "PAWL_HOME", "The directory of the engine and all its jobs. Another directory is "
                           "another engine.");
    item(out, "XDG_STATE_HOME", "Without PAWL_HOME the home is its subdirectory pawl; else "
                                "~/.local/state/pawl.");
    item(out, "PAWL_INVENTORY", "The inventory of hosts, where --inventory names none.");
    item(out, "PAWL_SSH, PAWL_SSH_CONFIG", "The engine's ssh program, and a file for its -F.");
    item(out, "PAWL_SPOOL", "Where the engine's runners keep the results of commands, on this "
                            "machine and on hosts.");
    item(out, "TMPDIR", "Where long outputs wait while --fold gathers them; else /tmp.");
    item(out, "NO_COLOR", "When it is set, and not empty, nothing is in colour; nor on a terminal "
                          "whose TERM is dumb.");
}

static void files(struct buf *out)
{
    section(out, "FILES");
    item(out, "engine.sock", "In the home: the HTTP interface of the engine, for its user alone.");
    item(out, "engine.log", "In the home: what an engine says that was started by a verb.");
    item(out, "store", "In the home: the directory of the store. `pawl backup` copies it.");
    item(out, "hosts.lua, hosts.yaml, hosts.yml, hosts.ini, hosts",
         "In the home: the inventory, one of them.");
}

static void words(struct buf *out)
{
    section(out, "JOBS AND TIMES");
    for (const struct word_meaning *word = word_meanings; word->word; word++)
        item(out, word->word, word->about);
}

static void program_page(struct buf *out)
{
    head(out, "pawl", "Run commands and workflows as jobs that survive crashes and reboots");
    section(out, "SYNOPSIS");
    usage(out, "VERB [OPTIONS] [JOBS]");
    section(out, "DESCRIPTION");
    roff_str(out, "Runs commands and Lua workflows as jobs that go on where they stood after a "
                  "crash, a logout or a reboot. The engine that runs them is started by itself.\n");
    section(out, "VERBS");
    for (const struct command *command = commands; command->name; command++)
        item(out, command->name, command->summary);
    words(out);
    exits(out);
    environment(out);
    files(out);
    section(out, "EXAMPLES");
    literal(out, SLICE("  pawl start -c 'make -j4 && make check' --name build\n"
                       "  pawl receive build --wait\n"
                       "  pawl invoke --hosts 'web[01-12]' --fold uname -r\n"
                       "  pawl run restart --hosts @web service=nginx batches=1,25%"));
    see_also(out, NULL);
}

void man_page(const struct command *command, struct buf *out)
{
    if (command)
        verb_page(command, out);
    else
        program_page(out);
}
