#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt in front of runc and crun: by links, bare and under podman.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
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
status_of='["cat", "/proc/self/status"]'
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'
count=0

# What the kernel says of a process, and whether it can open a raw socket.
printf '#!/bin/sh\ncat /proc/self/status\nexec /bin/probe64 --only "*/inet-raw-icmp"\n' \
    >"$BOX/rootfs/bin/look"
chmod 755 "$BOX/rootfs/bin/look"

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
    printf '%s\n' "$1" | sed -n 's/^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):[[:space:]]*//p' | while read -r set; do
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
