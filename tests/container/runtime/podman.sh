#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# podman with the wrapper as its runtime, installed as the example says.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make

real() { # the real runtime
    name=real_$runtime
    echo "${!name}"
}

pod() { # pod WORD...: podman with the wrapper
    call podman --runtime "$runtime" "$@"
}

bare() { # bare WORD...: podman without it
    call podman --runtime "$(real)" "$@"
}

# The same answer with and without drawbolt: exit status, standard output and error.
alike() { # alike NAME WORD...
    name=$1
    shift
    bare "$@"
    wanted="$status|$out|${err/$(real):/$runtime:}" # podman names it as it was given
    pod "$@"
    is "$runtime: podman: $name" "$status|$out|$err" "$wanted"
}

runs() {
    pod run --rm --cap-add NET_RAW --cap-add SYS_ADMIN localhost/probe look
    harmless "$runtime: podman run"
    is "$runtime: podman run: the record" "$(last '.point + " " + .engine + " " + .runtime')" \
        "runtime:create podman $runtime"
    pod run --rm --network host localhost/probe true
    is "$runtime: podman: a refusal ends with 126" "$status" 126
    like "$runtime: podman: and shows its sentence" "$err" \
        'OCI runtime error.*drawbolt: refused: .+\(rule host-network'
    pod run --rm --privileged localhost/probe true
    like "$runtime: podman: privileged" "$err" 'drawbolt: refused: .+\(rule privileged'
    is "$runtime: podman: nothing is left" "$(podman ps -aq)" ''
}

execs() { # in the container named box
    : >"$log"
    for options in '' '--privileged' '--privileged -u 5' '-u 5' '--privileged --tty' '--privileged --preserve-fds 1' \
        '--privileged --workdir /tmp -e A=B'; do
        # shellcheck disable=SC2086 # words are meant
        pod exec $options box look 3</dev/null
        harmless "$runtime: podman exec $options"
    done
    is "$runtime: podman exec: the record" \
        "$(jq -r 'select(.point == "runtime:exec" and (.findings | length) > 10).verdict' "$log" | sort -u)" allow
    pod exec -d --privileged box sh -c 'look >/tmp/look.new; mv /tmp/look.new /tmp/look'
    for _ in $(seq 50); do
        pod exec box cat /tmp/look
        [ "$status" != 0 ] || break
        sleep 0.1
    done
    harmless "$runtime: podman exec -d --privileged"
    pod exec --privileged box sh -c 'exit 7'
    is "$runtime: podman exec: its exit status" "$status" 7
    pod exec box nothing-of-that-name
    is "$runtime: podman exec: a program that is not there" "$status" 127
}

# podman 4.3 has no update.
updates() {
    bare run -d --name plain localhost/probe sleep 1000
    bare update --cpus 1 plain
    if [ "$status" = 0 ]; then
        pod update --cpus 1 box
        is "$runtime: podman update" "$status" 0
    else
        skip "$runtime: podman update" "without drawbolt: $err"
    fi
    bare rm -f -t 0 plain
}

a_life() { # of the container named box, to its end
    pod run -d --name box --cap-add NET_RAW localhost/probe sleep 1000
    is "$runtime: podman run -d" "$status $err" '0 '
    execs
    updates
    pod top box pid
    is "$runtime: podman top" "$status" 0
    pod pause box
    is "$runtime: podman pause" "$status $(podman inspect -f '{{.State.Status}}' box)" '0 paused'
    pod unpause box
    is "$runtime: podman unpause" "$status" 0
    pod stop -t 1 box
    is "$runtime: podman stop" "$status" 0
    pod start box
    is "$runtime: podman start" "$status" 0
    pod restart -t 0 box
    is "$runtime: podman restart" "$status" 0
    out=$(echo in | podman --runtime "$runtime" exec -i box cat)
    is "$runtime: podman exec -i" "$out" in
    out=$(echo in | podman --runtime "$runtime" run --rm -i localhost/probe cat)
    is "$runtime: podman run -i" "$out" in
    pod rm -f -t 0 box
    is "$runtime: podman rm" "$status" 0
}

