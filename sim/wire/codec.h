/* Packets to bytes and back: IPv4 or IPv6, and TCP, as on a real wire.
 *
 * Sources: RFC 791 3.1 (IPv4), RFC 8200 3 (IPv6), RFC 9293 3.1 (TCP).
 * Read before: tcpsim/packet.h. */
#ifndef TCPSIM_WIRE_CODEC_H
#define TCPSIM_WIRE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "tcpsim/packet.h"

enum {
    IPV4_HEADER_BYTES = 20, /* without options */
    IPV6_HEADER_BYTES = 40,
    TCP_HEADER_BYTES = 20, /* without options */
    WIRE_HEADERS_MAX = IPV6_HEADER_BYTES + TCP_HEADER_BYTES + TCP_OPTIONS_MAX,
};

enum wire_verdict {
    WIRE_OK,
    WIRE_TRUNCATED,       /* fewer bytes than a header needs or declares */
    WIRE_BAD_VERSION,     /* neither 4 nor 6 */
    WIRE_BAD_HEADER,      /* lengths in headers contradict each other */
    WIRE_IP_CHECKSUM_BAD, /* IPv4 only */
    WIRE_TCP_CHECKSUM_BAD,
    WIRE_UNKNOWN_PROTOCOL, /* not TCP; an IPv6 extension header; a fragment */
};

/* The `p->tcp.payload.length` bytes at `payload` (NULL if none) behind the headers of `p`, with
 * good checksums, into `bytes`. Options are padded with End of Option List to whole words.
 * Returns the size, packet_size_bytes(p). Returns 0, and `bytes` is untouched, when that is beyond
 * `capacity` or `p` has no wire form: a version or protocol other than IPv4, IPv6 and TCP; IPv4
 * with an IPv6 address; more than 12 flags; more than 20 bits of flow label; a length beyond the
 * 65,535 of the IP header. */
size_t wire_encode_packet(const struct packet *p, const uint8_t *payload, uint8_t *bytes,
                          size_t capacity);

/* The first packet in `bytes`, whatever they are; bytes beyond the length that its IP header
 * declares are ignored. IPv4 options are skipped.
 * WIRE_OK: *p has the header fields, payload.length on stream 0, and zeros elsewhere (id, copy_of,
 * injected, corrupted); *payload points into `bytes` (to the packet's end if there is no payload).
 * Otherwise *p has the fields that could be read, zeros elsewhere, and *payload is NULL. */
enum wire_verdict wire_decode_packet(const uint8_t *bytes, size_t length, struct packet *p,
                                     const uint8_t **payload);

#endif
