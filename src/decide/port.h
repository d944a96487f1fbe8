/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports against what a policy lists, and who may open them in the container. */
#pragma once

#include "decide/decide.h"

/* True if an entry of the list has the host port, its protocol and its address. What is published
 * on all addresses is in no entry that has one. */
bool bolt_port_is_in(const struct bolt_port_list *list, const struct bolt_port *port);

/* True if the policy has a value of ip_unprivileged_port_start for a container that brings none of
 * its own. */
bool bolt_port_start_is_put(const struct bolt_case *c);
/* The first port that every process may open in the container as it is to start; -1 if that is not
 * known. */
int64_t bolt_port_start(const struct bolt_case *c);
