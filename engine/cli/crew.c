// SPDX-License-Identifier: MIT
#include "cli/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/duration.h"
#include "cli/call.h"
#include "cli/text.h"
#include "model/hostset.h"

enum { RECAP_SET_MAX = 2000 }; // bytes of one set: more is no help to a reader

static const char *const place_names[] = {
#define X(id, name, word) name,
    MEMBERS(X)
#undef X
};

static const char *const place_words[] = {
#define X(id, name, word) word,
    MEMBERS(X)
#undef X
};

const char *member_place_name(enum member_place place) { return place_names[place]; }
const char *member_place_word(enum member_place place) { return place_words[place]; }

void crew_init(struct crew *crew)
{
    *crew = (struct crew){ .sorted = true };
    map_init(&crew->by_id);
}

static void member_free(struct member *member)
{
    free(member->host);
    free(member->reason);
    free(member);
}

void crew_release(struct crew *crew)
{
    for (size_t i = 0; i < crew->count; i++)
        member_free(crew->all[i]);
    free(crew->all);
    map_release(&crew->by_id);
    crew_init(crew);
}

// ---- rows
static time_t time_of(const char *rfc3339)
{
    struct tm tm = { 0 };

    return strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;
}

// What a row does not say in a word of its own is seen from its other facts.
static bool failure_is(const json_t *row, const char *failure, bool otherwise)
{
    const char *said = row_text(row, "failure");

    return *said ? strcmp(said, failure) == 0 : otherwise;
}

static bool is_unreachable(const json_t *row)
{
    static const char begin[] = "unreachable: ";

    return failure_is(row, "unreachable",
                      strncmp(row_text(row, "reason"), begin, sizeof(begin) - 1) == 0);
}

static bool is_unreached(const json_t *row)
{
    return failure_is(row, "unreached", !json_is_string(json_object_get(row, "started")));
}

static enum member_place place_of(const json_t *row)
{
    static const struct {
        const char *state;
        enum member_place place;
    } places[] = {
        { "Completed", MEMBER_DONE },   { "Disconnected", MEMBER_AWAY },
        { "Blocked", MEMBER_HALTED },   { "Suspended", MEMBER_HALTED },
        { "NotStarted", MEMBER_WAITING },
    };
    const char *state = row_text(row, "state");

    if (strcmp(state, "Failed") == 0)
        return is_unreachable(row) ? MEMBER_UNREACHABLE : MEMBER_FAILED;
    if (strcmp(state, "Stopped") == 0)
        return is_unreached(row) ? MEMBER_UNREACHED : MEMBER_STOPPED;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(places[i].state, state) == 0)
            return places[i].place;
    return MEMBER_RUNNING; // Suspending and Stopping, too
}

static struct member *member_new(struct crew *crew, const json_t *row)
{
    struct member **all = array_room(crew->all, crew->count, &crew->cap, sizeof(struct member *));
    struct member *member = calloc(1, sizeof(*member));

    if (all)
        crew->all = all;
    if (member) {
        member->id = (uint64_t)row_int(row, "id");
        member->host = strdup(row_text(row, "host"));
    }
    if (!all || !member || !member->host || map_put(&crew->by_id, member->id, member) < 0) {
        if (member)
            member_free(member);
        return NULL;
    }
    member->place = MEMBER_WAITING;
    crew->counts[member->place]++;
    crew->sorted &= crew->count == 0 || all[crew->count - 1]->id < member->id;
    all[crew->count++] = member;
    return member;
}

bool crew_changes(const struct crew *crew, const json_t *row)
{
    const struct member *member = map_get(&crew->by_id, (uint64_t)row_int(row, "id"));

    return !member || strcmp(member->state, row_text(row, "state")) != 0;
}

int crew_take(struct crew *crew, const json_t *row)
{
    struct member *member = map_get(&crew->by_id, (uint64_t)row_int(row, "id"));
    enum member_place place = place_of(row);
    char *reason = NULL;

    if (place_words[place]) {
        reason = strdup(row_text(row, "reason"));
        if (!reason)
            return -ENOMEM;
    }
    if (!member)
        member = member_new(crew, row);
    if (!member) {
        free(reason);
        return -ENOMEM;
    }
    crew->counts[member->place]--;
    crew->counts[place]++;
    member->place = place;
    snprintf(member->state, sizeof(member->state), "%.15s", row_text(row, "state"));
    member->started = time_of(row_text(row, "started"));
    free(member->reason);
    member->reason = reason;
    return 0;
}

