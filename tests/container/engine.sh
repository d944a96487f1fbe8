#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests with containerd and Docker share. To be sourced after lib.sh; it enters a box where
# these engines are in PATH, with an image, a policy, and links to drawbolt in $wrap.
# Where the machine lacks the engines, the packages are fetched with apt and unpacked, not installed.
#
# Environment:
#   BOLT_ENGINES   where they are unpacked (default: build/engines in the source tree; 250 MB; not
#                  below /run, /tmp or /var/tmp)
# shellcheck source=tests/container/lib.sh

unpack_engines() { # unpack_engines DIR
    new=$(mktemp -d "$1.XXXXXX") && cd "$new" || return
    for package in containerd docker.io; do
        # Into a directory of root's own, so not as the user _apt.
        apt-get -o APT::Sandbox::User=root download -q "$package" >/dev/null || return
    done
    for file in *.deb; do
        dpkg-deb -x "$file" "$new" || return
    done
    rm -f ./*.deb
    mv -T "$new" "$1"
}

engines_are_here() {
    for program in containerd ctr containerd-shim-runc-v2 dockerd docker; do
        command -v $program >/dev/null || return
    done
}

# Returns in a box, with the engines in PATH.
engine_enter() { # engine_enter ARGUMENT...
    if [ "${BOX_INSIDE:-}" != 1 ] && ! engines_are_here; then
        engines=$(realpath -m "${BOLT_ENGINES:-$box_src/build/engines}")
        if [ ! -d "$engines" ]; then
            mkdir -p "$(dirname "$engines")"
            (unpack_engines "$engines") || {
                rm -rf "$engines".??????
                skip_all 'no containerd and docker here, and apt does not give them'
            }
        fi
        set -- "$engines"
    fi
    box_enter "$@"
    [ -z "${1:-}" ] || PATH=$1/usr/bin:$1/usr/sbin:$PATH
    engines_are_here || skip_all 'no containerd and docker here'
}

engine_enter "$@"
mkdir -p "$BOX/rootfs/bin"
# What the kernel says of a process, and whether it can open a raw socket.
printf '#!/bin/sh\ncat /proc/self/status\nexec /bin/probe64 --only "*/inet-raw-icmp"\n' \
    >"$BOX/rootfs/bin/look"
chmod 755 "$BOX/rootfs/bin/look"
box_image

mkdir -p "$BOX/own-etc/upper" "$BOX/own-etc/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$BOX/own-etc/upper,workdir=$BOX/own-etc/work" \
    overlay /etc || box_die 'no /etc'
mkdir -p /etc/drawbolt /etc/docker /var/log/drawbolt
wrap=$BOX/wrap
mkdir "$wrap"
for name in runc crun; do
    ln -s "$DRAWBOLT" "$wrap/$name"
done
# shellcheck disable=SC2034 # for who sources this
log=/var/log/drawbolt/decisions.jsonl

policy() { # policy [MEMBERS]: the one in force
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}%s}\n' "$(command -v runc)" \
        "$(command -v crun)" "${1:+, $1}" >/etc/drawbolt/policy.json
}

call() { # call WORD...: sets $out, $err, $status
    out=$(timeout 60 "$@" 2>"$BOX/stderr" </dev/null | tr -d '\r'; exit "${PIPESTATUS[0]}")
    status=$?
    err=$(cat "$BOX/stderr")
}

too_much() { # too_much TEXT: sets with NET_RAW or SYS_ADMIN
    printf '%s\n' "$1" | sed -n 's/^Cap...:[[:space:]]*//p' | while read -r set; do
        [ $((0x$set & (1 << 13 | 1 << 21))) -eq 0 ] || echo "$set"
    done
}

harmless() { # harmless NAME: $out has five sets within the policy, and no raw socket
    if [ "$(printf '%s\n' "$out" | grep -c '^Cap...:')" != 5 ]; then
        not_ok "$1" "no capability sets in: $status: $out $err"
        return
    fi
    is "$1" "$(too_much "$out")" ''
    like "$1: no raw socket" "$out" '^probe: [0-9]+ ways, 0 raw open'
}

wait_until() { # wait_until COMMAND...: ten seconds at most
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}

wait_for() { # wait_for NAME COMMAND...: a daemon
    wait_until "${@:2}" && return
    not_ok "$1 starts" "$(tail -20 "$BOX/$1.log")"
    finish
}
