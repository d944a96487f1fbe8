#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Does anything else change? Debian's own programs in containers of runc and crun, under the profiles
# of Docker, containerd and podman and under none: each container once with the profile as the engine
# wrote it and once as `drawbolt precreate` hands it on. What the programs print and how they end must
# be the same, and no raw socket may open in the second.
#
# The root of the containers is this machine's / with a layer over it that keeps every write. newest.sh
# runs this in a tree of Debian unstable, with the runtimes and the programs of there.
#
# Environment:
#   PROGRAMS_ROOT   what to take instead of /, where that is a layer over another file system
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_probes

for tool in python3 curl apt-get apt-cache dpkg-deb ss getent setpriv setcap; do
    command -v "$tool" >/dev/null || skip_all "no $tool"
done

configs=$BOX/src/tests/data/configs
inside=$BOX/src/tests/container/inside
root=${PROGRAMS_ROOT:-/}
bundle=$BOX/bundle
prepared=$BOX/prepared
tree=$BOX/tree
count=0
printf '# %s\n' "$(runc --version | head -n 1)" "$(crun --version | head -n 1)" \
    "containers of $(sed -n 's/^PRETTY_NAME=//p' "$root/etc/os-release")"

# --- The tree -------------------------------------------------------------------------------------

layer() { # layer AT UPPER [LOWER]: mounts $root at AT, with LOWER and then UPPER over it
    mkdir -p "$1" "$2" "$2.work"
    mount -t overlay -o "lowerdir=${3:+$3:}$root,upperdir=$2,workdir=$2.work" overlay "$1"
}

# A repository with one package, which contains nothing but its name.
repository() { # repository DIR
    mkdir -p "$1" "$BOX/greeting/DEBIAN"
    echo hello >"$1/greeting.txt"
    printf '%s\n' 'Package: drawbolt-test-greeting' 'Version: 1.0' 'Architecture: all' \
        'Maintainer: nobody <nobody@example.org>' 'Description: a test' >"$BOX/greeting/DEBIAN/control"
    package=drawbolt-test-greeting_1.0_all.deb
    dpkg-deb --root-owner-group -b "$BOX/greeting" "$1/$package" >/dev/null || return
    {
        cat "$BOX/greeting/DEBIAN/control"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n' "$package" "$(stat -c %s "$1/$package")" \
            "$(sha256sum "$1/$package" | cut -d' ' -f1)"
    } >"$1/Packages"
    {
        printf 'Date: %s\nSHA256:\n' "$(date -Ru)"
        printf ' %s %s Packages\n' "$(sha256sum "$1/Packages" | cut -d' ' -f1)" \
            "$(stat -c %s "$1/Packages")"
    } >"$1/Release"
}

# What programs read of a machine's own settings is replaced, so that machines agree.
prepare() {
    layer "$tree" "$prepared" || return
    mkdir -p "$tree/opt/inside"
    cp "$inside/ordinary.sh" "$inside/sockets.py" "$tree/opt/inside/"
    cp --preserve=mode "$(command -v ping)" "$tree/opt/inside/ping" # without file capabilities
    cp "$tree/opt/inside/ping" "$tree/opt/inside/ping-with-capability"
    setcap cap_net_raw=ep "$tree/opt/inside/ping-with-capability"
    for name in $probes; do
        cp "$BOX/$name" "$tree/opt/inside/"
    done
    case $probes in *probe32*)
        box_cc old32 inside/old32.c -m32 && cp "$BOX/old32" "$tree/opt/inside/" || return
        ;;
    esac
    repository "$tree/opt/inside/repository" || return
    rm -rf "$tree/etc/apt" "$tree/etc/hosts" "$tree/etc/resolv.conf" "$tree/etc/nsswitch.conf"
    mkdir -p "$tree/etc/apt/apt.conf.d" "$tree/etc/apt/preferences.d" "$tree/etc/apt/trusted.gpg.d"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$tree/etc/hosts"
    printf 'hosts: files\n' >"$tree/etc/nsswitch.conf"
    : >"$tree/etc/resolv.conf"
    umount "$tree"
}

# --- Containers -----------------------------------------------------------------------------------

