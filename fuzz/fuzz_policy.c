/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the policy: nothing crashes, and what is shown of it is the same policy. */
#include <stdint.h>
#include <string.h>

#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_bytes text = {(const char *)data, size};
    const struct bolt_bytes *lines = NULL;
    struct bolt_policy policy;
    struct bolt_policy again;
    struct bolt_bytes shown;
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, text, &policy, &err) != 0) {
        demand(err.kind == BOLT_ERR_POLICY && err.text[0] != '\0' &&
               strchr(err.text, '\n') == NULL);
        return 0;
    }
    shown = bolt_policy_show(arena, &policy);
    demand(bolt_policy_parse(arena, shown, &again, &err) == 0);
    demand(bolt_bytes_equal(bolt_policy_show(arena, &again), shown));
    demand(bolt_policy_lint(arena, &again, 0, BOLT_LINT_DAYS, &lines) ==
           bolt_policy_lint(arena, &policy, 0, BOLT_LINT_DAYS, &lines));
    return 0;
}
