#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`drawbolt seccomp`: what it merges, proves and compares, from outside.

    seccomp.py DRAWBOLT SRCDIR [--sanitized] [SUBSTRING]

What the program says of a profile is held against the file, and against a reading of simple
profiles that is here and shares nothing with it: a counterexample is let through by the entry that
is named, an example of a difference differs, and a merge changes no byte that is not about sockets.

Ends with 77, "skipped", without a directory that only this user can write (bad_input.py);
BOLT_MUST_RUN=1 makes that, and a skipped test, a failure.
"""

import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing is left in the source tree
from bad_input import ALLOW, INPUT, MUST_RUN, POLICY, REFUSED, SYSTEM, USAGE
from bad_input import Skip, expect, one_line, run_tests, text

PODMANS = "/usr/share/containers/seccomp.json"  # of Debian's golang-github-containers-common
CALLS = ("socket", "socketcall", "io_uring_setup")
DENY, LET, LOG = "SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG"
MACHINES = ("x86_64", "aarch64", "s390x", "ppc64le", "riscv64", "i686", "armv7l")


def entry(names, action, *args, **members):
    conditions = [
        {"index": index, "op": f"SCMP_CMP_{op}", "value": value, "valueTwo": (*two, 0)[0]}
        for index, op, value, *two in args
    ]
    more = {"args": conditions} if args else {}
    return {"names": names.split(), "action": action, **more, **members}


def profile(default, *entries, **members):
    archs = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    return {"defaultAction": default, "architectures": archs, "syscalls": list(entries), **members}


def template(default, *entries, **members):
    archs = {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}
    return {"defaultAction": default, "archMap": [archs], "syscalls": list(entries), **members}


# libseccomp loses all rules of x86_64 where a rule without conditions is about a call that it lacks
# (src/seccomp/scope.h). stime() is such a call; here only containers with SYS_ADMIN have a rule.
GHOST = template(
    LET,
    entry("io_uring_setup", DENY, (0, "GE", 0)),
    entry("socket", DENY, (0, "GE", 0)),
    entry("stime", DENY, includes={"caps": ["CAP_SYS_ADMIN"]}),
)
GHOST["archMap"][0]["subArchitectures"].append("SCMP_ARCH_X32")

LIST = profile(DENY, entry("read socket write socketcall", LET), entry("exit_group", LET))
TEMPLATE = template(
    DENY,
    entry("read write socketcall exit_group", LET, comment="usual ones"),
    entry("reboot", LET, includes={"caps": ["CAP_SYS_BOOT"]}),
    entry("socket", LET, (0, "NE", 16), excludes={"caps": ["CAP_AUDIT_WRITE"]}),
    entry("socket", LET, (2, "NE", 9), excludes={"caps": ["CAP_AUDIT_WRITE"]}),
    entry("socket", LET, includes={"caps": ["CAP_AUDIT_WRITE"]}, excludes={}, args=None),
    entry("s390_pci_mmio_read", LET, includes={"arches": ["s390x"]}),
    entry("ptrace", LET, includes={"minKernel": "4.8"}),
    defaultErrnoRet=38,
    defaultErrno="ENOSYS",
)


# --- the program ----------------------------------------------------------------------------------


def seccomp(w, *arguments, policy=None, **options):
    w.forgive_libseccomp()
    return w.run("seccomp", *arguments, "--policy", policy or w.policy, **options)


def fails(w, code, *arguments, **options):
    w.forgive_libseccomp()
    return w.fails(code, "seccomp", *arguments, "--policy", w.policy, **options)


def merge(w, content, *options, **named):
    """The merged file; what it is merged from is bytes."""
    code, out, err = seccomp(w, "merge", *options, "-", stdin=content, **named)
    expect(code == ALLOW, f"merge ended with {code}: {err!r}")
    return out


def prove(w, content, *options, **named):
    """(code, objects)"""
    found = seccomp(w, "prove", "--format", "json", *options, "-", stdin=content, **named)
    code, out, err = found
    expect(code in (ALLOW, REFUSED) and not err, f"prove ended with {code}: {err!r}")
    proofs = [json.loads(line) for line in out.splitlines()]
    expect(code == (REFUSED if any(not p["proved"] for p in proofs) else ALLOW), f"{code}: {out!r}")
    return code, proofs


def is_proved(w, content, *options, **named):
    return prove(w, content, *options, **named)[0] == ALLOW


def diff(w, old, new, *options):
    """(code, object); what is said on standard error is not looked at."""
    files = [w.write("old.json", text(old)), w.write("new.json", text(new))]
    code, out, err = seccomp(w, "--diff", "--format", "json", *options, *files)
    expect(code in (ALLOW, REFUSED), f"diff ended with {code}: {err!r}")
    changes = json.loads(out)
    expect(changes["equal"] == (code == ALLOW), f"{code}: {out!r}")
    return changes["changes"]


def diff_text(w, old, new):
    files = [w.write("old.json", text(old)), w.write("new.json", text(new))]
    return seccomp(w, "--diff", *files)[:2]


# --- a reading of simple profiles -----------------------------------------------------------------


def holds(condition, args):
    arg, value = args[condition["index"]], condition["value"]
    two = condition.get("valueTwo", 0)
    return {
        "SCMP_CMP_NE": arg != value,
        "SCMP_CMP_LT": arg < value,
        "SCMP_CMP_LE": arg <= value,
        "SCMP_CMP_EQ": arg == value,
        "SCMP_CMP_GE": arg >= value,
        "SCMP_CMP_GT": arg > value,
        "SCMP_CMP_MASKED_EQ": arg & value == two & value,
    }[condition["op"]]


def answer(document, name, args):
    """(action, errno, entry) on the 64-bit ABI, if the entries that hold all say the same."""
    said = [
        (e["action"], e.get("errnoRet", 1) if e["action"] == DENY else None, i)
        for i, e in enumerate(document.get("syscalls", ()))
        if name in e.get("names", [e.get("name")])
        and all(holds(c, args) for c in e.get("args") or ())
    ]
    expect(len({s[:2] for s in said}) <= 1, f"{name}{args}: the test's profile is not simple")
    default = document.get("defaultAction", LET)
    return said[0] if said else (default, document.get("defaultErrnoRet", 1) if default == DENY
                                 else None, None)


def arguments_of(thing):
    return [int(a, 16) for a in thing["arguments"]]


def makes_raw_socket(args):
    family, kind = args[0] & 0xFFFFFFFF, args[1] & 0xF
    return (family, kind) in {(2, 3), (2, 10), (10, 3), (17, 2), (17, 3), (17, 10), (44, 3)}


def resolved(document, *caps):
    """A template as an engine resolves it on x86_64 for a container with these capabilities."""
    entries = []
    for e in document["syscalls"]:
        needs, bars = ((e.get(k) or {}).get("caps") or [] for k in ("includes", "excludes"))
        if set(needs) <= set(caps) and not set(bars) & set(caps):
            entries.append({k: v for k, v in e.items() if k not in ("includes", "excludes")})
    archs = []
    for one in document["archMap"]:
        if one["architecture"] == "SCMP_ARCH_X86_64":
            archs += [one["architecture"], *one["subArchitectures"]]
    rest = {k: v for k, v in document.items() if k != "archMap"}
    return {**rest, "architectures": archs, "syscalls": entries}


RANKS = ("SCMP_ACT_KILL", DENY, LOG, LET)  # of those that the tests use, the strictest first


def gets_looser(change):
    return RANKS.index(change["after"]) > RANKS.index(change["before"])


# --- merge ----------------------------------------------------------------------------------------


def entries_of(source):
    """Where each entry of a profile stands, and what it is."""
    decoder = json.JSONDecoder()
    at = source.index("[", source.index('"syscalls"')) + 1
    while source[(at := at + len(re.match(r"[\s,]*", source[at:]).group()))] == "{":
        found, end = decoder.raw_decode(source, at)
        yield at, end, found
        at = end


def old_spans(source):
    """Entries that name the calls and nothing else, and such names in others."""
    for at, end, found in entries_of(source):
        names = set(found.get("names") or [found.get("name")])
        if names <= set(CALLS):
            yield at, end
        else:
            for name in names & set(CALLS):
                start = source.index(f'"{name}"', at)
                yield start, start + len(name) + 2


def new_spans(source):
    """Entries as a merge writes them; the comma behind belongs to them."""
    for at, end, found in entries_of(source):
        if source[at:end].startswith('{"names":["') and found["names"][0] in CALLS:
            yield at, end + (source[end] == ",")


def cut(source, spans):
    pieces, last = [], 0
    for start, end in sorted(spans):
        pieces.append(source[last:start])
        last = end
    return [*pieces, source[last:]]


def keeps_the_rest(before, after):
    """Takes the new entries out again, and what they replace; nothing else may differ."""
    rest = "".join(cut(after, new_spans(after)))
    first, *pieces = cut(before, old_spans(before))
    pattern = re.escape(first.rstrip(" \t\n,"))
    for piece in pieces:
        piece = piece.strip(" \t\n,")
        pattern += r"[\s,]*" + re.escape(piece)
    expect(re.fullmatch(pattern, rest), f"bytes changed: {rest[:300]!r}")


def without_sockets(document):
    """A profile without what it says of the calls that make sockets."""
    entries = []
    for e in document["syscalls"]:
        names = [n for n in e.get("names") or [e.get("name")] if n not in CALLS]
        if names:
            entries.append({**e, "names": names})
    return {**document, "syscalls": entries}


def the_three_formats(w):
    config = {"ociVersion": "1.0.2", "process": {}, "linux": {"x": 1, "seccomp": LIST, "y": 2}}
    for document, find in (
        (LIST, lambda d: d),
        (config, lambda d: d["linux"]["seccomp"]),
        (TEMPLATE, lambda d: d),
    ):
        before = json.dumps(document, indent=2)
        expect(not is_proved(w, before.encode()), "proved before")
        merged = merge(w, before.encode())
        expect(is_proved(w, merged), "not proved afterwards")
        keeps_the_rest(before, merged.decode())
        after = json.loads(merged)
        expect(without_sockets(find(after)) == without_sockets(find(document)), "something else")
        find(after)["syscalls"] = find(document)["syscalls"]
        expect(after == document, "something beside the entries")
        path = w.write("file.json", before)
        code, out, err = seccomp(w, "merge", path)
        expect((code, out) == (ALLOW, merged), "a file and standard input differ")
        expect(f"drawbolt: {path}: merged\n".encode() in err, f"said {err!r}")
        expect(b": fit: " in err, f"no fit: {err!r}")


def podmans_own_profile(w):
    if not os.path.exists(PODMANS):
        raise Skip(f"no {PODMANS}")
    with open(PODMANS, encoding="utf-8") as file:
        before = file.read()
    code, proofs = prove(w, before.encode())
    expect(code == REFUSED and len(proofs) == 2, "two cases, both refuted")
    merged = merge(w, before.encode())
    code, proofs = prove(w, merged)
    expect(code == ALLOW, "both proved")
    cases = [(p["with"], p["without"]) for p in proofs]
    expect(cases == [([], ["CAP_AUDIT_WRITE"]), (["CAP_AUDIT_WRITE"], [])], f"cases {cases}")
    keeps_the_rest(before, merged.decode())
    expect(without_sockets(json.loads(merged)) == without_sockets(json.loads(before)), "more")
    expect(merge(w, merged) == merged, "merging twice changes something")


def a_second_merge_changes_nothing(w):
    config = {"ociVersion": "1.0.2", "linux": {"seccomp": LIST}}
    for document in (LIST, config, TEMPLATE, {}, {"ociVersion": "1", "linux": {}}, profile(LET)):
        for layout in ({}, {"indent": "\t"}, {"separators": (",", ":")}):
            once = merge(w, json.dumps(document, **layout).encode())
            code, twice, err = seccomp(w, "merge", "-", stdin=once)
            expect((code, twice) == (ALLOW, once), f"not the same again: {twice[:200]!r}")
            expect(b"nothing to change" in err and err.count(b"\n") == 1, f"said {err!r}")


def no_profile_becomes_one(w):
    for null in ({}, {"seccomp": None}):
        config = {"ociVersion": "1.0.2", "root": {"path": "x"}, "linux": {"a": [], **null}}
        merged = merge(w, text(config))
        expect(is_proved(w, merged), "not proved")
        after = json.loads(merged)
        expect(after["linux"].pop("seccomp")["defaultAction"] == LET, "not open")
        config["linux"].pop("seccomp", None)
        expect(after == config, "something else changed")
    expect(is_proved(w, merge(w, b"{}")), "{} is not proved")


def templates_stay_templates(w):
    merged = json.loads(merge(w, text(TEMPLATE)))
    ours = [e for e in merged["syscalls"] if set(e["names"]) & set(CALLS)]
    cases = {json.dumps([e.get("includes"), e.get("excludes")]) for e in ours}
    caps = '{"caps": ["CAP_AUDIT_WRITE"]}'
    expect(cases == {f"[{caps}, null]", f"[null, {caps}]"}, f"{cases}")
    old = template(
        DENY,
        {"name": "read", "action": LET},
        {"name": "socket", "names": [], "action": LET},
        {"name": "socketcall", "names": None, "action": LET},
    )
    merged = merge(w, text(old))
    expect(is_proved(w, merged), "'name' is not proved")
    expect(json.loads(merged)["syscalls"][-1] == old["syscalls"][0], "not the others' name")
    keeps_the_rest(json.dumps(old), merged.decode())
    for empty in ({}, {"syscalls": None}, {"syscalls": []}):
        document = {"defaultAction": LET, "archMap": [], **empty}
        expect(is_proved(w, merge(w, text(document))), f"{empty} is not proved")


def templates_with_several_capabilities(w):
    def made(count):
        caps = [f"CAP_{i}" for i in range(count)]
        rules = [entry("socket", LET, (0, "EQ", 40 + i), includes={"caps": [c]})
                 for i, c in enumerate(caps)]  # fmt: skip
        return text(template(DENY, entry("read", LET), *rules))

    code, proofs = prove(w, made(4))
    expect(len(proofs) == 16, f"{len(proofs)} cases")
    cases = {(frozenset(p["with"]), frozenset(p["without"])) for p in proofs}
    expect(len(cases) == 16 and all(len(a | b) == 4 and not a & b for a, b in cases), "not all")
    expect(code == REFUSED, "socketcall() makes any of them")
    for proof in proofs:
        expect(proof["proved"] == (not proof["with"]), f"{proof}")
        if not proof["proved"]:  # by what libseccomp makes of the rules for socket()
            example = proof["counterexample"]
            expect((example["call"], example["by"]) == ("socketcall", "implied"), f"{example}")
    for verb in ("merge", "prove"):
        fails(w, INPUT, verb, "-", stdin=made(5), says=b"more capabilities than are tried")


def a_rule_of_some_containers_takes_others_away(w):
    """The entries forbid every socket; with SYS_ADMIN the program forbids none."""
    _, [without, having] = prove(w, text(GHOST))
    expect((without["with"], without["proved"]) == ([], True), f"{without}")
    expect((having["with"], having["proved"]) == (["CAP_SYS_ADMIN"], False), f"{having}")
    example = having["counterexample"]
    plain = resolved(GHOST, "CAP_SYS_ADMIN")
    expect((example["answer"], example["by"]) == (LET, "default"), f"{example}")
    expect(makes_raw_socket(arguments_of(example)), f"{example}")
    expect(answer(plain, "socket", arguments_of(example))[0] == DENY, "the entries allow it")
    expect(is_proved(w, text(resolved(GHOST))), "refuted as a config.json without SYS_ADMIN")
    expect(not is_proved(w, text(plain)), "proved as a config.json with SYS_ADMIN")
    merges_for_all_or_not(w, GHOST, w.policy)


def merges_for_all_or_not(w, document, policy):
    """Whether it is merged, and then proved as what engines make of it with SYS_ADMIN and not."""
    code, out, err = seccomp(w, "merge", "-", stdin=text(document), policy=policy)
    if code == REFUSED:
        expect(not out and b"cannot be merged: " in err, f"{out!r} {err!r}")
        return False
    expect(code == ALLOW, f"ended with {code}: {err!r}")
    for caps in ((), ("CAP_SYS_ADMIN",)):
        plain = text(resolved(json.loads(out), *caps))
        expect(is_proved(w, plain, policy=policy), f"not proved with {caps}")
    return True


def a_merge_holds_for_those_containers_too(w):
    ghost = {**GHOST, "syscalls": GHOST["syscalls"][2:]}
    allow = w.write_policy("allow.json", rawSockets={"ioUring": "allow"})
    merges_for_all_or_not(w, ghost, allow)
    guarded = {**ghost, "syscalls": [*ghost["syscalls"], entry("personality", DENY)]}
    expect(merges_for_all_or_not(w, guarded, allow), "refused, although personality() guards")
    expect(merges_for_all_or_not(w, ghost, w.policy), "refused, although io_uring_setup() guards")


def a_merge_lets_nothing_through_for_some(w):
    """Rules about connect() say something of socketcall(), for those containers that have them."""
    document = template(
        DENY,
        entry("read write personality socket", LET),
        entry("stime", LET, (0, "EQ", 1)),
        entry("connect", LET, excludes={"caps": ["CAP_SYS_PTRACE"]}),
    )
    merged = json.loads(merge(w, text(document)))
    for caps in ((), ("CAP_SYS_PTRACE",)):
        old, new = resolved(document, *caps), resolved(merged, *caps)
        expect(is_proved(w, text(new)), f"not proved with {caps}")
        changes = diff(w, old, new)
        expect(changes and not any(map(gets_looser, changes)), f"with {caps}: {changes}")
        expect({n for c in changes for n in c["calls"]} <= set(CALLS), f"{changes}")
        policy = w.write_policy("caps.json", capabilities={"allow": list(caps)})
        files = [w.write("old.json", text(document)), w.write("new.json", text(merged))]
        _, out, _ = seccomp(w, "--diff", "--format", "json", *files, policy=policy)
        expect(json.loads(out)["changes"] == changes, f"resolved otherwise with {caps}: {out!r}")


def templates_that_are_refused(w):
    for where in ("includes", "excludes"):
        document = template(DENY, entry("socket", LET, **{where: {"arches": ["amd64"]}}))
        fails(w, REFUSED, "merge", "-", stdin=text(document), says=b"depends on the machine")
        document = template(DENY, entry("socket", LET, **{where: {"minKernel": "4.8"}}))
        for verb in ("merge", "prove"):
            fails(w, INPUT, verb, "-", stdin=text(document), says=b"on the kernel's version")
        # A rule about connect() says something of socketcall(), one about stime() of all others.
        some, when = entry("read", LET), {where: {"minKernel": "4.8"}}
        for document in (
            template(DENY, some, entry("read socketcall", LET, **when)),
            template(DENY, some, entry("connect", LET, **when)),
            template(DENY, some, {"name": "connect", "action": LET, **when}),
            template(DENY, some, entry("stime", LET, (0, "EQ", 1), **when)),
            template(LET, *GHOST["syscalls"][:2], entry("stime", DENY, **when)),
        ):
            for verb in ("merge", "prove"):
                fails(w, INPUT, verb, "-", stdin=text(document), says=b"on the kernel's version")
    # Not refused: to prove it for one machine is possible, and others' entries may depend on it.
    there = text(template(DENY, entry("socket", LET, includes={"arches": ["arm64"]})))
    expect(is_proved(w, there, "--arch", "x86_64"), "no rule on x86_64")
    expect(not is_proved(w, there, "--arch", "aarch64"), "a rule on aarch64")


def templates_that_are_none(w):
    rule = {"names": ["socket"], "action": LET}
    wrong = [
        ({"Includes": {"caps": ["CAP_X"]}}, b"some readers take this name for 'includes'"),
        ({"INCLUDES": {}}, b"/syscalls/0/INCLUDES"),
        ({"Name": "read"}, b"'name'"),
        ({"includes": {"Caps": []}}, b"/syscalls/0/includes/Caps"),
        ({"includes": []}, b"an array where an object"),
        ({"includes": {"caps": "CAP_X"}}, b"a string where an array"),
        ({"excludes": {"caps": [7]}}, b"a number where a string"),
        ({"excludes": {"arches": {}}}, b"where an array"),
        ({"excludes": {"minKernel": 4.8}}, b"a number where a string"),
        ({"name": "read"}, b"'name' and 'names'"),
        ({"name": 7}, b"a number where a string"),
        ({"comment": []}, b"an array where a string"),
        ({"errno": "EFOO"}, b"no name of an error number"),
        ({"errno": 1}, b"a number where a string"),
        ({"errno": "EACCES", "errnoRet": 1}, b"not the number of EACCES"),
        ({"includes": {}, "names": "socket"}, b"a string where an array"),
        ({"includes": {}, "names": [7]}, b"a number where a string"),
        ({"includes": {}, "action": "SCMP_ACT_X"}, b"not a seccomp action"),
        ({"includes": {}, "args": [{"index": 6}]}, b"arguments 0 to 5"),
    ]
    whole = [
        ({"ArchMap": []}, b"'archMap'"),
        ({"archMap": {}}, b"an object where an array"),
        ({"archMap": [7]}, b"a number where an object"),
        ({"archMap": [{"Architecture": "x"}]}, b"'architecture'"),
        ({"archMap": [{"architecture": "x", "SubArchitectures": []}]}, b"'subArchitectures'"),
        ({"archMap": [{"architecture": 1}]}, b"a number where a string"),
        ({"archMap": [{}], "architectures": ["SCMP_ARCH_X86"]}, b"'architectures' and 'archMap'"),
        ({"archMap": [], "syscalls": {}}, b"an object where an array"),
        ({"archMap": [], "syscalls": [7]}, b"not an object"),
        ({"defaultErrno": "EFOO"}, b"no name of an error number"),
        ({"defaultErrno": "EPERM", "defaultErrnoRet": 38}, b"not the number of EPERM"),
        ({"defaultErrno": "EPERM", "Syscalls": []}, b"'syscalls'"),
    ]
    documents = [(profile(DENY, {**rule, **members}), says) for members, says in wrong]
    documents += [({"defaultAction": DENY, **members}, says) for members, says in whole]
    other = w.write("other.json", text(LIST))
    for document, says in documents:
        for verb in ("merge", "prove"):
            fails(w, INPUT, verb, "-", stdin=text(document), says=says)
        fails(w, INPUT, "--diff", other, "-", stdin=text(document), says=says)
        fails(w, INPUT, "--diff", "-", other, stdin=text(document), says=says)


def configurations_that_are_none(w):
    for document in (
        {"ociVersion": "1", "linux": None},
        {"ociVersion": "1", "linux": []},
        {"ociVersion": "1"},
        {"linux": "x"},
        {"ociVersion": "1", "Linux": {}},
        {"OciVersion": "1", "syscalls": []},
        {"ociVersion": "1", "linux": {"Seccomp": {}}},
        {"ociVersion": "1", "linux": {"seccomp": 7}},
        {"ociVersion": "1", "linux": {"seccomp": {"syscalls": 7}}},
    ):
        for verb in ("merge", "prove"):
            fails(w, INPUT, verb, "-", stdin=text(document))


def files_that_are_two_things(w):
    """An engine would read the one, a runtime the other; and names that only some of them know."""
    both = b"both a config.json and a seccomp profile"
    other = b"some readers take this name for "
    plain = w.write("plain.json", text(LIST))
    for document, says in (
        ({"ociVersion": "1", **LIST}, both),
        ({"linux": {"seccomp": LIST}, "defaultAction": LET}, both),
        ({"ociVersion": "1", "linux": {}, "archMap": []}, both),
        ({"linux": {}, "syscalls": []}, both),
        ({"ociVersion": None, "syscalls": None}, both),
        ({"linux": None, "architectures": []}, b""),
        ({**LIST, "Linux": {}}, other),
        ({"Linux": {"seccomp": LIST}}, other),
        ({"ociVersion": "1", "LINUX": {"seccomp": LIST}}, other),
        ({"ociVersion": "1", "linux": {"Seccomp": LIST}}, other),
        ({"ociVersion": "1", "linux": {"seccomp": LIST, "SecComp": {}}}, other),
        ({"ArchMap": []}, other),
        ({**TEMPLATE, "ArchMap": []}, other),
        (template(DENY, entry("socket", LET, Includes={"caps": ["CAP_X"]})), other),
    ):
        for verb in ("merge", "prove"):
            fails(w, INPUT, verb, "-", stdin=text(document), says=says)
        fails(w, INPUT, "--diff", plain, "-", stdin=text(document), says=says)
        fails(w, INPUT, "--diff", "-", plain, stdin=text(document), says=says)


def what_cannot_be_merged_is_refused(w):
    usual = entry("read write socketcall exit_group", LET)
    odd = profile(DENY, usual, entry("socket", LET, (2, "EQ", 3), (2, "NE", 7)))
    many = [entry("socket", "SCMP_ACT_LOG", (0, "EQ", i), (2, "EQ", i * i)) for i in range(90)]
    for document in (profile(DENY, entry("read", LET), *many), {"archMap": [], "syscalls": []}):
        err = fails(w, REFUSED, "merge", "-", stdin=text(document), says=b"cannot be merged: ")
        expect(err.startswith(b"drawbolt: refused: standard input: "), f"said {err!r}")
    few = profile(DENY, entry("read", LET), entry("socket", LET))
    fails(w, REFUSED, "merge", "-", stdin=text(few), says=b"names so few calls")
    expect(is_proved(w, merge(w, text(odd))), "an odd one is not proved")


# --- prove ----------------------------------------------------------------------------------------


def the_counterexample_is_one(w):
    """It is run here by other means, and the entry is the one that lets it through."""
    documents = [
        LIST,
        profile(DENY, entry("read", LET), entry("socket", LET, (0, "NE", 17))),
        profile(DENY, entry("socket", LET, (0, "EQ", 1)), entry("socket", LET, (0, "EQ", 10))),
        profile(LET, entry("socket", DENY, (0, "EQ", 17)), entry("read", LOG)),
        profile(LET, entry("socket", DENY, (0, "MASKED_EQ", 0xFFFFFFFF, 17))),
        profile(LET, entry("socket", DENY, (0, "GE", 2), errnoRet=97)),
        profile(LOG, entry("socket", DENY, (0, "LE", 44))),
        profile(DENY, entry("socket", LET, (1, "EQ", 3), (0, "GT", 9))),
        profile(DENY, entry("read", DENY), entry("socket", LOG, (0, "GT", 1 << 32), (1, "LT", 4))),
        {},
    ]
    open_by_default = sockets = 0
    for document in documents:
        code, [proof] = prove(w, text(document))
        expect(code == REFUSED, f"{document} is proved")
        example = proof["counterexample"]
        call, args = example["call"], arguments_of(example)
        expect(example["abi"] == "x86_64", f"{example}")
        if call == "socket":
            expect(makes_raw_socket(args), f"{args} makes no raw socket")
            sockets += 1
        action, _, by = answer(document, call, args)
        expect(action == example["answer"] != DENY, f"{args}: {action}, not {example}")
        wanted = ("default", None) if by is None else ("entry", by)
        expect((example["by"], example.get("entry")) == wanted, f"{example}, not {wanted}")
        open_by_default += by is None
        code, out, err = seccomp(w, "prove", "-", stdin=text(document))
        told = f"entry {by}" if by is not None else "the default action"
        line = f"standard input: not proved: {example['text']} -> {action}, by {told}\n"
        expect((code, out.decode(), err) == (REFUSED, line, b""), f"said {out!r}, not {line!r}")
    expect((open_by_default, sockets) == (5, 9), f"{open_by_default}, {sockets}")


def what_no_entry_of_the_call_lets_through(w):
    """socketcall() by what libseccomp makes of socket(), and an architecture that is not listed."""
    policy = w.write_policy("allow.json", rawSockets={"socketcall": "allow"})
    deny = merge(w, text(profile(LET)), policy=policy)
    _, [proof] = prove(w, deny)
    example = proof["counterexample"]
    expect((example["abi"], example["call"]) == ("x86", "socketcall"), f"{example}")
    expect((arguments_of(example)[0] & 0xFFFFFFFF) == 1, "not SYS_SOCKET")
    _, [proof] = prove(w, text(profile(LET, entry("socket socketcall", DENY))))
    expect(proof["counterexample"]["call"] == "io_uring_setup", f"{proof}")


def the_forms_of_a_proof(w):
    merged = merge(w, text(TEMPLATE))
    path = w.write("merged.json", merged)
    code, out, err = seccomp(w, "prove", path)
    expect((code, err) == (ALLOW, b""), f"ended with {code}: {err!r}")
    lines = out.decode().splitlines()
    for line, which in zip(lines, ("without CAP_AUDIT_WRITE", "with CAP_AUDIT_WRITE"), strict=True):
        form = r": proved: no raw socket on x86_64, x86, x32 \([0-9]+ paths, [0-9]+ us\)"
        expect(re.fullmatch(re.escape(f"{path}, {which}") + form, line), f"said {line!r}")
    members = {"file", "with", "without", "proved", "abis", "instructions", "paths", "microseconds"}
    for proof in prove(w, merged)[1]:
        expect(set(proof) == members, f"{proof}")
        expect(proof["instructions"] > 20 and proof["paths"] > 5, f"{proof}")
        expect(proof["abis"] == ["x86_64", "x86", "x32"], f"{proof}")
    _, [proof] = prove(w, b"{}")
    expect((proof["instructions"], proof["file"]) == (0, "standard input"), f"{proof}")


def an_entry_is_counted_in_the_file(w):
    """For templates too, where entries before it do not hold."""
    _, proofs = prove(w, text(TEMPLATE))
    for proof in proofs:
        example = proof["counterexample"]
        named = TEMPLATE["syscalls"][example["entry"]]
        expect("socket" in named["names"] and named["action"] == example["answer"], f"{example}")
        expect(all(holds(c, arguments_of(example)) for c in named["args"] or ()), f"{named}")
        caps = named.get("includes", {}).get("caps", [])
        expect(set(caps) <= set(proof["with"]), f"entry {example['entry']} does not hold")
        expect(not set(named["excludes"].get("caps", [])) & set(proof["with"]), f"{example}")


def the_policy_says_what_is_denied(w):
    def policy(**members):
        return w.write_policy("other.json", rawSockets=members)

    core = merge(w, text(LIST))
    extended = policy(families="extended")
    _, [proof] = prove(w, core, policy=extended)
    expect(not proof["proved"], "the core list is the extended one")
    family = arguments_of(proof["counterexample"])[0] & 0xFFFFFFFF
    expect(family in (3, 5, 26, 36, 39), f"family {family}")
    expect(is_proved(w, merge(w, text(LIST), policy=extended), policy=extended), "extended")
    expect(is_proved(w, merge(w, text(LIST), policy=extended)), "the extended list lacks the core")
    lax = policy(socketcall="allow", ioUring="allow")
    some = merge(w, text(LIST), policy=lax)
    expect(is_proved(w, some, policy=lax) and not is_proved(w, some), "socketcall or io_uring")
    code, out, err = seccomp(w, "prove", "-", stdin=core, policy=w.path("missing.json"))
    expect((code, out) == (POLICY, b""), f"ended with {code}: {err!r}")
    one_line(err)


def raw_sockets_may_be_logged_or_spared(w):
    logged = w.write_policy("log.json", rawSockets={"action": "report"})
    expect(not is_proved(w, text(LIST), policy=logged), "logged before")
    merged = merge(w, text(LIST), policy=logged)
    code, out, err = seccomp(w, "prove", "-", stdin=merged, policy=logged)
    expect(code == ALLOW and b": proved: no raw socket goes unlogged on " in out, f"{out!r}")
    for family, kind, action in ((17, 3, LOG), (2, 0x80003, LOG), (2, 1, LET), (16, 3, LET)):
        said = answer(json.loads(merged), "socket", [family, kind, 0, 0, 0, 0])[0]
        expect(said == action, f"socket({family}, {kind}): {said}")
    spared = w.write_policy("spared.json", rawSockets={"allow": ["AF_PACKET"]})
    merged = merge(w, text(LIST), policy=spared)
    expect(is_proved(w, merged, policy=spared), "not proved")
    for family, kind, action in ((17, 3, LET), (2, 10, LET), (2, 3, DENY), (10, 3, DENY)):
        said = answer(json.loads(merged), "socket", [family, kind, 0, 0, 0, 0])[0]
        expect(said == action, f"socket({family}, {kind}): {said}")
    _, [proof] = prove(w, merged)
    args = arguments_of(proof["counterexample"])
    expect(args[0] == 17 or args[:2] == [2, 10], f"{proof}")


def what_is_stricter_is_told(w):
    usual = entry("read write socketcall exit_group", LET)
    odd = profile(DENY, usual, entry("socket", LET, (1, "EQ", 3), (1, "NE", 7)))
    fails(w, REFUSED, "merge", "-", stdin=text(odd), says=b"too many rules for socket")
    policy = w.write_policy("stricter.json", rawSockets={"inexact": "stricter"})
    code, merged, err = seccomp(w, "merge", "-", stdin=text(odd), policy=policy)
    expect(code == ALLOW and b": fit: stricter" in err, f"ended with {code}: {err!r}")
    told = [line for line in err.splitlines() if b": stricter: socket" in line]
    expect(told, f"said {err!r}")
    expect(is_proved(w, merged), "not proved")
    changes = diff(w, odd, json.loads(merged))
    expect({c["after"] for c in changes} == {DENY}, f"looser: {changes}")
    expect({n for c in changes for n in c["calls"]} <= set(CALLS), f"other calls: {changes}")


def what_is_stricter_is_told_for_each_case(w):
    """Each with conditions on one argument, which cannot be kept."""
    document = template(
        DENY,
        entry("read write socketcall exit_group", LET),
        entry("socket", LET, (1, "EQ", 3), (1, "NE", 7), includes={"caps": ["CAP_X"]}),
        entry("socket", LET, (1, "EQ", 4), (1, "NE", 9), excludes={"caps": ["CAP_X"]}),
    )
    policy = w.write_policy("stricter.json", rawSockets={"inexact": "stricter"})
    code, merged, err = seccomp(w, "merge", "-", stdin=text(document), policy=policy)
    expect(code == ALLOW and b": fit: stricter" in err, f"ended with {code}: {err!r}")
    lines = [line for line in err.decode().splitlines() if ": stricter: " in line]
    for caps, which in (((), "without CAP_X"), (("CAP_X",), "with CAP_X")):
        old, new = resolved(document, *caps), resolved(json.loads(merged), *caps)
        told = {line.split(": ")[4] for line in lines if f": stricter: {which}: " in line}
        expect(told, f"nothing about {which}: {lines}")
        changes = diff(w, old, new)
        expect(changes and not any(map(gets_looser, changes)), f"{which}: {changes}")
        # What Q asks for differs as well: socketcall() and types that make raw sockets.
        differ = {f"{n} on {c['abi']}" for c in changes for n in c["calls"]}
        expect(told <= differ, f"{which}: {told} is not among {differ}")
        for line in (line for line in lines if f": stricter: {which}: socket on x86_64: " in line):
            numbers = re.search(r"example family == (\w+), type == (\w+), protocol == (\w+)", line)
            args = [*(int(n, 0) for n in numbers.groups()), 0, 0, 0]
            expect(not makes_raw_socket(args), f"what is asked for is told: {line}")
            before, after = (answer_any(d, "socket", args) for d in (old, new))
            expect((before, after) == (LET, DENY), f"{before}, {after}: {line}")
    expect(len(lines) == sum(": with" in line for line in lines), f"without a case: {lines}")


def answer_any(document, name, args):
    """answer()'s action where conditions on one argument are an "or"."""
    for e in document["syscalls"]:
        conditions = e.get("args") or ()
        indices = [c["index"] for c in conditions]
        some = any if len(set(indices)) < len(indices) else all
        if name in e["names"] and some(holds(c, args) for c in conditions):
            return e["action"]
    return document["defaultAction"]


