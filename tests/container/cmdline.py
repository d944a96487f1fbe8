#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random command lines for tests/container/cmdline.sh: cmdline.py RUNTIME SEED COUNT.

For each: what did the runtime do, and does drawbolt's reader say so? A line that the runtime itself
refuses, or that drawbolt does not understand, tells nothing; both are counted, and neither may be
nearly all of them.
"""
import os
import random
import re
import subprocess
import sys

RUNTIME, SEED, COUNT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
DICE = random.Random(SEED)
LOGS = ["l1", "l2"]


def call(words):
    done = subprocess.run([RUNTIME] + words, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=60, check=False)
    return done.stdout + done.stderr


def read(words):
    """What drawbolt reads: the command, and a dictionary of lists."""
    line = subprocess.run(["/run/box/bin/cmdline_read", RUNTIME] + words, capture_output=True,
                          text=True, check=True).stdout.rstrip("\n")
    if "(misplaced)" in line:
        raise SystemExit(f"misplaced: {words}: {line}")
    command, *pairs = line.split(" ")
    if command == "refused":
        return command, {}
    got = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        got.setdefault(name, []).append(value)
    return command, got


def spelled(names, value):
    """One option, spelled in one of many ways, some of them wrong."""
    name = DICE.choice(names)
    long = name if DICE.random() < 0.8 else name[:DICE.randint(1, len(name))]
    ways = [["--" + long, value], ["--" + long + "=" + value], ["-" + long, value],
            ["-" + long + "=" + value], ["-" + name[0], value], ["-" + name[0] + value],
            ["-" + name[0] + "=" + value], ["-d" + name[0], value], ["-t" + name[0], value],
            ["--" + long]]
    return DICE.choices(ways, [6, 6, 2, 2, 4, 3, 2, 1, 1, 1])[0]


def noise(switches, valued):
    word = DICE.choice(switches + valued)
    if word in switches:
        return DICE.choices([["--" + word], ["-" + word], ["--" + word + "=true"], ["-" + word[0]]],
                            [6, 1, 1, 1])[0]
    return spelled([word], DICE.choice(["x1", "3", "-x", "--", "", "live"]))


def shuffled(parts, tail):
    """The parts in any order, the id mostly last, now and then a "--"."""
    DICE.shuffle(parts)
    at = len(parts) if DICE.random() < 0.8 else DICE.randint(0, len(parts))
    parts.insert(at, tail)
    if DICE.random() < 0.15:
        parts.insert(DICE.randint(0, len(parts)), ["--"])
    return [word for part in parts for word in part]


def globals_():
    parts = []
    if DICE.random() < 0.3:
        parts.append(spelled(["log"], DICE.choice(LOGS)))
    if DICE.random() < 0.2:
        parts.append(noise(["debug", "systemd-cgroup"], ["rootless"]))
    if DICE.random() < 0.1:
        parts.append(["--log-format", "json"])
    return [word for part in parts for word in part]


def start_line():
    parts = []
    for _ in range(DICE.choice([0, 1, 1, 1, 2])):
        parts.append(spelled(["bundle"], DICE.choice(["bogus/b1", "bogus/b2", "/bogus/b3", "-b4"])))
    if RUNTIME == "crun" and DICE.random() < 0.3:
        parts.append(spelled(["config"], DICE.choice(["bogus/f1", "bogus/f2"])))
    for _ in range(DICE.choice([0, 0, 1, 2])):
        parts.append(noise(["no-pivot", "no-new-keyring", "detach"], ["pid-file", "console-socket"]))
    return globals_() + [DICE.choice(["create", "run"])] + shuffled(parts, ["new"])


def start_outcome(said):
    found = re.search(r"chdir (\S+): no such file", said) or \
        re.search(r"(?:chdir|realpath) `([^']*)[`'] failed", said)
    if found:
        return found.group(1)
    if "config.json not found" in said or "error loading config.json" in said:
        return "."
    return None


def start_agrees(outcome, got):
    bundle = got.get("bundle", ["."])[-1] or "."
    config = got.get("config", ["config.json"])[-1]
    if outcome == ".":
        return bundle == "." and config == "config.json"
    # A path that is there (an earlier line may have made a file of that name) is said in full.
    return outcome in (bundle, config, os.path.abspath(bundle), os.path.abspath(config))


def exec_line():
    parts = []
    for _ in range(DICE.choice([0, 1, 1, 2])):
        parts.append(spelled(["process"], DICE.choice(["p1", "p2", "p3"])))
    for _ in range(DICE.choice([0, 0, 1, 2])):
        parts.append(noise(["no-new-privs", "tty"], ["cwd", "env", "user", "pid-file"]))
    DICE.shuffle(parts)
    line = [word for part in parts for word in part]
    if DICE.random() < 0.15:
        line.append("--")
    return globals_() + ["exec"] + line + ["live", "echo"] + \
        DICE.choice([["line"], ["line"], ["-p", "p1"]])


def exec_outcome(said):
    words = said.split()
    for word in ("p1", "p2", "p3"):
        if words == [word]:
            return word
    return "line" if words in (["line"], ["-p", "p1"]) else None


def exec_agrees(outcome, got):
    return outcome == got.get("process", ["line"])[-1]


def caps_line():
    parts = []
    names = ["CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_CHOWN"]
    for _ in range(DICE.choice([1, 1, 2, 3])):
        parts.append(spelled(["cap"], DICE.choice(names)))
    for _ in range(DICE.choice([0, 0, 1])):
        parts.append(noise(["no-new-privs"], ["user"]))
    DICE.shuffle(parts)
    return ["exec"] + [word for part in parts for word in part] + \
        ["live", "/bin/grep", "CapBnd", "/proc/self/status"]


BITS = {"CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21, "CAP_CHOWN": 0}


def caps_outcome(said):
    found = re.search(r"^CapBnd:\s*([0-9a-f]+)$", said, re.M)
    if not found:
        return None
    return sorted(name for name, bit in BITS.items() if int(found.group(1), 16) >> bit & 1)


def caps_agree(outcome, got):
    return set(outcome) <= set(got.get("cap", []))


def main():
    bad = 0
    kinds = {"start": (start_line, start_outcome, start_agrees),
             "exec": (exec_line, exec_outcome, exec_agrees),
             "caps": (caps_line, caps_outcome, caps_agree)}
    for kind, (make, judge, agrees) in kinds.items():
        told = agreed = 0
        for _ in range(COUNT):
            words = make()
            for log in LOGS:
                if os.path.exists(log):
                    os.unlink(log)
            outcome = judge(call(words))
            command, got = read(words)
            written = [log for log in LOGS if os.path.exists(log)]
            if command not in ("refused", "other") and written and got.get("log", ["?"])[-1] not in written:
                print(f"log: {words}: wrote {written}, drawbolt: {got}")
                bad += 1
            if outcome is None:
                continue
            told += 1
            if command == "refused":
                continue
            agreed += 1
            if command == "other" or not agrees(outcome, got):
                print(f"{kind}: {words}: {RUNTIME}: {outcome}, drawbolt: {command} {got}")
                bad += 1
        print(f"{kind}: {COUNT} lines, {told} did something, drawbolt understood {agreed} of these")
        if told < COUNT // 5 or agreed < told // 3:
            print(f"{kind}: too few for a test")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
