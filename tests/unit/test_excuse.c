/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "base/family.h"
#include "decide/excuse.h"
#include "decide/merge.h"
#include "decide/rule.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" ID
#define OTHER "sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define START "net.ipv4.ip_unprivileged_port_start"

#define NOON 1806494400  /* date -ud '2027-03-31 12:00' +%s */
#define LATER 1806537600 /* date -ud 2027-04-01 +%s */

#define EXCEPTION(match, grant, more)                                                              \
    "{\"id\": \"e1\", \"match\": {" match "}, \"grant\": {" grant "}, \"reason\": \"r\", "         \
    "\"owner\": \"o\", \"expires\": \"2027-03-31\"" more "}"

/* A container that its engine knows well, and what it is to be judged by. */
struct scene {
    struct bolt_policy policy;
    struct bolt_facts facts;
    struct bolt_port port;
    struct bolt_case c;
};

#define PACKETS                                                                                    \
    "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\"]}"

static struct scene *scene_of(struct bolt_arena *arena, const char *exceptions, const char *linux_)
{
    struct scene *s = bolt_new(arena, struct scene);
    const char *policy =
        bolt_printf(arena, "{\"version\": 1, \"exceptions\": [%s]}", exceptions).at;
    const char *config =
        bolt_printf(arena,
                    "{\"ociVersion\":\"1\",\"process\":{\"capabilities\":{\"bounding\":["
                    "\"CAP_NET_RAW\",\"CAP_NET_ADMIN\"]}},\"linux\":{%s}}",
                    linux_)
            .at;
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, bolt_bytes_of(policy), &s->policy, &err) != 0 ||
        bolt_facts_from_config(arena, doc_of(arena, config), &s->facts, &err) != 0) {
        fail_msg("%s", err.text);
    }
    s->port = (struct bolt_port){.host = 80, .protocol = BOLT_LIT("tcp"), .source = "test"};
    s->facts.ports = &s->port;
    s->facts.port_count = 1;
    s->facts.known |= BOLT_KNOWN_PORTS;
    s->facts.engine =
        (struct bolt_named){.value = BOLT_LIT("docker"), .source = "the calling process"};
    s->facts.who = (struct bolt_identity){
        .id = {.value = BOLT_LIT(ID), .source = "oci state"},
        .name = {.value = BOLT_LIT("web"), .source = "docker config.v2.json", .forgeable = true},
        .namespace = {.value = BOLT_LIT("ingress"), .source = "containerd"},
        .image = {.value = BOLT_LIT("registry/nginx:1.27"),
                  .source = "docker config.v2.json",
                  .forgeable = true},
        .digests = {{.value = BOLT_LIT(DIGEST), .source = "docker config.v2.json"},
                    {.value = BOLT_LIT(OTHER), .source = "containerd CRI", .forgeable = true}},
        .digest_count = 2,
    };
    s->c = (struct bolt_case){.policy = &s->policy,
                              .facts = &s->facts,
                              .now = NOON,
                              .point = {.name = "precreate", .can_rewrite = true}};
    return s;
}

