#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges documents with the real program and compares the decisions with what is expected.

    run.py DRAWBOLT SRCDIR REPLAY_RECORDS [SUBSTRING]

tests/cases/<rule>/<case>/ holds config.json, expect.json and, where the built-in policy will not
do, policy.json. A rule about exec has process.json instead, which goes through `check` and
`runtime runc exec` with a runtime that prints what it is given; what it says under "exec" is
expected of that one. tests/cases/odd-bytes/ holds documents that are unusual as text. Each document
goes through `check` and `precreate`. What expect.json says at its top is expected of both, and what it
says under "precreate" of that one, which looks at the machine; "says" are parts of findings'
texts, and "fit" is that of the merged filter, null for none. In a config.json "@JOINED@" stands
for a network namespace with a process in it, "@EMPTY@" for one without, mounted where nobody can swap
it, and "@SWAPPABLE@" for the same one by a path that could lead elsewhere when the runtime goes it.

The recordings of tests/data/configs are judged in the same way; recordings.json has what is
expected of them. As their network namespaces are long gone, `precreate` gets them with a new one.

Whatever the document: the record fits its schema; its edits, applied as a JSON Patch, give what
`precreate` printed; every member that no edit is about has the bytes that it had; and what was
rewritten comes out of a second run byte for byte, with nothing left to rewrite. And what the record
tells is enough to decide once more: that gives the same bytes, but for what is not told.

