/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judge, rewrite, apply, read again, compile, prove: what is proved is what is given out.
 */
#include "seccomp/compile.h"
#include "seccomp/inspect.h"
#include "seccomp/prove.h"
#include "seccomp/region.h"
#include "seccomp/rewrite.h"
#include "seccomp/scope.h"
#include "seccomp/way.h"

#include <string.h>

#include "json/write.h"

#define EPERM_NUMBER 1U
#define ENOSYS_NUMBER 38U

struct merge {
    struct bolt_arena *arena;
    struct bolt_dds *dds;
    enum bolt_dd_grain grain;
    const struct bolt_seccomp_denial *denial;
    const struct bolt_machine *machine;
    const char *reason;
    struct bolt_profile profile; /* with the rules to edit: P's, or an empty one that allows */
    struct bolt_bpf *p;          /* NULL: no filter */
    struct bolt_edit *edits;
    size_t edit_count;
    struct bolt_bytes *rules; /* as many as the rewrite has */
};

/* --- JSON ------------------------------------------------------------------------------- */

static void add_action(struct bolt_json *json, uint32_t action)
{
    bolt_json_cstr(json, "action", bolt_act_name(action));
    if (bolt_act_has_data(action)) {
        bolt_json_u64(json, "errnoRet", action & ~BOLT_ACT_FULL);
    }
}

static void add_cond(struct bolt_json *json, const struct bolt_cond *cond)
{
    bolt_json_open(json, NULL, '{');
    bolt_json_u64(json, "index", cond->index);
    bolt_json_u64(json, "value", cond->value);
    if (cond->op == BOLT_CMP_MASKED_EQ) {
        bolt_json_u64(json, "valueTwo", cond->value_two);
    }
    bolt_json_cstr(json, "op", bolt_cmp_name(cond->op));
    bolt_json_close(json, '}');
}

static struct bolt_bytes entry_text(struct bolt_arena *arena, const struct bolt_new_rule *rule)
{
    struct bolt_buf text = {.arena = arena};
    struct bolt_json json = {.out = &text, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_open(&json, "names", '[');
    bolt_json_cstr(&json, NULL, rule->name);
    bolt_json_close(&json, ']');
    add_action(&json, rule->action);
    if (rule->cube.cond_count != 0) {
        bolt_json_open(&json, "args", '[');
        for (size_t i = 0; i < rule->cube.cond_count; i++) {
            add_cond(&json, &rule->cube.conds[i]);
        }
        bolt_json_close(&json, ']');
    }
    bolt_json_close(&json, '}');
    return bolt_buf_bytes(&text);
}

/* A profile that allows everything to all of a machine's ABIs: one that is not listed would be
 * killed. */
static struct bolt_bytes open_profile(struct bolt_arena *arena, const struct bolt_machine *machine)
{
    struct bolt_buf text = {.arena = arena};
    struct bolt_json json = {.out = &text, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_cstr(&json, "defaultAction", bolt_act_name(BOLT_ACT_ALLOW));
    bolt_json_open(&json, "architectures", '[');
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        bolt_json_cstr(&json, NULL, machine->abis[i]->name);
    }
    bolt_json_close(&json, ']');
    bolt_json_open(&json, "syscalls", '[');
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    return bolt_buf_bytes(&text);
}

/* --- edits ------------------------------------------------------------------------------ */

static void add_edit(struct merge *m, enum bolt_edit_op op, bolt_node target,
                     struct bolt_bytes text)
{
    m->edits = bolt_arena_grow(m->arena, m->edits, m->edit_count, sizeof *m->edits);
    m->edits[m->edit_count++] =
        (struct bolt_edit){.op = op, .target = target, .text = text, .reason = m->reason};
}

static bool is_replaced(const struct bolt_rewrite *r, struct bolt_bytes name)
{
    for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        if (r->replaced[call] && bolt_bytes_is(name, bolt_call_name(call))) {
            return true;
        }
    }
    return false;
}

