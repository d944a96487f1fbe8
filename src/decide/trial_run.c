/* SPDX-License-Identifier: Apache-2.0 */
/* Running a test case that decide/trial.c has read: all of its members are as they should be. */
#include "decide/trial.h"

#include "decide/compare.h"
#include "decide/excuse.h"
#include "decide/merge.h"
#include "decide/rule.h"

struct running {
    struct bolt_arena *arena;
    const struct bolt_trial *trial;
    const struct bolt_policy *policy;
    const struct bolt_decision *decision;
    struct bolt_bytes *lines;
    size_t count;
};

static bolt_node member(const struct bolt_trial *trial, const char *name)
{
    return bolt_doc_member(trial->doc, bolt_doc_root(trial->doc), name);
}

/* --- the facts -------------------------------------------------------------------------- */

/* Who does not say that a fact is safe from the container's author does not know that it is. */
static void put_fact(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node,
                     struct bolt_named *out)
{
    bolt_node source = bolt_doc_member(doc, node, "source");
    bolt_node forgeable = bolt_doc_member(doc, node, "forgeable");
    bool bare = bolt_doc_kind(doc, node) == BOLT_JSON_STRING;

    if (node.id == 0) {
        return;
    }
    *out = (struct bolt_named){
        .value = bolt_doc_string(doc, bare ? node : bolt_doc_member(doc, node, "value")),
        .source =
            source.id == 0 ? "test case" : bolt_bytes_cstr(arena, bolt_doc_string(doc, source)),
        .forgeable = forgeable.id == 0 || bolt_doc_is_true(doc, forgeable),
        .from_annotation = bolt_doc_is_true(doc, bolt_doc_member(doc, node, "fromAnnotation")),
    };
}

static void put_identity(struct bolt_arena *arena, const struct bolt_trial *trial,
                         struct bolt_facts *f)
{
    const struct bolt_doc *doc = trial->doc;
    bolt_node identity = member(trial, "identity");
    bolt_node digests = bolt_doc_member(doc, identity, "digests");

    put_fact(arena, doc, bolt_doc_member(doc, identity, "id"), &f->who.id);
    put_fact(arena, doc, bolt_doc_member(doc, identity, "name"), &f->who.name);
    put_fact(arena, doc, bolt_doc_member(doc, identity, "namespace"), &f->who.namespace);
    put_fact(arena, doc, bolt_doc_member(doc, identity, "image"), &f->who.image);
    for (bolt_node n = bolt_doc_first(doc, digests); n.id != 0; n = bolt_doc_next(doc, n)) {
        put_fact(arena, doc, n, &f->who.digests[f->who.digest_count++]);
    }
    put_fact(arena, doc, bolt_doc_member(doc, identity, "engine"), &f->engine);
}

static int put_ports(struct bolt_arena *arena, const struct bolt_trial *trial,
                     const struct bolt_policy *policy, struct bolt_facts *f, struct bolt_err *err)
{
    bolt_node ports = member(trial, "ports");

    if (ports.id != 0) {
        f->known |= BOLT_KNOWN_PORTS;
        f->ports_why = NULL;
        return bolt_facts_read_ports(arena, trial->doc, ports, f, err);
    }
    if (policy->trust_annotations && (f->known & BOLT_KNOWN_CONFIG) != 0) {
        bolt_facts_ports_from_annotations(arena, f);
    }
    return 0;
}

static void put_network(const struct bolt_trial *trial, struct bolt_facts *f)
{
    struct bolt_bytes network = bolt_doc_string(trial->doc, member(trial, "network"));

    for (int i = BOLT_NETNS_HOST; i <= BOLT_NETNS_OWN; i++) {
        if (bolt_bytes_is(network, bolt_netns_name((enum bolt_netns)i))) {
            f->netns = (enum bolt_netns)i;
        }
    }
}

static int learn(struct bolt_arena *arena, const struct bolt_trial *trial, struct bolt_bytes text,
                 struct bolt_facts *f, struct bolt_err *err)
{
    enum bolt_dialect dialect = BOLT_DIALECT_STRICT;
    const struct bolt_doc *doc;

