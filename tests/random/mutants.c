/* SPDX-License-Identifier: Apache-2.0 */
#include "mutants_internal.h"

#include <string.h>

/* --- rules ------------------------------------------------------------------------------ */

static bool drop_rule(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, NULL, site);

    UNUSED_PARAMS;
    if (e != NULL) {
        spec_remove(spec, (size_t)(e - spec->entries));
    }
    return e != NULL;
}

static bool turn_action(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, NULL, site);

    UNUSED_PARAMS;
    if (e != NULL) {
        e->action = bolt_act_denies(e->action) ? BOLT_ACT_ALLOW : BOLT_ACT_ERRNO | 1;
    }
    return e != NULL;
}

static bool log_only(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, NULL, site);

    UNUSED_PARAMS;
    if (e != NULL) {
        e->action = BOLT_ACT_LOG;
    }
    return e != NULL;
}

static bool kill_it(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, NULL, site);

    UNUSED_PARAMS;
    if (e != NULL) {
        e->action = BOLT_ACT_KILL_PROCESS;
    }
    return e != NULL;
}

static bool turn_errno(struct spec *spec, bool socketcall, size_t site)
{
    struct spec_entry *e;

    for (size_t i = 0; (e = mutant_rule_at(spec, NULL, i)) != NULL; i++) {
        if ((e->action & BOLT_ACT_FULL) == BOLT_ACT_ERRNO &&
            mutant_is_named(e, "socketcall") == socketcall && site-- == 0) {
            e->action ^= 4;
            return true;
        }
    }
    return false;
}

static bool other_errno(PARAMS)
{
    UNUSED_PARAMS;
    return turn_errno(spec, false, site);
}

static bool other_socketcall_errno(PARAMS)
{
    UNUSED_PARAMS;
    return turn_errno(spec, true, site);
}

static bool says_the_default(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, NULL, site);

    UNUSED_PARAMS;
    if (e != NULL) {
        e->action = spec->default_action;
    }
    return e != NULL;
}

static bool swallow(struct bolt_arena *arena, struct spec *spec, const char *name, size_t at)
{
    spec_insert(arena, spec, at, mutant_entry(arena, name, BOLT_ACT_ALLOW));
    return true;
}

static bool swallow_before(PARAMS)
{
    static const char *const names[] = {"socket", "socketcall", "io_uring_setup"};

    UNUSED_PARAMS;
    return site < 3 && swallow(arena, spec, names[site], 0);
}

static bool swallow_behind(PARAMS)
{
    static const char *const names[] = {"socket", "socketcall", "io_uring_setup"};

    UNUSED_PARAMS;
    return site < 3 && swallow(arena, spec, names[site], spec->entry_count);
}

static bool swallow_logged(PARAMS)
{
    static const char *const names[] = {"socket", "io_uring_setup"};

    UNUSED_PARAMS;
    if (site < 2) {
        spec_insert(arena, spec, 0, mutant_entry(arena, names[site], BOLT_ACT_LOG));
    }
    return site < 2;
}

static bool has_name(const struct spec_entry *e, const char *name)
{
    for (size_t i = 0; i < e->name_count; i++) {
        if (strcmp(e->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static size_t keep_rules(struct bolt_arena *arena, const struct spec *before, struct spec *spec,
                         const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < before->entry_count; i++) {
        struct spec_entry e = before->entries[i];

        if (has_name(&e, name)) {
            e.names = NULL;
            e.name_count = 0;
            spec_add_name(arena, &e, name);
            spec_insert(arena, spec, spec->entry_count, e);
            kept++;
        }
    }
    return kept;
}

static bool old_rules_stay(PARAMS)
{
    static const char *const names[] = {"socket", "socketcall", "io_uring_setup"};
    struct spec plain = *spec;

    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        *spec = spec_copy(arena, &plain);
        if (keep_rules(arena, before, spec, names[i]) != 0 && site-- == 0) {
            return true;
        }
    }
    return false;
}

static bool other_call(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, "io_uring_setup", site);

    UNUSED_PARAMS;
    if (e != NULL) {
        e->names[0] = "io_uring_enter";
    }
    return e != NULL;
}

static bool other_subcall(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, "socketcall", site);

    UNUSED_PARAMS;
    if (e == NULL || e->cond_count == 0) {
        return false;
    }
    if (e->conds[0].op == BOLT_CMP_MASKED_EQ) {
        e->conds[0].value_two = 3;
    } else {
        e->conds[0].value = 3;
    }
    return true;
}

