# SPDX-License-Identifier: Apache-2.0
"""Compares schemas/*.json with the program, both ways.

- Every file in tests/policy/good is accepted by the schema and the loader, every file in bad is
  refused by both, every file in bad/code-only by the loader alone.
- Members and defaults of the schema are those of the built-in policy as the loader shows it, and
  the manual names each of them with its default; the policies in the manual are accepted by both.
- Some thousand mutants of the good files get the same answer from both.
- The other schemas accept their own examples and refuse them with a member missing or added; with
  DRAWBOLT, they accept what the program writes: records, proofs and differences.

Usage: schemas.py POLICY_JUDGE SRCDIR [DRAWBOLT]
"""
import copy
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import jsonschema

MUTANTS = 2500
SEED = 20260331

# Where the schema cannot say what the loader means; tests/policy/bad/code-only/README.md.
CODE_ONLY = re.compile(
    r"the range is empty|is not within min|has bits set behind|is in the list already"
    r"|must be a whole number .* in digits|/version: must be 1"
    r"|an escaped NUL|half a surrogate pair"
)

# What the program says where others could write to the policy or to a directory above it, as they
# can in many a checkout.
UNSAFE = re.compile(r"can be written by others|belongs to user")

# Policies under which records are made.
LOGGED = [
    {},
    {"mode": "report"},
    {"rawSockets": {"families": "extended", "inexact": "stricter"}},
    {"rawSockets": {"action": "report"}},
    {
        "capabilities": {"allow": [], "action": "refuse"},
        "ports": {"sources": ["engine", "annotations"]},
    },
]

# Schemas that stand with examples of their own.
OTHERS = (
    "decision", "seccomp-proof", "seccomp-diff", "policy-test", "policy-test-report", "policy-diff"
)

failures = []


def complain(text):
    failures.append(text)
    print(text)


# --- the two judges ---------------------------------------------------------------------------


def ecma_pattern(validator, pattern, instance, schema):
    """JSON Schema's patterns are ECMA-262's, where $ does not match before a last newline."""
    if validator.is_type(instance, "string") and not re.search(
        pattern.replace("$", r"\Z"), instance
    ):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {"pattern": ecma_pattern}
)


def strip_comments(text):
    token = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
    return token.sub(lambda m: m.group(0) if m.group(0)[0] == '"' else " ", text)


def schema_accepts(validator, text):
    try:
        return validator.is_valid(json.loads(strip_comments(text)))
    except json.JSONDecodeError:
        return False


def judge(program, *args, lines=None):
    """The loader's answers: "ok", or "bad" and why."""
    run = subprocess.run(
        [program, *args], input=lines, capture_output=True, text=True, check=False, timeout=100
    )
    if run.returncode != 0:
        complain(f"{program} ends with {run.returncode}: {run.stderr}")
    return run.stdout.splitlines()


# --- files ------------------------------------------------------------------------------------


def check_files(program, validator, folder, by_schema, by_loader, at_least):
    paths = sorted(folder.glob("*.json"))
    answers = judge(program, *map(str, paths))
    if len(paths) < at_least or len(answers) != len(paths):
        complain(f"{folder}: {len(paths)} files, {len(answers)} answers")
        return
    for path, answer in zip(paths, answers):
        if schema_accepts(validator, path.read_text(encoding="utf-8")) != by_schema:
            complain(f"{path}: the schema {'refuses' if by_schema else 'accepts'} it")
        if answer.startswith("ok") != by_loader:
            complain(f"{path}: the loader says: {answer}")


def check_cli(drawbolt, folder):
    """`drawbolt policy lint`: 0 or 1 for what is valid, 4 for what is not."""
    for path in sorted(folder.rglob("*.json")):
        run = subprocess.run(
            [drawbolt, "policy", "lint", str(path)],
            capture_output=True, text=True, check=False, timeout=10,
        )
        wanted = (0, 1) if path.parent.name == "good" else (4,)
        if UNSAFE.search(run.stderr):
            print(f"not asked about policies: {run.stderr}")
            return
        if run.returncode not in wanted:
            complain(f"{path}: policy lint ends with {run.returncode}, not {wanted}")


