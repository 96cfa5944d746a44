// SPDX-License-Identifier: MIT
// A job on several hosts, each with a link of its own.
#pragma once

#include "unit/core/fake_world.h"

#define THREE "[{\"name\":\"web1\",\"vars\":{\"v\":\"a\"}}," \
              "{\"name\":\"web2\",\"dest\":\"root@10.0.0.2\",\"vars\":{\"v\":\"b\"}}," \
              "{\"name\":\"web3\",\"vars\":{\"v\":\"c\"}}]"

// Starts it as a workflow called "patch", with a parameter and meta; hosts: JSON.
uint64_t start_on_hosts(struct fake_world *world, const char *script, const char *hosts);
// Hosts as a change has them; the caller releases.
struct buf hosts_of(const char *json);
// The job and its children are so: "Running | Completed | Stopped: by us | Running".
void shows(struct fake_world *world, uint64_t job, const char *text);
// The link to the host comes up; or nobody is let in there, and that is final.
void host_up(struct fake_world *world, const char *host);
void host_refuses(struct fake_world *world, const char *host);
// Intent of the first command that was started on the host; there must be one.
uint64_t started_on_host(struct fake_world *world, const char *host);
void host_ends(struct fake_world *world, const char *host, int code);
