// SPDX-License-Identifier: MIT
// After every single event of every test workflow the state is dropped and made
// again from the journal: the effects that follow must be the same bytes. So must
// they be with other rows, other groupings of the same facts, and in processes with
// other hash seeds and another layout of memory.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/hash.h"
#include "player.h"
#include "sim/shapes.h"

enum { WORKFLOWS_MAX = 64, PROCESSES = 4, NOISE = 400 };

struct suite {
    struct workflow all[WORKFLOWS_MAX];
    size_t count;
};

// ---- the workflows

static struct workflow *add(struct suite *suite, const char *name, const char *text)
{
    struct workflow *workflow = &suite->all[suite->count++];

    assert_true(suite->count < WORKFLOWS_MAX);
    *workflow = (struct workflow){ .name = strdup(name), .text = strdup(text) };
    assert_true(workflow->name && workflow->text);
    return workflow;
}

static void add_sim_shapes(struct suite *suite)
{
    for (const struct shape *shape = shapes; shape->name; shape++)
        add(suite, shape->name, shape->script)->stop = shape->stop_at_ms > 0;
}

static void add_crash_shapes(struct suite *suite)
{
    static const char program[] =
        "import sys, json; sys.dont_write_bytecode = True; import shapes; "
        "print(json.dumps([[s.name, s.script, s.stop] for s in shapes.SHAPES]))";
    char command[1024];
    json_t *all, *shape;
    size_t i;
    FILE *pipe;

    snprintf(command, sizeof(command), "PYTHONPATH='%s' python3 -c '%s'", SHAPES_DIR, program);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    all = json_loadf(pipe, 0, NULL);
    assert_int_equal(pclose(pipe), 0);
    assert_true(json_array_size(all) > 0);
    json_array_foreach(all, i, shape) {
        struct workflow *w = add(suite, json_string_value(json_array_get(shape, 0)),
                                 json_string_value(json_array_get(shape, 1)));
        w->stop = json_is_true(json_array_get(shape, 2));
        w->canned_once = true; // they write to a log outside
    }
    json_decref(all);
}

static void add_file(struct suite *suite, const char *name)
{
    char path[1024], *text = calloc(1, SCRIPT_TEXT_MAX);
    FILE *file;

    assert_non_null(text);
    snprintf(path, sizeof(path), "%s/%s", EXAMPLES_DIR, name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, SCRIPT_TEXT_MAX - 1, file) > 0);
    fclose(file);
    add(suite, name, text)->canned_once = true;
    free(text);
}

static void add_examples(struct suite *suite)
{
    DIR *dir = opendir(EXAMPLES_DIR);
    struct dirent *entry;
    size_t before = suite->count;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        if (strlen(entry->d_name) > 4 && strcmp(entry->d_name + strlen(entry->d_name) - 4, ".lua") == 0)
            add_file(suite, entry->d_name);
    closedir(dir);
    assert_true(suite->count > before);
}

// b is stopped while its first branches run; its host is used by all that comes behind.
static void add_stopped_part(struct suite *suite, const char *name, bool force)
{
    struct workflow *w = add(suite, name,
        "defer(function() hosts:each(function(h) h:run('out=last') end) end)\n"
        "local r = hosts:each({ throttle = 2 }, function(h)\n"
        "  defer(function() print(h.name, 'deferred') h:run('out=undone') end)\n"
        "  parallel { function() h:run('out=one') end,\n"
        "             function() localhost:run('out=two') sleep('5m') end }\n"
        "  print(h.name, h:run('out=three').out)\n"
        "end)\n"
        "print(#r.failed, r.errors.b.kind)\n"
        "hosts:each(function(h) print(h.name, h:run('out=again').out) end)\n");

    w->on_hosts = w->stop_part = true;
    w->force = force;
}

