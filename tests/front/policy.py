#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`drawbolt policy test`, `policy diff` and `policy lint --log`, from outside.

    policy.py DRAWBOLT SRCDIR [--sanitized] [SUBSTRING]

What `policy diff` says of a log is held against what the gate decides of the same documents under
the other policy. What `policy test` takes for a test case is held against its schema.

Ends with 77, "skipped", without jsonschema or a directory that only this user can write
(bad_input.py); BOLT_MUST_RUN=1 makes that, and a skipped test, a failure.
"""

import collections
import copy
import datetime
import glob
import json
import os
import random
import sys
import xml.etree.ElementTree

sys.dont_write_bytecode = True  # nothing is left in the source tree
from bad_input import ALLOW, GOOD, HOST, ID, INPUT, MUST_RUN, POLICY, RAW, REFUSED, SYSTEM, USAGE
from bad_input import exception, expect, run_tests, text

try:
    import jsonschema
except ImportError as missing:
    print(f"SKIPPED: {missing} (Debian: python3-jsonschema)")
    sys.exit(1 if MUST_RUN else 77)

SOURCE = os.path.abspath(sys.argv[2])
START = "net.ipv4.ip_unprivileged_port_start"
PORTS = "io.kubernetes.cri-o.PortMappings"
LEAKY = {**RAW, "linux": {**RAW["linux"], "seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
         "syscalls": [{"names": ["stime"], "action": "SCMP_ACT_ERRNO"}]}}}  # fmt: skip
MUTANTS = 400
SEED = 20260331


def schema(name):
    with open(f"{SOURCE}/schemas/{name}.schema.json", encoding="utf-8") as file:
        return jsonschema.Draft202012Validator(json.load(file))


def fits(name, document):
    problems = [e.message for e in schema(name).iter_errors(document)]
    expect(not problems, f"it does not fit {name}: {problems}: {json.dumps(document)[:500]}")


def write_log(w, name, records):
    return w.write(name, "".join(json.dumps(r) + "\n" for r in records))


def container(ports=(), caps=(), sysctl=None, **linux):
    """A container that everybody knows by ID, with ports that an annotation tells."""
    mappings = [{"hostPort": n, "containerPort": 10000 + n, "protocol": p} for n, p in ports]
    return {
        "ociVersion": "1.0.2",
        "process": {"capabilities": {"bounding": list(caps)}},
        "annotations": {PORTS: json.dumps(mappings)},
        "linux": {
            "namespaces": [{"type": "network"}],
            "cgroupsPath": f"/x/{ID}",
            "seccomp": GOOD["linux"]["seccomp"],
            "sysctl": sysctl or {},
            **linux,
        },
    }


# --- policy test --------------------------------------------------------------------------------

ALLOWED = {"config": GOOD, "expect": {"verdict": "allow"}}


def write_tests(w, **cases):
    if not os.path.isdir(w.path("tests")):
        w.directory("tests")
    for name, case in cases.items():
        w.write(f"tests/{name}.json", case if isinstance(case, str) else json.dumps(case))


def ask(w, wanted, *more, policy=None):
    """The report, as JSON, of what is in the folder tests."""
    code, out, err = w.run("policy", "test", "--format", "json", policy or w.policy, *more)
    expect(code == wanted, f"ended with {code}, not {wanted}: {out!r} {err!r}")
    report = json.loads(out)
    fits("policy-test-report", report)
    return {case["file"].removesuffix(".json"): case for case in report["cases"]}


def one(w, case, policy=None):
    """(result, why) of a single case."""
    write_tests(w, case=case)
    code, out, _ = w.run("policy", "test", "--format", "json", policy or w.policy)
    report = json.loads(out)["cases"][0]
    wanted = {"passed": ALLOW, "failed": REFUSED, "error": INPUT}[report["result"]]
    expect(code == wanted, f"ended with {code}, not {wanted}")
    return report["result"], report["why"]


def cases_pass_and_fail(w):
    write_tests(
        w,
        allowed={"name": "may run", **ALLOWED},
        refused={"config": HOST, "expect": {"verdict": "refuse"}},
        wrong={"config": HOST, "expect": {"verdict": "allow"}},
    )
    report = ask(w, REFUSED)
    results = {name: case["result"] for name, case in report.items()}
    expect(results == {"allowed": "passed", "refused": "passed", "wrong": "failed"}, f"{results}")
    expect(report["wrong"]["why"][0] == "the verdict is refuse, not allow", f"{report['wrong']}")
    expect("host-network: " in report["wrong"]["why"][1], f"no reason: {report['wrong']}")
    code, out, err = w.run("policy", "test", w.policy)
    lines = out.decode().splitlines()
    expect(code == REFUSED and not err, f"ended with {code}: {err!r}")
    expect(lines[0] == "passed allowed.json: may run", f"printed {lines}")
    expect(lines[-1] == "2 passed, 1 failed, 0 that did not run", f"printed {lines}")
    os.unlink(w.path("tests/wrong.json"))
    ask(w, ALLOW)


def a_folder_is_as_good_as_its_policy(w):
    write_tests(w, allowed=ALLOWED)
    for arguments in ((w.place,), (w.policy,), ("--policy", w.policy)):
        out = w.passes("policy", "test", *arguments)
        expect(out.endswith(b"1 passed, 0 failed, 0 that did not run\n"), f"printed {out!r}")
    w.fails(USAGE, "policy", "test", "--policy", w.policy, w.place)
    w.fails(USAGE, "policy", "test", w.policy, w.policy)
    w.fails(USAGE, "policy", "test", "--log", w.log, w.policy)
    w.fails(POLICY, "policy", "test", w.path("tests"))


def no_case_is_no_success(w):
    w.fails(INPUT, "policy", "test", w.policy, says=b"there is no test case")
    write_tests(w)
    w.write("tests/.hidden.json", json.dumps(ALLOWED))
    w.write("tests/readme.txt", "")
    w.fails(INPUT, "policy", "test", w.policy, says=b"there is no test case")
    os.chmod(w.path("tests"), 0o777)
    w.fails(POLICY, "policy", "test", w.policy, says=b"can be written by others")


def junit_is_xml(w):
    name = '<&>"\x1b\ufffe \u00e9'
    write_tests(
        w,
        a={"name": name, **ALLOWED},
        b={"name": name, "config": HOST, "expect": {"verdict": "allow"}},
        c="{",
    )
    code, out, _ = w.run("policy", "test", "--format", "junit", w.policy)
    expect(code == INPUT, f"ended with {code}")
    suite = xml.etree.ElementTree.fromstring(out)[0]
    expect(suite.get("name") == w.policy, f"name {suite.get('name')}")
    counts = [suite.get(n) for n in ("tests", "failures", "errors")]
    expect(counts == ["3", "1", "1"], f"counts {counts}")
    expect(suite[0].get("name") == 'a.json: <&>"?? \u00e9', f"name {suite[0].get('name')!r}")
    expect([len(case) for case in suite] == [0, 1, 1], "children")
    expect([suite[i][0].tag for i in (1, 2)] == ["failure", "error"], "tags")
    expect("host-network" in suite[1][0].text, f"text {suite[1][0].text!r}")
    for verb in ("show", "lint", "diff"):
        w.fails(USAGE, "policy", verb, "--format", "junit", w.policy)
    w.fails(USAGE, "check", "--format", "junit", w.policy)


def case(subject=GOOD, verdict="allow", **more):
    return {"config": subject, "expect": {"verdict": verdict}, **more}


MISTAKES = [
    "", "{", "[]", "null", {}, ALLOWED["config"], {"expect": {"verdict": "allow"}},
    {"config": GOOD},
    case(expect={}), case(expect={"verdict": "rewrite"}), case(expect={"verdict": True}),
    case(expect=[]), case(expect={"verdict": "allow", "finding": []}), case(Name="x"),
    case(name=1), case(process={}), case(configFile="x"), case(subject=[]), case(subject="x"),
    {"configFile": "", "expect": {"verdict": "allow"}}, case(point="precreat"), case(point=1),
    case(network="unknown"), case(network=True), case(now="tomorrow"), case(now=3), case(now=""),
    case(now="2027-3-1"), case(identity={"names": "x"}), case(identity=[]),
    case(identity={"name": ""}), case(identity={"name": {}}),
    case(identity={"name": {"value": ""}}),
    case(identity={"name": {"value": "x", "forgeable": "no"}}), case(identity={"digests": "x"}),
    case(identity={"digests": ["a"] * 5}), case(ports={}), case(ports=[80]), case(ports=["80/tcp"]),
    case(ports=[{"host": "80"}]), case(ports=[{"host": 65536}]), case(ports=[{"host": -1}]),
    case(ports=[{"hostPort": 80}]), case(ports=[{"protocol": "icmp"}]), case(ports=None),
    case(expect={"verdict": "allow", "rewritten": "no"}),
    case(expect={"verdict": "allow", "findings": {}}),
    case(expect={"verdict": "allow", "findings": [{}]}),
    case(expect={"verdict": "allow", "findings": [{"rule": "raw-socket"}]}),
    case(expect={"verdict": "allow", "absent": [{"rule": "raw-sockets", "verdict": "x"}]}),
    case(expect={"verdict": "allow", "absent": [{"rule": "raw-sockets", "action": "ignore"}]}),
    case(expect={"verdict": "allow", "absent": [{"rule": "raw-sockets", "subject": 1}]}),
    case(expect={"verdict": "allow", "unchecked": ["raw"]}),
    case(expect={"verdict": "allow", "unchecked": [{"rule": "raw-sockets"}]}),
    {"record": {}, "expect": {"verdict": "allow"}}, {"record": [], "expect": {"verdict": "allow"}},
]  # fmt: skip

# What only a look at the document itself shows.
CODE_ONLY = [
    case(subject={}), case(now="2027-02-30"), case(subject={**GOOD, "linux": None}),
    {"configFile": "nothing-there.json", "expect": {"verdict": "allow"}},
    {"configFile": "..", "expect": {"verdict": "allow"}},
    {"process": {"ociVersion": "1.0.2"}, "expect": {"verdict": "allow"}},
    {"record": {"facts": {}}, "expect": {"verdict": "allow"}},
    '{"config": {"a": 1, "a": 2}, "expect": {"verdict": "allow"}}',
]  # fmt: skip

RIGHT = [
    case(), case(point="hook"), case(HOST, "refuse"), case(HOST, "allow", network="own"),
    case(GOOD, "refuse", network="host"), case(ports=[]), case(ports=[{}]), case(identity={}),
    case(identity={"name": "x", "digests": []}), case(now="2027-03-01"), case(name=""),
    case(HOST, "allow", point="check", network="own"), {"$schema": "x", **case()},
    case(now="2027-03-01T12:00:00.123Z"),
    case(expect={"verdict": "allow", "findings": [], "absent": [], "unchecked": []}),
    {"process": {"args": ["x"], "capabilities": {}}, "expect": {"verdict": "allow"}},
    {"process": {"args": ["x"]}, "expect": {"verdict": "refuse"}},
    {"process": {"args": ["x"]}, "point": "check",
     "expect": {"verdict": "allow", "unchecked": ["exec-capability"]}},
]  # fmt: skip


def a_case_with_a_mistake_did_not_run(w):
    validator = schema("policy-test")
    for mistake in MISTAKES + CODE_ONLY:
        result, why = one(w, mistake)
        expect(result == "error" and len(why) == 1, f"{mistake}: {result} {why}")
        if not isinstance(mistake, str) and mistake not in CODE_ONLY:
            expect(not validator.is_valid(mistake), f"the schema accepts {mistake}")
    for right in RIGHT:
        result, why = one(w, right)
        expect(result == "passed", f"{right}: {result} {why}")
        expect(validator.is_valid(right), f"the schema refuses {right}")
    for right in CODE_ONLY[:-1]:
        expect(validator.is_valid(right), f"the schema refuses {right}")


def a_case_that_did_not_run_ends_with_input(w):
    write_tests(w, a=ALLOWED, b="{", c=case(HOST, "allow"))
    report = ask(w, INPUT)
    expect([report[n]["result"] for n in "abc"] == ["passed", "error", "failed"], f"{report}")


def findings_are_compared(w):
    raw = {"rule": "raw-sockets", "subject": "CAP_NET_RAW"}
    for more, wanted in (
        ({"findings": [raw]}, None),
        ({"findings": [{**raw, "action": "rewrite"}]}, None),
        ({"findings": [{**raw, "action": "refuse"}]}, "there is no finding of raw-sockets about"),
        ({"findings": [{**raw, "exception": "x"}]}, "exception x"),
        ({"findings": [{"rule": "privileged"}]}, "there is no finding of privileged"),
        ({"absent": [{"rule": "privileged"}, {**raw, "action": "report"}]}, None),
        ({"absent": [raw]}, "there is a finding of raw-sockets: the container has CAP_NET_RAW"),
        ({"absent": [{"rule": "host-port-privileged"}]}, "host-port-privileged was not checked"),
        ({"unchecked": ["host-port-privileged"]}, None),
        ({"unchecked": ["privileged"]}, "privileged was checked"),
        ({"rewritten": True}, None),
        ({"rewritten": False}, "the container is rewritten"),
    ):
        result, why = one(w, case(expect={"verdict": "allow", **more}, subject=RAW))
        expect((result == "passed") == (wanted is None), f"{more}: {result} {why}")
        expect(wanted is None or wanted in why[0], f"{more}: {why}, not {wanted}")
    loose = w.write_policy("policy.json", mode="report")
    result, why = one(w, case(RAW, expect={"verdict": "allow", "rewritten": False}), loose)
    expect(result == "passed", f"mode report: {why}")


def exceptions_hold_in_cases_as_at_a_gate(w):
    edge = exception("edge", match={"name": "edge"}, grant={"hostPorts": ["443/tcp"]})
    w.write_policy("policy.json", exceptions=[{**edge, "expires": "2027-03-31"}])
    finding = {"rule": "host-port-privileged", "subject": "443/tcp"}
    used = {"verdict": "allow", "findings": [{**finding, "action": "report", "exception": "edge"}]}
    safe = {"name": {"value": "edge", "forgeable": False}}
    ports = [{"host": 443, "container": 8443}]
    for more in (
        {"identity": safe, "now": "2027-03-31", "expect": used},
        {"identity": safe, "now": "2027-04-01", "expect": {"verdict": "refuse"}},
        {"identity": {"name": "edge"}, "now": "2027-03-31", "expect": {"verdict": "refuse"}},
        {"identity": {}, "now": "2027-03-31", "expect": {"verdict": "refuse"}},
    ):
        result, why = one(w, case(ports=ports, **more))
        expect(result == "passed", f"{more}: {result} {why}")
    trusting = w.write_policy("policy.json", exceptions=[{**edge, "trust": ["name"]}])
    result, why = one(w, case(ports=ports, identity={"name": "edge"}, expect=used), trusting)
    expect(result == "passed", f"trusted: {why}")
    trusting = w.write_policy("policy.json", exceptions=[{**edge, "trust": ["annotations"]}])
    told = {"name": {"value": "edge", "fromAnnotation": True}}
    result, why = one(w, case(ports=ports, identity=told, expect=used), trusting)
    expect(result == "passed", f"told by an annotation: {why}")
    result, why = one(w, case(ports=ports, identity={"name": "edge"}, expect=used), trusting)
    expect(result == "failed", f"not told by an annotation: {why}")
    w.directory("policy.d")
    other = exception("udp", match={"name": "edge"}, grant={"hostPorts": ["443/udp"]})
    w.write("policy.d/udp.json", json.dumps({"version": 1, "exceptions": [other]}))
    udp = [{"host": 443, "protocol": "udp"}]
    result, why = one(w, case(ports=udp, identity=safe))
    expect(result == "passed", f"drop-in: {why}")


def annotations_tell_ports_where_they_are_trusted(w):
    document = container(ports=[(80, "tcp")])
    expect(one(w, case(document))[0] == "passed", "believed")
    sources = {"sources": ["engine", "annotations"]}
    trusting = w.write_policy("policy.json", ports=sources)
    expect(one(w, case(document, "refuse"), trusting)[0] == "passed", "not believed")
    expect(one(w, case(document, ports=[]), trusting)[0] == "passed", "the case's own ports")


def files_are_found_from_the_case(w):
    w.write("config.json", text(GOOD))
    w.write("process.json", text({"args": ["x"], "capabilities": {"bounding": ["CAP_SYS_ADMIN"]}}))
    for name in ("../config.json", w.path("config.json")):
        result, why = one(w, {"configFile": name, "expect": {"verdict": "allow"}})
        expect(result == "passed", f"{name}: {why}")
    wanted = {"verdict": "allow", "findings": [{"rule": "exec-capability"}]}
    result, why = one(w, {"processFile": "../process.json", "expect": wanted})
    expect(result == "passed", f"process: {why}")
    os.mkfifo(w.path("tests/fifo"))
    expect(one(w, {"configFile": "fifo", "expect": {"verdict": "allow"}})[0] == "error", "fifo")


def a_record_is_a_case(w):
    w.passes("precreate", "--policy", w.policy, stdin=text(LEAKY))
    record = w.records()[0]
    wanted = {"verdict": "allow", "findings": [{"rule": "raw-sockets", "subject": "seccomp"}]}
    result, why = one(w, {"record": record, "expect": wanted})
    expect(result == "passed", f"{why}")
    other = w.write_policy("policy.json", capabilities={"action": "refuse", "allow": []})
    result, why = one(w, {"record": record, "expect": {"verdict": "refuse"}}, other)
    expect(result == "passed", f"{why}")
    other = w.write_policy("policy.json", rawSockets={"families": "extended"})
    result, why = one(w, {"record": record, "expect": wanted}, other)
    expect(result == "error" and "does not tell" in why[0], f"{result} {why}")
    facts = {
        "of": "process",
        "flags": ["inheritsCapabilities"],
        "arguments": ["CAP_SYS_PTRACE"],
        "own": {"bounding": ["CAP_SYS_ADMIN"], "effective": "bounding"},
        "gate": ["rewrites", "looks"],
    }
    found = [{"rule": "exec-capability", "subject": f"CAP_SYS_{n}"} for n in ("ADMIN", "PTRACE")]
    inherits = {"verdict": "refuse", "findings": found}
    result, why = one(w, {"record": {"facts": facts}, "expect": inherits})
    expect(result == "passed", f"{why}")
    for surplus in ({"network": "own"}, {"ports": []}, {"identity": {}}, {"point": "check"}):
        result, why = one(w, {"record": record, "expect": wanted, **surplus})
        expect(result == "error", f"{surplus}: {result} {why}")


# --- policy diff --------------------------------------------------------------------------------

POLICIES = [
    {},
    {"mode": "report"},
    {"capabilities": {"allow": [], "action": "refuse"}, "rawSockets": {"errno": "EACCES"}},
    {"capabilities": {"action": "report"}, "rawSockets": {"action": "refuse"}},
    {"rawSockets": {"action": "ignore"}, "privileged": {"action": "report"}},
    {"rawSockets": {"action": "report"}},
    {"rawSockets": {"families": "extended", "inexact": "stricter"}},
    {"rawSockets": {"inexact": "stricter"}, "seccompUnconfined": {"action": "refuse"}},
    {"rawSockets": {"allow": ["AF_PACKET"], "socketcall": "allow"}},
    {"ports": {"sources": ["engine", "annotations"], "host": {"allow": ["8080/tcp"]}}},
    {"ports": {"host": {"unknown": "refuse"}}, "annotations": {"deny": ["*"], "action": "rewrite"}},
    {"sysctls": {START: {"min": 1024, "set": 1024}}, "capabilityUseless": {"action": "refuse"}},
    {"exceptions": [exception("all", match={"engine": "*"}, trust=["engine"],
                              grant={"rawSockets": True, "hostNetwork": True,
                                     "capabilities": ["SYS_ADMIN"], "hostPorts": ["80"]})]},
    {"exceptions": [exception("ports", match={"engine": "*"}, trust=["engine"],
                              grant={"hostNetwork": True, "hostPorts": ["80"]})]},
]  # fmt: skip


def documents():
    """As many containers as there are here, none at a namespace's path that is gone."""
    paths = glob.glob(f"{SOURCE}/tests/data/configs/*.json")
    paths += glob.glob(f"{SOURCE}/tests/cases/*/*/config.json")
    for path in sorted(paths):
        with open(path, "rb") as file:
            try:
                document = json.loads(file.read())
            except ValueError:
                continue
        if isinstance(document.get("linux"), dict):
            for namespace in document["linux"].get("namespaces") or []:
                if namespace["type"] == "network":
                    namespace.pop("path", None)
        yield text(document)