def check_records(drawbolt, schema, configs):
    """What `drawbolt precreate` logs is what the schema says."""
    validator = Validator(schema)
    with tempfile.TemporaryDirectory(dir=safe_directory()) as folder:
        log = pathlib.Path(folder, "log")
        for number, members in enumerate(LOGGED):
            policy = pathlib.Path(folder, f"{number}.json")
            policy.write_text(
                json.dumps({"version": 1, "log": {"file": str(log), "syslog": False}, **members}),
                encoding="utf-8",
            )
            policy.chmod(0o600)
            for config in [*configs, pathlib.Path(__file__)]:
                with config.open("rb") as text:
                    run = subprocess.run(
                        [drawbolt, "precreate", "--policy", str(policy)],
                        stdin=text, capture_output=True, check=False, timeout=10,
                    )
                if UNSAFE.search(run.stderr.decode()):
                    print(f"no records to look at: {run.stderr.decode()}")
                    return
        records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    for record in records:
        for error in validator.iter_errors(record):
            complain(f"record: {error.message} in {json.dumps(record)}")
    verdicts = {record["verdict"] for record in records}
    if len(records) < len(configs) or verdicts != {"allow", "refuse", "error"}:
        complain(f"{len(records)} records with verdicts {verdicts}")
    print(f"{len(records)} records")


# CRI-O's own profile: it can be proved, and not compared (docs/seccomp.md).
CUT = "crio-runtime-default.json"

# Profiles whose answers are of the rarer kinds.
PROFILES = [
    {},
    {"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 7},
    {"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_KILL"}]},
    {"defaultAction": "SCMP_ACT_ERRNO", "archMap": [], "syscalls": [
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_CHOWN"]}},
        {"name": "mount", "action": "SCMP_ACT_NOTIFY", "args": [
            {"index": 2, "op": "SCMP_CMP_GE", "value": 7},
            {"index": 3, "op": "SCMP_CMP_LT", "value": 9}]},
    ]},
]  # fmt: skip


def check_inspections(drawbolt, schemas, configs):
    """What `drawbolt seccomp prove` and `--diff` print is what the schemas say."""
    proofs, diffs = [], []
    with tempfile.TemporaryDirectory(dir=safe_directory()) as folder:
        policy = pathlib.Path(folder, "policy.json")
        policy.write_text('{"version": 1}', encoding="utf-8")
        policy.chmod(0o600)
        files = list(configs)
        for number, profile in enumerate(PROFILES):
            files.append(pathlib.Path(folder, f"{number}.json"))
            files[-1].write_text(json.dumps(profile), encoding="utf-8")
        common = [drawbolt, "seccomp", "--policy", str(policy), "--format", "json"]
        for file in files:
            for what, operands in ((proofs, ("prove", file)), (diffs, ("--diff", files[-1], file))):
                run = subprocess.run(
                    [*common, *operands], capture_output=True, text=True, check=False, timeout=60
                )
                if UNSAFE.search(run.stderr):
                    print(f"no proofs to look at: {run.stderr}")
                    return
                if what is diffs and file.name == CUT:
                    if run.returncode != 3 or "more than six conditions" not in run.stderr:
                        complain(f"{operands}: compared, though runtimes read it differently")
                elif run.returncode not in (0, 1):
                    complain(f"{operands}: ends with {run.returncode}: {run.stderr}")
                what += map(json.loads, run.stdout.splitlines())
    for name, objects in (("seccomp-proof", proofs), ("seccomp-diff", diffs)):
        validator = Validator(schemas[name])
        for thing in objects:
            for error in validator.iter_errors(thing):
                complain(f"{name}: {error.message} in {json.dumps(thing)[:400]}")
    if len(proofs) <= len(files) or len(diffs) != len(files) - 1: # CUT
        complain(f"{len(files)} files, {len(proofs)} proofs, {len(diffs)} comparisons")
    print(f"{len(proofs)} proofs, {len(diffs)} comparisons")


