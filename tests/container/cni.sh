#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt in a list of CNI plugins, between bridge and portmap, where podman's CNI backend calls it:
# ports that are allowed carry packets, others never open.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/plugins.sh
. "$(dirname "$0")/plugins.sh"
if [ "${BOX_INSIDE:-}" != 1 ]; then
    case $(podman --version 2>/dev/null) in
    'podman version 4.'*) ;;
    *) skip_all 'no podman 4: later ones have no CNI backend' ;;
    esac
    plugins_find
fi
box_enter "$@"
box_image
plugins_set_up

mkdir -p "$BOX/own-etc/upper" "$BOX/own-etc/work" "$BOX/net.d"
cp -a /etc/containers "$BOX/own-etc/containers" # the overlay covers what is mounted there
mount -t overlay -o "lowerdir=/etc,upperdir=$BOX/own-etc/upper,workdir=$BOX/own-etc/work" \
    overlay /etc || box_die 'no /etc'
rm -rf /etc/containers
mv "$BOX/own-etc/containers" /etc/containers
mkdir -p /etc/drawbolt /var/log/drawbolt
log=/var/log/drawbolt/decisions.jsonl
cat >/etc/containers/containers.conf.d/20-cni.conf <<END
[network]
network_backend="cni"
cni_plugin_dirs=["$plugins"]
network_config_dir="$BOX/net.d"
END

policy() { # policy [MEMBERS]: the one in force
    printf '{"version": 1%s}\n' "${1:+, $1}" >/etc/drawbolt/policy.json
}

network() { # network JQ-PROGRAM: the example, changed
    jq "$1" "$BOX/src/engines.d/cni.conflist" >"$BOX/net.d/guarded.conflist"
}

run() { # run ARGUMENT...: sets $out, $err, $status
    : >"$BOX/portmap.log"
    out=$(timeout 60 podman run --network guarded "$@" 2>"$BOX/stderr" </dev/null)
    status=$?
    err=$(cat "$BOX/stderr")
}

serve() { # serve NAME ARGUMENT...: says its name to whoever connects to port 80 in it
    run -d --name "$1" "${@:2}" localhost/probe sh -c "while echo $1 | busybox nc -l -p 80; do :; done"
}

remove() { # remove NAME
    podman rm -f -t 0 "$1" >/dev/null 2>"$BOX/stderr"
    is "$1: it is removed" "$? $(cat "$BOX/stderr")" '0 '
    is "$1: nothing is left" "$(leftovers)" ''
}

verdict() {
    tail -n 1 "$log" | jq -r '"\(.point) \(.verdict)"'
}

# --- questions ------------------------------------------------------------------------------------

allowed_ports() {
    serve high -p 8080:80
    is 'a high port: the container starts' "$status $err" '0 '
    is 'a high port: packets arrive' "$(answer 127.0.0.1 8080)" high
    like 'a high port: a rule opens it' "$(leftovers)" 'dport 8080'
    is 'a high port: it was judged' "$(verdict)" 'cni:ADD allow'
    is 'a high port: the record has it' "$(recorded_ports)" ' 8080 80 tcp cni runtimeConfig'
    is 'the record: who it is' "$(tail -n 1 "$log" | jq -c '[.engine, .container.id.value, .container.name,
        .container.namespace]')" "[\"podman\",\"$out\",{\"value\":\"high\",\"source\":\"CNI_ARGS\",\"forgeable\":true},null]"
    is 'the result is handed on: podman knows the address' \
        "$(podman inspect high --format '{{.NetworkSettings.Networks.guarded.IPAddress}}' | cut -d. -f1-3)" 10.89.77
    remove high

    serve many -p 127.0.0.1:8081:80/tcp -p 9000-9002:81-83/udp -p '[::1]:8082:84' -p 8083:85/sctp
    is 'all kinds of ports: the container starts' "$status $err" '0 '
    is 'all kinds of ports: an address is kept' "$(answer 127.0.0.1 8081)" many
    is 'all kinds of ports: the record has them' "$(recorded_ports | sort)" "$(sort <<'END'
127.0.0.1 8081 80 tcp cni runtimeConfig
 9000+2 81 udp cni runtimeConfig
::1 8082 84 tcp cni runtimeConfig
 8083 85 sctp cni runtimeConfig
END
    )"
    remove many

    serve none
    is 'no port: the container starts' "$status $err" '0 '
    is 'no port: that is known' "$(tail -n 1 "$log" | jq -c '[.verdict, .ports, .unchecked]')" '["allow",[],[]]'
    remove none
}

