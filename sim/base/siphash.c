#include "sim/base/siphash.h"

#include "sim/base/common.h"

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void compress(struct siphash *h, uint64_t word)
{
    h->v[3] ^= word;
    sip_round(h->v);
    sip_round(h->v);
    h->v[0] ^= word;
}

void siphash_init(struct siphash *h, const uint8_t key[16])
{
    uint64_t k0 = load_le64(key);
    uint64_t k1 = load_le64(key + 8);
    *h = (struct siphash){
        .v = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
               k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) }
    };
}

void siphash_update(struct siphash *h, const void *bytes, size_t length)
{
    const uint8_t *next = bytes;
    for (size_t i = 0; i < length; i++) {
        unsigned place = h->total % 8;
        h->tail |= (uint64_t)next[i] << (8 * place);
        h->total++;
        if (place == 7) {
            compress(h, h->tail);
            h->tail = 0;
        }
    }
}

uint64_t siphash_final(struct siphash *h)
{
    compress(h, h->tail | h->total << 56);
    h->v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(h->v);
    }
    return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
