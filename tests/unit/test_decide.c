/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include <arpa/inet.h>

#include "base/family.h"
#include "decide/merge.h"
#include "decide/rule.h"

static const struct bolt_point at_precreate = {
    .name = "precreate", .can_rewrite = true, .can_look = true};
static const struct bolt_point at_hook = {.name = "hook:createRuntime", .can_look = true};
static const struct bolt_point at_check = {.name = "check", .can_rewrite = true};

/* A case that a test may still change. Every rule is ignored until the test says otherwise. */
struct scene {
    struct bolt_arena *arena;
    struct bolt_policy policy;
    struct bolt_facts facts;
    struct bolt_seccomp_result seccomp;
    struct bolt_case c;
};

static void ignore_all(struct bolt_policy *policy)
{
    policy->capabilities_action = BOLT_ACTION_IGNORE;
    policy->raw_sockets.action = BOLT_ACTION_IGNORE;
    policy->seccomp_unconfined = BOLT_ACTION_IGNORE;
    policy->privileged = BOLT_ACTION_IGNORE;
    policy->host_ports.action = BOLT_ACTION_IGNORE;
    policy->host_ports.unknown = BOLT_ACTION_IGNORE;
    policy->container_ports = BOLT_ACTION_IGNORE;
    policy->host_network = BOLT_ACTION_IGNORE;
    policy->port_start.action = BOLT_ACTION_IGNORE;
    policy->joined_netns = BOLT_ACTION_IGNORE;
    policy->capability_useless = BOLT_ACTION_IGNORE;
    policy->annotations_action = BOLT_ACTION_IGNORE;
    policy->exec = BOLT_ACTION_IGNORE;
}

static struct scene *scene_of(struct bolt_arena *arena, const char *config)
{
    struct scene *s = bolt_new(arena, struct scene);
    struct bolt_err err = {0};

    s->arena = arena;
    if (bolt_policy_parse(arena, BOLT_LIT("{\"version\":1}"), &s->policy, &err) != 0 ||
        bolt_facts_from_config(arena, doc_of(arena, config), &s->facts, &err) != 0) {
        fail_msg("%s", err.text);
    }
    ignore_all(&s->policy);
    s->seccomp = (struct bolt_seccomp_result){.denied = true, .fit = BOLT_SECCOMP_EXACT};
    s->c = (struct bolt_case){
        .policy = &s->policy, .facts = &s->facts, .seccomp = &s->seccomp, .point = at_precreate};
    return s;
}

static size_t count_of(const struct bolt_decision *d, const char *rule)
{
    size_t n = 0;

    for (size_t i = 0; i < d->finding_count; i++) {
        n += strcmp(d->findings[i].rule->id, rule) == 0 ? 1 : 0;
    }
    return n;
}

static bool is_unchecked(const struct bolt_decision *d, const char *rule)
{
    for (size_t i = 0; i < d->unchecked_count; i++) {
        if (strcmp(d->unchecked[i].rule->id, rule) == 0) {
            assert_true(d->unchecked[i].why.len != 0);
            return true;
        }
    }
    return false;
}

/* The edited document; an edit that cannot be made fails the test. */
static struct bolt_bytes edited(const struct scene *s, const struct bolt_decision *d)
{
    struct bolt_buf out = {.arena = s->arena};
    struct bolt_err err = {0};

    if (bolt_edit_apply(s->facts.doc, d->edits, d->edit_count, &out, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return bolt_buf_bytes(&out);
}

/* --- the table of rules ----------------------------------------------------------------- */

static void rules_are_sorted_unique_and_complete(void **state)
{
    (void)state;
    assert_int_equal(bolt_rule_count, 13);
    for (size_t i = 0; i < bolt_rule_count; i++) {
        const struct bolt_rule *rule = bolt_rules[i];

        if (i > 0) {
            assert_true(strcmp(bolt_rules[i - 1]->id, rule->id) < 0);
        }
        assert_true(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz-") == strlen(rule->id));
        assert_true(strlen(rule->summary) > 10);
        assert_null(strpbrk(rule->summary, "\t\n"));
        assert_true(rule->needs != 0);
        assert_non_null(rule->check);
        assert_non_null(rule->references);
        assert_non_null(rule->references[0]);
        for (const char *const *ref = rule->references; *ref != NULL; ref++) {
            assert_null(strpbrk(*ref, " \t\n"));
        }
    }
}

/* --- each rule, each action, each place, each mode -------------------------------------- */

#define CONFIG(process, linux_)                                                                    \
    "{\"ociVersion\":\"1\",\"process\":{" process "},\"linux\":{" linux_ "}}"

static void with_port_80(struct scene *s)
{
    struct bolt_port *port = bolt_new(s->arena, struct bolt_port);

    *port = (struct bolt_port){
        .host = 80, .container = 80, .protocol = BOLT_LIT("tcp"), .source = "test"};
    s->facts.ports = port;
    s->facts.port_count = 1;
    s->facts.known |= BOLT_KNOWN_PORTS;
}

static void with_port_8080_not_in_the_list(struct scene *s)
{
    struct bolt_port_rule *rule = bolt_new(s->arena, struct bolt_port_rule);
    struct bolt_port *port;

    with_port_80(s);
    port = bolt_new(s->arena, struct bolt_port);
    *port = s->facts.ports[0];
    port->host = 8080;
    s->facts.ports = port;
    *rule = (struct bolt_port_rule){.first = 9000, .last = 9000};
    s->policy.host_ports.allow.items = rule;
    s->policy.host_ports.allow.count = 1;
}

static void with_an_open_filter(struct scene *s)
{
    s->seccomp = (struct bolt_seccomp_result){
        .unconfined = true, .fit = BOLT_SECCOMP_EXACT, .profile = BOLT_LIT("{\"merged\":1}")};
}

static void with_joined_network(struct scene *s)
{
    s->facts.netns = BOLT_NETNS_JOINED;
    s->facts.netns_path = BOLT_LIT("/run/netns/other");
    s->facts.netns_port_start = 1024;
}

/* What runc takes from config.json for a process that it adds. */
static void as_a_process(struct scene *s)
{
    s->facts.known = BOLT_KNOWN_PROCESS;
}

#define ACTION_AT(field) offsetof(struct bolt_policy, field)

static const struct {
    const char *rule;
    size_t action; /* where in the policy */
    bool mends;
    const char *config;
    void (*arrange)(struct scene *s);
    const char *after; /* what a rewrite leaves; NULL if the rule cannot mend */
} scenes[] = {
    {"capability-not-allowed", ACTION_AT(capabilities_action), true,
     CONFIG("\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"],"
            "\"ambient\":[\"21\",\"CAP_BOGUS\"]}",
            ""),
     NULL, CONFIG("\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"ambient\":[]}", "")},
    {"capability-useless", ACTION_AT(capability_useless), false,
     CONFIG("\"user\":{\"uid\":7},\"capabilities\":{\"bounding\":[\"CAP_NET_BIND_SERVICE\"]}", ""),
     NULL, NULL},
    {"container-port-privileged", ACTION_AT(container_ports), false, CONFIG("", ""), with_port_80,
     NULL},
    {"exec-capability", ACTION_AT(exec), true,
     CONFIG("\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"],"
            "\"ambient\":[\"21\",\"CAP_BOGUS\"]}",
            ""),
     as_a_process, CONFIG("\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"ambient\":[]}", "")},
    {"host-network", ACTION_AT(host_network), false, CONFIG("", ""), NULL, NULL},
    {"host-port-not-allowed", ACTION_AT(host_ports.action), false, CONFIG("", ""),
     with_port_8080_not_in_the_list, NULL},
    {"host-port-privileged", ACTION_AT(host_ports.action), false, CONFIG("", ""), with_port_80,
     NULL},
    {"port-start-range", ACTION_AT(port_start.action), false,
     CONFIG("", "\"sysctl\":{\"net.ipv4.ip_unprivileged_port_start\":\"2000\"}"), NULL, NULL},
    {"privileged", ACTION_AT(privileged), false,
     "{\"ociVersion\":\"1\",\"annotations\":{\"io.podman.annotations.privileged\":\"TRUE\"},"
     "\"linux\":{}}",
     NULL, NULL},
    {"raw-sockets", ACTION_AT(raw_sockets.action), true,
     CONFIG("\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\",\"13\"]}", ""), NULL,
     CONFIG("\"capabilities\":{\"bounding\":[]}", "")},
    {"raw-sockets", ACTION_AT(raw_sockets.action), true, CONFIG("", ""), with_an_open_filter,
     CONFIG("", "\"seccomp\":{\"merged\":1}")},
    {"runtime-annotation", ACTION_AT(annotations_action), true,
     "{\"ociVersion\":\"1\",\"annotations\":{\"run.oci.handler\":\"x\",\"a\":\"\"},\"linux\":{}}",
     NULL, "{\"ociVersion\":\"1\",\"annotations\":{\"a\":\"\"},\"linux\":{}}"},
    {"seccomp-unconfined", ACTION_AT(seccomp_unconfined), false, CONFIG("", ""), NULL, NULL},
    {"sysctl-joined-netns", ACTION_AT(joined_netns), false,
     CONFIG("", "\"sysctl\":{\"net/core/somaxconn\":\"1\",\"kernel.msgmax\":\"1\"}"),
     with_joined_network, NULL},
};

static void every_rule_has_a_scene(void **state)
{
    (void)state;
    for (size_t i = 0; i < bolt_rule_count; i++) {
        bool found = false;

        for (size_t k = 0; k < BOLT_LEN(scenes); k++) {
            found = found || strcmp(scenes[k].rule, bolt_rules[i]->id) == 0;
        }
        if (!found) {
            fail_msg("no scene for %s", bolt_rules[i]->id);
        }
    }
}

static const struct bolt_point *const points[] = {&at_precreate, &at_hook, &at_check};
static const enum bolt_mode modes[] = {BOLT_MODE_ENFORCE, BOLT_MODE_REPORT};

static void play(size_t index, enum bolt_action action, const struct bolt_point *point,
                 enum bolt_mode mode)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, scenes[index].config);
    const struct bolt_decision *d;
    enum bolt_action want = action;

    if (scenes[index].arrange != NULL) {
        scenes[index].arrange(s);
    }
    memcpy((char *)&s->policy + scenes[index].action, &action, sizeof action);
    s->policy.mode = mode;
    s->c.point = *point;
    d = bolt_decide(arena, &s->c);
    if (action == BOLT_ACTION_REWRITE && !point->can_rewrite) {
        want = BOLT_ACTION_REFUSE;
    }
    print_message("  %s: %s at %s%s\n", scenes[index].rule, bolt_action_name(action), point->name,
                  mode == BOLT_MODE_REPORT ? ", mode report" : "");
    assert_int_equal(count_of(d, scenes[index].rule) != 0, action != BOLT_ACTION_IGNORE);
    assert_int_equal(d->finding_count, count_of(d, scenes[index].rule));
    for (size_t i = 0; i < d->finding_count; i++) {
        const struct bolt_finding *f = &d->findings[i];

        assert_int_equal(f->action, want);
        assert_true(f->subject.len != 0);
        assert_true(f->text.len != 0);
        assert_int_not_equal(f->text.at[f->text.len - 1], '.');
        assert_int_equal(memmem(f->text.at, f->text.len, "at this stage", 13) != NULL,
                         action == BOLT_ACTION_REWRITE && want == BOLT_ACTION_REFUSE);
    }
    assert_int_equal(d->verdict, want == BOLT_ACTION_REFUSE && mode == BOLT_MODE_ENFORCE
                                     ? BOLT_REFUSE
                                     : BOLT_ALLOW);
    if (want == BOLT_ACTION_REWRITE && mode == BOLT_MODE_ENFORCE) {
        assert_bytes_equal(edited(s, d), scenes[index].after);
    } else {
        assert_int_equal(d->edit_count, 0);
        assert_null(d->seccomp);
    }
}