/* An entry keeps its other names; one that has none left goes. */
static void take_names(struct merge *m, const struct bolt_rewrite *r, const struct bolt_entry *e)
{
    const struct bolt_doc *doc = m->profile.doc;
    size_t taken = 0;

    for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
        taken += is_replaced(r, bolt_doc_string(doc, n));
    }
    if (taken != 0 && taken == bolt_doc_count(doc, e->names)) {
        add_edit(m, BOLT_EDIT_REMOVE, e->node, (struct bolt_bytes){0});
        return;
    }
    for (bolt_node n = bolt_doc_first(doc, e->names); taken != 0 && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (is_replaced(r, bolt_doc_string(doc, n))) {
            add_edit(m, BOLT_EDIT_REMOVE, n, (struct bolt_bytes){0});
        }
    }
}

static void make_edits(struct merge *m, const struct bolt_rewrite *r)
{
    const struct bolt_profile *p = &m->profile;
    bolt_node first = bolt_doc_first(p->doc, p->syscalls);
    struct bolt_buf all = {.arena = m->arena};
    bool is_array = bolt_doc_kind(p->doc, p->syscalls) == BOLT_JSON_ARRAY;

    m->edits = NULL;
    m->edit_count = 0;
    for (size_t i = 0; i < p->entry_count; i++) {
        take_names(m, r, &p->entries[i]);
    }
    m->rules = bolt_new_n(m->arena, struct bolt_bytes, r->rule_count);
    for (size_t i = 0; i < r->rule_count; i++) {
        m->rules[i] = entry_text(m->arena, &r->rules[i]);
    }
    for (size_t i = 0; i < r->rule_count && is_array; i++) {
        add_edit(m, first.id != 0 ? BOLT_EDIT_INSERT : BOLT_EDIT_APPEND,
                 first.id != 0 ? first : p->syscalls, m->rules[i]);
    }
    if (is_array || r->rule_count == 0) {
        return;
    }
    for (size_t i = 0; i < r->rule_count; i++) {
        bolt_buf_adds(&all, i == 0 ? "[" : ",");
        bolt_buf_add(&all, m->rules[i]);
    }
    bolt_buf_adds(&all, "]");
    add_edit(m, p->syscalls.id != 0 ? BOLT_EDIT_REPLACE : BOLT_EDIT_APPEND,
             p->syscalls.id != 0 ? p->syscalls : p->node, bolt_buf_bytes(&all));
    m->edits[m->edit_count - 1].name =
        p->syscalls.id != 0 ? (struct bolt_bytes){0} : BOLT_LIT("syscalls");
}

/* The profile's text with the edits made. What stands around it does not change. */
static int apply(const struct merge *m, struct bolt_bytes *out, struct bolt_err *err)
{
    struct bolt_bytes before = bolt_doc_source(m->profile.doc, m->profile.node);
    struct bolt_bytes whole = bolt_doc_text(m->profile.doc);
    size_t start = (size_t)(before.at - whole.at);
    size_t behind = whole.len - start - before.len;
    struct bolt_buf text = {.arena = m->arena};

    if (bolt_edit_apply(m->profile.doc, m->edits, m->edit_count, &text, err) != 0) {
        return -1;
    }
    *out = (struct bolt_bytes){text.at + start, text.len - start - behind};
    return 0;
}

/* --- proof ------------------------------------------------------------------------------ */

/* Also P's program anew, if N's has calls that it left out. */
static int compile_text(const struct merge *m, struct bolt_bytes text, struct bolt_claim *claim,
                        struct bolt_bpf *p, struct bolt_err *err)
{
    struct bolt_compile how = {.scope = BOLT_SCOPE_SOCKETS, .machine = m->machine};
    const struct bolt_doc *doc;
    struct bolt_profile profile;

