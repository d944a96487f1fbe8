#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gives the program everything that can go wrong and looks at what comes out.

    bad_input.py DRAWBOLT SRCDIR [--slow] [--sanitized] [SUBSTRING]

Whatever happens: the exit code says whose mistake it is, exactly one line on standard error says
what it was, without the phrases that engines look for, and a refusal prints no document. --slow
runs what has to wait for the time limit instead. --sanitized leaves out what sanitizers cannot live
with.

Ends with 77, "skipped", without a directory that only this user can write; BOLT_MUST_RUN=1 makes
that, and a skipped test, a failure.
"""

import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MUST_RUN = os.environ.get("BOLT_MUST_RUN", "0") != "0"
ALLOW, REFUSED, USAGE, INPUT, POLICY, SYSTEM = range(6)
TRIGGERS = ("permission denied", "operation not permitted", "no such file", "not found")
STAGES = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart")

SECCOMP = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "syscalls": [{"names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW"}],
}
GOOD = {
    "ociVersion": "1.0.2",
    "process": {"capabilities": {"bounding": ["CAP_CHOWN"]}},
    "linux": {"namespaces": [{"type": "network"}], "seccomp": SECCOMP},
}
HOST = {**GOOD, "linux": {"seccomp": SECCOMP}}
RAW = {**GOOD, "process": {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_NET_RAW"]}}}


class Wrong(Exception):
    """What a test says when it fails."""


class Skip(Exception):
    """Why a test cannot run here."""


def expect(condition, why):
    if not condition:
        raise Wrong(why)


def text(document):
    return json.dumps(document).encode()


class World:
    """A directory to work in, and the program."""

    def __init__(self, program, place, sanitized):
        self.place = place
        self.sanitized = sanitized
        self.program = f"{place}/drawbolt"
        shutil.copy(program, self.program)
        os.chmod(self.program, 0o755)
        self.environment = {}
        self.log = f"{place}/decisions.jsonl"
        self.policy = self.write_policy("policy.json")

    def forgive_libseccomp(self):
        """LeakSanitizer is not to mind what libseccomp leaks."""
        if self.sanitized:
            path = self.write("lsan", "leak:libseccomp")
            self.environment = {"LSAN_OPTIONS": f"suppressions={path}:print_suppressions=0"}

    def path(self, name):
        return f"{self.place}/{name}"

    def write(self, name, content, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def write_policy(self, name, **members):
        policy = {"version": 1, "log": {"file": self.log, "syslog": False}}
        return self.write(name, json.dumps({**policy, **members}))

    def directory(self, name, mode=0o755):
        path = self.path(name)
        os.mkdir(path)
        os.chmod(path, mode)
        return path

    def bundle(self, name, document):
        self.directory(name)
        self.write(f"{name}/config.json", text(document))
        return self.path(name)

    def records(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def run(self, *arguments, stdin=b"", **options):
        """(code, stdout, stderr); the environment is empty, as podman leaves it."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options = {**pipes, "env": self.environment, **options}
        if isinstance(stdin, bytes):
            options["input"] = stdin
        else:
            options["stdin"] = stdin
        done = subprocess.run([self.program, *arguments], timeout=60, check=False, **options)
        return done.returncode, done.stdout or b"", done.stderr or b""

    def fails(self, code, *arguments, says=b"", **options):
        """Expects that code, one line on standard error, and nothing on standard output."""
        got, out, err = self.run(*arguments, **options)
        expect(got == code, f"ended with {got}, not {code}: {err!r}")
        expect(not out, f"printed {out[:200]!r}")
        one_line(err)
        expect(says in err, f"said {err!r}, not {says!r}")
        return err

    def precreate(self, code, stdin, **options):
        return self.fails(code, "precreate", "--policy", self.policy, stdin=stdin, **options)

    def passes(self, *arguments, **options):
        got, out, err = self.run(*arguments, **options)
        expect(got == ALLOW, f"ended with {got}: {err!r}")
        expect(not err, f"said {err!r}")
        return out


def one_line(err):
    expect(err.endswith(b"\n") and err.count(b"\n") == 1, f"not one line: {err[:500]!r}")
    expect(err.startswith(b"drawbolt: "), f"not ours: {err!r}")
    expect(all(0x20 <= c != 0x7F for c in err[:-1]), f"control bytes: {err!r}")
    for trigger in TRIGGERS:
        expect(trigger not in err.decode(errors="replace").lower(), f"an engine's phrase: {err!r}")


# --- standard input -----------------------------------------------------------------------------


def empty_input(w):
    for stdin in (b"", b" ", b"\n", b"\t\r\n "):
        w.precreate(INPUT, stdin, says=b"empty, not a JSON document")
        w.fails(INPUT, "hook", "--policy", w.policy, stdin=stdin)
        w.fails(INPUT, "check", "--policy", w.policy, "-", stdin=stdin)


def truncated_at_every_byte(w):
    whole = text(RAW)
    for end in range(len(whole)):
        w.precreate(INPUT, whole[:end])
    expect(w.passes("precreate", "--policy", w.policy, stdin=whole), "nothing came out")


