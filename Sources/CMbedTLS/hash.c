// SHA-1, SHA-256, HMAC and PBKDF2 without mbedTLS's `md` layer, which allocates
// and so could fail, and which hashes the padded key anew for every HMAC.
//
// The key's two blocks (RFC 2104) are compressed once; each HMAC after that starts
// from those states. PBKDF2 then costs two compressions for an iteration, not four.

#include "internal.h"

#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <stdlib.h>
#include <string.h>

enum { block_size = 64, largest_digest = 32 };

typedef struct {
    int hash;
    union {
        mbedtls_sha1_context sha1;
        mbedtls_sha256_context sha256;
    } as;
} hashing;

/// mbedTLS's own hashes never fail; those of a hardware port could.
static void must(int error) {
    if (error != 0) abort();
}

static size_t digest_size(int hash) { return hash == WARD_SHA1 ? 20 : 32; }

static void start(hashing *h, int hash) {
    h->hash = hash;
    if (hash == WARD_SHA1) {
        mbedtls_sha1_init(&h->as.sha1);
        must(mbedtls_sha1_starts_ret(&h->as.sha1));
    } else {
        mbedtls_sha256_init(&h->as.sha256);
        must(mbedtls_sha256_starts_ret(&h->as.sha256, 0));
    }
}

static void update(hashing *h, const uint8_t *data, size_t size) {
    if (size == 0) return;
    if (h->hash == WARD_SHA1) must(mbedtls_sha1_update_ret(&h->as.sha1, data, size));
    else must(mbedtls_sha256_update_ret(&h->as.sha256, data, size));
}

static void finish(hashing *h, uint8_t *out) {
    if (h->hash == WARD_SHA1) {
        must(mbedtls_sha1_finish_ret(&h->as.sha1, out));
        mbedtls_sha1_free(&h->as.sha1);
    } else {
        must(mbedtls_sha256_finish_ret(&h->as.sha256, out));
        mbedtls_sha256_free(&h->as.sha256);
    }
}

/// The states after the key's inner and outer block.
typedef struct {
    hashing inner, outer;
} keyed;

static void key_start(keyed *k, int hash, const uint8_t *key, size_t size) {
    uint8_t short_key[largest_digest];
    uint8_t block[block_size];
    if (size > block_size) {
        ward_digest(hash, key, size, short_key);
        key = short_key;
        size = digest_size(hash);
    }
    memset(block, 0x36, sizeof block);
    for (size_t i = 0; i < size; i++) block[i] ^= key[i];
    start(&k->inner, hash);
    update(&k->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5C;
    start(&k->outer, hash);
    update(&k->outer, block, sizeof block);
    mbedtls_platform_zeroize(block, sizeof block);
    mbedtls_platform_zeroize(short_key, sizeof short_key);
}

/// Ends an HMAC whose message has been hashed by `inner`, a copy of the key's inner state.
static void key_finish(const keyed *k, hashing *inner, uint8_t *out) {
    hashing outer = k->outer;
    uint8_t digest[largest_digest];
    finish(inner, digest);
    update(&outer, digest, digest_size(k->outer.hash));
    finish(&outer, out);
    mbedtls_platform_zeroize(digest, sizeof digest);
}

void ward_digest(int hash, const uint8_t *data, size_t size, uint8_t *out) {
    hashing h;
    start(&h, hash);
    update(&h, data, size);
    finish(&h, out);
}

void ward_hmac(int hash, const uint8_t *key, size_t key_size,
               const uint8_t *data, size_t size, uint8_t *out) {
    keyed k;
    key_start(&k, hash, key, key_size);
    hashing inner = k.inner;
    update(&inner, data, size);
    key_finish(&k, &inner, out);
    mbedtls_platform_zeroize(&k, sizeof k);
}

/// Turns `block`, which begins with a digest, into the last block of a message whose
/// first block was the key's: a one bit, zeros, the length in bits (FIPS 180-4 §5.1.1).
static void pad(uint8_t *block, size_t size) {
    size_t bits = (block_size + size) * 8;
    memset(block + size, 0, block_size - size);
    block[size] = 0x80;
    block[block_size - 2] = (uint8_t)(bits >> 8);
    block[block_size - 1] = (uint8_t)bits;
}

static void store(uint8_t *out, const uint32_t *words, size_t size) {
    for (size_t i = 0; i < size / 4; i++) {
        out[4 * i] = (uint8_t)(words[i] >> 24);
        out[4 * i + 1] = (uint8_t)(words[i] >> 16);
        out[4 * i + 2] = (uint8_t)(words[i] >> 8);
        out[4 * i + 3] = (uint8_t)words[i];
    }
}

/// One compression from the state `from`, through the scratch context `h`, back into `block`.
static void compress(hashing *h, const hashing *from, uint8_t *block) {
    if (h->hash == WARD_SHA1) {
        memcpy(h->as.sha1.state, from->as.sha1.state, sizeof h->as.sha1.state);
        must(mbedtls_internal_sha1_process(&h->as.sha1, block));
        store(block, h->as.sha1.state, 20);
    } else {
        memcpy(h->as.sha256.state, from->as.sha256.state, sizeof h->as.sha256.state);
        must(mbedtls_internal_sha256_process(&h->as.sha256, block));
        store(block, h->as.sha256.state, 32);
    }
}

void ward_pbkdf2(int hash, const uint8_t *password, size_t password_size,
                 const uint8_t *salt, size_t salt_size, uint32_t iterations, uint8_t *out) {
    static const uint8_t first_block[4] = {0, 0, 0, 1};
    const size_t size = digest_size(hash);
    keyed k;
    key_start(&k, hash, password, password_size);

    hashing h = k.inner;
    update(&h, salt, salt_size);
    update(&h, first_block, sizeof first_block);
    uint8_t block[block_size];
    key_finish(&k, &h, block);
    memcpy(out, block, size);

    start(&h, hash);
    pad(block, size);
    for (uint32_t i = 1; i < iterations; i++) {
        // A digest overwrites the block's first bytes alone: the padding stays.
        compress(&h, &k.inner, block);
        compress(&h, &k.outer, block);
        for (size_t j = 0; j < size; j++) out[j] ^= block[j];
    }
    mbedtls_platform_zeroize(block, sizeof block);
    mbedtls_platform_zeroize(&h, sizeof h);
    mbedtls_platform_zeroize(&k, sizeof k);
}

void ward_wipe(void *bytes, size_t size) { mbedtls_platform_zeroize(bytes, size); }
