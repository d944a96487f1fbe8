/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that calls libseccomp.
 *
 * What the runtimes do and what follows from it:
 *  - Rules go in in the order of the document, each name of an entry for itself.
 *  - A rule whose action is the default's, data included, is left out.
 *  - Names unknown to libseccomp are left out.
 *  - Conditions on different arguments are one rule (and); if one argument occurs twice, each
 *    condition of the entry is a rule of its own (or).
 */
#include "seccomp/compile.h"
#include "seccomp/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <seccomp.h>

/* libseccomp's pruning (db.c, _db_tree_prune()) can grow exponentially with the rules that have
 * conditions, the more arguments they look at the faster: 96 about two arguments were seen to take
 * 13 seconds, 87 about three 3, and 72 about four did not end in a minute. By how many arguments:
 * how many rules. */
static const size_t conditional_max[] = {0, 64, 64, 48, 24, 24, 24};
#define RULES_MAX 16384

#define ARCHS_MAX 32
#define API_LEVEL 5 /* of libseccomp 2.5: with LOG, KILL_PROCESS and NOTIFY */

/* A name of an entry that is given to libseccomp. */
struct rule {
    const struct bolt_entry *entry;
    struct bolt_bytes name;
};

struct target {
    scmp_filter_ctx ctx;
    const struct bolt_machine *machine;
    size_t arch_count;
    struct bolt_arena *arena;
    const struct bolt_profile *profile;
    struct bolt_scope_of scope;
    struct rule *rules;
    size_t rule_count;
};

static void release(scmp_filter_ctx *ctx)
{
    if (*ctx != NULL) {
        seccomp_release(*ctx);
    }
}

/* --- architectures ---------------------------------------------------------------------- */

