#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt as the runtime of containerd for Kubernetes: pods and containers by the CRI socket, with the
# configuration that is installed as an example; with runc, with crun, and as a hook of a
# base_runtime_spec.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/engine.sh
. "$(dirname "$0")/engine.sh"
# shellcheck source=tests/container/cri-words.sh
. "$(dirname "$0")/cri-words.sh"
python3 -c 'import grpc' 2>/dev/null || skip_all 'no grpc for python3'

handler=runc

# --- containerd -----------------------------------------------------------------------------------

# What containerd asks a network plugin for: an address. The network stays empty.
write_network() {
    mkdir -p "$BOX/cni/net.d"
    cat >"$BOX/cni/loopback" <<'END'
#!/bin/sh
[ "$CNI_COMMAND" = VERSION ] && exec echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.4.0"]}'
[ "$CNI_COMMAND" = ADD ] || exit 0
printf '{"cniVersion": "0.4.0", "interfaces": [{"name": "%s", "sandbox": "%s"}], "ips": [{"version": "4",
    "address": "10.99.0.2/24", "interface": 0}], "routes": [], "dns": {}}' "$CNI_IFNAME" "$CNI_NETNS"
END
    cp "$BOX/cni/loopback" "$BOX/cni/address"
    chmod 755 "$BOX/cni/loopback" "$BOX/cni/address"
    echo '{"cniVersion": "0.4.0", "name": "net", "plugins": [{"type": "address"}]}' \
        >"$BOX/cni/net.d/10-net.conflist"
}

# The example, and what this box needs.
write_settings() {
    case $(containerd --version | cut -d ' ' -f 3) in
    1.*)
        example=containerd-1.toml
        plugin='plugins."io.containerd.grpc.v1.cri"'
        images="[$plugin]
            restrict_oom_score_adj = true
            sandbox_image = \"localhost/pod:1\""
        bin_dir="bin_dir = \"$BOX/cni\""
        ;;
    *)
        example=containerd-2.toml
        plugin='plugins."io.containerd.cri.v1.runtime"'
        images="[$plugin]
            restrict_oom_score_adj = true
            [plugins.\"io.containerd.cri.v1.images\".pinned_images]
            sandbox = \"localhost/pod:1\""
        bin_dir="bin_dirs = [\"$BOX/cni\"]"
        ;;
    esac
    ctr oci spec | jq -f <(sed "s#@BINDIR@#$BOX/bin#" \
        "$BOX/src/engines.d/containerd-base-spec.jq.in") >"$BOX/base-spec.json"
    cat - <(sed "s#@LIBEXECDIR@#$wrap#" "$BOX/src/engines.d/$example.in") >"$BOX/containerd.toml" <<END
root = "$BOX/containerd"
state = "/run/containerd"
END
    cat >>"$BOX/containerd.toml" <<END
$images
[$plugin.cni]
  $bin_dir
  conf_dir = "$BOX/cni/net.d"
[$plugin.containerd.runtimes.crun]
  runtime_type = "io.containerd.runc.v2"
  [$plugin.containerd.runtimes.crun.options]
    BinaryName = "$wrap/crun"
[$plugin.containerd.runtimes.runc-open]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["*"]
  container_annotations = ["*"]
  [$plugin.containerd.runtimes.runc-open.options]
    BinaryName = "$wrap/runc"
[$plugin.containerd.runtimes.crun-open]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["*"]
  container_annotations = ["*"]
  [$plugin.containerd.runtimes.crun-open.options]
    BinaryName = "$wrap/crun"
[$plugin.containerd.runtimes.hook]
  runtime_type = "io.containerd.runc.v2"
  base_runtime_spec = "$BOX/base-spec.json"
[plugins."io.containerd.internal.v1.opt"]
  path = "$BOX/opt"
END
}

start_containerd() {
    write_network
    write_settings
    containerd -c "$BOX/containerd.toml" >"$BOX/containerd.log" 2>&1 &
    wait_for containerd python3 "$BOX/src/tests/container/cri.py" Version
    podman import -q --change 'CMD ["sleep", "1000"]' --change 'ENV PATH=/bin' "$BOX/probe.tar" \
        localhost/pod:1 >/dev/null &&
        podman save -q --format oci-archive -o "$BOX/image.tar" localhost/pod:1 &&
        ctr -n k8s.io images import "$BOX/image.tar" >/dev/null && return
    box_die 'no image'
}

# --- words ----------------------------------------------------------------------------------------

nothing_left() { # nothing_left NAME
    is "$1: nothing is left" "$(ctr -n k8s.io task ls -q)$(ctr -n k8s.io container ls -q)$(
        find /run/containerd/io.containerd.runtime.v2.task/k8s.io /run/netns -mindepth 1 -maxdepth 1)" ''
}

