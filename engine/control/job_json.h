// SPDX-License-Identifier: MIT
// A job or a child as the JSON object of docs/http-api.md. Every key that is asked for is
// there; null says unknown.
#pragma once

#include "control/port.h"

// In the order in which they are written.
#define JOB_FIELDS(X)                                                                       \
    X(ID, "id") X(UUID, "uuid") X(NAME, "name") X(TYPE, "type") X(STATE, "state")           \
    X(REASON, "reason") X(HOST, "host") X(LOCATION, "location") X(COMMAND, "command")       \
    X(HAS_MORE, "has_more") X(UNREAD, "unread") X(BYTES, "bytes") X(CREATED, "created")     \
    X(STARTED, "started") X(ENDED, "ended") X(PARENT, "parent") X(CHILDREN, "children")     \
    X(EXIT_CODE, "exit_code") X(FAILED, "failed") X(TOTAL, "total") X(PROGRESS, "progress") \
    X(QUESTION, "question") X(META, "meta") X(NOTICE, "notice") X(FAILURE, "failure")       \
    X(QUESTIONS, "questions") X(SCHEDULE, "schedule") X(NOMINAL, "nominal")

enum job_field {
#define X(id, text) FIELD_##id,
    JOB_FIELDS(X)
#undef X
    FIELD_COUNT
};
#define FIELDS_ALL ((1u << FIELD_COUNT) - 1)
// What takes counting (port.h).
#define FIELDS_COUNTED (1u << FIELD_HAS_MORE | 1u << FIELD_UNREAD | 1u << FIELD_BYTES)

// -EINVAL: no key of a job.
int job_field_parse(struct slice name, enum job_field *ret);

// The child with that id; NULL when the job has none.
const struct child_head *job_child(const struct job_head *head, uint64_t id);
// What is unread of each child of the view, to be freed; NULL: no memory, or not known.
// It reads the job's records when some are unread.
struct unread *children_unread(const struct port *port, const struct job_view *view);
// Appends the row of the job itself, or of its child when id is a child's: the object, with
// these of its keys (a bit 1 << f for each), and no end of line. unread: of all
// children; NULL: a child's is shown as not known.
void job_put(const struct job_view *view, uint64_t id, unsigned fields,
             const struct unread *unread, struct buf *out);
// The row of one of the view's children. unread: its own, or NULL.
void child_put(const struct job_view *view, const struct child_head *child, unsigned fields,
               const struct unread *unread, struct buf *out);
bool job_has_more(const struct job_view *view);
