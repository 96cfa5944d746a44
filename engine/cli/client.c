// SPDX-License-Identifier: MIT
// libcurl does HTTP; this file turns its words into ours. Nothing of TLS, proxies
// or name resolution is set up: that is most of what libcurl's start costs.
#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/jtext.h"

enum { REPLY_MAX = 256 * 1024 * 1024, LINE_MAX_BYTES = 16 * 1024 * 1024 };

struct client {
    CURL *easy; // kept from call to call: its connection is used again
    struct streaming *left; // the last stream, its connection still open; or NULL
    char socket_path[108];
};

int client_open(struct client **ret, const char *socket_path, struct err *err)
{
    struct client *client = calloc(1, sizeof(*client));

    if (!client || curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
        free(client);
        return err_set(err, -ENOMEM, "cannot set up HTTP");
    }
    strncpy(client->socket_path, socket_path, sizeof(client->socket_path) - 1);
    client->easy = curl_easy_init();
    if (!client->easy) {
        client_close(client);
        return err_set(err, -ENOMEM, "out of memory");
    }
    *ret = client;
    return 0;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    client_stream_leave(client);
    curl_easy_cleanup(client->easy);
    curl_global_cleanup();
    free(client);
}

// ---- a request
static void easy_set(CURL *easy, const struct client *client, const char *method,
                     const char *url, struct curl_slist *headers)
{
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static int code_of(CURLcode rc, struct err *err)
{
    switch ((int)rc) {
    case CURLE_OK: return 0;
    case CURLE_COULDNT_CONNECT: return err_set(err, -ECONNREFUSED, "no engine is listening");
    case CURLE_OUT_OF_MEMORY: return err_set(err, -ENOMEM, "out of memory");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return err_set(err, -ECONNRESET, "the engine closed the connection");
    default: return err_set(err, -EIO, "talking to the engine: %s", curl_easy_strerror(rc));
    }
}

static size_t reply_take(char *data, size_t size, size_t n, void *arg)
{
    struct buf *body = arg;

    buf_add(body, data, size * n);
    return buf_failed(body) ? 0 : size * n;
}

static int headers_make(struct curl_slist **ret, const char *request_id)
{
    // "Expect:" without a value: no waiting for 100-continue on a local socket.
    static const char *const fixed[] = { "Expect:", "Content-Type: application/json" };
    struct curl_slist *list = NULL, *more;
    char id[64] = "Pawl-Request: ";

    for (size_t i = 0; i < 3; i++) {
        if (i == 2 && !request_id)
            break;
        if (i == 2)
            strncat(id, request_id, sizeof(id) - strlen(id) - 1);
        more = curl_slist_append(list, i < 2 ? fixed[i] : id);
        if (!more) {
            curl_slist_free_all(list);
            return -ENOMEM;
        }
        list = more;
    }
    *ret = list;
    return 0;
}

static int url_make(struct buf *url, const char *path, struct err *err)
{
    buf_init(url, 0);
    buf_add_str(url, "http://pawl");
    buf_add_str(url, path);
    buf_cstr(url);
    return buf_failed(url) ? err_set(err, -ENOMEM, "out of memory") : 0;
}

static void body_set(CURL *easy, const char *method, const char *text)
{
    if (text) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text);
    } else if (strcmp(method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
}

static json_t *reply_json(const struct buf *body)
{
    return json_loadb((const char *)body->ptr, body->len, JSON_ALLOW_NUL, NULL);
}

int client_call(struct client *client, const char *method, const char *path, const json_t *body,
                const char *request_id, struct reply *ret, struct err *err)
{
    struct curl_slist *headers = NULL;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct buf url, answer;
    int rc;

    *ret = (struct reply){ 0 };
    buf_init(&answer, REPLY_MAX);
    rc = url_make(&url, path, err);
    if (rc == 0 && ((body && !text) || headers_make(&headers, request_id) < 0))
        rc = err_set(err, -ENOMEM, "out of memory");
    if (rc == 0) {
        curl_easy_reset(client->easy);
        easy_set(client->easy, client, method, buf_cstr(&url), headers);
        body_set(client->easy, method, text);
        curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, reply_take);
        curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, &answer);
        rc = code_of(curl_easy_perform(client->easy), err);
    }
    if (rc == 0) {
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &ret->status);
        ret->json = answer.len ? reply_json(&answer) : NULL;
    }
    curl_slist_free_all(headers);
    free(text);
    buf_release(&url);
    buf_release(&answer);
    return rc;
}