Ends with 77, "skipped", without jsonschema, jsonpatch or a directory that only this user can write;
BOLT_MUST_RUN=1 makes that a failure.
"""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile

MUST_RUN = os.environ.get("BOLT_MUST_RUN", "0") != "0"


def cannot(why):
    print(why)
    sys.exit(1 if MUST_RUN else 77)


try:
    import jsonpatch
    import jsonschema
except ImportError as missing:
    cannot(f"SKIPPED: {missing} (Debian: python3-jsonschema, python3-jsonpatch)")

MENDING = {"capability-not-allowed", "exec-capability", "port-start-range", "raw-sockets", "runtime-annotation"}


class Wrong(Exception):
    """What a case says when it fails."""


def expect(condition, why):
    if not condition:
        raise Wrong(why)


# --- JSON, without losing a digit ---------------------------------------------------------------


def numbers_as_text(text):
    return json.loads(text, parse_float=lambda t: {"float": t}, parse_int=lambda t: {"int": t})


def members(text, start):
    """The members of the container at start: (name or None, start, start of the value, end)."""
    decoder = json.JSONDecoder()
    is_object = text[start] == "{"
    out = []
    at = start + 1
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] in "]}":
            return out
        begin, name = at, None
        if is_object:
            name, at = decoder.raw_decode(text, at)
            while text[at] in " \t\r\n:":
                at += 1
        value = at
        _, at = decoder.raw_decode(text, at)
        out.append((name, begin, value, at))


def tokens_of(edits):
    def decode(token):
        return token.replace("~1", "/").replace("~0", "~")

    return [[decode(t) for t in e["path"].split("/")[1:]] for e in edits]


def compare_bytes(before, after, at_before, at_after, paths):
    """All but what the paths lead to is the same text, and in the same order."""
    touched = {path[0] for path in paths}
    old = members(before, at_before)
    new = members(after, at_after)
    if before[at_before] == "[":
        # Elements may have moved; those that stay are still there, whole and in order.
        places = iter(after[begin:end] for _, begin, _, end in new)
        for index, (_, begin, _, end) in enumerate(old):
            if str(index) not in touched:
                expect(before[begin:end] in places, f"element {before[begin:end]} changed")
        return
    by_name = {m[0]: m for m in new}
    kept = [m[0] for m in old if m[0] in by_name]
    expect(kept == [m[0] for m in new][: len(kept)], "members changed places")
    for name, begin, value, end in old:
        deeper = [path[1:] for path in paths if path[0] == name]
        if not deeper:
            expect(name in by_name, f"member {name} is gone")
            _, new_begin, _, new_end = by_name[name]
            expect(before[begin:end] == after[new_begin:new_end], f"bytes of {name} changed")
        elif [] not in deeper and before[value] in "[{":
            compare_bytes(before, after, value, by_name[name][2], deeper)


# --- the program --------------------------------------------------------------------------------


# What a record does not keep, or not in a form that could be replayed.
NOT_REPLAYED = ("time", "version", "runtime", "edits", "seccomp", "policy", "input", "duration_us")


class Judge:
    def __init__(self, program, source, replayer, place):
        self.program = program
        self.replayer = replayer
        self.place = place
        self.stub = f"{place}/stub"
        with open(self.stub, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\ncase $2 in --process) exec cat "$3" ;; esac\nexit 9\n')
        os.chmod(self.stub, 0o755)
        with open(f"{source}/schemas/decision.schema.json", encoding="utf-8") as schema:
            self.validator = jsonschema.Draft202012Validator(json.load(schema))

    def policy(self, path):
        """The case's policy, with a log of its own."""
        policy = {"version": 1}
        if path is not None and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                policy = json.load(file)
        log = f"{self.place}/decisions.jsonl"
        if os.path.exists(log):
            os.remove(log)
        policy["log"] = {"file": log, "syslog": False}
        policy["runtimes"] = {"runc": self.stub, "crun": self.stub}
        out = f"{self.place}/policy.json"
        with open(out, "w", encoding="utf-8") as file:
            json.dump(policy, file)
        return out, log

    def run(self, document, *arguments):
        return subprocess.run(
            [self.program, *arguments],
            input=document,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def replay(self, text, policy):
        done = subprocess.run(
            [self.replayer, policy], input=text, capture_output=True, timeout=60, check=True
        )
        again = {**json.loads(text), **json.loads(done.stdout)}
        for name in NOT_REPLAYED:
            again.pop(name, None)
        once = {k: v for k, v in json.loads(text).items() if k not in NOT_REPLAYED}
        expect(json.dumps(again) == json.dumps(once), f"a replay differs: {again}, not {once}")

    def record(self, text, policy):
        expect(text.endswith(b"\n") and text.count(b"\n") == 1, f"not one line: {text!r}")
        record = json.loads(text)
        problems = [e.message for e in self.validator.iter_errors(record)]
        expect(not problems, f"the record does not fit its schema: {problems}")
        self.replay(text, policy)
        return record

    def check(self, document, policy):
        done = self.run(document, "check", "--format", "json", "--policy", policy, "-")
        expect(done.stderr == b"", f"check says {done.stderr!r}")
        record = self.record(done.stdout, policy)
        serious = any(f["action"] in ("refuse", "rewrite") for f in record["findings"])
        code = 1 if serious and record["mode"] == "enforce" else 0
        expect(done.returncode == code, f"check ends with {done.returncode}, not {code}")
        return record

    def exec(self, document, policy, log):
        path = f"{self.place}/process.json"
        with open(path, "wb") as file:
            file.write(document)
        call = ["runtime", "--policy", policy, "runc", "exec", "--process", path, "c1"]
        return self.gate(self.run(b"", *call), policy, log)

    def precreate(self, document, policy, log):
        return self.gate(self.run(document, "precreate", "--policy", policy), policy, log)

    def gate(self, done, policy, log):
        with open(log, "rb") as file:
            record = self.record(file.read(), policy)
        os.remove(log)
        if record["verdict"] == "refuse":
            expect(done.returncode == 1, f"the gate ends with {done.returncode}, not 1")
            expect(done.stdout == b"", "a refusal prints a document")
            expect(done.stderr.startswith(b"drawbolt: refused: "), f"{done.stderr!r}")
            expect(done.stderr.count(b"\n") == 1, f"not one line: {done.stderr!r}")
            return record, None
        expect(done.returncode == 0, f"the gate ends with {done.returncode}, not 0")
        expect(done.stderr == b"", f"the gate says {done.stderr!r}")
        return record, done.stdout

    def whole(self, document, policy, log, gate=None):
        """precreate, and what must be true of it whatever the document."""
        gate = gate or self.precreate
        record, out = gate(document, policy, log)
        if out is None:
            expect(record["edits"] == [], "a refusal has edits")
            return record
        if not record["edits"]:
            expect(out == document, "nothing is edited and bytes changed")
            return record
        expect(record["mode"] == "enforce", "mode report has edits")
        before, after = document.decode(), out.decode()
        # Paths of a patch are right when their turn comes; those of untouched places never change.
        compare_bytes(
            before, after, before.index("{"), after.index("{"), tokens_of(record["edits"])
        )
        patch = numbers_as_text(json.dumps(record["edits"]))
        patched = jsonpatch.apply_patch(numbers_as_text(before), patch)
        expect(patched == numbers_as_text(after), "the record's edits give another document")
        second, again = gate(out, policy, log)
        expect(again == out, "a second run changes what the first one wrote")
        left = [f for f in second["findings"] if f["action"] in ("refuse", "rewrite")]
        expect(not left, f"the second run still finds {left}")
        return record


# --- expectations -------------------------------------------------------------------------------


def brief(record):
    return {
        "verdict": record["verdict"],
        "findings": [
            {key: f[key] for key in ("rule", "subject", "action")} for f in record["findings"]
        ],
        "unchecked": sorted({u["rule"] for u in record["unchecked"]}),
    }


def compare(what, record, wanted):
    got = brief(record)
    for key in ("verdict", "findings", "unchecked"):
        expect(got[key] == wanted[key], f"{what}: {key}: {got[key]}, not {wanted[key]}")
    texts = [f["text"] for f in record["findings"]]
    for part in wanted.get("says", []):
        expect(any(part in text for text in texts), f"{what}: {part!r} is in none of {texts}")
    if "fit" in wanted:
        fit = record.get("seccomp", {}).get("fit")
        expect(fit == wanted["fit"], f"{what}: fit {fit}, not {wanted['fit']}")


CLONE_NEWNS = 0x00020000
MS_PRIVATE_BELOW = 0x4000 | 1 << 18  # MS_REC | MS_PRIVATE


class Networks:
    """A namespace with a process in it, and one that only a mount keeps."""

    def __init__(self, place):
        self.mounted = f"{place}/network"
        self.inhabitant = self.swappable = None

    def start(self):
        command = ["unshare", "-n", "sh", "-c", "echo; exec cat"]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        if child.stdout.read(1) == b"\n":
            return child
        child.wait()
        return None

    def mount(self, path):
        """In a mount namespace of our own, which the machine does not notice."""
        libc = ctypes.CDLL(None)
        if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_PRIVATE_BELOW, None):
            return False
        with open(self.mounted, "wb"):
            pass
        bind = ["mount", "--bind", path, self.mounted]
        return subprocess.run(bind, capture_output=True, check=False).returncode == 0

    def paths(self):
        if self.inhabitant is None:
            self.inhabitant = self.start()
            gone = self.start()
            if gone is not None:
                path = f"/proc/{gone.pid}/ns/net"
                if self.mount(path):
                    self.swappable = os.open(path, os.O_RDONLY)
                gone.communicate()
        if self.inhabitant is None or self.swappable is None:
            return None
        return {
            b"@JOINED@": f"/proc/{self.inhabitant.pid}/ns/net".encode(),
            b"@EMPTY@": self.mounted.encode(),
            b"@SWAPPABLE@": f"/proc/{os.getpid()}/fd/{self.swappable}".encode(),
        }

    def stop(self):
        if self.inhabitant is not None:
            self.inhabitant.communicate()
        if self.swappable is not None:
            os.close(self.swappable)
            subprocess.run(["umount", self.mounted], check=True)


