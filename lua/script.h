// SPDX-License-Identifier: MIT
// One job's Lua: a capped lua_State with the deterministic sandbox, the prelude
// and the author's script, and one coroutine per live strand. The script is
// pure: it is handed answers and yields effects; it never calls outward except
// `note`. Equal answers in equal order give equal effects, in any process, with
// any hash seed, on any address layout. That is its one invariant.
//
// Owner: the core's resident job. Thread: the engine's loop. Reentrancy: none.
#pragma once

#include "base/err.h"
#include "base/id.h"
#include "model/effect.h"
#include "model/record.h"

struct script;

// A note the running strand made (print, emit, log, progress). strand: its path.
// Called during script_resume; must not call back.
typedef void (*script_note_fn)(void *arg, struct slice strand, const struct note *note);

struct script_options {
    struct slice name;           // chunk name for messages: "patch.lua"
    struct slice text;           // the author's script, Lua source only
    struct slice modules;        // encoded map: name -> text of what it may require
    struct slice prelude;        // text; empty: the one in this binary
    uint64_t job_id;             // what the script sees as job.id ...
    struct uuid job_uuid;        // ... job.uuid; also seeds math.random
    struct slice job_name;
    int64_t job_started_unix_ms;
    struct slice params;         // encoded map, checked and defaulted already
    struct slice meta;           // encoded map
    struct slice hosts;          // encoded array (model/target.h): its targets; empty: none
    size_t memory_max;           // bytes the state may hold; 0: SCRIPT_MEMORY_MAX
    uint64_t budget_max;         // units one resume may use; 0: SCRIPT_BUDGET_MAX
    script_note_fn note;
    void *note_arg;
};

enum { SCRIPT_MEMORY_MAX = 64 * 1024 * 1024, SCRIPT_TEXT_MAX = 1024 * 1024 };
enum { SCRIPT_BUDGET_MAX = 50 * 1000 * 1000 }; // about a second of Lua

// Makes the state and compiles the script; runs nothing of it. ERR_SCRIPT with
// "patch.lua:14: ..." on a syntax error, ERR_MEMORY when the cap is too small.
int script_new(struct script **ret, const struct script_options *options, struct err *err);
void script_free(struct script *script); // NULL is allowed
// Bytes it takes in this process, those it freed and keeps for itself included.
size_t script_bytes(const struct script *script);

// How a strand is answered. The first resume of a strand has kind START.
enum answer_kind {
    ANSWER_START,   // begin the strand
    ANSWER_OUTCOME, // the step it waits for has settled: outcome, ok
    ANSWER_JOINED,  // all strands of its fork have ended
    ANSWER_CANCEL,  // its scope was cancelled: raise, now and at every later wait
    ANSWER_CUT,     // its cleanup took too long: as CANCEL, in cleanup too, of which
                    // nothing more is run
    ANSWER_DROP,    // the same, because it was stopped by force
};

struct answer {
    enum answer_kind kind;
    const struct outcome *outcome; // OUTCOME
    bool ok;                       // OUTCOME: success by the step's policy
    uint32_t attempt;              // OUTCOME: how many attempts it took
    int64_t now_unix_ms;           // time of the event that resumes: what now() says
};

// Runs the strand until it yields its next effect into *ret (valid until that
// strand is resumed again or freed). Strand handles: 0 is the main strand; the
// others are made by script_fork. `path` names the strand in notes and errors.
// Failures are final for the state, nothing but script_free may follow:
// ERR_BUDGET, ERR_MEMORY, ERR_CORRUPT (an answer's bytes are no value), ERR_SCRIPT (a
// table was made weak behind setmetatable's back). ANSWER_CANCEL, and what is like it,
// may be the first answer of a strand: it ends without running. An uncaught error of the author is no failure: it is
// EFFECT_END with failed set.
int script_resume(struct script *script, uint32_t strand, const struct answer *answer,
                  struct effect *ret, struct err *err);

// Branch index of a strand that runs the on_interrupt function of the step that the
// parent waits for. Its first answer holds that attempt's outcome, and its END the
// verdict (model/step.h).
#define SCRIPT_PROBE UINT32_MAX

// Makes the strand for branch `index` (0 .. fork_count-1) of the FORK the parent
// yielded, or its probe. *ret is a handle that is not in use. path: the strand's path.
int script_fork(struct script *script, uint32_t parent, uint32_t index, struct slice path,
                uint32_t *ret, struct err *err);
// Frees an ended strand's coroutine; its handle may be given out again.
void script_strand_free(struct script *script, uint32_t strand);

// Calls the function of the EFFECT_ONCE the strand waits at, with the ambient
// library (clock, environment, small files). Appends the encoded value to *value and
// returns 1, or appends the encoded error table and returns 0. The function sees
// copies of what it captured; nothing it assigns outside comes back. Negative:
// as script_resume.
int script_once(struct script *script, uint32_t strand, int64_t now_unix_ms,
                struct buf *value, struct err *err);

// Runs a script's text just far enough to see its `workflow{...}` header, with
// no strand and no effect. Appends an encoded map to *ret:
//   about str?; params array of {name, type, default?, required?, min?, max?,
//   choices?, about?} in the order of name; timeout, elapsed_timeout, cleanup_timeout (ms)?; meta map?;
//   hosts str?; on_error str? ("fail" or "suspend")
// A script without a header gives an empty map. ERR_SCRIPT: syntax error, or a
// wrong header, with the line.
int script_header(struct slice name, struct slice text, struct buf *ret, struct err *err);

// Compiles a text and runs nothing of it. ERR_SCRIPT: syntax error, with the line.
int script_compile(struct slice name, struct slice text, struct err *err);

// Checks and defaults parameters against a header as script_header gives it.
// `given` is an encoded map; string values are converted to the declared type
// (they come from a command line). Appends the complete map. ERR_USAGE names the
// parameter, the value and what was expected, or the nearest known name.
int script_params(struct slice header, struct slice given, struct buf *ret, struct err *err);

// The prelude's text as embedded in this binary (all modules, in load order).
struct slice script_prelude(void);
