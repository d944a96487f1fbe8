/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/usage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "decide/port.h"

/* The values of something that were needed. */
struct range {
    bool any;
    int64_t least;
    int64_t greatest;
};

struct use {
    const struct bolt_exception *exception;
    size_t count;        /* of findings that it let through */
    bool blind;          /* a record of them does not tell the container's facts */
    bolt_caps caps;      /* that it let through */
    struct range *ports; /* for each entry of grant.hostPorts */
    bool host_network;   /* it let through */
    bool had_net_raw;    /* some container that it is about */
    struct range starts; /* values of the sysctl */
};

struct bolt_usage {
    struct bolt_arena *arena;
    int64_t since;
    int64_t first;    /* the time of the oldest record; INT64_MAX: there is none */
    struct use *uses; /* in the policy's order */
    struct use **by_id;
    size_t count;
    struct bolt_bytes *lines;
    size_t line_count;
};

static int compare_ids(const void *left, const void *right)
{
    const struct use *const *a = left;
    const struct use *const *b = right;

    return bolt_bytes_compare((*a)->exception->id, (*b)->exception->id);
}

struct bolt_usage *bolt_usage_new(struct bolt_arena *arena, const struct bolt_policy *policy,
                                  int64_t since)
{
    struct bolt_usage *usage = bolt_new(arena, struct bolt_usage);

    *usage = (struct bolt_usage){
        .arena = arena, .since = since, .first = INT64_MAX, .count = policy->exception_count};
    usage->uses = bolt_new_n(arena, struct use, usage->count);
    usage->by_id = bolt_new_n(arena, struct use *, usage->count);
    for (size_t i = 0; i < usage->count; i++) {
        const struct bolt_exception *e = &policy->exceptions[i];

        usage->uses[i].exception = e;
        usage->uses[i].ports = bolt_new_n(arena, struct range, e->grant.host_ports.count);
        usage->by_id[i] = &usage->uses[i];
    }
    qsort(usage->by_id, usage->count, sizeof(struct use *), compare_ids);
    return usage;
}

/* --- noting ----------------------------------------------------------------------------- */

/* A record, read once for all of its findings. */
struct noted {
    const struct bolt_doc *doc;
    struct bolt_facts facts; /* of a record without them: the ports alone */
    bool blind;
};

static struct noted read_record(struct bolt_arena *arena, const struct bolt_doc *doc)
{
    struct noted noted = {.doc = doc};
    bolt_node root = bolt_doc_root(doc);
    struct bolt_err err = {0};

    noted.blind = bolt_facts_from_record(arena, doc, root, &noted.facts, &err) != 0;
    if (noted.blind) {
        noted.facts = (struct bolt_facts){.netns_port_start = -1};
        (void)!bolt_facts_read_ports(arena, doc, bolt_doc_member(doc, root, "ports"), &noted.facts,
                                     &err);
    }
    return noted;
}

static struct use *find_use(struct bolt_usage *usage, struct bolt_bytes id)
{
    const struct bolt_exception wanted = {.id = id};
    const struct use *key = &(const struct use){.exception = &wanted};
    struct use **found =
        bsearch(&key, usage->by_id, usage->count, sizeof(struct use *), compare_ids);

    return found == NULL ? NULL : *found;
}

static void widen(struct range *range, int64_t value)
{
    range->least = !range->any || value < range->least ? value : range->least;
    range->greatest = !range->any || value > range->greatest ? value : range->greatest;
    range->any = true;
}

static struct range meet(struct range a, struct range b)
{
    struct range both = {true, a.least > b.least ? a.least : b.least,
                         a.greatest < b.greatest ? a.greatest : b.greatest};

    both.any = a.any && b.any && both.least <= both.greatest;
    return both;
}

/* "80", "80-90" */
static struct range read_range(struct bolt_bytes ports)
{
    struct bolt_bytes last = ports;
    struct bolt_bytes first = bolt_bytes_cut(&last, '-');
    uint64_t numbers[2];

