/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes in exceptions, and what they grant to those who have it anyway. */
#include "base/buf.h"
#include "base/family.h"
#include "facts/facts.h"
#include "policy/lint_internal.h"

static void add_about(struct bolt_lint *lint, const struct bolt_exception *e,
                      struct bolt_bytes text)
{
    bolt_lint_add(
        lint, bolt_printf(lint->arena, "exception '%.*s' %.*s", BOLT_FMT(e->id), BOLT_FMT(text)));
}

static void add_about_if(struct bolt_lint *lint, bool found, const struct bolt_exception *e,
                         const char *text)
{
    if (found) {
        add_about(lint, e, bolt_bytes_of(text));
    }
}

static void lint_days(struct bolt_lint *lint, const struct bolt_exception *e)
{
    if (lint->now >= e->expires) {
        add_about(lint, e,
                  bolt_printf(lint->arena, "expired after %.*s: renew it or take it out",
                              BOLT_FMT(e->expires_text)));
    } else if (lint->soon >= e->expires) {
        add_about(lint, e,
                  bolt_printf(lint->arena, "expires after %.*s", BOLT_FMT(e->expires_text)));
    }
}

/* True for no pattern, and for one that every text matches, if it is not shorter than its "?". */
static bool is_any(struct bolt_bytes glob)
{
    bool any = glob.len == 0;

    for (size_t i = 0; i < glob.len; i++) {
        if (glob.at[i] != '*' && glob.at[i] != '?') {
            return false;
        }
        any = any || glob.at[i] == '*';
    }
    return any;
}

static bool trusts(const struct bolt_exception *e, enum bolt_trust trust)
{
    return (e->trust & (unsigned)trust) != 0;
}

static void lint_match(struct bolt_lint *lint, const struct bolt_exception *e)
{
    const struct bolt_match *m = &e->match;

    add_about_if(lint,
                 is_any(m->id) && is_any(m->name) && is_any(m->namespace) && is_any(m->image) &&
                     is_any(m->engine) && m->digest.len == 0,
                 e, "matches every container");
    add_about_if(lint, e->trust != 0, e,
                 "trusts facts that whoever starts a container can choose: anybody who knows it "
                 "can make use of it");
    add_about_if(
        lint, m->name.len != 0 && !trusts(e, BOLT_TRUST_NAME) && !trusts(e, BOLT_TRUST_ANNOTATIONS),
        e,
        "goes by a name, which whoever starts a container can choose, and does not trust "
        "it: it excuses nothing");
    add_about_if(lint,
                 m->image.len != 0 && m->digest.len == 0 && !trusts(e, BOLT_TRUST_IMAGE) &&
                     !trusts(e, BOLT_TRUST_ANNOTATIONS),
                 e,
                 "goes by an image's name, which whoever starts a container can choose, and does "
                 "not trust it: it excuses nothing; match on the digest instead");
}

/* True if NET_RAW goes with raw sockets, whatever is said of capabilities. */
static bool left_to_raw_sockets(const struct bolt_policy *policy)
{
    return bolt_is_enforced(policy->raw_sockets.action) && bolt_policy_spared(policy) == 0;
}

static bool grants_nothing(const struct bolt_grant *g)
{
    return g->host_ports.count == 0 && g->capabilities == 0 && !bolt_grants_raw_sockets(g) &&
           !g->host_network && !g->has_port_start;
}

/* The capabilities that every container may have, and every exec. */
static bolt_caps anybodys_caps(const struct bolt_policy *policy)
{
    bool limited = bolt_is_enforced(policy->capabilities_action) || bolt_is_enforced(policy->exec);
    bolt_caps caps = limited ? policy->capabilities_allow : ~(bolt_caps)0;

    return left_to_raw_sockets(policy) ? caps & ~(UINT64_C(1) << BOLT_CAP_NET_RAW) : caps;
}

/* True if the families, though they are not denied, come with a capability that the container would
 * not have otherwise. */
static bool brings_net_raw(const struct bolt_policy *policy, const struct bolt_grant *g)
{
    bolt_caps had = g->capabilities | anybodys_caps(policy);

    return !left_to_raw_sockets(policy) && (had >> BOLT_CAP_NET_RAW & 1) == 0 &&
           (g->raw_families & bolt_policy_denied_families(policy)) == 0;
}

static void lint_raw_grant(struct bolt_lint *lint, const struct bolt_policy *policy,
                           const struct bolt_exception *e)
{
    uint64_t without_effect = e->grant.raw_families & ~bolt_policy_denied_families(policy);

    if (brings_net_raw(policy, &e->grant)) {
        return;
    }
    for (size_t i = 0; i < bolt_family_count; i++) {
        if ((without_effect >> bolt_families[i].number & 1) != 0) {
            add_about(lint, e,
                      bolt_printf(lint->arena,
                                  "grants raw sockets of %s, which are denied only where "
                                  "rawSockets.families is \"extended\": that has no effect",
                                  bolt_families[i].name));
        }
    }
}

