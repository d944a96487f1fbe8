/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "base/err.h"
#include "base/hash.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

/* Some stand just below, at and above what a block of the arena may hold. */
static const size_t sizes[] = {0,      1,      7,       8,      15,     16,     17,
                               4096,   65504,  65536,   65537,  262080, 262096, 262112,
                               262128, 262144, 262160,  524224, 524240, 524256, 524272,
                               524288, 524304, 1048576, 3000000};

static void what_the_arena_gives_is_zeroed_aligned_and_apart(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char *blocks[BOLT_LEN(sizes) * 3];
    size_t n = 0;

    (void)state;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < BOLT_LEN(sizes); i++) {
            char *at = bolt_arena_alloc(arena, sizes[i], 1);

            assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
            for (size_t k = 0; k < sizes[i]; k++) {
                assert_int_equal(at[k], 0);
            }
            memset(at, (int)(n + 1), sizes[i]);
            blocks[n++] = at;
        }
    }
    for (size_t b = 0; b < n; b++) {
        size_t size = sizes[b % BOLT_LEN(sizes)];

        for (size_t k = 0; k < size; k++) {
            assert_int_equal(blocks[b][k], b + 1);
        }
    }
}

static void an_array_keeps_its_elements_while_it_grows(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    uint32_t *items = NULL;

    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        items = bolt_arena_grow(arena, items, i, sizeof *items);
        assert_int_equal(items[i], 0);
        items[i] = i * 3;
    }
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(items[i], i * 3);
    }
}

static void what_grows_or_is_given_back_is_zeroed(void **state)
{
    static const char zeros[3000];
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char *first = bolt_arena_alloc(arena, 1000, 1);
    char *second;

    (void)state;
    memset(first, 1, 1000);
    first = bolt_arena_resize(arena, first, 1000, 2000, 1);
    assert_int_equal(first[999], 1);
    assert_memory_equal(first + 1000, zeros, 1000);
    memset(first, 1, 1500);
    bolt_arena_trim(arena, first, 2000, 1500, 1);
    second = bolt_arena_alloc(arena, 1000, 1);
    assert_true(second + 1000 <= first || first + 1500 <= second);
    assert_memory_equal(second, zeros, 1000);
    memset(second, 2, 1000);
    bolt_arena_trim(arena, first, 1500, 10, 1); /* no longer last: nothing happens */
    first = bolt_arena_resize(arena, first, 1500, 1048576, 1);
    assert_int_equal(first[1499], 1);
    assert_memory_equal(first + 1500, zeros, 3000);
    assert_true(second + 1000 <= first || first + 1048576 <= second);
    assert_int_equal(second[0], 2);
    assert_int_equal(second[999], 2);
}

static void numbers_are_written_in_digits(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf buf = {.arena = arena};

    (void)state;
    bolt_buf_addu(&buf, 0);
    bolt_buf_addc(&buf, ' ');
    bolt_buf_addu(&buf, 10);
    bolt_buf_addc(&buf, ' ');
    bolt_buf_addu(&buf, UINT64_MAX);
    assert_bytes_equal(bolt_buf_bytes(&buf), "0 10 18446744073709551615");
}

static void a_buffer_keeps_every_byte(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf buf = {.arena = arena};

    (void)state;
    assert_bytes_equal(bolt_buf_bytes(&buf), "");
    bolt_buf_add(&buf, (struct bolt_bytes){0});
    for (unsigned i = 0; i < 20000; i++) {
        bolt_buf_addf(&buf, "%05u,", i);
    }
    bolt_buf_adds(&buf, "end");
    assert_int_equal(buf.len, 20000 * 6 + 3);
    for (unsigned i = 0; i < 20000; i++) {
        struct bolt_bytes want = bolt_printf(arena, "%05u,", i);

        assert_memory_equal(buf.at + (size_t)i * 6, want.at, 6);
    }
    assert_memory_equal(buf.at + 20000 * 6, "end", 3);
}

