/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/port.h"

#include <arpa/inet.h>
#include <string.h>

#include "decide/excuse.h"

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
    return bolt_port_rule_has_address(rule, bits);
}

static bool rule_allows(const struct bolt_port_rule *rule, const struct bolt_port *port)
{
    return port->host >= rule->first && port->host <= rule->last &&
           (rule->protocol == BOLT_PROTO_ANY ||
            bolt_bytes_is(port->protocol, bolt_protocol_name(rule->protocol))) &&
           (!rule->has_address || in_network(rule, port->address));
}

bool bolt_port_is_in(const struct bolt_port_list *list, const struct bolt_port *port)
{
    for (size_t i = 0; i < list->count; i++) {
        if (rule_allows(&list->items[i], port)) {
            return true;
        }
    }
    return false;
}

bool bolt_port_start_is_put(const struct bolt_case *c)
{
    const struct bolt_port_start *p = &c->policy->port_start;

    return p->has_set && c->facts->netns == BOLT_NETNS_OWN &&
           bolt_facts_sysctl(c->facts, BOLT_SYSCTL_PORT_START) == NULL &&
           bolt_facts_port_start(c->facts) != p->set;
}

int64_t bolt_port_start(const struct bolt_case *c)
{
    int64_t without = bolt_facts_port_start(c->facts);
    const struct bolt_excuse *excuse = bolt_excuse_port_start(c, without);
    bool excused = excuse != NULL && excuse->why_not.len == 0;

    return bolt_port_start_is_put(c) && !excused &&
                   c->policy->port_start.action == BOLT_ACTION_REFUSE
               ? c->policy->port_start.set
               : without;
}
