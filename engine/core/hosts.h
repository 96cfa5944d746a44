// SPDX-License-Identifier: MIT
// The hosts that this engine has to do with, each with its link.
#pragma once

#include "core/state.h"

int hosts_init(struct engine *engine); // makes localhost
void hosts_release(struct engine *engine);
// The host of a key (model/target.h), which is made at need. NULL: no memory.
struct host *hosts_get(struct engine *engine, struct slice key);
// The host that a command step is for: reached before it begins.
struct host *hosts_of_step(struct resident *resident, const struct strand *strand);
// The host that its attempts run on: this machine for a transfer, else the same.
struct host *hosts_that_runs(struct resident *resident, const struct strand *strand);
// Where its runner keeps what it runs, as an option of the link; NULL: the runner's own.
const char *hosts_spool(const struct host *host);
// The epoch of this start is on disk: links may be opened, this one at once.
void hosts_begin(struct host *host);
// The time for whoever begins to wait for it: later than the end of its last link.
int64_t hosts_now_ms(const struct host *host);
// Somebody waits for it: opens its link, unless it is open, queued, or to be tried later.
// anew: nobody has waited before for this, so that a host that refused us is asked soon.
void hosts_want(struct host *host, bool anew);
// A person asks how it is: its link is asked, or opened soon, whatever was planned.
void hosts_ask(struct host *host);
void hosts_close(struct engine *engine); // all links
// Asks the links to wait while the open batch is full, and to go on when it is not.
void hosts_hold(struct engine *engine);
// An attempt of it is over.
void hosts_let_go(struct host *host);
// Nothing waits for its link any more, perhaps: it is closed in a while then.
void hosts_rest(struct host *host);
// Does what is due; engine.hosts.due_ms says when next.
void hosts_due(struct engine *engine);
int hosts_take_over(void *core, struct err *err);

// Looks at that time, too, who has waited too long for it.
void hosts_over_at(struct host *host, int64_t due_ms);

// reach.c
// The step begins to wait for it.
void reach_begin(struct host *host, struct strand *strand);
// Gives up what has waited for it longer than its own bound; and in jobs that have never
// reached it what has none, after a while or when it refused us.
void reach_give_up(struct host *host);
// Is what would be no success of another attempt one of this, which only reaches its host?
// Whatever the host says of it, it has answered.
bool reach_is_told(const struct attempt *attempt, enum outcome_kind kind);
// The bound of such an attempt is over: it ends, also without its host. Frees the attempt.
void reach_expire(struct resident *resident, struct attempt *attempt);
// Goes on with what found the batch or the disk full.
void reach_go_on(struct engine *engine);
// Why it has no link, without the words that notice_host puts in front.
struct slice reach_why(const struct host *host);
// Does anything wait for it that wants to be let in, though it refused us?
bool reach_is_insisted(const struct host *host);
// Does anything want its link?
bool reach_is_wanted(struct host *host);

// check.c: the port's, and what a host's link tells those who wait at it
int check_hosts(void *core, const struct check_request *request, check_fn fn, void *arg,
                struct check **ret, struct err *err);
void check_drop(void *core, struct check *check); // NULL is allowed
void check_ready(struct host *host);
void check_status(struct host *host, const struct link_event *event);
void check_down(struct host *host, enum link_end end, struct slice why);
int64_t check_due_ms(const struct host *host); // timeline; INT64_MAX: nobody's time runs
void check_look(struct host *host, int64_t now);
void check_end(struct host *host); // the engine is ending
