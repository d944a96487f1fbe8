/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "seccomp/profile.h"
#include "seccomp/seccomp.h"

/* What a merge puts into a profile with that default action: the denial, but that a rule which says
 * what the default says is none, so that socketcall() gets another errno there. */
static inline struct bolt_raw raw_of(const struct bolt_seccomp_denial *denial,
                                     uint32_t default_action)
{
    uint32_t action = denial->log ? BOLT_ACT_LOG : BOLT_ACT_ERRNO | denial->errnum;
    bool lost = default_action == action && !denial->log;
    uint32_t other = BOLT_ACT_ERRNO | (denial->errnum == 38 ? 1U : 38U); /* EPERM, or ENOSYS */

    return (struct bolt_raw){.extent = BOLT_RAW_DENIED,
                             .action = action,
                             .socketcall_action = !denial->socketcall ? BOLT_ACT_ALLOW
                                                  : lost              ? other
                                                                      : action,
                             .io_uring = denial->io_uring,
                             .extended = denial->extended,
                             .spared = denial->spared};
}
