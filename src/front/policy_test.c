/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy test`: the test cases beside a policy. */
#include <string.h>

#include "decide/trial.h"
#include "emit/trials.h"
#include "front/policy.h"
#include "io/file.h"
#include "io/say.h"
#include "io/trusted.h"

#define SECONDS_PER_CASE 30

/* "tests" beside the policy. */
static const char *tests_beside(struct bolt_arena *arena, const char *policy)
{
    const char *slash = strrchr(policy, '/');

    return bolt_printf(arena, "%.*stests", slash == NULL ? 0 : (int)(slash - policy) + 1, policy)
        .at;
}

/* The file that a case names, from where the case is. */
static int load_subject(struct bolt_arena *arena, const struct bolt_trial *trial, const char *dir,
                        struct bolt_bytes *text, struct bolt_err *err)
{
    struct bolt_bytes file = trial->file;

    if (file.len == 0) {
        return 0;
    }
    file = file.at[0] == '/' ? file : bolt_printf(arena, "%s/%.*s", dir, BOLT_FMT(file));
    return bolt_file_load(arena, bolt_bytes_cstr(arena, file), BOLT_ERR_INPUT, text, err);
}

static int run_case(const struct bolt_run *run, const char *dir, struct bolt_trial_report *report,
                    struct bolt_err *err)
{
    const char *path = bolt_printf(run->arena, "%s/%.*s", dir, BOLT_FMT(report->file)).at;
    struct bolt_bytes subject = {0};
    struct bolt_trial trial;
    const struct bolt_doc *doc;
    struct bolt_bytes text;

    if (bolt_file_load(run->arena, path, BOLT_ERR_INPUT, &text, err) != 0 ||
        bolt_doc_parse(run->arena, text, BOLT_DIALECT_COMMENTS, &doc, err) != 0 ||
        bolt_trial_read(doc, &trial, err) != 0) {
        return -1;
    }
    report->name = trial.name;
    return load_subject(run->arena, &trial, dir, &subject, err) != 0
               ? -1
               : bolt_trial_run(run->arena, &trial, subject, &run->policy, bolt_clock_seconds(),
                                &report->lines, &report->line_count, err);
}

static void run_one(const struct bolt_run *run, const char *dir, struct bolt_trial_report *report)
{
    struct bolt_err err = {0};

    bolt_process_deadline(SECONDS_PER_CASE);
    if (run_case(run, dir, report, &err) != 0) {
        struct bolt_bytes *line = bolt_new(run->arena, struct bolt_bytes);

        *line = bolt_printf(run->arena, "%s", err.text);
        report->result = BOLT_TRIAL_ERROR;
        report->lines = line;
        report->line_count = 1;
        return;
    }
    report->result = report->line_count == 0 ? BOLT_TRIAL_PASSED : BOLT_TRIAL_FAILED;
}

static int run_all(const struct bolt_run *run, const char *dir, struct bolt_trials *out,
                   struct bolt_err *err)
{
    const char *const *names = NULL;
    struct bolt_trial_report *reports;
    size_t count = 0;

    if (bolt_trusted_list(run->arena, dir, "", ".json", &names, &count, err) != 0) {
        return bolt_fail_in(err, "tests '%s'", dir);
    }
    if (count == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: there is no test case", dir);
    }
    reports = bolt_new_n(run->arena, struct bolt_trial_report, count);
    for (size_t i = 0; i < count; i++) {
        reports[i].file = bolt_bytes_of(names[i]);
        run_one(run, dir, &reports[i]);
    }
    *out = (struct bolt_trials){run->policy_file, reports, count};
    return 0;
}

static struct bolt_bytes emit(const struct bolt_run *run, const struct bolt_trials *trials)
{
    switch (run->options->format) {
    case BOLT_FORMAT_TEXT:
        return bolt_emit_trials(run->arena, trials);
    case BOLT_FORMAT_JSON:
        return bolt_emit_trials_json(run->arena, trials);
    case BOLT_FORMAT_JUNIT:
        return bolt_emit_trials_junit(run->arena, trials);
    }
    return bolt_emit_trials(run->arena, trials);
}

enum bolt_exit bolt_policy_test_run(struct bolt_run *run)
{
    const char *policy = run->options->policy != NULL ? run->options->policy : BOLT_POLICY_FILE;
    struct bolt_trials trials;
    struct bolt_err err = {0};

    if (run_all(run, tests_beside(run->arena, policy), &trials, &err) != 0 ||
        bolt_run_print(emit(run, &trials), &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    if (bolt_trials_count(&trials, BOLT_TRIAL_ERROR) != 0) {
        return BOLT_EXIT_INPUT;
    }
    return bolt_trials_count(&trials, BOLT_TRIAL_FAILED) == 0 ? BOLT_EXIT_ALLOW : BOLT_EXIT_REFUSED;
}
