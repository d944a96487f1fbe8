/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/rewrite.h"

#include <linux/net.h>
#include <stdlib.h>

#include "seccomp/compile.h"
#include "seccomp/prove.h"

#define FAMILIES 64U /* more than any kernel has; a power of two, so one test of the upper bits */
#define SOCKETCALLS 32U /* likewise */
#define VALUES_MAX 64

static void add(struct bolt_rewrite *r, enum bolt_call call, uint32_t action,
                const struct bolt_cube *cube)
{
    r->rules = bolt_arena_grow(r->arena, r->rules, r->rule_count, sizeof *r->rules);
    r->rules[r->rule_count++] = (struct bolt_new_rule){bolt_call_name(call), action, *cube};
}

static uint32_t strictest(uint32_t a, uint32_t b)
{
    return bolt_act_rank(a) <= bolt_act_rank(b) ? a : b;
}

/* P, as far as it is to be kept, and Q. */
static bool answer_of(struct bolt_rewrite *r, const struct bolt_abi *abi, enum bolt_call call,
                      bolt_dd *p, bolt_dd *q)
{
    struct bolt_input input = {.arch = abi->arch, .nr = bolt_abi_number(abi, call)};

    *q = bolt_raw_diagram(r->dds, &r->raw, &input);
    if (!bolt_prove_diagram(r->arena, r->dds, r->p, &input, p)) {
        return false;
    }
    if (r->known_args < BOLT_DD_WORDS / 2) {
        *p = bolt_dd_forget(r->dds, strictest, *p, r->known_args);
    }
    return true;
}

/* --- from a function to rules ----------------------------------------------------------- */

static uint32_t is_same(uint32_t a, uint32_t b)
{
    return a == b;
}

/* What is let through for families, or for calls by socketcall(), that no kernel has may as well
 * get the default action, if that is stricter and harmless: it takes a third of the rules. Harmless
 * is an errno instead of the kernel's EAFNOSUPPORT or EINVAL, or a line in the log; a signal is
 * not.
 */
static bolt_dd must_cover(const struct bolt_rewrite *r, enum bolt_call call, uint32_t action,
                          bolt_dd all)
{
    uint32_t other = r->profile->default_action & BOLT_ACT_FULL;
    uint32_t known = call == BOLT_CALL_SOCKET ? FAMILIES : SOCKETCALLS;

    if (call == BOLT_CALL_IO_URING_SETUP || (other != BOLT_ACT_ERRNO && other != BOLT_ACT_LOG) ||
        bolt_act_denies(action) || bolt_act_rank(other) >= bolt_act_rank(action)) {
        return all;
    }
    return bolt_dd_minus(r->dds, all,
                         bolt_dd_test(r->dds, 0, ~(known - 1), BOLT_TEST_SET, UINT32_MAX));
}

static uint32_t both(uint32_t a, uint32_t b)
{
    return a & b;
}

/* First the families that get the action whatever the type, then the rest: so all rules with a
 * second condition are about the same few families. libseccomp makes a chain of its own for each
 * family that has such rules, and those are what it takes long for. */
static bool cover_all(const struct bolt_rewrite *r, struct bolt_cover *cover, bolt_dd must,
                      bolt_dd may)
{
    bolt_dd alone = bolt_dd_forget(r->dds, both, may, 1);

    return bolt_cover_add(cover, bolt_dd_and(r->dds, must, alone), alone) &&
           bolt_cover_add(cover, bolt_dd_minus(r->dds, must, alone),
                          bolt_dd_minus(r->dds, may, alone));
}

/* Rules for all that @wanted answers with other than the default, within @where. */
static int add_cover(struct bolt_rewrite *r, enum bolt_call call, bolt_dd wanted, bolt_dd where,
                     struct bolt_cover *cover, struct bolt_err *err)
{
    uint32_t values[VALUES_MAX];
    size_t count = bolt_dd_values(r->dds, wanted, values, VALUES_MAX);

