/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the merge does to profiles, in figures: entries, instructions, the time of the merge with
 * its proof, the time of a proof alone of the two whole programs, the time that libseccomp takes
 * for the whole profile, and what system calls cost under the filter, before and after.
 *
 *   filters CONFIG...
 *
 * Times are medians; those of system calls are of many calls in a child that has loaded the filter,
 * the two filters in turn.
 */
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raw_of.h"
#include "seccomp/compile.h"
#include "seccomp/prove.h"
#include "seccomp/seccomp.h"
#include "json/edit.h"

#define MERGES 101
#define COMPILES 21
#define CHILDREN 41
#define CALLS 20000

static double now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "filters: %s: %s\n", what, why);
    exit(1);
}

/* --- a profile --------------------------------------------------------------------------- */

struct profile {
    const char *name;
    uint32_t default_action;
    struct bolt_bytes text;
    const struct bolt_doc *doc;
    bolt_node node;
    struct bolt_bpf program; /* empty: none */
};

static const struct bolt_seccomp_denial denial = {
    .errnum = 1, .socketcall = true, .io_uring = true};

static void read_profile(struct bolt_arena *arena, struct profile *p)
{
    const struct bolt_compile whole = {.scope = BOLT_SCOPE_ALL};
    struct bolt_profile model;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, p->text, BOLT_DIALECT_STRICT, &p->doc, &err) != 0) {
        give_up(p->name, err.text);
    }
    p->node =
        bolt_doc_member(p->doc, bolt_doc_member(p->doc, bolt_doc_root(p->doc), "linux"), "seccomp");
    if (bolt_profile_read(arena, p->doc, p->node, &model, &err) != 0 ||
        (!model.unconfined && bolt_compile(arena, &model, &whole, &p->program, &err) != 0)) {
        give_up(p->name, err.text);
    }
    p->default_action = model.unconfined ? BOLT_ACT_ALLOW : model.default_action;
}

static struct bolt_bytes load(struct bolt_arena *arena, const char *name)
{
    FILE *file = fopen(name, "rb");
    char *text = bolt_arena_alloc(arena, 1 << 20, 1);
    size_t len;

    if (file == NULL) {
        give_up(name, "cannot be read");
    }
    len = fread(text, 1, 1 << 20, file);
    (void)fclose(file);
    return (struct bolt_bytes){text, len};
}

static struct bolt_bytes merged(struct bolt_arena *arena, const struct profile *p,
                                struct bolt_seccomp_result *result)
{
    struct bolt_edit whole = {.op = BOLT_EDIT_APPEND, .name = BOLT_LIT("seccomp")};
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};

    if (bolt_seccomp_merge(arena, p->doc, p->node, &denial, "bench", result, &err) != 0 ||
        result->fit == BOLT_SECCOMP_UNPROVED) {
        give_up(p->name, "is not merged");
    }
    whole.target =
        p->node.id != 0 ? p->node : bolt_doc_member(p->doc, bolt_doc_root(p->doc), "linux");
    whole.op = p->node.id != 0 ? BOLT_EDIT_REPLACE : BOLT_EDIT_APPEND;
    whole.text = result->profile;
    if (bolt_edit_apply(p->doc, result->unconfined ? &whole : result->edits,
                        result->unconfined ? 1 : result->edit_count, &out, &err) != 0) {
        give_up(p->name, err.text);
    }
    return bolt_buf_bytes(&out);
}

/* --- times ------------------------------------------------------------------------------- */

static double merge_us(const struct profile *p)
{
    double times[MERGES];

    for (size_t i = 0; i < MERGES; i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_seccomp_result result;
        double start = now_us();

        (void)merged(arena, p, &result);
        times[i] = now_us() - start;
    }
    return median(times, MERGES);
}

/* Fine diagrams, as `drawbolt seccomp` has them; the merge has coarse ones where they do, and
 * smaller programs. */
static double proof_us(const struct profile *before, const struct profile *after)
{
    const struct bolt_claim claim = {.p = before->program.count != 0 ? &before->program : NULL,
                                     .n = after->program,
                                     .raw = raw_of(&denial, before->default_action),
                                     .beyond = before->default_action};
    double times[MERGES];

    for (size_t i = 0; i < MERGES; i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_proof proof = {.fit = BOLT_SECCOMP_UNPROVED};
        struct bolt_err err = {0};
        double start = now_us();

        if (bolt_prove(arena, bolt_dds_new(arena, BOLT_DD_FINE), &claim, &proof, &err) != 0 ||
            proof.fit == BOLT_SECCOMP_UNPROVED) {
            give_up(before->name, "is merged, but not proved whole");
        }
        times[i] = now_us() - start;
    }
    return median(times, MERGES);
}

