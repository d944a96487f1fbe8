/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as a witness: the merged program is loaded into a child, and a grid of system calls
 * must end there as the program says, and, where it allows them, as they end without it. What the
 * program says is asked twice, by running it and of its diagram.
 *
 * The calls are made natively, by int 0x80, through socketcall() and with x32's numbers, and with
 * garbage in the upper halves of registers, which int 0x80 passes on as well. A ring, where one can
 * be had, makes sockets past every filter.
 */
#include <errno.h>
#include <linux/io_uring.h>
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
    struct bolt_input input; /* as the filter sees it */
    uint32_t args[3];        /* for socketcall() */
};

/* Such that the kernel asks for few modules, which takes its time: families that it has or that no
 * kernel has, and types likewise. */
static const uint64_t families[] = {0, 1, 2, 10, 16, 17, 44, 47, 63, 64};
static const uint64_t types[] = {1, 2, 3, 4, 10, 11};
static const uint64_t protocols[] = {0, 9};
static const uint64_t flags[] = {0, SOCK_CLOEXEC | SOCK_NONBLOCK};
/* Upper halves of family, type and protocol. */
static const uint64_t halves[][3] = {
    {0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {UINT32_MAX, 2, 3}};

#define GRID_MAX                                                                                   \
    (ROADS * BOLT_LEN(families) * BOLT_LEN(types) * BOLT_LEN(protocols) * BOLT_LEN(flags) *        \
     BOLT_LEN(halves))

/* --- calls ------------------------------------------------------------------------------ */

static long int80(long nr, const uint64_t args[3])
{
    long ret;

    __asm__ volatile("int $0x80"
                     : "=a"(ret)
                     : "a"(nr), "b"(args[0]), "c"(args[1]), "d"(args[2])
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)ret;
}

/* 0 for a descriptor, else the error number. */
static int make(const struct call *call)
{
    const struct bolt_input *in = &call->input;
    long fd;

    if (call->road == MUX) {
        memcpy((void *)(uintptr_t)in->args[1], call->args, sizeof call->args);
    }
    if (call->road == MUX || call->road == INT80) {
        fd = int80(in->nr, in->args);
    } else {
        fd = syscall(in->nr, in->args[0], in->args[1], in->args[2]);
        fd = fd < 0 ? -errno : fd;
    }
    if (fd >= 0) {
        (void)close((int)fd);
    }
    return fd < 0 ? (int)-fd : 0;
}

static const struct bolt_abi *abi_of(enum road road)
{
    return bolt_machine_native()->abis[road == NATIVE ? 0 : road == X32 ? 2 : 1];
}

/* The upper halves of a call through socketcall() are those of its own arguments: of its number,
 * and for the pointer two more bytes, which are not of its alignment. */
static struct call call_of(enum road road, const uint64_t args[3], const uint64_t upper[3],
                           const char *low)
{
    const struct bolt_abi *abi = abi_of(road);
    struct call call = {.road = road, .input = {.arch = abi->arch, .nr = abi->socket}};

    for (size_t i = 0; i < 3; i++) {
        call.args[i] = (uint32_t)args[i];
        call.input.args[i] = args[i] | upper[i] << 32;
    }
    if (road == MUX) {
        call.input.nr = abi->socketcall;
        call.input.args[0] = SYS_SOCKET | upper[0] << 32;
        call.input.args[1] = (uintptr_t)low + (upper[1] != 0 ? 2 : 0);
        call.input.args[2] = upper[2] << 32;
    }
    return call;
}

static size_t grid(struct call *out, const char *low)
{
    size_t count = 0;

    while (count < GRID_MAX) {
        size_t rest = count;
        uint64_t args[3];
        size_t half;

        args[2] = protocols[rest % BOLT_LEN(protocols)];
        rest /= BOLT_LEN(protocols);
        args[1] = flags[rest % BOLT_LEN(flags)];
        rest /= BOLT_LEN(flags);
        half = rest % BOLT_LEN(halves);
        rest /= BOLT_LEN(halves);
        args[1] |= types[rest % BOLT_LEN(types)];
        rest /= BOLT_LEN(types);
        args[0] = families[rest % BOLT_LEN(families)];
        rest /= BOLT_LEN(families);
        out[count++] = call_of((enum road)rest, args, halves[half], low);
    }
    return count;
}

/* --- rings ------------------------------------------------------------------------------ */

/* For a call that the kernel does not try: without parameters. */
static int ring_errno(enum road road)
{
    const uint64_t args[3] = {1, 0, 0};
    const struct bolt_abi *abi = abi_of(road);
    long ret = road == INT80 ? int80(abi->io_uring_setup, args)
                             : syscall(abi->io_uring_setup, args[0], args[1]);

    return road == INT80 ? (int)-ret : ret < 0 ? errno : 0;
}

static void *ring_part(int ring, size_t size, off_t offset)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);

    return at == MAP_FAILED ? NULL : at;
}