/* crun's way: the name without its prefix, in lower case. */
static uint32_t token_of(struct bolt_bytes name)
{
    static const size_t prefix = sizeof "SCMP_ARCH_" - 1;
    char text[32] = {0};

    if (name.len <= prefix || name.len - prefix >= sizeof text) {
        return 0;
    }
    for (size_t i = prefix; i < name.len; i++) {
        char c = name.at[i];

        text[i - prefix] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return seccomp_arch_resolve_name(text);
}

/* libseccomp puts this machine's architecture into every filter. */
static int add_native(struct target *t, struct bolt_err *err)
{
    const char *name = t->machine->abis[0]->name;
    uint32_t token = token_of(bolt_bytes_of(name));

    if (token == 0 ||
        (token != seccomp_arch_native() && (seccomp_arch_remove(t->ctx, SCMP_ARCH_NATIVE) != 0 ||
                                            seccomp_arch_add(t->ctx, token) != 0))) {
        return bolt_fail(err, BOLT_ERR_INPUT, "libseccomp makes no filters for %s", name);
    }
    t->arch_count++;
    return 0;
}

static int add_archs(struct target *t, struct bolt_err *err)
{
    if (add_native(t, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < t->profile->arch_count; i++) {
        struct bolt_bytes name = t->profile->archs[i];
        uint32_t token = token_of(name);
        int rc = token == 0 ? -EINVAL : seccomp_arch_add(t->ctx, token);

        if (rc == -EEXIST) {
            continue;
        }
        if (rc != 0 || t->arch_count == ARCHS_MAX) {
            return bolt_fail(err, BOLT_ERR_INPUT, "libseccomp does not take %.*s here",
                             BOLT_FMT(name));
        }
        t->arch_count++;
    }
    return 0;
}

/* --- names ------------------------------------------------------------------------------ */

bool bolt_compile_knows_call(const char *name)
{
    return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

bool bolt_compile_has_call(const struct bolt_bytes *archs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (seccomp_syscall_resolve_name_arch(token_of(archs[i]), name) < 0) {
            return false;
        }
    }
    return true;
}

/* --- rules ------------------------------------------------------------------------------ */

/* By enum bolt_cmp. */
static const enum scmp_compare compares[] = {
    SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,        SCMP_CMP_EQ,
    SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ,
};

static int add_conds(const struct target *t, const struct bolt_entry *e, int nr)
{
    struct scmp_arg_cmp args[BOLT_PROFILE_ARGS_MAX] = {{0}};
    unsigned seen = 0;
    bool twice = false;
    int rc = 0;

    for (size_t i = 0; i < e->cond_count; i++) {
        const struct bolt_cond *c = &e->conds[i];

        args[i] = (struct scmp_arg_cmp){c->index, compares[c->op], c->value, c->value_two};
        twice = twice || (seen >> c->index & 1) != 0;
        seen |= 1U << c->index;
    }
    if (!twice) {
        return seccomp_rule_add_array(t->ctx, e->action, nr, (unsigned)e->cond_count, args);
    }
    for (size_t i = 0; i < e->cond_count && rc == 0; i++) {
        rc = seccomp_rule_add_array(t->ctx, e->action, nr, 1, &args[i]);
    }
    return rc;
}

static int add_rule(struct target *t, const struct rule *rule, struct bolt_err *err)
{
    int nr = seccomp_syscall_resolve_name(bolt_bytes_cstr(t->arena, rule->name));
    int rc = nr == __NR_SCMP_ERROR ? 0 : add_conds(t, rule->entry, nr);

    if (rc != 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "libseccomp does not take a rule for %.*s: %s",
                         BOLT_FMT(rule->name), strerror(-rc));
    }
    return 0;
}

static void collect_rules(struct target *t)
{
    const struct bolt_doc *doc = t->profile->doc;

    for (size_t i = 0; i < t->profile->entry_count; i++) {
        const struct bolt_entry *e = &t->profile->entries[i];
        bolt_node n = bolt_doc_first(doc, e->names);

        for (; e->action != t->profile->default_action && n.id != 0; n = bolt_doc_next(doc, n)) {
            struct bolt_bytes name = bolt_doc_string(doc, n);

            if (bolt_scope_has(&t->scope, name)) {
                t->rules = bolt_arena_grow(t->arena, t->rules, t->rule_count, sizeof *t->rules);
                t->rules[t->rule_count++] = (struct rule){e, name};
            }
        }
    }
}

/* Before libseccomp sees the first. */
static int check_rules(const struct target *t, struct bolt_err *err)
{
    size_t conditional = 0;
    unsigned looked_at = 0;

    for (size_t i = 0; i < t->rule_count; i++) {
        const struct bolt_entry *e = t->rules[i].entry;

        if (e->cut) {
            return bolt_doc_fail(
                t->profile->doc, e->node, err,
                "more than six conditions, of which some runtimes ignore the rest");
        }
        for (size_t j = 0; j < e->cond_count; j++) {
            looked_at |= 1U << e->conds[j].index;
        }
        conditional += e->cond_count != 0;
    }
    if (t->rule_count > RULES_MAX || conditional > conditional_max[__builtin_popcount(looked_at)]) {
        return bolt_fail(err, BOLT_ERR_INPUT,
                         "it has, or would get, more rules with conditions than are tried");
    }
    return 0;
}

/* --- the program ------------------------------------------------------------------------ */

/* As libseccomp writes them: data only where an action has it. */
static bool is_return_value(uint32_t k)
{
    return bolt_bpf_is_action(k) && (bolt_act_has_data(k) || (k & ~BOLT_ACT_FULL) == 0);
}

/* libseccomp writes in the byte order of the machine that the filter is for; but the returns that
 * it repeats for long jumps it turns twice (gen_bpf.c, _gen_bpf_build_bpf(), up to 2.6.1). */
static void turn_bytes(struct sock_filter *insns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t turned = __builtin_bswap32(insns[i].k);
        bool twice;

        insns[i].code = __builtin_bswap16(insns[i].code);
        twice = BPF_CLASS(insns[i].code) == BPF_RET && !is_return_value(turned) &&
                is_return_value(insns[i].k);
        insns[i].k = twice ? insns[i].k : turned;
    }
}

