/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/policy_diff.h"

#include "decide/rule.h"
#include "json/write.h"

/* --- text ------------------------------------------------------------------------------- */

static void add_findings(struct bolt_buf *out, char sign, const struct bolt_finding **list,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bolt_buf_addf(out, "  %c %-8s %s: %.*s\n", sign, bolt_action_name(list[i]->action),
                      list[i]->rule->id, BOLT_FMT(list[i]->text));
    }
}

struct bolt_bytes bolt_emit_change(struct bolt_arena *arena, const struct bolt_replay *replay,
                                   struct bolt_bytes time, const struct bolt_change *change)
{
    const struct bolt_identity *who = &replay->facts.who;
    struct bolt_bytes name = bolt_printable(arena, who->name.value);
    struct bolt_bytes id = bolt_printable(arena, who->id.value);
    struct bolt_buf out = {.arena = arena};

    bolt_buf_addf(&out, "%.*s %.*s", BOLT_FMT(bolt_printable(arena, time)),
                  BOLT_FMT(bolt_printable(arena, bolt_bytes_of(replay->point.name))));
    if (id.len != 0) {
        bolt_buf_addf(&out, " %.*s", id.len > 12 ? 12 : (int)id.len, id.at);
    }
    if (name.len != 0) {
        bolt_buf_addf(&out, " (%.*s)", BOLT_FMT(name));
    }
    bolt_buf_addf(&out, ": %s -> %s\n", bolt_outcome_name(change->before),
                  bolt_outcome_name(change->after));
    add_findings(&out, '-', change->gone, change->gone_count);
    add_findings(&out, '+', change->come, change->come_count);
    if (change->filter_untold) {
        bolt_buf_adds(&out, "  ? raw-sockets: cannot be told from the record: what becomes of the "
                            "seccomp profile under these settings\n");
    }
    if (change->ports_untold) {
        bolt_buf_adds(&out, "  ? host-port-privileged, host-port-not-allowed, "
                            "container-port-privileged: cannot be told from the record: which "
                            "ports an annotation tells\n");
    }
    if (change->identity_untold) {
        bolt_buf_adds(&out, "  ? exec-capability: cannot be told from the record: whose exec it is "
                            "was not asked for, and exceptions are about that\n");
    }
    return bolt_buf_bytes(&out);
}

static size_t replayed(const struct bolt_policy_diff *diff)
{
    return diff->same + diff->different + diff->untold;
}

struct bolt_bytes bolt_emit_policy_diff(struct bolt_arena *arena,
                                        const struct bolt_policy_diff *diff)
{
    struct bolt_buf out = {.arena = arena};

    bolt_buf_addf(&out,
                  "%zu decisions: %zu as before, %zu otherwise, %zu that cannot be told from the "
                  "record\n",
                  replayed(diff), diff->same, diff->different, diff->untold);
    if (diff->not_replayable != 0 || diff->broken != 0) {
        bolt_buf_addf(&out,
                      "left out: %zu records that do not tell what was decided on, %zu lines "
                      "that are no records\n",
                      diff->not_replayable, diff->broken);
    }
    if (!diff->whole) {
        bolt_buf_adds(&out, "left out: the log's older part, only its last 16 MiB were read\n");
    }
    return bolt_buf_bytes(&out);
}

/* --- JSON ------------------------------------------------------------------------------- */

static void add_list(struct bolt_json *json, const char *name, const struct bolt_finding **list,
                     size_t count)
{
    bolt_json_open(json, name, '[');
    for (size_t i = 0; i < count; i++) {
        bolt_json_open(json, NULL, '{');
        bolt_json_cstr(json, "rule", list[i]->rule->id);
        bolt_json_string(json, "subject", list[i]->subject);
        bolt_json_string(json, "text", list[i]->text);
        bolt_json_cstr(json, "action", bolt_action_name(list[i]->action));
        if (list[i]->exception != NULL) {
            bolt_json_string(json, "exception", list[i]->exception->id);
        } else {
            bolt_json_raw(json, "exception", BOLT_LIT("null"));
        }
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
}

struct bolt_bytes bolt_emit_change_json(struct bolt_arena *arena, const struct bolt_replay *replay,
                                        struct bolt_bytes time, const struct bolt_change *change)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_string(&json, "time", time);
    bolt_json_cstr(&json, "point", replay->point.name);
    bolt_json_string(&json, "id", replay->facts.who.id.value);
    bolt_json_string(&json, "name", replay->facts.who.name.value);
    bolt_json_cstr(&json, "old", bolt_outcome_name(change->before));
    bolt_json_cstr(&json, "new", bolt_outcome_name(change->after));
    add_list(&json, "gone", change->gone, change->gone_count);
    add_list(&json, "come", change->come, change->come_count);
    bolt_json_open(&json, "untold", '[');
    if (change->filter_untold) {
        bolt_json_cstr(&json, NULL, "filter");
    }
    if (change->ports_untold) {
        bolt_json_cstr(&json, NULL, "ports");
    }
    if (change->identity_untold) {
        bolt_json_cstr(&json, NULL, "identity");
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    return bolt_buf_bytes(&out);
}

static void add_policy(struct bolt_json *json, const char *name,
                       const struct bolt_policy_name *policy)
{
    bolt_json_open(json, name, '{');
    bolt_json_string(json, "file", policy->file);
    bolt_json_string(json, "sha256", policy->sha256);
    bolt_json_close(json, '}');
}

struct bolt_bytes bolt_emit_policy_diff_json(struct bolt_arena *arena,
                                             const struct bolt_policy_diff *diff,
                                             struct bolt_bytes changes)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    add_policy(&json, "old", &diff->before);
    add_policy(&json, "new", &diff->after);
    bolt_json_string(&json, "log", diff->log);
    bolt_json_bool(&json, "whole", diff->whole);
    bolt_json_u64(&json, "same", diff->same);
    bolt_json_u64(&json, "different", diff->different);
    bolt_json_u64(&json, "untold", diff->untold);
    bolt_json_u64(&json, "notReplayable", diff->not_replayable);
    bolt_json_u64(&json, "broken", diff->broken);
    bolt_json_raw(&json, "changes", bolt_printf(arena, "[%.*s]", BOLT_FMT(changes)));
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}
