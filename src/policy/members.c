/* SPDX-License-Identifier: Apache-2.0 */
/* The table. Its order is the order of `drawbolt policy show`. */
#include <errno.h>

#include "policy/policy_internal.h"

#define IN_POLICY(field) offsetof(struct bolt_policy, field)
#define IN_PORT_RULE(field) offsetof(struct bolt_port_rule, field)
#define IN_EXCEPTION(field) offsetof(struct bolt_exception, field)

_Static_assert(sizeof(enum bolt_action) == sizeof(unsigned), "enums are stored as unsigned int");
_Static_assert(sizeof(enum bolt_mode) == sizeof(unsigned), "enums are stored as unsigned int");
_Static_assert(sizeof(enum bolt_protocol) == sizeof(unsigned), "enums are stored as unsigned int");

/* --- words ------------------------------------------------------------------------------ */

static const struct bolt_choice modes[] = {
    {"enforce", BOLT_MODE_ENFORCE},
    {"report", BOLT_MODE_REPORT},
    {0},
};

static const struct bolt_choice actions[] = {
    {"refuse", BOLT_ACTION_REFUSE},
    {"rewrite", BOLT_ACTION_REWRITE},
    {"report", BOLT_ACTION_REPORT},
    {"ignore", BOLT_ACTION_IGNORE},
    {0},
};

/* Where there is nothing that could be mended. */
static const struct bolt_choice actions_no_rewrite[] = {
    {"refuse", BOLT_ACTION_REFUSE},
    {"report", BOLT_ACTION_REPORT},
    {"ignore", BOLT_ACTION_IGNORE},
    {0},
};

static const struct bolt_choice denials[] = {
    {"deny", true},
    {"allow", false},
    {0},
};

static const struct bolt_choice family_lists[] = {
    {"core", false},
    {"extended", true},
    {0},
};

static const struct bolt_choice inexact[] = {
    {"refuse", false},
    {"stricter", true},
    {0},
};

static const struct bolt_choice errnos[] = {
    {"EPERM", EPERM},
    {"EACCES", EACCES},
    {"EAFNOSUPPORT", EAFNOSUPPORT},
    {0},
};

static const struct bolt_choice protocols[] = {
    {"tcp", BOLT_PROTO_TCP},
    {"udp", BOLT_PROTO_UDP},
    {"sctp", BOLT_PROTO_SCTP},
    {0},
};

/* --- objects, innermost first ----------------------------------------------------------- */

#define ACTION(field)                                                                              \
    {                                                                                              \
        .name = "action", .type = &bolt_type_choice, .offset = IN_POLICY(field),                   \
        .choices = actions                                                                         \
    }
#define ACTION_NO_REWRITE(field)                                                                   \
    {                                                                                              \
        .name = "action", .type = &bolt_type_choice, .offset = IN_POLICY(field),                   \
        .choices = actions_no_rewrite                                                              \
    }
#define OBJECT(name_, members_)                                                                    \
    {                                                                                              \
        .name = (name_), .type = &bolt_type_object, .members = (members_)                          \
    }

static const struct bolt_member capabilities[] = {
    {.name = "allow", .type = &bolt_type_caps, .offset = IN_POLICY(capabilities_allow)},
    ACTION(capabilities_action),
    {0},
};

static const struct bolt_member raw_sockets[] = {
    ACTION(raw_sockets.action),
    {.name = "families",
     .type = &bolt_type_switch,
     .offset = IN_POLICY(raw_sockets.extended),
     .choices = family_lists},
    {.name = "allow", .type = &bolt_type_families, .offset = IN_POLICY(raw_sockets.allow)},
    {.name = "errno",
     .type = &bolt_type_errno,
     .offset = IN_POLICY(raw_sockets),
     .choices = errnos},
    {.name = "socketcall",
     .type = &bolt_type_switch,
     .offset = IN_POLICY(raw_sockets.deny_socketcall),
     .choices = denials},
    {.name = "ioUring",
     .type = &bolt_type_switch,
     .offset = IN_POLICY(raw_sockets.deny_io_uring),
     .choices = denials},
    {.name = "inexact",
     .type = &bolt_type_switch,
     .offset = IN_POLICY(raw_sockets.stricter),
     .choices = inexact},
    {.name = "keepPing", .type = &bolt_type_bool, .offset = IN_POLICY(raw_sockets.keep_ping)},
    {0},
};