static void lint_grant(struct bolt_lint *lint, const struct bolt_policy *policy,
                       const struct bolt_exception *e)
{
    const struct bolt_grant *g = &e->grant;

    add_about_if(lint, grants_nothing(g), e, "grants nothing");
    add_about_if(lint,
                 (g->capabilities >> BOLT_CAP_NET_RAW & 1) != 0 && !bolt_grants_raw_sockets(g) &&
                     left_to_raw_sockets(policy),
                 e, "grants NET_RAW, but no raw sockets: it is taken away all the same");
    lint_raw_grant(lint, policy, e);
    for (size_t i = 0; i < bolt_strong_cap_count; i++) {
        if ((g->capabilities >> bolt_strong_caps[i].number & 1) != 0) {
            add_about(lint, e,
                      bolt_printf(lint->arena, "grants %.*s: a container with it %s",
                                  BOLT_FMT(bolt_cap_name(lint->arena, bolt_strong_caps[i].number)),
                                  bolt_strong_caps[i].consequence));
        }
    }
}

/* --- what an exception grants to those who have it anyway -------------------------------- */

static bool may_publish(const struct bolt_host_ports *host, const struct bolt_port_rule *rule)
{
    for (size_t i = 0; i < host->allow.count; i++) {
        if (bolt_port_rule_covers(&host->allow.items[i], rule)) {
            return true;
        }
    }
    return (host->allow.count == 0 && rule->first >= host->privileged_below) ||
           !bolt_is_enforced(host->action);
}

static void lint_host_ports(struct bolt_lint *lint, const struct bolt_policy *policy,
                            const struct bolt_exception *e)
{
    for (size_t i = 0; i < e->grant.host_ports.count; i++) {
        const struct bolt_port_rule *rule = &e->grant.host_ports.items[i];
        struct bolt_bytes name = bolt_port_rule_text(lint->arena, rule);

        if (rule->first == 1 && rule->last == BOLT_POLICY_PORT_MAX) {
            add_about(lint, e,
                      bolt_printf(lint->arena, "grants host ports %.*s, that is, every port",
                                  BOLT_FMT(name)));
        }
        if (may_publish(&policy->host_ports, rule)) {
            add_about(lint, e,
                      bolt_printf(lint->arena,
                                  "grants host ports %.*s, which every container may publish",
                                  BOLT_FMT(name)));
        }
    }
}

/* Raw sockets are granted with the capability. */
static void lint_superfluous_raw_sockets(struct bolt_lint *lint, const struct bolt_policy *policy,
                                         const struct bolt_exception *e)
{
    uint64_t spared = e->grant.raw_families & bolt_policy_spared(policy);
    bool capable = (anybodys_caps(policy) >> BOLT_CAP_NET_RAW & 1) != 0;

    if (!bolt_is_enforced(policy->raw_sockets.action)) {
        add_about_if(lint, capable && bolt_grants_raw_sockets(&e->grant), e,
                     "grants raw sockets, which every container may open");
        return;
    }
    for (size_t i = 0; i < bolt_family_count && capable; i++) {
        if ((spared >> bolt_families[i].number & 1) != 0) {
            add_about(lint, e,
                      bolt_printf(lint->arena,
                                  "grants raw sockets of %s, which every container may open",
                                  bolt_families[i].name));
        }
    }
}

static void lint_superfluous(struct bolt_lint *lint, const struct bolt_policy *policy,
                             const struct bolt_exception *e)
{
    const struct bolt_port_start *start = &policy->port_start;
    const struct bolt_grant *g = &e->grant;
    bool in_range = g->port_start_min >= start->min && g->port_start_max <= start->max;
    bolt_caps caps = g->capabilities & anybodys_caps(policy);

    lint_host_ports(lint, policy, e);
    for (int number = 0; number < 64; number++) {
        if ((caps >> number & 1) != 0) {
            add_about(lint, e,
                      bolt_printf(lint->arena, "grants %.*s, which every container may have",
                                  BOLT_FMT(bolt_cap_name(lint->arena, number))));
        }
    }
    lint_superfluous_raw_sockets(lint, policy, e);
    add_about_if(lint, g->host_network && !bolt_is_enforced(policy->host_network), e,
                 "grants the host's network, which every container may share");
    add_about_if(lint,
                 g->has_port_start &&
                     ((in_range && !start->has_set) || !bolt_is_enforced(start->action)),
                 e, "grants values of " BOLT_SYSCTL_PORT_START " that every container may have");
}

void bolt_lint_exceptions(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    for (size_t i = 0; i < policy->exception_count; i++) {
        lint_days(lint, &policy->exceptions[i]);
        lint_match(lint, &policy->exceptions[i]);
        lint_grant(lint, policy, &policy->exceptions[i]);
        lint_superfluous(lint, policy, &policy->exceptions[i]);
    }
}
