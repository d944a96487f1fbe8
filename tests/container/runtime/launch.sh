#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the real runtime is started with, and which program drawbolt takes for it.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
bundle=$BOX/bundle

report() { # report PROGRAM WORD...: what it was started with, by an unusual caller
    python3 - "$@" <<'END'
import os, signal, subprocess, sys

def prepare():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGUSR2])
    os.kill(os.getpid(), signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 3000)
    os.umask(0o027)
    for fd in (7, 8):
        os.dup2(os.open("/dev/zero", os.O_RDONLY), fd)
    os.close(2)

done = subprocess.run(sys.argv[1:], preexec_fn=prepare, input=b"one\ntwo\n", close_fds=False,
                      stdout=subprocess.PIPE, env={"A": "1", "B": "", "REPORT_STATUS": "42"})
sys.stdout.buffer.write(done.stdout)
print("status", done.returncode)
END
}

same_start() { # same_start NAME WORD...: with and without drawbolt
    name=$1
    shift
    but='/^env DRAWBOLT_TURNS=1$/d; s/^arg 0 .*//; s/pipe:\[[0-9]*\]/pipe/; s/^SigQ.*//'
    without=$(cd "$bundle" && report "$BOX/real/runc" "$@" | sed "$but")
    with=$(cd "$bundle" && report "$wrap/runc" "$@" | sed "$but")
    like "$name: the runtime was started" "$with" '^status 42$'
    is "$name: it is started alike" "$(diff <(echo "$without") <(echo "$with"))" ''
}

launched_alike() {
    box_bundle "$bundle" runc '.'
    same_start 'state' state abc
    same_start 'update, with standard input' update --resources=- abc
    same_start 'an unknown command' brand-new -x abc
    same_start 'no command'
    same_start 'create, rewritten' create -b "$bundle" abc
    same_start 'create, left as it is' create --bundle "$bundle" --preserve-fds 4 abc
    same_start 'restore' restore --bundle "$bundle" --image-path /i abc
    is 'restore: what the checkpoint holds is not checked' \
        "$(last '[.unchecked[].rule] | index("raw-sockets") != null')" true
    like 'argv[0] is as it was' "$(report "$wrap/drawbolt-runc" state)" "^arg 0 '$wrap/drawbolt-runc'"
    like 'argv[0] of drawbolt runtime is the name' "$("$DRAWBOLT" runtime runc state </dev/null)" \
        "^arg 0 'runc'"
    echo '{"args": ["id"], "cwd": "/", "capabilities": {}}' >"$BOX/p.json"
    with=$(report "$wrap/runc" exec -p "$BOX/p.json" --preserve-fds 9 abc)
    like 'exec: the process file is a sealed copy' "$with" "^arg 3 '/proc/self/fd/1[2-9]'"
    is 'exec: one descriptor more' "$(printf '%s\n' "$with" | grep -c '^fd .*memfd:drawbolt')" 1
}

broken_policy() {
    box_bundle "$bundle" runc '.'
    printf 'not json' >/etc/drawbolt/policy.json
    call "$wrap/crun" --version
    is 'a broken policy: what is not judged goes on' "$status" 0
    call "$wrap/crun" run -b "$bundle" x
    is 'a broken policy: what is judged does not' "$status" 4
    call "$wrap/crun" exec x true
    is 'a broken policy: nor does exec' "$status" 4
}

drawbolt_itself() {
    box_bundle "$bundle" runc '.'
    mkdir -p "$BOX/loop"
    cp "$DRAWBOLT" "$BOX/loop/copy"
    ln -sf "$DRAWBOLT" "$BOX/loop/link"
    for real in "$DRAWBOLT" "$BOX/loop/link" "$wrap/runc" "$BOX/loop/copy"; do
        real_runc=$real policy
        for words in "run -b $bundle x" 'state x'; do
            # shellcheck disable=SC2086 # words are meant
            call "$wrap/runc" $words
            is_error "drawbolt as the runtime ($real, ${words%% *})" 4 'is drawbolt itself'
        done
    done
}

unsafe_runtimes() {
    real_runc=/nowhere/runc policy
    call "$wrap/runc" state x
    is_error 'a missing runtime' 5 "the runtime '/nowhere/runc' is not there"
    stand_in "$BOX/open/runc"
    real_runc=$BOX/open/runc policy
    chmod 777 "$BOX/open"
    call "$wrap/runc" state x
    is_error 'a runtime that others can replace' 4 'can be written by others'
    chmod 755 "$BOX/open"
    chmod 775 "$BOX/open/runc"
    call "$wrap/runc" state x
    is_error 'a runtime that others can write' 4 'can be written by others'
    chmod 755 "$BOX/open/runc"
    chown 5 "$BOX/open/runc"
    call "$wrap/runc" state x
    is_error "a user's runtime" 4 'belongs to user 5'
}

