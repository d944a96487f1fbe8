/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a file that may be large. */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/**
 * bolt_tail_load() - the last lines of a regular file
 * @out: at most BOLT_FILE_BYTES_MAX bytes from its end; where that is not all, the first line,
 *       which may be cut, is left out
 * @whole: that is all
 * @err: kind BOLT_ERR_SYSTEM
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_tail_load(struct bolt_arena *arena, const char *path, struct bolt_bytes *out,
                              bool *whole, struct bolt_err *err);
