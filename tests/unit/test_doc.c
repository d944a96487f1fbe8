/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *text;
    const char *error;
} refused[] = {
    {"", "empty, not a JSON document"},
    {" \n\t", "empty, not a JSON document"},
    {"{\"a\":1", "1:7: parse error: premature EOF"},
    {"{\"a\":1}{}", NULL},
    {"{\"a\":1} x", NULL},
    {"/* c */ {}", NULL},
    {"\xef\xbb\xbf{}", "1:1: a byte-order mark, which the runtimes do not accept"},
    {"{\"a\":\v1}", "1:6: a control byte, which parsers take differently"},
    {"{\"a\":\f1}", "1:6: a control byte, which parsers take differently"},
    {"{\n\"a\":1,\n \"a\":2}",
     "3:2: a member name used twice, of which readers take different ones"},
    {"{\"ab\":1,\"c\":{\"x\":1},\"\\u0061b\":2}",
     "1:21: a member name used twice, of which readers take different ones"},
    {"{\"a\":\"x\\u0000\"}", "1:8: an escaped NUL, where readers end the string differently"},
    {"{\"x\\u0000\":1}", "1:4: an escaped NUL, where readers end the string differently"},
    {"[\"\\ud800\"]", "1:3: half a surrogate pair, which readers decode differently"},
    {"[\"\\ud800\\u0041\"]", "1:3: half a surrogate pair, which readers decode differently"},
    {"[\"\\udc00\"]", "1:3: half a surrogate pair, which readers decode differently"},
    {"[1,]", NULL},
    {"[01]", NULL},
    {"[\"\x80\"]", "1:3: a byte that is not UTF-8"},
    {"[\"\xc1\xbb\"]", "1:3: a byte that is not UTF-8"},
    {"[\"\xed\xa0\x80\"]", "1:3: a byte that is not UTF-8"},
    {"[\"\xf4\x90\x80\x80\"]", "1:3: a byte that is not UTF-8"},
    {"[\"\xe2\x82\"]", "1:3: a byte that is not UTF-8"},
    {"nul", NULL},
};

static void what_readers_take_differently_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(refused); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = NULL;
        struct bolt_err err = {0};

        assert_int_equal(
            bolt_doc_parse(arena, bolt_bytes_of(refused[i].text), BOLT_DIALECT_STRICT, &doc, &err),
            -1);
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
        assert_null(doc);
        if (refused[i].error != NULL) {
            assert_string_equal(err.text, refused[i].error);
        }
    }
}

static void a_node_remembers_its_bytes(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc =
        doc_of(arena, " {\"n\" : 18446744073709551615 ,\"e\":-0.50E+3,\"s\":\"\\u00e9\\n\\/\","
                      "\"a/~\":[ true,null,{ } , [ ]],\"p\":\"\\ud83d\\ude00\"}\n");
    bolt_node root = bolt_doc_root(doc);
    bolt_node array = bolt_doc_member(doc, root, "a/~");
    bolt_node third = bolt_doc_next(doc, bolt_doc_next(doc, bolt_doc_first(doc, array)));

    (void)state;
    assert_bytes_equal(bolt_doc_source(doc, bolt_doc_member(doc, root, "n")),
                       "18446744073709551615");
    assert_bytes_equal(bolt_doc_source(doc, bolt_doc_member(doc, root, "e")), "-0.50E+3");
    assert_bytes_equal(bolt_doc_source(doc, bolt_doc_member(doc, root, "s")), "\"\\u00e9\\n\\/\"");
    assert_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, root, "s")), "\xc3\xa9\n/");
    assert_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, root, "p")), "\xf0\x9f\x98\x80");
    assert_bytes_equal(bolt_doc_source(doc, array), "[ true,null,{ } , [ ]]");
    assert_bytes_equal(bolt_doc_source(doc, third), "{ }");
    assert_bytes_equal(bolt_doc_pointer(arena, doc, third), "/a~1~0/2");
    assert_int_equal(bolt_doc_count(doc, array), 4);
    assert_true(bolt_doc_is_true(doc, bolt_doc_first(doc, array)));
    assert_int_equal(bolt_doc_member(doc, array, "x").id, 0);
    assert_int_equal(bolt_doc_kind(doc, bolt_doc_member(doc, BOLT_NONE, "x")), BOLT_JSON_ABSENT);
}

static void comments_are_for_the_policy_only(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const char text[] = "// one\n{ /* \"x\": */ \"a\" /**/ : // two\n 1 /* , */ }";
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, &err),
                     -1);
    assert_int_equal(bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_COMMENTS, &doc, &err),
                     0);
    assert_bytes_equal(bolt_doc_source(doc, bolt_doc_member(doc, bolt_doc_root(doc), "a")), "1");
    assert_int_equal(bolt_doc_fail(doc, bolt_doc_member(doc, bolt_doc_root(doc), "a"), &err, "no"),
                     -1);
    assert_string_equal(err.text, "2:14: /a: no");
}

struct handed {
    struct bolt_arena *arena;
    struct bolt_buf said;
};