    if (trial->subject.id != 0) {
        text = bolt_doc_source(trial->doc, trial->subject);
        dialect = BOLT_DIALECT_COMMENTS; /* as the case itself */
    }
    if (bolt_doc_parse(arena, text, dialect, &doc, err) != 0) {
        return -1;
    }
    return trial->kind == BOLT_TRIAL_PROCESS ? bolt_facts_from_process(arena, doc, f, err)
                                             : bolt_facts_from_config(arena, doc, f, err);
}

/* --- the decision ----------------------------------------------------------------------- */

static int decide_record(struct running *r, int64_t now, struct bolt_err *err)
{
    struct bolt_replayed *replayed = bolt_new(r->arena, struct bolt_replayed);
    struct bolt_replay *replay = bolt_new(r->arena, struct bolt_replay);

    if (bolt_replay_read(r->arena, r->trial->doc, r->trial->subject, replay, err) != 0) {
        return -1;
    }
    replay->now = r->trial->now != 0 ? r->trial->now : replay->now != 0 ? replay->now : now;
    if (bolt_replay_decide(r->arena, replay, r->policy, replayed, err) != 0) {
        return -1;
    }
    if (replayed->filter_untold || replayed->ports_untold || replayed->at_best != NULL) {
        return bolt_doc_fail(r->trial->doc, r->trial->subject, err,
                             "the record does not tell %s under this policy",
                             replayed->filter_untold  ? "what becomes of the seccomp profile"
                             : replayed->ports_untold ? "which ports are published"
                                                      : "whether an exception is about this exec");
    }
    r->decision = replayed->decision;
    return 0;
}

static int decide(struct running *r, struct bolt_bytes text, int64_t now, struct bolt_err *err)
{
    struct bolt_facts *facts = bolt_new(r->arena, struct bolt_facts);
    struct bolt_case *c = bolt_new(r->arena, struct bolt_case);

    if (r->trial->kind == BOLT_TRIAL_RECORD) {
        return decide_record(r, now, err);
    }
    if (learn(r->arena, r->trial, text, facts, err) != 0 ||
        put_ports(r->arena, r->trial, r->policy, facts, err) != 0) {
        return -1;
    }
    put_identity(r->arena, r->trial, facts);
    put_network(r->trial, facts);
    *c = (struct bolt_case){.policy = r->policy,
                            .facts = facts,
                            .now = r->trial->now != 0 ? r->trial->now : now,
                            .point = r->trial->point};
    bolt_case_excuse(r->arena, c);
    if (bolt_case_merge(r->arena, c, err) != 0) {
        return -1;
    }
    r->decision = bolt_decide(r->arena, c);
    return 0;
}

/* --- the comparison --------------------------------------------------------------------- */

static void fail(struct running *r, struct bolt_bytes line)
{
    r->lines = bolt_arena_grow(r->arena, r->lines, r->count, sizeof *r->lines);
    r->lines[r->count++] = bolt_printable(r->arena, line);
}

static bool fits(const struct bolt_doc *doc, bolt_node pattern, const char *name,
                 struct bolt_bytes value)
{
    bolt_node node = bolt_doc_member(doc, pattern, name);

    return node.id == 0 || bolt_bytes_equal(bolt_doc_string(doc, node), value);
}

static const struct bolt_finding *find(const struct running *r, bolt_node pattern)
{
    const struct bolt_doc *doc = r->trial->doc;

    for (size_t i = 0; i < r->decision->finding_count; i++) {
        const struct bolt_finding *f = &r->decision->findings[i];

        if (fits(doc, pattern, "rule", bolt_bytes_of(f->rule->id)) &&
            fits(doc, pattern, "subject", f->subject) &&
            fits(doc, pattern, "action", bolt_bytes_of(bolt_action_name(f->action))) &&
            fits(doc, pattern, "exception",
                 f->exception != NULL ? f->exception->id : (struct bolt_bytes){0})) {
            return f;
        }
    }
    return NULL;
}

static const struct bolt_unchecked *find_unchecked(const struct running *r, struct bolt_bytes rule)
{
    for (size_t i = 0; i < r->decision->unchecked_count; i++) {
        if (bolt_bytes_is(rule, r->decision->unchecked[i].rule->id)) {
            return &r->decision->unchecked[i];
        }
    }
    return NULL;
}

/* "raw-sockets about CAP_NET_RAW, action rewrite" */
static struct bolt_bytes text_of(const struct running *r, bolt_node pattern)
{
    static const char *const words[][2] = {
        {"subject", " about "}, {"action", ", action "}, {"exception", ", exception "}};
    const struct bolt_doc *doc = r->trial->doc;
    struct bolt_buf out = {.arena = r->arena};

