#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt in front of runc and crun: by links, bare and under podman.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
mkdir -p "$BOX/rootfs/bin"
# What the kernel says of a process, and whether it can open a raw socket.
printf '#!/bin/sh\ncat /proc/self/status\nexec /bin/probe64 --only "*/inet-raw-icmp"\n' \
    >"$BOX/rootfs/bin/look"
chmod 755 "$BOX/rootfs/bin/look"
box_image

# The links take no --policy: an /etc of the box's own.
own_etc() {
    mkdir -p "$BOX/own-etc/upper" "$BOX/own-etc/work"
    cp -a /etc/containers "$BOX/own-etc/containers"
    mount -t overlay -o "lowerdir=/etc,upperdir=$BOX/own-etc/upper,workdir=$BOX/own-etc/work" \
        overlay /etc || return
    mkdir -p /etc/drawbolt
    mount --bind "$BOX/own-etc/containers" /etc/containers
}
own_etc || box_die 'no /etc'

real_runc=$(command -v runc)
real_crun=$(command -v crun)
wrap=$BOX/wrap
mkdir "$wrap"
for name in runc crun drawbolt-runc drawbolt-crun; do
    ln -s "$DRAWBOLT" "$wrap/$name"
done
bundle=$BOX/bundle
log=/var/log/drawbolt/decisions.jsonl
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'
count=0

policy() { # policy [MEMBERS]: the one in force
    printf '{"version": 1, "runtimes": {"runc": "%s", "crun": "%s"}%s}\n' \
        "$real_runc" "$real_crun" "${1:+, $1}" >/etc/drawbolt/policy.json
}

last() { # last JQ-PROGRAM: of the last decision
    tail -n 1 "$log" | jq -r "$1"
}

call() { # call WORD...: sets $out, $err, $status
    out=$(timeout 60 "$@" 2>"$BOX/stderr" </dev/null)
    status=$?
    err=$(cat "$BOX/stderr")
}

new_id() {
    count=$((count + 1))
    id=wrap$count
}

# CapEff, CapPrm and CapBnd in the text, with the bits of NET_RAW and SYS_ADMIN: "" or what is there.
too_much() { # too_much TEXT
    printf '%s\n' "$1" | sed -n 's/^Cap...:[[:space:]]*//p' | while read -r set; do
        [ $((0x$set & (1 << 13 | 1 << 21))) -eq 0 ] || echo "$set"
    done
}

harmless() { # harmless NAME TEXT: all five sets are there, and none has more than it may
    if [ "$(printf '%s\n' "$2" | grep -c '^Cap...:')" != 5 ]; then
        not_ok "$1" "no capability sets in: $2"
    else
        is "$1" "$(too_much "$2")" ''
    fi
}

state() { # of a file: inode, mtime, mode, owner, digest
    stat -c '%i %y %a %u:%g' "$1"
    sha256sum <"$1"
}

policy

# --- spellings ------------------------------------------------------------------------------------

# Each line is started for real. BUNDLE, ID, PROCESS and the rest stand for what their names say; the
# working directory is the bundle's. A line may end in three ways: within the policy, refused by
# drawbolt, or with an error of the runtime's own.
start_spellings() {
    cat <<'END'
both run -b BUNDLE ID
both run --bundle BUNDLE ID
both run --bundle=BUNDLE ID
both run --bundle BUNDLE/ ID
both run --bundle BUNDLE/. ID
both run --bundle BUNDLE/../bundle ID
both run --bundle . ID
both run --bundle ../bundle ID
both run --bundle LINK ID
both run ID
both run -- ID
both -- run ID
both run -b /nowhere -b BUNDLE ID
both run --bundle /nowhere --bundle=BUNDLE ID
both run --pid-file PIDFILE --bundle BUNDLE ID
both run --no-new-keyring --bundle BUNDLE ID
both run --no-subreaper -b BUNDLE ID
both run --preserve-fds 0 -b BUNDLE ID
both run --preserve-fds=0 --no-new-keyring --pid-file=PIDFILE -b BUNDLE ID
both --root ROOT run --bundle BUNDLE ID
both --root=ROOT run --bundle BUNDLE ID
both --debug --root ROOT run ID
both --log LOG run -b BUNDLE ID
both --log=LOG --log-format=json run -b BUNDLE ID
both --log LOG --log-format json --root ROOT run -b BUNDLE ID
both --rootless false run -b BUNDLE ID
both --rootless=false --debug run ID
both run -b BUNDLE -- ID
both run ID --bundle BUNDLE
both run --no-pivot ID --bundle BUNDLE
both run BUNDLE --bundle
runc run -b=BUNDLE ID
runc run --b BUNDLE ID
runc run --b=BUNDLE ID
runc run -bundle BUNDLE ID
runc run -bundle=BUNDLE ID
runc run --bundle= ID
runc run ID -b BUNDLE
runc run ID -bundle=BUNDLE
runc run ID --bundle=BUNDLE --no-new-keyring
runc run --no-new-keyring=false -b BUNDLE ID
runc run --no-new-keyring=false ID -b BUNDLE
runc run -b /nowhere --bundle BUNDLE ID
runc -root ROOT run -b BUNDLE ID
runc -root=ROOT -debug run -b BUNDLE ID
runc --systemd-cgroup=false run -b BUNDLE ID
runc --debug=true run -b BUNDLE ID
crun run -bBUNDLE ID
crun run --bun BUNDLE ID
crun run --bun=BUNDLE ID
crun run --b BUNDLE ID
crun run -b /nowhere -bBUNDLE ID
crun run -b /nowhere --bund=BUNDLE ID
crun run --config config.json ID
crun run --config=BUNDLE/config.json ID
crun run -b BUNDLE -f config.json ID
crun run -b EMPTY -f BUNDLE/config.json ID
crun run -f other.json ID
crun run -fother.json ID
crun run -b EMPTY -f ./other.json ID
crun run -b EMPTY -f./other.json ID
crun run --conf other.json -b BUNDLE ID
crun run --no-new-k -b BUNDLE ID
crun run --no-n --no-s -bBUNDLE ID
crun run --pre 0 -b BUNDLE ID
crun run --HANG=0 -b BUNDLE ID
crun run --program-name=-b -b BUNDLE ID
crun --cgroup-m=cgroupfs run -b BUNDLE ID
crun --deb run -b BUNDLE ID
END
}

