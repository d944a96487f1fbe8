/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a test case. decide/trial_run.c runs it. */
#include "decide/trial.h"

#include "decide/rule.h"

static const char *const case_names[] = {
    "$schema", "name",    "config",   "configFile", "process", "processFile", "record",
    "point",   "network", "identity", "ports",      "now",     "expect",      NULL};
static const char *const identity_names[] = {"id",      "name",   "namespace", "image",
                                             "digests", "engine", NULL};
static const char *const fact_names[] = {"value", "source", "forgeable", "fromAnnotation", NULL};
static const char *const port_names[] = {"address",  "host",   "container",
                                         "protocol", "source", NULL};
static const char *const expect_names[] = {"verdict", "rewritten", "findings",
                                           "absent",  "unchecked", NULL};
static const char *const pattern_names[] = {"rule", "subject", "action", "exception", NULL};

/* What stands for the subject, and of which kind it is. */
static const struct {
    const char *name;
    enum bolt_trial_kind kind;
    enum bolt_json_kind json;
} subjects[] = {
    {"config", BOLT_TRIAL_CONFIG, BOLT_JSON_OBJECT},
    {"configFile", BOLT_TRIAL_CONFIG, BOLT_JSON_STRING},
    {"process", BOLT_TRIAL_PROCESS, BOLT_JSON_OBJECT},
    {"processFile", BOLT_TRIAL_PROCESS, BOLT_JSON_STRING},
    {"record", BOLT_TRIAL_RECORD, BOLT_JSON_OBJECT},
};

/* What a front end of that name can do. */
static const struct bolt_point points[] = {
    {.name = "precreate", .can_rewrite = true, .can_look = true},
    {.name = "hook", .can_look = true},
    {.name = "check", .can_rewrite = true},
    {.name = "runtime:create", .can_rewrite = true, .can_look = true},
    {.name = "runtime:run", .can_rewrite = true, .can_look = true},
    {.name = "runtime:exec", .can_rewrite = true, .can_look = true},
    {.name = "runtime:restore", .can_rewrite = true, .can_look = true, .from_checkpoint = true},
};

static bool is_word(const struct bolt_doc *doc, bolt_node node, const char *const *words)
{
    while (*words != NULL && !bolt_bytes_is(bolt_doc_string(doc, node), *words)) {
        words++;
    }
    return *words != NULL;
}

/* An object with no other members than these. */
static int check_object(const struct bolt_doc *doc, bolt_node object, const char *const *names,
                        struct bolt_err *err)
{
    if (bolt_doc_kind(doc, object) != BOLT_JSON_OBJECT) {
        return bolt_doc_fail(doc, object, err, "is %s, not an object",
                             bolt_json_kind_name(bolt_doc_kind(doc, object)));
    }
    for (bolt_node n = bolt_doc_first(doc, object); n.id != 0; n = bolt_doc_next(doc, n)) {
        size_t i = 0;

        while (names[i] != NULL && !bolt_bytes_is(bolt_doc_name(doc, n), names[i])) {
            i++;
        }
        if (names[i] == NULL) {
            return bolt_doc_fail(doc, n, err, "is no member that is known");
        }
    }
    return 0;
}

/* The member may be left out, but must not be anything else. */
static int check_kind(const struct bolt_doc *doc, bolt_node object, const char *name,
                      enum bolt_json_kind kind, struct bolt_err *err)
{
    bolt_node node = bolt_doc_member(doc, object, name);

    return node.id == 0 || bolt_doc_kind(doc, node) == kind
               ? 0
               : bolt_doc_fail(doc, node, err, "is %s, not %s",
                               bolt_json_kind_name(bolt_doc_kind(doc, node)),
                               bolt_json_kind_name(kind));
}

static int check_word(const struct bolt_doc *doc, bolt_node object, const char *name,
                      const char *const *words, struct bolt_err *err)
{
    bolt_node node = bolt_doc_member(doc, object, name);

    return node.id == 0 || is_word(doc, node, words)
               ? 0
               : bolt_doc_fail(doc, node, err, "is not one of its words");
}

