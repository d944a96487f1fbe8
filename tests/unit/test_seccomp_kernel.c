/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as a witness: the merged program is loaded into a child, and a grid of system calls
 * must end there as the program says, and, where it allows them, as they end without it.
 *
 * The calls are made natively, by int 0x80, through socketcall() and with x32's numbers.
 */
#include <errno.h>
#include <linux/net.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "test_seccomp.h"

#if defined(__x86_64__)

/* With what a sanitizer needs at exit. */
#define ALLOWLIST                                                                                                                         \
    "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38," TRIO                                                                  \
    ",\"syscalls\":[" ALLOWED(                                                                                                            \
        "\"read\",\"write\",\"exit_group\",\"futex\",\"close\",\"mmap\",\"munmap\",\"sigaltstack\","                                      \
        "\"socketcall\",\"io_uring_setup\"") ",{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1," \
                                             "\"op\":\"SCMP_CMP_NE\"}]}]}"

enum road { NATIVE, X32, INT80, MUX, ROADS };

static const char *const road_names[] = {"native", "x32", "int 0x80", "socketcall"};

struct call {
    enum road road;
    uint64_t family;
    uint64_t type;
    uint64_t protocol;
};

/* Such that the kernel asks for few modules, which takes its time: families that it has or that no
 * kernel has, and types likewise. */
static const uint64_t families[] = {1, 2, 10, 16, 17, 44, 47, 63};
static const uint64_t types[] = {1, 2, 3, 10, 11};
static const uint64_t protocols[] = {0, 1};
static const uint64_t flags[] = {0, SOCK_CLOEXEC | SOCK_NONBLOCK};
static const uint64_t halves[] = {0, (uint64_t)1 << 32};

static long int80(long nr, const uint32_t args[3])
{
    long ret;

    __asm__ volatile("int $0x80"
                     : "=a"(ret)
                     : "a"(nr), "b"((long)args[0]), "c"((long)args[1]), "d"((long)args[2])
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)ret;
}

/* 0 for a descriptor, else the error number. */
static int make(const struct call *call, uint32_t *low)
{
    const uint32_t direct[3] = {(uint32_t)call->family, (uint32_t)call->type,
                                (uint32_t)call->protocol};
    const uint32_t mux[3] = {SYS_SOCKET, (uint32_t)(uintptr_t)low, 0};
    long fd;

    switch (call->road) {
    case NATIVE:
        fd = syscall(SYS_socket, call->family, call->type, call->protocol);
        fd = fd < 0 ? -errno : fd;
        break;
    case X32:
        fd = syscall(0x40000000 | SYS_socket, call->family, call->type, call->protocol);
        fd = fd < 0 ? -errno : fd;
        break;
    case INT80:
        fd = int80(359, direct);
        break;
    default:
        memcpy(low, direct, sizeof direct);
        fd = int80(102, mux);
        break;
    }
    if (fd >= 0) {
        (void)close((int)fd);
    }
    return fd < 0 ? (int)-fd : 0;
}

static struct bolt_input input_of(const struct call *call, const uint32_t *low)
{
    const struct bolt_abi *abi = bolt_machine_native()->abis[call->road == NATIVE ? 0
                                                             : call->road == X32  ? 2
                                                                                  : 1];
    struct bolt_input in = {.arch = abi->arch,
                            .nr = call->road == MUX ? abi->socketcall : abi->socket,
                            .args = {call->family, call->type, call->protocol}};

    if (call->road == MUX) {
        in.args[0] = SYS_SOCKET;
        in.args[1] = (uintptr_t)low;
        in.args[2] = 0;
    } else if (call->road == INT80) {
        for (size_t i = 0; i < 3; i++) {
            in.args[i] = (uint32_t)in.args[i];
        }
    }
    return in;
}

#define TYPES (BOLT_LEN(types) * BOLT_LEN(flags) * BOLT_LEN(halves))
#define GRID_MAX ((size_t)ROADS * BOLT_LEN(families) * 2 * TYPES * BOLT_LEN(protocols))

