// SPDX-License-Identifier: MIT
// Pace: a question 200 ms after bytes came, then twice as late each time nothing
// did, up to a second; at once when the last answer was as long as we allowed. The
// end of a command is pushed by the runner and does not wait for any of this.
#include "host/attempt.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"

void attempts_init(struct attempts *attempts)
{
    list_init(&attempts->all);
    map_init(&attempts->by_hash);
}

void attempts_release(struct attempts *attempts)
{
    list_each_safe(it, &attempts->all)
        free(container_of(it, struct attempt, in_all));
    list_init(&attempts->all);
    map_release(&attempts->by_hash);
}

// Version 4 ids are random already.
static uint64_t hash_of(struct link_key key)
{
    return read_u64be(key.job.bytes) ^ read_u64be(key.job.bytes + 8) ^ key.intent_no;
}

struct attempt *attempts_find(const struct attempts *attempts, struct link_key key)
{
    struct attempt *a = map_get(&attempts->by_hash, hash_of(key));

    while (a && !link_key_equal(a->key, key))
        a = a->same;
    return a;
}

struct attempt *attempts_add(struct attempts *attempts, struct link_key key,
                             const uint64_t offset[2])
{
    uint64_t hash = hash_of(key);
    struct attempt *a = calloc(1, sizeof(*a));

    assert(!attempts_find(attempts, key));
    if (!a)
        return NULL;
    a->key = key;
    a->offset[0] = offset[0];
    a->offset[1] = offset[1];
    a->credit = LINK_CREDIT;
    a->pace_ms = ATTEMPT_PACE_MAX_MS;
    a->more = true;
    a->same = map_get(&attempts->by_hash, hash);
    if (map_put(&attempts->by_hash, hash, a) < 0) {
        free(a);
        return NULL;
    }
    list_append(&attempts->all, &a->in_all);
    return a;
}

void attempts_drop(struct attempts *attempts, struct attempt *attempt)
{
    uint64_t hash = hash_of(attempt->key);
    struct attempt *head = map_take(&attempts->by_hash, hash);
    struct attempt **at = &head;
    int rc = 0;

    while (*at != attempt)
        at = &(*at)->same;
    *at = attempt->same;
    // The slot that was just taken is free: this cannot need memory.
    if (head)
        rc = map_put(&attempts->by_hash, hash, head);
    assert(rc == 0);
    list_remove(&attempt->in_all);
    free(attempt);
}

uint64_t attempts_read_max(const struct attempts *attempts)
{
    const struct list *all = &attempts->all;

    return all->next->next == all ? ATTEMPT_READ_ALONE : ATTEMPT_READ_MAX;
}

// What is written down comes back as credit, in pieces as small as those that came.
static bool has_credit(const struct attempt *attempt, uint64_t for_bytes)
{
    return attempt->credit >= ATTEMPT_READ_LEAST || attempt->credit >= for_bytes;
}

bool attempt_can_ask(const struct attempt *attempt)
{
    uint64_t out = attempt_missing(attempt, LINK_OUT), err = attempt_missing(attempt, LINK_ERR);

    if (attempt->reading)
        return false;
    return !attempt->ended || has_credit(attempt, out ? out : err);
}

// Who had nothing more last time gets an eighth, if the other had. Without much credit it is
// a question only whether the command still runs.
void attempt_shares(struct attempt *attempt, uint64_t max, uint64_t len[2])
{
    uint64_t all = attempt->credit < max ? attempt->credit : max;
    unsigned first = attempt->err_first;
    unsigned parts = attempt->quiet[0] != attempt->quiet[1] ? 8 : 2;

    if (!has_credit(attempt, UINT64_MAX))
        all = 0;
    if (parts == 8)
        first = attempt->quiet[0];
    len[!first] = all / parts;
    len[first] = all - len[!first];
    attempt->err_first = !first;
}

void attempt_asked(struct attempt *attempt, const uint64_t len[2])
{
    for (int i = 0; i < 2; i++) {
        attempt->asked[i] = len[i];
        attempt->came[i] = 0;
    }
    attempt->reading = true;
}

int attempt_take(struct attempt *attempt, enum link_stream stream, uint64_t *offset,
                 struct slice *data, struct err *err)
{
    unsigned i = stream - LINK_OUT;
    uint64_t have = attempt->offset[i];
    uint64_t known = have > *offset ? have - *offset : 0;

    if (*offset > have)
        return err_set(err, -EPROTO,
                       "the runner sent output from byte %" PRIu64 " on, %" PRIu64 " was next",
                       *offset, have);
    // Sent twice: the end's push crossed our question. What is new comes last.
    if (known > data->len)
        known = data->len;
    *offset += known;
    *data = slice_of(data->ptr + known, data->len - known);
    if (data->len > attempt->credit)
        return err_set(err, -EPROTO,
                       "the runner sent %zu bytes of output, %" PRIu64 " were allowed",
                       data->len, attempt->credit);
    attempt->offset[i] += data->len;
    attempt->came[i] += data->len;
    attempt->credit -= data->len;
    return 0;
}

void attempt_answered(struct attempt *attempt, uint64_t now_ms)
{
    bool came = attempt->came[0] || attempt->came[1];
    bool full = false, left_out = false;

    for (int i = 0; i < 2; i++) {
        full |= attempt->asked[i] > 0 && attempt->came[i] == attempt->asked[i];
        left_out |= attempt->asked[i] == 0;
        attempt->quiet[i] = attempt->came[i] < attempt->asked[i];
    }
    attempt->reading = false;
    attempt->more = full || left_out;
    if (full && has_credit(attempt, UINT64_MAX))
        attempt->pace_ms = 0;
    else if (came)
        attempt->pace_ms = ATTEMPT_PACE_MIN_MS;
    else if (attempt->pace_ms < ATTEMPT_PACE_MIN_MS)
        attempt->pace_ms = ATTEMPT_PACE_MIN_MS;
    else
        attempt->pace_ms *= 2;
    if (attempt->pace_ms > ATTEMPT_PACE_MAX_MS)
        attempt->pace_ms = ATTEMPT_PACE_MAX_MS;
    attempt->poll_ms = now_ms + attempt->pace_ms;
}

uint64_t attempt_missing(const struct attempt *attempt, enum link_stream stream)
{
    uint64_t size = stream == LINK_OUT ? attempt->end.out_bytes : attempt->end.err_bytes;
    uint64_t have = attempt->offset[stream - LINK_OUT];

    return size > have ? size - have : 0;
}