def record_all(w, policy):
    """A record of each document, with its number for its time, so that others can name it."""
    for document in documents():
        w.run("precreate", "--policy", policy, stdin=document)
    records = w.records()
    os.unlink(w.log)
    for number, record in enumerate(records):
        record["time"] = f"2026-03-31T00:{number // 60:02}:{number % 60:02}.000Z"
    return records


def outcome(record):
    if record["verdict"] == "allow" and record["edits"]:
        return "rewrite"
    return record["verdict"]


def key(finding):
    return tuple(finding[n] for n in ("rule", "subject", "action", "exception"))


def is_told(finding, untold):
    if "filter" in untold and (finding["rule"], finding["subject"]) == ("raw-sockets", "seccomp"):
        return False
    return "ports" not in untold or "-port-" not in finding["rule"]


def truth(old, new, untold=()):
    """(gone, come) between two records of one document."""
    sides = [
        collections.Counter(key(f) for f in r["findings"] if is_told(f, untold)) for r in (old, new)
    ]
    return sides[0] - sides[1], sides[1] - sides[0]


def compare(old, new, change):
    untold = change["untold"] if change else ()
    gone, come = truth(old, new, untold)
    if change is None:
        expect(not gone and not come, f"nothing is said of {gone} {come}")
        expect(outcome(old) == outcome(new), f"nothing is said of {outcome(old)}, {outcome(new)}")
        return
    for said, true in ((change["gone"], gone), (change["come"], come)):
        expect(collections.Counter(map(key, said)) == true, f"said {said}, is {true}")
    for said, record in ((change["old"], old), (change["new"], new)):
        if said != "unknown":
            expect(said == outcome(record), f"said {said}, is {outcome(record)}: {change}")
        else:
            expect(untold, "something is unknown, and nothing untold")
    if not untold:
        expect(gone or come or outcome(old) != outcome(new), f"nothing differs: {change}")