static const struct bolt_decision *decide(struct bolt_arena *arena, struct scene *s)
{
    struct bolt_err err = {0};

    bolt_case_excuse(arena, &s->c);
    if (bolt_case_merge(arena, &s->c, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return bolt_decide(arena, &s->c);
}

static const struct bolt_finding *finding(const struct bolt_decision *d, const char *rule,
                                          const char *subject)
{
    for (size_t i = 0; i < d->finding_count; i++) {
        const struct bolt_finding *f = &d->findings[i];

        if (strcmp(f->rule->id, rule) == 0 && bolt_bytes_is(f->subject, subject)) {
            return f;
        }
    }
    return NULL;
}

/* --- which containers ------------------------------------------------------------------- */

#define PORT80 "\"hostPorts\": [\"80/tcp\"]"

static const struct {
    const char *match;
    const char *more;
    int64_t now;
    const char *outcome; /* what is said behind the finding; NULL: nothing about an exception */
} matches[] = {
    {"\"namespace\": \"ingress\"", "", NOON, "e1"},
    {"\"namespace\": \"in*s\"", "", NOON, "e1"},
    {"\"namespace\": \"ingres\"", "", NOON, NULL},
    {"\"namespace\": \"Ingress\"", "", NOON, NULL},
    {"\"id\": \"0123*\"", "", NOON, "e1"},
    {"\"engine\": \"docker\"", "", NOON, "e1"},
    {"\"engine\": \"podman\"", "", NOON, NULL},
    {"\"namespace\": \"ingress\", \"id\": \"1*\"", "", NOON, NULL},
    /* times */
    {"\"namespace\": \"ingress\"", "", LATER - 1, "e1"},
    {"\"namespace\": \"ingress\"", "", LATER, "expired after 2027-03-31"},
    {"\"namespace\": \"ingress\"", ", \"starts\": \"2027-03-31\"", NOON, "e1"},
    {"\"namespace\": \"ingress\"", ", \"starts\": \"2027-03-31\"", NOON - 43201,
     "starts on 2027-03-31"},
    /* what could be forged */
    {"\"name\": \"web\"", "", NOON,
     "goes by the name, which whoever starts a container can choose"},
    {"\"name\": \"web\"", ", \"trust\": [\"name\"]", NOON, "e1"},
    {"\"name\": \"web\"", ", \"trust\": [\"image\", \"annotations\"]", NOON, "goes by the name"},
    {"\"name\": \"web\", \"namespace\": \"ingress\"", "", NOON, "goes by the name,"},
    {"\"name\": \"web\", \"image\": \"*nginx*\"", "", NOON, "goes by the name and image,"},
    {"\"name\": \"web\", \"image\": \"*nginx*\"", ", \"trust\": [\"image\"]", NOON,
     "goes by the name,"},
    {"\"image\": \"registry/nginx:*\"", ", \"trust\": [\"image\"]", NOON, "e1"},
    {"\"name\": \"db\"", ", \"trust\": [\"name\"]", NOON, NULL},
    /* digests */
    {"\"image\": \"@" DIGEST "\"", "", NOON, "e1"},
    {"\"image\": \"registry/nginx:1.27@" DIGEST "\"", "", NOON, "e1"},
    {"\"image\": \"registry/nginx@" DIGEST "\"", "", NOON, NULL},
    {"\"image\": \"@" OTHER "\"", "", NOON, NULL},
    {"\"image\": \"@" OTHER "\"", ", \"trust\": [\"image\", \"annotations\"]", NOON, NULL},
};

static void an_exception_holds_for_whom_it_is_about_while_it_lasts(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(matches); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text =
            bolt_printf(arena,
                        "{\"id\": \"e1\", \"match\": {%s}, \"grant\": {" PORT80 "}, \"reason\": "
                        "\"r\", \"owner\": \"o\", \"expires\": \"2027-03-31\"%s}",
                        matches[i].match, matches[i].more)
                .at;
        struct scene *s = scene_of(arena, text, PACKETS);
        const struct bolt_finding *f;
        bool holds = matches[i].outcome != NULL && strcmp(matches[i].outcome, "e1") == 0;

        print_message("  %s%s\n", matches[i].match, matches[i].more);
        s->c.now = matches[i].now;
        f = finding(decide(arena, s), "host-port-privileged", "80/tcp");
        assert_non_null(f);
        assert_int_equal(f->action, holds ? BOLT_ACTION_REPORT : BOLT_ACTION_REFUSE);
        assert_true((f->exception != NULL) == holds);
        if (matches[i].outcome == NULL) {
            assert_null(strstr(bolt_bytes_cstr(arena, f->text), "exception"));
        } else {
            assert_non_null(strstr(bolt_bytes_cstr(arena, f->text), matches[i].outcome));
        }
    }
}

/* An image that was asked for by its digest has the same name. */
static void a_name_is_compared_without_the_digest_behind_it(void **state)
{
    static const char *const patterns[] = {"registry/nginx:1.27", "*:1.27",
                                           "registry/nginx:1.27@" DIGEST};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(patterns); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text =
            bolt_printf(arena,
                        "{\"id\": \"e1\", \"match\": {\"image\": \"%s\"}, \"grant\": {" PORT80
                        "}, \"reason\": \"r\", \"owner\": \"o\", \"expires\": \"2027-03-31\", "
                        "\"trust\": [\"image\"]}",
                        patterns[i])
                .at;
        struct scene *s = scene_of(arena, text, PACKETS);

        s->facts.who.image.value = BOLT_LIT("registry/nginx:1.27@" DIGEST);
        assert_non_null(finding(decide(arena, s), "host-port-privileged", "80/tcp")->exception);
    }
}