static const struct bolt_member seccomp_unconfined[] = {ACTION_NO_REWRITE(seccomp_unconfined), {0}};
static const struct bolt_member privileged[] = {ACTION_NO_REWRITE(privileged), {0}};

const struct bolt_member bolt_port_rule_members[] = {
    {.name = "ports", .type = &bolt_type_port_range, .required = true},
    {.name = "protocol",
     .type = &bolt_type_choice,
     .offset = IN_PORT_RULE(protocol),
     .choices = protocols},
    {.name = "address", .type = &bolt_type_address},
    {0},
};

static const struct bolt_member host_ports[] = {
    {.name = "privilegedBelow",
     .type = &bolt_type_unsigned,
     .offset = IN_POLICY(host_ports.privileged_below),
     .max = BOLT_POLICY_PORT_MAX + 1},
    {.name = "allow", .type = &bolt_type_port_rules, .offset = IN_POLICY(host_ports.allow)},
    ACTION_NO_REWRITE(host_ports.action),
    {.name = "unknown",
     .type = &bolt_type_choice,
     .offset = IN_POLICY(host_ports.unknown),
     .choices = actions_no_rewrite},
    {0},
};

static const struct bolt_member container_ports[] = {
    {.name = "privilegedBelow",
     .type = &bolt_type_unsigned,
     .offset = IN_POLICY(container_privileged_below),
     .max = BOLT_POLICY_PORT_MAX + 1},
    ACTION_NO_REWRITE(container_ports),
    {0},
};

static const struct bolt_member host_network[] = {ACTION_NO_REWRITE(host_network), {0}};

static const struct bolt_member ports[] = {
    OBJECT("host", host_ports),
    OBJECT("container", container_ports),
    OBJECT("hostNetwork", host_network),
    {.name = "sources", .type = &bolt_type_sources, .offset = IN_POLICY(trust_annotations)},
    {0},
};

static const struct bolt_member port_start[] = {
    {.name = "min",
     .type = &bolt_type_sysctl_value,
     .offset = IN_POLICY(port_start.min),
     .max = BOLT_POLICY_PORT_MAX},
    {.name = "max",
     .type = &bolt_type_sysctl_value,
     .offset = IN_POLICY(port_start.max),
     .max = BOLT_POLICY_PORT_MAX},
    {.name = "set",
     .type = &bolt_type_sysctl_set,
     .offset = IN_POLICY(port_start),
     .max = BOLT_POLICY_PORT_MAX},
    ACTION_NO_REWRITE(port_start.action),
    {0},
};

static const struct bolt_member joined_netns[] = {ACTION_NO_REWRITE(joined_netns), {0}};

static const struct bolt_member sysctls[] = {
    OBJECT("net.ipv4.ip_unprivileged_port_start", port_start),
    OBJECT("joinedNetns", joined_netns),
    {0},
};

static const struct bolt_member exec[] = {ACTION(exec), {0}};
static const struct bolt_member capability_useless[] = {ACTION_NO_REWRITE(capability_useless), {0}};

static const struct bolt_member annotations[] = {
    {.name = "deny", .type = &bolt_type_globs},
    ACTION(annotations_action),
    {0},
};

static const struct bolt_member match[] = {
    {.name = "id", .type = &bolt_type_text, .offset = IN_EXCEPTION(match.id)},
    {.name = "name", .type = &bolt_type_text, .offset = IN_EXCEPTION(match.name)},
    {.name = "namespace", .type = &bolt_type_text, .offset = IN_EXCEPTION(match.namespace)},
    {.name = "image", .type = &bolt_type_match_image},
    {.name = "engine", .type = &bolt_type_text, .offset = IN_EXCEPTION(match.engine)},
    {0},
};

