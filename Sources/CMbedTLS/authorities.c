// The certificates that are trusted to vouch for a server.
//
// Two chains: a new bundle is parsed into the one that is not in use, and takes
// over whole or not at all. A session holds pointers into its chain until it ends.

#include "internal.h"

#include <mbedtls/pem.h>
#include <stdlib.h>
#include <string.h>

/// The longest PEM block that is looked at; certificates are 1 to 3 KB.
enum { longest_block = 16 * 1024 };

static mbedtls_x509_crt chains[2];
static int newest;        // index of the chain that the next session uses
static int used = -1;     // index of the chain that a session uses, or -1
static int present[2];    // whether a chain holds anything

/// First place of `text` in bytes[from..<size], or `size`.
static size_t find(const uint8_t *bytes, size_t from, size_t size, const char *text) {
    size_t length = strlen(text);
    for (size_t i = from; length <= size && i <= size - length; i++)
        if (memcmp(bytes + i, text, length) == 0) return i;
    return size;
}

static void drop(int index) {
    if (present[index]) mbedtls_x509_crt_free(&chains[index]);
    present[index] = 0;
}

int ward_authorities_load(const uint8_t *pem, size_t size, int *good, int *bad) {
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static const char end[] = "-----END CERTIFICATE-----";
    *good = *bad = 0;

    // The chain in use must stay; another that no session has used yet is replaced.
    int target = used >= 0 ? 1 - used : 1 - newest;
    mbedtls_x509_crt staged;
    mbedtls_x509_crt_init(&staged);

    int outcome = WARD_AUTHORITIES_LOADED;
    for (size_t at = find(pem, 0, size, begin); at < size;) {
        // A block whose end is missing must not swallow the one behind it.
        size_t next = find(pem, at + 1, size, begin);
        size_t last = find(pem, at, next, end);
        size_t length = last < next ? last + strlen(end) - at : 0;
        at = next;
        if (length == 0 || length > longest_block) {
            *bad += 1;
            continue;
        }
        // mbedTLS wants a PEM text to end with NUL.
        unsigned char *text = calloc(1, length + 1);
        int error = MBEDTLS_ERR_X509_ALLOC_FAILED;
        if (text != NULL) {
            memcpy(text, pem + last + strlen(end) - length, length);
            error = mbedtls_x509_crt_parse(&staged, text, length + 1);
            free(text);
        }
        if (error == 0) *good += 1;
        else if (error == MBEDTLS_ERR_X509_ALLOC_FAILED || error == MBEDTLS_ERR_PEM_ALLOC_FAILED
                 || error == MBEDTLS_ERR_PK_ALLOC_FAILED) {
            outcome = WARD_AUTHORITIES_NO_MEMORY;
            break;
        } else *bad += 1;
    }
    if (outcome == WARD_AUTHORITIES_LOADED) {
        if (*good == 0) outcome = *bad == 0 ? WARD_AUTHORITIES_EMPTY : WARD_AUTHORITIES_UNREADABLE;
        else if (*bad > 0) outcome = WARD_AUTHORITIES_PARTLY_BAD;
    }
    if (outcome != WARD_AUTHORITIES_LOADED) {
        mbedtls_x509_crt_free(&staged);
        return outcome;
    }
    drop(target);
    chains[target] = staged;
    present[target] = 1;
    newest = target;
    if (used < 0) drop(1 - target);
    return outcome;
}

mbedtls_x509_crt *ward_authorities_use(void) {
    if (!present[newest]) return NULL;
    used = newest;
    return &chains[newest];
}

void ward_authorities_unuse(void) {
    if (used < 0) return;
    if (used != newest) drop(used);
    used = -1;
}
