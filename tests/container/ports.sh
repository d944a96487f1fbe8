#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The ports that a container publishes, as drawbolt learns them from podman and Docker: the same
# mapping gives the same facts, whoever publishes it; ports that the policy does not allow are refused;
# and what the container's author may write changes nothing.
#
# Docker is what is installed, or else is unpacked as for engines.sh. In a box of another script only
# what is there is asked.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"

if [ "${BOX_INSIDE:-}" != 1 ]; then
    engines_find
    set -- "$engines"
fi
[ -z "${1:-}" ] || PATH=$1/usr/bin:$1/usr/sbin:$PATH
box_enter "$@"
podman image exists localhost/probe || box_image

# The links of the wrapper take no --policy.
policy=$(box_policy ports "{\"version\": 1, \"runtimes\": {\"runc\": \"$(command -v runc)\"}}")
log=/var/log/drawbolt/decisions.jsonl
wrap=$BOX/ports-wrap
mkdir -p "$wrap"
printf '#!/bin/sh\nexec %s runtime --policy %s runc "$@"\n' "$DRAWBOLT" "$policy" >"$wrap/runc"
chmod 755 "$wrap/runc"
box_hook "$BOX/ports-hooks" "$DRAWBOLT" precreate --policy "$policy"
mkdir -p "$BOX/no-hooks"
export PODMAN_IGNORE_CGROUPSV1_WARNING=1 # of podman 5

call() { # call WORD...: sets $out, $err, $status
    out=$(timeout 60 "$@" 2>"$BOX/stderr" </dev/null)
    status=$?
    err=$(cat "$BOX/stderr")
}

# What the last decision says of published ports, one a line. A port that the engine chose is CHOSEN.
facts() {
    tail -n 1 "$log" | jq -r '.ports[] | select(.host != 0) |
        (if .address == "" then "*" else .address end) + " " + (.host | tostring) +
        (if .more then (if .oneOf then "?" else "+" end) + (.more | tostring) else "" end) +
        " " + (.container | tostring) + "/" + .protocol'
}

last() { # last JQ-PROGRAM: of the last decision
    tail -n 1 "$log" | jq -r "$1"
}

sources() {
    last '[.portSources[] | .source + ":" + .outcome] | join(" ")'
}

# --- one mapping, one list of facts ---------------------------------------------------------------

published() { # published NAME FACTS OPTION...
    name=$1 facts=$2
    shift 2
    : >"$log"
    $engine "$@"
    is "$by: $name: runs" "$status $err" '0 '
    is "$by: $name" "$(facts)" "$facts"
    like "$by: $name: somebody answered" "$(sources)" ':(ports|none)$'
}

refused() { # refused PORT OPTION...: by the rule on privileged ports, which names the port
    port=$1
    shift
    : >"$log"
    $engine "$@"
    isnot "$by: $* does not run" "$status" 0
    is "$by: $*: what is wrong" \
        "$(last '.findings[] | select(.rule == "host-port-privileged") | .subject' | sort)" "$port"
}

mappings() {
    published 'no port' ''
    published 'an address' '127.0.0.1 8081 80/tcp' -p 127.0.0.1:8081:80/tcp
    published 'all addresses' '* 8081 80/tcp' -p 8081:80
    published 'a range' '* 8082+2 9082/tcp' -p 8082-8084:9082-9084
    published 'UDP' '* 5353 53/udp' -p 5353:53/udp
    published 'IPv6' '::1 8085 80/tcp' -p '[::1]:8085:80'
    published 'IPv6, spelled out' '::1 8085 80/tcp' -p '[0:0:0:0:0:0:0:1]:8085:80'
    published 'several addresses' "127.0.0.1 8086 80/tcp
127.0.0.2 8086 80/tcp" -p 127.0.0.2:8086:80 -p 127.0.0.1:8086:80
    published 'TCP and UDP' "* 8087 53/tcp
* 8087 53/udp" -p 8087:53/udp -p 8087:53/tcp
    published 'neighbours, one by one' '* 8088+1 81/tcp' -p 8089:82 -p 8088:81
    refused 80/tcp -p 80:8080
    refused 443/tcp -p 127.0.0.1:443:8443
    refused 53/udp -p 53:5353/udp
    refused 1023/tcp -p '[::1]:1023:80'
    refused 1020-1023/tcp -p 1020-1030:2020-2030
    refused "22/tcp
80/tcp" -p 22:22 -p 8080:8080 -p 80:80
    published 'the first unprivileged one' '* 1024 80/tcp' -p 1024:80
}

