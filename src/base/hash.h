/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, by libnettle; this is its only door. */
#pragma once

#include "base/mem.h"

#define BOLT_SHA256_DIGITS 64
#define BOLT_SHA256_PREFIX "sha256:" /* of a digest in the names of images */

/* The digest as 64 lower-case hexadecimal digits, in the arena. */
struct bolt_bytes bolt_sha256_hex(struct bolt_arena *arena, struct bolt_bytes bytes);

/* True for 64 such digits; and for "sha256:" and 64 of them. */
bool bolt_is_sha256_hex(struct bolt_bytes text);
bool bolt_is_digest(struct bolt_bytes text);