static void a_finding_does_what_its_action_place_and_mode_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(scenes); i++) {
        for (size_t p = 0; p < BOLT_LEN(points); p++) {
            for (size_t m = 0; m < BOLT_LEN(modes); m++) {
                play(i, BOLT_ACTION_REFUSE, points[p], modes[m]);
                play(i, BOLT_ACTION_REPORT, points[p], modes[m]);
                play(i, BOLT_ACTION_IGNORE, points[p], modes[m]);
                if (scenes[i].mends) {
                    play(i, BOLT_ACTION_REWRITE, points[p], modes[m]);
                }
            }
        }
    }
}

static void zeroed_memory_refuses(void **state)
{
    const struct bolt_policy policy = {0};
    const struct bolt_decision decision = {0};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", ""));

    (void)state;
    assert_int_equal(decision.verdict, BOLT_REFUSE);
    s->c.policy = &policy;
    s->facts = (struct bolt_facts){
        .doc = s->facts.doc, .known = BOLT_KNOWN_CONFIG, .ports_why = "nobody said"};
    assert_int_equal(bolt_decide(arena, &s->c)->verdict, BOLT_REFUSE);
}

static void a_rule_that_lacks_its_facts_is_unchecked_and_not_passed(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", "\"namespaces\":[{\"type\":\"network\"}]"));
    const struct bolt_decision *d = bolt_decide(arena, &s->c);

    (void)state;
    assert_int_equal(d->finding_count, 0);
    assert_int_equal(d->unchecked_count, 3);
    assert_true(is_unchecked(d, "host-port-privileged"));
    assert_true(is_unchecked(d, "host-port-not-allowed"));
    assert_true(is_unchecked(d, "container-port-privileged"));

    s->policy.host_ports.unknown = BOLT_ACTION_REFUSE;
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->verdict, BOLT_REFUSE);
    assert_int_equal(count_of(d, "host-port-privileged"), 1);
    assert_int_equal(d->unchecked_count, 3);

    with_port_80(s);
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->verdict, BOLT_ALLOW);
    assert_int_equal(d->unchecked_count, 0);

    s->facts.known = 0;
    s->facts.ports_why = "nobody said";
    assert_int_equal(bolt_decide(arena, &s->c)->unchecked_count, bolt_rule_count);
}

static void what_is_unknown_is_quiet_only_about_ports_and_if_ignored(void **state)
{
    static const enum bolt_action unknowns[] = {BOLT_ACTION_REFUSE, BOLT_ACTION_REPORT,
                                                BOLT_ACTION_IGNORE};

    (void)state;
    for (size_t u = 0; u < BOLT_LEN(unknowns); u++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(arena, CONFIG("", "")); /* in the host's network */
        const struct bolt_decision *d;
        size_t quiet = 0;

        s->policy.host_ports.unknown = unknowns[u];
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->unchecked_count, 4);
        assert_true(is_unchecked(d, "port-start-range"));
        for (size_t i = 0; i < d->unchecked_count; i++) {
            bool about_ports = strcmp(d->unchecked[i].rule->id, "port-start-range") != 0;

            quiet += d->unchecked[i].quiet && about_ports ? 1 : 0;
            assert_false(d->unchecked[i].quiet && !about_ports);
        }
        assert_int_equal(quiet, unknowns[u] == BOLT_ACTION_IGNORE ? 3 : 0);
    }
}

/* One refusal refuses whatever else is mended or reported, and nothing is edited then by whoever
 * asks the verdict first. */
static void one_refusal_outweighs_every_rewrite(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, CONFIG("\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}", ""));
    const struct bolt_decision *d;

    (void)state;
    s->policy.capabilities_action = BOLT_ACTION_REWRITE;
    assert_int_equal(bolt_decide(arena, &s->c)->verdict, BOLT_ALLOW);
    s->policy.host_network = BOLT_ACTION_REFUSE;
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->verdict, BOLT_REFUSE);
    assert_int_equal(d->finding_count, 2);
}

/* More findings than an array starts with, each told once. */
static void every_capability_is_told_once_and_taken_out_everywhere(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf config = {.arena = arena};
    const struct bolt_decision *d;
    struct scene *s;

    (void)state;
    bolt_buf_adds(&config, "{\"ociVersion\":\"1\",\"linux\":{},\"process\":{\"capabilities\":{");
    for (int set = 0; set < BOLT_CAPS_SETS; set++) {
        bolt_buf_addf(&config, "%s\"%s\":[\"CAP_CHOWN\"", set == 0 ? "" : ",",
                      bolt_cap_set_name((enum bolt_cap_set)set));
        for (int number = 14; number <= BOLT_CAP_LAST; number++) {
            bolt_buf_addf(&config, ",\"%.*s\"", BOLT_FMT(bolt_cap_name(arena, number)));
        }
        bolt_buf_adds(&config, ",\"CAP_BOGUS\",\"CAP_BOGUS\"]");
    }
    bolt_buf_adds(&config, "}}}");
    s = scene_of(arena, bolt_bytes_cstr(arena, bolt_buf_bytes(&config)));
    s->policy.capabilities_allow = 1;
    s->policy.capabilities_action = BOLT_ACTION_REWRITE;
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->finding_count, BOLT_CAP_LAST - 14 + 1 + 1);
    assert_bytes_equal(d->findings[0].text,
                       "capability CAP_IPC_LOCK (bounding, effective, inheritable, permitted, "
                       "ambient) is not allowed");
    assert_bytes_equal(d->findings[27].text,
                       "capability 'CAP_BOGUS' (bounding, effective, inheritable, permitted, "
                       "ambient) is not one that is known");
    assert_bytes_equal(
        edited(s, d),
        "{\"ociVersion\":\"1\",\"linux\":{},\"process\":{\"capabilities\":{"
        "\"bounding\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\"],\"inheritable\":[\"CAP_CHOWN\"],"
        "\"permitted\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHOWN\"]}}}");
}