    bolt_buf_add(&out, bolt_doc_string(doc, bolt_doc_member(doc, pattern, "rule")));
    for (size_t i = 0; i < BOLT_LEN(words); i++) {
        bolt_node node = bolt_doc_member(doc, pattern, words[i][0]);

        if (node.id != 0) {
            bolt_buf_adds(&out, words[i][1]);
            bolt_buf_add(&out, bolt_doc_string(doc, node));
        }
    }
    return bolt_buf_bytes(&out);
}

static void compare_verdict(struct running *r, bolt_node expected)
{
    const struct bolt_doc *doc = r->trial->doc;
    struct bolt_bytes wanted = bolt_doc_string(doc, bolt_doc_member(doc, expected, "verdict"));
    bolt_node rewritten = bolt_doc_member(doc, expected, "rewritten");
    bool allowed = r->decision->verdict == BOLT_ALLOW;
    bool rewrites = bolt_decision_rewrites(r->policy, r->decision);

    if (bolt_bytes_is(wanted, "allow") != allowed) {
        fail(r, bolt_printf(r->arena, "the verdict is %s, not %.*s", allowed ? "allow" : "refuse",
                            BOLT_FMT(wanted)));
        for (size_t i = 0; i < r->decision->finding_count; i++) {
            const struct bolt_finding *f = &r->decision->findings[i];

            if (f->action == BOLT_ACTION_REFUSE) {
                fail(r, bolt_printf(r->arena, "%s: %.*s", f->rule->id, BOLT_FMT(f->text)));
            }
        }
    }
    if (rewritten.id != 0 && bolt_doc_is_true(doc, rewritten) != rewrites) {
        fail(r, rewrites ? BOLT_LIT("the container is rewritten")
                         : BOLT_LIT("the container is not rewritten"));
    }
}

static void compare_findings(struct running *r, bolt_node expected)
{
    const struct bolt_doc *doc = r->trial->doc;
    bolt_node wanted = bolt_doc_member(doc, expected, "findings");
    bolt_node absent = bolt_doc_member(doc, expected, "absent");

    for (bolt_node n = bolt_doc_first(doc, wanted); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (find(r, n) == NULL) {
            fail(r, bolt_printf(r->arena, "there is no finding of %.*s", BOLT_FMT(text_of(r, n))));
        }
    }
    for (bolt_node n = bolt_doc_first(doc, absent); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_bytes rule = bolt_doc_string(doc, bolt_doc_member(doc, n, "rule"));
        const struct bolt_unchecked *unchecked = find_unchecked(r, rule);
        const struct bolt_finding *f = find(r, n);

        if (f != NULL) {
            fail(r, bolt_printf(r->arena, "there is a finding of %s: %.*s", f->rule->id,
                                BOLT_FMT(f->text)));
        } else if (unchecked != NULL) {
            fail(r, bolt_printf(r->arena, "%.*s was not checked: %.*s", BOLT_FMT(rule),
                                BOLT_FMT(unchecked->why)));
        }
    }
}

static void compare_unchecked(struct running *r, bolt_node expected)
{
    const struct bolt_doc *doc = r->trial->doc;
    bolt_node wanted = bolt_doc_member(doc, expected, "unchecked");

    for (bolt_node n = bolt_doc_first(doc, wanted); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (find_unchecked(r, bolt_doc_string(doc, n)) == NULL) {
            fail(r, bolt_printf(r->arena, "%.*s was checked", BOLT_FMT(bolt_doc_string(doc, n))));
        }
    }
}

int bolt_trial_run(struct bolt_arena *arena, const struct bolt_trial *trial, struct bolt_bytes text,
                   const struct bolt_policy *policy, int64_t now, const struct bolt_bytes **lines,
                   size_t *count, struct bolt_err *err)
{
    struct running r = {.arena = arena, .trial = trial, .policy = policy};
    bolt_node expected = member(trial, "expect");

    if (decide(&r, text, now, err) != 0 || r.decision == NULL) {
        return -1;
    }
    compare_verdict(&r, expected);
    compare_findings(&r, expected);
    compare_unchecked(&r, expected);
    *lines = r.lines;
    *count = r.count;
    return 0;
}
