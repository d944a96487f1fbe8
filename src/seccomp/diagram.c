/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/diagram_internal.h"

#include <string.h>

#define NODES_FIRST 1024
#define MEMO_SIZE 1024 /* a power of two; what is overwritten is worked out again */

/* What was worked out: an operation is one of these, or the address of a bolt_dd_leaves. */
enum { EMPTY = 0, ITE, TRUNCATE, FORGET, TEST };

struct bolt_dd_memo {
    uintptr_t op;
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t result;
};

/* --- nodes ------------------------------------------------------------------------------ */

static uint32_t hash(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t h = a * 0x9e3779b1U ^ b * 0x85ebca6bU ^ c * 0xc2b2ae35U;

    return h ^ h >> 15;
}

static void grow(struct bolt_dds *d)
{
    struct bolt_dd_node *nodes = bolt_new_n(d->arena, struct bolt_dd_node, d->size * 2);

    memcpy(nodes, d->nodes, d->count * sizeof *nodes);
    d->nodes = nodes;
    d->size *= 2;
    d->buckets = bolt_new_n(d->arena, uint32_t, d->size);
    for (uint32_t id = NO; id < d->count; id++) {
        struct bolt_dd_node *n = &nodes[id];
        size_t at = hash(n->level, n->zero, n->one) & (d->size - 1);

        n->next = d->buckets[at];
        d->buckets[at] = id;
    }
}

static bolt_dd make(struct bolt_dds *d, unsigned level, uint32_t zero, uint32_t one)
{
    uint32_t h = hash(level, zero, one);
    uint32_t id = d->buckets[h & (d->size - 1)];

    for (; id != 0; id = d->nodes[id].next) {
        const struct bolt_dd_node *n = &d->nodes[id];

        if (n->level == level && n->zero == zero && n->one == one) {
            return (bolt_dd){id};
        }
    }
    if (d->full || d->count == BOLT_DD_NODES_MAX) {
        d->full = true;
        return (bolt_dd){NO};
    }
    if (d->count == d->size) {
        grow(d);
    }
    id = (uint32_t)d->count++;
    d->nodes[id] =
        (struct bolt_dd_node){(uint16_t)level, 0, zero, one, d->buckets[h & (d->size - 1)]};
    d->buckets[h & (d->size - 1)] = id;
    return (bolt_dd){id};
}

bolt_dd bolt_dd_choose(struct bolt_dds *d, unsigned level, bolt_dd zero, bolt_dd one)
{
    return zero.id == one.id ? zero : make(d, level, zero.id, one.id);
}

struct bolt_dds *bolt_dds_new(struct bolt_arena *arena, enum bolt_dd_grain grain)
{
    struct bolt_dds *d = bolt_new(arena, struct bolt_dds);

    d->arena = arena;
    d->nodes = bolt_new_n(arena, struct bolt_dd_node, NODES_FIRST);
    d->buckets = bolt_new_n(arena, uint32_t, NODES_FIRST);
    d->memo = bolt_new_n(arena, struct bolt_dd_memo, MEMO_SIZE);
    d->size = NODES_FIRST;
    d->count = 1;
    bolt_dd_lay_out(d, grain);
    (void)make(d, BOLT_DD_LEAVES, 0, 0); /* NO */
    (void)make(d, BOLT_DD_LEAVES, 1, 0); /* YES */
    return d;
}

bool bolt_dds_full(const struct bolt_dds *dds)
{
    return dds->full || dds->too_coarse;
}

bool bolt_dds_too_coarse(const struct bolt_dds *dds)
{
    return dds->too_coarse;
}

void bolt_dds_mark_too_coarse(struct bolt_dds *dds)
{
    dds->too_coarse = true;
}

bolt_dd bolt_dd_leaf(struct bolt_dds *dds, uint32_t value)
{
    return value < 2 ? (bolt_dd){value == 0 ? NO : YES} : make(dds, BOLT_DD_LEAVES, value, 0);
}

