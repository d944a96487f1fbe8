/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes in a policy that is valid: what weakens it, what contradicts itself, what surprises.
 * The built-in policy has none.
 */
#include <linux/capability.h>
#include <string.h>

#include "base/buf.h"
#include "base/family.h"
#include "facts/facts.h"
#include "policy/lint_internal.h"

void bolt_lint_add(struct bolt_lint *lint, struct bolt_bytes line)
{
    lint->lines = bolt_arena_grow(lint->arena, lint->lines, lint->count, sizeof *lint->lines);
    lint->lines[lint->count++] = line;
}

void bolt_lint_add_if(struct bolt_lint *lint, bool found, const char *line)
{
    if (found) {
        bolt_lint_add(lint, bolt_bytes_of(line));
    }
}

static bool has_cap(const struct bolt_policy *policy, int number)
{
    return (policy->capabilities_allow >> number & 1) != 0;
}

bool bolt_is_enforced(enum bolt_action action)
{
    return action == BOLT_ACTION_REFUSE || action == BOLT_ACTION_REWRITE;
}

/* --- actions that let through ----------------------------------------------------------- */

/* Members whose built-in action stops the container, and what follows if it does not. */
static const struct {
    const char *place;
    size_t offset;
    const char *consequence;
} guards[] = {
    {"capabilities.action", offsetof(struct bolt_policy, capabilities_action),
     "containers keep capabilities that are not allowed"},
    {"rawSockets.action", offsetof(struct bolt_policy, raw_sockets.action),
     "containers may open raw sockets"},
    {"privileged.action", offsetof(struct bolt_policy, privileged), "privileged containers start"},
    {"ports.host.action", offsetof(struct bolt_policy, host_ports.action),
     "any host port may be published"},
    {"ports.hostNetwork.action", offsetof(struct bolt_policy, host_network),
     "containers in the host's network may use its ports without publishing them"},
    {"sysctls.\"net.ipv4.ip_unprivileged_port_start\".action",
     offsetof(struct bolt_policy, port_start.action),
     "containers may open privileged ports to every process in them"},
    {"sysctls.joinedNetns.action", offsetof(struct bolt_policy, joined_netns),
     "a container may change sysctls of a network that is not its own"},
    {"exec.action", offsetof(struct bolt_policy, exec),
     "processes that join a container may have capabilities that it may not"},
    {"annotations.action", offsetof(struct bolt_policy, annotations_action),
     "annotations that change what the runtime does are let through"},
};

static void lint_guards(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    for (size_t i = 0; i < BOLT_LEN(guards); i++) {
        enum bolt_action action;

        memcpy(&action, (const char *)policy + guards[i].offset, sizeof action);
        if (!bolt_is_enforced(action)) {
            bolt_lint_add(lint, bolt_printf(lint->arena, "%s is \"%s\": %s", guards[i].place,
                                            bolt_action_name(action), guards[i].consequence));
        }
    }
    bolt_lint_add_if(lint, policy->mode == BOLT_MODE_REPORT,
                     "mode is \"report\": nothing is refused and nothing is changed");
}

/* --- capabilities and raw sockets ------------------------------------------------------- */

const struct bolt_strong_cap bolt_strong_caps[] = {
    {CAP_DAC_READ_SEARCH, "reads every file of the host that it can name by handle"},
    {CAP_NET_ADMIN, "changes interfaces, routes and packet filters"},
    {CAP_SYS_MODULE, "loads kernel modules"},
    {CAP_SYS_RAWIO, "reads and writes memory and devices of the machine"},
    {CAP_SYS_PTRACE, "takes over processes that it can see"},
    {CAP_SYS_ADMIN, "is close to being root on the host"},
    {CAP_BPF, "loads programs into the kernel"},
};
const size_t bolt_strong_cap_count = BOLT_LEN(bolt_strong_caps);

