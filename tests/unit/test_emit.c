/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "decide/rule.h"
#include "emit/emit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *const references[] = {"CIS-1", "CWE-2", NULL};
static const char *const no_references[] = {NULL};
static const struct bolt_rule first_rule = {.id = "first-rule", .references = references};
static const struct bolt_rule second_rule = {.id = "second-rule", .references = no_references};

/* A record that a test may still change. */
struct sheet {
    struct bolt_policy policy;
    struct bolt_facts facts;
    struct bolt_decision decision;
    struct bolt_finding findings[3];
    struct bolt_unchecked unchecked[3];
    struct bolt_edit edits[2];
    struct bolt_port port;
    struct bolt_record record;
};

static struct sheet *sheet_of(struct bolt_arena *arena, const char *config)
{
    struct sheet *s = bolt_new(arena, struct sheet);
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, BOLT_LIT("{\"version\":1}"), &s->policy, &err) != 0 ||
        bolt_facts_from_config(arena, doc_of(arena, config), &s->facts, &err) != 0) {
        fail_msg("%s", err.text);
    }
    s->decision = (struct bolt_decision){.verdict = BOLT_ALLOW,
                                         .findings = s->findings,
                                         .unchecked = s->unchecked,
                                         .edits = s->edits};
    s->record =
        (struct bolt_record){.time = BOLT_LIT("2026-03-31T12:00:00.123Z"),
                             .version = "9.9",
                             .point = {.name = "precreate", .can_rewrite = true, .can_look = true},
                             .runtime = "crun",
                             .policy_file = BOLT_LIT("/p\"q"),
                             .policy_text = BOLT_LIT("abc"),
                             .duration_us = 1234,
                             .policy = &s->policy,
                             .facts = &s->facts,
                             .decision = &s->decision};
    return s;
}

static void add_finding(struct sheet *s, const struct bolt_rule *rule, enum bolt_action action,
                        const char *text)
{
    s->findings[s->decision.finding_count++] = (struct bolt_finding){
        .rule = rule, .action = action, .subject = BOLT_LIT("it"), .text = bolt_bytes_of(text)};
}

static void add_unchecked(struct sheet *s, const struct bolt_rule *rule, const char *why)
{
    s->unchecked[s->decision.unchecked_count++] =
        (struct bolt_unchecked){.rule = rule, .why = bolt_bytes_of(why)};
}

#define CONFIG "{\"ociVersion\":\"1\",\"linux\":{\"x\":[7,8]},\"annotations\":{\"a/b\":\"c\"}}"

/* --- records ---------------------------------------------------------------------------- */

