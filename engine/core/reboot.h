// SPDX-License-Identifier: MIT
// Attempts that reboot their host (step_policy.reboots): when they go on, and how they end.
#pragma once

#include "core/hosts.h"

// The host answers under another boot than that of the attempt's intent.
bool reboot_is_over(const struct resident *resident, const struct attempt *attempt);
// It has rebooted: the step has succeeded. Frees the attempt.
void reboot_settle(struct resident *resident, struct attempt *attempt);
// Is this, which would be the end of another attempt, none of one that reboots?
bool reboot_goes_on(const struct attempt *attempt, const struct link_event *event);
// Its time is over: it ends as timed out, whether its host answers or not. Frees the attempt.
void reboot_expire(struct resident *resident, struct attempt *attempt);
// Is any attempt about to reboot this host?
bool reboot_is_under_way(const struct host *host);
