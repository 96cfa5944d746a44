// SPDX-License-Identifier: MIT
// The check of a whole store. Rows are walked in slices, one short transaction
// each. What a row says by itself (checksum, key, encoding, event numbers) is
// judged while the slice is open; what it says about another row becomes a claim,
// and claims are looked up after the slice: a scan may not call the store.
//
//   a head claims its own index rows and those of its children
//   an index row claims the job it leads to; so do active rows, and the first row that
//   a job has in its journal, records, marks and tails
//   a timer claims nothing: it may be left of a job that was removed, for a while
//   a row in the age index of requests claims the answer
//   each of a schedule's two rows claims the other
//
// A head that is being removed claims nothing: its index rows are gone already.
#include <errno.h>
#include <stdlib.h>

#include "storage/fixed.h"
#include "storage/tables.h"

enum { SLICE_ROWS = 512, SLICE_BYTES = 4 << 20 };

// Row `key` is expected, with this number in it if wanted; `from` is who says so.
struct claim {
    struct key from, key;
    bool has_number;
    uint64_t number;
};

struct check {
    struct store *store;
    struct store_report *report;
    struct buf next;         // key at which the next slice begins
    size_t rows, bytes;      // seen in this slice
    bool more;               // the slice ended before the store did
    struct buf claims;       // struct claim, back to back
    uint8_t owner_tag;       // of the row before: a job claims its head once per table
    uint64_t owner;
    uint64_t event_next;     // the owner's next journal row must begin with; 0: unknown
    struct value_doc doc;
    struct child_head *children;
    size_t child_max;
};

static const char *table_name(struct slice key)
{
    switch (key.len ? key.ptr[0] : 0) {
#define X(id, tag, len, name) case tag: return name;
        KEY_TABLES(X)
#undef X
    default: return "unknown";
    }
}

// A fault, counted in *counter; the first one is kept in words.
static void fault(struct check *check, uint64_t *counter, struct slice key, const char *what)
{
    struct buf text;

    ++*counter;
    if (check->report->first_fault[0])
        return;
    buf_init(&text, ERR_TEXT_MAX);
    buf_addf(&text, "%s row ", table_name(key));
    for (size_t i = 1; i < key.len && i <= STORE_KEY_MAX; i++)
        buf_addf(&text, "%02x%s", key.ptr[i], i % 8 == 0 && i + 1 < key.len ? "." : "");
    buf_addf(&text, ": %s", what);
    snprintf(check->report->first_fault, sizeof(check->report->first_fault), "%s",
             buf_cstr(&text));
    buf_release(&text);
}

static void damage(struct check *check, struct slice key, const char *what)
{
    fault(check, &check->report->damaged, key, what);
}

static void orphan(struct check *check, struct slice key, const char *what)
{
    fault(check, &check->report->orphans, key, what);
}

static struct key key_copy(struct slice bytes)
{
    struct key key = { .len = 0 };

    key_add(&key, bytes.ptr, bytes.len);
    return key;
}

static void claim(struct check *check, struct slice from, struct key key)
{
    struct claim made = { .from = key_copy(from), .key = key };

    buf_add(&check->claims, &made, sizeof(made));
}

static void claim_number(struct check *check, struct slice from, struct key key, uint64_t number)
{
    struct claim made = { .from = key_copy(from), .key = key, .has_number = true,
                          .number = number };

    buf_add(&check->claims, &made, sizeof(made));
}

static void claim_job(struct check *check, struct slice from, uint64_t job_id)
{
    claim(check, from, key_1(KEY_HEAD, job_id));
}

// Decodes with room for all children, however many.
static int decode_head(struct check *check, struct slice bytes, struct job_head *head)
{
    int rc = head_decode(bytes, &check->doc, head, check->children, check->child_max, NULL);
    struct child_head *children;

    if (rc != -ENOSPC)
        return rc;
    children = reallocarray(check->children, head->child_count, sizeof(*children));
    if (!children)
        return -ENOMEM;
    check->children = children;
    check->child_max = head->child_count;
    return head_decode(bytes, &check->doc, head, check->children, check->child_max, NULL);
}