#define FAMILY(name) (UINT64_C(1) << BOLT_AF_##name)

/* --- raw sockets ------------------------------------------------------------------------ */

static const struct {
    enum bolt_action raw;
    enum bolt_action capabilities;
    bool allowed; /* NET_RAW is in capabilities.allow */
    size_t raw_findings;
    size_t capability_findings;
} owners[] = {
    {BOLT_ACTION_REWRITE, BOLT_ACTION_REFUSE, false, 1, 0},
    {BOLT_ACTION_REFUSE, BOLT_ACTION_REWRITE, false, 1, 0},
    {BOLT_ACTION_REWRITE, BOLT_ACTION_REFUSE, true, 1, 0},
    {BOLT_ACTION_REPORT, BOLT_ACTION_REFUSE, false, 1, 1},
    {BOLT_ACTION_REPORT, BOLT_ACTION_REFUSE, true, 1, 0},
    {BOLT_ACTION_IGNORE, BOLT_ACTION_REFUSE, false, 0, 1},
    {BOLT_ACTION_IGNORE, BOLT_ACTION_REFUSE, true, 0, 0},
    {BOLT_ACTION_IGNORE, BOLT_ACTION_IGNORE, false, 0, 0},
};

static void net_raw_is_told_by_the_rule_that_stops_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(owners); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s =
            scene_of(arena, CONFIG("\"capabilities\":{\"permitted\":[\"cap_net_raw\"]}", ""));
        const struct bolt_decision *d;

        s->policy.raw_sockets.action = owners[i].raw;
        s->policy.capabilities_action = owners[i].capabilities;
        s->policy.capabilities_allow = owners[i].allowed ? UINT64_C(1) << BOLT_CAP_NET_RAW : 0;
        s->c.seccomp = owners[i].raw == BOLT_ACTION_IGNORE ? NULL : s->c.seccomp;
        d = bolt_decide(arena, &s->c);
        print_message("  raw sockets %s, capabilities %s\n", bolt_action_name(owners[i].raw),
                      bolt_action_name(owners[i].capabilities));
        assert_int_equal(count_of(d, "raw-sockets"), owners[i].raw_findings);
        assert_int_equal(count_of(d, "capability-not-allowed"), owners[i].capability_findings);
        if (owners[i].raw == BOLT_ACTION_REWRITE) {
            assert_bytes_equal(edited(s, d), CONFIG("\"capabilities\":{\"permitted\":[]}", ""));
        }
    }
}

/* A spared family needs the capability, and ping what the filter denies all the same. */
static const struct {
    enum bolt_action action;
    uint64_t allow;
    bool allowed; /* NET_RAW is in capabilities.allow */
    bool open;    /* the profile lets through what is not spared */
    size_t raw_findings;
    size_t capability_findings;
    bool ping; /* its sysctl is set */
} spared[] = {
    {BOLT_ACTION_REWRITE, 0, true, true, 2, 0, true},
    {BOLT_ACTION_REWRITE, FAMILY(PACKET), true, true, 1, 0, true},
    {BOLT_ACTION_REWRITE, FAMILY(PACKET), true, false, 0, 0, false},
    {BOLT_ACTION_REWRITE, FAMILY(PACKET), false, true, 1, 1, true},
    {BOLT_ACTION_REWRITE, FAMILY(INET), true, true, 1, 0, true},
    {BOLT_ACTION_REWRITE, FAMILY(INET) | FAMILY(INET6), true, true, 1, 0, false},
    {BOLT_ACTION_REWRITE, FAMILY(NFC), true, true, 2, 0, true}, /* not denied, so not spared */
    {BOLT_ACTION_REFUSE, FAMILY(PACKET), true, true, 1, 0, false},
    {BOLT_ACTION_REPORT, FAMILY(PACKET), true, true, 1, 0, false},
    {BOLT_ACTION_REPORT, FAMILY(PACKET), false, true, 1, 1, false},
};

static void net_raw_stays_where_a_family_is_spared(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(spared); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s =
            scene_of(arena, CONFIG("\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}",
                                   "\"namespaces\":[{\"type\":\"network\"}]"));
        const struct bolt_decision *d;
        bool ping = false;

        s->policy.raw_sockets.action = spared[i].action;
        s->policy.raw_sockets.allow = spared[i].allow;
        s->policy.capabilities_action = BOLT_ACTION_REWRITE;
        s->policy.capabilities_allow = spared[i].allowed ? UINT64_C(1) << BOLT_CAP_NET_RAW : 0;
        if (spared[i].open) {
            with_an_open_filter(s);
        }
        d = bolt_decide(arena, &s->c);
        assert_int_equal(count_of(d, "raw-sockets"), spared[i].raw_findings);
        assert_int_equal(count_of(d, "capability-not-allowed"), spared[i].capability_findings);
        for (size_t k = 0; k < d->edit_count; k++) {
            ping = ping || bolt_bytes_is(d->edits[k].name, "sysctl");
        }
        assert_int_equal(ping, spared[i].ping);
    }
}

static void a_filter_that_cannot_be_merged_refuses_a_rewrite(void **state)
{
    static const struct {
        enum bolt_action action;
        enum bolt_action want;
    } actions[] = {
        {BOLT_ACTION_REWRITE, BOLT_ACTION_REFUSE},
        {BOLT_ACTION_REFUSE, BOLT_ACTION_REFUSE},
        {BOLT_ACTION_REPORT, BOLT_ACTION_REPORT},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(actions); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(arena, CONFIG("", ""));
        const struct bolt_decision *d;

        s->seccomp = (struct bolt_seccomp_result){.way = BOLT_LIT("socket(AF_PACKET, 3, 0)"),
                                                  .reason = BOLT_LIT("too many entries")};
        s->policy.raw_sockets.action = actions[i].action;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->finding_count, 1);
        assert_int_equal(d->findings[0].action, actions[i].want);
        assert_int_equal(d->edit_count, 0);
        assert_bytes_equal(
            d->findings[0].text,
            actions[i].action == BOLT_ACTION_REWRITE
                ? "the raw-socket denial cannot be merged into the seccomp profile: too many entries"
                : "the seccomp profile lets raw sockets through: socket(AF_PACKET, 3, 0)");
    }
}

/* What is merged for a container, by what its policy and its place say. */
static const struct {
    enum bolt_action action;
    enum bolt_mode mode;
    const struct bolt_point *point;
    const char *profile;
    bool logs;        /* a merge that only logs is asked for */
    const char *text; /* of the finding; NULL: none */
} merges[] = {
    {BOLT_ACTION_IGNORE, BOLT_MODE_ENFORCE, &at_precreate, "null", false, NULL},
    {BOLT_ACTION_REWRITE, BOLT_MODE_ENFORCE, &at_precreate, "null", false,
     "no seccomp filter keeps raw sockets shut"},
    {BOLT_ACTION_REPORT, BOLT_MODE_ENFORCE, &at_precreate, "null", true,
     "no seccomp filter keeps raw sockets shut; the kernel logs them from now on"},
    {BOLT_ACTION_REPORT, BOLT_MODE_ENFORCE, &at_check, "{}", true,
     "no seccomp filter keeps raw sockets shut; the kernel logs them from now on"},
    {BOLT_ACTION_REPORT, BOLT_MODE_ENFORCE, &at_hook, "null", false,
     "no seccomp filter keeps raw sockets shut"},
    {BOLT_ACTION_REPORT, BOLT_MODE_REPORT, &at_precreate, "null", false,
     "no seccomp filter keeps raw sockets shut"},
    {BOLT_ACTION_REPORT, BOLT_MODE_ENFORCE, &at_precreate, "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}",
     true, NULL},
    {BOLT_ACTION_REPORT, BOLT_MODE_ENFORCE, &at_precreate,
     "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_PARISC\"],"
     "\"syscalls\":[{\"names\":[\"x\"],\"action\":\"SCMP_ACT_ERRNO\"}]}",
     true,
     "whether the seccomp profile denies raw sockets cannot be told: libseccomp does "
     "not take SCMP_ARCH_PARISC here"},
};