# -P and EXPOSE: the host's port is the engine's choice.
exposed() {
    : >"$log"
    $engine -P --expose 90
    is "$by: -P runs" "$status" 0
    is "$by: -P: the container's port is known" "$(last '[.ports[] | .container] | index(90) != null')" true
    is "$by: -P: no privileged port of the host" \
        "$(last '[.ports[] | select(.host > 0 and .host < 1024)] | length')" 0
    is "$by: EXPOSE below 1024 is reported" \
        "$(last '.findings[] | select(.rule == "container-port-privileged") | .action + " " + .subject')" \
        'report 90/tcp'
    like "$by: EXPOSE below 1024: with advice" \
        "$(last '.findings[] | select(.rule == "container-port-privileged") | .text')" \
        'ip_unprivileged_port_start'
}

# --- who ------------------------------------------------------------------------------------------

identity() { # identity NAME-OF-IMAGE
    : >"$log"
    $engine --name who-am-i
    is "$by: the name, which anybody can choose" "$(last '.container.name | "\(.value) \(.forgeable)"')" \
        'who-am-i true'
    like "$by: the image's name, too" "$(last '.container.image | "\(.value) \(.forgeable)"')" "^$1.* true\$"
    is "$by: the image's digest, which nobody can" \
        "$(last '[.container.digests[] | .forgeable] | unique | tostring')" '[false]'
    is "$by: the image's digest" "$(last ".container.digests[0].value")" "$2"
    is "$by: the engine" "$(last .engine)" "$by_engine"
}

# --- forgeries ------------------------------------------------------------------------------------

other=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
none='[]'
fake_docker=$BOX/fake/docker/containers/$other
fake_podman=$BOX/fake/storage/overlay-containers/$other/userdata

# What says "nothing is published", written as the engine would write it, by root.
make_fakes() {
    mkdir -p "$fake_docker" "$fake_podman"
    printf '{"NetworkMode":"default","PortBindings":{}}\n' >"$fake_docker/hostconfig.json"
    printf '{"ID":"%s","Name":"/x","Config":{}}\n' "$other" >"$fake_docker/config.v2.json"
    printf '%s\n' "$other" >"$fake_docker/hostname"
    echo '127.0.0.1 localhost' >"$fake_docker/hosts"
    cp "$fake_docker/hosts" "$fake_docker/hostname" "$fake_podman/"
}

port_80='-p 80:8080'
forged() { # forged WHAT OPTION...: with port 80, and still refused for it
    what=$1
    shift
    : >"$log"
    # shellcheck disable=SC2086 # two words
    $engine $port_80 "$@"
    isnot "$by: forged $what: does not run" "$status" 0
    is "$by: forged $what: the port is known all the same" \
        "$(facts) $(last '.findings[] | select(.rule == "host-port-privileged") | .subject')" \
        '* 80 8080/tcp 80/tcp'
}

forgeries() {
    forged 'host name' --hostname "${other:0:12}"
    forged 'names' --name "k8s_web_pod_kube-system_0_0"
    forged 'environment' -e container=podman -e "HOSTNAME=$other" -e _OCI_SYNCPIPE=3
    forged 'labels' --label "io.kubernetes.cri-o.PortMappings=$none" --label "nerdctl/ports=$none" \
        --label "io.kubernetes.container.ports=$none" --label io.podman.annotations.publish-all=FALSE
    forged 'hosts and hostname of another Docker container' -v "$fake_docker/hosts:/etc/hosts" \
        -v "$fake_docker/hostname:/etc/hostname" -v "$fake_docker/hosts:/etc/resolv.conf"
    forged 'bundle of another podman container' -v "$fake_podman/hosts:/etc/hosts" \
        -v "$fake_podman:/x" -v "$fake_podman/hostname:/etc/hostname"
    forged 'control group of another container' --cgroup-parent "/libpod-$other"
    # shellcheck disable=SC2046 # many words are meant
    forged 'labels by the thousand' $(seq -f '--label=l%g=x' 1500)
    forged 'entry point and working directory' --entrypoint /bin/true -w /tmp
}

