/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports. */
#include <arpa/inet.h>
#include <string.h>

#include "decide/rule.h"
#include "facts/sysctl.h"

/* "80/tcp", "80-90/tcp". */
static struct bolt_bytes name_of(struct bolt_arena *arena, unsigned first, unsigned last,
                                 struct bolt_bytes protocol)
{
    return first == last ? bolt_printf(arena, "%u/%.*s", first, BOLT_FMT(protocol))
                         : bolt_printf(arena, "%u-%u/%.*s", first, last, BOLT_FMT(protocol));
}

static bool in_network(const struct bolt_port_rule *rule, struct bolt_bytes address)
{
    uint8_t bits[16] = {0};
    char text[INET6_ADDRSTRLEN + 1] = {0};

    if (address.len == 0 || address.len >= sizeof text) {
        return false; /* all addresses are more than any network */
    }
    memcpy(text, address.at, address.len);
    if (inet_pton(rule->is_ipv6 ? AF_INET6 : AF_INET, text, bits) != 1) {
        return false;
    }
    if (memcmp(bits, (const uint8_t[16]){0}, sizeof bits) == 0) {
        return rule->prefix == 0; /* so are these, of one family */
    }
    for (unsigned bit = 0; bit < rule->prefix; bit++) {
        uint8_t mask = (uint8_t)(0x80U >> (bit % 8));

        if ((bits[bit / 8] & mask) != (rule->address[bit / 8] & mask)) {
            return false;
        }
    }
    return true;
}

static bool rule_allows(const struct bolt_port_rule *rule, const struct bolt_port *port,
                        unsigned number)
{
    return number >= rule->first && number <= rule->last &&
           (rule->protocol == BOLT_PROTO_ANY ||
            bolt_bytes_is(port->protocol, bolt_protocol_name(rule->protocol))) &&
           (!rule->has_address || in_network(rule, port->address));
}

static bool is_in_allow_list(const struct bolt_host_ports *ports, const struct bolt_port *port,
                             unsigned number)
{
    for (size_t i = 0; i < ports->allow_count; i++) {
        if (rule_allows(&ports->allow[i], port, number)) {
            return true;
        }
    }
    return false;
}

/* How many of the port's numbers, from @number on, are against the policy. */
static unsigned against(const struct bolt_host_ports *allowed, const struct bolt_port *port,
                        unsigned number, bool privileged)
{
    unsigned end = (unsigned)port->host + port->more + 1;
    unsigned at = number;

    while (at < end && (at < allowed->privileged_below) == privileged &&
           !is_in_allow_list(allowed, port, at)) {
        at++;
    }
    return at - number;
}

static void report_host_ports(const struct bolt_case *c, struct bolt_report *report,
                              struct bolt_bytes name, bool privileged)
{
    const struct bolt_host_ports *allowed = &c->policy->host_ports;
    const struct bolt_spot spot = {.subject = name, .action = allowed->action};

    if (privileged) {
        (void)bolt_report_add(report, &spot,
                              "host port %.*s is below %u and not allowed for this container",
                              BOLT_FMT(name), allowed->privileged_below);
    } else if (allowed->allow_count != 0) {
        (void)bolt_report_add(report, &spot, "host port %.*s is not among the allowed ones",
                              BOLT_FMT(name));
    }
}

static void check_host_ports(const struct bolt_case *c, struct bolt_report *report, bool privileged)
{
    for (size_t i = 0; i < c->facts->port_count; i++) {
        const struct bolt_port *port = &c->facts->ports[i];
        unsigned count;

        for (unsigned n = port->host; port->host != 0 && n <= port->host + (unsigned)port->more;
             n += count + (count == 0)) {
            count = against(&c->policy->host_ports, port, n, privileged);
            if (count != 0) {
                report_host_ports(
                    c, report, name_of(bolt_report_arena(report), n, n + count - 1, port->protocol),
                    privileged);
            }
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

#define PORT_START_OF_NEW 1024 /* of a new network namespace, ip-sysctl.rst */

/* The first port that every process may open there; -1 if that is not known. */
static int64_t open_from(const struct bolt_case *c)
{
    const struct bolt_sysctl *sysctl = bolt_facts_sysctl(c->facts, BOLT_SYSCTL_PORT_START);
    int64_t value = c->facts->netns_port_start;

    if (sysctl != NULL) {
        return bolt_sysctl_number(sysctl->value, &value) ? value : -1;
    }
    if (c->facts->netns != BOLT_NETNS_OWN) {
        return value;
    }
    if (c->policy->port_start.has_set) {
        return c->policy->port_start.set;
    }
    return c->facts->netns_path.len == 0 ? PORT_START_OF_NEW : value;
}

static const char *advice(const struct bolt_case *c, unsigned port)
{
    int64_t start = open_from(c);

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
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_host_privileged,
};

const struct bolt_rule bolt_rule_host_port_not_allowed = {
    .id = "host-port-not-allowed",
    .summary = "Where the policy lists host ports, only those are published",
    .references = host_not_allowed_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_PORTS,
    .check = check_host_not_allowed,
};

const struct bolt_rule bolt_rule_container_port_privileged = {
    .id = "container-port-privileged",
    .summary = "Container ports are 1024 or above",
    .references = container_references,
    .needs = BOLT_KNOWN_CONFIG | BOLT_KNOWN_PORTS,
    .check = check_container_ports,
};
