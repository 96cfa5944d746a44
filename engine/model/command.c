// SPDX-License-Identifier: MIT
// How a command becomes a program: plain sh lines, every variable part as one
// single-quoted word, the author's shell text last and verbatim, so that its own
// line numbers and syntax errors are the shell's business alone.
#include "model/command.h"

#include <errno.h>

#include "model/as.h"
#include "model/interpreter.h"

int command_decode(struct slice args, struct value_doc *doc, struct command *ret, struct err *err)
{
    msgpack_object v;
    size_t at = 0;
    int rc = value_parse(doc, args, &at, &v, err);
    const value *in;

    if (rc < 0)
        return err_wrap(err, "command");
    in = value_get(&v, "stdin");
    *ret = (struct command){
        .host = value_bytes(value_get(&v, "host")),
        .shell = value_bytes(value_get(&v, "shell")),
        .script = value_bytes(value_get(&v, "script")),
        .as = value_bytes(value_get(&v, "as")),
        .cwd = value_bytes(value_get(&v, "cwd")),
        .interp = value_bytes(value_get(&v, "interp")),
        .arch = value_bytes(value_get(&v, "arch")),
        .transfer = value_bytes(value_get(&v, "transfer")),
        .from = value_bytes(value_get(&v, "from")),
        .to = value_bytes(value_get(&v, "to")),
        .mode = value_bytes(value_get(&v, "mode")),
        .stdin_bytes = value_bytes(in),
        .has_stdin = in != NULL,
        .argv = value_get(&v, "argv"),
        .args = value_get(&v, "args"),
        .env = value_get(&v, "env"),
    };
    if (!ret->shell.ptr && !ret->script.ptr && !ret->transfer.ptr && value_count(ret->argv) == 0)
        return err_set(err, ERR_USAGE, "command: it names nothing to run");
    return 0;
}

bool command_is_transfer(struct slice label)
{
    return slice_is(label, "put") || slice_is(label, "get");
}

void quote_sh(struct slice text, struct buf *buf)
{
    buf_add_byte(buf, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_str(buf, "'\\''");
        else
            buf_add_byte(buf, text.ptr[i]);
    }
    buf_add_byte(buf, '\'');
}

static bool is_plain_word(struct slice text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./:=@%+,";

    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(plain, text.ptr[i]))
            return false;
    return text.len > 0;
}

static void quote_word(struct slice word, struct buf *buf)
{
    if (is_plain_word(word))
        buf_add_slice(buf, word);
    else
        quote_sh(word, buf);
}

// Each word with a blank before it.
static void quote_words(const value *words, struct buf *buf)
{
    for (size_t i = 0; i < value_count(words); i++) {
        buf_add_byte(buf, ' ');
        quote_word(value_bytes(value_at(words, i)), buf);
    }
}

void command_text(const struct command *command, struct buf *buf, size_t max)
{
    size_t from = buf->len;

    if (command->argv) {
        for (size_t i = 0; i < value_count(command->argv); i++) {
            if (i)
                buf_add_byte(buf, ' ');
            quote_word(value_bytes(value_at(command->argv, i)), buf);
        }
    } else {
        buf_add_slice(buf, command->shell.ptr ? command->shell : command->script);
    }
    if (buf->len - from > max)
        buf_cut(buf, from + max);
}

static bool is_env_name(struct slice name)
{
    if (name.len == 0 || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z')))
            return false;
    }
    return true;
}

// What stands before the user's text is on its first line: the shell counts lines in its
// complaints, and they are to be the user's.
static void put_export(struct slice name, struct slice text, struct buf *buf)
{
    buf_add_str(buf, "export ");
    buf_add_slice(buf, name);
    buf_add_byte(buf, '=');
    quote_sh(text, buf);
    buf_add_str(buf, "; ");
}

static int put_env(const value *env, struct buf *buf, struct err *err)
{
    for (size_t i = 0; i < value_count(env); i++) {
        struct slice name = value_bytes(&env->via.map.ptr[i].key);
        if (!is_env_name(name))
            return err_set(err, ERR_USAGE, "env: '%.*s' cannot be the name of a variable",
                           SLICE_ARG(name));
        put_export(name, value_bytes(&env->via.map.ptr[i].val), buf);
    }
    return 0;
}

static bool is_shells_own(struct slice name)
{
    return slice_is(name, "PWD") || slice_is(name, "OLDPWD") || slice_is(name, "SHLVL") ||
           slice_is(name, "_");
}

void command_exports(const value *env, struct buf *buf)
{
    for (size_t i = 0; i < value_count(env); i++) {
        struct slice name = value_bytes(&env->via.map.ptr[i].key);
        if (is_env_name(name) && !is_shells_own(name))
            put_export(name, value_bytes(&env->via.map.ptr[i].val), buf);
    }
}

