// SPDX-License-Identifier: MIT
// The one table of verbs. The help, the man pages and the completions are made of it; the
// words that stand for values ("STATE", "JOB...") say what they are by values.c.
#include <string.h>

#include "cli/command.h"
#include "cli/follow.h"
#include "cli/hosts.h"
#include "cli/interpreter.h"
#include "cli/local_params.h"
#include "cli/reach.h"

// ---- options, verb by verb
// Of whatever runs a command, here or on hosts.
#define OPTIONS_COMMAND                                                        \
    { "stdin", 0, "FILE", "its standard input, copied with it; - is ours" },            \
    { "init", 0, "TEXT", "text that runs before it, in its language" },                 \
    { "timeout", 0, "TIME", "end an attempt after this time" },                         \
    { "retry", 0, "N", "attempts after a failed one" },                                 \
    { "as", 0, "USER", "as this user, from its home" },                                 \
    { "on-interrupt", 0, "WHAT", "cut off by a reboot: rerun, fail or suspend" },       \
    { "ok-exit", 0, "N,...", "exit codes that are no failure; else 0" }

static const struct option_spec start_options[] = {
    { "command", 'c', "TEXT", "shell text to run; arguments become $1, $2, ..." },
    { "file", 'f', "FILE", "a script, copied with the job; its #! counts" },
    OPTIONS_INTERPRETER,
    OPTIONS_JOB,
    OPTIONS_COMMAND,
    { "follow", 0, NULL, "show its output until it has ended" },
    OPTIONS_COMMON,
};

static const struct option_spec invoke_options[] = {
    { "hosts", 0, "SET", "where: web[01-12],db1,@group,!web03" },
    OPTION_INVENTORY,
    OPTIONS_REACH,
    { "command", 'c', "TEXT", "shell text to run; arguments become $1, $2, ..." },
    { "file", 'f', "FILE", "a script of ours to run there; its #! counts" },
    OPTIONS_INTERPRETER,
    { "throttle", 0, "N", "hosts at once; else 32" },
    { "max-failures", 0, "N", "begin no more hosts after more than N have failed" },
    OPTIONS_JOB,
    OPTIONS_COMMAND,
    OPTIONS_FOLLOW,
    { "detach", 'd', NULL, "return at once, print the job's row" },
    OPTIONS_COMMON,
};

static const struct option_spec run_options[] = {
    { "hosts", 0, "SET", "its hosts: web[01-12],db1,@group,!web03" },
    OPTION_INVENTORY,
    OPTIONS_REACH,
    { "params", 0, "FILE", "parameters as a JSON object; key=value wins" },
    OPTIONS_JOB,
    OPTIONS_FOLLOW,
    { "detach", 'd', NULL, "return at once, print the job's row" },
    OPTIONS_COMMON,
};

static const struct option_spec get_options[] = {
    OPTIONS_SELECT,
    { "children", 0, NULL, "the parts on each host, too" },
    { "child-state", 0, "STATE", "jobs with such parts, and these parts only" },
    { "command", 0, "GLOB", "only jobs with such a command" },
    { "has-more", 0, "[BOOL]", "only jobs with output to receive; =false: without" },
    { "newest", 0, "N", "only the N jobs that ended last" },
    { "before", 0, "WHEN", "only jobs that ended before this time" },
    { "after", 0, "WHEN", "only jobs that ended after this time" },
    { "wide", 'w', NULL, "cut nothing, and show when they began and ended" },
    { "watch", 0, NULL, "go on, and show what changes, until Ctrl-C" },
    { "quiet", 'q', NULL, "ids only" },
    OPTIONS_COMMON,
};

