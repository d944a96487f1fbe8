/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index of a policy's exceptions: for each of them, what a container must have for it to match.
 * A start reads those alone that may match (docs/decisions/0005-an-index-of-exceptions.md).
 *
 * An index says which exceptions to leave out, and nothing else: what they grant is always read
 * from the policy.
 */
#pragma once

#include "policy/policy.h"
#include "json/skim.h"

enum bolt_key_of {
    BOLT_KEY_ID = 0,
    BOLT_KEY_NAME,
    BOLT_KEY_DIGEST,
    BOLT_KEY_IMAGE,
    BOLT_KEY_NAMESPACE,
    BOLT_KEY_ENGINE,
};

/* One member of an exception's match: one that is no glob, if there is one. */
struct bolt_key {
    enum bolt_key_of of;
    struct bolt_bytes text;
};

/* The texts of a policy are its own, and then those of its drop-ins. */
struct bolt_index {
    struct bolt_bytes drawbolt;        /* whose version takes the texts for a policy */
    struct bolt_bytes policy_sha256;   /* as in a record */
    struct bolt_bytes drop_ins_sha256; /* empty if there are none */
    const size_t *arrays; /* of each text: where its exceptions start; 0: it has none */
    size_t text_count;
    const struct bolt_key *keys; /* of each exception, in the order of the texts */
    size_t key_count;
};

/* The match that says what the key says, and no more. */
struct bolt_match bolt_key_match(const struct bolt_key *key);

/* The index of a policy as text: digests and arrays are taken from @head, the rest from @policy. */
struct bolt_bytes bolt_index_make(struct bolt_arena *arena, const struct bolt_index *head,
                                  const struct bolt_policy *policy);

/**
 * bolt_index_read() - read an index
 * @arena: owns @out
 * @text:  borrowed by @out
 * @out:   the index
 *
 * Return: false if it is none, or of another version.
 */
bool bolt_index_read(struct bolt_arena *arena, struct bolt_bytes text, struct bolt_index *out);

/**
 * bolt_index_cut() - a text of the policy without its exceptions
 * @arena: owns @out
 * @text:  the text
 * @array: where its exceptions start
 * @out:   the text with an empty array in their place
 * @taken: gets the exceptions, as they are written
 *
 * Return: false if there is no array of objects.
 */
bool bolt_index_cut(struct bolt_arena *arena, struct bolt_bytes text, size_t array,
                    struct bolt_bytes *out, struct bolt_skimmed *taken);