static void what_is_not_known_matches_nothing(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(arena, EXCEPTION("\"namespace\": \"*\"", PORT80, ""), PACKETS);

    (void)state;
    s->facts.who.namespace.value.len = 0;
    assert_null(finding(decide(arena, s), "host-port-privileged", "80/tcp")->exception);
    s = scene_of(arena, EXCEPTION("\"engine\": \"*\"", PORT80, ", \"trust\": [\"engine\"]"),
                 PACKETS);
    s->facts.engine.value.len = 0;
    assert_null(finding(decide(arena, s), "host-port-privileged", "80/tcp")->exception);
}

static void an_annotation_is_trusted_where_the_exception_says_so(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, EXCEPTION("\"namespace\": \"*\"", PORT80, ", \"trust\": [\"annotations\"]"),
                 PACKETS);

    (void)state;
    s->facts.who.namespace =
        (struct bolt_named){.value = BOLT_LIT("n"), .source = "containerd CRI", .forgeable = true};
    assert_null(finding(decide(arena, s), "host-port-privileged", "80/tcp")->exception);
    s->facts.who.namespace.from_annotation = true;
    assert_non_null(finding(decide(arena, s), "host-port-privileged", "80/tcp")->exception);
}

static void one_that_holds_is_preferred_to_one_that_does_not(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena,
                 EXCEPTION("\"name\": \"web\"", PORT80,
                           "") ", "
                               "{\"id\": \"e2\", \"match\": {\"id\": \"*\"}, \"grant\": {" PORT80
                               "}, \"reason\": \"r\", \"owner\": \"o\", \"expires\": "
                               "\"2027-03-31\"}",
                 PACKETS);

    (void)state;
    assert_bytes_equal(finding(decide(arena, s), "host-port-privileged", "80/tcp")->exception->id,
                       "e2");
}

/* --- what it lets through --------------------------------------------------------------- */

static const struct {
    const char *grant;
    const char *linux_;
    const char *rule;
    const char *subject;
    bool excused;
} grants[] = {
    {"\"hostPorts\": [\"80\"]", PACKETS, "host-port-privileged", "80/tcp", true},
    {"\"hostPorts\": [\"80/udp\"]", PACKETS, "host-port-privileged", "80/tcp", false},
    {"\"hostPorts\": [{\"ports\": \"80\", \"address\": \"192.0.2.1\"}]", PACKETS,
     "host-port-privileged", "80/tcp", false},
    {"\"capabilities\": [\"NET_ADMIN\"]", PACKETS, "capability-not-allowed", "CAP_NET_ADMIN", true},
    {"\"capabilities\": [\"SYS_ADMIN\"]", PACKETS, "capability-not-allowed", "CAP_NET_ADMIN",
     false},
    {"\"hostNetwork\": true", PACKETS, "host-network", "host network", true},
    {"\"hostNetwork\": false", PACKETS, "host-network", "host network", false},
    {"\"sysctls\": {\"" START "\": {\"min\": 2000, \"max\": 2000}}",
     PACKETS ",\"namespaces\":[{\"type\":\"network\"}],\"sysctl\":{\"" START "\":\"2000\"}",
     "port-start-range", START, true},
    {"\"sysctls\": {\"" START "\": {\"min\": 2000, \"max\": 2000}}",
     PACKETS ",\"namespaces\":[{\"type\":\"network\"}],\"sysctl\":{\"" START "\":\"2001\"}",
     "port-start-range", START, false},
    {"\"rawSockets\": true", PACKETS, "capability-not-allowed", "CAP_NET_RAW", true},
    {"\"rawSockets\": true", PACKETS, "raw-sockets", "raw sockets", true},
    {"\"rawSockets\": [\"AF_PACKET\"]", PACKETS, "raw-sockets", "raw sockets", true},
    {"\"rawSockets\": [\"AF_PACKET\"]", PACKETS, "raw-sockets", "seccomp", false},
    {"\"capabilities\": [\"NET_RAW\"]", PACKETS, "raw-sockets", "CAP_NET_RAW", false},
};

