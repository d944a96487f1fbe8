/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/compare.h"

#include <string.h>

#include "decide/rule.h"

const char *bolt_outcome_name(enum bolt_outcome outcome)
{
    switch (outcome) {
    case BOLT_OUTCOME_REFUSE:
        return "refuse";
    case BOLT_OUTCOME_ALLOW:
        return "allow";
    case BOLT_OUTCOME_REWRITE:
        return "rewrite";
    case BOLT_OUTCOME_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

static bool is_same(const struct bolt_finding *a, const struct bolt_finding *b)
{
    return a->rule == b->rule && a->action == b->action &&
           bolt_bytes_equal(a->subject, b->subject) &&
           (a->exception == NULL) == (b->exception == NULL) &&
           (a->exception == NULL || bolt_bytes_equal(a->exception->id, b->exception->id));
}

static bool has(const struct bolt_decision *decision, const struct bolt_finding *f)
{
    for (size_t i = 0; i < decision->finding_count; i++) {
        if (is_same(&decision->findings[i], f)) {
            return true;
        }
    }
    return false;
}

/* True if @ones have a finding about the same thing as @f that @others have not. */
static bool differs_on(const struct bolt_finding *f, const struct bolt_decision *ones,
                       const struct bolt_decision *others)
{
    for (size_t i = 0; i < ones->finding_count; i++) {
        const struct bolt_finding *one = &ones->findings[i];

        if (one->rule == f->rule && bolt_bytes_equal(one->subject, f->subject) &&
            !has(others, one)) {
            return true;
        }
    }
    return false;
}

/* True if it depends on who the container is what is found on one side at least. */
static bool rests_on_identity(const struct bolt_change *change, const struct bolt_finding *f)
{
    for (size_t i = 0; i < BOLT_LEN(change->sides); i++) {
        const struct bolt_replayed *side = change->sides[i];

        if (side->at_best != NULL && (differs_on(f, side->decision, side->at_best) ||
                                      differs_on(f, side->at_best, side->decision))) {
            return true;
        }
    }
    return false;
}

/* False for what rests on something that the record does not tell. */
static bool counts(const struct bolt_change *change, const struct bolt_finding *f)
{
    const char *rule = f->rule->id;

    if (change->filter_untold && strcmp(rule, "raw-sockets") == 0 &&
        bolt_bytes_is(f->subject, "seccomp")) {
        return false;
    }
    if (rests_on_identity(change, f)) {
        return false;
    }
    return !change->ports_untold || (strcmp(rule, "host-port-privileged") != 0 &&
                                     strcmp(rule, "host-port-not-allowed") != 0 &&
                                     strcmp(rule, "container-port-privileged") != 0);
}

bool bolt_decision_rewrites(const struct bolt_policy *policy, const struct bolt_decision *decision)
{
    bool rewrites = decision->seccomp != NULL;

    for (size_t i = 0; i < decision->finding_count; i++) {
        rewrites = rewrites || decision->findings[i].action == BOLT_ACTION_REWRITE;
    }
    return rewrites && decision->verdict == BOLT_ALLOW && policy->mode == BOLT_MODE_ENFORCE;
}

static enum bolt_outcome outcome_of(const struct bolt_change *change,
                                    const struct bolt_replayed *side)
{
    const struct bolt_decision *d = side->decision;

    if (side->c.policy->mode == BOLT_MODE_REPORT) {
        return BOLT_OUTCOME_ALLOW;
    }
    for (size_t i = 0; i < d->finding_count; i++) {
        const struct bolt_finding *f = &d->findings[i];

        if (counts(change, f) && f->action == BOLT_ACTION_REFUSE) {
            return BOLT_OUTCOME_REFUSE;
        }
    }
    if (side->filter_untold || side->ports_untold || side->at_best != NULL) {
        return BOLT_OUTCOME_UNKNOWN;
    }
    if (d->verdict == BOLT_REFUSE) {
        return BOLT_OUTCOME_REFUSE;
    }
    return bolt_decision_rewrites(side->c.policy, d) ? BOLT_OUTCOME_REWRITE : BOLT_OUTCOME_ALLOW;
}

/* Those of @ones without a counterpart among @others, each of which is one for one only. */
static size_t only_in(struct bolt_arena *arena, const struct bolt_change *change,
                      const struct bolt_decision *ones, const struct bolt_decision *others,
                      const struct bolt_finding ***out)
{
    bool *taken = bolt_new_n(arena, bool, others->finding_count);
    size_t count = 0;

    *out = bolt_new_n(arena, const struct bolt_finding *, ones->finding_count);
    for (size_t i = 0; i < ones->finding_count; i++) {
        const struct bolt_finding *f = &ones->findings[i];
        bool found = !counts(change, f);

        for (size_t j = 0; j < others->finding_count && !found; j++) {
            found = !taken[j] && is_same(f, &others->findings[j]);
            taken[j] = taken[j] || found;
        }
        if (!found) {
            (*out)[count++] = f;
        }
    }
    return count;
}

struct bolt_change bolt_change_between(struct bolt_arena *arena, const struct bolt_replayed *before,
                                       const struct bolt_replayed *after)
{
    struct bolt_change change = {.filter_untold = before->filter_untold || after->filter_untold,
                                 .ports_untold = before->ports_untold || after->ports_untold,
                                 .identity_untold =
                                     before->at_best != NULL || after->at_best != NULL,
                                 .sides = {before, after}};

    change.before = outcome_of(&change, before);
    change.after = outcome_of(&change, after);
    change.gone_count = only_in(arena, &change, before->decision, after->decision, &change.gone);
    change.come_count = only_in(arena, &change, after->decision, before->decision, &change.come);
    return change;
}

bool bolt_change_is_known(const struct bolt_change *change)
{
    bool unknown = change->before == BOLT_OUTCOME_UNKNOWN || change->after == BOLT_OUTCOME_UNKNOWN;

    return change->gone_count != 0 || change->come_count != 0 ||
           (!unknown && change->before != change->after);
}

bool bolt_change_is_untold(const struct bolt_change *change)
{
    return !bolt_change_is_known(change) &&
           (change->filter_untold || change->ports_untold || change->identity_untold);
}
