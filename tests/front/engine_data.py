#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What engines keep about containers, whole and damaged, through the runtime wrapper: at create and at exec.

    engine_data.py DRAWBOLT [SUBSTRING]

The engine is a copy of the Python interpreter that has the name and the command line of Docker's shim,
of containerd's, or of the conmon of podman or CRI-O. What CRI-O kept is what it kept once (tests/data).
Whatever it kept: the wrapper ends in time, and what cannot be read is never "no ports", but a source that
failed, with the reason in the record. At exec, who cannot be found out is nobody.

Ends with 77, "skipped", without a directory that only this user can write; BOLT_MUST_RUN=1 makes that
a failure.
"""

import base64
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data")
MUST_RUN = os.environ.get("BOLT_MUST_RUN", "0") != "0"
ID = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
SECONDS = 30
CALL = "import os, subprocess, sys; sys.exit(subprocess.call(sys.argv[1].split(chr(10))))"

# An image in containers/storage: its id is the digest of its configuration, which names its layers.
LAYERS = ["sha256:" + digit * 64 for digit in "12"]
CONFIG = json.dumps({"rootfs": {"type": "layers", "diff_ids": LAYERS}})
IMAGE = hashlib.sha256(CONFIG.encode()).hexdigest()
MANIFEST = "sha256:" + "3" * 64

HOSTCONFIG = {
    "NetworkMode": "default",
    "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
}
PODMAN = {
    "id": ID,
    "name": "web",
    "rootfsImageID": IMAGE,
    "newPortMappings": [
        {"host_ip": "", "container_port": 80, "host_port": 8080, "range": 1, "protocol": "tcp"}
    ],
}


EXCEPTIONS = [
    {
        "id": member,
        "match": match,
        "trust": trust,
        "grant": {"capabilities": ["NET_ADMIN"]},
        "reason": "test",
        "owner": "test",
        "expires": "2999-12-31",
    }
    for member, match, trust in (
        ("name", {"name": "web"}, ["name"]),
        ("digest", {"image": f"@sha256:{IMAGE}"}, []),
        ("namespace", {"namespace": "prod"}, []),
        ("cri-o", {"engine": "cri-o"}, []),
    )
]
NOBODY = {"name": None, "namespace": None, "image": None, "digests": []}
SHIM = "containerd-shim-runc-v2"


class Wrong(Exception):
    """What a test says when it fails."""


def expect(condition, why):
    if not condition:
        raise Wrong(why)


class World:
    """A directory with a fake engine, a fake runtime and the program."""

    def __init__(self, program, place):
        self.place = place
        self.program = f"{place}/runc"
        shutil.copy(program, self.program)
        shutil.copy(program, f"{place}/drawbolt")
        interpreter = os.path.realpath(sys.executable)
        for name in ("containerd-shim-runc-v2", "conmon", "podman", "crio"):
            shutil.copy(interpreter, f"{place}/{name}")
        self.write("real", "#!/bin/sh\nexit 0\n", 0o755)
        self.log = f"{place}/decisions.jsonl"
        self.policy = self.write(
            "policy.json",
            json.dumps(
                {
                    "version": 1,
                    "log": {"file": self.log, "syslog": False},
                    "runtimes": {"runc": f"{place}/real", "crun": f"{place}/real"},
                    "ports": {"host": {"unknown": "refuse"}},
                }
            ),
        )
        with open(self.policy, encoding="utf-8") as file:
            members = json.load(file)
        self.excused = self.write("excused.json", json.dumps({**members, "exceptions": EXCEPTIONS}))

    def path(self, name):
        return os.path.join(self.place, name)

    def write(self, name, content, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def image(self, top=OTHER, config=CONFIG):
        """What containers/storage keeps of the image with two layers, but for the image's own entry."""
        name = base64.b64encode(f"sha256:{IMAGE}".encode()).decode()
        self.write(f"storage/overlay-images/{IMAGE}/={name}", config)
        self.write("storage/overlay-layers/layers.json", json.dumps([
            {"id": top, "parent": ID, "diff-digest": LAYERS[1]}, {"id": ID, "diff-digest": LAYERS[0]}]))

    def bundle(self, name, annotations=None):
        config = {
            "ociVersion": "1.0.2",
            "annotations": annotations or {},
            "root": {"path": self.path("docker/overlay2/layer/merged")},
            "linux": {
                "namespaces": [{"type": "network"}],
                "seccomp": {"defaultAction": "SCMP_ACT_ERRNO"},
            },
        }
        self.write(f"{name}/config.json", json.dumps(config))
        return self.path(name)

    def create(self, engine, options, bundle, policy=None, container=ID):
        """The record of `runc create` as this engine calls it."""
        return self.call(engine, options, policy, ["runc", "create", "--bundle", bundle, container])

    def exec(self, engine, options, state, policy=None):
        """The record of exec, with NET_ADMIN, by the runtime that has this state."""
        process = {"args": ["id"], "cwd": "/", "capabilities": {"effective": ["CAP_NET_ADMIN"]}}
        runtime = "crun" if state.endswith("/status") else "runc"
        return self.call(engine, options, policy or self.excused,
                         [runtime, "--root", self.path("state"), "exec", "--process",
                          self.write("process.json", json.dumps(process)), ID])

    def call(self, engine, options, policy, words):
        if os.path.exists(self.log):
            os.remove(self.log)
        runtime = [self.path("drawbolt"), "runtime", "--policy", policy or self.policy, *words]
        done = subprocess.run(
            [self.path(engine), "-c", CALL, "\n".join(runtime), *options],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
        expect(done.returncode in (0, 1), f"ended with {done.returncode}: {done.stderr.decode()}")
        with open(self.log, encoding="utf-8") as file:
            record = json.loads(file.readlines()[-1])
        expect((record["verdict"] == "allow") == (done.returncode == 0), f"verdict: {record}")
        return record

    def docker(self):
        return self.create("containerd-shim-runc-v2", ["-namespace", "moby", "-id", ID],
                           self.bundle("docker-bundle"))

    def podman(self):
        return self.create("conmon", ["-n", "web", "--exit-command", "/usr/bin/podman"],
                           self.bundle(f"storage/overlay-containers/{ID}/userdata"))

    def crio(self, change=None, policy=None):
        """The record of what CRI-O was recorded with, its directories moved here. A change is given the
        documents, by name."""
        shutil.rmtree(self.path("storage"), ignore_errors=True)
        shutil.rmtree(self.path("run"), ignore_errors=True)
        documents = {}
        for name in ("configs/crio-default", "crio/sandbox", "crio/volatile-containers", "crio/images"):
            with open(f"{DATA}/{name}.json", encoding="utf-8") as file:
                documents[os.path.basename(name)] = json.load(file)
        with open(f"{DATA}/crio/conmon.txt", encoding="utf-8") as file:
            words = file.read().replace("/var/lib/containers/storage", self.path("storage"))
        words = words.replace("/run/containers/storage", self.path("run")).splitlines()[1:]
        sandbox = documents["crio-default"]["annotations"]["io.kubernetes.cri-o.SandboxID"]
        image = documents["images"][-1]
        documents = json.loads(json.dumps(documents).replace(image["id"], IMAGE))
        self.image(image["layer"])
        if change:
            change(documents)
        bundle, persistent = (words[words.index(option) + 1] for option in ("-b", "--persist-dir"))
        os.makedirs(persistent)
        files = {
            f"{bundle}/config.json": "crio-default",
            f"{self.path('run')}/overlay-containers/{sandbox}/userdata/config.json": "sandbox",
            f"{self.path('storage')}/overlay-containers/volatile-containers.json": "volatile-containers",
            f"{self.path('storage')}/overlay-images/images.json": "images",
        }
        for path, name in files.items():
            if name in documents:
                self.write(os.path.relpath(path, self.place), json.dumps(documents[name]))
        return self.create("conmon", words, bundle, policy, words[words.index("-c") + 1])

    def precreate(self, podman_is, hook_is):
        """The record of podman's precreate hook, called where hook_is by a podman that is elsewhere."""
        if os.path.exists(self.log):
            os.remove(self.log)
        os.makedirs(hook_is, exist_ok=True)
        call = f"import os, subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], cwd={hook_is!r}))"
        with open(f"{self.bundle('precreate')}/config.json", "rb") as config:
            subprocess.run(
                [self.path("podman"), "-c", call, self.path("drawbolt"), "precreate", "--policy", self.policy],
                stdin=config, cwd=podman_is, capture_output=True, timeout=SECONDS, check=False)
        with open(self.log, encoding="utf-8") as file:
            return json.loads(file.readlines()[-1])


def answered(record, source):
    expect(record["verdict"] == "allow", f"refused: {record['findings']}")
    expect([(p["host"], p["container"]) for p in record["ports"]] == [(8080, 80)],
           f"ports: {record['ports']}")
    expect(record["portSources"][-1] == {"source": source, "outcome": "ports"},
           f"sources: {record['portSources']}")


def failed(record, source):
    tried = {s["source"]: s for s in record["portSources"]}
    expect(source in tried, f"{source} was not asked: {record['portSources']}")
    expect(tried[source]["outcome"] == "failed", f"{source} answered: {record['portSources']}")
    expect(record["verdict"] == "refuse", "not refused")
    expect(not record["ports"], f"ports: {record['ports']}")
    texts = [f["text"] for f in record["findings"] if f["rule"] == "host-port-privileged"]
    expect(any(source in text and tried[source]["why"] in text for text in texts),
           f"the finding does not say why: {texts}")


# --- damage -----------------------------------------------------------------------------------------


def truncated(path):
    os.truncate(path, os.path.getsize(path) // 2)


def empty(path):
    os.truncate(path, 0)


def gone(path):
    os.remove(path)


def huge(path):
    os.truncate(path, 1 << 34)


def noise(path):
    with open(path, "r+b") as file:
        file.write(b"\xa5" * os.path.getsize(path))


def fifo(path):
    os.remove(path)
    os.mkfifo(path)


def directory(path):
    os.remove(path)
    os.mkdir(path)


def loop(path):
    os.remove(path)
    os.symlink(os.path.basename(path), path)


def nowhere(path):
    os.remove(path)
    os.symlink("/nowhere", path)


def listener(path):
    os.remove(path)
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(os.path.dirname(path))  # a socket's path is short
        one.bind(os.path.basename(path))
        os.chdir(here)


def everybodys(path):
    os.chmod(path, 0o666)


def not_json(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("nothing is published\n")


def other_json(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("{}\n")


DAMAGES = [truncated, empty, huge, noise, fifo, directory, loop, nowhere, listener, everybodys]


# --- tests ------------------------------------------------------------------------------------------


def make_docker(w):
    shutil.rmtree(w.path("docker"), ignore_errors=True)
    w.write(f"docker/containers/{ID}/hostconfig.json", json.dumps(HOSTCONFIG))
    return w.path(f"docker/containers/{ID}/hostconfig.json")


def docker_is_read(w):
    make_docker(w)
    answered(w.docker(), "docker hostconfig.json")


def docker_with_userns_remap(w):
    """dockerd names its namespace in containerd after the first ids, then."""
    make_docker(w)
    record = w.create("containerd-shim-runc-v2", ["-namespace", "moby-300000.300000", "-id", ID],
                      w.bundle("docker-bundle"))
    answered(record, "docker hostconfig.json")
    expect(record["engine"] == "docker", f"engine: {record['engine']}")


def damaged_docker(damage):
    def test(w):
        damage(make_docker(w))
        failed(w.docker(), "docker hostconfig.json")

    return test


def other_container_of_docker(w):
    make_docker(w)
    config = w.write(f"docker/containers/{ID}/config.v2.json", json.dumps({"ID": OTHER, "Name": "/forged"}))
    record = w.docker()
    answered(record, "docker hostconfig.json")
    expect(record["container"]["name"] is None, f"a name out of {config}")


def containers_of_docker_in_each_others_network(w):
    for one, other in ((ID, OTHER), (OTHER, ID)):
        w.write(f"docker/containers/{one}/hostconfig.json",
                json.dumps({"NetworkMode": f"container:{other}", "PortBindings": {}}))
    failed(w.docker(), "docker hostconfig.json")


def db_sql(w, text=json.dumps(PODMAN), key=ID):
    shutil.rmtree(w.path("storage"), ignore_errors=True)
    os.makedirs(w.path("storage"))
    path = w.path("storage/db.sql")
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE ContainerConfig (ID TEXT PRIMARY KEY, Name TEXT, JSON TEXT)")
        db.execute("INSERT INTO ContainerConfig VALUES (?, 'web', ?)", (key, text))
    db.close()
    os.chmod(path, 0o644)
    w.image()
    w.write(IMAGES, json.dumps([{"id": IMAGE, "digest": MANIFEST, "layer": OTHER}]))
    return path


IMAGES = "storage/overlay-images/images.json"
LIST = "storage/overlay-layers/layers.json"


def digests(w, *wanted):
    record = w.podman()
    answered(record, "podman db.sql")
    found = [(d["value"], d["forgeable"]) for d in record["container"]["digests"]]
    expect(found == [(digest, False) for digest in wanted], f"digests: {found}")


def forged_image_of_podman(w):
    """Whoever puts an image into the store chooses its id, but not what is in the store."""
    db_sql(w)
    digests(w, f"sha256:{IMAGE}", MANIFEST)
    for config in ("{}", CONFIG + " ", CONFIG.replace("1", "3")):
        w.image(config=config)
        digests(w, MANIFEST)
    w.image()
    for entry in ({"layer": ID}, {"layer": "f" * 64}, {"layer": ""}, {}):
        w.write(IMAGES, json.dumps([{"id": IMAGE, "digest": MANIFEST, **entry}]))
        digests(w, MANIFEST)
    for images in ([], [{"id": OTHER, "digest": MANIFEST, "layer": OTHER}], {}, None):
        w.write(IMAGES, json.dumps(images))
        digests(w)
    top, base = {"id": OTHER, "diff-digest": LAYERS[1]}, {"id": ID, "diff-digest": LAYERS[0]}
    for layers in ([], [top], [top, base], [{**top, "parent": ID}, {"id": ID}], [{**top, "parent": OTHER}],
                   [{**top, "parent": ID, "diff-digest": LAYERS[0]}, base],
                   [{**top, "parent": ID}, {**base, "parent": "f" * 64}],
                   [{**top, "parent": ID}, {**base, "parent": OTHER}]):
        db_sql(w)
        w.write(LIST, json.dumps(layers))
        digests(w, MANIFEST)


def damaged_image_of_podman(damage):
    def test(w):
        db_sql(w)
        damage(w.path(LIST))
        digests(w, MANIFEST)
        db_sql(w)
        data = w.path(f"storage/overlay-images/{IMAGE}")
        damage(f"{data}/{os.listdir(data)[0]}")
        digests(w, MANIFEST)
        db_sql(w)
        damage(w.path(IMAGES))
        digests(w)

    return test


def podman_is_read(w):
    db_sql(w)
    record = w.podman()
    answered(record, "podman db.sql")
    expect(record["container"]["name"]["value"] == "web", "no name")
    expect(record["container"]["digests"][0]["value"] == f"sha256:{IMAGE}", "no digest")


def damaged_podman(damage):
    def test(w):
        damage(db_sql(w))
        failed(w.podman(), "podman db.sql")

    return test


def locked_podman(w):
    path = db_sql(w)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    failed(w.podman(), "podman db.sql")
    db.execute("ROLLBACK")
    db.close()
    answered(w.podman(), "podman db.sql")


def half_written_podman(w):
    """A journal that somebody must roll back first."""
    path = db_sql(w)
    pid = os.fork()
    if pid == 0:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("UPDATE ContainerConfig SET JSON = '{}'")
        db.execute("CREATE TABLE more (text TEXT)")
        for _ in range(200):
            db.execute("INSERT INTO more VALUES (?)", ("x" * 1000,))
        os._exit(0)
    os.waitpid(pid, 0)
    expect(os.path.getsize(path + "-journal") != 0, "no journal is left to test with")
    failed(w.podman(), "podman db.sql")


def other_rows_of_podman(text, key=ID):
    def test(w):
        db_sql(w, text, key)
        failed(w.podman(), "podman db.sql")

    return test


def other_schema_of_podman(w):
    path = db_sql(w)
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE ContainerConfig RENAME TO Other")
    db.close()
    failed(w.podman(), "podman db.sql")


def many_labels_of_podman(w):
    labels = {f"label{i}": "x" for i in range(3000)}
    db_sql(w, json.dumps({**PODMAN, "labels": labels}))
    answered(w.podman(), "podman db.sql")


def damaged_bolt_state(damage):
    def test(w):
        shutil.rmtree(w.path("storage"), ignore_errors=True)
        path = w.write("storage/libpod/bolt_state.db", b"\0" * 65536)
        damage(path)
        failed(w.podman(), "podman bolt_state.db")

    return test


def working_directory_of_podman(w):
    """Where podman put its hook is the bundle; where its user was is not."""
    db_sql(w)
    bundle = w.path(f"storage/overlay-containers/{ID}/userdata")
    record = w.precreate(w.place, bundle)
    answered(record, "podman db.sql")
    expect(record["container"]["id"]["value"] == ID, "no id")
    record = w.precreate(bundle, bundle)
    failed(record, "podman")
    expect(record["container"]["id"] is None, f"an id out of nowhere: {record['container']}")


def conmon_without_an_exit_command(w):
    """As of a health check. The name is the author's, and tells no namespace as CRI-O's does."""
    db_sql(w, json.dumps({**PODMAN, "name": "k8s_web_pod_prod_0_0"}))
    record = w.create("conmon", ["--api-version", "1", "-n", "k8s_web_pod_prod_0_0"],
                      w.bundle(f"storage/overlay-containers/{ID}/userdata"))
    expect(record["engine"] == "podman", f"engine: {record['engine']}")
    expect(record["container"]["namespace"] is None, f"namespace: {record['container']}")


def pasta_that_is_not_seen(w):
    """What podman publishes is known, and what else pasta was told to open; but not that this is all."""
    with open(w.policy, encoding="utf-8") as file:
        members = json.load(file)
    lenient = w.write("lenient.json", json.dumps({**members, "ports": {"host": {"unknown": "report"}}}))
    options = ["-n", "web", "--exit-command", "/usr/bin/podman"]
    for words, ports, verdict in (([], [8080], "allow"), (["-4t9000:90"], [8080, 9000], "allow"),
                                  (["-t", "80"], [80, 8080], "refuse"), (["-t", "auto"], [8080], "refuse")):
        db_sql(w, json.dumps({**PODMAN, "networkMode": "pasta", "network_options": {"pasta": words}}))
        bundle = w.bundle(f"storage/overlay-containers/{ID}/userdata")
        for policy, wanted in ((None, "refuse"), (lenient, verdict)):
            record = w.create("conmon", options, bundle, policy)
            expect(record["verdict"] == wanted, f"{words}: {record['verdict']}")
            expect([p["host"] for p in record["ports"]] == ports, f"{words}: {record['ports']}")
            expect([(s["source"], s["outcome"]) for s in record["portSources"]] == [("pasta", "failed")],
                   f"{words}: {record['portSources']}")


def no_database_of_podman(w):
    shutil.rmtree(w.path("storage"), ignore_errors=True)
    failed(w.podman(), "podman")


def hidden(w):
    """What an author can hide is refused under a policy that lets unknown ports pass."""
    with open(w.policy, encoding="utf-8") as file:
        members = json.load(file)
    lenient = w.write("lenient.json", json.dumps({**members, "ports": {"host": {"unknown": "report"}}}))
    path = make_docker(w)
    options = ["-namespace", "moby", "-id", ID]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**HOSTCONFIG, "Tmpfs": {"/x": "x" * (17 << 20)}}, file)
    failed(w.create("containerd-shim-runc-v2", options, w.bundle("docker-bundle"), lenient),
           "docker hostconfig.json")
    w.write(path, json.dumps({**HOSTCONFIG, "PortBindings": {"80/tcp": [{"HostPort": "80"}], "": []}}))
    failed(w.create("containerd-shim-runc-v2", options, w.bundle("docker-bundle"), lenient),
           "docker hostconfig.json")
    truncated(make_docker(w))
    record = w.create("containerd-shim-runc-v2", options, w.bundle("docker-bundle"), lenient)
    expect(record["verdict"] == "allow", "one that is damaged is refused, too")


# --- exec -------------------------------------------------------------------------------------------


def runc_state(w, bundle, *labels):
    state = {"id": ID, "config": {"labels": [*labels, "a=b", f"bundle={bundle}"]}}
    return w.write(f"state/{ID}/state.json", json.dumps(state))


def crun_state(w, bundle):
    w.write(f"state/{ID}/config.json", "{}")
    return w.write(f"state/{ID}/status", json.dumps({"pid": 1, "bundle": bundle}))


def excused_by(record, *exceptions, **known):
    """The exec is one of this container, and has NET_ADMIN by one of these exceptions."""
    found = [f["exception"] for f in record["findings"] if f["subject"] == "CAP_NET_ADMIN"]
    expect(len(found) == 1 and found[0] in exceptions, f"excused by {found}: {record['container']}")
    for member, value in known.items():
        expect(record["container"][member]["value"] == value, f"{member}: {record['container']}")


def nobody(record, **known):
    """Nobody knows whose exec it is; it runs, without NET_ADMIN."""
    expect([(f["subject"], f["action"], f["exception"]) for f in record["findings"]]
           == [("CAP_NET_ADMIN", "rewrite", None)], f"findings: {record['findings']}")
    who = {member: record["container"][member] for member in NOBODY}
    expect({m: v and v["value"] if m in known else v for m, v in who.items()} == {**NOBODY, **known},
           f"somebody: {record['container']}")


DOCKER = (SHIM, ["-namespace", "moby", "-id", ID])


def exec_docker(w, keep):
    """The state of a container of Docker."""
    make_docker(w)
    w.write(f"docker/containers/{ID}/config.v2.json",
            json.dumps({"ID": ID, "Name": "/web", "Image": f"sha256:{OTHER}", "Config": {"Image": "i"}}))
    return keep(w, w.bundle(f"moby/{ID}"))


def exec_is_docker(keep):
    def test(w):
        record = w.exec(*DOCKER, exec_docker(w, keep))
        excused_by(record, "name", name="web", image="i")
        expect(not record["ports"] and not record["portSources"], "ports were looked up")
        state = exec_docker(w, keep)
        record = w.exec(*DOCKER, state, w.policy)
        nobody(record)
        expect(record["engine"] == "docker", f"engine: {record['engine']}")

    return test


def damaged_state(keep, damage):
    def test(w):
        state = exec_docker(w, keep)
        damage(state)
        nobody(w.exec(*DOCKER, state))
        shutil.rmtree(w.path("state"))

    return test


def damaged_config(damage):
    def test(w):
        state = exec_docker(w, runc_state)
        damage(w.path(f"moby/{ID}/config.json"))
        nobody(w.exec(*DOCKER, state))
        shutil.rmtree(w.path("moby"))

    return test


def damaged_who(damage):
    def test(w):
        state = exec_docker(w, crun_state)
        damage(w.path(f"docker/containers/{ID}/config.v2.json"))
        nobody(w.exec(*DOCKER, state))

    return test


def forged_label(w):
    """An annotation of the container's author becomes a label of runc's."""
    exec_docker(w, runc_state)
    bundle = w.bundle(f"moby/{ID}")
    for label in (f"bundle={bundle}", "bundle=/evil", "bundle=", "bundle==x"):
        nobody(w.exec(*DOCKER, runc_state(w, bundle, label)))


def bundle_of_another(w):
    exec_docker(w, runc_state)
    for keep in (runc_state, crun_state):
        nobody(w.exec(*DOCKER, keep(w, w.bundle(f"moby/{OTHER}"))))


def exec_of_a_chosen_id(w):
    """ctr can use the namespace of Kubernetes or of Docker, and chooses the id: an exception by it is not meant."""
    shutil.rmtree(w.path("docker"), ignore_errors=True)
    for namespace in ("k8s.io", "moby"):
        for labels in ((), ("bundle=/x",)):
            state = runc_state(w, w.bundle(f"{namespace}/{ID}"), *labels)
            record = w.exec(SHIM, ["-namespace", namespace, "-id", ID], state)
            expect(record["container"]["id"]["forgeable"], f"{namespace}: the id is believed: {record['container']}")


def exec_by_hand(w):
    nobody(w.exec("runc-user", [], exec_docker(w, runc_state)))


def exec_is_identified_if_asked(w):
    """The record says whether the engine was asked, or that there is none."""
    state = exec_docker(w, runc_state)
    for engine, policy, wanted in ((DOCKER, w.policy, False), (DOCKER, w.excused, True),
                                   (("runc-user", []), w.policy, True)):
        flags = w.exec(*engine, state, policy)["facts"].get("flags", [])
        expect(("identified" in flags) == wanted, f"{engine[0]}, {policy}: {flags}")


PODMAN_EXEC = ["--api-version", "1", "-c", ID, "-n", "web", "--full-attach"]


def exec_podman(w):
    db_sql(w)
    bundle = w.bundle(f"storage/overlay-containers/{ID}/userdata")
    for state in (runc_state(w, bundle), crun_state(w, bundle)):
        excused_by(w.exec("conmon", PODMAN_EXEC, state), "name", "digest", name="web")


def damaged_exec_podman(damage):
    def test(w):
        damage(db_sql(w))
        state = runc_state(w, w.bundle(f"storage/overlay-containers/{ID}/userdata"))
        nobody(w.exec("conmon", ["--api-version", "1", "-n", "other"], state), name="other")

    return test


def health_check_of_podman(w):
    """It has no exit command, and the name is its author's: not one of CRI-O's."""
    db_sql(w, json.dumps({**PODMAN, "name": "k8s_web_pod_prod_0_0"}))
    state = runc_state(w, w.bundle(f"storage/overlay-containers/{ID}/userdata"))
    record = w.exec("conmon", ["--api-version", "1", "-n", "k8s_web_pod_prod_0_0"], state)
    expect(record["engine"] == "podman", f"engine: {record['engine']}")
    expect(record["container"]["namespace"] is None, f"namespace: {record['container']}")


def exec_cri(w):
    annotations = {"io.kubernetes.cri.sandbox-id": OTHER, "io.kubernetes.cri.sandbox-namespace": "prod",
                   "io.kubernetes.cri.container-name": "c", "io.kubernetes.cri.image-name": "i"}
    for keep in (runc_state, crun_state):
        state = keep(w, w.bundle(f"k8s.io/{ID}", annotations))
        record = w.exec(SHIM, ["-namespace", "k8s.io", "-id", OTHER], state)
        excused_by(record, "namespace", name="c", namespace="prod", image="i")
        nobody(w.exec(SHIM, ["-namespace", "k8s.io", "-id", ID], state))
        nobody(w.exec(SHIM, ["-namespace", "default", "-id", OTHER], state))
        nobody(w.exec("conmon", PODMAN_EXEC[:4] + ["-n", "c"], state), name="c")


def exec_crio(w):
    """By conmon, which has the name, or by CRI-O itself: the container's first conmon has been told where
    CRI-O keeps who it is."""
    w.write("graph/overlay-containers/containers.json", json.dumps([
        {"id": ID, "image": OTHER,
         "metadata": json.dumps({"pod-id": OTHER, "metadata-name": "c", "image-name": "i"})},
        {"id": OTHER, "metadata": json.dumps({"pod-id": OTHER, "namespace": "prod"})}]))
    persistent = ["--persist-dir", w.path(f"graph/overlay-containers/{ID}/userdata")]
    bundle = w.bundle(f"overlay-containers/{ID}/userdata", {"io.kubernetes.cri-o.ImageName": "i"})
    state = runc_state(w, bundle)
    name = ["-n", "k8s_c_pod_prod_0_0"]
    record = w.exec("conmon", name, state)
    expect(record["engine"] == "cri-o", f"engine: {record['engine']}")
    excused_by(record, "cri-o", name="c", namespace="prod", image="i")
    expect(record["container"]["namespace"]["forgeable"], "conmon's word counts")
    sleeper = w.write("sleeper.py", "import time\ntime.sleep(1000)\n")
    policy = w.write("prod.json", json.dumps({"version": 1, "log": {"file": w.log, "syslog": False},
                                              "runtimes": {"runc": w.path("real")},
                                              "exceptions": EXCEPTIONS[2:3]}))
    for program, words, found in (
            ("conmon", ["-c", ID, *name], True),
            ("conmon", ["-c", OTHER, *name], False),
            ("podman", ["-c", ID, *name], False),
            ("conmon", ["--api-version", "1", "-c", ID, *name], False)):
        with subprocess.Popen([w.path(program), sleeper, *words, *persistent]) as conmon:
            w.write(f"{bundle}/conmon-pidfile", f"{conmon.pid}")
            record = w.exec("crio", ["-n", "k8s_x_pod_prod_0_0"], state, policy)
            conmon.kill()
        expect(record["engine"] == "cri-o", f"engine: {record['engine']}")
        if found:
            excused_by(record, "namespace", name="c", namespace="prod", image="i")
        else:
            nobody(record)
    for text in ("", "x", "-1", "0", "99999999999999999999"):
        w.write(f"{bundle}/conmon-pidfile", text)
        nobody(w.exec("crio", [], state, policy))
    os.remove(f"{bundle}/conmon-pidfile")
    nobody(w.exec("crio", [], state, policy))


# --- CRI-O and nerdctl -------------------------------------------------------------------------------

PORTS = "io.kubernetes.cri-o.PortMappings"
SOURCE = "CRI-O sandbox"


def of_rule(record, rule):
    return [f for f in record["findings"] if f["rule"] == rule and f["action"] == "refuse"]


def crio_who(record, images):
    """Who the recorded container is, its image known by so many digests."""
    who = record["container"]
    expect(record["engine"] == "cri-o", f"engine: {record['engine']}")
    expect((who["name"]["value"], who["name"]["forgeable"]) == ("web", True), f"name: {who}")
    expect((who["namespace"]["value"], who["namespace"]["forgeable"]) == ("tests", False), f"namespace: {who}")
    expect(who["image"]["value"] == "localhost/pod:1", f"image: {who}")
    expect(len(who["digests"]) == images, f"digests: {who}")


def crio_ports(record):
    """Judged, but there may be more: a pod's annotation can take the place of what CRI-O wrote."""
    expect([(s["source"], s["outcome"]) for s in record["portSources"]] == [(SOURCE, "failed")],
           f"{record['portSources']}")
    expect([(p["host"], p["container"]) for p in record["ports"]] == [(8080, 8080)], f"{record['ports']}")


def crio_is_read(w):
    record = w.crio()
    crio_ports(record)
    crio_who(record, 2)
    crio_who(w.crio(lambda d: d["images"][-1].update(layer=ID)), 1)
    crio_who(w.crio(lambda d: d.pop("images")), 0)


def crio_without_storage(w):
    """Then the namespace is what a caller of CRI-O may have written, and there is no digest."""
    for change in (lambda d: d.pop("volatile-containers"),
                   lambda d: d["volatile-containers"].clear(),
                   lambda d: d["volatile-containers"].pop(0),
                   lambda d: [entry.update(metadata="{") for entry in d["volatile-containers"]]):
        record = w.crio(change)
        who = record["container"]
        expect((who["namespace"]["value"], who["namespace"]["forgeable"]) == ("tests", True), f"{who}")
        expect(who["digests"] == [], f"digests: {who}")
        crio_ports(record)


def crio_annotations(w):
    """Of the container's annotations, which a caller of CRI-O may write, none says who it is."""
    def change(documents):
        documents["crio-default"]["annotations"].update({
            "io.kubernetes.cri-o.ImageRef": OTHER, "io.kubernetes.cri-o.SandboxID": OTHER,
            "io.kubernetes.cri-o.ImageName": f"localhost/pod@sha256:{OTHER}",
            "io.kubernetes.cri-o.Name": "k8s_web_pod_kube-system_0_0",
            "io.kubernetes.pod.namespace": "kube-system"})

    record = w.crio(change)
    crio_who(record, 2)
    crio_ports(record)


def crio_ports_of_its_author(w):
    """Where the policy lets what is not known through, a pod that says itself what it publishes is refused."""
    def say(documents):
        documents["crio-default"]["annotations"].update({PORTS: "[]"})

    with open(w.policy, encoding="utf-8") as file:
        members = json.load(file)
    lenient = w.write("lenient.json", json.dumps({**members, "ports": {"host": {"unknown": "report"}}}))
    expect(of_rule(w.crio(), "host-port-privileged"), "not refused where the policy says so")
    expect(not of_rule(w.crio(None, lenient), "host-port-privileged"), "refused where it does not")
    expect(of_rule(w.crio(say, lenient), "host-port-privileged"), "a pod that says itself what it publishes")


def crio_damaged_sandbox(w):
    for change in (lambda d: d.pop("sandbox"), lambda d: d["sandbox"].pop("annotations"),
                   lambda d: d["sandbox"].pop("linux"),
                   lambda d: d["sandbox"]["annotations"].update({PORTS: "null"}),
                   lambda d: d["sandbox"]["annotations"].update({PORTS: "[{\"HostPort\": \"80\"}]"}),
                   lambda d: d["sandbox"]["annotations"].pop(PORTS)):
        failed(w.crio(change), SOURCE)


def nerdctl_elsewhere(w):
    """What is no pod of Kubernetes in its namespace may be nerdctl's; and who joins another's network has
    no ports of its own there."""
    shim = ["-id", ID, "-namespace"]
    record = w.create("containerd-shim-runc-v2", [*shim, "k8s.io"], w.bundle("nerdctl-bundle"))
    failed(record, "CNI cache")
    failed(record, "nerdctl network-config.json")
    expect(record["container"]["id"]["forgeable"], "an id that ctr can choose is not forgeable")
    bundle = w.bundle("nerdctl-bundle")
    with open(f"{bundle}/config.json", encoding="utf-8") as file:
        config = json.load(file)
    config["linux"]["namespaces"][0]["path"] = f"/proc/{os.getpid()}/ns/ipc"
    w.write("nerdctl-bundle/config.json", json.dumps(config))
    record = w.create("containerd-shim-runc-v2", [*shim, "default"], bundle)
    failed(record, "nerdctl network-config.json")
    expect("not the container's own" in record["portSources"][0]["why"], f"{record['portSources']}")


# ----------------------------------------------------------------------------------------------------


def nobody_asks(w):
    """Started by hand: there is nobody to ask, and nothing is believed of the directory."""
    make_docker(w)
    record = w.create("runc-user", [], w.bundle("docker-bundle"))
    expect(record["portSources"] == [], f"sources: {record['portSources']}")
    expect(record["verdict"] == "refuse", "not refused")


TESTS = {
    "docker: whole": docker_is_read,
    "docker: with userns-remap": docker_with_userns_remap,
    "docker: another container's config.v2.json": other_container_of_docker,
    "docker: containers in each other's network": containers_of_docker_in_each_others_network,
    **{f"docker: {d.__name__}": damaged_docker(d) for d in DAMAGES + [gone, not_json, other_json]},
    "podman: whole": podman_is_read,
    **{f"podman: {d.__name__}": damaged_podman(d) for d in DAMAGES if d is not huge},
    "podman: an image that has another's id": forged_image_of_podman,
    **{f"podman: an image: {d.__name__}": damaged_image_of_podman(d)
       for d in DAMAGES + [gone, not_json, other_json]},
    "podman: locked": locked_podman,
    "podman: half written": half_written_podman,
    "podman: not JSON": other_rows_of_podman("nothing is published"),
    "podman: empty JSON": other_rows_of_podman("{}"),
    "podman: an empty text": other_rows_of_podman(""),
    "podman: no text": other_rows_of_podman(None),
    "podman: another container's row": other_rows_of_podman(json.dumps(PODMAN), OTHER),
    "podman: another container's JSON": other_rows_of_podman(json.dumps({**PODMAN, "id": OTHER})),
    "podman: a row larger than the limit": other_rows_of_podman("x" * (17 << 20)),
    "podman: another schema": other_schema_of_podman,
    "podman: pasta that is not seen": pasta_that_is_not_seen,
    "podman: many labels": many_labels_of_podman,
    "podman: no database": no_database_of_podman,
    "podman: no exit command": conmon_without_an_exit_command,
    "podman: working directory": working_directory_of_podman,
    **{f"podman 4: {d.__name__}": damaged_bolt_state(d) for d in DAMAGES},
    "docker: hidden": hidden,
    "nerdctl: elsewhere": nerdctl_elsewhere,
    "CRI-O: whole": crio_is_read,
    "CRI-O: no storage": crio_without_storage,
    "CRI-O: annotations": crio_annotations,
    "CRI-O: ports of its author": crio_ports_of_its_author,
    "CRI-O: damaged sandbox": crio_damaged_sandbox,
    "nobody asks": nobody_asks,
    "exec: docker, runc": exec_is_docker(runc_state),
    "exec: docker, crun": exec_is_docker(crun_state),
    **{f"exec: runc's state: {d.__name__}": damaged_state(runc_state, d)
       for d in DAMAGES + [gone, not_json, other_json]},
    **{f"exec: crun's state: {d.__name__}": damaged_state(crun_state, d)
       for d in DAMAGES + [gone, not_json, other_json]},
    **{f"exec: config.json: {d.__name__}": damaged_config(d) for d in DAMAGES + [gone, not_json, other_json]},
    **{f"exec: config.v2.json: {d.__name__}": damaged_who(d) for d in DAMAGES + [gone, not_json, other_json]},
    "exec: an annotation named bundle": forged_label,
    "exec: another container's bundle": bundle_of_another,
    "exec: by hand": exec_by_hand,
    "exec: identified": exec_is_identified_if_asked,
    "podman: exec": exec_podman,
    **{f"podman: exec: {d.__name__}": damaged_exec_podman(d) for d in DAMAGES if d is not huge},
    "podman: a health check": health_check_of_podman,
    "exec: containerd CRI": exec_cri,
    "exec: CRI-O": exec_crio,
    "exec: a chosen id": exec_of_a_chosen_id,
}


def run(program, wanted, place):
    world = World(program, place)
    shutil.copy(f"{place}/conmon", f"{place}/runc-user")
    bad = 0
    version = subprocess.run([program, "--version"], capture_output=True, check=True).stdout
    for name, test in TESTS.items():
        if wanted not in name:
            continue
        if name.startswith("podman:") and b"sqlite" not in version:
            print(f"skipped {name}: built without libsqlite3")
            bad += MUST_RUN
            continue
        try:
            test(world)
            print(f"ok {name}")
        except (Wrong, subprocess.TimeoutExpired) as why:
            bad += 1
            print(f"not ok {name}: {why}")
    print(f"{bad} failed")
    return 1 if bad else 0


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    program = os.path.abspath(sys.argv[1])
    for parent in ("/run", os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("HOME"), os.getcwd()):
        if not parent or not os.access(parent, os.W_OK):
            continue
        place = tempfile.mkdtemp(prefix="drawbolt-engines.", dir=parent)
        os.chmod(place, 0o755)
        try:
            if subprocess.run([program, "policy", "show", World(program, place).policy],
                              capture_output=True, check=False).returncode == 0:
                return run(program, wanted, place)
        finally:
            shutil.rmtree(place)
    print("SKIPPED: no directory that only this user can write")
    return 1 if MUST_RUN else 77


sys.exit(main())