    last = last.len == 0 ? first : last;
    if (!bolt_bytes_to_u64(first, &numbers[0]) || !bolt_bytes_to_u64(last, &numbers[1]) ||
        numbers[0] > UINT16_MAX || numbers[1] > UINT16_MAX) {
        return (struct range){0};
    }
    return (struct range){true, (int64_t)numbers[0], (int64_t)numbers[1]};
}

static void note_ports(struct use *use, const struct noted *noted, struct bolt_bytes subject)
{
    const struct bolt_port_list *granted = &use->exception->grant.host_ports;
    struct range found = read_range(bolt_bytes_cut(&subject, '/'));

    for (size_t i = 0; i < noted->facts.port_count; i++) {
        struct bolt_port port = noted->facts.ports[i];
        struct range its = {port.host != 0, port.host, (int64_t)port.host + port.more};

        if (!bolt_bytes_equal(port.protocol, subject)) {
            continue;
        }
        for (size_t g = 0; g < granted->count; g++) {
            const struct bolt_port_list one = {&granted->items[g], 1};
            struct range needed =
                meet(meet(found, its), (struct range){true, one.items->first, one.items->last});

            port.host = (uint16_t)needed.least;
            if (needed.any && bolt_port_is_in(&one, &port)) {
                widen(&use->ports[g], needed.least);
                widen(&use->ports[g], needed.greatest);
            }
        }
    }
}

static void note_start(struct use *use, const struct bolt_facts *f)
{
    int64_t value = bolt_facts_port_start(f);

    if (value >= 0) {
        widen(&use->starts, value);
    }
}

static void note_finding(struct use *use, const struct noted *noted, bolt_node finding)
{
    const struct bolt_doc *doc = noted->doc;
    struct bolt_bytes rule = bolt_doc_string(doc, bolt_doc_member(doc, finding, "rule"));
    struct bolt_bytes subject = bolt_doc_string(doc, bolt_doc_member(doc, finding, "subject"));
    int cap = bolt_cap_number_strict(subject); /* never that of a port */

    use->count++;
    use->blind = use->blind || noted->blind;
    if (cap != BOLT_CAP_UNKNOWN) {
        use->caps |= UINT64_C(1) << cap;
    } else if (bolt_bytes_has_prefix(rule, "host-port-")) {
        note_ports(use, noted, subject);
    } else if (bolt_bytes_is(rule, "host-network")) {
        use->host_network = true;
    } else if (bolt_bytes_is(rule, "port-start-range")) {
        note_start(use, &noted->facts);
    }
    for (size_t i = 0; i < noted->facts.cap_count; i++) {
        use->had_net_raw = use->had_net_raw || noted->facts.caps[i].number == BOLT_CAP_NET_RAW;
    }
}

void bolt_usage_note(struct bolt_usage *usage, const struct bolt_doc *doc)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
    bolt_node root = bolt_doc_root(doc);
    bolt_node list = bolt_doc_member(doc, root, "findings");
    struct noted noted = {0};
    int64_t time;

    if (!bolt_facts_time(bolt_doc_string(doc, bolt_doc_member(doc, root, "time")), &time)) {
        return;
    }
    usage->first = time < usage->first ? time : usage->first;
    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0 && time >= usage->since;
         n = bolt_doc_next(doc, n)) {
        struct use *use =
            find_use(usage, bolt_doc_string(doc, bolt_doc_member(doc, n, "exception")));

        if (use != NULL) {
            noted = noted.doc != NULL ? noted : read_record(scratch, doc);
            note_finding(use, &noted, n);
        }
    }
}

/* --- saying ----------------------------------------------------------------------------- */

static void add(struct bolt_usage *usage, struct bolt_bytes line)
{
    usage->lines =
        bolt_arena_grow(usage->arena, usage->lines, usage->line_count, sizeof *usage->lines);
    usage->lines[usage->line_count++] = line;
}

static void add_about(struct bolt_usage *usage, const struct use *use, struct bolt_bytes text)
{
    add(usage, bolt_printf(usage->arena, "exception '%.*s' %.*s", BOLT_FMT(use->exception->id),
                           BOLT_FMT(text)));
}

