// SPDX-License-Identifier: MIT
// GET /v1/status, POST /v1/shutdown, POST /v1/take-over.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "control/api.h"
#include "control/json.h"
#include "control/server.h"

static json_t *states_json(const struct engine_status *status)
{
    json_t *json = json_object();

    for (int i = 0; i < JOB_STATE_COUNT; i++)
        json_object_set_new(json, job_state_name((enum job_state)i),
                            json_integer((json_int_t)status->jobs[i]));
    return json;
}

static json_t *notices_json(const struct engine_status *status)
{
    json_t *json = json_array();

    for (size_t i = 0; i < status->notice_count; i++)
        json_array_append_new(json, json_text(status->notices[i]));
    return json;
}

static json_t *status_json(const char *socket, const struct engine_status *status)
{
    const char *slash = strrchr(socket, '/');

    return json_pack(
        "{s:i,s:s,s:o,s:o,s:I,s:o,s:I,s:f,s:I,s:I,s:I,s:I,s:b,s:o}", "pid", (int)getpid(), "version",
        PAWL_VERSION, "home", json_text(slice_of(socket, (size_t)(slash - socket))), "socket",
        json_text(slice_str(socket)), "uptime_s", (json_int_t)(status->uptime_ms / 1000), "jobs",
        states_json(status), "commits", (json_int_t)status->commits, "commits_per_s",
        (double)status->commit_rate_1m_milli / 1000.0, "store_bytes",
        (json_int_t)status->store_bytes, "resident", (json_int_t)status->resident, "parked",
        (json_int_t)status->parked, "links", (json_int_t)status->links, "disk_full",
        (int)status->disk_full, "notices", notices_json(status));
}

void api_status(struct exchange *x)
{
    const struct port *port = exchange_port(x);
    struct engine_status status;
    struct err err = { 0 };

    memset(&status, 0, sizeof(status));
    if (port->ops->status(port->core, &status, &err) < 0) {
        exchange_fail(x, &err);
        return;
    }
    exchange_answer(x, MHD_HTTP_OK,
                    status_json(control_socket_path(exchange_control(x)), &status));
}

// The answer means "it will": jobs are parked after it was handed over for sending.
void api_shutdown(struct exchange *x)
{
    control_ask_shutdown(exchange_control(x));
    exchange_answer(x, MHD_HTTP_ACCEPTED, json_pack("{s:b}", "shutting_down", 1));
}

void api_take_over(struct exchange *x)
{
    const struct port *port = exchange_port(x);
    struct err err = { 0 };

    if (port->ops->take_over(port->core, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_answer(x, MHD_HTTP_ACCEPTED, json_pack("{s:b}", "taking_over", 1));
}
