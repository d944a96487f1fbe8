/* SPDX-License-Identifier: Apache-2.0 */
/* The list of host ports that may be published, and who is believed about them. */
#include <arpa/inet.h>
#include <string.h>

#include "policy/policy_internal.h"

/* --- "80", "8000-8099" ------------------------------------------------------------------ */

static bool to_port(struct bolt_bytes text, uint16_t *out)
{
    uint64_t value = 0;

    if (!bolt_bytes_to_u64(text, &value) || value == 0 || value > BOLT_POLICY_PORT_MAX) {
        return false;
    }
    *out = (uint16_t)value;
    return true;
}

static int fail_range(const struct bolt_loader *loader, bolt_node node, struct bolt_bytes text)
{
    return bolt_doc_fail(loader->doc, node, loader->err,
                         "must be a port from 1 to %d or a range of them, as \"80\" or "
                         "\"8000-8099\", not %.*s",
                         BOLT_POLICY_PORT_MAX, BOLT_FMT(bolt_loader_quote(loader->arena, text)));
}

static int to_range(const struct bolt_loader *loader, bolt_node node, struct bolt_bytes text,
                    struct bolt_port_rule *rule)
{
    struct bolt_bytes last = text;
    struct bolt_bytes first = bolt_bytes_cut(&last, '-');

    if (first.len == text.len) {
        last = first;
    }
    if (!to_port(first, &rule->first) || !to_port(last, &rule->last)) {
        return fail_range(loader, node, text);
    }
    if (rule->first > rule->last) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "the range is empty: %u is greater than %u", rule->first, rule->last);
    }
    return 0;
}

static int read_port_range(const struct bolt_loader *loader, bolt_node node,
                           const struct bolt_member *member, void *base)
{
    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    return to_range(loader, node, bolt_doc_string(loader->doc, node), base);
}

static struct bolt_bytes range_text(struct bolt_arena *arena, const struct bolt_port_rule *rule)
{
    return rule->first == rule->last ? bolt_printf(arena, "%u", rule->first)
                                     : bolt_printf(arena, "%u-%u", rule->first, rule->last);
}

static void show_port_range(struct bolt_json *json, const struct bolt_member *member,
                            const void *base)
{
    bolt_json_string(json, member->name, range_text(json->out->arena, base));
}

const struct bolt_member_type bolt_type_port_range = {read_port_range, show_port_range};

/* --- "192.0.2.0/24" --------------------------------------------------------------------- */

static unsigned address_bits(const struct bolt_port_rule *rule)
{
    return rule->is_ipv6 ? 128 : 32;
}

/* The address, and the number of bits behind the slash if there is one. */
static bool to_network(struct bolt_bytes text, struct bolt_port_rule *rule)
{
    char address[INET6_ADDRSTRLEN] = {0};
    struct bolt_bytes length = text;
    struct bolt_bytes host = bolt_bytes_cut(&length, '/');
    uint64_t prefix;

    if (host.len >= sizeof address) {
        return false;
    }
    memcpy(address, host.at, host.len);
    rule->is_ipv6 = strchr(address, ':') != NULL;
    memset(rule->address, 0, sizeof rule->address);
    if (inet_pton(rule->is_ipv6 ? AF_INET6 : AF_INET, address, rule->address) != 1) {
        return false;
    }
    prefix = address_bits(rule);
    if (host.len < text.len &&
        (!bolt_bytes_to_u64(length, &prefix) || prefix > address_bits(rule))) {
        return false;
    }
    rule->prefix = (unsigned)prefix;
    rule->has_address = true;
    return true;
}

/* Clears what is behind the prefix; true if there was something. */
static bool clear_host_bits(struct bolt_port_rule *rule)
{
    bool had = false;

    for (unsigned i = 0; i < address_bits(rule) / 8; i++) {
        unsigned kept = rule->prefix <= 8 * i ? 0 : rule->prefix - 8 * i;
        unsigned mask = kept >= 8 ? 0xff : 0xff00U >> kept & 0xff;

        had = had || (rule->address[i] & ~mask & 0xff) != 0;
        rule->address[i] = (uint8_t)(rule->address[i] & mask);
    }
    return had;
}

static struct bolt_bytes network_text(struct bolt_arena *arena, const struct bolt_port_rule *rule)
{
    char address[INET6_ADDRSTRLEN];

    if (inet_ntop(rule->is_ipv6 ? AF_INET6 : AF_INET, rule->address, address, sizeof address) ==
        NULL) {
        return BOLT_LIT(""); /* it fits: the buffer has the size that POSIX gives */
    }
    if (rule->prefix == address_bits(rule)) {
        return bolt_bytes_copy(arena, bolt_bytes_of(address));
    }
    return bolt_printf(arena, "%s/%u", address, rule->prefix);
}

struct bolt_bytes bolt_port_rule_text(struct bolt_arena *arena, const struct bolt_port_rule *rule)
{
    struct bolt_buf out = {.arena = arena};

