#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`drawbolt cni`: plays a CNI runtime, a good one and bad ones.

    cni.py DRAWBOLT SRCDIR [--sanitized] [SUBSTRING]

Whatever comes in, what goes out is what the CNI specification wants: a result, an error object, or
nothing; the exit code and standard error say what they do at every other front end.

Ends with 77, "skipped", without a directory that only this user can write (bad_input.py);
BOLT_MUST_RUN=1 makes that, and a skipped test, a failure.
"""

import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing is left in the source tree
from bad_input import ALLOW, INPUT, POLICY, REFUSED, SYSTEM, USAGE
from bad_input import expect, one_line, run_tests, text

VERSIONS = ("0.3.1", "0.4.0", "1.0.0", "1.1.0")
NEWEST = VERSIONS[-1]
COMMANDS = ("ADD", "CHECK", "DEL", "GC", "STATUS", "VERSION")
ENVIRONMENT = {
    "CNI_COMMAND": "ADD",
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": "/run/netns/c1",
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/opt/cni/bin",
}
# Code of the specification, by what it is about.
VERSION_CODE, ENVIRONMENT_CODE, IO_CODE, DECODE_CODE, CONFIG_CODE = 1, 4, 5, 6, 7
UNAVAILABLE_CODE, REFUSED_CODE, NO_DECISION_CODE = 50, 100, 101
PREVIOUS = '{ "cniVersion" : "1.0.0","ips":[{"address":"10.1.2.3\\/24"}], "n": 1.50e0 ,"\\u006b":"\\u00e9\u00e9"}'


def port(host, container=8000, **members):
    return {"hostPort": host, "containerPort": container, "protocol": "tcp", **members}


def network(*ports, version="1.0.0", previous=PREVIOUS, asks=True, **members):
    """The configuration that a runtime makes for drawbolt's entry."""
    document = {"cniVersion": version, "name": "net", "type": "drawbolt-cni", **members}
    if asks:
        document["capabilities"] = {"portMappings": True}
    if ports:
        document["runtimeConfig"] = {**document.get("runtimeConfig", {}), "portMappings": list(ports)}
    head = json.dumps(document)
    return f'{head[:-1]}, "prevResult": {previous}}}'.encode() if previous else head.encode()


def call(w, stdin, environment=None, policy=None, program=None, arguments=None, **options):
    """(code, stdout, stderr). A None in the environment takes the variable away."""
    variables = {**ENVIRONMENT, **(environment or {})}
    command = [program or w.program, *(arguments or ["cni", "--policy", policy or w.policy])]
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        env={name: value for name, value in variables.items() if value is not None},
        timeout=60,
        check=False,
        **options,
    )
    return done.returncode, done.stdout, done.stderr


def passes(w, stdin, out=PREVIOUS.encode(), **options):
    got = call(w, stdin, **options)
    expect(got == (ALLOW, out, b""), f"{got}, not {out!r}")


def fails(w, stdin, exit_code, code, says="", version=None, **options):
    """Expects an error object, and the same sentence on standard error. Returns the object."""
    got, out, err = call(w, stdin, **options)
    expect(got == exit_code, f"ended with {got}, not {exit_code}: {err!r}")
    one_line(err)
    error = json.loads(out)
    expect(set(error) - {"details"} == {"cniVersion", "code", "msg"}, f"members: {error}")
    expect(error["code"] == code, f"code {error['code']}, not {code}: {error}")
    expect(error["msg"] == err.decode(errors="replace")[:-1], f"{error['msg']!r} is not {err!r}")
    expect(says in error["msg"], f"{says!r} is not in {error}")
    expect(version in (None, error["cniVersion"]), f"version: {error}")
    return error


# --- judging ------------------------------------------------------------------------------------