static void a_grant_covers_what_it_says_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(grants); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text = bolt_printf(arena,
                                       "{\"id\": \"e1\", \"match\": {\"id\": \"*\"}, \"grant\": "
                                       "{%s}, \"reason\": \"r\", \"owner\": \"o\", \"expires\": "
                                       "\"2027-03-31\"}",
                                       grants[i].grant)
                               .at;
        struct scene *s = scene_of(arena, text, grants[i].linux_);
        const struct bolt_finding *f;

        print_message("  %s: %s\n", grants[i].grant, grants[i].subject);
        f = finding(decide(arena, s), grants[i].rule, grants[i].subject);
        assert_non_null(f);
        assert_true((f->exception != NULL) == grants[i].excused);
        assert_true((f->action == BOLT_ACTION_REPORT) == grants[i].excused);
    }
}

/* Where whoever can swap what is at the path decides whose network it is. */
static void the_hosts_network_is_not_any_network(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, EXCEPTION("\"id\": \"*\"", "\"hostNetwork\": true", ""),
                 PACKETS ",\"namespaces\":[{\"type\":\"network\",\"path\":\"/tmp/n\"}]");

    (void)state;
    s->c.point.can_look = true;
    assert_int_equal(finding(decide(arena, s), "host-network", "host network")->action,
                     BOLT_ACTION_REFUSE);
    s->facts.netns = BOLT_NETNS_HOST;
    assert_int_equal(finding(decide(arena, s), "host-network", "host network")->action,
                     BOLT_ACTION_REPORT);
}

static void a_family_that_is_let_through_stays_open_and_others_are_shut(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, EXCEPTION("\"id\": \"*\"", "\"rawSockets\": [\"AF_PACKET\"]", ""), PACKETS);
    const struct bolt_decision *d = decide(arena, s);

    (void)state;
    assert_true(s->c.policy->raw_sockets.allow == UINT64_C(1) << BOLT_AF_PACKET);
    assert_true(s->policy.raw_sockets.allow == 0); /* the policy itself is as it was */
    assert_non_null(d->seccomp);
    assert_int_equal(d->seccomp->fit, BOLT_SECCOMP_EXACT);
    assert_null(finding(d, "raw-sockets", "CAP_NET_RAW"));
    assert_non_null(finding(d, "capability-not-allowed", "CAP_NET_RAW")->exception);
}

static void all_raw_sockets_leave_the_filter_alone(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, EXCEPTION("\"id\": \"*\"", "\"rawSockets\": true", ""), PACKETS);
    const struct bolt_decision *d = decide(arena, s);

    (void)state;
    assert_null(d->seccomp);
    for (size_t i = 0; i < d->edit_count; i++) {
        assert_int_equal(d->edits[i].op, BOLT_EDIT_REMOVE);
    }
    assert_int_equal(d->edit_count, 1); /* NET_ADMIN goes, NET_RAW stays */
}

static void a_family_that_is_not_denied_anyway_is_not_let_through(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s = scene_of(
        arena, EXCEPTION("\"id\": \"*\"", "\"rawSockets\": [\"AF_PACKET\", \"AF_AX25\"]", ""),
        PACKETS);

    (void)state;
    assert_bytes_equal(finding(decide(arena, s), "raw-sockets", "raw sockets")->text,
                       "raw sockets of AF_PACKET are not allowed; exception 'e1' allows it");
    s = scene_of(arena, EXCEPTION("\"id\": \"*\"", "\"rawSockets\": [\"AF_AX25\"]", ""), PACKETS);
    assert_null(finding(decide(arena, s), "raw-sockets", "raw sockets"));
}