exec_spellings() {
    cat <<'END'
both exec -p PROCESS ID
both exec --process PROCESS ID
both exec --process=PROCESS ID
both exec --process process.json ID
both exec --process ./process.json ID
both exec --process /dev/stdin ID
both exec --process PROCESSLINK ID
both exec -p /nowhere -p PROCESS ID
both exec -p CLEAN -p PROCESS ID
both exec -p PROCESS -- ID
both exec -p PROCESS ID STATUS
both exec --process PROCESS --cap CAP_SYS_ADMIN ID
both exec --process PROCESS --preserve-fds 0 ID
both exec --pid-file PIDFILE --process PROCESS ID
both exec --user 0 --process PROCESS ID
both exec -p BOUNDING ID
both exec --process BOUNDING ID
both exec ID STATUS
both exec -- ID STATUS
both exec -e A=-p ID STATUS
both exec -e -p ID STATUS
both exec --env --process ID STATUS
both exec --cap CAP_NET_RAW ID STATUS
both exec --cap=CAP_NET_RAW ID STATUS
both exec --cap CAP_NET_RAW --cap CAP_SYS_ADMIN ID STATUS
both exec --cap CAP_CHOWN --cap=CAP_NET_RAW --cap CAP_KILL ID STATUS
both exec -c CAP_NET_RAW ID STATUS
both exec --cap cap_net_raw ID STATUS
both exec --cap 13 --cap 21 ID STATUS
both exec --cap CAP_NET_RAW,x ID STATUS
both exec --cap NET_RAW ID STATUS
both exec --cap CAP_BOGUS ID STATUS
both exec -u 5 --cap CAP_NET_RAW ID STATUS
both exec --user 5:6 --cap CAP_NET_RAW ID STATUS
both exec --user=0 --cap CAP_SYS_ADMIN ID STATUS
both exec --no-new-privs --cap CAP_NET_RAW ID STATUS
both exec --cap CAP_NET_RAW -- ID STATUS
both exec --cap CAP_NET_RAW -e A=B --cwd / ID STATUS
both exec --cap CAP_NET_RAW ID STATUS --cap CAP_CHOWN
both --debug exec --cap CAP_NET_RAW ID STATUS
both --log LOG exec --cap CAP_NET_RAW ID STATUS
both --log=LOG --log-format=json exec --process=PROCESS ID
runc exec -p=PROCESS ID
runc exec -process PROCESS ID
runc exec -process=PROCESS ID
runc exec --p=PROCESS ID
runc exec -c=CAP_NET_RAW ID STATUS
runc exec -cap CAP_NET_RAW ID STATUS
runc exec --c CAP_NET_RAW ID STATUS
runc exec -p PROCESS --process CLEAN ID
runc exec --process= --cap CAP_NET_RAW ID STATUS
crun exec -pPROCESS ID
crun exec -p CLEAN -pPROCESS ID
crun exec --no-n --proces PROCESS ID
crun exec -cCAP_NET_RAW ID STATUS
crun exec -c CAP_CHOWN -cCAP_NET_RAW ID STATUS
crun exec --ca CAP_NET_RAW ID STATUS
crun exec --no-new-p --cap=CAP_NET_RAW ID STATUS
crun exec -u5 -cCAP_NET_RAW ID STATUS
crun exec -e-p -cCAP_NET_RAW ID STATUS
END
}

