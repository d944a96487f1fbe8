/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>

struct bolt_bytes bolt_sha256_hex(struct bolt_arena *arena, struct bolt_bytes bytes)
{
    char *hex = bolt_arena_alloc(arena, BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE) + 1, 1);
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, bytes.len, (const uint8_t *)bytes.at);
    sha256_digest(&ctx, sizeof digest, digest);
    base16_encode_update(hex, sizeof digest, digest);
    return (struct bolt_bytes){hex, BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE)};
}

bool bolt_is_sha256_hex(struct bolt_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("0123456789abcdef", text.at[i], 16) == NULL) {
            return false;
        }
    }
    return text.len == BOLT_SHA256_DIGITS;
}

bool bolt_is_digest(struct bolt_bytes text)
{
    const size_t len = sizeof BOLT_SHA256_PREFIX - 1;

    return bolt_bytes_has_prefix(text, BOLT_SHA256_PREFIX) &&
           bolt_is_sha256_hex((struct bolt_bytes){text.at + len, text.len - len});
}
