/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include <errno.h>
#include <time.h>

#include "base/buf.h"
#include "base/family.h"
#include "facts/caps.h"
#include "policy/policy.h"

#define CAP(number) ((bolt_caps)1 << (number))
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define EXCEPTION(id, expires)                                                                     \
    "{\"id\": \"" id "\", \"match\": {\"id\": \"*\"}, \"grant\": {\"rawSockets\": true}, "         \
    "\"reason\": \"r\", \"owner\": \"o\", \"expires\": \"" expires "\"}"
#define START "net.ipv4.ip_unprivileged_port_start"

static struct bolt_policy policy_of(struct bolt_arena *arena, const char *text)
{
    struct bolt_policy policy = {0};
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, bolt_bytes_of(text), &policy, &err) != 0) {
        fail_msg("%s\n%s", text, err.text);
    }
    return policy;
}

/* A policy of version 1 with these members. */
static const char *with(struct bolt_arena *arena, const char *members)
{
    return bolt_printf(arena, "{\"version\": 1, %s}", members).at;
}

/* --- errors ----------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *error;
} errors[] = {
    {"", "empty, not a JSON document"},
    {"[]", "1:1: must be an object, not an array"},
    {"{}", "1:1: the member \"version\" is missing"},
    {"{\"version\": 1", "1:14: parse error: premature EOF"},
    {"{\"version\": 1} /* no end", "a comment behind the policy does not end"},
    {"{\"version\": 1} // a /* b\n/* c */ /*/", "a comment behind the policy does not end"},
    {"{\"version\": 2}", "1:2: /version: must be 1, the version that is read"},
    {"{\"version\": \"1\"}", "1:2: /version: must be a number, not a string"},
    {"{\"version\": 1, \"version\": 1}",
     "1:16: a member name used twice, of which readers take different ones"},
    {"{\"version\": 1,\n \"$schema\": 2}", "2:2: /$schema: must be a string, not a number"},
    {"{\n  \"version\": 1, // one\n  \"log\": {\n    \"path\": \"/x\"\n  }\n}",
     "4:5: /log/path: unknown member; known here: file, syslog, required"},
    {"{\"version\": 1, \"mode\": \"warn\"}",
     "1:16: /mode: must be \"enforce\" or \"report\", not \"warn\""},
    {"{\"version\": 1, \"mode\": \"permission denied\"}",
     "1:16: /mode: must be \"enforce\" or \"report\", not this text"},
    {"{\"version\": 1, \"mode\": \"x12345678901234567890123456789012345678901234567890\"}",
     "1:16: /mode: must be \"enforce\" or \"report\", not this text"},
    {"{\"version\": 1, \"mode\": \"r\xc3\xa9port\"}",
     "1:16: /mode: must be \"enforce\" or \"report\", not this text"},
    {"{\"version\": 1, \"mode\": null}", "1:16: /mode: must be a string, not null"},
    {"{\"version\": 1, \"privileged\": {\"action\": \"rewrite\"}}",
     "1:31: /privileged/action: must be \"refuse\", \"report\" or \"ignore\", not \"rewrite\""},
    {"{\"version\": 1, \"exec\": {\"action\": \"deny\"}}",
     "1:25: /exec/action: must be \"refuse\", \"rewrite\", \"report\" or \"ignore\", not \"deny\""},
    {"{\"version\": 1, \"capabilities\": {\"allow\": {}}}",
     "1:33: /capabilities/allow: must be an array, not an object"},
    {"{\"version\": 1, \"capabilities\": {\"allow\": [\n1]}}",
     "2:1: /capabilities/allow/0: must be a string, not a number"},
    {"{\"version\": 1, \"capabilities\": {\"allow\": [\n\"net_raw\"]}}",
     "2:1: /capabilities/allow/0: \"net_raw\" is no capability; names are as \"CHOWN\" or "
     "\"CAP_CHOWN\""},
    {"{\"version\": 1, \"capabilities\": {\"allow\": [\"NET_RAW\",\n\"CAP_NET_RAW\"]}}",
     "2:1: /capabilities/allow/1: CAP_NET_RAW is in the list already"},
    {"{\"version\": 1, \"rawSockets\": {\"errno\": \"ENOSYS\"}}",
     "1:31: /rawSockets/errno: must be \"EPERM\", \"EACCES\" or \"EAFNOSUPPORT\", not \"ENOSYS\""},
    {"{\"version\": 1, \"rawSockets\": {\"families\": \"all\"}}",
     "1:31: /rawSockets/families: must be \"core\" or \"extended\", not \"all\""},
    {"{\"version\": 1, \"rawSockets\": {\"allow\": \"AF_NFC\"}}",
     "1:31: /rawSockets/allow: must be an array, not a string"},
    {"{\"version\": 1, \"rawSockets\": {\"allow\": [17]}}",
     "1:41: /rawSockets/allow/0: must be a string, not a number"},
    {"{\"version\": 1, \"rawSockets\": {\"allow\": [\"AF_UNIX\"]}}",
     "1:41: /rawSockets/allow/0: \"AF_UNIX\" is no address family that has raw sockets; names are "
     "as \"AF_PACKET\""},
    {"{\"version\": 1, \"rawSockets\": {\"allow\": [\"AF_XDP\", \"AF_XDP\"]}}",
     "1:51: /rawSockets/allow/1: AF_XDP is in the list already"},
    {"{\"version\": 1, \"rawSockets\": {\"socketcall\": false}}",
     "1:31: /rawSockets/socketcall: must be a string, not a boolean"},
    {"{\"version\": 1, \"rawSockets\": {\"inexact\": \"report\"}}",
     "1:31: /rawSockets/inexact: must be \"refuse\" or \"stricter\", not \"report\""},
    {"{\"version\": 1, \"rawSockets\": {\"keepPing\": 1}}",
     "1:31: /rawSockets/keepPing: must be a boolean, not a number"},
    {"{\"version\": 1, \"ports\": {\"host\": {\"privilegedBelow\": 65537}}}",
     "1:35: /ports/host/privilegedBelow: must be a whole number from 0 to 65536, in digits"},
    {"{\"version\": 1, \"ports\": {\"host\": {\"allow\": [\n{\"protocol\": \"tcp\"}]}}}",
     "2:1: /ports/host/allow/0: the member \"ports\" is missing"},
    {"{\"version\": 1, \"ports\": {\"host\": {\"allow\": [\n{\"ports\": \"0\"}]}}}",
     "2:2: /ports/host/allow/0/ports: must be a port from 1 to 65535 or a range of them, as "
     "\"80\" or \"8000-8099\", not \"0\""},
    {"{\"version\": 1, \"ports\": {\"host\": {\"allow\": [\n{\"ports\": \"9-8\"}]}}}",
     "2:2: /ports/host/allow/0/ports: the range is empty: 9 is greater than 8"},
    {"{\"version\": 1, \"ports\": {\"host\": {\"allow\": [\n{\"address\": \"::1%lo\"}]}}}",
     "2:2: /ports/host/allow/0/address: must be an IP address or network, as \"192.0.2.0/24\" or "
     "\"2001:db8::/32\", not \"::1%lo\""},
    {"{\"version\": 1, \"ports\": {\"host\": {\"allow\": [\n{\"address\": \"10.1.255.1/17\"}]}}}",
     "2:2: /ports/host/allow/0/address: has bits set behind the prefix; the network is "
     "\"10.1.128.0/17\""},
    {"{\"version\": 1, \"ports\": {\"host\": {\"allow\": [\n{\"address\": \"::8/124\"}]}}}",
     "2:2: /ports/host/allow/0/address: has bits set behind the prefix; the network is \"::/124\""},
    {"{\"version\": 1, \"ports\": {\"sources\": [\"annotations\"]}}",
     "1:26: /ports/sources: must hold \"engine\""},
    {"{\"version\": 1, \"ports\": {\"sources\": [\"engine\", \"engine\"]}}",
     "1:48: /ports/sources/1: \"engine\" is in the list already"},
    {"{\"version\": 1, \"sysctls\": {\"" START "\": {\"min\": 1025}}}",
     "1:68: /sysctls/" START "/min: the range is empty: min 1025 is greater than max 1024"},
    {"{\"version\": 1, \"sysctls\": {\"" START "\": {\"max\": 9, \"min\": 10}}}",
     "1:78: /sysctls/" START "/min: the range is empty: min 10 is greater than max 9"},
    {"{\"version\": 1, \"sysctls\": {\"" START "\": {\"min\": 5, \"set\": 4}}}",
     "1:78: /sysctls/" START "/set: 4 is not within min 5 and max 1024"},
    {"{\"version\": 1, \"sysctls\": {\"" START "\": {\"max\": -1}}}",
     "1:68: /sysctls/" START "/max: must be a whole number from 0 to 65535, in digits"},
    {"{\"version\": 1, \"sysctls\": {\"" START "\": {\"set\": 1.0}}}",
     "1:68: /sysctls/" START "/set: must be a whole number from 0 to 65535, in digits"},
    {"{\"version\": 1, \"annotations\": {\"deny\": [\"a\", \"\"]}}",
     "1:46: /annotations/deny/1: must not be empty"},
    {"{\"version\": 1, \"exceptions\": [{\"id\": \"x\"}]}",
     "1:31: /exceptions/0: the member \"match\" is missing"},
    {"{\"version\": 1, \"exceptions\": [{\"match\": {}}]}",
     "1:32: /exceptions/0/match: must say which containers: one of id, name, namespace, image, "
     "engine"},
    {"{\"version\": 1, \"exceptions\": [{\"expires\": \"2027-02-29\"}]}",
     "1:32: /exceptions/0/expires: must be a day as \"2027-03-31\", not \"2027-02-29\""},
    {"{\"version\": 1, \"exceptions\": [{\"match\": {\"image\": \"a@sha256:0\"}}]}",
     "1:42: /exceptions/0/match/image: must have \"sha256:\" and 64 digits from 0 to f behind the "
     "@"},
    {"{\"version\": 1, \"exceptions\": [{\"grant\": {\"hostPorts\": [\"80/icmp\"]}}]}",
     "1:56: /exceptions/0/grant/hostPorts/0: must be ports and a protocol, as \"80/tcp\", not "
     "\"80/icmp\""},
    {"{\"version\": 1, \"exceptions\": [" EXCEPTION("a", "2027-03-31") ", " EXCEPTION(
         "a", "2027-03-31") "]}",
     "1:16: /exceptions: two exceptions have the id \"a\""},
    {"{\"version\": 1, \"exceptions\": [" EXCEPTION("a", "2027-03-31\", \"starts\": "
                                                         "\"2027-04-01") "]}",
     "1:31: /exceptions/0: it expires before it starts: 2027-03-31, 2027-04-01"},
    {"{\"version\": 1, \"exceptions\": [" EXCEPTION("a", "2027-03-31") ", " EXCEPTION(
         "b", "2027-03-32") ", 5]}",
     "1:245: /exceptions/1/expires: must be a day as \"2027-03-31\", not \"2027-03-32\""},
    {"{\"version\": 1, \"exceptions\": [" EXCEPTION("a", "2027-03-31") ", 5, null]}",
     "1:151: /exceptions/1: must be an object, not a number"},
    {"{\"version\": 1, \"exceptions\": [" EXCEPTION("b", "2027-03-31") ", " EXCEPTION(
         "a", "2027-03-31") ", " EXCEPTION("b", "2027-03-31") ", " EXCEPTION("a",
                                                                             "2027-03-31") "]}",
     "1:16: /exceptions: two exceptions have the id \"a\""},
    /* Which of two mistakes is told: the text is JSON first, then one member after the other. */
    {"{\"version\": 1, \"exceptions\": [5]", "1:33: parse error: premature EOF"},
    {"{\"version\": 1, \"mode\": 1, \"exceptions\": [5]}",
     "1:16: /mode: must be a string, not a number"},
    {"{\"version\": 1, \"exceptions\": [5], \"mode\": 1}",
     "1:31: /exceptions/0: must be an object, not a number"},
    {"{\"version\": 1, \"runtimes\": {\"runc\": \"bin/../runc\"}}",
     "1:29: /runtimes/runc: must be an absolute path to a file, without \"//\", \".\", \"..\" and "
     "control characters"},
    {"{\"version\": 1, \"log\": {\"file\": null}}", "1:24: /log/file: must be a string, not null"},
};

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(errors); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_policy policy = {.container_privileged_below = 77};
        struct bolt_err err = {0};

        assert_int_equal(bolt_policy_parse(arena, bolt_bytes_of(errors[i].text), &policy, &err),
                         -1);
        assert_string_equal(err.text, errors[i].error);
        assert_int_equal(err.kind, BOLT_ERR_POLICY);
        assert_int_equal(policy.container_privileged_below, 77);
    }
}

