/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the policy: nothing crashes, what is shown of it is the same policy, and so are what an
 * index leaves of it and the exceptions that it leaves out. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "policy/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

static void take_apart(struct bolt_arena *arena, struct bolt_bytes text,
                       const struct bolt_policy *policy, struct bolt_bytes shown)
{
    struct bolt_skimmed taken = {.arena = arena};
    struct bolt_buf exceptions = {.arena = arena};
    struct bolt_policy again;
    struct bolt_bytes rest;
    struct bolt_err err = {0};

    if (policy->exceptions_at == 0) {
        return;
    }
    demand(bolt_index_cut(arena, text, policy->exceptions_at, &rest, &taken));
    demand(taken.count == policy->exception_count);
    demand(bolt_policy_parse(arena, rest, &again, &err) == 0);
    demand(again.exception_count == 0 && again.exceptions_at == policy->exceptions_at);
    bolt_buf_adds(&exceptions, "{\"version\": 1, \"exceptions\": [");
    for (size_t i = 0; i < taken.count; i++) {
        bolt_buf_adds(&exceptions, i == 0 ? "" : ",");
        bolt_buf_add(&exceptions, taken.items[i]);
    }
    bolt_buf_adds(&exceptions, "]}");
    demand(bolt_policy_add(arena, bolt_buf_bytes(&exceptions), &again, &err) == 0);
    demand(bolt_bytes_equal(bolt_policy_show(arena, &again), shown));
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
    take_apart(arena, text, &policy, shown);
    demand(bolt_policy_lint(arena, &again, 0, BOLT_LINT_DAYS, &lines) ==
           bolt_policy_lint(arena, &policy, 0, BOLT_LINT_DAYS, &lines));
    return 0;
}
