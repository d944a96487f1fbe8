/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are like no other: the head of the file, capabilities, the errno, sysctls, globs. */
#include <stdlib.h>

#include "base/family.h"
#include "facts/caps.h"
#include "policy/policy_internal.h"

/* --- version, $schema ------------------------------------------------------------------- */

static int read_version(const struct bolt_loader *loader, bolt_node node,
                        const struct bolt_member *member, void *base)
{
    (void)member;
    (void)base;
    if (bolt_loader_expect(loader, node, BOLT_JSON_NUMBER) != 0) {
        return -1;
    }
    if (!bolt_bytes_is(bolt_doc_source(loader->doc, node), "1")) {
        return bolt_doc_fail(loader->doc, node, loader->err, "must be %d, the version that is read",
                             BOLT_POLICY_VERSION);
    }
    return 0;
}

static void show_version(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    (void)base;
    bolt_json_u64(json, member->name, BOLT_POLICY_VERSION);
}

const struct bolt_member_type bolt_type_version = {read_version, show_version};

/* For editors; it changes nothing. */
static int read_schema_name(const struct bolt_loader *loader, bolt_node node,
                            const struct bolt_member *member, void *base)
{
    (void)member;
    (void)base;
    return bolt_loader_expect(loader, node, BOLT_JSON_STRING);
}

const struct bolt_member_type bolt_type_schema_name = {read_schema_name, NULL};

/* --- capabilities ----------------------------------------------------------------------- */

static int read_cap(const struct bolt_loader *loader, bolt_node node, bolt_caps *caps)
{
    struct bolt_bytes name = bolt_doc_string(loader->doc, node);
    int number;

    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    number = bolt_cap_number_strict(name);
    if (number == BOLT_CAP_UNKNOWN) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "%.*s is no capability; names are as \"CHOWN\" or \"CAP_CHOWN\"",
                             BOLT_FMT(bolt_loader_quote(loader->arena, name)));
    }
    if ((*caps >> number & 1) != 0) {
        return bolt_doc_fail(loader->doc, node, loader->err, "%.*s is in the list already",
                             BOLT_FMT(bolt_cap_name(loader->arena, number)));
    }
    *caps |= (bolt_caps)1 << number;
    return 0;
}

static int read_caps(const struct bolt_loader *loader, bolt_node node,
                     const struct bolt_member *member, void *base)
{
    const struct bolt_doc *doc = loader->doc;
    bolt_caps *field = (void *)((char *)base + member->offset);
    bolt_caps caps = 0;

    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (read_cap(loader, n, &caps) != 0) {
            return -1;
        }
    }
    *field = caps;
    return 0;
}

static int by_text(const void *left, const void *right)
{
    const struct bolt_bytes *a = left;
    const struct bolt_bytes *b = right;

    return bolt_bytes_compare(*a, *b);
}

static void show_caps(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const bolt_caps *field = (const void *)((const char *)base + member->offset);
    struct bolt_bytes names[64] = {{0}};
    size_t count = 0;

    for (int number = 0; number < 64; number++) {
        if ((*field >> number & 1) != 0) {
            struct bolt_bytes name = bolt_cap_name(json->out->arena, number);

            names[count++] = (struct bolt_bytes){name.at + 4, name.len - 4}; /* without CAP_ */
        }
    }
    qsort(names, count, sizeof names[0], by_text);
    bolt_json_open(json, member->name, '[');
    for (size_t i = 0; i < count; i++) {
        bolt_json_string(json, NULL, names[i]);
    }
    bolt_json_close(json, ']');
}

const struct bolt_member_type bolt_type_caps = {read_caps, show_caps};

/* --- errno ------------------------------------------------------------------------------ */

static int read_errno(const struct bolt_loader *loader, bolt_node node,
                      const struct bolt_member *member, void *base)
{
    const struct bolt_choice *choice = bolt_loader_choice(loader, node, member->choices);
    struct bolt_policy *policy = base;

    if (choice == NULL) {
        return -1;
    }
    policy->raw_sockets.errnum = choice->value;
    policy->raw_sockets.errno_name = choice->name;
    return 0;
}

static void show_errno(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_policy *policy = base;

    bolt_json_cstr(json, member->name, policy->raw_sockets.errno_name);
}

const struct bolt_member_type bolt_type_errno = {read_errno, show_errno};

/* --- address families ------------------------------------------------------------------- */

