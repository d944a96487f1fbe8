/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "seccomp/compile.h"

_Static_assert((int)JUDGED_EXACT == (int)BOLT_SECCOMP_EXACT &&
                   (int)JUDGED_TIGHT == (int)BOLT_SECCOMP_TIGHT &&
                   (int)JUDGED_MISALIGN == (int)BOLT_SECCOMP_MISALIGN &&
                   (int)JUDGED_STRICTER == (int)BOLT_SECCOMP_STRICTER,
               "a fit would be counted as another");

#define X32 0x40000000U
#define FAMILIES 64U

const char *const judged_names[JUDGED_KINDS] = {"nothing",  "exact",  "tight",   "misalign",
                                                "stricter", "denied", "refused", "invalid",
                                                "timeout",  "broken"};

/* As the kernel's tables have them; 0: there is none. */
static const struct abi {
    const char *name;
    uint32_t arch;
    uint32_t socket;
    uint32_t socketcall;
    uint32_t io_uring_setup;
} abis[] = {
    {"x86_64", AUDIT_ARCH_X86_64, 41, 0, 425},
    {"x86", AUDIT_ARCH_I386, 359, 102, 425},
    {"x32", AUDIT_ARCH_X86_64, X32 | 41, 0, X32 | 425},
};

/* --- what is what ----------------------------------------------------------------------- */

/* include/linux/seccomp.h: the smallest action of several filters is taken, as a signed number. */
static int64_t rank(uint32_t action)
{
    int64_t full = action & 0xffff0000U;

    return full == 0x80000000 ? -1 : full;
}

static bool denies(uint32_t action)
{
    return rank(action) <= 0x00050000;
}

static bool is_spared(const struct bolt_seccomp_denial *d, uint32_t family)
{
    return (d->spared >> family & 1) != 0;
}

static bool is_core(const struct bolt_seccomp_denial *d, uint32_t family, uint32_t type)
{
    if (family == 2 && type == 10) {
        return !is_spared(d, 17); /* it makes a packet socket */
    }
    return ((family == 2 && type == 3) || (family == 10 && type == 3) ||
            (family == 17 && (type == 2 || type == 3 || type == 10)) ||
            (family == 44 && type == 3)) &&
           !is_spared(d, family);
}

static bool is_rare(const struct bolt_seccomp_denial *d, uint32_t family, uint32_t type)
{
    return (((family == 3 || family == 5 || family == 36 || family == 39) && type == 3) ||
            (family == 26 && (type == 1 || type == 2))) &&
           !is_spared(d, family);
}

static bool asks_net_raw(const struct bolt_seccomp_denial *d, uint32_t family, uint32_t type)
{
    return is_core(d, family, type & 15) || (d->extended && is_rare(d, family, type & 15));
}

static bool is_socket(const struct bolt_input *in)
{
    return in->arch == AUDIT_ARCH_I386 ? in->nr == 359 : (in->nr & ~X32) == 41;
}

static bool is_socketcall(const struct bolt_input *in)
{
    return in->arch == AUDIT_ARCH_I386 && in->nr == 102;
}

static bool is_ring(const struct bolt_input *in)
{
    return in->arch == AUDIT_ARCH_I386 ? in->nr == 425 : (in->nr & ~X32) == 425;
}

static bool must_be_denied(const struct bolt_seccomp_denial *d, const struct bolt_input *in)
{
    return (is_socket(in) && asks_net_raw(d, (uint32_t)in->args[0], (uint32_t)in->args[1])) ||
           (d->socketcall && is_socketcall(in) && (uint32_t)in->args[0] == 1) ||
           (d->io_uring && is_ring(in));
}

/* docs/seccomp.md, "What is wanted": denied besides, though no kernel makes a socket of it. */
static bool is_denied_besides(const struct bolt_seccomp_denial *d, uint32_t family, uint32_t type)
{
    if (family == 10 && (type & 15) == 10) {
        return !is_spared(d, 17);
    }
    return (family == 17 || family == 44) && d->socketcall && !is_spared(d, family);
}

