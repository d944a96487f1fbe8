/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls as the runtimes name them and as the kernel reads them. */
#pragma once

#include "base/mem.h"

/**
 * bolt_sysctl_canonical() - one name for all spellings that reach one file
 * @arena: owns the result
 * @name:  a member name of linux.sysctl
 *
 * runc and crun turn '.' into '/' and open the result below /proc/sys, where repeated slashes
 * count as one. So '.' and '/' are the same here, runs of them are one, and those at the ends are
 * dropped. The result has dots.
 */
struct bolt_bytes bolt_sysctl_canonical(struct bolt_arena *arena, struct bolt_bytes name);

/**
 * bolt_sysctl_number() - the first number that the kernel takes from a written value
 * @value: the bytes written to the file
 * @out:   the number
 *
 * As proc_get_long() in the kernel's kernel/sysctl.c: leading white space is skipped, '-' may
 * come first, "0x" starts a hexadecimal and "0" an octal number, and what follows must be white
 * space or the end. A value longer than 256 bytes is refused: the kernel would cut it somewhere.
 *
 * Return: true, or false where the kernel refuses the value (or a reader could doubt it).
 */
bool bolt_sysctl_number(struct bolt_bytes value, int64_t *out);
