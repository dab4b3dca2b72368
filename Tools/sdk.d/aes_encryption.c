/* AES encrypts only: GCM and CTR_DRBG need no more in either direction, and the
 * tables of decryption are 1.3 KiB. Nobody gets here; who did would be refused. */
#include <mbedtls/aes.h>

int mbedtls_aes_setkey_dec(mbedtls_aes_context *ctx, const unsigned char *key, unsigned int keybits)
{
    (void)ctx, (void)key, (void)keybits;
    return MBEDTLS_ERR_AES_FEATURE_UNAVAILABLE;
}

int mbedtls_internal_aes_decrypt(mbedtls_aes_context *ctx, const unsigned char input[16],
                                 unsigned char output[16])
{
    (void)ctx, (void)input, (void)output;
    return MBEDTLS_ERR_AES_FEATURE_UNAVAILABLE;
}
