/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a record, for the files of this folder. */
#pragma once

#include "decide/decide.h"
#include "json/write.h"

/* The member "facts": all that the rules were given, so that the decision can be made once more.
 * Left out where it would be larger than BOLT_RECORD_FACTS_MAX. */
void bolt_record_facts(struct bolt_arena *arena, struct bolt_json *json, const struct bolt_case *c);

/* Who says so of a fact, and whether it is to be believed: members of an object that is open. */
void bolt_record_origin(struct bolt_json *json, const struct bolt_named *named);

/* A container's author chooses names in it, and `drawbolt why` searches the end of the log only. */
#define BOLT_RECORD_FACTS_MAX ((size_t)64 * 1024)