/* Q. */
static uint32_t denial_says(const struct spec *spec, const struct bolt_input *in)
{
    const struct bolt_seccomp_denial *d = &spec->denial;
    uint32_t action = d->log ? 0x7ffc0000 : 0x00050000 | d->errnum;

    if (!must_be_denied(d, in) &&
        !(is_socket(in) && is_denied_besides(d, (uint32_t)in->args[0], (uint32_t)in->args[1]))) {
        return 0x7fff0000;
    }
    if (is_socketcall(in) && !d->log && spec->default_action == action) {
        return 0x00050000 | (d->errnum == 38 ? 1 : 38); /* EPERM, or else ENOSYS */
    }
    return action;
}

uint32_t judge_wanted(const struct spec *spec, uint32_t p, const struct bolt_input *in)
{
    uint32_t q = denial_says(spec, in);

    return rank(q) < rank(p) ? q : p;
}

/* --- one input -------------------------------------------------------------------------- */

/* The upper halves that the kernel does not look at, gone; false if there was nothing in them. */
static bool clean(const struct bolt_input *in, struct bolt_input *out)
{
    size_t ints = is_socket(in) ? 3 : is_socketcall(in) ? 1 : 0;

    *out = *in;
    for (size_t i = 0; i < ints; i++) {
        out->args[i] = (uint32_t)in->args[i];
    }
    return memcmp(out->args, in->args, sizeof in->args) != 0;
}

static uint32_t answer_before(const struct trial *t, size_t way, const struct bolt_input *in)
{
    return t->p[way].count != 0 ? bolt_bpf_run(t->p[way], in) : BOLT_ACT_ALLOW;
}

static bool is_excused(const struct trial *t, size_t way, const struct bolt_input *in, uint32_t n,
                       uint32_t wanted)
{
    uint32_t before = answer_before(t, way, in);
    const struct bolt_seccomp_result *promise = &t->promise;
    bool stricter = rank(n) < rank(wanted);
    bool other = rank(n) == rank(wanted) && denies(n);
    struct bolt_input seen;

    if (!stricter && !other) {
        return false;
    }
    if (promise->fit == BOLT_SECCOMP_STRICTER) {
        return true;
    }
    if (promise->compact && is_socketcall(in) && (uint32_t)in->args[0] >= 32 && stricter &&
        n == t->spec->default_action) {
        return true; /* the kernel has calls up to 20 */
    }
    if (promise->compact && is_socket(in) && (uint32_t)in->args[0] >= FAMILIES && stricter &&
        n == t->spec->default_action) {
        return true;
    }
    if (promise->fit != BOLT_SECCOMP_EXACT && clean(in, &seen)) {
        uint32_t answer = answer_before(t, way, &seen);

        if (denies(answer) || answer == n) {
            return true;
        }
    }
    if (promise->fit != BOLT_SECCOMP_MISALIGN || !is_socketcall(in) || (uint32_t)in->args[0] != 1) {
        return false;
    }
    return (in->args[1] & 3) != 0 || (other && denies(before));
}

static void say(char why[WHY_SIZE], const char *what, const struct bolt_input *in, uint32_t p,
                uint32_t n, uint32_t wanted)
{
    (void)snprintf(why, WHY_SIZE,
                   "%s: arch 0x%x call %u (0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx): before "
                   "0x%x, after 0x%x, wanted 0x%x",
                   what, in->arch, in->nr, (unsigned long long)in->args[0],
                   (unsigned long long)in->args[1], (unsigned long long)in->args[2],
                   (unsigned long long)in->args[3], (unsigned long long)in->args[4],
                   (unsigned long long)in->args[5], p, n, wanted);
}

static bool judge_input(const struct trial *t, size_t way, const struct bolt_input *in,
                        char why[WHY_SIZE])
{
    uint32_t p = answer_before(t, way, in);
    uint32_t n = t->promise.denied ? p : bolt_bpf_run(t->n[way], in);
    uint32_t wanted = judge_wanted(t->spec, p, in);

    if (must_be_denied(&t->spec->denial, in) &&
        (t->spec->denial.log ? rank(n) > rank(BOLT_ACT_LOG) : !denies(n))) {
        say(why, "a way to a raw socket is open", in, p, n, wanted);
        return false;
    }
    if (t->promise.denied || n == wanted) {
        return true;
    }
    if (!is_socket(in) && !is_socketcall(in) && !is_ring(in)) {
        say(why, "another call is touched", in, p, n, wanted);
        return false;
    }
    if (!is_excused(t, way, in, n, wanted)) {
        say(why, rank(n) > rank(wanted) ? "looser" : "not the same", in, p, n, wanted);
        return false;
    }
    return true;
}

