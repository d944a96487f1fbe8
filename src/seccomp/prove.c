/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For each architecture and each interval of numbers that the programs treat alike, the three
 * answers become diagrams of the arguments; equal answers are equal nodes. Where they are not, each
 * input gets a kind of difference, and the kinds that seccomp.h names are excused, input by input.
 */
#include "seccomp/prove.h"

#include <linux/net.h>

#include "seccomp/profile.h"

#define FAMILIES 64U    /* the kernel has fewer (NPROTO in <linux/net.h>: 46) */
#define SOCKETCALLS 32U /* likewise (SYS_SENDMMSG in <uapi/linux/net.h>: 20) */

/* How N differs from what is wanted. */
enum kind {
    SAME = 0,
    TIGHT,    /* excused */
    COMPACT,  /* excused */
    MISALIGN, /* excused */
    STRICTER,
    OTHER, /* both deny, with another errno */
    LOOSER,
    KINDS,
};

struct prover {
    struct bolt_arena *arena;
    struct bolt_dds *dds;
    const struct bolt_claim *claim;
    bool seen[KINDS];
    struct bolt_difference *differences;
    size_t difference_count;
};

/* --- leaves ----------------------------------------------------------------------------- */

uint32_t bolt_prove_stricter(uint32_t p, uint32_t q)
{
    return bolt_act_rank(q) < bolt_act_rank(p) ? q : p;
}

static uint32_t compare(uint32_t n, uint32_t wanted)
{
    if (n == wanted) {
        return SAME;
    }
    if (bolt_act_rank(n) < bolt_act_rank(wanted)) {
        return STRICTER;
    }
    return bolt_act_rank(n) == bolt_act_rank(wanted) && bolt_act_denies(n) ? OTHER : LOOSER;
}

static uint32_t is_same(uint32_t a, uint32_t b)
{
    return a == b;
}

static uint32_t is_denied(uint32_t action, uint32_t unused)
{
    (void)unused;
    return bolt_act_denies(action);
}

static bool is_excusable(uint32_t kind)
{
    return kind == STRICTER || kind == OTHER;
}

static uint32_t excuse_tight(uint32_t kind, uint32_t holds)
{
    return holds != 0 && is_excusable(kind) ? TIGHT : kind;
}

static uint32_t excuse_compact(uint32_t kind, uint32_t holds)
{
    return holds != 0 && kind == STRICTER ? COMPACT : kind;
}

static uint32_t excuse_misalign(uint32_t kind, uint32_t holds)
{
    return holds != 0 && is_excusable(kind) ? MISALIGN : kind;
}

static uint32_t excuse_errno(uint32_t kind, uint32_t holds)
{
    return holds != 0 && kind == OTHER ? MISALIGN : kind;
}

/* --- excuses ---------------------------------------------------------------------------- */

/* Of how many arguments the kernel takes the lower half only. */
static unsigned int_args(enum bolt_call call)
{
    return call == BOLT_CALL_SOCKET ? 3 : call == BOLT_CALL_SOCKETCALL ? 1 : 0;
}

/* Something in an upper half that the kernel does not look at, while P, shown what the kernel looks
 * at, denies or answers as N does. */
static bolt_dd tight_set(const struct prover *v, enum bolt_call call, bolt_dd p, bolt_dd n)
{
    bolt_dd seen = bolt_dd_truncate(v->dds, p, int_args(call));
    bolt_dd garbage = bolt_dd_leaf(v->dds, 0);

    for (unsigned arg = int_args(call); arg-- > 0;) {
        bolt_dd clean = bolt_dd_test(v->dds, arg * 2 + 1, UINT32_MAX, BOLT_TEST_EQ, 0);

        garbage = bolt_dd_or(v->dds, garbage, bolt_dd_not(v->dds, clean));
    }
    return bolt_dd_and(v->dds, garbage,
                       bolt_dd_or(v->dds, bolt_dd_apply(v->dds, is_denied, seen, seen),
                                  bolt_dd_apply(v->dds, is_same, n, seen)));
}

/* The set of inputs whose first argument is @limit, a power of two, or more. */
static bolt_dd beyond(const struct prover *v, uint32_t limit)
{
    return bolt_dd_test(v->dds, 0, ~(limit - 1), BOLT_TEST_SET, UINT32_MAX);
}

