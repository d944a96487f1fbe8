/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace and the sysctls that live in it. */
#include <inttypes.h>

#include "decide/excuse.h"
#include "decide/port.h"
#include "decide/rule.h"
#include "facts/sysctl.h"

/* --- host-network ----------------------------------------------------------------------- */

static void check_host_network(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_facts *f = c->facts;
    const struct bolt_spot spot = {.subject = BOLT_LIT("host network"),
                                   .action = c->policy->host_network,
                                   .excuse = f->netns == BOLT_NETNS_HOST
                                                 ? bolt_excuse_host_network(c)
                                                 : NULL}; /* at a path that others could swap */

    if (f->netns == BOLT_NETNS_HOST) {
        (void)bolt_report_add(
            report, &spot, "the container shares the host's network, and with it all of its ports");
    } else if (f->netns == BOLT_NETNS_UNKNOWN && c->point.can_look) {
        (void)bolt_report_add(report, &spot,
                              "whether the container shares the host's network cannot be told: %s",
                              f->netns_why);
    } else if (f->netns == BOLT_NETNS_UNKNOWN) {
        bolt_report_unchecked(report, "%s", f->netns_why);
    }
}

static const char *const host_network_references[] = {"CIS-Docker-1.8.0-5.10",
                                                      "CIS-Docker-1.5.0-5.9",
                                                      "CIS-Kubernetes-1.11-5.2.5",
                                                      "STIG-DKER-EE-002000",
                                                      "CWE-250",
                                                      NULL};

const struct bolt_rule bolt_rule_host_network = {
    .id = "host-network",
    .summary = "The container has a network namespace that is not the host's",
    .references = host_network_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_host_network,
};

/* --- port-start-range ------------------------------------------------------------------- */

static void judge_port_start(const struct bolt_case *c, struct bolt_report *report,
                             struct bolt_spot spot, int64_t value)
{
    const struct bolt_port_start *p = &c->policy->port_start;

    spot.excuse = bolt_excuse_port_start(c, value);
    if (value < p->min || value > p->max) {
        (void)bolt_report_add(report, &spot,
                              BOLT_SYSCTL_PORT_START " is %" PRId64 ", outside %" PRId64
                                                     " to %" PRId64,
                              value, p->min, p->max);
    }
}

static void check_absent_port_start(const struct bolt_case *c, struct bolt_report *report,
                                    const struct bolt_spot *spot)
{
    const struct bolt_port_start *p = &c->policy->port_start;
    const struct bolt_facts *f = c->facts;
    int64_t live = bolt_facts_port_start(f);

    if (bolt_port_start_is_put(c)) {
        const struct bolt_spot put = {
            .subject = spot->subject,
            .action = spot->action == BOLT_ACTION_REFUSE ? BOLT_ACTION_REWRITE : spot->action,
            .excuse = bolt_excuse_port_start(c, live)};

        if (bolt_report_add(report, &put,
                            BOLT_SYSCTL_PORT_START " is not set; the policy sets %" PRId64,
                            p->set)) {
            bolt_plan_sysctl(report, BOLT_SYSCTL_PORT_START,
                             bolt_printf(bolt_report_arena(report), "%" PRId64, p->set));
        }
    } else if (f->netns == BOLT_NETNS_HOST) {
        bolt_report_unchecked(report, "the container has no network namespace of its own");
    } else if (live < 0) {
        bolt_report_unchecked(report, "the value in the namespace at its path is not known");
    } else {
        judge_port_start(c, report, *spot, live);
    }
}

static void check_port_start(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_sysctl *sysctl = bolt_facts_sysctl(c->facts, BOLT_SYSCTL_PORT_START);
    struct bolt_spot spot = {.subject = BOLT_LIT(BOLT_SYSCTL_PORT_START),
                             .action = c->policy->port_start.action};
    int64_t value;

    if (sysctl == NULL) {
        check_absent_port_start(c, report, &spot);
        return;
    }
    spot.where = sysctl->node;
    if (!bolt_sysctl_number(sysctl->value, &value)) {
        (void)bolt_report_add(report, &spot,
                              BOLT_SYSCTL_PORT_START " is '%.*s', which the kernel does not take",
                              BOLT_FMT(sysctl->value));
        return;
    }
    judge_port_start(c, report, spot, value);
}

static const char *const port_start_references[] = {"CIS-Docker-1.8.0-5.8", "CIS-Docker-1.5.0-5.7",
                                                    "CWE-250", NULL};

const struct bolt_rule bolt_rule_port_start_range = {
    .id = "port-start-range",
    .summary = "net.ipv4.ip_unprivileged_port_start is within the policy's range",
    .references = port_start_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_port_start,
};

/* --- sysctl-joined-netns ---------------------------------------------------------------- */

static void check_joined(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_facts *f = c->facts;

    for (size_t i = 0; i < f->sysctl_count && f->netns != BOLT_NETNS_OWN; i++) {
        const struct bolt_sysctl *s = &f->sysctls[i];
        const struct bolt_spot spot = {
            .where = s->node, .subject = s->name, .action = c->policy->joined_netns};

        if (!bolt_bytes_has_prefix(s->name, "net.")) {
            continue;
        }
        if (f->netns == BOLT_NETNS_UNKNOWN && !c->point.can_look) {
            bolt_report_unchecked(report, "%s", f->netns_why);
            return;
        }
        (void)bolt_report_add(report, &spot, "sysctl %.*s would be written in %s",
                              BOLT_FMT(s->name),
                              f->netns == BOLT_NETNS_HOST ? "the host's network namespace"
                                                          : "a network namespace that others use");
    }
}

static const char *const joined_references[] = {"CWE-250", "CWE-668", NULL};

const struct bolt_rule bolt_rule_sysctl_joined_netns = {
    .id = "sysctl-joined-netns",
    .summary = "No net.* sysctl is written where it changes other containers or the host",
    .references = joined_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_joined,
};
