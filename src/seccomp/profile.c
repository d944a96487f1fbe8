/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the runtimes differ (seen in runc 1.1.5 and crun 1.8.1):
 *
 *   an object without defaultAction and without syscalls   runc: no filter; crun: error
 *   a seventh condition in an entry                        runc: counts; crun: ignored
 *   errnoRet beside an action that takes none              runc: ignored; crun: error
 *   errnoRet beyond 16 bits                                cut by both
 *   a number spelled 17.0, 1e1 or -1                       runc: error; crun: accepted
 *   null in the place of a member                          runc: as if absent; crun: that, or error
 *
 *   an entry without names, or with an empty list          both: nothing, or an error
 *
 * Where one of two errs and the other's reading is plain, that reading is taken: the container
 * then starts under the one and not under the other. Where both start it differently, it is an
 * error here.
 */
#include "seccomp/profile.h"

#define ERRNO_MAX 4095 /* MAX_ERRNO in the kernel; libseccomp refuses more */
#define DATA_MAX 65535

static const char *const profile_names[] = {
    "defaultAction", "defaultErrnoRet",  "architectures", "flags",
    "listenerPath",  "listenerMetadata", "syscalls",      NULL,
};
static const char *const entry_names[] = {"names", "action", "errnoRet", "args", NULL};
static const char *const cond_names[] = {"index", "value", "valueTwo", "op", NULL};

static const struct {
    const char *name;
    uint32_t action;
    bool data;
} actions[] = {
    /* The first name of an action is the one that is written. */
    {"SCMP_ACT_KILL", BOLT_ACT_KILL_THREAD, false},
    {"SCMP_ACT_KILL_THREAD", BOLT_ACT_KILL_THREAD, false},
    {"SCMP_ACT_KILL_PROCESS", BOLT_ACT_KILL_PROCESS, false},
    {"SCMP_ACT_TRAP", BOLT_ACT_TRAP, false},
    {"SCMP_ACT_ERRNO", BOLT_ACT_ERRNO, true},
    {"SCMP_ACT_NOTIFY", BOLT_ACT_NOTIFY, false},
    {"SCMP_ACT_TRACE", BOLT_ACT_TRACE, true},
    {"SCMP_ACT_LOG", BOLT_ACT_LOG, false},
    {"SCMP_ACT_ALLOW", BOLT_ACT_ALLOW, false},
};

/* By enum bolt_cmp. */
static const char *const operators[] = {
    "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",        "SCMP_CMP_EQ",
    "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
};

