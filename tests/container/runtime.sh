#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# drawbolt in front of runc and crun: by links, bare, as CRI-O calls it, and under podman. Each script in runtime/ can also
# be started by itself.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
box_enter "$@"
for part in spellings launch bundles fuse exec replace crio podman; do
    include "$part" "$BOX/src/tests/container/runtime/$part.sh"
done
finish
