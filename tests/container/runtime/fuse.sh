#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# File systems that a user serves (FUSE): what looks like root's file there answers as that user likes,
# another thing to the next reader, or nothing at all. drawbolt must not ask it anything.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
served=$BOX/served
place=$served/b

serve() { # serve USER PLACE FILE: sets $server
    python3 "$BOX/src/tests/container/inside/serve.py" "$2" "$1" "$3" >"$BOX/requests" 2>&1 &
    server=$!
    wait_until grep -q ready "$BOX/requests" || box_die "no file system: $(cat "$BOX/requests")"
}

unserve() {
    umount -l "$1"
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
}

# A program that is gone when its name is asked for counts.
asked() {
    grep -E ' (runc|crun|drawbolt|\?)$' "$BOX/requests"
}

untouched() { # untouched NAME STATUS: a call that ended as it should, and asked the server nothing
    is_error "$1" "$2" 'FUSE file system that user 1000 serves'
    is "$1: its server is asked nothing" "$(asked)" ''
}

# Each starts from a bundle that only root can write.
fresh() {
    rm -rf "$served"
    mkdir -p "$place"
    cp "$BOX/good/config.json" "$place/config.json"
}

users_bundle() {
    fresh
    serve 1000 "$place" "$BOX/good/config.json"
    for command in create run restore; do
        call "$wrap/$runtime" "$command" --bundle "$place" x
        untouched "$runtime $command: a bundle that a user serves" 3
    done
    cd "$place" || box_die "no $place"
    call "$wrap/$runtime" run x
    cd / || box_die 'no /'
    untouched "$runtime: also from the working directory" 3
    call strace -f -o /dev/null -e inject=statx:error=ENOSYS "$wrap/$runtime" run -b "$place" x
    untouched "$runtime: also where the kernel has no statx()" 3
    unserve "$place"
}

users_file() {
    fresh
    serve 1000 "$place/config.json" "$BOX/good/config.json"
    call "$wrap/$runtime" run -b "$place" x
    untouched "$runtime: a config.json that a user serves" 3
    unserve "$place/config.json"
}

# A log that drawbolt would write a refusal to, and where crun looks for what it knows of a container.
users_other_files() {
    fresh
    serve 1000 "$place" "$BOX/good/config.json"
    call "$wrap/$runtime" --log "$place/log" run -b "$BOX/empty" x
    is "$runtime: a log that a user serves: the error" "$status" 3
    is "$runtime: a log that a user serves: its server is asked nothing" "$(asked)" ''
    XDG_RUNTIME_DIR=$place call "$wrap/crun" exec x true
    is_refusal "$runtime: what crun knows of a container is where a user serves it" "$err" exec-capability
    is "$runtime: and the server is asked nothing" "$(asked)" ''
    unserve "$place"
}

users_process() {
    fresh
    printf '{"cwd": "/", "args": ["look"]}' >"$BOX/process.json"
    serve 1000 "$place" "$BOX/process.json"
    call "$wrap/$runtime" exec --process "$place/config.json" x
    untouched "$runtime exec: a process file that a user serves" 3
    unserve "$place"
}

# The same server, of root's: it serves what a container can be started from.
roots_bundle() {
    fresh
    serve 0 "$place" "$BOX/good/config.json"
    new_id
    call "$wrap/$runtime" run -b "$place" "$id"
    harmless "$runtime: root's own FUSE file system serves as any other"
    like "$runtime: and is asked by drawbolt and the runtime" "$(asked)" '^read (runc|crun)$'
    unserve "$place"
}

hook_and_policy() {
    fresh
    serve 1000 "$place" "$BOX/good/config.json"
    call_with_state "$DRAWBOLT" hook createRuntime
    untouched 'hook: a bundle that a user serves' 3
    call "$DRAWBOLT" check --policy "$place/config.json" "$BOX/good/config.json"
    untouched 'a policy that a user serves' 4
    unserve "$place"
}

call_with_state() { # call_with_state WORD...: as call
    out=$(printf '{"ociVersion": "1.0.2", "id": "x", "status": "creating", "pid": 1, "bundle": "%s"}' "$place" |
        timeout 60 "$@" 2>"$BOX/stderr")
    status=$?
    err=$(cat "$BOX/stderr")
}

# A root directory that is no mount of its own is in no list of mounts.
chrooted() {
    jail=$BOX/jail
    mkdir -p "$jail/proc" "$jail/b"
    cp "$DRAWBOLT" "$jail/drawbolt"
    cp "$BOX/good/config.json" "$jail/b/"
    mount -t proc proc "$jail/proc"
    printf '{"version": 1}' >"$jail/policy.json"
    call chroot "$jail" /drawbolt policy lint --policy /policy.json
    is 'in a directory by chroot(2): the policy is read' "$status" 0
    umount "$jail/proc"
}

box_bundle "$BOX/good" runc '.process.args = ["look"]'
"$DRAWBOLT" precreate <"$BOX/good/config.json" >"$BOX/rewritten.json" || box_die 'no bundle'
mv "$BOX/rewritten.json" "$BOX/good/config.json"
for runtime in runc crun; do
    users_bundle
    users_file
    users_process
    users_other_files
    roots_bundle
done
hook_and_policy
chrooted
finish