static const struct option_spec receive_options[] = {
    OPTIONS_SELECT,
    { "keep", 0, NULL, "leave the reading mark where it is" },
    { "all", 0, NULL, "everything from the start" },
    { "since", 0, "SEQ", "everything behind this record" },
    { "wait", 0, NULL, "go on until the job is settled" },
    { "force", 0, NULL, "with --wait: until it is finished" },
    { "timeout", 0, "TIME", "with --wait: at most this long" },
    { "stream", 0, "NAME", "only this stream; may be repeated" },
    { "host", 0, "HOST", "only this host's records" },
    { "no-recurse", 0, NULL, "only what the jobs wrote, not their hosts" },
    { "events", 0, NULL, "show changes of state, too" },
    { "with-job", 0, NULL, "each job's row in front of its records" },
    { "fields", 0, "A,B", "structured records as a table of these fields" },
    { "fold", 0, NULL, "equal outputs of hosts together" },
    { "auto-remove", 0, NULL, "with --wait: remove jobs that have finished" },
    { "no-host", 0, NULL, "no hosts in front of lines" },
    { "quiet", 'q', NULL, "no status line" },
    OPTIONS_COMMON,
};

static const struct option_spec wait_options[] = {
    OPTIONS_SELECT,
    { "for", 0, "STATE", "until they are in this state" },
    { "force", 0, NULL, "until they are finished, not just settled" },
    { "any", 0, NULL, "one of them is enough" },
    { "timeout", 0, "TIME", "at most this long; 0 only looks" },
    { "check", 0, NULL, "exit 1 when one failed or was stopped" },
    { "quiet", 'q', NULL, "ids only" },
    OPTIONS_COMMON,
};

#define OPTION_DRY_RUN { "dry-run", 0, NULL, "only show which jobs are meant" }

static const struct option_spec stop_options[] = {
    OPTIONS_SELECT,
    { "grace", 0, "TIME", "from TERM to KILL; else 10s" },
    { "force", 0, NULL, "end the job now, even when its host is away" },
    { "wait", 0, NULL, "return when it has ended" },
    OPTION_DRY_RUN,
    OPTIONS_COMMON,
};

static const struct option_spec suspend_options[] = {
    OPTIONS_SELECT,
    { "force", 0, NULL, "interrupt running steps, too; they run again" },
    { "wait", 0, NULL, "return when it is suspended" },
    OPTION_DRY_RUN,
    OPTIONS_COMMON,
};

static const struct option_spec resume_options[] = {
    OPTIONS_SELECT,
    { "wait", 0, NULL, "return when it has finished" },
    OPTION_DRY_RUN,
    OPTIONS_COMMON,
};

static const struct option_spec remove_options[] = {
    OPTIONS_SELECT,
    { "force", 0, NULL, "stop it first when it has not finished" },
    OPTION_DRY_RUN,
    OPTIONS_COMMON,
};

static const struct option_spec retention_options[] = {
    { "age", 0, "TIME", "remove jobs so long after their end" },
    { "count", 0, "N", "keep the newest N" },
    { "bytes", 0, "SIZE", "keep the newest that hold so much together" },
    { "none", 0, NULL, "no bound: nothing is removed by itself" },
    { "dry-run", 0, NULL, "only show what these bounds would remove" },
    OPTIONS_COMMON,
};

static const struct option_spec answer_options[] = {
    OPTIONS_SELECT,
    { "question", 0, "N", "its number, where several are open" },
    OPTIONS_COMMON,
};

static const struct option_spec retry_options[] = {
    OPTIONS_SELECT,
    { "failed", 0, NULL, "hosts whose command or script failed" },
    { "unreachable", 0, NULL, "hosts that could not be reached" },
    { "unreached", 0, NULL, "hosts that the job ended before it came to" },
    { "unfinished", 0, NULL, "all that did not complete, the stopped ones, too" },
    { "name", 0, "NAME", "name of the new job; else the old one's" },
    OPTIONS_FOLLOW,
    { "detach", 'd', NULL, "return at once, print the new job's row" },
    OPTIONS_COMMON,
};

static const struct option_spec select_options[] = { OPTIONS_SELECT, OPTIONS_COMMON };
static const struct option_spec plain_options[] = { OPTIONS_COMMON };