def safe_directory():
    """One that nobody else can write to, nor any above it; /tmp is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return "/run" if os.geteuid() == 0 else runtime or os.path.expanduser("~")


# --- members, defaults, manual ----------------------------------------------------------------


def schema_members(schema, path=()):
    for name, member in schema.get("properties", {}).items():
        yield path + (name,), member
        yield from schema_members(member, path + (name,))


def value_at(document, path):
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return None
        document = document[name]
    return document


def shown_members(document, path=()):
    for name, value in document.items():
        yield path + (name,)
        if isinstance(value, dict):
            yield from shown_members(value, path + (name,))


def check_defaults(program, schema):
    shown = json.loads("\n".join(judge(program, "--show")))
    members = dict(schema_members(schema))
    for path in shown_members(shown):
        if path not in members:
            complain(f"{'.'.join(path)}: the loader shows it, the schema does not have it")
    for path, member in members.items():
        value = value_at(shown, path)
        if "default" in member and member["default"] != value:
            complain(f"{'.'.join(path)}: default {member['default']} but built in {value}")
        if "default" not in member and not isinstance(value, dict):
            if path[-1] not in ("$schema", "version", "set"):
                complain(f"{'.'.join(path)}: no default in the schema")
        if "description" not in member or "title" not in member:
            complain(f"{'.'.join(path)}: no title or description")


def manual_entries(text):
    """Members as the manual names them: *path* and the value that "Default:" gives."""
    entry = re.compile(r'^\*([^*]+)\*\n(?:\t.*\n|\n)*?\tDefault: ((?:.|\n\t)+?)\.$', re.MULTILINE)
    plain = text.replace("\\", "")
    return {m.group(1): " ".join(m.group(2).split()) for m in entry.finditer(plain)}


def default_text(value):
    if isinstance(value, list):
        return ", ".join(value) if value else "empty"
    return json.dumps(value).strip('"')


def check_manual(program, validator, cases, schema, page):
    text = page.read_text(encoding="utf-8")
    entries = manual_entries(text)
    for path, member in schema_members(schema):
        if "properties" in member or path == ("$schema",):
            continue
        name = ".".join(path)
        if name not in entries:
            complain(f"{page}: no entry for {name}")
        elif "default" in member and entries[name] != default_text(member["default"]):
            complain(f"{page}: {name}: {entries[name]!r}, not {default_text(member['default'])!r}")
    for place, definition in (
        ("ports.host.allow[]", "portObject"),
        ("exceptions[]", "exception"),
        ("exceptions[].match", "match"),
        ("exceptions[].grant", "grant"),
    ):
        for name in schema["$defs"][definition]["properties"]:
            if f"*{place}.{name}*" not in text.replace("\\", ""):
                complain(f"{page}: no entry for {place}.{name}")
    test = re.compile(r"^; test\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for block in test.findall(text):
        if not schema_accepts(cases, block):
            complain(f"{page}: the schema refuses a test case\n{block}")
    text = test.sub("", text)
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    policies = [b for b in blocks if b.lstrip().startswith(("{", "/"))]
    lines = [json.dumps(json.loads(strip_comments(b))) + "\n" for b in policies]
    answers = judge(program, "-", lines="".join(lines))
    if len(policies) < 3 or len(answers) != len(policies):
        complain(f"{page}: {len(policies)} policies, {len(answers)} answers")
    for block, answer in zip(policies, answers):
        if answer != "ok" or not schema_accepts(validator, block):
            complain(f"{page}: a policy in it is refused: {answer}\n{block}")


# --- mutants ----------------------------------------------------------------------------------

WORDS = (
    "refuse rewrite report ignore enforce deny allow EPERM EACCES EAFNOSUPPORT tcp udp sctp any "
    "engine annotations NET_RAW CAP_NET_RAW CHOWN CAP_CHOWN net_raw CAP_41 80 8000-8099 9-8 0 1 "
    "65535 65536 080 80- -80 192.0.2.0/24 192.0.2.1/24 192.0.2.1 :: ::1 ::/0 2001:db8::/32 1:2 "
    "core extended stricter AF_PACKET AF_NFC AF_UNIX "
    "80/tcp 1-2/udp 80/icmp 2027-03-31 2027-02-30 edge-lb nginx@sha256:00 name images "
    "/usr/bin/runc /a/../b /a//b / runc /a/ run.oci.* * ? Refuse REPORT"
).split() + ["", " ", "80\n", "/a\n", "é", "tcp ", "/é"]
NUMBERS = [0, 1, 2, -1, 80, 1023, 1024, 1025, 65535, 65536, 65537, 2**31, 2**64, 0.5, 1e400, -0.5]
NAMES = (
    "action allow deny ports host container hostNetwork sources min max set errno protocol address "
    "version mode file syslog required runc crun privilegedBelow unknown families "
    "inexact exceptions id match grant trust reason owner starts expires hostPorts rawSockets "
    "name namespace image hostNetwork Action x"
).split()


def random_value(rng, depth=0):
    kind = rng.randrange(8 if depth < 2 else 6)
    if kind < 3:
        return rng.choice(WORDS)
    if kind == 3:
        return rng.choice([n for n in NUMBERS if n != float("inf")])
    if kind == 4:
        return rng.choice([True, False])
    if kind == 5:
        return None
    if kind == 6:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {rng.choice(NAMES): random_value(rng, depth + 1) for _ in range(rng.randrange(3))}


def containers(document):
    yield document
    for value in document.values() if isinstance(document, dict) else document:
        if isinstance(value, (dict, list)):
            yield from containers(value)


def similar_value(rng, value):
    """Of the same type, so that more than types is compared."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        cut = rng.randrange(len(value) + 1)
        return rng.choice(
            [rng.choice(WORDS), value.upper(), value[:cut], value[:cut] + value[cut + 1:],
             value[:cut] + rng.choice("0159.:/-*_ aA\n") + value[cut:]]
        )
    if isinstance(value, (int, float)):
        return rng.choice([n for n in NUMBERS if n != float("inf")])
    if isinstance(value, list) and value:
        return value + [rng.choice(value)] if rng.random() < 0.5 else value[1:]
    return random_value(rng)


