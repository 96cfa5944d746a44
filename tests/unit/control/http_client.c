// SPDX-License-Identifier: MIT
#include "unit/control/http_client.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/server.h"

enum {
    TURNS = 50,       // more than anything takes that waits for nothing but the loop
    PATIENCE_S = 100, // never used up, however busy the machine is
};

// ---- the world
int world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct err err = { 0 };

    assert(world);
    snprintf(world->dir, sizeof(world->dir), "/tmp/pawl-control-XXXXXX");
    assert(mkdtemp(world->dir));
    snprintf(world->socket_path, sizeof(world->socket_path), "%s/engine.sock", world->dir);
    uv_loop_init(&world->loop);
    world->fake = fake_new();
    if (control_open(&world->control, &world->loop, world->socket_path, &world->fake->port, 0,
                     &err) < 0) {
        fprintf(stderr, "%s\n", err_text(&err));
        return -1;
    }
    control_serve(world->control);
    *state = world;
    return 0;
}

static void on_closed(void *arg) { ((struct world *)arg)->closed++; }

void world_close_control(struct world *world)
{
    control_close(world->control, on_closed, world);
    world->control = NULL;
}

int world_close(void **state)
{
    struct world *world = *state;

    if (world->control)
        world_close_control(world);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert(world->closed == 1);
    assert(world->fake->watch_count == 0);
    assert(uv_loop_close(&world->loop) == 0);
    fake_free(world->fake);
    assert(access(world->socket_path, F_OK) < 0);
    assert(rmdir(world->dir) == 0);
    free(world);
    return 0;
}

void world_turn(struct world *world)
{
    for (int i = 0; i < TURNS; i++)
        uv_run(&world->loop, UV_RUN_NOWAIT);
}

static uint64_t patience_ends(void) { return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000); }

void world_until(struct world *world, const size_t *count, size_t wanted)
{
    uint64_t end = patience_ends();

    while (*count != wanted && uv_hrtime() < end) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(200);
    }
    assert(*count == wanted);
}

void world_until_idle(struct world *world)
{
    uint64_t end = patience_ends();
    struct list *open = control_exchanges(world->control);

    while (!list_is_empty(open) && uv_hrtime() < end) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(200);
    }
    assert(list_is_empty(open));
}

// ---- one client
void client_open(struct client *client, struct world *world)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    *client = (struct client){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0) };
    buf_init(&client->raw, 0);
    memcpy(address.sun_path, world->socket_path, strlen(world->socket_path));
    assert(connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
}

void client_close(struct client *client)
{
    close(client->fd);
    buf_release(&client->raw);
}

// A server that answers before the body's end may close: that ends the sending.
void client_send(struct client *client, struct world *world, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(client->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
}

void client_request(struct client *client, struct world *world, const char *method,
                    const char *path, const char *body)
{
    struct buf request;

    client_open(client, world);
    buf_init(&request, 0);
    buf_addf(&request, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", method, path);
    if (body)
        buf_addf(&request, "Content-Length: %zu\r\n", strlen(body));
    buf_add_str(&request, "\r\n");
    if (body)
        buf_add_str(&request, body);
    client_send(client, world, (const char *)request.ptr, request.len);
    buf_release(&request);
}

// False: nothing has come.
static bool client_take(struct client *client)
{
    char piece[65536];
    ssize_t n = recv(client->fd, piece, sizeof(piece), 0);

    if (n == 0 || (n < 0 && errno != EAGAIN))
        client->eof = true;
    if (n > 0)
        buf_add(&client->raw, piece, (size_t)n);
    return n > 0;
}

void client_read(struct client *client, struct world *world, const char *until)
{
    uint64_t end = patience_ends();
    bool found = false;

    while (!found && !client->eof && uv_hrtime() < end) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        if (!client_take(client))
            usleep(200);
        found = until && memmem(client->raw.ptr, client->raw.len, until, strlen(until));
    }
}

void client_look(struct client *client, struct world *world)
{
    for (int i = 0; i < TURNS && !client->eof; i++) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        client_take(client);
    }
}

int client_status(struct client *client)
{
    int status = 0;

    sscanf(buf_cstr(&client->raw), "HTTP/1.1 %d", &status);
    return status;
}

const char *client_body(struct client *client, struct buf *body)
{
    const char *text = buf_cstr(&client->raw), *end = text + client->raw.len;
    const char *at = strstr(text, "\r\n\r\n");
    bool chunked = strcasestr(text, "\r\nTransfer-Encoding: chunked") != NULL;

    buf_clear(body);
    at = at ? at + 4 : end;
    if (!chunked)
        buf_add(body, at, (size_t)(end - at));
    while (chunked && at < end) {
        char *data;
        size_t n = strtoul(at, &data, 16);
        if (n == 0 || (size_t)(end - data) < n + 2)
            break;
        buf_add(body, data + 2, n);
        at = data + 2 + n + 2;
    }
    return buf_cstr(body);
}

// ---- a whole exchange
static json_t *lines_json(const char *text)
{
    json_t *lines = json_array();

    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "\n");
        json_array_append_new(lines, json_loadb(at, n, JSON_ALLOW_NUL, NULL));
        at += n + (at[n] == '\n');
    }
    return lines;
}

int http(struct world *world, const char *method, const char *path, const char *body,
         json_t **ret)
{
    struct client client;
    struct buf text;
    int status;

    client_request(&client, world, method, path, body);
    client_read(&client, world, NULL);
    assert(client.eof);
    status = client_status(&client);
    buf_init(&text, 0);
    client_body(&client, &text);
    if (ret)
        *ret = strcasestr(buf_cstr(&client.raw), "ndjson")
                   ? lines_json(buf_cstr(&text))
                   : json_loads(buf_cstr(&text), 0, NULL);
    buf_release(&text);
    client_close(&client);
    return status;
}

size_t text_count(const char *text, const char *word)
{
    size_t n = 0;

    for (text = strstr(text, word); text; text = strstr(text + 1, word))
        n++;
    return n;
}
