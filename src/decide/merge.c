/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/merge.h"

struct bolt_seccomp_denial bolt_denial_of(const struct bolt_policy *policy)
{
    const struct bolt_raw_sockets *raw = &policy->raw_sockets;

    return (struct bolt_seccomp_denial){
        .errnum = raw->errnum,
        .socketcall = raw->deny_socketcall,
        .io_uring = raw->deny_io_uring,
        .extended = raw->extended,
    };
}

int bolt_case_merge(struct bolt_arena *arena, struct bolt_case *c, struct bolt_err *err)
{
    const struct bolt_seccomp_denial denial = bolt_denial_of(c->policy);
    struct bolt_seccomp_result *result = bolt_new(arena, struct bolt_seccomp_result);

    c->seccomp = NULL;
    if (c->policy->raw_sockets.action == BOLT_ACTION_IGNORE ||
        (c->facts->known & BOLT_KNOWN_CONFIG) == 0) {
        return 0;
    }
    if (bolt_seccomp_merge(arena, c->facts->doc, c->facts->seccomp, &denial, "raw-sockets", result,
                           err) != 0) {
        return -1;
    }
    c->seccomp = result;
    return 0;
}
