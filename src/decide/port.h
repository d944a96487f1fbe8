/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports against what a policy lists. */
#pragma once

#include "facts/facts.h"
#include "policy/policy.h"

/* True if an entry of the list has the host port, its protocol and its address. What is published
 * on all addresses is in no entry that has one. */
bool bolt_port_is_in(const struct bolt_port_list *list, const struct bolt_port *port);
