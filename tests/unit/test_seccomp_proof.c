/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge is judged: by running programs, by counting every raw socket, by libseccomp's own
 * numbers, and by mutants that it must refuse.
 */
#include <seccomp.h>

#include "test_seccomp.h"

#include "base/family.h"
#include "seccomp/cover.h"

#define ALLOWLIST                                                                                  \
    "{\"defaultAction\":\"SCMP_ACT_ERRNO\"," TRIO ",\"syscalls\":[" ALLOWED(                       \
        "\"read\",\"futex\",\"socket\",\"socketcall\",\"io_uring_setup\"") "]}"

static void numbers_are_those_of_libseccomp(void **state)
{
    (void)state;
    for (size_t i = 0; i < bolt_abi_count; i++) {
        const struct bolt_abi *abi = &bolt_abis[i];
        uint32_t token = seccomp_arch_resolve_name(abi->text);

        if (token == 0) {
            print_message("  libseccomp does not know %s\n", abi->text);
            continue;
        }
        if (strcmp(abi->text, "x32") != 0) {
            assert_int_equal(abi->arch, token); /* its tokens are the AUDIT_ARCH_ values */
        }
        /* Where socketcall() exists, libseccomp has a number of its own for socket(). */
        if (abi->socketcall == 0) {
            assert_int_equal(seccomp_syscall_resolve_name_arch(token, "socket"), abi->socket);
        } else {
            assert_int_equal(seccomp_syscall_resolve_name_arch(token, "socketcall"),
                             abi->socketcall);
        }
        assert_int_equal(seccomp_syscall_resolve_name_arch(token, "io_uring_setup"),
                         abi->io_uring_setup);
    }
}

/* The list in raw.h, said in another way. */
static bool is_raw(unsigned family, unsigned type)
{
    type &= 15;
    return (family == 2 && (type == 3 || type == 10)) || (family == 10 && type == 3) ||
           (family == 17 && (type == 2 || type == 3 || type == 10)) || (family == 44 && type == 3);
}

static void the_denial_is_what_the_kernel_gates(void **state)
{
    const struct bolt_raw raw = {
        .action = BOLT_ACT_ERRNO | 1, .socketcall_action = BOLT_ACT_ERRNO | 1, .io_uring = true};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_dds *dds = bolt_dds_new(arena, BOLT_DD_FINE);
    uint64_t seed = 5;

    (void)state;
    for (unsigned family = 0; family < 256; family++) {
        for (unsigned type = 0; type < 256; type++) {
            struct bolt_input in = {.arch = bolt_machine_native()->abis[0]->arch,
                                    .nr = bolt_machine_native()->abis[0]->socket,
                                    .args = {family | dice(&seed) << 32, type | dice(&seed) << 32}};

            assert_int_equal(bolt_act_denies(bolt_raw_run(&raw, &in)), is_raw(family, type));
        }
    }
    for (unsigned i = 0; i < 20000; i++) {
        struct bolt_input in = random_call(&seed);
        struct bolt_raw one = {.extent = i % 2 == 0 ? BOLT_RAW_ASKED : BOLT_RAW_DENIED,
                               .action = BOLT_ACT_ERRNO | 7,
                               .socketcall_action =
                                   i % 3 == 0 ? BOLT_ACT_ALLOW : BOLT_ACT_ERRNO | 38,
                               .io_uring = i % 5 == 0};

        assert_int_equal(bolt_dd_eval(dds, bolt_raw_diagram(dds, &one, &in), in.args),
                         bolt_raw_run(&one, &in));
    }
    assert_false(bolt_dds_full(dds));
}

/* How many types of a family are denied; with AF_INET, those of AF_PACKET too. */
static unsigned types_denied(const struct bolt_raw *raw, unsigned family)
{
    unsigned count = 0;

    for (unsigned type = 0; type < 16; type++) {
        struct bolt_input in = {.arch = bolt_machine_native()->abis[0]->arch,
                                .nr = bolt_machine_native()->abis[0]->socket,
                                .args = {family, type}};

        count += bolt_act_denies(bolt_raw_run(raw, &in)) ? 1 : 0;
    }
    return count;
}

