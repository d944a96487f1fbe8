#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The new config.json under kill -9, failing system calls, a full disk, and many containers at once.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/../lib.sh"
box_enter "$@"
# shellcheck source=tests/container/wrapper.sh
. "$(dirname "$0")/../wrapper.sh"
wrapper_make
bundle=$BOX/bundle
victim=$BOX/kill/b
raw='.process.capabilities[] += ["CAP_NET_RAW", "CAP_SYS_ADMIN"]'

# A runtime that keeps a copy of what it was started on; a whole one, even if it is killed itself.
make_taker() { # make_taker FILE
    mkdir -p "${1%/*}"
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

# --- killed, and calls that fail ------------------------------------------------------------------

fresh() { # a bundle for the next killing, with nothing left from the last
    rm -rf "$victim" "$BOX/kill/taken.b"
    mkdir -p "$victim"
    cp "$BOX/large.json" "$victim/config.json"
}

# Counts in $old, $new and $bad what is in place after a killing; $left: temporary files.
look_at_the_dead() { # look_at_the_dead WHAT
    case $(sha256sum <"$victim/config.json") in
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
    [ "$(ls -A "$victim")" = config.json ] || left=$((left + 1))
}

# What a rewrite that nobody disturbs does: sets $old_digest, $new_digest, and $took nanoseconds.
undisturbed() {
    fresh
    old_digest=$(sha256sum <"$victim/config.json")
    began=$(date +%s%N)
    "$wrap/runc" create --bundle "$victim" x
    took=$(($(date +%s%N) - began))
    new_digest=$(sha256sum <"$victim/config.json")
    isnot 'the large configuration is rewritten' "$new_digest" "$old_digest"
    is 'and the runtime is started on it' "$(sha256sum <"$BOX/kill/taken.b")" "$new_digest"
}

killed_at_random() {
    old=0 new=0 bad=0 left=0
    for _ in $(seq 50); do
        fresh
        delay=$(((RANDOM * 32768 + RANDOM) % took))
        "$wrap/runc" create --bundle "$victim" x &
        sleep "$(printf '0.%09d' "$delay")"
        kill -KILL "$!" 2>/dev/null
        wait "$!" 2>/dev/null
        look_at_the_dead "killed after $delay ns"
    done 2>/dev/null
    echo "# 50 killed within $took ns: $old with the old file, $new with the new one, $left with one beside"
    is '50 killed at random: the file in place is whole, and no runtime on an unjudged one' "$bad" 0
}

# Each system call up to the runtime's start, as NAME:N, the Nth of that name. strace does not count
# the execve() that starts drawbolt itself. How often memory is asked for is not always the same.
system_calls() {
    fresh
    strace -o "$BOX/calls" "$wrap/runc" create --bundle "$victim" x
    sed -n '1d; s/(.*//p; /^execve/q' "$BOX/calls" | grep -Ev '^(brk|mmap|munmap|mprotect|mremap)$' |
        awk '{print $1 ":" ++seen[$1]}'
}

killed_at_each_call() {
    old=0 new=0 bad=0 left=0 missed=
    points=$(system_calls)
    for point in $points; do
        fresh
        strace -o /dev/null -e "inject=${point%:*}:signal=SIGKILL:when=${point#*:}" \
            "$wrap/runc" create --bundle "$victim" x
        [ $? -eq 137 ] || missed="$missed $point"
        look_at_the_dead "killed at $point"
    done 2>/dev/null
    echo "# $(echo "$points" | wc -l) killed at system calls: $old with the old file," \
        "$new with the new one, $left with one beside"
    is 'killed at each system call: the file in place is whole, and no runtime on an unjudged one' "$bad" 0
    is 'killed at each system call: each was there to be killed at' "$missed" ''
    is 'killed before and after the new file is in place' "$((old > 0 && new > 0))" 1
}

left_overs() {
    fresh
    touch -d '2 minutes ago' "$victim/.drawbolt.0123456789abcdef"
    "$wrap/runc" create --bundle "$victim" x
    is 'what a killed one left is taken away by the next' "$(ls -A "$victim")" config.json
}

failing_calls() {
    for call in fchown fsync linkat renameat; do
        fresh
        bad=0
        strace -o /dev/null -e "inject=$call:error=EIO:when=1" \
            "$wrap/runc" create --bundle "$victim" x 2>/dev/null
        is "$call fails: nothing starts" "$?" 5
        look_at_the_dead "$call"
        is "$call fails: the old file is in place, alone" "$bad $(ls -A "$victim")" '0 config.json'
    done
}

full_disk() {
    fresh
    mount -t tmpfs -o size=3m tmpfs "$victim"
    cp "$BOX/large.json" "$victim/config.json"
    call "$wrap/runc" create --bundle "$victim" x
    is 'a full disk: nothing starts' "$status $(ls "$BOX/kill")" '5 b'
    is 'a full disk: the old file is in place, alone' \
        "$(ls -A "$victim") $(sha256sum <"$victim/config.json")" "config.json $old_digest"
    umount "$victim"
}

# --- many at once ---------------------------------------------------------------------------------

parallel() {
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
}

one_bundle() {
    for round in 1 2 3 4 5; do
        mkdir -p "$BOX/one/b"
        large_config "$BOX/one/b/config.json"
        seq 8 | xargs -P 8 -I{} "$wrap/runc" create --bundle "$BOX/one/b" one{} 2>"$BOX/stderr"
        is "8 on one bundle, round $round: none fails" "$? $(cat "$BOX/stderr")" '0 '
        is "8 on one bundle, round $round: it is rewritten, and alone" \
            "$(grep -c CAP_NET_RAW "$BOX/one/b/config.json") $(ls -A "$BOX/one/b")" '0 config.json'
    done
}

# crun's --config: several files in one directory.
one_directory() {
    mkdir -p "$BOX/files"
    box_bundle "$bundle" crun "$raw"
    wrong=
    for _ in $(seq 20); do
        for name in a b c d; do
            jq -c --arg name "$name" '.hostname = $name | .process.env += [range(2000) | "A\(.)=b"]' \
                "$bundle/config.json" >"$BOX/files/$name.json"
        done
        printf '%s\n' a b c d |
            xargs -P 4 -I{} "$wrap/crun" run -b "$BOX/files" -f "$BOX/files/{}.json" {} || wrong="$wrong failed"
        for name in a b c d; do
            wrong=$wrong$(jq -r --arg name "$name" \
                'select(.hostname != $name or (.process.capabilities | tostring | contains("NET_RAW"))) | $name' \
                "$BOX/files/$name.json")
        done
    done
    is '4 files of one directory at once: each is rewritten, and keeps its own content' "$wrong" ''
}

make_taker "$BOX/real/taker"
real_runc=$BOX/real/taker real_crun=/bin/true policy
large_config "$BOX/large.json"
undisturbed
killed_at_random
left_overs
full_disk
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    killed_at_each_call
    failing_calls
else
    skip 'killed at each system call of a rewrite' 'no strace'
fi
parallel
one_bundle
one_directory
finish
