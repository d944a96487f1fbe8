/* SPDX-License-Identifier: Apache-2.0 */
/* The index beside a policy (policy/index.h). */
#pragma once

#include "front/front.h"

/* The path of the index. */
const char *bolt_run_index_path(const struct bolt_run *run);

/* The text of the index of the run's policy, which is loaded whole. Fails if it would not give back
 * the very same policy. */
BOLT_CHECK int bolt_run_make_index(const struct bolt_run *run, struct bolt_bytes *out,
                                   struct bolt_err *err);

enum bolt_index_state {
    BOLT_INDEX_ABSENT = 0,
    BOLT_INDEX_UNUSED, /* and @why says why */
    BOLT_INDEX_USED,
};

/* Would a gate use the index beside the run's policy? */
enum bolt_index_state bolt_run_try_index(const struct bolt_run *run, struct bolt_bytes *why);
