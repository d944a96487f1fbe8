/* SPDX-License-Identifier: Apache-2.0 */
/* Which program is the real runtime. */
#include <string.h>

#include "front/runtime.h"

static const char *path_of(const struct bolt_policy *policy, enum bolt_runtime runtime)
{
    return runtime == BOLT_RUNC ? policy->runc : policy->crun;
}

/* Where Debian has it, if the policy leaves the built-in path and nothing is there. */
static const char *other_place(enum bolt_runtime runtime, const char *path)
{
    if (runtime == BOLT_RUNC) {
        return strcmp(path, "/usr/bin/runc") == 0 ? "/usr/sbin/runc" : NULL;
    }
    return strcmp(path, "/usr/bin/crun") == 0 ? "/usr/sbin/crun" : NULL;
}

int bolt_runtime_find(const struct bolt_run *run, const char **path, struct bolt_err *err)
{
    enum bolt_runtime runtime = run->wrapper->runtime;
    const char *other;
    bool absent;

    *path = path_of(&run->policy, runtime);
    other = other_place(runtime, *path);
    if (bolt_launch_check(run->arena, *path, &absent, err) == 0) {
        return 0;
    }
    if (!absent || other == NULL) {
        return -1;
    }
    *path = other;
    return bolt_launch_check(run->arena, other, &absent, err);
}

/* At the path; or, where drawbolt has taken its place, what dpkg-divert(1) may have renamed the
 * runtime to. */
static int try_path(const struct bolt_run *run, const char *path, const char **out,
                    struct bolt_err *err)
{
    static const char *const suffixes[] = {"", ".real", ".distrib"};
    struct bolt_err other = {0};
    bool absent;

    for (size_t i = 0; path != NULL && i < BOLT_LEN(suffixes); i++) {
        *out = bolt_printf(run->arena, "%s%s", path, suffixes[i]).at;
        if (bolt_launch_check(run->arena, *out, &absent, i == 0 ? err : &other) == 0) {
            return 0;
        }
        if (i == 0 && (absent || !bolt_launch_is_self(path))) {
            break;
        }
    }
    return -1;
}

int bolt_runtime_find_without_policy(struct bolt_run *run, const char **out, struct bolt_err *err)
{
    enum bolt_runtime runtime = run->wrapper->runtime;
    const char *path =
        bolt_policy_runtime_in(run->arena, run->policy_text, bolt_runtime_name(runtime));

    if (try_path(run, path, out, err) == 0) {
        return 0;
    }
    if (bolt_policy_parse(run->arena, bolt_policy_builtin(), &run->policy, err) != 0) {
        return -1;
    }
    path = path_of(&run->policy, runtime);
    return try_path(run, path, out, err) == 0 ||
                   try_path(run, other_place(runtime, path), out, err) == 0
               ? 0
               : -1;
}
