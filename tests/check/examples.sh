#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Do the examples in the manual pages and documents do what they say, and do the files that are
# installed fit together?
#
#   examples.sh SRCDIR BUILDDIR
#
# A block of a manual page behind the line "; runnable", or of a Markdown file behind
# "<!-- runnable -->", is run: lines that start with "$ " are commands, and what follows them is what
# they must print, where "..." stands for any text. Behind "; policy" or "<!-- policy -->" stands a
# policy, which must load; in drawbolt-policy(5) every other block is one. Behind "; test" stands a
# test case, which must pass under the policy in the block before it.
#
# Commands are run in a directory that has config.json (with CAP_NET_RAW), privileged.json,
# policy.json and bundle/config.json. Without --policy the built-in policy applies.
#
# Ends with 77, "skipped", where a tool or a safe directory is missing; BOLT_MUST_RUN=1 makes that a
# failure.
set -u
src=$(realpath "$1")
build=$(realpath "$2")
bad=0

complain() {
    printf '%s\n' "$*"
    bad=1
}

cannot() {
    echo "$1"
    [ "${BOLT_MUST_RUN:-0}" = 0 ] || exit 1
    exit 77
}

command -v jq >/dev/null || cannot 'no jq'
command -v meson >/dev/null || cannot 'no meson'

# --- a place to run them ----------------------------------------------------------------------

# A policy must lie where nobody else can write, which /tmp is not.
work=
for dir in /run "${HOME:-/nowhere}" "$build"; do
    work=$(mktemp -d "$dir/drawbolt-examples.XXXXXX" 2>/dev/null) || continue
    trap 'rm -rf "$work"' EXIT
    echo '{"version": 1}' >"$work/policy.json"
    chmod 644 "$work/policy.json"
    "$build/drawbolt" policy show "$work/policy.json" >/dev/null 2>&1 && break
    rm -rf "$work"
    work=
done
[ -n "$work" ] || cannot 'no directory that only this user can write'

configs=$src/tests/data/configs
mkdir "$work/bin" "$work/blocks"
printf '{"version": 1, "log": {"file": "%s/decisions.jsonl", "syslog": false}}\n' "$work" \
    >"$work/machine.json"
cat >"$work/bin/drawbolt" <<END
#!/bin/sh
# The machine's own policy and log must not matter here.
case "\$1 \$*" in
*' --policy '*) ;;
precreate\ * | hook\ * | check\ * | seccomp\ * | why\ *) exec $build/drawbolt "\$@" --policy $work/machine.json ;;
esac
exec $build/drawbolt "\$@"
END
chmod 755 "$work/bin/drawbolt"
chmod 644 "$work/machine.json"

new_place() {
    rm -rf "$work/place"
    mkdir -p "$work/place/bundle"
    cp "$configs/podman-cap-add-net-raw.json" "$work/place/config.json"
    # Paths of this file are of another machine, and that one had no CAP_SYS_RESOURCE to give.
    jq -c 'del(.linux.namespaces[].path) |
        .process.capabilities[] |= (. + ["CAP_SYS_RESOURCE"] | unique)' \
        "$configs/podman-privileged.json" >"$work/place/privileged.json"
    cp "$configs/docker-default.json" "$work/place/bundle/config.json"
    cp "$src/examples/policy.json" "$work/place/policy.json"
    chmod 644 "$work/place/policy.json"
}

# --- the blocks -------------------------------------------------------------------------------

# Writes each marked block of FILE to $work/blocks/NUMBER-KIND, its place in FILE to .name.
extract() { # extract FILE ALL-ARE-POLICIES
    awk -v out="$work/blocks/$(basename "$1")" -v name="${1#"$src"/}" -v all="$2" '
        /^(; (runnable|policy|test)|<!-- (runnable|policy) -->)$/ {
            kind = /runnable/ ? "runnable" : /test/ ? "test" : "policy"
            next
        }
        /^```/ && !inside {
            inside = 1
            if (kind == "" && all) kind = "policy"
            if (kind == "policy") policy = out "-" NR ".policy"
            if (kind == "test") print policy >(out "-" NR ".test.policy-of")
            if (kind != "") {
                file = out "-" NR "." kind
                printf "" >file
                print name ":" NR >(file ".name")
            }
            next
        }
        /^```/ { inside = 0; if (kind != "") { close(file); close(file ".name") } kind = ""; next }
        inside && kind != "" { print >file }
        !inside && kind != "" && NF { print name ":" NR ": no block behind the mark"; kind = "" }' "$1"
}

