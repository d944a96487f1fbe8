/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, by libnettle; this is its only door. */
#pragma once

#include "base/mem.h"

/* The digest as 64 lower-case hexadecimal digits, in the arena. */
struct bolt_bytes bolt_sha256_hex(struct bolt_arena *arena, struct bolt_bytes bytes);
