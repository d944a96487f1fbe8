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
 *
 * libseccomp 2.5.0 to 2.6.1 forgets to load the call's number where, among an architecture's rules,
 * the first by priority is about a call that the architecture lacks (gen_bpf.c,
 * _gen_bpf_syscalls(): only the head of the list resets the accumulator, and such calls are
 * skipped): all its rules are then dead. A rule without conditions has the highest priority, and
 * among equals a call that exists comes first; only a call with more than 65,535 conditions comes
 * before (the priority is 0xffff less their number, unsigned). So one such rule, for a call that
 * exists on every listed architecture, tells that the bug does not strike, as long as all rules
 * with conditions are about calls that exist everywhere too. The smaller scope takes the first one
 * along; without one, or with other conditions, it takes the whole profile.
 *
 * Where an architecture has socketcall(), libseccomp makes a rule for it of each rule for
 * connect(), bind() and so on. Those matter to what is written about socketcall() unless they say
 * the same as it does; then they are in the smaller scope too.
 */
#include "seccomp/compile.h"

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
    uint32_t archs[ARCHS_MAX]; /* libseccomp's tokens, native included */
    size_t arch_count;
    struct bolt_arena *arena;
    const struct bolt_profile *profile;
    bool all;
    bool mixes; /* the calls that socketcall() stands for are in scope */
    struct bolt_bytes anchor;
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
    t->archs[t->arch_count++] = token;
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
        t->archs[t->arch_count++] = token;
    }
    return 0;
}

/* --- scope ------------------------------------------------------------------------------ */

static bool is_rule(const struct target *t, const struct bolt_entry *entry)
{
    return entry->action != t->profile->default_action;
}

static bool is_everywhere(const struct target *t, const char *name)
{
    for (size_t i = 0; i < t->arch_count; i++) {
        if (seccomp_syscall_resolve_name_arch(t->archs[i], name) < 0) {
            return false;
        }
    }
    return true;
}

static bool makes_sockets(struct bolt_bytes name)
{
    return bolt_bytes_is(name, "socket") || bolt_bytes_is(name, "socketcall") ||
           bolt_bytes_is(name, "io_uring_setup");
}

/* What socketcall() stands for besides socket(): include/uapi/linux/net.h, SYS_*. */
static bool is_multiplexed(struct bolt_bytes name)
{
    static const char *const names[] = {
        "bind",    "connect", "listen",  "accept",   "getsockname", "getpeername", "socketpair",
        "send",    "recv",    "sendto",  "recvfrom", "shutdown",    "setsockopt",  "getsockopt",
        "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg"};

    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        if (bolt_bytes_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

static bool names_any(const struct target *t, const struct bolt_entry *e,
                      bool (*is)(struct bolt_bytes name))
{
    const struct bolt_doc *doc = t->profile->doc;

    for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (is(bolt_doc_string(doc, n))) {
            return true;
        }
    }
    return false;
}

static bool is_socketcall(struct bolt_bytes name)
{
    return bolt_bytes_is(name, "socketcall");
}

/* "Everything but SYS_SOCKET", or everything. */
static bool is_about_the_rest(const struct bolt_entry *e)
{
    return e->cond_count == 0 || (e->cond_count == 1 && e->conds[0].index == 0 &&
                                  e->conds[0].op == BOLT_CMP_NE && e->conds[0].value == 1);
}

static bool is_about_socket_only(const struct bolt_entry *e)
{
    const struct bolt_cond *c = e->conds;

    return e->cond_count == 1 && c->index == 0 &&
           ((c->op == BOLT_CMP_EQ && c->value == 1) ||
            (c->op == BOLT_CMP_MASKED_EQ && c->value == UINT32_MAX && c->value_two == 1));
}

/* Whether the rules for connect() and so on say anything else than those for socketcall(). */
static bool mixes_socketcall(const struct target *t)
{
    bool named = false;
    bool has_rest = false;
    uint32_t rest = 0;

    for (size_t i = 0; i < t->profile->entry_count; i++) {
        const struct bolt_entry *e = &t->profile->entries[i];

        if (!is_rule(t, e) || !names_any(t, e, is_socketcall)) {
            continue;
        }
        named = true;
        if (is_about_socket_only(e)) {
            continue;
        }
        if (!is_about_the_rest(e) || (has_rest && rest != e->action)) {
            return true;
        }
        has_rest = true;
        rest = e->action;
    }
    for (size_t i = 0; named && has_rest && i < t->profile->entry_count; i++) {
        const struct bolt_entry *e = &t->profile->entries[i];

        if (is_rule(t, e) && (e->cond_count != 0 || e->action != rest) &&
            names_any(t, e, is_multiplexed)) {
            return true;
        }
    }
    return false;
}

/* A call that libseccomp knows and that is missing on a listed architecture. */
static bool is_missing_somewhere(const struct target *t, struct bolt_bytes name)
{
    const char *text = bolt_bytes_cstr(t->arena, name);

    return seccomp_syscall_resolve_name(text) != __NR_SCMP_ERROR && !is_everywhere(t, text);
}

/* The first call with an unconditional rule that exists on all architectures; not one of those
 * whose rules are rewritten, so that it is the same one before and after. None if rules with
 * conditions, outside of the scope, are about calls that an architecture lacks. */
static bool find_anchor(struct target *t)
{
    const struct bolt_doc *doc = t->profile->doc;

    for (size_t i = 0; i < t->profile->entry_count; i++) {
        const struct bolt_entry *e = &t->profile->entries[i];

        if (!is_rule(t, e) || (e->cond_count == 0 && t->anchor.len != 0)) {
            continue;
        }
        for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
            struct bolt_bytes name = bolt_doc_string(doc, n);

            if (makes_sockets(name)) {
                continue;
            }
            if (e->cond_count != 0) {
                if (is_missing_somewhere(t, name)) {
                    return false;
                }
            } else if (t->anchor.len == 0 && is_everywhere(t, bolt_bytes_cstr(t->arena, name))) {
                t->anchor = name;
            }
        }
    }
    return t->anchor.len != 0;
}

static bool is_in_scope(const struct target *t, struct bolt_bytes name)
{
    return t->all || makes_sockets(name) || bolt_bytes_equal(name, t->anchor) ||
           (t->mixes && is_multiplexed(name));
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

        for (; is_rule(t, e) && n.id != 0; n = bolt_doc_next(doc, n)) {
            struct bolt_bytes name = bolt_doc_string(doc, n);

            if (is_in_scope(t, name)) {
                t->rules = bolt_arena_grow(t->arena, t->rules, t->rule_count, sizeof *t->rules);
                t->rules[t->rule_count++] = (struct rule){e, name};
            }
        }
    }
}

/* Before libseccomp sees the first. */
static int check_counts(const struct target *t, struct bolt_err *err)
{
    size_t conditional = 0;
    unsigned looked_at = 0;

    for (size_t i = 0; i < t->rule_count; i++) {
        const struct bolt_entry *e = t->rules[i].entry;

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
    t.all = how->scope == BOLT_SCOPE_ALL || !find_anchor(&t);
    t.mixes = !t.all && (how->mixed || mixes_socketcall(&t));
    collect_rules(&t);
    if (check_counts(&t, err) != 0) {
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

bool bolt_compile_mixes(const struct bolt_profile *profile)
{
    const struct target t = {.profile = profile};

    return mixes_socketcall(&t);
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
