/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: what root inside the container may do to the machine. */
#include <inttypes.h>

#include "decide/excuse.h"
#include "decide/rule.h"

/* The kernel has had these since 3.16: CAP_CHOWN (0) to CAP_AUDIT_READ (37). The three newer ones
 * need not be there for a container to count as having everything. */
#define EVERY_CAP ((UINT64_C(1) << 38) - 1)

#define BIT(number) (UINT64_C(1) << (number))

/* NET_RAW belongs to the rule raw-sockets, unless that rule would let it stay. */
static bool is_left_to_raw_sockets(const struct bolt_case *c, int number)
{
    enum bolt_action action = c->policy->raw_sockets.action;

    return number == BOLT_CAP_NET_RAW && bolt_policy_spared(c->policy) == 0 &&
           (action == BOLT_ACTION_REFUSE || action == BOLT_ACTION_REWRITE);
}

/* What to do about a capability where @otherwise is what to do about any that is not allowed. */
static enum bolt_action action_for(const struct bolt_case *c, const struct bolt_cap *cap,
                                   enum bolt_action otherwise)
{
    bool allowed =
        cap->number != BOLT_CAP_UNKNOWN && (c->policy->capabilities_allow & BIT(cap->number)) != 0;

    return allowed ? BOLT_ACTION_IGNORE : otherwise;
}

/* Where raw sockets are denied, the grant of the capability alone does not open them. */
static const struct bolt_excuse *excuse_for(const struct bolt_case *c, int number)
{
    return is_left_to_raw_sockets(c, number) ? bolt_excuse_raw_sockets(c)
                                             : bolt_excuse_cap(c, number);
}

/* True if an earlier entry is about the same capability, so that one finding covers both. */
static bool is_repeated(const struct bolt_facts *f, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (f->caps[i].number == f->caps[index].number &&
            (f->caps[i].number != BOLT_CAP_UNKNOWN ||
             bolt_bytes_equal(f->caps[i].name, f->caps[index].name))) {
            return true;
        }
    }
    return false;
}

static struct bolt_bytes sets_of(struct bolt_arena *arena, const struct bolt_facts *f, size_t index)
{
    struct bolt_buf out = {.arena = arena};
    bool seen[BOLT_CAPS_SETS + 1] = {false}; /* the last: the command line */

    for (size_t i = index; i < f->cap_count; i++) {
        const struct bolt_cap *cap = &f->caps[i];
        int set = cap->argument != 0 ? BOLT_CAPS_SETS : (int)cap->set;
        bool same =
            cap->number == f->caps[index].number &&
            (cap->number != BOLT_CAP_UNKNOWN || bolt_bytes_equal(cap->name, f->caps[index].name));

        if (same && !seen[set]) {
            bolt_buf_addf(&out, "%s%s", out.len == 0 ? "" : ", ",
                          cap->argument != 0 ? "--cap" : bolt_cap_set_name(cap->set));
            seen[set] = true;
        }
    }
    return bolt_buf_bytes(&out);
}

/* One capability that is not to be there: one finding for all its places, each of them mended.
 * @who: what the sentence begins with, for an exec; empty for a container. */
static void report_cap(const struct bolt_case *c, struct bolt_report *report, const char *who,
                       size_t index, enum bolt_action action)
{
    struct bolt_arena *arena = bolt_report_arena(report);
    const struct bolt_facts *f = c->facts;
    const struct bolt_cap *cap = &f->caps[index];
    struct bolt_spot spot = {cap->node, cap->name, action, excuse_for(c, cap->number)};
    bool mend = action == BOLT_ACTION_REWRITE && c->point.can_rewrite && !bolt_excused(&spot);
    struct bolt_bytes sets = sets_of(arena, f, index);

    if (action == BOLT_ACTION_IGNORE) {
        return;
    }
    if (is_repeated(f, index)) {
        /* reported with the first one */
    } else if (cap->number == BOLT_CAP_UNKNOWN) {
        mend = bolt_report_add(
            report, &spot, "%scapability '%.*s' (%.*s)%s is not one that is known", who,
            BOLT_FMT(cap->name), BOLT_FMT(sets), who[0] != '\0' ? ", which" : "");
    } else {
        spot.subject = bolt_cap_name(arena, cap->number);
        mend = bolt_report_add(report, &spot, "%scapability %.*s (%.*s)%s is not allowed", who,
                               BOLT_FMT(spot.subject), BOLT_FMT(sets),
                               who[0] != '\0' ? ", which" : "");
    }
    if (mend) {
        bolt_plan_cap(report, cap);
    }
}

