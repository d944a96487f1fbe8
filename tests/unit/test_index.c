/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "decide/excuse.h"
#include "policy/index.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* --- skimming --------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *items; /* with '|' behind each; NULL: no such array */
} skims[] = {
    {"[]", ""},
    {" [ ] ", NULL}, /* starts at the bracket, and nowhere else */
    {"[{}]", "{}|"},
    {"[ {\"a\": [{}, 1, []]} ,\n{} ]", "{\"a\": [{}, 1, []]}|{}|"},
    {"[{\"]\": \"}\"}, {}] ]", "{\"]\": \"}\"}|{}|"},
    {"[{\"\\\"]\": \"\\\\\"}, {\"\\\\\\\"}\": 1}]", "{\"\\\"]\": \"\\\\\"}|{\"\\\\\\\"}\": 1}|"},
    {"[/* ] { */ {} // ]\n, {/*}*/} /**/]", "{}|{/*}*/}|"},
    {"[{\"//\": \"/*\"}]", "{\"//\": \"/*\"}|"},
    {"[/*/ ] */]", ""},
    {"", NULL},
    {"{}", NULL},
    {"[", NULL},
    {"[{", NULL},
    {"[{}", NULL},
    {"[{\"a]", NULL},
    {"[{\"a\\\"}]", NULL},
    {"[{}, 1]", NULL},
    {"[\"\"]", NULL},
    {"[[]]", NULL},
    {"[}", NULL},
    {"[/", NULL},
    {"[/* ]", NULL},
    {"[// ]", NULL},
};

static void elements_are_found_without_reading_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(skims); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_bytes text = bolt_bytes_of(skims[i].text);
        struct bolt_skimmed skimmed = {.arena = arena};
        struct bolt_buf items = {.arena = arena};
        size_t end = 0;
        bool found;

        /* A copy without a NUL behind it, so that a sanitizer sees what is read there. */
        text.at = memcpy(bolt_arena_alloc(arena, text.len + (text.len == 0), 1), text.at, text.len);
        found = bolt_json_skim(text, 0, &skimmed, &end);
        for (size_t k = 0; k < skimmed.count; k++) {
            bolt_buf_add(&items, skimmed.items[k]);
            bolt_buf_addc(&items, '|');
        }
        if (found != (skims[i].items != NULL)) {
            fail_msg("%s: %s", skims[i].text, found ? "found" : "not found");
        }
        if (found) {
            assert_bytes_equal(bolt_buf_bytes(&items), skims[i].items);
            assert_int_equal(text.at[end], ']');
        }
    }
}

/* --- the text of an index --------------------------------------------------------------- */

#define EXCEPTION(id, match)                                                                       \
    "{\"id\": \"" id "\", \"match\": {" match "}, \"grant\": {\"hostNetwork\": true}, "            \
    "\"reason\": \"r\", \"owner\": \"o\", \"expires\": \"2027-03-31\"}"

static const char *const matches[] = {
    "\"namespace\": \"pr\\u006fd\"",
    "\"namespace\": \"pr?d\"",
    "\"namespace\": \"prod\", \"name\": \"w*\"",
    "\"namespace\": \"prod\", \"name\": \"web\"",
    "\"namespace\": \"prod\", \"id\": \"c1\"",
    "\"image\": \"registry/web:1\"",
    "\"image\": \"registry/*\"",
    "\"image\": \"@sha256:" SHA "\"",
    "\"image\": \"registry/web:1@sha256:" SHA "\"",
    "\"image\": \"registry/*@sha256:" SHA "\", \"engine\": \"docker\"",
    "\"engine\": \"docker\"",
    "\"engine\": \"*\"",
    "\"namespace\": \"a=\\\"b\\\\\"",
};

static const char *const keys =
    "[\"namespace=prod\",\"namespace=pr?d\",\"namespace=prod\",\"name=web\",\"id=c1\",\"image=registry/web:1\","
    "\"image=registry/*\",\"digest=sha256:" SHA "\",\"digest=sha256:" SHA "\",\"digest=sha256:" SHA
    "\","
    "\"engine=docker\",\"engine=*\",\"namespace=a=\\\"b\\\\\"]";

static struct bolt_policy policy_of(struct bolt_arena *arena)
{
    struct bolt_buf text = {.arena = arena};
    struct bolt_policy policy;
    struct bolt_err err = {0};

