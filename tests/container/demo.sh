#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What drawbolt does, shown with real containers on a terminal. Every claim is checked, and the
# exit status is 1 if one does not hold. Called by `./dev demo`; leaves nothing behind.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
box_image >/dev/null

configs=$BOX/src/tests/data/configs
held=0 broken=0

say() { printf '%s\n' "$*"; }

chapter() { printf '\n%s\n' "$*"; }

claim() { # claim TEXT TRUTH: TRUTH is "yes" or what was seen instead
    if [ "$2" = yes ]; then
        held=$((held + 1))
        printf '    [holds]  %s\n' "$1"
    else
        broken=$((broken + 1))
        printf '    [BROKEN] %s\n             but: %s\n' "$1" "$2"
    fi
}

# Shows a command, runs it, shows what it printed.
show() { # show ARGUMENT...: podman ARGUMENT..., sets $out and $status
    printf '  $ podman'
    for word in "$@"; do
        case $word in
        *' '*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    out=$(podman "$@" 2>&1)
    status=$?
    printf '%s\n' "$out" | cut -c1-110 | sed 's/^/      /'
}

seen() { # seen EXTENDED-REGEX: "yes" if the last command printed it
    if printf '%s\n' "$out" | grep -Eq -e "$1"; then echo yes; else echo "'$out'"; fi
}

ended() { # ended EXIT-STATUS: "yes" if the last command did
    if [ "$status" -eq "$1" ]; then echo yes; else echo "exit status $status"; fi
}

failed() {
    if [ "$status" -ne 0 ]; then echo yes; else echo 'it started'; fi
}

raw='native/packet-raw'
builtin=$(box_policy builtin)
box_hook "$BOX/hooks.d" "$DRAWBOLT" precreate --policy "$builtin"
narrow=$(box_policy narrow \
    '{"version": 1, "sysctls": {"net.ipv4.ip_unprivileged_port_start": {"min": 1024}}}')
box_hook "$BOX/narrow.d" "$DRAWBOLT" precreate --policy "$narrow"

say "drawbolt demo: $(podman --version), $(runc --version | head -1), $(crun --version | head -1)"
say "\`probe64\` is a static program in the container that asks the kernel for sockets."

chapter 'Without drawbolt: a container that may have NET_RAW opens a packet socket.'
for runtime in runc crun; do
    show --runtime=$runtime run --rm --cap-add NET_RAW localhost/probe probe64 --no-userns --only "$raw"
    claim "$runtime: the packet socket opens" "$(seen "^$raw raw open domain=17 type=3 ")"
done

chapter 'With drawbolt as precreate hook: the same container starts, and has no raw socket.'
for runtime in runc crun; do
    gate="--hooks-dir=$BOX/hooks.d"
    show "$gate" --runtime=$runtime run --rm --cap-add NET_RAW localhost/probe \
        probe64 --no-userns --only "$raw"
    claim "$runtime: the container starts and the packet socket is denied" "$(seen "^$raw raw EPERM$")"
    for probe in $probes; do
        out=$(podman "$gate" --runtime=$runtime run --rm --cap-add NET_RAW localhost/probe \
            "$probe" --expect-denied 2>&1)
        status=$?
        tried=$(printf '%s\n' "$out" | sed -n 's/^probe: \([0-9]*\) ways.*/\1/p')
        claim "$runtime: $probe tried $tried ways (32-bit calls, io_uring, a new user namespace): \
raw ones closed, TCP, UDP, Unix, netlink and ping sockets open" "$(ended 0)"
    done
    show "$gate" --runtime=$runtime run --rm localhost/probe ping -c 1 127.0.0.1
    claim "$runtime: ping works" "$(seen ' 1 received, 0% packet loss')"
    podman "$gate" --runtime=$runtime run -d --name demo localhost/probe sleep 1000 >/dev/null
    show exec --privileged demo probe64 --no-userns --only "$raw"
    claim "$runtime: exec --privileged brings no raw socket back" "$(seen "^$raw raw EPERM$")"
    podman rm -f -t 0 demo >/dev/null
done

chapter 'A port-start sysctl outside the policy (here: at least 1024) is refused in one sentence.'
show "--hooks-dir=$BOX/narrow.d" run --rm --sysctl net.ipv4.ip_unprivileged_port_start=80 \
    localhost/probe echo started
claim 'it does not start' "$(failed)"
claim 'the reason is on the terminal' "$(seen '^drawbolt: refused: .+ \(rule port-start-range[,;)]')"

chapter 'A privileged container is refused.'
show "--hooks-dir=$BOX/hooks.d" run --rm --privileged localhost/probe echo started
claim 'it does not start' "$(failed)"
claim 'the reason is on the terminal' "$(seen '^drawbolt: refused: .+ \(rule privileged[,;)]')"

chapter 'What the rewrite changes, and nothing else: a config.json that podman wrote.'
say "  \$ drawbolt check --diff podman-cap-add-net-raw.json"
out=$("$DRAWBOLT" check --policy "$builtin" --diff "$configs/podman-cap-add-net-raw.json" 2>&1 |
    sed -n '/^@@/,$p')
printf '%s\n' "$out" | cut -c1-110 | sed 's/^/      /'
claim 'CAP_NET_RAW is taken out' "$(seen '^ *-.*CAP_NET_RAW')"
claim 'the seccomp profile is changed' "$(seen '^ *@@ /linux/seccomp')"

chapter "$held claims hold, $broken do not."
[ "$broken" -eq 0 ]