static void every_family_with_a_name_is_denied_and_can_be_spared(void **state)
{
    (void)state;
    for (size_t i = 0; i < bolt_family_count; i++) {
        const struct bolt_family *family = &bolt_families[i];
        struct bolt_raw raw = {.action = BOLT_ACT_ERRNO | 1};
        unsigned of_packets = family->number == BOLT_AF_INET ? 1 : 0;

        assert_true(family->number < 64);
        assert_ptr_equal(bolt_family_of(family->number), family);
        assert_ptr_equal(bolt_family_named(bolt_bytes_of(family->name)), family);
        assert_int_equal(types_denied(&raw, family->number) != 0, !family->extended);
        raw.extended = true;
        assert_true(types_denied(&raw, family->number) > of_packets);
        raw.spared = UINT64_C(1) << family->number;
        assert_int_equal(types_denied(&raw, family->number), of_packets);
    }
    assert_null(bolt_family_of(16));
    assert_null(bolt_family_named(BOLT_LIT("AF_NETLINK")));
    assert_null(bolt_family_named(BOLT_LIT("af_inet")));
    assert_null(bolt_family_named(BOLT_LIT("")));
}

static void running_a_program_agrees_with_its_diagram(void **state)
{
    static const char *const texts[] = {"docker-default", "podman-default"};
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(texts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_dds *dds = bolt_dds_new(arena, BOLT_DD_FINE);
        const char *text = recorded(arena, texts[i]);
        struct bolt_bpf bpf;
        uint64_t seed = 17;

        assert_true(compile_of(arena, merged_text(arena, text, &deny_all), &all, &bpf));
        for (unsigned j = 0; j < 30; j++) {
            struct bolt_input in = random_call(&seed);
            bolt_dd f;

            assert_true(bolt_bpf_diagram(arena, dds, bpf, &in, &f));
            for (unsigned k = 0; k < 300; k++) {
                struct bolt_input other = random_call(&seed);

                memcpy(in.args, other.args, sizeof in.args);
                assert_int_equal(bolt_bpf_run(bpf, &in), bolt_dd_eval(dds, f, in.args));
            }
        }
    }
}

/* A random program of the kind that is understood. */
static size_t random_program(uint64_t *seed, struct sock_filter *out)
{
    static const uint16_t tests[] = {BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGT | BPF_K,
                                     BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JSET | BPF_K};
    static const uint32_t actions[] = {BOLT_ACT_ALLOW, BOLT_ACT_ERRNO | 1, BOLT_ACT_KILL_THREAD,
                                       BOLT_ACT_LOG};
    size_t count = 20 + dice(seed) % 20;

    for (size_t i = 0; i < count; i++) {
        uint8_t left = (uint8_t)(count - 1 - i);
        unsigned what = (unsigned)(dice(seed) % 8);

        if (left < 2) {
            out[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, actions[dice(seed) % 4]);
        } else if (i == 0 || what < 2) {
            out[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                  (uint32_t)(16 + dice(seed) % 6 * 4));
        } else if (what == 2) {
            out[i] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (uint32_t)dice(seed));
        } else {
            out[i] = (struct sock_filter)BPF_JUMP(
                tests[dice(seed) % 4], (uint32_t)(dice(seed) % (what < 5 ? 64 : UINT32_MAX)),
                (uint8_t)(dice(seed) % left % 8), (uint8_t)(dice(seed) % left % 8));
        }
    }
    return count;
}

static void random_programs_agree_with_their_diagrams(void **state)
{
    uint64_t seed = 99;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_dds *dds = bolt_dds_new(arena, BOLT_DD_FINE);
        struct sock_filter insns[64];
        struct bolt_bpf bpf = {.insns = insns, .count = random_program(&seed, insns)};
        struct bolt_input in = random_call(&seed);
        struct bolt_err err = {0};
        bolt_dd f;

        assert_int_equal(bolt_bpf_check(bpf, &err), 0);
        assert_true(bolt_bpf_diagram(arena, dds, bpf, &in, &f));
        for (unsigned j = 0; j < 200; j++) {
            struct bolt_input other = random_call(&seed);

            memcpy(in.args, other.args, sizeof in.args);
            for (unsigned k = 0; j % 2 == 0 && k < 3; k++) {
                in.args[k] = dice(&seed);
            }
            assert_int_equal(bolt_bpf_run(bpf, &in), bolt_dd_eval(dds, f, in.args));
        }
    }
}

