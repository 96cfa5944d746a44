// SPDX-License-Identifier: MIT
// A schedule as the JSON object of docs/http-api.md.
#pragma once

#include <jansson.h>

#include "control/port.h"

json_t *schedule_json(const struct schedule_view *view);