static void what_the_policy_lets_through_anyway_is_no_use_of_an_exception(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *text =
        EXCEPTION("\"id\": \"*\"", "\"rawSockets\": [\"AF_PACKET\", \"AF_INET\"]", "");
    struct scene *s = scene_of(arena, text, PACKETS);

    (void)state;
    s->policy.raw_sockets.allow = UINT64_C(1) << BOLT_AF_PACKET;
    assert_bytes_equal(finding(decide(arena, s), "raw-sockets", "raw sockets")->text,
                       "raw sockets of AF_INET are not allowed; exception 'e1' allows it");
    s = scene_of(arena, text, PACKETS);
    s->policy.raw_sockets.action = BOLT_ACTION_IGNORE;
    assert_null(finding(decide(arena, s), "raw-sockets", "raw sockets"));
}

static const struct {
    const char *grant;
    bool excused;
} exec_grants[] = {
    {"\"rawSockets\": true", true},
    {"\"rawSockets\": [\"AF_PACKET\"]", true},
    {"\"rawSockets\": [\"AF_AX25\"]", false}, /* which is not denied */
    {"\"capabilities\": [\"NET_RAW\"]", false},
};

/* As in a container's configuration. */
static void an_exec_has_net_raw_only_where_raw_sockets_are_let_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(exec_grants); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text = bolt_printf(arena,
                                       "{\"id\": \"e1\", \"match\": {\"id\": \"*\"}, \"grant\": "
                                       "{%s}, \"reason\": \"r\", \"owner\": \"o\", \"expires\": "
                                       "\"2027-03-31\"}",
                                       exec_grants[i].grant)
                               .at;
        struct scene *s = scene_of(arena, text, PACKETS);
        const struct bolt_finding *f;

        print_message("  %s\n", exec_grants[i].grant);
        s->facts.known = BOLT_KNOWN_PROCESS;
        f = finding(decide(arena, s), "exec-capability", "CAP_NET_RAW");
        assert_non_null(f);
        assert_int_equal(f->action,
                         exec_grants[i].excused ? BOLT_ACTION_REPORT : BOLT_ACTION_REWRITE);
    }
}

/* The annotation would throw away all that the filter denies besides. */
static void all_raw_sockets_do_not_let_the_filter_be_replaced(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, EXCEPTION("\"id\": \"*\"", "\"rawSockets\": true", ""), PACKETS);
    const struct bolt_finding *f;

    (void)state;
    s->policy.annotations_action = BOLT_ACTION_REPORT;
    s->facts.annotations =
        &(const struct bolt_annotation){.name = BOLT_LIT("run.oci.seccomp_bpf_data")};
    s->facts.annotation_count = 1;
    f = finding(decide(arena, s), "raw-sockets", "run.oci.seccomp_bpf_data");
    assert_non_null(f);
    assert_int_equal(f->action, BOLT_ACTION_REWRITE);
}

static const struct {
    const char *range;
    int64_t now;
    enum bolt_action action;
    const char *advice; /* about container port 80 */
} left_alone[] = {
    {"\"min\": 1024, \"max\": 1024", NOON, BOLT_ACTION_REPORT, "only a process with CAP_NET"},
    {"\"min\": 0, \"max\": 1023", NOON, BOLT_ACTION_REWRITE, "every process in it may open it"},
    {"\"min\": 1024, \"max\": 1024", LATER, BOLT_ACTION_REWRITE, "every process in it may open it"},
};

/* The policy sets 80; a new network has 1024. */
static void the_value_that_an_exception_grants_is_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(left_alone); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text = bolt_printf(arena,
                                       "{\"id\": \"e1\", \"match\": {\"id\": \"*\"}, \"grant\": "
                                       "{\"sysctls\": {\"" START "\": {%s}}}, \"reason\": \"r\", "
                                       "\"owner\": \"o\", \"expires\": \"2027-03-31\"}",
                                       left_alone[i].range)
                               .at;
        struct scene *s = scene_of(arena, text, PACKETS ",\"namespaces\":[{\"type\":\"network\"}]");
        const struct bolt_decision *d;

        s->policy.port_start.has_set = true;
        s->policy.port_start.set = 80;
        s->port.container = 80;
        s->c.now = left_alone[i].now;
        d = decide(arena, s);
        assert_int_equal(finding(d, "port-start-range", START)->action, left_alone[i].action);
        assert_non_null(
            strstr(bolt_bytes_cstr(arena, finding(d, "container-port-privileged", "80/tcp")->text),
                   left_alone[i].advice));
    }
}

