// SPDX-License-Identifier: MIT
// What the files of this layer share: the script and its strands as they are
// inside. script.h is the layer's only public header.
//
// Invariants: `current` is set exactly while script code runs; a strand's effect
// and the slices in it live in the strand's own buffers until it is resumed.
// Owner: struct script owns everything here. Thread: the engine's loop.
#pragma once

#include "lua/random.h"
#include "lua/script.h"
#include "lua/vm.h"
#include "model/value.h"

// How a cleanup entry began, and what passes on to the parent.
enum { CLEANUP_DEFER = 0, CLEANUP_UNDO = 1 };

// One coroutine of the script, from script_fork (or script_new) to
// script_strand_free.
struct script_strand {
    lua_State *co;
    uint32_t handle;
    uint32_t parent;   // handle of the strand that forked it; the main strand's own: 0
    uint32_t branch;   // index in the parent's fork, or SCRIPT_PROBE
    bool started;
    bool waiting;      // it yielded an effect and was not resumed
    bool cancelled;    // ANSWER_CANCEL was given: every wait raises
    bool cleaning;     // runs undos and defers: waits do not raise
    bool cut;          // ANSWER_CUT was given: even there they do
    bool dropped;      // ... or ANSWER_DROP was
    bool failed;       // its body raised
    bool ended;
    size_t held;       // bytes of the buffers, as counted by vm_hold
    struct effect effect;
    struct random random;
    struct buf path, name, line, args, value, message; // behind the effect's slices
};

enum script_mode {
    SCRIPT_RUN,    // strands run; steps and notes are allowed
    SCRIPT_ONCE,   // inside once(): neither
    SCRIPT_HEADER, // script_header: the first of them ends the run
};

struct script {
    struct vm vm;
    enum script_mode mode;
    struct script_strand **strands; // by handle; NULL: free
    size_t strand_cap;
    struct script_strand *current;
    const struct answer *answer;    // of the resume that runs; taken by the wait it answers
    bool blocked;                   // a C function that cannot yield is on the way out
    uint64_t budget_max;
    int64_t now_unix_ms;
    uint64_t names;                 // serial numbers given to tables and functions
    uint64_t once_names;            // the same inside a once, where none of it may last
    struct random once_random;      // ambient
    bool collected;                 // a garbage collection ended since the last check
    struct uuid uuid;
    uint64_t job_id;
    script_note_fn note;
    void *note_arg;
    struct buf scratch;             // of whoever runs; holds nothing across Lua code
    struct value_doc doc;
    struct buf *header;             // SCRIPT_HEADER: where the header goes
};

static inline struct script *script_of(lua_State *L)
{
    return (struct script *)(void *)vm_of(L); // vm is the first member
}

// ---- script.c
int script_make(struct script **ret, const struct script_options *options, enum script_mode mode,
                struct err *err);

// ---- sandbox.c
// Fills the state's globals with the allow-list.
void sandbox_open(lua_State *L);
// params and job, as the options say. Raises when they are no values.
void sandbox_set_job(lua_State *L, const struct script_options *options);
// Pushes a table that ends a script_header run when it is used.
void sandbox_push_absent(lua_State *L);
// Raises when a table that serves as a metatable was made weak since.
void sandbox_check_metatables(lua_State *L);
// Readies `nil` call errors for people: replaces the message at the top by one
// that names the nearest function, when it is about an unknown global.
void sandbox_improve_error(lua_State *L);

// ---- strand.c
int strand_open(struct script *script, uint32_t *ret, struct err *err);
void strand_close(struct script *script, struct script_strand *strand);
// The coroutine's function: stack [1] the author's function, then its arguments.
int strand_main(lua_State *L);
// Pushes an undo or defer function at the newest place. Stack: the function on top, popped.
void strand_push_cleanup(lua_State *L, struct script_strand *strand, int kind);

// Pushes the globals as the running code should see them.
void sandbox_push_env(lua_State *L);

// ---- once.c
// Inside a once: replaces the value on top by what stands for it there, the same at
// every call of one once.
void once_push_copy(lua_State *L);

// ---- probe.c: on_interrupt functions
// Keeps the function on top, which stays, for the step that the strand is asking for.
void probe_keep(lua_State *L, struct script_strand *strand);
// Pushes what a probe runs: function, host, facts.
int probe_push(lua_State *L, const struct script_strand *strand);
// Encodes what it returned, at [1] and [2], as the strand's value, or fails the strand.
void probe_encode(lua_State *L, struct script_strand *strand);

// ---- the prelude, in script.c
// Pushes a function of the prelude, which is compiled at its first use.
void prelude_get(lua_State *L, const char *name);
// Calls it with all arguments on the stack; what a lua_CFunction returns.
int prelude_call(lua_State *L, const char *name);

// ---- lib_output.c
// A record of the information stream, in the name of that function.
void output_inform(lua_State *L, const char *function, struct slice line);

// ---- libraries, one lib_X.c each: adds its names to the table at the top
void lib_base_open(lua_State *L);
void lib_string_open(lua_State *L);
void lib_table_open(lua_State *L);
void lib_math_open(lua_State *L);
void lib_utf8_open(lua_State *L);
void lib_coroutine_open(lua_State *L);
void lib_json_open(lua_State *L);
void lib_output_open(lua_State *L);
void lib_flow_open(lua_State *L);
void lib_question_open(lua_State *L);
void lib_text_open(lua_State *L);
void lib_host_open(lua_State *L);
void lib_hosts_open(lua_State *L);
void lib_module_open(lua_State *L);
// Compiles the modules of the encoded map: name -> text.
void modules_load(lua_State *L, struct slice modules);
// Pushes the table of what only a once sees.
void lib_ambient_push(lua_State *L);