# --- questions ------------------------------------------------------------------------------------

a_pod_and_its_containers() {
    : >"$log"
    run_pod "$handler-plain"
    is "$handler: a pod starts" "$status $err" '0 '
    is "$handler: its sandbox was judged" "$(jq -r '.container.id.value + " " + .verdict' "$log")" "$pod allow"
    start look "$much" look
    is "$handler: a container starts" "$status $err" '0 '
    wait_until has_ended
    out=$(logged look stdout)
    harmless "$handler: its first process"
    is "$handler: it was judged" "$(tail -n 1 "$log" | jq -r '.point + " " + .container.id.value')" \
        "runtime:create $id"
    start words . sh -c 'echo out; echo err >&2; exit 42'
    wait_until has_ended
    is "$handler: an exit status" "$(field exit_code)" 42
    is "$handler: the log" "$(logged words stdout) $(logged words stderr)" 'out err'
    start terminal '.tty = 1' sh -c 'test -t 0 && test -t 1 && echo terminal'
    wait_until has_ended
    is "$handler: a terminal" "$(logged terminal stdout | tr -d '\r')" terminal
    start missing . nothing-of-that-name
    like "$handler: a program that is not there: the runtime's own words" "$err" 'nothing-of-that-name'
}

every_kind_of_exec() {
    start long "$much" sh -c \
        'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'
    wait_until has_logged long ready
    exec_sync look
    out=$(printf '%s' "$out" | jq -r .stdout)
    harmless "$handler: ExecSync"
    exec_sync sh -c 'echo out; echo err >&2; exit 9'
    is "$handler: ExecSync: output and exit status" \
        "$(printf '%s' "$out" | jq -r '[.stdout, .stderr, .exit_code] | map(tostring | rtrimstr("\n")) | join(" ")')" \
        'out err 9'
    cri tty "$id" look
    harmless "$handler: Exec with a terminal"
    cri tty "$id" sh -c 'test -t 0 && test -t 1 && echo terminal; exit 7'
    is "$handler: Exec with a terminal: output and exit status" "$status $out" '7 terminal'
    is "$handler: exec: what was taken away is recorded" \
        "$(jq -r 'select(.point == "runtime:exec").findings[].subject' "$log" | sort -u | paste -sd' ')" \
        'CAP_NET_RAW CAP_SYS_ADMIN'
    policy '"exec": {"action": "refuse"}, "rawSockets": {"action": "refuse"}'
    exec_sync true
    like "$handler: ExecSync: a refusal shows its sentence" "$err" \
        'drawbolt: refused: exec asks for .+\(rule exec-capability'
    cri tty "$id" true
    like "$handler: Exec with a terminal: a refusal shows its sentence" "$err" \
        'drawbolt: refused: exec asks for .+\(rule exec-capability'
    policy
    cri UpdateContainerResources "{\"id\": \"$id\", \"linux\": {\"cpu_shares\": 512}}"
    is "$handler: UpdateContainerResources" "$status $(cat "$(find /sys/fs/cgroup/cpu -name "*$id*")/cpu.shares")" \
        '0 512'
    for word in ContainerStats ReopenContainerLog; do
        cri $word "{\"id\": \"$id\"}"
        is "$handler: $word" "$status $err" '0 '
    done
    cri StopContainer "{\"id\": \"$id\", \"timeout\": 20}"
    is "$handler: StopContainer: SIGTERM arrives" "$status $(field exit_code)" '0 5'
    cri RemoveContainer "{\"id\": \"$id\"}"
    is "$handler: RemoveContainer" "$status $err" '0 '
    remove_pod
    nothing_left "$handler"
}

refused_pod() { # refused_pod RULE JQ-PROGRAM
    run_pod "$handler-$1" "$2"
    isnot "$handler: a pod that breaks $1 does not start" "$status" 0
    like "$handler: a pod that breaks $1: the sentence" "$err" "drawbolt: refused: .+\(rule $1"
    nothing_left "$handler: $1"
}

refusals() {
    refused_pod host-network '.linux.security_context.namespace_options.network = 2'
    refused_pod port-start-range '.linux.sysctls = {"net.ipv4.ip_unprivileged_port_start": "2048"}'
    run_pod "$handler-privileged" '.linux.security_context.privileged = 1'
    start privileged '.linux.security_context.privileged = 1' true
    isnot "$handler: a privileged container does not start" "$status" 0
    like "$handler: a privileged container: the sentence" "$err" 'drawbolt: refused: .+\(rule privileged'
    is "$handler: a privileged container: its state" "$(field reason) $(field exit_code)" 'StartError 128'
    like "$handler: a privileged container: the sentence in its state" "$(field message)" \
        'drawbolt: refused: .+\(rule privileged'
    remove_pod
    nothing_left "$handler: privileged"
}

