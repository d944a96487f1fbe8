/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/rule.h"

extern const struct bolt_rule bolt_rule_capability_not_allowed;
extern const struct bolt_rule bolt_rule_capability_useless;
extern const struct bolt_rule bolt_rule_container_port_privileged;
extern const struct bolt_rule bolt_rule_exec_capability;
extern const struct bolt_rule bolt_rule_host_network;
extern const struct bolt_rule bolt_rule_host_port_not_allowed;
extern const struct bolt_rule bolt_rule_host_port_privileged;
extern const struct bolt_rule bolt_rule_port_start_range;
extern const struct bolt_rule bolt_rule_privileged;
extern const struct bolt_rule bolt_rule_raw_sockets;
extern const struct bolt_rule bolt_rule_runtime_annotation;
extern const struct bolt_rule bolt_rule_seccomp_unconfined;
extern const struct bolt_rule bolt_rule_sysctl_joined_netns;

/* Sorted by id; tests/unit/test_decide.c holds us to it. */
const struct bolt_rule *const bolt_rules[] = {
    &bolt_rule_capability_not_allowed,
    &bolt_rule_capability_useless,
    &bolt_rule_container_port_privileged,
    &bolt_rule_exec_capability,
    &bolt_rule_host_network,
    &bolt_rule_host_port_not_allowed,
    &bolt_rule_host_port_privileged,
    &bolt_rule_port_start_range,
    &bolt_rule_privileged,
    &bolt_rule_raw_sockets,
    &bolt_rule_runtime_annotation,
    &bolt_rule_seccomp_unconfined,
    &bolt_rule_sysctl_joined_netns,
};
const size_t bolt_rule_count = BOLT_LEN(bolt_rules);
