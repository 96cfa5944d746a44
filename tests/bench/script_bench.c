// SPDX-License-Identifier: MIT
// What the Lua host costs: a new script, its bytes when idle, and a once step
// (script_resume and script_once) over many scripts, as the engine drives them.
#include <stdio.h>

#include "bench.h"
#include "lua/script.h"
#include "model/value.h"

enum { SCRIPTS = 1000, STEPS = 200 };

static const char text[] = "local n = 0\n"
                           "while true do\n"
                           "    n = n + once('step', function() return 1 end)\n"
                           "end\n";
static const char text_with_command[] = "while true do localhost:run 'true' end\n";

static struct script *new_script(const char *source)
{
    struct script_options options = { .name = SLICE("bench.lua"), .text = slice_str(source) };
    struct script *script;
    struct err err;

    bench_check("script", script_new(&script, &options, &err), &err);
    return script;
}

static void start(struct script *script, struct effect *effect)
{
    struct answer answer = { .kind = ANSWER_START, .now_unix_ms = 1 };
    struct err err;

    bench_check("script", script_resume(script, 0, &answer, effect, &err), &err);
}

static void step_once(struct script *script, struct buf *value_bytes, struct effect *effect)
{
    struct outcome outcome = { .kind = OUTCOME_VALUE };
    struct answer answer = { .kind = ANSWER_OUTCOME, .outcome = &outcome, .ok = true,
                             .attempt = 1, .now_unix_ms = 2 };
    struct err err;

    buf_clear(value_bytes);
    bench_check("script", script_once(script, 0, 2, value_bytes, &err), &err);
    outcome.value = buf_slice(value_bytes);
    bench_check("script", script_resume(script, 0, &answer, effect, &err), &err);
}

static void step_command(struct script *script, struct effect *effect)
{
    struct outcome outcome = { .kind = OUTCOME_EXIT, .out = SLICE("ok\n"), .out_bytes = 3 };
    struct answer answer = { .kind = ANSWER_OUTCOME, .outcome = &outcome, .ok = true,
                             .attempt = 1, .now_unix_ms = 2 };
    struct err err;

    bench_check("script", script_resume(script, 0, &answer, effect, &err), &err);
}

static void bench(const char *name, const char *source, bool once)
{
    static struct script *scripts[SCRIPTS];
    double made, from = bench_now_s();
    struct buf value_bytes;
    struct effect effect;
    size_t bytes = 0;

    buf_init(&value_bytes, 0);
    for (int i = 0; i < SCRIPTS; i++)
        scripts[i] = new_script(source);
    made = bench_now_s() - from;
    for (int i = 0; i < SCRIPTS; i++) {
        start(scripts[i], &effect);
        bytes += script_bytes(scripts[i]);
    }
    from = bench_now_s();
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < SCRIPTS; i++) {
            if (once)
                step_once(scripts[i], &value_bytes, &effect);
            else
                step_command(scripts[i], &effect);
        }
    }
    printf("%-8s script_new %6.1f us   %6zu bytes   %7.0f ns per step\n", name,
           made * 1e6 / SCRIPTS, bytes / SCRIPTS,
           (bench_now_s() - from) * 1e9 / ((double)SCRIPTS * STEPS));
    for (int i = 0; i < SCRIPTS; i++)
        script_free(scripts[i]);
    buf_release(&value_bytes);
}

int main(void)
{
    bench("once", text, true);
    bench("command", text_with_command, false);
    return 0;
}
