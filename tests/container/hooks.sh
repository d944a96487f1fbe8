#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# runc and crun without an engine, on bare bundles: what `drawbolt precreate` makes of the seccomp
# profiles of several engines, and `drawbolt hook` at each stage.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image

policy=$(box_policy builtin)
bundle=$BOX/bundle
configs=$BOX/src/tests/data/configs
log=/var/log/drawbolt/decisions.jsonl
count=0

gate() { # gate: rewrites the bundle's configuration as the policy wants it
    "$DRAWBOLT" precreate --policy "$policy" <"$bundle/config.json" >"$bundle/new" &&
        mv "$bundle/new" "$bundle/config.json"
}

# Runs the bundle to its end. $out, $err and $status are what came of it, $id its name.
run() {
    count=$((count + 1))
    id=box$count
    err=$(timeout 60 "$runtime" run -b "$bundle" "$id" 2>&1 >"$BOX/stdout" </dev/null)
    status=$?
    out=$(cat "$BOX/stdout")
}

# Which profile a bundle brings with it must not matter.
profiles() {
    naive='{defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        syscalls: [{names: ["socket"], action: "SCMP_ACT_ERRNO",
                    args: [{index: 0, value: 2, op: "SCMP_CMP_EQ"},
                           {index: 1, value: 3, op: "SCMP_CMP_EQ"}]},
                   {names: ["socket"], action: "SCMP_ACT_ERRNO",
                    args: [{index: 0, value: 17, op: "SCMP_CMP_EQ"}]}]}'
    for profile in absent null allow naive docker-default containerd-seccomp podman-default; do
        case $profile in
        absent) change=. ;;
        null) change='.linux.seccomp = null' ;;
        allow) change='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}' ;;
        naive) change=".linux.seccomp = $naive" ;;
        *) change=".linux.seccomp = $(jq -c .linux.seccomp "$configs/$profile.json")" ;;
        esac
        raw='.process.capabilities[] += ["CAP_NET_RAW"]'
        for probe in $probes; do
            few='"--only", "*/inet-raw-icmp"'
            box_bundle "$bundle" "$runtime" "$change | $raw | .process.args = [\"$probe\", $few]"
            run
            before=$status
            box_bundle "$bundle" "$runtime" \
                "$change | $raw | .process.args = [\"$probe\", \"--expect-denied\"]"
            gate
            is "$runtime: profile $profile: drawbolt hands the bundle on" "$?" 0
            run
            if [ "$profile $probe" = 'allow probe32' ]; then
                # A profile without a list of architectures kills programs of any but the native
                # one, and drawbolt must not take that away.
                is "$runtime: profile $profile: $probe is killed before and after" \
                    "$before $status" '159 159'
                continue
            fi
            is "$runtime: profile $profile: $probe opens raw sockets before" "$before" 1
            is "$runtime: profile $profile: $probe finds raw sockets denied, all else working" \
                "$status" 0
            like "$runtime: profile $profile: $probe tried every way" "$out" \
                '^probe: [0-9]{3} ways, 0 raw open, 0 ordinary failed, 0 gates open$'
        done
    done
    ping='.process.args = ["ping", "-c", "1", "-W", "5", "127.0.0.1"]'
    box_bundle "$bundle" "$runtime" "$ping | .process.capabilities[] += [\"CAP_NET_RAW\"]"
    gate
    run
    like "$runtime: ping works where NET_RAW was taken away" "$out" ' 1 received, 0% packet loss'
}

# A policy that changes the denial: $policy until the end of the function that calls this.
use_policy() { # use_policy NAME RAW-SOCKETS-MEMBERS
    policy=$(box_policy "$1" '{"version": 1, "capabilities": {"allow": ["AUDIT_WRITE", "KILL",
        "NET_BIND_SERVICE", "NET_RAW"]}, "rawSockets": {'"$2"'}}')
}

# Runs the probe in a bundle with NET_RAW that the policy was applied to. PROFILE is a jq program.
probe_gated() { # probe_gated PROFILE PROBE ARGUMENT...
    words=$(printf '%s\n' "${@:2}" | jq -Rnc '[inputs]')
    box_bundle "$bundle" "$runtime" \
        "$1 | .process.capabilities[] += [\"CAP_NET_RAW\"] | .process.args = $words"
    gate
    run
}

