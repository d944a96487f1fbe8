#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Do the schemas and the program agree, both ways? schemas.py says what is compared.
#
#   schemas.sh POLICY_JUDGE SRCDIR [DRAWBOLT]
#
# With DRAWBOLT, its `policy lint` is asked about every file as well. Ends with 77, "skipped",
# where there is no python3 with jsonschema; BOLT_MUST_RUN=1 makes that a failure.
set -eu

for python in /usr/bin/python3 python3; do
    if "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
        exec "$python" "$(dirname "$0")/schemas.py" "$@"
    fi
done
echo 'no python3 with jsonschema 4 or later'
[ "${BOLT_MUST_RUN:-0}" = 0 ] || exit 1
exit 77
