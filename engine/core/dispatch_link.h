// SPDX-License-Identifier: MIT
// Between dispatch.c (what attempts do) and links.c (what links tell).
#pragma once

#include "core/state.h"

// What the target knows the attempt by.
struct link_key dispatch_key(const struct resident *resident, const struct attempt *attempt);
void dispatch_start(struct resident *resident, struct attempt *attempt);
void dispatch_attach(struct resident *resident, struct attempt *attempt);
void dispatch_signal(struct resident *resident, struct attempt *attempt);
// The link is ready: asks about it.
void dispatch_take_up(struct resident *resident, struct attempt *attempt);
// Appends what fits below the buffer's ceiling.
void dispatch_keep(struct buf *buf, struct slice data);
// The attempt is over: fills the outcome's streams, folds it, frees the attempt.
void dispatch_settle(struct resident *resident, struct attempt *attempt, struct outcome *outcome);
// The same by what is known here, whatever becomes of its command: fills times and sizes, too.
void dispatch_decide(struct resident *resident, struct attempt *attempt, struct outcome outcome);