def diff(w, old, new, log, *codes):
    code, out, err = w.run("policy", "diff", "--format", "json", "--log", log, old, new)
    expect(code in codes, f"ended with {code}: {err!r}")
    got = json.loads(out)
    fits("policy-diff", got)
    expect(code == (ALLOW if not got["different"] and not got["untold"] else REFUSED), "the code")
    listed = got["different"] + got["untold"]
    expect(len(got["changes"]) == listed, f"{listed} counted, {len(got['changes'])} listed")
    return got


def what_is_said_of_a_policy_is_what_it_does(w):
    w.forgive_libseccomp()
    names = [w.write_policy(f"{n}.json", **members) for n, members in enumerate(POLICIES)]
    records = [record_all(w, name) for name in names]
    counts = collections.Counter()
    for old, (before, name) in enumerate(zip(records, names)):
        log = write_log(w, "log", before)
        expect(len(before) == len(records[0]) > 60, f"{len(before)} records")
        for new, after in enumerate(records):
            got = diff(w, name, names[new], log, ALLOW, REFUSED)
            changes = {change["time"]: change for change in got["changes"]}
            expect(old != new or not changes, f"{POLICIES[old]}: differs from itself: {changes}")
            for one_, other in zip(before, after):
                change = changes.get(one_["time"])
                if "facts" in one_ and "facts" in other:
                    compare(one_, other, change)
                    counts["untold" if change and change["untold"] else "told"] += 1
    expect(counts["told"] > counts["untold"] > 0, f"{counts}")
    print(f"# {counts['told']} decisions told, {counts['untold']} in part")