static void a_cover_is_the_set(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_dds *dds = bolt_dds_new(arena, BOLT_DD_FINE);
        struct bolt_cond conds[4];
        struct bolt_cover cover = {
            .arena = arena, .dds = dds, .wide = true, .offers = conds, .offer_count = i % 5};
        bolt_dd set = bolt_dd_leaf(dds, 0);
        bolt_dd got = bolt_dd_leaf(dds, 0);

        for (unsigned j = 0; j < 4; j++) {
            conds[j] =
                (struct bolt_cond){(unsigned)(dice(&seed) % 3), (enum bolt_cmp)(dice(&seed) % 7),
                                   dice(&seed) % 20, dice(&seed) % 20};
            set = bolt_dd_ite(dds, bolt_cover_cond(dds, &conds[j], true),
                              bolt_dd_leaf(dds, dice(&seed) % 2), set);
        }
        if (!bolt_cover_add(&cover, set, set)) {
            continue;
        }
        for (size_t j = 0; j < cover.count; j++) {
            bolt_dd cube = bolt_dd_leaf(dds, 1);

            for (size_t k = 0; k < cover.cubes[j].cond_count; k++) {
                cube = bolt_dd_and(dds, cube, bolt_cover_cond(dds, &cover.cubes[j].conds[k], true));
                assert_true(k == 0 ||
                            cover.cubes[j].conds[k].index > cover.cubes[j].conds[k - 1].index);
            }
            got = bolt_dd_or(dds, got, cube);
        }
        assert_true(bolt_dd_same(got, set));
    }
}

static void what_cannot_be_judged_is_refused(void **state)
{
    static const struct sock_filter ok[] = {BPF_STMT(BPF_RET | BPF_K, BOLT_ACT_ALLOW)};
    static const struct sock_filter bad[][2] = {
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)},
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8), BPF_STMT(BPF_RET | BPF_K, 0)},  /* where from */
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 0)}, /* beyond */
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 18), BPF_STMT(BPF_RET | BPF_K, 0)}, /* between */
        {BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
        {BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 0)},
        {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
        {BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 0)},
        {BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0)},
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, 0x12340000)},
    };
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_bpf_check((struct bolt_bpf){.insns = ok, .count = 1}, &err), 0);
    assert_int_equal(bolt_bpf_check((struct bolt_bpf){.insns = ok, .count = 0}, &err), -1);
    for (size_t i = 0; i < BOLT_LEN(bad); i++) {
        assert_int_equal(bolt_bpf_check((struct bolt_bpf){.insns = bad[i], .count = 2}, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
    }
}

/* --- mutants ---------------------------------------------------------------------------- */

static const char *replaced(struct bolt_arena *arena, const char *text, const char *from,
                            const char *to)
{
    const char *at = strstr(text, from);
    struct bolt_buf out = {.arena = arena};

    if (at == NULL) {
        fail_msg("no '%s' in %s", from, text);
    }
    bolt_buf_add(&out, (struct bolt_bytes){text, (size_t)(at - text)});
    bolt_buf_adds(&out, to);
    bolt_buf_adds(&out, at + strlen(from));
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&out));
}

static const struct {
    const char *before;
    const char *from;
    const char *to;
} mutants[] = {
    /* The family compared as a whole: upper half. */
    {"null", "\"value\":4294967295,\"valueTwo\":17,\"op\":\"SCMP_CMP_MASKED_EQ\"",
     "\"value\":17,\"op\":\"SCMP_CMP_EQ\""},
    {"null", "\"value\":4294967295,\"valueTwo\":17",
     "\"value\":18446744073709551615,\"valueTwo\":17"},
    /* The type with its flags. */
    {"null", "\"value\":15,\"valueTwo\":3", "\"value\":4294967295,\"valueTwo\":3"},
    {"null", "\"value\":15,\"valueTwo\":3", "\"value\":15,\"valueTwo\":2"},
    {"null", "\"value\":15,\"valueTwo\":3", "\"value\":7,\"valueTwo\":3"},
    {"null", "\"value\":15,\"valueTwo\":10", "\"value\":15,\"valueTwo\":3"},
    /* Only one of the two Internet families. */
    {"null", "4294967287", "4294967295"},
    {"null", "\"valueTwo\":44", "\"valueTwo\":45"},
    {"null", "\"valueTwo\":17", "\"valueTwo\":16"},
    /* Nothing denied, or with another errno, or harder than asked. */
    {"null", "\"errnoRet\":1", "\"errnoRet\":13"},
    {"null", "SCMP_ACT_ERRNO", "SCMP_ACT_LOG"},
    {"null", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"},
    {"null", "\"io_uring_setup\"", "\"io_uring_enter\""},
    {"null", "\"defaultAction\":\"SCMP_ACT_ALLOW\"", "\"defaultAction\":\"SCMP_ACT_LOG\""},
    /* An ABI is killed. */
    {"null", "\"SCMP_ARCH_X86\",", ""},
    {"null", ",\"SCMP_ARCH_X32\"", ""},
    /* libseccomp forgets to load the number: all rules of x86-64 are dead. */
    {"null", "{\"names\":[\"io_uring_setup\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}",
     "{\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}"},
    /* An allowance swallows the conditions. */
    {ALLOWLIST, "\"futex\"", "\"futex\",\"socket\""},
    {ALLOWLIST, "\"futex\"", "\"futex\",\"socketcall\""},
    {ALLOWLIST, "\"futex\"", "\"futex\",\"io_uring_setup\""},
    {ALLOWLIST, "\"futex\"", "\"futex\",\"mount\""},
    {ALLOWLIST, "\"futex\"", "\"mount\""},
    /* What the default says is no rule. */
    {ALLOWLIST, "\"errnoRet\":38", "\"errnoRet\":1"},
    {ALLOWLIST, "\"op\":\"SCMP_CMP_NE\"", "\"op\":\"SCMP_CMP_LE\""},
    /* The first rule allows everything. */
    {ALLOWLIST, "\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38",
     "\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_ALLOW\""},
};

static void mutants_are_refused(void **state)
{
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};

    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(mutants); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *good = merged_text(arena, mutants[i].before, &deny_all);
        const char *bad = replaced(arena, good, mutants[i].from, mutants[i].to);

        assert_int_not_equal(fit_of(arena, mutants[i].before, good, &deny_all, &all),
                             BOLT_SECCOMP_UNPROVED);
        if (fit_of(arena, mutants[i].before, bad, &deny_all, &all) != BOLT_SECCOMP_UNPROVED) {
            fail_msg("survived: %s instead of %s", mutants[i].to, mutants[i].from);
        }
    }
}