// ---- streams
enum { LONG_LINE = 1024 };

struct streaming {
    const struct stream *stream;
    CURL *easy;
    CURLM *multi;
    char *body;        // to be posted; NULL: none
    struct curl_slist *headers;
    struct buf url;
    struct buf in;     // bytes of lines that are not whole yet
    size_t searched;   // of them, without an end of line
    long status;       // 0: not known yet
    bool stopped;      // by line_fn
    bool nonsense;     // a line that is no JSON
    uint64_t deadline; // monotonic ms; UINT64_MAX: none
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// A record's text is the last of its line, and long: it is not left to jansson. Whatever
// is not as the engine writes it, is.
static json_t *long_line_parse(struct slice line)
{
    static const char name[] = ",\"data\":";
    const uint8_t *at = memmem(line.ptr, line.len, name, sizeof(name) - 1);
    struct slice text;
    struct buf part;
    json_t *json = NULL;

    if (!at)
        return NULL;
    text = slice_of(at + sizeof(name) - 1, line.len - (size_t)(at - line.ptr) - (sizeof(name) - 1));
    buf_init(&part, 0);
    buf_add(&part, line.ptr, (size_t)(at - line.ptr));
    buf_add_byte(&part, '}');
    if (!buf_failed(&part))
        json = json_loadb((const char *)part.ptr, part.len, JSON_ALLOW_NUL, NULL);
    buf_clear(&part);
    if (json && (text.len < 3 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '}' ||
                 jtext_unquote(text, &part) != text.len - 1 || buf_failed(&part) ||
                 json_object_set_new(json, "data", json_stringn_nocheck(
                     part.len ? (const char *)part.ptr : "", part.len)) < 0)) {
        json_decref(json);
        json = NULL;
    }
    buf_release(&part);
    return json;
}

static json_t *line_parse(struct slice line)
{
    json_t *json = line.len >= LONG_LINE ? long_line_parse(line) : NULL;

    return json ? json : json_loadb((const char *)line.ptr, line.len, JSON_ALLOW_NUL, NULL);
}

static void line_give(struct streaming *s, struct slice text)
{
    json_t *line;

    if (s->stream->text_fn) {
        s->stopped = s->stream->text_fn(s->stream->arg, text);
        return;
    }
    line = line_parse(text);
    s->nonsense = !line;
    s->stopped = line && s->stream->line_fn(s->stream->arg, line);
    json_decref(line);
}

static void lines_give(struct streaming *s)
{
    size_t at = 0, from = s->searched;
    const uint8_t *end;

    while (!s->stopped && !s->nonsense &&
           (end = memchr(s->in.ptr + from, '\n', s->in.len - from)) != NULL) {
        size_t len = (size_t)(end - (s->in.ptr + at));
        line_give(s, slice_of(s->in.ptr + at, len));
        at += len + 1;
        from = at;
    }
    buf_drop(&s->in, at);
    s->searched = s->in.len;
}

// The body of an HTTP error is gathered whole; lines are given one by one.
static size_t stream_take(char *data, size_t size, size_t n, void *arg)
{
    struct streaming *s = arg;

    buf_add(&s->in, data, size * n);
    if (buf_failed(&s->in))
        return 0;
    if (!s->status)
        curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &s->status);
    if (s->status == 200 && s->in.len)
        lines_give(s);
    return s->stopped || s->nonsense ? 0 : size * n;
}

enum { STREAM_GOES_ON = 1000 };