    for (size_t i = 0; i < count && i < VALUES_MAX; i++) {
        bolt_dd all = bolt_dd_and(
            r->dds, where, bolt_dd_apply(r->dds, is_same, wanted, bolt_dd_leaf(r->dds, values[i])));

        if (values[i] == r->profile->default_action) {
            continue;
        }
        cover->count = 0;
        if (!cover_all(r, cover, must_cover(r, call, values[i], all), all)) {
            return bolt_fail(err, BOLT_ERR_INPUT, "it would take too many rules for %s",
                             bolt_call_name(call));
        }
        for (size_t j = 0; j < cover->count; j++) {
            add(r, call, values[i], &cover->cubes[j]);
        }
    }
    if (count > VALUES_MAX || r->rule_count > BOLT_COVER_MAX) {
        return bolt_fail(err, BOLT_ERR_INPUT, "it would take too many rules for %s",
                         bolt_call_name(call));
    }
    return 0;
}

static enum bolt_cmp opposite(enum bolt_cmp op)
{
    switch (op) {
    case BOLT_CMP_NE:
        return BOLT_CMP_EQ;
    case BOLT_CMP_LT:
        return BOLT_CMP_GE;
    case BOLT_CMP_LE:
        return BOLT_CMP_GT;
    case BOLT_CMP_EQ:
        return BOLT_CMP_NE;
    case BOLT_CMP_GE:
        return BOLT_CMP_LT;
    case BOLT_CMP_GT:
        return BOLT_CMP_LE;
    case BOLT_CMP_MASKED_EQ:
        break;
    }
    return op;
}

static bool has_name(const struct bolt_rewrite *r, const struct bolt_entry *e, enum bolt_call call)
{
    const struct bolt_doc *doc = r->profile->doc;

    for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (bolt_bytes_is(bolt_doc_string(doc, n), bolt_call_name(call))) {
            return true;
        }
    }
    return false;
}

static bool is_named(const struct bolt_rewrite *r, enum bolt_call call)
{
    for (size_t i = 0; i < r->profile->entry_count; i++) {
        if (has_name(r, &r->profile->entries[i], call)) {
            return true;
        }
    }
    return false;
}

static void offer(struct bolt_rewrite *r, struct bolt_cover *cover, const struct bolt_cond *cond)
{
    struct bolt_cond *offers = r->offers;

    if (cover->offer_count == BOLT_LEN(r->offers)) {
        return; /* an offer only saves rules: without it they are more, or too many */
    }
    offers[cover->offer_count++] = *cond;
    cover->offers = offers;
}

static bool is_offered(const struct bolt_cover *cover, const struct bolt_cond *cond)
{
    for (size_t i = 0; i < cover->offer_count; i++) {
        const struct bolt_cond *o = &cover->offers[i];

        if (o->index == cond->index && o->op == cond->op && o->value == cond->value &&
            o->value_two == cond->value_two) {
            return true;
        }
    }
    return false;
}

/* What the profile itself asks about the arguments from @first up, and the opposites. Of family
 * and type none is taken: those must be compared in their lower bits only. */
static void offer_conds(struct bolt_rewrite *r, enum bolt_call call, unsigned first,
                        struct bolt_cover *cover)
{
    for (size_t i = 0; i < r->profile->entry_count; i++) {
        const struct bolt_entry *e = &r->profile->entries[i];
        bool matters = e->action != r->profile->default_action && has_name(r, e, call);

        for (size_t j = 0; matters && j < e->cond_count * 2; j++) {
            struct bolt_cond cond = e->conds[j / 2];

            cond.op = j % 2 == 0 ? cond.op : opposite(cond.op);
            if (cond.index >= first && !is_offered(cover, &cond)) {
                offer(r, cover, &cond);
            }
        }
    }
}

/* --- the three calls -------------------------------------------------------------------- */

/* What the kernel makes of an input is what its lower halves say, so what P answers to those counts
 * where it is stricter than what P answers to the input. */
