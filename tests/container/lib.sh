#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What every test with real containers needs: a box to run them in, an image, and counting.
#
# A box is a set of namespaces (mount, pid, network, uts, ipc, cgroup) with fresh tmpfs file systems
# wherever an engine would leave something: /run, /tmp, /var/tmp, /var/log, /var/lib/containers,
# /etc/containers. Only the binaries are the machine's. When the box's first process ends, the kernel
# ends every process in it and drops its mounts; its control groups are removed by name. Nothing that
# runs in a box can be seen by, or leave anything on, the machine.
#
# A script becomes a test in a box like this:
#
#     . "$(dirname "$0")/lib.sh"
#     box_enter "$@"          # returns inside the box; the outer copy waits, cleans up and exits
#     box_image               # optional: the image localhost/probe and $BOX/rootfs
#     ... ok/is/skip ...
#     finish
#
# Inside, $BOX is /run/box: $BOX/src is the source tree, $BOX/bin/drawbolt the program under test.
#
# Environment:
#   DRAWBOLT        the program under test (default: build/drawbolt in the source tree)
#   BOLT_MUST_RUN   1: whatever would be skipped is a failure
#   BOLT_ENGINES    where engines are unpacked that the machine lacks (default: build/engines in the
#                   source tree; 250 MB; not below /run, /tmp or /var/tmp)
#   BOX_CGROUPS     v1 or v2: which layout to use, instead of the machine's own

set -u

BOX=/run/box
box_src=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# --- Counting -------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0 number=0

ok() { # ok NAME
    passed=$((passed + 1)) number=$((number + 1))
    printf 'ok %d - %s\n' "$number" "$1"
}

not_ok() { # not_ok NAME [DETAIL]
    failed=$((failed + 1)) number=$((number + 1))
    printf 'not ok %d - %s\n' "$number" "$1"
    if [ -n "${2:-}" ]; then
        printf '%s\n' "$2" | sed 's/^/#   /' | head -40
    fi
}

skip() { # skip NAME WHY
    if [ "${BOLT_MUST_RUN:-}" = 1 ]; then
        not_ok "$1" "must run here, but: $2"
        return
    fi
    skipped=$((skipped + 1)) number=$((number + 1))
    printf 'ok %d - %s # SKIP %s\n' "$number" "$1" "$2"
}

is() { # is NAME GOT WANTED
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "got:    $2
wanted: $3"
    fi
}

isnot() { # isnot NAME GOT UNWANTED
    if [ "$2" != "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "got '$2', which must not be"
    fi
}

like() { # like NAME TEXT EXTENDED-REGEX
    if printf '%s\n' "$2" | grep -Eq -e "$3"; then
        ok "$1"
    else
        not_ok "$1" "no match for: $3
in: $2"
    fi
}

unlike() { # unlike NAME TEXT EXTENDED-REGEX
    if printf '%s\n' "$2" | grep -Eq -e "$3"; then
        not_ok "$1" "should not match: $3
in: $2"
    else
        ok "$1"
    fi
}

# Another test script in this box: what it prints, its questions as questions of this script. In a
# shell of its own, with the same environment.
include() { # include NAME SCRIPT: NAME stands before each question
    planned=none counted=0
    while IFS= read -r line; do
        case $line in
        'ok '*' # SKIP '*)
            line=${line#ok * - }
            skip "$1: ${line% # SKIP *}" "${line##* # SKIP }"
            ;;
        'ok '*) ok "$1: ${line#ok * - }" ;;
        'not ok '*) not_ok "$1: ${line#not ok * - }" ;;
        '1..0 # SKIP '*)
            skip "$1" "${line#1..0 # SKIP }"
            planned=$counted
            continue
            ;;
        '1..'*)
            planned=${line#1..}
            continue
            ;;
        *' skipped')
            printf '# %s: %s\n' "$1" "$line"
            continue
            ;;
        *)
            printf '%s\n' "$line"
            continue
            ;;
        esac
        counted=$((counted + 1))
    done < <(exec bash "$2" 2>&1)
    is "$1: it ended as it should" "$planned" "$counted"
}

