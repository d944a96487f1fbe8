#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Records the config.json files in tests/data/configs: what engines really write, byte for byte.
#
#     tests/container/record.sh              podman, and the specs of runc and crun
#     tests/container/record.sh docker       dockerd, needs docker.io
#     tests/container/record.sh containerd   ctr, needs containerd
#
# podman's are taken from the standard input of a precreate hook, the others from the bundle, by a
# runtime that copies it and then becomes runc. Everything runs in a box (lib.sh), so names and paths are the same everywhere.
# IDs, times, and the addresses of namespaces differ from one recording to the next.
export DRAWBOLT='' # nothing under test
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image

out=$BOX/src/tests/data/configs
mkdir -p "$out"

cat >"$BOX/bin/recorder" <<'END'
#!/bin/sh
exec /usr/bin/tee /run/box/recorded.json
END
chmod 755 "$BOX/bin/recorder"
box_hook "$BOX/recorder.d" "$BOX/bin/recorder"

keep() { # keep NAME FILE
    if jq -e .ociVersion "$2" >/dev/null; then
        cp --no-preserve=mode "$2" "$out/$1.json"
        ok "$1"
    else
        not_ok "$1" "no configuration in $2"
    fi
    rm -f "$BOX/recorded.json"
}

podman_as() { # podman_as NAME OPTION...
    name=$1
    shift
    podman --runtime runc --hooks-dir "$BOX/recorder.d" run --rm "$@" localhost/probe true
    keep "podman-$name" "$BOX/recorded.json"
}

record_podman() {
    podman_as default
    podman_as cap-add-net-raw --cap-add NET_RAW
    podman_as cap-drop-all --cap-drop all
    podman_as privileged --privileged
    podman_as network-host --network host
    podman_as network-none --network none
    podman run -d --name target localhost/probe sleep 1000 >/dev/null
    podman_as network-container --network container:target
    podman rm -f -t 0 target >/dev/null
    podman_as sysctl-port-start-80 --sysctl net.ipv4.ip_unprivileged_port_start=80
    podman_as user-1000 --user 1000
    podman_as seccomp-unconfined --security-opt seccomp=unconfined
    podman_as publish-8080 -p 8080:80
    podman_as userns --uidmap 0:100000:65536 --gidmap 0:100000:65536
    # One BPF instruction: allow everything.
    podman_as annotation-seccomp-bpf --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=
    podman_as no-new-privileges --security-opt no-new-privileges
    podman pod create --name pod --infra-image localhost/probe --infra-command 'sleep 1000' >/dev/null
    podman_as pod-member --pod pod
    podman pod rm -f -t 0 pod >/dev/null
    for runtime in runc crun; do
        mkdir "$BOX/$runtime"
        (cd "$BOX/$runtime" && "$runtime" spec)
        keep "$runtime-spec" "$BOX/$runtime/config.json"
    done
}

wait_for() { # wait_for COMMAND...
    for _ in $(seq 100); do
        if "$@" >/dev/null 2>&1; then
            return 0
        fi
        sleep 0.1
    done
    box_die "no answer: $*"
}

# The shim starts the runtime with the bundle as working directory.
cat >"$BOX/bin/recording-runc" <<'END'
#!/bin/sh
case " $* " in
*' create '*) cp config.json /run/box/recorded.json ;;
esac
exec runc "$@"
END
chmod 755 "$BOX/bin/recording-runc"

# Whether the container then starts does not matter: Docker's --privileged fails where the machine
# itself lacks a capability.
docker_as() { # docker_as NAME OPTION...
    name=$1
    shift
    docker run --rm --runtime recorder "$@" probe true
    keep "docker-$name" "$BOX/recorded.json"
}

record_docker() {
    dockerd --data-root "$BOX/docker" --exec-opt native.cgroupdriver=cgroupfs \
        --add-runtime "recorder=$BOX/bin/recording-runc" >/tmp/dockerd.log 2>&1 &
    wait_for docker version
    docker import "$BOX/probe.tar" probe >/dev/null
    docker_as default
    docker_as privileged --privileged
    docker_as publish-8080 -p 8080:80
    docker_as cap-drop-all --cap-drop ALL
    docker_as seccomp-unconfined --security-opt seccomp=unconfined
}

containerd_as() { # containerd_as NAME OPTION...
    name=$1
    shift
    ctr run --rm --runc-binary "$BOX/bin/recording-runc" "$@" --rootfs "$BOX/rootfs" "$name" /bin/true
    keep "containerd-$name" "$BOX/recorded.json"
}

record_containerd() {
    printf 'version = 2\nroot = "%s/containerd"\n' "$BOX" >"$BOX/containerd.toml"
    containerd -c "$BOX/containerd.toml" >/tmp/containerd.log 2>&1 &
    wait_for ctr version
    containerd_as default
    containerd_as seccomp --seccomp
}

case ${1:-podman} in
podman) record_podman ;;
docker) record_docker ;;
containerd) record_containerd ;;
*) box_die "do not know how to record $1" ;;
esac
finish