static void only_what_may_be_changed_is_merged_to_be_logged(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(merges); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_bytes linux_ = bolt_printf(arena, "\"seccomp\":%s", merges[i].profile);
        struct scene *s = scene_of(
            arena,
            bolt_printf(arena, "{\"ociVersion\":\"1\",\"linux\":{%.*s}}", BOLT_FMT(linux_)).at);
        const struct bolt_decision *d;
        struct bolt_err err = {0};

        s->policy.raw_sockets.action = merges[i].action;
        s->policy.raw_sockets.stricter = true;
        s->policy.mode = merges[i].mode;
        s->c.point = *merges[i].point;
        assert_int_equal(bolt_case_merge(arena, &s->c, &err), 0);
        assert_int_equal(s->c.seccomp == NULL, merges[i].action == BOLT_ACTION_IGNORE);
        assert_int_equal(s->c.logged != NULL, merges[i].logs);
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->finding_count, merges[i].text != NULL);
        if (merges[i].text != NULL) {
            assert_bytes_equal(d->findings[0].text, merges[i].text);
        }
    }
}

static void what_is_reported_is_logged_where_that_can_be_merged(void **state)
{
    const struct {
        struct bolt_seccomp_result logged;
        const char *outcome;
    } outcomes[] = {
        {{.fit = BOLT_SECCOMP_TIGHT, .way = BOLT_LIT("w")}, "; the kernel logs them from now on"},
        {{.fit = BOLT_SECCOMP_EXACT, .denied = true}, "; the kernel logs them already"},
        {{.way = BOLT_LIT("w"), .reason = BOLT_LIT("too many rules")},
         "; they cannot be logged: too many rules"},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(outcomes); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s =
            scene_of(arena, CONFIG("\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}", ""));
        const struct bolt_decision *d;

        s->policy.raw_sockets.action = BOLT_ACTION_REPORT;
        s->seccomp = (struct bolt_seccomp_result){.fit = BOLT_SECCOMP_EXACT, .way = BOLT_LIT("w")};
        s->c.logged = &outcomes[i].logged;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->verdict, BOLT_ALLOW);
        assert_int_equal(d->finding_count, 2);
        assert_bytes_equal(d->findings[1].text,
                           bolt_printf(arena, "the seccomp profile lets raw sockets through: w%s",
                                       outcomes[i].outcome)
                               .at);
        assert_ptr_equal(d->seccomp, i == 0 ? s->c.logged : NULL);
        assert_int_equal(d->edit_count, 0); /* the capability stays */
    }
}

static void a_merge_that_is_not_exact_is_told(void **state)
{
    static const char stricter[] =
        "the seccomp profile lets raw sockets through: socket(); the denial cannot be merged "
        "exactly (too many rules), so the profile becomes stricter than that";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", ""));

    (void)state;
    s->seccomp = (struct bolt_seccomp_result){.fit = BOLT_SECCOMP_STRICTER,
                                              .way = BOLT_LIT("socket()"),
                                              .reason = BOLT_LIT("too many rules")};
    s->policy.raw_sockets.action = BOLT_ACTION_REWRITE;
    assert_bytes_equal(bolt_decide(arena, &s->c)->findings[0].text, stricter);
    s->policy.raw_sockets.action = BOLT_ACTION_REFUSE;
    assert_bytes_equal(bolt_decide(arena, &s->c)->findings[0].text,
                       "the seccomp profile lets raw sockets through: socket()");
}

static void edits_inside_a_profile_are_made_where_they_are_asked(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", "\"seccomp\":{\"syscalls\":[ 1 ]}"));
    bolt_node syscalls = bolt_doc_member(s->facts.doc, s->facts.seccomp, "syscalls");
    const struct bolt_edit edits[] = {
        {BOLT_EDIT_APPEND, syscalls, {0}, BOLT_LIT("2"), "raw-sockets"},
        {BOLT_EDIT_APPEND, s->facts.seccomp, BOLT_LIT("x"), BOLT_LIT("3"), "raw-sockets"},
    };
    const struct bolt_decision *d;

    (void)state;
    s->policy.raw_sockets.action = BOLT_ACTION_REWRITE;
    s->seccomp = (struct bolt_seccomp_result){.fit = BOLT_SECCOMP_TIGHT,
                                              .edits = edits,
                                              .edit_count = BOLT_LEN(edits),
                                              .way = BOLT_LIT("socket()")};
    d = bolt_decide(arena, &s->c);
    assert_ptr_equal(d->seccomp, &s->seccomp);
    assert_bytes_equal(edited(s, d), CONFIG("", "\"seccomp\":{\"syscalls\":[ 1,2 ],\"x\":3}"));
}

/* --- ping ------------------------------------------------------------------------------- */

static const struct {
    const char *label;
    bool own_userns;
    uint32_t gid;
    size_t map_count;
    struct bolt_idmap maps[3]; /* container, host, size */
    const char *range;         /* NULL: none is written */
} pings[] = {
    {"the host's user namespace", false, 0, 0, {{0}}, "0 2147483647"},
    {"no mapping", true, 0, 0, {{0}}, NULL},
    {"one group", true, 0, 1, {{0, 1000, 1}}, "0 0"},
    {"rootless podman", true, 0, 2, {{0, 1000, 1}, {1, 100000, 65536}}, "0 65536"},
    {"mappings in another order", true, 0, 2, {{1, 100000, 65536}, {0, 1000, 1}}, "0 65536"},
    {"a hole in the container's numbers", true, 0, 2, {{0, 1000, 1}, {100, 2000, 5}}, "0 104"},
    {"a hole in the host's numbers", true, 0, 2, {{0, 10, 5}, {5, 90, 5}}, "0 9"},
    {"everything", true, 0, 1, {{0, 0, UINT32_MAX}}, "0 2147483647"},
    {"beyond the kernel's limit", true, 0, 1, {{0, 0, UINT32_C(2147483649)}}, "0 2147483647"},
    {"up to the limit", true, 0, 1, {{0, 5, UINT32_C(2147483648)}}, "0 2147483647"},
    {"below the limit", true, 0, 1, {{0, 5, UINT32_C(2147483647)}}, "0 2147483646"},
    {"a mapping above the limit does not count",
     true,
     0,
     2,
     {{0, 1000, 10}, {UINT32_C(2147483648), 5000, 10}},
     "0 9"},
    {"an empty mapping does not count", true, 0, 2, {{0, 1000, 10}, {50, 5000, 0}}, "0 9"},
    {"turned round, in the first", true, 0, 2, {{0, 100000, 10}, {10, 1000, 5}}, "0 9"},
    {"turned round, in the second", true, 12, 2, {{0, 100000, 10}, {10, 1000, 5}}, "10 14"},
    {"turned round, in neither", true, 99, 2, {{0, 100000, 10}, {10, 1000, 5}}, NULL},
    {"does not start at 0", true, 0, 1, {{7, 1000, 10}}, "7 16"},
};

static struct scene *ping_scene(struct bolt_arena *arena)
{
    struct scene *s =
        scene_of(arena, CONFIG("\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}",
                               "\"namespaces\":[{\"type\":\"network\"}],\"sysctl\":{}"));

    s->policy.raw_sockets.action = BOLT_ACTION_REWRITE;
    s->policy.raw_sockets.keep_ping = true;
    return s;
}

/* The planned value of ping_group_range, or NULL. */
static const char *ping_range(struct scene *s)
{
    const struct bolt_decision *d = bolt_decide(s->arena, &s->c);
    const char *range = NULL;

    for (size_t i = 0; i < d->edit_count; i++) {
        if (bolt_bytes_is(d->edits[i].name, BOLT_SYSCTL_PING_RANGE)) {
            assert_null(range);
            range = bolt_bytes_cstr(s->arena, d->edits[i].text);
        }
    }
    (void)edited(s, d);
    return range;
}

static void ping_stays_for_every_group_that_the_kernel_takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(pings); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = ping_scene(arena);
        const char *range;

        print_message("  %s\n", pings[i].label);
        s->facts.own_userns = pings[i].own_userns;
        s->facts.gid = pings[i].gid;
        s->facts.gids = pings[i].maps;
        s->facts.gid_count = pings[i].map_count;
        range = ping_range(s);
        if (pings[i].range == NULL) {
            assert_null(range);
            continue;
        }
        assert_non_null(range);
        assert_string_equal(range, bolt_printf(arena, "\"%s\"", pings[i].range).at);
    }
}

