#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# podman with `drawbolt precreate` as its precreate hook, once with runc and once with crun: what a
# container can still do, what it can no longer do, and what does not start at all.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image

builtin=$(box_policy builtin)
profile=/usr/share/containers/seccomp.json
hooks=$BOX/hooks.d
box_hook "$hooks" "$DRAWBOLT" precreate --policy "$builtin"

# Runs podman. $out is its standard output, $err its standard error, $status its exit status.
# Standard error is a pipe here, as on a terminal: see the test of a file below.
pod() {
    err=$(podman --runtime "$runtime" "$@" 2>&1 >"$BOX/stdout")
    status=$?
    out=$(cat "$BOX/stdout")
}

gated() { # gated HOOKS-DIR ARGUMENT...: podman run --rm behind the hook
    dir=$1
    shift
    pod --hooks-dir "$dir" run --rm "$@"
}

policy_hook() { # policy_hook NAME JSON: a hooks directory whose hook has this policy
    box_hook "$BOX/hooks-$1.d" "$DRAWBOLT" precreate --policy "$(box_policy "$1" "$2")"
    echo "$BOX/hooks-$1.d"
}

nothing_started() { # nothing_started NAME MARKER: no process, no container
    is "$1: no process is left" "$(pgrep -f "^$2" | paste -sd' ')" ''
    is "$1: no monitor is left" "$(pgrep -x conmon | paste -sd' ')" ''
    is "$1: no container is left" "$(podman ps -aq | paste -sd' ')" ''
}

refused() { # refused NAME RULE HOOKS-DIR OPTION...
    name="$runtime: $1 is refused"
    rule=$2
    dir=$3
    shift 3
    gated "$dir" "$@" localhost/probe sleep 4242
    isnot "$name" "$status" 0
    is "$name: nothing ran" "$out" ''
    is_refusal "$name: the reason reaches podman's standard error" "$err" "$rule"
    nothing_started "$name" 'sleep 4242'
}

has_no_raw_capability() { # has_no_raw_capability NAME STATUS-LINES
    bits=$(printf '%s\n' "$2" | sed -n 's/^Cap[A-Z][a-z]*: *//p')
    is "$1: five sets were read" "$(printf '%s\n' "$bits" | grep -c .)" 5
    for set in $bits; do
        [ $((0x$set >> 13 & 1)) -eq 0 ] || break
    done
    is "$1: CAP_NET_RAW is in no set" "$((0x$set >> 13 & 1))" 0
}

without_drawbolt() {
    for probe in $probes; do
        pod run --rm --cap-add NET_RAW localhost/probe "$probe"
        is "$runtime: without drawbolt $probe opens raw sockets" "$status" 1
        like "$runtime: without drawbolt $probe opens a packet socket" "$out" \
            '^native/packet-raw raw open domain=17 type=3 '
    done
    pod run --rm localhost/probe probe64
    like "$runtime: without drawbolt and NET_RAW, a new user namespace gives it back" "$out" \
        '^ns/native/packet-raw raw open domain=17 type=3 '
}