/* What IORING_OP_SOCKET ends with: 0 for a descriptor, an error number, or -1 if no ring does it.
 */
static int ring_socket(uint32_t family, uint32_t type)
{
    struct io_uring_params params = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 1, &params);
    struct io_uring_sqe *sqe;
    const struct io_uring_cqe *cqe;
    char *sq;
    char *cq;

    if (ring < 0) {
        return -1;
    }
    sq = ring_part(ring, params.sq_off.array + sizeof(uint32_t), IORING_OFF_SQ_RING);
    cq = ring_part(ring, params.cq_off.cqes + params.cq_entries * sizeof *cqe, IORING_OFF_CQ_RING);
    sqe = ring_part(ring, sizeof *sqe, IORING_OFF_SQES);
    if (sq == NULL || cq == NULL || sqe == NULL) {
        return -1;
    }
    *sqe = (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = (int)family, .off = type};
    *(uint32_t *)(void *)(sq + params.sq_off.array) = 0;
    __atomic_store_n((uint32_t *)(void *)(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1) {
        return -1;
    }
    cqe = (const void *)(cq + params.cq_off.cqes);
    return cqe->res >= 0 ? 0 : cqe->res == -EINVAL ? -1 : -cqe->res;
}

/* --- children --------------------------------------------------------------------------- */

/* What a child found. */
struct found {
    int ring[ROADS];      /* of ring_errno(); none for socketcall() */
    int packet_by_ring;   /* of ring_socket() */
    int packet_by_socket; /* without a ring */
    int calls[];
};

static bool load(const struct bolt_bpf *bpf)
{
    struct sock_filter insns[BPF_MAXINSNS];
    struct sock_fprog prog = {.len = (unsigned short)bpf->count, .filter = insns};

    memcpy(insns, bpf->insns, bpf->count * sizeof *insns);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

/* Makes all calls in a child, under @bpf if there is one; what it found goes to shared memory.
 * Returns the child's exit code. */
static int make_all(const struct call *calls, size_t count, const struct bolt_bpf *bpf,
                    struct found *found)
{
    bool by_int80 = count != 0 && calls[count - 1].road > X32;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (bpf != NULL && !load(bpf)) {
            _exit(77);
        }
        for (size_t i = 0; i < count; i++) {
            found->calls[i] = make(&calls[i]);
        }
        found->ring[NATIVE] = ring_errno(NATIVE);
        found->ring[X32] = ring_errno(X32);
        found->ring[INT80] = by_int80 ? ring_errno(INT80) : 0;
        found->packet_by_socket = syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0;
        found->packet_by_ring = ring_socket(AF_PACKET, SOCK_RAW);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* --- the test --------------------------------------------------------------------------- */

static void *shared(size_t size, int how)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | how, -1, 0);

    assert_true(at != MAP_FAILED);
    return at;
}

#define FOUND_SIZE (sizeof(struct found) + GRID_MAX * sizeof(int))

struct witness {
    struct bolt_arena *arena;
    const struct call *calls;
    size_t count;
    const struct found *without;
    struct bolt_dds *dds;
    struct bolt_bpf n;
    bolt_dd diagrams[ROADS]; /* by road, of its call that makes sockets */
};

static void make_diagrams(struct witness *w)
{
    w->dds = bolt_dds_new(w->arena, BOLT_DD_FINE);
    for (size_t i = 0; i < w->count; i++) {
        const struct call *call = &w->calls[i];

        if (i == 0 || call->road != w->calls[i - 1].road) {
            assert_true(
                bolt_bpf_diagram(w->arena, w->dds, w->n, &call->input, &w->diagrams[call->road]));
        }
    }
    assert_false(bolt_dds_full(w->dds));
}

