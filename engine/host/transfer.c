// SPDX-License-Identifier: MIT
// The programs under transfer/, joined. The near end (file.sh, here.sh, put.sh or get.sh)
// is the attempt's command; the far end (file.sh, there.sh) is an argument of the line
// that the near end sends first. Nothing follows it before the answer:
//
//     here  exec sh -c FAR-END ...           there  MARKER ready SUMS KIND SIZE MODE
//           sum HOW                                 MARKER sum SUM
//           take ATTEMPT.TRY SIZE HOW               MARKER go
//           (SIZE bytes)                            MARKER sum SUM
//           place WANTED NEW, or: mode MODE         MARKER done
//           give SIZE                               MARKER go, and SIZE bytes
//                                                   MARKER no WORDS: the verdict, any time
//
// The program of an attempt is always the same, byte for byte (a start may be sent again,
// and is refused when it differs): the marker is made of its key, which nobody can guess.
#include "host/transfer.h"

#include <errno.h>
#include <stdio.h>

#include "base/embedded.h"
#include "base/hash.h"
#include "host/ssh.h"

enum { ID_TEXT = UUID_TEXT + 17 };

static struct slice part(const char *name)
{
    const struct embedded_file *file = embedded_transfer;

    while (strcmp(file->name, name) != 0) // a name of this file's: it is there
        file++;
    return file->text;
}

static void set(struct buf *buf, const char *name, struct slice text)
{
    buf_add_str(buf, name);
    buf_add_byte(buf, '=');
    quote_sh(text, buf);
    buf_add_byte(buf, '\n');
}

static struct slice last_part(struct slice path)
{
    size_t from = path.len;

    while (from > 0 && path.ptr[from - 1] != '/')
        from--;
    return slice_of(path.ptr + from, path.len - from);
}

static bool is_put(const struct transfer *t) { return slice_is(t->command->transfer, "put"); }

// The line that makes an sh the far end.
static void add_far_end(const struct transfer *t, struct slice marker, struct slice id,
                        struct buf *buf)
{
    const struct command *c = t->command;
    const struct slice args[] = {
        marker, c->transfer, is_put(t) ? c->to : c->from, last_part(c->from), id, c->cwd,
    };
    struct buf text;

    buf_init(&text, 0);
    buf_add_slice(&text, part("file.sh"));
    buf_add_slice(&text, part("there.sh"));
    buf_add_str(buf, "exec sh -c ");
    quote_sh(buf_slice(&text), buf);
    buf_add_str(buf, " pawl-transfer");
    for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
        buf_add_byte(buf, ' ');
        quote_sh(args[i], buf);
    }
    if (buf_failed(&text))
        buf->failed = buf_failed(&text);
    buf_release(&text);
}

static void add_denials(struct buf *buf)
{
    buf_add_str(buf, "is_denial() {\ncase $1 in\n");
    for (size_t i = 0; ssh_denials[i]; i++) {
        buf_add_byte(buf, '*');
        quote_sh(slice_str(ssh_denials[i]), buf);
        buf_add_str(buf, "*) return 0 ;;\n");
    }
    buf_add_str(buf, "esac\nreturn 1\n}\n");
}

static void add_settings(const struct transfer *t, struct buf *buf)
{
    const struct command *c = t->command;
    char marker[LINK_KEY_TEXT], id[ID_TEXT], uuid[UUID_TEXT];
    struct buf far_end;

    link_key_format(t->key, marker);
    uuid_format(t->key.job, uuid);
    snprintf(id, sizeof(id), "%s-%016llx", uuid,
             (unsigned long long)name_hash(slice_str(t->step)));
    buf_init(&far_end, 0);
    add_far_end(t, slice_str(marker), slice_str(id), &far_end);
    set(buf, "p_host", c->host);
    set(buf, "p_from", c->from);
    set(buf, "p_to_asked", c->to);
    set(buf, "p_want", c->mode);
    set(buf, "p_marker", slice_str(marker));
    set(buf, "p_id", slice_str(id));
    set(buf, "p_remote", t->is_local ? SLICE("") : SLICE("1"));
    set(buf, "p_there", buf_slice(&far_end));
    if (buf_failed(&far_end))
        buf->failed = buf_failed(&far_end);
    buf_release(&far_end);
}

static int check_path(struct slice path, const char *what, struct err *err)
{
    if (path.len == 0 || memchr(path.ptr, 0, path.len))
        return err_set(err, -EINVAL, "%s: %s path is %s", what, path.len ? "a" : "the",
                       path.len ? "with a NUL byte in it, and no file has such a name" : "empty");
    return 0;
}

int transfer_program(const struct transfer *t, struct buf *buf, struct err *err)
{
    int rc = check_path(t->command->from, "from", err);

    if (rc == 0)
        rc = check_path(t->command->to, "to", err);
    if (rc < 0)
        return rc;
    if (t->cwd.len) {
        buf_add_str(buf, "cd -- ");
        quote_sh(t->cwd, buf);
        buf_add_str(buf, " || exit 126\n");
    }
    add_settings(t, buf);
    add_denials(buf);
    buf_add_str(buf, "session() {\n");
    buf_add_slice(buf, t->session);
    buf_add_str(buf, "\n}\n");
    buf_add_slice(buf, part("file.sh"));
    buf_add_slice(buf, part("here.sh"));
    buf_add_slice(buf, part(is_put(t) ? "put.sh" : "get.sh"));
    if (buf_failed(buf))
        return err_set(err, buf_failed(buf), "no memory for a transfer's program");
    return 0;
}
