/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw sockets: the capability, and the filter.
 *
 * The capability alone does not close them: a process without it gets it back in a user and
 * network namespace of its own, and so does an exec that asks for it. The filter stays.
 */
#include <stdlib.h>

#include "base/family.h"
#include "decide/excuse.h"
#include "decide/rule.h"

/* GID_T_MAX in the kernel's net/ipv4/sysctl_net_ipv4.c. */
#define PING_GID_MAX UINT32_C(2147483647)

/* --- ping without the capability -------------------------------------------------------- */

static bool holds_gid(const struct bolt_idmap *map, uint32_t gid)
{
    return gid >= map->container && gid - map->container < map->size;
}

static uint32_t last_gid(const struct bolt_idmap *map)
{
    uint64_t last = (uint64_t)map->container + map->size - 1;

    return last > PING_GID_MAX ? PING_GID_MAX : (uint32_t)last;
}

/*
 * The widest range that the kernel takes in the container's user namespace. Both ends must be
 * mapped, and the first must not be above the last on the host's side either, or the kernel
 * writes "1 0", which is nobody (ping_group_range handling in sysctl_net_ipv4.c). Between the
 * ends there may be holes.
 */
static bool mapped_range(const struct bolt_facts *f, uint32_t *first, uint32_t *last)
{
    const struct bolt_idmap *low = NULL;
    const struct bolt_idmap *high = NULL;

    for (size_t i = 0; i < f->gid_count; i++) {
        const struct bolt_idmap *map = &f->gids[i];

        if (map->size == 0 || map->container > PING_GID_MAX) {
            continue;
        }
        low = low == NULL || map->host < low->host ? map : low;
        high = high == NULL || map->host > high->host ? map : high;
    }
    if (low == NULL) {
        return false;
    }
    if (low->container > high->container) {
        /* The order is turned round: only the range that the process itself is in. */
        for (size_t i = 0; i < f->gid_count; i++) {
            if (holds_gid(&f->gids[i], f->gid)) {
                low = high = &f->gids[i];
            }
        }
        if (low != high) {
            return false;
        }
    }
    *first = low->container;
    *last = last_gid(high);
    return true;
}

static void keep_ping(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_facts *f = c->facts;
    uint32_t first = 0;
    uint32_t last = PING_GID_MAX;

    if (!c->policy->raw_sockets.keep_ping || f->netns != BOLT_NETNS_OWN || f->joined_userns ||
        bolt_facts_sysctl(f, BOLT_SYSCTL_PING_RANGE) != NULL) {
        return;
    }
    if ((f->own_userns || f->gids_limited) && !mapped_range(f, &first, &last)) {
        return;
    }
    bolt_plan_sysctl(report, BOLT_SYSCTL_PING_RANGE,
                     bolt_printf(bolt_report_arena(report), "%u %u", first, last));
}

/* --- exceptions --------------------------------------------------------------------------- */

/* The policy without what exceptions have changed in it. */
static const struct bolt_policy *policy_without_excuses(const struct bolt_case *c)
{
    return c->without_excuses != NULL ? c->without_excuses : c->policy;
}

static struct bolt_bytes family_names(struct bolt_arena *arena, uint64_t families)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; i < bolt_family_count; i++) {
        if ((families >> bolt_families[i].number & 1) != 0) {
            bolt_buf_addf(&out, "%s%s", out.len == 0 ? "" : ", ", bolt_families[i].name);
        }
    }
    return bolt_buf_bytes(&out);
}

/* Each use is in the record, also where the container has no capability for them. What the policy
 * lets through anyway is none. */
static void report_exceptions(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_raw_sockets *raw = &policy_without_excuses(c)->raw_sockets;

    for (size_t i = 0; i < c->excuse_count; i++) {
        const struct bolt_excuse *excuse = &c->excuses[i];
        const struct bolt_grant *grant = &excuse->exception->grant;
        uint64_t families = grant->raw_families & bolt_policy_spared(c->policy) & ~raw->allow;
        const struct bolt_spot spot = {.where = c->facts->seccomp,
                                       .subject = BOLT_LIT("raw sockets"),
                                       .action = BOLT_ACTION_REPORT,
                                       .excuse = excuse};

        if (excuse->why_not.len != 0 || raw->action == BOLT_ACTION_IGNORE) {
            continue;
        }
        if (grant->every_raw_socket) {
            (void)bolt_report_add(report, &spot, "raw sockets are not allowed");
        } else if (families != 0) {
            (void)bolt_report_add(report, &spot, "raw sockets of %.*s are not allowed",
                                  BOLT_FMT(family_names(bolt_report_arena(report), families)));
        }
    }
}

