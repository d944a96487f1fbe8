/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the kernel, from inside a container, which sockets can be opened.
 *
 * Every known way to create a raw or packet socket is tried, and beside them the ordinary sockets
 * that must go on working. A way is a mechanism (the native system call, the 32-bit ones that a
 * 64-bit process reaches by int 0x80, x32, io_uring), a socket, and a variant of its arguments
 * (flags set, garbage in the upper register halves). All of them are tried a second time inside a
 * fresh user and network namespace, where the kernel hands CAP_NET_RAW back to whoever asks.
 *
 * Each way runs in a child of its own, because some filters answer with a signal. No socket
 * function of the C library is used: the point is what the kernel says. The program is static and
 * built twice, for x86_64 and with -m32; on other machines the x86 mechanisms are left out.
 *
 * One line per way:
 *     [ns/]MECHANISM/SOCKET[+VARIANT] raw|ordinary|gate open domain=D type=T protocol=P
 *     [ns/]MECHANISM/SOCKET[+VARIANT] raw|ordinary|gate ERRNO|SIGNAL
 *
 * Exit status: 0 no raw socket opened, 1 at least one did, 2 the probe could not run,
 * 3 (only with --expect-denied) something that must keep working failed, or io_uring is there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The numbers are the kernel's ABI; its headers are not needed to know them. */
enum {
    FAM_UNIX = 1,
    FAM_INET = 2,
    FAM_AX25 = 3,
    FAM_APPLETALK = 5,
    FAM_INET6 = 10,
    FAM_NETLINK = 16,
    FAM_PACKET = 17,
    FAM_LLC = 26,
    FAM_IEEE802154 = 36,
    FAM_NFC = 39,
    FAM_XDP = 44,
};
enum { TYPE_STREAM = 1, TYPE_DGRAM = 2, TYPE_RAW = 3, TYPE_SEQPACKET = 5, TYPE_PACKET = 10 };
enum { TYPE_FLAGS = 02000000 | 04000 }; /* SOCK_CLOEXEC | SOCK_NONBLOCK */
enum { ETH_ALL = 0x0300 };              /* htons(ETH_P_ALL) on a little-endian machine */

enum { NR_I386_GETPID = 20, NR_I386_SOCKETCALL = 102, NR_I386_SOCKET = 359 };
enum { NR_IO_URING_SETUP = 425, NR_IO_URING_ENTER = 426 }; /* the same on every architecture */
enum { X32_BIT = 0x40000000 };

struct args {
    unsigned long family, type, protocol;
};

struct sock {
    const char *name;
    unsigned family, type, protocol;
};

static const struct sock raw_socks[] = {
    {"packet-raw", FAM_PACKET, TYPE_RAW, ETH_ALL},
    {"packet-dgram", FAM_PACKET, TYPE_DGRAM, ETH_ALL},
    {"packet-packet", FAM_PACKET, TYPE_PACKET, ETH_ALL},
    {"packet-raw-proto0", FAM_PACKET, TYPE_RAW, 0},
    {"inet-raw-icmp", FAM_INET, TYPE_RAW, 1},
    {"inet-raw-tcp", FAM_INET, TYPE_RAW, 6},
    {"inet-raw-raw", FAM_INET, TYPE_RAW, 255},
    {"inet6-raw-icmp", FAM_INET6, TYPE_RAW, 58},
    {"inet6-raw-raw", FAM_INET6, TYPE_RAW, 255},
    {"inet-packet", FAM_INET, TYPE_PACKET, ETH_ALL},
    {"inet6-packet", FAM_INET6, TYPE_PACKET, ETH_ALL},
    {"xdp-raw", FAM_XDP, TYPE_RAW, 0},
};

