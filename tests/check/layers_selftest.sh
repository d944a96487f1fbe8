#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does layers.sh see what it is for? Plants one forbidden include after the other in a copy.
#
#   layers_selftest.sh SRCDIR [BUILDDIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$1/src" "$copy/src"
failed=0

"$here/layers.sh" "$copy" || {
    echo 'the tree as it is does not pass'
    exit 1
}

plant() { # plant FILE INCLUDE: with it, layers.sh must fail and name the file
    cp "$copy/src/$1" "$copy/kept"
    echo "#include $2" >>"$copy/src/$1"
    if out=$("$here/layers.sh" "$copy"); then
        echo "not seen: $2 in $1"
        failed=1
    elif ! echo "$out" | grep -Eq "^($1:|more than one file)"; then
        echo "$2 in $1: $out"
        failed=1
    fi
    mv "$copy/kept" "$copy/src/$1"
}

plant base/buf.c '"json/doc.h"'
plant io/file.c '"facts/facts.h"'
plant json/doc.c '"io/file.h"'
plant facts/ports.c '"policy/policy.h"'
plant policy/load.c '"seccomp/seccomp.h"'
plant seccomp/raw.c '"facts/facts.h"'
plant decide/decide.c '"emit/emit.h"'
plant decide/rules/ports.c '"io/netns.h"'
plant emit/report.c '"front/front.h"'
plant main.c '"io/say.h"'
plant front/run.c '"json/doc_internal.h"'
plant front/run.c '"exit.h"'
plant front/run.c '<yajl/yajl_parse.h>'
plant decide/decide.c '<unistd.h>'
plant front/run.c '<seccomp.h>'
plant seccomp/raw.c '<seccomp.h>' # a second file in the right folder
plant policy/lint.c '<sys/capability.h>'
plant emit/record.c '<nettle/sha2.h>'
mkdir "$copy/src/other"
echo '/* a folder that is no layer */' >"$copy/src/other/other.c"
if "$here/layers.sh" "$copy" >/dev/null; then
    echo 'not seen: a folder that is no layer'
    failed=1
fi
exit "$failed"
