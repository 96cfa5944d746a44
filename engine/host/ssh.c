// SPDX-License-Identifier: MIT
// The remote command is a constant, `exec /bin/sh -s pawl-runner`, which every login shell can
// read, csh and fish among them. Its first lines of input turn that sh into the runner. Nothing
// follows before READY: dash and busybox read ahead, and what they have read is lost to
// whoever comes after them.
//
// ssh takes the first value it finds for an option: first what a link cannot do without,
// then what the user gave, then our defaults, and last the user's configuration.
// ControlMaster=no: a master of the user's may carry us (where a login needs a token,
// it is the only way in), but we never become one, whose end would wait for strangers.
// Host keys are not our business: StrictHostKeyChecking is not touched.
//
// It must never ask anybody: no terminal, no pass phrase, no window.
#include "host/ssh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "host/carrier.h"
#include "model/command.h"
#include "model/hostset.h"

enum {
    CONNECT_S = 10,
    KEEPALIVE_S = 7,      // with three unanswered a cut is seen in 21 to 28 s
    KEEPALIVES = 3,
    HELLO_MS = 30000,     // for the login and the runner, beyond the connect
    EXIT_OF_SSH = 255,    // it failed itself: the remote command's code otherwise
};

struct words_list { // a growing array of strings, ended by NULL for execve
    char **items;
    size_t count, cap;
    bool failed;
};

// A destination in its parts, and the numbers as text.
struct parts {
    char user[HOSTSET_NAME_MAX + 1], host[HOSTSET_NAME_MAX + 1], port[HOSTSET_NAME_MAX + 1];
    char connect[32], keepalive[32], keepalives[32];
};

// --- The command line ------------------------------------------------------------

static void part_copy(char *ret, const uint8_t *from, const uint8_t *to)
{
    memcpy(ret, from, (size_t)(to - from));
    ret[to - from] = '\0';
}

// The text is a name by the allow-list: one @ and one : at most, in this order.
static void split(struct parts *parts, struct slice text)
{
    const uint8_t *from = text.ptr, *end = text.ptr + text.len;
    const uint8_t *at = memchr(from, '@', text.len);
    const uint8_t *colon = memchr(from, ':', text.len);

    part_copy(parts->user, from, at ? at : from);
    part_copy(parts->host, at ? at + 1 : from, colon ? colon : end);
    part_copy(parts->port, colon ? colon + 1 : end, end);
}

static int parts_init(struct parts *parts, const struct ssh_target *target, struct err *err)
{
    if (!hostset_is_name(target->destination))
        return err_set(err, ERR_USAGE, "\"%.*s\" is no name of a host: [user@]host[:port] is, "
                       "of letters, digits, '.', '_' and '-'", SLICE_ARG(target->destination));
    split(parts, target->destination);
    snprintf(parts->connect, sizeof(parts->connect), "ConnectTimeout=%u",
             target->connect_s ? target->connect_s : CONNECT_S);
    snprintf(parts->keepalive, sizeof(parts->keepalive), "ServerAliveInterval=%u",
             target->keepalive_s ? target->keepalive_s : KEEPALIVE_S);
    snprintf(parts->keepalives, sizeof(parts->keepalives), "ServerAliveCountMax=%d", KEEPALIVES);
    return 0;
}

// execve takes no const; nobody writes to them.
static void add(struct words_list *list, const char *word)
{
    char **items = array_room(list->items, list->count, &list->cap, sizeof(*items));

    if (!items) {
        list->failed = true;
        return;
    }
    list->items = items;
    items[list->count++] = (char *)(uintptr_t)word;
}

static void add_two(struct words_list *list, const char *option, const char *word)
{
    if (!word || !*word)
        return;
    add(list, option);
    add(list, word);
}

// With everything but the end of the list.
static void argv_fill(struct words_list *argv, const struct ssh_target *target,
                      const struct parts *parts)
{
    static const char *const needed[] = {
        "BatchMode=yes",       "EscapeChar=none",     "RemoteCommand=none",
        "ControlMaster=no",    "PermitLocalCommand=no", "ClearAllForwardings=yes",
        "ForwardX11=no",
    };

    add(argv, target->program && *target->program ? target->program : "ssh");
    add(argv, "-T"); // no terminal there either
    add_two(argv, "-F", target->config);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        add_two(argv, "-o", needed[i]);
    for (size_t i = 0; target->options && target->options[i]; i++)
        add_two(argv, "-o", target->options[i]);
    add_two(argv, "-o", parts->connect);
    add_two(argv, "-o", parts->keepalive);
    add_two(argv, "-o", parts->keepalives);
    add_two(argv, "-p", parts->port);
    add_two(argv, "-l", parts->user);
    add(argv, "--"); // whatever the name is, it is no option
    add(argv, parts->host);
    add(argv, "exec /bin/sh -s pawl-runner");
}

// Whoever wants a window opened must ask somebody else.
#define NEVER_ASK "SSH_ASKPASS_REQUIRE=never"