answers() {
    for code in 0 1 42 126 137; do
        alike "exit status $code" run --rm localhost/probe sh -c "exit $code"
    done
    alike 'a program that is not there' run --rm localhost/probe nothing-of-that-name
    alike 'standard output and error' run --rm localhost/probe sh -c 'echo out; echo err >&2'
    alike 'a user' run --rm -u 5:6 localhost/probe id
    # shellcheck disable=SC2016 # the container's shell expands
    alike 'an environment' run --rm -e A=B localhost/probe sh -c 'echo $A; pwd'
    alike 'a terminal' run --rm -t localhost/probe sh -c 'test -t 1 && echo terminal'
    alike 'a process id file' run --rm --pidfile "$BOX/pid" localhost/probe true
    alike 'descriptors that are handed on' run --rm --preserve-fds 1 localhost/probe \
        sh -c 'cat <&3 | head -c 3 | wc -c'
    alike 'a user namespace' run --rm --uidmap 0:100000:1000 --gidmap 0:100000:1000 localhost/probe true
    pod run --name logs localhost/probe echo logged
    alike 'logs' logs logs
    pod rm logs
    pod run -d --name health --health-cmd 'grep -c .*8.* /proc/self/status' localhost/probe sleep 1000
    pod healthcheck run health
    is "$runtime: podman healthcheck" "$status" 0
    pod rm -f -t 0 health
}

# shellcheck disable=SC2317 # called by wait_until
has_logged() { # has_logged LINE
    podman logs signals 2>&1 | tr -d '\r' | grep -qx "$1"
}

signals() {
    for terminal in '' -t; do
        # shellcheck disable=SC2086 # an option or none
        pod run -d $terminal --name signals --pidfile "$BOX/pid" localhost/probe sh -c \
            'trap "echo usr1" USR1; trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'
        wait_until has_logged ready
        is "$runtime: podman $terminal: the process id file" "$(cat "$BOX/pid")" \
            "$(podman inspect -f '{{.State.Pid}}' signals)"
        pod kill -s USR1 signals
        wait_until has_logged usr1
        is "$runtime: podman $terminal: kill -s USR1 arrives" "$?" 0
        pod stop -t 20 signals
        is "$runtime: podman $terminal: stop: SIGTERM arrives" \
            "$(podman inspect -f '{{.State.ExitCode}}' signals)" 5
        podman rm -f signals >/dev/null
    done
    pod run -d --name signals localhost/probe sleep 1000
    pod kill signals
    pod wait signals
    is "$runtime: podman kill: a death by a signal" "$out" 137
    podman rm signals >/dev/null
}

with_the_hook() {
    box_hook "$BOX/hooks.d" "$DRAWBOLT" precreate
    pod --hooks-dir "$BOX/hooks.d" run --rm --cap-add NET_RAW localhost/probe look
    harmless "$runtime: podman with the precreate hook as well"
    is "$runtime: podman: what the hook has rewritten the wrapper leaves as it is" \
        "$(tail -n 2 "$log" | jq -r '.point + " " + ((.edits | length) > 0 | tostring)' | paste -sd,)" \
        'precreate true,runtime:create false'
}

refused_exec() {
    policy '"exec": {"action": "refuse"}'
    pod run -d --name box localhost/probe sleep 1000
    pod exec --privileged box true
    like "$runtime: podman: a refused exec shows its sentence" "$err" \
        'drawbolt: refused: exec asks for .+\(rule exec-capability'
    isnot "$runtime: podman: a refused exec fails" "$status" 0
    policy ''
    pod rm -f -t 0 box
}

# What is installed as an example, with the links of this test.
sed "s#@LIBEXECDIR@#$wrap#" "$BOX/src/engines.d/podman-runtimes.conf.in" \
    >/etc/containers/containers.conf.d/50-drawbolt-runtimes.conf
for runtime in runc crun; do
    runs
    a_life
    answers
    signals
    with_the_hook
    refused_exec
done
finish