/* Rootless podman's containers are in podman's user namespace, whose map the gate has read. */
static void ping_keeps_to_the_callers_groups_where_those_are_limited(void **state)
{
    static const struct bolt_idmap few[] = {{0, 1000, 1}, {1, 100000, 65536}};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = ping_scene(arena);

    (void)state;
    s->facts.gids = few;
    s->facts.gid_count = BOLT_LEN(few);
    assert_string_equal(ping_range(s), "\"0 2147483647\"");
    s->facts.gids_limited = true;
    assert_string_equal(ping_range(s), "\"0 65536\"");
    s->facts.gid_count = 1;
    assert_string_equal(ping_range(s), "\"0 0\"");
    /* A map that could not be read. */
    s->facts.gid_count = 0;
    assert_null(ping_range(s));
}

static void ping_is_left_alone_where_it_is_not_the_containers(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const char *const shut[] = {"", "\"net.ipv4.ping_group_range\":\"1 0\"",
                                       "\"net/ipv4/ping_group_range\":\"0 0\""};
    struct scene *s = ping_scene(arena);

    (void)state;
    assert_non_null(ping_range(s));
    s->policy.raw_sockets.keep_ping = false;
    assert_null(ping_range(s));
    s->policy.raw_sockets.keep_ping = true;
    s->facts.joined_userns = true;
    assert_null(ping_range(s));
    s->facts.joined_userns = false;
    for (int netns = BOLT_NETNS_HOST; netns <= BOLT_NETNS_UNKNOWN; netns++) {
        s->facts.netns = (enum bolt_netns)netns;
        s->facts.netns_why = "x";
        assert_int_equal(ping_range(s) != NULL, netns == BOLT_NETNS_OWN);
    }
    s->policy.raw_sockets.action = BOLT_ACTION_REPORT;
    s->facts.netns = BOLT_NETNS_OWN;
    assert_null(ping_range(s));
    for (size_t i = 0; i < BOLT_LEN(shut); i++) {
        s = scene_of(arena, bolt_printf(arena,
                                        CONFIG("\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}",
                                               "\"namespaces\":[{\"type\":\"network\"}],"
                                               "\"sysctl\":{%s}"),
                                        shut[i])
                                .at);
        s->policy.raw_sockets.action = BOLT_ACTION_REWRITE;
        s->policy.raw_sockets.keep_ping = true;
        assert_int_equal(ping_range(s) != NULL, i == 0);
    }
}

/* A container that never had NET_RAW never could ping by it. */
static void ping_is_not_given_to_who_had_no_capability(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", "\"namespaces\":[{\"type\":\"network\"}]"));

    (void)state;
    s->policy.raw_sockets.action = BOLT_ACTION_REWRITE;
    s->policy.raw_sockets.keep_ping = true;
    with_an_open_filter(s);
    assert_null(ping_range(s));
}

/* --- where unprivileged ports start ----------------------------------------------------- */

#define ANY (-2)