def only_what_depends_on_the_filter_is_untold(w):
    new = [
        ({"errno": "EACCES"}, 0), ({"inexact": "stricter"}, 0), ({"action": "refuse"}, 0),
        ({"families": "extended"}, 1), ({"socketcall": "allow"}, 1), ({"ioUring": "allow"}, 1),
        ({"allow": ["AF_PACKET"]}, 1), ({"action": "report"}, 1), ({"action": "ignore"}, 0),
        ({"allow": ["AF_NFC"]}, 0),
    ]  # fmt: skip
    w.forgive_libseccomp()
    w.passes("precreate", "--policy", w.policy, stdin=text(LEAKY))
    log = write_log(w, "log", w.records())
    for members, untold in new:
        other = w.write_policy("new.json", rawSockets=members)
        got = diff(w, w.policy, other, log, ALLOW, REFUSED)
        got = [change for change in got["changes"] if change["untold"] == ["filter"]]
        expect(len(got) == untold, f"{members}: {got}")
    w.passes("precreate", "--policy", w.policy, stdin=text({**GOOD, "linux": {"namespaces": [
        {"type": "network"}]}}))  # fmt: skip
    log = write_log(w, "log", w.records()[1:])
    for members, _ in new:
        other = w.write_policy("new.json", rawSockets=members)
        got = diff(w, w.policy, other, log, ALLOW, REFUSED)
        expect(not any(change["untold"] for change in got["changes"]), f"{members}: {got}")


