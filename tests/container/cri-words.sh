#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests share that ask an engine by the CRI socket: pods and containers. To be sourced after
# wrapper.sh. The caller sets $handler, the runtime handler of its pods.
# shellcheck source=tests/container/lib.sh
# shellcheck disable=SC2154 # $handler is the caller's; $out, $err and $status are set by call

logs=/var/log/pods

cri() { # cri WORD...
    call python3 "$BOX/src/tests/container/cri.py" "$@"
}

run_pod() { # run_pod NAME [JQ-PROGRAM]: sets $pod, and $sandbox to its configuration
    mkdir -p "$logs/$1"
    sandbox=$(jq -nc --arg name "$1" --arg logs "$logs/$1" '{metadata: {name: $name, uid: $name,
        namespace: "tests"}, log_directory: $logs, linux: {security_context: {namespace_options:
        {pid: 1}}}} | '"${2:-.}")
    cri RunPodSandbox "$(jq -nc --argjson c "$sandbox" --arg h "$handler" '{config: $c, runtime_handler: $h}')"
    pod=$(printf '%s' "$out" | jq -r .id)
    pod_logs=$logs/$1
}

create() { # create NAME JQ-PROGRAM WORD...: a container in $pod; sets $id
    config=$(printf '%s\n' "${@:3}" | jq -Rnc --arg name "$1" '{metadata: {name: $name},
        image: {image: "localhost/pod:1"}, command: [inputs], log_path: ($name + ".log"),
        linux: {security_context: {namespace_options: {pid: 1}}}} | '"$2")
    cri CreateContainer "$(jq -nc --arg pod "$pod" --argjson c "$config" --argjson s "$sandbox" \
        '{sandbox: $pod, config: $c, sandbox_config: $s}')"
    id=$(printf '%s' "$out" | jq -r .id)
}

start() { # start NAME JQ-PROGRAM WORD...
    create "$@"
    [ "$status" = 0 ] || return
    cri StartContainer "{\"id\": \"$id\"}"
}

field() { # field NAME: of the container's status
    python3 "$BOX/src/tests/container/cri.py" ContainerStatus "{\"id\": \"$id\"}" | jq -r ".status.$1"
}

# shellcheck disable=SC2317 # by wait_until
has_ended() {
    [ "$(field state)" = 2 ]
}

logged() { # logged NAME STREAM: what a container wrote
    sed -n "s/^[^ ]* $2 [FP] //p" "$pod_logs/$1.log"
}

# shellcheck disable=SC2317 # by wait_until
has_logged() { # has_logged NAME LINE
    logged "$1" stdout | grep -qx "$2"
}

exec_sync() { # exec_sync WORD...: sets $out to the answer
    cri ExecSync "$(printf '%s\n' "$@" | jq -Rnc --arg id "$id" '{id: $id, cmd: [inputs], timeout: 30}')"
}

remove_pod() {
    cri StopPodSandbox "{\"id\": \"$pod\"}"
    cri RemovePodSandbox "{\"id\": \"$pod\"}"
    is "$handler: the pod is removed" "$status $err" '0 '
}

# shellcheck disable=SC2034 # for the caller
much='.linux.security_context.capabilities = {add: ["NET_RAW", "SYS_ADMIN"]}'