/* --- the capability --------------------------------------------------------------------- */

static void check_capability(const struct bolt_case *c, struct bolt_report *report)
{
    struct bolt_buf sets = {.arena = bolt_report_arena(report)};
    const struct bolt_facts *f = c->facts;
    struct bolt_spot spot = {.subject = BOLT_LIT("CAP_NET_RAW"),
                             .action = c->policy->raw_sockets.action,
                             .excuse = bolt_excuse_raw_sockets(c)};
    bool seen[BOLT_CAPS_SETS] = {false};

    if (bolt_policy_spared(c->policy) != 0) {
        return; /* it is needed for those: the rule capability-not-allowed judges it */
    }
    for (size_t i = 0; i < f->cap_count; i++) {
        enum bolt_cap_set set = f->caps[i].set;

        if (f->caps[i].number == BOLT_CAP_NET_RAW && !seen[set]) {
            spot.where = spot.where.id != 0 ? spot.where : f->caps[i].node;
            seen[set] = true;
            bolt_buf_addf(&sets, "%s%s", sets.len == 0 ? "" : ", ", bolt_cap_set_name(set));
        }
    }
    if (sets.len == 0 || !bolt_report_add(report, &spot,
                                          "the container has CAP_NET_RAW (%.*s), which opens raw "
                                          "and packet sockets",
                                          BOLT_FMT(bolt_buf_bytes(&sets)))) {
        return;
    }
    for (size_t i = 0; i < f->cap_count; i++) {
        if (f->caps[i].number == BOLT_CAP_NET_RAW) {
            bolt_plan_remove(report, f->caps[i].node);
        }
    }
    keep_ping(c, report);
}

/* Where the capability is judged elsewhere, since some families are spared, it is the filter that
 * takes the raw socket away that ping would fall back on. */
static void keep_ping_behind_filter(const struct bolt_case *c, struct bolt_report *report)
{
    uint64_t spared = bolt_policy_spared(c->policy);
    uint64_t pings = UINT64_C(1) << BOLT_AF_INET | UINT64_C(1) << BOLT_AF_INET6;

    for (size_t i = 0; i < c->facts->cap_count && spared != 0; i++) {
        if (c->facts->caps[i].number == BOLT_CAP_NET_RAW && (spared & pings) != pings) {
            keep_ping(c, report);
            return;
        }
    }
}

/* --- the filter ------------------------------------------------------------------------- */

static bool is_logged_from_now_on(const struct bolt_case *c)
{
    return c->policy->raw_sockets.action == BOLT_ACTION_REPORT && c->logged != NULL &&
           !c->logged->denied && c->logged->fit != BOLT_SECCOMP_UNPROVED;
}

/* What becomes of what was found. */
static struct bolt_bytes outcome_text(const struct bolt_case *c, struct bolt_report *report)
{
    enum bolt_action action = c->policy->raw_sockets.action;
    struct bolt_arena *arena = bolt_report_arena(report);

    if (action == BOLT_ACTION_REWRITE && c->seccomp->fit == BOLT_SECCOMP_STRICTER) {
        return bolt_printf(arena,
                           "; the denial cannot be merged exactly (%.*s), so the profile becomes "
                           "stricter than that",
                           BOLT_FMT(c->seccomp->reason));
    }
    if (action != BOLT_ACTION_REPORT || c->logged == NULL) {
        return BOLT_LIT("");
    }
    if (is_logged_from_now_on(c)) {
        return BOLT_LIT("; the kernel logs them from now on");
    }
    return c->logged->denied
               ? BOLT_LIT("; the kernel logs them already")
               : bolt_printf(arena, "; they cannot be logged: %.*s", BOLT_FMT(c->logged->reason));
}

static bool report_filter(const struct bolt_case *c, struct bolt_report *report,
                          struct bolt_spot *spot)
{
    const struct bolt_seccomp_result *s = c->seccomp;
    struct bolt_bytes outcome = outcome_text(c, report);

