/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/region.h"

#include "base/buf.h"
#include "seccomp/cover.h"

static void add_name(struct bolt_buf *out, const char *const *names, unsigned arg)
{
    unsigned i = 0;

    while (i < arg && names[i] != NULL) {
        i++;
    }
    if (names[i] != NULL) {
        bolt_buf_adds(out, names[i]);
    } else {
        bolt_buf_addf(out, "argument %u", arg);
    }
}

static void add_number(struct bolt_buf *out, uint64_t number)
{
    bolt_buf_addf(out, number < 1024 ? "%llu" : "0x%llx", (unsigned long long)number);
}

static void add_cond(struct bolt_buf *out, const char *const *names, const struct bolt_cond *cond)
{
    static const char *const signs[] = {"!=", "<", "<=", "==", ">=", ">"};

    if (cond->op != BOLT_CMP_MASKED_EQ || cond->value == UINT64_MAX) {
        add_name(out, names, cond->index);
        bolt_buf_addf(out, " %s ", cond->op == BOLT_CMP_MASKED_EQ ? "==" : signs[cond->op]);
    } else {
        bolt_buf_adds(out, "(");
        add_name(out, names, cond->index);
        bolt_buf_addf(out, " & 0x%llx) == ", (unsigned long long)cond->value);
    }
    add_number(out, cond->op == BOLT_CMP_MASKED_EQ ? cond->value_two : cond->value);
}

static struct bolt_bytes cube_text(struct bolt_arena *arena, const char *const *names,
                                   const struct bolt_cube *cube)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; i < cube->cond_count; i++) {
        bolt_buf_adds(&out, i == 0 ? "" : ", ");
        add_cond(&out, names, &cube->conds[i]);
    }
    return bolt_buf_bytes(&out);
}

/* One input of the set, all bits of it that the set depends on. */
static struct bolt_bytes example_text(struct bolt_arena *arena, struct bolt_dds *dds,
                                      const char *const *names, bolt_dd set)
{
    struct bolt_cube cube = {.cond_count = 0};
    unsigned named = 0;
    uint64_t args[6];

    while (names[named] != NULL) {
        named++;
    }
    (void)bolt_dd_find(dds, set, 1, args);
    for (unsigned arg = 0; arg < 6; arg++) {
        if (arg == 0 || arg < named || args[arg] != 0) { /* at least one, or nothing is said */
            cube.conds[cube.cond_count++] = (struct bolt_cond){arg, BOLT_CMP_EQ, args[arg], 0};
        }
    }
    return cube_text(arena, names, &cube);
}

/* The highest power of two that an argument reaches everywhere in the set, as a bound. */
static struct bolt_bytes bound_of(struct bolt_arena *arena, struct bolt_dds *dds,
                                  const char *const *names, bolt_dd set)
{
    struct bolt_buf out = {.arena = arena};

    for (unsigned arg = 0; arg < 6; arg++) {
        for (unsigned bit = 63; bit > 0; bit--) {
            struct bolt_cube cube = {.conds = {{arg, BOLT_CMP_GE, (uint64_t)1 << bit, 0}},
                                     .cond_count = 1};
            bolt_dd below = bolt_dd_minus(dds, set, bolt_cover_cond(dds, &cube.conds[0], true));
            uint32_t value;

            if (bolt_dd_is_leaf(dds, below, &value) && value == 0) {
                bolt_buf_adds(&out, out.len == 0 ? "" : ", ");
                bolt_buf_add(&out, cube_text(arena, names, &cube));
                break;
            }
        }
    }
    return bolt_buf_bytes(&out);
}

void bolt_region_tell(struct bolt_arena *arena, struct bolt_dds *dds, const char *const *names,
                      bolt_dd set, struct bolt_region *out)
{
    struct bolt_cond offers[12];
    struct bolt_cover cover = {.arena = arena, .dds = dds, .wide = true, .offers = offers};
    uint32_t constant;
    bool covered;

    for (unsigned arg = 0; arg < 6; arg++) {
        offers[cover.offer_count++] = (struct bolt_cond){arg, BOLT_CMP_GT, UINT32_MAX, 0};
        offers[cover.offer_count++] = (struct bolt_cond){arg, BOLT_CMP_GT, 63, 0};
    }
    *out = (struct bolt_region){.everything = bolt_dd_is_leaf(dds, set, &constant), .set = set};
    if (out->everything) {
        return;
    }
    covered = bolt_cover_add(&cover, set, set);
    out->more = !covered || cover.count > BOLT_REGION_PARTS;
    for (size_t i = 0; i < cover.count && i < BOLT_REGION_PARTS && covered; i++) {
        out->parts[out->count++] = cube_text(arena, names, &cover.cubes[i]);
    }
    if (out->more) {
        out->bound = bound_of(arena, dds, names, set);
        out->example = example_text(arena, dds, names, set);
    }
}