/* Every rule of a merged profile is needed. */
static void no_rule_can_be_left_out(void **state)
{
    static const char *const olds[] = {"null", ALLOWLIST};
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};

    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(olds); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = doc_of(arena, merged_text(arena, olds[i], &deny_all));
        bolt_node list = bolt_doc_member(doc, bolt_doc_root(doc), "syscalls");

        for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
            const struct bolt_edit drop = {.op = BOLT_EDIT_REMOVE, .target = n, .reason = "test"};
            struct bolt_buf out = {.arena = arena};
            struct bolt_err err = {0};
            struct bolt_bytes source = bolt_doc_source(doc, n);

            assert_int_equal(bolt_edit_apply(doc, &drop, 1, &out, &err), 0);
            if (bolt_bytes_has_prefix(source, "{\"names\":[\"io_uring_setup\"]") && i == 1) {
                continue; /* says what the default says; there for its name */
            }
            if (fit_of(arena, olds[i], bolt_bytes_cstr(arena, bolt_buf_bytes(&out)), &deny_all,
                       &all) != BOLT_SECCOMP_UNPROVED) {
                fail_msg("not needed: %.*s", BOLT_FMT(source));
            }
        }
    }
}

/* What a proof says, thousands of calls say too. */
static void proofs_hold_when_programs_run(void **state)
{
    static const char *const olds[] = {"null", ALLOWLIST};
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};
    uint64_t seed = 1;

    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(olds); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_profile model = model_of(arena, olds[i]);
        struct bolt_raw raw = raw_of(&deny_all, model.default_action);
        struct bolt_bpf p = {.count = 0};
        struct bolt_bpf n;

        if (!model.unconfined) {
            assert_true(compile_of(arena, olds[i], &all, &p));
        }
        assert_true(compile_of(arena, merged_text(arena, olds[i], &deny_all), &all, &n));
        for (unsigned j = 0; j < 40000; j++) {
            struct bolt_input in = random_call(&seed);
            uint32_t want = bolt_prove_stricter(
                p.count != 0 ? bolt_bpf_run(p, &in) : BOLT_ACT_ALLOW, bolt_raw_run(&raw, &in));

            if ((uint32_t)in.args[0] < 64) { /* beyond, N may be stricter */
                assert_int_equal(bolt_bpf_run(n, &in), want);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_libseccomp),
        cmocka_unit_test(the_denial_is_what_the_kernel_gates),
        cmocka_unit_test(every_family_with_a_name_is_denied_and_can_be_spared),
        cmocka_unit_test(running_a_program_agrees_with_its_diagram),
        cmocka_unit_test(random_programs_agree_with_their_diagrams),
        cmocka_unit_test(a_cover_is_the_set),
        cmocka_unit_test(what_cannot_be_judged_is_refused),
        cmocka_unit_test(mutants_are_refused),
        cmocka_unit_test(no_rule_can_be_left_out),
        cmocka_unit_test(proofs_hold_when_programs_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
