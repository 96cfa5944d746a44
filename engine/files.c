// SPDX-License-Identifier: MIT
#include "files.h"

#include <stdio.h>
#include <sys/resource.h>

#include "control/control.h"
#include "core/engine.h"

enum {
    FILES_WANTED = 65536,
    FILES_OWN = 256,     // the store, the loop, and a few clients, whatever the limit
    FILES_PER_LINK = 4,  // three pipes, and room for starting it or a transfer
};

void files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static rlim_t hard_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? RLIM_INFINITY : limit.rlim_max;
}

size_t files_links_max(void)
{
    rlim_t files = hard_limit();

    if (files >= FILES_OWN + (rlim_t)FILES_PER_LINK * ENGINE_LINKS_MAX)
        return ENGINE_LINKS_MAX;
    return files > FILES_OWN + FILES_PER_LINK ? (files - FILES_OWN) / FILES_PER_LINK : 1;
}

size_t files_clients_max(void)
{
    rlim_t files = hard_limit(), taken = FILES_OWN + (rlim_t)FILES_PER_LINK * files_links_max();

    if (files < taken + FILES_OWN)
        return FILES_OWN - FILES_OWN / 4; // the rest is for the store and the loop
    return files - taken < CONTROL_CLIENTS_MAX ? files - taken : CONTROL_CLIENTS_MAX;
}

void files_warning(char ret[ERR_TEXT_MAX])
{
    size_t links = files_links_max();

    ret[0] = '\0';
    if (links < ENGINE_LINKS_MAX)
        snprintf(ret, ERR_TEXT_MAX, "%llu open files are allowed here, which is enough for %zu "
                 "hosts at a time; others wait. For %d hosts raise the hard limit to %d (ulimit -H -n, "
                 "or LimitNOFILE= of the engine's unit)", (unsigned long long)hard_limit(), links,
                 ENGINE_LINKS_MAX, FILES_OWN + FILES_PER_LINK * ENGINE_LINKS_MAX);
}
