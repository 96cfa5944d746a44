// SPDX-License-Identifier: MIT
// pawl backup: through the engine when one runs, which goes on meanwhile; else
// straight from the store.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/engine_start.h"

// The engine has another working directory than we have.
static int path_absolute(const char *path, struct buf *ret, struct err *err)
{
    char *here = *path == '/' ? NULL : getcwd(NULL, 0);

    if (*path != '/' && !here)
        return err_set(err, -errno, "no working directory for %.200s: %s", path,
                       strerror(errno));
    if (here)
        buf_addf(ret, "%s/", here);
    buf_add_str(ret, path);
    free(here);
    buf_cstr(ret);
    return buf_failed(ret) ? err_set(err, -ENOMEM, "out of memory") : 0;
}

static int through_engine(struct cli *cli, const char *path)
{
    json_t *body = json_pack("{s:s}", "path", path), *answer = NULL;
    int exit_code = body ? call(cli, "POST", "/v1/backup", body, &answer)
                         : cli_error(cli, EXIT_USAGE, "%.200s is not UTF-8; stop the engine, or "
                                     "choose another name", path);

    if (exit_code == 0)
        json_decref(answer);
    json_decref(body);
    return exit_code;
}

static int direct(struct cli *cli, const char *path)
{
    struct err err = { 0 };
    int rc = cli->engine->backup(cli->home.path, path, &err);

    if (rc < 0)
        return cli_error(cli, rc == -EEXIST || rc == -EBUSY ? EXIT_REFUSED : EXIT_ENGINE, "%s",
                         err_text(&err));
    return 0;
}

int verb_backup(struct cli *cli)
{
    struct err err = { 0 };
    struct buf path;
    int exit_code;

    if (cli->options.arg_count != 1 || !*cli->options.args[0])
        return cli_error(cli, EXIT_USAGE, "backup needs one DIRECTORY, which must not exist yet");
    buf_init(&path, 0);
    if (path_absolute(cli->options.args[0], &path, &err) < 0)
        exit_code = cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    else if (engine_is_up(&cli->home))
        exit_code = through_engine(cli, buf_cstr(&path));
    else
        exit_code = direct(cli, buf_cstr(&path));
    if (exit_code == 0)
        printf("%s\n", buf_cstr(&path));
    buf_release(&path);
    return exit_code;
}
