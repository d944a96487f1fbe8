#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Exceptions, with real containers: what one lets through is there, and nothing else is.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image

hooks=$BOX/hooks.d
policy=$BOX/policy/exceptions.json
log=/var/log/drawbolt/decisions.jsonl
mkdir -p "$BOX/policy"
box_hook "$hooks" "$DRAWBOLT" precreate --policy "$policy"

exception() { # exception ID GRANT [MEMBERS]: the policy has this one
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}, "exceptions": [{"id": "e",
        "match": {"id": "%s"}, "grant": {%s}, "reason": "test", "owner": "test",
        "expires": "2999-12-31"%s}]}\n' "$(command -v runc)" "$(command -v crun)" "$1" "$2" \
        "${3:+, $3}" >"$policy"
}

no_exception() {
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}}\n' \
        "$(command -v runc)" "$(command -v crun)" >"$policy"
}

pod() { # pod ARGUMENT...: podman; sets $out, $err, $status
    err=$(podman --hooks-dir "$hooks" --runtime "$runtime" "$@" 2>&1 >"$BOX/stdout" </dev/null)
    status=$?
    out=$(cat "$BOX/stdout")
}

opens() { # opens PATTERN: how many ways of these the probe finds open in the container "box"
    podman --runtime "$runtime" exec box probe64 --no-userns --only "$1" |
        sed -n 's/^probe: [0-9]* ways, \([0-9]*\) raw open.*/\1/p'
}

has() { # has NUMBER: 1 if the container "box" has that capability in its bounding set, else 0
    bits=$(podman --runtime "$runtime" exec box probe64 --status | sed -n 's/^CapBnd: //p')
    echo $((0x$bits >> $1 & 1))
}

# A container with NET_RAW that podman has created, and that its exception knows by its id.
create() {
    pod rm -f -t 0 box
    pod create --name box --cap-add NET_RAW --cap-add NET_ADMIN localhost/probe sleep 1000
    id=$out
}

raw_sockets() {
    create
    exception "$id" '"rawSockets": ["AF_PACKET"]'
    pod start box
    is "$runtime: AF_PACKET is let through: the container starts" "$status" 0
    is "$runtime: AF_PACKET is let through: a packet socket opens" "$(opens native/packet-raw)" 1
    is "$runtime: AF_PACKET is let through: no raw ICMP socket does" "$(opens native/inet-raw-icmp)" 0
    is "$runtime: AF_PACKET is let through: NET_ADMIN is taken away all the same" \
        "$(has 13) $(has 12)" '1 0'
    is "$runtime: AF_PACKET is let through: the record says by which exception" \
        "$(tail -n 1 "$log" | jq -r '[.findings[] | select(.exception == "e").subject] | sort | join(",")')" \
        'CAP_NET_RAW,raw sockets'
    create
    exception "$id" '"rawSockets": true'
    pod start box
    is "$runtime: raw sockets are let through: ICMP" "$(opens native/inet-raw-icmp)" 1
    is "$runtime: raw sockets are let through: packets" "$(opens native/packet-raw)" 1
    other=$id
    pod run --rm --cap-add NET_RAW localhost/probe probe64 --expect-denied
    is "$runtime: another container's exception opens nothing" "$status" 0
    pod rm -f -t 0 "$other"
    create
    exception "$id" '"rawSockets": true' '"starts": "2999-01-01"'
    pod start box
    is "$runtime: an exception that does not hold yet: the container starts without" "$status" 0
    is "$runtime: an exception that does not hold yet: no raw socket" "$(opens 'native/*')" 0
}

host_network() {
    no_exception
    pod rm -f -t 0 box
    pod create --name box --network host localhost/probe sleep 1000
    id=$out
    exception "$id" '"hostNetwork": true' '"starts": "2999-01-01"'
    pod start box
    isnot "$runtime: host network: not yet" "$status" 0
    like "$runtime: host network: the refusal names the exception" "$err" \
        "exception 'e' is about that, but starts on 2999-01-01"
    exception "$id" '"hostNetwork": true'
    pod start box
    is "$runtime: host network: it is let through" "$status" 0
    is "$runtime: host network: and it is the host's" \
        "$(podman --runtime "$runtime" exec box ls -l /proc/self/ns/net | sed 's/.* -> //')" "$(readlink /proc/self/ns/net)"
    is "$runtime: host network: no raw socket all the same" "$(opens 'native/*')" 0
    pod rm -f -t 0 box
}

# Without a control group podman before 4.6 does not say which container it is: its network namespace
# and its layer do. Only crun runs such containers.
no_control_group() {
    no_exception
    pod create --name box --cgroups=disabled --cap-add NET_RAW localhost/probe sleep 1000
    id=$out
    exception "$id" '"rawSockets": true'
    pod start box
    is "no control group: the container starts" "$status" 0
    is "no control group: its exception lets a packet socket through" "$(opens native/packet-raw)" 1
    root=$(podman inspect -f '{{.GraphDriver.Data.MergedDir}}' box)
    ipc=/var/lib/containers/storage/overlay-containers/$id/userdata/shm
    pod run --rm --cgroups=disabled --cap-add NET_RAW --rootfs "$root" probe64 --expect-denied
    is "no control group: nobody has it by another's root file system" "$status" 0
    pod run --rm --cgroups=disabled --cap-add NET_RAW -v "$ipc:/dev/shm" localhost/probe probe64 --expect-denied
    is "no control group: nor by another's mounts" "$status" 0
    pod rm -f -t 0 box
}

# An exec gets the capability that its container has by an exception, and no other.
in_exec() {
    exception exempt '"capabilities": ["NET_ADMIN"]' '"trust": ["id"]' # called by hand, with any id
    for name in exempt other; do
        box_bundle "$BOX/$name" "$runtime" \
            '.process.capabilities[] += ["CAP_NET_ADMIN"] | .process.args = ["sleep", "1000"]'
        "$DRAWBOLT" runtime --policy "$policy" "$runtime" run --detach --bundle "$BOX/$name" "$name" \
            >"$BOX/out" 2>&1 </dev/null
        is "$runtime: $name starts" "$? $(cat "$BOX/out")" '0 '
        out=$("$DRAWBOLT" runtime --policy "$policy" "$runtime" exec --cap CAP_NET_ADMIN \
            --cap CAP_SYS_ADMIN "$name" cat /proc/self/status 2>"$BOX/stderr" </dev/null)
        bits=$(printf '%s\n' "$out" | sed -n 's/^CapEff:[[:space:]]*//p')
        has=$(((0x${bits:-0} >> 12 & 1) + 2 * (0x${bits:-0} >> 21 & 1)))
        is "$runtime: exec in $name: NET_ADMIN and SYS_ADMIN" "$has" \
            "$([ "$name" = exempt ] && echo 1 || echo 0)"
        "$(command -v "$runtime")" delete --force "$name"
    done
}

for runtime in runc crun; do
    raw_sockets
    host_network
    in_exec
done
no_control_group
finish
