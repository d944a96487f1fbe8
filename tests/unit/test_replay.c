/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "decide/compare.h"
#include "decide/rule.h"

#define FACTS(more)                                                                                \
    "{\"verdict\": \"allow\", \"facts\": {\"of\": \"container\", \"network\": {\"kind\": "         \
    "\"own\"}" more "}}"
#define FILTER(settings, result)                                                                   \
    FACTS(", \"filter\": {" settings "\"errno\": 1, \"denial\": {" result "}}")
#define TIGHT "\"fit\": \"tight\", \"way\": \"w\""
#define STRICTER "\"fit\": \"stricter\", \"way\": \"w\", \"reason\": \"r\""
#define UNPROVED "\"fit\": \"unproved\", \"way\": \"w\", \"reason\": \"r\""
#define DENIED "\"denied\": true"
#define RAW(members) "\"rawSockets\": {" members "}"

static int read(struct bolt_arena *arena, const char *record, struct bolt_replay *out,
                struct bolt_err *err)
{
    const struct bolt_doc *doc = doc_of(arena, record);

    return bolt_replay_read(arena, doc, bolt_doc_root(doc), out, err);
}

static struct bolt_replayed replay(struct bolt_arena *arena, const char *record,
                                   const char *members)
{
    const char *text =
        bolt_printf(arena, "{\"version\": 1%s%s}", *members == '\0' ? "" : ", ", members).at;
    struct bolt_policy *policy = bolt_new(arena, struct bolt_policy);
    struct bolt_replay *read_back = bolt_new(arena, struct bolt_replay);
    struct bolt_replayed out = {0};
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, bolt_bytes_of(text), policy, &err) != 0 ||
        read(arena, record, read_back, &err) != 0 ||
        bolt_replay_decide(arena, read_back, policy, &out, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return out;
}

static void a_result_holds_for_the_settings_that_it_cannot_depend_on(void **state)
{
    static const struct {
        const char *record;
        const char *policy;
        bool told;
    } cases[] = {
        {FILTER("", TIGHT), "", true},
        {FILTER("", TIGHT), RAW("\"errno\": \"EACCES\""), true},
        {FILTER("", TIGHT), RAW("\"inexact\": \"stricter\""), true},
        {FILTER("", TIGHT), RAW("\"action\": \"ignore\""), true},
        {FILTER("", TIGHT), RAW("\"families\": \"extended\""), false},
        {FILTER("", TIGHT), RAW("\"socketcall\": \"allow\""), false},
        {FILTER("", TIGHT), RAW("\"ioUring\": \"allow\""), false},
        {FILTER("", TIGHT), RAW("\"allow\": [\"AF_XDP\"]"), false},
        {FILTER("", TIGHT), RAW("\"allow\": [\"AF_NFC\"]"), true},
        {FILTER("", DENIED), RAW("\"inexact\": \"stricter\", \"errno\": \"EACCES\""), true},
        {FILTER("", DENIED), RAW("\"families\": \"extended\""), false},
        {FILTER("", UNPROVED), "", true},
        {FILTER("", UNPROVED), RAW("\"inexact\": \"stricter\""), false},
        {FILTER("", UNPROVED), RAW("\"errno\": \"EACCES\""), false},
        {FILTER("\"inexact\": \"stricter\", ", STRICTER), "", false},
        {FILTER("\"inexact\": \"stricter\", ", STRICTER), RAW("\"inexact\": \"stricter\""), true},
        {FILTER("\"inexact\": \"stricter\", ", TIGHT), "", false}, /* it may have looked closer */
        {FILTER("\"inexact\": \"stricter\", ", DENIED), "", true},
        {FILTER("\"families\": \"extended\", ", TIGHT), RAW("\"families\": \"extended\""), true},
        {FILTER("\"allow\": [\"AF_XDP\"], ", TIGHT), RAW("\"allow\": [\"AF_XDP\"]"), true},
        {FACTS(""), "", false},
        {FACTS(""), RAW("\"action\": \"ignore\""), true},
        {FACTS(", \"flags\": [\"unconfined\"]"), RAW("\"families\": \"extended\""), true},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_replayed out = replay(arena, cases[i].record, cases[i].policy);

        if (out.filter_untold == cases[i].told) {
            fail_msg("%s under %s", cases[i].record, cases[i].policy);
        }
    }
}

static void what_a_record_leaves_out_is_what_is_strictest(void **state)
{
    static const char record[] = "{\"facts\": {\"of\": \"container\"}}";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_replay replay;
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(read(arena, record, &replay, &err), 0);
    assert_int_equal(replay.facts.netns, BOLT_NETNS_HOST);
    assert_int_equal(replay.facts.netns_port_start, -1);
    assert_true(replay.facts.engine.forgeable);
    assert_false(replay.point.can_rewrite);
    assert_null(replay.filter.denial);
    assert_null(replay.filter.logging);
}