# The hook refuses what it would have to rewrite, on containers alone.
with_a_hook() {
    handler=hook
    : >"$log"
    run_pod hook
    is 'base_runtime_spec: a pod starts, unjudged' "$status $(wc -l <"$log")" '0 0'
    start refused . true
    isnot 'base_runtime_spec: a container with CAP_NET_RAW, by default, does not start' "$status" 0
    like 'base_runtime_spec: the sentence' "$err" 'drawbolt: refused: .+\(rule raw-sockets'
    is 'base_runtime_spec: the record' "$(jq -r '.point + " " + .verdict' "$log")" 'hook:createRuntime refuse'
    jq .linux.seccomp "$BOX/src/tests/data/configs/containerd-seccomp.json" |
        "$DRAWBOLT" seccomp merge - >"$BOX/merged.json" 2>/dev/null
    start merged '.linux.security_context += {capabilities: {drop: ["NET_RAW"]},
        seccomp: {type: 2, file: "'"$BOX/merged.json"'"}}' look
    wait_until has_ended
    out=$(logged merged stdout)
    harmless 'base_runtime_spec: a container without it and with a merged profile'
    policy '"mode": "report"'
    start report . sh -c 'exit 3'
    wait_until has_ended
    is 'base_runtime_spec: where the policy only reports, it runs' "$(field exit_code)" 3
    policy
    remove_pod
    nothing_left 'base_runtime_spec'
}

namespace_may() { # namespace_may NAMESPACE [EXPIRES]: its containers may have SYS_ADMIN
    policy "\"exceptions\": [{\"id\": \"e\", \"match\": {\"namespace\": \"$1\"},
        \"grant\": {\"capabilities\": [\"SYS_ADMIN\"]}, \"reason\": \"test\", \"owner\": \"test\",
        \"expires\": \"${2:-2999-12-31}\"}]"
}

in_exec() { # of NET_RAW and SYS_ADMIN, which the container asks for, what an exec gets
    exec_sync cat /proc/self/status
    out=$(printf '%s' "$out" | jq -r .stdout)
    bounding
}

by_namespace() {
    namespace_may tests
    run_pod "$handler-exempt"
    start exempt "$much" sleep 1000
    is "$handler: by namespace: a container starts" "$status $err" '0 '
    is "$handler: by namespace: exec" "$(in_exec)" SYS_ADMIN
    is "$handler: by namespace: exec: the record" \
        "$(last '[.point, .engine, .container.name.value, .container.namespace.value,
            (.findings[] | select(.subject == "CAP_SYS_ADMIN").exception)] | join(" ")')" \
        'runtime:exec containerd exempt tests e'
    cri tty "$id" cat /proc/self/status
    is "$handler: by namespace: Exec with a terminal" "$(bounding)" SYS_ADMIN
    namespace_may other
    is "$handler: by another namespace: exec" "$(in_exec)" ''
    namespace_may tests 2020-12-31
    is "$handler: by namespace, expired: exec" "$(in_exec)" ''
    namespace_may tests
    exempt=$id exempt_pod=$pod
    not_by_what_the_pod_says
    pod=$exempt_pod
    remove_pod
    policy
    nothing_left "$handler: exceptions"
}

# With a runtime that hands annotations on.
not_by_what_the_pod_says() {
    was=$handler
    handler=$handler-open
    forged='.annotations = {"io.kubernetes.cri.sandbox-namespace": "tests",
        "io.kubernetes.cri.container-name": "exempt", "io.kubernetes.pod.namespace": "tests",
        "bundle": "/run/containerd/io.containerd.runtime.v2.task/k8s.io/'"$exempt"'"}'
    run_pod "$handler" ".metadata.namespace = \"forged\" | $forged"
    start forged "$much | $forged" sleep 1000
    is "$handler: by forged annotations: a container starts" "$status $err" '0 '
    like "$handler: by forged annotations: they are there" \
        "$(cat "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$id/config.json")" '"bundle":"/run'
    is "$handler: by forged annotations: exec" "$(in_exec)" ''
    remove_pod
    handler=$was
}

printf '# %s\n' "$(containerd --version)" "$(runc --version | head -n 1)" "$(crun --version | head -n 1)"
policy
start_containerd
for handler in runc crun; do
    a_pod_and_its_containers
    every_kind_of_exec
    refusals
    by_namespace
done
with_a_hook
finish