static int read_family(const struct bolt_loader *loader, bolt_node node, uint64_t *families)
{
    struct bolt_bytes name = bolt_doc_string(loader->doc, node);
    const struct bolt_family *family = bolt_family_named(name);

    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    if (family == NULL) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "%.*s is no address family that has raw sockets; names are as "
                             "\"AF_PACKET\"",
                             BOLT_FMT(bolt_loader_quote(loader->arena, name)));
    }
    if ((*families >> family->number & 1) != 0) {
        return bolt_doc_fail(loader->doc, node, loader->err, "%s is in the list already",
                             family->name);
    }
    *families |= UINT64_C(1) << family->number;
    return 0;
}

int bolt_loader_families(const struct bolt_loader *loader, bolt_node node, uint64_t *out)
{
    const struct bolt_doc *doc = loader->doc;
    uint64_t families = 0;

    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (read_family(loader, n, &families) != 0) {
            return -1;
        }
    }
    *out = families;
    return 0;
}

void bolt_show_families(struct bolt_json *json, const char *name, uint64_t families)
{
    bolt_json_open(json, name, '[');
    for (size_t i = 0; i < bolt_family_count; i++) {
        if ((families >> bolt_families[i].number & 1) != 0) {
            bolt_json_cstr(json, NULL, bolt_families[i].name);
        }
    }
    bolt_json_close(json, ']');
}

static int read_families(const struct bolt_loader *loader, bolt_node node,
                         const struct bolt_member *member, void *base)
{
    return bolt_loader_families(loader, node, (void *)((char *)base + member->offset));
}

static void show_families(struct bolt_json *json, const struct bolt_member *member,
                          const void *base)
{
    const uint64_t *field = (const void *)((const char *)base + member->offset);

    bolt_show_families(json, member->name, *field);
}

const struct bolt_member_type bolt_type_families = {read_families, show_families};

/* --- sysctls ---------------------------------------------------------------------------- */

static int read_sysctl_value(const struct bolt_loader *loader, bolt_node node,
                             const struct bolt_member *member, void *base)
{
    int64_t *field = (void *)((char *)base + member->offset);
    unsigned value = 0;

    if (bolt_loader_number(loader, node, member->max, &value) != 0) {
        return -1;
    }
    *field = value;
    return 0;
}

static void show_sysctl_value(struct bolt_json *json, const struct bolt_member *member,
                              const void *base)
{
    const int64_t *field = (const void *)((const char *)base + member->offset);

    bolt_json_u64(json, member->name, (uint64_t)*field);
}

const struct bolt_member_type bolt_type_sysctl_value = {read_sysctl_value, show_sysctl_value};

static int read_sysctl_set(const struct bolt_loader *loader, bolt_node node,
                           const struct bolt_member *member, void *base)
{
    struct bolt_policy *policy = base;
    unsigned value = 0;

    if (bolt_loader_number(loader, node, member->max, &value) != 0) {
        return -1;
    }
    policy->port_start.has_set = true;
    policy->port_start.set = value;
    return 0;
}

static void show_sysctl_set(struct bolt_json *json, const struct bolt_member *member,
                            const void *base)
{
    const struct bolt_policy *policy = base;

    if (policy->port_start.has_set) {
        bolt_json_u64(json, member->name, (uint64_t)policy->port_start.set);
    }
}

const struct bolt_member_type bolt_type_sysctl_set = {read_sysctl_set, show_sysctl_set};

/* --- globs ------------------------------------------------------------------------------ */

static int read_globs(const struct bolt_loader *loader, bolt_node node,
                      const struct bolt_member *member, void *base)
{
    const struct bolt_doc *doc = loader->doc;
    struct bolt_policy *policy = base;
    struct bolt_bytes *globs;
    size_t count = 0;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    globs = bolt_new_n(loader->arena, struct bolt_bytes, bolt_doc_count(doc, node));
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (bolt_loader_expect(loader, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        globs[count] = bolt_doc_string(doc, n);
        if (globs[count].len == 0) {
            return bolt_doc_fail(doc, n, loader->err, "must not be empty");
        }
        count++;
    }
    policy->annotations_deny = globs;
    policy->annotations_deny_count = count;
    return 0;
}

static void show_globs(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_policy *policy = base;

    bolt_json_open(json, member->name, '[');
    for (size_t i = 0; i < policy->annotations_deny_count; i++) {
        bolt_json_string(json, NULL, policy->annotations_deny[i]);
    }
    bolt_json_close(json, ']');
}

const struct bolt_member_type bolt_type_globs = {read_globs, show_globs};
