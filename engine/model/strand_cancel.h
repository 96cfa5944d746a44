// SPDX-License-Identifier: MIT
// Which strands are called off, and when: all of a job, those that `each` made for one
// of its hosts, and cleanups whose time is up.
// Owner: the job, with its strands. Pure.
#pragma once

#include "model/strand.h"

// Cancels the whole tree, or what `each` made for a host, and below it (host: not empty):
// waiting strands are woken with WAKE_CANCEL, except those whose attempt is in flight;
// they are told when it settles. Branches that have not begun never will. What cleans up
// is left to it, bounded from event_no on, and so is what a cleanup does for the host. True
// when something was bounded.
bool strands_cancel(struct strands *strands, struct slice host, uint64_t event_no);
// Cuts off what `each` made for a host, and below it, cleanups too.
void strands_drop(struct strands *strands, struct slice host);
// Is it one that `each` made for the host (not empty), or below such a one?
bool strand_is_for(const struct strand *strand, struct slice host);
// Is there one that `each` made for the host, but for `except` (or NULL)?
bool strands_are_for(const struct strands *strands, struct slice host,
                     const struct strand *except);
// Does any other strand wait for a step on the host?
bool strands_use(const struct strands *strands, struct slice host);
// The topmost strand, of this one and those it is a branch of, that cleans up; or NULL.
struct strand *strand_cleanup(struct strand *strand);
bool strand_is_cleanup(const struct strand *strand); // is there one?
// Bounds the cleanups that are bounded already anew, from event_no on. True: there are any.
bool strands_rebound(struct strands *strands, uint64_t event_no);
// Cuts off the cleanups that are bounded since that event. False: there are none.
bool strands_cut(struct strands *strands, uint64_t since_no);
// Is any cleanup bounded since that event?
bool strands_clean_since(const struct strands *strands, uint64_t since_no);
