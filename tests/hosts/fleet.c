// SPDX-License-Identifier: MIT
// How: several programs may do this at once, so that each looks for a network that nobody
// has; hosts.sh refuses one that is taken. hosts.sh watches this process, and takes the
// fleet down when it is gone.
#include "fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { NETWORKS = 100, FIRST_NETWORK = 100 };

bool fleet_is_possible(void)
{
    return geteuid() == 0 &&
           system("for c in unshare nsenter setpriv ip bridge nft ssh ssh-keygen /usr/sbin/sshd; do "
                  "command -v $c >/dev/null || exit 1; done; "
                  "unshare --net --pid --mount --uts --ipc --fork true") == 0;
}

static int run_tool(const struct fleet *fleet, const char *words)
{
    char command[512];

    snprintf(command, sizeof(command), "PAWL_HOSTS_DIR=%s " PAWL_HOSTS_SH " %s", fleet->dir, words);
    return system(command);
}

struct fleet *fleet_up(unsigned count, unsigned disk_mib)
{
    struct fleet *fleet = calloc(1, sizeof(*fleet));
    char words[64], number[16];

    if (!fleet)
        return NULL;
    snprintf(fleet->dir, sizeof(fleet->dir), "/tmp/pawl-fleet.%d", (int)getpid());
    snprintf(fleet->config, sizeof(fleet->config), "%s/ssh_config", fleet->dir);
    snprintf(words, sizeof(words), "up %u %d", count, (int)getpid());
    snprintf(number, sizeof(number), "%u", disk_mib);
    if (disk_mib)
        setenv("PAWL_HOSTS_DISK", number, 1);
    for (int i = 0; i < 10; i++) {
        char network[32];
        snprintf(network, sizeof(network), "10.%d",
                 FIRST_NETWORK + ((int)getpid() + 7 * i) % NETWORKS);
        setenv("PAWL_HOSTS_NET", network, 1);
        if (run_tool(fleet, words) == 0)
            return fleet;
        run_tool(fleet, "down");
    }
    free(fleet);
    return NULL;
}

int fleet_end(void **state)
{
    struct fleet *fleet = *state;
    int rc = run_tool(fleet, "down");

    free(fleet);
    *state = NULL;
    return rc;
}

void fleet_do(const struct fleet *fleet, const char *format, ...)
{
    char words[256];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    if (run_tool(fleet, words) != 0)
        fail_msg("hosts.sh %s", words);
}

int trial_setup(void **state)
{
    struct trial *trial = calloc(1, sizeof(*trial));
    void *fixture = NULL;

    assert_non_null(trial);
    trial->fleet = *state;
    assert_int_equal(fixture_setup(&fixture), 0);
    trial->f = fixture;
    snprintf(trial->f->spool, sizeof(trial->f->spool), "/root/spool/%s", trial->f->dir + 5);
    trial->f->shell = NULL; // the host's own sh
    trial_option(trial, "LogLevel=INFO");
    trial_target(trial, "host1");
    *state = trial;
    return 0;
}

int trial_teardown(void **state)
{
    struct trial *trial = *state;
    void *fixture = trial->f;

    fixture_teardown(&fixture);
    *state = trial->fleet;
    free(trial);
    return 0;
}

void trial_target(struct trial *trial, const char *destination)
{
    snprintf(trial->name, sizeof(trial->name), "%s", destination);
    trial->f->over_ssh = true;
    trial->f->target = (struct ssh_target){
        .destination = slice_str(destination),
        .options = trial->options,
        .config = trial->fleet->config,
    };
}

void trial_option(struct trial *trial, const char *option)
{
    size_t n = 0;

    while (trial->options[n])
        n++;
    assert_true(n + 1 < sizeof(trial->options) / sizeof(trial->options[0]));
    trial->options[n] = option;
}

const char *trial_ask(const struct trial *trial, const char *host, const char *command,
                      char line[256])
{
    char words[512];
    FILE *pipe;

    snprintf(words, sizeof(words), "ssh -F %s %s '%s'", trial->fleet->config, host, command);
    pipe = popen(words, "r");
    assert_non_null(pipe);
    if (!fgets(line, 256, pipe))
        line[0] = '\0';
    pclose(pipe);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

enum link_end trial_refused(struct trial *trial)
{
    fixture_open_refused(trial->f);
    fixture_close(trial->f);
    return trial->f->end;
}

void trial_reason(const struct trial *trial, const char *text)
{
    const char *reason = buf_cstr(&trial->f->general.text);

    if (!strstr(reason, text))
        fail_msg("\"%s\" is not in: %s", text, reason);
    for (const char *c = reason; *c; c++)
        assert_true(*c >= ' ' && *c < 0x7f);
}
