/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt precreate`, which `drawbolt hook` becomes when it is given a config.json. */
#pragma once

#include "front/front.h"

BOLT_CHECK int bolt_precreate_respond(struct bolt_run *run, struct bolt_err *err);
extern const struct bolt_front bolt_front_precreate;
