// SPDX-License-Identifier: MIT
// How: a wake is an idle handle that runs once, in the loop's next iteration, after
// all that this one gathers; the alarm is one timer on CLOCK_BOOTTIME's scale;
// a commit is one piece of work in the thread pool, so that its transaction begins
// and ends on one thread. libuv's timers run on CLOCK_MONOTONIC, which stands
// still while the machine sleeps: the timer is therefore never set further than
// a minute ahead, and the engine compares real due times itself.
#include "core/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/list.h"
#include "core/clock_watch.h"
#include "core/zone_file.h"
#include "host/local.h"
#include "host/ssh.h"
#include "model/target.h"
#include "model/command.h"

enum {
    ALARM_AHEAD_MAX_MS = 60 * 1000,
    WAY_DIGITS = 8,  // of a hash, that tell the ways to one host apart there
    QUIET_MS = 1000, // without a commit, and what a burst of work needed is given back
    // Room ahead of each commit: a result of the largest size, twice; and twice what
    // was just written, because what is on its way may be as much again.
    RESERVE_MIN = 2 * 1024 * 1024,
};
#define SLACK_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct loop_world {
    uv_loop_t *loop;
    struct link_pool *links;
    struct store *store;
    struct engine *engine;
    struct loop_options options;
    uv_idle_t idle;
    uv_timer_t timer, quiet;
    struct clock_watch clock_watch;
    uv_work_t work;
    const struct batch *batch; // being committed; NULL: none
    int commit_rc, room_rc;
    struct err commit_err, room_err;
    struct uuid boot_id;
    unsigned crash_left;       // passes of the crash point until the end; 0: never
    uv_work_t backup;
    const char *backup_path; // NULL: none is being made
    int backup_rc;
    struct err backup_err;
    int closing;
};

static int64_t clock_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t wall_ms(void *self) { return (void)self, clock_ms(CLOCK_REALTIME); }
static int64_t boottime_ms(void *self) { return (void)self, clock_ms(CLOCK_BOOTTIME); }
static struct uuid boot_id(void *self) { return ((struct loop_world *)self)->boot_id; }

static void random_bytes(void *self, void *out, size_t len)
{
    (void)self;
    randombytes_buf(out, len);
}

// Without the kernel's file every start counts as a new boot: timers then go by
// the wall clock, which is the safe direction.
static struct uuid read_boot_id(const char *given)
{
    char text[UUID_TEXT] = "";
    uint8_t random[16];
    struct uuid id;
    int fd = given ? -1 : open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, UUID_TEXT - 1) : -1;

    if (fd >= 0)
        close(fd);
    if (given && uuid_parse(slice_str(given), &id) == 0)
        return id;
    if (n == UUID_TEXT - 1 && uuid_parse(slice_str(text), &id) == 0)
        return id;
    randombytes_buf(random, sizeof(random));
    return uuid_from_random(random);
}

// ---- wake and alarm

static void on_idle(uv_idle_t *handle)
{
    struct loop_world *world = container_of(handle, struct loop_world, idle);

    uv_idle_stop(handle);
    if (world->engine)
        engine_turn(world->engine);
}

static void wake(void *self)
{
    struct loop_world *world = self;

    if (!world->closing)
        uv_idle_start(&world->idle, on_idle);
}

static void on_timer(uv_timer_t *handle)
{
    struct loop_world *world = container_of(handle, struct loop_world, timer);

    if (world->engine)
        engine_alarm(world->engine);
}

static void alarm_at(void *self, int64_t due_boottime_ms)
{
    struct loop_world *world = self;
    int64_t ahead = due_boottime_ms - clock_ms(CLOCK_BOOTTIME);

    if (world->closing)
        return;
    if (ahead < 0)
        ahead = 0;
    if (ahead > ALARM_AHEAD_MAX_MS)
        ahead = ALARM_AHEAD_MAX_MS;
    uv_update_time(world->loop);
    uv_timer_start(&world->timer, on_timer, (uint64_t)ahead, 0);
}

// ---- memory

// Ten thousand jobs that go to sleep leave holes where their scripts were: malloc
// keeps those, and the machine is told once the burst is over.
static void on_quiet(uv_timer_t *handle)
{
    (void)handle;
#ifdef __GLIBC__
    if (mallinfo2().fordblks > SLACK_BYTES_MAX)
        malloc_trim(0);
#endif
}

// ---- commits