def other_machines(w):
    for machine in MACHINES:
        archs = {"architectures": []}
        merged = merge(w, text({**LIST, **archs}), "--arch", machine)
        _, [proof] = prove(w, merged, "--arch", machine)
        expect(proof["proved"], f"{machine}: {proof}")
        expect(is_proved(w, merge(w, b"{}", "--arch", machine), "--arch", machine), machine)
        expect(not is_proved(w, b"{}", "--arch", machine), machine)
    swapped = profile(DENY, entry("socket", LET, (0, "NE", 17)), architectures=[])
    proofs = [prove(w, text(swapped), "--arch", m)[1][0] for m in ("s390x", "x86_64")]
    for proof in proofs:
        expect(makes_raw_socket(arguments_of(proof["counterexample"])), f"{proof}")
    expect(proofs[0]["abis"] == ["s390x", "s390"], f"{proofs[0]}")
    code, out, err = seccomp(w, "merge", "--arch", "loongarch64", "-", stdin=b"{}")
    expect(code == ALLOW or b"libseccomp makes no filters for " in err, f"said {err!r}")
    unknown = fails(w, USAGE, "prove", "--arch", "vax", "-", says=b"x86_64, aarch64, s390x")
    expect(b"uname" in unknown, f"said {unknown!r}")
    for name in ("", "X86_64", "amd64", "x86_64\n"):
        fails(w, USAGE, "prove", "--arch", name, "-")


