// SPDX-License-Identifier: MIT
// How: a host is a list of commands, its spool, and the messages that are on their
// way from it. Its link is lost with the engine; the spool stays.
//
// Commands are words: `ms=50 out=text err=text code=3 reboot=1`; the rest is ignored, so
// that every command may carry a name. reboot: at its end its host goes, and is back later.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "inside.h"

enum { BOOT_MS = 30 * 1000 };

struct command { // one directory of the host's spool
    struct list link;
    struct link_key key;
    char *text;
    int64_t ends_ms;
    uint64_t boot;
    int code;
    bool done, killed, forgotten;
    unsigned starts;
    uint64_t sent[3];             // by stream: bytes its link was told already
    const struct sim_link *told;  // the link that started or attached it
};

struct message { // from the host to the engine
    struct list link;
    struct link_event event;
    char *data;
};

static struct command *find_command(struct sim_host *host, struct link_key key)
{
    list_each(it, &host->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->key.intent_no == key.intent_no && uuid_equal(c->key.job, key.job))
            return c;
    }
    return NULL;
}

static void tell(struct sim_host *host, struct link_event event, const char *data)
{
    struct message *message;

    if (host->link->cut)
        return;
    message = calloc(1, sizeof(*message));
    assert(message);
    message->event = event;
    message->data = data ? strdup(data) : NULL;
    list_append(&host->link->messages, &message->link);
}

// The value of NAME=... in the command's text; "" when it is not there.
static void word_of(const char *text, const char *name, char *ret, size_t room)
{
    const char *at = strstr(text, name);
    size_t n = 0;

    for (at = at ? at + strlen(name) : ""; *at && *at != ' ' && *at != '\n' && n + 1 < room; at++)
        ret[n++] = *at;
    ret[n] = 0;
}

static void tell_stream(struct sim_host *host, struct command *c, enum link_stream stream)
{
    struct link_event event = { .type = LINK_OUTPUT, .key = c->key, .stream = stream,
                                .offset = c->sent[stream] };
    char data[256];

    word_of(c->text, stream == LINK_OUT ? "out=" : "err=", data, sizeof(data));
    if (strlen(data) <= c->sent[stream])
        return;
    tell(host, event, data + c->sent[stream]);
    c->sent[stream] = strlen(data);
}

static void tell_end(struct sim_host *host, struct command *c)
{
    struct link_event event = { .type = LINK_DONE, .key = c->key, .code = c->code };

    tell_stream(host, c, LINK_OUT);
    tell_stream(host, c, LINK_ERR);
    if (c->killed)
        event = (struct link_event){ .type = LINK_DONE, .key = c->key, .signal = 15 };
    else if (!c->done)
        event.type = LINK_INTERRUPTED;
    tell(host, event, NULL);
}

static void attach(struct sim_host *host, struct command *c, uint64_t out, uint64_t err)
{
    tell(host, (struct link_event){ .type = LINK_STARTED, .key = c->key }, NULL);
    c->told = host->link;
    c->sent[LINK_OUT] = out;
    c->sent[LINK_ERR] = err;
    if (c->done || c->killed || c->boot != host->boot)
        tell_end(host, c);
    else
        tell_stream(host, c, LINK_OUT);
}

static void begin_command(struct sim_host *host, const struct link_start *start)
{
    struct command *c = calloc(1, sizeof(*c));
    char word[32];

    assert(c);
    c->key = start->key;
    c->text = strndup((const char *)start->program.ptr, start->program.len);
    c->boot = host->boot;
    word_of(c->text, "code=", word, sizeof(word));
    c->code = atoi(word);
    word_of(c->text, "ms=", word, sizeof(word));
    c->ends_ms = host->sim->now_ms + atoi(word);
    c->starts = 1;
    host->sim->counts.starts++;
    list_append(&host->commands, &c->link);
}

static bool runs(const struct sim_host *host, const struct command *c)
{
    return !c->done && !c->killed && c->boot == host->boot;
}

static struct sim_host *host_of(struct link *link)
{
    return container_of(link, struct sim_link, base)->host;
}