def exec_record(flags=()):
    facts = {
        "of": "process",
        "capabilities": {"bounding": ["CAP_NET_ADMIN"]},
        "engine": {"source": "the calling process", "forgeable": False},
        "gate": ["rewrites", "looks"],
    }
    return {
        "time": "2026-03-31T12:00:00.000Z", "point": "runtime:exec", "engine": "podman",
        "container": {"id": {"value": ID, "source": "command line", "forgeable": False}},
        "verdict": "allow", "facts": {**facts, **({"flags": list(flags)} if flags else {})},
    }  # fmt: skip


def whose_exec_it_was_is_untold(w):
    grant = {"grant": {"capabilities": ["NET_ADMIN"]}}
    by_digest = exception("e", match={"image": "@sha256:" + ID}, **grant)
    new = w.write_policy("new.json", exceptions=[by_digest])
    command = ("policy", "diff", w.policy, new, "--log")
    log = write_log(w, "log", [exec_record()])
    got = diff(w, w.policy, new, log, REFUSED)
    expect((got["same"], got["untold"]) == (0, 1), f"{got}")
    change = got["changes"][0]
    expect((change["new"], change["untold"]) == ("unknown", ["identity"]), f"{change}")
    code, out, err = w.run(*command, log)
    expect(code == REFUSED and not err, f"ended with {code}: {err!r}")
    expect(b"  ? exec-capability: cannot be told from the record: whose exec it is" in out, f"{out!r}")
    w.passes(*command, write_log(w, "log", [exec_record(["identified"])]))
    expected = {"verdict": "allow", "rewritten": True}
    result, why = one(w, {"record": exec_record(), "expect": expected}, new)
    expect(result == "error" and "whether an exception is about this exec" in why[0], f"{why}")
    result, why = one(w, {"record": exec_record(["identified"]), "expect": expected}, new)
    expect(result == "passed", f"{why}")


