/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy`: what is said of a policy, rather than of a container. */
#include "front/policy.h"

#include <string.h>

#include "base/hash.h"
#include "io/file.h"

static enum bolt_exit show(struct bolt_run *run)
{
    struct bolt_err err = {0};
    struct bolt_bytes text =
        bolt_printf(run->arena, "// %.*s, sha256 %.*s\n%.*s\n", BOLT_FMT(run->policy_file),
                    BOLT_FMT(bolt_sha256_hex(run->arena, run->policy_text)),
                    BOLT_FMT(bolt_policy_show(run->arena, &run->policy)));

    return bolt_run_print(text, &err) == 0 ? BOLT_EXIT_ALLOW : bolt_run_fail(run, &err);
}

int bolt_policy_load_as(const struct bolt_run *base, const char *file, struct bolt_run *out,
                        struct bolt_err *err)
{
    struct bolt_options *options = bolt_new(base->arena, struct bolt_options);

    *out = *base;
    *options = *base->options;
    options->policy = file != NULL ? file : options->policy;
    out->options = options;
    return bolt_run_load_policy(out, err);
}

/* --- the commands ----------------------------------------------------------------------- */

/* One that is about a single policy, which is loaded. */
static enum bolt_exit with_policy(struct bolt_run *run, enum bolt_exit (*then)(struct bolt_run *))
{
    const struct bolt_options *o = run->options;
    struct bolt_err err = {0};
    struct bolt_run loaded;

    if (o->argc > 2 || (o->argc == 2 && o->policy != NULL)) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "policy %s takes one file", o->argv[0]);
        return bolt_run_fail(run, &err);
    }
    if (bolt_policy_load_as(run, o->argc == 2 ? o->argv[1] : NULL, &loaded, &err) != 0) {
        return bolt_run_fail(&loaded, &err);
    }
    return then(&loaded);
}

static enum bolt_exit show_one(struct bolt_run *run)
{
    return with_policy(run, show);
}

static enum bolt_exit lint_one(struct bolt_run *run)
{
    return with_policy(run, bolt_policy_lint_run);
}

static enum bolt_exit index_one(struct bolt_run *run)
{
    return with_policy(run, bolt_policy_index_run);
}

/* Of a directory, the policy in it. */
static enum bolt_exit test_one(struct bolt_run *run)
{
    struct bolt_options options = *run->options;
    char *argv[2] = {options.argv[0], NULL};

    if (options.argc == 2 && options.policy == NULL && bolt_file_is_directory(options.argv[1])) {
        options.argc = 1;
        options.argv = argv;
        options.policy = bolt_printf(run->arena, "%s/policy.json", run->options->argv[1]).at;
        run->options = &options;
    }
    return with_policy(run, bolt_policy_test_run);
}

static const struct {
    const char *name;
    unsigned options; /* enum bolt_option_mask, or'd */
    bool junit;       /* --format junit is one of them */
    enum bolt_exit (*run)(struct bolt_run *run);
} commands[] = {
    {"show", BOLT_OPTION_POLICY, false, show_one},
    {"lint", BOLT_OPTION_POLICY | BOLT_OPTION_LOG | BOLT_OPTION_DAYS, false, lint_one},
    {"index", BOLT_OPTION_POLICY, false, index_one},
    {"test", BOLT_OPTION_POLICY | BOLT_OPTION_FORMAT, true, test_one},
    {"diff", BOLT_OPTION_LOG | BOLT_OPTION_FORMAT, false, bolt_policy_diff_run},
};

static enum bolt_exit command(struct bolt_run *run)
{
    const char *verb = run->options->argc > 0 ? run->options->argv[0] : "";
    struct bolt_err err = {0};

    for (size_t i = 0; i < BOLT_LEN(commands); i++) {
        if (strcmp(verb, commands[i].name) != 0) {
            continue;
        }
        if ((run->options->given & ~commands[i].options) == 0 &&
            (run->options->format != BOLT_FORMAT_JUNIT || commands[i].junit)) {
            return commands[i].run(run);
        }
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "an option was given that 'policy %s' does not take",
                        verb);
        return bolt_run_fail(run, &err);
    }
    (void)bolt_fail(&err, BOLT_ERR_USAGE, "policy takes 'show', 'lint', 'index', 'test' or 'diff'");
    return bolt_run_fail(run, &err);
}

extern const struct bolt_front bolt_front_policy;
const struct bolt_front bolt_front_policy = {
    .name = "policy",
    .synopsis = "show [FILE | --policy FILE]\n"
                "  drawbolt policy lint [--log FILE] [--days N] [FILE | --policy FILE]\n"
                "  drawbolt policy index [FILE | --policy FILE]\n"
                "  drawbolt policy test [--format text|json|junit] [DIR | FILE | --policy FILE]\n"
                "  drawbolt policy diff --log FILE [--format text|json] OLD NEW",
    .summary =
        "print the policy that applies or what is unwise in it, index its exceptions, run its "
        "test cases, or tell what another would change",
    .options = BOLT_OPTION_POLICY | BOLT_OPTION_FORMAT | BOLT_OPTION_LOG | BOLT_OPTION_DAYS |
               BOLT_OPTION_JUNIT,
    .command = command,
};
