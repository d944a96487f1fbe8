/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/template_merge.h"

#include <string.h>

#include "seccomp/scope.h"
#include "json/write.h"

#define REASON "seccomp"

struct merge {
    struct bolt_arena *arena;
    const struct bolt_doc *doc;
    bolt_node profile;
    const struct bolt_seccomp_denial *denial;
    const struct bolt_machine *machine;
    struct bolt_template_cases cases;
    struct bolt_seccomp_result results[BOLT_TEMPLATE_CASES];
    struct bolt_edit *edits;
    size_t edit_count;
};

/* --- cases ------------------------------------------------------------------------------- */

static struct bolt_template_case make_case(struct bolt_arena *arena,
                                           const struct bolt_machine *machine,
                                           const struct bolt_cap_names *caps, size_t which)
{
    struct bolt_template_case one = {.container = {.machine = machine}};
    struct bolt_template_container *c = &one.container;

    c->with.names = bolt_new_n(arena, struct bolt_bytes, caps->count);
    c->without.names = bolt_new_n(arena, struct bolt_bytes, caps->count);
    for (size_t i = 0; i < caps->count; i++) {
        struct bolt_cap_names *to = (which >> i & 1) != 0 ? &c->with : &c->without;

        to->names[to->count++] = caps->names[i];
    }
    return one;
}

static int resolve(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                   const struct bolt_template_container *container, const struct bolt_doc **out,
                   struct bolt_err *err)
{
    struct bolt_bytes text;

    if (bolt_template_resolve(arena, doc, profile, container, &text, err) != 0) {
        return -1;
    }
    return bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, out, err) == 0
               ? 0
               : bolt_fail_in(err, "resolved");
}

/* Whether what it says of sockets depends on such a condition, "arches" or "minKernel"; or, if
 * @anything, whether anything does. */
static bool depends_on(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                       const struct bolt_machine *machine, const char *about, bool anything)
{
    static const char *const kinds[] = {"includes", "excludes"};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    for (bolt_node e = bolt_doc_first(doc, list); e.id != 0; e = bolt_doc_next(doc, e)) {
        for (size_t i = 0; i < BOLT_LEN(kinds); i++) {
            bolt_node node = bolt_doc_member(doc, bolt_doc_member(doc, e, kinds[i]), about);

            if ((bolt_doc_count(doc, node) != 0 || bolt_doc_string(doc, node).len != 0) &&
                (anything || bolt_template_matters(arena, doc, e, machine))) {
                return true;
            }
        }
    }
    return false;
}

/* All combinations of the capabilities. Sets @reduced if in none of them what is left out can reach
 * the rules about sockets. */
static int make_cases(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                      const struct bolt_machine *machine, const struct bolt_cap_names *caps,
                      struct bolt_template_cases *out, bool *reduced, struct bolt_err *err)
{
    out->count = 0;
    *reduced = true;
    if (caps->count >= 8 || (size_t)1 << caps->count > BOLT_TEMPLATE_CASES) {
        return bolt_doc_fail(doc, profile, err,
                             "what it says of sockets depends on more capabilities than are tried");
    }
    for (size_t i = 0; i < (size_t)1 << caps->count; i++) {
        struct bolt_template_case *one = &out->list[out->count++];
        struct bolt_profile model;

        *one = make_case(arena, machine, caps, i);
        if (resolve(arena, doc, profile, &one->container, &one->doc, err) != 0) {
            return -1;
        }
        one->profile = bolt_doc_root(one->doc);
        if (bolt_profile_read(arena, one->doc, one->profile, &model, err) != 0) {
            return bolt_fail_in(err, "resolved");
        }
        *reduced = *reduced && !bolt_scope_find(arena, &model, machine).all;
    }
    return 0;
}

int bolt_template_cases(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                        const struct bolt_machine *machine, struct bolt_template_cases *out,
                        struct bolt_err *err)
{
    struct bolt_cap_names caps = bolt_template_caps(arena, doc, profile, machine, false);
    bool reduced;

    if (make_cases(arena, doc, profile, machine, &caps, out, &reduced, err) != 0) {
        return -1;
    }
    if (!reduced) {
        caps = bolt_template_caps(arena, doc, profile, machine, true);
        if (make_cases(arena, doc, profile, machine, &caps, out, &(bool){false}, err) != 0) {
            return -1;
        }
    }
    if (depends_on(arena, doc, profile, machine, "minKernel", !reduced)) {
        return bolt_doc_fail(doc, profile, err,
                             "what it says of sockets depends on the kernel's version");
    }
    return 0;
}

struct bolt_bytes bolt_template_case_text(struct bolt_arena *arena,
                                          const struct bolt_template_case *one)
{
    struct bolt_buf out = {.arena = arena};
    const struct bolt_cap_names *const sides[] = {&one->container.with, &one->container.without};

    for (size_t side = 0; side < BOLT_LEN(sides); side++) {
        for (size_t i = 0; i < sides[side]->count; i++) {
            bolt_buf_adds(&out, out.len == 0 ? "" : ", ");
            bolt_buf_adds(&out, i != 0 ? "" : side == 0 ? "with " : "without ");
            bolt_buf_add(&out, sides[side]->names[i]);
        }
    }
    return bolt_buf_bytes(&out);
}

