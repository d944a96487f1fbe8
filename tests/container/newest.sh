#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same questions to the newest engines that Debian has: podman, runc and crun of Debian unstable,
# in a tree of their own that is made with debootstrap and kept. And drawbolt itself, built there with
# the newest compiler and libseccomp: its tests of single files and of random profiles pass, and it
# decides as the program under test.
# All of programs.sh is asked there, too.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/tree.sh
. "$(dirname "$0")/tree.sh"
tree_enter v2 "$@"

configs=$BOX/src/tests/data/configs
bundle=$BOX/bundle
hooks=$BOX/hooks.d
count=0

pod() { # pod ARGUMENT...: podman; sets $out, $err, $status
    err=$(podman --runtime "$runtime" "$@" 2>&1 >"$BOX/stdout" </dev/null)
    status=$?
    out=$(cat "$BOX/stdout")
}

gated() { # gated ARGUMENT...: podman run --rm behind the hook
    pod --hooks-dir "$hooks" run --rm "$@"
}

run() { # run: the bundle, to its end; sets $out, $status
    count=$((count + 1))
    out=$(timeout 60 "$runtime" run -b "$bundle" "box$count" 2>&1 </dev/null)
    status=$?
}

gate() { # gate: rewrites the bundle's configuration as the policy wants it
    "$DRAWBOLT" precreate --policy "$policy" <"$bundle/config.json" >"$bundle/new" &&
        mv "$bundle/new" "$bundle/config.json"
}

every_way='^probe: [0-9]{3} ways, 0 raw open, 0 ordinary failed, 0 gates open$'

on_bare_bundles() {
    for profile in none docker-default containerd-seccomp podman-default newest; do
        case $profile in
        none) change='del(.linux.seccomp)' ;;
        newest) change=".linux.seccomp = $newest" ;;
        *) change=".linux.seccomp = $(jq -c .linux.seccomp "$configs/$profile.json")" ;;
        esac
        change="$change | .process.capabilities |= with_entries(.value += [\"CAP_NET_RAW\"]) |
            .linux.sysctl = {\"net.ipv4.ping_group_range\": \"0 0\"}"
        for probe in $probes; do
            box_bundle "$bundle" "$runtime" "$change |
                .process.args = [\"$probe\", \"--only\", \"native/packet-raw\"]"
            run
            is "$runtime: $profile: $probe opens a packet socket before" "$status" 1
            box_bundle "$bundle" "$runtime" "$change | .process.args = [\"$probe\", \"--expect-denied\"]"
            gate
            run
            is "$runtime: $profile: $probe finds raw sockets denied, all else working" "$status" 0
            like "$runtime: $profile: $probe tried every way" "$out" "$every_way"
        done
        box_bundle "$bundle" "$runtime" \
            "$change | .process.args = [\"ping\", \"-c\", \"1\", \"-W\", \"5\", \"127.0.0.1\"]"
        gate
        run
        like "$runtime: $profile: ping works" "$out" ' 1 received, 0% packet loss'
    done
}

with_podman() {
    pod run --rm --cap-add NET_RAW localhost/probe probe64
    is "$runtime: without drawbolt raw sockets open" "$status" 1
    pod run --rm localhost/probe probe64
    like "$runtime: without drawbolt a new user namespace gives NET_RAW back" "$out" \
        '^ns/native/packet-raw raw open domain=17 type=3 '
    for probe in $probes; do
        for options in '' '--cap-add NET_RAW' '--cap-add NET_RAW --security-opt seccomp=unconfined' \
            '--cap-drop all' '--network none' '-p 8080:80'; do
            # shellcheck disable=SC2086 # several options
            gated $options localhost/probe "$probe" --expect-denied
            is "$runtime: $probe $options: raw sockets are denied, all else works: $err" "$status" 0
            like "$runtime: $probe $options: every way was tried" "$out" "$every_way"
        done
    done
    gated --cap-add NET_RAW localhost/probe probe64 --status
    like "$runtime: CAP_NET_RAW is not in the bounding set" "$out" \
        '^CapBnd: [0-9a-f]{12}[014589cd][0-9a-f]{3}$'
    gated localhost/probe ping -c 1 -W 5 127.0.0.1
    like "$runtime: ping works" "$out" ' 1 received, 0% packet loss'
    gated localhost/probe sh -c 'exit 7'
    is "$runtime: the container's own exit status arrives" "$status" 7
}

in_exec() {
    pod --hooks-dir "$hooks" run -d --name long localhost/probe sleep 1000
    is "$runtime: a detached container starts" "$status" 0
    for probe in $probes; do
        pod exec --privileged long "$probe"
        is "$runtime: exec --privileged: $probe opens no raw socket" "$status" 0
        like "$runtime: exec --privileged: $probe tried every way" "$out" \
            '^probe: [0-9]{3} ways, 0 raw open, '
    done
    pod exec --privileged long probe64 --status
    like "$runtime: exec --privileged does have the capability" "$out" \
        '^CapEff: [0-9a-f]{12}[2367abef][0-9a-f]{3}$'
    pod rm -f -t 0 long
}

refused() { # refused RULE OPTION...
    rule=$1
    shift
    gated "$@" localhost/probe sleep 4242
    isnot "$runtime: $* is refused" "$status" 0
    is_refusal "$runtime: $*: the reason reaches podman's standard error" "$err" "$rule"
    is "$runtime: $*: nothing is left" "$(pgrep -f '^sleep 4242')$(podman ps -aq)" ''
}

refusals() {
    refused privileged --privileged
    refused host-network --network host
    refused runtime-annotation --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=
    refused port-start-range --sysctl net.ipv4.ip_unprivileged_port_start=2048
}

# A program built here, with the libseccomp of here, answers like the one under test.
built_here() {
    if [ -e /cannot-build ]; then
        skip 'drawbolt can be built here' 'the packages for that did not install'
        return
    fi
    if ! meson setup --buildtype=release -Dwerror=true /tmp/build "$BOX/src" >/tmp/build.log 2>&1 ||
        ! meson compile -C /tmp/build >>/tmp/build.log 2>&1; then
        not_ok 'drawbolt can be built here' "$(grep -E 'error|ERROR' /tmp/build.log | head -n 20)"
        return
    fi
    ok 'drawbolt can be built here'
    for suite in unit kernel random; do
        BOLT_RANDOM_COUNT=400 BOLT_STRICTER_COUNT=40 meson test -C /tmp/build --no-rebuild \
            --print-errorlogs --suite $suite >/tmp/test.log 2>&1
        is "suite $suite: every test passes here" "$?: $(grep -E ' (FAIL|TIMEOUT|SKIP) ' /tmp/test.log)" '0: '
    done
    jq --argjson it "$newest" '.linux.seccomp = $it' "$configs/docker-default.json" >/tmp/newest.json
    for config in "$configs"/*.json /tmp/newest.json; do
        name=${config##*/}
        "$DRAWBOLT" check --policy "$policy" --format json "$config" >/tmp/one
        /tmp/build/drawbolt check --policy "$policy" --format json "$config" >/tmp/other
        like "$name: drawbolt decides" "$(jq -r .verdict /tmp/one)" '^(allow|rewrite|refuse)$'
        fit=$(jq -r '.seccomp.fit // "none"' /tmp/one)
        is "$name, fit $fit: a drawbolt built here decides the same" "$(comparable /tmp/other)" \
            "$(comparable /tmp/one)"
        "$DRAWBOLT" precreate --policy "$policy" <"$config" >/tmp/one 2>/dev/null
        /tmp/build/drawbolt precreate --policy "$policy" <"$config" >/tmp/other 2>/dev/null
        is "$name: and rewrites it to the same bytes" "$(sha256sum </tmp/other)" "$(sha256sum </tmp/one)"
    done
}

