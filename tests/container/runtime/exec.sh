#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# exec of a container that drawbolt has not seen: whose capabilities are judged.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
bundle=$BOX/bundle
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'

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
    harmless 'exec with a root that has dots and slashes'
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
        harmless "$runtime: sets $sets: what is not, runs"
        is "$runtime: sets $sets: and was checked" "$(last '.verdict + " \(.unchecked | length)"')" 'allow 0'
    done
    call "$wrap/$runtime" --root "$root" exec -p "$BOX/none.json" wide
    few_capabilities "$runtime: empty sets are not the container's"
    call "$wrap/$runtime" --root "$root" exec narrow /bin/look
    harmless "$runtime: exec without a process file"
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
        few_capabilities 'crun: exec with --cap has that alone'
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

for runtime in runc crun; do
    inherits
done
roots
finish
