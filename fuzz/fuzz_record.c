/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the record or the test case: nothing crashes, and what is read of a record and written
 * again is read and decided as the same.
 */
#include <stdint.h>
#include <string.h>

#include "decide/replay.h"
#include "decide/trial.h"
#include "emit/emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

/* The record of what @text tells, decided once more; empty if it tells nothing. */
static struct bolt_bytes again(struct bolt_arena *arena, struct bolt_bytes text,
                               const struct bolt_policy *policy)
{
    const struct bolt_doc *doc;
    struct bolt_replay replay;
    struct bolt_replayed out;
    struct bolt_record record = {.version = "", .runtime = "", .policy = policy};
    struct bolt_decision decision;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_replay_read(arena, doc, bolt_doc_root(doc), &replay, &err) != 0) {
        demand(err.kind == BOLT_ERR_INPUT && err.text[0] != '\0');
        return (struct bolt_bytes){0};
    }
    demand(bolt_replay_decide(arena, &replay, policy, &out, &err) == 0);
    if (out.filter_untold || out.ports_untold || out.at_best != NULL) {
        return (struct bolt_bytes){0};
    }
    decision = *out.decision;
    decision.edit_count = 0; /* they need the document */
    record.time = BOLT_LIT("2027-03-31T12:00:00.000Z");
    record.point = replay.point;
    record.facts = &replay.facts;
    record.judged = &out.c;
    record.decision = &decision;
    return bolt_emit_record(arena, &record);
}

static void try_case(struct bolt_arena *arena, struct bolt_bytes text,
                     const struct bolt_policy *policy)
{
    const struct bolt_bytes *lines = NULL;
    const struct bolt_doc *doc;
    struct bolt_trial trial;
    struct bolt_err err = {0};
    size_t count = 0;

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_COMMENTS, &doc, &err) != 0 ||
        bolt_trial_read(doc, &trial, &err) != 0) {
        return;
    }
    if (bolt_trial_run(arena, &trial, BOLT_LIT("{}"), policy, 0, &lines, &count, &err) != 0) {
        demand(err.kind == BOLT_ERR_INPUT && err.text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_bytes text = {(const char *)data, size};
    struct bolt_policy policy;
    struct bolt_bytes once;
    struct bolt_bytes twice;
    struct bolt_err err = {0};

    demand(bolt_policy_parse(arena, bolt_policy_builtin(), &policy, &err) == 0);
    try_case(arena, text, &policy);
    once = again(arena, text, &policy);
    if (once.len == 0 || memmem(once.at, once.len, "\"facts\":", 8) == NULL) {
        return 0; /* larger than a record keeps */
    }
    twice = again(arena, once, &policy);
    demand(bolt_bytes_equal(once, twice));
    return 0;
}
