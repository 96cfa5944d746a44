// SPDX-License-Identifier: MIT
// Turns of those that receive one job: each record goes to one of them. The first in
// the queue of its job has the turn; it passes to the next when all that the first was
// given has been marked as received, when the first is gone, or when it has kept the
// others waiting for too long: then the next is given the same records again.
//
// Owner of the queue: the control. Times are the loop's, in ms.
#pragma once

#include "base/list.h"
#include "control/exchange.h"
#include "model/marks.h"

struct lease;

// A place at the end of the job's queue. source: whose mark tells what was received.
// x is woken when its turn may have come. NULL: no memory. Ended by lease_leave.
struct lease *lease_new(struct list *leases, uint64_t job_id, uint64_t source,
                        struct exchange *x);
// Is it this one's turn? Passes it on first, from whoever has had it.
bool lease_take(struct lease *lease, const struct marks *marks, uint64_t now_ms);
// While it has the turn: may it be given more, or should it mark what it has?
bool lease_may_go_on(const struct lease *lease, const struct marks *marks, uint64_t now_ms);
// When it may not: when it may again, at the latest.
uint64_t lease_pause_ends_ms(const struct lease *lease, uint64_t now_ms);
// When the turn of the first in the queue lapses.
uint64_t lease_lapse_ms(const struct lease *lease);
// It has been given records up to this one.
void lease_gave(struct lease *lease, uint64_t seq);
// Its exchange ends. What it was given may still be marked while its connection is open.
void lease_leave(struct lease *lease, const struct marks *marks);
// The client at its other end has closed it, or is gone.
void leases_hung_up(struct list *leases, const struct MHD_Connection *connection);
void leases_drop(struct list *leases);
