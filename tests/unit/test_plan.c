/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "decide/plan.h"

static struct bolt_facts facts_of(struct bolt_arena *arena, const char *text)
{
    struct bolt_facts facts;
    struct bolt_err err = {0};

    if (bolt_facts_from_config(arena, doc_of(arena, text), &facts, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return facts;
}

static struct bolt_bytes carried_out(struct bolt_arena *arena, const struct bolt_facts *facts,
                                     const struct bolt_plan *plan)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_edit *edits = NULL;
    struct bolt_err err = {0};
    size_t count = bolt_plan_edits(arena, facts, plan, &edits);

    if (bolt_edit_apply(facts->doc, edits, count, &out, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return bolt_buf_bytes(&out);
}

#define HEAD "{\"ociVersion\":\"1\",\"linux\":{"

/* Where two rules want a sysctl each. */
static const struct {
    const char *label;
    const char *before;
    const char *after;
} sysctls[] = {
    {"no member", HEAD "}}", HEAD "\"sysctl\":{\"a.b\":\"1 2\",\"c\":\"\\\"\"}}}"},
    {"no member among others", HEAD " \"seccomp\" : null }}",
     HEAD " \"seccomp\" : null,\"sysctl\":{\"a.b\":\"1 2\",\"c\":\"\\\"\"} }}"},
    {"null", HEAD "\"sysctl\": null}}", HEAD "\"sysctl\": {\"a.b\":\"1 2\",\"c\":\"\\\"\"}}}"},
    {"empty", HEAD "\"sysctl\":{ }}}", HEAD "\"sysctl\":{\"a.b\":\"1 2\",\"c\":\"\\\"\" }}}"},
    {"others", HEAD "\"sysctl\":{\"x\":\"0\" }}}",
     HEAD "\"sysctl\":{\"x\":\"0\",\"a.b\":\"1 2\",\"c\":\"\\\"\" }}}"},
};

static void two_rules_want_sysctls_and_get_one_valid_edit(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(sysctls); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts facts = facts_of(arena, sysctls[i].before);
        struct bolt_plan plan = {0};

        print_message("  %s\n", sysctls[i].label);
        bolt_plan_add_sysctl(arena, &plan,
                             (struct bolt_planned_sysctl){"a.b", BOLT_LIT("1 2"), "first"});
        bolt_plan_add_sysctl(arena, &plan,
                             (struct bolt_planned_sysctl){"c", BOLT_LIT("\""), "second"});
        assert_bytes_equal(carried_out(arena, &facts, &plan), sysctls[i].after);
    }
}

static void what_is_asked_twice_is_done_once(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts facts = facts_of(
        arena, "{\"ociVersion\":\"1\",\"linux\":{\"sysctl\":{}},\"annotations\":{\"a\":\"\"}}");
    struct bolt_edit *edits = NULL;
    struct bolt_plan plan = {0};

    (void)state;
    for (int i = 0; i < 20; i++) {
        bolt_plan_add_removal(arena, &plan, facts.annotations[0].node, i == 0 ? "first" : "later");
        bolt_plan_add_sysctl(arena, &plan,
                             (struct bolt_planned_sysctl){"a",
                                                          i == 0 ? BOLT_LIT("1") : BOLT_LIT("2"),
                                                          i == 0 ? "first" : "later"});
    }
    assert_int_equal(bolt_plan_edits(arena, &facts, &plan, &edits), 2);
    assert_string_equal(edits[0].reason, "first");
    assert_string_equal(edits[1].reason, "first");
    assert_bytes_equal(
        carried_out(arena, &facts, &plan),
        "{\"ociVersion\":\"1\",\"linux\":{\"sysctl\":{\"a\":\"1\"}},\"annotations\":{}}");
}

static const struct {
    const char *before;
    const char *after;
} profiles[] = {
    {HEAD "}}", HEAD "\"seccomp\":{\"new\":1}}}"},
    {HEAD "\"seccomp\" : null}}", HEAD "\"seccomp\" : {\"new\":1}}}"},
    {HEAD "\"seccomp\":{ },\"sysctl\":{}}}", HEAD "\"seccomp\":{\"new\":1},\"sysctl\":{}}}"},
};

static void a_missing_profile_is_put_where_it_belongs(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(profiles); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts facts = facts_of(arena, profiles[i].before);
        const struct bolt_seccomp_result merged = {
            .unconfined = true, .fit = BOLT_SECCOMP_EXACT, .profile = BOLT_LIT("{\"new\":1}")};
        const struct bolt_plan plan = {.seccomp = &merged, .seccomp_reason = "raw-sockets"};

        assert_bytes_equal(carried_out(arena, &facts, &plan), profiles[i].after);
    }
}

static void an_empty_plan_changes_no_byte(void **state)
{
    static const char text[] = " {\"ociVersion\" :\"1\" ,\n\t\"linux\":{\"x\":1.50e+3} }\n\n";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts facts = facts_of(arena, text);
    const struct bolt_plan plan = {0};

    (void)state;
    assert_bytes_equal(carried_out(arena, &facts, &plan), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_rules_want_sysctls_and_get_one_valid_edit),
        cmocka_unit_test(what_is_asked_twice_is_done_once),
        cmocka_unit_test(a_missing_profile_is_put_where_it_belongs),
        cmocka_unit_test(an_empty_plan_changes_no_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