static int on_start(struct link *link, const struct link_start *start, struct err *err)
{
    struct sim_host *host = host_of(link);
    struct command *c = find_command(host, start->key), *older;
    struct link_key old = { start->key.job, start->supersedes_intent_no };

    (void)err;
    if (host->link->cut)
        return 0;
    older = start->has_supersedes ? find_command(host, old) : NULL;
    if (older && !older->done && older->boot == host->boot)
        older->killed = true;
    if (!c)
        begin_command(host, start);
    else if (c->forgotten) // by us: it would run a second time
        c->starts++;
    attach(host, find_command(host, start->key), start->out_offset, start->err_offset);
    return 0;
}

static int on_attach(struct link *link, struct link_key key, uint64_t out, uint64_t errs,
                     struct err *err)
{
    struct sim_host *host = host_of(link);
    struct command *c = find_command(host, key);

    (void)err;
    if (c && !c->forgotten)
        attach(host, c, out, errs);
    else
        tell(host, (struct link_event){ .type = LINK_ABSENT, .key = key }, NULL);
    return 0;
}

static int on_credit(struct link *link, struct link_key key, uint64_t bytes, struct err *err)
{
    (void)link, (void)key, (void)bytes, (void)err;
    return 0;
}

static int on_signal(struct link *link, struct link_key key, int signum, struct err *err)
{
    struct sim_host *host = host_of(link);
    struct command *c = find_command(host, key);
    bool alive = c && runs(host, c);

    (void)signum, (void)err;
    if (host->link->cut)
        return 0;
    tell(host, (struct link_event){ .type = LINK_SIGNALLED, .key = key, .code = !alive }, NULL);
    if (alive) {
        c->killed = true;
        tell_end(host, c);
    }
    return 0;
}

static int on_forget(struct link *link, struct link_key key, struct err *err)
{
    struct sim_host *host = host_of(link);
    struct command *c = find_command(host, key);

    (void)err;
    if (c && !host->link->cut)
        c->forgotten = true; // kept for the count of starts
    tell(host, (struct link_event){ .type = LINK_FORGOTTEN, .key = key }, NULL);
    return 0;
}

static int on_list(struct link *link, struct err *err)
{
    struct sim_host *host = host_of(link);

    (void)err;
    list_each(it, &host->commands) {
        struct command *c = container_of(it, struct command, link);
        if (!c->forgotten)
            tell(host, (struct link_event){ .type = LINK_LISTED, .key = c->key }, NULL);
    }
    tell(host, (struct link_event){ .type = LINK_LISTED }, NULL);
    return 0;
}

static int on_status(struct link *link, struct err *err)
{
    (void)err;
    tell(host_of(link), (struct link_event){ .type = LINK_STATUS }, NULL);
    return 0;
}

static void drop_messages(struct sim_link *link)
{
    list_each_safe(it, &link->messages) {
        struct message *message = container_of(it, struct message, link);
        free(message->data);
        free(message);
    }
    list_init(&link->messages);
}

// Its memory may serve the next link.
static void forget_link(const struct sim_link *link)
{
    list_each(it, &link->host->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->told == link)
            c->told = NULL;
    }
}

static void on_close(struct link *link, void (*closed)(void *arg), void *arg)
{
    struct sim_link *sl = container_of(link, struct sim_link, base);

    if (sl->host->link == sl)
        sl->host->link = NULL;
    forget_link(sl);
    drop_messages(sl);
    free(sl);
    closed(arg);
}

static void on_hold(struct link *link, bool held)
{
    struct sim_link *sl = container_of(link, struct sim_link, base);

    assert(sl->held != held);
    sl->held = held;
    sl->host->sim->counts.holds += held;
}

static const struct link_ops link_ops = { on_start, on_attach, on_credit, on_signal,
                                          on_forget, on_list, on_status, on_hold, on_close };

