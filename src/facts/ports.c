/* SPDX-License-Identifier: Apache-2.0 */
/* Port mappings as the documents of engines have them. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "facts/ports_internal.h"

static const char *const keys[] = {
    "io.kubernetes.cri-o.PortMappings",
    "nerdctl/ports",
    "io.kubernetes.container.ports",
};

/* --- parts of a mapping ----------------------------------------------------------------- */

bool bolt_port_number(struct bolt_bytes text, uint16_t *out)
{
    uint32_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(text.at[i] - '0');
        if (value > UINT16_MAX) {
            return false;
        }
    }
    *out = (uint16_t)value;
    return text.len != 0;
}

bool bolt_port_protocol(struct bolt_bytes written, struct bolt_bytes *out)
{
    static const char *const protocols[] = {"tcp", "udp", "sctp"};

    *out = BOLT_LIT("tcp");
    for (size_t i = 0; i < BOLT_LEN(protocols); i++) {
        if (bolt_bytes_equal_fold(written, bolt_bytes_of(protocols[i]))) {
            *out = bolt_bytes_of(protocols[i]);
            return true;
        }
    }
    return written.len == 0;
}

struct bolt_bytes bolt_port_address(struct bolt_arena *arena, struct bolt_bytes written)
{
    char text[INET6_ADDRSTRLEN] = {0};
    uint8_t bits[16];
    int family = AF_INET;

    if (written.len == 0 || written.len >= sizeof text ||
        memchr(written.at, '\0', written.len) != NULL) {
        return written;
    }
    memcpy(text, written.at, written.len);
    if (inet_pton(family, text, bits) != 1) {
        family = AF_INET6;
        if (inet_pton(family, text, bits) != 1) {
            return written;
        }
    }
    (void)inet_ntop(family, bits, text, sizeof text);
    return bolt_bytes_copy(arena, bolt_bytes_of(text));
}

void bolt_told_add(struct bolt_arena *arena, struct bolt_told *told, struct bolt_port port)
{
    told->ports = bolt_arena_grow(arena, told->ports, told->port_count, sizeof *told->ports);
    told->ports[told->port_count++] = port;
}

/* Where the protocol and the port stand in a list of all of them. */
static size_t place_of(struct bolt_bytes protocol, size_t port)
{
    size_t table = bolt_bytes_is(protocol, "udp") ? 1 : bolt_bytes_is(protocol, "sctp") ? 2 : 0;

    return table * (UINT16_MAX + 1U) + port;
}

bool *bolt_told_container_ports(struct bolt_arena *arena, const struct bolt_told *told)
{
    bool *seen = bolt_new_n(arena, bool, 3 * (UINT16_MAX + 1U));

    for (size_t i = 0; i < told->port_count; i++) {
        const struct bolt_port *p = &told->ports[i];

        for (size_t n = 0; n <= (p->one_of ? 0 : p->more); n++) {
            seen[place_of(p->protocol, p->container + n)] = true;
        }
    }
    return seen;
}

void bolt_told_expose(struct bolt_arena *arena, struct bolt_told *told, bool *seen,
                      struct bolt_port port)
{
    bool *place = &seen[place_of(port.protocol, port.container)];

    if (!*place) {
        *place = true;
        bolt_told_add(arena, told, port);
    }
}

/* --- order ------------------------------------------------------------------------------ */

static int compare(const void *left, const void *right)
{
    const struct bolt_port *a = left;
    const struct bolt_port *b = right;
    int order = bolt_bytes_compare(a->protocol, b->protocol);

    order = order != 0 ? order : bolt_bytes_compare(a->address, b->address);
    order = order != 0 ? order : (int)a->one_of - (int)b->one_of;
    order = order != 0 ? order : (int)a->host - (int)b->host;
    order = order != 0 ? order : (int)a->container - (int)b->container;
    return order != 0 ? order : (int)a->more - (int)b->more;
}

/* True if b, which is not before a, begins in a or right behind it, and maps its ports alike. */
static bool is_joined(const struct bolt_port *a, const struct bolt_port *b)
{
    int on_host = b->host - a->host;
    int inside = b->container - a->container;

    if (a->one_of || b->one_of || !bolt_bytes_equal(a->protocol, b->protocol) ||
        !bolt_bytes_equal(a->address, b->address) || (a->host == 0) != (b->host == 0)) {
        return false;
    }
    return inside >= 0 && inside <= a->more + 1 && (a->host == 0 || on_host == inside);
}

