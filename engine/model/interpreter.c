// SPDX-License-Identifier: MIT
#include "model/interpreter.h"

#include "model/command.h"

// A single argument may have 128 KiB on Linux; there is room for what stands around it.
enum { ARGUMENT_MAX = 100 * 1024 };

// ---- words
static struct slice next_word(struct slice *words)
{
    struct slice word;
    size_t n = 0;

    while (words->len && (*words->ptr == ' ' || *words->ptr == '\t'))
        *words = slice_of(words->ptr + 1, words->len - 1);
    while (n < words->len && words->ptr[n] != ' ' && words->ptr[n] != '\t')
        n++;
    word = slice_of(words->ptr, n);
    *words = slice_of(words->ptr + n, words->len - n);
    return word;
}

static struct slice base_name(struct slice path)
{
    const uint8_t *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;

    return slash ? slice_of(slash + 1, path.len - (size_t)(slash + 1 - path.ptr)) : path;
}

// The program that reads the text: behind env it is a word further on.
static struct slice program_of(struct slice words)
{
    struct slice program = next_word(&words);

    if (!slice_is(base_name(program), "env"))
        return program;
    do
        program = next_word(&words);
    while (program.len && (program.ptr[0] == '-' || memchr(program.ptr, '=', program.len)));
    return program;
}

struct slice interpreter_program(struct slice words, size_t n)
{
    struct slice program = program_of(words), first = next_word(&words);

    if (n == 0)
        return first;
    return n == 1 && program.ptr != first.ptr ? program : (struct slice){ 0 };
}

struct slice interpreter_of_script(struct slice text)
{
    const uint8_t *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
    struct slice line = end ? slice_of(text.ptr, (size_t)(end - text.ptr)) : text, words, first;

    if (line.len < 2 || line.ptr[0] != '#' || line.ptr[1] != '!')
        return (struct slice){ 0 };
    words = slice_of(line.ptr + 2, line.len - 2);
    while (words.len && *words.ptr == ' ')
        words = slice_of(words.ptr + 1, words.len - 1);
    while (words.len && words.ptr[words.len - 1] == ' ')
        words.len--;
    line = words;
    first = next_word(&line);
    if (first.len == 0 || (slice_is(base_name(first), "sh") && line.len == 0))
        return (struct slice){ 0 };
    return words;
}

bool interpreter_is_arch(struct slice name)
{
    static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    for (size_t i = 0; i < name.len; i++)
        if (!name.ptr[i] || !strchr(known, name.ptr[i]))
            return false;
    return name.len > 0 && name.len <= 64 && name.ptr[0] != '-';
}

// ---- how a program takes text as an argument
struct way {
    const char *name;
    const char *option;
    bool names_itself; // the first argument behind the text is $0
    const char *end;   // stands before the arguments, which may begin with '-'
};

static const struct way ways[] = {
    { "sh", "-c", true, "" },     { "ash", "-c", true, "" },    { "bash", "-c", true, "" },
    { "dash", "-c", true, "" },   { "ksh", "-c", true, "" },    { "mksh", "-c", true, "" },
    { "zsh", "-c", true, "" },    { "fish", "-c", false, "" },  { "python", "-c", false, "" },
    { "pypy", "-c", false, "" },  { "perl", "-e", false, " --" }, { "ruby", "-e", false, " --" },
    { "node", "-e", false, " --" }, { "nodejs", "-e", false, " --" }, { "php", "-r", false, " --" },
};

// "python", and with a version: "python3.11", "ksh93".
static bool is_named(struct slice program, const char *name)
{
    size_t n = strlen(name);

    if (program.len < n || memcmp(program.ptr, name, n) != 0)
        return false;
    for (size_t i = n; i < program.len; i++)
        if (!strchr("0123456789.-", program.ptr[i]))
            return false;
    return true;
}

static const struct way *way_of(struct slice words)
{
    struct slice program = base_name(program_of(words));

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (is_named(program, ways[i].name))
            return &ways[i];
    return NULL;
}

// ---- lines of sh
static void put_words(struct slice words, struct buf *buf)
{
    struct slice word;

    while ((word = next_word(&words)).len) {
        buf_add_byte(buf, ' ');
        quote_sh(word, buf);
    }
}

static void put_args(const value *args, struct buf *buf)
{
    for (size_t i = 0; i < value_count(args); i++) {
        buf_add_byte(buf, ' ');
        quote_sh(value_bytes(value_at(args, i)), buf);
    }
    buf_add_byte(buf, '\n');
}

static void put_refusal(const char *front, struct slice name, const char *behind, int code,
                        struct buf *buf)
{
    struct buf text;

