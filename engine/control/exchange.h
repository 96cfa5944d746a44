// SPDX-License-Identifier: MIT
// One exchange: a request, from its first header line until its answer is sent or
// its client is gone. A route's function looks at the request and does exactly
// one of: exchange_answer, exchange_fail, exchange_stream, exchange_wait.
//
// Invariant: the port's callbacks (a watch, the answer of a change) never act,
// they only wake the exchange. Everything else happens in the server's own run,
// so no port call is made from inside the port, and a connection is touched only
// where libmicrohttpd allows it.
//
// Owner: the control; libmicrohttpd tells when an exchange begins and ends.
#pragma once

#include <jansson.h>
#include <microhttpd.h>

#include "base/buf.h"
#include "base/list.h"
#include "control/port.h"

struct control;
struct exchange;
struct route;

typedef void (*exchange_fn)(struct exchange *x);

// ---- the request
const struct port *exchange_port(const struct exchange *x);
struct control *exchange_control(const struct exchange *x);
struct MHD_Connection *exchange_connection(const struct exchange *x);
// The place of "*" in the route's path: which job is meant.
const char *exchange_selector(const struct exchange *x);
// The body, an object; an empty body is the empty object. Borrowed.
int exchange_body(struct exchange *x, json_t **ret, struct err *err);
// Header Pawl-Request; nil when absent.
int exchange_request_id(const struct exchange *x, struct uuid *ret, struct err *err);

// ---- what the route keeps
// state goes with the exchange: free_fn is called at its end, in any case.
void exchange_keep(struct exchange *x, void *state, void (*free_fn)(void *state));
// The same with a new state of that many zeroed bytes. NULL: the exchange has failed.
void *exchange_keep_new(struct exchange *x, size_t size, void (*free_fn)(void *state));
void *exchange_state(const struct exchange *x);

// ---- the answer
void exchange_answer(struct exchange *x, unsigned status, json_t *json); // takes json
// The same of JSON that is written already, to which the end of the line is added; takes what
// is in text, which is empty then.
void exchange_answer_text(struct exchange *x, unsigned status, struct buf *text);
void exchange_fail(struct exchange *x, const struct err *err);
// {"error":{"code","message"}} with the code's word; NULL on lack of memory.
json_t *exchange_error_json(const struct err *err);
// Nothing to say yet: `again` is called after the next wake, and then decides anew.
void exchange_wait(struct exchange *x, exchange_fn again);
// NDJSON: fill is called whenever there is room, and appends whole lines.
enum fill { FILL_WAIT /* nothing there now: until woken */, FILL_MORE, FILL_END };
typedef enum fill (*exchange_fill_fn)(struct exchange *x, void *state, struct buf *out);
void exchange_stream(struct exchange *x, exchange_fill_fn fill);
// A line that says why a stream ends early.
void exchange_error_line(struct buf *out, const struct err *err);

// ---- waking
// Wakes at each commit that touched the job (0: any job). At most one per exchange.
int exchange_watch(struct exchange *x, uint64_t job_id, struct err *err);
// Wakes at that time of the loop's clock, or when it is over.
void exchange_set_deadline(struct exchange *x, uint64_t loop_ms);
void exchange_clear_deadline(struct exchange *x);
bool exchange_is_due(const struct exchange *x);
void exchange_wake(struct exchange *x);

// ---- for the server alone
struct exchange *exchange_new(struct control *control, struct MHD_Connection *connection,
                              const char *method, const char *path);
void exchange_free(struct exchange *x);
// One call of the access handler. MHD_NO closes the connection.
enum MHD_Result exchange_handle(struct exchange *x, const char *data, size_t *len);
// The client hung up while nothing was sent: ends the exchange at its next run.
bool exchange_check_peer(struct exchange *x);
// Milliseconds until its deadline; UINT64_MAX: has none, or is not suspended.
uint64_t exchange_due_in(const struct exchange *x);
bool exchange_is_suspended(const struct exchange *x);
struct list *exchange_link(struct exchange *x);
struct exchange *exchange_of(struct list *link);
