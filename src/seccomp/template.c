/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/template.h"

#include <string.h>

#include "seccomp/scope.h"
#include "json/write.h"

#define ERRNOS_MAX 134 /* EHWPOISON, the last of Linux, is 133 */

/* What Go calls the machine (GOARCH), by which entries are chosen. */
static const struct {
    const char *machine;
    const char *go;
} go_names[] = {
    {"x86_64", "amd64"},    {"aarch64", "arm64"},       {"s390x", "s390x"}, {"ppc64le", "ppc64le"},
    {"riscv64", "riscv64"}, {"loongarch64", "loong64"}, {"i686", "386"},    {"armv7l", "arm"},
};

static bool is_list(const struct bolt_doc *doc, bolt_node node)
{
    return bolt_doc_kind(doc, node) == BOLT_JSON_ARRAY;
}

static bool has_string(const struct bolt_doc *doc, bolt_node list, struct bolt_bytes text)
{
    for (bolt_node n = bolt_doc_first(doc, list); is_list(doc, list) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (bolt_bytes_equal(bolt_doc_string(doc, n), text)) {
            return true;
        }
    }
    return false;
}

/* --- what the format is recognized by ---------------------------------------------------- */

/* In any case of the letters, which is how the engines read it; what is not spelled as here is then
 * refused. */
static bool has_any(const struct bolt_doc *doc, bolt_node object, const char *const *names)
{
    struct bolt_err unlike = {0};

    for (size_t i = 0; names[i] != NULL; i++) {
        if (bolt_doc_member(doc, object, names[i]).id != 0) {
            return true;
        }
    }
    return bolt_doc_check_names(doc, object, names, &unlike) != 0;
}

bool bolt_template_is(const struct bolt_doc *doc, bolt_node profile)
{
    static const char *const own[] = {"archMap", "defaultErrno", NULL};
    static const char *const of_entries[] = {"includes", "excludes", "name",
                                             "comment",  "errno",    NULL};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    if (has_any(doc, profile, own)) {
        return true;
    }
    for (bolt_node e = bolt_doc_first(doc, list); is_list(doc, list) && e.id != 0;
         e = bolt_doc_next(doc, e)) {
        if (has_any(doc, e, of_entries)) {
            return true;
        }
    }
    return false;
}

/* --- conditions -------------------------------------------------------------------------- */

bool bolt_template_about_sockets(const struct bolt_doc *doc, bolt_node entry)
{
    bolt_node names = bolt_doc_member(doc, entry, "names");
    struct bolt_bytes name = bolt_doc_string(doc, bolt_doc_member(doc, entry, "name"));

    for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        if (bolt_bytes_is(name, bolt_call_name(call)) ||
            has_string(doc, names, bolt_bytes_of(bolt_call_name(call)))) {
            return true;
        }
    }
    return false;
}

static bool has_name(const struct bolt_cap_names *caps, struct bolt_bytes name)
{
    for (size_t i = 0; i < caps->count; i++) {
        if (bolt_bytes_equal(caps->names[i], name)) {
            return true;
        }
    }
    return false;
}

static void collect(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node list,
                    struct bolt_cap_names *out)
{
    for (bolt_node n = bolt_doc_first(doc, list); is_list(doc, list) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        struct bolt_bytes name = bolt_doc_string(doc, n);

        if (!has_name(out, name)) {
            out->names = bolt_arena_grow(arena, out->names, out->count, sizeof *out->names);
            out->names[out->count++] = name;
        }
    }
}

static bolt_node condition(const struct bolt_doc *doc, bolt_node entry, const char *kind,
                           const char *about)
{
    return bolt_doc_member(doc, bolt_doc_member(doc, entry, kind), about);
}

/* True if a rule of the entry can reach those about sockets (bolt_scope_reaches()). */
static bool reaches(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                    const struct bolt_machine *machine)
{
    bool conditions = bolt_doc_count(doc, bolt_doc_member(doc, entry, "args")) != 0;
    bolt_node names = bolt_doc_member(doc, entry, "names");
    struct bolt_bytes name = bolt_doc_string(doc, bolt_doc_member(doc, entry, "name"));

    if (name.len != 0 && bolt_scope_reaches(arena, machine, name, conditions)) {
        return true;
    }
    for (bolt_node n = bolt_doc_first(doc, names); is_list(doc, names) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (bolt_scope_reaches(arena, machine, bolt_doc_string(doc, n), conditions)) {
            return true;
        }
    }
    return false;
}