check_command() { # check_command PLACE COMMAND WANTED
    local got pattern=$3
    got=$(cd "$work/place" && PATH=$work/bin:$PATH LC_ALL=C.UTF-8 bash -c "$2" 2>&1 </dev/null)
    pattern=${pattern//\\/\\\\}
    pattern=${pattern//\*/\\*}
    pattern=${pattern//\?/\\?}
    pattern=${pattern//\[/\\[}
    pattern=${pattern//\(/\\(}
    pattern=${pattern//.../*}
    # shellcheck disable=SC2053 # a pattern is meant
    if [[ $got != $pattern ]]; then
        complain "$1: $2"
        diff <(printf '%s\n' "$3") <(printf '%s\n' "$got") | sed 's/^/    /'
    fi
}

run_block() { # run_block FILE
    local place command='' wanted='' line
    place=$(cat "$1.name")
    new_place
    while IFS= read -r line; do
        case $line in
        '$ '*)
            [ -z "$command" ] || check_command "$place" "$command" "$wanted"
            command=${line#'$ '}
            wanted=
            ;;
        *) wanted=${wanted:+$wanted$'\n'}$line ;;
        esac
    done <"$1"
    if [ -z "$command" ]; then
        complain "$place: a runnable block without a command"
    else
        check_command "$place" "$command" "$wanted"
    fi
}

for page in "$src"/man/*.scd; do
    case $page in
    *-policy.5.scd) extract "$page" 1 ;;
    *) extract "$page" '' ;;
    esac
done >"$work/marks"
for page in "$src"/*.md "$src"/docs/*.md; do
    [ ! -f "$page" ] || extract "$page" ''
done >>"$work/marks"
[ ! -s "$work/marks" ] || complain "$(cat "$work/marks")"

runnable=0 policies=0
for block in "$work"/blocks/*.runnable; do
    [ -f "$block" ] || continue
    runnable=$((runnable + 1))
    run_block "$block"
done
for block in "$work"/blocks/*.policy; do
    [ -f "$block" ] || continue
    policies=$((policies + 1))
    chmod 644 "$block"
    out=$("$build/drawbolt" policy show "$block" 2>&1 >/dev/null) ||
        complain "$(cat "$block.name"): $out"
done
for block in "$work"/blocks/*.test; do
    new_place
    mkdir "$work/place/tests"
    cp "$block" "$work/place/tests/case.json"
    cp "$(cat "$block.policy-of")" "$work/place/policy.json"
    out=$("$build/drawbolt" policy test "$work/place" 2>&1) || complain "$(cat "$block.name"): $out"
done
if [ "$runnable" -lt 5 ] || [ "$policies" -lt 3 ]; then
    complain "only $runnable runnable blocks and $policies policies were seen"
fi

new_place
out=$("$build/drawbolt" policy lint "$work/place/policy.json" 2>&1) ||
    complain "examples/policy.json: $out"

# --- what is installed ------------------------------------------------------------------------

dest=$work/dest
out=$(DESTDIR=$dest meson install -C "$build" --no-rebuild --quiet 2>&1) ||
    complain "meson install: $out"

check_hook() { # check_hook FILE STAGE
    local path
    path=$(jq -r '.hook.path' "$1") || {
        complain "$1: not JSON"
        return
    }
    case $path in
    /*) [ -x "$dest$path" ] || complain "$1: nothing is installed at $path" ;;
    *) complain "$1: '$path' is not absolute" ;;
    esac
    jq -e --arg stage "$2" '.version == "1.0.0" and .stages == [$stage] and .when == {always: true}
        and .hook.timeout == 10 and .hook.args == if $stage == "precreate"
            then ["drawbolt", $stage] else ["drawbolt", "hook", $stage] end' "$1" >/dev/null ||
        complain "$1: not the hook for $2"
}

precreate=$(find "$dest" -path '*/drawbolt/hooks.d/*')
if [ "$(basename "$precreate")" = drawbolt.json ]; then
    check_hook "$precreate" precreate
    dir=$(dirname "${precreate#"$dest"}")
    drop_in=$(find "$dest" -name 50-drawbolt.conf)
    grep -Fxq "  \"$dir\"," "$drop_in" || complain "$drop_in: does not list $dir"
    ! grep -Fq '@' "$drop_in" || complain "$drop_in: not configured"
else
    complain "drawbolt.json is not alone in its directory: $precreate"
fi
for stage in prestart createRuntime createContainer poststart; do
    hook=$(find "$dest" -path "*/drawbolt/examples/oci-hooks.d/drawbolt-$stage.json")
    if [ -n "$hook" ]; then
        check_hook "$hook" "$stage"
    else
        complain "no hook for $stage is installed"
    fi
done
engines=$(find "$dest" -type d -path '*/drawbolt/examples/engines.d')
if [ -n "$engines" ]; then
    ! grep -rF '@' "$engines" || complain "$engines: not configured"
    jq -e '.runtimes[."default-runtime"].path' "$engines/docker-daemon.json" >"$work/paths" ||
        complain "$engines/docker-daemon.json: no runtime"
    echo '{}' | jq -e -f "$engines/containerd-base-spec.jq" |
        jq '.hooks.createRuntime[0].path' >>"$work/paths" || complain 'containerd-base-spec.jq'
    for file in "$engines"/*.toml "$engines"/*.conf; do
        python3 -c 'import sys, tomllib; tomllib.load(open(sys.argv[1], "rb"))' "$file" ||
            complain "$file: not TOML"
        grep -Eo '"/[^"]*/drawbolt/(runc|crun)"' "$file" >>"$work/paths" ||
            complain "$file: no runtime"
    done
    while read -r path; do
        path=${path#\"} path=${path%\"}
        if [ ! -L "$dest$path" ] && [ ! -x "$dest$path" ]; then
            complain "nothing is installed at $path"
        elif [ -L "$dest$path" ] && [ ! -x "$dest$(readlink "$dest$path")" ]; then
            complain "$path leads to nothing"
        fi
    done <"$work/paths"
else
    complain 'examples/engines.d is not installed'
fi
for file in examples/policy.json schemas/policy.schema.json schemas/decision.schema.json \
    schemas/seccomp-proof.schema.json schemas/seccomp-diff.schema.json \
    schemas/policy-test.schema.json schemas/policy-test-report.schema.json \
    schemas/policy-diff.schema.json; do
    installed=$(find "$dest" -path "*/drawbolt/$file")
    cmp "$src/$file" "${installed:-/nowhere}" || complain "$file is not installed"
done
[ "$(stat -c %a "$dest/var/log/drawbolt")" = 700 ] || complain '/var/log/drawbolt: not mode 0700'

exit "$bad"