# --- diff -----------------------------------------------------------------------------------------


def each_difference_differs(w, old, new, changes):
    for change in changes:
        if change["abi"] != "x86_64" or change["calls"] == ["numbers without a name"]:
            continue
        args = arguments_of(change["example"])
        for name in change["calls"]:
            for document, action in ((old, "before"), (new, "after")):
                said = (change[action], change.get(f"{action}Errno"))
                got = answer(document, name, args)[:2]
                expect(got == said, f"{name}{args}: {action} {got}, not {said}")
        expect(change["example"]["call"] == change["calls"][0], f"{change}")


def of_x86_64(changes):
    return [c for c in changes if c["abi"] == "x86_64"]


def equal_profiles(w):
    swapped = profile(DENY, *reversed(LIST["syscalls"]))
    again = profile(DENY, *LIST["syscalls"], entry("read", LET), entry("write", DENY))
    config = {"ociVersion": "1", "linux": {"seccomp": LIST}}
    for other in (LIST, swapped, again, config):
        expect(diff(w, LIST, other) == [], "a difference")
        expect(diff_text(w, LIST, other) == (ALLOW, b""), "something was printed")
    expect(diff(w, {}, profile(LET, architectures=["SCMP_ARCH_X86", "SCMP_ARCH_X32"])) == [], "{}")
    expect(diff(w, TEMPLATE, TEMPLATE) == [], "a template differs from itself")