/* --- edits ------------------------------------------------------------------------------- */

static void add_edit(struct merge *m, enum bolt_edit_op op, bolt_node target,
                     struct bolt_bytes text)
{
    m->edits = bolt_arena_grow(m->arena, m->edits, m->edit_count, sizeof *m->edits);
    m->edits[m->edit_count++] =
        (struct bolt_edit){.op = op, .target = target, .text = text, .reason = REASON};
}

static bool is_replaced(const struct merge *m, bolt_node name)
{
    for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        if (m->results[0].replaced[call] &&
            bolt_bytes_is(bolt_doc_string(m->doc, name), bolt_call_name(call))) {
            return true;
        }
    }
    return false;
}

static void take_names(struct merge *m, bolt_node entry)
{
    bolt_node names = bolt_doc_member(m->doc, entry, "names");
    bolt_node only = bolt_doc_member(m->doc, entry, "name");
    size_t taken = 0;

    for (bolt_node n = bolt_doc_first(m->doc, names); n.id != 0; n = bolt_doc_next(m->doc, n)) {
        taken += is_replaced(m, n);
    }
    if (bolt_doc_string(m->doc, only).len != 0
            ? is_replaced(m, only)
            : taken != 0 && taken == bolt_doc_count(m->doc, names)) {
        add_edit(m, BOLT_EDIT_REMOVE, entry, (struct bolt_bytes){0});
        return;
    }
    for (bolt_node n = bolt_doc_first(m->doc, names); taken != 0 && n.id != 0;
         n = bolt_doc_next(m->doc, n)) {
        if (is_replaced(m, n)) {
            add_edit(m, BOLT_EDIT_REMOVE, n, (struct bolt_bytes){0});
        }
    }
}

static void add_caps(struct bolt_json *json, const char *name, const struct bolt_cap_names *caps)
{
    if (caps->count == 0) {
        return;
    }
    bolt_json_open(json, name, '{');
    bolt_json_open(json, "caps", '[');
    for (size_t i = 0; i < caps->count; i++) {
        bolt_json_string(json, NULL, caps->names[i]);
    }
    bolt_json_close(json, ']');
    bolt_json_close(json, '}');
}

/* A new entry with its case's conditions: put behind its other members. */
static struct bolt_bytes conditional(struct merge *m, const struct bolt_template_case *one,
                                     struct bolt_bytes rule)
{
    struct bolt_buf out = {.arena = m->arena};
    struct bolt_json json = {.out = &out};

    rule.len--; /* its closing brace */
    bolt_buf_add(&out, rule);
    add_caps(&json, "includes", &one->container.with);
    add_caps(&json, "excludes", &one->container.without);
    bolt_buf_adds(&out, "}");
    return bolt_buf_bytes(&out);
}

static void add_list(struct merge *m, bolt_node list, struct bolt_bytes entries)
{
    struct bolt_bytes text = bolt_printf(m->arena, "[%.*s]", BOLT_FMT(entries));

    if (list.id != 0) { /* null */
        add_edit(m, BOLT_EDIT_REPLACE, list, text);
        return;
    }
    add_edit(m, BOLT_EDIT_APPEND, m->profile, text);
    m->edits[m->edit_count - 1].name = BOLT_LIT("syscalls");
}

static void make_edits(struct merge *m)
{
    bolt_node list = bolt_doc_member(m->doc, m->profile, "syscalls");
    bolt_node first = bolt_doc_first(m->doc, list);
    bool is_array = bolt_doc_kind(m->doc, list) == BOLT_JSON_ARRAY;
    struct bolt_buf all = {.arena = m->arena};

    for (bolt_node e = first; e.id != 0; e = bolt_doc_next(m->doc, e)) {
        take_names(m, e);
    }
    for (size_t i = 0; i < m->cases.count; i++) {
        for (size_t j = 0; j < m->results[i].rule_count; j++) {
            struct bolt_bytes rule = conditional(m, &m->cases.list[i], m->results[i].rules[j]);

            if (is_array) {
                add_edit(m, first.id != 0 ? BOLT_EDIT_INSERT : BOLT_EDIT_APPEND,
                         first.id != 0 ? first : list, rule);
            }
            bolt_buf_adds(&all, all.len == 0 ? "" : ",");
            bolt_buf_add(&all, rule);
        }
    }
    if (!is_array) {
        add_list(m, list, bolt_buf_bytes(&all));
    }
}

/* --- the merge --------------------------------------------------------------------------- */

