/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiler attributes, and the cleanup of what is not memory.
 *
 * Spelled with __attribute__, which gcc and clang take in every language mode.
 */
#pragma once

#include <stddef.h>

#define BOLT_CHECK __attribute__((warn_unused_result))
#define BOLT_PRINTF(fmt, first) __attribute__((format(printf, fmt, first), nonnull(fmt)))
#define BOLT_NORETURN __attribute__((noreturn))
#define BOLT_UNUSED __attribute__((unused))

#define BOLT_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Closes the descriptor when the variable goes out of scope; initialise it to -1. */
#define BOLT_CLOSE __attribute__((cleanup(bolt_close_cleanup)))

/* For BOLT_CLOSE only: closes *@fd unless it is negative; errno survives. */
void bolt_close_cleanup(const int *fd);
