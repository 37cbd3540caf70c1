/* A 64-bit digest of a byte stream, the same however the stream was cut into reads.
 *
 * Four independent lanes, because one chain of multiplications would wait for itself: at more than
 * 10 GB/s the viewers may digest everything they see and still not be what is measured. It finds
 * bytes lost, doubled, changed or reordered; it is no protection against somebody who tries. */
#ifndef TESTS_BENCH_DIGEST_H
#define TESTS_BENCH_DIGEST_H

#include <stdint.h>
#include <string.h>

enum { DIGEST_LANES = 4, DIGEST_STRIPE = DIGEST_LANES * 8 };

struct digest {
  uint64_t lane[DIGEST_LANES];
  uint64_t bytes;
  unsigned char rest[DIGEST_STRIPE]; /* the bytes % DIGEST_STRIPE last ones, not digested yet */
};

static inline uint64_t digest_mix(uint64_t h, uint64_t word) {
  h ^= word;
  return (h << 29 | h >> 35) * 0x9e3779b97f4a7c15u; /* odd, from the golden ratio */
}

static inline void digest_stripe(struct digest* d, const unsigned char* p) {
  uint64_t word[DIGEST_LANES];
  memcpy(word, p, sizeof word);
  for (int i = 0; i < DIGEST_LANES; i++) d->lane[i] = digest_mix(d->lane[i], word[i]);
}

static inline void digest_add(struct digest* d, const void* bytes, size_t n) {
  const unsigned char* p = bytes;
  size_t held = d->bytes % DIGEST_STRIPE;
  d->bytes += n;
  if (held) {
    size_t take = DIGEST_STRIPE - held < n ? DIGEST_STRIPE - held : n;
    memcpy(d->rest + held, p, take);
    if (held + take < DIGEST_STRIPE) return;
    digest_stripe(d, d->rest);
    p += take, n -= take;
  }
  for (; n >= DIGEST_STRIPE; p += DIGEST_STRIPE, n -= DIGEST_STRIPE) digest_stripe(d, p);
  memcpy(d->rest, p, n);
}

static inline uint64_t digest_value(const struct digest* d) {
  struct digest end = *d;
  size_t held = d->bytes % DIGEST_STRIPE;
  memset(end.rest + held, 0, DIGEST_STRIPE - held);
  digest_stripe(&end, end.rest);
  uint64_t h = d->bytes;
  for (int i = 0; i < DIGEST_LANES; i++) h = digest_mix(h, end.lane[i]);
  return h;
}

#endif
