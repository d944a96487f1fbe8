#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Are the manual pages well-formed, and do they name all that the program has?
#
#   manual.sh SRCDIR BUILDDIR
#
# Ends with 77, "skipped", where a tool is missing; BOLT_MUST_RUN=1 makes that a failure.
set -eu
man=$(realpath "$1")/man
schema=$(realpath "$1")/schemas/policy.schema.json
source=$(realpath "$1")/src/front/main.c
drawbolt=$(realpath "$2")/drawbolt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

for tool in scdoc mandoc man jq; do
    command -v "$tool" >/dev/null || {
        echo "no $tool"
        [ "${BOLT_MUST_RUN:-0}" = 0 ] || exit 1
        exit 77
    }
done

complain() {
    echo "$*"
    bad=1
}

plain() { # a page's source without its markup
    sed 's/\\\(.\)/\1/g; s/[*_]\([^*_ ]*\)[*_]/\1/g; s/[*]//g; s/++$//' "$1"
}

# --- well-formed ------------------------------------------------------------------------------

for page in "$man"/*.scd; do
    name=$(basename "$page" .scd)
    if ! scdoc <"$page" >"$work/$name" 2>"$work/err" || [ ! -s "$work/$name" ]; then
        complain "$name: scdoc: $(cat "$work/err")"
        continue
    fi
    mandoc -T lint -W error "$work/$name" >"$work/out" 2>&1 || complain "$(cat "$work/out")"
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$work/$name" \
        2>"$work/err" >/dev/null || complain "man: $name"
    [ ! -s "$work/err" ] || complain "man: $(cat "$work/err")"
    case $name in
    drawbolt.8) sections='NAME SYNOPSIS DESCRIPTION EXIT.STATUS FILES EXAMPLES LIMITS SEE.ALSO' ;;
    *) sections='NAME DESCRIPTION EXAMPLES FILES SEE.ALSO' ;;
    esac
    for section in $sections; do
        grep -q "^# $section\$" "$page" || complain "$name: no section $section"
    done
done

# --- rules ------------------------------------------------------------------------------------

rules=$man/drawbolt-rules.7.scd
tab=$(printf '\t')
"$drawbolt" rules >"$work/rules"
[ -s "$work/rules" ] || complain 'drawbolt rules prints nothing'
while IFS=$tab read -r id summary references; do
    sed -n "/^## $id\$/,/^##* [^#]/{/^## $id\$/d;/^#/d;p;}" "$rules" >"$work/section"
    if [ ! -s "$work/section" ]; then
        complain "drawbolt-rules.7: no section for $id"
        continue
    fi
    sed 's/\\\(.\)/\1/g' "$work/section" | grep -Fxq "$summary." ||
        complain "drawbolt-rules.7: $id: the summary is not '$summary.'"
    grep -Fxq "$tab$references" "$work/section" ||
        complain "drawbolt-rules.7: $id: the references are not '$references'"
    for part in 'Looks at' Why Rewrite 'To satisfy it' Policy References; do
        grep -Fxq "*$part*" "$work/section" || complain "drawbolt-rules.7: $id: no '$part'"
    done
done <"$work/rules"
sed -n '/^# RULES/,/^# REFERENCES/s/^## //p' "$rules" | while read -r id; do
    cut -f1 "$work/rules" | grep -Fxq "$id" || echo "drawbolt-rules.7: there is no rule $id"
done >"$work/out"
[ ! -s "$work/out" ] || complain "$(cat "$work/out")"

# --- commands and options ---------------------------------------------------------------------

page=$man/drawbolt.8.scd
"$drawbolt" --help | sed -n 's/^  drawbolt /drawbolt /p' | sed 's/ *$//' >"$work/help"
plain "$page" | sed -n '/^# SYNOPSIS/,/^# DESCRIPTION/s/^drawbolt /drawbolt /p' >"$work/synopsis"
diff "$work/help" "$work/synopsis" ||
    complain 'drawbolt --help (<) and SYNOPSIS in drawbolt(8) (>) differ'
sed -n '/^# COMMANDS/,/^# OPTIONS/p' "$page" >"$work/commands"
sed -n 's/^drawbolt \([a-z][a-z]*\).*/\1/p' "$work/help" | while read -r command; do
    grep -Eq "^\\*$command( [a-z]+)?\\*\$" "$work/commands" || echo "drawbolt.8: no command $command"
done >"$work/out"
[ ! -s "$work/out" ] || complain "$(cat "$work/out")"
sed -n 's/^    {"\([a-z-]*\)", [a-z]*_argument.*/\1/p' "$source" >"$work/options"
[ -s "$work/options" ] || complain 'front/main.c: no options'
while read -r option; do
    sed -n '/^# OPTIONS/,/^# POLICY/p' "$page" | grep -Fq -e "*--$option*" ||
        complain "drawbolt.8: no option --$option"
done <"$work/options"

# --- the policy -------------------------------------------------------------------------------

# Every member of the schema that is no object, by its whole path, as in "*ports.host.allow[].ports*".
sed 's/\\\(.\)/\1/g' "$man/drawbolt-policy.5.scd" >"$work/policy"
jq -r '
    . as $root
    | def resolve: if has("$ref") then . as $s | $root | getpath($s["$ref"] / "/" | .[1:]) else . end;
      def members($at): resolve | if has("properties")
          then .properties | to_entries[] | .key as $key | .value | members($at + [$key])
          else ($at | join(".")), (.items? // empty | resolve | select(has("properties"))
              | members($at[:-1] + [$at[-1] + "[]"])) end;
    members([])' "$schema" >"$work/members"
[ -s "$work/members" ] || complain 'the schema has no members'
while read -r member; do
    grep -Fxq -e "*$member*" "$work/policy" || complain "drawbolt-policy.5: no member $member"
done <"$work/members"

# --- documents --------------------------------------------------------------------------------

# Functions and files that they name are there.
cd "$1"
for page in *.md docs/*.md; do
    grep -o 'bolt_[a-z_]*[a-z]' "$page" | sort -u | while read -r name; do
        grep -rqw "$name" src || echo "$page: there is no $name"
    done
    sed 's/](/\n](/g' "$page" | sed -n 's/^](\([^):#]*\)).*/\1/p' | sort -u | while read -r file; do
        [ -e "$(dirname "$page")/$file" ] || echo "$page: there is no $file"
    done
    grep -Eo "\`(docs|man|schemas|src|tests|front|policy|decide|json|facts|io|seccomp|emit)/[a-z_/.-]*\`" \
        "$page" | tr -d '\140' | sort -u | while read -r file; do
        [ -e "$file" ] || [ -e "src/$file" ] || echo "$page: there is no $file"
    done
done >"$work/out"
[ ! -s "$work/out" ] || complain "$(cat "$work/out")"

exit "$bad"
