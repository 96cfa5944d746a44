// SPDX-License-Identifier: MIT
// How: a host is a list of commands, its spool, and the messages that are on their
// way from it. Its link is lost with the engine; the spool stays.
//
// Commands are words: `ms=50 out=text err=text code=3`; the rest is ignored, so
// that every command may carry a name.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "inside.h"

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

static struct command *find_command(struct sim *sim, struct link_key key)
{
    list_each(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->key.intent_no == key.intent_no && uuid_equal(c->key.job, key.job))
            return c;
    }
    return NULL;
}

static void tell(struct sim *sim, struct link_event event, const char *data)
{
    struct message *message;

    if (sim->sim_link->cut)
        return;
    message = calloc(1, sizeof(*message));
    assert(message);
    message->event = event;
    message->data = data ? strdup(data) : NULL;
    list_append(&sim->sim_link->messages, &message->link);
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

static void tell_stream(struct sim *sim, struct command *c, enum link_stream stream)
{
    struct link_event event = { .type = LINK_OUTPUT, .key = c->key, .stream = stream,
                                .offset = c->sent[stream] };
    char data[256];

    word_of(c->text, stream == LINK_OUT ? "out=" : "err=", data, sizeof(data));
    if (strlen(data) <= c->sent[stream])
        return;
    tell(sim, event, data + c->sent[stream]);
    c->sent[stream] = strlen(data);
}

static void tell_end(struct sim *sim, struct command *c)
{
    struct link_event event = { .type = LINK_DONE, .key = c->key, .code = c->code };

    tell_stream(sim, c, LINK_OUT);
    tell_stream(sim, c, LINK_ERR);
    if (c->killed)
        event = (struct link_event){ .type = LINK_DONE, .key = c->key, .signal = 15 };
    else if (!c->done)
        event.type = LINK_INTERRUPTED;
    tell(sim, event, NULL);
}

static void attach(struct sim *sim, struct command *c, uint64_t out, uint64_t err)
{
    tell(sim, (struct link_event){ .type = LINK_STARTED, .key = c->key }, NULL);
    c->told = sim->sim_link;
    c->sent[LINK_OUT] = out;
    c->sent[LINK_ERR] = err;
    if (c->done || c->killed || c->boot != sim->boot)
        tell_end(sim, c);
    else
        tell_stream(sim, c, LINK_OUT);
}

static void begin_command(struct sim *sim, const struct link_start *start)
{
    struct command *c = calloc(1, sizeof(*c));
    char word[32];

    assert(c);
    c->key = start->key;
    c->text = strndup((const char *)start->program.ptr, start->program.len);
    c->boot = sim->boot;
    word_of(c->text, "code=", word, sizeof(word));
    c->code = atoi(word);
    word_of(c->text, "ms=", word, sizeof(word));
    c->ends_ms = sim->now_ms + atoi(word);
    c->starts = 1;
    sim->counts.starts++;
    list_append(&sim->commands, &c->link);
}

static struct sim *sim_of(struct link *link)
{
    return container_of(link, struct sim_link, base)->sim;
}

static int on_start(struct link *link, const struct link_start *start, struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, start->key), *older;
    struct link_key old = { start->key.job, start->supersedes_intent_no };

    (void)err;
    if (sim->sim_link->cut)
        return 0;
    older = start->has_supersedes ? find_command(sim, old) : NULL;
    if (older && !older->done && older->boot == sim->boot)
        older->killed = true;
    if (!c)
        begin_command(sim, start);
    attach(sim, find_command(sim, start->key), start->out_offset, start->err_offset);
    return 0;
}

static int on_attach(struct link *link, struct link_key key, uint64_t out, uint64_t errs,
                     struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, key);

    (void)err;
    if (c && !c->forgotten)
        attach(sim, c, out, errs);
    else
        tell(sim, (struct link_event){ .type = LINK_ABSENT, .key = key }, NULL);
    return 0;
}

static int on_credit(struct link *link, struct link_key key, uint64_t bytes, struct err *err)
{
    (void)link, (void)key, (void)bytes, (void)err;
    return 0;
}

static int on_signal(struct link *link, struct link_key key, int signum, struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, key);
    bool alive = c && !c->done && !c->killed && c->boot == sim->boot;

    (void)signum, (void)err;
    if (sim->sim_link->cut)
        return 0;
    tell(sim, (struct link_event){ .type = LINK_SIGNALLED, .key = key, .code = !alive }, NULL);
    if (alive) {
        c->killed = true;
        tell_end(sim, c);
    }
    return 0;
}

