// SPDX-License-Identifier: MIT
// What goes over a link, and nothing of how: requests to bytes, bytes to replies.
// A line each way, words apart by one blank, ended by LF:
//
//   request   verb key words...                          (target/runner.sh: on_*)
//             start is followed by its payloads and a line "."
//   reply     word key numbers... [text]
//             data is followed by exactly as many bytes as its last number says
//
// Before READY a target may print what it likes (a login's greeting): only a line
// that begins with the nonce counts, the rest is noise, kept for the error's text.
// The parser never holds more than a line of WIRE_LINE bytes and never allocates;
// data passes through in pieces. Owner: whoever embeds it.
#pragma once

#include "base/buf.h"
#include "host/link.h"
#include "host/words.h"

enum {
    WIRE_LINE = 1024,              // bytes of the longest line
    WIRE_NUMBERS = 7,              // of one reply, at most
    WIRE_DATA_MAX = 16 * 1024 * 1024, // of one frame: more is nothing we ever asked for
    WIRE_BLOCK = 64 * 1024,        // as much as a pipe holds
    WIRE_LINES_MAX = 4096,         // payload up to this goes as lines, read by builtins
    WIRE_FORGET_MAX = 48,          // keys of one forget
};

// id, word, has a key, count of numbers, ends in text
#define WIRE_REPLIES(X)                          \
    X(READY, "ready", 0, 1, 1)                   \
    X(REFUSE, "refuse", 0, 0, 1)                 \
    X(STARTED, "started", 1, 0, 0)               \
    X(REFUSED, "refused", 1, 0, 1)               \
    X(ABSENT, "absent", 1, 0, 0)                 \
    X(NEVER, "never", 1, 0, 0)                   \
    X(DATA, "data", 1, 3, 0)                     \
    X(GOT, "got", 1, 0, 0)                       \
    X(DONE, "done", 1, 7, 0)                     \
    X(KILLED, "killed", 1, 2, 0)                 \
    X(INTERRUPTED, "interrupted", 1, 2, 0)       \
    X(SIGNALLED, "signalled", 1, 1, 0)           \
    X(FORGOTTEN, "forgotten", 1, 0, 0)           \
    X(KEY, "key", 1, 0, 0)                       \
    X(KEYS, "keys", 0, 0, 0)                     \
    X(LINGERS, "lingers", 1, 0, 1)               \
    X(STATUS, "status", 0, 3, 1)

enum wire_word {
#define X(id, word, key, numbers, text) WIRE_##id,
    WIRE_REPLIES(X)
#undef X
    WIRE_WORD_COUNT
};

// READY: uptime of the target (1/100 s; 0: unknown); text: boot, kernel, shell
// DONE:  code, signal, uptime at start and end (1/100 s), flags, bytes of out, of err;
//        flags: 1 unverified, 2 the spool's disk was full when the command ended
// STATUS: free KiB, keys, keys that run; text: user:uid:shell:kernel:path of the spool
// KILLED, INTERRUPTED: bytes of out, of err.    SIGNALLED: code
// DATA:  stream, number of the first byte (from 1), length of the frame. Handed up
//        in pieces: numbers[1] is the first byte's of this piece.
struct wire_reply {
    enum wire_word word;
    struct link_key key;
    uint64_t numbers[WIRE_NUMBERS];
    struct slice text; // or DATA's bytes; valid until the next call
};

struct wire {
    const char *nonce;   // of hello, borrowed
    bool ready;          // the nonce came
    size_t len;          // bytes of line in hand
    uint64_t data_left;  // bytes of the present frame still to come
    struct wire_reply data; // its head
    char line[WIRE_LINE];
    struct words noise;
};

void wire_init(struct wire *wire, const char *nonce);
// Takes the next reply off *bytes: 1 and *ret; 0 when all is taken and more is
// needed; -EPROTO for what no runner sends.
int wire_next(struct wire *wire, struct slice *bytes, struct wire_reply *ret, struct err *err);
// What came before READY, printable, in one line.
const char *wire_noise(const struct wire *wire, char text[WORDS_TEXT]);

// Requests. Each appends to buf; check buf_failed.
void wire_start(struct buf *buf, const struct link_start *start, uint64_t allow);
void wire_attach(struct buf *buf, struct link_key key, const uint64_t offset[2], uint64_t allow);
// Output of a command that runs, at most len of each stream. more: look even when
// nothing seems to have changed.
void wire_read(struct buf *buf, struct link_key key, const uint64_t offset[2],
               const uint64_t len[2], uint64_t allow, bool more);
// Output of an attempt that ended: exactly len bytes, which it is known to have.
void wire_take(struct buf *buf, struct link_key key, enum link_stream stream, uint64_t offset,
               uint64_t len);
// The same where offset and len are whole blocks, which costs the target one process where
// it else costs three.
void wire_blocks(struct buf *buf, struct link_key key, enum link_stream stream, uint64_t offset,
                 uint64_t len);
void wire_signal(struct buf *buf, struct link_key key, int signum);
// count keys, eight in a line, which the target's FIFO must take whole (512 bytes,
// _POSIX_PIPE_BUF); the last line is the request.
void wire_forget(struct buf *buf, const struct link_key *keys, unsigned count);
void wire_list(struct buf *buf);
void wire_status(struct buf *buf);
