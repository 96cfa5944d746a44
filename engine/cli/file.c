// SPDX-License-Identifier: MIT
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int read_all(int fd, const char *path, struct buf *ret, struct err *err)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, -errno, "cannot read %.300s: %s", path, strerror(errno));
        buf_add(ret, piece, (size_t)n);
        if (buf_failed(ret) == -EFBIG)
            return err_set(err, -EFBIG, "%.300s has more than %d MiB", path,
                           FILE_BYTES_MAX / 1024 / 1024);
        if (buf_failed(ret))
            return err_set(err, -ENOMEM, "out of memory");
    }
    return 0;
}

int file_read(const char *path, struct buf *ret, struct err *err)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    buf_init(ret, FILE_BYTES_MAX);
    if (fd < 0)
        return err_set(err, -errno, "cannot open %.300s: %s", path, strerror(errno));
    rc = read_all(fd, input ? "standard input" : path, ret, err);
    if (!input)
        close(fd);
    return rc;
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int json_set_bytes(json_t *object, const char *key, struct slice bytes, struct err *err)
{
    json_t *text = json_stringn((const char *)(bytes.len ? bytes.ptr : (const uint8_t *)""),
                                bytes.len);
    size_t size = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *base64, name[64];
    int rc;

    if (text)
        return json_object_set_new(object, key, text) < 0
                   ? err_set(err, -ENOMEM, "out of memory") : 0;
    base64 = malloc(size);
    if (!base64)
        return err_set(err, -ENOMEM, "out of memory");
    sodium_bin2base64(base64, size, bytes.ptr, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    snprintf(name, sizeof(name), "%s_b64", key);
    rc = json_object_set_new(object, name, json_string(base64));
    free(base64);
    return rc < 0 ? err_set(err, -ENOMEM, "out of memory") : 0;
}

int json_set_pair(json_t *object, const char *pair, const char *what, struct err *err)
{
    const char *equals = strchr(pair, '=');
    char name[256];
    json_t *text;

    if (!equals || equals == pair)
        return err_set(err, ERR_USAGE, "%s %.80s: KEY=VALUE is expected", what, pair);
    if ((size_t)(equals - pair) >= sizeof(name))
        return err_set(err, ERR_USAGE, "%s: the key is longer than %zu bytes", what,
                       sizeof(name) - 1);
    memcpy(name, pair, (size_t)(equals - pair));
    name[equals - pair] = 0;
    text = json_string(equals + 1);
    if (!text || json_object_set_new(object, name, text) < 0)
        return err_set(err, ERR_USAGE, "%s %.80s: the text is not UTF-8", what, name);
    return 0;
}

json_t *json_environment(void)
{
    json_t *object = json_object();

    for (char **at = environ; object && *at; at++)
        json_set_pair(object, *at, "environment", NULL);
    return object;
}
