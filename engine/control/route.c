// SPDX-License-Identifier: MIT
#include "control/route.h"

#include <errno.h>
#include <string.h>

#include "control/api.h"

static const struct route routes[] = {
    { "GET", "/v1/status", api_status },
    { "POST", "/v1/shutdown", api_shutdown },
    { "POST", "/v1/take-over", api_take_over },
    { "POST", "/v1/backup", api_backup },
    { "POST", "/v1/hosts/check", api_hosts_check },
    { "GET", "/v1/retention", api_retention_get },
    { "PUT", "/v1/retention", api_retention_put },
    { "GET", "/v1/jobs", api_jobs_list },
    { "POST", "/v1/jobs", api_jobs_start },
    { "GET", "/v1/jobs/*", api_jobs_get },
    { "DELETE", "/v1/jobs/*", api_jobs_remove },
    { "POST", "/v1/jobs/*/stop", api_jobs_stop },
    { "POST", "/v1/jobs/*/suspend", api_jobs_suspend },
    { "POST", "/v1/jobs/*/resume", api_jobs_resume },
    { "POST", "/v1/jobs/*/signal", api_jobs_signal },
    { "POST", "/v1/jobs/*/answer", api_jobs_answer },
    { "POST", "/v1/jobs/*/mark", api_jobs_mark },
    { "POST", "/v1/jobs/*/rename", api_jobs_rename },
    { "POST", "/v1/jobs/*/retry", api_jobs_retry },
    { "GET", "/v1/jobs/*/records", api_records },
    { "GET", "/v1/jobs/*/events", api_events },
    { "GET", "/v1/jobs/*/steps", api_steps },
    { "GET", "/v1/jobs/*/wait", api_wait_one },
    { "GET", "/v1/wait", api_wait_many },
    { "GET", "/v1/schedules", api_schedules_list },
    { "POST", "/v1/schedules", api_schedules_add },
    { "GET", "/v1/schedules/*", api_schedules_get },
    { "DELETE", "/v1/schedules/*", api_schedules_remove },
    { "POST", "/v1/schedules/*/enable", api_schedules_enable },
    { "POST", "/v1/schedules/*/disable", api_schedules_disable },
    { "POST", "/v1/schedules/*/run", api_schedules_run },
    { "GET", "/v1/scripts", api_scripts_list },
    { "GET", "/v1/scripts/*", api_scripts_get },
    { "POST", "/v1/scripts/header", api_scripts_header },
};

// Walks pattern and path together; "*" takes a segment that is not empty.
static bool path_matches(const char *pattern, const char *path, char *selector)
{
    size_t n;

    selector[0] = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '*') {
            if (*pattern != *path++)
                return false;
            continue;
        }
        n = strcspn(path, "/");
        if (n == 0 || n >= ROUTE_SELECTOR_MAX)
            return false;
        memcpy(selector, path, n);
        selector[n] = 0;
        path += n;
    }
    return *path == 0;
}

int route_find(const char *method, const char *path, const struct route **ret,
               char selector[ROUTE_SELECTOR_MAX], struct err *err)
{
    bool path_known = false;

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (!path_matches(routes[i].path, path, selector))
            continue;
        path_known = true;
        if (strcmp(routes[i].method, method) == 0) {
            *ret = &routes[i];
            return 0;
        }
    }
    if (path_known)
        return err_set(err, -ENOTSUP, "%.16s is not possible on %.200s; see docs/http-api.md",
                       method, path);
    return err_set(err, -ENXIO, "no such path: %.200s; see docs/http-api.md", path);
}