# The line with everything filled in, run: $out, $err, $status, and $how it ended.
try() { # try LINE: without its first word
    words=$1
    words=${words//BUNDLE/$bundle} words=${words//PIDFILE/$BOX/pidfile} words=${words//LINK/$BOX/link}
    words=${words//PROCESS$BOX\/link/$BOX/process-link}
    words=${words//PROCESS/$bundle/process.json} words=${words//BOUNDING/$BOX/bounding.json}
    words=${words//CLEAN/$BOX/clean.json} words=${words//EMPTY/$BOX/empty}
    words=${words//ROOT/$BOX/root} words=${words//LOG/$BOX/call.log}
    words=${words//STATUS/\/bin\/look} words=${words//ID/$id}
    # shellcheck disable=SC2086 # words are meant
    out=$(cd "$bundle" && timeout 60 "$wrap/$runtime" $words 2>"$BOX/stderr" <"$bundle/process.json")
    status=$?
    err=$(cat "$BOX/stderr")
    if printf '%s\n' "$out" | grep -q '^CapBnd:'; then
        how=started
    elif printf '%s\n' "$err" | grep -q '^drawbolt: '; then
        how=refused
    else
        how=failed
    fi
}

judge_spelling() { # judge_spelling NAME: of what was tried
    counts[$how]=$((${counts[$how]:-0} + 1))
    case $how in
    started)
        harmless "$1" "$out"
        like "$1: no raw socket" "$out" '^probe: [0-9]+ ways, 0 raw open'
        ;;
    refused) ok "$1: refused ($(printf '%s\n' "$err" | grep -m1 '^drawbolt: '))" ;;
    failed) ok "$1: the runtime's own error ($(printf '%s\n' "$err" | grep -m1 .))" ;;
    esac
}

spellings() {
    declare -A counts=()
    probe='.process.args = ["look"]'
    mkdir -p "$BOX/empty" "$BOX/root"
    ln -sfn "$bundle" "$BOX/link"
    while read -r whose line; do
        [ "$whose" = both ] || [ "$whose" = "$runtime" ] || continue
        new_id
        box_bundle "$bundle" "$runtime" "$probe | $raw"
        cp "$bundle/config.json" "$bundle/other.json"
        : >"$bundle/process.json"
        try "$line"
        judge_spelling "$runtime: $line"
        "$runtime" delete --force "$id" 2>/dev/null
        "$runtime" --root "$BOX/root" delete --force "$id" 2>/dev/null
    done < <(start_spellings)
    is "$runtime: at least 30 of these start" "$((${counts[started]:-0} >= 30))" 1

    counts=()
    box_bundle "$bundle" "$runtime" '.process.args = ["sleep", "1000"]'
    new_id
    "$wrap/$runtime" run -d -b "$bundle" "$id" </dev/null >/dev/null 2>&1
    process='.process | .args = ["/bin/look"]'
    caps='["CAP_CHOWN", "CAP_NET_RAW", "CAP_SYS_ADMIN"]'
    jq -c "$process" "$bundle/config.json" >"$BOX/clean.json"
    jq -c "$process | .capabilities = (.capabilities | map_values($caps))" "$bundle/config.json" \
        >"$bundle/process.json"
    jq -c "$process | .user.uid = 5 | .capabilities.bounding = $caps" "$bundle/config.json" \
        >"$BOX/bounding.json"
    ln -sf "$bundle/process.json" "$BOX/process-link"
    while read -r whose line; do
        [ "$whose" = both ] || [ "$whose" = "$runtime" ] || continue
        try "$line"
        judge_spelling "$runtime: $line"
    done < <(exec_spellings)
    is "$runtime: at least 30 of these run" "$((${counts[started]:-0} >= 30))" 1
    "$runtime" delete --force "$id"
}

# --- what the runtime is started with -------------------------------------------------------------

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
    cp "$BOX/report" "$BOX/real/runc"
    but='s/^arg 0 .*//; s/pipe:\[[0-9]*\]/pipe/; s/^SigQ.*//'
    without=$(cd "$bundle" && report "$BOX/real/runc" "$@" | sed "$but")
    with=$(cd "$bundle" && report "$wrap/runc" "$@" | sed "$but")
    like "$name: the runtime was started" "$with" '^status 42$'
    is "$name: it is started alike" "$(diff <(echo "$without") <(echo "$with"))" ''
}

starts() {
    mkdir -p "$BOX/real"
    cc -O1 -w -o "$BOX/report" "$BOX/src/tests/container/inside/report.c" || box_die 'no report'
    real_runc=$BOX/real/runc policy
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

    printf 'not json' >/etc/drawbolt/policy.json
    call "$wrap/crun" --version
    is 'a broken policy: what is not judged goes on' "$status" 0
    call "$wrap/crun" run -b "$bundle" x
    is 'a broken policy: what is judged does not' "$status" 4
    call "$wrap/crun" exec x true
    is 'a broken policy: nor does exec' "$status" 4
    policy
}

which_runtime() {
    box_bundle "$bundle" runc '.'
    mkdir -p "$BOX/loop"
    cp "$DRAWBOLT" "$BOX/loop/copy"
    ln -sf "$DRAWBOLT" "$BOX/loop/link"
    for real in "$DRAWBOLT" "$BOX/loop/link" "$wrap/runc" "$BOX/loop/copy"; do
        real_runc=$real policy
        for word in state run; do
            case $word in
            run) call "$wrap/runc" run -b "$bundle" x ;;
            *) call "$wrap/runc" "$word" x ;;
            esac
            is "drawbolt as the runtime ($real, $word) is refused" "$status" 4
            like "drawbolt as the runtime ($real, $word): in a sentence" "$err" 'is drawbolt itself'
        done
    done
    real_runc=/nowhere/runc policy
    call "$wrap/runc" state x
    is 'a missing runtime' "$status" 5
    like 'a missing runtime: in a sentence' "$err" "^drawbolt: error: the runtime '/nowhere/runc' is not there"
    mkdir -m 777 "$BOX/open"
    cp "$BOX/report" "$BOX/open/runc"
    real_runc=$BOX/open/runc policy
    call "$wrap/runc" state x
    is 'a runtime that others can replace is refused' "$status" 4
    chmod 755 "$BOX/open"
    chmod 775 "$BOX/open/runc"
    call "$wrap/runc" state x
    is 'a runtime that others can write is refused' "$status" 4
    chmod 755 "$BOX/open/runc"
    chown 5 "$BOX/open/runc"
    call "$wrap/runc" state x
    is "a user's runtime is refused" "$status" 4
    printf '#!/bin/sh\nexec %s "$@"\n' "$wrap/runc" >"$BOX/loop/script"
    chmod 755 "$BOX/loop/script"
    real_runc=$BOX/loop/script policy
    for word in state run; do
        case $word in
        run) call "$wrap/runc" run -b "$bundle" x ;;
        *) call "$wrap/runc" "$word" x ;;
        esac
        is "a script that starts drawbolt again ($word) is refused" "$status" 4
        like "a script that starts drawbolt again ($word): in a sentence" "$err" \
            '^drawbolt: error: the runtime is a script that starts drawbolt again$'
    done
    policy
}

