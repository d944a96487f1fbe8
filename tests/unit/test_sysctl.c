/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts/sysctl.h"

#define REFUSED INT64_MIN
#define LONG_VALUE 256 /* what is longer is refused unread */

static const struct {
    const char *written;
    int64_t number; /* or REFUSED */
} values[] = {
    {"0", 0},
    {"1", 1},
    {"80", 80},
    {"1024", 1024},
    {"65535", 65535},
    {"1024\n", 1024},
    {" 80", 80},
    {"\t\n\v\f\r 80", 80},
    {"80 ", 80},
    {"80\t", 80},
    {"80 junk", 80},
    {"1024\n0", 1024},
    {"1024 0", 1024},
    {"1024\t0", 1024},
    {"0 1024", 0},
    {"0\n1024\n", 0},
    {"010", 8},
    {"02000", 1024},
    {"00", 0},
    {"0x10", 16},
    {" 0x10 ", 16},
    {"0X10", 16},
    {"0x400", 1024},
    {"0xFfFf", 65535},
    {"-0", 0},
    {"00000000000000002000", 1024},
    {"", REFUSED},
    {" ", REFUSED},
    {"\n", REFUSED},
    {"x", REFUSED},
    {"-", REFUSED},
    {"--1", REFUSED},
    {"- 1", REFUSED},
    {"+1", REFUSED},
    {"10abc", REFUSED},
    {"10,", REFUSED},
    {"10.0", REFUSED},
    {"1e3", REFUSED},
    {"08", REFUSED},
    {"09", REFUSED},
    {"0128", REFUSED},
    {"0x", REFUSED},
    {"0x1", 1},
    {"0x ", REFUSED},
    {"0xg", REFUSED},
    {"x10", REFUSED},
    {"10x", REFUSED},
    {"0b11", REFUSED},
    {"18446744073709551616", REFUSED},
    {"99999999999999999999999999", REFUSED},
    {"0xffffffffffffffffff", REFUSED},
    {"\"80\"", REFUSED},
    {"\xc2\xa0"
     "80",
     REFUSED},
};

/* Numbers that are read, and that the kernel then finds out of range. */
static const struct {
    const char *written;
    int64_t number;
} out_of_range[] = {
    {"-1", -1},
    {"-1024", -1024},
    {"-0x10", -16},
    {"65536", 65536},
    {"70000", 70000},
    {"0x10000", 65536},
    {"2147483648", INT64_C(2147483648)},
    {"4294967296", INT64_C(4294967296)},
    {"4294967376", INT64_C(4294967376)}, /* 80 in 32 bits */
};

static int64_t number_of(struct bolt_bytes value)
{
    int64_t number = 77;

    if (!bolt_sysctl_number(value, &number)) {
        assert_int_equal(number, 77);
        return REFUSED;
    }
    return number;
}

static void a_value_is_read_as_c_reads_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(values); i++) {
        print_message("  '%s'\n", values[i].written);
        assert_int_equal(number_of(bolt_bytes_of(values[i].written)), values[i].number);
    }
    for (size_t i = 0; i < BOLT_LEN(out_of_range); i++) {
        print_message("  '%s'\n", out_of_range[i].written);
        assert_int_equal(number_of(bolt_bytes_of(out_of_range[i].written)), out_of_range[i].number);
    }
}

/* Nothing behind the end is looked at. */
static void a_value_ends_where_its_length_says(void **state)
{
    (void)state;
    assert_int_equal(number_of((struct bolt_bytes){"1024", 2}), 10);
    assert_int_equal(number_of((struct bolt_bytes){"0x10", 1}), 0);
    assert_int_equal(number_of((struct bolt_bytes){"0x10", 2}), REFUSED);
    assert_int_equal(number_of((struct bolt_bytes){"-1", 1}), REFUSED);
    assert_int_equal(number_of((struct bolt_bytes){0}), REFUSED);
}

/* The kernel takes no more of a write than a page but for one byte: the number may lose digits. */
static void a_value_that_the_kernel_would_cut_is_refused(void **state)
{
    (void)state;
    for (size_t blanks = 4070; blanks < 4110; blanks++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_bytes value = bolt_printf(arena, "%*s1024", (int)blanks, "");

        assert_int_equal(number_of(value), REFUSED);
    }
}

/* --- the kernel's own opinion ----------------------------------------------------------- */

#define FILE_NAME "/proc/sys/net/ipv4/ip_unprivileged_port_start"
#define BEFORE 1000 /* what the file holds before each try; no table has it */