enum judged_way judge_stricter(const struct trial *trial, const struct bolt_input *in)
{
    struct trial exact = *trial;
    uint32_t n = bolt_bpf_run(trial->n[0], in);
    uint32_t wanted = judge_wanted(trial->spec, answer_before(trial, 0, in), in);

    if (n == wanted) {
        return WAY_SAME;
    }
    if (rank(n) > rank(wanted) || (rank(n) == rank(wanted) && !denies(n))) {
        return WAY_LOOSER;
    }
    exact.promise.fit = BOLT_SECCOMP_MISALIGN; /* what is excused where nothing may be stricter */
    exact.promise.compact = true;
    return is_excused(&exact, 0, in, n, wanted) ? WAY_EXCUSED : WAY_STRICTER;
}

/* --- many inputs ------------------------------------------------------------------------ */

#define POOL_MAX 128

struct sampler {
    const struct spec *spec;
    uint64_t seed;
    judge_visit *visit;
    void *data;
    uint64_t pool[POOL_MAX]; /* what the profile compares with, and its neighbours */
    size_t pool_count;
};

static void pool_add(struct sampler *s, uint64_t value)
{
    const uint64_t near[] = {value, value + 1, value - 1,
                             value ^ (uint64_t)1 << dice(&s->seed) % 64};

    for (size_t i = 0; i < BOLT_LEN(near) && s->pool_count < POOL_MAX; i++) {
        s->pool[s->pool_count++] = near[i];
    }
}

static void fill_pool(struct sampler *s)
{
    pool_add(s, 0);
    for (size_t i = s->spec->entry_count; i-- > 0;) {
        const struct spec_entry *e = &s->spec->entries[i];

        for (size_t j = 0; j < e->cond_count; j++) {
            pool_add(s, e->conds[j].value);
            pool_add(s, e->conds[j].value_two);
        }
    }
}

static uint64_t garbage(struct sampler *s)
{
    static const uint64_t some[] = {1, 2, 17, 0x80000000, UINT32_MAX};

    switch (dice(&s->seed) % 8) {
    case 0:
        return some[dice(&s->seed) % BOLT_LEN(some)] << 32;
    case 1:
        return s->pool[dice(&s->seed) % s->pool_count] & ~(uint64_t)UINT32_MAX;
    default:
        return 0;
    }
}

static uint64_t any_value(struct sampler *s)
{
    static const uint64_t values[] = {0, 1, 2, 3, 6, 9, 17, 58, 255, 0x300};

    return dice(&s->seed) % 2 == 0 ? s->pool[dice(&s->seed) % s->pool_count]
                                   : values[dice(&s->seed) % BOLT_LEN(values)] | garbage(s);
}

static bool try_call(struct sampler *s, uint32_t arch, uint32_t nr, const uint64_t first[3])
{
    struct bolt_input in = {.arch = arch, .nr = nr};

    for (size_t i = 0; i < 6; i++) {
        in.args[i] = i < 3 && first != NULL ? first[i] : any_value(s);
    }
    return s->visit(s->data, &in);
}

/* Every family with every type, clean and with something in the upper halves; and what the profile
 * itself compares with. */
static bool try_sockets(struct sampler *s, const struct abi *abi)
{
    static const uint64_t flags[] = {0, 0, 0x80000, 0x800, 0x80800, 0xfffffff0};
    static const uint64_t odd[] = {63, 64, 255, 65535, UINT32_MAX};
    bool good = true;

    for (uint64_t f = 0; f < 48 + BOLT_LEN(odd) && good; f++) {
        for (uint64_t type = 0; type < 16 && good; type++) {
            uint64_t family = f < 48 ? f : odd[f - 48];
            uint64_t args[3] = {family, type | flags[dice(&s->seed) % BOLT_LEN(flags)],
                                dice(&s->seed) % 3 == 0 ? any_value(s) : dice(&s->seed) % 18};

            if (dice(&s->seed) % 3 == 0) {
                args[0] |= garbage(s);
                args[1] |= garbage(s);
                args[2] |= garbage(s);
            }
            good = try_call(s, abi->arch, abi->socket, args);
        }
    }
    for (size_t i = 0; i < 300 && good; i++) {
        good = try_call(s, abi->arch, abi->socket, NULL);
    }
    return good;
}

