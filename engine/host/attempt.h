// SPDX-License-Identifier: MIT
// What a link knows of one attempt while it is followed: from a start or an attach
// until its last event. Pure bookkeeping: offsets, credit, pace. Invariants: bytes
// are handed up in order and each once; credit never goes below zero; while
// `reading`, one question is under way, and there is never a second.
// Owner: the session's struct attempts.
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "host/link.h"

enum {
    ATTEMPT_READ_MAX = 512 * 1024, // of both streams, per question: others wait meanwhile ...
    ATTEMPT_READ_ALONE = 1024 * 1024, // ... where there are any
    ATTEMPT_READ_LEAST = LINK_CREDIT / 2, // unless there is less: each question has its price
    ATTEMPT_PACE_MIN_MS = 200,  // sooner, and a busy host is asked about what is just ending
    ATTEMPT_PACE_MAX_MS = 1000,
};

struct attempt {
    struct list in_all;
    struct attempt *same;       // the next of the same hash
    struct link_key key;
    uint64_t offset[2];         // by stream: bytes handed up, or had before
    uint64_t asked[2], came[2]; // of the question under way
    uint64_t credit;            // bytes that may still be handed up
    uint64_t poll_ms;           // when to ask next, while it runs
    uint64_t asked_ms;          // when the question under way went out
    uint64_t asked_at;          // where it ends in all that the session has sent
    uint32_t pace_ms;           // between questions, while nothing comes
    bool reading;
    bool more;                  // there may be bytes that the last question left out
    bool err_first;             // who gets the odd byte of a small credit
    bool quiet[2];              // by stream: had less to say than it was asked for
    bool started, ended;
    struct link_event end;      // its last event, once ended
};

struct attempts {
    struct list all;
    struct map by_hash;
};

void attempts_init(struct attempts *attempts);
void attempts_release(struct attempts *attempts);
struct attempt *attempts_find(const struct attempts *attempts, struct link_key key);
// A new one, or NULL when there is no memory. The key must not be followed yet.
struct attempt *attempts_add(struct attempts *attempts, struct link_key key,
                             const uint64_t offset[2]);
void attempts_drop(struct attempts *attempts, struct attempt *attempt);

// How much of both streams may be asked for at a time.
uint64_t attempts_read_max(const struct attempts *attempts);
// Whether there is something to ask now, and credit for enough of the answer.
bool attempt_can_ask(const struct attempt *attempt);
// How much of each stream may be asked for now, `max` in all.
void attempt_shares(struct attempt *attempt, uint64_t max, uint64_t len[2]);
// Cuts *data, whose first byte is at *offset of the stream, to what is new and
// counts that; empty when nothing is. -EPROTO for bytes past a hole.
int attempt_take(struct attempt *attempt, enum link_stream stream, uint64_t *offset,
                 struct slice *data, struct err *err);
// A question goes out.
void attempt_asked(struct attempt *attempt, const uint64_t len[2]);
// It was answered: sets when to ask next.
void attempt_answered(struct attempt *attempt, uint64_t now_ms);
// Bytes of a stream that an ended attempt has and we do not.
uint64_t attempt_missing(const struct attempt *attempt, enum link_stream stream);