def run_exec(judge, directory):
    with open(f"{directory}/process.json", "rb") as file:
        document = file.read()
    with open(f"{directory}/expect.json", encoding="utf-8") as file:
        wanted = json.load(file)
    policy, log = judge.policy(f"{directory}/policy.json")
    compare("check", judge.check(document, policy), wanted)
    record = judge.whole(document, policy, log, judge.exec)
    compare("exec", record, wanted.get("exec", wanted))
    expect(record["container"]["id"]["value"] == "c1", "the record has another id")
    expect((record["point"], record["runtime"]) == ("runtime:exec", "runc"), "a wrong point")
    return True


def run_case(judge, networks, directory):
    if os.path.exists(f"{directory}/process.json"):
        return run_exec(judge, directory)
    with open(f"{directory}/config.json", "rb") as file:
        document = file.read()
    with open(f"{directory}/expect.json", encoding="utf-8") as file:
        wanted = json.load(file)
    if any(mark in document for mark in (b"@JOINED@", b"@EMPTY@", b"@SWAPPABLE@")):
        paths = networks.paths()
        if paths is None:
            return False
        for mark, path in paths.items():
            document = document.replace(mark, path)
    policy, log = judge.policy(f"{directory}/policy.json")
    compare("check", judge.check(document, policy), wanted)
    expect(not os.path.exists(log), "check wrote to the log")
    compare("precreate", judge.whole(document, policy, log), wanted.get("precreate", wanted))
    return True


def with_new_network(document):
    """The document with a new network namespace for the one at a path; no other byte changes."""
    text = document.decode()
    for namespace in json.loads(text)["linux"]["namespaces"]:
        if namespace["type"] == "network" and "path" in namespace:
            at = text.index(json.dumps(namespace["path"]))
            start = text.rindex("{", 0, at)
            end = text.index("}", at) + 1
            text = text[:start] + '{"type":"network"}' + text[end:]
    return text.encode()