// The engine's own environment, but for that.
static void env_fill(struct words_list *env)
{
    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, NEVER_ASK, sizeof("SSH_ASKPASS_REQUIRE=") - 1) != 0)
            add(env, *e);
    add(env, NEVER_ASK);
    add(env, NULL);
}

int ssh_command(const struct ssh_target *target, struct buf *buf, struct err *err)
{
    struct words_list argv = { 0 };
    struct parts parts;
    int rc = parts_init(&parts, target, err);

    if (rc < 0)
        return rc;
    argv_fill(&argv, target, &parts);
    buf_add_str(buf, "export " NEVER_ASK "\nexec");
    for (size_t i = 0; i < argv.count; i++) {
        buf_add_byte(buf, ' ');
        quote_sh(slice_str(argv.items[i]), buf);
    }
    free(argv.items);
    if (argv.failed || buf_failed(buf))
        return err_set(err, -ENOMEM, "no memory for the command line of ssh");
    return 0;
}

// --- What its end means -----------------------------------------------------------

const char *const ssh_denials[] = {
    "Permission denied (",        // by every way of proving who we are
    "Too many authentication failures",
    "Host key verification failed",
    "Unable to negotiate with",   // no cipher, key exchange or host key in common
    "Bad owner or permissions on", "Bad configuration option",
    "terminating, ",              // "2 bad configuration options"
    "command-line",               // "command-line line 0: ..."
    NULL,
};

static bool is_denial(const char *words)
{
    for (size_t i = 0; ssh_denials[i]; i++)
        if (strstr(words, ssh_denials[i]))
            return true;
    return false;
}

// What came instead of a runner, with what was said about it.
static void tell_no_shell(const struct carrier_end *end, char text[CARRIER_REASON])
{
    const char *apart = *end->noise && *end->words ? "; " : "";

    if (*end->noise || *end->words)
        snprintf(text, CARRIER_REASON, "no POSIX shell answers there: %s%s%s", end->noise, apart,
                 end->words);
    else
        snprintf(text, CARRIER_REASON,
                 "no POSIX shell answers there: the login ended with code %lld and said nothing",
                 (long long)end->code);
}

static void tell_words(const struct carrier_end *end, char text[CARRIER_REASON])
{
    if (*end->words)
        snprintf(text, CARRIER_REASON, "%s", end->words);
    else if (end->why)
        snprintf(text, CARRIER_REASON, "ssh was ended: %s", end->why);
    else if (end->signal)
        snprintf(text, CARRIER_REASON, "ssh was ended by signal %d", end->signal);
    else if (end->code == EXIT_OF_SSH)
        snprintf(text, CARRIER_REASON, "ssh ended without a word");
    else
        snprintf(text, CARRIER_REASON, "the runner ended with code %lld", (long long)end->code);
}

static enum link_end explain(const struct carrier_end *end, char text[CARRIER_REASON])
{
    bool by_target = !end->signal && end->code != EXIT_OF_SSH;

    if (!end->ready && by_target) {
        tell_no_shell(end, text);
        return LINK_END_NO_SHELL;
    }
    tell_words(end, text);
    if (end->ready)
        return LINK_END_LOST;
    return is_denial(end->words) ? LINK_END_DENIED : LINK_END_UNREACHED;
}

// --- The beginning ----------------------------------------------------------------

static uint64_t hello_ms(const struct ssh_target *target)
{
    return HELLO_MS + (uint64_t)(target->connect_s ? target->connect_s : CONNECT_S) * 1000;
}

static int open_with(struct link **ret, struct link_pool *pool,
                     const struct carrier_program *ssh, const struct link_options *options,
                     struct err *err)
{
    struct carrier_program program = *ssh;
    struct runner runner;
    struct buf first;
    int rc = runner_init(&runner, link_pool_text(pool), options, err);

    if (rc < 0)
        return rc;
    buf_init(&first, 0);
    runner_command(&runner, &first);
    program.nonce = runner.nonce;
    program.first = buf_slice(&first);
    if (buf_failed(&first))
        rc = err_set(err, -ENOMEM, "no memory for a link");
    else
        rc = carrier_open(ret, pool, &program, options, err);
    buf_release(&first);
    return rc;
}

int link_ssh_open(struct link **ret, struct link_pool *pool, const struct ssh_target *target,
                  const struct link_options *options, struct err *err)
{
    struct words_list argv = { 0 }, env = { 0 };
    struct carrier_program program = {
        .what = "ssh",
        .hello_ms = hello_ms(target),
        .kill_group = true,
        .explain = explain,
    };
    struct parts parts;
    int rc = parts_init(&parts, target, err);

    if (rc < 0)
        return rc;
    argv_fill(&argv, target, &parts);
    add(&argv, NULL);
    env_fill(&env);
    program.argv = argv.items;
    program.env = env.items;
    if (argv.failed || env.failed)
        rc = err_set(err, -ENOMEM, "no memory for the command line of ssh");
    else
        rc = open_with(ret, pool, &program, options, err);
    free(argv.items);
    free(env.items);
    return rc;
}
