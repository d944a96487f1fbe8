/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports. */
#include "decide/excuse.h"
#include "decide/port.h"
#include "decide/rule.h"

/* "80/tcp", "80-90/tcp". */
static struct bolt_bytes name_of(struct bolt_arena *arena, unsigned first, unsigned last,
                                 struct bolt_bytes protocol)
{
    return first == last ? bolt_printf(arena, "%u/%.*s", first, BOLT_FMT(protocol))
                         : bolt_printf(arena, "%u-%u/%.*s", first, last, BOLT_FMT(protocol));
}

struct judged {
    bool wrong; /* it is against the policy */
    const struct bolt_excuse *excuse;
};

/* One number of a range. */
static struct judged judge(const struct bolt_case *c, struct bolt_port port, unsigned number,
                           bool privileged)
{
    const struct bolt_host_ports *allowed = &c->policy->host_ports;

    port.host = (uint16_t)number;
    port.more = 0;
    if ((number < allowed->privileged_below) != privileged ||
        (!privileged && allowed->allow.count == 0) || bolt_port_is_in(&allowed->allow, &port)) {
        return (struct judged){0};
    }
    return (struct judged){true, bolt_excuse_port(c, &port)};
}

static void report_host_ports(const struct bolt_case *c, struct bolt_report *report,
                              struct bolt_spot spot, bool privileged)
{
    const struct bolt_host_ports *allowed = &c->policy->host_ports;

    spot.action = allowed->action;
    if (privileged) {
        (void)bolt_report_add(report, &spot,
                              "host port %.*s is below %u and not allowed for this container",
                              BOLT_FMT(spot.subject), allowed->privileged_below);
    } else {
        (void)bolt_report_add(report, &spot, "host port %.*s is not among the allowed ones",
                              BOLT_FMT(spot.subject));
    }
}

/* Neighbours that are wrong alike are one finding. */
static void check_host_port(const struct bolt_case *c, struct bolt_report *report,
                            const struct bolt_port *port, bool privileged)
{
    unsigned end = (unsigned)port->host + port->more + 1;
    unsigned first = port->host;

    while (first < end) {
        struct judged judged = judge(c, *port, first, privileged);
        unsigned next = first;
        struct judged other;

        do {
            other = ++next < end ? judge(c, *port, next, privileged) : (struct judged){0};
        } while (next < end && other.wrong == judged.wrong && other.excuse == judged.excuse);
        if (judged.wrong) {
            report_host_ports(
                c, report,
                (struct bolt_spot){
                    .subject = name_of(bolt_report_arena(report), first, next - 1, port->protocol),
                    .excuse = judged.excuse},
                privileged);
        }
        first = next;
    }
}

static void check_host_ports(const struct bolt_case *c, struct bolt_report *report, bool privileged)
{
    for (size_t i = 0; i < c->facts->port_count; i++) {
        if (c->facts->ports[i].host != 0) {
            check_host_port(c, report, &c->facts->ports[i], privileged);
        }
    }
}

/* What somebody hides counts as what must not be. */
static enum bolt_action action_for_unknown(const struct bolt_case *c)
{
    return c->policy->host_ports.unknown == BOLT_ACTION_REFUSE ? BOLT_ACTION_REFUSE
                                                               : c->policy->host_ports.action;
}

static void check_host_privileged(const struct bolt_case *c, struct bolt_report *report)
{
    check_host_ports(c, report, true); /* what is told, even if it may not be all */
    if ((c->facts->known & BOLT_KNOWN_PORTS) != 0) {
        return;
    }
    bolt_report_ports_unchecked(report);
    if (c->facts->ports_hidden || c->policy->host_ports.unknown == BOLT_ACTION_REFUSE) {
        const struct bolt_spot spot = {.subject = BOLT_LIT("host ports"),
                                       .action = action_for_unknown(c)};

        (void)bolt_report_add(report, &spot, "the published ports could not be learned: %s",
                              c->facts->ports_why);
    }
}

static void check_host_not_allowed(const struct bolt_case *c, struct bolt_report *report)
{
    check_host_ports(c, report, false);
}

static const char *advice(const struct bolt_case *c, unsigned port)
{
    int64_t start = bolt_port_start(c);

    if (start >= 0 && start <= port) {
        return "every process in it may open it, by " BOLT_SYSCTL_PORT_START;
    }
    if (start < 0) {
        return "a port from 1024 up, mapped to it, needs no privilege";
    }
    return "only a process with CAP_NET_BIND_SERVICE may open it; " BOLT_SYSCTL_PORT_START
           ", or a port from 1024 up that is mapped to it, needs none";
}

static void check_container_ports(const struct bolt_case *c, struct bolt_report *report)
{
    unsigned below = c->policy->container_privileged_below;

    for (size_t i = 0; i < c->facts->port_count; i++) {
        const struct bolt_port *port = &c->facts->ports[i];
        unsigned last = port->container + (port->one_of ? 0U : port->more);
        struct bolt_spot spot = {.action = c->policy->container_ports};

        if (port->container == 0 || port->container >= below) {
            continue;
        }
        last = last < below ? last : below - 1;
        spot.subject = name_of(bolt_report_arena(report), port->container, last, port->protocol);
        (void)bolt_report_add(report, &spot, "container port %.*s is below %u: %s",
                              BOLT_FMT(spot.subject), below, advice(c, port->container));
    }
}

static const char *const host_privileged_references[] = {
    "CIS-Docker-1.8.0-5.8", "CIS-Docker-1.5.0-5.7", "CIS-Kubernetes-1.11-5.2.13",
    "STIG-V-235819",        "STIG-CNTR-K8-000960",  NULL};
static const char *const host_not_allowed_references[] = {
    "CIS-Docker-1.8.0-5.9", "CIS-Docker-1.5.0-5.8", "CIS-Kubernetes-1.11-5.2.13", NULL};
static const char *const container_references[] = {"CIS-Docker-1.8.0-5.8", "CWE-250", NULL};

/* Needs the ports too, but says itself what it means that they are not known. */
const struct bolt_rule bolt_rule_host_port_privileged = {
    .id = "host-port-privileged",
    .summary = "Host ports below 1024 are published only where the policy allows them",
    .references = host_privileged_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_PROCESS | BOLT_KNOWN_NETWORK,
    .check = check_host_privileged,
};

const struct bolt_rule bolt_rule_host_port_not_allowed = {
    .id = "host-port-not-allowed",
    .summary = "Where the policy lists host ports, only those are published",
    .references = host_not_allowed_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_PROCESS | BOLT_KNOWN_NETWORK | BOLT_KNOWN_PORTS,
    .check = check_host_not_allowed,
};

const struct bolt_rule bolt_rule_container_port_privileged = {
    .id = "container-port-privileged",
    .summary = "Container ports are 1024 or above",
    .references = container_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_NETWORK | BOLT_KNOWN_PORTS,
    .check = check_container_ports,
};
