#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The questions of exceptions.sh to the newest podman, runc and crun that Debian has.
# shellcheck source=tests/container/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/container/tree.sh
. "$(dirname "$0")/tree.sh"
tree_enter v2 "$@"
exec bash "$BOX/src/tests/container/exceptions.sh"
