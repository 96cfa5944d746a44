// SPDX-License-Identifier: MIT
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

int http_open(struct http *http, const char *socket_path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    http->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (http->fd < 0)
        bench_die("socket", NULL);
    if (connect(http->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    close(http->fd);
    return -1;
}

void http_close(struct http *http) { close(http->fd); }

void http_send(struct http *http, const char *method, const char *path, const char *body)
{
    http_send_with(http, method, path, "", body);
}

void http_send_with(struct http *http, const char *method, const char *path, const char *lines,
                    const char *body)
{
    char request[8192];
    int len = snprintf(request, sizeof(request),
                       "%s %s HTTP/1.1\r\nHost: pawl\r\n%sContent-Length: %zu\r\n\r\n%s", method,
                       path, lines, strlen(body), body);

    if (len < 0 || (size_t)len >= sizeof(request))
        bench_die("request: too long", NULL);
    if (send(http->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        bench_die(path, NULL);
}

// Where the body begins and how long it is, once the head is complete.
static size_t answer_length(struct http *http)
{
    const char *end = strstr(http->bytes, "\r\n\r\n");
    const char *length = strcasestr(http->bytes, "\r\ncontent-length:");

    if (!end)
        return 0;
    http->body = end + 4;
    if (!length || length > end)
        bench_die("answer without a length", NULL);
    return (size_t)(http->body - http->bytes) + strtoul(length + 17, NULL, 10);
}

int http_receive(struct http *http)
{
    size_t len = 0, wanted = 0;

    while (wanted == 0 || len < wanted) {
        ssize_t n = recv(http->fd, http->bytes + len, sizeof(http->bytes) - 1 - len, 0);
        if (n <= 0)
            return -1;
        len += (size_t)n;
        http->bytes[len] = 0;
        wanted = answer_length(http);
    }
    return sscanf(http->bytes, "HTTP/1.1 %d", &http->status) == 1 ? 0 : -1;
}

void http_ask(struct http *http, const char *method, const char *path, const char *body)
{
    http_send(http, method, path, body);
    if (http_receive(http) < 0)
        bench_die(path, NULL);
    if (http->status / 100 != 2) {
        fprintf(stderr, "bench: %s %s: %s\n", method, path, http->bytes);
        exit(1);
    }
}

double http_number(const struct http *http, const char *key)
{
    char wanted[64];
    const char *at;

    snprintf(wanted, sizeof(wanted), "\"%s\":", key);
    at = strstr(http->body, wanted);
    if (!at)
        bench_die(wanted, NULL);
    return strtod(at + strlen(wanted), NULL);
}