    if (bolt_doc_parse(m->arena, text, BOLT_DIALECT_STRICT, &doc, err) != 0 ||
        bolt_profile_read(m->arena, doc, bolt_doc_root(doc), &profile, err) != 0) {
        return -1;
    }
    how.mixed = bolt_scope_mixes(&m->profile);
    if (m->p != NULL && !how.mixed && bolt_scope_mixes(&profile)) {
        how.mixed = true;
        if (bolt_compile(m->arena, &m->profile, &how, p, err) != 0) {
            return -1;
        }
        claim->p = p;
    }
    return bolt_compile(m->arena, &profile, &how, &claim->n, err);
}

static void add_stricter(const struct merge *m, struct bolt_seccomp_result *result,
                         const struct bolt_difference *d, struct bolt_bytes what)
{
    const struct bolt_abi *abi;
    enum bolt_call call = bolt_abi_call(d->call.arch, d->call.nr, &abi);

    result->stricter_on = bolt_arena_grow(m->arena, result->stricter_on, result->stricter_count,
                                          sizeof *result->stricter_on);
    result->stricter_on[result->stricter_count++] =
        bolt_printf(m->arena, "%s on %s: %.*s", bolt_call_name(call), abi->text, BOLT_FMT(what));
}

/* For which inputs the merged profile is stricter than asked, as text. */
static void tell_differences(const struct merge *m, const struct bolt_proof *proof,
                             struct bolt_seccomp_result *result)
{
    for (size_t i = 0; i < proof->difference_count; i++) {
        const struct bolt_difference *d = &proof->differences[i];
        enum bolt_call call = bolt_abi_call(d->call.arch, d->call.nr, NULL);
        struct bolt_region region;

        bolt_region_tell(m->arena, m->dds, bolt_way_argument_names(call), d->where, &region);
        if (region.everything) {
            add_stricter(m, result, d, BOLT_LIT("any arguments"));
        }
        for (size_t j = 0; j < region.count; j++) {
            add_stricter(m, result, d, region.parts[j]);
        }
        if (region.more) {
            add_stricter(m, result, d,
                         bolt_printf(m->arena, "%s%s%.*s, for example %.*s",
                                     region.count == 0 ? "too much to be told" : "and more",
                                     region.bound.len == 0 ? "" : ", all with ",
                                     BOLT_FMT(region.bound), BOLT_FMT(region.example)));
        }
    }
}

/* One form, to the end. What goes wrong, the profile's fault or ours, only means that it is not
 * this form. */
static bool try_form(struct merge *m, struct bolt_rewrite *r, enum bolt_form form,
                     struct bolt_seccomp_result *result)
{
    struct bolt_claim claim = {
        .machine = m->machine,
        .p = m->p,
        .raw = r->raw,
        .stricter = r->stricter,
        .beyond = m->profile.default_action,
    };
    struct bolt_proof proof;
    struct bolt_bytes text;
    struct bolt_bpf p;
    struct bolt_err err = {0};

    if (bolt_rewrite_make(r, form, &err) != 0) {
        result->reason = bolt_printf(m->arena, "%s", err.text);
        return false;
    }
    make_edits(m, r);
    if (apply(m, &text, &err) != 0 || compile_text(m, text, &claim, &p, &err) != 0 ||
        bolt_prove(m->arena, m->dds, &claim, &proof, &err) != 0) {
        result->reason = bolt_printf(m->arena, "%s", err.text);
        return false;
    }
    if (proof.fit == BOLT_SECCOMP_UNPROVED) {
        struct bolt_bytes call = bolt_way_text(m->arena, &proof.input);
        struct bolt_bytes answer = bolt_act_text(m->arena, proof.answer);
        struct bolt_bytes wanted = bolt_act_text(m->arena, proof.wanted);

        result->reason =
            bolt_printf(m->arena,
                        "no rules were found that say the same otherwise: %.*s would get "
                        "%.*s, not %.*s",
                        BOLT_FMT(call), BOLT_FMT(answer), BOLT_FMT(wanted));
        return false;
    }
    result->fit = proof.fit;
    result->compact = proof.compact;
    result->profile = text;
    result->rules = m->rules;
    result->rule_count = r->rule_count;
    memcpy(result->replaced, r->replaced, sizeof result->replaced);
    tell_differences(m, &proof, result);
    return !bolt_dds_full(m->dds); /* else what was told is not true */
}