static void records_that_are_none(void **state)
{
    static const char *const records[] = {
        "{}",
        "{\"facts\": null}",
        "{\"facts\": {}}",
        "{\"facts\": {\"of\": \"pod\"}}",
        FACTS(", \"flags\": [\"new\"]"),
        FACTS(", \"gate\": [\"flies\"]"),
        "{\"facts\": {\"of\": \"container\", \"network\": 1}}",
        FACTS(", \"capabilities\": {\"effective\": \"bounding\"}"),
        FACTS(", \"capabilities\": {\"bounding\": [1]}"),
        FACTS(", \"flags\": [\"inheritsCapabilities\"]"),
        FACTS(", \"uid\": 4294967296"),
        FACTS(", \"filter\": {\"denial\": {\"denied\": true}}"),
        FILTER("", "\"fit\": \"loose\""),
        FILTER("\"allow\": [\"AF_UNIX\"], ", TIGHT),
        "{\"facts\": {\"of\": \"container\", \"network\": {\"kind\": \"unknown\"}}}",
        "{\"facts\": {\"of\": \"container\"}, \"time\": \"yesterday\"}",
        "{\"facts\": {\"of\": \"container\"}, \"ports\": [{\"host\": 65536}]}",
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(records); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_replay replay;
        struct bolt_err err = {0};

        if (read(arena, records[i], &replay, &err) == 0) {
            fail_msg("%s is taken", records[i]);
        }
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
    }
}

static void times_of_records_and_days(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: it is none */
    } cases[] = {
        {"2027-03-31", 1806451200}, /* date -ud 2027-03-31 +%s */
        {"2027-03-31T12:00:00.123Z", 1806494400},
        {"1970-01-01", 0},
        {"1969-12-31", -1},
        {"2027-02-29", -1},
        {"2027-13-01", -1},
        {"2027-3-31", -1},
        {"2027-03-31 12:00:00.123Z", -1},
        {"2027-03-31T12:00:00Z", -1},
        {"2027-03-31T12:00:00.123", -1},
        {"2027-03-3x", -1},
        {"dddd-dd-dd", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        int64_t seconds = -1;
        bool taken = bolt_facts_time(bolt_bytes_of(cases[i].text), &seconds);

        if (taken != (cases[i].seconds >= 0) || (taken && seconds != cases[i].seconds)) {
            fail_msg("'%s' is %d", cases[i].text, (int)seconds);
        }
    }
}

static void a_change_that_is_not_known_is_none(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *record = FILTER("", TIGHT);
    struct bolt_replayed old = replay(arena, record, "");
    struct bolt_replayed new = replay(arena, record, RAW("\"families\": \"extended\""));
    struct bolt_change change = bolt_change_between(arena, &old, &new);

    (void)state;
    assert_false(bolt_change_is_known(&change));
    assert_true(bolt_change_is_untold(&change));
    assert_int_equal(change.after, BOLT_OUTCOME_UNKNOWN);
    new = replay(arena, record, "\"mode\": \"report\"");
    change = bolt_change_between(arena, &old, &new);
    assert_true(bolt_change_is_known(&change));
    assert_int_equal(change.after, BOLT_OUTCOME_ALLOW);
    change = bolt_change_between(arena, &old, &old);
    assert_false(bolt_change_is_known(&change) || bolt_change_is_untold(&change));
}

#define EXEC(more) EXEC_BY("podman", more)
#define EXEC_BY(engine, more)                                                                      \
    "{\"time\": \"2027-03-31T12:00:00.000Z\", \"point\": \"runtime:exec\", \"engine\": "           \
    "\"" engine                                                                                    \
    "\", \"container\": {\"id\": {\"value\": \"ab\", \"source\": \"x\", \"forgeable\": "           \
    "false}" more "\"capabilities\": {\"bounding\": [\"CAP_NET_ADMIN\", \"CAP_SYS_PTRACE\"]}, "    \
    "\"engine\": {\"source\": \"x\", \"forgeable\": false}, \"gate\": [\"rewrites\", \"looks\"]}}"
#define FACTS_OF_EXEC "}, \"facts\": {\"of\": \"process\", "
#define UNASKED EXEC(FACTS_OF_EXEC)
#define ASKED EXEC(FACTS_OF_EXEC "\"flags\": [\"identified\"], ")
#define GRANT(match, grant, more)                                                                  \
    "\"exceptions\": [{\"id\": \"e\", \"match\": {" match "}, \"grant\": {" grant                  \
    "}, \"reason\": "                                                                              \
    "\"r\", \"owner\": \"o\", \"expires\": \"2027-03-31\"" more "}]"
#define NET_ADMIN "\"capabilities\": [\"NET_ADMIN\"]"
#define BY_DIGEST                                                                                  \
    "\"image\": "                                                                                  \
    "\"@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""