/* Families and calls by socketcall() that no kernel has get the default action. */
static bolt_dd excuse_beyond(const struct prover *v, bolt_dd kinds, bolt_dd n, uint32_t limit)
{
    bolt_dd by_default = bolt_dd_apply(v->dds, is_same, n, bolt_dd_leaf(v->dds, v->claim->beyond));

    return bolt_dd_apply(v->dds, excuse_compact, kinds,
                         bolt_dd_and(v->dds, beyond(v, limit), by_default));
}

static bolt_dd excuse(const struct prover *v, enum bolt_call call, bolt_dd kinds, bolt_dd p,
                      bolt_dd n)
{
    if (call == BOLT_CALL_SOCKET) {
        return excuse_beyond(v, kinds, n, FAMILIES);
    }
    if (call == BOLT_CALL_SOCKETCALL) {
        bolt_dd makes = bolt_dd_test(v->dds, 0, UINT32_MAX, BOLT_TEST_EQ, SYS_SOCKET);
        bolt_dd odd = bolt_dd_test(v->dds, 2, UINT32_MAX, BOLT_TEST_SET, 3);

        kinds = bolt_dd_apply(v->dds, excuse_misalign, kinds, bolt_dd_and(v->dds, makes, odd));
        kinds = bolt_dd_apply(v->dds, excuse_errno, kinds,
                              bolt_dd_and(v->dds, makes, bolt_dd_apply(v->dds, is_denied, p, p)));
        return excuse_beyond(v, kinds, n, SOCKETCALLS);
    }
    return kinds;
}

static bool is_stricter(const struct prover *v, enum bolt_call call, uint32_t kind)
{
    return v->claim->stricter && call != BOLT_CALL_OTHER && is_excusable(kind);
}

static uint32_t mark_excusable(uint32_t kind, uint32_t unused)
{
    (void)unused;
    return is_excusable(kind);
}

/* --- one call --------------------------------------------------------------------------- */

bool bolt_prove_diagram(struct bolt_arena *arena, struct bolt_dds *dds, const struct bolt_bpf *bpf,
                        const struct bolt_input *input, bolt_dd *out)
{
    if (bpf == NULL) {
        *out = bolt_dd_leaf(dds, BOLT_ACT_ALLOW);
        return true;
    }
    return bolt_bpf_diagram(arena, dds, *bpf, input, out);
}

/* The counterexample once more, by running the programs; that it is one is not left to the
 * diagrams. */
static int refute(const struct prover *v, const struct bolt_input *input, struct bolt_proof *out,
                  struct bolt_err *err)
{
    const struct bolt_claim *c = v->claim;
    uint32_t p = c->p == NULL ? BOLT_ACT_ALLOW : bolt_bpf_run(*c->p, input);

    *out = (struct bolt_proof){
        .fit = BOLT_SECCOMP_UNPROVED,
        .input = *input,
        .answer = bolt_bpf_run(c->n, input),
        .wanted = bolt_prove_stricter(p, bolt_raw_run(&c->raw, input)),
    };
    if (out->answer == out->wanted) {
        return bolt_fail(err, BOLT_ERR_INTERNAL, "a counterexample to the merged filter is none");
    }
    return 0;
}

static void add_difference(struct prover *v, const struct bolt_input *call, bolt_dd where)
{
    v->differences =
        bolt_arena_grow(v->arena, v->differences, v->difference_count, sizeof *v->differences);
    v->differences[v->difference_count++] = (struct bolt_difference){*call, where};
}