static bool try_socketcalls(struct sampler *s, const struct abi *abi)
{
    bool good = true;

    for (uint64_t i = 0; i < 21 * 16 && good && abi->socketcall != 0; i++) {
        uint64_t args[3] = {(i % 3 == 0 ? 1 : i / 16) | garbage(s),
                            (dice(&s->seed) & 0xfffffffc) | (i % 4 == 0 ? i / 4 % 4 : 0),
                            any_value(s)};

        if (i % 5 == 0) {
            args[1] = any_value(s);
        }
        good = try_call(s, abi->arch, abi->socketcall, args);
    }
    return good;
}

/* The neighbours of those that make sockets, and any other. */
static bool try_others(struct sampler *s, const struct abi *abi)
{
    static const uint32_t near[] = {40,  42,  43,  49,  53,  101, 103, 358,
                                    360, 361, 362, 364, 424, 426, 427, 435};
    uint32_t high = abi->socket & X32;
    bool good = true;

    for (size_t i = 0; i < 40 && good; i++) {
        good = try_call(s, abi->arch, abi->io_uring_setup, NULL);
    }
    for (size_t i = 0; i < BOLT_LEN(near) * 3 && good; i++) {
        good = try_call(s, abi->arch, near[i % BOLT_LEN(near)] | high, NULL);
    }
    for (size_t i = 0; i < 150 && good; i++) {
        good = try_call(s, abi->arch, (uint32_t)(dice(&s->seed) % 520) | high, NULL);
    }
    for (size_t i = 0; i < 4 && good; i++) {
        good = try_call(s, abi->arch, (uint32_t)dice(&s->seed), NULL);
    }
    return good;
}

bool judge_inputs(const struct spec *spec, uint64_t seed, judge_visit *visit, void *data)
{
    struct sampler s = {.spec = spec, .seed = seed | 1, .visit = visit, .data = data};
    bool good = true;

    fill_pool(&s);
    for (size_t i = 0; i < BOLT_LEN(abis) && good; i++) {
        good =
            try_sockets(&s, &abis[i]) && try_socketcalls(&s, &abis[i]) && try_others(&s, &abis[i]);
    }
    return good;
}

struct sitting {
    const struct trial *trial;
    size_t way;
    char *why;
};

static bool visit_trial(void *data, const struct bolt_input *in)
{
    const struct sitting *sitting = data;

    return judge_input(sitting->trial, sitting->way, in, sitting->why);
}

bool judge_trial(const struct trial *trial, uint64_t seed, char why[WHY_SIZE])
{
    bool good = true;

    for (size_t way = 0; way < trial->count && good; way++) {
        struct sitting sitting = {trial, way, why};

        good = judge_inputs(trial->spec, seed, visit_trial, &sitting);
        if (!good) {
            (void)snprintf(why + strlen(why), WHY_SIZE - strlen(why), " (%s, fit %s%s)",
                           way == 0 ? "plain" : "binary tree", judged_names[trial->promise.fit],
                           trial->promise.compact ? ", compact" : "");
        }
    }
    return good;
}

/* --- a profile -------------------------------------------------------------------------- */

bool judge_compile(struct bolt_arena *arena, const char *text, bool binary_tree,
                   struct bolt_bpf *out, struct bolt_err *err)
{
    const struct bolt_compile how = {.scope = BOLT_SCOPE_ALL, .binary_tree = binary_tree};
    const struct bolt_doc *doc = NULL;
    struct bolt_profile profile = {0};

    return bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, err) == 0 &&
           bolt_profile_read(arena, doc, bolt_doc_root(doc), &profile, err) == 0 &&
           bolt_compile(arena, &profile, &how, out, err) == 0;
}

