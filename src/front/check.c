/* SPDX-License-Identifier: Apache-2.0 */
/* Judging files, offline: nothing is recorded, and nothing on this machine is looked at. */
#include <string.h>
#include <unistd.h>

#include "front/front.h"
#include "io/file.h"
#include "io/say.h"

#define SECONDS_PER_INPUT 30

static int load(struct bolt_run *run, const char *name, struct bolt_err *err)
{
    const char *as = run->options->as;
    bool bundle = as != NULL ? strcmp(as, "bundle") == 0 : bolt_file_is_directory(name);

    if (strcmp(name, "-") == 0) {
        run->input_name = BOLT_LIT("standard input");
        return bolt_file_read(run->arena, STDIN_FILENO, "standard input", BOLT_ERR_INPUT,
                              &run->input, err);
    }
    run->input_name =
        bundle ? bolt_printf(run->arena, "%s/config.json", name) : bolt_bytes_of(name);
    return bolt_file_load(run->arena, run->input_name.at, BOLT_ERR_INPUT, &run->input, err);
}

static int learn(struct bolt_run *run, struct bolt_err *err)
{
    const char *as = run->options->as;

    if (bolt_doc_parse(run->arena, run->input, BOLT_DIALECT_STRICT, &run->doc, err) != 0) {
        return -1;
    }
    if (as != NULL ? strcmp(as, "process") == 0 : bolt_facts_is_process(run->doc)) {
        return bolt_facts_from_process(run->arena, run->doc, &run->facts, err);
    }
    return bolt_facts_from_config(run->arena, run->doc, &run->facts, err);
}

static int show(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_record record = bolt_run_record(run, NULL);
    struct bolt_bytes text = run->options->format == BOLT_FORMAT_JSON
                                 ? bolt_emit_record(run->arena, &record)
                                 : bolt_emit_report(run->arena, &record);

    if (bolt_run_print(text, err) != 0) {
        return -1;
    }
    if (run->options->diff && run->options->format == BOLT_FORMAT_TEXT) {
        return bolt_run_print(bolt_emit_diff(run->arena, &run->facts, run->decision), err);
    }
    return 0;
}

/* A finding that is only reported takes nothing from the container: no reason to fail a pipeline.
 */
static enum bolt_exit exit_of(const struct bolt_run *run)
{
    for (size_t i = 0; i < run->decision->finding_count; i++) {
        enum bolt_action action = run->decision->findings[i].action;

        if (run->policy.mode != BOLT_MODE_REPORT &&
            (action == BOLT_ACTION_REFUSE || action == BOLT_ACTION_REWRITE)) {
            return BOLT_EXIT_REFUSED;
        }
    }
    return BOLT_EXIT_ALLOW;
}

static enum bolt_exit check_one(const struct bolt_run *base, const char *name)
{
    struct bolt_run run = *base;
    struct bolt_err err = {0};

    run.started_us = bolt_clock_us();
    bolt_process_deadline(SECONDS_PER_INPUT);
    if (load(&run, name, &err) != 0 || bolt_run_judge(&run, &err) != 0 || show(&run, &err) != 0) {
        if (run.options->format == BOLT_FORMAT_JSON && err.kind != BOLT_ERR_SYSTEM) {
            struct bolt_record record = bolt_run_record(&run, &err);
            struct bolt_err ignored = {0};

            (void)!bolt_run_print(bolt_emit_record(run.arena, &record), &ignored);
        }
        return bolt_run_fail(&run, &err);
    }
    return exit_of(&run);
}

static enum bolt_exit check(struct bolt_run *run)
{
    const struct bolt_options *o = run->options;
    enum bolt_exit worst = BOLT_EXIT_ALLOW;
    struct bolt_err err = {0};

    run->point = (struct bolt_point){.name = "check", .can_rewrite = true, .can_look = false};
    if (o->argc == 0) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "check needs at least one input");
    } else if (o->diff && o->format == BOLT_FORMAT_JSON) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE,
                        "--diff is for people; with --format json the edits are in the record");
    } else if (o->as != NULL && strcmp(o->as, "config") != 0 && strcmp(o->as, "bundle") != 0 &&
               strcmp(o->as, "process") != 0) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "--as takes config, bundle or process, not '%s'",
                        o->as);
    } else {
        (void)!bolt_run_load_policy(run, &err);
    }
    if (err.kind != BOLT_ERR_NONE) {
        return bolt_run_fail(run, &err);
    }
    for (int i = 0; i < o->argc; i++) {
        enum bolt_exit one = check_one(run, o->argv[i]);

        worst = one > worst ? one : worst;
    }
    return worst;
}

extern const struct bolt_front bolt_front_check;
const struct bolt_front bolt_front_check = {
    .name = "check",
    .synopsis =
        "[--policy FILE] [--format text|json] [--diff] [--as config|bundle|process] INPUT...",
    .summary = "judge bundles, config.json files and exec's process files; '-' is standard input",
    .options = BOLT_OPTION_POLICY | BOLT_OPTION_FORMAT | BOLT_OPTION_DIFF | BOLT_OPTION_AS,
    .learn = learn,
    .command = check,
};