// What the others do not have.
static void add_own(struct suite *suite)
{
    add(suite, "probe",
        "for i = 1, 4 do\n"
        "  local r = localhost:run { 'out=step' .. i, on_interrupt = function(host, was)\n"
        "    undo(function() localhost:run 'out=undone' end)\n"
        "    return host:run('out=probe').out == 'probe' and i % 2 == 1, was.kind .. i\n"
        "  end }\n"
        "  print(i, r.out, r.value, r.attempts)\n"
        "end\n");
    add(suite, "keys",
        "local set = {} for _, w in ipairs { 'kiwi', 'plum', 'fig', 'pear', 'lime' } do set[w] = #w end\n"
        "local r = foreach(set, { throttle = 2 }, function(n, word)\n"
        "  undo(function() print('undo', word) end)\n"
        "  localhost:run { q(word), env = set, name = word .. math.random(1000) }\n"
        "  return n + math.random()\n"
        "end)\n"
        "for word, n in pairs(r) do print(word, n, {}, print) end\n"
        "fail 'on purpose'\n");
}

// ---- playing

// Moves what is allocated next, and so Lua's hash seed, which comes from addresses.
static void **make_noise(unsigned seed)
{
    void **noise = calloc(NOISE, sizeof(*noise));

    assert_non_null(noise);
    for (unsigned i = 0; i < NOISE; i++) {
        seed = seed * 1103515245 + 12345;
        noise[i] = malloc(1 + (seed >> 16) % 3000);
    }
    for (unsigned i = 0; i < NOISE; i += 1 + seed % 3) {
        free(noise[i]);
        noise[i] = NULL;
    }
    return noise;
}

static void free_noise(void **noise)
{
    for (unsigned i = 0; i < NOISE; i++)
        free(noise[i]);
    free(noise);
}

static void compare(const struct player *recorded, const struct player *other, size_t events)
{
    const struct buf *a = &recorded->trace, *b = &other->trace;
    size_t n = 0, event = 0;

    while (n < a->len && n < b->len && a->ptr[n] == b->ptr[n])
        n++;
    if (n == a->len && n == b->len)
        return;
    while (event < recorded->event_count && recorded->marks[event] <= n)
        event++;
    fail_msg("%s, dropped after event %zu: event %zu does something else", recorded->workflow->name,
             events, event + 1);
}

static void every_event_may_be_the_last(void **state)
{
    const struct suite *suite = *state;
    size_t dropped = 0;

    for (size_t i = 0; i < suite->count; i++) {
        struct player recorded, again;
        player_record(&recorded, &suite->all[i], 1);
        for (size_t events = 1; events <= recorded.event_count; events++) {
            void **noise = make_noise((unsigned)(events * 31 + i));
            player_replay(&again, &recorded, events, 1 + events % 5);
            compare(&recorded, &again, events);
            player_free(&again);
            free_noise(noise);
            dropped++;
        }
        player_free(&recorded);
    }
    print_message("%zu workflows, dropped %zu times\n", suite->count, dropped);
    assert_true(dropped > 10 * suite->count);
}

// ---- groupings

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The effects of each strand in its order, strand after strand.
static struct content_hash effects_of(const struct player *p)
{
    const char *lines[4000], *at = (const char *)p->by_strand.ptr, *end = at + p->by_strand.len;
    char *numbered[4000];
    struct content_hash hash;
    struct buf all;
    size_t n = 0;

    for (; at < end && n < 4000; at += strlen(at) + 1)
        lines[n++] = at;
    buf_init(&all, 0);
    for (size_t i = 0; i < n; i++) { // a stable order by path
        struct buf line;
        buf_init(&line, 0);
        buf_addf(&line, "%.*s %06zu %s", (int)strcspn(lines[i], " "), lines[i], i, lines[i]);
        numbered[i] = strdup(buf_cstr(&line));
        buf_release(&line);
    }
    qsort(numbered, n, sizeof(numbered[0]), by_text);
    for (size_t i = 0; i < n; i++) {
        buf_add_str(&all, strchr(strchr(numbered[i], ' ') + 1, ' '));
        free(numbered[i]);
    }
    hash = content_hash_of(buf_slice(&all));
    buf_release(&all);
    return hash;
}

static bool did(const struct player *p, const char *text)
{
    return memmem(p->trace.ptr, p->trace.len, text, strlen(text));
}

