/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory. */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/**
 * bolt_names_in() - the names of an open directory that are not hidden
 * @arena:  owns the names
 * @at:     the directory, also as an O_PATH descriptor
 * @part:   what a name must hold; "" for any
 * @suffix: what it must end in, behind something; "" for anything
 * @names:  sorted by their bytes
 * @count:  at most BOLT_TRUSTED_FILES_MAX; must be 0 before
 * @err:    more than that (kind BOLT_ERR_POLICY), or the kernel's reason
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_names_in(struct bolt_arena *arena, int at, const char *part, const char *suffix,
                             const char ***names, size_t *count, struct bolt_err *err);