static int add_socket(struct bolt_rewrite *r, struct bolt_err *err)
{
    const struct bolt_abi *native = r->machine->abis[0];
    struct bolt_cover cover = {.arena = r->arena, .dds = r->dds, .wide = native->wide};
    bolt_dd plain;
    bolt_dd clean;
    bolt_dd p;
    bolt_dd q;

    if (!answer_of(r, native, BOLT_CALL_SOCKET, &p, &q)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    plain = bolt_dd_apply(r->dds, bolt_prove_stricter, p, q);
    clean = bolt_dd_apply(r->dds, bolt_prove_stricter, bolt_dd_truncate(r->dds, p, 2), q);
    /* "Something in the upper half": as bits of a mask it would be cut off, and always true, where
     * 32 bits are compared; put like this it is never true there. */
    for (unsigned arg = 0; arg < 2 && cover.wide; arg++) {
        offer(r, &cover, &(struct bolt_cond){arg, BOLT_CMP_GT, UINT32_MAX, 0});
    }
    offer_conds(r, BOLT_CALL_SOCKET, 2, &cover);
    return add_cover(r, BOLT_CALL_SOCKET, bolt_dd_apply(r->dds, strictest, clean, plain),
                     bolt_dd_leaf(r->dds, 1), &cover, err);
}

static int add_io_uring(struct bolt_rewrite *r, struct bolt_err *err)
{
    const struct bolt_abi *native = r->machine->abis[0];
    struct bolt_cover cover = {.arena = r->arena, .dds = r->dds, .wide = native->wide};
    bolt_dd p;
    bolt_dd q;

    if (!answer_of(r, native, BOLT_CALL_IO_URING_SETUP, &p, &q)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    offer_conds(r, BOLT_CALL_IO_URING_SETUP, 0, &cover);
    return add_cover(r, BOLT_CALL_IO_URING_SETUP, bolt_dd_apply(r->dds, bolt_prove_stricter, p, q),
                     bolt_dd_leaf(r->dds, 1), &cover, err);
}

/* What @f is for socketcall(SYS_SOCKET, ...), if that does not depend on the rest. */
static bool for_sys_socket(struct bolt_rewrite *r, bolt_dd f, uint32_t *value)
{
    bolt_dd is = bolt_dd_test(r->dds, 0, UINT32_MAX, BOLT_TEST_EQ, SYS_SOCKET);
    uint32_t values[2];

    /* A value that no action has marks what is not asked about. */
    f = bolt_dd_ite(r->dds, is, f, bolt_dd_leaf(r->dds, 0x7eU));
    if (bolt_dd_values(r->dds, f, values, 2) != 2) {
        return false;
    }
    *value = values[0] == 0x7eU ? values[1] : values[0];
    return true;
}

/* runc answers ENOSYS to every call beyond the highest that a profile names, in each architecture
 * where it names one (libcontainer/seccomp/patchbpf); a new name must not change that. */
static int check_new_name(struct bolt_rewrite *r, struct bolt_err *err)
{
    if (!bolt_act_denies(r->profile->default_action) || is_named(r, BOLT_CALL_SOCKETCALL) ||
        bolt_compile_highest(r->arena, r->profile, r->mux->name) >= (long)r->mux->socketcall) {
        return 0;
    }
    return bolt_fail(err, BOLT_ERR_INPUT,
                     "it names so few calls that another name would change which are unknown");
}

static int add_socketcall(struct bolt_rewrite *r, enum bolt_form form, struct bolt_err *err)
{
    static const struct bolt_cond others = {0, BOLT_CMP_NE, 1, 0};
    struct bolt_cover cover = {.arena = r->arena, .dds = r->dds, .wide = r->mux->wide};
    struct bolt_cube one = {.conds = {{0, BOLT_CMP_MASKED_EQ, 0xffffffffU, 1}}, .cond_count = 1};
    uint32_t action;
    bolt_dd p;
    bolt_dd q;

    if (!answer_of(r, r->mux, BOLT_CALL_SOCKETCALL, &p, &q)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    p = bolt_dd_apply(r->dds, bolt_prove_stricter, p, q);
    if (!for_sys_socket(r, p, &action)) {
        if (!r->leaks[BOLT_CALL_SOCKETCALL]) {
            return bolt_fail(err, BOLT_ERR_INPUT, "what it says of socketcall cannot be kept");
        }
        action = r->raw.socketcall_action;
    }
    if (action == r->profile->default_action) {
        return bolt_fail(err, BOLT_ERR_INPUT, "what it says of socketcall cannot be put in rules");
    }
    if (check_new_name(r, err) != 0) {
        return -1;
    }
    add(r, BOLT_CALL_SOCKETCALL, action, &one);
    r->replaced[BOLT_CALL_SOCKETCALL] = true;
    if (form != BOLT_FORM_BITS) {
        cover.offers = &others;
        cover.offer_count = 1;
    }
    return add_cover(
        r, BOLT_CALL_SOCKETCALL, p,
        bolt_dd_not(r->dds, bolt_dd_test(r->dds, 0, UINT32_MAX, BOLT_TEST_EQ, SYS_SOCKET)), &cover,
        err);
}

/* --- all together ----------------------------------------------------------------------- */

/* runc's stub again: a name that goes and does not come back is named in a rule that says what the
 * default says, which makes no rule. */
static void keep_names(struct bolt_rewrite *r)
{
    for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        bool back = !r->replaced[call] || !is_named(r, call) ||
                    !bolt_act_denies(r->profile->default_action);
        struct bolt_cube none = {.cond_count = 0};

        for (size_t i = 0; i < r->rule_count; i++) {
            back = back || r->rules[i].name == bolt_call_name(call);
        }
        if (!back) {
            add(r, call, r->profile->default_action, &none);
        }
    }
}

static bool is_about_family(const struct bolt_cube *cube)
{
    return cube->cond_count == 1 && cube->conds[0].index == 0;
}

/* Out of a rule for socket() libseccomp makes one for socketcall(SYS_SOCKET), without the family:
 * two about the family alone that differ in their action clash. One action may stay, that of
 * socketcall() itself if there is one; the others get a second condition, which is always true. */
static int lengthen(struct bolt_rewrite *r, size_t from, struct bolt_err *err)
{
    bool known = false;
    uint32_t stays = 0;
    bolt_dd p;
    bolt_dd q;

    if (r->mux == NULL) {
        return 0;
    }
    if (!answer_of(r, r->mux, BOLT_CALL_SOCKETCALL, &p, &q)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the filter is too large to be judged");
    }
    known = for_sys_socket(r, bolt_dd_apply(r->dds, bolt_prove_stricter, p, q), &stays) &&
            stays != r->profile->default_action && !r->replaced[BOLT_CALL_SOCKETCALL];
    for (size_t i = from; i < r->rule_count; i++) {
        struct bolt_cube *cube = &r->rules[i].cube;

        if (is_about_family(cube) && !known) {
            known = true;
            stays = r->rules[i].action;
        } else if (is_about_family(cube) && r->rules[i].action != stays) {
            cube->conds[cube->cond_count++] = (struct bolt_cond){1, BOLT_CMP_GE, 0, 0};
        }
    }
    return 0;
}

static bool is_one_action(const struct bolt_new_rule *rules, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (rules[i].action != rules[0].action) {
            return false;
        }
    }
    return true;
}

/* Fewer conditions first: of two rules that libseccomp makes for socketcall() the general one then
 * swallows the special one, whatever the action. Where there is one action only, the other way
 * round: of rules with the same value the first is tested first, and what is tested behind the last
 * one with a second condition is the same for 32 and for 64 bits, so that libseccomp makes it
 * once. */
static void sort_rules(struct bolt_new_rule *rules, size_t count)
{
    bool more_first = is_one_action(rules, count);

    for (size_t i = 1; i < count; i++) {
        struct bolt_new_rule rule = rules[i];
        size_t at = i;

        for (; at > 0; at--) {
            size_t before = rules[at - 1].cube.cond_count;

            if (more_first ? before >= rule.cube.cond_count : before <= rule.cube.cond_count) {
                break;
            }
            rules[at] = rules[at - 1];
        }
        rules[at] = rule;
    }
}

int bolt_rewrite_make(struct bolt_rewrite *r, enum bolt_form form, struct bolt_err *err)
{
    size_t sockets;

    r->rules = NULL;
    r->rule_count = 0;
    for (enum bolt_call call = BOLT_CALL_OTHER; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        r->replaced[call] = false;
    }
    /* A rule without conditions comes first; scope.h says what it protects against. */
    if (r->leaks[BOLT_CALL_IO_URING_SETUP]) {
        r->replaced[BOLT_CALL_IO_URING_SETUP] = true;
        if (add_io_uring(r, err) != 0) {
            return -1;
        }
    }
    if (form != BOLT_FORM_SILENT && add_socketcall(r, form, err) != 0) {
        return -1;
    }
    sockets = r->rule_count;
    if (r->leaks[BOLT_CALL_SOCKET] || r->leaks[BOLT_CALL_SOCKETCALL]) {
        r->replaced[BOLT_CALL_SOCKET] = true;
        if (add_socket(r, err) != 0 || lengthen(r, sockets, err) != 0) {
            return -1;
        }
        if (r->rule_count != sockets) {
            sort_rules(r->rules + sockets, r->rule_count - sockets);
        }
    }
    keep_names(r);
    return 0;
}
