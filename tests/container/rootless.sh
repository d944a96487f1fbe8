#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt as the runtime of podman that a plain user starts.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
user=4321
home=$BOX/home
newuidmap=$(command -v newuidmap) || skip_all 'no newuidmap'
[ -u "$newuidmap" ] || skip_all 'newuidmap has no rights here'
mkdir -p "$BOX/rootfs/bin" "$BOX/own-etc/upper" "$BOX/own-etc/work" "$home/.config/containers" "/run/user/$user"
cp -a /etc/containers "$BOX/own-etc/containers"
mount -t overlay -o "lowerdir=/etc,upperdir=$BOX/own-etc/upper,workdir=$BOX/own-etc/work" \
    overlay /etc || box_die 'no /etc'
mount --bind "$BOX/own-etc/containers" /etc/containers
mkdir -p /etc/drawbolt "$BOX/wrap" /var/log/drawbolt
echo "rootless:x:$user:$user::$home:/bin/sh" >>/etc/passwd
echo "rootless:x:$user:" >>/etc/group
echo "rootless:200000:65536" | tee /etc/subuid >/etc/subgid
chown -R "$user:$user" "$home" "/run/user/$user"
chmod 700 "/run/user/$user"
printf '#!/bin/sh\ncat /proc/self/status\nexec /bin/probe64 --only "*/inet-raw-icmp"\n' \
    >"$BOX/rootfs/bin/look"
chmod 755 "$BOX/rootfs/bin/look"
box_image
for name in runc crun; do
    ln -s "$DRAWBOLT" "$BOX/wrap/$name"
done
printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}}\n' "$(command -v runc)" \
    "$(command -v crun)" >/etc/drawbolt/policy.json
sed "s#@LIBEXECDIR@#$BOX/wrap#" "$BOX/src/engines.d/podman-runtimes.conf.in" \
    >/etc/containers/containers.conf.d/50-drawbolt-runtimes.conf

as_user() { # as_user WORD...
    setpriv --reuid "$user" --regid "$user" --clear-groups env -i HOME="$home" PATH="$PATH" \
        XDG_RUNTIME_DIR="/run/user/$user" "$@"
}

pod() { # pod WORD...: podman as the user; sets $out, $err, $status
    err=$(cd "$home" && as_user timeout 60 podman --runtime "$runtime" "$@" 2>&1 >"$BOX/stdout" </dev/null)
    status=$?
    out=$(tr -d '\r' <"$BOX/stdout")
}

# What the machine has for its users, a box may not show them.
own_tun() {
    umount /dev/net/tun && rm /dev/net/tun && mknod -m 666 /dev/net/tun c 10 200
}

harmless() { # harmless NAME: $out has five sets within the policy, and no raw socket
    if [ "$(printf '%s\n' "$out" | grep -c '^Cap...:')" != 5 ]; then
        not_ok "$1" "no capability sets in: $status: $out $err"
        return
    fi
    is "$1" "$(printf '%s\n' "$out" | sed -n 's/^Cap...:[[:space:]]*//p' | while read -r set; do
        [ $((0x$set & (1 << 13 | 1 << 21))) -eq 0 ] || echo "$set"
    done)" ''
    like "$1: no raw socket" "$out" '^probe: [0-9]+ ways, 0 raw open'
}

first_processes() {
    for options in '--network none' '' '-p 8080:80' '--uidmap 0:1:100' '-t'; do
        # shellcheck disable=SC2086 # several options
        pod run --rm $options --cap-add NET_RAW --cap-add SYS_ADMIN localhost/probe look
        harmless "$runtime: podman run $options"
    done
    pod run --rm localhost/probe sh -c 'exit 42'
    is "$runtime: an exit status" "$status" 42
    for rule in privileged host-network; do
        case $rule in
        privileged) pod run --rm --privileged localhost/probe true ;;
        host-network) pod run --rm --network host localhost/probe true ;;
        esac
        is "$runtime: $rule: refused" "$status" 126
        like "$runtime: $rule: the sentence" "$err" "OCI runtime error.*drawbolt: refused: .+\\(rule $rule"
    done
}

execs() {
    pod run -d --name box localhost/probe sleep 1000
    is "$runtime: podman run -d" "$status" 0
    for options in '' --privileged '--privileged -u 5' '--privileged -t'; do
        # shellcheck disable=SC2086 # several options
        pod exec $options box look
        harmless "$runtime: podman exec $options"
    done
    pod exec box sh -c 'exit 7'
    is "$runtime: podman exec: an exit status" "$status" 7
    # Somebody else's sysctl, even where one user has both.
    pod run --rm --network container:box --sysctl net.ipv4.ip_unprivileged_port_start=80 \
        localhost/probe true
    like "$runtime: a sysctl in another container's network" "$err" 'drawbolt: refused: .+\(rule '
    pod run --rm --network "ns:/proc/$(as_user podman inspect -f '{{.State.Pid}}' box)/ns/net" \
        localhost/probe true
    like "$runtime: podman's own sysctl in another container's network" "$err" \
        'drawbolt: refused: .+\(rule sysctl-joined-netns'
    pod rm -f -t 0 box
    is "$runtime: nothing is left" "$(as_user podman ps -aq)" ''
}

