#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests with containerd and Docker share. To be sourced after lib.sh; it enters a box where
# these engines are in PATH, and makes there what wrapper.sh makes.
# Where the machine lacks the engines, the packages are fetched with apt and unpacked, not installed (see
# engines_find in lib.sh).
# shellcheck source=tests/container/lib.sh

engines_are_here() {
    for program in containerd ctr containerd-shim-runc-v2 dockerd docker; do
        command -v $program >/dev/null || return
    done
}

# Returns in a box, with the engines in PATH.
engine_enter() { # engine_enter ARGUMENT...
    if [ "${BOX_INSIDE:-}" != 1 ]; then
        engines=
        engines_find
        set -- "$engines"
    fi
    box_enter "$@"
    [ -z "${1:-}" ] || PATH=$1/usr/bin:$1/usr/sbin:$PATH
    engines_are_here || skip_all 'no containerd and docker here'
}

engine_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/wrapper.sh"
wrapper_make
mkdir -p /etc/docker

wait_for() { # wait_for NAME COMMAND...: a daemon
    wait_until "${@:2}" && return
    not_ok "$1 starts" "$(tail -20 "$BOX/$1.log")"
    finish
}
