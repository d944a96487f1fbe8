#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What engines keep about containers, whole and damaged, through the runtime wrapper.

    engine_data.py DRAWBOLT [SUBSTRING]

The engine is a copy of the Python interpreter that has the name and the command line of Docker's shim,
of containerd's, or of the conmon of podman or CRI-O. What CRI-O kept is what it kept once (tests/data). Whatever it kept: the wrapper ends in time, and what cannot be read is never
"no ports", but a source that failed, with the reason in the record.

Ends with 77, "skipped", without a directory that only this user can write; BOLT_MUST_RUN=1 makes that
a failure.
"""

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

HOSTCONFIG = {
    "NetworkMode": "default",
    "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
}
PODMAN = {
    "id": ID,
    "name": "web",
    "rootfsImageID": OTHER,
    "newPortMappings": [
        {"host_ip": "", "container_port": 80, "host_port": 8080, "range": 1, "protocol": "tcp"}
    ],
}


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
        for name in ("containerd-shim-runc-v2", "conmon", "podman"):
            shutil.copy(interpreter, f"{place}/{name}")
        self.write("real", "#!/bin/sh\nexit 0\n", 0o755)
        self.log = f"{place}/decisions.jsonl"
        self.policy = self.write(
            "policy.json",
            json.dumps(
                {
                    "version": 1,
                    "log": {"file": self.log, "syslog": False},
                    "runtimes": {"runc": f"{place}/real"},
                    "ports": {"host": {"unknown": "refuse"}},
                }
            ),
        )

    def path(self, name):
        return f"{self.place}/{name}"

    def write(self, name, content, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def bundle(self, name):
        config = {
            "ociVersion": "1.0.2",
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
        if os.path.exists(self.log):
            os.remove(self.log)
        runtime = [self.path("drawbolt"), "runtime", "--policy", policy or self.policy, "runc", "create",
                   "--bundle", bundle, container]
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
    config = w.write(f"docker/containers/{ID}/config.v2.json", "")
    make_docker(w)
    w.write(f"docker/containers/{ID}/config.v2.json", json.dumps({"ID": OTHER, "Name": "/forged"}))
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
    return path


def podman_is_read(w):
    db_sql(w)
    record = w.podman()
    answered(record, "podman db.sql")
    expect(record["container"]["name"]["value"] == "web", "no name")
    expect(record["container"]["digests"][0]["value"] == f"sha256:{OTHER}", "no digest")


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
    db_sql(w, json.dumps({"id": ID, "network_options": {"pasta": ["-t", "80:8080"]}}))
    failed(w.create("conmon", ["-n", "web", "--exit-command", "/usr/bin/podman"],
                    w.bundle(f"storage/overlay-containers/{ID}/userdata"), lenient), "podman db.sql")
    truncated(make_docker(w))
    record = w.create("containerd-shim-runc-v2", options, w.bundle("docker-bundle"), lenient)
    expect(record["verdict"] == "allow", "one that is damaged is refused, too")


SEEN = "kubernetes.io/config.seen"
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


def crio_is_read(w):
    record = w.crio()
    expect(record["portSources"] == [{"source": SOURCE, "outcome": "ports"}], f"{record['portSources']}")
    expect([(p["host"], p["container"]) for p in record["ports"]] == [(8080, 8080)], f"{record['ports']}")
    crio_who(record, 2)
    crio_who(w.crio(lambda d: d.pop("images")), 1)


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
        expect(record["portSources"][-1]["outcome"] == "ports", f"{record['portSources']}")


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
    expect(record["portSources"][-1]["outcome"] == "ports", f"{record['portSources']}")


def crio_ports_of_its_author(w):
    """Where a pod's annotations may have taken the place of CRI-O's own."""
    def put(name, key, value):
        return lambda documents: documents[name]["annotations"].update({key: value})

    with open(w.policy, encoding="utf-8") as file:
        members = json.load(file)
    lenient = w.write("lenient.json", json.dumps({**members, "ports": {"host": {"unknown": "report"}}}))
    for change in (put("crio-default", SEEN, "guessed"), put("sandbox", SEEN, ""),
                   lambda d: d["crio-default"]["annotations"].pop(SEEN)):
        record = w.crio(change)
        expect(record["portSources"][-1]["outcome"] == "failed", f"{record['portSources']}")
        expect([p["host"] for p in record["ports"]] == [8080], f"{record['ports']}")
        expect(of_rule(record, "host-port-privileged"), "not refused where the policy says so")
        expect(not of_rule(w.crio(change, lenient), "host-port-privileged"), "refused where it does not")
    record = w.crio(put("crio-default", PORTS, "[]"), lenient)
    expect(of_rule(record, "host-port-privileged"), "a pod that says itself what it publishes is not refused")


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
    "podman: many labels": many_labels_of_podman,
    "podman: no database": no_database_of_podman,
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
