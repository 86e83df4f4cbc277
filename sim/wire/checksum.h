/* The Internet checksum, over chunks as they come.
 *
 *     struct checksum sum = checksum_begin();
 *     checksum_add(&sum, header, sizeof(header));
 *     checksum_add(&sum, payload, length);
 *     bytes_put_u16(field, checksum_finish(&sum));
 *
 * Over data that contains its own good checksum, checksum_finish() gives 0.
 * Sources: RFC 1071; RFC 9293 3.1 (IPv4 pseudo-header); RFC 8200 8.1 (IPv6 pseudo-header). */
#ifndef TCPSIM_WIRE_CHECKSUM_H
#define TCPSIM_WIRE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcpsim/packet.h"

/* `sum` counts 16-bit words in network byte order and has yet to be folded. `odd` when the bytes
 * so far are odd in number: then the next byte is the low half of a word begun before. */
struct checksum {
    uint64_t sum;
    bool odd;
};

struct checksum checksum_begin(void);

/* Up to 2^32 chunks of up to 2^32 bytes: the sums cannot overflow below that. */
void checksum_add(struct checksum *checksum, const uint8_t *bytes, size_t length);

/* The pseudo-header of a TCP segment of `length` bytes, header and data. The version decides its
 * form; version 4 takes the last four bytes of each address. */
void checksum_add_pseudo_header(struct checksum *checksum, const struct packet *packet,
                                uint32_t length);

/* The value for the checksum field. An odd last byte counts as if padded with a zero byte. */
uint16_t checksum_finish(const struct checksum *checksum);

#endif
