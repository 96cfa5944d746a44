// SPDX-License-Identifier: MIT
// How: plain calls to the engine that runs, none when none does. The caller's alarm ends
// what takes too long. Of many jobs those that have not ended, and the last ones that did.
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/complete.h"
#include "cli/file.h"
#include "cli/hosts.h"

enum {
    ENGINE_MS = 700,   // of a list of jobs
    PROGRAM_MS = 1000, // of an inventory that is a program
    JOBS_MAX = 1000,   // more than anybody reads
    ABOUT_MAX = 60,
};

#define UNFINISHED "state=NotStarted,Running,Blocked,Suspending,Suspended,Disconnected,Stopping"
#define FINISHED "newest=100"

// ---- jobs
// Which jobs a verb is for; others take any.
static const struct wanted {
    const char *verb, *first, *second;
} wanted_jobs[] = {
    { "answer", "state=Blocked", NULL },
    { "remove", FINISHED, NULL },
    { "resume", "state=Suspended,Suspending", NULL },
    { "retry", FINISHED, NULL },
    { "signal", UNFINISHED, NULL },
    { "stop", UNFINISHED, NULL },
    { "suspend", UNFINISHED, NULL },
    { "wait", UNFINISHED, NULL },
    { NULL, UNFINISHED, FINISHED },
};

static const struct wanted *wanted_of(const struct complete *complete)
{
    const struct wanted *wanted = wanted_jobs;

    while (wanted->verb && strcmp(wanted->verb, complete->command->name) != 0)
        wanted++;
    return wanted;
}

// The id says which job it is, the name what it is about; a name that was given is
// offered, too.
static void job_add(struct complete *complete, const json_t *row)
{
    const char *name = row_text(row, "name");
    long long id = row_int(row, "id");
    char id_text[24], usual[32], about[2 * ABOUT_MAX + 32];

    snprintf(id_text, sizeof(id_text), "%lld", id);
    snprintf(usual, sizeof(usual), "Job%lld", id);
    snprintf(about, sizeof(about), "%.*s, %s: %.*s", ABOUT_MAX, name, row_text(row, "state"),
             ABOUT_MAX, row_text(row, "command"));
    complete_add(complete, id_text, about);
    if (strcmp(name, usual) == 0)
        return;
    snprintf(about, sizeof(about), "%lld, %s: %.*s", id, row_text(row, "state"), ABOUT_MAX,
             row_text(row, "command"));
    complete_add(complete, name, about);
}

static void child_add(struct complete *complete, const json_t *row)
{
    char text[300];

    if (!json_is_integer(json_object_get(row, "parent")))
        return;
    snprintf(text, sizeof(text), "%lld:%s", row_int(row, "parent"), row_text(row, "host"));
    complete_add(complete, text, row_text(row, "state"));
}

struct jobs {
    struct complete *complete;
    void (*add)(struct complete *complete, const json_t *row);
    size_t count;
};

static int jobs_line(void *arg, json_t *line)
{
    struct jobs *jobs = arg;

    jobs->add(jobs->complete, line);
    return ++jobs->count == JOBS_MAX;
}

static void lines_ask(struct complete *complete, const char *path,
                      void (*add)(struct complete *complete, const json_t *row))
{
    struct jobs jobs = { .complete = complete, .add = add };
    struct stream stream = { .line_fn = jobs_line, .arg = &jobs, .stop_fd = -1,
                             .timeout_ms = ENGINE_MS };
    struct reply reply = { 0 };
    struct err err;

    if (call_prepare(complete->cli, false, &err) != 0)
        return;
    client_stream(complete->cli->client, path, &stream, &reply, &err);
    json_decref(reply.json);
}

static void jobs_ask(struct complete *complete, const char *query,
                     void (*add)(struct complete *complete, const json_t *row))
{
    struct buf path;

    buf_init(&path, 0);
    buf_addf(&path, "/v1/jobs?%s", query);
    lines_ask(complete, buf_cstr(&path), add);
    buf_release(&path);
}

void complete_jobs(struct complete *complete)
{
    const struct wanted *wanted = wanted_of(complete);
    size_t digits = strspn(complete->word, "0123456789");
    char query[80];

    if (digits && digits < 20 && complete->word[digits] == ':') { // parts of one job
        snprintf(query, sizeof(query), "children=1&ids=%.*s", (int)digits, complete->word);
        jobs_ask(complete, query, child_add);
        return;
    }
    jobs_ask(complete, wanted->first, job_add);
    if (wanted->second)
        jobs_ask(complete, wanted->second, job_add);
}

// ---- calls with one answer
static json_t *ask(const struct complete *complete, const char *method, const char *path,
                   const json_t *body)
{
    struct reply reply = { 0 };
    struct err err;

    if (call_prepare(complete->cli, false, &err) != 0 ||
        client_call(complete->cli->client, method, path, body, NULL, &reply, &err) < 0)
        return NULL;
    if (reply_error(&reply, &err) == 0)
        return reply.json;
    json_decref(reply.json);
    return NULL;
}

