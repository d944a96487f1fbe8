/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations that runtimes obey: crun's run.oci.seccomp_bpf_data replaces the whole filter. */
#include "decide/rule.h"

static void check_annotations(const struct bolt_case *c, struct bolt_report *report)
{
    for (size_t i = 0; i < c->facts->annotation_count; i++) {
        const struct bolt_annotation *a = &c->facts->annotations[i];
        const struct bolt_spot spot = {
            .where = a->node, .subject = a->name, .action = c->policy->annotations_action};

        if (bolt_policy_denies_annotation(c->policy, a->name) &&
            bolt_report_add(report, &spot, "annotation %.*s changes what the runtime does",
                            BOLT_FMT(a->name))) {
            bolt_plan_remove(report, a->node);
        }
    }
}

static const char *const annotation_references[] = {"CWE-636", "CWE-693", NULL};

const struct bolt_rule bolt_rule_runtime_annotation = {
    .id = "runtime-annotation",
    .summary = "No annotation tells the runtime to replace the filter or the handler",
    .references = annotation_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_annotations,
};