/* What few kernels have, and drawbolt denies where the policy says "extended". */
static const struct sock rare_socks[] = {
    {"rare-ax25", FAM_AX25, TYPE_RAW, 0},
    {"rare-appletalk", FAM_APPLETALK, TYPE_RAW, 0},
    {"rare-llc-stream", FAM_LLC, TYPE_STREAM, 0},
    {"rare-llc-dgram", FAM_LLC, TYPE_DGRAM, 0},
    {"rare-ieee802154", FAM_IEEE802154, TYPE_RAW, 0},
    {"rare-nfc", FAM_NFC, TYPE_RAW, 0},
};

static const struct sock ordinary_socks[] = {
    {"inet-stream", FAM_INET, TYPE_STREAM, 0},       {"inet-dgram", FAM_INET, TYPE_DGRAM, 0},
    {"inet6-stream", FAM_INET6, TYPE_STREAM, 0},     {"inet6-dgram", FAM_INET6, TYPE_DGRAM, 0},
    {"unix-stream", FAM_UNIX, TYPE_STREAM, 0},       {"unix-dgram", FAM_UNIX, TYPE_DGRAM, 0},
    {"unix-seqpacket", FAM_UNIX, TYPE_SEQPACKET, 0}, {"netlink-route", FAM_NETLINK, TYPE_RAW, 0},
    {"inet-ping", FAM_INET, TYPE_DGRAM, 1},          {"inet6-ping", FAM_INET6, TYPE_DGRAM, 58},
};

/* Bits that the kernel throws away, or takes as flags, and that a filter may stumble over. */
struct variant {
    const char *name;
    unsigned flags;
    uint64_t high_family, high_type;
};

static const struct variant variants[] = {
    {"", 0, 0, 0},
    {"+flags", TYPE_FLAGS, 0, 0},
#if __SIZEOF_POINTER__ == 8
    {"+hifam", 0, UINT64_C(0x1) << 32, 0},
    {"+hitype", 0, 0, UINT64_C(0xdeadbeef) << 32},
    {"+hiall", TYPE_FLAGS, UINT64_C(0xffffffff) << 32, UINT64_C(0x80000000) << 32},
#endif
};

/* A mechanism answers like the kernel: a descriptor, or a negative error number. */
typedef long mechanism_fn(const struct args *args);

static long result(long ret)
{
    return ret < 0 ? -errno : ret;
}

static long native_socket(const struct args *args)
{
    return result(syscall(SYS_socket, args->family, args->type, args->protocol));
}

/* io_uring by hand: one submission, one completion. */
struct ring_offsets {
    uint32_t word[10];
};

struct ring_params {
    uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
    struct {
        uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array, resv;
        uint64_t user_addr;
    } sq;
    struct {
        uint32_t head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv;
        uint64_t user_addr;
    } cq;
};

struct ring_entry {
    uint8_t opcode, flags;
    uint16_t ioprio;
    int32_t fd;
    uint64_t off, addr;
    uint32_t len, rw_flags;
    uint64_t user_data, pad[3];
};

struct ring_completion {
    uint64_t user_data;
    int32_t res;
    uint32_t flags;
};

_Static_assert(sizeof(struct ring_params) == 120, "struct io_uring_params");
_Static_assert(sizeof(struct ring_entry) == 64, "struct io_uring_sqe");

enum { RING_OP_SOCKET = 45, RING_ENTER_GETEVENTS = 1 };
#define RING_OFF_SQ 0
#define RING_OFF_CQ 0x8000000
#define RING_OFF_SQES 0x10000000

static long ring_setup(const struct args *args)
{
    struct ring_params params = {0};
    (void)args;
    return result(syscall(NR_IO_URING_SETUP, 1, &params));
}

static unsigned char *ring_map(int ring, size_t size, long offset)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, offset);
    return at == MAP_FAILED ? NULL : at;
}

static uint32_t *word_at(unsigned char *map, uint32_t offset)
{
    return (uint32_t *)(void *)(map + offset);
}

