#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Which configuration is judged and replaced in runc's and crun's bundles, and how a refusal reaches
# the caller.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
bundle=$BOX/bundle
bad=$BOX/bad
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'

state() { # of a file: inode, mtime, mode, owner, digest
    stat -c '%i %y %a %u:%g' "$1"
    sha256sum <"$1"
}

# What stands in a bundle in the place of config.json.
bad_files() {
    rm -rf "$bad"
    mkdir "$bad"
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
    truncate -s 17M "$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'a large file' 3 'limit'
    printf '{"ociVersion": "1.0.2"' >"$bad/config.json"
    call "$wrap/runc" run -b "$bad" x
    is_error 'half a file' 3 "$bad/config.json"
}

with_owner() { # with_owner NAME REGEX CHANGE OBJECT...: CHANGE is a mode or an owner of a good bundle
    rm -rf "$bad"
    cp -a "$bundle" "$bad"
    case $3 in
    *:*) chown "$3" "${@:4}" ;;
    *) chmod "$3" "${@:4}" ;;
    esac
    call "$wrap/runc" run -b "$bad" x
    is_error "$1" 3 "$2"
}

bad_owners() {
    with_owner 'a file that every user can write' 'every user' 666 "$bad/config.json"
    with_owner 'a directory that every user can write' 'every user' 777 "$bad"
    with_owner "a user's file" 'belongs to user 5' 5:5 "$bad/config.json"
    with_owner "a user's directory" 'belongs to user 5' 5:5 "$bad"
    for what in "$bad" "$bad/config.json"; do
        rm -rf "$bad"
        cp -a "$bundle" "$bad"
        chown 0:5 "$what"
        chmod 775 "$what"
        call "$wrap/runc" run -b "$bad" x
        is_error "$what that a group can write" 3 'group 5'
    done
}

bad_ways() {
    mkdir -p "$BOX/users"
    chown 5 "$BOX/users"
    for at in /tmp "$BOX/users"; do
        ln -sfn "$bundle" "$at/link"
        chown -h 5 "$at/link"
        call "$wrap/runc" run -b "$at/link" x
        is_error "a user's link in $at on the way" 3 'belongs to user 5'
        rm "$at/link"
    done
    stand_in "$BOX/real/runc"
    real_runc=$BOX/real/runc policy
    ln -s "$bundle" /tmp/link
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
}

# What a path says, and where the kernel goes by it: a directory that something is mounted over since,
# and another process's, whose mounts are its own.
elsewhere() {
    box_bundle "$BOX/covered" "$runtime" ".process.args = [\"look\"] | $raw"
    cd "$BOX/covered" || box_die 'no bundle'
    mount --bind "$bundle" "$BOX/covered"
    call "$wrap/$runtime" run x
    cd / || box_die 'no /'
    umount "$BOX/covered"
    is_error "$runtime: a working directory that is covered" 3 'the working directory is not'
    rm -f "$BOX/pid"
    # shellcheck disable=SC2016 # for the other shell
    unshare -m bash -c 'mount --bind "$1" "$2"; cd "$2"; echo $$ >"$3"; exec sleep 60' \
        . "$BOX/covered" "$bundle" "$BOX/pid" &
    wait_until test -s "$BOX/pid" || box_die 'no process'
    pid=$(cat "$BOX/pid")
    for where in "$pid/cwd" "$pid/root$bundle" self/cwd; do
        call "$wrap/$runtime" run -b "/proc/$where" x
        is_error "$runtime: a bundle by way of /proc/${where#"$pid/"}" 3 'proc|not the file any more|ENOENT'
    done
    kill "$pid"
    wait
}

# podman 4 gives the bundle to the root of the container's user namespace. That user must not put
# another file there after the last look.
user_namespace() {
    given=$BOX/given
    box_bundle "$given" runc '.linux.namespaces += [{type: "user"}] |
        .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 10}] |
        .linux.gidMappings = .linux.uidMappings'
    chown 1000:1000 "$given"
    real_runc=$BOX/real/runc policy
    REPORT_STATUS=42 call "$wrap/runc" run -b "$given" x
    is 'a directory of the root of the container runs' "$status" 42
    is 'and belongs to that user no more' "$(stat -c '%u:%g %a' "$given")" '0:0 711'
    chown 1001:1001 "$given"
    REPORT_STATUS=42 call "$wrap/runc" run -b "$given" x
    is_error 'a directory of another user' 3 'belongs to user 1001'
    is 'and stays as it is' "$(stat -c '%u:%g' "$given")" '1001:1001'
    policy
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
}

reporting() {
    policy '"mode": "report"'
    box_bundle "$bundle" "$runtime" ".process.args = [\"true\"] | $raw"
    before=$(state "$bundle/config.json")
    new_id
    call "$wrap/$runtime" run -b "$bundle" "$id"
    is "$runtime: mode report: nothing is changed" "$status $(state "$bundle/config.json")" "0 $before"
    policy
}

annotations() {
    box_bundle "$bundle" "$runtime" '.annotations = {"run.oci.seccomp_bpf_data": "AAAA"}'
    call "$wrap/$runtime" run -b "$bundle" annotated
    is_refusal "$runtime: an annotation that replaces the filter" "$err" runtime-annotation
    policy '"annotations": {"action": "rewrite"}'
    box_bundle "$bundle" "$runtime" \
        ".annotations = {\"run.oci.seccomp_bpf_data\": \"BgAAAAAA/38=\"} | .process.args = [\"look\"] | $raw"
    new_id
    call "$wrap/$runtime" run -b "$bundle" "$id"
    harmless "$runtime: where it is taken out, the container runs"
    policy
}

box_bundle "$bundle" runc '.'
bad_files
bad_owners
bad_ways
user_namespace
for runtime in runc crun; do
    elsewhere
    refusals
    replacing
    reporting
    annotations
done
finish
