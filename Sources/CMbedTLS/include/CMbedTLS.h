// The part of mbedTLS that Ward uses, as functions over bytes and plain numbers.
//
// mbedTLS's contexts live in static storage behind these functions: some of its
// builds keep a mutex inside them, which must not move, as a Swift value may.
// Hashes and randomness may be used by several threads at a time, all else by one.

#ifndef WARD_CMBEDTLS_H
#define WARD_CMBEDTLS_H

#include <stddef.h>
#include <stdint.h>

// Hashes ---------------------------------------------------------------------
// No allocation, no failure: `data` may be NULL where its length is 0.

/// Identifies a hash function; the numbers are those of `Hash` in Fixed.
enum { WARD_SHA1 = 1, WARD_SHA256 = 2 };

/// Writes the digest, 20 or 32 bytes.
void ward_digest(int hash, const uint8_t *data, size_t size, uint8_t *out);

/// HMAC (RFC 2104), one digest long.
void ward_hmac(int hash, const uint8_t *key, size_t key_size,
               const uint8_t *data, size_t size, uint8_t *out);

/// The first block of PBKDF2 with HMAC (RFC 8018 §5.2), one digest long.
/// An iteration count of 0 is taken as 1.
void ward_pbkdf2(int hash, const uint8_t *password, size_t password_size,
                 const uint8_t *salt, size_t salt_size, uint32_t iterations, uint8_t *out);

/// Overwrites memory in a way the compiler may not leave out.
void ward_wipe(void *bytes, size_t size);

// Randomness -----------------------------------------------------------------

/// Fills `out` from CTR_DRBG (NIST SP 800-90A), seeded by getrandom(2). Waits for the
/// kernel's pool to be ready; ends the process where there is no randomness to be had,
/// since whatever were sent instead could be guessed.
void ward_random(uint8_t *out, size_t size);

// The authorities ------------------------------------------------------------

enum {
    WARD_AUTHORITIES_LOADED = 0,
    WARD_AUTHORITIES_EMPTY,       // no certificate in it
    WARD_AUTHORITIES_UNREADABLE,  // none of its certificates could be parsed
    WARD_AUTHORITIES_PARTLY_BAD,  // some of them could not
    WARD_AUTHORITIES_NO_MEMORY
};

/// Replaces the trusted authorities by the certificates of a PEM bundle, or, where
/// the answer is not LOADED, leaves them as they were. A session that has begun
/// goes on with those it began with.
int ward_authorities_load(const uint8_t *pem, size_t size, int *good, int *bad);

// The session ----------------------------------------------------------------

/// Why a session failed; words for each are in TLS/Failure.swift.
enum {
    WARD_TLS_FINE = 0,
    WARD_TLS_BAD_SERVER_NAME,
    WARD_TLS_CLOCK_NOT_SET,
    WARD_TLS_NO_AUTHORITIES,
    WARD_TLS_NO_MEMORY,
    WARD_TLS_UNTRUSTED,
    WARD_TLS_REVOKED,
    WARD_TLS_EXPIRED,
    WARD_TLS_NOT_YET_VALID,
    WARD_TLS_WRONG_HOST,
    WARD_TLS_WEAK_CERTIFICATE,
    WARD_TLS_WRONG_PURPOSE,
    WARD_TLS_BAD_CERTIFICATE,
    WARD_TLS_PROTOCOL_VERSION,
    WARD_TLS_NO_COMMON_CIPHER,
    WARD_TLS_ALERTED,             // which: ward_tls_alert
    WARD_TLS_CLOSED,
    WARD_TLS_NOT_TLS,
    WARD_TLS_TAMPERED,
    WARD_TLS_PROTOCOL_ERROR,
    WARD_TLS_NOT_BEGUN
};

/// Takes the one session; 0 where somebody has it.
int ward_tls_claim(void);
/// Ends it and gives it back.
void ward_tls_release(void);

/// Seconds since 1970 by the clock that certificate dates are compared with.
int64_t ward_tls_clock(void);

/// Prepares a handshake with the server of that name. `now` is the wall clock, which
/// must have been set. Answers WARD_TLS_FINE or why not.
int ward_tls_begin(const uint8_t *name, size_t size, int64_t now);

/// Bytes of ciphertext that can be fed now.
size_t ward_tls_room(void);
/// Takes up ciphertext from the server; answers how much.
size_t ward_tls_feed(const uint8_t *bytes, size_t size);
/// No more ciphertext will come: the transport was closed.
void ward_tls_input_closed(void);

/// Ciphertext for the server.
const uint8_t *ward_tls_outgoing(size_t *size);
/// Forgets the first bytes of it.
void ward_tls_transmitted(size_t size);

enum { WARD_TLS_DONE = 1, WARD_TLS_WAIT = 0, WARD_TLS_ENDED = -1, WARD_TLS_FAILED = -2 };

/// Goes on with the handshake: DONE, WAIT or FAILED.
int ward_tls_handshake(void);
/// Decrypts into `out`, size ≥ 1: a count > 0, or WAIT, ENDED (close_notify) or FAILED.
int ward_tls_read(uint8_t *out, size_t size);
/// Encrypts one record; answers how many bytes went in, 0 where there is no room for it.
size_t ward_tls_write(const uint8_t *bytes, size_t size);
/// Puts close_notify into the outgoing ciphertext, once.
void ward_tls_close_notify(void);
/// Forgets the connection and wipes its keys.
void ward_tls_end(void);

/// Why the session failed.
int ward_tls_failure(void);
/// The server's fatal alert (RFC 5246 §7.2), 0 where there was none.
uint8_t ward_tls_alert(void);
/// tls-unique (RFC 5929 §3) of an established session; size 0 where it has none.
const uint8_t *ward_tls_channel_binding(size_t *size);

#endif
