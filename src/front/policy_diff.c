/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy diff`: which recorded decisions another policy would have made otherwise. */
#include "emit/policy_diff.h"
#include "base/hash.h"
#include "front/log.h"
#include "front/policy.h"
#include "io/tail.h"

struct differ {
    const struct bolt_run *run;
    const struct bolt_policy *before;
    const struct bolt_policy *after;
    struct bolt_policy_diff diff;
    struct bolt_buf out; /* text, or JSON objects */
};

static void add(struct differ *d, struct bolt_arena *arena, const struct bolt_replay *replay,
                struct bolt_bytes time, const struct bolt_change *change)
{
    if (d->run->options->format == BOLT_FORMAT_TEXT) {
        bolt_buf_add(&d->out, bolt_emit_change(arena, replay, time, change));
        return;
    }
    bolt_buf_adds(&d->out, d->out.len == 0 ? "" : ",");
    bolt_buf_add(&d->out, bolt_emit_change_json(arena, replay, time, change));
}

static int judge(struct differ *d, struct bolt_arena *arena, const struct bolt_doc *doc,
                 struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    struct bolt_replayed before;
    struct bolt_replayed after;
    struct bolt_replay replay;
    struct bolt_change change;
    struct bolt_err older = {0};

    if (bolt_replay_read(arena, doc, root, &replay, &older) != 0) {
        d->diff.not_replayable++;
        return 0;
    }
    if (bolt_replay_decide(arena, &replay, d->before, &before, err) != 0 ||
        bolt_replay_decide(arena, &replay, d->after, &after, err) != 0) {
        return -1;
    }
    change = bolt_change_between(arena, &before, &after);
    if (bolt_change_is_known(&change)) {
        d->diff.different++;
    } else if (bolt_change_is_untold(&change)) {
        d->diff.untold++;
    } else {
        d->diff.same++;
        return 0;
    }
    add(d, arena, &replay, bolt_log_text(doc, root, "time"), &change);
    return 0;
}

static int judge_line(struct differ *d, struct bolt_bytes line, struct bolt_err *err)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc = bolt_log_record(arena, line);

    if (doc == NULL) {
        d->diff.broken++;
        return 0;
    }
    return judge(d, arena, doc, err);
}

static int judge_log(struct differ *d, struct bolt_err *err)
{
    const char *file = d->run->options->log;
    struct bolt_bytes log;
    struct bolt_bytes line;

    if (bolt_tail_load(d->run->arena, file, &log, &d->diff.whole, err) != 0) {
        return -1;
    }
    while (bolt_log_next(&log, &line)) {
        if (judge_line(d, line, err) != 0) {
            return -1;
        }
    }
    return d->diff.same + d->diff.different + d->diff.untold != 0
               ? 0
               : bolt_fail(err, BOLT_ERR_INPUT,
                           "%s: no decision that could be made once more (%zu records do not tell "
                           "what was decided on, %zu lines are no records)",
                           file, d->diff.not_replayable, d->diff.broken);
}

static int print(struct differ *d, struct bolt_err *err)
{
    struct bolt_arena *arena = d->run->arena;
    struct bolt_bytes changes = bolt_buf_bytes(&d->out);

    if (d->run->options->format == BOLT_FORMAT_JSON) {
        return bolt_run_print(bolt_emit_policy_diff_json(arena, &d->diff, changes), err);
    }
    return bolt_run_print(changes, err) != 0
               ? -1
               : bolt_run_print(bolt_emit_policy_diff(arena, &d->diff), err);
}

static struct bolt_policy_name name_of(const struct bolt_run *run)
{
    return (struct bolt_policy_name){run->policy_file,
                                     bolt_sha256_hex(run->arena, run->policy_text)};
}

enum bolt_exit bolt_policy_diff_run(struct bolt_run *run)
{
    const struct bolt_options *o = run->options;
    struct differ d = {.run = run, .out = {.arena = run->arena}};
    struct bolt_err err = {0};
    struct bolt_run before;
    struct bolt_run after;

    if (o->argc != 3 || o->log == NULL) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "policy diff takes two policies and --log FILE");
        return bolt_run_fail(run, &err);
    }
    if (bolt_policy_load_as(run, o->argv[1], &before, &err) != 0 ||
        bolt_policy_load_as(run, o->argv[2], &after, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    d.before = &before.policy;
    d.after = &after.policy;
    d.diff.before = name_of(&before);
    d.diff.after = name_of(&after);
    d.diff.log = bolt_bytes_of(o->log);
    if (judge_log(&d, &err) != 0 || print(&d, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return d.diff.different == 0 && d.diff.untold == 0 ? BOLT_EXIT_ALLOW : BOLT_EXIT_REFUSED;
}