def the_text_of_a_difference(w):
    w.run("precreate", "--policy", w.policy, stdin=text(container(caps=["CAP_SYS_ADMIN"])))
    record = w.records()[0]
    record["container"]["name"] = {"value": "web\x1b", "source": "x", "forgeable": True}
    log = write_log(w, "log", [record])
    strict = w.write_policy("new.json", capabilities={"action": "refuse"})
    code, out, err = w.run("policy", "diff", w.policy, strict, "--log", log)
    lines = out.decode().splitlines()
    expect(code == REFUSED and not err, f"ended with {code}: {err!r}")
    expect(lines[0] == f"{record['time']} precreate {ID[:12]} (web?): rewrite -> refuse", lines[0])
    expect(lines[1].startswith("  - rewrite  capability-not-allowed: capability CAP_SYS"), lines[1])
    expect(lines[2].startswith("  + refuse   capability-not-allowed: capability CAP_SYS"), lines[2])
    wanted = "1 decisions: 0 as before, 1 otherwise, 0 that cannot be told from the record"
    expect(lines[3:] == [wanted], f"{lines[3:]}")


def an_exception_is_judged_as_of_the_record(w):
    w.run("precreate", "--policy", w.policy, stdin=text(container(caps=["CAP_SYS_ADMIN"])))
    record = {**w.records()[0], "time": "2027-03-31T23:59:59.999Z"}
    grant = {"grant": {"capabilities": ["SYS_ADMIN"]}}
    for expires, differs in (("2027-03-31", 1), ("2027-03-30", 0)):
        other = w.write_policy("n.json", exceptions=[exception("e", expires=expires, **grant)])
        got = diff(w, w.policy, other, write_log(w, "log", [record]), ALLOW, REFUSED)
        expect(got["different"] == differs, f"{expires}: {got}")


def what_cannot_be_replayed_is_counted(w):
    w.passes("precreate", "--policy", w.policy, stdin=text(GOOD))
    w.fails(INPUT, "precreate", "--policy", w.policy, stdin=b"{")
    good, error = w.records()
    old = {k: v for k, v in good.items() if k != "facts"}
    lines = [good, error, old, {"verdict": 1}, [], "x", {}]
    log = write_log(w, "log", lines)
    with open(log, "ab") as file:
        file.write(json.dumps(good).encode()[:-20])
    got = diff(w, w.policy, w.policy, log, ALLOW)
    counts = [got[n] for n in ("same", "notReplayable", "broken")]
    expect(counts == [1, 2, 5], f"{counts}")
    out = w.passes("policy", "diff", w.policy, w.policy, "--log", log)
    expect(b"left out: 2 records that do not tell" in out, f"printed {out!r}")
    for lines in ([], [old, error]):
        log = write_log(w, "log", lines)
        w.fails(INPUT, "policy", "diff", w.policy, w.policy, "--log", log, says=b"no decision")


def facts_too_large_are_left_out(w):
    document = {**GOOD, "annotations": {f"a{n}" + "x" * 100: "" for n in range(1000)}}
    w.passes("precreate", "--policy", w.policy, stdin=text(document))
    expect("facts" not in w.records()[0], "they are there")
    expect(len(json.dumps(w.records()[0])) < 10000, "a large record")


def diffs_of_what_is_not_there(w):
    w.passes("precreate", "--policy", w.policy, stdin=text(GOOD))
    command = ("policy", "diff")
    w.fails(SYSTEM, *command, w.policy, w.policy, "--log", w.path("nothing"))
    w.fails(SYSTEM, *command, w.policy, w.policy, "--log", "/dev/zero", says=b"not a regular file")
    w.fails(POLICY, *command, w.policy, w.path("nothing"), "--log", w.log)
    bad = w.write("bad.json", "{")
    w.fails(POLICY, *command, bad, w.policy, "--log", w.log, says=b"bad.json")
    for arguments in ((), (w.policy,), (w.policy, w.policy, w.policy)):
        w.fails(USAGE, *command, *arguments, "--log", w.log)
    w.fails(USAGE, *command, w.policy, w.policy)
    w.fails(USAGE, *command, "--policy", w.policy, w.policy, w.policy, "--log", w.log)
    w.fails(USAGE, *command, w.policy, w.policy, "--log", w.log, "--days", "3")


