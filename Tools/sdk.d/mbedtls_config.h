/* What of mbedTLS is in the firmware: the client side of TLS 1.2, with ephemeral
 * keys and authenticated encryption only, and X.509. No sockets, files, threads,
 * timers, entropy pool or error texts: Sources/CMbedTLS brings what is needed of them. */
#ifndef MBEDTLS_CONFIG_H
#define MBEDTLS_CONFIG_H

/* The machine. Certificates' dates are checked. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE

/* The protocol. */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
/* Refused at run time; compiled in, since only then is the client's Finished
 * kept, which channel binding by tls-unique needs (RFC 5929 section 3). */
#define MBEDTLS_SSL_RENEGOTIATION
/* Servers need not heed a wish for small records, and many do not. */
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

/* Keys. */
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
/* A window of 4 keeps a P-384 table of points at 1.5 KiB of the arena. */
#define MBEDTLS_ECP_WINDOW_SIZE 4
#define MBEDTLS_RSA_C
#define MBEDTLS_RSA_NO_CRT
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
/* RSA of up to 4096 bits. */
#define MBEDTLS_MPI_MAX_SIZE 512

/* Certificates. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CHECK_KEY_USAGE
#define MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 4

/* Ciphers and hashes. AES's tables lie in the program, not in memory. */
#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
/* In their place stands aes_encryption.c. */
#define MBEDTLS_AES_SETKEY_DEC_ALT
#define MBEDTLS_AES_DECRYPT_ALT
#define MBEDTLS_GCM_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA512_C
/* It serves certificates and a few handshakes, and may be slower. SHA-1 and SHA-256 may
 * not: they are most of a login (PBKDF2). */
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_CTR_DRBG_C

/* x86_64 only; its code asks the processor first. */
#if defined(__x86_64__)
#define MBEDTLS_AESNI_C
#endif

#include "mbedtls/check_config.h"

#endif
