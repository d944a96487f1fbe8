#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Command lines of runc and crun, each started for real behind drawbolt: none ends with a capability
# outside the policy or with a raw socket.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
bundle=$BOX/bundle

# How a line ends, with runc and with crun: s it starts, r drawbolt refuses it, f it fails with an error
# of the runtime's own, - it is not a line of this runtime. BUNDLE, ID, PROCESS and the rest stand for
# what their names say; the working directory is the bundle's.
start_spellings() {
    cat <<'END'
ss run -b BUNDLE ID
ss run --bundle BUNDLE ID
ss run --bundle=BUNDLE ID
ss run --bundle BUNDLE/ ID
ss run --bundle BUNDLE/. ID
ss run --bundle BUNDLE/../bundle ID
ss run --bundle . ID
ss run --bundle ../bundle ID
ss run --bundle LINK ID
ss run ID
ss run -- ID
ss -- run ID
ss run -b /nowhere -b BUNDLE ID
ss run --bundle /nowhere --bundle=BUNDLE ID
ss run --pid-file PIDFILE --bundle BUNDLE ID
ss run --no-new-keyring --bundle BUNDLE ID
ss run --no-subreaper -b BUNDLE ID
ss run --preserve-fds 0 -b BUNDLE ID
ss run --preserve-fds=0 --no-new-keyring --pid-file=PIDFILE -b BUNDLE ID
ss --root ROOT run --bundle BUNDLE ID
ss --root=ROOT run --bundle BUNDLE ID
ss --debug --root ROOT run ID
ss --log LOG run -b BUNDLE ID
ss --log=LOG --log-format=json run -b BUNDLE ID
ss --log LOG --log-format json --root ROOT run -b BUNDLE ID
ss --rootless false run -b BUNDLE ID
ss --rootless=false --debug run ID
ss run -b BUNDLE -- ID
sr run ID --bundle BUNDLE
rr run --no-pivot ID --bundle BUNDLE
rr run BUNDLE --bundle
s- run -b=BUNDLE ID
s- run --b BUNDLE ID
s- run --b=BUNDLE ID
s- run -bundle BUNDLE ID
s- run -bundle=BUNDLE ID
s- run --bundle= ID
s- run ID -b BUNDLE
s- run ID -bundle=BUNDLE
s- run ID --bundle=BUNDLE --no-new-keyring
s- run --no-new-keyring=false -b BUNDLE ID
s- run --no-new-keyring=false ID -b BUNDLE
r- run -b /nowhere --bundle BUNDLE ID
s- -root ROOT run -b BUNDLE ID
s- -root=ROOT -debug run -b BUNDLE ID
s- --systemd-cgroup=false run -b BUNDLE ID
s- --debug=true run -b BUNDLE ID
-s run -bBUNDLE ID
-s run --bun BUNDLE ID
-s run --bun=BUNDLE ID
-s run --b BUNDLE ID
-s run -b /nowhere -bBUNDLE ID
-s run -b /nowhere --bund=BUNDLE ID
-s run --config config.json ID
-s run --config=BUNDLE/config.json ID
-s run -b BUNDLE -f config.json ID
-s run -b EMPTY -f BUNDLE/config.json ID
-s run -f other.json ID
-s run -fother.json ID
-s run -b EMPTY -f ./other.json ID
-s run -b EMPTY -f./other.json ID
-s run --conf other.json -b BUNDLE ID
-s run --no-new-k -b BUNDLE ID
-s run --no-n --no-s -bBUNDLE ID
-s run --pre 0 -b BUNDLE ID
-s run --HANG=0 -b BUNDLE ID
-s run --program-name=-b -b BUNDLE ID
-s --cgroup-m=cgroupfs run -b BUNDLE ID
-s --deb run -b BUNDLE ID
END
}