annotations() {
    forged 'annotations of CRI-O' --annotation "io.kubernetes.cri-o.PortMappings=$none" \
        --annotation "io.kubernetes.cri-o.SandboxID=$other" --annotation io.container.manager=cri-o
    forged 'annotations of nerdctl' --annotation "nerdctl/ports=$none" \
        --annotation "nerdctl/state-dir=$BOX/fake" --annotation nerdctl/namespace=default
    forged 'annotations of containerd' --annotation io.kubernetes.cri.container-type=container \
        --annotation "io.kubernetes.cri.sandbox-id=$other" \
        --annotation io.kubernetes.cri.sandbox-namespace=kube-system
    is "$by: forged annotations make no namespace" "$(last .container.namespace)" null
    forged 'annotations of Kubernetes' --annotation "io.kubernetes.container.ports=$none" \
        --annotation io.kubernetes.pod.namespace=kube-system --annotation io.podman.annotations.publish-all=FALSE
}

# --- podman ---------------------------------------------------------------------------------------

# shellcheck disable=SC2317 # called by name
by_precreate() { # by_precreate OPTION...
    call podman --hooks-dir "$BOX/ports-hooks" --runtime runc run --rm "$@" localhost/probe true
}

# shellcheck disable=SC2317 # called by name
by_wrapper() {
    call podman --hooks-dir "$BOX/no-hooks" --runtime "$wrap/runc" run --rm "$@" localhost/probe true
}

image_id() {
    echo "sha256:$(podman image inspect -f '{{.Id}}' localhost/probe)"
}

podman_joined() {
    podman run -d --name owner -p 8091:80 localhost/probe sleep 1000 >/dev/null
    : >"$log"
    $engine --network container:owner
    is "$by: in another's network: its ports" "$status $(facts)" '0 * 8091 80/tcp'
    podman rm -f -t 0 owner >/dev/null
    netns=$(podman run -d --name owner -p 8091:80 localhost/probe sleep 1000 >/dev/null &&
        podman inspect -f '{{.NetworkSettings.SandboxKey}}' owner)
    : >"$log"
    $engine --network "ns:$netns"
    is "$by: in another's network by its path: its ports, and that it is not all" "$(facts) $(sources)" \
        '* 8091 80/tcp podman:failed'
    podman rm -f -t 0 owner >/dev/null
    : >"$log"
    $engine --network host
    is "$by: the host's network" "$(sources)" "the host's network:none"
}

# The ports of a pod are those of its infra container.
podman_pod() {
    podman pod create --name pod --infra-image localhost/probe --infra-command '/bin/sleep 1000' \
        -p 8090:80 >/dev/null
    is "$by: a pod is made" $? 0
    : >"$log"
    $engine --pod pod
    is "$by: in a pod: the pod's ports" "$status $(facts)" '0 * 8090 80/tcp'
    if [ "$engine" = by_precreate ]; then # it has the runtime of when the pod was made
        is "$by: in a pod: the infra container is judged, too" \
            "$(jq -r .container.name.value "$log" | grep -c infra)" 1
    fi
    podman pod rm -f -t 0 pod >/dev/null
    podman pod create --name pod --infra-image localhost/probe --infra-command '/bin/sleep 1000' \
        -p 80:8080 >/dev/null
    : >"$log"
    $engine --pod pod
    isnot "$by: in a pod that publishes port 80: does not run" "$status" 0
    is "$by: in a pod that publishes port 80: what is wrong" \
        "$(last '.findings[] | select(.rule == "host-port-privileged") | .subject')" 80/tcp
    podman pod rm -f -t 0 pod >/dev/null
}

