/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of seccomp/ share: profiles, merging them, and looking at what came out. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bolt_test.h"
#include "dice.h"
#include "raw_of.h"

#include "seccomp/compile.h"
#include "seccomp/prove.h"
#include "seccomp/seccomp.h"

#define TRIO "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"
#define ALLOWED(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"}"

/* The denial that policies ask for by default; and the milder one. */
static const struct bolt_seccomp_denial deny_all = {
    .errnum = 1, .socketcall = true, .io_uring = true};
static const struct bolt_seccomp_denial keep_mux BOLT_UNUSED = {.errnum = 1};

/* Cases that name x86's three ABIs are of no use on other machines. */
static inline void skip_unless_trio(void)
{
    if (bolt_machine_native()->abis[1] == NULL || bolt_machine_native()->abis[2] == NULL) {
        print_message("  not a machine with three ABIs\n");
        skip();
    }
}

/* A recorded config.json. The test is skipped if meson, which says where it is, does not run it. */
static inline const char *recorded(struct bolt_arena *arena, const char *name)
{
    const char *root = getenv("BOLT_TESTS");
    struct bolt_buf text = {.arena = arena};
    struct bolt_buf path = {.arena = arena};
    char part[4096];
    ssize_t got;
    int fd;

    if (root == NULL) {
        print_message("  BOLT_TESTS is not set: %s is not looked at\n", name);
        skip();
    }
    bolt_buf_addf(&path, "%s/data/configs/%s.json", root, name);
    fd = open(path.at, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fail_msg("%s: not there", name);
    }
    while ((got = read(fd, part, sizeof part)) > 0) {
        bolt_buf_add(&text, (struct bolt_bytes){part, (size_t)got});
    }
    (void)close(fd);
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&text));
}

/* linux.seccomp, or the document itself. */
static inline bolt_node profile_in(const struct bolt_doc *doc)
{
    bolt_node linux_node = bolt_doc_member(doc, bolt_doc_root(doc), "linux");

    return linux_node.id != 0 ? bolt_doc_member(doc, linux_node, "seccomp") : bolt_doc_root(doc);
}

static inline struct bolt_profile model_of(struct bolt_arena *arena, const char *text)
{
    const struct bolt_doc *doc = doc_of(arena, text);
    struct bolt_profile profile = {0};
    struct bolt_err err = {0};

    if (bolt_profile_read(arena, doc, profile_in(doc), &profile, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return profile;
}

static inline bool compile_of(struct bolt_arena *arena, const char *text,
                              const struct bolt_compile *how, struct bolt_bpf *out)
{
    struct bolt_profile profile = model_of(arena, text);
    struct bolt_err err = {0};

    return bolt_compile(arena, &profile, how, out, &err) == 0;
}

static inline struct bolt_seccomp_result merge_of(struct bolt_arena *arena, const char *text,
                                                  const struct bolt_seccomp_denial *denial)
{
    const struct bolt_doc *doc = doc_of(arena, text);
    struct bolt_seccomp_result result = {0};
    struct bolt_err err = {0};

    if (bolt_seccomp_merge(arena, doc, profile_in(doc), denial, "test", &result, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return result;
}

/* The profile after the merge, on its own. */
static inline const char *merged_text(struct bolt_arena *arena, const char *text,
                                      const struct bolt_seccomp_denial *denial)
{
    const struct bolt_doc *doc = doc_of(arena, text);
    struct bolt_seccomp_result result = {0};
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};

    if (bolt_seccomp_merge(arena, doc, profile_in(doc), denial, "test", &result, &err) != 0) {
        fail_msg("%s", err.text);
    }
    if (result.unconfined) {
        return bolt_bytes_cstr(arena, result.profile);
    }
    if (bolt_edit_apply(doc, result.edits, result.edit_count, &out, &err) != 0) {
        fail_msg("%s", err.text);
    }
    doc = doc_of(arena, bolt_bytes_cstr(arena, bolt_buf_bytes(&out)));
    return bolt_bytes_cstr(arena, bolt_doc_source(doc, profile_in(doc)));
}

/* How the profile @after relates to the stricter of @before and the denial, judged on programs of
 * the whole profiles. */
static inline enum bolt_seccomp_fit fit_of(struct bolt_arena *arena, const char *before,
                                           const char *after,
                                           const struct bolt_seccomp_denial *denial,
                                           const struct bolt_compile *how)
{
    struct bolt_profile p = model_of(arena, before);
    struct bolt_claim claim = {.raw = raw_of(denial, p.default_action), .beyond = p.default_action};
    struct bolt_proof proof = {.fit = BOLT_SECCOMP_UNPROVED};
    struct bolt_err err = {0};
    struct bolt_bpf bpf;

    if (!p.unconfined) {
        if (bolt_compile(arena, &p, how, &bpf, &err) != 0) {
            return BOLT_SECCOMP_UNPROVED;
        }
        claim.p = &bpf;
    }
    if (!compile_of(arena, after, how, &claim.n) ||
        bolt_prove(arena, bolt_dds_new(arena, BOLT_DD_FINE), &claim, &proof, &err) != 0) {
        return BOLT_SECCOMP_UNPROVED;
    }
    return proof.fit;
}

/* A call as programs may make it on purpose: often about sockets, often near what rules compare. */
static inline struct bolt_input random_call(uint64_t *seed)
{
    static const uint32_t values[] = {0,  1,  2,  3,  5,  9,  10, 15, 16,         17,     18,
                                      26, 38, 39, 40, 41, 44, 45, 63, 64,         255,    1024,
                                      17, 2,  2,  3,  10, 16, 17, 44, 0x80000003, 0x80803};
    const struct bolt_abi *abi = bolt_machine_native()->abis[dice(seed) % 3];
    struct bolt_input in = {0};

    abi = abi != NULL ? abi : bolt_machine_native()->abis[0];
    in.arch = abi->arch;
    switch (dice(seed) % 8) {
    case 0:
        in.nr = (uint32_t)(dice(seed) % 600);
        break;
    case 1:
        in.nr = abi->io_uring_setup;
        break;
    case 2:
        in.nr = abi->socketcall;
        break;
    default:
        in.nr = abi->socket;
        break;
    }
    for (size_t i = 0; i < 6; i++) {
        in.args[i] = values[dice(seed) % BOLT_LEN(values)];
        if (dice(seed) % 8 == 0) {
            in.args[i] |= (dice(seed) % 3) << 32;
        }
        if (dice(seed) % 16 == 0) {
            in.args[i] ^= (uint64_t)1 << dice(seed) % 64;
        }
    }
    return in;
}
