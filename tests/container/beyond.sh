#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What no seccomp filter can see: a raw socket that somebody else opened and that reaches a process in
# a container as a descriptor. docs/beyond-seccomp.md says that these ways are open, so it is a
# failure here if one of them no longer is: then the page is wrong.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"

for tool in python3 setpriv; do
    command -v "$tool" >/dev/null || skip_all "no $tool"
done

policy=$(box_policy builtin)
bundle=$BOX/bundle
tree=$BOX/tree
shared=$BOX/shared
pass=$BOX/src/tests/container/inside/pass.py
count=0

container() { # container JQ-PROGRAM ARGUMENT...: a bundle that drawbolt has rewritten
    change=$1
    shift
    args=$(printf '%s\n' python3 /shared/pass.py "$@" | jq -cRn '[inputs]')
    box_bundle "$bundle" "$runtime" ".root = {path: \"$tree\", readonly: true} |
        .process.args = $args |
        .process.capabilities[] += [\"CAP_NET_RAW\"] |
        .linux.seccomp = $(jq -c .linux.seccomp "$BOX/src/tests/data/configs/docker-default.json") |
        .mounts += [{destination: \"/mnt\", type: \"tmpfs\", source: \"tmpfs\"}] |
        .mounts += [{destination: \"/shared\", type: \"bind\", source: \"$shared\",
            options: [\"bind\"]}] | $change"
    "$DRAWBOLT" precreate --policy "$policy" <"$bundle/config.json" >"$bundle/new" &&
        mv "$bundle/new" "$bundle/config.json"
}

run() { # run: the bundle, to its end; sets $out
    count=$((count + 1))
    out=$(timeout 60 "$runtime" run -b "$bundle" "box$count" 2>&1 </dev/null)
}

got_one() { # got_one NAME
    is "$1" "$out" 'own: Operation not permitted
got: domain=17 type=3
frame: sent and seen'
}

wait_for() { # wait_for FILE
    for _ in $(seq 100); do
        [ ! -e "$1" ] || return 0
        sleep 0.1
    done
    box_die "no $1"
}

over_a_socket() {
    rm -f "$shared/socket"
    python3 "$pass" send "$shared/socket" &
    sender=$!
    wait_for "$shared/socket"
    container . receive /shared/socket
    run
    got_one "$runtime: a packet socket over a Unix socket works under the filter"
    kill "$sender" 2>/dev/null
    wait "$sender" 2>/dev/null
}

by_inheritance() {
    container . inherited
    count=$((count + 1))
    out=$(timeout 60 python3 "$pass" run "$runtime" run --preserve-fds 1 -b "$bundle" "box$count" \
        2>&1 </dev/null)
    got_one "$runtime: a packet socket that was open when the container started works"
}

# From a process outside whose capabilities the container has too: here, none. That takes a process
# namespace in common and a profile that lets pidfd_getfd(2) pass, which Docker's is not.
from_a_process() {
    if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" -ne 0 ]; then
        skip "$runtime: from a process" 'kernel.yama.ptrace_scope forbids it on this machine'
        return
    fi
    # After the socket is open it gives up every capability.
    python3 "$pass" run setpriv --bounding-set=-all --inh-caps=-all --no-new-privs \
        sh -c 'exec sleep 60' &
    holder=$!
    until [ "$(sed -n 's/^CapPrm:[[:space:]]*//p' /proc/$holder/status)" = 0000000000000000 ]; do
        sleep 0.1
    done
    common='del(.linux.namespaces[] | select(.type == "pid"))'
    container "$common | del(.linux.seccomp)" take "$holder" 3
    run
    got_one "$runtime: a packet socket taken from a process outside works"
    container "$common" take "$holder" 3
    run
    like "$runtime: Docker's profile denies taking it" "$out" '^pass.py: .*Operation not permitted'
    container 'del(.linux.seccomp)' take "$holder" 3
    run
    like "$runtime: with a process namespace of its own there is nobody to take it from" "$out" \
        '^pass.py: .*No such process'
    kill "$holder"
    wait "$holder" 2>/dev/null
}

mkdir -p "$shared"
cp "$pass" "$shared/"
mkdir -p "$BOX/upper" "$BOX/work" "$tree"
mount -t overlay -o "lowerdir=/,upperdir=$BOX/upper,workdir=$BOX/work" overlay "$tree" ||
    skip_all 'cannot lay a file system over /'
mkdir -p "$tree/shared"
for runtime in runc crun; do
    over_a_socket
    by_inheritance
    from_a_process
done
finish