static long ring_socket(const struct args *args)
{
    struct ring_params params = {0};
    long ring = result(syscall(NR_IO_URING_SETUP, 1, &params));
    if (ring < 0)
        return ring;
    size_t sq_size = params.sq.array + params.sq_entries * sizeof(uint32_t);
    size_t cq_size = params.cq.cqes + params.cq_entries * sizeof(struct ring_completion);
    unsigned char *sq = ring_map((int)ring, sq_size, RING_OFF_SQ);
    unsigned char *cq = ring_map((int)ring, cq_size, RING_OFF_CQ);
    unsigned char *sqes =
        ring_map((int)ring, params.sq_entries * sizeof(struct ring_entry), RING_OFF_SQES);
    if (!sq || !cq || !sqes)
        return -errno;

    struct ring_entry *entry = (struct ring_entry *)(void *)sqes;
    *entry = (struct ring_entry){.opcode = RING_OP_SOCKET,
                                 .fd = (int32_t)args->family,
                                 .off = args->type,
                                 .len = (uint32_t)args->protocol};
    *word_at(sq, params.sq.array) = 0;
    uint32_t *tail = word_at(sq, params.sq.tail);
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    long ret = result(syscall(NR_IO_URING_ENTER, ring, 1, 1, RING_ENTER_GETEVENTS, NULL, 0));
    if (ret < 0)
        return ret;
    uint32_t *head = word_at(cq, params.cq.head);
    if (__atomic_load_n(word_at(cq, params.cq.tail), __ATOMIC_ACQUIRE) == *head)
        return -ENODATA;
    return ((struct ring_completion *)(void *)(cq + params.cq.cqes))->res;
}

#if defined(__x86_64__)

static long int80(unsigned long nr, unsigned long a, unsigned long b, unsigned long c)
{
    unsigned long ret = nr;
    __asm__ volatile("int $0x80"
                     : "+a"(ret)
                     : "b"(a), "c"(b), "d"(c)
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)ret;
}

static long int80_socket(const struct args *args)
{
    return int80(NR_I386_SOCKET, args->family, args->type, args->protocol);
}