# Where the user of podman stands is no place that says who the container is.
podman_cwd() {
    call podman --hooks-dir "$BOX/no-hooks" create -p 80:8080 localhost/probe true
    id=$out
    store=$BOX/fake/cwd
    mkdir -p "$store/libpod" "$store/overlay-containers/$id/userdata"
    podman run -d --name model localhost/probe sleep 1000 >/dev/null
    for file in db.sql libpod/bolt_state.db; do
        [ ! -e "/var/lib/containers/storage/$file" ] ||
            sed "s/$(podman inspect -f '{{.Id}}' model)/$id/g" "/var/lib/containers/storage/$file" >"$store/$file"
    done
    podman rm -f -t 0 model >/dev/null
    : >"$log"
    call sh -c "cd $store/overlay-containers/$id/userdata && podman --hooks-dir $BOX/ports-hooks start -a $id"
    is "$by: forged working directory" "$(facts)" '* 80 8080/tcp'
    isnot "$by: forged working directory: does not run" "$status" 0
    podman rm -f "$id" >/dev/null
    # Without a control group nothing else names the container.
    id=$(podman run -d localhost/probe sleep 1000)
    mkdir -p "$BOX/fake/$id/userdata"
    : >"$log"
    call sh -c "cd $BOX/fake/$id/userdata && podman --hooks-dir $BOX/ports-hooks --runtime crun run --rm \
        --cgroups=disabled -p 80:8080 localhost/probe true"
    isnot "$by: forged working directory, no control group: another one's id" "$(last .container.id.value)" "$id"
    is "$by: forged working directory, no control group: its own ports" "$(facts)" '* 80 8080/tcp'
    podman rm -f -t 0 "$id" >/dev/null
}

# shellcheck disable=SC2317 # called by name
ungrouped() {
    call podman --hooks-dir "$BOX/ports-hooks" --runtime crun run --rm --cgroups=disabled "$@"
}

alone_with() { # alone_with WHAT OPTION... [IMAGE]: and port 80
    what=$1
    shift
    : >"$log"
    ungrouped -p 80:8080 "$@" true
    isnot "$alone: $what: does not run" "$status" 0
    is "$alone: $what: the port is known" "$(facts)" '* 80 8080/tcp'
    isnot "$alone: $what: not another one's id" "$(last .container.id.value)" "$victim"
}

# shellcheck disable=SC2317 # called by name
is_nobody() { # is_nobody WHAT: the last decision names nobody, and says of ports that these may not be all
    is "$alone: $1: nobody" "$(last '.container | [.id, .name, .image, .digests] | tostring')" '[null,null,null,[]]'
    is "$alone: $1: not checked" "$(sources)" podman:failed
}

# What is too large to be read may hide a port.
# shellcheck disable=SC2317 # called by name
too_many_labels() {
    yes "$(printf '%060000d=x' 0)" | head -n 300 | awk '{print NR $0}' >"$BOX/labels"
    : >"$log"
    ungrouped -p 80:8080 --label-file "$BOX/labels" localhost/probe true
    isnot "$alone: too many labels: does not run" "$status" 0
    is "$alone: too many labels: what is wrong" \
        "$(last '.findings[] | select(.rule == "host-port-privileged") | .subject')" 'host ports'
}

