/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule is. All of them stand in rules.c; a rule and its code stand together in rules/. */
#pragma once

#include "decide/decide.h"

struct bolt_excuse;
struct bolt_report; /* where a running rule reports to; opaque to rules */

struct bolt_rule {
    const char *id;                /* public and stable: records and manuals name it */
    const char *summary;           /* one line, for `drawbolt rules` and the manual */
    const char *const *references; /* control ids, NULL at the end */
    /* enum bolt_known, or'd; of CONFIG, PROCESS and NETWORK those with which it can run */
    unsigned needs;
    void (*check)(const struct bolt_case *c, struct bolt_report *report);
};

/* All rules, sorted by id. */
extern const struct bolt_rule *const bolt_rules[];
extern const size_t bolt_rule_count;

/* A finding in the making. */
struct bolt_spot {
    bolt_node where;
    struct bolt_bytes subject;
    enum bolt_action action;          /* what the policy says; IGNORE: nothing is reported */
    const struct bolt_excuse *excuse; /* the exception that is about it, or NULL */
};

/**
 * bolt_report_add() - report a finding
 * @report: of the running rule
 * @spot:   where, about what, and what the policy says; subject may quote the document
 * @fmt:    one sentence without a full stop
 *
 * Return: true if the finding is to be mended by the rule now, with the functions below. Where
 * this enforcement point cannot rewrite, REWRITE becomes REFUSE and false is returned; where an
 * exception holds, all becomes REPORT.
 */
bool bolt_report_add(struct bolt_report *report, const struct bolt_spot *spot, const char *fmt, ...)
    BOLT_PRINTF(3, 4);

/* True if the exception of the spot holds. */
bool bolt_excused(const struct bolt_spot *spot);

/* The running rule could not look at something. */
void bolt_report_unchecked(struct bolt_report *report, const char *fmt, ...) BOLT_PRINTF(2, 3);

/* It could not look because the published ports are not known here. */
void bolt_report_ports_unchecked(struct bolt_report *report);

/* Mending. What two rules ask for alike is done once. */
void bolt_plan_remove(struct bolt_report *report, bolt_node node);
/* A capability, from the document or the command line. */
void bolt_plan_cap(struct bolt_report *report, const struct bolt_cap *cap);
void bolt_plan_sysctl(struct bolt_report *report, const char *name, struct bolt_bytes value);
void bolt_plan_seccomp(struct bolt_report *report, const struct bolt_seccomp_result *merged);

struct bolt_arena *bolt_report_arena(struct bolt_report *report);