static const struct option_spec hosts_options[] = {
    OPTION_INVENTORY,
    { "groups", 0, NULL, "the groups instead of the hosts" },
    { "check", 0, NULL, "connect to them, and show how they are" },
    { "timeout", 0, "TIME", "with --check: how long a host may take; else 1m" },
    OPTIONS_REACH,
    { "wide", 'w', NULL, "cut nothing" },
    { "quiet", 'q', NULL, "names only" },
    OPTIONS_COMMON,
};

static const struct option_spec help_options[] = {
    { "man", 0, NULL, NULL },
    OPTIONS_COMMON,
};

static const struct option_spec schedule_options[] = {
    { "cron", 0, "TEXT", "add: when, as five fields or @daily and the like" },
    { "timezone", 0, "TZ", "add: of --cron; else the engine's" },
    { "every", 0, "TIME", "add: in intervals, counted from now" },
    { "at-boot", 0, NULL, "add: once after each boot of this machine" },
    { "overlap", 0, "WHAT", "add: skip (default), queue, parallel, replace" },
    { "missed", 0, "WHAT", "add: run-once (default), skip" },
    { "jitter", 0, "TIME", "add: up to so much later, each time another" },
    { "keep", 0, "N", "add: only the newest N finished jobs; else all" },
    { "disabled", 0, NULL, "add: nothing is started until it is enabled" },
    { "wide", 'w', NULL, "list: cut nothing, and the next three times" },
    { "quiet", 'q', NULL, "list: names only" },
    OPTIONS_COMMON,
};

static const struct option_spec daemon_options[] = {
    { "foreground", 0, NULL, "run it here, messages on standard error" },
    { "stop", 0, NULL, "end it in order; jobs go on at the next start" },
    { "detached", 0, NULL, NULL },
    OPTIONS_COMMON,
};

static const struct option_spec doctor_options[] = {
    { "take-over", 0, NULL, "make hosts that followed another follow this" },
    OPTIONS_COMMON,
};

static const struct option_spec completion_options[] = {
    { "words", 0, NULL, NULL },
    OPTIONS_COMMON,
};