def differences_without_conditions(w):
    old = profile(DENY, entry("read write getpid", LET), entry("getuid", LOG))
    new = profile(DENY, entry("read getppid getgid", LET), entry("getuid", DENY, errnoRet=5))
    changes = diff(w, old, new)
    each_difference_differs(w, old, new, changes)
    got = {(c["before"], c["after"], c.get("afterErrno")): c["calls"] for c in of_x86_64(changes)}
    wanted = {
        (LET, DENY, 1): ["write", "getpid"],
        (DENY, LET, None): ["getppid", "getgid"],
        (LOG, DENY, 5): ["getuid"],
    }
    expect({k: sorted(v) for k, v in got.items()} == {k: sorted(v) for k, v in wanted.items()}, got)
    expect(all(c["where"] == ["any arguments"] for c in changes), "conditions")
    code, out = diff_text(w, old, new)
    expect(code == REFUSED, f"ended with {code}")
    expect(b"x86_64: SCMP_ACT_ALLOW -> SCMP_ACT_ERRNO(1): write, getpid\n" in out, out)
    expect(b"x86_64: SCMP_ACT_LOG -> SCMP_ACT_ERRNO(5): getuid\n" in out, out)


def differences_with_conditions(w):
    kinds = [
        ((0, "NE", 5),), ((0, "EQ", 5),), ((1, "LT", 5),), ((1, "LE", 1 << 40),), ((2, "GE", 7),),
        ((5, "GT", 0),), ((3, "MASKED_EQ", 0xF0, 0x10),), ((0, "EQ", 1), (2, "NE", 1 << 63)),
        ((0, "MASKED_EQ", 1 << 63 | 1, 1),), ((4, "GT", (1 << 64) - 2),), (),
    ]  # fmt: skip
    for left in kinds:
        for right in kinds:
            if left == right:
                continue
            old = profile(DENY, entry("mount", LET, *left), architectures=[])
            new = profile(DENY, entry("mount", LET, *right), architectures=[])
            changes = diff(w, old, new)
            expect({tuple(c["calls"]) for c in changes} == {("mount",)}, f"{changes}")
            each_difference_differs(w, old, new, changes)
    old, new = (profile(DENY, entry("mount", LET, *kinds[k]), architectures=[]) for k in (-1, 0))
    expect(diff_text(w, old, new) == (REFUSED,
        b"x86_64: SCMP_ACT_ALLOW -> SCMP_ACT_ERRNO(1): mount\n"
        b"    where argument 0 == 5\n"
        b"    for example mount(5, 0, 0, 0, 0, 0) on x86_64\n"), "text")  # fmt: skip
    merged = json.loads(merge(w, text(LIST)))
    raw = [c for c in of_x86_64(diff(w, LIST, merged)) if c.get("afterErrno") == 1]
    sockets = [c for c in raw if c["calls"] == ["socket"]]
    expect(sockets and all(answer(merged, "socket", arguments_of(c["example"]))[0] == DENY
                           for c in sockets), f"{raw}")  # fmt: skip
    names = {n for c in diff(w, LIST, merged) for n in c["calls"]}
    expect(names <= set(CALLS), f"a merge changes {names}")


