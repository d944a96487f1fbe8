/* SPDX-License-Identifier: Apache-2.0 */
/* emit/record_facts.c writes what is read here. */
#include "decide/replay.h"

#include "base/family.h"
#include "decide/excuse.h"
#include "decide/merge.h"

const struct bolt_flag bolt_gate_flags[] = {
    {"rewrites", offsetof(struct bolt_point, can_rewrite)},
    {"looks", offsetof(struct bolt_point, can_look)},
    {"checkpoint", offsetof(struct bolt_point, from_checkpoint)},
};
const size_t bolt_gate_flag_count = BOLT_LEN(bolt_gate_flags);

/* --- reading ---------------------------------------------------------------------------- */

static int read_gate(const struct bolt_doc *doc, bolt_node list, struct bolt_replay *out,
                     struct bolt_err *err)
{
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_bytes word = bolt_doc_string(doc, n);

        if (bolt_bytes_is(word, BOLT_GATE_ANNOTATIONS)) {
            out->trusted_annotations = true;
        } else if (!bolt_flag_set(bolt_gate_flags, bolt_gate_flag_count, &out->point, word)) {
            return bolt_doc_fail(doc, n, err, "is nothing that a gate is known to do");
        }
    }
    return 0;
}

static struct bolt_bytes text_of(const struct bolt_doc *doc, bolt_node object, const char *name)
{
    return bolt_doc_string(doc, bolt_doc_member(doc, object, name));
}

static int read_result(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node,
                       const struct bolt_seccomp_result **out, struct bolt_err *err)
{
    struct bolt_seccomp_result *result = bolt_new(arena, struct bolt_seccomp_result);
    struct bolt_bytes fit = text_of(doc, node, "fit");

    *out = node.id == 0 ? NULL : result;
    result->way = text_of(doc, node, "way");
    result->reason = text_of(doc, node, "reason");
    result->denied = bolt_doc_is_true(doc, bolt_doc_member(doc, node, "denied"));
    if (node.id == 0 || result->denied) {
        result->fit = BOLT_SECCOMP_EXACT;
        return 0;
    }
    for (int i = BOLT_SECCOMP_UNPROVED; i <= BOLT_SECCOMP_STRICTER; i++) {
        if (bolt_bytes_is(fit, bolt_fit_name((enum bolt_seccomp_fit)i))) {
            result->fit = (enum bolt_seccomp_fit)i;
            return 0;
        }
    }
    return bolt_doc_fail(doc, node, err, "is neither denied nor has a fit that is known");
}

static int read_filter(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node,
                       struct bolt_kept_filter *out, struct bolt_err *err)
{
    bolt_node allow = bolt_doc_member(doc, node, "allow");
    bolt_node errnum = bolt_doc_member(doc, node, "errno");
    uint64_t number = 0;

    out->made_for = (struct bolt_seccomp_denial){
        .extended = bolt_bytes_is(text_of(doc, node, "families"), "extended"),
        .socketcall = !bolt_bytes_is(text_of(doc, node, "socketcall"), "allow"),
        .io_uring = !bolt_bytes_is(text_of(doc, node, "ioUring"), "allow"),
        .stricter = bolt_bytes_is(text_of(doc, node, "inexact"), "stricter"),
    };
    for (bolt_node n = bolt_doc_first(doc, allow); n.id != 0; n = bolt_doc_next(doc, n)) {
        const struct bolt_family *family = bolt_family_named(bolt_doc_string(doc, n));

        if (family == NULL) {
            return bolt_doc_fail(doc, n, err, "is no address family that is known");
        }
        out->made_for.spared |= UINT64_C(1) << family->number;
    }
    if (node.id != 0 && (!bolt_bytes_to_u64(bolt_doc_source(doc, errnum), &number) || number == 0 ||
                         number > BOLT_ERRNO_MAX)) {
        return bolt_doc_fail(doc, node, err, "has no errno");
    }
    out->made_for.errnum = (unsigned)number;
    if (read_result(arena, doc, bolt_doc_member(doc, node, "denial"), &out->denial, err) != 0) {
        return -1;
    }
    return read_result(arena, doc, bolt_doc_member(doc, node, "logging"), &out->logging, err);
}

int bolt_replay_read(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node record,
                     struct bolt_replay *out, struct bolt_err *err)
{
    bolt_node facts = bolt_doc_member(doc, record, "facts");
    bolt_node time = bolt_doc_member(doc, record, "time");

    *out = (struct bolt_replay){0};
    if (bolt_facts_from_record(arena, doc, record, &out->facts, err) != 0 ||
        read_gate(doc, bolt_doc_member(doc, facts, "gate"), out, err) != 0 ||
        read_filter(arena, doc, bolt_doc_member(doc, facts, "filter"), &out->filter, err) != 0) {
        return -1;
    }
    if (time.id != 0 && !bolt_facts_time(bolt_doc_string(doc, time), &out->now)) {
        return bolt_doc_fail(doc, time, err, "is no time");
    }
    out->point.name = bolt_bytes_cstr(arena, text_of(doc, record, "point"));
    return 0;
}