bool bolt_dd_is_leaf(const struct bolt_dds *dds, bolt_dd f, uint32_t *value)
{
    if (dds->nodes[f.id].level != BOLT_DD_LEAVES) {
        return false;
    }
    *value = dds->nodes[f.id].zero;
    return true;
}

bool bolt_dd_same(bolt_dd a, bolt_dd b)
{
    return a.id == b.id;
}

unsigned bolt_dd_level(const struct bolt_dds *dds, bolt_dd f)
{
    return dds->nodes[f.id].level;
}

bolt_dd bolt_dd_branch(const struct bolt_dds *dds, bolt_dd f, unsigned level, bool one)
{
    const struct bolt_dd_node *n = &dds->nodes[f.id];

    if (n->level != level || level == BOLT_DD_LEAVES) {
        return f;
    }
    return (bolt_dd){one ? n->one : n->zero};
}

bolt_dd bolt_dd_bit(struct bolt_dds *dds, unsigned level)
{
    return bolt_dd_choose(dds, level, bolt_dd_leaf(dds, 0), bolt_dd_leaf(dds, 1));
}

/* --- memory of results ------------------------------------------------------------------ */

static struct bolt_dd_memo *memo_of(const struct bolt_dds *d, const struct bolt_dd_memo *key)
{
    uint32_t h = hash(key->a, key->b, key->c ^ (uint32_t)key->op);

    return &d->memo[h & (MEMO_SIZE - 1)];
}

static bool memo_hit(const struct bolt_dd_memo *m, const struct bolt_dd_memo *key)
{
    return m->op == key->op && m->a == key->a && m->b == key->b && m->c == key->c;
}

bolt_dd bolt_dd_test(struct bolt_dds *dds, unsigned word, uint32_t mask, enum bolt_dd_test test,
                     uint32_t k)
{
    const struct bolt_dd_memo key = {TEST, (unsigned)test << 8 | word, mask, k, 0};
    struct bolt_dd_memo *m = memo_of(dds, &key);
    bolt_dd set;

    if (memo_hit(m, &key)) {
        return (bolt_dd){m->result};
    }
    set = bolt_dd_make_test(dds, word, mask, test, k);
    *m = key;
    m->result = set.id;
    return set;
}

/* --- operations ------------------------------------------------------------------------- */

/* All recursions here are as deep as there are bits: 384. */
/* NOLINTNEXTLINE(misc-no-recursion) */
bolt_dd bolt_dd_ite(struct bolt_dds *dds, bolt_dd cond, bolt_dd then, bolt_dd other)
{
    struct bolt_dd_memo key = {ITE, 0, 0, 0, 0};
    unsigned level = dds->nodes[cond.id].level;
    struct bolt_dd_memo *m;
    bolt_dd zero;
    bolt_dd one;

    if (then.id == other.id) {
        return then;
    }
    if (level == BOLT_DD_LEAVES) {
        return dds->nodes[cond.id].zero != 0 ? then : other;
    }
    /* Where the set itself is asked for, its answer is known. */
    then.id = then.id == cond.id ? YES : then.id;
    other.id = other.id == cond.id ? NO : other.id;
    if (then.id == YES && other.id == NO) {
        return cond;
    }
    key.a = cond.id;
    key.b = then.id;
    key.c = other.id;
    m = memo_of(dds, &key);
    if (memo_hit(m, &key)) {
        return (bolt_dd){m->result};
    }
    if (dds->full) {
        return (bolt_dd){NO};
    }
    level = dds->nodes[then.id].level < level ? dds->nodes[then.id].level : level;
    level = dds->nodes[other.id].level < level ? dds->nodes[other.id].level : level;
    zero = bolt_dd_ite(dds, bolt_dd_branch(dds, cond, level, false),
                       bolt_dd_branch(dds, then, level, false),
                       bolt_dd_branch(dds, other, level, false));
    one = bolt_dd_ite(dds, bolt_dd_branch(dds, cond, level, true),
                      bolt_dd_branch(dds, then, level, true),
                      bolt_dd_branch(dds, other, level, true));
    key.result = bolt_dd_choose(dds, level, zero, one).id;
    *m = key;
    return (bolt_dd){key.result};
}