# Nobody reads what it says, and it ends all the same; and what it says last is in the runtime's log.
unheard() {
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
    for form in json text; do
        for runtime in runc crun; do
            rm -f "$BOX/runtime.log"
            (
                ulimit -v 30000
                exec "$wrap/$runtime" --log "$BOX/runtime.log" \
                    --log-format "$form" create -b "$BOX/huge" x
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

# drawbolt in the place of runc, as by dpkg-divert, in a /usr/sbin of the box's own.
diverted() {
    box_bundle "$bundle" runc '.'
    mkdir -p "$BOX/sbin/upper" "$BOX/sbin/work" "$BOX/elsewhere"
    if [ "$(realpath "$real_runc")" != /usr/sbin/runc ] || ! mount -t overlay -o \
        "lowerdir=/usr/sbin,upperdir=$BOX/sbin/upper,workdir=$BOX/sbin/work" overlay /usr/sbin; then
        skip 'drawbolt in the place of runc' 'no /usr/sbin'
        return
    fi
    rm -f /usr/sbin/runc
    cp "$DRAWBOLT" /usr/sbin/runc
    for at in /usr/sbin/runc.real /usr/sbin/runc.distrib "$BOX/elsewhere/runc"; do
        cp "$BOX/report" "$at"
        chmod 755 "$at"
        for text in "{\"version\": 1, \"runtimes\": {\"runc\": \"$at\"}, \"bogus\": 1}" '{"version": 1,' '' \
            '{"runtimes": {"runc": 5}}' '{"runtimes": {"runc": "/usr/sbin/runc"}}' unsafe absent; do
            case $text in
            absent) rm /etc/drawbolt/policy.json ;;
            *) printf '%s\n' "$text" >/etc/drawbolt/policy.json ;;
            esac
            [ "$text" != unsafe ] || chmod 666 /etc/drawbolt/policy.json
            case $at:$text in
            /usr/sbin/*:* | *bogus*) wanted=42 ;;
            *) wanted=4 ;;
            esac
            for words in 'state x' 'kill x KILL' 'delete -f x' --version; do
                # shellcheck disable=SC2086 # words are meant
                REPORT_STATUS=42 call /usr/sbin/runc $words
                is "runc at $at, policy '$text': $words" "$status" "$wanted"
            done
            for words in "create -b $bundle x" "run -b $bundle x" 'exec x true' "restore -b $bundle x"; do
                # shellcheck disable=SC2086 # words are meant
                REPORT_STATUS=42 call /usr/sbin/runc $words
                isnot "runc at $at, policy '$text': ${words%% *} fails" "$status" 42
            done
            chmod 644 /etc/drawbolt/policy.json 2>/dev/null
        done
        rm "$at"
    done
    cp "$BOX/report" /usr/sbin/runc.real
    chmod 757 /usr/sbin/runc.real
    echo '{' >/etc/drawbolt/policy.json
    REPORT_STATUS=42 call /usr/sbin/runc state x
    is 'a runc.real that others can write is not taken' "$status" 4
    like 'and the policy is what is wrong' "$err" "^drawbolt: error: policy '/etc/drawbolt/policy.json'"
    umount /usr/sbin
    policy
}

# --- bad bundles, refusals ------------------------------------------------------------------------

is_error() { # is_error NAME STATUS REGEX
    is "$1" "$status" "$2"
    like "$1: in a sentence" "$err" "^drawbolt: error: .*$3"
}

bad_bundles() {
    bad=$BOX/bad
    rm -rf "$bad"
    mkdir "$bad"
    box_bundle "$bundle" runc '.'
    call "$wrap/runc" run -b "$bad" x
    is_error 'no config.json' 3 'ENOENT'
    mkfifo "$bad/config.json"
    call timeout 5 "$wrap/runc" run -b "$bad" x
    is_error 'a FIFO' 3 'not a regular file'
    rm "$bad/config.json"
    ln -s "$bundle/config.json" "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a symbolic link' 3 'a symbolic link'
    rm "$bad/config.json"
    mkdir "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a directory' 3 'not a regular file'
    rmdir "$bad/config.json"
    cp "$bundle/config.json" "$bad/config.json"
    chmod 666 "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a file that every user can write' 3 'every user'
    chmod 664 "$bad/config.json"
    chgrp 5 "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a file that a group can write' 3 'group 5'
    chgrp 0 "$bad/config.json"
    chmod 644 "$bad/config.json"
    chmod 777 "$bad"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a directory that every user can write' 3 'every user'
    chmod 755 "$bad"
    chown 5 "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error "a user's file" 3 'belongs to user 5'
    chown 0 "$bad/config.json"
    chown 5 "$bad"
    call "$wrap/runc" run -b "$bad" x
    is_error "a user's directory" 3 'belongs to user 5'
    chown 0 "$bad"
    chown 0:5 "$bad"
    chmod 775 "$bad"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a directory that a group can write' 3 'group 5'
    chown 0:0 "$bad"
    chmod 755 "$bad"
    mkdir -p "$BOX/users"
    chown 5 "$BOX/users"
    for at in /tmp "$BOX/users"; do
        ln -sfn "$bundle" "$at/link"
        chown -h 5 "$at/link"
        call "$wrap/runc" run -b "$at/link" x
        is_error "a user's link in $at on the way" 3 'belongs to user 5'
        rm "$at/link"
    done
    ln -s "$bundle" /tmp/link
    cp "$BOX/report" "$BOX/real/runc"
    real_runc=$BOX/real/runc policy
    REPORT_STATUS=42 call "$wrap/runc" run -b /tmp/link x
    is 'an own link in /tmp on the way is none' "$status" 42
    rm /tmp/link
    mkdir -m 700 "$BOX/closed"
    cp -a "$bundle" "$BOX/users/b"
    cp -a "$bundle" "$BOX/closed/b"
    chown 5:5 "$BOX/closed/b"
    REPORT_STATUS=42 call "$wrap/runc" run -b "$BOX/closed/b" x
    is "a user's directory where the user cannot get (podman --uidmap)" "$status" 42
    REPORT_STATUS=42 call "$wrap/runc" run -b "$BOX/closed/../users/b" x
    is_error 'but not by way of it and back' 3 'belongs to user 5'
    policy
    truncate -s 17M "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a large file' 3 'limit'
    printf '{"ociVersion": "1.0.2"' >"$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is 'half a file' "$status" 3
}

# runc and crun, JSON and text: where the engine looks for the runtime's words.
refusals() {
    box_bundle "$bundle" "$runtime" '.linux.namespaces |= map(select(.type != "network"))'
    before=$(state "$bundle/config.json")
    for format in json text none; do
        rm -f "$BOX/log"
        case $format in
        none) options="--log=$BOX/log" ;;
        *) options="--log=$BOX/log --log-format=$format" ;;
        esac
        # shellcheck disable=SC2086 # words are meant
        call "$wrap/$runtime" $options create --bundle "$bundle" refused1
        is "$runtime: a refusal ends with 1 ($format)" "$status" 1
        is_refusal "$runtime: a refusal on standard error ($format)" "$err" host-network
        case $runtime:$format in
        *:json)
            is "$runtime: one JSON object in the log" "$(jq -s 'length' "$BOX/log")" 1
            is "$runtime: with the sentence" "$(jq -r '.level + " " + .msg' "$BOX/log")" "error $err"
            like "$runtime: and a time" "$(jq -r .time "$BOX/log")" '^[0-9]{4}-.*Z$'
            ;;
        runc:*) like "runc: a line in the log ($format)" "$(cat "$BOX/log")" \
            '^time="[^"]+Z" level=error msg="drawbolt: refused: .+"$' ;;
        crun:*) is "crun: a line in the log ($format)" "$(cat "$BOX/log")" "$err" ;;
        esac
    done
    is "$runtime: the configuration is as it was" "$(state "$bundle/config.json")" "$before"
    isnot "$runtime: no container" "$("$runtime" state refused1 >/dev/null 2>&1; echo $?)" 0
    is "$runtime: the record" "$(last '.point + " " + .verdict + " " + .runtime + " " + .container.id.value')" \
        "runtime:create refuse $runtime refused1"
    call "$wrap/$runtime" create --bundle "$bundle" refused2
    is_refusal "$runtime: without a log" "$err" host-network
    call "$wrap/$runtime" create --bundle "$bundle" --brand-new refused3
    is_error "$runtime: an option that is not known" 2 'brand-new'
}

# A change keeps owner and mode, and where there is none the file is the same file.
replacing() {
    box_bundle "$bundle" "$runtime" ".process.args = [\"true\"] | $raw"
    chown 0:6 "$bundle/config.json"
    chmod 2640 "$bundle/config.json"
    new_id
    call "$wrap/$runtime" run -b "$bundle" "$id"
    is "$runtime: a container that is rewritten runs" "$status" 0
    is "$runtime: owner and mode stay" "$(stat -c '%a %u:%g' "$bundle/config.json")" '2640 0:6'
    is "$runtime: nothing else is in the bundle" "$(ls -A "$bundle")" config.json
    is "$runtime: the record has the edits" "$(last '(.edits | length) > 0')" true
    before=$(state "$bundle/config.json")
    new_id
    call "$wrap/$runtime" run -b "$bundle" "$id"
    is "$runtime: it runs again" "$status" 0
    is "$runtime: and the file is the same file" "$(state "$bundle/config.json")" "$before"
    is "$runtime: the record has no edits" "$(last '.edits | length')" 0
    policy '"mode": "report"'
    box_bundle "$bundle" "$runtime" ".process.args = [\"true\"] | $raw"
    before=$(state "$bundle/config.json")
    new_id
    call "$wrap/$runtime" run -b "$bundle" "$id"
    is "$runtime: mode report: nothing is changed" "$status $(state "$bundle/config.json")" "0 $before"
    policy
    box_bundle "$bundle" "$runtime" '.annotations = {"run.oci.seccomp_bpf_data": "AAAA"}'
    call "$wrap/$runtime" run -b "$bundle" annotated
    is_refusal "$runtime: an annotation that replaces the filter" "$err" runtime-annotation
    policy '"annotations": {"action": "rewrite"}'
    box_bundle "$bundle" "$runtime" \
        ".annotations = {\"run.oci.seccomp_bpf_data\": \"BgAAAAAA/38=\"} | .process.args = [\"look\"] | $raw"
    new_id
    call "$wrap/$runtime" run -b "$bundle" "$id"
    harmless "$runtime: where it is taken out, the container runs" "$out"
    like "$runtime: and has the filter" "$out" '^probe: [0-9]+ ways, 0 raw open'
    policy
}

# The state.json of another container must not be judged in the place of the one that runc reads.
roots() {
    mkdir -p "$BOX/roots/a/dir" "$BOX/roots/lex" "$BOX/roots/a/lex/rooted" "$BOX/clean"
    ln -s "$BOX/roots/a/dir" "$BOX/roots/link"
    box_bundle "$BOX/clean" runc '.process.args = ["sleep", "1000"]'
    box_bundle "$bundle" runc '.process.args = ["sleep", "1000"]'
    "$wrap/runc" --root "$BOX/roots/lex" run -d -b "$bundle" rooted </dev/null >/dev/null 2>&1
    box_bundle "$bundle" runc "$raw"
    jq -c --arg b "bundle=$BOX/clean" '.config.labels = [$b]' "$BOX/roots/lex/rooted/state.json" \
        >"$BOX/roots/a/lex/rooted/state.json"
    for root in '' "$BOX/roots/link/../lex" "../roots/lex" "$BOX/roots/lex/dir/.."; do
        out=$(cd "$BOX/roots/lex" && timeout 60 "$wrap/runc" "--root=$root" exec rooted /bin/look \
            2>"$BOX/stderr" </dev/null)
        status=$?
        err=$(cat "$BOX/stderr")
        is_error "exec with the root '$root'" 2 'root'
        call "$wrap/runc" --root "$root" create -b "$BOX/clean" other
        is_error "create with the root '$root'" 2 'root'
    done
    call env -u USER XDG_RUNTIME_DIR="$BOX/roots/link/.." unshare --user --map-root-user \
        "$wrap/runc" exec rooted /bin/look
    is_error "exec with '..' in XDG_RUNTIME_DIR" 2 "'\.\.' in it"
    call "$wrap/runc" --root "$BOX/roots/./lex//" exec rooted /bin/look
    harmless 'exec with a root that has dots and slashes' "$out"
    runc --root "$BOX/roots/lex" delete --force rooted
    call "$wrap/runc" --root= state rooted
    like 'a command that is not judged goes on with an empty root' "$err" 'does not exist|should not be set to /'
}

# A process that names no capabilities has the container's, and that may be one that drawbolt has
# never seen.
inherits() {
    root=$BOX/inherits-$runtime
    process='{"args": ["/bin/look"], "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}'
    echo "$process}" >"$BOX/absent.json"
    echo "$process, \"capabilities\": null}" >"$BOX/null.json"
    echo "$process, \"capabilities\": {}}" >"$BOX/none.json"
    box_bundle "$bundle" "$runtime" ".process.args = [\"sleep\", \"1000\"] | $raw"
    "$runtime" --root "$root" run -d -b "$bundle" wide </dev/null >/dev/null 2>&1
    box_bundle "$bundle" "$runtime" '.process.args = ["sleep", "1000"]'
    "$wrap/$runtime" --root "$root" run -d -b "$bundle" narrow </dev/null >/dev/null 2>&1
    for sets in absent null; do
        call "$runtime" --root "$root" exec -p "$BOX/$sets.json" wide
        isnot "$runtime: sets $sets: the process has the container's" "$(too_much "$out")" ''
        call "$wrap/$runtime" --root "$root" exec -p "$BOX/$sets.json" wide
        is_refusal "$runtime: sets $sets: what is too much is refused" "$err" exec-capability
        call "$wrap/$runtime" --root "$root" exec -p "$BOX/$sets.json" narrow
        harmless "$runtime: sets $sets: what is not, runs" "$out"
        is "$runtime: sets $sets: and was checked" "$(last '.verdict + " \(.unchecked | length)"')" 'allow 0'
    done
    call "$wrap/$runtime" --root "$root" exec -p "$BOX/none.json" wide
    harmless "$runtime: empty sets are not the container's" "$out"
    call "$wrap/$runtime" --root "$root" exec narrow /bin/look
    harmless "$runtime: exec without a process file" "$out"
    if [ "$runtime" = crun ]; then
        mkdir -p "$BOX/xdg"
        box_bundle "$bundle" crun ".process.args = [\"sleep\", \"1000\"] | $raw"
        XDG_RUNTIME_DIR=$BOX/xdg crun run -d -b "$bundle" hidden </dev/null >/dev/null 2>&1
        call env XDG_RUNTIME_DIR="$BOX/xdg" "$wrap/crun" exec hidden /bin/look
        is_refusal 'crun: exec in a container below XDG_RUNTIME_DIR' "$err" exec-capability
        XDG_RUNTIME_DIR=$BOX/xdg crun delete --force hidden
        call "$wrap/crun" exec --process= wide
        is_error 'crun: exec with no process file' 2 'is given no file'
        call "$wrap/crun" --root "$root" exec wide /bin/look
        is_refusal 'crun: exec without a process file: what is too much is refused' "$err" exec-capability
        call "$wrap/crun" --root "$root" exec --cap CAP_CHOWN wide /bin/look
        harmless 'crun: exec with --cap has that alone' "$out"
    fi
    call "$wrap/$runtime" --root "$root" exec -p "$BOX/absent.json" nowhere
    is_refusal "$runtime: without a record" "$err" exec-capability
    policy '"exec": {"action": "report"}, "rawSockets": {"action": "report"}'
    call "$wrap/$runtime" --root "$root" exec -p "$BOX/absent.json" wide
    isnot "$runtime: a policy that reports lets it run" "$(too_much "$out")" ''
    is "$runtime: a policy that reports says so" "$(last '[.findings[].rule] | unique | join(" ")')" \
        exec-capability
    policy
    "$runtime" --root "$root" delete --force wide
    "$runtime" --root "$root" delete --force narrow
}

# --- killed, and many at once ---------------------------------------------------------------------

# A runtime that keeps a copy of what it was started on; a whole one, even if it is killed itself.
box_taker() { # box_taker FILE
    cat >"$1" <<'END'
#!/bin/sh
for word; do
    case $previous in --bundle) bundle=$word ;; esac
    previous=$word
done
copy=$bundle/../.copy.$$
cat "$bundle/config.json" >"$copy"
mv "$copy" "$bundle/../taken.${bundle##*/}"
END
    chmod 755 "$1"
}