def what_is_no_configuration(w):
    documents = [
        b"null", b"7", b'"x"', b"[]", b"{}", b"{} {}", text(GOOD) + b"x", text(GOOD) + text(GOOD),
        b"\xef\xbb\xbf" + text(GOOD), json.dumps(GOOD).encode("utf-16"), b"\0", b"\x7fELF\x02\x01",
        b"\xff" * 1000, b"[" * 100000, b'{"a":' * 100000, b"/* c */" + text(GOOD),
        text(GOOD).replace(b":", b":\x0b", 1), text(GOOD).replace(b"CAP_CHOWN", b"CAP_\\u0000"),
        text(GOOD).replace(b"CAP_CHOWN", b"\\ud800"), text(GOOD).replace(b"CAP_CHOWN", b"\xff"),
        text(GOOD).replace(b'"linux"', b'"Linux":{},"linux"'),
        text(GOOD).replace(b'"linux"', b'"linux":{},"linux"'),
        b'{"ociVersion":"1.0.2","windows":{}}',
    ]  # fmt: skip
    for stdin in documents:
        w.precreate(INPUT, stdin)


def names_in_a_document_reach_no_terminal_and_no_engine(w):
    for name in (*TRIGGERS, "Permission  Denied", "\x1b[2J\x9b31m\r\n", "x" * 100000):
        document = {**GOOD, "annotations": {f"run.oci.{name}": "", f"a {name}": ""}}
        w.precreate(REFUSED, text(document), says=b"rule runtime-annotation")
        w.precreate(INPUT, text({**GOOD, "annotations": {name: 7}}))
        capability = {"capabilities": {"bounding": [name]}}
        w.bundle("named", {**GOOD, "process": capability})
        state = text({"id": "c1", "bundle": w.path("named")})
        w.fails(REFUSED, "hook", "--policy", w.policy, stdin=state, says=b"capability-not-allowed")
        shutil.rmtree(w.path("named"))


def a_hundred_megabytes(w):
    read_end, write_end = os.pipe()
    writer = os.fork()
    if writer == 0:
        os.close(read_end)
        try:
            os.write(write_end, b'{"ociVersion":"1.0.2","x":"')
            for _ in range(100):
                os.write(write_end, b"x" * 1024 * 1024)
        except BrokenPipeError:
            pass
        os._exit(0)
    os.close(write_end)
    w.precreate(INPUT, read_end, says=b"larger than the limit of 16 MiB")
    os.close(read_end)
    os.waitpid(writer, 0)


def as_large_as_may_be(w):
    limit = 16 * 1024 * 1024
    head = text(GOOD)[:-1] + b',"x":"'
    document = head + b"x" * (limit - len(head) - 2) + b'"}'
    expect(len(document) == limit, "the test is wrong")
    expect(w.passes("precreate", "--policy", w.policy, stdin=document) == document, "bytes changed")
    w.precreate(INPUT, document + b" ", says=b"larger than")


def standard_input_that_cannot_be_read(w):
    directory = os.open("/", os.O_RDONLY)
    w.precreate(INPUT, directory, says=b"Is a directory")
    os.close(directory)
    with open("/dev/zero", "rb") as zero:
        w.precreate(INPUT, zero, says=b"larger than")
    with open("/dev/null", "wb") as write_only:
        w.precreate(INPUT, write_only, says=b"Bad file descriptor")
    w.precreate(INPUT, None, preexec_fn=lambda: os.close(0), says=b"Bad file descriptor")


# --- standard output and standard error ---------------------------------------------------------


def standard_output_that_takes_nothing(w):
    good = w.write("good.json", text(GOOD))
    commands = [
        ("precreate", "--policy", w.policy),
        ("hook", "--policy", w.policy),
        ("check", "--policy", w.policy, good),
        ("check", "--policy", w.policy, "--format", "json", good),
        ("policy", "show", w.policy),
        ("rules",),
        ("--help",),
        ("--version",),
    ]
    for command in commands:
        with open("/dev/full", "wb") as full:
            w.fails(SYSTEM, *command, stdin=text(GOOD), stdout=full, says=b"No space left")
        w.fails(
            SYSTEM,
            *command,
            stdin=text(GOOD),
            stdout=None,
            preexec_fn=lambda: os.close(1),
            says=b"Bad file descriptor",
        )
        read_end, write_end = os.pipe()
        os.close(read_end)
        w.fails(SYSTEM, *command, stdin=text(GOOD), stdout=write_end, says=b"Broken pipe")
        os.close(write_end)


def a_reader_that_leaves_early(w):
    document = text({**GOOD, "x": "x" * 1000000})
    read_end, write_end = os.pipe()
    command = [w.program, "precreate", "--policy", w.policy]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=write_end, stderr=subprocess.PIPE, env={}
    ) as child:
        os.close(write_end)
        child.stdin.write(document)
        child.stdin.close()
        os.read(read_end, 1)
        os.close(read_end)
        err = child.stderr.read()
    expect(child.returncode == SYSTEM, f"ended with {child.returncode}")
    one_line(err)


def standard_error_that_takes_nothing(w):
    for document, code in ((GOOD, ALLOW), (HOST, REFUSED)):
        with open("/dev/full", "wb") as full:
            command = ("precreate", "--policy", w.policy)
            got, out, _ = w.run(*command, stdin=text(document), stderr=full)
            expect(got == code, f"ended with {got}, not {code}")
            expect(out == (text(GOOD) if code == ALLOW else b""), f"printed {out!r}")
        got, out, _ = w.run(
            "precreate",
            "--policy",
            w.policy,
            stdin=text(document),
            stderr=None,
            preexec_fn=lambda: os.close(2),
        )
        expect(got == code, f"ended with {got}, not {code}")


def everything_is_closed(w):
    def close_all():
        for fd in (0, 1, 2):
            os.close(fd)

    child = subprocess.Popen(
        [w.program, "precreate", "--policy", w.policy], preexec_fn=close_all, env={}
    )
    expect(child.wait(60) == INPUT, f"ended with {child.returncode}")
    with open(w.policy, encoding="utf-8") as file:
        expect(json.load(file)["version"] == 1, "the policy was written to")