finish() {
    printf '1..%d\n' "$number"
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

# The whole script cannot run: 77 for the callers that count skips, 1 where it must run.
skip_all() { # skip_all WHY
    if [ "${BOLT_MUST_RUN:-}" = 1 ]; then
        printf 'Bail out! %s: must run here, but: %s\n' "$(basename "$0")" "$1"
        exit 1
    fi
    printf '1..0 # SKIP %s\n' "$1"
    exit 77
}

# --- The box, from outside ------------------------------------------------------------------------

# Why no box can be made here: one line, or nothing.
box_obstacle() {
    if [ "$(id -u)" -ne 0 ]; then
        echo 'not root'
        return
    fi
    for tool in unshare mount podman runc crun conmon ip busybox jq ping cc; do
        if ! command -v "$tool" >/dev/null; then
            echo "no $tool"
            return
        fi
    done
    if [ ! -x /usr/lib/podman/netavark ] && [ ! -x /usr/libexec/podman/netavark ]; then
        echo 'no netavark'
        return
    fi
    if ! why=$(unshare -m -p -n -u -i -C --fork --propagation private true 2>&1); then
        echo "cannot make namespaces: $why"
        return
    fi
    if ! why=$(unshare -m --propagation private mount -t tmpfs tmpfs /tmp 2>&1); then
        echo "cannot mount: $why"
    fi
}

# The control group hierarchies of this machine, one a line: version, mount point, mount options.
box_hierarchies() {
    while read -r _ at type options _; do
        case $type in
        cgroup)
            kept=
            for word in ${options//,/ }; do
                case $word in
                rw | ro | nosuid | nodev | noexec | relatime | noatime | xattr | release_agent=*) ;;
                name=*) kept=$kept,none,$word ;;
                *) kept=$kept,$word ;;
                esac
            done
            echo "v1 $at ${kept#,}"
            ;;
        cgroup2) echo "v2 $at -" ;;
        esac
    done </proc/self/mounts
}

# v1 where the machine has v1 controllers at all, even beside v2: the engines then look for them there.
box_cgroups() {
    if [ -n "${BOX_CGROUPS:-}" ]; then
        echo "$BOX_CGROUPS"
    elif box_hierarchies | grep -q '^v1 '; then
        echo v1
    else
        echo v2
    fi
}

box_groups_make() { # box_groups_make VERSION NAME
    box_hierarchies | while read -r version at options; do
        [ "$version" = "$1" ] || continue
        mkdir "$at/$2" || exit 1
        case ,$options, in
        *,cpuset,*)
            for file in cpuset.cpus cpuset.mems; do
                cat "$at/$file" >"$at/$2/$file"
            done
            ;;
        esac
    done
}

# Called by the box's first process, before these groups become the roots that it sees.
box_groups_join() { # box_groups_join VERSION NAME
    box_hierarchies | while read -r version at _; do
        [ "$version" != "$1" ] || echo 1 >"$at/$2/cgroup.procs" || exit 1
    done
}

box_groups_remove() { # box_groups_remove NAME
    box_hierarchies | while read -r _ at _; do
        [ -d "$at/$1" ] || continue
        for _ in 1 2 3 4 5 6 7 8 9 10; do # the last process may still be on its way out
            find "$at/$1" -depth -type d -exec rmdir {} + 2>/dev/null
            [ -d "$at/$1" ] || break
            sleep 0.1
        done
    done
}

box_down() {
    trap - EXIT INT TERM HUP
    if [ -n "${box_pid:-}" ]; then
        kill -KILL "$box_pid" 2>/dev/null
        wait "$box_pid" 2>/dev/null
    fi
    box_groups_remove "$box_name"
    rm -rf "$box_dir"
}