/* A policy in which as many exceptions expire on the first day of a month of that year, and start
 * on the last of the month before. */
static struct bolt_policy months_of(struct bolt_arena *arena, int year)
{
    struct bolt_buf text = {.arena = arena};

    bolt_buf_adds(&text, "{\"version\": 1, \"exceptions\": [");
    for (int month = 2; month <= 12; month++) {
        struct tm last = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 0};

        (void)timegm(&last);
        bolt_buf_addf(&text,
                      "%s{\"id\": \"m%d\", \"match\": {\"id\": \"*\"}, \"grant\": {}, \"reason\": "
                      "\"r\", \"owner\": \"o\", \"starts\": \"%04d-%02d-%02d\", \"expires\": "
                      "\"%04d-%02d-01\"}",
                      month == 2 ? "" : ", ", month, year, month - 1, last.tm_mday, year, month);
    }
    bolt_buf_addf(&text, "]}%c", 0);
    return policy_of(arena, bolt_buf_bytes(&text).at);
}

/* Over 400 years, after which the calendar repeats itself, and to the end of the form. */
static void days_are_those_of_the_calendar(void **state)
{
    (void)state;
    for (int year = 1970; year <= 9999; year += year < 2370 ? 1 : 1907) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_policy policy = months_of(arena, year);

        assert_int_equal(policy.exception_count, 11);
        for (int i = 0; i < 11; i++) {
            struct tm day = {.tm_year = year - 1900, .tm_mon = i + 1, .tm_mday = 1};
            time_t first = timegm(&day);

            assert_int_equal(policy.exceptions[i].starts, first - 86400);
            assert_int_equal(policy.exceptions[i].expires, first + 86400);
        }
    }
}

