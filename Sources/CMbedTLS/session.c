// The one TLS session, between two queues of ciphertext in memory.
//
// mbedTLS asks its callbacks for bytes and hands them bytes; they only copy from
// and to the queues, and answer "not now" where those are empty or full.

#include "internal.h"
#include "queue.h"

#if defined(__x86_64__)
#include <mbedtls/aesni.h>
#endif
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_internal.h>
#include <string.h>
#include <time.h>

enum {
    record = 4096,          // plaintext in one record of ours, at most
    overhead = 64,          // more than any AEAD record adds (RFC 5288, RFC 7905)
    reserve = 64,           // kept for an alert: a full queue must not lose close_notify
    longest_name = 253      // octets of a host name (RFC 1035 §2.3.4)
};

static uint8_t incoming_bytes[record];
static uint8_t outgoing_bytes[2 * (record + overhead) + reserve];
static queue incoming = {incoming_bytes, sizeof incoming_bytes, 0, 0};
static queue outgoing = {outgoing_bytes, sizeof outgoing_bytes, 0, 0};

static mbedtls_ssl_context ssl;
static mbedtls_ssl_config config;

static enum { idle, shaking, established, failed } state;
static int claimed;
static int failure;
static uint8_t alert;
static int input_closed;
static int ended;           // the server's close_notify has been read
static int notified;        // our close_notify has been sent
static int extended_master; // the server agreed to RFC 7627

// mbedTLS's callbacks ---------------------------------------------------------

static int receive(void *context, unsigned char *out, size_t size) {
    (void)context;
    size_t n = waiting(&incoming);
    if (n == 0) return input_closed ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
    if (n > size) n = size;
    memcpy(out, incoming.bytes + incoming.head, n);
    take(&incoming, n);
    return (int)n;
}

static int transmit(void *context, const unsigned char *bytes, size_t size) {
    (void)context;
    size_t n = room(&outgoing);
    if (n == 0) return MBEDTLS_ERR_SSL_WANT_WRITE;
    if (n > size) n = size;
    put(&outgoing, bytes, n);
    return (int)n;
}

// Policy ---------------------------------------------------------------------

#define CHACHA \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
#define AES \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384

/// Ephemeral keys and AEAD alone. ChaCha20 leads: in software it is the faster one,
/// and its time does not depend on the key, as that of AES by tables does.
static const int ciphers[] = {CHACHA, AES, 0};

#if defined(__x86_64__) && defined(MBEDTLS_AESNI_C)
/// Where the processor has instructions for AES and for GCM, neither holds.
static const int ciphers_by_processor[] = {AES, CHACHA, 0};

static const int *preferred(void) {
    return mbedtls_aesni_has_support(MBEDTLS_AESNI_AES) && mbedtls_aesni_has_support(MBEDTLS_AESNI_CLMUL)
        ? ciphers_by_processor : ciphers;
}
#else
static const int *preferred(void) { return ciphers; }
#endif

static const mbedtls_ecp_group_id curves[] = {
    MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
    MBEDTLS_ECP_DP_NONE};

static const int signature_hashes[] = {
    MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};

/// What every certificate of a chain must be.
static const mbedtls_x509_crt_profile certificates = {
    .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    .allowed_pks = MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY),
    .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
    .rsa_min_bitlen = 2048};