def a_high_port_passes_in_every_version(w):
    for version in VERSIONS:
        passes(w, network(port(8080), version=version))
        if version != VERSIONS[0]:
            passes(w, network(port(8080), version=version), environment={"CNI_COMMAND": "CHECK"}, out=b"")
    points = {r["point"] for r in w.records()}
    expect(points == {"cni:ADD", "cni:CHECK"}, f"recorded {points}")
    expect(all(r["verdict"] == "allow" and not r["edits"] for r in w.records()), "not allowed")


def a_low_port_is_refused_in_every_version(w):
    for version in VERSIONS:
        error = fails(
            w, network(port(80), version=version), REFUSED, REFUSED_CODE, "rule host-port-privileged", version
        )
        expect("details" not in error, f"nothing more to tell: {error}")
    for version in VERSIONS[1:]:
        check = {"CNI_COMMAND": "CHECK"}
        fails(w, network(port(80), version=version), REFUSED, REFUSED_CODE, version=version, environment=check)
    record = w.records()[-1]
    expect(record["verdict"] == "refuse" and record["point"] == "cni:CHECK", f"recorded {record}")
    error = fails(w, network(port(80), port(81), port(8080)), REFUSED, REFUSED_CODE, "and 1 more")
    expect("host port 80/tcp" in error["details"] and "host port 81/tcp" in error["details"], f"{error}")
    expect("8080" not in error["details"], f"{error}")


def the_result_is_handed_on_as_it_stands(w):
    results = ["{}", ' \n{"a" :\t[1e3,  "\\ud83d\\ude00" , null]\r\n}\n ', json.dumps({"x": "y" * 100000}), PREVIOUS]
    for result in results:
        passes(w, network(port(8080), previous=result), out=result.strip().encode())


def names_count_in_any_case(w):
    cases = (
        {"HostPort": 80, "ContainerPort": 81, "Protocol": "TCP", "HostIP": "127.0.0.1"},
        {"hostport": 80, "CONTAINERPORT": 81, "protocol": "tcp", "hostIp": "127.0.0.1"},
    )
    for mapping in cases:
        fails(w, network(mapping), REFUSED, REFUSED_CODE)
        wanted = [{"address": "127.0.0.1", "host": 80, "container": 81, "protocol": "tcp", "source": "cni runtimeConfig"}]
        expect(w.records()[-1]["ports"] == wanted, f"{w.records()[-1]['ports']}")


def only_the_rules_on_ports_have_a_say(w):
    passes(w, network(port(8080)))
    passes(w, network(asks=False))
    rules = {u["rule"] for r in w.records() for u in r["unchecked"]}
    rules |= {f["rule"] for r in w.records() for f in r["findings"]}
    expect(rules == {"host-port-privileged", "host-port-not-allowed", "container-port-privileged"}, f"{rules}")


def ports_that_nobody_told(w):
    strict = w.write_policy("strict.json", ports={"host": {"unknown": "refuse"}})
    # No engine calls here, so a list that is not there says nothing.
    for stdin in (network(), network(asks=False), network(runtimeConfig={}), network(runtimeConfig={"portMappings": None})):
        passes(w, stdin)
        expect(len(w.records()[-1]["unchecked"]) == 3, f"unchecked: {w.records()[-1]}")
        fails(w, stdin, REFUSED, REFUSED_CODE, "could not be learned", policy=strict)
    passes(w, network(runtimeConfig={"portMappings": []}, asks=False), policy=strict)
    passes(w, network(port(8080), asks=False), policy=strict)
    for asked in ({}, {"portMappings": False}, {"portMappings": "true"}, [], None):
        fails(w, network(asks=False, capabilities=asked), REFUSED, REFUSED_CODE, "does not ask", policy=strict)


