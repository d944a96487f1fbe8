/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy show` and `drawbolt policy lint`. */
#include <string.h>

#include "base/hash.h"
#include "front/front.h"
#include "io/say.h"

static enum bolt_exit show(struct bolt_run *run)
{
    struct bolt_err err = {0};
    struct bolt_bytes text =
        bolt_printf(run->arena, "// %.*s, sha256 %.*s\n%.*s\n", BOLT_FMT(run->policy_file),
                    BOLT_FMT(bolt_sha256_hex(run->arena, run->policy_text)),
                    BOLT_FMT(bolt_policy_show(run->arena, &run->policy)));

    return bolt_run_print(text, &err) == 0 ? BOLT_EXIT_ALLOW : bolt_run_fail(run, &err);
}

static enum bolt_exit lint(struct bolt_run *run)
{
    const struct bolt_bytes *lines = NULL;
    size_t count = bolt_policy_lint(run->arena, &run->policy, bolt_clock_seconds(), &lines);
    struct bolt_err err = {0};

    for (size_t i = 0; i < count; i++) {
        struct bolt_bytes line =
            bolt_printf(run->arena, "%.*s: %.*s\n", BOLT_FMT(run->policy_file), BOLT_FMT(lines[i]));

        if (bolt_run_print(line, &err) != 0) {
            return bolt_run_fail(run, &err);
        }
    }
    return count == 0 ? BOLT_EXIT_ALLOW : BOLT_EXIT_REFUSED;
}

static enum bolt_exit command(struct bolt_run *run)
{
    const struct bolt_options *o = run->options;
    struct bolt_options with_file = *o;
    const char *verb = o->argc > 0 ? o->argv[0] : "";
    struct bolt_err err = {0};

    if (strcmp(verb, "show") != 0 && strcmp(verb, "lint") != 0) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "policy takes 'show' or 'lint'");
        return bolt_run_fail(run, &err);
    }
    if (o->argc > 2 || (o->argc == 2 && o->policy != NULL)) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "policy %s takes one file", verb);
        return bolt_run_fail(run, &err);
    }
    if (o->argc == 2) {
        with_file.policy = o->argv[1];
        run->options = &with_file;
    }
    if (bolt_run_load_policy(run, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return strcmp(verb, "show") == 0 ? show(run) : lint(run);
}

extern const struct bolt_front bolt_front_policy;
const struct bolt_front bolt_front_policy = {
    .name = "policy",
    .synopsis = "show|lint [FILE | --policy FILE]",
    .summary = "print the policy that applies, or what is unwise in it",
    .options = BOLT_OPTION_POLICY,
    .command = command,
};
