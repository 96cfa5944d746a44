// SPDX-License-Identifier: MIT
// The children of the job that is followed, as their rows come by: how many are where,
// who is the slowest, and at the end, who has failed. Each child is counted in exactly
// one place, so the counts add up to the number of children.
// Owner: whoever embeds it.
#pragma once

#include <jansson.h>
#include <time.h>

#include "base/buf.h"
#include "base/map.h"

// What a status line calls them, and the API's `failure`.
#define MEMBERS(X)                                \
    X(DONE, "done", NULL)                         \
    X(FAILED, "failed", "failed")                 \
    X(UNREACHABLE, "unreachable", "unreachable")  \
    X(UNREACHED, "never reached", "unreached")    \
    X(STOPPED, "stopped", "stopped")              \
    X(RUNNING, "running", NULL)                   \
    X(AWAY, "disconnected", NULL)                 \
    X(HALTED, "suspended or blocked", NULL)       \
    X(WAITING, "waiting", NULL)

enum member_place {
#define X(id, name, word) MEMBER_##id,
    MEMBERS(X)
#undef X
    MEMBER_PLACES
};

const char *member_place_name(enum member_place place);
const char *member_place_word(enum member_place place); // NULL: no bad end

struct member {
    uint64_t id;
    char *host;
    char *reason;             // of a bad end; NULL: none
    time_t started;           // 0: not yet
    enum member_place place;
    char state[16];           // as its last row said
};

struct crew {
    struct map by_id;
    struct member **all;      // in the order of their coming
    size_t count, cap;
    size_t counts[MEMBER_PLACES];
    bool sorted;              // all is ascending by id
};

void crew_init(struct crew *crew);
void crew_release(struct crew *crew);
// Is its state another than before, or the child new?
bool crew_changes(const struct crew *crew, const json_t *row);
// Takes the row of a child. -ENOMEM leaves it as it was before.
int crew_take(struct crew *crew, const json_t *row);
const struct member *crew_find(const struct crew *crew, uint64_t id);
// All of them, in the order of their ids, which is that of the hosts in their set.
struct member *const *crew_members(struct crew *crew);
// "12/40 done, 2 failed, 26 running, 0 waiting  web03 (slowest, 41s)", escaped.
void crew_line(const struct crew *crew, time_t now, struct buf *out);
// "36 of 40 hosts done; failed (2): web[03,05]; never reached (1): web09", escaped.
// job: its id, for where more is told.
void crew_recap(struct crew *crew, const char *job, struct buf *out);
// Appends names as a host set, escaped; folded where they are names of hosts.
void hosts_fold(const char *const *names, size_t count, struct buf *out);