/* --- deciding --------------------------------------------------------------------------- */

/*
 * Which profile denies what, and by which way one does not, is the same whatever the errno, and
 * whatever becomes of a profile that cannot be merged exactly. So is a merge that was exact without
 * a look at what is stricter, since that comes last.
 */
static bool holds_for(const struct bolt_kept_filter *kept, const struct bolt_seccomp_denial *wanted,
                      const struct bolt_seccomp_result *result)
{
    const struct bolt_seccomp_denial *made = &kept->made_for;
    bool stricter = made->stricter && !wanted->log; /* as decide/merge.c has it */
    bool merged = result->fit != BOLT_SECCOMP_UNPROVED && result->fit != BOLT_SECCOMP_STRICTER;

    if (made->socketcall != wanted->socketcall || made->io_uring != wanted->io_uring ||
        made->extended != wanted->extended || made->spared != wanted->spared) {
        return false;
    }
    if (result->denied || (made->errnum == wanted->errnum && stricter == wanted->stricter)) {
        return true;
    }
    return merged && (stricter == wanted->stricter || !stricter);
}

static int recall(struct bolt_arena *arena, const struct bolt_case *c, const void *from,
                  const struct bolt_seccomp_denial *denial, const struct bolt_seccomp_result **out,
                  struct bolt_err *err)
{
    const struct bolt_kept_filter *kept = from;
    const struct bolt_seccomp_result *result = denial->log ? kept->logging : kept->denial;

    (void)arena;
    (void)c;
    *out = result;
    return result != NULL && holds_for(kept, denial, result)
               ? 0
               : bolt_fail(err, BOLT_ERR_INPUT, "the record has no filter for these settings");
}

/* What comes out where there is no filter does not depend on the container. */
static int merge(struct bolt_arena *arena, const struct bolt_replay *replay,
                 struct bolt_replayed *out, struct bolt_err *err)
{
    struct bolt_err ignored = {0};

    if (replay->facts.seccomp_unconfined) {
        return bolt_case_merge(arena, &out->c, err);
    }
    if (bolt_case_merge_by(arena, &out->c, recall, &replay->filter, &ignored) != 0) {
        out->filter_untold = true;
        out->c.seccomp = NULL;
        out->c.logged = NULL;
    }
    return 0;
}

/* An exec under a policy without exceptions: nobody was asked whose it is. */
static bool is_unidentified(const struct bolt_replay *replay)
{
    return (replay->facts.known & BOLT_KNOWN_PROCESS) != 0 && replay->point.can_look &&
           !replay->facts.identified;
}

/* Only who looks at the sandbox knows that Kubernetes has named the container. */
static bool may_have_chosen_id(const struct bolt_facts *facts)
{
    return facts->who.id.forgeable || bolt_bytes_is(facts->engine.value, "containerd");
}

static bool is_same(const struct bolt_decision *a, const struct bolt_decision *b)
{
    for (size_t i = 0; i < a->finding_count && a->finding_count == b->finding_count; i++) {
        if (a->findings[i].action != b->findings[i].action ||
            a->findings[i].exception != b->findings[i].exception) {
            return false;
        }
    }
    return a->finding_count == b->finding_count;
}

static const struct bolt_decision *decide_at_best(struct bolt_arena *arena,
                                                  const struct bolt_replay *replay,
                                                  const struct bolt_policy *policy)
{
    struct bolt_case *c = bolt_new(arena, struct bolt_case);

    *c = (struct bolt_case){
        .policy = policy, .facts = &replay->facts, .now = replay->now, .point = replay->point};
    bolt_case_excuse_at_best(arena, c);
    return bolt_decide(arena, c);
}

int bolt_replay_decide(struct bolt_arena *arena, const struct bolt_replay *replay,
                       const struct bolt_policy *policy, struct bolt_replayed *out,
                       struct bolt_err *err)
{
    struct bolt_facts *facts = bolt_new(arena, struct bolt_facts);

    *facts = replay->facts;
    *out = (struct bolt_replayed){
        .c = {.policy = policy, .facts = facts, .now = replay->now, .point = replay->point},
        .ports_untold = policy->trust_annotations != replay->trusted_annotations &&
                        bolt_facts_have_port_annotation(facts),
    };
    if (out->ports_untold) {
        facts->known &= ~(unsigned)BOLT_KNOWN_PORTS;
        facts->port_count = 0;
        facts->ports_why = "the record does not tell what annotations say";
    }
    if (is_unidentified(replay)) {
        facts->who.id.forgeable = may_have_chosen_id(facts);
        out->at_best = decide_at_best(arena, replay, policy);
    }
    bolt_case_excuse(arena, &out->c);
    if (merge(arena, replay, out, err) != 0) {
        return -1;
    }
    out->decision = bolt_decide(arena, &out->c);
    if (out->at_best != NULL && is_same(out->at_best, out->decision)) {
        out->at_best = NULL;
    }
    return 0;
}