static void an_exec_is_told_where_exceptions_cannot_be_about_it(void **state)
{
    static const struct {
        const char *record;
        const char *policy;
        bool told;
    } cases[] = {
        {UNASKED, "", true},
        {ASKED, GRANT(BY_DIGEST, NET_ADMIN, ""), true},
        {UNASKED, GRANT(BY_DIGEST, NET_ADMIN, ""), false},
        {UNASKED, GRANT(BY_DIGEST ", \"id\": \"a*\", \"engine\": \"podman\"", NET_ADMIN, ""),
         false},
        {UNASKED, GRANT(BY_DIGEST ", \"id\": \"b*\"", NET_ADMIN, ""), true},
        {UNASKED, GRANT(BY_DIGEST ", \"engine\": \"docker\"", NET_ADMIN, ""), true},
        {UNASKED, GRANT("\"id\": \"ab\"", NET_ADMIN, ""), true},
        {UNASKED, GRANT("\"namespace\": \"n\"", NET_ADMIN, ""), false},
        {UNASKED, GRANT("\"name\": \"n\"", NET_ADMIN, ""), true}, /* whoever has that name */
        {UNASKED, GRANT("\"name\": \"n?\"", NET_ADMIN, ", \"trust\": [\"name\"]"), false},
        {UNASKED, GRANT("\"name\": \"n\"", NET_ADMIN, ", \"trust\": [\"annotations\"]"), false},
        {UNASKED, GRANT("\"image\": \"n\"", NET_ADMIN, ""), true},
        {UNASKED, GRANT("\"image\": \"n*\"", NET_ADMIN, ", \"trust\": [\"image\"]"), false},
        {UNASKED, GRANT(BY_DIGEST, "\"capabilities\": [\"SYS_TIME\"]", ""), true},
        {UNASKED, GRANT(BY_DIGEST, NET_ADMIN, ", \"starts\": \"2027-03-31\""), false},
        {UNASKED, "\"exec\": {\"action\": \"ignore\"}, " GRANT(BY_DIGEST, NET_ADMIN, ""), true},
        {EXEC(", \"digests\": [{\"value\": \"sha256:0\", \"source\": \"x\"}]" FACTS_OF_EXEC),
         GRANT(BY_DIGEST, NET_ADMIN, ""), true},
        {EXEC(", \"name\": {\"value\": \"m\", \"source\": \"x\"}" FACTS_OF_EXEC),
         GRANT("\"name\": \"n\"", NET_ADMIN, ", \"trust\": [\"name\"]"), true},
        /* ctr can choose ids, which only who looks at the sandbox finds out. */
        {EXEC_BY("containerd", FACTS_OF_EXEC), GRANT("\"id\": \"ab\"", NET_ADMIN, ""), false},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_replayed out = replay(arena, cases[i].record, cases[i].policy);

        if ((out.at_best == NULL) != cases[i].told) {
            fail_msg("%s under %s", cases[i].record, cases[i].policy);
        }
    }
}

static void what_rests_on_who_it_is_counts_on_neither_side(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_replayed old = replay(arena, UNASKED, "");
    struct bolt_replayed new = replay(arena, UNASKED, GRANT(BY_DIGEST, NET_ADMIN, ""));
    struct bolt_change change = bolt_change_between(arena, &old, &new);

    (void)state;
    assert_true(bolt_change_is_untold(&change));
    assert_int_equal(change.before, BOLT_OUTCOME_REWRITE);
    assert_int_equal(change.after, BOLT_OUTCOME_UNKNOWN);
    new = replay(arena, UNASKED,
                 "\"exec\": {\"action\": \"refuse\"}, " GRANT(BY_DIGEST, NET_ADMIN, ""));
    change = bolt_change_between(arena, &old, &new);
    assert_true(bolt_change_is_known(&change) && change.identity_untold);
    assert_int_equal(change.after, BOLT_OUTCOME_REFUSE);
    assert_int_equal(change.gone_count, 1); /* of SYS_PTRACE */
    assert_int_equal(change.come_count, 1);
    new = replay(arena, ASKED, GRANT(BY_DIGEST, NET_ADMIN, ""));
    old = replay(arena, ASKED, "");
    change = bolt_change_between(arena, &old, &new);
    assert_false(bolt_change_is_known(&change) || bolt_change_is_untold(&change));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_holds_for_the_settings_that_it_cannot_depend_on),
        cmocka_unit_test(what_a_record_leaves_out_is_what_is_strictest),
        cmocka_unit_test(records_that_are_none),
        cmocka_unit_test(times_of_records_and_days),
        cmocka_unit_test(a_change_that_is_not_known_is_none),
        cmocka_unit_test(an_exec_is_told_where_exceptions_cannot_be_about_it),
        cmocka_unit_test(what_rests_on_who_it_is_counts_on_neither_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
