/* SPDX-License-Identifier: Apache-2.0 */
/* Words for values, patterns for words, and what follows from values. */
#include "base/family.h"
#include "policy/policy.h"

const char *bolt_action_name(enum bolt_action action)
{
    switch (action) {
    case BOLT_ACTION_REFUSE:
        return "refuse";
    case BOLT_ACTION_REWRITE:
        return "rewrite";
    case BOLT_ACTION_REPORT:
        return "report";
    case BOLT_ACTION_IGNORE:
        return "ignore";
    }
    return "refuse";
}

const char *bolt_protocol_name(enum bolt_protocol protocol)
{
    switch (protocol) {
    case BOLT_PROTO_ANY:
        return "any";
    case BOLT_PROTO_TCP:
        return "tcp";
    case BOLT_PROTO_UDP:
        return "udp";
    case BOLT_PROTO_SCTP:
        return "sctp";
    }
    return "any";
}

/* Only the last '*' ever needs another try: whatever an earlier one could take instead, the last
 * one can take as well. */
bool bolt_glob_match(struct bolt_bytes glob, struct bolt_bytes text)
{
    size_t g = 0;
    size_t t = 0;
    size_t star = glob.len; /* place of the last '*'; glob.len for none */
    size_t resume = 0;      /* where in the text it ends */

    while (t < text.len) {
        if (g < glob.len && glob.at[g] == '*') {
            star = g++;
            resume = t;
        } else if (g < glob.len && (glob.at[g] == '?' || glob.at[g] == text.at[t])) {
            g++;
            t++;
        } else if (star < glob.len) {
            g = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.at[g] == '*') {
        g++;
    }
    return g == glob.len;
}

bool bolt_port_rule_has_address(const struct bolt_port_rule *rule, const uint8_t address[16])
{
    for (unsigned bit = 0; bit < rule->prefix; bit++) {
        uint8_t mask = (uint8_t)(0x80U >> (bit % 8));

        if ((address[bit / 8] & mask) != (rule->address[bit / 8] & mask)) {
            return false;
        }
    }
    return true;
}

bool bolt_grants_raw_sockets(const struct bolt_grant *grant)
{
    return grant->every_raw_socket || grant->raw_families != 0;
}

uint64_t bolt_policy_denied_families(const struct bolt_policy *policy)
{
    uint64_t denied = 0;

    for (size_t i = 0; i < bolt_family_count; i++) {
        if (policy->raw_sockets.extended || !bolt_families[i].extended) {
            denied |= UINT64_C(1) << bolt_families[i].number;
        }
    }
    return denied;
}

uint64_t bolt_policy_spared(const struct bolt_policy *policy)
{
    return policy->raw_sockets.allow & bolt_policy_denied_families(policy);
}

bool bolt_policy_denies_annotation(const struct bolt_policy *policy, struct bolt_bytes name)
{
    for (size_t i = 0; i < policy->annotations_deny_count; i++) {
        if (bolt_glob_match(policy->annotations_deny[i], name)) {
            return true;
        }
    }
    return false;
}
