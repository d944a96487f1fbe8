/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes: public, never renumbered, in drawbolt(8) word for word. Everything but 0 refuses. */
#pragma once

#include "base/err.h"

enum bolt_exit {
    BOLT_EXIT_ALLOW = 0,    /* judged, may run; rewrites may have been made */
    BOLT_EXIT_REFUSED = 1,  /* judged and refused; for check and lint: findings */
    BOLT_EXIT_USAGE = 2,    /* command line or environment wrong */
    BOLT_EXIT_INPUT = 3,    /* document unreadable, invalid or ambiguous */
    BOLT_EXIT_POLICY = 4,   /* policy missing, unsafe or invalid */
    BOLT_EXIT_SYSTEM = 5,   /* the kernel said no, memory ran out, or the time was up */
    BOLT_EXIT_INTERNAL = 6, /* a promise of drawbolt's own did not hold */
};

enum bolt_exit bolt_exit_for_error(enum bolt_err_kind kind);
