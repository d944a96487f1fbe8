#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`drawbolt policy index`, and that nobody can tell from the answers whether there is an index.

    index.py DRAWBOLT SRCDIR [--sanitized] [SUBSTRING]

Random policies decide about random containers at every gate, first without an index and then with
one: exit code, standard output, standard error and the record must be the same bytes. Then indexes
are damaged: that may cost exceptions, and nothing else may change.

The engines are copies of the Python interpreter that have the name and the command line of
containerd's shim and of containerd, as in engine_data.py: so a container has a namespace, an image
and a digest.

Ends with 77, "skipped", without a directory that only this user can write (bad_input.py);
BOLT_MUST_RUN=1 makes that, and a skipped test, a failure.
"""

import copy
import json
import os
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing is left in the source tree
from bad_input import ALLOW, GOOD, ID, POLICY, REFUSED, SYSTEM, USAGE
from bad_input import exception, expect, run_tests, text

SEED = 20270331
POLICIES = 60
DAMAGES = 150
MANY = 300  # MANY_EXCEPTIONS of front/policy_lint.c
OTHER = "fedcba9876543210" * 4
DIGEST = "sha256:" + "ab" * 32

# Runs what it is told, one request a line, as the parent that tells drawbolt which engine asks.
WORKER = """
import json, subprocess, sys
for line in sys.stdin:
    asked = json.loads(line)
    done = subprocess.run(asked["argv"], input=asked["stdin"].encode(), env=asked["env"],
                          cwd=asked["cwd"], capture_output=True, timeout=60)
    print(json.dumps([done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1")]),
          flush=True)
"""


class Engine:
    """A process by that name."""

    def __init__(self, w, name, *options):
        self.world = w
        shutil.copy(os.path.realpath(sys.executable), w.path(name))
        self.child = subprocess.Popen(
            [w.path(name), "-c", WORKER, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait()

    def run(self, *arguments, stdin="", env=None, cwd="/"):
        """[code, stdout, stderr]"""
        argv = [self.world.path("drawbolt"), *arguments]
        environment = {**self.world.environment, **(env or {})}
        request = {"argv": argv, "stdin": stdin, "env": environment, "cwd": cwd}
        self.child.stdin.write(json.dumps(request).encode() + b"\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())


# --- random policies ----------------------------------------------------------------------------

NAMESPACES = ("prod", "dev", "pr", "a]}\"\\", "\u00e9\U0001f600", "*")
NAMES = ("web", "db", "we", "/* web */")
IMAGES = ("registry/web:1", "registry/db", "web")
ENGINES = ("containerd", "podman", "docker")
DIGESTS = (DIGEST, f"sha256:{ID}")
REASONS = ("r", '"]}', "// no comment", "/* nor this", "\\", '\\"', "\u2028\U0001f600", "[{")
DAYS = ("1970-01-01", "2020-02-29", "2998-12-31", "2999-12-31", "9999-12-31")


def glob(dice, value):
    """The value, or a glob that may match it."""
    at = dice.randrange(len(value) + 1)
    return dice.choice((value, value, value, "*", f"{value[:at]}*", f"*{value[at:]}", f"?{value[1:]}"))


def random_match(dice):
    image = dice.choice(("", glob(dice, dice.choice(IMAGES))))
    digest = dice.choice(("", "", f"@{dice.choice(DIGESTS)}"))
    match = {
        "id": glob(dice, dice.choice((ID, ID, OTHER))),
        "name": glob(dice, dice.choice(NAMES)),
        "namespace": glob(dice, dice.choice(NAMESPACES)),
        "image": image + digest or "*",
        "engine": glob(dice, dice.choice(ENGINES)),
    }
    members = dice.sample(sorted(match), dice.choice((1, 1, 1, 2, 2, 3)))
    return {name: match[name] for name in members}


GRANTS = {
    "hostNetwork": True,
    "hostPorts": ["80/tcp"],
    "capabilities": ["NET_ADMIN"],
    "rawSockets": ["AF_PACKET"],
    "sysctls": {"net.ipv4.ip_unprivileged_port_start": {"min": 0, "max": 80}},
}
TRUST = ("id", "name", "namespace", "image", "engine", "annotations")


def random_exception(dice, name):
    starts, expires = sorted(dice.choices(DAYS, k=2))
    made = {
        "id": name,
        "match": random_match(dice),
        "grant": {grant: GRANTS[grant] for grant in dice.sample(sorted(GRANTS), dice.randrange(1, 4))},
        "reason": dice.choice(REASONS),
        "owner": "o",
        "expires": expires,
    }
    if dice.random() < 0.8:
        made["trust"] = dice.sample(TRUST, dice.choice((1, 3, 6, 6)))
    if dice.random() < 0.3:
        made["starts"] = starts
    return made


class Writer:
    """JSON as somebody may write it: with comments, space and escapes anywhere."""

    def __init__(self, dice, wild):
        self.dice = dice
        self.wild = wild

    def gap(self):
        if self.dice.random() > self.wild:
            return ""
        return self.dice.choice((" ", "\n", "\t", "/* ] */", "/**/", '/*"{*/', "// [ ' \"\n", "//\n", "/*/ */", "\r\n"))

    def string(self, value):
        units = value.encode("utf-16-be")
        if self.dice.random() < self.wild:
            return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'
        return json.dumps(value, ensure_ascii=self.dice.random() < 0.5)

    def value(self, value):
        if isinstance(value, str):
            written = self.string(value)
        elif isinstance(value, dict):
            members = (f"{self.gap()}{self.string(k)}{self.gap()}:{self.value(v)}" for k, v in value.items())
            written = "{" + (",".join(members) or self.gap()) + "}"
        elif isinstance(value, list):
            written = "[" + (",".join(self.value(v) for v in value) or self.gap()) + "]"
        else:
            written = json.dumps(value)
        return f"{self.gap()}{written}{self.gap()}"


def random_policy(w, dice):
    """Writes a policy and its drop-ins; what is in them, file by file."""
    writer = Writer(dice, dice.choice((0, 0.1, 0.3)))
    shutil.rmtree(w.path("policy.d"), ignore_errors=True)
    files = dice.choice((0, 0, 1, 2, 3))
    names = [f"e{i}" for i in range(dice.choice((0, 1, 10, 10, 40)))]
    if names and dice.random() < 0.1:
        names[-1] = names[0]  # two of one id
    lists = [[] for _ in range(files + 1)]
    for name in names:
        dice.choice(lists).append(random_exception(dice, name))
    policy = {
        "version": 1,
        "mode": dice.choice(("enforce", "enforce", "report")),
        "log": {"file": w.log, "syslog": False},
        "runtimes": {"runc": w.path("real")},
        "annotations": {"deny": ["["], "action": "refuse"},
        "ports": {"host": {"allow": [{"ports": "443"}], "unknown": "ignore"}},
        "exceptions": lists[0],
    }
    if not lists[0] and dice.random() < 0.5:
        del policy["exceptions"]
    members = list(policy.items())
    dice.shuffle(members)
    w.write("policy.json", writer.value(dict(members)))
    if files:
        w.directory("policy.d")
    for i, extra in enumerate(lists[1:]):
        w.write(f"policy.d/{i}.json", writer.value({"version": 1, "exceptions": extra}))


# --- random containers, at every gate -----------------------------------------------------------


def random_config(dice):
    config = copy.deepcopy(GOOD)
    config["process"]["args"] = ["true"]
    config["process"]["capabilities"]["bounding"] += dice.sample(("CAP_NET_ADMIN", "CAP_NET_RAW"), dice.randrange(3))
    config["linux"]["cgroupsPath"] = f"/x/{dice.choice((ID, ID, OTHER))}"
    if dice.random() < 0.5:
        config["linux"]["namespaces"] = []
    elif dice.random() < 0.5:
        config["linux"]["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": dice.choice(("0", "80"))}
    if dice.random() < 0.3:
        config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW"}
    config["annotations"] = {
        "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.sandbox-id": ID,
        "io.kubernetes.cri.container-name": dice.choice(NAMES),
        "io.kubernetes.cri.sandbox-namespace": dice.choice(NAMESPACES),
        "io.kubernetes.cri.image-name": dice.choice(IMAGES) + dice.choice(("", f"@{dice.choice(DIGESTS)}")),
    }
    return config


def network(dice):
    ports = dice.choice(((80,), (443,), (80, 81)))
    mappings = [{"hostPort": port, "containerPort": 8000, "protocol": "tcp"} for port in ports]
    return {
        "cniVersion": "1.0.0",
        "name": "net",
        "type": "drawbolt-cni",
        "capabilities": {"portMappings": True},
        "runtimeConfig": {"portMappings": mappings},
        "prevResult": {},
    }


def random_requests(w, dice):
    """What is asked, each a function from the engines to an answer."""
    config = random_config(dice)
    bundle = w.path("bundle")
    policy = ("--policy", w.policy)
    pod = f"K8S_POD_NAMESPACE={dice.choice(NAMESPACES[:3])};K8S_POD_NAME={dice.choice(NAMES[:3])}"
    cni = {
        "CNI_COMMAND": dice.choice(("ADD", "CHECK")),
        "CNI_CONTAINERID": dice.choice((ID, OTHER)),
        "CNI_NETNS": "/x",
        "CNI_IFNAME": "eth0",
        "CNI_ARGS": f"{pod};K8S_POD_INFRA_CONTAINER_ID={ID}",
    }
    link = json.dumps(network(dice))
    state = json.dumps({"ociVersion": "1.0.2", "id": ID, "status": "creating", "pid": 0, "bundle": bundle})
    w.write("process.json", json.dumps({"args": ["true"], "cwd": "/", "capabilities": {"bounding": ["CAP_NET_RAW"]}}))

    def in_bundle(shim, *arguments, **options):
        w.write("bundle/config.json", text(config))
        code, out, err = shim.run(*arguments, **options)
        with open(w.path("bundle/config.json"), encoding="utf-8") as file:
            return [code, out, err, file.read()]

    return {
        "precreate": lambda shim, _: shim.run("precreate", *policy, stdin=json.dumps(config)),
        "hook": lambda shim, _: in_bundle(shim, "hook", *policy, stdin=state),
        "runtime": lambda shim, _: in_bundle(shim, "runtime", *policy, "runc", "create", "--bundle", bundle, ID),
        "exec": lambda shim, _: shim.run("runtime", *policy, "runc", "exec", "--process", w.path("process.json"), ID),
        "other": lambda shim, _: shim.run("runtime", *policy, "runc", "state", ID),
        "cni": lambda _, engine: engine.run("cni", *policy, stdin=link, env=cni),
        "bad": lambda shim, _: shim.run("precreate", *policy, stdin="{"),
    }


def answers(w, engines, requests):
    """What every request is answered, and recorded, but for times."""
    found = {}
    for name, ask in requests.items():
        if os.path.exists(w.log):
            os.unlink(w.log)
        answer = ask(*engines)
        records = w.records()
        for record in records:
            del record["time"], record["duration_us"]
        found[name] = (answer, [json.dumps(record) for record in records])
    return found


def engines(w):
    w.forgive_libseccomp()
    w.write("real", "#!/bin/sh\nexit 0\n", 0o755)
    w.directory("bundle")
    shim = Engine(w, "containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", ID)
    return shim, Engine(w, "containerd")


def is_indexed(w):
    """Makes an index if there can be one."""
    code, out, err = w.run("policy", "index", w.policy)
    if code == POLICY:
        expect(err == w.run("policy", "lint", w.policy)[2], f"another error: {err!r}")
        return False
    expect((code, out, err) == (ALLOW, b"", b""), f"ended with {code}: {out!r} {err!r}")
    _, out, _ = w.run("policy", "lint", w.policy)
    expect(b"index" not in out, f"lint says {out!r}")
    return True


def no_answer_tells_whether_there_is_an_index(w):
    dice = random.Random(SEED)
    index = w.path("policy.json.index")
    used = 0
    made = 0
    shim, engine = engines(w)
    with shim, engine:
        for number in range(POLICIES // 4 if w.sanitized else POLICIES):
            if os.path.exists(index) and dice.random() < 0.5:
                os.unlink(index)  # else the one of another policy stays
            random_policy(w, dice)
            requests = [random_requests(w, dice) for _ in range(3)]
            without = [answers(w, (shim, engine), r) for r in requests]
            made += is_indexed(w)
            for before, r in zip(without, requests):
                after = answers(w, (shim, engine), r)
                expect(before == after, f"seed {SEED}, policy {number}: {before} without, {after} with an index")
                used += json.dumps(after).count('\\"exception\\": \\"e') + json.dumps(after).count("is about that, but")
    least = 1 if w.sanitized else 20
    expect(made >= least and used >= least, f"{made} indexes were made, and {used} exceptions used: no test")


# --- indexes that are wrong ---------------------------------------------------------------------


def damage(dice, index):
    index = copy.deepcopy(index)
    what = dice.choice(("drop", "double", "swap", "key", "array", "version", "digest", "type"))
    keys = index["exceptions"]
    at = dice.randrange(len(keys))
    if what == "drop":
        del keys[at]
    elif what == "double":
        keys.insert(at, keys[at])
    elif what == "swap":
        dice.shuffle(keys)
    elif what == "key":
        keys[at] = dice.choice(("namespace=nobody", "name=*", "", "=", "x=y", "id=", "engine=\\", "id=*"))
    elif what == "array":
        i = dice.randrange(len(index["arrays"]))
        near = index["arrays"][i] + dice.randrange(-2, 3)
        index["arrays"][i] = dice.choice((0, 1, near, dice.randrange(4000), 1 << 63))
    elif what == "version":
        index[dice.choice(("version", "drawbolt"))] = 2
    elif what == "digest":
        index[dice.choice(("policy", "dropIns"))] = "0" * 64
    else:
        index[dice.choice(sorted(index))] = dice.choice((None, 7, [], [7], {}, "x"))
    return json.dumps(index)


def granted(answer):
    """What an exception excused, and the rest of what was decided."""
    records = [json.loads(line) for line in answer[1]]
    excused = {(f["rule"], f["subject"]) for r in records for f in r["findings"] if f["exception"]}
    return excused, [(r["policy"], r["mode"], r["verdict"]) for r in records]


def a_wrong_index_costs_exceptions_at_most(w):
    dice = random.Random(SEED)
    name = "policy.json.index"
    lost = 0
    shim, engine = engines(w)
    with shim, engine:
        for number in range(DAMAGES // 6 if w.sanitized else DAMAGES):
            random_policy(w, dice)
            if not is_indexed(w):
                continue
            with open(w.path(name), encoding="utf-8") as file:
                index = json.load(file)
            if not index["exceptions"]:
                continue
            requests = random_requests(w, dice)
            right = answers(w, (shim, engine), requests)
            w.write(name, damage(dice, index))
            wrong = answers(w, (shim, engine), requests)
            for gate, answer in wrong.items():
                before, then = granted(right[gate]), granted(answer)
                why = f"seed {SEED}, policy {number}, {gate}: {right[gate]}, but {answer}"
                expect(then[0] <= before[0], why)
                if answer[0][0] == ALLOW:
                    expect(right[gate][0][0] == ALLOW and [r[:2] for r in then[1]] == [r[:2] for r in before[1]], why)
                lost += then[0] < before[0]
    expect(w.sanitized or lost > 0, "no damage cost an exception: no test")


KNOWN_HOST = {**GOOD, "linux": {"cgroupsPath": f"/x/{ID}", "seccomp": GOOD["linux"]["seccomp"]}}


def exempting(w, *more):
    w.write_policy("policy.json", exceptions=[exception("e1"), exception("e2", match={"name": "web"}), *more])


def allowed(w):
    code, _, _ = w.run("precreate", "--policy", w.policy, stdin=text(KNOWN_HOST))
    return code == ALLOW


def what_is_no_safe_index_is_passed_over(w):
    exempting(w)
    w.passes("policy", "index", w.policy)
    index = w.path("policy.json.index")
    with open(index, encoding="utf-8") as file:
        whole = file.read()
    left_out = whole.replace(f"id={ID}", f"id={OTHER}")
    expect(allowed(w), "an index takes an exception away")
    w.write("policy.json.index", left_out)
    expect(not allowed(w), "the index is not used")
    config = w.write("config.json", text(KNOWN_HOST))
    w.passes("check", "--format", "json", "--policy", w.policy, config)  # reads everything
    os.chmod(index, 0o666)
    expect(allowed(w), "an index is used that others can write")
    os.unlink(index)
    os.symlink(w.write("elsewhere", left_out), index)
    expect(not allowed(w), "a link of root's is followed, as for a policy")
    os.unlink(w.path("elsewhere"))
    expect(allowed(w), "a link that leads nowhere")
    os.unlink(index)
    os.mkfifo(index)
    expect(allowed(w), "a FIFO")
    os.unlink(index)
    os.mkdir(index)
    expect(allowed(w), "a directory")
    os.rmdir(index)
    for content in ("", "\xff", whole[:-20], left_out * 2, "[" * 100000, " " * (17 * 1024 * 1024)):
        w.write("policy.json.index", content)
        expect(allowed(w), f"taken for an index: {content[:50]!r}")


def an_old_index_is_passed_over(w):
    """Also where as many exceptions stand in the same places as before."""
    w.directory("policy.d")
    for changed in ("policy.json", "policy.d/1.json", "name", "none"):
        w.write_policy("policy.json", exceptions=[exception("e1", match={"name": "web"})])
        w.write("policy.d/1.json", json.dumps({"version": 1, "exceptions": [exception("e2")]}))
        w.passes("policy", "index", w.policy)
        with open(w.path("policy.json.index"), encoding="utf-8") as file:
            index = file.read()
        w.write("policy.json.index", index.replace(f"id={ID}", f"id={OTHER}"))
        if changed == "name":
            os.rename(w.path("policy.d/1.json"), w.path("policy.d/2.json"))
        elif changed != "none":
            with open(w.path(changed), encoding="utf-8") as file:
                policy = file.read()
            w.write(changed, policy.replace('"owner": "o"', '"owner": "p"'))
        expect(allowed(w) == (changed != "none"), f"the index is of another policy: {changed}")
        shutil.rmtree(w.path("policy.d"))
        w.directory("policy.d")


def what_an_index_cannot_cut_is_not_cut(w):
    """The digest is right, and the place is wrong: somewhere else in the policy, or in a string."""
    allow = [{"ports": "80"}, {"ports": "81"}]
    w.write_policy(
        "policy.json",
        annotations={"deny": ["[", "x["], "action": "refuse"},
        ports={"host": {"allow": allow}},
        exceptions=[exception("e1"), exception("e2")],
    )
    w.passes("policy", "index", w.policy)
    with open(w.path("policy.json.index"), encoding="utf-8") as file:
        index = json.load(file)
    with open(w.policy, encoding="utf-8") as file:
        written = file.read()
    places = [i for i, c in enumerate(written) if c == "["]
    expect(index["arrays"][0] in places and len(places) == 7, f"{index} {places}")
    for place in range(len(written) + 2):
        if place in places or place % 16 == 0:
            w.write("policy.json.index", json.dumps({**index, "arrays": [place], "exceptions": [f"id={OTHER}"] * 2}))
            expect(allowed(w) == (place != index["arrays"][0]), f"cut at {place}")


def a_bad_drop_in_is_recorded_as_without_an_index(w):
    w.directory("policy.d")
    exempting(w)
    files = {f"policy.d/{i}.json": json.dumps({"version": 1, "exceptions": [exception(f"d{i}")]}) for i in range(3)}
    for name, content in files.items():
        w.write(name, content)
    w.passes("policy", "index", w.policy)
    twice = ("policy.d/1.json", files["policy.d/0.json"])
    for name, content in (twice, ("policy.d/1.json", "{"), ("policy.json", "{")):
        with open(w.path(name), encoding="utf-8") as file:
            good = file.read()
        w.write(name, content)
        request = {"precreate": lambda: list(w.run("precreate", "--policy", w.policy, stdin=text(GOOD)))}
        after = answers(w, (), request)
        expect(after["precreate"][0][0] == POLICY, f"{after}")
        os.rename(w.path("policy.json.index"), w.path("aside"))
        expect(answers(w, (), request) == after, f"{name} with {content}: another answer")
        os.rename(w.path("aside"), w.path("policy.json.index"))
        w.write(name, good)


# --- the command, and lint ----------------------------------------------------------------------


def the_command_makes_an_index_beside_the_policy(w):
    exempting(w)
    old_umask = os.umask(0o077)
    w.passes("policy", "index", "--policy", w.policy)
    os.umask(old_umask)
    index = w.path("policy.json.index")
    expect(os.stat(index).st_mode & 0o7777 == 0o600, "another mode")
    expect(sorted(os.listdir(w.place)) == ["drawbolt", "policy.json", "policy.json.index"], f"{os.listdir(w.place)}")
    with open(index, "rb") as file:
        first = file.read()
    os.unlink(index)
    os.symlink(w.policy, index)
    w.passes("policy", "index", w.policy)
    expect(not os.path.islink(index), "a link was followed")
    with open(index, "rb") as file:
        expect(first == file.read(), "another index of the same policy")
    w.write("policy.json", "{")
    w.fails(POLICY, "policy", "index", w.policy, says=b"policy.json': 1:2: ")
    w.write_policy("policy.json", exceptions=[exception("e1"), exception("e1")])
    w.fails(POLICY, "policy", "index", w.policy, says=b'two exceptions have the id "e1"')
    with open(index, "rb") as file:
        expect(first == file.read(), "an invalid policy has an index")
    w.fails(USAGE, "policy", "index", w.policy, w.policy)
    w.fails(USAGE, "policy", "index", "--log", w.log, w.policy)
    exempting(w)
    os.unlink(index)
    os.mkdir(index)
    w.fails(SYSTEM, "policy", "index", w.policy, says=b"put the new file in its place")
    expect(len(os.listdir(w.place)) == 3, f"something is left over: {os.listdir(w.place)}")


def an_index_is_the_same_from_every_directory(w):
    exempting(w)
    w.directory("policy.d")
    w.write("policy.d/1.json", json.dumps({"version": 1, "exceptions": [exception("e9")]}))
    w.passes("policy", "index", "policy.json", cwd=w.place)
    for name, cwd in ((w.policy, "/"), ("policy.json", w.place), ("./policy.json", w.place)):
        _, out, _ = w.run("policy", "lint", name, cwd=cwd)
        expect((b"index" in out) == (name[0] == "."), f"{name}: {out!r}")


def lint_tells(w):
    def said():
        code, out, err = w.run("policy", "lint", w.policy)
        lines = [line for line in out.decode().splitlines() if "index" in line]
        expect(not err and (not lines or code == REFUSED), f"ended with {code}: {err!r}")
        return lines

    exempting(w)
    expect(not said(), "of two exceptions")
    w.passes("policy", "index", w.policy)
    expect(not said(), "of a good index")
    os.chmod(w.path("policy.json.index"), 0o666)
    expect("can be written by others" in said()[0], f"{said()}")
    os.chmod(w.path("policy.json.index"), 0o600)
    exempting(w, exception("e3"))
    expect(len(said()) == 1 and "it is not of this policy" in said()[0], f"{said()}")
    os.unlink(w.path("policy.json.index"))
    many = [exception(f"m{i}") for i in range(MANY - 1)]
    exempting(w, *many[:-1])
    expect(not said(), f"of {MANY} exceptions")
    exempting(w, *many)
    expect(said() == [f"{w.policy}: {MANY + 1} exceptions, and no index: each start reads all of them; "
                      "'drawbolt policy index' makes one"], f"{said()}")  # fmt: skip


TESTS = (
    no_answer_tells_whether_there_is_an_index,
    a_wrong_index_costs_exceptions_at_most,
    what_is_no_safe_index_is_passed_over,
    an_old_index_is_passed_over,
    what_an_index_cannot_cut_is_not_cut,
    a_bad_drop_in_is_recorded_as_without_an_index,
    the_command_makes_an_index_beside_the_policy,
    an_index_is_the_same_from_every_directory,
    lint_tells,
)

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