# What the user's podman keeps says which ports are published. The user may not have those below 1024
# anyway, so others count as privileged here.
ports() { # ports NAME OPTION...
    name=$1
    shift
    cp /etc/drawbolt/policy.json "$BOX/policy-before"
    jq '.ports.host = {privilegedBelow: 9000, unknown: "ignore"}' "$BOX/policy-before" \
        >/etc/drawbolt/policy.json
    pod "$@" run --rm -p 9090:80 -p 127.0.0.1:9091:80/udp localhost/probe true
    is "$runtime: $name: ports that are allowed" "$status" 0
    pod "$@" run --rm -p 8080:80 localhost/probe true
    is "$runtime: $name: a port that is not" "$status" 126
    like "$runtime: $name: a port that is not: the sentence" "$err" \
        'drawbolt: refused: host port 8080/tcp is below 9000 .+\(rule host-port-privileged'
    cp "$BOX/policy-before" /etc/drawbolt/policy.json
}

told_by_pasta() { # told_by_pasta SENTENCE NAME [OPTION...]: with port 9090, which is allowed
    sentence=$1 name=$2
    shift 2
    pod "${gate[@]}" run --rm -p 9090:90 "$@" localhost/probe true
    is "$runtime: $by: pasta: $name: does not run" "$status" 126
    like "$runtime: $by: pasta: $name: the sentence" "$err" \
        "drawbolt: refused: $sentence.+\\(rule host-port-privileged"
}

# Ports that pasta opens by its own options, which podman hands on or has from containers.conf(5).
pasta_ports() { # pasta_ports BY OPTION...
    by=$1 gate=("${@:2}")
    cp /etc/drawbolt/policy.json "$BOX/policy-before"
    jq '.ports.host = {privilegedBelow: 9000}' "$BOX/policy-before" >/etc/drawbolt/policy.json
    low='host port 8080/tcp is below 9000'
    told_by_pasta "$low" 'an option' --network pasta:-t,8080:80
    told_by_pasta "$low" 'letters in one word' --network pasta:-4t8080:80
    told_by_pasta "$low" 'a name cut short' --network pasta:--tcp-p,127.0.0.1/8080:80
    told_by_pasta 'host port 8053/udp is below 9000' 'UDP' --network pasta:-u,8053:53
    told_by_pasta 'the published ports could not be learned: pasta: ' 'what it is to find out' --network pasta:-u,auto
    told_by_pasta 'the published ports could not be learned: pasta: ' 'a socket for later' \
        --network "pasta:-c,$home/socket"
    told_by_pasta "$low" 'a namespace that is a name' --network pasta:-t,8080:80,--hostname,--netns=/x
    pod "${gate[@]}" run --rm --network pasta:-T,8080,-t,9091:91,--mtu,1400 -p 9090:90 localhost/probe true
    is "$runtime: $by: pasta: options that are allowed: $err" "$status" 0
    for conf in /etc/containers/containers.conf.d/60-pasta.conf "$home/.config/containers/containers.conf"; do
        printf '[network]\npasta_options = ["-t", "8080:80"]\n' >"$conf"
        told_by_pasta "$low" "${conf##*/}"
        pod "${gate[@]}" run --rm localhost/probe true
        like "$runtime: $by: pasta: ${conf##*/}: nothing else is published" "$err" "$low"
        told_by_pasta 'the published ports could not be learned: pasta: it opens ports for all' \
            "${conf##*/}, a bridge" --network bridge
        # pasta is started after the container's own user namespace, and what it is told is not known before.
        pod "${gate[@]}" run --rm --userns keep-id localhost/probe true
        is "$runtime: $by: pasta: ${conf##*/}: a user namespace runs" "$status" 0
        cp /etc/drawbolt/policy.json "$BOX/lenient"
        jq '.ports.host.unknown = "refuse"' "$BOX/lenient" >/etc/drawbolt/policy.json
        told_by_pasta 'the published ports could not be learned: pasta: it does not run yet' \
            "${conf##*/}, a user namespace where unknown is refused" --userns keep-id
        cp "$BOX/lenient" /etc/drawbolt/policy.json
        rm "$conf"
    done
    cp "$BOX/policy-before" /etc/drawbolt/policy.json
}

# As it is installed: the user's podman runs the precreate hook, too.
with_the_hook() {
    rm -f /etc/containers/containers.conf.d/50-drawbolt-runtimes.conf
    box_hook "$BOX/hooks.d" "$DRAWBOLT" precreate
    case $(podman --version) in
    *' 4.'[0-5].*) ;; # does not tell the hook where it keeps its containers
    *)
        ports 'the hook' --hooks-dir "$BOX/hooks.d"
        pasta_ports 'the hook' --hooks-dir "$BOX/hooks.d"
        ;;
    esac
    for options in '--network none' '' '-p 8080:80'; do
        # shellcheck disable=SC2086 # several options
        pod --hooks-dir "$BOX/hooks.d" run --rm $options --cap-add NET_RAW localhost/probe look
        harmless "$runtime: the hook: podman run $options"
    done
    pod --hooks-dir "$BOX/hooks.d" run --rm --privileged localhost/probe true
    is_refusal "$runtime: the hook: the reason reaches podman's standard error" "$err" privileged
}

own_tun || box_die 'no /dev/net/tun'
chmod 644 "$BOX/probe.tar"
runtime=crun
pod import -q "$BOX/probe.tar" localhost/probe
[ "$status" = 0 ] || box_die "podman import: $err"
printf '# %s\n' "$(podman --version)"
for runtime in runc crun; do
    first_processes
    execs
    ports 'the wrapper'
    if command -v pasta >/dev/null; then
        pasta_ports 'the wrapper'
    else
        echo '# no pasta here'
    fi
done
for runtime in runc crun; do
    with_the_hook
done
finish
