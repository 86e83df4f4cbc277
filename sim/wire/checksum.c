/* The Internet checksum.
 *
 * RFC 1071 2 gives the two properties that this rests on. (B) The sum may be taken in the order of
 * the machine, and only the result brought to network order: so the inner loop loads plain words.
 * (C) The sum may be taken over wider words and folded at the end: so it loads 8 bytes at a time.
 * Swapping the bytes of all the words swaps those of the sum: so a chunk that begins at an odd
 * offset is summed as if it began at an even one, and its sum is swapped. */
#include "sim/wire/checksum.h"

#include <string.h>

#include "sim/base/panic.h"
#include "sim/wire/bytes.h"

/* The ones' complement sum in 16 bits: carries out of the top are added at the bottom. */
static uint16_t fold_carries(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* The two 32-bit halves go to accumulators of 64 bits, so carries need no care for 2^32 rounds. */
static uint64_t sum_machine_words(const uint8_t *bytes, size_t length)
{
    uint64_t low = 0;
    uint64_t high = 0;
    uint64_t word;
    for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        low += word & 0xffffffff;
        high += word >> 32;
    }
    if (length > 0) {
        word = 0; /* RFC 1071 1: an odd last byte is padded with zero */
        memcpy(&word, bytes, length);
        low += word & 0xffffffff;
        high += word >> 32;
    }
    return (uint64_t)fold_carries(low) + fold_carries(high);
}

struct checksum checksum_begin(void)
{
    return (struct checksum){ .sum = 0, .odd = false };
}

void checksum_add(struct checksum *checksum, const uint8_t *bytes, size_t length)
{
    if (length == 0) {
        return; /* `bytes` may be NULL then */
    }
    uint16_t in_machine_order = fold_carries(sum_machine_words(bytes, length));
    uint8_t in_memory[2];
    memcpy(in_memory, &in_machine_order, sizeof(in_memory));
    uint16_t sum = bytes_get_u16(in_memory);
    if (checksum->odd) {
        sum = (uint16_t)(sum << 8 | sum >> 8);
    }
    checksum->sum += sum;
    checksum->odd ^= length % 2 != 0;
}

void checksum_add_pseudo_header(struct checksum *checksum, const struct packet *packet,
                                uint32_t length)
{
    SIM_ASSERT(!checksum->odd);
    if (packet->version == 4) {
        checksum_add(checksum, packet->source.bytes + 12, 4);
        checksum_add(checksum, packet->destination.bytes + 12, 4);
    } else {
        SIM_ASSERT(packet->version == 6);
        checksum_add(checksum, packet->source.bytes, 16);
        checksum_add(checksum, packet->destination.bytes, 16);
    }
    /* What remains of figure 2 of RFC 9293 and of the figure in RFC 8200 8.1 has one sum. */
    checksum->sum += (uint64_t)packet->protocol + (length >> 16) + (length & 0xffff);
}

uint16_t checksum_finish(const struct checksum *checksum)
{
    return (uint16_t)~fold_carries(checksum->sum);
}