    bolt_buf_add(&out, range_text(arena, rule));
    if (rule->protocol != BOLT_PROTO_ANY) {
        bolt_buf_addf(&out, "/%s", bolt_protocol_name(rule->protocol));
    }
    if (rule->has_address) {
        bolt_buf_addf(&out, " on %.*s", BOLT_FMT(network_text(arena, rule)));
    }
    return bolt_buf_bytes(&out);
}

static int read_address(const struct bolt_loader *loader, bolt_node node,
                        const struct bolt_member *member, void *base)
{
    struct bolt_bytes text = bolt_doc_string(loader->doc, node);
    struct bolt_port_rule *rule = base;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    if (!to_network(text, rule)) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "must be an IP address or network, as \"192.0.2.0/24\" or "
                             "\"2001:db8::/32\", not %.*s",
                             BOLT_FMT(bolt_loader_quote(loader->arena, text)));
    }
    if (clear_host_bits(rule)) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "has bits set behind the prefix; the network is \"%.*s\"",
                             BOLT_FMT(network_text(loader->arena, rule)));
    }
    return 0;
}

static void show_address(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_port_rule *rule = base;

    if (rule->has_address) {
        bolt_json_string(json, member->name, network_text(json->out->arena, rule));
    }
}

const struct bolt_member_type bolt_type_address = {read_address, show_address};

/* --- the list --------------------------------------------------------------------------- */

/* "80", "8000-8099/tcp": an entry without an address. */
static int read_short(const struct bolt_loader *loader, bolt_node node, struct bolt_port_rule *rule)
{
    static const enum bolt_protocol protocols[] = {BOLT_PROTO_TCP, BOLT_PROTO_UDP, BOLT_PROTO_SCTP};
    struct bolt_bytes text = bolt_doc_string(loader->doc, node);
    struct bolt_bytes protocol = text;
    struct bolt_bytes ports = bolt_bytes_cut(&protocol, '/');
    bool known = ports.len == text.len;

    for (size_t i = 0; i < BOLT_LEN(protocols) && !known; i++) {
        known = bolt_bytes_is(protocol, bolt_protocol_name(protocols[i]));
        rule->protocol = known ? protocols[i] : BOLT_PROTO_ANY;
    }
    if (!known) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "must be ports and a protocol, as \"80/tcp\", not %.*s",
                             BOLT_FMT(bolt_loader_quote(loader->arena, text)));
    }
    return to_range(loader, node, ports, rule);
}

static int read_port_rules(const struct bolt_loader *loader, bolt_node node,
                           const struct bolt_member *member, void *base)
{
    const struct bolt_doc *doc = loader->doc;
    struct bolt_port_list *list = (void *)((char *)base + member->offset);
    struct bolt_port_rule *rules;
    size_t count = 0;

    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    rules = bolt_new_n(loader->arena, struct bolt_port_rule, bolt_doc_count(doc, node));
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_port_rule *rule = &rules[count++];

        if ((bolt_doc_kind(doc, n) == BOLT_JSON_STRING
                 ? read_short(loader, n, rule)
                 : bolt_loader_object(loader, n, bolt_port_rule_members, rule)) != 0) {
            return -1;
        }
    }
    *list = (struct bolt_port_list){rules, count};
    return 0;
}

static void show_port_rules(struct bolt_json *json, const struct bolt_member *member,
                            const void *base)
{
    const struct bolt_port_list *list = (const void *)((const char *)base + member->offset);

    bolt_json_open(json, member->name, '[');
    for (size_t i = 0; i < list->count; i++) {
        bolt_json_open(json, NULL, '{');
        bolt_show_members(json, bolt_port_rule_members, &list->items[i]);
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
}

const struct bolt_member_type bolt_type_port_rules = {read_port_rules, show_port_rules};

/* --- sources ---------------------------------------------------------------------------- */

static int read_sources(const struct bolt_loader *loader, bolt_node node,
                        const struct bolt_member *member, void *base)
{
    static const struct bolt_choice sources[] = {
        {"engine", 1U << 0}, {"annotations", 1U << 1}, {0}};
    const struct bolt_doc *doc = loader->doc;
    struct bolt_policy *policy = base;
    unsigned seen = 0;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        const struct bolt_choice *source = bolt_loader_choice(loader, n, sources);

        if (source == NULL) {
            return -1;
        }
        if ((seen & source->value) != 0) {
            return bolt_doc_fail(doc, n, loader->err, "\"%s\" is in the list already",
                                 source->name);
        }
        seen |= source->value;
    }
    if ((seen & sources[0].value) == 0) {
        return bolt_doc_fail(doc, node, loader->err, "must hold \"engine\"");
    }
    policy->trust_annotations = (seen & sources[1].value) != 0;
    return 0;
}

static void show_sources(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_policy *policy = base;

    bolt_json_open(json, member->name, '[');
    bolt_json_cstr(json, NULL, "engine");
    if (policy->trust_annotations) {
        bolt_json_cstr(json, NULL, "annotations");
    }
    bolt_json_close(json, ']');
}

const struct bolt_member_type bolt_type_sources = {read_sources, show_sources};