static void put_cd(struct slice cwd, struct buf *buf)
{
    if (cwd.len == 0)
        return;
    // 126: the command could not be begun; the message is the shell's own. A
    // directory called "-" or "-P" must not be read as an option.
    buf_add_str(buf, "cd -- ");
    quote_sh(cwd, buf);
    buf_add_str(buf, " || exit 126; ");
}

static struct slice interpreter_words(const struct command *command)
{
    struct slice words = command->interp;

    if (!words.len && command->script.ptr)
        words = interpreter_of_script(command->script);
    return !words.len && command->arch.len ? SLICE("sh") : words;
}

// The loader obeys these already in what runs the program.
static bool is_loaders(struct slice name)
{
    return (name.len > 3 && memcmp(name.ptr, "LD_", 3) == 0) || slice_is(name, "GLIBC_TUNABLES");
}

bool command_env_is_plain(const value *env)
{
    for (size_t i = 0; i < value_count(env); i++)
        if (is_loaders(value_bytes(&env->via.map.ptr[i].key)))
            return false;
    return true;
}

// The words behind "$@" are nobody's options.
bool command_is_direct(const struct command *command)
{
    struct slice program;

    if (!command->argv || command->as.len || command->arch.len)
        return false;
    program = value_bytes(value_at(command->argv, 0));
    return program.len > 0 && program.ptr[0] != '-' && command_env_is_plain(command->env);
}

// Words of sh that fail when the program cannot be started. `command -v` of a path says
// only that it is there.
static void put_is_there(struct slice program, struct buf *buf)
{
    if (memchr(program.ptr, '/', program.len)) {
        buf_add_str(buf, "[ -f ");
        quote_word(program, buf);
        buf_add_str(buf, " ] && [ -x ");
        quote_word(program, buf);
        buf_add_str(buf, " ]");
    } else {
        buf_add_str(buf, "command -v ");
        quote_word(program, buf);
        buf_add_str(buf, " >/dev/null 2>&1");
    }
}

// What is not there the shell is to say, in its words.
static void put_direct(const struct command *command, struct buf *buf)
{
    buf_add_str(buf, "if ");
    put_is_there(value_bytes(value_at(command->argv, 0)), buf);
    buf_add_str(buf, "; then exec \"$@\"");
    quote_words(command->argv, buf);
    buf_add_str(buf, "\nfi\nexec \"$@\" sh -c 'exec \"$@\"' sh");
    quote_words(command->argv, buf);
    buf_add_byte(buf, '\n');
}

static void put_shell(const struct command *command, struct buf *buf)
{
    struct slice text = command->shell.ptr ? command->shell : command->script;
    struct interpreter interpreter = { .words = interpreter_words(command), .arch = command->arch,
                                       .script = command->script.ptr != NULL,
                                       .foreign = command->as.len > 0 };

    if (interpreter.words.len) {
        interpreter_put(&interpreter, text, command->args, buf);
        return;
    }
    buf_add_str(buf, "set --");
    quote_words(command->args, buf);
    buf_add_str(buf, "; ");
    buf_add_slice(buf, text);
    buf_add_byte(buf, '\n');
}

static void put_argv(const struct command *command, struct buf *buf)
{
    if (command->arch.len)
        interpreter_put_arch(command->arch, buf);
    buf_add_str(buf, "exec");
    if (command->arch.len) {
        buf_add_str(buf, " setarch ");
        quote_word(command->arch, buf);
    }
    quote_words(command->argv, buf);
    buf_add_byte(buf, '\n');
}

int command_program(const struct command *command, struct slice default_cwd, struct buf *buf,
                    struct err *err)
{
    size_t from = buf->len;
    int rc;

    if (command->as.len)
        as_put_home(command->as, buf);
    // Relative directories are relative to the job's own: cd twice.
    put_cd(default_cwd, buf);
    put_cd(command->cwd, buf);
    rc = put_env(command->env, buf, err);
    if (rc < 0)
        return rc;
    if (command->arch.len && !interpreter_is_arch(command->arch))
        return err_set(err, ERR_USAGE, "arch: '%.*s' is no name of an architecture",
                       command->arch.len < 64 ? (int)command->arch.len : 64,
                       (const char *)command->arch.ptr);
    if (command_is_direct(command))
        put_direct(command, buf);
    else if (command->argv)
        put_argv(command, buf);
    else
        put_shell(command, buf);
    if (buf_failed(buf))
        return err_set(err, buf_failed(buf), "no memory for the command's program");
    if (memchr(buf->ptr + from, 0, buf->len - from))
        return err_set(err, -EINVAL, "a command cannot contain a NUL byte; pass it on stdin");
    return 0;
}