static int export_program(const struct target *t, struct bolt_bpf *out, struct bolt_err *err)
{
    BOLT_CLOSE int fd = memfd_create("drawbolt-filter", MFD_CLOEXEC);
    struct sock_filter *insns;
    off_t size;
    int rc;

    if (fd < 0) {
        return bolt_fail_errno(err, errno, "make a memory file");
    }
    rc = seccomp_export_bpf(t->ctx, fd);
    if (rc != 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "libseccomp makes no filter of it: %s",
                         strerror(-rc));
    }
    size = lseek(fd, 0, SEEK_END);
    if (size < 0 || (size_t)size > BPF_MAXINSNS * sizeof *insns) {
        return bolt_fail(err, BOLT_ERR_INPUT, "more instructions than the kernel takes");
    }
    insns = bolt_arena_alloc(t->arena, (size_t)size, 1);
    if (pread(fd, insns, (size_t)size, 0) != size) {
        return bolt_fail_errno(err, errno, "read a memory file");
    }
    *out = (struct bolt_bpf){.insns = insns,
                             .count = (size_t)size / sizeof *insns,
                             .big_endian = t->machine->big_endian};
    if (t->machine->big_endian != bolt_machine_native()->big_endian) {
        turn_bytes(insns, out->count);
    }
    return bolt_bpf_check(*out, err);
}

int bolt_compile(struct bolt_arena *arena, const struct bolt_profile *profile,
                 const struct bolt_compile *how, struct bolt_bpf *out, struct bolt_err *err)
{
    __attribute__((cleanup(release))) scmp_filter_ctx ctx = NULL;
    struct target t = {.arena = arena,
                       .profile = profile,
                       .machine = how->machine != NULL ? how->machine : bolt_machine_native()};

    /* Do not ask this kernel which actions it has: where it lacks one, the runtime refuses. */
    (void)seccomp_api_set(API_LEVEL);
    ctx = seccomp_init(profile->default_action);
    t.ctx = ctx;
    if (ctx == NULL) {
        return bolt_fail(err, BOLT_ERR_INPUT, "libseccomp does not take the default action %s here",
                         bolt_act_name(profile->default_action));
    }
    if (add_archs(&t, err) != 0) {
        return -1;
    }
    t.scope = (struct bolt_scope_of){.all = true};
    if (how->scope == BOLT_SCOPE_SOCKETS) {
        t.scope = bolt_scope_find(arena, profile, t.machine);
        t.scope.mixed = t.scope.mixed || how->mixed;
    }
    collect_rules(&t);
    if (check_rules(&t, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < t.rule_count; i++) {
        if (add_rule(&t, &t.rules[i], err) != 0) {
            return -1;
        }
    }
    if (how->binary_tree && t.rule_count > 32 &&
        seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "libseccomp makes no binary tree");
    }
    return export_program(&t, out, err);
}

bool bolt_compile_knows(const struct bolt_machine *machine)
{
    return token_of(bolt_bytes_of(machine->abis[0]->name)) != 0;
}

struct bolt_bytes bolt_compile_call_name(struct bolt_arena *arena, const struct bolt_abi *abi,
                                         uint32_t nr)
{
    char *name = seccomp_syscall_resolve_num_arch(token_of(bolt_bytes_of(abi->name)), (int)nr);
    struct bolt_bytes copy = {0};

    if (name != NULL) {
        copy = bolt_bytes_copy(arena, bolt_bytes_of(name));
        free(name);
    }
    return copy;
}

long bolt_compile_highest(struct bolt_arena *arena, const struct bolt_profile *profile,
                          const char *arch)
{
    uint32_t token = token_of(bolt_bytes_of(arch));
    long highest = -1;

    for (size_t i = 0; i < profile->entry_count; i++) {
        bolt_node n = bolt_doc_first(profile->doc, profile->entries[i].names);

        for (; n.id != 0; n = bolt_doc_next(profile->doc, n)) {
            int nr = seccomp_syscall_resolve_name_arch(
                token, bolt_bytes_cstr(arena, bolt_doc_string(profile->doc, n)));

            highest = nr > highest ? nr : highest;
        }
    }
    return highest;
}
