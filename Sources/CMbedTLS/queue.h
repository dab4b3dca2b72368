// A queue of ciphertext in a fixed array: put at the end, taken from the front.

#ifndef WARD_CMBEDTLS_QUEUE_H
#define WARD_CMBEDTLS_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t *bytes;
    size_t capacity, head, tail;
} queue;

/// Bytes that can be put.
static inline size_t room(const queue *q) { return q->capacity - (q->tail - q->head); }

/// Bytes that can be taken, from `q->bytes + q->head` on.
static inline size_t waiting(const queue *q) { return q->tail - q->head; }

/// Appends; `size` must not exceed `room`.
static inline void put(queue *q, const uint8_t *bytes, size_t size) {
    if (size > q->capacity - q->tail) {
        memmove(q->bytes, q->bytes + q->head, q->tail - q->head);
        q->tail -= q->head;
        q->head = 0;
    }
    memcpy(q->bytes + q->tail, bytes, size);
    q->tail += size;
}

/// Forgets the first bytes; `size` must not exceed `waiting`.
static inline void take(queue *q, size_t size) {
    q->head += size;
    if (q->head == q->tail) q->head = q->tail = 0;
}

#endif