bool bolt_template_matters(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                           const struct bolt_machine *machine)
{
    return bolt_template_about_sockets(doc, entry) || reaches(arena, doc, entry, machine);
}

struct bolt_cap_names bolt_template_caps(struct bolt_arena *arena, const struct bolt_doc *doc,
                                         bolt_node profile, const struct bolt_machine *machine,
                                         bool all)
{
    struct bolt_cap_names caps = {.count = 0};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    for (bolt_node e = bolt_doc_first(doc, list); is_list(doc, list) && e.id != 0;
         e = bolt_doc_next(doc, e)) {
        if (all || bolt_template_matters(arena, doc, e, machine)) {
            collect(arena, doc, condition(doc, e, "includes", "caps"), &caps);
            collect(arena, doc, condition(doc, e, "excludes", "caps"), &caps);
        }
    }
    return caps;
}

static struct bolt_bytes go_name(const struct bolt_machine *machine)
{
    for (size_t i = 0; i < BOLT_LEN(go_names); i++) {
        if (strcmp(go_names[i].machine, machine->name) == 0) {
            return bolt_bytes_of(go_names[i].go);
        }
    }
    return bolt_bytes_of(machine->name);
}

/* What of a container decides about a list of capabilities: that it has all, or one it has not. */
static bool is_decided(const struct bolt_doc *doc, bolt_node list,
                       const struct bolt_template_container *c)
{
    for (bolt_node n = bolt_doc_first(doc, list); is_list(doc, list) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        struct bolt_bytes name = bolt_doc_string(doc, n);

        if (!c->complete && !has_name(&c->with, name) && !has_name(&c->without, name)) {
            return false;
        }
    }
    return true;
}

static bool has_condition(const struct bolt_doc *doc, bolt_node entry, const char *kind)
{
    return bolt_doc_string(doc, condition(doc, entry, kind, "minKernel")).len != 0;
}

bool bolt_template_applies(const struct bolt_doc *doc, bolt_node entry,
                           const struct bolt_template_container *container)
{
    bolt_node arches = condition(doc, entry, "includes", "arches");
    bolt_node with = condition(doc, entry, "includes", "caps");
    bolt_node without = condition(doc, entry, "excludes", "caps");
    struct bolt_bytes machine = go_name(container->machine);

    if ((is_list(doc, arches) && bolt_doc_count(doc, arches) != 0 &&
         !has_string(doc, arches, machine)) ||
        has_string(doc, condition(doc, entry, "excludes", "arches"), machine)) {
        return false;
    }
    if (!is_decided(doc, with, container) || !is_decided(doc, without, container) ||
        (!container->complete && has_condition(doc, entry, "includes")) ||
        has_condition(doc, entry, "excludes")) {
        return false;
    }
    for (bolt_node n = bolt_doc_first(doc, with); is_list(doc, with) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (!has_name(&container->with, bolt_doc_string(doc, n))) {
            return false;
        }
    }
    for (bolt_node n = bolt_doc_first(doc, without); is_list(doc, without) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (has_name(&container->with, bolt_doc_string(doc, n))) {
            return false;
        }
    }
    return true;
}

long bolt_template_entry(const struct bolt_doc *doc, bolt_node profile,
                         const struct bolt_template_container *container, long entry)
{
    bolt_node e = bolt_doc_first(doc, bolt_doc_member(doc, profile, "syscalls"));
    long at = 0;

    for (; e.id != 0; e = bolt_doc_next(doc, e), at++) {
        if (bolt_template_applies(doc, e, container) && entry-- == 0) {
            break;
        }
    }
    return at;
}

/* --- kinds and names --------------------------------------------------------------------- */

static bool is_absent(const struct bolt_doc *doc, bolt_node node)
{
    enum bolt_json_kind kind = bolt_doc_kind(doc, node);

    return kind == BOLT_JSON_ABSENT || kind == BOLT_JSON_NULL;
}

static int check_kind(const struct bolt_doc *doc, bolt_node node, enum bolt_json_kind want,
                      struct bolt_err *err)
{
    if (!is_absent(doc, node) && bolt_doc_kind(doc, node) != want) {
        return bolt_doc_fail(doc, node, err, "%s where %s must stand",
                             bolt_json_kind_name(bolt_doc_kind(doc, node)),
                             bolt_json_kind_name(want));
    }
    return 0;
}