static double compile_us(const struct profile *p)
{
    const struct bolt_compile whole = {.scope = BOLT_SCOPE_ALL};
    double times[COMPILES];

    for (size_t i = 0; i < COMPILES && p->program.count != 0; i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_profile model;
        struct bolt_err err = {0};
        struct bolt_bpf bpf;
        double start;

        if (bolt_profile_read(arena, p->doc, p->node, &model, &err) != 0) {
            give_up(p->name, err.text);
        }
        start = now_us();
        if (bolt_compile(arena, &model, &whole, &bpf, &err) != 0) {
            give_up(p->name, err.text);
        }
        times[i] = now_us() - start;
    }
    return p->program.count == 0 ? 0 : median(times, COMPILES);
}

struct calls {
    double getppid_ns;
    double socket_ns;
};

static void measure(struct calls *out)
{
    double start = now_us();
    double middle;

    for (size_t i = 0; i < CALLS; i++) {
        (void)syscall(SYS_getppid);
    }
    middle = now_us();
    for (size_t i = 0; i < CALLS / 10; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0) {
            give_up("socket(AF_INET, SOCK_DGRAM)", "is refused");
        }
        (void)close(fd);
    }
    out->getppid_ns = (middle - start) * 1e3 / CALLS;
    out->socket_ns = (now_us() - middle) * 1e3 / (CALLS / 10);
}

static struct calls run_child(const struct profile *p)
{
    struct calls *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct calls out;
    pid_t pid;
    int status;

    if (shared == MAP_FAILED || (pid = fork()) < 0) {
        give_up(p->name, "no child");
    }
    if (pid == 0) {
        const struct sock_fprog filter = {(unsigned short)p->program.count,
                                          (struct sock_filter *)(uintptr_t)p->program.insns};

        if (p->program.count != 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                                      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)) {
            _exit(1);
        }
        measure(shared);
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        give_up(p->name, "the filter cannot be loaded, or refuses what it should not");
    }
    out = *shared;
    (void)munmap(shared, sizeof *shared);
    return out;
}

/* Ratios of medians, after to before. */
static struct calls compare(const struct profile *before, const struct profile *after)
{
    double times[4][CHILDREN];

    for (size_t i = 0; i < CHILDREN; i++) {
        struct calls a = run_child(before);
        struct calls b = run_child(after);

        times[0][i] = a.getppid_ns;
        times[1][i] = b.getppid_ns;
        times[2][i] = a.socket_ns;
        times[3][i] = b.socket_ns;
    }
    return (struct calls){median(times[1], CHILDREN) / median(times[0], CHILDREN),
                          median(times[3], CHILDREN) / median(times[2], CHILDREN)};
}

/* --- the table --------------------------------------------------------------------------- */

static void show(const char *name)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct profile before = {.name = name, .text = load(arena, name)};
    struct profile after = {.name = name};
    const char *base = strrchr(name, '/');
    struct bolt_seccomp_result result;
    struct calls ratio;

    read_profile(arena, &before);
    after.text = merged(arena, &before, &result);
    read_profile(arena, &after);
    ratio = compare(&before, &after);
    printf("%-26s %5zu %6zu %6zu %7.0f %7.0f %8.2f %8.2f %8.2f %8.2f\n",
           base == NULL ? name : base + 1, result.rule_count, before.program.count,
           after.program.count, merge_us(&before), proof_us(&before, &after),
           compile_us(&before) / 1e3, compile_us(&after) / 1e3, ratio.getppid_ns, ratio.socket_ns);
}

int main(int argc, char **argv)
{
    printf("%-26s %5s %6s %6s %7s %7s %8s %8s %8s %8s\n", "profile of", "rules", "insns", "insns",
           "merge", "proof", "compile", "compile", "getppid", "socket");
    printf("%-26s %5s %6s %6s %7s %7s %8s %8s %8s %8s\n", "", "added", "before", "after", "us",
           "us", "before ms", "after ms", "ratio", "ratio");
    for (int i = 1; i < argc; i++) {
        show(argv[i]);
    }
    return 0;
}
