/* SPDX-License-Identifier: Apache-2.0 */
/* A decision record -> published ports, and who the container is. */
#include "facts/facts_internal.h"

/* --- ports ------------------------------------------------------------------------------ */

static int read_port_number(const struct bolt_source *s, bolt_node entry, const char *name,
                            uint16_t *out)
{
    uint32_t value;

    if (bolt_source_u32(s, entry, name, &value) != 0) {
        return -1;
    }
    *out = (uint16_t)value;
    return value <= UINT16_MAX ? 0
                               : bolt_doc_fail(s->doc, entry, s->err, "has no port as '%s'", name);
}

static int read_port(const struct bolt_source *s, bolt_node entry, struct bolt_port *port)
{
    if (bolt_source_expect(s, entry, BOLT_JSON_OBJECT) != 0 ||
        bolt_source_string(s, entry, "address", &port->address) != 0 ||
        read_port_number(s, entry, "host", &port->host) != 0 ||
        read_port_number(s, entry, "container", &port->container) != 0 ||
        read_port_number(s, entry, "more", &port->more) != 0 ||
        bolt_source_bool(s, entry, "oneOf", &port->one_of) != 0 ||
        bolt_source_string(s, entry, "protocol", &port->protocol) != 0 ||
        bolt_source_cstr(s, entry, "source", &port->source) != 0) {
        return -1;
    }
    port->protocol = port->protocol.len == 0 ? BOLT_LIT("tcp") : port->protocol;
    port->source = port->source == NULL ? "" : port->source;
    return 0;
}

int bolt_facts_read_ports(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node,
                          struct bolt_facts *facts, struct bolt_err *err)
{
    const struct bolt_source s = {arena, doc, facts, err};
    struct bolt_port *list = NULL;
    size_t count = 0;

    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_port port = {0};

        if (read_port(&s, n, &port) != 0) {
            return -1;
        }
        list = bolt_arena_grow(arena, list, count, sizeof *list);
        list[count++] = port;
    }
    facts->ports = list;
    facts->port_count = count;
    return 0;
}

int bolt_record_tried(const struct bolt_source *s, bolt_node record)
{
    struct bolt_port_source *list = NULL;
    size_t count = 0;
    bolt_node array;

    if (bolt_source_take(s, record, "portSources", BOLT_JSON_ARRAY, &array) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, array); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        struct bolt_port_source source = {0};
        struct bolt_bytes outcome;

        if (bolt_source_expect(s, n, BOLT_JSON_OBJECT) != 0 ||
            bolt_source_cstr(s, n, "source", &source.name) != 0 ||
            bolt_source_string(s, n, "outcome", &outcome) != 0 ||
            bolt_source_string(s, n, "why", &source.why) != 0) {
            return -1;
        }
        source.name = source.name == NULL ? "" : source.name;
        source.has_ports = bolt_bytes_is(outcome, "ports");
        list = bolt_arena_grow(s->arena, list, count, sizeof *list);
        list[count++] = source;
    }
    s->facts->ports_tried = list;
    s->facts->ports_tried_count = count;
    return 0;
}

/* --- who it is -------------------------------------------------------------------------- */

static int read_named(const struct bolt_source *s, bolt_node node, struct bolt_named *out)
{
    *out = (struct bolt_named){.source = ""};
    if (node.id == 0) {
        return 0;
    }
    if (bolt_source_expect(s, node, BOLT_JSON_OBJECT) != 0 ||
        bolt_source_string(s, node, "value", &out->value) != 0 ||
        bolt_source_cstr(s, node, "source", &out->source) != 0 ||
        bolt_source_bool(s, node, "forgeable", &out->forgeable) != 0 ||
        bolt_source_bool(s, node, "fromAnnotation", &out->from_annotation) != 0) {
        return -1;
    }
    out->source = out->source == NULL ? "" : out->source;
    return 0;
}

static int read_fact(const struct bolt_source *s, bolt_node container, const char *name,
                     struct bolt_named *out)
{
    bolt_node node;

    return bolt_source_take(s, container, name, BOLT_JSON_OBJECT, &node) != 0
               ? -1
               : read_named(s, node, out);
}

static int read_digests(const struct bolt_source *s, bolt_node container)
{
    struct bolt_identity *who = &s->facts->who;
    bolt_node list;

    if (bolt_source_take(s, container, "digests", BOLT_JSON_ARRAY, &list) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, list); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        if (who->digest_count == BOLT_DIGESTS_MAX) {
            return bolt_doc_fail(s->doc, list, s->err, "has more than %d digests",
                                 BOLT_DIGESTS_MAX);
        }
        if (read_named(s, n, &who->digests[who->digest_count++]) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The name of an engine that is not known counts as one that anybody could have chosen. */
static int read_engine(const struct bolt_source *s, bolt_node record, bolt_node facts)
{
    struct bolt_named *engine = &s->facts->engine;
    struct bolt_bytes name;
    bolt_node node;

    if (bolt_source_string(s, record, "engine", &name) != 0 ||
        bolt_source_take(s, facts, "engine", BOLT_JSON_OBJECT, &node) != 0 ||
        read_named(s, node, engine) != 0) {
        return -1;
    }
    engine->value = bolt_bytes_is(name, "unknown") ? (struct bolt_bytes){0} : name;
    engine->forgeable = engine->forgeable || node.id == 0;
    return 0;
}

int bolt_record_identity(const struct bolt_source *s, bolt_node record, bolt_node facts)
{
    struct bolt_facts *f = s->facts;
    bolt_node container;

    if (bolt_source_take(s, record, "container", BOLT_JSON_OBJECT, &container) != 0 ||
        read_fact(s, container, "id", &f->who.id) != 0 ||
        read_fact(s, container, "name", &f->who.name) != 0 ||
        read_fact(s, container, "namespace", &f->who.namespace) != 0 ||
        read_fact(s, container, "image", &f->who.image) != 0) {
        return -1;
    }
    return read_digests(s, container) != 0 ? -1 : read_engine(s, record, facts);
}