static void days_that_do_not_exist_are_refused(void **state)
{
    static const char *const days[] = {"1969-12-31", "2027-00-01", "2027-13-01", "2027-01-00",
                                       "2027-01-32", "2027-02-29", "2027-04-31", "2100-02-29",
                                       "2000-02-30", "2027-1-001", "2027-01-1 ", "2027-01-010"};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(days); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text =
            bolt_printf(arena, "{\"version\": 1, \"exceptions\": [{\"expires\": \"%s\"}]}", days[i])
                .at;
        struct bolt_policy policy = {0};
        struct bolt_err err = {0};

        assert_int_equal(bolt_policy_parse(arena, bolt_bytes_of(text), &policy, &err), -1);
        assert_non_null(strstr(err.text, "must be a day as"));
    }
}

/* --- values ----------------------------------------------------------------------------- */

static void assert_builtin_rules(const struct bolt_policy *p)
{
    const bolt_caps caps = CAP(29) | CAP(0) | CAP(1) | CAP(3) | CAP(4) | CAP(5) | CAP(27) |
                           CAP(BOLT_CAP_NET_BIND_SERVICE) | CAP(31) | CAP(6) | CAP(8) | CAP(7) |
                           CAP(18);

    assert_int_equal(p->mode, BOLT_MODE_ENFORCE);
    assert_true(p->capabilities_allow == caps);
    assert_int_equal(p->capabilities_action, BOLT_ACTION_REWRITE);
    assert_int_equal(p->raw_sockets.action, BOLT_ACTION_REWRITE);
    assert_int_equal(p->raw_sockets.errnum, EPERM);
    assert_string_equal(p->raw_sockets.errno_name, "EPERM");
    assert_false(p->raw_sockets.extended);
    assert_true(p->raw_sockets.allow == 0);
    assert_false(p->raw_sockets.stricter);
    assert_true(p->raw_sockets.deny_socketcall);
    assert_true(p->raw_sockets.deny_io_uring);
    assert_true(p->raw_sockets.keep_ping);
    assert_int_equal(p->seccomp_unconfined, BOLT_ACTION_REPORT);
    assert_int_equal(p->privileged, BOLT_ACTION_REFUSE);
    assert_int_equal(p->exec, BOLT_ACTION_REWRITE);
    assert_int_equal(p->capability_useless, BOLT_ACTION_REPORT);
    assert_int_equal(p->annotations_deny_count, 4);
    assert_bytes_equal(p->annotations_deny[0], "run.oci.*");
    assert_bytes_equal(p->annotations_deny[1], "module.wasm.image/variant");
    assert_bytes_equal(p->annotations_deny[2], "krun.*");
    assert_bytes_equal(p->annotations_deny[3], "org.criu.*");
    assert_int_equal(p->annotations_action, BOLT_ACTION_REFUSE);
}

