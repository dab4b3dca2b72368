// CTR_DRBG over getrandom(2). mbedTLS's own entropy pool is left aside: it reads
// /dev/urandom where it can, before the kernel's pool need be ready.

#include "internal.h"

#include <errno.h>
#include <mbedtls/ctr_drbg.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static mbedtls_ctr_drbg_context generator;
static int seeded;
/// Held while the generator is used: the firmware has one thread, the tests have several.
static atomic_flag busy = ATOMIC_FLAG_INIT;

static _Noreturn void give_up(void) {
    static const char words[] = "error: the system gives no randomness\n";
    ssize_t written = write(2, words, sizeof words - 1);
    (void)written;
    abort();
}

/// Seeds and reseeds the generator.
static int entropy(void *context, unsigned char *out, size_t size) {
    (void)context;
    while (size > 0) {
        ssize_t n = getrandom(out, size, 0);
        if (n > 0) {
            out += n;
            size -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
        }
    }
    return 0;
}

int ward_random_callback(void *context, unsigned char *out, size_t size) {
    (void)context;
    ward_random(out, size);
    return 0;
}

void ward_random(uint8_t *out, size_t size) {
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) sched_yield();
    if (!seeded) {
        static const unsigned char purpose[] = "ward";
        mbedtls_ctr_drbg_init(&generator);
        if (mbedtls_ctr_drbg_seed(&generator, entropy, NULL, purpose, sizeof purpose) != 0) give_up();
        seeded = 1;
    }
    while (size > 0) {
        size_t n = size < MBEDTLS_CTR_DRBG_MAX_REQUEST ? size : MBEDTLS_CTR_DRBG_MAX_REQUEST;
        if (mbedtls_ctr_drbg_random(&generator, out, n) != 0) give_up();
        out += n;
        size -= n;
    }
    atomic_flag_clear_explicit(&busy, memory_order_release);
}
