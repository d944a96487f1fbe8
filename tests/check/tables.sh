#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What stands in two places says the same in both, and what has a limit keeps it.
#
#   tables.sh SRCDIR BUILDDIR
set -eu
src=$1
drawbolt=$2/drawbolt
manual=$src/man/drawbolt.8.scd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

complain() {
    echo "$*"
    bad=1
}

# Exit codes: name, number and meaning in front/exit.h; number and meaning in drawbolt(8), where the
# number is a line of its own and the meaning the next.
sed -n 's|^ *\(BOLT_EXIT_[A-Z]*\) = \([0-9]*\), */\* \(.*\) \*/$|\1 \2 \3|p' \
    "$src/src/front/exit.h" >"$work/codes"
cut -d' ' -f2- "$work/codes" >"$work/in-code"
sed -n '/^# EXIT STATUS/,/^# MESSAGES/p' "$manual" |
    sed -n '/^\*[0-9]*\*$/{N;s/^\*\([0-9]*\)\*\n\t/\1 /;p;}' >"$work/in-manual"
if [ "$(wc -l <"$work/in-code")" -ne "$(grep -c '^ *BOLT_EXIT_.* = ' "$src/src/front/exit.h")" ]; then
    complain 'front/exit.h: a code without a comment on its line'
fi
diff "$work/in-code" "$work/in-manual" ||
    complain 'front/exit.h (<) and EXIT STATUS in drawbolt(8) (>) differ'

# Exit codes below front/, which may not include its header.
system=$(sed -n 's/^BOLT_EXIT_SYSTEM \([0-9]*\) .*/\1/p' "$work/codes")
grep -Eq "^#define EXIT_SYSTEM $system( |\$)" "$src/src/base/mem.c" ||
    complain "base/mem.c: EXIT_SYSTEM is not $system"
grep -rno '[^a-z]_exit([^)]*)' "$src/src" --include='*.c' |
    grep -v '^[^:]*base/mem\.c:.*_exit(EXIT_SYSTEM)$' >"$work/exits" || true
if [ -s "$work/exits" ]; then
    complain "$(cat "$work/exits"): only bolt_die() ends the process"
fi

# Limits.
limit() { # limit NAME FILE
    sed -n "s|^#define $1 (*\\((size_t)[^/)]*\\)).*|\\1|p" "$src/src/$2"
}
file_limit=$(limit BOLT_FILE_BYTES_MAX io/file.h)
doc_limit=$(limit BOLT_DOC_BYTES_MAX json/doc.h)
if [ -z "$file_limit" ] || [ "$file_limit" != "$doc_limit" ]; then
    complain "BOLT_FILE_BYTES_MAX ($file_limit) is not BOLT_DOC_BYTES_MAX ($doc_limit)"
fi

# Rules: sorted, and each has cases.
"$drawbolt" rules | cut -f1 >"$work/rules"
while read -r rule; do
    [ -n "$(find "$src/tests/cases/$rule" -name '*.json' 2>/dev/null)" ] ||
        complain "tests/cases/$rule: no case"
done <"$work/rules"
sort -c "$work/rules" || complain 'rules are not sorted by id'

# Size: a function fits a screen, a file holds one idea.
find "$src/src" -name '*.c' | while read -r file; do
    awk -v name="${file#"$src/"}" '
        /^\{$/ { start = FNR }
        /^\}$/ && start {
            if (FNR - start - 1 > 60) print name ":" start ": a function of " FNR - start - 1 " lines"
            start = 0
        }
        END { if (FNR > 500) print name ": " FNR " lines" }' "$file"
done >"$work/large"
if [ -s "$work/large" ]; then
    cat "$work/large"
    bad=1
fi
exit "$bad"