/* --- what is forgotten ------------------------------------------------------------------ */

static bool holds(const struct bolt_cond *c, uint64_t arg)
{
    return c->op != BOLT_CMP_MASKED_EQ || (arg & c->value) == (c->value_two & c->value);
}

static bool covers(const struct spec_entry *e, uint64_t family, uint64_t type)
{
    bool all = mutant_is_named(e, "socket");

    for (size_t i = 0; i < e->cond_count; i++) {
        all = all && e->conds[i].index < 2 &&
              holds(&e->conds[i], e->conds[i].index == 0 ? family : type);
    }
    return all;
}

/* Where rules deny, the one that does; where rules allow, one more. */
static bool forget(struct bolt_arena *arena, struct spec *spec, uint64_t family, uint64_t type)
{
    struct spec_entry e = mutant_entry(arena, "socket", BOLT_ACT_ALLOW);
    bool found = false;

    for (size_t i = spec->entry_count; i-- > 0;) {
        if (bolt_act_denies(spec->entries[i].action) && covers(&spec->entries[i], family, type)) {
            spec_remove(spec, i);
            found = true;
        }
    }
    if (bolt_act_denies(spec->default_action)) {
        e.cond_count = 2;
        e.conds[0] = (struct bolt_cond){0, BOLT_CMP_MASKED_EQ, UINT32_MAX, family};
        e.conds[1] = (struct bolt_cond){1, BOLT_CMP_MASKED_EQ, 15, type};
        spec_insert(arena, spec, 0, e);
        found = true;
    }
    return found;
}

/* No kernel has that family: a rule may lack there, and must not be too much. */
static bool allow_beyond(PARAMS)
{
    struct spec_entry e = mutant_entry(arena, "socket", BOLT_ACT_ALLOW);

    UNUSED_PARAMS;
    e.cond_count = 2;
    e.conds[0] = (struct bolt_cond){0, BOLT_CMP_MASKED_EQ, UINT32_MAX, 80};
    e.conds[1] = (struct bolt_cond){1, BOLT_CMP_GE, 0, 0};
    if (site == 0) {
        spec_insert(arena, spec, spec->entry_count, e);
    }
    return site == 0;
}

static bool forget_raw(PARAMS)
{
    static const uint64_t ways[][2] = {{2, 3}, {10, 3}, {17, 3}, {17, 2}, {17, 10}};

    UNUSED_PARAMS;
    return site < BOLT_LEN(ways) && forget(arena, spec, ways[site][0], ways[site][1]);
}

static bool forget_sock_packet(PARAMS)
{
    UNUSED_PARAMS;
    return site == 0 && forget(arena, spec, 2, 10);
}

static bool forget_xdp(PARAMS)
{
    UNUSED_PARAMS;
    return site == 0 && forget(arena, spec, 44, 3);
}

static bool forget_call(struct bolt_arena *arena, struct spec *spec, const char *name)
{
    bool found = false;

    for (size_t i = spec->entry_count; i-- > 0;) {
        if (mutant_is_named(&spec->entries[i], name)) {
            spec_remove(spec, i);
            found = true;
        }
    }
    if (bolt_act_denies(spec->default_action)) {
        return swallow(arena, spec, name, 0);
    }
    return found;
}

static bool forget_io_uring(PARAMS)
{
    UNUSED_PARAMS;
    return site == 0 && forget_call(arena, spec, "io_uring_setup");
}

static bool forget_socketcall(PARAMS)
{
    UNUSED_PARAMS;
    if (site != 0) {
        return false;
    }
    /* Where no rule says it, those for socket() do: libseccomp would make nothing else of them. */
    return forget_call(arena, spec, "socketcall") || swallow(arena, spec, "socketcall", 0);
}