# The runtime wrapper, asked what it is asked on the machine itself.
with_the_wrapper() {
    if [ ! -x /tmp/build/tests/cmdline_read ]; then
        skip 'the runtime wrapper' 'drawbolt was not built here'
        return
    fi
    for script in 'cmdline.sh /tmp/build/tests/cmdline_read' runtime.sh; do
        # Without the 32-bit probe, for which there is no compiler here.
        # shellcheck disable=SC2086 # a script and its argument
        BOLT_MUST_RUN='' bash "$BOX/src/tests/container/"$script >/tmp/script.log 2>&1
        is "${script%% *}: every test passes here" "$?: $(grep -A5 '^not ok' /tmp/script.log)" '0: '
    done
}

comparable() { # comparable RECORD
    jq -c '{verdict, findings, edits, fit: .seccomp.fit}' "$1"
}

policy=$(box_policy builtin)
box_hook "$hooks" "$DRAWBOLT" precreate --policy "$policy"
box_image
printf '# %s\n' "$(podman --version)" "$(runc --version | head -n 1)" "$(crun --version | head -n 1)" \
    "$(dpkg-query -W -f '${Package} ${Version}' libseccomp2)"
printf '#!/bin/sh\nexec tee %s/recorded.json\n' "$BOX" >"$BOX/bin/recorder"
chmod 755 "$BOX/bin/recorder"
box_hook "$BOX/recorder.d" "$BOX/bin/recorder"
podman --hooks-dir "$BOX/recorder.d" run --rm localhost/probe true
newest=$(jq -c .linux.seccomp "$BOX/recorded.json")
for runtime in runc crun; do
    on_bare_bundles
    with_podman
    in_exec
    refusals
done
built_here
with_the_wrapper
include programs "$BOX/src/tests/container/programs.sh"
finish
