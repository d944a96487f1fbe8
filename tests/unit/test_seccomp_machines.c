/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other machines than this one: the merge for each, proved on whole programs, and the programs run
 * on the calls that matter. What is judged here is what libseccomp makes for a machine; that its
 * kernel numbers calls like this is the word of its tables (abi.c).
 */
#include <stdio.h>

#include "seccomp/inspect.h"
#include "test_seccomp.h"

#define DENY_BUT_ALLOW(entries)                                                                    \
    "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"syscalls\":["                   \
    "{\"names\":[\"read\",\"write\",\"bind\",\"connect\",\"socketcall\",\"io_uring_setup\","       \
    "\"openat2\",\"futex_waitv\"],\"action\":\"SCMP_ACT_ALLOW\"}" entries "]}"
#define SOCKET(action, args)                                                                       \
    ",{\"names\":[\"socket\"],\"action\":\"" action "\",\"args\":[" args "]}"
#define ARG(index, value, op)                                                                      \
    "{\"index\":" #index ",\"value\":" #value ",\"op\":\"SCMP_CMP_" op "\"}"

static const char *const profiles[] = {
    "null",
    "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
    DENY_BUT_ALLOW(SOCKET("SCMP_ACT_ALLOW", "")),
    DENY_BUT_ALLOW(SOCKET("SCMP_ACT_ALLOW", ARG(0, 40, "NE"))),
    DENY_BUT_ALLOW(SOCKET("SCMP_ACT_ALLOW", ARG(0, 1, "EQ"))
                       SOCKET("SCMP_ACT_LOG", ARG(0, 2, "EQ"))),
};

static const char *const recordings[] = {"docker-default", "podman-default"};

/* A recorded profile names x86's architectures; without any list only the native one is meant. */
static const char *without_archs(struct bolt_arena *arena, const char *text)
{
    const struct bolt_doc *doc = doc_of(arena, text);
    bolt_node archs = bolt_doc_member(doc, profile_in(doc), "architectures");
    const struct bolt_edit edit = {.op = BOLT_EDIT_REMOVE, .target = archs};
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};

    assert_int_equal(bolt_edit_apply(doc, &edit, archs.id != 0, &out, &err), 0);
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&out));
}

/* The same with all ABIs of the machine. */
static const char *with_archs(struct bolt_arena *arena, const char *text,
                              const struct bolt_machine *machine)
{
    const struct bolt_doc *doc = doc_of(arena, text);
    struct bolt_buf list = {.arena = arena};
    struct bolt_edit edit = {
        .op = BOLT_EDIT_APPEND, .target = profile_in(doc), .name = BOLT_LIT("architectures")};
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};

    if (bolt_doc_kind(doc, edit.target) != BOLT_JSON_OBJECT) {
        return text;
    }
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        bolt_buf_addf(&list, "%s\"%s\"", i == 0 ? "[" : ",", machine->abis[i]->name);
    }
    bolt_buf_adds(&list, "]");
    edit.text = bolt_buf_bytes(&list);
    assert_int_equal(bolt_edit_apply(doc, &edit, 1, &out, &err), 0);
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&out));
}

static struct bolt_bpf program(struct bolt_arena *arena, const char *text,
                               const struct bolt_machine *machine, uint32_t *default_action)
{
    const struct bolt_compile how = {.scope = BOLT_SCOPE_ALL, .machine = machine};
    struct bolt_profile profile = model_of(arena, text);
    struct bolt_bpf bpf = {.count = 0};
    struct bolt_err err = {0};

    *default_action = profile.default_action;
    if (!profile.unconfined && bolt_compile(arena, &profile, &how, &bpf, &err) != 0) {
        fail_msg("%s: %s", machine->name, err.text);
    }
    return bpf;
}

/* Every ABI, families with types, clean: N is the stricter of P and Q, but for what is excused. */
static void run_calls(const struct bolt_machine *machine, struct bolt_bpf p, struct bolt_bpf n,
                      const struct bolt_raw *raw, uint32_t beyond)
{
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        for (uint64_t at = 0; at < 70 * 16; at++) {
            struct bolt_input in = {.arch = machine->abis[i]->arch,
                                    .nr = machine->abis[i]->socket,
                                    .args = {at / 16, at % 16 | (at % 3 == 0 ? 0x80000 : 0), 0}};
            uint32_t before = p.count != 0 ? bolt_bpf_run(p, &in) : BOLT_ACT_ALLOW;
            uint32_t want = bolt_prove_stricter(before, bolt_raw_run(raw, &in));
            uint32_t got = bolt_bpf_run(n, &in);

            if (got != want && !(in.args[0] >= 64 && got == beyond)) {
                fail_msg("%s: socket(%llu, %llu) gets 0x%x, not 0x%x", machine->abis[i]->text,
                         (unsigned long long)in.args[0], (unsigned long long)in.args[1], got, want);
            }
        }
    }
}