/* With a second condition, always true, and behind the others: as rewrite.c does it, lest the rules
 * that libseccomp makes for socketcall() clash. */
static bool deny_unix_too(PARAMS)
{
    struct spec_entry e = mutant_entry(arena, "socket", BOLT_ACT_ERRNO | 13);

    UNUSED_PARAMS;
    e.cond_count = 2;
    e.conds[0] = (struct bolt_cond){0, BOLT_CMP_MASKED_EQ, UINT32_MAX, 1};
    e.conds[1] = (struct bolt_cond){1, BOLT_CMP_GE, 0, 0};
    if (site == 0) {
        spec_insert(arena, spec, spec->entry_count, e);
    }
    return site == 0;
}

/* --- the rest of the profile ------------------------------------------------------------ */

static bool drop_arch(PARAMS)
{
    UNUSED_PARAMS;
    if (site + 1 >= spec->arch_count) {
        return false; /* the native one is always there */
    }
    memmove(&spec->archs[site + 1], &spec->archs[site + 2],
            (spec->arch_count - site - 2) * sizeof *spec->archs);
    spec->arch_count--;
    return true;
}

static bool drop_neighbour(PARAMS)
{
    for (size_t i = 0; i < spec->entry_count; i++) {
        struct spec_entry *e = &spec->entries[i];

        if (mutant_is_ours(e) || e->action == spec->default_action || e->cond_count != 0) {
            continue;
        }
        if (site < e->name_count && site < 3) {
            spec_remove_name(e, e->name_count - 1 - site);
            return true;
        }
        break;
    }
    UNUSED_PARAMS;
    return false;
}

static bool add_neighbour(PARAMS)
{
    uint32_t action = bolt_act_denies(spec->default_action) ? BOLT_ACT_ALLOW : BOLT_ACT_ERRNO | 1;

    UNUSED_PARAMS;
    if (site == 0) {
        spec_insert(arena, spec, 0, mutant_entry(arena, "kexec_load", action));
    }
    return site == 0;
}

static bool other_default(PARAMS)
{
    static const uint32_t actions[] = {BOLT_ACT_LOG, BOLT_ACT_KILL_THREAD, BOLT_ACT_ERRNO | 5};

    UNUSED_PARAMS;
    if (site < BOLT_LEN(actions)) {
        spec->default_action = actions[site];
    }
    return site < BOLT_LEN(actions);
}

/* libseccomp forgets to load the call's number (compile.c). */
static bool missing_call_first(PARAMS)
{
    struct spec_entry e = mutant_entry(arena, "socketcall", BOLT_ACT_ERRNO | 1);

    UNUSED_PARAMS;
    if (site != 0 || bolt_act_denies(spec->default_action)) {
        return false;
    }
    for (size_t i = spec->entry_count; i-- > 0;) {
        if (spec->entries[i].cond_count == 0) {
            spec_remove(spec, i);
        }
    }
    spec_insert(arena, spec, 0, e);
    return true;
}

/* --- what is no bug, or not everywhere -------------------------------------------------- */

static bool twice(PARAMS)
{
    struct spec_entry *e = mutant_rule_at(spec, NULL, site);

    UNUSED_PARAMS;
    if (e != NULL) {
        spec_insert(arena, spec, spec->entry_count, *e);
    }
    return e != NULL;
}

static bool ours_reversed(PARAMS)
{
    size_t count = 0;

    UNUSED_PARAMS;
    while (count < spec->entry_count && mutant_is_ours(&spec->entries[count])) {
        count++;
    }
    for (size_t i = 0; i < count / 2 && site == 0; i++) {
        struct spec_entry e = spec->entries[i];

        spec->entries[i] = spec->entries[count - 1 - i];
        spec->entries[count - 1 - i] = e;
    }
    return site == 0;
}

static bool ours_last(PARAMS)
{
    UNUSED_PARAMS;
    for (size_t i = 0; i < spec->entry_count && site == 0 && mutant_is_ours(&spec->entries[0]);
         i++) {
        struct spec_entry e = spec->entries[0];

        spec_remove(spec, 0);
        spec_insert(arena, spec, spec->entry_count, e);
    }
    return site == 0;
}