def a_long_log_is_read_from_its_end(w):
    w.passes("precreate", "--policy", w.policy, stdin=text(GOOD))
    record = json.dumps(w.records()[0]).encode() + b"\n"
    log = w.write("log", record * (17 * 1024 * 1024 // len(record)))
    got = diff(w, w.policy, w.policy, log, ALLOW)
    expect(not got["whole"] and got["broken"] == 0, f"{got}")
    expect(0 < got["same"] * len(record) <= 16 * 1024 * 1024, f"{got}")
    out = w.passes("policy", "diff", w.policy, w.policy, "--log", log)
    expect(b"left out: the log's older part" in out, f"printed {out!r}")


def places(document):
    if isinstance(document, (dict, list)):
        for name in document if isinstance(document, dict) else range(len(document)):
            yield document, name
            yield from places(document[name])


def mutants_of_records_do_no_harm(w):
    rng = random.Random(SEED)
    values = [None, True, 0, -1, 65536, 2**64, 0.5, "", "x", "bounding", "ambient", [], ["x"], {},
              {"a": 1}, [[]], [{}], "unknown", "2027-03-31"]  # fmt: skip
    for document in (GOOD, RAW, container([(80, "tcp")], ["CAP_SYS_ADMIN"], {START: "80"})):
        w.run("precreate", "--policy", w.policy, stdin=text(document))
    process = text({"args": ["x"], "capabilities": {"bounding": ["CAP_SYS_ADMIN"]}})
    checked = json.loads(w.run("check", "--format", "json", "-", stdin=process)[1])
    seeds = [*w.records(), checked]
    mutants = []
    for _ in range(MUTANTS):
        mutant = copy.deepcopy(rng.choice(seeds))
        for _ in range(rng.choice([1, 1, 2])):
            found = [p for p in places(mutant["facts"])] if "facts" in mutant else []
            found += list(places(mutant.get("container", {})))
            parent, name = rng.choice(found)
            if rng.random() < 0.3:
                del parent[name]
            else:
                parent[name] = rng.choice(values)
        mutants.append(mutant)
    log = write_log(w, "log", mutants)
    got = diff(w, w.policy, w.policy, log, ALLOW, REFUSED)
    expect(got["broken"] == 0 and got["different"] == 0, f"{got}")
    expect(0 < got["notReplayable"] < MUTANTS, f"{got}")
    code, _, err = w.run("policy", "lint", "--log", log, w.policy)
    expect(code in (ALLOW, REFUSED) and not err, f"lint ended with {code}: {err!r}")


# --- policy lint --log --------------------------------------------------------------------------


def day(ago):
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=ago)
    return when.strftime("%Y-%m-%d")


def aged(records, ago):
    return [{**record, "time": f"{day(ago)}T12:00:00.000Z"} for record in records]


def lint(w, policy, *arguments):
    """The lines about exceptions, without the policy's name."""
    code, out, err = w.run("policy", "lint", *arguments, policy)
    expect(not err, f"said {err!r}")
    lines = [line.split(": ", 1)[1] for line in out.decode().splitlines()]
    expect(code == (REFUSED if lines else ALLOW), f"ended with {code}: {lines}")
    told = ("annotations", "trusts facts that whoever")  # of what these policies have in any case
    return [line for line in lines if not any(part in line for part in told)]


def log_of(w, policy, *configs):
    for document in configs:
        w.run("precreate", "--policy", policy, stdin=text(document))
    records = w.records()
    os.unlink(w.log)
    return records


def lint_policy(w, grant, **more):
    sources = {"sources": ["engine", "annotations"]}
    return w.write_policy("e.json", exceptions=[exception("e", grant=grant, **more)], ports=sources)


def exceptions_that_nobody_uses(w):
    policy = lint_policy(w, {"hostNetwork": True})
    host = container(namespaces=[])
    other = log_of(w, policy, GOOD)
    used = log_of(w, policy, host)
    expect(used[0]["findings"][0]["exception"] == "e", f"{used[0]['findings']}")
    unused = ["exception 'e' was not used in the last 14 days"]
    short = "the log does not reach 14 days back: which exceptions were not used in that time " \
        "cannot be told"
    for records, wanted in (
        (aged(other, 20) + aged(used, 1), []),
        (aged(used, 20) + aged(other, 1), unused),
        (aged(used, 20), unused),
        (aged(other, 10), [short]),
        (aged(other, 10) + aged(used, 1), [short]),
        ([], [short]),
    ):
        log = write_log(w, "log", records)
        got = lint(w, policy, "--log", log)
        expect(got == wanted, f"{got}, not {wanted}")
    log = write_log(w, "log", aged(used, 20))
    expect(lint(w, policy, "--log", log, "--days", "30")[0].startswith("the log does not reach 30"),
           "30 days")  # fmt: skip
    log = write_log(w, "log", aged(other, 50) + aged(used, 20))
    expect(lint(w, policy, "--log", log, "--days", "30") == [], "used 20 days ago")
    new = lint_policy(w, {"hostNetwork": True}, starts=day(3))
    expect(lint(w, new, "--log", write_log(w, "log", aged(other, 20))) == [], "a new one")
    expect(lint(w, w.policy, "--log", write_log(w, "log", [])) == [], "no exception")
    several = [exception(i, grant=g) for i, g in (
        ("c", {"hostPorts": ["80"]}), ("b", {"hostNetwork": True}), ("d", {"hostPorts": ["81"]}),
        ("a", {"capabilities": ["SYS_TIME"]}))]  # fmt: skip
    several = w.write_policy("several.json", exceptions=several)
    log = write_log(w, "log", aged(other, 20) + aged(log_of(w, several, host), 1))
    got = lint(w, several, "--log", log)
    expect(got == [f"exception '{i}' was not used in the last 14 days" for i in "cda"], f"{got}")
    gone = lint_policy(w, {"hostNetwork": True}, expires=day(3))
    got = lint(w, gone, "--log", write_log(w, "log", aged(other, 20)))
    expect(got == [f"exception 'e' expired after {day(3)}: renew it or take it out"], f"{got}")


def grants_that_nobody_needs(w):
    ports = [(80, "tcp"), (8001, "tcp"), (8003, "tcp"), (22, "tcp")]
    cases = (
        ({"hostPorts": ["80", "81", "8000-8009/tcp", "22/udp", "22/tcp", {"ports": "80",
          "address": "192.0.2.1"}]},
         container(ports=ports, caps=["CAP_NET_RAW"]),
         ["grants host port 81, which no recorded use needed",
          "grants host ports 8000-8009/tcp, of which recorded uses needed 8001 to 8003",
          "grants host port 22/udp, which no recorded use needed",
          "grants host port 80 on 192.0.2.1, which no recorded use needed"]),
        ({"hostPorts": ["80", "81", "82-89", "8000-8009", "8005-8012/tcp"]},
         container(ports=[(80, "tcp"), (81, "tcp")] + [(n, "tcp") for n in range(8004, 8009)]),
         ["grants host port 82-89, which no recorded use needed",
          "grants host ports 8000-8009, of which recorded uses needed 8004 to 8008",
          "grants host ports 8005-8012/tcp, of which recorded uses needed 8005 to 8008"]),
        ({"capabilities": ["SYS_ADMIN", "SYS_PTRACE"]},
         container(caps=["CAP_SYS_ADMIN"]),
         ["grants CAP_SYS_PTRACE, which no recorded use needed"]),
        ({"rawSockets": ["AF_PACKET"]}, container(caps=["CAP_NET_RAW"]), []),
        ({"rawSockets": ["AF_PACKET"], "hostNetwork": True}, container(),
         ["grants raw sockets, but no container in a recorded use had CAP_NET_RAW",
          "grants the host's network, which no recorded use needed"]),
        ({"sysctls": {START: {"min": 0, "max": 100}}, "hostPorts": ["80"]},
         container(ports=[(80, "tcp")]),
         [f"grants values of {START}, which no recorded use needed"]),
        ({"sysctls": {START: {"min": 0, "max": 100}}},
         container(sysctl={START: "80"}),
         [f"grants {START} from 0 to 100, of which recorded uses needed 80 to 80"]),
    )  # fmt: skip
    for grant, document, wanted in cases:
        strict = {START: {"min": 1024, "max": 1024}}
        sources = {"sources": ["engine", "annotations"], "host": {"allow": ["9999"]}}
        policy = w.write_policy(
            "e.json", exceptions=[exception("e", grant=grant)], ports=sources, sysctls=strict
        )
        records = log_of(w, policy, document)
        log = write_log(w, "log", aged(records, 20) + aged(records, 1))
        got = [line for line in lint(w, policy, "--log", log) if " a container with it" not in line]
        wanted = [f"exception 'e' {line}" for line in wanted]
        expect(got == wanted, f"{grant}: {got}, not {wanted}")
        expect(all("exception" in f for f in records[0]["findings"]), "nothing is excused")
        blind = [{k: v for k, v in r.items() if k != "facts"} for r in records]
        log = write_log(w, "log", aged(blind, 20) + aged(blind, 1))
        got = lint(w, policy, "--log", log)
        expect(not any(START in line or "raw sockets" in line for line in got), f"guessed {got}")


def the_value_of_a_new_network_was_needed(w):
    for least, wanted in ((1024, []), (0, [
        f"exception 'e' grants {START} from 0 to 1024, of which recorded uses needed 1024 to 1024"
    ])):  # fmt: skip
        grant = {"sysctls": {START: {"min": least, "max": 1024}}}
        policy = w.write_policy(
            "e.json", exceptions=[exception("e", grant=grant)],
            sysctls={START: {"min": 2000, "max": 2000}},
        )  # fmt: skip
        log = write_log(w, "log", aged(log_of(w, policy, container()), 1))
        got = [line for line in lint(w, policy, "--log", log) if "grants" in line]
        expect(got == wanted, f"{got}, not {wanted}")


def exceptions_that_expire_soon(w):
    policy = lint_policy(w, {"hostNetwork": True}, expires=day(-20))
    soon = [f"exception 'e' expires after {day(-20)}"]
    expect(lint(w, policy) == [], "14 days")
    expect(lint(w, policy, "--days", "30") == soon, "30 days")
    for wrong in ("0", "-1", "x", "", "1.5", "36501", "99999999999999999999"):
        w.fails(USAGE, "policy", "lint", "--days", wrong, policy, says=b"--days takes a number")
    w.fails(SYSTEM, "policy", "lint", "--log", w.path("nothing"), policy)
    w.fails(USAGE, "policy", "show", "--days", "3", policy)


ALL = (
    cases_pass_and_fail,
    a_folder_is_as_good_as_its_policy,
    no_case_is_no_success,
    junit_is_xml,
    a_case_with_a_mistake_did_not_run,
    a_case_that_did_not_run_ends_with_input,
    findings_are_compared,
    exceptions_hold_in_cases_as_at_a_gate,
    annotations_tell_ports_where_they_are_trusted,
    files_are_found_from_the_case,
    a_record_is_a_case,
    what_is_said_of_a_policy_is_what_it_does,
    only_what_depends_on_the_filter_is_untold,
    whose_exec_it_was_is_untold,
    the_text_of_a_difference,
    an_exception_is_judged_as_of_the_record,
    what_cannot_be_replayed_is_counted,
    facts_too_large_are_left_out,
    diffs_of_what_is_not_there,
    a_long_log_is_read_from_its_end,
    mutants_of_records_do_no_harm,
    exceptions_that_nobody_uses,
    grants_that_nobody_needs,
    the_value_of_a_new_network_was_needed,
    exceptions_that_expire_soon,
)


if __name__ == "__main__":
    sys.exit(run_tests(ALL))