static const struct {
    const char *label;
    const char *value; /* in the document, or NULL */
    enum bolt_netns netns;
    bool path;
    int64_t live;
    int64_t min;
    int64_t max;
    int64_t set;         /* ANY: none */
    const char *finding; /* text, or NULL */
    const char *written; /* the sysctl that a rewrite adds, or NULL */
    bool unchecked;
} starts[] = {
    {"absent, a new namespace", NULL, BOLT_NETNS_OWN, false, -1, 0, 1024, ANY, NULL, NULL, false},
    {"absent, and 1024 is too low", NULL, BOLT_NETNS_OWN, false, -1, 2000, 3000, ANY,
     "net.ipv4.ip_unprivileged_port_start is 1024, outside 2000 to 3000", NULL, false},
    {"absent, and 1024 is too high", NULL, BOLT_NETNS_OWN, false, -1, 0, 80, ANY,
     "net.ipv4.ip_unprivileged_port_start is 1024, outside 0 to 80", NULL, false},
    {"absent and to be set", NULL, BOLT_NETNS_OWN, false, -1, 0, 1024, 80,
     "net.ipv4.ip_unprivileged_port_start is not set; the policy sets 80", "\"80\"", false},
    {"absent and set by birth", NULL, BOLT_NETNS_OWN, false, -1, 0, 1024, 1024, NULL, NULL, false},
    {"absent, made by the engine", NULL, BOLT_NETNS_OWN, true, 80, 0, 1024, ANY, NULL, NULL, false},
    {"absent, made by the engine, too low", NULL, BOLT_NETNS_OWN, true, 0, 1, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is 0, outside 1 to 1024", NULL, false},
    {"absent, made by the engine, set already", NULL, BOLT_NETNS_OWN, true, 80, 0, 1024, 80, NULL,
     NULL, false},
    {"absent, made by the engine, to be set", NULL, BOLT_NETNS_OWN, true, 1024, 0, 1024, 80,
     "net.ipv4.ip_unprivileged_port_start is not set; the policy sets 80", "\"80\"", false},
    {"absent, made by the engine, not known, to be set", NULL, BOLT_NETNS_OWN, true, -1, 0, 1024,
     80, "net.ipv4.ip_unprivileged_port_start is not set; the policy sets 80", "\"80\"", false},
    {"absent, made by the engine, not known", NULL, BOLT_NETNS_OWN, true, -1, 0, 1024, ANY, NULL,
     NULL, true},
    {"absent, joined", NULL, BOLT_NETNS_JOINED, true, 1024, 0, 1024, ANY, NULL, NULL, false},
    {"absent, joined, too high", NULL, BOLT_NETNS_JOINED, true, 1025, 0, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is 1025, outside 0 to 1024", NULL, false},
    {"absent, joined, never set for others", NULL, BOLT_NETNS_JOINED, true, 1024, 0, 1024, 80, NULL,
     NULL, false},
    {"absent, unknown", NULL, BOLT_NETNS_UNKNOWN, true, -1, 0, 1024, 80, NULL, NULL, true},
    {"absent, the host's", NULL, BOLT_NETNS_HOST, false, -1, 0, 1024, 80, NULL, NULL, true},
    {"within", "80", BOLT_NETNS_OWN, false, -1, 0, 1024, ANY, NULL, NULL, false},
    {"at the lower end", "80", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY, NULL, NULL, false},
    {"at the upper end", "1024", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY, NULL, NULL, false},
    {"below", "79", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is 79, outside 80 to 1024", NULL, false},
    {"above", "1025", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is 1025, outside 80 to 1024", NULL, false},
    {"hexadecimal", "0x10", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is 16, outside 80 to 1024", NULL, false},
    {"octal", "0100", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is 64, outside 80 to 1024", NULL, false},
    {"the first number counts", "1024\\n0", BOLT_NETNS_OWN, false, -1, 80, 1024, ANY, NULL, NULL,
     false},
    {"negative", "-1", BOLT_NETNS_OWN, false, -1, 0, 1024, ANY,
     "net.ipv4.ip_unprivileged_port_start is -1, outside 0 to 1024", NULL, false},
    {"no number", "1024\\u001b", BOLT_NETNS_OWN, false, -1, 0, 65535, ANY,
     "net.ipv4.ip_unprivileged_port_start is '1024?', which the kernel does not take", NULL, false},
    {"there, so not set again", "1000", BOLT_NETNS_OWN, false, -1, 0, 1024, 80, NULL, NULL, false},
};

static void the_start_of_unprivileged_ports_is_within_the_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(starts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *sysctl =
            starts[i].value == NULL
                ? ""
                : bolt_printf(arena, "\"sysctl\":{\"net/ipv4/ip_unprivileged_port_start\":\"%s\"}",
                              starts[i].value)
                      .at;
        struct scene *s = scene_of(arena, bolt_printf(arena, CONFIG("", "%s"), sysctl).at);
        const struct bolt_decision *d;

        print_message("  %s\n", starts[i].label);
        s->facts.netns = starts[i].netns;
        s->facts.netns_path = starts[i].path ? BOLT_LIT("/run/netns/x") : BOLT_LIT("");
        s->facts.netns_why = "x";
        s->facts.netns_port_start = starts[i].live;
        s->policy.port_start = (struct bolt_port_start){.min = starts[i].min,
                                                        .max = starts[i].max,
                                                        .has_set = starts[i].set != ANY,
                                                        .set = starts[i].set,
                                                        .action = BOLT_ACTION_REFUSE};
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->finding_count, starts[i].finding == NULL ? 0 : 1);
        if (starts[i].finding != NULL) {
            assert_bytes_equal(d->findings[0].text, starts[i].finding);
            assert_int_equal(d->findings[0].action,
                             starts[i].written == NULL ? BOLT_ACTION_REFUSE : BOLT_ACTION_REWRITE);
        }
        assert_int_equal(is_unchecked(d, "port-start-range"), starts[i].unchecked);
        assert_int_equal(d->edit_count, starts[i].written == NULL ? 0 : 1);
        if (starts[i].written != NULL) {
            assert_bytes_equal(edited(s, d),
                               bolt_printf(arena, CONFIG("", "\"sysctl\":{\"%s\":%s}"),
                                           BOLT_SYSCTL_PORT_START, starts[i].written)
                                   .at);
        }
    }
}

static void what_is_to_be_set_follows_the_action(void **state)
{
    static const struct {
        enum bolt_action action;
        bool can_rewrite;
        enum bolt_action want; /* IGNORE: no finding */
    } cases[] = {
        {BOLT_ACTION_REFUSE, true, BOLT_ACTION_REWRITE},
        {BOLT_ACTION_REFUSE, false, BOLT_ACTION_REFUSE},
        {BOLT_ACTION_REPORT, true, BOLT_ACTION_REPORT},
        {BOLT_ACTION_REPORT, false, BOLT_ACTION_REPORT},
        {BOLT_ACTION_IGNORE, true, BOLT_ACTION_IGNORE},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(arena, CONFIG("", "\"namespaces\":[{\"type\":\"network\"}]"));
        const struct bolt_decision *d;

        s->policy.port_start = (struct bolt_port_start){0, 1024, true, 80, cases[i].action};
        s->c.point = cases[i].can_rewrite ? at_precreate : at_hook;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->finding_count, cases[i].want == BOLT_ACTION_IGNORE ? 0 : 1);
        if (d->finding_count != 0) {
            assert_int_equal(d->findings[0].action, cases[i].want);
        }
        assert_int_equal(d->edit_count, cases[i].want == BOLT_ACTION_REWRITE ? 1 : 0);
    }
}

/* --- capabilities that do nothing, or everything ---------------------------------------- */

#define BIND (UINT64_C(1) << BOLT_CAP_NET_BIND_SERVICE)

static const struct {
    const char *label;
    uint64_t bounding;
    uint64_t ambient;
    uint32_t uid;
    bool no_new_privileges;
    const char *start; /* sysctl in the document, or NULL */
    int64_t live;
    bool useless;
} useless[] = {
    {"root has it", BIND, 0, 0, false, NULL, -1, false},
    {"a user has not", BIND, 0, 1000, false, NULL, -1, true},
    {"a user cannot gain it", BIND, 0, 1000, true, NULL, -1, true},
    {"a user has it in the ambient set", BIND, BIND, 1000, false, NULL, -1, false},
    {"it is not granted", 0, 0, 1000, true, "0", -1, false},
    {"any port is free", BIND, 0, 0, false, "0", -1, true},
    {"any port is free, in hexadecimal", BIND, BIND, 1000, false, "0x0", -1, true},
    {"some ports are free", BIND, 0, 0, false, "80", -1, false},
    {"what is free cannot be read", BIND, 0, 0, false, "zero", 0, false},
    {"any port is free in the namespace", BIND, 0, 0, false, NULL, 0, true},
    {"the document's value comes later", BIND, 0, 0, false, "80", 0, false},
};

static void net_bind_service_is_useless_where_it_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(useless); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *sysctl =
            useless[i].start == NULL
                ? ""
                : bolt_printf(arena, "\"sysctl\":{\"net.ipv4.ip_unprivileged_port_start\":\"%s\"}",
                              useless[i].start)
                      .at;
        struct scene *s = scene_of(arena, bolt_printf(arena, CONFIG("", "%s"), sysctl).at);

        print_message("  %s\n", useless[i].label);
        s->policy.capability_useless = BOLT_ACTION_REPORT;
        s->facts.cap_mask[BOLT_CAPS_BOUNDING] = useless[i].bounding;
        s->facts.cap_mask[BOLT_CAPS_AMBIENT] = useless[i].ambient;
        s->facts.uid = useless[i].uid;
        s->facts.no_new_privileges = useless[i].no_new_privileges;
        s->facts.netns_port_start = useless[i].live;
        assert_int_equal(bolt_decide(arena, &s->c)->finding_count, useless[i].useless ? 1 : 0);
    }
}

#define ALL_OLD ((UINT64_C(1) << 38) - 1)

enum looks { CONFINED, NO_FILTER = 1, NO_MASKS = 2, SAID = 4 };

static const struct {
    const char *label;
    uint64_t bounding;
    uint64_t effective;
    uint64_t permitted;
    uint64_t inheritable;
    uint64_t available;
    unsigned looks;     /* enum looks, or'd */
    const char *reason; /* a part of the sentence, NULL for none */
} privileged[] = {
    {"everything", ALL_OLD, ALL_OLD, ALL_OLD, 0, 0, NO_FILTER, "no seccomp filter"},
    {"everything, in the bounding set", ALL_OLD, 0, 0, 0, 0, NO_FILTER, "no seccomp filter"},
    {"everything, with filter and masks", ALL_OLD, ALL_OLD, ALL_OLD, 0, 0, CONFINED, NULL},
    {"everything, with a filter and no masks", ALL_OLD, 0, 0, 0, 0, NO_MASKS,
     "no path of /proc or /sys masked or read-only"},
    {"everything, with neither", ALL_OLD, 0, 0, 0, 0, NO_FILTER | NO_MASKS, "no seccomp filter"},
    {"everything, and it says so", ALL_OLD, 0, 0, 0, 0, NO_FILTER | SAID, "no seccomp filter"},
    {"all but one", ALL_OLD & ~UINT64_C(2), 0, 0, 0, 0, NO_FILTER, NULL},
    {"all but one, no masks", ALL_OLD & ~UINT64_C(2), 0, 0, 0, 0, NO_FILTER | NO_MASKS, NULL},
    {"all but one, and that in another set", ALL_OLD & ~UINT64_C(2), 2, 0, 0, 0, NO_FILTER,
     "every capability"},
    {"in the inheritable set alone", 0, 0, 0, ALL_OLD, 0, NO_FILTER | NO_MASKS, NULL},
    {"the newest too", UINT64_MAX, 0, 0, 0, 0, NO_FILTER, "every capability"},
    {"all that the machine has", 0xff, 0, 0, 0, 0xff, NO_FILTER, "every capability"},
    {"all that the machine has, no masks", 0xff, 0, 0, 0, 0xff, NO_MASKS, "every capability"},
    {"less than the machine has", 0xff, 0, 0, 0, 0x1ff, NO_FILTER | NO_MASKS, NULL},
    {"more than the machine has", 0x1ff, 0, 0, 0, 0xff, NO_FILTER, "every capability"},
    {"nothing, but it says so", 0, 0, 0, 0, 0, NO_FILTER | SAID, "the engine says"},
    {"it says so, with a filter", 0, 0, 0, 0, 0, SAID, "the engine says"},
    {"nothing", 0, 0, 0, 0, 0, NO_FILTER | NO_MASKS, NULL},
};

static void privileged_is_every_capability_without_filter_or_masks_or_what_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(privileged); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(arena, CONFIG("", ""));
        const char *reason = privileged[i].reason;
        const struct bolt_decision *d;

        print_message("  %s\n", privileged[i].label);
        s->policy.privileged = BOLT_ACTION_REFUSE;
        s->facts.cap_mask[BOLT_CAPS_BOUNDING] = privileged[i].bounding;
        s->facts.cap_mask[BOLT_CAPS_EFFECTIVE] = privileged[i].effective;
        s->facts.cap_mask[BOLT_CAPS_PERMITTED] = privileged[i].permitted;
        s->facts.cap_mask[BOLT_CAPS_INHERITABLE] = privileged[i].inheritable;
        s->facts.caps_available = privileged[i].available;
        s->facts.seccomp_unconfined = (privileged[i].looks & NO_FILTER) != 0;
        s->facts.unmasked = (privileged[i].looks & NO_MASKS) != 0;
        s->facts.said_privileged = (privileged[i].looks & SAID) != 0;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->verdict, reason == NULL ? BOLT_ALLOW : BOLT_REFUSE);
        assert_int_equal(d->finding_count, reason == NULL ? 0 : 1);
        if (reason != NULL) {
            assert_non_null(strstr(bolt_bytes_cstr(arena, d->findings[0].text), reason));
        }
    }
}

/* --- networks --------------------------------------------------------------------------- */

static const struct {
    enum bolt_netns netns;
    bool can_look;
    size_t network; /* findings of host-network */
    size_t joined;  /* findings of sysctl-joined-netns: there are two net.* sysctls */
    bool unchecked;
} networks[] = {
    {BOLT_NETNS_HOST, true, 1, 2, false},    {BOLT_NETNS_HOST, false, 1, 2, false},
    {BOLT_NETNS_JOINED, true, 0, 2, false},  {BOLT_NETNS_OWN, true, 0, 0, false},
    {BOLT_NETNS_OWN, false, 0, 0, false},    {BOLT_NETNS_UNKNOWN, true, 1, 2, false},
    {BOLT_NETNS_UNKNOWN, false, 0, 0, true},
};

