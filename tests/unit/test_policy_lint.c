/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "policy/policy.h"

#define START "net.ipv4.ip_unprivileged_port_start"
#define ALLOW(entries) "\"ports\": {\"host\": {\"allow\": [" entries "]}}"
#define NOW 1806494400 /* date -ud '2027-03-31 12:00' +%s */
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define EXCEPTION(match, grant, expires, more)                                                     \
    "\"exceptions\": [{\"id\": \"e\", \"match\": {" match "}, \"grant\": {" grant "}, "            \
    "\"reason\": \"r\", \"owner\": \"o\", \"expires\": \"" expires "\"" more "}]"
#define SYS_TIME                                                                                   \
    EXCEPTION("\"namespace\": \"n\"", "\"capabilities\": [\"SYS_TIME\"]", "2030-01-01", "")
#define RAW_AX25(settings, caps)                                                                   \
    "\"rawSockets\": {" settings "}, " caps                                                        \
    ", " EXCEPTION("\"namespace\": \"n\"", "\"rawSockets\": [\"AF_AX25\"]", "2030-01-01", "")
#define CAPS(names) "\"capabilities\": {\"allow\": [" names "]}"

/* What lint says of a policy with these members; NULL: nothing. */
static const struct {
    const char *members;
    const char *line;
} cases[] = {
    {"\"$schema\": \"x\"", NULL},
    {EXCEPTION("\"namespace\": \"n\"", "\"hostNetwork\": true", "2027-04-15", ""), NULL},
    {EXCEPTION("\"namespace\": \"n\"", "\"hostNetwork\": true", "2027-04-13", ""),
     "exception 'e' expires after 2027-04-13"},
    {EXCEPTION("\"namespace\": \"n\"", "\"hostNetwork\": true", "2027-03-30", ""),
     "exception 'e' expired after 2027-03-30: renew it or take it out"},
    {EXCEPTION("\"namespace\": \"**\", \"id\": \"*\"", "\"hostNetwork\": true", "2030-01-01", ""),
     "exception 'e' matches every container"},
    {EXCEPTION("\"name\": \"web\"", "\"hostNetwork\": true", "2030-01-01",
               ", \"trust\": [\"name\"]"),
     "exception 'e' trusts facts that whoever starts a container can choose: anybody who knows it "
     "can make use of it"},
    {EXCEPTION("\"name\": \"web\", \"image\": \"@" DIGEST "\"", "\"hostNetwork\": true",
               "2030-01-01", ""),
     "exception 'e' goes by a name, which whoever starts a container can choose, and does not trust "
     "it: it excuses nothing"},
    {EXCEPTION("\"name\": \"web\"", "\"hostNetwork\": true", "2030-01-01",
               ", \"trust\": [\"annotations\"]"),
     "exception 'e' trusts facts that whoever starts a container can choose: anybody who knows it "
     "can make use of it"},
    {EXCEPTION("\"image\": \"nginx\"", "\"hostNetwork\": true", "2030-01-01", ""),
     "exception 'e' goes by an image's name, which whoever starts a container can choose, and does "
     "not trust it: it excuses nothing; match on the digest instead"},
    {EXCEPTION("\"image\": \"@" DIGEST "\"", "\"hostNetwork\": true", "2030-01-01", ""), NULL},
    {EXCEPTION("\"namespace\": \"n\"", "\"rawSockets\": false", "2030-01-01", ""),
     "exception 'e' grants nothing"},
    {EXCEPTION("\"namespace\": \"n\"", "\"rawSockets\": [\"AF_NFC\", \"AF_PACKET\"]", "2030-01-01",
               ""),
     "exception 'e' grants raw sockets of AF_NFC, which are denied only where "
     "rawSockets.families is \"extended\": that has no effect"},
    {EXCEPTION("\"namespace\": \"n\"", "\"rawSockets\": [\"AF_NFC\"]", "2030-01-01",
               "") ", \"rawSockets\": {\"families\": \"extended\"}",
     NULL},
    {EXCEPTION("\"namespace\": \"n\"", "\"capabilities\": [\"NET_RAW\"]", "2030-01-01", ""),
     "exception 'e' grants NET_RAW, but no raw sockets: it is taken away all the same"},
    {"\"rawSockets\": {\"allow\": [\"AF_PACKET\"]}, " CAPS(
         "\"NET_BIND_SERVICE\", \"NET_RAW\"") ", " EXCEPTION("\"namespace\": \"n\"",
                                                             "\"capabilities\": [\"NET_RAW\"]",
                                                             "2030-01-01", ""),
     "exception 'e' grants CAP_NET_RAW, which every container may have"},
    {EXCEPTION("\"namespace\": \"n\"", "\"rawSockets\": [\"AF_PACKET\", \"AF_AX25\"]", "2030-01-01",
               ""),
     "exception 'e' grants raw sockets of AF_AX25, which are denied only where "
     "rawSockets.families is \"extended\": that has no effect"},
    {"\"rawSockets\": {\"families\": \"extended\"}, " EXCEPTION(
         "\"namespace\": \"n\"", "\"rawSockets\": [\"AF_AX25\"]", "2030-01-01", ""),
     NULL},
    /* A list that denies nothing grants the capability, where that is not left to raw sockets. */
    {RAW_AX25("\"action\": \"report\"", CAPS("\"NET_BIND_SERVICE\"")),
     "rawSockets.action is \"report\": containers may open raw sockets"},
    {RAW_AX25("\"action\": \"report\"", CAPS("\"NET_BIND_SERVICE\", \"NET_RAW\"")),
     "rawSockets.action is \"report\": containers may open raw sockets\n"
     "exception 'e' grants raw sockets of AF_AX25, which are denied only where "
     "rawSockets.families is \"extended\": that has no effect\n"
     "exception 'e' grants raw sockets, which every container may open"},
    {RAW_AX25("\"allow\": [\"AF_PACKET\"]", CAPS("\"NET_BIND_SERVICE\"")),
     "rawSockets.allow spares families, but capabilities.allow lacks CAP_NET_RAW, without which a "
     "container cannot open them in its network"},
    {RAW_AX25("\"allow\": [\"AF_PACKET\"]", CAPS("\"NET_BIND_SERVICE\", \"NET_RAW\"")),
     "exception 'e' grants raw sockets of AF_AX25, which are denied only where "
     "rawSockets.families is \"extended\": that has no effect"},
    {"\"rawSockets\": {\"action\": \"report\"}, " EXCEPTION(
         "\"namespace\": \"n\"", "\"rawSockets\": [\"AF_AX25\", \"AF_PACKET\"]", "2030-01-01", ""),
     "rawSockets.action is \"report\": containers may open raw sockets\n"
     "exception 'e' grants raw sockets of AF_AX25, which are denied only where "
     "rawSockets.families is \"extended\": that has no effect"},
    {EXCEPTION("\"id\": \"?*\"", "\"hostNetwork\": true", "2030-01-01", ""),
     "exception 'e' matches every container"},
    {EXCEPTION("\"id\": \"??\"", "\"hostNetwork\": true", "2030-01-01", ""), NULL},
    {EXCEPTION("\"namespace\": \"n\"", "\"capabilities\": [\"CHOWN\"]", "2030-01-01", ""),
     "exception 'e' grants CAP_CHOWN, which every container may have"},
    {EXCEPTION("\"namespace\": \"n\"", "\"hostPorts\": [\"80/tcp\", \"1-1024\"]", "2030-01-01", ""),
     NULL},
    {EXCEPTION("\"namespace\": \"n\"", "\"hostPorts\": [\"1-65535/tcp\"]", "2030-01-01", ""),
     "exception 'e' grants host ports 1-65535/tcp, that is, every port"},
    {EXCEPTION(
         "\"namespace\": \"n\"",
         "\"hostPorts\": [\"1024-2000/udp\", {\"ports\": \"80\", \"address\": \"10.0.0.0/8\"}]",
         "2030-01-01", ""),
     "exception 'e' grants host ports 1024-2000/udp, which every container may publish"},
    {"\"ports\": {\"host\": {\"allow\": [{\"ports\": \"80-90\", \"address\": \"10.0.0.0/8\"}]}}, " EXCEPTION(
         "\"namespace\": \"n\"",
         "\"hostPorts\": [\"80\", \"2000\", {\"ports\": \"80-81\", \"protocol\": \"tcp\", \"address\": \"10.1.0.0/16\"}]",
         "2030-01-01", ""),
     "exception 'e' grants host ports 80-81/tcp on 10.1.0.0/16, which every container may publish"},
    {EXCEPTION("\"namespace\": \"n\"", "\"capabilities\": [\"CHOWN\", \"SYS_TIME\"]", "2030-01-01",
               ""),
     "exception 'e' grants CAP_CHOWN, which every container may have"},
    {EXCEPTION(
         "\"namespace\": \"n\"",
         "\"sysctls\": {\"net.ipv4.ip_unprivileged_port_start\": {\"min\": 80, \"max\": 1024}}",
         "2030-01-01", ""),
     "exception 'e' grants values of net.ipv4.ip_unprivileged_port_start that every container may have"},
    {EXCEPTION(
         "\"namespace\": \"n\"",
         "\"sysctls\": {\"net.ipv4.ip_unprivileged_port_start\": {\"min\": 80, \"max\": 1025}}",
         "2030-01-01", ""),
     NULL},
    {"\"sysctls\": {\"net.ipv4.ip_unprivileged_port_start\": {\"set\": 80}}, " EXCEPTION(
         "\"namespace\": \"n\"",
         "\"sysctls\": {\"net.ipv4.ip_unprivileged_port_start\": {\"min\": 1024, \"max\": 1024}}",
         "2030-01-01", ""),
     NULL},
    {"\"rawSockets\": {\"allow\": [\"AF_PACKET\"]}, \"capabilities\": {\"allow\": [\"NET_BIND_SERVICE\", \"NET_RAW\"]}, " EXCEPTION(
         "\"namespace\": \"n\"", "\"rawSockets\": [\"AF_PACKET\", \"AF_INET\"]", "2030-01-01", ""),
     "exception 'e' grants raw sockets of AF_PACKET, which every container may open"},
    {EXCEPTION("\"namespace\": \"n\"", "\"capabilities\": [\"SYS_ADMIN\"]", "2030-01-01", ""),
     "exception 'e' grants CAP_SYS_ADMIN: a container with it is close to being root on the host"},
    {"\"mode\": \"report\"", "mode is \"report\": nothing is refused and nothing is changed"},
    {"\"capabilities\": {\"action\": \"report\"}",
     "capabilities.action is \"report\": containers keep capabilities that are not allowed"},
    {"\"capabilities\": {\"action\": \"refuse\"}", NULL},
    /* An exec of others loses it all the same. */
    {"\"capabilities\": {\"action\": \"report\"}, " SYS_TIME,
     "capabilities.action is \"report\": containers keep capabilities that are not allowed"},
    {"\"exec\": {\"action\": \"report\"}, " SYS_TIME,
     "exec.action is \"report\": processes that join a container may have capabilities that it "
     "may not"},
    {"\"capabilities\": {\"action\": \"report\"}, \"exec\": {\"action\": \"report\"}, " SYS_TIME,
     "capabilities.action is \"report\": containers keep capabilities that are not allowed\n"
     "exec.action is \"report\": processes that join a container may have capabilities that it "
     "may not\n"
     "exception 'e' grants CAP_SYS_TIME, which every container may have"},
    {"\"rawSockets\": {\"action\": \"ignore\", \"ioUring\": \"allow\", \"keepPing\": false}",
     "rawSockets.action is \"ignore\": containers may open raw sockets"},
    {"\"rawSockets\": {\"action\": \"refuse\"}", NULL},
    {"\"privileged\": {\"action\": \"report\"}",
     "privileged.action is \"report\": privileged containers start"},
    {"\"ports\": {\"host\": {\"action\": \"report\"}}",
     "ports.host.action is \"report\": any host port may be published"},
    {"\"ports\": {\"hostNetwork\": {\"action\": \"report\"}}, " EXCEPTION(
         "\"namespace\": \"n\"", "\"hostNetwork\": true", "2030-01-01", ""),
     "ports.hostNetwork.action is \"report\": containers in the host's network may use its ports without publishing them\n"
     "exception 'e' grants the host's network, which every container may share"},
    {"\"capabilities\": {\"allow\": [\"NET_BIND_SERVICE\", \"NET_RAW\"]}, \"rawSockets\": {\"action\": \"ignore\"}, " EXCEPTION(
         "\"namespace\": \"n\"", "\"rawSockets\": true", "2030-01-01", ""),
     "rawSockets.action is \"ignore\": containers may open raw sockets\n"
     "exception 'e' grants raw sockets, which every container may open"},
    {"\"ports\": {\"hostNetwork\": {\"action\": \"ignore\"}}",
     "ports.hostNetwork.action is \"ignore\": containers in the host's network may use its ports "
     "without publishing them"},
    {"\"sysctls\": {\"" START "\": {\"action\": \"report\"}}",
     "sysctls.\"" START "\".action is \"report\": containers may open privileged ports to every "
     "process in them"},
    {"\"sysctls\": {\"joinedNetns\": {\"action\": \"report\"}}",
     "sysctls.joinedNetns.action is \"report\": a container may change sysctls of a network that "
     "is not its own"},
    {"\"exec\": {\"action\": \"report\"}",
     "exec.action is \"report\": processes that join a container may have capabilities that it "
     "may not"},
    {"\"annotations\": {\"action\": \"report\"}",
     "annotations.action is \"report\": annotations that change what the runtime does are let "
     "through"},
    {"\"annotations\": {\"action\": \"ignore\", \"deny\": []}",
     "annotations.action is \"ignore\": annotations that change what the runtime does are let "
     "through"},
    {"\"seccompUnconfined\": {\"action\": \"ignore\"}", NULL},
    {"\"capabilityUseless\": {\"action\": \"ignore\"}", NULL},
    {CAPS("\"NET_BIND_SERVICE\", \"SYS_ADMIN\""),
     "capabilities.allow has CAP_SYS_ADMIN: a container with it is close to being root on the "
     "host"},
    {CAPS("\"NET_BIND_SERVICE\", \"NET_RAW\""),
     "capabilities.allow has CAP_NET_RAW, but rawSockets denies what it is for: take it out of "
     "the list"},
    {CAPS("\"CHOWN\""),
     "capabilities.allow lacks CAP_NET_BIND_SERVICE, but a container may set " START
     " below 1024 instead: raise its \"min\" to 1024"},
    {CAPS("\"CHOWN\"") ", \"sysctls\": {\"" START "\": {\"min\": 1024}}", NULL},
    {CAPS("\"CHOWN\"") ", \"sysctls\": {\"" START "\": {\"set\": 80}}", NULL},
    {"\"rawSockets\": {\"socketcall\": \"allow\"}",
     "rawSockets.socketcall is \"allow\": 32-bit programs are kept from raw sockets by the lack "
     "of the capability alone"},
    {"\"rawSockets\": {\"ioUring\": \"allow\"}",
     "rawSockets.ioUring is \"allow\": io_uring makes sockets that no filter sees, so only the "
     "lack of the capability keeps it from raw ones"},
    {"\"rawSockets\": {\"keepPing\": false}",
     "rawSockets.keepPing is false: ping may stop working in containers that had CAP_NET_RAW"},
    {"\"rawSockets\": {\"families\": \"extended\", \"inexact\": \"stricter\"}", NULL},
    {"\"rawSockets\": {\"allow\": [\"AF_PACKET\"]}",
     "rawSockets.allow spares families, but capabilities.allow lacks CAP_NET_RAW, without which a "
     "container cannot open them in its network"},
    {"\"rawSockets\": {\"allow\": [\"AF_PACKET\"]}, " CAPS("\"NET_BIND_SERVICE\", \"NET_RAW\""),
     NULL},
    {"\"rawSockets\": {\"allow\": [\"AF_NFC\"]}",
     "rawSockets.allow has AF_NFC, which is denied only where rawSockets.families is "
     "\"extended\": it has no effect"},
    {"\"rawSockets\": {\"allow\": [\"AF_NFC\", \"AF_LLC\"], \"action\": \"refuse\"}, " CAPS(
         "\"NET_BIND_SERVICE\", \"NET_RAW\""),
     "capabilities.allow has CAP_NET_RAW, but rawSockets denies what it is for: take it out of "
     "the list\n"
     "rawSockets.allow has AF_LLC, which is denied only where rawSockets.families is "
     "\"extended\": it has no effect\n"
     "rawSockets.allow has AF_NFC, which is denied only where rawSockets.families is "
     "\"extended\": it has no effect"},
    {"\"rawSockets\": {\"allow\": [\"AF_NFC\"], \"families\": \"extended\"}, " CAPS(
         "\"NET_BIND_SERVICE\", \"NET_RAW\""),
     NULL},
    {"\"ports\": {\"host\": {\"privilegedBelow\": 0}}",
     "ports.host.privilegedBelow is 0 and ports.host.allow is empty: every host port may be "
     "published"},
    {"\"ports\": {\"host\": {\"privilegedBelow\": 0, \"allow\": [{\"ports\": \"80\"}]}}", NULL},
    {"\"ports\": {\"host\": {\"unknown\": \"ignore\"}}",
     "ports.host.unknown is \"ignore\": where no source tells the ports, nobody learns that they "
     "were not checked"},
    {"\"ports\": {\"sources\": [\"engine\", \"annotations\"]}",
     "ports.sources has \"annotations\": whoever starts a container can write them, and so choose "
     "which ports are seen"},
    {ALLOW("{\"ports\": \"80\"}, {\"ports\": \"1-65535\"}"),
     "ports.host.allow[0] allows nothing that another entry does not allow\n"
     "ports.host.allow[1] allows every port, protocol and address"},
    {ALLOW("{\"ports\": \"80\"}, {\"ports\": \"80\"}"),
     "ports.host.allow[1] allows nothing that another entry does not allow"},
    {ALLOW("{\"ports\": \"80\", \"address\": \"10.1.2.0/24\"}, {\"ports\": \"79-81\", \"address\": "
           "\"10.1.0.0/16\"}"),
     "ports.host.allow[0] allows nothing that another entry does not allow"},
    {ALLOW("{\"ports\": \"80\", \"protocol\": \"udp\"}, {\"ports\": \"80\", \"address\": "
           "\"10.0.0.0/8\"}"),
     NULL},
    {ALLOW("{\"ports\": \"80\", \"address\": \"10.1.2.0/24\"}, {\"ports\": \"80\", \"address\": "
           "\"10.2.0.0/15\"}"),
     NULL},
    {ALLOW("{\"ports\": \"80\", \"address\": \"0.0.0.0/0\"}, {\"ports\": \"80\", \"address\": "
           "\"::/0\"}"),
     NULL},
    {ALLOW("{\"ports\": \"80\", \"protocol\": \"tcp\"}, {\"ports\": \"80\", \"protocol\": "
           "\"udp\"}, {\"ports\": \"79-80\", \"protocol\": \"sctp\"}"),
     NULL},
    {"\"sysctls\": {\"" START "\": {\"max\": 0}}",
     "sysctls.\"" START "\".max is 0: the only value that a container may set is the one that "
     "opens all ports to every process in it\n"
     "sysctls.\"" START
     "\" leaves out 1024, the kernel's own value, and has no \"set\": containers "
     "that do not set it themselves are refused"},
    {"\"sysctls\": {\"" START "\": {\"min\": 1025, \"max\": 2000}}",
     "sysctls.\"" START
     "\" leaves out 1024, the kernel's own value, and has no \"set\": containers "
     "that do not set it themselves are refused"},
    {"\"sysctls\": {\"" START "\": {\"min\": 1025, \"max\": 2000, \"set\": 1025}}", NULL},
    {"\"sysctls\": {\"" START "\": {\"min\": 5000, \"max\": 6000, \"action\": \"ignore\"}}",
     "sysctls.\"" START "\".action is \"ignore\": containers may open privileged ports to every "
     "process in them"},
    {"\"sysctls\": {\"" START "\": {\"set\": 0}}",
     "sysctls.\"" START "\".set is 0: all ports are opened to every process in containers that do "
     "not ask for it"},
    {"\"annotations\": {\"deny\": [\"run.oci.seccomp*\", \"run.oci.?\"]}",
     "annotations.deny does not cover run.oci.*: with run.oci.seccomp_bpf_data alone crun throws "
     "the whole seccomp filter away"},
    {"\"annotations\": {\"deny\": [\"x\", \"run.*\"]}", NULL},
    {"\"runtimes\": {\"crun\": \"/usr/bin/runc\"}",
     "runtimes.runc and runtimes.crun are the same file"},
    {"\"runtimes\": {\"crun\": \"/usr/libexec/drawbolt-crun\"}",
     "runtimes names drawbolt itself, which would run itself for ever: name the runtime"},
    {"\"runtimes\": {\"crun\": \"/opt/drawbolt/crun\"}", NULL},
    {"\"log\": {\"file\": \"\", \"syslog\": false}",
     "log has neither a file nor syslog: decisions are kept nowhere"},
    {"\"log\": {\"file\": \"\"}", NULL},
    {"\"log\": {\"file\": \"\", \"required\": true}",
     "log.required is true, but there is no log.file to write to"},
};

static struct bolt_bytes lint_of(struct bolt_arena *arena, struct bolt_bytes text)
{
    struct bolt_buf out = {.arena = arena};
    const struct bolt_bytes *lines = NULL;
    struct bolt_policy policy;
    struct bolt_err err = {0};
    size_t count;

    if (bolt_policy_parse(arena, text, &policy, &err) != 0) {
        fail_msg("%.*s\n%s", BOLT_FMT(text), err.text);
    }
    count = bolt_policy_lint(arena, &policy, NOW, BOLT_LINT_DAYS, &lines);
    for (size_t i = 0; i < count; i++) {
        bolt_buf_adds(&out, i == 0 ? "" : "\n");
        bolt_buf_add(&out, lines[i]);
    }
    return bolt_buf_bytes(&out);
}

static void every_mistake_has_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_bytes text = bolt_printf(arena, "{\"version\": 1, %s}", cases[i].members);

        assert_bytes_equal(lint_of(arena, text), cases[i].line == NULL ? "" : cases[i].line);
    }
}

static void the_built_in_policy_has_no_mistake(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    assert_bytes_equal(lint_of(arena, bolt_policy_builtin()), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_has_its_sentence),
        cmocka_unit_test(the_built_in_policy_has_no_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