with_drawbolt() {
    for probe in $probes; do
        for options in '' '--cap-add NET_RAW' '--cap-add NET_RAW --cap-add SYS_ADMIN' \
            '--cap-add NET_RAW --security-opt seccomp=unconfined' '--cap-drop all' \
            '--security-opt no-new-privileges' '-p 8080:80' '--network none'; do
            # shellcheck disable=SC2086 # several options
            gated "$hooks" $options localhost/probe "$probe" --expect-denied
            is "$runtime: $probe $options: raw sockets are denied, all else works" "$status" 0
            like "$runtime: $probe $options: every way was tried" "$out" \
                '^probe: [0-9]{3} ways, 0 raw open, 0 ordinary failed, 0 gates open$'
        done
    done
    like "$runtime: the user namespace of the probe is real" "$out" '^ns/unshare gate open$'
    unlike "$runtime: no way ends in a signal" "$out" ' SIG'

    gated "$hooks" --cap-add NET_RAW localhost/probe probe64 --status
    has_no_raw_capability "$runtime: first process" "$out"
    gated "$hooks" --cap-add all localhost/probe probe64 --status
    has_no_raw_capability "$runtime: first process with --cap-add all" "$out"
    gated "$hooks" localhost/probe ping -c 1 -W 5 127.0.0.1
    like "$runtime: ping works" "$out" ' 1 received, 0% packet loss'
    gated "$hooks" --user 1000 localhost/probe probe64 --expect-denied --no-ping
    is "$runtime: a plain user: raw sockets are denied, all else works" "$status" 0
    gated "$hooks" --uidmap 0:100000:65536 --gidmap 0:100000:65536 localhost/probe \
        probe64 --expect-denied --no-ping
    is "$runtime: a user namespace: raw sockets are denied, all else works" "$status" 0
    gated "$hooks" localhost/probe sh -c 'exit 7'
    is "$runtime: the container's own exit status arrives" "$status" 7
    is "$runtime: an allowed container is not talked about" \
        "$(printf '%s\n' "$err" | grep -c refused)" 0
}

in_exec() {
    pod --hooks-dir "$hooks" run -d --name long localhost/probe sleep 1000
    is "$runtime: a detached container starts" "$status" 0
    for probe in $probes; do
        for options in '' '--privileged' '--privileged -u 5'; do
            # shellcheck disable=SC2086 # several options
            pod exec $options long "$probe"
            is "$runtime: exec $options: $probe opens no raw socket" "$status" 0
            like "$runtime: exec $options: $probe tried every way" "$out" \
                '^probe: [0-9]{3} ways, 0 raw open, '
        done
    done
    pod exec --privileged long probe64 --status
    like "$runtime: exec --privileged does have the capability, so the filter is what holds" \
        "$out" '^CapEff: 0*[1-9a-f][0-9a-f]*[2367abef][0-9a-f]{3}$'
    pod rm -f -t 0 long
    pod --hooks-dir "$hooks" run -d --name long --security-opt seccomp=unconfined localhost/probe \
        sleep 1000
    pod exec --privileged long probe64
    is "$runtime: exec --privileged where no profile was asked for: no raw socket" "$status" 0
    pod rm -f -t 0 long
    is "$runtime: the container is removed" "$status" 0
}

refusals() {
    narrow=$(policy_hook narrow '{"version": 1, "sysctls":
        {"net.ipv4.ip_unprivileged_port_start": {"min": 1024, "max": 1024}}}')
    start=net.ipv4.ip_unprivileged_port_start
    refused 'a port-start sysctl below the policy' port-start-range "$narrow" --sysctl $start=80
    refused 'a port-start sysctl above the policy' port-start-range "$hooks" --sysctl $start=2048
    refused '--privileged' privileged "$hooks" --privileged
    refused '--privileged with a seccomp profile' privileged "$hooks" --privileged \
        --security-opt seccomp="$profile"
    refused 'every capability with nothing masked' privileged "$hooks" --cap-add all \
        --security-opt unmask=ALL
    refused '--network host' host-network "$hooks" --network host
    refused 'an annotation for the runtime' runtime-annotation "$hooks" \
        --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=
    refused '--group-add keep-groups, which is an annotation' runtime-annotation "$hooks" \
        --group-add keep-groups

    # The nearest neighbours of what is refused do start, so it is not something else that refuses.
    gated "$narrow" --sysctl $start=1024 localhost/probe probe64 --status
    like "$runtime: a port-start sysctl inside the policy starts" "$out" "^${start##*.} 1024$"
    gated "$hooks" --sysctl $start=80 localhost/probe probe64 --status
    like "$runtime: another policy, another answer" "$out" "^${start##*.} 80$"
    gated "$hooks" --annotation org.example.note=run.oci localhost/probe true
    is "$runtime: an annotation for people starts" "$status" 0
    gated "$hooks" --cap-add all --security-opt seccomp="$profile" localhost/probe true
    is "$runtime: every capability, but a filter and masked paths: starts" "$status" 0
    groups=$(policy_hook keep-groups '{"version": 1, "annotations": {"deny": ["run.oci.d*",
        "run.oci.h*", "run.oci.m*", "run.oci.p*", "run.oci.s*", "run.oci.t*"]}}')
    gated "$groups" --group-add keep-groups localhost/probe true
    unlike "$runtime: a policy can allow --group-add keep-groups" "$err" 'drawbolt: refused'

    pod --hooks-dir "$hooks" run -d --name target localhost/probe sleep 1000
    is "$runtime: an ordinary container on the bridge starts" "$status" 0
    gated "$hooks" --network container:target --sysctl $start=80 localhost/probe sleep 4242
    isnot "$runtime: a net sysctl into another container's network is refused" "$status" 0
    is_refusal "$runtime: and says why" "$err" sysctl-joined-netns
    gated "$hooks" --network container:target localhost/probe true
    is "$runtime: another container's network without a sysctl starts" "$status" 0
    pod exec target probe64 --status
    like "$runtime: the joined container's own setting is as it was" "$out" "^${start##*.} 1024$"
    pod rm -f -t 0 target
}

