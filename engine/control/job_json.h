// SPDX-License-Identifier: MIT
// A job or a child as the JSON object of docs/http-api.md. Every key is always
// there; null says unknown.
#pragma once

#include <jansson.h>

#include "control/port.h"

// The child with that id; NULL when the job has none.
const struct child_head *job_child(const struct job_head *head, uint64_t id);
// The row of the job itself, or of its child when id is a child's.
json_t *job_json(const struct job_view *view, uint64_t id);
// The row of one of the view's children.
json_t *child_json(const struct job_view *view, const struct child_head *child);
bool job_has_more(const struct job_view *view);
