/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/decide.h"

#include "decide/excuse.h"
#include "decide/plan.h"
#include "decide/rule.h"

struct bolt_report {
    struct bolt_arena *arena;
    const struct bolt_case *c;
    const struct bolt_rule *rule; /* the one that runs */
    struct bolt_decision *decision;
    struct bolt_plan plan;
};

struct bolt_arena *bolt_report_arena(struct bolt_report *report)
{
    return report->arena;
}

bool bolt_excused(const struct bolt_spot *spot)
{
    return spot->excuse != NULL && spot->excuse->why_not.len == 0;
}

static struct bolt_bytes with_excuse(struct bolt_arena *arena, struct bolt_bytes text,
                                     const struct bolt_excuse *excuse)
{
    if (excuse == NULL) {
        return text;
    }
    if (excuse->why_not.len == 0) {
        return bolt_printf(arena, "%.*s; exception '%.*s' allows it", BOLT_FMT(text),
                           BOLT_FMT(excuse->exception->id));
    }
    return bolt_printf(arena, "%.*s; exception '%.*s' is about that, but %.*s", BOLT_FMT(text),
                       BOLT_FMT(excuse->exception->id), BOLT_FMT(excuse->why_not));
}

bool bolt_report_add(struct bolt_report *report, const struct bolt_spot *spot, const char *fmt, ...)
{
    struct bolt_decision *d = report->decision;
    struct bolt_finding finding = {.rule = report->rule, .where = spot->where};
    bool excused = bolt_excused(spot);
    bool too_late =
        spot->action == BOLT_ACTION_REWRITE && !report->c->point.can_rewrite && !excused;
    struct bolt_bytes text;
    va_list args;

    if (spot->action == BOLT_ACTION_IGNORE) {
        return false;
    }
    va_start(args, fmt);
    text = bolt_vprintf(report->arena, fmt, args);
    va_end(args);
    if (too_late) {
        text =
            bolt_printf(report->arena, "%.*s, and at this stage nothing can be rewritten any more",
                        BOLT_FMT(text));
    }
    text = with_excuse(report->arena, text, spot->excuse);
    finding.action = too_late ? BOLT_ACTION_REFUSE : spot->action;
    if (excused) {
        finding.action = BOLT_ACTION_REPORT;
        finding.exception = spot->excuse->exception;
    }
    finding.text = bolt_printable(report->arena, text);
    finding.subject = spot->subject;
    d->findings =
        bolt_arena_grow(report->arena, d->findings, d->finding_count, sizeof *d->findings);
    d->findings[d->finding_count++] = finding;
    return finding.action == BOLT_ACTION_REWRITE;
}

static void add_unchecked(struct bolt_report *report, struct bolt_bytes why, bool quiet)
{
    struct bolt_decision *d = report->decision;

    d->unchecked =
        bolt_arena_grow(report->arena, d->unchecked, d->unchecked_count, sizeof *d->unchecked);
    d->unchecked[d->unchecked_count++] =
        (struct bolt_unchecked){report->rule, bolt_printable(report->arena, why), quiet};
}

void bolt_report_unchecked(struct bolt_report *report, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_unchecked(report, bolt_vprintf(report->arena, fmt, args), false);
    va_end(args);
}

void bolt_report_ports_unchecked(struct bolt_report *report)
{
    add_unchecked(report, bolt_bytes_of(report->c->facts->ports_why),
                  report->c->policy->host_ports.unknown == BOLT_ACTION_IGNORE);
}

void bolt_plan_remove(struct bolt_report *report, bolt_node node)
{
    bolt_plan_add_removal(report->arena, &report->plan, node, report->rule->id);
}

void bolt_plan_cap(struct bolt_report *report, const struct bolt_cap *cap)
{
    struct bolt_decision *d = report->decision;

    if (cap->argument == 0) {
        bolt_plan_remove(report, cap->node);
        return;
    }
    d->dropped = bolt_arena_grow(report->arena, d->dropped, d->dropped_count, sizeof *d->dropped);
    d->dropped[d->dropped_count++] = cap->argument;
}

void bolt_plan_sysctl(struct bolt_report *report, const char *name, struct bolt_bytes value)
{
    bolt_plan_add_sysctl(report->arena, &report->plan,
                         (struct bolt_planned_sysctl){name, value, report->rule->id});
}

void bolt_plan_seccomp(struct bolt_report *report, const struct bolt_seccomp_result *merged)
{
    report->plan.seccomp = merged;
    report->plan.seccomp_reason = report->rule->id;
    report->decision->seccomp = merged;
}

/* The kinds of documents, of which the facts come from one. */
#define KINDS (unsigned)(BOLT_KNOWN_CONFIG | BOLT_KNOWN_PROCESS | BOLT_KNOWN_NETWORK)

/* A rule about another kind of document has nothing to say here, and does not say so. */
static bool is_about_another(const struct bolt_rule *rule, const struct bolt_facts *facts)
{
    return (facts->known & KINDS) != 0 && (rule->needs & KINDS) != 0 &&
           (facts->known & rule->needs & KINDS) == 0;
}

static bool has_its_facts(const struct bolt_rule *rule, const struct bolt_facts *facts)
{
    return ((rule->needs & KINDS) == 0 || (rule->needs & KINDS & facts->known) != 0) &&
           (rule->needs & ~KINDS & ~facts->known) == 0;
}

static bool refuses(const struct bolt_decision *d)
{
    for (size_t i = 0; i < d->finding_count; i++) {
        if (d->findings[i].action == BOLT_ACTION_REFUSE) {
            return true;
        }
    }
    return false;
}

const struct bolt_decision *bolt_decide(struct bolt_arena *arena, const struct bolt_case *c)
{
    struct bolt_decision *d = bolt_new(arena, struct bolt_decision);
    struct bolt_report report = {.arena = arena, .c = c, .decision = d};

    for (size_t i = 0; i < bolt_rule_count; i++) {
        report.rule = bolt_rules[i];
        if (is_about_another(report.rule, c->facts)) {
            continue;
        }
        if (has_its_facts(report.rule, c->facts)) {
            report.rule->check(c, &report);
        } else {
            bolt_report_ports_unchecked(&report); /* the only fact that may be missing */
        }
    }
    d->edit_count = bolt_plan_edits(arena, c->facts, &report.plan, &d->edits);
    if (c->policy->mode == BOLT_MODE_REPORT) {
        d->edit_count = 0;
        d->dropped_count = 0;
        d->seccomp = NULL;
        d->verdict = BOLT_ALLOW;
        return d;
    }
    if (refuses(d)) {
        return d; /* zeroed, hence BOLT_REFUSE */
    }
    d->verdict = BOLT_ALLOW;
    return d;
}