# The runtime opens the path again, from another directory and later: what could lead elsewhere by
# then is no namespace that anybody has looked at.
networks_at_a_path() {
    ip netns add apart
    at=/run/netns/apart
    trap=$BOX/trap
    mkdir -p "$trap/here"
    : >"$trap/apart"
    mount --bind "$at" "$trap/apart"
    ln -s "$at" /tmp/apart
    ln -s "$at" "$trap/link"
    for path in "$at" "$trap/apart" "$trap/link"; do
        gated "$hooks" --network "ns:$path" localhost/probe true
        is "$runtime: an empty network namespace at $path starts" "$status" 0
    done
    cd "$trap/here" || return
    for path in /tmp/apart /proc/self/cwd/../apart /proc/self/cwd/../../../../run/netns/apart \
        /proc/thread-self/cwd/../apart /proc/self/ns/net /proc/self/root/run/netns/apart \
        "/proc/$$/root/run/netns/apart"; do
        refused "a network namespace by $path" host-network "$hooks" --network "ns:$path"
        like "$runtime: by $path: it is not looked at" "$err" 'cannot be told: there is nothing at'
    done
    cd / || return
    chmod 777 "$trap"
    refused 'a network namespace in a directory of everybody' host-network "$hooks" \
        --network "ns:$trap/apart"
    chmod 755 "$trap"
    refused "the host's network namespace by a number" host-network "$hooks" \
        --network ns:/proc/1/ns/net

    # podman sets net.ipv4.ping_group_range, which is somebody's once somebody lives there.
    ip netns exec apart sleep 1000 &
    inhabitant=$!
    until [ "$(readlink "/proc/$inhabitant/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
        sleep 0.1
    done
    for path in "$at" "/proc/$inhabitant/ns/net"; do
        refused "podman's own sysctl for a network in use" sysctl-joined-netns "$hooks" \
            --network "ns:$path"
    done
    printf '[containers]\ndefault_sysctls=[]\n' >/etc/containers/containers.conf.d/60-sysctls.conf
    for path in "$at" "/proc/$inhabitant/ns/net"; do
        gated "$hooks" --network "ns:$path" localhost/probe true
        is "$runtime: without default_sysctls a network in use can be joined" "$status" 0
    done
    rm /etc/containers/containers.conf.d/60-sysctls.conf
    kill "$inhabitant"
    wait "$inhabitant" 2>/dev/null
    umount "$trap/apart"
    rm -r "$trap" /tmp/apart
    ip netns delete apart
}

# A pod's containers join the network namespace of its first one.
in_a_pod() {
    pod --hooks-dir "$hooks" pod create --name demo --infra-image localhost/probe \
        --infra-command 'sleep 1000'
    is "$runtime: a pod is made" "$status" 0
    gated "$hooks" --pod demo --cap-add NET_RAW localhost/probe probe64 --expect-denied
    is "$runtime: a container in a pod: raw sockets are denied, all else works" "$status" 0
    pod pod rm -f -t 0 demo
    is "$runtime: the pod is removed" "$status" 0
}

kube_pod() { # kube_pod PRIVILEGED: play a pod of one container
    jq -n --argjson privileged "$1" '{apiVersion: "v1", kind: "Pod", metadata: {name: "played"},
        spec: {containers: [{name: "one", image: "localhost/probe", imagePullPolicy: "Never",
            command: ["/bin/sleep", "4242"], securityContext: {privileged: $privileged}}]}}' \
        >"$BOX/kube.yaml"
    pod --hooks-dir "$hooks" play kube "$BOX/kube.yaml"
    running=$(podman ps --format '{{.Names}}' | grep -c '^played-one$')
}

