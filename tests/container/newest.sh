#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same questions to the newest engines that Debian has: podman, runc and crun of Debian unstable,
# in a tree of their own that is made with debootstrap and kept. And drawbolt itself, built there with
# the newest compiler and libseccomp: its tests of single files and of random profiles pass, and it
# decides as the program under test.
# All of programs.sh is asked there, too.
#
# Environment:
#   BOLT_NEWEST    where the tree is or is made (default: build/newest in the source tree; 1 GB; not
#                  below /run, /tmp or /var/tmp). It is made anew if it is older than a week or lacks
#                  a package.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"

engines='runc crun podman conmon netavark aardvark-dns iptables nftables iproute2 iputils-ping
    busybox-static jq procps'
for_programs='curl libcap2-bin python3'
for_building='gcc libc6-dev meson ninja-build pkgconf libyajl-dev libcap-dev libseccomp-dev
    nettle-dev libcmocka-dev'
packages="$engines $for_programs $for_building"

# --- Outside: the tree ----------------------------------------------------------------------------

# The first Debian mirror that this machine itself uses, in either format of apt's sources.
mirror() {
    find /etc/apt/sources.list /etc/apt/sources.list.d \( -name '*.list' -o -name '*.sources' \) \
        -exec sed 's/#.*//' {} + 2>/dev/null | grep -Eo 'https?://[^] ]+/debian/?( |$)' | head -n 1
}

# Proxies and the like, wherever they are set.
apt_settings() {
    apt-config dump | grep -E '^Acquire::(https?|Retries|Check-Valid-Until|Check-Date)'
}

# Nothing that it starts outlives it, and what it mounts nobody else sees.
apart() { # apart COMMAND...
    unshare -m -p -u -i --fork --kill-child --propagation private --mount-proc "$@" </dev/null
}

in_tree() { # in_tree TREE COMMAND...
    # shellcheck disable=SC2016 # expands inside
    apart bash -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' in_tree "$@"
}

install_in() { # install_in TREE PACKAGE...
    in_tree "$1" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${@:2}"
}

make_tree() { # make_tree DIR
    from=$(mirror)
    include=
    case $from in https:*) include=--include=ca-certificates ;; esac
    proxy=$(apt-config shell proxy Acquire::http::Proxy | sed "s/^proxy='\(.*\)'\$/\1/")
    [ -z "$proxy" ] || export http_proxy=$proxy
    # shellcheck disable=SC2086 # an option or none, several packages
    apart debootstrap --variant=minbase --force-check-gpg $include sid "$1" "${from% }" &&
        apt_settings >"$1/etc/apt/apt.conf.d/99-machine" &&
        printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d" &&
        chmod 755 "$1/usr/sbin/policy-rc.d" &&
        in_tree "$1" apt-get update -q &&
        install_in "$1" $engines $for_programs || return
    # shellcheck disable=SC2086 # several packages
    install_in "$1" $for_building || touch "$1/cannot-build"
    in_tree "$1" apt-get clean
    printf '%s\n' "$packages" >"$1/made"
}

find_or_make_tree() {
    tree=$(realpath -m "${BOLT_NEWEST:-$box_src/build/newest}")
    [ -z "$(find "$tree/made" -mtime -7 2>/dev/null)" ] || [ "$(cat "$tree/made")" != "$packages" ] ||
        return 0
    command -v debootstrap >/dev/null || skip_all 'no debootstrap'
    [ -n "$(mirror)" ] || skip_all 'no Debian mirror among the sources of apt'
    mkdir -p "$(dirname "$tree")"
    new=$(mktemp -d "$tree.XXXXXX")
    trap 'rm -rf --one-file-system "$new"' EXIT
    chmod 755 "$new"
    echo "# making $tree"
    if make_tree "$new" >"$tree.log" 2>&1; then
        rm -rf --one-file-system "$tree"
        mv "$new" "$tree"
        trap - EXIT
        return
    fi
    [ ! -e "$tree/made" ] ||
        skip_all "the tree in $tree is old, and a new one cannot be made: $(tail -n 1 "$tree.log")"
    skip_all "cannot make a tree of Debian unstable: $(tail -n 1 "$tree.log") (see $tree.log)"
}

if [ "${BOX_INSIDE:-}" != 1 ]; then
    obstacle=$(box_obstacle)
    [ -z "$obstacle" ] || skip_all "$obstacle"
    find_or_make_tree
    if [ -z "${BOX_CGROUPS:-}" ] && box_hierarchies | grep -q '^v2 '; then
        export BOX_CGROUPS=v2 # the only ones that new engines are made for
    fi
fi
box_enter "${tree:-}"

# --- In the box: into the tree --------------------------------------------------------------------

# runc cannot start a container where the root is not a mount of its own, as after chroot(2).
enter_tree() { # enter_tree TREE
    [ -d "$1/usr" ] || box_die "$1 cannot be seen in the box"
    # What is built here, where there is a compiler for 32-bit programs, is there in the tree.
    box_probes
    [ "$probes" = probe64 ] || box_cc old32 inside/old32.c -m32 || box_die 'cannot build old32'
    at=/tmp/newest
    mkdir -p "$at" /tmp/upper /tmp/work "$BOX/newest"
    mount --bind "$1" "$BOX/newest" || box_die "$1 cannot be seen in the tree"
    mount -t overlay -o "lowerdir=$1,upperdir=/tmp/upper,workdir=/tmp/work" overlay "$at" ||
        box_die 'cannot lay a file system over the tree'
    for name in proc sys dev run; do
        mount --rbind "/$name" "$at/$name" || box_die "no /$name"
    done
    for name in tmp var/tmp var/log var/lib/containers; do
        mkdir -p "$at/$name"
        mount -t tmpfs -o mode=755 tmpfs "$at/$name" || box_die "no /$name"
    done
    chmod 1777 "$at/tmp" "$at/var/tmp"
    mkdir -p "$at/etc/containers/containers.conf.d" "$at/old"
    cp /etc/containers/containers.conf.d/10-box.conf "$at/etc/containers/containers.conf.d/"
    box_may_raise_limits || printf '[containers]\ndefault_ulimits=[]\n' \
        >"$at/etc/containers/containers.conf.d/20-limits.conf"
    cd "$at" || box_die "no $at"
    pivot_root . old || box_die 'cannot change the root'
    # shellcheck disable=SC2016 # expands inside
    IN_NEWEST=1 PROGRAMS_ROOT=$BOX/newest exec chroot . bash -c \
        'cd / && umount -l /old && exec bash "$1/src/tests/container/newest.sh"' newest "$BOX"
}

[ "${IN_NEWEST:-}" = 1 ] || enter_tree "$1"

# --- In the tree ----------------------------------------------------------------------------------

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
include programs "$BOX/src/tests/container/programs.sh"
finish