static void lint_ports(struct bolt_usage *usage, const struct use *use)
{
    const struct bolt_port_list *granted = &use->exception->grant.host_ports;

    for (size_t i = 0; i < granted->count; i++) {
        const struct bolt_port_rule *rule = &granted->items[i];
        const struct range *needed = &use->ports[i];
        struct bolt_bytes name = bolt_port_rule_text(usage->arena, rule);

        if (!needed->any) {
            add_about(usage, use,
                      bolt_printf(usage->arena,
                                  "grants host port %.*s, which no recorded use needed",
                                  BOLT_FMT(name)));
        } else if (needed->least != rule->first || needed->greatest != rule->last) {
            add_about(usage, use,
                      bolt_printf(usage->arena,
                                  "grants host ports %.*s, of which recorded uses needed %" PRId64
                                  " to %" PRId64,
                                  BOLT_FMT(name), needed->least, needed->greatest));
        }
    }
}

static void lint_caps(struct bolt_usage *usage, const struct use *use)
{
    bolt_caps surplus = use->exception->grant.capabilities & ~use->caps;

    for (int number = 0; number < 64; number++) {
        if ((surplus >> number & 1) != 0) {
            struct bolt_bytes name = bolt_cap_name(usage->arena, number);

            add_about(usage, use,
                      bolt_printf(usage->arena, "grants %.*s, which no recorded use needed",
                                  BOLT_FMT(name)));
        }
    }
}

/* The kernel does not tell which raw sockets were opened; but one needs the capability. */
static void lint_raw_sockets(struct bolt_usage *usage, const struct use *use)
{
    const struct bolt_grant *g = &use->exception->grant;

    if (bolt_grants_raw_sockets(g) && !use->had_net_raw && !use->blind) {
        add_about(
            usage, use,
            BOLT_LIT("grants raw sockets, but no container in a recorded use had CAP_NET_RAW"));
    }
}

static void lint_port_start(struct bolt_usage *usage, const struct use *use)
{
    const struct bolt_grant *g = &use->exception->grant;

    if (!g->has_port_start || use->blind) {
        return;
    }
    if (!use->starts.any) {
        add_about(
            usage, use,
            BOLT_LIT("grants values of " BOLT_SYSCTL_PORT_START ", which no recorded use needed"));
    } else if (use->starts.least != g->port_start_min ||
               use->starts.greatest != g->port_start_max) {
        add_about(usage, use,
                  bolt_printf(usage->arena,
                              "grants " BOLT_SYSCTL_PORT_START " from %" PRId64 " to %" PRId64
                              ", of which recorded uses needed %" PRId64 " to %" PRId64,
                              g->port_start_min, g->port_start_max, use->starts.least,
                              use->starts.greatest));
    }
}

static void lint_use(struct bolt_usage *usage, const struct use *use)
{
    lint_ports(usage, use);
    lint_caps(usage, use);
    lint_raw_sockets(usage, use);
    lint_port_start(usage, use);
    if (use->exception->grant.host_network && !use->host_network) {
        add_about(usage, use, BOLT_LIT("grants the host's network, which no recorded use needed"));
    }
}

/* One that did not hold all the time was not to be used all the time. */
static bool held_throughout(const struct bolt_usage *usage, const struct bolt_exception *e,
                            int64_t now)
{
    return e->starts <= usage->since && now < e->expires;
}

size_t bolt_usage_lint(struct bolt_usage *usage, int64_t now, unsigned days,
                       const struct bolt_bytes **lines)
{
    bool reaches_back = usage->first <= usage->since;

    if (!reaches_back && usage->count != 0) {
        add(usage, bolt_printf(usage->arena,
                               "the log does not reach %u days back: which exceptions were not "
                               "used in that time cannot be told",
                               days));
    }
    for (size_t i = 0; i < usage->count; i++) {
        const struct use *use = &usage->uses[i];

        if (use->count != 0) {
            lint_use(usage, use);
        } else if (reaches_back && held_throughout(usage, use->exception, now)) {
            add_about(usage, use,
                      bolt_printf(usage->arena, "was not used in the last %u days", days));
        }
    }
    *lines = usage->lines;
    return usage->line_count;
}
