/* SPDX-License-Identifier: Apache-2.0 */
#include "mutants_internal.h"

#include <string.h>

/* --- places ----------------------------------------------------------------------------- */

bool mutant_is_named(const struct spec_entry *e, const char *name)
{
    return e->name_count == 1 && strcmp(e->names[0], name) == 0;
}

bool mutant_is_ours(const struct spec_entry *e)
{
    return mutant_is_named(e, "socket") || mutant_is_named(e, "socketcall") ||
           mutant_is_named(e, "io_uring_setup");
}

struct spec_entry *mutant_rule_at(struct spec *spec, const char *name, size_t site)
{
    for (size_t i = 0; i < spec->entry_count; i++) {
        struct spec_entry *e = &spec->entries[i];

        if (mutant_is_ours(e) && (name == NULL || mutant_is_named(e, name)) && site-- == 0) {
            return e;
        }
    }
    return NULL;
}

struct bolt_cond *mutant_cond_at(struct spec *spec, unsigned index, size_t site)
{
    for (size_t i = 0; i < spec->entry_count; i++) {
        struct spec_entry *e = &spec->entries[i];

        for (size_t j = 0; j < e->cond_count && mutant_is_named(e, "socket"); j++) {
            if (e->conds[j].index == index && site-- == 0) {
                return &e->conds[j];
            }
        }
    }
    return NULL;
}

static struct bolt_cond *masked_at(struct spec *spec, unsigned index, size_t site)
{
    for (size_t i = 0;; i++) {
        struct bolt_cond *cond = mutant_cond_at(spec, index, i);

        if (cond == NULL || (cond->op == BOLT_CMP_MASKED_EQ && site-- == 0)) {
            return cond;
        }
    }
}

static void mask(struct bolt_cond *cond, uint64_t value)
{
    cond->value = value;
    cond->value_two &= value;
}

struct spec_entry mutant_entry(struct bolt_arena *arena, const char *name, uint32_t action)
{
    struct spec_entry e = {.action = action};

    spec_add_name(arena, &e, name);
    return e;
}

/* --- conditions ------------------------------------------------------------------------- */

bool mutant_widen_family(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        mask(c, c->value & (c->value - 1)); /* one bit less */
    }
    return c != NULL;
}

bool mutant_family_16_bits(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        mask(c, c->value & 0xffff);
    }
    return c != NULL;
}

bool mutant_family_64_bits(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        mask(c, c->value | 0xffffffff00000000);
    }
    return c != NULL;
}

bool mutant_family_by_eq(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        *c = (struct bolt_cond){0, BOLT_CMP_EQ, c->value_two, 0};
    }
    return c != NULL;
}

bool mutant_family_by_ne(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        *c = (struct bolt_cond){0, BOLT_CMP_NE, c->value_two, 0};
    }
    return c != NULL;
}

bool mutant_other_family(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        c->value_two ^= c->value & -c->value;
    }
    return c != NULL;
}

bool mutant_family_top_bit(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 0, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        c->value_two ^= 0x80000000;
        c->value |= 0x80000000;
    }
    return c != NULL;
}

bool mutant_type_with_flags(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 1, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        mask(c, c->value | 0xfffffff0);
    }
    return c != NULL;
}

bool mutant_type_3_bits(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 1, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        mask(c, c->value == 7 ? 3 : c->value & 7);
    }
    return c != NULL;
}

bool mutant_other_type(PARAMS)
{
    struct bolt_cond *c = masked_at(spec, 1, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        c->value_two ^= c->value & -c->value;
    }
    return c != NULL;
}

bool mutant_swap_indexes(PARAMS)
{
    struct bolt_cond *family = mutant_cond_at(spec, 0, site);

    UNUSED_PARAMS;
    if (family == NULL) {
        return false;
    }
    for (size_t i = 0; i < spec->entry_count; i++) {
        struct spec_entry *e = &spec->entries[i];

        if (family >= e->conds && family < e->conds + e->cond_count) {
            for (size_t j = 0; j < e->cond_count; j++) {
                e->conds[j].index ^= e->conds[j].index < 2;
            }
        }
    }
    return true;
}

bool mutant_swap_values(PARAMS)
{
    for (unsigned index = 0; index < 2; index++) {
        for (size_t i = 0;; i++) {
            struct bolt_cond *c = masked_at(spec, index, i);
            struct bolt_cond old;

            if (c == NULL) {
                break;
            }
            if (site-- == 0) {
                old = *c;
                c->value = old.value_two;
                c->value_two = old.value;
                return true;
            }
        }
    }
    UNUSED_PARAMS;
    return false;
}

bool mutant_forget_condition(PARAMS)
{
    for (size_t i = 0; i < spec->entry_count; i++) {
        struct spec_entry *e = &spec->entries[i];

        for (size_t j = 0; j < e->cond_count && mutant_is_ours(e); j++) {
            if (site-- == 0) {
                spec_remove_cond(e, j);
                return true;
            }
        }
    }
    UNUSED_PARAMS;
    return false;
}

bool mutant_other_protocol(PARAMS)
{
    struct bolt_cond *c = mutant_cond_at(spec, 2, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        c->value ^= 1;
    }
    return c != NULL;
}

bool mutant_looser_protocol(PARAMS)
{
    struct bolt_cond *c = mutant_cond_at(spec, 2, site);

    UNUSED_PARAMS;
    if (c != NULL) {
        *c = (struct bolt_cond){2, BOLT_CMP_GE, 0, 0};
    }
    return c != NULL;
}
