// SPDX-License-Identifier: MIT
// The requests' half of wire.h. Offsets go out counted from 1, as tail(1) counts.
//
// A payload goes in one of two shapes. Lines are read by the target's shell itself,
// byte by byte, and cost no process there: for what is short and has no NUL. Bytes
// are read by dd at their exact length: two processes at most, at any size.
#include <inttypes.h>

#include "base/hash.h"
#include "host/wire.h"

static bool is_for_lines(struct slice s)
{
    return s.len <= WIRE_LINES_MAX && (s.len == 0 || !memchr(s.ptr, 0, s.len));
}

static bool has_open_end(struct slice s)
{
    return s.len > 0 && s.ptr[s.len - 1] != '\n';
}

// LINES may as well end in LF; DIRECT ones are read by the step's own shell.
enum shape { LINES, EXACT, DIRECT };

// " mode size": see store in target/reader.sh.
static void shape_add(struct buf *buf, struct slice s, enum shape shape)
{
    char mode = shape == DIRECT ? 'd' : shape == EXACT && has_open_end(s) ? 'L' : 'l';
    size_t lines = has_open_end(s) ? 1 : 0;

    if (!is_for_lines(s)) {
        buf_addf(buf, " b %zu", s.len);
        return;
    }
    for (size_t i = 0; i < s.len; i++)
        lines += s.ptr[i] == '\n';
    buf_addf(buf, " %c %zu", mode, lines);
}

static void payload_add(struct buf *buf, struct slice s)
{
    buf_add_slice(buf, s);
    if (is_for_lines(s) && has_open_end(s))
        buf_add_byte(buf, '\n');
}

// Names what is to be run: equal digests, equal attempts.
static void digest_add(struct buf *buf, const struct link_start *start)
{
    struct content_hash parts[2] = {
        content_hash_of(start->program),
        content_hash_of(start->has_stdin ? start->stdin_bytes : SLICE("")),
    };
    uint8_t all[sizeof(parts) + 1];
    struct content_hash hash;
    char text[CONTENT_HASH_TEXT];

    memcpy(all, parts, sizeof(parts));
    all[sizeof(parts)] = start->has_stdin;
    hash = content_hash_of(slice_of(all, sizeof(all)));
    buf_add_str(buf, content_hash_format(&hash, text));
}

void wire_start(struct buf *buf, const struct link_start *start, uint64_t allow)
{
    struct link_key previous = { start->key.job, start->supersedes_intent_no };
    char key[LINK_KEY_TEXT];

    buf_addf(buf, "start %s ", link_key_format(start->key, key));
    digest_add(buf, start);
    buf_addf(buf, " %s %" PRIu64 " %" PRIu64 " %" PRIu64,
             start->has_supersedes ? link_key_format(previous, key) : "-",
             start->out_offset + 1, start->err_offset + 1, allow);
    shape_add(buf, start->program, start->direct ? DIRECT : LINES);
    if (start->has_stdin)
        shape_add(buf, start->stdin_bytes, EXACT);
    else
        buf_add_str(buf, " - 0");
    buf_add_byte(buf, '\n');
    payload_add(buf, start->program);
    if (start->has_stdin)
        payload_add(buf, start->stdin_bytes);
    buf_add_str(buf, ".\n");
}

void wire_attach(struct buf *buf, struct link_key key, const uint64_t offset[2], uint64_t allow)
{
    char text[LINK_KEY_TEXT];

    buf_addf(buf, "attach %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", link_key_format(key, text),
             offset[0] + 1, offset[1] + 1, allow);
}

void wire_read(struct buf *buf, struct link_key key, const uint64_t offset[2],
               const uint64_t len[2], uint64_t allow, bool more)
{
    char text[LINK_KEY_TEXT];

    buf_addf(buf, "read %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n",
             link_key_format(key, text), offset[0] + 1, len[0], offset[1] + 1, len[1], allow, more);
}

void wire_take(struct buf *buf, struct link_key key, enum link_stream stream, uint64_t offset,
               uint64_t len)
{
    char text[LINK_KEY_TEXT];

    buf_addf(buf, "take %s %d %" PRIu64 " %" PRIu64 "\n", link_key_format(key, text), (int)stream,
             offset + 1, len);
}

void wire_blocks(struct buf *buf, struct link_key key, enum link_stream stream, uint64_t offset,
                 uint64_t len)
{
    char text[LINK_KEY_TEXT];

    buf_addf(buf, "blocks %s %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
             link_key_format(key, text), (int)stream, offset + 1, len, offset / WIRE_BLOCK,
             len / WIRE_BLOCK);
}

void wire_signal(struct buf *buf, struct link_key key, int signum)
{
    char text[LINK_KEY_TEXT];

    buf_addf(buf, "signal %s %d\n", link_key_format(key, text), signum);
}

void wire_forget(struct buf *buf, const struct link_key *keys, unsigned count)
{
    enum { LINE_KEYS = 8 };
    char text[LINK_KEY_TEXT];

    for (unsigned i = 0; i < count; i++) {
        if (i % LINE_KEYS == 0)
            buf_add_str(buf, count - i > LINE_KEYS ? "also" : "forget");
        buf_add_byte(buf, ' ');
        buf_add_str(buf, link_key_format(keys[i], text));
        if (i % LINE_KEYS == LINE_KEYS - 1 || i == count - 1)
            buf_add_byte(buf, '\n');
    }
}

void wire_list(struct buf *buf) { buf_add_str(buf, "list\n"); }

void wire_status(struct buf *buf) { buf_add_str(buf, "status\n"); }
