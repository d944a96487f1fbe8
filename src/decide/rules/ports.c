/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports. */
#include "decide/excuse.h"
#include "decide/port.h"
#include "decide/rule.h"

static struct bolt_bytes name_of(struct bolt_arena *arena, uint16_t port,
                                 struct bolt_bytes protocol)
{
    return bolt_printf(arena, "%u/%.*s", port, BOLT_FMT(protocol));
}

static void check_host_ports(const struct bolt_case *c, struct bolt_report *report, bool privileged)
{
    const struct bolt_host_ports *allowed = &c->policy->host_ports;

    for (size_t i = 0; i < c->facts->port_count; i++) {
        const struct bolt_port *port = &c->facts->ports[i];
        const struct bolt_spot spot = {
            .subject = name_of(bolt_report_arena(report), port->host, port->protocol),
            .action = allowed->action,
            .excuse = bolt_excuse_port(c, port)};

        if (port->host == 0 || (port->host < allowed->privileged_below) != privileged ||
            bolt_port_is_in(&allowed->allow, port)) {
            continue;
        }
        if (privileged) {
            (void)bolt_report_add(report, &spot,
                                  "host port %.*s is below %u and not allowed for this container",
                                  BOLT_FMT(spot.subject), allowed->privileged_below);
        } else if (allowed->allow.count != 0) {
            (void)bolt_report_add(report, &spot, "host port %.*s is not among the allowed ones",
                                  BOLT_FMT(spot.subject));
        }
    }
}

static void check_host_privileged(const struct bolt_case *c, struct bolt_report *report)
{
    if ((c->facts->known & BOLT_KNOWN_PORTS) != 0) {
        check_host_ports(c, report, true);
        return;
    }
    bolt_report_ports_unchecked(report);
    if (c->policy->host_ports.unknown == BOLT_ACTION_REFUSE) {
        const struct bolt_spot spot = {.subject = BOLT_LIT("host ports"),
                                       .action = BOLT_ACTION_REFUSE};

        (void)bolt_report_add(report, &spot, "the published ports could not be learned: %s",
                              c->facts->ports_why);
    }
}

static void check_host_not_allowed(const struct bolt_case *c, struct bolt_report *report)
{
    check_host_ports(c, report, false);
}

static void check_container_ports(const struct bolt_case *c, struct bolt_report *report)
{
    unsigned below = c->policy->container_privileged_below;

    for (size_t i = 0; i < c->facts->port_count; i++) {
        const struct bolt_port *port = &c->facts->ports[i];
        const struct bolt_spot spot = {
            .subject = name_of(bolt_report_arena(report), port->container, port->protocol),
            .action = c->policy->container_ports};

        if (port->container != 0 && port->container < below) {
            (void)bolt_report_add(report, &spot, "container port %.*s is below %u",
                                  BOLT_FMT(spot.subject), below);
        }
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
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_NETWORK,
    .check = check_host_privileged,
};

const struct bolt_rule bolt_rule_host_port_not_allowed = {
    .id = "host-port-not-allowed",
    .summary = "Where the policy lists host ports, only those are published",
    .references = host_not_allowed_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_NETWORK | BOLT_KNOWN_PORTS,
    .check = check_host_not_allowed,
};

const struct bolt_rule bolt_rule_container_port_privileged = {
    .id = "container-port-privileged",
    .summary = "Container ports are 1024 or above",
    .references = container_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_NETWORK | BOLT_KNOWN_PORTS,
    .check = check_container_ports,
};