/* Of the specification; which of them this machine's libseccomp knows is asked later. */
static const char *const architectures[] = {
    "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
    "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
    "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};

static const char *const flags[] = {
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
};

/* --- actions ---------------------------------------------------------------------------- */

bool bolt_act_denies(uint32_t action)
{
    return bolt_act_rank(action) <= bolt_act_rank(BOLT_ACT_ERRNO);
}

int32_t bolt_act_rank(uint32_t action)
{
    /* Signed, as in kernel/seccomp.c: KILL_PROCESS is the smallest. */
    return (int32_t)(action & BOLT_ACT_FULL);
}

const char *bolt_act_name(uint32_t action)
{
    for (size_t i = 0; i < BOLT_LEN(actions); i++) {
        if (actions[i].action == (action & BOLT_ACT_FULL)) {
            return actions[i].name;
        }
    }
    return "";
}

bool bolt_act_has_data(uint32_t action)
{
    uint32_t full = action & BOLT_ACT_FULL;

    return full == BOLT_ACT_ERRNO || full == BOLT_ACT_TRACE;
}

const char *bolt_cmp_name(enum bolt_cmp op)
{
    return operators[op];
}

/* --- members ---------------------------------------------------------------------------- */

static bool is_absent(const struct bolt_doc *doc, bolt_node node)
{
    enum bolt_json_kind kind = bolt_doc_kind(doc, node);

    return kind == BOLT_JSON_ABSENT || kind == BOLT_JSON_NULL;
}

static int check_kind(const struct bolt_doc *doc, bolt_node node, enum bolt_json_kind want,
                      struct bolt_err *err)
{
    enum bolt_json_kind kind = bolt_doc_kind(doc, node);

    if (kind != want) {
        return bolt_doc_fail(doc, node, err, "%s where %s must stand", bolt_json_kind_name(kind),
                             bolt_json_kind_name(want));
    }
    return 0;
}

/* An unsigned integer, 0 if there is none. */
static int read_u64(const struct bolt_doc *doc, bolt_node node, uint64_t *out, struct bolt_err *err)
{
    *out = 0;
    if (is_absent(doc, node)) {
        return 0;
    }
    if (check_kind(doc, node, BOLT_JSON_NUMBER, err) != 0) {
        return -1;
    }
    if (!bolt_bytes_to_u64(bolt_doc_source(doc, node), out)) {
        return bolt_doc_fail(doc, node, err,
                             "not an unsigned 64-bit integer in plain digits, which all runtimes "
                             "read alike");
    }
    return 0;
}

static bool is_one_of(struct bolt_bytes text, const char *const *words, size_t count, size_t *at)
{
    for (*at = 0; *at < count; ++*at) {
        if (bolt_bytes_is(text, words[*at])) {
            return true;
        }
    }
    return false;
}

/* Every element is a string of @words, or any string but the empty one if @words is NULL. */
static int check_strings(const struct bolt_doc *doc, bolt_node array, const char *const *words,
                         size_t count, struct bolt_err *err)
{
    if (is_absent(doc, array)) {
        return 0;
    }
    if (check_kind(doc, array, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, array); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_bytes text = bolt_doc_string(doc, n);
        size_t at;

        if (check_kind(doc, n, BOLT_JSON_STRING, err) != 0) {
            return -1;
        }
        if (text.len == 0 || (words != NULL && !is_one_of(text, words, count, &at))) {
            return bolt_doc_fail(doc, n, err, "'%.*s' is known to no runtime", BOLT_FMT(text));
        }
    }
    return 0;
}

/* The action in @name with the data in @data; without data, EPERM as in both runtimes. */
static int read_action(const struct bolt_doc *doc, bolt_node name, bolt_node data, uint32_t *out,
                       struct bolt_err *err)
{
    struct bolt_bytes text = bolt_doc_string(doc, name);
    uint64_t number = 1;

    for (size_t i = 0; i < BOLT_LEN(actions); i++) {
        if (!bolt_bytes_is(text, actions[i].name)) {
            continue;
        }
        if (!is_absent(doc, data) && read_u64(doc, data, &number, err) != 0) {
            return -1;
        }
        if (number > (actions[i].action == BOLT_ACT_ERRNO ? ERRNO_MAX : DATA_MAX)) {
            return bolt_doc_fail(doc, data, err, "no runtime takes a number that large");
        }
        *out = actions[i].action | (actions[i].data ? (uint32_t)number : 0);
        return 0;
    }
    return bolt_doc_fail(doc, name, err, "'%.*s' is not a seccomp action", BOLT_FMT(text));
}

/* --- entries ---------------------------------------------------------------------------- */

static int read_cond(const struct bolt_doc *doc, bolt_node node, struct bolt_cond *out,
                     struct bolt_err *err)
{
    bolt_node op = bolt_doc_member(doc, node, "op");
    uint64_t index;
    size_t at;

    if (check_kind(doc, node, BOLT_JSON_OBJECT, err) != 0 ||
        bolt_doc_check_names(doc, node, cond_names, err) != 0 ||
        read_u64(doc, bolt_doc_member(doc, node, "index"), &index, err) != 0 ||
        read_u64(doc, bolt_doc_member(doc, node, "value"), &out->value, err) != 0 ||
        read_u64(doc, bolt_doc_member(doc, node, "valueTwo"), &out->value_two, err) != 0) {
        return -1;
    }
    if (index > 5) {
        return bolt_doc_fail(doc, bolt_doc_member(doc, node, "index"), err,
                             "a system call has the arguments 0 to 5");
    }
    out->index = (unsigned)index;
    if (!is_one_of(bolt_doc_string(doc, op), operators, BOLT_LEN(operators), &at)) {
        return bolt_doc_fail(doc, op.id != 0 ? op : node, err, "no seccomp operator");
    }
    out->op = (enum bolt_cmp)at;
    return 0;
}

static int read_entry(const struct bolt_doc *doc, bolt_node node, struct bolt_entry *out,
                      struct bolt_err *err)
{
    bolt_node args = bolt_doc_member(doc, node, "args");
    bolt_node action = bolt_doc_member(doc, node, "action");

    *out = (struct bolt_entry){.node = node, .names = bolt_doc_member(doc, node, "names")};
    if (check_kind(doc, node, BOLT_JSON_OBJECT, err) != 0 ||
        bolt_doc_check_names(doc, node, entry_names, err) != 0 ||
        check_strings(doc, out->names, NULL, 0, err) != 0) {
        return -1;
    }
    if (action.id == 0) {
        return bolt_doc_fail(doc, node, err, "no action");
    }
    if (read_action(doc, action, bolt_doc_member(doc, node, "errnoRet"), &out->action, err) != 0) {
        return -1;
    }
    if (is_absent(doc, args)) {
        return 0;
    }
    if (check_kind(doc, args, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, args); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_cond cond;

        if (read_cond(doc, n, &cond, err) != 0) {
            return -1;
        }
        out->cut = out->cond_count == BOLT_PROFILE_ARGS_MAX;
        if (!out->cut) {
            out->conds[out->cond_count++] = cond;
        }
    }
    return 0;
}

static int read_entries(struct bolt_arena *arena, struct bolt_profile *p, struct bolt_err *err)
{
    if (is_absent(p->doc, p->syscalls)) {
        return 0;
    }
    if (check_kind(p->doc, p->syscalls, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    p->entries = bolt_new_n(arena, struct bolt_entry, bolt_doc_count(p->doc, p->syscalls));
    for (bolt_node n = bolt_doc_first(p->doc, p->syscalls); n.id != 0;
         n = bolt_doc_next(p->doc, n)) {
        if (read_entry(p->doc, n, &p->entries[p->entry_count++], err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- the profile ------------------------------------------------------------------------ */

static int read_archs(struct bolt_arena *arena, struct bolt_profile *p, struct bolt_err *err)
{
    bolt_node array = bolt_doc_member(p->doc, p->node, "architectures");

    if (check_strings(p->doc, array, architectures, BOLT_LEN(architectures), err) != 0) {
        return -1;
    }
    p->archs = bolt_new_n(arena, struct bolt_bytes, bolt_doc_count(p->doc, array));
    for (bolt_node n = bolt_doc_first(p->doc, array); n.id != 0; n = bolt_doc_next(p->doc, n)) {
        p->archs[p->arch_count++] = bolt_doc_string(p->doc, n);
    }
    return 0;
}

static int read_rest(const struct bolt_profile *p, struct bolt_err *err)
{
    bolt_node path = bolt_doc_member(p->doc, p->node, "listenerPath");
    bolt_node metadata = bolt_doc_member(p->doc, p->node, "listenerMetadata");

    if ((!is_absent(p->doc, path) && check_kind(p->doc, path, BOLT_JSON_STRING, err) != 0) ||
        (!is_absent(p->doc, metadata) &&
         check_kind(p->doc, metadata, BOLT_JSON_STRING, err) != 0)) {
        return -1;
    }
    return check_strings(p->doc, bolt_doc_member(p->doc, p->node, "flags"), flags, BOLT_LEN(flags),
                         err);
}

int bolt_profile_read(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node,
                      struct bolt_profile *out, struct bolt_err *err)
{
    struct bolt_profile p = {.doc = doc, .node = node};
    bolt_node action = bolt_doc_member(doc, node, "defaultAction");

    if (is_absent(doc, node)) {
        *out = (struct bolt_profile){
            .doc = doc, .node = node, .unconfined = true, .default_action = BOLT_ACT_ALLOW};
        return 0;
    }
    p.syscalls = bolt_doc_member(doc, node, "syscalls");
    if (check_kind(doc, node, BOLT_JSON_OBJECT, err) != 0 ||
        bolt_doc_check_names(doc, node, profile_names, err) != 0 ||
        read_archs(arena, &p, err) != 0 || read_rest(&p, err) != 0 ||
        read_entries(arena, &p, err) != 0) {
        return -1;
    }
    if (p.entry_count == 0 &&
        (is_absent(doc, action) || bolt_bytes_is(bolt_doc_source(doc, action), "\"\""))) {
        p.unconfined = true;
        p.default_action = BOLT_ACT_ALLOW;
    } else if (action.id == 0) {
        return bolt_doc_fail(doc, node, err, "no defaultAction");
    } else if (read_action(doc, action, bolt_doc_member(doc, node, "defaultErrnoRet"),
                           &p.default_action, err) != 0) {
        return -1;
    }
    *out = p;
    return 0;
}