def an_engine_that_tells_them_says_that_there_are_none(w):
    """A program with the name of an engine starts the plugin, as an engine does."""
    strict = w.write_policy("strict.json", ports={"host": {"unknown": "refuse"}})
    source = "import os, subprocess, sys\nsys.exit(subprocess.call(sys.argv[1:]))"
    for name, engine, told in (("containerd", "containerd", 1), ("podman", "podman", 1),
                               ("nerdctl", "containerd", 1), ("crio", "cri-o", 0),
                               ("x", "unknown", 0), ("k3s", "unknown", 0), ("containerd k3s", "containerd", 1),
                               ("ctr k3s", "unknown", 0), ("containerd x", "unknown", 0)):
        copy = w.write(name.split()[-1], open(os.path.realpath(sys.executable), "rb").read(), 0o755)
        arguments = ["-c", source, w.program, "cni", "--policy", strict]
        environment = {
            "PYTHONHOME": sys.prefix,
            "CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=prod;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=c1",
        }
        options = {"program": f"/x/{name.split()[0]}", "executable": copy, "arguments": arguments,
                   "environment": environment}
        if told:
            passes(w, network(), **options)
        else:
            why = "CRI-O does not tell" if name == "crio" else "not known to be an engine"
            fails(w, network(), REFUSED, REFUSED_CODE, why, **options)
        record = w.records()[-1]
        namespace = record["container"]["namespace"]
        expect(record["engine"] == engine, f"{name}: {record['engine']}")
        forgeable = engine not in ("containerd", "cri-o") or name == "nerdctl"  # which has no pods
        expect(namespace["forgeable"] == forgeable, f"{name}: {namespace}")
        environment["CNI_ARGS"] = "K8S_POD_NAMESPACE=prod;K8S_POD_INFRA_CONTAINER_ID=c2"
        call(w, network(port(8080)), **options)
        expect(w.records()[-1]["container"]["namespace"]["forgeable"], f"{name}: another sandbox's namespace")


def annotations_count_where_the_policy_trusts_them(w):
    trusting = w.write_policy("trusting.json", ports={"sources": ["engine", "annotations"]})
    forged = {"io.kubernetes.container.ports": '[{"hostPort": 80}]'}
    given = {"io.kubernetes.cri.pod-annotations": forged}
    passes(w, network(runtimeConfig=given))
    fails(w, network(runtimeConfig=given), REFUSED, REFUSED_CODE, policy=trusting)
    passes(w, network(port(8080), runtimeConfig=given), policy=trusting)
    empty = {"io.kubernetes.cri.pod-annotations": {"io.kubernetes.container.ports": "[]"}}
    fails(w, network(port(80), runtimeConfig=empty), REFUSED, REFUSED_CODE, policy=trusting)


def exceptions_go_by_what_the_runtime_says(w):
    def policy(match, **members):
        exception = {
            "id": "edge", "match": match, "grant": {"hostPorts": ["80/tcp"]}, "reason": "r", "owner": "o",
            "expires": "2999-01-01", **members,
        }  # fmt: skip
        return w.write_policy("edge.json", exceptions=[exception])

    args = {"CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=prod;K8S_POD_NAME=web"}
    passes(w, network(port(80)), policy=policy({"id": "c1"}), environment=args)
    expect(w.records()[-1]["findings"][-1]["exception"] == "edge", "the exception is not recorded")
    fails(w, network(port(80)), REFUSED, REFUSED_CODE, policy=policy({"id": "c2"}), environment=args)
    for match, member in (({"name": "web"}, "name"), ({"namespace": "prod"}, "namespace")):
        fails(w, network(port(80)), REFUSED, REFUSED_CODE, f"goes by the {member}", policy=policy(match), environment=args)
        passes(w, network(port(80)), policy=policy(match, trust=[member]), environment=args)
        fails(w, network(port(80)), REFUSED, REFUSED_CODE, policy=policy(match, trust=[member]))
    fails(w, network(port(80)), REFUSED, REFUSED_CODE, policy=policy({"image": "*"}), environment=args)


def a_policy_that_reports_refuses_nothing(w):
    passes(w, network(port(80)), policy=w.write_policy("report.json", mode="report"))
    expect(w.records()[-1]["findings"], "nothing was found")


