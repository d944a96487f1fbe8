#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Exceptions, with real containers: what one lets through is there, and nothing else is.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/wrapper.sh"
box_image

hooks=$BOX/hooks.d
policy=$BOX/policy/exceptions.json
mkdir -p "$BOX/policy"
box_hook "$hooks" "$DRAWBOLT" precreate --policy "$policy"

exception_for() { # exception_for MATCH GRANT [MEMBERS]: the policy has this one
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}, "exceptions": [{"id": "e",
        "match": {%s}, "grant": {%s}, "reason": "test", "owner": "test",
        "expires": "%s"%s}]}\n' "$(command -v runc)" "$(command -v crun)" "$1" "$2" \
        "${expires:-2999-12-31}" "${3:+, $3}" >"$policy"
}

exception() { # exception ID GRANT [MEMBERS]
    exception_for "\"id\": \"$1\"" "${@:2}"
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

# Without a control group podman before 4.6 does not say which container it is. Only crun runs such
# containers.
no_control_group() {
    case $(podman --version) in
    'podman version 4.'[0-5].*) named=0 ;;
    *) named=1 ;;
    esac
    no_exception
    pod create --name box --cgroups=disabled --cap-add NET_RAW localhost/probe sleep 1000
    id=$out
    exception "$id" '"rawSockets": true'
    pod start box
    is "no control group: the container starts" "$status" 0
    is "no control group: its exception holds where podman says who it is" "$(opens native/packet-raw)" "$named"
    root=$(podman inspect -f '{{.GraphDriver.Data.MergedDir}}' box)
    netns=$(podman inspect -f '{{.NetworkSettings.SandboxKey}}' box)
    ipc=/var/lib/containers/storage/overlay-containers/$id/userdata/shm
    not_box "another's root file system" --rootfs "$root"
    not_box "another's mounts" -v "$ipc:/dev/shm" localhost/probe
    # Podman does not know that it is dead, and all that it made is still there.
    pid=$(podman inspect -f '{{.State.Pid}}' box)
    kill -9 "$(podman inspect -f '{{.State.ConmonPid}}' box)" "$pid"
    for _ in $(seq 100); do
        [ -e "/proc/$pid/ns/net" ] || break
        sleep 0.1
    done
    is "no control group: a killed container leaves its mounts" \
        "$(grep -c -e " $netns " -e " $root " /proc/mounts)" 2
    not_box "a killed one's network and root file system" --network "ns:$netns" --rootfs "$root"
    digest="@sha256:$(podman image inspect -f '{{.Id}}' localhost/probe)"
    exception_for "\"image\": \"$digest\"" '"rawSockets": true'
    not_box "a killed one's image" --network "ns:$netns" --rootfs "$root"
    pod rm -f -t 0 box
}

# shellcheck disable=SC2317 # called by name
not_box() { # not_box WHAT OPTION... [IMAGE]: no exception holds for a container that has this of the box
    pod run --rm --cgroups=disabled --cap-add NET_RAW "${@:2}" probe64 --expect-denied
    is "no control group: nobody has an exception by $1" "$status" 0
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
        isnot "$runtime: exec in $name runs" "$bits" ''
        has=$(((0x${bits:-0} >> 12 & 1) + 2 * (0x${bits:-0} >> 21 & 1)))
        is "$runtime: exec in $name: NET_ADMIN and SYS_ADMIN" "$has" \
            "$([ "$name" = exempt ] && echo 1 || echo 0)"
        "$(command -v "$runtime")" delete --force "$name"
    done
}

# --- exec by podman, with the wrapper in front of the runtime ---------------------------------------

wrapped() { # wrapped ARGUMENT...: podman; sets $out, $err, $status
    err=$(podman --runtime "$BOX/wrapped/$runtime" "$@" 2>&1 >"$BOX/stdout" </dev/null)
    status=$?
    out=$(cat "$BOX/stdout")
}

start() { # start NAME ARGUMENT...: a container that asks for much
    wrapped rm -f -t 0 "$1"
    wrapped run -d --name "$1" --cap-add NET_RAW --cap-add NET_ADMIN "${@:2}" sleep 1000
    is "$runtime: $1 starts" "$status $err" '0 '
}

in_exec_of() { # in_exec_of WORD...: of NET_ADMIN, NET_RAW, SYS_ADMIN those that exec gets
    wrapped exec "$@" probe64 --status
    bounding
}

