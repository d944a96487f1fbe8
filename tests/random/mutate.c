/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a bug of the merge found by the proof? Bugs are planted into merged profiles; each must be
 * refused, with a counterexample that running the programs confirms. One that survives must make
 * no difference on thousands of inputs.
 *
 * The table says how many places a bug was planted in and what came of it: refused, no program
 * (libseccomp refuses the rules), the same (no input tells it from the right one), or within the
 * promise (told apart, but still what seccomp.h promises for the fit that is then proved).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "judge.h"
#include "mutants.h"
#include "raw_of.h"
#include "seccomp/prove.h"

#define SITES_MAX 64

/* libseccomp forgets memory where it refuses a rule. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libseccomp";
}

#define TRIO "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"
#define ALLOWLIST                                                                                  \
    "{\"defaultAction\":\"SCMP_ACT_ERRNO\"," TRIO ",\"syscalls\":[{\"names\":[\"read\",\"write\"," \
    "\"futex\",\"connect\",\"bind\",\"socketcall\",\"io_uring_setup\"],"                           \
    "\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\","        \
    "\"args\":[{\"index\":0,\"value\":16,\"op\":\"SCMP_CMP_EQ\"},"                                 \
    "{\"index\":2,\"value\":9,\"op\":\"SCMP_CMP_NE\"}]},{\"names\":[\"socket\"],"                  \
    "\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":11,"                           \
    "\"op\":\"SCMP_CMP_LT\"}]}]}"
#define OPEN                                                                                       \
    "{\"defaultAction\":\"SCMP_ACT_ALLOW\"," TRIO ",\"syscalls\":[{\"names\":[\"mount\","          \
    "\"umount2\",\"ptrace\"],\"action\":\"SCMP_ACT_ERRNO\"},{\"names\":[\"socket\"],"              \
    "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":97,\"args\":[{\"index\":0,\"value\":38,"           \
    "\"op\":\"SCMP_CMP_EQ\"}]}]}"

static const struct {
    const char *label;
    const char *recorded; /* or */
    const char *text;
} profiles[] = {
    {"docker", "docker-default", NULL}, {"podman", "podman-default", NULL}, {"none", NULL, "null"},
    {"allow-list", NULL, ALLOWLIST},    {"default-allow", NULL, OPEN},
};

enum fate { REFUSED, NO_PROGRAM, SAME, WITHIN, SURVIVED, FATES };

struct bench {
    struct bolt_arena *arena;
    const char *label;
    struct spec before;
    struct spec after;
    bool filter; /* there was one before */
    struct bolt_bpf p;
    struct bolt_bpf n;
    enum bolt_seccomp_fit fit;
    size_t seen; /* of the refused bugs, how many many inputs show too */
};

static const struct bolt_seccomp_denial denial = {
    .errnum = 1, .socketcall = true, .io_uring = true};

/* --- a profile, merged ------------------------------------------------------------------ */

static BOLT_NORETURN void give_up(const char *label, const char *why)
{
    printf("FAILED: %s: %s\n", label, why);
    exit(1);
}

static bool prove(struct bolt_arena *arena, const struct bench *b, struct bolt_bpf n,
                  struct bolt_proof *out)
{
    const struct bolt_claim claim = {.p = b->filter ? &b->p : NULL,
                                     .n = n,
                                     .raw = raw_of(&denial, b->before.default_action),
                                     .beyond = b->before.default_action};
    struct bolt_err err = {0};

    if (bolt_prove(arena, bolt_dds_new(arena, BOLT_DD_FINE), &claim, out, &err) != 0) {
        printf("FAILED: %s: %s\n", b->label, err.text);
        return false;
    }
    return true;
}

static struct bench set_up(struct bolt_arena *arena, size_t i)
{
    const char *text = profiles[i].text;
    const char *after;
    struct bench b = {.arena = arena, .label = profiles[i].label};
    struct bolt_proof proof = {.fit = BOLT_SECCOMP_UNPROVED};
    struct bolt_err err = {0};

    if (text == NULL) {
        text = spec_recorded(arena, profiles[i].recorded);
        if (text == NULL) {
            give_up(b.label, "BOLT_TESTS is not set");
        }
    }
    b.before = spec_read(arena, text);
    b.before.default_action = strcmp(text, "null") == 0 ? BOLT_ACT_ALLOW : b.before.default_action;
    b.before.denial = denial;
    b.filter = strcmp(text, "null") != 0;
    after = judge_merged(arena, text, &denial, &err);
    if (after == NULL) {
        give_up(b.label, err.text);
    }
    b.after = spec_read(arena, after);
    if ((b.filter && !judge_compile(arena, spec_text(arena, &b.before), false, &b.p, &err)) ||
        !judge_compile(arena, spec_text(arena, &b.after), false, &b.n, &err) ||
        !prove(arena, &b, b.n, &proof) || proof.fit == BOLT_SECCOMP_UNPROVED) {
        give_up(b.label, "what the merge made is not proved");
    }
    b.fit = proof.fit;
    return b;
}

/* --- a bug ------------------------------------------------------------------------------ */

/* Run anew, with the words of the tests (judge.c). */
static bool is_confirmed(const struct bench *b, struct bolt_bpf n, const struct bolt_proof *proof)
{
    uint32_t p = b->filter ? bolt_bpf_run(b->p, &proof->input) : BOLT_ACT_ALLOW;
    uint32_t wanted = judge_wanted(&b->before, p, &proof->input);

    return bolt_bpf_run(n, &proof->input) == proof->answer && proof->wanted == wanted &&
           proof->answer != wanted;
}

