// What the files of this target share.

#ifndef WARD_CMBEDTLS_INTERNAL_H
#define WARD_CMBEDTLS_INTERNAL_H

#include "CMbedTLS.h"

#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

/// The newest authorities, from now on in use by a session; NULL where there are none.
mbedtls_x509_crt *ward_authorities_use(void);
/// No session uses them any longer.
void ward_authorities_unuse(void);

/// mbedTLS's callback for randomness. Never fails.
int ward_random_callback(void *context, unsigned char *out, size_t size);

/// What an error of mbedTLS means to the one who reads the log.
int ward_tls_classify(mbedtls_ssl_context *ssl, int error);

#endif
