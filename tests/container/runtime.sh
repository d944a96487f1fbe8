#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt in front of runc and crun: by links, bare and under podman.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image

# The links take no --policy: an /etc of the box's own.
own_etc() {
    mkdir -p "$BOX/own-etc/upper" "$BOX/own-etc/work"
    cp -a /etc/containers "$BOX/own-etc/containers"
    mount -t overlay -o "lowerdir=/etc,upperdir=$BOX/own-etc/upper,workdir=$BOX/own-etc/work" \
        overlay /etc || return
    mkdir -p /etc/drawbolt
    mount --bind "$BOX/own-etc/containers" /etc/containers
}
own_etc || box_die 'no /etc'

real_runc=$(command -v runc)
real_crun=$(command -v crun)
wrap=$BOX/wrap
mkdir "$wrap"
for name in runc crun drawbolt-runc drawbolt-crun; do
    ln -s "$DRAWBOLT" "$wrap/$name"
done
bundle=$BOX/bundle
log=/var/log/drawbolt/decisions.jsonl
status_of='["cat", "/proc/self/status"]'
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'
count=0

policy() { # policy [MEMBERS]: the one in force
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}%s}\n' \
        "$real_runc" "$real_crun" "${1:+, $1}" >/etc/drawbolt/policy.json
}

last() { # last JQ-PROGRAM: of the last decision
    tail -n 1 "$log" | jq -r "$1"
}

call() { # call WORD...: sets $out, $err, $status
    out=$(timeout 60 "$@" 2>"$BOX/stderr" </dev/null)
    status=$?
    err=$(cat "$BOX/stderr")
}

new_id() {
    count=$((count + 1))
    id=wrap$count
}

# CapEff, CapPrm and CapBnd in the text, with the bits of NET_RAW and SYS_ADMIN: "" or what is there.
too_much() { # too_much TEXT
    printf '%s\n' "$1" | sed -n 's/^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):[[:space:]]*//p' | while read -r set; do
        [ $((0x$set & (1 << 13 | 1 << 21))) -eq 0 ] || echo "$set"
    done
}

harmless() { # harmless NAME TEXT: all five sets are there, and none has more than it may
    if [ "$(printf '%s\n' "$2" | grep -c '^Cap...:')" != 5 ]; then
        not_ok "$1" "no capability sets in: $2"
    else
        is "$1" "$(too_much "$2")" ''
    fi
}

state() { # of a file: inode, mtime, mode, owner, digest
    stat -c '%i %y %a %u:%g' "$1"
    sha256sum <"$1"
}

policy