static void check_not_allowed(const struct bolt_case *c, struct bolt_report *report)
{
    for (size_t i = 0; i < c->facts->cap_count; i++) {
        const struct bolt_cap *cap = &c->facts->caps[i];

        if (!is_left_to_raw_sockets(c, cap->number)) {
            report_cap(c, report, "", i, action_for(c, cap, c->policy->capabilities_action));
        }
    }
    if (c->point.from_checkpoint) {
        bolt_report_unchecked(report, "the capabilities of its processes are in the checkpoint");
    }
}

static const char *const not_allowed_references[] = {"CIS-Docker-1.8.0-5.4",
                                                     "CIS-Docker-1.5.0-5.3",
                                                     "CIS-Kubernetes-1.11-5.2.9",
                                                     "STIG-DKER-EE-001950",
                                                     "NIST-SP-800-190-4.4.3",
                                                     "NIST-SP-800-53-AC-6",
                                                     "CWE-250",
                                                     NULL};

const struct bolt_rule bolt_rule_capability_not_allowed = {
    .id = "capability-not-allowed",
    .summary = "The five capability sets hold only what the policy allows",
    .references = not_allowed_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_not_allowed,
};

/* --- exec ------------------------------------------------------------------------------- */

/* NET_RAW is what the policy says of raw sockets, as in a container's configuration. */
static enum bolt_action exec_action(const struct bolt_case *c, const struct bolt_cap *cap)
{
    return is_left_to_raw_sockets(c, cap->number) ? c->policy->raw_sockets.action
                                                  : action_for(c, cap, c->policy->exec);
}

/* On the container's machine what cannot be read there is as good as too much. */
static void report_unknown(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_spot spot = {
        .subject = BOLT_LIT("capabilities"),
        .action = c->policy->exec == BOLT_ACTION_REWRITE ? BOLT_ACTION_REFUSE : c->policy->exec};

    if (c->point.can_look) {
        (void)bolt_report_add(report, &spot, "%s", c->facts->own_caps_why);
    } else {
        bolt_report_unchecked(report, "%s", c->facts->own_caps_why);
    }
}

/* What the process has because the container has it. There is nothing to take it out of. */
static void check_inherited(const struct bolt_case *c, struct bolt_report *report)
{
    struct bolt_facts own = *c->facts;
    struct bolt_case as = *c;

    if (!own.caps_inherited) {
        return;
    }
    if (own.own_caps_why != NULL) {
        report_unknown(c, report);
        return;
    }
    own.caps = own.own_caps;
    own.cap_count = own.own_cap_count;
    as.facts = &own;
    for (size_t i = 0; i < own.cap_count; i++) {
        enum bolt_action action = exec_action(c, &own.caps[i]);

        report_cap(&as, report, "exec takes over the container's ", i,
                   action == BOLT_ACTION_REWRITE ? BOLT_ACTION_REFUSE : action);
    }
}

static void check_exec(const struct bolt_case *c, struct bolt_report *report)
{
    for (size_t i = 0; i < c->facts->cap_count; i++) {
        report_cap(c, report, "exec asks for ", i, exec_action(c, &c->facts->caps[i]));
    }
    check_inherited(c, report);
}

static const char *const exec_references[] = {"CIS-Docker-1.8.0-5.23",
                                              "CIS-Docker-1.5.0-5.22",
                                              "CIS-Docker-1.8.0-5.4",
                                              "CIS-Docker-1.5.0-5.3",
                                              "NIST-SP-800-53-AC-6",
                                              "CWE-250",
                                              NULL};

