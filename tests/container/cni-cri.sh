#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt in a list of CNI plugins, between bridge and portmap, where containerd's CRI calls it: the
# sandbox of a pod that asks for a port it may not have does not start.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/plugins.sh
. "$(dirname "$0")/plugins.sh"
[ "${BOX_INSIDE:-}" = 1 ] || plugins_find
# shellcheck source=tests/container/engine.sh
. "$(dirname "$0")/engine.sh"
python3 -c 'import grpc' 2>/dev/null || skip_all 'no grpc for python3'
plugins_set_up

network() { # network JQ-PROGRAM: the example, changed
    mkdir -p "$BOX/net.d"
    jq "$1" "$BOX/src/engines.d/cni.conflist" >"$BOX/net.d/guarded.conflist"
}

launch() { # launch PROGRAM
    (exec -a containerd "$1" -c "$BOX/containerd.toml") >"$BOX/containerd.log" 2>&1 &
    daemon=$!
    wait_for containerd python3 "$BOX/src/tests/container/cri.py" Version
}

start_containerd() {
    case $(containerd --version | cut -d ' ' -f 3) in
    1.*)
        cat >"$BOX/containerd.toml" <<END
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "localhost/pod:1"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "$plugins"
  conf_dir = "$BOX/net.d"
END
        ;;
    *)
        cat >"$BOX/containerd.toml" <<END
version = 3
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["$plugins"]
  conf_dir = "$BOX/net.d"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/pod:1"
END
        ;;
    esac
    sed -i "1a root = \"$BOX/containerd\"\nstate = \"/run/containerd\"" "$BOX/containerd.toml"
    printf '[plugins."io.containerd.internal.v1.opt"]\n  path = "%s/opt"\n' "$BOX" >>"$BOX/containerd.toml"
    launch "$(command -v containerd)"
    podman import -q --change 'CMD ["sleep", "1000"]' --change 'ENV PATH=/bin' "$BOX/probe.tar" \
        localhost/pod:1 >/dev/null &&
        podman save -q --format oci-archive -o "$BOX/image.tar" localhost/pod:1 &&
        ctr -n k8s.io images import "$BOX/image.tar" >/dev/null && return
    box_die 'no image'
}

cri() { # cri WORD...
    call python3 "$BOX/src/tests/container/cri.py" "$@"
}

run_pod() { # run_pod NAME [JQ-PROGRAM]: sets $pod, and $sandbox to its configuration
    : >"$BOX/portmap.log"
    mkdir -p "/var/log/pods/$1"
    sandbox=$(jq -nc --arg name "$1" '{metadata: {name: $name, uid: $name, namespace: "prod"},
        log_directory: ("/var/log/pods/" + $name), linux: {security_context: {namespace_options:
        {pid: 1}}}} | '"${2:-.}")
    cri RunPodSandbox "{\"config\": $sandbox}"
    pod=$(printf '%s' "$out" | jq -r .id)
}

serve() { # serve: a container in the pod that says "pod" on port 80
    cri CreateContainer "$(jq -nc --arg pod "$pod" --argjson s "$sandbox" '{sandbox: $pod, sandbox_config: $s,
        config: {metadata: {name: "web"}, image: {image: "localhost/pod:1"}, log_path: "web.log",
        command: ["sh", "-c", "while echo pod | busybox nc -l -p 80; do :; done"],
        linux: {security_context: {namespace_options: {pid: 1}}}}}')"
    cri StartContainer "{\"id\": $(printf '%s' "$out" | jq .id)}"
}

nothing_left() { # nothing_left NAME
    is "$1: nothing is left" "$(ctr -n k8s.io task ls -q)$(ctr -n k8s.io container ls -q)$(leftovers)" ''
}

remove_pod() { # remove_pod NAME
    cri StopPodSandbox "{\"id\": \"$pod\"}"
    cri RemovePodSandbox "{\"id\": \"$pod\"}"
    is "$1: the pod is removed" "$status $err" '0 '
    nothing_left "$1"
}

port() { # port HOST CONTAINER [PROTOCOL [ADDRESS]]: a jq program that adds it
    echo ".port_mappings += [{host_port: $1, container_port: $2, protocol: ${3:-0}, host_ip: \"${4:-}\"}]"
}

# --- questions ------------------------------------------------------------------------------------