# The way podman runs a hook: its parent has a standard error, and gives it another. (Not a shell:
# some redirect their own for a moment.)
PARENT = """
import os, subprocess, sys
error = None if sys.argv[1] == "" else open(sys.argv[1], "wb")
code = subprocess.run(sys.argv[2:], stderr=error, env={}).returncode
os.write(2, b"after\\n")
sys.exit(code)
"""


def through_a_parent(w, document, error, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    done = subprocess.run(
        [sys.executable, "-c", PARENT, error, w.program, "precreate", "--policy", w.policy],
        input=text(document),
        check=False,
        timeout=60,
        **options,
    )
    return done.returncode, done.stdout, done.stderr


def a_refusal_reaches_the_callers_standard_error(w):
    code, out, err = through_a_parent(w, HOST, "/dev/null")
    expect((code, out) == (REFUSED, b""), f"ended with {code}")
    expect(err.endswith(b"\nafter\n"), f"said {err!r}")
    one_line(err[: -len(b"after\n")])
    expect(b"rule host-network" in err, f"said {err!r}")
    got = through_a_parent(w, GOOD, "/dev/null")
    expect(got == (ALLOW, text(GOOD), b"after\n"), f"said {got}")
    # Only /dev/null is a standard error that nobody reads.
    got = through_a_parent(w, HOST, "/dev/zero")
    expect(got == (REFUSED, b"", b"after\n"), f"told the caller unasked: {got}")
    code, out, err = through_a_parent(w, HOST, "")
    expect(code == REFUSED and err.count(b"\n") == 2, f"said {err!r}")


def the_callers_file_is_not_written_over(w):
    path = w.write("caller.txt", "before\n" + "x" * 500 + "\n")
    with open(path, "r+b") as file:
        file.seek(len("before\n"))
        through_a_parent(w, HOST, "/dev/null", stderr=file)
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    expect(lines[0] == "before" and "refused" in lines[1], f"lines are {lines}")
    expect(lines[2] == "after" and set(lines[3]) == {"x"}, f"lines are {lines}")


# --- policies -----------------------------------------------------------------------------------


def policies_that_are_not_there(w):
    for path in ("/nowhere/policy.json", w.path("missing.json"), "missing.json", ""):
        for command in ("precreate", "hook"):
            w.fails(POLICY, command, "--policy", path, stdin=text(GOOD))
        w.fails(POLICY, "check", "--policy", path, "-", stdin=text(GOOD))
        w.fails(POLICY, "policy", "show", path)
        w.fails(POLICY, "policy", "lint", path)
        w.fails(POLICY, "why", "--policy", path, "abcd")


def policies_that_are_no_files(w):
    os.mkfifo(w.path("fifo"))
    os.symlink("fifo", w.path("fifo-link"))
    os.symlink("loop", w.path("loop"))
    os.symlink("/dev/zero", w.path("device"))
    for path in (w.place, w.path("fifo"), w.path("fifo-link"), w.path("loop"), "/dev/null"):
        w.fails(POLICY, "precreate", "--policy", path, stdin=text(GOOD))
    w.fails(POLICY, "precreate", "--policy", w.path("device"), stdin=text(GOOD))


def policies_that_others_can_write(w):
    content = '{"version": 1, "mode": "report"}'
    w.write("group.json", content, 0o664)
    w.write("others.json", content, 0o646)
    w.directory("wide")
    w.write("wide/policy.json", content)
    os.chmod(w.path("wide"), 0o777)
    os.symlink("wide/policy.json", w.path("link-to-wide"))
    for name in ("group.json", "others.json", "wide/policy.json", "link-to-wide"):
        command = ("precreate", "--policy", w.path(name))
        w.fails(POLICY, *command, stdin=text(HOST), says=b"can be written by others")
    w.fails(POLICY, "precreate", "--policy", w.path("wide/missing.json"), stdin=text(HOST))


def policies_with_mistakes(w):
    mistakes = [
        b"", b" ", b"{", b"[]", b"null", b"{}", b'{"version": 2}', b'{"version": "1"}',
        b'{"version": 1, "unheard": 1}', b'{"version": 1, "version": 1}', b'{"version": 1} x',
        b'{"version": 1, "mode": "Permission denied"}', b'{"version": 1 /* no end',
        b'{"version": 1, "capabilities": {"allow": ["operation not permitted"]}}',
        b'{"version": 1, "no such file": "not found"}', b'{"version": 1, "\x1b[2J": 1}',
        b'{"version": 1}' + b" " * 17 * 1024 * 1024, b"\xff", b'{"version": 1}\0',
    ]  # fmt: skip
    for mistake in mistakes:
        path = w.write("mistake.json", mistake)
        w.fails(POLICY, "precreate", "--policy", path, stdin=text(GOOD))
        w.fails(POLICY, "policy", "show", path)


def policies_that_we_may_not_read(w):
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise Skip("needs root and setpriv, to be somebody else")
    secret = w.write("secret.json", '{"version": 1}', 0o600)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
    for path, says in ((secret, b"access refused"), (w.path("hidden/policy.json"), b"")):
        if "hidden" in path:
            w.directory("hidden", 0o700)
            w.write("hidden/policy.json", '{"version": 1}')
        done = subprocess.run(
            [*command, w.program, "precreate", "--policy", path],
            input=text(GOOD),
            capture_output=True,
            check=False,
        )
        expect(done.returncode == POLICY, f"ended with {done.returncode}: {done.stderr!r}")
        expect(done.stdout == b"", "a document came out")
        one_line(done.stderr)
        expect(says in done.stderr, f"said {done.stderr!r}")
    # What root owns and everybody may read is good enough for anybody.
    readable = w.write("readable.json", '{"version": 1, "log": {"file": "", "syslog": false}}')
    done = subprocess.run(
        [*command, w.program, "precreate", "--policy", readable],
        input=text(GOOD),
        capture_output=True,
        check=False,
    )
    expect(done.returncode == ALLOW and done.stdout == text(GOOD), f"said {done.stderr!r}")


# --- exceptions ---------------------------------------------------------------------------------

ID = "0123456789abcdef" * 4
KNOWN_HOST = {"ociVersion": "1.0.2", "linux": {"cgroupsPath": f"/x/{ID}", "seccomp": SECCOMP}}


def exception(name, **more):
    return {
        "id": name,
        "match": {"id": ID},
        "grant": {"hostNetwork": True},
        "trust": ["id"],  # no engine calls
        "reason": "r",
        "owner": "o",
        "expires": "2999-12-31",
        **more,
    }


def drop_in(*exceptions):
    return json.dumps({"version": 1, "exceptions": exceptions})


def exceptions_let_a_container_through(w):
    command = ("precreate", "--policy")
    w.fails(REFUSED, *command, w.policy, stdin=text(KNOWN_HOST), says=b"host-network")
    policy = w.write_policy("own.json", exceptions=[exception("in-the-policy")])
    expect(w.passes(*command, policy, stdin=text(KNOWN_HOST)) == text(KNOWN_HOST), "bytes changed")
    finding = w.records()[-1]["findings"][0]
    expect(finding["exception"] == "in-the-policy", f"recorded {finding}")
    expect(finding["action"] == "report", f"recorded {finding}")
    w.fails(REFUSED, *command, policy, stdin=text(HOST), says=b"host-network")
    untrusting = w.write_policy("untrusting.json", exceptions=[exception("by-id", trust=[])])
    w.fails(
        REFUSED,
        *command,
        untrusting,
        stdin=text(KNOWN_HOST),
        says=b"exception 'by-id' is about that, but goes by the id, which whoever starts a container",
    )
    late = w.write_policy("late.json", exceptions=[exception("late", expires="2020-01-01")])
    w.fails(
        REFUSED,
        *command,
        late,
        stdin=text(KNOWN_HOST),
        says=b"exception 'late' is about that, but expired after 2020-01-01",
    )
    expect(w.records()[-1]["findings"][0]["exception"] is None, "an expired one was used")


def drop_ins_add_exceptions(w):
    command = ("precreate", "--policy", w.policy)
    w.directory("policy.d")
    w.fails(REFUSED, *command, stdin=text(KNOWN_HOST))
    for name in ("policy.d/.hidden.json", "policy.d/other.txt", "policy.d/team.json~"):
        w.write(name, "{")
    w.fails(REFUSED, *command, stdin=text(KNOWN_HOST))
    expect("dropIns" not in w.records()[-1]["policy"], "there is no drop-in")
    w.write("policy.d/10-team.json", drop_in(exception("team", match={"id": "none"})))
    w.write("policy.d/20-team.json", "// a comment\n" + drop_in(exception("other")))
    w.passes(*command, stdin=text(KNOWN_HOST))
    record = w.records()[-1]
    expect(record["findings"][0]["exception"] == "other", f"recorded {record['findings']}")
    expect(record["policy"]["dropIns"]["files"] == 2, f"recorded {record['policy']}")
    shown = w.passes("policy", "show", w.policy)
    expect(b'"other"' in shown and b'"team"' in shown, f"showed {shown!r}")


def drop_ins_with_mistakes(w):
    command = ("precreate", "--policy", w.policy)
    w.directory("policy.d")
    w.write("policy.d/good.json", drop_in(exception("one")))
    mistakes = [
        "", "{}", "[]", '{"version": 1}', drop_in(exception("one")), drop_in({"id": "x"}),
        '{"version": 1, "exceptions": [], "mode": "report"}',
        drop_in(exception("a"), exception("a")),
    ]  # fmt: skip
    for mistake in mistakes:
        w.write("policy.d/worse.json", mistake)
        w.fails(POLICY, *command, stdin=text(GOOD), says=b"policy.d/worse.json")
        record = w.records()[-1]
        expect(record["verdict"] == "error" and "worse.json" in record["error"], record)
    w.write("policy.d/worse.json", drop_in(), 0o666)
    w.fails(POLICY, *command, stdin=text(GOOD), says=b"can be written by others")
    os.unlink(w.path("policy.d/worse.json"))
    os.mkfifo(w.path("policy.d/worse.json"))
    w.fails(POLICY, *command, stdin=text(GOOD), says=b"not a regular file")
    os.unlink(w.path("policy.d/worse.json"))
    w.directory("policy.d/worse.json")
    w.fails(POLICY, *command, stdin=text(GOOD), says=b"a directory")
    os.rmdir(w.path("policy.d/worse.json"))
    w.passes(*command, stdin=text(GOOD))
    os.chmod(w.path("policy.d"), 0o777)
    w.fails(POLICY, *command, stdin=text(GOOD), says=b"can be written by others")
    shutil.rmtree(w.path("policy.d"))
    w.write("policy.d", "")
    w.fails(POLICY, *command, stdin=text(GOOD), says=b"not a directory")
    os.unlink(w.path("policy.d"))
    os.symlink("nowhere", w.path("policy.d"))
    w.fails(POLICY, *command, stdin=text(GOOD))


# --- bundles and hooks --------------------------------------------------------------------------


def states(bundle, **more):
    """The same state as runtimes write it: compact, pretty, with slashes escaped."""
    state = {"ociVersion": "1.0.2", "id": "abcdef0123456789", "status": "creating", "pid": 1 << 22}
    state.update(bundle=bundle, **more)
    compact = json.dumps(state, separators=(",", ":"))
    return [
        compact.encode(),
        (json.dumps(state, indent=4) + "\n").encode(),
        compact.replace("/", "\\/").encode(),
        json.dumps(state, indent="\t").replace("/", "\\/").encode(),
    ]


def hook(w, code, stdin, *stage):
    if code == ALLOW:
        expect(w.passes("hook", "--policy", w.policy, *stage, stdin=stdin) == b"", "it printed")
        return b""
    return w.fails(code, "hook", "--policy", w.policy, *stage, stdin=stdin)


def a_hook_is_silent_or_refuses(w):
    good, host, raw = w.bundle("good", GOOD), w.bundle("host", HOST), w.bundle("raw", RAW)
    for stage in ((), *((s,) for s in STAGES)):
        for stdin in states(good):
            hook(w, ALLOW, stdin, *stage)
        for stdin in states(host):
            err = hook(w, REFUSED, stdin, *stage)
            expect(b"drawbolt why abcdef012345" in err, f"said {err!r}")
        # A rewriting point was passed by, and nothing can be rewritten any more.
        for stdin in states(raw):
            expect(b"at this stage" in hook(w, REFUSED, stdin, *stage), "not for that reason")
        point = "hook" if not stage else f"hook:{stage[0]}"
        expect({r["point"] for r in w.records()} == {point}, "the record names another point")
        os.remove(w.log)


def a_hook_after_the_end_has_nothing_to_say(w):
    for bundle in (w.bundle("gone", HOST), w.path("never")):
        for stdin in states(bundle, status="stopped"):
            hook(w, ALLOW, stdin, "poststop")
    expect(w.records() == [], "it was recorded")


def an_unknown_stage_is_a_mistake_of_the_command_line(w):
    good = w.bundle("good", GOOD)
    for stage in ("createruntime", "precreate", "x", ""):
        w.fails(USAGE, "hook", "--policy", w.policy, stage, stdin=states(good)[0])
    w.fails(USAGE, "hook", "--policy", w.policy, "prestart", "poststart", stdin=states(good)[0])


def a_configuration_makes_a_hook_precreate(w):
    for document in (text(GOOD), text(RAW), json.dumps(RAW, indent=1).encode() + b"\n\n"):
        out = w.passes("hook", "--policy", w.policy, stdin=document)
        expect(out == w.passes("precreate", "--policy", w.policy, stdin=document), "another answer")
    w.fails(REFUSED, "hook", "--policy", w.policy, stdin=text(HOST))
    expect({r["point"] for r in w.records()} == {"precreate"}, "the record names another point")


def states_that_are_none(w):
    good = w.bundle("good", GOOD)
    for state in (
        {"bundle": good},
        {"id": "c1"},
        {"id": "", "bundle": good},
        {"id": "c1", "bundle": "good"},
        {"id": "c1", "bundle": 7},
        {"id": "c1", "bundle": good, "pid": -1},
        {"id": "c1", "bundle": good, "pid": "1"},
        [],
    ):
        hook(w, INPUT, text(state))
    hook(w, INPUT, states(good)[0][:-1])
    hook(w, INPUT, states(good)[0].replace(b'"id"', b'"id":"x","id"'))


def bundles_without_a_configuration(w):
    w.directory("empty")
    w.directory("fifo")
    os.mkfifo(w.path("fifo/config.json"))
    w.directory("nested")
    w.directory("nested/config.json")
    w.directory("device")
    os.symlink("/dev/zero", w.path("device/config.json"))
    w.directory("loop")
    os.symlink("config.json", w.path("loop/config.json"))
    w.write("file", "")
    for name in ("missing", "empty", "fifo", "nested", "device", "loop", "file"):
        started = time.monotonic()
        hook(w, INPUT, states(w.path(name))[0])
        w.fails(INPUT, "check", "--policy", w.policy, "--as", "bundle", w.path(name))
        expect(time.monotonic() - started < 5, "it waited")


def a_hook_refuses_a_bundle_that_others_may_change(w):
    good = w.bundle("good", GOOD)
    hook(w, ALLOW, states(good)[0])
    os.chmod(good, 0o777)
    hook(w, INPUT, states(good)[0])
    os.chmod(good, 0o755)
    os.chmod(f"{good}/config.json", 0o666)
    hook(w, INPUT, states(good)[0])
    w.directory("linked")
    os.symlink(f"{good}/config.json", w.path("linked/config.json"))
    hook(w, INPUT, states(w.path("linked"))[0])


# --- check --------------------------------------------------------------------------------------


def check_of_several_ends_with_the_worst(w):
    good, host = w.write("good.json", text(GOOD)), w.write("host.json", text(HOST))
    check = ("check", "--policy", w.policy)
    expect(w.passes(*check, good, good).count(b": allowed\n") == 2, "not two")
    code, out, err = w.run(*check, good, host, good)
    expect((code, err) == (REFUSED, b"") and out.count(b"\n") >= 3, f"ended with {code}: {err!r}")
    code, out, err = w.run(*check, "--format", "json", host, w.path("missing"), good)
    expect(code == INPUT, f"ended with {code}")
    one_line(err)
    verdicts = [json.loads(line)["verdict"] for line in out.splitlines()]
    expect(verdicts == ["refuse", "error", "allow"], f"verdicts are {verdicts}")


def check_of_what_is_no_input(w):
    w.directory("empty")
    for arguments in (
        (w.path("missing"),),
        (w.path("empty"),),
        ("--as", "config", w.path("empty")),
        ("/dev/zero",),
        ("",),
    ):
        w.fails(INPUT, "check", "--policy", w.policy, *arguments)


def check_shows_what_a_rewrite_would_change(w):
    raw = w.write("raw.json", text(RAW))
    code, out, err = w.run("check", "--policy", w.policy, "--diff", raw)
    expect((code, err) == (REFUSED, b""), f"ended with {code}: {err!r}")
    hunk = b'@@ /process/capabilities/bounding/1  (raw-sockets)\n- "CAP_NET_RAW"\n'
    expect(hunk in out, f"{out!r}")
    expect(w.records() == [], "it was recorded")


# --- the command line ---------------------------------------------------------------------------


def mistakes_on_the_command_line(w):
    for arguments in (
        (),
        ("frob",),
        ("",),
        ("not found",),
        ("-x",),
        ("--frob",),
        ("--frob=no such file",),
        ("--policy",),
        ("precreate", "--policy"),
        ("precreate", "--policy", w.policy, "x"),
        ("precreate", "--format", "json"),
        ("precreate", "--diff"),
        ("hook", "--as", "config"),
        ("check",),
        ("check", "--format", "xml", "-"),
        ("check", "--format"),
        ("check", "--as", "image", "-"),
        ("check", "--diff=1", "-"),
        ("policy",),
        ("policy", "frob"),
        ("policy", "show", "a", "b"),
        ("policy", "show", "--policy", w.policy, w.policy),
        ("rules", "--policy", w.policy),
        ("why",),
        ("why", "abc"),
        ("why", "abcd", "efgh"),
    ):
        w.fails(USAGE, *arguments, stdin=text(GOOD))


def a_format_is_text_or_json(w):
    for wrong in ("xml", "", "JSON", "json "):
        says = b"drawbolt: error: usage: --format takes text or json\n"
        err = w.fails(USAGE, "check", "--format", wrong, "-", stdin=text(GOOD))
        expect(err == says, f"said {err!r}")
    for right in ("text", "json"):
        w.passes("check", "--policy", w.policy, "--format", right, "-", stdin=text(GOOD))


def help_and_version_go_to_standard_output(w):
    for arguments in (("--help",), ("--version",), ("precreate", "--help"), ("check", "--version")):
        expect(w.passes(*arguments).startswith(b"drawbolt "), f"{arguments} print something else")
    for command in (b"precreate", b"hook", b"check", b"policy", b"why", b"rules"):
        expect(b"\n  drawbolt " + command + b" " in w.passes("--help"), f"no help for {command}")


# --- the log ------------------------------------------------------------------------------------


def logs_that_cannot_be_written(w):
    os.symlink("elsewhere", w.path("log-link"))
    os.mkfifo(w.path("log-fifo"))
    w.directory("log-dir")
    w.write("log-file", "")
    places = (
        "/dev/full", "/dev/null", "/proc/nowhere/log", "/nowhere/at/all/log", w.path("log-link"),
        w.path("log-fifo"), w.path("log-dir"), w.path("log-file/log"),
    )  # fmt: skip
    for place in places:
        for required in (False, True):
            log = {"file": place, "syslog": False, "required": required}
            policy = w.write_policy("log.json", log=log)
            command = ("precreate", "--policy", policy)
            if required:
                w.fails(SYSTEM, *command, stdin=text(GOOD), says=b"error: the decision was not rec")
                w.fails(SYSTEM, *command, stdin=text(HOST), says=b"error: the decision was not rec")
                continue
            code, out, err = w.run(*command, stdin=text(GOOD))
            expect((code, out) == (ALLOW, text(GOOD)), f"ended with {code}")
            one_line(err)
            says = b"drawbolt: warning: the decision was not recorded: "
            expect(err.startswith(says), f"{err!r}")
            code, out, err = w.run(*command, stdin=text(HOST))
            expect((code, out) == (REFUSED, b""), f"ended with {code}")
            lines = err.splitlines(keepends=True)
            expect(len(lines) == 2, f"said {err!r}")
            for line in lines:
                one_line(line)
    expect(not os.path.exists(w.path("elsewhere")), "the link was followed")


def a_log_that_may_not_grow(w):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))

    # Without the filter, whose proof needs a memory file.
    policy = w.write_policy("small.json", rawSockets={"action": "ignore"})
    code, out, err = w.run("precreate", "--policy", policy, stdin=text(GOOD), preexec_fn=limit)
    expect((code, out) == (ALLOW, text(GOOD)), f"ended with {code}: {err!r}")
    one_line(err)
    expect(os.path.getsize(w.log) == 0, "a part of a record was left")
    log = {"file": w.log, "syslog": False, "required": True}
    policy = w.write_policy("log.json", log=log, rawSockets={"action": "ignore"})
    w.fails(SYSTEM, "precreate", "--policy", policy, stdin=text(GOOD), preexec_fn=limit)
    code, out, err = w.run("precreate", "--policy", w.policy, stdin=text(GOOD), preexec_fn=limit)
    expect(code not in (ALLOW, -signal.SIGXFSZ) and out == b"", f"ended with {code}")