static int stream_done(struct streaming *s, struct err *err)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &s->status);
        if (s->stopped)
            return STREAM_STOPPED;
        if (s->nonsense || buf_failed(&s->in))
            return err_set(err, -EPROTO, "the engine sent a line that is no JSON");
        if (message->data.result == CURLE_OK)
            return s->status == 200 && s->in.len ? STREAM_BROKEN : STREAM_ENDED;
        return s->status ? (int)STREAM_BROKEN : code_of(message->data.result, err);
    }
    return STREAM_GOES_ON;
}

static int poll_ms(const struct streaming *s)
{
    uint64_t now = now_ms(), left = s->deadline > now ? s->deadline - now : 0;
    int ms = s->stream->tick_ms ? s->stream->tick_ms : 10000;

    return left < (uint64_t)ms ? (int)left : ms;
}

static int stream_run(struct streaming *s, struct err *err)
{
    struct curl_waitfd stop = { .fd = s->stream->stop_fd, .events = CURL_WAIT_POLLIN };
    unsigned extra = s->stream->stop_fd >= 0;
    int running, rc;

    for (;;) {
        if (curl_multi_perform(s->multi, &running) != CURLM_OK)
            return err_set(err, -EIO, "talking to the engine failed");
        if (s->stream->tick_fn)
            s->stream->tick_fn(s->stream->arg);
        rc = stream_done(s, err);
        if (rc != STREAM_GOES_ON)
            return rc;
        if (now_ms() >= s->deadline)
            return STREAM_TIMED_OUT;
        curl_multi_poll(s->multi, &stop, extra, poll_ms(s), NULL);
        if (extra && stop.revents)
            return STREAM_INTERRUPTED;
    }
}

static int stream_open(struct streaming *s, struct client *client, struct err *err)
{
    const json_t *body = s->stream->body;

    s->easy = curl_easy_init();
    s->multi = curl_multi_init();
    s->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
    if (!s->easy || !s->multi || (body && !s->body))
        return err_set(err, -ENOMEM, "out of memory");
    easy_set(s->easy, client, body ? "POST" : "GET", buf_cstr(&s->url), s->headers);
    body_set(s->easy, body ? "POST" : "GET", s->body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, stream_take);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    if (curl_multi_add_handle(s->multi, s->easy) != CURLM_OK)
        return err_set(err, -ENOMEM, "out of memory");
    return 0;
}

static void stream_close(struct streaming *s)
{
    if (s->multi && s->easy)
        curl_multi_remove_handle(s->multi, s->easy);
    curl_easy_cleanup(s->easy);
    curl_multi_cleanup(s->multi);
    curl_slist_free_all(s->headers);
    free(s->body);
    buf_release(&s->in);
    buf_release(&s->url);
    free(s);
}

void client_stream_leave(struct client *client)
{
    if (!client || !client->left)
        return;
    stream_close(client->left);
    client->left = NULL;
}

static struct streaming *stream_new(const struct stream *stream)
{
    struct streaming *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->stream = stream;
    s->deadline = stream->timeout_ms >= 0 ? now_ms() + (uint64_t)stream->timeout_ms : UINT64_MAX;
    buf_init(&s->in, LINE_MAX_BYTES);
    buf_init(&s->url, 0);
    return s;
}

int client_stream(struct client *client, const char *path, const struct stream *stream,
                  struct reply *ret, struct err *err)
{
    struct streaming *s;
    int rc;

    *ret = (struct reply){ 0 };
    client_stream_leave(client);
    s = client->left = stream_new(stream);
    if (!s)
        return err_set(err, -ENOMEM, "out of memory");
    rc = url_make(&s->url, path, err);
    if (rc == 0 && headers_make(&s->headers, NULL) < 0)
        rc = err_set(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = stream_open(s, client, err);
    if (rc == 0)
        rc = stream_run(s, err);
    ret->status = s->status;
    if (rc == STREAM_ENDED && s->status != 200)
        ret->json = reply_json(&s->in);
    return rc;
}
