/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/diagram.h"

#include <string.h>

#define NO 1U  /* the node of the constant 0; also what there is when there is no room */
#define YES 2U /* of the constant 1 */

#define NODES_FIRST 8192
#define MEMO_SIZE 2048 /* a power of two; what is overwritten is worked out again */

struct node {
    uint32_t level;
    uint32_t zero; /* of a leaf: its value */
    uint32_t one;
    uint32_t next; /* in its bucket; 0 ends */
};

struct memo {
    bolt_dd_leaves op; /* NULL: empty */
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t result;
};

struct bolt_dds {
    struct bolt_arena *arena;
    struct node *nodes; /* [0] is nothing */
    size_t count;
    size_t size;
    uint32_t *buckets; /* as many as size */
    struct memo *memo;
    bool full;
};

/* The order of questions. What rules ask most comes first: address family, type, and of both the
 * low bits, since small numbers differ in those. (Of the orders tried by the thousand this one also
 * makes the fewest rules of the profiles that Docker and Podman write.) */
static const unsigned char word_at[BOLT_DD_WORDS] = {0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const unsigned char place_of[BOLT_DD_WORDS] = {0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11};

static unsigned level_of(unsigned word, unsigned bit)
{
    return place_of[word] * 32U + bit;
}

void bolt_dd_place(unsigned level, unsigned *arg, unsigned *bit)
{
    unsigned word = word_at[level / 32];

    *arg = word / 2;
    *bit = (word % 2) * 32 + level % 32;
}

/* --- nodes ------------------------------------------------------------------------------ */

static uint32_t hash(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t h = a * 0x9e3779b1U ^ b * 0x85ebca6bU ^ c * 0xc2b2ae35U;

    return h ^ h >> 15;
}

static void grow(struct bolt_dds *d)
{
    struct node *nodes = bolt_new_n(d->arena, struct node, d->size * 2);

    memcpy(nodes, d->nodes, d->count * sizeof *nodes);
    d->nodes = nodes;
    d->size *= 2;
    d->buckets = bolt_new_n(d->arena, uint32_t, d->size);
    for (uint32_t id = NO; id < d->count; id++) {
        struct node *n = &nodes[id];
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
        const struct node *n = &d->nodes[id];

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
    d->nodes[id] = (struct node){level, zero, one, d->buckets[h & (d->size - 1)]};
    d->buckets[h & (d->size - 1)] = id;
    return (bolt_dd){id};
}

static bolt_dd choose(struct bolt_dds *d, unsigned level, bolt_dd zero, bolt_dd one)
{
    return zero.id == one.id ? zero : make(d, level, zero.id, one.id);
}

struct bolt_dds *bolt_dds_new(struct bolt_arena *arena)
{
    struct bolt_dds *d = bolt_new(arena, struct bolt_dds);

    d->arena = arena;
    d->nodes = bolt_new_n(arena, struct node, NODES_FIRST);
    d->buckets = bolt_new_n(arena, uint32_t, NODES_FIRST);
    d->memo = bolt_new_n(arena, struct memo, MEMO_SIZE);
    d->size = NODES_FIRST;
    d->count = 1;
    (void)make(d, BOLT_DD_LEAVES, 0, 0); /* NO */
    (void)make(d, BOLT_DD_LEAVES, 1, 0); /* YES */
    return d;
}

bool bolt_dds_full(const struct bolt_dds *dds)
{
    return dds->full;
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
    const struct node *n = &dds->nodes[f.id];

    if (n->level != level || level == BOLT_DD_LEAVES) {
        return f;
    }
    return (bolt_dd){one ? n->one : n->zero};
}

bolt_dd bolt_dd_bit(struct bolt_dds *dds, unsigned level)
{
    return choose(dds, level, bolt_dd_leaf(dds, 0), bolt_dd_leaf(dds, 1));
}

/* --- tests ------------------------------------------------------------------------------ */

/* Both from the highest bit down: it is asked last. */
static bolt_dd equals(struct bolt_dds *d, unsigned word, uint32_t mask, uint32_t k)
{
    bolt_dd no = bolt_dd_leaf(d, 0);
    bolt_dd acc = bolt_dd_leaf(d, (k & ~mask) == 0);

    for (unsigned bit = 32; bit-- > 0 && acc.id != no.id;) {
        unsigned level = level_of(word, bit);

        if ((mask >> bit & 1) != 0) {
            acc = (k >> bit & 1) != 0 ? choose(d, level, no, acc) : choose(d, level, acc, no);
        }
    }
    return acc;
}

/* The answer if the bits below are above those of @k, and if they are not. */
static bolt_dd above(struct bolt_dds *d, unsigned word, uint32_t mask, uint32_t k, bool or_equal)
{
    bolt_dd is = bolt_dd_leaf(d, 1);
    bolt_dd is_not = bolt_dd_leaf(d, 0);

    for (unsigned bit = 32; bit-- > 0;) {
        unsigned level = level_of(word, bit);
        bool want = (k >> bit & 1) != 0;

        if ((mask >> bit & 1) == 0) {
            is = want ? is_not : is;
        } else if (want) {
            is = choose(d, level, is_not, is);
        } else {
            is_not = choose(d, level, is_not, is);
        }
    }
    return or_equal ? is : is_not;
}

bolt_dd bolt_dd_test(struct bolt_dds *dds, unsigned word, uint32_t mask, enum bolt_dd_test test,
                     uint32_t k)
{
    switch (test) {
    case BOLT_TEST_EQ:
        return equals(dds, word, mask, k);
    case BOLT_TEST_GT:
        return above(dds, word, mask, k, false);
    case BOLT_TEST_GE:
        return above(dds, word, mask, k, true);
    case BOLT_TEST_SET:
        return bolt_dd_not(dds, equals(dds, word, mask & k, 0));
    }
    return bolt_dd_leaf(dds, 0);
}

/* --- operations ------------------------------------------------------------------------- */

/* Only an address to tell this operation's memos by. */
static uint32_t ite_tag(uint32_t a, uint32_t b)
{
    return a + b;
}

static struct memo *memo_of(const struct bolt_dds *d, const struct memo *key)
{
    uint32_t h = hash(key->a, key->b, key->c ^ (uint32_t)(uintptr_t)key->op);

    return &d->memo[h & (MEMO_SIZE - 1)];
}

static bool memo_hit(const struct memo *m, const struct memo *key)
{
    return m->op == key->op && m->a == key->a && m->b == key->b && m->c == key->c;
}

/* All recursions here are as deep as there are bits: 384. */
/* NOLINTNEXTLINE(misc-no-recursion) */
bolt_dd bolt_dd_ite(struct bolt_dds *dds, bolt_dd cond, bolt_dd then, bolt_dd other)
{
    struct memo key = {ite_tag, cond.id, then.id, other.id, 0};
    unsigned level = dds->nodes[cond.id].level;
    struct memo *m;
    bolt_dd zero;
    bolt_dd one;

    if (then.id == other.id) {
        return then;
    }
    if (level == BOLT_DD_LEAVES) {
        return dds->nodes[cond.id].zero != 0 ? then : other;
    }
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
    key.result = choose(dds, level, zero, one).id;
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
    struct memo key = {leaves, a.id, b.id, 0, 0};
    unsigned level = dds->nodes[a.id].level;
    struct memo *m;
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
    key.result = choose(dds, level, zero, one).id;
    *m = key;
    return (bolt_dd){key.result};
}

/* By address the memo's key; the number of arguments is in its third place. */
static uint32_t truncate_tag(uint32_t a, uint32_t b)
{
    return a - b;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
bolt_dd bolt_dd_truncate(struct bolt_dds *dds, bolt_dd f, unsigned args)
{
    struct memo key = {truncate_tag, f.id, args, 0, 0};
    unsigned level = dds->nodes[f.id].level;
    struct memo *m;
    unsigned arg;
    unsigned bit;
    bolt_dd zero;

    if (level == BOLT_DD_LEAVES || dds->full) {
        return f;
    }
    m = memo_of(dds, &key);
    if (memo_hit(m, &key)) {
        return (bolt_dd){m->result};
    }
    bolt_dd_place(level, &arg, &bit);
    zero = bolt_dd_truncate(dds, bolt_dd_branch(dds, f, level, false), args);
    if (bit >= 32 && arg < args) {
        key.result = zero.id;
    } else {
        bolt_dd one = bolt_dd_truncate(dds, bolt_dd_branch(dds, f, level, true), args);

        key.result = choose(dds, level, zero, one).id;
    }
    *m = key;
    return (bolt_dd){key.result};
}

/* --- questions -------------------------------------------------------------------------- */

uint32_t bolt_dd_eval(const struct bolt_dds *dds, bolt_dd f, const uint64_t args[6])
{
    while (dds->nodes[f.id].level != BOLT_DD_LEAVES) {
        unsigned arg;
        unsigned bit;

        bolt_dd_place(dds->nodes[f.id].level, &arg, &bit);
        f.id = (args[arg] >> bit & 1) != 0 ? dds->nodes[f.id].one : dds->nodes[f.id].zero;
    }
    return dds->nodes[f.id].zero;
}

/* @dead: nodes known to have no such leaf below. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool find(const struct bolt_dds *d, uint32_t id, uint32_t value, bool *dead, uint64_t *args)
{
    const struct node *n = &d->nodes[id];
    unsigned arg;
    unsigned bit;

    if (n->level == BOLT_DD_LEAVES) {
        return n->zero == value;
    }
    if (dead[id]) {
        return false;
    }
    if (find(d, n->zero, value, dead, args)) {
        return true;
    }
    if (find(d, n->one, value, dead, args)) {
        bolt_dd_place(n->level, &arg, &bit);
        args[arg] |= (uint64_t)1 << bit;
        return true;
    }
    dead[id] = true;
    return false;
}

bool bolt_dd_find(const struct bolt_dds *dds, bolt_dd f, uint32_t value, uint64_t args[6])
{
    bool *dead = bolt_new_n(dds->arena, bool, dds->count);

    memset(args, 0, 6 * sizeof *args);
    return find(dds, f.id, value, dead, args);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void mark(const struct bolt_dds *d, uint32_t id, bool *seen)
{
    while (!seen[id]) {
        seen[id] = true;
        if (d->nodes[id].level != BOLT_DD_LEAVES) {
            mark(d, d->nodes[id].zero, seen);
            id = d->nodes[id].one;
        }
    }
}

size_t bolt_dd_values(const struct bolt_dds *dds, bolt_dd f, uint32_t *values, size_t max)
{
    bool *seen = bolt_new_n(dds->arena, bool, dds->count);
    size_t count = 0;

    mark(dds, f.id, seen);
    for (size_t id = 1; id < dds->count; id++) {
        if (seen[id] && dds->nodes[id].level == BOLT_DD_LEAVES) {
            if (count < max) {
                values[count] = dds->nodes[id].zero;
            }
            count++;
        }
    }
    return count;
}