/* Two programs that many inputs do not tell apart. */
static bool is_same(const struct bench *b, struct bolt_bpf n)
{
    struct trial trial = {.spec = &b->before,
                          .promise = {.fit = BOLT_SECCOMP_EXACT},
                          .p = {b->n},
                          .n = {n},
                          .count = 1};
    char why[WHY_SIZE] = "";

    return judge_trial(&trial, 7, why) && judge_trial(&trial, 99, why);
}

/* Whether running the program on many inputs shows the bug too. It need not; but were it seldom so,
 * neither this nor the test of random profiles would say much. */
static bool is_seen(const struct bench *b, struct bolt_bpf n)
{
    struct trial trial = {.spec = &b->before,
                          .promise = {.fit = b->fit, .compact = true},
                          .p = {b->p},
                          .n = {n},
                          .count = 1};
    char why[WHY_SIZE] = "";

    return !judge_trial(&trial, 7, why);
}

static bool is_within(const struct bench *b, struct bolt_bpf n, const struct bolt_proof *proof)
{
    struct trial trial = {.spec = &b->before,
                          .promise = {.fit = proof->fit, .compact = proof->compact},
                          .p = {b->p},
                          .n = {n},
                          .count = 1};
    char why[WHY_SIZE] = "";

    if (judge_trial(&trial, 7, why)) {
        return true;
    }
    printf("FAILED: %s: proved, but %s\n", b->label, why);
    return false;
}

static enum fate judge_mutant(struct bench *b, const struct spec *spec, char *note, size_t size)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_proof proof = {.fit = BOLT_SECCOMP_UNPROVED};
    struct bolt_err err = {0};
    struct bolt_bpf n;

    if (!judge_compile(arena, spec_text(arena, spec), false, &n, &err)) {
        return NO_PROGRAM;
    }
    if (!prove(arena, b, n, &proof)) {
        return SURVIVED;
    }
    if (proof.fit == BOLT_SECCOMP_UNPROVED) {
        (void)snprintf(note, size, "call %u of 0x%x (0x%llx, 0x%llx, 0x%llx): 0x%x, not 0x%x",
                       proof.input.nr, proof.input.arch, (unsigned long long)proof.input.args[0],
                       (unsigned long long)proof.input.args[1],
                       (unsigned long long)proof.input.args[2], proof.answer, proof.wanted);
        b->seen += is_seen(b, n);
        return is_confirmed(b, n, &proof) ? REFUSED : SURVIVED;
    }
    if (is_same(b, n)) {
        return SAME;
    }
    return is_within(b, n, &proof) ? WITHIN : SURVIVED;
}

/* --- the table -------------------------------------------------------------------------- */

static void plant_everywhere(struct bench *b, const struct mutant *mutant, size_t fates[FATES])
{
    for (size_t site = 0; site < SITES_MAX; site++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct spec spec = spec_copy(arena, &b->after);
        char note[200] = "";
        enum fate fate;

        if (!mutant->plant(arena, &b->before, &spec, site)) {
            return;
        }
        fate = judge_mutant(b, &spec, note, sizeof note);
        fates[fate]++;
        if (fate == SURVIVED || fate == SAME || fate == WITHIN) {
            printf("  %s, %s, place %zu: %s\n", b->label, mutant->name, site,
                   fate == SURVIVED ? "SURVIVED"
                   : fate == SAME   ? "the same on all inputs tried"
                                    : "within the promise");
        } else if (site == 0 && fate == REFUSED) {
            printf("  %s, %s: refused: %s\n", b->label, mutant->name, note);
        }
    }
}

static void print_row(const char *name, const char *what, const size_t fates[FATES])
{
    printf("%-20s %4zu %4zu %4zu %4zu %4zu  %s\n", name, fates[REFUSED], fates[NO_PROGRAM],
           fates[SAME], fates[WITHIN], fates[SURVIVED], what);
}

int main(void)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    size_t table[MUTANTS_MAX][FATES] = {{0}};
    size_t all[FATES] = {0};
    size_t seen = 0;
    int status = 0;

#if !defined(__x86_64__)
    printf("skipped: the profiles name x86's ABIs\n");
    return 77;
#endif
    for (size_t i = 0; i < BOLT_LEN(profiles); i++) {
        struct bench b = set_up(arena, i);

        for (size_t j = 0; j < mutant_count; j++) {
            plant_everywhere(&b, &mutants[j], table[j]);
        }
        seen += b.seen;
    }
    printf("%-20s %4s %4s %4s %4s %4s\n", "bug", "ref.", "none", "same", "ok", "LIVE");
    for (size_t j = 0; j < mutant_count; j++) {
        const size_t *fates = table[j];

        print_row(mutants[j].name, mutants[j].what, fates);
        if (fates[SURVIVED] != 0 || (mutants[j].harmless == NULL && fates[REFUSED] == 0)) {
            printf("FAILED: %s is not refused\n", mutants[j].name);
            status = 1;
        }
        for (size_t fate = 0; fate < FATES; fate++) {
            all[fate] += fates[fate];
        }
    }
    print_row("all", "", all);
    printf("%zu of the %zu refused are seen by running programs, too\n", seen, all[REFUSED]);
    if (seen * 10 < all[REFUSED] * 9) {
        printf("FAILED: running programs shows too little\n");
        status = 1;
    }
    return status;
}
