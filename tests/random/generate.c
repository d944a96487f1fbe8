/* SPDX-License-Identifier: Apache-2.0 */
/* Random profiles, most of them as an enemy of the merge would write them. */
#include <string.h>

#include "dice.h"
#include "spec.h"

struct maker {
    struct bolt_arena *arena;
    uint64_t seed;
};

static uint64_t below(struct maker *m, uint64_t end)
{
    return dice(&m->seed) % end;
}

static bool one_in(struct maker *m, uint64_t n)
{
    return below(m, n) == 0;
}

#define PICK(m, array) ((array)[below((m), BOLT_LEN(array))])

/* --- parts ------------------------------------------------------------------------------ */

static uint32_t random_action(struct maker *m)
{
    static const uint32_t actions[] = {
        BOLT_ACT_ALLOW, BOLT_ACT_ALLOW, BOLT_ACT_ALLOW,        BOLT_ACT_ERRNO,
        BOLT_ACT_ERRNO, BOLT_ACT_ERRNO, BOLT_ACT_NOTIFY,       BOLT_ACT_TRACE,
        BOLT_ACT_LOG,   BOLT_ACT_TRAP,  BOLT_ACT_KILL_PROCESS, BOLT_ACT_KILL_THREAD};
    static const uint32_t data[] = {1, 1, 38, 0, 13, 97, 4095};
    uint32_t action = PICK(m, actions);

    return action | (bolt_act_has_data(action) ? PICK(m, data) : 0);
}

static uint64_t random_value(struct maker *m)
{
    static const uint64_t values[] = {0,
                                      1,
                                      2,
                                      2,
                                      3,
                                      5,
                                      10,
                                      10,
                                      16,
                                      17,
                                      17,
                                      38,
                                      40,
                                      44,
                                      45,
                                      63,
                                      64,
                                      65535,
                                      0x80003,
                                      0x80803,
                                      UINT32_MAX,
                                      0xfffffff7,
                                      (uint64_t)1 << 32,
                                      (uint64_t)1 << 32 | 2,
                                      (uint64_t)1 << 32 | 17,
                                      (uint64_t)1 << 63 | 3,
                                      UINT64_MAX};

    return one_in(m, 3) ? below(m, 48) : one_in(m, 4) ? PICK(m, values) : values[below(m, 17)];
}

static struct bolt_cond random_cond(struct maker *m)
{
    static const uint64_t masks[] = {UINT32_MAX, UINT32_MAX, 0xf,        0xf,       0xff,
                                     0xfffffff7, 7,          UINT64_MAX, 0xfffffff0};
    static const unsigned indexes[] = {0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5};
    struct bolt_cond cond = {
        .index = PICK(m, indexes), .op = (enum bolt_cmp)below(m, 7), .value = random_value(m)};

    if (cond.op == BOLT_CMP_MASKED_EQ) {
        cond.value = one_in(m, 6) ? dice(&m->seed) : PICK(m, masks);
        cond.value_two = random_value(m) & (one_in(m, 8) ? UINT64_MAX : cond.value);
    }
    return cond;
}

static const char *random_name(struct maker *m)
{
    static const char *const names[] = {
        "socket",         "socket",  "socket",  "socket",  "socketcall",       "socketcall",
        "io_uring_setup", "read",    "futex",   "mount",   "connect",          "bind",
        "socketpair",     "accept4", "sendto",  "waitpid", "arm_fadvise64_64", "no_such_call",
        "openat2",        "clone",   "recvmmsg"};

    return PICK(m, names);
}

static struct spec_entry random_entry(struct maker *m)
{
    struct spec_entry e = {.action = random_action(m)};
    size_t names = one_in(m, 3) ? 2 + below(m, 3) : 1;

    for (size_t i = 0; i < names; i++) {
        spec_add_name(m->arena, &e, random_name(m));
    }
    if (!one_in(m, 3)) {
        e.cond_count = 1 + (one_in(m, 3) ? below(m, 3) : 0);
    }
    for (size_t i = 0; i < e.cond_count; i++) {
        e.conds[i] = random_cond(m);
    }
    return e;
}

static void append(struct maker *m, struct spec *s, struct spec_entry e)
{
    spec_insert(m->arena, s, s->entry_count, e);
}

static struct spec_entry plain_entry(struct maker *m, uint32_t action, const char *const *names,
                                     size_t count)
{
    struct spec_entry e = {.action = action};

    for (size_t i = 0; i < count; i++) {
        spec_add_name(m->arena, &e, names[i]);
    }
    return e;
}