/* An ABI that has socketcall() and that the profile's filter serves. */
static const struct bolt_abi *find_mux(const struct bolt_machine *machine,
                                       const struct bolt_profile *p)
{
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        const struct bolt_abi *abi = machine->abis[i];
        bool listed = i == 0;

        for (size_t j = 0; j < p->arch_count; j++) {
            listed = listed || bolt_bytes_is(p->archs[j], abi->name);
        }
        if (listed && abi->socketcall != 0) {
            return abi;
        }
    }
    return NULL;
}

struct bolt_raw bolt_seccomp_asked(const struct bolt_seccomp_denial *denial)
{
    uint32_t action = denial->log ? BOLT_ACT_LOG : BOLT_ACT_ERRNO | denial->errnum;

    return (struct bolt_raw){
        .extent = BOLT_RAW_ASKED,
        .action = action,
        .socketcall_action = denial->socketcall ? action : BOLT_ACT_ALLOW,
        .io_uring = denial->io_uring,
        .extended = denial->extended,
        .spared = denial->spared,
    };
}

/* What is put into the profile. A rule that says what the default says is no rule (compile.c), so
 * socketcall() gets another errno there. */
static struct bolt_raw denied_of(const struct merge *m)
{
    const struct bolt_seccomp_denial *d = m->denial;
    uint32_t other = BOLT_ACT_ERRNO | (d->errnum == ENOSYS_NUMBER ? EPERM_NUMBER : ENOSYS_NUMBER);
    struct bolt_raw raw = bolt_seccomp_asked(d);

    raw.extent = BOLT_RAW_DENIED;
    if (d->socketcall && !d->log && m->profile.default_action == raw.action) {
        raw.socketcall_action = other;
    }
    return raw;
}

static bool try_forms(struct merge *m, struct bolt_rewrite *r, struct bolt_seccomp_result *result)
{
    bool sockets = r->leaks[BOLT_CALL_SOCKET] || r->leaks[BOLT_CALL_SOCKETCALL];
    enum bolt_form first = BOLT_FORM_SILENT;

    if (r->leaks[BOLT_CALL_SOCKETCALL] && bolt_act_denies(m->profile.default_action)) {
        first = BOLT_FORM_NE; /* what is silent on socketcall() lets through what P does */
    }
    for (enum bolt_form form = first; form < BOLT_FORMS; form++) {
        if (form != BOLT_FORM_SILENT && (r->mux == NULL || !sockets)) {
            return false;
        }
        if (try_form(m, r, form, result)) {
            return true;
        }
    }
    /* Where it may be stricter, silence may be better than nothing: the proof knows. */
    return first != BOLT_FORM_SILENT && r->stricter && try_form(m, r, BOLT_FORM_SILENT, result);
}

/* Exactly, or else, where that may be, keeping less and less of what P asks about the arguments. */
static void rewrite(struct merge *m, const struct bolt_way *way, struct bolt_seccomp_result *result)
{
    static const unsigned known_args[] = {6, 2, 1, 0};
    struct bolt_rewrite r = {.arena = m->arena,
                             .dds = m->dds,
                             .machine = m->machine,
                             .profile = &m->profile,
                             .p = m->p,
                             .raw = denied_of(m),
                             .mux = find_mux(m->machine, &m->profile),
                             .known_args = 6};
    struct bolt_bytes why;

    for (enum bolt_call call = BOLT_CALL_OTHER; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        r.leaks[call] = way->leaks[call];
    }
    if (try_forms(m, &r, result)) {
        result->reason = (struct bolt_bytes){0};
        return;
    }
    if (!m->denial->stricter) {
        return;
    }
    if (m->grain == BOLT_DD_COARSE) {
        bolt_dds_mark_too_coarse(m->dds); /* what differs is to be told to the bit */
        return;
    }
    why = result->reason;
    r.stricter = true;
    for (size_t i = 0; i < BOLT_LEN(known_args); i++) {
        r.known_args = known_args[i];
        if (try_forms(m, &r, result)) {
            result->reason = result->fit == BOLT_SECCOMP_STRICTER ? why : (struct bolt_bytes){0};
            return;
        }
    }
    *result = (struct bolt_seccomp_result){
        .unconfined = result->unconfined, .way = result->way, .reason = why};
}