static void assert_builtin_ports_and_places(const struct bolt_policy *p)
{
    assert_int_equal(p->host_ports.privileged_below, 1024);
    assert_int_equal(p->host_ports.allow.count, 0);
    assert_int_equal(p->host_ports.action, BOLT_ACTION_REFUSE);
    assert_int_equal(p->host_ports.unknown, BOLT_ACTION_REPORT);
    assert_int_equal(p->container_privileged_below, 1024);
    assert_int_equal(p->container_ports, BOLT_ACTION_REPORT);
    assert_int_equal(p->host_network, BOLT_ACTION_REFUSE);
    assert_false(p->trust_annotations);
    assert_int_equal(p->port_start.min, 0);
    assert_int_equal(p->port_start.max, 1024);
    assert_false(p->port_start.has_set);
    assert_int_equal(p->port_start.action, BOLT_ACTION_REFUSE);
    assert_int_equal(p->joined_netns, BOLT_ACTION_REFUSE);
    assert_string_equal(p->runc, "/usr/bin/runc");
    assert_string_equal(p->crun, "/usr/bin/crun");
    assert_string_equal(p->log_file, "/var/log/drawbolt/decisions.jsonl");
    assert_true(p->log_syslog);
    assert_false(p->log_required);
}

static void what_is_left_out_is_as_built_in(void **state)
{
    static const char *const texts[] = {
        "{\"version\": 1}",
        "// only the version\n{\"version\": /* 1? */ 1} // a /* b\n/* c */",
        "{\"version\": 1, \"$schema\": \"x\", \"exceptions\": [], \"log\": {}, \"ports\": {\"host\": "
        "{}}, \"sysctls\": {\"joinedNetns\": {}, \"" START "\": {}}}",
    };

    (void)state;
    for (size_t i = 0; i <= BOLT_LEN(texts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_policy policy =
            policy_of(arena, i < BOLT_LEN(texts) ? texts[i] : bolt_policy_builtin().at);

        assert_builtin_rules(&policy);
        assert_builtin_ports_and_places(&policy);
    }
}

static const char everything[] =
    "{\"version\": 1, \"mode\": \"report\","
    "\"capabilities\": {\"allow\": [\"CAP_NET_RAW\", \"CHOWN\"], \"action\": \"ignore\"},"
    "\"rawSockets\": {\"action\": \"refuse\", \"families\": \"extended\", "
    "\"allow\": [\"AF_NFC\", \"AF_PACKET\"], \"errno\": "
    "\"EAFNOSUPPORT\", \"socketcall\": \"allow\", \"ioUring\": \"allow\", \"inexact\": "
    "\"stricter\", \"keepPing\": false},"
    "\"seccompUnconfined\": {\"action\": \"refuse\"}, \"privileged\": {\"action\": \"ignore\"},"
    "\"ports\": {\"host\": {\"privilegedBelow\": 81, \"allow\": [{\"ports\": \"80\", \"protocol\": "
    "\"udp\", \"address\": \"192.0.2.128/25\"}, {\"ports\": \"8000-8099\", \"protocol\": "
    "\"sctp\"}, {\"ports\": \"1\", \"address\": \"2001:DB8::\"}], \"action\": \"report\", "
    "\"unknown\": \"ignore\"},"
    "\"container\": {\"privilegedBelow\": 0, \"action\": \"refuse\"},"
    "\"hostNetwork\": {\"action\": \"report\"}, \"sources\": [\"annotations\", \"engine\"]},"
    "\"sysctls\": {\"" START
    "\": {\"min\": 10, \"max\": 2000, \"set\": 20, \"action\": \"ignore\"},"
    "\"joinedNetns\": {\"action\": \"report\"}},"
    "\"exec\": {\"action\": \"refuse\"}, \"capabilityUseless\": {\"action\": \"ignore\"},"
    "\"annotations\": {\"deny\": [\"a\", \"b?\\n\"], \"action\": \"rewrite\"}, \"exceptions\": [{\"id\": \"all\", "
    "\"match\": {\"id\": \"0*\", \"name\": \"web\", \"namespace\": \"n?\", \"image\": \"nginx@" DIGEST
    "\", \"engine\": \"docker\"}, \"grant\": {\"hostPorts\": [\"80/tcp\", {\"ports\": \"1-2\", "
    "\"address\": \"::1\"}], \"capabilities\": [\"NET_RAW\"], \"rawSockets\": [\"AF_PACKET\"], "
    "\"hostNetwork\": true, \"sysctls\": {\"" START "\": {\"min\": 1, \"max\": 80}}}, \"trust\": "
    "[\"annotations\", \"name\"], \"reason\": \"why\", \"owner\": \"who\", \"starts\": "
    "\"2024-02-29\", \"expires\": \"2027-03-31\"}, " EXCEPTION(
        "second", "2000-01-01") "],"
                                "\"runtimes\": {\"runc\": \"/a\", \"crun\": \"/b\"},"
                                "\"log\": {\"file\": \"\", \"syslog\": false, \"required\": true}}";

static void assert_port_rules(const struct bolt_host_ports *host)
{
    const uint8_t net4[16] = {192, 0, 2, 128};
    const uint8_t net6[16] = {0x20, 0x01, 0x0d, 0xb8};

    assert_int_equal(host->allow.count, 3);
    assert_int_equal(host->allow.items[0].first, 80);
    assert_int_equal(host->allow.items[0].last, 80);
    assert_int_equal(host->allow.items[0].protocol, BOLT_PROTO_UDP);
    assert_true(host->allow.items[0].has_address);
    assert_false(host->allow.items[0].is_ipv6);
    assert_memory_equal(host->allow.items[0].address, net4, 16);
    assert_int_equal(host->allow.items[0].prefix, 25);
    assert_int_equal(host->allow.items[1].first, 8000);
    assert_int_equal(host->allow.items[1].last, 8099);
    assert_int_equal(host->allow.items[1].protocol, BOLT_PROTO_SCTP);
    assert_false(host->allow.items[1].has_address);
    assert_int_equal(host->allow.items[2].protocol, BOLT_PROTO_ANY);
    assert_true(host->allow.items[2].is_ipv6);
    assert_memory_equal(host->allow.items[2].address, net6, 16);
    assert_int_equal(host->allow.items[2].prefix, 128);
}

static void assert_exceptions(const struct bolt_policy *p)
{
    const struct bolt_exception *e = &p->exceptions[0];

    assert_int_equal(p->exception_count, 2);
    assert_bytes_equal(e->id, "all");
    assert_bytes_equal(e->match.id, "0*");
    assert_bytes_equal(e->match.name, "web");
    assert_bytes_equal(e->match.namespace, "n?");
    assert_bytes_equal(e->match.image, "nginx");
    assert_bytes_equal(e->match.digest, DIGEST);
    assert_bytes_equal(e->match.engine, "docker");
    assert_int_equal(e->grant.host_ports.count, 2);
    assert_int_equal(e->grant.host_ports.items[0].first, 80);
    assert_int_equal(e->grant.host_ports.items[0].protocol, BOLT_PROTO_TCP);
    assert_int_equal(e->grant.host_ports.items[1].last, 2);
    assert_true(e->grant.host_ports.items[1].is_ipv6);
    assert_true(e->grant.capabilities == CAP(BOLT_CAP_NET_RAW));
    assert_false(e->grant.every_raw_socket);
    assert_true(e->grant.raw_families == CAP(BOLT_AF_PACKET));
    assert_true(e->grant.host_network);
    assert_true(e->grant.has_port_start);
    assert_int_equal(e->grant.port_start_min, 1);
    assert_int_equal(e->grant.port_start_max, 80);
    assert_int_equal(e->trust, BOLT_TRUST_ANNOTATIONS | BOLT_TRUST_NAME);
    assert_bytes_equal(e->reason, "why");
    assert_bytes_equal(e->owner, "who");
    assert_int_equal(e->starts, 1709164800);  /* date -ud 2024-02-29 +%s */
    assert_int_equal(e->expires, 1806537600); /* date -ud 2027-04-01 +%s */
    assert_int_equal(e[1].expires, 946771200);
    assert_true(e[1].grant.every_raw_socket);
}

static void assert_everything(const struct bolt_policy *p)
{
    assert_exceptions(p);
    assert_int_equal(p->mode, BOLT_MODE_REPORT);
    assert_true(p->capabilities_allow == (CAP(BOLT_CAP_NET_RAW) | CAP(0)));
    assert_int_equal(p->capabilities_action, BOLT_ACTION_IGNORE);
    assert_int_equal(p->raw_sockets.action, BOLT_ACTION_REFUSE);
    assert_int_equal(p->raw_sockets.errnum, EAFNOSUPPORT);
    assert_string_equal(p->raw_sockets.errno_name, "EAFNOSUPPORT");
    assert_true(p->raw_sockets.extended);
    assert_true(p->raw_sockets.allow == (CAP(BOLT_AF_NFC) | CAP(BOLT_AF_PACKET)));
    assert_true(p->raw_sockets.stricter);
    assert_false(p->raw_sockets.deny_socketcall);
    assert_false(p->raw_sockets.deny_io_uring);
    assert_false(p->raw_sockets.keep_ping);
    assert_int_equal(p->seccomp_unconfined, BOLT_ACTION_REFUSE);
    assert_int_equal(p->privileged, BOLT_ACTION_IGNORE);
    assert_int_equal(p->host_ports.privileged_below, 81);
    assert_port_rules(&p->host_ports);
    assert_int_equal(p->host_ports.action, BOLT_ACTION_REPORT);
    assert_int_equal(p->host_ports.unknown, BOLT_ACTION_IGNORE);
    assert_int_equal(p->container_privileged_below, 0);
    assert_int_equal(p->container_ports, BOLT_ACTION_REFUSE);
    assert_int_equal(p->host_network, BOLT_ACTION_REPORT);
    assert_true(p->trust_annotations);
    assert_int_equal(p->port_start.min, 10);
    assert_int_equal(p->port_start.max, 2000);
    assert_true(p->port_start.has_set);
    assert_int_equal(p->port_start.set, 20);
    assert_int_equal(p->port_start.action, BOLT_ACTION_IGNORE);
    assert_int_equal(p->joined_netns, BOLT_ACTION_REPORT);
    assert_int_equal(p->exec, BOLT_ACTION_REFUSE);
    assert_int_equal(p->capability_useless, BOLT_ACTION_IGNORE);
    assert_int_equal(p->annotations_deny_count, 2);
    assert_bytes_equal(p->annotations_deny[1], "b?\n");
    assert_int_equal(p->annotations_action, BOLT_ACTION_REWRITE);
    assert_string_equal(p->runc, "/a");
    assert_string_equal(p->crun, "/b");
    assert_null(p->log_file);
    assert_false(p->log_syslog);
    assert_true(p->log_required);
}

static void every_member_has_its_effect(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_policy policy = policy_of(arena, everything);

    (void)state;
    assert_everything(&policy);
}

static void what_is_shown_is_read_back(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_policy policy = policy_of(arena, everything);
    const char *shown = bolt_bytes_cstr(arena, bolt_policy_show(arena, &policy));
    struct bolt_policy again = policy_of(arena, shown);

    (void)state;
    assert_everything(&again);
    assert_bytes_equal(bolt_policy_show(arena, &again), shown);
    policy = policy_of(arena, bolt_policy_builtin().at);
    assert_bytes_equal(bolt_policy_show(arena, &policy), bolt_policy_builtin().at);
}

/* How a value is shown, where that is not how it was written. */
static const struct {
    const char *members;
    const char *shown;
} spellings[] = {
    {"\"capabilities\": {\"allow\": [\"CAP_KILL\", \"CHOWN\"]}",
     "\"allow\": [\"CHOWN\", \"KILL\"]"},
    {"\"capabilities\": {\"allow\": []}", "\"allow\": []"},
    {"\"rawSockets\": {\"allow\": [\"AF_NFC\", \"AF_XDP\", \"AF_INET\"]}",
     "\"allow\": [\"AF_INET\", \"AF_XDP\", \"AF_NFC\"]"},
    {"\"ports\": {\"host\": {\"allow\": [{\"ports\": \"53-53\"}]}}", "{\"ports\": \"53\"}"},
    {"\"ports\": {\"host\": {\"allow\": [{\"ports\": \"1\", \"address\": \"127.0.0.1/32\"}]}}",
     "\"address\": \"127.0.0.1\"}"},
    {"\"ports\": {\"host\": {\"allow\": [{\"ports\": \"1\", \"address\": \"0:0::/0\"}]}}",
     "\"address\": \"::/0\"}"},
    {"\"ports\": {\"host\": {\"allow\": [{\"ports\": \"1\", \"address\": \"::FFFF:102:300/120\"}]}}",
     "\"address\": \"::ffff:1.2.3.0/120\"}"},
    {"\"ports\": {\"sources\": [\"annotations\", \"engine\"]}",
     "\"sources\": [\"engine\", \"annotations\"]"},
    {"\"annotations\": {\"deny\": [\"\\u0061\\\"]}[{,:\"]}", "\"deny\": [\"a\\\"]}[{,:\"]"},
    {"\"log\": {\"file\": \"\"}", "\"file\": \"\""},
};

static void every_value_has_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(spellings); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_policy policy = policy_of(arena, with(arena, spellings[i].members));
        const char *shown = bolt_bytes_cstr(arena, bolt_policy_show(arena, &policy));
        struct bolt_policy again = policy_of(arena, shown);

        if (strstr(shown, spellings[i].shown) == NULL) {
            fail_msg("%s is not in\n%s", spellings[i].shown, shown);
        }
        assert_bytes_equal(bolt_policy_show(arena, &again), shown);
    }
}