def no_log_is_no_mistake(w):
    policy = w.write_policy("log.json", log={"file": "", "syslog": False, "required": True})
    expect(w.passes("precreate", "--policy", policy, stdin=text(GOOD)) == text(GOOD), "changed")
    w.fails(POLICY, "why", "--policy", policy, "abcd", says=b"names no log file")


def ping_keeps_to_the_groups_that_are_mapped_here(w):
    # As in rootless podman's user namespace: one group, and it is number 0.
    command = ["unshare", "--user", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no user namespace can be made here")
    policy = w.write_policy("ping.json", log={"file": "", "syslog": False})
    command += [w.program, "precreate", "--policy", policy]
    done = subprocess.run(command, input=text(RAW), capture_output=True, check=False)
    expect((done.returncode, done.stderr) == (ALLOW, b""), f"{done}")
    sysctls = json.loads(done.stdout)["linux"]["sysctl"]
    expect(sysctls == {"net.ipv4.ping_group_range": "0 0"}, f"{sysctls}")
    # A user namespace of the container's own counts instead.
    mapped = [{"containerID": 0, "hostID": 0, "size": 5}]
    linux = {**RAW["linux"], "uidMappings": mapped, "gidMappings": mapped}
    linux["namespaces"] = [{"type": "network"}, {"type": "user"}]
    own = text({**RAW, "linux": linux})
    done = subprocess.run(command, input=own, capture_output=True, check=False)
    expect((done.returncode, done.stderr) == (ALLOW, b""), f"{done}")
    sysctls = json.loads(done.stdout)["linux"]["sysctl"]
    expect(sysctls == {"net.ipv4.ping_group_range": "0 4"}, f"{sysctls}")


def a_long_refusal_is_cut_in_the_middle(w):
    name = "run.oci." + "x" * 20000
    document = {**GOOD, "annotations": {name: "1"}}
    err = w.precreate(REFUSED, text(document))
    expect(len(err) < 1300 and b"x [...] " in err, f"{len(err)} bytes: {err!r}")
    expect(b"(rule runtime-annotation" in err, f"{err!r}")
    expect(w.records()[-1]["findings"][0]["subject"] == name, "the record is cut too")


def nothing_turns_the_direction_of_a_line(w):
    document = {**GOOD, "annotations": {"run.oci.\u202etxt\u2066.\u200f": "1"}}
    err = w.precreate(REFUSED, text(document))
    expect(b"run.oci.???txt???.???" in err, f"{err!r}")


def errors_are_recorded_too(w):
    w.precreate(INPUT, b"{")
    hook(w, INPUT, states(w.path("missing"))[0])
    verdicts = [(r["verdict"], r["point"]) for r in w.records()]
    expect(verdicts == [("error", "precreate"), ("error", "hook")], f"recorded {verdicts}")
    with open("/dev/full", "wb") as full:
        w.fails(SYSTEM, "precreate", "--policy", w.policy, stdin=text(GOOD), stdout=full)
    expect(w.records()[-1]["verdict"] == "error", "the log ends with what did not happen")


def why_tells_what_was_decided(w):
    why = ("why", "--policy", w.policy)
    w.fails(SYSTEM, *why, "abcd")
    host = w.bundle("host", HOST)
    hook(w, REFUSED, states(host)[0], "createRuntime")
    hook(w, REFUSED, states(host, id="abcd\u001b[31m")[0])
    with open(w.log, "ab") as file:
        file.write(b'{"cut": \nabcd\n\n{"container": {"id": "abcd"}}\n[]\n')
    hook(w, REFUSED, states(host, id="zzzz")[0])
    out = w.passes(*why, "abcdef012345")
    expect(b"hook:createRuntime: refuse\n  refuse host-network: " in out, f"{out!r}")
    expect(w.passes(*why, "abcd").count(b": refuse\n") == 2, "not two decisions")
    expect(b"\x1b" not in w.passes(*why, "abcd"), "a terminal would obey")
    w.fails(INPUT, *why, "0123")
    w.fails(INPUT, *why, "bcde")
    os.remove(w.log)
    os.mkfifo(w.log)
    w.fails(SYSTEM, *why, "abcd", says=b"not a regular file")


# --- limits -------------------------------------------------------------------------------------


def memory_that_runs_out(w):
    if w.sanitized:
        raise Skip("sanitizers need all of the address space")
    documents = [
        text({**GOOD, "x": "x" * 4000000}),
        text({**GOOD, "x": [{}] * 300000}),
        text({**RAW, "x": "\\" * 2000000}),
    ]
    ran_out = 0
    for mib in (6, 8, 12, 16, 24, 32, 48, 4096):
        for document in documents:

            def limit(mib=mib):
                resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))

            code, out, err = w.run(
                "precreate", "--policy", w.policy, stdin=document, preexec_fn=limit
            )
            if code == ALLOW:
                expect(len(out) > 500000 and err == b"", "half an answer")
                continue
            expect((code, out) == (SYSTEM, b""), f"{mib} MiB: ended with {code}: {err!r}")
            one_line(err)
            ran_out += 1
    expect(ran_out > 5, f"memory ran out {ran_out} times only")


