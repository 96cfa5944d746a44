// SPDX-License-Identifier: MIT
// A step: one effect with an outcome, at a place (strand path + ordinal). This
// header holds the plain values that every layer shares: how a step may end,
// and the policy its author gave it. Pure values, no owner.
#pragma once

#include "base/err.h"
#include "base/slice.h"

// How an attempt ended. "exit" is a command that ended by itself, whatever its
// code; "value" is a step that yields a value (once, signal, sleep: nil).
#define OUTCOMES(X)                                                             \
    X(EXIT, "exit")               /* the command ended by itself: code */       \
    X(VALUE, "value")             /* a value: value */                          \
    X(ERROR, "error")             /* once() raised: value is the error */       \
    X(SIGNAL, "signal")           /* the command died of a signal: code */      \
    X(TIMEOUT, "timeout")         /* its time ran out and it was killed */      \
    X(KILLED, "killed")           /* ended from outside, exit code unknown */   \
    X(INTERRUPTED, "interrupted") /* cut off: a reboot, or the engine in once */\
    X(CANCELLED, "cancelled")     /* ended because its scope was cancelled */   \
    X(UNREACHABLE, "unreachable") /* the host could not be reached */           \
    X(REFUSED, "refused")         /* could not be started: reason in words */   \
    X(LOST, "lost")               /* the spool is gone: nothing is known */ \
    X(NEVER, "never")             /* claimed on the host, but certainly not begun */

enum outcome_kind {
#define X(id, text) OUTCOME_##id,
    OUTCOMES(X)
#undef X
    OUTCOME_COUNT
};

const char *outcome_name(enum outcome_kind kind);

// How one attempt ended. All slices are borrowed from the event that tells it.
struct outcome {
    enum outcome_kind kind;
    int32_t code;           // exit code, or signal number
    bool unverified;        // the rc survived a reboot: the output may be cut
    struct slice value;     // an encoded value; empty: nil
    struct slice out, err;  // exact bytes, up to result_max each
    uint64_t out_bytes;     // size of the whole stream; > out.len: too large
    uint64_t err_bytes;
    int64_t started_unix_ms, ended_unix_ms; // 0: unknown
    struct slice reason;    // in words; empty for exit and value
};

// ASK: a function of the script's, run as a strand of its own, finds out what to do.
enum on_interrupt { ON_INTERRUPT_RERUN, ON_INTERRUPT_FAIL, ON_INTERRUPT_SUSPEND,
                    ON_INTERRUPT_ASK };

// What such a function decides. The value of its END effect is [ verdict, bytes ]:
// the step's value, encoded by itself; empty: nil.
#define VERDICTS(X)                                                        \
    X(RERUN, "rerun")     /* it did not happen: another attempt */         \
    X(DONE, "done")       /* it did: the step has succeeded, with value */ \
    X(FAIL, "fail")       /* the step has failed as interrupted */         \
    X(SUSPEND, "suspend") /* a person decides */

enum verdict {
#define X(id, text) VERDICT_##id,
    VERDICTS(X)
#undef X
    VERDICT_COUNT
};

const char *verdict_name(enum verdict verdict);
enum verdict verdict_parse(struct slice name); // VERDICT_COUNT: none
enum on_error { ON_ERROR_RAISE, ON_ERROR_CONTINUE, ON_ERROR_SUSPEND };

enum { REACH_FOREVER = -1 };

// What the author asked of the engine for one step. Times are milliseconds.
struct step_policy {
    int64_t timeout_ms;        // per attempt; 0: none
    int64_t reach_ms;          // longest wait for the host, before each attempt; 0: the
                               // engine's own bounds; or REACH_FOREVER
    uint32_t retry_times;      // attempts after the first; 0: none
    int64_t retry_every_ms;    // wait before attempt 2; default 1000
    double retry_backoff;      // factor from one wait to the next; default 1
    int64_t retry_max_ms;      // longest wait; default 5 minutes
    enum on_interrupt on_interrupt;
    enum on_error on_error;
    uint64_t ok_codes[4];      // bit n of 256: exit code n is a success; default {0}
    bool sensitive;            // arguments and output are never stored or shown
    bool reboots;              // the command reboots its host, and another boot is its success;
                               // suspend --force lets it be
    bool reaches;              // that its host answers is its success: reach_ms is for all of an
                               // attempt, from when it is asked to its end
    bool quiet;                // output goes to the result only, not to the streams
};

void step_policy_init(struct step_policy *policy); // the defaults above
bool step_policy_code_ok(const struct step_policy *policy, int32_t code);
void step_policy_allow(struct step_policy *policy, int32_t code);

// Did this attempt succeed: a value, or an exit with an accepted code.
bool outcome_is_ok(const struct outcome *outcome, const struct step_policy *policy);
// May another attempt follow this failed one by `retry` (never for cancelled,
// interrupted and refused-by-usage outcomes)? attempt counts from 1; interrupted
// attempts are not counted by the caller.
bool step_policy_retries(const struct step_policy *policy, enum outcome_kind kind,
                         uint32_t attempt);
// How long to wait before attempt n+1 (attempt n just failed), milliseconds.
int64_t step_policy_backoff_ms(const struct step_policy *policy, uint32_t attempt);

// A step that reruns by on_interrupt may do so this often; then it is suspended.
enum { STEP_INTERRUPTS_MAX = 2 };