# Packages of this machine's Debian, fetched with apt and unpacked, not installed.
box_unpack() { # box_unpack DIR PACKAGE...
    new=$(mktemp -d "$1.XXXXXX") && cd "$new" || return
    for package in "${@:2}"; do
        # Into a directory of root's own, so not as the user _apt.
        apt-get -o APT::Sandbox::User=root download -q "$package" >/dev/null || return
    done
    for file in *.deb; do
        dpkg-deb -x "$file" "$new" || return
    done
    rm -f ./*.deb
    chmod 755 "$new"
    mv -T "$new" "$1"
}

# containerd, Docker and the plugins of CNI: sets $engines to the directory that they are unpacked in, or
# to nothing where the machine has them.
engines_find() {
    engines=
    needed='containerd ctr containerd-shim-runc-v2 dockerd docker'
    # shellcheck disable=SC2086 # several programs
    if [ ! -x /usr/lib/cni/portmap ] || [ "$(command -v $needed | wc -l)" -ne 5 ]; then
        engines=$(realpath -m "${BOLT_ENGINES:-$box_src/build/engines}")
        if [ ! -d "$engines" ]; then
            mkdir -p "$(dirname "$engines")"
            (box_unpack "$engines" containerd docker.io containernetworking-plugins) || {
                rm -rf "$engines".??????
                skip_all 'no containerd and docker here, and apt does not give them'
            }
        fi
    fi
}

# Starts a box, runs this script again inside it, cleans up, exits with its status. Inside: returns.
box_enter() { # box_enter ARGUMENT...
    if [ "${BOX_INSIDE:-}" = 1 ]; then
        return
    fi
    obstacle=$(box_obstacle)
    [ -z "$obstacle" ] || skip_all "$obstacle"
    program=${DRAWBOLT-$box_src/build/drawbolt}
    if [ -n "$program" ] && [ ! -x "$program" ]; then
        skip_all "no program to test at $program"
    fi
    script=$(realpath "$0")
    case $script in
    "$box_src"/*) script=${script#"$box_src"/} ;;
    *) skip_all "$script is not in the source tree" ;;
    esac

    box_dir=$(mktemp -d)
    box_name=drawbolt-box-$$
    trap box_down EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    version=$(box_cgroups)
    box_groups_make "$version" "$box_name" || skip_all "cannot make control groups ($version)"
    # shellcheck disable=SC2016 # expands inside
    unshare -m -p -n -u -i --fork --kill-child --propagation private \
        bash -c '. "$1/tests/container/lib.sh" && box_groups_join "$2" "$3" || exit 1
            exec unshare -C bash -c ". \"\$1/tests/container/lib.sh\"; shift 3; box_init \"\$@\"" \
                box "$@"' box "$box_src" "$version" "$box_name" \
        "$box_dir" "$version" "$program" "$script" "$@" &
    box_pid=$!
    wait "$box_pid"
    status=$?
    box_pid=
    exit "$status"
}

# --- The box, from inside -------------------------------------------------------------------------

box_die() {
    echo "Bail out! box: $1"
    exit 1
}

box_mount_dev() {
    mount -t tmpfs -o mode=755 tmpfs "$1/dev" || return
    mkdir "$1/dev/pts" "$1/dev/shm" "$1/dev/mqueue" "$1/dev/net"
    for node in null zero full random urandom tty fuse net/tun; do
        [ -e "/dev/$node" ] || continue
        touch "$1/dev/$node"
        mount --bind "/dev/$node" "$1/dev/$node" || return
    done
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$1/dev/pts" || return
    mount -t tmpfs tmpfs "$1/dev/shm" || return
    ln -s pts/ptmx "$1/dev/ptmx"
    ln -s /proc/self/fd "$1/dev/fd"
    ln -s fd/0 "$1/dev/stdin"
    ln -s fd/1 "$1/dev/stdout"
    ln -s fd/2 "$1/dev/stderr"
    mount -n --move "$1/dev" /dev
}

box_mount_cgroups() { # box_mount_cgroups VERSION HIERARCHIES
    if [ "$1" = v2 ]; then
        mount -t cgroup2 cgroup2 /sys/fs/cgroup || return
        # A group may have processes or controlled groups below it, not both.
        mkdir /sys/fs/cgroup/init && echo 1 >/sys/fs/cgroup/init/cgroup.procs || return
        tr ' ' '\n' </sys/fs/cgroup/cgroup.controllers | while read -r name; do
            echo "+$name" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
        done
        return 0
    fi
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup || return
    printf '%s\n' "$2" | while read -r version at options; do
        [ "$version" = v1 ] || continue
        at=/sys/fs/cgroup/${at##*/}
        mkdir "$at" && mount -t cgroup -o "$options" cgroup "$at" || exit 1
    done
}