def run_recording(judge, path, wanted):
    with open(path, "rb") as file:
        document = file.read()
    policy, log = judge.policy(None)
    compare("check", judge.check(document, policy), wanted)
    record = judge.whole(with_new_network(document), policy, log)
    compare("precreate", record, wanted.get("precreate", wanted))


# --- the lot ------------------------------------------------------------------------------------


def outcomes(rule, directories):
    """What the cases of a rule show: its actions, and "clean"."""
    seen = set()
    for directory in directories:
        with open(f"{directory}/expect.json", encoding="utf-8") as file:
            wanted = json.load(file)
        for part in (wanted, wanted.get("precreate", wanted)):
            own = [f["action"] for f in part["findings"] if f["rule"] == rule]
            seen.update(own)
            if not own and rule not in part["unchecked"]:
                seen.add("clean")
    return seen


def check_coverage(program, root):
    """Every rule has its directory, with a case of each outcome; no directory is of no rule."""
    listing = subprocess.run([program, "rules"], capture_output=True, text=True, check=True)
    rules = [line.split("\t")[0] for line in listing.stdout.splitlines()]
    found = sorted(n for n in os.listdir(root) if os.path.isdir(f"{root}/{n}"))
    expect(found == sorted([*rules, "odd-bytes"]), f"rules are {rules}, directories {found}")
    for rule in rules:
        wanted = {"clean", "refuse", "report"} | ({"rewrite"} if rule in MENDING else set())
        cases = [f"{root}/{rule}/{n}" for n in os.listdir(f"{root}/{rule}")]
        missing = wanted - outcomes(rule, cases)
        expect(not missing, f"{rule} has no case of {missing}")


def find_place(program):
    """A directory in which a policy is trusted: /tmp is none."""
    for parent in ("/run", os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("HOME"), os.getcwd()):
        if not parent or not os.access(parent, os.W_OK):
            continue
        place = tempfile.mkdtemp(prefix="drawbolt-cases.", dir=parent)
        with open(f"{place}/policy.json", "w", encoding="utf-8") as file:
            file.write('{"version": 1}')
        os.chmod(f"{place}/policy.json", 0o644)
        tried = subprocess.run(
            [program, "policy", "show", f"{place}/policy.json"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return place
        shutil.rmtree(place)
    cannot("SKIPPED: no directory that only this user can write")
    return None


def attempt(tally, name, run):
    try:
        ran = run()
    except (Wrong, OSError, ValueError, jsonpatch.JsonPatchException) as wrong:
        print(f"not ok {name}: {wrong}")
        tally["failed"] += 1
        return
    if ran is False:
        print(f"ok {name} # SKIP no network namespace can be made here")
        tally["skipped"] += 1
        return
    tally["passed"] += 1


def run_all(judge, source, pattern, tally):
    root = f"{source}/tests/cases"
    configs = f"{source}/tests/data/configs"
    networks = Networks(judge.place)
    attempt(tally, "coverage", lambda: check_coverage(judge.program, root))
    for group in sorted(n for n in os.listdir(root) if os.path.isdir(f"{root}/{n}")):
        for case in sorted(os.listdir(f"{root}/{group}")):
            if pattern in f"{group}/{case}":
                directory = f"{root}/{group}/{case}"
                attempt(
                    tally,
                    f"{group}/{case}",
                    lambda directory=directory: run_case(judge, networks, directory),
                )
    networks.stop()
    with open(f"{root}/recordings.json", encoding="utf-8") as file:
        recordings = json.load(file)
    names = sorted(n for n in os.listdir(configs) if n.endswith(".json"))
    if names != sorted(recordings):
        print(f"not ok recordings: {set(names) ^ set(recordings)} without a counterpart")
        tally["failed"] += 1
    for name in names:
        if pattern in name and name in recordings:
            attempt(
                tally,
                name,
                lambda name=name: run_recording(judge, f"{configs}/{name}", recordings[name]),
            )


def main():
    program, source, replayer = map(os.path.abspath, sys.argv[1:4])
    pattern = sys.argv[4] if len(sys.argv) > 4 else ""
    tally = {"passed": 0, "failed": 0, "skipped": 0}
    place = find_place(program)
    try:
        run_all(Judge(program, source, replayer, place), source, pattern, tally)
    finally:
        shutil.rmtree(place)
    print(", ".join(f"{count} {name}" for name, count in tally.items()))
    failed = tally["failed"] or (MUST_RUN and tally["skipped"])
    return 1 if failed or not tally["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