    bolt_buf_adds(&text, "{\"version\": 1, \"exceptions\": [");
    for (size_t i = 0; i < BOLT_LEN(matches); i++) {
        bolt_buf_adds(&text, i == 0 ? "" : ",");
        bolt_buf_addf(&text, EXCEPTION("e%zu", "%s"), i, matches[i]);
    }
    bolt_buf_adds(&text, "]}");
    if (bolt_policy_parse(arena, bolt_buf_bytes(&text), &policy, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(policy.exceptions_at, strlen("{\"version\": 1, \"exceptions\": "));
    return policy;
}

static struct bolt_index index_of(struct bolt_arena *arena, const struct bolt_policy *policy)
{
    static const size_t arrays[] = {17, 0};
    const struct bolt_index head = {.drawbolt = BOLT_LIT("2.0"),
                                    .policy_sha256 = BOLT_LIT(SHA),
                                    .arrays = arrays,
                                    .text_count = BOLT_LEN(arrays)};
    struct bolt_bytes text = bolt_index_make(arena, &head, policy);
    struct bolt_index index;

    assert_bytes_equal(text, bolt_printf(arena,
                                         "{\"version\":1,\"drawbolt\":\"2.0\",\"policy\":\"" SHA
                                         "\",\"dropIns\":\"\",\"arrays\":[17,0],"
                                         "\"exceptions\":%s}\n",
                                         keys)
                                 .at);
    assert_true(bolt_index_read(arena, text, &index));
    return index;
}

static void an_index_has_the_rarest_literal_of_each_exception(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_policy policy = policy_of(arena);
    struct bolt_index index = index_of(arena, &policy);

    (void)state;
    assert_bytes_equal(index.policy_sha256, SHA);
    assert_bytes_equal(index.drop_ins_sha256, "");
    assert_int_equal(index.text_count, 2);
    assert_int_equal(index.arrays[0], 17);
    assert_int_equal(index.arrays[1], 0);
    assert_int_equal(index.key_count, BOLT_LEN(matches));
    assert_int_equal(index.keys[0].of, BOLT_KEY_NAMESPACE);
    assert_bytes_equal(index.keys[0].text, "prod");
    assert_bytes_equal(index.keys[12].text, "a=\"b\\");
}

#define INDEX(version, sha, arrays, exceptions)                                                    \
    "{\"version\":" version ",\"policy\":\"" sha "\",\"dropIns\":\"\",\"arrays\":" arrays          \
    ",\"exceptions\":" exceptions

static const char *const no_indexes[] = {
    "",
    "[]",
    "{}",
    INDEX("2", SHA, "[]", "[]}"),
    INDEX("1", "", "[]", "[]}"),
    INDEX("1", SHA, "[-1]", "[]}"),
    INDEX("1", SHA, "[\"1\"]", "[]}"),
    INDEX("1", SHA, "[]", "[1]}"),
    INDEX("1", SHA, "[]", "[\"\"]}"),
    INDEX("1", SHA, "[]", "[\"id\"]}"),
    INDEX("1", SHA, "[]", "[\"id=\"]}"),
    INDEX("1", SHA, "[]", "[\"x=y\"]}"),
    INDEX("1", SHA, "[]", "[\"id=y\"]"),
};

static void what_is_no_index_is_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(no_indexes); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_index index;

        if (bolt_index_read(arena, bolt_bytes_of(no_indexes[i]), &index)) {
            fail_msg("taken for an index: %s", no_indexes[i]);
        }
    }
    {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_index index;

        assert_true(bolt_index_read(arena, BOLT_LIT(INDEX("1", SHA, "[]", "[\"id=y\"]}")), &index));
    }
}

/* --- which exceptions may match ----------------------------------------------------------- */

static struct bolt_named one_of(const char *const *values, unsigned choice)
{
    return (struct bolt_named){.value = bolt_bytes_of(values[choice % 3]), .source = "test"};
}

/* Every container that one of three values of each fact makes. */
static void what_matches_is_never_left_out(void **state)
{
    static const char *const ids[] = {"", "c1", "c2"};
    static const char *const names[] = {"", "web", "db"};
    static const char *const namespaces[] = {"", "prod", "a=\"b\\"};
    static const char *const images[] = {"", "registry/web:1", ("registry/db@sha256:" SHA)};
    static const char *const digests[] = {"", ("sha256:" SHA), "sha256:other"};
    static const char *const engines[] = {"", "docker", "podman"};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_policy policy = policy_of(arena);
    struct bolt_index index = index_of(arena, &policy);
    bool matched[BOLT_LEN(matches)] = {false};
    bool left_out[BOLT_LEN(matches)] = {false};

    (void)state;
    for (unsigned n = 0; n < 3 * 3 * 3 * 3 * 3 * 3; n++) {
        BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
        struct bolt_facts facts = {
            .engine = one_of(engines, n / 243),
            .who = {.id = one_of(ids, n),
                    .name = one_of(names, n / 3),
                    .namespace = one_of(namespaces, n / 9),
                    .image = one_of(images, n / 27),
                    .digests = {one_of(digests, n / 81)},
                    .digest_count = n / 81 % 3 != 0},
        };
        struct bolt_case c = {.policy = &policy, .facts = &facts};

        bolt_case_excuse(scratch, &c);
        for (size_t i = 0; i < index.key_count; i++) {
            left_out[i] = left_out[i] || !bolt_key_may_match(&index.keys[i], &facts);
        }
        for (size_t i = 0; i < c.excuse_count; i++) {
            size_t which = (size_t)(c.excuses[i].exception - policy.exceptions);

            matched[which] = true;
            assert_true(bolt_key_may_match(&index.keys[which], &facts));
        }
    }
    for (size_t i = 0; i < BOLT_LEN(matches); i++) {
        assert_true(matched[i]);
        assert_true(left_out[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_found_without_reading_them),
        cmocka_unit_test(an_index_has_the_rarest_literal_of_each_exception),
        cmocka_unit_test(what_is_no_index_is_not_read),
        cmocka_unit_test(what_matches_is_never_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