static void judge(struct bolt_arena *arena, const struct bolt_machine *machine, const char *text)
{
    struct bolt_seccomp_denial denial = deny_all;
    struct bolt_seccomp_verdict verdict;
    struct bolt_seccomp_result result;
    struct bolt_proof proof;
    struct bolt_claim claim = {.machine = machine};
    struct bolt_err err = {0};
    struct bolt_bpf p;
    uint32_t unused;
    const char *after;

    denial.machine = machine;
    result = merge_of(arena, text, &denial);
    if (result.fit == BOLT_SECCOMP_UNPROVED) {
        fail_msg("%s: %.*s: %.80s", machine->name, BOLT_FMT(result.reason), text);
    }
    after = merged_text(arena, text, &denial);
    p = program(arena, text, machine, &claim.beyond);
    claim.p = p.count != 0 ? &p : NULL;
    claim.n = program(arena, after, machine, &unused);
    claim.raw = raw_of(&denial, claim.beyond);
    if (bolt_prove(arena, bolt_dds_new(arena, BOLT_DD_FINE), &claim, &proof, &err) != 0) {
        fail_msg("%s: %s", machine->name, err.text);
    }
    assert_int_equal(proof.fit, result.fit);
    run_calls(machine, p, claim.n, &claim.raw, claim.beyond);
    assert_int_equal(bolt_seccomp_prove(arena, doc_of(arena, after),
                                        profile_in(doc_of(arena, after)), &denial, &verdict, &err),
                     0);
    assert_true(verdict.proved);
}

static void profiles_are_merged_for_every_machine(void **state)
{
    size_t judged = 0;

    (void)state;
    for (size_t i = 0; i < bolt_machine_count; i++) {
        const struct bolt_machine *machine = &bolt_machines[i];

        if (!bolt_compile_knows(machine)) {
            print_message("libseccomp makes no filters for %s\n", machine->name);
            continue;
        }
        for (size_t j = 0; j < BOLT_LEN(profiles) + BOLT_LEN(recordings); j++) {
            BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
            const char *text = j < BOLT_LEN(profiles)
                                   ? profiles[j]
                                   : recorded(arena, recordings[j - BOLT_LEN(profiles)]);

            text = without_archs(arena, text);
            judge(arena, machine, text);
            judge(arena, machine, with_archs(arena, text, machine));
            judged++;
        }
    }
    assert_true(judged >= 6 * BOLT_LEN(profiles));
}

/* The upper half of an argument comes first there; one that only has something in that half must be
 * seen there. */
static void halves_are_in_the_machines_order(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const char text[] = DENY_BUT_ALLOW(SOCKET("SCMP_ACT_ALLOW", ARG(0, 4294967297, "EQ")));

    (void)state;
    for (size_t i = 0; i < bolt_machine_count; i++) {
        const struct bolt_machine *machine = &bolt_machines[i];
        struct bolt_input in = {.arch = machine->abis[0]->arch, .nr = machine->abis[0]->socket};
        uint32_t unused;
        struct bolt_bpf bpf;

        if (!bolt_compile_knows(machine) || !machine->abis[0]->wide) {
            continue;
        }
        bpf = program(arena, text, machine, &unused);
        assert_int_equal(bpf.big_endian, strcmp(machine->name, "s390x") == 0);
        in.args[0] = 4294967297;
        assert_int_equal(bolt_bpf_run(bpf, &in), BOLT_ACT_ALLOW);
        in.args[0] = 1;
        assert_int_equal(bolt_bpf_run(bpf, &in), BOLT_ACT_ERRNO | 1);
        in.args[0] = (uint64_t)1 << 32;
        assert_int_equal(bolt_bpf_run(bpf, &in), BOLT_ACT_ERRNO | 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_merged_for_every_machine),
        cmocka_unit_test(halves_are_in_the_machines_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
