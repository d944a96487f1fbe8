#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The command lines of CRI-O, which calls conmon, which calls the runtime.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
bundle=$BOX/bundle
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'
crio=$BOX/crio
mkdir -p "$crio/exits" /run/crio

setting() { # setting NAME: of what is installed as an example
    sed "s#@LIBEXECDIR@#$wrap#" "$BOX/src/engines.d/crio.conf.in" | python3 -c 'import sys, tomllib
print(tomllib.load(sys.stdin.buffer)["crio"]["runtime"]["runtimes"][sys.argv[1]][sys.argv[2]])' \
        "$runtime" "$1"
}

# No --log, so what the runtime says on standard error is all that CRI-O shows, by way of the pipe on
# which conmon answers. Sets $answer.
conmon_for_crio() { # conmon_for_crio LOG WORD...
    rm -f "$crio/answer" "$crio/exits/$id"
    _OCI_SYNCPIPE=3 timeout 60 conmon -c "$id" -u "$id" -n "${called:-k8s_$id}" -r "$(setting runtime_path)" \
        --runtime-arg "--root=$crio/$runtime" -b "$bundle" -l "$crio/$1" --exit-dir "$crio/exits" \
        "${@:2}" 3>"$crio/answer" </dev/null >/dev/null 2>&1
    wait_until test -s "$crio/answer"
    answer=$(head -n 1 "$crio/answer")
}

ended() { # waits; prints the exit status
    wait_until test -s "$crio/exits/$id"
    cat "$crio/exits/$id"
}

logged() { # logged LOG: sets $out
    out=$(sed -n 's/^[^ ]* stdout [FP] //p' "$crio/$1" | tr -d '\r')
}

message() { # of conmon's answer
    printf '%s' "$answer" | jq -r .message
}

# The hook of the example's directory, as CRI-O would put it into the configuration.
with_the_hook() {
    hook=$(sed "s#@BINDIR@#$BOX/bin#" "$BOX/src/hooks.d/createRuntime.json.in" | jq -c '.hook')
    is "$runtime: the hook is for one stage" "$(jq -c '.stages' "$BOX/src/hooks.d/createRuntime.json.in")" \
        '["createRuntime"]'
    for way in wrapped past; do
        new_id
        box_bundle "$bundle" "$runtime" ".process.args = [\"/bin/look\"] | $raw | .hooks.createRuntime = [$hook]"
        case $way in
        wrapped)
            call "$wrap/$runtime" --root "$crio/$runtime" run -b "$bundle" "$id"
            harmless "$runtime: the wrapper and the hook"
            ;;
        past)
            call "$runtime" --root "$crio/$runtime" run -b "$bundle" "$id"
            isnot "$runtime: past the wrapper the hook refuses" "$status" 0
            is "$runtime: past the wrapper the hook refuses: the record" \
                "$(last '.point + " " + .verdict')" 'hook:createRuntime refuse'
            ;;
        esac
    done
}