# --- the other commands -------------------------------------------------------------------------


def versions(w):
    for asked in (*VERSIONS, "0.1.0", "9.9.9"):
        answer = {"cniVersion": asked, "supportedVersions": list(VERSIONS)}
        got, out, err = call(w, text({"cniVersion": asked}), environment={"CNI_COMMAND": "VERSION"})
        expect((got, json.loads(out), err) == (ALLOW, answer, b""), f"{asked}: {got} {out} {err}")
    for stdin in (b"", b"{}"):
        got, out, _ = call(w, stdin, environment={"CNI_COMMAND": "VERSION"}, policy=w.path("none.json"))
        expect((got, json.loads(out)["cniVersion"]) == (ALLOW, NEWEST), f"{stdin}: {got} {out}")
    fails(w, b"{", INPUT, DECODE_CODE, environment={"CNI_COMMAND": "VERSION"})


def del_and_gc_never_fail(w):
    broken = w.write("broken.json", "{")
    everything = {name: None for name in ENVIRONMENT}
    for command in ("DEL", "GC"):
        for stdin in (network(port(80)), b"", b"{", b"\xff" * 100000, network(version="0.1.0")):
            for policy in (w.policy, broken, w.path("none.json")):
                passes(w, stdin, out=b"", environment={"CNI_COMMAND": command}, policy=policy)
                passes(w, stdin, out=b"", environment={**everything, "CNI_COMMAND": command}, policy=policy)
    for closed in (0, 1, 2):
        code = subprocess.call(
            [w.program, "cni"], env={"CNI_COMMAND": "DEL"}, preexec_fn=lambda closed=closed: os.close(closed)
        )
        expect(code == ALLOW, f"ended with {code} without descriptor {closed}")
    expect(not w.records(), "a record of a network that came down")


def status_says_whether_an_add_would_have_a_policy(w):
    status = {"CNI_COMMAND": "STATUS"}
    passes(w, text({"cniVersion": NEWEST}), out=b"", environment=status)
    for policy in (w.path("none.json"), w.write("broken.json", "{")):
        fails(w, text({"cniVersion": NEWEST}), POLICY, UNAVAILABLE_CODE, environment=status, policy=policy)
        fails(w, network(port(8080)), POLICY, NO_DECISION_CODE, policy=policy, version=NEWEST)


def every_name_calls_the_plugin(w):
    os.symlink(w.program, w.path("drawbolt-cni"))
    stdin = text({"cniVersion": "1.0.0"})
    environment = {"CNI_COMMAND": "VERSION"}
    for program, arguments in (
        (w.path("drawbolt-cni"), []),
        (w.program, []),
        (w.program, ["cni"]),
        (w.path("drawbolt-cni"), ["--policy", w.policy]),
    ):
        done = subprocess.run([program, *arguments], input=stdin, capture_output=True, env=environment, check=False)
        expect(done.returncode == ALLOW and b"supportedVersions" in done.stdout, f"{program} {arguments}: {done}")
    # By its own name and with other words it is what the words say.
    done = subprocess.run([w.program, "rules"], input=b"", capture_output=True, env=environment, check=False)
    expect(done.stdout.startswith(b"capability-"), f"rules: {done}")
    done = subprocess.run([w.program], input=stdin, capture_output=True, env={}, check=False)
    expect((done.returncode, done.stdout) == (USAGE, b""), f"without a command: {done}")


# --- what is wrong ------------------------------------------------------------------------------


