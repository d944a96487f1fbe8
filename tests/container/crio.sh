#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt as the runtime of CRI-O, with the drop-in that is installed as an example: pods and containers by
# the CRI socket, with runc and crun; and a runtime handler past the wrapper, which the drop-in's hook stops.
#
# Debian has no CRI-O, so this is started by hand: crio, pinns and crictl, built for it, belong in
# usr/local/bin of the tree of Debian unstable (tree.sh).
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/tree.sh
. "$(dirname "$0")/tree.sh"
tree_enter v1 "$@"
for program in crio pinns crictl; do
    command -v $program >/dev/null || skip_all "no $program in the tree"
done
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/wrapper.sh"
# shellcheck source=tests/container/cri-words.sh
. "$(dirname "$0")/cri-words.sh"
wrapper_make
export CRI_SOCKET=/run/crio/crio.sock
conf=/etc/crio/crio.conf.d
bundles=/run/containers/storage/overlay-containers

# --- CRI-O ----------------------------------------------------------------------------------------

# As the packages of CRI-O itself have it (10-crio.conf), and what this box needs.
write_settings() {
    mkdir -p $conf /etc/cni/net.d /usr/libexec/crio "$BOX/share/oci-hooks.d"
    for name in runc crun conmon; do
        ln -sf "$(command -v $name)" /usr/libexec/crio/$name
    done
    cat >$conf/10-crio.conf <<'END_OF_FILE'
[crio.runtime]
default_runtime = "crun"
[crio.runtime.runtimes.crun]
runtime_path = "/usr/libexec/crio/crun"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmon"
allowed_annotations = ["io.containers.trace-syscall"]
[crio.runtime.runtimes.runc]
runtime_path = "/usr/libexec/crio/runc"
runtime_root = "/run/runc"
monitor_path = "/usr/libexec/crio/conmon"
END_OF_FILE
    cat >$conf/20-box.conf <<'END_OF_FILE'
[crio.image]
pause_image = "localhost/pod:1"
pause_command = ""
[crio.network]
plugin_dirs = ["/usr/lib/cni"]
[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"
[crio.runtime.runtimes.past]
runtime_path = "/usr/libexec/crio/runc"
runtime_root = "/run/past"
monitor_path = "/usr/libexec/crio/conmon"
END_OF_FILE
    [ "${record:-}" = 1 ] || sed "s#@BINDIR@#$BOX/bin#" "$BOX/src/hooks.d/createRuntime.json.in" \
        >"$BOX/share/oci-hooks.d/50-drawbolt.json"
    sed "s#@LIBEXECDIR@#$links#; s#@OCIHOOKSDIR@#/usr/share/containers/oci/hooks.d#; s#@DATADIR@#$BOX/share#" \
        "$BOX/src/engines.d/crio.conf.in" >$conf/50-drawbolt.conf
    printf '%s\n' '{"cniVersion": "1.0.0", "name": "net", "plugins": [{"type": "bridge", "bridge": "cni0",' \
        '"isGateway": true, "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam", "ranges":' \
        '[[{"subnet": "10.77.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}' >/etc/cni/net.d/10-net.conflist
}

# CRI-O raises its sandboxes' chance to live, for which runc needs a capability that not every machine gives.
allow_low_scores() {
    [ $((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> 24 & 1)) -eq 0 ] || return 0 # SYS_RESOURCE
    # shellcheck disable=SC2016 # expands in the script
    printf '%s\n' '#!/bin/sh' 'for word; do' \
        "[ \"\$last\" != --bundle ] || sed -i 's/\"oomScoreAdj\": *-[0-9]*/\"oomScoreAdj\":0/' \"\$word/config.json\"" \
        'last=$word; done' "exec $real_runc \"\$@\"" >"$BOX/bin/low-runc"
    chmod 755 "$BOX/bin/low-runc"
    real_runc=$BOX/bin/low-runc
}

start_crio() {
    mkdir -p /var/lib/cni
    mount -t tmpfs -o mode=755 tmpfs /var/lib/cni || box_die 'no /var/lib/cni'
    podman import -q --change 'CMD ["/bin/sleep", "1000"]' --change 'ENV PATH=/bin' "$BOX/probe.tar" \
        localhost/pod:1 >/dev/null 2>&1 || box_die 'no image'
    podman import -q --change 'ENV A=B' "$BOX/probe.tar" localhost/other:1 >/dev/null 2>&1 || box_die 'no image'
    image=$(podman image inspect -f '{{.Id}}' localhost/pod:1 2>/dev/null)
    manifest=$(podman image inspect -f '{{.Digest}}' localhost/pod:1 2>/dev/null)
    crio >"$BOX/crio.log" 2>&1 &
    wait_until python3 "$BOX/src/tests/container/cri.py" Version && return
    not_ok 'CRI-O starts' "$(tail -20 "$BOX/crio.log")"
    finish
}

kubelet() { # kubelet NAME [JQ-PROGRAM]: a pod as kubelet starts it
    run_pod "$1" '.annotations = {"kubernetes.io/config.seen": "2026-11-22T10:00:00.123456789Z",
        "kubernetes.io/config.source": "api"} | '"${2:-.}"
}

