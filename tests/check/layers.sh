#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom. The tables below are the architecture; docs/architecture.md explains them.
#
#   layers.sh SRCDIR [BUILDDIR]
set -eu
cd "$1/src"

allowed_for() { # LAYER: sets $allowed to the folders that it may include from
    case $1 in
    base) allowed='base' ;;
    io) allowed='base io' ;;
    json) allowed='base json' ;;
    facts) allowed='base json facts' ;;
    policy) allowed='base json facts policy' ;;
    seccomp) allowed='base json seccomp' ;;
    decide) allowed='base json facts policy seccomp decide' ;;
    emit) allowed='base json facts policy seccomp decide emit' ;;
    front) allowed='base io json facts policy seccomp decide emit front' ;;
    main.c) allowed='front' ;;
    *) allowed='' ;;
    esac
}

# Libraries stay behind one door each.
doors_for() { # HEADER: sets $doors to the folders that may include it
    case $1 in
    yajl/*) doors='json' ;;
    seccomp.h) doors='seccomp' ;;
    sys/capability.h) doors='facts' ;;
    nettle/*) doors='base' ;;
    sqlite3.h) doors='io' ;;
    unistd.h) doors='base io front seccomp' ;;
    *) doors=$layer ;;
    esac
}

check_own_header() { # HEADER, of $file in $layer
    case $1 in
    */*) ;;
    *)
        echo "$file: \"$1\" is not written from src/"
        return
        ;;
    esac
    case " $allowed " in
    *" ${1%%/*} "*) ;;
    *) echo "$file: $layer may not include $1" ;;
    esac
    case $1 in
    "$layer"/*) ;;
    *_internal.h) echo "$file: $1 is for its own folder" ;;
    esac
}

check_include() { # the part of the line behind "include", of $file in $layer
    case $1 in
    \"*\"*)
        header=${1#\"}
        check_own_header "${header%%\"*}"
        ;;
    \<*\>*)
        header=${1#<}
        doors_for "${header%%>*}"
        case " $doors " in
        *" $layer "*) ;;
        *) echo "$file: <${header%%>*}> is for $doors" ;;
        esac
        ;;
    *) echo "$file: neither <header> nor \"header\": $1" ;;
    esac
}

check_all() {
    find . -name '*.[ch]' | sort | while read -r file; do
        layer=${file#./}
        allowed_for "${layer%%/*}"
        [ -n "$allowed" ] || echo "$file: ${layer%%/*} is not a layer"
    done
    grep -r --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' . | while IFS=: read -r file line; do
        file=${file#./}
        layer=${file%%/*}
        allowed_for "$layer"
        check_include "${line#*include[[:space:]]}"
    done
    if [ "$(grep -rl '^# *include <seccomp\.h>' . | wc -l)" -gt 1 ]; then
        echo 'more than one file includes <seccomp.h>'
    fi
}

bad=$(check_all)
[ -z "$bad" ] || {
    echo "$bad"
    exit 1
}