static void a_record_says_everything_on_one_line(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const struct bolt_port_source sources[] = {
        {"first", {"a \"reason\"", 10}, 0}, {"second", {NULL, 0}, 0}, {"third", {NULL, 0}, 1}};
    struct sheet *s = sheet_of(arena, CONFIG);

    (void)state;
    add_finding(s, &first_rule, BOLT_ACTION_REWRITE, "a \"text\"\twith\\marks");
    add_finding(s, &second_rule, BOLT_ACTION_REPORT, "b");
    s->findings[1].subject = BOLT_LIT("x\x1b\xff");
    add_unchecked(s, &second_rule, "nobody said");
    s->edits[0] = (struct bolt_edit){BOLT_EDIT_REMOVE, s->facts.annotations[0].node, {0}, {0}, "r"};
    s->edits[1] = (struct bolt_edit){BOLT_EDIT_APPEND, s->facts.linux_node, BOLT_LIT("new"),
                                     BOLT_LIT("{\"k\":1}"), "r"};
    s->decision.edit_count = 2;
    s->decision.seccomp = &(const struct bolt_seccomp_result){.fit = BOLT_SECCOMP_TIGHT};
    s->facts.engine.value = BOLT_LIT("podman");
    s->facts.who.id = (struct bolt_named){.value = BOLT_LIT(ID), .source = "mounts"};
    s->port = (struct bolt_port){BOLT_LIT("::1"), 80, 8080, BOLT_LIT("tcp"), "engine", 2, true};
    s->facts.ports = &s->port;
    s->facts.port_count = 1;
    s->facts.ports_tried = sources;
    s->facts.ports_tried_count = BOLT_LEN(sources);
    assert_bytes_equal(
        bolt_emit_record(arena, &s->record),
        "{\"time\":\"2026-03-31T12:00:00.123Z\",\"version\":\"9.9\",\"point\":\"precreate\","
        "\"engine\":\"podman\",\"runtime\":\"crun\",\"container\":{\"id\":{\"value\":\"" ID "\","
        "\"source\":\"mounts\",\"forgeable\":false},\"name\":null,\"namespace\":null,\"image\":null,\"digests\":[]},"
        "\"mode\":\"enforce\",\"verdict\":\"allow\",\"findings\":[{\"rule\":\"first-rule\","
        "\"subject\":\"it\",\"text\":\"a \\\"text\\\"\\u0009with\\\\marks\",\"action\":\"rewrite\","
        "\"exception\":null,\"references\":[\"CIS-1\",\"CWE-2\"]},{\"rule\":\"second-rule\","
        "\"subject\":\"x\\u001b\\ufffd\",\"text\":\"b\",\"action\":\"report\",\"exception\":null,"
        "\"references\":[]}],\"unchecked\":[{\"rule\":\"second-rule\",\"why\":\"nobody said\"}],"
        "\"edits\":[{\"op\":\"add\",\"path\":\"/linux/new\",\"value\":{\"k\":1}},"
        "{\"op\":\"remove\",\"path\":\"/annotations/a~1b\"}],\"seccomp\":{\"fit\":\"tight\"},"
        "\"ports\":[{\"address\":\"::1\",\"host\":80,\"container\":8080,\"more\":2,\"oneOf\":true,"
        "\"protocol\":\"tcp\",\"source\":\"engine\"}],\"portSources\":[{\"source\":\"first\","
        "\"outcome\":\"failed\",\"why\":\"a \\\"reason\\\"\"},{\"source\":\"second\","
        "\"outcome\":\"none\"},{\"source\":\"third\",\"outcome\":\"ports\"}],\"policy\":{\"file\":\"/p\\\"q\",\"sha256\":"
        "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
        "\"input\":{\"sha256\":\"" SHA_OF_NOTHING "\",\"bytes\":0},\"duration_us\":1234}\n");
}

static void a_record_of_a_refusal_has_no_edits(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct sheet *s = sheet_of(arena, CONFIG);

    (void)state;
    add_finding(s, &second_rule, BOLT_ACTION_REFUSE, "no");
    s->edits[0] = (struct bolt_edit){BOLT_EDIT_REMOVE, s->facts.annotations[0].node, {0}, {0}, "r"};
    s->decision.edit_count = 1;
    s->decision.seccomp = &(const struct bolt_seccomp_result){.fit = BOLT_SECCOMP_EXACT};
    s->decision.verdict = BOLT_REFUSE;
    s->policy.mode = BOLT_MODE_REPORT;
    s->record.id = (struct bolt_named){.value = BOLT_LIT("c1"), .source = "oci state"};
    s->record.input_name = BOLT_LIT("a.json");
    s->record.input = BOLT_LIT("abc");
    assert_bytes_equal(
        bolt_emit_record(arena, &s->record),
        "{\"time\":\"2026-03-31T12:00:00.123Z\",\"version\":\"9.9\",\"point\":\"precreate\","
        "\"engine\":\"unknown\",\"runtime\":\"crun\",\"container\":{\"id\":{\"value\":\"c1\","
        "\"source\":\"oci state\",\"forgeable\":false},\"name\":null,\"namespace\":null,\"image\":null,\"digests\":[]},"
        "\"mode\":\"report\",\"verdict\":\"refuse\",\"findings\":[{\"rule\":\"second-rule\","
        "\"subject\":\"it\",\"text\":\"no\",\"action\":\"refuse\",\"exception\":null,"
        "\"references\":[]}],\"unchecked\":[],\"edits\":[],\"ports\":[],\"portSources\":[],"
        "\"policy\":{\"file\":\"/p\\\"q\",\"sha256\":"
        "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
        "\"input\":{\"name\":\"a.json\",\"sha256\":"
        "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"bytes\":3},"
        "\"duration_us\":1234}\n");
}

