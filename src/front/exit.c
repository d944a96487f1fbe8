/* SPDX-License-Identifier: Apache-2.0 */
#include "front/exit.h"

enum bolt_exit bolt_exit_for_error(enum bolt_err_kind kind)
{
    switch (kind) {
    case BOLT_ERR_USAGE:
        return BOLT_EXIT_USAGE;
    case BOLT_ERR_INPUT:
        return BOLT_EXIT_INPUT;
    case BOLT_ERR_POLICY:
        return BOLT_EXIT_POLICY;
    case BOLT_ERR_SYSTEM:
        return BOLT_EXIT_SYSTEM;
    case BOLT_ERR_NONE:
    case BOLT_ERR_INTERNAL:
        break;
    }
    return BOLT_EXIT_INTERNAL;
}
