// SPDX-License-Identifier: MIT
// What a request for records asks for: whose they are, from where on, and whether its
// reader is one of those that share them out. Owner: the exchange of the request.
#pragma once

#include "control/exchange.h"
#include "control/lease.h"
#include "control/lookup.h"
#include "model/record.h"

struct reading {
    const struct port *port;
    struct control *control;
    uint64_t job_id;
    uint64_t source;      // MARK_ALL, a child's id, or the job's for its own alone
    uint64_t next_seq;    // the first that was not looked at
    bool unread_only;     // what was received before is left out
    struct marks marks;   // as they were when the turn began
    struct lease *lease;  // NULL: it takes no turns
};

// Reads since, own and lease. What it fills is released in any case.
int reading_begin(struct reading *reading, struct exchange *x, const struct lookup *job,
                  struct err *err);
void reading_end(struct reading *reading);
// May records be given to it now? It is woken when that may have changed.
enum reading_turn {
    TURN_OURS,
    TURN_PAUSED, // others wait: first it should mark what it was given
    TURN_OTHERS,
};
int reading_turn(struct reading *reading, struct exchange *x, enum reading_turn *ret,
                 struct err *err);
// Looks at the next record: is it one to be given?
bool reading_takes(struct reading *reading, const struct record *record, bool gap);