// Else the two workflows about it would show nothing.
static void a_part_is_stopped_in_its_course(void **state)
{
    const struct suite *suite = *state;

    for (size_t i = 0; i < 2; i++) {
        const struct workflow *w = &suite->all[i];
        struct player p;
        assert_true(w->stop_part);
        player_record(&p, w, 1);
        assert_true(did(&p, "note 1 output 1\tcancelled"));
        assert_true(did(&p, "b\tdeferred") == !w->force);
        assert_true(did(&p, "a\tagain"));
        assert_false(did(&p, "b\tagain"));
        player_free(&p);
    }
}

static void groupings_change_nothing(void **state)
{
    const struct suite *suite = *state;
    size_t differ = 0;

    for (size_t i = 0; i < suite->count; i++) {
        struct player one, other;
        // What is in flight when it is asked depends on it.
        if (suite->all[i].stop || suite->all[i].stop_part)
            continue;
        player_record(&one, &suite->all[i], 1);
        for (unsigned group = 2; group <= 4; group++) {
            struct content_hash a = effects_of(&one), b;
            player_record(&other, &suite->all[i], group);
            b = effects_of(&other);
            if (memcmp(&a, &b, sizeof(a)) != 0)
                fail_msg("%s: %u facts at a time change what it does", suite->all[i].name, group);
            differ += one.journal.len != other.journal.len ||
                      memcmp(one.journal.ptr, other.journal.ptr, one.journal.len) != 0;
            player_free(&other);
        }
        player_free(&one);
    }
    assert_true(differ > 0); // else nothing was grouped
}

// ---- other processes

static void write_digest(const struct suite *suite, FILE *to)
{
    for (size_t i = 0; i < suite->count; i++) {
        char text[CONTENT_HASH_TEXT];
        struct player p;
        struct content_hash hash;
        player_record(&p, &suite->all[i], 1);
        hash = content_hash_of(buf_slice(&p.trace));
        fprintf(to, "%s %s\n", suite->all[i].name, content_hash_format(&hash, text));
        player_free(&p);
    }
}

static void other_processes_do_the_same(void **state)
{
    const struct suite *suite = *state;
    char own[16384] = "", line[16384], command[2048], self[1024];
    FILE *memory = fmemopen(own, sizeof(own), "w");
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    assert_non_null(memory);
    assert_true(len > 0);
    self[len] = 0;
    write_digest(suite, memory);
    fclose(memory);
    for (int i = 0; i < PROCESSES; i++) {
        size_t n;
        FILE *pipe;
        snprintf(command, sizeof(command), "PAWL_REPLAY_NOISE=%d '%s'", i + 1, self);
        pipe = popen(command, "r");
        assert_non_null(pipe);
        n = fread(line, 1, sizeof(line) - 1, pipe);
        line[n] = 0;
        assert_int_equal(pclose(pipe), 0);
        assert_string_equal(own, line);
    }
}

static void suite_fill(struct suite *suite)
{
    add_stopped_part(suite, "part stopped", false);
    add_stopped_part(suite, "part stopped by force", true);
    add_sim_shapes(suite);
    add_crash_shapes(suite);
    add_examples(suite);
    add_own(suite);
}

static void suite_free(struct suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        free(suite->all[i].name);
        free(suite->all[i].text);
    }
}

int main(void)
{
    struct suite suite = { .count = 0 };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_part_is_stopped_in_its_course, &suite),
        cmocka_unit_test_prestate(every_event_may_be_the_last, &suite),
        cmocka_unit_test_prestate(groupings_change_nothing, &suite),
        cmocka_unit_test_prestate(other_processes_do_the_same, &suite),
    };
    const char *noise = getenv("PAWL_REPLAY_NOISE");
    int rc = 0;

    if (noise) {
        void **blocks = make_noise((unsigned)atoi(noise) * 7919);
        suite_fill(&suite);
        write_digest(&suite, stdout);
        free_noise(blocks);
    } else {
        suite_fill(&suite);
        rc = cmocka_run_group_tests(tests, NULL, NULL);
    }
    suite_free(&suite);
    return rc;
}
