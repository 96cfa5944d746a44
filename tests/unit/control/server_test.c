// SPDX-License-Identifier: MIT
// The socket and its limits: rights, what lies in its way, bodies that are too
// large or cut off, nonsense, many connections, two controls in one process.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "control/socket.h"
#include "unit/control/http_client.h"

static void the_socket_is_private(void **state)
{
    struct world *world = *state;
    struct stat st;

    assert_int_equal(stat(world->socket_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(world->dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void a_stale_socket_is_replaced_and_a_file_is_not(void **state)
{
    char dir[] = "/tmp/pawl-socket-XXXXXX", path[64];
    struct err err = { 0 };
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/engine.sock", dir);
    fd = socket_listen(path, &err);
    assert_true(fd >= 0);
    close(fd); // the file stays, as after a crash
    fd = socket_listen(path, &err);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(socket_listen(path, &err), -EEXIST);
    assert_non_null(strstr(err.text, path));
    unlink(path);
    rmdir(dir);
}

static void wrong_paths_are_explained(void **state)
{
    char longest[200];
    struct err err = { 0 };

    (void)state;
    memset(longest, 'a', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(socket_listen(longest, &err), -ENAMETOOLONG);
    assert_non_null(strstr(err.text, "PAWL_HOME"));
    assert_int_equal(socket_listen("engine.sock", &err), -EINVAL);
    assert_int_equal(socket_listen("/tmp/no/such/engine.sock", &err), -ENOENT);
}

static void large_bodies_are_taken_up_to_the_cap(void **state)
{
    struct world *world = *state;
    size_t size = 15u << 20;
    char *body = malloc(size + 128);
    int n;
    json_t *json;

    // A script of 15 MiB, as one string.
    n = sprintf(body, "{\"name\":\"a.lua\",\"text\":\"");
    memset(body + n, 'x', size);
    strcpy(body + n + size, "\"}");
    assert_int_equal(http(world, "POST", "/v1/scripts/header", body, &json), 200);
    assert_int_equal(json_string_length(json_object_get(json, "about")), size);
    json_decref(json);
    free(body);
}

static void an_oversize_body_is_refused_before_it_comes(void **state)
{
    static const char head[] = "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                               "Content-Length: 17000000\r\n\r\n";
    struct world *world = *state;
    struct client client;

    client_open(&client, world);
    client_send(&client, world, head, sizeof(head) - 1);
    for (int i = 0; i < 17; i++) {
        char piece[1000000];
        memset(piece, ' ', sizeof(piece));
        client_send(&client, world, piece, sizeof(piece));
    }
    client_read(&client, world, "too_large");
    assert_int_equal(client_status(&client), 413);
    client_close(&client);
}

static void an_oversize_chunked_body_is_refused(void **state)
{
    static const char head[] = "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    struct world *world = *state;
    char *piece = malloc(0x100000 + 16);
    struct client client;

    strcpy(piece, "100000\r\n");
    memset(piece + 8, ' ', 0x100000);
    memcpy(piece + 8 + 0x100000, "\r\n", 2);
    client_open(&client, world);
    client_send(&client, world, head, sizeof(head) - 1);
    for (int i = 0; i < 17; i++)
        client_send(&client, world, piece, 8 + 0x100000 + 2);
    client_send(&client, world, "0\r\n\r\n", 5);
    client_read(&client, world, "too_large");
    assert_int_equal(client_status(&client), 413);
    client_close(&client);
    free(piece);
}

static void a_body_cut_off_does_nothing(void **state)
{
    static const char half[] = "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
                               "{\"type\":\"local\"";
    struct world *world = *state;
    struct client client;

    client_open(&client, world);
    client_send(&client, world, half, sizeof(half) - 1);
    world_turn(world);
    client_close(&client);
    world_until_idle(world);
    assert_int_equal(world->fake->change_count, 0);
    assert_int_equal(http(world, "GET", "/v1/status", NULL, NULL), 200);
}

static void nonsense_harms_nobody(void **state)
{
    struct world *world = *state;
    char noise[4096];
    struct client client;

    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof(noise); i++)
            noise[i] = (char)(i * 31u + (size_t)round * 17u + (i >> 3));
        client_open(&client, world);
        client_send(&client, world, noise, sizeof(noise));
        client_send(&client, world, "\r\n\r\n", 4);
        client_close(&client);
        world_turn(world);
    }
    assert_int_equal(http(world, "GET", "/v1/status", NULL, NULL), 200);
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    static const char get[] = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    struct world *world = *state;
    struct client client;

    client_open(&client, world);
    for (int i = 0; i < 3; i++) {
        buf_clear(&client.raw);
        client_send(&client, world, get, sizeof(get) - 1);
        client_read(&client, world, "disk_full");
        assert_int_equal(client_status(&client), 200);
        assert_false(client.eof);
    }
    client_close(&client);
}

static void three_hundred_connections_are_served(void **state)
{
    struct world *world = *state;
    struct client *clients = calloc(300, sizeof(*clients));

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    for (int i = 0; i < 300; i++) {
        client_request(&clients[i], world, "GET", "/v1/jobs/12", NULL);
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
    for (int i = 0; i < 300; i++) {
        client_read(&clients[i], world, NULL);
        assert_int_equal(client_status(&clients[i]), 200);
        client_close(&clients[i]);
    }
    free(clients);
}

static void two_controls_live_side_by_side(void **state)
{
    struct world *world = *state;
    void *other_state = NULL;
    struct world *other;

    assert_int_equal(world_open(&other_state), 0);
    other = other_state;
    fake_job_add(world->fake, 12, "mine", JOB_RUNNING);
    assert_int_equal(http(world, "GET", "/v1/jobs/12", NULL, NULL), 200);
    assert_int_equal(http(other, "GET", "/v1/jobs/12", NULL, NULL), 404);
    world_close(&other_state);
    assert_int_equal(http(world, "GET", "/v1/jobs/12", NULL, NULL), 200);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(the_socket_is_private),
        cmocka_unit_test(a_stale_socket_is_replaced_and_a_file_is_not),
        cmocka_unit_test(wrong_paths_are_explained),
        WITH_WORLD(large_bodies_are_taken_up_to_the_cap),
        WITH_WORLD(an_oversize_body_is_refused_before_it_comes),
        WITH_WORLD(an_oversize_chunked_body_is_refused),
        WITH_WORLD(a_body_cut_off_does_nothing),
        WITH_WORLD(nonsense_harms_nobody),
        WITH_WORLD(a_connection_is_kept_for_the_next_request),
        WITH_WORLD(three_hundred_connections_are_served),
        WITH_WORLD(two_controls_live_side_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