static void bytes_are_compared_by_length_and_value(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_bytes none = {0};
    const struct bolt_bytes with_nul = {"a\0b", 3};

    (void)state;
    assert_true(bolt_bytes_equal(none, BOLT_LIT("")));
    assert_false(bolt_bytes_equal(with_nul, BOLT_LIT("a")));
    assert_true(bolt_bytes_is(BOLT_LIT("abc"), "abc"));
    assert_false(bolt_bytes_is(BOLT_LIT("abc"), "ab"));
    assert_false(bolt_bytes_is(BOLT_LIT("ab"), "abc"));
    assert_true(bolt_bytes_has_prefix(BOLT_LIT("net.ipv4"), "net."));
    assert_true(bolt_bytes_has_prefix(BOLT_LIT("net."), "net."));
    assert_false(bolt_bytes_has_prefix(BOLT_LIT("net"), "net."));
    assert_true(bolt_bytes_compare(BOLT_LIT("a"), BOLT_LIT("ab")) < 0);
    assert_true(bolt_bytes_compare(BOLT_LIT("b"), BOLT_LIT("ab")) > 0);
    assert_true(bolt_bytes_compare(BOLT_LIT("a\xff"), BOLT_LIT("aa")) > 0);
    assert_int_equal(bolt_bytes_compare(none, BOLT_LIT("")), 0);
    assert_true(bolt_bytes_equal_fold(BOLT_LIT("CapaBility"), BOLT_LIT("cAPAbILITY")));
    assert_false(bolt_bytes_equal_fold(BOLT_LIT("[@`{"), BOLT_LIT("{`@[")));
    assert_false(bolt_bytes_equal_fold(BOLT_LIT("a"), BOLT_LIT("ab")));
    assert_string_equal(bolt_bytes_cstr(arena, (struct bolt_bytes){"policy", 3}), "pol");
    assert_string_equal(bolt_bytes_cstr(arena, with_nul), "a");
}

static const struct {
    const char *text;
    bool ok;
    uint64_t value;
} numbers[] = {
    {"0", true, 0},
    {"1", true, 1},
    {"65535", true, 65535},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"99999999999999999999", false, 0},
    {"", false, 0},
    {"00", false, 0},
    {"01", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1e3", false, 0},
    {"1.0", false, 0},
    {"0x10", false, 0},
};

static void only_plain_digits_are_an_integer(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(numbers); i++) {
        uint64_t value = 77;

        print_message("  '%s'\n", numbers[i].text);
        assert_int_equal(bolt_bytes_to_u64(bolt_bytes_of(numbers[i].text), &value), numbers[i].ok);
        assert_int_equal(value, numbers[i].ok ? numbers[i].value : 77);
    }
}

static const struct {
    const char *text;
    const char *printable;
} terminals[] = {
    {"plain", "plain"},
    {"a\x1b[31mb", "a?[31mb"},
    {"tab\tnewline\n", "tab?newline?"},
    {"del\x7f", "del?"},
    {"\xc2\x9b"
     "31m",
     "??31m"}, /* U+009B, the one-byte form of ESC [ */
    {"\xc2\xa0\xc3\x9b", "\xc2\xa0\xc3\x9b"},
    /* What turns the direction of text, or ends a line: U+200E, U+200F, U+2028, U+202E, U+2066,
     * U+2069. */
    {"a\xe2\x80\x8e\xe2\x80\x8f", "a??????"},
    {"\xe2\x80\xa8\xe2\x80\xae"
     "b",
     "??????b"},
    {"\xe2\x81\xa6+\xe2\x81\xa9", "???+???"},
    /* Their neighbours are text: U+200D, U+2010, U+2027, U+202F, U+2065, U+206A, U+2128. */
    {"\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf",
     "\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf"},
    {"\xe2\x81\xa5\xe2\x81\xaa\xe2\x84\xa8", "\xe2\x81\xa5\xe2\x81\xaa\xe2\x84\xa8"},
    /* Cut off. */
    {"a\xe2\x80", "a\xe2\x80"},
    {"a\xe2", "a\xe2"},
    {"a\xc2", "a\xc2"},
};

static void nothing_for_a_terminal_to_obey_is_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(terminals); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_err err = {0};

        assert_bytes_equal(bolt_printable(arena, bolt_bytes_of(terminals[i].text)),
                           terminals[i].printable);
        assert_int_equal(bolt_fail(&err, BOLT_ERR_INPUT, "%s", terminals[i].text), -1);
        assert_string_equal(err.text, terminals[i].printable);
    }
}

