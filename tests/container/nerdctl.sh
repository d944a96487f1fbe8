#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt as the runtime of nerdctl, and as a plugin in nerdctl's network.
#
# Debian has no nerdctl, so this is started by hand: nerdctl, built for it, belongs in usr/local/bin of the
# tree of Debian unstable (tree.sh), and the package containernetworking-plugins in the tree.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/tree.sh
. "$(dirname "$0")/tree.sh"
tree_enter v1 "$@"
for program in nerdctl /usr/lib/cni/portmap; do
    command -v $program >/dev/null || skip_all "no $program in the tree"
done
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/wrapper.sh"
wrapper_make

start_containerd() {
    mkdir -p /var/lib/cni /etc/cni/net.d /etc/nerdctl
    printf 'cni_path = "/usr/lib/cni"\ncgroup_manager = "cgroupfs"\n' >/etc/nerdctl/nerdctl.toml
    printf 'version = 3\nroot = "%s/containerd"\nstate = "/run/containerd"\n' "$BOX" >"$BOX/containerd.toml"
    containerd -c "$BOX/containerd.toml" >"$BOX/containerd.log" 2>&1 &
    wait_until ctr version || box_die 'containerd does not start'
    podman save -q --format docker-archive -o "$BOX/image.tar" localhost/probe:latest 2>/dev/null
    for namespace in default k8s.io; do
        nerdctl -n $namespace load -q -i "$BOX/image.tar" >/dev/null || box_die 'no image in containerd'
    done
}

nerd() { # nerd WORD...: nerdctl run
    # shellcheck disable=SC2086 # several words or none
    call nerdctl ${global:-} run --pull never --runtime "${runtime:-$wrap/runc}" "$@"
    err=$(printf '%s' "$err" | grep -v 'forward signal child exited') # its own, where a process ends at once
}

facts() { # what the last decision says of ports
    last '[.ports[] | "\(.address) \(.host)\(if .more then "+\(.more)" else "" end) \(.container)/\(.protocol)"] |
        join("; ")'
}

sources() {
    last '[.portSources[] | .source + ":" + .outcome] | join(" ")'
}

file='nerdctl network-config.json'

published() { # published FACTS OPTION...
    : >"$log"
    nerd --rm "${@:2}" localhost/probe:latest true
    is "nerdctl ${*:2}: runs" "$status $err" '0 '
    is "nerdctl ${*:2}: the ports" "$(facts)" "$1"
    is "nerdctl ${*:2}: who told" "$(sources)" "$file:ports"
}

refused() { # refused RULE OPTION...
    : >"$log"
    nerd --rm "${@:2}" localhost/probe:latest true
    isnot "nerdctl ${*:2}: does not run" "$status" 0
    like "nerdctl ${*:2}: the sentence" "$err" "OCI runtime create failed: drawbolt: refused: .+\(rule $1"
}

ports() {
    published '0.0.0.0 8080 80/tcp' -p 8080:80
    published '127.0.0.1 8081 80/tcp' -p 127.0.0.1:8081:80
    published '0.0.0.0 8082+2 9082/tcp' -p 8082-8084:9082-9084
    published '0.0.0.0 5353 53/udp' -p 5353:53/udp
    published '0.0.0.0 7777 7777/sctp' -p 7777:7777/sctp
    published '::1 8085 80/tcp' -p '[::1]:8085:80'
    refused host-port-privileged -p 127.0.0.1:80:80
    refused host-port-privileged -p 1020-1030:2020-2030
    refused host-port-privileged -p 53:5353/udp
    : >"$log"
    nerd --rm localhost/probe:latest true
    is 'nerdctl without a port: it is known' "$status $(sources)" "0 $file:none"
    nerd --rm --annotation nerdctl/state-dir=/tmp --annotation 'nerdctl/ports=[]' \
        --annotation 'io.kubernetes.cri-o.PortMappings=[]' -p 80:80 localhost/probe:latest true
    like 'nerdctl: forged annotations: refused all the same' "$err" 'rule host-port-privileged'
    global='-n k8s.io'
    refused host-port-privileged -p 80:80
    is 'nerdctl in the namespace of Kubernetes: who told' "$(sources)" "CNI cache:failed $file:ports"
    is 'nerdctl in the namespace of Kubernetes: its user may have chosen the id' "$(last .container.id.forgeable)" true
    global='--data-root /run/nerdctl-data'
    : >"$log"
    nerd --rm -p 80:80 localhost/probe:latest true
    is 'nerdctl with another data root: not checked' "$(sources)" "$file:failed"
    global=
    nerd -d --name owner -p 8091:80 localhost/probe:latest sleep 1000
    : >"$log"
    nerd --rm --net container:owner localhost/probe:latest true
    is "nerdctl in another's network: not checked" "$status $(sources)" "0 $file:failed"
    nerdctl rm -f owner >/dev/null
}

containers() {
    nerd --rm --cap-add SYS_ADMIN localhost/probe:latest look
    harmless 'nerdctl run'
    refused privileged --privileged
    refused host-network --net host
    nerd --rm localhost/probe:latest sh -c 'exit 42'
    is 'nerdctl run: exit status' "$status" 42
    nerd -d --name box localhost/probe:latest sleep 1000
    for options in '' --privileged '-u 5'; do
        # shellcheck disable=SC2086 # words are meant
        call nerdctl exec $options box look
        harmless "nerdctl exec $options"
    done
    policy '"exec": {"action": "refuse"}'
    call nerdctl exec --privileged box true
    like 'nerdctl exec: a refusal shows its sentence' "$err" \
        'OCI runtime exec failed: drawbolt: refused: exec asks for .+\(rule exec-capability'
    policy
    for word in pause unpause 'update --cpu-shares 512' 'stop -t 1' start 'rm -f'; do
        # shellcheck disable=SC2086 # words are meant
        call nerdctl $word box
        is "nerdctl $word" "$status" 0
    done
}

# nerdctl calls the plugins from a hook of its own.
plugin() {
    ln -s "$DRAWBOLT" /usr/lib/cni/drawbolt-cni
    list=/etc/cni/net.d/nerdctl-bridge.conflist
    jq '.plugins |= .[:1] + [{type: "drawbolt-cni", capabilities: {portMappings: true}}] + .[1:]' $list \
        >"$BOX/list" && cp "$BOX/list" $list
    runtime=runc
    nerd --rm -p 80:80 localhost/probe:latest true
    like 'the plugin: port 80 is refused' "$err" \
        'plugin type=.+drawbolt-cni.+ failed \(add\): drawbolt: refused: .+\(rule host-port-privileged'
    : >"$log"
    nerd --rm -p 8080:80 localhost/probe:latest true
    is 'the plugin: port 8080 runs' "$status $(facts)" '0 0.0.0.0 8080 80/tcp'
    is 'the plugin: the engine' "$(last .engine)" containerd
    : >"$log"
    nerd --rm localhost/probe:latest true
    is 'the plugin: no port: nothing is left unchecked' "$status $(last '.unchecked | length')" '0 0'
}

printf '# %s\n' "$(nerdctl --version)" "$(containerd --version)" "$(runc --version | head -n 1)"
policy
start_containerd
containers
ports
plugin
finish
