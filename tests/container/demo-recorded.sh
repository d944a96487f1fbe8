#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What `./dev demo` shows where no container can be started: the same claims on configurations that
# engines wrote elsewhere (tests/data/configs). Every claim is checked.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
program=${DRAWBOLT:-$top/build/drawbolt}
configs=$top/tests/data/configs
held=0 broken=0

# A policy must lie where nobody else can write.
dir=$(mktemp -d "$([ -w /run ] && echo /run || echo "$HOME")/drawbolt-demo.XXXXXX")
trap 'rm -rf "$dir"' EXIT
echo '{"version": 1, "log": {"file": "", "syslog": false}}' >"$dir/builtin.json"
echo '{"version": 1, "log": {"file": "", "syslog": false},
       "sysctls": {"net.ipv4.ip_unprivileged_port_start": {"min": 1024}}}' >"$dir/narrow.json"
chmod 644 "$dir"/*.json

claim() { # claim TEXT COMMAND...: the command succeeds if the claim holds
    text=$1
    shift
    if "$@" >/dev/null 2>&1; then
        held=$((held + 1))
        printf '    [holds]  %s\n' "$text"
    else
        broken=$((broken + 1))
        printf '    [BROKEN] %s\n' "$text"
    fi
}

check() { # check POLICY NAME: shows the findings; record.json is the same for machines
    printf '\n  $ drawbolt check %s.json\n' "$2"
    "$program" check --policy "$dir/$1.json" "$configs/$2.json" 2>&1 |
        grep -Ev 'not checked|capability-not-allowed' | cut -c1-110 | head -n 8 | sed 's/^/      /'
    "$program" check --policy "$dir/$1.json" --format json "$configs/$2.json" >"$dir/record.json"
}

record() { jq -e "$1" "$dir/record.json"; }
allowed() { record '.verdict == "allow"'; }
refused() { record ".verdict == \"refuse\" and any(.findings[]; .rule == \"$1\" and .action == \"refuse\")"; }

check builtin podman-cap-add-net-raw
claim 'a container with NET_RAW may start' allowed
claim 'after CAP_NET_RAW is taken out of its three sets' \
    record '[.edits[] | select(.op == "remove" and (.path | test("/capabilities/")))] | length == 3'
claim 'and the denial is merged into its seccomp profile, and proved' \
    record 'any(.edits[]; .path | startswith("/linux/seccomp")) and .seccomp.fit != null'
check narrow podman-sysctl-port-start-80
claim 'a port-start sysctl below the policy is refused' refused port-start-range
check builtin podman-sysctl-port-start-80
claim 'and allowed by a policy that allows it' allowed
check builtin docker-privileged
claim 'a privileged container is refused' refused privileged
check builtin podman-network-host
claim "the host's network is refused" refused host-network
check builtin podman-annotation-seccomp-bpf
claim 'an annotation that would replace the filter is refused' refused runtime-annotation

# Docker's container has a network namespace of its own, so that precreate can judge it here too.
printf '\n  $ drawbolt precreate <docker-default.json >out.json\n'
"$program" precreate --policy "$dir/builtin.json" <"$configs/docker-default.json" >"$dir/out.json"
claim 'a configuration comes out' jq -e .ociVersion "$dir/out.json"
claim 'without CAP_NET_RAW' jq -e '[.process.capabilities[][]] | index("CAP_NET_RAW") == null' \
    "$dir/out.json"
claim 'which drawbolt has nothing more to say about' \
    "$program" check --policy "$dir/builtin.json" "$dir/out.json"

printf '\n  $ drawbolt check --diff podman-cap-add-net-raw.json\n'
"$program" check --policy "$dir/builtin.json" --diff "$configs/podman-cap-add-net-raw.json" |
    sed -n '/^@@/,$p' >"$dir/diff"
cut -c1-110 "$dir/diff" | sed 's/^/      /'
claim 'the diff shows CAP_NET_RAW go' grep -Eq '^ *-.*CAP_NET_RAW' "$dir/diff"

printf '\n%d claims hold, %d do not.\n' "$held" "$broken"
[ "$broken" -eq 0 ]
