#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests with containerd and Docker share. To be sourced after lib.sh; it enters a box where
# these engines are in PATH, and makes there what wrapper.sh makes.
# Where the machine lacks the engines, the packages are fetched with apt and unpacked, not installed (see
# engines_find in lib.sh).
# shellcheck source=tests/container/lib.sh

# Returns in a box, with the engines in PATH.
engine_enter() { # engine_enter ARGUMENT...
    if [ "${BOX_INSIDE:-}" != 1 ]; then
        engines_find
        # shellcheck disable=SC2154 # set by engines_find
        set -- "$engines"
    fi
    box_enter "$@"
    [ -z "${1:-}" ] || PATH=$1/usr/bin:$1/usr/sbin:$PATH
    for program in containerd ctr containerd-shim-runc-v2 dockerd docker; do
        command -v $program >/dev/null || skip_all "no $program here"
    done
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