in_a_kube_pod() {
    podman import -q --change 'CMD ["/bin/sleep", "4343"]' "$BOX/probe.tar" localhost/pause >/dev/null
    drop_in=/etc/containers/containers.conf.d/60-pause.conf
    printf '[engine]\ninfra_image="localhost/pause"\n' >"$drop_in"
    kube_pod false
    if [ "$running" -eq 0 ]; then
        skip "$runtime: podman play kube" "it does not work here: $err"
    else
        ok "$runtime: podman play kube starts an ordinary pod"
        pod play kube --down "$BOX/kube.yaml"
        kube_pod true
        is "$runtime: podman play kube starts no privileged container" "$running" 0
        is_refusal "$runtime: podman play kube gives the reason" "$out
$err" privileged
        is "$runtime: podman play kube: the last record is the refusal" \
            "$(tail -1 /var/log/drawbolt/decisions.jsonl | jq -r '.verdict, (.findings[] |
                select(.action == "refuse") | .rule)' | paste -sd' ')" \
            'refuse privileged'
    fi
    pod play kube --down "$BOX/kube.yaml"
    rm "$drop_in"
}

# What was decided can be read afterwards, and what could not be checked is said.
records() {
    log=/var/log/drawbolt/decisions.jsonl
    : >"$log"
    gated "$hooks" --cap-add NET_RAW -p 80:80 localhost/probe true
    is "$runtime: one decision, one line" "$(wc -l <"$log")" 1
    is "$runtime: the record says what point it was" \
        "$(jq -r '.point + " " + .engine' "$log")" 'precreate podman'
    case $(jq -r .verdict "$log") in
    refuse)
        like "$runtime: a low host port is refused as what it is" \
            "$(jq -r '.findings[].rule' "$log")" '^host-port-'
        isnot "$runtime: and podman starts nothing" "$status" 0
        ;;
    *)
        like "$runtime: a host port that was not seen is on record as not checked" \
            "$(jq -r '.unchecked[].rule' "$log")" '^host-port-'
        is "$runtime: the record names the edits" \
            "$(jq -r '[.edits[].path] | map(select(test("capabilities"))) | length' "$log")" 3
        ;;
    esac
    gated "$hooks" --privileged localhost/probe true
    id=$(printf '%s\n' "$err" | sed -n "s/.*see 'drawbolt why \([0-9a-f]*\)').*/\1/p")
    like "$runtime: the refusal names a container" "$id" '^[0-9a-f]{12,64}$'
    like "$runtime: and 'drawbolt why' tells about it" \
        "$("$DRAWBOLT" why --policy "$builtin" "$id" 2>&1)" 'privileged'

    # The id cannot be forged with a mount that looks like one of podman's own.
    forged=$(printf '%064d' 7)
    mkdir -p "$BOX/y-containers/$forged"
    echo forged >"$BOX/y-containers/$forged/h"
    rm -f "$BOX/cid"
    : >"$log"
    gated "$hooks" --cidfile "$BOX/cid" -v "$BOX/y-containers/$forged/h:/etc/hostname" \
        localhost/probe cat /etc/hostname
    is "$runtime: a mount like podman's own is there" "$out" forged
    is "$runtime: and the record has the container's id all the same" \
        "$(jq -r .container.id.value "$log")" "$(cat "$BOX/cid")"
}

