// SPDX-License-Identifier: MIT
// A port without an engine: a few jobs in memory, which the test changes by hand.
// Changes are noted, and answered when the test says so.
#pragma once

#include <uv.h>

#include "base/list.h"
#include "control/port.h"
#include "model/value.h"

enum { FAKE_JOBS_MAX = 512, FAKE_CHANGES_MAX = 64 };

struct fake_job {
    struct job_head head;
    struct child_head child;
    char name[64];
    struct buf *records; // encoded record data; seq is index + 1
    bool *gaps, *values;
    size_t record_count;
    size_t lost;         // more that it should have, behind them
    uint64_t ends_after; // the reading of this record: by a commit; 0: never
    uint64_t mark, child_mark; // of all that it wrote; its child wrote all of it
};

struct fake_change {
    struct change change;      // slices are dead after the call
    char name[64], script[64], cwd[64];
    char params[256], meta[256], env[256], signal_name[64], signal_value[256]; // as JSON
    char hosts[256];
    struct schedule schedule;  // its slices are dead; but for these
    char schedule_name[128], cron[64], timezone[64];
    change_fn fn;
    void *arg;
};

struct fake_port {
    struct port port;
    struct fake_job jobs[FAKE_JOBS_MAX];
    size_t job_count;
    struct fake_change changes[FAKE_CHANGES_MAX];
    size_t change_count;
    struct list watches;
    size_t watch_count;
    int change_refusal;  // code: refused at once
    struct retention retention; // as the test, or a change, sets it
    int shutdowns, takeovers;
    // The check of hosts that is open; NULL fn: none is.
    check_fn check_fn;
    void *check_arg;
    char check_hosts[256]; // as JSON
    int64_t check_timeout_ms, check_retry_ms;
    int check_refusal;
    struct schedule_view schedules[2];
    size_t schedule_count;
};

struct fake_port *fake_new(void);
void fake_free(struct fake_port *fake);
// A local job with one child on localhost: ids id and id + 1.
struct fake_job *fake_job_add(struct fake_port *fake, uint64_t id, const char *name,
                              enum job_state state);
void fake_record_add(struct fake_job *job, const void *data, size_t len);
void fake_value_add(struct fake_job *job, const char *json);
void fake_job_set(struct fake_job *job, enum job_state state);
// As after a commit: tells the watches of that job, and of all jobs.
void fake_commit(struct fake_port *fake, uint64_t job_id);
// Answers the oldest change that is open; err NULL: done.
void fake_answer(struct fake_port *fake, uint64_t id, const struct err *err);
size_t fake_open_changes(const struct fake_port *fake);