# Large, so that a rewrite takes some time.
large_config() { # large_config FILE
    box_bundle "$bundle" runc "$raw"
    jq -c '.process.env += [range(30000) | "VARIABLE_\(.)=some value that fills a line of text \(.)"]' \
        "$bundle/config.json" >"$1"
}

fresh() { # a bundle for the next killing, with nothing left from the last
    rm -rf "$BOX/kill/b" "$BOX/kill/taken.b"
    mkdir -p "$BOX/kill/b"
    cp "$BOX/large.json" "$BOX/kill/b/config.json"
}

# Counts in $old, $new and $bad what is in place after a killing; $left: temporary files.
look_at_the_dead() { # look_at_the_dead WHAT
    digest=$(sha256sum <"$BOX/kill/b/config.json")
    case $digest in
    "$old_digest") old=$((old + 1)) ;;
    "$new_digest") new=$((new + 1)) ;;
    *)
        bad=$((bad + 1))
        echo "# $1: config.json is neither the old nor the new one"
        ;;
    esac
    if [ -e "$BOX/kill/taken.b" ] && [ "$(sha256sum <"$BOX/kill/taken.b")" != "$new_digest" ]; then
        bad=$((bad + 1))
        echo "# $1: the runtime was started on something else"
    fi
    [ "$(ls -A "$BOX/kill/b")" = config.json ] || left=$((left + 1))
}

