/* SPDX-License-Identifier: Apache-2.0 */
/* Port mappings as engines write them into annotations. */
#include "facts/facts.h"

static const char *const keys[] = {
    "io.kubernetes.cri-o.PortMappings",
    "nerdctl/ports",
    "io.kubernetes.container.ports",
};

/* go-cni writes HostPort, the CNI specification hostPort. Of two members that Go takes for one, it
 * reads the last: false. */
static bool take_any_case(const struct bolt_doc *doc, bolt_node object, const char *name,
                          enum bolt_json_kind kind, bolt_node *out)
{
    *out = BOLT_NONE;
    for (bolt_node n = bolt_doc_first(doc, object); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (!bolt_bytes_equal_fold(bolt_doc_name(doc, n), bolt_bytes_of(name))) {
            continue;
        }
        if (out->id != 0 || bolt_doc_kind(doc, n) != kind) {
            return false;
        }
        *out = n;
    }
    return true;
}

static bool read_port(const struct bolt_doc *doc, bolt_node entry, const char *name, uint16_t *out)
{
    uint64_t value = 0;
    bolt_node node;

    if (!take_any_case(doc, entry, name, BOLT_JSON_NUMBER, &node) ||
        (node.id != 0 &&
         (!bolt_bytes_to_u64(bolt_doc_source(doc, node), &value) || value > UINT16_MAX))) {
        return false;
    }
    *out = (uint16_t)value;
    return true;
}

static bool read_protocol(const struct bolt_doc *doc, bolt_node entry, struct bolt_bytes *out)
{
    static const char *const protocols[] = {"tcp", "udp", "sctp"};
    struct bolt_bytes written;
    bolt_node node;

    if (!take_any_case(doc, entry, "protocol", BOLT_JSON_STRING, &node)) {
        return false;
    }
    written = bolt_doc_string(doc, node);
    *out = BOLT_LIT("tcp");
    for (size_t i = 0; i < BOLT_LEN(protocols); i++) {
        if (bolt_bytes_equal_fold(written, bolt_bytes_of(protocols[i]))) {
            *out = bolt_bytes_of(protocols[i]);
            return true;
        }
    }
    return written.len == 0;
}

static bool read_address(const struct bolt_doc *doc, bolt_node entry, struct bolt_bytes *out)
{
    bolt_node node;

    if (!take_any_case(doc, entry, "hostIP", BOLT_JSON_STRING, &node)) {
        return false;
    }
    *out = bolt_doc_string(doc, node);
    return true;
}

/* An entry's names must be ASCII: Go folds U+017F to s, and U+212A to k. */
static bool read_entry(const struct bolt_doc *doc, bolt_node entry, struct bolt_port *port)
{
    static const char *const no_names[] = {NULL};
    struct bolt_err err = {0};

    return bolt_doc_kind(doc, entry) == BOLT_JSON_OBJECT &&
           bolt_doc_check_names(doc, entry, no_names, &err) == 0 &&
           read_port(doc, entry, "hostPort", &port->host) &&
           read_port(doc, entry, "containerPort", &port->container) &&
           read_protocol(doc, entry, &port->protocol) && read_address(doc, entry, &port->address);
}

static bool add_ports(struct bolt_arena *arena, struct bolt_facts *facts, const char *key,
                      struct bolt_bytes text)
{
    struct bolt_port *list = NULL;
    const struct bolt_doc *doc;
    struct bolt_err err = {0};
    size_t count = 0;

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_doc_kind(doc, bolt_doc_root(doc)) != BOLT_JSON_ARRAY) {
        return false;
    }
    for (bolt_node n = bolt_doc_first(doc, bolt_doc_root(doc)); n.id != 0;
         n = bolt_doc_next(doc, n)) {
        struct bolt_port port = {.source = key};

        if (!read_entry(doc, n, &port)) {
            return false;
        }
        list = bolt_arena_grow(arena, list, count, sizeof *list);
        list[count++] = port;
    }
    facts->ports = list;
    facts->port_count = count;
    return true;
}

void bolt_facts_ports_from_annotations(struct bolt_arena *arena, struct bolt_facts *facts)
{
    facts->ports_why = "no annotation tells the port mappings";
    for (size_t k = 0; k < BOLT_LEN(keys); k++) {
        for (size_t i = 0; i < facts->annotation_count; i++) {
            if (!bolt_bytes_is(facts->annotations[i].name, keys[k])) {
                continue;
            }
            if (!add_ports(arena, facts, keys[k], facts->annotations[i].value)) {
                facts->ports_why = "the annotation with the port mappings is malformed";
                return;
            }
            facts->known |= BOLT_KNOWN_PORTS;
            facts->ports_why = NULL;
            return;
        }
    }
}

bool bolt_facts_have_port_annotation(const struct bolt_facts *facts)
{
    for (size_t i = 0; i < facts->annotation_count; i++) {
        for (size_t k = 0; k < BOLT_LEN(keys); k++) {
            if (bolt_bytes_is(facts->annotations[i].name, keys[k])) {
                return true;
            }
        }
    }
    return false;
}
