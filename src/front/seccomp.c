/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt seccomp merge`, `prove` and `--diff`: profiles, offline. */
#include <string.h>

#include "decide/merge.h"
#include "emit/inspection.h"
#include "facts/caps.h"
#include "front/front.h"
#include "front/profile.h"
#include "io/say.h"

#define SECONDS 60 /* libseccomp does not end on some profiles */

static enum bolt_exit print(const struct bolt_run *run, struct bolt_bytes text, enum bolt_exit code)
{
    struct bolt_err err = {0};

    return bolt_run_print(text, &err) == 0 ? code : bolt_run_fail(run, &err);
}

static enum bolt_exit usage(const struct bolt_run *run, const char *text)
{
    struct bolt_err err = {0};

    (void)bolt_fail(&err, BOLT_ERR_USAGE, "%s", text);
    return bolt_run_fail(run, &err);
}

/* --- merge ------------------------------------------------------------------------------- */

/* To standard error: standard output is the profile. */
static void tell_fit(const struct bolt_run *run, const struct bolt_profile_file *file,
                     const struct bolt_seccomp_result *result)
{
    bolt_say(
        bolt_printf(run->arena, "%.*s: %s", BOLT_FMT(file->name),
                    result->denied ? "nothing to change, all of it is denied already" : "merged"));
    if (!result->denied) {
        bolt_say(bolt_printf(run->arena, "%.*s: fit: %s%s", BOLT_FMT(file->name),
                             bolt_fit_name(result->fit),
                             result->compact ? ", but for families that no kernel has" : ""));
    }
    for (size_t i = 0; i < result->stricter_count; i++) {
        bolt_say(bolt_printf(run->arena, "%.*s: stricter: %.*s", BOLT_FMT(file->name),
                             BOLT_FMT(result->stricter_on[i])));
    }
}

static enum bolt_exit merge(const struct bolt_run *run, const struct bolt_profile_file *file,
                            const struct bolt_seccomp_denial *denial)
{
    struct bolt_seccomp_result result;
    struct bolt_bytes text;
    struct bolt_err err = {0};

    if (bolt_profile_merge(run->arena, file, denial, &result, &text, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    if (result.fit == BOLT_SECCOMP_UNPROVED) {
        bolt_say(bolt_printf(run->arena, "refused: %.*s: the denial cannot be merged: %.*s",
                             BOLT_FMT(file->name), BOLT_FMT(result.reason)));
        return BOLT_EXIT_REFUSED;
    }
    tell_fit(run, file, &result);
    return print(run, text, BOLT_EXIT_ALLOW);
}

/* --- prove ------------------------------------------------------------------------------- */

static enum bolt_exit prove_case(const struct bolt_run *run, const struct bolt_profile_file *file,
                                 const struct bolt_template_case *which,
                                 const struct bolt_seccomp_denial *denial)
{
    struct bolt_inspection i = {
        .file = file->name, .which = which, .machine = denial->machine, .denial = denial};
    uint64_t start = bolt_clock_us();
    struct bolt_err err = {0};

    if (bolt_seccomp_prove(run->arena, which->doc, which->profile, denial, &i.verdict, &err) != 0) {
        (void)bolt_fail_in(&err, "%.*s", BOLT_FMT(file->name));
        return bolt_run_fail(run, &err);
    }
    i.duration_us = bolt_clock_us() - start;
    if (file->format == BOLT_PROFILE_TEMPLATE && i.verdict.entry >= 0) {
        i.verdict.entry =
            bolt_template_entry(file->doc, file->profile, &which->container, i.verdict.entry);
    }
    return print(run,
                 run->options->format == BOLT_FORMAT_JSON ? bolt_emit_proof_json(run->arena, &i)
                                                          : bolt_emit_proof(run->arena, &i),
                 i.verdict.proved ? BOLT_EXIT_ALLOW : BOLT_EXIT_REFUSED);
}

static enum bolt_exit prove(const struct bolt_run *run, const struct bolt_profile_file *file,
                            const struct bolt_seccomp_denial *denial)
{
    enum bolt_exit worst = BOLT_EXIT_ALLOW;
    struct bolt_template_cases cases;
    struct bolt_err err = {0};

    if (bolt_profile_cases(run->arena, file, denial->machine, &cases, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    for (size_t i = 0; i < cases.count && worst <= BOLT_EXIT_REFUSED; i++) {
        enum bolt_exit one = prove_case(run, file, &cases.list[i], denial);

        worst = one > worst ? one : worst;
    }
    return worst;
}

/* --- diff -------------------------------------------------------------------------------- */

/* A template stands for what it is for a container with all capabilities that the policy allows;
 * then @resolved is its name. */
static int take_side(const struct bolt_run *run, const char *name,
                     const struct bolt_machine *machine, struct bolt_seccomp_side *out,
                     struct bolt_bytes *resolved, struct bolt_err *err)
{
    struct bolt_bytes names[BOLT_CAP_LAST + 1];
    struct bolt_template_container container = {
        .machine = machine, .with = {.names = names}, .complete = true};
    struct bolt_profile_file file;
    struct bolt_bytes text;

    if (bolt_profile_load(run->arena, name, &file, err) != 0) {
        return -1;
    }
    *out = (struct bolt_seccomp_side){file.doc, file.profile};
    if (file.format != BOLT_PROFILE_TEMPLATE) {
        return 0;
    }
    for (int cap = 0; cap <= BOLT_CAP_LAST; cap++) {
        if ((run->policy.capabilities_allow >> cap & 1) != 0) {
            names[container.with.count++] = bolt_cap_name(run->arena, cap);
        }
    }
    *resolved = file.name;
    if (bolt_template_resolve(run->arena, file.doc, file.profile, &container, &text, err) != 0 ||
        bolt_doc_parse(run->arena, text, BOLT_DIALECT_STRICT, &out->doc, err) != 0) {
        return bolt_fail_in(err, "%.*s", BOLT_FMT(file.name));
    }
    out->profile = bolt_doc_root(out->doc);
    return 0;
}

static enum bolt_exit diff(const struct bolt_run *run, char *const *names,
                           const struct bolt_machine *machine)
{
    struct bolt_seccomp_changes changes;
    struct bolt_seccomp_side sides[2];
    struct bolt_bytes resolved[2] = {{0}};
    struct bolt_err err = {0};

    if (take_side(run, names[0], machine, &sides[0], &resolved[0], &err) != 0 ||
        take_side(run, names[1], machine, &sides[1], &resolved[1], &err) != 0 ||
        bolt_seccomp_compare(run->arena, machine, &sides[0], &sides[1], &changes, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    for (size_t i = 0; i < BOLT_LEN(resolved); i++) {
        if (resolved[i].len != 0) {
            bolt_say(bolt_printf(run->arena, "%.*s: as for the capabilities that the policy allows",
                                 BOLT_FMT(resolved[i])));
        }
    }
    return print(run,
                 run->options->format == BOLT_FORMAT_JSON
                     ? bolt_emit_changes_json(run->arena, &changes)
                     : bolt_emit_changes(run->arena, &changes),
                 changes.count == 0 ? BOLT_EXIT_ALLOW : BOLT_EXIT_REFUSED);
}

/* --- the command ------------------------------------------------------------------------- */

static enum bolt_exit one_file(struct bolt_run *run, const struct bolt_machine *machine,
                               const char *verb, const char *name)
{
    struct bolt_seccomp_denial denial = bolt_denial_of(&run->policy);
    struct bolt_profile_file file;
    struct bolt_err err = {0};

    denial.machine = machine;
    if (bolt_profile_load(run->arena, name, &file, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return strcmp(verb, "merge") == 0 ? merge(run, &file, &denial) : prove(run, &file, &denial);
}

static const char *mistake(const struct bolt_options *o, const char *verb,
                           const struct bolt_machine *machine)
{
    bool is_merge = strcmp(verb, "merge") == 0;

    if (machine == NULL) {
        return "--arch takes a machine as 'uname -m' names it: x86_64, aarch64, s390x, ppc64le, "
               "riscv64, loongarch64, i686 or armv7l";
    }
    if (o->diff) {
        return o->argc == 2 ? NULL : "seccomp --diff takes two files";
    }
    if (!is_merge && strcmp(verb, "prove") != 0) {
        return "seccomp takes 'merge', 'prove' or --diff";
    }
    if (is_merge && o->format == BOLT_FORMAT_JSON) {
        return "seccomp merge prints the profile, which has no other format";
    }
    return o->argc == 2 ? NULL : "seccomp merge and prove take one file";
}

static enum bolt_exit command(struct bolt_run *run)
{
    const struct bolt_options *o = run->options;
    const char *verb = o->argc > 0 ? o->argv[0] : "";
    const struct bolt_machine *machine =
        o->arch == NULL ? bolt_machine_native() : bolt_machine_named(bolt_bytes_of(o->arch));
    const char *wrong = mistake(o, verb, machine);
    struct bolt_err err = {0};

    if (wrong != NULL) {
        return usage(run, wrong);
    }
    if (bolt_run_load_policy(run, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    bolt_process_deadline(SECONDS);
    return o->diff ? diff(run, o->argv, machine) : one_file(run, machine, verb, o->argv[1]);
}

extern const struct bolt_front bolt_front_seccomp;
const struct bolt_front bolt_front_seccomp = {
    .name = "seccomp",
    .synopsis =
        "merge|prove [--policy FILE] [--arch MACHINE] [--format text|json] FILE\n"
        "  drawbolt seccomp --diff [--policy FILE] [--arch MACHINE] [--format text|json] OLD NEW",
    .summary = "merge the denial of raw sockets into a profile, prove it, or compare two",
    .options = BOLT_OPTION_POLICY | BOLT_OPTION_FORMAT | BOLT_OPTION_DIFF | BOLT_OPTION_ARCH,
    .command = command,
};
