/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/bpf.h"

#include <stddef.h>
#include <stdlib.h>

#include "seccomp/profile.h"

#define STEPS_MAX (1U << 20) /* of one diagram */
#define ANSWERS 16           /* more calls than those that make sockets, on all ABIs of a machine */

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define AND (BPF_ALU | BPF_AND | BPF_K)
#define JUMP (BPF_JMP | BPF_JA)
#define IF_EQ (BPF_JMP | BPF_JEQ | BPF_K)
#define IF_GT (BPF_JMP | BPF_JGT | BPF_K)
#define IF_GE (BPF_JMP | BPF_JGE | BPF_K)
#define IF_SET (BPF_JMP | BPF_JSET | BPF_K)
#define RETURN (BPF_RET | BPF_K)

#define AT_NR offsetof(struct seccomp_data, nr)
#define AT_ARCH offsetof(struct seccomp_data, arch)
#define AT_ARGS offsetof(struct seccomp_data, args)

/* --- reading ---------------------------------------------------------------------------- */

static bool is_test(const struct sock_filter *insn)
{
    return insn->code == IF_EQ || insn->code == IF_GT || insn->code == IF_GE ||
           insn->code == IF_SET;
}

bool bolt_bpf_is_action(uint32_t k)
{
    switch (k & BOLT_ACT_FULL) {
    case BOLT_ACT_KILL_PROCESS:
    case BOLT_ACT_KILL_THREAD:
    case BOLT_ACT_TRAP:
    case BOLT_ACT_ERRNO:
    case BOLT_ACT_NOTIFY:
    case BOLT_ACT_TRACE:
    case BOLT_ACT_LOG:
    case BOLT_ACT_ALLOW:
        return true;
    default:
        return false;
    }
}

/* Which half of which argument: on big-endian machines the upper one comes first. */
static unsigned word_of(const struct bolt_bpf *bpf, uint32_t offset)
{
    unsigned word = (unsigned)((offset - AT_ARGS) / 4);

    return bpf->big_endian ? word ^ 1 : word;
}

static bool is_known(const struct sock_filter *insn, size_t left)
{
    switch (insn->code) {
    case LOAD:
        return left > 0 && insn->k % 4 == 0 && insn->k < sizeof(struct seccomp_data) &&
               (insn->k >= AT_ARGS || insn->k == AT_NR || insn->k == AT_ARCH);
    case AND:
        return left > 0;
    case JUMP:
        return insn->k < left;
    case RETURN:
        return bolt_bpf_is_action(insn->k);
    default:
        return is_test(insn) && insn->jt < left && insn->jf < left;
    }
}

int bolt_bpf_check(struct bolt_bpf bpf, struct bolt_err *err)
{
    if (bpf.count == 0 || bpf.count > BPF_MAXINSNS) {
        return bolt_fail(err, BOLT_ERR_INPUT, "a filter of %zu instructions", bpf.count);
    }
    for (size_t i = 0; i < bpf.count; i++) {
        if (!is_known(&bpf.insns[i], bpf.count - 1 - i)) {
            return bolt_fail(err, BOLT_ERR_INPUT,
                             "instruction %zu of the filter (code 0x%x) is none that can be judged",
                             i, bpf.insns[i].code);
        }
    }
    return 0;
}

static bool passes(const struct sock_filter *insn, uint32_t value)
{
    switch (insn->code) {
    case IF_EQ:
        return value == insn->k;
    case IF_GT:
        return value > insn->k;
    case IF_GE:
        return value >= insn->k;
    default:
        return (value & insn->k) != 0;
    }
}

static uint32_t word_at(const struct bolt_bpf *bpf, const struct bolt_input *input, uint32_t offset)
{
    unsigned word;

    if (offset < AT_ARGS) {
        return offset == AT_NR ? input->nr : input->arch;
    }
    word = word_of(bpf, offset);
    return (uint32_t)(input->args[word / 2] >> (word % 2 * 32));
}

uint32_t bolt_bpf_run(struct bolt_bpf bpf, const struct bolt_input *input)
{
    uint32_t acc = 0;

    for (size_t pc = 0; pc < bpf.count; pc++) {
        const struct sock_filter *insn = &bpf.insns[pc];

        switch (insn->code) {
        case LOAD:
            acc = word_at(&bpf, input, insn->k);
            break;
        case AND:
            acc &= insn->k;
            break;
        case JUMP:
            pc += insn->k;
            break;
        case RETURN:
            return insn->k;
        default:
            pc += passes(insn, acc) ? insn->jt : insn->jf;
            break;
        }
    }
    return BOLT_ACT_KILL_PROCESS; /* not reached by a checked program */
}