first_process() {
    for terminal in '' --terminal; do
        new_id
        box_bundle "$bundle" "$runtime" ".process.args = [\"sh\", \"-c\", \"look; exit 42\"] | $raw |
            .process.terminal = (\"$terminal\" != \"\")"
        conmon_for_crio "$id.log" $terminal --container-pidfile "$bundle/pidfile"
        is "$runtime: conmon $terminal: it is told the process" "$(printf '%s' "$answer" | jq .pid)" \
            "$(cat "$bundle/pidfile")"
        call "$wrap/$runtime" --root "$crio/$runtime" state "$id"
        is "$runtime: conmon $terminal: state" "$(printf '%s' "$out" | jq -r .status)" created
        call "$wrap/$runtime" --root "$crio/$runtime" start "$id"
        is "$runtime: conmon $terminal: exit status" "$status $(ended)" '0 42'
        logged "$id.log"
        harmless "$runtime: conmon $terminal: the first process"
        call "$wrap/$runtime" --root "$crio/$runtime" delete --force "$id"
        is "$runtime: conmon $terminal: delete" "$status" 0
    done
}

in_exec() {
    new_id
    box_bundle "$bundle" "$runtime" ".process.args = [\"sleep\", \"1000\"] | $raw"
    jq -c '.process | .args = ["/bin/look"]' "$bundle/config.json" >"$crio/process.json"
    conmon_for_crio "$id.log" --container-pidfile "$bundle/pidfile"
    "$wrap/$runtime" --root "$crio/$runtime" start "$id"
    for terminal in '' --terminal; do
        jq -c ".terminal = (\"$terminal\" != \"\")" "$crio/process.json" >"$crio/exec.json"
        rm -f "$crio/exec.log"
        conmon_for_crio exec.log $terminal --exec --exec-process-spec "$crio/exec.json" \
            --container-pidfile "$crio/exec.pid"
        ended >/dev/null
        logged exec.log
        harmless "$runtime: conmon --exec $terminal"
    done
    policy '"exec": {"action": "refuse"}'
    conmon_for_crio exec.log --exec --exec-process-spec "$crio/exec.json" \
        --container-pidfile "$crio/exec.pid"
    is_refusal "$runtime: conmon --exec: CRI-O is told why" "$(message)" exec-capability
    policy ''
    "$wrap/$runtime" --root "$crio/$runtime" delete --force "$id"
}

store() { # what containers/storage keeps of $id, for CRI-O
    jq -nc --arg id "$id" --arg pod "$(printf '%064d' 0)" '[
        {id: $id, image: $pod, metadata: {"pod-id": $pod, "metadata-name": "c"} | tojson},
        {id: $pod, metadata: {"pod-id": $pod, namespace: "prod"} | tojson}]' >"$crio/overlay-containers/containers.json"
}

execs_get() { # execs_get HOW CAPABILITIES
    rm -f "$crio/exec.log"
    conmon_for_crio exec.log --exec --exec-process-spec "$crio/exec.json" \
        --container-pidfile "$crio/exec.pid"
    ended >/dev/null
    logged exec.log
    is "$runtime: $1: conmon --exec" "$(bounding)" "$2"
    cp "$(command -v bash)" "$crio/crio"
    # shellcheck disable=SC2016 # expands inside
    call "$crio/crio" -c '"$@"; exit "$?"' crio "$wrap/$runtime" --root "$crio/$runtime" exec \
        --process "$crio/exec.json" "$id"
    is "$runtime: $1: exec by CRI-O itself" "$(bounding)" "$2"
}

# The first conmon is told where that is, one for an exec is not, and CRI-O itself does without.
by_namespace() {
    called=k8s_c_pod_prod_0_0
    id=$(echo "$runtime" | sha256sum | cut -d ' ' -f 1)
    bundle=$crio/overlay-containers/$id/userdata
    policy '"exceptions": [{"id": "e", "match": {"namespace": "prod"}, "grant": {"capabilities":
        ["SYS_ADMIN"]}, "reason": "test", "owner": "test", "expires": "2999-12-31"}]'
    box_bundle "$bundle" "$runtime" ".process.args = [\"sleep\", \"1000\"] | $raw"
    jq -c '.process | .args = ["cat", "/proc/self/status"]' "$bundle/config.json" >"$crio/exec.json"
    conmon_for_crio "$id.log" --container-pidfile "$bundle/pidfile" --conmon-pidfile "$bundle/conmon-pidfile" \
        --persist-dir "$bundle"
    "$wrap/$runtime" --root "$crio/$runtime" start "$id"
    execs_get "by the namespace in conmon's command line alone" ''
    store
    execs_get 'by namespace' SYS_ADMIN
    is "$runtime: by namespace: exec by CRI-O itself: the record" \
        "$(last '.engine + " " + .container.namespace.value')" 'cri-o prod'
    call "$wrap/$runtime" --root "$crio/$runtime" exec --process "$crio/exec.json" "$id"
    is "$runtime: by namespace: exec by hand" "$(bounding)" ''
    "$wrap/$runtime" --root "$crio/$runtime" delete --force "$id"
    policy ''
    bundle=$BOX/bundle called=
}

refusal() {
    new_id
    box_bundle "$bundle" "$runtime" '.linux.namespaces |= map(select(.type != "network"))'
    conmon_for_crio "$id.log" --container-pidfile "$bundle/pidfile"
    is_refusal "$runtime: conmon: CRI-O is told why" "$(message)" host-network
    is "$runtime: conmon: nothing is left" "$("$runtime" --root "$crio/$runtime" list -q)" ''
}

for runtime in runc crun; do
    first_process
    in_exec
    by_namespace
    refusal
    with_the_hook
done
finish
