// SPDX-License-Identifier: MIT
// How: one list holds the places of all jobs in order of arrival. Nobody watches over
// it: whoever waits is woken by each commit of its job, by each mark, and when the turn
// it waits for lapses, and then looks whether the first one's turn is over.
#include "control/lease.h"

#include <stdlib.h>

enum {
    TURN_MS = 1000,    // when others wait: given more no longer than this, ...
    PAUSE_MS = 2000,   // ... and then nothing for so long, to mark what it has. Again and again:
                       // what it cannot mark may wait for more, as a line for its end
    LAPSE_MS = 30000,  // kept the first one waiting
};

struct lease {
    struct list link;
    struct list *queue;
    uint64_t job_id, source;
    struct exchange *x;    // NULL: it has sent all it had to send
    struct MHD_Connection *connection; // ... and its client may still mark it
    uint64_t given;        // the last record, in this turn or before
    uint64_t began_ms;     // its turn; 0: has not had one, or it is over
    uint64_t lapse_ms;     // 0: nobody waits for it
};

struct lease *lease_new(struct list *leases, uint64_t job_id, uint64_t source,
                        struct exchange *x)
{
    struct lease *lease = calloc(1, sizeof(*lease));

    if (!lease)
        return NULL;
    leases_hung_up(leases, exchange_connection(x)); // its own, of an answer before this one
    lease->queue = leases;
    lease->job_id = job_id;
    lease->source = source;
    lease->x = x;
    list_append(leases, &lease->link);
    return lease;
}

static struct lease *first_of(const struct lease *lease)
{
    list_each(it, lease->queue) {
        struct lease *first = container_of(it, struct lease, link);
        if (first->job_id == lease->job_id)
            return first;
    }
    return NULL;
}

static bool is_wanted(const struct lease *lease)
{
    list_each(it, lease->queue) {
        const struct lease *other = container_of(it, const struct lease, link);
        if (other->job_id == lease->job_id && other != lease && other->x)
            return true;
    }
    return false;
}

static bool is_marked(const struct lease *lease, const struct marks *marks)
{
    return lease->given <= marks_at(marks, lease->source);
}

static void lease_free(struct lease *lease)
{
    list_remove(&lease->link);
    free(lease);
}

static void pass_on(struct lease *first)
{
    if (!first->x) {
        lease_free(first);
        return;
    }
    first->began_ms = first->lapse_ms = 0;
    list_remove(&first->link);
    list_append(first->queue, &first->link);
}

// Of the first, looked at by one that waits for it.
static bool is_over(struct lease *first, const struct marks *marks, uint64_t now_ms)
{
    if (is_marked(first, marks))
        return true;
    if (!first->lapse_ms)
        first->lapse_ms = now_ms + LAPSE_MS;
    return now_ms >= first->lapse_ms;
}

bool lease_take(struct lease *lease, const struct marks *marks, uint64_t now_ms)
{
    struct lease *first;

    while ((first = first_of(lease)) != lease) {
        if (!is_over(first, marks, now_ms))
            return false;
        pass_on(first);
    }
    if (!lease->began_ms)
        lease->began_ms = now_ms ? now_ms : 1;
    return true;
}

bool lease_may_go_on(const struct lease *lease, const struct marks *marks, uint64_t now_ms)
{
    return (now_ms - lease->began_ms) % (TURN_MS + PAUSE_MS) < TURN_MS ||
           is_marked(lease, marks) || !is_wanted(lease);
}

uint64_t lease_pause_ends_ms(const struct lease *lease, uint64_t now_ms)
{
    uint64_t round = TURN_MS + PAUSE_MS;

    return now_ms + round - (now_ms - lease->began_ms) % round;
}

uint64_t lease_lapse_ms(const struct lease *lease)
{
    return first_of(lease)->lapse_ms;
}

void lease_gave(struct lease *lease, uint64_t seq)
{
    if (lease->given < seq)
        lease->given = seq;
}

static void wake_waiting(const struct lease *lease)
{
    list_each(it, lease->queue) {
        struct lease *other = container_of(it, struct lease, link);
        if (other->job_id == lease->job_id && other != lease && other->x)
            exchange_wake(other->x);
    }
}

void lease_leave(struct lease *lease, const struct marks *marks)
{
    lease->connection = exchange_connection(lease->x);
    lease->x = NULL;
    wake_waiting(lease);
    if (is_marked(lease, marks) || !lease->began_ms)
        lease_free(lease);
}

void leases_hung_up(struct list *leases, const struct MHD_Connection *connection)
{
    list_each_safe(it, leases) {
        struct lease *lease = container_of(it, struct lease, link);
        if (lease->x || lease->connection != connection)
            continue;
        wake_waiting(lease);
        lease_free(lease);
    }
}

void leases_drop(struct list *leases)
{
    list_each_safe(it, leases)
        lease_free(container_of(it, struct lease, link));
}