static void lint_capabilities(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    for (size_t i = 0; i < bolt_strong_cap_count; i++) {
        if (has_cap(policy, bolt_strong_caps[i].number)) {
            bolt_lint_add(
                lint,
                bolt_printf(lint->arena, "capabilities.allow has %.*s: a container with it %s",
                            BOLT_FMT(bolt_cap_name(lint->arena, bolt_strong_caps[i].number)),
                            bolt_strong_caps[i].consequence));
        }
    }
    bolt_lint_add_if(
        lint,
        has_cap(policy, BOLT_CAP_NET_RAW) && bolt_is_enforced(policy->raw_sockets.action) &&
            bolt_policy_spared(policy) == 0,
        "capabilities.allow has CAP_NET_RAW, but rawSockets denies what it is for: take it out "
        "of the list");
    bolt_lint_add_if(
        lint,
        !has_cap(policy, BOLT_CAP_NET_BIND_SERVICE) &&
            policy->port_start.min < BOLT_PORT_START_OF_NEW && !policy->port_start.has_set &&
            policy->port_start.action != BOLT_ACTION_IGNORE,
        "capabilities.allow lacks CAP_NET_BIND_SERVICE, but a container may set "
        "net.ipv4.ip_unprivileged_port_start below 1024 instead: raise its \"min\" to 1024");
}

static void lint_families(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    uint64_t spared = bolt_policy_spared(policy);
    uint64_t without_effect = policy->raw_sockets.allow & ~bolt_policy_denied_families(policy);

    for (size_t i = 0; i < bolt_family_count; i++) {
        if ((without_effect >> bolt_families[i].number & 1) != 0) {
            bolt_lint_add(lint, bolt_printf(lint->arena,
                                            "rawSockets.allow has %s, which is denied only where "
                                            "rawSockets.families is \"extended\": it has no effect",
                                            bolt_families[i].name));
        }
    }
    bolt_lint_add_if(
        lint,
        spared != 0 && !has_cap(policy, BOLT_CAP_NET_RAW) &&
            bolt_is_enforced(policy->capabilities_action),
        "rawSockets.allow spares families, but capabilities.allow lacks CAP_NET_RAW, without "
        "which a container cannot open them in its network");
}

static void lint_raw_sockets(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    const struct bolt_raw_sockets *raw = &policy->raw_sockets;

    if (!bolt_is_enforced(raw->action)) {
        return; /* nothing is denied, so there are no ways round it */
    }
    lint_families(lint, policy);
    bolt_lint_add_if(
        lint, !raw->deny_socketcall,
        "rawSockets.socketcall is \"allow\": 32-bit programs are kept from raw sockets by the "
        "lack of the capability alone");
    bolt_lint_add_if(
        lint, !raw->deny_io_uring,
        "rawSockets.ioUring is \"allow\": io_uring makes sockets that no filter sees, so only "
        "the lack of the capability keeps it from raw ones");
    bolt_lint_add_if(lint, !raw->keep_ping,
                     "rawSockets.keepPing is false: ping may stop working in containers that had "
                     "CAP_NET_RAW");
}

/* --- ports and sysctls ------------------------------------------------------------------ */

static bool address_covers(const struct bolt_port_rule *wide, const struct bolt_port_rule *narrow)
{
    if (!wide->has_address) {
        return true;
    }
    if (!narrow->has_address || wide->is_ipv6 != narrow->is_ipv6 || wide->prefix > narrow->prefix) {
        return false;
    }
    return bolt_port_rule_has_address(wide, narrow->address);
}

bool bolt_port_rule_covers(const struct bolt_port_rule *wide, const struct bolt_port_rule *narrow)
{
    return wide->first <= narrow->first && wide->last >= narrow->last &&
           (wide->protocol == BOLT_PROTO_ANY || wide->protocol == narrow->protocol) &&
           address_covers(wide, narrow);
}

/* Of two equal entries the later one is too many. */
static bool is_superfluous(const struct bolt_host_ports *host, size_t index)
{
    for (size_t i = 0; i < host->allow.count; i++) {
        if (i != index && bolt_port_rule_covers(&host->allow.items[i], &host->allow.items[index]) &&
            (i < index ||
             !bolt_port_rule_covers(&host->allow.items[index], &host->allow.items[i]))) {
            return true;
        }
    }
    return false;
}