exec_by_name() {
    exception_for '"name": "box", "engine": "podman"' '"rawSockets": true' '"trust": ["name"]'
    start box --health-cmd true --health-interval disable localhost/probe
    start other localhost/probe
    for how in '' --privileged '-u 5 --privileged'; do
        # shellcheck disable=SC2086 # several words
        is "$runtime: by name: exec $how" "$(in_exec_of $how box)" NET_RAW
        is "$runtime: by name: exec $how: the record" \
            "$(last '.point + " " + .engine + " " + .container.name.value + " " +
                (.findings[] | select(.subject == "CAP_NET_RAW").exception)')" 'runtime:exec podman box e'
        # shellcheck disable=SC2086 # several words
        is "$runtime: by name: exec $how in another container" "$(in_exec_of $how other)" ''
        is "$runtime: by name: exec $how in another container: the record" \
            "$(last '.container.name.value + " \([.findings[].exception] - [null])"')" 'other []'
    done
    wrapped exec box probe64 --only native/inet-raw-icmp
    like "$runtime: by name: a raw socket opens in exec" "$out" ' 1 raw open'
    wrapped healthcheck run box
    is "$runtime: by name: a health check" \
        "$status $(last '.point + " " + .engine + " " + .container.name.value')" '0 runtime:exec podman box'
    exception_for '"name": "box"' '"rawSockets": true'
    is "$runtime: by a name that is not trusted: exec" "$(in_exec_of box)" ''
    expires=2020-12-31 exception_for '"name": "box"' '"rawSockets": true' '"trust": ["name"]'
    is "$runtime: by name, expired: exec" "$(in_exec_of box)" ''
    like "$runtime: by name, expired: the record says so" "$(last '.findings[].text')" \
        "exception 'e' is about that, but expired after 2020-12-31"
    no_exception
    is "$runtime: no exception: exec" "$(in_exec_of box)" ''
    is "$runtime: no exception: nobody is asked who that is" "$(last .container.name)" null
}

# Of two images the exempt one, by its configuration and by its manifest.
exec_by_digest() {
    wrapped rm -f -t 0 other
    podman import -q -c 'ENV A=B' "$BOX/probe.tar" localhost/other >/dev/null
    for digest in "sha256:$(podman image inspect -f '{{.Id}}' localhost/probe)" \
        "$(podman image inspect -f '{{.Digest}}' localhost/probe)"; do
        exception_for "\"image\": \"@$digest\"" '"rawSockets": true, "capabilities": ["NET_ADMIN"]'
        start box localhost/probe
        start other localhost/other
        is "$runtime: by digest: exec" "$(in_exec_of box)" 'NET_ADMIN NET_RAW'
        is "$runtime: by digest: exec in another image's container" "$(in_exec_of other)" ''
    done
    exempt=$(podman inspect -f '{{.Id}}' box)
}

