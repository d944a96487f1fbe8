/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/merge.h"

/* What is only logged must not be denied to anybody, so that profiles are merged exactly or not. */
static struct bolt_seccomp_denial denial_of(const struct bolt_policy *policy, bool log)
{
    const struct bolt_raw_sockets *raw = &policy->raw_sockets;

    return (struct bolt_seccomp_denial){
        .errnum = raw->errnum,
        .socketcall = raw->deny_socketcall,
        .io_uring = raw->deny_io_uring,
        .extended = raw->extended,
        .log = log,
        .stricter = raw->stricter && !log,
        .spared = bolt_policy_spared(policy),
    };
}

static bool is_to_be_logged(const struct bolt_case *c)
{
    return c->policy->raw_sockets.action == BOLT_ACTION_REPORT &&
           c->policy->mode == BOLT_MODE_ENFORCE && c->point.can_rewrite;
}

static int merge(struct bolt_arena *arena, const struct bolt_case *c, const void *from,
                 const struct bolt_seccomp_denial *denial, const struct bolt_seccomp_result **out,
                 struct bolt_err *err)
{
    struct bolt_seccomp_result *result = bolt_new(arena, struct bolt_seccomp_result);

    (void)from;
    *out = result;
    return bolt_seccomp_merge(arena, c->facts->doc, c->facts->seccomp, denial, "raw-sockets",
                              result, err);
}

struct bolt_seccomp_denial bolt_denial_of(const struct bolt_policy *policy)
{
    return denial_of(policy, policy->raw_sockets.action == BOLT_ACTION_REPORT);
}

int bolt_case_merge(struct bolt_arena *arena, struct bolt_case *c, struct bolt_err *err)
{
    return bolt_case_merge_by(arena, c, merge, NULL, err);
}

int bolt_case_merge_by(struct bolt_arena *arena, struct bolt_case *c, bolt_merger *merger,
                       const void *from, struct bolt_err *err)
{
    const struct bolt_seccomp_denial logging = denial_of(c->policy, true);
    const struct bolt_seccomp_denial denial = denial_of(c->policy, false);

    c->seccomp = NULL;
    c->logged = NULL;
    if (c->policy->raw_sockets.action == BOLT_ACTION_IGNORE ||
        (c->facts->known & BOLT_KNOWN_CONFIG) == 0) {
        return 0;
    }
    if (is_to_be_logged(c)) {
        if (merger(arena, c, from, &logging, &c->logged, err) != 0) {
            return -1;
        }
        c->seccomp = c->logged;
        if (!c->logged->denied) {
            return 0; /* what is not even logged is not denied */
        }
    }
    return merger(arena, c, from, &denial, &c->seccomp, err);
}
