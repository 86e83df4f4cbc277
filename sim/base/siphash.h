/* SipHash-2-4 with 64-bit output: the one keyed hash of the house.
 *
 * Source: Aumasson and Bernstein, SipHash: a fast short-input PRF, INDOCRYPT 2012. */
#ifndef TCPSIM_BASE_SIPHASH_H
#define TCPSIM_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash {
    uint64_t v[4];
    uint64_t tail;  /* bytes that do not fill a word yet */
    uint64_t total; /* bytes in all */
};

void siphash_init(struct siphash *h, const uint8_t key[16]);
void siphash_update(struct siphash *h, const void *bytes, size_t length);
uint64_t siphash_final(struct siphash *h);

#endif