static int check_head(struct check *check, struct slice key, struct slice bytes)
{
    struct job_head head;
    uint64_t id = key_u64(key, 0);
    int rc = decode_head(check, bytes, &head);

    if (rc == -ENOMEM)
        return rc;
    if (rc < 0 || head.id != id) {
        damage(check, key, rc < 0 ? "it does not decode" : "it names another job");
        return 0;
    }
    if (head.removing)
        return 0;
    claim_number(check, key, key_1(KEY_PARENT, id), id);
    claim_number(check, key, key_uuid(KEY_UUID, head.uuid), id);
    for (size_t i = 0; i < head.child_count; i++) {
        claim_number(check, key, key_1(KEY_PARENT, head.children[i].id), id);
        claim_number(check, key, key_uuid(KEY_UUID, head.children[i].uuid), head.children[i].id);
    }
    return 0;
}

// Rows that belong to a job: true for the first one of this job in this table.
static bool is_new_owner(struct check *check, struct slice key)
{
    uint64_t owner = key_u64(key, 0);

    if (check->owner_tag == key.ptr[0] && check->owner == owner)
        return false;
    check->owner_tag = key.ptr[0];
    check->owner = owner;
    check->event_next = 1;
    return true;
}

static void check_owned(struct check *check, struct slice key)
{
    if (is_new_owner(check, key))
        claim_job(check, key, key_u64(key, 0));
}

static void check_journal(struct check *check, struct slice key, struct slice bytes)
{
    uint64_t no = key_u64(key, 1);
    struct event event;

    if (check->event_next && no != check->event_next)
        damage(check, key, no > check->event_next ? "events before it are missing"
                                                  : "its events are there twice");
    if (bytes.len == 0) {
        damage(check, key, "events are missing from here on: the row of the log they stood in "
               "was damaged");
        no = 0;
    }
    for (size_t at = 0; at < bytes.len; no++) {
        if (event_decode(bytes, &at, &check->doc, &event, NULL) < 0) {
            damage(check, key, "an event in it does not decode");
            no = 0;
            break;
        }
    }
    check->event_next = no;
}

static void check_log(struct check *check, struct slice key, struct slice bytes)
{
    struct log_entry entry;
    size_t at = 0;
    int rc;

    while ((rc = log_next(bytes, &at, &entry)) == 1)
        ;
    if (rc < 0)
        damage(check, key, "its entries do not fit it");
}

static void check_record(struct check *check, struct slice key, struct slice bytes)
{
    struct record record;

    if (record_decode(bytes, &record, NULL) < 0)
        damage(check, key, "it does not decode");
}

static void check_script(struct check *check, struct slice key, struct slice bytes)
{
    struct content_hash hash = content_hash_of(bytes);

    if (memcmp(hash.bytes, key.ptr + 1, sizeof(hash.bytes)) != 0)
        damage(check, key, "the text is not the one its name stands for");
}

static void check_index(struct check *check, struct slice key, struct slice bytes)
{
    uint64_t id;

    if (bytes.len != sizeof(id)) {
        damage(check, key, "it has a wrong size");
        return;
    }
    id = read_u64be(bytes.ptr);
    if (key.ptr[0] == KEY_UUID)
        claim(check, key, key_1(KEY_PARENT, id));
    else
        claim_job(check, key, id);
}

static void check_age(struct check *check, struct slice key)
{
    struct key request = key_tag(KEY_REQUEST);

    key_add(&request, key.ptr + 9, sizeof(struct uuid));
    claim(check, key, request);
}

static void check_schedule(struct check *check, struct slice key, struct slice bytes)
{
    struct key other = key_copy(key);
    struct schedule schedule;

    other.bytes[0] = key.ptr[0] == KEY_SCHEDULE ? KEY_SCHEDULE_JOB : KEY_SCHEDULE;
    claim(check, key, other);
    if (key.ptr[0] == KEY_SCHEDULE && schedule_decode(bytes, &check->doc, &schedule, NULL) < 0)
        damage(check, key, "it does not decode");
}

