// SPDX-License-Identifier: MIT
// One kept connection to an engine's socket: a request, its answer, the next. Send
// on many connections before receiving on the first, and their requests share a
// commit. Only what the engine answers with a Content-Length is understood.
#pragma once

#include <stddef.h>

struct http {
    int fd;
    char bytes[16384]; // the last answer: its body ends with a zero
    const char *body;
    int status;
};

int http_open(struct http *http, const char *socket_path); // -1: nobody answers
void http_close(struct http *http);
void http_send(struct http *http, const char *method, const char *path, const char *body);
// The same with lines of the head, each ended by CR LF.
void http_send_with(struct http *http, const char *method, const char *path, const char *lines,
                    const char *body);
int http_receive(struct http *http); // -1: the connection broke
// Send and receive; dies unless the status is 2xx.
void http_ask(struct http *http, const char *method, const char *path, const char *body);
// The number behind "key": in the last answer; dies when there is none.
double http_number(const struct http *http, const char *key);