    if (s->fit == BOLT_SECCOMP_UNPROVED && spot->action == BOLT_ACTION_REWRITE) {
        spot->action = BOLT_ACTION_REFUSE;
        return bolt_report_add(
            report, spot, "the raw-socket denial cannot be merged into the seccomp profile: %.*s",
            BOLT_FMT(s->reason));
    }
    if (s->unconfined) {
        return bolt_report_add(report, spot, "no seccomp filter keeps raw sockets shut%.*s",
                               BOLT_FMT(outcome));
    }
    if (s->way.len == 0) {
        return bolt_report_add(
            report, spot, "whether the seccomp profile denies raw sockets cannot be told: %.*s",
            BOLT_FMT(s->reason));
    }
    return bolt_report_add(report, spot, "the seccomp profile lets raw sockets through: %.*s%.*s",
                           BOLT_FMT(s->way), BOLT_FMT(outcome));
}

static void check_filter(const struct bolt_case *c, struct bolt_report *report)
{
    struct bolt_spot spot = {.where = c->facts->seccomp,
                             .subject = BOLT_LIT("seccomp"),
                             .action = c->policy->raw_sockets.action,
                             .excuse = bolt_excuse_raw_sockets(c)};

    if (c->seccomp == NULL || c->seccomp->denied) {
        return;
    }
    if (report_filter(c, report, &spot)) {
        bolt_plan_seccomp(report, c->seccomp);
        keep_ping_behind_filter(c, report);
    } else if (is_logged_from_now_on(c)) {
        bolt_plan_seccomp(report, c->logged);
    }
}

/* crun loads what this annotation holds in the place of linux.seccomp (crun(1)). The rule
 * runtime-annotation takes care of it, unless the policy says otherwise. An exception lets raw
 * sockets through, not the loss of all else that the filter denies. */
static void check_replacement(const struct bolt_case *c, struct bolt_report *report)
{
    static const char name[] = "run.oci.seccomp_bpf_data";
    enum bolt_action action = policy_without_excuses(c)->raw_sockets.action;
    enum bolt_action other = c->policy->annotations_action;
    bool handled = bolt_policy_denies_annotation(c->policy, BOLT_LIT("run.oci.seccomp_bpf_data")) &&
                   (other == BOLT_ACTION_REFUSE || other == BOLT_ACTION_REWRITE);

    for (size_t i = 0; i < c->facts->annotation_count && !handled; i++) {
        const struct bolt_annotation *a = &c->facts->annotations[i];
        const struct bolt_spot spot = {.where = a->node, .subject = a->name, .action = action};

        if (bolt_bytes_is(a->name, name) &&
            bolt_report_add(report, &spot, "annotation %s replaces the seccomp filter", name)) {
            bolt_plan_remove(report, a->node);
        }
    }
}

static void check_raw_sockets(const struct bolt_case *c, struct bolt_report *report)
{
    report_exceptions(c, report);
    check_capability(c, report);
    check_filter(c, report);
    check_replacement(c, report);
    if (c->point.from_checkpoint) {
        bolt_report_unchecked(report, "what its processes have open, and their filters, are in the "
                                      "checkpoint");
    }
}

static const char *const raw_socket_references[] = {"CIS-Docker-1.8.0-5.4",
                                                    "CIS-Docker-1.5.0-5.3",
                                                    "CIS-Kubernetes-1.11-5.2.8",
                                                    "CVE-2020-14386",
                                                    "ATTACK-T1557.002",
                                                    "CWE-250",
                                                    NULL};

const struct bolt_rule bolt_rule_raw_sockets = {
    .id = "raw-sockets",
    .summary = "No process of the container can open a raw or packet socket",
    .references = raw_socket_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_raw_sockets,
};

/* --- no filter at all ------------------------------------------------------------------- */

static void check_unconfined(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_spot spot = {.where = c->facts->seccomp,
                                   .subject = BOLT_LIT("seccomp"),
                                   .action = c->policy->seccomp_unconfined};

    if (c->facts->seccomp_unconfined) {
        (void)bolt_report_add(report, &spot, "the engine asked for no seccomp profile");
    }
}

static const char *const unconfined_references[] = {
    "CIS-Docker-1.8.0-5.22", "CIS-Docker-1.5.0-5.21", "STIG-DKER-EE-002070", "CWE-1188", NULL};

const struct bolt_rule bolt_rule_seccomp_unconfined = {
    .id = "seccomp-unconfined",
    .summary = "The engine asks for a seccomp profile",
    .references = unconfined_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_unconfined,
};