static void *low_page(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static long int80_socketcall(const struct args *args)
{
    uint32_t *words = low_page();
    if (!words)
        return -errno;
    words[0] = (uint32_t)args->family;
    words[1] = (uint32_t)args->type;
    words[2] = (uint32_t)args->protocol;
    /* The call number with garbage above it; the kernel looks at the lower half only. */
    return int80(NR_I386_SOCKETCALL, 1 | UINT64_C(0x500000000), (uintptr_t)words, 0);
}

static long int80_ring_setup(const struct args *args)
{
    struct ring_params *params = low_page();
    (void)args;
    if (!params)
        return -errno;
    return int80(NR_IO_URING_SETUP, 1, (uintptr_t)params, 0);
}

static long x32_socket(const struct args *args)
{
    return result(syscall(SYS_socket | X32_BIT, args->family, args->type, args->protocol));
}

static long x32_ring_setup(const struct args *args)
{
    struct ring_params params = {0};
    (void)args;
    return result(syscall(NR_IO_URING_SETUP | X32_BIT, 1, &params));
}

static long int80_works(const struct args *args)
{
    (void)args;
    return int80(NR_I386_GETPID, 0, 0, 0);
}

#elif defined(__i386__)

static long native_socketcall(const struct args *args)
{
    unsigned long words[] = {args->family, args->type, args->protocol};
    return result(syscall(NR_I386_SOCKETCALL, 1, words));
}

#endif

/* Must an ordinary socket open by this mechanism when drawbolt's built-in policy holds? */
enum need { NEED_YES, NEED_SOCKETCALL, NEED_INT80, NEED_NO };

struct mechanism {
    const char *name;
    mechanism_fn *fn;
    enum need need;
};

static const struct mechanism mechanisms[] = {
    {"native", native_socket, NEED_YES},
#if defined(__x86_64__)
    {"int80-socket", int80_socket, NEED_INT80},
    {"int80-socketcall", int80_socketcall, NEED_SOCKETCALL},
    {"x32", x32_socket, NEED_NO},
#elif defined(__i386__)
    {"socketcall", native_socketcall, NEED_SOCKETCALL},
#endif
    {"io_uring", ring_socket, NEED_NO},
};

static const struct {
    const char *name;
    mechanism_fn *fn;
} gates[] = {
    {"native/io_uring_setup", ring_setup},
#if defined(__x86_64__)
    {"int80/io_uring_setup", int80_ring_setup},
    {"x32/io_uring_setup", x32_ring_setup},
#endif
};

/* What a child tells its parent about one way. */
struct outcome {
    long ret; /* descriptor or negative error number */
    int domain, type, protocol, sockopt_errno;
};

static int query(long fd, int option, int *value)
{
    unsigned len = sizeof(*value);
    return (int)syscall(SYS_getsockopt, fd, 1 /* SOL_SOCKET */, option, value, &len);
}

static struct outcome attempt(mechanism_fn *fn, const struct args *args, bool socket_wanted)
{
    struct outcome out = {.ret = fn(args), .domain = -1, .type = -1, .protocol = -1};
    if (out.ret < 0 || !socket_wanted)
        return out;
    enum { OPT_TYPE = 3, OPT_PROTOCOL = 38, OPT_DOMAIN = 39 };
    if (query(out.ret, OPT_TYPE, &out.type) < 0)
        out.sockopt_errno = errno;
    (void)query(out.ret, OPT_DOMAIN, &out.domain);
    (void)query(out.ret, OPT_PROTOCOL, &out.protocol);
    return out;
}

/* Runs one way in a child. Returns 0 and *out, a signal number if the child was killed, -1 if the
 * probe itself failed. */
static int in_child(mechanism_fn *fn, const struct args *args, bool socket_wanted,
                    struct outcome *out)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        struct outcome mine = attempt(fn, args, socket_wanted);
        _exit(write(ends[1], &mine, sizeof(mine)) == (ssize_t)sizeof(mine) ? 0 : 2);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], out, sizeof(*out));
    close(ends[0]);
    int status;
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    return got == (ssize_t)sizeof(*out) ? 0 : -1;
}

struct run {
    const char *prefix;    /* "" or "ns/" */
    const char *pattern;   /* --only, or NULL */
    bool socketcall, ping; /* must these work? */
    bool rare;             /* --rare */
    int raw_open, ordinary_failed, gate_open, ways, broken;
};

static const char *reason(int signal_number, const struct outcome *out, char *buf, size_t size)
{
    if (signal_number > 0) {
        const char *abbrev = sigabbrev_np(signal_number);
        snprintf(buf, size, "SIG%s", abbrev ? abbrev : "?");
    } else if (out->ret < 0) {
        const char *name = strerrorname_np((int)-out->ret);
        snprintf(buf, size, "%s", name ? name : "E?");
    } else {
        snprintf(buf, size, "not-a-socket");
    }
    return buf;
}

/* Tries one way, prints its line, and says whether it opened a real socket. */
static bool way(struct run *run, const char *name, const char *kind, mechanism_fn *fn,
                const struct args *args, bool socket_wanted)
{
    struct outcome out = {0};
    char buf[32];
    int ended = in_child(fn, args, socket_wanted, &out);
    run->ways++;
    if (ended < 0) {
        printf("%s%s %s probe-failed\n", run->prefix, name, kind);
        run->broken++;
        return false;
    }
    bool opened = ended == 0 && out.ret >= 0 && out.sockopt_errno == 0;
    if (opened && socket_wanted)
        printf("%s%s %s open domain=%d type=%d protocol=%d\n", run->prefix, name, kind, out.domain,
               out.type, out.protocol);
    else
        printf("%s%s %s %s\n", run->prefix, name, kind,
               opened ? "open" : reason(ended, &out, buf, sizeof(buf)));
    return opened;
}

