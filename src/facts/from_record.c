/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision record -> facts, so that the decision can be made once more. emit/record_facts.c
 * writes what is read here.
 */
#include "facts/facts_internal.h"
#include "facts/sysctl.h"

const struct bolt_flag bolt_facts_flags[] = {
    {"noNewPrivileges", offsetof(struct bolt_facts, no_new_privileges)},
    {"ownUserns", offsetof(struct bolt_facts, own_userns)},
    {"joinedUserns", offsetof(struct bolt_facts, joined_userns)},
    {"gidsLimited", offsetof(struct bolt_facts, gids_limited)},
    {"unconfined", offsetof(struct bolt_facts, seccomp_unconfined)},
    {"unmasked", offsetof(struct bolt_facts, unmasked)},
    {"saidPrivileged", offsetof(struct bolt_facts, said_privileged)},
    {"inheritsCapabilities", offsetof(struct bolt_facts, caps_inherited)},
    {"portsHidden", offsetof(struct bolt_facts, ports_hidden)},
    {"identified", offsetof(struct bolt_facts, identified)},
};
const size_t bolt_facts_flag_count = BOLT_LEN(bolt_facts_flags);

/* What was judged. */
static const struct {
    const char *word;
    unsigned known;
} kinds[] = {{"container", BOLT_KNOWN_CONFIG},
             {"process", BOLT_KNOWN_PROCESS},
             {"network", BOLT_KNOWN_NETWORK}};

const char *bolt_facts_kind(const struct bolt_facts *facts)
{
    size_t i = 0;

    while (i + 1 < BOLT_LEN(kinds) && (facts->known & kinds[i].known) == 0) {
        i++;
    }
    return kinds[i].word;
}

static const char *const netns_names[] = {
    [BOLT_NETNS_HOST] = "host",
    [BOLT_NETNS_JOINED] = "joined",
    [BOLT_NETNS_OWN] = "own",
    [BOLT_NETNS_UNKNOWN] = "unknown",
};

const char *bolt_netns_name(enum bolt_netns netns)
{
    return netns_names[netns];
}

/* --- flags ------------------------------------------------------------------------------ */

bool bolt_flag_set(const struct bolt_flag *flags, size_t count, void *base, struct bolt_bytes word)
{
    for (size_t i = 0; i < count; i++) {
        if (bolt_bytes_is(word, flags[i].word)) {
            *(bool *)((char *)base + flags[i].offset) = true;
            return true;
        }
    }
    return false;
}

static int read_flags(const struct bolt_source *s, bolt_node facts)
{
    bolt_node list;

    if (bolt_source_take(s, facts, "flags", BOLT_JSON_ARRAY, &list) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, list); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        if (!bolt_flag_set(bolt_facts_flags, bolt_facts_flag_count, s->facts,
                           bolt_doc_string(s->doc, n))) {
            return bolt_doc_fail(s->doc, n, s->err, "is not a flag that is known");
        }
    }
    return 0;
}

/* --- capabilities ----------------------------------------------------------------------- */

struct caps {
    struct bolt_cap *list;
    size_t count;
};

static int add_caps(const struct bolt_source *s, bolt_node array, struct bolt_cap like,
                    struct caps *out)
{
    size_t place = 0;