static void names_are_the_words_of_the_file(void **state)
{
    (void)state;
    assert_string_equal(bolt_action_name(BOLT_ACTION_REFUSE), "refuse");
    assert_string_equal(bolt_action_name(BOLT_ACTION_REWRITE), "rewrite");
    assert_string_equal(bolt_action_name(BOLT_ACTION_REPORT), "report");
    assert_string_equal(bolt_action_name(BOLT_ACTION_IGNORE), "ignore");
    assert_string_equal(bolt_protocol_name(BOLT_PROTO_ANY), "any");
    assert_string_equal(bolt_protocol_name(BOLT_PROTO_TCP), "tcp");
    assert_string_equal(bolt_protocol_name(BOLT_PROTO_UDP), "udp");
    assert_string_equal(bolt_protocol_name(BOLT_PROTO_SCTP), "sctp");
}

/* --- globs ------------------------------------------------------------------------------ */

static const struct {
    const char *glob;
    const char *text;
    bool matches;
} globs[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"*", "", true},
    {"**", "", true},
    {"*", "anything", true},
    {"?", "", false},
    {"?", "a", true},
    {"?", "ab", false},
    {"run.oci.*", "run.oci.", true},
    {"run.oci.*", "run.oci.handler", true},
    {"run.oci.*", "run.oci", false},
    {"run.oci.*", "xrun.oci.handler", false},
    {"run.oci.*", "run-oci.handler", false},
    {"run.oci.*", "Run.oci.handler", false},
    {"*.oci.*", "run.oci.oci.x", true},
    {"*handler", "run.oci.handler", true},
    {"*handler", "run.oci.handlers", false},
    {"a*b*c", "abc", true},
    {"a*b*c", "a-b-b-c-c", true},
    {"a*b*c", "a-c-b", false},
    {"*ab", "aab", true},
    {"*a?", "aaa", true},
    {"a?c*", "abc", true},
    {"a?c*", "ac", false},
    {"[ab]", "a", false},
    {"[ab]", "[ab]", true},
    {"\\*", "*", false},
    {"\\*", "\\x", true},
};