// ---- the verbs
const struct command commands[] = {
    { "start", "start [OPTIONS] -c TEXT | -f FILE | -- COMMAND [ARGUMENT]...", "Start a command as a job",
      "The row of the job is printed as soon as the job is on disk; from then on it\n"
      "survives logout, crashes and reboots. `pawl receive` prints what it writes.\n\n"
      "A script's first line, like #!/usr/bin/env python3, names its interpreter;\n"
      "--shell is another one, for -c and --init, too. Without them it is sh.\n\n"
      "  pawl start -- df -h /\n"
      "  pawl start -c 'make -j4 && make check' --name build --retry 2\n"
      "  pawl start --file backup.sh --timeout 2h -- /srv /backup\n"
      "  pawl start --shell 'python3 -u' -c 'import os; print(os.getloadavg())'",
      start_options, verb_start },
    { "invoke", "invoke --hosts SET [OPTIONS] [--] COMMAND...",
      "Run a command on hosts",
      "One child of the job for each host, over your own ssh: its keys, agent and\n"
      "~/.ssh/config. It is followed until it is settled; Ctrl-C leaves it running.\n\n"
      "Lines have their host in front. --fold shows equal outputs once, at the end,\n"
      "under the names of their hosts.\n\n"
      "  pawl invoke --hosts 'web[01-12],!web03' uptime\n"
      "  pawl invoke --hosts @web --fold uname -r\n"
      "  pawl invoke --hosts @db --throttle 1 -c 'systemctl restart db'\n"
      "  pawl invoke -d --hosts all.example.org --file patch.sh --timeout 1h",
      invoke_options, verb_invoke },
    { "run", "run FILE.lua [OPTIONS] [KEY=VALUE]...", "Run a workflow",
      "It is followed until it is settled; Ctrl-C leaves it running. The workflow\n"
      "checks its parameters; `pawl run FILE.lua --help` prints them. A bare name is a\n"
      "workflow that comes with Pawl: collect (files or facts), restart (a service, in\n"
      "batches), upgrade (packages, and a reboot where required). --fold shows equal\n"
      "outputs of hosts once, at the end.\n\n"
      "  pawl run restart --hosts @web service=nginx batches=1,25%\n"
      "  pawl run patch.lua batch=2\n"
      "  pawl run -d patch.lua --params prod.json --meta ticket=42",
      run_options, verb_run },
    { "get", "get [OPTIONS] [JOB]...", "Show jobs",
      "HasMoreData is True while there is output that was not received yet. WHEN is a\n"
      "date, \"2026-01-31 12:00\" in this machine's time zone, or how long ago: 90m, 2d.\n\n"
      "  pawl get\n"
      "  pawl get --state Failed -q | pawl remove -\n"
      "  pawl get 12 --children --json\n"
      "  pawl get --newest 10 --command '*backup*'\n"
      "  pawl get --watch --state Running,Blocked",
      get_options, verb_get },
    { "receive", "receive [OPTIONS] JOB...", "Print what jobs have written since the last time",
      "Each host's part has a reading mark, and what the job itself wrote; they move\n"
      "when the output is written. Two that receive a job at once take turns: each\n"
      "record comes to one of them. --keep, --all, --since and --stream leave the\n"
      "marks alone. What is verbose, debug or progress is printed when --stream names\n"
      "it, and with --json.\n\n"
      "  pawl receive 12\n"
      "  pawl receive 12 --wait\n"
      "  pawl receive 12 --fold --all\n"
      "  pawl receive 12:web01\n"
      "  pawl receive 12 --wait --auto-remove --fields name,size\n"
      "  pawl receive 'web*' --all --json",
      receive_options, verb_receive },
    { "wait", "wait [OPTIONS] JOB...", "Wait for jobs",
      "Settled is finished or suspended. A job that waits for an answer ends the\n"
      "waiting at once (exit 4).\n\n"
      "  pawl wait 12 13 --timeout 10m\n"
      "  pawl wait 'web*' --any --force --check",
      wait_options, verb_wait },
    { "stop", "stop [OPTIONS] JOB...", "Stop jobs",
      "Each running command gets TERM and, when its grace is over, KILL; then the\n"
      "workflow's cleanup runs, and the job is Stopped. ID:HOST stops what the job does\n"
      "on that host, and nothing is begun there any more; its other hosts go on. Of\n"
      "what globs and filters select, finished jobs are passed over.\n\n"
      "  pawl stop 12 --grace 30s --wait\n"
      "  pawl stop 12:web01\n"
      "  pawl stop 'web*' --dry-run", stop_options, verb_stop },
    { "remove", "remove [OPTIONS] JOB...", "Remove finished jobs and their results",
      "A job that has not finished is refused, unless --force is given.\n\n"
      "  pawl remove 12\n  pawl remove --state Completed", remove_options, verb_remove },
    { "retention", "retention [OPTIONS]", "Show or set how long finished jobs are kept",
      "Without options: the bounds, and what is kept. Each option sets one bound, none\n"
      "takes it away, and the others stay. From then on the oldest finished jobs that\n"
      "are over any of them are removed by themselves, with their results, received or\n"
      "not. A job that is being followed, or has ended in the last two seconds, waits.\n"
      "SIZE is like 500M or 2G: output and journals, and some space for each job and\n"
      "record.\n\n"
      "  pawl retention --age 30d --count 1000\n"
      "  pawl retention --bytes 2G --dry-run\n"
      "  pawl retention --age none\n"
      "  pawl retention --none",
      retention_options, verb_retention },
    { "rename", "rename [OPTIONS] JOB NAME", "Give a job another name",
      "A child goes by its job's id and its host, as in 12:web01; it has no other name.\n\n"
      "  pawl rename 12 nightly", select_options, verb_rename },
    { "suspend", "suspend [OPTIONS] JOB...", "Suspend jobs at their next step",
      "A step that is running ends first, and its result is kept; nothing new begins\n"
      "until `pawl resume`.\n\n"
      "  pawl suspend 12 --wait", suspend_options, verb_suspend },
    { "resume", "resume [OPTIONS] JOB...", "Resume suspended jobs",
      "They go on from where they stood; no finished step runs again.\n\n"
      "  pawl resume --state Suspended", resume_options, verb_resume },
    { "signal", "signal [OPTIONS] JOB NAME [JSON]", "Send a workflow a signal",
      "The workflow's wait_signal(NAME) returns the value, now or when it gets there.\n"
      "Without JSON the value is nil; a text needs its own quotes: '\"text\"'.\n\n"
      "  pawl signal 12 go\n"
      "  pawl signal 12 go '{\"n\":1}'\n"
      "  pawl signal --state Running --meta env=test go", select_options, verb_signal },
    { "answer", "answer [OPTIONS] [JOB [ANSWER]]", "Answer the question of a Blocked job",
      "Without an answer: what is asked, by that job or by all. An approval is answered\n"
      "with yes or no, another question with one of its choices, or any text.\n\n"
      "  pawl answer\n"
      "  pawl answer 12 yes\n"
      "  pawl answer 12:web03 no            the question of its part on that host\n"
      "  pawl answer 12 --question 34 v2    one of several that are open",
      answer_options, verb_answer },
    { "retry", "retry [OPTIONS] JOB", "Run a finished job again, on the hosts that failed",
      "A new job, made of what the old one was made of: script, parameters,\n"
      "environment, hosts with their variables; no file is read again. Without\n"
      "options: the hosts that failed, were unreachable or were never reached. It is\n"
      "followed until it is settled; Ctrl-C leaves it running.\n\n"
      "  pawl retry 12\n"
      "  pawl retry 12 --unreachable --unreached\n"
      "  pawl retry -d patch --unfinished --name patch-2",
      retry_options, verb_retry },
    { "history", "history [OPTIONS] JOB...", "Show the steps of jobs, one line per attempt",
      "  pawl history 12", select_options, verb_history },
    { "schedule", "schedule [add|list|show|enable|disable|remove|run] ...",
      "Start jobs by the clock",
      "  add NAME WHEN -- VERB...   a schedule; behind -- stands start, invoke or run,\n"
      "                             with all it takes. What it names is read now:\n"
      "                             files, scripts, modules, hosts, environment\n"
      "  list                       all of them; also without a word\n"
      "  show NAME                  all of one, with its next three times\n"
      "  enable, disable NAME...    names, or globs; what runs goes on\n"
      "  remove NAME...             the same; its jobs stay\n"
      "  run NAME                   a job of it now, outside of the plan\n\n"
      "WHEN is --cron, --every or --at-boot. A cron text is minute, hour, day of the\n"
      "month, month and weekday: '30 2 * * mon-fri', '*/10 8-18 * * *', @daily.\n"
      "Each time runs once at most, whatever becomes of the clock. While a job of the\n"
      "schedule is unfinished, the next one is left out (skip), waits (queue), starts\n"
      "beside it (parallel), or stops it and takes its place (replace): --overlap.\n"
      "Times that passed while no engine ran are made up for by one job (run-once), or\n"
      "by none (skip): --missed.\n\n"
      "  pawl schedule add disks --every 10m --keep 100 -- start -- df -h\n"
      "  pawl schedule add nightly --cron '30 2 * * *' --timezone Europe/Berlin \\\n"
      "      -- run backup.lua target=/srv\n"
      "  pawl schedule add patch --cron '0 4 * * sat' --overlap queue --jitter 30m \\\n"
      "      -- invoke --hosts @web --file patch.sh\n"
      "  pawl schedule add mounts --at-boot -- start -c 'mount -a'\n"
      "  pawl schedule list --wide\n"
      "  pawl get --schedule nightly",
      schedule_options, verb_schedule },
    { "hosts", "hosts [OPTIONS] [SET]", "Show which hosts a set means, or how they are",
      "A SET is names, ranges, groups and patterns, with commas or spaces between; !\n"
      "takes away: web[01-12],@db,!db3,'edge-*',admin@gate:2222. Groups, patterns and\n"
      "variables come from the inventory: a file in Lua, Ansible's INI or YAML, or a\n"
      "program that prints Ansible's JSON; else hosts.lua, .yaml, .yml, .ini or hosts\n"
      "in PAWL_HOME. Without SET: all of its hosts.\n\n"
      "--check connects to them through the engine, whose ssh and agent are tested so,\n"
      "and shows each as it answers: exit 1 when one cannot be used, and why.\n\n"
      "  pawl hosts\n"
      "  pawl hosts '@web,!web03' --json\n"
      "  pawl hosts --groups -i production.ini\n"
      "  pawl hosts --check @web --timeout 20s",
      hosts_options, verb_hosts },
    { "status", "status", "Show the engine",
      "Exit code 5 when none runs; asking does not start one.", plain_options, verb_status },
    { "daemon", "daemon [--foreground | --stop]", "Start or stop the engine",
      "Every other verb starts the engine by itself; this one is for service managers\n"
      "(--foreground) and for maintenance (--stop).",
      daemon_options, verb_daemon },
    { "doctor", "doctor [--take-over]", "Check the store, and what an engine needs",
      "Every row of the store: for that the engine must not run (`pawl daemon --stop`;\n"
      "commands go on meanwhile). Who may look into the home; ssh and its\n"
      "configuration; whether the engine outlives a logout and is started at boot; a\n"
      "limit of open files that allows few hosts at a time. Exit code 1 when something\n"
      "is damaged or wrong, 4 when an engine uses the store, 5 when there is none.\n\n"
      "A store that was restored from a backup, or copied, is refused by hosts that\n"
      "have seen a later engine. When no such engine runs any more, --take-over makes\n"
      "them follow this one.",
      doctor_options, verb_doctor },
    { "backup", "backup DIRECTORY", "Copy the store, verified, while jobs go on",
      "DIRECTORY must not exist; it appears whole or not at all. To restore it, stop\n"
      "the engine and put its data.mdb into the home's store directory.\n\n"
      "  pawl backup /backup/pawl-$(date +%F)",
      plain_options, verb_backup },
    { "completion", "completion bash|zsh|fish", "Print the completion script of a shell",
      "Where packages install it, nothing is left to do. Elsewhere:\n\n"
      "  pawl completion bash > ~/.local/share/bash-completion/completions/pawl\n"
      "  pawl completion zsh > ~/.zfunc/_pawl   in fpath, before compinit\n"
      "  pawl completion fish > ~/.config/fish/completions/pawl.fish",
      completion_options, verb_completion },
    { "help", "help [VERB]", "Show this, or the help of a verb", NULL, help_options,
      verb_help },
    { "version", "version", "Print the version", NULL, plain_options, verb_version },
    { NULL, NULL, NULL, NULL, NULL, NULL },
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

// ---- what exit codes and words mean
const struct exit_meaning exit_meanings[] = {
    { EXIT_DONE, "done" },
    { EXIT_JOB_FAILED, "a job failed or was stopped" },
    { EXIT_USAGE, "usage" },
    { EXIT_NO_JOB, "no such job or host" },
    { EXIT_REFUSED, "refused in this state, or suspended" },
    { EXIT_ENGINE, "engine unreachable" },
    { EXIT_TIMEOUT, "timed out" },
    { EXIT_INTERRUPT, "interrupted" },
    { 0, NULL },
};

const struct word_meaning word_meanings[] = {
    { "JOB", "an id, a uuid, a name, a glob ('web*'), ID:HOST, or - for a list on standard "
             "input: ids, or what --json prints" },
    { "SET", "hosts: names, ranges, groups and patterns, with commas between; ! takes away: "
             "web[01-12],@db,!db3,'edge-*'" },
    { "TIME", "how long: 90 (seconds), 1.5s, 10m, 1h30m" },
    { NULL, NULL },
};