only_reported() {
    builtin=$policy
    for profile in absent docker-default podman-default; do
        change=.
        [ "$profile" = absent ] ||
            change=".linux.seccomp = $(jq -c .linux.seccomp "$configs/$profile.json")"
        for probe in $probes; do
            name="$runtime: report, profile $profile, $probe"
            use_policy ignore '"action": "ignore"'
            probe_gated "$change" "$probe" --only '*native/[iu]*'
            before=$status:$out
            use_policy report '"action": "report", "families": "extended", "inexact": "stricter"'
            probe_gated "$change" "$probe" --only '*native/[iu]*'
            is "$name: every way has the answer that it has without drawbolt" "$status:$out" "$before"
            is "$name: raw sockets do open" "$status" 1
            like "$name: the profile logs them" "$(jq -r '.linux.seccomp.syscalls[] |
                select(.action == "SCMP_ACT_LOG") | .names[]' "$bundle/config.json")" '^socket$'
        done
    done
    policy=$builtin
}

spared() {
    builtin=$policy
    use_policy spare '"errno": "EACCES", "allow": ["AF_PACKET"]'
    for profile in absent docker-default podman-default; do
        change=.
        [ "$profile" = absent ] ||
            change=".linux.seccomp = $(jq -c .linux.seccomp "$configs/$profile.json")"
        name="$runtime: allow AF_PACKET, profile $profile"
        probe_gated "$change" probe64 --only 'native/*'
        for way in packet-raw packet-dgram packet-packet inet-packet; do
            like "$name: $way opens" "$out" "^native/$way raw open domain=17 "
        done
        for way in inet-raw-icmp inet-raw-raw inet6-raw-icmp inet6-raw-raw xdp-raw; do
            like "$name: $way is denied" "$out" "^native/$way raw EACCES\$"
        done
        if [ "$profile" != docker-default ]; then # that one allows no namespace of one's own
            probe_gated "$change" probe64 --only 'ns/native/*'
            like "$name: in a namespace of one's own packet-raw opens" "$out" \
                '^ns/native/packet-raw raw open domain=17 '
            like "$name: in a namespace of one's own inet-raw-icmp is denied" "$out" \
                '^ns/native/inet-raw-icmp raw EACCES$'
        fi
        probe_gated "$change" ping -c 1 -W 5 127.0.0.1
        like "$name: ping works" "$out" ' 1 received, 0% packet loss'
    done
    policy=$builtin
}

extended() {
    builtin=$policy
    use_policy extended '"errno": "EACCES", "families": "extended"'
    for profile in absent docker-default; do
        change=.
        [ "$profile" = absent ] ||
            change=".linux.seccomp = $(jq -c .linux.seccomp "$configs/$profile.json")"
        name="$runtime: extended, profile $profile"
        probe_gated "$change" probe64 --rare --no-userns --only 'native/rare-*'
        is "$name: every rare family is denied" \
            "$(printf '%s\n' "$out" | grep -c '^native/rare-.* raw EACCES$')" 30
        probe_gated "$change" probe64 --expect-denied --rare
        is "$name: raw sockets are denied, all else works" "$status" 0
    done
    policy=$builtin
}

hook_at() { # hook_at STAGE: a jq program that adds the hook
    printf '.hooks = {"%s": [{path: "%s", args: ["drawbolt", "hook", "%s", "--policy", "%s"]}]}' \
        "$1" "$DRAWBOLT" "$1" "$policy"
}

last_decision() { # last_decision JQ-PROGRAM
    tail -n 1 "$log" | jq -r "$1"
}