static json_t *ask_of(const struct complete *complete, const char *front, const char *name)
{
    struct buf path;
    json_t *answer;

    buf_init(&path, 0);
    buf_add_str(&path, front);
    path_add(&path, name);
    answer = ask(complete, "GET", buf_cstr(&path), NULL);
    buf_release(&path);
    return answer;
}

static void choices_add(struct complete *complete, const json_t *choices)
{
    json_t *choice;
    size_t i;

    json_array_foreach(choices, i, choice)
        complete_add(complete, json_is_string(choice) ? json_string_value(choice) : "", "");
}

static void answers_add(struct complete *complete, const json_t *row)
{
    json_t *question;
    size_t i;

    json_array_foreach(json_object_get(row, "questions"), i, question)
        choices_add(complete, json_object_get(question, "choices"));
}

// A part of a job is asked for with its job.
void complete_answers(struct complete *complete)
{
    const char *job = complete_argument(complete, 0);
    size_t digits = strspn(job, "0123456789");
    struct buf query;

    buf_init(&query, 0);
    if (digits && (!job[digits] || job[digits] == ':')) {
        buf_addf(&query, "ids=%.*s", (int)digits, job);
    } else {
        buf_add_str(&query, "name=");
        path_add(&query, job);
    }
    jobs_ask(complete, buf_cstr(&query), answers_add);
    buf_release(&query);
}

// ---- schedules
static void schedule_add(struct complete *complete, const json_t *row)
{
    complete_add(complete, row_text(row, "name"), row_text(row, "command"));
}

void complete_schedules(struct complete *complete)
{
    lines_ask(complete, "/v1/schedules", schedule_add);
}

// ---- hosts
static void host_names_add(struct complete *complete, const struct inventory *inventory)
{
    struct hostset all;
    struct err err;

    hostset_init(&all);
    if (inventory_group_hosts(inventory, "all", &all, &err) == 0)
        for (size_t i = 0; i < all.count; i++)
            complete_add(complete, all.names[i], "");
    hostset_release(&all);
}

static void groups_add(struct complete *complete, const struct inventory *inventory)
{
    const char *name;

    complete->lead++; // the @
    for (size_t i = 0; (name = inventory_group(inventory, i)) != NULL; i++)
        complete_add(complete, name, "group");
}

void complete_hosts(struct complete *complete, bool groups)
{
    struct inventory *inventory;
    const char *item = complete->word + complete->lead, *comma = strrchr(item, ',');

    if (groups && comma)
        item = comma + 1;
    if (groups && *item == '!')
        item++;
    complete->lead = (size_t)(item - complete->word);
    if (hosts_open_within(complete->cli, PROGRAM_MS, &inventory, NULL) != 0)
        return;
    if (!groups || *item != '@')
        host_names_add(complete, inventory);
    if (groups && *item == '@')
        groups_add(complete, inventory);
    inventory_free(inventory);
}

// ---- workflows
void complete_workflows(struct complete *complete)
{
    json_t *answer = ask(complete, "GET", "/v1/scripts", NULL), *name;
    size_t i;

    json_array_foreach(json_object_get(answer, "scripts"), i, name)
        complete_add(complete, json_string_value(name), "comes with Pawl");
    json_decref(answer);
}

static json_t *script_read(const struct complete *complete, const char *path)
{
    struct buf text;
    struct err err;
    json_t *script = NULL;

    if (strcmp(path, "-") == 0)
        return NULL; // nothing is read from a terminal
    if (!strpbrk(path, "/.") && (script = ask_of(complete, "/v1/scripts/", path)) != NULL)
        return script;
    if (file_read(path, &text, &err) == 0)
        script = json_pack("{s:s,s:s%}", "name", file_name(path), "text",
                           text.len ? (const char *)text.ptr : "", text.len);
    buf_release(&text);
    return script;
}

static void param_values_add(struct complete *complete, const json_t *param)
{
    complete->lead = (size_t)(strchr(complete->word, '=') + 1 - complete->word);
    choices_add(complete, json_object_get(param, "choices"));
    if (strcmp(row_text(param, "type"), "boolean") == 0) {
        complete_add(complete, "true", "");
        complete_add(complete, "false", "");
    }
}

static void param_add(struct complete *complete, const json_t *param)
{
    const char *name = row_text(param, "name"), *equals = strchr(complete->word, '=');
    char text[200];

    snprintf(text, sizeof(text), "%.190s=", name);
    if (!equals)
        complete_add(complete, text, row_text(param, "about"));
    else if (strncmp(text, complete->word, (size_t)(equals + 1 - complete->word)) == 0)
        param_values_add(complete, param);
}

void complete_params(struct complete *complete)
{
    const char *path = complete_argument(complete, 0);
    json_t *script = path ? script_read(complete, path) : NULL, *header = NULL, *param;
    size_t i;

    if (script)
        header = ask(complete, "POST", "/v1/scripts/header", script);
    json_array_foreach(json_object_get(header, "params"), i, param)
        param_add(complete, param);
    if (header && !strchr(complete->word, '='))
        buf_add_str(&complete->out, ":nospace\n");
    else if (header) // many parameters are paths
        buf_addf(&complete->out, ":files\t%.*s\n",
                 (int)(strchr(complete->word, '=') + 1 - complete->word), complete->word);
    json_decref(script);
    json_decref(header);
}