static int on_forget(struct link *link, struct link_key key, struct err *err)
{
    struct sim *sim = sim_of(link);
    struct command *c = find_command(sim, key);

    (void)err;
    if (c && !sim->sim_link->cut)
        c->forgotten = true; // kept for the count of starts
    tell(sim, (struct link_event){ .type = LINK_FORGOTTEN, .key = key }, NULL);
    return 0;
}

static int on_list(struct link *link, struct err *err)
{
    struct sim *sim = sim_of(link);

    (void)err;
    list_each(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (!c->forgotten)
            tell(sim, (struct link_event){ .type = LINK_LISTED, .key = c->key }, NULL);
    }
    tell(sim, (struct link_event){ .type = LINK_LISTED }, NULL);
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
    list_each(it, &link->sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->told == link)
            c->told = NULL;
    }
}

static void on_close(struct link *link, void (*closed)(void *arg), void *arg)
{
    struct sim_link *sl = container_of(link, struct sim_link, base);

    if (sl->sim->sim_link == sl)
        sl->sim->sim_link = NULL;
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
    sl->sim->counts.holds += held;
}

static const struct link_ops link_ops = { on_start, on_attach, on_credit, on_signal,
                                          on_forget, on_list, on_hold, on_close };

struct sim_link *host_link_new(struct sim *sim, const struct link_options *options)
{
    struct sim_link *link = calloc(1, sizeof(*link));

    assert(link && !sim->sim_link);
    *link = (struct sim_link){ .base.ops = &link_ops, .sim = sim, .fn = options->event,
                               .arg = options->arg };
    list_init(&link->messages);
    sim->sim_link = link;
    tell(sim, (struct link_event){ .type = LINK_READY,
                                   .boot_id = slice_str(sim->boot_text) }, NULL);
    return link;
}

bool host_has_news(const struct sim *sim)
{
    const struct sim_link *link = sim->sim_link;

    return link && !link->held && (link->cut || !list_is_empty(&link->messages));
}

static void tell_cut(struct sim_link *link)
{
    struct link_event down = { .type = LINK_DOWN, .text = SLICE("cut") };

    link->fn(link->arg, &link->base, &down);
}

void host_deliver(struct sim *sim)
{
    struct sim_link *link = sim->sim_link;
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

void host_cut_link(struct sim *sim)
{
    struct sim_link *link = sim->sim_link;

    sim->counts.cuts++;
    drop_messages(link);
    link->cut = true;
    if (!link->held) // else it is told when the engine listens again
        tell_cut(link);
}

void host_reboot(struct sim *sim)
{
    sim->counts.reboots++;
    sim->boot++;
    snprintf(sim->boot_text, sizeof(sim->boot_text), "boot-%llu", (unsigned long long)sim->boot);
    if (sim->sim_link)
        host_cut_link(sim);
}

bool host_end_one_command(struct sim *sim)
{
    list_each(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        if (c->done || c->killed || c->boot != sim->boot || c->ends_ms > sim->now_ms)
            continue;
        c->done = true;
        if (sim->sim_link && c->told == sim->sim_link)
            tell_end(sim, c);
        return true;
    }
    return false;
}

int64_t host_next_end_ms(const struct sim *sim)
{
    int64_t next = INT64_MAX;

    list_each(it, &sim->commands) {
        const struct command *c = container_of(it, struct command, link);
        if (!c->done && !c->killed && c->boot == sim->boot && c->ends_ms < next)
            next = c->ends_ms;
    }
    return next;
}

void host_free(struct sim *sim)
{
    list_each_safe(it, &sim->commands) {
        struct command *c = container_of(it, struct command, link);
        free(c->text);
        free(c);
    }
}

unsigned sim_doubled(const struct sim *sim)
{
    unsigned doubled = 0;

    list_each(it, &sim->commands)
        doubled += container_of(it, const struct command, link)->starts > 1;
    return doubled;
}

unsigned sim_started(const struct sim *sim, const char *word)
{
    unsigned n = 0;

    list_each(it, &sim->commands)
        n += strstr(container_of(it, const struct command, link)->text, word) != NULL;
    return n;
}