killed() {
    box_taker "$BOX/real/taker"
    real_runc=$BOX/real/taker policy
    large_config "$BOX/large.json"
    fresh
    old_digest=$(sha256sum <"$BOX/kill/b/config.json")
    began=$(date +%s%N)
    "$wrap/runc" create --bundle "$BOX/kill/b" x
    took=$(($(date +%s%N) - began))
    new_digest=$(sha256sum <"$BOX/kill/b/config.json")
    isnot 'the large configuration is rewritten' "$new_digest" "$old_digest"
    is 'and the runtime is started on it' "$(sha256sum <"$BOX/kill/taken.b")" "$new_digest"
    old=0 new=0 bad=0 left=0
    for _ in $(seq 50); do
        fresh
        delay=$(((RANDOM * 32768 + RANDOM) % took))
        "$wrap/runc" create --bundle "$BOX/kill/b" x &
        sleep "$(printf '0.%09d' "$delay")"
        kill -KILL "$!" 2>/dev/null
        wait "$!" 2>/dev/null
        look_at_the_dead "killed after $delay ns"
    done 2>/dev/null
    echo "# 50 killed within $took ns: $old with the old file, $new with the new one, $left with one beside"
    is '50 killed at random: the file in place is whole, and no runtime on an unjudged one' "$bad" 0
    if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null; then
        skip 'killed at each system call of a rewrite' 'no strace'
        policy
        return
    fi
    old=0 new=0 bad=0 left=0
    for point in openat:1 openat:2 read:5 write:1 write:2 fchown:1 fchmod:1 fsync:1 linkat:1 renameat:1 \
        fsync:2 lstat:1 newfstatat:1 newfstatat:2 execve:2; do
        fresh
        strace -o /dev/null -e "inject=${point%:*}:signal=SIGKILL:when=${point#*:}" \
            "$wrap/runc" create --bundle "$BOX/kill/b" x
        look_at_the_dead "killed at $point"
    done 2>/dev/null
    echo "# 15 killed at system calls: $old with the old file, $new with the new one, $left with one beside"
    is 'killed at 15 system calls: the file in place is whole, and no runtime on an unjudged one' "$bad" 0
    is 'killed before and after the new file is in place' "$((old > 0 && new > 0))" 1
    "$wrap/runc" create --bundle "$BOX/kill/b" x
    cp "$BOX/large.json" "$BOX/kill/b/config.json"
    touch -d '2 minutes ago' "$BOX/kill/b/.drawbolt.0123456789abcdef"
    "$wrap/runc" create --bundle "$BOX/kill/b" x
    is 'what a killed one left is taken away by the next' "$(ls -A "$BOX/kill/b")" config.json
    for call in fchown fsync linkat renameat; do
        fresh
        bad=0
        strace -o /dev/null -e "inject=$call:error=EIO:when=1" \
            "$wrap/runc" create --bundle "$BOX/kill/b" x 2>/dev/null
        is "$call fails: nothing starts" "$?" 5
        look_at_the_dead "$call"
        is "$call fails: the old file is in place, alone" "$bad $(ls -A "$BOX/kill/b")" '0 config.json'
    done
    fresh
    mount -t tmpfs -o size=3m tmpfs "$BOX/kill/b"
    cp "$BOX/large.json" "$BOX/kill/b/config.json"
    call "$wrap/runc" create --bundle "$BOX/kill/b" x
    is 'a full disk: nothing starts' "$status $(ls "$BOX/kill")" '5 b'
    is 'a full disk: the old file is in place, alone' \
        "$(ls -A "$BOX/kill/b") $(sha256sum <"$BOX/kill/b/config.json")" "config.json $old_digest"
    umount "$BOX/kill/b"
    policy
}

