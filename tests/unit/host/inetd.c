// SPDX-License-Identifier: MIT
#include "inetd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

// It reads its own program again, which takes an absolute path.
#define SSHD "/usr/sbin/sshd"

bool inetd_is_here(void)
{
    mkdir("/run/sshd", 0755); // where root's sshd wants an empty directory
    return access(SSHD, X_OK) == 0 && (geteuid() != 0 || access("/run/sshd", X_OK) == 0);
}

static void write_config(const char *path, const char *format, const char *dir)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    fprintf(file, format, dir, dir, dir);
#pragma GCC diagnostic pop
    assert_int_equal(fclose(file), 0);
}

void inetd_make(const char *dir, char config[128])
{
    char path[160], command[256];

    snprintf(command, sizeof(command), "ssh-keygen -q -t ed25519 -N '' -f %s/key </dev/null", dir);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "echo \"pawl-test $(cut -d' ' -f1,2 %s/key.pub)\" >%s/known",
             dir, dir);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/sshd_config", dir);
    write_config(path,
                 "HostKey %s/key\nAuthorizedKeysFile %s/key.pub\nPidFile %s/pid\n"
                 "StrictModes no\nUsePAM no\nPermitRootLogin yes\nAcceptEnv *\n"
                 "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                 "UseDNS no\nPrintMotd no\nPrintLastLog no\n",
                 dir);
    snprintf(config, 128, "%s/ssh_config", dir);
    write_config(config,
                 "Host *\n  ProxyCommand " SSHD " -i -f %s/sshd_config\n  IdentityFile %s/key\n"
                 "  IdentitiesOnly yes\n  UserKnownHostsFile %s/known\n"
                 "  GlobalKnownHostsFile /dev/null\n  HostKeyAlias pawl-test\n"
                 "  StrictHostKeyChecking yes\n  KexAlgorithms curve25519-sha256\n"
                 "  SendEnv PAWL_TEST_GATE key line\n",
                 dir);
}