def a_bad_environment(w):
    stdin = network(port(8080))
    bad = {
        "CNI_COMMAND": (None, "", "add", "ADD ", "REMOVE", "\x1b[2J", "x" * 100000),
        "CNI_CONTAINERID": (None, "", "../x", "-x", ".x", "a b", "a;b", "a\nb", "\u00e9"),
        "CNI_NETNS": (None, ""),
        "CNI_IFNAME": (None, ""),
        "CNI_ARGS": (
            "x", "K8S_POD_NAME", "a=b;c", ";", "K8S_POD_NAME=a;K8S_POD_NAME=b", "K8S_POD_NAME=;K8S_POD_NAME=b",
            "K8S_POD_NAMESPACE=a;x=y;K8S_POD_NAMESPACE=a",
        ),
    }  # fmt: skip
    for name, values in bad.items():
        for value in values:
            fails(w, stdin, USAGE, ENVIRONMENT_CODE, name, environment={name: value})
    for args in ("", "a=b", "a=b;", "K8S_POD_NAME=a=b;c=", "=x", "k8s_pod_name=a;K8S_POD_NAME=b"):
        passes(w, stdin, environment={"CNI_ARGS": args})
    fails(w, stdin, USAGE, ENVIRONMENT_CODE, "takes no argument", arguments=["cni", "x"])
    os.symlink(w.program, w.path("drawbolt-cni"))
    fails(w, stdin, USAGE, ENVIRONMENT_CODE, program=w.path("drawbolt-cni"), arguments=["--no-such-option"])


def a_version_that_is_not_spoken(w):
    for version in ("0.1.0", "0.2.0", "0.3.0", "1.2.0", "1.0", "", "\x1b[2J", " 1.0.0"):
        fails(w, network(port(8080), version=version), INPUT, VERSION_CODE, version=NEWEST)
    fails(w, b"{}", INPUT, VERSION_CODE)
    fails(w, network(version="0.3.1"), INPUT, VERSION_CODE, "CHECK", "0.3.1", environment={"CNI_COMMAND": "CHECK"})
    for version in (1, ["1.0.0"], {"x": 1}):
        fails(w, network(version=version), INPUT, CONFIG_CODE)


def no_plugin_before_it(w):
    for command in ("ADD", "CHECK"):
        for previous in (None, "null"):
            stdin = network(port(8080), previous=previous)
            fails(w, stdin, INPUT, CONFIG_CODE, "no prevResult", "1.0.0", environment={"CNI_COMMAND": command})
        for previous in ("[]", '"x"', "1", "true"):
            stdin = network(port(8080), previous=previous)
            fails(w, stdin, INPUT, CONFIG_CODE, "prevResult", environment={"CNI_COMMAND": command})


def bad_configurations(w):
    annotations = "io.kubernetes.cri.pod-annotations"
    for runtime in (
        [], "x", 7, {"portMappings": {}}, {"portMappings": "80"}, {"portMappings": 80}, {annotations: []},
        {annotations: {"a": 1}}, {"PortMappings": []}, {"portmappings": []}, {"port\u017fappings": []}, {"\u00e9": 1},
    ):  # fmt: skip
        fails(w, network(runtimeConfig=runtime), INPUT, CONFIG_CODE)
    for mapping in (
        {"hostPort": -1}, {"hostPort": 65536}, {"hostPort": "80"}, {"hostPort": 80.5}, {"hostPort": None}, [], 80, "80", None,
        {"hostPort": 8080, "HostPort": 80}, {"ho\u017ftPort": 80}, {"hostPort": 8080, "protocol": "icmp"},
        {"hostPort": 8080, "protocol": 6}, {"hostPort": 8080, "hostIP": 1}, {"hostPort": 8080, "containerPort": 1 << 64},
    ):  # fmt: skip
        fails(w, network(port(8080), mapping), INPUT, CONFIG_CODE)
    for name in ("RuntimeConfig", "prevresult", "CNIVERSION", "capabilitie\u017f"):
        fails(w, network(port(8080), **{name: {}}), INPUT, CONFIG_CODE)
    for stdin in (b"null", b"7", b"[]", b'"x"'):
        fails(w, stdin, INPUT, CONFIG_CODE)


def truncated_at_every_byte(w):
    whole = network(port(80), runtimeConfig={"io.kubernetes.cri.pod-annotations": {"a": "b"}})
    for end in range(len(whole)):
        fails(w, whole[:end], INPUT, DECODE_CODE)


