#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt as the runtime of containerd (by ctr) and of Docker, each started in the box.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/engine.sh
. "$(dirname "$0")/engine.sh"

start_containerd() {
    cat >"$BOX/containerd.toml" <<END
version = 2
root = "$BOX/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[plugins."io.containerd.internal.v1.opt"]
  path = "$BOX/opt"
END
    containerd -c "$BOX/containerd.toml" >"$BOX/containerd.log" 2>&1 &
    wait_for containerd ctr version
}

# --- ctr ------------------------------------------------------------------------------------------

ctr_run() { # ctr_run WORD...: options, id, command
    call ctr run --rm --runc-binary "$wrap/runc" --rootfs "$@"
}

with_ctr() {
    policy
    : >"$log"
    ctr_run --cap-add CAP_NET_RAW --cap-add CAP_SYS_ADMIN "$BOX/rootfs" c1 /bin/look
    harmless 'ctr run'
    is 'ctr run: the record' "$(tail -n 1 "$log" | jq -r '.point + " " + .verdict + " " + .container.id.value')" \
        'runtime:create allow c1'
    call script -qec "ctr run --rm -t --runc-binary $wrap/runc --rootfs $BOX/rootfs c2 \
        /bin/sh -c 'test -t 1 && exit 7'" /dev/null
    is 'ctr run: a terminal and an exit status' "$status" 7
    ctr_run --privileged "$BOX/rootfs" c3 /bin/true
    isnot 'ctr run --privileged fails' "$status" 0
    like 'ctr run --privileged shows the sentence' "$err" \
        'OCI runtime create failed: drawbolt: refused: .+\(rule privileged'
    ctr_run --net-host "$BOX/rootfs" c4 /bin/true
    like 'ctr run --net-host shows the sentence' "$err" \
        'OCI runtime create failed: drawbolt: refused: .+\(rule host-network'
    is 'ctr: nothing is left' "$(ctr task ls -q; ctr container ls -q)" ''
    call ctr run -d --runc-binary "$wrap/runc" --cap-add CAP_NET_RAW --rootfs "$BOX/rootfs" c5 \
        /bin/sleep 1000
    is 'ctr run -d' "$status $err" '0 '
    call script -qec 'ctr task exec --exec-id terminal --tty c5 /bin/look' /dev/null
    harmless 'ctr task exec --tty'
    for options in '' '--user 5' '--cwd /tmp'; do
        # shellcheck disable=SC2086 # words are meant
        call ctr task exec --exec-id "e${#options}" $options c5 /bin/look
        harmless "ctr task exec $options"
    done
    is 'ctr task exec: what was taken away is recorded' \
        "$(jq -r 'select(.point == "runtime:exec").findings[].subject' "$log" | sort -u)" CAP_NET_RAW
    call ctr task exec --exec-id code c5 /bin/sh -c 'exit 9'
    is 'ctr task exec: an exit status' "$status" 9
    policy '"exec": {"action": "refuse"}, "rawSockets": {"action": "refuse"}'
    call ctr task exec --exec-id no c5 /bin/true
    like 'ctr task exec: a refusal shows its sentence' "$err" \
        'OCI runtime exec failed: drawbolt: refused: exec asks for .+\(rule exec-capability'
    policy
    for word in pause resume; do
        call ctr task "$word" c5
        is "ctr task $word" "$status" 0
    done
    call ctr task metrics c5
    is 'ctr task metrics' "$status" 0
    call ctr task exec --exec-id usr1 c5 /bin/sh -c 'kill -s USR1 $$'
    is 'ctr task exec: a death by a signal' "$status" $((128 + 10))
    call ctr task kill -s KILL c5
    is 'ctr task kill' "$status" 0
    wait_until ctr task rm c5
    call ctr container rm c5
    is 'ctr container rm' "$status" 0
}

# --- Docker ---------------------------------------------------------------------------------------

