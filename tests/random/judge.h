/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a merged profile keeps the merge's promise, found out by running whole programs on many
 * inputs. It shares nothing with the proof but the interpreter of programs: no diagram, and words
 * of its own for what is stricter, what is raw, what is denied and what seccomp.h excuses.
 */
#pragma once

#include "seccomp/bpf.h"
#include "seccomp/seccomp.h"
#include "spec.h"

enum judged {
    JUDGED_NOTHING = 0,
    JUDGED_EXACT,
    JUDGED_TIGHT,
    JUDGED_MISALIGN,
    JUDGED_STRICTER, /* as it was asked for */
    JUDGED_DENIED,
    JUDGED_REFUSED, /* with a reason */
    JUDGED_INVALID, /* libseccomp makes no filter of it */
    JUDGED_TIMEOUT, /* libseccomp does not end */
    JUDGED_BROKEN,  /* the promise is not kept */
    JUDGED_KINDS,
};

extern const char *const judged_names[JUDGED_KINDS];

/* What was promised, and the programs to hold it to: plain, and by binary tree where libseccomp
 * makes one. */
struct trial {
    const struct spec *spec;
    struct bolt_seccomp_result promise;
    struct bolt_bpf p[2];
    struct bolt_bpf n[2];
    size_t count;
};

#define WHY_SIZE 1024

/* Sanitizers take time. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWER 8
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

/* The merge of a profile, to the end; @why gets a sentence if it is BROKEN or REFUSED. */
enum judged judge_spec(struct bolt_arena *arena, const struct spec *spec, char why[WHY_SIZE]);

/* False, with a sentence in @why, if an input breaks the promise; @seed chooses inputs. */
bool judge_trial(const struct trial *trial, uint64_t seed, char why[WHY_SIZE]);

/* What is asked of N where P answers @p: the stricter of that and the denial. */
uint32_t judge_wanted(const struct spec *spec, uint32_t p, const struct bolt_input *in);

enum judged_way {
    WAY_SAME = 0,
    WAY_EXCUSED,  /* as every fit allows, exact ones included */
    WAY_STRICTER, /* or another errno */
    WAY_LOOSER,
};

/* How the first programs of a trial differ from what is wanted. */
enum judged_way judge_stricter(const struct trial *trial, const struct bolt_input *in);

/* Thousands of calls, most of them about sockets, near what the profile compares with; false at the
 * first that @visit returns false for. */
typedef bool judge_visit(void *data, const struct bolt_input *in);
bool judge_inputs(const struct spec *spec, uint64_t seed, judge_visit *visit, void *data);

/* The document with its profile merged, NULL with @err set if it is not. */
const char *judge_merged(struct bolt_arena *arena, const char *text,
                         const struct bolt_seccomp_denial *denial, struct bolt_err *err);

/* The whole program of a profile's text; false, with libseccomp's word in @err, if there is none.
 */
bool judge_compile(struct bolt_arena *arena, const char *text, bool binary_tree,
                   struct bolt_bpf *out, struct bolt_err *err);