bad_policies() {
    bad=$BOX/bad
    rm -rf "$bad"
    mkdir -p "$bad/open" "$bad/foreign"
    echo '{"version": 1}' | tee "$bad/writable.json" "$bad/open/policy.json" \
        "$bad/foreign/policy.json" "$bad/foreign.json" >/dev/null
    chmod 666 "$bad/writable.json"
    chmod 777 "$bad/open"
    chown 1000 "$bad/foreign.json" "$bad/foreign"
    echo '{"version": 1, "capability": {}}' >"$bad/unknown-member.json"
    echo '{"version": 1' >"$bad/cut-off.json"
    ln -s "$bad/writable.json" "$bad/link.json"
    for file in missing writable open/policy foreign foreign/policy unknown-member cut-off link; do
        box_hook "$BOX/hooks-bad.d" "$DRAWBOLT" precreate --policy "$bad/$file.json"
        gated "$BOX/hooks-bad.d" localhost/probe sleep 4242
        isnot "$runtime: policy $file.json: podman starts nothing" "$status" 0
        is "$runtime: policy $file.json: nothing ran" "$out" ''
        like "$runtime: policy $file.json: exit status 4" "$err" 'exit status 4'
        like "$runtime: policy $file.json: somebody is told" "$err" '^drawbolt: .*policy'
        nothing_started "$runtime: policy $file.json" 'sleep 4242'
    done
}

# The engine writes to its standard error at a position of its own, so a line that is merely appended
# to the same file would be written over.
reason_in_a_file() {
    podman --runtime "$runtime" --hooks-dir "$hooks" run --rm --privileged localhost/probe true \
        >/dev/null 2>"$BOX/stderr"
    is_refusal "$runtime: the reason also reaches a file" "$(cat "$BOX/stderr")" privileged
    like "$runtime: and podman's own words stay" "$(cat "$BOX/stderr")" '^Error: '
}

# As it is installed: a drop-in names the hooks directory, and `podman build`, which knows no
# precreate hooks and reads the default directory, goes on working.
installed() {
    drop_in=/etc/containers/containers.conf.d/50-drawbolt.conf
    printf '[engine]\nhooks_dir=["/usr/share/containers/oci/hooks.d", "%s"]\n' "$hooks" >"$drop_in"
    pod run --rm --privileged localhost/probe true
    isnot "$runtime: the drop-in puts the hook in place" "$status" 0
    is_refusal "$runtime: the drop-in's hook gives its reason" "$err" privileged
    mkdir -p "$BOX/build"
    printf 'FROM localhost/probe\nRUN echo built >/built\n' >"$BOX/build/Containerfile"
    pod build -q -t "localhost/built-$runtime" "$BOX/build"
    is "$runtime: podman build works" "$status" 0
    pod run --rm "localhost/built-$runtime" cat /built
    is "$runtime: what was built runs" "$out" built
    pod run --rm "localhost/built-$runtime" probe64 --expect-denied
    is "$runtime: what was built is held to the policy" "$status" 0
    rm "$drop_in"
    pod run --rm --cap-add NET_RAW localhost/probe probe64 --only native/packet-raw
    is "$runtime: without the drop-in it is not" "$status" 1
}

# A template that `drawbolt seccomp merge` has rewritten, and that podman resolves as it always does:
# no hook runs.
merged_template() {
    merged=$BOX/merged.json
    "$DRAWBOLT" seccomp merge --policy "$builtin" "$profile" >"$merged" 2>"$BOX/merged.txt"
    is "$runtime: podman's own profile can be merged" "$?" 0
    like "$runtime: and it is said how well" "$(cat "$BOX/merged.txt")" ': fit: '
    "$DRAWBOLT" seccomp prove --policy "$builtin" "$profile" >/dev/null
    is "$runtime: before, raw sockets get through" "$?" 1
    is "$runtime: afterwards, all cases are proved" \
        "$("$DRAWBOLT" seccomp prove --policy "$builtin" "$merged" | grep -c ': proved: ')" 2
    for options in '--cap-add NET_RAW' '--cap-add NET_RAW --cap-add AUDIT_WRITE' '--cap-add all'; do
        # shellcheck disable=SC2086 # several options
        pod run --rm $options --security-opt seccomp="$profile" localhost/probe probe64 \
            --only native/packet-raw
        is "$runtime: $options: under podman's profile a packet socket opens" "$status" 1
        for probe in $probes; do
            # shellcheck disable=SC2086 # several options
            pod run --rm $options --security-opt seccomp="$merged" localhost/probe "$probe" \
                --expect-denied
            is "$runtime: $probe $options: under the merged one raw sockets are denied, all else works" \
                "$status" 0
            like "$runtime: $probe $options: every way was tried under it" "$out" \
                '^probe: [0-9]{3} ways, 0 raw open, 0 ordinary failed, 0 gates open$'
        done
    done
    pod run --rm --security-opt seccomp="$merged" localhost/probe ping -c 1 -W 5 127.0.0.1
    like "$runtime: ping works under it" "$out" ' 1 received, 0% packet loss'
}