# podman's settings: what this kind of machine needs, and nothing that changes a config.json where
# that can be avoided.
box_configure_podman() { # box_configure_podman VERSION
    mkdir -p /etc/containers/containers.conf.d
    {
        if [ "$1" = v2 ] && ! grep -qw pids /sys/fs/cgroup/cgroup.controllers; then
            printf '[containers]\npids_limit=0\n'
        fi
        printf '[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\n'
        if [ "$1" = v2 ] && ! box_may_raise_limits; then
            printf '[engine.runtimes]\ncrun=["%s/bin/crun"]\n' "$BOX"
        fi
        printf '[network]\nnetwork_backend="netavark"\n'
    } >/etc/containers/containers.conf.d/10-box.conf
    rm -f /etc/containers/storage.conf # the defaults, below /var/lib/containers
    rm -f /etc/containers/containers.conf.d/*drawbolt* # of one that is installed here
}

box_may_raise_limits() { # CAP_SYS_RESOURCE, bit 24, or nothing left to raise
    eff=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    [ $((0x$eff >> 24 & 1)) -eq 1 ] || [ "$(ulimit -H -l)" = unlimited ]
}

# crun raises RLIMIT_MEMLOCK before it loads the eBPF device filter of a v2 group, and gives up where
# it may not. The program itself is small enough for the limit there is.
box_crun_wrapper() {
    cat >"$BOX/memlock.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/resource.h>
typedef int (*fn)(__rlimit_resource_t, const struct rlimit *);
int setrlimit(__rlimit_resource_t what, const struct rlimit *to)
{
    return what == RLIMIT_MEMLOCK ? 0 : ((fn)dlsym(RTLD_NEXT, "setrlimit"))(what, to);
}
END
    cc -shared -fPIC -o "$BOX/memlock.so" "$BOX/memlock.c" || return
    crun=$(command -v crun)
    printf '#!/bin/sh\nLD_PRELOAD=%s/memlock.so exec %s "$@"\n' "$BOX" "$crun" >"$BOX/bin/crun"
    chmod 755 "$BOX/bin/crun"
}

# The box's first process: mounts, then the script, then the end of everything in the box.
box_init() { # box_init DIR CGROUPS PROGRAM SCRIPT ARGUMENT...
    dir=$1 version=$2 program=$3 script=$4
    shift 4
    hierarchies=$(box_hierarchies)
    mount -t tmpfs -o mode=755 tmpfs "$dir" || box_die 'no tmpfs'
    mkdir -p "$dir/box/src" "$dir/box/bin" "$dir/lock"
    mount --bind "$box_src" "$dir/box/src" || box_die 'no source tree'
    if [ -n "$program" ]; then
        cp "$program" "$dir/box/bin/drawbolt" || box_die 'no program'
        chmod 755 "$dir/box/bin/drawbolt"
    fi
    mkdir "$dir/box/etc" "$dir/box/dev-root" "$dir/box/dev-root/dev"
    [ ! -d /etc/containers ] || cp -a /etc/containers/. "$dir/box/etc/"
    box_mount_dev "$dir/box/dev-root" || box_die 'no /dev'
    mount -n --move "$dir" /run || box_die 'no /run'
    if [ ! -d /var/lib/containers ]; then
        # An engine makes it when it first runs; it must not be made on the machine.
        mkdir "$BOX/var-lib" "$BOX/var-lib/upper" "$BOX/var-lib/work"
        mount -t overlay -o "lowerdir=/var/lib,upperdir=$BOX/var-lib/upper,workdir=$BOX/var-lib/work" \
            overlay /var/lib || box_die 'no /var/lib'
        mkdir /var/lib/containers
    fi
    for at in /tmp /var/tmp /var/log /var/lib/containers /etc/containers /etc/drawbolt; do
        [ -d "$at" ] || continue
        mount -t tmpfs -o mode=755 tmpfs "$at" || box_die "no $at"
    done
    chmod 1777 /tmp /var/tmp
    cp -a "$BOX/etc/." /etc/containers/
    mount -t proc proc /proc || box_die 'no /proc'
    mount -t sysfs sysfs /sys || box_die 'no /sys'
    box_mount_cgroups "$version" "$hierarchies" || box_die "no cgroups $version"
    box_configure_podman "$version"
    ip link set lo up
    hostname box 2>/dev/null || echo box >/proc/sys/kernel/hostname
    umask 022
    cd /
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    if [ "$version" = v2 ] && ! box_may_raise_limits; then
        box_crun_wrapper || box_die 'no crun wrapper'
        PATH=$BOX/bin:$PATH
    fi
    exec 3<&0
    env -i BOX_INSIDE=1 HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" PATH="$PATH" \
        DRAWBOLT="$BOX/bin/drawbolt" BOLT_MUST_RUN="${BOLT_MUST_RUN:-}" BOX_VERSION="$version" \
        bash "$BOX/src/$script" "$@"
}

# --- Things to run --------------------------------------------------------------------------------

# A static program $BOX/NAME of a source below tests/container, if it is not there already.
box_cc() { # box_cc NAME SOURCE [FLAG...]
    [ -x "$BOX/$1" ] || cc "${@:3}" -O1 -static -o "$BOX/$1" "$BOX/src/tests/container/$2"
}

# The probe, built for this machine and, on x86, for its 32-bit side. $probes: the names that exist.
box_probes() {
    box_cc probe64 probe.c || box_die 'cannot build the probe'
    probes=probe64
    if [ "$(uname -m)" = x86_64 ]; then
        if box_cc probe32 probe.c -m32 2>/dev/null; then
            probes='probe64 probe32'
        else
            skip '32-bit probe' 'the compiler cannot build static -m32 programs'
        fi
    fi
}

# $BOX/rootfs for bare bundles, and the same as image localhost/probe.
box_image() {
    box_probes
    root=$BOX/rootfs
    mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/run"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for name in sh ls cat id sleep true echo grep ps nc head wc; do
        ln -sf busybox "$root/bin/$name"
    done
    # The ping of iputils, which asks for an ICMP datagram socket; busybox's knows raw sockets only.
    # A plain copy: without file capabilities, and with the libraries it is linked with.
    for file in $(ldd "$(command -v ping)" | grep -o '/[^ ]*'); do
        mkdir -p "$root${file%/*}"
        cp "$file" "$root$file"
    done
    cp --preserve=mode "$(command -v ping)" "$root/bin/ping"
    for name in $probes; do
        cp "$BOX/$name" "$root/bin/$name"
    done
    echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    # One time for every file: the same image, byte for byte, whenever it is made.
    tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$BOX/probe.tar" .
    podman import -q "$BOX/probe.tar" localhost/probe >/dev/null || box_die 'podman import failed'
}

# A hooks directory for podman with one precreate hook. DIR, then the hook's arguments.
box_hook() { # box_hook DIR PROGRAM ARGUMENT...
    mkdir -p "$1"
    printf '%s\n' "$(basename "$2")" "${@:3}" | jq -Rn --arg path "$2" '{version: "1.0.0",
        hook: {path: $path, args: [inputs], timeout: 20}, when: {always: true},
        stages: ["precreate"]}' >"$1/50-drawbolt.json"
}

# A policy file: the members given, the built-in policy for the rest. Prints its name.
box_policy() { # box_policy NAME [JSON]
    mkdir -p "$BOX/policy" /var/log/drawbolt
    printf '%s\n' "${2:-{\"version\": 1\}}" >"$BOX/policy/$1.json"
    echo "$BOX/policy/$1.json"
}

# A refusal: one line on standard error that names the rule. Some engines take
# certain phrases for errors of their own, so these must not be in it.
is_refusal() { # is_refusal NAME TEXT RULE
    line=$(printf '%s\n' "$2" | grep -E '^drawbolt: refused: ' | head -1)
    if ! printf '%s\n' "$line" | grep -Eq "^drawbolt: refused: .+ \(rule $3(, and [0-9]+ more)?(; see .+)?\)\$"; then
        not_ok "$1" "no refusal by rule $3 in: $2"
    elif printf '%s\n' "$line" | grep -Eiq \
        'permission denied|operation not permitted|no such file|not found'; then
        not_ok "$1" "a phrase that engines take for something else: $line"
    else
        ok "$1"
    fi
}

# A bundle with the runtime's own default configuration, changed by a jq program.
box_bundle() { # box_bundle DIR RUNTIME JQ-PROGRAM
    rm -rf "$1"
    mkdir -p "$1"
    (cd "$1" && "$2" spec) || return
    jq -c --arg root "$BOX/rootfs" ".root = {path: \$root} | .process.terminal = false | ($3)" \
        "$1/config.json" >"$1/new" &&
        mv "$1/new" "$1/config.json"
}