def every_byte_changed(w):
    """Nothing that was damaged passes a low port by; some damage makes another good document."""
    whole = network({"HostPort": 80, "ContainerPort": 1, "Protocol": "udp", "HostIP": "::1"}, previous="{}")
    for at in range(len(whole)):
        for byte in (b"\0", b"\xff", b'"', b"}", b"0"):
            got, out, err = call(w, whole[:at] + byte + whole[at + 1 :])
            if got != ALLOW:
                one_line(err)
                expect(json.loads(out)["code"] in (1, 6, 7, 100), f"byte {at}: {out!r}")
                continue
            record = w.records()[-1]
            known = [p["host"] for p in record["ports"]]
            expect(out == b"{}", f"byte {at}: {out!r}")
            expect(record["unchecked"] or (known and all(p == 0 or p > 1023 for p in known)), f"byte {at}: {record}")


def odd_documents(w):
    good = network(port(8080))
    for stdin in (
        b"", b" \n", good + b"x", good + good, b"\xef\xbb\xbf" + good, b"[" * 100000, b'{"a":' * 100000,
        good.replace(b'"name"', b'"cniVersion": "1.0.0", "name"'), good.replace(b'"net"', b'"\\ud800"'),
        good.replace(b'"net"', b'"\\u0000"'), b"/* */" + good, b'{"x":"' + b"x" * (16 << 20) + b'"}',
    ):  # fmt: skip
        code = IO_CODE if len(stdin) > 16 << 20 else DECODE_CODE
        fails(w, stdin, INPUT, code)


def a_record_that_cannot_be_written(w):
    policy = {"version": 1, "log": {"file": w.path("policy.json/x"), "syslog": False, "required": True}}
    required = w.write("required.json", json.dumps(policy))
    fails(w, network(port(8080)), SYSTEM, NO_DECISION_CODE, "not recorded", policy=required)
    fails(w, network(port(80)), SYSTEM, NO_DECISION_CODE, "not recorded", policy=required)


def an_answer_that_nobody_takes(w):
    for stdin in (network(port(8080)), network(port(80))):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [w.program, "cni", "--policy", w.policy], input=stdin, env=ENVIRONMENT, stdout=full,
                stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        expect(done.returncode != ALLOW, "an ADD without an answer succeeded")


def input_that_never_ends(w):
    read_end, write_end = os.pipe()
    done = subprocess.run(
        [w.program, "cni", "--policy", w.policy], stdin=read_end, env=ENVIRONMENT, capture_output=True, check=False
    )
    os.close(write_end)
    os.close(read_end)
    error = json.loads(done.stdout)
    expect(done.returncode == SYSTEM and error["code"] == NO_DECISION_CODE, f"{done}")
    expect("time limit" in error["msg"] and error["msg"].encode() in done.stderr, f"{error} {done.stderr}")


TESTS = (
    a_high_port_passes_in_every_version,
    a_low_port_is_refused_in_every_version,
    the_result_is_handed_on_as_it_stands,
    names_count_in_any_case,
    only_the_rules_on_ports_have_a_say,
    ports_that_nobody_told,
    an_engine_that_tells_them_says_that_there_are_none,
    annotations_count_where_the_policy_trusts_them,
    exceptions_go_by_what_the_runtime_says,
    a_policy_that_reports_refuses_nothing,
    versions,
    del_and_gc_never_fail,
    status_says_whether_an_add_would_have_a_policy,
    every_name_calls_the_plugin,
    a_bad_environment,
    a_version_that_is_not_spoken,
    no_plugin_before_it,
    bad_configurations,
    truncated_at_every_byte,
    every_byte_changed,
    odd_documents,
    a_record_that_cannot_be_written,
    an_answer_that_nobody_takes,
)
SLOW = (input_that_never_ends,)


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, SLOW))
