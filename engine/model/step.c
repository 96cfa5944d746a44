// SPDX-License-Identifier: MIT
#include "model/step.h"

#include <assert.h>

const char *outcome_name(enum outcome_kind kind)
{
    static const char *const names[] = {
#define X(id, text) [OUTCOME_##id] = text,
        OUTCOMES(X)
#undef X
    };

    assert((unsigned)kind < OUTCOME_COUNT);
    return names[kind];
}

static const char *const verdicts[] = {
#define X(id, text) [VERDICT_##id] = text,
    VERDICTS(X)
#undef X
};

const char *verdict_name(enum verdict verdict)
{
    assert((unsigned)verdict < VERDICT_COUNT);
    return verdicts[verdict];
}

enum verdict verdict_parse(struct slice name)
{
    int i = 0;

    while (i < VERDICT_COUNT && !slice_is(name, verdicts[i]))
        i++;
    return (enum verdict)i;
}

void step_policy_init(struct step_policy *policy)
{
    *policy = (struct step_policy){
        .retry_every_ms = 1000,
        .retry_backoff = 1,
        .retry_max_ms = 5 * 60 * 1000,
        .ok_codes = { 1 },
    };
}

bool step_policy_code_ok(const struct step_policy *policy, int32_t code)
{
    return code >= 0 && code < 256 && (policy->ok_codes[code / 64] >> (code % 64) & 1);
}

void step_policy_allow(struct step_policy *policy, int32_t code)
{
    assert(code >= 0 && code < 256);
    policy->ok_codes[code / 64] |= UINT64_C(1) << (code % 64);
}

bool outcome_is_ok(const struct outcome *outcome, const struct step_policy *policy)
{
    if (outcome->kind == OUTCOME_VALUE)
        return true;
    return outcome->kind == OUTCOME_EXIT && step_policy_code_ok(policy, outcome->code);
}

bool step_policy_retries(const struct step_policy *policy, enum outcome_kind kind, uint32_t attempt)
{
    if (kind == OUTCOME_CANCELLED || kind == OUTCOME_INTERRUPTED || kind == OUTCOME_NEVER ||
        kind == OUTCOME_LOST)
        return false;
    return attempt <= policy->retry_times;
}

int64_t step_policy_backoff_ms(const struct step_policy *policy, uint32_t attempt)
{
    double wait = (double)policy->retry_every_ms;

    // The ceiling is met long before a double loses whole milliseconds.
    for (uint32_t i = 1; i < attempt && wait < (double)policy->retry_max_ms; i++)
        wait *= policy->retry_backoff;
    if (wait > (double)policy->retry_max_ms)
        return policy->retry_max_ms;
    return wait < 0 ? 0 : (int64_t)wait;
}
