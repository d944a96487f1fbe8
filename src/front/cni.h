/* SPDX-License-Identifier: Apache-2.0 */
/* The CNI plugin. */
#pragma once

#include "facts/cni.h"
#include "front/front.h"

/* True if drawbolt is called as a plugin: by the name drawbolt-cni; or without arguments, and the
 * environment has a command for plugins. */
bool bolt_cni_is_called(int argc, char **argv);

extern const struct bolt_front bolt_front_cni;
