/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and digests, as every engine has them. */
#include "base/hash.h"
#include "facts/ports_internal.h"

bool bolt_is_container_id(struct bolt_bytes id)
{
    return bolt_is_sha256_hex(id);
}

void bolt_identity_add_digest(struct bolt_identity *who, struct bolt_bytes digest,
                              const char *source)
{
    if (who->digest_count == BOLT_DIGESTS_MAX || !bolt_is_digest(digest)) {
        return;
    }
    for (size_t i = 0; i < who->digest_count; i++) {
        if (bolt_bytes_equal(who->digests[i].value, digest)) {
            return;
        }
    }
    who->digests[who->digest_count++] = bolt_named_as(digest, source, false);
}