static void lint_ports(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    const struct bolt_host_ports *host = &policy->host_ports;
    const struct bolt_port_rule every = {.first = 1, .last = BOLT_POLICY_PORT_MAX};

    bolt_lint_add_if(
        lint, host->privileged_below == 0 && host->allow.count == 0,
        "ports.host.privilegedBelow is 0 and ports.host.allow is empty: every host port may be "
        "published");
    for (size_t i = 0; i < host->allow.count; i++) {
        if (bolt_port_rule_covers(&host->allow.items[i], &every)) {
            bolt_lint_add(
                lint,
                bolt_printf(lint->arena,
                            "ports.host.allow[%zu] allows every port, protocol and address", i));
        } else if (is_superfluous(host, i)) {
            bolt_lint_add(
                lint, bolt_printf(lint->arena,
                                  "ports.host.allow[%zu] allows nothing that another entry does "
                                  "not allow",
                                  i));
        }
    }
    bolt_lint_add_if(
        lint, host->unknown == BOLT_ACTION_IGNORE,
        "ports.host.unknown is \"ignore\": where no source tells the ports, nobody learns that "
        "they were not checked");
    bolt_lint_add_if(
        lint, policy->trust_annotations,
        "ports.sources has \"annotations\": whoever starts a container can write them, and so "
        "choose which ports are seen");
}

static void lint_port_start(struct bolt_lint *lint, const struct bolt_port_start *start)
{
    if (start->action == BOLT_ACTION_IGNORE) {
        return;
    }
    bolt_lint_add_if(
        lint, start->max == 0,
        "sysctls.\"net.ipv4.ip_unprivileged_port_start\".max is 0: the only value that a "
        "container may set is the one that opens all ports to every process in it");
    bolt_lint_add_if(
        lint,
        !start->has_set &&
            (start->min > BOLT_PORT_START_OF_NEW || start->max < BOLT_PORT_START_OF_NEW),
        "sysctls.\"net.ipv4.ip_unprivileged_port_start\" leaves out 1024, the kernel's own "
        "value, and has no \"set\": containers that do not set it themselves are refused");
    bolt_lint_add_if(
        lint, start->has_set && start->set == 0,
        "sysctls.\"net.ipv4.ip_unprivileged_port_start\".set is 0: all ports are opened to every "
        "process in containers that do not ask for it");
}

/* --- the rest --------------------------------------------------------------------------- */

/* A pattern that matches this matches any annotation of crun's. */
static const char any_crun_annotation[] = "run.oci.\x7f\x7f";

static bool denies_crun_annotations(const struct bolt_policy *policy)
{
    for (size_t i = 0; i < policy->annotations_deny_count; i++) {
        if (bolt_glob_match(policy->annotations_deny[i], BOLT_LIT(any_crun_annotation))) {
            return true;
        }
    }
    return false;
}

static bool is_drawbolt(const char *path)
{
    return strstr(strrchr(path, '/'), "drawbolt") != NULL;
}

static void lint_rest(struct bolt_lint *lint, const struct bolt_policy *policy)
{
    bolt_lint_add_if(
        lint, policy->annotations_action != BOLT_ACTION_IGNORE && !denies_crun_annotations(policy),
        "annotations.deny does not cover run.oci.*: with run.oci.seccomp_bpf_data alone crun "
        "throws the whole seccomp filter away");
    bolt_lint_add_if(lint, strcmp(policy->runc, policy->crun) == 0,
                     "runtimes.runc and runtimes.crun are the same file");
    bolt_lint_add_if(
        lint, is_drawbolt(policy->runc) || is_drawbolt(policy->crun),
        "runtimes names drawbolt itself, which would run itself for ever: name the runtime");
    bolt_lint_add_if(lint, policy->log_file == NULL && !policy->log_syslog,
                     "log has neither a file nor syslog: decisions are kept nowhere");
    bolt_lint_add_if(lint, policy->log_file == NULL && policy->log_required,
                     "log.required is true, but there is no log.file to write to");
}

size_t bolt_policy_lint(struct bolt_arena *arena, const struct bolt_policy *policy, int64_t now,
                        unsigned days, const struct bolt_bytes **lines)
{
    struct bolt_lint lint = {
        .arena = arena, .now = now, .soon = now + (int64_t)days * BOLT_DAY_SECONDS};

    lint_guards(&lint, policy);
    lint_capabilities(&lint, policy);
    lint_raw_sockets(&lint, policy);
    lint_ports(&lint, policy);
    lint_port_start(&lint, &policy->port_start);
    bolt_lint_exceptions(&lint, policy);
    lint_rest(&lint, policy);
    *lines = lint.lines;
    return lint.count;
}
