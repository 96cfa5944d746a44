// SPDX-License-Identifier: MIT
// A job or a child as the JSON object of docs/http-api.md. Every key is always
// there; null says unknown.
#pragma once

#include <jansson.h>

#include "control/port.h"

// The child with that id; NULL when the job has none.
const struct child_head *job_child(const struct job_head *head, uint64_t id);
// What is unread of each child of the view, to be freed; NULL: no memory, or not known.
// It reads the job's records when some are unread.
struct unread *children_unread(const struct port *port, const struct job_view *view);
// The row of the job itself, or of its child when id is a child's. unread: of all
// children; NULL: a child's is shown as not known.
json_t *job_json(const struct job_view *view, uint64_t id, const struct unread *unread);
// The row of one of the view's children. unread: its own, or NULL.
json_t *child_json(const struct job_view *view, const struct child_head *child,
                   const struct unread *unread);
bool job_has_more(const struct job_view *view);