def descriptors_that_run_out(w):
    if w.sanitized:
        raise Skip("sanitizers need descriptors")
    allowed = 0
    for count in range(3, 12):

        def limit(count=count):
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))

        command = ("precreate", "--policy", w.policy)
        code, out, err = w.run(*command, stdin=text(GOOD), preexec_fn=limit)
        if code == 127:
            continue  # a program with shared libraries does not even start
        expect(code in (ALLOW, POLICY, SYSTEM), f"{count}: ended with {code}: {err!r}")
        expect(out == (text(GOOD) if code == ALLOW else b""), f"printed {out!r}")
        for line in err.splitlines(keepends=True):
            one_line(line)
        allowed += code == ALLOW
    expect(allowed > 0, "never allowed")


def many_at_once(w):
    command = [w.program, "precreate", "--policy", w.policy]
    children = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}
        )
        for _ in range(40)
    ]
    for i, child in enumerate(children):
        child.stdin.write(text({**GOOD, "n": i}))
        child.stdin.close()
    for i, child in enumerate(children):
        out, err = child.stdout.read(), child.stderr.read()
        expect((child.wait(), err) == (ALLOW, b""), f"ended with {child.returncode}: {err!r}")
        expect(out == text({**GOOD, "n": i}), "somebody else's answer")
        child.stdout.close()
        child.stderr.close()
    expect(len(w.records()) == len(children), "records are missing")


