/* Packets of the network as bytes on the wire. Private to sim/net. */
#ifndef TCPSIM_NET_BYTES_H
#define TCPSIM_NET_BYTES_H

#include "sim/net/net.h"

enum { PACKET_BYTES_MAX = 65535 };

/* The packet's bytes with good checksums; its payload is read from its stream. Returns the size,
 * or 0 when it does not fit or has no wire form. */
size_t bytes_encode_packet(const struct sim *sim, const struct packet *packet, uint8_t *bytes,
                           size_t capacity);

#endif