def calls_that_differ_alike_are_put_together(w):
    old = profile(DENY, entry("mount umount2 ptrace chdir", LET), architectures=[])
    new = profile(
        DENY,
        entry("mount", LET, (0, "EQ", 5)),
        entry("ptrace", LET, (0, "EQ", 5)),
        entry("umount2", LET, (0, "EQ", 6)),
        entry("chdir", LET, (1, "EQ", 5)),
        architectures=[],
    )
    changes = diff(w, old, new)
    each_difference_differs(w, old, new, changes)
    groups = sorted(sorted(c["calls"]) for c in changes if c["abi"] == "x86_64")
    expect(groups == [["chdir"], ["mount", "ptrace"], ["umount2"]], f"{groups}")
    # The first eight parts of these two sets are the same text.
    many = [(0, "EQ", 1 << i) for i in range(20)]
    for rules, wanted in ((many, [["mount", "umount2"]]), (many[:-1], [["mount"], ["umount2"]])):
        new = profile(
            DENY,
            *(entry("mount", LET, rule) for rule in many),
            *(entry("umount2", LET, rule) for rule in rules),
            entry("ptrace chdir", LET),
            architectures=[],
        )
        changes = diff(w, old, new)
        each_difference_differs(w, old, new, changes)
        groups = sorted(sorted(c["calls"]) for c in changes)
        expect(groups == wanted, f"{groups}, not {wanted}")