static void reserve(struct loop_world *world)
{
    uint64_t ahead = 2 * (uint64_t)world->batch->bytes.len;

    world->room_err = (struct err){ 0 };
    world->room_rc = store_reserve(world->store, ahead > RESERVE_MIN ? ahead : RESERVE_MIN,
                                   &world->room_err);
}

static void commit_work(uv_work_t *work)
{
    struct loop_world *world = container_of(work, struct loop_world, work);

    world->commit_err = (struct err){ 0 };
    world->commit_rc = store_commit(world->store, world->batch, &world->commit_err);
    if (world->commit_rc == 0)
        reserve(world);
}

static void on_committed(uv_work_t *work, int status)
{
    struct loop_world *world = container_of(work, struct loop_world, work);

    (void)status; // a commit is never cancelled
    if (!world->closing)
        uv_timer_start(&world->quiet, on_quiet, QUIET_MS, 0);
    world->batch = NULL;
    if (!world->engine)
        return;
    if (world->commit_rc == 0) // else nobody looked for room
        engine_room(world->engine, world->room_rc, &world->room_err);
    engine_committed(world->engine, world->commit_rc, &world->commit_err);
}

static void commit(void *self, const struct batch *batch)
{
    struct loop_world *world = self;
    int rc;

    world->batch = batch;
    rc = uv_queue_work(world->loop, &world->work, commit_work, on_committed);
    assert(rc == 0); // it fails only for want of a function
    (void)rc;
}

// ---- backups

static void close_done(struct loop_world *world)
{
    if (--world->closing == 0) {
        link_pool_free(world->links);
        free(world);
    }
}

static void backup_work(uv_work_t *work)
{
    struct loop_world *world = container_of(work, struct loop_world, backup);

    world->backup_err = (struct err){ 0 };
    world->backup_rc = store_backup(world->store, world->backup_path, &world->backup_err);
}

static void on_backed_up(uv_work_t *work, int status)
{
    struct loop_world *world = container_of(work, struct loop_world, backup);

    (void)status;
    world->backup_path = NULL;
    if (world->engine)
        engine_backed_up(world->engine, world->backup_rc, &world->backup_err);
    if (world->closing)
        close_done(world);
}

static void backup(void *self, const char *path)
{
    struct loop_world *world = self;

    world->backup_path = path;
    uv_queue_work(world->loop, &world->backup, backup_work, on_backed_up);
}

// ---- the rest

// The options of a key as strings, each ended where the next one begins: text is the
// key's, and is changed.
static void list_options(char *text, const char *list[SSH_OPTIONS_MAX + 1])
{
    size_t count = 0;

    while ((text = strchr(text, '\n')) && count < SSH_OPTIONS_MAX) {
        *text++ = 0;
        list[count++] = text;
    }
    list[count] = NULL;
}

// How a key's host is reached, with what it points to.
struct ssh_way {
    struct ssh_target target;
    char *text;
    const char *options[SSH_OPTIONS_MAX + 1];
};

// On failure there is nothing to free; else way->text.
static int ssh_way_init(struct ssh_way *way, const struct loop_world *world, struct slice key,
                        struct err *err)
{
    *way = (struct ssh_way){
        .target = { .destination = target_key_dest(key), .options = way->options,
                    .program = world->options.ssh_program, .config = world->options.ssh_config },
        .text = strndup((const char *)key.ptr, key.len),
    };
    if (!way->text)
        return err_set(err, -ENOMEM, "no memory for the options of ssh");
    list_options(way->text, way->options);
    return 0;
}

static int open_link(void *self, struct slice host, const struct link_options *options,
                     struct link **ret, struct err *err)
{
    struct loop_world *world = self;
    struct link_options own = *options;
    struct content_hash hash = content_hash_of(host);
    char name[CONTENT_HASH_TEXT];
    struct ssh_way way;
    int rc;

    content_hash_format(&hash, name);
    name[WAY_DIGITS] = 0;
    own.way = name;
    if (slice_is(host, "localhost"))
        return link_local_open(ret, world->links, &own, err);
    rc = ssh_way_init(&way, world, host, err);
    if (rc < 0)
        return rc;
    rc = link_ssh_open(ret, world->links, &way.target, &own, err);
    free(way.text);
    return rc;
}