port() { # port HOST-PORT [JQ-PROGRAM]
    printf '.port_mappings = [{protocol: 0, container_port: 8080, host_port: %s}] | %s' "$1" "${2:-.}"
}

create_record() { # create_record JQ-PROGRAM: of the last decision about runtime:create
    jq -s -r "map(select(.point == \"runtime:create\")) | last | $1" "$log"
}

is_refused() { # is_refused NAME RULE
    isnot "$handler: $1: does not start" "$status" 0
    like "$handler: $1: the sentence" "$err" "container create failed: drawbolt: refused: .+\(rule $2"
}

# crun 1.28 puts the time and a color around what a process writes to a terminal.
plain() {
    out=$(printf '%s\n' "$out" | sed -z 's/\x1b\[0m\n\x1b\[1;31m[^ ]*: //g; s/\x1b\[1;31m[^ ]*: //g; s/\x1b\[0m//g')
}

# --- questions ------------------------------------------------------------------------------------

settings() {
    crio --log-level error config >"$BOX/effective.conf" 2>"$BOX/stderr"
    is 'crio config: takes the drop-in' "$?" 0
    out=$(python3 -c 'import json, sys, tomllib
print(json.dumps(tomllib.load(sys.stdin.buffer)["crio"]["runtime"]))' <"$BOX/effective.conf")
    is 'crio config: the runtimes' "$(printf '%s' "$out" | jq -r '.runtimes | .runc.runtime_path, .crun.runtime_path')" \
        "$links/runc
$links/crun"
    is 'crio config: the directories of hooks' "$(printf '%s' "$out" | jq -c .hooks_dir)" \
        "[\"/usr/share/containers/oci/hooks.d\",\"$BOX/share/oci-hooks.d\"]"
    is 'crio config: a table takes the place of the whole one, as the drop-in says' \
        "$(printf '%s' "$out" | jq -r '.runtimes.crun.monitor_path + .runtimes.runc.monitor_path')" ''
}

containers() {
    : >"$log"
    kubelet "$handler-plain"
    is "$handler: a pod starts" "$status $err" '0 '
    is "$handler: no runtime was called for its sandbox" "$(cat "$log")" ''
    start look "$much" look
    is "$handler: a container starts" "$status $err" '0 '
    wait_until has_ended
    out=$(logged look stdout)
    harmless "$handler: its first process"
    is "$handler: the hook sees what the wrapper left" "$(last '.point + " " + .verdict')" 'hook:createRuntime allow'
    start profile "$much | .linux.security_context.seccomp = {type: 0}" look # RuntimeDefault
    is "$handler: with CRI-O's own profile: starts" "$status $err" '0 '
    wait_until has_ended
    out=$(logged profile stdout)
    harmless "$handler: with CRI-O's own profile"
    start words . sh -c 'echo out; echo err >&2; exit 42'
    wait_until has_ended
    is "$handler: exit status and log" "$(field exit_code) $(logged words stdout) $(logged words stderr)" '42 out err'
    start terminal '.tty = 1' sh -c 'test -t 0 && test -t 1 && echo terminal'
    wait_until has_ended
    is "$handler: a terminal" "$(logged terminal stdout | tr -d '\r')" terminal
    start missing . nothing-of-that-name
    like "$handler: a program that is not there: the runtime's own words" "$err" 'nothing-of-that-name'
}

execs() {
    start long "$much" sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'
    wait_until has_logged long ready
    exec_sync look
    out=$(printf '%s' "$out" | jq -r .stdout)
    harmless "$handler: ExecSync"
    call crictl exec "$id" look
    harmless "$handler: Exec with streams"
    is "$handler: Exec with streams: the engine is seen" "$(last '.point + " " + .engine')" 'runtime:exec cri-o'
    cri tty "$id" look
    plain
    harmless "$handler: Exec with a terminal"
    cri tty "$id" sh -c 'test -t 0 && test -t 1 && echo terminal; sleep 0.5; exit 7'
    plain
    is "$handler: Exec with a terminal: output and exit status" "$status $out" '7 terminal'
    policy '"exec": {"action": "refuse"}, "rawSockets": {"action": "refuse"}'
    exec_sync true
    like "$handler: ExecSync: a refusal shows its sentence" "$err" \
        'command error: drawbolt: refused: exec asks for .+\(rule exec-capability'
    call crictl exec "$id" true
    like "$handler: Exec with streams: a refusal shows its sentence" "$err" \
        'drawbolt: refused: exec asks for .+\(rule exec-capability'
    policy
    cri StopContainer "{\"id\": \"$id\", \"timeout\": 20}"
    is "$handler: StopContainer: SIGTERM arrives" "$status $(field exit_code)" '0 5'
    remove_pod
}

refusals() {
    kubelet "$handler-privileged" '.linux.security_context.privileged = 1'
    create privileged '.linux.security_context.privileged = 1' true
    is_refused 'a privileged container' privileged
    remove_pod
    kubelet "$handler-host" '.linux.security_context.namespace_options.network = 2'
    create host '.linux.security_context.namespace_options.network = 2' true
    is_refused 'the network of the host' host-network
    remove_pod
    # Kubernetes itself shows what crictl shows.
    jq -nc '{metadata: {name: "a", namespace: "tests", uid: "a"}, log_directory: "/tmp",
        port_mappings: [{container_port: 80, host_port: 80}],
        linux: {security_context: {namespace_options: {pid: 1}}}}' >"$BOX/pod.json"
    jq -nc '{metadata: {name: "a"}, image: {image: "localhost/pod:1"}, command: ["true"],
        linux: {security_context: {namespace_options: {pid: 1}}}}' >"$BOX/container.json"
    call crictl runp -r "$handler" "$BOX/pod.json"
    is "$handler: crictl runp" "$status" 0
    pod=$out
    call crictl create "$pod" "$BOX/container.json" "$BOX/pod.json"
    is_refused 'crictl create with port 80' host-port-privileged
    remove_pod
}

