#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The questions of cni-cri.sh to the newest containerd that Debian has.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/plugins.sh
. "$(dirname "$0")/plugins.sh"
# shellcheck source=tests/container/tree.sh
. "$(dirname "$0")/tree.sh"
[ "${BOX_INSIDE:-}" = 1 ] || plugins_find
tree_enter v1 "$@"
exec bash "$BOX/src/tests/container/cni-cri.sh"