static const struct bolt_member granted_port_start[] = {
    {.name = "min",
     .type = &bolt_type_sysctl_value,
     .offset = IN_EXCEPTION(grant.port_start_min),
     .max = BOLT_POLICY_PORT_MAX,
     .required = true},
    {.name = "max",
     .type = &bolt_type_sysctl_value,
     .offset = IN_EXCEPTION(grant.port_start_max),
     .max = BOLT_POLICY_PORT_MAX,
     .required = true},
    {0},
};

static const struct bolt_member granted_sysctls[] = {
    {.name = "net.ipv4.ip_unprivileged_port_start",
     .type = &bolt_type_port_start_grant,
     .members = granted_port_start},
    {0},
};

static const struct bolt_member grant[] = {
    {.name = "hostPorts", .type = &bolt_type_port_rules, .offset = IN_EXCEPTION(grant.host_ports)},
    {.name = "capabilities", .type = &bolt_type_caps, .offset = IN_EXCEPTION(grant.capabilities)},
    {.name = "rawSockets", .type = &bolt_type_raw_grant},
    {.name = "hostNetwork", .type = &bolt_type_bool, .offset = IN_EXCEPTION(grant.host_network)},
    OBJECT("sysctls", granted_sysctls),
    {0},
};

const struct bolt_member bolt_exception_members[] = {
    {.name = "id", .type = &bolt_type_exception_id, .required = true},
    {.name = "match", .type = &bolt_type_match, .members = match, .required = true},
    {.name = "grant", .type = &bolt_type_object, .members = grant, .required = true},
    {.name = "trust", .type = &bolt_type_trust},
    {.name = "reason", .type = &bolt_type_text, .offset = IN_EXCEPTION(reason), .required = true},
    {.name = "owner", .type = &bolt_type_text, .offset = IN_EXCEPTION(owner), .required = true},
    {.name = "starts", .type = &bolt_type_starts},
    {.name = "expires", .type = &bolt_type_expires, .required = true},
    {0},
};

static const struct bolt_member runtimes[] = {
    {.name = "runc", .type = &bolt_type_path, .offset = IN_POLICY(runc)},
    {.name = "crun", .type = &bolt_type_path, .offset = IN_POLICY(crun)},
    {0},
};

static const struct bolt_member logging[] = {
    {.name = "file", .type = &bolt_type_opt_path, .offset = IN_POLICY(log_file)},
    {.name = "syslog", .type = &bolt_type_bool, .offset = IN_POLICY(log_syslog)},
    {.name = "required", .type = &bolt_type_bool, .offset = IN_POLICY(log_required)},
    {0},
};

/* What a file of policy.d may say. */
const struct bolt_member bolt_drop_in_members[] = {
    {.name = "$schema", .type = &bolt_type_schema_name},
    {.name = "version", .type = &bolt_type_version, .required = true},
    {.name = "exceptions", .type = &bolt_type_exceptions, .required = true},
    {0},
};

const struct bolt_member bolt_policy_members[] = {
    {.name = "$schema", .type = &bolt_type_schema_name},
    {.name = "version", .type = &bolt_type_version, .required = true},
    {.name = "mode", .type = &bolt_type_choice, .offset = IN_POLICY(mode), .choices = modes},
    OBJECT("capabilities", capabilities),
    OBJECT("rawSockets", raw_sockets),
    OBJECT("seccompUnconfined", seccomp_unconfined),
    OBJECT("privileged", privileged),
    OBJECT("ports", ports),
    OBJECT("sysctls", sysctls),
    OBJECT("exec", exec),
    OBJECT("capabilityUseless", capability_useless),
    OBJECT("annotations", annotations),
    {.name = "exceptions", .type = &bolt_type_exceptions},
    OBJECT("runtimes", runtimes),
    OBJECT("log", logging),
    {0},
};
