/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/diagram_internal.h"

#define SINGLE_BITS 6 /* of the lower half of an argument: families and types differ in those */

/* The order of words. What rules ask most comes first: address family and type, and of both the low
 * bits, since small numbers differ in those. (Of the orders tried by the thousand this one also
 * makes the fewest rules of the profiles that Docker and Podman write.) */
static const unsigned char order[BOLT_DD_WORDS] = {0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11};

static unsigned add_place(struct bolt_dds *d, unsigned level, unsigned word, uint32_t bits)
{
    d->places[level] = (struct bolt_dd_place){(unsigned char)word, bits};
    return level + 1;
}

void bolt_dd_lay_out(struct bolt_dds *d, enum bolt_dd_grain grain)
{
    unsigned level = 0;

    for (unsigned i = 0; i < BOLT_DD_WORDS; i++) {
        unsigned word = order[i];
        unsigned single = grain == BOLT_DD_FINE ? 32 : word % 2 == 0 ? SINGLE_BITS : 0;
        unsigned first = level;

        for (unsigned bit = 0; bit < single; bit++) {
            level = add_place(d, level, word, UINT32_C(1) << bit);
        }
        if (single < 32) {
            level = add_place(d, level, word, UINT32_MAX << single);
        }
        d->spans[word] = (struct bolt_dd_span){(uint16_t)first, (uint16_t)(level - first)};
    }
}

void bolt_dd_place(const struct bolt_dds *dds, unsigned level, unsigned *arg, uint64_t *bits)
{
    const struct bolt_dd_place *place = &dds->places[level];

    *arg = place->word / 2U;
    *bits = (uint64_t)place->bits << place->word % 2 * 32;
}

unsigned bolt_dd_first_level(const struct bolt_dds *dds, unsigned arg)
{
    return dds->spans[arg * 2].first;
}

/* Bits that are asked for together can be told apart from none of them only. */
static bool is_apart(const struct bolt_dd_place *place, uint32_t mask, uint32_t k)
{
    bool single = (place->bits & (place->bits - 1)) == 0;

    return single || (place->bits & mask) == 0 ||
           ((place->bits & mask) == place->bits && (place->bits & k) == 0);
}

/* Both from the highest bit down: it is asked last. */
static bolt_dd equals(struct bolt_dds *d, unsigned word, uint32_t mask, uint32_t k)
{
    const struct bolt_dd_span span = d->spans[word];
    bolt_dd no = bolt_dd_leaf(d, 0);
    bolt_dd acc = bolt_dd_leaf(d, (k & ~mask) == 0);

    for (unsigned level = span.first + span.count; level-- > span.first && acc.id != no.id;) {
        const struct bolt_dd_place *place = &d->places[level];

        d->too_coarse = d->too_coarse || !is_apart(place, mask, k);
        if ((mask & place->bits) != 0) {
            acc = (k & place->bits) != 0 ? bolt_dd_choose(d, level, no, acc)
                                         : bolt_dd_choose(d, level, acc, no);
        }
    }
    return acc;
}

/* The answer if the bits below are above those of @k, and if they are not. */
static bolt_dd above(struct bolt_dds *d, unsigned word, uint32_t mask, uint32_t k, bool or_equal)
{
    const struct bolt_dd_span span = d->spans[word];
    bolt_dd is = bolt_dd_leaf(d, 1);
    bolt_dd is_not = bolt_dd_leaf(d, 0);

    for (unsigned level = span.first + span.count; level-- > span.first;) {
        const struct bolt_dd_place *place = &d->places[level];
        bool want = (k & place->bits) != 0;

        /* What the mask takes away may be asked for all the same: then that is above. */
        d->too_coarse =
            d->too_coarse || !is_apart(place, UINT32_MAX, k) || !is_apart(place, mask, 0);
        if ((mask & place->bits) == 0) {
            is = want ? is_not : is;
        } else if (want) {
            is = bolt_dd_choose(d, level, is_not, is);
        } else {
            is_not = bolt_dd_choose(d, level, is_not, is);
        }
    }
    return or_equal ? is : is_not;
}

bolt_dd bolt_dd_make_test(struct bolt_dds *d, unsigned word, uint32_t mask, enum bolt_dd_test test,
                          uint32_t k)
{
    switch (test) {
    case BOLT_TEST_EQ:
        return equals(d, word, mask, k);
    case BOLT_TEST_GT:
        return k == UINT32_MAX ? bolt_dd_leaf(d, 0) : above(d, word, mask, k, false);
    case BOLT_TEST_GE:
        return k == 0 ? bolt_dd_leaf(d, 1) : above(d, word, mask, k, true);
    case BOLT_TEST_SET:
        return bolt_dd_not(d, equals(d, word, mask & k, 0));
    }
    return bolt_dd_leaf(d, 0);
}