const char *judge_merged(struct bolt_arena *arena, const char *text,
                         const struct bolt_seccomp_denial *denial, struct bolt_err *err)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_seccomp_result result;
    struct bolt_buf out = {.arena = arena};
    bolt_node place;

    if (bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, err) != 0) {
        return NULL;
    }
    place = bolt_doc_member(doc, bolt_doc_root(doc), "linux");
    place = place.id != 0 ? bolt_doc_member(doc, place, "seccomp") : bolt_doc_root(doc);
    if (bolt_seccomp_merge(arena, doc, place, denial, "test", &result, err) != 0) {
        return NULL;
    }
    if (result.fit == BOLT_SECCOMP_UNPROVED) {
        (void)bolt_fail(err, BOLT_ERR_INPUT, "%.*s", BOLT_FMT(result.reason));
        return NULL;
    }
    if (result.unconfined) {
        return bolt_bytes_cstr(arena, result.profile);
    }
    return bolt_edit_apply(doc, result.edits, result.edit_count, &out, err) == 0
               ? bolt_bytes_cstr(arena, bolt_buf_bytes(&out))
               : NULL;
}

static enum judged broken(char why[WHY_SIZE], const char *what, const char *detail)
{
    (void)snprintf(why, WHY_SIZE, "%s: %s", what, detail);
    return JUDGED_BROKEN;
}

static bool is_about_counts(const struct bolt_err *err)
{
    return strstr(err->text, "more rules with conditions than are tried") != NULL;
}

/* docs/seccomp.md: merging twice changes nothing. */
static bool is_settled(struct bolt_arena *arena, const struct spec *spec, const char *text,
                       struct bolt_err *err)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_seccomp_result again = {0};

    return bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, err) == 0 &&
           bolt_seccomp_merge(arena, doc, bolt_doc_root(doc), &spec->denial, "test", &again, err) ==
               0 &&
           again.denied;
}

/* What was accepted: the text that would be given out, both its programs, and then the inputs. */
static enum judged judge_promise(struct bolt_arena *arena, struct trial *t,
                                 const struct bolt_doc *doc, char why[WHY_SIZE])
{
    struct bolt_buf after = {.arena = arena};
    struct bolt_err err = {0};
    const char *text;

    if (bolt_edit_apply(doc, t->promise.edits, t->promise.edit_count, &after, &err) != 0) {
        return broken(why, "the edits cannot be made", err.text);
    }
    text = bolt_bytes_cstr(arena, bolt_buf_bytes(&after));
    for (size_t way = 0; way < t->count && !t->promise.denied; way++) {
        if (!judge_compile(arena, text, way == 1, &t->n[way], &err)) {
            return is_about_counts(&err) ? JUDGED_INVALID
                                         : broken(why, "what comes out does not compile", err.text);
        }
    }
    if (!is_settled(arena, t->spec, text, &err)) {
        return broken(why, "merging again changes something", err.text);
    }
    if (!judge_trial(t, t->spec->entry_count * 77 + 5, why)) {
        return JUDGED_BROKEN;
    }
    return t->promise.denied ? JUDGED_DENIED : (enum judged)t->promise.fit;
}

enum judged judge_spec(struct bolt_arena *arena, const struct spec *spec, char why[WHY_SIZE])
{
    const char *text = spec_text(arena, spec);
    const struct bolt_doc *doc = NULL;
    struct trial t = {.spec = spec};
    struct bolt_err err = {0};

    if (!judge_compile(arena, text, false, &t.p[0], &err)) {
        return JUDGED_INVALID;
    }
    t.count = judge_compile(arena, text, true, &t.p[1], &err) ? 2 : 1;
    if (bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_seccomp_merge(arena, doc, bolt_doc_root(doc), &spec->denial, "test", &t.promise,
                           &err) != 0) {
        return broken(why, "the merge fails", err.text);
    }
    if (t.promise.fit == BOLT_SECCOMP_UNPROVED) {
        if (t.promise.reason.len == 0 || t.promise.edit_count != 0) {
            return broken(why, "refused", "without a reason, or with edits");
        }
        (void)snprintf(why, WHY_SIZE, "%.*s", BOLT_FMT(t.promise.reason));
        return JUDGED_REFUSED;
    }
    return judge_promise(arena, &t, doc, why);
}