static void random_archs(struct maker *m, struct spec *s)
{
    static const char *const archs[] = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
    unsigned set = one_in(m, 3) ? (unsigned)below(m, 8) : 7;

    s->archs = NULL;
    s->arch_count = 0;
    for (size_t i = 0; i < BOLT_LEN(archs); i++) {
        if ((set >> i & 1) != 0) {
            s->archs = bolt_arena_grow(m->arena, s->archs, s->arch_count, sizeof *s->archs);
            s->archs[s->arch_count++] = archs[i];
        }
    }
}

/* --- kinds of profiles ------------------------------------------------------------------ */

static const char *const base[] = {"read", "write", "futex", "openat", "exit_group", "clone3"};

/* Anything at all. */
static struct spec chaos(struct maker *m)
{
    struct spec s = {.default_action = random_action(m)};
    size_t count = 1 + below(m, 7);

    random_archs(m, &s);
    if (!one_in(m, 4)) {
        append(m, &s, plain_entry(m, random_action(m), base, BOLT_LEN(base)));
    }
    for (size_t i = 0; i < count; i++) {
        append(m, &s, random_entry(m));
    }
    return s;
}

/* Sockets of some families, as operators write it. */
static struct spec by_family(struct maker *m)
{
    static const uint32_t defaults[] = {BOLT_ACT_ERRNO | 1,   BOLT_ACT_ERRNO | 38, BOLT_ACT_ERRNO,
                                        BOLT_ACT_KILL_THREAD, BOLT_ACT_TRAP,       BOLT_ACT_LOG};
    static const uint32_t actions[] = {BOLT_ACT_ALLOW, BOLT_ACT_ALLOW,  BOLT_ACT_ALLOW,
                                       BOLT_ACT_LOG,   BOLT_ACT_NOTIFY, BOLT_ACT_TRACE | 7};
    static const enum bolt_cmp ops[] = {BOLT_CMP_EQ, BOLT_CMP_EQ, BOLT_CMP_EQ, BOLT_CMP_EQ,
                                        BOLT_CMP_NE, BOLT_CMP_LT, BOLT_CMP_LE, BOLT_CMP_GT};
    struct spec s = {.default_action = PICK(m, defaults)};
    uint32_t action = PICK(m, actions);
    size_t count = 1 + below(m, 5);
    bool others = !one_in(m, 3);

    random_archs(m, &s);
    append(m, &s, plain_entry(m, BOLT_ACT_ALLOW, base, BOLT_LEN(base)));
    for (size_t i = 0; i < count; i++) {
        static const char *const name[] = {"socket"};
        struct spec_entry e = plain_entry(m, one_in(m, 6) ? random_action(m) : action, name, 1);

        e.cond_count = 1;
        e.conds[0] = (struct bolt_cond){0, PICK(m, ops), random_value(m), 0};
        if (one_in(m, 4)) {
            e.conds[e.cond_count++] = random_cond(m);
        }
        append(m, &s, e);
    }
    if (others) {
        static const char *const rest[] = {"socketcall",     "connect", "bind",
                                           "io_uring_setup", "listen",  "sendto"};

        append(m, &s,
               plain_entry(m, one_in(m, 5) ? random_action(m) : BOLT_ACT_ALLOW, rest + below(m, 3),
                           1 + below(m, 3)));
    }
    return s;
}

/* All is let through but for some denials. */
static struct spec mostly_open(struct maker *m)
{
    static const uint32_t defaults[] = {BOLT_ACT_ALLOW, BOLT_ACT_ALLOW,     BOLT_ACT_ALLOW,
                                        BOLT_ACT_LOG,   BOLT_ACT_TRACE | 1, BOLT_ACT_NOTIFY};
    static const uint32_t denials[] = {BOLT_ACT_ERRNO | 1, BOLT_ACT_ERRNO | 97, BOLT_ACT_TRAP,
                                       BOLT_ACT_KILL_PROCESS, BOLT_ACT_ERRNO};
    struct spec s = {.default_action = PICK(m, defaults)};
    uint32_t denial = PICK(m, denials);
    size_t count = below(m, 5);

    random_archs(m, &s);
    if (one_in(m, 2)) {
        append(m, &s, plain_entry(m, denial, base + 4, 1 + below(m, 2)));
    }
    for (size_t i = 0; i < count; i++) {
        struct spec_entry e = random_entry(m);

        e.action = one_in(m, 5) ? e.action : denial;
        append(m, &s, e);
    }
    return s;
}

/* Little but calls that an architecture lacks: where the first rule is about one, libseccomp loses
 * all rules of that architecture (seccomp/compile.c). */
