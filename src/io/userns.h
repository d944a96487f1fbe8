/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the root of this user namespace is outside it (user_namespaces(7)). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True in a user namespace that does not map the machine's root as its own. */
bool bolt_userns_root_is_not_roots(void);

/* True in a user namespace whose root is the user who made it, as rootless podman's; not in that of
 * a system container, whose root is the first of a range. */
bool bolt_userns_root_is_a_user(void);

/* True if that user has the number @uid outside. */
bool bolt_userns_root_is_user(uint64_t uid);