def a_call_of_one_machine_has_its_name(w):
    """Arm's own calls are numbered far above all others."""
    few = profile(DENY, entry("read", LET), architectures=[])
    for names in (["cacheflush"], ["cacheflush", "set_tls"], ["breakpoint"]):
        more = profile(DENY, entry(" ".join(["read", *names]), LET), architectures=[])
        changes = diff(w, few, more, "--arch", "armv7l")
        got = [(c["abi"], sorted(c["calls"])) for c in changes]
        expect(sorted(n for _, calls in got for n in calls) == names, f"{got}")


def differences_of_the_rest(w):
    """Default actions, errnos, architectures, and numbers that have no name."""
    some = entry("read write", LET)
    changes = diff(w, profile(DENY, some), profile(LOG, some))
    calls = {n for c in of_x86_64(changes) for n in c["calls"]}
    expect({"open", "mount", "numbers without a name"} <= calls, f"{calls}")
    expect(not {"read", "write"} & calls, "what has entries differs")
    expect({(c["before"], c["beforeErrno"], c["after"]) for c in changes} == {(DENY, 1, LOG)}, "")
    each_difference_differs(w, profile(DENY, some), profile(LOG, some), changes)
    changes = diff(w, profile(DENY, some), profile(DENY, some, defaultErrnoRet=38))
    expect({(c["beforeErrno"], c["afterErrno"]) for c in changes} == {(1, 38)}, f"{changes}")
    expect({c["abi"] for c in changes} == {"x86_64", "x86", "x32"}, f"{changes}")
    two = profile(DENY, some, architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"])
    changes = diff(w, profile(DENY, some), two)
    expect({c["abi"] for c in changes} == {"x86"}, f"{changes}")
    pairs = {(c["before"], c["after"]) for c in changes}
    expect(pairs == {(LET, "SCMP_ACT_KILL"), (DENY, "SCMP_ACT_KILL")}, f"{pairs}")
    changes = diff(w, {}, profile(LET, entry("read", DENY), architectures=[]))
    expect({c["abi"]: c["after"] for c in changes}["x86"] == "SCMP_ACT_KILL", f"{changes}")
    arm = diff(w, {}, profile(LET, entry("read", DENY), architectures=[]), "--arch", "riscv64")
    expect([(c["abi"], c["calls"]) for c in arm] == [("riscv64", ["read"])], f"{arm}")


def templates_are_resolved_to_be_compared(w):
    def resolved(caps):
        allowed = {"allow": caps}
        policy = w.write_policy("caps.json", capabilities=allowed)
        plain = profile(DENY, entry("read write socketcall exit_group ptrace", LET),
                        entry("socket", LET), architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
                        defaultErrnoRet=38)  # fmt: skip
        files = [w.write("t.json", text(TEMPLATE)), w.write("p.json", text(plain))]
        code, out, err = seccomp(w, "--diff", *files, policy=policy)
        expect(b"as for the capabilities that the policy allows" in err, f"said {err!r}")
        return code, out

    expect(resolved(["AUDIT_WRITE"]) == (ALLOW, b""), "with the capability they are equal")
    code, out = resolved([])
    expect(code == REFUSED and b"socket\n    where family == 16, protocol == 9\n" in out, f"{out}")
    code, out = resolved(["AUDIT_WRITE", "SYS_BOOT"])
    line = b"x86_64: SCMP_ACT_ALLOW -> SCMP_ACT_ERRNO(38): reboot\n"
    expect(code == REFUSED and out.startswith(line), f"{out}")


# --- bad input ------------------------------------------------------------------------------------


def files_that_are_none(w):
    good = w.write("good.json", text(LIST))
    whole = text(LIST)
    cut = [whole[:end] for end in range(0, len(whole), 7)]
    none = (b"null", b"[]", b"7", b'"x"', b"\0", b"{} {}", b"[" * 100000, whole + b"x", b"\xff")
    for content in (*cut, *none):
        path = w.write("bad.json", content)
        for arguments in (("merge", path), ("prove", path), ("--diff", good, path)):
            fails(w, INPUT, *arguments, says=b"bad.json: ")
    for path, says in ((w.path("missing"), b"does not exist"), (w.place, b"a directory")):
        for arguments in (("merge", path), ("prove", path), ("--diff", path, good)):
            fails(w, INPUT, *arguments, says=says)
    fails(w, INPUT, "--diff", "-", "-", stdin=whole, says=b"empty, not a JSON document")
    large = w.path("large.json")
    with open(large, "wb") as file:
        file.write(b'{"x":"')
        for _ in range(100):
            file.write(b"x" * 1024 * 1024)
    for arguments in (("merge", large), ("prove", large), ("--diff", good, large)):
        fails(w, INPUT, *arguments, says=b"larger than")
    with open(large, "rb") as stdin:
        fails(w, INPUT, "merge", "-", stdin=stdin, says=b"larger than")


def names_in_a_file_reach_no_terminal(w):
    for name in ("\x1b[2J\x9b31m\r\n", "permission denied", "x" * 5000):
        fails(w, INPUT, "prove", "-", stdin=text(profile(name)))
        fails(w, INPUT, "merge", "-", stdin=text(template(DENY, {"names": [], "action": name})))
        odd = template(DENY, entry("socket", LET, includes={"caps": [name]}))
        code, out, err = seccomp(w, "prove", "-", stdin=text(odd))
        expect(code == REFUSED and out.count(b"\n") == 2, f"{out!r} {err!r}")
        expect(not {0x1B, 0x9B, 0x0D} & set(out + err), f"{out!r} {err!r}")
        code, out, err = seccomp(w, "prove", "--format", "json", "-", stdin=text(odd))
        got = [json.loads(line) for line in out.splitlines()]
        expect(got[1]["with"] == [name], f"{got}")


def output_that_cannot_be_written(w):
    good = w.write("good.json", text(TEMPLATE))
    other = w.write("other.json", text(LIST))
    for arguments in (
        ("merge", good), ("prove", good), ("prove", "--format", "json", good),
        ("--diff", good, other), ("--diff", "--format", "json", good, good),
    ):  # fmt: skip
        with open("/dev/full", "wb") as full:
            code, _, err = seccomp(w, *arguments, stdout=full)
        expect(code == SYSTEM, f"{arguments}: ended with {code}: {err!r}")
        one_line(err.splitlines(keepends=True)[-1])
        expect(err.count(b"drawbolt: error: ") == 1, f"said {err!r}")
    big = profile(DENY, *LIST["syscalls"], *(entry(f"call_{i}", LET) for i in range(20000)))
    path = w.write("big.json", text(big))
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [w.program, "seccomp", "merge", "--policy", w.policy, path]
    done = subprocess.run(
        command, stdout=write_end, stderr=subprocess.PIPE, check=False, timeout=60,
        env=w.environment,
    )  # fmt: skip
    os.close(write_end)
    expect(done.returncode == SYSTEM, f"ended with {done.returncode}: {done.stderr!r}")
    one_line(done.stderr.splitlines(keepends=True)[-1])


def mistakes_on_the_command_line(w):
    good = w.write("good.json", text(LIST))
    for arguments in (
        (), ("merge",), ("prove",), (good,), ("check", good), ("Merge", good), ("", good),
        ("merge", good, good), ("prove", good, good), ("--diff",), ("--diff", good),
        ("--diff", good, good, good), ("merge", "--format", "json", good),
        ("prove", "--as", "bundle", good), ("prove", "--format", "yaml", good),
        ("prove", "--format", "", good), ("prove", "--x", good), ("prove", good, "--arch"),
    ):  # fmt: skip
        fails(w, USAGE, *arguments)
    w.fails(USAGE, "check", "--arch", "x86_64", "--policy", w.policy, good)


ALL = (
    the_three_formats,
    podmans_own_profile,
    a_second_merge_changes_nothing,
    no_profile_becomes_one,
    templates_stay_templates,
    templates_with_several_capabilities,
    a_rule_of_some_containers_takes_others_away,
    a_merge_holds_for_those_containers_too,
    a_merge_lets_nothing_through_for_some,
    templates_that_are_refused,
    templates_that_are_none,
    configurations_that_are_none,
    files_that_are_two_things,
    what_cannot_be_merged_is_refused,
    the_counterexample_is_one,
    what_no_entry_of_the_call_lets_through,
    the_forms_of_a_proof,
    an_entry_is_counted_in_the_file,
    the_policy_says_what_is_denied,
    raw_sockets_may_be_logged_or_spared,
    what_is_stricter_is_told,
    what_is_stricter_is_told_for_each_case,
    other_machines,
    equal_profiles,
    differences_without_conditions,
    differences_with_conditions,
    calls_that_differ_alike_are_put_together,
    a_call_of_one_machine_has_its_name,
    differences_of_the_rest,
    templates_are_resolved_to_be_compared,
    files_that_are_none,
    names_in_a_file_reach_no_terminal,
    output_that_cannot_be_written,
    mistakes_on_the_command_line,
)


if __name__ == "__main__":
    if os.uname().machine != "x86_64":
        print("SKIPPED: what it expects is of x86_64")
        sys.exit(1 if MUST_RUN else 77)
    sys.exit(run_tests(ALL))