static int merge_cases(struct merge *m, bool anew, bool *any, struct bolt_err *err)
{
    *any = false;
    for (size_t i = 0; i < m->cases.count; i++) {
        struct bolt_seccomp_denial denial = *m->denial;
        const struct bolt_doc *doc = m->cases.list[i].doc;

        denial.anew = anew;
        if (bolt_seccomp_merge(m->arena, doc, bolt_doc_root(doc), &denial, REASON, &m->results[i],
                               err) != 0) {
            return -1;
        }
        *any = *any || !m->results[i].denied;
    }
    return 0;
}

static void add_stricter(const struct merge *m, const struct bolt_template_case *one,
                         const struct bolt_seccomp_result *r, struct bolt_seccomp_result *out)
{
    struct bolt_bytes which = bolt_template_case_text(m->arena, one);

    for (size_t i = 0; i < r->stricter_count; i++) {
        out->stricter_on = bolt_arena_grow(m->arena, out->stricter_on, out->stricter_count,
                                           sizeof *out->stricter_on);
        out->stricter_on[out->stricter_count++] =
            bolt_printf(m->arena, "%.*s%s%.*s", BOLT_FMT(which), which.len == 0 ? "" : ": ",
                        BOLT_FMT(r->stricter_on[i]));
    }
}

/* All cases in one, or the reason why they are not. */
static const char *sum_up(const struct merge *m, struct bolt_seccomp_result *out)
{
    for (size_t i = 0; i < m->cases.count; i++) {
        const struct bolt_seccomp_result *r = &m->results[i];

        if (r->fit == BOLT_SECCOMP_UNPROVED) {
            *out = *r;
            return "";
        }
        if (r->unconfined) {
            return "it has no default action and no entries, which is no filter";
        }
        if (memcmp(r->replaced, m->results[0].replaced, sizeof r->replaced) != 0) {
            return "its cases need different calls to be written anew";
        }
        out->fit = r->fit > out->fit ? r->fit : out->fit;
        out->compact = out->compact || r->compact;
        if (r->fit == BOLT_SECCOMP_STRICTER) {
            out->reason = r->reason;
            add_stricter(m, &m->cases.list[i], r, out);
        }
        out->way = out->way.len == 0 ? r->way : out->way;
    }
    return NULL;
}

/* Resolves the merged template: each case must be what was proved for it. */
static int check(struct merge *m, struct bolt_err *err)
{
    struct bolt_buf text = {.arena = m->arena};
    struct bolt_bytes before = bolt_doc_source(m->doc, m->profile);
    struct bolt_bytes whole = bolt_doc_text(m->doc);
    size_t start = (size_t)(before.at - whole.at);
    size_t behind = whole.len - start - before.len;
    const struct bolt_doc *merged;

    if (bolt_edit_apply(m->doc, m->edits, m->edit_count, &text, err) != 0 ||
        bolt_doc_parse(m->arena, (struct bolt_bytes){text.at + start, text.len - start - behind},
                       BOLT_DIALECT_STRICT, &merged, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < m->cases.count; i++) {
        const struct bolt_template_case *one = &m->cases.list[i];
        const struct bolt_doc *doc = NULL;
        struct bolt_buf proved = {.arena = m->arena};

        if (resolve(m->arena, merged, bolt_doc_root(merged), &one->container, &doc, err) != 0 ||
            bolt_edit_apply(one->doc, m->results[i].edits, m->results[i].edit_count, &proved,
                            err) != 0) {
            return -1;
        }
        if (!bolt_bytes_equal(bolt_doc_text(doc), bolt_buf_bytes(&proved))) {
            return bolt_fail(err, BOLT_ERR_INTERNAL,
                             "the merged profile does not come out as it was proved");
        }
    }
    return 0;
}

int bolt_template_merge(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                        const struct bolt_seccomp_denial *denial, struct bolt_seccomp_result *out,
                        struct bolt_err *err)
{
    struct merge m = {
        .arena = arena,
        .doc = doc,
        .profile = profile,
        .denial = denial,
        .machine = denial->machine != NULL ? denial->machine : bolt_machine_native(),
    };
    const char *reason;
    bool any;

    *out = (struct bolt_seccomp_result){.fit = BOLT_SECCOMP_UNPROVED};
    if (bolt_template_cases(arena, doc, profile, m.machine, &m.cases, err) != 0) {
        return -1;
    }
    /* Conditions on the machine would need a case for each, and a proof for each. */
    if (depends_on(arena, doc, profile, m.machine, "arches", false)) {
        out->reason = BOLT_LIT("what it says of sockets depends on the machine");
        return 0;
    }
    if (merge_cases(&m, false, &any, err) != 0) {
        return -1;
    }
    out->denied = !any;
    if (!any) {
        out->fit = BOLT_SECCOMP_EXACT;
        return 0;
    }
    if (merge_cases(&m, true, &any, err) != 0) {
        return -1;
    }
    reason = sum_up(&m, out);
    if (reason != NULL) {
        out->fit = BOLT_SECCOMP_UNPROVED;
        out->reason = reason[0] != '\0' ? bolt_bytes_of(reason) : out->reason;
        return 0;
    }
    make_edits(&m);
    out->edits = m.edits;
    out->edit_count = m.edit_count;
    return check(&m, err);
}