static void join(struct bolt_port *a, const struct bolt_port *b)
{
    int more = b->container - a->container + b->more;

    a->more = (uint16_t)(more > a->more ? more : a->more);
}

void bolt_told_settle(struct bolt_told *told)
{
    size_t kept = 0;

    if (told->port_count != 0) {
        qsort(told->ports, told->port_count, sizeof *told->ports, compare);
    }
    for (size_t i = 0; i < told->port_count; i++) {
        struct bolt_port *last = kept == 0 ? NULL : &told->ports[kept - 1];

        if (last != NULL && is_joined(last, &told->ports[i])) {
            join(last, &told->ports[i]);
        } else if (last == NULL || compare(last, &told->ports[i]) != 0) {
            told->ports[kept++] = told->ports[i];
        }
    }
    told->port_count = kept;
}

/* --- mappings of CNI -------------------------------------------------------------------- */

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
    bolt_node node;

    return take_any_case(doc, entry, "protocol", BOLT_JSON_STRING, &node) &&
           bolt_port_protocol(bolt_doc_string(doc, node), out);
}

static bool read_address(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                         struct bolt_bytes *out)
{
    bolt_node node;

    if (!take_any_case(doc, entry, "hostIP", BOLT_JSON_STRING, &node)) {
        return false;
    }
    *out = bolt_port_address(arena, bolt_doc_string(doc, node));
    return true;
}

/* An entry's names must be ASCII: Go folds U+017F to s, and U+212A to k. */
static bool read_entry(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                       struct bolt_port *port)
{
    static const char *const no_names[] = {NULL};
    struct bolt_err err = {0};

    return bolt_doc_kind(doc, entry) == BOLT_JSON_OBJECT &&
           bolt_doc_check_names(doc, entry, no_names, &err) == 0 &&
           read_port(doc, entry, "hostPort", &port->host) &&
           read_port(doc, entry, "containerPort", &port->container) &&
           read_protocol(doc, entry, &port->protocol) &&
           read_address(arena, doc, entry, &port->address);
}

int bolt_cni_mappings(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node list,
                      const char *source, struct bolt_told *out, struct bolt_err *err)
{
    enum bolt_json_kind kind = bolt_doc_kind(doc, list);

    if (kind != BOLT_JSON_ABSENT && kind != BOLT_JSON_NULL && kind != BOLT_JSON_ARRAY) {
        return bolt_doc_fail(doc, list, err, "not a list of port mappings");
    }
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_port port = {.source = source};

        if (!read_entry(arena, doc, n, &port)) {
            return bolt_doc_fail(doc, n, err, "not a port mapping");
        }
        bolt_told_add(arena, out, port);
    }
    return 0;
}

int bolt_cni_mappings_text(struct bolt_arena *arena, struct bolt_bytes text, const char *source,
                           struct bolt_told *out, struct bolt_err *err)
{
    const struct bolt_doc *doc;

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &doc, err) != 0) {
        return -1;
    }
    if (bolt_doc_kind(doc, bolt_doc_root(doc)) != BOLT_JSON_ARRAY) {
        return bolt_doc_fail(doc, bolt_doc_root(doc), err, "not an array of port mappings");
    }
    return bolt_cni_mappings(arena, doc, bolt_doc_root(doc), source, out, err);
}

/* --- annotations ------------------------------------------------------------------------ */

void bolt_facts_ports_from_annotations(struct bolt_arena *arena, struct bolt_facts *facts)
{
    facts->ports_why = "no annotation tells the port mappings";
    for (size_t k = 0; k < BOLT_LEN(keys); k++) {
        for (size_t i = 0; i < facts->annotation_count; i++) {
            struct bolt_told told = {0};
            struct bolt_err err = {0};

            if (!bolt_bytes_is(facts->annotations[i].name, keys[k])) {
                continue;
            }
            if (bolt_cni_mappings_text(arena, facts->annotations[i].value, keys[k], &told, &err) !=
                0) {
                facts->ports_why = "the annotation with the port mappings is malformed";
                return;
            }
            bolt_told_settle(&told);
            facts->ports = told.ports;
            facts->port_count = told.port_count;
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