# --- what takes its time ------------------------------------------------------------------------


def input_that_never_ends(w):
    """One that is silent, one that trickles, and one whose parent blocks the alarm."""
    command = [w.program, "precreate", "--policy", w.policy]

    def block():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])

    def ignore():
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    started = time.monotonic()
    children = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=before,
        )
        for before in (None, None, block, ignore)
    ]
    trickled = children[1]
    while time.monotonic() - started < 15 and any(c.poll() is None for c in children):
        time.sleep(0.05)
        if trickled.poll() is None and select.select([], [trickled.stdin], [], 0)[1]:
            try:
                trickled.stdin.write(b" ")
                trickled.stdin.flush()
            except BrokenPipeError:
                pass
    took = time.monotonic() - started
    for child in children:
        if child.poll() is None:
            child.kill()
        try:
            out, err = child.communicate()
        except BrokenPipeError:
            out, err = child.stdout.read(), child.stderr.read()
        expect(child.returncode == SYSTEM, f"ended with {child.returncode}: {err!r}")
        expect(out == b"", f"printed {out!r}")
        one_line(err)
        expect(b"time limit" in err, f"said {err!r}")
    expect(7 < took < 12, f"took {took} seconds")


FAST = (
    empty_input,
    truncated_at_every_byte,
    what_is_no_configuration,
    names_in_a_document_reach_no_terminal_and_no_engine,
    a_hundred_megabytes,
    as_large_as_may_be,
    standard_input_that_cannot_be_read,
    standard_output_that_takes_nothing,
    a_reader_that_leaves_early,
    standard_error_that_takes_nothing,
    everything_is_closed,
    a_refusal_reaches_the_callers_standard_error,
    the_callers_file_is_not_written_over,
    policies_that_are_not_there,
    policies_that_are_no_files,
    policies_that_others_can_write,
    policies_with_mistakes,
    policies_that_we_may_not_read,
    exceptions_let_a_container_through,
    drop_ins_add_exceptions,
    drop_ins_with_mistakes,
    a_hook_is_silent_or_refuses,
    a_hook_after_the_end_has_nothing_to_say,
    an_unknown_stage_is_a_mistake_of_the_command_line,
    a_configuration_makes_a_hook_precreate,
    states_that_are_none,
    bundles_without_a_configuration,
    a_hook_refuses_a_bundle_that_others_may_change,
    check_of_several_ends_with_the_worst,
    check_of_what_is_no_input,
    check_shows_what_a_rewrite_would_change,
    mistakes_on_the_command_line,
    a_format_is_text_or_json,
    help_and_version_go_to_standard_output,
    logs_that_cannot_be_written,
    a_log_that_may_not_grow,
    no_log_is_no_mistake,
    ping_keeps_to_the_groups_that_are_mapped_here,
    a_long_refusal_is_cut_in_the_middle,
    nothing_turns_the_direction_of_a_line,
    errors_are_recorded_too,
    why_tells_what_was_decided,
    memory_that_runs_out,
    descriptors_that_run_out,
    many_at_once,
)
SLOW = (input_that_never_ends,)