ports() {
    kubelet "$handler-80" "$(port 80)"
    create web . true
    is_refused 'port 80' host-port-privileged
    is "$handler: port 80: who told it" "$(create_record '.portSources[0] | .source + " " + .outcome')" \
        'CRI-O sandbox failed'
    remove_pod
    kubelet "$handler-8080" "$(port 8080 '.port_mappings += [{protocol: 1, container_port: 53, host_port: 5353,
        host_ip: "127.0.0.1"}, {container_port: 99}]')"
    start web . true
    is "$handler: port 8080 and others: runs" "$status $err" '0 '
    is "$handler: port 8080 and others: the record" "$(create_record '[.ports[] | "\(.address) \(.host) \(.container)/\(.protocol)"] |
        join("; ")')" ' 8080 8080/tcp; 127.0.0.1 5353 53/udp'
    isnot "$handler: port 8080 and others: there may be more" "$(create_record '.unchecked | length')" 0
    remove_pod
    kubelet "$handler-none"
    start web . true
    is "$handler: no port: there may be some" "$(create_record '.portSources[0].outcome')" failed
    remove_pod
}

identity() {
    kubelet "$handler-who"
    start web . true
    is "$handler: the id" "$(create_record '.container.id | "\(.value) \(.forgeable)"')" "$id false"
    is "$handler: the name" "$(create_record '.container.name | "\(.value) \(.forgeable)"')" 'web true'
    is "$handler: the namespace" "$(create_record '.container.namespace | "\(.value) \(.forgeable)"')" 'tests false'
    is "$handler: the image" "$(create_record '.container.image | "\(.value) \(.forgeable)"')" 'localhost/pod:1 true'
    is "$handler: the digests" "$(create_record '[.container.digests[] | .value, .forgeable] | join(" ")')" \
        "sha256:$image false $manifest false"
    is "$handler: the hook knows the same" "$(last .container.namespace.value) $(last .container.digests[1].value)" \
        "tests $manifest"
    remove_pod
}