# The runtime's own bundle, with profile and capabilities as the engine wrote them.
bundle() { # bundle PROFILE with|without ARGUMENT...: with CAP_NET_RAW or not
    profile=$1 raw=$2
    shift 2
    from=$profile
    [ "$profile" != none ] || from=docker-default
    args=$(printf '%s\n' "$@" | jq -cRn '[inputs]')
    box_bundle "$bundle" "$runtime" ".root.path = \"$tree\" | .process.args = $args |
        .process.env = [\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\", \"HOME=/root\", \"LANG=C.UTF-8\",
            \"DEBIAN_FRONTEND=noninteractive\"] |
        .process.noNewPrivileges = false |
        .process.capabilities = $(jq -c .process.capabilities "$configs/$from.json") |
        .process.capabilities |= map_values(. - [\"CAP_NET_RAW\"]) |
        if \"$raw\" == \"with\" then .process.capabilities |= with_entries(
            if .key | IN(\"bounding\", \"effective\", \"permitted\")
            then .value += [\"CAP_NET_RAW\"] else . end) else . end |
        .linux.sysctl = {\"net.ipv4.ping_group_range\": \"0 65535\"} |
        .mounts += [{destination: \"/tmp\", type: \"tmpfs\", source: \"tmpfs\"},
            {destination: \"/run\", type: \"tmpfs\", source: \"tmpfs\"}] |
        if \"$profile\" == \"none\" then del(.linux.seccomp)
        else .linux.seccomp = $(jq -c .linux.seccomp "$configs/$from.json") end"
}

gate() { # gate POLICY: rewrites the bundle as the policy wants it
    "$DRAWBOLT" precreate --policy "$1" <"$bundle/config.json" >"$bundle/new" &&
        mv "$bundle/new" "$bundle/config.json"
}

# Runs the bundle to its end on a tree of its own. Sets $out (both streams) and $status.
run() {
    count=$((count + 1))
    layer "$tree" "$BOX/upper" "$prepared" || box_die 'no tree'
    out=$(timeout 120 "$runtime" run -b "$bundle" "box$count" 2>&1 </dev/null)
    status=$?
    umount "$tree"
    rm -rf "$BOX/upper" "$BOX/upper.work"
}

# --- Questions ------------------------------------------------------------------------------------

raw_sockets() {
    for probe in $probes; do
        bundle "$profile" "$raw" "/opt/inside/$probe" --expect-denied
        gate "$builtin"
        run
        is "$name: $probe finds raw sockets denied, all else working" "$status" 0
        like "$name: $probe tried every way" "$out" \
            '^probe: [0-9]{3} ways, 0 raw open, 0 ordinary failed, 0 gates open$'
    done
}

# The names of what did not end with 0 in an untouched container, which must not go unnoticed.
failures() { # failures TEXT
    printf '%s\n' "$1" | sed -n 's/: exit [1-9][0-9]*$//p' | paste -sd';'
}

programs() {
    bundle "$profile" "$raw" /opt/inside/ordinary.sh
    run
    before=$out
    is "$name: before drawbolt every program works" "$status: $(failures "$out")" \
        '0: ip link set'
    is "$name: before drawbolt every program was run" "$(printf '%s\n' "$out" | grep -c ': exit ')" 27
    gate "$builtin"
    run
    is "$name: and with it they do and say the same" "$out" "$before"
}

# With unshare(1), the usual way to a fresh user and network namespace.
programs_in_own_netns() {
    bundle "$profile" "$raw" unshare -Urn /opt/inside/ordinary.sh own-netns
    run
    before=$out
    if [ "$status" -ne 0 ]; then
        like "$name: this profile allows no user namespace" "$out" \
            'unshare failed: Operation not permitted'
    else
        is "$name: in a fresh user and network namespace every program works" "$(failures "$out")" ''
    fi
    gate "$builtin"
    run
    is "$name: and with drawbolt they do and say the same" "$out" "$before"
    [ "$status" -eq 0 ] || return
    bundle "$profile" "$raw" unshare -Urn /opt/inside/probe64 --no-userns --only '*/packet-raw'
    run
    like "$name: a packet socket opens there without drawbolt" "$out" \
        '^native/packet-raw raw open domain=17 type=3 '
    gate "$builtin"
    run
    like "$name: and not with it" "$out" '^native/packet-raw raw EPERM$'
}

# A file capability with the effective bit, which the bounding set lacks: execve() fails (capabilities(7)).
# It is what --cap-drop NET_RAW does, too.
ping_with_file_capability() {
    case $(getcap "$prepared/opt/inside/ping-with-capability") in
    *cap_net_raw=ep) ;;
    *)
        skip "$name: ping with a file capability" 'no file can be given one here'
        return
        ;;
    esac
    bundle "$profile" with /opt/inside/ping-with-capability -c 1 -W 5 127.0.0.1
    run
    is "$name: ping with a file capability works before" "$status" 0
    gate "$builtin"
    run
    like "$name: without NET_RAW in the bounding set it cannot be executed" "$status: $out" \
        '^[1-9][0-9]*:.*[Oo]peration not permitted'
    bundle "$profile" without /opt/inside/ping-with-capability -c 1 -W 5 127.0.0.1
    run
    like "$name: no matter who took NET_RAW away" "$status: $out" \
        '^[1-9][0-9]*:.*[Oo]peration not permitted'
}

old_32_bit() {
    [ "$probes" != probe64 ] || return
    works='getpid: works
library, stream: works
library, unix: works
library, packet: RAW
direct, stream: works
direct, unix: works
direct, packet: RAW'
    bundle "$profile" with /opt/inside/old32
    run
    before=$out
    is "$name: a 32-bit program before drawbolt" "$out" "${works//RAW/works}"
    gate "$builtin"
    run
    is "$name: with it, only the system calls that can be told apart work" \
        "$(printf '%s\n' "$out" | sed '/^library/s/: E.*/: denied/')" \
        "$(printf '%s\n' "$works" | sed '/^library/s/: .*/: denied/;s/RAW/EPERM/')"
    bundle "$profile" with /opt/inside/old32
    gate "$old"
    run
    is "$name: with socketcall allowed it works as before, and has no raw socket" "$out" \
        "${works//RAW/EPERM}"
    bundle "$profile" with /opt/inside/probe32 --socketcall allow --expect-denied --no-userns
    gate "$old"
    run
    is "$name: with socketcall allowed no way to a raw socket is open" "$status" 0
    [ "$profile" = none ] || return
    bundle "$profile" with /opt/inside/probe32 --only 'ns/*/packet-raw'
    gate "$old"
    run
    like "$name: but in a fresh user namespace socketcall opens one" "$out" \
        '^ns/socketcall/packet-raw raw open domain=17 type=3 '
    like "$name: as socket does not" "$out" '^ns/native/packet-raw raw EPERM$'
}

prepare || skip_all "cannot lay a file system over $root"
builtin=$(box_policy builtin)
old=$(box_policy old '{"version": 1, "rawSockets": {"socketcall": "allow"}}')
for runtime in runc crun; do
    for profile in docker-default containerd-seccomp podman-default none; do
        for raw in with without; do
            name="$runtime: $profile, $raw NET_RAW"
            raw_sockets
            programs
            programs_in_own_netns
        done
        name="$runtime: $profile"
        old_32_bit
    done
    ping_with_file_capability
done
finish