# prestart and createRuntime run before the container's process does, so a refusal is in time;
# poststart may come after it. crun 1.8 ignores a failing poststart hook.
stages() {
    hello='.process.args = ["echo", "hello"]'
    for stage in prestart createRuntime createContainer poststart; do
        box_bundle "$bundle" "$runtime" "$hello | $(hook_at $stage)"
        gate
        run
        is "$runtime: $stage: a bundle that was rewritten runs" "$status: $out" '0: hello'
        box_bundle "$bundle" "$runtime" \
            "$hello | .process.capabilities[] += [\"CAP_NET_RAW\"] | $(hook_at $stage)"
        : >"$log"
        run
        is "$runtime: $stage: the decision on a bundle that was not is recorded" \
            "$(last_decision '.verdict + " " + .point')" "refuse hook:$stage"
        if [ "$stage" = poststart ]; then
            continue
        fi
        isnot "$runtime: $stage: a bundle that was not rewritten fails" "$status" 0
        is "$runtime: $stage: its process never ran" "$out" ''
        isnot "$runtime: $stage: nothing is left of it" "$("$runtime" state "$id" >/dev/null 2>&1
            echo $?)" 0
        if [ "$runtime" = runc ]; then
            # runc quotes a hook's standard error inside a message of its own
            like "$runtime: $stage: the reason is shown" "$err" \
                'drawbolt: refused: .+ \(rule [a-z-]+[,;)]'
        fi
    done

    # What is in the live bundle by then no longer matters: a container must still be removable.
    for hooks in "$(hook_at poststop)" "$(hook_at poststop) | .process.capabilities[] += [\"CAP_NET_RAW\"]"; do
        box_bundle "$bundle" "$runtime" "$hello | $hooks"
        run
        is "$runtime: poststop: the container runs" "$status: $out" '0: hello'
        isnot "$runtime: poststop: it is gone" "$("$runtime" state "$id" >/dev/null 2>&1
            echo $?)" 0
    done
}

# The same by hand: state on standard input.
by_hand() {
    box_bundle "$bundle" runc '.process.args = ["true"]'
    gate
    unshare -n sleep 600 &
    first=$!
    until [ "$(readlink /proc/$first/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.02; done
    state() { # state [ANNOTATION-BYTES]
        printf '{"ociVersion":"1.0.2","id":"by-hand","status":"creating","pid":%d,"bundle":"%s",' \
            "$first" "$bundle"
        printf '"annotations":{"a":"'
        head -c "${1:-1}" /dev/zero | tr '\0' x
        printf '"}}'
    }
    hook() { # hook ARGUMENT...: sets $err, $status
        err=$("$DRAWBOLT" hook "$@" 2>&1 >"$BOX/stdout")
        status=$?
    }
    hook createRuntime --policy "$policy" <<<"$(state)"
    is 'hook: an allowed bundle, in silence' "$status:$(cat "$BOX/stdout"):$err" '0::'
    hook --policy "$policy" <<<"$(state)"
    is 'hook: the stage may be left out' "$status" 0
    kept=$first first=1
    hook createRuntime --policy "$policy" <<<"$(state)"
    is_refusal "hook: a process in the host's network, whatever the file says" "$err" host-network
    first=$kept
    pretty=$(state | jq . | sed 's#/#\\/#g')
    hook createRuntime --policy "$policy" <<<"$pretty"
    is 'hook: pretty-printed state with escaped slashes' "$status" 0
    state 1000000 | "$DRAWBOLT" hook createRuntime --policy "$policy"
    is 'hook: a large state is taken whole' "${PIPESTATUS[*]}" '0 0'
    state 1000000 | "$DRAWBOLT" hook createRuntime --policy "$BOX/nowhere.json" 2>/dev/null
    is 'hook: and read to its end even when the policy is missing' "${PIPESTATUS[*]}" '0 4'
    # (one whose network namespace is its own, so that nothing on this machine is looked for)
    "$DRAWBOLT" hook --policy "$policy" <"$configs/docker-default.json" >"$BOX/as-hook"
    is 'hook: given a configuration, it is precreate' "$?" 0
    "$DRAWBOLT" precreate --policy "$policy" <"$configs/docker-default.json" |
        cmp - "$BOX/as-hook"
    is 'hook: and answers the same bytes' "${PIPESTATUS[*]}" '0 0'

    box_bundle "$bundle" runc '.process.capabilities[] += ["CAP_NET_RAW"]'
    hook createRuntime --policy "$policy" <<<"$(state)"
    is 'hook: a bundle that was not rewritten' "$status:$(cat "$BOX/stdout")" '1:'
    is_refusal 'hook: says why' "$err" '[a-z-]+'
    is 'hook: in one line' "$(printf '%s\n' "$err" | grep -c .)" 1
    rm "$bundle/config.json"
    hook createRuntime --policy "$policy" <<<"$(state)"
    isnot 'hook: no configuration in the bundle is refused' "$status" 0
    hook createRuntime --policy "$policy" </dev/null
    is 'hook: no state at all is invalid input' "$status" 3
    hook noSuchStage --policy "$policy" <<<"$(state)"
    is 'hook: an unknown stage is a mistake in the call' "$status" 2
    kill "$first"
}

for runtime in runc crun; do
    profiles
    only_reported
    spared
    extended
    stages
done
by_hand
finish