def find_place(program):
    """A directory in which a policy is trusted: /tmp is none."""
    for parent in ("/run", os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("HOME"), os.getcwd()):
        if not parent or not os.access(parent, os.W_OK):
            continue
        place = tempfile.mkdtemp(prefix="drawbolt-front.", dir=parent)
        os.chmod(place, 0o755)
        with open(f"{place}/policy.json", "w", encoding="utf-8") as file:
            file.write('{"version": 1}')
        os.chmod(f"{place}/policy.json", 0o644)
        show = [program, "policy", "show", f"{place}/policy.json"]
        if subprocess.run(show, capture_output=True, check=False).returncode == 0:
            return place
        shutil.rmtree(place)
    print("SKIPPED: no directory that only this user can write")
    sys.exit(1 if MUST_RUN else 77)


def run_test(test, program, sanitized):
    place = find_place(program)
    try:
        test(World(program, place, sanitized))
        print(f"ok {test.__name__}")
        return "passed"
    except Skip as why:
        print(f"ok {test.__name__} # SKIP {why}")
        return "skipped"
    except (Wrong, OSError, ValueError, subprocess.SubprocessError) as wrong:
        print(f"not ok {test.__name__}, line {wrong.__traceback__.tb_next.tb_lineno}: {wrong}")
        return "failed"
    finally:
        shutil.rmtree(place)


def run_tests(fast, slow=()):
    """The whole of a script: which tests its command line asks for, and their outcome as a status."""
    os.umask(0o022)
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    program = os.path.abspath(arguments[0])
    pattern = arguments[2] if len(arguments) > 2 else ""
    tests = slow if "--slow" in sys.argv else fast
    results = [
        run_test(test, program, "--sanitized" in sys.argv)
        for test in tests
        if pattern in test.__name__
    ]
    tally = {what: results.count(what) for what in ("passed", "failed", "skipped")}
    print(", ".join(f"{count} {what}" for what, count in tally.items()))
    failed = tally["failed"] or (MUST_RUN and tally["skipped"])
    return 1 if failed or not tally["passed"] else 0


if __name__ == "__main__":
    sys.exit(run_tests(FAST, SLOW))