static void a_network_that_cannot_be_told_is_suspicious_only_on_the_spot(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(networks); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(
            arena, CONFIG("", "\"sysctl\":{\"net.core.somaxconn\":\"1\",\"kernel.msgmax\":\"1\","
                              "\"/net//ipv4.tcp_syncookies\":\"0\",\"network.x\":\"1\"}"));
        const struct bolt_decision *d;

        s->policy.host_network = BOLT_ACTION_REFUSE;
        s->policy.joined_netns = BOLT_ACTION_REFUSE;
        s->facts.netns = networks[i].netns;
        s->facts.netns_why = "there is nothing readable at its path";
        s->c.point = networks[i].can_look ? at_precreate : at_check;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(count_of(d, "host-network"), networks[i].network);
        assert_int_equal(count_of(d, "sysctl-joined-netns"), networks[i].joined);
        assert_int_equal(is_unchecked(d, "host-network"), networks[i].unchecked);
        assert_int_equal(is_unchecked(d, "sysctl-joined-netns"), networks[i].unchecked);
        for (size_t k = 0; k < d->finding_count; k++) {
            const struct bolt_finding *f = &d->findings[k];

            if (strcmp(f->rule->id, "sysctl-joined-netns") == 0) {
                assert_int_equal(memmem(f->text.at, f->text.len, "the host's", 10) != NULL,
                                 networks[i].netns == BOLT_NETNS_HOST);
            }
        }
    }
}

/* --- ports ------------------------------------------------------------------------------ */

/* One entry in the list of allowed ports, one published port. */
static const struct {
    const char *label;
    uint16_t first;
    uint16_t last; /* 0: the list is empty */
    enum bolt_protocol protocol;
    const char *network; /* or NULL */
    unsigned prefix;
    uint16_t host;
    const char *port_protocol;
    const char *address;
    const char *rule; /* that finds something, or NULL */
} ports[] = {
    {"low", 0, 0, 0, NULL, 0, 80, "tcp", "", "host-port-privileged"},
    {"the last low one", 0, 0, 0, NULL, 0, 1023, "tcp", "", "host-port-privileged"},
    {"the first high one", 0, 0, 0, NULL, 0, 1024, "tcp", "", NULL},
    {"high, beside a list", 80, 80, 0, NULL, 0, 8080, "tcp", "", "host-port-not-allowed"},
    {"not on the host", 80, 80, 0, NULL, 0, 0, "tcp", "", NULL},
    {"low and listed", 80, 80, 0, NULL, 0, 80, "tcp", "", NULL},
    {"high and listed", 8000, 8099, 0, NULL, 0, 8099, "udp", "", NULL},
    {"at the start of a range", 8000, 8099, 0, NULL, 0, 8000, "udp", "", NULL},
    {"below a range", 8000, 8099, 0, NULL, 0, 7999, "tcp", "", "host-port-not-allowed"},
    {"above a range", 8000, 8099, 0, NULL, 0, 8100, "tcp", "", "host-port-not-allowed"},
    {"the listed protocol", 53, 53, BOLT_PROTO_UDP, NULL, 0, 53, "udp", "", NULL},
    {"another protocol", 53, 53, BOLT_PROTO_UDP, NULL, 0, 53, "tcp", "", "host-port-privileged"},
    {"sctp", 53, 53, BOLT_PROTO_SCTP, NULL, 0, 53, "sctp", "", NULL},
    {"in the network", 80, 80, 0, "192.0.2.0", 24, 80, "tcp", "192.0.2.255", NULL},
    {"beside the network", 80, 80, 0, "192.0.2.0", 24, 80, "tcp", "192.0.3.0",
     "host-port-privileged"},
    {"in an odd network", 80, 80, 0, "192.0.2.64", 27, 80, "tcp", "192.0.2.95", NULL},
    {"beside an odd network", 80, 80, 0, "192.0.2.64", 27, 80, "tcp", "192.0.2.96",
     "host-port-privileged"},
    {"the address", 80, 80, 0, "192.0.2.1", 32, 80, "tcp", "192.0.2.1", NULL},
    {"all addresses", 80, 80, 0, "192.0.2.0", 24, 80, "tcp", "", "host-port-privileged"},
    {"all addresses, spelled out", 80, 80, 0, "192.0.2.0", 24, 80, "tcp", "0.0.0.0",
     "host-port-privileged"},
    {"all addresses of the family", 80, 80, 0, "0.0.0.0", 0, 80, "tcp", "0.0.0.0", NULL},
    {"all addresses, in a network that begins like them", 80, 80, 0, "0.0.0.0", 8, 80, "tcp",
     "0.0.0.0", "host-port-privileged"},
    {"all IPv6 addresses", 80, 80, 0, "::", 64, 80, "tcp", "::", "host-port-privileged"},
    {"no address at all", 80, 80, 0, "192.0.2.0", 24, 80, "tcp", "localhost",
     "host-port-privileged"},
    {"too long for an address", 80, 80, 0, "192.0.2.0", 24, 80, "tcp",
     "192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1", "host-port-privileged"},
    {"of the other family", 80, 80, 0, "192.0.2.0", 24, 80, "tcp", "2001:db8::1",
     "host-port-privileged"},
    {"in an IPv6 network", 80, 80, 0, "2001:db8::", 33, 80, "tcp", "2001:db8:7fff::1", NULL},
    {"beside an IPv6 network", 80, 80, 0, "2001:db8::", 33, 80, "tcp", "2001:db8:8000::1",
     "host-port-privileged"},
    {"IPv4 in an IPv6 list", 80, 80, 0, "::", 0, 80, "tcp", "192.0.2.1", "host-port-privileged"},
};

static void a_host_port_is_low_only_where_the_list_allows_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(ports); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(arena, CONFIG("", ""));
        struct bolt_port_rule rule = {.first = ports[i].first,
                                      .last = ports[i].last,
                                      .protocol = ports[i].protocol,
                                      .has_address = ports[i].network != NULL,
                                      .prefix = ports[i].prefix};
        const struct bolt_port port = {.address = bolt_bytes_of(ports[i].address),
                                       .host = ports[i].host,
                                       .protocol = bolt_bytes_of(ports[i].port_protocol)};
        const struct bolt_decision *d;

        print_message("  %s\n", ports[i].label);
        if (rule.has_address) {
            rule.is_ipv6 = strchr(ports[i].network, ':') != NULL;
            assert_int_equal(
                inet_pton(rule.is_ipv6 ? AF_INET6 : AF_INET, ports[i].network, rule.address), 1);
        }
        s->policy.host_ports = (struct bolt_host_ports){
            1024, {&rule, rule.last == 0 ? 0 : 1}, BOLT_ACTION_REFUSE, BOLT_ACTION_IGNORE};
        s->facts.ports = &port;
        s->facts.port_count = 1;
        s->facts.known |= BOLT_KNOWN_PORTS;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->finding_count, ports[i].rule == NULL ? 0 : 1);
        if (ports[i].rule != NULL) {
            assert_string_equal(d->findings[0].rule->id, ports[i].rule);
        }
    }
}

#define OWN_NETWORK "\"namespaces\":[{\"type\":\"network\"}]"

static void a_port_that_is_told_is_judged_even_if_it_may_not_be_all(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, "{\"ociVersion\":\"1\",\"linux\":{}}");
    const struct bolt_decision *d;

    (void)state;
    with_port_80(s);
    s->facts.known &= ~(unsigned)BOLT_KNOWN_PORTS;
    s->facts.ports_why = "a pod may have said so";
    s->policy.host_ports.action = BOLT_ACTION_REFUSE;
    s->policy.host_ports.unknown = BOLT_ACTION_REPORT;
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->verdict, BOLT_REFUSE);
    assert_int_equal(count_of(d, "host-port-privileged"), 1);
    assert_true(is_unchecked(d, "host-port-privileged"));
}

static void a_container_port_is_low_below_the_policys_number(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", OWN_NETWORK));
    static const struct bolt_port all[] = {
        {.container = 0, .protocol = {"tcp", 3}},
        {.container = 79, .protocol = {"udp", 3}},
        {.container = 80, .protocol = {"tcp", 3}},
    };
    const struct bolt_decision *d;

    (void)state;
    s->policy.container_ports = BOLT_ACTION_REPORT;
    s->policy.container_privileged_below = 80;
    s->facts.ports = all;
    s->facts.port_count = BOLT_LEN(all);
    s->facts.known |= BOLT_KNOWN_PORTS;
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->finding_count, 1);
    assert_bytes_equal(
        d->findings[0].text,
        "container port 79/udp is below 80: only a process with "
        "CAP_NET_BIND_SERVICE may open it; net.ipv4.ip_unprivileged_port_start, or a "
        "port from 1024 up that is mapped to it, needs none");
}