static void a_record_of_an_error_says_why(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_record record = {.time = BOLT_LIT("t"),
                                       .version = "9.9",
                                       .point = {.name = "hook", .can_look = true},
                                       .runtime = "",
                                       .policy_file = BOLT_LIT("(built-in)"),
                                       .error = BOLT_LIT("1:1: not JSON")};

    (void)state;
    assert_bytes_equal(
        bolt_emit_record(arena, &record),
        "{\"time\":\"t\",\"version\":\"9.9\",\"point\":\"hook\",\"engine\":\"unknown\","
        "\"runtime\":\"\",\"container\":{\"id\":null,\"name\":null,\"namespace\":null,"
        "\"image\":null,\"digests\":[]},\"mode\":\"enforce\",\"verdict\":\"error\",\"error\":\"1:1: not JSON\","
        "\"findings\":[],\"unchecked\":[],\"edits\":[],\"ports\":[],\"portSources\":[],\"policy\":{\"file\":"
        "\"(built-in)\",\"sha256\":\"" SHA_OF_NOTHING "\"},\"input\":{\"sha256\":\"" SHA_OF_NOTHING
        "\",\"bytes\":0},\"duration_us\":0}\n");
}

static void every_fit_has_its_own_name(void **state)
{
    static const enum bolt_seccomp_fit fits[] = {BOLT_SECCOMP_UNPROVED, BOLT_SECCOMP_EXACT,
                                                 BOLT_SECCOMP_TIGHT, BOLT_SECCOMP_MISALIGN,
                                                 BOLT_SECCOMP_STRICTER};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(fits); i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(bolt_fit_name(fits[i]), bolt_fit_name(fits[k]));
        }
    }
}

static void what_is_stricter_is_told(void **state)
{
    struct bolt_bytes on[] = {BOLT_LIT("socket on x86: any arguments"), BOLT_LIT("\"")};
    const struct bolt_seccomp_result merged = {.fit = BOLT_SECCOMP_STRICTER,
                                               .reason = BOLT_LIT("too many rules"),
                                               .stricter_on = on,
                                               .stricter_count = BOLT_LEN(on)};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct sheet *s = sheet_of(arena, CONFIG);
    const char *text;

    (void)state;
    s->edits[0] = (struct bolt_edit){BOLT_EDIT_REMOVE, s->facts.annotations[0].node, {0}, {0}, "r"};
    s->decision.edit_count = 1;
    s->decision.seccomp = &merged;
    text = bolt_bytes_cstr(arena, bolt_emit_record(arena, &s->record));
    assert_non_null(strstr(text, ",\"seccomp\":{\"fit\":\"stricter\",\"reason\":\"too many rules\","
                                 "\"stricterOn\":[\"socket on x86: any arguments\",\"\\\"\"]},"));
    s->record.input_name = BOLT_LIT("a");
    assert_bytes_equal(bolt_emit_report(arena, &s->record),
                       "a: allowed after a rewrite\n"
                       "  stricter socket on x86: any arguments\n"
                       "  stricter \"\n");
    s->decision.verdict = BOLT_REFUSE;
    assert_bytes_equal(bolt_emit_report(arena, &s->record), "a: refused\n");
}

/* --- refusals --------------------------------------------------------------------------- */

static void a_refusal_is_the_first_finding_that_refuses(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct sheet *s = sheet_of(arena, CONFIG);

    (void)state;
    s->decision.verdict = BOLT_REFUSE;
    add_finding(s, &first_rule, BOLT_ACTION_REPORT, "reported");
    add_finding(s, &second_rule, BOLT_ACTION_REFUSE, "too much");
    s->policy.log_file = NULL;
    assert_bytes_equal(bolt_emit_refusal(arena, &s->record),
                       "refused: too much (rule second-rule)");
    add_finding(s, &first_rule, BOLT_ACTION_REFUSE, "even more");
    assert_bytes_equal(bolt_emit_refusal(arena, &s->record),
                       "refused: too much (rule second-rule, and 1 more)");
    s->facts.who.id = (struct bolt_named){.value = BOLT_LIT(ID), .source = "mounts"};
    assert_bytes_equal(bolt_emit_refusal(arena, &s->record),
                       "refused: too much (rule second-rule, and 1 more)");
    s->policy.log_file = "/log";
    assert_bytes_equal(
        bolt_emit_refusal(arena, &s->record),
        "refused: too much (rule second-rule, and 1 more; see 'drawbolt why 0123456789ab')");
    s->facts.who.id = (struct bolt_named){.value = BOLT_LIT("c\x1b[1"), .source = "oci state"};
    assert_bytes_equal(bolt_emit_refusal(arena, &s->record),
                       "refused: too much (rule second-rule, and 1 more; see 'drawbolt why c?[1')");
}

