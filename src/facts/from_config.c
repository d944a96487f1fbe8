/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OCI config.json -> facts.
 *
 * null counts as absent everywhere, as it does for Go (the zero value) and for crun. Objects whose
 * members the specification fixes are checked for names that readers fold to known ones.
 */
#include <string.h>

#include "base/hash.h"
#include "facts/facts_internal.h"
#include "facts/sysctl.h"

static const char *const config_names[] = {
    "ociVersion",  "process", "root",    "hostname", "domainname", "mounts", "hooks",
    "annotations", "linux",   "solaris", "windows",  "vm",         "zos",    NULL};
static const char *const linux_names[] = {"devices",           "uidMappings",  "gidMappings",
                                          "namespaces",        "cgroupsPath",  "resources",
                                          "intelRdt",          "sysctl",       "seccomp",
                                          "rootfsPropagation", "maskedPaths",  "mountLabel",
                                          "readonlyPaths",     "personality",  "timeOffsets",
                                          "netDevices",        "memoryPolicy", NULL};
static const char *const namespace_names[] = {"type", "path", NULL};

static int read_process(const struct bolt_source *s)
{
    bolt_node process;

    if (bolt_source_take(s, bolt_doc_root(s->doc), "process", BOLT_JSON_OBJECT, &process) != 0) {
        return -1;
    }
    return bolt_source_process(s, process);
}

/* --- linux ------------------------------------------------------------------------------ */

static void note_namespace(struct bolt_facts *f, struct bolt_bytes type, struct bolt_bytes path)
{
    if (bolt_bytes_is(type, "network")) {
        f->netns = path.len == 0 ? BOLT_NETNS_OWN : BOLT_NETNS_UNKNOWN;
        f->netns_path = path;
        f->netns_why = path.len == 0 ? NULL : "the namespace at its path was not looked at";
    } else if (bolt_bytes_is(type, "user")) {
        f->own_userns = path.len == 0;
        f->joined_userns = path.len != 0;
    }
}

static int read_namespace(const struct bolt_source *s, bolt_node entry)
{
    struct bolt_bytes type;
    bolt_node type_node;
    bolt_node path;

    if (bolt_source_expect(s, entry, BOLT_JSON_OBJECT) != 0 ||
        bolt_doc_check_names(s->doc, entry, namespace_names, s->err) != 0 ||
        bolt_source_take(s, entry, "type", BOLT_JSON_STRING, &type_node) != 0 ||
        bolt_source_take(s, entry, "path", BOLT_JSON_STRING, &path) != 0) {
        return -1;
    }
    type = bolt_doc_string(s->doc, type_node);
    if (path.id != 0 && bolt_doc_string(s->doc, path).len == 0) {
        return bolt_doc_fail(s->doc, path, s->err,
                             "an empty path, which some runtimes take for none and others try");
    }
    for (bolt_node n = bolt_doc_first(s->doc, bolt_doc_parent(s->doc, entry)); n.id != entry.id;
         n = bolt_doc_next(s->doc, n)) {
        if (bolt_bytes_equal(bolt_doc_string(s->doc, bolt_doc_member(s->doc, n, "type")), type)) {
            return bolt_doc_fail(s->doc, entry, s->err, "a second namespace of one type");
        }
    }
    note_namespace(s->facts, type, bolt_doc_string(s->doc, path));
    return 0;
}