// What one whole row says. An answer does not claim its row in the age index, whose
// key it cannot tell; without one it is never expired, which is harmless.
static int check_whole(struct check *check, struct slice key, struct slice bytes)
{
    switch ((enum key_tag)key.ptr[0]) {
    case KEY_HEAD: return check_head(check, key, bytes);
    case KEY_PARENT:
    case KEY_UUID: check_index(check, key, bytes); break;
    case KEY_ACTIVE: claim_job(check, key, key_u64(key, 0)); break;
    case KEY_JOURNAL:
        check_owned(check, key);
        check_journal(check, key, bytes);
        break;
    case KEY_RECORD:
        check_owned(check, key);
        check_record(check, key, bytes);
        break;
    case KEY_MARK:
    case KEY_TAIL: check_owned(check, key); break;
    case KEY_LOG: check_log(check, key, bytes); break;
    case KEY_SCRIPT: check_script(check, key, bytes); break;
    case KEY_REQUEST_AGE: check_age(check, key); break;
    case KEY_SCHEDULE:
    case KEY_SCHEDULE_JOB: check_schedule(check, key, bytes); break;
    case KEY_META:
    case KEY_CLOCK:
    case KEY_RETENTION:
    case KEY_TIMER:
    case KEY_REQUEST:
    case KEY_ORDER: break; // whole by their checksum; they point at nothing
    }
    return 0;
}

// A damaged journal row: how many events it held nobody knows, so the next row
// is taken at its word.
static void check_damaged(struct check *check, struct slice key)
{
    damage(check, key, "it fails its checksum");
    if (key_is_sound(key) && key.ptr[0] == KEY_JOURNAL) {
        check_owned(check, key);
        check->event_next = 0;
    }
}

// Goes on at the smallest key above this one.
static int set_next(struct check *check, struct slice key)
{
    buf_clear(&check->next);
    buf_add_slice(&check->next, key);
    buf_add_byte(&check->next, 0);
    return buf_failed(&check->next);
}

static int on_row(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    struct check *check = arg;
    int rc = 0;

    check->report->records++;
    if (damaged)
        check_damaged(check, key);
    else if (!key_is_sound(key))
        orphan(check, key, "it belongs to no table this Pawl knows");
    else
        rc = check_whole(check, key, bytes);
    if (rc == 0)
        rc = buf_failed(&check->claims);
    if (rc == 0)
        rc = set_next(check, key);
    check->bytes += bytes.len;
    check->more = ++check->rows == SLICE_ROWS || check->bytes > SLICE_BYTES;
    return rc < 0 ? rc : check->more;
}

static int look_up(struct check *check, const struct claim *claim, struct err *err)
{
    struct slice from = key_slice(&claim->from), to = key_slice(&claim->key);
    char text[64];
    uint64_t number;
    struct buf row;
    int rc;

    buf_init(&row, 0);
    rc = store_get(check->store, to, &row, err);
    if (rc == -ENOENT) {
        snprintf(text, sizeof(text), "the %s row it belongs with is missing", table_name(to));
        orphan(check, from, text);
    } else if (rc == 0 && claim->has_number) {
        number = row.len == sizeof(number) ? read_u64be(row.ptr) : 0;
        if (number != claim->number)
            orphan(check, from, "an index row leads somewhere else");
    }
    buf_release(&row);
    return rc == -ENOENT || rc == ERR_CORRUPT ? 0 : rc; // damage is counted at that row
}

static int look_up_all(struct check *check, struct err *err)
{
    const struct claim *claims = (const struct claim *)(const void *)check->claims.ptr;
    size_t n = check->claims.len / sizeof(*claims);
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++)
        rc = look_up(check, &claims[i], err);
    buf_clear(&check->claims);
    return rc;
}

static int check_slice(struct check *check, struct err *err)
{
    int rc;

    check->rows = check->bytes = 0;
    check->more = false;
    rc = store_scan(check->store, buf_slice(&check->next), slice_of(NULL, 0), false, on_row,
                    check, err);
    if (rc == -ENOMEM)
        return err_set(err, rc, "the check of the store needs more memory than there is");
    return rc < 0 ? rc : look_up_all(check, err);
}

int store_check(struct store *store, struct store_report *ret, struct err *err)
{
    struct check check = { .store = store, .report = ret };
    int rc;

    *ret = (struct store_report){ 0 };
    buf_init(&check.claims, 0);
    buf_init(&check.next, 0);
    value_doc_init(&check.doc);
    do
        rc = check_slice(&check, err);
    while (rc == 0 && check.more);
    free(check.children);
    value_doc_release(&check.doc);
    buf_release(&check.next);
    buf_release(&check.claims);
    return rc;
}
