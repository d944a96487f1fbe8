/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/template.h"

#include <string.h>

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

bool bolt_template_is(const struct bolt_doc *doc, bolt_node profile)
{
    static const char *const own[] = {"includes", "excludes", "name", "comment", "errno"};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    if (bolt_doc_member(doc, profile, "archMap").id != 0 ||
        bolt_doc_member(doc, profile, "defaultErrno").id != 0) {
        return true;
    }
    for (bolt_node e = bolt_doc_first(doc, list); is_list(doc, list) && e.id != 0;
         e = bolt_doc_next(doc, e)) {
        for (size_t i = 0; i < BOLT_LEN(own); i++) {
            if (bolt_doc_member(doc, e, own[i]).id != 0) {
                return true;
            }
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

struct bolt_cap_names bolt_template_caps(struct bolt_arena *arena, const struct bolt_doc *doc,
                                         bolt_node profile)
{
    struct bolt_cap_names caps = {.count = 0};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");

    for (bolt_node e = bolt_doc_first(doc, list); is_list(doc, list) && e.id != 0;
         e = bolt_doc_next(doc, e)) {
        if (bolt_template_about_sockets(doc, e)) {
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

bool bolt_template_applies(const struct bolt_doc *doc, bolt_node entry,
                           const struct bolt_machine *machine, const struct bolt_cap_names *caps)
{
    bolt_node arches = condition(doc, entry, "includes", "arches");
    bolt_node with = condition(doc, entry, "includes", "caps");
    bolt_node without = condition(doc, entry, "excludes", "caps");

    if (is_list(doc, arches) && bolt_doc_count(doc, arches) != 0 &&
        !has_string(doc, arches, go_name(machine))) {
        return false;
    }
    if (has_string(doc, condition(doc, entry, "excludes", "arches"), go_name(machine))) {
        return false;
    }
    for (bolt_node n = bolt_doc_first(doc, with); is_list(doc, with) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (!has_name(caps, bolt_doc_string(doc, n))) {
            return false;
        }
    }
    for (bolt_node n = bolt_doc_first(doc, without); is_list(doc, without) && n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (has_name(caps, bolt_doc_string(doc, n))) {
            return false;
        }
    }
    return true;
}

long bolt_template_entry(const struct bolt_doc *doc, bolt_node profile,
                         const struct bolt_machine *machine, const struct bolt_cap_names *caps,
                         long entry)
{
    bolt_node e = bolt_doc_first(doc, bolt_doc_member(doc, profile, "syscalls"));
    long at = 0;

    for (; e.id != 0; e = bolt_doc_next(doc, e), at++) {
        if (bolt_template_applies(doc, e, machine, caps) && entry-- == 0) {
            break;
        }
    }
    return at;
}

/* --- resolving --------------------------------------------------------------------------- */

static bool is_absent(const struct bolt_doc *doc, bolt_node node)
{
    enum bolt_json_kind kind = bolt_doc_kind(doc, node);

    return kind == BOLT_JSON_ABSENT || kind == BOLT_JSON_NULL;
}

static void copy(struct bolt_json *json, const struct bolt_doc *doc, bolt_node object,
                 const char *name)
{
    bolt_node node = bolt_doc_member(doc, object, name);

    if (!is_absent(doc, node)) {
        bolt_json_raw(json, name, bolt_doc_source(doc, node));
    }
}

/* podman writes the number by its name, which counts before the number. */
static int copy_errno(struct bolt_json *json, const struct bolt_doc *doc, bolt_node object,
                      const char *by_name, const char *by_number, struct bolt_err *err)
{
    bolt_node node = bolt_doc_member(doc, object, by_name);

    if (is_absent(doc, node) || bolt_doc_string(doc, node).len == 0) {
        copy(json, doc, object, by_number);
        return 0;
    }
    for (int number = 1; number < ERRNOS_MAX; number++) {
        const char *name = strerrorname_np(number);

        if (name != NULL && bolt_bytes_is(bolt_doc_string(doc, node), name)) {
            bolt_json_u64(json, by_number, (uint64_t)number);
            return 0;
        }
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

/* Go reads names in any case, so a name that is one of these in another case counts for engines and
 * not here. */
static int check_entry(const struct bolt_doc *doc, bolt_node entry, struct bolt_err *err)
{
    static const char *const own[] = {"names", "name",    "action",   "errnoRet", "errno",
                                      "args",  "comment", "includes", "excludes", NULL};
    static const char *const conditions[] = {"caps", "arches", "minKernel", NULL};

    if (bolt_doc_check_names(doc, entry, own, err) != 0 ||
        bolt_doc_check_names(doc, bolt_doc_member(doc, entry, "includes"), conditions, err) != 0 ||
        bolt_doc_check_names(doc, bolt_doc_member(doc, entry, "excludes"), conditions, err) != 0) {
        return -1;
    }
    return 0;
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
                          const struct bolt_machine *machine, const struct bolt_cap_names *caps,
                          struct bolt_bytes *out, struct bolt_err *err)
{
    struct bolt_buf text = {.arena = arena};
    struct bolt_json json = {.out = &text, .empty = true};
    bolt_node list = bolt_doc_member(doc, profile, "syscalls");
    static const char *const members[] = {
        "defaultAction", "defaultErrnoRet", "defaultErrno",     "archMap",  "architectures",
        "flags",         "listenerPath",    "listenerMetadata", "syscalls", NULL};

    bolt_json_open(&json, NULL, '{');
    copy(&json, doc, profile, "defaultAction");
    if (!is_list(doc, list) && !is_absent(doc, list)) {
        return bolt_doc_fail(doc, list, err, "not an array");
    }
    if (bolt_doc_check_names(doc, profile, members, err) != 0 ||
        copy_errno(&json, doc, profile, "defaultErrno", "defaultErrnoRet", err) != 0) {
        return -1;
    }
    if (bolt_doc_member(doc, profile, "archMap").id != 0) {
        add_archs(&json, doc, profile, machine);
    } else {
        copy(&json, doc, profile, "architectures");
    }
    copy(&json, doc, profile, "flags");
    copy(&json, doc, profile, "listenerPath");
    copy(&json, doc, profile, "listenerMetadata");
    bolt_json_open(&json, "syscalls", '[');
    for (bolt_node e = bolt_doc_first(doc, list); is_list(doc, list) && e.id != 0;
         e = bolt_doc_next(doc, e)) {
        if (check_entry(doc, e, err) != 0 ||
            (bolt_template_applies(doc, e, machine, caps) && add_entry(&json, doc, e, err) != 0)) {
            return -1;
        }
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    *out = bolt_buf_bytes(&text);
    return 0;
}