const char *bolt_fit_name(enum bolt_seccomp_fit fit)
{
    switch (fit) {
    case BOLT_SECCOMP_UNPROVED:
        return "unproved";
    case BOLT_SECCOMP_EXACT:
        return "exact";
    case BOLT_SECCOMP_TIGHT:
        return "tight";
    case BOLT_SECCOMP_MISALIGN:
        return "misalign";
    case BOLT_SECCOMP_STRICTER:
        return "stricter";
    }
    return "unproved";
}

/* --- the whole -------------------------------------------------------------------------- */

static void judge(struct merge *m, enum bolt_dd_grain grain, struct bolt_seccomp_result *result)
{
    const struct bolt_raw asked = bolt_seccomp_asked(m->denial);
    struct bolt_way way;

    m->grain = grain;
    m->dds = bolt_dds_new(m->arena, grain);
    if (m->p != NULL) {
        m->p->answers = bolt_answers_new(m->arena, m->dds);
    }
    if (!bolt_way_find(m->arena, m->dds, m->machine, m->p, &asked, &way)) {
        result->reason = BOLT_LIT("the filter is too large to be judged");
        return;
    }
    if (!way.any && !m->denial->anew) {
        result->denied = true;
        result->fit = BOLT_SECCOMP_EXACT;
        return;
    }
    if (way.any) {
        result->way = bolt_way_text(m->arena, &way.input);
    }
    if (m->denial->anew) {
        way.leaks[BOLT_CALL_SOCKET] = true;
        way.leaks[BOLT_CALL_IO_URING_SETUP] = m->denial->io_uring;
    }
    rewrite(m, &way, result);
    if (result->fit != BOLT_SECCOMP_UNPROVED && !result->unconfined) {
        result->profile = (struct bolt_bytes){0};
        result->edits = m->edits;
        result->edit_count = m->edit_count;
    }
}

int bolt_seccomp_merge(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                       const struct bolt_seccomp_denial *denial, const char *reason,
                       struct bolt_seccomp_result *result, struct bolt_err *err)
{
    struct merge m = {.arena = arena,
                      .denial = denial,
                      .machine = denial->machine != NULL ? denial->machine : bolt_machine_native(),
                      .reason = reason};
    const struct bolt_compile how = {.scope = BOLT_SCOPE_SOCKETS, .machine = m.machine};
    struct bolt_bpf p;
    struct bolt_err refused = {0};

    *result = (struct bolt_seccomp_result){.fit = BOLT_SECCOMP_UNPROVED};
    if (bolt_profile_read(arena, doc, profile, &m.profile, err) != 0) {
        return -1;
    }
    if (m.profile.unconfined) {
        result->unconfined = true;
        if (bolt_doc_parse(arena, open_profile(arena, m.machine), BOLT_DIALECT_STRICT, &doc, err) !=
                0 ||
            bolt_profile_read(arena, doc, bolt_doc_root(doc), &m.profile, err) != 0) {
            return bolt_fail_in(err, "seccomp");
        }
    } else if (bolt_compile(arena, &m.profile, &how, &p, &refused) != 0) {
        result->reason = bolt_printf(arena, "%s", refused.text);
        return 0;
    } else {
        m.p = &p;
    }
    judge(&m, BOLT_DD_COARSE, result);
    if (bolt_dds_too_coarse(m.dds) && result->fit == BOLT_SECCOMP_UNPROVED) {
        *result = (struct bolt_seccomp_result){.unconfined = result->unconfined};
        judge(&m, BOLT_DD_FINE, result);
    }
    return 0;
}