/* Sets @failed if there is a difference that nothing excuses. */
static int judge_arguments(struct prover *v, const struct bolt_input *call, struct bolt_proof *out,
                           bool *failed, struct bolt_err *err)
{
    const struct bolt_claim *c = v->claim;
    enum bolt_call which = bolt_abi_call(call->arch, call->nr, NULL);
    struct bolt_input input = *call;
    uint32_t kinds_seen[KINDS];
    size_t count;
    bolt_dd p;
    bolt_dd n;
    bolt_dd wanted;
    bolt_dd kinds;

    if (!bolt_prove_diagram(v->arena, v->dds, c->p, call, &p) ||
        !bolt_bpf_diagram(v->arena, v->dds, c->n, call, &n)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    wanted = bolt_dd_apply(v->dds, bolt_prove_stricter, p, bolt_raw_diagram(v->dds, &c->raw, call));
    if (!bolt_dds_full(v->dds) && bolt_dd_same(n, wanted)) {
        return 0;
    }
    kinds = bolt_dd_apply(v->dds, compare, n, wanted);
    if (int_args(which) != 0) {
        kinds = bolt_dd_apply(v->dds, excuse_tight, kinds, tight_set(v, which, p, n));
    }
    kinds = excuse(v, which, kinds, p, n);
    if (bolt_dds_full(v->dds)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    count = bolt_dd_values(v->dds, kinds, kinds_seen, KINDS);
    for (size_t i = 0; i < count; i++) {
        v->seen[kinds_seen[i]] = true;
    }
    for (unsigned kind = KINDS; kind-- > STRICTER;) {
        if (v->seen[kind] && !is_stricter(v, which, kind)) {
            (void)bolt_dd_find(v->dds, kinds, kind, input.args);
            *failed = true;
            return refute(v, &input, out, err);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (is_stricter(v, which, kinds_seen[i])) {
            add_difference(v, call, bolt_dd_apply(v->dds, mark_excusable, kinds, kinds));
            break;
        }
    }
    return 0;
}

static int judge_call(struct prover *v, const struct bolt_input *call, struct bolt_proof *out,
                      bool *failed, struct bolt_err *err)
{
    const struct bolt_claim *c = v->claim;
    uint32_t p = BOLT_ACT_ALLOW;
    uint32_t n;

    if (bolt_abi_call(call->arch, call->nr, NULL) != BOLT_CALL_OTHER ||
        (c->p != NULL && !bolt_bpf_constant(*c->p, call, &p)) ||
        !bolt_bpf_constant(c->n, call, &n)) {
        return judge_arguments(v, call, out, failed, err);
    }
    if (n != p) { /* for other calls Q allows */
        *failed = true;
        return refute(v, call, out, err);
    }
    return 0;
}

static int collect_points(struct bolt_arena *arena, const struct bolt_machine *machine,
                          const struct bolt_claim *claim, struct bolt_points *nrs,
                          struct bolt_err *err)
{
    if ((claim->p != NULL && bolt_bpf_points(arena, *claim->p, nrs, err) != 0) ||
        bolt_bpf_points(arena, claim->n, nrs, err) != 0) {
        return -1;
    }
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
            uint32_t nr = bolt_abi_number(machine->abis[i], call);

            bolt_points_add(arena, nrs, nr);
            bolt_points_add(arena, nrs, nr + 1);
        }
    }
    bolt_points_sort(nrs);
    return 0;
}

/* Whether an ABI before this one has its architecture. */
static bool is_repeated(const struct bolt_machine *machine, size_t abi)
{
    for (size_t i = 0; i < abi; i++) {
        if (machine->abis[i]->arch == machine->abis[abi]->arch) {
            return true;
        }
    }
    return false;
}

int bolt_prove(struct bolt_arena *arena, struct bolt_dds *dds, const struct bolt_claim *claim,
               struct bolt_proof *out, struct bolt_err *err)
{
    const struct bolt_machine *machine =
        claim->machine != NULL ? claim->machine : bolt_machine_native();
    struct prover v = {.arena = arena, .dds = dds, .claim = claim};
    struct bolt_points nrs = {0};
    bool failed = false;

    if (collect_points(arena, machine, claim, &nrs, err) != 0) {
        return -1;
    }
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        for (size_t j = 0; j < nrs.count && !is_repeated(machine, i); j++) {
            struct bolt_input call = {.arch = machine->abis[i]->arch, .nr = nrs.at[j]};

            if (judge_call(&v, &call, out, &failed, err) != 0) {
                return -1;
            }
            if (failed) {
                return 0;
            }
        }
    }
    if (bolt_dds_full(dds)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    *out = (struct bolt_proof){
        .fit = v.difference_count != 0 ? BOLT_SECCOMP_STRICTER
               : v.seen[MISALIGN]      ? BOLT_SECCOMP_MISALIGN
               : v.seen[TIGHT]         ? BOLT_SECCOMP_TIGHT
                                       : BOLT_SECCOMP_EXACT,
        .compact = v.seen[COMPACT],
        .differences = v.differences,
        .difference_count = v.difference_count,
    };
    return 0;
}
