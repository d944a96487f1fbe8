/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/inspect.h"

#include "seccomp/compile.h"
#include "seccomp/prove.h"
#include "seccomp/way.h"

/* All of it, unless there is what runtimes read differently: then the calls that make sockets
 * alone. */
static enum bolt_scope scope_of(const struct bolt_profile *profile)
{
    for (size_t i = 0; i < profile->entry_count; i++) {
        if (profile->entries[i].cut) {
            return BOLT_SCOPE_SOCKETS;
        }
    }
    return BOLT_SCOPE_ALL;
}

/* --- which entry ------------------------------------------------------------------------- */

static bool holds(const struct bolt_cond *c, uint64_t arg, bool wide)
{
    uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
    uint64_t value = c->value & mask;

    arg &= mask;
    switch (c->op) {
    case BOLT_CMP_NE:
        return arg != value;
    case BOLT_CMP_LT:
        return arg < value;
    case BOLT_CMP_LE:
        return arg <= value;
    case BOLT_CMP_EQ:
        return arg == value;
    case BOLT_CMP_GE:
        return arg >= value;
    case BOLT_CMP_GT:
        return arg > value;
    case BOLT_CMP_MASKED_EQ:
        return (arg & value) == (c->value_two & value);
    }
    return false;
}

/* All conditions, or, if two are about one argument, any (compile.c). */
static bool matches(const struct bolt_entry *e, const struct bolt_input *input, bool wide)
{
    unsigned seen = 0;
    bool twice = false;
    size_t hold = 0;

    for (size_t i = 0; i < e->cond_count; i++) {
        twice = twice || (seen >> e->conds[i].index & 1) != 0;
        seen |= 1U << e->conds[i].index;
        hold += holds(&e->conds[i], input->args[e->conds[i].index], wide);
    }
    return twice ? hold != 0 : hold == e->cond_count;
}

static long find_entry(const struct bolt_profile *p, const struct bolt_abi *abi, const char *name,
                       const struct bolt_input *input, uint32_t answer)
{
    for (size_t i = 0; i < p->entry_count; i++) {
        const struct bolt_entry *e = &p->entries[i];
        bolt_node n = bolt_doc_first(p->doc, e->names);

        for (; n.id != 0; n = bolt_doc_next(p->doc, n)) {
            if (e->action == answer && bolt_bytes_is(bolt_doc_string(p->doc, n), name) &&
                matches(e, input, abi->wide)) {
                return (long)i;
            }
        }
    }
    return answer == p->default_action ? BOLT_BY_DEFAULT : BOLT_BY_OTHERS;
}

/* --- proof ------------------------------------------------------------------------------- */

static bool add_paths(struct bolt_arena *arena, struct bolt_dds *dds,
                      const struct bolt_machine *machine, const struct bolt_bpf *bpf, double *paths)
{
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
            struct bolt_input input = {.arch = machine->abis[i]->arch,
                                       .nr = bolt_abi_number(machine->abis[i], call)};
            bolt_dd answer;

            if (input.nr == 0) {
                continue;
            }
            if (!bolt_prove_diagram(arena, dds, bpf, &input, &answer)) {
                return false;
            }
            *paths += bolt_dd_paths(dds, answer);
        }
    }
    return true;
}