static struct spec ghosts(struct maker *m)
{
    static const char *const names[] = {"waitpid",          "stat64",         "socketcall",
                                        "arm_fadvise64_64", "socketcall",     "socket",
                                        "ugetrlimit",       "io_uring_setup", "read"};
    static const uint32_t defaults[] = {BOLT_ACT_ALLOW, BOLT_ACT_ALLOW, BOLT_ACT_LOG,
                                        BOLT_ACT_ERRNO | 1, BOLT_ACT_KILL_THREAD};
    struct spec s = {.default_action = PICK(m, defaults)};
    size_t count = 1 + below(m, 4);

    random_archs(m, &s);
    for (size_t i = 0; i < count; i++) {
        struct spec_entry e = {.action = random_action(m), .cond_count = below(m, 2)};

        spec_add_name(m->arena, &e, PICK(m, names));
        e.conds[0] = e.cond_count != 0 ? random_cond(m) : e.conds[0];
        append(m, &s, e);
    }
    return s;
}

/* --- engines' profiles, changed --------------------------------------------------------- */

static void mutate(struct maker *m, struct spec *s)
{
    size_t at = below(m, s->entry_count);
    struct spec_entry *e = &s->entries[at];

    switch (below(m, 10)) {
    case 0:
        e->action = random_action(m);
        break;
    case 1:
        spec_insert(m->arena, s, below(m, s->entry_count + 1), spec_entry_copy(m->arena, e));
        break;
    case 2:
        if (s->entry_count > 1) {
            spec_remove(s, at);
        }
        break;
    case 3:
        s->default_action =
            one_in(m, 3) ? random_action(m) : BOLT_ACT_ERRNO | (uint32_t)below(m, 99);
        break;
    case 4:
        random_archs(m, s);
        break;
    case 5:
        spec_add_name(m->arena, e, random_name(m));
        break;
    case 6:
        if (e->cond_count != 0) {
            e->conds[below(m, e->cond_count)] = random_cond(m);
        }
        break;
    case 7:
        if (e->name_count > 1) {
            spec_remove_name(e, below(m, e->name_count));
        }
        break;
    default:
        spec_insert(m->arena, s, below(m, s->entry_count + 1), random_entry(m));
        break;
    }
}

static bool makes_sockets(const char *name)
{
    return strcmp(name, "socket") == 0 || strcmp(name, "socketcall") == 0 ||
           strcmp(name, "io_uring_setup") == 0;
}

/* Room for other rules about sockets. */
static void take_sockets_out(struct spec *s)
{
    for (size_t i = 0; i < s->entry_count; i++) {
        struct spec_entry *e = &s->entries[i];

        for (size_t j = e->name_count; j-- > 0;) {
            if (makes_sockets(e->names[j])) {
                spec_remove_name(e, j);
            }
        }
    }
}

static struct spec of_an_engine(struct maker *m)
{
    static const char *const engines[] = {"docker-default",      "podman-default",
                                          "containerd-seccomp",  "podman-cap-drop-all",
                                          "docker-cap-drop-all", "crun-spec"};
    const char *text = spec_recorded(m->arena, PICK(m, engines));
    size_t count = 1 + below(m, 4);
    struct spec s;

    if (text == NULL) {
        return chaos(m);
    }
    s = spec_read(m->arena, text);
    if (s.entry_count == 0) {
        return mostly_open(m);
    }
    if (one_in(m, 3)) {
        take_sockets_out(&s);
    }
    for (size_t i = 0; i < count; i++) {
        mutate(m, &s);
    }
    return s;
}

struct spec spec_random(struct bolt_arena *arena, uint64_t seed, uint64_t index)
{
    struct maker m = {arena, ((seed * 0x9e3779b97f4a7c15ULL) ^ ((index + 1) << 20)) | 1};
    static const unsigned errnums[] = {1, 1, 1, 13, 38, 97};
    static const uint64_t spared[] = {1U << 17, 1U << 2, 1U << 10, 1U << 17 | 1U << 2 | 1U << 10,
                                      UINT64_C(1) << 44 | 1U << 17};
    struct spec s;

    for (unsigned i = 0; i < 8; i++) {
        (void)dice(&m.seed);
    }
    switch (below(&m, 10)) {
    case 0:
    case 1:
        s = of_an_engine(&m);
        break;
    case 2:
    case 3:
    case 4:
        s = by_family(&m);
        break;
    case 5:
    case 6:
        s = mostly_open(&m);
        break;
    case 7:
        s = ghosts(&m);
        break;
    default:
        s = chaos(&m);
        break;
    }
    s.denial = (struct bolt_seccomp_denial){.errnum = PICK(&m, errnums),
                                            .socketcall = !one_in(&m, 4),
                                            .io_uring = !one_in(&m, 4),
                                            .extended = one_in(&m, 4),
                                            .log = one_in(&m, 6),
                                            .stricter = one_in(&m, 3),
                                            .spared = one_in(&m, 6) ? PICK(&m, spared) : 0};
    return s;
}
