#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Random command lines, read by runc and crun themselves and by drawbolt: whatever a runtime takes for
# its bundle, configuration, process file, log or capabilities, drawbolt must have read the same, or
# not have understood the line. The real ones are asked by what they do: which path they complain
# about, which of several process files runs, which log is written.
#
#     tests/container/cmdline.sh [READER [SEED [COUNT]]]
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
set -- "${1:-$(dirname "${DRAWBOLT:-$box_src/build/drawbolt}")/tests/cmdline_read}" "${2:-1}" "${3:-200}"
if [ "${BOX_INSIDE:-}" != 1 ]; then
    [ -x "$1" ] || skip_all "no $1"
    set -- "$(realpath "$1")" "$2" "$3"
fi
command -v python3 >/dev/null || skip_all 'no python3'
box_enter "$@"
cp "$1" "$BOX/bin/cmdline_read" || box_die "no $1"
box_image

for runtime in runc crun; do
    box_bundle "$BOX/bundle" "$runtime" '.process.args = ["sleep", "1000"]'
    (cd "$BOX" && "$runtime" run -d -b "$BOX/bundle" live </dev/null >/dev/null 2>&1)
    for name in p1 p2 p3; do
        jq -c --arg name "$name" '.process | .args = ["echo", $name]' "$BOX/bundle/config.json" \
            >"$BOX/$name"
    done
    result=$(cd "$BOX" && python3 "$BOX/src/tests/container/cmdline.py" "$runtime" "$2" "$3" 2>&1)
    status=$?
    printf '%s\n' "$result" | sed 's/^/# /'
    is "$runtime: $3 random command lines of each kind are read as it reads them" "$status" 0
    "$runtime" delete --force live
done
finish
