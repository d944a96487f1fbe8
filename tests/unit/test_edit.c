/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "json/edit.h"

/* Each case removes the members or elements marked by name, in the order given. */
static const struct {
    const char *label;
    const char *before;
    const char *remove[3];
    const char *after;
} removals[] = {
    {"only member", "{ \"a\": 1 }", {"a"}, "{  }"},
    {"first", "{\"a\":1, \"b\":2}", {"a"}, "{\"b\":2}"},
    {"last", "{\"a\":1 , \"b\":2 }", {"b"}, "{\"a\":1 }"},
    {"middle", "{\"a\":1,\"b\":2,\"c\":3}", {"b"}, "{\"a\":1,\"c\":3}"},
    {"two neighbours", "{\"a\":1,\"b\":2,\"c\":3}", {"b", "a"}, "{\"c\":3}"},
    {"two at the end", "{\"a\":1,\"b\":2,\"c\":3}", {"c", "b"}, "{\"a\":1}"},
    {"all", "{\"a\":1,\"b\":2,\"c\":3}", {"a", "c", "b"}, "{}"},
    {"nothing",
     "{ \"n\" : 1.50e+3, \"s\":\"\\u0041\" }\n",
     {NULL},
     "{ \"n\" : 1.50e+3, \"s\":\"\\u0041\" }\n"},
};

static void removing_takes_one_comma_along(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(removals); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = doc_of(arena, removals[i].before);
        struct bolt_buf out = {.arena = arena};
        struct bolt_edit edits[3];
        struct bolt_err err = {0};
        size_t n = 0;

        while (n < 3 && removals[i].remove[n] != NULL) {
            bolt_node target = bolt_doc_member(doc, bolt_doc_root(doc), removals[i].remove[n]);

            edits[n++] =
                (struct bolt_edit){.op = BOLT_EDIT_REMOVE, .target = target, .reason = "test"};
        }
        assert_int_equal(bolt_edit_apply(doc, edits, n, &out, &err), 0);
        assert_bytes_equal(bolt_buf_bytes(&out), removals[i].after);
    }
}

static void what_is_added_brings_its_comma(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc = doc_of(arena, "{ \"a\" : [1, 2 ], \"e\":[], \"o\":{} } ");
    bolt_node root = bolt_doc_root(doc);
    bolt_node a = bolt_doc_member(doc, root, "a");
    bolt_node one = bolt_doc_first(doc, a);
    const struct bolt_edit edits[] = {
        {BOLT_EDIT_APPEND, root, BOLT_LIT("n\"ew"), BOLT_LIT("true"), "t"},
        {BOLT_EDIT_INSERT, one, {0}, BOLT_LIT("\"x\""), "t"},
        {BOLT_EDIT_INSERT, one, {0}, BOLT_LIT("\"y\""), "t"},
        {BOLT_EDIT_REMOVE, one, {0}, {0}, "t"},
        {BOLT_EDIT_APPEND, a, {0}, BOLT_LIT("9"), "t"},
        {BOLT_EDIT_APPEND, bolt_doc_member(doc, root, "e"), {0}, BOLT_LIT("5"), "t"},
        {BOLT_EDIT_APPEND, bolt_doc_member(doc, root, "o"), BOLT_LIT("p"), BOLT_LIT("6"), "t"},
        {BOLT_EDIT_APPEND, bolt_doc_member(doc, root, "o"), BOLT_LIT("q"), BOLT_LIT("7"), "t"},
    };
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_edit_apply(doc, edits, BOLT_LEN(edits), &out, &err), 0);
    assert_bytes_equal(bolt_buf_bytes(&out),
                       "{ \"a\" : [\"x\",\"y\", 2,9 ], \"e\":[5], \"o\":{\"p\":6,\"q\":7}"
                       ",\"n\\\"ew\":true } ");
    assert_bytes_equal(bolt_edit_patch(arena, doc, edits, BOLT_LEN(edits)),
                       "[{\"op\":\"add\",\"path\":\"/n\\\"ew\",\"value\":true},"
                       "{\"op\":\"add\",\"path\":\"/a/-\",\"value\":9},"
                       "{\"op\":\"add\",\"path\":\"/e/-\",\"value\":5},"
                       "{\"op\":\"add\",\"path\":\"/o/p\",\"value\":6},"
                       "{\"op\":\"add\",\"path\":\"/o/q\",\"value\":7},"
                       "{\"op\":\"remove\",\"path\":\"/a/0\"},"
                       "{\"op\":\"add\",\"path\":\"/a/0\",\"value\":\"y\"},"
                       "{\"op\":\"add\",\"path\":\"/a/0\",\"value\":\"x\"}]");
}

static void overlapping_edits_are_refused(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc = doc_of(arena, "{\"a\":{\"b\":1}}");
    bolt_node a = bolt_doc_member(doc, bolt_doc_root(doc), "a");
    bolt_node b = bolt_doc_member(doc, a, "b");
    const struct bolt_edit inner = {BOLT_EDIT_REPLACE, b, {0}, BOLT_LIT("2"), "inner"};
    const struct bolt_edit outer = {BOLT_EDIT_REMOVE, a, {0}, {0}, "outer"};
    const struct bolt_edit add = {BOLT_EDIT_APPEND, a, BOLT_LIT("c"), BOLT_LIT("1"), "add"};
    const struct bolt_edit clash = {BOLT_EDIT_APPEND, a, BOLT_LIT("b"), BOLT_LIT("1"), "clash"};
    const struct bolt_edit pairs[][2] = {{inner, outer}, {outer, inner}, {outer, outer},
                                         {add, outer},   {add, add},     {inner, clash}};
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(pairs); i++) {
        assert_int_equal(bolt_edit_apply(doc, pairs[i], 2, &out, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_INTERNAL);
        assert_int_equal(out.len, 0);
    }
    assert_int_equal(bolt_edit_apply(doc, pairs[0], 2, &out, &err), -1);
    assert_string_equal(err.text, "rules outer and inner edit the same place");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removing_takes_one_comma_along),
        cmocka_unit_test(what_is_added_brings_its_comma),
        cmocka_unit_test(overlapping_edits_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