static size_t grid(struct call *out)
{
    size_t count = 0;

    for (unsigned road = 0; road < ROADS; road++) {
        for (size_t f = 0; f < BOLT_LEN(families) * 2; f++) {
            for (size_t t = 0; t < TYPES; t++) {
                for (size_t p = 0; p < BOLT_LEN(protocols); p++) {
                    out[count++] = (struct call){(enum road)road, families[f / 2] | halves[f % 2],
                                                 types[t % BOLT_LEN(types)] |
                                                     flags[t / BOLT_LEN(types) % BOLT_LEN(flags)] |
                                                     halves[t / BOLT_LEN(types) / BOLT_LEN(flags)],
                                                 protocols[p]};
                }
            }
        }
    }
    return count;
}

/* Makes all calls in a child, under @bpf if there is one; results go to shared memory. Returns the
 * child's exit code. */
static int make_all(const struct call *calls, size_t count, const struct bolt_bpf *bpf,
                    int *results, uint32_t *low)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (bpf != NULL) {
            struct sock_filter insns[BPF_MAXINSNS];
            struct sock_fprog prog = {.len = (unsigned short)bpf->count, .filter = insns};

            memcpy(insns, bpf->insns, bpf->count * sizeof *insns);
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0) {
                _exit(77);
            }
        }
        for (size_t i = 0; i < count; i++) {
            results[i] = make(&calls[i], low);
        }
        results[count] = (int)syscall(SYS_io_uring_setup, 1, NULL) == 0 ? 0 : errno;
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void *shared(size_t size, int how)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | how, -1, 0);

    assert_true(at != MAP_FAILED);
    return at;
}

static void check_profile(const char *before, const struct call *calls, size_t count,
                          const int *without, uint32_t *low)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};
    int *with = shared((count + 1) * sizeof *with, 0);
    struct bolt_bpf n;
    size_t denied = 0;
    int code;

    assert_true(compile_of(arena, merged_text(arena, before, &deny_all), &all, &n));
    code = make_all(calls, count, &n, with, low);
    if (code == 77) {
        print_message("  a filter cannot be loaded here: skipped\n");
        skip();
    }
    assert_int_equal(code, 0);
    for (size_t i = 0; i < count; i++) {
        struct bolt_input in = input_of(&calls[i], low);
        uint32_t said = bolt_bpf_run(n, &in);
        int want = said == BOLT_ACT_ALLOW ? without[i] : (int)(said & 0xffff);

        denied += said != BOLT_ACT_ALLOW;
        if (with[i] != want) {
            fail_msg("socket(0x%llx, 0x%llx, %llu) by %s ends with %d, not %d",
                     (unsigned long long)calls[i].family, (unsigned long long)calls[i].type,
                     (unsigned long long)calls[i].protocol, road_names[calls[i].road], with[i],
                     want);
        }
    }
    assert_true(denied > count / 20 && denied < count);
    assert_true(with[count] == EPERM || with[count] == ENOSYS);
    (void)munmap(with, (count + 1) * sizeof *with);
}

static void the_kernel_agrees(void **state)
{
    static const char *const olds[] = {"null", ALLOWLIST};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct call *calls = bolt_new_n(arena, struct call, GRID_MAX);
    size_t count = grid(calls);
    int *without = shared((count + 1) * sizeof *without, 0);
    uint32_t *low = shared(4096, MAP_32BIT);

    (void)state;
    if (make_all(calls, count, NULL, without, low) != 0) {
        print_message("  no int 0x80 here: only native calls are made\n");
        while (calls[count - 1].road > X32) {
            count--;
        }
        assert_int_equal(make_all(calls, count, NULL, without, low), 0);
    }
    for (size_t i = 0; i < BOLT_LEN(olds); i++) {
        check_profile(olds[i], calls, count, without, low);
    }
    (void)munmap(without, (GRID_MAX + 1) * sizeof *without);
    (void)munmap(low, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_agrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    print_message("skipped: the calls are written for x86-64\n");
    return 77;
}

#endif