/* --- points ----------------------------------------------------------------------------- */

void bolt_points_add(struct bolt_arena *arena, struct bolt_points *points, uint32_t at)
{
    points->at = bolt_arena_grow(arena, points->at, points->count, sizeof *points->at);
    points->at[points->count++] = at;
}

static int by_value(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

void bolt_points_sort(struct bolt_points *points)
{
    size_t kept = 0;

    if (points->count == 0) {
        return;
    }
    qsort(points->at, points->count, sizeof *points->at, by_value);
    for (size_t i = 1; i < points->count; i++) {
        if (points->at[i] != points->at[kept]) {
            points->at[++kept] = points->at[i];
        }
    }
    points->count = kept + 1;
}

/* Where the answer of a test changes as the value grows. Of a bit test that is at each multiple
 * of the bit, so only high bits are taken (runc tests bit 30 for x32). */
static bool add_points(struct bolt_arena *arena, const struct sock_filter *insn,
                       struct bolt_points *points)
{
    uint32_t k = insn->k;

    if (insn->code == IF_SET) {
        if ((k & (k - 1)) != 0 || k < 1U << 24) {
            return false;
        }
        for (uint64_t at = k; at <= UINT32_MAX; at += k) {
            bolt_points_add(arena, points, (uint32_t)at);
        }
        return true;
    }
    if (insn->code != IF_GT) {
        bolt_points_add(arena, points, k);
    }
    if (insn->code != IF_GE && k != UINT32_MAX) {
        bolt_points_add(arena, points, k + 1);
    }
    return true;
}

/* Whether the call's number may be in the accumulator, by instruction. Jumps go forward, so one
 * pass does. */
static void flow(struct bolt_bpf bpf, size_t pc, bool *number)
{
    const struct sock_filter *insn = &bpf.insns[pc];

    switch (insn->code) {
    case LOAD:
        number[pc + 1] = number[pc + 1] || insn->k == AT_NR;
        break;
    case AND:
        number[pc + 1] = number[pc + 1] || number[pc];
        break;
    case JUMP:
        number[pc + 1 + insn->k] = number[pc + 1 + insn->k] || number[pc];
        break;
    case RETURN:
        break;
    default:
        number[pc + 1 + insn->jt] = number[pc + 1 + insn->jt] || number[pc];
        number[pc + 1 + insn->jf] = number[pc + 1 + insn->jf] || number[pc];
        break;
    }
}

int bolt_bpf_points(struct bolt_arena *arena, struct bolt_bpf bpf, struct bolt_points *nrs,
                    struct bolt_err *err)
{
    bool *number = bolt_new_n(arena, bool, bpf.count + 1);

    bolt_points_add(arena, nrs, 0);
    for (size_t pc = 0; pc < bpf.count; pc++) {
        const struct sock_filter *insn = &bpf.insns[pc];

        flow(bpf, pc, number);
        if (number[pc] && (insn->code == AND || (is_test(insn) && !add_points(arena, insn, nrs)))) {
            return bolt_fail(err, BOLT_ERR_INPUT,
                             "instruction %zu of the filter computes with the call's number", pc);
        }
    }
    return 0;
}

/* --- the diagram ------------------------------------------------------------------------ */

/* What is in the accumulator: a number, or some bits of a word of the arguments. */
struct acc {
    bool known;
    uint32_t value;
    unsigned word;
    uint32_t mask;
};

/* What was found at an instruction, for one content of the accumulator. */
struct found {
    uint32_t mask;
    bolt_dd result;
    unsigned char word;
    bool set;
};

struct walker {
    struct bolt_dds *dds;
    struct bolt_bpf bpf;
    const struct bolt_input *input;
    struct found *found; /* by instruction */
    unsigned steps;
};

static struct acc load(const struct walker *w, uint32_t offset)
{
    if (offset == AT_NR || offset == AT_ARCH) {
        return (struct acc){.known = true,
                            .value = offset == AT_NR ? w->input->nr : w->input->arch};
    }
    return (struct acc){.word = word_of(&w->bpf, offset), .mask = UINT32_MAX};
}

static bolt_dd test(const struct walker *w, const struct sock_filter *insn, const struct acc *acc)
{
    enum bolt_dd_test kind = insn->code == IF_EQ   ? BOLT_TEST_EQ
                             : insn->code == IF_GT ? BOLT_TEST_GT
                             : insn->code == IF_GE ? BOLT_TEST_GE
                                                   : BOLT_TEST_SET;

    if (acc->known) {
        return bolt_dd_leaf(w->dds, passes(insn, acc->value));
    }
    return bolt_dd_test(w->dds, acc->word, acc->mask, kind, insn->k);
}

static bolt_dd walk(struct walker *w, size_t pc, struct acc acc);

/* NOLINTNEXTLINE(misc-no-recursion) */
static bolt_dd branch(struct walker *w, size_t pc, bolt_dd cond, struct acc acc)
{
    const struct sock_filter *insn = &w->bpf.insns[pc];
    struct found *found = &w->found[pc];
    bolt_dd then;
    bolt_dd other;

    if (found->set && found->word == acc.word && found->mask == acc.mask) {
        return found->result;
    }
    then = walk(w, pc + 1 + insn->jt, acc);
    other = walk(w, pc + 1 + insn->jf, acc);
    *found = (struct found){.mask = acc.mask,
                            .result = bolt_dd_ite(w->dds, cond, then, other),
                            .word = (unsigned char)acc.word,
                            .set = true};
    return found->result;
}

/* The recursion is as deep as there are instructions. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bolt_dd walk(struct walker *w, size_t pc, struct acc acc)
{
    while (w->steps < STEPS_MAX) {
        const struct sock_filter *insn = &w->bpf.insns[pc];
        uint32_t constant;
        bolt_dd cond;

        w->steps++;
        pc++;
        switch (insn->code) {
        case LOAD:
            acc = load(w, insn->k);
            break;
        case AND:
            acc.value &= insn->k;
            acc.mask &= insn->k;
            break;
        case JUMP:
            pc += insn->k;
            break;
        case RETURN:
            return bolt_dd_leaf(w->dds, insn->k);
        default:
            cond = test(w, insn, &acc);
            if (!bolt_dd_is_leaf(w->dds, cond, &constant)) {
                return branch(w, pc - 1, cond, acc);
            }
            pc += constant != 0 ? insn->jt : insn->jf;
            break;
        }
    }
    return bolt_dd_leaf(w->dds, 0);
}

bool bolt_bpf_constant(struct bolt_bpf bpf, const struct bolt_input *input, uint32_t *out)
{
    struct walker w = {.bpf = bpf, .input = input};
    struct acc acc = {.known = true};

    for (size_t pc = 0; pc < bpf.count; pc++) {
        const struct sock_filter *insn = &bpf.insns[pc];

        switch (insn->code) {
        case LOAD:
            acc = load(&w, insn->k);
            break;
        case AND:
            acc.value &= insn->k;
            break;
        case JUMP:
            pc += insn->k;
            break;
        case RETURN:
            *out = insn->k;
            return true;
        default:
            if (!acc.known) {
                return false;
            }
            pc += passes(insn, acc.value) ? insn->jt : insn->jf;
            break;
        }
    }
    return false;
}

/* --- answers kept ------------------------------------------------------------------------ */

struct answer {
    uint32_t arch;
    uint32_t nr;
    bolt_dd diagram;
};

struct bolt_answers {
    const struct bolt_dds *dds;
    struct answer kept[ANSWERS];
    size_t count;
};

struct bolt_answers *bolt_answers_new(struct bolt_arena *arena, const struct bolt_dds *dds)
{
    struct bolt_answers *answers = bolt_new(arena, struct bolt_answers);

    answers->dds = dds;
    return answers;
}

static bool find_answer(const struct bolt_answers *a, const struct bolt_dds *dds,
                        const struct bolt_input *input, bolt_dd *out)
{
    for (size_t i = 0; a != NULL && a->dds == dds && i < a->count; i++) {
        if (a->kept[i].arch == input->arch && a->kept[i].nr == input->nr) {
            *out = a->kept[i].diagram;
            return true;
        }
    }
    return false;
}

static void keep_answer(struct bolt_answers *a, const struct bolt_dds *dds,
                        const struct bolt_input *input, bolt_dd diagram)
{
    if (a != NULL && a->dds == dds && a->count < ANSWERS) {
        a->kept[a->count++] = (struct answer){input->arch, input->nr, diagram};
    }
}

bool bolt_bpf_diagram(struct bolt_arena *arena, struct bolt_dds *dds, struct bolt_bpf bpf,
                      const struct bolt_input *input, bolt_dd *out)
{
    struct walker w = {.dds = dds, .bpf = bpf, .input = input};

    if (find_answer(bpf.answers, dds, input, out)) {
        return true;
    }
    w.found = bolt_new_n(arena, struct found, bpf.count);
    *out = walk(&w, 0, (struct acc){.known = true});
    if (w.steps >= STEPS_MAX || bolt_dds_full(dds)) {
        return false;
    }
    keep_answer(bpf.answers, dds, input, *out);
    return true;
}