bolt_dd bolt_dd_and(struct bolt_dds *dds, bolt_dd a, bolt_dd b)
{
    return bolt_dd_ite(dds, a, b, bolt_dd_leaf(dds, 0));
}

bolt_dd bolt_dd_or(struct bolt_dds *dds, bolt_dd a, bolt_dd b)
{
    return bolt_dd_ite(dds, a, bolt_dd_leaf(dds, 1), b);
}

bolt_dd bolt_dd_minus(struct bolt_dds *dds, bolt_dd a, bolt_dd b)
{
    return bolt_dd_ite(dds, b, bolt_dd_leaf(dds, 0), a);
}

bolt_dd bolt_dd_not(struct bolt_dds *dds, bolt_dd a)
{
    return bolt_dd_minus(dds, bolt_dd_leaf(dds, 1), a);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
bolt_dd bolt_dd_apply(struct bolt_dds *dds, bolt_dd_leaves leaves, bolt_dd a, bolt_dd b)
{
    struct bolt_dd_memo key = {(uintptr_t)leaves, a.id, b.id, 0, 0};
    unsigned level = dds->nodes[a.id].level;
    struct bolt_dd_memo *m;
    bolt_dd zero;
    bolt_dd one;

    level = dds->nodes[b.id].level < level ? dds->nodes[b.id].level : level;
    if (level == BOLT_DD_LEAVES) {
        return bolt_dd_leaf(dds, leaves(dds->nodes[a.id].zero, dds->nodes[b.id].zero));
    }
    m = memo_of(dds, &key);
    if (memo_hit(m, &key)) {
        return (bolt_dd){m->result};
    }
    if (dds->full) {
        return (bolt_dd){NO};
    }
    zero = bolt_dd_apply(dds, leaves, bolt_dd_branch(dds, a, level, false),
                         bolt_dd_branch(dds, b, level, false));
    one = bolt_dd_apply(dds, leaves, bolt_dd_branch(dds, a, level, true),
                        bolt_dd_branch(dds, b, level, true));
    key.result = bolt_dd_choose(dds, level, zero, one).id;
    *m = key;
    return (bolt_dd){key.result};
}

/* NOLINTNEXTLINE(misc-no-recursion) */
bolt_dd bolt_dd_truncate(struct bolt_dds *dds, bolt_dd f, unsigned args)
{
    struct bolt_dd_memo key = {TRUNCATE, f.id, args, 0, 0};
    unsigned level = dds->nodes[f.id].level;
    struct bolt_dd_memo *m;
    unsigned arg;
    uint64_t bits;
    bolt_dd zero;

    if (level == BOLT_DD_LEAVES || dds->full) {
        return f;
    }
    m = memo_of(dds, &key);
    if (memo_hit(m, &key)) {
        return (bolt_dd){m->result};
    }
    bolt_dd_place(dds, level, &arg, &bits);
    zero = bolt_dd_truncate(dds, bolt_dd_branch(dds, f, level, false), args);
    if (bits > UINT32_MAX && arg < args) {
        key.result = zero.id;
    } else {
        bolt_dd one = bolt_dd_truncate(dds, bolt_dd_branch(dds, f, level, true), args);

        key.result = bolt_dd_choose(dds, level, zero, one).id;
    }
    *m = key;
    return (bolt_dd){key.result};
}

/* NOLINTNEXTLINE(misc-no-recursion) */
bolt_dd bolt_dd_forget(struct bolt_dds *dds, bolt_dd_leaves leaves, bolt_dd f, unsigned args)
{
    struct bolt_dd_memo key = {FORGET, f.id, args, (uint32_t)(uintptr_t)leaves, 0};
    unsigned level = dds->nodes[f.id].level;
    struct bolt_dd_memo *m;
    unsigned arg;
    uint64_t bits;
    bolt_dd zero;
    bolt_dd one;

    if (level == BOLT_DD_LEAVES || dds->full) {
        return f;
    }
    m = memo_of(dds, &key);
    if (memo_hit(m, &key)) {
        return (bolt_dd){m->result};
    }
    bolt_dd_place(dds, level, &arg, &bits);
    zero = bolt_dd_forget(dds, leaves, bolt_dd_branch(dds, f, level, false), args);
    one = bolt_dd_forget(dds, leaves, bolt_dd_branch(dds, f, level, true), args);
    key.result = arg < args ? bolt_dd_choose(dds, level, zero, one).id
                            : bolt_dd_apply(dds, leaves, zero, one).id;
    *m = key;
    return (bolt_dd){key.result};
}

/* --- questions -------------------------------------------------------------------------- */

uint32_t bolt_dd_eval(const struct bolt_dds *dds, bolt_dd f, const uint64_t args[6])
{
    while (dds->nodes[f.id].level != BOLT_DD_LEAVES) {
        unsigned arg;
        uint64_t bits;

        bolt_dd_place(dds, dds->nodes[f.id].level, &arg, &bits);
        f.id = (args[arg] & bits) != 0 ? dds->nodes[f.id].one : dds->nodes[f.id].zero;
    }
    return dds->nodes[f.id].zero;
}

/* From now on no node was seen. */
static void new_question(struct bolt_dds *d)
{
    if (++d->question == 0) {
        for (size_t id = 0; id < d->count; id++) {
            d->nodes[id].seen = 0;
        }
        d->question = 1;
    }
}

/* A node that was seen before has no such leaf below. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool find(struct bolt_dds *d, uint32_t id, uint32_t value, uint64_t *args)
{
    struct bolt_dd_node *n = &d->nodes[id];
    unsigned arg;
    uint64_t bits;

    if (n->level == BOLT_DD_LEAVES) {
        return n->zero == value;
    }
    if (n->seen == d->question) {
        return false;
    }
    if (find(d, n->zero, value, args)) {
        return true;
    }
    if (find(d, n->one, value, args)) {
        bolt_dd_place(d, n->level, &arg, &bits);
        args[arg] |= bits & -bits;
        return true;
    }
    n->seen = d->question;
    return false;
}

bool bolt_dd_find(struct bolt_dds *dds, bolt_dd f, uint32_t value, uint64_t args[6])
{
    memset(args, 0, 6 * sizeof *args);
    new_question(dds);
    return find(dds, f.id, value, args);
}

struct values {
    uint32_t *at;
    size_t max;
    size_t count;
};

/* NOLINTNEXTLINE(misc-no-recursion) */
static void collect(struct bolt_dds *d, uint32_t id, struct values *values)
{
    while (d->nodes[id].seen != d->question) {
        struct bolt_dd_node *n = &d->nodes[id];

        n->seen = d->question;
        if (n->level == BOLT_DD_LEAVES) {
            if (values->count < values->max) {
                values->at[values->count] = n->zero;
            }
            values->count++;
        } else {
            collect(d, n->zero, values);
            id = n->one;
        }
    }
}

size_t bolt_dd_values(struct bolt_dds *dds, bolt_dd f, uint32_t *values, size_t max)
{
    struct values all = {values, max, 0};

    new_question(dds);
    collect(dds, f.id, &all);
    return all.count;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static double count_paths(struct bolt_dds *d, uint32_t id, double *known)
{
    struct bolt_dd_node *n = &d->nodes[id];

    if (n->level == BOLT_DD_LEAVES) {
        return 1;
    }
    if (n->seen != d->question) {
        n->seen = d->question;
        known[id] = count_paths(d, n->zero, known) + count_paths(d, n->one, known);
    }
    return known[id];
}

double bolt_dd_paths(struct bolt_dds *dds, bolt_dd f)
{
    double *known = bolt_new_n(dds->arena, double, dds->count);

    new_question(dds);
    return count_paths(dds, f.id, known);
}