static int read_namespaces(const struct bolt_source *s)
{
    bolt_node list;

    if (bolt_source_take(s, s->facts->linux_node, "namespaces", BOLT_JSON_ARRAY, &list) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, list); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        if (read_namespace(s, n) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_sysctls(const struct bolt_source *s)
{
    struct bolt_facts *f = s->facts;
    struct bolt_sysctl *list = NULL;
    size_t count = 0;
    bolt_node map;

    if (bolt_source_take(s, f->linux_node, "sysctl", BOLT_JSON_OBJECT, &map) != 0) {
        return -1;
    }
    f->sysctl_node = bolt_doc_member(s->doc, f->linux_node, "sysctl");
    for (bolt_node n = bolt_doc_first(s->doc, map); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        struct bolt_sysctl entry = {
            .node = n, .written = bolt_doc_name(s->doc, n), .value = bolt_doc_string(s->doc, n)};

        if (bolt_source_expect(s, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        entry.name = bolt_sysctl_canonical(s->arena, entry.written);
        for (size_t i = 0; i < count; i++) {
            if (bolt_bytes_equal(list[i].name, entry.name)) {
                return bolt_doc_fail(s->doc, n, s->err,
                                     "a second spelling of one sysctl: which value stays is open");
            }
        }
        list = bolt_arena_grow(s->arena, list, count, sizeof *list);
        list[count++] = entry;
    }
    f->sysctls = list;
    f->sysctl_count = count;
    return 0;
}

static int read_linux(const struct bolt_source *s)
{
    struct bolt_facts *f = s->facts;
    bolt_node root = bolt_doc_root(s->doc);
    bolt_node read_only;
    bolt_node seccomp;
    bolt_node masked;

    if (bolt_source_take(s, root, "linux", BOLT_JSON_OBJECT, &f->linux_node) != 0) {
        return -1;
    }
    if (f->linux_node.id == 0) {
        return bolt_doc_fail(s->doc, root, s->err,
                             "no 'linux' object: not the configuration of a Linux container");
    }
    if (bolt_doc_check_names(s->doc, f->linux_node, linux_names, s->err) != 0 ||
        bolt_source_take(s, f->linux_node, "seccomp", BOLT_JSON_OBJECT, &seccomp) != 0) {
        return -1;
    }
    if (bolt_source_take(s, f->linux_node, "maskedPaths", BOLT_JSON_ARRAY, &masked) != 0 ||
        bolt_source_take(s, f->linux_node, "readonlyPaths", BOLT_JSON_ARRAY, &read_only) != 0) {
        return -1;
    }
    f->unmasked = bolt_doc_count(s->doc, masked) == 0 && bolt_doc_count(s->doc, read_only) == 0;
    f->seccomp = bolt_doc_member(s->doc, f->linux_node, "seccomp");
    f->seccomp_unconfined = bolt_doc_count(s->doc, seccomp) == 0;
    if (read_namespaces(s) != 0 || bolt_source_gids(s, s->facts->linux_node, "gidMappings") != 0) {
        return -1;
    }
    return read_sysctls(s);
}

/* --- annotations and identity ----------------------------------------------------------- */

int bolt_source_annotations(const struct bolt_source *s, bolt_node object, const char *name)
{
    struct bolt_facts *f = s->facts;
    struct bolt_annotation *list = NULL;
    bolt_node map;

    if (bolt_source_take(s, object, name, BOLT_JSON_OBJECT, &map) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, map); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        if (bolt_source_expect(s, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        list = bolt_arena_grow(s->arena, list, f->annotation_count, sizeof *list);
        list[f->annotation_count++] =
            (struct bolt_annotation){n, bolt_doc_name(s->doc, n), bolt_doc_string(s->doc, n)};
    }
    f->annotations = list;
    return 0;
}

/* podman's word for it. Whoever writes it without need only makes things harder for himself. */
static bool find_privileged(const struct bolt_facts *f)
{
    for (size_t i = 0; i < f->annotation_count; i++) {
        if (bolt_bytes_is(f->annotations[i].name, "io.podman.annotations.privileged") &&
            bolt_bytes_is(f->annotations[i].value, "TRUE")) {
            return true;
        }
    }
    return false;
}

/* A guess for the record, never a reason to allow anything: annotations can be forged. */
static struct bolt_bytes guess_engine(const struct bolt_facts *f)
{
    for (size_t i = 0; i < f->annotation_count; i++) {
        const struct bolt_annotation *a = &f->annotations[i];

        if (bolt_bytes_is(a->name, "io.container.manager")) {
            return bolt_bytes_is(a->value, "libpod") ? BOLT_LIT("podman") : BOLT_LIT("cri-o");
        }
        if (bolt_bytes_is(a->name, "io.kubernetes.cri.container-type")) {
            return BOLT_LIT("containerd");
        }
    }
    return (struct bolt_bytes){0};
}

/* 64 hexadecimal digits at the end of the last part of linux.cgroupsPath, which engines make from
 * the id: ".../libpod-ID", "machine.slice:libpod:ID", "/docker/ID". The container's author may
 * choose what stands before that. */
static struct bolt_bytes id_at_end(struct bolt_bytes path)
{
    static const char scope[] = ".scope";
    size_t n = 0;

    if (path.len > sizeof scope - 1 &&
        memcmp(path.at + path.len - (sizeof scope - 1), scope, sizeof scope - 1) == 0) {
        path.len -= sizeof scope - 1;
    }
    while (n < path.len && strchr("0123456789abcdef", path.at[path.len - 1 - n]) != NULL) {
        n++;
    }
    return n == BOLT_SHA256_DIGITS ? (struct bolt_bytes){path.at + path.len - n, n}
                                   : (struct bolt_bytes){0};
}

static int find_id(const struct bolt_source *s)
{
    bolt_node path;
    struct bolt_bytes id;

    if (bolt_source_take(s, s->facts->linux_node, "cgroupsPath", BOLT_JSON_STRING, &path) != 0) {
        return -1;
    }
    id = id_at_end(bolt_doc_string(s->doc, path));
    if (id.len != 0) {
        s->facts->who.id = (struct bolt_named){.value = id, .source = "cgroupsPath"};
    }
    return 0;
}

int bolt_facts_from_config(struct bolt_arena *arena, const struct bolt_doc *doc,
                           struct bolt_facts *facts, struct bolt_err *err)
{
    const struct bolt_source s = {arena, doc, facts, err};
    bolt_node root = bolt_doc_root(doc);
    bolt_node version;

    *facts = (struct bolt_facts){.doc = doc, .netns_port_start = -1};
    facts->ports_why = "no source of port mappings is known for this engine and stage";
    if (bolt_source_expect(&s, root, BOLT_JSON_OBJECT) != 0 ||
        bolt_doc_check_names(doc, root, config_names, err) != 0 ||
        bolt_source_take(&s, root, "ociVersion", BOLT_JSON_STRING, &version) != 0) {
        return -1;
    }
    if (version.id == 0) {
        return bolt_doc_fail(doc, root, err, "no ociVersion: not an OCI runtime configuration");
    }
    if (read_process(&s) != 0 || read_linux(&s) != 0 ||
        bolt_source_annotations(&s, root, "annotations") != 0) {
        return -1;
    }
    facts->engine = (struct bolt_named){
        .value = guess_engine(facts), .source = "config.json", .forgeable = true};
    facts->engine.from_annotation = facts->engine.value.len != 0;
    facts->said_privileged = find_privileged(facts);
    if (find_id(&s) != 0) {
        return -1;
    }
    facts->known = BOLT_KNOWN_CONFIG;
    return 0;
}

const struct bolt_sysctl *bolt_facts_sysctl(const struct bolt_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->sysctl_count; i++) {
        if (bolt_bytes_is(facts->sysctls[i].name, name)) {
            return &facts->sysctls[i];
        }
    }
    return NULL;
}

int64_t bolt_facts_port_start(const struct bolt_facts *f)
{
    const struct bolt_sysctl *sysctl = bolt_facts_sysctl(f, BOLT_SYSCTL_PORT_START);
    int64_t value;

    if (sysctl != NULL) {
        return bolt_sysctl_number(sysctl->value, &value) ? value : -1;
    }
    return f->netns == BOLT_NETNS_OWN && f->netns_path.len == 0 ? BOLT_PORT_START_OF_NEW
                                                                : f->netns_port_start;
}

bool bolt_facts_maps_root_to(const struct bolt_doc *doc, uint64_t uid)
{
    bolt_node os = bolt_doc_member(doc, bolt_doc_root(doc), "linux");
    bolt_node map = bolt_doc_member(doc, os, "uidMappings");

    for (bolt_node at = bolt_doc_first(doc, map); at.id != 0; at = bolt_doc_next(doc, at)) {
        bolt_node inside = bolt_doc_member(doc, at, "containerID");
        bolt_node outside = bolt_doc_member(doc, at, "hostID");
        uint64_t id;

        if (bolt_bytes_is(bolt_doc_source(doc, inside), "0") &&
            bolt_bytes_to_u64(bolt_doc_source(doc, outside), &id) && id == uid) {
            return true;
        }
    }
    return false;
}