static void an_exception_that_does_not_hold_lets_no_raw_socket_through(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct scene *s =
        scene_of(arena, EXCEPTION("\"id\": \"*\"", "\"rawSockets\": true", ""), PACKETS);
    const struct bolt_finding *f;

    (void)state;
    s->c.now = LATER;
    f = finding(decide(arena, s), "raw-sockets", "CAP_NET_RAW");
    assert_non_null(f);
    assert_int_equal(f->action, BOLT_ACTION_REWRITE);
    assert_bytes_equal(f->text,
                       "the container has CAP_NET_RAW (bounding), which opens raw and packet "
                       "sockets; exception 'e1' is about that, but expired after "
                       "2027-03-31");
}

#define HELD_AND_LAPSED(held, lapsed)                                                              \
    "{\"id\": \"held\", \"match\": {\"id\": \"*\"}, \"grant\": {\"rawSockets\": " held             \
    "}, \"reason\": \"r\", \"owner\": \"o\", \"expires\": \"2027-04-30\"}, "                       \
    "{\"id\": \"lapsed\", \"match\": {\"id\": \"*\"}, \"grant\": {\"rawSockets\": " lapsed         \
    "}, \"reason\": \"r\", \"owner\": \"o\", \"expires\": \"2027-03-31\"}"

static const struct {
    const char *exceptions;
    bool named; /* the one that expired */
} lapsed[] = {
    {HELD_AND_LAPSED("[\"AF_PACKET\"]", "true"), true},
    {HELD_AND_LAPSED("[\"AF_PACKET\"]", "[\"AF_PACKET\", \"AF_INET\"]"), true},
    {HELD_AND_LAPSED("[\"AF_PACKET\"]", "[\"AF_PACKET\"]"), false}, /* it would change nothing */
    {HELD_AND_LAPSED("[\"AF_PACKET\"]", "[\"AF_AX25\"]"), false},   /* which is not denied */
    {HELD_AND_LAPSED("[\"AF_PACKET\"]", "false"), false},
};

static void one_that_expired_is_named_beside_one_that_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(lapsed); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct scene *s = scene_of(arena, lapsed[i].exceptions, PACKETS);
        const struct bolt_finding *f;

        s->c.now = LATER;
        f = finding(decide(arena, s), "raw-sockets", "seccomp");
        assert_non_null(f);
        assert_int_equal(strstr(bolt_bytes_cstr(arena, f->text),
                                "exception 'lapsed' is about that, but expired") != NULL,
                         lapsed[i].named);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exception_holds_for_whom_it_is_about_while_it_lasts),
        cmocka_unit_test(a_name_is_compared_without_the_digest_behind_it),
        cmocka_unit_test(what_is_not_known_matches_nothing),
        cmocka_unit_test(an_annotation_is_trusted_where_the_exception_says_so),
        cmocka_unit_test(one_that_holds_is_preferred_to_one_that_does_not),
        cmocka_unit_test(a_grant_covers_what_it_says_and_no_more),
        cmocka_unit_test(the_hosts_network_is_not_any_network),
        cmocka_unit_test(a_family_that_is_let_through_stays_open_and_others_are_shut),
        cmocka_unit_test(all_raw_sockets_leave_the_filter_alone),
        cmocka_unit_test(a_family_that_is_not_denied_anyway_is_not_let_through),
        cmocka_unit_test(what_the_policy_lets_through_anyway_is_no_use_of_an_exception),
        cmocka_unit_test(an_exec_has_net_raw_only_where_raw_sockets_are_let_through),
        cmocka_unit_test(all_raw_sockets_do_not_let_the_filter_be_replaced),
        cmocka_unit_test(the_value_that_an_exception_grants_is_left_alone),
        cmocka_unit_test(an_exception_that_does_not_hold_lets_no_raw_socket_through),
        cmocka_unit_test(one_that_expired_is_named_beside_one_that_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
