#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Records tests/data/crio and tests/data/configs/crio-*.json: what CRI-O writes and how it calls the
# runtime, byte for byte. Started by hand, as crio.sh is.
record=1
# shellcheck source=tests/container/crio.sh
. "$(dirname "$0")/crio.sh"