// An ssh in the engine's own directory, as those of links are: its configuration may name
// files by relative paths. On this machine the sh stays where the step is.
static int add_session(void *self, struct slice host, struct buf *words, struct err *err)
{
    struct ssh_way way;
    char cwd[4096];
    size_t size = sizeof(cwd);
    int rc;

    if (slice_is(host, "localhost")) {
        buf_add_str(words, "exec sh");
        return 0;
    }
    if (uv_cwd(cwd, &size) == 0) {
        buf_add_str(words, "cd -- ");
        quote_sh(slice_str(cwd), words);
        buf_add_str(words, " || exit 126\n");
    }
    rc = ssh_way_init(&way, self, host, err);
    if (rc < 0)
        return rc;
    rc = ssh_command(&way.target, words, err);
    free(way.text);
    return rc;
}

// Schedules go by the wall clock: what is due is looked for anew.
static void on_clock_set(void *arg)
{
    struct loop_world *world = arg;

    if (world->engine)
        engine_alarm(world->engine);
}

static int read_zone(void *self, const char *name, struct buf *ret, struct err *err)
{
    (void)self;
    return zone_file_read(name, ret, err);
}

static void write_log(void *self, enum log_level level, const char *line)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    struct loop_world *world = self;
    struct timespec now;
    struct tm utc;
    char stamp[32];

    if (level > world->options.log_level)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stderr, "%s.%03ldZ %s %s\n", stamp, now.tv_nsec / 1000000, names[level], line);
}

static void point(void *self, const char *label)
{
    struct loop_world *world = self;
    size_t len = strlen(label);

    if (world->crash_left && strncmp(world->options.crash_point, label, len) == 0 &&
        world->options.crash_point[len] == ':' && --world->crash_left == 0)
        raise(SIGKILL);
}

static void stopped(void *self, const struct err *err)
{
    struct loop_world *world = self;

    world->options.stopped(world->options.arg, err);
}

static const struct world_ops ops = {
    .wall_ms = wall_ms, .boottime_ms = boottime_ms, .boot_id = boot_id, .random = random_bytes,
    .alarm = alarm_at,  .wake = wake,               .commit = commit,   .link = open_link,
    .backup = backup,   .session = add_session,     .zone = read_zone,
    .log = write_log,   .point = point,             .stopped = stopped,
};

struct world loop_world_of(struct loop_world *world)
{
    return (struct world){ .ops = &ops, .self = world };
}

int loop_world_new(struct loop_world **ret, uv_loop_t *loop, struct store *store,
                   const struct loop_options *options, struct err *err)
{
    struct loop_world *world = calloc(1, sizeof(*world));
    const char *colon = options->crash_point ? strrchr(options->crash_point, ':') : NULL;
    int rc;

    if (!world)
        return err_set(err, -ENOMEM, "no memory for the engine's loop");
    rc = link_pool_new(&world->links, loop, err);
    if (rc < 0) {
        free(world);
        return rc;
    }
    world->loop = loop;
    world->store = store;
    world->options = *options;
    world->boot_id = read_boot_id(options->boot_id);
    world->crash_left = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
    uv_idle_init(loop, &world->idle); // these cannot fail
    uv_timer_init(loop, &world->timer);
    uv_timer_init(loop, &world->quiet);
    clock_watch_open(&world->clock_watch, loop, on_clock_set, world);
    *ret = world;
    return 0;
}

void loop_world_attach(struct loop_world *world, struct engine *engine)
{
    world->engine = engine;
    wake(world);
}

static void on_idle_closed(uv_handle_t *handle)
{
    close_done(container_of((uv_idle_t *)handle, struct loop_world, idle));
}

static void on_timer_closed(uv_handle_t *handle)
{
    close_done(container_of((uv_timer_t *)handle, struct loop_world, timer));
}

static void on_quiet_closed(uv_handle_t *handle)
{
    close_done(container_of((uv_timer_t *)handle, struct loop_world, quiet));
}

static void on_clock_watch_closed(uv_handle_t *handle)
{
    close_done(container_of((uv_poll_t *)handle, struct loop_world, clock_watch.poll));
}

void loop_world_close(struct loop_world *world)
{
    if (!world)
        return;
    assert(!world->batch); // the pool's thread would write into freed memory
    world->engine = NULL;
    world->closing = (world->backup_path ? 4 : 3) + // a backup is waited for
                     (world->clock_watch.fd >= 0);
    uv_close((uv_handle_t *)&world->idle, on_idle_closed);
    uv_close((uv_handle_t *)&world->timer, on_timer_closed);
    uv_close((uv_handle_t *)&world->quiet, on_quiet_closed);
    clock_watch_close(&world->clock_watch, on_clock_watch_closed);
}