parallel() {
    box_taker "$BOX/real/taker"
    real_runc=$BOX/real/taker policy
    rm -rf "$BOX/many"
    mkdir "$BOX/many"
    box_bundle "$bundle" runc "$raw"
    for i in $(seq 200); do
        mkdir "$BOX/many/b$i"
        cp "$bundle/config.json" "$BOX/many/b$i/"
    done
    : >"$log"
    seq 200 | xargs -P 25 -I{} "$wrap/runc" create --bundle "$BOX/many/b{}" many{}
    is '200 at once: each is started' "$(find "$BOX/many" -name 'taken.*' | wc -l)" 200
    is '200 at once: each on a rewritten configuration' \
        "$(grep -L CAP_NET_RAW "$BOX"/many/taken.* | wc -l)" 200
    is '200 at once: no file beside' "$(find "$BOX/many" -mindepth 2 -type f ! -name config.json)" ''
    is '200 at once: 200 whole records' \
        "$(jq -r 'select(.point == "runtime:create" and .verdict == "allow").container.id.value' \
            "$log" | sort -u | wc -l) $(wc -l <"$log")" '200 200'
    policy
}

# One bundle for all, and one directory for several files.
together() {
    box_taker "$BOX/real/taker"
    real_runc=$BOX/real/taker policy
    rm -rf "$BOX/one"
    for round in 1 2 3 4 5; do
        mkdir -p "$BOX/one/b"
        large_config "$BOX/one/b/config.json"
        seq 8 | xargs -P 8 -I{} "$wrap/runc" create --bundle "$BOX/one/b" one{} 2>"$BOX/stderr"
        is "8 on one bundle, round $round: none fails" "$? $(cat "$BOX/stderr")" '0 '
        is "8 on one bundle, round $round: it is rewritten, and alone" \
            "$(grep -c CAP_NET_RAW "$BOX/one/b/config.json") $(ls -A "$BOX/one/b")" '0 config.json'
    done
    printf '#!/bin/sh\nexit 0\n' >"$BOX/real/nothing"
    chmod 755 "$BOX/real/nothing"
    real_crun=$BOX/real/nothing policy
    box_bundle "$bundle" crun "$raw"
    mixed=
    for _ in $(seq 20); do
        for name in a b c d; do
            jq -c --arg name "$name" '.hostname = $name | .process.env += [range(2000) | "A\(.)=b"]' \
                "$bundle/config.json" >"$BOX/one/b/$name.json"
        done
        printf '%s\n' a b c d | xargs -P 4 -I{} "$wrap/crun" run -b "$BOX/one/b" -f "$BOX/one/b/{}.json" {} ||
            mixed="$mixed failed"
        for name in a b c d; do
            mixed=$mixed$(jq -r --arg name "$name" 'select(.hostname != $name) | $name' "$BOX/one/b/$name.json")
        done
    done
    is '4 files of one directory at once: each keeps its own content' "$mixed" ''
    policy
}

# --- podman ---------------------------------------------------------------------------------------

pod() { # pod WORD...: podman with the wrapper
    call podman --runtime "$runtime" "$@"
}

bare() { # bare WORD...: podman without it
    call podman --runtime "$(eval echo "\$real_$runtime")" "$@"
}

# The same answer with and without drawbolt: exit status, standard output and error.
alike() { # alike NAME WORD...
    name=$1
    shift
    bare "$@"
    wanted="$status|$out|${err/$(eval echo "\$real_$runtime"):/$runtime:}" # podman names it as it was given
    pod "$@"
    is "$runtime: podman: $name" "$status|$out|$err" "$wanted"
}