const struct member *crew_find(const struct crew *crew, uint64_t id)
{
    return map_get(&crew->by_id, id);
}

static int member_compare(const void *a, const void *b)
{
    uint64_t x = (*(struct member *const *)a)->id, y = (*(struct member *const *)b)->id;

    return (x > y) - (x < y);
}

struct member *const *crew_members(struct crew *crew)
{
    if (!crew->sorted && crew->count)
        qsort(crew->all, crew->count, sizeof(struct member *), member_compare);
    crew->sorted = true;
    return crew->all;
}

// ---- while it runs
static const struct member *slowest(const struct crew *crew)
{
    const struct member *found = NULL;

    for (size_t i = 0; i < crew->count; i++) {
        const struct member *member = crew->all[i];
        if (member->place == MEMBER_RUNNING && member->started &&
            (!found || member->started < found->started))
            found = member;
    }
    return found;
}

// What is seldom there is named only when it is.
static bool place_is_shown(const struct crew *crew, int place)
{
    return crew->counts[place] > 0 || place == MEMBER_FAILED || place == MEMBER_RUNNING ||
           place == MEMBER_WAITING;
}

void crew_line(const struct crew *crew, time_t now, struct buf *out)
{
    const struct member *member = slowest(crew);
    char text[DURATION_TEXT];

    buf_addf(out, "%zu/%zu done", crew->counts[MEMBER_DONE], crew->count);
    for (int place = MEMBER_FAILED; place < MEMBER_PLACES; place++)
        if (place_is_shown(crew, place))
            buf_addf(out, ", %zu %s", crew->counts[place], place_names[place]);
    if (!member)
        return;
    buf_add_str(out, "  ");
    text_escape(slice_str(member->host), ESCAPE_ALL, out);
    now = now > member->started ? now - member->started : 0;
    if (now < 60)
        buf_addf(out, " (slowest, %ds)", (int)now);
    else
        buf_addf(out, " (slowest, %s)", duration_format((int64_t)now * 1000, text));
}

// ---- at the end
static bool fold_names(const char *const *names, size_t count, struct buf *out)
{
    struct hostset set;
    struct buf text;
    bool done = true;

    hostset_init(&set);
    buf_init(&text, 0);
    for (size_t i = 0; i < count && done; i++)
        done = hostset_add(&set, slice_str(names[i]), NULL) == 0;
    done = done && hostset_fold(&set, &text, NULL) == 0;
    if (done)
        buf_add_slice(out, buf_slice(&text));
    buf_release(&text);
    hostset_release(&set);
    return done;
}

void hosts_fold(const char *const *names, size_t count, struct buf *out)
{
    if (fold_names(names, count, out))
        return;
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_byte(out, ',');
        text_escape(slice_str(names[i]), ESCAPE_ALL, out);
    }
}

static void recap_place(struct crew *crew, enum member_place place, const char *job,
                        const char **names, struct buf *out)
{
    size_t n = 0, before;

    for (size_t i = 0; i < crew->count; i++)
        if (crew->all[i]->place == place)
            names[n++] = crew->all[i]->host;
    buf_addf(out, "; %s (%zu): ", place_names[place], n);
    before = out->len;
    hosts_fold(names, n, out);
    if (out->len - before > RECAP_SET_MAX) {
        buf_cut(out, before + RECAP_SET_MAX);
        buf_addf(out, "... (all of them: pawl get %s --children)", job);
    }
}

void crew_recap(struct crew *crew, const char *job, struct buf *out)
{
    const char **names = calloc(crew->count ? crew->count : 1, sizeof(*names));

    buf_addf(out, "%zu of %zu hosts done", crew->counts[MEMBER_DONE], crew->count);
    if (!names)
        return;
    crew_members(crew);
    for (int place = MEMBER_FAILED; place < MEMBER_PLACES; place++)
        if (crew->counts[place])
            recap_place(crew, (enum member_place)place, job, names, out);
    free(names);
}