diff_of_last() { # diff_of_last OLD NEW: of the last decision; sets $out to the last line, $status
    tail -n 1 "$log" >"$BOX/last.jsonl"
    out=$("$DRAWBOLT" policy diff "$BOX/policy/$1.json" "$BOX/policy/$2.json" --log "$BOX/last.jsonl")
    status=$?
    out=${out##*$'\n'}
}

# Without exceptions nobody asks whose exec it is, so the record cannot tell what an exception would do.
exec_in_diff() {
    exception_for "\"image\": \"@$digest\"" '"capabilities": ["NET_ADMIN"]'
    cp "$policy" "$BOX/policy/new.json"
    no_exception
    cp "$policy" "$BOX/policy/old.json"
    in_exec_of --privileged box >/dev/null
    diff_of_last old new
    is "$runtime: diff: an exec that was not asked about" "$status $out" \
        '1 1 decisions: 0 as before, 0 otherwise, 1 that cannot be told from the record'
    diff_of_last old old
    is "$runtime: diff: the same policy" "$status" 0
    cp "$BOX/policy/new.json" "$policy"
    is "$runtime: diff: the exception holds for the exec" "$(in_exec_of --privileged box)" NET_ADMIN
    diff_of_last old new
    is "$runtime: diff: an exec that was asked about" "$status $out" \
        '1 1 decisions: 0 as before, 1 otherwise, 0 that cannot be told from the record'
    diff_of_last new new
    is "$runtime: diff: the same policy with an exception" "$status" 0
}

# What the author of a container can write makes nobody another.
exec_forged() {
    bundle=/var/lib/containers/storage/overlay-containers/$exempt/userdata
    for forged in "--annotation=bundle=$bundle" "--label=bundle=$bundle" \
        "--hostname=${exempt:0:12}" "--env=container=podman --volume=$bundle:/x"; do
        # shellcheck disable=SC2086 # several words
        start other $forged localhost/other
        is "$runtime: by digest: exec with $forged" "$(in_exec_of other)" ''
        is "$runtime: by digest: exec --privileged with $forged" "$(in_exec_of --privileged other)" ''
    done
    exception_for '"namespace": "prod"' '"rawSockets": true'
    start k8s_box_pod_prod_0_0 --annotation io.kubernetes.cri.sandbox-namespace=prod \
        --annotation io.kubernetes.pod.namespace=prod --annotation io.container.manager=cri-o \
        --health-cmd true --health-interval disable localhost/probe
    is "$runtime: by namespace: exec in a container of podman's" "$(in_exec_of k8s_box_pod_prod_0_0)" ''
    wrapped healthcheck run k8s_box_pod_prod_0_0
    is "$runtime: by namespace: a health check of podman's" \
        "$(last '"\(.point) \(.engine) \(.container.namespace)"')" 'runtime:exec podman null'
    wrapped rm -f -t 0 box other k8s_box_pod_prod_0_0
}

reaches() { # reaches WHAT IMAGE CAPABILITIES: a container of the image, and an exec in it, have these
    start one "$2"
    is "$runtime: $1: exec" "$(in_exec_of one)" "$3"
    wrapped rm -f -t 0 one
    wrapped run --rm --cap-add NET_RAW --cap-add NET_ADMIN "$2" probe64 --status
    is "$runtime: $1" "$(bounding)" "$3"
}

# An image's id is the digest of its configuration, but whoever puts an image into the store can say
# another, or, with podman 4, bring other layers for that configuration.
forged_images() {
    approved=$(podman image inspect -f '{{.Id}}' localhost/probe)
    exception_for "\"image\": \"@sha256:$approved\"" '"capabilities": ["NET_ADMIN"]'
    cp "$BOX/probe.tar" "$BOX/evil.tar"
    tar -C "$BOX" -rf "$BOX/evil.tar" probe64
    podman import -q "$BOX/evil.tar" localhost/evil >/dev/null
    manifest=$(podman image inspect -f '{{.Digest}}' localhost/evil)
    rm -rf "$BOX/approved" "$BOX/mixed"
    podman push -q localhost/probe "dir:$BOX/approved"
    podman push -q localhost/evil "dir:$BOX/mixed"
    podman rmi -f localhost/probe >/dev/null
    podman push -q localhost/evil "containers-storage:localhost/forged@$approved"
    is "$runtime: another image has the approved id" \
        "$? $(podman image inspect -f '{{.Id}}' localhost/forged)" "0 $approved"
    reaches 'another image has the approved id' "$approved" ''
    is "$runtime: another image has the approved id: its digest" \
        "$(last '[.container.digests[].value] | join(" ")')" "$manifest"
    podman rmi -f "$approved" >/dev/null
    cp "$BOX/approved/$approved" "$BOX/mixed/"
    jq -c --slurpfile of "$BOX/approved/manifest.json" '.config = $of[0].config' \
        "$BOX/mixed/manifest.json" >"$BOX/manifest.json"
    cp "$BOX/manifest.json" "$BOX/mixed/manifest.json"
    if err=$(podman pull -q "dir:$BOX/mixed" 2>&1); then
        reaches 'other layers, the approved configuration' "$approved" ''
        podman rmi -f "$approved" >/dev/null
    else
        like "$runtime: other layers, the approved configuration: podman takes none" "$err" \
            "does not match config's DiffID"
    fi
    podman pull -q "dir:$BOX/approved" >/dev/null
    podman tag "$approved" localhost/probe
    podman rmi -f localhost/evil >/dev/null
    reaches 'the approved image' "$approved" NET_ADMIN
    printf 'FROM localhost/probe\nCOPY probe64 /\nCOPY old /\n' >"$BOX/Containerfile"
    echo old >"$BOX/old"
    podman build -q -t localhost/built -f "$BOX/Containerfile" "$BOX" >/dev/null
    built=$(podman image inspect -f '{{.Id}}' localhost/built)
    podman save -q -o "$BOX/built.tar" localhost/built
    exception_for "\"image\": \"@sha256:$built\"" '"capabilities": ["NET_ADMIN"]'
    reaches 'an image of several layers' localhost/built NET_ADMIN
    podman rmi -f localhost/built >/dev/null
    podman load -q -i "$BOX/built.tar" >/dev/null
    reaches 'saved and loaded' localhost/built NET_ADMIN
    podman run --name one --runtime "$runtime" localhost/probe true
    committed=$(podman commit -q one)
    podman rm one >/dev/null
    exception_for "\"image\": \"@sha256:$committed\"" '"capabilities": ["NET_ADMIN"]'
    reaches 'committed' "$committed" NET_ADMIN
    podman rmi -f localhost/built "$committed" >/dev/null
    rm "$BOX/built.tar"
}

mkdir -p "$BOX/wrapped"
for runtime in runc crun; do
    printf '#!/bin/sh\nexec %s runtime --policy %s %s "$@"\n' "$DRAWBOLT" "$policy" "$runtime" \
        >"$BOX/wrapped/$runtime"
    chmod 755 "$BOX/wrapped/$runtime"
    raw_sockets
    host_network
    in_exec
    exec_by_name
    exec_by_digest
    exec_in_diff
    exec_forged
    forged_images
done
no_control_group
finish