static void take(void *ctx, const struct bolt_doc *doc, bolt_node element)
{
    struct handed *handed = ctx;

    bolt_buf_addf(&handed->said, "%.*s=%.*s,%.*s;",
                  BOLT_FMT(bolt_doc_pointer(handed->arena, doc, element)),
                  BOLT_FMT(bolt_doc_source(doc, element)),
                  BOLT_FMT(bolt_doc_string(doc, bolt_doc_member(doc, element, "s"))));
}

static void a_list_is_handed_on(void **state)
{
    static const char text[] =
        "{\"deep\": {\"l\": [[1]]}, \"l\": [1, \"a\", null, {\"s\": \"\\u0041\", \"l\": [[2]]}, "
        "[[], 3], true], \"after\": [[4]]}";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct handed handed = {arena, {.arena = arena}};
    const struct bolt_doc_list list = {"l", take, &handed};
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};
    bolt_node after;
    bolt_node l;

    (void)state;
    assert_int_equal(
        bolt_doc_parse_list(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &list, &doc, &err), 0);
    assert_bytes_equal(bolt_buf_bytes(&handed.said),
                       "/l/0=1,;/l/1=\"a\",;/l/2=null,;/l/3={\"s\": \"\\u0041\", \"l\": [[2]]},A;"
                       "/l/4=[[], 3],;/l/5=true,;");
    l = bolt_doc_member(doc, bolt_doc_root(doc), "l");
    assert_int_equal(bolt_doc_count(doc, l), 6);
    assert_int_equal(bolt_doc_first(doc, l).id, 0);
    after = bolt_doc_next(doc, l);
    assert_bytes_equal(bolt_doc_name(doc, after), "after");
    assert_bytes_equal(bolt_doc_source(doc, bolt_doc_first(doc, after)), "[4]");
}

/* Elements that are gone still count. */
static void a_list_that_is_handed_on_has_the_same_limit(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct handed handed = {arena, {.arena = arena}};
    const struct bolt_doc_list list = {"l", take, &handed};
    struct bolt_buf text = {.arena = arena};
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    (void)state;
    bolt_buf_adds(&text, "{\"l\": [");
    for (size_t i = 0; i < BOLT_DOC_NODES_MAX / 100; i++) {
        bolt_buf_adds(&text, i == 0 ? "[" : ",[");
        for (size_t k = 0; k < 99; k++) {
            bolt_buf_adds(&text, k == 0 ? "1" : ",1");
        }
        bolt_buf_adds(&text, "]");
    }
    bolt_buf_adds(&text, "]}");
    assert_int_equal(
        bolt_doc_parse_list(arena, bolt_buf_bytes(&text), BOLT_DIALECT_STRICT, &list, &doc, &err),
        -1);
    assert_non_null(strstr(err.text, "more values than the limit"));
    assert_true(err.too_large);
}

static void limits_refuse(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf deep = {.arena = arena};
    struct bolt_buf wide = {.arena = arena};
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    (void)state;
    for (int i = 0; i <= BOLT_DOC_DEPTH_MAX; i++) {
        bolt_buf_adds(&deep, "[");
    }
    assert_int_equal(bolt_doc_parse(arena, bolt_buf_bytes(&deep), BOLT_DIALECT_STRICT, &doc, &err),
                     -1);
    assert_non_null(strstr(err.text, "nested deeper than the limit"));
    bolt_buf_adds(&wide, "{");
    for (int i = 0; i <= BOLT_DOC_MEMBERS_MAX; i++) {
        bolt_buf_addf(&wide, "%s\"%d\":0", i == 0 ? "" : ",", i);
    }
    bolt_buf_adds(&wide, "}");
    assert_int_equal(bolt_doc_parse(arena, bolt_buf_bytes(&wide), BOLT_DIALECT_STRICT, &doc, &err),
                     -1);
    assert_non_null(strstr(err.text, "more members in one object"));
}

static void names_that_fold_to_known_ones_are_refused(void **state)
{
    static const char *const known[] = {"capabilities", "args", NULL};
    static const char *const bad[] = {"Capabilities", "CAPABILITIES", "capabilitie\xc5\xbf",
                                      "\xe2\x84\xaa", "ARGS"};
    struct bolt_err err = {0};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(bad); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc =
            doc_of(arena, bolt_printf(arena, "{\"ok\":1,\"%s\":1}", bad[i]).at);

        assert_int_equal(bolt_doc_check_names(doc, bolt_doc_root(doc), known, &err), -1);
    }
}

/* yajl reports it when it is told that the text ends. */
static void a_number_may_end_the_text(void **state)
{
    static const char *const texts[] = {"7", " \n-12.5e3"};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(texts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = doc_of(arena, texts[i]);

        assert_int_equal(bolt_doc_kind(doc, bolt_doc_root(doc)), BOLT_JSON_NUMBER);
        assert_bytes_equal(bolt_doc_source(doc, bolt_doc_root(doc)),
                           texts[i] + strspn(texts[i], " \n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_may_end_the_text),
        cmocka_unit_test(what_readers_take_differently_is_refused),
        cmocka_unit_test(a_node_remembers_its_bytes),
        cmocka_unit_test(comments_are_for_the_policy_only),
        cmocka_unit_test(a_list_is_handed_on),
        cmocka_unit_test(a_list_that_is_handed_on_has_the_same_limit),
        cmocka_unit_test(limits_refuse),
        cmocka_unit_test(names_that_fold_to_known_ones_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