# Without a control group podman before 4.6 says nowhere which container it is.
podman_ungrouped() {
    alone="$by, no control group"
    : >"$log"
    ungrouped --name alone -p 8081:80 localhost/probe true
    is "$alone: an allowed port" "$status $(facts)" '0 * 8081 80/tcp'
    case $(podman --version) in
    'podman version 4.'[0-5].*)
        is_nobody 'an allowed port'
        too_many_labels
        ;;
    *)
        is "$alone: the name" "$(last .container.name.value)" alone
        is "$alone: the digest" "$(last '.container.digests[0].value')" "$(image_id)"
        is "$alone: the id, which nobody can forge" \
            "$(last '.container.id | "\(.value | length) \(.forgeable)"')" '64 false'
        ;;
    esac
    victim=$(podman run -d -p 8092:80 localhost/probe sleep 1000)
    root=$(podman inspect -f '{{.GraphDriver.Data.MergedDir}}' "$victim")
    netns=$(podman inspect -f '{{.NetworkSettings.SandboxKey}}' "$victim")
    data=/var/lib/containers/storage/overlay-containers/$victim/userdata
    echo x >"$data/file"
    mkdir "$data/dir"
    alone_with 'port 80' localhost/probe
    alone_with "another one's root file system" --rootfs "$root"
    alone_with 'a user namespace' --uidmap 0:1000:2000 localhost/probe
    alone_with "another one's mounts" -v "$data/file:/etc/hosts" -v "$data/file:/etc/resolv.conf" \
        -v "$data/file:/etc/hostname" -v "$data/file:/run/.containerenv" -v "$data/dir:/dev/shm" localhost/probe
    : >"$log"
    ungrouped --network "ns:$netns" --rootfs "$root" true
    isnot "$alone: all of another one's: its id" "$(last .container.id.value)" "$victim"
    is "$alone: all of another one's: its ports" "$(facts)" '* 8092 80/tcp'
    # What a killed one leaves looks like what one has that is about to start.
    kill -9 "$(podman inspect -f '{{.State.ConmonPid}}' "$victim")" "$(podman inspect -f '{{.State.Pid}}' "$victim")"
    : >"$log"
    ungrouped --network "ns:$netns" --rootfs "$root" true
    isnot "$alone: all of a killed one's: its id" "$(last .container.id.value)" "$victim"
    is "$alone: all of a killed one's: no digest" "$(last '.container.digests | tostring')" '[]'
    is "$alone: all of a killed one's: its ports" "$(facts) $(sources)" '* 8092 80/tcp podman:failed'
    # The only place where podman from 4.6 on does not say it, either.
    id=$(podman create --cgroups=disabled --runtime crun -p 80:8080 localhost/probe true)
    : >"$log"
    call sh -c "cd /var/lib/containers/storage/overlay-containers/$id/userdata &&
        podman --hooks-dir $BOX/ports-hooks start -a $id"
    isnot "$alone: started in the bundle: port 80 does not run" "$status" 0
    is "$alone: started in the bundle" "$(facts)" '* 80 8080/tcp'
    is_nobody 'started in the bundle'
    podman rm -f -t 0 "$victim" "$id" >/dev/null
}