static int check_strings(const struct bolt_doc *doc, bolt_node list, struct bolt_err *err)
{
    if (check_kind(doc, list, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (bolt_doc_kind(doc, n) != BOLT_JSON_STRING) {
            return bolt_doc_fail(doc, n, err, "%s where a string must stand",
                                 bolt_json_kind_name(bolt_doc_kind(doc, n)));
        }
    }
    return 0;
}

static int check_condition(const struct bolt_doc *doc, bolt_node node, struct bolt_err *err)
{
    static const char *const names[] = {"caps", "arches", "minKernel", NULL};

    if (check_kind(doc, node, BOLT_JSON_OBJECT, err) != 0 ||
        bolt_doc_check_names(doc, node, names, err) != 0 ||
        check_strings(doc, bolt_doc_member(doc, node, "caps"), err) != 0 ||
        check_strings(doc, bolt_doc_member(doc, node, "arches"), err) != 0) {
        return -1;
    }
    return check_kind(doc, bolt_doc_member(doc, node, "minKernel"), BOLT_JSON_STRING, err);
}

/* Go reads names in any case, so a name that is one of these in another case counts for engines and
 * not here. */
static int check_entry(const struct bolt_doc *doc, bolt_node entry, struct bolt_err *err)
{
    static const char *const own[] = {"names", "name",    "action",   "errnoRet", "errno",
                                      "args",  "comment", "includes", "excludes", NULL};
    bolt_node names = bolt_doc_member(doc, entry, "names");
    bolt_node name = bolt_doc_member(doc, entry, "name");

    if (bolt_doc_kind(doc, entry) != BOLT_JSON_OBJECT) {
        return bolt_doc_fail(doc, entry, err, "not an object");
    }
    if (bolt_doc_check_names(doc, entry, own, err) != 0 || check_strings(doc, names, err) != 0 ||
        check_kind(doc, name, BOLT_JSON_STRING, err) != 0 ||
        check_kind(doc, bolt_doc_member(doc, entry, "comment"), BOLT_JSON_STRING, err) != 0 ||
        check_condition(doc, bolt_doc_member(doc, entry, "includes"), err) != 0 ||
        check_condition(doc, bolt_doc_member(doc, entry, "excludes"), err) != 0) {
        return -1;
    }
    if (bolt_doc_string(doc, name).len != 0 && bolt_doc_count(doc, names) != 0) {
        return bolt_doc_fail(doc, entry, err, "'name' and 'names', which engines refuse");
    }
    return 0;
}

static int check_archs(const struct bolt_doc *doc, bolt_node profile, struct bolt_err *err)
{
    static const char *const own[] = {"architecture", "subArchitectures", NULL};
    bolt_node map = bolt_doc_member(doc, profile, "archMap");

    if (check_kind(doc, map, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, map); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (check_kind(doc, n, BOLT_JSON_OBJECT, err) != 0 ||
            bolt_doc_check_names(doc, n, own, err) != 0 ||
            check_kind(doc, bolt_doc_member(doc, n, "architecture"), BOLT_JSON_STRING, err) != 0 ||
            check_strings(doc, bolt_doc_member(doc, n, "subArchitectures"), err) != 0) {
            return -1;
        }
    }
    if (bolt_doc_count(doc, map) != 0 &&
        bolt_doc_count(doc, bolt_doc_member(doc, profile, "architectures")) != 0) {
        return bolt_doc_fail(doc, map, err, "'architectures' and 'archMap', which engines refuse");
    }
    return 0;
}

static int check(const struct bolt_doc *doc, bolt_node profile, struct bolt_err *err)
{
    static const char *const own[] = {
        "defaultAction", "defaultErrnoRet", "defaultErrno",     "archMap",  "architectures",
        "flags",         "listenerPath",    "listenerMetadata", "syscalls", NULL};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    if (bolt_doc_check_names(doc, profile, own, err) != 0 || check_archs(doc, profile, err) != 0 ||
        check_kind(doc, list, BOLT_JSON_ARRAY, err) != 0) {
        return -1;
    }
    for (bolt_node e = bolt_doc_first(doc, list); e.id != 0; e = bolt_doc_next(doc, e)) {
        if (check_entry(doc, e, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- resolving --------------------------------------------------------------------------- */

static void copy(struct bolt_json *json, const struct bolt_doc *doc, bolt_node object,
                 const char *name)
{
    bolt_node node = bolt_doc_member(doc, object, name);

    if (!is_absent(doc, node)) {
        bolt_json_raw(json, name, bolt_doc_source(doc, node));
    }
}

/* podman writes the number by its name, which counts before the number; Docker knows the number
 * only. */
static int copy_errno(struct bolt_json *json, const struct bolt_doc *doc, bolt_node object,
                      const char *by_name, const char *by_number, struct bolt_err *err)
{
    bolt_node node = bolt_doc_member(doc, object, by_name);
    bolt_node beside = bolt_doc_member(doc, object, by_number);
    uint64_t given;

    if (check_kind(doc, node, BOLT_JSON_STRING, err) != 0) {
        return -1;
    }
    if (is_absent(doc, node) || bolt_doc_string(doc, node).len == 0) {
        copy(json, doc, object, by_number);
        return 0;
    }
    for (unsigned number = 1; number < ERRNOS_MAX; number++) {
        const char *name = strerrorname_np((int)number);

        if (name == NULL || !bolt_bytes_is(bolt_doc_string(doc, node), name)) {
            continue;
        }
        if (!is_absent(doc, beside) &&
            (!bolt_bytes_to_u64(bolt_doc_source(doc, beside), &given) || given != number)) {
            return bolt_doc_fail(doc, beside, err, "not the number of %s, which stands beside it",
                                 name);
        }
        bolt_json_u64(json, by_number, number);
        return 0;
    }
    return bolt_doc_fail(doc, node, err, "no name of an error number");
}

static void add_archs(struct bolt_json *json, const struct bolt_doc *doc, bolt_node profile,
                      const struct bolt_machine *machine)
{
    bolt_node map = bolt_doc_member(doc, profile, "archMap");

    bolt_json_open(json, "architectures", '[');
    for (bolt_node n = bolt_doc_first(doc, map); is_list(doc, map) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        bolt_node name = bolt_doc_member(doc, n, "architecture");
        bolt_node more = bolt_doc_member(doc, n, "subArchitectures");

        if (!bolt_bytes_is(bolt_doc_string(doc, name), machine->abis[0]->name)) {
            continue;
        }
        bolt_json_raw(json, NULL, bolt_doc_source(doc, name));
        for (bolt_node s = bolt_doc_first(doc, more); is_list(doc, more) && s.id != 0;
             s = bolt_doc_next(doc, s)) {
            bolt_json_raw(json, NULL, bolt_doc_source(doc, s));
        }
    }
    bolt_json_close(json, ']');
}

static int add_entry(struct bolt_json *json, const struct bolt_doc *doc, bolt_node entry,
                     struct bolt_err *err)
{
    bolt_node name = bolt_doc_member(doc, entry, "name");

    bolt_json_open(json, NULL, '{');
    if (bolt_doc_string(doc, name).len != 0) {
        bolt_json_open(json, "names", '[');
        bolt_json_raw(json, NULL, bolt_doc_source(doc, name));
        bolt_json_close(json, ']');
    } else {
        copy(json, doc, entry, "names");
    }
    copy(json, doc, entry, "action");
    if (copy_errno(json, doc, entry, "errno", "errnoRet", err) != 0) {
        return -1;
    }
    copy(json, doc, entry, "args");
    bolt_json_close(json, '}');
    return 0;
}

int bolt_template_resolve(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node profile,
                          const struct bolt_template_container *container, struct bolt_bytes *out,
                          struct bolt_err *err)
{
    struct bolt_buf text = {.arena = arena};
    struct bolt_json json = {.out = &text, .empty = true};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    if (check(doc, profile, err) != 0) {
        return -1;
    }
    bolt_json_open(&json, NULL, '{');
    copy(&json, doc, profile, "defaultAction");
    if (copy_errno(&json, doc, profile, "defaultErrno", "defaultErrnoRet", err) != 0) {
        return -1;
    }
    if (bolt_doc_count(doc, bolt_doc_member(doc, profile, "archMap")) != 0) {
        add_archs(&json, doc, profile, container->machine);
    } else {
        copy(&json, doc, profile, "architectures");
    }
    copy(&json, doc, profile, "flags");
    copy(&json, doc, profile, "listenerPath");
    copy(&json, doc, profile, "listenerMetadata");
    bolt_json_open(&json, "syscalls", '[');
    for (bolt_node e = bolt_doc_first(doc, list); e.id != 0; e = bolt_doc_next(doc, e)) {
        if (bolt_template_applies(doc, e, container) && add_entry(&json, doc, e, err) != 0) {
            return -1;
        }
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    *out = bolt_buf_bytes(&text);
    return 0;
}