exec_spellings() {
    cat <<'END'
ss exec -p PROCESS ID
ss exec --process PROCESS ID
ss exec --process=PROCESS ID
ss exec --process process.json ID
ss exec --process ./process.json ID
ss exec --process /dev/stdin ID
ss exec --process PROCESSLINK ID
ss exec -p /nowhere -p PROCESS ID
ss exec -p CLEAN -p PROCESS ID
ss exec -p PROCESS -- ID
ss exec -p PROCESS ID STATUS
ss exec --process PROCESS --cap CAP_SYS_ADMIN ID
ss exec --process PROCESS --preserve-fds 0 ID
ss exec --pid-file PIDFILE --process PROCESS ID
ss exec --user 0 --process PROCESS ID
ss exec -p BOUNDING ID
ss exec --process BOUNDING ID
ss exec ID STATUS
ss exec -- ID STATUS
ss exec -e A=-p ID STATUS
fs exec -e -p ID STATUS
fs exec --env --process ID STATUS
ss exec --cap CAP_NET_RAW ID STATUS
ss exec --cap=CAP_NET_RAW ID STATUS
ss exec --cap CAP_NET_RAW --cap CAP_SYS_ADMIN ID STATUS
ss exec --cap CAP_CHOWN --cap=CAP_NET_RAW --cap CAP_KILL ID STATUS
ss exec -c CAP_NET_RAW ID STATUS
ss exec --cap cap_net_raw ID STATUS
ss exec --cap 13 --cap 21 ID STATUS
ss exec --cap CAP_NET_RAW,x ID STATUS
ss exec --cap NET_RAW ID STATUS
ss exec --cap CAP_BOGUS ID STATUS
ss exec -u 5 --cap CAP_NET_RAW ID STATUS
ss exec --user 5:6 --cap CAP_NET_RAW ID STATUS
ss exec --user=0 --cap CAP_SYS_ADMIN ID STATUS
ss exec --no-new-privs --cap CAP_NET_RAW ID STATUS
ss exec --cap CAP_NET_RAW -- ID STATUS
ss exec --cap CAP_NET_RAW -e A=B --cwd / ID STATUS
ss exec --cap CAP_NET_RAW ID STATUS --cap CAP_CHOWN
ss --debug exec --cap CAP_NET_RAW ID STATUS
ss --log LOG exec --cap CAP_NET_RAW ID STATUS
ss --log=LOG --log-format=json exec --process=PROCESS ID
s- exec -p=PROCESS ID
s- exec -process PROCESS ID
s- exec -process=PROCESS ID
s- exec --p=PROCESS ID
s- exec -c=CAP_NET_RAW ID STATUS
s- exec -cap CAP_NET_RAW ID STATUS
s- exec --c CAP_NET_RAW ID STATUS
r- exec -p PROCESS --process CLEAN ID
s- exec --process= --cap CAP_NET_RAW ID STATUS
-s exec -pPROCESS ID
-s exec -p CLEAN -pPROCESS ID
-r exec --no-n --proces PROCESS ID
-s exec -cCAP_NET_RAW ID STATUS
-s exec -c CAP_CHOWN -cCAP_NET_RAW ID STATUS
-s exec --ca CAP_NET_RAW ID STATUS
-s exec --no-new-p --cap=CAP_NET_RAW ID STATUS
-s exec -u5 -cCAP_NET_RAW ID STATUS
-s exec -e-p -cCAP_NET_RAW ID STATUS
END
}

try() { # try LINE: sets $out, $err, and $how it ended
    words=$1
    words=${words//PROCESSLINK/$BOX/process-link} words=${words//PROCESS/$bundle/process.json}
    words=${words//BUNDLE/$bundle} words=${words//LINK/$BOX/link} words=${words//EMPTY/$BOX/empty}
    words=${words//BOUNDING/$BOX/bounding.json} words=${words//CLEAN/$BOX/clean.json}
    words=${words//PIDFILE/$BOX/pidfile} words=${words//ROOT/$BOX/root} words=${words//LOG/$BOX/call.log}
    words=${words//STATUS/\/bin\/look} words=${words//ID/$id}
    # shellcheck disable=SC2086 # words are meant
    out=$(cd "$bundle" && timeout 60 "$wrap/$runtime" $words 2>"$BOX/stderr" <"$bundle/process.json")
    status=$?
    err=$(cat "$BOX/stderr")
    if printf '%s\n' "$out" | grep -q '^CapBnd:'; then
        how=s
    elif printf '%s\n' "$err" | grep -q '^drawbolt: '; then
        how=r
    else
        how=f
    fi
}

judge() { # judge LINE WANTED: what was tried
    if [ "$how" != "$2" ]; then
        not_ok "$runtime: $1" "it ended with $how, not $2: $status: $err"
    elif [ "$how" = s ]; then
        harmless "$runtime: $1"
    else
        ok "$runtime: $1: $(printf '%s\n' "$err" | grep -m1 .)"
    fi
}

wanted_of() { # wanted_of CODE: the letter for $runtime
    case $runtime in
    runc) echo "${1%?}" ;;
    crun) echo "${1#?}" ;;
    esac
}

starts() {
    while read -r code line; do
        wanted=$(wanted_of "$code")
        [ "$wanted" != - ] || continue
        new_id
        box_bundle "$bundle" "$runtime" \
            '.process.args = ["look"] | .process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'
        cp "$bundle/config.json" "$bundle/other.json"
        : >"$bundle/process.json"
        try "$line"
        judge "$line" "$wanted"
        "$runtime" delete --force "$id" 2>/dev/null
        "$runtime" --root "$BOX/root" delete --force "$id" 2>/dev/null
    done < <(start_spellings)
}

execs() {
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
    while read -r code line; do
        wanted=$(wanted_of "$code")
        [ "$wanted" != - ] || continue
        try "$line"
        judge "$line" "$wanted"
    done < <(exec_spellings)
    "$runtime" delete --force "$id"
}

mkdir -p "$BOX/empty" "$BOX/root"
ln -sfn "$bundle" "$BOX/link"
for runtime in runc crun; do
    starts
    execs
done
finish
