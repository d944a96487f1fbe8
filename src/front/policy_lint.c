/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy lint`: what is unwise in a policy, and what a log says nobody needs of it. */
#include "decide/usage.h"
#include "front/load.h"
#include "front/log.h"
#include "front/policy.h"
#include "io/say.h"
#include "io/tail.h"

#define DAYS_MAX 36500
#define MANY_EXCEPTIONS 300 /* a third of a millisecond each start: docs/performance.md */

static int take_days(const struct bolt_options *o, unsigned *out, struct bolt_err *err)
{
    uint64_t days = BOLT_LINT_DAYS;

    if (o->days != NULL &&
        (!bolt_bytes_to_u64(bolt_bytes_of(o->days), &days) || days == 0 || days > DAYS_MAX)) {
        return bolt_fail(err, BOLT_ERR_USAGE, "--days takes a number from 1 to %d", DAYS_MAX);
    }
    *out = (unsigned)days;
    return 0;
}

static int print(const struct bolt_run *run, const struct bolt_bytes *lines, size_t count,
                 struct bolt_err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct bolt_bytes line =
            bolt_printf(run->arena, "%.*s: %.*s\n", BOLT_FMT(run->policy_file), BOLT_FMT(lines[i]));

        if (bolt_run_print(line, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int note_log(const struct bolt_run *run, struct bolt_usage *usage, struct bolt_err *err)
{
    struct bolt_bytes line;
    struct bolt_bytes log;
    bool whole;

    if (bolt_tail_load(run->arena, run->options->log, &log, &whole, err) != 0) {
        return -1;
    }
    while (bolt_log_next(&log, &line)) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = bolt_log_record(arena, line);

        if (doc != NULL) {
            bolt_usage_note(usage, doc);
        }
    }
    return 0;
}

/* What the log says; nothing without one. */
static int lint_usage(const struct bolt_run *run, int64_t now, unsigned days,
                      const struct bolt_bytes **lines, size_t *count, struct bolt_err *err)
{
    struct bolt_usage *usage =
        bolt_usage_new(run->arena, &run->policy, now - (int64_t)days * BOLT_DAY_SECONDS);

    if (run->options->log == NULL) {
        return 0;
    }
    if (note_log(run, usage, err) != 0) {
        return -1;
    }
    *count = bolt_usage_lint(usage, now, days, lines);
    return 0;
}

/* What is to be said of the index: nothing, or a line. */
static size_t lint_index(const struct bolt_run *run, struct bolt_bytes *line)
{
    struct bolt_bytes why = {0};
    enum bolt_index_state state = bolt_run_try_index(run, &why);

    if (state == BOLT_INDEX_UNUSED) {
        *line = bolt_printf(run->arena,
                            "the index '%s' is not used (%.*s): each start reads all exceptions; "
                            "'drawbolt policy index' makes it anew",
                            bolt_run_index_path(run), BOLT_FMT(why));
        return 1;
    }
    if (state == BOLT_INDEX_ABSENT && run->policy.exception_count > MANY_EXCEPTIONS) {
        *line = bolt_printf(run->arena,
                            "%zu exceptions, and no index: each start reads all of them; "
                            "'drawbolt policy index' makes one",
                            run->policy.exception_count);
        return 1;
    }
    return 0;
}

enum bolt_exit bolt_policy_lint_run(struct bolt_run *run)
{
    const struct bolt_bytes *lines = NULL;
    const struct bolt_bytes *used = NULL;
    struct bolt_bytes of_index = {0};
    int64_t now = bolt_clock_seconds();
    struct bolt_err err = {0};
    size_t used_count = 0;
    size_t index_count;
    unsigned days = 0;
    size_t count;

    if (take_days(run->options, &days, &err) != 0 ||
        lint_usage(run, now, days, &used, &used_count, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    count = bolt_policy_lint(run->arena, &run->policy, now, days, &lines);
    index_count = lint_index(run, &of_index);
    if (print(run, lines, count, &err) != 0 || print(run, &of_index, index_count, &err) != 0 ||
        print(run, used, used_count, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return count + index_count + used_count == 0 ? BOLT_EXIT_ALLOW : BOLT_EXIT_REFUSED;
}