with_podman() {
    # What is installed as an example, with the links of this test.
    sed "s#@LIBEXECDIR@#$wrap#" "$BOX/src/engines.d/podman-runtimes.conf.in" \
        >/etc/containers/containers.conf.d/50-drawbolt-runtimes.conf
    : >"$log"
    pod run --rm --cap-add NET_RAW --cap-add SYS_ADMIN localhost/probe look
    harmless "$runtime: podman run" "$out"
    like "$runtime: podman run: no raw socket" "$out" '^probe: [0-9]+ ways, 0 raw open'
    is "$runtime: podman run: the record" "$(last '.point + " " + .engine + " " + .runtime')" \
        "runtime:create podman $runtime"
    pod run -d --name box --cap-add NET_RAW localhost/probe sleep 1000
    is "$runtime: podman run -d" "$status" 0
    for options in '' '--privileged' '--privileged -u 5' '-u 5' '--privileged --tty' '--privileged --preserve-fds 1' \
        '--privileged --workdir /tmp -e A=B'; do
        # shellcheck disable=SC2086 # words are meant
        err=$(podman --runtime "$runtime" exec $options box look 2>&1 >"$BOX/stdout" </dev/null 3</dev/null)
        out=$(tr -d '\r' <"$BOX/stdout")
        harmless "$runtime: podman exec $options" "$out$err"
        like "$runtime: podman exec $options: no raw socket" "$out" '^probe: [0-9]+ ways, 0 raw open'
    done
    is "$runtime: podman exec: the record" \
        "$(jq -r 'select(.point == "runtime:exec" and (.findings | length) > 10).verdict' "$log" | sort -u)" allow
    pod exec -d --privileged box sh -c 'cat /proc/self/status >/tmp/status'
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        pod exec box cat /tmp/status
        [ "$status" != 0 ] || [ -z "$out" ] || break
        sleep 0.1
    done
    harmless "$runtime: podman exec -d --privileged" "$out"
    pod exec --privileged box sh -c 'exit 7'
    is "$runtime: podman exec: its exit status" "$status" 7
    pod exec box nothing-of-that-name
    is "$runtime: podman exec: a program that is not there" "$status" 127
    pod run -d --name health --health-cmd 'grep -c .*8.* /proc/self/status' localhost/probe sleep 1000
    pod healthcheck run health
    is "$runtime: podman healthcheck" "$status" 0
    pod rm -f -t 0 health
    bare run -d --name plain localhost/probe sleep 1000
    bare update --cpus 1 plain
    if [ "$status" = 0 ]; then
        pod update --cpus 1 box
        is "$runtime: podman update" "$status" 0
    else
        skip "$runtime: podman update" "without drawbolt: $err"
    fi
    bare rm -f -t 0 plain
    pod top box pid
    is "$runtime: podman top" "$status" 0
    pod pause box
    is "$runtime: podman pause" "$status $(podman inspect -f '{{.State.Status}}' box)" '0 paused'
    pod unpause box
    is "$runtime: podman unpause" "$status" 0
    pod stop -t 1 box
    is "$runtime: podman stop" "$status" 0
    pod start box
    is "$runtime: podman start" "$status" 0
    pod rm -f -t 0 box
    is "$runtime: podman rm" "$status" 0
    for code in 0 1 42 126 137; do
        alike "exit status $code" run --rm localhost/probe sh -c "exit $code"
    done
    alike 'a program that is not there' run --rm localhost/probe nothing-of-that-name
    alike 'standard output and error' run --rm localhost/probe sh -c 'echo out; echo err >&2'
    alike 'a user' run --rm -u 5:6 localhost/probe id
    # shellcheck disable=SC2016 # the container's shell expands
    alike 'an environment' run --rm -e A=B localhost/probe sh -c 'echo $A; pwd'
    alike 'a terminal' run --rm -t localhost/probe sh -c 'test -t 1 && echo terminal'
    alike 'a process id file' run --rm --pidfile "$BOX/pid" localhost/probe true
    alike 'descriptors that are handed on' run --rm --preserve-fds 1 localhost/probe \
        sh -c 'cat <&3 | head -c 3 | wc -c'
    alike 'a user namespace' run --rm --uidmap 0:100000:1000 --gidmap 0:100000:1000 localhost/probe true
    alike 'a signal' run --rm localhost/probe sh -c 'kill -TERM $$'
    pod run --name logs localhost/probe echo logged
    alike 'logs' logs logs
    pod rm logs
    pod run --rm --network host localhost/probe true
    is "$runtime: podman: a refusal ends with 126" "$status" 126
    like "$runtime: podman: and shows its sentence" "$err" \
        'OCI runtime error.*drawbolt: refused: .+\(rule host-network'
    pod run --rm --privileged localhost/probe true
    like "$runtime: podman: privileged" "$err" 'drawbolt: refused: .+\(rule privileged'
    is "$runtime: podman: nothing is left" "$(podman ps -aq)" ''
    box_hook "$BOX/hooks.d" "$DRAWBOLT" precreate
    pod --hooks-dir "$BOX/hooks.d" run --rm --cap-add NET_RAW localhost/probe look
    harmless "$runtime: podman with the precreate hook as well" "$out"
    is "$runtime: podman: what the hook has rewritten the wrapper leaves as it is" \
        "$(tail -n 2 "$log" | jq -r '.point + " " + ((.edits | length) > 0 | tostring)' | paste -sd,)" \
        'precreate true,runtime:create false'
    policy '"exec": {"action": "refuse"}'
    pod run -d --name box localhost/probe sleep 1000
    pod exec --privileged box true
    like "$runtime: podman: a refused exec shows its sentence" "$err" \
        'drawbolt: refused: exec asks for .+\(rule exec-capability'
    isnot "$runtime: podman: a refused exec fails" "$status" 0
    policy
    pod rm -f -t 0 box
}

for runtime in runc crun; do
    spellings
    refusals
    replacing
    inherits
done
starts
which_runtime
unheard
diverted
bad_bundles
roots
killed
parallel
together
for runtime in runc crun; do
    with_podman
done
finish