static bool write_file(struct bolt_bytes value)
{
    BOLT_CLOSE int fd = open(FILE_NAME, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, value.at, value.len) == (ssize_t)value.len;
}

static long read_back(void)
{
    BOLT_CLOSE int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
    char text[32] = {0};

    return fd >= 0 && read(fd, text, sizeof text - 1) > 0 ? strtol(text, NULL, 10) : -1;
}

/* What a container would find after a runtime has written the value. */
static int64_t ask_kernel(struct bolt_bytes value)
{
    if (!write_file(BOLT_LIT("1000"))) {
        return -1;
    }
    /* A runtime that is told of an error starts no container. */
    return write_file(value) ? read_back() : REFUSED;
}

/* What is read as a number in range must be what the kernel then holds, or it must refuse. */
static bool agrees(struct bolt_bytes value)
{
    /* To write nothing leaves what was there, which is the same as a refusal. */
    int64_t kernels = value.len == 0 ? REFUSED : ask_kernel(value);
    int64_t ours = REFUSED;

    if (!bolt_sysctl_number(value, &ours) || ours < 0 || ours > 65535) {
        ours = REFUSED;
    }
    if (kernels != REFUSED && kernels != ours && !(ours == REFUSED && value.len > LONG_VALUE)) {
        (void)fprintf(stderr, "  '%.*s', %zu bytes: read as %lld, the kernel holds %lld\n",
                      BOLT_FMT(value), value.len, (long long)ours, (long long)kernels);
        return false;
    }
    return true;
}

static bool generated_agree(void)
{
    static const char alphabet[] = "0128xXa- \t\n\v";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char text[4];
    bool ok = true;

    for (size_t len = 1; len <= sizeof text; len++) {
        size_t total = 1;

        for (size_t i = 0; i < len; i++) {
            total *= sizeof alphabet - 1;
        }
        for (size_t n = 0; n < total; n++) {
            size_t rest = n;

            for (size_t i = 0; i < len; i++) {
                text[i] = alphabet[rest % (sizeof alphabet - 1)];
                rest /= sizeof alphabet - 1;
            }
            ok = agrees((struct bolt_bytes){text, len}) && ok;
        }
    }
    for (size_t blanks = 4070; blanks < 4110; blanks++) {
        ok = agrees(bolt_printf(arena, "%*s1024", (int)blanks, "")) && ok;
    }
    return ok;
}

static int in_own_network(void)
{
    bool ok = true;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return 77;
    }
    if (!write_file(BOLT_LIT("1000")) || read_back() != BEFORE) {
        return 77;
    }
    for (size_t i = 0; i < BOLT_LEN(values); i++) {
        ok = agrees(bolt_bytes_of(values[i].written)) && ok;
    }
    for (size_t i = 0; i < BOLT_LEN(out_of_range); i++) {
        ok = agrees(bolt_bytes_of(out_of_range[i].written)) && ok;
    }
    return generated_agree() && ok ? 0 : 1;
}

static void the_kernel_reads_the_same_number(void **state)
{
    int status = 0;
    pid_t pid;

    (void)state;
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        _exit(in_own_network());
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("  SKIPPED: no network namespace can be made here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- names ------------------------------------------------------------------------------ */

static const struct {
    const char *written;
    const char *canonical;
} names[] = {
    {"net.ipv4.ip_forward", "net.ipv4.ip_forward"},
    {"net/ipv4/ip_forward", "net.ipv4.ip_forward"},
    {"net.ipv4/ip_forward", "net.ipv4.ip_forward"},
    {"net..ipv4...ip_forward", "net.ipv4.ip_forward"},
    {"net/./ipv4/../ip_forward", "net.ipv4.ip_forward"},
    {"/net/ipv4/ip_forward/", "net.ipv4.ip_forward"},
    {"...", ""},
    {"", ""},
    {"a", "a"},
    {"Net.IPv4", "Net.IPv4"},
    {"net.ipv4.conf.eth0\\.1", "net.ipv4.conf.eth0\\.1"},
};

static void all_spellings_of_a_file_have_one_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

        assert_bytes_equal(bolt_sysctl_canonical(arena, bolt_bytes_of(names[i].written)),
                           names[i].canonical);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_read_as_c_reads_numbers),
        cmocka_unit_test(a_value_ends_where_its_length_says),
        cmocka_unit_test(a_value_that_the_kernel_would_cut_is_refused),
        cmocka_unit_test(the_kernel_reads_the_same_number),
        cmocka_unit_test(all_spellings_of_a_file_have_one_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