start_docker() {
    # What is installed as an example, and the other way to call drawbolt.
    sed "s#@LIBEXECDIR@#$wrap#" "$BOX/src/engines.d/docker-daemon.json.in" |
        jq --arg path "$DRAWBOLT" '.runtimes.words = {path: $path, runtimeArgs: ["runtime", "runc"]}' \
            >/etc/docker/daemon.json
    export DOCKER_CONFIG=$BOX/docker-config
    dockerd -H unix:///run/docker.sock --containerd /run/containerd/containerd.sock \
        --data-root "$BOX/docker" --exec-root /run/docker-exec --pidfile /run/docker.pid \
        --exec-opt native.cgroupdriver=cgroupfs >"$BOX/dockerd.log" 2>&1 &
    wait_for dockerd docker version
    docker import "$BOX/probe.tar" probe >/dev/null || box_die 'docker import failed'
}

refused_by_docker() { # refused_by_docker RULE OPTION...
    rule=$1
    shift
    call docker run --rm "$@" probe true
    is "docker run $*: ends with 125" "$status" 125
    like "docker run $*: shows the sentence" "$err" \
        "OCI runtime create failed: drawbolt: refused: .+\(rule $rule"
}

# shellcheck disable=SC2317 # by wait_until
is_healthy() {
    [ "$(docker inspect -f '{{.State.Health.Status}}' box)" = healthy ]
}

# shellcheck disable=SC2317 # by wait_until
has_logged() { # has_logged CONTAINER LINE
    docker logs "$1" 2>&1 | tr -d '\r' | grep -qx "$2"
}

docker_signals() {
    for terminal in '' -t; do
        # shellcheck disable=SC2086 # an option or none
        call docker run -d $terminal --name signals probe sh -c \
            'trap "echo usr1" USR1; trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'
        wait_until has_logged signals ready
        call docker kill -s USR1 signals
        wait_until has_logged signals usr1
        is "docker kill -s USR1 arrives${terminal:+ with a terminal}" "$?" 0
        call docker stop -t 20 signals
        is "docker stop: SIGTERM arrives${terminal:+ with a terminal}" \
            "$(docker inspect -f '{{.State.ExitCode}}' signals)" 5
        docker rm -f signals >/dev/null
    done
    call docker run -d --name signals probe sleep 1000
    call docker kill signals
    call docker wait signals
    is 'docker kill: a death by a signal' "$out" 137
    docker rm signals >/dev/null
}

with_docker() {
    for runtime in drawbolt words; do
        call docker run --rm --runtime "$runtime" --cap-add SYS_ADMIN probe look
        harmless "docker run --runtime $runtime"
    done
    call docker run --rm probe look
    harmless 'docker run, by default'
    call docker run --rm --security-opt seccomp=unconfined --cap-add ALL probe look
    like 'docker run, every capability and no filter, is refused' "$err" 'rule privileged'
    refused_by_docker privileged --privileged
    refused_by_docker host-network --network host
    for code in 0 1 42; do
        call docker run --rm probe sh -c "exit $code"
        is "docker run: exit status $code" "$status" "$code"
    done
    call docker run --rm probe nothing-of-that-name
    is 'docker run: a program that is not there' "$status" 127
    call docker run --rm -t probe sh -c 'test -t 1 && echo terminal'
    is 'docker run -t' "$status $out" '0 terminal'
    out=$(echo in | docker run --rm -i probe cat)
    is 'docker run -i' "$out" in
    call docker run -d --name box --cap-add NET_ADMIN --health-cmd 'grep -q . /etc/passwd' \
        --health-interval 1s probe sleep 1000
    is 'docker run -d' "$status" 0
    for options in '' '--privileged' '--privileged -u 5' '-u 5' '-t' '--privileged -t' '-w /tmp -e A=B'; do
        # shellcheck disable=SC2086 # words are meant
        call docker exec $options box look
        harmless "docker exec $options"
    done
    call docker exec --privileged -d box sh -c 'look >/tmp/new; mv /tmp/new /tmp/look'
    wait_until docker exec box test -e /tmp/look
    call docker exec box cat /tmp/look
    harmless 'docker exec --privileged -d'
    call docker exec box sh -c 'exit 7'
    is 'docker exec: exit status' "$status" 7
    policy '"exec": {"action": "refuse"}'
    call docker exec --privileged box true
    like 'docker exec --privileged: a refusal shows its sentence' "$out$err" \
        'OCI runtime exec failed: drawbolt: refused: exec asks for .+\(rule exec-capability'
    policy
    for word in pause unpause top 'update --cpu-shares 512' 'stop -t 1' start 'restart -t 0'; do
        # shellcheck disable=SC2086 # words are meant
        call docker $word box
        is "docker $word" "$status" 0
    done
    wait_until is_healthy
    is 'docker: the health check' "$(docker inspect -f '{{.State.Health.Status}}' box)" healthy
    call docker rm -f box
    is 'docker rm' "$status" 0
    call docker run --name logs probe echo logged
    call docker logs logs
    is 'docker logs' "$out" logged
    docker rm logs >/dev/null
    is 'docker: nothing is left' "$(docker ps -aq)" ''
    docker_signals
    # What drawbolt-engines(7) says of it.
    for runtime in runc io.containerd.runc.v2; do
        call docker run --rm --runtime $runtime probe look
        like "docker run --runtime $runtime goes past drawbolt" "$out" 'inet-raw-icmp raw open'
    done
}

