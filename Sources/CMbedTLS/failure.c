// From mbedTLS's errors and verification flags to what the operator can act upon.

#include "internal.h"

#include <mbedtls/pk.h>

/// The flag that tells most: what is not vouched for comes first, since the other
/// properties of such a certificate are only claims.
static int certificate(uint32_t flags) {
    if (flags == UINT32_MAX) return WARD_TLS_BAD_CERTIFICATE;
    if (flags & MBEDTLS_X509_BADCERT_REVOKED) return WARD_TLS_REVOKED;
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) return WARD_TLS_UNTRUSTED;
    if (flags & (MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK))
        return WARD_TLS_WEAK_CERTIFICATE;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) return WARD_TLS_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_FUTURE) return WARD_TLS_NOT_YET_VALID;
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) return WARD_TLS_WRONG_HOST;
    if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE
                 | MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
        return WARD_TLS_WRONG_PURPOSE;
    return WARD_TLS_BAD_CERTIFICATE;
}

int ward_tls_classify(mbedtls_ssl_context *ssl, int error) {
    switch (error) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
    case MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE:  // for a purpose or curve that does not fit, too
        return certificate(mbedtls_ssl_get_verify_result(ssl));
    case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION:
        return WARD_TLS_PROTOCOL_VERSION;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        // Said in answer to our first words, these two mean that there is nothing in common.
        if (ssl->state != MBEDTLS_SSL_SERVER_HELLO) return WARD_TLS_ALERTED;
        switch (ssl->in_msg[1]) {
        case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION: return WARD_TLS_PROTOCOL_VERSION;
        case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
        case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY: return WARD_TLS_NO_COMMON_CIPHER;
        default: return WARD_TLS_ALERTED;
        }
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return WARD_TLS_CLOSED;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        return ssl->state == MBEDTLS_SSL_SERVER_HELLO ? WARD_TLS_NOT_TLS : WARD_TLS_PROTOCOL_ERROR;
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return WARD_TLS_TAMPERED;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED:
    case MBEDTLS_ERR_MPI_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
        return WARD_TLS_NO_MEMORY;
    default:
        return WARD_TLS_PROTOCOL_ERROR;
    }
}
