#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does libseccomp's own simulator of filters answer what bolt_bpf_run() answers?
#
#   simulator.sh POINTS
#
# POINTS (tests/random/points.c) writes programs, calls and answers; tools/scmp_bpf_sim.c of
# libseccomp is asked the same. No package has that tool, so its source is fetched as the machine's
# apt sources have it, with lists and a cache of its own: apt's state on the machine does not
# change. Ends with 77, "skipped", where that is not possible; BOLT_MUST_RUN=1 makes that a failure.
set -u
points=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    echo "$*"
    [ "${BOLT_MUST_RUN:-0}" = 0 ] || exit 1
    exit 77
}

# --- the tool ---------------------------------------------------------------------------------

make_sources() { # the machine's sources, asked for source packages
    mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]/deb-src /p' "$file" |
            sort -u >"$work/sources/$(basename "$file" .list).list"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        sed 's/^types:.*/Types: deb-src/I' "$file" >"$work/sources/$(basename "$file")"
    done
    # What the machine does after an update is about its own lists.
    cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

# An update may fail for a source that is of no interest here.
fetch() {
    (
        cd "$work" && umask 022 || exit
        timeout 120 apt-get -qq -c "$work/apt.conf" update
        timeout 60 apt-get -qq -c "$work/apt.conf" source --only-source libseccomp
    ) >"$work/log" 2>&1 </dev/null
}

for tool in apt-get dpkg-source cc timeout split; do
    command -v "$tool" >/dev/null || skip "no $tool"
done
make_sources
fetch || skip "no source of libseccomp: $(grep -E '^E:' "$work/log" | tail -n 1)"
tools=$(find "$work" -maxdepth 2 -type d -path '*/libseccomp-*/tools')
[ -f "$tools/scmp_bpf_sim.c" ] || skip 'no scmp_bpf_sim.c in the source of libseccomp'
sim=$work/scmp_bpf_sim
if ! cc -O1 -w -D_GNU_SOURCE -I"$tools" -I"$tools/../include" -o "$sim" \
    "$tools/scmp_bpf_sim.c" "$tools/util.c" >"$work/log" 2>&1; then
    cat "$work/log"
    skip 'scmp_bpf_sim does not compile'
fi

# --- the comparison ---------------------------------------------------------------------------

ask() { # ask FILE: one answer for each line
    while read -r call; do
        # shellcheck disable=SC2086 # several arguments
        "$sim" $call 2>&1
    done <"$1" >"$1.said"
}

mkdir "$work/points"
"$points" "$work/points" || exit 1
cd "$work/points" || exit 1
split -n "l/$(nproc)" points chunk.
for chunk in chunk.*; do
    ask "$chunk" &
done
wait
cat chunk.*.said >said

count=$(wc -l <points)
if [ "$count" -lt 2000 ] || [ "$(wc -l <answers)" -ne "$count" ]; then
    echo "only $count points"
    exit 1
fi
if ! cmp -s answers said; then
    echo 'bolt_bpf_run(), the simulator and the call, where they differ:'
    paste answers said points | awk -F '\t' '$1 != $2' | head -n 20
    exit 1
fi
echo "$count calls, $(find . -name '*.bpf' | wc -l) programs:" \
    "$(sort answers | uniq -c | sort -rn | awk '{ printf "%s %s, ", $1, $2 }' | sed 's/, $//')"