static bool wanted(const struct run *run, const char *name)
{
    char full[128];
    snprintf(full, sizeof(full), "%s%s", run->prefix, name);
    return !run->pattern || fnmatch(run->pattern, full, 0) == 0;
}

static void try_raw(struct run *run, const struct mechanism *mech, const struct sock *socks,
                    size_t count)
{
    for (size_t s = 0; s < count; s++) {
        for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
            const struct sock *sock = &socks[s];
            const struct variant *variant = &variants[v];
            char name[96];
            snprintf(name, sizeof(name), "%s/%s%s", mech->name, sock->name, variant->name);
            struct args args = {
                .family = (unsigned long)(sock->family | variant->high_family),
                .type = (unsigned long)(sock->type | variant->flags | variant->high_type),
                .protocol = sock->protocol};
            if (wanted(run, name))
                run->raw_open += way(run, name, "raw", mech->fn, &args, true);
        }
    }
}

static bool needed(const struct run *run, const struct mechanism *mech, const struct sock *sock)
{
    bool ping = sock->type == TYPE_DGRAM && sock->protocol != 0;
    if (ping && !run->ping)
        return false;
    if (mech->need == NEED_SOCKETCALL)
        return run->socketcall;
#if defined(__x86_64__)
    struct outcome out = {0};
    if (mech->need == NEED_INT80)
        return in_child(int80_works, NULL, false, &out) == 0 && out.ret > 0;
#endif
    return mech->need == NEED_YES;
}

static void try_ordinary(struct run *run, const struct mechanism *mech)
{
    for (size_t s = 0; s < ARRAY_LEN(ordinary_socks); s++) {
        for (int flags = 0; flags < 2; flags++) {
            const struct sock *sock = &ordinary_socks[s];
            char name[96];
            snprintf(name, sizeof(name), "%s/%s%s", mech->name, sock->name, flags ? "+flags" : "");
            struct args args = {.family = sock->family,
                                .type = sock->type | (flags ? (unsigned)TYPE_FLAGS : 0U),
                                .protocol = sock->protocol};
            if (!wanted(run, name))
                continue;
            bool opened = way(run, name, "ordinary", mech->fn, &args, true);
            run->ordinary_failed += !opened && needed(run, mech, sock);
        }
    }
}

static void try_all(struct run *run)
{
    for (size_t g = 0; g < ARRAY_LEN(gates); g++)
        if (wanted(run, gates[g].name))
            run->gate_open += way(run, gates[g].name, "gate", gates[g].fn, NULL, false);
    for (size_t m = 0; m < ARRAY_LEN(mechanisms); m++) {
        try_raw(run, &mechanisms[m], raw_socks, ARRAY_LEN(raw_socks));
        if (run->rare)
            try_raw(run, &mechanisms[m], rare_socks, ARRAY_LEN(rare_socks));
        try_ordinary(run, &mechanisms[m]);
    }
}

/* The same again where the kernel gives every capability back. The counts come back by a pipe. */
static int try_in_fresh_namespaces(struct run *run)
{
    int ends[2];
    if (fflush(stdout) != 0 || pipe(ends) < 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        struct run inner = *run;
        inner.prefix = "ns/";
        inner.ping = false; /* a new network namespace has an empty ping_group_range */
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
            printf("ns/unshare gate open\n");
            try_all(&inner);
        } else {
            printf("ns/unshare gate %s\n", strerrorname_np(errno));
        }
        bool told = write(ends[1], &inner, sizeof(inner)) == (ssize_t)sizeof(inner);
        _exit(fflush(stdout) == 0 && told ? 0 : 2);
    }
    close(ends[1]);
    struct run inner;
    ssize_t got = read(ends[0], &inner, sizeof(inner));
    close(ends[0]);
    int status;
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        printf("ns/unshare gate SIGSYS\n");
        return 0;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || got != (ssize_t)sizeof(inner))
        return -1;
    inner.prefix = run->prefix;
    inner.ping = run->ping;
    *run = inner;
    return 0;
}

