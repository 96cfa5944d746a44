// SPDX-License-Identifier: MIT
// How hosts are reached, beyond their names: --user, --ssh-option, --connect-retry, and
// the private key that an inventory names.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "cli/options.h"

#define OPTIONS_REACH                                                           \
    { "user", 0, "NAME", "who logs in, on hosts that name nobody" },            \
    { "ssh-option", 0, "K=V", "an option of ssh, as behind -o; may be repeated" }, \
    { "connect-retry", 0, "TIME", "how long to try a host that is away, or forever" }

// hosts: rows of an inventory; each gets its user into "dest", and "ssh", an array.
int reach_hosts(const struct options *options, json_t *hosts, struct err *err);
// connect_retry_ms, when it was given, into the body of a request.
int reach_retry(const struct options *options, json_t *body, struct err *err);
