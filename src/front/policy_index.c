/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy index`: so that a start need not read every exception. */
#include "front/load.h"
#include "front/policy.h"
#include "io/file.h"

#define MODE 0600 /* it says something of each exception, and not all may be for everybody */

enum bolt_exit bolt_policy_index_run(struct bolt_run *run)
{
    struct bolt_bytes text = {0};
    struct bolt_err err = {0};

    if (bolt_run_make_index(run, &text, &err) != 0 ||
        bolt_file_put(run->arena, bolt_run_index_path(run), text, MODE, &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return BOLT_EXIT_ALLOW;
}