struct sim_link *host_link_new(struct sim_host *host, const struct link_options *options)
{
    struct sim_link *link = calloc(1, sizeof(*link));
    struct link_event first = { .type = LINK_READY, .boot_id = slice_str(host->boot_text) };
    struct link_event away = { .type = LINK_DOWN, .end = LINK_END_UNREACHED, .text = SLICE("away") };
    struct link_event refuses = { .type = LINK_DOWN, .end = LINK_END_DENIED, .text = SLICE("no") };

    assert(link && !host->link);
    *link = (struct sim_link){ .base.ops = &link_ops, .host = host, .fn = options->event,
                               .arg = options->arg };
    list_init(&link->messages);
    host->link = link;
    if (host->away_until_ms > host->sim->now_ms)
        first = away;
    else if (host->refuses_until_ms > host->sim->now_ms)
        first = refuses;
    tell(host, first, NULL);
    return link;
}

bool host_has_news(const struct sim_host *host)
{
    const struct sim_link *link = host->link;

    return link && !link->held && (link->cut || !list_is_empty(&link->messages));
}

static void tell_cut(struct sim_link *link)
{
    struct link_event down = { .type = LINK_DOWN, .text = SLICE("cut") };

    link->fn(link->arg, &link->base, &down);
}

void host_deliver(struct sim_host *host)
{
    struct sim_link *link = host->link;
    struct list *first = list_first(&link->messages);
    struct message *message = container_of(first, struct message, link);

    if (link->cut) {
        tell_cut(link);
        return;
    }
    list_remove(first);
    message->event.data = slice_str(message->data);
    link->fn(link->arg, &link->base, &message->event);
    free(message->data);
    free(message);
}

void host_cut_link(struct sim_host *host)
{
    struct sim_link *link = host->link;

    if (!link || link->cut)
        return;
    host->sim->counts.cuts++;
    drop_messages(link);
    link->cut = true;
    if (!link->held) // else it is told when the engine listens again
        tell_cut(link);
}

static void begin_boot(struct sim_host *host)
{
    host->boot++;
    snprintf(host->boot_text, sizeof(host->boot_text), "%s-%llu", host->name,
             (unsigned long long)host->boot);
}

void host_reboot(struct sim_host *host)
{
    host->sim->counts.reboots++;
    begin_boot(host);
    host_cut_link(host);
}

static void reboot_by_command(struct sim_host *host)
{
    host_reboot(host);
    host->away_until_ms = host->sim->now_ms + BOOT_MS;
}

bool host_end_one_command(struct sim_host *host)
{
    list_each(it, &host->commands) {
        struct command *c = container_of(it, struct command, link);
        if (!runs(host, c) || c->ends_ms > host->sim->now_ms)
            continue;
        c->done = true;
        if (host->link && c->told == host->link)
            tell_end(host, c);
        if (strstr(c->text, "reboot="))
            reboot_by_command(host);
        return true;
    }
    return false;
}

int64_t host_next_end_ms(const struct sim_host *host)
{
    int64_t next = INT64_MAX;

    list_each(it, &host->commands) {
        const struct command *c = container_of(it, struct command, link);
        if (runs(host, c) && c->ends_ms < next)
            next = c->ends_ms;
    }
    return next;
}

void host_init(struct sim_host *host, struct sim *sim, struct slice name)
{
    assert(name.len < sizeof(host->name));
    *host = (struct sim_host){ .sim = sim };
    memcpy(host->name, name.ptr, name.len);
    list_init(&host->commands);
    begin_boot(host);
}

void host_release(struct sim_host *host)
{
    list_each_safe(it, &host->commands) {
        struct command *c = container_of(it, struct command, link);
        free(c->text);
        free(c);
    }
}

unsigned host_doubled(const struct sim_host *host)
{
    unsigned doubled = 0;

    list_each(it, &host->commands)
        doubled += container_of(it, const struct command, link)->starts > 1;
    return doubled;
}

unsigned host_started(const struct sim_host *host, const char *word)
{
    unsigned n = 0;

    list_each(it, &host->commands)
        n += strstr(container_of(it, const struct command, link)->text, word) != NULL;
    return n;
}