static void a_glob_matches_the_whole_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(globs); i++) {
        bool got = bolt_glob_match(bolt_bytes_of(globs[i].glob), bolt_bytes_of(globs[i].text));

        if (got != globs[i].matches) {
            fail_msg("\"%s\" and \"%s\"", globs[i].glob, globs[i].text);
        }
    }
}

/* With a try for every way to share the text among the stars this would not end. */
static void a_glob_takes_few_steps(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf glob = {.arena = arena};
    struct bolt_buf text = {.arena = arena};

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        bolt_buf_adds(&glob, "*a");
    }
    bolt_buf_adds(&glob, "b");
    for (size_t i = 0; i < 20000; i++) {
        bolt_buf_adds(&text, "a");
    }
    assert_false(bolt_glob_match(bolt_buf_bytes(&glob), bolt_buf_bytes(&text)));
}

static void a_runtime_is_found_in_what_is_no_policy(void **state)
{
    static const struct {
        const char *text;
        const char *path;
    } texts[] = {
        {"{\"runtimes\": {\"runc\": \"/a/runc\", \"crun\": \"/b\"}, \"bogus\": 1}", "/a/runc"},
        {"/* c */ {\"runtimes\": {\"runc\": \"/a/runc\"}}", "/a/runc"},
        {"{\"runtimes\": {\"runc\": \"a/runc\"}}", NULL},
        {"{\"runtimes\": {\"runc\": \"\"}}", NULL},
        {"{\"runtimes\": {\"runc\": 5}}", NULL},
        {"{\"runtimes\": {\"crun\": \"/b\"}}", NULL},
        {"{\"runtimes\": \"/a/runc\"}", NULL},
        {"{\"runtimes\": {\"runc\": \"/a/runc\"}", NULL},
        {"[]", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(texts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *path = bolt_policy_runtime_in(arena, bolt_bytes_of(texts[i].text), "runc");

        print_message("  %s\n", texts[i].text);
        if (texts[i].path == NULL) {
            assert_null(path);
        } else {
            assert_string_equal(path, texts[i].path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_runtime_is_found_in_what_is_no_policy),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(days_are_those_of_the_calendar),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(what_is_left_out_is_as_built_in),
        cmocka_unit_test(every_member_has_its_effect),
        cmocka_unit_test(what_is_shown_is_read_back),
        cmocka_unit_test(every_value_has_one_spelling),
        cmocka_unit_test(names_are_the_words_of_the_file),
        cmocka_unit_test(a_glob_matches_the_whole_text),
        cmocka_unit_test(a_glob_takes_few_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