script_that_loops() {
    mkdir -p "$BOX/loop"
    printf '#!/bin/sh\nexec %s "$@"\n' "$wrap/runc" >"$BOX/loop/script"
    chmod 755 "$BOX/loop/script"
    box_bundle "$bundle" runc '.'
    real_runc=$BOX/loop/script policy
    for words in "run -b $bundle x" 'state x'; do
        # shellcheck disable=SC2086 # words are meant
        call "$wrap/runc" $words
        is_error "a script that starts drawbolt again (${words%% *})" 4 \
            'the runtime starts drawbolt again and again$'
    done
    printf '#include <unistd.h>\nint main(int n, char **v) { return n != 0 && execv("%s", v); }\n' \
        "$wrap/runc" >"$BOX/loop/program.c"
    cc -o "$BOX/loop/program" "$BOX/loop/program.c" || box_die 'no compiler'
    real_runc=$BOX/loop/program policy
    : >"$log"
    call "$wrap/runc" run -b "$bundle" x
    is_error 'a program that starts drawbolt again' 4 'the runtime starts drawbolt again and again$'
    is 'a program that starts drawbolt again: eight decisions' "$(jq -s length "$log")" 8
}

# Nobody reads what it says, and it ends all the same; and what it says last is in the runtime's log.
unheard() {
    policy
    box_bundle "$bundle" runc 'del(.linux.namespaces[] | select(.type == "network"))'
    mkfifo "$BOX/unread"
    exec 8<>"$BOX/unread"
    dd if=/dev/zero bs=4096 count=16 of="$BOX/unread" conv=notrunc status=none
    timeout 20 "$wrap/runc" create -b "$bundle" x 2>"$BOX/unread" </dev/null
    is 'a refusal that nobody reads' "$?" 1
    exec 8>&-
    mkdir "$BOX/huge"
    box_bundle "$bundle" runc '.'
    jq -c '.process.env += [range(300000) | "VARIABLE_\(.)"]' "$bundle/config.json" >"$BOX/huge/config.json"
    for runtime in runc crun; do
        for form in json text; do
            rm -f "$BOX/runtime.log"
            (
                ulimit -v 30000
                exec "$wrap/$runtime" --log "$BOX/runtime.log" --log-format "$form" create -b "$BOX/huge" x
            ) 2>/dev/null </dev/null
            is "$runtime, $form: no memory" "$?" 5
            case $form-$runtime in
            json-*) said=$(jq -r '.level + " " + .msg' "$BOX/runtime.log") ;;
            text-runc) said=$(sed 's/^time="[^"]*" level=\([a-z]*\) msg="\(.*\)"$/\1 \2/' "$BOX/runtime.log") ;;
            *) said="error $(cat "$BOX/runtime.log")" ;;
            esac
            is "$runtime, $form: no memory: the runtime's log says so" "$said" \
                'error drawbolt: error: out of memory'
        done
    done
}

# Sockets that the caller hands to the container are open ports of it.
handed() { # handed KIND PORT DESCRIPTOR WORD...: as call, with such a socket
    out=$(timeout 60 python3 "$BOX/src/tests/container/inside/listen.py" "$@" 2>"$BOX/stderr" </dev/null)
    status=$?
    err=$(cat "$BOX/stderr")
}

is_port_83() { # is_port_83 NAME PROTOCOL
    is_refusal "$1" "$err" host-port-privileged
    is "$1: the record" "$(last '.ports[] | "\(.host) \(.protocol) \(.source)"')" "83 $2 inherited socket"
}

