/* SPDX-License-Identifier: Apache-2.0 */
/* What podman and its helpers keep about containers. */
#include "base/buf.h"
#include "facts/ports_internal.h"

static bool read_number(const struct bolt_doc *doc, bolt_node object, const char *name,
                        uint16_t *out)
{
    bolt_node node = bolt_doc_member(doc, object, name);
    uint64_t value = 0;

    if (bolt_doc_kind(doc, node) != BOLT_JSON_NUMBER ||
        !bolt_bytes_to_u64(bolt_doc_source(doc, node), &value) || value > UINT16_MAX) {
        return false;
    }
    *out = (uint16_t)value;
    return true;
}

/* {"host_ip": "", "container_port": 80, "host_port": 8080, "range": 1, "protocol": "tcp"} */
static bool read_mapping(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                         struct bolt_port *port)
{
    struct bolt_bytes address = bolt_doc_string(doc, bolt_doc_member(doc, entry, "host_ip"));
    struct bolt_bytes protocol = bolt_doc_string(doc, bolt_doc_member(doc, entry, "protocol"));
    uint16_t range = 0;

    if (!read_number(doc, entry, "container_port", &port->container) ||
        !read_number(doc, entry, "host_port", &port->host) ||
        !read_number(doc, entry, "range", &range) ||
        !bolt_port_protocol(protocol, &port->protocol)) {
        return false;
    }
    port->more = (uint16_t)(range == 0 ? 0 : range - 1);
    port->address = bolt_port_address(arena, address);
    return port->container + port->more <= UINT16_MAX && port->host + port->more <= UINT16_MAX;
}

static int read_mappings(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node list,
                         const char *source, struct bolt_told *out, struct bolt_err *err)
{
    enum bolt_json_kind kind = bolt_doc_kind(doc, list);

    if (kind != BOLT_JSON_ABSENT && kind != BOLT_JSON_NULL && kind != BOLT_JSON_ARRAY) {
        return bolt_doc_fail(doc, list, err, "not a list of port mappings");
    }
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_port port = {.source = source};

        if (!read_mapping(arena, doc, n, &port)) {
            return bolt_doc_fail(doc, n, err, "not a port mapping");
        }
        bolt_told_add(arena, out, port);
    }
    return 0;
}

/* {"90": ["tcp"]} */
static int read_exposed(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node map,
                        const char *source, struct bolt_told *out, struct bolt_err *err)
{
    bool *seen = bolt_told_container_ports(arena, out);
    enum bolt_json_kind kind = bolt_doc_kind(doc, map);

    if (kind != BOLT_JSON_ABSENT && kind != BOLT_JSON_NULL && kind != BOLT_JSON_OBJECT) {
        return bolt_doc_fail(doc, map, err, "not a list of ports");
    }
    for (bolt_node n = bolt_doc_first(doc, map); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_port port = {.source = source};

        if (!bolt_port_number(bolt_doc_name(doc, n), &port.container)) {
            return bolt_doc_fail(doc, n, err, "not a port");
        }
        for (bolt_node p = bolt_doc_first(doc, n); p.id != 0; p = bolt_doc_next(doc, p)) {
            if (!bolt_port_protocol(bolt_doc_string(doc, p), &port.protocol)) {
                return bolt_doc_fail(doc, p, err, "not a protocol");
            }
            bolt_told_expose(arena, out, seen, port);
        }
    }
    return 0;
}

/* {"pasta": ["-t", "80:8080"]}: options that podman hands on. */
static struct bolt_bytes pasta_words(struct bolt_arena *arena, const struct bolt_doc *doc,
                                     bolt_node options)
{
    bolt_node list = bolt_doc_member(doc, options, "pasta");
    struct bolt_buf words = {.arena = arena};

    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        bolt_buf_add(&words, bolt_doc_string(doc, n));
        bolt_buf_add(&words, (struct bolt_bytes){"", 1});
    }
    return bolt_buf_bytes(&words);
}

static int read_ports(struct bolt_arena *arena, const struct bolt_doc *doc, const char *source,
                      struct bolt_told *out, struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);

    if (read_mappings(arena, doc, bolt_doc_member(doc, root, "newPortMappings"), source, out,
                      err) != 0 ||
        bolt_cni_mappings(arena, doc, bolt_doc_member(doc, root, "portMappings"), source, out,
                          err) != 0) { /* of podman 3, until the container's next start */
        return -1;
    }
    bolt_told_settle(out);
    if (read_exposed(arena, doc, bolt_doc_member(doc, root, "exposedPorts"), source, out, err) !=
        0) {
        return -1;
    }
    bolt_told_settle(out);
    return 0;
}

static void read_who(const struct bolt_doc *doc, const char *source, struct bolt_identity *who)
{
    bolt_node root = bolt_doc_root(doc);
    struct bolt_bytes name = bolt_doc_string(doc, bolt_doc_member(doc, root, "name"));
    struct bolt_bytes image = bolt_doc_string(doc, bolt_doc_member(doc, root, "rootfsImageName"));

    who->name = bolt_named_as(name, source, true);
    who->image = bolt_named_as(image, source, true);
}

int bolt_podman_config(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_bytes id,
                       const char *source, struct bolt_told *out, struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node joined = bolt_doc_member(doc, root, "netNsCtr");

    if (!bolt_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, root, "id")), id)) {
        return bolt_doc_fail(doc, root, err, "it is about another container");
    }
    out->joined = bolt_doc_string(doc, joined);
    if (out->joined.len != 0 && !bolt_is_container_id(out->joined)) {
        return bolt_doc_fail(doc, joined, err, "not the id of a container");
    }
    if (read_ports(arena, doc, source, out, err) != 0) {
        out->hidden = true;
        return -1;
    }
    out->has_network =
        bolt_bytes_is(bolt_doc_source(doc, bolt_doc_member(doc, root, "createNetNS")), "true");
    out->network = bolt_doc_string(doc, bolt_doc_member(doc, root, "networkMode"));
    out->pasta = pasta_words(arena, doc, bolt_doc_member(doc, root, "network_options"));
    out->image = bolt_doc_string(doc, bolt_doc_member(doc, root, "rootfsImageID"));
    read_who(doc, source, &out->who);
    return 0;
}

int bolt_netavark_ports(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_bytes id,
                        struct bolt_told *out, struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node list = bolt_doc_member(doc, root, "port_mappings");

    if (!bolt_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, root, "container_id")), id)) {
        return bolt_doc_fail(doc, root, err, "it is about another container");
    }
    if (read_mappings(arena, doc, list, BOLT_SOURCE_NETAVARK, out, err) != 0) {
        return -1;
    }
    bolt_told_settle(out);
    return 0;
}
