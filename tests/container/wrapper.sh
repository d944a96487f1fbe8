#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What tests with drawbolt in the place of the runtime share, on top of lib.sh and inside a box:
#
#     wrapper_make        # once; then $wrap has the links, and `policy` was called
#     policy '"exec": {"action": "refuse"}'
#     call "$wrap/runc" run -b "$bundle" "$id"
#     harmless 'a container'

wrap=$BOX/wrap
log=/var/log/drawbolt/decisions.jsonl
real_runc=$(command -v runc)
real_crun=$(command -v crun)
count=0

# The links take no --policy: an /etc of the box's own.
wrapper_etc() {
    mkdir -p "$BOX/own-etc/upper" "$BOX/own-etc/work"
    cp -a /etc/containers "$BOX/own-etc/containers"
    mount -t overlay -o "lowerdir=/etc,upperdir=$BOX/own-etc/upper,workdir=$BOX/own-etc/work" \
        overlay /etc || return
    rm -rf /etc/drawbolt # the machine's, which stays there
    mkdir /etc/drawbolt
    mount --bind "$BOX/own-etc/containers" /etc/containers
}

# The image with the program `look`, and the links. What another script made in this box stays.
wrapper_make() {
    if [ ! -d "$wrap" ]; then
        mkdir -p "$BOX/rootfs/bin" "$wrap" "${log%/*}"
        # What the kernel says of a process, and whether it can open a raw socket.
        printf '#!/bin/sh\ncat /proc/self/status\nexec /bin/probe64 --only "*/inet-raw-icmp"\n' \
            >"$BOX/rootfs/bin/look"
        chmod 755 "$BOX/rootfs/bin/look"
        box_image
        wrapper_etc || box_die 'no /etc'
        for name in runc crun drawbolt-runc drawbolt-crun; do
            ln -s "$DRAWBOLT" "$wrap/$name"
        done
    fi
    policy ''
}

policy() { # policy [MEMBERS]: the one in force
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}%s}\n' \
        "$real_runc" "$real_crun" "${1:+, $1}" >/etc/drawbolt/policy.json
}

last() { # last JQ-PROGRAM: of the last decision
    tail -n 1 "$log" | jq -r "$1"
}

call() { # call WORD...: sets $out, $err, $status
    out=$(timeout 60 "$@" 2>"$BOX/stderr" </dev/null | tr -d '\r'; exit "${PIPESTATUS[0]}")
    status=$?
    err=$(cat "$BOX/stderr")
}

new_id() { # sets $id: of a container that was not there before
    count=$((count + 1))
    # shellcheck disable=SC2034 # for the caller
    id=${0##*/}-$count
}

# Sets in what `look` printed that have NET_RAW or SYS_ADMIN (bits 13 and 21, linux/capability.h).
too_much() { # too_much TEXT
    printf '%s\n' "$1" | sed -n 's/^Cap...:[[:space:]]*//p' | while read -r set; do
        [ $((0x$set & (1 << 13 | 1 << 21))) -eq 0 ] || echo "$set"
    done
}

bounding() { # of NET_ADMIN, NET_RAW and SYS_ADMIN those in the bounding set in $out
    bits=$(printf '%s\n' "$out" | sed -n 's/^CapBnd:[[:space:]]*//p')
    [ -n "$bits" ] || echo 'no capability sets'
    printf '%s\n' '12 NET_ADMIN' '13 NET_RAW' '21 SYS_ADMIN' | while read -r bit name; do
        [ $((0x${bits:-0} >> bit & 1)) -eq 0 ] || echo "$name"
    done | paste -sd' '
}

few_capabilities() { # few_capabilities NAME: $out has five sets, all within the policy
    if [ "$(printf '%s\n' "$out" | grep -c '^Cap...:')" != 5 ]; then
        not_ok "$1" "no capability sets in: $status: $out $err"
    else
        is "$1" "$(too_much "$out")" ''
    fi
}

harmless() { # harmless NAME: $out is what `look` prints within the policy, behind a merged filter
    few_capabilities "$1"
    like "$1: no raw socket" "$out" '^probe: [0-9]+ ways, 0 raw open'
}

is_error() { # is_error NAME STATUS REGEX: of a call that drawbolt failed
    is "$1" "$status" "$2"
    like "$1: in a sentence" "$err" "^drawbolt: error: .*$3"
}

# A program to name as the real runtime: prints what it is started with, ends with $REPORT_STATUS.
stand_in() { # stand_in FILE
    box_cc report inside/report.c -w || box_die 'cannot build the stand-in'
    mkdir -p "${1%/*}"
    cp "$BOX/report" "$1"
}

wait_until() { # wait_until COMMAND...: ten seconds at most
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}
