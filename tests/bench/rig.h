// SPDX-License-Identifier: MIT
// An engine in this process, on the real loop and an LMDB store in a directory:
// what a daemon is, without the socket. Jobs are started, signalled and waited for
// through the port, as control does it; the loop runs inside these calls only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "control/port.h"
#include "storage/store.h"

// Waits shorter than this keep a job in memory; the engine's own bound is a second,
// which is too short for a bench to start a thousand jobs in.
#define RIG_PARK_MS ((int64_t)2 * 60 * 60 * 1000)

struct rig;

struct rig *rig_open(const char *dir);
void rig_close(struct rig *rig); // in order; the store's files stay

// Starts that many jobs of this script and returns when all are on disk. Their ids
// are added to those rig_wait waits for.
void rig_start(struct rig *rig, const char *script, size_t count);
// Runs the loop until every unfinished job waits (Running, but no commit comes).
void rig_settle(struct rig *rig);
// Sends every job the signal "go"; answered when its commit is on disk.
void rig_go(struct rig *rig);
// Runs the loop until all jobs are finished; dies if one of them failed.
void rig_wait(struct rig *rig);

struct engine_status rig_status(struct rig *rig);
struct store_stat rig_store_stat(struct rig *rig);