inherited_sockets() {
    policy
    box_bundle "$bundle" runc '.process.args = ["true"]'
    for kind in tcp mptcp udp udp-connected; do
        new_id
        handed "$kind" 83 3 "$wrap/runc" run --preserve-fds 1 --bundle "$bundle" "$id"
        is_port_83 "a $kind socket at port 83 by --preserve-fds" "$(printf %.3s "${kind#mp}")"
        handed "$kind" 8083 3 "$wrap/runc" run --preserve-fds 1 --bundle "$bundle" "$id"
        is "a $kind socket at port 8083: the container runs" "$status $err" '0 '
    done
    new_id
    handed tcp 83 3 env LISTEN_FDS=1 "$wrap/runc" run --bundle "$bundle" "$id"
    is_port_83 'a socket at port 83 by LISTEN_FDS' tcp
    handed tcp 83 0 "$wrap/runc" run --bundle "$bundle" "$id"
    is_port_83 'a socket at port 83 as standard input' tcp
    for word in +1 01 0x1 1x; do
        handed tcp 83 3 "$wrap/runc" run --preserve-fds "$word" --bundle "$bundle" "$id"
        is_error "--preserve-fds $word" 2 "'[$word]+' is no number"
        handed tcp 83 3 env LISTEN_FDS="$word" "$wrap/crun" run --bundle "$bundle" "$id"
        is_error "LISTEN_FDS=$word" 2 "'[$word]+' is no number"
    done
    handed accepted 83 0 "$wrap/runc" run --bundle "$bundle" "$id"
    is 'a connection to port 83 as standard input: the container runs' "$status $err" '0 '
    policy '"ports": {"sources": ["engine", "annotations"]}'
    box_bundle "$bundle" runc '.process.args = ["true"] | .annotations = {"nerdctl/ports": "[]"}'
    handed tcp 83 0 "$wrap/runc" run --bundle "$bundle" "$id"
    is_port_83 'a socket at port 83, and an annotation that tells no ports' tcp
    new_id
    policy '"ports": {"hostNetwork": {"action": "report"}}'
    box_bundle "$bundle" runc '.process.args = ["true"] | .linux.namespaces |= map(select(.type != "network"))'
    handed tcp 83 0 "$wrap/runc" run --bundle "$bundle" "$id"
    is_port_83 "a socket at port 83 in the host's network" tcp
    policy
    box_bundle "$bundle" runc '.process.args = ["sleep", "60"]'
    new_id
    "$wrap/runc" run -d --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
    handed tcp 83 3 "$wrap/runc" exec --preserve-fds 1 "$id" true
    is_port_83 'exec: a socket at port 83' tcp
    handed tcp 8083 3 "$wrap/runc" exec --preserve-fds 1 "$id" true
    is 'exec: a socket at port 8083: it runs' "$status $err" '0 '
    runc delete -f "$id"
}

# Commands that are not judged find the runtime under any policy if it is beside drawbolt, or where a
# policy that is JSON says; what is judged never starts.
diverted_to() { # diverted_to PLACE: where runc is
    for text in "{\"version\": 1, \"runtimes\": {\"runc\": \"$1\"}, \"bogus\": 1}" '{"version": 1,' '' \
        '{"runtimes": {"runc": 5}}' '{"runtimes": {"runc": "/usr/sbin/runc"}}' unsafe absent; do
        printf '%s\n' "$text" >/etc/drawbolt/policy.json
        chmod 644 /etc/drawbolt/policy.json
        case $text in
        absent) rm /etc/drawbolt/policy.json ;;
        unsafe) chmod 666 /etc/drawbolt/policy.json ;;
        esac
        case $1:$text in
        /usr/sbin/*:* | *bogus*) wanted=42 ;;
        *) wanted=4 ;;
        esac
        for words in 'state x' 'kill x KILL' 'delete -f x' --version; do
            # shellcheck disable=SC2086 # words are meant
            REPORT_STATUS=42 call /usr/sbin/runc $words
            is "runc at $1, policy '$text': $words" "$status" "$wanted"
        done
        for words in "create -b $bundle x" "run -b $bundle x" 'exec x true' "restore -b $bundle x"; do
            # shellcheck disable=SC2086 # words are meant
            REPORT_STATUS=42 call /usr/sbin/runc $words
            isnot "runc at $1, policy '$text': ${words%% *} fails" "$status" 42
        done
    done
    rm -f /etc/drawbolt/policy.json
}

# drawbolt in the place of runc, as by dpkg-divert, in a /usr/sbin of the box's own.
diverted() {
    box_bundle "$bundle" runc '.'
    mkdir -p "$BOX/sbin/upper" "$BOX/sbin/work"
    if [ "$(realpath "$real_runc")" != /usr/sbin/runc ] || ! mount -t overlay -o \
        "lowerdir=/usr/sbin,upperdir=$BOX/sbin/upper,workdir=$BOX/sbin/work" overlay /usr/sbin; then
        skip 'drawbolt in the place of runc' 'no /usr/sbin'
        return
    fi
    rm -f /usr/sbin/runc
    cp "$DRAWBOLT" /usr/sbin/runc
    for at in /usr/sbin/runc.real /usr/sbin/runc.distrib "$BOX/elsewhere/runc"; do
        stand_in "$at"
        diverted_to "$at"
        rm "$at"
    done
    stand_in /usr/sbin/runc.real
    chmod 757 /usr/sbin/runc.real
    echo '{' >/etc/drawbolt/policy.json
    REPORT_STATUS=42 call /usr/sbin/runc state x
    is 'a runc.real that others can write is not taken' "$status" 4
    like 'and the policy is what is wrong' "$err" "^drawbolt: error: policy '/etc/drawbolt/policy.json'"
    umount /usr/sbin
}

stand_in "$BOX/real/runc"
real_runc=$BOX/real/runc policy
launched_alike
policy
broken_policy
drawbolt_itself
unsafe_runtimes
script_that_loops
unheard
inherited_sockets
diverted
finish