excuse() { # excuse MATCH [GRANT [EXPIRES]]: the policy has an exception; without GRANT for port 80
    grant=${2:-'"hostPorts": ["80/tcp"]'}
    policy '"exceptions": [{"id": "e", "match": {'"$1"'}, "grant": {'"$grant"'}, "reason": "test", "owner": "test",
        "expires": "'"${3:-2999-12-31}"'"}]'
}

exceptions() {
    for match in '"namespace": "tests"' "\"image\": \"@$manifest\"" "\"image\": \"@sha256:$image\"" \
        '"namespace": "tests", "engine": "cri-o"'; do
        excuse "$match"
        kubelet "$handler-excused" "$(port 80)"
        start web . true
        is "$handler: an exception that matches $match: runs" "$status $err" '0 '
        remove_pod
    done
    for match in '"namespace": "other"' "\"image\": \"@sha256:$(printf '%064d' 0)\""; do
        excuse "$match"
        kubelet "$handler-refused" "$(port 80)"
        create web . true
        is_refused "an exception that matches $match" host-port-privileged
        remove_pod
    done
    policy
}

may_admin() { # may_admin MATCH [EXPIRES]
    excuse "$1" '"capabilities": ["SYS_ADMIN"]' "${2:-}"
}

sleeper() { # sleeper NAME NAMESPACE [OF-THE-POD [OF-THE-CONTAINER]]: a container that asks for much
    kubelet "$handler-$1" ".metadata.namespace = \"$2\" | ${3:-.}"
    start "$1" "$much | ${4:-.}" sh -c 'trap exit TERM; while :; do sleep 0.05; done'
    is "$handler: $1 starts" "$status $err" '0 '
}

in_execs() { # in_execs WHAT CAPABILITIES: that of those which $id asks for an exec gets these
    exec_sync cat /proc/self/status
    out=$(printf '%s' "$out" | jq -r .stdout)
    is "$handler: $1: ExecSync" "$(bounding)" "$2"
    call crictl exec "$id" cat /proc/self/status
    is "$handler: $1: Exec with streams" "$(bounding)" "$2"
    cri tty "$id" sh -c 'cat /proc/self/status; sleep 0.5' # CRI-O loses what is written last
    plain
    is "$handler: $1: Exec with a terminal" "$(bounding)" "$2"
}

of_the_exec() { # what the last decision knows
    last '"\(.point) \(.engine) \(.container | "\(.namespace.value) \(.namespace.forgeable) \(.digests[0].value) " +
        "\(.digests[1].value)") \([.findings[].exception] - [null])"'
}

forged_namespace() {
    jq -r '.annotations["io.kubernetes.pod.namespace"]' "$bundles/$id/userdata/config.json"
}

