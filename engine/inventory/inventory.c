// SPDX-License-Identifier: MIT
// How a file's kind is told: by its name where that says it, so that no text is run
// because a file system marks everything executable; else it is run when it may be,
// and else its first line decides between YAML and INI.
#include "inventory/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inventory/tree.h"

enum kind { KIND_UNKNOWN, KIND_LUA, KIND_YAML, KIND_INI };

static enum kind kind_by_name(const char *path)
{
    static const struct {
        const char *ending;
        enum kind kind;
    } kinds[] = {
        { ".lua", KIND_LUA },   { ".yaml", KIND_YAML }, { ".yml", KIND_YAML },
        { ".json", KIND_YAML }, { ".ini", KIND_INI },
    };
    size_t len = strlen(path);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t ending = strlen(kinds[i].ending);
        if (len > ending && strcmp(path + len - ending, kinds[i].ending) == 0)
            return kinds[i].kind;
    }
    return KIND_UNKNOWN;
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static struct slice take_line(struct slice *text)
{
    const uint8_t *end = memchr(text->ptr, '\n', text->len);
    struct slice line = slice_of(text->ptr, end ? (size_t)(end - text->ptr) : text->len);
    size_t used = line.len + (end ? 1 : 0);

    *text = slice_of(text->ptr + used, text->len - used);
    while (line.len && is_blank(line.ptr[line.len - 1]))
        line.len--;
    while (line.len && is_blank(line.ptr[0]))
        line = slice_of(line.ptr + 1, line.len - 1);
    return line;
}

// A line that is neither empty nor a comment: no line of an INI inventory begins like
// a document of YAML or JSON, and none ends with a colon.
static enum kind kind_by_text(struct slice text)
{
    while (text.len) {
        struct slice line = take_line(&text);
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
            continue;
        if (line.ptr[0] == '{' || line.ptr[0] == '%' || line.ptr[line.len - 1] == ':' ||
            (line.len >= 3 && memcmp(line.ptr, "---", 3) == 0))
            return KIND_YAML;
        break;
    }
    return KIND_INI;
}

// ---- reading

static int read_all(int fd, const char *path, struct buf *ret, struct err *err)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_USAGE, "cannot read the inventory %.300s: %s", path,
                           strerror(errno));
        buf_add(ret, piece, (size_t)n);
        if (buf_failed(ret) == -EFBIG)
            return err_set(err, ERR_USAGE, "the inventory %.300s has more than %d MiB", path,
                           INVENTORY_BYTES_MAX >> 20);
        if (buf_failed(ret))
            return err_set(err, -ENOMEM, "out of memory");
    }
    return 0;
}

static int text_read(struct inventory *inventory, enum kind kind, struct slice text,
                     struct err *err)
{
    static const char vault[] = "$ANSIBLE_VAULT;";

    if (text.len >= sizeof(vault) - 1 && memcmp(text.ptr, vault, sizeof(vault) - 1) == 0)
        return err_set(err, ERR_USAGE, "%.300s is encrypted by ansible-vault; use a program that "
                       "prints it decrypted", inventory->path);
    if (kind == KIND_UNKNOWN)
        kind = kind_by_text(text);
    if (kind == KIND_LUA)
        return lua_file_read(inventory, text, err);
    return kind == KIND_YAML ? yaml_read(inventory, text, err) : ini_read(inventory, text, err);
}

static int file_fill(struct inventory *inventory, enum kind kind, int fd, struct err *err)
{
    struct buf text;
    int rc;

    buf_init(&text, INVENTORY_BYTES_MAX);
    rc = read_all(fd, inventory->path, &text, err);
    if (rc == 0)
        rc = text_read(inventory, kind, buf_slice(&text), err);
    buf_release(&text);
    return rc;
}

static int fill(struct inventory *inventory, int program_ms, struct err *err)
{
    enum kind kind = kind_by_name(inventory->path);
    int fd = open(inventory->path, O_RDONLY | O_CLOEXEC), rc;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        rc = err_set(err, ERR_USAGE, "cannot open the inventory %.300s: %s", inventory->path,
                     strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        rc = err_set(err, ERR_USAGE, "the inventory %.300s is a directory; name one file",
                     inventory->path);
    } else if (kind == KIND_UNKNOWN && S_ISREG(st.st_mode) && (st.st_mode & 0111) &&
               access(inventory->path, X_OK) == 0) {
        rc = listing_read(inventory, program_ms, err);
    } else {
        rc = file_fill(inventory, kind, fd, err);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

int inventory_open_within(const char *path, int program_ms, struct inventory **ret,
                          struct err *err)
{
    int rc = tree_new(path ? path : "", ret, err);

    if (rc == 0 && path) {
        rc = fill(*ret, program_ms, err);
        if (rc == 0)
            rc = tree_settle(*ret, err);
    }
    if (rc < 0) {
        inventory_free(*ret);
        *ret = NULL;
    }
    return rc;
}

int inventory_open(const char *path, struct inventory **ret, struct err *err)
{
    return inventory_open_within(path, INVENTORY_PROGRAM_MS, ret, err);
}

size_t inventory_host_count(const struct inventory *inventory) { return inventory->hosts.count; }

const char *inventory_group(const struct inventory *inventory, size_t i)
{
    return i < inventory->groups.count ? inventory->groups.at[i]->name : NULL;
}