# libseccomp loses all rules of x86_64 where a container has one for stime(): that call is not there on
# x86_64, and a rule for it without conditions comes before all that have some (src/seccomp/scope.h).
ghosts() {
    ghost='{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64",
        "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}], "syscalls": [{"names": ["stime"],
        "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}'
    every='[{"index": 0, "value": 0, "op": "SCMP_CMP_GE"}]'
    printf '%s\n' "$ghost" >"$BOX/ghost.json"
    jq --argjson every "$every" '.syscalls |= (["io_uring_setup", "socket"] | map({names: [.],
        action: "SCMP_ACT_ERRNO", args: $every})) + .' "$BOX/ghost.json" >"$BOX/forbids.json"

    pod run --rm --security-opt seccomp="$BOX/forbids.json" localhost/probe probe64 \
        --only native/packet-raw
    is "$runtime: a profile that forbids all sockets does" "$status" 0
    pod run --rm --cap-add SYS_ADMIN --cap-add NET_RAW --security-opt seccomp="$BOX/forbids.json" \
        localhost/probe probe64 --only native/packet-raw
    is "$runtime: with SYS_ADMIN a packet socket opens under it" "$status" 1
    is "$runtime: which is what is said of it" \
        "$("$DRAWBOLT" seccomp prove --policy "$builtin" "$BOX/forbids.json" |
            sed 's/.*json, \(with[^:]*: [a-z ]*proved\).*/\1/' | paste -sd,)" \
        'without CAP_SYS_ADMIN: proved,with CAP_SYS_ADMIN: not proved'

    rings=$(box_policy rings '{"version": 1, "rawSockets": {"ioUring": "allow"}}')
    for policy in "$builtin" "$rings"; do
        for file in ghost forbids; do
            "$DRAWBOLT" seccomp merge --policy "$policy" "$BOX/$file.json" >"$BOX/holds.json" \
                2>"$BOX/said"
            case $? in
            0)
                for options in '' '--cap-add SYS_ADMIN' '--cap-add SYS_ADMIN --cap-add NET_RAW'; do
                    # shellcheck disable=SC2086 # several options
                    pod run --rm $options --security-opt seccomp="$BOX/holds.json" localhost/probe \
                        probe64
                    like "$runtime: $options: no raw socket under what is merged from $file" "$out" \
                        '^probe: [0-9]{3} ways, 0 raw open, '
                done
                ;;
            *)
                like "$runtime: $file cannot be merged under $policy" "$(cat "$BOX/said")" \
                    '^drawbolt: refused: .*cannot be merged: '
                is "$runtime: and nothing is given out" "$(cat "$BOX/holds.json")" ''
                ;;
            esac
        done
    done
    "$DRAWBOLT" seccomp merge --policy "$builtin" "$BOX/ghost.json" >/dev/null 2>&1
    is "$runtime: the one without other rules can be merged" "$?" 0
}

for runtime in runc crun; do
    without_drawbolt
    merged_template
    ghosts
    with_drawbolt
    in_exec
    refusals
    networks_at_a_path
    in_a_pod
    in_a_kube_pod
    records
    bad_policies
    reason_in_a_file
    installed
done
finish
