/* In the place of Expat's own: HalfSipHash-1-3, the keyed hash that the Linux kernel has
 * for its hash tables (include/linux/siphash.h), in 32-bit words. SipHash-2-4 was a tenth of
 * the reading of a stanza, and is long on a 32-bit processor. Nobody sees a hash, so
 * that to find names that collide takes guessing a key of 64 bits; and no table
 * lives longer than a few stanzas. The names are those that Expat calls. */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sipkey {
  uint64_t k[2];
};

struct siphash {
  uint32_t v0, v1, v2, v3;
  uint32_t word;  /* bytes that do not fill a word yet */
  uint32_t count; /* of all bytes */
};

static inline uint32_t sip_turned(uint32_t x, int by) { return x << by | x >> (32 - by); }

static void sip_round(struct siphash *h) {
  h->v0 += h->v1, h->v1 = sip_turned(h->v1, 5) ^ h->v0, h->v0 = sip_turned(h->v0, 16);
  h->v2 += h->v3, h->v3 = sip_turned(h->v3, 8) ^ h->v2;
  h->v0 += h->v3, h->v3 = sip_turned(h->v3, 7) ^ h->v0;
  h->v2 += h->v1, h->v1 = sip_turned(h->v1, 13) ^ h->v2, h->v2 = sip_turned(h->v2, 16);
}

static void sip_take(struct siphash *h, uint32_t word) {
  h->v3 ^= word;
  sip_round(h);
  h->v0 ^= word;
}

static struct siphash *sip24_init(struct siphash *h, const struct sipkey *key) {
  const uint32_t low = (uint32_t)(key->k[0] ^ key->k[1]), high = (uint32_t)((key->k[0] ^ key->k[1]) >> 32);
  h->v0 = low;
  h->v1 = high;
  h->v2 = 0x6c796765 ^ low;
  h->v3 = 0x74656462 ^ high;
  h->word = h->count = 0;
  return h;
}

static struct siphash *sip24_update(struct siphash *h, const void *bytes, size_t size) {
  const unsigned char *from = bytes;
  for (; size > 0; size--) {
    if (h->count % 4 == 0)
      for (; size >= 4; size -= 4, from += 4, h->count += 4) {
        uint32_t word;
        memcpy(&word, from, 4);
        sip_take(h, word);
      }
    if (size == 0) break;
    h->word |= (uint32_t)*from++ << 8 * (h->count % 4);
    if (++h->count % 4 == 0) {
      sip_take(h, h->word);
      h->word = 0;
    }
  }
  return h;
}

static uint64_t sip24_final(struct siphash *h) {
  sip_take(h, h->word | h->count << 24);
  h->v2 ^= 0xff;
  sip_round(h), sip_round(h), sip_round(h);
  return h->v1 ^ h->v3;
}

/* Expat wants to have one at hand. */
static inline int sip24_valid(void) { return 1; }

#endif
