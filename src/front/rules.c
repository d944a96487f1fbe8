/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt rules`: the table, for people and for the tests that hold the manual to it. */
#include "decide/rule.h"
#include "front/front.h"

static enum bolt_exit rules(struct bolt_run *run)
{
    struct bolt_buf out = {.arena = run->arena};
    struct bolt_err err = {0};

    if (run->options->argc != 0) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "usage: rules takes no argument");
        return bolt_run_fail(run, &err);
    }

    for (size_t i = 0; i < bolt_rule_count; i++) {
        bolt_buf_addf(&out, "%s\t%s\t", bolt_rules[i]->id, bolt_rules[i]->summary);
        for (const char *const *ref = bolt_rules[i]->references; *ref != NULL; ref++) {
            bolt_buf_addf(&out, "%s%s", ref == bolt_rules[i]->references ? "" : " ", *ref);
        }
        bolt_buf_adds(&out, "\n");
    }
    return bolt_run_print(bolt_buf_bytes(&out), &err) == 0 ? BOLT_EXIT_ALLOW
                                                           : bolt_run_fail(run, &err);
}

extern const struct bolt_front bolt_front_rules;
const struct bolt_front bolt_front_rules = {
    .name = "rules",
    .synopsis = "",
    .summary = "list the rules: id, summary and references, separated by tabs",
    .command = rules,
};