    for (bolt_node n = bolt_doc_first(s->doc, array); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        struct bolt_cap cap = like;

        if (bolt_source_expect(s, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        place++;
        cap.name = bolt_doc_string(s->doc, n);
        cap.number = bolt_cap_number(cap.name);
        cap.argument = like.argument == 0 ? 0 : place;
        out->list = bolt_arena_grow(s->arena, out->list, out->count, sizeof *out->list);
        out->list[out->count++] = cap;
    }
    return 0;
}

/* A set is a list of names, or the name of a set before it with the same ones. */
static int read_sets(const struct bolt_source *s, bolt_node sets, struct caps *out)
{
    for (int set = 0; set < BOLT_CAPS_SETS; set++) {
        const char *name = bolt_cap_set_name((enum bolt_cap_set)set);
        bolt_node node = bolt_doc_member(s->doc, sets, name);

        if (node.id == 0) {
            continue;
        }
        if (bolt_doc_kind(s->doc, node) == BOLT_JSON_STRING) {
            const char *same = bolt_bytes_cstr(s->arena, bolt_doc_string(s->doc, node));

            node = bolt_doc_member(s->doc, sets, same);
        }
        if (bolt_source_expect(s, node, BOLT_JSON_ARRAY) != 0 ||
            add_caps(s, node, (struct bolt_cap){.set = (enum bolt_cap_set)set}, out) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_own(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_facts *f = s->facts;
    struct caps own = {0};
    bolt_node sets;

    if (bolt_source_take(s, facts, "own", BOLT_JSON_OBJECT, &sets) != 0 ||
        bolt_source_cstr(s, facts, "ownUnknown", &f->own_caps_why) != 0 ||
        read_sets(s, sets, &own) != 0) {
        return -1;
    }
    if (f->caps_inherited && sets.id == 0 && f->own_caps_why == NULL) {
        return bolt_doc_fail(s->doc, facts, s->err, "has neither 'own' nor 'ownUnknown'");
    }
    f->own_caps = own.list;
    f->own_cap_count = own.count;
    return 0;
}

static int read_caps(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_facts *f = s->facts;
    struct caps all = {0};
    bolt_node arguments;
    bolt_node available;
    bolt_node sets;

    if (bolt_source_take(s, facts, "capabilities", BOLT_JSON_OBJECT, &sets) != 0 ||
        bolt_source_take(s, facts, "arguments", BOLT_JSON_ARRAY, &arguments) != 0 ||
        bolt_source_take(s, facts, "available", BOLT_JSON_NUMBER, &available) != 0 ||
        read_sets(s, sets, &all) != 0) {
        return -1;
    }
    for (size_t i = 0; i < all.count; i++) {
        if (all.list[i].number != BOLT_CAP_UNKNOWN) {
            f->cap_mask[all.list[i].set] |= UINT64_C(1) << all.list[i].number;
        }
    }
    if (add_caps(s, arguments, (struct bolt_cap){.argument = 1}, &all) != 0) {
        return -1;
    }
    if (available.id != 0 &&
        !bolt_bytes_to_u64(bolt_doc_source(s->doc, available), &f->caps_available)) {
        return bolt_doc_fail(s->doc, available, s->err, "is not a set of capabilities");
    }
    f->caps = all.list;
    f->cap_count = all.count;
    return read_own(s, facts);
}

/* --- network, sysctls, annotations ------------------------------------------------------ */

static int read_network(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_facts *f = s->facts;
    struct bolt_bytes kind;
    bolt_node network;
    bolt_node start;
    uint32_t value;

    if (bolt_source_take(s, facts, "network", BOLT_JSON_OBJECT, &network) != 0 ||
        bolt_source_string(s, network, "kind", &kind) != 0 ||
        bolt_source_string(s, network, "path", &f->netns_path) != 0 ||
        bolt_source_cstr(s, network, "why", &f->netns_why) != 0 ||
        bolt_source_u32(s, network, "portStart", &value) != 0 ||
        bolt_source_take(s, network, "portStart", BOLT_JSON_NUMBER, &start) != 0) {
        return -1;
    }
    f->netns_port_start = start.id == 0 ? -1 : (int64_t)value;
    for (size_t i = 0; i < BOLT_LEN(netns_names); i++) {
        if (bolt_bytes_is(kind, netns_names[i])) {
            f->netns = (enum bolt_netns)i;
        }
    }
    if (kind.len != 0 && !bolt_bytes_is(kind, netns_names[f->netns])) {
        return bolt_doc_fail(s->doc, network, s->err, "is of no kind that is known");
    }
    if (f->netns == BOLT_NETNS_UNKNOWN && f->netns_why == NULL) {
        return bolt_doc_fail(s->doc, network, s->err, "does not say why it is not known");
    }
    return 0;
}

static int read_sysctls(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_sysctl *list = NULL;
    bolt_node map;

    if (bolt_source_take(s, facts, "sysctls", BOLT_JSON_OBJECT, &map) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, map); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        if (bolt_source_expect(s, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        list = bolt_arena_grow(s->arena, list, s->facts->sysctl_count, sizeof *list);
        list[s->facts->sysctl_count++] = (struct bolt_sysctl){
            .name = bolt_sysctl_canonical(s->arena, bolt_doc_name(s->doc, n)),
            .written = bolt_doc_name(s->doc, n),
            .value = bolt_doc_string(s->doc, n),
        };
    }
    s->facts->sysctls = list;
    return 0;
}

static int read_annotations(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_annotation *list = NULL;
    bolt_node array;

    if (bolt_source_take(s, facts, "annotations", BOLT_JSON_ARRAY, &array) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, array); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        if (bolt_source_expect(s, n, BOLT_JSON_STRING) != 0) {
            return -1;
        }
        list = bolt_arena_grow(s->arena, list, s->facts->annotation_count, sizeof *list);
        list[s->facts->annotation_count++] =
            (struct bolt_annotation){.name = bolt_doc_string(s->doc, n)};
    }
    s->facts->annotations = list;
    return 0;
}

/* --- all of it -------------------------------------------------------------------------- */

static int read_kind(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_bytes kind;

    if (bolt_source_string(s, facts, "of", &kind) != 0) {
        return -1;
    }
    for (size_t i = 0; i < BOLT_LEN(kinds); i++) {
        if (bolt_bytes_is(kind, kinds[i].word)) {
            s->facts->known = kinds[i].known;
            return 0;
        }
    }
    return bolt_doc_fail(s->doc, facts, s->err, "are of nothing that is known");
}

static int read_facts(const struct bolt_source *s, bolt_node facts)
{
    struct bolt_facts *f = s->facts;

    if (read_kind(s, facts) != 0 || read_flags(s, facts) != 0 || read_caps(s, facts) != 0 ||
        bolt_source_u32(s, facts, "uid", &f->uid) != 0 ||
        bolt_source_u32(s, facts, "gid", &f->gid) != 0 || read_network(s, facts) != 0 ||
        bolt_source_gids(s, facts, "gids") != 0 || read_sysctls(s, facts) != 0 ||
        read_annotations(s, facts) != 0 ||
        bolt_source_cstr(s, facts, "portsUnknown", &f->ports_why) != 0) {
        return -1;
    }
    f->known |= f->ports_why == NULL ? BOLT_KNOWN_PORTS : 0U;
    return 0;
}

int bolt_facts_from_record(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node record,
                           struct bolt_facts *facts, struct bolt_err *err)
{
    const struct bolt_source s = {arena, doc, facts, err};
    bolt_node ports;
    bolt_node node;

    *facts = (struct bolt_facts){.doc = doc, .netns_port_start = -1};
    if (bolt_source_take(&s, record, "facts", BOLT_JSON_OBJECT, &node) != 0 ||
        bolt_source_take(&s, record, "ports", BOLT_JSON_ARRAY, &ports) != 0) {
        return -1;
    }
    if (node.id == 0) {
        return bolt_doc_fail(doc, record, err, "has no 'facts'");
    }
    return read_facts(&s, node) != 0 || bolt_record_identity(&s, record, node) != 0 ||
                   bolt_record_tried(&s, record) != 0
               ? -1
               : bolt_facts_read_ports(arena, doc, ports, facts, err);
}