exceptions_in_execs() {
    may_admin '"namespace": "tests"'
    sleeper excused tests
    excused=$id excused_pod=$pod
    in_execs 'an exception by namespace' SYS_ADMIN
    is "$handler: an exception by namespace: the record" "$(of_the_exec)" \
        "runtime:exec cri-o tests false sha256:$image $manifest [\"e\"]"
    forged='{"io.kubernetes.pod.namespace": "tests", "io.kubernetes.cri-o.Namespace": "tests",
        "io.kubernetes.cri-o.Name": "k8s_excused_pod_tests_0_0",
        "io.kubernetes.cri-o.SandboxID": "'"$excused_pod"'", "io.kubernetes.cri-o.ImageRef": "'"$image"'",
        "io.kubernetes.cri-o.ImageName": "localhost/pod@'"$manifest"'"}'
    sleeper other other . '.image.image = "localhost/other:1"'
    other=$id other_pod=$pod
    sleeper of-forged-pod other ".annotations += $forged" '.image.image = "localhost/other:1"'
    by_pod=$id by_pod_pod=$pod
    is "$handler: the pod's annotations are there" "$(forged_namespace)" tests
    sleeper forged other . ".annotations = $forged | .image.image = \"localhost/other:1\""
    is "$handler: the container's annotations are there" "$(forged_namespace)" tests
    for match in '"namespace": "tests"' "\"image\": \"@$manifest\"" "\"image\": \"@sha256:$image\""; do
        may_admin "$match"
        id=$excused in_execs "$match" SYS_ADMIN
        id=$other in_execs "another than $match" ''
        like "$handler: another than $match: the record" "$(of_the_exec)" \
            '^runtime:exec cri-o other false sha256:[0-9a-f]{64} sha256:[0-9a-f]{64} \[\]$'
        id=$by_pod in_execs "$match, forged by the pod" ''
        in_execs "$match, forged by the container" ''
        may_admin "$match" 2020-12-31
        id=$excused in_execs "$match, expired" ''
    done
    policy
    id=$excused in_execs 'no exception' ''
    for pod in "$pod" "$by_pod_pod" "$other_pod" "$excused_pod"; do
        remove_pod
    done
}

forged() { # forged WHAT OF-THE-POD OF-THE-CONTAINER: with port 80, and still refused
    kubelet "$handler-forged" "$(port 80 "$2")"
    create web "$3" true
    is_refused "forged $1" host-port-privileged
    is "$handler: forged $1: whose it is" "$(create_record '.container | "\(.namespace.value) \(.digests[0].value)"')" \
        "tests sha256:$image"
    remove_pod
}

forgeries() {
    excuse '"namespace": "kube-system"'
    other='{"io.kubernetes.pod.namespace": "kube-system", "io.kubernetes.cri-o.Namespace": "kube-system",
        "io.kubernetes.cri-o.Name": "k8s_web_pod_kube-system_0_0",
        "io.kubernetes.cri.sandbox-namespace": "kube-system"}'
    none='{"io.kubernetes.container.ports": "[]", "nerdctl/ports": "[]",
        "io.kubernetes.cri-o.PortMappings": "[]"}'
    forged 'annotations of the pod: namespace' ".annotations += $other" .
    forged 'annotations of the pod: ports' ".annotations += $none" .
    forged 'annotations of the container: namespace' . ".annotations = $other"
    forged 'annotations of the container: ports' . ".annotations = $none"
    forged 'annotations of the container: sandbox' . \
        '.annotations = {"io.kubernetes.cri-o.SandboxID": "'"$(printf '%064d' 0)"'"}'
    forged 'labels of the pod: namespace' ".labels = $other" .
    forged 'labels of the container: namespace' . ".labels = $other"
    forged 'name of the container' . '.metadata.name = "web_x_kube-system"'
    excuse "\"image\": \"@sha256:$(printf '%064d' 0)\""
    image_of='{"io.kubernetes.cri-o.ImageRef": "'"$(printf '%064d' 0)"'", "io.kubernetes.cri-o.ImageName":
        "localhost/pod@sha256:'"$(printf '%064d' 0)"'", "io.kubernetes.cri-o.ImageRepoDigests":
        "localhost/pod@sha256:'"$(printf '%064d' 0)"'"}'
    forged 'annotations of the pod: image' ".annotations += $image_of" .
    forged 'annotations of the container: image' . ".annotations = $image_of"
    policy
    kubelet "$handler-crun-words"
    start look '.annotations = {"run.oci.seccomp_bpf_data": "BgAAAAAA/38="}' look
    if [ "$status" = 0 ]; then
        wait_until has_ended
        out=$(logged look stdout)
        harmless "$handler: annotations for crun"
    else
        like "$handler: annotations for crun: refused" "$err" 'rule runtime-annotation'
    fi
    remove_pod
}