#define SAME_RULES "libseccomp decides by the shape of rules, not by their order"

const struct mutant mutants[] = {
    {"drop-rule", "one rule is forgotten", drop_rule, NULL},
    {"widen-family", "the family's mask lacks a bit", mutant_widen_family, NULL},
    {"family-16-bits", "the family's mask has 16 bits", mutant_family_16_bits, NULL},
    {"family-64-bits", "the family's mask has 64 bits", mutant_family_64_bits, NULL},
    {"family-by-eq", "the family is compared with 64 bits", mutant_family_by_eq, NULL},
    {"family-by-ne", "the family differs from what it must be", mutant_family_by_ne, NULL},
    {"other-family", "a bit of the family is turned", mutant_other_family, NULL},
    {"family-top-bit", "the family as a negative number", mutant_family_top_bit, NULL},
    {"type-with-flags", "the type's mask has 32 bits", mutant_type_with_flags, NULL},
    {"type-3-bits", "the type's mask lacks a bit", mutant_type_3_bits, NULL},
    {"other-type", "a bit of the type is turned", mutant_other_type, NULL},
    {"swap-indexes", "family and type are mixed up", mutant_swap_indexes, NULL},
    {"swap-values", "mask and value are mixed up", mutant_swap_values, NULL},
    {"forget-condition", "a rule lacks a condition", mutant_forget_condition, NULL},
    {"other-protocol", "a condition on the protocol has another value", mutant_other_protocol,
     NULL},
    {"looser-protocol", "a condition on the protocol is always true", mutant_looser_protocol, NULL},
    {"turn-action", "a rule allows for denies", turn_action, NULL},
    {"log-only", "a rule logs", log_only, NULL},
    {"kill", "a rule kills", kill_it, NULL},
    {"other-errno", "a rule has another errno", other_errno, NULL},
    {"socketcall-errno", "a rule for socketcall has another errno", other_socketcall_errno, NULL},
    {"says-the-default", "a rule has the default action", says_the_default, NULL},
    {"swallow-before", "an unconditional allowance, first", swallow_before, NULL},
    {"swallow-behind", "an unconditional allowance, last", swallow_behind, NULL},
    {"swallow-logged", "an unconditional log rule", swallow_logged, NULL},
    {"old-rules-stay", "the profile's own rules for a call stay", old_rules_stay, NULL},
    {"other-call", "io_uring_enter for io_uring_setup", other_call, NULL},
    {"other-subcall", "SYS_CONNECT for SYS_SOCKET", other_subcall, NULL},
    {"allow-beyond", "a family that no kernel has is let through", allow_beyond, NULL},
    {"forget-raw", "a family with SOCK_RAW is forgotten", forget_raw, NULL},
    {"forget-sock-packet", "SOCK_PACKET is forgotten", forget_sock_packet, NULL},
    {"forget-xdp", "AF_XDP is forgotten", forget_xdp, NULL},
    {"forget-io-uring", "io_uring_setup is forgotten", forget_io_uring, NULL},
    {"forget-socketcall", "socketcall is forgotten", forget_socketcall, NULL},
    {"deny-unix", "AF_UNIX is denied too", deny_unix_too, NULL},
    {"drop-arch", "an architecture is forgotten", drop_arch, NULL},
    {"drop-neighbour", "another name of the profile goes", drop_neighbour, NULL},
    {"add-neighbour", "another name comes", add_neighbour, NULL},
    {"other-default", "the default action is another", other_default, NULL},
    {"missing-call-first", "the first rule is about a call that x86_64 lacks", missing_call_first,
     NULL},
    {"twice", "a rule is there twice", twice, "it says the same"},
    {"reversed", "the new rules are in the opposite order", ours_reversed, SAME_RULES},
    {"last", "the new rules are behind the old ones", ours_last, SAME_RULES},
};
const size_t mutant_count = BOLT_LEN(mutants);
_Static_assert(BOLT_LEN(mutants) <= MUTANTS_MAX, "mutate.c has no room for them");