/* Looks for a way past one program, or none. */
static int judge(struct bolt_arena *arena, const struct bolt_profile *profile,
                 const struct bolt_machine *machine, const struct bolt_bpf *bpf,
                 const struct bolt_raw *raw, struct bolt_seccomp_verdict *out, struct bolt_err *err)
{
    struct bolt_dds *dds = bolt_dds_new(arena, BOLT_DD_FINE);
    const struct bolt_abi *abi;
    enum bolt_call call;
    struct bolt_way way;

    *out = (struct bolt_seccomp_verdict){.instructions = bpf == NULL ? 0 : bpf->count};
    if (!bolt_way_find(arena, dds, machine, bpf, raw, &way) ||
        !add_paths(arena, dds, machine, bpf, &out->paths)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    out->proved = !way.any;
    if (out->proved) {
        return 0;
    }
    call = bolt_abi_call(way.input.arch, way.input.nr, &abi);
    out->input = way.input;
    out->answer = bpf == NULL ? BOLT_ACT_ALLOW : bolt_bpf_run(*bpf, &way.input);
    out->entry = find_entry(profile, abi, bolt_call_name(call), &way.input, out->answer);
    out->call = bolt_way_text(arena, &way.input);
    return 0;
}

int bolt_seccomp_prove(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                       const struct bolt_seccomp_denial *denial, struct bolt_seccomp_verdict *out,
                       struct bolt_err *err)
{
    const struct bolt_machine *machine =
        denial->machine != NULL ? denial->machine : bolt_machine_native();
    struct bolt_profile p;

    if (bolt_profile_read(arena, doc, profile, &p, err) != 0) {
        return -1;
    }
    for (unsigned tree = 0; tree < 2; tree++) {
        const struct bolt_raw raw = bolt_seccomp_asked(denial);
        struct bolt_bpf bpf;

        const struct bolt_compile how = {
            .scope = scope_of(&p), .binary_tree = tree != 0, .machine = machine};

        if (!p.unconfined && bolt_compile(arena, &p, &how, &bpf, err) != 0) {
            return -1;
        }
        if (judge(arena, &p, machine, p.unconfined ? NULL : &bpf, &raw, out, err) != 0) {
            return -1;
        }
        if (!out->proved) {
            return 0;
        }
    }
    return 0;
}

/* --- comparison -------------------------------------------------------------------------- */

#define NAMED_MAX 1024 /* numbers of an ABI that may have a name, from its first on */
#define PAIRS_MAX 64

struct comparer {
    struct bolt_arena *arena;
    struct bolt_dds *dds;
    const struct bolt_machine *machine;
    const struct bolt_bpf *before; /* NULL: no filter */
    const struct bolt_bpf *after;
    struct bolt_seccomp_changes *out;
};

/* Numbers from @first to @last, which all are answered alike. */
struct interval {
    const struct bolt_abi *abi;
    uint32_t first;
    uint32_t last;
};

static void add_call(struct comparer *c, const struct bolt_seccomp_change *what,
                     struct bolt_bytes name)
{
    struct bolt_seccomp_changes *all = c->out;
    struct bolt_seccomp_change *to = NULL;

    for (size_t i = 0; i < all->count && to == NULL; i++) {
        struct bolt_seccomp_change *have = &all->list[i];

        if (have->abi == what->abi && have->before == what->before && have->after == what->after &&
            bolt_dd_same(have->where.set, what->where.set)) {
            to = have;
        }
    }
    if (to == NULL) {
        all->list = bolt_arena_grow(c->arena, all->list, all->count, sizeof *all->list);
        to = &all->list[all->count++];
        *to = *what;
    }
    if (to->call_count != 0 && bolt_bytes_equal(to->calls[to->call_count - 1], name)) {
        return;
    }
    to->calls = bolt_arena_grow(c->arena, to->calls, to->call_count, sizeof *to->calls);
    to->calls[to->call_count++] = name;
}

static void add_change(struct comparer *c, const struct interval *numbers,
                       struct bolt_seccomp_change *what)
{
    uint32_t base = numbers->abi->socket & BOLT_ABI_BASE;
    bool unnamed = false;

    for (uint32_t nr = numbers->first;; nr++) {
        struct bolt_bytes name = {0};

        if (nr - base < NAMED_MAX || numbers->first == numbers->last) {
            name = bolt_compile_call_name(c->arena, numbers->abi, nr);
        }
        if (name.len != 0) {
            add_call(c, what, name);
        }
        unnamed = unnamed || name.len == 0;
        if (nr == numbers->last || nr - base >= NAMED_MAX) {
            break;
        }
    }
    if (unnamed) {
        add_call(c, what, BOLT_LIT("numbers without a name"));
    }
}

static uint32_t is_left(uint32_t a, uint32_t b)
{
    return a == b;
}

static bolt_dd answer_set(struct comparer *c, bolt_dd f, uint32_t answer)
{
    return bolt_dd_apply(c->dds, is_left, f, bolt_dd_leaf(c->dds, answer));
}

static int compare_arguments(struct comparer *c, const struct interval *numbers,
                             struct bolt_err *err)
{
    const struct bolt_input call = {.arch = numbers->abi->arch, .nr = numbers->first};
    uint32_t olds[PAIRS_MAX];
    uint32_t news[PAIRS_MAX];
    size_t old_count;
    size_t new_count;
    bolt_dd before;
    bolt_dd after;

    if (!bolt_prove_diagram(c->arena, c->dds, c->before, &call, &before) ||
        !bolt_prove_diagram(c->arena, c->dds, c->after, &call, &after)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    if (bolt_dd_same(before, after)) {
        return 0;
    }
    old_count = bolt_dd_values(c->dds, before, olds, PAIRS_MAX);
    new_count = bolt_dd_values(c->dds, after, news, PAIRS_MAX);
    for (size_t i = 0; i < old_count && i < PAIRS_MAX; i++) {
        for (size_t j = 0; j < new_count && j < PAIRS_MAX; j++) {
            bolt_dd where =
                bolt_dd_and(c->dds, answer_set(c, before, olds[i]), answer_set(c, after, news[j]));
            struct bolt_seccomp_change what = {
                .abi = numbers->abi, .before = olds[i], .after = news[j], .example = call};

            if (olds[i] == news[j] || !bolt_dd_find(c->dds, where, 1, what.example.args)) {
                continue;
            }
            bolt_region_tell(c->arena, c->dds,
                             bolt_way_argument_names(bolt_abi_call(call.arch, call.nr, NULL)),
                             where, &what.where);
            add_change(c, numbers, &what);
        }
    }
    if (bolt_dds_full(c->dds) || old_count > PAIRS_MAX || new_count > PAIRS_MAX) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    return 0;
}

static bool constant(const struct bolt_bpf *bpf, const struct bolt_input *call, uint32_t *answer)
{
    *answer = BOLT_ACT_ALLOW;
    return bpf == NULL || bolt_bpf_constant(*bpf, call, answer);
}

static int compare_interval(struct comparer *c, const struct interval *numbers,
                            struct bolt_err *err)
{
    const struct bolt_input call = {.arch = numbers->abi->arch, .nr = numbers->first};
    struct bolt_seccomp_change what = {.abi = numbers->abi, .example = call};

    if (!constant(c->before, &call, &what.before) || !constant(c->after, &call, &what.after)) {
        return compare_arguments(c, numbers, err);
    }
    if (what.before != what.after) {
        what.where = (struct bolt_region){.everything = true, .set = bolt_dd_leaf(c->dds, 1)};
        add_change(c, numbers, &what);
    }
    return 0;
}

/* The ABI that numbers from @nr on belong to. */
static const struct bolt_abi *abi_of(const struct bolt_machine *machine, uint32_t arch, uint32_t nr)
{
    const struct bolt_abi *best = NULL;

    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        const struct bolt_abi *abi = machine->abis[i];
        uint32_t base = abi->socket & BOLT_ABI_BASE;

        if (abi->arch == arch && base <= nr &&
            (best == NULL || base > (best->socket & BOLT_ABI_BASE))) {
            best = abi;
        }
    }
    return best;
}

static int collect(struct comparer *c, struct bolt_points *nrs, struct bolt_err *err)
{
    if ((c->before != NULL && bolt_bpf_points(c->arena, *c->before, nrs, err) != 0) ||
        (c->after != NULL && bolt_bpf_points(c->arena, *c->after, nrs, err) != 0)) {
        return -1;
    }
    bolt_points_add(c->arena, nrs, 0);
    for (size_t i = 0; c->machine->abis[i] != NULL; i++) {
        bolt_points_add(c->arena, nrs, c->machine->abis[i]->socket & BOLT_ABI_BASE);
    }
    bolt_points_sort(nrs);
    return 0;
}

static int compare_all(struct comparer *c, struct bolt_err *err)
{
    struct bolt_points nrs = {0};

    if (collect(c, &nrs, err) != 0) {
        return -1;
    }
    for (size_t i = 0; c->machine->abis[i] != NULL; i++) {
        for (size_t j = 0; j < nrs.count; j++) {
            const struct interval numbers = {
                abi_of(c->machine, c->machine->abis[i]->arch, nrs.at[j]), nrs.at[j],
                j + 1 < nrs.count ? nrs.at[j + 1] - 1 : UINT32_MAX};

            if (numbers.abi == c->machine->abis[i] && compare_interval(c, &numbers, err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

int bolt_seccomp_compare(struct bolt_arena *arena, const struct bolt_machine *machine,
                         const struct bolt_seccomp_side *before,
                         const struct bolt_seccomp_side *after, struct bolt_seccomp_changes *out,
                         struct bolt_err *err)
{
    const struct bolt_compile whole = {.scope = BOLT_SCOPE_ALL, .machine = machine};
    struct comparer c = {.arena = arena, .machine = machine, .out = out};
    const struct bolt_seccomp_side *const sides[] = {before, after};
    struct bolt_bpf programs[2];

    *out = (struct bolt_seccomp_changes){.count = 0};
    for (size_t i = 0; i < BOLT_LEN(sides); i++) {
        struct bolt_profile p;

        if (bolt_profile_read(arena, sides[i]->doc, sides[i]->profile, &p, err) != 0 ||
            (!p.unconfined && bolt_compile(arena, &p, &whole, &programs[i], err) != 0)) {
            return bolt_fail_in(err, i == 0 ? "the first" : "the second");
        }
        if (!p.unconfined) {
            *(i == 0 ? &c.before : &c.after) = &programs[i];
        }
    }
    c.dds = bolt_dds_new(arena, BOLT_DD_FINE);
    return compare_all(&c, err);
}

struct bolt_bytes bolt_act_text(struct bolt_arena *arena, uint32_t action)
{
    if (bolt_act_has_data(action)) {
        return bolt_printf(arena, "%s(%u)", bolt_act_name(action), action & ~BOLT_ACT_FULL);
    }
    return bolt_bytes_of(bolt_act_name(action));
}