in_exec_of() { # in_exec_of CONTAINER: what docker exec --privileged gets
    call docker exec --privileged "$1" cat /proc/self/status
    bounding
}

docker_exception() { # docker_exception MATCH [MEMBERS]: NET_ADMIN for these
    policy "\"exceptions\": [{\"id\": \"e\", \"match\": {$1}, \"grant\": {\"capabilities\":
        [\"NET_ADMIN\"]}, \"reason\": \"test\", \"owner\": \"test\",
        \"expires\": \"${expires:-2999-12-31}\"${2:+, $2}}]"
}

# Whose exec it is, Docker's own files say.
docker_exceptions() {
    docker import -c 'ENV A=B' "$BOX/probe.tar" other >/dev/null
    docker_exception '"name": "exempt"' '"trust": ["name"]'
    call docker run -d --name exempt --cap-add NET_ADMIN probe sleep 1000
    is 'docker: an exempt container starts' "$status $err" '0 '
    exempt=$out
    is 'docker exec, by name' "$(in_exec_of exempt)" NET_ADMIN
    is 'docker exec, by name: the record' "$(last '"\(.point) \(.engine) \(.container.name.value) " +
        (.findings[] | select(.subject == "CAP_NET_ADMIN").exception)')" 'runtime:exec docker exempt e'
    call docker run -d --name other --hostname exempt --label name=exempt other sleep 1000
    is 'docker exec, by name: in another container' "$(in_exec_of other)" ''
    docker rm -f other >/dev/null
    bundle=$(find /run/containerd -type d -path "*/moby/$exempt")
    for forged in "--label=bundle=$bundle" "--volume=$bundle:/x" \
        $(docker run --help | grep -q -e '--annotation ' && echo "--annotation=bundle=$bundle"); do
        call docker run -d --name other "$forged" other sleep 1000
        is "docker exec, by name: with $forged" "$status $(in_exec_of other)" '0 '
        docker rm -f other >/dev/null
    done
    call docker run -d --name other other sleep 1000
    docker_exception "\"image\": \"@$(docker image inspect -f '{{.Id}}' probe)\""
    is 'docker exec, by digest' "$(in_exec_of exempt)" NET_ADMIN
    is "docker exec, by digest: in another image's container" "$(in_exec_of other)" ''
    docker_exception '"name": "exempt"'
    is 'docker exec, by a name that is not trusted' "$(in_exec_of exempt)" ''
    expires=2020-12-31 docker_exception '"name": "exempt"' '"trust": ["name"]'
    is 'docker exec, by name, expired' "$(in_exec_of exempt)" ''
    docker rm -f exempt other >/dev/null
    policy
}

printf '# %s\n' "$(containerd --version)" "$(dockerd --version)" "$(runc --version | head -n 1)"
policy
start_containerd
with_ctr
start_docker
with_docker
docker_exceptions
finish
