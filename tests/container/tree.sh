#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The newest engines that Debian has: a tree of Debian unstable, made with debootstrap and kept.
# A script becomes a test in a box that has the tree as its root like this:
#
#     . "$(dirname "$0")/lib.sh"
#     . "$(dirname "$0")/tree.sh"
#     tree_enter v2 "$@"      # the control groups to take where the machine has them
#
# Environment:
#   BOLT_NEWEST    where the tree is or is made (default: build/newest in the source tree; 1.3 GB; not
#                  below /run, /tmp or /var/tmp). It is made anew if it is older than a week or lacks
#                  a package.
# shellcheck source=tests/container/lib.sh

engines='runc crun podman conmon netavark aardvark-dns iptables nftables iproute2 iputils-ping
    busybox-static jq procps passt uidmap'
for_docker='containerd docker.io docker-cli'
for_programs='curl libcap2-bin python3 python3-grpcio strace'
for_building='gcc libc6-dev meson ninja-build pkgconf libyajl-dev libcap-dev libseccomp-dev
    nettle-dev libcmocka-dev'
packages="$engines $for_docker $for_programs $for_building"

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
    install_in "$1" $for_docker
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

# --- In the box: into the tree --------------------------------------------------------------------

# runc cannot start a container where the root is not a mount of its own, as after chroot(2).
enter_tree() { # enter_tree TREE SCRIPT
    [ -d "$1/usr" ] || box_die "$1 cannot be seen in the box"
    # What is built here, where there is a compiler for 32-bit programs, is there in the tree.
    box_probes
    # shellcheck disable=SC2154 # set by box_probes
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
    IN_TREE=1 PROGRAMS_ROOT=$BOX/newest exec chroot . bash -c \
        'cd / && umount -l /old && exec bash "$1"' tree "$BOX/src/tests/container/$2"
}

# Returns in the tree, in a box.
tree_enter() { # tree_enter CGROUPS ARGUMENT...
    [ "${IN_TREE:-}" != 1 ] || return 0
    tree=${2:-}
    if [ "${BOX_INSIDE:-}" != 1 ]; then
        obstacle=$(box_obstacle)
        [ -z "$obstacle" ] || skip_all "$obstacle"
        find_or_make_tree
        if [ -z "${BOX_CGROUPS:-}" ] && box_hierarchies | grep -q "^$1 "; then
            export BOX_CGROUPS=$1
        fi
    fi
    box_enter "$tree"
    enter_tree "$tree" "$(basename "$0")"
}