static void advice_about_a_container_port_fits_what_the_sysctl_gives(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const struct bolt_port port = {.container = 80, .more = 2000, .protocol = {"tcp", 3}};
    static const char *const advice[] = {
        "every process in it may open it, by net.ipv4.ip_unprivileged_port_start",
        "every process in it may open it, by net.ipv4.ip_unprivileged_port_start",
        "only a process with CAP_NET_BIND_SERVICE may open it; "
        "net.ipv4.ip_unprivileged_port_start, or a port from 1024 up that is mapped to it, needs "
        "none",
        "a port from 1024 up, mapped to it, needs no privilege"};
    struct scene *s =
        scene_of(arena, CONFIG("", "\"sysctl\":{\"net.ipv4.ip_unprivileged_port_start\":\"0\"}"));
    struct scene *by_policy = scene_of(arena, CONFIG("", OWN_NETWORK));
    struct scene *reported = scene_of(arena, CONFIG("", OWN_NETWORK));
    struct scene *joined = scene_of(arena, CONFIG("", ""));
    struct scene *all[] = {s, by_policy, reported, joined};

    (void)state;
    by_policy->policy.port_start = (struct bolt_port_start){0, 1024, true, 80, BOLT_ACTION_REFUSE};
    reported->policy.port_start = (struct bolt_port_start){0, 1024, true, 80, BOLT_ACTION_REPORT};
    joined->facts.netns = BOLT_NETNS_JOINED;
    for (size_t i = 0; i < BOLT_LEN(all); i++) {
        const struct bolt_decision *d;
        size_t n = 0;

        all[i]->facts.ports = &port;
        all[i]->facts.port_count = 1;
        all[i]->facts.known |= BOLT_KNOWN_PORTS;
        all[i]->policy.container_ports = BOLT_ACTION_REPORT;
        all[i]->policy.container_privileged_below = 1024;
        d = bolt_decide(arena, &all[i]->c);
        while (n < d->finding_count && !bolt_bytes_is(d->findings[n].subject, "80-1023/tcp")) {
            n++;
        }
        assert_int_not_equal(n, d->finding_count);
        assert_bytes_equal(
            d->findings[n].text,
            bolt_printf(arena, "container port 80-1023/tcp is below 1024: %s", advice[i]).at);
    }
}

/* Whoever makes what tells the ports too large to be read gets what a port below 1024 gets. */
static void hidden_ports_are_against_the_policy(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const enum bolt_action unknown[] = {BOLT_ACTION_REPORT, BOLT_ACTION_IGNORE};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(unknown); i++) {
        struct scene *s = scene_of(arena, CONFIG("", ""));
        const struct bolt_decision *d;

        s->policy.host_ports.unknown = unknown[i];
        s->policy.host_ports.action = BOLT_ACTION_REFUSE;
        assert_int_equal(bolt_decide(arena, &s->c)->finding_count, 0);
        s->facts.ports_hidden = true;
        d = bolt_decide(arena, &s->c);
        assert_int_equal(d->finding_count, 1);
        assert_string_equal(d->findings[0].rule->id, "host-port-privileged");
        assert_int_equal(d->findings[0].action, BOLT_ACTION_REFUSE);
    }
}

/* Of a range, each run of numbers that is against the policy is one finding. */
static void a_range_of_ports_is_judged_port_by_port(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, CONFIG("", ""));
    static const struct bolt_port_rule allow[] = {
        {.first = 80, .last = 81}, {.first = 443, .last = 443}, {.first = 1024, .last = 1030}};
    static const struct bolt_port port = {
        .host = 79, .container = 2000, .more = 955, .protocol = {"tcp", 3}};
    static const char *const want[] = {"1031-1034/tcp", "79/tcp", "82-442/tcp", "444-1023/tcp"};
    const struct bolt_decision *d;

    (void)state;
    s->policy.host_ports = (struct bolt_host_ports){
        1024, {allow, BOLT_LEN(allow)}, BOLT_ACTION_REFUSE, BOLT_ACTION_IGNORE};
    s->facts.ports = &port;
    s->facts.port_count = 1;
    s->facts.known |= BOLT_KNOWN_PORTS;
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->finding_count, BOLT_LEN(want));
    for (size_t i = 0; i < BOLT_LEN(want); i++) {
        assert_bytes_equal(d->findings[i].subject, want[i]);
    }
}

/* --- annotations ------------------------------------------------------------------------ */

static void an_annotation_is_denied_by_any_glob(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const struct bolt_bytes globs[] = {{"run.oci.*", 9}, {"?.b", 3}};
    struct scene *s =
        scene_of(arena, "{\"ociVersion\":\"1\",\"linux\":{},\"annotations\":{\"run.oci.\":\"\","
                        "\"run.oc\\u0069.seccomp_bpf_data\":\"\",\"run.ocx.y\":\"\",\"a.b\":\"\","
                        "\"a.bc\":\"\",\"Run.oci.x\":\"\",\"run.oci.\\u001b[2J\":\"\"}}");
    const struct bolt_decision *d;

    (void)state;
    s->policy.annotations_action = BOLT_ACTION_REFUSE;
    s->policy.annotations_deny = globs;
    s->policy.annotations_deny_count = BOLT_LEN(globs);
    d = bolt_decide(arena, &s->c);
    assert_int_equal(d->finding_count, 4);
    assert_bytes_equal(d->findings[0].subject, "run.oci.");
    assert_bytes_equal(d->findings[1].subject, "run.oci.seccomp_bpf_data");
    assert_bytes_equal(d->findings[2].subject, "a.b");
    assert_bytes_equal(d->findings[3].text,
                       "annotation run.oci.?[2J changes what the runtime does");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_sorted_unique_and_complete),
        cmocka_unit_test(every_rule_has_a_scene),
        cmocka_unit_test(a_finding_does_what_its_action_place_and_mode_say),
        cmocka_unit_test(zeroed_memory_refuses),
        cmocka_unit_test(a_rule_that_lacks_its_facts_is_unchecked_and_not_passed),
        cmocka_unit_test(what_is_unknown_is_quiet_only_about_ports_and_if_ignored),
        cmocka_unit_test(one_refusal_outweighs_every_rewrite),
        cmocka_unit_test(every_capability_is_told_once_and_taken_out_everywhere),
        cmocka_unit_test(net_raw_is_told_by_the_rule_that_stops_it),
        cmocka_unit_test(net_raw_stays_where_a_family_is_spared),
        cmocka_unit_test(a_filter_that_cannot_be_merged_refuses_a_rewrite),
        cmocka_unit_test(only_what_may_be_changed_is_merged_to_be_logged),
        cmocka_unit_test(what_is_reported_is_logged_where_that_can_be_merged),
        cmocka_unit_test(a_merge_that_is_not_exact_is_told),
        cmocka_unit_test(edits_inside_a_profile_are_made_where_they_are_asked),
        cmocka_unit_test(ping_stays_for_every_group_that_the_kernel_takes),
        cmocka_unit_test(ping_keeps_to_the_callers_groups_where_those_are_limited),
        cmocka_unit_test(ping_is_left_alone_where_it_is_not_the_containers),
        cmocka_unit_test(ping_is_not_given_to_who_had_no_capability),
        cmocka_unit_test(the_start_of_unprivileged_ports_is_within_the_range),
        cmocka_unit_test(what_is_to_be_set_follows_the_action),
        cmocka_unit_test(net_bind_service_is_useless_where_it_changes_nothing),
        cmocka_unit_test(privileged_is_every_capability_without_filter_or_masks_or_what_says_so),
        cmocka_unit_test(a_network_that_cannot_be_told_is_suspicious_only_on_the_spot),
        cmocka_unit_test(a_host_port_is_low_only_where_the_list_allows_it),
        cmocka_unit_test(a_port_that_is_told_is_judged_even_if_it_may_not_be_all),
        cmocka_unit_test(a_container_port_is_low_below_the_policys_number),
        cmocka_unit_test(advice_about_a_container_port_fits_what_the_sysctl_gives),
        cmocka_unit_test(hidden_ports_are_against_the_policy),
        cmocka_unit_test(a_range_of_ports_is_judged_port_by_port),
        cmocka_unit_test(an_annotation_is_denied_by_any_glob),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
