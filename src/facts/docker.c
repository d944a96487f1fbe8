/* SPDX-License-Identifier: Apache-2.0 */
/* hostconfig.json and config.v2.json, as dockerd writes them. */
#include "facts/ports_internal.h"

static const char config[] = "docker config.v2.json";

/* "80", "8000-8010"; false for anything else. */
static bool read_range(struct bolt_bytes text, uint16_t *first, uint16_t *last)
{
    struct bolt_bytes upper = text;
    struct bolt_bytes lower = bolt_bytes_cut(&upper, '-');

    if (lower.len == text.len) {
        upper = lower;
    }
    return bolt_port_number(lower, first) && bolt_port_number(upper, last) && *first <= *last;
}

/* "80/tcp", "80". dockerd passes over a third part (go-connections, nat.SplitProtoPort()). */
static bool read_key(struct bolt_bytes key, struct bolt_port *port)
{
    struct bolt_bytes number = bolt_bytes_cut(&key, '/');
    struct bolt_bytes protocol = bolt_bytes_cut(&key, '/');
    uint16_t last = 0;

    if (!read_range(number, &port->container, &last)) {
        return false;
    }
    port->more = (uint16_t)(last - port->container);
    return bolt_port_protocol(protocol, &port->protocol);
}

/* {"HostIp": "", "HostPort": "8080"}. An empty HostPort is one that dockerd chooses; a range is one
 * of which it chooses one. It takes "8080/tcp", too. */
static int read_binding(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                        struct bolt_port port, struct bolt_told *out, struct bolt_err *err)
{
    bolt_node host = bolt_doc_member(doc, entry, "HostPort");
    struct bolt_bytes written = bolt_doc_string(doc, host);
    struct bolt_bytes text = bolt_bytes_cut(&written, '/');
    uint16_t last = 0;

    if (bolt_doc_kind(doc, host) != BOLT_JSON_STRING || port.more != 0 ||
        (text.len != 0 && !read_range(text, &port.host, &last))) {
        return bolt_doc_fail(doc, entry, err, "not a binding of one port");
    }
    if (port.host == 0 && last != 0) {
        port.host = 1; /* 0 is none of a range */
    }
    port.one_of = last != port.host;
    port.more = (uint16_t)(text.len == 0 ? 0 : last - port.host);
    port.address =
        bolt_port_address(arena, bolt_doc_string(doc, bolt_doc_member(doc, entry, "HostIp")));
    bolt_told_add(arena, out, port);
    return 0;
}

static int read_bindings(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node list,
                         struct bolt_told *out, struct bolt_err *err)
{
    struct bolt_port port = {.source = BOLT_SOURCE_HOSTCONFIG};

    if (!read_key(bolt_doc_name(doc, list), &port)) {
        return bolt_doc_fail(doc, list, err, "not the name of a port");
    }
    if (bolt_doc_kind(doc, list) != BOLT_JSON_ARRAY && bolt_doc_kind(doc, list) != BOLT_JSON_NULL) {
        return bolt_doc_fail(doc, list, err, "not a list of bindings");
    }
    if (bolt_doc_count(doc, list) == 0) {
        bolt_told_add(arena, out, port); /* one that dockerd chooses */
    }
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (read_binding(arena, doc, n, port, out, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int bolt_docker_ports(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_told *out,
                      struct bolt_err *err)
{
    static const char joins[] = "container:";
    bolt_node root = bolt_doc_root(doc);
    bolt_node mode = bolt_doc_member(doc, root, "NetworkMode");
    bolt_node map = bolt_doc_member(doc, root, "PortBindings");
    struct bolt_bytes network = bolt_doc_string(doc, mode);

    if (network.len == 0 || (bolt_doc_kind(doc, map) != BOLT_JSON_OBJECT &&
                             bolt_doc_kind(doc, map) != BOLT_JSON_NULL)) {
        return bolt_doc_fail(doc, root, err, "not as dockerd writes it");
    }
    if (bolt_bytes_has_prefix(network, joins)) {
        out->joined =
            (struct bolt_bytes){network.at + sizeof joins - 1, network.len - (sizeof joins - 1)};
        return bolt_is_container_id(out->joined)
                   ? 0
                   : bolt_doc_fail(doc, mode, err, "not the id of a container");
    }
    for (bolt_node n = bolt_doc_first(doc, map); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (read_bindings(arena, doc, n, out, err) != 0) {
            out->hidden = true; /* the API takes what no command line sends */
            return -1;
        }
    }
    bolt_told_settle(out);
    return 0;
}

static int read_exposed(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node map,
                        struct bolt_told *out, struct bolt_err *err)
{
    bool *seen = bolt_told_container_ports(arena, out);
    enum bolt_json_kind kind = bolt_doc_kind(doc, map);

    if (kind != BOLT_JSON_ABSENT && kind != BOLT_JSON_NULL && kind != BOLT_JSON_OBJECT) {
        return bolt_doc_fail(doc, map, err, "not a list of ports");
    }
    for (bolt_node n = bolt_doc_first(doc, map); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_port port = {.source = config};
        uint16_t more;

        if (!read_key(bolt_doc_name(doc, n), &port)) {
            return bolt_doc_fail(doc, n, err, "not the name of a port");
        }
        more = port.more;
        port.more = 0;
        for (unsigned i = 0; i <= more; i++) {
            bolt_told_expose(arena, out, seen, port);
            port.container++;
        }
    }
    return 0;
}

int bolt_docker_who(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_bytes id,
                    struct bolt_told *out, struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node inner = bolt_doc_member(doc, root, "Config");
    struct bolt_bytes name = bolt_doc_string(doc, bolt_doc_member(doc, root, "Name"));

    if (!bolt_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, root, "ID")), id)) {
        return bolt_doc_fail(doc, root, err, "it is about another container");
    }
    if (read_exposed(arena, doc, bolt_doc_member(doc, inner, "ExposedPorts"), out, err) != 0) {
        return -1;
    }
    if (name.len != 0 && name.at[0] == '/') {
        name.at++;
        name.len--;
    }
    out->who.name = bolt_named_as(name, config, true);
    out->who.image =
        bolt_named_as(bolt_doc_string(doc, bolt_doc_member(doc, inner, "Image")), config, true);
    bolt_identity_add_digest(&out->who, bolt_doc_string(doc, bolt_doc_member(doc, root, "Image")),
                             config);
    bolt_told_settle(out);
    return 0;
}