with_podman() {
    by_engine=podman
    for by in by_precreate by_wrapper; do
        engine=$by
        by=podman,${by#by_}
        mappings
        published SCTP '* 7777 7777/sctp' -p 7777:7777/sctp
        exposed
        identity localhost/probe "$(image_id)"
        podman_joined
        podman_pod
        forgeries
        annotations
    done
    engine=by_precreate by=podman,precreate
    podman_cwd
    podman_ungrouped
}

# --- Docker ---------------------------------------------------------------------------------------

start_docker() {
    printf '{"runtimes": {"drawbolt": {"path": "%s/runc"}}, "default-runtime": "drawbolt"}\n' "$wrap" \
        >"$BOX/daemon.json"
    export DOCKER_CONFIG=$BOX/docker-config
    dockerd --config-file "$BOX/daemon.json" -H unix:///run/docker.sock \
        --containerd /run/containerd/containerd.sock --data-root "$BOX/docker" \
        --exec-root /run/docker-exec --pidfile /run/docker.pid \
        --exec-opt native.cgroupdriver=cgroupfs --ipv6 --fixed-cidr-v6 fd00:dead::/64 \
        >"$BOX/dockerd.log" 2>&1 &
    wait_until dockerd docker version
    docker import -c 'CMD ["true"]' "$BOX/probe.tar" probe >/dev/null || box_die 'docker import failed'
}

wait_until() { # wait_until NAME COMMAND...
    name=$1
    shift
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    box_die "$name does not start: $(tail -5 "$BOX/$name.log")"
}

# shellcheck disable=SC2317 # called by name
by_docker() {
    call docker run --rm "$@" probe true
}

docker_only() {
    published 'one of a range' '* 9000?10 99/tcp' -p 9000-9010:99
    refused 1020-1023/tcp -p 1020-1030:99
    refused 1/tcp -p 0-1:80-81
    docker run -d --name owner -p 8091:80 probe sleep 1000 >/dev/null
    : >"$log"
    $engine --network container:owner
    is "$by: in another's network: its ports" "$status $(facts)" '0 * 8091 80/tcp'
    docker rm -f owner >/dev/null
    : >"$log"
    $engine --network host
    is "$by: the host's network" "$(sources)" "the host's network:none"
    # A port 0 is one that dockerd chooses; a range that begins there it does not take.
    : >"$log"
    $engine -p 0-80:99
    isnot "$by: a range that begins at 0 does not run" "$status" 0
    if [ -s "$log" ]; then
        is "$by: a range that begins at 0" "$(facts)" '* 1?79 99/tcp'
    fi
    # The API takes what the command line would not send.
    for port in 080 0080 80-80 80/ 80/tcp; do
        : >"$log"
        id=$(curl -s --unix-socket /run/docker.sock -H 'Content-Type: application/json' \
            -d "{\"Image\": \"probe\", \"Cmd\": [\"true\"], \"HostConfig\": {\"PortBindings\":
                {\"08080\": [{\"HostPort\": \"$port\"}]}}}" http://x/containers/create |
            jq -r '.Id // .message')
        isnot "$by: host port $port by the API: dockerd answers" "$id" ''
        call docker start -a "$id"
        isnot "$by: host port $port by the API does not run" "$status" 0
        if [ -s "$log" ]; then # else dockerd itself did not take it
            is "$by: host port $port by the API" "$(facts)" '* 80 8080/tcp'
        fi
        docker rm -f "$id" >/dev/null 2>&1
    done
}

with_docker() {
    by_engine=docker by=Docker engine=by_docker port_80='-p 80:8080'
    mappings
    exposed
    identity probe "$(docker image inspect -f '{{.Id}}' probe)"
    docker_only
    forgeries
    if docker run --help | grep -q -e '--annotation '; then
        annotations
    fi
}

# --- containerd -----------------------------------------------------------------------------------

start_containerd() {
    cat >"$BOX/containerd.toml" <<END
version = 2
root = "$BOX/containerd"
state = "/run/containerd"
[plugins."io.containerd.internal.v1.opt"]
  path = "$BOX/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni"
    conf_dir = "$BOX/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "$wrap/runc"
END
    mkdir -p "$BOX/cni" /var/lib/cni
    mount -t tmpfs -o mode=755 tmpfs /var/lib/cni || box_die 'no /var/lib/cni'
    printf '%s\n' '{"cniVersion": "0.4.0", "name": "ports", "plugins": [{"type": "bridge",' \
        '"bridge": "cni0", "isGateway": true, "ipMasq": true, "ipam": {"type": "host-local",' \
        '"dataDir": "/run/cni-ipam", "ranges": [[{"subnet": "10.77.0.0/16"}]],' \
        '"routes": [{"dst": "0.0.0.0/0"}]}}, {"type": "portmap",' \
        '"capabilities": {"portMappings": true}}]}' >"$BOX/cni/10-ports.conflist"
    containerd -c "$BOX/containerd.toml" >"$BOX/containerd.log" 2>&1 &
    wait_until containerd ctr version
}

cri_images() {
    podman import -q -c 'CMD ["/bin/sleep", "1000"]' "$BOX/probe.tar" localhost/pause:1 >/dev/null
    for image in localhost/pause:1 localhost/probe:latest; do
        if ! { podman save -q --format docker-archive "$image" >"$BOX/image.tar" &&
            ctr -n k8s.io images import "$BOX/image.tar" >/dev/null && rm "$BOX/image.tar"; }; then
            box_die "no image $image in containerd"
        fi
    done
}

# shellcheck disable=SC2317 # called by by_cri
cri() { # cri METHOD JSON
    call /usr/bin/python3 "$BOX/src/tests/container/cri.py" "$@"
}

# Options as by_cri has them -> the configuration of a sandbox.
# shellcheck disable=SC2317 # called by by_cri
sandbox_config() { # sandbox_config OPTION...
    jq -nc --arg name "pod$RANDOM$RANDOM" '[$ARGS.positional | range(0; length; 2) as $i |
        {option: .[$i], value: .[$i + 1]}] | {
            metadata: {name: $name, uid: $name, namespace: "prod"},
            log_directory: "/var/log/pods",
            port_mappings: map(select(.option == "-p").value |
                capture("^(?<ip>.*):(?<host>[0-9]+):(?<inside>[0-9]+)/(?<protocol>.+)$") |
                {protocol: {tcp: 0, udp: 1, sctp: 2}[.protocol], container_port: (.inside | tonumber),
                 host_port: (.host | tonumber), host_ip: .ip}),
            annotations: map(select(.option == "-a").value | capture("^(?<key>[^=]*)=(?<value>.*)$")) |
                from_entries,
            linux: {}}' --args -- "$@"
}

# shellcheck disable=SC2317 # called by name
by_cri() { # by_cri [-p ADDRESS:HOST:CONTAINER/PROTOCOL | -a KEY=VALUE]...: a pod with a container
    sandbox=$(sandbox_config "$@")
    cri RunPodSandbox "{\"config\": $sandbox}"
    [ "$status" = 0 ] || return
    pod=$(printf '%s' "$out" | jq -r .id)
    cri CreateContainer "$(jq -nc --arg pod "$pod" --argjson s "$sandbox" '{sandbox: $pod, sandbox_config: $s,
        config: {metadata: {name: "web"}, image: {image: "localhost/probe:latest"},
        command: ["/bin/true"], annotations: $s.annotations}}')"
    if [ "$status" = 0 ]; then
        cri StartContainer "{\"id\": $(printf '%s' "$out" | jq .id)}"
    fi
    result="$status $err"
    cri StopPodSandbox "{\"id\": \"$pod\"}"
    cri RemovePodSandbox "{\"id\": \"$pod\"}"
    status=${result%% *} err=${result#* }
}

with_cri() {
    by_engine=containerd by='containerd CRI' engine=by_cri port_80='-p :80:8080/tcp'
    published 'no port' ''
    published 'an address' '127.0.0.1 8081 80/tcp' -p 127.0.0.1:8081:80/tcp
    published 'UDP' '* 5353 53/udp' -p :5353:53/udp
    published 'SCTP' '* 7777 7777/sctp' -p :7777:7777/sctp
    published 'several' "* 8082+1 9082/tcp
127.0.0.1 8086 80/tcp" -p :8083:9083/tcp -p 127.0.0.1:8086:80/tcp -p :8082:9082/tcp
    is "$by: the pod's namespace, which its author cannot forge" \
        "$(last '.container.namespace | "\(.value) \(.forgeable)"')" 'prod false'
    is "$by: the container's name, which an annotation tells" \
        "$(last '.container.name | "\(.value) \(.forgeable) \(.fromAnnotation)"')" 'web true true'
    is "$by: the sandbox is judged, too" "$(jq -s length "$log")" 2
    refused 80/tcp -p :80:8080/tcp
    refused 53/udp -p 127.0.0.1:53:5353/udp
    for what in "io.kubernetes.cri.sandbox-id=$other" "io.kubernetes.cri.sandbox-namespace=kube-system" \
        "io.kubernetes.container.ports=$none" "nerdctl/ports=$none"; do
        forged "annotation ${what%%=*}" -a "$what"
    done
    : >"$log"
    call ctr run --rm --runc-binary "$wrap/runc" --rootfs "$BOX/rootfs" by-ctr /bin/true
    is 'ctr: runs' "$status $err" '0 '
    is 'ctr: nobody to ask, and it is said' \
        "$(last '[.unchecked[] | select(.rule == "host-port-privileged") | .why] | first')" \
        'nerdctl network-config.json: it is not a container of nerdctl'
    : >"$log"
    call ctr run --rm --runc-binary "$wrap/runc" --annotation "nerdctl/ports=$none" \
        --annotation "io.kubernetes.cri.sandbox-id=$other" --rootfs "$BOX/rootfs" "$other" /bin/true
    is 'ctr: forged annotations are no answer' "$(sources)" 'nerdctl network-config.json:failed'
}

make_fakes
with_podman
cni=/usr/lib/cni
[ -z "${1:-}" ] || cni=$1/usr/lib/cni
if command -v containerd >/dev/null; then
    start_containerd
    if [ "${IN_TREE:-}" = 1 ]; then
        echo '# no network plugins for pods in the tree'
    elif [ ! -x "$cni/portmap" ]; then
        skip 'containerd CRI' "no network plugins in $cni"
    elif /usr/bin/python3 -c 'import grpc' 2>/dev/null; then
        cri_images
        with_cri
    else
        skip 'containerd CRI' 'no python3-grpcio'
    fi
fi
if command -v dockerd >/dev/null; then
    start_docker
    with_docker
else
    echo '# no Docker here'
fi
finish