/* Prints FILE whole after LABEL, or only the lines of it that begin with a name in a list. */
static int print_lines(const char *file, const char *label, const char *const *names)
{
    FILE *in = fopen(file, "re");
    if (!in) {
        printf("%s unreadable (%s)\n", label ? label : file, strerrorname_np(errno));
        return label ? 0 : -1;
    }
    char line[512];
    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';
        for (char *c = line; *c; c++)
            if (*c == '\t')
                *c = ' ';
        if (label)
            printf("%s %s\n", label, line);
        for (size_t i = 0; names && names[i]; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0)
                printf("%s\n", line);
    }
    fclose(in);
    return 0;
}

static int print_status(void)
{
    static const char *const names[] = {
        "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", NULL};
    static const char *const sysctls[] = {"ip_unprivileged_port_start", "ping_group_range"};
    if (print_lines("/proc/self/status", NULL, names) < 0)
        return 2;
    char netns[64] = "";
    if (readlink("/proc/self/ns/net", netns, sizeof(netns) - 1) < 0)
        return 2;
    printf("NetNs: %s\n", netns);
    for (size_t i = 0; i < ARRAY_LEN(sysctls); i++) {
        char file[128];
        snprintf(file, sizeof(file), "/proc/sys/net/ipv4/%s", sysctls[i]);
        (void)print_lines(file, sysctls[i], NULL);
    }
    return fflush(stdout) == 0 ? 0 : 2;
}

static const char usage[] =
    "usage: probe [--expect-denied] [--socketcall allow|deny] [--no-ping] [--no-userns]\n"
    "             [--rare] [--only PATTERN]\n"
    "       probe --status\n"
    "\n"
    "  --expect-denied    also exit 3 when an ordinary socket fails or io_uring can be set up\n"
    "  --socketcall       must 32-bit socketcall open ordinary sockets? (default deny: need not)\n"
    "  --no-ping          ICMP datagram sockets need not open\n"
    "  --no-userns        not again in a fresh user and network namespace\n"
    "  --rare             also raw sockets of rare address families\n"
    "  --only PATTERN     only the ways whose name matches, as in 'native/packet-*'\n"
    "  --status           print capabilities, seccomp mode, network namespace and two\n"
    "                     sysctls, and try nothing\n";

int main(int argc, char **argv)
{
    bool expect_denied = false;
    bool userns = true;
    struct run run = {.prefix = "", .ping = true};
    setvbuf(stdout, NULL, _IOLBF, 0); /* children must find an empty buffer */
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--status") == 0 && argc == 2)
            return print_status();
        if (strcmp(argv[i], "--expect-denied") == 0)
            expect_denied = true;
        else if (strcmp(argv[i], "--no-userns") == 0)
            userns = false;
        else if (strcmp(argv[i], "--no-ping") == 0)
            run.ping = false;
        else if (strcmp(argv[i], "--rare") == 0)
            run.rare = true;
        else if (strcmp(argv[i], "--only") == 0 && next)
            run.pattern = argv[++i];
        else if (strcmp(argv[i], "--socketcall") == 0 && next)
            run.socketcall = strcmp(argv[++i], "allow") == 0;
        else {
            fputs(usage, stderr);
            return 2;
        }
    }
    try_all(&run);
    if (userns && try_in_fresh_namespaces(&run) < 0)
        run.broken++;
    printf("probe: %d ways, %d raw open, %d ordinary failed, %d gates open\n", run.ways,
           run.raw_open, run.ordinary_failed, run.gate_open);
    if (fflush(stdout) != 0 || run.broken || run.ways == 0)
        return 2;
    if (run.raw_open)
        return 1;
    return expect_denied && (run.ordinary_failed || run.gate_open) ? 3 : 0;
}