/* --- what is expected ------------------------------------------------------------------- */

/* A rule that there is: a name that is misspelt would be absent for ever. */
static int check_rule(const struct bolt_doc *doc, bolt_node node, struct bolt_err *err)
{
    for (size_t i = 0; i < bolt_rule_count; i++) {
        if (bolt_bytes_is(bolt_doc_string(doc, node), bolt_rules[i]->id)) {
            return 0;
        }
    }
    return bolt_doc_fail(doc, node, err, "is not a rule; see 'drawbolt rules'");
}

static int check_pattern(const struct bolt_doc *doc, bolt_node pattern, struct bolt_err *err)
{
    static const char *const actions[] = {"refuse", "rewrite", "report", NULL};

    if (check_object(doc, pattern, pattern_names, err) != 0 ||
        check_kind(doc, pattern, "subject", BOLT_JSON_STRING, err) != 0 ||
        check_kind(doc, pattern, "exception", BOLT_JSON_STRING, err) != 0 ||
        check_word(doc, pattern, "action", actions, err) != 0) {
        return -1;
    }
    if (bolt_doc_member(doc, pattern, "rule").id == 0) {
        return bolt_doc_fail(doc, pattern, err, "names no rule");
    }
    return check_rule(doc, bolt_doc_member(doc, pattern, "rule"), err);
}

static int check_list(const struct bolt_doc *doc, bolt_node object, const char *name,
                      int (*check)(const struct bolt_doc *, bolt_node, struct bolt_err *),
                      struct bolt_err *err)
{
    bolt_node list = bolt_doc_member(doc, object, name);

