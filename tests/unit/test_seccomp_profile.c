/* SPDX-License-Identifier: Apache-2.0 */
#include "test_seccomp.h"

#define ENTRY(members) "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{" members "}]}"
#define SOCKET(members) ENTRY("\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\"" members)
#define COND(members) SOCKET(",\"args\":[{" members "}]")

/* What no two runtimes read alike, or no runtime reads. */
static const struct {
    const char *label;
    const char *text;
} refused[] = {
    {"a string", "\"x\""},
    {"an array", "[]"},
    {"no default", "{\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}"},
    {"empty default",
     "{\"defaultAction\":\"\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}]}"},
    {"unknown default", "{\"defaultAction\":\"SCMP_ACT_NOPE\"}"},
    {"lower case", "{\"defaultAction\":\"scmp_act_allow\"}"},
    {"a name in other case", "{\"DefaultAction\":\"SCMP_ACT_ALLOW\"}"},
    {"a folded name", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscall\xc5\xbf\":[]}"},
    {"default errno too large", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}"},
    {"unknown architecture", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"x86\"]}"},
    {"architecture of another kind",
     "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[1]}"},
    {"unknown flag", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"X\"]}"},
    {"syscalls as an object", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":{}}"},
    {"an entry as a string", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[\"read\"]}"},
    {"no action", ENTRY("\"names\":[\"read\"]")},
    {"names as a string", ENTRY("\"names\":\"read\",\"action\":\"SCMP_ACT_ALLOW\"")},
    {"an empty name", ENTRY("\"names\":[\"\"],\"action\":\"SCMP_ACT_ALLOW\"")},
    {"an entry's member in other case",
     ENTRY("\"names\":[\"read\"],\"Action\":\"SCMP_ACT_LOG\",\"action\":\"SCMP_ACT_ALLOW\"")},
    {"errno too large", SOCKET(",\"errnoRet\":4096")},
    {"errno negative", SOCKET(",\"errnoRet\":-1")},
    {"errno fractional", SOCKET(",\"errnoRet\":1.0")},
    {"unknown operator", COND("\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_ALMOST\"")},
    {"no operator", COND("\"index\":0,\"value\":1")},
    {"a seventh argument", COND("\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"")},
    {"value negative", COND("\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"")},
    {"value with an exponent", COND("\"index\":0,\"value\":1e1,\"op\":\"SCMP_CMP_EQ\"")},
    {"value fractional", COND("\"index\":0,\"value\":17.0,\"op\":\"SCMP_CMP_EQ\"")},
    {"value beyond 64 bits",
     COND("\"index\":0,\"value\":18446744073709551616,\"op\":\"SCMP_CMP_EQ\"")},
    {"value as a string", COND("\"index\":0,\"value\":\"1\",\"op\":\"SCMP_CMP_EQ\"")},
};

static void what_runtimes_read_differently_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(refused); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = doc_of(arena, refused[i].text);
        struct bolt_profile profile = {0};
        struct bolt_err err = {0};

        if (bolt_profile_read(arena, doc, bolt_doc_root(doc), &profile, &err) == 0) {
            fail_msg("%s: accepted", refused[i].label);
        }
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
        assert_true(err.text[0] >= '1' && err.text[0] <= '9'); /* line:column */
    }
}

static void the_seventh_condition_is_cut_off(void **state)
{
    static const char six[] = "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
                              "{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"},"
                              "{\"index\":0,\"value\":3,\"op\":\"SCMP_CMP_EQ\"},"
                              "{\"index\":0,\"value\":4,\"op\":\"SCMP_CMP_EQ\"},"
                              "{\"index\":0,\"value\":5,\"op\":\"SCMP_CMP_EQ\"},"
                              "{\"index\":0,\"value\":6,\"op\":\"SCMP_CMP_EQ\"}";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *text = bolt_printf(arena, SOCKET(",\"args\":[%s]"), six).at;
    struct bolt_profile p = model_of(arena, text);
    struct bolt_err err = {0};
    const struct bolt_doc *doc;

    (void)state;
    assert_int_equal(p.entries[0].cond_count, 6);
    assert_false(p.entries[0].cut);
    text = bolt_printf(arena, SOCKET(",\"args\":[%s,%s]"), six, six).at;
    p = model_of(arena, text);
    assert_int_equal(p.entries[0].cond_count, 6);
    assert_true(p.entries[0].cut);
    assert_int_equal(p.entries[0].conds[5].value, 6);
    text = bolt_printf(arena, SOCKET(",\"args\":[%s,{}]"), six).at; /* it is read all the same */
    doc = doc_of(arena, text);
    assert_int_equal(bolt_profile_read(arena, doc, bolt_doc_root(doc), &p, &err), -1);
}

static void every_member_is_read(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_profile p = model_of(
        arena,
        "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"flags\":null,"
        "\"architectures\":[\"SCMP_ARCH_X86\"],\"listenerPath\":\"/x\",\"unknown\":[],"
        "\"syscalls\":[{\"names\":[\"a\",\"b\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":7,"
        "\"comment\":\"\",\"args\":[{\"index\":5,\"value\":18446744073709551615,\"valueTwo\":9,"
        "\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
        "{\"names\":null,\"action\":\"SCMP_ACT_ERRNO\",\"args\":null,\"errnoRet\":null},"
        "{\"names\":[\"c\"],\"action\":\"SCMP_ACT_ALLOW\",\"errnoRet\":1,\"args\":[]}]}");

    (void)state;
    assert_false(p.unconfined);
    assert_int_equal(p.default_action, BOLT_ACT_ERRNO | 38);
    assert_int_equal(p.arch_count, 1);
    assert_bytes_equal(p.archs[0], "SCMP_ARCH_X86");
    assert_int_equal(p.entry_count, 3);
    assert_int_equal(p.entries[0].action, BOLT_ACT_TRACE | 7);
    assert_int_equal(p.entries[0].cond_count, 1);
    assert_int_equal(p.entries[0].conds[0].index, 5);
    assert_int_equal(p.entries[0].conds[0].op, BOLT_CMP_MASKED_EQ);
    assert_true(p.entries[0].conds[0].value == UINT64_MAX);
    assert_true(p.entries[0].conds[0].value_two == 9);
    assert_int_equal(p.entries[1].action, BOLT_ACT_ERRNO | 1);
    assert_int_equal(p.entries[1].cond_count, 0);
    assert_int_equal(p.entries[2].action, BOLT_ACT_ALLOW);
}

static void no_filter_has_four_spellings(void **state)
{
    static const char *const texts[] = {
        "null",
        "{}",
        "{\"linux\":{}}",
        "{\"linux\":{\"seccomp\":null}}",
        "{\"architectures\":[\"SCMP_ARCH_X86\"]}",
        "{\"defaultAction\":\"\",\"syscalls\":[]}",
        "{\"syscalls\":null}",
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(texts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_profile p = model_of(arena, texts[i]);

        assert_true(p.unconfined);
        assert_int_equal(p.default_action, BOLT_ACT_ALLOW);
    }
}

static void actions_have_the_kernels_order(void **state)
{
    static const uint32_t order[] = {
        BOLT_ACT_KILL_PROCESS, BOLT_ACT_KILL_THREAD, BOLT_ACT_TRAP, BOLT_ACT_ERRNO | 9,
        BOLT_ACT_NOTIFY,       BOLT_ACT_TRACE,       BOLT_ACT_LOG,  BOLT_ACT_ALLOW,
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(order); i++) {
        assert_int_equal(bolt_act_denies(order[i]), i <= 3);
        for (size_t j = 0; j < BOLT_LEN(order); j++) {
            assert_int_equal(bolt_act_rank(order[i]) < bolt_act_rank(order[j]), i < j);
            assert_int_equal(bolt_prove_stricter(order[i], order[j]), order[i < j ? i : j]);
        }
    }
    assert_int_equal(bolt_prove_stricter(BOLT_ACT_ERRNO | 1, BOLT_ACT_ERRNO | 2),
                     BOLT_ACT_ERRNO | 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runtimes_read_differently_is_refused),
        cmocka_unit_test(the_seventh_condition_is_cut_off),
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(no_filter_has_four_spellings),
        cmocka_unit_test(actions_have_the_kernels_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