def mutate_object(rng, thing):
    name = rng.choice(list(thing))
    op = rng.randrange(6)
    if op == 0:
        del thing[name]
    elif op == 1:
        new = rng.choice([name.upper(), name + "s", name[:-1], rng.choice(NAMES)])
        thing[new] = thing.pop(name)
    elif op == 2:
        thing[rng.choice(NAMES)] = random_value(rng)
    elif op == 3:
        thing[name] = random_value(rng)
    else:
        thing[name] = similar_value(rng, thing[name])


def mutate(rng, document):
    if rng.random() < 0.02:
        return random_value(rng)
    document = copy.deepcopy(document)
    for _ in range(rng.choice([1, 1, 1, 2])):
        full = [c for c in containers(document) if c]
        if not full:
            break
        thing = rng.choice(full)
        if isinstance(thing, dict):
            mutate_object(rng, thing)
        else:
            place = rng.randrange(len(thing))
            thing[place] = rng.choice([random_value, lambda r: similar_value(r, thing[place])])(rng)
    return document


def check_mutants(program, validator, folder):
    rng = random.Random(SEED)
    seeds = [
        json.loads(strip_comments(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.json"))
    ]
    mutants = [mutate(rng, rng.choice(seeds)) for _ in range(MUTANTS)]
    texts = [json.dumps(m) for m in mutants]
    answers = judge(program, "-", lines="".join(t + "\n" for t in texts))
    accepted = 0
    for mutant, text, answer in zip(mutants, texts, answers):
        by_schema = validator.is_valid(mutant)
        accepted += by_schema
        if by_schema != (answer == "ok") and not (by_schema and CODE_ONLY.search(answer)):
            complain(f"mutant {text}: schema {by_schema}, loader {answer}")
    if len(answers) != MUTANTS or not MUTANTS * 0.1 < accepted < MUTANTS * 0.9:
        complain(f"{len(answers)} of {MUTANTS} mutants answered, {accepted} accepted")
    print(f"{MUTANTS} mutants, {accepted} accepted by the schema")


# --- decisions --------------------------------------------------------------------------------


FILTERS = [
    ({"fit": "exact"}, True),
    ({"fit": "unproved"}, False),
    ({"fit": "stricter"}, False),
    ({"fit": "stricter", "reason": "because"}, False),
    ({"fit": "stricter", "reason": "because", "stricterOn": []}, False),
    ({"fit": "stricter", "reason": "because", "stricterOn": ["socket"]}, True),
    ({"fit": "tight", "reason": "because", "stricterOn": ["socket"]}, False),
    ({"fit": "exact", "stricterOn": ["socket"]}, False),
]


def check_filters(schema):
    validator = Validator(schema)
    for filter_made, right in FILTERS:
        if validator.is_valid({**schema["examples"][1], "seccomp": filter_made}) != right:
            complain(f"decision with {filter_made}: {'refused' if right else 'accepted'}")


def check_examples(name, schema):
    validator = Validator(schema)
    for number, example in enumerate(schema["examples"]):
        for error in validator.iter_errors(example):
            complain(f"{name} example {number}: {error.message}")
        for member in example:
            less = {k: v for k, v in example.items() if k != member}
            if member in schema["required"] and validator.is_valid(less):
                complain(f"{name} example {number} is accepted without {member}")
            if validator.is_valid({**example, member: [[]]}):
                complain(f"{name} example {number} is accepted with any {member}")
        for thing in containers(example):
            if isinstance(thing, dict):
                thing["surplus"] = 1
                if validator.is_valid(example):
                    complain(f"{name} example {number} is accepted with a member too many")
                del thing["surplus"]


def main():
    program, source = sys.argv[1], pathlib.Path(sys.argv[2])
    schemas = {
        name: json.loads((source / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        for name in ("policy", *OTHERS)
    }
    for schema in schemas.values():
        Validator.check_schema(schema)
    validator = Validator(schemas["policy"])
    cases = source / "tests" / "policy"
    check_files(program, validator, cases / "good", True, True, 15)
    check_files(program, validator, cases / "bad", False, False, 60)
    check_files(program, validator, cases / "bad" / "code-only", True, False, 5)
    check_defaults(program, schemas["policy"])
    manual = source / "man" / "drawbolt-policy.5.scd"
    check_manual(program, validator, Validator(schemas["policy-test"]), schemas["policy"], manual)
    check_mutants(program, validator, cases / "good")
    check_filters(schemas["decision"])
    for name in OTHERS:
        check_examples(name, schemas[name])
    if len(sys.argv) > 3:
        check_cli(sys.argv[3], cases)
        configs = sorted((source / "tests" / "data" / "configs").glob("*.json"))
        check_records(sys.argv[3], schemas["decision"], configs)
        check_inspections(sys.argv[3], schemas, configs)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