const struct bolt_rule bolt_rule_exec_capability = {
    .id = "exec-capability",
    .summary = "A process that exec adds has only the capabilities that the policy allows",
    .references = exec_references,
    .needs = BOLT_KNOWN_PROCESS,
    .check = check_exec,
};

/* --- privileged ------------------------------------------------------------------------- */

static void check_privileged(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_facts *f = c->facts;
    const struct bolt_spot spot = {.subject = BOLT_LIT("privileged"),
                                   .action = c->policy->privileged};
    uint64_t has = f->cap_mask[BOLT_CAPS_BOUNDING] | f->cap_mask[BOLT_CAPS_EFFECTIVE] |
                   f->cap_mask[BOLT_CAPS_PERMITTED];
    uint64_t every = f->caps_available == 0 ? EVERY_CAP : EVERY_CAP & f->caps_available;

    if ((has & every) == every && f->seccomp_unconfined) {
        (void)bolt_report_add(
            report, &spot, "the container is privileged: every capability and no seccomp filter");
    } else if ((has & every) == every && f->unmasked) {
        (void)bolt_report_add(report, &spot,
                              "the container is privileged: every capability, and no path of /proc "
                              "or /sys masked or read-only");
    } else if (f->said_privileged) {
        (void)bolt_report_add(report, &spot, "the engine says that the container is privileged");
    }
}

static const char *const privileged_references[] = {"CIS-Docker-1.8.0-5.5",
                                                    "CIS-Docker-1.5.0-5.4",
                                                    "CIS-Kubernetes-1.11-5.2.2",
                                                    "STIG-DKER-EE-001960",
                                                    "NIST-SP-800-190-4.4.3",
                                                    "CWE-250",
                                                    NULL};

const struct bolt_rule bolt_rule_privileged = {
    .id = "privileged",
    .summary =
        "The container does not have every capability together with no seccomp filter or no masked paths",
    .references = privileged_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_privileged,
};

/* --- useless ---------------------------------------------------------------------------- */

static void check_useless(const struct bolt_case *c, struct bolt_report *report)
{
    const struct bolt_facts *f = c->facts;
    const struct bolt_spot spot = {.subject = BOLT_LIT("CAP_NET_BIND_SERVICE"),
                                   .action = c->policy->capability_useless};
    const uint64_t bit = BIT(BOLT_CAP_NET_BIND_SERVICE);

    if ((f->cap_mask[BOLT_CAPS_BOUNDING] & bit) == 0) {
        return;
    }
    if (bolt_facts_port_start(f) == 0) {
        (void)bolt_report_add(report, &spot,
                              "CAP_NET_BIND_SERVICE is useless: " BOLT_SYSCTL_PORT_START
                              " lets any process bind any port");
    } else if (f->uid != 0 && (f->cap_mask[BOLT_CAPS_AMBIENT] & bit) == 0 && f->no_new_privileges) {
        (void)bolt_report_add(report, &spot,
                              "CAP_NET_BIND_SERVICE is useless: user %" PRIu32
                              " does not have it in the ambient set and cannot gain it",
                              f->uid);
    } else if (f->uid != 0 && (f->cap_mask[BOLT_CAPS_AMBIENT] & bit) == 0) {
        (void)bolt_report_add(report, &spot,
                              "CAP_NET_BIND_SERVICE is useless: user %" PRIu32
                              " does not have it in the ambient set, so only a file with that "
                              "capability would get it",
                              f->uid);
    }
}

static const char *const useless_references[] = {"CIS-Docker-1.8.0-5.4", "CWE-272", NULL};

const struct bolt_rule bolt_rule_capability_useless = {
    .id = "capability-useless",
    .summary = "NET_BIND_SERVICE is granted only where it does something",
    .references = useless_references,
    .needs = BOLT_KNOWN_CONFIG,
    .check = check_useless,
};
