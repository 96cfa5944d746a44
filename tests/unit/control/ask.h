// SPDX-License-Identifier: MIT
// Requests of one line each, for tests of the routes.
#pragma once

#include "unit/control/http_client.h"

// A member of an answer: "(none)" when it is no text, -999 when it is no number.
const char *text_at(const json_t *json, const char *key);
json_int_t int_at(const json_t *json, const char *key);
// The request is refused with this status and code, and a message with the word in it.
void check_error(struct world *world, const char *method, const char *path, const char *body,
                 int status, const char *code, const char *word);
// Sends a change, checks that nothing is answered before the port's answer (id, err), and
// returns the status. *ret: the caller's.
int change_now(struct world *world, const char *method, const char *path, const char *body,
               uint64_t id, const struct err *err, json_t **ret);