allowed_pods() {
    run_pod high "$(port 8080 80) | $(port 8081 81 1 127.0.0.1) | $(port 0 82)"
    is 'high ports: the pod starts' "$status $err" '0 '
    is 'high ports: it was judged' "$(tail -n 1 "$log" | jq -r '"\(.point) \(.verdict)"')" 'cni:ADD allow'
    is 'high ports: the record has those that are published' "$(recorded_ports)" ' 8080 80 tcp cni runtimeConfig
127.0.0.1 8081 81 udp cni runtimeConfig'
    is 'the record: who it is' "$(tail -n 1 "$log" | jq -c '[.engine, .container.id, .container.name,
        .container.namespace]')" "$(jq -nc --arg id "$pod" '["containerd",
        {value: $id, source: "CNI_CONTAINERID", forgeable: false},
        {value: "high", source: "CNI_ARGS", forgeable: true},
        {value: "prod", source: "CNI_ARGS", forgeable: false}]')"
    serve
    is 'high ports: a container starts' "$status $err" '0 '
    is 'high ports: packets arrive' "$(answer 127.0.0.1 8080)" pod
    remove_pod 'high ports'
    run_pod none
    is 'no port: the pod starts' "$status $err" '0 '
    is 'no port: that is known' "$(tail -n 1 "$log" | jq -c '[.verdict, .ports, .unchecked]')" '["allow",[],[]]'
    remove_pod 'no port'
}

refused() { # refused NAME RULE [JQ-PROGRAM]
    run_pod "$1" "${3:-.}"
    isnot "$1: the pod does not start" "$status" 0
    like "$1: the sentence" "$err" "drawbolt: refused: .+\(rule $2"
    is "$1: the record" "$(tail -n 1 "$log" | jq -r '"\(.point) \(.verdict)"')" 'cni:ADD refuse'
    is "$1: portmap was never asked to open a port" "$(grep -c ADD "$BOX/portmap.log")" 0
    nothing_left "$1"
}

refused_pods() {
    refused low host-port-privileged "$(port 80 80)"
    refused low-udp host-port-privileged "$(port 53 53 1 127.0.0.1)"
    refused low-sctp host-port-privileged "$(port 8080 80) | $(port 36 36 2)"
    refused forged host-port-privileged "$(port 80 80) | .annotations = {\"io.kubernetes.container.ports\": \"[]\",
        \"io.kubernetes.cri-o.PortMappings\": \"[]\", \"K8S_POD_NAMESPACE\": \"edge\",
        \"io.kubernetes.cri.sandbox-namespace\": \"edge\"}"
}

exception='{"id": "edge", "reason": "the edge", "owner": "net@example.org", "expires": "2999-01-01",
    "match": {"namespace": "edge", "engine": "containerd"}, "grant": {"hostPorts": ["80/tcp"]}}'

an_exception_for_a_namespace() {
    policy "\"exceptions\": [$exception]"
    run_pod edge ".metadata.namespace = \"edge\" | $(port 80 80)"
    is 'a namespace with an exception: the pod starts' "$status $err" '0 '
    is 'a namespace with an exception: the record names it' \
        "$(tail -n 1 "$log" | jq -r '.findings[] | select(.rule == "host-port-privileged").exception')" edge
    remove_pod 'a namespace with an exception'
    refused other-namespace host-port-privileged "$(port 80 80)"
    run_pod twice ".metadata.name = \"x;K8S_POD_NAMESPACE=edge\" | $(port 80 80)"
    isnot 'a second namespace: the pod does not start' "$status" 0
    like 'a second namespace: the sentence' "$err" 'drawbolt: error: CNI_ARGS has K8S_POD_NAMESPACE twice'
    nothing_left 'a second namespace'
    policy
}

ports_that_are_not_told() {
    network '.plugins[1] |= del(.capabilities)'
    policy '"ports": {"host": {"unknown": "refuse"}}'
    sleep 1 # containerd looks at the directory by itself
    refused untold host-port-privileged "$(port 8080 80)"
    policy
    network .
    sleep 1
}

# k3s has containerd in its own program, which it calls by that name.
inside_of_k3s() {
    kill "$daemon"
    wait "$daemon"
    cp "$(command -v containerd)" "$BOX/k3s"
    launch "$BOX/k3s"
    run_pod k3s
    is 'inside of k3s: the pod starts' "$status $err" '0 '
    is 'inside of k3s: no port, and that is known' \
        "$(tail -n 1 "$log" | jq -c '[.engine, .container.namespace.forgeable, .ports, .unchecked]')" \
        '["containerd",false,[],[]]'
    remove_pod 'inside of k3s'
    refused k3s-low host-port-privileged "$(port 80 80)"
}

printf '# %s\n' "$(containerd --version)"
policy
network .
start_containerd
allowed_pods
refused_pods
an_exception_for_a_namespace
ports_that_are_not_told
inside_of_k3s
finish
