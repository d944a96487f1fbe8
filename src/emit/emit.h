/* SPDX-License-Identifier: Apache-2.0 */
/* Decision -> bytes, for people and for machines. Pure. */
#pragma once

#include "decide/decide.h"

/* A file of exceptions beside the policy. */
struct bolt_drop_in {
    struct bolt_bytes file;
    struct bolt_bytes text;
};

/* What a record says besides the decision. */
struct bolt_record {
    struct bolt_bytes time; /* RFC 3339, UTC */
    const char *version;
    struct bolt_point point;
    const char *runtime;           /* "" if not known */
    struct bolt_bytes input_name;  /* the file, or "config.json on standard input" */
    struct bolt_bytes policy_file; /* "(built-in)" where no file applies */
    struct bolt_bytes policy_text;
    struct bolt_bytes policy_sha256; /* empty: not known yet */
    const struct bolt_drop_in *drop_ins;
    size_t drop_in_count;
    struct bolt_bytes drop_ins_sha256; /* the same */
    struct bolt_bytes input;
    uint64_t duration_us;
    const struct bolt_policy *policy;     /* NULL if the run failed before it was loaded */
    const struct bolt_facts *facts;       /* NULL if the run failed before they were known */
    const struct bolt_case *judged;       /* NULL: the record cannot be replayed */
    const struct bolt_decision *decision; /* NULL: the run failed, and @error says why */
    struct bolt_bytes error;
    struct bolt_named id; /* where facts are not known: the container's id if there is one */
};

/* One digest for all of them, of each file's name, a NUL and its text: a record for each of many
 * containers cannot name each of many files. */
struct bolt_bytes bolt_drop_ins_sha256(struct bolt_arena *arena, const struct bolt_drop_in *list,
                                       size_t count);

/* One line of the decision log, with its newline: schemas/decision.schema.json. */
struct bolt_bytes bolt_emit_record(struct bolt_arena *arena, const struct bolt_record *record);

/* The sentence of a refusal, without "drawbolt: " and newline: the first finding that refuses. */
struct bolt_bytes bolt_emit_refusal(struct bolt_arena *arena, const struct bolt_record *record);

/* The report of `drawbolt check` for one input, with newlines. */
struct bolt_bytes bolt_emit_report(struct bolt_arena *arena, const struct bolt_record *record);

/* What the edits change, as a diff for people: place by place, '-' what goes, '+' what comes. */
struct bolt_bytes bolt_emit_diff(struct bolt_arena *arena, const struct bolt_facts *facts,
                                 const struct bolt_decision *decision);
