/* SHA-1's compression of one block (FIPS 180-4 section 6.1.2) in four loops: a tenth
 * of the size of mbedTLS's, which is written out in full. */
#include <mbedtls/platform_util.h>
#include <mbedtls/sha1.h>

static uint32_t rotated(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* The schedule's word for a round; only the last sixteen are kept. */
static uint32_t scheduled(uint32_t *w, unsigned t)
{
    if (t >= 16)
        w[t % 16] = rotated(w[(t + 13) % 16] ^ w[(t + 8) % 16] ^ w[(t + 2) % 16] ^ w[t % 16], 1);
    return w[t % 16];
}

/* One round; `mixed` is what the function and the constant of its quarter give. */
static void turn(uint32_t s[5], uint32_t mixed, uint32_t word)
{
    uint32_t a = rotated(s[0], 5) + mixed + s[4] + word;
    s[4] = s[3];
    s[3] = s[2];
    s[2] = rotated(s[1], 30);
    s[1] = s[0];
    s[0] = a;
}

int mbedtls_internal_sha1_process(mbedtls_sha1_context *ctx, const unsigned char data[64])
{
    uint32_t w[16], s[5];
    unsigned t;
    for (t = 0; t < 16; t++)
        w[t] = (uint32_t)data[4 * t] << 24 | (uint32_t)data[4 * t + 1] << 16
            | (uint32_t)data[4 * t + 2] << 8 | data[4 * t + 3];
    for (t = 0; t < 5; t++)
        s[t] = ctx->state[t];
    for (t = 0; t < 20; t++)
        turn(s, (s[3] ^ (s[1] & (s[2] ^ s[3]))) + 0x5A827999, scheduled(w, t));
    for (; t < 40; t++)
        turn(s, (s[1] ^ s[2] ^ s[3]) + 0x6ED9EBA1, scheduled(w, t));
    for (; t < 60; t++)
        turn(s, ((s[1] & s[2]) | (s[3] & (s[1] | s[2]))) + 0x8F1BBCDC, scheduled(w, t));
    for (; t < 80; t++)
        turn(s, (s[1] ^ s[2] ^ s[3]) + 0xCA62C1D6, scheduled(w, t));
    for (t = 0; t < 5; t++)
        ctx->state[t] += s[t];
    mbedtls_platform_zeroize(w, sizeof w);
    mbedtls_platform_zeroize(s, sizeof s);
    return 0;
}