refused() { # refused NAME RULE ARGUMENT...
    serve "$1" "${@:3}"
    isnot "$1: it does not start" "$status" 0
    like "$1: the sentence reaches podman's user" "$err" "drawbolt: refused: .+\(rule $2"
    is "$1: the record" "$(verdict)" 'cni:ADD refuse'
    is "$1: portmap was never asked to open a port" "$(grep -c ADD "$BOX/portmap.log")" 0
    like "$1: drawbolt why" "$("$DRAWBOLT" why "$(tail -n 1 "$log" | jq -r .container.id.value)")" "$2"
    remove "$1"
}

refused_ports() {
    refused low host-port-privileged -p 80:80
    is 'a low port: nobody listens' "$(busybox nc -w 1 127.0.0.1 80 </dev/null 2>/dev/null)" ''
    refused low-udp host-port-privileged -p 127.0.0.1:53:53/udp
    refused low-range host-port-privileged -p 1020-1030:1020-1030
    like 'a range: its low ports are named' "$err" 'host port 1020-1023/tcp is below 1024'
    policy '"ports": {"host": {"allow": ["443/tcp", "8000-8099"]}}'
    refused not-listed host-port-not-allowed -p 8100:80
    serve listed -p 443:80 -p 8000:81
    is 'the ports of the list: the container starts' "$status $err" '0 '
    is 'the ports of the list: packets arrive' "$(answer 127.0.0.1 443)" listed
    remove listed
    policy '"mode": "report"'
    serve reported -p 80:80
    is 'mode report: the container starts' "$status $err" '0 '
    is 'mode report: packets arrive' "$(answer 127.0.0.1 80)" reported
    remove reported
    policy
}

exception='{"id": "edge", "reason": "the edge", "owner": "net@example.org", "expires": "2999-01-01",
    "match": {"name": "edge-*"}, "grant": {"hostPorts": ["80/tcp"]}'

exceptions() {
    policy "\"exceptions\": [$exception}]"
    refused edge-0 host-port-privileged -p 80:80
    like 'a name is no reason to be trusted' "$err" "exception 'edge' is about that, but goes by the name"
    policy "\"exceptions\": [$exception, \"trust\": [\"name\"]}]"
    serve edge-1 -p 80:80
    is 'an exception: the container starts' "$status $err" '0 '
    is 'an exception: packets arrive' "$(answer 127.0.0.1 80)" edge-1
    is 'an exception: the record names it' \
        "$(tail -n 1 "$log" | jq -r '.findings[] | select(.rule == "host-port-privileged").exception')" edge
    remove edge-1
    refused other host-port-privileged -p 80:80
    refused forged host-port-privileged -p 80:80 --hostname edge-1 --network-alias edge-1 \
        --label io.kubernetes.pod.name=edge-1 --annotation io.kubernetes.cri.sandbox-name=edge-1 \
        --annotation io.kubernetes.container.ports='[]' --annotation nerdctl/ports='[]' --env K8S_POD_NAME=edge-1
    policy
}

ports_that_are_not_told() {
    network '.plugins[1] |= del(.capabilities)'
    serve untold -p 80:80
    is 'no capabilities in the entry: the container starts' "$status $err" '0 '
    is 'no capabilities in the entry: not checked' "$(tail -n 1 "$log" | jq -r '.unchecked[].rule' | paste -sd' ')" \
        'container-port-privileged host-port-not-allowed host-port-privileged'
    like 'no capabilities in the entry: why' "$(tail -n 1 "$log" | jq -r '.unchecked[0].why')" 'does not ask for them'
    remove untold
    policy '"ports": {"host": {"unknown": "refuse"}}'
    refused untold host-port-privileged -p 8080:80
    policy
    network .
}

what_is_put_together_wrong() {
    network '.plugins |= [.[1], .[0], .[2]]'
    serve first -p 8080:80
    isnot 'first in the list: nothing starts' "$status" 0
    like 'first in the list: the sentence' "$err" 'drawbolt: error: .*no prevResult.* behind one that does'
    podman rm -f -t 0 first >/dev/null 2>&1
    network .
    serve still -p 8080:80
    is 'a container starts' "$status $err" '0 '
    echo '{"version": 2}' >/etc/drawbolt/policy.json
    remove still
    serve broken -p 8080:80
    isnot 'an invalid policy: nothing starts' "$status" 0
    like 'an invalid policy: the sentence' "$err" "drawbolt: error: policy '/etc/drawbolt/policy.json'"
    remove broken
    policy
    mv "$plugins/drawbolt-cni" "$plugins/away"
    serve missing -p 8080:80
    isnot 'the plugin is missing: nothing starts' "$status" 0
    mv "$plugins/away" "$plugins/drawbolt-cni"
    podman rm -f -t 0 missing >/dev/null 2>&1
    is 'nothing is left' "$(leftovers)" ''
}

printf '# %s\n' "$(podman --version)" "$("$plugins/bridge" 2>&1 </dev/null | head -n 1)"
policy
network .
allowed_ports
refused_ports
exceptions
ports_that_are_not_told
what_is_put_together_wrong
finish
