/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `drawbolt policy`, a file each. */
#pragma once

#include "front/front.h"

/* Like @base, with that policy loaded; NULL for the one of @base's options. */
BOLT_CHECK int bolt_policy_load_as(const struct bolt_run *base, const char *file,
                                   struct bolt_run *out, struct bolt_err *err);

enum bolt_exit bolt_policy_diff_run(struct bolt_run *run);  /* policy_diff.c */
enum bolt_exit bolt_policy_index_run(struct bolt_run *run); /* policy_index.c */
enum bolt_exit bolt_policy_lint_run(struct bolt_run *run);  /* policy_lint.c */
enum bolt_exit bolt_policy_test_run(struct bolt_run *run);  /* policy_test.c */
