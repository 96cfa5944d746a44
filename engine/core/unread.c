// SPDX-License-Identifier: MIT
// How: a count holds the marks it was made with and how far it has read. A mark that has
// moved since takes away what it has passed, and that lies between its old place and its
// new one: so a reader that marks what it reads costs as much as it reads, and a look in
// between costs nothing. Marks never go back; a count whose marks are ahead of those that
// are asked for (a store that was restored under it) begins anew.
#include "core/unread.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

enum { COUNTS_MAX = 32 }; // jobs: some hundred bytes each, and for each child thirty more

struct of_source {
    uint64_t source;
    struct unread unread;
};

struct unread_count {
    struct list link;      // of the engine's, the newest first
    uint64_t job_id;
    uint64_t seq;          // counted up to here
    struct marks marks;    // that it was counted with
    struct unread sum;
    struct of_source *of;  // ascending by source
    size_t of_count, of_cap;
};

static void count_clear(struct unread_count *count)
{
    marks_release(&count->marks);
    free(count->of);
    count->of = NULL;
    count->of_count = count->of_cap = 0;
    count->seq = 0;
    count->sum = (struct unread){ 0 };
}

static void count_free(struct unread_count *count)
{
    list_remove(&count->link);
    count_clear(count);
    free(count);
}

void unread_counts_drop(struct engine *engine)
{
    list_each_safe(it, &engine->unread_counts)
        count_free(container_of(it, struct unread_count, link));
}

// ---- sources
static size_t place_of(const struct unread_count *count, uint64_t source)
{
    return array_place(count->of, count->of_count, sizeof(*count->of), source);
}

static struct of_source *source_get(struct unread_count *count, uint64_t source)
{
    size_t at = place_of(count, source);
    struct of_source *grown;

    if (at < count->of_count && count->of[at].source == source)
        return &count->of[at];
    grown = array_insert(count->of, count->of_count, &count->of_cap, sizeof(*grown), at);
    if (!grown)
        return NULL;
    count->of = grown;
    grown[at] = (struct of_source){ .source = source };
    count->of_count++;
    return &grown[at];
}

struct unread unread_count_sum(const struct unread_count *count) { return count->sum; }

struct unread unread_count_of(const struct unread_count *count, uint64_t source)
{
    size_t at = place_of(count, source);

    return at < count->of_count && count->of[at].source == source ? count->of[at].unread
                                                                  : (struct unread){ 0 };
}

// ---- counting
struct counting {
    struct unread_count *count;
    const struct marks *now;
    uint64_t to; // not beyond
};

// A damaged record has no source that is known: it counts as the job's own.
static int add_new(void *arg, const struct record *record, bool gap)
{
    struct counting *c = arg;
    uint64_t source = mark_source(c->count->job_id, gap ? 0 : record->child_id);
    struct of_source *of;

    if (record->seq > c->to)
        return 1;
    if (record->seq <= marks_at(c->now, source))
        return 0;
    of = source_get(c->count, source);
    if (!of)
        return -ENOMEM;
    of->unread.records++;
    of->unread.bytes += record->data.len;
    c->count->sum.records++;
    c->count->sum.bytes += record->data.len;
    return 0;
}

static int take_passed(void *arg, const struct record *record, bool gap)
{
    struct counting *c = arg;
    uint64_t source = mark_source(c->count->job_id, gap ? 0 : record->child_id);
    struct of_source *of;

    if (record->seq > c->to)
        return 1;
    if (record->seq <= marks_at(&c->count->marks, source) ||
        record->seq > marks_at(c->now, source))
        return 0;
    of = source_get(c->count, source);
    if (!of)
        return -ENOMEM;
    of->unread.records--;
    of->unread.bytes -= record->data.len;
    c->count->sum.records--;
    c->count->sum.bytes -= record->data.len;
    return 0;
}

// Where marks have moved: *low is the least old place, *high the last new one. False: a mark
// is behind where it was.
static bool moved(const struct unread_count *count, const struct marks *now, uint64_t *low,
                  uint64_t *high)
{
    *low = UINT64_MAX;
    *high = 0;
    if (now->all < count->marks.all)
        return false;
    if (now->all > count->marks.all) {
        *low = count->marks.all;
        *high = now->all;
    }
    for (size_t i = 0; i < now->count; i++) {
        uint64_t before = marks_at(&count->marks, now->of[i].source);
        uint64_t after = marks_at(now, now->of[i].source);
        if (after < before)
            return false;
        if (after > before && before < *low)
            *low = before;
        if (after > before && after > *high)
            *high = after;
    }
    return true;
}

static int marks_copy(struct marks *to, const struct marks *from)
{
    int rc = marks_raise(to, MARK_ALL, from->all);

    for (size_t i = 0; i < from->count && rc == 0; i++)
        rc = marks_raise(to, from->of[i].source, from->of[i].seq);
    return rc;
}

static int count_on(struct engine *engine, struct unread_count *count, const struct marks *marks,
                    uint64_t last_seq, struct err *err)
{
    struct counting c = { count, marks, 0 };
    uint64_t low, high, from;
    int rc = 0;

    if (count->seq > last_seq || !moved(count, marks, &low, &high)) {
        count_clear(count);
        moved(count, marks, &low, &high);
    }
    c.to = high < count->seq ? high : count->seq;
    if (low < c.to)
        rc = records_scan(engine->store, count->job_id, low + 1, take_passed, &c, err);
    c.to = last_seq;
    from = count->seq > marks->all ? count->seq : marks->all;
    if (rc >= 0 && from < last_seq)
        rc = records_scan(engine->store, count->job_id, from + 1, add_new, &c, err);
    if (rc >= 0)
        rc = marks_copy(&count->marks, marks);
    count->seq = last_seq;
    return rc;
}

// ---- those that are remembered
static struct unread_count *count_find(struct engine *engine, uint64_t job_id)
{
    struct unread_count *last = NULL, *fresh;
    size_t n = 0;

    list_each(it, &engine->unread_counts) {
        last = container_of(it, struct unread_count, link);
        if (last->job_id == job_id)
            return last;
        n++;
    }
    if (last && n >= COUNTS_MAX)
        count_free(last);
    fresh = calloc(1, sizeof(*fresh));
    if (!fresh)
        return NULL;
    fresh->job_id = job_id;
    list_append(&engine->unread_counts, &fresh->link);
    return fresh;
}

int unread_count_get(struct engine *engine, uint64_t job_id, const struct marks *marks,
                     uint64_t last_seq, const struct unread_count **ret, struct err *err)
{
    struct unread_count *count = count_find(engine, job_id);
    int rc;

    if (!count)
        return err_set(err, -ENOMEM, "no memory to count what is unread");
    list_remove(&count->link);
    list_append(engine->unread_counts.next, &count->link); // in front of the first
    rc = count_on(engine, count, marks, last_seq, err);
    if (rc < 0) {
        count_free(count);
        return rc;
    }
    *ret = count;
    return 0;
}
