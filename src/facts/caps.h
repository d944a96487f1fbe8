/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities by name and number. The names are libcap's; this is its only door. */
#pragma once

#include "base/mem.h"

#define BOLT_CAP_UNKNOWN (-1)
#define BOLT_CAP_NET_BIND_SERVICE 10
#define BOLT_CAP_NET_RAW 13
#define BOLT_CAP_LAST 40 /* CAP_CHECKPOINT_RESTORE, Linux 5.9 */

/**
 * bolt_cap_number() - what any runtime would take a name for
 * @name: as a config.json spells it
 *
 * crun gives the name to libcap's cap_from_name(), which takes any case, numbers, and junk behind a
 * valid name; runc takes only the upper-case names. What the more generous one grants counts.
 *
 * Return: 0 to 63, or BOLT_CAP_UNKNOWN.
 */
int bolt_cap_number(struct bolt_bytes name);

/* Only the proper spelling: upper case, "CAP_" in front or not. For policies. */
int bolt_cap_number_strict(struct bolt_bytes name);

/* "CAP_NET_RAW"; for a number without a name, "CAP_63". In the arena. */
struct bolt_bytes bolt_cap_name(struct bolt_arena *arena, int number);