    buf_init(&text, 0);
    buf_add_str(&text, front);
    buf_add_slice(&text, name);
    buf_add_str(&text, behind);
    buf_add_str(buf, " || { printf '%s\\n' ");
    quote_sh(buf_slice(&text), buf);
    buf_addf(buf, " >&2; exit %d; }\n", code);
    buf_release(&text);
}

// A path is tried as what it is: some shells find any path with command -v.
static void put_trial(struct slice program, struct buf *buf)
{
    if (memchr(program.ptr, '/', program.len)) {
        buf_add_str(buf, "[ -x ");
        quote_sh(program, buf);
        buf_add_str(buf, " ]");
    } else {
        buf_add_str(buf, "command -v ");
        quote_sh(program, buf);
        buf_add_str(buf, " >/dev/null 2>&1");
    }
    put_refusal("there is no interpreter ", program, " on this host", 127, buf);
}

void interpreter_put_arch(struct slice arch, struct buf *buf)
{
    buf_add_str(buf, "command -v setarch >/dev/null 2>&1");
    put_refusal("there is no setarch on this host, which architecture ", arch,
                " needs (package util-linux)", 126, buf);
    buf_add_str(buf, "setarch ");
    quote_sh(arch, buf);
    buf_add_str(buf, " true >/dev/null 2>&1");
    put_refusal("this host has no architecture ", arch, "; setarch --list there names those it has",
                126, buf);
}

static void put_start(const struct interpreter *interpreter, struct buf *buf)
{
    if (interpreter->arch.len) {
        buf_add_str(buf, "setarch ");
        quote_sh(interpreter->arch, buf);
    }
    put_words(interpreter->words, buf);
}

static void put_argument(const struct interpreter *interpreter, const struct way *way,
                         struct slice text, const value *args, struct buf *buf)
{
    buf_add_str(buf, "exec ");
    put_start(interpreter, buf);
    buf_addf(buf, " %s ", way->option);
    quote_sh(text, buf);
    if (way->names_itself) {
        buf_add_byte(buf, ' ');
        quote_sh(program_of(interpreter->words), buf);
    }
    buf_add_str(buf, value_count(args) ? way->end : "");
    put_args(args, buf);
}

// A line that the text has not.
static void mark_choose(struct slice text, char mark[32])
{
    for (unsigned n = 0;; n++) {
        int len = snprintf(mark, 32, "PAWL-END-%u", n);
        if (!text.len || !memmem(text.ptr, text.len, mark, (size_t)len))
            return;
    }
}

static void put_file(struct slice text, const char *path, struct buf *buf)
{
    char mark[32];

    mark_choose(text, mark);
    buf_addf(buf, "cat >\"%s\" <<'%s' || exit 126\n", path, mark);
    buf_add_slice(buf, text);
    if (!text.len || text.ptr[text.len - 1] != '\n')
        buf_add_byte(buf, '\n');
    buf_addf(buf, "%s\n", mark);
}

// The program's own name is the spool's: what is beside it goes with it.
static void put_own_file(const struct interpreter *interpreter, struct slice text,
                         const value *args, struct buf *buf)
{
    put_file(text, "${0%cmd}text", buf);
    buf_add_str(buf, "exec ");
    put_start(interpreter, buf);
    buf_add_str(buf, " \"${0%cmd}text\"");
    put_args(args, buf);
}

// Nobody but that user can have written there. The shell stays, to remove it: a signal for
// the command comes to both, and the shell's turn is when the program has ended.
static void put_foreign_file(const struct interpreter *interpreter, struct slice text,
                             const value *args, struct buf *buf)
{
    buf_add_str(buf, "p_dir=$(mktemp -d \"${TMPDIR:-/tmp}/pawl.XXXXXX\") || exit 126\n"
                     "trap 'rm -rf \"$p_dir\"' EXIT\n"
                     "trap 'exit 129' HUP\ntrap 'exit 130' INT\ntrap 'exit 143' TERM\n");
    put_file(text, "$p_dir/script", buf);
    put_start(interpreter, buf);
    buf_add_str(buf, " \"$p_dir/script\"");
    put_args(args, buf);
    buf_add_str(buf, "exit\n");
}

void interpreter_put(const struct interpreter *interpreter, struct slice text, const value *args,
                     struct buf *buf)
{
    const struct way *way = way_of(interpreter->words);
    struct slice program;

    for (size_t i = 0; (program = interpreter_program(interpreter->words, i)).len; i++)
        put_trial(program, buf);
    if (interpreter->arch.len)
        interpreter_put_arch(interpreter->arch, buf);
    if (way && !interpreter->script && text.len <= ARGUMENT_MAX)
        put_argument(interpreter, way, text, args, buf);
    else if (interpreter->foreign)
        put_foreign_file(interpreter, text, args, buf);
    else
        put_own_file(interpreter, text, args, buf);
}
