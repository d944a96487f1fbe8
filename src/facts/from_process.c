/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process of a container: the member of config.json, and the file that `exec --process` takes,
 * which is the same object (OCI runtime-spec, config.md, "Process").
 */
#include "facts/facts_internal.h"

static const char *const process_names[] = {"terminal",
                                            "consoleSize",
                                            "user",
                                            "args",
                                            "commandLine",
                                            "env",
                                            "cwd",
                                            "capabilities",
                                            "rlimits",
                                            "oomScoreAdj",
                                            "noNewPrivileges",
                                            "apparmorProfile",
                                            "selinuxLabel",
                                            "scheduler",
                                            "ioPriority",
                                            "execCPUAffinity",
                                            NULL};
static const char *const user_names[] = {"uid", "gid", "umask", "additionalGids", "username", NULL};
static const char *const capability_names[] = {"bounding",  "effective", "inheritable",
                                               "permitted", "ambient",   NULL};

const char *bolt_cap_set_name(enum bolt_cap_set set)
{
    return capability_names[set];
}

#define CAPS_MAX 1024 /* in a set; the kernel has 41 */

static int read_cap_set(const struct bolt_source *s, bolt_node caps, enum bolt_cap_set set,
                        struct bolt_cap **list)
{
    struct bolt_facts *f = s->facts;
    bolt_node array;
    int entries = 0;

    if (bolt_source_take(s, caps, capability_names[set], BOLT_JSON_ARRAY, &array) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, array); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        struct bolt_cap cap = {.node = n, .set = set, .name = bolt_doc_string(s->doc, n)};

        if (bolt_source_expect(s, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        if (++entries > CAPS_MAX) {
            return bolt_doc_fail(s->doc, array, s->err, "more than %d capabilities", CAPS_MAX);
        }
        cap.number = bolt_cap_number(cap.name);
        if (cap.number != BOLT_CAP_UNKNOWN) {
            f->cap_mask[set] |= UINT64_C(1) << cap.number;
        }
        *list = bolt_arena_grow(s->arena, *list, f->cap_count, sizeof **list);
        (*list)[f->cap_count++] = cap;
    }
    return 0;
}

static int read_capabilities(const struct bolt_source *s, bolt_node process)
{
    struct bolt_cap *list = NULL;
    bolt_node caps;

    if (bolt_source_take(s, process, "capabilities", BOLT_JSON_OBJECT, &caps) != 0 ||
        bolt_doc_check_names(s->doc, caps, capability_names, s->err) != 0) {
        return -1;
    }
    for (int set = 0; set < BOLT_CAPS_SETS; set++) {
        if (read_cap_set(s, caps, (enum bolt_cap_set)set, &list) != 0) {
            return -1;
        }
    }
    s->facts->caps = list;
    return 0;
}

int bolt_source_process(const struct bolt_source *s, bolt_node process)
{
    struct bolt_facts *f = s->facts;
    bolt_node user;
    bolt_node flag;

    if (bolt_doc_check_names(s->doc, process, process_names, s->err) != 0 ||
        bolt_source_take(s, process, "user", BOLT_JSON_OBJECT, &user) != 0 ||
        bolt_doc_check_names(s->doc, user, user_names, s->err) != 0 ||
        bolt_source_u32(s, user, "uid", &f->uid) != 0 ||
        bolt_source_u32(s, user, "gid", &f->gid) != 0 ||
        bolt_source_take(s, process, "noNewPrivileges", BOLT_JSON_BOOL, &flag) != 0) {
        return -1;
    }
    f->no_new_privileges = bolt_doc_is_true(s->doc, flag);
    return read_capabilities(s, process);
}

bool bolt_facts_is_process(const struct bolt_doc *doc)
{
    bolt_node root = bolt_doc_root(doc);

    return bolt_doc_member(doc, root, "ociVersion").id == 0 &&
           bolt_doc_member(doc, root, "linux").id == 0 &&
           (bolt_doc_member(doc, root, "args").id != 0 ||
            bolt_doc_member(doc, root, "cwd").id != 0);
}

int bolt_facts_from_process(struct bolt_arena *arena, const struct bolt_doc *doc,
                            struct bolt_facts *facts, struct bolt_err *err)
{
    const struct bolt_source s = {arena, doc, facts, err};

    bolt_facts_from_nothing(facts);
    facts->doc = doc;
    if (bolt_source_expect(&s, bolt_doc_root(doc), BOLT_JSON_OBJECT) != 0) {
        return -1;
    }
    if (bolt_doc_member(doc, bolt_doc_root(doc), "ociVersion").id != 0) {
        return bolt_doc_fail(doc, bolt_doc_root(doc), err,
                             "an ociVersion: a container's configuration, not a process");
    }
    if (bolt_source_process(&s, bolt_doc_root(doc)) != 0) {
        return -1;
    }
    if (bolt_doc_kind(doc, bolt_doc_member(doc, bolt_doc_root(doc), "capabilities")) !=
        BOLT_JSON_OBJECT) {
        bolt_facts_inherit_caps(facts);
    }
    return 0;
}

void bolt_facts_inherit_caps(struct bolt_facts *facts)
{
    facts->caps_inherited = true;
    facts->own_caps_why =
        "the process names no capabilities and gets the container's own, which are not known here";
}

void bolt_facts_from_nothing(struct bolt_facts *facts)
{
    *facts = (struct bolt_facts){.known = BOLT_KNOWN_PROCESS | BOLT_KNOWN_PORTS, /* it has none */
                                 .engine = {.source = "nobody", .forgeable = true},
                                 .netns_port_start = -1};
}

void bolt_facts_add_caps(struct bolt_arena *arena, struct bolt_facts *facts,
                         const struct bolt_cmdline *line)
{
    size_t count = facts->cap_count + line->cap_count;
    struct bolt_cap *list = bolt_new_n(arena, struct bolt_cap, count);

    for (size_t i = 0; i < facts->cap_count; i++) {
        list[i] = facts->caps[i];
    }
    for (size_t i = 0; i < line->cap_count; i++) {
        struct bolt_bytes name = bolt_bytes_of(line->caps[i].text);

        list[facts->cap_count + i] =
            (struct bolt_cap){.name = name, .number = bolt_cap_number(name), .argument = i + 1};
    }
    facts->caps = list;
    facts->cap_count = count;
}