    if (check_kind(doc, object, name, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (check(doc, n, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_expected(const struct bolt_doc *doc, bolt_node expected, struct bolt_err *err)
{
    static const char *const verdicts[] = {"allow", "refuse", NULL};

    if (expected.id == 0) {
        return bolt_doc_fail(doc, bolt_doc_root(doc), err, "has no 'expect'");
    }
    if (check_object(doc, expected, expect_names, err) != 0) {
        return -1;
    }
    if (bolt_doc_member(doc, expected, "verdict").id == 0) {
        return bolt_doc_fail(doc, expected, err, "has no 'verdict'");
    }
    return check_word(doc, expected, "verdict", verdicts, err) != 0 ||
                   check_kind(doc, expected, "rewritten", BOLT_JSON_BOOL, err) != 0 ||
                   check_list(doc, expected, "findings", check_pattern, err) != 0 ||
                   check_list(doc, expected, "absent", check_pattern, err) != 0
               ? -1
               : check_list(doc, expected, "unchecked", check_rule, err);
}

/* --- what is given ---------------------------------------------------------------------- */

static int check_fact(const struct bolt_doc *doc, bolt_node node, struct bolt_err *err)
{
    if (bolt_doc_kind(doc, node) == BOLT_JSON_STRING) {
        return bolt_doc_string(doc, node).len != 0
                   ? 0
                   : bolt_doc_fail(doc, node, err, "must not be empty");
    }
    if (check_object(doc, node, fact_names, err) != 0 ||
        check_kind(doc, node, "value", BOLT_JSON_STRING, err) != 0 ||
        check_kind(doc, node, "source", BOLT_JSON_STRING, err) != 0 ||
        check_kind(doc, node, "forgeable", BOLT_JSON_BOOL, err) != 0 ||
        check_kind(doc, node, "fromAnnotation", BOLT_JSON_BOOL, err) != 0) {
        return -1;
    }
    return bolt_doc_string(doc, bolt_doc_member(doc, node, "value")).len != 0
               ? 0
               : bolt_doc_fail(doc, node, err, "has no 'value'");
}

static int check_identity(const struct bolt_doc *doc, bolt_node identity, struct bolt_err *err)
{
    if (identity.id == 0) {
        return 0;
    }
    if (check_object(doc, identity, identity_names, err) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, identity); n.id != 0; n = bolt_doc_next(doc, n)) {
        bool list = bolt_bytes_is(bolt_doc_name(doc, n), "digests");

        if (list ? check_list(doc, identity, "digests", check_fact, err) != 0
                 : check_fact(doc, n, err) != 0) {
            return -1;
        }
        if (list && bolt_doc_count(doc, n) > BOLT_DIGESTS_MAX) {
            return bolt_doc_fail(doc, n, err, "has more than %d digests", BOLT_DIGESTS_MAX);
        }
    }
    return 0;
}

static int check_port(const struct bolt_doc *doc, bolt_node port, struct bolt_err *err)
{
    static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};

    return check_object(doc, port, port_names, err) != 0
               ? -1
               : check_word(doc, port, "protocol", protocols, err);
}

static int read_subject(struct bolt_trial *out, struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(out->doc);
    size_t found = 0;

    for (size_t i = 0; i < BOLT_LEN(subjects); i++) {
        bolt_node node = bolt_doc_member(out->doc, root, subjects[i].name);

        if (node.id == 0) {
            continue;
        }
        if (check_kind(out->doc, root, subjects[i].name, subjects[i].json, err) != 0) {
            return -1;
        }
        found++;
        out->kind = subjects[i].kind;
        out->subject = subjects[i].json == BOLT_JSON_OBJECT ? node : BOLT_NONE;
        out->file = bolt_doc_string(out->doc, node);
    }
    if (found != 1 || (out->subject.id == 0 && out->file.len == 0)) {
        return bolt_doc_fail(out->doc, root, err,
                             "must have one of config, configFile, process, processFile, record");
    }
    return 0;
}

/* What a record says itself. */
static int check_record(const struct bolt_trial *trial, struct bolt_err *err)
{
    static const char *const names[] = {"point", "network", "identity", "ports"};

    for (size_t i = 0; i < BOLT_LEN(names) && trial->kind == BOLT_TRIAL_RECORD; i++) {
        bolt_node node = bolt_doc_member(trial->doc, bolt_doc_root(trial->doc), names[i]);

        if (node.id != 0) {
            return bolt_doc_fail(trial->doc, node, err, "is in the record already");
        }
    }
    return 0;
}

static int read_point(struct bolt_trial *out, struct bolt_err *err)
{
    bolt_node node = bolt_doc_member(out->doc, bolt_doc_root(out->doc), "point");
    struct bolt_bytes name = bolt_doc_string(out->doc, node);

    if (node.id == 0) {
        name = out->kind == BOLT_TRIAL_PROCESS ? BOLT_LIT("runtime:exec") : BOLT_LIT("precreate");
    }
    for (size_t i = 0; i < BOLT_LEN(points); i++) {
        if (bolt_bytes_is(name, points[i].name)) {
            out->point = points[i];
            return 0;
        }
    }
    return bolt_doc_fail(out->doc, node, err, "is no point that is known");
}

int bolt_trial_read(const struct bolt_doc *doc, struct bolt_trial *out, struct bolt_err *err)
{
    static const char *const networks[] = {"host", "joined", "own", NULL};
    bolt_node root = bolt_doc_root(doc);
    bolt_node now = bolt_doc_member(doc, root, "now");

    *out = (struct bolt_trial){.doc = doc};
    if (check_object(doc, root, case_names, err) != 0 ||
        check_kind(doc, root, "name", BOLT_JSON_STRING, err) != 0 || read_subject(out, err) != 0 ||
        check_record(out, err) != 0 || read_point(out, err) != 0 ||
        check_word(doc, root, "network", networks, err) != 0 ||
        check_identity(doc, bolt_doc_member(doc, root, "identity"), err) != 0 ||
        check_list(doc, root, "ports", check_port, err) != 0 ||
        check_expected(doc, bolt_doc_member(doc, root, "expect"), err) != 0) {
        return -1;
    }
    out->name = bolt_doc_string(doc, bolt_doc_member(doc, root, "name"));
    if (now.id != 0 && !bolt_facts_time(bolt_doc_string(doc, now), &out->now)) {
        return bolt_doc_fail(doc, now, err, "must be a day as \"2027-03-31\"");
    }
    return 0;
}