# With processes that a pod's containers share, the sandbox is a container.
shared_processes() {
    : >"$log"
    kubelet "$handler-shared" '.linux.security_context.namespace_options.pid = 0'
    is "$handler: a pod with one set of processes starts" "$status $err" '0 '
    is "$handler: its sandbox is judged" "$(create_record '"\(.verdict) \(.container.id.value) \(.container.namespace.value)"')" \
        "allow $pod tests"
    start web '.linux.security_context.namespace_options.pid = 0' true
    is "$handler: a container in it starts" "$status $err" '0 '
    remove_pod
}

past_the_wrapper() {
    handler=past
    kubelet past
    create web . true
    isnot 'past the wrapper: a container without a filter does not start' "$status" 0
    like 'past the wrapper: the sentence of the hook' "$err" 'drawbolt: refused: .+\(rule raw-sockets'
    is 'past the wrapper: the record' "$(last '"\(.point) \(.verdict) \(.engine) \(.container.namespace.value)"')" \
        'hook:createRuntime refuse cri-o tests'
    remove_pod
}

# --- recordings -----------------------------------------------------------------------------------

# Keeps what CRI-O has written when it calls the runtime, and the command line of conmon.
make_recorder() {
    links=$BOX/recorder
    mkdir -p "$links"
    cat >"$links/runc" <<END_OF_FILE
#!/bin/sh
case " \$* " in
*' create '*) cp config.json $links/config.json
    tr '\\0' '\\n' </proc/\$PPID/cmdline >$links/conmon.txt ;;
esac
exec $real_runc "\$@"
END_OF_FILE
    chmod 755 "$links/runc"
    ln -s "$real_crun" "$links/crun"
}

keep() { # keep FILE NAME
    cp --no-preserve=mode "$1" "$BOX/src/tests/data/$2"
}

record_one() { # record_one NAME JQ-PROGRAM
    start web "$2" true
    is "$1" "$status $err" '0 '
    keep "$links/config.json" "configs/crio-$1.json"
}

record_all() {
    handler=runc
    mkdir -p "$BOX/src/tests/data/crio"
    kubelet recorded "$(port 8080)"
    keep "$bundles/$pod/userdata/config.json" crio/sandbox.json
    record_one default .
    keep "$links/conmon.txt" crio/conmon.txt
    keep /var/lib/containers/storage/overlay-containers/volatile-containers.json crio/volatile-containers.json
    keep /var/lib/containers/storage/overlay-images/images.json crio/images.json
    cri RemoveContainer "{\"id\": \"$id\"}"
    record_one runtime-default '.linux.security_context.seccomp = {type: 0}'
    cri RemoveContainer "{\"id\": \"$id\"}"
    record_one cap-add-net-raw '.linux.security_context.capabilities = {add: ["NET_RAW"]}'
    remove_pod
}

printf '# %s\n' "$(crio --version | head -n 1)" "$(runc --version | head -n 1)" "$(crun --version | head -n 1)" \
    "$(conmon --version | head -n 1)" "$(crictl --version)"
printf 'runtime-endpoint: unix://%s\n' "$CRI_SOCKET" >/etc/crictl.yaml
links=$wrap
[ "${record:-}" != 1 ] || make_recorder
allow_low_scores
policy
write_settings
start_crio
if [ "${record:-}" = 1 ]; then
    record_all
    finish
fi
settings
for handler in runc crun; do
    containers
    execs
    refusals
    ports
    identity
    exceptions
    exceptions_in_execs
    forgeries
done
handler=runc
shared_processes
past_the_wrapper
finish
