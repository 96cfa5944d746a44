// SPDX-License-Identifier: MIT
// Ansible's INI inventories. How: line by line; a section says what its lines are.
// Groups may be spoken of before they come, so whether each has come is asked at the
// end: a section [wbe:vars] would else be variables of nobody.
#include <errno.h>
#include <stdio.h>

#include "base/suggest.h"
#include "inventory/ini_words.h"
#include "inventory/literal.h"
#include "inventory/pattern.h"

enum section { SECTION_HOSTS, SECTION_VARS, SECTION_CHILDREN };

struct ini {
    struct inventory *inventory;
    enum section section;
    struct node *group; // NULL: before the first section
    unsigned line;
    struct buf word;
};

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

static struct slice trim(struct slice s)
{
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    while (s.len && is_space(s.ptr[0]))
        s = slice_of(s.ptr + 1, s.len - 1);
    return s;
}

static struct slice before_comment(struct slice s)
{
    const uint8_t *hash = s.len ? memchr(s.ptr, '#', s.len) : NULL;

    return trim(slice_of(s.ptr, hash ? (size_t)(hash - s.ptr) : s.len));
}

// ---- variables

static int set_value(json_t *vars, struct slice key, struct slice value, struct err *err)
{
    char name[256];
    json_t *json = literal_json(value);

    if (!json)
        return err_set(err, ERR_USAGE, "the value of %.*s is not UTF-8 text",
                       key.len < 80 ? (int)key.len : 80, (const char *)key.ptr);
    if (key.len == 0 || key.len >= sizeof(name)) {
        json_decref(json);
        return err_set(err, ERR_USAGE, "a variable's name has 1 to %zu bytes", sizeof(name) - 1);
    }
    snprintf(name, sizeof(name), "%.*s", SLICE_ARG(key));
    if (json_object_set_new(vars, name, json) < 0)
        return err_set(err, ERR_USAGE, "the name %.80s is not UTF-8 text", name);
    return 0;
}

static int set_pair(json_t *vars, struct slice pair, struct err *err)
{
    const uint8_t *equals = pair.len ? memchr(pair.ptr, '=', pair.len) : NULL;
    size_t key;

    if (!equals)
        return err_set(err, ERR_USAGE, "\"%.*s\": name=value is expected, in quotes when there "
                       "are spaces in it", pair.len < 80 ? (int)pair.len : 80,
                       (const char *)pair.ptr);
    key = (size_t)(equals - pair.ptr);
    return set_value(vars, trim(slice_of(pair.ptr, key)),
                     trim(slice_of(equals + 1, pair.len - key - 1)), err);
}

// ---- lines

static int read_section(struct ini *ini, struct slice inside, struct err *err)
{
    const uint8_t *colon = inside.len ? memchr(inside.ptr, ':', inside.len) : NULL;
    struct slice name = inside, kind = SLICE("");
    int rc;

    if (colon) {
        name.len = (size_t)(colon - inside.ptr);
        kind = trim(slice_of(colon + 1, inside.len - name.len - 1));
    }
    if (colon && !slice_is(kind, "vars") && !slice_is(kind, "children"))
        return err_set(err, ERR_USAGE, "[%.*s]: a section is [group], [group:vars] or "
                       "[group:children]", inside.len < 80 ? (int)inside.len : 80,
                       (const char *)inside.ptr);
    ini->section = !colon ? SECTION_HOSTS
                   : slice_is(kind, "vars") ? SECTION_VARS : SECTION_CHILDREN;
    rc = tree_group(ini->inventory, trim(name), ini->line, &ini->group, err);
    if (rc == 0 && ini->section != SECTION_VARS)
        ini->group->declared = true;
    return rc;
}

static int read_pairs(struct ini *ini, struct slice rest, json_t *vars, struct err *err)
{
    int rc;

    while ((rc = ini_next_word(&rest, &ini->word, err)) > 0) {
        rc = buf_failed(&ini->word) ? err_set(err, -ENOMEM, "out of memory")
                                    : set_pair(vars, buf_slice(&ini->word), err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

static int read_host(struct ini *ini, struct slice line, struct err *err)
{
    json_t *vars = json_object();
    struct buf pattern;
    int rc;

    buf_init(&pattern, 0);
    rc = ini_next_word(&line, &pattern, err);
    if (!vars || buf_failed(&pattern))
        rc = err_set(err, -ENOMEM, "out of memory");
    if (rc > 0)
        rc = read_pairs(ini, line, vars, err);
    if (rc == 0)
        rc = pattern_hosts(ini->inventory, buf_slice(&pattern), ini->group, vars, ini->line, err);
    buf_release(&pattern);
    json_decref(vars);
    return rc;
}

static int read_child(struct ini *ini, struct slice line, struct err *err)
{
    struct node *child;
    int rc = tree_group(ini->inventory, before_comment(line), ini->line, &child, err);

    return rc < 0 ? rc : tree_add(ini->inventory, ini->group, child, err);
}

// A line that begins with a bracket may be a host, too: [a:c]-db.
static bool is_section(struct slice line, struct slice *inside)
{
    const uint8_t *close = line.ptr[0] == '[' ? memchr(line.ptr, ']', line.len) : NULL;
    size_t len;

    if (!close)
        return false;
    len = (size_t)(close - line.ptr);
    *inside = trim(slice_of(line.ptr + 1, len - 1));
    return before_comment(slice_of(close + 1, line.len - len - 1)).len == 0;
}

static int read_line(struct ini *ini, struct slice line, struct err *err)
{
    struct slice inside;

    if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
        return 0;
    if (memchr(line.ptr, 0, line.len))
        return err_set(err, ERR_USAGE, "there is a NUL byte in the line; is this a text file?");
    if (is_section(line, &inside))
        return read_section(ini, inside, err);
    if (ini->section == SECTION_VARS)
        return set_pair(ini->group->vars, line, err);
    return ini->section == SECTION_CHILDREN ? read_child(ini, line, err)
                                            : read_host(ini, line, err);
}

// ---- the whole

static int check_group(const struct inventory *inventory, const struct node *group,
                       struct err *err)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;

    if (group->declared)
        return 0;
    suggest_begin(&suggest, slice_str(group->name));
    for (size_t i = 0; i < inventory->groups.count; i++)
        if (inventory->groups.at[i]->declared)
            suggest_add(&suggest, slice_str(inventory->groups.at[i]->name));
    return err_set(err, ERR_USAGE, "%.200s:%u: there is no section [%.80s]%s", inventory->path,
                   group->line, group->name, suggest_text(&suggest, text));
}

int ini_read(struct inventory *inventory, struct slice text, struct err *err)
{
    struct ini ini = { .inventory = inventory };
    int rc = 0;

    buf_init(&ini.word, 0);
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) // a byte order mark
        text = slice_of(text.ptr + 3, text.len - 3);
    while (rc == 0 && text.len) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        ini.line++;
        rc = read_line(&ini, trim(slice_of(text.ptr, len)), err);
        if (rc < 0)
            rc = err_wrap(err, "%.160s:%u", inventory->path, ini.line);
        len += end ? 1 : 0;
        text = slice_of(text.ptr + len, text.len - len);
    }
    for (size_t i = 0; rc == 0 && i < inventory->groups.count; i++)
        rc = check_group(inventory, inventory->groups.at[i], err);
    buf_release(&ini.word);
    return rc;
}
