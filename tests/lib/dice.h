/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* xorshift64*: the same numbers everywhere. The state is never 0. */
static inline uint64_t dice(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1dULL;
}