/* --- reports for people ----------------------------------------------------------------- */

static void a_report_has_a_line_for_each_finding_and_each_reason(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct sheet *s = sheet_of(arena, CONFIG);

    (void)state;
    s->record.input_name = BOLT_LIT("a\x1b.json");
    assert_bytes_equal(bolt_emit_report(arena, &s->record), "a?.json: allowed\n");
    add_finding(s, &first_rule, BOLT_ACTION_REWRITE, "mended");
    add_unchecked(s, &first_rule, "nobody said");
    add_unchecked(s, &second_rule, "not here");
    add_unchecked(s, &second_rule, "nobody said");
    s->decision.edit_count = 1;
    assert_bytes_equal(bolt_emit_report(arena, &s->record),
                       "a?.json: allowed after a rewrite\n"
                       "  rewrite  first-rule: mended\n"
                       "  ?        first-rule, second-rule: not checked: nobody said\n"
                       "  ?        second-rule: not checked: not here\n");
    add_finding(s, &second_rule, BOLT_ACTION_REFUSE, "too much");
    s->decision.verdict = BOLT_REFUSE;
    s->decision.unchecked_count = 0;
    s->policy.mode = BOLT_MODE_REPORT;
    assert_bytes_equal(bolt_emit_report(arena, &s->record),
                       "a?.json: refused\n"
                       "  rewrite  first-rule: mended\n"
                       "  refuse   second-rule: too much\n"
                       "  the policy's mode is 'report': nothing is refused or changed\n");
}

static void a_diff_shows_what_goes_and_what_comes(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct sheet *s = sheet_of(arena, CONFIG);
    bolt_node list = bolt_doc_member(s->facts.doc, s->facts.linux_node, "x");
    bolt_node seven = bolt_doc_first(s->facts.doc, list);
    struct bolt_edit edits[] = {
        {BOLT_EDIT_NONE, seven, {0}, {0}, "none"},
        {BOLT_EDIT_REMOVE, s->facts.annotations[0].node, {0}, {0}, "one"},
        {BOLT_EDIT_REPLACE, seven, {0}, BOLT_LIT("9"), "two"},
        {BOLT_EDIT_INSERT, bolt_doc_next(s->facts.doc, seven), {0}, BOLT_LIT("5"), "three"},
        {BOLT_EDIT_APPEND, list, {0}, BOLT_LIT("6"), "four"},
        {BOLT_EDIT_APPEND, s->facts.linux_node, BOLT_LIT("n\x1b"), BOLT_LIT("{}"), "five"},
    };

    (void)state;
    s->decision.edits = edits;
    s->decision.edit_count = BOLT_LEN(edits);
    assert_bytes_equal(bolt_emit_diff(arena, &s->facts, &s->decision),
                       "@@ /annotations/a~1b  (one)\n- \"c\"\n"
                       "@@ /linux/x/0  (two)\n- 7\n+ 9\n"
                       "@@ before /linux/x/1  (three)\n+ 5\n"
                       "@@ /linux/x/-  (four)\n+ 6\n"
                       "@@ /linux/n?  (five)\n+ {}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_says_everything_on_one_line),
        cmocka_unit_test(a_record_of_a_refusal_has_no_edits),
        cmocka_unit_test(a_record_of_an_error_says_why),
        cmocka_unit_test(every_fit_has_its_own_name),
        cmocka_unit_test(what_is_stricter_is_told),
        cmocka_unit_test(a_refusal_is_the_first_finding_that_refuses),
        cmocka_unit_test(a_report_has_a_line_for_each_finding_and_each_reason),
        cmocka_unit_test(a_diff_shows_what_goes_and_what_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