static int wanted(uint32_t said, int without)
{
    assert_true(said == BOLT_ACT_ALLOW || (said & BOLT_ACT_FULL) == BOLT_ACT_ERRNO);
    return said == BOLT_ACT_ALLOW ? without : (int)(said & 0xffff);
}

static void check_calls(const struct witness *w, const struct found *with, const char *label)
{
    size_t denied = 0;

    for (size_t i = 0; i < w->count; i++) {
        const struct bolt_input *in = &w->calls[i].input;
        enum road road = w->calls[i].road;
        uint32_t said = bolt_bpf_run(w->n, in);
        int want = wanted(said, w->without->calls[i]);

        denied += said != BOLT_ACT_ALLOW;
        assert_int_equal(bolt_dd_eval(w->dds, w->diagrams[road], in->args), said);
        if (with->calls[i] != want) {
            fail_msg("%s: call %u by %s (0x%llx, 0x%llx, 0x%llx) ends with %d, not %d", label,
                     in->nr, road_names[road], (unsigned long long)in->args[0],
                     (unsigned long long)in->args[1], (unsigned long long)in->args[2],
                     with->calls[i], want);
        }
    }
    assert_true(denied > w->count / 20 && denied < w->count);
}

static void check_rings(const struct witness *w, const struct found *with, bool denied)
{
    for (enum road road = NATIVE; road <= INT80; road++) {
        const struct bolt_abi *abi = abi_of(road);
        const struct bolt_input in = {.arch = abi->arch, .nr = abi->io_uring_setup, .args = {1}};
        uint32_t said = bolt_bpf_run(w->n, &in);

        assert_true(!denied || said != BOLT_ACT_ALLOW);
        if (road != INT80 || w->calls[w->count - 1].road > X32) {
            assert_int_equal(with->ring[road], wanted(said, w->without->ring[road]));
        }
    }
    assert_int_not_equal(with->packet_by_socket, 0);
    if (denied) {
        assert_int_equal(with->packet_by_ring, -1);
    }
}

static void check_profile(struct witness *w, const char *label, const char *before,
                          const struct bolt_seccomp_denial *denial)
{
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};
    struct found *with = shared(FOUND_SIZE, 0);
    int code;

    assert_true(compile_of(w->arena, merged_text(w->arena, before, denial), &all, &w->n));
    make_diagrams(w);
    code = make_all(w->calls, w->count, &w->n, with);
    if (code == 77) {
        print_message("  a filter cannot be loaded here: skipped\n");
        skip();
    }
    assert_int_equal(code, 0);
    check_calls(w, with, label);
    check_rings(w, with, denial->io_uring);
    /* Why io_uring_setup() must be denied: what no filter sees. */
    if (!denial->io_uring && strcmp(before, "null") == 0 && w->without->packet_by_ring == 0) {
        assert_int_equal(with->packet_by_ring, 0);
    }
    (void)munmap(with, FOUND_SIZE);
}

static void the_kernel_agrees(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *const olds[][2] = {{"none", "null"},
                                   {"allow-list", ALLOWLIST},
                                   {"docker", recorded(arena, "docker-default")},
                                   {"podman", recorded(arena, "podman-default")}};
    char *low = shared(4096, MAP_32BIT);
    struct call *calls = bolt_new_n(arena, struct call, GRID_MAX);
    struct found *without = shared(FOUND_SIZE, 0);
    struct witness w = {
        .arena = arena, .calls = calls, .count = grid(calls, low), .without = without};

    (void)state;
    if (make_all(calls, w.count, NULL, without) != 0) {
        print_message("  no int 0x80 here: only native calls are made\n");
        while (calls[w.count - 1].road > X32) {
            w.count--;
        }
        assert_int_equal(make_all(calls, w.count, NULL, without), 0);
    }
    if (without->packet_by_ring == -1) {
        print_message("  no ring makes sockets here: none is tried\n");
    }
    for (size_t i = 0; i < BOLT_LEN(olds); i++) {
        if (olds[i][1] != NULL) {
            check_profile(&w, olds[i][0], olds[i][1], &deny_all);
            check_profile(&w, olds[i][0], olds[i][1], &keep_mux);
        }
    }
    (void)munmap(without, FOUND_SIZE);
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