static const struct {
    const char *text;
    size_t span;
} utf8[] = {
    {"", 0},
    {"abc", 3},
    {"\x7f", 1},
    {"\xc2\x80\xdf\xbf", 4},
    {"\xe0\xa0\x80\xef\xbf\xbf", 6},
    {"\xed\x9f\xbf\xee\x80\x80", 6},
    {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
    {"a\x80", 1},
    {"a\xc0\x80", 1},         /* NUL in two bytes */
    {"a\xc1\xbf", 1},         /* DEL in two bytes */
    {"a\xe0\x9f\xbf", 1},     /* U+07FF in three */
    {"a\xf0\x8f\xbf\xbf", 1}, /* U+FFFF in four */
    {"a\xed\xa0\x80", 1},     /* a surrogate */
    {"a\xed\xbf\xbf", 1},
    {"a\xf4\x90\x80\x80", 1}, /* beyond U+10FFFF */
    {"a\xf5\x80\x80\x80", 1},
    {"a\xff", 1},
    {"a\xc3", 1}, /* cut short */
    {"a\xe2\x82", 1},
    {"a\xf0\x9f\x98", 1},
    {"a\xc3(", 1},
    {"a\xe2(\xa1", 1},
    {"a\xe2\x82(", 1},
    {"a\xf0\x9f(\x80", 1},
    {"\xc3\xa9\xe2\x82\xac\xff", 5},
};

static void utf8_ends_where_rfc_3629_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(utf8); i++) {
        print_message("  case %zu\n", i);
        assert_int_equal(bolt_utf8_span(bolt_bytes_of(utf8[i].text)), utf8[i].span);
    }
    assert_int_equal(bolt_utf8_length((struct bolt_bytes){0}), 0);
}

static void errors_grow_in_front_and_keep_their_kind(void **state)
{
    struct bolt_err err = {0};
    char long_text[2000];

    (void)state;
    assert_int_equal(bolt_fail_errno(&err, EACCES, "%s", "file"), -1);
    assert_int_equal(err.kind, BOLT_ERR_SYSTEM);
    assert_string_equal(err.text, "file: access refused (EACCES)");
    err.kind = BOLT_ERR_POLICY;
    assert_int_equal(bolt_fail_in(&err, "policy '%s'", "p"), -1);
    assert_int_equal(err.kind, BOLT_ERR_POLICY);
    assert_string_equal(err.text, "policy 'p': file: access refused (EACCES)");
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(bolt_fail(&err, BOLT_ERR_INPUT, "%s", long_text), -1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(bolt_fail_in(&err, "in"), -1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "in: xxx", 7);
    assert_int_equal(bolt_fail_errno(&err, ENOENT, "%s", long_text), -1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

/* podman and moby look for these in what a gate prints. */
static void no_errno_is_told_in_words_that_engines_look_for(void **state)
{
    static const char *const triggers[] = {"permission denied", "operation not permitted",
                                           "no such file", "not found"};

    (void)state;
    for (int errnum = 1; errnum < 200; errnum++) {
        struct bolt_err err = {0};

        assert_int_equal(bolt_fail_errno(&err, errnum, "file"), -1);
        for (size_t i = 0; i < BOLT_LEN(triggers); i++) {
            if (strcasestr(err.text, triggers[i]) != NULL) {
                fail_msg("errno %d: %s", errnum, err.text);
            }
        }
    }
}

static void a_digest_is_the_one_of_fips_180(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    assert_bytes_equal(bolt_sha256_hex(arena, BOLT_LIT("abc")),
                       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_bytes_equal(bolt_sha256_hex(arena, (struct bolt_bytes){0}),
                       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_text_is_cut_at_a_mark(void **state)
{
    static const struct {
        const char *text;
        const char *part;
        const char *rest;
    } cases[] = {{"a/b/c", "a", "b/c"}, {"a", "a", ""}, {"a/", "a", ""},
                 {"/a", "", "a"},       {"/", "", ""},  {"", "", ""}};

    struct bolt_bytes none = {0};

    (void)state;
    assert_int_equal(bolt_bytes_cut(&none, '/').len, 0);
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        struct bolt_bytes rest = bolt_bytes_of(cases[i].text);

        assert_bytes_equal(bolt_bytes_cut(&rest, '/'), cases[i].part);
        assert_bytes_equal(rest, cases[i].rest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_cut_at_a_mark),
        cmocka_unit_test(what_the_arena_gives_is_zeroed_aligned_and_apart),
        cmocka_unit_test(an_array_keeps_its_elements_while_it_grows),
        cmocka_unit_test(what_grows_or_is_given_back_is_zeroed),
        cmocka_unit_test(numbers_are_written_in_digits),
        cmocka_unit_test(a_buffer_keeps_every_byte),
        cmocka_unit_test(bytes_are_compared_by_length_and_value),
        cmocka_unit_test(only_plain_digits_are_an_integer),
        cmocka_unit_test(nothing_for_a_terminal_to_obey_is_printed),
        cmocka_unit_test(utf8_ends_where_rfc_3629_says),
        cmocka_unit_test(errors_grow_in_front_and_keep_their_kind),
        cmocka_unit_test(no_errno_is_told_in_words_that_engines_look_for),
        cmocka_unit_test(a_digest_is_the_one_of_fips_180),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