/// Letters, digits and hyphens in labels of 1 to 63 octets: what a certificate's dNSName
/// can hold (RFC 6125 §6.4). An internationalised name comes here as A-labels.
static int is_host_name(const uint8_t *name, size_t size) {
    size_t label = 0;
    if (size == 0 || size > longest_name) return 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = name[i], folded = c | 0x20;
        if (c == '.') {
            if (label == 0) return 0;
            label = 0;
        } else {
            if (!((folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
                return 0;
            if (++label > 63) return 0;
        }
    }
    return label > 0;
}

// The session ----------------------------------------------------------------

int ward_tls_claim(void) {
    if (claimed) return 0;
    claimed = 1;
    return 1;
}

void ward_tls_release(void) {
    ward_tls_end();
    claimed = 0;
}

int64_t ward_tls_clock(void) { return (int64_t)time(NULL); }

/// The answer of a session that failed, or was never begun.
static int unusable(void) {
    if (failure == WARD_TLS_FINE) failure = WARD_TLS_NOT_BEGUN;
    return WARD_TLS_FAILED;
}

int ward_tls_begin(const uint8_t *name, size_t size, int64_t now) {
    static const int64_t year_2020 = 1577836800;
    ward_tls_end();
    if (!is_host_name(name, size)) return failure = WARD_TLS_BAD_SERVER_NAME;
    if (now < year_2020) return failure = WARD_TLS_CLOCK_NOT_SET;
    mbedtls_x509_crt *trusted = ward_authorities_use();
    if (trusted == NULL) return failure = WARD_TLS_NO_AUTHORITIES;

    char text[longest_name + 1];
    memcpy(text, name, size);
    text[size] = 0;

    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    state = shaking;
    int error = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT,
                                            MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (error == 0) {
        mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
        mbedtls_ssl_conf_ca_chain(&config, trusted, NULL);
        mbedtls_ssl_conf_cert_profile(&config, &certificates);
        mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_ciphersuites(&config, preferred());
        mbedtls_ssl_conf_curves(&config, curves);
        mbedtls_ssl_conf_sig_hashes(&config, signature_hashes);
        mbedtls_ssl_conf_extended_master_secret(&config, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
        mbedtls_ssl_conf_rng(&config, ward_random_callback, NULL);
        mbedtls_ssl_conf_renegotiation(&config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
        // A server without RFC 5746 could splice an attacker's session before ours.
        mbedtls_ssl_conf_legacy_renegotiation(&config, MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
        mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
        error = mbedtls_ssl_setup(&ssl, &config);
    }
    if (error == 0) error = mbedtls_ssl_set_hostname(&ssl, text);
    if (error != 0) {
        ward_tls_end();
        // Nothing has been received yet: only memory can have been wanting.
        return failure = WARD_TLS_NO_MEMORY;
    }
    mbedtls_ssl_set_bio(&ssl, NULL, transmit, receive, NULL);
    return WARD_TLS_FINE;
}

size_t ward_tls_room(void) {
    return state == shaking || state == established ? room(&incoming) : 0;
}

size_t ward_tls_feed(const uint8_t *bytes, size_t size) {
    size_t n = ward_tls_room();
    if (n > size) n = size;
    if (n > 0) put(&incoming, bytes, n);
    return n;
}

void ward_tls_input_closed(void) { input_closed = 1; }

const uint8_t *ward_tls_outgoing(size_t *size) {
    *size = waiting(&outgoing);
    return outgoing.bytes + outgoing.head;
}

void ward_tls_transmitted(size_t size) {
    size_t n = waiting(&outgoing);
    take(&outgoing, size < n ? size : n);
}

/// Records an error that ended the session.
static int fail(int error) {
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) alert = ssl.in_msg[1];
    failure = ward_tls_classify(&ssl, error);
    state = failed;
    return WARD_TLS_FAILED;
}

static int is_waiting(int error) {
    return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE;
}

int ward_tls_handshake(void) {
    if (state == established) return WARD_TLS_DONE;
    if (state != shaking) return unusable();
    // Step by step, since whether the extended master secret was agreed upon is
    // forgotten together with the rest of the handshake's state.
    while (ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        int error = mbedtls_ssl_handshake_step(&ssl);
        if (ssl.handshake != NULL)
            extended_master = ssl.handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
        if (is_waiting(error)) return WARD_TLS_WAIT;
        if (error != 0) return fail(error);
    }
    // With VERIFY_REQUIRED the handshake does not get here otherwise; seen twice is safer.
    if (mbedtls_ssl_get_verify_result(&ssl) != 0) return fail(MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    state = established;
    return WARD_TLS_DONE;
}

int ward_tls_read(uint8_t *out, size_t size) {
    if (state == shaking) return WARD_TLS_WAIT;
    if (state != established) return unusable();
    if (ended) return WARD_TLS_ENDED;
    if (size == 0) return WARD_TLS_WAIT;
    int n = mbedtls_ssl_read(&ssl, out, size);
    if (n > 0) return n;
    if (is_waiting(n)) return WARD_TLS_WAIT;
    if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        ended = 1;
        return WARD_TLS_ENDED;
    }
    return fail(n == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : n);
}

size_t ward_tls_write(const uint8_t *bytes, size_t size) {
    if (state != established || notified || size == 0) return 0;
    int largest = mbedtls_ssl_get_max_out_record_payload(&ssl);
    if (largest <= 0) return 0;
    if (size > (size_t)largest) size = (size_t)largest;
    if (size > record) size = record;
    // An alert may still wait inside mbedTLS; a record of ours never does, since it is
    // made only where it fits whole.
    if (mbedtls_ssl_flush_output(&ssl) != 0) return 0;
    if (room(&outgoing) < size + overhead + reserve) return 0;
    int n = mbedtls_ssl_write(&ssl, bytes, size);
    if (n > 0) return (size_t)n;
    if (!is_waiting(n)) fail(n);
    return 0;
}

void ward_tls_close_notify(void) {
    if (state != established || notified) return;
    notified = 1;
    mbedtls_ssl_close_notify(&ssl);
}

void ward_tls_end(void) {
    if (state != idle) {
        mbedtls_ssl_free(&ssl);
        mbedtls_ssl_config_free(&config);
        ward_authorities_unuse();
    }
    mbedtls_platform_zeroize(incoming_bytes, sizeof incoming_bytes);
    mbedtls_platform_zeroize(outgoing_bytes, sizeof outgoing_bytes);
    incoming.head = incoming.tail = outgoing.head = outgoing.tail = 0;
    state = idle;
    failure = WARD_TLS_FINE;
    alert = 0;
    input_closed = ended = notified = extended_master = 0;
}

int ward_tls_failure(void) { return failure; }
uint8_t ward_tls_alert(void) { return alert; }

const uint8_t *ward_tls_channel_binding(size_t *size) {
    // Without the extended master secret an attacker in the middle can make two
    // sessions whose tls-unique is equal (RFC 7627 §1). The client's Finished is the
    // first of a full handshake, and there are no others here.
    *size = state == established && extended_master ? ssl.verify_data_len : 0;
    return (const uint8_t *)ssl.own_verify_data;
}
