// SPDX-License-Identifier: MIT
// The functions behind the routes, one file per resource. Each is called once per
// request, when its body is complete.
#pragma once

#include "control/exchange.h"

enum {
    API_NAME_MAX = 255,          // bytes of a job's name
    API_ANSWER_MAX = 64 * 1024,  // bytes of an answer
};

// api_status.c
void api_status(struct exchange *x);
void api_shutdown(struct exchange *x);
void api_take_over(struct exchange *x);
// api_jobs.c
void api_jobs_list(struct exchange *x);
void api_jobs_get(struct exchange *x);
// api_start.c
void api_jobs_start(struct exchange *x);
// A body of POST /v1/jobs as a change, which points into `start` and into body.
struct start {
    struct buf params, meta, env, modules, hosts, command;
};
void start_init(struct start *start);
void start_release(struct start *start);
int start_read(json_t *body, struct start *start, struct change *change, struct err *err);
// api_schedules.c
void api_schedules_list(struct exchange *x);
void api_schedules_get(struct exchange *x);
void api_schedules_add(struct exchange *x);
void api_schedules_enable(struct exchange *x);
void api_schedules_disable(struct exchange *x);
void api_schedules_remove(struct exchange *x);
void api_schedules_run(struct exchange *x);
// A new reference to the row of one. -ESRCH.
int api_schedule_row(const struct port *port, const char *name, json_t **ret, struct err *err);
// "name" of a job, bounded; absent or null: *ret stays.
int api_name_take(const json_t *body, struct slice *ret, struct err *err);
// api_check.c
void api_hosts_check(struct exchange *x);
// api_change.c
void api_jobs_remove(struct exchange *x);
void api_jobs_stop(struct exchange *x);
void api_jobs_suspend(struct exchange *x);
void api_jobs_resume(struct exchange *x);
void api_jobs_signal(struct exchange *x);
void api_jobs_answer(struct exchange *x);
void api_jobs_mark(struct exchange *x);
void api_jobs_rename(struct exchange *x);
void api_jobs_retry(struct exchange *x);
void api_backup(struct exchange *x);
// Hands a filled change to the port; its answer, with this status and the job's
// row, becomes the exchange's. What change points at is needed only until this returns.
void api_change_send(struct exchange *x, struct change *change, unsigned status);
// api_retention.c
void api_retention_get(struct exchange *x);
void api_retention_put(struct exchange *x);
// api_records.c
void api_records(struct exchange *x);
void api_events(struct exchange *x);
// api_steps.c
void api_steps(struct exchange *x);
// api_wait.c
void api_wait_one(struct exchange *x);
void api_wait_many(struct exchange *x);
// api_scripts.c
void api_scripts_header(struct exchange *x);
void api_scripts_list(struct exchange *x);
void api_scripts_get(struct exchange *x);
