#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same bytes, read by three parsers. Every file of tests/data/parsers is a config.json that runc,
# crun or a gate could read differently. Two questions for each, asked of real containers:
#
#   1. Does the file do to the runtimes what rows.tsv says? (only for the versions it was measured
#      with; this proves that the rows are real)
#   2. With drawbolt: is it refused, or is what drawbolt hands on harmless under both runtimes?
#
#     tests/container/parsers.sh             test
#     tests/container/parsers.sh measure     write rows.tsv anew
[ "${1:-}" != measure ] || DRAWBOLT='' # nothing under test
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image

data=$BOX/src/tests/data/parsers
bundle=$BOX/bundle
mkdir "$bundle"
cp -a "$BOX/rootfs" "$bundle/rootfs"
port_start=/proc/sys/net/ipv4/ip_unprivileged_port_start
policy=$(box_policy parsers \
    '{"version": 1, "sysctls": {"net.ipv4.ip_unprivileged_port_start": {"min": 1024, "max": 1024}}}')

# What became of $bundle/config.json: "error", or six facts about the process that ran
# (fresh: a packet socket in a user and network namespace of its own).
started=0
outcome() { # outcome RUNTIME
    started=$((started + 1))
    echo 1024 >"$port_start"
    timeout 30 "$1" run -b "$bundle" "row$started" 2>/dev/null </dev/null |
        awk -v host="$(readlink /proc/self/ns/net)" '
            /^CapBnd:/ { bounding = $2 }
            /^Seccomp:/ { filter = $2 }
            /^NetNs:/ { net = $2 == host ? "joined" : "own" }
            /^ip_unprivileged_port_start/ { port = $2 }
            /^native\/packet-raw / { raw = $3 == "open" ? "open" : "no" }
            /^ns\/native\/packet-raw / { fresh = $3 == "open" ? "open" : "no" }
            END {
                if (bounding == "") { print "error"; exit }
                # CAP_NET_RAW is bit 13: the second bit of the fourth digit from the right.
                cap = index("2367abef", substr(bounding, length(bounding) - 3, 1)) ? "yes" : "no"
                printf "cap=%s raw=%s fresh=%s filter=%s port=%s net=%s\n", \
                    cap, raw, fresh, filter, port, net
            }'
    if [ "$(cat "$port_start")" != 1024 ]; then
        echo 'and the host changed'
    fi
}

both() { # sets $with_runc and $with_crun
    with_runc=$(outcome runc | paste -sd' ')
    with_crun=$(outcome crun | paste -sd' ')
}

versions="$(runc --version | head -1), $(crun --version | head -1)"

if [ "${1:-}" = measure ]; then
    {
        printf '# %s\n# file\trunc\tcrun; * where it changes from run to run\n' "$versions"
        for file in "$data"/*.json; do
            cp "$file" "$bundle/config.json"
            both
            case $file in # Go writes the members of an object in no fixed order
            */sysctl-two-spellings*) with_runc='*' ;;
            esac
            printf '%s\t%s\t%s\n' "$(basename "$file" .json)" "$with_runc" "$with_crun"
        done
    } >"$BOX/rows.tsv"
    cp --no-preserve=mode "$BOX/rows.tsv" "$data/rows.tsv"
    exit 0
fi

if [ "$(sed -n '1s/^# //p' "$data/rows.tsv")" = "$versions" ]; then
    measured=yes
else
    measured=no
    echo "# rows.tsv was measured with other runtimes than $versions"
fi

tab=$(printf '\t')
rows=0
while IFS=$tab read -r name runc crun; do
    case $name in '#'*) continue ;; esac
    rows=$((rows + 1))
    if [ "$measured" = yes ]; then
        cp "$data/$name.json" "$bundle/config.json"
        both
        [ "$runc" != '*' ] || with_runc='*'
        is "$name: runc and crun do what was measured" "$with_runc | $with_crun" "$runc | $crun"
    fi
    "$DRAWBOLT" precreate --policy "$policy" <"$data/$name.json" \
        >"$bundle/config.json" 2>"$BOX/stderr"
    status=$?
    case $status in
    1 | 3)
        if [ -s "$bundle/config.json" ]; then
            not_ok "$name: refused without output" "$(cat "$bundle/config.json")"
        else
            like "$name: refused ($status) in one line" "$(cat "$BOX/stderr")" '^drawbolt: '
        fi
        ;;
    0)
        both
        for result in "$with_runc" "$with_crun"; do
            case $name:$result in
            control-*:error | *-control*:error) not_ok "$name: handed on and starts" "$result" ;;
            *:error) ok "$name: handed on, the runtime refuses it" ;;
            *) is "$name: handed on and harmless" "$result" \
                'cap=no raw=no fresh=no filter=2 port=1024 net=own' ;;
            esac
        done
        ;;
    *) not_ok "$name: allowed or refused" "exit status $status: $(cat "$BOX/stderr")" ;;
    esac
    case $name in
    control-safe | control-raw | sysctl-control-1024 | seccomp-control)
        is "$name: a control is handed on" "$status" 0
        ;;
    esac
done <"$data/rows.tsv"
is 'every file has a row' "$rows" "$(find "$data" -name '*.json' | wc -l)"
finish
